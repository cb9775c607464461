//! Rows of single articles, as codifications exchange them: one article, its base text, the provisions that amend it.

use crate::address::Address;
use crate::amend::{Commands, read_provision};
use crate::apply::{Source, apply};
use crate::cite::DocRef;
use crate::command::{Action, Command, Flag, Place, Reason};
use crate::label::{Label, Level};
use crate::marker::marker;
use crate::model::{Law, Meta, Unit};
use crate::parse::parse_article;
use crate::text::{essence, normalise_line};
use serde::{Deserialize, Serialize};

/// An article and what amends it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Row {
    /// Number of the law.
    #[serde(deserialize_with = "written")]
    pub law: String,
    /// Number of the article, as text or as a number.
    #[serde(deserialize_with = "written")]
    pub art: String,
    /// Heading before.
    #[serde(default)]
    pub base_title: Option<String>,
    /// Text below the heading, before.
    #[serde(default)]
    pub base: Option<String>,
    /// The amending provisions, in their order.
    #[serde(default, deserialize_with = "listed")]
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
    #[serde(deserialize_with = "written")]
    pub law: String,
    /// The article.
    #[serde(default, deserialize_with = "written")]
    pub art: String,
    /// Its heading.
    #[serde(default)]
    pub title: Option<String>,
    /// Its text.
    #[serde(default, deserialize_with = "written")]
    pub text: String,
}

/// A text; a number counts as its digits, null as no text.
fn written<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    use serde::de::Error as _;
    use serde_json::Value;
    match Value::deserialize(from)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null => Ok(String::new()),
        other => Err(D::Error::custom(format!("a text is needed, not {other}"))),
    }
}

/// A list; null counts as an empty one.
fn listed<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Provision>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl Row {
    /// The number of its article, when it is one.
    pub fn label(&self) -> Option<Label> {
        let art = self.art.trim().trim_start_matches("Điều ");
        Label::parse(art, false).filter(|l| l.value() > 0)
    }
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
    text.replace(['*', '\\'], "")
}

/// Folds the amending provisions of a row into its article, knowing nothing but the row.
pub fn consolidate_row(row: &Row) -> Outcome {
    consolidate_row_in(row, &[])
}

/// As [`consolidate_row`], with whole laws at hand: their chapters tell what a command on a chapter means for the article.
pub fn consolidate_row_in(row: &Row, laws: &[Law]) -> Outcome {
    let label = label(&row.art);
    let (mut law, _) = article_law(&label, row.base_title.as_deref().unwrap_or(""), row.base.as_deref());
    law.meta = Meta { number: Some(row.law.clone()), ..Meta::default() };
    let notes = row.prov.as_deref().map(read_note).unwrap_or_default();
    let mut flags: Vec<Flag> = Vec::new();
    let mut done = 0;
    for provision in &row.amending_texts {
        let read = provision_commands(provision);
        let known = Known {
            whole_repealed: notes.repealed_by(provision),
            law: laws.iter().find(|l| l.meta.number.as_deref().is_some_and(|n| essence(n) == essence(&row.law))),
        };
        let (commands, mine) = for_article(read, row, &label, &known);
        flags.extend(mine);
        let source =
            Source { number: provision.law.clone(), name: format!("Luật số {}", provision.law), in_force: None };
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

/// What is known of an article beside its row.
struct Known<'a> {
    /// The codification notes that the provision repealed the whole article.
    whole_repealed: bool,
    /// The whole law.
    law: Option<&'a Law>,
}

impl Known<'_> {
    /// Whether a part of the law holds the article; `None` when the law is not known.
    fn holds(&self, part: &Address, article: &Label) -> Option<bool> {
        let part = part.find(self.law?).ok()?;
        let mut found = false;
        part.visit(&mut |u| found |= u.level == Level::Article && u.label == *article);
        Some(found)
    }
    /// Whether the part's heading is the topic.
    fn is_about(&self, part: &Address, topic: &str) -> bool {
        let heading = self.law.and_then(|law| part.find(law).ok()).map(Unit::title);
        heading.is_some_and(|h| essence(&h).to_lowercase() == essence(topic).to_lowercase())
    }
}

