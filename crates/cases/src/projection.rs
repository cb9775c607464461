//! Tables derived from the acts of cases: lists, inboxes, and which form was sent already. Pure: an act in, rows out.

use crate::acts::{Move, TaskAssigned, TaskSeen};
use journal::{Column, Index, Projection, Rows, Table, Value};
use kernel::{Act, Grade, Problem, Timestamp, text};
use procedure::{Event, model::Outcome};

/// One row for each case.
#[derive(Debug)]
pub struct CaseFiles;
/// One row for each open task and seat: inboxes.
#[derive(Debug)]
pub struct Tasks;
/// Who has taken on a task that several share, and who has seen it.
#[derive(Debug)]
pub struct Hands;
/// Which form led to which move.
#[derive(Debug)]
pub struct Submissions;

const CASE: Table = Table {
    name: "case_file",
    columns: &[
        Column::text("case_id"),
        Column::text("procedure"),
        Column::int("procedure_version"),
        Column::text("work"),
        Column::text("title"),
        Column::text("title_fold"),
        Column::int("grade"),
        Column::int("closed_to_others"),
        Column::text("status"),
        Column::text("step"),
        Column::int("since"),
        Column::int("due").nullable(),
        Column::text("outcome").nullable(),
        Column::int("opened_at"),
        Column::text("opened_by").nullable(),
        Column::int("changed_at"),
        Column::int("version"),
    ],
    key: &["case_id"],
    indexes: &[
        Index { columns: &["status", "changed_at"] },
        Index { columns: &["changed_at"] },
        Index { columns: &["procedure", "status"] },
        Index { columns: &["work", "status", "due"] },
    ],
};
/// Who takes part in a case that others may not know of.
const PART: Table = Table {
    name: "case_part",
    columns: &[Column::text("part"), Column::text("case_id")],
    key: &["part", "case_id"],
    indexes: &[],
};
const TASK: Table = Table {
    name: "task",
    columns: &[
        Column::text("case_id"),
        Column::text("step"),
        Column::text("seat"),
        Column::text("kind"),
        Column::int("since"),
        Column::int("due").nullable(),
        Column::int("due_key"),
        Column::int("grade"),
    ],
    key: &["case_id", "step", "seat"],
    indexes: &[
        Index { columns: &["seat", "due_key", "case_id", "step"] },
        Index { columns: &["seat", "since", "case_id", "step"] },
    ],
};
/// The deadlines of open tasks, and of those that ended because their case was withdrawn.
const DEADLINE: Table = Table {
    name: "deadline",
    columns: &[
        Column::text("case_id"),
        Column::text("step"),
        Column::text("seat"),
        Column::text("kind"),
        Column::int("since"),
        Column::int("due"),
        Column::int("grade"),
        Column::int("withdrawn").nullable(),
    ],
    key: &["case_id", "step", "seat"],
    indexes: &[Index { columns: &["seat", "due"] }],
};
/// Who of those who share a task has taken it on, and who has seen it.
const TASK_HAND: Table = Table {
    name: "task_hand",
    columns: &[
        Column::text("case_id"),
        Column::text("step"),
        Column::text("seat"),
        Column::text("person"),
        Column::text("given_by"),
        Column::text("note"),
        Column::int("at"),
    ],
    key: &["case_id", "step", "seat"],
    indexes: &[Index { columns: &["person"] }],
};
const TASK_SEEN: Table = Table {
    name: "task_seen",
    columns: &[Column::text("case_id"), Column::text("step"), Column::text("person"), Column::int("at")],
    key: &["case_id", "step", "person"],
    indexes: &[],
};
const SUBMISSION: Table = Table {
    name: "submission",
    columns: &[
        Column::text("token"),
        Column::text("case_id"),
        Column::int("version"),
        Column::text("document").nullable(),
        Column::text("number").nullable(),
    ],
    key: &["token"],
    indexes: &[],
};

fn event(act: &Act) -> Result<Option<Event>, Problem> {
    Event::read(&act.kind, &act.body)
        .map_err(|why| Problem::fault(format!("{} {} does not read: {why}", act.stream, act.version)))
}

fn of_move(act: &Act) -> Result<Move, Problem> {
    Move::of(act).map_err(|why| Problem::fault(format!("{} {} does not read: {why}", act.stream, act.version)))
}

