//! Number registers (sổ đăng ký số văn bản): which there are, what they gave, what comes next.
//!
//! Numbers are gap-free and never double: the next one follows from the register's stream alone, and the act that takes
//! it names the version of the stream on which it was reckoned. Nobody chooses a number. Only [`Records::plan_issue`] and [`Records::plan_incoming`] take one.

use crate::{
    Records,
    acts::{Continued, RegisterOpened},
    content::line,
    model::Number,
};
use journal::{Change, Expected, Row};
use kernel::{
    ActDraft, CaseId, Ctx, Day, DocumentId, FieldProblem, Grade, Problem, Resource, StreamId, Strength, Timestamp, id,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How the numbers of a register run (Decree 30/2020 art. 15; the Assembly's own series).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Series {
    /// Through the whole term: `1343/NQ-UBTVQH15`.
    Term,
    /// From 1 again each year, with the year in the number: `63/2025/UBTVQH15`.
    YearInNumber,
    /// From 1 again each year: `05/TB-VPQH`.
    Year,
}

impl Series {
    fn code(self) -> &'static str {
        match self {
            Series::Term => "term",
            Series::YearInNumber => "year_in_number",
            Series::Year => "year",
        }
    }
    fn parse(code: &str) -> Option<Series> {
        [Series::Term, Series::YearInNumber, Series::Year].into_iter().find(|s| s.code() == code)
    }
    /// The year of a number of this date in this series; 0 where the series runs through the term.
    pub fn year_of(self, date: Day) -> i64 {
        if self == Series::Term { 0 } else { i64::from(date.year()) }
    }
}

/// A register to be opened.
#[derive(Debug, Clone)]
pub struct NewRegister {
    /// Its code: `nq-ubtvqh`.
    pub code: String,
    /// The body whose documents it numbers.
    pub body: String,
    /// Its title: "Sổ đăng ký nghị quyết cá biệt của Ủy ban Thường vụ Quốc hội".
    pub title: String,
    /// The symbol after the number.
    pub symbol: String,
    /// How numbers run.
    pub series: Series,
    /// The grade of its documents.
    pub grade: Grade,
    /// The first number.
    pub next: i64,
}

/// A register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Register {
    /// Its code.
    pub code: String,
    /// The body whose documents it numbers.
    pub body: String,
    /// Its title.
    pub title: String,
    /// The symbol after the number.
    pub symbol: String,
    /// How numbers run.
    pub series: Series,
    /// The grade of its documents.
    pub grade: Grade,
    /// The next number of the year `year`.
    pub next: i64,
    /// The year in which the last number was given; 0 in a series of the term, and before the first.
    pub year: i64,
    /// The day of the last number.
    pub last_day: Option<Day>,
    /// The version of its stream.
    pub version: i64,
}

impl Register {
    /// The number that this register gives on a day, if it is the next to be asked.
    ///
    /// # Errors
    /// `register-clock-behind` when the day lies before that of the last number: the clock was set back, or the number
    /// would carry a date that contradicts its place in the register.
    pub fn next_number(&self, today: Day) -> Result<Number, Problem> {
        if let Some(last) = self.last_day.filter(|last| today < *last) {
            return Err(Problem::refused("register-clock-behind")
                .arg("today", today.short())
                .arg("last", last.short()));
        }
        let year = self.series.year_of(today);
        let number = if year == self.year || self.last_day.is_none() { self.next } else { 1 };
        Ok(Number {
            register: self.code.clone(),
            year,
            number,
            text: format!("{}/{}", written(self.series, number, year), self.symbol),
            date: today,
        })
    }

    pub(crate) fn resource(&self) -> Resource {
        resource(&self.code, &self.body, self.grade)
    }
}

/// The number as it stands before the symbol: below 10 with a leading 0 (Decree 30/2020, Annex I), `63/2025` in a
/// series with the year in the number.
pub(crate) fn written(series: Series, number: i64, year: i64) -> String {
    match series {
        Series::YearInNumber => format!("{number:02}/{year}"),
        Series::Term | Series::Year => format!("{number:02}"),
    }
}

/// One line of a register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegisterEntry {
    /// The number.
    pub number: Number,
    /// The document.
    pub document: DocumentId,
    /// Its case.
    pub case: CaseId,
    /// Its subject.
    pub subject: String,
    /// Who signed.
    pub signer: String,
    /// Recipients.
    pub recipients: Vec<String>,
    /// When the number was taken.
    pub at: Timestamp,
    /// By whom: `person:<id>`.
    pub by: String,
}

