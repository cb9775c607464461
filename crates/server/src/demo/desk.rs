//! The demo's people at work: who holds a position, and the context in which they act.
//!
//! The seeding stands in for the people: it does what each would do at the pages, under each one's own rights, and the
//! policies are asked as always. Nobody's second factor is used up; that is why every act that it records in a person's
//! name carries a request id that begins with `seed-`.

use crate::wire::House;
use anyhow::Context;
use directory::Position;
use kernel::{Actor, BodyId, Ctx, PersonId, Strength, id, id::RequestId};

/// Stands in for the demo's people.
pub struct Desk<'a> {
    /// The services.
    pub house: &'a House,
}

impl<'a> Desk<'a> {
    /// Over an opened house.
    pub fn new(house: &'a House) -> Desk<'a> {
        Desk { house }
    }

    /// The first who holds a position and can sign in.
    pub async fn holder(&self, position: &'static str, body: &str) -> anyhow::Result<Ctx> {
        let today = self.house.journal.clock().now().day();
        let position = Position::known(position);
        let body = BodyId::new(body)?;
        for held in self.house.directory.holders(&body, &position, today).await? {
            let person = self.house.directory.person(&held.assignment.person).await?;
            if person.is_some_and(|person| person.login.is_some()) {
                return self.ctx(&held.assignment.person, &position.at(&body)).await;
            }
        }
        anyhow::bail!("nobody of the demo is {position} of {body}")
    }

    /// A person at work, acting in a position, as if with the second factor given for the request.
    pub async fn ctx(&self, person: &PersonId, acting_as: &str) -> anyhow::Result<Ctx> {
        let journal = &self.house.journal;
        let now = journal.clock().now();
        let facts = self.house.directory.ctx_facts(person, now).await?;
        let mut facts = facts.with_context(|| format!("there is no {person}"))?;
        facts.acting_as = Some(acting_as.to_owned());
        let request = RequestId::new(id::mint("seed", journal.clock(), journal.entropy()))?;
        Ok(Ctx { actor: Actor::Person(facts), strength: Strength::Fresh, at: now, request })
    }
}
