//! The meta data of a document: identification, life cycle, modifications in both directions, times, references.
//!
//! Events: the issue (`evt_1`), the coming into force, and one for each document and day that amended the text. A time
//! (`tmpg_n`) runs from its event; a unit whose text an amendment made has the time of that amendment.

use super::uri::Uri;
use super::write::{Kind, Options, escape, mod_id};
use crate::address::addresses;
use crate::cite::DocRef;
use crate::command::{Action, Command};
use crate::model::{Block, Law, Unit};
use crate::text::Text;
use kernel::time::Day;
use std::collections::HashMap;
use std::fmt::Write as _;

/// A document that amended the law, from a day on.
struct Change {
    number: String,
    name: String,
    day: Option<Day>,
}

/// What happened to a law.
pub(super) struct History {
    in_force: Option<Day>,
    changes: Vec<Change>,
}

impl History {
    pub(super) fn of(law: &Law, options: &Options) -> History {
        let mut changes: Vec<Change> = Vec::new();
        for (source, command) in options.consolidated.iter().flat_map(|c| &c.applied) {
            let day = command.from.or(source.in_force);
            if !changes.iter().any(|c| c.number == source.number && c.day == day) {
                changes.push(Change { number: source.number.clone(), name: source.name.clone(), day });
            }
        }
        History { in_force: law.meta.in_force, changes }
    }

    fn change(&self, number: &str, day: Option<Day>) -> Option<usize> {
        self.changes.iter().position(|c| c.number == number && c.day == day)
    }

    /// The time of each unit that has one of its own.
    pub(super) fn periods(&self, law: &Law) -> HashMap<Text, String> {
        let mut out = HashMap::new();
        if self.in_force.is_some() {
            out.extend(law.units.iter().map(|u| (u.id.clone(), "tmpg_1".to_owned())));
        }
        law.visit(&mut |unit| {
            // An insertion below is told at what was inserted.
            let own = unit.origin.iter().rev().find(|o| !unit.children.iter().any(|c| c.origin.contains(o)));
            let made =
                own.and_then(|o| self.change(&o.document, o.in_force)).filter(|&i| self.changes[i].day.is_some());
            if let Some(i) = made {
                out.insert(unit.id.clone(), period(i));
            }
        });
        out
    }
}

/// The time that begins with a change.
fn period(change: usize) -> String {
    format!("tmpg_{}", change + 2)
}

/// Writes the whole `meta`.
pub(super) fn write(out: &mut String, law: &Law, options: &Options, history: &History, uri: &Uri) {
    out.push_str("<meta>\n");
    let issued = law.meta.issued.map_or_else(|| "0001-01-01".to_owned(), |d| d.to_string());
    identification(out, law, options, uri, &issued);
    lifecycle(out, history, &issued);
    let commands = crate::amend::read_law(law).commands;
    let active = active(law, &commands, uri);
    if !active.is_empty() || !history.changes.is_empty() {
        out.push_str("<analysis source=\"#vpqh\">\n");
        if !active.is_empty() {
            let _ = writeln!(out, "<activeModifications>\n{active}</activeModifications>");
        }
        if !history.changes.is_empty() {
            let _ = writeln!(out, "<passiveModifications>\n{}</passiveModifications>", passive(options, history, uri));
        }
        out.push_str("</analysis>\n");
    }
    times(out, history);
    references(out, law, &commands, history, uri);
    out.push_str("</meta>\n");
}

fn identification(out: &mut String, law: &Law, options: &Options, uri: &Uri, issued: &str) {
    let day = options.as_of.or(law.meta.issued);
    let as_of = day.map_or_else(|| issued.to_owned(), |d| d.to_string());
    let (work, expression) = (uri.work(), uri.expression(day));
    let number = escape(law.meta.number.as_deref().unwrap_or("không số"));
    let author = if options.kind == Kind::Bill { "#vpqh" } else { "#quochoi" };
    let _ = write!(
        out,
        "<identification source=\"#vpqh\">\n\
<FRBRWork><FRBRthis value=\"{work}/!main\"/><FRBRuri value=\"{work}\"/><FRBRdate date=\"{issued}\" name=\"issued\"/><FRBRauthor href=\"{author}\"/><FRBRcountry value=\"vn\"/><FRBRnumber value=\"{number}\"/></FRBRWork>\n\
<FRBRExpression><FRBRthis value=\"{expression}/!main\"/><FRBRuri value=\"{expression}\"/><FRBRdate date=\"{as_of}\" name=\"version\"/><FRBRauthor href=\"#vpqh\"/><FRBRlanguage language=\"vie\"/></FRBRExpression>\n\
<FRBRManifestation><FRBRthis value=\"{expression}/!main.xml\"/><FRBRuri value=\"{expression}.akn\"/><FRBRdate date=\"{as_of}\" name=\"export\"/><FRBRauthor href=\"#vpqh\"/><FRBRformat value=\"application/akn+xml\"/></FRBRManifestation>\n\
</identification>\n"
    );
}

