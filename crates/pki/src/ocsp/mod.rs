//! Status of certificates by question and answer (RFC 6960, RFC 9654): requests, responses, whether a response counts.

mod make;
mod trust;

pub use make::{Draft, Refusal, Standing, refused, respond};
pub(crate) use trust::{Known, check};

use crate::{
    algorithm::{Hash, PublicKey, Scheme, Verdict, Verdicts},
    asn1::{self, Element, Reader, read_time, tag},
    certificate::Certificate,
    crl::Reason,
    error::{Error, Result, malformed},
    extension::read_list,
    name::Name,
    oid,
};
use kernel::Timestamp;
use std::{ops::Range, sync::Arc};

const WHAT: &str = "OCSP message";

/// Most certificates that one request may ask about.
pub const MAX_QUESTIONS: usize = 256;
/// Longest nonce that is answered (RFC 9654, 2.1).
pub const MAX_NONCE: usize = 128;

/// Which certificate is meant: hashes of its issuer's name and key, and its serial number (RFC 6960, 4.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CertId {
    /// The digest of the two hashes.
    pub hash: Hash,
    /// Hash of the issuer's name in DER.
    pub issuer_name: Vec<u8>,
    /// Hash of the issuer's public key, without the algorithm.
    pub issuer_key: Vec<u8>,
    /// The serial number: big-endian, two's complement.
    pub serial: Vec<u8>,
}

impl CertId {
    /// The id of a certificate under its issuer. SHA-1 is what every responder knows; it protects nothing here.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the issuer's key does not read.
    pub fn new(serial: &[u8], issuer: &Certificate, hash: Hash) -> Result<CertId> {
        Ok(CertId {
            hash,
            issuer_name: hash.of(&[issuer.subject().der()]),
            issuer_key: key_hash(issuer, hash)?,
            serial: serial.to_vec(),
        })
    }
    /// It means this certificate under this issuer.
    pub fn means(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        self.serial == certificate.serial() && self.is_under(issuer)
    }
    /// Its issuer is this one.
    pub fn is_under(&self, issuer: &Certificate) -> bool {
        self.hash.of(&[issuer.subject().der()]) == self.issuer_name
            && key_hash(issuer, self.hash).is_ok_and(|key| key == self.issuer_key)
    }
    fn parse(mut reader: Reader<'_>) -> Result<CertId> {
        let hash = Hash::parse(reader.take(tag::SEQUENCE)?)?;
        let issuer_name = reader.take(tag::OCTET_STRING)?.content.to_vec();
        let issuer_key = reader.take(tag::OCTET_STRING)?.content.to_vec();
        let serial = reader.take(tag::INTEGER)?.integer(WHAT)?.to_vec();
        reader.finish()?;
        Ok(CertId { hash, issuer_name, issuer_key, serial })
    }
    fn to_der(&self) -> Vec<u8> {
        // SHA-1 is written with NULL, as all responders do.
        let algorithm = asn1::sequence([asn1::oid(self.hash.oid()), asn1::null()]);
        let (name, key) = (asn1::octets(&self.issuer_name), asn1::octets(&self.issuer_key));
        asn1::sequence([algorithm, name, key, asn1::tlv(tag::INTEGER, &self.serial)])
    }
}

fn key_hash(certificate: &Certificate, hash: Hash) -> Result<Vec<u8>> {
    let mut reader = Reader::only(certificate.public_key_info(), tag::SEQUENCE, WHAT)?.open(WHAT);
    reader.take(tag::SEQUENCE)?;
    Ok(hash.of(&[reader.take(tag::BIT_STRING)?.bit_octets(WHAT)?]))
}

/// A question about certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Which certificates.
    pub ids: Vec<CertId>,
    /// A value that must come back.
    pub nonce: Option<Vec<u8>>,
}

