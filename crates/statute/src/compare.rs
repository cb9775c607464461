//! Comparison of two, three or four texts of one law: rows aligned by identity, word by word inside.
//!
//! The first column is what the others are compared with (in force); then as submitted, as verified, and a column for
//! explanations, which is the caller's. The answer is data; [`Table`] gives it to a page, to Word and to paper.

mod table;

pub use table::{Line, Table};

use crate::address::Address;
use crate::label::Level;
use crate::model::{Law, Unit};
use serde::Serialize;
use similar::{Algorithm, DiffTag, capture_diff_slices};

/// How a piece of text stands to the first column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// In both.
    Same,
    /// Only here.
    Added,
    /// Only in the first column: shown struck out.
    Removed,
}

/// A run of words with one mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// How it stands to the first column.
    pub mark: Mark,
    /// The words, with the blanks between them.
    pub text: String,
}

/// One column of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The unit stands in this column.
    pub present: bool,
    /// Its own text (without the units in it), in pieces; the first column has one piece.
    pub pieces: Vec<Piece>,
}

/// One unit in all columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The level, for indenting.
    pub level: Level,
    /// The label: `Điều 5`, `khoản 2`, `điểm a`.
    pub label: String,
    /// The whole address: `điểm a khoản 2 Điều 5`.
    pub place: String,
    /// The unit's id in the first column that has it.
    pub id: String,
    /// Something differs between columns.
    pub changed: bool,
    /// One cell for each column.
    pub cells: Vec<Cell>,
}

/// Compares texts of a law. Units are one when their path of labels is one.
pub fn compare(columns: &[&Law]) -> Vec<Row> {
    let lists: Vec<Vec<&Unit>> = columns.iter().map(|law| law.units.iter().collect()).collect();
    let mut out = Vec::new();
    rows(&lists, &Address::default(), &mut out);
    out
}

fn rows(columns: &[Vec<&Unit>], above: &Address, out: &mut Vec<Row>) {
    for units in aligned(columns) {
        let Some(first) = units.iter().flatten().next() else { continue };
        let here = match first.level {
            Level::Article => Address::article(first.label.clone()),
            level => above.child(level, first.label.clone()),
        };
        out.push(row(first, &here, &units));
        let children: Vec<Vec<&Unit>> =
            units.iter().map(|u| u.map_or_else(Vec::new, |u| u.children.iter().collect())).collect();
        rows(&children, &here, out);
    }
}

/// Merges the columns' lists: each answer holds the like units of all columns. Order: that of the first column, with
/// what is new in another after the unit that it follows there.
fn aligned<'a>(columns: &[Vec<&'a Unit>]) -> Vec<Vec<Option<&'a Unit>>> {
    // The same label may stand twice (a printing slip): the second is matched with the second.
    let keys: Vec<Vec<(Level, String, usize)>> = columns.iter().map(|units| numbered(units)).collect();
    let mut order: Vec<(Level, String, usize)> = Vec::new();
    let mut places: std::collections::HashMap<(Level, String, usize), usize> = std::collections::HashMap::new();
    for column in &keys {
        let mut at = 0;
        for key in column {
            match places.get(key) {
                Some(&found) => at = at.max(found + 1),
                None => {
                    order.insert(at, key.clone());
                    places.values_mut().filter(|p| **p >= at).for_each(|p| *p += 1);
                    places.insert(key.clone(), at);
                    at += 1;
                }
            }
        }
    }
    let tables: Vec<std::collections::HashMap<_, &Unit>> =
        keys.iter().zip(columns).map(|(keys, units)| keys.iter().zip(units.iter().copied()).collect()).collect();
    order.iter().map(|key| tables.iter().map(|t| t.get(key).copied()).collect()).collect()
}

fn numbered(units: &[&Unit]) -> Vec<(Level, String, usize)> {
    let mut seen: std::collections::HashMap<(Level, String), usize> = std::collections::HashMap::new();
    let key = |u: &&Unit| {
        let key = (u.level, u.label.to_string());
        let n = seen.entry(key.clone()).and_modify(|n| *n += 1).or_insert(1);
        (key.0, key.1, *n)
    };
    units.iter().map(key).collect()
}

/// The unit's own text: marker, heading and paragraphs, not the units in it.
fn own_text(unit: &Unit) -> String {
    let mut out = unit.marker.trim_end().to_owned();
    for line in &unit.heading {
        out.push(' ');
        out.push_str(line);
    }
    for block in unit.lead.iter().chain(&unit.tail) {
        out.push(if unit.level >= Level::Clause { ' ' } else { '\n' });
        block.write(&mut out);
    }
    out.trim().to_owned()
}

