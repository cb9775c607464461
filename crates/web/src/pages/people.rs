//! The directory: bodies as a tree, a body with its people, people, and one person with their positions over time.

use crate::{
    render::Page,
    view::{Choice, Link, Listed},
};
use kernel::Timestamp;
use serde::Serialize;

/// Bodies as a tree.
#[derive(Debug, Serialize)]
pub struct BodiesPage {
    /// The day, `2024-12-20`.
    pub on: String,
    /// The bodies.
    pub tree: Vec<TreeNode>,
}

/// A body with those under it.
#[derive(Debug, Clone, Serialize)]
pub struct TreeNode {
    /// The body.
    pub body: Link,
    /// How many people hold a position in it.
    pub people: i64,
    /// The bodies under it.
    pub below: Vec<TreeNode>,
}

impl Page for BodiesPage {
    const TEMPLATE: &'static str = "bodies.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let node = |code: &str, name: &str, people, below| TreeNode {
            body: Link::new(format!("/bodies/{code}"), name),
            people,
            below,
        };
        let office = node(
            "vpqh",
            "Văn phòng Quốc hội",
            4,
            vec![node("vu-phap-luat", "Vụ Pháp luật", 21, vec![]), node("vu-hanh-chinh", "Vụ Hành chính", 12, vec![])],
        );
        let tree = vec![node("ubtvqh", "Ủy ban Thường vụ Quốc hội", 18, vec![]), office];
        vec![("today", BodiesPage { on: "2024-12-20".into(), tree })]
    }
}

/// A body.
#[derive(Debug, Serialize)]
pub struct BodyPage {
    /// Its name.
    pub name: String,
    /// The other language's name.
    pub other_name: String,
    /// What sort of body: `committee`.
    pub kind: String,
    /// The body above it.
    pub superior: Option<Link>,
    /// The first day.
    pub from: String,
    /// The first day on which it is no more.
    pub until: Option<String>,
    /// On what ground it was set up.
    pub basis: String,
    /// On what ground it ended.
    pub end_basis: String,
    /// The body to which its people and duties passed.
    pub passed_to: Option<Link>,
    /// The case to which it belongs.
    pub case: Option<Link>,
    /// Bodies under it.
    pub below: Vec<Link>,
    /// Its people.
    pub people: Vec<HoldingRow>,
}

/// A position held, or once held.
#[derive(Debug, Clone, Serialize)]
pub struct HoldingRow {
    /// The person or the body, whichever the page is not about.
    pub of: Link,
    /// What the position is called.
    pub title: String,
    /// The first day.
    pub from: String,
    /// The first day on which it is held no more.
    pub until: Option<String>,
    /// Held on the day that is shown.
    pub now: bool,
    /// Works there full-time.
    pub full_time: bool,
    /// On what ground it began, and ended.
    pub basis: String,
}

impl HoldingRow {
    fn samples(of: Link) -> Vec<HoldingRow> {
        let row = |title: &str, from: &str, until: Option<&str>, now| HoldingRow {
            of: of.clone(),
            title: title.into(),
            from: from.into(),
            until: until.map(Into::into),
            now,
            full_time: now,
            basis: "Nghị quyết số 1345/NQ-UBTVQH15".into(),
        };
        vec![row("Đại biểu Quốc hội chuyên trách", "2025-01-01", None, true), row("Đại biểu Quốc hội", "2021-07-20", Some("2026-04-01"), true), row("Ủy viên", "2021-07-20", Some("2024-12-31"), false)]
    }
}

