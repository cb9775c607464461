//! Requests for certificates (PKCS #10, RFC 2986): who asks proves to have the key.

use crate::{
    algorithm::{PublicKey, Scheme},
    asn1::{self, Reader, tag},
    authority::IssuingKey,
    error::{Error, Result, malformed},
    extension::read_list,
    general_name::{GeneralName, general_names},
    name::Name,
    oid, pem,
};

const WHAT: &str = "certification request";
/// Most bytes of a request.
pub const MAX_REQUEST: usize = 64 * 1024;

/// A request whose signature is right.
#[derive(Debug, Clone)]
pub struct CertificationRequest {
    /// The name that is asked for.
    pub subject: Name,
    /// The public key, as a SubjectPublicKeyInfo.
    pub public_key_info: Vec<u8>,
    /// The alternative names that are asked for.
    pub names: Vec<GeneralName>,
    der: Vec<u8>,
}

impl CertificationRequest {
    /// Reads a request and checks that its signature is by its own key.
    ///
    /// # Errors
    /// [`Error::Malformed`], also for a signature that is not right; [`Error::Unsupported`] for keys and schemes that are
    /// not used here, and for weak ones.
    pub fn parse(der: &[u8]) -> Result<CertificationRequest> {
        if der.len() > MAX_REQUEST {
            return Err(Error::Unsupported(format!("a request of more than {MAX_REQUEST} bytes")));
        }
        let mut outer = Reader::only(der, tag::SEQUENCE, WHAT)?.open(WHAT);
        let info = outer.take(tag::SEQUENCE)?;
        let scheme = Scheme::parse(outer.take(tag::SEQUENCE)?.raw)?;
        let signature = outer.take(tag::BIT_STRING)?.bit_octets(WHAT)?;
        outer.finish()?;
        let mut reader = info.open(WHAT);
        if reader.take(tag::INTEGER)?.small_integer(WHAT)? != 0 {
            return Err(malformed(WHAT, "an unknown version"));
        }
        let subject = Name::parse(reader.take(tag::SEQUENCE)?.raw)?;
        let public_key_info = reader.take(tag::SEQUENCE)?.raw.to_vec();
        let mut names = Vec::new();
        if let Some(attributes) = reader.optional(tag::context_constructed(0))? {
            let mut attributes = attributes.open(WHAT);
            while !attributes.is_empty() {
                let mut one = attributes.sequence()?;
                let kind = one.oid()?;
                let mut values = one.take(tag::SET)?.open(WHAT);
                if kind == oid::EXTENSION_REQUEST {
                    for extension in read_list(values.take(tag::SEQUENCE)?)? {
                        if extension.kind == oid::SUBJECT_ALT_NAME {
                            names = general_names(Reader::only(&extension.value, tag::SEQUENCE, WHAT)?.open(WHAT))?;
                        }
                    }
                }
            }
        }
        reader.finish()?;
        let key = PublicKey::parse(&public_key_info)?;
        if scheme.hash().is_weak() || matches!(key, PublicKey::Rsa { bits, .. } if bits < 2048) {
            return Err(Error::Unsupported("a request with a weak key or digest".into()));
        }
        if !scheme.verify(&key, info.raw, signature).is_right() {
            return Err(malformed(WHAT, "it is not signed by its own key"));
        }
        Ok(CertificationRequest { subject, public_key_info, names, der: der.to_vec() })
    }
    /// The one request of a PEM text.
    ///
    /// # Errors
    /// As [`CertificationRequest::parse`].
    pub fn from_pem(text: &str) -> Result<CertificationRequest> {
        match pem::decode(text, "CERTIFICATE REQUEST")?.as_slice() {
            [der] => CertificationRequest::parse(der),
            _ => Err(malformed(WHAT, "there must be exactly one in the file")),
        }
    }
    /// Makes a request for the key of a name.
    ///
    /// # Errors
    /// [`Error::Key`] when the key does not sign.
    pub fn make(subject: &Name, key: &dyn IssuingKey) -> Result<CertificationRequest> {
        let attributes = asn1::tagged::<Vec<u8>>(0, []);
        let info =
            asn1::sequence([asn1::integer(0), subject.der().to_vec(), key.public_key_info().to_vec(), attributes]);
        let signature = key.sign(&info)?;
        CertificationRequest::parse(&asn1::sequence([info, key.scheme().to_der(), asn1::bit_octets(&signature)]))
    }
    /// The bytes as they came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
    /// One PEM block.
    pub fn to_pem(&self) -> String {
        pem::encode(&self.der, "CERTIFICATE REQUEST")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyKind, PrivateKey, Subject};
    use proptest::prelude::*;

    #[test]
    fn a_request_reads_back_and_one_that_was_changed_does_not() {
        let key = PrivateKey::generate(KeyKind::P256).unwrap();
        let name = Subject::service("CA cấp chứng thư", "Văn phòng Quốc hội").name().unwrap();
        let made = CertificationRequest::make(&name, &key).unwrap();
        let read = CertificationRequest::from_pem(&made.to_pem()).unwrap();
        assert_eq!((read.subject, read.public_key_info.as_slice()), (name, key.public_key_info()));
        let mut changed = made.der().to_vec();
        let at = changed.len() / 3;
        changed[at] ^= 1;
        assert!(CertificationRequest::parse(&changed).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = CertificationRequest::parse(&bytes);
        }
    }
}
