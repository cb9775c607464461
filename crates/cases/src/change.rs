//! From the engine's events to one change in the journal.

use crate::{
    Cases,
    acts::{Move, TaskLine},
    load::{Loaded, access_of, case_resource, stream, task_lines},
    minutes, notices, subcases, timers, workload,
};
use directory::Effect;
use journal::{Change, Expected, JobDraft};
use kernel::{ActDraft, Ctx, Digest, DocumentId, Problem};
use procedure::{CaseState, Event, Procedure, StepKind};
use serde_json::Value;
use std::sync::Arc;

/// A move, worked out and not recorded yet.
#[derive(Default)]
pub(crate) struct Moved {
    /// What the engine answered.
    pub events: Vec<Event>,
    /// What goes with it in other streams.
    pub beside: Change,
    /// Further fields of a ballot's act.
    pub proof: Option<Value>,
    /// The document that was made or changed.
    pub document: Option<DocumentId>,
    /// The number that was given.
    pub number: Option<String>,
    /// The version of the procedure under which the case goes on, when the move changes it.
    pub procedure: Option<Arc<Procedure>>,
    /// Effects that the program carries out.
    pub effects: Vec<(String, Effect)>,
    /// The next move is recorded in the same change, so that nobody waits for the deadline of a step in between.
    pub passing: bool,
}

/// SHA-256 over who sent the form and its token.
pub(crate) fn token_of(ctx: &Ctx, token: &str) -> Option<String> {
    let who = kernel::ActorRecord::of(ctx).who;
    let fine = !token.is_empty() && token.len() <= 200;
    fine.then(|| Digest::of(&[who.as_bytes(), b"\n", token.as_bytes()]).to_string())
}

impl Cases {
    /// One change: the events as acts on the case, documents and registers beside it, effects by the program, jobs.
    pub(crate) async fn change(
        &self,
        loaded: &Loaded,
        moved: Moved,
        token: Option<String>,
    ) -> Result<(Change, CaseState), Problem> {
        let mut state = loaded.state.clone();
        moved.events.iter().for_each(|event| state.apply(event));
        let under = moved.procedure.as_ref().unwrap_or(&loaded.procedure);
        let after = access_of(under, &state);
        let born = loaded.version == 0;
        // Nobody holds a case before it is opened: who opens it is whom its first step belongs to.
        let seen = if born { &after } else { &loaded.access };
        let resource = case_resource(&loaded.id, &loaded.procedure, seen);
        let grade = state.grade.max(loaded.state.grade);
        let draft = |event: &Event| ActDraft {
            kind: event.kind(),
            resource: resource.clone(),
            grade,
            body: event.body(),
            private: None,
            blobs: Vec::new(),
        };
        let mut acts: Vec<ActDraft> = moved.events.iter().map(draft).collect();
        if let Some(proof) = moved.proof {
            let cast = moved.events.iter().position(|event| matches!(event, Event::BallotCast(_)));
            let act = cast.and_then(|at| acts.get_mut(at));
            act.ok_or_else(|| Problem::fault("a ballot's proof without a ballot"))?.body["proof"] = proof;
        }
        let (before, now) = (task_lines(&loaded.procedure, &loaded.state), task_lines(under, &state));
        let (begun, ended) = tasks_between(&before, &now);
        let stood = workload::standing(&loaded.state, &loaded.access, &before);
        let figures = workload::figures(under, &loaded.state, stood, &state, workload::standing(&state, &after, &now));
        let last = Move {
            access: (born || after != loaded.access).then(|| after.clone()),
            tasks_begun: begun,
            tasks_ended: ended,
            token,
            document: moved.document,
            number: moved.number,
            work: born.then(|| loaded.procedure.field.code().to_owned()),
            figures,
        };
        // It stands on the very last act, so that what it says holds from there on.
        let last = serde_json::to_value(last).map_err(Problem::fault)?;
        if let (Some(act), true) = (acts.last_mut(), moved.effects.is_empty()) {
            act.body[Move::KEY] = last.clone();
        }
        let expected = if born { Expected::New } else { Expected::At(loaded.version) };
        let recorded = i64::try_from(acts.len()).map_err(Problem::fault)?;
        let change = acts.into_iter().fold(Change::new().on(stream(&loaded.id), expected), Change::act);
        let mut change = change.and(moved.beside);
        if !moved.effects.is_empty() {
            change = change.and(self.effects(loaded, &state, &resource, &moved.effects, last).await?);
        }
        let version = loaded.version + recorded;
        let mut change = follow_ups(change, loaded, &state, &moved.events, version, moved.passing);
        for (_, kind) in self.followers.iter().filter(|(procedure, _)| *procedure == loaded.procedure.id) {
            let payload = serde_json::json!({ "case": loaded.id });
            change = change.job(JobDraft::new(kind, format!("{}/{version}", loaded.id), payload));
        }
        Ok((change, state))
    }
}

/// The jobs that follow from the events.
fn follow_ups(
    mut change: Change,
    loaded: &Loaded,
    state: &CaseState,
    events: &[Event],
    version: i64,
    passing: bool,
) -> Change {
    for event in events {
        match event {
            Event::StepEntered(entered) => {
                if let (Some(due), false) = (entered.due, passing) {
                    change = change.job(timers::deadline(&loaded.id, version, due));
                    change = change.job(notices::first(&loaded.id, &entered.step, entered.at, due));
                }
                let program = entered.seats.iter().any(|seat| seat.starts_with("system:"));
                let here = state.step == entered.step;
                let kind = loaded.procedure.step(&entered.step).map(|step| step.kind);
                if program && here && kind == Some(StepKind::Publish) {
                    change = change.job(timers::program_step(&loaded.id, version));
                }
            }
            Event::ProcedureChanged(changed) => {
                if let Some(due) = changed.due {
                    change = change.job(timers::deadline(&loaded.id, version, due));
                }
            }
            Event::Closed(_) if state.parent.is_some() => change = change.job(subcases::job(&loaded.id)),
            Event::BallotClosed(closed) => change = change.job(minutes::job(&loaded.id, &closed.step, version)),
            _ => {}
        }
    }
    change
}

/// Tasks that begin and those that end between two states.
fn tasks_between(before: &[TaskLine], after: &[TaskLine]) -> (Vec<TaskLine>, Vec<(String, String)>) {
    let same_place = |a: &TaskLine, b: &TaskLine| a.step == b.step && a.seat == b.seat;
    let begun = after.iter().filter(|task| !before.contains(task)).cloned().collect();
    let ended = before
        .iter()
        .filter(|task| !after.iter().any(|other| same_place(task, other)))
        .map(|task| (task.step.clone(), task.seat.clone()))
        .collect();
    (begun, ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Timestamp;

    fn task(step: &str, seat: &str, since: i64) -> TaskLine {
        TaskLine {
            step: step.into(),
            seat: seat.into(),
            kind: "work".into(),
            since: Timestamp::from_micros(since),
            due: None,
        }
    }

    #[test]
    fn a_task_begins_again_when_the_case_comes_back_to_its_step() {
        let (begun, ended) = tasks_between(&[task("a", "x", 1)], &[task("a", "x", 2)]);
        assert_eq!((begun.len(), ended.len()), (1, 0));
        let (begun, ended) = tasks_between(&[task("a", "x", 1), task("a", "y", 1)], &[task("a", "y", 1)]);
        assert_eq!((begun.len(), ended), (0, vec![("a".to_owned(), "x".to_owned())]));
    }
}
