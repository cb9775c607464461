//! The network, as far as signatures ask for it: a transport that the program hands in, and a time stamp authority
//! behind it.

use crate::{error::SignError, signer::TimeStamper};
use kernel::{Digest, Entropy};
use pki::{
    Hash,
    time_stamp::{self, TimeStampRequest, TimeStampToken},
};
use std::sync::Arc;

/// Most bytes of an answer.
pub const MAX_ANSWER: usize = 16 << 20;

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
        let answer = self.transport.send(&self.url, Some(("application/timestamp-query", &body)), MAX_ANSWER);
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
