//! What came in over the axis: the list, and the packages that are held back.

use super::{Tab, Typed, own_units, standing_of, urgency};
use crate::{
    csv,
    render::Page,
    trouble::Failure,
    view::Choice,
    viewer::{Member, Viewer},
};
use axum::{extract::Query, response::Response};
use edxml::package::day;
use exchange::{ArrivalFilter, ArrivalLine, Standing, Tray};
use kernel::{Problem, Timestamp};
use serde::Serialize;

/// Lines of a page.
const LINES: u32 = 50;
/// Lines of a table.
const TABLE: usize = 1000;

/// The arrivals with their filters.
#[derive(Debug, Serialize)]
pub struct ArrivalsPage {
    /// The reader sees all arrivals, not only those directed to own units.
    pub everything: bool,
    /// By what is to be done.
    pub tabs: Vec<Tab>,
    /// The filter as typed.
    pub typed: Typed,
    /// The reader's units to choose from, for those who see only what was directed to them.
    pub units: Vec<Choice>,
    /// The arrivals, newest first.
    pub rows: Vec<ArrivalRow>,
    /// The first page, when this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// The list as CSV.
    pub csv: String,
    /// How many packages are held back, for those who may look.
    pub quarantined: i64,
}

/// An arrival in a list.
#[derive(Debug, Clone, Serialize)]
pub struct ArrivalRow {
    /// Its page.
    pub href: String,
    /// Its subject.
    pub subject: String,
    /// `new`, `withdraw`, `update`, `replace`.
    pub kind: &'static str,
    /// Who sent it.
    pub from: String,
    /// Number and notation.
    pub number: String,
    /// Its own day, where it reads as one: `2026-11-20`.
    pub date: Option<String>,
    /// When it came.
    pub at: Timestamp,
    /// 0 normal to 4.
    pub urgency: u8,
    /// Where it stands.
    pub state: &'static str,
    /// Its incoming number.
    pub register_number: Option<String>,
    /// The unit that it was directed to.
    pub unit: Option<String>,
    /// Something about it wants a closer look.
    pub odd: bool,
}

impl ArrivalRow {
    /// Examples.
    pub fn samples() -> Vec<ArrivalRow> {
        let row = |n: i64, subject: &str, state: &'static str, urgency: u8| ArrivalRow {
            href: format!("/incoming/{n}"),
            subject: subject.into(),
            kind: "new",
            from: "Bộ Tư pháp".into(),
            number: format!("{n}/BTP-PLHSHC"),
            date: Some("2024-12-18".into()),
            at: Timestamp::from_micros(1_734_600_000_000_000 + n * 60_000_000),
            urgency,
            state,
            register_number: None,
            unit: None,
            odd: n == 17,
        };
        let unit = Some("Vụ Pháp luật".into());
        vec![
            row(17, "Về việc cho ý kiến đối với dự thảo Luật sửa đổi, bổ sung một số điều của các luật", "arrived", 3),
            ArrivalRow {
                register_number: Some("15".into()),
                unit,
                ..row(16, "Báo cáo tiếp thu ý kiến thẩm tra", "in-process", 0)
            },
            ArrivalRow {
                kind: "withdraw", ..row(12, "Đề nghị thu hồi Công văn số 12/BTP-PLHSHC", "proposed", 1)
            },
            row(9, "Gửi nhầm cơ quan", "refused", 0),
        ]
    }
}

impl Page for ArrivalsPage {
    const TEMPLATE: &'static str = "arrivals.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |rows: Vec<ArrivalRow>| ArrivalsPage {
            everything: true,
            tabs: vec![
                Tab::sample("new", 1, true, true),
                Tab::sample("proposal", 1, false, true),
                Tab::sample("work", 99, false, false),
                Tab::sample("done", 99, false, false),
                Tab::sample("all", 99, false, false),
            ],
            typed: Typed { state: "new".into(), ..Typed::default() },
            units: vec![],
            rows,
            first: Some("/incoming".into()),
            next: Some("/incoming?after=1".into()),
            csv: "/incoming?format=csv".into(),
            quarantined: 2,
        };
        let unit = ArrivalsPage {
            everything: false,
            tabs: vec![],
            units: vec![Choice::new("vu-phap-luat", "Vụ Pháp luật"), Choice::new("vu-thu-ky", "Vụ Thư ký")],
            first: None,
            next: None,
            quarantined: 0,
            ..page(vec![])
        };
        vec![("busy", page(ArrivalRow::samples())), ("nothing for this unit", unit)]
    }
}

