//! What acts of a case carry besides the engine's events, and the acts of this crate itself.
//!
//! The engine's events are the bodies of the acts on `case:<id>`. The last act of each move has one more field, `move`:
//! who takes part from now on, which tasks begin and end, and under which form token the move was asked for. It is
//! reckoned when the move is recorded, so that tables follow from acts alone.

use directory::EffectLine;
use kernel::{Act, ActBody, CaseId, Day, Digest, DocumentId, PersonId, Timestamp};
use records::Access;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The field `move` of the last act of a move.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Who takes part from now on, when that has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// Tasks that begin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks_begun: Vec<TaskLine>,
    /// Tasks that end: step and seat.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks_ended: Vec<(String, String)>,
    /// SHA-256 over the person and the token of the form: the same form sent twice is one move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The document that the move made or changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
    /// The number that the move gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The field of work of the procedure; at the opening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<String>,
    /// What changes in the figures of the field, when something does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<Figures>,
}

/// What a move changes in the figures of its field: where the case stood, and where it stands now. Only cases of which
/// every official may know stand in them: one that is graded, restricted or closed stands nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// The field of work: `lawmaking`, …
    pub work: String,
    /// The procedure's id.
    pub procedure: String,
    /// Where it stood before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stood: Option<Standing>,
    /// Where it stands now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<Standing>,
    /// How many seconds it was at the step that it leaves, when it leaves one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<i64>,
}

/// Where a case stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The step.
    pub step: String,
    /// The day on which the step is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Day>,
    /// For whom it waits: bodies, each once; empty when it waits for people by name, or for the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bodies: Vec<String>,
}

impl Move {
    /// The name of the field.
    pub const KEY: &str = "move";

    /// What an act of a case carries.
    ///
    /// # Errors
    /// When it carries something else under that name.
    pub fn of(act: &Act) -> Result<Move, serde_json::Error> {
        act.body.get(Move::KEY).map_or_else(|| Ok(Move::default()), Move::deserialize)
    }
}

/// One task as it stands in an inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLine {
    /// The step.
    pub step: String,
    /// Whose: `position@body`, `person:<id>`, `system:<duty>`.
    pub seat: String,
    /// `work`, `opinion`, `ballot`, `vote`, `sign`, `issue`, `publish`, `subcase`.
    pub kind: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// The field `proof` of `ballot.cast`: the member's own signature over what they answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BallotProof {
    /// The statement, canonical JSON: the bytes that were signed.
    pub statement: String,
    /// CMS detached signature over the statement (CAdES), DER in base64.
    pub cms: String,
    /// The level reached: `B-B`, `B-T`.
    pub level: String,
}

/// Declared effects were carried out, in the same change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectsApplied {
    /// Keys of the declarations.
    pub keys: Vec<String>,
    /// What changed, in words.
    pub lines: Vec<EffectLine>,
}
impl ActBody for EffectsApplied {
    const KIND: &'static str = "effect.applied";
}

/// A remark was added to the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteAdded {
    /// The remark.
    pub text: String,
}
impl ActBody for NoteAdded {
    const KIND: &'static str = "case.note_added";
}

/// One of those who share a task has taken it on, or was given it. It stands on the stream `desk:<case>`, apart from the
/// case, so that handing work around never stands in the way of the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskAssigned {
    /// The step.
    pub step: String,
    /// The seat whose task it is.
    pub seat: String,
    /// Who does it.
    pub to: PersonId,
    /// What the giver says with it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}
impl ActBody for TaskAssigned {
    const KIND: &'static str = "task.assigned";
}

/// Somebody has taken note of a task; on the stream `desk:<case>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSeen {
    /// The step.
    pub step: String,
}
impl ActBody for TaskSeen {
    const KIND: &'static str = "task.seen";
}

/// People were reminded of a deadline, or told that it has passed; on a stream of its own, which begins only once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRaised {
    /// The case.
    pub case: CaseId,
    /// The step.
    pub step: String,
    /// `50`, `80`, `100`: the share of the time that has passed, in per cent; `escalated`: to a superior.
    pub what: String,
    /// The deadline.
    pub due: Timestamp,
    /// Who.
    pub to: Vec<PersonId>,
}
impl ActBody for NoticeRaised {
    const KIND: &'static str = "notice.raised";
}

/// People were told that a certificate ends; on a stream of its own, which begins only once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateEnding {
    /// Which certificate: the id of its stream.
    pub certificate: String,
    /// How many days are left at most: 90, 30, 7.
    pub days: i64,
    /// When it ends.
    pub until: Timestamp,
    /// Who was told: its holder, or those who lead the body whose seal it is.
    pub to: Vec<PersonId>,
}
impl ActBody for CertificateEnding {
    const KIND: &'static str = "notice.certificate_ending";
}

/// Something beside cases waits for a person, such as a package that does not go out; on `notice:<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatterRaised {
    /// The stream of what waits: `dispatch:<id>`, `arrival:<id>`.
    pub matter: String,
    /// Why it waits: chooses the words.
    pub what: String,
    /// Since when.
    pub since: Timestamp,
    /// Who was told.
    pub to: Vec<PersonId>,
}
impl ActBody for MatterRaised {
    const KIND: &'static str = "notice.matter_raised";
}

/// A person has read notices; on `notices:<person>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticesRead {
    /// Which: the ids of their streams.
    pub ids: Vec<String>,
}
impl ActBody for NoticesRead {
    const KIND: &'static str = "notices.read";
}

/// A person chose how to get letters; on `notices:<person>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticesChosen {
    /// `none`, `each`, `daily`.
    pub mail: String,
    /// The hour of the daily letter, 0 to 23.
    pub hour: u8,
}
impl ActBody for NoticesChosen {
    const KIND: &'static str = "notices.chosen";
}

/// One document of an approval: exactly this version, in a case that stands exactly there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchLine {
    /// The case.
    pub case: CaseId,
    /// The version of its stream that the person saw.
    pub case_version: i64,
    /// The key of the document in the procedure.
    pub key: String,
    /// The document.
    pub document: DocumentId,
    /// The version of its stream that the person saw.
    pub document_version: i64,
    /// The number of the text that is signed.
    pub number: i64,
    /// SHA-256 over the canonical form of that text.
    pub sha256: Digest,
}

/// A person approved, with a fresh second factor, that these documents be signed one after the other with their key; on
/// `batch:<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchApproved {
    /// Who.
    pub person: PersonId,
    /// What.
    pub lines: Vec<BatchLine>,
    /// Until when at the latest.
    pub ends: Timestamp,
}
impl ActBody for BatchApproved {
    const KIND: &'static str = "batch.approved";
}

/// The person approved again what was left, with a fresh second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchContinued {
    /// Until when at the latest.
    pub ends: Timestamp,
}
impl ActBody for BatchContinued {
    const KIND: &'static str = "batch.continued";
}

/// A document of the list was signed; in the same change as its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchLineSigned {
    /// Its place in the list, from 0.
    pub place: i64,
}
impl ActBody for BatchLineSigned {
    const KIND: &'static str = "batch.line_signed";
}

/// A document of the list was passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchLinePassedOver {
    /// Its place in the list, from 0.
    pub place: i64,
    /// The message that says why.
    pub code: String,
    /// Its arguments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, String>,
}
impl ActBody for BatchLinePassedOver {
    const KIND: &'static str = "batch.line_passed_over";
}

/// The signing of a list ended before its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchStopped {
    /// `asked`, `session-over`, `fault`.
    pub why: String,
}
impl ActBody for BatchStopped {
    const KIND: &'static str = "batch.stopped";
}
