//! Who signs and who stamps: two traits, and the implementations with keys in memory.

use crate::{
    error::SignError,
    vault::{MasterKey, Sealed},
};
use kernel::{Clock, Digest, Entropy};
use pki::{
    Certificate, PrivateKey, Scheme, cms,
    time_stamp::{self, EXAMPLE_POLICY, Rejection, TimeStampInfo, TimeStampRequest},
};
use std::sync::Arc;

/// A key that signs, wherever it lives: in memory, on a token, with a remote service.
pub trait Signer: Send + Sync {
    /// The signer's certificate, then those above it; the root may be left out.
    fn chain(&self) -> &[Certificate];
    /// The scheme of its signatures.
    fn scheme(&self) -> Scheme;
    /// Signs a message (which is hashed as the scheme says).
    ///
    /// # Errors
    /// [`SignError::Key`] when the key does not sign.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
    /// The longest signature, in bytes: room is left for it before it is made.
    fn signature_room(&self) -> usize {
        1024
    }
}

/// A key in memory.
#[derive(Debug)]
pub struct SoftwareSigner {
    key: Arc<PrivateKey>,
    chain: Vec<Certificate>,
}

impl SoftwareSigner {
    /// A key with its certificate, and those above it.
    ///
    /// # Errors
    /// [`SignError::Key`] when the first certificate is not for this key.
    pub fn new(key: impl Into<Arc<PrivateKey>>, chain: Vec<Certificate>) -> Result<SoftwareSigner, SignError> {
        let key = key.into();
        match chain.first() {
            Some(certificate) if certificate.public_key_info() == key.public_key_info() => {
                Ok(SoftwareSigner { key, chain })
            }
            _ => Err(SignError::Key("the certificate does not belong to the key".into())),
        }
    }
    /// A key that was sealed as PKCS #8 bytes in this context.
    ///
    /// # Errors
    /// [`SignError::Vault`] when it does not open, [`SignError::Key`] when it does not fit the certificate.
    pub fn unseal(
        master: &MasterKey,
        context: &str,
        sealed: &Sealed,
        chain: Vec<Certificate>,
    ) -> Result<SoftwareSigner, SignError> {
        let pkcs8 = master.open(context, sealed)?;
        SoftwareSigner::new(PrivateKey::from_pkcs8(&pkcs8)?, chain)
    }
}

impl Signer for SoftwareSigner {
    fn chain(&self) -> &[Certificate] {
        &self.chain
    }
    fn scheme(&self) -> Scheme {
        self.key.scheme()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(self.key.sign(message)?)
    }
    fn signature_room(&self) -> usize {
        match self.key.scheme() {
            Scheme::RsaPkcs1(_) | Scheme::RsaPss(..) => 1024,
            _ => 160,
        }
    }
}

/// A time stamp authority.
pub trait TimeStamper: Send + Sync {
    /// A token (a DER ContentInfo) over a SHA-256 value.
    ///
    /// # Errors
    /// [`SignError::TimeStamp`] says why there is none; signatures then have a lower level.
    fn stamp(&self, imprint: &Digest) -> Result<Vec<u8>, SignError>;
    /// The longest token, in bytes: room is left for it before it is made.
    fn token_room(&self) -> usize {
        10 * 1024
    }
}

/// A time stamp authority in this process. Its time is that of the clock.
pub struct LocalTimeStamper {
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    accuracy_seconds: Option<u64>,
}

