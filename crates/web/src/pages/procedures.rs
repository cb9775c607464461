//! The catalogue of procedures, and one procedure with its steps and rules in words.

use super::{
    case::Fact,
    open_case::{FieldOfWork, ProcedureRow},
};
use crate::{render::Page, view::Link};
use serde::Serialize;

/// The catalogue.
#[derive(Debug, Serialize)]
pub struct ProceduresPage {
    /// Procedures by field of work.
    pub fields: Vec<FieldOfWork>,
}

impl Page for ProceduresPage {
    const TEMPLATE: &'static str = "procedures.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let one = FieldOfWork { field: "lawmaking".into(), procedures: vec![ProcedureRow::sample()] };
        vec![("one field", ProceduresPage { fields: vec![one] })]
    }
}

/// A procedure.
#[derive(Debug, Serialize)]
pub struct ProcedurePage {
    /// The procedure.
    pub procedure: ProcedureRow,
    /// Its version.
    pub version: i64,
    /// The field of work.
    pub field: String,
    /// Legal bases.
    pub bases: Vec<String>,
    /// The first day on which it applies.
    pub from: String,
    /// The last day.
    pub until: Option<String>,
    /// Steps in reading order.
    pub steps: Vec<StepRules>,
    /// Documents needed and produced.
    pub documents: Vec<Fact>,
    /// What an issued document changes.
    pub effects: Vec<String>,
    /// The address of its drawing.
    pub drawing: Option<String>,
    /// Other versions.
    pub versions: Vec<Link>,
}

/// A step in words.
#[derive(Debug, Clone, Serialize)]
pub struct StepRules {
    /// Its name.
    pub name: String,
    /// What is done.
    pub todo: String,
    /// Who does it.
    pub owners: Vec<String>,
    /// Its rules, one sentence each.
    pub rules: Vec<RuleLine>,
}

/// A rule in words.
#[derive(Debug, Clone, Serialize)]
pub struct RuleLine {
    /// The sentence.
    pub words: String,
    /// Its legal source, where one is named.
    pub basis: String,
    /// Whether it was read in the source.
    pub verified: bool,
}

impl Page for ProcedurePage {
    const TEMPLATE: &'static str = "procedure.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let rule = |words: &str, verified| RuleLine { words: words.into(), basis: "Nghị quyết 29/2022/UBTVQH15".into(), verified };
        let step = |name: &str| StepRules {
            name: name.into(),
            todo: "Mỗi Ủy viên cho ý kiến bằng phiếu.".into(),
            owners: vec!["Ủy viên Ủy ban Thường vụ Quốc hội".into()],
            rules: vec![rule("Hạn 10 ngày kể từ khi gửi phiếu.", false), rule("Quá nửa tổng số Ủy viên tán thành thì chuyển Chủ tịch Quốc hội ký.", true)],
        };
        let page = ProcedurePage {
            procedure: ProcedureRow::sample(),
            version: 1,
            field: "lawmaking".into(),
            bases: vec!["Luật Tổ chức Quốc hội".into()],
            from: "2024-12-01".into(),
            until: None,
            steps: vec![step("Soạn thảo"), step("Lấy ý kiến Ủy viên")],
            documents: vec![Fact::new("Nghị quyết", "Soạn theo mẫu; lấy số từ sổ nq-ubtvqh")],
            effects: vec!["Lập Ban soạn thảo với thành viên nêu trong hồ sơ.".into()],
            drawing: None,
            versions: vec![],
        };
        vec![("one", page)]
    }
}
