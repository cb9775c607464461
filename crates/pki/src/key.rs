//! Private keys: made, read from PKCS #8, used to sign. Never shown and never in a log.

use crate::{
    algorithm::{Hash, PublicKey, Scheme},
    asn1::{self},
    error::{Error, Result},
    oid,
};
use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair},
};
use zeroize::Zeroizing;

/// What kind of key to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// ECDSA on P-256: the default.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521.
    P521,
    /// RSA with 2048 bits.
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits.
    Rsa4096,
    /// Ed25519.
    Ed25519,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A private key, held in memory; its PKCS #8 bytes are overwritten when it is dropped.
pub struct PrivateKey {
    pair: Pair,
    pkcs8: Zeroizing<Vec<u8>>,
    spki: Vec<u8>,
    scheme: Scheme,
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey({:?})", self.scheme)
    }
}

impl PrivateKey {
    /// Makes a key from aws-lc's own random source.
    ///
    /// # Errors
    /// [`Error::Key`] when the library cannot.
    pub fn generate(kind: KeyKind) -> Result<PrivateKey> {
        let fail = |_| Error::Key("it could not be made");
        let random = SystemRandom::new();
        let rsa = |size| RsaKeyPair::generate(size)?.as_der().map(|der| der.as_ref().to_vec());
        let ecdsa = |algorithm| EcdsaKeyPair::generate_pkcs8(algorithm, &random).map(|der| der.as_ref().to_vec());
        let pkcs8 = match kind {
            KeyKind::P256 => ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyKind::P384 => ecdsa(&signature::ECDSA_P384_SHA384_ASN1_SIGNING),
            KeyKind::P521 => ecdsa(&signature::ECDSA_P521_SHA512_ASN1_SIGNING),
            KeyKind::Rsa2048 => rsa(KeySize::Rsa2048),
            KeyKind::Rsa3072 => rsa(KeySize::Rsa3072),
            KeyKind::Rsa4096 => rsa(KeySize::Rsa4096),
            KeyKind::Ed25519 => Ed25519KeyPair::generate_pkcs8v1(&random).map(|der| der.as_ref().to_vec()),
        };
        PrivateKey::from_pkcs8(&Zeroizing::new(pkcs8.map_err(fail)?))
    }

    /// Reads an unencrypted PKCS #8 key.
    ///
    /// # Errors
    /// [`Error::Key`] when it is no key of a kind that is used here.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<PrivateKey> {
        let curves = [
            (&signature::ECDSA_P256_SHA256_ASN1_SIGNING, oid::P256, Hash::Sha256),
            (&signature::ECDSA_P384_SHA384_ASN1_SIGNING, oid::P384, Hash::Sha384),
            (&signature::ECDSA_P521_SHA512_ASN1_SIGNING, oid::P521, Hash::Sha512),
        ];
        let keep = |pair, spki, scheme| PrivateKey { pair, pkcs8: Zeroizing::new(pkcs8.to_vec()), spki, scheme };
        for (algorithm, curve, hash) in curves {
            if let Ok(pair) = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8) {
                let spki = spki(asn1::sequence([asn1::oid(oid::EC), asn1::oid(curve)]), pair.public_key().as_ref());
                return Ok(keep(Pair::Ecdsa(pair), spki, Scheme::Ecdsa(hash)));
            }
        }
        if let Ok(pair) = RsaKeyPair::from_pkcs8(pkcs8) {
            let spki = spki(asn1::sequence([asn1::oid(oid::RSA), asn1::null()]), pair.public_key().as_ref());
            return Ok(keep(Pair::Rsa(pair), spki, Scheme::RsaPss(Hash::Sha256, 32)));
        }
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8) {
            let spki = spki(asn1::sequence([asn1::oid(oid::ED25519)]), pair.public_key().as_ref());
            return Ok(keep(Pair::Ed25519(pair), spki, Scheme::Ed25519));
        }
        Err(Error::Key("it is no PKCS #8 key for P-256, P-384, P-521, RSA from 2048 bits or Ed25519"))
    }

    /// The PKCS #8 bytes, to be sealed at once.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }
    /// The public half, as a SubjectPublicKeyInfo.
    pub fn public_key_info(&self) -> &[u8] {
        &self.spki
    }
    /// The public half.
    ///
    /// # Errors
    /// Never for a key that was made or read here.
    pub fn public_key(&self) -> Result<PublicKey> {
        PublicKey::parse(&self.spki)
    }
    /// The scheme of its signatures. RSA keys sign with PSS, as Circular 15/2025/TT-BKHCN wants.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }
    /// An RSA key that signs with PKCS #1 v1.5, for validators that know nothing else; other keys stay as they are.
    #[must_use]
    pub fn with_pkcs1(mut self) -> PrivateKey {
        if let Scheme::RsaPss(hash, _) = self.scheme {
            self.scheme = Scheme::RsaPkcs1(hash);
        }
        self
    }
    /// Signs a message.
    ///
    /// # Errors
    /// [`Error::Key`] when the library refuses the key.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let fail = |_| Error::Key("signing failed");
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ecdsa(pair) => pair.sign(&random, message).map(|s| s.as_ref().to_vec()).map_err(fail),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut out = vec![0; pair.public_modulus_len()];
                let encoding = match self.scheme {
                    Scheme::RsaPkcs1(_) => &signature::RSA_PKCS1_SHA256,
                    _ => &signature::RSA_PSS_SHA256,
                };
                pair.sign(encoding, &random, message, &mut out).map_err(fail)?;
                Ok(out)
            }
        }
    }
}

fn spki(algorithm: Vec<u8>, bits: &[u8]) -> Vec<u8> {
    asn1::sequence([algorithm, asn1::bit_octets(bits)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verdict;

    #[test]
    fn every_kind_of_key_survives_storage_and_its_signature_is_right() {
        for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Rsa2048, KeyKind::Ed25519] {
            let key = PrivateKey::from_pkcs8(PrivateKey::generate(kind).unwrap().pkcs8()).unwrap();
            let signature = key.sign(b"Nghi quyet").unwrap();
            let public = key.public_key().unwrap();
            assert_eq!(key.scheme().verify(&public, b"Nghi quyet", &signature), Verdict::Right, "{kind:?}");
            assert_eq!(key.scheme().verify(&public, b"Nghi quyeT", &signature), Verdict::Wrong, "{kind:?}");
            assert_eq!(Scheme::parse(&key.scheme().to_der()).unwrap(), key.scheme());
        }
        let key = PrivateKey::generate(KeyKind::Rsa2048).unwrap().with_pkcs1();
        let signature = key.sign(b"x").unwrap();
        assert!(Scheme::RsaPkcs1(Hash::Sha256).verify(&key.public_key().unwrap(), b"x", &signature).is_right());
    }

    #[test]
    fn a_key_is_never_shown() {
        let shown = format!("{:?}", PrivateKey::generate(KeyKind::P256).unwrap());
        assert_eq!(shown, "PrivateKey(Ecdsa(Sha256))");
    }
}
