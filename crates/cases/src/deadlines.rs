//! Deadlines of a person's tasks between two instants: for calendars. Those of a case that was withdrawn stay for a
//! while, marked, so that whoever keeps a copy learns that they are gone.

use crate::{
    Cases,
    inbox::{Place, handed_in, places, task_kinds},
    lists::{self, Where},
};
use kernel::{CaseId, Ctx, Grade, Problem, Timestamp};
use procedure::Text;

/// Most deadlines that are told at once.
pub const MOST: usize = 500;

/// A deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// The case.
    pub case: CaseId,
    /// Its title.
    pub title: String,
    /// Secrecy grade.
    pub grade: Grade,
    /// The step's key.
    pub step: String,
    /// The step's name.
    pub step_title: Text,
    /// What is to be done: `work`, `ballot`, …
    pub kind: String,
    /// Since when the task has had this deadline.
    pub since: Timestamp,
    /// Until when it is to be done.
    pub due: Timestamp,
    /// The case was withdrawn then, and nothing is to be done any more.
    pub withdrawn: Option<Timestamp>,
    /// For whom the person would do it, when it was handed to them.
    pub acting_for: Option<String>,
}

impl Cases {
    /// The deadlines of the person's tasks from one instant on and before another, the nearest first, at most [`MOST`].
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for those who have not signed in; storage.
    pub async fn deadlines(&self, ctx: &Ctx, from: Timestamp, before: Timestamp) -> Result<Vec<Deadline>, Problem> {
        let mut wanted = Where::new();
        let span = (wanted.bind(from), wanted.bind(before));
        let clearance = match ctx.person() {
            Some(person) => format!(" AND d.grade <= {}", wanted.bind(person.clearance)),
            None => String::new(),
        };
        let mut parts = Vec::new();
        for Place { seat, handed } in places(ctx)? {
            let seat = wanted.bind(seat);
            let mut of_seat = format!("d.seat = {seat} AND d.due >= {} AND d.due < {}{clearance}", span.0, span.1);
            if let Some(handed) = handed {
                let kinds = handed.kinds.iter().flat_map(|kind| task_kinds(kind)).map(|kind| (*kind).to_owned());
                let kinds = wanted.bind_all(kinds);
                of_seat.push_str(&format!(" AND d.kind IN ({kinds})"));
            }
            let n = parts.len();
            parts.push(format!(
                "SELECT * FROM (SELECT d.* FROM deadline d WHERE {of_seat} ORDER BY d.due LIMIT {MOST}) s{n}"
            ));
        }
        let sql = format!(
            "SELECT d.case_id, d.step, d.seat, d.kind, d.since, d.due, d.withdrawn, c.title, c.grade, c.work, c.procedure, \
             c.procedure_version FROM ({}) d JOIN case_file c ON c.case_id = d.case_id \
             ORDER BY d.due, d.case_id, d.step, d.seat LIMIT {MOST}",
            parts.join(" UNION ALL ")
        );
        let mut found: Vec<Deadline> = Vec::new();
        for row in self.journal.reader().rows(&sql, &wanted.parameters).await? {
            let (_, procedure) = self.procedure_of(&row)?;
            let (step, seat) = (row.text("step")?, row.text("seat")?);
            let work = row.text("work")?;
            let outside = |handed: &kernel::Handed| !handed.fields.is_empty() && !handed.fields.contains(work);
            let own = procedure::tasks::seats_of(&ctx.actor).iter().any(|own| own == seat);
            let mut handed = ctx.person().into_iter().flat_map(|p| &p.handed).filter(|h| h.seat == seat);
            if !own && handed.all(outside) {
                continue;
            }
            let case = CaseId::new(row.text("case_id")?).map_err(Problem::fault)?;
            if found.last().is_some_and(|last| last.case == case && last.step == step) {
                continue;
            }
            found.push(Deadline {
                case,
                title: row.text("title")?.to_owned(),
                grade: lists::grade(&row)?,
                step_title: lists::step_title(procedure.as_deref(), step),
                step: step.to_owned(),
                kind: row.text("kind")?.to_owned(),
                since: row.time("since")?,
                due: row.time("due")?,
                withdrawn: row.opt_time("withdrawn")?,
                acting_for: handed_in(ctx, seat),
            });
        }
        Ok(found)
    }
}
