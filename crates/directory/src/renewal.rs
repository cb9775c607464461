//! When a certificate that ends is to be renewed: the job that follows from the act by which it came, and what that job
//! asks. Who is reminded, and how, is decided above: notices belong to the desk of cases.

use crate::{
    Directory, Holder,
    coverage::NOTICE_DAYS,
    keys::{COLUMNS, read_holder, stored},
};
use journal::{Change, JobDraft};
use kernel::{Problem, Timestamp};
use pki::Certificate;
use serde_json::json;

/// The kind of the jobs that look at a certificate which ends.
pub const JOB: &str = "certificate-ends";
const DAY: i64 = 86_400;

/// A certificate whose end is near, as far as its holder is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Its number.
    pub serial: String,
    /// Whose.
    pub holder: Holder,
    /// When it ends.
    pub until: Timestamp,
    /// How many days are left at most: 90, 30 or 7; none before the first of them.
    pub days: Option<i64>,
    /// Whether nobody need be told: it is suspended now.
    pub silent: bool,
}

/// The change that a certificate comes by, with the first look at its end: of people and bodies only. What lies behind
/// already when it comes is passed over.
pub(crate) fn followed(
    change: Change,
    holder: &Holder,
    serial: &str,
    certificate: &Certificate,
    now: Timestamp,
) -> Change {
    if matches!(holder, Holder::Service(_)) {
        return change;
    }
    match next(serial, certificate.not_after(), now) {
        Some(job) => change.job(job),
        None => change,
    }
}

/// The next look after an instant; none when all lie behind.
pub fn next(serial: &str, until: Timestamp, now: Timestamp) -> Option<JobDraft> {
    let at = |days: i64| until.plus_seconds(-days * DAY);
    let days = NOTICE_DAYS.into_iter().find(|days| at(*days) > now)?;
    Some(JobDraft::new(JOB, format!("{serial}/{days}"), json!({"certificate": serial})).at(at(days)))
}

impl Directory {
    /// How a certificate stands that is to end; none when nobody need think of it any more: it is unknown, revoked, over,
    /// or its holder has one that counts longer.
    ///
    /// # Errors
    /// Storage.
    pub async fn ending(&self, serial: &str) -> Result<Option<Ending>, Problem> {
        let now = self.journal().clock().now();
        let sql = format!("SELECT {COLUMNS} WHERE serial = $1");
        let row = self.journal().reader().row(&sql, &[serial.into()]).await?;
        let Some(stored) = row.as_ref().map(stored).transpose()? else { return Ok(None) };
        let until = stored.certificate.not_after();
        if until <= now || (stored.revoked.is_some() && !stored.on_hold()) || stored.holder.starts_with("service:") {
            return Ok(None);
        }
        let sql = "SELECT 1 AS one FROM certificate WHERE holder = $1 AND valid_until > $2 AND revoked IS NULL LIMIT 1";
        let later = [stored.holder.as_str().into(), until.into()];
        if self.journal().reader().row(sql, &later).await?.is_some() {
            return Ok(None);
        }
        let left = until.micros() - now.micros();
        let days = NOTICE_DAYS.into_iter().rev().find(|days| left <= days * DAY * 1_000_000);
        let holder = read_holder(&stored.holder)?;
        Ok(Some(Ending { serial: stored.serial.clone(), holder, until, days, silent: stored.on_hold() }))
    }
}
