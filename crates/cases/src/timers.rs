//! What the program does by itself: it notes deadlines that have passed, and does the steps that belong to it.

use crate::{Cases, load::stream};
use async_trait::async_trait;
use journal::{JobDraft, JobError, Worker};
use kernel::{CaseId, Ctx, Problem, Timestamp, id::RequestId};
use procedure::{Command, Status, StepKind};
use serde_json::{Value, json};

const DEADLINE: &str = "case-deadline";
const PROGRAM_STEP: &str = "case-program-step";
/// The duties under which the program acts.
const TIMER: &str = "timer";
const PUBLISHER: &str = "publisher";
/// How often a move is tried again when somebody else moves the case at the same moment.
const TRIES: u32 = 5;

/// Notes deadlines that have passed: closes ballots and rounds of opinions, tells the superior.
pub(crate) struct Deadlines(pub Cases);
/// Does the steps that belong to the program: putting documents on the public site.
pub(crate) struct ProgramSteps(pub Cases);

/// The job that looks at a case when a deadline has passed.
pub(crate) fn deadline(case: &CaseId, version: i64, due: Timestamp) -> JobDraft {
    JobDraft::new(DEADLINE, format!("{case}/{version}"), json!({ "case": case })).at(due.plus_seconds(1))
}

/// The job that does a step of the program.
pub(crate) fn program_step(case: &CaseId, version: i64) -> JobDraft {
    JobDraft::new(PROGRAM_STEP, format!("{case}/{version}"), json!({ "case": case }))
}

/// The case that a job is about.
pub(crate) fn case_of(payload: &Value) -> Result<CaseId, JobError> {
    let id = payload.get("case").and_then(Value::as_str).unwrap_or_default();
    CaseId::new(id).map_err(|why| JobError::Hopeless(why.to_string()))
}

impl Cases {
    /// The context in which the program acts under a duty.
    pub(crate) fn program(&self, duty: &'static str) -> Ctx {
        let (clock, entropy) = (self.journal.clock(), self.journal.entropy());
        Ctx::system(duty, clock.now(), RequestId::mint(clock, entropy))
    }

    /// Notes a deadline of a case that has passed; does nothing when none has.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; storage.
    pub async fn tick(&self, id: &CaseId) -> Result<(), Problem> {
        let ctx = self.program(TIMER);
        for _ in 0..TRIES {
            let loaded = self.load(&ctx, id).await?;
            // A case that has ended has no deadlines any more; the jobs of its earlier ones still come.
            if loaded.state.status != Status::Open {
                return Ok(());
            }
            if self.advance(&ctx, &loaded, &Command::Tick).await?.is_empty() {
                return Ok(());
            }
            match self.command(&ctx, id, loaded.version, Command::Tick, "").await {
                Err(Problem::Conflict { .. }) => {}
                other => return other.map(drop),
            }
        }
        Err(Problem::Unavailable { what: "case", why: format!("{} moved {TRIES} times", stream(id)) })
    }

    async fn publish_step(&self, id: &CaseId) -> Result<(), Problem> {
        let ctx = self.program(PUBLISHER);
        let loaded = self.load(&ctx, id).await?;
        let step = loaded.procedure.step(&loaded.state.step);
        let mine = loaded.state.seats.iter().any(|seat| *seat == format!("system:{PUBLISHER}"));
        let Some(key) = step.filter(|s| s.kind == StepKind::Publish && mine).and_then(|s| s.document.clone()) else {
            return Ok(());
        };
        self.publish(&ctx, id, loaded.version, &key, "").await.map(drop)
    }
}

#[async_trait]
impl Worker for Deadlines {
    fn kind(&self) -> &'static str {
        DEADLINE
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        Ok(self.0.tick(&case_of(payload)?).await?)
    }
}

#[async_trait]
impl Worker for ProgramSteps {
    fn kind(&self) -> &'static str {
        PROGRAM_STEP
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        Ok(self.0.publish_step(&case_of(payload)?).await?)
    }
}
