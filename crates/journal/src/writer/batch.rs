//! One transaction over the changes that wait together.

use super::{Prepared, PreparedPart, Submission, Writer};
use crate::{
    JobDraft, PrivateErased, Table,
    change::Expected,
    engine::{Failure, Kind, Tx, note},
    net::Net,
    projection::{Column, Rows, Value},
    sql::{Form, Statements},
};
use kernel::{Digest, Problem, StreamId, Timestamp, canon};
use std::collections::HashMap;

const ACTS: Table = Table {
    name: "acts",
    columns: &[
        Column::int("position"),
        Column::text("stream"),
        Column::int("version"),
        Column::text("kind"),
        Column::int("at"),
        Column::text("envelope"),
        Column::text("prev"),
        Column::text("hash"),
    ],
    key: &["stream", "version"],
    indexes: &[],
};

const PRIVATE: Table = Table {
    name: "private",
    columns: &[Column::text("stream"), Column::int("version"), Column::text("salt"), Column::text("data")],
    key: &["stream", "version"],
    indexes: &[],
};

const JOBS: Table = Table {
    name: "jobs",
    columns: &[
        Column::text("kind"),
        Column::text("job_key"),
        Column::text("payload"),
        Column::text("state"),
        Column::int("attempts"),
        Column::int("due"),
        Column::int("enqueued"),
    ],
    key: &["kind", "job_key"],
    indexes: &[],
};

/// Streams whose heads are remembered between batches.
const MOST_HEADS: usize = 50_000;
/// Streams whose heads are asked for at once.
const HEADS_AT_ONCE: usize = 256;

/// The end of a stream.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Head {
    version: i64,
    at: Timestamp,
    hash: Digest,
}

impl Head {
    /// Before the first act.
    fn none() -> Head {
        Head { version: 0, at: Timestamp::from_micros(i64::MIN), hash: Digest::ZERO }
    }
}

/// Records batches, one after the other.
pub(super) struct Batches {
    writer: Writer,
    statements: Statements,
    /// The heads as of `position`; worthless once another server has written.
    heads: HashMap<StreamId, Head>,
    position: i64,
}

/// What a batch is about to write.
#[derive(Default)]
struct Draft {
    acts: Vec<Vec<Value>>,
    private: Vec<Vec<Value>>,
    erased: Vec<Vec<Value>>,
    jobs: Vec<Vec<Value>>,
    net: Net,
}

impl Batches {
    pub fn new(writer: Writer) -> Batches {
        Batches { writer, statements: Statements::default(), heads: HashMap::new(), position: -1 }
    }

    /// Records the changes together and answers each. When the whole fails because of what may be one of them, each
    /// is tried on its own.
    pub async fn record(&mut self, mut waiting: Vec<Submission>) {
        match self.attempt(&mut waiting).await {
            Ok(refused) => answer(waiting, refused),
            Err(Attempt { again: true, problem }) if waiting.len() > 1 => {
                tracing::warn!(%problem, changes = waiting.len(), "a batch failed; its changes are tried one by one");
                for one in waiting {
                    self.alone(one).await;
                }
            }
            Err(Attempt { again: true, .. }) => {
                if let Some(one) = waiting.pop() {
                    self.alone(one).await;
                }
            }
            Err(Attempt { problem, .. }) => fail(waiting, &problem),
        }
    }

    /// Two tries for one change: the first may have met another server's write.
    async fn alone(&mut self, one: Submission) {
        let mut one = vec![one];
        let mut outcome = self.attempt(&mut one).await;
        if matches!(outcome, Err(Attempt { again: true, .. })) {
            outcome = self.attempt(&mut one).await;
        }
        match outcome {
            Ok(refused) => answer(one, refused),
            Err(Attempt { problem, .. }) => fail(one, &problem),
        }
    }

    /// One transaction. Returns, for each change, why it was refused alone.
    async fn attempt(&mut self, waiting: &mut [Submission]) -> Result<Vec<Option<Problem>>, Attempt> {
        let mut tx = self.writer.engine.begin().await?;
        let outcome = self.within(&mut tx, waiting).await;
        let (refused, position, jobs) = match outcome {
            Ok(written) => written,
            Err(attempt) => {
                tx.rollback().await;
                self.forget();
                return Err(attempt);
            }
        };
        if refused.iter().all(Option::is_some) {
            tx.rollback().await;
            return Ok(refused);
        }
        let committed = tx.commit().await;
        // Also when it failed: whether it was recorded may be unknown.
        self.writer.tide.turn();
        if let Err(failure) = committed {
            self.forget();
            // Whether it was recorded is unknown unless the engine says that two writers met; never try again then.
            let again = failure.is_race();
            return Err(Attempt { problem: failure.into(), again });
        }
        self.position = position;
        note(&self.writer.position, position);
        if jobs {
            self.writer.jobs_bell.notify_waiters();
        }
        Ok(refused)
    }

