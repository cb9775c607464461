//! Devices and servers at the desk: who may enrol by itself, for which names, and until when. What they then do
//! themselves is [`crate::acme`].

use crate::{
    Holder, Keys,
    acts::{self, CertificateRevoked, DeviceAdmitted, DeviceEnded, SealedKey},
    keys::StoredCertificate,
    model::Basis,
    query::id,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use journal::{Change, Expected, Row};
use kernel::{ActDraft, BodyId, Ctx, FieldProblem, PersonId, Problem, Timestamp, text};
use pki::{Profile, Reason};
use serde_json::json;
use std::net::IpAddr;
use zeroize::Zeroizing;

/// Most names of one device.
pub const MAX_NAMES: usize = 20;
/// Longest name of a device, in characters.
const MAX_NAME: usize = 100;
/// Longest admission, in seconds: five years (Decree 23/2025).
const LONGEST: i64 = 5 * 365 * 86_400;
/// Most devices that a list shows.
const MOST: i64 = 500;

/// A device or server to be admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDevice {
    /// What it is called.
    pub name: String,
    /// The body that runs it.
    pub body: BodyId,
    /// The DNS names, separated by blanks, commas or lines.
    pub names: String,
    /// The network address at which it is asked; empty: the one that the name resolves to.
    pub address: String,
    /// [`Profile::Tls`] or [`Profile::Device`].
    pub profile: Profile,
    /// No certificate of it counts longer.
    pub until: Timestamp,
    /// On what ground.
    pub basis: Basis,
}

/// A device or server that was admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id, also that of its account and of its secret.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The body that runs it.
    pub body: BodyId,
    /// The DNS names for which it may get certificates.
    pub names: Vec<String>,
    /// The network address at which it is asked whether it holds a name.
    pub address: Option<IpAddr>,
    /// What its certificates are for.
    pub profile: Profile,
    /// No certificate of it counts longer.
    pub until: Timestamp,
    /// On what ground.
    pub basis: String,
    /// Who admitted it.
    pub admitted_by: Option<PersonId>,
    /// When.
    pub admitted: Timestamp,
    /// When it opened its account.
    pub opened: Option<Timestamp>,
    /// When it closed its account.
    pub closed: Option<Timestamp>,
    /// When the desk ended the admission.
    pub ended: Option<Timestamp>,
    pub(crate) account_key: Option<String>,
    pub(crate) secret: Option<String>,
    pub(crate) version: i64,
}

impl Device {
    /// Whether it may do anything at an instant.
    pub fn counts(&self, at: Timestamp) -> bool {
        self.ended.is_none() && self.closed.is_none() && at < self.until
    }
    /// As the holder of certificates.
    pub fn holder(&self) -> Holder {
        Holder::Device(self.id.clone())
    }
}

impl Keys {
    /// Admits a device and gives the secret that binds its account to the admission (base64url, as clients take it), which
    /// is shown this once. `id` is the same for the same form.
    ///
    /// # Errors
    /// [`Problem::Invalid`] by field; [`Problem::Refused`] `device-admitted` when the same form came before;
    /// [`Problem::Forbidden`] and [`Problem::NeedsSecondFactor`]; storage.
    pub async fn admit_device(&self, ctx: &Ctx, id: &str, new: &NewDevice) -> Result<Zeroizing<String>, Problem> {
        let now = self.clock.now();
        let admitted = checked(id, new, now)?;
        if self.directory.body(&new.body).await?.is_none() {
            return Err(Problem::field("body", "field-required"));
        }
        let mut secret = Zeroizing::new([0u8; 32]);
        self.entropy.fill(&mut *secret);
        let sealed = self.master.seal(&secret_context(id), &*secret, &*self.entropy);
        let private = json!(SealedKey { sealed_key: sealed.as_str().to_owned() });
        let draft = ActDraft::new(acts::device_resource(id, &new.body), &admitted).with_private(private);
        let change = Change::new().on(acts::device_stream(id), Expected::New).act(draft);
        match self.directory.journal().commit(ctx, change).await {
            Ok(_) => Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(*secret))),
            Err(Problem::Conflict { .. }) => Err(Problem::refused("device-admitted")),
            Err(other) => Err(other),
        }
    }

    /// Ends an admission, and revokes the certificates of the device that still count.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Invalid`] without a reason; [`Problem::Refused`] `device-ended`; storage.
    pub async fn end_device(&self, ctx: &Ctx, id: &str, reason: &str) -> Result<(), Problem> {
        let device = self.device(id).await?.ok_or_else(|| Problem::not_found("device", id))?;
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(Problem::field("reason", "field-required"));
        }
        if device.ended.is_some() {
            return Err(Problem::refused("device-ended"));
        }
        let ended = DeviceEnded { device: id.to_owned(), reason: text::nfc(reason).into_owned() };
        let draft = ActDraft::new(acts::device_resource(id, &device.body), &ended);
        let mut change = Change::new().on(acts::device_stream(id), Expected::At(device.version)).act(draft);
        let (now, holder) = (self.clock.now(), device.holder());
        let living = self.of_holder(&holder).await?.into_iter();
        for stored in living.filter(|c| (c.revoked.is_none() || c.on_hold()) && c.certificate.not_after() > now) {
            let revoked = CertificateRevoked {
                serial: stored.serial.clone(),
                holder: holder.clone(),
                reason: json!(Reason::CessationOfOperation).as_str().unwrap_or_default().to_owned(),
                basis: Basis::cited(reason),
                since: stored.revoked,
            };
            let draft = ActDraft::new(acts::certificate_resource(&stored.serial, &holder), &revoked);
            change = change.on(acts::certificate_stream(&stored.serial), Expected::At(stored.version)).act(draft);
        }
        self.directory.journal().commit(ctx, change).await?;
        self.told.forget();
        Ok(())
    }

    /// The devices, the newest first, each with its newest certificate.
    ///
    /// # Errors
    /// Storage.
    pub async fn devices(&self) -> Result<Vec<(Device, Option<StoredCertificate>)>, Problem> {
        let sql = "SELECT * FROM device ORDER BY admitted DESC, id LIMIT $1";
        let mut all = Vec::new();
        for row in self.directory.rows(sql, &[MOST.into()]).await? {
            let device = device(&row)?;
            let newest = self.of_holder(&device.holder()).await?.into_iter().next();
            all.push((device, newest));
        }
        Ok(all)
    }

    /// A device.
    ///
    /// # Errors
    /// Storage.
    pub async fn device(&self, id: &str) -> Result<Option<Device>, Problem> {
        let sql = "SELECT * FROM device WHERE id = $1";
        self.directory.journal().reader().row(sql, &[id.into()]).await?.as_ref().map(device).transpose()
    }
}

