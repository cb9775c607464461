//! Who acts: the person or the system itself, in which positions, how strongly authenticated, in which request.

use crate::{Day, Grade, PersonId, Timestamp, id::RequestId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How strongly the actor has shown who they are; stronger is larger.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Nobody has signed in.
    #[default]
    None = 0,
    /// Signed in with a password only.
    Password = 1,
    /// Signed in with a password and a second factor.
    TwoFactor = 2,
    /// Gave the second factor again with this very request: needed for ballots and signatures.
    Fresh = 3,
}

/// Work of a seat that its holder has handed to this person for a time (ủy quyền), in force now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// Which delegation.
    pub delegation: String,
    /// Who holds the seat.
    pub holder: PersonId,
    /// Their name.
    pub holder_name: String,
    /// The seat, `position@body`.
    pub seat: String,
    /// Which kinds of work: `work`, `opinion`, `issue`.
    pub kinds: BTreeSet<String>,
    /// In which fields of work; empty for all.
    pub fields: BTreeSet<String>,
    /// The last day.
    pub last: Day,
    /// Whether it may be handed on.
    pub onward: bool,
}

/// A signed-in person as the policies see them, at the time of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// Full name, as shown in the timeline.
    pub name: String,
    /// Positions held now, each `position@body`: `chairperson@ubtvqh`, `clerk@vp-van-thu`.
    pub positions: BTreeSet<String>,
    /// Bodies in which a position is held now, with the bodies above them.
    pub bodies: BTreeSet<String>,
    /// The highest grade that the person is cleared for.
    pub clearance: Grade,
    /// The position under which the person acts now, one of `positions`, as shown in the timeline.
    pub acting_as: Option<String>,
    /// What others have handed to the person for a time.
    pub handed: Vec<Handed>,
    /// For whom the person acts now, when not for themselves: one of `handed`.
    pub acting_for: Option<Box<Handed>>,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A reader of the public site.
    Public,
    /// A person who has signed in.
    Person(Person),
    /// The program itself: a job, a timer, the seeding of the demo. The text names which.
    System(&'static str),
}

/// The context of one request; every call that reads or writes takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ctx {
    /// Who acts.
    pub actor: Actor,
    /// How strongly authenticated.
    pub strength: Strength,
    /// When the request came in.
    pub at: Timestamp,
    /// Which request.
    pub request: RequestId,
}

impl Ctx {
    /// The context of the program itself.
    pub fn system(name: &'static str, at: Timestamp, request: RequestId) -> Ctx {
        Ctx { actor: Actor::System(name), strength: Strength::None, at, request }
    }
    /// The signed-in person, if there is one.
    pub fn person(&self) -> Option<&Person> {
        match &self.actor {
            Actor::Person(person) => Some(person),
            Actor::Public | Actor::System(_) => None,
        }
    }
    /// The same person acting under what was handed to them: `B acting for A`. Their own seats do not count then.
    #[must_use]
    pub fn acting_for(&self, handed: &Handed) -> Ctx {
        let mut ctx = self.clone();
        if let Actor::Person(person) = &mut ctx.actor {
            person.acting_as = Some(handed.seat.clone());
            person.acting_for = Some(Box::new(handed.clone()));
        }
        ctx
    }
    /// The same context after the second factor was given with this request.
    #[must_use]
    pub fn stepped_up(mut self) -> Ctx {
        self.strength = Strength::Fresh;
        self
    }
}
