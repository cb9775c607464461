//! The master key at rest: as it is, under a passphrase, or under a key that never leaves a PKCS #11 token.
//!
//! A wrapped key is one line of text. The plain key exists in memory only while the program runs, and is overwritten when
//! it is dropped; so are passphrases and PINs. What a token does is AES-256-GCM (PKCS #11 2.40, CKM_AES_GCM) with a key
//! that was made on it and is marked sensitive and not extractable.

use crate::{
    error::SignError,
    token::{self, Access},
    vault::{MasterKey, Sealed, VaultError},
};
use cryptoki::{
    mechanism::{Mechanism, aead::GcmParams},
    object::{Attribute, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};
use kernel::Entropy;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// What is bound to the wrapped key, so that nothing else that was wrapped the same way is taken for it.
const CONTEXT: &str = "dienhong master key";
const PASSPHRASE: &str = "passphrase.v1.";
const TOKEN: &str = "token.v1.";
const TAG_BITS: u64 = 128;

/// How the master key is kept.
pub enum Protection {
    /// 64 hexadecimal digits in a file that its owner alone may read.
    Plain,
    /// Sealed under a key that Argon2id derives from a passphrase.
    Passphrase(Zeroizing<String>),
    /// Encrypted by a key on a token.
    Token(WrappingKey),
}

/// A key on a token, and how it is reached.
pub struct WrappingKey {
    /// The PKCS #11 module of the token's maker.
    pub module: PathBuf,
    /// The label of the token.
    pub token: String,
    /// The label of the key.
    pub key: String,
    /// The user PIN.
    pub pin: Zeroizing<String>,
}

impl WrappingKey {
    /// Looks whether the token is there and takes the PIN.
    ///
    /// # Errors
    /// [`SignError::Key`] says what is not there or not right.
    pub fn reach(&self) -> Result<(), SignError> {
        self.session(Access::Read).map(drop)
    }

    fn session(&self, access: Access) -> Result<Session, SignError> {
        token::session(&self.module, &self.token, &self.pin, access)
    }
}

impl Protection {
    /// The name in messages: `plain`, `passphrase`, `token`.
    pub fn code(&self) -> &'static str {
        match self {
            Protection::Plain => "plain",
            Protection::Passphrase(_) => "passphrase",
            Protection::Token(_) => "token",
        }
    }

    /// The code of the protection under which a text was wrapped.
    pub fn of(text: &str) -> &'static str {
        match text.trim() {
            text if text.starts_with(PASSPHRASE) => "passphrase",
            text if text.starts_with(TOKEN) => "token",
            _ => "plain",
        }
    }

    /// The master key as a text to be stored. On a token that has no key of the label yet, one is made.
    ///
    /// # Errors
    /// [`SignError::Key`]: a passphrase that is too short; a token that is not there, refuses the PIN or cannot do it.
    pub fn wrap(&self, master: &MasterKey, entropy: &dyn Entropy) -> Result<Zeroizing<String>, SignError> {
        match self {
            Protection::Plain => Ok(master.to_hex()),
            Protection::Passphrase(passphrase) => {
                let mut salt = [0; 16];
                entropy.fill(&mut salt);
                let above = MasterKey::from_passphrase(passphrase, &salt).map_err(said)?;
                let sealed = above.seal(CONTEXT, master.bytes(), entropy);
                Ok(Zeroizing::new(format!("{PASSPHRASE}{}.{}", hex::encode(salt), sealed.as_str())))
            }
            Protection::Token(place) => {
                let session = place.session(Access::Write)?;
                let key = match found(&session, &place.key)? {
                    Some(key) => key,
                    None => made(&session, &place.key)?,
                };
                let mut nonce = [0; 12];
                entropy.fill(&mut nonce);
                let written = hex::encode(nonce);
                let parameters = gcm(&mut nonce)?;
                let wrapped = session.encrypt(&Mechanism::AesGcm(parameters), key, master.bytes());
                let wrapped = wrapped.map_err(|e| SignError::Key(format!("the token does not encrypt: {e}")))?;
                Ok(Zeroizing::new(format!("{TOKEN}{written}.{}", hex::encode(wrapped))))
            }
        }
    }

    /// The master key out of a text that [`Protection::wrap`] wrote.
    ///
    /// # Errors
    /// [`SignError::Key`]: wrapped in another way, a wrong passphrase or PIN, no such token or key, a changed byte.
    pub fn unwrap(&self, text: &str) -> Result<MasterKey, SignError> {
        let text = text.trim();
        let (found, wanted) = (Protection::of(text), self.code());
        if found != wanted {
            return Err(SignError::Key(format!("it is kept as {found:?}, not as {wanted:?}")));
        }
        match self {
            Protection::Plain => MasterKey::from_hex(text).map_err(said),
            Protection::Passphrase(passphrase) => {
                let damaged = || said(VaultError::Damaged);
                let (salt, sealed) =
                    text.strip_prefix(PASSPHRASE).and_then(|t| t.split_once('.')).ok_or_else(damaged)?;
                let mut bytes = [0; 16];
                hex::decode_to_slice(salt, &mut bytes).map_err(|_| damaged())?;
                let above = MasterKey::from_passphrase(passphrase, &bytes).map_err(said)?;
                master_of(above.open(CONTEXT, &Sealed::from_text(sealed)).map_err(said)?.as_slice())
            }
            Protection::Token(place) => {
                let damaged = || said(VaultError::Damaged);
                let (nonce, wrapped) = text.strip_prefix(TOKEN).and_then(|t| t.split_once('.')).ok_or_else(damaged)?;
                let mut bytes = [0; 12];
                hex::decode_to_slice(nonce, &mut bytes).map_err(|_| damaged())?;
                let wrapped = hex::decode(wrapped).map_err(|_| damaged())?;
                let session = place.session(Access::Read)?;
                let missing = || SignError::Key(format!("the token has no secret key with the label {:?}", place.key));
                let key = found_or(&session, &place.key, missing)?;
                let parameters = gcm(&mut bytes)?;
                let opened = session.decrypt(&Mechanism::AesGcm(parameters), key, &wrapped).map(Zeroizing::new);
                // Tokens tell a wrong key from a changed byte in as many ways as there are makers.
                let opened = opened.map_err(|e| {
                    SignError::Key(format!("the token does not open it: another key, or it was changed ({e})"))
                })?;
                master_of(&opened)
            }
        }
    }
}

