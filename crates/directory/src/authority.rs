//! The internal authority: made once, read once, and what it publishes: certificates of its own, revocation lists in
//! full, as changes and in parts, time stamps.

use crate::{
    Keys,
    acts::{self, TimeStampGranted},
    keys::{Kept, StoredCertificate, key_context, service},
    model::Basis,
    service_keys::ServiceKey,
};
use journal::{Change, Expected, Row};
use kernel::{ActDraft, Ctx, Problem, Timestamp, id::RequestId};
use pki::{
    Authority, Certificate, Crl, CrlPlan, KeyKind, PrivateKey, Profile, Reason, Revocation, Subject, TrustAnchors,
    time_stamp::{self, Rejection, TimeStampToken},
};
use serde_json::json;
use signing::{LocalTimeStamper, Sealed, TimeStamper, Trust};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

pub(crate) const YEAR: i64 = 365 * 86_400;
/// How long a list of revocations counts, in seconds.
const CRL_SECONDS: i64 = 7 * 86_400;
/// How long a list of the root counts, in seconds: the root signs seldom.
const ROOT_CRL_SECONDS: i64 = 180 * 86_400;
/// How long a list of changes counts, in seconds.
const DELTA_SECONDS: i64 = 86_400;
/// Certificates of the issuing authority: the root's own, and those that the root gave, are the root's matter.
pub(crate) const NOT_THE_ROOTS: &str = "holder <> 'service:root' AND holder <> 'service:issuing'";
/// Who runs the authority.
pub(crate) const OPERATOR: &str = "Văn phòng Quốc hội";

pub(crate) const ROOT: &str = "root";
pub(crate) const ISSUING: &str = "issuing";
pub(crate) const TIME_STAMPING: &str = "time-stamping";
/// What was read is read again after so many seconds: another server, or a command, may have renewed it.
const READ_SECONDS: i64 = 600;

/// Where the authority's services are reached, and what they promise.
#[derive(Debug, Clone, Default)]
pub struct Services {
    /// The address of `/pki` as others reach it, without a slash at the end: written into certificates. Plain `http:` as
    /// RFC 5280 (8) advises: a certificate must not be needed to check a certificate. `None`: nothing is written.
    pub address: Option<String>,
    /// In how many parts the revocation list is published; 0 and 1: in one.
    pub crl_parts: u8,
    /// The accuracy of the clock that the office vouches for, in seconds. `None`: time stamps claim none.
    pub accuracy_seconds: Option<u64>,
}

/// The authority with its keys open.
pub(crate) struct House {
    pub(crate) root: Certificate,
    pub(crate) issuing: Authority,
    pub(crate) stamper: Arc<LocalTimeStamper>,
    read: Timestamp,
}

/// The authority as it was read last.
#[derive(Default)]
pub(crate) struct KnownHouse(RwLock<Option<Arc<House>>>);

/// Which revocation list of the issuing authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CrlKind {
    /// All revoked certificates.
    Full,
    /// What changed in the time for which a full list counts.
    Delta,
    /// One part of so many, from 0.
    Part(u8, u8),
}

impl Keys {
    /// With the addresses of the services; before anything else is asked of these keys.
    #[must_use]
    pub fn with_services(mut self, services: Services) -> Keys {
        self.services = Arc::new(services);
        self.authority = Arc::default();
        self
    }

    /// What the services promise.
    pub fn services(&self) -> &Services {
        &self.services
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
        let subject = |name| Subject::service(name, OPERATOR);
        let root_key = Arc::new(PrivateKey::generate(KeyKind::P256).map_err(Problem::fault)?);
        let issuing_key = self.new_service_key(ISSUING)?;
        let name = subject("CA gốc nội bộ Diên Hồng");
        let root = Authority::root(&name, Arc::clone(&root_key), from, now.plus_seconds(20 * YEAR), entropy);
        let root = self.services.addressed(root.map_err(Problem::fault)?, ROOT);
        let name = subject("CA cấp chứng thư nội bộ Diên Hồng");
        let until = now.plus_seconds(10 * YEAR);
        let issuing = root.subordinate(&name, issuing_key.key(), from, until, entropy);
        let issuing = self.services.addressed(issuing.map_err(Problem::fault)?, ISSUING);
        let (stamping, stamping_key) = self.stamping_under(&issuing)?;
        let mut change = Change::new();
        for (name, certificate, kept) in [
            (ROOT, root.certificate(), Kept::Here(root_key.pkcs8())),
            (ISSUING, issuing.certificate(), issuing_key.kept()),
            (TIME_STAMPING, &stamping, stamping_key.kept()),
        ] {
            change = self.issued_as(change, &service(name), certificate, kept, basis, None);
        }
        self.directory.journal().commit(ctx, change).await.map(drop)
    }

