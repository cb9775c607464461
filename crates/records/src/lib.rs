//! Documents: drafts and their versions, uploaded files, signatures on the paper, number registers, issue,
//! publication, and the verification of what was published.
//!
//! A document belongs to a case and follows its need-to-know ([`Access`]). Its acts stand on `document:<id>`; numbers
//! are given on `register:<code>`. Functions named `plan_…` return the acts of a change without committing them, so that
//! a case and its documents move in **one** change; `cases` is their caller. Reading functions take the context of the
//! request and answer "no such thing" for what the person may not know of.
//!
//! This crate must never give a number outside [`Records::plan_issue`] and [`Records::plan_incoming`], change a version once it is kept, decide who may do
//! what (the policies do), or know HTTP.
//!
//! It imports `directory` sideways: signing looks up the signer's certificate and key, and a body's seal.

pub mod acts;
pub mod compare;
pub mod content;
mod documents;
pub mod incoming;
mod issue;
pub mod laws;
pub mod model;
pub mod paper;
pub mod preserve;
pub mod projection;
pub mod publication;
pub mod registers;
mod sign;
mod signed_elsewhere;
pub mod upload;
pub mod verify;

pub use compare::{Fate, Span, UnitChange, compare};
pub use content::{Article, Clause, Content, SignatureBlock, Unit};
pub use documents::{NewBody, NewDocument, Planned};
pub use incoming::{IncomingPlan, NewIncoming};
pub use issue::{IssuePlan, Turn};
pub use model::{Access, Document, FileInfo, Number, State, Version, VersionBody};
pub use preserve::{Issuing, Preserver};
pub use publication::{Published, PublishedFilter, PublishedPage};
pub use registers::{NewRegister, Register, RegisterEntry, Series};
pub use signed_elsewhere::Prepared;
pub use upload::Upload;
pub use verify::{Checking, Difference, FileVerification, Verdict, Verification};

use directory::{Directory, Keys};
use journal::{Journal, Projection, Worker};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::Mutex;
use typeset::Papers;

/// Documents, registers and publication over the journal. Cheap to clone.
#[derive(Clone)]
pub struct Records {
    journal: Journal,
    directory: Directory,
    keys: Keys,
    papers: Papers,
    /// One lock per register: clerks of one process wait for their turn instead of racing; the optimistic version of
    /// the register's stream decides between processes.
    turns: Arc<Mutex<HashMap<String, Arc<Mutex<()>>>>>,
    checking: Checking,
    issuing: Issuing,
}

impl Records {
    /// Records over an open journal; the journal must have been opened with [`Records::projections`].
    pub fn new(journal: Journal, directory: Directory, keys: Keys, papers: Papers) -> Records {
        Records {
            journal,
            directory,
            keys,
            papers,
            turns: Arc::default(),
            checking: Checking::default(),
            issuing: Issuing::default(),
        }
    }
    /// Files of others are checked so.
    #[must_use]
    pub fn with_checking(mut self, checking: Checking) -> Records {
        self.checking = checking;
        self
    }

    /// What is signed and sealed here is so.
    #[must_use]
    pub fn with_issuing(mut self, issuing: Issuing) -> Records {
        self.issuing = issuing;
        self
    }
    /// The workers that the server runs: issued papers are kept fit for the long term.
    pub fn workers(&self) -> Vec<Arc<dyn Worker>> {
        vec![Arc::new(Preserver(self.clone()))]
    }

    /// Certificates and keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }
    /// The paper forms.
    pub fn papers(&self) -> &Papers {
        &self.papers
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