    fn forget(&mut self) {
        self.heads.clear();
        self.position = -1;
    }

    async fn within(
        &mut self,
        tx: &mut Tx,
        waiting: &mut [Submission],
    ) -> Result<(Vec<Option<Problem>>, i64, bool), Attempt> {
        let start = self.lock(tx).await?;
        self.load_heads(tx, waiting).await?;
        let mut draft = Draft::default();
        let mut position = start;
        let refused: Vec<Option<Problem>> = waiting
            .iter_mut()
            .map(|submission| self.add(&mut submission.change, &mut draft, &mut position).err())
            .collect();
        let jobs = !draft.jobs.is_empty();
        self.write(tx, draft).await?;
        if position != start {
            tx.rows(tx.kind().move_head(), &[position.into()]).await?;
        }
        Ok((refused, position, jobs))
    }

    /// Locks the journal's head: from here to the end of the transaction no other server writes.
    async fn lock(&mut self, tx: &mut Tx) -> Result<i64, Attempt> {
        let head = tx.rows(tx.kind().lock_head(), &[]).await?.pop();
        let head = head.ok_or_else(|| unfit("the row of journal_head is missing: restore it from the backup"))?;
        if head.text("shape")? != self.writer.shape {
            return Err(
                unfit("its projections were rebuilt by another version of this program: start that version").into()
            );
        }
        let position = head.int("position")?;
        if position != self.position || self.heads.len() > MOST_HEADS {
            self.heads.clear();
            self.position = position;
        }
        Ok(position)
    }

