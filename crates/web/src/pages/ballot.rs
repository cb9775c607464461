//! The written ballot: read, choose, confirm with the second factor; and its tally.

use super::{
    case::Fact,
    step::{CaseHead, at_step, changes},
};
use crate::{
    form::Posted,
    render::Page,
    show,
    trouble::Failure,
    view::{Choice, DocumentRow, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use cases::{BallotView, CaseView};
use kernel::{Problem, Timestamp};
use serde::Serialize;

/// Read and choose.
#[derive(Debug, Serialize)]
pub struct BallotPage {
    /// The case.
    pub case: CaseHead,
    /// The question.
    pub question: String,
    /// Until when.
    pub closes: Option<Timestamp>,
    /// What to read first.
    pub documents: Vec<DocumentRow>,
    /// The answers.
    pub answers: Vec<Choice>,
    /// The chosen one.
    pub answer: String,
    /// The opinion in words.
    pub text: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// Confirm: exactly what will be signed stands on the page, with the field of the second factor.
#[derive(Debug, Serialize)]
pub struct ConfirmBallotPage {
    /// The case.
    pub case: CaseHead,
    /// The chosen answer.
    pub answer: Choice,
    /// The opinion in words.
    pub text: String,
    /// What the statement says, in words.
    pub says: Vec<Fact>,
    /// The statement that the member's key signs, letter for letter.
    pub statement: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for BallotPage {
    const TEMPLATE: &'static str = "ballot.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = BallotPage {
            case: CaseHead::sample(),
            question: "Đồng chí có tán thành dự thảo Nghị quyết không?".into(),
            closes: Some(Timestamp::from_micros(1_734_681_600_000_000)),
            documents: DocumentRow::samples(),
            answers: answers(),
            answer: String::new(),
            text: String::new(),
            errors: vec![],
        };
        vec![("to choose", page)]
    }
}

fn answers() -> Vec<Choice> {
    vec![
        Choice::new("tan-thanh", "Tán thành"),
        Choice::new("khong-tan-thanh", "Không tán thành"),
        Choice::new("y-kien-khac", "Ý kiến khác").hint("Ghi rõ ý kiến ở ô bên dưới."),
    ]
}

impl Page for ConfirmBallotPage {
    const TEMPLATE: &'static str = "ballot_confirm.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |errors| ConfirmBallotPage {
            case: CaseHead::sample(),
            answer: answers()[0].clone(),
            text: String::new(),
            says: vec![Fact::new("Ủy viên", "Đại biểu 004"), Fact::new("Ý kiến", "Tán thành")],
            statement: "{\"answer\":\"for\"}".into(),
            errors,
        };
        vec![("to confirm", page(vec![])), ("wrong code", page(vec![Wrong::sample("code", "Mã xác thực không đúng.")]))]
    }
}

/// The tally, on both bases.
#[derive(Debug, Serialize)]
pub struct TallyPage {
    /// The case.
    pub case: CaseHead,
    /// The question.
    pub question: String,
    /// The rule that decides, in words.
    pub rule: String,
    /// Whether the rule was read in its source.
    pub verified: bool,
    /// When it closes or closed.
    pub closes: Option<Timestamp>,
    /// All members.
    pub members: i64,
    /// How many have answered.
    pub cast: i64,
    /// The answers; empty while the ballot is open and the reader may not see them.
    pub rows: Vec<TallyRow>,
    /// Whether it passed; none while it is open.
    pub passed: Option<bool>,
    /// Who answered what, where the reader may see it.
    pub ballots: Vec<CastRow>,
    /// Who has not answered.
    pub waiting: Vec<String>,
}

/// One answer of a tally.
#[derive(Debug, Serialize)]
pub struct TallyRow {
    /// The answer.
    pub words: String,
    /// How many chose it.
    pub count: i64,
    /// Share of all members, in hundredths of a percent.
    pub of_all: i64,
    /// Share of those who answered, in hundredths of a percent.
    pub of_cast: i64,
}

/// One cast ballot.
#[derive(Debug, Serialize)]
pub struct CastRow {
    /// Who.
    pub who: String,
    /// What.
    pub answer: String,
    /// In words.
    pub text: String,
    /// When.
    pub at: Option<Timestamp>,
}

