//! The registers in the official form (Decree 30/2020, Annex IV): to read, to print, as PDF and as a table.

use super::day_words;
use crate::{
    csv,
    pages::document::inline,
    render::Page,
    trouble::Failure,
    view::Choice,
    viewer::{Member, Viewer},
};
use axum::{extract::Query, response::Response};
use exchange::{ArrivalLine, DispatchState};
use kernel::{BodyId, Day, Problem, Timestamp};
use records::{Register, RegisterEntry, Series};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A register in the official form.
#[derive(Debug, Serialize)]
pub struct BookPage {
    /// `in` or `out`.
    pub book: &'static str,
    /// What it is called.
    pub title: String,
    /// Who keeps it.
    pub keeper: String,
    /// Registers to choose from.
    pub registers: Vec<Choice>,
    /// The register that was chosen.
    pub register: String,
    /// Years to choose from; empty for a series of the term.
    pub years: Vec<Choice>,
    /// The year.
    pub year: String,
    /// The messages of the columns.
    pub heads: Vec<&'static str>,
    /// Which column holds the subject.
    pub subject: usize,
    /// The lines in order.
    pub rows: Vec<BookRow>,
    /// Where the next lines are.
    pub next: Option<String>,
    /// When it is printed.
    pub printed: Timestamp,
    /// The register as CSV.
    pub csv: String,
    /// The register as PDF.
    pub pdf: String,
}

/// A line of a register.
#[derive(Debug, Clone, Serialize)]
pub struct BookRow {
    /// The page of the document; empty when it is not to be read here.
    pub href: String,
    /// The cells in the order of the columns.
    pub cells: Vec<String>,
}

/// The columns of the register of incoming documents.
pub const IN: [&str; 10] = [
    "book-arrived",
    "book-number",
    "book-author",
    "book-code",
    "book-date",
    "book-subject",
    "book-unit",
    "book-moved",
    "book-receipt",
    "book-note",
];
/// The columns of the register of outgoing documents.
pub const OUT: [&str; 8] =
    ["book-code", "book-date", "book-subject", "book-signer", "book-places", "book-kept", "book-copies", "book-note"];

impl Page for BookPage {
    const TEMPLATE: &'static str = "axis_book.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |cells: &[&str]| BookRow {
            href: "/incoming/a".into(),
            cells: cells.iter().map(|c| (*c).to_owned()).collect(),
        };
        let page = |book, heads: &[&'static str], subject, rows| BookPage {
            book,
            title: "Sổ đăng ký văn bản đến".into(),
            keeper: "Văn phòng Quốc hội".into(),
            registers: vec![],
            register: "van-ban-den".into(),
            years: vec![Choice::new("2024", "2024")],
            year: "2024".into(),
            heads: heads.to_vec(),
            subject,
            rows,
            next: None,
            printed: Timestamp::from_micros(1_734_600_000_000_000),
            csv: "?format=csv".into(),
            pdf: "?format=pdf".into(),
        };
        let arrived = row(&[
            "20/12/2024",
            "15",
            "Bộ Tư pháp",
            "17/BTP-PLHSHC",
            "18/12/2024",
            "Công văn về việc cho ý kiến đối với dự thảo Luật",
            "Vụ Pháp luật",
            "20/12/2024",
            "",
            "",
        ]);
        let went = row(&[
            "1344/NQ-UBTVQH15",
            "23/12/2024",
            "Nghị quyết thành lập Ban soạn thảo",
            "Đại biểu 001",
            "Như Điều 2",
            "Vụ Hành chính",
            "1",
            "",
        ]);
        let out = BookPage {
            registers: vec![Choice::new("nq-ubtvqh", "Nghị quyết")],
            years: vec![],
            next: Some("?from=1344".into()),
            ..page("out", &OUT, 2, vec![went])
        };
        vec![("incoming", page("in", &IN, 5, vec![arrived])), ("outgoing", out), ("empty", page("in", &IN, 5, vec![]))]
    }
}

/// Lines of one print.
const LINES: u32 = 1000;

/// Which lines, in which shape.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    register: String,
    year: Option<i64>,
    from: Option<i64>,
    format: String,
}

