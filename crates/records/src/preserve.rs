//! The long life of issued papers (EN 319 142-1): what a signature lacks to the house's level is added behind it, and archive
//! time stamps are renewed before their authority's certificate ends.
//!
//! A time stamp authority that fails never stops a signature or a seal: the paper goes out at a lower level, and the job
//! here lifts it when the authority answers again. Every byte that was signed stays; the new file begins with the old one.

use crate::{Records, State, acts, documents::Open};
use async_trait::async_trait;
use bytes::Bytes;
use journal::{Change, JobDraft, JobError, Worker};
use kernel::{Ctx, DocumentId, Problem, Timestamp, id::RequestId};
use serde_json::{Value, json};
use signing::{
    Level, Report, SignError, SignatureReport, Source, TimeStamper, Trust,
    pades::{add_archive_stamp, keep},
    validate::Validation,
};
use std::sync::Arc;

const JOB: &str = "preserve-document";
/// The duty under which the program adds evidence and stamps.
const DUTY: &str = "preserver";
/// How long before the end of its authority's certificate an archive stamp is renewed, in seconds.
const AHEAD: i64 = 180 * 86_400;
/// A renewal is never asked for sooner than this, in seconds: an authority whose certificate always ends soon must not
/// keep us busy.
const PAUSE: i64 = 30 * 86_400;

/// What the house's own signatures are like.
#[derive(Clone)]
pub struct Issuing {
    /// The level that issued papers reach: B-T, B-LT or B-LTA.
    pub level: Level,
    /// The time stamp authority; without it, the house's own.
    pub stamper: Option<Arc<dyn TimeStamper>>,
}

impl Default for Issuing {
    fn default() -> Self {
        Issuing { level: Level::Bt, stamper: None }
    }
}

/// Lifts issued papers to the house's level and renews their archive stamps.
pub struct Preserver(pub Records);

/// The job for a document whose stream stands at `version`.
pub(crate) fn job(document: &DocumentId, version: i64) -> JobDraft {
    JobDraft::new(JOB, format!("{document}/{version}"), json!({ "document": document }))
}

#[async_trait]
impl Worker for Preserver {
    fn kind(&self) -> &'static str {
        JOB
    }
    /// Some weeks at the longest pause: an authority may be away for long.
    fn max_attempts(&self) -> i64 {
        700
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        let id = payload.get("document").and_then(Value::as_str).unwrap_or_default();
        let id = DocumentId::new(id).map_err(|error| JobError::Hopeless(error.to_string()))?;
        Ok(self.0.preserve(&id).await?)
    }
}

/// What became of a file.
struct Lifted {
    pdf: Vec<u8>,
    level: Level,
    renew: Option<Timestamp>,
}

impl Records {
    /// The authority that stamps what is signed here.
    pub(crate) async fn stamper(&self) -> Result<Arc<dyn TimeStamper>, Problem> {
        match &self.issuing.stamper {
            Some(stamper) => Ok(Arc::clone(stamper)),
            None => self.keys.time_stamper().await,
        }
    }

    /// Adds what the signatures of an issued paper lack to the house's level; does nothing when nothing lacks.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the time stamp authority does not answer or evidence is still missing; storage.
    pub async fn preserve(&self, id: &DocumentId) -> Result<(), Problem> {
        let (clock, entropy) = (self.journal.clock(), self.journal.entropy());
        let now = clock.now();
        let ctx = Ctx::system(DUTY, now, RequestId::mint(clock, entropy));
        let open = self.open(&ctx, id).await?;
        let issued = matches!(open.document.state, State::Issued | State::Published | State::Withdrawn);
        let Some(pdf) = open.document.pdf.filter(|_| issued) else { return Ok(()) };
        let bytes = self.journal.get_blob(&pdf).await?;
        let trust = self.keys.trust().await?.and(&self.checking.trust);
        let trust = trust.with_more_crls(vec![self.keys.root_crl().await?]);
        let (stamper, wanted) = (self.stamper().await?, self.issuing.level);
        let transport = self.checking.transport.clone();
        let work = tokio::task::spawn_blocking(move || {
            let mut validation = Validation::new(&trust, now);
            if let Some(transport) = transport.as_deref() {
                validation = validation.online(transport);
            }
            lift(&bytes, &trust, &validation, wanted, &*stamper, now)
        });
        match work.await.map_err(Problem::fault)? {
            Ok(Some(lifted)) => self.preserved(&ctx, &open, lifted).await,
            Ok(None) => Ok(()),
            Err(error) => Err(Problem::Unavailable { what: "signing", why: error.to_string() }),
        }
    }

