//! The answers that are no success, each with the one body that all share.

use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

/// What went wrong (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
#[allow(dead_code, reason = "the shape that `trouble` writes, named for the description")]
pub struct ProblemBody {
    /// Always `about:blank`.
    #[serde(rename = "type")]
    kind: String,
    /// What happened, in the reader's language.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What was kept and what to do.
    detail: String,
    /// A stable name: `not_found`, `invalid`, `conflict`, …; the status where there is none.
    code: String,
    /// The request, as it stands in the log.
    request: String,
    /// The wrong fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<WrongField>>,
}

/// A wrong field.
#[derive(Debug, Serialize, ToSchema)]
#[allow(dead_code, reason = "part of the shape")]
pub struct WrongField {
    /// Its name.
    field: String,
    /// The stable name of what is wrong.
    code: String,
}

/// Problems of what everyone may ask.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only described")]
pub enum Open {
    /// The request cannot be read.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// There is no such thing, or the reader may not know that there is.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
    /// The method is not taken here.
    #[response(status = 405, content_type = "application/problem+json")]
    Method(ProblemBody),
    /// Something in it is wrong; the fields say what.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(ProblemBody),
    /// Too many requests; `Retry-After` says when to try again.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemBody),
    /// Storage does not answer.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// Problems of what needs a session.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only described")]
pub enum Closed {
    /// The request cannot be read.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// No session: sign in first.
    #[response(status = 401, content_type = "application/problem+json")]
    SignedOut(ProblemBody),
    /// The policies do not allow it.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// There is no such thing, or the reader may not know that there is.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
    /// The method is not taken here.
    #[response(status = 405, content_type = "application/problem+json")]
    Method(ProblemBody),
    /// Something in it is wrong; the fields say what.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(ProblemBody),
    /// Too many requests; `Retry-After` says when to try again.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemBody),
    /// Storage does not answer.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}
