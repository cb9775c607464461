//! The page of a step: its form, the documents that it needs, its outcomes, and the way back with a reason.

use super::{
    case::{after, case_id},
    open_case::DeclaredField,
};
use crate::{
    declared::{self, Suggestions},
    form::Posted,
    render::Page,
    show,
    trouble::Failure,
    view::{Choice, DocumentRow, Told, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use cases::{CaseView, Opinion};
use kernel::{BodyId, CaseId, Problem};
use procedure::{Command, Step, tasks::Action};
use records::NewBody;
use serde::Serialize;
use serde_json::{Map, Value};

/// The case above a page that works on it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CaseHead {
    /// The case.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its grade.
    pub grade: u8,
    /// Its version as read.
    pub version: i64,
}

impl CaseHead {
    pub(crate) fn sample() -> CaseHead {
        CaseHead {
            id: "case-1".into(),
            title: "Thành lập Ban soạn thảo dự án Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội".into(),
            grade: 0,
            version: 7,
        }
    }
}

/// What the owner of a step does.
#[derive(Debug, Serialize)]
pub struct StepPage {
    /// The case.
    pub case: CaseHead,
    /// The step's key.
    pub step: String,
    /// Its name.
    pub title: String,
    /// What is to be done.
    pub todo: String,
    /// Documents written or attached here.
    pub documents: Vec<NeededDocument>,
    /// The step's form.
    pub fields: Vec<DeclaredField>,
    /// Names that the inputs suggest.
    pub suggested: Suggestions,
    /// Answers to choose from.
    pub outcomes: Vec<Choice>,
    /// The one that was chosen.
    pub outcome: String,
    /// Earlier steps to which the case may be returned.
    pub returns: Vec<Choice>,
    /// The reason as typed.
    pub reason: String,
    /// What happens next.
    pub after: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A document that a step needs or writes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NeededDocument {
    /// The key of its declaration.
    pub key: String,
    /// Its name.
    pub title: String,
    /// Whether the step cannot be finished without it.
    pub needed: bool,
    /// Whether it is written here as a structured text; else a file is attached.
    pub written: bool,
    /// The document, once it is there.
    pub there: Option<DocumentRow>,
}

impl Page for StepPage {
    const TEMPLATE: &'static str = "step.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let docs = DocumentRow::samples();
        let page = |there: bool, errors: Vec<Wrong>| StepPage {
            case: CaseHead::sample(),
            step: "soan-thao".into(),
            title: "Soạn thảo".into(),
            todo: "Soạn dự thảo nghị quyết và đính kèm tờ trình, rồi chuyển thẩm tra.".into(),
            documents: vec![
                NeededDocument {
                    key: "nghi-quyet".into(),
                    title: "Dự thảo nghị quyết".into(),
                    needed: true,
                    written: true,
                    there: there.then(|| docs[0].clone()),
                },
                NeededDocument {
                    key: "to-trinh".into(),
                    title: "Tờ trình".into(),
                    needed: true,
                    written: false,
                    there: there.then(|| docs[1].clone()),
                },
            ],
            fields: DeclaredField::samples(),
            suggested: Suggestions::default(),
            outcomes: vec![Choice::new("nhat-tri", "Nhất trí"), Choice::new("bo-sung", "Nhất trí, đề nghị bổ sung")],
            outcome: String::new(),
            returns: vec![Choice::new("soan-thao", "Soạn thảo")],
            reason: String::new(),
            after: "Sau khi hoàn thành, hồ sơ chuyển Ủy ban Pháp luật và Tư pháp thẩm tra.".into(),
            errors,
        };
        vec![
            ("nothing there yet", page(false, vec![Wrong::sample("", "Còn thiếu Tờ trình.")])),
            ("ready", page(true, vec![])),
        ]
    }
}

/// Attaching a file as a document of the case, or a new version of it.
#[derive(Debug, Serialize)]
pub struct AttachPage {
    /// The case.
    pub case: CaseHead,
    /// The document's key.
    pub key: String,
    /// What document it is to be.
    pub kind: String,
    /// Its title as typed.
    pub title: String,
    /// A remark as typed.
    pub note: String,
    /// Where the form goes.
    pub action: String,
    /// The version of what is replaced, or of the case.
    pub version: i64,
    /// A new version of what is there.
    pub replaces: bool,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for AttachPage {
    const TEMPLATE: &'static str = "attach.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = AttachPage {
            case: CaseHead::sample(),
            key: "to-trinh".into(),
            kind: "Tờ trình".into(),
            title: "Tờ trình về việc thành lập Ban soạn thảo".into(),
            note: String::new(),
            action: "/cases/case-1/documents/to-trinh".into(),
            version: 7,
            replaces: false,
            errors: vec![Wrong::sample("file", "Nội dung tệp không đúng với tên tệp.")],
        };
        vec![("wrong file", page)]
    }
}

