//! Digests, public keys and signature schemes: RFC 3279, 4055, 5480, 5758, 8410.

use crate::{
    asn1::{self, Element, Reader, tag},
    dsa,
    error::{Error, Result, malformed},
    oid::{self, Oid},
};
use aws_lc_rs::{
    digest,
    signature::{self, ParsedPublicKey, RsaPssSaltLength, VerificationAlgorithm},
};

use std::sync::{Mutex, PoisonError};

/// A digest algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of FIPS 180 and 202")]
pub enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
    Sha3_256,
    Sha3_384,
    Sha3_512,
}

impl Hash {
    /// The algorithm of an object identifier.
    pub fn from_oid(oid: Oid) -> Option<Hash> {
        Some(match oid {
            oid::SHA1 => Hash::Sha1,
            oid::SHA256 => Hash::Sha256,
            oid::SHA384 => Hash::Sha384,
            oid::SHA512 => Hash::Sha512,
            oid::SHA3_256 => Hash::Sha3_256,
            oid::SHA3_384 => Hash::Sha3_384,
            oid::SHA3_512 => Hash::Sha3_512,
            _ => return None,
        })
    }
    /// Its object identifier.
    pub fn oid(self) -> Oid {
        match self {
            Hash::Sha1 => oid::SHA1,
            Hash::Sha256 => oid::SHA256,
            Hash::Sha384 => oid::SHA384,
            Hash::Sha512 => oid::SHA512,
            Hash::Sha3_256 => oid::SHA3_256,
            Hash::Sha3_384 => oid::SHA3_384,
            Hash::Sha3_512 => oid::SHA3_512,
        }
    }
    /// Reads an AlgorithmIdentifier of a digest.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for other digests.
    pub fn parse(element: Element<'_>) -> Result<Hash> {
        let oid = element.open("digest algorithm").oid()?;
        Hash::from_oid(oid).ok_or_else(|| Error::Unsupported(format!("the digest algorithm {oid}")))
    }
    /// The AlgorithmIdentifier, without parameters (RFC 5754).
    pub fn to_der(self) -> Vec<u8> {
        asn1::sequence([asn1::oid(self.oid())])
    }
    /// SHA-1: collisions are found in practice.
    pub fn is_weak(self) -> bool {
        self == Hash::Sha1
    }
    pub(crate) fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
            Hash::Sha512 => &digest::SHA512,
            Hash::Sha3_256 => &digest::SHA3_256,
            Hash::Sha3_384 => &digest::SHA3_384,
            Hash::Sha3_512 => &digest::SHA3_512,
        }
    }
    /// A digest that is fed piece by piece.
    pub fn start(self) -> Digester {
        Digester(digest::Context::new(self.algorithm()))
    }
    /// The digest of the parts, one after the other.
    pub fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = digest::Context::new(self.algorithm());
        for part in parts {
            context.update(part);
        }
        context.finish().as_ref().to_vec()
    }
}

/// A digest in the making.
#[derive(Clone)]
pub struct Digester(digest::Context);

impl Digester {
    /// More bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    /// The digest.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}
impl std::fmt::Debug for Digester {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digester(…)")
    }
}

