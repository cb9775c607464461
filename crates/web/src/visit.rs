//! One request, before anybody knows who makes it: its id, language, device, address. Set by the outermost layer, which
//! also answers with the headers that every answer carries.

use crate::{state::AppState, trouble, words::Lang};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use directory::{sessions, signin::Origin};
use kernel::id::RequestId;
use std::net::SocketAddr;

/// One request.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Its id.
    pub request: RequestId,
    /// The language.
    pub lang: Lang,
    /// The path.
    pub path: String,
    /// The query, without `lang` and `done`.
    pub query: String,
    /// What was just done: a Fluent key that begins with `done-`.
    pub done: Option<String>,
    /// The secret of the device cookie.
    pub device: String,
    /// The secret of the session cookie.
    pub session: Option<String>,
    /// The network address.
    pub address: String,
    /// Wants JSON: a path below `/api/`.
    pub api: bool,
}

impl Visit {
    /// As the directory wants it.
    pub fn origin(&self) -> Origin {
        Origin { device: self.device.clone(), address: self.address.clone(), request: self.request.clone() }
    }
    /// The page itself, ready for one more parameter.
    pub fn here(&self) -> String {
        if self.query.is_empty() { format!("{}?", self.path) } else { format!("{}?{}&", self.path, self.query) }
    }
    /// The page itself.
    pub fn page(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}

/// The names of the cookies.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    secure: bool,
}

impl Cookies {
    /// The cookies of this service.
    pub fn of(state: &AppState) -> Cookies {
        Cookies { secure: state.settings.secure() }
    }
    fn name(self, plain: &str) -> String {
        if self.secure { format!("__Host-{plain}") } else { plain.to_owned() }
    }
    /// Reads one.
    pub fn read(self, headers: &HeaderMap, plain: &str) -> Option<String> {
        let name = self.name(plain);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(';'))
            .find_map(|pair| pair.trim().split_once('=').filter(|(n, _)| *n == name).map(|(_, v)| v.to_owned()))
            .filter(|v| (20..=100).contains(&v.len()) || v.len() == 2)
    }
    /// Writes one; `seconds` is its life, `None` until the browser closes.
    pub fn write(self, plain: &str, value: &str, seconds: Option<i64>) -> HeaderValue {
        let life = seconds.map(|s| format!("; Max-Age={s}")).unwrap_or_default();
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{life}{secure}", self.name(plain));
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// The session cookie.
pub const SESSION: &str = "dh_session";
/// The device cookie: sessions are pinned to it, and guesses are counted by it.
pub const DEVICE: &str = "dh_device";
const LANG: &str = "dh_lang";
const YEAR: i64 = 400 * 86_400;

/// The outermost layer.
pub async fn layer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let cookies = Cookies::of(&state);
    let journal = &state.services.journal;
    let known = cookies.read(request.headers(), DEVICE);
    let asked = parameter(request.uri().query(), "lang").and_then(|l| Lang::of(&l));
    let kept = cookies.read(request.headers(), LANG).and_then(|l| Lang::of(&l));
    let path = request.uri().path().to_owned();
    let visit = Visit {
        request: RequestId::mint(journal.clock(), journal.entropy()),
        lang: asked.or(kept).unwrap_or_default(),
        query: without(request.uri().query().unwrap_or(""), &["lang", "done"]),
        done: parameter(request.uri().query(), "done").filter(|d| {
            d.starts_with("done-") && d.len() < 60 && d.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        }),
        device: known.clone().unwrap_or_else(|| sessions::new_token(journal.entropy()).to_string()),
        session: cookies.read(request.headers(), SESSION),
        address: address(&state, &request),
        api: path.starts_with("/api/"),
        path,
    };
    // The device is remembered where a form of somebody unknown is shown, and nowhere else: readers get no cookies.
    let gets_device =
        known.is_none() && request.method() == Method::GET && matches!(visit.path.as_str(), "/login" | "/verify");
    request.extensions_mut().insert(visit.clone());
    let response = journal::one_look(next.run(request)).await;
    let mut response = trouble::render(&state, &visit, response);
    let headers = response.headers_mut();
    if gets_device {
        headers.append(header::SET_COOKIE, cookies.write(DEVICE, &visit.device, Some(YEAR)));
    }
    if let Some(lang) = asked {
        headers.append(header::SET_COOKIE, cookies.write(LANG, lang.code(), Some(YEAR)));
    }
    protect(headers, &state, &visit);
    response
}

/// What a page may load and where it may send.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; \
                          connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
                          object-src 'none'; manifest-src 'self'";

fn protect(headers: &mut HeaderMap, state: &AppState, visit: &Visit) {
    let mut set = |name: &'static str, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set("content-security-policy", POLICY);
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "no-referrer");
    set("x-frame-options", "DENY");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()");
    if state.settings.secure() {
        set("strict-transport-security", "max-age=63072000; includeSubDomains");
    }
    set("cache-control", "no-store");
    set("vary", "Cookie, Accept-Encoding");
    if let Ok(id) = HeaderValue::from_str(visit.request.as_str()) {
        headers.insert("x-request-id", id);
    }
}

/// The address from which the request comes, as far as the proxies in front are believed.
fn address(state: &AppState, request: &Request) -> String {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip().to_string());
    let forwarded: Vec<String> = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(|v| v.trim().to_owned())
        .collect();
    let trusted = state.settings.trusted_proxies;
    // Each trusted proxy appends the address that it saw, so the client's is that many from the end.
    let seen = (trusted > 0).then(|| forwarded.len().checked_sub(trusted).and_then(|at| forwarded.get(at))).flatten();
    seen.filter(|a| a.parse::<std::net::IpAddr>().is_ok()).cloned().or(peer).unwrap_or_else(|| "unknown".into())
}

/// One parameter of a query, decoded.
pub fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    query?.split('&').find_map(|pair| {
        let (n, v) = pair.split_once('=').unwrap_or((pair, ""));
        (n == name)
            .then(|| percent_encoding::percent_decode_str(&v.replace('+', " ")).decode_utf8().ok().map(Into::into))?
    })
}

fn without(query: &str, names: &[&str]) -> String {
    let kept = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !names.contains(&pair.split_once('=').map_or(*pair, |(name, _)| name)));
    kept.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_left_out_of_the_page_address() {
        assert_eq!(parameter(Some("q=%C4%90%E1%BB%81+ngh%E1%BB%8B&lang=en"), "q").as_deref(), Some("Đề nghị"));
        assert_eq!(parameter(Some("q=%FF"), "q"), None);
        assert_eq!(without("lang=en&q=a&done=done-x", &["lang", "done"]), "q=a");
    }
}
