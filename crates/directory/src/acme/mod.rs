//! Enrolment of devices and servers by themselves (ACME, RFC 8555): accounts, orders, proofs, certificates. The rules; the
//! messages are [`web`'s](../../web) affair, the network is handed in as [`Reach`].
//!
//! Only what the desk admitted enrols: an account opens with the secret of an admission (external account binding, RFC
//! 8555, 7.3.4), once, and gets certificates for the names of that admission and no others. Accounts, orders, proofs and
//! certificates are acts of the program; nothing is kept beside the journal.

mod orders;
mod prove;

pub use orders::{Order, OrderState, OrderedName};
pub use prove::{Reach, Unreached};

use crate::{
    Keys,
    acts::{self, DeviceAccountClosed, DeviceAccountOpened, DeviceKeyChanged},
    devices::{Device, device, secret_context},
    keys::read_holder,
    model::Basis,
};
use journal::{Change, Expected};
use kernel::{ActBody, ActDraft, Problem};
use pki::{
    Certificate, PublicKey, Reason,
    jose::{Jwk, Message},
};
use signing::Sealed;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Proofs under way at once; others wait for their turn.
const PROOFS_AT_ONCE: usize = 8;

/// Why something is refused: the error types of RFC 8555, 6.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the standard, which explains them")]
pub enum Kind {
    AccountDoesNotExist,
    AlreadyRevoked,
    BadCsr,
    BadNonce,
    BadPublicKey,
    BadRevocationReason,
    BadSignatureAlgorithm,
    Conflict,
    ExternalAccountRequired,
    Malformed,
    NotFound,
    OrderNotReady,
    RateLimited,
    RejectedIdentifier,
    ServerInternal,
    Unauthorized,
    UnsupportedIdentifier,
}

/// A refusal, in words for the log of the client. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which.
    pub kind: Kind,
    /// Why.
    pub detail: String,
}

impl Refusal {
    /// Of a kind, for a reason.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Refusal {
        Refusal { kind, detail: detail.into() }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        match problem {
            Problem::NotFound { what, .. } => Refusal::new(Kind::NotFound, format!("there is no such {what}")),
            Problem::Conflict { .. } => Refusal::new(Kind::Conflict, "somebody else was faster: ask again"),
            Problem::Refused { code: "certificate-revoked", .. } => {
                Refusal::new(Kind::AlreadyRevoked, "the certificate is revoked already")
            }
            other => {
                tracing::warn!(problem = %other, "a device was not served");
                Refusal::new(Kind::ServerInternal, "the authority cannot serve this now")
            }
        }
    }
}

