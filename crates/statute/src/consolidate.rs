//! The law at any date: a deterministic fold of commands over the base text.
//!
//! Order: the day from which a command holds, then the day of issue, then the document's number, then its place in the
//! document. Amendments of amending laws are folded into those first. Cost: the base tree is copied once (its texts
//! are shared), then each command costs what it changes.

use crate::amend::{Commands, read_law};
use crate::apply::{Source, apply_unnamed};
use crate::command::{Command, Flag, Reason};
use crate::model::{Law, Meta, Provenance, Unit};
use crate::text::{Text, essence};
use kernel::time::Day;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// An amending document, read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Enactment {
    /// The document.
    pub source: Source,
    /// Its day of issue.
    pub issued: Option<Day>,
    /// What it commands, over all laws.
    pub commands: Commands,
}

impl Enactment {
    /// Reads a whole amending law.
    pub fn of(law: &Law) -> Enactment {
        Enactment { source: source(&law.meta), issued: law.meta.issued, commands: read_law(law) }
    }

    /// Whether it commands anything of this law.
    pub fn amends(&self, law: &Meta) -> bool {
        self.commands.commands.iter().any(|command| concerns(command.target.as_ref(), law) == Some(true))
    }
}

fn source(meta: &Meta) -> Source {
    Source { number: meta.number.clone().unwrap_or_default(), name: meta.name(), in_force: meta.in_force }
}

/// A law as amended.
#[derive(Debug, Clone, PartialEq)]
pub struct Consolidated {
    /// The law.
    pub law: Law,
    /// The commands that were carried out, with the documents that gave them, in their order.
    pub applied: Vec<(Source, Command)>,
    /// What was left to a person, with the document.
    pub flags: Vec<(Source, Flag)>,
    /// Commands that hold only from a later day.
    pub later: Vec<(Source, Command)>,
}

/// Reads amending laws, each as amended itself by the others before it came into force.
pub fn enactments(laws: &[Law]) -> Vec<Enactment> {
    let plain: Vec<Enactment> = laws.iter().map(Enactment::of).collect();
    laws.iter()
        .map(|law| {
            let others: Vec<&Enactment> = plain
                .iter()
                .filter(|e| Some(&e.source.number) != law.meta.number.as_ref())
                .filter(|e| e.source.in_force.zip(law.meta.in_force).is_some_and(|(a, b)| a <= b))
                .filter(|e| e.commands.commands.iter().any(|c| concerns(c.target.as_ref(), &law.meta) == Some(true)))
                .collect();
            match others.is_empty() {
                true => Enactment::of(law),
                false => Enactment::of(&fold(law, &others, None).law),
            }
        })
        .collect()
}

/// The law at a date; with `None`, with all amendments whatever their day.
pub fn consolidate(base: &Law, enactments: &[Enactment], day: Option<Day>) -> Consolidated {
    fold(base, &enactments.iter().collect::<Vec<_>>(), day)
}

fn fold(base: &Law, enactments: &[&Enactment], day: Option<Day>) -> Consolidated {
    let mut out = Consolidated { law: base.clone(), applied: Vec::new(), flags: Vec::new(), later: Vec::new() };
    let mut queue: Vec<(&Enactment, &Command)> = Vec::new();
    for enactment in enactments {
        for command in &enactment.commands.commands {
            match concerns(command.target.as_ref(), &base.meta) {
                Some(true) => queue.push((enactment, command)),
                Some(false) => {}
                None => out.flags.push((enactment.source.clone(), which_law(command))),
            }
        }
        let flags = enactment.commands.flags.iter().filter(|f| concerns(f.target.as_ref(), &base.meta) != Some(false));
        for flag in flags {
            match topic_repeal(flag, base) {
                Some(command) => topic(&mut out, enactment, command, day),
                None => out.flags.push((enactment.source.clone(), flag.clone())),
            }
        }
    }
    let from = |(e, c): &(&Enactment, &Command)| c.from.or(e.source.in_force);
    queue.sort_by(|a, b| {
        let key = |q: &(&Enactment, &Command)| (from(q), q.0.issued);
        key(a).cmp(&key(b)).then_with(|| a.0.source.number.cmp(&b.0.source.number))
    });
    for (enactment, command) in queue {
        match (day, command.from.or(enactment.source.in_force)) {
            (Some(day), Some(from)) if from > day => out.later.push((enactment.source.clone(), command.clone())),
            (Some(_), None) => {
                let flag = Flag {
                    reason: Reason::NoDay,
                    place: command.place.clone(),
                    target: command.target.clone(),
                    addresses: command.addresses.clone(),
                };
                out.flags.push((enactment.source.clone(), flag));
            }
            _ => carry_out(&mut out, &enactment.source, command),
        }
    }
    if !out.applied.is_empty() {
        out.law.name_units();
    }
    out
}

fn carry_out(out: &mut Consolidated, source: &Source, command: &Command) {
    match apply_unnamed(&mut out.law, command, source) {
        Ok(()) => out.applied.push((source.clone(), command.clone())),
        Err(flag) => out.flags.push((source.clone(), *flag)),
    }
}

