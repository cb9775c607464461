//! What each command writes.

use super::{Desk, Edition, Ending, Form, Sheet, Stop};
use crate::check::{Finding, check, check_change};
use crate::compare::Table;
use crate::consolidate::{Consolidated, Enactment};
use crate::model::Law;
use crate::official::{Authentication, Official};
use crate::propose::{Wish, number_with_references, propose};
use crate::refs::{Reference, across, references};
use crate::source::Document;
use kernel::time::Day;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A law that was read, in a form; JSON also holds what was odd.
pub(super) fn parsed(desk: &mut Desk, file: &Path, read: Document, to: Form) -> Result<Ending, Stop> {
    let file = file.display();
    if to == Form::Json {
        let (law, oddities) = (&read.parsed.law, &read.parsed.oddities);
        let line = json!({
            "file": file.to_string(), "format": read.format, "numbered_by_word": read.numbered_by_word,
            "oddities": oddities, "law": law,
        });
        writeln!(desk.out, "{line}")?;
        return Ok(Ending::Done);
    }
    if read.numbered_by_word > 0 {
        let n = read.numbered_by_word;
        writeln!(desk.notes, "{file}: {n} paragraphs are numbered by Word itself: write their numbers as text")?;
    }
    if !read.parsed.oddities.is_empty() {
        let n = read.parsed.oddities.len();
        writeln!(desk.notes, "{file}: {n} oddities; `law check` lists them")?;
    }
    law(desk, &read.parsed.law, to, &crate::akn::Options::default())?;
    Ok(Ending::Done)
}

fn law(desk: &mut Desk, law: &Law, to: Form, options: &crate::akn::Options) -> Result<(), Stop> {
    match to {
        Form::Akn => write!(desk.out, "{}", crate::akn::write(law, options))?,
        Form::Outline => write!(desk.out, "{}", law.outline())?,
        Form::Text => writeln!(desk.out, "{}", law.text())?,
        Form::Json => writeln!(desk.out, "{}", json!(law))?,
        Form::Commands => commands(desk, law)?,
    }
    Ok(())
}

/// What a law commands; addresses and documents in words beside the data.
fn commands(desk: &mut Desk, law: &Law) -> Result<(), Stop> {
    let read = crate::amend::read_law(law);
    let words = |addresses: &[crate::address::Address]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>();
    let document = |target: &Option<crate::cite::DocRef>| target.as_ref().map(ToString::to_string);
    for command in &read.commands {
        let mut line = json!(command);
        line["units"] = json!(words(&command.addresses));
        line["document"] = json!(document(&command.target));
        writeln!(desk.out, "{line}")?;
    }
    for flag in &read.flags {
        let mut line = json!(flag);
        line["units"] = json!(words(&flag.addresses));
        line["document"] = json!(document(&flag.target));
        line["flagged"] = json!(flag.reason.to_string());
        writeln!(desk.out, "{line}")?;
    }
    Ok(())
}

/// What is odd in a law: numbering by line, findings by unit.
pub(super) fn checked(
    desk: &mut Desk,
    file: &Path,
    read: Document,
    before: Option<&Law>,
    as_json: bool,
) -> Result<Ending, Stop> {
    let file = file.display().to_string();
    let law = &read.parsed.law;
    let mut findings: Vec<Finding> = check(law);
    findings.extend(before.into_iter().flat_map(|before| check_change(before, law)));
    let names = crate::address::addresses(law);
    for oddity in &read.parsed.oddities {
        match as_json {
            true => {
                let mut line = json!(oddity);
                line["file"] = json!(file);
                writeln!(desk.out, "{line}")?;
            }
            false => writeln!(desk.out, "{file}:{}: {}", oddity.line, oddity.note)?,
        }
    }
    for finding in &findings {
        let address = names.get(finding.unit()).map_or_else(String::new, ToString::to_string);
        match as_json {
            true => {
                let mut line = json!(finding);
                line["file"] = json!(file);
                line["address"] = json!(address);
                line["note"] = json!(finding.to_string());
                writeln!(desk.out, "{line}")?;
            }
            false => writeln!(desk.out, "{file}: {address}: {finding}")?,
        }
    }
    let clean = read.parsed.oddities.is_empty() && findings.is_empty();
    Ok(if clean { Ending::Done } else { Ending::Failed })
}

