//! Keys on tokens and in hardware security modules, by PKCS #11 (OASIS, 2.40 and later). The key never leaves the module.

use crate::{error::SignError, signer::Signer, xades::ecdsa_from_raw};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::{
        Mechanism, MechanismType,
        rsa::{PkcsMgfType, PkcsPssParams},
    },
    object::{Attribute, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    types::AuthPin,
};
use pki::{Certificate, Hash, PublicKey, Scheme, oid};
use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

/// A key on a token. Signatures are made one after the other, as tokens do.
pub struct TokenSigner {
    session: Mutex<Session>,
    key: ObjectHandle,
    chain: Vec<Certificate>,
    scheme: Scheme,
}

impl std::fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenSigner({:?})", self.scheme)
    }
}

impl TokenSigner {
    /// Opens the private key of a label on the token of a label; `chain` has the certificate of the key first. That key and
    /// certificate belong together is proved by signing once.
    ///
    /// RSA keys sign with PSS, those on P-256 and P-384 with ECDSA.
    ///
    /// # Errors
    /// [`SignError::Key`] says what is not there: the module, the token, the key; a wrong PIN; a key of another certificate.
    pub fn open(
        module: &Path,
        token: &str,
        key_label: &str,
        pin: &str,
        chain: Vec<Certificate>,
    ) -> Result<TokenSigner, SignError> {
        let session = session(module, token, pin, Access::Read)?;
        let fail = |what: &str, error: Error| SignError::Key(format!("{what}: {error}"));
        let wanted = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(key_label.as_bytes().to_vec())];
        let found = session.find_objects(&wanted).map_err(|e| fail("the key", e))?;
        let [key] = found.as_slice() else {
            return Err(SignError::Key(format!("the token has {} keys with the label {key_label:?}", found.len())));
        };
        let certificate = chain.first().ok_or_else(|| SignError::Key("there is no certificate".into()))?;
        let scheme = scheme_of(certificate.public_key())?;
        let signer = TokenSigner { session: Mutex::new(session), key: *key, chain, scheme };
        let probe = b"key and certificate";
        let signature = signer.sign(probe)?;
        if !scheme.verify(signer.chain[0].public_key(), probe, &signature).is_right() {
            return Err(SignError::Key("the certificate does not belong to the key on the token".into()));
        }
        Ok(signer)
    }
    /// An RSA key that signs with PKCS #1 v1.5, for validators that know nothing else; other keys stay as they are.
    #[must_use]
    pub fn with_pkcs1(mut self) -> TokenSigner {
        if let Scheme::RsaPss(hash, _) = self.scheme {
            self.scheme = Scheme::RsaPkcs1(hash);
        }
        self
    }
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// To use what is on the token.
    Read,
    /// To make keys on it too.
    Write,
}

/// A session in which the user of a token is logged in.
///
/// # Errors
/// [`SignError::Key`]: no such module or token, a wrong PIN.
pub(crate) fn session(module: &Path, token: &str, pin: &str, access: Access) -> Result<Session, SignError> {
    let fail = |what: &str, error: Error| SignError::Key(format!("{what}: {error}"));
    let library = Pkcs11::new(module).map_err(|e| fail(&format!("the module {}", module.display()), e))?;
    match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // Another part of the program uses the module too.
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(fail("the module", error)),
    }
    let slots = library.get_slots_with_initialized_token().map_err(|e| fail("the tokens", e))?;
    let named = |slot: &cryptoki::slot::Slot| library.get_token_info(*slot).is_ok_and(|info| info.label() == token);
    let slot = slots.into_iter().find(named);
    let slot = slot.ok_or_else(|| SignError::Key(format!("there is no token with the label {token:?}")))?;
    let session = match access {
        Access::Read => library.open_ro_session(slot),
        Access::Write => library.open_rw_session(slot),
    };
    let session = session.map_err(|e| fail("the token", e))?;
    match session.login(UserType::User, Some(&AuthPin::from(pin.to_owned()))) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
        Err(error) => return Err(fail("the PIN", error)),
    }
    Ok(session)
}

fn scheme_of(key: &PublicKey) -> Result<Scheme, SignError> {
    match key {
        PublicKey::Rsa { .. } => Ok(Scheme::RsaPss(Hash::Sha256, 32)),
        PublicKey::Ec { curve, .. } if *curve == oid::P256 => Ok(Scheme::Ecdsa(Hash::Sha256)),
        PublicKey::Ec { curve, .. } if *curve == oid::P384 => Ok(Scheme::Ecdsa(Hash::Sha384)),
        other => Err(SignError::Key(format!("{} is no kind of key that is used on tokens here", other.describe()))),
    }
}

impl Signer for TokenSigner {
    fn chain(&self) -> &[Certificate] {
        &self.chain
    }
    fn scheme(&self) -> Scheme {
        self.scheme
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let pss = PkcsPssParams { hash_alg: MechanismType::SHA256, mgf: PkcsMgfType::MGF1_SHA256, s_len: 32.into() };
        let signed = match self.scheme {
            Scheme::RsaPss(..) => session.sign(&Mechanism::Sha256RsaPkcsPss(pss), self.key, message),
            Scheme::RsaPkcs1(_) => session.sign(&Mechanism::Sha256RsaPkcs, self.key, message),
            scheme => session.sign(&Mechanism::Ecdsa, self.key, &scheme.hash().of(&[message])),
        };
        let signature = signed.map_err(|error| SignError::Key(format!("the token does not sign: {error}")))?;
        ecdsa_from_raw(self.scheme, &signature)
            .ok_or_else(|| SignError::Key("the token's signature does not read".into()))
    }
}
