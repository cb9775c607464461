//! Certificates: read once, kept with the bytes as they came.

use crate::{
    algorithm::{PublicKey, Scheme, Verdict, Verdicts},
    asn1::{Reader, read_time, tag},
    error::{Error, Result, malformed},
    extension::{Extensions, KeyUsage},
    general_name::GeneralName,
    name::Name,
    oid, pem,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Digest, Timestamp};
use std::{ops::Range, sync::Arc};

const WHAT: &str = "certificate";

/// An X.509 certificate; cheap to clone. Written by serde as one text, the base64 of its DER.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    tbs: Range<usize>,
    version: u64,
    serial: Vec<u8>,
    scheme: Vec<u8>,
    same_scheme_twice: bool,
    issuer: Name,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    spki: Vec<u8>,
    public_key: PublicKey,
    extensions: Extensions,
    signature: Vec<u8>,
    fingerprint: Digest,
    verdicts: Verdicts,
}

/// Addresses that a certificate names (RFC 5280, 4.2.1.13 and 4.2.2.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Of certificates of its issuer.
    pub issuers: Vec<String>,
    /// Of responders.
    pub ocsp: Vec<String>,
    /// Of revocation lists.
    pub crls: Vec<String>,
}

impl Certificate {
    /// Reads the DER bytes of one certificate.
    ///
    /// # Errors
    /// [`Error::Malformed`] says what does not read.
    pub fn parse(der: &[u8]) -> Result<Certificate> {
        let mut outer = Reader::only(der, tag::SEQUENCE, WHAT)?.open(WHAT);
        let tbs = outer.take(tag::SEQUENCE)?;
        let scheme = outer.take(tag::SEQUENCE)?.raw.to_vec();
        // A signature that is not whole octets cannot be right; it is kept empty, so that the certificate still reads.
        let signature = outer.take(tag::BIT_STRING)?.bit_octets(WHAT).unwrap_or_default().to_vec();
        outer.finish()?;

        let start = tbs.raw.as_ptr() as usize - der.as_ptr() as usize;
        let mut reader = tbs.open(WHAT);
        let version = match reader.optional(tag::context_constructed(0))? {
            Some(e) => Reader::only(e.content, tag::INTEGER, WHAT)?.small_integer(WHAT)? + 1,
            None => 1,
        };
        let serial = reader.take(tag::INTEGER)?.integer(WHAT)?.to_vec();
        let inner_scheme = reader.take(tag::SEQUENCE)?.raw;
        let issuer = Name::parse(reader.take(tag::SEQUENCE)?.raw)?;
        let mut validity = reader.sequence()?;
        let not_before = read_time(validity.any()?, WHAT)?;
        let not_after = read_time(validity.any()?, WHAT)?;
        validity.finish()?;
        let subject = Name::parse(reader.take(tag::SEQUENCE)?.raw)?;
        let spki = reader.take(tag::SEQUENCE)?.raw.to_vec();
        let public_key = PublicKey::parse(&spki)?;
        reader.optional(tag::context(1))?;
        reader.optional(tag::context(2))?;
        let extensions = match reader.optional(tag::context_constructed(3))? {
            Some(e) if version == 3 => Extensions::parse(Reader::only(e.content, tag::SEQUENCE, WHAT)?)?,
            Some(_) => return Err(malformed(WHAT, "extensions in a certificate that is not version 3")),
            None => Extensions::default(),
        };
        reader.finish()?;
        if !(1..=3).contains(&version) {
            return Err(malformed(WHAT, "an unknown version"));
        }
        Ok(Certificate(Arc::new(Inner {
            der: der.to_vec(),
            tbs: start..start + tbs.raw.len(),
            version,
            serial,
            same_scheme_twice: inner_scheme == scheme.as_slice(),
            scheme,
            issuer,
            subject,
            not_before,
            not_after,
            spki,
            public_key,
            extensions,
            signature,
            fingerprint: Digest::of(&[der]),
            verdicts: Verdicts::default(),
        })))
    }
    /// The certificate among those that are known when it is there, byte for byte, with the verdicts on it; else read anew.
    ///
    /// # Errors
    /// As [`Certificate::parse`].
    pub fn parse_knowing(der: &[u8], known: &[Certificate]) -> Result<Certificate> {
        match known.iter().find(|certificate| certificate.der() == der) {
            Some(certificate) => Ok(certificate.clone()),
            None => Certificate::parse(der),
        }
    }
    /// All certificates of a PEM text, in order; other blocks and text between are passed over.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a block that does not read.
    pub fn from_pem(text: &str) -> Result<Vec<Certificate>> {
        pem::decode(text, "CERTIFICATE")?.iter().map(|der| Certificate::parse(der)).collect()
    }
    /// One PEM block.
    pub fn to_pem(&self) -> String {
        pem::encode(self.der(), "CERTIFICATE")
    }
    /// The bytes as they came.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }
    /// The bytes over which the issuer signed.
    pub fn tbs(&self) -> &[u8] {
        &self.0.der[self.0.tbs.clone()]
    }
    /// 1, 2 or 3.
    pub fn version(&self) -> u64 {
        self.0.version
    }
    /// The serial number: big-endian, two's complement.
    pub fn serial(&self) -> &[u8] {
        &self.0.serial
    }
    /// The serial number in lower-case hexadecimal digits.
    pub fn serial_hex(&self) -> String {
        hex::encode(&self.0.serial)
    }
    /// Who issued it.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }
    /// Who it is for.
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }
    /// Valid from this instant.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }
    /// Valid until this instant, which is included.
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }
    /// The instant lies in the validity.
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.0.not_before <= at && at <= self.0.not_after
    }
    /// The SubjectPublicKeyInfo as it came.
    pub fn public_key_info(&self) -> &[u8] {
        &self.0.spki
    }
    /// The public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.0.public_key
    }
    /// The extensions.
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }
    /// SHA-256 of the whole certificate.
    pub fn fingerprint(&self) -> Digest {
        self.0.fingerprint
    }
    /// The scheme with which it is signed.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for schemes that are not known here.
    pub fn scheme(&self) -> Result<Scheme> {
        if !self.0.same_scheme_twice {
            return Err(malformed(WHAT, "two different signature algorithms"));
        }
        Scheme::parse(&self.0.scheme)
    }
    /// Subject and issuer are one name: the certificate does not lengthen a path.
    pub fn is_self_issued(&self) -> bool {
        self.0.subject == self.0.issuer
    }
    /// Checks the signature with the issuer's key; the verdict is remembered, since a key or a byte never changes.
    pub fn verify_with(&self, issuer_key: &PublicKey) -> Verdict {
        self.0.verdicts.remember(issuer_key, || match self.scheme() {
            Ok(scheme) => scheme.verify(issuer_key, self.tbs(), &self.0.signature),
            Err(Error::Unsupported(_)) => Verdict::Unsupported,
            Err(_) => Verdict::Wrong,
        })
    }
    /// Its extended uses, when it has any, leave room for signatures on documents (RFC 9336, 4).
    pub fn is_for_documents(&self) -> bool {
        const USES: [oid::Oid; 6] = [
            oid::ANY_EXTENDED_KEY_USAGE,
            oid::DOCUMENT_SIGNING,
            oid::DOCUMENT_SIGNING_MICROSOFT,
            oid::DOCUMENT_SIGNING_ADOBE,
            oid::EMAIL_PROTECTION,
            oid::CLIENT_AUTH,
        ];
        self.extensions().extended_key_usage.as_ref().is_none_or(|uses| uses.iter().any(|u| USES.contains(u)))
    }
    /// Where its issuer, its status and its issuer's lists can be fetched.
    pub fn addresses(&self) -> Addresses {
        let uri = |name: &GeneralName| match name {
            GeneralName::Uri(uri) => Some(uri.clone()),
            _ => None,
        };
        let points = &self.extensions().crl_distribution_points;
        let crls = points.iter().filter(|p| p.crl_issuer.is_empty()).flat_map(|p| &p.full_names).filter_map(uri);
        let mut addresses = Addresses { crls: crls.collect(), ..Addresses::default() };
        let access = self.extensions().get(oid::AUTHORITY_INFO_ACCESS).map(|e| e.value.as_slice()).unwrap_or_default();
        let Ok(list) = Reader::only(access, tag::SEQUENCE, WHAT) else { return addresses };
        let mut list = list.open(WHAT);
        while let Ok(mut one) = list.sequence() {
            let (Ok(kind), Ok(place)) = (one.oid(), one.any()) else { break };
            let Some(uri) = GeneralName::parse(place).ok().as_ref().and_then(uri) else { continue };
            match kind {
                oid::ACCESS_OCSP => addresses.ocsp.push(uri),
                oid::ACCESS_CA_ISSUERS => addresses.issuers.push(uri),
                _ => {}
            }
        }
        addresses
    }
    /// May issue certificates, by its basic constraints and key usage.
    pub fn is_authority(&self) -> bool {
        let extensions = self.extensions();
        extensions.basic_constraints.is_some_and(|b| b.authority)
            && extensions.key_usage.is_none_or(|u| u.allows(KeyUsage::CERTIFICATES))
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Certificate) -> bool {
        self.0.der == other.0.der
    }
}
impl Eq for Certificate {}
impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({} by {}, {})", self.subject(), self.issuer(), self.serial_hex())
    }
}
impl serde::Serialize for Certificate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.der()))
    }
}
impl<'de> serde::Deserialize<'de> for Certificate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Certificate, D::Error> {
        let text = String::deserialize(deserializer)?;
        let der = STANDARD.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        Certificate::parse(&der).map_err(serde::de::Error::custom)
    }
}
