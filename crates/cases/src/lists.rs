//! Lists of cases and tasks. What the person need not know of is neither shown nor counted.

use crate::Cases;
use journal::{Row, Value};
use kernel::{CaseId, Ctx, Day, Grade, Problem, Timestamp, text};
use procedure::{Procedure, ProcedureRef, Text, tasks::seats_of};
use serde::Serialize;
use std::sync::Arc;

/// Items on a page.
const PER_PAGE: u32 = 25;
/// Most words of a query that are used.
const MAX_WORDS: usize = 12;
/// Most characters of a query that are used.
const MAX_QUERY: usize = 200;
/// The day before the due day on which a task counts as due soon, and the due day itself.
const SOON_DAYS: i64 = 1;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing<T> {
    /// The items.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: i64,
    /// This page, from 1.
    pub page: u32,
    /// How many pages.
    pub pages: u32,
}

/// Which cases.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// Words of the title; marks and case do not matter; all must occur.
    pub query: String,
    /// The procedure's id.
    pub procedure: Option<String>,
    /// The field of work: `lawmaking`, `decisions`, …
    pub work: Option<String>,
    /// Only open ones, or only closed ones.
    pub open: Option<bool>,
    /// The page, from 1.
    pub page: u32,
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseSummary {
    /// Its id.
    pub id: CaseId,
    /// Its title.
    pub title: String,
    /// The procedure under which it began.
    pub procedure: ProcedureRef,
    /// The procedure's name.
    pub procedure_title: Text,
    /// Secrecy grade.
    pub grade: Grade,
    /// Whether it is open.
    pub open: bool,
    /// The step's key.
    pub step: String,
    /// The step's name.
    pub step_title: Text,
    /// When the step is to be done.
    pub due: Option<Timestamp>,
    /// How it ended: `done`, `refused`, `withdrawn`.
    pub outcome: Option<String>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last moved.
    pub changed_at: Timestamp,
}

/// When a task is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The deadline has passed.
    Overdue,
    /// Today or tomorrow.
    Soon,
}

/// Which tasks.
#[derive(Debug, Clone, Default)]
pub struct InboxFilter {
    /// Only those due so.
    pub due: Option<Due>,
    /// Only this kind: `ballot`, `sign`, …
    pub kind: Option<String>,
    /// The page, from 1.
    pub page: u32,
}

/// A task in the person's inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InboxTask {
    /// The case.
    pub case: CaseId,
    /// Its title.
    pub case_title: String,
    /// Secrecy grade.
    pub grade: Grade,
    /// The procedure's name.
    pub procedure_title: Text,
    /// The step's key.
    pub step: String,
    /// What is to be done.
    pub todo: Text,
    /// The step's name.
    pub step_title: Text,
    /// `work`, `opinion`, `ballot`, `vote`, `sign`, `issue`, `publish`, `subcase`.
    pub kind: String,
    /// In which seat the person has it.
    pub seat: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub due: Option<Timestamp>,
    /// Whether the deadline has passed.
    pub overdue: bool,
}

/// How many tasks the person has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct InboxCounts {
    /// Open ones.
    pub open: i64,
    /// Due today or tomorrow.
    pub soon: i64,
    /// Overdue.
    pub overdue: i64,
}

/// A WHERE clause with its parameters.
struct Where {
    conditions: Vec<String>,
    parameters: Vec<Value>,
}

impl Where {
    fn new() -> Where {
        Where { conditions: vec!["1 = 1".to_owned()], parameters: Vec::new() }
    }
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.parameters.push(value.into());
        format!("${}", self.parameters.len())
    }
    fn bind_all(&mut self, values: impl IntoIterator<Item = String>) -> String {
        let places: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        if places.is_empty() { "''".to_owned() } else { places.join(", ") }
    }
    fn and(&mut self, condition: String) {
        self.conditions.push(condition);
    }
    fn text(&self) -> String {
        self.conditions.join(" AND ")
    }
}

