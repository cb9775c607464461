//! Time stamps (RFC 3161, RFC 5816): requests, tokens, answers.

use crate::{
    Verdict,
    algorithm::Hash,
    asn1::{self, Reader, read_time, tag},
    certificate::Certificate,
    cms::{self, SignedData},
    error::{Error, Result, malformed},
    oid::{self, Oid},
};
use kernel::Timestamp;

const WHAT: &str = "time stamp";

/// The policy written when an office has not set its own: the one of the examples that come with OpenSSL. It promises
/// nothing.
pub const EXAMPLE_POLICY: Oid = Oid::new_unwrap("1.2.3.4.1");

/// What a time stamp is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStampRequest {
    /// The digest algorithm.
    pub hash: Hash,
    /// The digest of what is stamped.
    pub imprint: Vec<u8>,
    /// A policy, when only that one will do.
    pub policy: Option<Oid>,
    /// A number that must come back, as its INTEGER content.
    pub nonce: Option<Vec<u8>>,
    /// The certificate is wanted in the answer.
    pub certificate: bool,
}

impl TimeStampRequest {
    /// Reads a TimeStampReq.
    ///
    /// # Errors
    /// [`Error::Malformed`]; [`Error::Unsupported`] for a digest or a critical extension that is not known.
    pub fn parse(der: &[u8]) -> Result<TimeStampRequest> {
        let mut reader = Reader::only(der, tag::SEQUENCE, WHAT)?.open(WHAT);
        if reader.take(tag::INTEGER)?.small_integer(WHAT)? != 1 {
            return Err(malformed(WHAT, "an unknown version"));
        }
        let mut imprint_reader = reader.sequence()?;
        let hash = Hash::parse(imprint_reader.take(tag::SEQUENCE)?)?;
        let imprint = imprint_reader.take(tag::OCTET_STRING)?.content.to_vec();
        if imprint.len() != hash.of(&[]).len() {
            return Err(malformed(WHAT, "a digest of the wrong length"));
        }
        let policy = reader.optional(tag::OID)?.map(|e| e.oid(WHAT)).transpose()?;
        let nonce = reader.optional(tag::INTEGER)?.map(|e| e.content.to_vec());
        let certificate = reader.optional(tag::BOOLEAN)?.map_or(Ok(false), |e| e.boolean(WHAT))?;
        if !reader.is_empty() {
            return Err(Error::Unsupported("an extension of a time stamp request".into()));
        }
        Ok(TimeStampRequest { hash, imprint, policy, nonce, certificate })
    }
    /// The TimeStampReq.
    pub fn to_der(&self) -> Vec<u8> {
        let imprint = asn1::sequence([self.hash.to_der(), asn1::octets(&self.imprint)]);
        let mut parts = vec![asn1::integer(1), imprint];
        parts.extend(self.policy.map(asn1::oid));
        parts.extend(self.nonce.as_ref().map(|n| asn1::tlv(tag::INTEGER, n)));
        if self.certificate {
            parts.push(asn1::boolean(true));
        }
        asn1::sequence(parts)
    }
}

/// What a token says, before anybody signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStampInfo {
    /// The policy of the authority.
    pub policy: Oid,
    /// The digest algorithm.
    pub hash: Hash,
    /// The digest of what is stamped.
    pub imprint: Vec<u8>,
    /// The number of this token: big-endian.
    pub serial: Vec<u8>,
    /// The time.
    pub at: Timestamp,
    /// The stated accuracy in whole seconds.
    pub accuracy_seconds: Option<u64>,
    /// The number from the request.
    pub nonce: Option<Vec<u8>>,
}

impl TimeStampInfo {
    /// The TSTInfo.
    pub fn to_der(&self) -> Vec<u8> {
        let mut parts = vec![
            asn1::integer(1),
            asn1::oid(self.policy),
            asn1::sequence([self.hash.to_der(), asn1::octets(&self.imprint)]),
            asn1::unsigned(&self.serial),
            asn1::generalized_time(self.at),
        ];
        parts.extend(self.accuracy_seconds.map(|s| asn1::sequence([asn1::integer(s)])));
        parts.extend(self.nonce.as_ref().map(|n| asn1::tlv(tag::INTEGER, n)));
        asn1::sequence(parts)
    }
    fn parse(der: &[u8]) -> Result<TimeStampInfo> {
        let mut reader = Reader::only(der, tag::SEQUENCE, WHAT)?.open(WHAT);
        reader.take(tag::INTEGER)?;
        let policy = reader.oid()?;
        let mut imprint = reader.sequence()?;
        let hash = Hash::parse(imprint.take(tag::SEQUENCE)?)?;
        let imprint = imprint.take(tag::OCTET_STRING)?.content.to_vec();
        let serial = reader.take(tag::INTEGER)?.content.to_vec();
        let at = read_time(reader.any()?, WHAT)?;
        let accuracy = reader.optional(tag::SEQUENCE)?;
        let accuracy_seconds = match accuracy {
            Some(e) => e.open(WHAT).optional(tag::INTEGER)?.map(|e| e.small_integer(WHAT)).transpose()?,
            None => None,
        };
        reader.optional(tag::BOOLEAN)?;
        let nonce = reader.optional(tag::INTEGER)?.map(|e| e.content.to_vec());
        Ok(TimeStampInfo { policy, hash, imprint, serial, at, accuracy_seconds, nonce })
    }
}

