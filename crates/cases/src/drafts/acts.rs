//! What happens to the declarations of procedures: drafts of new versions, and the versions that stand.
//!
//! A draft is a stream `procedure-draft:<id>`; the versions of a procedure are acts on `procedure:<id>`. The forms are
//! frozen: fields may be added as optional ones, never renamed.

use kernel::{ActBody, Day, Digest};
use procedure::ProcedureRef;
use serde::{Deserialize, Serialize};

/// A draft was begun, or its text changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftSaved {
    /// The procedure's id.
    pub procedure: String,
    /// Its name, for lists.
    pub title: String,
    /// The text, whole.
    pub text: String,
    /// SHA-256 of the text.
    pub sha256: Digest,
    /// The version from which the draft was made; none for a new procedure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<ProcedureRef>,
    /// What was changed, in the drafter's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}
impl ActBody for DraftSaved {
    const KIND: &'static str = "procedure.draft_saved";
}

/// Somebody else has read the draft, seen it tried, and holds it ready to be adopted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftChecked {
    /// SHA-256 of the text that was checked; another text needs another check.
    pub sha256: Digest,
    /// In words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}
impl ActBody for DraftChecked {
    const KIND: &'static str = "procedure.draft_checked";
}

/// The draft is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftWithdrawn {
    /// Why.
    pub reason: String,
}
impl ActBody for DraftWithdrawn {
    const KIND: &'static str = "procedure.draft_withdrawn";
}

/// A version was adopted: the adopter's own signed act over the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// Which version.
    pub version: ProcedureRef,
    /// The text, whole.
    pub text: String,
    /// SHA-256 of the text.
    pub sha256: Digest,
    /// The first day on which cases are opened under it.
    pub valid_from: Day,
    /// The draft that was adopted.
    pub draft: String,
    /// The statement, canonical JSON: the bytes that were signed.
    pub statement: String,
    /// CMS detached signature over the statement (CAdES), DER in base64.
    pub cms: String,
    /// The level reached: `B-B`, `B-T`.
    pub level: String,
}
impl ActBody for Adopted {
    const KIND: &'static str = "procedure.adopted";
}

/// A version that a file brings, as the program found it when it started: what cases run on from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Which version.
    pub version: ProcedureRef,
    /// The text, whole: with its base folded in.
    pub text: String,
    /// SHA-256 of the text.
    pub sha256: Digest,
    /// The file.
    pub file: String,
}
impl ActBody for Recorded {
    const KIND: &'static str = "procedure.recorded";
}
