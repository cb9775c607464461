//! Cryptographic messages (RFC 5652, SignedData): read tolerantly, made in DER.

use crate::{
    algorithm::{Hash, Scheme, Verdict},
    asn1::{self, Element, Reader, tag, to_definite},
    certificate::Certificate,
    crl::Crl,
    error::{Error, Result, malformed},
    name::Name,
    ocsp,
    oid::{self, Oid},
};

const WHAT: &str = "signature container";

/// One attribute of a signer: its kind and its values as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CmsAttribute {
    /// Which.
    pub kind: Oid,
    /// The values, each a whole element.
    pub values: Vec<Vec<u8>>,
}

/// A signed message.
#[derive(Debug, Clone)]
pub struct SignedData {
    /// What kind of content is signed.
    pub content_type: Oid,
    /// The content, when it lies inside.
    pub content: Option<Vec<u8>>,
    /// The certificates inside that read.
    pub certificates: Vec<Certificate>,
    /// The revocation lists inside that read; also those that a signer's attributes carry.
    pub crls: Vec<Crl>,
    /// The status answers inside that read (RFC 5940; EN 319 122-1, A.1.2.1; ISO 32000-1, 12.8.3.3.2).
    pub answers: Vec<ocsp::Response>,
    /// The signers.
    pub signers: Vec<SignerInfo>,
    /// How many certificates or lists inside do not read.
    pub unreadable: usize,
}

/// Which certificate the signer names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerId {
    /// By issuer and serial number.
    Issuer(Name, Vec<u8>),
    /// By subject key identifier.
    Key(Vec<u8>),
}

/// One signer.
#[derive(Debug, Clone)]
pub struct SignerInfo {
    /// Which certificate.
    pub id: SignerId,
    /// The digest over the content.
    pub hash: Hash,
    /// The signed attributes as they came, with the tag SET under which they are hashed.
    signed_bytes: Option<Vec<u8>>,
    /// The signed attributes.
    pub signed: Vec<CmsAttribute>,
    /// The unsigned attributes.
    pub unsigned: Vec<CmsAttribute>,
    scheme: Vec<u8>,
    /// The signature value.
    pub signature: Vec<u8>,
}

impl SignedData {
    /// Reads a ContentInfo with SignedData in BER or DER; what follows it (the zero padding in PDF files) is ignored.
    ///
    /// # Errors
    /// [`Error::Malformed`], or [`Error::Unsupported`] for a digest that is not known.
    pub fn parse(bytes: &[u8]) -> Result<SignedData> {
        SignedData::parse_knowing(bytes, &[])
    }
    /// As [`SignedData::parse`], where some of the certificates inside may be known: see [`Certificate::parse_knowing`].
    ///
    /// # Errors
    /// As [`SignedData::parse`].
    pub fn parse_knowing(bytes: &[u8], known: &[Certificate]) -> Result<SignedData> {
        let der = to_definite(bytes)?;
        let mut outer = Reader::new(&der, WHAT).sequence()?;
        if outer.oid()? != oid::SIGNED_DATA {
            return Err(malformed(WHAT, "it is no SignedData"));
        }
        let explicit = outer.take(tag::context_constructed(0))?;
        let mut reader = Reader::new(explicit.content, WHAT).sequence()?;
        if !(1..=5).contains(&reader.take(tag::INTEGER)?.small_integer(WHAT)?) {
            return Err(malformed(WHAT, "an unknown version"));
        }
        let mut announced = reader.take(tag::SET)?.open(WHAT);
        let mut hashes = Vec::new();
        while !announced.is_empty() {
            hashes.push(announced.sequence()?.oid()?);
        }
        let mut encapsulated = reader.sequence()?;
        let content_type = encapsulated.oid()?;
        let content = match encapsulated.optional(tag::context_constructed(0))? {
            Some(e) => Some(e.open(WHAT).any()?.content.to_vec()),
            None => None,
        };
        let (mut certificates, mut crls, mut answers, mut unreadable) = (Vec::new(), Vec::new(), Vec::new(), 0);
        if let Some(list) = reader.optional(tag::context_constructed(0))? {
            let mut list = list.open(WHAT);
            while !list.is_empty() {
                match Certificate::parse_knowing(list.any()?.raw, known) {
                    Ok(certificate) => certificates.push(certificate),
                    Err(_) => unreadable += 1,
                }
            }
        }
        if let Some(list) = reader.optional(tag::context_constructed(1))? {
            let mut list = list.open(WHAT);
            while !list.is_empty() {
                let element = list.any()?;
                if element.tag == tag::context_constructed(1) {
                    answers.extend(other_revocation(element));
                    continue;
                }
                match Crl::parse(element.raw) {
                    Ok(crl) => crls.push(crl),
                    Err(_) => unreadable += 1,
                }
            }
        }
        let mut list = reader.take(tag::SET)?.open(WHAT);
        let mut signers = Vec::new();
        while !list.is_empty() {
            signers.push(SignerInfo::parse(list.sequence()?)?);
        }
        if signers.iter().any(|s| !hashes.contains(&s.hash.oid())) {
            return Err(malformed(WHAT, "a signer's digest algorithm that is not announced"));
        }
        for signer in &signers {
            signer.revocation_values(&mut crls, &mut answers);
            certificates.extend(signer.certificate_values());
        }
        Ok(SignedData { content_type, content, certificates, crls, answers, signers, unreadable })
    }

