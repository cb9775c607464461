//! Certification authorities: a root, issuing authorities under it, the certificates and revocation lists they sign.
//!
//! The shape of each certificate is fixed by its [`Profile`]; RFC 5280 and EN 319 412 say why.

use crate::{
    algorithm::Hash,
    asn1::{self, Reader, tag},
    certificate::Certificate,
    crl::{Crl, Draft, Revocation},
    error::{Error, Result},
    extension::KeyUsage,
    key::PrivateKey,
    name::Subject,
    oid::{self, Oid},
};
use kernel::{Entropy, Timestamp};

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// A person's signature: content commitment only (EN 319 412-2, type A).
    Person,
    /// A body's seal: content commitment only (EN 319 412-3).
    Body,
    /// Time stamps: the one extended use, critical (RFC 3161, 2.3).
    TimeStamping,
    /// Answers about the status of certificates (RFC 6960, 4.2.2.2).
    Ocsp,
}

/// A certification authority with its key.
#[derive(Debug)]
pub struct Authority {
    key: PrivateKey,
    chain: Vec<Certificate>,
    crl_url: Option<String>,
    ocsp_url: Option<String>,
    issuer_url: Option<String>,
}

impl Authority {
    /// A new self-signed root.
    ///
    /// # Errors
    /// When a name is too long or the key refuses to sign.
    pub fn root(
        subject: &Subject,
        key: PrivateKey,
        from: Timestamp,
        until: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Authority> {
        let extensions = vec![
            critical(oid::BASIC_CONSTRAINTS, asn1::sequence([asn1::boolean(true)])),
            critical(oid::KEY_USAGE, asn1::named_bits(KeyUsage::CERTIFICATES | KeyUsage::CRLS)),
            plain(oid::SUBJECT_KEY_ID, asn1::octets(&key_id(key.public_key_info())?)),
        ];
        let name = subject.name()?;
        let draft = Certified { subject: name.der(), spki: key.public_key_info(), from, until, extensions };
        let certificate = draft.sign(name.der(), &key, entropy)?;
        Ok(Authority { key, chain: vec![certificate], crl_url: None, ocsp_url: None, issuer_url: None })
    }

    /// An authority read back from storage: its key, and its certificate first in the chain up to the root.
    ///
    /// # Errors
    /// [`Error::Key`] when the key is not that of the first certificate.
    pub fn new(key: PrivateKey, chain: Vec<Certificate>) -> Result<Authority> {
        match chain.first() {
            Some(first) if first.public_key_info() == key.public_key_info() => {
                Ok(Authority { key, chain, crl_url: None, ocsp_url: None, issuer_url: None })
            }
            _ => Err(Error::Key("it does not belong to the authority's certificate")),
        }
    }

    /// With the address of its CRL, written into the certificates that it issues from now on.
    #[must_use]
    pub fn with_crl_url(mut self, url: impl Into<String>) -> Authority {
        self.crl_url = Some(url.into());
        self
    }
    /// With the address of its OCSP responder, written into the certificates that it issues from now on.
    #[must_use]
    pub fn with_ocsp_url(mut self, url: impl Into<String>) -> Authority {
        self.ocsp_url = Some(url.into());
        self
    }
    /// With the address of its own certificate, written into the certificates that it issues from now on, so that a path can
    /// be completed.
    #[must_use]
    pub fn with_issuer_url(mut self, url: impl Into<String>) -> Authority {
        self.issuer_url = Some(url.into());
        self
    }
    /// Its own certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.chain[0]
    }
    /// Its certificate, and those above it up to the root.
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }
    /// Its key, to be sealed.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// A new issuing authority under this one, which may not make authorities itself.
    ///
    /// # Errors
    /// When a name is too long or the key refuses to sign.
    pub fn subordinate(
        &self,
        subject: &Subject,
        key: PrivateKey,
        from: Timestamp,
        until: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Authority> {
        let constraints = asn1::sequence([asn1::boolean(true), asn1::integer(0)]);
        let any_policy = asn1::sequence([asn1::sequence([asn1::oid(oid::ANY_POLICY)])]);
        let mut extensions = vec![
            critical(oid::BASIC_CONSTRAINTS, constraints),
            critical(oid::KEY_USAGE, asn1::named_bits(KeyUsage::CERTIFICATES | KeyUsage::CRLS)),
            plain(oid::CERTIFICATE_POLICIES, any_policy),
        ];
        extensions.extend(self.link(key.public_key_info())?);
        let name = subject.name()?;
        let draft = Certified {
            subject: name.der(),
            spki: key.public_key_info(),
            from,
            until: until.min(self.certificate().not_after()),
            extensions,
        };
        let certificate = draft.sign(self.certificate().subject().der(), &self.key, entropy)?;
        let chain = std::iter::once(certificate).chain(self.chain.iter().cloned()).collect();
        Ok(Authority { key, chain, crl_url: None, ocsp_url: None, issuer_url: None })
    }

    /// Issues a certificate for a public key (SubjectPublicKeyInfo). The validity ends with the authority's own at the
    /// latest.
    ///
    /// # Errors
    /// When a name is too long, the public key does not read, or the authority's key refuses to sign.
    pub fn issue(
        &self,
        profile: Profile,
        subject: &Subject,
        public_key_info: &[u8],
        from: Timestamp,
        until: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Certificate> {
        let uses = match profile {
            Profile::Person | Profile::Body => KeyUsage::CONTENT_COMMITMENT,
            Profile::TimeStamping | Profile::Ocsp => KeyUsage::DIGITAL_SIGNATURE,
        };
        let mut extensions = vec![critical(oid::KEY_USAGE, asn1::named_bits(uses))];
        let extended = |usage| asn1::sequence([asn1::oid(usage)]);
        match profile {
            Profile::Person | Profile::Body => {}
            Profile::TimeStamping => extensions.push(critical(oid::EXTENDED_KEY_USAGE, extended(oid::TIME_STAMPING))),
            Profile::Ocsp => {
                extensions.push(plain(oid::EXTENDED_KEY_USAGE, extended(oid::OCSP_SIGNING)));
                // Its own status would be asked of itself; it is short-lived instead.
                extensions.push(plain(oid::OCSP_NO_CHECK, asn1::null()));
            }
        }
        extensions.extend(self.link(public_key_info)?);
        let name = subject.name()?;
        let draft = Certified {
            subject: name.der(),
            spki: public_key_info,
            from,
            until: until.min(self.certificate().not_after()),
            extensions,
        };
        draft.sign(self.certificate().subject().der(), &self.key, entropy)
    }

    /// Signs a revocation list. `number` must grow with every list of this authority.
    ///
    /// # Errors
    /// When the key refuses to sign.
    pub fn crl(
        &self,
        number: u64,
        this_update: Timestamp,
        next_update: Timestamp,
        revoked: &[Revocation],
    ) -> Result<Crl> {
        let draft = Draft {
            scheme: self.key.scheme(),
            issuer: self.certificate().subject(),
            this_update,
            next_update,
            revoked,
            number,
            authority_key: &self.own_key_id()?,
        };
        Crl::parse(&signed(draft.tbs(), &self.key)?)
    }

    fn own_key_id(&self) -> Result<Vec<u8>> {
        match &self.certificate().extensions().subject_key_id {
            Some(id) => Ok(id.clone()),
            None => key_id(self.key.public_key_info()),
        }
    }

    /// The extensions that tie a certificate to its key, its issuer and its status.
    fn link(&self, public_key_info: &[u8]) -> Result<Vec<Vec<u8>>> {
        let authority = asn1::sequence([asn1::tlv(tag::context(0), &self.own_key_id()?)]);
        let mut extensions = vec![
            plain(oid::SUBJECT_KEY_ID, asn1::octets(&key_id(public_key_info)?)),
            plain(oid::AUTHORITY_KEY_ID, authority),
        ];
        let uri = |url: &str| asn1::tlv(tag::context(6), url.as_bytes());
        if let Some(url) = &self.crl_url {
            let point = asn1::sequence([asn1::tagged(0, [asn1::tagged(0, [uri(url)])])]);
            extensions.push(plain(oid::CRL_DISTRIBUTION_POINTS, asn1::sequence([point])));
        }
        let places = [(oid::ACCESS_OCSP, &self.ocsp_url), (oid::ACCESS_CA_ISSUERS, &self.issuer_url)];
        let access: Vec<Vec<u8>> = places
            .into_iter()
            .filter_map(|(kind, url)| Some(asn1::sequence([asn1::oid(kind), uri(url.as_ref()?)])))
            .collect();
        if !access.is_empty() {
            extensions.push(plain(oid::AUTHORITY_INFO_ACCESS, asn1::sequence(access)));
        }
        Ok(extensions)
    }
}

struct Certified<'a> {
    subject: &'a [u8],
    spki: &'a [u8],
    from: Timestamp,
    until: Timestamp,
    extensions: Vec<Vec<u8>>,
}

