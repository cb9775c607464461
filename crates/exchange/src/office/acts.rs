//! The acts of the office's correspondence. Frozen once recorded: fields may be added as optional ones, never renamed.
//!
//! `dispatch:<id>` is a document that goes out, `parcel:<id>` one package on its way (of a dispatch or of a status),
//! `arrival:<id>` a document that came in, `agencies:<transport>` the directory of an axis, `recipient:<key>` a name of a
//! paper's recipients.

use edxml::package::{Kind, StatusCode};
use kernel::{ActBody, CaseId, Day, Digest, DocumentId};
use serde::{Deserialize, Serialize};

macro_rules! acts {
    ($($name:ident = $kind:literal),* $(,)?) => { $(impl ActBody for $name { const KIND: &'static str = $kind; })* };
}
acts! {
    Prepared = "dispatch.prepared", Barred = "dispatch.barred", Cancelled = "dispatch.cancelled",
    StatusReceived = "dispatch.status_received", Reminded = "dispatch.reminded", Unresolved = "dispatch.unresolved",
    Queued = "parcel.queued", Attempted = "parcel.attempted", Sent = "parcel.sent", Failed = "parcel.failed",
    Resumed = "parcel.resumed",
    Received = "arrival.received", Quarantined = "arrival.quarantined", Registered = "arrival.registered",
    Assigned = "arrival.assigned", TakenUp = "arrival.taken_up", Completed = "arrival.completed",
    Refused = "arrival.refused", Answered = "arrival.answered", CaseLinked = "arrival.case_linked",
    Synchronised = "agencies.synchronised", Mapped = "recipient.mapped",
}

/// A body as sender or receiver: its identifier and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organ {
    /// Its identifier on the axis.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A document is to go out. Its package is written and stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// The document of the house.
    pub document: DocumentId,
    /// Its case.
    pub case: CaseId,
    /// New, withdraw, update or replace.
    pub kind: Kind,
    /// The dispatch that is withdrawn, updated or replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<String>,
    /// The identity in the package (`DocumentId`), by which statuses come back.
    pub identity: String,
    /// Number and notation: `05/NQ-UBTVQH15`.
    pub number: String,
    /// The day of promulgation.
    pub date: Day,
    /// The subject.
    pub subject: String,
    /// Why it is withdrawn, updated or replaced; empty for a new one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The sender.
    pub from: Organ,
    /// The receivers.
    pub to: Vec<Organ>,
    /// By which way: `axis`, `folder`, `xroad`, `mail`.
    pub transport: String,
    /// The package.
    pub parcel: String,
    /// Until when an answer is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Day>,
    /// When a silent receiver is to be asked about.
    pub remind: Day,
}

/// A document was not let out: it is secret, or carries the mark of secrecy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Barred {
    /// The document.
    pub document: DocumentId,
    /// `grade`, or `mark` for a mark in its title or text.
    pub why: String,
    /// The mark as it stands, or the grade's level.
    pub found: String,
    /// By which way it was to go.
    pub transport: String,
    /// To whom.
    pub to: Vec<String>,
}

/// A dispatch that was not sent is not sent any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// Its package.
    pub parcel: String,
    /// Its receivers.
    pub codes: Vec<String>,
    /// Why.
    pub reason: String,
}

/// A receiver told what became of a document (`dispatch:<id>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReceived {
    /// The receiver.
    pub code: String,
    /// Its name as it wrote it.
    pub name: String,
    /// The status: two digits.
    pub status: String,
    /// In words, with the reason of a refusal.
    pub description: String,
    /// When, as the receiver wrote it.
    pub time: String,
    /// The unit, person, address and telephone at the receiver.
    pub staff: StaffLine,
    /// The id of the status package at the axis.
    pub package: String,
    /// The package as it came.
    pub blob: Digest,
    /// Whether the receiver had told nothing before.
    pub first: bool,
    /// The status that the receiver stands at from now on, when this one moves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<String>,
    /// The dispatch that is withdrawn at this receiver by its agreement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
}

/// Who handled a package at the other end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffLine {
    /// The unit.
    pub department: String,
    /// The person.
    pub name: String,
    /// The electronic address.
    pub email: String,
    /// The telephone.
    pub mobile: String,
}

/// Receivers were silent until the day on which they were to be asked about (`dispatch:<id>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminded {
    /// Which.
    pub codes: Vec<String>,
    /// When they are to be asked about again.
    pub remind: Day,
}

/// Recipients of a published document that are no agencies of the directory (`outward:<document>`), and those that are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unresolved {
    /// The document.
    pub document: DocumentId,
    /// Their names as on the paper.
    pub names: Vec<String>,
    /// The dispatch to the others, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<String>,
}

/// A package waits for its way out (`parcel:<id>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// `edoc` or `status`.
    pub message: String,
    /// By which way.
    pub transport: String,
    /// The sender's identifier.
    pub from: String,
    /// The receivers' identifiers.
    pub to: Vec<String>,
    /// The identity that it speaks of: packages of one identity go out one after the other.
    pub identity: String,
    /// The status of a status package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusCode>,
    /// Its dispatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<String>,
    /// The arrival that a status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<String>,
    /// The package.
    pub blob: Digest,
    /// Its bytes.
    pub length: i64,
}

/// A package is about to be sent. The act stands before the first byte goes out, so that an outcome that is not known is
/// known not to be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempted {
    /// Which attempt since it was queued or resumed, from 1.
    pub attempt: i64,
    /// The instant that is signed, in microseconds: the same request is sent again while it may be believed.
    pub signed: i64,
    /// Until when nobody else tries, in microseconds.
    pub until: i64,
}