fn topic(out: &mut Consolidated, enactment: &Enactment, command: Command, day: Option<Day>) {
    match (day, enactment.source.in_force) {
        (Some(day), Some(from)) if from > day => out.later.push((enactment.source.clone(), command)),
        _ => carry_out(out, &enactment.source, &command),
    }
}

/// Whether a command's target is the law; `None` when it cannot be told.
pub(crate) fn concerns(target: Option<&crate::cite::DocRef>, meta: &Meta) -> Option<bool> {
    target?.matches(meta.number.as_deref(), meta.title.as_deref())
}

fn which_law(command: &Command) -> Flag {
    let words = command.target.as_ref().map_or_else(|| command.place.text.clone(), ToString::to_string);
    Flag {
        reason: Reason::WhichLaw { words },
        place: command.place.clone(),
        target: command.target.clone(),
        addresses: command.addresses.clone(),
    }
}

/// `Những quy định về X tại Chương V … hết hiệu lực` repeals the whole chapter when the chapter's heading is X.
fn topic_repeal(flag: &Flag, base: &Law) -> Option<Command> {
    let Reason::Topic { topic } = &flag.reason else { return None };
    let topic = essence(topic).to_lowercase();
    let whole = flag.addresses.iter().all(|a| {
        a.find(base).is_ok_and(|unit| unit.level.is_container() && essence(&unit.title()).to_lowercase() == topic)
    });
    (whole && !flag.addresses.is_empty()).then(|| Command {
        target: flag.target.clone(),
        addresses: flag.addresses.clone(),
        action: crate::command::Action::Repeal,
        place: flag.place.clone(),
        from: None,
    })
}

/// The text of a unit over a time: `[from, to)`.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Version {
    /// From this day; `None` for the original text of a law whose day is not known.
    pub from: Option<Day>,
    /// Until before this day; `None` while it stands.
    pub to: Option<Day>,
    /// The unit's text with all that is in it; empty when the unit no longer stands.
    pub text: String,
    /// What made this text; empty for the original.
    pub origin: Vec<Arc<Provenance>>,
}

/// All versions of all units, by unit id.
pub fn history(base: &Law, enactments: &[Enactment]) -> BTreeMap<Text, Vec<Version>> {
    let states = states(base, enactments);
    let mut ids = Vec::new();
    for (_, law) in &states {
        law.visit(&mut |u| ids.push(u.id.clone()));
    }
    versions(&states, ids)
}

/// The versions of those units whose text is not the same at all times.
pub fn changes(base: &Law, enactments: &[Enactment]) -> BTreeMap<Text, Vec<Version>> {
    let states = states(base, enactments);
    let mut ids = Vec::new();
    for pair in states.windows(2) {
        let (before, after) = (by_id(&pair[0].1), by_id(&pair[1].1));
        let differs = |(id, unit): &(&Text, &&Unit)| before.get(*id).is_none_or(|b| !b.same_text(unit));
        ids.extend(after.iter().filter(differs).map(|(id, _)| (*id).clone()));
        ids.extend(before.keys().filter(|id| !after.contains_key(*id)).cloned());
    }
    let mut out = versions(&states, ids);
    out.retain(|_, versions| versions.len() > 1);
    out
}

/// The law from each day on which it changes; first the base.
fn states(base: &Law, enactments: &[Enactment]) -> Vec<(Option<Day>, Law)> {
    let commands = enactments.iter().flat_map(|e| e.commands.commands.iter().map(move |c| (e, c)));
    let mine = commands.filter(|(_, c)| concerns(c.target.as_ref(), &base.meta) != Some(false));
    let mut days: Vec<Day> = mine.filter_map(|(e, c)| c.from.or(e.source.in_force)).collect();
    // A repeal of all on a topic is a flag of its document.
    days.extend(enactments.iter().filter(|e| !e.commands.flags.is_empty()).filter_map(|e| e.source.in_force));
    days.sort();
    days.dedup();
    let after = days.into_iter().map(|day| (Some(day), consolidate(base, enactments, Some(day)).law));
    std::iter::once((base.meta.in_force, base.clone())).chain(after).collect()
}

fn by_id(law: &Law) -> HashMap<Text, &Unit> {
    let mut out = HashMap::new();
    law.visit(&mut |u| {
        out.insert(u.id.clone(), u);
    });
    out
}