    /// The certificate that a signer names, if it lies inside.
    pub fn certificate_of(&self, signer: &SignerInfo) -> Option<&Certificate> {
        self.certificates.iter().find(|c| signer.id.names(c))
    }
}

impl SignerId {
    /// The id names this certificate.
    pub fn names(&self, certificate: &Certificate) -> bool {
        match self {
            SignerId::Issuer(issuer, serial) => certificate.serial() == serial && certificate.issuer() == issuer,
            SignerId::Key(id) => certificate.extensions().subject_key_id.as_ref() == Some(id),
        }
    }
}

impl SignerInfo {
    fn parse(mut reader: Reader<'_>) -> Result<SignerInfo> {
        if !matches!(reader.take(tag::INTEGER)?.small_integer(WHAT)?, 1 | 3) {
            return Err(malformed(WHAT, "an unknown version of a signer"));
        }
        let id = match reader.peek() {
            Some(0x80) => SignerId::Key(reader.any()?.content.to_vec()),
            _ => {
                let mut pair = reader.sequence()?;
                let issuer = Name::parse(pair.take(tag::SEQUENCE)?.raw)?;
                SignerId::Issuer(issuer, pair.take(tag::INTEGER)?.content.to_vec())
            }
        };
        let hash = Hash::parse(reader.take(tag::SEQUENCE)?)?;
        let signed_element = reader.optional(tag::context_constructed(0))?;
        let signed_bytes = signed_element.map(|e| {
            let mut bytes = e.raw.to_vec();
            bytes[0] = tag::SET;
            bytes
        });
        let signed = signed_element.map(attributes).transpose()?.unwrap_or_default();
        let scheme = reader.take(tag::SEQUENCE)?.raw.to_vec();
        let signature = reader.take(tag::OCTET_STRING)?.content.to_vec();
        let unsigned = reader.optional(tag::context_constructed(1))?.map(attributes).transpose()?.unwrap_or_default();
        Ok(SignerInfo { id, hash, signed_bytes, signed, unsigned, scheme, signature })
    }

