//! Signing in, in two steps: the password, then the second factor; and giving the second factor again before a binding
//! act.
//!
//! Whether an account exists shows in no answer: unknown names cost the same hash, meet the same limits and get the same
//! words. Failures are recorded, many in one act, so that an attacker can make neither memory nor the journal grow.

mod credentials;
mod failures;

pub use credentials::TotpOffer;

use crate::{
    Directory,
    acts::{self, SessionOpened, SessionStrengthened},
    limits::{self, Limits},
    password::Hasher,
    sessions::{self, LIFE_SECONDS, LastUse, SYSTEM, Session, SignedIn},
    totp,
};
use failures::Failures;
use journal::{Change, Expected};
use kernel::{ActDraft, Ctx, Entropy, PersonId, Problem, Strength, Timestamp, id, id::RequestId};
use serde::{Deserialize, Serialize};
use signing::{MasterKey, Sealed};
use std::{collections::BTreeSet, sync::Arc};
use zeroize::Zeroizing;

/// Seconds between the password and the code.
const PENDING_SECONDS: i64 = 5 * 60;
const PENDING: &str = "sign-in pending";
const TOTP: &str = "totp secret";

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The secret of the device cookie, from [`sessions::new_token`].
    pub device: String,
    /// The network address.
    pub address: String,
    /// Which request.
    pub request: RequestId,
}

/// The answer to a right password.
#[derive(Debug, Clone)]
pub enum Begun {
    /// The second factor is to be given; the text goes into the next form and comes back to [`SignIn::finish`].
    SecondFactor(String),
    /// The person has no second factor yet: a session in which only reading and enrolling is allowed.
    Opened(Opened),
}

/// A session that was just opened.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The secret for the session cookie.
    pub token: Zeroizing<String>,
    /// Who signed in.
    pub person: PersonId,
    /// When the session ends at the latest.
    pub expires: Timestamp,
}

/// Signing in and the second factor. Cheap to clone.
#[derive(Clone)]
pub struct SignIn {
    directory: Directory,
    inner: Arc<Inner>,
}

struct Inner {
    master: Arc<MasterKey>,
    hasher: Hasher,
    limits: Limits,
    failures: Failures,
    used: LastUse,
}

/// What was between the two steps; sealed under the master key, so any server can go on.
#[derive(Serialize, Deserialize)]
struct Pending {
    person: PersonId,
    login: String,
    device: kernel::Digest,
    until: Timestamp,
}

/// What is known about an account.
struct Account {
    person: PersonId,
    password: Option<String>,
    totp: Option<String>,
    totp_step: i64,
    locked_until: Option<Timestamp>,
    /// Version of the stream `credential:<person>`.
    version: i64,
    /// The device has signed in to this account before.
    own_device: bool,
}

/// A second-factor secret as it is stored: sealed under the master key.
pub fn seal_totp(master: &MasterKey, secret: &[u8], entropy: &dyn Entropy) -> String {
    master.seal(TOTP, secret, entropy).as_str().to_owned()
}

impl SignIn {
    /// Signing in over a directory; secrets are sealed under the master key.
    ///
    /// # Errors
    /// [`Problem::Fault`] when password hashing does not work.
    pub fn new(directory: Directory, master: Arc<MasterKey>) -> Result<SignIn, Problem> {
        let hasher = Hasher::new(directory.journal().entropy())?;
        let inner = Inner {
            master,
            hasher,
            limits: Limits::default(),
            failures: Failures::default(),
            used: LastUse::default(),
        };
        Ok(SignIn { directory, inner: Arc::new(inner) })
    }

    /// First step: name and password.
    ///
    /// # Errors
    /// [`Problem::Refused`] `signin-failed`, whatever was wrong; [`Problem::TooMany`]; storage.
    pub async fn begin(&self, login: &str, password: &str, origin: &Origin) -> Result<Begun, Problem> {
        let login = login.trim().to_lowercase();
        let login = if id::check(&login).is_ok() { login } else { "-".to_owned() };
        let account = self.account(&login, &origin.device).await?;
        self.take(&login, account.as_ref(), origin)?;
        let hash = account.as_ref().and_then(|a| a.password.clone());
        let fits = self.inner.hasher.fits(password, hash).await?;
        let Some(account) = account.filter(|_| fits) else {
            self.failed(&login, origin).await;
            return Err(Problem::refused("signin-failed"));
        };
        if account.totp.is_none() {
            return self.open(&account, &login, None, origin).await.map(Begun::Opened);
        }
        let now = self.now();
        let pending = Pending {
            person: account.person,
            login,
            device: sessions::digest(&origin.device),
            until: now.plus_seconds(PENDING_SECONDS),
        };
        let plain = serde_json::to_vec(&pending).map_err(Problem::fault)?;
        let sealed = self.inner.master.seal(PENDING, &plain, self.entropy());
        Ok(Begun::SecondFactor(sealed.as_str().to_owned()))
    }