/// A token as it came.
#[derive(Debug, Clone)]
pub struct TimeStampToken {
    /// What it says.
    pub info: TimeStampInfo,
    /// The message that carries it.
    pub message: SignedData,
    content: Vec<u8>,
}

impl TimeStampToken {
    /// Reads a token: a ContentInfo with a signed TSTInfo.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<TimeStampToken> {
        TimeStampToken::parse_knowing(bytes, &[])
    }
    /// As [`TimeStampToken::parse`], where some of the certificates inside may be known: see
    /// [`Certificate::parse_knowing`].
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse_knowing(bytes: &[u8], known: &[Certificate]) -> Result<TimeStampToken> {
        let message = SignedData::parse_knowing(bytes, known)?;
        if message.content_type != oid::TST_INFO || message.signers.len() != 1 {
            return Err(malformed(WHAT, "it is no time stamp token with one signer"));
        }
        let content = message.content.clone().ok_or_else(|| malformed(WHAT, "it has no content"))?;
        Ok(TimeStampToken { info: TimeStampInfo::parse(&content)?, message, content })
    }
    /// The authority's certificate, from inside or from `more`, when the signature with it is right, it is bound by the
    /// signing-certificate attribute, and it is for time stamps alone.
    pub fn signer<'a>(&'a self, more: &'a [Certificate]) -> Option<&'a Certificate> {
        let signer = self.message.signers.first()?;
        let digest = signer.hash.of(&[&self.content]);
        self.message.certificates.iter().chain(more).filter(|c| signer.id.names(c)).find(|certificate| {
            let for_stamps = certificate
                .extensions()
                .extended_key_usage
                .as_ref()
                .is_some_and(|u| u.as_slice() == [oid::TIME_STAMPING]);
            for_stamps
                && signer.has_signed_attributes()
                && signer.covers(&digest, oid::TST_INFO)
                && signer.binds(certificate) == Some(true)
                && signer.verify(certificate, None) == Verdict::Right
        })
    }
    /// The token is over these bytes.
    pub fn covers(&self, parts: &[&[u8]]) -> bool {
        self.info.hash.of(parts) == self.info.imprint
    }
}

/// The message that carries a TSTInfo, to be signed by the authority.
pub fn token_draft(info: &TimeStampInfo, hash: Hash, certificate: &Certificate) -> cms::Draft {
    let content = info.to_der();
    let digest = hash.of(&[&content]);
    let more = vec![cms::signing_certificate(certificate)];
    cms::Draft::new(oid::TST_INFO, hash, &digest, Some(content), more)
}

/// An answer that grants a token.
pub fn granted(token: &[u8]) -> Vec<u8> {
    asn1::sequence([asn1::sequence([asn1::integer(0)]), token.to_vec()])
}

/// Why a request is rejected (RFC 3161, 2.4.2): the bit of PKIFailureInfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// The digest algorithm is not known.
    BadAlgorithm,
    /// The request does not read.
    BadRequest,
    /// The policy is not served.
    UnacceptedPolicy,
    /// An extension is not known.
    UnacceptedExtension,
    /// The clock or the key is not available.
    TimeNotAvailable,
}

/// An answer that rejects a request.
pub fn rejected(why: Rejection) -> Vec<u8> {
    let bit: u32 = match why {
        Rejection::BadAlgorithm => 0,
        Rejection::BadRequest => 2,
        Rejection::TimeNotAvailable => 14,
        Rejection::UnacceptedPolicy => 15,
        Rejection::UnacceptedExtension => 16,
    };
    let octets = (bit / 8 + 1) as usize;
    let bytes = (1u32 << (31 - bit)).to_be_bytes();
    let mut content = vec![(7 - bit % 8) as u8];
    content.extend_from_slice(&bytes[..octets]);
    asn1::sequence([asn1::sequence([asn1::integer(2), asn1::tlv(tag::BIT_STRING, &content)])])
}

/// The token of an answer.
///
/// # Errors
/// When the answer does not read or rejects the request.
pub fn read_answer(der: &[u8]) -> Result<Vec<u8>> {
    let mut reader = Reader::only(der, tag::SEQUENCE, WHAT)?.open(WHAT);
    let status = reader.sequence()?.take(tag::INTEGER)?.small_integer(WHAT)?;
    if status > 1 {
        return Err(malformed(WHAT, "the authority rejects the request"));
    }
    Ok(reader.take(tag::SEQUENCE)?.raw.to_vec())
}