/// `GET /incoming/register`
pub async fn incoming(viewer: Member, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let services = &viewer.state.services;
    let this_year = i64::from(viewer.state.now().day().year());
    let (year, from) = (asked.year.unwrap_or(this_year), asked.from.unwrap_or(1).max(1));
    let lines = services.office.register_lines(&viewer.ctx, year, from, LINES).await?;
    let next = full(lines.len()).then(|| from + i64::from(LINES));
    let rows = lines.iter().map(|line| line_in(&viewer, line)).collect();
    let base = format!("/incoming/register?year={year}&from={from}");
    let page = BookPage {
        book: "in",
        title: viewer.say("book-in-title", &[]),
        keeper: services.office.settings().organ.name.clone(),
        registers: vec![],
        register: String::new(),
        years: years(this_year),
        year: year.to_string(),
        heads: IN.to_vec(),
        subject: 5,
        rows,
        next: next.map(|from| format!("/incoming/register?year={year}&from={from}")),
        printed: viewer.state.now(),
        csv: format!("{base}&format=csv"),
        pdf: format!("{base}&format=pdf"),
    };
    answer(&viewer, page, &asked.format, "so-dang-ky-den").await
}

/// `GET /outgoing/register`: a number register in the official form.
pub async fn outgoing(viewer: Member, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let services = &viewer.state.services;
    let registers: Vec<Register> = services
        .records
        .registers(&viewer.ctx)
        .await?
        .into_iter()
        .filter(|register| !register.title.is_empty())
        .collect();
    let register = registers.iter().find(|r| r.code == asked.register).or(registers.first()).cloned();
    let register = register.ok_or_else(|| Problem::not_found("register", "any"))?;
    let this_year = i64::from(viewer.state.now().day().year());
    let year = if register.series == Series::Term { 0 } else { asked.year.unwrap_or(this_year) };
    let before = asked.from;
    let mut entries = services.records.entries(&viewer.ctx, &register.code, year, before, LINES).await?;
    let older = full(entries.len()).then(|| entries.last().map(|entry| entry.number.number)).flatten();
    entries.reverse();
    let mut rows = Vec::new();
    for entry in &entries {
        rows.push(line_out(&viewer, entry).await?);
    }
    let code = &register.code;
    let here = before.map_or_else(String::new, |before| format!("&from={before}"));
    let base = format!("/outgoing/register?register={code}&year={year}{here}");
    let page = BookPage {
        book: "out",
        title: register.title.clone(),
        keeper: keeper(&viewer, &register).await?,
        registers: registers.iter().map(|r| Choice::new(&r.code, &r.title)).collect(),
        register: code.clone(),
        years: if year == 0 { vec![] } else { years(this_year) },
        year: if year == 0 { this_year.to_string() } else { year.to_string() },
        heads: OUT.to_vec(),
        subject: 2,
        rows,
        next: older.map(|before| format!("/outgoing/register?register={code}&year={year}&from={before}")),
        printed: viewer.state.now(),
        csv: format!("{base}&format=csv"),
        pdf: format!("{base}&format=pdf"),
    };
    answer(&viewer, page, &asked.format, "so-dang-ky").await
}

fn full(lines: usize) -> bool {
    lines >= LINES as usize
}

fn years(this_year: i64) -> Vec<Choice> {
    (this_year - 4..=this_year).rev().map(|year| Choice::new(year.to_string(), year.to_string())).collect()
}

async fn keeper(viewer: &Viewer, register: &Register) -> Result<String, Problem> {
    let Ok(id) = BodyId::new(register.body.clone()) else { return Ok(register.body.clone()) };
    let body = viewer.state.services.directory.body(&id).await?;
    Ok(body.map_or_else(|| register.body.clone(), |body| body.name_in("vi").to_owned()))
}