/// A public key as it stands in a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA: the DER of RSAPublicKey and the length of the modulus in bits.
    Rsa {
        /// `SEQUENCE { modulus, exponent }`.
        der: Vec<u8>,
        /// Length of the modulus.
        bits: usize,
    },
    /// A point on a named curve.
    Ec {
        /// The curve.
        curve: Oid,
        /// The uncompressed or compressed point.
        point: Vec<u8>,
    },
    /// Ed25519.
    Ed25519(Vec<u8>),
    /// DSA, which is only ever verified; parameters may come from the issuer's key.
    Dsa(dsa::PublicKey),
    /// Another algorithm: a signature with it cannot be checked.
    Other(Oid),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(spki: &[u8]) -> Result<PublicKey> {
        const WHAT: &str = "public key";
        let mut outer = Reader::only(spki, tag::SEQUENCE, WHAT)?.open(WHAT);
        let mut algorithm = outer.sequence()?;
        let kind = algorithm.oid()?;
        let bits = outer.take(tag::BIT_STRING)?.bit_octets(WHAT)?;
        outer.finish()?;
        Ok(match kind {
            oid::RSA | oid::RSA_PSS => {
                let mut key = Reader::only(bits, tag::SEQUENCE, WHAT)?.open(WHAT);
                let modulus = key.take(tag::INTEGER)?.integer(WHAT)?;
                key.take(tag::INTEGER)?.integer(WHAT)?;
                key.finish()?;
                if modulus[0] & 0x80 != 0 {
                    return Err(malformed(WHAT, "a negative modulus"));
                }
                let modulus = &modulus[usize::from(modulus[0] == 0)..];
                let lead = modulus.first().map_or(8, |b| b.leading_zeros() as usize);
                PublicKey::Rsa { der: bits.to_vec(), bits: (modulus.len() * 8).saturating_sub(lead) }
            }
            oid::EC => PublicKey::Ec { curve: algorithm.oid()?, point: bits.to_vec() },
            oid::ED25519 => PublicKey::Ed25519(bits.to_vec()),
            oid::DSA => PublicKey::Dsa(dsa::PublicKey::parse(algorithm, bits)?),
            other => PublicKey::Other(other),
        })
    }
    /// A DSA key without parameters takes those of its issuer's key (RFC 3279, 2.3.2).
    #[must_use]
    pub(crate) fn with_parameters_of(self, issuer: &PublicKey) -> PublicKey {
        match (self, issuer) {
            (PublicKey::Dsa(key), PublicKey::Dsa(above)) => PublicKey::Dsa(key.with_parameters_of(above)),
            (key, _) => key,
        }
    }
    /// `RSA 2048`, `P-256`, …
    pub fn describe(&self) -> String {
        match self {
            PublicKey::Rsa { bits, .. } => format!("RSA {bits}"),
            PublicKey::Ec { curve: oid::P256, .. } => "P-256".into(),
            PublicKey::Ec { curve: oid::P384, .. } => "P-384".into(),
            PublicKey::Ec { curve: oid::P521, .. } => "P-521".into(),
            PublicKey::Ec { curve, .. } => format!("EC {curve}"),
            PublicKey::Ed25519(_) => "Ed25519".into(),
            PublicKey::Dsa(_) => "DSA".into(),
            PublicKey::Other(oid) => oid.to_string(),
        }
    }
}

/// A signature scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Hash),
    /// RSASSA-PSS with MGF1 over the same digest, and the length of the salt.
    RsaPss(Hash, u16),
    /// ECDSA.
    Ecdsa(Hash),
    /// Ed25519.
    Ed25519,
    /// DSA with SHA-1 or SHA-256.
    Dsa(Hash),
}

