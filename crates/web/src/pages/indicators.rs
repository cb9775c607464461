//! The targets of Resolution 1343, computed from data whenever somebody looks.

use crate::{
    csv,
    render::Page,
    trouble::Failure,
    view::Link,
    viewer::{Member, Viewer},
};
use async_trait::async_trait;
use axum::{extract::Query, response::Response};
use directory::{
    IndicatorReading, Measure,
    indicators::{Gauges, Share},
};
use kernel::Problem;
use serde::{Deserialize, Serialize};

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

/// What the directory cannot count itself.
struct HouseGauges<'a>(&'a Viewer);

#[async_trait]
impl Gauges for HouseGauges<'_> {
    async fn read(&self, measure: Measure) -> Result<Option<Share>, Problem> {
        let services = &self.0.state.services;
        Ok(match measure {
            Measure::ProceduresThatRun => {
                // A procedure that does not pass its checks is not loaded, and its file is told as a problem.
                let catalogue = services.cases.catalogue();
                let runs = i64::try_from(catalogue.newest().count()).unwrap_or(0);
                let broken = i64::try_from(catalogue.problems().len()).unwrap_or(0);
                Some(Share { part: runs, whole: runs + broken })
            }
            Measure::RecordsWithContent => {
                let (part, whole) = services.records.digital_share().await?;
                Some(Share { part, whole })
            }
            Measure::PeopleWithCertificate | Measure::AxisDocuments | Measure::SecurityMonitoring => None,
        })
    }
}

/// In which shape.
#[derive(Debug, Deserialize)]
pub struct Shape {
    format: Option<String>,
}

/// `GET /indicators`
pub async fn show(viewer: Member, Query(shape): Query<Shape>) -> Result<Response, Failure> {
    let services = &viewer.state.services;
    let readings = services.directory.indicator_readings(&services.keys, &HouseGauges(&viewer)).await?;
    let rows: Vec<IndicatorRow> = readings.iter().map(|r| row(&viewer, r)).collect();
    if shape.format.as_deref() == Some("csv") {
        let head = ["indicator", "indicator-part", "indicator-whole", "indicator-goal", "indicator-by"];
        let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
        let line = |r: &IndicatorRow| {
            vec![r.name.clone(), number(r.part), number(r.whole), r.target.to_string(), r.by.clone()]
        };
        return Ok(csv::answer("chi-tieu.csv", &head.map(|k| viewer.say(k, &[])), rows.iter().map(line)));
    }
    viewer.page(&IndicatorsPage { rows }).await
}

fn row(viewer: &Viewer, reading: &IndicatorReading) -> IndicatorRow {
    let (indicator, lang) = (&reading.indicator, viewer.lang());
    let (vi, en) = indicator.measure.says();
    let href = indicator.document.as_ref().map(|d| format!("/documents/{d}")).unwrap_or_default();
    IndicatorRow {
        name: lang.pick(&indicator.name, &indicator.name_en).to_owned(),
        how: format!("{}.", lang.pick(vi, en)),
        target: indicator.target,
        by: indicator.by.to_string(),
        part: reading.value.map(|v| v.part),
        whole: reading.value.map(|v| v.whole),
        points: reading.value.and_then(Share::basis_points),
        met: reading.met(),
        basis: (!indicator.basis.is_empty()).then(|| Link::new(href, &indicator.basis)),
    }
}
