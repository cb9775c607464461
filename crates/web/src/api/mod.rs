//! The JSON API under `/api/v1`: the same services, the same policies, as data. Reading needs the session that the pages
//! use; what is public on the pages is public here. Every problem is `application/problem+json` (RFC 9457).

mod cases;
mod directory;
mod journal;
mod problem;
mod resolutions;
pub mod verification;

use crate::state::AppState;
use axum::{
    Json, Router,
    routing::{get, post},
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, SecurityScheme},
};

/// Items on one page of a list.
const SIZE: i64 = 25;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Diên Hồng",
        description = "A parliament's digital work: cases, documents, resolutions, the journal and the directory. \
                       Times are ISO 8601 with Viet Nam's offset; days are YYYY-MM-DD.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        version = "1.0.0"
    ),
    paths(
        resolutions::list, resolutions::show, resolutions::paper, resolutions::proof,
        verification::verify, verification::validate, verification::report,
        cases::list, cases::show, cases::timeline, cases::documents, cases::document, cases::inbox,
        journal::head, journal::list, journal::stream, journal::act, journal::proof,
        directory::bodies, directory::body, directory::people, directory::person,
    ),
    tags(
        (name = "resolutions", description = "What was issued and published. Open to everyone."),
        (name = "cases", description = "Cases and their documents, for those who take part."),
        (name = "journal", description = "Every act, for auditors."),
        (name = "directory", description = "Bodies, people and positions.")
    ),
    modifiers(&Session)
)]
struct Api;

/// The session cookie of the pages.
struct Session;

impl Modify for Session {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let cookie =
            ApiKeyValue::with_description(crate::visit::SESSION, "The session of the pages; sign in at /login.");
        api.components
            .get_or_insert_default()
            .add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// The description of the API.
pub fn description() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// All routes of the API.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/openapi.json", get(async || Json(description())))
        .route("/api/v1/resolutions", get(resolutions::list))
        .route("/api/v1/resolutions/{document}", get(resolutions::show))
        .route("/api/v1/resolutions/{document}/paper", get(resolutions::paper))
        .route("/api/v1/resolutions/{document}/proof", get(resolutions::proof))
        .route("/api/v1/verify", post(verification::verify))
        .route("/api/v1/validate", post(verification::validate))
        .route("/api/v1/validate/report", post(verification::report))
        .route("/api/v1/cases", get(cases::list))
        .route("/api/v1/cases/{case}", get(cases::show))
        .route("/api/v1/cases/{case}/timeline", get(cases::timeline))
        .route("/api/v1/cases/{case}/documents", get(cases::documents))
        .route("/api/v1/documents/{document}", get(cases::document))
        .route("/api/v1/inbox", get(cases::inbox))
        .route("/api/v1/journal", get(journal::list))
        .route("/api/v1/journal/head", get(journal::head))
        .route("/api/v1/journal/streams/{stream}", get(journal::stream))
        .route("/api/v1/journal/streams/{stream}/{version}", get(journal::act))
        .route("/api/v1/journal/streams/{stream}/{version}/proof", get(journal::proof))
        .route("/api/v1/bodies", get(directory::bodies))
        .route("/api/v1/bodies/{body}", get(directory::body))
        .route("/api/v1/people", get(directory::people))
        .route("/api/v1/people/{person}", get(directory::person))
}

/// How many come before a page; from `from`, within reason.
fn offset(from: Option<u32>) -> i64 {
    i64::from(from.unwrap_or(0).min(1_000_000))
}

/// The page of a service that counts pages from 1.
fn page(from: Option<u32>, size: i64) -> u32 {
    crate::show::page_of(offset(from), size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_description_is_the_one_that_is_served() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/openapi.json");
        let now = format!("{}\n", description().to_pretty_json().unwrap());
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        if kept != now {
            let fresh = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/openapi.json.new");
            let _ = std::fs::write(fresh, &now);
            panic!("docs/api/openapi.json is not what is served: look at docs/api/openapi.json.new and move it there");
        }
    }
}
