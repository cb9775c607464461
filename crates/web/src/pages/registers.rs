//! Number registers: which there are, and each as it is printed.

use crate::{
    render::Page,
    view::{Choice, Link},
};
use kernel::Timestamp;
use serde::Serialize;

/// The registers.
#[derive(Debug, Serialize)]
pub struct RegistersPage {
    /// The registers that the reader may see.
    pub registers: Vec<RegisterRow>,
}

/// A register.
#[derive(Debug, Clone, Serialize)]
pub struct RegisterRow {
    /// Its code.
    pub code: String,
    /// Its title.
    pub title: String,
    /// The symbol of its numbers.
    pub symbol: String,
    /// The body that keeps it.
    pub body: String,
    /// The number that comes next.
    pub next: String,
    /// The day of the last number.
    pub last_day: Option<String>,
    /// Its grade.
    pub grade: u8,
}

impl RegisterRow {
    fn sample() -> RegisterRow {
        RegisterRow {
            code: "nq-ubtvqh".into(),
            title: "Sổ nghị quyết cá biệt của Ủy ban Thường vụ Quốc hội".into(),
            symbol: "NQ-UBTVQH15".into(),
            body: "Ủy ban Thường vụ Quốc hội".into(),
            next: "1351/NQ-UBTVQH15".into(),
            last_day: Some("2025-01-05".into()),
            grade: 0,
        }
    }
}

impl Page for RegistersPage {
    const TEMPLATE: &'static str = "registers.html";
    fn samples() -> Vec<(&'static str, Self)> {
        vec![
            ("one", RegistersPage { registers: vec![RegisterRow::sample()] }),
            ("none", RegistersPage { registers: vec![] }),
        ]
    }
}

/// A register as it is printed.
#[derive(Debug, Serialize)]
pub struct RegisterPage {
    /// The register.
    pub register: RegisterRow,
    /// The years to choose from; empty for a series of the term.
    pub years: Vec<Choice>,
    /// The chosen year.
    pub year: String,
    /// Its lines, newest first.
    pub entries: Vec<EntryRow>,
    /// Where older lines are.
    pub older: Option<String>,
    /// The address of the list as CSV.
    pub csv: String,
}

/// A line of the register.
#[derive(Debug, Clone, Serialize)]
pub struct EntryRow {
    /// The number as written.
    pub number: String,
    /// The date, `2024-12-20`.
    pub date: String,
    /// The subject.
    pub subject: Link,
    /// Who signed.
    pub signer: String,
    /// Recipients.
    pub recipients: Vec<String>,
    /// Who gave the number.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Page for RegisterPage {
    const TEMPLATE: &'static str = "register.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let entry = |n: i64, subject: &str| EntryRow {
            number: format!("{n}/NQ-UBTVQH15"),
            date: "2024-12-20".into(),
            subject: Link::new("/documents/document-1", subject),
            signer: "Đại biểu 001, Chủ tịch Quốc hội".into(),
            recipients: vec!["Như Điều 2".into(), "Lưu: VT".into()],
            by: "Nguyễn Thị D".into(),
            at: Timestamp::from_micros(1_734_600_000_000_000),
        };
        let page = |entries| RegisterPage {
            register: RegisterRow::sample(),
            years: vec![],
            year: "0".into(),
            entries,
            older: Some("?before=1343".into()),
            csv: "?format=csv".into(),
        };
        vec![
            ("with lines", page(vec![entry(1344, "Thành lập Ban soạn thảo dự án Luật"), entry(1343, "Chương trình chuyển đổi số của Quốc hội")])),
            ("empty", page(vec![])),
        ]
    }
}
