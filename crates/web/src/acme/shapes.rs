//! The objects and addresses of the protocol (RFC 8555, 7.1), and its problem documents (6.7).

use crate::state::AppState;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use directory::acme::{Account, Kind, Order, OrderState, OrderedName, Refusal};
use kernel::{Problem, Timestamp};
use serde_json::{Value, json};

/// The addresses, as clients see them.
pub struct Addresses {
    base: String,
}

impl Addresses {
    pub fn of(state: &AppState) -> Addresses {
        Addresses { base: format!("{}/acme", state.settings.public_url) }
    }
    pub fn place(&self, what: &str) -> String {
        format!("{}/{what}", self.base)
    }
    pub fn of_directory(&self) -> String {
        self.place("directory")
    }
    pub fn account(&self, id: &str) -> String {
        self.place(&format!("account/{id}"))
    }
    /// The account that an address names.
    pub fn account_in(&self, address: &str) -> Option<String> {
        let id = address.strip_prefix(&self.place("account/"))?;
        kernel::id::check(id).ok().map(|()| id.to_owned())
    }
    pub fn order(&self, id: &str) -> String {
        self.place(&format!("order/{id}"))
    }
    pub fn authorization(&self, order: &str, place: usize) -> String {
        self.place(&format!("authorization/{order}/{place}"))
    }

    pub fn directory(&self) -> Value {
        json!({
            "newNonce": self.place("new-nonce"),
            "newAccount": self.place("new-account"),
            "newOrder": self.place("new-order"),
            "revokeCert": self.place("revoke-certificate"),
            "keyChange": self.place("change-key"),
            "meta": { "externalAccountRequired": true },
        })
    }

    pub fn shape_of_account(&self, account: &Account) -> Value {
        json!({ "status": "valid", "orders": self.place(&format!("account/{}/orders", account.device.id)) })
    }

    pub fn shape_of_order(&self, order: &Order) -> Value {
        let status = match order.state {
            OrderState::Pending => "pending",
            OrderState::Ready => "ready",
            OrderState::Valid => "valid",
            OrderState::Invalid => "invalid",
        };
        let mut shape = json!({
            "status": status,
            "expires": time(order.until),
            "identifiers": order.names.iter().map(identifier).collect::<Vec<_>>(),
            "authorizations": (0..order.names.len()).map(|n| self.authorization(&order.id, n)).collect::<Vec<_>>(),
            "finalize": self.place(&format!("finalize/{}", order.id)),
        });
        if let Some(serial) = &order.certificate {
            shape["certificate"] = json!(self.place(&format!("certificate/{serial}")));
        }
        if let Some((kind, why)) = order.names.iter().find_map(|name| name.refused.as_ref()) {
            shape["error"] = json!({ "type": urn(kind), "detail": why });
        }
        shape
    }

    pub fn shape_of_authorization(&self, order: &Order, place: usize) -> Result<Value, Refusal> {
        let name = name_at(order, place)?;
        let status = match () {
            () if name.proven.is_some() => "valid",
            () if name.refused.is_some() => "invalid",
            () if order.state == OrderState::Invalid => "expired",
            () => "pending",
        };
        Ok(json!({
            "status": status,
            "expires": time(order.until),
            "identifier": identifier(name),
            "challenges": [self.shape_of_challenge(order, place)?],
        }))
    }

    pub fn shape_of_challenge(&self, order: &Order, place: usize) -> Result<Value, Refusal> {
        let name = name_at(order, place)?;
        let address = self.place(&format!("challenge/{}/{place}", order.id));
        let mut shape = json!({ "type": "http-01", "url": address, "token": name.token, "status": "pending" });
        if let Some(at) = name.proven {
            shape["status"] = json!("valid");
            shape["validated"] = json!(time(at));
        }
        if let Some((kind, why)) = &name.refused {
            shape["status"] = json!("invalid");
            shape["error"] = json!({ "type": urn(kind), "detail": why });
        }
        Ok(shape)
    }
}

fn name_at(order: &Order, place: usize) -> Result<&OrderedName, Refusal> {
    order.names.get(place).ok_or_else(|| Problem::not_found("name", place).into())
}

fn identifier(name: &OrderedName) -> Value {
    json!({ "type": "dns", "value": name.name })
}

/// RFC 3339, in whole seconds.
fn time(at: Timestamp) -> String {
    at.iso_local()
}

fn urn(kind: &str) -> String {
    format!("urn:ietf:params:acme:error:{kind}")
}

/// A refusal as a problem document.
pub fn problem(refusal: &Refusal) -> Response {
    let (status, kind) = match refusal.kind {
        Kind::AccountDoesNotExist => (StatusCode::BAD_REQUEST, "accountDoesNotExist"),
        Kind::AlreadyRevoked => (StatusCode::BAD_REQUEST, "alreadyRevoked"),
        Kind::BadCsr => (StatusCode::BAD_REQUEST, "badCSR"),
        Kind::BadNonce => (StatusCode::BAD_REQUEST, "badNonce"),
        Kind::BadPublicKey => (StatusCode::BAD_REQUEST, "badPublicKey"),
        Kind::BadRevocationReason => (StatusCode::BAD_REQUEST, "badRevocationReason"),
        Kind::BadSignatureAlgorithm => (StatusCode::BAD_REQUEST, "badSignatureAlgorithm"),
        Kind::Conflict => (StatusCode::CONFLICT, "malformed"),
        Kind::ExternalAccountRequired => (StatusCode::FORBIDDEN, "externalAccountRequired"),
        Kind::Malformed => (StatusCode::BAD_REQUEST, "malformed"),
        Kind::NotFound => (StatusCode::NOT_FOUND, "malformed"),
        Kind::OrderNotReady => (StatusCode::FORBIDDEN, "orderNotReady"),
        Kind::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "rateLimited"),
        Kind::RejectedIdentifier => (StatusCode::FORBIDDEN, "rejectedIdentifier"),
        Kind::ServerInternal => (StatusCode::INTERNAL_SERVER_ERROR, "serverInternal"),
        Kind::Unauthorized => (StatusCode::FORBIDDEN, "unauthorized"),
        Kind::UnsupportedIdentifier => (StatusCode::BAD_REQUEST, "unsupportedIdentifier"),
    };
    let mut body = json!({ "type": urn(kind), "detail": refusal.detail, "status": status.as_u16() });
    if refusal.kind == Kind::BadSignatureAlgorithm {
        body["algorithms"] = json!(["ES256", "ES384", "RS256", "EdDSA"]);
    }
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
