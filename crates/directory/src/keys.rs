//! Certificates and signing keys: the internal authority, the certificates of people and bodies, and the signers that
//! services take from here.
//!
//! Every certificate is an act (`certificate.issued`) on its own stream, and so is its revocation. Private keys stand
//! sealed under the master key in the private part of the act; they leave this module only as signers. Legally the
//! internal authority serves internal use (Decree 23/2025 art. 9); officials' certificates for outside come from the
//! government's issuer.

mod life;

use crate::{
    Directory, Holder,
    acts::{self, CertificateIssued, SealedKey},
    authority::{ISSUING, KnownHouse, Services},
    model::{AssignmentView, Basis},
    renewal,
    service_keys::Token,
    status::Told,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use journal::{Change, Expected, Row, Value};
use kernel::{ActDraft, BodyId, Clock, Ctx, Entropy, PersonId, Problem, Timestamp};
use pki::{Certificate, KeyKind, PrivateKey, Profile, Subject, check_before_signing};
use serde_json::json;
use signing::{MasterKey, Sealed, Signer, SoftwareSigner};
use std::{collections::BTreeMap, sync::Arc};

const YEAR: i64 = 365 * 86_400;
/// Longest text of a name in a certificate (RFC 5280, appendix A.1).
const NAME_CHARS: usize = 64;
/// A certificate as stored.
#[derive(Debug, Clone)]
pub struct StoredCertificate {
    /// Serial number in lower-case hexadecimal.
    pub serial: String,
    /// Whose: `person:…`, `body:…`, `service:…`.
    pub holder: String,
    /// The certificate.
    pub certificate: Certificate,
    /// Since when it is revoked.
    pub revoked: Option<Timestamp>,
    /// Why: a code of RFC 5280 section 5.3.1.
    pub reason: Option<String>,
    /// Whether the internal authority issued it and tells its status.
    pub own: bool,
    /// The certificates above an imported one.
    pub chain: Vec<Certificate>,
    /// The request that it answers.
    pub enrolment: Option<String>,
    /// When it was handed over.
    pub delivered: Option<Timestamp>,
    /// When its holder took it into use.
    pub activated: Option<Timestamp>,
    pub(crate) version: i64,
    sealed_key: Option<String>,
    token: Option<String>,
}

/// Where the key of a certificate is.
#[derive(Clone, Copy)]
pub(crate) enum Kept<'a> {
    /// Not here.
    Elsewhere,
    /// Here, to be sealed: PKCS #8.
    Here(&'a [u8]),
    /// On the token of the authority's services, under a label.
    OnToken(&'a str),
}

impl StoredCertificate {
    /// Whether it is suspended.
    pub fn on_hold(&self) -> bool {
        self.reason.as_deref() == Some("certificate_hold")
    }
    /// Whether its holder has yet to take it into use: it came by a request, and its key is kept here.
    pub fn awaits_holder(&self) -> bool {
        self.enrolment.is_some() && self.own && self.activated.is_none()
    }
    /// Whether it may sign at an instant, as far as the directory knows.
    pub fn is_valid(&self, at: Timestamp) -> bool {
        self.certificate.is_valid_at(at) && self.revoked.is_none_or(|revoked| at < revoked)
    }
    pub(crate) fn sealed(&self) -> Option<&str> {
        self.sealed_key.as_deref()
    }
    /// The label of its key, when that is on the token of the authority's services.
    pub(crate) fn token_label(&self) -> Option<&str> {
        self.token.as_deref()
    }
    /// Whether its key is kept here.
    pub fn has_key(&self) -> bool {
        self.sealed_key.is_some()
    }
}

/// How many of the active people can sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Active people.
    pub people: i64,
    /// Those with a valid certificate.
    pub equipped: i64,
}

/// The internal authority and everybody's certificates. Cheap to clone.
#[derive(Clone)]
pub struct Keys {
    pub(crate) directory: Directory,
    pub(crate) master: Arc<MasterKey>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) authority: Arc<KnownHouse>,
    pub(crate) services: Arc<Services>,
    pub(crate) token: Option<Arc<Token>>,
    pub(crate) told: Arc<Told>,
}