    /// Second step: the code. `pending` is the text of [`Begun::SecondFactor`].
    ///
    /// # Errors
    /// [`Problem::Refused`] `signin-over` when the first step is too long ago or was on another device,
    /// `second-factor-wrong`, `second-factor-used`; [`Problem::TooMany`]; storage.
    pub async fn finish(&self, pending: &str, code: &str, origin: &Origin) -> Result<Opened, Problem> {
        let over = || Problem::refused("signin-over");
        let sealed = Sealed::from_text(pending);
        let plain = self.inner.master.open(PENDING, &sealed).map_err(|_| over())?;
        let pending: Pending = serde_json::from_slice(&plain).map_err(|_| over())?;
        if pending.until < self.now() || pending.device != sessions::digest(&origin.device) {
            return Err(over());
        }
        let account = self.account(&pending.login, &origin.device).await?;
        let account = account.filter(|a| a.person == pending.person).ok_or_else(over)?;
        self.take(&pending.login, Some(&account), origin)?;
        match self.check_code(&account, code) {
            Ok(step) => self.open(&account, &pending.login, Some(step), origin).await,
            Err(problem) => {
                self.failed(&pending.login, origin).await;
                Err(problem)
            }
        }
    }

    /// The living session of a cookie, with the context in which its person acts; `None` when it has ended, was idle too
    /// long, or comes from another device.
    ///
    /// # Errors
    /// Storage.
    pub async fn resolve(&self, token: &str, origin: &Origin) -> Result<Option<SignedIn>, Problem> {
        self.directory.resolve(&self.inner.used, token, &origin.device, &origin.request).await
    }

    /// The second factor, given again with a binding act: the context for this one request.
    ///
    /// # Errors
    /// As [`SignIn::finish`]; [`Problem::Refused`] `second-factor-missing` when none is enrolled.
    pub async fn step_up(&self, signed_in: &SignedIn, code: &str, origin: &Origin) -> Result<Ctx, Problem> {
        let person = &signed_in.session.person;
        let login = self.login_of(person).await?;
        let account =
            self.account(&login, &origin.device).await?.ok_or_else(|| Problem::not_found("person", person))?;
        self.take(&login, Some(&account), origin)?;
        let step = match self.check_code(&account, code) {
            Ok(step) => step,
            Err(problem) => {
                self.failed(&login, origin).await;
                return Err(problem);
            }
        };
        let change = self.strengthened(Change::new(), &account, Some(&signed_in.session.id), step);
        self.commit_code(&signed_in.ctx, change).await?;
        self.inner.limits.forgive(&bucket(&login, &account, origin));
        Ok(signed_in.ctx.clone().stepped_up())
    }

    /// Ends the session of the request.
    ///
    /// # Errors
    /// Storage.
    pub async fn sign_out(&self, signed_in: &SignedIn) -> Result<(), Problem> {
        self.directory.end_session(&signed_in.ctx, &signed_in.session.id).await
    }

    /// Ends all sessions of the person but this one; returns how many.
    ///
    /// # Errors
    /// Storage.
    pub async fn sign_out_elsewhere(&self, signed_in: &SignedIn) -> Result<usize, Problem> {
        let mut ended = 0;
        for Session { id, .. } in self.directory.sessions_of(&signed_in.session.person).await? {
            if id != signed_in.session.id {
                self.directory.end_session(&signed_in.ctx, &id).await?;
                ended += 1;
            }
        }
        Ok(ended)
    }

    /// Opens a session for an account whose owner has shown who they are. The one place where sessions begin: another way
    /// of signing in (an identity provider, a passkey) ends here too.
    async fn open(
        &self,
        account: &Account,
        login: &str,
        step: Option<i64>,
        origin: &Origin,
    ) -> Result<Opened, Problem> {
        let now = self.now();
        let token = sessions::new_token(self.entropy());
        let session = id::mint("session", self.directory.journal().clock(), self.entropy());
        let opened = SessionOpened {
            session: session.clone(),
            person: account.person.clone(),
            token: sessions::digest(&token),
            device: sessions::digest(&origin.device),
            strength: if step.is_some() { Strength::TwoFactor } else { Strength::Password },
            expires: now.plus_seconds(LIFE_SECONDS),
        };
        let mut change = Change::new();
        if let Some(step) = step {
            change = self.strengthened(change, account, Some(&session), step);
        }
        let resource = acts::session_resource(&session, Some(&account.person));
        let change = change.on(acts::session_stream(&session), Expected::New).act(ActDraft::new(resource, &opened));
        self.commit_code(&Ctx::system(SYSTEM, now, origin.request.clone()), change).await?;
        self.inner.limits.forgive(&bucket(login, account, origin));
        self.inner.failures.forget(login);
        Ok(Opened { token, person: opened.person, expires: opened.expires })
    }

