//! The targets of Resolution 1343, computed from data whenever somebody looks.

use crate::{render::Page, view::Link};
use serde::Serialize;

/// The indicators.
#[derive(Debug, Serialize)]
pub struct IndicatorsPage {
    /// Each with its value now.
    pub rows: Vec<IndicatorRow>,
}

/// An indicator.
#[derive(Debug, Clone, Serialize)]
pub struct IndicatorRow {
    /// What is measured.
    pub name: String,
    /// How it is counted.
    pub how: String,
    /// The target in whole percent.
    pub target: i64,
    /// The day by which it is to be met.
    pub by: String,
    /// How many fulfil it, of how many; none when it cannot be measured yet.
    pub part: Option<i64>,
    /// Of how many.
    pub whole: Option<i64>,
    /// The value in hundredths of a percent.
    pub points: Option<i64>,
    /// Whether the target is met.
    pub met: Option<bool>,
    /// On what ground.
    pub basis: Option<Link>,
}

impl Page for IndicatorsPage {
    const TEMPLATE: &'static str = "indicators.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |name: &str, part: Option<i64>, whole: i64| IndicatorRow {
            name: name.into(),
            how: "Số người đang công tác có chứng thư còn hiệu lực trên tổng số người đang công tác.".into(),
            target: 100,
            by: "2026-12-31".into(),
            part,
            whole: part.map(|_| whole),
            points: part.map(|p| p * 10_000 / whole),
            met: part.map(|p| p == whole),
            basis: Some(Link::new("/resolutions/document-1", "Nghị quyết số 1343/NQ-UBTVQH15")),
        };
        let rows = vec![
            row("Đại biểu Quốc hội, cán bộ, công chức được trang bị chữ ký số", Some(512), 700),
            row("Quy trình, nghiệp vụ được thực hiện trên môi trường số", Some(9), 9),
            row("Kết nối Trục liên thông văn bản quốc gia", None, 0),
        ];
        vec![("three", IndicatorsPage { rows }), ("none", IndicatorsPage { rows: vec![] })]
    }
}
