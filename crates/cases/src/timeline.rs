//! The timeline: what happened to a case, one entry for each thing that a reader would tell, as a Fluent message with
//! its arguments in both languages. Pages write the sentences.

use crate::{
    Cases,
    acts::{EffectsApplied, NoteAdded},
    load::Loaded,
};
use kernel::{Act, CaseId, Ctx, PersonId, Problem, StreamId, Timestamp};
use procedure::{Event, Procedure, Text, model::Choice};
use records::{Document, acts as document_acts};
use serde::Serialize;
use std::collections::BTreeMap;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The version of the case's stream behind it; that of the last act of the case before it, for acts on documents.
    pub version: i64,
    /// The act: its stream and version, by which the journal shows it.
    pub act: (String, i64),
    /// When.
    pub at: Timestamp,
    /// `person:<id>`, `system:<duty>`.
    pub who: String,
    /// The person's name; empty for the program.
    pub name: String,
    /// The position under which the person acted, in words.
    pub acting_as: Text,
    /// The name of the one for whom the person acted; empty when for themselves.
    pub acting_for: String,
    /// The Fluent message: `timeline-` and the kind of act with `-` for `.` and `_`.
    pub code: String,
    /// Arguments of the message.
    pub args: BTreeMap<String, Text>,
    /// The document that it is about.
    pub document: Option<String>,
}

/// Arguments being gathered.
#[derive(Default)]
struct Args(BTreeMap<String, Text>);

impl Args {
    fn both(mut self, name: &str, text: Text) -> Args {
        self.0.insert(name.to_owned(), text);
        self
    }
    fn same(self, name: &str, text: impl ToString) -> Args {
        let text = text.to_string();
        self.both(name, Text { vi: text.clone(), en: text })
    }
}

impl Cases {
    /// What happened to a case, oldest first: its own moves and what was done to its documents.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when there is none or the person need not know of it.
    pub async fn timeline(&self, ctx: &Ctx, id: &CaseId) -> Result<Vec<Entry>, Problem> {
        let loaded = self.load(ctx, id).await?;
        let documents = self.records.documents_of(ctx, id).await?;
        let mut told: Vec<(&Act, Option<&Document>)> = loaded.acts.iter().map(|act| (act, None)).collect();
        let mut beside: Vec<(Act, usize)> = Vec::new();
        for (at, document) in documents.iter().enumerate() {
            let acts = self.journal.acts(&StreamId::new("document", &document.id), 0, 1000).await?;
            beside.extend(acts.into_iter().map(|act| (act, at)));
        }
        told.extend(beside.iter().map(|(act, at)| (act, documents.get(*at))));
        told.sort_by_key(|(act, document)| (act.at, document.is_none(), act.version));
        let people = self.people(&loaded).await?;
        let (mut entries, mut version) = (Vec::new(), 0);
        for (act, document) in told {
            if document.is_none() {
                version = act.version;
            }
            let args = match document {
                Some(document) => document_args(act, document),
                None => case_args(act, &loaded, &people, &documents)?,
            };
            if let Some(Args(args)) = args {
                let document = document.map(|document| document.id.to_string());
                entries.push(self.entry(act, version, args, document, &people).await?);
            }
        }
        Ok(entries)
    }

    /// What happened after a version of the case: what to show to somebody whose move came too late.
    ///
    /// # Errors
    /// As [`Cases::timeline`].
    pub async fn changes_since(&self, ctx: &Ctx, id: &CaseId, version: i64) -> Result<Vec<Entry>, Problem> {
        Ok(self.timeline(ctx, id).await?.into_iter().filter(|entry| entry.version > version).collect())
    }

