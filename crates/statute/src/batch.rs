//! Rows of single articles, as codifications exchange them: one article, its base text, the provisions that amend it.

use crate::address::Address;
use crate::amend::{Commands, read_provision};
use crate::apply::{Source, apply};
use crate::cite::DocRef;
use crate::command::{Action, Command, Flag, Place, Reason};
use crate::label::{Label, Level};
use crate::model::{Law, Meta, REPEALED, Unit};
use crate::parse::parse_article;
use crate::text::essence;
use serde::{Deserialize, Serialize};

/// An article and what amends it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Row {
    /// Number of the law.
    pub law: String,
    /// Number of the article.
    pub art: String,
    /// Heading before.
    #[serde(default)]
    pub base_title: Option<String>,
    /// Text below the heading, before.
    #[serde(default)]
    pub base: Option<String>,
    /// The amending provisions, in their order.
    #[serde(default)]
    pub amending_texts: Vec<Provision>,
    /// What the codification notes on the article's status: by which provisions it was amended.
    #[serde(default)]
    pub prov: Option<String>,
    /// The heading of the official result, when known.
    #[serde(default)]
    pub title: Option<String>,
    /// The official result, when known.
    #[serde(default)]
    pub consolidated: Option<String>,
}

/// One article of an amending law.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Provision {
    /// Number of the amending law.
    pub law: String,
    /// The article.
    #[serde(default)]
    pub art: String,
    /// Its heading.
    #[serde(default)]
    pub title: Option<String>,
    /// Its text.
    #[serde(default)]
    pub text: String,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All commands on the article were carried out.
    Applied,
    /// Something is left to a person; the text holds what could be carried out.
    Flagged,
    /// Nothing commands the article.
    Untouched,
}

/// The answer to a [`Row`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Number of the law.
    pub law: String,
    /// Number of the article.
    pub art: String,
    /// What became of it.
    pub status: Status,
    /// The heading after.
    pub title: String,
    /// The text below the heading, after.
    pub text: String,
    /// Why it is flagged.
    pub reasons: Vec<String>,
}

/// The number of an article in a row.
fn label(art: &str) -> Label {
    let art = art.trim().trim_start_matches("Điều ");
    Label::parse(art, false).unwrap_or_else(|| Label::number(0))
}

/// Takes away the emphasis marks (`*`, `**`) with which text dumps keep italics and bold.
pub fn without_emphasis(text: &str) -> String {
    text.replace('*', "").replace('\\', "")
}

/// Folds the amending provisions of a row into its article.
pub fn consolidate_row(row: &Row) -> Outcome {
    let label = label(&row.art);
    let base = without_emphasis(row.base.as_deref().unwrap_or(""));
    let mut law = parse_article(label.clone(), row.base_title.as_deref().unwrap_or(""), &base).law;
    law.units.truncate(1);
    law.meta = Meta { number: Some(row.law.clone()), ..Meta::default() };
    let notes = row.prov.as_deref().map(read_note).unwrap_or_default();
    let mut flags: Vec<Flag> = Vec::new();
    let mut done = 0;
    for provision in &row.amending_texts {
        let read = provision_commands(provision);
        let (commands, mine) = for_article(read, row, &label, notes.repealed_by(provision));
        flags.extend(mine);
        let source = Source { number: provision.law.clone(), name: format!("Luật số {}", provision.law), in_force: None };
        for command in commands {
            match apply(&mut law, &command, &source) {
                Ok(()) => done += 1,
                Err(flag) => flags.push(*flag),
            }
        }
    }
    let article = law.units.first().cloned().unwrap_or_else(|| Unit::new(Level::Article, label));
    let mut reasons: Vec<String> = flags.iter().map(ToString::to_string).collect();
    for number in notes.missing(row) {
        reasons.push(Reason::MissingDocument { document: number }.to_string());
    }
    reasons.extend(official_differs(row, &article).map(|r| r.to_string()));
    reasons.dedup();
    let status = match (reasons.is_empty(), done) {
        (false, _) => Status::Flagged,
        (true, 0) => Status::Untouched,
        _ => Status::Applied,
    };
    let text = if article.repealed { String::new() } else { article.body_text() };
    Outcome { law: row.law.clone(), art: row.art.clone(), status, title: article.title(), text, reasons }
}

/// What one amending provision commands.
fn provision_commands(provision: &Provision) -> Commands {
    let parsed = parse_article(label(&provision.art), provision.title.as_deref().unwrap_or(""), &provision.text).law;
    parsed.units.first().map(read_provision).unwrap_or_default()
}

