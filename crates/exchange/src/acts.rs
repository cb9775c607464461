//! The acts of the hub. Frozen once recorded: fields may be added as optional ones, never renamed.

use kernel::{ActBody, Digest};
use serde::{Deserialize, Serialize};

macro_rules! acts {
    ($($name:ident = $kind:literal),* $(,)?) => { $(impl ActBody for $name { const KIND: &'static str = $kind; })* };
}
acts! {
    SystemAdmitted = "axis.system_admitted", AgencyRegistered = "axis.agency_registered",
    AgencyRemoved = "axis.agency_removed", PackageTaken = "axis.package_taken", DeliveryNoted = "axis.delivery_noted",
}

/// A system may connect (`axis-system:<id>`). Its secret, sealed, is the private part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemAdmitted {
    /// Its name on the wire.
    pub id: String,
    /// Whose it is.
    pub name: String,
    /// How many packages it may send in a day.
    pub quota: i64,
}

/// The private part of [`SystemAdmitted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSecret {
    /// Under the master key, for the context `axis-secret:<system>`.
    pub sealed: String,
}

/// A body is reached through a system (`axis-agency:<identifier>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgencyRegistered {
    /// Its identifier.
    pub code: String,
    /// The identifier of the body above it, or nothing.
    pub parent: String,
    /// Its name.
    pub name: String,
    /// Its electronic address.
    pub mail: String,
    /// Its telephone.
    pub mobile: String,
    /// Its fax.
    pub fax: String,
    /// Through which system.
    pub system: String,
}

/// A body is no longer reached through the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgencyRemoved {
    /// Its identifier.
    pub code: String,
}

/// A body and the system through which it is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The identifier of the body.
    pub code: String,
    /// The system.
    pub system: String,
}

/// The hub took a package (`axis-package:<id>`) and answers for its delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageTaken {
    /// The id that the hub gave it.
    pub id: String,
    /// `edoc` or `status`.
    pub message: String,
    /// Who sent it.
    pub from: Party,
    /// Who gets it.
    pub to: Vec<Party>,
    /// The subject, or what a status says.
    pub title: String,
    /// Number and notation.
    pub notation: String,
    /// The sender's own identifier of the document.
    pub document: String,
    /// The package with the hub's station.
    pub blob: Digest,
    /// Its bytes.
    pub length: i64,
    /// The SHA-256 of the package as it came.
    pub came: Digest,
}

/// A receiver's system told how far it is with a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryNoted {
    /// Which package.
    pub id: String,
    /// Which system.
    pub system: String,
    /// The receivers behind it.
    pub codes: Vec<String>,
    /// `processing`, `done` or `fail`.
    pub status: String,
}
