//! What the internal authority publishes for programs: status answers (RFC 6960 over HTTP), time stamps (RFC 3161), its
//! revocation lists and certificates. Nobody signs in here; every body is bounded; nothing depends on a page.
//!
//! Mounted only where the configuration gives the services an address.

use crate::state::AppState;
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, alphabet, engine::general_purpose::GeneralPurpose, engine::general_purpose::NO_PAD};
use directory::{CrlKind, StatusAnswer};
use kernel::Problem;
use pki::{
    ocsp::{self, Refusal},
    time_stamp::{self, Rejection},
};

/// Largest request, in bytes.
const MAX_REQUEST: usize = 64 * 1024;
/// How long a cache on the way may give a status answer, in seconds: short, for a revocation is to be known at once.
const CACHE_SECONDS: u32 = 60;

/// The routes, below `/pki`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/pki/ocsp", post(status))
        .route("/pki/ocsp/{*request}", get(status_by_address))
        .route("/pki/tsa", post(stamp))
        .route("/pki/root.cer", get(root))
        .route("/pki/issuing.cer", get(issuing))
        .route("/pki/root.crl", get(root_list))
        .route("/pki/issuing.crl", get(full_list))
        .route("/pki/delta.crl", get(delta_list))
        .route("/pki/crl/{part}", get(part_list))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
}

fn answer(kind: &'static str, cache: String, body: impl Into<axum::body::Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CACHE_CONTROL, cache),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
    ];
    (headers, body.into()).into_response()
}

fn status_answer(found: Result<StatusAnswer, Problem>) -> Response {
    const KIND: &str = "application/ocsp-response";
    match found {
        Ok(StatusAnswer { der, until }) => {
            let cache = match until {
                Some(_) => format!("public, max-age={CACHE_SECONDS}, no-transform, must-revalidate"),
                None => "no-store".to_owned(),
            };
            answer(KIND, cache, Bytes::from_owner(der))
        }
        Err(problem) => {
            tracing::warn!(%problem, "no status answer");
            answer(KIND, "no-store".into(), ocsp::refused(Refusal::TryLater))
        }
    }
}

/// `POST /pki/ocsp`
async fn status(State(state): State<AppState>, body: Bytes) -> Response {
    status_answer(state.services.keys.status(&body).await)
}

/// `GET /pki/ocsp/{base64 of the request}` (RFC 6960, appendix A.1)
async fn status_by_address(State(state): State<AppState>, Path(request): Path<String>) -> Response {
    let lenient = GeneralPurpose::new(&alphabet::STANDARD, NO_PAD);
    // An unreadable request gets the answer of one that does not parse.
    let request = lenient.decode(request.trim_end_matches('=')).unwrap_or_default();
    status_answer(state.services.keys.status(&request).await)
}

/// `POST /pki/tsa`
async fn stamp(State(state): State<AppState>, body: Bytes) -> Response {
    let told = match state.services.keys.stamp(&body).await {
        Ok(told) => told,
        Err(problem) => {
            tracing::warn!(%problem, "no time stamp");
            time_stamp::rejected(Rejection::TimeNotAvailable)
        }
    };
    answer("application/timestamp-reply", "no-store".into(), told)
}

fn published(kind: &'static str, found: Result<Vec<u8>, Problem>) -> Response {
    match found {
        Ok(der) => answer(kind, "public, max-age=300".into(), der),
        Err(Problem::NotFound { .. } | Problem::Refused { .. }) => StatusCode::NOT_FOUND.into_response(),
        Err(problem) => {
            tracing::warn!(%problem, "not published");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

const CERTIFICATE: &str = "application/pkix-cert";
const CRL: &str = "application/pkix-crl";

async fn root(State(state): State<AppState>) -> Response {
    published(CERTIFICATE, state.services.keys.root().await.map(|c| c.der().to_vec()))
}
async fn issuing(State(state): State<AppState>) -> Response {
    published(CERTIFICATE, state.services.keys.issuer().await.map(|c| c.der().to_vec()))
}
async fn root_list(State(state): State<AppState>) -> Response {
    published(CRL, state.services.keys.published_crl(None).await.map(|der| der.to_vec()))
}
async fn full_list(State(state): State<AppState>) -> Response {
    published(CRL, state.services.keys.published_crl(Some(CrlKind::Full)).await.map(|der| der.to_vec()))
}
async fn delta_list(State(state): State<AppState>) -> Response {
    published(CRL, state.services.keys.published_crl(Some(CrlKind::Delta)).await.map(|der| der.to_vec()))
}
/// `GET /pki/crl/{of}-{part}.crl`
async fn part_list(State(state): State<AppState>, Path(name): Path<String>) -> Response {
    let part = name.strip_suffix(".crl").and_then(|n| n.split_once('-'));
    let Some((Ok(of), Ok(part))) = part.map(|(of, part)| (of.parse::<u8>(), part.parse::<u8>())) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    published(CRL, state.services.keys.published_crl(Some(CrlKind::Part(part, of))).await.map(|der| der.to_vec()))
}
