//! The office's ways in and out, as the configuration has them.

use crate::axis_wire::HttpWire;
use crate::{config::Axis, keyfiles};
use anyhow::{Context, bail};
use edxml::axis::Window;
use exchange::transport::{AxisTransport, FolderTransport, Transport};
use exchange::{Office, OfficeSettings, Organ};
use journal::Journal;
use kernel::Clock;
use records::Records;
use std::sync::Arc;
use std::time::Duration;

/// The office over its ways; without any it only shows what came and went.
pub fn office(axis: &Axis, journal: &Journal, records: &Records, clock: Arc<dyn Clock>) -> anyhow::Result<Office> {
    let settings = OfficeSettings {
        organ: Organ { code: axis.organ.clone(), name: axis.name.clone() },
        place: axis.place.clone(),
        register: axis.register.clone(),
        remind_days: axis.remind_days,
        retry_seconds: axis.retry_seconds.max(1),
        patience_seconds: axis.patience_seconds.max(1),
        poll_seconds: axis.poll_seconds.max(1),
        max_package: axis.max_package,
    };
    Ok(Office::new(journal.clone(), records.clone(), settings, ways(axis, clock)?))
}

/// The ways, the usual one first.
pub fn ways(axis: &Axis, clock: Arc<dyn Clock>) -> anyhow::Result<Vec<Arc<dyn Transport>>> {
    let mut ways: Vec<Arc<dyn Transport>> = Vec::new();
    if !axis.address.is_empty() {
        if !axis.address.starts_with("http://") && !axis.address.starts_with("https://") {
            bail!("axis.address is {:?}: write http://host:port or https://host", axis.address);
        }
        if axis.system.is_empty() {
            bail!("axis.address is set, but axis.system is not: the name of this system at the axis");
        }
        if !edxml::package::is_organ_id(&axis.organ) {
            bail!("axis.organ is {:?}: that is no identifier of a body", axis.organ);
        }
        let Some(file) = &axis.secret_file else { bail!("axis.address is set, but axis.secret_file is not") };
        let secret = keyfiles::secret(file).context("axis.secret_file cannot be used")?;
        let window = Window { offset: axis.clock_ahead * 60, skew: axis.clock_skew };
        let patience = Duration::from_secs(u64::try_from(axis.patience_seconds).unwrap_or(60).max(1));
        let wire = Arc::new(HttpWire::new(patience)?);
        let way = AxisTransport::new(wire, Arc::clone(&clock), &axis.address, &axis.system, &secret, window);
        ways.push(Arc::new(way));
    }
    if let Some(folder) = &axis.folder {
        let way = FolderTransport::open(folder);
        ways.push(Arc::new(way.with_context(|| format!("axis.folder {} cannot be used", folder.display()))?));
    }
    Ok(ways)
}
