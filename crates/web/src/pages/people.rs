//! The directory: bodies as a tree, a body with its people, people, and one person with their positions over time.

use crate::{
    render::Page,
    trouble::Failure,
    view::{Choice, Link, Listed},
    viewer::{Member, Viewer},
};
use axum::{
    extract::{Path, Query},
    response::Response,
};
use directory::{AssignmentView, BodyNode, acts::Holder, keys::StoredCertificate, query::PeopleFilter};
use kernel::{BodyId, Day, FieldProblem, PersonId, Problem, Resource, Timestamp};
use serde::{Deserialize, Serialize};

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
        vec![
            row("Đại biểu Quốc hội chuyên trách", "2025-01-01", None, true),
            row("Đại biểu Quốc hội", "2021-07-20", Some("2026-04-01"), true),
            row("Ủy viên", "2021-07-20", Some("2024-12-31"), false),
        ]
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
        vec![
            ("some", page((1..=5).map(row).collect())),
            ("none", PeoplePage { list: Listed::whole(vec![]), ..page(vec![]) }),
        ]
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
            regimes: vec![
                "Giữ lương, phụ cấp và chế độ, chính sách khác từ ngày 15/01/2025 do Văn phòng Quốc hội chi trả."
                    .into(),
            ],
            certificates: vec![
                certificate.clone(),
                CertificateRow { state: "revoked", revoked: Some(at(5)), ..certificate },
            ],
        };
        vec![("a deputy", page)]
    }
}

/// On which day.
#[derive(Debug, Deserialize)]
pub struct On {
    on: Option<String>,
}

fn the_day(viewer: &Viewer, on: Option<&String>) -> Result<Day, Problem> {
    match on.map(String::as_str).filter(|t| !t.is_empty()) {
        None => Ok(viewer.state.now().day()),
        Some(text) => Day::parse(text).map_err(|_| Problem::Invalid(vec![FieldProblem::new("on", "field-not-a-day")])),
    }
}

/// Whether the reader may look into the directory.
///
/// # Errors
/// [`Problem::Forbidden`].
pub fn may_read(viewer: &Viewer, kind: &'static str, id: &str) -> Result<(), Problem> {
    viewer.require("view.directory", &Resource::new(kind, id, serde_json::json!({})))
}

/// `GET /bodies`
pub async fn bodies(viewer: Member, Query(on): Query<On>) -> Result<Response, Failure> {
    may_read(&viewer, "Body", "all")?;
    let day = the_day(&viewer, on.on.as_ref())?;
    let tree = viewer.state.services.directory.body_tree(day).await?;
    let page = BodiesPage { on: day.to_string(), tree: tree.iter().map(|n| node(&viewer, n)).collect() };
    viewer.page(&page).await
}

fn node(viewer: &Viewer, tree: &BodyNode) -> TreeNode {
    TreeNode {
        body: Link::new(format!("/bodies/{}", tree.body.id), tree.body.name_in(viewer.lang().code())),
        people: tree.people,
        below: tree.below.iter().map(|n| node(viewer, n)).collect(),
    }
}

async fn body_link(viewer: &Viewer, id: &BodyId) -> Result<Link, Problem> {
    let body = viewer.state.services.directory.body(id).await?;
    let name = body.map_or_else(|| id.to_string(), |b| b.name_in(viewer.lang().code()).to_owned());
    Ok(Link::new(format!("/bodies/{id}"), name))
}

/// `GET /bodies/{body}`
pub async fn body(viewer: Member, Path(id): Path<String>, Query(on): Query<On>) -> Result<Response, Failure> {
    let unknown = || Problem::not_found("body", &id);
    let code = BodyId::new(id.clone()).map_err(|_| unknown())?;
    may_read(&viewer, "Body", &id)?;
    let directory = &viewer.state.services.directory;
    let body = directory.body(&code).await?.ok_or_else(unknown)?;
    // A body that has ended is shown as it was on its last day.
    let last = body.until.map(|until| until.plus_days(-1));
    let day = the_day(&viewer, on.on.as_ref())?;
    let day = last.map_or(day, |last| last.min(day));
    let members = directory.members(&code, day).await?;
    let all = directory.bodies(day).await?;
    let lang = viewer.lang();
    let page = BodyPage {
        name: body.name_in(lang.code()).to_owned(),
        other_name: body.name_in(lang.other().code()).to_owned(),
        kind: body.kind.code().to_owned(),
        superior: match &body.superior {
            Some(superior) => Some(body_link(&viewer, superior).await?),
            None => None,
        },
        from: body.from.to_string(),
        until: body.until.map(|d| d.to_string()),
        basis: body.basis.clone(),
        end_basis: body.end_basis.clone().unwrap_or_default(),
        passed_to: match &body.passed_to {
            Some(to) => Some(body_link(&viewer, to).await?),
            None => None,
        },
        case: body.case.as_ref().map(|case| Link::new(format!("/cases/{case}"), viewer.say("body-case", &[]))),
        below: all
            .iter()
            .filter(|b| b.superior.as_ref() == Some(&code))
            .map(|b| Link::new(format!("/bodies/{}", b.id), b.name_in(lang.code())))
            .collect(),
        people: members
            .iter()
            .map(|m| holding(&viewer, m, Link::new(format!("/people/{}", m.assignment.person), &m.person_name)))
            .collect(),
    };
    viewer.page(&page).await
}