/// The references of each law, resolved in all of them.
fn references_of(laws: &[Law]) -> Vec<Vec<Reference>> {
    laws.iter()
        .map(|law| {
            let mut found = references(law);
            across(&mut found, laws);
            found
        })
        .collect()
}

/// All references of the laws, or those to one unit of the first.
pub(super) fn references_to(
    desk: &mut Desk,
    files: &[PathBuf],
    laws: &[Law],
    cited: Option<&str>,
    as_json: bool,
) -> Result<Ending, Stop> {
    let wanted = match cited {
        Some(words) => Some(unit(&laws[0], words)?),
        None => None,
    };
    for (i, found) in references_of(laws).into_iter().enumerate() {
        let names = crate::address::addresses(&laws[i]);
        for reference in found {
            let leads = |w: &Vec<crate::text::Text>| {
                let here = match &reference.document {
                    None => i == 0,
                    Some(d) => d.matches(laws[0].meta.number.as_deref(), laws[0].meta.title.as_deref()) == Some(true),
                };
                here && reference.units.iter().any(|c| c.unit.as_ref().is_some_and(|id| w.contains(id)))
            };
            if !wanted.as_ref().is_none_or(leads) {
                continue;
            }
            let address = names.get(&reference.from).map_or_else(String::new, ToString::to_string);
            if as_json {
                let mut line = json!(reference);
                line["file"] = json!(files[i].display().to_string());
                line["address"] = json!(address);
                line["resolved"] = json!(reference.units.iter().all(|c| c.unit.is_some()));
                writeln!(desk.out, "{line}")?;
            } else {
                let to: Vec<&str> = reference.units.iter().map(|c| c.unit.as_deref().unwrap_or("?")).collect();
                let of = reference.document.as_ref().map_or_else(String::new, |d| format!(" [{d}]"));
                let file = files[i].display();
                writeln!(desk.out, "{file}: {address}: “{}” → {}{of}", reference.words, to.join(" "))?;
            }
        }
    }
    Ok(Ending::Done)
}

/// The ids of the unit that the words name and of all in it.
fn unit(law: &Law, words: &str) -> Result<Vec<crate::text::Text>, Stop> {
    let told = |why: String| Stop::Told(format!("--cited {words:?}: {why}"));
    let mut found = Vec::new();
    law.visit(&mut |u| {
        if *u.id == *words {
            u.visit(&mut |inner| found.push(inner.id.clone()));
        }
    });
    if !found.is_empty() {
        return Ok(found);
    }
    let cited = crate::cite::read_list(words).map(|(list, _)| list);
    let address = match cited.as_deref() {
        Some([one]) => one.resolve(&crate::address::Address::default()),
        _ => None,
    };
    let address = address.ok_or_else(|| told("write one unit, as “khoản 2 Điều 5” or art_5__para_2".into()))?;
    let unit = address.find(law).map_err(|lost| told(lost.to_string()))?;
    unit.visit(&mut |inner| found.push(inner.id.clone()));
    Ok(found)
}

