//! The figures of a field of work: how many cases wait at which step and for which body, how many are late, how long a
//! step takes.
//!
//! Nothing is counted when a page is asked for: every move carries what it changes ([`Figures`]), and running counts are
//! kept from that. What a page costs grows with the steps of the field and with the days on which something is due, not
//! with the number of cases. Only cases of which every official may know are counted, so the figures tell nobody of one
//! that they need not know of (policies/secrecy.cedar).

use crate::{
    Cases,
    acts::{Figures, Move, Standing, TaskLine},
    lists,
};
use journal::{Column, Index, Projection, Row, Rows, Table, Value};
use kernel::{Act, Ctx, Day, Grade, Problem};
use procedure::{CaseState, Procedure, ProcedureRef, Status, Text};
use records::Access;
use serde::Serialize;
use std::collections::BTreeMap;

/// Running counts for each step.
#[derive(Debug)]
pub(crate) struct FieldFigures;

const AT_STEP: Table = Table {
    name: "work_step",
    columns: &[
        Column::text("work"),
        Column::text("procedure"),
        Column::text("step"),
        Column::int("waiting"),
        Column::int("times_left"),
        Column::int("seconds"),
    ],
    key: &["work", "procedure", "step"],
    indexes: &[],
};
/// How many wait at a step for each day on which they are due. A day that nothing waits for any more stays with 0, which
/// the index leaves aside.
const DUE_ON: Table = Table {
    name: "work_due",
    columns: &[
        Column::text("work"),
        Column::text("procedure"),
        Column::text("step"),
        Column::text("day"),
        Column::int("waiting"),
    ],
    key: &["work", "procedure", "step", "day"],
    indexes: &[Index { columns: &["work", "waiting", "day", "procedure", "step"] }],
};
const AT_BODY: Table = Table {
    name: "work_body",
    columns: &[Column::text("work"), Column::text("body"), Column::int("waiting")],
    key: &["work", "body"],
    indexes: &[],
};

/// Where a case stands in the figures; nowhere when not every official may know of it, or when it is not open.
pub(crate) fn standing(state: &CaseState, access: &Access, tasks: &[TaskLine]) -> Option<Standing> {
    if state.status != Status::Open || access.restricted || access.grade != Grade::Open {
        return None;
    }
    let mut bodies: Vec<String> =
        tasks.iter().filter_map(|task| task.seat.split_once('@')).map(|(_, body)| body.to_owned()).collect();
    bodies.sort_unstable();
    bodies.dedup();
    Some(Standing { step: state.step.clone(), due: state.due.map(|due| due.day()), bodies })
}

/// What a move changes in the figures; nothing when the case stands where it stood.
pub(crate) fn figures(
    procedure: &Procedure,
    before: &CaseState,
    stood: Option<Standing>,
    after: &CaseState,
    stands: Option<Standing>,
) -> Option<Figures> {
    let moved_on = after.status == Status::Closed || before.visits.len() != after.visits.len();
    let spent = match (&stood, before.entered_at, after.visits.get(before.visits.len().saturating_sub(1))) {
        (Some(_), Some(entered), Some(visit)) if moved_on => {
            visit.left.map(|left| (left.micros() - entered.micros()).max(0) / 1_000_000)
        }
        _ => None,
    };
    (stood != stands || spent.is_some()).then(|| Figures {
        work: procedure.field.code().to_owned(),
        procedure: procedure.id.clone(),
        stood,
        stands,
        spent,
    })
}

impl Projection for FieldFigures {
    fn name(&self) -> &'static str {
        "field_figures"
    }
    fn tables(&self) -> &'static [Table] {
        &[AT_STEP, DUE_ON, AT_BODY]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.stream.kind() != "case" {
            return Ok(());
        }
        let moved = Move::of(act)
            .map_err(|why| Problem::fault(format!("{} {} does not read: {why}", act.stream, act.version)))?;
        let Some(figures) = moved.figures else { return Ok(()) };
        let at_step = |step: &str| [figures.work.as_str(), figures.procedure.as_str(), step].map(Value::from);
        for (standing, delta) in [(&figures.stood, -1), (&figures.stands, 1)] {
            let Some(standing) = standing else { continue };
            rows.add(&AT_STEP, at_step(&standing.step), "waiting", delta);
            if let Some(day) = standing.due {
                let key = at_step(&standing.step).into_iter().chain([Value::from(day)]);
                rows.add(&DUE_ON, key, "waiting", delta);
            }
            for body in &standing.bodies {
                rows.add(&AT_BODY, [figures.work.as_str().into(), body.as_str().into()], "waiting", delta);
            }
        }
        if let (Some(stood), Some(spent)) = (&figures.stood, figures.spent) {
            rows.add(&AT_STEP, at_step(&stood.step), "times_left", 1);
            rows.add(&AT_STEP, at_step(&stood.step), "seconds", spent);
        }
        Ok(())
    }
}

/// The figures of one field of work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Workload {
    /// Open cases.
    pub open: i64,
    /// Of these, those whose step was due before today.
    pub overdue: i64,
    /// Those whose step is due today or within the six days after.
    pub due_soon: i64,
    /// Steps at which cases wait or have been, in the order of procedures and their steps.
    pub steps: Vec<AtStep>,
    /// Bodies for which cases wait, those with most first.
    pub bodies: Vec<AtBody>,
}

