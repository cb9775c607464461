//! What has happened to a case: the bodies of the acts on its stream `case:<id>`.
//!
//! Each struct is one act kind. The serialised forms are frozen: fields may be added as optional ones, never renamed.

use crate::model::{Outcome, ProcedureRef};
use kernel::{ActBody, BodyId, CaseId, Day, DocumentId, Grade, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One thing that has happened to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// See [`Opened`].
    Opened(Opened),
    /// See [`StepEntered`].
    StepEntered(StepEntered),
    /// See [`StepLeft`].
    StepLeft(StepLeft),
    /// See [`FormFilled`].
    FormFilled(FormFilled),
    /// See [`DocumentAttached`].
    DocumentAttached(DocumentAttached),
    /// See [`DocumentSigned`].
    DocumentSigned(DocumentSigned),
    /// See [`DocumentIssued`].
    DocumentIssued(DocumentIssued),
    /// See [`DocumentPublished`].
    DocumentPublished(DocumentPublished),
    /// See [`OpinionGiven`].
    OpinionGiven(OpinionGiven),
    /// See [`BallotOpened`].
    BallotOpened(BallotOpened),
    /// See [`BallotCast`].
    BallotCast(BallotCast),
    /// See [`BallotClosed`].
    BallotClosed(BallotClosed),
    /// See [`VoteRecorded`].
    VoteRecorded(VoteRecorded),
    /// See [`DeadlinePassed`].
    DeadlinePassed(DeadlinePassed),
    /// See [`Returned`].
    Returned(Returned),
    /// See [`SubcaseRequested`].
    SubcaseRequested(SubcaseRequested),
    /// See [`SubcaseClosed`].
    SubcaseClosed(SubcaseClosed),
    /// See [`EffectDeclared`].
    EffectDeclared(EffectDeclared),
    /// See [`Closed`].
    Closed(Closed),
    /// See [`ProcedureChanged`].
    ProcedureChanged(ProcedureChanged),
}

macro_rules! kinds {
    ($($name:ident = $kind:literal),* $(,)?) => {
        $(impl ActBody for $name { const KIND: &'static str = $kind; })*

        impl Event {
            /// Every kind of act that a case's stream may hold from this crate.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            /// The kind of the act.
            pub fn kind(&self) -> &'static str {
                match self { $(Event::$name(_) => $kind),* }
            }
            /// The body of the act.
            ///
            /// # Panics
            /// Never: the bodies are plain data.
            pub fn body(&self) -> Value {
                match self { $(Event::$name(body) => serde_json::to_value(body)),* }
                    .expect("event bodies are plain data")
            }
            /// Reads an act's body back; `None` when the kind is not one of this crate.
            ///
            /// # Errors
            /// When the kind is ours but the body does not read.
            pub fn read(kind: &str, body: &Value) -> Result<Option<Event>, serde_json::Error> {
                match kind {
                    $($kind => $name::deserialize(body).map(|body| Some(Event::$name(body))),)*
                    _ => Ok(None),
                }
            }
        }
        $(impl From<$name> for Event { fn from(body: $name) -> Event { Event::$name(body) } })*
    };
}
kinds! {
    Opened = "case.opened",
    StepEntered = "step.entered",
    StepLeft = "step.left",
    FormFilled = "form.filled",
    DocumentAttached = "case.document_attached",
    DocumentSigned = "case.document_signed",
    DocumentIssued = "case.document_issued",
    DocumentPublished = "case.document_published",
    OpinionGiven = "opinion.given",
    BallotOpened = "ballot.opened",
    BallotCast = "ballot.cast",
    BallotClosed = "ballot.closed",
    VoteRecorded = "vote.recorded",
    DeadlinePassed = "deadline.passed",
    Returned = "case.returned",
    SubcaseRequested = "subcase.requested",
    SubcaseClosed = "subcase.closed",
    EffectDeclared = "effect.declared",
    Closed = "case.closed",
    ProcedureChanged = "case.procedure_changed",
}

/// The case was opened. Always followed by a [`StepEntered`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Under which procedure.
    pub procedure: ProcedureRef,
    /// The case's title.
    pub title: String,
    /// The secrecy grade of the whole case.
    pub grade: Grade,
    /// The opening form as filled in.
    pub fields: Map<String, Value>,
    /// Who opened it; none when the program did.
    pub by: Option<PersonId>,
    /// When.
    pub at: Timestamp,
    /// The case that opened it, for a sub-case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
}

/// The case that opened this one, and the step at which it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// Which.
    pub case: CaseId,
    /// The step of the other case.
    pub step: String,
}