impl Certified<'_> {
    fn sign(self, issuer: &[u8], key: &PrivateKey, entropy: &dyn Entropy) -> Result<Certificate> {
        // 126 random bits; positive, and never shorter than 16 octets (RFC 5280, 4.1.2.2).
        let mut serial = [0; 16];
        entropy.fill(&mut serial);
        serial[0] = (serial[0] & 0x3f) | 0x40;
        let tbs = asn1::sequence([
            asn1::tagged(0, [asn1::integer(2)]),
            asn1::unsigned(&serial),
            key.scheme().to_der(),
            issuer.to_vec(),
            asn1::sequence([asn1::x509_time(self.from), asn1::x509_time(self.until)]),
            self.subject.to_vec(),
            self.spki.to_vec(),
            asn1::tagged(3, [asn1::sequence(self.extensions)]),
        ]);
        Certificate::parse(&signed(tbs, key)?)
    }
}

fn signed(tbs: Vec<u8>, key: &PrivateKey) -> Result<Vec<u8>> {
    let signature = key.sign(&tbs)?;
    Ok(asn1::sequence([tbs, key.scheme().to_der(), asn1::bit_octets(&signature)]))
}

fn critical(kind: Oid, value: Vec<u8>) -> Vec<u8> {
    asn1::sequence([asn1::oid(kind), asn1::boolean(true), asn1::octets(&value)])
}

fn plain(kind: Oid, value: Vec<u8>) -> Vec<u8> {
    asn1::sequence([asn1::oid(kind), asn1::octets(&value)])
}

/// The leftmost 160 bits of the SHA-256 of the public key (RFC 7093, method 1).
fn key_id(public_key_info: &[u8]) -> Result<Vec<u8>> {
    const WHAT: &str = "public key";
    let mut reader = Reader::only(public_key_info, tag::SEQUENCE, WHAT)?.open(WHAT);
    reader.take(tag::SEQUENCE)?;
    let bits = reader.take(tag::BIT_STRING)?.bit_octets(WHAT)?;
    Ok(Hash::Sha256.of(&[bits])[..20].to_vec())
}
