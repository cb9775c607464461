//! Sub-cases: a step that opens another case does so in its own change; the other case's end is brought to it by a job.
//!
//! The program opens the sub-case, under the duty `subcases`: the procedure that somebody had the right to move forward
//! has ordered it. Its grade is at least that of the case that opens it. What links the two stands in both streams.

use crate::{
    Cases,
    change::Moved,
    effects,
    load::{Loaded, stream},
    timers::case_of,
};
use async_trait::async_trait;
use journal::{Change, JobDraft, JobError, Worker};
use kernel::{CaseId, Ctx, Problem};
use procedure::{
    Command, Event, Status, Text,
    command::SUBCASES,
    event::{Parent, SubcaseRequested},
    model::Outcome,
};
use serde::Serialize;
use serde_json::{Value, json};

const JOB: &str = "subcase-closed";
/// How often the end of a sub-case is tried again when somebody moves the case that opened it at the same moment.
const TRIES: u32 = 5;
/// How deep cases may open cases in one move.
const MAX_DEPTH: u32 = 4;

/// A case that belongs to another: above or below it. Only for those who may know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// Which.
    pub case: CaseId,
    /// Its title.
    pub title: String,
    /// The name of its procedure.
    pub procedure: Text,
    /// Whether it is open.
    pub status: Status,
    /// The step at which it stands.
    pub step: Text,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// Brings the ends of sub-cases to the cases that opened them.
pub(crate) struct Ends(pub Cases);

/// The job that brings the end of a case to the one that opened it.
pub(crate) fn job(case: &CaseId) -> JobDraft {
    JobDraft::new(JOB, case.as_str(), json!({ "case": case }))
}

#[async_trait]
impl Worker for Ends {
    fn kind(&self) -> &'static str {
        JOB
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        Ok(self.0.bring_end(&case_of(payload)?).await?)
    }
}

impl Cases {
    /// Names the cases that a move opens, and adds their opening to its change.
    pub(crate) async fn open_subcases(&self, loaded: &Loaded, moved: &mut Moved) -> Result<(), Problem> {
        let grade = match moved.events.first() {
            Some(Event::Opened(opened)) => opened.grade,
            _ => loaded.state.grade,
        };
        let mut beside = Change::new();
        for event in &mut moved.events {
            let Event::SubcaseRequested(asked) = event else { continue };
            let id = CaseId::mint(self.journal.clock(), self.journal.entropy());
            asked.case = Some(id.clone());
            let parent = Parent { case: loaded.id.clone(), step: asked.step.clone() };
            beside = beside.and(Box::pin(self.opening(id, asked, grade, parent, 1)).await?);
        }
        moved.beside = std::mem::take(&mut moved.beside).and(beside);
        Ok(())
    }

    /// The change that opens a sub-case, and those that it opens in turn.
    async fn opening(
        &self,
        id: CaseId,
        asked: &SubcaseRequested,
        grade: kernel::Grade,
        parent: Parent,
        depth: u32,
    ) -> Result<Change, Problem> {
        let today = self.journal.clock().now().day();
        let procedure = self.catalogue().valid_on(&asked.procedure, today).cloned();
        let unavailable = || Problem::refused("case-subcase-unavailable").arg("procedure", &asked.procedure);
        let procedure = procedure.filter(|_| depth <= MAX_DEPTH).ok_or_else(unavailable)?;
        let child = Loaded::unborn(id, procedure);
        let command = Command::OpenSubcase { title: asked.title.clone(), grade, fields: asked.fields.clone(), parent };
        let ctx = self.program(SUBCASES);
        let events = self.advance(&ctx, &child, &command).await?;
        let mut moved = Moved { events, ..Moved::default() };
        let mut below = Change::new();
        for event in &mut moved.events {
            let Event::SubcaseRequested(next) = event else { continue };
            let id = CaseId::mint(self.journal.clock(), self.journal.entropy());
            next.case = Some(id.clone());
            let parent = Parent { case: child.id.clone(), step: next.step.clone() };
            below = below.and(Box::pin(self.opening(id, next, grade, parent, depth + 1)).await?);
        }
        effects::declared(&mut moved)?;
        let (change, _) = self.change(&child, moved, None).await?;
        Ok(change.by_program(SUBCASES).and(below))
    }

    /// Tells the case that opened this one how it ended. A case that has ended itself is not told any more.
    async fn bring_end(&self, id: &CaseId) -> Result<(), Problem> {
        let ctx = self.program(SUBCASES);
        let child = self.load(&ctx, id).await?;
        let (Some(parent), Some(outcome)) = (child.state.parent.clone(), child.state.outcome) else { return Ok(()) };
        for _ in 0..TRIES {
            let above = self.load(&ctx, &parent.case).await?;
            if above.state.status != Status::Open {
                return Ok(());
            }
            let command = Command::SubcaseClosed { case: id.clone(), outcome };
            match self.command(&ctx, &parent.case, above.version, command, "").await {
                Err(Problem::Conflict { .. }) => {}
                other => return other.map(drop),
            }
        }
        Err(Problem::Unavailable { what: "case", why: format!("{} moved {TRIES} times", stream(&parent.case)) })
    }

    /// The case that opened this one, and those that it opened, as far as the person may know of them.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when there is no such case or the person need not know of it.
    pub async fn related(&self, ctx: &Ctx, id: &CaseId) -> Result<(Option<Related>, Vec<Related>), Problem> {
        let loaded = self.load(ctx, id).await?;
        let above = match &loaded.state.parent {
            Some(parent) => self.related_one(ctx, &parent.case).await?,
            None => None,
        };
        let mut below = Vec::new();
        for case in loaded.state.subcases.iter().filter_map(|subcase| subcase.case.as_ref()) {
            below.extend(self.related_one(ctx, case).await?);
        }
        Ok((above, below))
    }

    async fn related_one(&self, ctx: &Ctx, id: &CaseId) -> Result<Option<Related>, Problem> {
        let loaded = match self.load(ctx, id).await {
            Ok(loaded) => loaded,
            Err(Problem::NotFound { .. }) => return Ok(None),
            Err(other) => return Err(other),
        };
        let step = loaded.procedure.step(&loaded.state.step);
        Ok(Some(Related {
            case: id.clone(),
            title: loaded.state.title.clone(),
            procedure: loaded.procedure.title.clone(),
            status: loaded.state.status,
            step: step.map(|step| step.title.clone()).unwrap_or_default(),
            outcome: loaded.state.outcome,
        }))
    }
}
