//! What is to be done now, by whom, until when; and how far a case has come.

use crate::{
    model::{BodyRef, Owner, Procedure, Step, StepKind, Text},
    state::{CaseState, DocumentStage, Status},
};
use kernel::{Actor, BodyId, Timestamp};
use serde::Serialize;

/// One open task (việc) of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    /// The step.
    pub step: String,
    /// The step's name.
    pub title: Text,
    /// What is to be done.
    pub todo: Text,
    /// What kind of task.
    pub kind: TaskKind,
    /// Whoever may do it: `position@body`, `person:<id>`; any one of them.
    pub seats: Vec<String>,
    /// Until when.
    pub due: Option<Timestamp>,
    /// The deadline has passed and was recorded.
    pub overdue: bool,
}

/// What kind of task; says which command does it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// `Complete` (with `Fill` and `AttachDocument` before it).
    Work,
    /// `GiveOpinion` for this body.
    Opinion(BodyId),
    /// `CastBallot`.
    Ballot,
    /// `RecordVote`.
    Vote,
    /// `Sign` this document.
    Sign(String),
    /// `Issue` this document.
    Issue(String),
    /// `Publish` this document.
    Publish(String),
    /// Waiting for another case; its people have the tasks.
    Subcase,
}

/// One thing that this actor may do with the case now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Possible {
    /// What.
    pub action: Action,
    /// It binds the person: the second factor is asked for with it (ballot, signature, seal).
    pub fresh: bool,
}

/// What an actor may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Finish the step; see the step for form and outcomes. Documents may still be missing, see [`missing_documents`].
    Complete,
    /// Write or attach the document with this key.
    Attach(String),
    /// Give the opinion of this body.
    GiveOpinion(BodyId),
    /// Answer the ballot.
    CastBallot,
    /// Enter the count.
    RecordVote,
    /// Sign this document.
    Sign(String),
    /// Number and seal this document.
    Issue(String),
    /// Publish this document.
    Publish(String),
    /// Return to this step.
    Return(String),
}

/// How far a case has come: every step in the order of reading.
pub type Progress = Vec<Waypoint>;

/// One step as seen from where the case stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waypoint {
    /// The step.
    pub step: String,
    /// Its name.
    pub title: Text,
    /// What kind of step.
    pub kind: StepKind,
    /// Done, here, or still to come.
    pub place: Place,
    /// When the case last came to it.
    pub entered: Option<Timestamp>,
    /// When it last went on from it.
    pub left: Option<Timestamp>,
    /// How often the case has been here.
    pub visits: usize,
}

/// Where a step lies, seen from where the case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Behind the case.
    Done,
    /// The case is here.
    Here,
    /// The case may still come here.
    Next,
    /// The case went, or can only go, another way.
    Skipped,
}

/// The open tasks of a case; none when it is not open.
pub fn open_tasks(procedure: &Procedure, state: &CaseState) -> Vec<Task> {
    let (Status::Open, Some(step)) = (state.status, procedure.step(&state.step)) else { return Vec::new() };
    let task = |kind: TaskKind, seats: Vec<String>| Task {
        step: step.key.clone(),
        title: step.title.clone(),
        todo: step.todo.clone(),
        kind,
        seats,
        due: state.due,
        overdue: state.overdue,
    };
    let own = |kind| vec![task(kind, state.seats.clone())];
    let document = || step.document.clone().unwrap_or_default();
    match step.kind {
        StepKind::Work => own(TaskKind::Work),
        StepKind::Vote => own(TaskKind::Vote),
        StepKind::Sign => own(TaskKind::Sign(document())),
        StepKind::Issue => own(TaskKind::Issue(document())),
        StepKind::Publish => own(TaskKind::Publish(document())),
        StepKind::Subcase => own(TaskKind::Subcase),
        StepKind::Opinion => {
            let missing = unanswered(step, state);
            missing.map(|body| task(TaskKind::Opinion(body.clone()), opinion_seats(step, body))).collect()
        }
        StepKind::Ballot => {
            let Some(ballot) = state.ballots.get(&step.key) else { return Vec::new() };
            let missing = ballot.members.iter().filter(|member| !ballot.cast.contains_key(member));
            missing.map(|member| task(TaskKind::Ballot, vec![format!("person:{member}")])).collect()
        }
        StepKind::End => Vec::new(),
    }
}

/// Every seat that owns an open task, each once and sorted: the `holders` that the policies ask for. Those who may
/// return the case from an opinion step own it too.
pub fn holders(procedure: &Procedure, state: &CaseState) -> Vec<String> {
    let mut seats: Vec<String> = open_tasks(procedure, state).into_iter().flat_map(|task| task.seats).collect();
    if state.status == Status::Open {
        seats.extend(state.seats.iter().cloned());
    }
    seats.sort_unstable();
    seats.dedup();
    seats
}

