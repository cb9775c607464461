//! What is wrong in a text that people wrote: where, what, and how to mend it, in both languages of the pages.
//!
//! A sentence is written where the mistake is found, by [`text!`](crate::model::text), so that both languages stand side
//! by side and cannot drift apart. Codes and keys stand between “ ”, as people see them in the text.

use crate::model::Text;

/// Something wrong in a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {} {}\n    {} {}", what.vi, mend.vi, what.en, mend.en)]
pub struct Wrong {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, a sentence.
    pub what: Text,
    /// How to mend it, a sentence.
    pub mend: Text,
}

impl Wrong {
    pub(crate) fn new(line: usize, what: Text, mend: Text) -> Wrong {
        Wrong { line, what, mend }
    }
}

/// The line of a byte offset, from 1.
pub(crate) fn line_of_byte(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count() + 1
}

/// Most codes that a sentence offers.
const OFFERED: usize = 8;

/// The known codes that look most like the one that was written, to be offered in its place; `–` when nothing is known.
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known = by_likeness(written, known);
    if known.is_empty() {
        return "–".to_owned();
    }
    known.into_iter().take(OFFERED).map(|(_, code)| code).collect::<Vec<_>>().join(", ")
}

/// The known code that was surely meant: at most every third letter differs.
pub(crate) fn meant<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (far, code) = by_likeness(written, known).into_iter().next()?;
    (far <= 1.max(written.chars().count() / 3)).then_some(code)
}

/// Codes with how far they are from what was written, nearest first.
fn by_likeness<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    let written: Vec<char> = written.chars().take(64).collect();
    let mut known: Vec<(usize, &str)> = known.into_iter().map(|code| (distance(&written, code), code)).collect();
    known.sort_unstable();
    known.dedup();
    known
}

/// How many letters must be put in, left out or changed (Levenshtein).
fn distance(a: &[char], b: &str) -> usize {
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (above, letter) in b.chars().take(64).enumerate() {
        let mut before = above + 1;
        let mut next = vec![before];
        for (pair, own) in row.windows(2).zip(a) {
            let change = pair.first().copied().unwrap_or(0) + usize::from(*own != letter);
            let without = pair.get(1).copied().unwrap_or(0) + 1;
            before = change.min(without).min(before + 1);
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_code_that_was_meant_is_offered_first() {
        assert_eq!(nearest("vu-phap-lut", ["vpqh", "vu-phap-luat", "vu-tong-hop"]), "vu-phap-luat, vu-tong-hop, vpqh");
        assert_eq!(nearest("x", []), "–");
        assert_eq!(meant("stepss", ["form", "steps"]), Some("steps"));
        assert_eq!(meant("colour", ["form", "steps"]), None);
    }

    proptest! {
        #[test]
        fn a_distance_is_that_of_letters(a in "[abđ]{0,6}", b in "[abđ]{0,6}") {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            let there = distance(&letters(&a), &b);
            prop_assert_eq!(there, distance(&letters(&b), &a));
            prop_assert_eq!(there == 0, a == b);
            prop_assert!(there <= letters(&a).len().max(letters(&b).len()));
            prop_assert!(there >= letters(&a).len().abs_diff(letters(&b).len()));
        }
    }
}
