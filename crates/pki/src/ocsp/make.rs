//! Making responses: signed by a responder's key, wherever it lives.

use super::{Answer, CertId, MAX_NONCE, Request, Response, Status, key_hash, nonce_extension, wrapped};
use crate::{
    algorithm::{Hash, Scheme},
    asn1::{self, tag},
    certificate::Certificate,
    crl::Reason,
    error::{Error, Result},
};
use kernel::Timestamp;

/// A response being made: [`Draft::to_sign`] gives the bytes to sign, [`Draft::finish`] the whole.
#[derive(Debug)]
pub struct Draft {
    tbs: Vec<u8>,
}

impl Draft {
    /// By the responder with this certificate, named by its key.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the responder's key does not read.
    pub fn new(
        responder: &Certificate,
        produced_at: Timestamp,
        answers: &[Answer],
        nonce: Option<&[u8]>,
    ) -> Result<Draft> {
        let list = asn1::sequence(answers.iter().map(single));
        let key = asn1::tagged(2, [asn1::octets(&key_hash(responder, Hash::Sha1)?)]);
        let mut parts = vec![key, asn1::generalized_time(produced_at), list];
        parts.extend(nonce.map(|nonce| asn1::tagged(1, [nonce_extension(nonce)])));
        Ok(Draft { tbs: asn1::sequence(parts) })
    }
    /// The bytes to sign.
    pub fn to_sign(&self) -> &[u8] {
        &self.tbs
    }
    /// The response; `inside` are the certificates that go with it: the responder's own, unless it is the issuer.
    ///
    /// # Errors
    /// Never for what was made here.
    pub fn finish(self, scheme: Scheme, signature: &[u8], inside: &[Certificate]) -> Result<Response> {
        let mut parts = vec![self.tbs, scheme.to_der(), asn1::bit_octets(signature)];
        if !inside.is_empty() {
            parts.push(asn1::tagged(0, [asn1::sequence(inside.iter().map(|c| c.der()))]));
        }
        Response::parse(&wrapped(&asn1::sequence(parts)))
    }
}

fn single(answer: &Answer) -> Vec<u8> {
    let status = match answer.status {
        Status::Good => asn1::tlv(tag::context(0), &[]),
        Status::Unknown => asn1::tlv(tag::context(2), &[]),
        Status::Revoked { at, reason } => {
            let mut info = vec![asn1::generalized_time(at)];
            if reason != Reason::Unspecified {
                info.push(asn1::tagged(0, [asn1::enumerated(reason.code())]));
            }
            asn1::tagged(1, info)
        }
    };
    let mut parts = vec![answer.id.to_der(), status, asn1::generalized_time(answer.this_update)];
    parts.extend(answer.next_update.map(|next| asn1::tagged(0, [asn1::generalized_time(next)])));
    asn1::sequence(parts)
}

/// Why a request is not answered (RFC 6960, 4.2.1: OCSPResponseStatus).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The request does not read.
    MalformedRequest = 1,
    /// The key or the storage is not available.
    InternalError = 2,
    /// Too busy; ask again.
    TryLater = 3,
    /// Only signed requests are answered.
    SignatureRequired = 5,
    /// The asker may not ask, or the certificates are none of this responder's.
    Unauthorized = 6,
}

/// The OCSPResponse that refuses; it is not signed.
pub fn refused(why: Refusal) -> Vec<u8> {
    asn1::sequence([asn1::enumerated(why as u8)])
}

/// What is known of a certificate: its status, from when, and until when that counts.
pub type Standing = (Status, Timestamp, Option<Timestamp>);

/// Answers an OCSPRequest with one signed response, or refuses it. `look_up` gives what is known of a certificate: its
/// status and from when until when that counts; `None` where it is under another issuer. `sign` signs by the key of
/// `responder`; `inside` are the certificates that go with the response.
pub fn respond(
    request: &[u8],
    now: Timestamp,
    responder: &Certificate,
    inside: &[Certificate],
    scheme: Scheme,
    look_up: &mut dyn FnMut(&CertId) -> Option<Standing>,
    sign: &mut dyn FnMut(&[u8]) -> Result<Vec<u8>>,
) -> Vec<u8> {
    let request = match Request::parse(request) {
        Ok(request) => request,
        Err(Error::Unsupported(_)) => return refused(Refusal::Unauthorized),
        Err(_) => return refused(Refusal::MalformedRequest),
    };
    if request.nonce.as_ref().is_some_and(|n| n.is_empty() || n.len() > MAX_NONCE) {
        return refused(Refusal::MalformedRequest);
    }
    let mut answers = Vec::new();
    for id in request.ids {
        let Some((status, this_update, next_update)) = look_up(&id) else { return refused(Refusal::Unauthorized) };
        answers.push(Answer { id, status, this_update, next_update });
    }
    let made = Draft::new(responder, now, &answers, request.nonce.as_deref()).and_then(|draft| {
        let signature = sign(draft.to_sign())?;
        draft.finish(scheme, &signature, inside)
    });
    made.map_or_else(|_| refused(Refusal::InternalError), |response| response.der().to_vec())
}
