//! Documents: drafts and their versions, uploaded files, signatures on the paper, number registers, issue,
//! publication, and the verification of what was published.
//!
//! A document belongs to a case and follows its need-to-know ([`Access`]). Its acts stand on `document:<id>`; numbers
//! are given on `register:<code>`. Functions named `plan_…` return the acts of a change without committing them, so that
//! a case and its documents move in **one** change; `cases` is their caller. Reading functions take the context of the
//! request and answer "no such thing" for what the person may not know of.
//!
//! This crate must never give a number outside [`Records::issue`], change a version once it is kept, decide who may do
//! what (the policies do), or know HTTP.
//!
//! It imports `directory` sideways: signing looks up the signer's certificate and key, and a body's seal.

pub mod acts;
pub mod compare;
pub mod content;
mod documents;
mod issue;
pub mod model;
pub mod paper;
pub mod projection;
pub mod publication;
pub mod registers;
mod sign;
pub mod upload;
pub mod verify;

pub use compare::{Fate, Span, UnitChange, compare};
pub use content::{Article, Clause, Content, SignatureBlock, Unit};
pub use documents::{NewBody, NewDocument, Planned};
pub use issue::{Issue, Issued};
pub use model::{Access, Document, FileInfo, Number, State, Version, VersionBody};
pub use publication::{Published, PublishedFilter, PublishedPage};
pub use registers::{NewRegister, Register, RegisterEntry, Series};
pub use sign::Trust;
pub use upload::Upload;
pub use verify::{Verdict, Verification};

use directory::Directory;
use journal::{Journal, Projection};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::Mutex;
use typeset::Papers;

/// Documents, registers and publication over the journal. Cheap to clone.
#[derive(Clone)]
pub struct Records {
    journal: Journal,
    directory: Directory,
    papers: Papers,
    /// One lock per register: clerks of one process wait for their turn instead of racing; the optimistic version of
    /// the register's stream decides between processes.
    turns: Arc<Mutex<HashMap<String, Arc<Mutex<()>>>>>,
}

impl Records {
    /// Records over an open journal; the journal must have been opened with [`Records::projections`].
    pub fn new(journal: Journal, directory: Directory, papers: Papers) -> Records {
        Records { journal, directory, papers, turns: Arc::default() }
    }

    /// The projections that the journal must be opened with.
    pub fn projections() -> Vec<Arc<dyn Projection>> {
        vec![
            Arc::new(projection::Documents),
            Arc::new(projection::Dossiers),
            Arc::new(projection::Registers),
            Arc::new(projection::Publications),
        ]
    }
}
// PUBLIC API (methods of `Records`, in the modules above), while they are being written:
//
// reading, with need-to-know (Problem::NotFound for what one may not know)
//   document(&ctx, &DocumentId) -> Document                 documents_of(&ctx, &CaseId) -> Vec<Document>
//   versions(&ctx, &DocumentId) -> Vec<Version>             version(&ctx, &DocumentId, number: i64) -> Version
//   latest_text(&ctx, &DocumentId) -> (Document, Content)   compare_versions(&ctx, &DocumentId, older, newer) -> Vec<UnitChange>
//   file(&ctx, &DocumentId, version: Option<i64>) -> (FileInfo, Bytes)    an uploaded file, or the signed/sealed PDF
//   paper(&ctx, &DocumentId, version: Option<i64>) -> Vec<u8>             the PDF as it would print now (signed one if signed)
//   paper_pages(&ctx, &DocumentId, version: Option<i64>, scale: f32) -> Vec<Vec<u8>>   PNG pages
//   access(&CaseId) -> Option<Access>  (no check; for services)
// writing a draft on its own (optimistic on the document's version; cases has the rest)
//   revise(&ctx, &DocumentId, expected: i64, NewBody, note: &str) -> i64 (new version of stream)
// registers
//   open_register(&ctx, NewRegister) ; set_next(&ctx, code, next: i64, reason: &str)
//   registers(&ctx) -> Vec<Register> ; register(&ctx, code) ; entries(&ctx, code, year: Option<i64>, after: Option<i64>, limit) -> Vec<RegisterEntry>
// public, no context needed beyond Ctx
//   published(&ctx, &PublishedFilter{query, year, series/kind, page}) -> PublishedPage{items, total, page, pages}
//   publication(&ctx, number_text_or_document_id: &str) -> Option<Published>  (full text as Content)
//   publication_pdf(&ctx, &DocumentId) -> Bytes
//   verify_file(&ctx, Vec<u8>) -> Verification ; verify_number(&ctx, "1344/NQ-UBTVQH15") -> Verification
//   digital_share(&ctx) -> (with_digital_content: i64, all: i64)   the indicator "share of non-secret records with digital content"
