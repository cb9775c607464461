//! Numbers for what a drafter adds, so that nothing that stands is renumbered.

use crate::model::{Block, Law, Unit};
use crate::refs::{Clash, Reference, Renumbered, renumber_where};
use crate::text::{Text, essence};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Gives new units the labels that the law wants (`2a`, `Điều 12a`, `a1`) where the drafter numbered through:
/// units whose text stands in the base under another number get that number back, and what comes between gets an
/// inserted label. Answers how many labels were changed.
pub fn number_new_units(base: &Law, target: &mut Law) -> usize {
    let count = renumber(&base.units, &mut target.units);
    if count > 0 {
        target.visit_mut(&mut |u| u.id = "".into());
        target.name_units();
    }
    count
}

/// As [`number_new_units`], with the references in the target.
///
/// A drafter who numbers through also writes references by the new numbers; those in texts that are new or edited
/// follow. A text that stands in the base word for word was not touched, so its references still count by the numbers
/// of the base, which are the numbers again: they keep their words. What leads elsewhere after that is in
/// [`Renumbered::open`].
///
/// # Errors
/// [`Clash`] when two units would have one number.
pub fn number_with_references(base: &Law, target: &Law) -> Result<Renumbered, Clash> {
    let mut numbered = target.clone();
    number_new_units(base, &mut numbered);
    let mut labels = Vec::new();
    numbered.visit(&mut |u| labels.push(u.label.clone()));
    let mut labels = labels.into_iter();
    let mut changes = BTreeMap::new();
    // Numbering changes labels, never the shape: both trees are walked side by side.
    target.visit(&mut |u| {
        if let Some(label) = labels.next().filter(|l| *l != u.label) {
            changes.insert(u.id.clone(), label);
        }
    });
    let untouched = texts(base);
    let own = units(target);
    let follows = |r: &Reference| {
        let text = own.get(&r.from).and_then(|u| text_of(u, r.block));
        text.is_none_or(|t| !untouched.contains(t))
    };
    let mut out = renumber_where(target, &changes, &follows)?;
    // What was left alone is right when it leads to the unit that it led to in the base.
    out.left.retain(|r| r.units.iter().any(|c| c.address.as_ref().is_none_or(|a| a.find(&out.law).is_err())));
    out.open.append(&mut out.left);
    out.law.visit_mut(&mut |u| u.id = "".into());
    out.law.name_units();
    Ok(out)
}

fn units(law: &Law) -> HashMap<Text, &Unit> {
    let mut out = HashMap::new();
    law.visit(&mut |u| {
        out.insert(u.id.clone(), u);
    });
    out
}

fn text_of(unit: &Unit, block: usize) -> Option<&Text> {
    unit.heading.iter().map(Some).chain(unit.lead.iter().chain(&unit.tail).map(Block::as_text)).nth(block).flatten()
}

fn texts(law: &Law) -> HashSet<Text> {
    let mut out = HashSet::new();
    law.visit(&mut |u| {
        out.extend(u.heading.iter().cloned());
        out.extend(u.lead.iter().chain(&u.tail).filter_map(Block::as_text).cloned());
    });
    out
}

fn body(unit: &Unit) -> String {
    let mut out = unit.title();
    out.push_str(&unit.body_text());
    essence(&out)
}

fn renumber(base: &[Unit], target: &mut [Unit]) -> usize {
    // Where the texts of the base stand in the target; texts that are there twice tell nothing.
    let mut known: HashMap<String, Option<usize>> = HashMap::new();
    for (i, unit) in base.iter().enumerate() {
        known.entry(body(unit)).and_modify(|k| *k = None).or_insert(Some(i));
    }
    let mut places: Vec<Option<usize>> = target.iter().map(|t| known.get(&body(t)).copied().flatten()).collect();
    let mut last = None;
    for place in &mut places {
        if place.is_some() && *place <= last {
            *place = None;
        }
        last = (*place).or(last);
    }
    let moved = places.iter().zip(target.iter()).any(|(p, t)| p.is_some_and(|i| base[i].label != t.label));
    let mut count = 0;
    if moved {
        count += relabel(base, target, &places);
    }
    for unit in target.iter_mut() {
        if let Some(old) = base.iter().find(|b| b.level == unit.level && b.label == unit.label) {
            count += renumber(&old.children, &mut unit.children);
        }
    }
    count
}

fn relabel(base: &[Unit], target: &mut [Unit], places: &[Option<usize>]) -> usize {
    let mut count = 0;
    let mut next_base = 0;
    let mut inserted = 0;
    for (t, unit) in target.iter_mut().enumerate() {
        // Units of the base that are still to come before the next unit found again: edited in place.
        let ahead = places[t..].iter().flatten().next().copied();
        let remaining = places[t..].iter().take_while(|p| p.is_none()).count();
        let room = ahead.unwrap_or(base.len()).saturating_sub(next_base);
        let label = match places[t] {
            Some(i) => {
                (next_base, inserted) = (i + 1, 0);
                Some(base[i].label.clone())
            }
            None if room > 0 && remaining <= room => {
                (next_base, inserted) = (next_base + 1, 0);
                base.get(next_base - 1).map(|b| b.label.clone())
            }
            None if ahead.is_none() => None,
            None => {
                inserted += 1;
                next_base.checked_sub(1).and_then(|i| base[i].label.inserted(inserted))
            }
        };
        if let Some(label) = label.filter(|l| *l != unit.label) {
            let (old, new) = (unit.label.shown(unit.level), label.shown(unit.level));
            unit.marker = unit.marker.replacen(&old, &new, 1).into();
            unit.label = label;
            count += 1;
        }
    }
    count
}
