//! A document: its paper, its versions and how they differ.

use super::{
    sign::PaperView,
    step::{AttachPage, CaseHead, changes},
    verification::{SealedBand, bands},
};
use crate::{
    form::Posted,
    render::Page,
    show,
    trouble::Failure,
    view::{Choice, Link, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{
    body::Bytes,
    extract::{Path, Query},
    http::header,
    response::{IntoResponse, Response},
};
use kernel::{DocumentId, Problem, Timestamp};
use procedure::tasks::may_write;
use records::{Fate, NewBody, State, VersionBody};
use serde::{Deserialize, Serialize};

/// A document with its paper and versions.
#[derive(Debug, Serialize)]
pub struct DocumentPage {
    /// The case.
    pub case: CaseHead,
    /// The document.
    pub id: String,
    /// What kind of paper it is.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Its number, once issued.
    pub number: String,
    /// Words of its state.
    pub state: String,
    /// The colour of the tag that says so.
    pub colour: &'static str,
    /// The paper as images and text; none for a file that is no PDF.
    pub paper: Option<PaperView>,
    /// The version that is shown.
    pub shown: i64,
    /// Versions, latest first.
    pub versions: Vec<VersionRow>,
    /// Where it can be edited or replaced by this reader now.
    pub edit: Option<String>,
    /// Where the kept file is fetched.
    pub file: Option<String>,
    /// Signatures on the paper.
    pub signatures: Vec<SealedBand>,
    /// Where the reader can send it over the interconnection axis.
    pub send: Option<String>,
    /// Where it was sent.
    pub sent: Vec<Link>,
}

/// A version.
#[derive(Debug, Clone, Serialize)]
pub struct VersionRow {
    /// Its number.
    pub number: i64,
    /// Who wrote it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The author's remark.
    pub note: String,
    /// Whether it is a structured text, which can be compared.
    pub text: bool,
}

impl VersionRow {
    fn samples() -> Vec<VersionRow> {
        let row = |number: i64, note: &str| VersionRow {
            number,
            by: "Trần Thị B".into(),
            at: Timestamp::from_micros(1_734_600_000_000_000 + number * 600_000_000),
            note: note.into(),
            text: true,
        };
        vec![row(3, "Tiếp thu ý kiến thẩm tra"), row(2, ""), row(1, "Bản đầu")]
    }
}

impl Page for DocumentPage {
    const TEMPLATE: &'static str = "document.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = DocumentPage {
            case: CaseHead::sample(),
            id: "document-1".into(),
            kind: "Nghị quyết".into(),
            title: "Thành lập Ban soạn thảo dự án Luật".into(),
            number: "1344/NQ-UBTVQH15".into(),
            state: "Đã ban hành".into(),
            colour: "green",
            paper: Some(PaperView::sample()),
            shown: 3,
            versions: VersionRow::samples(),
            edit: Some("/documents/document-1/edit".into()),
            file: None,
            signatures: vec![],
            send: Some("/documents/document-1/send".into()),
            sent: vec![Link::new("/outgoing/dispatch-1", "20/12/2024")],
        };
        let file = DocumentPage {
            paper: None,
            file: Some("/documents/document-2/file".into()),
            number: String::new(),
            state: "Đã gửi".into(),
            colour: "blue",
            ..DocumentPage { versions: vec![], ..DocumentPage::samples_base() }
        };
        vec![("resolution", page), ("file", file)]
    }
}

impl DocumentPage {
    fn samples_base() -> DocumentPage {
        DocumentPage {
            case: CaseHead::sample(),
            id: "document-2".into(),
            kind: "Tờ trình".into(),
            title: "Tờ trình".into(),
            number: String::new(),
            state: String::new(),
            colour: "grey",
            paper: None,
            shown: 1,
            versions: VersionRow::samples(),
            edit: None,
            file: None,
            signatures: vec![],
            send: None,
            sent: vec![],
        }
    }
}

/// Two versions side by side.
#[derive(Debug, Serialize)]
pub struct ComparePage {
    /// The case.
    pub case: CaseHead,
    /// The document.
    pub id: String,
    /// Its title.
    pub title: String,
    /// All versions.
    pub versions: Vec<Choice>,
    /// The older one.
    pub old: String,
    /// The newer one.
    pub new: String,
    /// Units in reading order.
    pub units: Vec<DiffUnit>,
    /// How many of them differ.
    pub changed: i64,
}

