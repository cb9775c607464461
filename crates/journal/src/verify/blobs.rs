//! The blobs to which acts refer: there, and with the content that their address says.

use super::Check;
use crate::projection::Value;
use kernel::{Digest, Problem};

/// Blobs looked up at once.
const BLOBS: i64 = 500;

impl Check<'_> {
    /// Reads every blob that the acts refer to.
    pub(super) async fn blobs(&mut self) -> Result<(), Problem> {
        let count = self.scratch.read_row("SELECT COUNT(*) AS many FROM verify_blobs", &[]).await?;
        let total = u64::try_from(count.map_or(Ok(0), |row| row.int("many"))?).unwrap_or(0);
        let mut after = String::new();
        loop {
            let sql = "SELECT blob, act FROM verify_blobs WHERE blob > $1 ORDER BY blob LIMIT $2";
            let rows = self.scratch.read_rows(sql, &[after.as_str().into(), Value::Int(BLOBS)]).await?;
            for row in &rows {
                let digest = Digest::parse(row.text("blob")?).map_err(Problem::fault)?;
                let named = row.text("act")?;
                self.summary.blobs += 1;
                match self.inner.blobs.measure(&digest).await? {
                    None => self.finding(format!("blob {digest}"), format!("missing, though {named} refers to it")),
                    Some(found) if found != digest => {
                        self.finding(
                            format!("blob {digest}"),
                            format!("its content was changed; {named} refers to it"),
                        );
                    }
                    Some(_) => {}
                }
                self.progress("blobs", self.summary.blobs, total);
            }
            match rows.last() {
                Some(row) => after = row.text("blob")?.to_owned(),
                None => return Ok(()),
            }
        }
    }
}
