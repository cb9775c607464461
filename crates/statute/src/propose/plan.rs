//! Which command for which change.

use super::draft::Draft;
use super::words;
use super::{Unsayable, is_text_level, proves};
use crate::address::{Address, Paragraph};
use crate::label::Level;
use crate::model::{Block, Unit};

/// Compares lists of containers and articles.
pub(super) fn units(base: &[Unit], target: &[Unit], above: &Address, out: &mut Vec<Draft>) -> Result<(), Unsayable> {
    let pairs = align(base, target).ok_or_else(|| Unsayable::At(place(base, target, above)))?;
    let mut i = 0;
    while i < pairs.len() {
        let (before, after) = pairs[i];
        match (before, after) {
            (Some(b), t) => {
                let here = address(above, b);
                if is_text_level(b.level) {
                    article(b, t, &here, out)?
                } else {
                    container(b, t, &here, out)?
                }
                i += 1;
            }
            (None, first) => {
                let run = pairs[i..].iter().take_while(|(b, t)| b.is_none() && t.level == first.level).count();
                let new: Vec<Unit> = pairs[i..i + run].iter().map(|(_, t)| (*t).clone()).collect();
                let anchor = (i > 0).then(|| address(above, pairs[i - 1].1));
                out.push(Draft::Insert { after: anchor, parent: above.clone(), new });
                i += run;
            }
        }
    }
    Ok(())
}

fn address(above: &Address, unit: &Unit) -> Address {
    match unit.level {
        Level::Article => Address::article(unit.label.clone()),
        level => above.child(level, unit.label.clone()),
    }
}

fn place(base: &[Unit], target: &[Unit], above: &Address) -> String {
    let differs = base.iter().zip(target).find(|(b, t)| b.label != t.label || b.level != t.level);
    match differs {
        Some((b, _)) => address(above, b).to_string(),
        None => base
            .get(target.len())
            .or(target.get(base.len()))
            .map_or(above.to_string(), |u| address(above, u).to_string()),
    }
}

/// Pairs the units of two lists by label: every unit of the base has its like in the target, in the same order; what
/// is only in the target is new. `None` when the base's units are not all there, or twice.
fn align<'a>(base: &'a [Unit], target: &'a [Unit]) -> Option<Vec<(Option<&'a Unit>, &'a Unit)>> {
    let mut left = base.iter().peekable();
    let mut out = Vec::with_capacity(target.len());
    for t in target {
        match left.peek() {
            Some(b) if b.level == t.level && b.label == t.label => out.push((left.next(), t)),
            _ => out.push((None, t)),
        }
    }
    left.next().is_none().then_some(out)
}

fn container(b: &Unit, t: &Unit, here: &Address, out: &mut Vec<Draft>) -> Result<(), Unsayable> {
    if b.same_text(t) {
        return Ok(());
    }
    if t.repealed && !b.repealed {
        out.push(Draft::Repeal(vec![here.clone()]));
        return Ok(());
    }
    if b.marker.trim_end() != t.marker.trim_end() || b.lead != t.lead || b.tail != t.tail {
        return Err(Unsayable::At(here.to_string()));
    }
    if b.heading != t.heading {
        out.push(Draft::Retitle(here.clone(), t.clone()));
    }
    units(&b.children, &t.children, here, out)
}

/// One article: the cheapest way that is proved to lead to the target.
fn article(b: &Unit, t: &Unit, here: &Address, out: &mut Vec<Draft>) -> Result<(), Unsayable> {
    if b.same_text(t) || b.text() == t.text() {
        return Ok(());
    }
    let mut ways = vec![best(b, t, here)];
    ways.push(vec![Draft::Replace(vec![here.clone()], vec![t.clone()])]);
    let mut repealed = b.clone();
    repealed.repeal();
    if repealed.text() == t.text() {
        ways.insert(0, vec![Draft::Repeal(vec![here.clone()])]);
    }
    match ways.into_iter().find(|way| proves(b, t, way)) {
        Some(way) => {
            out.extend(way);
            Ok(())
        }
        None => Err(Unsayable::At(here.to_string())),
    }
}

