//! Certificates and signing keys: the internal authority, the certificates of people and bodies, and the signers that
//! services take from here.
//!
//! Every certificate is an act (`certificate.issued`) on its own stream, and so is its revocation. Private keys stand
//! sealed under the master key in the private part of the act; they leave this module only as signers. Legally the
//! internal authority serves internal use (Decree 23/2025 art. 9); officials' certificates for outside come from the
//! government's issuer.

use crate::{
    Directory, Holder,
    acts::{self, CertificateIssued, CertificateRevoked, SealedKey},
    model::{AssignmentView, Basis},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use journal::{Change, Expected, Row, Value};
use kernel::{ActDraft, BodyId, Clock, Ctx, Entropy, PersonId, Problem, Timestamp};
use pki::{
    Authority, Certificate, Crl, KeyKind, PrivateKey, Profile, Reason, Revocation, Subject, TrustAnchors,
    check_before_signing,
};
use serde_json::json;
use signing::{LocalTimeStamper, MasterKey, Sealed, Signer, SoftwareSigner, TimeStamper, Trust};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::OnceCell;

const YEAR: i64 = 365 * 86_400;
/// How long a list of revocations counts, in seconds.
const CRL_SECONDS: i64 = 7 * 86_400;
/// Longest text of a name in a certificate (RFC 5280, appendix A.1).
const NAME_CHARS: usize = 64;
/// Who runs the authority.
const OPERATOR: &str = "Văn phòng Quốc hội";

const ROOT: &str = "root";
const ISSUING: &str = "issuing";
const TIME_STAMPING: &str = "time-stamping";

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
    sealed_key: Option<String>,
}

