//! One dispatch: what was sent to whom, and what each of them reported back.

use crate::{
    pages::case::Fact,
    render::Page,
    view::{Link, Told, Wrong},
};
use kernel::Timestamp;
use serde::Serialize;

/// One dispatch.
#[derive(Debug, Serialize)]
pub struct DispatchPage {
    /// Its id.
    pub id: String,
    /// Number and notation.
    pub number: String,
    /// The subject.
    pub subject: String,
    /// `new`, `withdraw`, `update`, `replace`.
    pub kind: &'static str,
    /// The dispatch that it withdraws, updates or replaces.
    pub about: Option<Link>,
    /// Why it does.
    pub reason: String,
    /// How many answered.
    pub back: i64,
    /// Why sending stopped, when it did.
    pub stopped: Option<Stopped>,
    /// Whether the reader may try again.
    pub retries: bool,
    /// How many did not register it in time.
    pub silent: i64,
    /// Within how many days they should have.
    pub days: i64,
    /// The recipients.
    pub recipients: Vec<RecipientRow>,
    /// What the reader may propose: `withdraw`, `update`, `replace`.
    pub proposals: Vec<&'static str>,
    /// Proposals sent about it.
    pub dialogue: Vec<Proposal>,
    /// What happened, latest first.
    pub story: Vec<Told>,
    /// The document.
    pub document: Link,
    /// What the package says.
    pub facts: Vec<Fact>,
    /// Arrivals that answer it.
    pub answers: Vec<Link>,
    /// Where the package is fetched, for those who may.
    pub raw: Option<String>,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// Why sending stopped.
#[derive(Debug, Clone, Serialize)]
pub struct Stopped {
    /// After how many tries.
    pub tries: i64,
    /// In words.
    pub why: String,
}

/// A recipient and what it reported last.
#[derive(Debug, Clone, Serialize)]
pub struct RecipientRow {
    /// Its identifier.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where the document stands there.
    pub state: &'static str,
    /// It did not register the document in time.
    pub silent: bool,
    /// Since when.
    pub at: Option<Timestamp>,
    /// Who handled it there.
    pub staff: String,
    /// What it said.
    pub message: String,
}

impl RecipientRow {
    /// An example.
    pub fn sample(name: &str, state: &'static str, message: &str) -> RecipientRow {
        RecipientRow {
            code: "G15".into(),
            name: name.into(),
            state,
            silent: state == "sent",
            at: (state != "waiting").then(|| Timestamp::from_micros(1_734_600_000_000_000)),
            staff: if message.is_empty() { String::new() } else { "Nguyễn Văn B, Phòng Văn thư".into() },
            message: message.into(),
        }
    }
}

/// A withdrawal, update or replacement that was sent.
#[derive(Debug, Clone, Serialize)]
pub struct Proposal {
    /// Its page.
    pub href: String,
    /// `withdraw`, `update`, `replace`.
    pub kind: &'static str,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// How many answered.
    pub back: i64,
    /// How many were asked.
    pub all: i64,
}

impl DispatchPage {
    fn sample() -> DispatchPage {
        DispatchPage {
            id: "d".into(),
            number: "1344/NQ-UBTVQH15".into(),
            subject: "Thành lập Ban soạn thảo dự án Luật".into(),
            kind: "new",
            about: None,
            reason: String::new(),
            back: 3,
            stopped: None,
            retries: false,
            silent: 1,
            days: 3,
            recipients: vec![
                RecipientRow::sample("Bộ Tư pháp", "completed", "Đã xử lý xong"),
                RecipientRow::sample("Bộ Tài chính", "refused", "Gửi nhầm cơ quan"),
                RecipientRow::sample("Bộ Nội vụ", "sent", ""),
                RecipientRow::sample("Tỉnh A", "assigned", "Chuyển Sở Nội vụ"),
            ],
            proposals: vec!["update", "replace", "withdraw"],
            dialogue: vec![Proposal {
                href: "/outgoing/e".into(),
                kind: "withdraw",
                at: Timestamp::from_micros(1_734_700_000_000_000),
                reason: "Ban hành nhầm".into(),
                back: 1,
                all: 4,
            }],
            story: Told::samples(),
            document: Link::new("/documents/document-1", "1344/NQ-UBTVQH15"),
            facts: vec![Fact::new("Gửi lúc", "09:12 · 20/12/2024")],
            answers: vec![Link::new("/incoming/a", "17/BTP-PLHSHC")],
            raw: Some("/outgoing/d/package".into()),
            errors: vec![],
        }
    }
}

impl Page for DispatchPage {
    const TEMPLATE: &'static str = "dispatch.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let stopped = DispatchPage {
            stopped: Some(Stopped { tries: 5, why: "Trục không trả lời".into() }),
            retries: true,
            recipients: vec![RecipientRow::sample("Bộ Tư pháp", "stopped", "")],
            silent: 0,
            proposals: vec![],
            dialogue: vec![],
            kind: "withdraw",
            about: Some(Link::new("/outgoing/c", "1343/NQ-UBTVQH15")),
            reason: "Ban hành nhầm".into(),
            answers: vec![],
            raw: None,
            ..DispatchPage::sample()
        };
        vec![("on its way", DispatchPage::sample()), ("stopped", stopped)]
    }
}
