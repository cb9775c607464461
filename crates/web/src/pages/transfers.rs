//! Moving running cases to another version of their procedure, one by one or all that fit.

use crate::{
    form::Posted,
    render::Page,
    show,
    trouble::Failure,
    view::{Link, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{
    extract::{Path, Query},
    response::Response,
};
use kernel::{CaseId, Problem};
use procedure::ProcedureRef;
use serde::{Deserialize, Serialize};

/// The cases of a procedure under other versions.
#[derive(Debug, Serialize)]
pub struct TransfersPage {
    /// The procedure's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The version to which cases can be moved.
    pub version: i64,
    /// Cases that fit and that the reader may move.
    pub fitting: Vec<TransferRow>,
    /// Cases that do not fit, with the reasons.
    pub others: Vec<TransferRow>,
    /// Whether the reader may move cases.
    pub may: bool,
    /// The reason as typed.
    pub reason: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A case.
#[derive(Debug, Clone, Serialize)]
pub struct TransferRow {
    /// Its id.
    pub id: String,
    /// Its address and title.
    pub link: Link,
    /// The step at which it stands.
    pub step: String,
    /// Its version of the procedure.
    pub from: i64,
    /// The version of its stream.
    pub version: i64,
    /// Why it does not fit.
    pub why: Vec<String>,
    /// Chosen in the form.
    pub chosen: bool,
}

impl Page for TransfersPage {
    const TEMPLATE: &'static str = "procedure_transfers.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |why: Vec<String>| TransferRow {
            id: "case-1".into(),
            link: Link::new("/cases/case-1", "Nghỉ phép của Chuyên viên 001"),
            step: "Xét duyệt".into(),
            from: 1,
            version: 5,
            why,
            chosen: true,
        };
        let page = TransfersPage {
            id: "leave".into(),
            name: "Nghỉ phép".into(),
            version: 2,
            fitting: vec![row(vec![])],
            others: vec![row(vec!["Phiên bản mới không có bước “Xét duyệt”.".into()])],
            may: true,
            reason: String::new(),
            errors: vec![],
        };
        vec![("both", page)]
    }
}

/// To which version.
#[derive(Debug, Deserialize)]
pub struct To {
    to: Option<u32>,
}

fn target(viewer: &Viewer, id: &str, to: Option<u32>) -> Result<ProcedureRef, Problem> {
    let catalogue = viewer.state.services.cases.catalogue();
    let now = || catalogue.valid_on(id, viewer.state.now().day()).map(|p| p.version);
    let version = to.or_else(now).ok_or_else(|| Problem::not_found("procedure", id))?;
    let reference = ProcedureRef { id: id.to_owned(), version };
    catalogue.get(&reference).map(|p| p.reference()).ok_or_else(|| Problem::not_found("procedure", id))
}

async fn page(
    viewer: &Viewer,
    to: &ProcedureRef,
    reason: String,
    errors: Vec<Wrong>,
) -> Result<TransfersPage, Problem> {
    let cases = &viewer.state.services.cases;
    let found = cases.candidates(&viewer.ctx, to).await?;
    let may = found.iter().any(|c| c.allowed);
    let row = |c: &cases::Candidate| TransferRow {
        id: c.case.to_string(),
        link: Link::new(format!("/cases/{}", c.case), c.title.clone()),
        step: show::pick(viewer, &c.step),
        from: i64::from(c.from.version),
        version: c.version,
        why: c.misfits.iter().map(|text| show::pick(viewer, text)).collect(),
        chosen: true,
    };
    let (fitting, others): (Vec<_>, Vec<_>) = found.iter().map(row).partition(|row| row.why.is_empty());
    let name = cases.catalogue().get(to).map(|p| show::pick(viewer, &p.title)).unwrap_or_default();
    Ok(TransfersPage { id: to.id.clone(), name, version: i64::from(to.version), fitting, others, may, reason, errors })
}

/// `GET /procedures/{procedure}/cases`
pub async fn show_all(viewer: Member, Path(id): Path<String>, Query(which): Query<To>) -> Result<Response, Failure> {
    let to = target(&viewer, &id, which.to)?;
    viewer.page(&page(&viewer, &to, String::new(), vec![]).await?).await
}

/// `POST /procedures/{procedure}/cases`: moves the chosen cases, each by an act of its own.
pub async fn move_them(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (reason, to) = (posted.fields.take("reason"), posted.fields.take("to"));
    let chosen = posted.fields.below("case.");
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let to = target(viewer, &id, to.parse().ok())?;
    match moved(viewer, &to, &reason, &chosen, &posted.once).await {
        Ok(()) => Ok(done(&format!("/procedures/{id}/cases?to={}", to.version), "done-cases-moved")),
        Err(problem) => {
            let page = async |errors| page(viewer, &to, reason, errors).await;
            posted.again(problem, &format!("/procedures/{id}/cases"), vec![], page).await
        }
    }
}

async fn moved(
    viewer: &Viewer,
    to: &ProcedureRef,
    reason: &str,
    chosen: &[(String, String)],
    once: &str,
) -> Result<(), Problem> {
    if reason.trim().is_empty() {
        return Err(Problem::field("reason", "field-required"));
    }
    if chosen.is_empty() {
        return Err(Problem::refused("transfer-none-chosen"));
    }
    for (case, version) in chosen {
        let id = CaseId::new(case.clone()).map_err(|_| Problem::not_found("case", case))?;
        let expected = version.parse().map_err(|_| Problem::not_found("case", case))?;
        let token = format!("{once}/{case}");
        viewer.state.services.cases.change_procedure(&viewer.ctx, &id, to, expected, reason, &token).await?;
    }
    Ok(())
}