    /// A certificate for time stamps under an issuing authority, with its key.
    pub(crate) fn stamping_under(&self, issuing: &Authority) -> Result<(Certificate, ServiceKey), Problem> {
        let (key, now) = (self.new_service_key(TIME_STAMPING)?, self.clock.now());
        let name = Subject::service("Dịch vụ cấp dấu thời gian nội bộ", OPERATOR);
        let (from, until) = (now.plus_seconds(-3600), now.plus_seconds(5 * YEAR));
        let (info, entropy) = (key.key(), &*self.entropy);
        let made = issuing.issue(Profile::TimeStamping, &name, info.public_key_info(), from, until, entropy);
        Ok((made.map_err(Problem::fault)?, key))
    }

    /// The list of revoked certificates, signed now.
    ///
    /// # Errors
    /// [`Problem::Refused`] `authority-missing`; storage.
    pub async fn crl(&self) -> Result<Crl, Problem> {
        self.crl_of(CrlKind::Full).await
    }

    /// A revocation list, signed now. Its number is the time, so it grows with every list, and a list of changes builds on
    /// every full list that still counts. It costs time by what it lists, not by how many certificates there are.
    ///
    /// # Errors
    /// [`Problem::Refused`] `authority-missing`; [`Problem::NotFound`] for a part that does not exist; storage.
    pub async fn crl_of(&self, kind: CrlKind) -> Result<Crl, Problem> {
        let house = self.house().await?;
        // Lists state whole seconds; the number says the same.
        let now = Timestamp::from_micros(self.clock.now().micros().div_euclid(1_000_000) * 1_000_000);
        let base = now.plus_seconds(-CRL_SECONDS);
        let (wanted, values) = match kind {
            CrlKind::Delta => ("status_at >= $1", vec![base.into()]),
            _ => ("revoked IS NOT NULL", vec![]),
        };
        let sql = format!(
            "SELECT serial, revoked, reason, status_at FROM certificate WHERE own = 1 AND {wanted} AND {NOT_THE_ROOTS} \
             ORDER BY serial"
        );
        let mut revoked = Vec::new();
        for row in self.directory.rows(&sql, &values).await? {
            revoked.push(revocation(&row)?);
        }
        let points = &self.services;
        let point = match kind {
            CrlKind::Part(part, of) if part >= of => return Err(Problem::not_found("crl", part)),
            CrlKind::Part(part, of) => {
                revoked.retain(|entry: &Revocation| Authority::part_of(&entry.serial, of) == part);
                points.crl_of_part(of).map(|url| url.replace("{part}", &part.to_string()))
            }
            CrlKind::Full | CrlKind::Delta => None,
        };
        let number = |at: Timestamp| u64::try_from(at.seconds()).unwrap_or(0);
        let delta = kind == CrlKind::Delta;
        let freshest = (kind == CrlKind::Full).then(|| points.place("delta.crl")).flatten();
        let plan = CrlPlan {
            number: number(now),
            this_update: now,
            next_update: now.plus_seconds(if delta { DELTA_SECONDS } else { CRL_SECONDS }),
            revoked: &revoked,
            base: delta.then(|| number(base)),
            point: point.as_deref(),
            freshest: freshest.as_deref(),
        };
        house.issuing.crl_of(&plan).map_err(Problem::fault)
    }

    /// The root's list of authorities that it revoked: signed now, or, of a root that is kept apart, the newest that came
    /// from it.
    ///
    /// # Errors
    /// [`Problem::Refused`] `authority-missing`; storage.
    pub async fn root_crl(&self) -> Result<Crl, Problem> {
        let stored = self.newest(ROOT).await?;
        if !stored.has_key() {
            return self.root_list().await?.ok_or_else(|| Problem::refused("authority-list-missing"));
        }
        let root = Authority::new(self.unseal(&stored)?, vec![stored.certificate.clone()]).map_err(Problem::fault)?;
        let now = self.clock.now();
        let number = u64::try_from(now.seconds()).unwrap_or(0);
        let revoked = match self.newest(ISSUING).await? {
            issuing if issuing.revoked.is_some() => vec![Revocation {
                serial: issuing.certificate.serial().to_vec(),
                at: issuing.revoked.unwrap_or(now),
                reason: Reason::AuthorityCompromise,
            }],
            _ => Vec::new(),
        };
        root.crl(number, now, now.plus_seconds(ROOT_CRL_SECONDS), &revoked).map_err(Problem::fault)
    }

    /// The service that stamps times.
    ///
    /// # Errors
    /// [`Problem::Refused`] `authority-missing`; storage.
    pub async fn time_stamper(&self) -> Result<Arc<dyn TimeStamper>, Problem> {
        Ok(self.house().await?.stamper.clone())
    }

