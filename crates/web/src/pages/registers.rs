//! Number registers: which there are, and each as it is printed.

use crate::{
    csv,
    form::Posted,
    render::Page,
    show,
    trouble::Failure,
    view::{Choice, Link, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{
    extract::{Path, Query},
    response::Response,
};
use kernel::{BodyId, Day, Problem, Timestamp};
use records::{Register, Series};
use serde::{Deserialize, Serialize};

/// The registers.
#[derive(Debug, Serialize)]
pub struct RegistersPage {
    /// The registers that the reader may see.
    pub registers: Vec<RegisterRow>,
}

/// A register.
#[derive(Debug, Clone, Serialize)]
pub struct RegisterRow {
    /// Its code.
    pub code: String,
    /// Its title.
    pub title: String,
    /// The symbol of its numbers.
    pub symbol: String,
    /// The body that keeps it.
    pub body: String,
    /// The number that comes next.
    pub next: String,
    /// The day of the last number.
    pub last_day: Option<String>,
    /// Its grade.
    pub grade: u8,
}

impl RegisterRow {
    fn sample() -> RegisterRow {
        RegisterRow {
            code: "nq-ubtvqh".into(),
            title: "Sổ nghị quyết cá biệt của Ủy ban Thường vụ Quốc hội".into(),
            symbol: "NQ-UBTVQH15".into(),
            body: "Ủy ban Thường vụ Quốc hội".into(),
            next: "1351/NQ-UBTVQH15".into(),
            last_day: Some("2025-01-05".into()),
            grade: 0,
        }
    }
}

impl Page for RegistersPage {
    const TEMPLATE: &'static str = "registers.html";
    fn samples() -> Vec<(&'static str, Self)> {
        vec![
            ("one", RegistersPage { registers: vec![RegisterRow::sample()] }),
            ("none", RegistersPage { registers: vec![] }),
        ]
    }
}

/// A register as it is printed.
#[derive(Debug, Serialize)]
pub struct RegisterPage {
    /// The register.
    pub register: RegisterRow,
    /// The years to choose from; empty for a series of the term.
    pub years: Vec<Choice>,
    /// The chosen year.
    pub year: String,
    /// Its lines, newest first.
    pub entries: Vec<EntryRow>,
    /// Where older lines are.
    pub older: Option<String>,
    /// The address of the list as CSV.
    pub csv: String,
    /// Whether the reader may let the register go on at a later number.
    pub continues: bool,
}

/// A line of the register.
#[derive(Debug, Clone, Serialize)]
pub struct EntryRow {
    /// The number as written.
    pub number: String,
    /// The date, `2024-12-20`.
    pub date: String,
    /// The subject.
    pub subject: Link,
    /// Who signed.
    pub signer: String,
    /// Recipients.
    pub recipients: Vec<String>,
    /// Who gave the number.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Page for RegisterPage {
    const TEMPLATE: &'static str = "register.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let entry = |n: i64, subject: &str| EntryRow {
            number: format!("{n}/NQ-UBTVQH15"),
            date: "2024-12-20".into(),
            subject: Link::new("/documents/document-1", subject),
            signer: "Đại biểu 001, Chủ tịch Quốc hội".into(),
            recipients: vec!["Như Điều 2".into(), "Lưu: VT".into()],
            by: "Nguyễn Thị D".into(),
            at: Timestamp::from_micros(1_734_600_000_000_000),
        };
        let page = |entries| RegisterPage {
            register: RegisterRow::sample(),
            years: vec![],
            year: "0".into(),
            entries,
            older: Some("?before=1343".into()),
            csv: "?format=csv".into(),
            continues: true,
        };
        vec![
            (
                "with lines",
                page(vec![
                    entry(1344, "Thành lập Ban soạn thảo dự án Luật"),
                    entry(1343, "Chương trình chuyển đổi số của Quốc hội"),
                ]),
            ),
            ("empty", page(vec![])),
        ]
    }
}

/// `GET /registers`
pub async fn list(viewer: Member) -> Result<Response, Failure> {
    let found = viewer.state.services.records.registers(&viewer.ctx).await?;
    let mut registers = Vec::new();
    for register in &found {
        registers.push(row(&viewer, register).await?);
    }
    viewer.page(&RegistersPage { registers }).await
}

async fn row(viewer: &Viewer, register: &Register) -> Result<RegisterRow, Problem> {
    let body = match BodyId::new(register.body.clone()) {
        Ok(id) => viewer.state.services.directory.body(&id).await?,
        Err(_) => None,
    };
    // A clock set back is told where a number is given; here the register is only read.
    let today = viewer.state.now().day();
    let day = register.last_day.map_or(today, |last| last.max(today));
    Ok(RegisterRow {
        code: register.code.clone(),
        title: register.title.clone(),
        symbol: register.symbol.clone(),
        body: body.map_or_else(|| register.body.clone(), |b| b.name_in(viewer.lang().code()).to_owned()),
        next: register.next_number(day)?.text,
        last_day: register.last_day.map(|d| d.to_string()),
        grade: register.grade.level(),
    })
}

