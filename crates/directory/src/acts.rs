//! The acts of the directory: what enters the journal on the streams of people, bodies, credentials, sessions,
//! certificates and indicators. The serialised forms are frozen: add optional fields, never rename.

use crate::model::{Basis, BodyKind, KeptRegime, Position};
use kernel::{
    ActBody, BodyId, CaseId, Day, Digest, Grade, PersonId, Resource, StreamId, Strength, Timestamp, id::AssignmentId,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

macro_rules! act {
    ($(#[$doc:meta])* $kind:literal $name:ident { $($(#[$fdoc:meta])* $field:ident : $ty:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name { $($(#[$fdoc])* pub $field: $ty),* }
        impl ActBody for $name { const KIND: &'static str = $kind; }
    };
}

act! {
    /// A person was entered. Private: [`crate::PersonPrivate`].
    "person.registered" PersonRegistered {
        /// Who.
        person: PersonId,
        /// Full name.
        name: String,
        /// The name to sign in with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        login: Option<String>,
        /// The highest grade that the person is cleared for.
        clearance: Grade,
    }
}
act! {
    /// A person's entry was corrected; what is absent stays. Private: [`crate::PersonPrivate`], when it changes.
    "person.corrected" PersonCorrected {
        /// Who.
        person: PersonId,
        /// The new full name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The new name to sign in with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        login: Option<String>,
        /// Whether the person is still with the Assembly.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        active: Option<bool>,
        /// On what ground.
        basis: Basis,
    }
}
act! {
    /// A person was cleared for a secrecy grade.
    "person.cleared" PersonCleared {
        /// Who.
        person: PersonId,
        /// The highest grade from now on.
        clearance: Grade,
        /// On what ground.
        basis: Basis,
    }
}
act! {
    /// A body was set up.
    "body.established" BodyEstablished {
        /// Its code.
        body: BodyId,
        /// Vietnamese name.
        name: String,
        /// English name.
        name_en: String,
        /// What sort of body.
        kind: BodyKind,
        /// The body above it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        superior: Option<BodyId>,
        /// The first day.
        from: Day,
        /// The place among its sisters.
        order: i64,
        /// On what ground.
        basis: Basis,
        /// The case to which it belongs, as a drafting committee to its bill.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_case: Option<CaseId>,
    }
}
act! {
    /// A body ended.
    "body.ended" BodyEnded {
        /// Which.
        body: BodyId,
        /// The first day on which it is no more.
        until: Day,
        /// The body to which its people and duties passed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        passed_to: Option<BodyId>,
        /// On what ground.
        basis: Basis,
    }
}
act! {
    /// A person took up a position in a body.
    "assignment.started" AssignmentStarted {
        /// Which holding.
        assignment: AssignmentId,
        /// Who.
        person: PersonId,
        /// In which body.
        body: BodyId,
        /// As what.
        position: Position,
        /// The first day.
        from: Day,
        /// The first day on which it is held no more, when known ahead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Day>,
        /// Whether full-time.
        full_time: bool,
        /// On what ground.
        basis: Basis,
    }
}
act! {
    /// A person's holding of a position ended, or its end was fixed.
    "assignment.ended" AssignmentEnded {
        /// Which holding.
        assignment: AssignmentId,
        /// Who.
        person: PersonId,
        /// In which body.
        body: BodyId,
        /// As what.
        position: Position,
        /// The first day on which it is held no more.
        until: Day,
        /// On what ground.
        basis: Basis,
    }
}
act! {
    /// A person keeps a regime after a position or a body ended.
    "regime.kept" RegimeKept {
        /// Who.
        person: PersonId,
        /// What is kept, by whom, how long.
        regime: KeptRegime,
        /// On what ground.
        basis: Basis,
    }
}
act! {
    /// A target was declared as an indicator that is computed from data.
    "indicator.declared" IndicatorDeclared {
        /// Its code, the id of the stream.
        code: String,
        /// What is measured, in Vietnamese.
        name: String,
        /// The same in English.
        name_en: String,
        /// How it is measured: a code of [`crate::Measure`].
        measure: String,
        /// The target in whole per cent.
        target: i64,
        /// The day by which the target is to be met.
        by: Day,
        /// On what ground.
        basis: Basis,
    }
}

act! {
    /// A name to sign in with was given to a person. It stands on the stream `login:<name>`, which can begin only once,
    /// so no two people ever share a name.
    "login.taken" LoginTaken {
        /// The name.
        login: String,
        /// Whose.
        person: PersonId,
    }
}

/// What kind of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A password, kept as an argon2id hash.
    Password,
    /// A time-based one-time code (RFC 6238).
    Totp,
}

act! {
    /// A credential was set or replaced. Private: [`CredentialSecret`].
    "credential.set" CredentialSet {
        /// Whose.
        person: PersonId,
        /// What kind.
        credential: CredentialKind,
    }
}

/// The private part of [`CredentialSet`]: a hash, or a secret sealed under the master key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialSecret {
    /// PHC string of the password, or the sealed second-factor secret.
    pub secret: String,
}

act! {
    /// Signing in was closed for a while after too many failures.
    "credential.locked" CredentialLocked {
        /// Whose.
        person: PersonId,
        /// Until when.
        until: Timestamp,
        /// Failures in a row.
        failures: i64,
    }
}
act! {
    /// Attempts to sign in failed. One act stands for all of a short time, so that an attacker cannot make the
    /// journal grow. Private: where the last one came from.
    "session.refused" SessionRefused {
        /// Whose account; absent when there is no such account.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonId>,
        /// How many attempts this act stands for.
        attempts: i64,
        /// Since when they are counted.
        since: Timestamp,
    }
}
act! {
    /// The second factor was given; its time step cannot be used again.
    "session.strengthened" SessionStrengthened {
        /// Who.
        person: PersonId,
        /// In which session; absent while enrolling.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
        /// The time step of the code (seconds since 1970 divided by 30).
        step: i64,
    }
}
act! {
    /// A person signed in.
    "session.opened" SessionOpened {
        /// Which session.
        session: String,
        /// Who.
        person: PersonId,
        /// SHA-256 of the token that the browser holds.
        token: Digest,
        /// SHA-256 of the device cookie to which the session is pinned.
        device: Digest,
        /// How strongly.
        strength: Strength,
        /// When it ends at the latest.
        expires: Timestamp,
    }
}
act! {
    /// A session is still in use; recorded sparsely, for the idle limit.
    "session.continued" SessionContinued {
        /// Which session.
        session: String,
        /// Whose.
        person: PersonId,
    }
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// The person signed out.
    SignedOut,
    /// The person or an administrator ended it from elsewhere.
    Revoked,
    /// It lay idle too long.
    Idle,
    /// It reached its latest end.
    Expired,
}

act! {
    /// A session ended.
    "session.ended" SessionEnded {
        /// Which session.
        session: String,
        /// Whose.
        person: PersonId,
        /// Why.
        why: SessionEnd,
    }
}

/// Whose certificate it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A person.
    Person(PersonId),
    /// A body: its seal.
    Body(BodyId),
    /// A service of the house: `root`, `issuing`, `time-stamping`, `status`, `tls:<host>`.
    Service(String),
    /// A device or server that the desk admitted.
    Device(String),
}

