//! A root that is kept apart from the database: what the house asks of it, and what comes back. And the renewal of the
//! authority's own certificates, whichever way the root is kept.

use crate::{
    Keys,
    acts::{self, AuthorityRequested, CertificateRevoked, RootListEntered, SealedKey},
    authority::{ISSUING, OPERATOR, ROOT, TIME_STAMPING, YEAR},
    keys::{Kept, StoredCertificate, key_context, service},
    model::Basis,
    service_keys::ServiceKey,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use journal::{Change, Expected};
use kernel::{ActDraft, Ctx, Digest, Problem, Timestamp};
use pki::{Authority, Certificate, Crl, PrivateKey, Profile, Subject, request::CertificationRequest};
use serde_json::json;
use signing::{Sealed, ceremony};
use std::sync::Arc;

/// What the issuing authority is called.
const ISSUING_NAME: &str = "CA cấp chứng thư nội bộ Diên Hồng";
/// The issuing authority is to be renewed when so much is left: a certificate of five years must still fit under it.
pub const RENEW_ISSUING_SECONDS: i64 = 6 * YEAR;
/// The time stamps' certificate is renewed when so much is left.
pub const RENEW_STAMPING_SECONDS: i64 = YEAR;

/// What came from the ceremony.
#[derive(Debug, Clone, Default)]
pub struct Handed {
    /// The root, and the certificate of the issuing authority.
    pub certificates: Vec<Certificate>,
    /// The root's list.
    pub lists: Vec<Crl>,
    /// The root's fingerprint, typed from the protocol: needed the first time.
    pub fingerprint: String,
}

/// How the authority stands.
#[derive(Debug, Clone)]
pub struct AuthorityState {
    /// The root.
    pub root: Certificate,
    /// Whether the root's key is kept apart from the database.
    pub apart: bool,
    /// The issuing authority's certificate.
    pub issuing: Certificate,
    /// Since when the root has revoked it.
    pub revoked: Option<Timestamp>,
    /// The time stamps' certificate.
    pub stamping: Certificate,
    /// Whether the issuing authority's key is on a token.
    pub on_token: bool,
    /// Until when the list of a root that is kept apart counts.
    pub list_until: Option<Timestamp>,
}

struct Pending {
    request: CertificationRequest,
    key: ServiceKey,
}

impl Keys {
    /// The request of the issuing authority for its certificate: by a new key the first time, the same request until it is
    /// answered, and by the key in use when there is one, for renewal.
    ///
    /// # Errors
    /// [`Problem::Refused`] `authority-root-here` when the root lies in this database; [`Problem::Forbidden`]; storage.
    pub async fn request_authority(&self, ctx: &Ctx) -> Result<CertificationRequest, Problem> {
        if self.first_of(ROOT).await?.is_some_and(|root| root.has_key()) {
            return Err(Problem::refused("authority-root-here"));
        }
        if let Some(issuing) = self.first_of(ISSUING).await? {
            let key = self.service_key(&issuing)?;
            return CertificationRequest::make(issuing.certificate.subject(), &*key.key()).map_err(Problem::fault);
        }
        if let Some(pending) = self.pending(None).await? {
            return Ok(pending.request);
        }
        let key = self.new_service_key(ISSUING)?;
        let name = Subject::service(ISSUING_NAME, OPERATOR).name().map_err(Problem::fault)?;
        let request = CertificationRequest::make(&name, &*key.key()).map_err(Problem::fault)?;
        let id = ceremony::key_fingerprint(&request.public_key_info);
        let token = match key.kept() {
            Kept::OnToken(label) => Some(label.to_owned()),
            Kept::Here(_) | Kept::Elsewhere => None,
        };
        let asked = AuthorityRequested { key: id, request: STANDARD.encode(request.der()), token };
        let mut draft = ActDraft::new(acts::authority_resource(), &asked);
        if let ServiceKey::Sealed(key) = &key {
            let sealed = self.master.seal(&key_context(&id.to_string()), key.pkcs8(), &*self.entropy);
            draft = draft.with_private(json!(SealedKey { sealed_key: sealed.as_str().to_owned() }));
        }
        let change = Change::new().on(acts::authority_stream(&id), Expected::New).act(draft);
        self.directory.journal().commit(ctx, change).await?;
        Ok(request)
    }

    /// Enters what came from the ceremony: root, issuing certificate and list the first time, later whichever is new.
    /// Says what was entered, in codes. A running program knows of new certificates after it is started again.
    ///
    /// # Errors
    /// [`Problem::Refused`] says what does not fit; nothing is recorded then. [`Problem::Forbidden`]; storage.
    pub async fn import_authority(
        &self,
        ctx: &Ctx,
        handed: &Handed,
        basis: &Basis,
    ) -> Result<Vec<&'static str>, Problem> {
        let now = self.clock.now();
        let known = self.first_of(ROOT).await?;
        let root = root_of(handed, known.as_ref())?;
        let (mut change, mut entered) = (Change::new(), Vec::new());
        if known.is_none() {
            change = self.issued_as(change, &service(ROOT), &root, Kept::Elsewhere, basis, None);
            entered.push("root");
        }
        let list = self.newer_list(handed, &root, now).await?;
        if known.is_none() && list.is_none() {
            return Err(Problem::refused("authority-list-missing"));
        }
        let current = self.first_of(ISSUING).await?;
        for certificate in handed.certificates.iter().filter(|c| **c != root) {
            if self.certificate(&certificate.serial_hex()).await?.is_some() {
                continue;
            }
            let key = self.key_for(certificate, current.as_ref()).await?;
            fits(certificate, &root, list.as_ref(), now)?;
            change = self.issued_as(change, &service(ISSUING), certificate, key.kept(), basis, None);
            entered.push("issuing");
            if current.is_none() {
                change = self.first_stamping(change, certificate, &root, &key, basis)?;
                entered.push("time-stamping");
            }
        }
        if known.is_none() && !entered.contains(&"issuing") {
            return Err(Problem::refused("authority-issuing-missing"));
        }
        if let Some(list) = &list {
            change = self.enter_list(change, list, basis).await?;
            entered.push("list");
        }
        if entered.is_empty() {
            return Err(Problem::refused("authority-nothing-new"));
        }
        self.directory.journal().commit(ctx, change).await?;
        self.told.forget();
        Ok(entered)
    }

    /// Renews what the house can renew by itself: the time stamps' certificate in its last year, and the issuing
    /// authority's, by the same key, where the root lies in this database and less than six years are left.
    ///
    /// # Errors
    /// [`Problem::Refused`] `authority-missing`; [`Problem::Forbidden`]; storage.
    pub async fn renew_authority(&self, ctx: &Ctx, basis: &Basis) -> Result<Vec<&'static str>, Problem> {
        let now = self.clock.now();
        let mut renewed = Vec::new();
        let (root, issuing) = (self.newest(ROOT).await?, self.newest(ISSUING).await?);
        if root.has_key() && issuing.certificate.not_after() < now.plus_seconds(RENEW_ISSUING_SECONDS) {
            let key = self.service_key(&issuing)?;
            let chain = vec![root.certificate.clone()];
            let root = Authority::new(self.unseal(&root)?, chain).map_err(Problem::fault)?;
            let root = self.services.addressed(root, ROOT);
            let (name, info) = (issuing.certificate.subject(), issuing.certificate.public_key_info());
            let certificate = root.certify(name, info, now, now.plus_seconds(10 * YEAR), &*self.entropy);
            let certificate = certificate.map_err(Problem::fault)?;
            let change = self.issued_as(Change::new(), &service(ISSUING), &certificate, key.kept(), basis, None);
            self.directory.journal().commit(ctx, change).await?;
            self.forget_house();
            renewed.push("issuing");
        }
        if self.newest(TIME_STAMPING).await?.certificate.not_after() < now.plus_seconds(RENEW_STAMPING_SECONDS) {
            self.issue_service(TIME_STAMPING, Profile::TimeStamping, "Dịch vụ cấp dấu thời gian nội bộ").await?;
            self.forget_house();
            renewed.push("time-stamping");
        }
        Ok(renewed)
    }

    /// How the authority stands; none when there is none yet.
    ///
    /// # Errors
    /// Storage.
    pub async fn authority_state(&self) -> Result<Option<AuthorityState>, Problem> {
        let (root, issuing) = (self.first_of(ROOT).await?, self.first_of(ISSUING).await?);
        let (Some(root), Some(issuing), Some(stamping)) = (root, issuing, self.first_of(TIME_STAMPING).await?) else {
            return Ok(None);
        };
        Ok(Some(AuthorityState {
            apart: !root.has_key(),
            root: root.certificate,
            on_token: issuing.token_label().is_some(),
            revoked: issuing.revoked,
            issuing: issuing.certificate,
            stamping: stamping.certificate,
            list_until: self.root_list().await?.and_then(|list| list.next_update()),
        }))
    }

    /// Signs a probe by the issuing authority's key, wherever it is.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] for a token that does not answer, [`Problem::Refused`] `authority-token-missing`; storage.
    pub async fn try_issuing_key(&self) -> Result<(), Problem> {
        let key = self.service_key(&self.newest(ISSUING).await?)?;
        key.key().sign(b"probe").map(drop).map_err(|e| Problem::Unavailable { what: "key", why: e.to_string() })
    }

    /// The newest list of a root that is kept apart.
    pub(crate) async fn root_list(&self) -> Result<Option<Crl>, Problem> {
        let sql = "SELECT list FROM authority_list ORDER BY place DESC LIMIT 1";
        let Some(row) = self.directory.journal().reader().row(sql, &[]).await? else { return Ok(None) };
        let der = STANDARD.decode(row.text("list")?).map_err(Problem::fault)?;
        Crl::parse(&der).map(Some).map_err(Problem::fault)
    }

    async fn first_of(&self, name: &str) -> Result<Option<StoredCertificate>, Problem> {
        Ok(self.of_holder(&service(name)).await?.into_iter().next())
    }

    /// The request that waits for its certificate: that of a key, or any.
    async fn pending(&self, key: Option<&Digest>) -> Result<Option<Pending>, Problem> {
        let sql =
            "SELECT key, request, token, sealed_key FROM authority_request WHERE key = $1 OR $1 = '' ORDER BY at DESC";
        let wanted = key.map_or_else(String::new, Digest::to_string);
        let Some(row) = self.directory.journal().reader().row(sql, &[wanted.into()]).await? else { return Ok(None) };
        let der = STANDARD.decode(row.text("request")?).map_err(Problem::fault)?;
        let request = CertificationRequest::parse(&der).map_err(Problem::fault)?;
        let key = match (row.opt_text("token")?, row.opt_text("sealed_key")?) {
            (Some(label), _) => self.key_on_token(label, &request.public_key_info)?,
            (None, Some(sealed)) => {
                let context = key_context(row.text("key")?);
                let pkcs8 = self.master.open(&context, &Sealed::from_text(sealed)).map_err(Problem::fault)?;
                ServiceKey::Sealed(Arc::new(PrivateKey::from_pkcs8(&pkcs8).map_err(Problem::fault)?))
            }
            (None, None) => return Err(Problem::refused("certificate-key-elsewhere")),
        };
        Ok(Some(Pending { request, key }))
    }

    /// The key of a certificate that came back: the one in use, or that of a request.
    async fn key_for(
        &self,
        certificate: &Certificate,
        current: Option<&StoredCertificate>,
    ) -> Result<ServiceKey, Problem> {
        if let Some(current) = current {
            if current.certificate.public_key_info() != certificate.public_key_info() {
                return Err(Problem::refused("authority-other-key"));
            }
            return self.service_key(current);
        }
        let id = ceremony::key_fingerprint(certificate.public_key_info());
        let pending = self.pending(Some(&id)).await?.ok_or_else(|| Problem::refused("authority-other-key"))?;
        Ok(pending.key)
    }

    fn first_stamping(
        &self,
        change: Change,
        issuing: &Certificate,
        root: &Certificate,
        key: &ServiceKey,
        basis: &Basis,
    ) -> Result<Change, Problem> {
        let chain = vec![issuing.clone(), root.clone()];
        let authority = Authority::new(key.key(), chain).map_err(Problem::fault)?;
        let authority = self.services.addressed(authority, ISSUING);
        let (certificate, key) = self.stamping_under(&authority)?;
        Ok(self.issued_as(change, &service(TIME_STAMPING), &certificate, key.kept(), basis, None))
    }

    /// The list that was handed over, when it is newer than the one that is known.
    async fn newer_list(&self, handed: &Handed, root: &Certificate, now: Timestamp) -> Result<Option<Crl>, Problem> {
        let [list] = handed.lists.as_slice() else {
            return if handed.lists.is_empty() { Ok(None) } else { Err(Problem::refused("authority-two-lists")) };
        };
        let right = list.issuer() == root.subject() && list.verify_with(root.public_key()).is_right();
        if !right || list.number().is_none() {
            return Err(Problem::refused("authority-list-wrong"));
        }
        if list.next_update().is_none_or(|until| until <= now) {
            return Err(Problem::refused("authority-list-over"));
        }
        let known = self.root_list().await?;
        if known.as_ref().is_some_and(|known| known.der() == list.der()) {
            return Ok(None);
        }
        if known.is_some_and(|known| known.this_update() >= list.this_update()) {
            return Err(Problem::refused("authority-list-old"));
        }
        Ok(Some(list.clone()))
    }

    /// Enters a list; where it names an issuing certificate of ours, that is revoked here too.
    async fn enter_list(&self, change: Change, list: &Crl, basis: &Basis) -> Result<Change, Problem> {
        let entered = RootListEntered {
            number: list.number().map(hex::encode).unwrap_or_default(),
            list: STANDARD.encode(list.der()),
            until: list.next_update().unwrap_or_else(|| list.this_update()),
            entries: i64::try_from(list.len()).unwrap_or(i64::MAX),
        };
        let draft = ActDraft::new(acts::authority_resource(), &entered);
        let mut change = change.on(acts::root_list_stream(), Expected::Any).act(draft);
        for stored in self.of_holder(&service(ISSUING)).await? {
            let Some(entry) = list.find(list.issuer(), stored.certificate.serial()) else { continue };
            if stored.revoked.is_some() {
                continue;
            }
            let holder = service(ISSUING);
            let reason = serde_json::to_value(entry.reason).map_err(Problem::fault)?;
            let revoked = CertificateRevoked {
                serial: stored.serial.clone(),
                holder: holder.clone(),
                reason: reason.as_str().unwrap_or("unspecified").to_owned(),
                basis: basis.clone(),
                since: Some(entry.at),
            };
            let draft = ActDraft::new(acts::certificate_resource(&stored.serial, &holder), &revoked);
            change = change.on(acts::certificate_stream(&stored.serial), Expected::At(stored.version)).act(draft);
        }
        Ok(change)
    }
}

