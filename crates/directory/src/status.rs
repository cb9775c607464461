//! The status of certificates by question and answer (RFC 6960): answers are signed once and given again while they are
//! true, and signed anew for every question that brings a nonce.

use crate::{
    Keys,
    authority::{CrlKind, NOT_THE_ROOTS, reason_of},
    keys::service,
};
use kernel::{Problem, Timestamp};
use pki::{
    Certificate, IssuingKey, Profile,
    ocsp::{self, CertId, Refusal, Request, Standing, Status},
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// How long an answer counts, in seconds.
const ANSWER_SECONDS: i64 = 3600;
/// An answer is signed anew when less than this is left of it, in seconds.
const FRESH_SECONDS: i64 = 1800;
/// How long a change that another server recorded may go unnoticed, in microseconds.
const BLIND_MICROS: i64 = 250_000;
/// Most answers that are kept.
const MAX_KEPT: usize = 200_000;
/// Longest question whose answer is kept, in bytes.
const MAX_KEPT_QUESTION: usize = 300;
/// The responder's certificate is renewed when less than this is left of it, in seconds.
const RENEW_SECONDS: i64 = 15 * 86_400;
/// How long a list is given again while nothing changed, in seconds.
const LIST_SECONDS: i64 = 600;
/// Most lists that are kept.
const MAX_LISTS: usize = 300;
const RESPONDER: &str = "status";

/// An answer, and until when it is worth keeping; `None` for one that answers a nonce or refuses.
#[derive(Debug, Clone)]
pub struct StatusAnswer {
    /// The OCSPResponse.
    pub der: Arc<[u8]>,
    /// Until when it counts, for caches on the way.
    pub until: Option<Timestamp>,
}

/// What was told, and what is needed to tell it.
#[derive(Default)]
pub(crate) struct Told(RwLock<Kept>);

#[derive(Default)]
struct Kept {
    responder: Option<Arc<Responder>>,
    answers: HashMap<Box<[u8]>, Answered>,
    /// The newest change of a status that the answers know of.
    epoch: Option<i64>,
    looked: Option<Timestamp>,
    /// Lists as published, each with the newest change that it knows of and the time at which it is signed anew.
    lists: HashMap<Option<CrlKind>, Listed>,
}

/// An answer, and until when it counts.
type Answered = (Arc<[u8]>, Timestamp);
/// The newest change that a list knows of, when it is signed anew, the list.
type Listed = (i64, Timestamp, Arc<[u8]>);

struct Responder {
    certificate: Certificate,
    key: Arc<dyn IssuingKey>,
    issuer: Certificate,
}

impl Told {
    /// A status has changed.
    pub(crate) fn forget(&self) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.answers.clear();
        kept.looked = None;
    }
    fn known(&self, question: &[u8], now: Timestamp) -> Option<StatusAnswer> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = kept.looked.is_some_and(|at| (0..BLIND_MICROS).contains(&(now.micros() - at.micros())));
        let (der, until) = kept.answers.get(question).filter(|_| fresh)?;
        let left = until.micros() - now.micros();
        (left > FRESH_SECONDS * 1_000_000).then(|| StatusAnswer { der: Arc::clone(der), until: Some(*until) })
    }
    fn look(&self, epoch: i64, now: Timestamp) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.epoch.replace(epoch) != Some(epoch) || kept.answers.len() > MAX_KEPT {
            kept.answers.clear();
        }
        kept.looked = Some(now);
    }
    fn keep(&self, question: &[u8], answer: &StatusAnswer) {
        if let (Some(until), true) = (answer.until, question.len() <= MAX_KEPT_QUESTION) {
            let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
            kept.answers.insert(question.into(), (Arc::clone(&answer.der), until));
        }
    }
    fn list(&self, kind: Option<CrlKind>, epoch: i64, now: Timestamp) -> Option<Arc<[u8]>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (known, renew, der) = kept.lists.get(&kind)?;
        (*known == epoch && now < *renew).then(|| Arc::clone(der))
    }
    fn keep_list(&self, kind: Option<CrlKind>, epoch: i64, renew: Timestamp, der: &Arc<[u8]>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.lists.len() >= MAX_LISTS {
            kept.lists.clear();
        }
        kept.lists.insert(kind, (epoch, renew, Arc::clone(der)));
    }
    fn responder(&self) -> Option<Arc<Responder>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).responder.clone()
    }
}

