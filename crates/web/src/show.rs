//! From what services answer to what pages show: words in the reader's language, names for ids, addresses.

use crate::{
    law::{Law, LawArticle, LawClause},
    pages::{case::Fact, sign::PaperView, step::CaseHead},
    view::{CaseRow, Choice, DocumentRow, Link, Told},
    viewer::Viewer,
};
use cases::{CaseSummary, CaseView, Entry};
use directory::{model::Names, titles};
use kernel::{Day, PersonId, Problem};
use procedure::{Field, Procedure, Text, model::FieldKind};
use records::{Content, Document, State, content::point_letter};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The words of a procedure in the reader's language.
pub fn pick(viewer: &Viewer, text: &Text) -> String {
    viewer.lang().pick(&text.vi, &text.en).to_owned()
}

/// A page number out of `from=`, given how many items a page holds.
pub fn page_of(from: i64, size: i64) -> u32 {
    u32::try_from(from / size.max(1) + 1).unwrap_or(1)
}

/// A case in a list.
pub fn case_row(viewer: &Viewer, case: &CaseSummary) -> CaseRow {
    let now = viewer.state.now();
    CaseRow {
        href: format!("/cases/{}", case.id),
        title: case.title.clone(),
        procedure: pick(viewer, &case.procedure_title),
        step: pick(viewer, &case.step_title),
        due: case.due,
        late: case.due.is_some_and(|due| due < now),
        grade: case.grade.level(),
        state: match (case.open, case.outcome.as_deref()) {
            (true, _) => "open",
            (false, Some("refused" | "withdrawn")) => "refused",
            (false, _) => "closed",
        },
        changed: Some(case.changed_at),
    }
}

/// The case above a page that works on it.
pub fn case_head(case: &CaseView) -> CaseHead {
    CaseHead {
        id: case.id.to_string(),
        title: case.state.title.clone(),
        grade: case.state.grade.level(),
        version: case.version,
    }
}

/// The name of a document's kind in a procedure.
pub fn kind_of(viewer: &Viewer, procedure: &Procedure, key: &str) -> String {
    match procedure.document(key) {
        Some(spec) => pick(viewer, &spec.title),
        // Papers that the program itself makes are in no procedure.
        None => viewer.say_if(&format!("document-{key}")).unwrap_or_else(|| key.to_owned()),
    }
}

/// The colour of the tag that says where a document stands.
pub fn colour(state: State) -> &'static str {
    match state {
        State::Draft => "yellow",
        State::Final | State::Signed => "blue",
        State::Issued | State::Published => "green",
        State::Withdrawn => "red",
    }
}

/// A document in a list. A file that was attached and is not signed here has no draft stage worth telling.
pub fn document_row(viewer: &Viewer, procedure: &Procedure, document: &Document, names: &Names) -> DocumentRow {
    let attached = document.form.is_none() && document.state <= State::Final;
    DocumentRow {
        href: format!("/documents/{}", document.id),
        kind: kind_of(viewer, procedure, &document.kind),
        title: document.title.clone(),
        version: document.latest,
        state: viewer.say(if attached { "state-attached" } else { state_words(document.state) }, &[]),
        colour: if attached { "blue" } else { colour(document.state) },
        by: match name_of(names, &document.author) {
            name if name.is_empty() => viewer.say("timeline-program", &[]),
            name => name,
        },
        at: Some(document.changed_at),
        file: document.form.is_none().then(|| format!("/documents/{}/file", document.id)),
    }
}

/// The message that names a document's state.
pub fn state_words(state: State) -> &'static str {
    match state {
        State::Draft => "state-draft",
        State::Final => "state-final",
        State::Signed => "state-signed",
        State::Issued => "state-issued",
        State::Published => "state-published",
        State::Withdrawn => "state-withdrawn",
    }
}

/// The person behind `person:<id>`; empty for the program.
pub fn name_of(names: &Names, who: &str) -> String {
    let id = who.strip_prefix("person:").and_then(|id| PersonId::new(id).ok());
    id.and_then(|id| names.get(&id).cloned()).unwrap_or_default()
}

/// The names of people given as `person:<id>`.
///
/// # Errors
/// Storage.
pub async fn names(viewer: &Viewer, who: impl IntoIterator<Item = &str>) -> Result<Names, Problem> {
    let ids: Vec<PersonId> =
        who.into_iter().filter_map(|w| w.strip_prefix("person:")).filter_map(|id| PersonId::new(id).ok()).collect();
    viewer.state.services.directory.names(ids.iter()).await
}

/// The documents of a case as rows.
///
/// # Errors
/// Storage.
pub async fn document_rows(viewer: &Viewer, case: &CaseView) -> Result<Vec<DocumentRow>, Problem> {
    let names = names(viewer, case.documents.iter().map(|d| d.author.as_str())).await?;
    Ok(case.documents.iter().map(|d| document_row(viewer, &case.procedure, d, &names)).collect())
}

