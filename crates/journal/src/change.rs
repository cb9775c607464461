//! What a service asks the journal to record: one atomic change over one or more streams.

use kernel::{Act, ActBody, ActDraft, StreamId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the writer of a change knows about a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The stream must not exist yet.
    New,
    /// The stream must be at this version: what the actor saw when deciding. `At(0)` is `New`.
    At(i64),
    /// Whatever the stream's version is, append behind it.
    Any,
}

/// One part of a change: a stream, what is expected of it, and the acts that are appended to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub stream: StreamId,
    pub expected: Expected,
    pub acts: Vec<ActDraft>,
    /// The duty under which the program itself does these acts; `None`: the person of the request does them.
    pub program: Option<&'static str>,
}

/// One atomic change: all of its acts and jobs are recorded, or none.
///
/// ```
/// # use journal::{Change, Expected, JobDraft};
/// # use kernel::{ActDraft, StreamId};
/// # fn drafts() -> (ActDraft, ActDraft) { unimplemented!() }
/// # fn build(issued: ActDraft, taken: ActDraft) -> Change {
/// Change::new()
///     .on(StreamId::new("case", "case-1"), Expected::At(7))
///     .act(issued)
///     .on(StreamId::new("register", "nq-ubtvqh"), Expected::At(1350))
///     .act(taken)
///     .job(JobDraft::new("render", "case-1/7", serde_json::json!({"case": "case-1"})))
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use = "a change does nothing until it is committed"]
pub struct Change {
    pub(crate) parts: Vec<Part>,
    pub(crate) jobs: Vec<JobDraft>,
}

impl Change {
    /// An empty change.
    pub fn new() -> Change {
        Change::default()
    }
    /// Turns to a stream: the acts that follow are appended to it. Without any act it only demands that the stream is
    /// as expected, for decisions that rest on something that they do not change.
    pub fn on(mut self, stream: StreamId, expected: Expected) -> Change {
        self.parts.push(Part { stream, expected, acts: Vec::new(), program: None });
        self
    }
    /// As [`Change::on`], but the program itself does the acts that follow, as what the other acts of the change entail:
    /// the effects of a decision, say. The policies are asked for `System::"duty"`, not for the person, and the acts
    /// name it as their actor; the request is the same.
    pub fn on_by_program(mut self, duty: &'static str, stream: StreamId, expected: Expected) -> Change {
        self.parts.push(Part { stream, expected, acts: Vec::new(), program: Some(duty) });
        self
    }
    /// The same change with all its acts done by the program itself under a duty, as with [`Change::on_by_program`].
    pub fn by_program(mut self, duty: &'static str) -> Change {
        for part in &mut self.parts {
            part.program = Some(duty);
        }
        self
    }
    /// This change and behind it another: one change, recorded together or not at all.
    pub fn and(mut self, other: Change) -> Change {
        self.parts.extend(other.parts);
        self.jobs.extend(other.jobs);
        self
    }
    /// Appends an act to the stream named last.
    ///
    /// # Panics
    /// When no stream was named before: a mistake in the calling code, which any test of it meets.
    pub fn act(mut self, draft: ActDraft) -> Change {
        self.parts.last_mut().expect("`on` names the stream before `act`").acts.push(draft);
        self
    }
    /// Enqueues a job in the same transaction. A job with the same kind and key that is already there stays as it is.
    pub fn job(mut self, job: JobDraft) -> Change {
        self.jobs.push(job);
        self
    }
    /// How many acts it holds.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.acts.len()).sum()
    }
    /// Whether it holds neither acts nor jobs.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.len() == 0
    }
}

/// Work to be done after the commit, at least once: the worker must do no harm when it runs twice.
#[derive(Debug, Clone, PartialEq)]
pub struct JobDraft {
    /// Which [`crate::Worker`] runs it.
    pub kind: &'static str,
    /// Idempotency key: one job per kind and key is ever kept.
    pub key: String,
    /// What the worker needs; no secrets and no personal data, which belong in acts.
    pub payload: Value,
    /// Not before this instant; at once when `None`.
    pub run_at: Option<Timestamp>,
}

impl JobDraft {
    /// A job to run at once.
    pub fn new(kind: &'static str, key: impl Into<String>, payload: Value) -> JobDraft {
        JobDraft { kind, key: key.into(), payload, run_at: None }
    }
    /// Not before this instant.
    #[must_use]
    pub fn at(mut self, run_at: Timestamp) -> JobDraft {
        self.run_at = Some(run_at);
        self
    }
}

/// The journal's answer to a change: its acts as recorded, in the order in which they were given.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The acts, with their version, time, policies and hashes.
    pub acts: Vec<Act>,
}

impl Receipt {
    /// The version that a stream has after the change; 0 when the change has no act on it.
    pub fn version(&self, stream: &StreamId) -> i64 {
        self.acts.iter().rev().find(|act| act.stream == *stream).map_or(0, |act| act.version)
    }
}

/// The act that erases the private content of an earlier act of the same stream, where the law orders it. The journal
/// removes the private row in the same transaction; the earlier act and its commitment stay.
///
/// Projections that show private content must clear it when they meet this act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateErased {
    /// The version of the act whose private content goes.
    pub version: i64,
    /// On which decision.
    pub reason: String,
}
impl ActBody for PrivateErased {
    const KIND: &'static str = "private.erased";
}
