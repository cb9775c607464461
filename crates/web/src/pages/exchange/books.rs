//! The registers in the official form (Decree 30/2020, Annex IV): to read, to print, as PDF and as a table.

use crate::{render::Page, view::Choice};
use kernel::Timestamp;
use serde::Serialize;

/// A register in the official form.
#[derive(Debug, Serialize)]
pub struct BookPage {
    /// `in` or `out`.
    pub book: &'static str,
    /// What it is called.
    pub title: String,
    /// Who keeps it.
    pub keeper: String,
    /// Registers to choose from.
    pub registers: Vec<Choice>,
    /// The register that was chosen.
    pub register: String,
    /// The first day: `2026-11-01`.
    pub first: String,
    /// The last day.
    pub last: String,
    /// The messages of the columns.
    pub heads: Vec<&'static str>,
    /// Which column holds the subject.
    pub subject: usize,
    /// The lines in order.
    pub rows: Vec<BookRow>,
    /// There are more lines in these days.
    pub more: bool,
    /// When it is printed.
    pub printed: Timestamp,
    /// The register as CSV.
    pub csv: String,
    /// The register as PDF.
    pub pdf: String,
}

/// A line of a register.
#[derive(Debug, Clone, Serialize)]
pub struct BookRow {
    /// The page of the document; empty when it is not to be read here.
    pub href: String,
    /// The cells in the order of the columns.
    pub cells: Vec<String>,
}

/// The columns of the register of incoming documents.
pub const IN: [&str; 10] = [
    "book-arrived",
    "book-number",
    "book-author",
    "book-code",
    "book-date",
    "book-subject",
    "book-unit",
    "book-moved",
    "book-receipt",
    "book-note",
];
/// The columns of the register of outgoing documents.
pub const OUT: [&str; 8] = [
    "book-code",
    "book-date",
    "book-subject",
    "book-signer",
    "book-places",
    "book-kept",
    "book-copies",
    "book-note",
];

impl Page for BookPage {
    const TEMPLATE: &'static str = "axis_book.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |cells: &[&str]| BookRow {
            href: "/incoming/a".into(), cells: cells.iter().map(|c| (*c).to_owned()).collect()
        };
        let page = |book, heads: &[&'static str], subject, rows| BookPage {
            book,
            title: "Sổ đăng ký văn bản đến".into(),
            keeper: "Văn phòng Quốc hội".into(),
            registers: vec![],
            register: "van-ban-den".into(),
            first: "2024-12-01".into(),
            last: "2024-12-31".into(),
            heads: heads.to_vec(),
            subject,
            rows,
            more: false,
            printed: Timestamp::from_micros(1_734_600_000_000_000),
            csv: "?format=csv".into(),
            pdf: "?format=pdf".into(),
        };
        let arrived = row(&[
            "20/12/2024",
            "15",
            "Bộ Tư pháp",
            "17/BTP-PLHSHC",
            "18/12/2024",
            "Công văn về việc cho ý kiến đối với dự thảo Luật",
            "Vụ Pháp luật",
            "20/12/2024",
            "",
            "",
        ]);
        let went = row(&[
            "1344/NQ-UBTVQH15",
            "23/12/2024",
            "Nghị quyết thành lập Ban soạn thảo",
            "Đại biểu 001",
            "Như Điều 2",
            "Vụ Hành chính",
            "1",
            "",
        ]);
        let out = BookPage {
            registers: vec![Choice::new("nq-ubtvqh", "Nghị quyết")],
            more: true,
            ..page("out", &OUT, 2, vec![went])
        };
        vec![("incoming", page("in", &IN, 5, vec![arrived])), ("outgoing", out), ("empty", page("in", &IN, 5, vec![]))]
    }
}
