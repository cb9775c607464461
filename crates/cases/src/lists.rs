//! Lists of cases. What the person need not know of is neither shown nor counted.

use crate::Cases;
use journal::{Row, Value};
use kernel::{CaseId, Ctx, Grade, Problem, Timestamp, text};
use procedure::{Procedure, ProcedureRef, Text, tasks::seats_of};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

/// Items on a page.
const PER_PAGE: u32 = 25;
/// Most words of a query that are used.
const MAX_WORDS: usize = 12;
/// Most characters of a query that are used.
const MAX_QUERY: usize = 200;

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

/// A WHERE clause with its parameters.
pub(crate) struct Where {
    conditions: Vec<String>,
    pub(crate) parameters: Vec<Value>,
}

impl Where {
    pub(crate) fn new() -> Where {
        Where { conditions: vec!["1 = 1".to_owned()], parameters: Vec::new() }
    }
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.parameters.push(value.into());
        format!("${}", self.parameters.len())
    }
    pub(crate) fn bind_all(&mut self, values: impl IntoIterator<Item = String>) -> String {
        let places: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        if places.is_empty() { "''".to_owned() } else { places.join(", ") }
    }
    pub(crate) fn and(&mut self, condition: String) {
        self.conditions.push(condition);
    }
    /// All words of a query occur in the title of the case `c`; marks and case do not matter.
    pub(crate) fn words(&mut self, query: &str) {
        let query: String = query.chars().take(MAX_QUERY).collect();
        for word in text::fold(&query).split(' ').filter(|word| !word.is_empty()).take(MAX_WORDS) {
            let word = word.replace('!', "!!").replace('%', "!%").replace('_', "!_");
            let place = self.bind(format!("%{word}%"));
            self.and(format!("c.title_fold LIKE {place} ESCAPE '!'"));
        }
    }
    pub(crate) fn text(&self) -> String {
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
        wanted.words(&filter.query);
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

    /// The open cases of a field that are late, of which the person may know, the longest late first, at most `most`.
    ///
    /// # Errors
    /// As [`Cases::list`].
    pub async fn longest_late(&self, ctx: &Ctx, work: &str, most: i64) -> Result<Vec<CaseSummary>, Problem> {
        let mut wanted = Where::new();
        need_to_know(ctx, &mut wanted)?;
        let today = self.journal.clock().now().day().start().micros();
        let (work, today, most) = (wanted.bind(work), wanted.bind(today), wanted.bind(most));
        let sql = format!(
            "SELECT c.* FROM case_file c WHERE c.work = {work} AND c.status = 'open' AND c.due < {today} AND {} \
             ORDER BY c.due, c.case_id LIMIT {most}",
            wanted.text()
        );
        let rows = self.journal.reader().rows(&sql, &wanted.parameters).await?;
        rows.iter().map(|row| self.summary(row)).collect()
    }

    /// How many open cases each procedure has, of those that the person may know of.
    ///
    /// # Errors
    /// As [`Cases::list`].
    pub async fn open_by_procedure(&self, ctx: &Ctx) -> Result<BTreeMap<String, i64>, Problem> {
        let mut wanted = Where::new();
        need_to_know(ctx, &mut wanted)?;
        let sql = format!(
            "SELECT c.procedure, COUNT(*) AS n FROM case_file c WHERE c.status = 'open' AND {} GROUP BY c.procedure",
            wanted.text()
        );
        let rows = self.journal.reader().rows(&sql, &wanted.parameters).await?;
        rows.iter().map(|row| Ok((row.text("procedure")?.to_owned(), row.int("n")?))).collect()
    }

    pub(crate) async fn total(&self, sql: &str, wanted: &Where) -> Result<i64, Problem> {
        self.journal.reader().row(sql, &wanted.parameters).await?.map_or(Ok(0), |row| row.int("n"))
    }

    pub(crate) fn procedure_of(&self, row: &Row) -> Result<(ProcedureRef, Option<Arc<Procedure>>), Problem> {
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
    let mut known = format!(
        "c.closed_to_others = 0 OR EXISTS (SELECT 1 FROM case_part p WHERE p.case_id = c.case_id AND p.part IN ({parts}))"
    );
    let handed: Vec<String> = ctx.person().into_iter().flat_map(|p| &p.handed).map(|h| h.seat.clone()).collect();
    if !handed.is_empty() {
        let seats = wanted.bind_all(handed);
        let holds = "EXISTS (SELECT 1 FROM task t WHERE t.case_id = c.case_id AND t.seat IN";
        known.push_str(&format!(" OR {holds} ({seats}))"));
    }
    wanted.and(format!("({known})"));
    Ok(())
}

fn paging(page: u32, total: i64) -> (u32, u32) {
    let pages = u32::try_from(total).unwrap_or(u32::MAX).div_ceil(PER_PAGE).max(1);
    (page.clamp(1, pages), pages)
}

pub(crate) fn grade(row: &Row) -> Result<Grade, Problem> {
    let level = u8::try_from(row.int("grade")?).map_err(Problem::fault)?;
    Grade::try_from(level).map_err(Problem::fault)
}

pub(crate) fn title_of(procedure: Option<&Procedure>, reference: &ProcedureRef) -> Text {
    let code = || Text { vi: reference.id.clone(), en: reference.id.clone() };
    procedure.map_or_else(code, |procedure| procedure.title.clone())
}

pub(crate) fn step_title(procedure: Option<&Procedure>, step: &str) -> Text {
    let code = || Text { vi: step.to_owned(), en: step.to_owned() };
    procedure.and_then(|procedure| procedure.step(step)).map_or_else(code, |step| step.title.clone())
}