fn row(first: &Unit, here: &Address, units: &[Option<&Unit>]) -> Row {
    let base = units.first().copied().flatten().map(own_text);
    let mut cells = Vec::with_capacity(units.len());
    let mut changed = false;
    for (i, unit) in units.iter().enumerate() {
        let text = unit.map(own_text);
        changed |= text != base;
        let pieces = match (&base, &text) {
            (Some(base), Some(text)) if i > 0 => words(base, text),
            (_, Some(text)) => vec![Piece { mark: if i == 0 { Mark::Same } else { Mark::Added }, text: text.clone() }],
            (Some(base), None) => vec![Piece { mark: Mark::Removed, text: base.clone() }],
            (None, None) => Vec::new(),
        };
        cells.push(Cell { present: unit.is_some(), pieces });
    }
    let label = format!("{} {}", first.level.word(), first.label.shown(first.level));
    let (place, id) = (here.to_string(), first.id.to_string());
    Row { level: first.level, label, place, id, changed, cells }
}

/// The word difference of two texts. The pieces marked same and removed make the first text, same and added the
/// second. Very long texts are compared whole when nothing of them is alike.
pub fn words(old: &str, new: &str) -> Vec<Piece> {
    if old == new {
        return vec![Piece { mark: Mark::Same, text: old.to_owned() }];
    }
    let (a, b) = (split(old), split(new));
    let mut out: Vec<Piece> = Vec::new();
    let mut push = |mark: Mark, text: String| match out.last_mut() {
        Some(last) if last.mark == mark => last.text.push_str(&text),
        _ if text.is_empty() => {}
        _ => out.push(Piece { mark, text }),
    };
    for op in capture_diff_slices(Algorithm::Myers, &a, &b) {
        let (tag, o, n) = op.as_tag_tuple();
        match tag {
            DiffTag::Equal => push(Mark::Same, a[o].concat()),
            _ => {
                push(Mark::Removed, a[o].concat());
                push(Mark::Added, b[n].concat());
            }
        }
    }
    out
}

/// Words with the blank after them, marks by themselves: together they are the text.
fn split(text: &str) -> Vec<&str> {
    let mut out = Vec::with_capacity(text.len() / 4);
    let mut start = 0;
    let mut before = ' ';
    for (i, c) in text.char_indices() {
        let mark = |c: char| matches!(c, ',' | ';' | '.' | ':' | '(' | ')' | '“' | '”' | '"');
        let blank = |c: char| c == ' ' || c == '\n';
        let begins =
            i > start && ((blank(before) && !blank(c)) || (mark(c) && !blank(c)) || (mark(before) && !blank(c)));
        if begins {
            out.push(&text[start..i]);
            start = i;
        }
        before = c;
    }
    if start < text.len() {
        out.push(&text[start..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;
    use proptest::prelude::*;

    #[test]
    fn units_are_aligned_by_their_labels_over_three_texts() {
        let a = parse("Điều 1. Một\n1. Cá to.\n2. Tôm.\nĐiều 2. Hai\nX.").law;
        let b = parse("Điều 1. Một\n1. Cá nhỏ.\n1a. Cua.\n2. Tôm.\nĐiều 2. Hai\nX.").law;
        let c = parse("Điều 1. Một\n1. Cá to.\n2. Tôm.\n3. Ốc.\nĐiều 2. Hai\nX.").law;
        let got = compare(&[&a, &b, &c]);
        let shown: Vec<_> = got.iter().map(|r| (r.label.as_str(), r.changed)).collect();
        assert_eq!(
            shown,
            [
                ("Điều 1", false),
                ("khoản 1", true),
                ("khoản 1a", true),
                ("khoản 2", false),
                ("khoản 3", true),
                ("Điều 2", false)
            ]
        );
        let marks: Vec<_> = got[1].cells[1].pieces.iter().map(|p| (p.mark, p.text.as_str())).collect();
        assert_eq!(marks, [(Mark::Same, "1. Cá "), (Mark::Removed, "to"), (Mark::Added, "nhỏ"), (Mark::Same, ".")]);
        assert!(!got[2].cells[0].present && got[2].cells[1].present && !got[2].cells[2].present);
    }

    proptest! {
        #[test]
        fn pieces_make_both_texts(a in "([a-cđ]{1,3}[ ,.]{0,2}){0,20}", b in "([a-cđ]{1,3}[ ,.]{0,2}){0,20}") {
            let pieces = words(&a, &b);
            let make = |without: Mark| pieces.iter().filter(|p| p.mark != without).map(|p| p.text.as_str()).collect::<String>();
            prop_assert_eq!(make(Mark::Added), a);
            prop_assert_eq!(make(Mark::Removed), b);
        }
    }
}
