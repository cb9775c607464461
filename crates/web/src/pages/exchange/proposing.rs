//! Withdrawing, updating and replacing what was sent: said with its consequence before it goes out.

use super::dispatch::RecipientRow;
use crate::{
    render::Page,
    view::{Choice, Wrong},
};
use serde::Serialize;

/// A withdrawal, update or replacement before it is sent.
#[derive(Debug, Serialize)]
pub struct ProposePage {
    /// The dispatch.
    pub id: String,
    /// `withdraw`, `update`, `replace`.
    pub what: &'static str,
    /// Number and notation.
    pub number: String,
    /// The subject.
    pub subject: String,
    /// Issued documents that can replace it.
    pub replacing: Vec<Choice>,
    /// Its recipients, each where it stands.
    pub recipients: Vec<RecipientRow>,
    /// The reason as typed.
    pub typed_reason: String,
    /// The replacing document as chosen.
    pub typed_with: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for ProposePage {
    const TEMPLATE: &'static str = "dispatch_propose.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |what, errors| ProposePage {
            id: "d".into(),
            what,
            number: "1344/NQ-UBTVQH15".into(),
            subject: "Thành lập Ban soạn thảo dự án Luật".into(),
            replacing: vec![Choice::new("document-2", "1351/NQ-UBTVQH15: Thành lập Ban soạn thảo dự án Luật")],
            recipients: vec![RecipientRow::sample("Bộ Tư pháp", "completed", "Đã xử lý xong")],
            typed_reason: "Ban hành nhầm".into(),
            typed_with: String::new(),
            errors,
        };
        vec![
            ("withdraw", page("withdraw", vec![])),
            ("update without a reason", page("update", vec![Wrong::sample("reason", "Không được để trống.")])),
            ("replace", page("replace", vec![])),
        ]
    }
}