impl Page for TallyPage {
    const TEMPLATE: &'static str = "tally.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |words: &str, count: i64| TallyRow {
            words: words.into(),
            count,
            of_all: count * 10_000 / 18,
            of_cast: count * 10_000 / 17,
        };
        let page = |rows: Vec<TallyRow>, passed| TallyPage {
            case: CaseHead::sample(),
            question: "Đồng chí có tán thành dự thảo Nghị quyết không?".into(),
            rule: "Thông qua khi có quá nửa tổng số Ủy viên tán thành (từ 10 trên 18).".into(),
            verified: false,
            closes: Some(Timestamp::from_micros(1_734_681_600_000_000)),
            members: 18,
            cast: 17,
            rows,
            passed,
            ballots: vec![CastRow {
                who: "Đại biểu 004".into(),
                answer: "Ý kiến khác".into(),
                text: "Đề nghị làm rõ thời hạn.".into(),
                at: Some(Timestamp::from_micros(1_734_600_000_000_000)),
            }],
            waiting: vec!["Đại biểu 018".into()],
        };
        let rows = vec![row("Tán thành", 15), row("Không tán thành", 1), row("Ý kiến khác", 1)];
        vec![("closed", page(rows, Some(true))), ("open", page(vec![], None))]
    }
}

/// `GET /cases/{case}/ballot`
pub async fn show(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let (case, _) = at_step(&viewer, &id).await?;
    viewer.page(&ballot_page(&viewer, &case, String::new(), String::new(), vec![]).await?).await
}

async fn running(viewer: &Viewer, case: &CaseView) -> Result<BallotView, Problem> {
    let ballot = viewer.state.services.cases.ballot(&viewer.ctx, &case.id).await?;
    let ballot = ballot.ok_or_else(|| Problem::not_found("ballot", &case.id))?;
    match () {
        () if ballot.mine_open => Ok(ballot),
        () if viewer
            .ctx
            .person()
            .is_some_and(|p| ballot.members.iter().any(|m| m.person == p.id && m.at.is_some())) =>
        {
            Err(Problem::refused("case-ballot-cast"))
        }
        () => Err(Problem::refused("case-not-a-member")),
    }
}

async fn ballot_page(
    viewer: &Viewer,
    case: &CaseView,
    answer: String,
    text: String,
    errors: Vec<Wrong>,
) -> Result<BallotPage, Problem> {
    let ballot = running(viewer, case).await?;
    Ok(BallotPage {
        case: show::case_head(case),
        question: viewer.say("ballot-question", &[("title", &case.state.title)]),
        closes: ballot.closes,
        documents: show::document_rows(viewer, case).await?,
        answers: answers_of(viewer, &ballot),
        answer,
        text,
        errors,
    })
}

fn answers_of(viewer: &Viewer, ballot: &BallotView) -> Vec<Choice> {
    ballot.answers.iter().map(|a| Choice::new(&a.code, show::pick(viewer, &a.label))).collect()
}

/// `POST /cases/{case}/ballot`: from choosing to confirming; nothing is recorded.
pub async fn choose(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (answer, text) = (posted.fields.take("answer"), posted.fields.take("text"));
    posted.fields.finish()?;
    let (case, _) = at_step(&posted.viewer, &id).await?;
    let viewer = &posted.viewer;
    if answer.is_empty() {
        let page = async |errors| ballot_page(viewer, &case, answer, text, errors).await;
        return posted
            .again(Problem::field("answer", "field-required"), &format!("/cases/{id}/ballot"), vec![], page)
            .await;
    }
    match confirm_page(viewer, &case, answer.clone(), text.clone(), vec![]).await {
        Ok(page) => viewer.page(&page).await,
        Err(problem) => {
            let page = async |mut errors: Vec<Wrong>| {
                errors.iter_mut().filter(|e| e.field.is_empty()).for_each(|e| e.field = "text".into());
                ballot_page(viewer, &case, answer, text, errors).await
            };
            posted.again(problem, &format!("/cases/{id}/ballot"), vec![], page).await
        }
    }
}

async fn confirm_page(
    viewer: &Viewer,
    case: &CaseView,
    answer: String,
    text: String,
    errors: Vec<Wrong>,
) -> Result<ConfirmBallotPage, Problem> {
    let ballot = running(viewer, case).await?;
    let chosen = answers_of(viewer, &ballot).into_iter().find(|a| a.value == answer);
    let chosen = chosen.ok_or_else(|| Problem::refused("case-answer-unknown").arg("answer", &answer))?;
    let statement = viewer.state.services.cases.ballot_statement(&viewer.ctx, &case.id, &answer, &text).await?;
    Ok(ConfirmBallotPage {
        case: show::case_head(case),
        answer: chosen,
        text,
        says: says(viewer, case, &statement),
        statement,
        errors,
    })
}