/// A unit of the comparison.
#[derive(Debug, Serialize)]
pub struct DiffUnit {
    /// `Điều 1, khoản 2`, with both labels where it was moved.
    pub label: String,
    /// `kept`, `added`, `removed`, `changed`.
    pub fate: &'static str,
    /// Its words: `(kept | added | removed, text)`.
    pub spans: Vec<(&'static str, String)>,
}

impl Page for ComparePage {
    const TEMPLATE: &'static str = "compare.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let unit = |label: &str, fate, spans: Vec<(&'static str, &str)>| DiffUnit {
            label: label.into(),
            fate,
            spans: spans.into_iter().map(|(f, t)| (f, t.to_owned())).collect(),
        };
        let page = ComparePage {
            case: CaseHead::sample(),
            id: "document-1".into(),
            title: "Thành lập Ban soạn thảo dự án Luật".into(),
            versions: vec![Choice::new("1", "Phiên bản 1"), Choice::new("2", "Phiên bản 2")],
            old: "1".into(),
            new: "2".into(),
            units: vec![
                unit("Điều 1", "kept", vec![("kept", "Thành lập Ban soạn thảo")]),
                unit(
                    "Điều 1, khoản 1",
                    "changed",
                    vec![("kept", "Ban soạn thảo gồm "), ("removed", "10"), ("added", "12"), ("kept", " thành viên.")],
                ),
                unit("Điều 2", "added", vec![("added", "Nghị quyết này có hiệu lực kể từ ngày ký.")]),
            ],
            changed: 2,
        };
        vec![("two versions", page)]
    }
}

/// A document's id out of an address.
///
/// # Errors
/// [`Problem::NotFound`].
pub fn document_id(text: &str) -> Result<DocumentId, Problem> {
    DocumentId::new(text).map_err(|_| Problem::not_found("document", text.chars().take(64).collect::<String>()))
}

/// Which version.
#[derive(Debug, Deserialize)]
pub struct Which {
    version: Option<i64>,
}

/// `GET /documents/{document}`
pub async fn show(viewer: Member, Path(id): Path<String>, Query(which): Query<Which>) -> Result<Response, Failure> {
    let services = &viewer.state.services;
    let document = services.records.document(&viewer.ctx, &document_id(&id)?).await?;
    let case = services.cases.case(&viewer.ctx, &document.case).await?;
    let versions = services.records.versions(&viewer.ctx, &document.id).await?;
    let names = show::names(&viewer, versions.iter().map(|v| v.by.as_str())).await?;
    let shown = versions.iter().find(|v| Some(v.number) == which.version).or(versions.last());
    let is_pdf = matches!(shown.map(|v| &v.body), Some(VersionBody::File(f)) if f.media_type == "application/pdf");
    let is_text = matches!(shown.map(|v| &v.body), Some(VersionBody::Text(_)));
    let row = show::document_row(&viewer, &case.procedure, &document, &names);
    let open = document.state == State::Draft && may_write(&case.procedure, &case.state, &document.kind);
    let attach = procedure::tasks::Action::Attach(document.kind.clone());
    let write = viewer.may("document.version_added", &resource(&case, &document))
        || (case.acting_for.is_some() && case.possible.iter().any(|one| one.action == attach));
    let signatures = match &document.pdf {
        Some(pdf) => {
            let bytes = services.journal.get_blob(pdf).await?;
            let verified = services.records.verify_file(bytes).await?;
            bands(&viewer, &verified.signatures)
        }
        None => vec![],
    };
    let place = if document.form.is_some() { "edit" } else { "replace" };
    let page = DocumentPage {
        case: show::case_head(&case),
        id: document.id.to_string(),
        kind: row.kind,
        title: document.title.clone(),
        number: document.number.as_ref().map(|n| n.text.clone()).unwrap_or_default(),
        state: row.state,
        colour: row.colour,
        paper: if is_text || is_pdf { Some(show::paper(&viewer, &document, which.version).await?) } else { None },
        shown: shown.map_or(0, |v| v.number),
        versions: versions
            .iter()
            .rev()
            .map(|v| VersionRow {
                number: v.number,
                by: show::name_of(&names, &v.by),
                at: v.at,
                note: v.note.clone(),
                text: matches!(v.body, VersionBody::Text(_)),
            })
            .collect(),
        edit: (open && write).then(|| format!("/documents/{}/{place}", document.id)),
        file: document.form.is_none().then(|| format!("/documents/{}/file", document.id)),
        signatures,
        send: (services.office.may_dispatch(&viewer.ctx) && services.office.can_dispatch(&document))
            .then(|| format!("/documents/{}/send", document.id)),
        sent: sent(&viewer, &document).await?,
    };
    viewer.page(&page).await
}

