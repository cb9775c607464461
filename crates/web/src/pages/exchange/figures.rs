//! How many documents came and went over the axis, by week and by body.

use crate::{
    csv,
    render::Page,
    trouble::Failure,
    viewer::{Member, Viewer},
};
use axum::{extract::Query, response::Response};
use exchange::WeekLine;
use kernel::Day;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The figures.
#[derive(Debug, Serialize)]
pub struct AxisFiguresPage {
    /// By week, latest first.
    pub weeks: Vec<FigureRow>,
    /// By body, most first.
    pub agencies: Vec<FigureRow>,
    /// Further bodies that are not named.
    pub more: usize,
}

/// How many came and went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FigureRow {
    /// The week in words, or the body.
    pub name: String,
    /// How many came.
    pub arrived: i64,
    /// How many went.
    pub sent: i64,
    /// The bar of those that came, out of 700.
    pub bar_in: i64,
    /// The bar of those that went.
    pub bar_out: i64,
}

/// The length of the longest bar.
const LENGTH: i64 = 700;

impl FigureRow {
    fn new(name: String, arrived: i64, sent: i64) -> FigureRow {
        FigureRow { name, arrived, sent, bar_in: 0, bar_out: 0 }
    }
}

/// Draws the bars against the longest of them all.
fn draw(rows: &mut [FigureRow]) {
    let longest = rows.iter().map(|row| row.arrived.max(row.sent)).max().unwrap_or(0).max(1);
    for row in rows {
        row.bar_in = row.arrived.saturating_mul(LENGTH) / longest;
        row.bar_out = row.sent.saturating_mul(LENGTH) / longest;
    }
}

impl Page for AxisFiguresPage {
    const TEMPLATE: &'static str = "axis_figures.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let rows = |names: &[&str]| {
            let mut rows: Vec<FigureRow> =
                (1..).zip(names).map(|(n, name)| FigureRow::new((*name).into(), n * 12, n * 7)).collect();
            draw(&mut rows);
            rows
        };
        let busy = AxisFiguresPage {
            weeks: rows(&["Tuần từ 16/12/2024 đến 22/12/2024", "Tuần từ 9/12/2024 đến 15/12/2024"]),
            agencies: rows(&["Bộ Tư pháp", "Bộ Tài chính", "Tỉnh A"]),
            more: 4,
        };
        vec![("busy", busy), ("nothing yet", AxisFiguresPage { weeks: vec![], agencies: vec![], more: 0 })]
    }
}

/// Weeks that are shown.
const WEEKS: i64 = 12;
/// Bodies that are named.
const MOST_BODIES: usize = 15;

/// In which shape.
#[derive(Debug, Deserialize)]
pub struct Shape {
    format: Option<String>,
}

/// `GET /axis/figures`
pub async fn show(viewer: Member, Query(shape): Query<Shape>) -> Result<Response, Failure> {
    let today = viewer.state.now().day();
    let lines = viewer.state.services.office.figures(&viewer.ctx, today.plus_days(-7 * (WEEKS - 1)), today).await?;
    if shape.format.as_deref() == Some("csv") {
        return Ok(table(&viewer, &lines));
    }
    let mut weeks = by_week(&viewer, &lines);
    let mut agencies = by_agency(&lines);
    draw(&mut weeks);
    let more = agencies.len().saturating_sub(MOST_BODIES);
    agencies.truncate(MOST_BODIES);
    draw(&mut agencies);
    viewer.page(&AxisFiguresPage { weeks, agencies, more }).await
}

/// Sums by week; the lines come newest week first.
fn by_week(viewer: &Viewer, lines: &[WeekLine]) -> Vec<FigureRow> {
    let of_one = |lines: &[WeekLine]| {
        let first = lines.first().and_then(|line| Day::parse(&line.week).ok())?;
        let (from, until) = (first.short(), first.plus_days(6).short());
        let name = viewer.say("axis-figures-week", &[("first", &from), ("last", &until)]);
        let (arrived, sent) = lines.iter().fold((0, 0), |(a, s), line| (a + line.received, s + line.sent));
        Some(FigureRow::new(name, arrived, sent))
    };
    lines.chunk_by(|a, b| a.week == b.week).filter_map(of_one).filter(|row| row.arrived + row.sent > 0).collect()
}

/// Sums by body, most first.
fn by_agency(lines: &[WeekLine]) -> Vec<FigureRow> {
    let mut sums: BTreeMap<&str, (String, i64, i64)> = BTreeMap::new();
    for line in lines.iter().filter(|line| !line.code.is_empty()) {
        let name = if line.name.is_empty() { &line.code } else { &line.name };
        let (_, arrived, sent) = sums.entry(&line.code).or_insert_with(|| (name.clone(), 0, 0));
        *arrived += line.received;
        *sent += line.sent;
    }
    let mut rows: Vec<FigureRow> = sums.into_values().map(|(name, a, s)| FigureRow::new(name, a, s)).collect();
    rows.retain(|row| row.arrived + row.sent > 0);
    rows.sort_by_key(|row| std::cmp::Reverse(row.arrived + row.sent));
    rows
}

fn table(viewer: &Viewer, lines: &[WeekLine]) -> Response {
    let head = ["axis-figures-week-head", "axis-unit", "axis-agency", "axis-figures-in", "axis-figures-out"];
    let cells = |line: &WeekLine| {
        vec![line.week.clone(), line.code.clone(), line.name.clone(), line.received.to_string(), line.sent.to_string()]
    };
    let shown = lines.iter().filter(|line| !line.code.is_empty());
    csv::answer("so-lieu-lien-thong.csv", &head.map(|key| viewer.say(key, &[])), shown.map(cells))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_drawn_against_the_longest_of_both_ways() {
        let mut rows = vec![FigureRow::new("a".into(), 10, 5), FigureRow::new("b".into(), 0, 20)];
        draw(&mut rows);
        assert_eq!(rows.iter().map(|r| (r.bar_in, r.bar_out)).collect::<Vec<_>>(), [(350, 175), (0, 700)]);
        let mut none = vec![FigureRow::new("a".into(), 0, 0)];
        draw(&mut none);
        assert_eq!((none[0].bar_in, none[0].bar_out), (0, 0));
    }
}