/// What a statement says, field by field; documents by their names and versions.
fn says(viewer: &Viewer, case: &CaseView, statement: &str) -> Vec<Fact> {
    let read: serde_json::Value = serde_json::from_str(statement).unwrap_or_default();
    let text = |key: &str| read[key].as_str().unwrap_or_default().to_owned();
    let documents = read["documents"].as_array().into_iter().flatten().map(|d| {
        let kind = show::kind_of(viewer, &case.procedure, d["key"].as_str().unwrap_or_default());
        let version = viewer.say("version-n", &[("n", &d["version"].to_string())]);
        format!("{kind} ({version})")
    });
    let told = [
        ("tally-member", text("name")),
        ("case", text("title")),
        ("tally-answer", text("answer_label")),
        ("tally-words", text("text")),
        ("documents", documents.collect::<Vec<_>>().join("; ")),
    ];
    told.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| Fact::new(viewer.say(k, &[]), v)).collect()
}

/// `POST /cases/{case}/ballot/confirm`: the member's own signed act.
pub async fn cast(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (answer, text) = (posted.fields.take("answer"), posted.fields.take("text"));
    let (case, _) = at_step(&posted.viewer, &id).await?;
    let fresh = posted.step_up().await;
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let cases = &viewer.state.services.cases;
    let cast = match fresh {
        Ok(ctx) => cases.cast_ballot(&ctx, &case.id, posted.version, &answer, &text, &posted.once).await,
        Err(problem) => Err(problem),
    };
    match cast {
        Ok(_) => Ok(done(&format!("/cases/{id}"), "done-ballot")),
        Err(problem) => {
            let told = changes(viewer, &case.id, posted.version).await;
            let page = async |errors| confirm_page(viewer, &case, answer, text, errors).await;
            posted.again(problem, &format!("/cases/{id}/ballot"), told, page).await
        }
    }
}

/// `GET /cases/{case}/tally`
pub async fn tally(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let services = &viewer.state.services;
    let case = services.cases.case(&viewer.ctx, &super::case::case_id(&id)?).await?;
    let ballot = services.cases.ballot(&viewer.ctx, &case.id).await?;
    let ballot = ballot.ok_or_else(|| Problem::not_found("ballot", &case.id))?;
    let spec = case.procedure.step(&ballot.step).and_then(|s| s.ballot.as_ref());
    let members = i64::try_from(ballot.members.len()).unwrap_or(0);
    let cast = i64::from(ballot.answered);
    let share = |count: i64, of: i64| if of > 0 { count * 10_000 / of } else { 0 };
    let rows = ballot.answers.iter().filter_map(|a| a.count.map(|c| (a, i64::from(c))));
    let label = |code: &str| {
        ballot.answers.iter().find(|a| a.code == code).map(|a| show::pick(&viewer, &a.label)).unwrap_or_default()
    };
    let shown = ballot.members.iter().filter_map(|m| m.answer.as_ref().map(|a| (m, a)));
    let needed = ballot.needed.to_string();
    let rule = show::pick(&viewer, &ballot.threshold);
    let page = TallyPage {
        case: show::case_head(&case),
        question: viewer.say("ballot-question", &[("title", &case.state.title)]),
        rule: viewer.say("tally-rule", &[("rule", &rule), ("needed", &needed), ("members", &members.to_string())]),
        verified: spec.is_some_and(|s| s.source.verified),
        closes: ballot.closes,
        members,
        cast,
        rows: rows
            .map(|(a, count)| TallyRow {
                words: show::pick(&viewer, &a.label),
                count,
                of_all: share(count, members),
                of_cast: share(count, cast),
            })
            .collect(),
        passed: ballot.passed,
        ballots: shown
            .map(|(m, a)| CastRow { who: m.name.clone(), answer: label(a), text: m.text.clone(), at: m.at })
            .collect(),
        waiting: ballot.members.iter().filter(|m| m.at.is_none()).map(|m| m.name.clone()).collect(),
    };
    viewer.page(&page).await
}
