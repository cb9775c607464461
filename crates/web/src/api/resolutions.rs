//! Resolutions for everyone: list, text, paper, proof.

use super::{page, problem::Open};
use crate::{
    pages::{
        document::{document_id, inline},
        journal::proof_file,
    },
    trouble::Failure,
    viewer::Viewer,
};
use axum::{
    Json,
    extract::{Path, Query},
    response::Response,
};
use kernel::StreamId;
use records::{Published, PublishedFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Search {
    /// Words; marks and case do not matter, all must occur.
    #[param(max_length = 200)]
    q: Option<String>,
    /// The year of issue.
    #[param(minimum = 1946, maximum = 9999)]
    year: Option<i16>,
    /// How many to leave out, in whole pages of 20.
    from: Option<u32>,
}

/// One page of resolutions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResolutionList {
    items: Vec<ResolutionBrief>,
    /// How many there are on all pages.
    total: i64,
}

/// A resolution in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResolutionBrief {
    /// Its id.
    id: String,
    /// Its number as written: `1344/NQ-UBTVQH15`.
    number: String,
    /// Its date.
    date: String,
    /// Its subject.
    subject: String,
    /// The issuing body's code.
    issuer: String,
    /// The issuing body's name.
    issuer_name: String,
    /// Who signed.
    signer: String,
    /// SHA-256 of the PDF.
    sha256: String,
    /// Bytes of the PDF.
    size: i64,
    /// When it was published.
    published: String,
    /// Why it was withdrawn.
    withdrawn: Option<String>,
}

/// A resolution with its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct Resolution {
    #[serde(flatten)]
    brief: ResolutionBrief,
    /// The text in its pieces, in reading order.
    units: Vec<TextUnit>,
}

/// A piece of a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextUnit {
    /// Where it stands: `articles.0.clauses.1.text`.
    path: String,
    /// How it is called: `Điều 1, khoản 2`.
    label: String,
    /// Its words.
    text: String,
}

pub(super) fn brief(published: &Published) -> ResolutionBrief {
    ResolutionBrief {
        id: published.document.to_string(),
        number: published.number.text.clone(),
        date: published.number.date.to_string(),
        subject: published.content.subject.clone(),
        issuer: published.issuer.clone(),
        issuer_name: published.issuer_name.clone(),
        signer: published.signer.clone(),
        sha256: published.pdf.to_string(),
        size: published.size,
        published: published.published_at.iso_local(),
        withdrawn: published.withdrawn.clone(),
    }
}

/// Published resolutions, newest first.
#[utoipa::path(get, path = "/api/v1/resolutions", tag = "resolutions", params(Search),
    responses((status = 200, body = ResolutionList), Open))]
pub async fn list(viewer: Viewer, Query(search): Query<Search>) -> Result<Json<ResolutionList>, Failure> {
    let filter = PublishedFilter {
        query: search.q.unwrap_or_default(),
        year: search.year,
        issuer: None,
        page: page(search.from, 20),
    };
    let found = viewer.state.services.records.published(&filter).await?;
    Ok(Json(ResolutionList { items: found.items.iter().map(brief).collect(), total: found.total }))
}

/// A resolution with its text.
#[utoipa::path(get, path = "/api/v1/resolutions/{document}", tag = "resolutions", params(("document" = String, Path)),
    responses((status = 200, body = Resolution), Open))]
pub async fn show(viewer: Viewer, Path(document): Path<String>) -> Result<Json<Resolution>, Failure> {
    let published = viewer.state.services.records.publication(&document_id(&document)?).await?;
    let units = published.content.units().into_iter();
    let units = units.map(|u| TextUnit { path: u.path, label: u.label, text: u.text }).collect();
    Ok(Json(Resolution { brief: brief(&published), units }))
}

/// The official PDF.
#[utoipa::path(get, path = "/api/v1/resolutions/{document}/paper", tag = "resolutions", params(("document" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf"), Open))]
pub async fn paper(viewer: Viewer, Path(document): Path<String>) -> Result<Response, Failure> {
    let id = document_id(&document)?;
    let bytes = viewer.state.services.records.publication_pdf(&id).await?;
    Ok(inline("application/pdf", &format!("{id}.pdf"), bytes))
}

/// The sealing act with the proof of its place in the journal.
#[utoipa::path(get, path = "/api/v1/resolutions/{document}/proof", tag = "resolutions", params(("document" = String, Path)),
    responses((status = 200, body = serde_json::Value), Open))]
pub async fn proof(viewer: Viewer, Path(document): Path<String>) -> Result<Response, Failure> {
    let published = viewer.state.services.records.publication(&document_id(&document)?).await?;
    let stream = StreamId::new("document", &published.document);
    Ok(proof_file(&viewer, &stream, published.sealed_at).await?)
}