impl Scheme {
    /// Reads an AlgorithmIdentifier of a signature (with its SEQUENCE header).
    ///
    /// # Errors
    /// [`Error::Unsupported`] for other schemes.
    pub fn parse(der: &[u8]) -> Result<Scheme> {
        const WHAT: &str = "signature algorithm";
        let mut reader = Reader::only(der, tag::SEQUENCE, WHAT)?.open(WHAT);
        let kind = reader.oid()?;
        Ok(match kind {
            oid::RSA_SHA1 => Scheme::RsaPkcs1(Hash::Sha1),
            oid::RSA_SHA256 => Scheme::RsaPkcs1(Hash::Sha256),
            oid::RSA_SHA384 => Scheme::RsaPkcs1(Hash::Sha384),
            oid::RSA_SHA512 => Scheme::RsaPkcs1(Hash::Sha512),
            oid::RSA_PSS => pss(reader)?,
            oid::ECDSA_SHA1 => Scheme::Ecdsa(Hash::Sha1),
            oid::ECDSA_SHA256 => Scheme::Ecdsa(Hash::Sha256),
            oid::ECDSA_SHA384 => Scheme::Ecdsa(Hash::Sha384),
            oid::ECDSA_SHA512 => Scheme::Ecdsa(Hash::Sha512),
            oid::ED25519 => Scheme::Ed25519,
            oid::DSA_SHA1 => Scheme::Dsa(Hash::Sha1),
            oid::DSA_SHA256 => Scheme::Dsa(Hash::Sha256),
            other => return Err(Error::Unsupported(format!("the signature algorithm {other}"))),
        })
    }
    /// Reads the algorithm of a CMS SignerInfo, where RSA may stand alone and the digest beside it.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for other schemes.
    pub fn parse_with_digest(der: &[u8], hash: Hash) -> Result<Scheme> {
        let kind = Reader::only(der, tag::SEQUENCE, "signature algorithm")?.open("signature algorithm").oid()?;
        match kind {
            oid::RSA => Ok(Scheme::RsaPkcs1(hash)),
            oid::EC => Ok(Scheme::Ecdsa(hash)),
            oid::DSA => Ok(Scheme::Dsa(hash)),
            _ => Scheme::parse(der),
        }
    }
    /// The AlgorithmIdentifier.
    pub fn to_der(self) -> Vec<u8> {
        let with_null = |oid| asn1::sequence([asn1::oid(oid), asn1::null()]);
        let alone = |oid| asn1::sequence([asn1::oid(oid)]);
        match self {
            Scheme::RsaPkcs1(Hash::Sha1) => with_null(oid::RSA_SHA1),
            Scheme::RsaPkcs1(Hash::Sha384) => with_null(oid::RSA_SHA384),
            Scheme::RsaPkcs1(Hash::Sha512) => with_null(oid::RSA_SHA512),
            Scheme::RsaPkcs1(_) => with_null(oid::RSA_SHA256),
            Scheme::RsaPss(hash, salt) => {
                let digest = asn1::sequence([asn1::oid(hash.oid()), asn1::null()]);
                let mask = asn1::sequence([asn1::oid(oid::MGF1), digest.clone()]);
                let salt = asn1::integer(u64::from(salt));
                let parts = [asn1::tagged(0, [digest]), asn1::tagged(1, [mask]), asn1::tagged(2, [salt])];
                asn1::sequence([asn1::oid(oid::RSA_PSS), asn1::sequence(parts)])
            }
            Scheme::Ecdsa(Hash::Sha1) => alone(oid::ECDSA_SHA1),
            Scheme::Ecdsa(Hash::Sha384) => alone(oid::ECDSA_SHA384),
            Scheme::Ecdsa(Hash::Sha512) => alone(oid::ECDSA_SHA512),
            Scheme::Ecdsa(_) => alone(oid::ECDSA_SHA256),
            Scheme::Ed25519 => alone(oid::ED25519),
            Scheme::Dsa(Hash::Sha1) => alone(oid::DSA_SHA1),
            Scheme::Dsa(_) => alone(oid::DSA_SHA256),
        }
    }
    /// The digest that the scheme uses; Ed25519 hashes inside, with SHA-512.
    pub fn hash(self) -> Hash {
        match self {
            Scheme::RsaPkcs1(h) | Scheme::RsaPss(h, _) | Scheme::Ecdsa(h) | Scheme::Dsa(h) => h,
            Scheme::Ed25519 => Hash::Sha512,
        }
    }
    /// Checks a signature over a message.
    pub fn verify(self, key: &PublicKey, message: &[u8], signature: &[u8]) -> Verdict {
        let checked = |algorithm: &dyn VerificationAlgorithm, key: &[u8]| {
            Verdict::of(algorithm.verify_sig(key, message, signature).is_ok())
        };
        match (self, key) {
            (Scheme::RsaPkcs1(hash), PublicKey::Rsa { der, .. }) => match hash {
                Hash::Sha1 => checked(&signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, der),
                Hash::Sha256 => checked(&signature::RSA_PKCS1_2048_8192_SHA256, der),
                Hash::Sha384 => checked(&signature::RSA_PKCS1_2048_8192_SHA384, der),
                Hash::Sha512 => checked(&signature::RSA_PKCS1_2048_8192_SHA512, der),
                _ => Verdict::Unsupported,
            },
            (Scheme::RsaPss(hash, salt), PublicKey::Rsa { der, .. }) => verify_pss(hash, salt, der, message, signature),
            (Scheme::Ecdsa(hash), PublicKey::Ec { curve, point }) => match ecdsa(*curve, hash) {
                Some(algorithm) => checked(algorithm, point),
                None => Verdict::Unsupported,
            },
            (Scheme::Ed25519, PublicKey::Ed25519(point)) => checked(&signature::ED25519, point),
            (Scheme::Dsa(hash), PublicKey::Dsa(key)) => match key.verify(hash, message, signature) {
                Some(good) => Verdict::of(good),
                None => Verdict::Unsupported,
            },
            (_, PublicKey::Other(_)) => Verdict::Unsupported,
            _ => Verdict::Wrong,
        }
    }
}

/// What the check of a signature gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The signature is over this message by this key.
    Right,
    /// It is not.
    Wrong,
    /// The key or the scheme cannot be checked here.
    Unsupported,
}

impl Verdict {
    fn of(good: bool) -> Verdict {
        if good { Verdict::Right } else { Verdict::Wrong }
    }
    /// Only [`Verdict::Right`].
    pub fn is_right(self) -> bool {
        self == Verdict::Right
    }
}

