//! The check of files as data: is it ours, who signed it and when, what changed since. Files are not kept.

use super::{
    problem::Open,
    resolutions::{ResolutionBrief, brief},
};
use crate::{
    form::{Fields, too_large},
    trouble::Failure,
    viewer::Viewer,
};
use axum::{
    Json,
    body::Bytes,
    extract::{Multipart, multipart::MultipartRejection, rejection::BytesRejection},
    http::header,
    response::{IntoResponse, Response},
};
use kernel::{Problem, Timestamp};
use records::{FileVerification, Verification};
use serde::Serialize;
use utoipa::ToSchema;

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
pub struct Checked {
    /// `genuine`, `withdrawn`, `appended`, `superseded`, `altered`, `doubtful`: a document of this house.
    /// `signed_elsewhere`, `broken`, `unsigned`, `unknown`, `unreadable`: another.
    verdict: String,
    /// SHA-256 of the file.
    sha256: String,
    /// Bytes of the file.
    size: i64,
    /// The published document that it is or claims to be.
    resolution: Option<ResolutionBrief>,
    /// Why the file could not be read.
    error: Option<String>,
    /// Its signatures, in the order in which they were made.
    signatures: Vec<CheckedSignature>,
}

/// What a check of one of several files found.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckedFile {
    /// Its name.
    file: String,
    /// The file that its detached signature is over, when it was among those sent.
    content: Option<String>,
    /// What was found.
    #[serde(flatten)]
    found: Checked,
}

/// One signature.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckedSignature {
    /// The field in the PDF, or the id in the XML document.
    field: String,
    /// Who signed.
    signer: String,
    /// Their position, as the certificate says.
    position: Option<String>,
    /// Their body, as the certificate says.
    body: Option<String>,
    /// Who issued the certificate.
    issuer: Option<String>,
    /// `PKCS7`, `B-B`, `B-T`, `B-LT`, `B-LTA`, `DocTimeStamp` (EN 319 142-1).
    level: String,
    /// When, as far as is known.
    signing_time: Option<String>,
    /// `time_stamp`, `claimed`, `none`.
    time_source: String,
    /// `TOTAL-PASSED`, `TOTAL-FAILED`, `INDETERMINATE` (EN 319 102-1).
    indication: String,
    /// Why it is not TOTAL-PASSED.
    sub_indication: Option<String>,
    /// The signed bytes: `intact`, `broken`, `unknown`.
    integrity: String,
    /// Covers the whole file.
    covers_whole_document: bool,
    /// What came after it: `none`, `evidence`, `form_fill`, `annotation`, `content`, `hidden`.
    changes_after: String,
    /// What was found, in words.
    reasons: Vec<String>,
}

fn word(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

impl CheckedSignature {
    fn of(s: &signing::SignatureReport) -> CheckedSignature {
        CheckedSignature {
            field: s.field.clone(),
            signer: s.signer.name.clone(),
            position: s.signer.position.clone(),
            body: s.signer.body.clone(),
            issuer: s.signer.issuer.clone(),
            level: word(s.level),
            signing_time: s.signing_time.map(Timestamp::iso_local),
            time_source: word(s.time_source),
            indication: word(s.indication),
            sub_indication: s.sub_indication.map(word),
            integrity: word(s.integrity),
            covers_whole_document: s.covers_whole_document,
            changes_after: word(s.changes_after),
            reasons: s.reasons.clone(),
        }
    }
}

impl Checked {
    fn of(answer: &Verification) -> Checked {
        Checked {
            verdict: word(answer.verdict),
            sha256: answer.digest.to_string(),
            size: i64::try_from(answer.size).unwrap_or(i64::MAX),
            resolution: answer.document.as_ref().map(brief),
            error: answer.signatures.error.clone(),
            signatures: answer.signatures.signatures.iter().map(CheckedSignature::of).collect(),
        }
    }
}

impl CheckedFile {
    /// For reports and answers.
    pub fn of(file: &FileVerification) -> CheckedFile {
        CheckedFile { file: file.name.clone(), content: file.beside.clone(), found: Checked::of(&file.verification) }
    }
}

/// Files that are checked together.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the shape of a form, named for the description")]
pub struct FilesToCheck {
    /// PDF, CAdES (.p7s, .p7m) or XML files, and what detached signatures are over; at most 20.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<Vec<u8>>,
}

fn whole(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Failure> {
    body.map_err(|error| too_large(error.status()))
}

/// Checks a file (PDF, CAdES or XML): genuine, who signed when, whether anything changed since. The file is not kept.
#[utoipa::path(post, path = "/api/v1/verify", tag = "resolutions",
    request_body(content = Vec<u8>, content_type = "application/pdf"),
    responses((status = 200, body = Checked), (status = 413, description = "The file is too large.",
        content_type = "application/problem+json", body = super::problem::ProblemBody), Open))]
pub async fn verify(viewer: Viewer, body: Bytes) -> Result<Json<Checked>, Failure> {
    Ok(Json(Checked::of(&viewer.state.services.records.verify_file(body).await?)))
}

/// Checks several files that belong together, as a form with files: a detached signature finds what it is over by its name
/// (`a.docx` for `a.docx.p7s`). The files are not kept.
#[utoipa::path(post, path = "/api/v1/validate", tag = "resolutions",
    request_body(content = FilesToCheck, content_type = "multipart/form-data"),
    responses((status = 200, body = Vec<CheckedFile>), (status = 413, description = "The files are too large.",
        content_type = "application/problem+json", body = super::problem::ProblemBody), Open))]
pub async fn validate(
    viewer: Viewer,
    body: Result<Multipart, MultipartRejection>,
) -> Result<Json<Vec<CheckedFile>>, Failure> {
    let broken = |_| Failure(Problem::field("", "form-broken-off"));
    let mut fields = Fields::multipart(body.map_err(broken)?).await?;
    let mut files = Vec::new();
    while let Some(file) = fields.file("file") {
        files.push(file);
    }
    fields.finish()?;
    if files.is_empty() {
        return Err(Problem::field("file", "verify-nothing").into());
    }
    let found = viewer.state.services.records.verify_files(files).await?;
    Ok(Json(found.iter().map(CheckedFile::of).collect()))
}

/// Checks a file (PDF, CAdES or XML); the answer is the validation report of ETSI TS 119 102-2. The file is not kept.
#[utoipa::path(post, path = "/api/v1/validate/report", tag = "resolutions",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = String, content_type = "application/xml"), (status = 413,
        description = "The file is too large.", content_type = "application/problem+json",
        body = super::problem::ProblemBody), Open))]
pub async fn report(viewer: Viewer, body: Result<Bytes, BytesRejection>) -> Result<Response, Failure> {
    let answer = viewer.state.services.records.verify_file(whole(body)?).await?;
    let name = answer.digest.to_string();
    let xml = signing::report_xml::write(&name, &answer.signatures, viewer.state.now());
    Ok(([(header::CONTENT_TYPE, "application/xml")], xml).into_response())
}