fn versions(states: &[(Option<Day>, Law)], ids: Vec<Text>) -> BTreeMap<Text, Vec<Version>> {
    let mut out: BTreeMap<Text, Vec<Version>> = ids.into_iter().map(|id| (id, Vec::new())).collect();
    for (day, law) in states {
        let units = by_id(law);
        for (id, versions) in &mut out {
            let (text, origin) = match units.get(id) {
                Some(unit) => (unit.text(), unit.origin.clone()),
                None => (String::new(), Vec::new()),
            };
            match versions.last_mut() {
                None if text.is_empty() => {}
                Some(last) if last.text == text => {}
                last => {
                    if let Some(last) = last {
                        last.to = *day;
                    }
                    versions.push(Version { from: *day, to: None, text, origin });
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;
    use proptest::prelude::*;

    const BASE: &str = "Luật số: 1/2030/QH20\nLUẬT\nAO\nĐiều 1. Một\n1. Ao cá.\n2. Ao tôm.\n3. Ao cua.\nĐiều 2. Hai\n1. Hồ.\n2. Đầm:\na) x;\nb) y.\nĐiều 3. Ba\nĐoạn.";

    /// A random command; `n` makes its text its own.
    fn command() -> impl Strategy<Value = String> {
        prop_oneof![
            (1u8..4, 0u16..999)
                .prop_map(|(c, n)| format!("Sửa đổi, bổ sung khoản {c} Điều 1 như sau:\n“{c}. Ao số {n}.”.")),
            (1u8..3, 0u16..999)
                .prop_map(|(c, n)| format!("Bổ sung khoản {c}a vào sau khoản {c} Điều 1 như sau:\n“{c}a. Thêm {n}.”.")),
            (1u8..4).prop_map(|c| format!("Bãi bỏ khoản {c} Điều 1.")),
            (0u16..999).prop_map(|n| format!("Thay thế cụm từ “Ao” bằng cụm từ “Hồ {n}” tại Điều 1.")),
            (0u16..999).prop_map(|n| format!("Bổ sung Điều 3a vào sau Điều 3 như sau:\n“Điều 3a. Mới\nSố {n}.”.")),
            (0u16..999).prop_map(|n| format!("Sửa đổi, bổ sung điểm a khoản 2 Điều 2 như sau:\n“a) z {n};”.")),
            Just("Bãi bỏ Điều 3.".to_owned()),
        ]
    }

    /// Amending laws, each with its day.
    fn amending() -> impl Strategy<Value = Vec<Enactment>> {
        let law = (1i8..13, proptest::collection::vec(command(), 1..4));
        proptest::collection::vec(law, 0..6).prop_map(|laws| {
            laws.iter()
                .enumerate()
                .map(|(i, (month, commands))| {
                    let mut text = format!("Luật số: {}/2031/QH20\nLUẬT\nSỬA\nĐiều 1. Sửa đổi, bổ sung một số điều của Luật Ao số 1/2030/QH20\n", i + 2);
                    for (k, command) in commands.iter().enumerate() {
                        text.push_str(&format!("{}. {command}\n", k + 1));
                    }
                    let mut law = parse(&text).law;
                    law.meta.in_force = Day::new(2032, *month, 1);
                    Enactment::of(&law)
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn the_order_in_which_amending_laws_are_given_does_not_matter(mut laws in amending(), swap in any::<(usize, usize)>()) {
            let base = parse(BASE).law;
            let day = Day::new(2033, 1, 1);
            let one = consolidate(&base, &laws, day);
            if !laws.is_empty() {
                let n = laws.len();
                laws.swap(swap.0 % n, swap.1 % n);
            }
            let other = consolidate(&base, &laws, day);
            prop_assert_eq!(one.law, other.law);
            prop_assert_eq!(one.flags.len(), other.flags.len());
        }

        #[test]
        fn the_law_at_a_date_is_the_law_of_the_day_before_with_that_days_commands(laws in amending(), month in 1i8..12) {
            let base = parse(BASE).law;
            let (day, next) = (Day::new(2032, month, 1), Day::new(2032, month + 1, 1));
            let earlier: Vec<Enactment> = laws.iter().filter(|l| l.source.in_force <= day).cloned().collect();
            let then: Vec<Enactment> = laws.iter().filter(|l| l.source.in_force == next).cloned().collect();
            let step = consolidate(&consolidate(&base, &earlier, None).law, &then, next);
            prop_assert_eq!(step.law.text(), consolidate(&base, &laws, next).law.text());
            prop_assert_eq!(consolidate(&base, &laws, Day::new(2031, 12, 31)).law.text(), base.text());
        }

        #[test]
        fn every_command_is_carried_out_or_flagged_or_waits(laws in amending(), month in 1i8..13) {
            let base = parse(BASE).law;
            let all: usize = laws.iter().map(|l| l.commands.commands.len() + l.commands.flags.len()).sum();
            let got = consolidate(&base, &laws, Day::new(2032, month, 15));
            prop_assert_eq!(got.applied.len() + got.flags.len() + got.later.len(), all);
            let mut ids = std::collections::HashSet::new();
            got.law.visit(&mut |u| assert!(ids.insert(u.id.clone())));
        }

        #[test]
        fn versions_follow_each_other_without_gap(laws in amending()) {
            let base = parse(BASE).law;
            for (id, versions) in history(&base, &laws) {
                prop_assert!(versions.windows(2).all(|w| w[0].to == w[1].from && w[0].text != w[1].text), "{}", id);
                prop_assert!(versions.last().is_some_and(|v| v.to.is_none()));
            }
        }
    }
}
