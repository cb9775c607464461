//! The acts of documents (`document:<id>`) and registers (`register:<code>`). Frozen once recorded: fields may be added
//! as optional ones, never renamed.

use crate::{
    content::Content,
    model::{Number, VersionBody},
    registers::Series,
};
use kernel::{ActBody, CaseId, Day, Digest, DocumentId, Grade};
use serde::{Deserialize, Serialize};

macro_rules! acts {
    ($($name:ident = $kind:literal),* $(,)?) => { $(impl ActBody for $name { const KIND: &'static str = $kind; })* };
}
acts! {
    Created = "document.created", VersionAdded = "document.version_added", Finalised = "document.finalised",
    Reopened = "document.reopened", Signed = "document.signed", Numbered = "document.numbered",
    Sealed = "document.sealed", Issued = "document.issued", Published = "document.published",
    Withdrawn = "document.withdrawn", RegisterOpened = "register.opened", NumberTaken = "register.number_taken",
    Continued = "register.continued", Preserved = "document.preserved",
}

/// A document was begun; its first version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Created {
    /// Its case.
    pub case: CaseId,
    /// The key of the procedure's document declaration.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Its grade: the case's.
    pub grade: Grade,
    /// The paper form of a structured text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// The register from which it gets its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<String>,
    /// Version 1.
    pub body: VersionBody,
    /// A remark by the author.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A further version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionAdded {
    /// Its case.
    pub case: CaseId,
    /// The number of the version, from 2.
    pub number: i64,
    /// The document's title from now on.
    pub title: String,
    /// What it holds.
    pub body: VersionBody,
    /// A remark by the author.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The text was settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finalised {
    /// Its case.
    pub case: CaseId,
    /// Which version.
    pub number: i64,
}

/// A settled or signed text went back to draft, because its case went back. A signature that stood on it is void here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reopened {
    /// Its case.
    pub case: CaseId,
    /// Why.
    pub reason: String,
}

/// The competent person signed the paper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signed {
    /// Its case.
    pub case: CaseId,
    /// Which version.
    pub number: i64,
    /// The signed PDF.
    pub pdf: Digest,
    /// Its bytes.
    pub size: i64,
    /// Its pages.
    pub pages: i64,
    /// Where number, date and seal go, and their page.
    pub places: crate::paper::Places,
    /// The signer's full name and position as on the paper.
    pub signer: String,
    /// SHA-256 of the signer's certificate.
    pub certificate: Digest,
    /// The level reached: `B-B`, `B-T`.
    pub level: String,
}

/// The clerk gave number and date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Numbered {
    /// Its case.
    pub case: CaseId,
    /// The number.
    pub number: Number,
}

/// The body's seal was set; the PDF that goes out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sealed {
    /// Its case.
    pub case: CaseId,
    /// The body whose seal it is.
    pub body: String,
    /// The sealed PDF.
    pub pdf: Digest,
    /// Its bytes.
    pub size: i64,
    /// SHA-256 of the body's certificate.
    pub certificate: Digest,
    /// The level reached.
    pub level: String,
}

/// Evidence and time stamps for the long term were added to the sealed PDF; every byte of it stands unchanged before them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preserved {
    /// Its case.
    pub case: CaseId,
    /// The PDF that goes out from now on.
    pub pdf: Digest,
    /// Its bytes.
    pub size: i64,
    /// The level of its signatures now.
    pub level: String,
}

/// The document was issued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Issued {
    /// Its case.
    pub case: CaseId,
    /// Its number as written.
    pub number_text: String,
}

/// The document was put on the public site, with everything that the site shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// Its case.
    pub case: CaseId,
    /// The key of the procedure's document declaration.
    pub kind: String,
    /// The number.
    pub number: Number,
    /// The issuing body's code.
    pub issuer: String,
    /// The issuing body's name.
    pub issuer_name: String,
    /// The signer's full name and position.
    pub signer: String,
    /// The text.
    pub content: Content,
    /// The PDF.
    pub pdf: Digest,
    /// Its bytes.
    pub size: i64,
    /// The version of this stream at which the seal was set: the act that a verifier proves.
    pub sealed_at: i64,
}

/// An issued document was withdrawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Its case.
    pub case: CaseId,
    /// On what ground.
    pub reason: String,
}

/// A number register was opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegisterOpened {
    /// The body whose documents it numbers, and whose seal they carry.
    pub body: String,
    /// Its title.
    pub title: String,
    /// The symbol after the number: `NQ-UBTVQH15`.
    pub symbol: String,
    /// How numbers run.
    pub series: Series,
    /// The grade of its documents; registers of secret documents are kept apart.
    pub grade: Grade,
    /// The first number that it will give.
    pub next: i64,
}

/// A number was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberTaken {
    /// The number.
    pub number: Number,
    /// The document.
    pub document: DocumentId,
    /// Its case.
    pub case: CaseId,
    /// Its subject.
    pub subject: String,
    /// Who signed.
    pub signer: String,
    /// Recipients, as on the paper.
    pub recipients: Vec<String>,
}

/// The register goes on at a later number: numbers before it were given outside this house (in the book on paper).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Continued {
    /// The next number.
    pub next: i64,
    /// The last day on which a number was given outside, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<Day>,
    /// Why, and where the numbers between are recorded.
    pub reason: String,
}
