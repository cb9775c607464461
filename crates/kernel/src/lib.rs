//! The words that every room of the house speaks: identifiers, time, secrecy grades, who acts, and acts themselves.
//!
//! This crate holds values and pure functions only. It must never open a file, a socket or a database, and it never
//! reads the clock or the random source except through [`Clock`] and [`Entropy`], which are handed down from `server`.

pub mod act;
pub mod canon;
pub mod ctx;
pub mod digest;
pub mod entropy;
pub mod grade;
pub mod id;
pub mod problem;
pub mod text;
pub mod time;

pub use act::{Act, ActBody, ActDraft, ActorRecord, Resource, StreamId};
pub use ctx::{Actor, Ctx, Handed, Person, Strength};
pub use digest::Digest;
pub use entropy::{Entropy, OsEntropy};
pub use grade::Grade;
pub use id::{BodyId, CaseId, DocumentId, PersonId};
pub use problem::{FieldProblem, Problem};
pub use time::{Clock, Day, SystemClock, Timestamp};
