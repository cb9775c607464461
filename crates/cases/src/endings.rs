//! Certificates that end: their holders are told 90, 30 and 7 days before, by the same notices and letters as of deadlines.
//!
//! The directory cannot import what stands here, so its certificates bring a job ([`directory::renewal`]) that is done here.
//! Each notice is an act on a stream of its own, so it is raised once, whatever runs twice.

use crate::{Cases, acts::CertificateEnding, notices::DUTY};
use async_trait::async_trait;
use directory::{
    Holder, Position, acts,
    renewal::{self, Ending},
};
use journal::{Change, Expected, JobError, Worker};
use kernel::{ActDraft, PersonId, Problem, StreamId};
use serde_json::Value;
use std::collections::BTreeSet;

/// Tells holders of certificates that end.
pub(crate) struct Endings(pub Cases);

#[async_trait]
impl Worker for Endings {
    fn kind(&self) -> &'static str {
        renewal::JOB
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        let certificate = payload.get("certificate").and_then(Value::as_str);
        let certificate = certificate.ok_or_else(|| JobError::Hopeless("the job names no certificate".into()))?;
        Ok(self.0.tell_ending(certificate).await?)
    }
}

impl Cases {
    /// Tells whom it concerns that a certificate ends, if its end is near and nobody has renewed it; sets the next look.
    async fn tell_ending(&self, certificate: &str) -> Result<(), Problem> {
        let Some(ending) = self.directory.ending(certificate).await? else { return Ok(()) };
        let ctx = self.program(DUTY);
        let mut change = match ending.days {
            Some(days) if !ending.silent => self.ending_notice(&ending, days).await?,
            _ => Change::new(),
        };
        if let Some(job) = renewal::next(&ending.serial, ending.until, ctx.at) {
            change = change.job(job);
        }
        match self.journal.commit(&ctx, change).await {
            // Told before: the job ran twice.
            Err(Problem::Conflict { .. }) => Ok(()),
            other => other.map(drop),
        }
    }

    async fn ending_notice(&self, ending: &Ending, days: i64) -> Result<Change, Problem> {
        let mut to = Vec::new();
        for person in self.concerned(&ending.holder).await? {
            if self.directory.person(&person).await?.is_some_and(|p| p.active) {
                to.push(person);
            }
        }
        if to.is_empty() {
            return Ok(Change::new());
        }
        let id = format!("certificate/{}/{days}", ending.serial);
        let letters = self.letters_about(&id, &format!("certificate-{days}"), &to).await?;
        let told = CertificateEnding { certificate: ending.serial.clone(), days, until: ending.until, to };
        let draft = ActDraft::new(acts::certificate_resource(&ending.serial, &ending.holder), &told);
        let change = Change::new().on(StreamId::new("notice", &id), Expected::New).act(draft);
        Ok(letters.into_iter().fold(change, Change::job))
    }

    /// The holder; of a body's seal those who lead the body.
    async fn concerned(&self, holder: &Holder) -> Result<BTreeSet<PersonId>, Problem> {
        match holder {
            Holder::Person(person) => Ok([person.clone()].into()),
            Holder::Body(body) => {
                let leaders = [Position::HEAD, Position::CHAIRPERSON].map(|position| format!("{position}@{body}"));
                self.people_of(&leaders).await
            }
            // Services are renewed by the house, devices by themselves; the desk's lists show one that was not.
            Holder::Service(_) | Holder::Device(_) => Ok(BTreeSet::new()),
        }
    }
}
