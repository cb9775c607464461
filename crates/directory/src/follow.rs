//! Certificates follow the directory: who leaves, or gives up the position that the certificate names, signs with it no
//! more. A job does it, so that an end that lies in the future comes on its day.

use crate::{Holder, Keys, keys::cut, model::Basis};
use async_trait::async_trait;
use journal::{JobDraft, JobError, Worker};
use kernel::{Day, PersonId, Problem};
use pki::{Reason, oid};
use serde_json::{Value, json};

const KIND: &str = "certificates-follow";

/// The job that looks at a person's certificates on a day: the first on which something is no longer held.
pub(crate) fn job(person: &PersonId, on: Day) -> JobDraft {
    JobDraft::new(KIND, format!("{person}/{on}"), json!({"person": person})).at(on.start())
}

/// Runs the job.
pub(crate) struct Following(pub(crate) Keys);

#[async_trait]
impl Worker for Following {
    fn kind(&self) -> &'static str {
        KIND
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        let person = payload.get("person").and_then(Value::as_str).and_then(|text| PersonId::new(text).ok());
        let person = person.ok_or_else(|| JobError::Hopeless("the job names no person".into()))?;
        self.0.follow(&person).await?;
        Ok(())
    }
}

impl Keys {
    /// Revokes the certificates of a person that name what is no longer so. A certificate that names no position ends
    /// when the person leaves.
    ///
    /// # Errors
    /// Storage.
    pub async fn follow(&self, person: &PersonId) -> Result<(), Problem> {
        let Some(view) = self.directory.person(person).await? else { return Ok(()) };
        let held = self.directory.positions_of(person, self.clock.now().day()).await?;
        for stored in self.of_holder(&Holder::Person(person.clone())).await? {
            let over = stored.revoked.is_some() && !stored.on_hold();
            if over || stored.certificate.not_after() < self.clock.now() {
                continue;
            }
            let subject = stored.certificate.subject();
            let (title, body) = (subject.get(oid::TITLE), subject.get(oid::ORGANIZATION));
            let names_held = |title: &str| {
                held.iter().any(|h| cut(&h.title) == title && body.is_none_or(|body| cut(&h.body_name) == body))
            };
            let (reason, why) = match title {
                _ if !view.active => (Reason::CessationOfOperation, "Người giữ chứng thư thôi công tác"),
                // What others certified names things in their words: only leaving ends it here.
                Some(title) if stored.own && !names_held(title) => {
                    (Reason::AffiliationChanged, "Người giữ chứng thư thôi chức vụ ghi trong chứng thư")
                }
                _ => continue,
            };
            match self.revoke(&self.program()?, &stored.serial, reason, &Basis::cited(why)).await {
                Err(Problem::Refused { code: "certificate-revoked", .. }) => {}
                other => other?,
            }
        }
        Ok(())
    }
}