/// A body's opinion.
#[derive(Debug, Serialize)]
pub struct OpinionPage {
    /// The case.
    pub case: CaseHead,
    /// The step's name.
    pub title: String,
    /// What is asked.
    pub todo: String,
    /// Bodies for which the person may answer.
    pub bodies: Vec<Choice>,
    /// The chosen one.
    pub body: String,
    /// What to read first.
    pub documents: Vec<DocumentRow>,
    /// The answers.
    pub answers: Vec<Choice>,
    /// The chosen one.
    pub answer: String,
    /// In words.
    pub text: String,
    /// The kind of document in which the opinion is written; empty when none is asked.
    pub paper: String,
    /// Earlier steps to which the case may be returned.
    pub returns: Vec<Choice>,
    /// The reason as typed.
    pub reason: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for OpinionPage {
    const TEMPLATE: &'static str = "opinion.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = OpinionPage {
            case: CaseHead::sample(),
            title: "Thẩm tra".into(),
            todo: "Ủy ban đọc hồ sơ, cho ý kiến bằng báo cáo thẩm tra hoặc trả lại kèm lý do.".into(),
            bodies: vec![Choice::new("ub-cong-tac-dai-bieu", "Ủy ban Công tác đại biểu")],
            body: "ub-cong-tac-dai-bieu".into(),
            documents: DocumentRow::samples(),
            answers: vec![
                Choice::new("tan-thanh", "Tán thành"),
                Choice::new("khong-tan-thanh", "Không tán thành"),
                Choice::new("y-kien-khac", "Ý kiến khác"),
            ],
            answer: String::new(),
            text: String::new(),
            paper: "Báo cáo thẩm tra".into(),
            returns: vec![Choice::new("soan-thao", "Soạn thảo")],
            reason: String::new(),
            errors: vec![],
        };
        vec![("asked", page)]
    }
}

/// The case and the step at which it stands.
///
/// # Errors
/// [`Problem::NotFound`]; `case-not-open` when it is over.
pub async fn at_step(viewer: &Viewer, id: &str) -> Result<(CaseView, Step), Problem> {
    let case = viewer.state.services.cases.case(&viewer.ctx, &case_id(id)?).await?;
    let step = case.procedure.step(&case.state.step).cloned().ok_or_else(|| Problem::refused("case-not-open"))?;
    Ok((case, step))
}

/// Steps to which the reader may return the case now.
pub fn returns(viewer: &Viewer, case: &CaseView) -> Vec<Choice> {
    let to = case.possible.iter().filter_map(|p| match &p.action {
        Action::Return(to) => case.procedure.step(to),
        _ => None,
    });
    to.map(|step| Choice::new(&step.key, show::pick(viewer, &step.title))).collect()
}

/// What happened since the reader opened the page, for the page that tells a conflict.
pub async fn changes(viewer: &Viewer, id: &CaseId, since: i64) -> Vec<Told> {
    let found = viewer.state.services.cases.changes_since(&viewer.ctx, id, since).await;
    found.map(|entries| show::told_plainly(viewer, &entries)).unwrap_or_default()
}

/// `GET /cases/{case}/step`
pub async fn show(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let (case, step) = at_step(&viewer, &id).await?;
    let values = case.state.fields.clone();
    viewer.page(&step_page(&viewer, &case, &step, &values, Typed::default(), vec![]).await?).await
}

/// What a person typed beside the declared fields.
#[derive(Debug, Default)]
struct Typed {
    outcome: String,
    reason: String,
}

