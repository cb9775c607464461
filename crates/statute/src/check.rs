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
    /// An abbreviation in capitals that nothing explains.
    Unexplained {
        /// The abbreviation.
        term: String,
        /// The unit that uses it first.
        unit: Text,
    },
    /// A term that the law before defined is used and no longer defined.
    NoLongerDefined {
        /// The term.
        term: String,
        /// The unit that defined it.
        unit: Text,
        /// The unit that uses it first.
        used: Text,
    },
    /// A reference that the change breaks: it led to a unit that is gone or repealed.
    Broken {
        /// The words of the reference.
        words: String,
        /// The unit in which it stands.
        unit: Text,
    },
}

impl Finding {
    /// The unit in which it is.
    pub fn unit(&self) -> &Text {
        match self {
            Finding::DefinedTwice { again: unit, .. }
            | Finding::NoLongerDefined { used: unit, .. }
            | Finding::NeverUsed { unit, .. }
            | Finding::Nowhere { unit, .. }
            | Finding::Repealed { unit, .. }
            | Finding::Unexplained { unit, .. }
            | Finding::Broken { unit, .. } => unit,
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Finding::DefinedTwice { term, first, .. } => write!(f, "“{term}” đã được giải thích tại {first}"),
            Finding::NeverUsed { term, .. } => write!(f, "“{term}” được giải thích nhưng không được dùng"),
            Finding::Nowhere { words, .. } => write!(f, "“{words}” dẫn chiếu đến nơi không có"),
            Finding::Repealed { words, .. } => write!(f, "“{words}” dẫn chiếu đến nơi đã được bãi bỏ"),
            Finding::Unexplained { term, .. } => write!(f, "“{term}” là chữ viết tắt chưa được giải thích"),
            Finding::NoLongerDefined { term, unit, .. } => {
                write!(f, "“{term}” vẫn được dùng nhưng giải thích tại {unit} không còn")
            }
            Finding::Broken { words, .. } => write!(f, "“{words}” dẫn chiếu đến nơi không còn sau khi sửa đổi"),
        }
    }
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
    out.extend(unexplained(law, &definitions));
    for reference in references(law).into_iter().filter(crate::refs::Reference::is_internal) {
        if reference.units.iter().any(|c| c.unit.is_none()) {
            out.push(Finding::Nowhere { words: reference.words, unit: reference.from });
        } else if reference.units.iter().any(|c| c.repealed) {
            out.push(Finding::Repealed { words: reference.words, unit: reference.from });
        }
    }
    out
}

/// What a change of the law breaks: terms no longer defined and still used, references to what is gone.
///
/// “Terms used but not defined” can be checked against nothing else: nothing in a text marks a word as a term.
pub fn check_change(before: &Law, after: &Law) -> Vec<Finding> {
    let defined: Vec<String> = definitions(after).into_iter().map(|d| d.term.to_lowercase()).collect();
    let mut out = Vec::new();
    for definition in definitions(before).into_iter().filter(|d| !defined.contains(&d.term.to_lowercase())) {
        if let Some(used) = first_use(after, &definition.term.to_lowercase()) {
            out.push(Finding::NoLongerDefined { term: definition.term, unit: definition.unit, used });
        }
    }
    let broken = crate::refs::broken(before, after).into_iter();
    out.extend(broken.map(|r| Finding::Broken { words: r.words, unit: r.from }));
    out
}

/// The first unit whose own text has the words, as whole words.
fn first_use(law: &Law, lower: &str) -> Option<Text> {
    let mut found = None;
    law.visit(&mut |unit| {
        if found.is_none() {
            let has = own_texts(unit).any(|text| {
                let text = joined(text).to_lowercase();
                text.match_indices(lower).any(|(i, w)| crate::text::at_word_bounds(&text, i, i + w.len()))
            });
            found = has.then(|| unit.id.clone());
        }
    });
    found
}

fn own_texts(unit: &Unit) -> impl Iterator<Item = &Text> {
    unit.heading.iter().chain(unit.lead.iter().chain(&unit.tail).filter_map(Block::as_text))
}

/// Two to six plain capitals that are no Roman number: `UBND`, `WTO`.
fn is_short(word: &str) -> bool {
    let count = word.chars().count();
    let roman = word.chars().all(|c| matches!(c, 'I' | 'V' | 'X' | 'L' | 'C' | 'M' | 'D'));
    (2..=6).contains(&count) && word.chars().all(|c| c.is_ascii_uppercase() || c == 'Đ') && !roman
}

/// Abbreviations in capitals (`UBND`) that stand nowhere in brackets (`Tổ chức Thương mại thế giới (WTO)`) and are not
/// named by `gọi tắt là`.
fn unexplained(law: &Law, definitions: &[Definition]) -> Vec<Finding> {
    let text = law.text();
    let mut out: Vec<Finding> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    law.visit(&mut |unit| {
        for line in own_texts(unit).filter(|t| !crate::marker::is_shouted(t)) {
            let words: Vec<&str> = line
                .split([' ', '\n', ',', ';', '.', ':', '(', ')', '“', '”', '"', '/'])
                .filter(|w| !w.is_empty())
                .collect();
            for (i, word) in words.iter().enumerate() {
                // Several in a row are a heading or a name set in capitals.
                let beside = [i.checked_sub(1), Some(i + 1)].into_iter().flatten().filter_map(|k| words.get(k));
                if !is_short(word) || beside.into_iter().any(|w| crate::marker::is_shouted(w)) {
                    continue;
                }
                if !seen.insert((*word).to_owned()) {
                    continue;
                }
                let told = definitions.iter().any(|d| d.term == *word)
                    || [format!("({word})"), format!("({word},"), format!("(sau đây gọi tắt là {word}")]
                        .iter()
                        .any(|w| text.contains(w));
                if !told {
                    out.push(Finding::Unexplained { term: (*word).to_owned(), unit: unit.id.clone() });
                }
            }
        }
    });
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

    #[test]
    fn a_change_that_drops_a_definition_or_what_is_cited_is_told() {
        let text = "Điều 1. Giải thích từ ngữ\n1. Ao là hồ nhỏ.\n2. Đầm là ao lớn.\nĐiều 2. Hai\nAo theo Điều 3; UBND và WTO (WTO).\nĐiều 3. Ba\nC.";
        let before = parse(text).law;
        let after = parse(
            &text.replace("1. Ao là hồ nhỏ.", "1. (được bãi bỏ)").replace("Điều 3. Ba\nC.", "Điều 3. (được bãi bỏ)"),
        )
        .law;
        let kinds = |found: Vec<Finding>| found.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            kinds(check_change(&before, &after)),
            [
                "“Ao” vẫn được dùng nhưng giải thích tại art_1__para_1 không còn",
                "“Điều 3” dẫn chiếu đến nơi không còn sau khi sửa đổi"
            ]
        );
        assert!(kinds(check(&before)).contains(&"“UBND” là chữ viết tắt chưa được giải thích".to_owned()));
        assert!(!kinds(check(&before)).iter().any(|k| k.contains("WTO")));
    }
}
