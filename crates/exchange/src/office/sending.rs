//! Packages on their way out. An attempt is recorded before its first byte goes out; when its outcome is not known, the
//! package is looked for at the other end, and the very same request is sent again as long as the other end believes its
//! signature. So nothing goes out twice, also over a kill at any point.

use crate::MessageType;
use crate::office::acts::{Attempted, Failed, Sent};
use crate::office::model::Health;
use crate::office::{Office, read};
use crate::transport::{Parcel, Transport, Trouble};
use async_trait::async_trait;
use futures::FutureExt;
use journal::{Change, Expected, JobDraft, JobError, Row, Worker};
use kernel::{ActDraft, Problem, StreamId, Timestamp};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The kind of the job that sends a package as soon as it is queued. What did not go out then is taken by the round.
pub const SEND_JOB: &str = "exchange-send";
/// Attempts until a package waits for a person.
const MOST_ATTEMPTS: i64 = 5;
/// Longest pause between attempts, in seconds.
const LONGEST_PAUSE: i64 = 3600;
/// Failures in a row after which a way is left alone for a while.
const FAILURES_TO_OPEN: u32 = 3;
/// Longest time for which a way is left alone, in seconds.
const LONGEST_OPEN: i64 = 300;
/// Seconds beyond the patience after which somebody else may try.
const GRACE: i64 = 5;
/// Packages that one round looks at.
const IN_ONE_ROUND: i64 = 100;

/// The job that sends a package.
pub(super) fn job(parcel: &str, version: i64, at: Option<Timestamp>) -> JobDraft {
    let job = JobDraft::new(SEND_JOB, format!("{parcel}/{version}"), json!({"parcel": parcel}));
    at.map_or(job.clone(), |at| job.at(at))
}

