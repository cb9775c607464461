//! A request as it comes: signed, for this address, with a word that was not used before (RFC 8555, 6.2 to 6.5).

use super::shapes::Addresses;
use crate::state::AppState;
use directory::acme::{Account, Acme, Kind, Refusal};
use pki::jose::{Jwk, Message, Refused};
use serde::de::DeserializeOwned;

/// Who signed a request.
pub enum Signer {
    /// An account.
    Account(Box<Account>),
    /// A key, of an account that is to be or of a certificate.
    Key(Jwk),
}

/// A request that is believed.
pub struct Asked {
    /// Who signed it.
    pub signer: Signer,
    /// The message.
    pub message: Message,
}

impl Asked {
    /// The account that asks.
    pub fn account(&self) -> Result<&Account, Refusal> {
        match &self.signer {
            Signer::Account(account) => Ok(account),
            Signer::Key(_) => Err(Refusal::new(Kind::Malformed, "this is asked by an account, not with a key")),
        }
    }
    /// The account that asks, when it is this one.
    pub fn account_named(&self, id: &str) -> Result<&Account, Refusal> {
        let account = self.account()?;
        if account.device.id == id {
            return Ok(account);
        }
        Err(Refusal::new(Kind::Unauthorized, "this is another's account"))
    }
    /// What is said.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.message.payload)
            .map_err(|why| Refusal::new(Kind::Malformed, format!("the payload does not read: {why}")))
    }
    /// Nothing is said: a reading (POST-as-GET, RFC 8555, 6.3).
    pub fn is_reading(&self) -> Result<(), Refusal> {
        if self.message.payload.is_empty() {
            return Ok(());
        }
        Err(Refusal::new(Kind::Malformed, "what is only read is asked for with an empty payload"))
    }
}

/// What a refusal of a message is in the words of the protocol.
pub fn refused(why: Refused) -> Refusal {
    let kind = match why {
        Refused::Malformed(_) => Kind::Malformed,
        Refused::Algorithm => Kind::BadSignatureAlgorithm,
        Refused::Key(_) => Kind::BadPublicKey,
        Refused::Signature => Kind::Unauthorized,
    };
    Refusal::new(kind, why.to_string())
}

/// Reads and believes a request that came to an address.
pub async fn believe(state: &AppState, acme: &Acme, address: &str, body: &[u8]) -> Result<Asked, Refusal> {
    let message = Message::parse(body).map_err(refused)?;
    let header = &message.header;
    if header.url.as_deref() != Some(address) {
        let why = format!("the message is for another address than {address}");
        return Err(Refusal::new(Kind::Unauthorized, why));
    }
    let signer = match (&header.kid, &header.jwk) {
        (Some(kid), None) => {
            let missing = || Refusal::new(Kind::AccountDoesNotExist, "there is no such account");
            let id = Addresses::of(state).account_in(kid).ok_or_else(missing)?;
            Signer::Account(Box::new(acme.account(&id).await?))
        }
        (None, Some(jwk)) => Signer::Key(Jwk::parse(jwk).map_err(refused)?),
        _ => return Err(Refusal::new(Kind::Malformed, "a message names its account or its key, one of them")),
    };
    let key = match &signer {
        Signer::Account(account) => &account.key,
        Signer::Key(key) => key,
    };
    // Only who signs uses a word up, so that nobody can use up those of others.
    message.verify(key).map_err(refused)?;
    let nonce = header.nonce.as_deref().unwrap_or_default();
    if !state.nonces.take(nonce, state.now()) {
        return Err(Refusal::new(
            Kind::BadNonce,
            "the nonce is unknown, too old, or was used already: take the one given here",
        ));
    }
    Ok(Asked { signer, message })
}
