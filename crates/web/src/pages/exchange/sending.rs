//! Sending an issued document: the recipients are chosen, then exactly what will go out is shown, then it goes.

use crate::{
    pages::case::Fact,
    render::Page,
    view::{Choice, Wrong},
};
use serde::Serialize;

/// Sending a document: choosing the recipients, or looking before it goes.
#[derive(Debug, Serialize)]
pub struct SendPage {
    /// The document.
    pub document: String,
    /// The version that is shown.
    pub version: i64,
    /// Its number.
    pub number: String,
    /// Its subject.
    pub subject: String,
    /// Bodies that it was sent to already.
    pub already: Vec<String>,
    /// The recipients that were chosen.
    pub chosen: Vec<Choice>,
    /// Groups to choose at once: the code, and how many bodies.
    pub groups: Vec<Choice>,
    /// Recipients printed on the paper that the axis does not know.
    pub missing: Vec<String>,
    /// What was looked for.
    pub q: String,
    /// What was found; none before something was looked for.
    pub found: Option<Vec<Choice>>,
    /// There is more than is shown.
    pub more: bool,
    /// Until when an answer is wanted, as typed.
    pub due: String,
    /// Urgencies to choose from.
    pub urgencies: Vec<Choice>,
    /// The urgency as chosen.
    pub urgency: String,
    /// What will be sent, at the second step.
    pub review: Option<Review>,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// Exactly what will be sent.
#[derive(Debug, Serialize)]
pub struct Review {
    /// Particulars as they stand in the package.
    pub facts: Vec<Fact>,
    /// The files.
    pub files: Vec<SentFile>,
    /// Why it cannot go out, in sentences.
    pub wrong: Vec<String>,
}

/// A file that goes along.
#[derive(Debug, Serialize)]
pub struct SentFile {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// Where it can be read.
    pub href: String,
}

impl Page for SendPage {
    const TEMPLATE: &'static str = "send.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let choosing = || SendPage {
            document: "document-1".into(),
            version: 9,
            number: "1344/NQ-UBTVQH15".into(),
            subject: "Thành lập Ban soạn thảo dự án Luật".into(),
            already: vec!["Bộ Nội vụ".into()],
            chosen: vec![Choice::new("G15", "Bộ Tư pháp")],
            groups: vec![Choice::new("places", "3"), Choice::new("last", "12")],
            missing: vec!["Như Điều 2".into()],
            q: "bo".into(),
            found: Some(vec![Choice::new("G12", "Bộ Tài chính"), Choice::new("G09", "Bộ Nội vụ")]),
            more: true,
            due: "2025-01-10".into(),
            urgencies: vec![Choice::new("0", "Thường"), Choice::new("1", "Khẩn")],
            urgency: "0".into(),
            review: None,
            errors: vec![],
        };
        let review = |wrong| Review {
            facts: vec![Fact::new("Số, ký hiệu", "1344/NQ-UBTVQH15"), Fact::new("Người ký", "Đại biểu 001")],
            files: vec![SentFile {
                name: "1344-NQ-UBTVQH15.pdf".into(),
                size: 182_000,
                href: "/documents/document-1/paper.pdf".into(),
            }],
            wrong,
        };
        let empty = SendPage {
            already: vec![],
            chosen: vec![],
            groups: vec![],
            missing: vec![],
            found: Some(vec![]),
            errors: vec![Wrong::sample("q", "Chọn ít nhất một nơi nhận.")],
            ..choosing()
        };
        vec![
            ("choosing", choosing()),
            ("nothing chosen", empty),
            ("review", SendPage { review: Some(review(vec![])), ..choosing() }),
            ("cannot be sent", SendPage { review: Some(review(vec!["Trích yếu quá dài.".into()])), ..choosing() }),
        ]
    }
}
