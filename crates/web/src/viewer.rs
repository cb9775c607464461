//! Who reads a page: a signed-in member of staff, or anyone.

use crate::{
    frame::{Frame, Me},
    render::Page,
    state::AppState,
    trouble::Failure,
    view::Wrong,
    visit::Visit,
    words::{Arg, Lang, args_of},
};
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
};
use directory::{SignedIn, sessions};
use kernel::{Actor, Ctx, Problem, Resource, Strength};
use std::collections::BTreeMap;

/// The reader of a page; every handler takes one.
#[derive(Clone)]
pub struct Viewer {
    /// The services.
    pub state: AppState,
    /// The request.
    pub visit: Visit,
    /// The session, when there is one.
    pub signed_in: Option<SignedIn>,
    /// The context for services.
    pub ctx: Ctx,
}

/// A reader who has signed in; others are sent to sign in first.
#[derive(Clone)]
pub struct Member(pub Viewer);

impl std::ops::Deref for Member {
    type Target = Viewer;
    fn deref(&self) -> &Viewer {
        &self.0
    }
}

impl FromRequestParts<AppState> for Viewer {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Viewer, Failure> {
        let visit = parts.extensions.get::<Visit>().cloned();
        Viewer::of(state, visit.ok_or_else(|| Problem::fault("a route outside the visit layer"))?).await
    }
}

impl FromRequestParts<AppState> for Member {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Member, Response> {
        let viewer = Viewer::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        if viewer.signed_in.is_some() { Ok(Member(viewer)) } else { Err(sign_in_first(&viewer.visit)) }
    }
}

/// To the sign-in page and back.
fn sign_in_first(visit: &Visit) -> Response {
    if visit.api {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Cookie realm=\"dienhong\"")]).into_response();
    }
    let next = percent_encoding::utf8_percent_encode(&visit.page(), percent_encoding::NON_ALPHANUMERIC).to_string();
    match visit.page().as_str() {
        "/" => Redirect::to("/login").into_response(),
        _ => Redirect::to(&format!("/login?next={next}")).into_response(),
    }
}

impl Viewer {
    pub(crate) async fn of(state: &AppState, visit: Visit) -> Result<Viewer, Failure> {
        let signed_in = match &visit.session {
            Some(token) => state.services.signin.resolve(token, &visit.origin()).await?,
            None => None,
        };
        let nobody =
            || Ctx { actor: Actor::Public, strength: Strength::None, at: state.now(), request: visit.request.clone() };
        let ctx = signed_in.as_ref().map_or_else(nobody, |s| s.ctx.clone());
        Ok(Viewer { state: state.clone(), visit, signed_in, ctx })
    }

    /// The language.
    pub fn lang(&self) -> Lang {
        self.visit.lang
    }
    /// A message in the reader's language.
    pub fn say(&self, key: &str, args: &[(&str, &str)]) -> String {
        let args = args.iter().map(|(k, v)| ((*k).to_owned(), Arg::Text((*v).to_owned()))).collect();
        self.state.renderer.words().say(self.lang(), key, &args)
    }
    /// A message that may not be there.
    pub fn say_if(&self, key: &str) -> Option<String> {
        self.state.renderer.words().find(self.lang(), key, &BTreeMap::new())
    }
    /// A message with arguments that a service gave.
    pub fn say_with(&self, key: &str, args: &BTreeMap<String, String>) -> String {
        self.state.renderer.words().say(self.lang(), key, &args_of(args))
    }
    /// Whether the policies let the reader do this.
    pub fn may(&self, action: &str, resource: &Resource) -> bool {
        self.state.services.journal.policies().decide(&self.ctx, action, resource).allowed
    }
    /// Asks the policies for a reading.
    ///
    /// # Errors
    /// [`Problem::Forbidden`].
    pub fn require(&self, action: &str, resource: &Resource) -> Result<(), Problem> {
        self.state.services.journal.policies().require(&self.ctx, action, resource).map(drop)
    }
    /// What is wrong with a form, in words beside its fields; other problems come back.
    ///
    /// # Errors
    /// What is not about a field.
    pub fn wrong(&self, problem: Problem) -> Result<Vec<Wrong>, Problem> {
        match problem {
            Problem::Invalid(fields) => Ok(Wrong::of(self.state.renderer.words(), self.lang(), &fields)),
            Problem::Refused { code, args } => {
                let field = if code.starts_with("second-factor") { "code" } else { "" };
                Ok(vec![Wrong { field: field.into(), words: self.say_with(code, &args) }])
            }
            Problem::NeedsSecondFactor { .. } => {
                Ok(vec![Wrong { field: "code".into(), words: self.say("second-factor-needed", &[]) }])
            }
            other => Err(other),
        }
    }

    /// The word that forms of this reader carry against forged requests.
    pub fn form_token(&self) -> String {
        match &self.signed_in {
            Some(signed_in) => signed_in.form_token.clone(),
            None => sessions::form_token(&self.visit.device),
        }
    }
    /// Whether a form brought that word back.
    pub fn form_token_fits(&self, sent: &str) -> bool {
        match (&self.signed_in, &self.visit.session) {
            (Some(_), Some(token)) => sessions::form_token_fits(token, sent),
            _ => sessions::form_token_fits(&self.visit.device, sent),
        }
    }

    /// The frame of a page.
    ///
    /// # Errors
    /// Storage.
    pub async fn frame(&self) -> Result<Frame, Problem> {
        let services = &self.state.services;
        let me = match self.ctx.person() {
            Some(person) => Some(Me {
                id: person.id.to_string(),
                name: person.name.clone(),
                title: self.title().await?,
                waiting: services.cases.waiting(&self.ctx).await?,
                unread: services.cases.unread(&self.ctx).await?,
                audits: self.may("view.journal", &Resource::new("Journal", "journal", serde_json::json!({}))),
                certifies: crate::pages::certificates::may_read(self).is_ok(),
                exchanges: services.office.may_view(&self.ctx),
            }),
            None => None,
        };
        Ok(Frame {
            lang: self.lang(),
            here: self.visit.here(),
            path: self.visit.path.clone(),
            me,
            csrf: self.form_token(),
            once: sessions::new_token(services.journal.entropy()).to_string(),
            done: self.visit.done.clone().filter(|key| self.state.renderer.words().has(self.lang(), key)),
            request: self.visit.request.to_string(),
        })
    }

    /// The position under which the reader acts, in words: `Chuyên viên, Vụ Pháp luật`.
    async fn title(&self) -> Result<String, Problem> {
        let Some(person) = self.ctx.person() else { return Ok(String::new()) };
        let directory = &self.state.services.directory;
        let acting = match &person.acting_as {
            Some(holding) => directory.title_of(holding).await?,
            None => None,
        };
        Ok(acting.map_or_else(String::new, |(vi, en)| self.lang().pick(&vi, &en).to_owned()))
    }

    /// The page.
    ///
    /// # Errors
    /// Storage; a wrong template.
    pub async fn page<P: Page>(&self, page: &P) -> Result<Response, Failure> {
        self.page_as(StatusCode::OK, page).await
    }

    /// The page with another status than 200.
    ///
    /// # Errors
    /// Storage; a wrong template.
    pub async fn page_as<P: Page>(&self, status: StatusCode, page: &P) -> Result<Response, Failure> {
        let frame = self.frame().await?;
        Ok((status, Html(self.state.renderer.page(&frame, page)?)).into_response())
    }
}

/// To another page, which says what was done.
pub fn done(href: &str, key: &str) -> Response {
    let mark = if href.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{href}{mark}done={key}")).into_response()
}