    async fn preserved(&self, ctx: &Ctx, open: &Open, lifted: Lifted) -> Result<(), Problem> {
        let (pdf, size) = self.store(lifted.pdf).await?;
        let case = open.document.case.clone();
        let body = acts::Preserved { case, pdf, size, level: crate::sign::level_of(lifted.level) };
        let mut change = open.planned(vec![open.act(&body).with_blob(pdf)]).join(Change::new());
        if let Some(renew) = lifted.renew {
            change = change.job(job(&open.document.id, open.document.version + 1).at(renew));
        }
        self.journal.commit(ctx, change).await.map(drop)
    }
}

/// The lowest level of the signatures of people and bodies.
fn lowest(report: &Report) -> Option<Level> {
    report.signatures.iter().filter(|s| !is_stamp(s)).map(|s| s.level).min()
}

fn is_stamp(signature: &SignatureReport) -> bool {
    signature.level == Level::DocumentTimeStamp
}

/// When the newest archive stamp is to be renewed.
fn renewal(report: &Report, now: Timestamp) -> Option<Timestamp> {
    let stamp = report.signatures.iter().rfind(|s| is_stamp(s))?;
    let end = stamp.certificate.as_ref()?.not_after();
    Some(end.plus_seconds(-AHEAD).max(now.plus_seconds(PAUSE)))
}

/// The file with what it lacks, `None` when nothing lacks. It is judged by the evidence in it alone before it is given out.
fn lift(
    pdf: &Bytes,
    trust: &Trust,
    validation: &Validation<'_>,
    wanted: Level,
    stamper: &dyn TimeStamper,
    now: Timestamp,
) -> Result<Option<Lifted>, SignError> {
    let roots = Trust { anchors: trust.anchors.clone(), ..Trust::default() };
    let alone = |pdf: &[u8]| Validation::new(&roots, now).pdf(pdf);
    let before = alone(pdf);
    let Some(level) = lowest(&before) else { return Ok(None) };
    let aged = |report: &Report| {
        let stamp = report.signatures.iter().rfind(|s| is_stamp(s)).and_then(|s| s.certificate.as_ref());
        stamp.is_none_or(|authority| authority.not_after().plus_seconds(-AHEAD) <= now)
    };
    if level >= wanted && !(wanted == Level::Blta && aged(&before)) {
        return Ok(None);
    }
    let mut lifted = pdf.to_vec();
    if level < Level::Bt {
        lifted = add_archive_stamp(&lifted, stamper)?.pdf;
    }
    if wanted >= Level::Blt {
        lifted = keep(&lifted, &validation.pdf_evidence(&Source::from_bytes(lifted.clone()))?)?;
    }
    if wanted == Level::Blta {
        lifted = add_archive_stamp(&lifted, stamper)?.pdf;
    }
    let after = alone(&lifted);
    let reached = lowest(&after).unwrap_or(Level::Bare);
    if reached < wanted {
        let why = after.signatures.iter().flat_map(|s| &s.reasons).next().cloned().unwrap_or_default();
        return Err(SignError::Request(format!("the level would be {reached:?}, not {wanted:?}: {why}")));
    }
    let renew = (wanted == Level::Blta).then(|| renewal(&after, now)).flatten();
    Ok(Some(Lifted { pdf: lifted, level: reached, renew }))
}