/// Where the document was sent over the axis, for those who may look.
async fn sent(viewer: &Viewer, document: &records::Document) -> Result<Vec<Link>, Problem> {
    let office = &viewer.state.services.office;
    if !office.may_view(&viewer.ctx) {
        return Ok(vec![]);
    }
    let lines = office.dispatches_of(&viewer.ctx, &document.id).await?;
    let words = |line: &exchange::DispatchLine| {
        let (n, day) = (line.receivers.to_string(), line.at.day().short());
        viewer.say("dispatch-line", &[("n", &n), ("day", &day)])
    };
    Ok(lines.iter().map(|line| Link::new(format!("/outgoing/{}", line.id), words(line))).collect())
}

/// The document as the policies see it.
fn resource(case: &cases::CaseView, document: &records::Document) -> kernel::Resource {
    let state = &case.state;
    let attrs = serde_json::json!({
        "grade": state.grade.level(), "procedure": case.procedure.id, "step": state.step,
        "participants": state.participants, "bodies": state.bodies,
        "holders": procedure::tasks::holders(&case.procedure, state), "state": document.state.code(),
        "restricted": case.procedure.restricted,
    });
    kernel::Resource::new("Document", document.id.as_str(), attrs)
}

/// `GET /documents/{document}/paper.pdf`
pub async fn pdf(viewer: Member, Path(id): Path<String>, Query(which): Query<Which>) -> Result<Response, Failure> {
    let id = document_id(&id)?;
    let bytes = viewer.state.services.records.paper(&viewer.ctx, &id, which.version).await?;
    Ok(inline("application/pdf", &format!("{id}.pdf"), bytes))
}

/// `GET /documents/{document}/pages/{version}/{page}`: a page as an image.
pub async fn page_image(
    viewer: Member,
    Path((id, version, page)): Path<(String, i64, String)>,
) -> Result<Response, Failure> {
    let id = document_id(&id)?;
    let document = viewer.state.services.records.document(&viewer.ctx, &id).await?;
    let pages = viewer.state.papers.pages(&viewer, &document, Some(version)).await?;
    let at = page.strip_suffix(".png").and_then(|n| n.parse::<usize>().ok()).and_then(|n| n.checked_sub(1));
    let bytes = at.and_then(|at| pages.get(at)).ok_or_else(|| Problem::not_found("page", page))?;
    Ok(image(bytes.clone()))
}

/// `GET /previews/{token}/{page}`: a page of what is being typed, for the person who types it.
pub async fn preview_image(viewer: Member, Path((token, page)): Path<(String, String)>) -> Result<Response, Failure> {
    let at = page.strip_suffix(".png").and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
    let bytes = viewer.state.papers.preview_page(&viewer, &token, at);
    Ok(image(bytes.ok_or_else(|| Problem::not_found("page", page))?))
}

fn image(bytes: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "private, max-age=600")], bytes).into_response()
}