    /// Answers a TimeStampReq (RFC 3161). A token leaves the house only when its act stands in the journal.
    ///
    /// # Errors
    /// As [`Keys::time_stamper`].
    pub async fn stamp(&self, request: &[u8]) -> Result<Vec<u8>, Problem> {
        let stamper = Arc::clone(&self.house().await?.stamper);
        let answer = stamper.answer(request);
        let Ok(token) = time_stamp::read_answer(&answer) else { return Ok(answer) };
        let info = TimeStampToken::parse(&token).map_err(Problem::fault)?.info;
        let granted = TimeStampGranted {
            serial: hex::encode(&info.serial),
            by: stamper.certificate().map(Certificate::serial_hex).unwrap_or_default(),
            algorithm: info.hash.oid().to_string(),
            imprint: hex::encode(&info.imprint),
            time: info.at,
        };
        let resource = acts::certificate_resource(&granted.by, &service(TIME_STAMPING));
        let stream = acts::time_stamp_stream(info.at);
        let change = Change::new().on(stream, Expected::Any).act(ActDraft::new(resource, &granted));
        match self.directory.journal().commit(&self.program()?, change).await {
            Ok(receipt) => {
                // The journal's time never runs backwards: a clock that does tells the wrong time.
                let told = receipt.acts.first().map_or(info.at, |act| act.at);
                let late = told.micros().abs_diff(info.at.micros()) > 10_000_000;
                Ok(if late { time_stamp::rejected(Rejection::TimeNotAvailable) } else { answer })
            }
            Err(Problem::Unavailable { .. }) => Ok(time_stamp::rejected(Rejection::TimeNotAvailable)),
            Err(problem) => Err(problem),
        }
    }

    /// The roots that are trusted: the house's own, and those of others that two persons confirmed.
    ///
    /// # Errors
    /// As [`Keys::time_stamper`].
    pub async fn trust_anchors(&self) -> Result<TrustAnchors, Problem> {
        let mut roots = vec![self.house().await?.root.clone()];
        roots.extend(self.trusted_roots().await?);
        Ok(TrustAnchors::new(roots))
    }

    /// The root, for people who check with tools of their own.
    ///
    /// # Errors
    /// As [`Keys::time_stamper`].
    pub async fn root(&self) -> Result<Certificate, Problem> {
        Ok(self.house().await?.root.clone())
    }

    /// The issuing authority's certificate.
    ///
    /// # Errors
    /// As [`Keys::time_stamper`].
    pub async fn issuer(&self) -> Result<Certificate, Problem> {
        Ok(self.house().await?.issuing.certificate().clone())
    }

    /// The lists that say what is revoked as of now: of the issuing authority, and of a root that is kept apart.
    pub(crate) async fn lists(&self) -> Result<Vec<Crl>, Problem> {
        let now = self.clock.now();
        // An old list still knows what was revoked, and nothing else.
        let counts = |list: &Crl| !list.is_empty() || list.next_update().is_some_and(|until| until > now);
        let root = self.root_list().await?.filter(counts);
        Ok(std::iter::once(self.crl().await?).chain(root).collect())
    }

    /// What signatures are validated against: roots, issuing authority, revocations as of now.
    ///
    /// # Errors
    /// As [`Keys::time_stamper`].
    pub async fn trust(&self) -> Result<Trust, Problem> {
        Ok(Trust {
            anchors: self.trust_anchors().await?,
            crls: self.lists().await?,
            certificates: self.house().await?.issuing.chain().to_vec(),
        })
    }

    /// The program itself, by its duty of keeping certificates.
    pub(crate) fn program(&self) -> Result<Ctx, Problem> {
        let request = RequestId::mint(&*self.clock, &*self.entropy);
        Ok(Ctx::system("certificates", self.clock.now(), request))
    }