impl StoredCertificate {
    /// Whether it may sign at an instant, as far as the directory knows.
    pub fn is_valid(&self, at: Timestamp) -> bool {
        self.certificate.is_valid_at(at) && self.revoked.is_none_or(|revoked| at < revoked)
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
    directory: Directory,
    master: Arc<MasterKey>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    authority: Arc<OnceCell<House>>,
}

/// What is read once: the authority never changes while the program runs.
struct House {
    root: Certificate,
    issuing: Authority,
    stamper: Arc<dyn TimeStamper>,
}

impl Keys {
    /// The keys over a directory; they are sealed under the master key.
    pub fn new(directory: Directory, master: Arc<MasterKey>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Keys {
        Keys { directory, master, clock, entropy, authority: Arc::default() }
    }

    /// Makes the internal authority: root, issuing authority and time stamping. Once for a database.
    ///
    /// # Errors
    /// [`Problem::Refused`] `authority-there-already`; [`Problem::Forbidden`]; storage.
    pub async fn establish_authority(&self, ctx: &Ctx, basis: &Basis) -> Result<(), Problem> {
        if !self.of_holder(&service(ROOT)).await?.is_empty() {
            return Err(Problem::refused("authority-there-already"));
        }
        let now = self.clock.now();
        let from = now.plus_seconds(-3600);
        let entropy = &*self.entropy;
        let generate = || PrivateKey::generate(KeyKind::P256).map_err(Problem::fault);
        let subject = |name| Subject::service(name, OPERATOR);
        let root = Authority::root(
            &subject("CA gốc nội bộ Diên Hồng"),
            generate()?,
            from,
            now.plus_seconds(20 * YEAR),
            entropy,
        )
        .map_err(Problem::fault)?;
        let name = subject("CA cấp chứng thư nội bộ Diên Hồng");
        let issuing =
            root.subordinate(&name, generate()?, from, now.plus_seconds(10 * YEAR), entropy).map_err(Problem::fault)?;
        let key = generate()?;
        let name = subject("Dịch vụ cấp dấu thời gian nội bộ");
        let until = now.plus_seconds(5 * YEAR);
        let stamping = issuing
            .issue(Profile::TimeStamping, &name, key.public_key_info(), from, until, entropy)
            .map_err(Problem::fault)?;
        let change = Change::new();
        let change = self.issued(change, &service(ROOT), root.certificate(), root.key(), basis);
        let change = self.issued(change, &service(ISSUING), issuing.certificate(), issuing.key(), basis);
        let change = self.issued(change, &service(TIME_STAMPING), &stamping, &key, basis);
        self.directory.journal().commit(ctx, change).await.map(drop)
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
        let now = self.clock.now();
        let until = until.min(now.plus_seconds(5 * YEAR));
        let titles = self.titles(holders).await?;
        let mut subjects = Vec::with_capacity(holders.len());
        for holder in holders {
            subjects.push((holder.clone(), self.subject(holder, &titles).await?));
        }
        self.house().await?;
        let (keys, basis) = (self.clone(), basis.clone());
        // Making hundreds of keys takes a good part of a second.
        let made = tokio::task::spawn_blocking(move || keys.make(subjects, now, until, &basis));
        let (change, serials) = made.await.map_err(Problem::fault)??;
        if !serials.is_empty() {
            self.directory.journal().commit(ctx, change).await?;
        }
        Ok(serials)
    }

    fn make(
        &self,
        subjects: Vec<(Holder, (Profile, Subject))>,
        now: Timestamp,
        until: Timestamp,
        basis: &Basis,
    ) -> Result<(Change, Vec<String>), Problem> {
        let house = self.authority.get().ok_or_else(|| Problem::refused("authority-missing"))?;
        let (mut change, mut serials) = (Change::new(), Vec::new());
        let from = now.plus_seconds(-60);
        for (holder, (profile, subject)) in subjects {
            let key = PrivateKey::generate(KeyKind::P256).map_err(Problem::fault)?;
            let certificate = house
                .issuing
                .issue(profile, &subject, key.public_key_info(), from, until, &*self.entropy)
                .map_err(Problem::fault)?;
            serials.push(certificate.serial_hex());
            change = self.issued(change, &holder, &certificate, &key, basis);
        }
        Ok((change, serials))
    }

    fn issued(
        &self,
        change: Change,
        holder: &Holder,
        certificate: &Certificate,
        key: &PrivateKey,
        basis: &Basis,
    ) -> Change {
        let serial = certificate.serial_hex();
        let sealed = self.master.seal(&key_context(&serial), key.pkcs8(), &*self.entropy);
        let issued = CertificateIssued {
            serial: serial.clone(),
            holder: holder.clone(),
            certificate: STANDARD.encode(certificate.der()),
            fingerprint: certificate.fingerprint(),
            from: certificate.not_before(),
            until: certificate.not_after(),
            basis: basis.clone(),
        };
        let draft = ActDraft::new(acts::certificate_resource(&serial, holder), &issued)
            .with_private(json!(SealedKey { sealed_key: sealed.as_str().to_owned() }));
        change.on(acts::certificate_stream(&serial), Expected::New).act(draft)
    }

    /// Revokes a certificate from now on: an administrator any, a person their own (policy).
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `certificate-revoked` when it was revoked before; storage.
    pub async fn revoke(&self, ctx: &Ctx, serial: &str, reason: Reason, basis: &Basis) -> Result<(), Problem> {
        let sql = format!("SELECT {COLUMNS} WHERE serial = $1");
        let row = self.directory.journal().reader().row(&sql, &[serial.into()]).await?;
        let found = row.as_ref().map(stored).transpose()?.ok_or_else(|| Problem::not_found("certificate", serial))?;
        if found.revoked.is_some() {
            return Err(Problem::refused("certificate-revoked"));
        }
        let holder = read_holder(&found.holder)?;
        let reason = serde_json::to_value(reason).map_err(Problem::fault)?;
        let revoked = CertificateRevoked {
            serial: serial.to_owned(),
            holder: holder.clone(),
            reason: reason.as_str().unwrap_or("unspecified").to_owned(),
            basis: basis.clone(),
        };
        let draft = ActDraft::new(acts::certificate_resource(serial, &holder), &revoked);
        let change = Change::new().on(acts::certificate_stream(serial), Expected::At(1)).act(draft);
        match self.directory.journal().commit(ctx, change).await {
            Err(Problem::Conflict { .. }) => Err(Problem::refused("certificate-revoked")),
            other => other.map(drop),
        }
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
        let mut chain = vec![stored.certificate.clone()];
        chain.extend(house.issuing.chain().iter().cloned());
        let anchors = TrustAnchors::new(vec![house.root.clone()]);
        let crl = self.crl().await?;
        match check_before_signing(&chain, &anchors, std::slice::from_ref(&crl), now) {
            Ok(()) => Ok((stored, chain)),
            Err(unfit) => {
                Err(Problem::refused(unfit.code()).arg("until", stored.certificate.not_after().day().short()))
            }
        }
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

    /// The list of revoked certificates, signed now. Its number is the time, so it grows with every list.
    ///
    /// # Errors
    /// [`Problem::Refused`] `authority-missing`; storage.
    pub async fn crl(&self) -> Result<Crl, Problem> {
        let house = self.house().await?;
        let now = self.clock.now();
        let sql = format!("SELECT {COLUMNS} WHERE revoked IS NOT NULL ORDER BY revoked, serial");
        let mut revoked = Vec::new();
        for row in self.directory.rows(&sql, &[]).await? {
            let stored = stored(&row)?;
            let reason = stored
                .reason
                .map_or(Reason::Unspecified, |code| serde_json::from_value(json!(code)).unwrap_or(Reason::Unspecified));
            let serial = stored.certificate.serial().to_vec();
            revoked.push(Revocation { serial, at: stored.revoked.unwrap_or(now), reason });
        }
        let number = u64::try_from(now.micros()).unwrap_or(0);
        house.issuing.crl(number, now, now.plus_seconds(CRL_SECONDS), &revoked).map_err(Problem::fault)
    }

    /// The root's list of authorities that it revoked, signed now.
    ///
    /// # Errors
    /// [`Problem::Refused`] `authority-missing`, `certificate-key-elsewhere` for a root that is kept offline; storage.
    pub async fn root_crl(&self) -> Result<Crl, Problem> {
        let stored = self.of_holder(&service(ROOT)).await?.into_iter().next();
        let stored = stored.ok_or_else(|| Problem::refused("authority-missing"))?;
        let root = Authority::new(self.unseal(&stored)?, vec![stored.certificate.clone()]).map_err(Problem::fault)?;
        let now = self.clock.now();
        let number = u64::try_from(now.micros()).unwrap_or(0);
        root.crl(number, now, now.plus_seconds(YEAR / 2), &[]).map_err(Problem::fault)
    }

    /// The service that stamps times.
    ///
    /// # Errors
    /// [`Problem::Refused`] `authority-missing`; storage.
    pub async fn time_stamper(&self) -> Result<Arc<dyn TimeStamper>, Problem> {
        Ok(self.house().await?.stamper.clone())
    }

    /// The roots that are trusted.
    ///
    /// # Errors
    /// As [`Keys::time_stamper`].
    pub async fn trust_anchors(&self) -> Result<TrustAnchors, Problem> {
        Ok(TrustAnchors::new(vec![self.house().await?.root.clone()]))
    }

    /// The root, for people who check with tools of their own.
    ///
    /// # Errors
    /// As [`Keys::time_stamper`].
    pub async fn root(&self) -> Result<Certificate, Problem> {
        Ok(self.house().await?.root.clone())
    }

    /// What signatures are validated against: roots, issuing authority, revocations as of now.
    ///
    /// # Errors
    /// As [`Keys::time_stamper`].
    pub async fn trust(&self) -> Result<Trust, Problem> {
        let house = self.house().await?;
        Ok(Trust {
            anchors: TrustAnchors::new(vec![house.root.clone()]),
            crls: vec![self.crl().await?],
            certificates: house.issuing.chain().to_vec(),
        })
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

    async fn house(&self) -> Result<&House, Problem> {
        self.authority.get_or_try_init(|| self.read_house()).await
    }

    async fn read_house(&self) -> Result<House, Problem> {
        let mut found = BTreeMap::new();
        for name in [ROOT, ISSUING, TIME_STAMPING] {
            let newest = self.of_holder(&service(name)).await?.into_iter().next();
            found.insert(name, newest.ok_or_else(|| Problem::refused("authority-missing"))?);
        }
        let (root, issuing, stamping) = (&found[ROOT], &found[ISSUING], &found[TIME_STAMPING]);
        let chain = vec![issuing.certificate.clone(), root.certificate.clone()];
        let issuing = Authority::new(self.unseal(issuing)?, chain).map_err(Problem::fault)?;
        let mut chain = vec![stamping.certificate.clone()];
        chain.extend(issuing.chain().iter().cloned());
        let signer = SoftwareSigner::new(self.unseal(stamping)?, chain).map_err(Problem::fault)?;
        let stamper = LocalTimeStamper::new(Arc::new(signer), self.clock.clone(), self.entropy.clone());
        Ok(House { root: root.certificate.clone(), issuing, stamper: Arc::new(stamper) })
    }

    fn unseal(&self, stored: &StoredCertificate) -> Result<PrivateKey, Problem> {
        let sealed = stored.sealed_key.as_deref().ok_or_else(|| Problem::refused("certificate-key-elsewhere"))?;
        let sealed = Sealed::from_text(sealed);
        let pkcs8 = self.master.open(&key_context(&stored.serial), &sealed).map_err(Problem::fault)?;
        PrivateKey::from_pkcs8(&pkcs8).map_err(Problem::fault)
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
            Holder::Service(name) => Err(Problem::not_found("person or body", name)),
        }
    }
}

const COLUMNS: &str = "serial, holder, certificate, revoked, reason, sealed_key FROM certificate";

fn stored(row: &Row) -> Result<StoredCertificate, Problem> {
    let der = STANDARD.decode(row.text("certificate")?).map_err(Problem::fault)?;
    Ok(StoredCertificate {
        serial: row.text("serial")?.to_owned(),
        holder: row.text("holder")?.to_owned(),
        certificate: Certificate::parse(&der).map_err(Problem::fault)?,
        revoked: row.opt_time("revoked")?,
        reason: row.opt_text("reason")?.map(str::to_owned),
        sealed_key: row.opt_text("sealed_key")?.map(str::to_owned),
    })
}

fn service(name: &str) -> Holder {
    Holder::Service(name.to_owned())
}

fn read_holder(code: &str) -> Result<Holder, Problem> {
    let fault = || Problem::fault(format!("stored holder {code}"));
    match code.split_once(':').ok_or_else(fault)? {
        ("person", id) => Ok(Holder::Person(PersonId::new(id).map_err(Problem::fault)?)),
        ("body", id) => Ok(Holder::Body(BodyId::new(id).map_err(Problem::fault)?)),
        ("service", name) => Ok(service(name)),
        _ => Err(fault()),
    }
}

/// The context under which a key is sealed: a sealed key that is put beside another certificate does not open.
fn key_context(serial: &str) -> String {
    format!("signing key {serial}")
}

fn cut(text: &str) -> &str {
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
        for code in ["person:person-1", "body:ubtvqh", "service:root"] {
            assert_eq!(read_holder(code).unwrap().code(), code);
        }
        assert!(read_holder("nobody").is_err());
    }
}