/// A file that browsers may show in place.
pub fn inline(kind: &str, name: &str, bytes: Bytes) -> Response {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' }).collect();
    let disposition = format!("inline; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

/// `GET /documents/{document}/file`: the file as it was attached. Only a PDF or an image is shown in place.
pub async fn file(viewer: Member, Path(id): Path<String>, Query(which): Query<Which>) -> Result<Response, Failure> {
    let id = document_id(&id)?;
    let (info, bytes) = viewer.state.services.records.file(&viewer.ctx, &id, which.version).await?;
    if info.media_type == "application/pdf" || info.media_type.starts_with("image/") {
        return Ok(inline(&info.media_type, &info.name, bytes));
    }
    let name = crate::form::encoded(&info.name);
    let disposition = format!("attachment; filename*=UTF-8''{name}");
    Ok(([(header::CONTENT_TYPE, info.media_type), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

/// `GET /documents/{document}/replace`
pub async fn replace(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let document = viewer.state.services.records.document(&viewer.ctx, &document_id(&id)?).await?;
    viewer.page(&replace_page(&viewer, &document, String::new(), vec![]).await?).await
}

async fn replace_page(
    viewer: &Viewer,
    document: &records::Document,
    note: String,
    errors: Vec<Wrong>,
) -> Result<AttachPage, Problem> {
    let case = viewer.state.services.cases.case(&viewer.ctx, &document.case).await?;
    Ok(AttachPage {
        kind: show::kind_of(viewer, &case.procedure, &document.kind),
        case: show::case_head(&case),
        key: document.kind.clone(),
        title: document.title.clone(),
        note,
        action: format!("/documents/{}/replace", document.id),
        version: document.version,
        replaces: true,
        errors,
    })
}

/// `POST /documents/{document}/replace`
pub async fn replaced(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (note, file) = (posted.fields.take("note"), posted.fields.file("file"));
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let services = &viewer.state.services;
    let document = services.records.document(&viewer.ctx, &document_id(&id)?).await?;
    let kept = match file {
        None => Err(Problem::field("file", "field-required")),
        Some(file) => {
            let body = NewBody::Upload(file);
            services.cases.revise_document(&viewer.ctx, &document.id, posted.version, body, &note).await
        }
    };
    match kept {
        Ok(_) => Ok(done(&format!("/documents/{id}"), "done-version")),
        Err(problem) => {
            let told = changes(viewer, &document.case, i64::MAX).await;
            let page = async |errors| replace_page(viewer, &document, note, errors).await;
            posted.again(problem, &format!("/documents/{id}"), told, page).await
        }
    }
}

/// Which two versions.
#[derive(Debug, Deserialize)]
pub struct Pair {
    old: Option<i64>,
    new: Option<i64>,
}

/// `GET /documents/{document}/compare`
pub async fn compare(viewer: Member, Path(id): Path<String>, Query(pair): Query<Pair>) -> Result<Response, Failure> {
    let services = &viewer.state.services;
    let document = services.records.document(&viewer.ctx, &document_id(&id)?).await?;
    let case = services.cases.case(&viewer.ctx, &document.case).await?;
    let versions = services.records.versions(&viewer.ctx, &document.id).await?;
    let new = pair.new.unwrap_or(document.latest).clamp(1, document.latest);
    let old = pair.old.unwrap_or(new - 1).clamp(1, document.latest);
    let units = services.records.compare_versions(&viewer.ctx, &document.id, old, new).await?;
    let changed = units.iter().filter(|u| u.fate != Fate::Kept).count();
    let word = |fate: Fate| match fate {
        Fate::Kept => "kept",
        Fate::Added => "added",
        Fate::Removed => "removed",
        Fate::Changed => "changed",
    };
    let label = |u: &records::UnitChange| match (u.old_label.as_str(), u.new_label.as_str()) {
        ("", "") => viewer.say(place_of(&u.path), &[]),
        ("", label) | (label, "") => label.to_owned(),
        (old, new) if old == new => new.to_owned(),
        (old, new) => format!("{old} → {new}"),
    };
    let page = ComparePage {
        case: show::case_head(&case),
        id: document.id.to_string(),
        title: document.title.clone(),
        versions: versions
            .iter()
            .filter(|v| matches!(v.body, VersionBody::Text(_)))
            .map(|v| Choice::new(v.number.to_string(), viewer.say("version-n", &[("n", &v.number.to_string())])))
            .collect(),
        old: old.to_string(),
        new: new.to_string(),
        changed: i64::try_from(changed).unwrap_or(0),
        units: units
            .iter()
            .map(|u| DiffUnit {
                label: label(u),
                fate: word(u.fate),
                spans: u.spans.iter().map(|s| (word(s.fate), s.text.clone())).collect(),
            })
            .collect(),
    };
    viewer.page(&page).await
}

/// What a piece outside the articles is called.
fn place_of(path: &str) -> &'static str {
    match path.split('.').next() {
        Some("subject") => "editor-subject",
        Some("bases") => "editor-base",
        Some("recipients") => "editor-recipient",
        Some("archive") => "editor-archive",
        _ => "editor-signature",
    }
}