    async fn entry(
        &self,
        act: &Act,
        version: i64,
        args: BTreeMap<String, Text>,
        document: Option<String>,
        people: &BTreeMap<PersonId, String>,
    ) -> Result<Entry, Problem> {
        let person = act.actor.person().and_then(|id| PersonId::new(id).ok());
        let holder = act.actor.acting_for.as_deref().and_then(|who| who.strip_prefix("person:"));
        let holder = holder.and_then(|id| PersonId::new(id).ok());
        let acting_as = match &act.actor.acting_as {
            Some(holding) => self.directory.title_of(holding).await?.map(|(vi, en)| Text { vi, en }),
            None => None,
        };
        Ok(Entry {
            version,
            act: (act.stream.to_string(), act.version),
            at: act.at,
            who: act.actor.who.clone(),
            name: person.and_then(|id| people.get(&id).cloned()).unwrap_or_default(),
            acting_as: acting_as.unwrap_or_default(),
            acting_for: holder.and_then(|id| people.get(&id).cloned()).unwrap_or_default(),
            code: format!("timeline-{}", act.kind.replace(['.', '_'], "-")),
            args,
            document,
        })
    }

    /// The names of everybody who took part.
    async fn people(&self, loaded: &Loaded) -> Result<BTreeMap<PersonId, String>, Problem> {
        let actors = loaded.acts.iter().filter_map(|act| act.actor.person()).filter_map(|id| PersonId::new(id).ok());
        let holders = loaded.acts.iter().filter_map(|act| act.actor.acting_for.as_deref()?.strip_prefix("person:"));
        let holders = holders.filter_map(|id| PersonId::new(id).ok());
        let people: Vec<PersonId> = actors.chain(holders).chain(loaded.state.participants.iter().cloned()).collect();
        self.directory.names(people.iter()).await
    }
}

/// What a reader would tell of an act on a document; `None` when the case's own act tells it.
fn document_args(act: &Act, document: &Document) -> Option<Args> {
    let args = Args::default().same("title", &document.title);
    match act.kind.as_str() {
        "document.version_added" => {
            let added = act.read::<document_acts::VersionAdded>().ok().flatten()?;
            Some(args.same("version", added.number).same("note", added.note))
        }
        "document.preserved" => {
            let preserved = act.read::<document_acts::Preserved>().ok().flatten()?;
            Some(args.same("level", preserved.level))
        }
        "document.created" | "document.reopened" | "document.withdrawn" => Some(args),
        "document.sealed" => {
            let number = document.number.as_ref().map_or("", |number| number.text.as_str());
            Some(args.same("number", number))
        }
        _ => None,
    }
}

/// What a reader would tell of an act on the case; `None` for what only the machinery needs.
fn case_args(
    act: &Act,
    loaded: &Loaded,
    people: &BTreeMap<PersonId, String>,
    documents: &[Document],
) -> Result<Option<Args>, Problem> {
    if let Some(note) = act.read::<NoteAdded>().map_err(Problem::fault)? {
        return Ok(Some(Args::default().same("text", note.text)));
    }
    if let Some(applied) = act.read::<EffectsApplied>().map_err(Problem::fault)? {
        let join = |lines: Vec<&str>| lines.join(" ");
        let vi = join(applied.lines.iter().map(|line| line.vi.as_str()).collect());
        let en = join(applied.lines.iter().map(|line| line.en.as_str()).collect());
        return Ok(Some(Args::default().both("what", Text { vi, en })));
    }
    let Some(event) = Event::read(&act.kind, &act.body).map_err(Problem::fault)? else { return Ok(None) };
    Ok(event_args(&event, loaded, people, documents))
}

