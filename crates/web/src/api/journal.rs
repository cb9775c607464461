//! The journal for auditors: the head of the log, acts, proofs.

use super::problem::Closed;
use crate::{
    pages::journal::{may_walk, proof_file},
    trouble::Failure,
    viewer::Member,
};
use axum::{
    Json,
    extract::{Path, Query},
    response::Response,
};
use kernel::{Act, Problem, StreamId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which part.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// Only acts behind this place (of the journal, or of the stream).
    after: Option<u32>,
    /// At most so many, 1 to 500; 100 when it is left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

impl After {
    fn parts(&self) -> (i64, i64) {
        (i64::from(self.after.unwrap_or(0)), i64::from(self.limit.unwrap_or(100).clamp(1, 500)))
    }
}

/// An act as the journal keeps it. What its grade hides from the reader is `null`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActBody {
    /// The place among all acts, in lists of the whole journal.
    position: Option<i64>,
    stream: String,
    version: i64,
    kind: String,
    at: String,
    /// `person:<id>`, `system:<name>`, `public`.
    who: String,
    /// `position@body`.
    acting_as: Option<String>,
    resource: String,
    /// Secrecy grade, 0 to 3.
    grade: u8,
    /// What was recorded.
    #[schema(value_type = Option<Object>)]
    body: Option<serde_json::Value>,
    /// Ids of the policies that allowed it.
    policies: Vec<String>,
    prev: String,
    hash: String,
}

fn shown(viewer: &Member, act: Act, position: Option<i64>) -> ActBody {
    let cleared = viewer.ctx.person().is_some_and(|p| p.clearance >= act.grade);
    ActBody {
        position,
        stream: act.stream.to_string(),
        version: act.version,
        kind: act.kind,
        at: act.at.iso_local(),
        who: act.actor.who,
        acting_as: act.actor.acting_as,
        resource: act.resource,
        grade: act.grade.level(),
        body: cleared.then_some(act.body),
        policies: act.policies,
        prev: act.prev.to_string(),
        hash: act.hash.to_string(),
    }
}

/// The newest signed head of the log; `null` while nothing is sealed.
#[utoipa::path(get, path = "/api/v1/journal/head", tag = "journal", security(("session" = [])),
    responses((status = 200, body = Option<Object>), Closed))]
pub async fn head(viewer: Member) -> Result<Json<serde_json::Value>, Failure> {
    may_walk(&viewer)?;
    let head = viewer.state.services.journal.tree_head().await?;
    Ok(Json(serde_json::to_value(head).map_err(Problem::fault)?))
}

/// Acts of the whole journal, in the order of recording.
#[utoipa::path(get, path = "/api/v1/journal", tag = "journal", params(After), security(("session" = [])),
    responses((status = 200, body = Vec<ActBody>), Closed))]
pub async fn list(viewer: Member, Query(after): Query<After>) -> Result<Json<Vec<ActBody>>, Failure> {
    may_walk(&viewer)?;
    let (after, limit) = after.parts();
    let acts = viewer.state.services.journal.acts_from(after, limit).await?;
    Ok(Json(acts.into_iter().map(|p| shown(&viewer, p.act, Some(p.position))).collect()))
}

/// Acts of a stream, such as `case:<id>`.
#[utoipa::path(get, path = "/api/v1/journal/streams/{stream}", tag = "journal", params(("stream" = String, Path), After),
    security(("session" = [])), responses((status = 200, body = Vec<ActBody>), Closed))]
pub async fn stream(
    viewer: Member,
    Path(stream): Path<String>,
    Query(after): Query<After>,
) -> Result<Json<Vec<ActBody>>, Failure> {
    may_walk(&viewer)?;
    let (after, limit) = after.parts();
    let (id, journal) = (StreamId::from_text(stream.clone()), &viewer.state.services.journal);
    if journal.head(&id).await? == 0 {
        return Err(Problem::not_found("stream", stream).into());
    }
    let acts = journal.acts(&id, after, limit).await?;
    Ok(Json(acts.into_iter().map(|act| shown(&viewer, act, None)).collect()))
}

/// One act.
#[utoipa::path(get, path = "/api/v1/journal/streams/{stream}/{version}", tag = "journal",
    params(("stream" = String, Path), ("version" = i64, Path)), security(("session" = [])),
    responses((status = 200, body = ActBody), Closed))]
pub async fn act(viewer: Member, Path((stream, version)): Path<(String, i64)>) -> Result<Json<ActBody>, Failure> {
    may_walk(&viewer)?;
    let found = viewer.state.services.journal.act(&StreamId::from_text(stream.clone()), version).await?;
    let act = found.ok_or_else(|| Problem::not_found("act", format!("{stream}/{version}")))?;
    Ok(Json(shown(&viewer, act, None)))
}

/// The proof of an act's place in the log, with the act.
#[utoipa::path(get, path = "/api/v1/journal/streams/{stream}/{version}/proof", tag = "journal",
    params(("stream" = String, Path), ("version" = i64, Path)), security(("session" = [])),
    responses((status = 200, body = serde_json::Value), Closed))]
pub async fn proof(viewer: Member, Path((stream, version)): Path<(String, i64)>) -> Result<Response, Failure> {
    may_walk(&viewer)?;
    Ok(proof_file(&viewer, &StreamId::from_text(stream), version).await?)
}
