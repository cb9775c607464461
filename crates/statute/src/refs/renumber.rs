//! Renumbering of units with the references that name them.
//!
//! Units get new labels; the label in every reference that leads to them, or to what is in them, follows. Then all
//! references are resolved again: one that no longer leads to the units of before (a range that has come apart, words
//! that name several units at once) is listed for a person. Nothing is silently wrong.

use super::{Reference, references};
use crate::label::{Label, Level};
use crate::model::{Block, Law, Unit};
use crate::text::Text;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// A reference whose words were rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The unit that cites.
    pub from: Text,
    /// The words before.
    pub before: String,
    /// The words after.
    pub after: String,
}

/// What renumbering did.
#[derive(Debug, Clone, PartialEq)]
pub struct Renumbered {
    /// The law. Ids stay: they are permanent.
    pub law: Law,
    /// References that followed.
    pub kept: Vec<Kept>,
    /// References that lead elsewhere now and need a person's words, as they stood before.
    pub open: Vec<Reference>,
    /// References to renumbered units whose words were to stay ([`renumber_where`]).
    pub left: Vec<Reference>,
}

/// Why units cannot be renumbered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// No unit has the id.
    #[error("không có đơn vị {0} trong văn bản")]
    NoUnit(Text),
    /// Two units of one list would have one label.
    #[error("hai đơn vị cùng mang số {0} sau khi đánh số lại")]
    Twice(String),
}

/// Gives units new labels and rewrites the references to them.
///
/// # Errors
/// [`Clash`]; the law is then as it was.
pub fn renumber(law: &Law, changes: &BTreeMap<Text, Label>) -> Result<Renumbered, Clash> {
    renumber_where(law, changes, &|_| true)
}

/// As [`renumber`], but only references of which `follows` says so are rewritten; the others keep their words.
///
/// # Errors
/// As [`renumber`].
pub fn renumber_where(
    law: &Law,
    changes: &BTreeMap<Text, Label>,
    follows: &dyn Fn(&Reference) -> bool,
) -> Result<Renumbered, Clash> {
    let mut out = law.clone();
    let mut known = 0;
    out.visit_mut(&mut |unit| {
        if let Some(label) = changes.get(&unit.id) {
            known += 1;
            relabel(unit, label);
        }
    });
    if known < changes.len() {
        let mut ids = std::collections::HashSet::new();
        law.visit(&mut |u| {
            ids.insert(u.id.clone());
        });
        let lost = changes.keys().find(|id| !ids.contains(*id));
        return Err(Clash::NoUnit(lost.cloned().unwrap_or_default()));
    }
    twice(&out)?;
    let before = references(law);
    let edits = edits(law, before.iter().filter(|r| follows(r)), changes);
    let mut kept = Vec::new();
    out.visit_mut(&mut |unit| {
        if let Some(blocks) = edits.get(&unit.id) {
            blocks.iter().for_each(|(block, labels)| rewrite(unit, *block, labels));
        }
    });
    let after = references(&out);
    let (mut open, mut left) = (Vec::new(), Vec::new());
    for (i, old) in before.into_iter().enumerate() {
        let ids = |r: &Reference| r.units.iter().map(|c| c.unit.clone()).collect::<Vec<_>>();
        match after.get(i).filter(|new| new.from == old.from && ids(new) == ids(&old)) {
            Some(new) if new.words != old.words => {
                kept.push(Kept { from: old.from, before: old.words, after: new.words.clone() });
            }
            Some(_) => {}
            None if follows(&old) => open.push(old),
            None => left.push(old),
        }
    }
    Ok(Renumbered { law: out, kept, open, left })
}

fn relabel(unit: &mut Unit, label: &Label) {
    // The label is the last thing that the marker says before its stop.
    let fresh = Unit::new(unit.level, label.clone()).marker;
    let end = unit.marker.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
    let own = fresh.trim_end_matches(|c: char| !c.is_alphanumeric());
    unit.marker = format!("{own}{}", &unit.marker[end..]).into();
    unit.label = label.clone();
}

fn twice(law: &Law) -> Result<(), Clash> {
    fn list(units: &[Unit]) -> Result<(), Clash> {
        let mut seen = std::collections::HashSet::new();
        for unit in units {
            if unit.level != Level::Article && !seen.insert((unit.level, &unit.label)) {
                return Err(Clash::Twice(format!("{} {}", unit.level.word(), unit.label.shown(unit.level))));
            }
            list(&unit.children)?;
        }
        Ok(())
    }
    let mut seen = std::collections::HashSet::new();
    if let Some(again) = law.articles().into_iter().find(|a| !seen.insert(&a.label)) {
        return Err(Clash::Twice(format!("Điều {}", again.label)));
    }
    list(&law.units)
}

/// New labels by place in a text.
type Labels = BTreeMap<(usize, usize), String>;

