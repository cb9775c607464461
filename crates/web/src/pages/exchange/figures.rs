//! How many documents came and went over the axis, by week and by body.

use crate::render::Page;
use serde::Serialize;

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