impl Keys {
    /// Answers an OCSPRequest. A revocation is told at once by the server that recorded it, and within a quarter of a
    /// second by the others.
    ///
    /// # Errors
    /// [`Problem::Refused`] `authority-missing`; storage. What is wrong with the request is told in the answer.
    pub async fn status(&self, request: &[u8]) -> Result<StatusAnswer, Problem> {
        let now = self.clock.now();
        if let Some(known) = self.told.known(request, now) {
            return Ok(known);
        }
        let refuse = |why| Ok(StatusAnswer { der: ocsp::refused(why).into(), until: None });
        let asked = match Request::parse(request) {
            Ok(asked) => asked,
            Err(pki::Error::Unsupported(_)) => return refuse(Refusal::Unauthorized),
            Err(_) => return refuse(Refusal::MalformedRequest),
        };
        // What is read after this is at least as new as the newest change named here.
        self.told.look(self.newest_change().await?, now);
        let responder = self.responder(now).await?;
        let mut standings = HashMap::new();
        for id in &asked.ids {
            if id.is_under(&responder.issuer) {
                standings.insert(id.serial.clone(), self.standing(id, now).await?);
            }
        }
        let mut look_up =
            |id: &CertId| id.is_under(&responder.issuer).then(|| standings.get(&id.serial).copied()).flatten();
        let der = ocsp::respond(
            request,
            now,
            &responder.certificate,
            std::slice::from_ref(&responder.certificate),
            responder.key.scheme(),
            &mut look_up,
            &mut |tbs| responder.key.sign(tbs),
        );
        // Only what is known is kept: strangers cannot fill the memory with numbers that do not exist.
        let known = !standings.is_empty() && standings.values().all(|(status, ..)| *status != Status::Unknown);
        let keeps = asked.nonce.is_none() && known && standings.len() == asked.ids.len();
        let until = keeps.then(|| now.plus_seconds(ANSWER_SECONDS));
        let answer = StatusAnswer { der: der.into(), until };
        self.told.keep(request, &answer);
        Ok(answer)
    }

    /// A revocation list as it is published, of the root for `None`: signed anew when a status has changed, and every ten
    /// minutes.
    ///
    /// # Errors
    /// As [`Keys::crl_of`] and [`Keys::root_crl`].
    pub async fn published_crl(&self, kind: Option<CrlKind>) -> Result<Arc<[u8]>, Problem> {
        let now = self.clock.now();
        let epoch = self.newest_change().await?;
        if let Some(known) = self.told.list(kind, epoch, now) {
            return Ok(known);
        }
        let list = match kind {
            Some(kind) => self.crl_of(kind).await?,
            None => self.root_crl().await?,
        };
        let der: Arc<[u8]> = list.der().into();
        self.told.keep_list(kind, epoch, now.plus_seconds(LIST_SECONDS), &der);
        Ok(der)
    }

    async fn standing(&self, id: &CertId, now: Timestamp) -> Result<Standing, Problem> {
        let sql = format!("SELECT revoked, reason FROM certificate WHERE serial = $1 AND own = 1 AND {NOT_THE_ROOTS}");
        let row = self.directory.journal().reader().row(&sql, &[hex::encode(&id.serial).into()]).await?;
        let status = match row {
            None => Status::Unknown,
            Some(row) => match row.opt_time("revoked")? {
                Some(at) => Status::Revoked { at, reason: reason_of(row.opt_text("reason")?) },
                None => Status::Good,
            },
        };
        Ok((status, now, Some(now.plus_seconds(ANSWER_SECONDS))))
    }

    async fn newest_change(&self) -> Result<i64, Problem> {
        let sql = "SELECT CAST(COALESCE(MAX(status_at), 0) AS BIGINT) AS newest FROM certificate";
        let row = self.directory.journal().reader().row(sql, &[]).await?;
        row.map_or(Ok(0), |row| row.int("newest"))
    }

    /// The responder with its key; its certificate lives shortly and is renewed here.
    async fn responder(&self, now: Timestamp) -> Result<Arc<Responder>, Problem> {
        let lasts = |c: &Certificate| c.not_after() > now.plus_seconds(RENEW_SECONDS);
        if let Some(responder) = self.told.responder().filter(|r| lasts(&r.certificate)) {
            return Ok(responder);
        }
        let issuer = self.issuer().await?;
        let newest = self.of_holder(&service(RESPONDER)).await?.into_iter().next();
        let (certificate, key) = match newest.filter(|s| s.is_valid(now) && lasts(&s.certificate)) {
            Some(stored) => (stored.certificate.clone(), self.service_key(&stored)?),
            None => self.issue_service(RESPONDER, Profile::Ocsp, "Trạng thái chứng thư nội bộ").await?,
        };
        let responder = Arc::new(Responder { certificate, key: key.key(), issuer });
        self.told.0.write().unwrap_or_else(PoisonError::into_inner).responder = Some(Arc::clone(&responder));
        Ok(responder)
    }
}