fn total(drafts: &[Draft]) -> usize {
    drafts.iter().map(Draft::cost).sum()
}

/// The cheapest drafts for a unit that differs.
fn best(b: &Unit, t: &Unit, here: &Address) -> Vec<Draft> {
    let mut repealed = b.clone();
    repealed.repeal();
    if repealed.text() == t.text() {
        return vec![Draft::Repeal(vec![here.clone()])];
    }
    let whole = vec![Draft::Replace(vec![here.clone()], vec![t.clone()])];
    let mut found = whole;
    let mut cost = total(&found);
    if let Some(fine) = finer(b, t, here) {
        let fine_cost = total(&fine);
        if fine_cost < cost {
            (found, cost) = (fine, fine_cost);
        }
    }
    if let Some(phrases) = words::phrases(b, t, here) {
        // A change of words is harder to read than the new text, two are harder still; they must be clearly shorter.
        let shares = if phrases.len() > 1 { 2 } else { 4 };
        if total(&phrases) * 5 < cost * shares {
            found = phrases;
        }
    }
    found
}

/// Commands on the parts of a unit; `None` when its parts do not match up.
fn finer(b: &Unit, t: &Unit, here: &Address) -> Option<Vec<Draft>> {
    if b.marker.trim_end() != t.marker.trim_end() || b.repealed != t.repealed || b.beside != t.beside {
        return None;
    }
    let mut out = Vec::new();
    if b.heading != t.heading {
        if t.heading.is_empty() || b.heading.is_empty() {
            return None;
        }
        out.push(Draft::Retitle(here.clone(), t.clone()));
    }
    if b.lead != t.lead {
        out.extend(paragraphs(b, t, here)?);
    }
    if b.tail != t.tail {
        let ([Block::Text(_)], [Block::Text(new)]) = (&b.tail[..], &t.tail[..]) else { return None };
        let at = Address { steps: here.steps.clone(), paragraph: Some(Paragraph::Last) };
        out.push(Draft::Paragraph(at, new.to_string()));
    }
    let pairs = align(&b.children, &t.children)?;
    if b.children.is_empty() && !t.children.is_empty() {
        return None;
    }
    let mut i = 0;
    while i < pairs.len() {
        match pairs[i] {
            (Some(old), new) => {
                if !old.same_text(new) {
                    out.extend(best(old, new, &here.child(new.level, new.label.clone())));
                }
                i += 1;
            }
            (None, first) => {
                let run = pairs[i..].iter().take_while(|(b, t)| b.is_none() && t.level == first.level).count();
                let new = pairs[i..i + run].iter().map(|(_, t)| (*t).clone()).collect();
                let after = (i > 0).then(|| here.child(pairs[i - 1].1.level, pairs[i - 1].1.label.clone()));
                out.push(Draft::Insert { after, parent: here.clone(), new });
                i += run;
            }
        }
    }
    Some(out)
}

/// Commands on unnumbered paragraphs, where their number stays.
fn paragraphs(b: &Unit, t: &Unit, here: &Address) -> Option<Vec<Draft>> {
    if b.lead.len() != t.lead.len() || (b.lead.len() == 1 && b.children.is_empty()) {
        return None;
    }
    let mut out = Vec::new();
    for (i, (old, new)) in b.lead.iter().zip(&t.lead).enumerate().filter(|(_, (old, new))| old != new) {
        let (Block::Text(_), Block::Text(new)) = (old, new) else { return None };
        let paragraph = match i {
            0 if !b.children.is_empty() => Paragraph::Opening,
            _ => Paragraph::Nth(i + 1),
        };
        let at = Address { steps: here.steps.clone(), paragraph: Some(paragraph) };
        out.push(Draft::Paragraph(at, new.to_string()));
    }
    Some(out)
}