/// Verdicts on one signed object, by key: one certificate is checked many times in one validation and in the next.
#[derive(Debug, Default)]
pub(crate) struct Verdicts(Mutex<Vec<(PublicKey, Verdict)>>);

impl Verdicts {
    /// More keys than this are not remembered.
    const MOST: usize = 4;

    pub fn remember(&self, key: &PublicKey, check: impl FnOnce() -> Verdict) -> Verdict {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, verdict)) = known().iter().find(|(k, _)| k == key) {
            return *verdict;
        }
        let verdict = check();
        let mut known = known();
        if known.len() < Verdicts::MOST {
            known.push((key.clone(), verdict));
        }
        verdict
    }
}

fn ecdsa(curve: Oid, hash: Hash) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (curve, hash) {
        (oid::P256, Hash::Sha1) => &signature::ECDSA_P256_SHA1_ASN1,
        (oid::P256, Hash::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (oid::P256, Hash::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (oid::P256, Hash::Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
        (oid::P384, Hash::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (oid::P384, Hash::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
        (oid::P384, Hash::Sha512) => &signature::ECDSA_P384_SHA512_ASN1,
        (oid::P521, Hash::Sha1) => &signature::ECDSA_P521_SHA1_ASN1,
        (oid::P521, Hash::Sha256) => &signature::ECDSA_P521_SHA256_ASN1,
        (oid::P521, Hash::Sha384) => &signature::ECDSA_P521_SHA384_ASN1,
        (oid::P521, Hash::Sha512) => &signature::ECDSA_P521_SHA512_ASN1,
        _ => return None,
    })
}

/// Reads RSASSA-PSS parameters (RFC 4055, 3.1); only MGF1 over the same digest is done.
fn pss(mut reader: Reader<'_>) -> Result<Scheme> {
    const WHAT: &str = "RSASSA-PSS parameters";
    let (mut hash, mut mask, mut salt) = (Hash::Sha1, Hash::Sha1, 20);
    if let Some(parameters) = reader.optional(tag::SEQUENCE)? {
        let mut parameters = parameters.open(WHAT);
        if let Some(element) = parameters.optional(tag::context_constructed(0))? {
            hash = Hash::parse(Reader::only(element.content, tag::SEQUENCE, WHAT)?)?;
        }
        if let Some(element) = parameters.optional(tag::context_constructed(1))? {
            let mut mgf = Reader::only(element.content, tag::SEQUENCE, WHAT)?.open(WHAT);
            if mgf.oid()? != oid::MGF1 {
                return Err(Error::Unsupported("a mask generation function other than MGF1".into()));
            }
            mask = Hash::parse(mgf.take(tag::SEQUENCE)?)?;
        }
        if let Some(element) = parameters.optional(tag::context_constructed(2))? {
            let length = Reader::only(element.content, tag::INTEGER, WHAT)?.small_integer(WHAT)?;
            salt = u16::try_from(length).map_err(|_| malformed(WHAT, "a salt longer than any key"))?;
        }
    }
    if hash != mask {
        return Err(Error::Unsupported("RSASSA-PSS with two different digests".into()));
    }
    Ok(Scheme::RsaPss(hash, salt))
}

/// The library takes its parameters as statics, so that each usual salt length is written out; a digest-long salt is what
/// nearly all signers write.
fn verify_pss(hash: Hash, salt: u16, key: &[u8], message: &[u8], signature: &[u8]) -> Verdict {
    use RsaPssSaltLength::Custom;
    macro_rules! with_salts {
        ($parameters:expr, $($length:literal),*) => {
            match salt {
                $($length => {
                    const ALGORITHM: signature::RsaParameters = $parameters.with_pss_salt_length(Custom($length));
                    Verdict::of(ParsedPublicKey::new(&ALGORITHM, key).is_ok_and(|k| k.verify_sig(message, signature).is_ok()))
                })*
                _ => Verdict::Unsupported,
            }
        };
    }
    match hash {
        Hash::Sha256 => with_salts!(signature::RSA_PSS_2048_8192_SHA256, 0, 8, 10, 16, 20, 32, 48, 64, 222, 350, 478),
        Hash::Sha384 => with_salts!(signature::RSA_PSS_2048_8192_SHA384, 0, 8, 10, 16, 20, 32, 48, 64, 206, 334, 462),
        Hash::Sha512 => with_salts!(signature::RSA_PSS_2048_8192_SHA512, 0, 8, 10, 16, 20, 32, 48, 64, 190, 318, 446),
        _ => Verdict::Unsupported,
    }
}