impl Keys {
    /// The keys over a directory; they are sealed under the master key.
    pub fn new(directory: Directory, master: Arc<MasterKey>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Keys {
        Keys {
            directory,
            master,
            clock,
            entropy,
            authority: Arc::default(),
            services: Arc::default(),
            token: None,
            told: Arc::default(),
        }
    }

    /// Issues certificates with new keys to people and bodies, in one change; `until` is cut to five years (Decree
    /// 23/2025). Returns the serial numbers in the order of the holders.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for an unknown holder; [`Problem::Refused`] `authority-missing`; [`Problem::Forbidden`];
    /// storage.
    pub async fn issue(
        &self,
        ctx: &Ctx,
        holders: &[Holder],
        until: Timestamp,
        basis: &Basis,
    ) -> Result<Vec<String>, Problem> {
        let (change, serials) = self.plan_issue(holders, until, basis, None).await?;
        if !serials.is_empty() {
            self.directory.journal().commit(ctx, change).await?;
        }
        Ok(serials)
    }

    /// The change that issues certificates, to be committed with what goes with it. Nothing leaves this crate before.
    pub(crate) async fn plan_issue(
        &self,
        holders: &[Holder],
        until: Timestamp,
        basis: &Basis,
        enrolment: Option<&str>,
    ) -> Result<(Change, Vec<String>), Problem> {
        let now = self.clock.now();
        let until = until.min(now.plus_seconds(5 * YEAR));
        let titles = self.titles(holders).await?;
        let mut subjects = Vec::with_capacity(holders.len());
        for holder in holders {
            subjects.push((holder.clone(), self.subject(holder, &titles).await?));
        }
        self.house().await?;
        if self.newest(ISSUING).await?.revoked.is_some() {
            return Err(Problem::refused("authority-revoked"));
        }
        let (keys, basis, enrolment) = (self.clone(), basis.clone(), enrolment.map(str::to_owned));
        // Making hundreds of keys takes a good part of a second.
        let make = move || keys.make(subjects, now, until, &basis, enrolment.as_deref());
        tokio::task::spawn_blocking(make).await.map_err(Problem::fault)?
    }

    fn make(
        &self,
        subjects: Vec<(Holder, (Profile, Subject))>,
        now: Timestamp,
        until: Timestamp,
        basis: &Basis,
        enrolment: Option<&str>,
    ) -> Result<(Change, Vec<String>), Problem> {
        let house = self.known_house().ok_or_else(|| Problem::refused("authority-missing"))?;
        let (mut change, mut serials) = (Change::new(), Vec::new());
        let from = now.plus_seconds(-60);
        for (holder, (profile, subject)) in subjects {
            let key = PrivateKey::generate(KeyKind::P256).map_err(Problem::fault)?;
            let certificate = house
                .issuing
                .issue(profile, &subject, key.public_key_info(), from, until, &*self.entropy)
                .map_err(Problem::fault)?;
            serials.push(certificate.serial_hex());
            change = self.issued(change, &holder, &certificate, Some(&key), basis, enrolment);
        }
        Ok((change, serials))
    }

    /// The act that issues a certificate; its key, when it is made here, is sealed beside it.
    pub(crate) fn issued(
        &self,
        change: Change,
        holder: &Holder,
        certificate: &Certificate,
        key: Option<&PrivateKey>,
        basis: &Basis,
        enrolment: Option<&str>,
    ) -> Change {
        let kept = key.map_or(Kept::Elsewhere, |key| Kept::Here(key.pkcs8()));
        self.issued_as(change, holder, certificate, kept, basis, enrolment)
    }

    /// The same, with the key wherever it is.
    pub(crate) fn issued_as(
        &self,
        change: Change,
        holder: &Holder,
        certificate: &Certificate,
        kept: Kept<'_>,
        basis: &Basis,
        enrolment: Option<&str>,
    ) -> Change {
        let serial = certificate.serial_hex();
        let token = if let Kept::OnToken(label) = kept { Some(label.to_owned()) } else { None };
        let issued = CertificateIssued {
            serial: serial.clone(),
            holder: holder.clone(),
            certificate: STANDARD.encode(certificate.der()),
            fingerprint: certificate.fingerprint(),
            from: certificate.not_before(),
            until: certificate.not_after(),
            basis: basis.clone(),
            enrolment: enrolment.map(str::to_owned),
            token,
        };
        let mut draft = ActDraft::new(acts::certificate_resource(&serial, holder), &issued);
        if let Kept::Here(pkcs8) = kept {
            let sealed = self.master.seal(&key_context(&serial), pkcs8, &*self.entropy);
            draft = draft.with_private(json!(SealedKey { sealed_key: sealed.as_str().to_owned() }));
        }
        let change = change.on(acts::certificate_stream(&serial), Expected::New).act(draft);
        renewal::followed(change, holder, &serial, certificate, self.clock.now())
    }

    /// A certificate by its serial number.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn certificate(&self, serial: &str) -> Result<Option<StoredCertificate>, Problem> {
        let sql = format!("SELECT {COLUMNS} WHERE serial = $1");
        self.directory.journal().reader().row(&sql, &[serial.into()]).await?.as_ref().map(stored).transpose()
    }

