//! Secrets at rest: AES-256-GCM under a master key, each bound to the context in which it may be opened.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use kernel::Entropy;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The key under which all others are sealed. Losing it is losing them all; it is never shown.
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// A secret under the master key, as one text: `v1.<base64 of nonce, ciphertext and tag>`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

/// Why a secret could not be opened or a master key not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The text is not what [`MasterKey::seal`] writes.
    #[error("the sealed text is damaged or of an unknown version")]
    Damaged,
    /// Another master key, another context, or a changed byte: which of them cannot be told.
    #[error("the sealed secret does not open: wrong master key, wrong context, or it was changed")]
    DoesNotOpen,
    /// One of two passphrases is not the one under which the secret was sealed.
    #[error("the {0} person's passphrase does not open the key")]
    OnePassphrase(&'static str),
    /// A key file or passphrase that is too weak or unreadable.
    #[error("the master key cannot be used: {0}")]
    BadMasterKey(&'static str),
}

impl MasterKey {
    /// A new random key.
    pub fn random(entropy: &dyn Entropy) -> MasterKey {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut_slice());
        MasterKey(bytes)
    }
    /// From 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> MasterKey {
        MasterKey(Zeroizing::new(bytes))
    }
    /// From the content of a key file: 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`VaultError::BadMasterKey`].
    pub fn from_hex(text: &str) -> Result<MasterKey, VaultError> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim(), bytes.as_mut_slice())
            .map_err(|_| VaultError::BadMasterKey("the key file must hold 64 hexadecimal digits"))?;
        Ok(MasterKey(bytes))
    }
    /// From a passphrase of at least 12 characters, by Argon2id (64 MiB, 3 passes; RFC 9106, 4). The salt is not secret
    /// and must be kept.
    ///
    /// # Errors
    /// [`VaultError::BadMasterKey`].
    pub fn from_passphrase(passphrase: &str, salt: &[u8; 16]) -> Result<MasterKey, VaultError> {
        if passphrase.chars().count() < 12 {
            return Err(VaultError::BadMasterKey("the passphrase must have at least 12 characters"));
        }
        let failed = |_| VaultError::BadMasterKey("it could not be derived from the passphrase");
        let params = argon2::Params::new(64 * 1024, 3, 4, Some(32)).map_err(failed)?;
        let argon = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let mut bytes = Zeroizing::new([0; 32]);
        argon.hash_password_into(passphrase.as_bytes(), salt, bytes.as_mut_slice()).map_err(failed)?;
        Ok(MasterKey(bytes))
    }
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }
    /// The content of a key file.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }
    /// Seals a secret for a context, such as `signing-key:person-…`; it opens in that context only.
    ///
    /// # Panics
    /// Never: a 32-byte key and a buffer in memory cannot be refused.
    pub fn seal(&self, context: &str, secret: &[u8], entropy: &dyn Entropy) -> Sealed {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut data = Zeroizing::new(secret.to_vec());
        let tag = self
            .cipher()
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut data)
            .expect("AES-256-GCM seals any text that fits in memory");
        let bytes = [nonce.as_slice(), data.as_slice(), tag.as_ref()].concat();
        Sealed(format!("v1.{}", STANDARD_NO_PAD.encode(bytes)))
    }
    /// Opens a secret in the context for which it was sealed.
    ///
    /// # Errors
    /// [`VaultError::Damaged`], [`VaultError::DoesNotOpen`].
    pub fn open(&self, context: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let text = sealed.0.strip_prefix("v1.").ok_or(VaultError::Damaged)?;
        let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| VaultError::Damaged)?;
        if bytes.len() < NONCE_LEN + 16 {
            return Err(VaultError::Damaged);
        }
        let (nonce, data) = bytes.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Damaged)?;
        let mut data = Zeroizing::new(data.to_vec());
        let length = self
            .cipher()
            .open_in_place(nonce, Aad::from(context), &mut data)
            .map_err(|_| VaultError::DoesNotOpen)?
            .len();
        data.truncate(length);
        Ok(data)
    }

    fn cipher(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, self.0.as_slice()).expect("the key has 32 bytes"))
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl Sealed {
    /// The text, to be stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// A text that was stored.
    pub fn from_text(text: impl Into<String>) -> Sealed {
        Sealed(text.into())
    }
}
impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::OsEntropy;
    use proptest::prelude::*;

    #[test]
    fn a_secret_opens_only_under_its_key_and_in_its_context_and_unchanged() {
        let master = MasterKey::random(&OsEntropy);
        let sealed = master.seal("signing-key:person-1", b"secret", &OsEntropy);
        assert_eq!(master.open("signing-key:person-1", &sealed).unwrap().as_slice(), b"secret");
        assert_eq!(master.open("signing-key:person-2", &sealed), Err(VaultError::DoesNotOpen));
        let other = MasterKey::random(&OsEntropy);
        assert_eq!(other.open("signing-key:person-1", &sealed), Err(VaultError::DoesNotOpen));
        let again = MasterKey::from_hex(&master.to_hex()).unwrap();
        assert!(again.open("signing-key:person-1", &sealed).is_ok());
        assert!(!format!("{master:?} {sealed:?}").contains(&*master.to_hex()));
    }

    #[test]
    fn a_passphrase_gives_the_same_key_again_and_a_short_one_is_refused() {
        let first = MasterKey::from_passphrase("mật khẩu rất dài", &[1; 16]).unwrap();
        let again = MasterKey::from_passphrase("mật khẩu rất dài", &[1; 16]).unwrap();
        assert_eq!(first.to_hex(), again.to_hex());
        assert!(MasterKey::from_passphrase("ngắn", &[1; 16]).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_opening_panic(text in ".*") {
            prop_assert!(MasterKey::from_bytes([7; 32]).open("x", &Sealed::from_text(text)).is_err());
        }
    }
}
