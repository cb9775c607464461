//! Indicators: targets that a resolution declared, computed from data whenever somebody looks.
//!
//! A measure is code because a number that people are judged by must come from one known question. What this crate cannot
//! ask itself (procedures, records) is supplied by the caller; what cannot be measured yet says so.

use crate::{
    Directory, Keys,
    query::{day, id},
};
use async_trait::async_trait;
use journal::Row;
use kernel::{Day, DocumentId, Problem, Timestamp};
use serde::Serialize;

/// How an indicator is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Share of active people with a valid signing certificate.
    PeopleWithCertificate,
    /// Share of catalogued procedures that run.
    ProceduresThatRun,
    /// Share of records that are not secret with digital content.
    RecordsWithContent,
    /// Share of documents that were sent over the national document axis and acknowledged.
    AxisDocuments,
    /// Time to alert and to report of security monitoring.
    SecurityMonitoring,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Measure; 5] = [
        Measure::PeopleWithCertificate,
        Measure::ProceduresThatRun,
        Measure::RecordsWithContent,
        Measure::AxisDocuments,
        Measure::SecurityMonitoring,
    ];
    /// The code, as declared by a procedure's effect: `people-with-certificate`.
    pub fn code(self) -> &'static str {
        match self {
            Measure::PeopleWithCertificate => "people-with-certificate",
            Measure::ProceduresThatRun => "procedures-that-run",
            Measure::RecordsWithContent => "records-with-content",
            Measure::AxisDocuments => "axis-documents",
            Measure::SecurityMonitoring => "security-monitoring",
        }
    }
    /// The measure of a code.
    pub fn of(code: &str) -> Option<Measure> {
        Measure::ALL.into_iter().find(|m| m.code() == code)
    }
    /// What is counted and over what, in Vietnamese and English.
    pub fn says(self) -> (&'static str, &'static str) {
        match self {
            Measure::PeopleWithCertificate => (
                "Số người đang công tác có chứng thư chữ ký số còn hiệu lực trên tổng số người đang công tác",
                "Active people with a valid signing certificate, of all active people",
            ),
            Measure::ProceduresThatRun => (
                "Số quy trình chạy được trên tổng số quy trình trong danh mục",
                "Procedures that run, of all catalogued procedures",
            ),
            Measure::RecordsWithContent => (
                "Số hồ sơ, tài liệu không mật có nội dung số trên tổng số hồ sơ, tài liệu không mật",
                "Non-secret records with digital content, of all non-secret records",
            ),
            Measure::AxisDocuments => (
                "Số văn bản gửi qua Trục liên thông có xác nhận trên tổng số văn bản gửi",
                "Documents sent over the national axis and acknowledged, of all sent",
            ),
            Measure::SecurityMonitoring => (
                "Thời gian từ sự cố đến cảnh báo và đến báo cáo cơ quan chức năng",
                "Time from incident to alert, and to the report to the competent authority",
            ),
        }
    }
}

/// A part of a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Share {
    /// How many fulfil it.
    pub part: i64,
    /// Of how many.
    pub whole: i64,
}

impl Share {
    /// Hundredths of a per cent, rounded down: 9429 is 94,29 %. A target of 100 % is met only by all. `None` of nothing.
    pub fn basis_points(self) -> Option<i64> {
        (self.whole > 0).then(|| self.part.saturating_mul(10_000).div_euclid(self.whole))
    }
    /// `94,29 %`, the zeros at the end left out.
    pub fn percent(self) -> Option<String> {
        let points = self.basis_points()?;
        Some(match (points / 100, points % 100) {
            (whole, 0) => format!("{whole} %"),
            (whole, part) if part % 10 == 0 => format!("{whole},{} %", part / 10),
            (whole, part) => format!("{whole},{part:02} %"),
        })
    }
}

