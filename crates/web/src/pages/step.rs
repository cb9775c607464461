//! The page of a step: its form, the documents that it needs, its outcomes, and the way back with a reason.

use super::open_case::DeclaredField;
use crate::{
    render::Page,
    view::{Choice, DocumentRow, Wrong},
};
use serde::Serialize;

/// The case above a page that works on it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CaseHead {
    /// The case.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its grade.
    pub grade: u8,
    /// Its version as read.
    pub version: i64,
}

impl CaseHead {
    pub(crate) fn sample() -> CaseHead {
        CaseHead {
            id: "case-1".into(),
            title: "Thành lập Ban soạn thảo dự án Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội".into(),
            grade: 0,
            version: 7,
        }
    }
}

/// What the owner of a step does.
#[derive(Debug, Serialize)]
pub struct StepPage {
    /// The case.
    pub case: CaseHead,
    /// The step's key.
    pub step: String,
    /// Its name.
    pub title: String,
    /// What is to be done.
    pub todo: String,
    /// Documents written or attached here.
    pub documents: Vec<NeededDocument>,
    /// The step's form.
    pub fields: Vec<DeclaredField>,
    /// Answers to choose from.
    pub outcomes: Vec<Choice>,
    /// The one that was chosen.
    pub outcome: String,
    /// Earlier steps to which the case may be returned.
    pub returns: Vec<Choice>,
    /// The reason as typed.
    pub reason: String,
    /// What happens next.
    pub after: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A document that a step needs or writes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NeededDocument {
    /// The key of its declaration.
    pub key: String,
    /// Its name.
    pub title: String,
    /// Whether the step cannot be finished without it.
    pub needed: bool,
    /// Whether it is written here as a structured text; else a file is attached.
    pub written: bool,
    /// The document, once it is there.
    pub there: Option<DocumentRow>,
}

impl Page for StepPage {
    const TEMPLATE: &'static str = "step.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let docs = DocumentRow::samples();
        let page = |there: bool, errors: Vec<Wrong>| StepPage {
            case: CaseHead::sample(),
            step: "soan-thao".into(),
            title: "Soạn thảo".into(),
            todo: "Soạn dự thảo nghị quyết và đính kèm tờ trình, rồi chuyển thẩm tra.".into(),
            documents: vec![
                NeededDocument { key: "nghi-quyet".into(), title: "Dự thảo nghị quyết".into(), needed: true, written: true, there: there.then(|| docs[0].clone()) },
                NeededDocument { key: "to-trinh".into(), title: "Tờ trình".into(), needed: true, written: false, there: there.then(|| docs[1].clone()) },
            ],
            fields: DeclaredField::samples(),
            outcomes: vec![Choice::new("nhat-tri", "Nhất trí"), Choice::new("bo-sung", "Nhất trí, đề nghị bổ sung")],
            outcome: String::new(),
            returns: vec![Choice::new("soan-thao", "Soạn thảo")],
            reason: String::new(),
            after: "Sau khi hoàn thành, hồ sơ chuyển Ủy ban Pháp luật và Tư pháp thẩm tra.".into(),
            errors,
        };
        vec![
            ("nothing there yet", page(false, vec![Wrong::sample("", "Còn thiếu Tờ trình.")])),
            ("ready", page(true, vec![])),
        ]
    }
}

/// Attaching a file as a document of the case, or a new version of it.
#[derive(Debug, Serialize)]
pub struct AttachPage {
    /// The case.
    pub case: CaseHead,
    /// The document's key.
    pub key: String,
    /// What document it is to be.
    pub kind: String,
    /// Its title as typed.
    pub title: String,
    /// A remark as typed.
    pub note: String,
    /// Where the form goes.
    pub action: String,
    /// The version of what is replaced, or of the case.
    pub version: i64,
    /// A new version of what is there.
    pub replaces: bool,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for AttachPage {
    const TEMPLATE: &'static str = "attach.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = AttachPage {
            case: CaseHead::sample(),
            key: "to-trinh".into(),
            kind: "Tờ trình".into(),
            title: "Tờ trình về việc thành lập Ban soạn thảo".into(),
            note: String::new(),
            action: "/cases/case-1/documents/to-trinh".into(),
            version: 7,
            replaces: false,
            errors: vec![Wrong::sample("file", "Nội dung tệp không đúng với tên tệp.")],
        };
        vec![("wrong file", page)]
    }
}

/// A body's opinion.
#[derive(Debug, Serialize)]
pub struct OpinionPage {
    /// The case.
    pub case: CaseHead,
    /// The step's name.
    pub title: String,
    /// What is asked.
    pub todo: String,
    /// Bodies for which the person may answer.
    pub bodies: Vec<Choice>,
    /// The chosen one.
    pub body: String,
    /// What to read first.
    pub documents: Vec<DocumentRow>,
    /// The answers.
    pub answers: Vec<Choice>,
    /// The chosen one.
    pub answer: String,
    /// In words.
    pub text: String,
    /// The kind of document in which the opinion is written; empty when none is asked.
    pub paper: String,
    /// Earlier steps to which the case may be returned.
    pub returns: Vec<Choice>,
    /// The reason as typed.
    pub reason: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for OpinionPage {
    const TEMPLATE: &'static str = "opinion.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = OpinionPage {
            case: CaseHead::sample(),
            title: "Thẩm tra".into(),
            todo: "Ủy ban đọc hồ sơ, cho ý kiến bằng báo cáo thẩm tra hoặc trả lại kèm lý do.".into(),
            bodies: vec![Choice::new("ub-cong-tac-dai-bieu", "Ủy ban Công tác đại biểu")],
            body: "ub-cong-tac-dai-bieu".into(),
            documents: DocumentRow::samples(),
            answers: vec![Choice::new("tan-thanh", "Tán thành"), Choice::new("khong-tan-thanh", "Không tán thành"), Choice::new("y-kien-khac", "Ý kiến khác")],
            answer: String::new(),
            text: String::new(),
            paper: "Báo cáo thẩm tra".into(),
            returns: vec![Choice::new("soan-thao", "Soạn thảo")],
            reason: String::new(),
            errors: vec![],
        };
        vec![("asked", page)]
    }
}
