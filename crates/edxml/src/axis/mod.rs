//! The protocol of the axis: the names on the wire, the signing of requests, the shapes of answers.
//!
//! Every parameter of a call is a header `XroadVnpt-<name>`. A request is signed by an HMAC over a JSON text of its
//! parameters; the path and the body are not covered, except that `hash-file` names the SHA-256 of a sent package.

mod answer;
mod sign;
mod time;

pub use answer::{Answer, file_hash, file_hash_fits};
pub use sign::{Refusal, Signed, Window, headers, verify};
pub use time::{stamp, stamp_text};

/// What stands before the name of every parameter.
pub const PREFIX: &str = "XroadVnpt-";
/// The version that clients name.
pub const VERSION: &str = "3.0.201608";