impl Holder {
    /// `person:…`, `body:…`, `service:…` or `device:…`, as in tables.
    pub fn code(&self) -> String {
        match self {
            Holder::Person(id) => format!("person:{id}"),
            Holder::Body(id) => format!("body:{id}"),
            Holder::Service(name) => format!("service:{name}"),
            Holder::Device(id) => format!("device:{id}"),
        }
    }
}

act! {
    /// A certificate was issued. Private: [`SealedKey`], when the key is kept here.
    "certificate.issued" CertificateIssued {
        /// Serial number in lower-case hexadecimal, the id of the stream.
        serial: String,
        /// Whose.
        holder: Holder,
        /// The certificate, DER in base64.
        certificate: String,
        /// SHA-256 of the DER.
        fingerprint: Digest,
        /// First instant of validity.
        from: Timestamp,
        /// Last instant of validity.
        until: Timestamp,
        /// On what ground.
        basis: Basis,
        /// The request that it answers; its holder takes it into use before it signs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        enrolment: Option<String>,
        /// The label of its key, when that is on the token of the authority's services.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
    }
}

/// The private part of [`CertificateIssued`]: the key, sealed under the master key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedKey {
    /// The sealed PKCS#8 key.
    pub sealed_key: String,
}

act! {
    /// A certificate was revoked, at once.
    "certificate.revoked" CertificateRevoked {
        /// Serial number.
        serial: String,
        /// Whose.
        holder: Holder,
        /// Why: a code of RFC 5280 section 5.3.1, such as `key_compromise`, `cessation_of_operation`.
        reason: String,
        /// On what ground.
        basis: Basis,
        /// Since when, when it was suspended before: what was signed in between counts no more than what comes after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
    }
}

