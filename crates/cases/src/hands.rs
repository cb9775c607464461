//! Handing work around among those who share it: one of the clerks takes a task on, gives it to another, takes note.
//!
//! This changes neither who may do the task (the procedure says so) nor the case itself: it is written on the stream
//! `desk:<case>`, so that nobody's form comes too late because a colleague looked at the case.

use crate::{
    Cases,
    acts::{TaskAssigned, TaskSeen},
    load::{Loaded, stream, task_lines},
};
use directory::Position;
use journal::{Change, Expected};
use kernel::{ActBody, BodyId, CaseId, Ctx, PersonId, Problem, StreamId};
use procedure::tasks::seats_of;
use std::collections::BTreeMap;

/// Most characters of a note that goes with a task.
const MAX_NOTE: usize = 500;

/// Which task: what an inbox shows in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskKey {
    /// The case.
    pub case: CaseId,
    /// The step.
    pub step: String,
    /// The seat whose task it is: `clerk@vp-van-thu`.
    pub seat: String,
}

/// Who has taken a task on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hand {
    /// The step.
    pub step: String,
    /// The seat.
    pub seat: String,
    /// Who.
    pub person: PersonId,
    /// What the giver said with it.
    pub note: String,
}

/// Somebody who shares a seat with the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    /// Who.
    pub person: PersonId,
    /// Full name.
    pub name: String,
}

impl Cases {
    /// Gives a task to one of those who share its seat; to oneself: takes it on.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `task-gone`, `task-not-yours`, `task-personal`, `task-not-a-colleague`,
    /// `task-colleague-not-cleared`; [`Problem::Invalid`] for the note; the policies' refusal.
    pub async fn assign(&self, ctx: &Ctx, task: &TaskKey, to: &PersonId, note: &str) -> Result<(), Problem> {
        let loaded = self.own_task(ctx, task).await?;
        let note = kernel::text::nfc(note.trim()).into_owned();
        if note.chars().count() > MAX_NOTE {
            return Err(Problem::Invalid(vec![
                kernel::FieldProblem::new("note", "field-too-long").arg("max", MAX_NOTE),
            ]));
        }
        let Some((position, body)) = task.seat.split_once('@') else { return Err(Problem::refused("task-personal")) };
        let (position, body) = (Position::new(position), BodyId::new(body));
        let (position, body) = (position.map_err(Problem::fault)?, body.map_err(Problem::fault)?);
        let today = self.journal.clock().now().day();
        let holders = self.directory.holders(&body, &position, today).await?;
        if !holders.iter().any(|held| held.assignment.person == *to) {
            return Err(Problem::refused("task-not-a-colleague"));
        }
        let cleared = self.directory.person(to).await?.is_some_and(|p| p.active && p.clearance >= loaded.state.grade);
        if !cleared {
            return Err(Problem::refused("task-colleague-not-cleared"));
        }
        let same = |hand: &Hand| hand.step == task.step && hand.seat == task.seat && hand.person == *to;
        if note.is_empty() && self.hands(&task.case).await?.iter().any(same) {
            return Ok(());
        }
        let act = TaskAssigned { step: task.step.clone(), seat: task.seat.clone(), to: to.clone(), note };
        self.at_the_desk(ctx, &loaded, &act).await
    }

    /// Takes note of a task. Once is enough: a second time changes nothing.
    ///
    /// # Errors
    /// As [`Cases::assign`].
    pub async fn note_seen(&self, ctx: &Ctx, task: &TaskKey) -> Result<(), Problem> {
        let loaded = self.own_task(ctx, task).await?;
        let me = ctx.person().map(|person| person.id.as_str()).unwrap_or_default();
        let sql = "SELECT at FROM task_seen WHERE case_id = $1 AND step = $2 AND person = $3";
        let key = [(&task.case).into(), (&task.step).into(), me.into()];
        let seen = self.journal.reader().row(sql, &key).await?;
        let since = loaded.state.entered_at.map_or(0, kernel::Timestamp::micros);
        if let Some(row) = seen
            && row.int("at")? >= since
        {
            return Ok(());
        }
        self.at_the_desk(ctx, &loaded, &TaskSeen { step: task.step.clone() }).await
    }

    /// Who has taken on the open tasks of a case. Nobody is asked whether the reader may know of it.
    ///
    /// # Errors
    /// Storage.
    pub async fn hands(&self, case: &CaseId) -> Result<Vec<Hand>, Problem> {
        let sql = "SELECT step, seat, person, note FROM task_hand WHERE case_id = $1 ORDER BY step, seat";
        let rows = self.journal.reader().rows(sql, &[case.into()]).await?;
        let hand = |row: &journal::Row| {
            Ok(Hand {
                step: row.text("step")?.to_owned(),
                seat: row.text("seat")?.to_owned(),
                person: PersonId::new(row.text("person")?).map_err(Problem::fault)?,
                note: row.text("note")?.to_owned(),
            })
        };
        rows.iter().map(hand).collect()
    }

    /// Everybody who shares a seat with the person today, the person among them, by name.
    ///
    /// # Errors
    /// Storage.
    pub async fn colleagues(&self, ctx: &Ctx) -> Result<Vec<Colleague>, Problem> {
        let today = self.journal.clock().now().day();
        let mut people = BTreeMap::new();
        for seat in seats_of(&ctx.actor) {
            let Some((position, body)) = seat.split_once('@') else { continue };
            let (Ok(position), Ok(body)) = (Position::new(position), BodyId::new(body)) else { continue };
            for held in self.directory.holders(&body, &position, today).await? {
                people.insert(held.assignment.person, held.person_name);
            }
        }
        let mut all: Vec<Colleague> = people.into_iter().map(|(person, name)| Colleague { person, name }).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// The case of a task that is open and the person's.
    async fn own_task(&self, ctx: &Ctx, task: &TaskKey) -> Result<std::sync::Arc<Loaded>, Problem> {
        let loaded = self.load(ctx, &task.case).await?;
        let open = task_lines(&loaded.procedure, &loaded.state);
        if !open.iter().any(|line| line.step == task.step && line.seat == task.seat) {
            return Err(Problem::refused("task-gone"));
        }
        if !seats_of(&ctx.actor).contains(&task.seat) {
            return Err(Problem::refused("task-not-yours"));
        }
        Ok(loaded)
    }

    /// Records an act beside the case, provided that the case has not moved on.
    async fn at_the_desk<B: ActBody>(&self, ctx: &Ctx, loaded: &Loaded, body: &B) -> Result<(), Problem> {
        let change = Change::new()
            .on(stream(&loaded.id), Expected::At(loaded.version))
            .on(StreamId::new("desk", &loaded.id), Expected::Any)
            .act(loaded.act(body));
        match self.journal.commit(ctx, change).await {
            Err(Problem::Conflict { .. }) => Err(Problem::refused("task-gone")),
            other => other.map(drop),
        }
    }
}
