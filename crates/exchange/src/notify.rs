//! Tells people what waits for them: a package that has stopped, receivers that are silent beyond their day.
//!
//! Told are whoever sent the document or handled the arrival last, and all clerks who may start packages again by the
//! policies. The jobs stand in the change that made it so; [`cases::matters`] keeps each notice to once.

use crate::casework::Casework;
use crate::office::Office;
use async_trait::async_trait;
use cases::matters::Matter;
use directory::Position;
use journal::{JobDraft, JobError, Row, Worker};
use kernel::{Actor, Ctx, Day, PersonId, Problem, Strength, id::RequestId};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The kind of the job that tells people.
pub(crate) const NOTICE_JOB: &str = "exchange-notice";

/// The job that tells of a package that has stopped. Each time that it stops is told of.
pub(crate) fn stopped(parcel: &str, version: i64) -> JobDraft {
    let id = format!("parcel/{parcel}/stopped/{version}");
    JobDraft::new(NOTICE_JOB, id.clone(), json!({"notice": id, "parcel": parcel}))
}

/// The job that tells of silent receivers of a dispatch. They are told of once, however long they are silent.
pub(crate) fn silent(dispatch: &str, day: Day) -> JobDraft {
    let id = format!("dispatch/{dispatch}/silent");
    JobDraft::new(NOTICE_JOB, format!("{id}/{day}"), json!({"notice": id, "dispatch": dispatch}))
}

/// Tells people.
pub(crate) struct Notifier(pub Casework);

#[async_trait]
impl Worker for Notifier {
    fn kind(&self) -> &'static str {
        NOTICE_JOB
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str);
        let id = text("notice").ok_or_else(|| JobError::Hopeless("the job names no notice".into()))?;
        match (text("parcel"), text("dispatch")) {
            (Some(parcel), _) => Ok(self.0.tell_stopped(id, parcel).await?),
            (None, Some(dispatch)) => Ok(self.0.tell_silent(id, dispatch).await?),
            (None, None) => Err(JobError::Hopeless("the job names neither package nor dispatch".into())),
        }
    }
}

impl Casework {
    async fn tell_stopped(&self, id: &str, parcel: &str) -> Result<(), Problem> {
        let sql = "SELECT p.dispatch, p.arrival, d.actor FROM parcel p LEFT JOIN dispatch d ON d.dispatch = p.dispatch \
                   WHERE p.parcel = $1 AND p.state = 'stopped'";
        // It was started again before anybody was told.
        let Some(row) = self.office.journal.reader().row(sql, &[parcel.into()]).await? else { return Ok(()) };
        let matter = match (row.opt_text("dispatch")?, row.opt_text("arrival")?) {
            (Some(dispatch), _) => format!("dispatch:{dispatch}"),
            (None, Some(arrival)) => format!("arrival:{arrival}"),
            (None, None) => return Ok(()),
        };
        let mut people: BTreeSet<PersonId> = row.opt_text("actor")?.and_then(person).into_iter().collect();
        if let Some(arrival) = row.opt_text("arrival")? {
            people.extend(self.handled_last(arrival).await?);
        }
        self.tell(id, matter, "parcel-stopped", people).await
    }

    async fn tell_silent(&self, id: &str, dispatch: &str) -> Result<(), Problem> {
        let actor = self.office.dispatch_line(dispatch).await?.actor;
        self.tell(id, format!("dispatch:{dispatch}"), "recipient-silent", person(&actor).into_iter().collect()).await
    }

    async fn tell(
        &self,
        id: &str,
        matter: String,
        what: &'static str,
        mut people: BTreeSet<PersonId>,
    ) -> Result<(), Problem> {
        people.extend(self.clerks().await?);
        let since = self.office.now();
        let resource = Office::resource(matter.split_once(':').map_or("all", |(_, id)| id), None);
        self.cases.tell_matter(Matter { id: id.to_owned(), matter, what, since, resource }, &people).await
    }

    /// The clerks who may start packages again today.
    async fn clerks(&self) -> Result<BTreeSet<PersonId>, Problem> {
        let now = self.office.now();
        let bodies = self.directory.bodies(now.day()).await?;
        let seats: Vec<String> = bodies.iter().map(|body| format!("{}@{}", Position::CLERK, body.id)).collect();
        let mut clerks = BTreeSet::new();
        for person in self.cases.people_of(&seats).await? {
            let Some(facts) = self.directory.ctx_facts(&person, now).await? else { continue };
            let request = RequestId::mint(self.office.journal.clock(), self.office.journal.entropy());
            let ctx = Ctx { actor: Actor::Person(facts), strength: Strength::TwoFactor, at: now, request };
            if self.office.may(&ctx, "parcel.resumed", &Office::resource("all", None)) {
                clerks.insert(person);
            }
        }
        Ok(clerks)
    }

    async fn handled_last(&self, arrival: &str) -> Result<Option<PersonId>, Problem> {
        let sql = "SELECT actor FROM arrival_deed WHERE arrival = $1 ORDER BY version DESC LIMIT 100";
        let rows = self.office.journal.reader().rows(sql, &[arrival.into()]).await?;
        let actors = rows.iter().map(|row: &Row| row.text("actor")).collect::<Result<Vec<_>, _>>()?;
        Ok(actors.into_iter().find_map(person))
    }
}

/// The person of an actor (`person:<id>`); none where the program acted.
fn person(actor: &str) -> Option<PersonId> {
    PersonId::new(actor.strip_prefix("person:")?).ok()
}
