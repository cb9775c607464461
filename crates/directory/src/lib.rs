//! The directory: who the Assembly's people are, which bodies there are, who holds which position in which body and
//! when, how a person signs in, and with which certificate a person or a body signs.
//!
//! Everything here is an act that goes through [`journal::Journal::commit`] on one of the streams `person:<id>`,
//! `body:<id>`, `login:<name>`, `credential:<person>`, `signin:<person>`, `session:<id>`, `certificate:<serial>`,
//! `delegation:<id>`, `feed:<person>`, `enrolment:<id>`, `device:<id>`, `acme-order:<id>`, `trust:<fingerprint>`,
//! `authority:<key>`, `time-stamps:<day>` and
//! `indicator:<code>`; the tables are pure projections of those acts and can be thrown away. Personal data that the law
//! may order erased (birth date, telephone, personal number, password hash, second-factor secret, sealed keys) travels
//! in the `private` part of an act.
//!
//! This crate must never know HTTP, read the clock or draw randomness on its own, write to storage except through the
//! journal, or keep a password, a second-factor secret or a private key unsealed.

pub mod acme;
pub mod acts;
pub mod apart;
mod authority;
mod bodies;
pub mod coverage;
pub mod delegations;
pub mod devices;
pub mod drafts;
pub mod effects;
pub mod enrolments;
mod feeds;
mod follow;
pub mod indicators;
pub mod keys;
mod limits;
pub mod model;
pub mod password;
pub mod people;
pub mod projection;
pub mod query;
pub mod renewal;
mod service_keys;
pub mod sessions;
pub mod signin;
mod status;
pub mod titles;
pub mod totp;
pub mod trust_list;

pub use acts::{Holder, Source};
pub use apart::{AuthorityState, Handed};
pub use authority::{CrlKind, Services};
pub use delegations::{Delegation, NewDelegation};
pub use effects::{Effect, EffectLine};
pub use indicators::{Gauges, Indicator, IndicatorReading, Measure, Share};
pub use keys::{Coverage, Keys};
pub use model::{
    Assignment, AssignmentView, Basis, Body, BodyKind, BodyNode, KeptRegime, NewAssignment, NewBody, NewPerson, Page,
    PersonPrivate, PersonView, Position,
};
pub use people::Correction;
pub use query::PeopleFilter;
pub use service_keys::Token;
pub use sessions::{Session, SignedIn};
pub use signin::{Begun, Opened, Origin, SignIn};
pub use status::StatusAnswer;

use journal::{Journal, Projection};
use std::sync::Arc;

/// People, bodies and positions over the journal. Cheap to clone.
#[derive(Clone)]
pub struct Directory {
    journal: Journal,
}

impl Directory {
    /// The directory over an open journal; the journal must have been opened with [`Directory::projections`].
    pub fn new(journal: Journal) -> Directory {
        Directory { journal }
    }

    /// The projections that the journal must be opened with.
    pub fn projections() -> Vec<Arc<dyn Projection>> {
        vec![
            Arc::new(projection::PeopleAndBodies),
            Arc::new(projection::Access),
            Arc::new(projection::Certificates),
            Arc::new(projection::Authorities),
            Arc::new(projection::Enrolments),
            Arc::new(projection::Devices),
            Arc::new(projection::TrustAnchors),
            Arc::new(projection::Indicators),
            Arc::new(projection::Delegations),
            Arc::new(projection::Feeds),
        ]
    }

    /// The journal beneath.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }
}
