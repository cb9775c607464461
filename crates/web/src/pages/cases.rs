//! Lists of cases: all that the person may see, by field of work, by words, by state.

use crate::{
    render::Page,
    view::{CaseRow, Choice, Listed},
};
use serde::Serialize;

/// A list of cases with its filter.
#[derive(Debug, Serialize)]
pub struct CasesPage {
    /// The field of work when the list is of one.
    pub field: Option<String>,
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
        let page = |q: &str, items: Vec<CaseRow>, field: Option<&str>| CasesPage {
            field: field.map(Into::into),
            q: q.into(),
            procedure: String::new(),
            state: "open".into(),
            procedures: vec![Choice::new("ubtvqh-resolution", "Nghị quyết cá biệt của Ủy ban Thường vụ Quốc hội")],
            list: Listed::whole(items),
        };
        let long = Listed { total: 230, offset: 50, size: 50, ..Listed::whole(CaseRow::samples()) };
        vec![
            ("all", page("", CaseRow::samples(), None)),
            ("nothing found", page("xyz", vec![], Some("lawmaking"))),
            ("second piece", CasesPage { list: long, ..page("nghi quyet", vec![], None) }),
        ]
    }
}