/// Who asks for a revocation.
#[derive(Debug, Clone, Copy)]
pub enum Revoker<'a> {
    /// The account that got the certificate.
    Account(&'a Account),
    /// Who holds the certificate's own key.
    Key(&'a Jwk),
}

/// An account: a device with its key.
#[derive(Debug, Clone)]
pub struct Account {
    /// The device.
    pub device: Device,
    /// The key of the account.
    pub key: Jwk,
}

/// Enrolment of devices. Cheap to clone.
#[derive(Clone)]
pub struct Acme {
    keys: Keys,
    reach: Arc<dyn Reach>,
    turns: Arc<Semaphore>,
}

impl Acme {
    /// Over the authority; devices are reached so.
    pub fn new(keys: Keys, reach: Arc<dyn Reach>) -> Acme {
        Acme { keys, reach, turns: Arc::new(Semaphore::new(PROOFS_AT_ONCE)) }
    }

    /// The account of a device, whose admission still counts.
    ///
    /// # Errors
    /// [`Kind::AccountDoesNotExist`]; [`Kind::Unauthorized`] when the account was closed or the admission is over.
    pub async fn account(&self, id: &str) -> Result<Account, Refusal> {
        let missing = || Refusal::new(Kind::AccountDoesNotExist, "there is no such account");
        let device = self.keys.device(id).await?.ok_or_else(missing)?;
        let key = device.account_key.as_deref().ok_or_else(missing)?;
        let key = Jwk::from_canonical(key).map_err(Problem::fault)?;
        self.counts(&device)?;
        Ok(Account { device, key })
    }

    /// The account with a key, if there is one.
    ///
    /// # Errors
    /// [`Kind::Unauthorized`] when it was closed or its admission is over.
    pub async fn account_with(&self, key: &Jwk) -> Result<Option<Account>, Refusal> {
        let sql = "SELECT * FROM device WHERE thumbprint = $1 ORDER BY admitted DESC, id LIMIT 1";
        let reader = self.keys.directory.journal().reader();
        let Some(row) = reader.row(sql, &[key.thumbprint().into()]).await? else { return Ok(None) };
        let device = device(&row)?;
        self.counts(&device)?;
        Ok(Some(Account { device, key: key.clone() }))
    }

    fn counts(&self, device: &Device) -> Result<(), Refusal> {
        if device.counts(self.keys.clock.now()) {
            return Ok(());
        }
        Err(Refusal::new(Kind::Unauthorized, "the account is closed, or the admission of this device is over"))
    }

    /// Opens an account. `binding` is the external account binding, over `key` and for the address `url`.
    ///
    /// # Errors
    /// [`Kind::ExternalAccountRequired`] without a binding, [`Kind::Unauthorized`] for one that is not right, was used, or
    /// belongs to an admission that is over.
    pub async fn open(&self, key: &Jwk, binding: Option<&Message>, url: &str) -> Result<Account, Refusal> {
        let needed =
            "an account needs the key identifier and the secret that the certificate desk gives with an admission";
        let binding = binding.ok_or_else(|| Refusal::new(Kind::ExternalAccountRequired, needed))?;
        // One answer for all: strangers do not learn which admissions there are.
        let wrong =
            || Refusal::new(Kind::Unauthorized, "the external account binding is not right, or was used already");
        if binding.header.nonce.is_some() || binding.header.url.as_deref() != Some(url) {
            return Err(wrong());
        }
        let bound = serde_json::from_slice(&binding.payload).ok().and_then(|value| Jwk::parse(&value).ok());
        let id = binding.header.kid.as_deref().filter(|id| kernel::id::check(id).is_ok()).ok_or_else(wrong)?;
        let device = self.keys.device(id).await?.ok_or_else(wrong)?;
        let sealed = device.secret.as_deref().ok_or_else(wrong)?;
        let secret = self.keys.master.open(&secret_context(id), &Sealed::from_text(sealed)).map_err(Problem::fault)?;
        binding.verify_shared(&secret).map_err(|_| wrong())?;
        if bound.as_ref() != Some(key) || device.account_key.is_some() || self.counts(&device).is_err() {
            return Err(wrong());
        }
        let opened = DeviceAccountOpened {
            device: device.id.clone(),
            key: key.canonical().to_owned(),
            thumbprint: key.thumbprint(),
        };
        self.on_device(&device, &opened).await?;
        self.account(&device.id).await
    }

    /// Gives an account another key, which nobody uses.
    ///
    /// # Errors
    /// [`Kind::Conflict`] when an account has this key.
    pub async fn change_key(&self, account: &Account, key: &Jwk) -> Result<(), Refusal> {
        if self.account_with(key).await?.is_some() {
            return Err(Refusal::new(Kind::Conflict, "an account has this key already"));
        }
        let device = account.device.id.clone();
        let (thumbprint, key) = (key.thumbprint(), key.canonical().to_owned());
        self.on_device(&account.device, &DeviceKeyChanged { device, key, thumbprint }).await
    }

    /// Closes an account for good. Its certificates count on until they end or are revoked.
    ///
    /// # Errors
    /// [`Kind::Conflict`].
    pub async fn close(&self, account: &Account) -> Result<(), Refusal> {
        self.on_device(&account.device, &DeviceAccountClosed { device: account.device.id.clone() }).await
    }

    /// Revokes a certificate of a device.
    ///
    /// # Errors
    /// [`Kind::NotFound`] for a certificate that was not issued to a device here; [`Kind::Unauthorized`] when it is
    /// another's; [`Kind::AlreadyRevoked`]; [`Kind::BadRevocationReason`] for a code that a holder cannot give.
    pub async fn revoke(&self, by: Revoker<'_>, der: &[u8], reason: Option<i64>) -> Result<(), Refusal> {
        let unknown = || Refusal::new(Kind::NotFound, "this certificate was not issued to a device by this authority");
        let reason = reason_of(reason)?;
        let asked = Certificate::parse(der).map_err(|_| Refusal::new(Kind::Malformed, "it is no certificate"))?;
        let stored = self.keys.certificate(&asked.serial_hex()).await?.ok_or_else(unknown)?;
        if stored.certificate.fingerprint() != asked.fingerprint() {
            return Err(unknown());
        }
        let crate::Holder::Device(device) = read_holder(&stored.holder)? else { return Err(unknown()) };
        let allowed = match by {
            Revoker::Account(account) => account.device.id == device,
            Revoker::Key(key) => {
                PublicKey::parse(stored.certificate.public_key_info()).is_ok_and(|k| k == *key.public())
            }
        };
        if !allowed {
            return Err(Refusal::new(Kind::Unauthorized, "the certificate is another's"));
        }
        let basis = Basis::cited("Thiết bị tự yêu cầu thu hồi (ACME)");
        Ok(self.keys.revoke(&self.keys.program()?, &stored.serial, reason, &basis).await?)
    }

    async fn on_device<B: ActBody>(&self, device: &Device, body: &B) -> Result<(), Refusal> {
        let draft = ActDraft::new(acts::device_resource(&device.id, &device.body), body);
        let change = Change::new().on(acts::device_stream(&device.id), Expected::At(device.version)).act(draft);
        self.keys.directory.journal().commit(&self.keys.program()?, change).await?;
        Ok(())
    }
}

/// The reasons that a holder can give (RFC 5280, 5.3.1).
fn reason_of(code: Option<i64>) -> Result<Reason, Refusal> {
    match code {
        None | Some(0) => Ok(Reason::Unspecified),
        Some(1) => Ok(Reason::KeyCompromise),
        Some(3) => Ok(Reason::AffiliationChanged),
        Some(4) => Ok(Reason::Superseded),
        Some(5) => Ok(Reason::CessationOfOperation),
        Some(other) => Err(Refusal::new(
            Kind::BadRevocationReason,
            format!("the reason {other} is not one that a holder gives: use 0, 1, 3, 4 or 5"),
        )),
    }
}