impl LocalTimeStamper {
    /// With a key whose certificate has the profile [`pki::Profile::TimeStamping`].
    pub fn new(signer: Arc<dyn Signer>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> LocalTimeStamper {
        LocalTimeStamper { signer, clock, entropy, accuracy_seconds: None }
    }
    /// With the accuracy that the office vouches for; without one, tokens claim none (RFC 3161, 2.4.2).
    #[must_use]
    pub fn with_accuracy(mut self, seconds: Option<u64>) -> LocalTimeStamper {
        self.accuracy_seconds = seconds;
        self
    }
    /// The certificate with which it signs.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.signer.chain().first()
    }
    /// Answers a TimeStampReq, as RFC 3161 wants over HTTP: always a TimeStampResp, which may be a rejection.
    pub fn answer(&self, request: &[u8]) -> Vec<u8> {
        let request = match TimeStampRequest::parse(request) {
            Ok(request) => request,
            Err(pki::Error::Unsupported(what)) if what.contains("digest") => {
                return time_stamp::rejected(Rejection::BadAlgorithm);
            }
            Err(pki::Error::Unsupported(_)) => return time_stamp::rejected(Rejection::UnacceptedExtension),
            Err(_) => return time_stamp::rejected(Rejection::BadRequest),
        };
        if request.hash.is_weak() {
            return time_stamp::rejected(Rejection::BadAlgorithm);
        }
        if request.policy.is_some_and(|policy| policy != EXAMPLE_POLICY) {
            return time_stamp::rejected(Rejection::UnacceptedPolicy);
        }
        match self.token(&request) {
            Ok(token) => time_stamp::granted(&token),
            Err(_) => time_stamp::rejected(Rejection::TimeNotAvailable),
        }
    }

    fn token(&self, request: &TimeStampRequest) -> Result<Vec<u8>, SignError> {
        let mut serial = [0; 16];
        self.entropy.fill(&mut serial);
        serial[0] = (serial[0] & 0x3f) | 0x40;
        let info = TimeStampInfo {
            policy: EXAMPLE_POLICY,
            hash: request.hash,
            imprint: request.imprint.clone(),
            serial: serial.to_vec(),
            at: self.clock.now(),
            accuracy_seconds: self.accuracy_seconds,
            nonce: request.nonce.clone(),
        };
        let chain = self.signer.chain();
        let certificate = chain.first().ok_or_else(|| SignError::TimeStamp("it has no certificate".into()))?;
        if !certificate.is_valid_at(info.at) {
            return Err(SignError::TimeStamp("its certificate is not valid now".into()));
        }
        let scheme = self.signer.scheme();
        let draft = time_stamp::token_draft(&info, scheme.hash(), certificate);
        let signature = self.signer.sign(draft.to_sign())?;
        // RFC 3161, 2.4.1: certificates only where they are asked for.
        let inside = if request.certificate { chain } else { &[] };
        Ok(draft.finish(certificate, inside, scheme, &signature, &[]))
    }
}

impl TimeStamper for LocalTimeStamper {
    fn stamp(&self, imprint: &Digest) -> Result<Vec<u8>, SignError> {
        self.token(&TimeStampRequest {
            hash: pki::Hash::Sha256,
            imprint: imprint.bytes().to_vec(),
            policy: None,
            nonce: None,
            certificate: true,
        })
    }
    fn token_room(&self) -> usize {
        chain_room(self.signer.as_ref()) + 512
    }
}

/// The bytes that a message of this signer takes at most, without time stamp.
pub(crate) fn chain_room(signer: &dyn Signer) -> usize {
    signer.chain().iter().map(|c| c.der().len()).sum::<usize>() + signer.signature_room() + 1024
}

/// Makes the message of one signer over a digest, with a time stamp over its signature when there is a stamper. The
/// content goes inside when it is given.
///
/// A stamper that fails lowers the level; the second value says why.
pub(crate) fn signed_message(
    signer: &dyn Signer,
    hash: pki::Hash,
    digest: &[u8],
    content: Option<Vec<u8>>,
    more: Vec<Vec<u8>>,
    stamper: Option<&dyn TimeStamper>,
) -> Result<(Vec<u8>, Option<String>), SignError> {
    let chain = signer.chain();
    let certificate = chain.first().ok_or_else(|| SignError::Key("the signer has no certificate".into()))?;
    let mut attributes = vec![cms::signing_certificate(certificate)];
    attributes.extend(more);
    let draft = cms::Draft::new(pki::oid::DATA, hash, digest, content, attributes);
    let signature = signer.sign(draft.to_sign())?;
    let (mut unsigned, mut warning) = (Vec::new(), None);
    match stamper.map(|s| s.stamp(&Digest::of(&[&signature]))) {
        Some(Ok(token)) => unsigned.push(cms::attribute(pki::oid::SIGNATURE_TIME_STAMP, &token)),
        Some(Err(error)) => warning = Some(error.to_string()),
        None => {}
    }
    Ok((draft.finish(certificate, chain, signer.scheme(), &signature, &unsigned), warning))
}