async fn step_page(
    viewer: &Viewer,
    case: &CaseView,
    step: &Step,
    values: &Map<String, Value>,
    typed: Typed,
    errors: Vec<Wrong>,
) -> Result<StepPage, Problem> {
    let rows = show::document_rows(viewer, case).await?;
    let there = |key: &str| case.documents.iter().position(|d| d.kind == key).and_then(|at| rows.get(at).cloned());
    let documents = step.writes.iter().filter_map(|key| case.procedure.document(key)).map(|spec| NeededDocument {
        key: spec.key.clone(),
        title: show::pick(viewer, &spec.title),
        needed: step.needs.contains(&spec.key),
        written: spec.paper.is_some(),
        there: there(&spec.key),
    });
    let suggested = declared::suggestions(viewer, &step.fields).await?;
    Ok(StepPage {
        case: show::case_head(case),
        step: step.key.clone(),
        title: show::pick(viewer, &step.title),
        todo: show::pick(viewer, &step.todo),
        documents: documents.collect(),
        fields: declared::fields(viewer, &step.fields, values).await?,
        suggested,
        outcomes: show::choices(viewer, &step.outcomes),
        outcome: typed.outcome,
        returns: returns(viewer, case),
        reason: typed.reason,
        after: after(viewer, case),
        errors,
    })
}

/// `POST /cases/{case}/complete`
pub async fn complete(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (case, here) = at_step(&posted.viewer, &id).await?;
    let (seen, row) = (posted.fields.take("step"), posted.fields.opt("row"));
    let (outcome, save) = (posted.fields.opt("outcome"), posted.fields.opt("save"));
    let step = case.procedure.step(&seen).cloned().unwrap_or(here);
    let mut values = declared::values(&step.fields, &posted.fields.below("f."));
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let typed = || Typed { outcome: outcome.clone().unwrap_or_default(), reason: String::new() };
    if let Some(row) = row {
        declared::change_rows(&mut values, &row);
        return viewer.page(&step_page(viewer, &case, &step, &values, typed(), vec![]).await?).await;
    }
    let cases = &viewer.state.services.cases;
    let moved = match declared::resolve(viewer, &step.fields, &mut values).await {
        Ok(()) => {
            let fields = values.clone();
            let command = match &save {
                Some(_) => Command::Fill { fields },
                None => Command::Complete { step: seen, fields, outcome: outcome.clone() },
            };
            cases.command(&viewer.ctx, &case.id, posted.version, command, &posted.once).await
        }
        Err(problem) => Err(problem),
    };
    match moved {
        Ok(_) if save.is_some() => Ok(done(&format!("/cases/{id}/step"), "done-saved")),
        Ok(_) => Ok(done(&format!("/cases/{id}"), "done-completed")),
        Err(problem) => {
            let problem = declared::named_as_inputs(problem, &step.fields);
            let told = changes(viewer, &case.id, posted.version).await;
            let page = async |errors| step_page(viewer, &case, &step, &values, typed(), errors).await;
            posted.again(problem, &format!("/cases/{id}/step"), told, page).await
        }
    }
}

/// `POST /cases/{case}/return`
pub async fn send_back(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (case, step) = at_step(&posted.viewer, &id).await?;
    let (to, reason) = (posted.fields.take("to"), posted.fields.take("reason"));
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let command = Command::Return { to, reason: reason.clone() };
    match viewer.state.services.cases.command(&viewer.ctx, &case.id, posted.version, command, &posted.once).await {
        Ok(_) => Ok(done(&format!("/cases/{id}"), "done-returned")),
        Err(problem) => {
            let told = changes(viewer, &case.id, posted.version).await;
            let typed = Typed { outcome: String::new(), reason };
            let page = async |mut errors: Vec<Wrong>| {
                errors.iter_mut().filter(|e| e.field.is_empty()).for_each(|e| e.field = "reason".into());
                step_page(viewer, &case, &step, &case.state.fields, typed, errors).await
            };
            posted.again(problem, &format!("/cases/{id}"), told, page).await
        }
    }
}

/// `GET /cases/{case}/documents/{key}`: a document that is not there yet; written ones open in the editor.
pub async fn attach(viewer: Member, Path((id, key)): Path<(String, String)>) -> Result<Response, Failure> {
    let (case, _) = at_step(&viewer, &id).await?;
    let spec = case.procedure.document(&key).ok_or_else(|| Problem::not_found("document", &key))?;
    if spec.paper.is_some() {
        return super::editor::begin(&viewer, &case, &key).await;
    }
    viewer.page(&attach_page(&viewer, &case, &key, String::new(), vec![])).await
}

fn attach_page(viewer: &Viewer, case: &CaseView, key: &str, title: String, errors: Vec<Wrong>) -> AttachPage {
    AttachPage {
        case: show::case_head(case),
        key: key.to_owned(),
        kind: show::kind_of(viewer, &case.procedure, key),
        title,
        note: String::new(),
        action: format!("/cases/{}/documents/{key}", case.id),
        version: case.version,
        replaces: false,
        errors,
    }
}