impl Request {
    /// About one certificate.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the issuer's key does not read.
    pub fn about(certificate: &Certificate, issuer: &Certificate, nonce: Option<Vec<u8>>) -> Result<Request> {
        Ok(Request { ids: vec![CertId::new(certificate.serial(), issuer, Hash::Sha1)?], nonce })
    }
    /// Reads an OCSPRequest. A signature of the asker is passed over.
    ///
    /// # Errors
    /// [`Error::Malformed`]; [`Error::Unsupported`] for a critical extension or digest that is not known, or more than
    /// [`MAX_QUESTIONS`].
    pub fn parse(der: &[u8]) -> Result<Request> {
        let mut outer = Reader::only(der, tag::SEQUENCE, WHAT)?.open(WHAT);
        let mut reader = outer.sequence()?;
        outer.optional(tag::context_constructed(0))?;
        outer.finish()?;
        version_1(&mut reader)?;
        reader.optional(tag::context_constructed(1))?;
        let mut list = reader.sequence()?;
        let mut ids = Vec::new();
        while !list.is_empty() {
            let mut one = list.sequence()?;
            ids.push(CertId::parse(one.sequence()?)?);
            if let Some(e) = one.optional(tag::context_constructed(0))? {
                extensions(e, &[])?;
            }
            one.finish()?;
            if ids.len() > MAX_QUESTIONS {
                return Err(Error::Unsupported(format!("a request about more than {MAX_QUESTIONS} certificates")));
            }
        }
        if ids.is_empty() {
            return Err(malformed(WHAT, "a request about nothing"));
        }
        let nonce = reader.optional(tag::context_constructed(2))?.map(nonce).transpose()?.flatten();
        reader.finish()?;
        Ok(Request { ids, nonce })
    }
    /// The OCSPRequest.
    pub fn to_der(&self) -> Vec<u8> {
        let list = asn1::sequence(self.ids.iter().map(|id| asn1::sequence([id.to_der()])));
        let mut parts = vec![list];
        parts.extend(self.nonce.as_ref().map(|nonce| asn1::tagged(2, [nonce_extension(nonce)])));
        asn1::sequence([asn1::sequence(parts)])
    }
}

/// `Extensions` with the nonce alone.
fn nonce_extension(nonce: &[u8]) -> Vec<u8> {
    let value = asn1::octets(&asn1::octets(nonce));
    asn1::sequence([asn1::sequence([asn1::oid(oid::OCSP_NONCE), value])])
}

fn version_1(reader: &mut Reader<'_>) -> Result<()> {
    match reader.optional(tag::context_constructed(0))? {
        Some(e) if Reader::only(e.content, tag::INTEGER, WHAT)?.small_integer(WHAT)? != 0 => {
            Err(malformed(WHAT, "an unknown version"))
        }
        _ => Ok(()),
    }
}

/// Values of known extensions; a critical one that is not known is an error.
fn extensions(explicit: Element<'_>, known: &[oid::Oid]) -> Result<Vec<(oid::Oid, Vec<u8>)>> {
    let mut found = Vec::new();
    for extension in read_list(Reader::only(explicit.content, tag::SEQUENCE, WHAT)?)? {
        if known.contains(&extension.kind) {
            found.push((extension.kind, extension.value));
        } else if extension.critical {
            return Err(Error::Unsupported(format!("the critical extension {}", extension.kind)));
        }
    }
    Ok(found)
}

fn nonce(explicit: Element<'_>) -> Result<Option<Vec<u8>>> {
    let found = extensions(explicit, &[oid::OCSP_NONCE])?.into_iter().next();
    // Old programs write the bytes without the inner OCTET STRING.
    Ok(found.map(|(_, value)| match Reader::only(&value, tag::OCTET_STRING, WHAT) {
        Ok(inner) => inner.content.to_vec(),
        Err(_) => value,
    }))
}

/// What a responder says about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not revoked.
    Good,
    /// Revoked.
    Revoked {
        /// From when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// The responder does not know the certificate.
    Unknown,
}

