//! Numbers for what a drafter adds, so that nothing that stands is renumbered.

use crate::model::{Law, Unit};
use crate::text::essence;
use std::collections::HashMap;

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
