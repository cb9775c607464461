//! Signing many documents under one approval (ký nhiều văn bản trong một lần phê duyệt).
//!
//! The person sees a list of documents with version and SHA-256, and approves it with one fresh second factor. The
//! approval is an act; it names exactly those versions, lasts [`LIFE_SECONDS`] and lets the program sign them one after
//! the other, each by the way that a single signature takes: policies, rules, certificate, one change for each document.
//! What has moved on since it was listed is passed over with its reason and the rest go on.
//!
//! **What bounds it** (decision 0021): the second factor of the request lives only in the memory of the program that
//! received it. When that program ends, the approval ends with it, and the rest needs a new one. Before each document
//! the session is looked at again. That a document was signed is recorded in the same change as the signature, so none
//! is signed twice.

mod carry_out;
pub mod projection;

use crate::{
    Cases,
    acts::{BatchApproved, BatchContinued, BatchLine, BatchStopped},
    change::token_of,
    moves::{digest_of, document_of},
};
use journal::{Change, Expected, Row};
use kernel::{ActBody, ActDraft, CaseId, Ctx, Digest, DocumentId, Grade, PersonId, Problem, Resource, StreamId};
use kernel::{Timestamp, id};
use procedure::{StepKind, Text};
use records::{State, VersionBody};
use serde_json::json;
use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

/// Most documents of one approval: those of a page of the inbox.
pub const MOST_LINES: usize = 50;
/// How long an approval lasts, in seconds.
pub const LIFE_SECONDS: i64 = 15 * 60;
/// An approval at which nothing has happened for so many seconds, and at which this program is not at work, was cut off.
/// Another server may be at work at it; one signature, with a time stamp that does not come, takes less.
const QUIET_SECONDS: i64 = 30;

/// A document that waits for the person's signature, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSign {
    /// What the approval names.
    pub line: BatchLine,
    /// The case's title.
    pub case_title: String,
    /// The document's title.
    pub title: String,
    /// Secrecy grade.
    pub grade: Grade,
    /// The name of the step.
    pub step: Text,
}

/// What has come of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineState {
    /// It waits for its turn.
    Open,
    /// The document is signed.
    Signed,
    /// It was passed over: the message that says why, with its arguments.
    PassedOver(String, BTreeMap<String, String>),
}

/// How an approval stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchState {
    /// The program is at work.
    Running,
    /// Something is left and nobody is at work: the program ended, or the time is over. It needs a new second factor.
    CutOff,
    /// It was stopped, with something left: `asked`, `session-over`, `fault`.
    Stopped(String),
    /// Nothing is left.
    Done,
}

/// An approval as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Which.
    pub id: String,
    /// When it was approved.
    pub at: Timestamp,
    /// Until when it lasts.
    pub ends: Timestamp,
    /// How it stands.
    pub state: BatchState,
    /// Its documents, in the order of the list.
    pub lines: Vec<(BatchLine, LineState)>,
}

impl Batch {
    /// How many are signed, and how many were passed over.
    pub fn counts(&self) -> (usize, usize) {
        let count = |wanted: fn(&LineState) -> bool| self.lines.iter().filter(|(_, state)| wanted(state)).count();
        (count(|s| *s == LineState::Signed), count(|s| matches!(s, LineState::PassedOver(..))))
    }
}

/// At which approvals this program is at work.
#[derive(Debug, Clone, Default)]
pub(crate) struct AtWork(Arc<Mutex<HashSet<String>>>);

impl AtWork {
    fn has(&self, batch: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(batch)
    }
}

fn stream(batch: &str) -> StreamId {
    StreamId::new("batch", batch)
}

/// The approval as the policies see it.
fn resource(batch: &str, person: &PersonId, grade: Grade) -> Resource {
    Resource::new("Batch", batch, json!({"grade": grade.level(), "person": person}))
}

fn draft<B: ActBody>(head: &Head, body: &B) -> ActDraft {
    ActDraft::new(resource(&head.id, &head.person, head.grade), body).graded(head.grade)
}

/// What an approval is, without its lines.
#[derive(Debug, Clone)]
struct Head {
    id: String,
    person: PersonId,
    grade: Grade,
    at: Timestamp,
    ends: Timestamp,
    moved_at: Timestamp,
    stopped: Option<String>,
}

