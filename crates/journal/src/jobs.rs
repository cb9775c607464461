//! Jobs: work that follows from acts (render, notify, send), enqueued in the transaction of the acts.
//!
//! A job is run at least once. It is leased to one server at a time, retried with growing pauses, and dead after its
//! worker's number of attempts, with the last error kept for the operator.

use crate::{Journal, engine::Engine, journal::Inner, reader::Row, seal::stopped};
use async_trait::async_trait;
use kernel::{Problem, Timestamp};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Runs the jobs of one kind.
#[async_trait]
pub trait Worker: Send + Sync {
    /// The kind of job.
    fn kind(&self) -> &'static str;
    /// After how many failed attempts a job is dead.
    fn max_attempts(&self) -> i64 {
        8
    }
    /// How long a run may take before another server may take the job over. The run is cut off then.
    fn lease(&self) -> Duration {
        Duration::from_secs(120)
    }
    /// Does the work. It may run again after it succeeded (the server died before noting it), so it must be harmless
    /// when repeated: commit with `Expected::At`, or check first whether the result is there.
    async fn run(&self, payload: &Value) -> Result<(), JobError>;
}

/// Why a job did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// It may succeed later.
    #[error("{0}")]
    Retry(String),
    /// It can never succeed; it is dead at once.
    #[error("{0}")]
    Hopeless(String),
}

impl From<kernel::Problem> for JobError {
    fn from(problem: kernel::Problem) -> JobError {
        JobError::Retry(problem.to_string())
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Waiting for its time, or for the next attempt.
    Waiting,
    /// Leased to a server.
    Running,
    /// Done.
    Done,
    /// Given up.
    Dead,
}

/// A job as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRecord {
    /// The kind.
    pub kind: String,
    /// The idempotency key.
    pub key: String,
    /// What the worker gets.
    pub payload: Value,
    /// Where it stands.
    pub state: JobState,
    /// Attempts begun.
    pub attempts: i64,
    /// When the next attempt is due, or the lease ends.
    pub due: Timestamp,
    /// When it was enqueued.
    pub enqueued: Timestamp,
    /// What went wrong last.
    pub error: Option<String>,
}

impl JobState {
    fn text(self) -> &'static str {
        match self {
            JobState::Waiting => "waiting",
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Dead => "dead",
        }
    }
    fn of(text: &str) -> Result<JobState, Problem> {
        let all = [JobState::Waiting, JobState::Running, JobState::Done, JobState::Dead];
        all.into_iter()
            .find(|state| state.text() == text)
            .ok_or_else(|| Problem::fault(format!("{text:?} is no job state")))
    }
}

/// Jobs of one kind that one server runs side by side.
const SIDE_BY_SIDE: i64 = 4;
/// How often due jobs are looked for when no bell rings: those of other servers, and those whose time has come.
const LOOK: Duration = Duration::from_secs(1);
/// The pause after the first failed attempt; it doubles with each further one.
const FIRST_PAUSE_SECONDS: i64 = 5;
const LONGEST_PAUSE_SECONDS: i64 = 3600;
/// Longest error that is kept, in characters.
const MOST_ERROR: usize = 2000;

/// A leased job.
struct Leased {
    kind: String,
    key: String,
    payload: Value,
    attempts: i64,
}

/// Runs due jobs until told to stop.
pub(crate) async fn run(journal: &Journal, workers: &[Arc<dyn Worker>], mut shutdown: watch::Receiver<bool>) {
    loop {
        // Listening begins before looking, so that a bell in between is heard.
        let bell = journal.inner.jobs_bell.notified();
        let pause = match round(&journal.inner, workers).await {
            Ok(0) => LOOK,
            Ok(_) => Duration::ZERO,
            Err(problem) => {
                tracing::warn!(%problem, "jobs could not be looked for");
                LOOK * 5
            }
        };
        if *shutdown.borrow() || shutdown.has_changed().is_err() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = bell => {}
            () = stopped(&mut shutdown) => return,
        }
    }
}

/// Runs what is due, and what that enqueues, until nothing is due.
pub(crate) async fn run_due(inner: &Arc<Inner>, workers: &[Arc<dyn Worker>]) -> Result<u64, Problem> {
    let mut ran = 0;
    loop {
        match round(inner, workers).await? {
            0 => return Ok(ran),
            more => ran += more,
        }
    }
}

/// Leases and runs at most a handful of jobs of each kind.
async fn round(inner: &Arc<Inner>, workers: &[Arc<dyn Worker>]) -> Result<u64, Problem> {
    let mut running = tokio::task::JoinSet::new();
    for worker in workers {
        for job in lease(inner, &**worker).await? {
            let (inner, worker) = (inner.clone(), worker.clone());
            running.spawn(async move { run_one(&inner, worker, job).await });
        }
    }
    let mut ran = 0;
    while let Some(outcome) = running.join_next().await {
        ran += 1;
        outcome.map_err(Problem::fault)??;
    }
    Ok(ran)
}

