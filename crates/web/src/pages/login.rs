//! Signing in: the password first, then the code of the second factor.

use crate::{
    form::{Posted, Sent},
    render::Page,
    trouble::{self, Failure},
    view::Wrong,
    viewer::Viewer,
    visit::{self, Cookies, Visit},
};
use axum::{
    extract::Query,
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use directory::signin::{Begun, Opened};
use kernel::Problem;
use serde::{Deserialize, Serialize};

/// The password.
#[derive(Debug, Default, Serialize)]
pub struct PasswordPage {
    /// The account as typed.
    pub account: String,
    /// Where to go afterwards.
    pub next: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for PasswordPage {
    const TEMPLATE: &'static str = "login.html";
    fn samples() -> Vec<(&'static str, Self)> {
        vec![
            ("empty", PasswordPage::default()),
            (
                "refused",
                PasswordPage {
                    account: "a.nguyen".into(),
                    errors: vec![Wrong::sample("account", "Tên đăng nhập hoặc mật khẩu không đúng.")],
                    ..PasswordPage::default()
                },
            ),
        ]
    }
}

/// The code.
#[derive(Debug, Default, Serialize)]
pub struct CodePage {
    /// Where to go afterwards.
    pub next: String,
    /// What the first step gave.
    pub pending: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for CodePage {
    const TEMPLATE: &'static str = "login_code.html";
    fn samples() -> Vec<(&'static str, Self)> {
        vec![
            ("empty", CodePage::default()),
            (
                "wrong",
                CodePage {
                    next: "/".into(),
                    pending: "x".into(),
                    errors: vec![Wrong::sample("code", "Mã xác thực không đúng.")],
                },
            ),
        ]
    }
}

/// `GET /login`
pub async fn show(viewer: Viewer, Query(query): Query<Next>) -> Result<Response, Failure> {
    let next = Visit::local(&query.next.unwrap_or_default());
    if viewer.signed_in.is_some() {
        return Ok(Redirect::to(&next).into_response());
    }
    viewer.page(&PasswordPage { next, ..PasswordPage::default() }).await
}

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub struct Next {
    next: Option<String>,
}

/// `POST /login`
pub async fn password(mut sent: Sent) -> Result<Response, Failure> {
    let (account, password) = (sent.fields.take("account"), sent.fields.take("password"));
    let next = Visit::local(&sent.fields.take("next"));
    sent.fields.finish()?;
    let (viewer, origin) = (&sent.viewer, sent.viewer.visit.origin());
    match viewer.state.services.signin.begin(&account, &password, &origin).await {
        Ok(Begun::SecondFactor(pending)) => viewer.page(&CodePage { next, pending, errors: vec![] }).await,
        Ok(Begun::Opened(opened)) => Ok(enter(viewer, &opened, &next)),
        Err(problem) => {
            let status = trouble::status(&problem);
            let errors = at_field("account", viewer.wrong(problem)?);
            viewer.page_as(status, &PasswordPage { account, next, errors }).await
        }
    }
}

/// `POST /login/code`
pub async fn code(mut sent: Sent) -> Result<Response, Failure> {
    let (code, pending) = (sent.fields.take("code"), sent.fields.take("pending"));
    let next = Visit::local(&sent.fields.take("next"));
    sent.fields.finish()?;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let viewer = &sent.viewer;
    match viewer.state.services.signin.finish(&pending, &code, &viewer.visit.origin()).await {
        Ok(opened) => Ok(enter(viewer, &opened, &next)),
        Err(problem) => {
            let over = matches!(problem, Problem::Refused { code: "signin-over", .. });
            let status = trouble::status(&problem);
            let errors = viewer.wrong(problem)?;
            if over {
                let errors = at_field("account", errors);
                return viewer.page_as(status, &PasswordPage { next, errors, ..PasswordPage::default() }).await;
            }
            viewer.page_as(status, &CodePage { next, pending, errors: at_field("code", errors) }).await
        }
    }
}

/// `GET /login/code`: the second step is only reached from the first.
pub async fn code_again() -> Redirect {
    Redirect::to("/login")
}

fn enter(viewer: &Viewer, opened: &Opened, next: &str) -> Response {
    let cookies = Cookies::of(&viewer.state);
    let seconds = opened.expires.seconds() - viewer.state.now().seconds();
    let cookie = cookies.write(visit::SESSION, &opened.token, Some(seconds.max(0)));
    let device = cookies.write(visit::DEVICE, &viewer.visit.device, Some(400 * 86_400));
    let mut response = Redirect::to(next).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response.headers_mut().append(header::SET_COOKIE, device);
    response
}

/// A refusal without a field stands at this one.
fn at_field(field: &str, mut errors: Vec<Wrong>) -> Vec<Wrong> {
    errors.iter_mut().filter(|e| e.field.is_empty()).for_each(|e| e.field = field.to_owned());
    errors
}

/// `POST /logout`
pub async fn out(posted: Posted) -> Result<Response, Failure> {
    posted.fields.finish()?;
    posted.viewer.state.services.signin.sign_out(&posted.signed_in).await?;
    let mut response = Redirect::to("/login?done=done-signed-out").into_response();
    let gone = Cookies::of(&posted.viewer.state).write(visit::SESSION, "", Some(0));
    response.headers_mut().append(header::SET_COOKIE, gone);
    Ok(response)
}