fn event_args(
    event: &Event,
    loaded: &Loaded,
    people: &BTreeMap<PersonId, String>,
    documents: &[Document],
) -> Option<Args> {
    let procedure = &*loaded.procedure;
    let args = Args::default();
    let at_step = |args: Args, step: &str| args.both("step", step_title(procedure, step));
    Some(match event {
        Event::Opened(e) => args.same("title", &e.title).both("procedure", procedure.title.clone()),
        Event::StepEntered(e) => {
            let due = e.due.map(|due| due.day().short()).unwrap_or_default();
            at_step(args, &e.step).same("due", due).same("bodies", e.bodies.len())
        }
        Event::StepLeft(e) => {
            let chosen = procedure.step(&e.step).map(|step| step.outcomes.as_slice()).unwrap_or_default();
            let outcome = e.outcome.as_deref().map(|code| label(chosen, code)).unwrap_or_default();
            at_step(args, &e.step).both("outcome", outcome)
        }
        Event::FormFilled(e) => at_step(args, &e.step),
        Event::DocumentAttached(e) => {
            let title = documents.iter().find(|document| document.id == e.document).map_or("", |d| d.title.as_str());
            args.both("kind", document_title(procedure, &e.key)).same("title", title)
        }
        Event::DocumentSigned(e) => args.both("kind", document_title(procedure, &e.key)),
        Event::DocumentIssued(e) => {
            args.both("kind", document_title(procedure, &e.key)).same("number", &e.number).same("day", e.day.short())
        }
        Event::DocumentPublished(e) => args.both("kind", document_title(procedure, &e.key)),
        Event::OpinionGiven(e) => {
            let spec = procedure.step(&e.step).and_then(|step| step.opinion.as_ref());
            let answers = spec.map(|spec| spec.answers.as_slice()).unwrap_or_default();
            args.same("body", &e.body).both("answer", label(answers, &e.answer)).same("text", &e.text)
        }
        Event::BallotOpened(e) => at_step(args, &e.step).same("members", e.members.len()),
        // What was answered shows on the ballot's own page, once it is closed.
        Event::BallotCast(e) => args.same("member", people.get(&e.by).map_or("", String::as_str)),
        Event::BallotClosed(e) => count_args(args, &e.count, e.passed),
        Event::VoteRecorded(e) => count_args(args, &e.count, e.passed),
        Event::DeadlinePassed(e) => at_step(args, &e.step).same("due", e.due.day().short()),
        Event::Returned(e) => args
            .both("from", step_title(procedure, &e.from))
            .both("to", step_title(procedure, &e.to))
            .same("reason", &e.reason),
        Event::SubcaseRequested(e) => {
            let spec = procedure.step(&e.step).and_then(|step| step.subcase.as_ref());
            let code = || Text { vi: e.procedure.clone(), en: e.procedure.clone() };
            at_step(args, &e.step).both("procedure", spec.map_or_else(code, |spec| spec.name.clone()))
        }
        Event::SubcaseClosed(e) => at_step(args, &e.step).same("case", &e.case),
        Event::ProcedureChanged(e) => {
            args.same("from", e.from.version).same("to", e.to.version).same("reason", &e.reason)
        }
        // Carried out in the same change, and told there in words.
        Event::EffectDeclared(_) => return None,
        Event::Closed(e) => {
            let outcome = serde_json::to_value(e.outcome).ok();
            let outcome = outcome.as_ref().and_then(|outcome| outcome.as_str()).unwrap_or_default().to_owned();
            at_step(args, &e.step).same("outcome", outcome)
        }
    })
}

fn count_args(args: Args, count: &procedure::Count, passed: bool) -> Args {
    let share = |hundredths: Option<u32>| hundredths.map_or_else(String::new, procedure::threshold::percent);
    args.same("for", count.in_favour)
        .same("all", count.all)
        .same("answered", count.answered)
        .same("share_all", share(count.share_of_all()))
        .same("share_answered", share(count.share_of_answered()))
        .same("passed", if passed { "yes" } else { "no" })
}

fn step_title(procedure: &Procedure, step: &str) -> Text {
    let code = || Text { vi: step.to_owned(), en: step.to_owned() };
    procedure.step(step).map_or_else(code, |step| step.title.clone())
}

fn document_title(procedure: &Procedure, key: &str) -> Text {
    let code = || Text { vi: key.to_owned(), en: key.to_owned() };
    procedure.document(key).map_or_else(code, |document| document.title.clone())
}

fn label(choices: &[Choice], code: &str) -> Text {
    let raw = || Text { vi: code.to_owned(), en: code.to_owned() };
    choices.iter().find(|choice| choice.code == code).map_or_else(raw, |choice| choice.label.clone())
}