/// An indicator as declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Indicator {
    /// Its code.
    pub code: String,
    /// What is measured.
    pub name: String,
    /// The same in English.
    pub name_en: String,
    /// How.
    pub measure: Measure,
    /// The target in whole per cent.
    pub target: i64,
    /// The day by which it is to be met.
    pub by: Day,
    /// On what ground.
    pub basis: String,
    /// The document that declared it.
    pub document: Option<DocumentId>,
    /// When it was declared.
    pub declared: Timestamp,
}

/// An indicator with its value now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndicatorReading {
    /// The indicator.
    pub indicator: Indicator,
    /// The value; `None` when it cannot be measured yet ("chưa đo được").
    pub value: Option<Share>,
}

impl IndicatorReading {
    /// Whether the target is met; `None` when it cannot be measured yet.
    pub fn met(&self) -> Option<bool> {
        self.value?.basis_points().map(|points| points >= self.indicator.target * 100)
    }
}

/// Answers the measures that other rooms know. `None` means that it cannot be measured yet.
#[async_trait]
pub trait Gauges: Send + Sync {
    /// The value of a measure now.
    async fn read(&self, measure: Measure) -> Result<Option<Share>, Problem>;
}

const COLUMNS: &str = "code, name, name_en, measure, target, by_day, basis, basis_document, declared, version";

impl Directory {
    /// The declared indicators, in the order of their codes.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn indicators(&self) -> Result<Vec<Indicator>, Problem> {
        let sql = format!("SELECT {COLUMNS} FROM indicator ORDER BY by_day, code LIMIT 200");
        self.rows(&sql, &[]).await?.iter().map(indicator).collect()
    }

    /// The declared indicators with their values now.
    ///
    /// # Errors
    /// As [`Directory::person`], and what the gauges meet.
    pub async fn indicator_readings(&self, keys: &Keys, gauges: &dyn Gauges) -> Result<Vec<IndicatorReading>, Problem> {
        let mut readings = Vec::new();
        for indicator in self.indicators().await? {
            let value = match indicator.measure {
                Measure::PeopleWithCertificate => {
                    let coverage = keys.coverage().await?;
                    Some(Share { part: coverage.equipped, whole: coverage.people })
                }
                other => gauges.read(other).await?,
            };
            readings.push(IndicatorReading { indicator, value });
        }
        Ok(readings)
    }

    /// The version of an indicator's stream; 0 when it was never declared.
    pub(crate) async fn indicator_version(&self, code: &str) -> Result<i64, Problem> {
        let sql = "SELECT version FROM indicator WHERE code = $1";
        let row = self.journal().reader().row(sql, &[code.into()]).await?;
        row.map_or(Ok(0), |row| row.int("version"))
    }
}

fn indicator(row: &Row) -> Result<Indicator, Problem> {
    let measure = row.text("measure")?;
    Ok(Indicator {
        code: row.text("code")?.to_owned(),
        name: row.text("name")?.to_owned(),
        name_en: row.text("name_en")?.to_owned(),
        measure: Measure::of(measure).ok_or_else(|| Problem::fault(format!("stored measure {measure}")))?,
        target: row.int("target")?,
        by: day(row.text("by_day")?)?,
        basis: row.text("basis")?.to_owned(),
        document: row.opt_text("basis_document")?.map(id).transpose()?,
        declared: row.time("declared")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down_so_that_a_hundred_per_cent_means_all() {
        assert_eq!(Share { part: 446, whole: 473 }.percent().unwrap(), "94,29 %");
        assert_eq!(Share { part: 99_999, whole: 100_000 }.percent().unwrap(), "99,99 %");
        assert_eq!(Share { part: 1, whole: 2 }.percent().unwrap(), "50 %");
        assert_eq!(Share { part: 1, whole: 8 }.percent().unwrap(), "12,5 %");
        assert_eq!(Share { part: 0, whole: 0 }.percent(), None);
    }

    #[test]
    fn every_measure_is_found_by_its_code() {
        for measure in Measure::ALL {
            assert_eq!(Measure::of(measure.code()), Some(measure));
        }
    }
}