/// A line of the register of incoming documents.
fn line_in(viewer: &Viewer, line: &ArrivalLine) -> BookRow {
    let day = |text: Option<&String>| text.and_then(|text| Day::parse(text).ok()).map_or_else(String::new, Day::short);
    // Many subjects begin with their type.
    let named = line.type_name.is_empty() || line.subject.to_lowercase().starts_with(&line.type_name.to_lowercase());
    let subject = if named { line.subject.clone() } else { format!("{}: {}", line.type_name, line.subject) };
    let note = match line.proposal.as_deref().and_then(|proposal| proposal.split(':').next()) {
        Some("agreed") => viewer.say("book-note-agreed", &[]),
        Some("declined") => viewer.say("book-note-declined", &[]),
        _ if line.state == "refused" => viewer.say("book-note-refused", &[]),
        _ => String::new(),
    };
    let cells = vec![
        day(line.register_date.as_ref()),
        line.register_text.clone().unwrap_or_default(),
        line.from.name.clone(),
        line.number.clone(),
        day_words(&line.date),
        subject,
        line.unit_name.clone().unwrap_or_default(),
        String::new(),
        String::new(),
        note,
    ];
    BookRow { href: format!("/incoming/{}", line.id), cells }
}

/// A line of a register of outgoing documents; what went over the axis says so.
async fn line_out(viewer: &Viewer, entry: &RegisterEntry) -> Result<BookRow, Problem> {
    let sent = viewer.state.services.office.dispatches_of(&viewer.ctx, &entry.document).await;
    let note = match sent {
        Ok(sent) if sent.iter().any(|line| line.state == DispatchState::Sent) => viewer.say("book-by-axis", &[]),
        Ok(_) | Err(Problem::NotFound { .. }) => String::new(),
        Err(other) => return Err(other),
    };
    let cells = vec![
        entry.number.text.clone(),
        entry.number.date.short(),
        entry.subject.clone(),
        entry.signer.clone(),
        entry.recipients.join("; "),
        String::new(),
        String::new(),
        note,
    ];
    Ok(BookRow { href: format!("/documents/{}", entry.document), cells })
}

/// The register as a page, a table or a paper.
async fn answer(viewer: &Viewer, page: BookPage, format: &str, form: &str) -> Result<Response, Failure> {
    let name = if page.book == "in" { "so-van-ban-den" } else { "so-van-ban-di" };
    match format {
        "csv" => {
            let head: Vec<String> = page.heads.iter().map(|key| viewer.say(key, &[])).collect();
            Ok(csv::answer(&format!("{name}.csv"), &head, page.rows.into_iter().map(|row| row.cells)))
        }
        "pdf" => {
            let (papers, data) = (viewer.state.services.records.papers().clone(), data(&page));
            let (form, at) = (form.to_owned(), page.printed);
            let typeset = tokio::task::spawn_blocking(move || papers.render(&form, &data, at)).await;
            let pdf = typeset.map_err(Problem::fault)?.map_err(Problem::fault)?.pdf;
            Ok(inline("application/pdf", &format!("{name}.pdf"), pdf.into()))
        }
        _ => viewer.page(&page).await,
    }
}

/// The register as its paper wants it.
fn data(page: &BookPage) -> Value {
    let names: &[&str] = match page.book {
        "in" => &["arrived", "number", "author", "code", "date", "subject", "unit", "moved", "receipt", "note"],
        _ => &["number", "date", "subject", "signer", "recipients", "kept", "copies", "note"],
    };
    let entry = |row: &BookRow| -> Value {
        let cells = names.iter().zip(&row.cells).filter(|(name, cell)| !cell.is_empty() && **name != "copies");
        cells
            .map(|(name, cell)| ((*name).to_owned(), Value::from(iso(page.book, name, cell))))
            .collect::<Map<_, _>>()
            .into()
    };
    json!({
        "issuer": {"superior": null, "lines": [page.keeper.to_uppercase()]},
        "register": page.title,
        "year": page.year.parse::<i64>().unwrap_or_default(),
        "printed": page.printed,
        "entries": page.rows.iter().map(entry).collect::<Vec<_>>(),
    })
}

/// Days that the house itself gave stand in papers as days; those of others as they wrote them.
fn iso(book: &str, name: &str, cell: &str) -> String {
    match (book, name, Day::parse(cell)) {
        ("out", "date", Ok(day)) | ("in", "arrived", Ok(day)) => day.to_string(),
        _ => cell.to_owned(),
    }
}
