//! edXML: the packages of the National Document Interconnection Axis (QCVN 102:2016/BTTTT), and the messages in which
//! systems of the axis pass them on.
//!
//! [`package`] reads and writes packages, documents as well as statuses: strict when sending, lenient when receiving.
//! [`axis`] holds the protocol's names, the signing of requests and the shapes of answers. [`command`] is the command line
//! over files.
//!
//! This crate is pure: it opens no socket and no database, reads no clock, and touches files only in [`command`]. It must
//! never hold a whole content in memory, and never turn one into a string.

pub mod axis;
pub mod command;
mod finding;
pub mod package;
pub mod words;

pub use finding::{Finding, What};
