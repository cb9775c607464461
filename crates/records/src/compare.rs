//! Two versions of a text, side by side: aligned by structural unit, words compared inside a unit.

use crate::content::{Content, Unit};
use serde::Serialize;
use similar::{Algorithm, ChangeTag, DiffOp, TextDiff, capture_diff_slices};

/// What happened to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The same words.
    Kept,
    /// Only in the newer version.
    Added,
    /// Only in the older version.
    Removed,
    /// Other words.
    Changed,
}

/// A run of words that both versions have, or one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    /// `kept`, `added` or `removed`.
    pub fate: Fate,
    /// The words, with the white space between them.
    pub text: String,
}

/// One unit of the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitChange {
    /// Its label in the older version ("Điều 2, khoản 1"); empty when added or outside the articles.
    pub old_label: String,
    /// Its label in the newer version; empty when removed or outside the articles.
    pub new_label: String,
    /// Its field in the newer version, or in the older when removed.
    pub path: String,
    /// What happened.
    pub fate: Fate,
    /// Its words.
    pub spans: Vec<Span>,
}

/// Share of kept characters from which two units are one unit with other words rather than two units.
const SAME_UNIT: f32 = 0.5;
/// Longest product of removed and added units that is paired by likeness; beyond it pairs are made in order.
const PAIRING_LIMIT: usize = 10_000;

/// Compares two versions; the result reads in the order of the newer one, removed units where they stood.
///
/// Cost: a diff over the units, then a word diff for each changed pair.
pub fn compare(old: &Content, new: &Content) -> Vec<UnitChange> {
    let (old, new) = (old.units(), new.units());
    let old_keys: Vec<(&str, &str)> = old.iter().map(key).collect();
    let new_keys: Vec<(&str, &str)> = new.iter().map(key).collect();
    let mut changes = Vec::with_capacity(new.len());
    for op in capture_diff_slices(Algorithm::Patience, &old_keys, &new_keys) {
        match op {
            DiffOp::Equal { old_index, new_index, len } => {
                changes.extend((0..len).map(|i| kept(&old[old_index + i], &new[new_index + i])));
            }
            _ => replaced(&old[op.old_range()], &new[op.new_range()], &mut changes),
        }
    }
    changes
}

/// Units are the same when words and kind are: the kind keeps a moved heading from matching a recipient.
fn key(unit: &Unit) -> (&str, &str) {
    (kind(unit), &unit.text)
}

fn kind(unit: &Unit) -> &str {
    let last = unit.path.rsplit('.').find(|part| part.parse::<usize>().is_err()).unwrap_or("");
    if last == "title" || last == "name" || last == "authority" { &unit.path } else { last }
}

fn kept(old: &Unit, new: &Unit) -> UnitChange {
    UnitChange {
        old_label: old.label.clone(),
        new_label: new.label.clone(),
        path: new.path.clone(),
        fate: Fate::Kept,
        spans: vec![Span { fate: Fate::Kept, text: new.text.clone() }],
    }
}

fn replaced(old: &[Unit], new: &[Unit], changes: &mut Vec<UnitChange>) {
    let mut next_old = 0;
    for unit in new {
        let rest = &old[next_old..];
        let pair = if old.len().saturating_mul(new.len()) > PAIRING_LIMIT {
            rest.first().filter(|o| kind(o) == kind(unit)).map(|_| 0)
        } else {
            rest.iter().position(|o| kind(o) == kind(unit) && alike(&o.text, &unit.text))
        };
        match pair {
            Some(at) => {
                changes.extend(rest[..at].iter().map(removed));
                changes.push(changed(&rest[at], unit));
                next_old += at + 1;
            }
            None => changes.push(added(unit)),
        }
    }
    changes.extend(old[next_old..].iter().map(removed));
}

fn alike(old: &str, new: &str) -> bool {
    TextDiff::from_words(old, new).ratio() >= SAME_UNIT
}

