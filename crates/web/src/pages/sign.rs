//! Binding acts on a paper: the signature, the number and seal, the publication. Each page shows exactly what will be
//! recorded, what it changes, and asks for the second factor.

use super::step::CaseHead;
use crate::{
    law::Law,
    render::Page,
    view::{Choice, Told, Wrong},
};
use serde::Serialize;

/// Reading before signing, and the signature.
#[derive(Debug, Serialize)]
pub struct SignPage {
    /// The case.
    pub case: CaseHead,
    /// The paper.
    pub paper: PaperView,
    /// Opinions, beside the paper.
    pub opinions: Vec<Told>,
    /// The result of the ballot, in words; empty when there was none.
    pub tally: String,
    /// What will have changed once the document is issued.
    pub effects: Vec<String>,
    /// Exactly what will be recorded.
    pub record: String,
    /// What happens next.
    pub after: String,
    /// Earlier steps to which the case may be returned.
    pub returns: Vec<Choice>,
    /// The reason as typed.
    pub reason: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A paper as a page shows it: the pages as images of the true PDF, and the text for those who do not see images.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PaperView {
    /// The document.
    pub document: String,
    /// Its title.
    pub title: String,
    /// Addresses of the page images.
    pub pages: Vec<String>,
    /// The address of the PDF.
    pub pdf: String,
    /// The text; none for an uploaded file.
    pub text: Option<Law>,
}

impl PaperView {
    pub(crate) fn sample() -> PaperView {
        PaperView {
            document: "document-1".into(),
            title: "Nghị quyết về việc thành lập Ban soạn thảo".into(),
            pages: vec![],
            pdf: "/documents/document-1/paper.pdf".into(),
            text: Some(Law::sample()),
        }
    }
}

impl Page for SignPage {
    const TEMPLATE: &'static str = "sign.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |errors| SignPage {
            case: CaseHead::sample(),
            paper: PaperView::sample(),
            opinions: Told::samples(),
            tally: "18 Ủy viên; 17 tán thành (94,44 % tổng số).".into(),
            effects: vec!["Ban soạn thảo được thành lập từ ngày 20 tháng 12 năm 2024, gồm 12 người.".into()],
            record: "Đại biểu 001, Chủ tịch Quốc hội, ký ban hành Nghị quyết về việc thành lập Ban soạn thảo.".into(),
            after: "Sau khi ký, văn thư sẽ cấp số và đóng dấu.".into(),
            returns: vec![Choice::new("soan-thao", "Soạn thảo")],
            reason: String::new(),
            errors,
        };
        vec![("to sign", page(vec![])), ("wrong code", page(vec![Wrong::sample("code", "Mã xác thực không đúng.")]))]
    }
}

/// Number and seal, or publication.
#[derive(Debug, Serialize)]
pub struct FinishPage {
    /// The case.
    pub case: CaseHead,
    /// `issue` or `publish`.
    pub act: &'static str,
    /// The paper.
    pub paper: PaperView,
    /// The register, when a number is given.
    pub register: String,
    /// The number that comes next, as it would be written.
    pub number: String,
    /// Today, `2024-12-20`.
    pub today: String,
    /// What will have changed.
    pub effects: Vec<String>,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for FinishPage {
    const TEMPLATE: &'static str = "finish.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |act| FinishPage {
            case: CaseHead::sample(),
            act,
            paper: PaperView::sample(),
            register: "Sổ nghị quyết của Ủy ban Thường vụ Quốc hội".into(),
            number: "1344/NQ-UBTVQH15".into(),
            today: "2024-12-20".into(),
            effects: vec!["Ban soạn thảo được thành lập từ ngày 20 tháng 12 năm 2024, gồm 12 người.".into()],
            errors: vec![],
        };
        vec![("number and seal", page("issue")), ("publication", page("publish"))]
    }
}

/// The count of a vote taken in a sitting.
#[derive(Debug, Serialize)]
pub struct VotePage {
    /// The case.
    pub case: CaseHead,
    /// The step's name.
    pub title: String,
    /// What is to be entered.
    pub todo: String,
    /// The rule that decides, in words.
    pub rule: String,
    /// Each answer with its count as typed in `hint`.
    pub answers: Vec<Choice>,
    /// All members, as typed.
    pub all: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for VotePage {
    const TEMPLATE: &'static str = "vote.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = VotePage {
            case: CaseHead::sample(),
            title: "Biểu quyết tại phiên họp".into(),
            todo: "Nhập kết quả biểu quyết do Thư ký kiểm.".into(),
            rule: "Thông qua khi có quá nửa tổng số Ủy viên tán thành.".into(),
            answers: vec![Choice::new("tan-thanh", "Tán thành").hint("15"), Choice::new("khong-tan-thanh", "Không tán thành")],
            all: "18".into(),
            errors: vec![],
        };
        vec![("to enter", page)]
    }
}