impl Cases {
    /// Cases that the person may know of, the one that moved last first.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for those who have not signed in; storage.
    pub async fn list(&self, ctx: &Ctx, filter: &CaseFilter) -> Result<Listing<CaseSummary>, Problem> {
        let mut wanted = Where::new();
        need_to_know(ctx, &mut wanted)?;
        let query: String = filter.query.chars().take(MAX_QUERY).collect();
        for word in text::fold(&query).split(' ').filter(|word| !word.is_empty()).take(MAX_WORDS) {
            let word = word.replace('!', "!!").replace('%', "!%").replace('_', "!_");
            let place = wanted.bind(format!("%{word}%"));
            wanted.and(format!("c.title_fold LIKE {place} ESCAPE '!'"));
        }
        if let Some(procedure) = &filter.procedure {
            let place = wanted.bind(procedure);
            wanted.and(format!("c.procedure = {place}"));
        }
        if let Some(work) = &filter.work {
            let place = wanted.bind(work);
            wanted.and(format!("c.work = {place}"));
        }
        if let Some(open) = filter.open {
            let place = wanted.bind(if open { "open" } else { "closed" });
            wanted.and(format!("c.status = {place}"));
        }
        let total =
            self.total(&format!("SELECT COUNT(*) AS n FROM case_file c WHERE {}", wanted.text()), &wanted).await?;
        let (page, pages) = paging(filter.page, total);
        let sql = format!(
            "SELECT c.* FROM case_file c WHERE {} ORDER BY c.changed_at DESC, c.case_id LIMIT {PER_PAGE} OFFSET {}",
            wanted.text(),
            (page - 1) * PER_PAGE
        );
        let rows = self.journal.reader().rows(&sql, &wanted.parameters).await?;
        let items = rows.iter().map(|row| self.summary(row)).collect::<Result<_, _>>()?;
        Ok(Listing { items, total, page, pages })
    }

    /// The open cases that the person may know of and that moved last, at most `most`. Costs the same however many cases
    /// there are: they are not counted.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for those who have not signed in; storage.
    pub async fn moved_last(&self, ctx: &Ctx, most: i64) -> Result<Vec<CaseSummary>, Problem> {
        let mut wanted = Where::new();
        need_to_know(ctx, &mut wanted)?;
        let most = wanted.bind(most);
        let sql = format!(
            "SELECT c.* FROM case_file c WHERE c.status = 'open' AND {} ORDER BY c.changed_at DESC LIMIT {most}",
            wanted.text()
        );
        let rows = self.journal.reader().rows(&sql, &wanted.parameters).await?;
        rows.iter().map(|row| self.summary(row)).collect()
    }

    /// How many tasks wait for the person.
    ///
    /// # Errors
    /// As [`Cases::inbox`].
    pub async fn waiting(&self, ctx: &Ctx) -> Result<i64, Problem> {
        let mut wanted = Where::new();
        mine(ctx, &mut wanted)?;
        let sql = format!(
            "SELECT COUNT(DISTINCT t.case_id || '/' || t.step) AS n FROM task t JOIN case_file c ON c.case_id = t.case_id \
             WHERE {}",
            wanted.text()
        );
        self.total(&sql, &wanted).await
    }