    fn strengthened(&self, change: Change, account: &Account, session: Option<&str>, step: i64) -> Change {
        let used = SessionStrengthened { person: account.person.clone(), session: session.map(str::to_owned), step };
        let resource = acts::person_resource(&account.person, &BTreeSet::new());
        // The expected version makes two uses of one code meet: the second finds the stream moved on.
        change
            .on(acts::credential_stream(&account.person), Expected::At(account.version))
            .act(ActDraft::new(resource, &used))
    }

    async fn commit_code(&self, ctx: &Ctx, change: Change) -> Result<(), Problem> {
        match self.directory.journal().commit(ctx, change).await {
            Ok(_) => Ok(()),
            Err(Problem::Conflict { .. }) => Err(Problem::refused("second-factor-used")),
            Err(problem) => Err(problem),
        }
    }

    /// The time step of a right code that was not used before.
    fn check_code(&self, account: &Account, code: &str) -> Result<i64, Problem> {
        let sealed = account.totp.as_deref().ok_or_else(|| Problem::refused("second-factor-missing"))?;
        let secret = self.open_totp(sealed)?;
        match totp::matching_step(&secret, code, self.now())? {
            None => Err(Problem::refused("second-factor-wrong")),
            Some(step) if step <= account.totp_step => Err(Problem::refused("second-factor-used")),
            Some(step) => Ok(step),
        }
    }

    fn open_totp(&self, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let sealed = Sealed::from_text(sealed);
        self.inner.master.open(TOTP, &sealed).map_err(Problem::fault)
    }

    /// Takes one try of the account, the device and the address; refuses while the account is locked.
    fn take(&self, login: &str, account: Option<&Account>, origin: &Origin) -> Result<(), Problem> {
        let now = self.now();
        let too_many = |seconds| Problem::TooMany { seconds };
        let inner = &self.inner;
        inner.limits.take(limits::key(&["address", &origin.address]), limits::ADDRESS, now).map_err(too_many)?;
        let device = limits::key(&["device", sessions::digest(&origin.device).to_string().as_str()]);
        inner.limits.take(device, limits::DEVICE, now).map_err(too_many)?;
        let own = account.filter(|a| a.own_device);
        let (key, rate) = match own {
            Some(account) => (bucket(login, account, origin), limits::OWN_DEVICE),
            None => (limits::key(&["account", login]), limits::ACCOUNT),
        };
        inner.limits.take(key, rate, now).map_err(too_many)?;
        if own.is_none() {
            let stored = account.and_then(|a| a.locked_until);
            if let Some(until) = stored.max(inner.failures.locked_until(login)).filter(|until| *until > now) {
                let seconds = (until.micros() - now.micros()).div_euclid(1_000_000) + 1;
                return Err(too_many(u64::try_from(seconds).unwrap_or(1)));
            }
        }
        Ok(())
    }

    async fn account(&self, login: &str, device: &str) -> Result<Option<Account>, Problem> {
        let sql = "SELECT l.person, c.totp_step, c.locked_until, c.version, \
                   (SELECT s.secret FROM credential_secret s WHERE s.person = l.person AND s.kind = 'password' \
                    ORDER BY s.version DESC LIMIT 1) AS password, \
                   (SELECT s.secret FROM credential_secret s WHERE s.person = l.person AND s.kind = 'totp' \
                    ORDER BY s.version DESC LIMIT 1) AS totp, \
                   (SELECT COUNT(*) FROM session s WHERE s.person = l.person AND s.device = $2) AS own_device \
                   FROM login l JOIN person p ON p.id = l.person LEFT JOIN credential c ON c.person = l.person \
                   WHERE l.login = $1 AND p.active = 1";
        let values = [login.into(), sessions::digest(device).into()];
        let Some(row) = self.directory.journal().reader().row(sql, &values).await? else { return Ok(None) };
        Ok(Some(Account {
            person: crate::query::id(row.text("person")?)?,
            password: row.opt_text("password")?.map(str::to_owned),
            totp: row.opt_text("totp")?.map(str::to_owned),
            totp_step: row.opt_int("totp_step")?.unwrap_or(0),
            locked_until: row.opt_time("locked_until")?,
            version: row.opt_int("version")?.unwrap_or(0),
            own_device: row.int("own_device")? > 0,
        }))
    }

    async fn login_of(&self, person: &PersonId) -> Result<String, Problem> {
        let person = self.directory.known_person(person).await?;
        person.login.ok_or_else(|| Problem::refused("second-factor-missing"))
    }

    fn now(&self) -> Timestamp {
        self.directory.journal().clock().now()
    }
    fn entropy(&self) -> &dyn Entropy {
        self.directory.journal().entropy()
    }
}

/// The bucket of an account on a device that has signed in to it before, else that of the account.
fn bucket(login: &str, account: &Account, origin: &Origin) -> kernel::Digest {
    match account.own_device {
        true => limits::key(&["own-device", login, &origin.device]),
        false => limits::key(&["account", login]),
    }
}