pub(super) fn difference(
    desk: &mut Desk,
    titles: &[String],
    laws: &[Law],
    explained: Option<&str>,
    to: Sheet,
    all: bool,
) -> Result<Ending, Stop> {
    let columns: Vec<(&str, &Law)> = titles.iter().map(String::as_str).zip(laws).collect();
    let explained = explained.map(explanations).transpose()?;
    let table = Table::of(&columns, explained.as_ref(), all);
    let title = format!("So sánh: {}", laws.first().map_or_else(String::new, |l| l.meta.name()));
    match to {
        Sheet::Text => write!(desk.out, "{}", table.text())?,
        Sheet::Html => write!(desk.out, "{}", table.html(&title))?,
        Sheet::Docx => desk.out.write_all(&table.docx(&title))?,
        Sheet::Paper => writeln!(desk.out, "{}", table.paper(&title))?,
        Sheet::Json => {
            let answer = json!({ "columns": table.titles, "changed": table.changed(), "rows": table.rows });
            writeln!(desk.out, "{answer}")?;
        }
    }
    Ok(Ending::Done)
}

/// Lines `unit<TAB>words`.
fn explanations(text: &str) -> Result<BTreeMap<String, String>, Stop> {
    let mut out = BTreeMap::new();
    for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let (unit, words) = line.split_once('\t').ok_or_else(|| {
            Stop::Told(format!("explanations, line {}: no tab between the unit and the words", i + 1))
        })?;
        out.insert(crate::text::normalise_line(unit).into_owned(), crate::text::normalise_line(words).into_owned());
    }
    Ok(out)
}

/// What the fold left to a person, in the notes.
fn flags(desk: &mut Desk, got: &Consolidated) -> Result<Ending, Stop> {
    for (source, flag) in &got.flags {
        writeln!(desk.notes, "{}: {flag}", source.name)?;
    }
    Ok(if got.flags.is_empty() { Ending::Done } else { Ending::Failed })
}

pub(super) fn at(
    desk: &mut Desk,
    base: &Law,
    enactments: &[Enactment],
    got: &Consolidated,
    day: Day,
    to: Form,
) -> Result<Ending, Stop> {
    if base.meta.in_force.is_some_and(|from| day < from) {
        writeln!(desk.notes, "{}: not yet in force on {day}", base.meta.name())?;
    }
    match to {
        Form::Json => writeln!(desk.out, "{}", json!(crate::page::law_page(base, enactments, day)))?,
        to => {
            let options =
                crate::akn::Options { as_of: Some(day), consolidated: Some(got), ..crate::akn::Options::default() };
            law(desk, &got.law, to, &options)?;
        }
    }
    flags(desk, got)
}

pub(super) fn official(
    desk: &mut Desk,
    got: &Consolidated,
    amending: &[Law],
    day: Option<Day>,
    to: Edition,
) -> Result<Ending, Stop> {
    let text: Official = crate::official::official(got, amending);
    let by = Authentication::default();
    match to {
        Edition::Text => write!(desk.out, "{}", text.text())?,
        Edition::Json => writeln!(desk.out, "{}", json!(text))?,
        Edition::Docx => desk.out.write_all(&text.docx(&by))?,
        Edition::Paper => writeln!(desk.out, "{}", text.paper(&by))?,
        Edition::Akn => {
            let options = crate::akn::Options { as_of: day, consolidated: Some(got), ..crate::akn::Options::default() };
            law(desk, &got.law, Form::Akn, &options)?;
        }
    }
    flags(desk, got)
}

pub(super) fn proposal(
    desk: &mut Desk,
    base: &Law,
    mut target: Law,
    in_force: Option<Day>,
    renumber: bool,
) -> Result<Ending, Stop> {
    if renumber {
        let numbered = number_with_references(base, &target).map_err(|e| Stop::Told(e.to_string()))?;
        for kept in &numbered.kept {
            writeln!(desk.notes, "“{}” → “{}”", kept.before, kept.after)?;
        }
        for open in &numbered.open {
            writeln!(desk.notes, "{}: “{}” must be put right by a person", open.from, open.words)?;
        }
        target = numbered.law;
    }
    let made = propose(base, &target, &Wish { in_force }).map_err(|e| Stop::Told(e.to_string()))?;
    match made.text.is_empty() {
        true => writeln!(desk.notes, "nothing changes")?,
        false => writeln!(desk.out, "{}", made.text)?,
    }
    Ok(Ending::Done)
}
