//! Binding acts on a paper: the signature, the number and seal, the publication. Each page shows exactly what will be
//! recorded, what it changes, and asks for the second factor.

use super::{
    case::tally_line,
    step::{CaseHead, at_step, changes, returns},
};
use crate::{
    form::Posted,
    law::Law,
    render::Page,
    show,
    trouble::Failure,
    view::{Choice, Told, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use cases::CaseView;
use kernel::Problem;
use procedure::{Command, Step, StepKind, explain};
use records::Document;
use serde::Serialize;
use std::collections::BTreeMap;

/// Reading before signing, and the signature.
#[derive(Debug, Serialize)]
pub struct SignPage {
    /// The case.
    pub case: CaseHead,
    /// The paper.
    pub paper: PaperView,
    /// Opinions, beside the paper.
    pub opinions: Vec<Told>,
    /// The result of the ballot, in words; empty when there was none.
    pub tally: String,
    /// What will have changed once the document is issued.
    pub effects: Vec<String>,
    /// Exactly what will be recorded.
    pub record: String,
    /// What happens next.
    pub after: String,
    /// Whether the reader's key is on a device of their own.
    pub elsewhere: bool,
    /// Earlier steps to which the case may be returned.
    pub returns: Vec<Choice>,
    /// The reason as typed.
    pub reason: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A paper as a page shows it: the pages as images of the true PDF, and the text for those who do not see images.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PaperView {
    /// The document.
    pub document: String,
    /// Its title.
    pub title: String,
    /// Addresses of the page images.
    pub pages: Vec<String>,
    /// The address of the PDF.
    pub pdf: String,
    /// Signed or sealed: signatures and seal stand in the PDF only.
    pub signed: bool,
    /// The text; none for an uploaded file.
    pub text: Option<Law>,
}

impl PaperView {
    pub(crate) fn sample() -> PaperView {
        PaperView {
            document: "document-1".into(),
            title: "Nghị quyết về việc thành lập Ban soạn thảo".into(),
            pages: vec![],
            pdf: "/documents/document-1/paper.pdf".into(),
            signed: false,
            text: Some(Law::sample()),
        }
    }
}

impl Page for SignPage {
    const TEMPLATE: &'static str = "sign.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |elsewhere, errors| SignPage {
            case: CaseHead::sample(),
            paper: PaperView::sample(),
            opinions: Told::samples(),
            tally: "18 Ủy viên; 17 tán thành (94,44 % tổng số).".into(),
            effects: vec!["Ban soạn thảo được thành lập từ ngày 20 tháng 12 năm 2024, gồm 12 người.".into()],
            record: "Đại biểu 001, Chủ tịch Quốc hội, ký ban hành Nghị quyết về việc thành lập Ban soạn thảo.".into(),
            after: "Sau khi ký, văn thư sẽ cấp số và đóng dấu.".into(),
            elsewhere,
            returns: vec![Choice::new("soan-thao", "Soạn thảo")],
            reason: String::new(),
            errors,
        };
        vec![
            ("to sign", page(false, vec![])),
            ("with an own device", page(true, vec![])),
            ("wrong code", page(false, vec![Wrong::sample("code", "Mã xác thực không đúng.")])),
        ]
    }
}

/// Number and seal, or publication.
#[derive(Debug, Serialize)]
pub struct FinishPage {
    /// The case.
    pub case: CaseHead,
    /// `issue` or `publish`.
    pub act: &'static str,
    /// The paper.
    pub paper: PaperView,
    /// The register, when a number is given.
    pub register: String,
    /// The number that comes next, as it would be written.
    pub number: String,
    /// Today, `2024-12-20`.
    pub today: String,
    /// What will have changed.
    pub effects: Vec<String>,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for FinishPage {
    const TEMPLATE: &'static str = "finish.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |act| FinishPage {
            case: CaseHead::sample(),
            act,
            paper: PaperView::sample(),
            register: "Sổ nghị quyết của Ủy ban Thường vụ Quốc hội".into(),
            number: "1344/NQ-UBTVQH15".into(),
            today: "2024-12-20".into(),
            effects: vec!["Ban soạn thảo được thành lập từ ngày 20 tháng 12 năm 2024, gồm 12 người.".into()],
            errors: vec![],
        };
        vec![("number and seal", page("issue")), ("publication", page("publish"))]
    }
}