/// The answer about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Which certificate.
    pub id: CertId,
    /// What is said.
    pub status: Status,
    /// When it was known to be so.
    pub this_update: Timestamp,
    /// When something newer will be known; absent: at any time.
    pub next_update: Option<Timestamp>,
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Responder {
    Name(Name),
    /// SHA-1 of the public key.
    Key(Vec<u8>),
}

/// A successful response, signed; cheap to clone.
#[derive(Clone)]
pub struct Response(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    basic: Range<usize>,
    tbs: Range<usize>,
    responder: Responder,
    produced_at: Timestamp,
    answers: Vec<Answer>,
    nonce: Option<Vec<u8>>,
    scheme: Vec<u8>,
    signature: Vec<u8>,
    certificates: Vec<Certificate>,
    verdicts: Verdicts,
}

impl Response {
    /// Reads an OCSPResponse.
    ///
    /// # Errors
    /// [`Error::Malformed`]; [`Error::Unsupported`] for a responder that refuses to answer, and for unknown types.
    pub fn parse(der: &[u8]) -> Result<Response> {
        let mut outer = Reader::only(der, tag::SEQUENCE, WHAT)?.open(WHAT);
        let status = outer.take(tag::ENUMERATED)?.small_integer(WHAT)?;
        let Some(bytes) = outer.optional(tag::context_constructed(0))? else {
            return Err(Error::Unsupported(format!("an OCSP response without answer (status {status})")));
        };
        outer.finish()?;
        let mut bytes = Reader::new(bytes.content, WHAT).sequence()?;
        if status != 0 || bytes.oid()? != oid::OCSP_BASIC {
            return Err(Error::Unsupported("an OCSP response of another type than basic".into()));
        }
        Response::read(der, bytes.take(tag::OCTET_STRING)?.content)
    }
    /// Reads a BasicOCSPResponse, as signatures embed it; it is kept as the OCSPResponse around it.
    ///
    /// # Errors
    /// As [`Response::parse`].
    pub fn from_basic(basic: &[u8]) -> Result<Response> {
        Response::parse(&wrapped(basic))
    }