    /// The signer of a person, after the certificate was checked: validity, revocation, use, path (Circular
    /// 15/2025/TT-BKHCN).
    ///
    /// # Errors
    /// [`Problem::Refused`] `certificate-missing`, `certificate-expired`, `certificate-revoked`, …: the codes of
    /// [`pki::Unfit`]; storage.
    pub async fn signer_for(&self, person: &PersonId) -> Result<Arc<dyn Signer>, Problem> {
        self.signer(&Holder::Person(person.clone())).await
    }

    /// The signer of a body's seal, checked like a person's.
    ///
    /// # Errors
    /// As [`Keys::signer_for`].
    pub async fn body_signer(&self, body: &BodyId) -> Result<Arc<dyn Signer>, Problem> {
        self.signer(&Holder::Body(body.clone())).await
    }

    /// Whether a holder could sign now, without opening the key: for pages that say what is missing before it is needed.
    ///
    /// # Errors
    /// As [`Keys::signer_for`].
    pub async fn check(&self, holder: &Holder) -> Result<(), Problem> {
        self.fit(holder).await.map(drop)
    }

    async fn signer(&self, holder: &Holder) -> Result<Arc<dyn Signer>, Problem> {
        let (stored, chain) = self.fit(holder).await?;
        let sealed = stored.sealed_key.ok_or_else(|| Problem::refused("certificate-key-elsewhere"))?;
        let sealed = Sealed::from_text(sealed);
        let signer = SoftwareSigner::unseal(&self.master, &key_context(&stored.serial), &sealed, chain);
        Ok(Arc::new(signer.map_err(Problem::fault)?))
    }

    /// The holder's newest certificate that may sign now, with its chain.
    async fn fit(&self, holder: &Holder) -> Result<(StoredCertificate, Vec<Certificate>), Problem> {
        let now = self.clock.now();
        let house = self.house().await?;
        let all = self.of_holder(holder).await?;
        let best = all.iter().find(|c| c.is_valid(now)).or(all.first()).cloned();
        let Some(stored) = best else { return Err(Problem::refused("certificate-missing")) };
        if stored.awaits_holder() {
            return Err(Problem::refused("certificate-not-activated"));
        }
        if stored.on_hold() {
            return Err(Problem::refused("certificate-suspended"));
        }
        if !stored.own && stored.revoked.is_some() {
            return Err(Problem::refused("certificate-revoked"));
        }
        let mut chain = vec![stored.certificate.clone()];
        chain.extend(if stored.own { house.issuing.chain() } else { &stored.chain }.iter().cloned());
        let anchors = self.trust_anchors().await?;
        match check_before_signing(&chain, &anchors, &self.lists().await?, now) {
            Ok(()) => Ok((stored, chain)),
            Err(unfit) => {
                Err(Problem::refused(unfit.code()).arg("until", stored.certificate.not_after().day().short()))
            }
        }
    }