/// The seats as which this actor could open a case: those that own the first step, or that would own it once the opening
/// form names their body or the actor. Empty when the actor can open none.
pub fn opening_seats(procedure: &Procedure, actor: &Actor) -> Vec<String> {
    let owners = &procedure.first_step().owners;
    let fits = |seat: &str| {
        owners.iter().any(|owner| match owner {
            Owner::Position { position, body: BodyRef::Code(body) } => seat == format!("{position}@{body}"),
            Owner::Position { position, body: BodyRef::Field(_) } => {
                seat.split_once('@').is_some_and(|(held, _)| held == position)
            }
            Owner::Person { .. } => seat.starts_with("person:"),
            Owner::System { duty } => seat == format!("system:{duty}"),
        })
    };
    seats_of(actor).into_iter().filter(|seat| fits(seat)).collect()
}

/// What this actor may do with the case now, by the procedure; the policies have the last word.
pub fn possible(procedure: &Procedure, state: &CaseState, actor: &Actor) -> Vec<Possible> {
    let Some(step) = procedure.step(&state.step) else { return Vec::new() };
    let seats = seats_of(actor);
    let mine = |wanted: &[String]| wanted.iter().any(|seat| seats.contains(seat));
    let mut out = Vec::new();
    let mut add = |action: Action| {
        let fresh = matches!(action, Action::CastBallot | Action::Sign(_) | Action::Issue(_));
        out.push(Possible { action, fresh });
    };
    for task in open_tasks(procedure, state).into_iter().filter(|task| mine(&task.seats)) {
        match task.kind {
            TaskKind::Work => {
                step.writes.iter().cloned().for_each(|key| add(Action::Attach(key)));
                add(Action::Complete);
            }
            TaskKind::Opinion(body) => add(Action::GiveOpinion(body)),
            TaskKind::Ballot => add(Action::CastBallot),
            TaskKind::Vote => add(Action::RecordVote),
            TaskKind::Sign(key) => add(Action::Sign(key)),
            TaskKind::Issue(key) => add(Action::Issue(key)),
            TaskKind::Publish(key) => add(Action::Publish(key)),
            TaskKind::Subcase => {}
        }
    }
    if state.status == Status::Open
        && (mine(&state.seats) || open_tasks(procedure, state).iter().any(|t| mine(&t.seats)))
        && step.kind != StepKind::Ballot
    {
        step.returns.iter().cloned().for_each(|key| add(Action::Return(key)));
    }
    out
}

/// The keys of documents that must be there before the present step can be finished, and are not.
pub fn missing_documents(procedure: &Procedure, state: &CaseState) -> Vec<String> {
    let needs = procedure.step(&state.step).map(|step| step.needs.as_slice()).unwrap_or_default();
    needs.iter().filter(|key| !state.documents.contains_key(*key)).cloned().collect()
}

/// How far the case has come.
pub fn progress(procedure: &Procedure, state: &CaseState) -> Progress {
    let here = procedure.steps.iter().position(|step| step.key == state.step);
    let reachable = here.map(|at| crate::check::reachable_from(procedure, at)).unwrap_or_default();
    let waypoint = |(at, step): (usize, &Step)| {
        let visits: Vec<_> = state.visits.iter().filter(|visit| visit.step == step.key).collect();
        let place = match here {
            Some(here) if at == here && state.status == Status::Open => Place::Here,
            Some(here) if at == here => Place::Done,
            Some(here) if at > here => {
                if state.status == Status::Open && reachable.contains(&at) {
                    Place::Next
                } else {
                    Place::Skipped
                }
            }
            _ if visits.is_empty() => Place::Skipped,
            _ => Place::Done,
        };
        Waypoint {
            step: step.key.clone(),
            title: step.title.clone(),
            kind: step.kind,
            place,
            entered: visits.last().map(|visit| visit.entered),
            left: visits.last().and_then(|visit| visit.left),
            visits: visits.len(),
        }
    };
    procedure.steps.iter().enumerate().map(waypoint).collect()
}

/// Whether the document can still be written at the present step.
pub fn may_write(procedure: &Procedure, state: &CaseState, key: &str) -> bool {
    state.status == Status::Open
        && procedure.step(&state.step).is_some_and(|step| step.writes.iter().any(|k| k == key))
        && state.documents.get(key).is_none_or(|document| document.stage <= DocumentStage::Final)
}

/// The asked bodies that have not answered yet.
pub(crate) fn unanswered<'a>(step: &Step, state: &'a CaseState) -> impl Iterator<Item = &'a BodyId> {
    let given = state.opinions.get(&step.key);
    state.asked.iter().filter(move |body| given.is_none_or(|given| !given.contains_key(*body)))
}

/// The seats that may answer for a body.
pub(crate) fn opinion_seats(step: &Step, body: &BodyId) -> Vec<String> {
    let positions = step.opinion.iter().flat_map(|spec| &spec.positions);
    positions.map(|position| format!("{position}@{body}")).collect()
}

/// Every seat of an actor: positions and `person:<id>`, or `system:<duty>`.
pub fn seats_of(actor: &Actor) -> Vec<String> {
    match actor {
        Actor::Public => Vec::new(),
        Actor::System(duty) => vec![format!("system:{duty}")],
        // Whoever acts for another does so under the seat that was handed over, and no other.
        Actor::Person(kernel::Person { acting_for: Some(handed), .. }) => vec![handed.seat.clone()],
        Actor::Person(person) => person.positions.iter().cloned().chain([format!("person:{}", person.id)]).collect(),
    }
}
