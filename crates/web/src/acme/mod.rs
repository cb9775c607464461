//! Enrolment of devices over HTTP (ACME, RFC 8555): the messages of the protocol, in and out. The rules are
//! [`directory::acme`]'s.
//!
//! Nobody signs in here: every request but two is believed by its signature, once (RFC 8555, 6.2 to 6.5). No page, cookie
//! or form is reached. Mounted only where the configuration names the networks in which devices stand.

mod message;
mod nonces;
mod shapes;

pub use nonces::Nonces;

use crate::state::AppState;
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use directory::acme::{Account, Acme, Kind, Refusal, Revoker};
use kernel::Problem;
use message::{Asked, Signer};
use pki::jose::{self, Jwk, MAX_MESSAGE, Message};
use serde::Deserialize;
use serde_json::{Value, json};
use shapes::Addresses;

/// The routes, below `/acme`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/acme/directory", get(directory))
        .route("/acme/new-nonce", get(new_nonce).head(new_nonce))
        .route("/acme/{*what}", post(call))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE))
}

/// An answer before it gets the headers that every answer has.
struct Answer {
    status: StatusCode,
    body: Body,
    location: Option<String>,
    /// A link with the relation `up`.
    up: Option<String>,
}

enum Body {
    Json(Value),
    Chain(String),
    Nothing,
}

impl Answer {
    fn json(body: Value) -> Answer {
        Answer { status: StatusCode::OK, body: Body::Json(body), location: None, up: None }
    }
    fn nothing() -> Answer {
        Answer { status: StatusCode::OK, body: Body::Nothing, location: None, up: None }
    }
    fn at(mut self, location: String) -> Answer {
        self.location = Some(location);
        self
    }
    fn created(mut self) -> Answer {
        self.status = StatusCode::CREATED;
        self
    }
    fn under(mut self, up: String) -> Answer {
        self.up = Some(up);
        self
    }
}

/// `GET /acme/directory`
async fn directory(State(state): State<AppState>) -> Response {
    finished(&state, Ok(Answer::json(Addresses::of(&state).directory())), false)
}

/// `HEAD` and `GET /acme/new-nonce`
async fn new_nonce(State(state): State<AppState>) -> Response {
    let mut response = finished(&state, Ok(Answer::nothing()), true);
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Every `POST` below `/acme`.
async fn call(State(state): State<AppState>, Path(what): Path<String>, body: Bytes) -> Response {
    let answer = match &state.services.acme {
        Some(acme) => carry_out(&state, acme, &what, &body).await,
        None => Err(Problem::not_found("page", &what).into()),
    };
    finished(&state, answer, true)
}

fn finished(state: &AppState, answer: Result<Answer, Refusal>, nonce: bool) -> Response {
    let addresses = Addresses::of(state);
    let (mut response, location, up) = match answer {
        Ok(Answer { status, body, location, up }) => {
            let response = match body {
                Body::Json(value) => (status, axum::Json(value)).into_response(),
                Body::Chain(pem) => {
                    ([(header::CONTENT_TYPE, "application/pem-certificate-chain")], pem).into_response()
                }
                Body::Nothing => status.into_response(),
            };
            (response, location, up)
        }
        Err(refusal) => (shapes::problem(&refusal), None, None),
    };
    let headers = response.headers_mut();
    let mut set = |name: header::HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.append(name, value);
        }
    };
    if nonce {
        set(
            header::HeaderName::from_static("replay-nonce"),
            state.nonces.fresh(state.now(), state.services.journal.entropy()),
        );
    }
    set(header::CACHE_CONTROL, "no-store".into());
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff".into());
    set(header::LINK, format!("<{}>;rel=\"index\"", addresses.of_directory()));
    location.into_iter().for_each(|location| set(header::LOCATION, location));
    up.into_iter().for_each(|up| set(header::LINK, format!("<{up}>;rel=\"up\"")));
    response
}

async fn carry_out(state: &AppState, acme: &Acme, what: &str, body: &[u8]) -> Result<Answer, Refusal> {
    let to = Addresses::of(state);
    let asked = message::believe(state, acme, &to.place(what), body).await?;
    let parts: Vec<&str> = what.split('/').collect();
    match parts.as_slice() {
        ["new-account"] => new_account(acme, &to, &asked).await,
        ["revoke-certificate"] => revoke(acme, &asked).await,
        ["change-key"] => change_key(acme, &to, &asked).await,
        ["account", id] => account(acme, &to, asked.account_named(id)?, &asked).await,
        ["account", id, "orders"] => {
            let account = asked.account_named(id)?;
            asked.is_reading()?;
            let orders = acme.orders(account).await?;
            Ok(Answer::json(json!({ "orders": orders.iter().map(|id| to.order(id)).collect::<Vec<_>>() })))
        }
        ["new-order"] => {
            let new: NewOrder = asked.payload()?;
            let order = acme.place(asked.account()?, &new.names()?).await?;
            Ok(Answer::json(to.shape_of_order(&order)).created().at(to.order(&order.id)))
        }
        ["order", id] => {
            asked.is_reading()?;
            let order = acme.order(asked.account()?, id).await?;
            Ok(Answer::json(to.shape_of_order(&order)).at(to.order(id)))
        }
        ["authorization", id, place] => {
            let order = acme.order(asked.account()?, id).await?;
            asked.is_reading()?;
            Ok(Answer::json(to.shape_of_authorization(&order, place_of(place)?)?))
        }
        ["challenge", id, place] => {
            let place = place_of(place)?;
            // A reading shows it, an empty object asks for the proof (RFC 8555, 7.5.1).
            let order = match asked.is_reading() {
                Ok(()) => acme.order(asked.account()?, id).await?,
                Err(_) => acme.prove(asked.account()?, id, place).await?,
            };
            Ok(Answer::json(to.shape_of_challenge(&order, place)?).under(to.authorization(id, place)))
        }
        ["finalize", id] => {
            let finalize: Finalize = asked.payload()?;
            let csr = jose::bytes(&finalize.csr).map_err(|why| Refusal::new(Kind::BadCsr, why.to_string()))?;
            let order = acme.fill(asked.account()?, id, &csr).await?;
            Ok(Answer::json(to.shape_of_order(&order)).at(to.order(id)))
        }
        ["certificate", serial] => {
            asked.is_reading()?;
            let body = Body::Chain(acme.chain(asked.account()?, serial).await?);
            Ok(Answer { status: StatusCode::OK, body, location: None, up: None })
        }
        _ => Err(Problem::not_found("page", what).into()),
    }
}