/// The commands and flags that concern the row's article.
fn for_article(read: Commands, row: &Row, label: &Label, known: &Known) -> (Vec<Command>, Vec<Flag>) {
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
            let held = known.holds(&part, label);
            if command.action == Action::Repeal && (known.whole_repealed || held == Some(true)) {
                commands.push(repeal(&here, &command.place, command.target.clone()));
            } else if held != Some(false) && !matches!(command.action, Action::Retitle { .. } | Action::Insert { .. }) {
                flags.push(to_flag(&command, Reason::UnknownExtent { address: part.to_string() }));
            }
        }
        if let Action::Replace { new } = &mut command.action {
            let keep: Vec<bool> = command.addresses.iter().map(in_article).collect();
            let mut keep = keep.iter();
            new.retain(|_| keep.next().copied().unwrap_or(true));
        }
        command.addresses.retain(in_article);
        let inserts_article =
            matches!(&command.action, Action::Insert { new, .. } if new.iter().any(|u| u.level <= Level::Article));
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
        let Reason::Topic { topic } = &flag.reason else {
            flags.extend(concerned.then_some(flag));
            continue;
        };
        let mut parts = flag.addresses.iter().filter(|a| above(a));
        if concerned
            && (known.whole_repealed || parts.any(|p| known.holds(p, label) == Some(true) && known.is_about(p, topic)))
        {
            commands.push(repeal(&here, &flag.place, flag.target.clone()));
        } else if concerned && !flag.addresses.iter().all(|p| known.holds(p, label) == Some(false)) {
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
    let lines: Vec<String> =
        crate::text::lines(&official_text).filter(|l| !l.is_empty()).map(|l| l.into_owned()).collect();
    let theirs: std::collections::HashSet<String> = lines.iter().map(|l| essence(l)).collect();
    let first =
        ours.lines().find(|l| !theirs.contains(&essence(l))).or(lines.first().map(String::as_str)).unwrap_or("");
    Some(Reason::OfficialDiffers { first: first.chars().take(100).collect() })
}

/// The answer to a row whose official result is the target of a proposal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposed {
    /// Number of the law.
    pub law: String,
    /// Number of the article.
    pub art: String,
    /// The amending text; empty when nothing changes or nothing could be proposed.
    pub amending_text: String,
    /// Whether the amending text, read back and applied to the base, gives the target.
    pub roundtrip: bool,
    /// The text below the heading that applying it gives.
    pub text: String,
}

/// Writes the amending text that makes a row's official result of its base.
///
/// A result without text is a repealed article; a row without base is an article to be added.
pub fn propose_row(row: &Row) -> Proposed {
    let label = label(&row.art);
    let base_given = row.base.as_deref().is_some_and(|t| !t.trim().is_empty());
    let target_given = row.consolidated.as_deref().is_some_and(|t| !t.trim().is_empty());
    let base_title = row.base_title.clone().unwrap_or_default();
    let title = row.title.clone().filter(|t| !t.trim().is_empty()).unwrap_or_else(|| base_title.clone());
    let (mut base, _) = article_law(&label, &base_title, row.base.as_deref());
    let settled = row.consolidated.as_deref().map(|t| spaced_as(row.base.as_deref().unwrap_or(""), t));
    let title = spaced_as(&base_title, &title);
    let (mut target, after) = article_law(&label, &title, settled.as_deref());
    match (base_given, target_given) {
        (true, false) => {
            target.units = base.units.clone();
            target.units.iter_mut().for_each(Unit::repeal);
        }
        (false, true) => base.units.clear(),
        _ => {}
    }
    let name = format!("Luật số {}", row.law);
    let (amending_text, result) =
        crate::propose::propose_article(&name, &base, &target).unwrap_or((String::new(), base));
    let mut text = result.units.iter().map(text_below).collect::<Vec<_>>().join("\n");
    let roundtrip = result.text() == target.text();
    if !after.is_empty() {
        text = format!("{text}\n{after}");
    }
    Proposed { law: row.law.clone(), art: row.art.clone(), amending_text, roundtrip, text }
}

/// The text with the spacing of the base in lines that differ from it in nothing but blanks: no amendment is made for
/// a blank that a publisher left out.
fn spaced_as(base: &str, text: &str) -> String {
    let tight = |line: &str| line.split_whitespace().collect::<String>();
    let (base, text) = (without_emphasis(base), unglued(&without_emphasis(text)));
    let known: std::collections::HashMap<String, String> =
        crate::text::lines(&base).map(|l| (tight(&l), l.into_owned())).collect();
    let line = |l: std::borrow::Cow<'_, str>| known.get(&tight(&l)).cloned().unwrap_or_else(|| l.into_owned());
    crate::text::lines(&text).map(line).collect::<Vec<_>>().join("\n")
}