fn changed(old: &Unit, new: &Unit) -> UnitChange {
    let mut spans: Vec<Span> = Vec::new();
    for change in TextDiff::from_words(old.text.as_str(), new.text.as_str()).iter_all_changes() {
        let fate = match change.tag() {
            ChangeTag::Equal => Fate::Kept,
            ChangeTag::Insert => Fate::Added,
            ChangeTag::Delete => Fate::Removed,
        };
        match spans.last_mut() {
            Some(last) if last.fate == fate => last.text.push_str(change.value()),
            _ => spans.push(Span { fate, text: change.value().to_owned() }),
        }
    }
    let fate = if old.text == new.text { Fate::Kept } else { Fate::Changed };
    UnitChange { old_label: old.label.clone(), new_label: new.label.clone(), path: new.path.clone(), fate, spans }
}

fn added(unit: &Unit) -> UnitChange {
    UnitChange {
        old_label: String::new(),
        new_label: unit.label.clone(),
        path: unit.path.clone(),
        fate: Fate::Added,
        spans: vec![Span { fate: Fate::Added, text: unit.text.clone() }],
    }
}

fn removed(unit: &Unit) -> UnitChange {
    UnitChange {
        old_label: unit.label.clone(),
        new_label: String::new(),
        path: unit.path.clone(),
        fate: Fate::Removed,
        spans: vec![Span { fate: Fate::Removed, text: unit.text.clone() }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Article, Clause, tests::sample};
    use proptest::prelude::*;

    fn side(changes: &[UnitChange], gone: Fate) -> Vec<String> {
        let text =
            |c: &UnitChange| -> String { c.spans.iter().filter(|s| s.fate != gone).map(|s| s.text.as_str()).collect() };
        changes.iter().filter(|c| c.fate != gone).map(text).collect()
    }

    #[test]
    fn an_inserted_point_is_one_added_unit_and_its_neighbours_are_kept() {
        let (old, mut new) = (sample(), sample());
        new.articles[0].clauses[0].points.insert(1, "Ủy viên thường trực;".into());
        let changes = compare(&old, &new);
        let added: Vec<_> = changes.iter().filter(|c| c.fate != Fate::Kept).collect();
        assert_eq!(added.len(), 1);
        assert_eq!((added[0].fate, added[0].new_label.as_str()), (Fate::Added, "Điều 1, khoản 1, điểm b"));
        let moved = changes.iter().find(|c| c.path == "articles.0.clauses.0.points.2").unwrap();
        assert_eq!((moved.fate, moved.old_label.as_str()), (Fate::Kept, "Điều 1, khoản 1, điểm b"));
    }

    #[test]
    fn a_changed_word_is_marked_inside_its_unit() {
        let (old, mut new) = (sample(), sample());
        new.articles[1].paragraphs[0] = "Nghị quyết này có hiệu lực kể từ ngày ban hành.".into();
        let changes = compare(&old, &new);
        let changed: Vec<_> = changes.iter().filter(|c| c.fate == Fate::Changed).collect();
        assert_eq!(changed.len(), 1);
        let words =
            |fate| changed[0].spans.iter().filter(|s| s.fate == fate).map(|s| s.text.as_str()).collect::<String>();
        assert_eq!((words(Fate::Removed).as_str(), words(Fate::Added).as_str()), ("ký.", "ban hành."));
    }

    fn any_content() -> impl Strategy<Value = Content> {
        let words = prop::sample::select(vec!["điều", "khoản", "ban hành", "Quốc hội", "a", "b c d"]);
        let text = prop::collection::vec(words, 1..6).prop_map(|w| w.join(" "));
        let clause = (text.clone(), prop::collection::vec(text.clone(), 0..3))
            .prop_map(|(text, points)| Clause { text, points });
        let article = (text.clone(), prop::collection::vec(text.clone(), 0..3), prop::collection::vec(clause, 0..4))
            .prop_map(|(heading, paragraphs, clauses)| Article { heading, paragraphs, clauses });
        (text, prop::collection::vec(article, 0..5)).prop_map(|(subject, articles)| Content {
            subject,
            articles,
            ..Content::default()
        })
    }

    proptest! {
        #[test]
        fn both_versions_can_be_read_out_of_the_comparison(old in any_content(), new in any_content()) {
            let changes = compare(&old, &new);
            let texts = |c: &Content| c.units().into_iter().map(|u| u.text).collect::<Vec<_>>();
            prop_assert_eq!(side(&changes, Fate::Removed), texts(&new));
            prop_assert_eq!(side(&changes, Fate::Added), texts(&old));
        }
    }
}