impl Projection for CaseFiles {
    fn name(&self) -> &'static str {
        "cases"
    }
    fn tables(&self) -> &'static [Table] {
        &[CASE, PART]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.stream.kind() != "case" {
            return Ok(());
        }
        let key = || [Value::from(act.stream.id())];
        let moved = of_move(act)?;
        let mut patch = vec![("version", act.version.into()), ("changed_at", act.at.into())];
        match event(act)? {
            Some(Event::Opened(e)) => {
                rows.put(
                    &CASE,
                    [
                        ("case_id", act.stream.id().into()),
                        ("procedure", e.procedure.id.into()),
                        ("procedure_version", e.procedure.version.into()),
                        ("work", "".into()),
                        ("title_fold", text::fold(&e.title).into()),
                        ("title", e.title.into()),
                        ("grade", e.grade.into()),
                        ("closed_to_others", 1.into()),
                        ("status", "open".into()),
                        ("step", "".into()),
                        ("since", e.at.into()),
                        ("opened_at", e.at.into()),
                        ("opened_by", e.by.as_ref().into()),
                        ("changed_at", act.at.into()),
                        ("version", act.version.into()),
                    ],
                );
            }
            Some(Event::StepEntered(e)) => {
                patch.extend([("step", e.step.into()), ("since", e.at.into()), ("due", e.due.into())]);
            }
            Some(Event::ProcedureChanged(e)) => {
                patch.extend([("procedure_version", e.to.version.into()), ("due", e.due.into())]);
            }
            Some(Event::Closed(e)) => {
                let outcome = serde_json::to_value(e.outcome).map_err(Problem::fault)?;
                let outcome = outcome.as_str().unwrap_or_default().to_owned();
                patch.extend([("status", "closed".into()), ("outcome", outcome.into()), ("due", Value::Null)]);
            }
            _ => {}
        }
        if let Some(work) = moved.work {
            patch.push(("work", work.into()));
        }
        if let Some(access) = moved.access {
            let closed = access.restricted || access.grade != Grade::Open;
            patch.push(("closed_to_others", closed.into()));
            if closed {
                let people = access.participants.iter().map(|p| format!("person:{p}"));
                let bodies = access.bodies.iter().map(|b| format!("body:{b}"));
                for part in people.chain(bodies) {
                    rows.put(&PART, [("part", part.into()), ("case_id", act.stream.id().into())]);
                }
            }
        }
        rows.patch(&CASE, key(), patch);
        Ok(())
    }
}

impl Projection for Tasks {
    fn name(&self) -> &'static str {
        "tasks"
    }
    fn tables(&self) -> &'static [Table] {
        &[TASK, DEADLINE]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.stream.kind() != "case" {
            return Ok(());
        }
        let moved = of_move(act)?;
        let withdrawn = matches!(event(act)?, Some(Event::Closed(closed)) if closed.outcome == Outcome::Withdrawn);
        for (step, seat) in moved.tasks_ended {
            let key = || [Value::from(act.stream.id()), step.as_str().into(), seat.as_str().into()];
            rows.delete(&TASK, key());
            match withdrawn {
                true => rows.patch(&DEADLINE, key(), [("withdrawn", act.at.into())]),
                false => rows.delete(&DEADLINE, key()),
            }
        }
        for task in moved.tasks_begun {
            let key = [act.stream.id().into(), task.step.as_str().into(), task.seat.as_str().into()];
            match task.due {
                None => rows.delete(&DEADLINE, key),
                Some(due) => rows.put(
                    &DEADLINE,
                    [
                        ("case_id", act.stream.id().into()),
                        ("step", task.step.as_str().into()),
                        ("seat", task.seat.as_str().into()),
                        ("kind", task.kind.as_str().into()),
                        ("since", task.since.into()),
                        ("due", due.into()),
                        ("grade", act.grade.into()),
                    ],
                ),
            }
            rows.put(
                &TASK,
                [
                    ("case_id", act.stream.id().into()),
                    ("step", task.step.into()),
                    ("seat", task.seat.into()),
                    ("kind", task.kind.into()),
                    ("since", task.since.into()),
                    ("due_key", due_key(task.due).into()),
                    ("due", task.due.into()),
                    ("grade", act.grade.into()),
                ],
            );
        }
        Ok(())
    }
}

/// The place of a task in the order of deadlines; without one it comes last.
pub(crate) fn due_key(due: Option<Timestamp>) -> i64 {
    due.map_or(i64::MAX, Timestamp::micros)
}

impl Projection for Hands {
    fn name(&self) -> &'static str {
        "task-hands"
    }
    fn tables(&self) -> &'static [Table] {
        &[TASK_HAND, TASK_SEEN]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        let case = || Value::from(act.stream.id());
        if act.stream.kind() == "case" {
            // Whoever has it next begins anew.
            for (step, seat) in of_move(act)?.tasks_ended {
                rows.delete(&TASK_HAND, [case(), step.into(), seat.into()]);
            }
            return Ok(());
        }
        if act.stream.kind() != "desk" {
            return Ok(());
        }
        if let Some(given) = act.read::<TaskAssigned>().map_err(Problem::fault)? {
            rows.put(
                &TASK_HAND,
                [
                    ("case_id", case()),
                    ("step", given.step.into()),
                    ("seat", given.seat.into()),
                    ("person", given.to.into()),
                    ("given_by", act.actor.who.as_str().into()),
                    ("note", given.note.into()),
                    ("at", act.at.into()),
                ],
            );
        }
        if let Some(seen) = act.read::<TaskSeen>().map_err(Problem::fault)? {
            let person = act.actor.person().unwrap_or_default();
            let row =
                [("case_id", case()), ("step", seen.step.into()), ("person", person.into()), ("at", act.at.into())];
            rows.put(&TASK_SEEN, row);
        }
        Ok(())
    }
}

impl Projection for Submissions {
    fn name(&self) -> &'static str {
        "submissions"
    }
    fn tables(&self) -> &'static [Table] {
        &[SUBMISSION]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.stream.kind() != "case" {
            return Ok(());
        }
        let moved = of_move(act)?;
        if let Some(token) = moved.token {
            rows.put(
                &SUBMISSION,
                [
                    ("token", token.into()),
                    ("case_id", act.stream.id().into()),
                    ("version", act.version.into()),
                    ("document", moved.document.as_ref().into()),
                    ("number", moved.number.into()),
                ],
            );
        }
        Ok(())
    }
}
