//! Signing with the holder's own device: a token driven by the ministries' desktop agent, or any signing program.
//!
//! The paper is prepared after a fresh second factor; from then on two sealed words stand for what is awaited. One lets the
//! agent fetch the paper, and stands in an address because that is all an agent takes; it reads one file for some
//! minutes and nothing else, and is never made for a graded paper. The other takes the signed file, and travels in a
//! header or a form field only.

use super::step::{CaseHead, at_step};
use crate::{
    form::{Posted, too_large},
    render::Page,
    show,
    state::AppState,
    trouble::{self, Failure},
    view::Wrong,
    viewer::{Viewer, done},
    visit::Visit,
};
use axum::{
    extract::{FromRequest, Multipart, Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cases::{Awaited, CaseView, Done};
use directory::Holder;
use kernel::{Actor, Ctx, Digest, Grade, Problem, Strength, Timestamp};
use procedure::{Step, StepKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where the ministries' desktop agent listens on the machine of whoever signs.
const AGENT: &str = "wss://127.0.0.1:8987";
/// What is sealed into the word that takes the signed file.
const TAKING: &str = "signed-paper";
/// What is sealed into the word that fetches the paper.
const FETCHING: &str = "prepared-paper";
/// How long the agent may fetch the paper, in seconds.
const FETCH_SECONDS: i64 = 5 * 60;

/// A prepared paper waits for its signature.
#[derive(Debug, Serialize)]
pub struct SignDevicePage {
    /// The case.
    pub case: CaseHead,
    /// The paper's title.
    pub title: String,
    /// Until when it is awaited.
    pub until: Timestamp,
    /// The certificate that is awaited, in words.
    pub certificate: String,
    /// The word that takes the signed file.
    pub word: String,
    /// What the browser program sends to the agent; none for a graded paper.
    pub message: Option<String>,
    /// Where the browser program finds the agent.
    pub agent: String,
    /// Where it goes afterwards.
    pub done: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for SignDevicePage {
    const TEMPLATE: &'static str = "sign_device.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |message: Option<&str>, errors| SignDevicePage {
            case: CaseHead::sample(),
            title: "Nghị quyết về việc thành lập Ban soạn thảo".into(),
            until: Timestamp::from_micros(1_734_600_000_000_000),
            certificate: "CN=Đại biểu 001, O=CA thử nghiệm, C=VN".into(),
            word: "v1.example".into(),
            message: message.map(str::to_owned),
            agent: AGENT.into(),
            done: "/cases/case-1?done=done-signed".into(),
            errors,
        };
        vec![
            ("prepared", page(Some("{}"), vec![])),
            ("graded, wrong file", page(None, vec![Wrong::sample("file", "Tệp này không phải văn bản đã chuẩn bị.")])),
        ]
    }
}

/// What fetches a prepared paper.
#[derive(Serialize, Deserialize)]
struct Fetch {
    pdf: Digest,
    until: Timestamp,
}

/// Whether the reader signs with a key that is elsewhere.
pub async fn is_elsewhere(viewer: &Viewer) -> bool {
    let Some(person) = viewer.ctx.person() else { return false };
    let found = viewer.state.services.keys.fitting(&Holder::Person(person.id.clone())).await;
    found.is_ok_and(|stored| !stored.has_key())
}

/// `POST /cases/{case}/sign/device`: prepares the paper.
pub async fn prepare(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (case, step) = at_step(&posted.viewer, &id).await?;
    posted.fields.take("document");
    let fresh = posted.step_up().await;
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let key = step.document.as_deref().filter(|_| step.kind == StepKind::Sign);
    let prepared = match (fresh, key) {
        (Ok(ctx), Some(key)) => {
            viewer.state.services.cases.prepare_signature(&ctx, &case.id, posted.version, key).await
        }
        (Ok(_), None) => Err(Problem::refused("case-step-is-other").arg("step", show::pick(viewer, &step.title))),
        (Err(problem), _) => Err(problem),
    };
    match prepared {
        Ok(awaited) => {
            let word = viewer.state.services.keys.seal_errand(TAKING, &awaited)?;
            shown(viewer, StatusCode::OK, &case, &awaited, word, vec![]).await
        }
        Err(problem) => {
            let told = super::step::changes(viewer, &case.id, posted.version).await;
            let page = async |errors| super::sign::sign_page(viewer, &case, &step, errors).await;
            posted.again(problem, &format!("/cases/{id}/sign"), told, page).await
        }
    }
}

/// The page; only on it may the browser program speak to the agent.
async fn shown(
    viewer: &Viewer,
    status: StatusCode,
    case: &CaseView,
    awaited: &Awaited,
    word: String,
    errors: Vec<Wrong>,
) -> Result<Response, Failure> {
    let services = &viewer.state.services;
    let document = case.documents.iter().find(|d| d.id == awaited.paper.document);
    let document = document.ok_or_else(|| Problem::not_found("document", &awaited.paper.document))?;
    let stored = services.keys.fitting(&Holder::Person(awaited.person.clone())).await?;
    let message = match document.grade {
        Grade::Open => Some(message(&viewer.state, awaited, &word)?),
        // A graded paper is fetched by its signed-in person alone.
        _ => None,
    };
    let page = SignDevicePage {
        case: show::case_head(case),
        title: document.title.clone(),
        until: awaited.until,
        certificate: stored.certificate.subject().to_string(),
        word,
        message,
        agent: AGENT.into(),
        done: format!("/cases/{}?done=done-signed", awaited.case),
        errors,
    };
    let mut response = viewer.page_as(status, &page).await?;
    let policy = crate::visit::POLICY.replace("connect-src 'self'", &format!("connect-src 'self' {AGENT}"));
    let policy = HeaderValue::from_str(&policy).map_err(Problem::fault)?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// What the agent is told: where to fetch the paper, where to bring the signed file, and the word for it. Agents send the
/// word on as `Authorization: Bearer`; those that do not, send the metadata as form fields.
fn message(state: &AppState, awaited: &Awaited, word: &str) -> Result<String, Problem> {
    let base = &state.settings.public_url;
    let until = awaited.until.min(state.now().plus_seconds(FETCH_SECONDS));
    let fetch = state.services.keys.seal_errand(FETCHING, &Fetch { pdf: awaited.paper.pdf, until })?;
    let message = json!({
        "FileUploadHandler": format!("{base}/signing/signed"),
        "SessionId": "",
        "JWTToken": word,
        "FileName": format!("{base}/signing/papers/{fetch}/van-ban.pdf"),
        "MetaData": [{ "Key": "token", "Value": word }],
    });
    Ok(message.to_string())
}

/// `POST /cases/{case}/sign/device/paper`: the prepared paper for its person.
pub async fn paper(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let word = posted.fields.take("word");
    posted.fields.finish()?;
    let awaited = awaited_by(&posted.viewer, &id, &word)?;
    let pdf = posted.viewer.state.services.records.prepared_pdf(&awaited.paper.pdf).await?;
    Ok(file(pdf))
}

/// `GET /signing/papers/{word}/{name}`: the prepared paper for the agent.
pub async fn fetch(
    State(state): State<AppState>,
    Path((word, _)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let fetch: Option<Fetch> = state.services.keys.open_errand(FETCHING, &word);
    let fetch = fetch.filter(|fetch| state.now() < fetch.until);
    let fetch = fetch.ok_or_else(|| Problem::not_found("page", "signing"))?;
    Ok(file(state.services.records.prepared_pdf(&fetch.pdf).await?))
}

fn file(pdf: Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"van-ban.pdf\""),
    ];
    (headers, pdf).into_response()
}

/// What a word stands for, when it is of this case and of whoever sends it.
fn awaited_by(viewer: &Viewer, case: &str, word: &str) -> Result<Awaited, Problem> {
    let awaited: Option<Awaited> = viewer.state.services.keys.open_errand(TAKING, word);
    let mine = |awaited: &Awaited| {
        awaited.case.as_str() == case && viewer.ctx.person().is_some_and(|person| person.id == awaited.person)
    };
    awaited.filter(mine).ok_or_else(|| Problem::refused("sign-device-expired"))
}

/// `POST /cases/{case}/sign/device/signed`: the signed file by plain form.
pub async fn signed(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let word = posted.fields.take("word");
    let file = posted.fields.file("file");
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let awaited = awaited_by(viewer, &id, &word)?;
    let taken = match file {
        Some(file) => take(&viewer.state, &viewer.visit, &awaited, file.bytes.into()).await,
        None => Err(Problem::field("file", "upload-empty")),
    };
    match taken {
        Ok(_) => Ok(done(&format!("/cases/{id}"), "done-signed")),
        Err(problem) => {
            let (status, (case, step)) = (trouble::status(&problem), at_step(viewer, &id).await?);
            if !is_waiting(&case, &step, &awaited) {
                return Err(problem.into());
            }
            let mut errors = viewer.wrong(problem)?;
            errors.iter_mut().for_each(|wrong| wrong.field = "file".into());
            shown(viewer, status, &case, &awaited, word, errors).await
        }
    }
}

fn is_waiting(case: &CaseView, step: &Step, awaited: &Awaited) -> bool {
    step.kind == StepKind::Sign && case.version == awaited.version
}

/// The person of the awaited signature finishes the act that a fresh second factor began.
async fn take(state: &AppState, visit: &Visit, awaited: &Awaited, signed: Bytes) -> Result<Done, Problem> {
    let at = state.now();
    let person = state.services.directory.ctx_facts(&awaited.person, at).await?;
    let person = person.ok_or_else(|| Problem::refused("sign-device-expired"))?;
    let request = visit.request.clone();
    let ctx = Ctx { actor: Actor::Person(person), strength: Strength::Fresh, at, request };
    state.services.cases.sign_elsewhere(&ctx, awaited, signed).await
}

/// `POST /signing/signed`: the agent brings the signed file. Its answers have the status 200 whatever they say: agents show
/// the message of no others.
pub async fn handler(State(state): State<AppState>, request: Request) -> Response {
    let Some(visit) = request.extensions().get::<Visit>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let answer = match brought(&state, &visit, request).await {
        Ok(document) => json!({
            "Status": 0, "Message": "", "FileName": "van-ban.pdf",
            "FileServer": format!("{}/documents/{document}/paper.pdf", state.settings.public_url),
            "DocumentNumber": "", "DocumentDate": "",
        }),
        Err(Failure(problem)) => {
            tracing::info!(request = %visit.request, problem = problem.code(), "a signed paper was not taken");
            let (title, text) = trouble::words(&state, &visit, trouble::status(&problem), Some(&problem));
            let message = if text.is_empty() { title } else { text };
            refusal(&message)
        }
    };
    axum::Json(answer).into_response()
}

fn refusal(message: &str) -> Value {
    json!({
        "Status": 1, "Message": message, "FileName": "", "FileServer": "", "DocumentNumber": "", "DocumentDate": "",
    })
}

/// The word and the file of an agent's request.
async fn brought(state: &AppState, visit: &Visit, request: Request) -> Result<String, Failure> {
    let mut word = bearer(request.headers());
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let mut pdf = Bytes::new();
    if kind.starts_with("multipart/form-data") {
        let form = Multipart::from_request(request, state).await;
        let mut form = form.map_err(|_| Problem::field("", "form-broken-off"))?;
        while let Some(part) = form.next_field().await.map_err(|e| too_large(e.status()))? {
            let (name, is_file) = (part.name().unwrap_or_default().to_owned(), part.file_name().is_some());
            let bytes = part.bytes().await.map_err(|e| too_large(e.status()))?;
            if is_file && pdf.is_empty() {
                pdf = bytes;
            } else if name == "token" && word.is_none() {
                word = String::from_utf8(bytes.to_vec()).ok();
            }
        }
    } else {
        let body = Bytes::from_request(request, state).await;
        pdf = body.map_err(|e| too_large(e.status()))?;
    }
    let awaited = word.and_then(|word| state.services.keys.open_errand::<Awaited>(TAKING, word.trim()));
    let awaited = awaited.ok_or_else(|| Problem::refused("sign-device-expired"))?;
    if pdf.is_empty() {
        return Err(Problem::refused("sign-device-other-file").into());
    }
    take(state, visit, &awaited, pdf).await?;
    Ok(awaited.paper.document.to_string())
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(|word| word.trim().to_owned()).filter(|word| !word.is_empty())
}