/// The case came to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEntered {
    /// The step.
    pub step: String,
    /// When.
    pub at: Timestamp,
    /// When it is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The seats that own it, bound: `position@body`, `person:<id>`. Empty for a ballot, whose members follow in
    /// [`BallotOpened`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<String>,
    /// The bodies whose opinions are asked, for an opinion step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bodies: Vec<BodyId>,
}

/// A step was finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLeft {
    /// The step.
    pub step: String,
    /// When.
    pub at: Timestamp,
    /// Who finished it; none when the program did (a deadline).
    pub by: Option<PersonId>,
    /// The outcome that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Keys of documents that are settled by this: they are changed no more unless the case returns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<String>,
}

/// Fields were filled in at a step; they replace earlier values of the same keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormFilled {
    /// The step.
    pub step: String,
    /// The fields.
    pub fields: Map<String, Value>,
}

/// A document of the procedure is there: attached, or written and settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentAttached {
    /// The key of its declaration.
    pub key: String,
    /// The document.
    pub document: DocumentId,
    /// At which step.
    pub step: String,
}

/// The competent person signed the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentSigned {
    /// The key of its declaration.
    pub key: String,
    /// Who.
    pub by: PersonId,
    /// In which seat.
    pub seat: String,
}

/// The document got its number, date and seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentIssued {
    /// The key of its declaration.
    pub key: String,
    /// The number as written: `1344/NQ-UBTVQH15`.
    pub number: String,
    /// The date of the document.
    pub day: Day,
}

/// The document is on the public site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentPublished {
    /// The key of its declaration.
    pub key: String,
}

/// A body gave its opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpinionGiven {
    /// The step.
    pub step: String,
    /// The body.
    pub body: BodyId,
    /// Who gave it for the body.
    pub by: PersonId,
    /// The answer's code.
    pub answer: String,
    /// In words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The document in which it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
}

/// The written ballot was opened; its members stand from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BallotOpened {
    /// The step.
    pub step: String,
    /// Everyone who may answer; the base of the count.
    pub members: Vec<PersonId>,
}

/// A member answered. The ballot is the member's own signed act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BallotCast {
    /// The step.
    pub step: String,
    /// Who.
    pub by: PersonId,
    /// The answer's code.
    pub answer: String,
    /// In words; needed for "ý kiến khác".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// The ballot was closed and counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BallotClosed {
    /// The step.
    pub step: String,
    /// The count.
    pub count: crate::Count,
    /// Whether it passed.
    pub passed: bool,
}

/// The count of a vote taken in a sitting was entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteRecorded {
    /// The step.
    pub step: String,
    /// The count.
    pub count: crate::Count,
    /// Whether it passed.
    pub passed: bool,
}

/// The step's deadline has passed without its being finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadlinePassed {
    /// The step.
    pub step: String,
    /// The deadline.
    pub due: Timestamp,
    /// The seat that is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate: Option<String>,
}

/// The case went back to an earlier step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// From which step.
    pub from: String,
    /// To which.
    pub to: String,
    /// Why.
    pub reason: String,
    /// Who returned it; none when the procedure did (a ballot that did not pass).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// Keys of documents that become drafts again; signatures on them are void.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reopened: Vec<String>,
}

/// Another case is to be opened from this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubcaseRequested {
    /// The step.
    pub step: String,
    /// Its procedure's id.
    pub procedure: String,
    /// Its opening form.
    pub fields: Map<String, Value>,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// Which. The engine, which has no randomness, leaves it out; whoever records the event names the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
}

/// The case that was opened from this one has closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubcaseClosed {
    /// The step.
    pub step: String,
    /// The other case.
    pub case: CaseId,
    /// How it ended.
    pub outcome: Outcome,
}

/// What the procedure declared now holds and is to be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectDeclared {
    /// The key of its declaration.
    pub key: String,
    /// The effect with its parameters bound: `{"kind": "end-position", …}`.
    pub effect: Value,
}

/// The case is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The end that it came to.
    pub step: String,
    /// How.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
}

/// The case goes on under another version of its procedure, at the same step; see [`crate::fit`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcedureChanged {
    /// The version until now.
    pub from: ProcedureRef,
    /// The version from now on.
    pub to: ProcedureRef,
    /// The step at which it stands.
    pub step: String,
    /// Why.
    pub reason: String,
    /// Who moved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// When.
    pub at: Timestamp,
    /// When the step is to be done now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The seats that own the step now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<String>,
}
