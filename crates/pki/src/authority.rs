//! Certification authorities: a root, issuing authorities under it, the certificates and revocation lists they sign.
//!
//! The shape of each certificate is fixed by its [`Profile`]: data in `certificates/profiles.toml`.

use crate::{
    algorithm::{Hash, Scheme},
    asn1::{self, Reader, tag},
    certificate::Certificate,
    crl::{Crl, Draft, Revocation},
    error::{Error, Result},
    extension::KeyUsage,
    general_name::GeneralName,
    key::PrivateKey,
    name::{Name, Subject},
    oid::{self, Oid},
    shape::{Profile, Profiles},
};
use kernel::{Entropy, Timestamp};
use std::sync::Arc;

/// A key that signs certificates and lists, wherever it lives: in memory, on a token, in a security module.
pub trait IssuingKey: Send + Sync {
    /// The public half, as a SubjectPublicKeyInfo.
    fn public_key_info(&self) -> &[u8];
    /// The scheme of its signatures.
    fn scheme(&self) -> Scheme;
    /// Signs a message.
    ///
    /// # Errors
    /// [`Error::Key`] when the key does not sign.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>>;
}

impl IssuingKey for PrivateKey {
    fn public_key_info(&self) -> &[u8] {
        self.public_key_info()
    }
    fn scheme(&self) -> Scheme {
        self.scheme()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.sign(message)
    }
}

impl<K: IssuingKey + ?Sized> IssuingKey for Arc<K> {
    fn public_key_info(&self) -> &[u8] {
        (**self).public_key_info()
    }
    fn scheme(&self) -> Scheme {
        (**self).scheme()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        (**self).sign(message)
    }
}

/// Which revocation list: its number, its time, what it holds.
#[derive(Debug, Clone, Copy)]
pub struct CrlPlan<'a> {
    /// Grows with every list of this authority, full or delta.
    pub number: u64,
    /// When it is issued.
    pub this_update: Timestamp,
    /// When the next one comes at the latest.
    pub next_update: Timestamp,
    /// The certificates it lists. A delta list also names those taken off hold ([`crate::Reason::RemoveFromCrl`]).
    pub revoked: &'a [Revocation],
    /// A delta list: the number of the full list that it builds on.
    pub base: Option<u64>,
    /// A part of all certificates: the address that stands in them as their distribution point (RFC 5280, 5.2.5).
    pub point: Option<&'a str>,
    /// The address of the delta list that goes with this full one.
    pub freshest: Option<&'a str>,
}

/// A certification authority with its key.
#[derive(Clone)]
pub struct Authority {
    key: Arc<dyn IssuingKey>,
    chain: Vec<Certificate>,
    profiles: Profiles,
    crl_url: Option<String>,
    crl_parts: u8,
    ocsp_url: Option<String>,
    issuer_url: Option<String>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authority({})", self.certificate().subject())
    }
}

impl Authority {
    fn with(key: Arc<dyn IssuingKey>, chain: Vec<Certificate>) -> Authority {
        let profiles = Profiles::default();
        Authority { key, chain, profiles, crl_url: None, crl_parts: 1, ocsp_url: None, issuer_url: None }
    }

