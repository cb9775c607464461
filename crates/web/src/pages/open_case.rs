//! Opening a case: choose the procedure, then fill in the form that its declaration describes.

use crate::{
    render::Page,
    view::{Choice, Wrong},
};
use serde::Serialize;

/// Which procedure?
#[derive(Debug, Serialize)]
pub struct ChoosePage {
    /// Procedures by field of work.
    pub fields: Vec<FieldOfWork>,
}

/// The procedures of a field.
#[derive(Debug, Serialize)]
pub struct FieldOfWork {
    /// The field: `lawmaking`.
    pub field: String,
    /// Its procedures.
    pub procedures: Vec<ProcedureRow>,
}

/// A procedure in a list.
#[derive(Debug, Clone, Serialize)]
pub struct ProcedureRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Its legal basis.
    pub basis: String,
    /// How many steps it has.
    pub steps: i64,
    /// Whether all its rules are verified against a legal text.
    pub verified: bool,
    /// Whether the person may open a case under it.
    pub may_open: bool,
}

impl ProcedureRow {
    pub(crate) fn sample() -> ProcedureRow {
        ProcedureRow {
            id: "ubtvqh-resolution".into(),
            name: "Nghị quyết cá biệt của Ủy ban Thường vụ Quốc hội".into(),
            about: "Từ tờ trình đến nghị quyết được ký, cấp số, đóng dấu và công bố.".into(),
            basis: "Luật Tổ chức Quốc hội; Nghị quyết 29/2022/UBTVQH15".into(),
            steps: 6,
            verified: false,
            may_open: true,
        }
    }
}

impl Page for ChoosePage {
    const TEMPLATE: &'static str = "case_choose.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let one = FieldOfWork { field: "lawmaking".into(), procedures: vec![ProcedureRow::sample()] };
        vec![("one field", ChoosePage { fields: vec![one] }), ("none allowed", ChoosePage { fields: vec![] })]
    }
}

/// The form of a procedure or of one of its steps, made from its declaration.
#[derive(Debug, Serialize)]
pub struct CaseFormPage {
    /// The procedure.
    pub procedure: ProcedureRow,
    /// The title as typed.
    pub title: String,
    /// The declared fields.
    pub fields: Vec<DeclaredField>,
    /// Grades that the person may give.
    pub grades: Vec<Choice>,
    /// The grade as chosen.
    pub grade: String,
    /// What happens after opening.
    pub after: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A declared field.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeclaredField {
    /// Its name in the form.
    pub name: String,
    /// Its label.
    pub label: String,
    /// `text`, `long`, `number`, `date`, `choice`, `yes`, `person`, `body`.
    pub kind: &'static str,
    /// What was typed.
    pub value: String,
    /// Choices.
    pub choices: Vec<Choice>,
    /// What to write.
    pub hint: String,
    /// Whether it must be filled.
    pub required: bool,
}

impl DeclaredField {
    pub(crate) fn samples() -> Vec<DeclaredField> {
        let field = |name: &str, label: &str, kind| DeclaredField {
            name: name.into(),
            label: label.into(),
            kind,
            required: true,
            ..DeclaredField::default()
        };
        vec![
            DeclaredField {
                choices: vec![Choice::new("ub-phap-luat-tu-phap", "Ủy ban Pháp luật và Tư pháp")],
                ..field("f.proposer", "Cơ quan trình", "body")
            },
            DeclaredField { hint: "Ví dụ 20/12/2024".into(), ..field("f.effective", "Ngày dự kiến có hiệu lực", "date") },
            DeclaredField { required: false, ..field("f.note", "Ghi chú", "long") },
            field("f.members", "Số thành viên", "number"),
            field("f.urgent", "Khẩn", "yes"),
        ]
    }
}

impl Page for CaseFormPage {
    const TEMPLATE: &'static str = "case_form.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |errors: Vec<Wrong>| CaseFormPage {
            procedure: ProcedureRow::sample(),
            title: "Thành lập Ban soạn thảo".into(),
            fields: DeclaredField::samples(),
            grades: vec![Choice::new("0", "Thường"), Choice::new("1", "Mật")],
            grade: "0".into(),
            after: "Sau khi mở, hồ sơ ở bước Soạn thảo và do Vụ Pháp luật xử lý.".into(),
            errors,
        };
        vec![
            ("empty", page(vec![])),
            ("wrong", page(vec![Wrong::sample("f.effective", "Nhập ngày theo dạng 20/12/2024."), Wrong::sample("title", "Nhập tên hồ sơ.")])),
        ]
    }
}