/// What is to be written where: by citing unit and block.
fn edits<'a>(
    law: &Law,
    references: impl Iterator<Item = &'a Reference>,
    changes: &BTreeMap<Text, Label>,
) -> HashMap<Text, BTreeMap<usize, Labels>> {
    let above = above(law);
    let mut out: HashMap<Text, BTreeMap<usize, Labels>> = HashMap::new();
    for reference in references.filter(|r| r.is_internal()) {
        for cite in &reference.units {
            let Some(chain) = cite.unit.as_ref().and_then(|id| above.get(id)) else { continue };
            for (level, start, end) in &cite.places {
                let unit = chain.iter().find(|(l, _)| l == level).map(|(_, id)| id);
                if let Some(label) = unit.and_then(|id| changes.get(id)) {
                    let labels = out.entry(reference.from.clone()).or_default().entry(reference.block).or_default();
                    // Two units that share these words: the first writes; the check afterwards finds the other.
                    labels.entry((*start, *end)).or_insert_with(|| label.shown(*level));
                }
            }
        }
    }
    out
}

/// Every unit with the units that it lies in, itself first.
fn above(law: &Law) -> HashMap<Text, Vec<(Level, Text)>> {
    fn walk(units: &[Unit], chain: &[(Level, Text)], out: &mut HashMap<Text, Vec<(Level, Text)>>) {
        for unit in units {
            let mut own = vec![(unit.level, unit.id.clone())];
            own.extend_from_slice(chain);
            walk(&unit.children, &own, out);
            out.insert(unit.id.clone(), own);
        }
    }
    let mut out = HashMap::new();
    walk(&law.units, &[], &mut out);
    out
}

fn rewrite(unit: &mut Unit, block: usize, labels: &Labels) {
    let write = |text: &Text| -> Text {
        let mut out = text.to_string();
        for ((start, end), label) in labels.iter().rev() {
            if out.is_char_boundary(*start) && out.is_char_boundary(*end) {
                out.replace_range(*start..*end, label);
            }
        }
        out.into()
    };
    let headings = unit.heading.len();
    if let Some(line) = unit.heading.get_mut(block) {
        *line = write(line);
        return;
    }
    let mut blocks = unit.lead.iter_mut().chain(unit.tail.iter_mut());
    if let Some(Block::Text(text)) = blocks.nth(block - headings) {
        *text = write(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;
    use proptest::prelude::*;

    const LAW: &str = "Điều 1. Một\n1. Theo khoản 2 Điều này và các điểm a, b khoản 2 Điều 2.\n2. Theo Điều 2 và Điều 3.\nĐiều 2. Hai\n1. A.\n2. B:\na) x;\nb) y theo điểm a khoản này.\nĐiều 3. Ba\nTừ Điều 1 đến Điều 2. Điều 2 của Luật Hồ số 2/2030/QH20.";

    fn to(changes: &[(&str, &str)]) -> BTreeMap<Text, Label> {
        changes.iter().map(|(id, label)| ((*id).into(), Label::parse(label, false).unwrap())).collect()
    }

    #[test]
    fn references_follow_the_units_that_get_new_numbers() {
        let got = renumber(&parse(LAW).law, &to(&[("art_2", "3"), ("art_3", "4"), ("art_2__para_2", "5")])).unwrap();
        assert_eq!(
            got.law.text(),
            LAW.replace("khoản 2 Điều 2", "khoản 5 Điều 3")
                .replace("Theo Điều 2 và Điều 3.", "Theo Điều 3 và Điều 4.")
                .replace("Điều 3. Ba", "Điều 4. Ba")
                .replace("Điều 2. Hai", "Điều 3. Hai")
                .replace("2. B:", "5. B:")
                .replace("đến Điều 2", "đến Điều 3")
        );
        assert_eq!(got.kept.len(), 2);
        // “Từ Điều 1 đến Điều 3” spans an article that no longer stands.
        assert_eq!(got.open.iter().map(|r| r.words.as_str()).collect::<Vec<_>>(), ["Từ Điều 1 đến Điều 2"]);
    }

    #[test]
    fn words_that_name_two_units_by_one_number_are_left_to_a_person() {
        let law = parse("Điều 1. Một\nTheo các khoản 1, 2 Điều 2.\nĐiều 2. Hai\n1. A.\n2. B.").law;
        assert!(matches!(renumber(&law, &to(&[("art_2__para_1", "2")])), Err(Clash::Twice(_))));
        assert!(matches!(renumber(&law, &to(&[("art_9", "2")])), Err(Clash::NoUnit(_))));
        let got = renumber(&law, &to(&[("art_2__para_1", "2"), ("art_2__para_2", "1")])).unwrap();
        assert_eq!(got.kept[0].after, "các khoản 2, 1 Điều 2");
    }

    proptest! {
        #[test]
        fn after_renumbering_every_reference_leads_where_it_led_or_is_listed(article in 1u32..9, shift in 1u32..5, clause in 1u32..9) {
            let law = parse(LAW).law;
            let changes: BTreeMap<Text, Label> = (1..=3)
                .filter(|n| *n >= article)
                .map(|n| (format!("art_{n}").into(), Label::number(n + shift)))
                .chain([("art_2__para_2".into(), Label::number(clause + 1))])
                .collect();
            let got = renumber(&law, &changes).unwrap();
            let ids = |l: &Law| references(l).iter().map(|r| r.units.iter().map(|c| c.unit.clone()).collect::<Vec<_>>()).collect::<Vec<_>>();
            let differ = ids(&law).iter().zip(ids(&got.law)).filter(|(a, b)| **a != *b).count();
            prop_assert_eq!(differ, got.open.len());
        }
    }
}
