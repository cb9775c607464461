//! Lists of cases: all that the person may see, by field of work, by words, by state.

use crate::{
    csv,
    render::Page,
    show,
    trouble::Failure,
    view::{CaseRow, Choice, Listed},
    viewer::Member,
};
use axum::{extract::Query, response::Response};
use cases::CaseFilter;
use procedure::model::Work;
use serde::{Deserialize, Serialize};

/// A list of cases with its filter.
#[derive(Debug, Serialize)]
pub struct CasesPage {
    /// The field of work that was chosen.
    pub field: String,
    /// Words that were searched.
    pub q: String,
    /// The procedure that was chosen.
    pub procedure: String,
    /// The state that was chosen.
    pub state: String,
    /// Procedures to choose from.
    pub procedures: Vec<Choice>,
    /// The cases.
    pub list: Listed<CaseRow>,
}

impl Page for CasesPage {
    const TEMPLATE: &'static str = "cases.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |q: &str, items: Vec<CaseRow>, field: &str| CasesPage {
            field: field.into(),
            q: q.into(),
            procedure: String::new(),
            state: "open".into(),
            procedures: vec![Choice::new("ubtvqh-resolution", "Nghị quyết cá biệt của Ủy ban Thường vụ Quốc hội")],
            list: Listed::whole(items),
        };
        let long = Listed { total: 230, offset: 50, size: 50, ..Listed::whole(CaseRow::samples()) };
        vec![
            ("all", page("", CaseRow::samples(), "")),
            ("nothing found", page("xyz", vec![], "lawmaking")),
            ("second piece", CasesPage { list: long, ..page("nghi quyet", vec![], "") }),
        ]
    }
}

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
pub struct Search {
    q: Option<String>,
    field: Option<String>,
    procedure: Option<String>,
    state: Option<String>,
    from: Option<i64>,
    format: Option<String>,
}

/// Cases that a piece of the list holds.
const SIZE: i64 = 25;

/// `GET /cases`
pub async fn list(viewer: Member, Query(search): Query<Search>) -> Result<Response, Failure> {
    let field = search.field.as_deref().and_then(|field| Work::ALL.into_iter().find(|work| work.code() == field));
    let (q, procedure, state) =
        (search.q.unwrap_or_default(), search.procedure.unwrap_or_default(), search.state.unwrap_or_default());
    let from = search.from.unwrap_or(0).clamp(0, 1_000_000);
    let filter = CaseFilter {
        query: q.clone(),
        procedure: Some(procedure.clone()).filter(|p| !p.is_empty()),
        work: field.map(|f| f.code().to_owned()),
        open: match state.as_str() {
            "open" => Some(true),
            "closed" => Some(false),
            _ => None,
        },
        page: show::page_of(from, SIZE),
    };
    let cases = &viewer.state.services.cases;
    let found = cases.list(&viewer.ctx, &filter).await?;
    let rows: Vec<CaseRow> = found.items.iter().map(|c| show::case_row(&viewer, c)).collect();
    if search.format.as_deref() == Some("csv") {
        let line = |r: &CaseRow| {
            let due = r.due.map(|d| d.day().to_string()).unwrap_or_default();
            vec![r.title.clone(), r.procedure.clone(), r.step.clone(), due, r.state.to_owned()]
        };
        let head = ["case", "procedure", "step", "deadline", "state"].map(|k| viewer.say(k, &[]));
        return Ok(csv::answer("ho-so.csv", &head, rows.iter().map(line)));
    }
    let base = {
        let visit = &viewer.visit;
        let kept = visit.query.split('&').filter(|p| !p.is_empty() && !p.starts_with("from=")).collect::<Vec<_>>();
        if kept.is_empty() { format!("{}?", visit.path) } else { format!("{}?{}&", visit.path, kept.join("&")) }
    };
    let page = CasesPage {
        field: field.map(|f| f.code().to_owned()).unwrap_or_default(),
        q,
        procedure,
        state,
        procedures: cases.catalogue().newest().map(|p| Choice::new(&p.id, show::pick(&viewer, &p.title))).collect(),
        list: Listed { items: rows, total: found.total, offset: from / SIZE * SIZE, size: SIZE, base },
    };
    viewer.page(&page).await
}
