//! Forms as they come: complete, in UTF-8, of bounded size, from our own page, with fields that we know.
//!
//! A form that comes too late (the session has ended) or too slowly (the case has moved on) is answered with what was
//! typed, so that nothing is lost.

use crate::{
    pages::problem::{ConflictPage, Kept, LatePage},
    render::Page,
    state::AppState,
    trouble::Failure,
    view::{Link, Told, Wrong},
    viewer::Viewer,
    visit::Visit,
};
use axum::{
    extract::{FromRequest, FromRequestParts, Multipart, Request},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use directory::SignedIn;
use kernel::{Ctx, FieldProblem, Problem};
use records::Upload;
use tokio::sync::OwnedMutexGuard;

/// Largest body of a form without files, in bytes. A resolution of 300 pages fits.
const MAX_FORM: usize = 4 << 20;
/// Most fields of a form.
const MAX_FIELDS: usize = 20_000;

/// The fields of a form, in order.
#[derive(Debug, Default)]
pub struct Fields {
    texts: Vec<(String, String)>,
    files: Vec<(String, Upload)>,
    all: Vec<Kept>,
}

impl Fields {
    /// Takes the one value of a field; empty when it was not sent.
    pub fn take(&mut self, name: &str) -> String {
        self.opt(name).unwrap_or_default()
    }
    /// Takes the one value of a field, if it was sent.
    pub fn opt(&mut self, name: &str) -> Option<String> {
        let at = self.texts.iter().position(|(n, _)| n == name)?;
        Some(self.texts.remove(at).1)
    }
    /// Takes a file; none when the person chose none.
    pub fn file(&mut self, name: &str) -> Option<Upload> {
        let at = self.files.iter().position(|(n, _)| n == name)?;
        Some(self.files.remove(at).1).filter(|u| !u.name.is_empty() || !u.bytes.is_empty())
    }
    /// Takes all fields whose name begins so; the beginning is cut off.
    pub fn below(&mut self, prefix: &str) -> Vec<(String, String)> {
        let (mine, rest) = std::mem::take(&mut self.texts).into_iter().partition(|(n, _)| n.starts_with(prefix));
        self.texts = rest;
        mine.into_iter().map(|(n, v): (String, String)| (n[prefix.len()..].to_owned(), v)).collect()
    }
    /// Nothing may be left: a field that nobody reads is a mistake of the page or of the sender.
    ///
    /// # Errors
    /// [`Problem::Invalid`] `field-unknown` for each.
    pub fn finish(&self) -> Result<(), Problem> {
        let left = self.texts.iter().map(|(n, _)| n).chain(self.files.iter().map(|(n, _)| n));
        let wrong: Vec<FieldProblem> =
            left.take(10).map(|n| FieldProblem::new(n.chars().take(80).collect::<String>(), "field-unknown")).collect();
        if wrong.is_empty() { Ok(()) } else { Err(Problem::Invalid(wrong)) }
    }

    /// Reads an urlencoded body.
    ///
    /// # Errors
    /// [`Problem::Invalid`] `field-not-utf8`, `field-too-many`.
    pub fn urlencoded(body: &[u8]) -> Result<Fields, Problem> {
        let mut texts = Vec::new();
        for pair in body.split(|b| *b == b'&').filter(|p| !p.is_empty()) {
            let (name, value) = match pair.iter().position(|b| *b == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &b""[..]),
            };
            texts.push((decode(name, "?")?, decode(value, &String::from_utf8_lossy(name))?));
            if texts.len() > MAX_FIELDS {
                return Err(Problem::Invalid(vec![FieldProblem::new("", "field-too-many").arg("max", MAX_FIELDS)]));
            }
        }
        Ok(Fields { texts, files: Vec::new(), all: Vec::new() }.remember())
    }

    /// Reads a form with files.
    ///
    /// # Errors
    /// [`Problem::Invalid`] `form-broken-off`, `form-too-large`, `field-not-utf8`, `field-too-many`.
    pub async fn multipart(mut body: Multipart) -> Result<Fields, Failure> {
        let mut fields = Fields::default();
        let broken = |_| Failure(Problem::field("", "form-broken-off"));
        while let Some(part) = body.next_field().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            match part.file_name().map(str::to_owned) {
                Some(file) => {
                    let bytes = part.bytes().await.map_err(|e| too_large(e.status()))?.into();
                    fields.files.push((name, Upload { name: file, bytes }));
                }
                None => {
                    let bytes = part.bytes().await.map_err(|e| too_large(e.status()))?;
                    let text =
                        String::from_utf8(bytes.into()).map_err(|_| Problem::field(name.clone(), "field-not-utf8"))?;
                    fields.texts.push((name, text));
                }
            }
            if fields.texts.len() + fields.files.len() > MAX_FIELDS {
                return Err(Problem::field("", "field-too-many").into());
            }
        }
        Ok(fields.remember())
    }

    /// Keeps what people typed, to give it back when the form cannot be taken. Secrets are never given back.
    fn remember(mut self) -> Fields {
        let typed = self.texts.iter().filter(|(n, v)| {
            !n.starts_with('_') && !v.is_empty() && !matches!(n.as_str(), "password" | "code" | "old" | "new" | "again")
        });
        self.all = typed.map(|(n, v)| Kept { name: n.clone(), value: v.clone() }).collect();
        self
    }
}