    /// A new self-signed root.
    ///
    /// # Errors
    /// When a name is too long or the key refuses to sign.
    pub fn root(
        subject: &Subject,
        key: impl IssuingKey + 'static,
        from: Timestamp,
        until: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Authority> {
        let key: Arc<dyn IssuingKey> = Arc::new(key);
        let extensions = vec![
            critical(oid::BASIC_CONSTRAINTS, asn1::sequence([asn1::boolean(true)])),
            critical(oid::KEY_USAGE, asn1::named_bits(KeyUsage::CERTIFICATES | KeyUsage::CRLS)),
            plain(oid::SUBJECT_KEY_ID, asn1::octets(&key_id(key.public_key_info())?)),
        ];
        let name = subject.name()?;
        let (serial, spki) = (new_serial(entropy), key.public_key_info());
        let draft = Certified { serial, subject: name.der(), spki, from, until, extensions };
        let certificate = draft.sign(name.der(), &*key)?;
        Ok(Authority::with(key, vec![certificate]))
    }

    /// An authority read back from storage: its key, and its certificate first in the chain up to the root.
    ///
    /// # Errors
    /// [`Error::Key`] when the key is not that of the first certificate.
    pub fn new(key: impl IssuingKey + 'static, chain: Vec<Certificate>) -> Result<Authority> {
        match chain.first() {
            Some(first) if first.public_key_info() == key.public_key_info() => {
                Ok(Authority::with(Arc::new(key), chain))
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
    /// With its CRL in so many parts, from 2 on: `{part}` in the address of the CRL stands for the part of a certificate,
    /// [`Authority::part_of`] its serial number.
    #[must_use]
    pub fn with_crl_parts(mut self, parts: u8) -> Authority {
        self.crl_parts = parts.max(1);
        self
    }
    /// The part of so many in which the status of a serial number is told.
    pub fn part_of(serial: &[u8], parts: u8) -> u8 {
        serial.last().copied().unwrap_or(0) % parts.max(1)
    }
    /// With other profiles than those built in.
    #[must_use]
    pub fn with_profiles(mut self, profiles: Profiles) -> Authority {
        self.profiles = profiles;
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
    /// Its key, which signs what else speaks in its name.
    pub fn key(&self) -> &dyn IssuingKey {
        &*self.key
    }
    /// The shapes of its profiles.
    pub fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// A new issuing authority under this one, which may not make authorities itself.
    ///
    /// # Errors
    /// When a name is too long or the key refuses to sign.
    pub fn subordinate(
        &self,
        subject: &Subject,
        key: impl IssuingKey + 'static,
        from: Timestamp,
        until: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Authority> {
        let certificate = self.certify(&subject.name()?, key.public_key_info(), from, until, entropy)?;
        let chain = std::iter::once(certificate).chain(self.chain.iter().cloned()).collect();
        Ok(Authority::with(Arc::new(key), chain))
    }

    /// The certificate of an issuing authority whose key is elsewhere: what an offline root signs.
    ///
    /// # Errors
    /// When the public key does not read or the root's key refuses to sign.
    pub fn certify(
        &self,
        subject: &Name,
        public_key_info: &[u8],
        from: Timestamp,
        until: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Certificate> {
        let constraints = asn1::sequence([asn1::boolean(true), asn1::integer(0)]);
        let any_policy = asn1::sequence([asn1::sequence([asn1::oid(oid::ANY_POLICY)])]);
        let serial = new_serial(entropy);
        let mut extensions = vec![
            critical(oid::BASIC_CONSTRAINTS, constraints),
            critical(oid::KEY_USAGE, asn1::named_bits(KeyUsage::CERTIFICATES | KeyUsage::CRLS)),
            plain(oid::CERTIFICATE_POLICIES, any_policy),
        ];
        extensions.extend(self.link(public_key_info, &serial)?);
        let until = until.min(self.certificate().not_after());
        let draft = Certified { serial, subject: subject.der(), spki: public_key_info, from, until, extensions };
        draft.sign(self.certificate().subject().der(), &*self.key)
    }

    /// Issues a certificate for a public key (SubjectPublicKeyInfo). The validity ends with the authority's own and with
    /// the profile's longest term at the latest.
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
        self.issue_for(profile, subject, &[], public_key_info, from, until, entropy)
    }

    /// The same with alternative names; a server's certificate may have those alone and no subject.
    ///
    /// # Errors
    /// As [`Authority::issue`], and for an alternative name of another form than DNS, IP address, e-mail and URI.
    #[allow(clippy::too_many_arguments, reason = "a certificate has that many parts")]
    pub fn issue_for(
        &self,
        profile: Profile,
        subject: &Subject,
        names: &[GeneralName],
        public_key_info: &[u8],
        from: Timestamp,
        until: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Certificate> {
        let shape = self.profiles.of(profile);
        let serial = new_serial(entropy);
        let mut extensions = vec![critical(oid::KEY_USAGE, asn1::named_bits(shape.key_usage()))];
        let extended: Vec<Vec<u8>> = shape.extended().map(asn1::oid).collect();
        if !extended.is_empty() {
            let make = if shape.extended_critical { critical } else { plain };
            extensions.push(make(oid::EXTENDED_KEY_USAGE, asn1::sequence(extended)));
        }
        if shape.no_check {
            extensions.push(plain(oid::OCSP_NO_CHECK, asn1::null()));
        }
        let policies: Vec<Vec<u8>> = shape.policies().map(|p| asn1::sequence([asn1::oid(p)])).collect();
        if !policies.is_empty() {
            extensions.push(plain(oid::CERTIFICATE_POLICIES, asn1::sequence(policies)));
        }
        let name = subject.name()?;
        if !names.is_empty() {
            let names = names.iter().map(GeneralName::to_der).collect::<Result<Vec<_>>>()?;
            // A certificate without subject is known by these names alone (RFC 5280, 4.2.1.6).
            let make = if name.is_empty() { critical } else { plain };
            extensions.push(make(oid::SUBJECT_ALT_NAME, asn1::sequence(names)));
        }
        extensions.extend(self.link(public_key_info, &serial)?);
        let until = until.min(self.certificate().not_after()).min(from.plus_seconds(shape.days * 86_400));
        let draft = Certified { serial, subject: name.der(), spki: public_key_info, from, until, extensions };
        draft.sign(self.certificate().subject().der(), &*self.key)
    }

    /// Signs a full revocation list. `number` must grow with every list of this authority.
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
        let (base, point, freshest) = (None, None, None);
        self.crl_of(&CrlPlan { number, this_update, next_update, revoked, base, point, freshest })
    }

    /// Signs a revocation list: full, delta, or of one part of the certificates. It costs time and memory by the number
    /// of certificates that it lists, not by the number issued.
    ///
    /// # Errors
    /// When the key refuses to sign.
    pub fn crl_of(&self, plan: &CrlPlan<'_>) -> Result<Crl> {
        let draft = Draft {
            scheme: self.key.scheme(),
            issuer: self.certificate().subject(),
            plan,
            authority_key: &self.own_key_id()?,
        };
        Crl::parse(&signed(draft.tbs(), &*self.key)?)
    }

    fn own_key_id(&self) -> Result<Vec<u8>> {
        match &self.certificate().extensions().subject_key_id {
            Some(id) => Ok(id.clone()),
            None => key_id(self.key.public_key_info()),
        }
    }

    /// The extensions that tie a certificate to its key, its issuer and its status.
    fn link(&self, public_key_info: &[u8], serial: &[u8]) -> Result<Vec<Vec<u8>>> {
        let authority = asn1::sequence([asn1::tlv(tag::context(0), &self.own_key_id()?)]);
        let mut extensions = vec![
            plain(oid::SUBJECT_KEY_ID, asn1::octets(&key_id(public_key_info)?)),
            plain(oid::AUTHORITY_KEY_ID, authority),
        ];
        let uri = |url: &str| asn1::tlv(tag::context(6), url.as_bytes());
        if let Some(url) = &self.crl_url {
            let url = url.replace("{part}", &Authority::part_of(serial, self.crl_parts).to_string());
            let point = asn1::sequence([asn1::tagged(0, [asn1::tagged(0, [uri(&url)])])]);
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
    serial: [u8; 16],
    subject: &'a [u8],
    spki: &'a [u8],
    from: Timestamp,
    until: Timestamp,
    extensions: Vec<Vec<u8>>,
}

impl Certified<'_> {
    fn sign(self, issuer: &[u8], key: &dyn IssuingKey) -> Result<Certificate> {
        let tbs = asn1::sequence([
            asn1::tagged(0, [asn1::integer(2)]),
            asn1::unsigned(&self.serial),
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

/// 126 random bits; positive, and never shorter than 16 octets (RFC 5280, 4.1.2.2).
fn new_serial(entropy: &dyn Entropy) -> [u8; 16] {
    let mut serial = [0; 16];
    entropy.fill(&mut serial);
    serial[0] = (serial[0] & 0x3f) | 0x40;
    serial
}

fn signed(tbs: Vec<u8>, key: &dyn IssuingKey) -> Result<Vec<u8>> {
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
