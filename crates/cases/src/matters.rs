//! Matters beside cases that wait for a person: told by the same notices and letters as deadlines.
//!
//! Another room knows what waits and whom it concerns; here it becomes an act on a stream of its own, so it is told once,
//! whatever runs twice. The act names the stream of what waits and says nothing of what it is about.

use crate::{Cases, acts::MatterRaised, notices::DUTY};
use journal::{Change, Expected};
use kernel::{ActDraft, PersonId, Problem, Resource, StreamId, Timestamp};
use std::collections::BTreeSet;

/// Something that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matter {
    /// The id of the notice: the same id is told once.
    pub id: String,
    /// The stream of what waits: `dispatch:<id>`.
    pub matter: String,
    /// Why it waits: the message `notice-<what>` has the words.
    pub what: &'static str,
    /// Since when.
    pub since: Timestamp,
    /// What the policies see.
    pub resource: Resource,
}

impl Cases {
    /// Tells people of a matter, those left out who have left; once for each id.
    ///
    /// # Errors
    /// Storage; the policies' refusal for a resource of which nobody is told.
    pub async fn tell_matter(&self, matter: Matter, people: &BTreeSet<PersonId>) -> Result<(), Problem> {
        let mut to = Vec::new();
        for person in people {
            if self.directory.person(person).await?.is_some_and(|p| p.active) {
                to.push(person.clone());
            }
        }
        if to.is_empty() {
            return Ok(());
        }
        let letters = self.letters_about(&matter.id, matter.what, &to).await?;
        let raised = MatterRaised { matter: matter.matter, what: matter.what.to_owned(), since: matter.since, to };
        let draft = ActDraft::new(matter.resource, &raised);
        let change = Change::new().on(StreamId::new("notice", &matter.id), Expected::New).act(draft);
        let change = letters.into_iter().fold(change, Change::job);
        match self.journal.commit(&self.program(DUTY), change).await {
            // Told before: the job ran twice.
            Err(Problem::Conflict { .. }) => Ok(()),
            other => other.map(drop),
        }
    }
}
