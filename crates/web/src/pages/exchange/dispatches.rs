//! What was sent over the axis: the list.

use super::{Tab, Typed};
use crate::render::Page;
use kernel::Timestamp;
use serde::Serialize;

/// The dispatches with their filters.
#[derive(Debug, Serialize)]
pub struct DispatchesPage {
    /// By how far they are.
    pub tabs: Vec<Tab>,
    /// The filter as typed.
    pub typed: Typed,
    /// The dispatches, newest first.
    pub rows: Vec<DispatchRow>,
    /// The first page, when this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// The list as CSV.
    pub csv: String,
}

/// A dispatch in a list.
#[derive(Debug, Clone, Serialize)]
pub struct DispatchRow {
    /// Its page.
    pub href: String,
    /// Number and notation.
    pub number: String,
    /// The subject.
    pub subject: String,
    /// `new`, `withdraw`, `update`, `replace`.
    pub kind: &'static str,
    /// When it was sent.
    pub at: Timestamp,
    /// The recipients in words, cut short when there are many.
    pub recipients: String,
    /// How many answered.
    pub back: i64,
    /// How many there are.
    pub all: i64,
    /// How many are stopped.
    pub stopped: i64,
    /// How many refused.
    pub refused: i64,
}

impl Page for DispatchesPage {
    const TEMPLATE: &'static str = "dispatches.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |n: i64, stopped, refused| DispatchRow {
            href: format!("/outgoing/{n}"),
            number: format!("{n}/NQ-UBTVQH15"),
            subject: "Thành lập Ban soạn thảo dự án Luật".into(),
            kind: if n == 1343 { "withdraw" } else { "new" },
            at: Timestamp::from_micros(1_734_600_000_000_000),
            recipients: "Bộ Tư pháp; Bộ Tài chính; 3 nơi khác".into(),
            back: 2,
            all: 5,
            stopped,
            refused,
        };
        let page = |rows| DispatchesPage {
            tabs: vec![
                Tab::sample("all", 3, true, false),
                Tab::sample("open", 2, false, false),
                Tab::sample("stopped", 1, false, true),
                Tab::sample("silent", 1, false, true),
                Tab::sample("done", 0, false, false),
            ],
            typed: Typed::default(),
            rows,
            first: Some("/outgoing".into()),
            next: Some("/outgoing?after=1".into()),
            csv: "/outgoing?format=csv".into(),
        };
        vec![
            ("three", page(vec![row(1344, 0, 0), row(1343, 1, 0), row(1336, 0, 1)])),
            ("none", DispatchesPage { first: None, next: None, ..page(vec![]) }),
        ]
    }
}