    /// What waits for the person, the most urgent first: tasks of the positions held, and those given by name.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for those who have not signed in; storage.
    pub async fn inbox(&self, ctx: &Ctx, filter: &InboxFilter) -> Result<Listing<InboxTask>, Problem> {
        let now = self.journal.clock().now();
        let mut wanted = Where::new();
        mine(ctx, &mut wanted)?;
        if let Some(kind) = &filter.kind {
            let place = wanted.bind(kind);
            wanted.and(format!("t.kind = {place}"));
        }
        match filter.due {
            Some(Due::Overdue) => {
                let place = wanted.bind(now);
                wanted.and(format!("t.due < {place}"));
            }
            Some(Due::Soon) => {
                let (from, until) = (wanted.bind(now), wanted.bind(soon(now)));
                wanted.and(format!("t.due BETWEEN {from} AND {until}"));
            }
            None => {}
        }
        let from = format!("FROM task t JOIN case_file c ON c.case_id = t.case_id WHERE {}", wanted.text());
        let total =
            self.total(&format!("SELECT COUNT(DISTINCT t.case_id || '/' || t.step) AS n {from}"), &wanted).await?;
        let (page, pages) = paging(filter.page, total);
        // A person with two seats on one task sees it once.
        let sql = format!(
            "SELECT t.case_id, t.step, MIN(t.seat) AS seat, MIN(t.kind) AS kind, MIN(t.since) AS since, MIN(t.due) AS due, \
             c.title, c.grade, c.procedure, c.procedure_version {from} \
             GROUP BY t.case_id, t.step, c.title, c.grade, c.procedure, c.procedure_version \
             ORDER BY CASE WHEN MIN(t.due) IS NULL THEN 1 ELSE 0 END, MIN(t.due), MIN(t.since), t.case_id \
             LIMIT {PER_PAGE} OFFSET {}",
            (page - 1) * PER_PAGE
        );
        let rows = self.journal.reader().rows(&sql, &wanted.parameters).await?;
        let items = rows.iter().map(|row| self.inbox_task(row, now)).collect::<Result<_, _>>()?;
        Ok(Listing { items, total, page, pages })
    }

    /// How many tasks wait for the person, how many of them are due soon, and how many are overdue.
    ///
    /// # Errors
    /// As [`Cases::inbox`].
    pub async fn inbox_counts(&self, ctx: &Ctx) -> Result<InboxCounts, Problem> {
        let now = self.journal.clock().now();
        let mut wanted = Where::new();
        mine(ctx, &mut wanted)?;
        let (at, until) = (wanted.bind(now), wanted.bind(soon(now)));
        let sql = format!(
            "SELECT COUNT(*) AS n, \
             CAST(COALESCE(SUM(CASE WHEN x.due < {at} THEN 1 ELSE 0 END), 0) AS BIGINT) AS overdue, \
             CAST(COALESCE(SUM(CASE WHEN x.due >= {at} AND x.due <= {until} THEN 1 ELSE 0 END), 0) AS BIGINT) AS soon \
             FROM (SELECT t.case_id, t.step, MIN(t.due) AS due FROM task t JOIN case_file c ON c.case_id = t.case_id \
             WHERE {} GROUP BY t.case_id, t.step) x",
            wanted.text()
        );
        let row = self.journal.reader().row(&sql, &wanted.parameters).await?;
        let row = row.ok_or_else(|| Problem::fault("a count without an answer"))?;
        Ok(InboxCounts { open: row.int("n")?, soon: row.int("soon")?, overdue: row.int("overdue")? })
    }

    async fn total(&self, sql: &str, wanted: &Where) -> Result<i64, Problem> {
        self.journal.reader().row(sql, &wanted.parameters).await?.map_or(Ok(0), |row| row.int("n"))
    }

    fn procedure_of(&self, row: &Row) -> Result<(ProcedureRef, Option<Arc<Procedure>>), Problem> {
        let version = u32::try_from(row.int("procedure_version")?).map_err(Problem::fault)?;
        let reference = ProcedureRef { id: row.text("procedure")?.to_owned(), version };
        let procedure = self.catalogue().get(&reference).cloned();
        Ok((reference, procedure))
    }

    fn summary(&self, row: &Row) -> Result<CaseSummary, Problem> {
        let (reference, procedure) = self.procedure_of(row)?;
        let step = row.text("step")?;
        Ok(CaseSummary {
            id: CaseId::new(row.text("case_id")?).map_err(Problem::fault)?,
            title: row.text("title")?.to_owned(),
            procedure_title: title_of(procedure.as_deref(), &reference),
            step_title: step_title(procedure.as_deref(), step),
            procedure: reference,
            grade: grade(row)?,
            open: row.text("status")? == "open",
            step: step.to_owned(),
            due: row.opt_time("due")?,
            outcome: row.opt_text("outcome")?.map(str::to_owned),
            opened_at: row.time("opened_at")?,
            changed_at: row.time("changed_at")?,
        })
    }