pub(crate) fn stream(code: &str) -> StreamId {
    StreamId::new("register", code)
}

fn resource(code: &str, body: &str, grade: Grade) -> Resource {
    Resource::new("Register", code, json!({"grade": grade.level(), "body": body}))
}

impl Records {
    /// Opens a register.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for a field; [`Problem::Conflict`] when the code is taken; the policies' refusal.
    pub async fn open_register(&self, ctx: &Ctx, new: NewRegister) -> Result<(), Problem> {
        let mut wrong = Vec::new();
        if id::check(&new.code).is_err() {
            wrong.push(FieldProblem::new("code", "field-not-an-id"));
        }
        if id::check(&new.body).is_err() {
            wrong.push(FieldProblem::new("body", "field-not-an-id"));
        }
        if new.next < 1 {
            wrong.push(FieldProblem::new("next", "field-too-small").arg("min", 1));
        }
        let (title, symbol) = (line(&new.title), line(&new.symbol));
        for (field, text) in [("title", &title), ("symbol", &symbol)] {
            if text.is_empty() {
                wrong.push(FieldProblem::new(field, "field-required"));
            }
        }
        if !wrong.is_empty() {
            return Err(Problem::Invalid(wrong));
        }
        let body = RegisterOpened {
            body: new.body.clone(),
            title,
            symbol,
            series: new.series,
            grade: new.grade,
            next: new.next,
        };
        let act = ActDraft::new(resource(&new.code, &new.body, new.grade), &body).graded(new.grade);
        self.journal.commit(ctx, Change::new().on(stream(&new.code), Expected::New).act(act)).await?;
        Ok(())
    }

    /// Lets a register go on at a later number, because those between were given outside this house. Numbers only go up.
    ///
    /// # Errors
    /// [`Problem::Invalid`] when `next` is not above the register's next number or no reason is given.
    pub async fn continue_register(
        &self,
        ctx: &Ctx,
        code: &str,
        next: i64,
        last_day: Option<Day>,
        reason: &str,
    ) -> Result<(), Problem> {
        let register = self.register(ctx, code).await?;
        let reason = line(reason);
        if next <= register.next {
            let wrong = FieldProblem::new("next", "field-too-small").arg("min", register.next + 1);
            return Err(Problem::Invalid(vec![wrong]));
        }
        if reason.is_empty() {
            return Err(Problem::field("reason", "field-required"));
        }
        let act = ActDraft::new(register.resource(), &Continued { next, last_day, reason }).graded(register.grade);
        self.journal.commit(ctx, Change::new().on(stream(code), Expected::At(register.version)).act(act)).await?;
        Ok(())
    }

    /// Whether the person may let the register go on at a later number, with the second factor given.
    pub fn may_continue(&self, ctx: &Ctx, register: &Register) -> bool {
        let fresh = Ctx { strength: Strength::Fresh, ..ctx.clone() };
        self.journal.policies().decide(&fresh, "register.continued", &register.resource()).allowed
    }

    /// The registers that the person may read, by code.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn registers(&self, ctx: &Ctx) -> Result<Vec<Register>, Problem> {
        let rows = self.journal.reader().rows("SELECT * FROM register ORDER BY code LIMIT 1000", &[]).await?;
        let mut registers = Vec::with_capacity(rows.len());
        for row in &rows {
            let register = read_register(row)?;
            if self.journal.policies().decide(ctx, "view.register", &register.resource()).allowed {
                registers.push(register);
            }
        }
        Ok(registers)
    }

    /// One register.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when there is none, or the person may not know of it.
    pub async fn register(&self, ctx: &Ctx, code: &str) -> Result<Register, Problem> {
        let register = self.register_unchecked(code).await?;
        match register.filter(|r| self.journal.policies().decide(ctx, "view.register", &r.resource()).allowed) {
            Some(register) => Ok(register),
            None => Err(Problem::not_found("register", code)),
        }
    }

    pub(crate) async fn register_unchecked(&self, code: &str) -> Result<Option<Register>, Problem> {
        let row = self.journal.reader().row("SELECT * FROM register WHERE code = $1", &[code.into()]).await?;
        row.as_ref().map(read_register).transpose()
    }

    /// The lines of a register, newest first. `year` is 0 for a series of the term. `before` continues a list.
    ///
    /// # Errors
    /// As [`Records::register`].
    pub async fn entries(
        &self,
        ctx: &Ctx,
        code: &str,
        year: i64,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RegisterEntry>, Problem> {
        self.register(ctx, code).await?;
        let sql = "SELECT * FROM register_entry WHERE register = $1 AND year = $2 AND number < $3 \
                   ORDER BY number DESC LIMIT $4";
        let parameters = [code.into(), year.into(), before.unwrap_or(i64::MAX).into(), limit.min(1000).into()];
        self.journal.reader().rows(sql, &parameters).await?.iter().map(read_entry).collect()
    }
}

