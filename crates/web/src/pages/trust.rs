//! The trust list: roots of others, each compared by two persons before it counts.

use super::enrolments::chain;
use crate::{
    form::Posted,
    render::Page,
    trouble::{self, Failure},
    view::Wrong,
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use directory::{acts, model::Basis, trust_list::TrustedRoot};
use kernel::{Day, Digest, Problem, Resource, Timestamp};
use serde::Serialize;

/// The trust list.
#[derive(Debug, Default, Serialize)]
pub struct TrustPage {
    /// The house's own root.
    pub own: String,
    /// Roots of others.
    pub roots: Vec<RootRow>,
    /// Whether the reader may propose one.
    pub proposes: bool,
    /// What was typed.
    pub name: String,
    /// What was typed.
    pub purpose: String,
    /// What was typed.
    pub basis: String,
    /// What was typed: a day.
    pub until: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A root.
#[derive(Debug, Clone, Serialize)]
pub struct RootRow {
    /// SHA-256 of its certificate.
    pub fingerprint: String,
    /// What it is called.
    pub name: String,
    /// The name in it.
    pub subject: String,
    /// What it is believed for.
    pub purpose: String,
    /// Until when.
    pub until: Timestamp,
    /// On what ground.
    pub basis: String,
    /// Who proposed it.
    pub proposed_by: String,
    /// Who confirmed it.
    pub confirmed_by: Option<String>,
    /// `counts`, `waits`, `withdrawn`, `over`.
    pub state: &'static str,
    /// `confirm`, `withdraw`.
    pub may: Vec<&'static str>,
}

impl Page for TrustPage {
    const TEMPLATE: &'static str = "trust.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let root = RootRow {
            fingerprint: "0f".repeat(32),
            name: "CA chuyên dùng công vụ".into(),
            subject: "CN=CA chuyên dùng công vụ thử nghiệm, C=VN".into(),
            purpose: "Chữ ký của cán bộ, công chức".into(),
            until: Timestamp::from_micros(1_934_600_000_000_000),
            basis: "Công văn số 1/CV".into(),
            proposed_by: "Nguyễn Văn A".into(),
            confirmed_by: None,
            state: "waits",
            may: vec!["confirm", "withdraw"],
        };
        let counts =
            RootRow {
                state: "counts", confirmed_by: Some("Trần Thị B".into()), may: vec!["withdraw"], ..root.clone()
            };
        let page = TrustPage { own: "aa".repeat(32), roots: vec![root, counts], proposes: true, ..Default::default() };
        vec![("two", page), ("none", TrustPage { own: "aa".repeat(32), ..Default::default() })]
    }
}

async fn trust_page(viewer: &Viewer, errors: Vec<Wrong>) -> Result<TrustPage, Problem> {
    viewer.require("view.certificates", &Resource::new("TrustAnchor", "all", serde_json::json!({"grade": 0})))?;
    let services = &viewer.state.services;
    let mut roots = Vec::new();
    for root in services.keys.trust_list().await? {
        roots.push(row(viewer, &root).await?);
    }
    // Asked as after the code of this very request, which the form brings.
    let proposes = viewer.ctx.person().is_some_and(|me| {
        let resource = acts::trust_resource(&Digest::of(&[b"new"]), &me.id);
        let ctx = viewer.ctx.clone().stepped_up();
        services.journal.policies().decide(&ctx, "trust.proposed", &resource).allowed
    });
    let until = viewer.state.now().day().plus_months(60).to_string();
    let own = services.keys.root().await?.fingerprint().to_string();
    Ok(TrustPage { own, roots, proposes, until, errors, ..Default::default() })
}

