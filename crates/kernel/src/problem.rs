//! What can go wrong in a request, in the few ways that a caller can tell apart.
//!
//! Services return [`Problem`]; `web` turns each into a page or a JSON answer. `Display` is one English sentence for
//! logs and the API; pages take the Fluent message `problem-<code>`.

use std::collections::BTreeMap;

/// One wrong field of a form or JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The name of the field as sent.
    pub field: String,
    /// The Fluent message that says what is wrong and what to do, such as `field-required`.
    pub code: &'static str,
    /// Arguments of the message.
    pub args: BTreeMap<String, String>,
}

impl FieldProblem {
    /// A problem without arguments.
    pub fn new(field: impl Into<String>, code: &'static str) -> FieldProblem {
        FieldProblem { field: field.into(), code, args: BTreeMap::new() }
    }
    /// With one more argument of the message.
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl ToString) -> FieldProblem {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }
}

/// Why a request was not carried out. Nothing of it was recorded.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Something in the input is wrong; the fields say what.
    #[error("the input is not valid: {}", list(.0))]
    Invalid(Vec<FieldProblem>),
    /// There is no such thing, or the actor may not know that there is.
    #[error("there is no {what} {id}")]
    NotFound {
        /// What was looked for: `case`, `document`.
        what: &'static str,
        /// Its id as given.
        id: String,
    },
    /// The policies do not allow it.
    #[error("{act} on {resource} is not allowed to this person")]
    Forbidden {
        /// The kind of act.
        act: String,
        /// The thing.
        resource: String,
    },
    /// It is allowed, but only after the second factor is given with the request.
    #[error("{act} needs the second factor again")]
    NeedsSecondFactor {
        /// The kind of act.
        act: String,
    },
    /// Somebody else was faster: the stream has moved on since the actor read it.
    #[error("{stream} is at version {found}, not {expected}")]
    Conflict {
        /// The stream.
        stream: String,
        /// The version that the actor had read.
        expected: i64,
        /// The version that it is at.
        found: i64,
    },
    /// The rules of the work do not allow it now; `code` is a Fluent message that says why and what to do.
    #[error("refused: {code} {args:?}")]
    Refused {
        /// The Fluent message.
        code: &'static str,
        /// Arguments of the message.
        args: BTreeMap<String, String>,
    },
    /// Too many requests; try again later.
    #[error("too many requests; try again in {seconds} s")]
    TooMany {
        /// Seconds to wait.
        seconds: u64,
    },
    /// Something that is needed does not answer: storage, the disk, a service.
    #[error("{what} is not available: {why}")]
    Unavailable {
        /// What.
        what: &'static str,
        /// The cause, for the log.
        why: String,
    },
    /// The program or its data is wrong: never the caller's fault.
    #[error("internal fault: {0}")]
    Fault(String),
}

impl Problem {
    /// One wrong field.
    pub fn field(field: impl Into<String>, code: &'static str) -> Problem {
        Problem::Invalid(vec![FieldProblem::new(field, code)])
    }
    /// No such thing.
    pub fn not_found(what: &'static str, id: impl ToString) -> Problem {
        Problem::NotFound { what, id: id.to_string() }
    }
    /// A refusal without arguments.
    pub fn refused(code: &'static str) -> Problem {
        Problem::Refused { code, args: BTreeMap::new() }
    }
    /// An internal fault.
    pub fn fault(why: impl ToString) -> Problem {
        Problem::Fault(why.to_string())
    }
    /// With one more argument, where the problem takes arguments.
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl ToString) -> Problem {
        if let Problem::Refused { args, .. } = &mut self {
            args.insert(name.to_owned(), value.to_string());
        }
        self
    }
    /// A short stable name: `invalid`, `not_found`, `conflict`, …
    pub fn code(&self) -> &'static str {
        match self {
            Problem::Invalid(_) => "invalid",
            Problem::NotFound { .. } => "not_found",
            Problem::Forbidden { .. } => "forbidden",
            Problem::NeedsSecondFactor { .. } => "needs_second_factor",
            Problem::Conflict { .. } => "conflict",
            Problem::Refused { .. } => "refused",
            Problem::TooMany { .. } => "too_many",
            Problem::Unavailable { .. } => "unavailable",
            Problem::Fault(_) => "fault",
        }
    }
}

fn list(fields: &[FieldProblem]) -> String {
    fields.iter().map(|f| format!("{} ({})", f.field, f.code)).collect::<Vec<_>>().join(", ")
}
