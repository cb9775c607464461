//! What machines ask: does the program live, can it serve.

use crate::{assets, state::AppState, trouble::Failure};
use axum::{extract::State, http::StatusCode, response::IntoResponse};
use kernel::Problem;

/// `GET /healthz`: the program lives. Touches nothing.
pub async fn health() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: storage answers and the browser files are there.
pub async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    match state.services.journal.position().await {
        Ok(_) if !assets::are_built() => {
            (StatusCode::SERVICE_UNAVAILABLE, "the browser files are missing: run `npm ci && npm run build` in web/\n")
        }
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(problem) => {
            tracing::warn!(%problem, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the storage does not answer\n")
        }
    }
}

/// Anything that no route takes.
pub async fn nowhere() -> Failure {
    Failure(Problem::not_found("page", ""))
}
