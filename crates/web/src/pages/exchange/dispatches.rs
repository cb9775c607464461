//! What was sent over the axis: the list.

use super::{Tab, Typed, kind_of};
use crate::{
    csv,
    render::Page,
    trouble::Failure,
    viewer::{Member, Viewer},
};
use axum::{extract::Query, response::Response};
use exchange::{DispatchFilter, DispatchHead, DispatchLine, DispatchState, Standing};
use kernel::Timestamp;
use serde::Serialize;

/// Lines of a page.
const LINES: u32 = 50;
/// Lines of a table.
const TABLE: usize = 1000;

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
    /// `waiting`, `sent`, `stopped`, `cancelled`.
    pub state: &'static str,
    /// How many refused.
    pub refused: i64,
    /// How many were silent beyond their day.
    pub silent: i64,
}

impl Page for DispatchesPage {
    const TEMPLATE: &'static str = "dispatches.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |n: i64, state, refused| DispatchRow {
            href: format!("/outgoing/{n}"),
            number: format!("{n}/NQ-UBTVQH15"),
            subject: "Thành lập Ban soạn thảo dự án Luật".into(),
            kind: if n == 1343 { "withdraw" } else { "new" },
            at: Timestamp::from_micros(1_734_600_000_000_000),
            recipients: "Bộ Tư pháp; Bộ Tài chính; 3 nơi khác".into(),
            back: 2,
            all: 5,
            state,
            refused,
            silent: refused,
        };
        let page = |rows| DispatchesPage {
            tabs: vec![
                Tab::sample("all", 3, true, false),
                Tab::sample("waiting", 2, false, false),
                Tab::sample("sent", 2, false, false),
                Tab::sample("stopped", 1, false, true),
                Tab::sample("silent", 1, false, true),
            ],
            typed: Typed::default(),
            rows,
            first: Some("/outgoing".into()),
            next: Some("/outgoing?after=1".into()),
            csv: "/outgoing?format=csv".into(),
        };
        vec![
            ("three", page(vec![row(1344, "sent", 0), row(1343, "stopped", 0), row(1336, "cancelled", 1)])),
            ("none", DispatchesPage { first: None, next: None, ..page(vec![]) }),
        ]
    }
}

/// `GET /outgoing`
pub async fn list(viewer: Member, Query(typed): Query<Typed>) -> Result<Response, Failure> {
    let office = &viewer.state.services.office;
    let filter = filter(&typed);
    if typed.csv() {
        return table(&viewer, filter).await;
    }
    let found = office.dispatches(&viewer.ctx, &filter).await?;
    let standing = office.standing(&viewer.ctx).await?;
    let mut heads = office.heads(&viewer.ctx, &found.items).await?;
    let of = |line: &DispatchLine| row(&viewer, line, heads.remove(&line.id).unwrap_or_default());
    let rows = found.items.iter().map(of).collect();
    let here = |after: Option<&str>, format| typed.address("/outgoing", &typed.state, after, format);
    let page = DispatchesPage {
        tabs: tabs(&typed, &standing),
        rows,
        first: (!typed.after.is_empty()).then(|| here(None, "")),
        next: found.next.as_deref().map(|next| here(Some(next), "")),
        csv: here(None, "csv"),
        typed,
    };
    viewer.page(&page).await
}

fn filter(typed: &Typed) -> DispatchFilter {
    let (since, until) = typed.days();
    DispatchFilter {
        query: typed.words(),
        state: DispatchState::of(&typed.state),
        to: typed.agency.clone(),
        silent: typed.state == "silent",
        since,
        until,
        after: Some(typed.after.clone()).filter(|after| !after.is_empty()),
        limit: LINES,
    }
}

fn tabs(typed: &Typed, standing: &Standing) -> Vec<Tab> {
    let tab = |code: &'static str, n: Option<i64>, hot| Tab {
        code: if code.is_empty() { "all" } else { code },
        href: typed.address("/outgoing", code, None, ""),
        n: n.map(|n| n.min(999)),
        more: n.is_some_and(|n| n > 999),
        here: typed.state == code,
        hot,
    };
    vec![
        tab("", None, false),
        tab("waiting", None, false),
        tab("sent", None, false),
        tab("stopped", Some(standing.stopped), true),
        tab("silent", Some(standing.silent), true),
    ]
}

/// A dispatch in a list, with the first of its recipients by name.
fn row(viewer: &Viewer, line: &DispatchLine, head: DispatchHead) -> DispatchRow {
    let rest = line.receivers - i64::try_from(head.names.len()).unwrap_or(0);
    let named = head.names.join("; ");
    DispatchRow {
        href: format!("/outgoing/{}", line.id),
        number: line.number.clone(),
        subject: line.subject.clone(),
        kind: kind_of(&line.kind),
        at: line.at,
        recipients: match rest {
            ..=0 => named,
            n => viewer.say("dispatches-and-more", &[("names", &named), ("n", &n.to_string())]),
        },
        state: match line.state {
            DispatchState::Waiting => "waiting",
            DispatchState::Sent => "sent",
            DispatchState::Stopped => "stopped",
            DispatchState::Cancelled => "cancelled",
        },
        back: line.answered,
        all: line.receivers,
        refused: head.refused,
        silent: head.silent,
    }
}

/// All lines of the filter, up to a bound, as a table.
async fn table(viewer: &Viewer, mut filter: DispatchFilter) -> Result<Response, Failure> {
    let (office, mut lines) = (&viewer.state.services.office, Vec::new());
    filter.limit = 100;
    while lines.len() < TABLE {
        let found = office.dispatches(&viewer.ctx, &filter).await?;
        lines.extend(found.items);
        filter.after = found.next;
        if filter.after.is_none() {
            break;
        }
    }
    let head =
        ["dispatches-sent", "axis-number", "axis-subject", "axis-kind", "dispatches-recipients", "dispatches-answered"];
    let cells = |line: &DispatchLine| {
        vec![
            line.at.iso_local(),
            line.number.clone(),
            line.subject.clone(),
            viewer.say(&format!("axis-kind-{}", kind_of(&line.kind)), &[]),
            line.receivers.to_string(),
            line.answered.to_string(),
        ]
    };
    Ok(csv::answer("van-ban-di-qua-truc.csv", &head.map(|key| viewer.say(key, &[])), lines.iter().map(cells)))
}