fn place_of(text: &str) -> Result<usize, Refusal> {
    text.parse().map_err(|_| Problem::not_found("name", text).into())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewAccount {
    #[serde(default)]
    only_return_existing: bool,
    #[serde(default)]
    external_account_binding: Option<Value>,
}

async fn new_account(acme: &Acme, to: &Addresses, asked: &Asked) -> Result<Answer, Refusal> {
    let Signer::Key(key) = &asked.signer else {
        return Err(Refusal::new(Kind::Malformed, "a new account is asked for with its key, not with an account"));
    };
    let new: NewAccount = asked.payload()?;
    if let Some(known) = acme.account_with(key).await? {
        return Ok(Answer::json(to.shape_of_account(&known)).at(to.account(&known.device.id)));
    }
    if new.only_return_existing {
        return Err(Refusal::new(Kind::AccountDoesNotExist, "there is no account with this key"));
    }
    let binding = new.external_account_binding.as_ref().map(Message::of).transpose();
    let binding = binding.map_err(|why| Refusal::new(Kind::Malformed, why.to_string()))?;
    let account = acme.open(key, binding.as_ref(), &to.place("new-account")).await?;
    Ok(Answer::json(to.shape_of_account(&account)).created().at(to.account(&account.device.id)))
}

#[derive(Deserialize)]
struct Update {
    #[serde(default)]
    status: Option<String>,
}

async fn account(acme: &Acme, to: &Addresses, account: &Account, asked: &Asked) -> Result<Answer, Refusal> {
    let mut shape = to.shape_of_account(account);
    if asked.is_reading().is_err() {
        let update: Update = asked.payload()?;
        match update.status.as_deref() {
            Some("deactivated") => {
                acme.close(account).await?;
                shape["status"] = json!("deactivated");
            }
            // Ways to reach somebody are kept in the directory, by body.
            None => {}
            Some(_) => {
                return Err(Refusal::new(Kind::Malformed, "the one status that can be asked for is deactivated"));
            }
        }
    }
    Ok(Answer::json(shape))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyChange {
    account: String,
    old_key: Value,
}

/// RFC 8555, 7.3.5: the new key signs within what the old one signs.
async fn change_key(acme: &Acme, to: &Addresses, asked: &Asked) -> Result<Answer, Refusal> {
    let account = asked.account()?;
    let malformed = |why: &str| Refusal::new(Kind::Malformed, why);
    let inner = Message::parse(&asked.message.payload).map_err(|why| malformed(&why.to_string()))?;
    let value = inner.header.jwk.as_ref().ok_or_else(|| malformed("the inner message names no key"))?;
    let key = Jwk::parse(value).map_err(|why| Refusal::new(Kind::BadPublicKey, why.to_string()))?;
    inner.verify(&key).map_err(message::refused)?;
    let change: KeyChange =
        serde_json::from_slice(&inner.payload).map_err(|_| malformed("the inner message does not read"))?;
    let old = Jwk::parse(&change.old_key).ok();
    let fits = inner.header.url == asked.message.header.url
        && inner.header.nonce.is_none()
        && change.account == to.account(&account.device.id)
        && old.as_ref() == Some(&account.key);
    if !fits {
        return Err(malformed("the inner message is not about this account, its key, or this address"));
    }
    acme.change_key(account, &key).await?;
    Ok(Answer::json(to.shape_of_account(account)))
}

#[derive(Deserialize)]
struct Identifier {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

#[derive(Deserialize)]
struct NewOrder {
    identifiers: Vec<Identifier>,
}

impl NewOrder {
    fn names(self) -> Result<Vec<String>, Refusal> {
        if self.identifiers.len() > directory::devices::MAX_NAMES {
            return Err(Refusal::new(Kind::Malformed, "too many names in one order"));
        }
        let name = |identifier: Identifier| match identifier.kind.as_str() {
            "dns" => Ok(identifier.value),
            _ => Err(Refusal::new(Kind::UnsupportedIdentifier, "only DNS names are certified here")),
        };
        self.identifiers.into_iter().map(name).collect()
    }
}

#[derive(Deserialize)]
struct Finalize {
    csr: String,
}

#[derive(Deserialize)]
struct Revocation {
    certificate: String,
    #[serde(default)]
    reason: Option<i64>,
}

async fn revoke(acme: &Acme, asked: &Asked) -> Result<Answer, Refusal> {
    let revocation: Revocation = asked.payload()?;
    let der = jose::bytes(&revocation.certificate).map_err(|why| Refusal::new(Kind::Malformed, why.to_string()))?;
    let by = match &asked.signer {
        Signer::Account(account) => Revoker::Account(account),
        Signer::Key(key) => Revoker::Key(key),
    };
    acme.revoke(by, &der, revocation.reason).await?;
    Ok(Answer::nothing())
}
