//! Carries out commands on a law.
//!
//! A command is carried out whole or not at all; what cannot be is a [`Flag`] with the reason and leaves the law as
//! it was. Units keep their ids whatever happens to their text.

use crate::address::{Address, Paragraph};
use crate::command::{Action, Command, Flag, Reason};
use crate::label::{Label, Level};
use crate::model::{Block, Law, Provenance, Unit};
use crate::phrase;
use crate::text::Text;
use kernel::time::Day;
use std::sync::Arc;

/// The document that commands, for the provenance of what it changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// `44/2019/QH14`.
    pub number: String,
    /// `Luật … số 44/2019/QH14`.
    pub name: String,
    /// From which day.
    pub in_force: Option<Day>,
}

/// Carries out a command. The law is changed only when all of the command could be.
///
/// # Errors
/// The [`Flag`] that says why it could not be.
pub fn apply(law: &mut Law, command: &Command, source: &Source) -> Result<(), Box<Flag>> {
    apply_unnamed(law, command, source)?;
    law.name_units();
    Ok(())
}

/// As [`apply`], but leaves units that came new without an id: a fold names them once at its end.
pub(crate) fn apply_unnamed(law: &mut Law, command: &Command, source: &Source) -> Result<(), Box<Flag>> {
    let origin = Arc::new(Provenance {
        document: source.number.clone(),
        name: source.name.clone(),
        provision: command.place.provision.clone(),
        in_force: command.from.or(source.in_force),
        done: command.action.done(),
    });
    let flag = |reason| {
        Box::new(Flag {
            reason,
            place: command.place.clone(),
            target: command.target.clone(),
            addresses: command.addresses.clone(),
        })
    };
    if command.addresses.is_empty() {
        return Err(flag(Reason::NoAddress { words: command.place.text.clone() }));
    }
    // Changed units are set aside first: the command is done whole or not at all. An insertion changes the list that
    // its unit stands in, so that the whole is set aside; commands that insert in several places are rare.
    let many = command.addresses.len() > 1;
    let whole = (many && matches!(command.action, Action::Insert { .. })).then(|| law.units.clone());
    let mut aside: Vec<(&Address, Unit)> = Vec::new();
    for (nth, address) in command.addresses.iter().enumerate() {
        if many && whole.is_none() {
            aside.extend(address.find(law).ok().map(|unit| (address, unit.clone())));
        }
        if let Err(reason) = one(law, address, nth, &command.action, &origin) {
            for (address, unit) in aside.into_iter().rev() {
                if let Ok(changed) = address.find_mut(law) {
                    *changed = unit;
                }
            }
            if let Some(units) = whole {
                law.units = units;
            }
            return Err(flag(reason));
        }
    }
    Ok(())
}

fn one(law: &mut Law, address: &Address, nth: usize, action: &Action, origin: &Arc<Provenance>) -> Result<(), Reason> {
    match action {
        Action::Insert { new, after } => return insert(law, address, new, *after, origin),
        Action::Replace { .. } | Action::Repeal if address.paragraph.is_some() => {
            return paragraph(law, address, action, origin);
        }
        _ => {}
    }
    let unit = address.find_mut(law).map_err(|l| Reason::lost(&l))?;
    match action {
        Action::Replace { new } => replace(unit, new.get(nth).ok_or(Reason::NoText)?, address)?,
        Action::Repeal => unit.repeal(),
        Action::Retitle { heading } => {
            unit.heading = vec![heading.clone()];
        }
        Action::Phrase { old, new } => check(phrase::replace_checked(unit, old, new), old, new, address)?,
        Action::PhraseBeside { near, new, after } => {
            check(phrase::beside_checked(unit, near, new, *after), near, new, address)?;
        }
        Action::Insert { .. } => {}
    }
    unit.origin.push(origin.clone());
    Ok(())
}

fn check(found: phrase::Found, old: &Text, new: &Text, address: &Address) -> Result<(), Reason> {
    if found.hits == 0 {
        return Err(Reason::NoPhrase { phrase: old.to_string(), address: address.to_string() });
    }
    if found.other_case {
        return Err(Reason::OtherCase { phrase: old.to_string(), address: address.to_string() });
    }
    if found.doubled {
        return Err(Reason::Doubled { phrase: new.to_string(), address: address.to_string() });
    }
    Ok(())
}

