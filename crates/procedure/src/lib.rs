//! The procedure language: what the Assembly does, declared in TOML, and the one engine that carries it out.
//!
//! A *procedure* (quy trình) is a file in `procedures/<field>/`; [`Catalogue`] reads, resolves and checks them. A *case*
//! (hồ sơ công việc) is carried out by [`advance`]: (procedure, state, command, actor, time) gives events or a refusal
//! that says why. [`CaseState`] is nothing but the fold of those events, so the journal's acts are the whole truth.
//!
//! The shape, in five sentences. A case stands at exactly one step at a time. Within a step several may work side by
//! side: bodies give their opinions, members cast their ballots. A step that is finished leads on by its `next` rules,
//! tried in order, each behind a guard from a closed set; the last has none. A step may return the case to an earlier
//! one with a reason. Everything that a guard, a rule or a deadline says can be said in words ([`explain`]).
//!
//! This crate is pure. It must never open a file other than the procedures it is asked to load, never a socket or a
//! database, never read a clock or a random source; the time and the rolls of members are handed in.

mod advance;
pub mod amend;
pub mod bpmn;
pub mod bpmn_import;
pub mod calendar;
pub mod catalogue;
pub mod check;
pub mod command;
pub mod difference;
pub mod draw;
pub mod effect;
pub mod event;
pub mod explain;
mod explore;
pub mod fit;
pub mod form;
pub mod guard;
pub mod model;
mod read;
pub mod references;
pub mod state;
pub mod table;
pub mod tasks;
pub mod threshold;
pub mod trial;
pub mod whole;
pub mod wrong;

pub use advance::advance;
pub use calendar::Calendar;
pub use catalogue::{Catalogue, LoadProblem};
pub use check::{Finding, check};
pub use command::{Command, Refusal, Roll, World};
pub use event::Event;
pub use fit::{Misfit, fit};
pub use guard::Guard;
pub use model::{Field, Procedure, ProcedureRef, Step, StepKind, Text};
pub use references::References;
pub use state::{CaseState, DocumentStage, Status};
pub use tasks::{Progress, Task, TaskKind, Waypoint, open_tasks, progress};
pub use threshold::{Count, Threshold};
pub use wrong::Wrong;
