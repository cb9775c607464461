//! Sessions: kept on the server, named by a random token of which only the SHA-256 is stored, pinned to a device cookie,
//! ended after twelve hours or sixty idle minutes.

use crate::{
    Directory,
    acts::{self, SessionContinued, SessionEnd, SessionEnded},
    query::id,
};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use journal::{Change, Expected, Row, Value};
use kernel::{ActDraft, Actor, Ctx, Digest, Entropy, Person, PersonId, Problem, Strength, Timestamp, id::RequestId};
use std::{collections::HashMap, sync::Mutex};
use zeroize::Zeroizing;

/// Longest life of a session, in seconds: 12 hours.
pub const LIFE_SECONDS: i64 = 12 * 3600;
/// Longest idle time, in seconds: 60 minutes.
pub const IDLE_SECONDS: i64 = 60 * 60;
/// How often use is recorded, in seconds. After a restart, or on another server, the idle time is counted from the
/// last record, so a session may end up to this much early there, never late.
pub const RECORD_SECONDS: i64 = 20 * 60;
/// Most sessions whose last use is remembered between two records.
const REMEMBERED: usize = 20_000;

/// The name under which the program keeps sessions.
pub(crate) const SYSTEM: &str = "sign-in";

/// A session as shown to its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which; not a secret.
    pub id: String,
    /// Whose.
    pub person: PersonId,
    /// How strongly signed in.
    pub strength: Strength,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it ends at the latest.
    pub expires: Timestamp,
    /// When it was last recorded to be in use.
    pub seen: Timestamp,
    pub(crate) device: Digest,
    pub(crate) version: i64,
}

/// A request that carries a living session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Who acts, as services and policies take it.
    pub ctx: Ctx,
    /// The word that every form of this session must send back.
    pub form_token: String,
}

impl SignedIn {
    /// The person.
    ///
    /// # Panics
    /// Never: only a person has a session.
    pub fn person(&self) -> &Person {
        self.ctx.person().expect("only a person has a session")
    }
}

/// A new random secret for a cookie: 256 bits, 43 URL-safe characters.
pub fn new_token(entropy: &dyn Entropy) -> Zeroizing<String> {
    let mut random = Zeroizing::new([0u8; 32]);
    entropy.fill(&mut *random);
    Zeroizing::new(URL_SAFE_NO_PAD.encode(*random))
}

/// The word that a form must send back, against forged requests: HMAC-SHA-256 under the secret of the cookie, so nobody
/// who does not hold the cookie can make it, and it says nothing about the cookie. `secret` is the session token or,
/// before signing in, the device cookie.
pub fn form_token(secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    URL_SAFE_NO_PAD.encode(hmac::sign(&key, b"form").as_ref())
}

/// Whether a form sent back the right word; compared in constant time.
pub fn form_token_fits(secret: &str, sent: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    URL_SAFE_NO_PAD.decode(sent).is_ok_and(|sent| hmac::verify(&key, b"form", &sent).is_ok())
}

/// The stored form of a cookie's secret.
pub(crate) fn digest(secret: &str) -> Digest {
    Digest::of(&[secret.as_bytes()])
}

/// When sessions were last used, between two records. Bounded.
#[derive(Default)]
pub(crate) struct LastUse {
    seen: Mutex<HashMap<String, i64>>,
}

impl LastUse {
    /// The last use known here, if any.
    fn of(&self, session: &str) -> Option<i64> {
        self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(session).copied()
    }
    fn note(&self, session: &str, now: Timestamp) {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if seen.len() >= REMEMBERED {
            let idle_since = now.micros() - IDLE_SECONDS * 1_000_000;
            seen.retain(|_, at| *at > idle_since);
            if seen.len() >= REMEMBERED {
                seen.clear();
            }
        }
        seen.insert(session.to_owned(), now.micros());
    }
}

const COLUMNS: &str = "id, person, strength, opened, expires, seen, device, ended, version FROM session";

fn session(row: &Row) -> Result<Session, Problem> {
    let strength = match row.int("strength")? {
        2 => Strength::TwoFactor,
        1 => Strength::Password,
        other => return Err(Problem::fault(format!("stored strength {other}"))),
    };
    Ok(Session {
        id: row.text("id")?.to_owned(),
        person: id(row.text("person")?)?,
        strength,
        opened: row.time("opened")?,
        expires: row.time("expires")?,
        seen: row.time("seen")?,
        device: Digest::parse(row.text("device")?).map_err(Problem::fault)?,
        version: row.int("version")?,
    })
}

