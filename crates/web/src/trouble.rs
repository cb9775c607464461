//! Problems as pages and as `application/problem+json`: what happened, what was kept, what to do.
//!
//! Handlers return a [`Failure`]; the visit layer turns it into the answer, so that every problem looks the same and no
//! cause that is only for the log reaches a reader.

use crate::{
    frame::Frame,
    pages::problem::ProblemPage,
    state::AppState,
    view::Link,
    visit::Visit,
    words::{Arg, args_of},
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use kernel::Problem;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A handler's problem on its way to the reader.
#[derive(Debug)]
pub struct Failure(pub Problem);

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure(problem)
    }
}

/// The problem, carried by a response that has no body yet.
#[derive(Debug, Clone)]
struct Carried(Arc<Problem>);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = status(&self.0).into_response();
        response.extensions_mut().insert(Carried(Arc::new(self.0)));
        response
    }
}

/// The status of a problem.
pub fn status(problem: &Problem) -> StatusCode {
    match problem {
        Problem::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Problem::NotFound { .. } => StatusCode::NOT_FOUND,
        Problem::Forbidden { .. } | Problem::NeedsSecondFactor { .. } => StatusCode::FORBIDDEN,
        Problem::Conflict { .. } | Problem::Refused { .. } => StatusCode::CONFLICT,
        Problem::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Problem::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Problem::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The answer as the reader gets it: a page or JSON where a handler or a layer only gave a status.
pub(crate) fn render(state: &AppState, visit: &Visit, response: Response) -> Response {
    let code = response.status();
    let carried = response.extensions().get::<Carried>().map(|c| Arc::clone(&c.0));
    let bare = carried.is_some() || (code.is_client_error() || code.is_server_error()) && !has_own_words(&response);
    if !bare {
        return response;
    }
    if let Some(problem) = &carried {
        note(visit, problem);
    }
    let (title, text) = words(state, visit, code, carried.as_deref());
    let mut answer = if visit.api {
        json(visit, code, carried.as_deref(), &title, &text)
    } else {
        page(state, visit, code, title, text)
    };
    for kept in [header::WWW_AUTHENTICATE, header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&kept) {
            answer.headers_mut().insert(kept, value.clone());
        }
    }
    if let Some(Problem::TooMany { seconds }) = carried.as_deref() {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
    }
    answer
}

fn has_own_words(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    kind.starts_with("text/html")
        || kind.starts_with("application/problem+json")
        || kind.starts_with("application/json")
}

fn note(visit: &Visit, problem: &Problem) {
    match problem {
        Problem::Fault(why) => tracing::error!(request = %visit.request, path = logged(&visit.path), why, "a fault"),
        Problem::Unavailable { what, why } => tracing::warn!(request = %visit.request, what, why, "not available"),
        other => tracing::debug!(request = %visit.request, code = other.code(), "not carried out"),
    }
}

/// A path without the secret words that some addresses carry.
fn logged(path: &str) -> &str {
    const SECRET: [&str; 2] = ["/signing/papers/", "/calendar/feed/"];
    SECRET.into_iter().find(|beginning| path.starts_with(beginning)).unwrap_or(path)
}

/// Heading and sentence in the reader's language.
pub(crate) fn words(state: &AppState, visit: &Visit, code: StatusCode, problem: Option<&Problem>) -> (String, String) {
    let say = |key: &str, args: &BTreeMap<String, Arg>| state.renderer.words().say(visit.lang, key, args);
    let none = BTreeMap::new();
    let kind = match problem {
        Some(problem) => problem.code().replace('_', "-"),
        None => match code {
            StatusCode::NOT_FOUND => "not-found".into(),
            StatusCode::UNAUTHORIZED => "signed-out".into(),
            StatusCode::METHOD_NOT_ALLOWED => "method".into(),
            StatusCode::PAYLOAD_TOO_LARGE => "too-large".into(),
            StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => "unavailable".into(),
            c if c.is_server_error() => "fault".into(),
            _ => "bad-request".to_owned(),
        },
    };
    let title = say(&format!("problem-{kind}"), &none);
    let text = match problem {
        Some(Problem::Refused { code, args }) => say(code, &args_of(args)),
        Some(Problem::Invalid(fields)) => {
            let sentences = fields.iter().map(|f| format!("{}: {}", f.field, say(f.code, &args_of(&f.args))));
            sentences.collect::<Vec<_>>().join(" ")
        }
        Some(Problem::TooMany { seconds }) => {
            let seconds = i64::try_from(*seconds).unwrap_or(i64::MAX);
            say("problem-too-many-text", &BTreeMap::from([("seconds".to_owned(), Arg::Int(seconds))]))
        }
        _ => say(&format!("problem-{kind}-text"), &none),
    };
    (title, text)
}

fn page(state: &AppState, visit: &Visit, code: StatusCode, title: String, text: String) -> Response {
    let say = |key: &str| state.renderer.words().say(visit.lang, key, &BTreeMap::new());
    let links = vec![Link::new("/", say("problem-to-work")), Link::new("/resolutions", say("problem-to-public"))];
    let frame = Frame {
        lang: visit.lang,
        here: visit.here(),
        path: visit.path.clone(),
        request: visit.request.to_string(),
        ..Frame::default()
    };
    let page = ProblemPage { status: code.as_u16(), title, text, links };
    match state.renderer.page(&frame, &page) {
        Ok(html) => (code, Html(html)).into_response(),
        Err(problem) => {
            tracing::error!(%problem, "the problem page cannot be shown");
            code.into_response()
        }
    }
}

/// RFC 9457, with the stable code, the request id and the wrong fields.
fn json(visit: &Visit, code: StatusCode, problem: Option<&Problem>, title: &str, text: &str) -> Response {
    let kind = problem.map_or_else(|| code.as_str().to_owned(), |p| p.code().to_owned());
    let mut body = serde_json::json!({
        "type": "about:blank", "title": title, "status": code.as_u16(), "detail": text, "code": kind,
        "request": visit.request.as_str(),
    });
    if let Some(Problem::Invalid(fields)) = problem {
        let fields = fields.iter().map(|f| serde_json::json!({ "field": f.field, "code": f.code }));
        body["fields"] = fields.collect();
    }
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (code, kind, body.to_string()).into_response()
}
