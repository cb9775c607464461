//! Names of recipients as papers print them, and which body of the axis each stands for: said once by a clerk.

use crate::{
    form::Posted,
    render::Page,
    trouble::Failure,
    view::Wrong,
    viewer::{Member, Viewer, done},
};
use axum::{extract::Query, response::Response};
use kernel::Problem;
use serde::{Deserialize, Serialize};

/// The names that are known, and one to be said.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NamesPage {
    /// The names that are known.
    #[serde(skip_deserializing)]
    pub rows: Vec<NameRow>,
    /// The name as typed.
    pub name: String,
    /// The identifier as typed.
    pub code: String,
    /// What is wrong.
    #[serde(skip_deserializing)]
    pub errors: Vec<Wrong>,
}

/// A name and its body.
#[derive(Debug, Serialize)]
pub struct NameRow {
    /// As papers have it.
    pub name: String,
    /// The body's identifier.
    pub code: String,
    /// The body's name, where the axis knows it.
    pub agency: String,
}

impl Page for NamesPage {
    const TEMPLATE: &'static str = "recipient_names.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row =
            NameRow { name: "Chính phủ".into(), code: "G22".into(), agency: "Văn phòng Chính phủ".into() };
        let wrong = vec![Wrong::sample("code", "Trục không có cơ quan G99.")];
        let typed =
            NamesPage { name: "Như Điều 2".into(), code: "G99".into(), errors: wrong, ..NamesPage::default() };
        vec![("one", NamesPage { rows: vec![row], ..NamesPage::default() }), ("none, and a wrong one", typed)]
    }
}

async fn page(viewer: &Viewer, name: String, code: String, errors: Vec<Wrong>) -> Result<NamesPage, Problem> {
    let known = viewer.state.services.office.recipient_names(&viewer.ctx).await?;
    let row =
        |of: exchange::RecipientName| NameRow { name: of.name, code: of.code, agency: of.agency.unwrap_or_default() };
    Ok(NamesPage { rows: known.into_iter().map(row).collect(), name, code, errors })
}

/// `GET /outgoing/names`
pub async fn show(viewer: Member, Query(typed): Query<NamesPage>) -> Result<Response, Failure> {
    let name: String = typed.name.chars().take(500).collect();
    viewer.page(&page(&viewer, name, String::new(), vec![]).await?).await
}

/// `POST /outgoing/names`: a name stands for a body from now on; without an identifier it is forgotten.
pub async fn say(mut posted: Posted) -> Result<Response, Failure> {
    let (name, code) = (posted.fields.take("name"), posted.fields.take("code"));
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    match viewer.state.services.office.name_recipient(&viewer.ctx, &name, &code).await {
        Ok(()) => Ok(done("/outgoing/names", "done-recipient-named")),
        Err(problem) => {
            let again = async |errors| page(viewer, name, code, errors).await;
            posted.again(problem, "/outgoing/names", vec![], again).await
        }
    }
}