fn holding(viewer: &Viewer, view: &AssignmentView, of: Link) -> HoldingRow {
    let held = &view.assignment;
    let today = viewer.state.now().day();
    HoldingRow {
        of,
        title: viewer.lang().pick(&view.title, &view.title_en).to_owned(),
        from: held.from.to_string(),
        until: held.until.map(|d| d.to_string()),
        now: directory::model::holds(held.from, held.until, today),
        full_time: held.full_time,
        basis: [Some(held.basis.as_str()), held.end_basis.as_deref()]
            .into_iter()
            .flatten()
            .filter(|b| !b.is_empty())
            .collect::<Vec<_>>()
            .join("; "),
    }
}

/// Which people.
#[derive(Debug, Deserialize)]
pub struct Search {
    q: Option<String>,
    body: Option<String>,
    from: Option<i64>,
}

/// `GET /people`
pub async fn people(viewer: Member, Query(search): Query<Search>) -> Result<Response, Failure> {
    may_read(&viewer, "Person", "all")?;
    let directory = &viewer.state.services.directory;
    let (q, body) = (search.q.unwrap_or_default(), search.body.unwrap_or_default());
    let offset = search.from.unwrap_or(0).clamp(0, 1_000_000);
    let filter = PeopleFilter {
        search: Some(q.clone()).filter(|q| !q.is_empty()),
        body: BodyId::new(body.clone()).ok(),
        offset,
        limit: 50,
        ..PeopleFilter::default()
    };
    let found = directory.people(&filter).await?;
    let today = viewer.state.now().day();
    let lang = viewer.lang();
    let mut rows = Vec::new();
    for person in &found.items {
        let held = directory.positions_of(&person.id, today).await?;
        let words = held
            .iter()
            .map(|h| format!("{}, {}", lang.pick(&h.title, &h.title_en), lang.pick(&h.body_name, &h.body_name_en)));
        rows.push(PersonRow {
            person: Link::new(format!("/people/{}", person.id), &person.name),
            positions: words.collect(),
        });
    }
    let bodies = directory.bodies(today).await?;
    let page = PeoplePage {
        list: Listed {
            items: rows,
            total: found.total,
            offset,
            size: 50,
            base: format!("/people?q={}&body={}&", crate::form::encoded(&q), crate::form::encoded(&body)),
        },
        q,
        body,
        bodies: bodies.iter().map(|b| Choice::new(b.id.as_str(), b.name_in(lang.code()))).collect(),
    };
    viewer.page(&page).await
}

/// `GET /people/{person}`
pub async fn person(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let unknown = || Problem::not_found("person", &id);
    let who = PersonId::new(id.clone()).map_err(|_| unknown())?;
    may_read(&viewer, "Person", &id)?;
    let services = &viewer.state.services;
    let person = services.directory.person(&who).await?.ok_or_else(unknown)?;
    let lang = viewer.lang();
    let held = services.directory.history_of(&who).await?;
    let holdings = held.iter().map(|h| {
        let name = lang.pick(&h.body_name, &h.body_name_en);
        holding(&viewer, h, Link::new(format!("/bodies/{}", h.assignment.body), name))
    });
    let mut regimes = Vec::new();
    for (regime, basis) in services.directory.kept_regimes(&who).await? {
        let by = body_link(&viewer, &regime.by).await?.words;
        let from = regime.from.short();
        regimes.push(
            viewer.say("person-regime", &[("what", &regime.what), ("from", &from), ("by", &by), ("basis", &basis)]),
        );
    }
    let certificates = services.keys.of_holder(&Holder::Person(who)).await?;
    let page = PersonPage {
        name: person.name.clone(),
        active: person.active,
        registered: person.registered,
        holdings: holdings.collect(),
        regimes,
        certificates: certificates.iter().map(|c| certificate(&viewer, c)).collect(),
    };
    viewer.page(&page).await
}

fn certificate(viewer: &Viewer, stored: &StoredCertificate) -> CertificateRow {
    let (at, certificate) = (viewer.state.now(), &stored.certificate);
    CertificateRow {
        serial: stored.serial.clone(),
        issuer: certificate.issuer().get(pki::oid::COMMON_NAME).unwrap_or_default().to_owned(),
        from: certificate.not_before(),
        until: certificate.not_after(),
        state: match () {
            () if stored.revoked.is_some_and(|r| r <= at) => "revoked",
            () if at > certificate.not_after() => "over",
            () if at < certificate.not_before() => "not-yet",
            () => "valid",
        },
        revoked: stored.revoked,
    }
}