impl Page for BodyPage {
    const TEMPLATE: &'static str = "body.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = BodyPage {
            name: "Viện Nghiên cứu lập pháp".into(),
            other_name: "Institute for Legislative Studies".into(),
            kind: "institute".into(),
            superior: Some(Link::new("/bodies/ubtvqh", "Ủy ban Thường vụ Quốc hội")),
            from: "2008-10-28".into(),
            until: Some("2025-01-15".into()),
            basis: "Nghị quyết số 614/2008/UBTVQH12".into(),
            end_basis: "Nghị quyết số 1350/NQ-UBTVQH15".into(),
            passed_to: Some(Link::new("/bodies/vpqh", "Văn phòng Quốc hội")),
            case: None,
            below: vec![],
            people: HoldingRow::samples(Link::new("/people/person-1", "Đại biểu 001")),
        };
        vec![("ended", page)]
    }
}

/// People.
#[derive(Debug, Serialize)]
pub struct PeoplePage {
    /// Words that were searched.
    pub q: String,
    /// The body that was chosen.
    pub body: String,
    /// Bodies to choose from.
    pub bodies: Vec<Choice>,
    /// The people, by given name.
    pub list: Listed<PersonRow>,
}

/// A person in a list.
#[derive(Debug, Clone, Serialize)]
pub struct PersonRow {
    /// The person.
    pub person: Link,
    /// Positions held now.
    pub positions: Vec<String>,
}

impl Page for PeoplePage {
    const TEMPLATE: &'static str = "people.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |n: u32| PersonRow {
            person: Link::new(format!("/people/person-{n}"), format!("Đại biểu {n:03}")),
            positions: vec!["Đại biểu Quốc hội, Đoàn đại biểu Quốc hội tỉnh Lâm Đồng".into()],
        };
        let page = |items: Vec<PersonRow>| PeoplePage {
            q: String::new(),
            body: String::new(),
            bodies: vec![Choice::new("ubtvqh", "Ủy ban Thường vụ Quốc hội")],
            list: Listed { total: 700, ..Listed::whole(items) },
        };
        vec![("some", page((1..=5).map(row).collect())), ("none", PeoplePage { list: Listed::whole(vec![]), ..page(vec![]) })]
    }
}

/// A person.
#[derive(Debug, Serialize)]
pub struct PersonPage {
    /// Full name.
    pub name: String,
    /// Whether the person is still with the Assembly.
    pub active: bool,
    /// When the person was entered.
    pub registered: Timestamp,
    /// Positions, latest first.
    pub holdings: Vec<HoldingRow>,
    /// Regimes that are kept, in words.
    pub regimes: Vec<String>,
    /// Certificates.
    pub certificates: Vec<CertificateRow>,
}

/// A certificate.
#[derive(Debug, Clone, Serialize)]
pub struct CertificateRow {
    /// Its serial number.
    pub serial: String,
    /// Who issued it.
    pub issuer: String,
    /// From.
    pub from: Timestamp,
    /// Until.
    pub until: Timestamp,
    /// `valid`, `revoked`, `over`, `not-yet`.
    pub state: &'static str,
    /// Since when it is revoked.
    pub revoked: Option<Timestamp>,
}

impl Page for PersonPage {
    const TEMPLATE: &'static str = "person.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let at = |n: i64| Timestamp::from_micros(1_734_600_000_000_000 + n * 86_400_000_000);
        let certificate = CertificateRow {
            serial: "4f2a9c".into(),
            issuer: "Cơ quan chứng thực nội bộ".into(),
            from: at(0),
            until: at(700),
            state: "valid",
            revoked: None,
        };
        let page = PersonPage {
            name: "Đại biểu 001".into(),
            active: true,
            registered: at(-10),
            holdings: HoldingRow::samples(Link::new("/bodies/doan-lam-dong", "Đoàn đại biểu Quốc hội tỉnh Lâm Đồng")),
            regimes: vec!["Giữ lương, phụ cấp và chế độ, chính sách khác từ ngày 15/01/2025 do Văn phòng Quốc hội chi trả.".into()],
            certificates: vec![certificate.clone(), CertificateRow { state: "revoked", revoked: Some(at(5)), ..certificate }],
        };
        vec![("a deputy", page)]
    }
}