/// What happened, latest first, in sentences.
pub fn told(viewer: &Viewer, entries: &[Entry]) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    let mut last = "";
    for (at, entry) in entries.iter().enumerate() {
        let before = std::mem::replace(&mut last, entry.code.as_str());
        match entry.code.as_str() {
            // Eighteen ballots are one thing to tell: how many, the last of them when, and who.
            "timeline-ballot-cast" => {
                let names = entries[..=at].iter().rev().take_while(|e| e.code == entry.code).map(|e| e.name.as_str());
                let names: Vec<&str> = names.collect();
                if before == entry.code {
                    told.pop();
                }
                told.push(match names.len() {
                    1 => told_one(viewer, entry),
                    n => Told {
                        at: Some(entry.at),
                        what: viewer.say("timeline-ballots-cast", &[("n", &n.to_string())]),
                        quote: names.into_iter().rev().collect::<Vec<_>>().join("; "),
                        ..Told::default()
                    },
                });
            }
            // The count has just been told, with what follows from it.
            "timeline-step-left" if before == "timeline-ballot-closed" => {}
            _ => told.push(told_one(viewer, entry)),
        }
    }
    told.reverse();
    told
}

/// As [`told`], without the way into the journal.
pub fn told_plainly(viewer: &Viewer, entries: &[Entry]) -> Vec<Told> {
    told(viewer, entries).into_iter().map(|told| Told { act: None, ..told }).collect()
}

/// One entry as a sentence.
pub fn told_one(viewer: &Viewer, entry: &Entry) -> Told {
    let mut args: BTreeMap<String, String> =
        entry.args.iter().map(|(name, text)| (name.clone(), pick(viewer, text))).collect();
    let quote = ["reason", "text", "note", "what"].iter().find_map(|name| args.remove(*name)).unwrap_or_default();
    // What is only sometimes there has a message of its own, so that no sentence has a hole.
    let extra = ["due", "outcome"].iter().find(|name| args.get(**name).is_some_and(|v| !v.is_empty()));
    let with = extra.map(|name| format!("{}-{name}", entry.code));
    let words = viewer.state.renderer.words();
    let key = with.filter(|key| words.has(viewer.lang(), key));
    let who = match (entry.name.as_str(), pick(viewer, &entry.acting_as)) {
        // What follows by itself from somebody's act is nobody's sentence.
        _ if matches!(entry.code.as_str(), "timeline-step-entered" | "timeline-ballot-closed") => String::new(),
        ("", _) => viewer.say("timeline-program", &[]),
        (name, title) if title.is_empty() => name.to_owned(),
        (name, title) => format!("{name}, {title}"),
    };
    let who = match entry.acting_for.as_str() {
        "" => who,
        holder => viewer.say(
            "acting-for-line",
            &[("who", &entry.name), ("holder", holder), ("title", &pick(viewer, &entry.acting_as))],
        ),
    };
    Told {
        at: Some(entry.at),
        who,
        what: viewer.say_with(key.as_deref().unwrap_or(&entry.code), &args),
        quote,
        link: entry.document.as_ref().map(|id| Link::new(format!("/documents/{id}"), viewer.say("step-look", &[]))),
        act: Some(format!("/journal/{}/{}", entry.act.0, entry.act.1)),
    }
}

/// A text ready to be read; a resolution has its formula before the articles.
pub fn law(content: &Content, resolves: bool) -> Law {
    let last = content.bases.len().saturating_sub(1);
    let base = |(i, text): (usize, &String)| {
        let bare = text.trim_end_matches([';', '.', ' ']);
        format!("{bare}{}", if i == last { "." } else { ";" })
    };
    let articles = content.articles.iter().enumerate().map(|(a, article)| LawArticle {
        label: format!("Điều {}", a + 1),
        heading: article.heading.clone(),
        paragraphs: article.paragraphs.clone(),
        clauses: article
            .clauses
            .iter()
            .enumerate()
            .map(|(c, clause)| LawClause {
                label: format!("{}.", c + 1),
                text: clause.text.clone(),
                points: clause
                    .points
                    .iter()
                    .enumerate()
                    .map(|(p, t)| (format!("{})", point_letter(p)), t.clone()))
                    .collect(),
            })
            .collect(),
    });
    Law {
        subject: content.subject.clone(),
        bases: content.bases.iter().enumerate().map(base).collect(),
        formula: if resolves { "QUYẾT NGHỊ:".into() } else { String::new() },
        articles: articles.collect(),
        recipients: content
            .recipients
            .iter()
            .map(|r| format!("{r};"))
            .chain((!content.archive.is_empty()).then(|| format!("Lưu: {}.", content.archive)))
            .collect(),
        signature: [
            content.signature.authority.clone(),
            content.signature.title.clone(),
            content.signature.name.clone(),
        ],
    }
}

