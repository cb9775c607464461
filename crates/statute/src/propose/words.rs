//! Changes of single words: `Thay thế cụm từ “A” bằng cụm từ “B”`, `Bỏ cụm từ “A”`.

use super::draft::Draft;
use crate::address::Address;
use crate::model::{Block, Unit};
use crate::text::Text;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The most changes that are still told as changes of words.
const MOST: usize = 2;

/// Replacements that make `t` of `b`, when few do.
pub(super) fn phrases(b: &Unit, t: &Unit, here: &Address) -> Option<Vec<Draft>> {
    let mut texts = Vec::new();
    pair_texts(b, t, &mut texts)?;
    let mut pairs: Vec<(Text, Text)> = Vec::new();
    for width in 0..4 {
        pairs.clear();
        for (old, new) in texts.iter().filter(|(old, new)| old != new) {
            for pair in changes(old, new, width)? {
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
            if pairs.len() > MOST {
                return None;
            }
        }
        if !pairs.is_empty() && leads_there(b, t, &pairs) {
            let at = |(old, new): &(Text, Text)| Draft::Phrase {
                old: old.clone(),
                new: new.clone(),
                at: vec![here.clone()],
            };
            return Some(pairs.iter().map(at).collect());
        }
    }
    None
}

/// All texts of two units of the same shape, side by side; `None` when the shapes differ.
fn pair_texts<'a>(b: &'a Unit, t: &'a Unit, out: &mut Vec<(&'a str, &'a str)>) -> Option<()> {
    let shape = |u: &Unit| {
        (u.level, u.label.clone(), u.heading.len(), u.lead.len(), u.tail.len(), u.children.len(), u.repealed)
    };
    if shape(b) != shape(t) || b.marker.trim_end() != t.marker.trim_end() || b.beside != t.beside {
        return None;
    }
    out.extend(b.heading.iter().zip(&t.heading).map(|(x, y)| (&**x, &**y)));
    for (x, y) in b.lead.iter().zip(&t.lead).chain(b.tail.iter().zip(&t.tail)) {
        match (x, y) {
            (Block::Text(x), Block::Text(y)) => out.push((x, y)),
            _ if x == y => {}
            _ => return None,
        }
    }
    b.children.iter().zip(&t.children).try_for_each(|(x, y)| pair_texts(x, y, out))
}

/// The changed phrases of a text, each with `width` unchanged words before it, or after it at the start.
fn changes(old: &str, new: &str, width: usize) -> Option<Vec<(Text, Text)>> {
    let a: Vec<&str> = old.split(' ').collect();
    let b: Vec<&str> = new.split(' ').collect();
    let mut out = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &a, &b) {
        let (o, n) = match op {
            DiffOp::Equal { .. } => continue,
            DiffOp::Delete { old_index, old_len, new_index } => ((old_index, old_len), (new_index, 0)),
            DiffOp::Insert { old_index, new_index, new_len } => ((old_index, 0), (new_index, new_len)),
            DiffOp::Replace { old_index, old_len, new_index, new_len } => ((old_index, old_len), (new_index, new_len)),
        };
        // An insertion needs words to hold on to; one syllable alone is no word to a reader.
        let width = if o.1 + width < 2 { 2 - o.1 } else { width };
        let before = width.min(o.0).min(n.0);
        let after = if before < width { 1.min(a.len() - o.0 - o.1).min(b.len() - n.0 - n.1) } else { 0 };
        let old = a[o.0 - before..o.0 + o.1 + after].join(" ");
        let new = b[n.0 - before..n.0 + n.1 + after].join(" ");
        let (old, new) = trim_common(&old, &new);
        let quoted = |s: &str| s.contains(['“', '”', '"', '\n']);
        if old.is_empty() || quoted(old) || quoted(new) || old.chars().count() > 200 {
            return None;
        }
        out.push((old.into(), new.into()));
        if out.len() > MOST {
            return None;
        }
    }
    Some(out)
}

/// Takes the same punctuation off the end of both.
fn trim_common<'a>(mut old: &'a str, mut new: &'a str) -> (&'a str, &'a str) {
    while let (Some(x), Some(y)) = (old.chars().next_back(), new.chars().next_back()) {
        if x != y || !matches!(x, ',' | ';' | '.' | ':' | ')') {
            break;
        }
        (old, new) = (&old[..old.len() - x.len_utf8()], &new[..new.len() - y.len_utf8()]);
    }
    (old.trim(), new.trim())
}

/// Carries the replacements out and looks.
fn leads_there(b: &Unit, t: &Unit, pairs: &[(Text, Text)]) -> bool {
    let mut tried = b.clone();
    pairs.iter().all(|(old, new)| {
        let found = crate::phrase::replace(&mut tried, old, new);
        found.is_clear()
    }) && tried.same_text(t)
}