impl Cases {
    /// The document that waits for the person's signature in a case.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `batch-nothing-to-sign` when the case waits for something else,
    /// `task-not-yours`, `document-not-a-text`.
    pub async fn to_sign(&self, ctx: &Ctx, case: &CaseId) -> Result<ToSign, Problem> {
        let nothing = || Problem::refused("batch-nothing-to-sign");
        let loaded = self.load(ctx, case).await?;
        let step = loaded.procedure.step(&loaded.state.step).filter(|step| step.kind == StepKind::Sign);
        let step = step.ok_or_else(nothing)?;
        let key = step.document.clone().ok_or_else(nothing)?;
        let seats = procedure::tasks::seats_of(&ctx.actor);
        if !loaded.access.holders.iter().any(|holder| seats.contains(holder)) {
            return Err(Problem::refused("task-not-yours"));
        }
        let document = self.records.document(ctx, &document_of(&loaded, &key)?).await?;
        if document.state != State::Final {
            return Err(nothing());
        }
        let version = self.records.version(ctx, &document.id, None).await?;
        if !matches!(version.body, VersionBody::Text(_)) {
            return Err(Problem::refused("document-not-a-text"));
        }
        let line = BatchLine {
            case: case.clone(),
            case_version: loaded.version,
            key,
            document: document.id,
            document_version: document.version,
            number: version.number,
            // The same figure that a ballot binds to.
            sha256: digest_of(&serde_json::to_value(&version.body).map_err(Problem::fault)?)?,
        };
        Ok(ToSign {
            line,
            case_title: loaded.state.title.clone(),
            title: document.title,
            grade: loaded.state.grade,
            step: step.title.clone(),
        })
    }

    /// Records that the person approves the signing of exactly these documents. Returns its id, and whether it was made
    /// by this call: the same form sent twice is one approval.
    ///
    /// # Errors
    /// [`Problem::Invalid`] `batch-none-chosen`; [`Problem::Refused`] `batch-changed` when one of them is no longer as
    /// listed; [`Problem::NeedsSecondFactor`]; what [`Cases::to_sign`] answers.
    pub async fn approve_batch(&self, ctx: &Ctx, lines: &[BatchLine], token: &str) -> Result<(String, bool), Problem> {
        let person = ctx.person().filter(|person| person.acting_for.is_none()).cloned();
        let person = person.ok_or_else(|| Problem::refused("delegation-personal"))?;
        let key = token_of(ctx, token);
        let id = match &key {
            Some(key) => format!("batch-{}", &key[..26]),
            None => id::mint("batch", self.journal.clock(), self.journal.entropy()),
        };
        if self.batch_head(&person.id, &id).await?.is_some() {
            return Ok((id, false));
        }
        let distinct: HashSet<&CaseId> = lines.iter().map(|line| &line.case).collect();
        if lines.is_empty() || lines.len() > MOST_LINES || distinct.len() != lines.len() {
            return Err(Problem::field("line", "batch-none-chosen"));
        }
        let mut grade = Grade::Open;
        for line in lines {
            let now = self.to_sign(ctx, &line.case).await?;
            if now.line != *line {
                return Err(Problem::refused("batch-changed").arg("title", now.title));
            }
            grade = grade.max(now.grade);
        }
        let now = self.journal.clock().now();
        let approved =
            BatchApproved { person: person.id.clone(), lines: lines.to_vec(), ends: now.plus_seconds(LIFE_SECONDS) };
        let act = ActDraft::new(resource(&id, &person.id, grade), &approved).graded(grade);
        match self.journal.commit(ctx, Change::new().on(stream(&id), Expected::New).act(act)).await {
            Ok(_) => Ok((id, true)),
            Err(Problem::Conflict { .. }) => Ok((id, false)),
            Err(other) => Err(other),
        }
    }

    /// Approves what is left of a list again, after it was cut off or stopped.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `batch-running`, `batch-nothing-left`;
    /// [`Problem::NeedsSecondFactor`].
    pub async fn continue_batch(&self, ctx: &Ctx, id: &str) -> Result<(), Problem> {
        let (head, batch) = self.own_batch(ctx, id).await?;
        match batch.state {
            BatchState::Running => return Err(Problem::refused("batch-running")),
            BatchState::Done => return Err(Problem::refused("batch-nothing-left")),
            BatchState::CutOff | BatchState::Stopped(_) => {}
        }
        let continued = BatchContinued { ends: self.journal.clock().now().plus_seconds(LIFE_SECONDS) };
        let change = Change::new().on(stream(id), Expected::Any).act(draft(&head, &continued));
        self.journal.commit(ctx, change).await.map(drop)
    }

    /// Stops what is left of a list. What was signed stays signed.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `batch-nothing-left`.
    pub async fn stop_batch(&self, ctx: &Ctx, id: &str) -> Result<(), Problem> {
        let (head, batch) = self.own_batch(ctx, id).await?;
        match batch.state {
            BatchState::Done => Err(Problem::refused("batch-nothing-left")),
            BatchState::Stopped(_) => Ok(()),
            BatchState::Running | BatchState::CutOff => self.stopped(ctx, &head, "asked").await,
        }
    }

