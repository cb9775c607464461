//! Effects of a decision on the directory: what an issued resolution changes about people and bodies.
//!
//! A procedure declares effects by kind and parameters; once the parameters are bound to real people and bodies, this
//! module says in words what will happen ([`Directory::preview`]) and writes the acts that make it happen
//! ([`Directory::enact`]). It commits nothing: the caller commits the change with the act that issues the document.

use crate::{
    Directory,
    model::{Basis, KeptRegime, NewBody, Position},
};
use journal::Change;
use kernel::{BodyId, Day, PersonId, Problem};
use serde::{Deserialize, Serialize};

/// One member of a body that a decision sets up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// Who.
    pub person: PersonId,
    /// As what: `head`, `deputy-head`, `member`.
    pub position: Position,
}

/// One target that a decision declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Code of the indicator, such as `nguoi-co-chu-ky-so`.
    pub code: String,
    /// What is measured.
    pub name: String,
    /// The same in English.
    pub name_en: String,
    /// A code of [`crate::Measure`].
    pub measure: String,
    /// The target in whole per cent.
    pub target: i64,
    /// The day by which it is to be met.
    pub by: Day,
}

/// An effect with its parameters bound. Serialised as `{"kind": "end-position", …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Effect {
    /// A person's position in a body ends.
    EndPosition {
        /// Who.
        person: PersonId,
        /// In which body.
        body: BodyId,
        /// As what.
        position: Position,
        /// The first day on which it is held no more.
        from: Day,
    },
    /// A body is set up with its people.
    EstablishBody {
        /// The body.
        body: NewBody,
        /// Its people.
        members: Vec<Seat>,
    },
    /// A deputy works full-time in a delegation.
    AssignDeputy {
        /// Who.
        person: PersonId,
        /// The delegation.
        body: BodyId,
        /// The first day.
        from: Day,
        /// The first day on which it is held no more (the end of the term), when known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Day>,
    },
    /// Bodies end, their people pass to another body, and a regime is kept.
    EndBodies {
        /// The bodies that end.
        bodies: Vec<EndedBody>,
        /// The body to which the people pass.
        to: BodyId,
        /// What is kept, in words.
        what: String,
    },
    /// Targets become indicators.
    DeclareIndicators {
        /// The targets.
        targets: Vec<Target>,
    },
}

/// A body that a decision ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndedBody {
    /// Which.
    pub body: BodyId,
    /// The first day on which it is no more.
    pub from: Day,
}

/// One line of the preview: what will have changed once the document is issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectLine {
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}
