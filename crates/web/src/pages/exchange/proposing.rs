//! Withdrawing, updating and replacing what was sent: said with its consequence before it goes out.

use super::dispatch::{RecipientRow, recipient};
use crate::{
    form::Posted,
    pages::document::document_id,
    render::Page,
    trouble::Failure,
    view::{Choice, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use edxml::package::Kind;
use exchange::{DispatchLine, NewDispatch};
use kernel::Problem;
use serde::Serialize;

/// A withdrawal, update or replacement before it is sent.
#[derive(Debug, Serialize)]
pub struct ProposePage {
    /// The dispatch.
    pub id: String,
    /// `withdraw`, `update`, `replace`.
    pub what: &'static str,
    /// Number and notation.
    pub number: String,
    /// The subject.
    pub subject: String,
    /// Issued documents that can replace it.
    pub replacing: Vec<Choice>,
    /// Its recipients, each where it stands.
    pub recipients: Vec<RecipientRow>,
    /// The reason as typed.
    pub typed_reason: String,
    /// The replacing document as chosen.
    pub typed_with: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for ProposePage {
    const TEMPLATE: &'static str = "dispatch_propose.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |what, errors| ProposePage {
            id: "d".into(),
            what,
            number: "1344/NQ-UBTVQH15".into(),
            subject: "Thành lập Ban soạn thảo dự án Luật".into(),
            replacing: vec![Choice::new("document-2", "1351/NQ-UBTVQH15: Thành lập Ban soạn thảo dự án Luật")],
            recipients: vec![RecipientRow::sample("Bộ Tư pháp", "completed", "Đã xử lý xong")],
            typed_reason: "Ban hành nhầm".into(),
            typed_with: String::new(),
            errors,
        };
        vec![
            ("withdraw", page("withdraw", vec![])),
            ("update without a reason", page("update", vec![Wrong::sample("reason", "Không được để trống.")])),
            ("replace", page("replace", vec![])),
        ]
    }
}

/// What can be proposed.
fn kind(what: &str) -> Result<(&'static str, Kind), Problem> {
    match what {
        "withdraw" => Ok(("withdraw", Kind::Withdraw)),
        "update" => Ok(("update", Kind::Update)),
        "replace" => Ok(("replace", Kind::Replace)),
        _ => Err(Problem::not_found("page", what.chars().take(40).collect::<String>())),
    }
}

/// `GET /outgoing/{dispatch}/{what}`
pub async fn show(viewer: Member, Path((id, what)): Path<(String, String)>) -> Result<Response, Failure> {
    let (what, _) = kind(&what)?;
    viewer.page(&page(&viewer, &id, what, String::new(), String::new(), vec![]).await?).await
}

async fn page(
    viewer: &Viewer,
    id: &str,
    what: &'static str,
    typed_reason: String,
    typed_with: String,
    errors: Vec<Wrong>,
) -> Result<ProposePage, Problem> {
    let office = &viewer.state.services.office;
    let view = office.dispatch_view(&viewer.ctx, id).await?;
    let replacing = if what == "replace" { replacing(viewer, &view.line).await? } else { vec![] };
    Ok(ProposePage {
        id: id.to_owned(),
        what,
        number: view.line.number.clone(),
        subject: view.line.subject.clone(),
        replacing,
        recipients: view.recipients.iter().map(|r| recipient(&view, r)).collect(),
        typed_reason,
        typed_with,
        errors,
    })
}

/// Documents numbered after this one in its register, newest first.
async fn replacing(viewer: &Viewer, line: &DispatchLine) -> Result<Vec<Choice>, Problem> {
    let records = &viewer.state.services.records;
    let Some(number) = records.document(&viewer.ctx, &line.document).await?.number else { return Ok(vec![]) };
    let entries = records.entries(&viewer.ctx, &number.register, number.year, None, 50).await?;
    let later = entries.iter().filter(|entry| entry.number.number > number.number);
    Ok(later.map(|e| Choice::new(e.document.as_str(), format!("{}: {}", e.number.text, e.subject))).collect())
}

/// `POST /outgoing/{dispatch}/{what}`
pub async fn propose(Path((id, what)): Path<(String, String)>, mut posted: Posted) -> Result<Response, Failure> {
    let (what, kind) = kind(&what)?;
    let (reason, with) = (posted.fields.take("reason"), posted.fields.take("with"));
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let office = &viewer.state.services.office;
    let line = office.dispatch_view(&viewer.ctx, &id).await?.line;
    let document = match what {
        "replace" => document_id(&with).map_err(|_| Problem::field("with", "field-required")),
        _ => Ok(line.document.clone()),
    };
    let sent = match document {
        Ok(document) => {
            let new = NewDispatch {
                document,
                kind,
                earlier: Some(id.clone()),
                to: vec![],
                transport: line.transport.clone(),
                reason: reason.trim().to_owned(),
                due: None,
                priority: 0,
            };
            office.dispatch(&viewer.ctx, new).await
        }
        Err(problem) => Err(problem),
    };
    match sent {
        Ok(new) => Ok(done(&format!("/outgoing/{new}"), &format!("done-dispatch-{what}"))),
        Err(problem) => {
            let again = async |errors| page(viewer, &id, what, reason, with, errors).await;
            posted.again(problem, &format!("/outgoing/{id}"), vec![], again).await
        }
    }
}
