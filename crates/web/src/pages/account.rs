//! One's own account: sessions and how to end them, password, second factor.

use crate::{
    form::Posted,
    render::Page,
    trouble::{self, Failure},
    view::{Link, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use directory::{SignedIn, acts::Holder};
use kernel::{Problem, Strength, Timestamp};
use serde::Serialize;

/// The account.
#[derive(Debug, Serialize)]
pub struct AccountPage {
    /// Full name.
    pub name: String,
    /// The name to sign in with.
    pub login: String,
    /// Positions held now.
    pub positions: Vec<Link>,
    /// The highest grade that the person is cleared for.
    pub clearance: u8,
    /// Until when the signing certificate is valid.
    pub certificate: Option<Timestamp>,
    /// Whether the second factor is set up.
    pub second_factor: bool,
    /// Living sessions.
    pub sessions: Vec<SessionRow>,
    /// What is wrong with the password form.
    pub errors: Vec<Wrong>,
}

/// A session.
#[derive(Debug, Clone, Serialize)]
pub struct SessionRow {
    /// Which.
    pub id: String,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was last used.
    pub seen: Timestamp,
    /// When it ends at the latest.
    pub expires: Timestamp,
    /// The one in which this page is read.
    pub this: bool,
}

impl Page for AccountPage {
    const TEMPLATE: &'static str = "account.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let at = Timestamp::from_micros(1_734_600_000_000_000);
        let session =
            |id: &str, this| SessionRow { id: id.into(), opened: at, seen: at, expires: at.plus_seconds(43_200), this };
        let page = |certificate, second_factor, errors| AccountPage {
            name: "Nguyễn Văn A".into(),
            login: "a.nguyen".into(),
            positions: vec![Link::new("/bodies/vu-phap-luat", "Chuyên viên, Vụ Pháp luật")],
            clearance: 1,
            certificate,
            second_factor,
            sessions: vec![session("session-1", true), session("session-2", false)],
            errors,
        };
        vec![
            ("equipped", page(Some(at.plus_seconds(40_000_000)), true, vec![])),
            ("without second factor", page(None, false, vec![Wrong::sample("new", "Mật khẩu quá ngắn.")])),
        ]
    }
}

/// Setting up the second factor.
#[derive(Debug, Serialize)]
pub struct EnrolPage {
    /// The secret to type into the authenticator, in groups of four.
    pub secret: String,
    /// The address that authenticators open.
    pub uri: String,
    /// What the form sends back.
    pub offer: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for EnrolPage {
    const TEMPLATE: &'static str = "enrol.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = EnrolPage {
            secret: "JBSW Y3DP EHPK 3PXP".into(),
            uri: "otpauth://totp/x".into(),
            offer: "sealed".into(),
            errors: vec![],
        };
        vec![("offered", page)]
    }
}

/// `GET /account`
pub async fn show(viewer: Member) -> Result<Response, Failure> {
    let signed_in = viewer.signed_in.clone().ok_or_else(|| Problem::fault("a member without a session"))?;
    viewer.page(&account_page(&viewer, &signed_in, vec![]).await?).await
}

async fn account_page(viewer: &Viewer, signed_in: &SignedIn, errors: Vec<Wrong>) -> Result<AccountPage, Problem> {
    let services = &viewer.state.services;
    let me = signed_in.person();
    let (now, lang) = (viewer.state.now(), viewer.lang());
    let held = services.directory.positions_of(&me.id, now.day()).await?;
    let view = services.directory.person(&me.id).await?;
    let certificates = services.keys.of_holder(&Holder::Person(me.id.clone())).await?;
    let sessions = services.directory.sessions_of(&me.id).await?;
    Ok(AccountPage {
        name: me.name.clone(),
        login: view.and_then(|p| p.login).unwrap_or_default(),
        positions: held
            .iter()
            .map(|h| {
                let words =
                    format!("{}, {}", lang.pick(&h.title, &h.title_en), lang.pick(&h.body_name, &h.body_name_en));
                Link::new(format!("/bodies/{}", h.assignment.body), words)
            })
            .collect(),
        clearance: me.clearance.level(),
        certificate: certificates.iter().filter(|c| c.is_valid(now)).map(|c| c.certificate.not_after()).max(),
        second_factor: signed_in.session.strength >= Strength::TwoFactor,
        sessions: sessions
            .iter()
            .map(|s| SessionRow {
                id: s.id.clone(),
                opened: s.opened,
                seen: s.seen,
                expires: s.expires,
                this: s.id == signed_in.session.id,
            })
            .collect(),
        errors,
    })
}

/// `POST /account/sessions/{session}/end`
pub async fn end_session(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    posted.fields.finish()?;
    posted.viewer.state.services.directory.end_session(&posted.viewer.ctx, &id).await?;
    Ok(done("/account", "done-session-ended"))
}

/// `POST /account/sessions/end-others`
pub async fn end_others(posted: Posted) -> Result<Response, Failure> {
    posted.fields.finish()?;
    posted.viewer.state.services.signin.sign_out_elsewhere(&posted.signed_in).await?;
    Ok(done("/account", "done-session-ended"))
}

/// `POST /account/password`
pub async fn password(mut posted: Posted) -> Result<Response, Failure> {
    let (old, new) = (posted.fields.take("old"), posted.fields.take("new"));
    posted.fields.finish()?;
    let (viewer, origin) = (&posted.viewer, posted.viewer.visit.origin());
    match viewer.state.services.signin.change_password(&posted.signed_in, &old, &new, &origin).await {
        Ok(()) => Ok(done("/account", "done-password")),
        Err(problem) => {
            let status = trouble::status(&problem);
            let errors = viewer.wrong(problem)?;
            viewer.page_as(status, &account_page(viewer, &posted.signed_in, errors).await?).await
        }
    }
}

/// `GET /account/second-factor`
pub async fn to_enrol(viewer: Member) -> Result<Response, Failure> {
    let signed_in = viewer.signed_in.clone().ok_or_else(|| Problem::fault("a member without a session"))?;
    viewer.page(&enrol_page(&viewer, &signed_in, vec![]).await?).await
}

async fn enrol_page(viewer: &Viewer, signed_in: &SignedIn, errors: Vec<Wrong>) -> Result<EnrolPage, Problem> {
    let offer = viewer.state.services.signin.offer_totp(signed_in).await?;
    let groups: Vec<String> =
        offer.base32.as_bytes().chunks(4).map(|g| String::from_utf8_lossy(g).into_owned()).collect();
    Ok(EnrolPage { secret: groups.join(" "), uri: offer.address.to_string(), offer: offer.sealed, errors })
}

/// `POST /account/second-factor`
pub async fn enrol(mut posted: Posted) -> Result<Response, Failure> {
    let (offer, code) = (posted.fields.take("offer"), posted.fields.take("code"));
    posted.fields.finish()?;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let (viewer, origin) = (&posted.viewer, posted.viewer.visit.origin());
    match viewer.state.services.signin.confirm_totp(&viewer.ctx, &offer, &code, &origin).await {
        Ok(()) => Ok(done("/account", "done-enrolled")),
        Err(problem) => {
            let status = trouble::status(&problem);
            let errors = viewer.wrong(problem)?;
            viewer.page_as(status, &enrol_page(viewer, &posted.signed_in, errors).await?).await
        }
    }
}
