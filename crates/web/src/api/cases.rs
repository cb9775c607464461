//! Cases and their documents, as far as the reader may know of them.

use super::{SIZE, page, problem::Closed};
use crate::{
    pages::{case::case_id, document::document_id},
    show,
    trouble::Failure,
    viewer::Member,
};
use axum::{
    Json,
    extract::{Path, Query},
};
use cases::{CaseFilter, InboxFilter};
use procedure::{Status, tasks::Place};
use records::Document;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Search {
    /// Words of the title; marks and case do not matter, all must occur.
    #[param(max_length = 200)]
    q: Option<String>,
    /// The procedure's id.
    procedure: Option<String>,
    /// The field of work: `lawmaking`, `oversight`, …
    field: Option<String>,
    /// Only open ones, or only closed ones.
    open: Option<bool>,
    /// How many to leave out, in whole pages of 25.
    from: Option<u32>,
}

/// One page of cases, the one that moved last first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseList {
    items: Vec<CaseBrief>,
    /// How many there are on all pages.
    total: i64,
}

/// A case in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseBrief {
    id: String,
    title: String,
    /// The procedure and its version.
    procedure: String,
    /// Secrecy grade, 0 to 3.
    grade: u8,
    open: bool,
    /// The step at which it stands.
    step: String,
    /// The step's name in the reader's language.
    step_title: String,
    /// Until when the step is to be done.
    due: Option<String>,
    /// How it ended: `done`, `refused`, `withdrawn`.
    outcome: Option<String>,
    opened: String,
    changed: String,
}

/// Cases that the reader may know of.
#[utoipa::path(get, path = "/api/v1/cases", tag = "cases", params(Search), security(("session" = [])),
    responses((status = 200, body = CaseList), Closed))]
pub async fn list(viewer: Member, Query(search): Query<Search>) -> Result<Json<CaseList>, Failure> {
    let filter = CaseFilter {
        query: search.q.unwrap_or_default(),
        procedure: search.procedure,
        work: search.field,
        open: search.open,
        page: page(search.from, SIZE),
    };
    let found = viewer.state.services.cases.list(&viewer.ctx, &filter).await?;
    let items = found.items.iter().map(|c| CaseBrief {
        id: c.id.to_string(),
        title: c.title.clone(),
        procedure: c.procedure.to_string(),
        grade: c.grade.level(),
        open: c.open,
        step: c.step.clone(),
        step_title: show::pick(&viewer, &c.step_title),
        due: c.due.map(kernel::Timestamp::iso_local),
        outcome: c.outcome.clone(),
        opened: c.opened_at.iso_local(),
        changed: c.changed_at.iso_local(),
    });
    Ok(Json(CaseList { items: items.collect(), total: found.total }))
}

/// A case.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseDetail {
    id: String,
    title: String,
    /// The procedure and its version.
    procedure: String,
    /// Secrecy grade, 0 to 3.
    grade: u8,
    open: bool,
    /// The version of its stream.
    version: i64,
    /// The line of steps.
    steps: Vec<StepPlace>,
    /// Who has it: `position@body`, `person:<id>`.
    holders: Vec<String>,
    /// Until when the step is to be done.
    due: Option<String>,
    /// What was filled in.
    #[schema(value_type = Object)]
    fields: serde_json::Value,
    /// Keys of documents that the present step still needs.
    missing: Vec<String>,
    /// What the reader may do now.
    possible: Vec<serde_json::Value>,
}

/// A step, seen from where the case stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepPlace {
    key: String,
    /// Its name in the reader's language.
    title: String,
    /// `done`, `here`, `next`, `skipped`.
    place: String,
}

/// A case.
#[utoipa::path(get, path = "/api/v1/cases/{case}", tag = "cases", params(("case" = String, Path)),
    security(("session" = [])), responses((status = 200, body = CaseDetail), Closed))]
pub async fn show(viewer: Member, Path(case): Path<String>) -> Result<Json<CaseDetail>, Failure> {
    let case = viewer.state.services.cases.case(&viewer.ctx, &case_id(&case)?).await?;
    let place = |place: Place| match place {
        Place::Done => "done",
        Place::Here => "here",
        Place::Next => "next",
        Place::Skipped => "skipped",
    };
    let steps = case.progress.iter().map(|w| StepPlace {
        key: w.step.clone(),
        title: show::pick(&viewer, &w.title),
        place: place(w.place).into(),
    });
    Ok(Json(CaseDetail {
        id: case.id.to_string(),
        title: case.state.title.clone(),
        procedure: case.procedure.reference().to_string(),
        grade: case.state.grade.level(),
        open: case.state.status == Status::Open,
        version: case.version,
        steps: steps.collect(),
        holders: case.tasks.iter().flat_map(|t| t.seats.clone()).collect(),
        due: case.state.due.map(kernel::Timestamp::iso_local),
        fields: case.state.fields.clone().into(),
        missing: case.missing.clone(),
        possible: case.possible.iter().filter_map(|p| serde_json::to_value(p).ok()).collect(),
    }))
}