impl Directory {
    /// The living session of a token, on the device that it is pinned to; with what its person may be asked for.
    pub(crate) async fn resolve(
        &self,
        used: &LastUse,
        token: &str,
        device: &str,
        request: &RequestId,
    ) -> Result<Option<SignedIn>, Problem> {
        let sql = format!("SELECT {COLUMNS} WHERE token = $1");
        let Some(row) = self.journal().reader().row(&sql, &[digest(token).into()]).await? else { return Ok(None) };
        if row.opt_int("ended")?.is_some() {
            return Ok(None);
        }
        let session = session(&row)?;
        if session.device != digest(device) {
            return Ok(None);
        }
        let now = self.journal().clock().now();
        let last = used.of(&session.id).unwrap_or(0).max(session.seen.micros());
        let over = match () {
            () if session.expires <= now => Some(SessionEnd::Expired),
            () if now.micros() - last > IDLE_SECONDS * 1_000_000 => Some(SessionEnd::Idle),
            () => None,
        };
        if let Some(why) = over {
            self.record_end(&session, why, request, now).await?;
            return Ok(None);
        }
        let Some(person) = self.ctx_facts(&session.person, now).await? else { return Ok(None) };
        used.note(&session.id, now);
        if now.micros() - session.seen.micros() >= RECORD_SECONDS * 1_000_000 {
            self.record_use(&session, request, now).await?;
        }
        let ctx = Ctx { actor: Actor::Person(person), strength: session.strength, at: now, request: request.clone() };
        Ok(Some(SignedIn { session, ctx, form_token: form_token(token) }))
    }

    async fn record_use(&self, session: &Session, request: &RequestId, now: Timestamp) -> Result<(), Problem> {
        let continued = SessionContinued { session: session.id.clone(), person: session.person.clone() };
        let draft = ActDraft::new(acts::session_resource(&session.id, Some(&session.person)), &continued);
        self.record(session, draft, request, now).await
    }

    async fn record_end(
        &self,
        session: &Session,
        why: SessionEnd,
        request: &RequestId,
        now: Timestamp,
    ) -> Result<(), Problem> {
        self.record(session, ended(session, why), request, now).await
    }

    async fn record(
        &self,
        session: &Session,
        draft: ActDraft,
        request: &RequestId,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let ctx = Ctx::system(SYSTEM, now, request.clone());
        let stream = acts::session_stream(&session.id);
        match self.journal().commit(&ctx, Change::new().on(stream, Expected::At(session.version)).act(draft)).await {
            // Another request of the same session was faster; once is enough.
            Ok(_) | Err(Problem::Conflict { .. }) => Ok(()),
            Err(problem) => Err(problem),
        }
    }

    /// A person's living sessions, the newest first.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn sessions_of(&self, person: &PersonId) -> Result<Vec<Session>, Problem> {
        let sql = format!(
            "SELECT {COLUMNS} WHERE person = $1 AND ended IS NULL AND expires > $2 ORDER BY opened DESC LIMIT 50"
        );
        let values: [Value; 2] = [person.into(), self.journal().clock().now().into()];
        self.rows(&sql, &values).await?.iter().map(session).collect()
    }

    /// Ends a session: one's own, or an administrator anyone's (policy). Ending an ended session changes nothing.
    ///
    /// # Errors
    /// [`Problem::NotFound`], also when the policies do not let the actor end it; storage.
    pub async fn end_session(&self, ctx: &Ctx, session_id: &str) -> Result<(), Problem> {
        let unknown = || Problem::not_found("session", session_id);
        let sql = format!("SELECT {COLUMNS} WHERE id = $1");
        let row = self.journal().reader().row(&sql, &[session_id.into()]).await?.ok_or_else(unknown)?;
        if row.opt_int("ended")?.is_some() {
            return Ok(());
        }
        let session = session(&row)?;
        let own = ctx.person().is_some_and(|p| p.id == session.person);
        let why = if own { SessionEnd::SignedOut } else { SessionEnd::Revoked };
        let stream = acts::session_stream(&session.id);
        let change = Change::new().on(stream, Expected::Any).act(ended(&session, why));
        match self.journal().commit(ctx, change).await {
            Ok(_) => Ok(()),
            Err(Problem::Forbidden { .. }) => Err(unknown()),
            Err(problem) => Err(problem),
        }
    }
}

fn ended(session: &Session, why: SessionEnd) -> ActDraft {
    let ended = SessionEnded { session: session.id.clone(), person: session.person.clone(), why };
    ActDraft::new(acts::session_resource(&session.id, Some(&session.person)), &ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::OsEntropy;

    #[test]
    fn a_form_token_fits_its_own_cookie_only() {
        let (a, b) = (new_token(&OsEntropy), new_token(&OsEntropy));
        assert_eq!(a.len(), 43);
        assert!(form_token_fits(&a, &form_token(&a)));
        assert!(!form_token_fits(&b, &form_token(&a)));
        for bad in ["", "x", "é", &form_token(&a)[1..]] {
            assert!(!form_token_fits(&a, bad));
        }
    }
}