/// Gives a unit its new text; units inside that keep their label keep their id.
fn replace(unit: &mut Unit, new: &Unit, address: &Address) -> Result<(), Reason> {
    if new.level.is_container() && new.children.is_empty() && !unit.children.is_empty() {
        let (quoted, named) = (crate::command::named(std::slice::from_ref(new)), address.to_string());
        return Err(Reason::OtherUnits { quoted, named });
    }
    if new.level == Level::Article && new.heading.is_empty() && !unit.heading.is_empty() && !unit.repealed {
        let quoted = format!("{} không có tên", new.marker.trim_end());
        return Err(Reason::OtherUnits { quoted, named: address.to_string() });
    }
    let marker = if unit.marker.trim_end() == new.marker.trim_end() { new.marker.clone() } else { unit.marker.clone() };
    adopt(unit, new);
    unit.marker = marker;
    Ok(())
}

fn adopt(unit: &mut Unit, new: &Unit) {
    let mut old: Vec<Unit> = std::mem::take(&mut unit.children);
    unit.marker = new.marker.clone();
    unit.heading = new.heading.clone();
    unit.beside = new.beside;
    unit.lead = new.lead.clone();
    unit.tail = new.tail.clone();
    unit.repealed = new.repealed;
    for child in &new.children {
        let known = old.iter().position(|o| o.level == child.level && o.label == child.label);
        let mut made = match known {
            Some(i) => old.swap_remove(i),
            None => Unit::new(child.level, child.label.clone()),
        };
        if !made.same_text(child) {
            // Earlier amendments of a text that is gone say nothing of the new one; the command stands at the unit above.
            made.origin.clear();
        }
        adopt(&mut made, child);
        unit.children.push(made);
    }
}

fn insert(law: &mut Law, at: &Address, new: &[Unit], after: bool, origin: &Arc<Provenance>) -> Result<(), Reason> {
    let Some(level) = new.first().map(|u| u.level) else { return Err(Reason::NoText) };
    let mut path = if at.steps.is_empty() { Vec::new() } else { at.path(law).map_err(|l| Reason::lost(&l))? };
    let mut parent_address = at.clone();
    let mut index = None;
    if after {
        // Up from the anchor to the list in which units of the level stand: `Chương IIa` after `Điều 30`.
        while parent_address.level().is_some_and(|l| l > level) {
            path.pop();
            parent_address = parent_address.parent();
        }
        index = path.pop().map(|i| i + 1);
    }
    let siblings = match path.split_first() {
        None => &mut law.units,
        Some((first, rest)) => {
            let mut unit = &mut law.units[*first];
            for &i in rest {
                unit = &mut unit.children[i];
            }
            unit.origin.push(origin.clone());
            &mut unit.children
        }
    };
    if !after && path.is_empty() && level == Level::Article && siblings.iter().any(|u| u.level.is_container()) {
        return insert_article_by_label(law, new, origin);
    }
    place(siblings, index, new, origin)
}

fn place(siblings: &mut Vec<Unit>, index: Option<usize>, new: &[Unit], origin: &Arc<Provenance>) -> Result<(), Reason> {
    if let Some(there) = new.iter().find(|n| siblings.iter().any(|s| s.level == n.level && s.label == n.label)) {
        return Err(Reason::Exists { address: crate::command::named(std::slice::from_ref(there)) });
    }
    let index = index.unwrap_or_else(|| by_label(siblings, new[0].level, &new[0].label));
    let made = new.iter().map(|n| {
        let mut unit = Unit::new(n.level, n.label.clone());
        adopt(&mut unit, n);
        unit.origin = vec![origin.clone()];
        unit
    });
    siblings.splice(index..index, made.collect::<Vec<_>>());
    Ok(())
}

fn by_label(siblings: &[Unit], level: Level, label: &Label) -> usize {
    siblings.iter().rposition(|u| u.level == level && u.label < *label).map_or(0, |i| i + 1)
}

/// An article whose place only its number tells: after the article before it, in that one's chapter.
fn insert_article_by_label(law: &mut Law, new: &[Unit], origin: &Arc<Provenance>) -> Result<(), Reason> {
    let before = law.articles().iter().rev().find(|a| a.label < new[0].label).map(|a| a.label.clone());
    let Some(before) = before else {
        return Err(Reason::NoAddress { words: crate::command::named(new) });
    };
    insert(law, &Address::article(before), new, true, origin)
}

