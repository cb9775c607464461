//! Plain text as published → the tree, with a list of what was odd and where.
//!
//! Nothing of the text is lost: `parse(text).law.text() == normalise(text)` for every text whatever. Cost: one pass,
//! linear in the length of the text.

mod build;
mod oddity;

pub use oddity::{Oddity, OddityKind};

use crate::label::{Label, Level};
use crate::model::{Law, Unit};

/// A parsed law and what was odd in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The tree.
    pub law: Law,
    /// What was odd, in the order of the text.
    pub oddities: Vec<Oddity>,
}

/// Reads a whole law.
pub fn parse(text: &str) -> Parsed {
    let mut parsed = build::Builder::new(build::Mode::Law).run(text);
    parsed.law.meta = crate::meta::read(&parsed.law);
    parsed.law.name_units();
    parsed
}

/// What is odd in a tree that was not read from lines (an Akoma Ntoso document): articles and headings.
pub(crate) fn oddities(law: &Law) -> Vec<Oddity> {
    let mut out = Vec::new();
    oddity::check_articles(law, &[], &mut out);
    oddity::check_sequence(law, &mut out);
    out
}

/// Reads what stands below an article's heading, as articles are exchanged in rows: `1. …`, `a) …`, paragraphs.
///
/// The law in the answer has that one article. The body may run into a next article by a slip of the publisher; such
/// an article follows in [`Law::units`].
pub fn parse_article(label: Label, heading: &str, body: &str) -> Parsed {
    let mut article = Unit::new(Level::Article, label);
    let heading = crate::text::normalise(heading).replace('\n', " ");
    if !heading.is_empty() {
        article.repealed = heading == crate::model::REPEALED;
        article.heading.push(heading.into());
    }
    let mut parsed = build::Builder::new(build::Mode::Below(Box::new(article))).run(body);
    parsed.law.name_units();
    parsed
}

/// Reads a piece of a law: whole articles, clauses or points, as amending laws quote them. Lines before the first
/// unit are in [`Law::front`].
pub fn parse_fragment(text: &str) -> Parsed {
    build::Builder::new(build::Mode::Fragment).run(text)
}

#[cfg(test)]
mod tests;