    fn inbox_task(&self, row: &Row, now: Timestamp) -> Result<InboxTask, Problem> {
        let (reference, procedure) = self.procedure_of(row)?;
        let step = row.text("step")?;
        let due = row.opt_time("due")?;
        let todo = procedure.as_ref().and_then(|p| p.step(step)).map(|step| step.todo.clone());
        Ok(InboxTask {
            case: CaseId::new(row.text("case_id")?).map_err(Problem::fault)?,
            case_title: row.text("title")?.to_owned(),
            grade: grade(row)?,
            procedure_title: title_of(procedure.as_deref(), &reference),
            step_title: step_title(procedure.as_deref(), step),
            todo: todo.unwrap_or_default(),
            step: step.to_owned(),
            kind: row.text("kind")?.to_owned(),
            seat: row.text("seat")?.to_owned(),
            since: row.time("since")?,
            due,
            overdue: due.is_some_and(|due| due < now),
        })
    }
}

/// The end of the day that counts as soon.
fn soon(now: Timestamp) -> Timestamp {
    let day: Day = now.day().plus_days(SOON_DAYS);
    day.end()
}

/// The rule of the policies in SQL, so that counts and pages agree with it: graded and restricted cases only for those
/// who are cleared and take part (policies/secrecy.cedar). A test holds the two together.
fn need_to_know(ctx: &Ctx, wanted: &mut Where) -> Result<(), Problem> {
    let clearance = match &ctx.actor {
        kernel::Actor::Person(person) => person.clearance,
        kernel::Actor::System(_) => return Ok(()),
        kernel::Actor::Public => {
            return Err(Problem::Forbidden { act: "view.case".into(), resource: "Case".into() });
        }
    };
    let seats = seats_of(&ctx.actor);
    let own_bodies = seats.iter().filter_map(|seat| seat.split_once('@')).map(|(_, body)| format!("body:{body}"));
    let me = ctx.person().map(|person| format!("person:{}", person.id));
    let parts: std::collections::BTreeSet<String> = own_bodies.chain(me).collect();
    let clearance = wanted.bind(clearance);
    let parts = wanted.bind_all(parts);
    wanted.and(format!("c.grade <= {clearance}"));
    wanted.and(format!(
        "(c.closed_to_others = 0 OR EXISTS (SELECT 1 FROM case_part p WHERE p.case_id = c.case_id AND p.part IN ({parts})))"
    ));
    Ok(())
}

/// Tasks of the person's seats in cases that they may know of.
fn mine(ctx: &Ctx, wanted: &mut Where) -> Result<(), Problem> {
    need_to_know(ctx, wanted)?;
    let seats = wanted.bind_all(seats_of(&ctx.actor));
    wanted.and(format!("t.seat IN ({seats})"));
    Ok(())
}

fn paging(page: u32, total: i64) -> (u32, u32) {
    let pages = u32::try_from(total).unwrap_or(u32::MAX).div_ceil(PER_PAGE).max(1);
    (page.clamp(1, pages), pages)
}

fn grade(row: &Row) -> Result<Grade, Problem> {
    let level = u8::try_from(row.int("grade")?).map_err(Problem::fault)?;
    Grade::try_from(level).map_err(Problem::fault)
}

fn title_of(procedure: Option<&Procedure>, reference: &ProcedureRef) -> Text {
    let code = || Text { vi: reference.id.clone(), en: reference.id.clone() };
    procedure.map_or_else(code, |procedure| procedure.title.clone())
}

fn step_title(procedure: Option<&Procedure>, step: &str) -> Text {
    let code = || Text { vi: step.to_owned(), en: step.to_owned() };
    procedure.and_then(|procedure| procedure.step(step)).map_or_else(code, |step| step.title.clone())
}