    pub(crate) async fn house(&self) -> Result<Arc<House>, Problem> {
        let now = self.clock.now();
        let known = self.known_house();
        if let Some(house) = known.as_ref().filter(|h| (0..READ_SECONDS).contains(&(now.seconds() - h.read.seconds())))
        {
            return Ok(Arc::clone(house));
        }
        match (self.read_house().await, known) {
            (Ok(house), _) => {
                let house = Arc::new(house);
                *self.authority.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&house));
                Ok(house)
            }
            // A token that is away now does not take away what is open already.
            (Err(Problem::Unavailable { what, why }), Some(known)) => {
                tracing::warn!(what, why, "the authority could not be read again");
                Ok(known)
            }
            (Err(problem), _) => Err(problem),
        }
    }

    pub(crate) fn known_house(&self) -> Option<Arc<House>> {
        self.authority.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A certificate of the authority itself has changed.
    pub(crate) fn forget_house(&self) {
        *self.authority.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) async fn newest(&self, name: &str) -> Result<StoredCertificate, Problem> {
        let newest = self.of_holder(&service(name)).await?.into_iter().next();
        newest.ok_or_else(|| Problem::refused("authority-missing"))
    }

    async fn read_house(&self) -> Result<House, Problem> {
        let mut found = BTreeMap::new();
        for name in [ROOT, ISSUING, TIME_STAMPING] {
            found.insert(name, self.newest(name).await?);
        }
        let (root, issuing, stamping) = (&found[ROOT], &found[ISSUING], &found[TIME_STAMPING]);
        let chain = vec![issuing.certificate.clone(), root.certificate.clone()];
        let issuing = Authority::new(self.service_key(issuing)?.key(), chain).map_err(Problem::fault)?;
        let issuing = self.services.addressed(issuing, ISSUING);
        let mut chain = vec![stamping.certificate.clone()];
        chain.extend(issuing.chain().iter().cloned());
        let signer = self.service_key(stamping)?.signer(chain)?;
        let stamper = LocalTimeStamper::new(signer, self.clock.clone(), self.entropy.clone())
            .with_accuracy(self.services.accuracy_seconds);
        Ok(House { root: root.certificate.clone(), issuing, stamper: Arc::new(stamper), read: self.clock.now() })
    }

    /// A new certificate of a service, with a key that is sealed here, issued by the program.
    pub(crate) async fn issue_service(
        &self,
        name: &str,
        profile: Profile,
        words: &str,
    ) -> Result<(Certificate, ServiceKey), Problem> {
        let house = self.house().await?;
        let now = self.clock.now();
        let key = self.new_service_key(name)?;
        let (subject, from) = (Subject::service(words, OPERATOR), now.plus_seconds(-3600));
        let (info, until) = (key.key(), now.plus_seconds(5 * YEAR));
        let info = info.public_key_info();
        let certificate = house.issuing.issue(profile, &subject, info, from, until, &*self.entropy);
        let certificate = certificate.map_err(Problem::fault)?;
        let basis = Basis::cited("Dịch vụ của cơ quan chứng thực nội bộ");
        let change = self.issued_as(Change::new(), &service(name), &certificate, key.kept(), &basis, None);
        self.directory.journal().commit(&self.program()?, change).await?;
        Ok((certificate, key))
    }

    /// The private key of a certificate, when it is kept here.
    pub(crate) fn unseal(&self, stored: &StoredCertificate) -> Result<PrivateKey, Problem> {
        let sealed = stored.sealed().ok_or_else(|| Problem::refused("certificate-key-elsewhere"))?;
        let sealed = Sealed::from_text(sealed);
        let pkcs8 = self.master.open(&key_context(&stored.serial), &sealed).map_err(Problem::fault)?;
        PrivateKey::from_pkcs8(&pkcs8).map_err(Problem::fault)
    }
}

impl Services {
    /// The address of something that is published.
    pub fn place(&self, name: &str) -> Option<String> {
        self.address.as_ref().map(|address| format!("{address}/{name}"))
    }
    fn crl_of_part(&self, of: u8) -> Option<String> {
        self.place(&format!("crl/{of}-{{part}}.crl"))
    }
    /// An authority that writes these addresses into what it issues.
    pub(crate) fn addressed(&self, authority: Authority, name: &str) -> Authority {
        let mut authority = authority;
        if let Some(url) = self.place(&format!("{name}.cer")) {
            authority = authority.with_issuer_url(url);
        }
        let parts = if name == ISSUING { self.crl_parts } else { 0 };
        let list = if parts > 1 { self.crl_of_part(parts) } else { self.place(&format!("{name}.crl")) };
        if let Some(url) = list {
            authority = authority.with_crl_url(url).with_crl_parts(parts);
        }
        if let Some(url) = self.place("ocsp").filter(|_| name == ISSUING) {
            authority = authority.with_ocsp_url(url);
        }
        authority
    }
}

fn revocation(row: &Row) -> Result<Revocation, Problem> {
    let serial = hex::decode(row.text("serial")?).map_err(Problem::fault)?;
    Ok(match row.opt_time("revoked")? {
        Some(at) => Revocation { serial, at, reason: reason_of(row.opt_text("reason")?) },
        // Taken off hold: only a list of changes has it.
        None => Revocation { serial, at: row.time("status_at")?, reason: Reason::RemoveFromCrl },
    })
}

/// A stored reason.
pub(crate) fn reason_of(code: Option<&str>) -> Reason {
    code.and_then(|code| serde_json::from_value(json!(code)).ok()).unwrap_or(Reason::Unspecified)
}