fn lifecycle(out: &mut String, history: &History, issued: &str) {
    out.push_str("<lifecycle source=\"#vpqh\">\n");
    let _ = writeln!(out, "<eventRef date=\"{issued}\" eId=\"evt_1\" source=\"#original\" type=\"generation\"/>");
    if let Some(day) = history.in_force {
        let _ = writeln!(
            out,
            "<eventRef date=\"{day}\" eId=\"evt_2\" source=\"#original\" type=\"generation\" refersTo=\"#inforce\"/>"
        );
    }
    for (i, change) in history.changes.iter().enumerate() {
        if let Some(day) = change.day {
            let _ = writeln!(
                out,
                "<eventRef date=\"{day}\" eId=\"{}\" source=\"#{}\" type=\"amendment\"/>",
                event(i),
                passive_ref(history, i)
            );
        }
    }
    out.push_str("</lifecycle>\n");
}

fn event(change: usize) -> String {
    format!("evt_{}", change + 3)
}

/// The reference to the document of a change: one for each document, however many days it has.
fn passive_ref(history: &History, change: usize) -> String {
    let number = &history.changes[change].number;
    let first = history.changes.iter().position(|c| c.number == *number).unwrap_or(change);
    format!("rp_{}", first + 1)
}

fn times(out: &mut String, history: &History) {
    let dated = history.changes.iter().any(|c| c.day.is_some());
    if history.in_force.is_none() && !dated {
        return;
    }
    out.push_str("<temporalData source=\"#vpqh\">\n");
    let mut group = |id: &str, event: &str| {
        let _ = writeln!(
            out,
            "<temporalGroup eId=\"{id}\"><timeInterval start=\"#{event}\" refersTo=\"#inforce\"/></temporalGroup>"
        );
    };
    if history.in_force.is_some() {
        group("tmpg_1", "evt_2");
    }
    for (i, _) in history.changes.iter().enumerate().filter(|(_, c)| c.day.is_some()) {
        group(&period(i), &event(i));
    }
    out.push_str("</temporalData>\n");
}

fn references(out: &mut String, law: &Law, commands: &[Command], history: &History, uri: &Uri) {
    out.push_str("<references source=\"#vpqh\">\n");
    let name = escape(&law.meta.name());
    let _ = writeln!(out, "<original eId=\"original\" href=\"{}/!main\" showAs=\"{name}\"/>", uri.work());
    for (i, change) in history.changes.iter().enumerate() {
        let id = passive_ref(history, i);
        if id == format!("rp_{}", i + 1) {
            let (href, name) = (amending(change, uri), escape(&change.name));
            let _ = writeln!(out, "<passiveRef eId=\"{id}\" href=\"{href}/!main\" showAs=\"{name}\"/>");
        }
    }
    for (i, target) in targets(commands).into_iter().enumerate() {
        if let Some(cited) = Uri::of_cited(target) {
            let (href, name) = (cited.work(), escape(&target.to_string()));
            let _ = writeln!(out, "<activeRef eId=\"ra_{}\" href=\"{href}/!main\" showAs=\"{name}\"/>", i + 1);
        }
    }
    out.push_str("<TLCOrganization eId=\"quochoi\" href=\"/akn/ontology/organization/vn/quoc-hoi\" showAs=\"Quốc hội\"/>\n<TLCOrganization eId=\"vpqh\" href=\"/akn/ontology/organization/vn/van-phong-quoc-hoi\" showAs=\"Văn phòng Quốc hội\"/>\n<TLCConcept eId=\"inforce\" href=\"/akn/ontology/concept/vn/hieu-luc\" showAs=\"Có hiệu lực\"/>\n</references>\n");
}

