//! The keys of the authority and its services: sealed under the master key in the journal, or on a token (PKCS #11).
//!
//! Which of the two stands with each certificate: in the act that issued it.

use crate::{
    Keys,
    keys::{Kept, StoredCertificate},
};
use kernel::Problem;
use pki::{Certificate, IssuingKey, KeyKind, PrivateKey};
use signing::{Signer, SoftwareSigner, TokenKey, TokenPlace, TokenSigner};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The token on which the keys of the authority's services are made and kept.
pub struct Token {
    place: TokenPlace,
    pin: Zeroizing<String>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({:?})", self.place)
    }
}

impl Token {
    /// A token with the PIN of its user.
    pub fn new(place: TokenPlace, pin: Zeroizing<String>) -> Token {
        Token { place, pin }
    }
}

/// A key of a service, open.
#[derive(Clone)]
pub(crate) enum ServiceKey {
    Sealed(Arc<PrivateKey>),
    OnToken(Arc<TokenKey>),
}

impl ServiceKey {
    pub(crate) fn key(&self) -> Arc<dyn IssuingKey> {
        match self {
            ServiceKey::Sealed(key) => Arc::clone(key) as Arc<dyn IssuingKey>,
            ServiceKey::OnToken(key) => Arc::clone(key) as Arc<dyn IssuingKey>,
        }
    }
    /// How the act that issues its certificate says where it is.
    pub(crate) fn kept(&self) -> Kept<'_> {
        match self {
            ServiceKey::Sealed(key) => Kept::Here(key.pkcs8()),
            ServiceKey::OnToken(key) => Kept::OnToken(key.label()),
        }
    }
    pub(crate) fn signer(&self, chain: Vec<Certificate>) -> Result<Arc<dyn Signer>, Problem> {
        Ok(match self {
            ServiceKey::Sealed(key) => {
                Arc::new(SoftwareSigner::new(Arc::clone(key), chain).map_err(Problem::fault)?) as Arc<dyn Signer>
            }
            ServiceKey::OnToken(key) => Arc::new(TokenSigner::new(Arc::clone(key), chain).map_err(Problem::fault)?),
        })
    }
}

impl Keys {
    /// With a token for the keys of the authority's services; before anything else is asked of these keys.
    #[must_use]
    pub fn with_token(mut self, token: Option<Token>) -> Keys {
        self.token = token.map(Arc::new);
        self.authority = Arc::default();
        self
    }

    /// A new key for a service: on the token, where there is one, under a label of its own. A key of that label that is
    /// there already is taken.
    pub(crate) fn new_service_key(&self, name: &str) -> Result<ServiceKey, Problem> {
        let Some(token) = &self.token else {
            let key = PrivateKey::generate(KeyKind::P256).map_err(Problem::fault)?;
            return Ok(ServiceKey::Sealed(Arc::new(key)));
        };
        let key = TokenKey::obtain(&token.place, &label(name), &token.pin, KeyKind::P256);
        Ok(ServiceKey::OnToken(Arc::new(key.map_err(unavailable)?)))
    }

    /// The key of a service's certificate, wherever it is.
    pub(crate) fn service_key(&self, stored: &StoredCertificate) -> Result<ServiceKey, Problem> {
        match stored.token_label() {
            Some(label) => self.key_on_token(label, stored.certificate.public_key_info()),
            None => Ok(ServiceKey::Sealed(Arc::new(self.unseal(stored)?))),
        }
    }

    pub(crate) fn key_on_token(&self, label: &str, public_key_info: &[u8]) -> Result<ServiceKey, Problem> {
        let token = self.token.as_ref().ok_or_else(|| Problem::refused("authority-token-missing"))?;
        let key = TokenKey::open(&token.place, label, &token.pin, public_key_info).map_err(unavailable)?;
        Ok(ServiceKey::OnToken(Arc::new(key)))
    }
}

/// What a service's key is called on the token.
fn label(name: &str) -> String {
    format!("dienhong-{name}")
}

fn unavailable(error: signing::SignError) -> Problem {
    Problem::Unavailable { what: "token", why: error.to_string() }
}