/// The commands and flags that concern the row's article.
fn for_article(read: Commands, row: &Row, label: &Label, whole_repealed: bool) -> (Vec<Command>, Vec<Flag>) {
    let here = Address::article(label.clone());
    let of_law = |target: &Option<DocRef>| target.as_ref().and_then(|t| t.matches(Some(&row.law), None));
    let in_article = |a: &Address| a.at(Level::Article) == Some(label);
    let above = |a: &Address| a.at(Level::Article).is_none() && a.level().is_some_and(Level::is_container);
    let (mut commands, mut flags) = (Vec::new(), Vec::new());
    for mut command in read.commands {
        match of_law(&command.target) {
            Some(false) => continue,
            Some(true) => {}
            None if command.addresses.iter().any(in_article) => {
                let words = command.target.as_ref().map_or_else(|| command.place.text.clone(), ToString::to_string);
                flags.push(to_flag(&command, Reason::WhichLaw { words }));
                continue;
            }
            None => continue,
        }
        if let Some(part) = command.addresses.iter().find(|a| above(a)).cloned() {
            // The row knows no chapters. The codification's note on the article's status may tell.
            if command.action == Action::Repeal && whole_repealed {
                commands.push(repeal(&here, &command.place, command.target.clone()));
            } else if !matches!(command.action, Action::Retitle { .. } | Action::Insert { .. }) {
                flags.push(to_flag(&command, Reason::UnknownExtent { address: part.to_string() }));
            }
        }
        if let Action::Replace { new } = &mut command.action {
            let keep: Vec<bool> = command.addresses.iter().map(in_article).collect();
            let mut keep = keep.iter();
            new.retain(|_| keep.next().copied().unwrap_or(true));
        }
        command.addresses.retain(in_article);
        let inserts_article = matches!(&command.action, Action::Insert { new, .. } if new.iter().any(|u| u.level <= Level::Article));
        if !command.addresses.is_empty() && !inserts_article {
            commands.push(command);
        }
    }
    for flag in read.flags {
        let named = flag.addresses.iter().any(|a| in_article(a) || above(a));
        let concerned = match of_law(&flag.target) {
            Some(true) => named || flag.addresses.is_empty(),
            Some(false) => false,
            None => flag.addresses.iter().any(in_article),
        };
        if concerned && whole_repealed && matches!(flag.reason, Reason::Topic { .. }) {
            commands.push(repeal(&here, &flag.place, flag.target.clone()));
        } else if concerned {
            flags.push(flag);
        }
    }
    (commands, flags)
}

fn repeal(here: &Address, place: &Place, target: Option<DocRef>) -> Command {
    Command { target, addresses: vec![here.clone()], action: Action::Repeal, place: place.clone(), from: None }
}

fn to_flag(command: &Command, reason: Reason) -> Flag {
    Flag { reason, place: command.place.clone(), target: command.target.clone(), addresses: command.addresses.clone() }
}

/// What a codification notes: `… bị bãi bỏ bởi Điều 35 Luật số 42/2013/QH13 có hiệu lực …; Điều 2 Luật số …`.
#[derive(Default)]
struct Note {
    /// Numbers of the documents that amended the article.
    documents: Vec<String>,
    /// The whole article is noted as repealed.
    whole_repealed: bool,
}

fn read_note(note: &str) -> Note {
    let Some(at) = note.find(" bởi ") else { return Note::default() };
    let (before, after) = note.split_at(at);
    let documents = after
        .match_indices("số ")
        .filter_map(|(i, s)| after[i + s.len()..].split([' ', ',', ';']).next())
        .filter(|number| number.contains('/'))
        .map(str::to_owned)
        .collect();
    let whole_repealed = before.contains(", bị bãi bỏ") && !before.contains("có nội dung");
    Note { documents, whole_repealed }
}

impl Note {
    fn repealed_by(&self, provision: &Provision) -> bool {
        self.whole_repealed && self.documents.iter().any(|d| essence(d) == essence(&provision.law))
    }
    /// Amending documents whose text is not in the row.
    fn missing(&self, row: &Row) -> Vec<String> {
        let given = |d: &String| row.amending_texts.iter().any(|p| essence(&p.law) == essence(d));
        self.documents.iter().filter(|d| !given(d)).cloned().collect()
    }
}

/// Where the official result in the row, when there is one, reads otherwise.
fn official_differs(row: &Row, article: &Unit) -> Option<Reason> {
    let official = row.consolidated.as_deref()?;
    let official_text = without_emphasis(official);
    let ours = if article.repealed { String::new() } else { article.body_text() };
    if row.amending_texts.is_empty() || essence(&official_text) == essence(&ours) {
        return None;
    }
    let lines: Vec<String> = crate::text::lines(&official_text).filter(|l| !l.is_empty()).map(|l| l.into_owned()).collect();
    let theirs: std::collections::HashSet<String> = lines.iter().map(|l| essence(l)).collect();
    let first = ours.lines().find(|l| !theirs.contains(&essence(l))).or(lines.first().map(String::as_str)).unwrap_or("");
    Some(Reason::OfficialDiffers { first: first.chars().take(100).collect() })
}

/// The article of a law that a row holds after an amendment: its heading and text.
pub(crate) fn article_law(art: &str, title: &str, text: Option<&str>) -> Law {
    let body = without_emphasis(text.unwrap_or(""));
    let title = without_emphasis(title);
    let mut law = parse_article(label(art), &title, &body).law;
    if text.is_none() && title.trim() != REPEALED && let Some(unit) = law.units.first_mut() {
        unit.repealed = false;
    }
    law
}