/// The count of a vote taken in a sitting.
#[derive(Debug, Serialize)]
pub struct VotePage {
    /// The case.
    pub case: CaseHead,
    /// The step's name.
    pub title: String,
    /// What is to be entered.
    pub todo: String,
    /// The rule that decides, in words.
    pub rule: String,
    /// Each answer with its count as typed in `hint`.
    pub answers: Vec<Choice>,
    /// All members, as typed.
    pub all: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for VotePage {
    const TEMPLATE: &'static str = "vote.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = VotePage {
            case: CaseHead::sample(),
            title: "Biểu quyết tại phiên họp".into(),
            todo: "Nhập kết quả biểu quyết do Thư ký kiểm.".into(),
            rule: "Thông qua khi có quá nửa tổng số Ủy viên tán thành.".into(),
            answers: vec![
                Choice::new("tan-thanh", "Tán thành").hint("15"),
                Choice::new("khong-tan-thanh", "Không tán thành"),
            ],
            all: "18".into(),
            errors: vec![],
        };
        vec![("to enter", page)]
    }
}

/// The document of the present step, when the step is of this kind.
fn document_here<'a>(
    viewer: &Viewer,
    case: &'a CaseView,
    step: &'a Step,
    kind: StepKind,
) -> Result<(&'a str, &'a Document), Problem> {
    let other = || Problem::refused("case-step-is-other").arg("step", show::pick(viewer, &step.title));
    let key = step.document.as_deref().filter(|_| step.kind == kind).ok_or_else(other)?;
    let document = case.documents.iter().rev().find(|d| d.kind == key);
    let missing =
        || Problem::refused("case-document-missing").arg("document", show::kind_of(viewer, &case.procedure, key));
    Ok((key, document.ok_or_else(missing)?))
}

async fn effects(viewer: &Viewer, case: &CaseView) -> Result<Vec<String>, Problem> {
    let lines = viewer.state.services.cases.preview_effects(&viewer.ctx, &case.id).await?;
    Ok(lines.iter().map(|line| viewer.lang().pick(&line.vi, &line.en).to_owned()).collect())
}

/// `GET /cases/{case}/sign`
pub async fn show(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let (case, step) = at_step(&viewer, &id).await?;
    viewer.page(&sign_page(&viewer, &case, &step, vec![]).await?).await
}

pub(super) async fn sign_page(
    viewer: &Viewer,
    case: &CaseView,
    step: &Step,
    errors: Vec<Wrong>,
) -> Result<SignPage, Problem> {
    let (_, document) = document_here(viewer, case, step, StepKind::Sign)?;
    let cases = &viewer.state.services.cases;
    let entries = cases.timeline(&viewer.ctx, &case.id).await?;
    let said = ["timeline-opinion-given", "timeline-case-returned", "timeline-ballot-closed"];
    let opinions: Vec<_> = entries.into_iter().filter(|e| said.contains(&e.code.as_str())).collect();
    let ballot = cases.ballot(&viewer.ctx, &case.id).await?;
    let frame = viewer.frame().await?;
    let who = frame.me.map(|me| format!("{}, {}", me.name, me.title)).unwrap_or_default();
    let after = step.next.first().and_then(|rule| case.procedure.step(&rule.to));
    let to_clerk = after.is_some_and(|s| s.kind == StepKind::Issue);
    Ok(SignPage {
        case: show::case_head(case),
        paper: show::paper(viewer, document, None).await?,
        opinions: show::told_plainly(viewer, &opinions),
        tally: ballot.map(|b| tally_line(viewer, &b)).unwrap_or_default(),
        effects: effects(viewer, case).await?,
        record: viewer.say("sign-record", &[("who", &who), ("title", &document.title)]),
        after: if to_clerk { viewer.say("sign-after", &[]) } else { super::case::after(viewer, case) },
        elsewhere: super::sign_device::is_elsewhere(viewer).await,
        returns: returns(viewer, case),
        reason: String::new(),
        errors,
    })
}

