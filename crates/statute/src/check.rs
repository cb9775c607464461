//! Checks that a drafter wants before a law goes on: definitions, references to nowhere, repealed units still cited.

use crate::label::Level;
use crate::model::{Block, Law, Unit};
use crate::refs::references;
use crate::text::{Text, essence, joined};
use serde::Serialize;

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "finding")]
pub enum Finding {
    /// A term is defined twice.
    DefinedTwice {
        /// The term.
        term: String,
        /// The unit that defines it first.
        first: Text,
        /// The unit that defines it again.
        again: Text,
    },
    /// A term is defined and never used.
    NeverUsed {
        /// The term.
        term: String,
        /// The unit that defines it.
        unit: Text,
    },
    /// A reference to a unit that does not exist.
    Nowhere {
        /// The words of the reference.
        words: String,
        /// The unit in which it stands.
        unit: Text,
    },
    /// A reference to a repealed unit.
    Repealed {
        /// The words of the reference.
        words: String,
        /// The unit in which it stands.
        unit: Text,
    },
}

/// A term that the law defines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Definition {
    /// The term.
    pub term: String,
    /// The unit that defines it.
    pub unit: Text,
}

/// The terms of the article `Giải thích từ ngữ` (`1. Vườn là …`, `2. "Ao" là …`) and `(sau đây gọi là X)` anywhere.
pub fn definitions(law: &Law) -> Vec<Definition> {
    let mut out = Vec::new();
    for article in law.articles() {
        let defines = essence(&article.title()).to_lowercase().contains("giảithíchtừngữ")
            || article.lead.iter().filter_map(Block::as_text).any(|t| t.contains("được hiểu như sau"));
        article.visit(&mut |unit: &Unit| {
            let texts: Vec<&Text> = unit.lead.iter().chain(&unit.tail).filter_map(Block::as_text).collect();
            if defines
                && unit.level == Level::Clause
                && let Some(term) = texts.first().and_then(|t| defined(&joined(t)))
            {
                out.push(Definition { term, unit: unit.id.clone() });
            }
            for text in texts {
                out.extend(called(&joined(text)).into_iter().map(|term| Definition { term, unit: unit.id.clone() }));
            }
        });
    }
    out
}

fn defined(text: &str) -> Option<String> {
    let end = [" là ", " bao gồm ", " gồm ", " được hiểu là "].iter().filter_map(|w| text.find(w)).min()?;
    let mut term = text[..end].trim().trim_matches(['“', '”', '"']);
    if let Some(at) = term.find(" (") {
        term = &term[..at];
    }
    let words = term.split(' ').count();
    (!term.is_empty() && words <= 15).then(|| term.to_owned())
}

/// `(sau đây gọi là X)`, `(sau đây gọi chung là X)`, `(sau đây gọi tắt là X)`.
fn called(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (at, open) in text.match_indices("(sau đây ") {
        let rest = &text[at + open.len()..];
        let Some(close) = rest.find(')') else { continue };
        if let Some(is) = rest[..close].find(" là ") {
            let term = rest[is + " là ".len()..close].trim().trim_matches(['“', '”', '"']);
            if !term.is_empty() {
                out.push(term.to_owned());
            }
        }
    }
    out
}

/// All findings, definitions first.
pub fn check(law: &Law) -> Vec<Finding> {
    let mut out = Vec::new();
    let definitions = definitions(law);
    let text = law.text().to_lowercase();
    for (i, definition) in definitions.iter().enumerate() {
        let term = definition.term.to_lowercase();
        if let Some(first) = definitions[..i].iter().find(|d| d.term.to_lowercase() == term) {
            let (first, again) = (first.unit.clone(), definition.unit.clone());
            out.push(Finding::DefinedTwice { term: definition.term.clone(), first, again });
        } else if text.match_indices(term.as_str()).nth(1).is_none() {
            out.push(Finding::NeverUsed { term: definition.term.clone(), unit: definition.unit.clone() });
        }
    }
    for reference in references(law).into_iter().filter(crate::refs::Reference::is_internal) {
        if reference.units.iter().any(|c| c.unit.is_none()) {
            out.push(Finding::Nowhere { words: reference.words, unit: reference.from });
        } else if reference.units.iter().any(|c| c.repealed) {
            out.push(Finding::Repealed { words: reference.words, unit: reference.from });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    #[test]
    fn terms_defined_twice_or_never_used_and_dead_references_are_found() {
        let law = parse("Điều 1. Giải thích từ ngữ\n1. Ao là hồ nhỏ.\n2. \"Đầm\" là ao lớn.\n3. Ao là vũng.\n4. Mương (sau đây gọi là rãnh) là đường nước.\nĐiều 2. Hai\nAo theo Điều 1, Điều 3 và Điều 9; rãnh.\nĐiều 3. (được bãi bỏ)").law;
        let found = check(&law);
        let kinds: Vec<String> = found.iter().map(|f| format!("{f:?}").split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(kinds, ["NeverUsed", "DefinedTwice", "NeverUsed", "Nowhere"]);
    }
}