/// Packages that are held back.
#[derive(Debug, Serialize)]
pub struct QuarantinePage {
    /// The packages, newest first.
    pub rows: Vec<HeldRow>,
    /// The first page, when this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
}

/// A package that is held back.
#[derive(Debug, Serialize)]
pub struct HeldRow {
    /// When it came.
    pub at: Timestamp,
    /// The sender, as far as it reads.
    pub from: String,
    /// The id of the package.
    pub package: String,
    /// Why, in words.
    pub why: Vec<String>,
    /// Bytes.
    pub size: i64,
    /// It carries a mark of state secrecy.
    pub secret: bool,
    /// Where it is fetched as it came, for those who may.
    pub raw: Option<String>,
}

impl Page for QuarantinePage {
    const TEMPLATE: &'static str = "quarantine.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |from: &str, why: &str, secret| HeldRow {
            at: Timestamp::from_micros(1_734_600_000_000_000),
            from: from.into(),
            package: "a6f1c2d0-0000-1111-2222-333344445555".into(),
            why: vec![why.into()],
            size: 182_000,
            secret,
            raw: Some("/incoming/a/package".into()),
        };
        let rows = vec![
            row("", "Gói tin bị cắt giữa chừng.", false),
            row("Sở Tư pháp tỉnh A", "Văn bản có dấu chỉ độ mật “TỐI MẬT”.", true),
        ];
        let none = QuarantinePage { rows: vec![], first: None, next: None };
        vec![("two", QuarantinePage { rows, first: None, next: Some("?after=1".into()) }), ("none", none)]
    }
}

/// `GET /incoming`
pub async fn list(viewer: Member, Query(mut typed): Query<Typed>) -> Result<Response, Failure> {
    let office = &viewer.state.services.office;
    let everything = office.may_view(&viewer.ctx);
    let units = if everything { vec![] } else { own_units(&viewer).await? };
    if !everything && !units.iter().any(|unit| unit.value == typed.unit) {
        typed.unit = units.first().map(|unit| unit.value.clone()).unwrap_or_default();
    }
    if !everything && typed.unit.is_empty() {
        return viewer.page(&page(typed, units, everything, None, vec![], None)).await;
    }
    let filter = filter(&typed);
    if typed.csv() {
        return table(&viewer, filter).await;
    }
    let found = office.arrivals(&viewer.ctx, &filter).await?;
    let standing = if everything { Some(office.standing(&viewer.ctx).await?) } else { None };
    let rows = found.items.iter().filter(|line| line.tray != Tray::Quarantine).map(row).collect();
    viewer.page(&page(typed, units, everything, standing, rows, found.next)).await
}

fn filter(typed: &Typed) -> ArrivalFilter {
    let (since, until) = typed.days();
    ArrivalFilter {
        query: typed.words(),
        tray: Tray::of(&typed.state).filter(|tray| *tray != Tray::Quarantine),
        from: typed.agency.clone(),
        unit: typed.unit.clone(),
        since,
        until,
        after: Some(typed.after.clone()).filter(|after| !after.is_empty()),
        limit: LINES,
    }
}

fn page(
    typed: Typed,
    units: Vec<Choice>,
    everything: bool,
    standing: Option<Standing>,
    rows: Vec<ArrivalRow>,
    next: Option<String>,
) -> ArrivalsPage {
    let here = |after: Option<&str>, format| typed.address("/incoming", &typed.state, after, format);
    ArrivalsPage {
        everything,
        tabs: standing.as_ref().map(|standing| tabs(&typed, standing)).unwrap_or_default(),
        units,
        first: (!typed.after.is_empty()).then(|| here(None, "")),
        next: next.as_deref().map(|next| here(Some(next), "")),
        csv: here(None, "csv"),
        quarantined: standing.map_or(0, |standing| standing.trays[Tray::Quarantine as usize]),
        rows,
        typed,
    }
}