/// `POST /cases/{case}/sign`
pub async fn sign(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (case, step) = at_step(&posted.viewer, &id).await?;
    let seen = posted.fields.take("document");
    let fresh = posted.step_up().await;
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let cases = &viewer.state.services.cases;
    let signed = match (fresh, document_here(viewer, &case, &step, StepKind::Sign)) {
        (Ok(ctx), Ok((key, document))) if document.id.as_str() == seen => {
            cases.sign(&ctx, &case.id, posted.version, key, &posted.once).await
        }
        // Sent twice, or somebody was faster: the service knows which, by the form's token.
        (Ok(ctx), _) => match step_of(&case, StepKind::Sign) {
            Some(key) => cases.sign(&ctx, &case.id, posted.version, &key, &posted.once).await,
            None => Err(Problem::not_found("document", &seen)),
        },
        (Err(problem), _) => Err(problem),
    };
    match signed {
        Ok(_) => Ok(done(&format!("/cases/{id}"), "done-signed")),
        Err(problem) => {
            let told = changes(viewer, &case.id, posted.version).await;
            let page = async |errors| sign_page(viewer, &case, &step, errors).await;
            posted.again(problem, &format!("/cases/{id}/sign"), told, page).await
        }
    }
}

/// The document of the procedure's step of a kind.
fn step_of(case: &CaseView, kind: StepKind) -> Option<String> {
    case.procedure.steps.iter().find(|s| s.kind == kind).and_then(|s| s.document.clone())
}

/// `GET /cases/{case}/issue`
pub async fn to_issue(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let (case, step) = at_step(&viewer, &id).await?;
    viewer.page(&finish_page(&viewer, &case, &step, StepKind::Issue, vec![]).await?).await
}

/// `GET /cases/{case}/publish`
pub async fn to_publish(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let (case, step) = at_step(&viewer, &id).await?;
    viewer.page(&finish_page(&viewer, &case, &step, StepKind::Publish, vec![]).await?).await
}

async fn finish_page(
    viewer: &Viewer,
    case: &CaseView,
    step: &Step,
    kind: StepKind,
    errors: Vec<Wrong>,
) -> Result<FinishPage, Problem> {
    let (_, document) = document_here(viewer, case, step, kind)?;
    let today = viewer.state.now().day();
    let (mut register, mut number) = (String::new(), String::new());
    if let Some(code) = document.register.as_ref().filter(|_| kind == StepKind::Issue) {
        let found = viewer.state.services.records.register(&viewer.ctx, code).await?;
        number = found.next_number(today)?.text;
        register = found.title;
    }
    Ok(FinishPage {
        case: show::case_head(case),
        act: if kind == StepKind::Issue { "issue" } else { "publish" },
        paper: show::paper(viewer, document, None).await?,
        register,
        number,
        today: today.to_string(),
        effects: if kind == StepKind::Issue { effects(viewer, case).await? } else { vec![] },
        errors,
    })
}

/// `POST /cases/{case}/issue`
pub async fn issue(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    finish(id, posted, StepKind::Issue).await
}

/// `POST /cases/{case}/publish`
pub async fn publish(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    finish(id, posted, StepKind::Publish).await
}

