//! The network, as far as signatures ask for it: a transport that the program hands in, a time stamp authority behind it,
//! and what is fetched to complete a validation.

use crate::{assess::Evidence, error::SignError, signer::TimeStamper};
use kernel::{Clock, Digest, Entropy, Timestamp};
use pki::{
    Certificate, Crl, Hash,
    cms::SignedData,
    ocsp,
    time_stamp::{self, TimeStampRequest, TimeStampToken},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Most bytes of an answer.
pub const MAX_ANSWER: usize = 16 << 20;

/// RFC 3161, 3.4.
const TIME_STAMP_QUERY: &str = "application/timestamp-query";

/// Sends one request and gives the answer. The program decides which addresses may be reached, and how long it waits.
pub trait Transport: Send + Sync {
    /// GET without a body; POST with one and its content type. Answers longer than `most` bytes are refused.
    ///
    /// # Errors
    /// In words: not reachable, refused, too long.
    fn send(&self, url: &str, body: Option<(&str, &[u8])>, most: usize) -> Result<Vec<u8>, String>;
}

/// A time stamp authority at an address (RFC 3161, 3.4).
pub struct RemoteTimeStamper {
    url: String,
    transport: Arc<dyn Transport>,
    entropy: Arc<dyn Entropy>,
}

impl RemoteTimeStamper {
    /// At this address.
    pub fn new(url: impl Into<String>, transport: Arc<dyn Transport>, entropy: Arc<dyn Entropy>) -> RemoteTimeStamper {
        RemoteTimeStamper { url: url.into(), transport, entropy }
    }
}

impl TimeStamper for RemoteTimeStamper {
    fn stamp(&self, imprint: &Digest) -> Result<Vec<u8>, SignError> {
        let fail = |why: String| SignError::TimeStamp(format!("{}: {why}", self.url));
        let mut nonce = [0; 16];
        self.entropy.fill(&mut nonce);
        nonce[0] = (nonce[0] & 0x3f) | 0x40;
        let request = TimeStampRequest {
            hash: Hash::Sha256,
            imprint: imprint.bytes().to_vec(),
            policy: None,
            nonce: Some(nonce.to_vec()),
            certificate: true,
        };
        let body = request.to_der();
        let answer = self.transport.send(&self.url, Some((TIME_STAMP_QUERY, &body)), MAX_ANSWER);
        let token = time_stamp::read_answer(&answer.map_err(fail)?).map_err(|error| fail(error.to_string()))?;
        // What comes from outside is checked before it is put over a signature.
        let read = TimeStampToken::parse(&token).map_err(|error| fail(error.to_string()))?;
        if read.info.imprint != request.imprint || read.info.hash != request.hash || read.info.nonce != request.nonce {
            return Err(fail("the answer is to another request".into()));
        }
        if read.signer(&[]).is_none() {
            return Err(fail("the signature of the answer is not right".into()));
        }
        Ok(token)
    }
    fn token_room(&self) -> usize {
        16 * 1024
    }
}

/// Most requests of one validation.
const MAX_REQUESTS: usize = 40;
/// Most addresses that are tried for one thing.
const MAX_ADDRESSES: usize = 3;

/// An answer, and when it came.
type Answer = (Timestamp, Result<Vec<u8>, String>);

/// A transport that asks for the same thing once in a while: answers are kept for some minutes, up to a size.
pub struct Cached<T> {
    inner: T,
    clock: Arc<dyn Clock>,
    /// Answers by what was asked, and how many bytes they take.
    kept: Mutex<(HashMap<Digest, Answer>, usize)>,
}

impl<T: Transport> Cached<T> {
    /// Most bytes that are kept.
    const MOST: usize = 64 << 20;
    /// How long an answer is kept, in seconds: lists and status answers state a longer validity of their own.
    const AGE: i64 = 600;
    /// How long is not asked again where no answer came, in seconds.
    const PAUSE: i64 = 30;

    /// Around a transport.
    pub fn new(inner: T, clock: Arc<dyn Clock>) -> Cached<T> {
        Cached { inner, clock, kept: Mutex::default() }
    }
}

impl<T: Transport> Transport for Cached<T> {
    fn send(&self, url: &str, body: Option<(&str, &[u8])>, most: usize) -> Result<Vec<u8>, String> {
        let (kind, bytes) = body.unwrap_or_default();
        if kind == TIME_STAMP_QUERY {
            // Each is another.
            return self.inner.send(url, body, most);
        }
        let now = self.clock.now();
        let fresh = |(at, answer): &Answer| {
            let age = if answer.is_ok() { Self::AGE } else { Self::PAUSE };
            *at <= now && now < at.plus_seconds(age)
        };
        let key = Digest::of(&[url.as_bytes(), &[0], kind.as_bytes(), &[0], bytes]);
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = kept().0.get(&key).filter(|known| fresh(known)) {
            return known.clone();
        }
        let answer = self.inner.send(url, body, most);
        let mut kept = kept();
        let size = answer.as_ref().map_or(0, Vec::len) + 256;
        if kept.1 + size > Self::MOST {
            *kept = Default::default();
        }
        kept.1 += size;
        if let Some((_, Ok(old))) = kept.0.insert(key, (now, answer.clone())) {
            kept.1 = kept.1.saturating_sub(old.len());
        }
        answer
    }
}

/// Fetches what paths from the certificates in hand lack: issuers, status answers, revocation lists. What does not come, or
/// is not what it should be, is left out: a validation then says what is missing.
pub(crate) fn complete(evidence: &mut Evidence<'_>, transport: &dyn Transport) {
    evidence.own = Some([evidence.certificates.len(), evidence.crls.len(), evidence.answers.len()]);
    let mut requests = 0;
    let mut ask = |url: &str, body: Option<(&str, &[u8])>| {
        let known = url.starts_with("http://") || url.starts_with("https://");
        requests += 1;
        let allowed = known && requests <= MAX_REQUESTS;
        allowed.then(|| transport.send(url, body, MAX_ANSWER).ok().filter(|a| a.len() <= MAX_ANSWER)).flatten()
    };
    let mut at = 0;
    // Issuers that are fetched come in at the end, and are asked about in their turn.
    while let Some(certificate) = evidence.certificates.get(at).cloned() {
        at += 1;
        if certificate.is_self_issued() {
            continue;
        }
        let addresses = certificate.addresses();
        if issuer_of(&certificate, evidence).is_none() {
            for url in addresses.issuers.iter().take(MAX_ADDRESSES) {
                let found = ask(url, None).map(|bytes| certificates(&bytes)).unwrap_or_default();
                let fits: Vec<Certificate> =
                    found.into_iter().filter(|c| certificate.verify_with(c.public_key()).is_right()).collect();
                evidence.add_all(&fits, &[], &[]);
            }
        }
        let Some(issuer) = issuer_of(&certificate, evidence) else { continue };
        let request = ocsp::Request::about(&certificate, &issuer, None).map(|r| r.to_der()).unwrap_or_default();
        let answer = addresses
            .ocsp
            .iter()
            .take(MAX_ADDRESSES)
            .find_map(|url| ocsp::Response::parse(&ask(url, Some(("application/ocsp-request", &request)))?).ok());
        if let Some(answer) = answer {
            evidence.add_all(&[], &[], &[answer]);
            continue;
        }
        for url in addresses.crls.iter().take(MAX_ADDRESSES) {
            let crl = ask(url, None).and_then(|bytes| crl(&bytes));
            evidence.add_all(&[], crl.as_slice(), &[]);
        }
    }
}

fn issuer_of(certificate: &Certificate, evidence: &Evidence<'_>) -> Option<Certificate> {
    let known = evidence.certificates.iter().chain(evidence.trust.anchors.certificates());
    let mut named = known.filter(|c| c.subject() == certificate.issuer());
    named.find(|c| certificate.verify_with(c.public_key()).is_right()).cloned()
}

/// A certificate, or several in PEM or in a message (RFC 5280, 4.2.2.1).
fn certificates(bytes: &[u8]) -> Vec<Certificate> {
    if let Ok(certificate) = Certificate::parse(bytes) {
        return vec![certificate];
    }
    if let Ok(message) = SignedData::parse(bytes) {
        return message.certificates;
    }
    std::str::from_utf8(bytes).ok().and_then(|text| Certificate::from_pem(text).ok()).unwrap_or_default()
}

fn crl(bytes: &[u8]) -> Option<Crl> {
    let pem = || std::str::from_utf8(bytes).ok().and_then(|text| Crl::from_pem(text).ok()?.pop());
    Crl::parse(bytes).ok().or_else(pem)
}
