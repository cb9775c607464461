//! Signing many documents under one approval: the list, exactly as it will be signed, with one second factor; and the
//! page that shows how far it has come, which can be left, found again and gone on with.

use crate::{
    form::Posted,
    render::Page,
    trouble,
    trouble::Failure,
    view::{Link, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{
    extract::{Path, Query},
    response::Response,
};
use cases::{Batch, BatchState, InboxFilter, LineState, ToSign, acts::BatchLine, batches::MOST_LINES};
use kernel::{CaseId, Ctx, Digest, DocumentId, Problem, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The list to approve, and the person's earlier approvals.
#[derive(Debug, Serialize)]
pub struct BatchesPage {
    /// What waits for the person's signature.
    pub lines: Vec<Offered>,
    /// Cases that were chosen and cannot be signed now, each with its reason.
    pub left_out: Vec<LeftOut>,
    /// Exactly what will be recorded, before the list.
    pub record: String,
    /// More waits than one approval takes.
    pub more: bool,
    /// How many documents one approval takes.
    pub most: usize,
    /// For how many minutes an approval lasts.
    pub minutes: i64,
    /// Earlier approvals.
    pub earlier: Vec<Earlier>,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A document that is offered for signing.
#[derive(Debug, Serialize)]
pub struct Offered {
    /// What the form sends back: exactly what the person saw.
    pub value: String,
    /// The id of its case.
    pub case_id: String,
    /// Its title, to the paper.
    pub document: Link,
    /// Its case.
    pub case: Link,
    /// The number of the text.
    pub number: i64,
    /// SHA-256 of the text, in groups of eight.
    pub sha256: String,
    /// The secrecy grade.
    pub grade: u8,
    /// What will have changed once it is issued.
    pub effects: Vec<String>,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// A case that was chosen and cannot be signed now.
#[derive(Debug, Serialize)]
pub struct LeftOut {
    /// The case.
    pub case: Link,
    /// Why.
    pub why: String,
}

/// An earlier approval.
#[derive(Debug, Serialize)]
pub struct Earlier {
    /// Its page.
    pub href: String,
    /// When it was given.
    pub at: Timestamp,
    /// How many documents.
    pub total: usize,
    /// How many are signed.
    pub signed: usize,
    /// `running`, `cut-off`, `stopped`, `done`.
    pub state: &'static str,
}

/// How far an approval has come.
#[derive(Debug, Serialize)]
pub struct BatchPage {
    /// Which.
    pub id: String,
    /// When it was given.
    pub at: Timestamp,
    /// Until when it lasts.
    pub ends: Timestamp,
    /// `running`, `cut-off`, `stopped`, `done`.
    pub state: &'static str,
    /// Why it was stopped: `asked`, `session-over`, `fault`; empty when it was not.
    pub why: String,
    /// Its documents.
    pub lines: Vec<Line>,
    /// How many are signed.
    pub signed: usize,
    /// How many were passed over.
    pub passed: usize,
    /// How many wait.
    pub open: usize,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A document of an approval.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Its title.
    pub document: Link,
    /// Its case.
    pub case: Link,
    /// The number of the text.
    pub number: i64,
    /// SHA-256 of the text, in groups of eight.
    pub sha256: String,
    /// `open`, `signed`, `passed`.
    pub state: &'static str,
    /// Why it was passed over.
    pub why: String,
}

const SAMPLE_SHA: &str = "9f86d081 884c7d65 9a2feaa0 c55ad015 a3bf4f1b 2b0b822c d15d6c15 b0f00a08";

impl Page for BatchesPage {
    const TEMPLATE: &'static str = "batches.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let titles =
            ["Nghị quyết về việc thành lập Ban soạn thảo", "Nghị quyết phân công đại biểu hoạt động chuyên trách"];
        let line = |(n, title): (usize, &str)| Offered {
            value: format!("case-{n}~9~document-{n}~4~2~{n}"),
            case_id: format!("case-{n}"),
            document: Link::new(format!("/documents/document-{n}/paper.pdf"), title),
            case: Link::new(format!("/cases/case-{n}"), "Thành lập Ban soạn thảo dự án Luật"),
            number: 2,
            sha256: SAMPLE_SHA.into(),
            grade: u8::from(n == 1),
            effects: vec!["Ban soạn thảo được thành lập từ ngày 20 tháng 12 năm 2024, gồm 12 người.".into()],
            chosen: true,
        };
        let page = |lines: Vec<Offered>, errors| BatchesPage {
            lines,
            left_out: vec![],
            record: "Nguyễn Văn A, Chủ tịch Quốc hội, ký từng văn bản được chọn bằng chữ ký số cá nhân.".into(),
            more: false,
            most: MOST_LINES,
            minutes: 15,
            earlier: vec![Earlier {
                href: "/batches/batch-1".into(),
                at: Timestamp::from_micros(1_734_660_720_000_000),
                total: 12,
                signed: 11,
                state: "done",
            }],
            errors,
        };
        let left = LeftOut {
            case: Link::new("/cases/case-9", "Phân công đại biểu"),
            why: "Hồ sơ này không còn chờ chữ ký.".into(),
        };
        let offered = || titles.into_iter().enumerate().map(line).collect::<Vec<_>>();
        vec![
            ("two to sign", page(offered(), vec![])),
            ("wrong code", page(offered(), vec![Wrong::sample("code", "Mã xác thực không đúng.")])),
            ("nothing waits", BatchesPage { left_out: vec![left], earlier: vec![], ..page(vec![], vec![]) }),
        ]
    }
}

impl Page for BatchPage {
    const TEMPLATE: &'static str = "batch.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let line = |n: u8, state: &'static str| Line {
            document: Link::new(format!("/documents/document-{n}"), "Nghị quyết về việc thành lập Ban soạn thảo"),
            case: Link::new(format!("/cases/case-{n}"), "Thành lập Ban soạn thảo dự án Luật"),
            number: 2,
            sha256: SAMPLE_SHA.into(),
            state,
            why: if state == "passed" {
                "Hồ sơ đã thay đổi sau khi phê duyệt.".into()
            } else {
                String::new()
            },
        };
        let page = |state, states: [&'static str; 3]| {
            let count = |wanted| states.iter().filter(|s| **s == wanted).count();
            BatchPage {
                id: "batch-1".into(),
                at: Timestamp::from_micros(1_734_660_720_000_000),
                ends: Timestamp::from_micros(1_734_661_620_000_000),
                state,
                why: if state == "stopped" { "asked".into() } else { String::new() },
                signed: count("signed"),
                passed: count("passed"),
                open: count("open"),
                lines: (1..).zip(states).map(|(n, state)| line(n, state)).collect(),
                errors: vec![],
            }
        };
        vec![
            ("at work", page("running", ["signed", "open", "open"])),
            ("cut off", page("cut-off", ["signed", "passed", "open"])),
            ("stopped", page("stopped", ["signed", "open", "open"])),
            ("done", page("done", ["signed", "passed", "signed"])),
        ]
    }
}

/// Which cases were chosen in the inbox, with commas between.
#[derive(Debug, Default, Deserialize)]
pub struct Chosen {
    cases: Option<String>,
}

/// `GET /batches`
pub async fn list(viewer: Member, Query(chosen): Query<Chosen>) -> Result<Response, Failure> {
    let wanted = match &chosen.cases {
        Some(text) => text.split(',').filter_map(|id| CaseId::new(id).ok()).take(MOST_LINES).collect(),
        None => waiting(&viewer).await?.0,
    };
    viewer.page(&offer(&viewer, &wanted, None, vec![]).await?).await
}

/// The cases that wait for the person's signature, and whether there are more.
async fn waiting(viewer: &Viewer) -> Result<(Vec<CaseId>, bool), Problem> {
    let mut filter = InboxFilter { kind: Some("sign".into()), ..InboxFilter::default() };
    let (mut all, mut more) = (Vec::new(), true);
    while all.len() < MOST_LINES && more {
        let page = viewer.state.services.cases.inbox(&viewer.ctx, &filter).await?;
        all.extend(page.items.into_iter().filter(|task| task.acting_for.is_none()).map(|task| task.case));
        more = page.next.is_some();
        filter.after = page.next;
    }
    more |= all.len() > MOST_LINES;
    all.truncate(MOST_LINES);
    Ok((all, more))
}

/// The page with these cases; `kept` are the values that stay chosen, all when there are none.
async fn offer(
    viewer: &Viewer,
    wanted: &[CaseId],
    kept: Option<&BTreeSet<String>>,
    errors: Vec<Wrong>,
) -> Result<BatchesPage, Problem> {
    let cases = &viewer.state.services.cases;
    let (mut lines, mut left_out) = (Vec::new(), Vec::new());
    for id in wanted {
        match cases.to_sign(&viewer.ctx, id).await {
            Ok(found) => lines.push(offered(viewer, &found, kept).await?),
            // A case that the person may not know of is not named.
            Err(Problem::NotFound { .. }) => {}
            Err(Problem::Refused { code, args }) => {
                let title = cases.case(&viewer.ctx, id).await?.state.title.clone();
                left_out.push(LeftOut {
                    case: Link::new(format!("/cases/{id}"), title),
                    why: viewer.say_with(code, &args),
                });
            }
            Err(other) => return Err(other),
        }
    }
    let who = viewer.frame().await?.me.map(|me| format!("{}, {}", me.name, me.title)).unwrap_or_default();
    Ok(BatchesPage {
        lines,
        left_out,
        record: viewer.say("batch-record", &[("who", &who)]),
        more: waiting(viewer).await?.1,
        most: MOST_LINES,
        minutes: cases::batches::LIFE_SECONDS / 60,
        earlier: cases.batches(&viewer.ctx).await?.iter().map(earlier).collect(),
        errors,
    })
}

async fn offered(viewer: &Viewer, found: &ToSign, kept: Option<&BTreeSet<String>>) -> Result<Offered, Problem> {
    let effects = viewer.state.services.cases.preview_effects(&viewer.ctx, &found.line.case).await?;
    let value = value_of(&found.line);
    Ok(Offered {
        chosen: kept.is_none_or(|kept| kept.contains(&value)),
        case_id: found.line.case.to_string(),
        document: Link::new(format!("/documents/{}/paper.pdf", found.line.document), &found.title),
        case: Link::new(format!("/cases/{}/sign", found.line.case), &found.case_title),
        number: found.line.number,
        sha256: grouped(&found.line.sha256),
        grade: found.grade.level(),
        effects: effects.iter().map(|line| viewer.lang().pick(&line.vi, &line.en).to_owned()).collect(),
        value,
    })
}

fn earlier(batch: &Batch) -> Earlier {
    let href = format!("/batches/{}", batch.id);
    Earlier { href, at: batch.at, total: batch.lines.len(), signed: batch.counts().0, state: state_of(batch) }
}

fn state_of(batch: &Batch) -> &'static str {
    match batch.state {
        BatchState::Running => "running",
        BatchState::CutOff => "cut-off",
        BatchState::Stopped(_) => "stopped",
        BatchState::Done => "done",
    }
}

/// A digest as people compare it: eight groups of eight digits.
fn grouped(digest: &Digest) -> String {
    let text = digest.to_string();
    let groups: Vec<&str> =
        (0..text.len()).step_by(8).filter_map(|at| text.get(at..(at + 8).min(text.len()))).collect();
    groups.join(" ")
}

/// A line as the form sends it: `case~version~document~version~number~key~sha256`.
fn value_of(line: &BatchLine) -> String {
    let BatchLine { case, case_version, key, document, document_version, number, sha256 } = line;
    format!("{case}~{case_version}~{document}~{document_version}~{number}~{key}~{sha256}")
}

fn line_of(value: &str) -> Option<BatchLine> {
    let parts: Vec<&str> = value.split('~').collect();
    let &[case, case_version, document, document_version, number, key, sha256] = parts.as_slice() else { return None };
    Some(BatchLine {
        case: CaseId::new(case).ok()?,
        case_version: case_version.parse().ok()?,
        key: key.to_owned(),
        document: DocumentId::new(document).ok()?,
        document_version: document_version.parse().ok()?,
        number: number.parse().ok()?,
        sha256: Digest::parse(sha256).ok()?,
    })
}

/// `POST /batches`
pub async fn approve(mut posted: Posted) -> Result<Response, Failure> {
    let values: BTreeSet<String> = posted.fields.below("line.").into_iter().map(|(_, value)| value).collect();
    let shown: Vec<CaseId> =
        posted.fields.below("shown.").into_iter().filter_map(|(_, id)| CaseId::new(id).ok()).take(MOST_LINES).collect();
    let lines: Option<Vec<BatchLine>> = values.iter().map(|value| line_of(value)).collect();
    let none = || Problem::field("line", "batch-none-chosen");
    let lines = lines.filter(|lines| !lines.is_empty() && lines.len() <= MOST_LINES).ok_or_else(none);
    // The order of the list, not of the ids.
    let lines = lines.map(|mut lines| {
        lines.sort_by_key(|line| shown.iter().position(|id| *id == line.case));
        lines
    });
    let approved = match lines {
        Ok(lines) => match posted.step_up().await {
            Ok(ctx) => {
                let cases = &posted.viewer.state.services.cases;
                cases.approve_batch(&ctx, &lines, &posted.once).await.map(|(id, begun)| (ctx, id, begun))
            }
            Err(problem) => Err(problem),
        },
        Err(problem) => {
            posted.fields.take("code");
            Err(problem)
        }
    };
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    match approved {
        Ok((ctx, id, begun)) => {
            if begun {
                carry_out(viewer, ctx, id.clone());
            }
            Ok(done(&format!("/batches/{id}"), "done-batch"))
        }
        Err(problem) => {
            let page = async |errors| offer(viewer, &shown, Some(&values), errors).await;
            posted.again(problem, "/batches", vec![], page).await
        }
    }
}

/// Signs behind the page, for as long as the session of the request lives.
fn carry_out(viewer: &Viewer, approved: Ctx, id: String) {
    let services = &viewer.state.services;
    let (cases, signin) = (services.cases.clone(), services.signin.clone());
    let (token, origin) = (viewer.visit.session.clone().unwrap_or_default(), viewer.visit.origin());
    tokio::spawn(async move {
        let still = || async {
            let signed_in = signin.resolve(&token, &origin).await?;
            Ok(signed_in.map(|signed_in| signed_in.ctx))
        };
        if let Err(problem) = cases.carry_out_batch(&approved, &id, still).await {
            tracing::error!(batch = id, %problem, "a list of documents was not signed to its end");
        }
    });
}

/// `GET /batches/{batch}`
pub async fn show(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    viewer.page(&batch_page(&viewer, &id, vec![]).await?).await
}

async fn batch_page(viewer: &Viewer, id: &str, errors: Vec<Wrong>) -> Result<BatchPage, Problem> {
    let batch = viewer.state.services.cases.batch(&viewer.ctx, id).await?;
    let (signed, passed) = batch.counts();
    let mut lines = Vec::new();
    for (line, state) in &batch.lines {
        lines.push(line_view(viewer, line, state).await?);
    }
    Ok(BatchPage {
        id: batch.id.clone(),
        at: batch.at,
        ends: batch.ends,
        state: state_of(&batch),
        why: if let BatchState::Stopped(why) = &batch.state { why.clone() } else { String::new() },
        signed,
        passed,
        open: batch.lines.len() - signed - passed,
        lines,
        errors,
    })
}

async fn line_view(viewer: &Viewer, line: &BatchLine, state: &LineState) -> Result<Line, Problem> {
    let services = &viewer.state.services;
    // What the person may no longer know of keeps its place in the list without its name.
    let hidden = |found: Result<String, Problem>| match found {
        Ok(title) => Ok(title),
        Err(Problem::NotFound { .. } | Problem::Forbidden { .. }) => Ok(viewer.say("batch-hidden", &[])),
        Err(other) => Err(other),
    };
    let document = services.records.document(&viewer.ctx, &line.document).await.map(|found| found.title);
    let case = services.cases.case(&viewer.ctx, &line.case).await.map(|found| found.state.title.clone());
    let (state, why) = match state {
        LineState::Open => ("open", String::new()),
        LineState::Signed => ("signed", String::new()),
        LineState::PassedOver(code, args) => ("passed", viewer.say_with(code, args)),
    };
    Ok(Line {
        document: Link::new(format!("/documents/{}", line.document), hidden(document)?),
        case: Link::new(format!("/cases/{}", line.case), hidden(case)?),
        number: line.number,
        sha256: grouped(&line.sha256),
        state,
        why,
    })
}

/// `POST /batches/{batch}/continue`
pub async fn go_on(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let fresh = posted.step_up().await;
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let gone_on = match fresh {
        Ok(ctx) => viewer.state.services.cases.continue_batch(&ctx, &id).await.map(|()| ctx),
        Err(problem) => Err(problem),
    };
    match gone_on {
        Ok(ctx) => {
            carry_out(viewer, ctx, id.clone());
            Ok(done(&format!("/batches/{id}"), "done-batch"))
        }
        Err(problem) => {
            let status = trouble::status(&problem);
            let errors = viewer.wrong(problem)?;
            viewer.page_as(status, &batch_page(viewer, &id, errors).await?).await
        }
    }
}

/// `POST /batches/{batch}/stop`
pub async fn stop(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    posted.fields.finish()?;
    posted.viewer.state.services.cases.stop_batch(&posted.viewer.ctx, &id).await?;
    Ok(done(&format!("/batches/{id}"), "done-batch-stopped"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_what_it_wrote_and_nothing_else() {
        let line = BatchLine {
            case: CaseId::new("case-1").unwrap(),
            case_version: 9,
            key: "nghi-quyet".into(),
            document: DocumentId::new("document-1").unwrap(),
            document_version: 4,
            number: 2,
            sha256: Digest::of(&[b"x"]),
        };
        assert_eq!(line_of(&value_of(&line)), Some(line.clone()));
        for bad in ["", "a", "case-1~9~document-1~4~2~k", "case-1~x~document-1~4~2~k~00"] {
            assert_eq!(line_of(bad), None, "{bad}");
        }
        assert_eq!(grouped(&line.sha256).split(' ').count(), 8);
    }
}