    fn read(der: &[u8], basic: &[u8]) -> Result<Response> {
        let start = |part: &[u8]| part.as_ptr() as usize - der.as_ptr() as usize;
        let mut reader = Reader::only(basic, tag::SEQUENCE, WHAT)?.open(WHAT);
        let tbs = reader.take(tag::SEQUENCE)?;
        let scheme = reader.take(tag::SEQUENCE)?.raw.to_vec();
        let signature = reader.take(tag::BIT_STRING)?.bit_octets(WHAT)?.to_vec();
        let mut certificates = Vec::new();
        if let Some(list) = reader.optional(tag::context_constructed(0))? {
            let mut list = Reader::new(list.content, WHAT).sequence()?;
            while !list.is_empty() {
                certificates.extend(Certificate::parse(list.any()?.raw));
            }
        }
        reader.finish()?;
        let mut data = tbs.open(WHAT);
        version_1(&mut data)?;
        let responder = match data.any()? {
            e if e.tag == tag::context_constructed(1) => Responder::Name(Name::parse(e.content)?),
            e if e.tag == tag::context_constructed(2) => {
                Responder::Key(Reader::only(e.content, tag::OCTET_STRING, WHAT)?.content.to_vec())
            }
            _ => return Err(malformed(WHAT, "a responder of an unknown kind")),
        };
        let produced_at = read_time(data.take(tag::GENERALIZED_TIME)?, WHAT)?;
        let (mut list, mut answers) = (data.sequence()?, Vec::new());
        while !list.is_empty() {
            answers.push(answer(list.sequence()?)?);
        }
        let nonce = data.optional(tag::context_constructed(1))?.map(nonce).transpose()?.flatten();
        data.finish()?;
        Ok(Response(Arc::new(Inner {
            basic: start(basic)..start(basic) + basic.len(),
            tbs: start(tbs.raw)..start(tbs.raw) + tbs.raw.len(),
            der: der.to_vec(),
            responder,
            produced_at,
            answers,
            nonce,
            scheme,
            signature,
            certificates,
            verdicts: Verdicts::default(),
        })))
    }
    /// The OCSPResponse.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }
    /// The BasicOCSPResponse inside.
    pub fn basic(&self) -> &[u8] {
        &self.0.der[self.0.basic.clone()]
    }
    /// When it was signed.
    pub fn produced_at(&self) -> Timestamp {
        self.0.produced_at
    }
    /// What it says.
    pub fn answers(&self) -> &[Answer] {
        &self.0.answers
    }
    /// The value from the request.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.0.nonce.as_deref()
    }
    /// The certificates that came with it.
    pub fn certificates(&self) -> &[Certificate] {
        &self.0.certificates
    }
    /// It names this certificate as its signer.
    pub fn names(&self, certificate: &Certificate) -> bool {
        match &self.0.responder {
            Responder::Name(name) => certificate.subject() == name,
            Responder::Key(key) => key_hash(certificate, Hash::Sha1).is_ok_and(|found| found == *key),
        }
    }
    /// Checks the signature with a key; the verdict is remembered.
    pub fn verify_with(&self, key: &PublicKey) -> Verdict {
        self.0.verdicts.remember(key, || match Scheme::parse(&self.0.scheme) {
            Ok(scheme) => scheme.verify(key, &self.0.der[self.0.tbs.clone()], &self.0.signature),
            Err(Error::Unsupported(_)) => Verdict::Unsupported,
            Err(_) => Verdict::Wrong,
        })
    }
    pub(crate) fn scheme(&self) -> Result<Scheme> {
        Scheme::parse(&self.0.scheme)
    }
}

impl PartialEq for Response {
    fn eq(&self, other: &Response) -> bool {
        self.0.der == other.0.der
    }
}
impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ocsp::Response(of {}, {} answers)", self.0.produced_at.iso_local(), self.0.answers.len())
    }
}

fn wrapped(basic: &[u8]) -> Vec<u8> {
    let bytes = asn1::sequence([asn1::oid(oid::OCSP_BASIC), asn1::octets(basic)]);
    asn1::sequence([asn1::enumerated(0), asn1::tagged(0, [bytes])])
}

fn answer(mut reader: Reader<'_>) -> Result<Answer> {
    let id = CertId::parse(reader.sequence()?)?;
    let status = match reader.any()? {
        e if e.tag == tag::context(0) => Status::Good,
        e if e.tag == tag::context(2) => Status::Unknown,
        e if e.tag == tag::context_constructed(1) => {
            let mut info = e.open(WHAT);
            let at = read_time(info.take(tag::GENERALIZED_TIME)?, WHAT)?;
            let reason = match info.optional(tag::context_constructed(0))? {
                Some(e) => {
                    let code = Reader::only(e.content, tag::ENUMERATED, WHAT)?.small_integer(WHAT)?;
                    let known = u8::try_from(code).ok().and_then(Reason::from_code);
                    known.ok_or_else(|| malformed(WHAT, "a reason that does not exist"))?
                }
                None => Reason::Unspecified,
            };
            Status::Revoked { at, reason }
        }
        _ => return Err(malformed(WHAT, "a status of an unknown kind")),
    };
    let this_update = read_time(reader.take(tag::GENERALIZED_TIME)?, WHAT)?;
    let next_update = match reader.optional(tag::context_constructed(0))? {
        Some(e) => Some(read_time(Reader::only(e.content, tag::GENERALIZED_TIME, WHAT)?, WHAT)?),
        None => None,
    };
    if let Some(e) = reader.optional(tag::context_constructed(1))? {
        extensions(e, &[])?;
    }
    reader.finish()?;
    Ok(Answer { id, status, this_update, next_update })
}