    /// Reads the heads of the batch's streams that are not remembered.
    async fn load_heads(&mut self, tx: &mut Tx, waiting: &[Submission]) -> Result<(), Attempt> {
        let parts = waiting.iter().flat_map(|submission| &submission.change.parts);
        let mut unknown: Vec<&StreamId> =
            parts.map(|part| &part.stream).filter(|stream| !self.heads.contains_key(stream)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        for streams in unknown.chunks(HEADS_AT_ONCE) {
            // The same text for any number: the rest is filled up with the first.
            let wanted = streams.len().next_power_of_two();
            let parameters: Vec<Value> =
                (0..wanted).map(|at| streams.get(at).copied().unwrap_or(streams[0]).into()).collect();
            for row in tx.rows(heads_sql(tx.kind(), wanted), &parameters).await? {
                let hash = Digest::parse(row.text("hash")?).map_err(Problem::fault)?;
                let head = Head { version: row.int("version")?, at: row.time("at")?, hash };
                self.heads.insert(StreamId::from_text(row.text("stream")?), head);
            }
        }
        for stream in unknown {
            self.heads.entry(stream.clone()).or_insert_with(Head::none);
        }
        Ok(())
    }

    /// Adds a change to the draft, wholly or, when it is refused, not at all.
    fn add(&mut self, change: &mut Prepared, draft: &mut Draft, position: &mut i64) -> Result<(), Problem> {
        let now = self.writer.clock.now();
        let mut heads: HashMap<StreamId, Head> = HashMap::new();
        let mut rows = Vec::new();
        let mut added = Draft::default();
        let mut next = *position;
        for part in &mut change.parts {
            let known = heads.get(&part.stream).or_else(|| self.heads.get(&part.stream));
            let mut head = known.copied().unwrap_or_else(Head::none);
            check_expected(part, head.version)?;
            for prepared in &mut part.acts {
                next += 1;
                let at = now.max(head.at);
                let envelope = prepared.place(head.version + 1, at, head.hash);
                let act = &prepared.act;
                head = Head { version: act.version, at, hash: act.hash };
                for projection in &self.writer.projections {
                    let mut changed = Rows::default();
                    projection.apply(act, &mut changed)?;
                    if let Some(mistake) = changed.mistake {
                        return Err(Problem::Fault(mistake));
                    }
                    rows.push(changed);
                }
                if let Some((salt, data)) = &prepared.private {
                    let row = vec![(&act.stream).into(), act.version.into(), salt.into(), data.into()];
                    added.private.push(row);
                }
                if let Some(erased) = act.read::<PrivateErased>().map_err(Problem::fault)? {
                    if !(1..act.version).contains(&erased.version) {
                        return Err(Problem::not_found("act", format!("{}/{}", act.stream, erased.version)));
                    }
                    added.erased.push(vec![(&act.stream).into(), erased.version.into()]);
                }
                added.acts.push(vec![
                    next.into(),
                    (&act.stream).into(),
                    act.version.into(),
                    act.kind.as_str().into(),
                    at.into(),
                    envelope.into(),
                    act.prev.into(),
                    act.hash.into(),
                ]);
            }
            heads.insert(part.stream.clone(), head);
        }
        for job in &change.jobs {
            added.jobs.push(job_row(job, now)?);
        }
        for changed in rows {
            draft.net.add(changed)?;
        }
        draft.acts.append(&mut added.acts);
        draft.private.append(&mut added.private);
        draft.erased.append(&mut added.erased);
        draft.jobs.append(&mut added.jobs);
        self.heads.extend(heads);
        *position = next;
        Ok(())
    }

    async fn write(&mut self, tx: &mut Tx, draft: Draft) -> Result<(), Failure> {
        let statements = &mut self.statements;
        statements.run(tx, &ACTS, &Form::Insert, draft.acts).await?;
        statements.run(tx, &PRIVATE, &Form::Insert, draft.private).await?;
        statements.run(tx, &PRIVATE, &Form::Delete, draft.erased).await?;
        statements.run(tx, &JOBS, &Form::InsertMissing, draft.jobs).await?;
        statements.write(tx, draft.net).await
    }
}

/// A failed transaction, and whether trying the changes again can help.
struct Attempt {
    problem: Problem,
    again: bool,
}

impl From<Failure> for Attempt {
    fn from(failure: Failure) -> Attempt {
        let again = failure.may_be_one_change();
        Attempt { problem: failure.into(), again }
    }
}
impl From<Problem> for Attempt {
    fn from(problem: Problem) -> Attempt {
        Attempt { problem, again: false }
    }
}

fn unfit(why: &str) -> Problem {
    Problem::Unavailable { what: "database", why: why.to_owned() }
}

/// The last act of each of some streams.
fn heads_sql(kind: Kind, streams: usize) -> String {
    let marks: Vec<String> = (1..=streams).map(|n| format!("({})", kind.mark(n))).collect();
    format!(
        "SELECT a.stream, a.version, a.at, a.hash FROM (VALUES {}) AS v JOIN acts a ON a.stream = v.column1 \
         AND a.version = (SELECT MAX(b.version) FROM acts b WHERE b.stream = v.column1)",
        marks.join(", ")
    )
}

fn check_expected(part: &PreparedPart, found: i64) -> Result<(), Problem> {
    let expected = match part.expected {
        Expected::Any => return Ok(()),
        Expected::New => 0,
        Expected::At(version) => version,
    };
    if expected == found {
        return Ok(());
    }
    Err(Problem::Conflict { stream: part.stream.to_string(), expected, found })
}

fn job_row(job: &JobDraft, now: Timestamp) -> Result<Vec<Value>, Problem> {
    let payload = canon::to_string(&job.payload).map_err(Problem::fault)?;
    let due = job.run_at.unwrap_or(now);
    Ok(vec![
        job.kind.into(),
        job.key.as_str().into(),
        payload.into(),
        "waiting".into(),
        Value::Int(0),
        due.into(),
        now.into(),
    ])
}

/// Answers a batch that was recorded, but for the changes that were refused.
fn answer(waiting: Vec<Submission>, refused: Vec<Option<Problem>>) {
    for (submission, refused) in waiting.into_iter().zip(refused) {
        let outcome = match refused {
            Some(problem) => Err(problem),
            None => Ok(submission.change.into_receipt()),
        };
        // A caller that stopped waiting misses only the answer.
        let _ = submission.answer.send(outcome);
    }
}

/// Answers a batch of which nothing was recorded.
fn fail(waiting: Vec<Submission>, problem: &Problem) {
    for submission in waiting {
        let copy = match problem {
            Problem::Unavailable { what, why } => Problem::Unavailable { what, why: why.clone() },
            other => Problem::Fault(other.to_string()),
        };
        let _ = submission.answer.send(Err(copy));
    }
}