    /// The only value of a signed attribute that occurs once.
    pub fn signed_value(&self, kind: Oid) -> Option<&[u8]> {
        only(&self.signed, kind)
    }
    /// The scheme of the signature.
    ///
    /// # Errors
    /// [`Error::Unsupported`].
    pub fn scheme(&self) -> Result<Scheme> {
        Scheme::parse_with_digest(&self.scheme, self.hash)
    }
    /// The digest of the content that the signed attributes state.
    pub fn message_digest(&self) -> Option<&[u8]> {
        let value = self.signed_value(oid::MESSAGE_DIGEST)?;
        Reader::only(value, tag::OCTET_STRING, WHAT).ok().map(|e| e.content)
    }
    /// The stated time of signing, which nobody but the signer vouches for.
    pub fn signing_time(&self) -> Option<kernel::Timestamp> {
        let value = self.signed_value(oid::SIGNING_TIME)?;
        asn1::read_time(Reader::new(value, WHAT).any().ok()?, WHAT).ok()
    }
    /// Checks the signature value over the signed attributes, or over the content when there are none. The digest of the
    /// content is checked by [`SignerInfo::covers`].
    pub fn verify(&self, certificate: &Certificate, content: Option<&[u8]>) -> Verdict {
        let message = match (&self.signed_bytes, content) {
            (Some(bytes), _) => bytes.as_slice(),
            (None, Some(content)) => content,
            (None, None) => return Verdict::Unsupported,
        };
        match self.scheme() {
            Ok(scheme) => scheme.verify(certificate.public_key(), message, &self.signature),
            Err(Error::Unsupported(_)) => Verdict::Unsupported,
            Err(_) => Verdict::Wrong,
        }
    }
    /// The signed attributes state this digest and this content type. Without signed attributes there is nothing to state.
    pub fn covers(&self, digest: &[u8], content_type: Oid) -> bool {
        if self.signed_bytes.is_none() {
            return true;
        }
        let stated = self.signed_value(oid::CONTENT_TYPE).and_then(|v| Reader::new(v, WHAT).oid().ok());
        self.message_digest() == Some(digest) && stated == Some(content_type)
    }
    /// There are signed attributes.
    pub fn has_signed_attributes(&self) -> bool {
        self.signed_bytes.is_some()
    }
    /// The signing-certificate attribute (RFC 5035), which keeps the certificate from being swapped, names this
    /// certificate. `None` when there is no such attribute.
    pub fn binds(&self, certificate: &Certificate) -> Option<bool> {
        let read = |value: &[u8], version_2: bool| -> Result<bool> {
            let mut id = Reader::new(value, WHAT).sequence()?.sequence()?.sequence()?;
            let hash = match id.optional(tag::SEQUENCE)? {
                Some(e) if version_2 => Hash::parse(e)?,
                _ if version_2 => Hash::Sha256,
                _ => Hash::Sha1,
            };
            let stated = id.take(tag::OCTET_STRING)?.content;
            Ok(match hash {
                Hash::Sha256 => stated == certificate.fingerprint().bytes(),
                other => stated == other.of(&[certificate.der()]),
            })
        };
        let second = self.signed_value(oid::SIGNING_CERTIFICATE_V2).map(|value| read(value, true).unwrap_or(false));
        second.or_else(|| self.signed_value(oid::SIGNING_CERTIFICATE).map(|value| read(value, false).unwrap_or(false)))
    }
    /// The certificates in an attribute for long-term validation (EN 319 122-1, A.1.1.1).
    fn certificate_values(&self) -> Vec<Certificate> {
        let values = self.unsigned.iter().filter(|a| a.kind == oid::CERTIFICATE_VALUES).flat_map(|a| &a.values);
        let lists = values.filter_map(|value| Reader::new(value, WHAT).sequence().ok());
        lists.flat_map(elements).filter_map(|e| Certificate::parse(e.raw).ok()).collect()
    }
    /// Lists and answers in attributes: revocation-values, and Adobe's archive of them. What does not read is passed over.
    fn revocation_values(&self, crls: &mut Vec<Crl>, answers: &mut Vec<ocsp::Response>) {
        let kinds = [oid::REVOCATION_VALUES, oid::ADOBE_REVOCATION_ARCHIVE];
        let attributes = self.signed.iter().chain(&self.unsigned).filter(|a| kinds.contains(&a.kind));
        for (kind, value) in attributes.flat_map(|a| a.values.iter().map(|v| (a.kind, v))) {
            let Ok(lists) = Reader::new(value, WHAT).sequence() else { continue };
            for list in elements(lists) {
                let Ok(inside) = Reader::new(list.content, WHAT).sequence() else { continue };
                for element in elements(inside) {
                    match list.tag {
                        0xa0 => crls.extend(Crl::parse(element.raw)),
                        0xa1 if kind == oid::REVOCATION_VALUES => {
                            answers.extend(ocsp::Response::from_basic(element.raw));
                        }
                        0xa1 => answers.extend(ocsp::Response::parse(element.raw)),
                        _ => {}
                    }
                }
            }
        }
    }
    /// The time stamp tokens over the signature value, as they came.
    pub fn time_stamps(&self) -> Vec<&[u8]> {
        let stamps = self.unsigned.iter().filter(|a| a.kind == oid::SIGNATURE_TIME_STAMP);
        stamps.flat_map(|a| &a.values).map(Vec::as_slice).collect()
    }
}

/// The elements that read, up to the first that does not.
fn elements<'a>(mut reader: Reader<'a>) -> impl Iterator<Item = Element<'a>> {
    std::iter::from_fn(move || (!reader.is_empty()).then(|| reader.any().ok()).flatten())
}

/// `[1] { id-ri-ocsp-response, OCSPResponse }` (RFC 5940, 2.1).
fn other_revocation(element: Element<'_>) -> Option<ocsp::Response> {
    let mut inside = element.open(WHAT);
    let kind = inside.oid().ok()?;
    (kind == oid::OCSP_IN_CMS).then(|| ocsp::Response::parse(inside.rest()).ok()).flatten()
}