    /// The certificate with which a holder would sign now, checked as before signing; its key may be elsewhere.
    ///
    /// # Errors
    /// As [`Keys::signer_for`].
    pub async fn fitting(&self, holder: &Holder) -> Result<StoredCertificate, Problem> {
        Ok(self.fit(holder).await?.0)
    }

    /// A text that only this house can make and read, for one purpose: what somebody carries away and brings back. Safe in
    /// an address, a header and a form.
    pub fn seal_errand(&self, purpose: &'static str, errand: &impl serde::Serialize) -> Result<String, Problem> {
        let text = serde_json::to_vec(errand).map_err(Problem::fault)?;
        let sealed = self.master.seal(&errand_context(purpose), &text, &*self.entropy);
        Ok(sealed.as_str().replace('+', "-").replace('/', "_"))
    }

    /// Reads such a text back; none when it was made for another purpose, or not here.
    pub fn open_errand<T: serde::de::DeserializeOwned>(&self, purpose: &'static str, text: &str) -> Option<T> {
        let sealed = Sealed::from_text(text.replace('-', "+").replace('_', "/"));
        let opened = self.master.open(&errand_context(purpose), &sealed).ok()?;
        serde_json::from_slice(&opened).ok()
    }

    /// All certificates of a holder, the newest first.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn of_holder(&self, holder: &Holder) -> Result<Vec<StoredCertificate>, Problem> {
        let sql = format!("SELECT {COLUMNS} WHERE holder = $1 ORDER BY valid_from DESC, serial");
        let rows = self.directory.rows(&sql, &[holder.code().into()]).await?;
        rows.iter().map(stored).collect()
    }

    /// How many of the active people have a valid signing certificate now.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn coverage(&self) -> Result<Coverage, Problem> {
        let now = self.clock.now();
        let sql = "SELECT COUNT(*) AS people, CAST(COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM certificate c \
                   WHERE c.holder = 'person:' || p.id AND c.valid_from <= $1 AND c.valid_until > $1 \
                   AND (c.revoked IS NULL OR c.revoked > $1)) THEN 1 ELSE 0 END), 0) AS BIGINT) AS equipped \
                   FROM person p WHERE p.active = 1";
        let row = self.directory.journal().reader().row(sql, &[now.into()]).await?;
        let row = row.ok_or_else(|| Problem::fault("a count has no row"))?;
        Ok(Coverage { people: row.int("people")?, equipped: row.int("equipped")? })
    }

    /// The highest position of each person that is to get a certificate.
    async fn titles(&self, holders: &[Holder]) -> Result<BTreeMap<PersonId, AssignmentView>, Problem> {
        let mut titles = BTreeMap::new();
        let people: Vec<Value> =
            holders.iter().filter_map(|h| if let Holder::Person(id) = h { Some(id.into()) } else { None }).collect();
        for part in people.chunks(200) {
            let places: Vec<String> = (2..=part.len() + 1).map(|n| format!("${n}")).collect();
            let wanted = format!(
                "a.person IN ({}) AND a.from_day <= $1 AND (a.until_day IS NULL OR a.until_day > $1)",
                places.join(", ")
            );
            let mut values = vec![self.clock.now().day().into()];
            values.extend_from_slice(part);
            // The highest position comes first.
            for held in self.directory.assignments(&wanted, &values).await? {
                titles.entry(held.assignment.person.clone()).or_insert(held);
            }
        }
        Ok(titles)
    }

    async fn subject(
        &self,
        holder: &Holder,
        titles: &BTreeMap<PersonId, AssignmentView>,
    ) -> Result<(Profile, Subject), Problem> {
        match holder {
            Holder::Person(id) => {
                let name = match titles.get(id) {
                    Some(held) => held.person_name.clone(),
                    None => self.directory.known_person(id).await?.name,
                };
                let (title, body) = titles.get(id).map_or(("", ""), |h| (h.title.as_str(), h.body_name.as_str()));
                Ok((Profile::Person, Subject::person(cut(&name), cut(title), cut(body), id.as_str())))
            }
            Holder::Body(id) => {
                let body = self.directory.body(id).await?.ok_or_else(|| Problem::not_found("body", id))?;
                Ok((Profile::Body, Subject::body(cut(&body.name), id.as_str())))
            }
            Holder::Service(name) | Holder::Device(name) => Err(Problem::not_found("person or body", name)),
        }
    }
}