/// Replaces or removes an unnumbered paragraph.
fn paragraph(law: &mut Law, address: &Address, action: &Action, origin: &Arc<Provenance>) -> Result<(), Reason> {
    let unit = address.find_mut(law).map_err(|l| Reason::lost(&l))?;
    let missing = || Reason::Missing { address: address.to_string() };
    let count = unit.lead.len() + unit.tail.len();
    let at = match address.paragraph.ok_or_else(missing)? {
        Paragraph::Opening if !unit.lead.is_empty() => 0,
        Paragraph::Last if count > 0 => count - 1,
        // Whether points count as paragraphs is not settled: only text without units is counted.
        Paragraph::Nth(n) if (1..=count).contains(&n) && (unit.children.is_empty() || n <= unit.lead.len()) => n - 1,
        _ => return Err(missing()),
    };
    let new: Vec<Block> = match action {
        Action::Replace { new } => new.first().map(|u| u.lead.clone()).unwrap_or_default(),
        _ => Vec::new(),
    };
    if at < unit.lead.len() {
        if new.is_empty() && at == 0 && unit.level >= Level::Clause {
            return Err(missing());
        }
        unit.lead.splice(at..=at, new);
    } else {
        let at = at - unit.lead.len();
        unit.tail.splice(at..=at, new);
    }
    unit.origin.push(origin.clone());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amend::read_law;
    use crate::parse::parse;

    const BASE: &str = "Chương I\nCHUNG\nĐiều 1. Một\n1. A;\n2. B:\na) x;\nb) y.\nĐiều 2. Hai\nĐoạn một ao nhỏ.\nĐoạn hai.\nChương II\nRIÊNG\nĐiều 3. Ba\nC.";

    fn amended(commands: &str) -> (String, Vec<Reason>) {
        let mut law = parse(BASE).law;
        let text = format!("Điều 1. Sửa đổi, bổ sung một số điều của Luật Ao số 2/2030/QH20\n{commands}");
        let read = read_law(&parse(&text).law);
        let mut reasons: Vec<Reason> = read.flags.into_iter().map(|f| f.reason).collect();
        for command in &read.commands {
            if let Err(flag) = apply(&mut law, command, &Source::default()) {
                reasons.push(flag.reason);
            }
        }
        (law.text(), reasons)
    }

    #[test]
    fn each_formula_changes_what_it_says_and_nothing_else() {
        for (command, from, to) in [
            ("1. Sửa đổi, bổ sung khoản 1 Điều 1 như sau:\n“1. AA;”.", "1. A;", "1. AA;"),
            ("1. Bổ sung khoản 1a vào sau khoản 1 Điều 1 như sau:\n“1a. Mới;”.", "1. A;", "1. A;\n1a. Mới;"),
            ("1. Bổ sung điểm c vào khoản 2 Điều 1 như sau:\n“c) z.”.", "b) y.", "b) y.\nc) z."),
            ("1. Bãi bỏ điểm a khoản 2 Điều 1.", "a) x;", "a) (được bãi bỏ)"),
            ("1. Bãi bỏ Điều 3.", "Điều 3. Ba\nC.", "Điều 3. (được bãi bỏ)"),
            ("1. Thay thế cụm từ “ao nhỏ” bằng cụm từ “hồ” tại Điều 2.", "ao nhỏ", "hồ"),
            ("1. Sửa đổi, bổ sung đoạn 2 Điều 2 như sau:\n“Đoạn mới.”.", "Đoạn hai.", "Đoạn mới."),
            ("1. Bãi bỏ đoạn 2 Điều 2.", "\nĐoạn hai.", ""),
            ("1. Sửa đổi tên Điều 3 như sau:\n“Điều 3. Bốn”.", "Điều 3. Ba", "Điều 3. Bốn"),
            ("1. Sửa đổi tên Chương II như sau:\n“Chương II\nCHUNG”.", "RIÊNG", "CHUNG"),
            (
                "1. Bổ sung Điều 2a vào sau Điều 2 như sau:\n“Điều 2a. Mới\nM.”.",
                "Đoạn hai.",
                "Đoạn hai.\nĐiều 2a. Mới\nM.",
            ),
            ("1. Bổ sung cụm từ “to” vào sau cụm từ “ao nhỏ” tại Điều 2.", "ao nhỏ", "ao nhỏ to"),
            (
                "1. Bổ sung Chương Ia vào sau Chương I như sau:\n“Chương Ia\nMỚI\nĐiều 2a. Mới\nM.”.",
                "Chương II",
                "Chương Ia\nMỚI\nĐiều 2a. Mới\nM.\nChương II",
            ),
        ] {
            assert_eq!(amended(command), (BASE.replacen(from, to, 1), vec![]), "{command}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_changes_nothing() {
        for command in [
            "1. Bãi bỏ khoản 7 Điều 1.",
            "1. Thay thế cụm từ “biển” bằng cụm từ “hồ” tại Điều 1 và Điều 2.",
            "1. Bổ sung khoản 2 vào sau khoản 1 Điều 1 như sau:\n“2. Mới;”.",
            "1. Thay thế cụm từ “nhỏ” bằng cụm từ “ao nhỏ” tại Điều 2.",
            "1. Bãi bỏ đoạn 9 Điều 2.",
        ] {
            let (text, reasons) = amended(command);
            assert_eq!(text, BASE, "{command}");
            assert_eq!(reasons.len(), 1, "{command}");
        }
    }
}