act! {
    /// A person handed the work of a seat to another for a time.
    "delegation.granted" DelegationGranted {
        /// Which.
        delegation: String,
        /// Who handed over.
        giver: PersonId,
        /// Who holds the seat: the giver, or who handed it to the giver.
        holder: PersonId,
        /// To whom.
        to: PersonId,
        /// The seat, `position@body`.
        seat: String,
        /// Kinds of work: codes of `policies/delegation.toml`.
        kinds: BTreeSet<String>,
        /// Fields of work; empty for all.
        fields: BTreeSet<String>,
        /// The first day.
        first: Day,
        /// The last day.
        last: Day,
        /// Whether it may be handed on once.
        onward: bool,
        /// The delegation that allowed to hand on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        under: Option<String>,
        /// Why.
        reason: String,
        /// What the law lets be handed over, kind by kind, as it stood then.
        basis: String,
    }
}
act! {
    /// A delegation was ended before its time, at once.
    "delegation.revoked" DelegationRevoked {
        /// Which.
        delegation: String,
    }
}

act! {
    /// A person's calendar was opened under a new secret address; the one before ended.
    "feed.opened" FeedOpened {
        /// Whose.
        person: PersonId,
        /// SHA-256 of the secret in the address.
        token: Digest,
    }
}
act! {
    /// The secret address of a person's calendar was ended.
    "feed.closed" FeedClosed {
        /// Whose.
        person: PersonId,
    }
}

mod authority;
mod certification;
mod devices;
pub use authority::*;
pub use certification::*;
pub use devices::*;

/// `person:<id>`.
pub fn person_stream(person: &PersonId) -> StreamId {
    StreamId::new("person", person)
}
/// `body:<id>`.
pub fn body_stream(body: &BodyId) -> StreamId {
    StreamId::new("body", body)
}
/// `credential:<person>`: a person's credentials and their use, apart from the person's career.
pub fn credential_stream(person: &PersonId) -> StreamId {
    StreamId::new("credential", person)
}
/// `login:<name>`.
pub fn login_stream(login: &str) -> StreamId {
    StreamId::new("login", login)
}
/// `signin:<person>`: what goes wrong while signing in. Apart from the credentials, so that a stranger's failures never
/// stand in the way of the owner's success; `None` is the heap of accounts that do not exist.
pub fn signin_stream(person: Option<&PersonId>) -> StreamId {
    StreamId::new("signin", person.map_or("unknown", PersonId::as_str))
}
/// `session:<id>`.
pub fn session_stream(session: &str) -> StreamId {
    StreamId::new("session", session)
}
/// `certificate:<serial>`.
pub fn certificate_stream(serial: &str) -> StreamId {
    StreamId::new("certificate", serial)
}
/// `indicator:<code>`.
pub fn indicator_stream(code: &str) -> StreamId {
    StreamId::new("indicator", code)
}

/// A person as the policies see one; `bodies` are those in which a position is held.
pub fn person_resource(person: &PersonId, bodies: &BTreeSet<String>) -> Resource {
    Resource::new("Person", person.as_str(), json!({"grade": 0, "person": person, "bodies": bodies}))
}
/// A body as the policies see one.
pub fn body_resource(body: &BodyId) -> Resource {
    Resource::new("Body", body.as_str(), json!({"grade": 0, "body": body}))
}
/// A session as the policies see one.
pub fn session_resource(session: &str, person: Option<&PersonId>) -> Resource {
    let attrs = match person {
        Some(person) => json!({"grade": 0, "person": person}),
        None => json!({"grade": 0}),
    };
    Resource::new("Session", session, attrs)
}
/// A certificate as the policies see one.
pub fn certificate_resource(serial: &str, holder: &Holder) -> Resource {
    let attrs = match holder {
        Holder::Person(person) => json!({"grade": 0, "person": person}),
        Holder::Body(_) | Holder::Service(_) | Holder::Device(_) => json!({"grade": 0}),
    };
    Resource::new("Certificate", serial, attrs)
}
/// An indicator as the policies see one.
pub fn indicator_resource(code: &str) -> Resource {
    Resource::new("Indicator", code, json!({"grade": 0}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_written_the_same_in_acts_and_tables() {
        let person = Holder::Person(PersonId::new("person-1").unwrap());
        assert_eq!(person.code(), "person:person-1");
        assert_eq!(serde_json::to_value(&person).unwrap(), json!({"person": "person-1"}));
    }
}