/// The work of an amending document, by its number; its kind stands at the start of its name.
fn amending(change: &Change, uri: &Uri) -> String {
    const KINDS: [&str; 4] = ["Bộ luật", "Pháp lệnh", "Nghị quyết", "Hiến pháp"];
    let kind = KINDS.iter().find(|k| change.name.starts_with(**k)).unwrap_or(&"Luật");
    let number = Some(change.number.clone()).filter(|n| !n.is_empty());
    let cited = DocRef { kind: (*kind).into(), name: String::new(), number, this: false };
    escape(&Uri::of_cited(&cited).map_or_else(|| uri.work(), |u| u.work()))
}

fn kind(command: &Command) -> &'static str {
    match command.action {
        Action::Insert { .. } | Action::PhraseBeside { .. } => "insertion",
        Action::Repeal => "repeal",
        Action::Replace { .. } | Action::Retitle { .. } | Action::Phrase { .. } => "substitution",
    }
}

fn destinations(out: &mut String, command: &Command, target: &Uri) {
    if command.addresses.is_empty() {
        let _ = write!(out, "<destination href=\"{}/!main\"/>", escape(&target.work()));
    }
    for address in &command.addresses {
        let _ = write!(out, "<destination href=\"{}\"/>", escape(&target.unit(address)));
    }
}

/// What was done to this text, by whom, from when.
fn passive(options: &Options, history: &History, uri: &Uri) -> String {
    let mut out = String::new();
    for (i, (source, command)) in options.consolidated.iter().flat_map(|c| &c.applied).enumerate() {
        let Some(change) = history.change(&source.number, command.from.or(source.in_force)) else { continue };
        let from = amending(&history.changes[change], uri);
        let _ = write!(
            out,
            "<textualMod eId=\"pmod_{}\" type=\"{}\"><source href=\"{from}/!main\"/>",
            i + 1,
            kind(command)
        );
        destinations(&mut out, command, uri);
        if history.changes[change].day.is_some() {
            let _ = write!(out, "<force period=\"#{}\"/>", period(change));
        }
        out.push_str("</textualMod>\n");
    }
    out
}

/// The documents that commands amend, each once, those with a number.
fn targets(commands: &[Command]) -> Vec<&DocRef> {
    let mut out: Vec<&DocRef> = Vec::new();
    for target in commands.iter().filter_map(|c| c.target.as_ref()) {
        if target.number.is_some() && !out.iter().any(|t| t.number == target.number) {
            out.push(target);
        }
    }
    out
}

/// What this text does to other laws. A law named without number has no URI; such commands are left out.
fn active(law: &Law, commands: &[Command], uri: &Uri) -> String {
    if commands.is_empty() {
        return String::new();
    }
    let by_address: HashMap<String, Text> =
        addresses(law).into_iter().map(|(id, address)| (address.to_string(), id)).collect();
    let mut mods: HashMap<Text, Vec<usize>> = HashMap::new();
    let mut count = 0;
    law.units.iter().for_each(|u| quotations(u, &mut count, &mut mods));
    let mut out = String::new();
    for (i, command) in commands.iter().enumerate() {
        let Some(target) = command.target.as_ref().and_then(Uri::of_cited) else { continue };
        let Some(unit) = by_address.get(&command.place.provision) else { continue };
        let quoted = mods.get(unit).map_or(&[][..], Vec::as_slice);
        let source = quoted.first().map_or_else(|| unit.to_string(), |n| mod_id(unit, *n));
        let (main, kind) = (uri.work(), kind(command));
        let _ =
            write!(out, "<textualMod eId=\"amod_{}\" type=\"{kind}\"><source href=\"{main}/!main~{source}\"/>", i + 1);
        destinations(&mut out, command, &target);
        if kind != "repeal" {
            for n in quoted {
                let _ = write!(out, "<new href=\"{main}/!main~{}__qstr_1\"/>", mod_id(unit, *n));
            }
        }
        out.push_str("</textualMod>\n");
    }
    out
}

/// The numbers of the quotations that each unit holds, counted as the writer of the body counts them.
fn quotations(unit: &Unit, count: &mut usize, out: &mut HashMap<Text, Vec<usize>>) {
    let own = |blocks: &[Block], count: &mut usize, out: &mut HashMap<Text, Vec<usize>>| {
        for _ in blocks.iter().filter(|b| matches!(b, Block::Quoted(_))) {
            *count += 1;
            out.entry(unit.id.clone()).or_default().push(*count);
        }
    };
    own(&unit.lead, count, out);
    unit.children.iter().for_each(|c| quotations(c, count, out));
    own(&unit.tail, count, out);
}