fn only(attributes: &[CmsAttribute], kind: Oid) -> Option<&[u8]> {
    let mut found = attributes.iter().filter(|a| a.kind == kind);
    match (found.next(), found.next()) {
        (Some(attribute), None) if attribute.values.len() == 1 => Some(&attribute.values[0]),
        _ => None,
    }
}

fn attributes(set: Element<'_>) -> Result<Vec<CmsAttribute>> {
    let mut reader = set.open(WHAT);
    let mut out = Vec::new();
    while !reader.is_empty() {
        let mut one = reader.sequence()?;
        let kind = one.oid()?;
        let mut values_reader = one.take(tag::SET)?.open(WHAT);
        let mut values = Vec::new();
        while !values_reader.is_empty() {
            values.push(values_reader.any()?.raw.to_vec());
        }
        out.push(CmsAttribute { kind, values });
    }
    Ok(out)
}

/// An attribute with one value.
pub fn attribute(kind: Oid, value: &[u8]) -> Vec<u8> {
    asn1::sequence([asn1::oid(kind), asn1::set_of([value])])
}

/// The attribute signing-certificate-v2 for a certificate, with SHA-256 (RFC 5035; EN 319 122-1, 5.2.2.3).
pub fn signing_certificate(certificate: &Certificate) -> Vec<u8> {
    let digest = certificate.fingerprint();
    let issuer = asn1::tagged(4, [certificate.issuer().der()]);
    let serial = asn1::tlv(tag::INTEGER, certificate.serial());
    let id = asn1::sequence([asn1::octets(digest.bytes()), asn1::sequence([asn1::sequence([issuer]), serial])]);
    attribute(oid::SIGNING_CERTIFICATE_V2, &asn1::sequence([asn1::sequence([id])]))
}

/// A message with one signer, being made: first [`Draft::to_sign`] gives the bytes to sign, then [`Draft::finish`] the
/// whole.
#[derive(Debug)]
pub struct Draft {
    content_type: Oid,
    content: Option<Vec<u8>>,
    hash: Hash,
    signed: Vec<u8>,
}

impl Draft {
    /// Over content of this type with this digest; `content` goes inside when given. `more` are signed attributes beside
    /// content type and message digest.
    pub fn new(content_type: Oid, hash: Hash, digest: &[u8], content: Option<Vec<u8>>, more: Vec<Vec<u8>>) -> Draft {
        let mut attributes = vec![
            attribute(oid::CONTENT_TYPE, &asn1::oid(content_type)),
            attribute(oid::MESSAGE_DIGEST, &asn1::octets(digest)),
        ];
        attributes.extend(more);
        Draft { content_type, content, hash, signed: asn1::set_of(attributes) }
    }
    /// The bytes to sign.
    pub fn to_sign(&self) -> &[u8] {
        &self.signed
    }
    /// The finished ContentInfo in DER by the key of `certificate`. The certificates `inside` go with it, roots left out.
    pub fn finish(
        self,
        certificate: &Certificate,
        inside: &[Certificate],
        scheme: Scheme,
        signature: &[u8],
        unsigned: &[Vec<u8>],
    ) -> Vec<u8> {
        let mut encapsulated = asn1::oid(self.content_type);
        if let Some(content) = &self.content {
            encapsulated.extend(asn1::tagged(0, [asn1::octets(content)]));
        }
        let version = if self.content_type == oid::DATA { 1 } else { 3 };
        let mut inside: Vec<&Certificate> =
            inside.iter().filter(|c| !c.is_self_issued() || *c == certificate).collect();
        inside.sort_by(|a, b| a.der().cmp(b.der()));
        let mut signed = self.signed;
        signed[0] = tag::context_constructed(0);
        let serial = asn1::tlv(tag::INTEGER, certificate.serial());
        let id = asn1::sequence([certificate.issuer().der(), serial.as_slice()]);
        let mut signer =
            vec![asn1::integer(1), id, self.hash.to_der(), signed, scheme.to_der(), asn1::octets(signature)];
        if !unsigned.is_empty() {
            let mut set = asn1::set_of(unsigned);
            set[0] = tag::context_constructed(1);
            signer.push(set);
        }
        let mut data = vec![asn1::integer(version), asn1::set_of([self.hash.to_der()]), asn1::sequence([encapsulated])];
        if !inside.is_empty() {
            data.push(asn1::tagged(0, inside.iter().map(|c| c.der())));
        }
        data.push(asn1::set_of([asn1::sequence(signer)]));
        let data = asn1::sequence(data);
        asn1::sequence([asn1::oid(oid::SIGNED_DATA), asn1::tagged(0, [data])])
    }
}