/// What a body that ended too early or is too large is answered with.
pub(crate) fn too_large(status: StatusCode) -> Failure {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        Failure(Problem::field("", "form-too-large"))
    } else {
        Failure(Problem::field("", "form-broken-off"))
    }
}

fn decode(bytes: &[u8], field: &str) -> Result<String, Problem> {
    let spaced: Vec<u8> = bytes.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    let text = percent_encoding::percent_decode(&spaced).decode_utf8();
    text.map(Into::into).map_err(|_| Problem::field(field.chars().take(80).collect::<String>(), "field-not-utf8"))
}

/// A form of anyone, from our own page.
pub struct Sent {
    /// Who sent it.
    pub viewer: Viewer,
    /// Its fields.
    pub fields: Fields,
    /// The form's own token: the same form sent twice has the same.
    pub once: String,
    /// The version of the case or document that the person had read.
    pub version: i64,
}

/// A form of a signed-in person.
pub struct Posted {
    /// Who sent it.
    pub viewer: Viewer,
    /// Their session.
    pub signed_in: SignedIn,
    /// Its fields.
    pub fields: Fields,
    /// The form's own token.
    pub once: String,
    /// The version of the case or document that the person had read.
    pub version: i64,
    /// The code was used already, perhaps by the first of two equal forms.
    used: bool,
    _turn: OwnedMutexGuard<()>,
}

impl FromRequest<AppState> for Sent {
    type Rejection = Response;
    async fn from_request(request: Request, state: &AppState) -> Result<Sent, Response> {
        match Sent::read(request, state).await {
            Ok((sent, true)) => Ok(sent),
            Ok((_, false)) => Err(forged()),
            Err(failure) => Err(failure.into_response()),
        }
    }
}

fn forged() -> Response {
    Failure(Problem::field("", "form-forged")).into_response()
}

impl Sent {
    /// The form, and whether it brought back the word of its session or device.
    async fn read(request: Request, state: &AppState) -> Result<(Sent, bool), Failure> {
        let (mut parts, body) = request.into_parts();
        if foreign(&parts.headers) {
            return Err(Problem::field("", "form-forged").into());
        }
        let viewer = Viewer::from_request_parts(&mut parts, state).await?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let mut fields = if kind.starts_with("multipart/form-data") {
            let form = Multipart::from_request(Request::from_parts(parts, body), state).await;
            Fields::multipart(form.map_err(|_| Problem::field("", "form-broken-off"))?).await?
        } else if kind.starts_with("application/x-www-form-urlencoded") || kind.is_empty() {
            let bytes = axum::body::to_bytes(body, MAX_FORM).await;
            Fields::urlencoded(&bytes.map_err(|_| Problem::field("", "form-too-large"))?)?
        } else {
            return Err(Problem::field("", "form-unknown-kind").into());
        };
        let (csrf, once, version) = (fields.take("_csrf"), fields.take("_once"), fields.opt("_version"));
        let sent = Sent { once, version: version.and_then(|v| v.parse().ok()).unwrap_or(0), viewer, fields };
        let fits = sent.viewer.form_token_fits(&csrf);
        Ok((sent, fits))
    }
}

/// Browsers say where a request comes from; a form of another site is none of ours, whatever it carries.
fn foreign(headers: &axum::http::HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|v| v == "cross-site")
}

impl FromRequest<AppState> for Posted {
    type Rejection = Response;
    async fn from_request(request: Request, state: &AppState) -> Result<Posted, Response> {
        let (sent, fits) = Sent::read(request, state).await.map_err(IntoResponse::into_response)?;
        match sent.viewer.signed_in.clone() {
            Some(_) if !fits => Err(forged()),
            Some(signed_in) => Ok(Posted {
                _turn: state.turns.take(&format!("{} {}", signed_in.session.id, sent.once)).await,
                used: false,
                signed_in,
                viewer: sent.viewer,
                fields: sent.fields,
                once: sent.once,
                version: sent.version,
            }),
            None => Err(late(&sent).await),
        }
    }
}