/// The trays that people work through, and all of them.
fn tabs(typed: &Typed, standing: &Standing) -> Vec<Tab> {
    let trays = [Tray::New, Tray::Proposal, Tray::Work, Tray::Done];
    let counts = trays.map(|tray| standing.trays[tray as usize]);
    let shown = trays.into_iter().zip(counts).map(|(tray, n)| (tray.code(), tray.code(), n));
    let all = std::iter::once(("all", "", counts.iter().sum()));
    let tab = |(code, state, n): (&'static str, &'static str, i64)| Tab {
        code,
        href: typed.address("/incoming", state, None, ""),
        n: Some(n.min(999)),
        more: n > 999,
        here: typed.state == state,
        hot: matches!(code, "new" | "proposal"),
    };
    shown.chain(all).map(tab).collect()
}

/// An arrival in a list.
pub fn row(line: &ArrivalLine) -> ArrivalRow {
    ArrivalRow {
        href: format!("/incoming/{}", line.id),
        subject: if line.subject.is_empty() { line.number.clone() } else { line.subject.clone() },
        kind: super::kind_of(&line.kind),
        from: line.from.name.clone(),
        number: line.number.clone(),
        date: day(&line.date).map(|day| day.to_string()),
        at: line.at,
        urgency: urgency(line.priority),
        state: standing_of(line),
        register_number: line.register_text.clone(),
        unit: line.unit_name.clone(),
        odd: line.signatures == "invalid" || line.duplicate_of.is_some(),
    }
}

/// All lines of the filter, up to a bound, as a table.
async fn table(viewer: &Viewer, mut filter: ArrivalFilter) -> Result<Response, Failure> {
    let (office, mut lines) = (&viewer.state.services.office, Vec::new());
    filter.limit = 100;
    while lines.len() < TABLE {
        let found = office.arrivals(&viewer.ctx, &filter).await?;
        lines.extend(found.items);
        filter.after = found.next;
        if filter.after.is_none() {
            break;
        }
    }
    let head = [
        "arrivals-arrived",
        "arrivals-register-number",
        "arrivals-from",
        "axis-number",
        "axis-date",
        "axis-subject",
        "axis-state",
        "arrivals-unit",
    ];
    let cells = |line: &ArrivalLine| {
        vec![
            line.at.iso_local(),
            line.register_text.clone().unwrap_or_default(),
            line.from.name.clone(),
            line.number.clone(),
            super::day_words(&line.date),
            line.subject.clone(),
            super::state_words(viewer, standing_of(line)),
            line.unit_name.clone().unwrap_or_default(),
        ]
    };
    Ok(csv::answer("van-ban-den.csv", &head.map(|key| viewer.say(key, &[])), lines.iter().map(cells)))
}

/// `GET /incoming/quarantine`
pub async fn quarantine(viewer: Member, Query(typed): Query<Typed>) -> Result<Response, Failure> {
    let office = &viewer.state.services.office;
    let filter = ArrivalFilter {
        tray: Some(Tray::Quarantine),
        after: Some(typed.after.clone()).filter(|after| !after.is_empty()),
        limit: LINES,
        ..ArrivalFilter::default()
    };
    let found = office.arrivals(&viewer.ctx, &filter).await?;
    let mut rows = Vec::new();
    for line in &found.items {
        rows.push(held(&viewer, line).await?);
    }
    let address = |after: Option<&str>| typed.address("/incoming/quarantine", "", after, "");
    let page = QuarantinePage {
        rows,
        first: (!typed.after.is_empty()).then(|| address(None)),
        next: found.next.as_deref().map(|next| address(Some(next))),
    };
    viewer.page(&page).await
}

async fn held(viewer: &Viewer, line: &ArrivalLine) -> Result<HeldRow, Problem> {
    let view = viewer.state.services.office.arrival(&viewer.ctx, &line.id).await?;
    Ok(HeldRow {
        at: line.at,
        from: line.from.name.clone(),
        package: view.package,
        // The one reason that must not be passed on to others in passing stands out on the page.
        secret: view.oddities.iter().any(|why| why.to_lowercase().contains("mật")),
        why: view.oddities,
        size: view.length,
        raw: Some(format!("/incoming/{}/package", line.id)),
    })
}