/// A paper with its page images and text.
///
/// # Errors
/// Storage; a text that does not fit its form shows without images.
pub async fn paper(viewer: &Viewer, document: &Document, version: Option<i64>) -> Result<PaperView, Problem> {
    let records = &viewer.state.services.records;
    let shown = version.unwrap_or(document.latest);
    let tail = version.map(|v| format!("?version={v}")).unwrap_or_default();
    let text = match records.content(&viewer.ctx, &document.id, Some(shown)).await {
        Ok(content) => Some(law(&content, document.form.as_deref().is_some_and(|f| f.starts_with("nghi-quyet")))),
        Err(Problem::Refused { .. }) => None,
        Err(other) => return Err(other),
    };
    let pages = match &text {
        None => 0,
        Some(_) => match viewer.state.papers.pages(viewer, document, version).await {
            Ok(pages) => pages.len(),
            Err(Problem::Invalid(_) | Problem::Refused { .. }) => 0,
            Err(other) => return Err(other),
        },
    };
    Ok(PaperView {
        document: document.id.to_string(),
        title: document.title.clone(),
        pages: (1..=pages).map(|n| format!("/documents/{}/pages/{shown}/{n}.png", document.id)).collect(),
        pdf: format!("/documents/{}/paper.pdf{tail}", document.id),
        signed: document.pdf.is_some(),
        text,
    })
}

/// Choices of a procedure.
pub fn choices(viewer: &Viewer, choices: &[procedure::model::Choice]) -> Vec<Choice> {
    choices.iter().map(|c| Choice::new(&c.code, pick(viewer, &c.label))).collect()
}

/// Fields that were filled in, as people read them.
///
/// # Errors
/// Storage.
pub async fn facts(viewer: &Viewer, fields: &[Field], values: &Map<String, Value>) -> Result<Vec<Fact>, Problem> {
    let mut facts = Vec::new();
    for field in fields {
        let Some(value) = values.get(&field.key) else { continue };
        let words = words_of(viewer, &field.kind, value).await?;
        if !words.is_empty() {
            facts.push(Fact::new(pick(viewer, &field.label), words));
        }
    }
    Ok(facts)
}

async fn words_of(viewer: &Viewer, kind: &FieldKind, value: &Value) -> Result<String, Problem> {
    let directory = &viewer.state.services.directory;
    let text = value.as_str().unwrap_or_default();
    let body = async |code: &str| -> Result<String, Problem> {
        let Ok(id) = kernel::BodyId::new(code) else { return Ok(code.to_owned()) };
        Ok(directory.body(&id).await?.map_or_else(|| code.to_owned(), |b| b.name_in(viewer.lang().code()).to_owned()))
    };
    Ok(match kind {
        FieldKind::Person => match PersonId::new(text) {
            Ok(id) => directory.person(&id).await?.map_or_else(|| text.to_owned(), |p| p.name),
            Err(_) => text.to_owned(),
        },
        FieldKind::Body => body(text).await?,
        FieldKind::Bodies => {
            let mut names = Vec::new();
            for code in value.as_array().into_iter().flatten().filter_map(Value::as_str) {
                names.push(body(code).await?);
            }
            names.join("; ")
        }
        FieldKind::Date => Day::parse(text).map_or_else(|_| text.to_owned(), Day::short),
        FieldKind::Choice { options } => {
            options.iter().find(|o| o.code == text).map_or_else(|| text.to_owned(), |o| pick(viewer, &o.label))
        }
        FieldKind::YesNo => viewer.say(if value.as_bool() == Some(true) { "yes" } else { "no" }, &[]),
        FieldKind::Number { .. } => value.to_string(),
        FieldKind::List { columns } => {
            let mut rows = Vec::new();
            for row in value.as_array().into_iter().flatten().filter_map(Value::as_object).take(60) {
                let mut cells = Vec::new();
                for column in columns {
                    if let Some(cell) = row.get(&column.key) {
                        cells.push(Box::pin(words_of(viewer, &column.kind, cell)).await?);
                    }
                }
                rows.push(cells.join(", "));
            }
            rows.join("; ")
        }
        FieldKind::Position => {
            let (vi, en) = titles::in_general(text).unwrap_or((text, text));
            viewer.lang().pick(vi, en).to_owned()
        }
        FieldKind::Text | FieldKind::LongText => text.to_owned(),
    })
}

/// Who holds a seat: a person's name, or a position in words.
///
/// # Errors
/// Storage.
pub async fn seat(viewer: &Viewer, seat: &str) -> Result<String, Problem> {
    let directory = &viewer.state.services.directory;
    if let Some(id) = seat.strip_prefix("person:").and_then(|id| PersonId::new(id).ok()) {
        return Ok(directory.person(&id).await?.map_or_else(|| seat.to_owned(), |p| p.name));
    }
    if seat.starts_with("system:") {
        return Ok(viewer.say("timeline-program", &[]));
    }
    let title = directory.title_of(seat).await?;
    Ok(title.map_or_else(|| seat.to_owned(), |(vi, en)| viewer.lang().pick(&vi, &en).to_owned()))
}