fn said(error: VaultError) -> SignError {
    SignError::Key(error.to_string())
}

fn master_of(bytes: &[u8]) -> Result<MasterKey, SignError> {
    let mut key = Zeroizing::new([0; 32]);
    if bytes.len() != key.len() {
        return Err(said(VaultError::Damaged));
    }
    key.copy_from_slice(bytes);
    Ok(MasterKey::from_bytes(*key))
}

fn gcm(nonce: &mut [u8; 12]) -> Result<GcmParams<'_>, SignError> {
    GcmParams::new(nonce, CONTEXT.as_bytes(), TAG_BITS.into()).map_err(|e| SignError::Key(e.to_string()))
}

/// The secret key of a label; none when the token has none.
fn found(session: &Session, label: &str) -> Result<Option<ObjectHandle>, SignError> {
    let wanted = [Attribute::Class(ObjectClass::SECRET_KEY), Attribute::Label(label.as_bytes().to_vec())];
    let keys = session.find_objects(&wanted).map_err(|e| SignError::Key(format!("the key: {e}")))?;
    match keys.as_slice() {
        [] => Ok(None),
        [key] => Ok(Some(*key)),
        many => Err(SignError::Key(format!("the token has {} secret keys with the label {label:?}", many.len()))),
    }
}

fn found_or(session: &Session, label: &str, missing: impl FnOnce() -> SignError) -> Result<ObjectHandle, SignError> {
    found(session, label)?.ok_or_else(missing)
}

/// A new AES-256 key that stays on the token.
fn made(session: &Session, label: &str) -> Result<ObjectHandle, SignError> {
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::ValueLen(32.into()),
        Attribute::Label(label.as_bytes().to_vec()),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
    ];
    let made = session.generate_key(&Mechanism::AesKeyGen, &template);
    made.map_err(|e| SignError::Key(format!("the token makes no key with the label {label:?}: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::OsEntropy;
    use proptest::prelude::*;

    fn under(passphrase: &str) -> Protection {
        Protection::Passphrase(Zeroizing::new(passphrase.to_owned()))
    }

    #[test]
    fn a_master_key_comes_back_under_its_passphrase_alone() {
        let master = MasterKey::random(&OsEntropy);
        let right = under("cụm mật khẩu rất dài");
        let text = right.wrap(&master, &OsEntropy).unwrap();
        assert!(!text.contains(&*master.to_hex()) && !text.contains('\n'));
        assert_eq!(right.unwrap(&format!("{}\n", *text)).unwrap().to_hex(), master.to_hex());
        let why = |protection: &Protection, text: &str| protection.unwrap(text).unwrap_err().to_string();
        assert!(why(&under("cụm mật khẩu khác hẳn"), &text).contains("does not open"));
        assert!(why(&Protection::Plain, &text).contains("kept as \"passphrase\""));
        assert!(why(&right, &master.to_hex()).contains("kept as \"plain\""));
        assert!(why(&right, "passphrase.v1.00").contains("damaged"));
        assert!(under("ngắn").wrap(&master, &OsEntropy).is_err());
        let plain = Protection::Plain.wrap(&master, &OsEntropy).unwrap();
        assert_eq!(Protection::Plain.unwrap(&plain).unwrap().to_hex(), master.to_hex());
    }

    proptest! {
        #[test]
        fn no_text_makes_unwrapping_panic(text in ".*", kind in 0..3usize) {
            let text = format!("{}{text}", ["", TOKEN, "passphrase.v2."][kind]);
            let nowhere = Protection::Token(WrappingKey {
                module: "/nonexistent".into(), token: "x".into(), key: "x".into(), pin: Zeroizing::new("1234".into()),
            });
            for protection in [Protection::Plain, nowhere] {
                prop_assert!(protection.unwrap(&text).is_err());
            }
        }
    }
}