    async fn stopped(&self, ctx: &Ctx, head: &Head, why: &str) -> Result<(), Problem> {
        let stopped = BatchStopped { why: why.to_owned() };
        let change = Change::new().on(stream(&head.id), Expected::Any).act(draft(head, &stopped));
        self.journal.commit(ctx, change).await.map(drop)
    }

    /// An approval of the person.
    ///
    /// # Errors
    /// [`Problem::NotFound`], also for one of somebody else.
    pub async fn batch(&self, ctx: &Ctx, id: &str) -> Result<Batch, Problem> {
        Ok(self.own_batch(ctx, id).await?.1)
    }

    /// The person's approvals, the newest first, at most ten.
    ///
    /// # Errors
    /// Storage.
    pub async fn batches(&self, ctx: &Ctx) -> Result<Vec<Batch>, Problem> {
        let Some(person) = ctx.person() else { return Ok(Vec::new()) };
        let sql = "SELECT * FROM batch WHERE person = $1 ORDER BY at DESC, batch_id LIMIT 10";
        let mut batches = Vec::new();
        for row in &self.journal.reader().rows(sql, &[(&person.id).into()]).await? {
            batches.push(self.with_lines(head(row)?).await?.1);
        }
        Ok(batches)
    }

    async fn own_batch(&self, ctx: &Ctx, id: &str) -> Result<(Head, Batch), Problem> {
        let missing = || Problem::not_found("batch", id);
        let person = ctx.person().ok_or_else(missing)?;
        let head = self.batch_head(&person.id, id).await?.ok_or_else(missing)?;
        self.with_lines(head).await
    }

    async fn batch_head(&self, person: &PersonId, id: &str) -> Result<Option<Head>, Problem> {
        let sql = "SELECT * FROM batch WHERE batch_id = $1 AND person = $2";
        let row = self.journal.reader().row(sql, &[id.into(), person.into()]).await?;
        row.as_ref().map(head).transpose()
    }

    async fn with_lines(&self, head: Head) -> Result<(Head, Batch), Problem> {
        let sql = "SELECT * FROM batch_line WHERE batch_id = $1 ORDER BY place";
        let rows = self.journal.reader().rows(sql, &[head.id.as_str().into()]).await?;
        let lines = rows.iter().map(line).collect::<Result<Vec<_>, _>>()?;
        let state = self.batch_state(&head, &lines);
        let batch = Batch { id: head.id.clone(), at: head.at, ends: head.ends, state, lines };
        Ok((head, batch))
    }

    fn batch_state(&self, head: &Head, lines: &[(BatchLine, LineState)]) -> BatchState {
        let now = self.journal.clock().now();
        match &head.stopped {
            _ if !lines.iter().any(|(_, state)| *state == LineState::Open) => BatchState::Done,
            Some(why) => BatchState::Stopped(why.clone()),
            None if self.at_work.has(&head.id) => BatchState::Running,
            None if now < head.ends.min(head.moved_at.plus_seconds(QUIET_SECONDS)) => BatchState::Running,
            None => BatchState::CutOff,
        }
    }
}

fn head(row: &Row) -> Result<Head, Problem> {
    Ok(Head {
        id: row.text("batch_id")?.to_owned(),
        person: PersonId::new(row.text("person")?).map_err(Problem::fault)?,
        grade: crate::lists::grade(row)?,
        at: row.time("at")?,
        ends: row.time("ends")?,
        moved_at: row.time("moved_at")?,
        stopped: row.opt_text("stopped")?.map(str::to_owned),
    })
}

fn line(row: &Row) -> Result<(BatchLine, LineState), Problem> {
    let line = BatchLine {
        case: CaseId::new(row.text("case_id")?).map_err(Problem::fault)?,
        case_version: row.int("case_version")?,
        key: row.text("doc_key")?.to_owned(),
        document: DocumentId::new(row.text("document")?).map_err(Problem::fault)?,
        document_version: row.int("document_version")?,
        number: row.int("number")?,
        sha256: Digest::parse(row.text("sha256")?).map_err(Problem::fault)?,
    };
    let state = match row.text("state")? {
        "open" => LineState::Open,
        "signed" => LineState::Signed,
        _ => {
            let args = row.opt_text("args")?.unwrap_or("{}");
            let args = serde_json::from_str(args).map_err(Problem::fault)?;
            LineState::PassedOver(row.opt_text("code")?.unwrap_or_default().to_owned(), args)
        }
    };
    Ok((line, state))
}