/// The session ended while the form was being filled in: what was typed comes back.
async fn late(sent: &Sent) -> Response {
    let next = sent.viewer.visit.page();
    let page = LatePage { sign_in: format!("/login?next={}", encoded(&next)), kept: sent.fields.all.clone() };
    match sent.viewer.page_as(StatusCode::UNAUTHORIZED, &page).await {
        Ok(response) => response,
        Err(failure) => failure.into_response(),
    }
}

/// A text as a part of a query.
pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

impl Posted {
    /// The context of this one request after its second factor, which stands in the field `code`.
    ///
    /// # Errors
    /// `second-factor-wrong`, `second-factor-used`, `second-factor-missing`; [`Problem::TooMany`].
    pub async fn step_up(&mut self) -> Result<Ctx, Problem> {
        let code: String = self.fields.take("code").chars().filter(|c| !c.is_whitespace()).collect();
        if code.is_empty() {
            return Err(Problem::field("code", "second-factor-needed"));
        }
        let origin = self.viewer.visit.origin();
        match self.viewer.state.services.signin.step_up(&self.signed_in, &code, &origin).await {
            // The same form sent twice brings the same code twice. Without a fresh factor the service only tells what
            // the first one came to; a new act is refused there.
            Err(Problem::Refused { code: "second-factor-used", .. }) => {
                self.used = true;
                Ok(self.viewer.ctx.clone())
            }
            other => other,
        }
    }

    /// The same page again with what is wrong; anything else as its own page, a conflict with what changed and what was
    /// typed.
    ///
    /// # Errors
    /// What has no page here.
    pub async fn again<P: Page>(
        &self,
        problem: Problem,
        back: &str,
        changes: Vec<Told>,
        page: impl AsyncFnOnce(Vec<Wrong>) -> Result<P, Problem>,
    ) -> Result<Response, Failure> {
        let problem = match (&problem, self.used) {
            (Problem::NeedsSecondFactor { .. }, true) => Problem::refused("second-factor-used"),
            _ => problem,
        };
        let code = crate::trouble::status(&problem);
        if matches!(problem, Problem::Conflict { .. }) {
            let back = Link::new(back, self.viewer.say("conflict-open-again", &[]));
            let page = ConflictPage { back, changes, kept: self.fields.all.clone() };
            return self.viewer.page_as(code, &page).await;
        }
        let errors = self.viewer.wrong(problem)?;
        self.viewer.page_as(code, &page(errors).await?).await
    }
}

impl Visit {
    /// A local address to go to after signing in; anything else is the first page.
    pub fn local(next: &str) -> String {
        let fine = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n']);
        if fine { next.to_owned() } else { "/".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(problem: Problem) -> &'static str {
        match problem {
            Problem::Invalid(fields) => fields[0].code,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn fields_are_taken_by_name_and_none_may_be_left() {
        let mut fields = Fields::urlencoded("a=1&f.x=%C4%90+2&f.y=&b=3".as_bytes()).unwrap();
        assert_eq!(fields.take("a"), "1");
        assert_eq!(fields.below("f."), [("x".into(), "Đ 2".into()), ("y".into(), String::new())]);
        assert_eq!(code(fields.finish().unwrap_err()), "field-unknown");
        assert_eq!(fields.take("b"), "3");
        assert!(fields.finish().is_ok());
    }

    #[test]
    fn bytes_that_are_no_utf8_are_refused_by_field() {
        assert_eq!(code(Fields::urlencoded(b"name=%FF%FE").unwrap_err()), "field-not-utf8");
    }

    #[test]
    fn secrets_are_never_given_back() {
        let fields = Fields::urlencoded(b"password=x&code=123456&_csrf=t&reason=vi+sao").unwrap();
        assert_eq!(fields.all.iter().map(|k| k.name.as_str()).collect::<Vec<_>>(), ["reason"]);
    }

    #[test]
    fn only_local_addresses_are_gone_to_after_signing_in() {
        assert_eq!(Visit::local("/cases/1?x=y"), "/cases/1?x=y");
        for bad in ["//evil.example", "https://evil.example", "", "/\\evil", "/a\r\nb"] {
            assert_eq!(Visit::local(bad), "/");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_the_reader_panic(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            let _ = Fields::urlencoded(&body);
        }
    }
}