/// How each way is, since the program started.
pub(crate) struct Breakers(Mutex<HashMap<&'static str, Breaker>>);

#[derive(Debug, Clone, Default)]
struct Breaker {
    failures: u32,
    open_until: Option<Timestamp>,
    answered: Option<Timestamp>,
    trouble: Option<String>,
}

impl Breakers {
    pub fn new() -> Breakers {
        Breakers(Mutex::new(HashMap::new()))
    }
    fn with<T>(&self, way: &'static str, act: impl FnOnce(&mut Breaker) -> T) -> T {
        act(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(way).or_default())
    }
    /// Whether a way may be tried now. One try is let through when the time is over; the others wait for its outcome.
    pub fn lets(&self, way: &'static str, now: Timestamp, patience: i64) -> bool {
        self.with(way, |breaker| match breaker.open_until {
            None => true,
            Some(until) if until > now => false,
            Some(_) => {
                breaker.open_until = Some(now.plus_seconds(patience));
                true
            }
        })
    }
    pub fn well(&self, way: &'static str, now: Timestamp) {
        self.with(way, |breaker| *breaker = Breaker { answered: Some(now), ..Breaker::default() });
    }
    /// What is the package's own fault says that the way is well.
    pub fn note(&self, way: &'static str, now: Timestamp, trouble: &Trouble, pause: i64) {
        self.with(way, |breaker| {
            if !trouble.of_the_way() {
                let trouble = matches!(trouble, Trouble::Clock(_)).then(|| trouble.to_string());
                *breaker = Breaker { answered: Some(now), trouble, ..Breaker::default() };
                return;
            }
            breaker.failures += 1;
            breaker.trouble = Some(trouble.to_string());
            breaker.open_until = breaker
                .failures
                .checked_sub(FAILURES_TO_OPEN)
                .map(|beyond| now.plus_seconds((pause << beyond.min(10)).clamp(1, LONGEST_OPEN)));
        });
    }
}

/// A package as it stands before an attempt.
struct Loaded {
    id: String,
    version: i64,
    message: MessageType,
    transport: String,
    from: String,
    to: Vec<String>,
    identity: String,
    status: Option<String>,
    dispatch: Option<String>,
    blob: kernel::Digest,
    attempts: i64,
    signed: Option<i64>,
    unknown: bool,
    refused: bool,
}

fn loaded(row: &Row) -> Result<Loaded, Problem> {
    let text = |column: &str| row.text(column).map(str::to_owned);
    let maybe = |column: &str| row.opt_text(column).map(|text| text.map(str::to_owned));
    Ok(Loaded {
        id: text("parcel")?,
        version: row.int("version")?,
        message: MessageType::of(row.text("message")?)?,
        transport: text("transport")?,
        from: text("sender")?,
        to: read::json(row, "receivers")?,
        identity: text("identity")?,
        status: maybe("status")?,
        dispatch: maybe("dispatch")?,
        blob: read::digest(row, "blob")?,
        attempts: row.int("attempts")?,
        signed: row.opt_int("signed")?,
        unknown: row.truth("unknown")?,
        refused: row.opt_text("trouble")? == Some("refused"),
    })
}

impl Office {
    /// How the ways are, the usual one first.
    pub fn health(&self) -> Vec<Health> {
        let one = |transport: &Arc<dyn Transport>| {
            let breaker = self.breakers.with(transport.name(), |breaker| breaker.clone());
            Health {
                transport: transport.name().into(),
                address: transport.address(),
                answered: breaker.answered,
                trouble: breaker.trouble,
                open_until: breaker.open_until.filter(|until| *until > self.now()),
                clock_ahead: transport.clock_ahead().filter(|ahead| ahead.abs() > 5),
            }
        };
        self.transports.iter().map(one).collect()
    }

    /// Sends and receives until told to stop. Several servers may run at once.
    pub async fn run(&self, mut stopped: watch::Receiver<bool>) {
        if self.transports.is_empty() {
            return;
        }
        let mut next_poll = Timestamp::from_micros(0);
        let mut next_directory = Timestamp::from_micros(0);
        loop {
            if let Err(problem) = self.send_due().boxed().await {
                tracing::warn!(%problem, "what is to go out could not be looked for");
            }
            let now = self.now();
            if now >= next_poll {
                if let Err(problem) = self.receive().boxed().await {
                    tracing::warn!(%problem, "what came in could not be taken");
                }
                next_poll = now.plus_seconds(i64::try_from(self.settings.poll_seconds).unwrap_or(3600));
            }
            if now >= next_directory {
                // Until the first time it is asked for again soon; then twice a day.
                let ctx = self.ctx();
                let done = self.synchronise(&ctx).boxed().await;
                if let Err(problem) = &done {
                    tracing::warn!(%problem, "the directory of bodies could not be synchronised");
                }
                next_directory = now.plus_seconds(if done.is_ok() { 12 * 3600 } else { 60 });
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                stop = stopped.wait_for(|stop| *stop) => { drop(stop); return; }
            }
        }
    }

    /// Tries every package whose time has come, and gives how many went out.
    ///
    /// # Errors
    /// [`Problem::Unavailable`].
    pub async fn send_due(&self) -> Result<usize, Problem> {
        let now = self.now();
        let sql = "SELECT parcel FROM parcel WHERE state = 'waiting' AND due <= $1 AND until <= $1 ORDER BY at, parcel LIMIT $2";
        let rows = self.journal.reader().rows(sql, &[now.into(), IN_ONE_ROUND.into()]).await?;
        let ids: Vec<String> =
            rows.iter().map(|row| row.text("parcel").map(str::to_owned)).collect::<Result<_, _>>()?;
        drop(rows);
        let mut sent = 0;
        for id in ids {
            sent += usize::from(self.attempt(&id).boxed().await?);
        }
        Ok(sent)
    }

    /// One attempt, if it is the package's time; gives whether it is at the other end now.
    ///
    /// # Errors
    /// What the journal answers. That the package could not be sent is no error but is recorded.
    pub async fn attempt(&self, id: &str) -> Result<bool, Problem> {
        let Some(parcel) = self.due(id).await? else { return Ok(false) };
        let Ok(transport) = self.transport(&parcel.transport).cloned() else { return Ok(false) };
        let now = self.now();
        if !self.breakers.lets(transport.name(), now, self.settings.patience_seconds) {
            return Ok(false);
        }
        let believed = |signed: &i64| {
            let age = now.micros() - signed;
            (0..transport.same_request_for() * 1_000_000).contains(&age)
        };
        let again = parcel.signed.filter(|signed| parcel.unknown && believed(signed));
        let signed = Timestamp::from_micros(again.unwrap_or(now.micros()));
        let until = now.plus_seconds(self.settings.patience_seconds + GRACE);
        let attempt = parcel.attempts + 1;
        let begun = Attempted { attempt, signed: signed.micros(), until: until.micros() };
        let stream = StreamId::new("parcel", id);
        let draft = ActDraft::new(Office::resource(id, None), &begun);
        let change = Change::new().on(stream.clone(), Expected::At(parcel.version)).act(draft);
        let version = match self.journal.commit(&self.ctx(), change).await {
            Ok(receipt) => receipt.version(&stream),
            // Another server was faster, or a person took it back.
            Err(Problem::Conflict { .. }) => return Ok(false),
            Err(problem) => return Err(problem),
        };
        let bytes = self.journal.get_blob(&parcel.blob).await?;
        let wanted = Parcel {
            id: id.to_owned(),
            message: parcel.message,
            from: parcel.from.clone(),
            to: parcel.to.clone(),
            identity: parcel.identity.clone(),
            status: parcel.status.clone(),
            digest: parcel.blob,
            bytes,
            signed,
            known: self.known_there(&parcel).await?,
        };
        let patience = Duration::from_secs(u64::try_from(self.settings.patience_seconds).unwrap_or(60));
        let outcome = tokio::time::timeout(patience, carry(transport.as_ref(), &wanted, parcel.unknown)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(Trouble::Unknown("quá thời gian chờ".into())));
        match outcome {
            Ok((package, found)) => {
                self.breakers.well(transport.name(), self.now());
                self.note_sent(&parcel, version, package, found).await?;
                Ok(true)
            }
            Err(trouble) => {
                tracing::warn!(parcel = id, attempt, %trouble, "a package could not be sent");
                self.breakers.note(transport.name(), self.now(), &trouble, self.settings.retry_seconds);
                self.note_failed(&parcel, version, attempt, &trouble).await?;
                Ok(false)
            }
        }
    }

    /// The package, if its time has come and none of the same identity goes before it.
    async fn due(&self, id: &str) -> Result<Option<Loaded>, Problem> {
        let row = self.journal.reader().row("SELECT * FROM parcel WHERE parcel = $1", &[id.into()]).await?;
        let Some(row) = row else { return Ok(None) };
        let now = self.now();
        if row.text("state")? != "waiting" || row.time("due")? > now || row.time("until")? > now {
            return Ok(None);
        }
        let sql =
            "SELECT parcel FROM parcel WHERE identity = $1 AND state = 'waiting' AND (at, parcel) < ($2, $3) LIMIT 1";
        let before = [row.text("identity")?.into(), row.int("at")?.into(), id.into()];
        match self.journal.reader().row(sql, &before).await? {
            Some(_) => Ok(None),
            None => loaded(&row).map(Some),
        }
    }

    async fn note_sent(&self, parcel: &Loaded, version: i64, package: String, found: bool) -> Result<(), Problem> {
        let id = parcel.id.as_str();
        for _ in 0..8 {
            let mut body = Sent {
                package: package.clone(),
                found,
                dispatch: parcel.dispatch.clone(),
                codes: Vec::new(),
                silent: Vec::new(),
            };
            let mut change = Change::new();
            if let Some(dispatch) = &parcel.dispatch {
                let line = self.dispatch_line(dispatch).await?;
                for recipient in self.recipients(dispatch).await? {
                    if recipient.status == "unsent" {
                        body.silent.push(recipient.code.clone());
                    }
                    body.codes.push(recipient.code);
                }
                // A receiver may be faster with its status than we with our note: the dispatch must stand as it was read.
                let remind = self.now().day().plus_days(self.settings.remind_days);
                change = change
                    .on(StreamId::new("dispatch", dispatch), Expected::At(line.version))
                    .job(super::outgoing::reminder(dispatch, remind));
            }
            if let Some(next) = self.next_of(parcel).await? {
                change = change.job(job(&next, version, None));
            }
            let draft = ActDraft::new(Office::resource(id, None), &body);
            change = change.on(StreamId::new("parcel", id), Expected::At(version)).act(draft);
            match self.journal.commit(&self.ctx(), change).await {
                Ok(_) => return Ok(()),
                Err(Problem::Conflict { stream, .. }) if stream.starts_with("dispatch:") => {}
                // Somebody else noted it.
                Err(Problem::Conflict { .. }) => return Ok(()),
                Err(problem) => return Err(problem),
            }
        }
        Err(Problem::Unavailable { what: "dispatch", why: "its receivers are changed again and again".into() })
    }

    /// The ids of packages of the same identity that are known to be at the other end.
    async fn known_there(&self, parcel: &Loaded) -> Result<Vec<String>, Problem> {
        let sql = "SELECT package FROM parcel WHERE identity = $1 AND state = 'sent' AND message = $2 LIMIT 10000";
        let of = [(&parcel.identity).into(), parcel.message.text().into()];
        let rows = self.journal.reader().rows(sql, &of).await?;
        let ids = rows.iter().map(|row| Ok(row.opt_text("package")?.unwrap_or_default().to_owned()));
        let ids: Vec<String> = ids.collect::<Result<_, Problem>>()?;
        Ok(ids.into_iter().filter(|id| !id.is_empty()).collect())
    }

    /// The next package of the same identity.
    async fn next_of(&self, parcel: &Loaded) -> Result<Option<String>, Problem> {
        let sql = "SELECT parcel FROM parcel WHERE identity = $1 AND state = 'waiting' AND parcel <> $2 ORDER BY at, parcel LIMIT 1";
        let row = self.journal.reader().row(sql, &[(&parcel.identity).into(), (&parcel.id).into()]).await?;
        row.map(|row| row.text("parcel").map(str::to_owned)).transpose()
    }

    async fn note_failed(&self, parcel: &Loaded, version: i64, attempt: i64, trouble: &Trouble) -> Result<(), Problem> {
        let refused = trouble.word() == "refused";
        // A refusal that is said twice will be said again.
        let over = attempt >= MOST_ATTEMPTS || (refused && parcel.refused);
        let pause = (self.settings.retry_seconds.max(1) << (attempt - 1).clamp(0, 20)).min(LONGEST_PAUSE);
        let due = (!over).then(|| self.now().plus_seconds(pause).micros());
        let known = !parcel.unknown && !matches!(trouble, Trouble::Unknown(_) | Trouble::Taken);
        let body = Failed {
            attempt,
            why: trouble.to_string().replace('\0', " ").chars().take(1000).collect(),
            trouble: trouble.word().into(),
            due,
            known,
            dispatch: parcel.dispatch.clone(),
        };
        if over {
            tracing::error!(parcel = parcel.id, why = body.why, "a package has stopped and waits for a person");
        }
        let draft = ActDraft::new(Office::resource(&parcel.id, None), &body);
        let mut change = Change::new().on(StreamId::new("parcel", &parcel.id), Expected::At(version)).act(draft);
        if over {
            change = change.job(crate::notify::stopped(&parcel.id, version + 1));
        }
        match self.journal.commit(&self.ctx(), change).await {
            Ok(_) | Err(Problem::Conflict { .. }) => Ok(()),
            Err(problem) => Err(problem),
        }
    }
}

/// Sends a package; one whose fate is not known is looked for first. Gives its id, and whether it was found there.
async fn carry(transport: &dyn Transport, parcel: &Parcel, unknown: bool) -> Result<(String, bool), Trouble> {
    if unknown {
        match transport.find(parcel).await {
            Ok(Some(package)) => return Ok((package, true)),
            Ok(None) | Err(Trouble::Unsupported) => {}
            Err(trouble) => return Err(Trouble::Unknown(trouble.to_string())),
        }
    }
    match transport.send(parcel).await {
        Ok(package) => Ok((package, false)),
        Err(Trouble::Taken) => match transport.find(parcel).await {
            Ok(Some(package)) => Ok((package, true)),
            _ => Err(Trouble::Taken),
        },
        Err(trouble) => Err(trouble),
    }
}

/// Sends a package as soon as it is queued.
pub(super) struct Sender(pub Office);

#[async_trait]
impl Worker for Sender {
    fn kind(&self) -> &'static str {
        SEND_JOB
    }
    fn lease(&self) -> Duration {
        let patience = u64::try_from(self.0.settings.patience_seconds).unwrap_or(60);
        Duration::from_secs(patience + 30)
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        let parcel = payload.get("parcel").and_then(Value::as_str).unwrap_or_default();
        Ok(self.0.attempt(parcel).await.map(drop)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_that_fails_again_and_again_is_left_alone_and_then_tried_once() {
        let (breakers, at) = (Breakers::new(), |seconds: i64| Timestamp::from_micros(seconds * 1_000_000));
        let broken = Trouble::Unreachable("x".into());
        for second in 0..3 {
            assert!(breakers.lets("axis", at(second), 60));
            breakers.note("axis", at(second), &broken, 30);
        }
        assert!(!breakers.lets("axis", at(31), 60) && breakers.lets("folder", at(3), 60));
        assert!(breakers.lets("axis", at(32), 60), "one try is let through");
        assert!(!breakers.lets("axis", at(33), 60), "the others wait for its outcome");
        breakers.note("axis", at(34), &broken, 30);
        assert!(!breakers.lets("axis", at(90), 60), "the pause has doubled");
        assert!(breakers.lets("axis", at(94), 60));
        breakers.well("axis", at(95));
        assert!(breakers.lets("axis", at(95), 60) && breakers.lets("axis", at(95), 60));
    }

    #[test]
    fn a_refusal_is_the_packages_matter_and_not_the_ways() {
        let (breakers, now) = (Breakers::new(), Timestamp::from_micros(0));
        let refused = Trouble::Refused { code: "400".into(), why: "x".into() };
        for _ in 0..10 {
            breakers.note("axis", now, &refused, 30);
        }
        assert!(breakers.lets("axis", now, 60));
    }
}
