//! The key that signs the heads of the Merkle log.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
    },
};
use kernel::{Digest, Problem};

/// Signs the heads of the Merkle log.
pub trait TreeSigner: Send + Sync {
    /// The public key with which anybody checks the signatures.
    fn public_key(&self) -> TreePublicKey;
    /// Signs a message: ECDSA over P-256 with SHA-256, in DER (RFC 3279).
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the key does not answer.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Problem>;
    /// The public key of an id, for heads that an earlier key signed. Only the present one unless told.
    fn known(&self, key_id: &str) -> Option<TreePublicKey> {
        Some(self.public_key()).filter(|key| key.id() == key_id)
    }
}

/// What stands before the point in the SubjectPublicKeyInfo of a P-256 key (RFC 5480).
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// An uncompressed point of P-256.
const POINT: usize = 65;

/// A P-256 public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreePublicKey {
    der: Vec<u8>,
}

impl TreePublicKey {
    /// From a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// [`Problem::Fault`] when it is no P-256 key with an uncompressed point.
    pub fn from_der(der: &[u8]) -> Result<TreePublicKey, Problem> {
        if der.len() != SPKI_PREFIX.len() + POINT || der[..SPKI_PREFIX.len()] != SPKI_PREFIX {
            return Err(Problem::fault("the key of the Merkle log is no P-256 public key in DER"));
        }
        Ok(TreePublicKey { der: der.to_vec() })
    }
    /// The SubjectPublicKeyInfo in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
    /// The same as PEM, for openssl.
    pub fn pem(&self) -> String {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(&self.der);
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }
    /// The id of the key: SHA-256 of its DER, in hexadecimal.
    pub fn id(&self) -> String {
        Digest::of(&[&self.der]).to_string()
    }
    /// Whether the signature over the message is this key's.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let point = &self.der[SPKI_PREFIX.len()..];
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok()
    }
}

/// A P-256 key held in memory.
pub struct P256TreeKey(EcdsaKeyPair);

impl P256TreeKey {
    /// A new key, as PKCS#8 in DER: for the caller to keep sealed, and to open with [`P256TreeKey::from_pkcs8`].
    ///
    /// # Errors
    /// [`Problem::Fault`] when the crypto library cannot make one.
    pub fn generate() -> Result<Vec<u8>, Problem> {
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
            .map(|document| document.as_ref().to_vec())
            .map_err(|_| Problem::fault("a key for the Merkle log could not be made"))
    }
    /// From PKCS#8 in DER.
    ///
    /// # Errors
    /// [`Problem::Fault`] when it is no P-256 key.
    pub fn from_pkcs8(der: &[u8]) -> Result<P256TreeKey, Problem> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der)
            .map(P256TreeKey)
            .map_err(|_| Problem::fault("the key of the Merkle log is no P-256 key in PKCS#8"))
    }
}

impl TreeSigner for P256TreeKey {
    fn public_key(&self) -> TreePublicKey {
        TreePublicKey { der: [&SPKI_PREFIX[..], self.0.public_key().as_ref()].concat() }
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Problem> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        signature
            .map(|s| s.as_ref().to_vec())
            .map_err(|_| Problem::Unavailable { what: "key of the Merkle log", why: "it did not sign".to_owned() })
    }
}