/// The context under which the secret of an admission is sealed.
pub(crate) fn secret_context(device: &str) -> String {
    format!("device-secret:{device}")
}

/// What is entered, when every field is right.
fn checked(id: &str, new: &NewDevice, now: Timestamp) -> Result<DeviceAdmitted, Problem> {
    let mut wrong = Vec::new();
    let name = text::nfc(new.name.trim()).into_owned();
    match name.chars().count() {
        0 => wrong.push(FieldProblem::new("name", "field-required")),
        n if n > MAX_NAME => wrong.push(FieldProblem::new("name", "field-too-long")),
        _ => {}
    }
    let mut names: Vec<String> = Vec::new();
    for word in new.names.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).filter(|w| !w.is_empty()) {
        match dns_name(word) {
            Some(name) if names.contains(&name) => {}
            Some(name) => names.push(name),
            None => wrong.push(
                FieldProblem::new("names", "device-name-wrong").arg("name", word.chars().take(80).collect::<String>()),
            ),
        }
    }
    if names.is_empty() && !wrong.iter().any(|w| w.field == "names") {
        wrong.push(FieldProblem::new("names", "field-required"));
    }
    if names.len() > MAX_NAMES {
        wrong.push(FieldProblem::new("names", "field-too-many").arg("max", MAX_NAMES));
    }
    let address = match new.address.trim() {
        "" => None,
        text => match text.parse::<IpAddr>() {
            Ok(address) => Some(address.to_string()),
            Err(_) => {
                wrong.push(FieldProblem::new("address", "device-address-wrong"));
                None
            }
        },
    };
    if !matches!(new.profile, Profile::Tls | Profile::Device) {
        wrong.push(FieldProblem::new("profile", "field-required"));
    }
    if new.until <= now {
        wrong.push(FieldProblem::new("until", "field-in-the-past"));
    }
    if !wrong.is_empty() {
        return Err(Problem::Invalid(wrong));
    }
    Ok(DeviceAdmitted {
        device: id.to_owned(),
        name,
        body: new.body.clone(),
        names,
        address,
        profile: new.profile,
        until: new.until.min(now.plus_seconds(LONGEST)),
        basis: new.basis.clone(),
    })
}

/// A DNS name in its one writing: lower case, letters, digits and hyphens (internationalised names as `xn--…`), neither a
/// wildcard nor an address.
pub(crate) fn dns_name(text: &str) -> Option<String> {
    let name = text.trim_end_matches('.').to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let fits = name.len() <= 253 && name.split('.').all(label) && !last.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(name)
}

pub(crate) fn device(row: &Row) -> Result<Device, Problem> {
    let text = |name: &str| row.opt_text(name).map(|t| t.map(str::to_owned));
    Ok(Device {
        id: row.text("id")?.to_owned(),
        name: row.text("name")?.to_owned(),
        body: id(row.text("body")?)?,
        names: row.text("names")?.lines().map(str::to_owned).collect(),
        address: row.opt_text("address")?.map(str::parse).transpose().map_err(Problem::fault)?,
        profile: serde_json::from_value(json!(row.text("profile")?)).map_err(Problem::fault)?,
        until: row.time("until")?,
        basis: row.text("basis")?.to_owned(),
        admitted_by: row.opt_text("admitted_by")?.map(id).transpose()?,
        admitted: row.time("admitted")?,
        opened: row.opt_time("opened")?,
        closed: row.opt_time("closed")?,
        ended: row.opt_time("ended")?,
        account_key: text("account_key")?,
        secret: text("secret")?,
        version: row.int("version")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_taken_in_one_writing_and_no_wildcards_or_addresses() {
        assert_eq!(dns_name("May-Chu-1.Quochoi.example.").as_deref(), Some("may-chu-1.quochoi.example"));
        for bad in ["", ".", "*.quochoi.example", "10.1.2.3", "-a.example", "a..b", "máy.example", "a b", "::1"] {
            assert_eq!(dns_name(bad), None, "{bad}");
        }
        assert_eq!(dns_name(&format!("{}.vn", "a".repeat(64))), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_of_names_panic(text in "\\PC{0,300}") {
            if let Some(name) = dns_name(&text) {
                prop_assert_eq!(dns_name(&name), Some(name.clone()));
            }
        }
    }
}