async fn finish(id: String, mut posted: Posted, kind: StepKind) -> Result<Response, Failure> {
    let (case, step) = at_step(&posted.viewer, &id).await?;
    posted.fields.take("document");
    let fresh = posted.step_up().await;
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let cases = &viewer.state.services.cases;
    let (place, key, said) = match kind {
        StepKind::Issue => ("issue", step_of(&case, StepKind::Issue), "done-issued"),
        _ => ("publish", step_of(&case, StepKind::Publish), "done-published"),
    };
    let finished = match (fresh, key) {
        (Err(problem), _) => Err(problem),
        (_, None) => Err(Problem::refused("case-step-is-other").arg("step", show::pick(viewer, &step.title))),
        (Ok(ctx), Some(key)) if kind == StepKind::Issue => {
            cases.issue(&ctx, &case.id, posted.version, &key, &posted.once).await
        }
        (Ok(ctx), Some(key)) => cases.publish(&ctx, &case.id, posted.version, &key, &posted.once).await,
    };
    match finished {
        Ok(_) => Ok(done(&format!("/cases/{id}"), said)),
        Err(problem) => {
            let told = changes(viewer, &case.id, posted.version).await;
            let page = async |errors| finish_page(viewer, &case, &step, kind, errors).await;
            posted.again(problem, &format!("/cases/{id}/{place}"), told, page).await
        }
    }
}

/// `GET /cases/{case}/vote`
pub async fn to_vote(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let (case, step) = at_step(&viewer, &id).await?;
    viewer.page(&vote_page(&viewer, &case, &step, &BTreeMap::new(), String::new(), vec![])?).await
}

fn vote_page(
    viewer: &Viewer,
    case: &CaseView,
    step: &Step,
    typed: &BTreeMap<String, String>,
    all: String,
    errors: Vec<Wrong>,
) -> Result<VotePage, Problem> {
    let spec = step.ballot.as_ref().filter(|_| step.kind == StepKind::Vote);
    let spec =
        spec.ok_or_else(|| Problem::refused("case-step-is-other").arg("step", show::pick(viewer, &step.title)))?;
    let answers = show::choices(viewer, &spec.answers).into_iter();
    let rules = step.next.iter().map(|rule| show::pick(viewer, &explain::rule(&case.procedure, step, rule)));
    Ok(VotePage {
        case: show::case_head(case),
        title: show::pick(viewer, &step.title),
        todo: show::pick(viewer, &step.todo),
        rule: rules.collect::<Vec<_>>().join(" "),
        answers: answers
            .map(|a| {
                let n = typed.get(&a.value).cloned().unwrap_or_default();
                a.hint(n)
            })
            .collect(),
        all,
        errors,
    })
}

/// `POST /cases/{case}/vote`
pub async fn vote(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (case, step) = at_step(&posted.viewer, &id).await?;
    let all = posted.fields.take("all");
    let typed: BTreeMap<String, String> = posted.fields.below("n.").into_iter().collect();
    posted.fields.finish()?;
    let number = |field: &str, text: &str| {
        let text = if text.trim().is_empty() && field != "all" { "0" } else { text.trim() };
        text.parse::<u32>().map_err(|_| Problem::field(field, "field-not-a-number"))
    };
    let counts: Result<BTreeMap<String, u32>, Problem> =
        typed.iter().map(|(code, n)| Ok((code.clone(), number(&format!("n.{code}"), n)?))).collect();
    let viewer = &posted.viewer;
    let recorded = match (number("all", &all), counts) {
        (Ok(all), Ok(answers)) => {
            let command = Command::RecordVote { answers, all };
            viewer.state.services.cases.command(&viewer.ctx, &case.id, posted.version, command, &posted.once).await
        }
        (Err(problem), _) | (_, Err(problem)) => Err(problem),
    };
    match recorded {
        Ok(_) => Ok(done(&format!("/cases/{id}"), "done-vote")),
        Err(problem) => {
            let told = changes(viewer, &case.id, posted.version).await;
            let page = async |errors| vote_page(viewer, &case, &step, &typed, all, errors);
            posted.again(problem, &format!("/cases/{id}/vote"), told, page).await
        }
    }
}
