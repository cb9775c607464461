//! The office's ways in and out, as the configuration has them.

use crate::axis_wire::HttpWire;
use crate::config::{Axis, Config};
use crate::network::{Allowed, Own, believing};
use crate::{keyfiles, mail};
use anyhow::{Context, bail};
use directory::Keys;
use edxml::axis::Window;
use exchange::transport::{AxisTransport, FolderTransport, MailSettings, MailTransport, Transport, XroadTransport};
use exchange::transport::{Wire, XroadCallers};
use exchange::{Office, OfficeSettings, Organ};
use journal::Journal;
use kernel::{BodyId, Clock};
use records::Records;
use std::sync::Arc;
use std::time::Duration;
use web::xroad::Door;

/// What ways are made of.
pub struct Parts<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The journal.
    pub journal: &'a Journal,
    /// The documents.
    pub records: &'a Records,
    /// The house's seals.
    pub keys: &'a Keys,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// The office over its ways; without any it only shows what came and went.
pub fn office(parts: &Parts<'_>) -> anyhow::Result<Office> {
    let axis = &parts.config.axis;
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
    Ok(Office::new(parts.journal.clone(), parts.records.clone(), settings, ways(parts)?))
}

/// The ways, the usual one first.
fn ways(parts: &Parts<'_>) -> anyhow::Result<Vec<Arc<dyn Transport>>> {
    let axis = &parts.config.axis;
    let mut ways: Vec<Arc<dyn Transport>> = Vec::new();
    if !axis.address.is_empty() {
        ways.push(national(parts)?);
    }
    if !axis.xroad.server.is_empty() {
        ways.push(xroad(parts)?);
    }
    if !axis.mail.address.is_empty() {
        ways.push(letters(parts)?);
    }
    if let Some(folder) = &axis.folder {
        let way = FolderTransport::open(folder);
        ways.push(Arc::new(way.with_context(|| format!("axis.folder {} cannot be used", folder.display()))?));
    }
    if !ways.is_empty() && !edxml::package::is_organ_id(&axis.organ) {
        bail!("axis.organ is {:?}: that is no identifier of a body", axis.organ);
    }
    Ok(ways)
}

fn national(parts: &Parts<'_>) -> anyhow::Result<Arc<dyn Transport>> {
    let axis = &parts.config.axis;
    over_http("axis.address", &axis.address)?;
    if axis.system.is_empty() {
        bail!("axis.address is set, but axis.system is not: the name of this system at the axis");
    }
    let Some(file) = &axis.secret_file else { bail!("axis.address is set, but axis.secret_file is not") };
    let secret = keyfiles::secret(file).context("axis.secret_file cannot be used")?;
    let window = Window { offset: axis.clock_ahead * 60, skew: axis.clock_skew };
    let (wire, clock) = (wire(parts.config, None)?, Arc::clone(&parts.clock));
    Ok(Arc::new(AxisTransport::new(wire, clock, &axis.address, &axis.system, &secret, window)))
}

fn xroad(parts: &Parts<'_>) -> anyhow::Result<Arc<dyn Transport>> {
    let xroad = &parts.config.axis.xroad;
    over_http("axis.xroad.server", &xroad.server)?;
    if !(3..=4).contains(&xroad.client.split('/').filter(|part| !part.is_empty()).count()) {
        bail!("axis.xroad.client is {:?}: write instance/class/member/subsystem", xroad.client);
    }
    let own = match (&xroad.certificate, &xroad.key) {
        (Some(certificate), Some(key)) => Some(Own { certificate, key }),
        (None, None) => None,
        _ => bail!("axis.xroad.certificate and axis.xroad.key belong together: set both or none"),
    };
    let wire = wire(parts.config, own)?;
    Ok(Arc::new(XroadTransport::new(wire, &xroad.server, &xroad.client, &xroad.members)))
}

fn letters(parts: &Parts<'_>) -> anyhow::Result<Arc<dyn Transport>> {
    let mail = &parts.config.axis.mail;
    if parts.config.mail.server.is_empty() {
        bail!("axis.mail.address is set, but mail.server is not: letters have no way out");
    }
    if !mail.address.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()) {
        bail!("axis.mail.address is {:?}: write name@host", mail.address);
    }
    let settings = MailSettings {
        address: mail.address.clone(),
        maildir: mail.maildir.clone(),
        members: mail.members.clone(),
        seal: BodyId::new(&mail.seal).context("axis.mail.seal is no code of a body")?,
        most: mail.max_package,
    };
    let postman = Arc::new(mail::Carrier::open(&parts.config.mail)?);
    let way = MailTransport::open(settings, postman, parts.keys.clone(), parts.records.clone());
    Ok(Arc::new(way.with_context(|| format!("axis.mail.maildir {} cannot be used", mail.maildir.display()))?))
}

fn over_http(key: &str, address: &str) -> anyhow::Result<()> {
    if !address.starts_with("http://") && !address.starts_with("https://") {
        bail!("{key} is {address:?}: write http://host:port or https://host");
    }
    Ok(())
}

/// HTTP under the machine's roots and those of `[network] roots`.
fn wire(config: &Config, own: Option<Own<'_>>) -> anyhow::Result<Arc<dyn Wire>> {
    let patience = Duration::from_secs(u64::try_from(config.axis.patience_seconds).unwrap_or(60).max(1));
    let tls = believing(&config.network.roots, own)?;
    Ok(Arc::new(HttpWire::new(reqwest::Client::builder().tls_backend_preconfigured(tls), patience)?))
}

/// The door at which security servers bring what others send, where the configuration has one.
pub fn door(axis: &Axis, office: &Office) -> anyhow::Result<Option<(std::net::SocketAddr, Door)>> {
    let Some(address) = axis.xroad.listen else { return Ok(None) };
    if axis.xroad.callers.is_empty() {
        bail!("axis.xroad.listen is set, but axis.xroad.callers is not: the addresses of the security servers");
    }
    let callers = Allowed::read(&axis.xroad.callers).context("axis.xroad.callers")?;
    if callers.has_hosts() {
        bail!("axis.xroad.callers takes addresses and networks such as 10.1.2.9 and 10.1.2.0/28");
    }
    if axis.xroad.server.is_empty() {
        bail!("axis.xroad.listen is set, but axis.xroad.server is not: statuses have no way back");
    }
    let lets = Arc::new(move |from| callers.names(from));
    Ok(Some((address, Door { office: office.clone(), callers: XroadCallers::new(&axis.xroad.members), lets })))
}