/// `POST /cases/{case}/documents/{key}`
pub async fn attached(Path((id, key)): Path<(String, String)>, mut posted: Posted) -> Result<Response, Failure> {
    let (case, _) = at_step(&posted.viewer, &id).await?;
    let spec = case.procedure.document(&key).ok_or_else(|| Problem::not_found("document", &key))?;
    if spec.paper.is_some() {
        return super::editor::first_version(case, key, posted).await;
    }
    let title = posted.fields.take("title");
    let file = posted.fields.file("file");
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let kept = match file {
        None => Err(Problem::field("file", "field-required")),
        Some(file) => {
            let (cases, body) = (&viewer.state.services.cases, NewBody::Upload(file));
            cases.add_document(&viewer.ctx, &case.id, posted.version, &key, &title, body, &posted.once).await
        }
    };
    match kept {
        Ok(_) => Ok(done(&format!("/cases/{id}/step"), "done-attached")),
        Err(problem) => {
            let told = changes(viewer, &case.id, posted.version).await;
            let page = async |errors| Ok(attach_page(viewer, &case, &key, title, errors));
            posted.again(problem, &format!("/cases/{id}/step"), told, page).await
        }
    }
}

/// `GET /cases/{case}/opinion`
pub async fn opinion(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let (case, step) = at_step(&viewer, &id).await?;
    viewer.page(&opinion_page(&viewer, &case, &step, Said::default(), vec![]).await?).await
}

/// An opinion as typed.
#[derive(Debug, Default)]
struct Said {
    body: String,
    answer: String,
    text: String,
}

async fn opinion_page(
    viewer: &Viewer,
    case: &CaseView,
    step: &Step,
    said: Said,
    errors: Vec<Wrong>,
) -> Result<OpinionPage, Problem> {
    let spec = step
        .opinion
        .as_ref()
        .ok_or_else(|| Problem::refused("case-step-is-other").arg("step", show::pick(viewer, &step.title)))?;
    let mut bodies = Vec::new();
    for possible in &case.possible {
        if let Action::GiveOpinion(body) = &possible.action {
            let found = viewer.state.services.directory.body(body).await?;
            let name = found.map_or_else(|| body.to_string(), |b| b.name_in(viewer.lang().code()).to_owned());
            bodies.push(Choice::new(body.as_str(), name));
        }
    }
    if bodies.is_empty() {
        return Err(Problem::refused("case-not-yours").arg("step", show::pick(viewer, &step.title)));
    }
    Ok(OpinionPage {
        case: show::case_head(case),
        title: show::pick(viewer, &step.title),
        todo: show::pick(viewer, &step.todo),
        bodies,
        body: said.body,
        documents: show::document_rows(viewer, case).await?,
        answers: show::choices(viewer, &spec.answers),
        answer: said.answer,
        text: said.text,
        paper: spec.document.as_ref().map(|key| show::kind_of(viewer, &case.procedure, key)).unwrap_or_default(),
        returns: returns(viewer, case),
        reason: String::new(),
        errors,
    })
}

/// `POST /cases/{case}/opinion`
pub async fn give_opinion(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (case, step) = at_step(&posted.viewer, &id).await?;
    let said = Said {
        body: posted.fields.take("body"),
        answer: posted.fields.take("answer"),
        text: posted.fields.take("text"),
    };
    let document = posted.fields.file("file").map(NewBody::Upload);
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let given = match (BodyId::new(said.body.clone()), said.answer.is_empty()) {
        (Err(_), _) => Err(Problem::field("body", "field-required")),
        (_, true) => Err(Problem::field("answer", "field-required")),
        (Ok(body), false) => {
            let opinion = Opinion { body, answer: said.answer.clone(), text: said.text.clone(), document };
            let cases = &viewer.state.services.cases;
            cases.give_opinion(&viewer.ctx, &case.id, posted.version, opinion, &posted.once).await
        }
    };
    match given {
        Ok(_) => Ok(done(&format!("/cases/{id}"), "done-opinion")),
        Err(problem) => {
            let told = changes(viewer, &case.id, posted.version).await;
            let page = async |errors| opinion_page(viewer, &case, &step, said, errors).await;
            posted.again(problem, &format!("/cases/{id}/opinion"), told, page).await
        }
    }
}