/// The root that was handed over, or the known one; the first time by the fingerprint that was typed.
fn root_of(handed: &Handed, known: Option<&StoredCertificate>) -> Result<Certificate, Problem> {
    let own = |c: &&Certificate| c.is_self_issued() && c.is_authority() && c.verify_with(c.public_key()).is_right();
    let found = handed.certificates.iter().find(own);
    match (found, known) {
        (_, Some(known)) if known.has_key() => Err(Problem::refused("authority-root-here")),
        (Some(found), Some(known)) if *found != known.certificate => Err(Problem::refused("authority-other-root")),
        (_, Some(known)) => Ok(known.certificate.clone()),
        (None, None) => Err(Problem::refused("authority-root-missing")),
        (Some(found), None) if !ceremony::same_fingerprint(&found.fingerprint(), &handed.fingerprint) => {
            Err(Problem::field("fingerprint", "fingerprint-differs"))
        }
        (Some(found), None) => Ok(found.clone()),
    }
}

/// An issuing certificate that the root gave, counts now and is not on its list.
fn fits(certificate: &Certificate, root: &Certificate, list: Option<&Crl>, now: Timestamp) -> Result<(), Problem> {
    let given = certificate.issuer() == root.subject() && certificate.verify_with(root.public_key()).is_right();
    let revoked = list.is_some_and(|list| list.find(list.issuer(), certificate.serial()).is_some());
    if !given || !certificate.is_authority() || !certificate.is_valid_at(now) || revoked {
        return Err(Problem::refused("authority-issuing-wrong"));
    }
    Ok(())
}