fn read_register(row: &Row) -> Result<Register, Problem> {
    Ok(Register {
        code: row.text("code")?.to_owned(),
        body: row.text("body")?.to_owned(),
        title: row.text("title")?.to_owned(),
        symbol: row.text("symbol")?.to_owned(),
        series: Series::parse(row.text("series")?).ok_or_else(|| Problem::fault("a register without a series"))?,
        grade: grade(row.int("grade")?)?,
        next: row.int("next_number")?,
        year: row.int("year")?,
        last_day: row.opt_text("last_day")?.map(day).transpose()?,
        version: row.int("version")?,
    })
}

fn read_entry(row: &Row) -> Result<RegisterEntry, Problem> {
    Ok(RegisterEntry {
        number: Number {
            register: row.text("register")?.to_owned(),
            year: row.int("year")?,
            number: row.int("number")?,
            text: row.text("number_text")?.to_owned(),
            date: day(row.text("date")?)?,
        },
        document: DocumentId::new(row.text("document")?).map_err(Problem::fault)?,
        case: CaseId::new(row.text("case_id")?).map_err(Problem::fault)?,
        subject: row.text("subject")?.to_owned(),
        signer: row.text("signer")?.to_owned(),
        recipients: serde_json::from_str(row.text("recipients")?).map_err(Problem::fault)?,
        at: row.time("at")?,
        by: row.text("actor")?.to_owned(),
    })
}

pub(crate) fn grade(level: i64) -> Result<Grade, Problem> {
    u8::try_from(level).map_err(Problem::fault).and_then(|level| Grade::try_from(level).map_err(Problem::fault))
}

pub(crate) fn day(text: &str) -> Result<Day, Problem> {
    Day::parse(text).map_err(Problem::fault)
}

pub(crate) fn series_code(series: Series) -> &'static str {
    series.code()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register(series: Series, next: i64, year: i64, last_day: Option<&str>) -> Register {
        Register {
            code: "nq-ubtvqh".into(),
            body: "ubtvqh".into(),
            title: "Sổ".into(),
            symbol: if series == Series::YearInNumber { "UBTVQH15" } else { "NQ-UBTVQH15" }.into(),
            series,
            grade: Grade::Open,
            next,
            year,
            last_day: last_day.map(|d| Day::parse(d).unwrap()),
            version: 1,
        }
    }

    fn text(register: &Register, today: &str) -> String {
        register.next_number(Day::parse(today).unwrap()).unwrap().text
    }

    #[test]
    fn a_series_of_the_term_runs_on_over_the_new_year() {
        assert_eq!(text(&register(Series::Term, 1344, 0, Some("2024-12-31")), "2025-01-02"), "1344/NQ-UBTVQH15");
        assert_eq!(text(&register(Series::Term, 5, 0, None), "2025-01-02"), "05/NQ-UBTVQH15");
    }

    #[test]
    fn a_yearly_series_starts_again_and_carries_the_year() {
        let running = register(Series::YearInNumber, 64, 2025, Some("2025-12-31"));
        assert_eq!(text(&running, "2025-12-31"), "64/2025/UBTVQH15");
        assert_eq!(text(&running, "2026-01-01"), "01/2026/UBTVQH15");
        assert_eq!(text(&register(Series::YearInNumber, 63, 0, None), "2025-03-01"), "63/2025/UBTVQH15");
    }

    #[test]
    fn a_clock_set_back_before_the_last_number_is_refused() {
        let running = register(Series::Term, 7, 0, Some("2025-01-05"));
        let refusal = running.next_number(Day::parse("2025-01-04").unwrap()).unwrap_err();
        assert!(matches!(refusal, Problem::Refused { code: "register-clock-behind", .. }), "{refusal}");
    }
}