/// Text dumps run the heading of the next chapter into an article's last line (`… điều phối.Chương III`): parts it.
fn unglued(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for line in text.split('\n') {
        let glued = ["Chương ", "CHƯƠNG ", "Mục ", "MỤC ", "Phần thứ "].iter().find_map(|word| {
            let at = line.rfind(word).filter(|&at| at > 0)?;
            let tight = line[..at].ends_with(['.', ')', ';']);
            let heading = marker(&normalise_line(&line[at..])).is_some_and(|m| m.level.is_container());
            (tight && heading).then_some(at)
        });
        match glued {
            Some(at) => {
                out.push_str(&line[..at]);
                out.push('\n');
                out.push_str(&line[at..]);
            }
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

fn text_below(unit: &Unit) -> String {
    if unit.repealed { String::new() } else { unit.body_text() }
}

/// The article of a row, and what a text dump has after it: the heading of the next chapter, notes. That is no part of
/// the article and no amendment touches it.
fn article_law(label: &Label, title: &str, text: Option<&str>) -> (Law, String) {
    let body = unglued(&without_emphasis(text.unwrap_or("")));
    let mut law = parse_article(label.clone(), &without_emphasis(title), &body).law;
    let after: Vec<String> = law.units.drain(1..).map(|u| u.text()).collect();
    (law, after.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(art: &str, base: &str, amending: &str) -> Row {
        let provision = Provision { law: "9/2033/QH20".into(), art: "50".into(), title: None, text: amending.into() };
        Row {
            law: "2/2030/QH20".into(),
            art: art.into(),
            base_title: Some("Vườn".into()),
            base: Some(base.into()),
            amending_texts: vec![provision],
            ..Row::default()
        }
    }

    #[test]
    fn only_commands_on_the_article_of_the_law_are_carried_out() {
        let amending = "1. Thay thế cụm từ “ao” bằng cụm từ “hồ” tại Điều 3 và Điều 4 của Luật Ao số 2/2030/QH20.\n2. Bãi bỏ Điều 3 của Luật Hồ số 3/2030/QH20.";
        let got = consolidate_row(&row("3", "1. Có ao.\n2. Có cá.", amending));
        assert_eq!((got.status, got.text.as_str()), (Status::Applied, "1. Có hồ.\n2. Có cá."));
        assert_eq!(consolidate_row(&row("5", "Có ao.", amending)).status, Status::Untouched);
        let got = consolidate_row(&row("4", "Có cá.", amending));
        assert_eq!((got.status, got.text.as_str()), (Status::Flagged, "Có cá."));
    }

    #[test]
    fn a_repealed_chapter_concerns_an_article_when_the_law_or_a_note_tells_so() {
        let amending = "Những quy định về cá tại Chương II của Luật Ao số 2/2030/QH20 hết hiệu lực kể từ ngày Luật này có hiệu lực.";
        let alone = row("2", "Nuôi cá.", amending);
        assert_eq!(consolidate_row(&alone).status, Status::Flagged);
        let law = crate::parse::parse(
            "Luật số: 2/2030/QH20\nLUẬT\nAO\nChương I\nCHUNG\nĐiều 1. Ao\nA.\nChương II\nCÁ\nĐiều 2. Ao\nNuôi cá.",
        )
        .law;
        let got = consolidate_row_in(&alone, std::slice::from_ref(&law));
        assert_eq!((got.status, got.title.as_str(), got.text.as_str()), (Status::Applied, "(được bãi bỏ)", ""));
        assert_eq!(consolidate_row_in(&row("1", "A.", amending), &[law]).status, Status::Untouched);
        let noted = Row {
            prov: Some("Điều 2 Luật số 2/2030/QH20, bị bãi bỏ bởi Điều 50 Luật số 9/2033/QH20 có hiệu lực".into()),
            ..alone
        };
        assert_eq!(consolidate_row(&noted).status, Status::Applied);
    }

    #[test]
    fn a_note_of_an_amending_document_that_is_not_given_flags_the_row() {
        let mut row = row("3", "Có ao.", "Bãi bỏ Điều 9 của Luật Ao số 2/2030/QH20.");
        row.prov = Some("Điều 3 …, có nội dung được sửa đổi bởi Điều 50 Luật số 9/2033/QH20; Điều 1 Luật số 7/2034/QH20 có hiệu lực".into());
        let got = consolidate_row(&row);
        assert_eq!(got.reasons, ["thiếu văn bản sửa đổi: 7/2034/QH20"]);
    }
}
