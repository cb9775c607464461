//! The journal: everything that the institution does, as acts that are only ever appended and can be proved.
//!
//! [`Journal::commit`] is the one way to change anything. It asks the policies for every act, appends the acts to
//! their streams (each act hashes the one before it), folds them into the projections that people read, and enqueues
//! the jobs that follow, all in one transaction, and many callers' changes share one such transaction. Afterwards a
//! sealer enters the acts into one Merkle log whose signed heads can be checked by anybody without this program.
//!
//! It stores on SQLite or PostgreSQL with the same SQL text. It must never change or remove an act, let a projection
//! look at anything but acts, or know what any act means.

mod acts;
mod blobs;
mod change;
mod engine;
mod jobs;
mod journal;
mod known;
mod look;
pub mod merkle;
mod migrate;
mod net;
mod projection;
mod reader;
mod rebuild;
mod seal;
mod sql;
mod tree_key;
mod verify;
mod writer;

pub use acts::Placed;
pub use change::{Change, Expected, JobDraft, PrivateErased, Receipt};
pub use jobs::{JobError, JobRecord, JobState, Worker};
pub use journal::{Journal, Options};
pub use known::Mark;
pub use look::one_look;
pub use merkle::{ConsistencyProof, Proof, ProofError, SignedTreeHead, TreeHead};
pub use projection::{Column, Index, Projection, Rows, Table, Type, Value};
pub use reader::{Reader, Row};
pub use tree_key::{P256TreeKey, TreePublicKey, TreeSigner};
pub use verify::{Finding, Report, Summary};
