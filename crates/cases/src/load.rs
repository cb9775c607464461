//! A case as it stands: the fold of its acts, with need-to-know checked.

use crate::{Cases, acts::TaskLine};
use journal::PrivateErased;
use kernel::ActBody as _;
use kernel::{Act, ActDraft, CaseId, Ctx, Problem, Resource, StreamId};
use procedure::{CaseState, Event, Procedure, TaskKind, open_tasks, tasks};
use records::Access;
use std::sync::Arc;

/// Acts read at once.
const PAGE: i64 = 500;

/// A case in hand.
#[derive(Clone)]
pub(crate) struct Loaded {
    pub id: CaseId,
    pub procedure: Arc<Procedure>,
    pub state: CaseState,
    /// The version of its stream; 0 before the opening.
    pub version: i64,
    /// Who takes part, as the state says.
    pub access: Access,
    /// Acts of its stream.
    pub acts: Vec<Act>,
}

pub(crate) fn stream(id: &CaseId) -> StreamId {
    StreamId::new("case", id)
}

/// Who takes part in a case in this state.
pub(crate) fn access_of(procedure: &Procedure, state: &CaseState) -> Access {
    Access {
        grade: state.grade,
        procedure: procedure.id.clone(),
        step: state.step.clone(),
        participants: state.participants.iter().cloned().collect(),
        bodies: state.bodies.iter().cloned().collect(),
        holders: tasks::holders(procedure, state),
        restricted: procedure.restricted,
    }
}

/// The open tasks, one line for each seat.
pub(crate) fn task_lines(procedure: &Procedure, state: &CaseState) -> Vec<TaskLine> {
    let since = state.entered_at.or(state.opened_at);
    let Some(since) = since else { return Vec::new() };
    let mut lines: Vec<TaskLine> = Vec::new();
    for task in open_tasks(procedure, state) {
        for seat in &task.seats {
            if lines.iter().any(|line| line.seat == *seat) {
                continue;
            }
            let kind = kind_code(&task.kind).to_owned();
            lines.push(TaskLine { step: task.step.clone(), seat: seat.clone(), kind, since, due: task.due });
        }
    }
    lines
}

fn kind_code(kind: &TaskKind) -> &'static str {
    match kind {
        TaskKind::Work => "work",
        TaskKind::Opinion(_) => "opinion",
        TaskKind::Ballot => "ballot",
        TaskKind::Vote => "vote",
        TaskKind::Sign(_) => "sign",
        TaskKind::Issue(_) => "issue",
        TaskKind::Publish(_) => "publish",
        TaskKind::Subcase => "subcase",
    }
}

/// A case as the policies see it.
pub(crate) fn case_resource(id: &CaseId, procedure: &Procedure, access: &Access) -> Resource {
    let mut attrs = access.attrs();
    attrs["field"] = procedure.field.code().into();
    Resource::new("Case", id.as_str(), attrs)
}

impl Loaded {
    /// A case that is about to be opened.
    pub fn unborn(id: CaseId, procedure: Arc<Procedure>) -> Loaded {
        let state = CaseState::new();
        let access = access_of(&procedure, &state);
        Loaded { id, procedure, state, version: 0, access, acts: Vec::new() }
    }
    /// The case as the policies see it before the move.
    pub fn resource(&self) -> Resource {
        case_resource(&self.id, &self.procedure, &self.access)
    }
    /// An act on the case, as it is before the move.
    pub fn act<B: kernel::ActBody>(&self, body: &B) -> ActDraft {
        ActDraft::new(self.resource(), body).graded(self.state.grade)
    }
    /// Takes further acts of the stream.
    fn follow(&mut self, acts: Vec<Act>) -> Result<(), Problem> {
        apply(&mut self.state, &acts)?;
        self.version = acts.last().map_or(self.version, |act| act.version);
        self.acts.extend(acts);
        self.access = access_of(&self.procedure, &self.state);
        Ok(())
    }
    /// What to answer when the case has moved on since the actor saw it.
    pub fn conflict(&self, expected: i64) -> Problem {
        Problem::Conflict { stream: stream(&self.id).to_string(), expected, found: self.version }
    }
}

impl Cases {
    /// The case, when the person may know of it.
    pub(crate) async fn load(&self, ctx: &Ctx, id: &CaseId) -> Result<Arc<Loaded>, Problem> {
        let missing = || Problem::not_found("case", id);
        let loaded = self.load_unchecked(id).await?.ok_or_else(missing)?;
        let allowed = self.journal.policies().decide(ctx, "view.case", &loaded.resource()).allowed;
        if allowed { Ok(loaded) } else { Err(missing()) }
    }

    /// The case as it stands now. What was read before is not read again: only acts behind it are, and must follow it.
    async fn load_unchecked(&self, id: &CaseId) -> Result<Option<Arc<Loaded>>, Problem> {
        let mark = self.journal.mark().await;
        if let Some((known, seen)) = self.recent.of(id) {
            if mark.is_some() && mark == seen {
                return Ok(Some(known));
            }
            let later = self.acts_behind(id, known.version).await?;
            let follows = |act: &Act| known.acts.last().is_some_and(|last| act.prev == last.hash);
            match later.first() {
                None => {
                    self.recent.saw(id, mark);
                    return Ok(Some(known));
                }
                Some(first) if follows(first) && !later.iter().any(|act| act.kind == PrivateErased::KIND) => {
                    let mut loaded = Loaded::clone(&known);
                    loaded.follow(later)?;
                    self.under_its_version(&mut loaded).await?;
                    return Ok(Some(self.recent.keep(loaded, mark)));
                }
                Some(_) => self.recent.forget(id),
            }
        }
        let acts = self.acts_behind(id, 0).await?;
        if acts.is_empty() {
            return Ok(None);
        }
        let mut state = CaseState::new();
        apply(&mut state, &acts)?;
        let reference = state.procedure.clone().ok_or_else(|| Problem::fault(format!("{id} has no procedure")))?;
        let procedure = self.version_of(&reference).await?;
        let procedure = procedure.ok_or_else(|| Problem::Unavailable {
            what: "procedure",
            why: format!("{reference}, under which {id} began, is not in the catalogue: put its file back"),
        })?;
        let mut loaded = Loaded::unborn(id.clone(), procedure);
        loaded.follow(acts)?;
        Ok(Some(self.recent.keep(loaded, mark)))
    }

    /// A case that was moved to another version goes on under that one.
    async fn under_its_version(&self, loaded: &mut Loaded) -> Result<(), Problem> {
        if let Some(now) = loaded.state.procedure.clone().filter(|now| *now != loaded.procedure.reference()) {
            let found = self.version_of(&now).await?;
            loaded.procedure = found.ok_or_else(|| Problem::fault(format!("{now} is not in the catalogue")))?;
            loaded.access = access_of(&loaded.procedure, &loaded.state);
        }
        Ok(())
    }

    async fn acts_behind(&self, id: &CaseId, version: i64) -> Result<Vec<Act>, Problem> {
        let mut acts: Vec<Act> = Vec::new();
        loop {
            let after = acts.last().map_or(version, |act| act.version);
            let page = self.journal.acts(&stream(id), after, PAGE).await?;
            let full = i64::try_from(page.len()).is_ok_and(|len| len == PAGE);
            acts.extend(page);
            if !full {
                return Ok(acts);
            }
        }
    }
}

fn apply(state: &mut CaseState, acts: &[Act]) -> Result<(), Problem> {
    for act in acts {
        if let Some(event) = Event::read(&act.kind, &act.body).map_err(Problem::fault)? {
            state.apply(&event);
        }
    }
    Ok(())
}