/// Which lines.
#[derive(Debug, Deserialize)]
pub struct Lines {
    year: Option<i64>,
    before: Option<i64>,
    format: Option<String>,
}

/// `GET /registers/{register}`
pub async fn show(viewer: Member, Path(code): Path<String>, Query(lines): Query<Lines>) -> Result<Response, Failure> {
    let records = &viewer.state.services.records;
    let register = records.register(&viewer.ctx, &code).await?;
    let this_year = i64::from(viewer.state.now().day().year());
    let year = if register.series == Series::Term { 0 } else { lines.year.unwrap_or(this_year) };
    let is_csv = lines.format.as_deref() == Some("csv");
    let limit = if is_csv { 1000 } else { 100 };
    let entries = records.entries(&viewer.ctx, &code, year, lines.before, limit).await?;
    let names = show::names(&viewer, entries.iter().map(|e| e.by.as_str())).await?;
    let rows: Vec<EntryRow> = entries
        .iter()
        .map(|e| EntryRow {
            number: e.number.text.clone(),
            date: e.number.date.to_string(),
            subject: Link::new(format!("/documents/{}", e.document), &e.subject),
            signer: e.signer.clone(),
            recipients: e.recipients.clone(),
            by: show::name_of(&names, &e.by),
            at: e.at,
        })
        .collect();
    if is_csv {
        let head =
            ["register-number", "register-date", "register-subject", "register-signer", "recipients", "register-by"];
        let line = |r: &EntryRow| {
            let recipients = r.recipients.join("; ");
            vec![r.number.clone(), r.date.clone(), r.subject.words.clone(), r.signer.clone(), recipients, r.by.clone()]
        };
        let head = head.map(|k| viewer.say(k, &[]));
        return Ok(csv::answer(&format!("{code}.csv"), &head, rows.iter().map(line)));
    }
    let years = match register.series {
        Series::Term => vec![],
        _ => (this_year - 4..=this_year).rev().map(|y| Choice::new(y.to_string(), y.to_string())).collect(),
    };
    let last = entries.last().map(|e| e.number.number).filter(|_| entries.len() >= 100);
    let page = RegisterPage {
        register: row(&viewer, &register).await?,
        years,
        year: year.to_string(),
        entries: rows,
        older: last.map(|n| format!("/registers/{code}?year={year}&before={n}")),
        csv: format!("/registers/{code}?year={year}&format=csv"),
        continues: records.may_continue(&viewer.ctx, &register),
    };
    viewer.page(&page).await
}

/// Letting a register go on at a later number.
#[derive(Debug, Serialize)]
pub struct ContinuePage {
    /// The register.
    pub register: RegisterRow,
    /// The number that shall come next, as typed.
    pub next: String,
    /// The day of the last number given elsewhere, as typed.
    pub day: String,
    /// Why, as typed.
    pub reason: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for ContinuePage {
    const TEMPLATE: &'static str = "register_continue.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |errors| ContinuePage {
            register: RegisterRow::sample(),
            next: "1350".into(),
            day: "05/01/2025".into(),
            reason: "Các số 1346 đến 1349 đã cấp bằng sổ giấy".into(),
            errors,
        };
        vec![
            ("to fill in", page(vec![])),
            ("too small", page(vec![Wrong::sample("next", "Số phải lớn hơn số kế tiếp.")])),
        ]
    }
}

/// `GET /registers/{register}/continue`
pub async fn to_continue(viewer: Member, Path(code): Path<String>) -> Result<Response, Failure> {
    let today = viewer.state.now().day().short();
    viewer.page(&continue_page(&viewer, &code, String::new(), today, String::new(), vec![]).await?).await
}

async fn continue_page(
    viewer: &Viewer,
    code: &str,
    next: String,
    day: String,
    reason: String,
    errors: Vec<Wrong>,
) -> Result<ContinuePage, Problem> {
    let register = viewer.state.services.records.register(&viewer.ctx, code).await?;
    Ok(ContinuePage { register: row(viewer, &register).await?, next, day, reason, errors })
}

/// `POST /registers/{register}/continue`
pub async fn go_on(Path(code): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (next, day, reason) = (posted.fields.take("next"), posted.fields.take("day"), posted.fields.take("reason"));
    let fresh = posted.step_up().await;
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let number = next.trim().parse::<i64>().map_err(|_| Problem::field("next", "field-not-a-number"));
    let last = Day::parse(&day).map_err(|_| Problem::field("day", "field-not-a-day"));
    let continued = match (fresh, number, last) {
        (Ok(ctx), Ok(number), Ok(last)) => {
            viewer.state.services.records.continue_register(&ctx, &code, number, Some(last), &reason).await
        }
        (Err(problem), ..) | (_, Err(problem), _) | (.., Err(problem)) => Err(problem),
    };
    match continued {
        Ok(()) => Ok(done(&format!("/registers/{code}"), "done-register-continued")),
        Err(problem) => {
            let page = async |errors| continue_page(viewer, &code, next, day, reason, errors).await;
            posted.again(problem, &format!("/registers/{code}"), vec![], page).await
        }
    }
}