/// Takes due jobs of a worker's kind; nobody else gets them until their lease ends.
async fn lease(inner: &Inner, worker: &dyn Worker) -> Result<Vec<Leased>, Problem> {
    let now = inner.clock.now();
    // A look that locks nothing: mostly there is nothing to do.
    let due = "SELECT 1 AS due FROM jobs WHERE state IN ('waiting', 'running') AND due <= $1 AND kind = $2 LIMIT 1";
    if inner.engine.read_row(due, &[now.into(), worker.kind().into()]).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = inner.engine.begin().await?;
    let sql = format!(
        "UPDATE jobs SET state = 'running', attempts = attempts + 1, due = $1 WHERE (kind, job_key) IN (\
         SELECT kind, job_key FROM jobs WHERE state = $2 AND kind = $3 AND due <= $4 ORDER BY due LIMIT $5{}) \
         RETURNING kind, job_key, payload, attempts",
        tx.kind().skip_locked()
    );
    let until = now.plus_seconds(i64::try_from(worker.lease().as_secs()).unwrap_or(i64::MAX));
    let mut rows = Vec::new();
    // Those whose lease ended first, since somebody died over them. One state at a time lies in its order in the index,
    // so that leasing costs the same however many are due.
    for state in [JobState::Running, JobState::Waiting] {
        let left = SIDE_BY_SIDE - i64::try_from(rows.len()).map_err(Problem::fault)?;
        if left > 0 {
            let these = [until.into(), state.text().into(), worker.kind().into(), now.into(), left.into()];
            rows.extend(tx.rows(sql.as_str(), &these).await?);
        }
    }
    tx.commit().await?;
    let leased = |row: &Row| {
        Ok(Leased {
            kind: row.text("kind")?.to_owned(),
            key: row.text("job_key")?.to_owned(),
            payload: serde_json::from_str(row.text("payload")?).map_err(Problem::fault)?,
            attempts: row.int("attempts")?,
        })
    };
    rows.iter().map(leased).collect()
}

/// Runs a leased job and notes the outcome.
async fn run_one(inner: &Inner, worker: Arc<dyn Worker>, job: Leased) -> Result<(), Problem> {
    let most = worker.max_attempts().max(1);
    let outcome = if job.attempts > most {
        Err(JobError::Hopeless(format!("its lease ended {} times before it was done", job.attempts - 1)))
    } else {
        let (lease, payload) = (worker.lease(), job.payload.clone());
        // In a task of its own, so that a panic is an error of this job only.
        let task = tokio::spawn(async move { tokio::time::timeout(lease, worker.run(&payload)).await });
        match task.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(JobError::Retry(format!("it took longer than its lease of {} s", lease.as_secs()))),
            Err(panic) => Err(JobError::Retry(format!("the worker broke: {panic}"))),
        }
    };
    let now = inner.clock.now();
    let (state, due, error) = match outcome {
        Ok(()) => (JobState::Done, now, None),
        Err(JobError::Retry(why)) if job.attempts < most => {
            let pause = FIRST_PAUSE_SECONDS << (job.attempts - 1).clamp(0, 20);
            (JobState::Waiting, now.plus_seconds(pause.min(LONGEST_PAUSE_SECONDS)), Some(why))
        }
        Err(JobError::Retry(why) | JobError::Hopeless(why)) => (JobState::Dead, now, Some(why)),
    };
    if let Some(why) = &error {
        tracing::warn!(
            kind = job.kind,
            key = job.key,
            attempts = job.attempts,
            state = state.text(),
            why,
            "a job failed"
        );
    }
    let error: Option<String> = error.map(|why| why.replace('\0', " ").chars().take(MOST_ERROR).collect());
    let mut tx = inner.engine.begin().await?;
    // Only for the lease's holder: a job that was taken over meanwhile is the other's.
    let sql = "UPDATE jobs SET state = $1, due = $2, error = $3 \
               WHERE kind = $4 AND job_key = $5 AND state = 'running' AND attempts = $6";
    let note = [state.text().into(), due.into(), error.into(), job.kind.into(), job.key.into(), job.attempts.into()];
    tx.execute(sql, &note).await?;
    tx.commit().await?;
    Ok(())
}

/// Jobs in a state, oldest first.
pub(crate) async fn list(engine: &Engine, state: JobState, limit: i64) -> Result<Vec<JobRecord>, Problem> {
    let sql = "SELECT kind, job_key, payload, state, attempts, due, enqueued, error FROM jobs WHERE state = $1 \
               ORDER BY due, kind, job_key LIMIT $2";
    let record = |row: &Row| {
        Ok(JobRecord {
            kind: row.text("kind")?.to_owned(),
            key: row.text("job_key")?.to_owned(),
            payload: serde_json::from_str(row.text("payload")?).map_err(Problem::fault)?,
            state: JobState::of(row.text("state")?)?,
            attempts: row.int("attempts")?,
            due: row.time("due")?,
            enqueued: row.time("enqueued")?,
            error: row.opt_text("error")?.map(str::to_owned),
        })
    };
    engine.read_rows(sql, &[state.text().into(), limit.max(0).into()]).await?.iter().map(record).collect()
}

/// Gives a dead job another round of attempts.
pub(crate) async fn revive(inner: &Inner, kind: &str, key: &str) -> Result<bool, Problem> {
    let mut tx = inner.engine.begin().await?;
    let sql = "UPDATE jobs SET state = 'waiting', attempts = 0, due = $1 \
               WHERE kind = $2 AND job_key = $3 AND state = 'dead'";
    let revived = tx.execute(sql, &[inner.clock.now().into(), kind.into(), key.into()]).await?;
    tx.commit().await?;
    inner.jobs_bell.notify_waiters();
    Ok(revived > 0)
}
