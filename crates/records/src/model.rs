//! The things of this crate as callers see them: documents, versions, files, numbers.

use crate::content::Content;
use kernel::{CaseId, Day, Digest, DocumentId, Grade, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where a document stands. A document only moves forward, but a final or signed text goes back to draft when its
/// case goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being written (dự thảo).
    Draft,
    /// The text is settled and waits for its signature.
    Final,
    /// Signed by the competent person; no number yet.
    Signed,
    /// Numbered, dated, sealed (ban hành).
    Issued,
    /// On the public site (công bố).
    Published,
    /// Withdrawn after issue (thu hồi); what was published stays readable and says so.
    Withdrawn,
}

impl State {
    /// All states, in their order.
    pub const ALL: [State; 6] =
        [State::Draft, State::Final, State::Signed, State::Issued, State::Published, State::Withdrawn];

    /// As stored: `draft`, `final`, `signed`, `issued`, `published`, `withdrawn`.
    pub fn code(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Final => "final",
            State::Signed => "signed",
            State::Issued => "issued",
            State::Published => "published",
            State::Withdrawn => "withdrawn",
        }
    }
    pub(crate) fn parse(code: &str) -> Option<State> {
        State::ALL.into_iter().find(|s| s.code() == code)
    }
}

/// Who takes part in a case now, as the policies see it; its documents follow it. Every act of a case that changes it
/// carries the new value in its body under `move`, `access`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The secrecy grade of the case and everything in it.
    pub grade: Grade,
    /// The code of the procedure.
    pub procedure: String,
    /// The step where it stands; empty when it has ended.
    pub step: String,
    /// People named in the case: who opened it, who was given a task by name, who acted in it.
    pub participants: Vec<PersonId>,
    /// Bodies that take part.
    pub bodies: Vec<String>,
    /// Who owns an open task: `person:<id>` or `position@body`.
    pub holders: Vec<String>,
    /// Shown only to those who take part, whatever the grade.
    #[serde(default)]
    pub restricted: bool,
}

impl Access {
    /// The attributes of a `Case` resource.
    pub fn attrs(&self) -> Value {
        json!({
            "grade": self.grade.level(), "procedure": self.procedure, "step": self.step,
            "participants": self.participants, "bodies": self.bodies, "holders": self.holders,
            "restricted": self.restricted,
        })
    }
    /// The attributes of a `Document` resource: the case's, and the document's own state.
    pub fn document_attrs(&self, state: State) -> Value {
        let mut attrs = self.attrs();
        attrs["state"] = state.code().into();
        attrs
    }
}

/// A document with its latest state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// The case that it belongs to.
    pub case: CaseId,
    /// What it is to the case, the key of the procedure's document declaration: `proposal`, `resolution`, `opinion`.
    pub kind: String,
    /// Its title as shown in lists: the subject of a resolution, the given title or file name of an upload.
    pub title: String,
    /// Secrecy grade.
    pub grade: Grade,
    /// Where it stands.
    pub state: State,
    /// The version of its stream: what the next change must name as read.
    pub version: i64,
    /// The number of its latest text or file version, from 1.
    pub latest: i64,
    /// The paper form of a structured text: `nghi-quyet-ubtvqh`; `None` for an uploaded file.
    pub form: Option<String>,
    /// The register from which it gets its number, when it is to be issued.
    pub register: Option<String>,
    /// Its number, once issued.
    pub number: Option<Number>,
    /// The signed, later the sealed PDF.
    pub pdf: Option<Digest>,
    /// Who made it.
    pub author: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// One version of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Its number, from 1.
    pub number: i64,
    /// When it was kept.
    pub at: Timestamp,
    /// Who wrote it: `person:<id>` or `system:<name>`.
    pub by: String,
    /// What it holds.
    pub body: VersionBody,
    /// A remark by the author; empty when none was given.
    pub note: String,
}

/// What a version holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionBody {
    /// A structured text.
    Text(Content),
    /// An uploaded or generated file.
    File(FileInfo),
    /// Kept on paper only; the text says where. A record without digital content until a file or text is added.
    Paper(String),
}

/// A file kept as a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInfo {
    /// Its name, without a path.
    pub name: String,
    /// Its media type, found from its content: `application/pdf`.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// Pages, for a PDF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<i64>,
    /// SHA-256: its address.
    pub digest: Digest,
}

/// A number given from a register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// The register.
    pub register: String,
    /// The year of the series; 0 where the series runs through the term.
    pub year: i64,
    /// The number.
    pub number: i64,
    /// As written on the paper: `05/NQ-UBTVQH15`, `63/2025/UBTVQH15`.
    pub text: String,
    /// The date of issue.
    pub date: Day,
}