async fn row(viewer: &Viewer, root: &TrustedRoot) -> Result<RootRow, Problem> {
    let services = &viewer.state.services;
    let name = async |id| services.directory.person(id).await.map(|p| p.map_or_else(String::new, |p| p.name));
    let confirmed_by = match &root.confirmed_by {
        Some(id) => Some(name(id).await?),
        None => None,
    };
    let state = match () {
        () if root.withdrawn.is_some() => "withdrawn",
        () if root.until <= viewer.state.now() => "over",
        () if root.confirmed.is_some() => "counts",
        () => "waits",
    };
    let fingerprint = root.certificate.fingerprint();
    let resource = acts::trust_resource(&fingerprint, &root.proposed_by);
    let ctx = viewer.ctx.clone().stepped_up();
    let may = |action: &str| services.journal.policies().decide(&ctx, action, &resource).allowed;
    let mut forms = Vec::new();
    if state == "waits" && may("trust.confirmed") {
        forms.push("confirm");
    }
    if matches!(state, "waits" | "counts") && may("trust.withdrawn") {
        forms.push("withdraw");
    }
    Ok(RootRow {
        fingerprint: fingerprint.to_string(),
        name: root.name.clone(),
        subject: root.certificate.subject().to_string(),
        purpose: root.purpose.clone(),
        until: root.until,
        basis: root.basis.clone(),
        proposed_by: name(&root.proposed_by).await?,
        confirmed_by,
        state,
        may: forms,
    })
}

/// `GET /trust`
pub async fn show(viewer: Member) -> Result<Response, Failure> {
    viewer.page(&trust_page(&viewer, vec![]).await?).await
}

/// `POST /trust`
pub async fn propose(mut posted: Posted) -> Result<Response, Failure> {
    let mut take = |name| posted.fields.take(name);
    let (name, purpose, until, seen, basis) =
        (take("name"), take("purpose"), take("until"), take("fingerprint"), take("basis"));
    let file = posted.fields.file("file").map(|f| f.bytes).unwrap_or_default();
    let proposed = async {
        let ctx = posted.step_up().await?;
        posted.fields.finish()?;
        let certificate = chain(file)?.remove(0);
        let day = Day::parse(&until).map_err(|_| Problem::field("until", "field-not-a-day"))?;
        let keys = &posted.viewer.state.services.keys;
        let cited = Basis::cited(basis.trim());
        keys.propose_root(&ctx, &certificate, &name, &purpose, day.end(), &seen, &cited).await
    };
    match proposed.await {
        Ok(_) => Ok(done("/trust", "done-trust-proposed")),
        Err(problem) => {
            let status = trouble::status(&problem);
            let viewer = &posted.viewer;
            let page = trust_page(viewer, viewer.wrong(problem)?).await?;
            viewer.page_as(status, &TrustPage { name, purpose, until, basis, ..page }).await
        }
    }
}

/// `POST /trust/{fingerprint}/{what}`
pub async fn turn(Path((id, what)): Path<(String, String)>, mut posted: Posted) -> Result<Response, Failure> {
    let (seen, reason) = (posted.fields.take("fingerprint"), posted.fields.take("reason"));
    let roots = posted.viewer.state.services.keys.trust_list().await?;
    let known = roots.iter().map(|r| r.certificate.fingerprint()).find(|f| f.to_string() == id);
    let fingerprint = known.ok_or_else(|| Problem::not_found("trusted root", &id))?;
    let turned = match what.as_str() {
        "confirm" => match posted.step_up().await {
            Ok(ctx) => posted.viewer.state.services.keys.confirm_root(&ctx, &fingerprint, &seen).await,
            Err(problem) => Err(problem),
        },
        "withdraw" => posted.viewer.state.services.keys.withdraw_root(&posted.viewer.ctx, &fingerprint, &reason).await,
        _ => return Err(Problem::not_found("page", what).into()),
    };
    match turned {
        Ok(()) => Ok(done("/trust", "done-trust")),
        Err(problem) => {
            let status = trouble::status(&problem);
            let viewer = &posted.viewer;
            viewer.page_as(status, &trust_page(viewer, viewer.wrong(problem)?).await?).await
        }
    }
}
