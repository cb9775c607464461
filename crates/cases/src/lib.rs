//! Cases (hồ sơ công việc): the procedures of `procedures/` run over the journal.
//!
//! One door for every move of a case: [`Cases`]' moving functions load the case, ask the pure engine of `procedure` what
//! the command means under the version of the procedure with which the case began, and commit the answer together with
//! what it does to documents, registers and the directory: one change, or nothing.
//!
//! This crate must never know HTTP, hold a rule of a procedure (they are data), decide who may do what (the policies
//! do), or tell anyone that a case exists which they need not know of: for them it is [`kernel::Problem::NotFound`].
//!
//! It imports `records` and `directory` sideways: a case moves documents, people and bodies.

pub mod acts;
mod awaited;
mod ballots;
pub mod batches;
mod capacity;
mod change;
pub mod deadlines;
mod documents;
pub mod drafts;
mod effects;
mod endings;
mod hands;
mod inbox;
mod lists;
mod load;
pub mod matters;
mod minutes;
mod moves;
mod notice_tables;
pub mod notices;
pub mod projection;
mod recent;
mod subcases;
mod take_over;
mod timeline;
mod timers;
mod transfer;
mod view;
mod workload;

pub use awaited::Awaited;
pub use ballots::{BallotAnswer, BallotView, MemberAnswer};
pub use batches::{Batch, BatchState, LineState, ToSign};
pub use deadlines::Deadline;
pub use hands::{Colleague, Hand, TaskKey};
pub use inbox::{Cursor, Due, InboxCounts, InboxFilter, InboxPage, InboxTask, MOST_COUNTED, Order, Whose};
pub use lists::{CaseFilter, CaseSummary, Listing};
pub use moves::{Done, Opinion};
pub use subcases::Related;
pub use take_over::{File, MOST_FILES};
pub use timeline::Entry;
pub use transfer::Candidate;
pub use view::CaseView;
pub use workload::{AtBody, AtStep, Workload};

use directory::Directory;
use journal::{Journal, Projection, Worker};
use procedure::Catalogue;
use records::Records;
use std::sync::{Arc, RwLock};

/// Cases over the journal. Cheap to clone.
#[derive(Clone)]
pub struct Cases {
    journal: Journal,
    directory: Directory,
    records: Records,
    /// The procedures of the files, and those with what the journal has recorded; the latter is replaced when it grows.
    files: Arc<Catalogue>,
    catalogue: Arc<RwLock<(i64, Arc<Catalogue>)>>,
    recent: Arc<recent::Recent>,
    at_work: batches::AtWork,
    /// Procedures whose every move is followed by a job of another room.
    followers: Arc<[(&'static str, &'static str)]>,
}

impl Cases {
    /// Cases over an open journal; the journal must have been opened with [`Cases::projections`].
    pub fn new(journal: Journal, directory: Directory, records: Records, catalogue: Arc<Catalogue>) -> Cases {
        let now = Arc::new(RwLock::new((0, Arc::clone(&catalogue))));
        Cases {
            journal,
            directory,
            records,
            files: catalogue,
            catalogue: now,
            recent: Arc::default(),
            at_work: batches::AtWork::default(),
            followers: Arc::default(),
        }
    }
    /// Every move of a case under one of these procedures is followed by a job of this kind: `(procedure, kind of job)`.
    /// The job's payload names the case, `{"case": …}`; it stands in the same transaction as the move.
    #[must_use]
    pub fn followed_by(mut self, followers: &[(&'static str, &'static str)]) -> Cases {
        self.followers = followers.into();
        self
    }

    /// The projections that the journal must be opened with.
    pub fn projections() -> Vec<Arc<dyn Projection>> {
        vec![
            Arc::new(projection::CaseFiles),
            Arc::new(projection::Tasks),
            Arc::new(projection::Hands),
            Arc::new(notice_tables::Notices),
            Arc::new(projection::Submissions),
            Arc::new(batches::projection::Batches),
            Arc::new(workload::FieldFigures),
            Arc::new(drafts::projection::ProcedureVersions),
            Arc::new(drafts::projection::ProcedureDrafts),
        ]
    }

    /// The workers that the server runs: deadlines, steps that the program itself does, ends of sub-cases, minutes of
    /// ballots.
    pub fn workers(&self) -> Vec<Arc<dyn Worker>> {
        vec![
            Arc::new(timers::Deadlines(self.clone())),
            Arc::new(timers::ProgramSteps(self.clone())),
            Arc::new(notices::Reminders(self.clone())),
            Arc::new(endings::Endings(self.clone())),
            Arc::new(subcases::Ends(self.clone())),
            Arc::new(minutes::BallotMinutes(self.clone())),
        ]
    }

    /// The procedures as they stand now: those of the files and those that were adopted here.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        let now = self.catalogue.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(&now.1)
    }
    /// The documents.
    pub fn records(&self) -> &Records {
        &self.records
    }
}