/// A package is at the axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its id there; empty when the axis did not tell.
    pub package: String,
    /// Whether it was found there after an attempt whose outcome was not known.
    pub found: bool,
    /// Its dispatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<String>,
    /// The receivers of the dispatch.
    pub codes: Vec<String>,
    /// Those of them that have told nothing yet.
    #[serde(default)]
    pub silent: Vec<String>,
}

/// An attempt did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Which attempt.
    pub attempt: i64,
    /// What went wrong, in words.
    pub why: String,
    /// What kind of trouble: `unreachable`, `unknown`, `refused`, `clock`.
    pub trouble: String,
    /// The next attempt, in microseconds; none: it stops until a person starts it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<i64>,
    /// Whether the outcome is known: a package whose outcome is not known is looked for before it is sent again.
    pub known: bool,
    /// Its dispatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<String>,
}

/// A person starts a package again that had stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// Its dispatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<String>,
}

/// A file that came with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosure {
    /// Its name, cleaned of paths.
    pub name: String,
    /// Its type, found from its content.
    pub media_type: String,
    /// Bytes.
    pub length: i64,
    /// SHA-256.
    pub blob: Digest,
    /// What was found about its signatures: `none`, `valid`, `invalid`, `undecided`, `unreadable`.
    pub signature: String,
    /// Who signed, as far as certificates name them.
    #[serde(default)]
    pub signers: Vec<String>,
}

/// Something that an incoming document answers or speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// Whose document.
    pub organ: String,
    /// Number and notation.
    pub number: String,
    /// Its identity.
    pub identity: String,
    /// Our dispatch, when it is one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<String>,
    /// The arrival, when it is one that came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<String>,
}

/// A document came in (`arrival:<id>`). The id follows from transport and package, so that it comes once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// By which way.
    pub transport: String,
    /// The id of the package there.
    pub package: String,
    /// What it wants done.
    pub kind: Kind,
    /// The sender.
    pub from: Organ,
    /// Which of our bodies it was sent to.
    pub to: Vec<String>,
    /// Its identity.
    pub identity: String,
    /// Number and notation.
    pub number: String,
    /// The day of promulgation as written.
    pub date: String,
    /// The type: `Công văn`.
    pub type_name: String,
    /// The subject.
    pub subject: String,
    /// The signer: position and name.
    pub signer: String,
    /// 0 normal … 4 flash at a time.
    pub priority: i64,
    /// Until when an answer is wanted, as written.
    pub due: String,
    /// Why it withdraws, updates or replaces.
    pub reason: String,
    /// What it answers, withdraws, updates or replaces.
    pub answers: Vec<Answers>,
    /// The arrival that it withdraws, updates or replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The arrival that brought the same document before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<String>,
    /// The files.
    pub enclosures: Vec<Enclosure>,
    /// The signature over the envelope: `none`, `valid`, `invalid`, `undecided`.
    pub envelope: String,
    /// What was odd about the package, in words.
    pub oddities: Vec<String>,
    /// The package as it came.
    pub blob: Digest,
    /// Its bytes.
    pub length: i64,
}

/// A package came in that cannot be taken (`arrival:<id>`). It is kept as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// By which way.
    pub transport: String,
    /// The id of the package there.
    pub package: String,
    /// The sender, as the axis or the package names it.
    pub from: Organ,
    /// Why, in words.
    pub why: Vec<String>,
    /// The subject, as far as it reads.
    pub subject: String,
    /// The package as it came.
    pub blob: Digest,
    /// Its bytes.
    pub length: i64,
}

/// It was given its number in the register of incoming documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Who sent it, for the figures.
    pub sender: String,
    /// The register.
    pub register: String,
    /// The year of the number.
    pub year: i64,
    /// The number.
    pub number: i64,
    /// As it is written.
    pub text: String,
    /// The day.
    pub date: Day,
    /// A remark.
    pub note: String,
}

/// It was given to a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// The code of the unit.
    pub unit: String,
    /// Its name.
    pub unit_name: String,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Day>,
    /// The direction.
    pub note: String,
}

/// Work on it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenUp {
    /// A remark.
    pub note: String,
}

/// The work is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completed {
    /// Who sent it, for the figures.
    pub sender: String,
    /// What came of it.
    pub note: String,
}

/// It was sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Who sent it, for the figures.
    pub sender: String,
    /// Why.
    pub reason: String,
}

/// A withdrawal, update or replacement was answered. The document that it speaks of stands as it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Agreed (15) or declined (16).
    pub agreed: bool,
    /// A remark; the reason when declined.
    pub note: String,
    /// The arrival that it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// A case was opened for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseLinked {
    /// The case.
    pub case: CaseId,
}

/// The directory of an axis as it was told: what changed since the last time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synchronised {
    /// New or changed.
    pub changed: Vec<Listed>,
    /// Gone.
    pub removed: Vec<String>,
    /// How many there are now.
    pub total: i64,
}

/// A body of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its identifier.
    pub code: String,
    /// Its identifier before QĐ 20/2020; empty when the axis names none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub old_code: String,
    /// The body above it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub parent: String,
    /// Its name.
    pub name: String,
    /// Its electronic address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mail: String,
}

/// A recipient as papers name it is this body; an empty code takes that back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapped {
    /// The name as papers have it.
    pub name: String,
    /// The identifier of the body.
    pub code: String,
}