/// What happened, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineEntry {
    at: String,
    /// Who, in words.
    who: String,
    /// What, in one sentence of the reader's language.
    what: String,
    /// What the person wrote with it.
    quote: String,
    /// The kind of act: a stable name.
    code: String,
    /// The act: its stream and place.
    stream: String,
    version: i64,
}

/// What happened to a case, oldest first.
#[utoipa::path(get, path = "/api/v1/cases/{case}/timeline", tag = "cases", params(("case" = String, Path)),
    security(("session" = [])), responses((status = 200, body = Vec<TimelineEntry>), Closed))]
pub async fn timeline(viewer: Member, Path(case): Path<String>) -> Result<Json<Vec<TimelineEntry>>, Failure> {
    let entries = viewer.state.services.cases.timeline(&viewer.ctx, &case_id(&case)?).await?;
    let entry = |e: &cases::Entry| {
        let told = show::told_one(&viewer, e);
        TimelineEntry {
            at: e.at.iso_local(),
            who: told.who,
            what: told.what,
            quote: told.quote,
            code: e.code.clone(),
            stream: e.act.0.clone(),
            version: e.act.1,
        }
    };
    Ok(Json(entries.iter().map(entry).collect()))
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentBrief {
    id: String,
    case: String,
    /// The key of the procedure's declaration.
    kind: String,
    title: String,
    /// Secrecy grade, 0 to 3.
    grade: u8,
    /// `draft`, `final`, `signed`, `issued`, `published`, `withdrawn`.
    state: String,
    /// The version of its stream.
    version: i64,
    /// Its latest text or file version.
    latest: i64,
    /// Its number, once issued.
    number: Option<String>,
    /// SHA-256 of the signed or sealed PDF.
    sha256: Option<String>,
    created: String,
    changed: String,
}

fn brief(document: &Document) -> DocumentBrief {
    DocumentBrief {
        id: document.id.to_string(),
        case: document.case.to_string(),
        kind: document.kind.clone(),
        title: document.title.clone(),
        grade: document.grade.level(),
        state: document.state.code().into(),
        version: document.version,
        latest: document.latest,
        number: document.number.as_ref().map(|n| n.text.clone()),
        sha256: document.pdf.as_ref().map(ToString::to_string),
        created: document.created_at.iso_local(),
        changed: document.changed_at.iso_local(),
    }
}

/// The documents of a case that the reader may read.
#[utoipa::path(get, path = "/api/v1/cases/{case}/documents", tag = "cases", params(("case" = String, Path)),
    security(("session" = [])), responses((status = 200, body = Vec<DocumentBrief>), Closed))]
pub async fn documents(viewer: Member, Path(case): Path<String>) -> Result<Json<Vec<DocumentBrief>>, Failure> {
    let case = viewer.state.services.cases.case(&viewer.ctx, &case_id(&case)?).await?;
    Ok(Json(case.documents.iter().map(brief).collect()))
}

/// A document.
#[utoipa::path(get, path = "/api/v1/documents/{document}", tag = "cases", params(("document" = String, Path)),
    security(("session" = [])), responses((status = 200, body = DocumentBrief), Closed))]
pub async fn document(viewer: Member, Path(document): Path<String>) -> Result<Json<DocumentBrief>, Failure> {
    let found = viewer.state.services.records.document(&viewer.ctx, &document_id(&document)?).await?;
    Ok(Json(brief(&found)))
}

/// A task that waits for the reader.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboxItem {
    case: String,
    case_title: String,
    step: String,
    /// `work`, `opinion`, `ballot`, `vote`, `sign`, `issue`, `publish`, `subcase`.
    kind: String,
    /// What is to be done, in the reader's language.
    todo: String,
    since: String,
    due: Option<String>,
    overdue: bool,
}

/// What waits for the reader, the most urgent first.
#[utoipa::path(get, path = "/api/v1/inbox", tag = "cases", security(("session" = [])),
    responses((status = 200, body = Vec<InboxItem>), Closed))]
pub async fn inbox(viewer: Member) -> Result<Json<Vec<InboxItem>>, Failure> {
    let filter = InboxFilter::default();
    let found = viewer.state.services.cases.inbox(&viewer.ctx, &filter).await?;
    let item = |t: &cases::InboxTask| InboxItem {
        case: t.case.to_string(),
        case_title: t.case_title.clone(),
        step: t.step.clone(),
        kind: t.kind.clone(),
        todo: show::pick(&viewer, &t.todo),
        since: t.since.iso_local(),
        due: t.due.map(kernel::Timestamp::iso_local),
        overdue: t.overdue,
    };
    Ok(Json(found.items.iter().map(item).collect()))
}