/// The figures of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AtStep {
    /// The procedure's id.
    pub procedure: String,
    /// Its name.
    pub procedure_title: Text,
    /// The step's key.
    pub step: String,
    /// Its name.
    pub step_title: Text,
    /// Cases that wait there.
    pub waiting: i64,
    /// Of these, those that were due before today.
    pub overdue: i64,
    /// Those that are due today or within the six days after.
    pub due_soon: i64,
    /// How many times a case has left the step.
    pub times_left: i64,
    /// How long a case stayed, on the average of those times, in seconds.
    pub average: Option<i64>,
}

/// For how many cases a body is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AtBody {
    /// The body's id.
    pub body: String,
    /// Cases.
    pub waiting: i64,
}

/// What is late and what is due soon.
#[derive(Debug, Clone, Copy, Default)]
struct Pressing {
    overdue: i64,
    due_soon: i64,
}

impl Cases {
    /// The figures of every field that has any, by its code. Steps and bodies are left out.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for those who have not signed in; storage.
    pub async fn workloads(&self, ctx: &Ctx) -> Result<BTreeMap<String, Workload>, Problem> {
        officials_only(ctx)?;
        let reader = self.journal.reader();
        let mut fields: BTreeMap<String, Workload> = BTreeMap::new();
        for row in
            &reader.rows("SELECT work, CAST(SUM(waiting) AS BIGINT) AS n FROM work_step GROUP BY work", &[]).await?
        {
            fields.entry(row.text("work")?.to_owned()).or_default().open = row.int("n")?;
        }
        for (code, workload) in &mut fields {
            for pressing in self.pressing(code).await?.values() {
                workload.overdue += pressing.overdue;
                workload.due_soon += pressing.due_soon;
            }
        }
        Ok(fields)
    }

    /// The figures of one field.
    ///
    /// # Errors
    /// As [`Cases::workloads`].
    pub async fn workload(&self, ctx: &Ctx, work: &str) -> Result<Workload, Problem> {
        officials_only(ctx)?;
        let pressing = self.pressing(work).await?;
        let reader = self.journal.reader();
        let mut workload = Workload::default();
        let sql = "SELECT procedure, step, waiting, times_left, seconds FROM work_step WHERE work = $1";
        for row in &reader.rows(sql, &[work.into()]).await? {
            let step = self.at_step(row, &pressing)?;
            workload.open += step.waiting;
            workload.overdue += step.overdue;
            workload.due_soon += step.due_soon;
            workload.steps.push(step);
        }
        let catalogue = self.catalogue();
        let place = |step: &AtStep| {
            let procedure = catalogue.newest().find(|p| p.id == step.procedure);
            procedure.and_then(|p| p.steps.iter().position(|s| s.key == step.step)).unwrap_or(usize::MAX)
        };
        workload.steps.sort_by_cached_key(|step| (step.procedure.clone(), place(step)));
        let sql = "SELECT body, waiting FROM work_body WHERE work = $1 AND waiting > 0 ORDER BY waiting DESC, body";
        for row in &reader.rows(sql, &[work.into()]).await? {
            workload.bodies.push(AtBody { body: row.text("body")?.to_owned(), waiting: row.int("waiting")? });
        }
        Ok(workload)
    }

    fn at_step(&self, row: &Row, pressing: &BTreeMap<(String, String), Pressing>) -> Result<AtStep, Problem> {
        let (id, step) = (row.text("procedure")?.to_owned(), row.text("step")?.to_owned());
        let catalogue = self.catalogue();
        let procedure = catalogue.newest().find(|procedure| procedure.id == id).map(AsRef::as_ref);
        let times_left = row.int("times_left")?;
        let seconds = row.int("seconds")?;
        let here = pressing.get(&(id.clone(), step.clone())).copied().unwrap_or_default();
        let reference = ProcedureRef { id: id.clone(), version: procedure.map_or(0, |procedure| procedure.version) };
        Ok(AtStep {
            procedure_title: lists::title_of(procedure, &reference),
            step_title: lists::step_title(procedure, &step),
            procedure: id,
            step,
            waiting: row.int("waiting")?,
            overdue: here.overdue,
            due_soon: here.due_soon,
            times_left,
            average: (times_left > 0).then(|| seconds / times_left.max(1)),
        })
    }

    /// What presses in a field, by procedure and step. A deadline ends with its day, so that late is what was due before
    /// today.
    async fn pressing(&self, work: &str) -> Result<BTreeMap<(String, String), Pressing>, Problem> {
        let today = self.journal.clock().now().day();
        let week: Day = today.plus_days(7);
        let sql = "SELECT procedure, step, CAST(SUM(CASE WHEN day < $1 THEN waiting ELSE 0 END) AS BIGINT) AS overdue, \
                   CAST(SUM(CASE WHEN day < $1 THEN 0 ELSE waiting END) AS BIGINT) AS due_soon \
                   FROM work_due WHERE work = $2 AND waiting > 0 AND day < $3 GROUP BY procedure, step";
        let parameters = [today.into(), work.into(), week.into()];
        let mut found = BTreeMap::new();
        for row in &self.journal.reader().rows(sql, &parameters).await? {
            let key = (row.text("procedure")?.to_owned(), row.text("step")?.to_owned());
            found.insert(key, Pressing { overdue: row.int("overdue")?, due_soon: row.int("due_soon")? });
        }
        Ok(found)
    }
}

fn officials_only(ctx: &Ctx) -> Result<(), Problem> {
    match &ctx.actor {
        kernel::Actor::Public => Err(Problem::Forbidden { act: "view.case".into(), resource: "Case".into() }),
        kernel::Actor::Person(_) | kernel::Actor::System(_) => Ok(()),
    }
}