pub(crate) const COLUMNS: &str = "serial, holder, certificate, revoked, reason, sealed_key, own, chain, enrolment, delivered, \
                       activated, token, version FROM certificate";

pub(crate) fn stored(row: &Row) -> Result<StoredCertificate, Problem> {
    Ok(StoredCertificate {
        serial: row.text("serial")?.to_owned(),
        holder: row.text("holder")?.to_owned(),
        certificate: certificate_of(row.text("certificate")?)?,
        revoked: row.opt_time("revoked")?,
        reason: row.opt_text("reason")?.map(str::to_owned),
        own: row.truth("own")?,
        chain: row.opt_text("chain")?.unwrap_or_default().lines().map(certificate_of).collect::<Result<_, _>>()?,
        enrolment: row.opt_text("enrolment")?.map(str::to_owned),
        delivered: row.opt_time("delivered")?,
        activated: row.opt_time("activated")?,
        version: row.int("version")?,
        sealed_key: row.opt_text("sealed_key")?.map(str::to_owned),
        token: row.opt_text("token")?.map(str::to_owned),
    })
}

/// A certificate from its DER in base64.
pub(crate) fn certificate_of(text: &str) -> Result<Certificate, Problem> {
    let der = STANDARD.decode(text).map_err(Problem::fault)?;
    Certificate::parse(&der).map_err(Problem::fault)
}

pub(crate) fn service(name: &str) -> Holder {
    Holder::Service(name.to_owned())
}

pub(crate) fn read_holder(code: &str) -> Result<Holder, Problem> {
    let fault = || Problem::fault(format!("stored holder {code}"));
    match code.split_once(':').ok_or_else(fault)? {
        ("person", id) => Ok(Holder::Person(PersonId::new(id).map_err(Problem::fault)?)),
        ("body", id) => Ok(Holder::Body(BodyId::new(id).map_err(Problem::fault)?)),
        ("service", name) => Ok(service(name)),
        ("device", id) => Ok(Holder::Device(id.to_owned())),
        _ => Err(fault()),
    }
}

/// The context under which a key is sealed: a sealed key that is put beside another certificate does not open.
pub(crate) fn key_context(serial: &str) -> String {
    format!("signing key {serial}")
}

fn errand_context(purpose: &str) -> String {
    format!("errand:{purpose}")
}

pub(crate) fn cut(text: &str) -> &str {
    text.char_indices().nth(NAME_CHARS).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_to_what_a_certificate_can_hold() {
        assert_eq!(cut(&"ữ".repeat(70)).chars().count(), 64);
        assert_eq!(cut("Vụ Pháp luật"), "Vụ Pháp luật");
    }

    #[test]
    fn a_stored_holder_reads_back() {
        for code in ["person:person-1", "body:ubtvqh", "service:root", "device:device-1"] {
            assert_eq!(read_holder(code).unwrap().code(), code);
        }
        assert!(read_holder("nobody").is_err());
    }
}
