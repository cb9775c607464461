//! Keys on tokens and in hardware security modules, by PKCS #11 (OASIS, 2.40 and later). The key never leaves the module.
//!
//! A PIN is kept as long as its key is in use, to sign in again after the module was restarted; it is never shown.

use crate::{error::SignError, signer::Signer, xades::ecdsa_from_raw};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::{
        Mechanism, MechanismType,
        rsa::{PkcsMgfType, PkcsPssParams},
    },
    object::{Attribute, AttributeType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::{AuthPin, Ulong},
};
use pki::{Certificate, Hash, IssuingKey, KeyKind, PublicKey, Scheme, asn1, oid};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use zeroize::Zeroizing;

/// Where a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPlace {
    /// The PKCS #11 module that reaches it.
    pub module: PathBuf,
    /// Its label.
    pub token: String,
}

fn fail(what: &str, error: &Error) -> SignError {
    SignError::Key(format!("{what}: {error}"))
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// To use what is on the token.
    Read,
    /// To make keys on it, or to change its PIN, too.
    Write,
}

fn slot(module: &Path, token: &str) -> Result<(Pkcs11, Slot), SignError> {
    let library = Pkcs11::new(module).map_err(|e| fail(&format!("the module {}", module.display()), &e))?;
    match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // Another part of the program uses the module too.
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(fail("the module", &error)),
    }
    let slots = library.get_slots_with_initialized_token().map_err(|e| fail("the tokens", &e))?;
    let named = |slot: &Slot| library.get_token_info(*slot).is_ok_and(|info| info.label() == token);
    let slot = slots.into_iter().find(named);
    let slot = slot.ok_or_else(|| SignError::Key(format!("there is no token with the label {token:?}")))?;
    Ok((library, slot))
}

/// A session in which the user of a token is logged in.
///
/// # Errors
/// [`SignError::Key`]: no such module or token, a wrong PIN.
pub(crate) fn session(module: &Path, token: &str, pin: &str, access: Access) -> Result<Session, SignError> {
    let (library, slot) = slot(module, token)?;
    let session = match access {
        Access::Read => library.open_ro_session(slot),
        Access::Write => library.open_rw_session(slot),
    };
    let session = session.map_err(|e| fail("the token", &e))?;
    match session.login(UserType::User, Some(&AuthPin::from(pin.to_owned()))) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(error) => Err(fail("the PIN", &error)),
    }
}

impl TokenPlace {
    fn session(&self, pin: &str, access: Access) -> Result<Session, SignError> {
        session(&self.module, &self.token, pin, access)
    }

    /// Changes the PIN of the token's user.
    ///
    /// # Errors
    /// [`SignError::Key`] for what is not there, a wrong PIN, and a new one that the token does not take.
    pub fn change_pin(&self, old: &str, new: &str) -> Result<(), SignError> {
        let session = self.session(old, Access::Write)?;
        let (old, new) = (AuthPin::from(old.to_owned()), AuthPin::from(new.to_owned()));
        session.set_pin(&old, &new).map_err(|e| fail("the PIN cannot be changed", &e))
    }
}

/// A key on a token. Signatures are made one after the other, as tokens do.
pub struct TokenKey {
    place: TokenPlace,
    label: String,
    pin: Zeroizing<String>,
    open: Mutex<Open>,
    public_key_info: Vec<u8>,
    scheme: Scheme,
}

struct Open {
    session: Session,
    key: ObjectHandle,
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenKey({:?})", self.scheme)
    }
}

impl TokenKey {
    /// The private key of a label on a token, whose public half (a SubjectPublicKeyInfo) is known from a certificate. That
    /// both belong together is proved by signing once.
    ///
    /// RSA keys sign with PSS, those on P-256 and P-384 with ECDSA.
    ///
    /// # Errors
    /// [`SignError::Key`] says what is not there: the module, the token, the key; a wrong PIN; a key of another certificate.
    pub fn open(place: &TokenPlace, label: &str, pin: &str, public_key_info: &[u8]) -> Result<TokenKey, SignError> {
        let session = place.session(pin, Access::Read)?;
        let key = one(&session, ObjectClass::PRIVATE_KEY, label)?;
        TokenKey::proved(place, label, pin, Open { session, key }, public_key_info.to_vec())
    }

    /// Makes the key of a label on a token that has none of that name. It can be neither read nor taken away.
    ///
    /// # Errors
    /// As [`TokenKey::open`]; a key that is there already; a kind of key that the token does not make.
    pub fn make(place: &TokenPlace, label: &str, pin: &str, kind: KeyKind) -> Result<TokenKey, SignError> {
        let there = all(&place.session(pin, Access::Read)?, ObjectClass::PRIVATE_KEY, label)?.len();
        if there > 0 { Err(several(label, there)) } else { TokenKey::obtain(place, label, pin, kind) }
    }

    /// The key of a label; made on the token where there is none yet.
    ///
    /// # Errors
    /// As [`TokenKey::open`]; a kind of key that the token does not make.
    pub fn obtain(place: &TokenPlace, label: &str, pin: &str, kind: KeyKind) -> Result<TokenKey, SignError> {
        let session = place.session(pin, Access::Write)?;
        let (public, key) = match all(&session, ObjectClass::PRIVATE_KEY, label)?.as_slice() {
            [] => make(&session, label, kind)?,
            [key] => (one(&session, ObjectClass::PUBLIC_KEY, label)?, *key),
            many => return Err(several(label, many.len())),
        };
        let public_key_info = public_key_info(&session, public)?;
        TokenKey::proved(place, label, pin, Open { session, key }, public_key_info)
    }

    fn proved(
        place: &TokenPlace,
        label: &str,
        pin: &str,
        open: Open,
        public_key_info: Vec<u8>,
    ) -> Result<TokenKey, SignError> {
        let public_key = PublicKey::parse(&public_key_info)?;
        let scheme = scheme_of(&public_key)?;
        let (place, label, pin) = (place.clone(), label.to_owned(), Zeroizing::new(pin.to_owned()));
        let key = TokenKey { place, label, pin, open: Mutex::new(open), public_key_info, scheme };
        let probe = b"key and certificate";
        let signature = key.sign_as(scheme, probe)?;
        if !scheme.verify(&public_key, probe, &signature).is_right() {
            return Err(SignError::Key("the certificate does not belong to the key on the token".into()));
        }
        Ok(key)
    }

    /// Its label on the token.
    pub fn label(&self) -> &str {
        &self.label
    }

    fn sign_as(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let signature = match once(&open, scheme, message) {
            Ok(signature) => signature,
            // The module was restarted, or the token taken out and put back: once more from the beginning.
            Err(_) => {
                let session = self.place.session(&self.pin, Access::Read)?;
                let key = one(&session, ObjectClass::PRIVATE_KEY, &self.label)?;
                *open = Open { session, key };
                once(&open, scheme, message)
                    .map_err(|error| SignError::Key(format!("the token does not sign: {error}")))?
            }
        };
        ecdsa_from_raw(scheme, &signature).ok_or_else(|| SignError::Key("the token's signature does not read".into()))
    }
}

impl IssuingKey for TokenKey {
    fn public_key_info(&self) -> &[u8] {
        &self.public_key_info
    }
    fn scheme(&self) -> Scheme {
        self.scheme
    }
    fn sign(&self, message: &[u8]) -> pki::Result<Vec<u8>> {
        self.sign_as(self.scheme, message).map_err(|_| pki::Error::Key("the token does not sign"))
    }
}

fn once(open: &Open, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Error> {
    let pss = PkcsPssParams { hash_alg: MechanismType::SHA256, mgf: PkcsMgfType::MGF1_SHA256, s_len: 32.into() };
    match scheme {
        Scheme::RsaPss(..) => open.session.sign(&Mechanism::Sha256RsaPkcsPss(pss), open.key, message),
        Scheme::RsaPkcs1(_) => open.session.sign(&Mechanism::Sha256RsaPkcs, open.key, message),
        scheme => open.session.sign(&Mechanism::Ecdsa, open.key, &scheme.hash().of(&[message])),
    }
}

fn all(session: &Session, class: ObjectClass, label: &str) -> Result<Vec<ObjectHandle>, SignError> {
    let wanted = [Attribute::Class(class), Attribute::Label(label.as_bytes().to_vec())];
    session.find_objects(&wanted).map_err(|e| fail("the key", &e))
}

fn one(session: &Session, class: ObjectClass, label: &str) -> Result<ObjectHandle, SignError> {
    match all(session, class, label)?.as_slice() {
        [key] => Ok(*key),
        found => Err(several(label, found.len())),
    }
}

fn several(label: &str, count: usize) -> SignError {
    SignError::Key(format!("the token has {count} keys with the label {label:?}"))
}

/// Makes a pair of keys: the public and the private half.
fn make(session: &Session, label: &str, kind: KeyKind) -> Result<(ObjectHandle, ObjectHandle), SignError> {
    let (mechanism, size) = match kind {
        KeyKind::P256 => (Mechanism::EccKeyPairGen, Attribute::EcParams(asn1::oid(oid::P256))),
        KeyKind::P384 => (Mechanism::EccKeyPairGen, Attribute::EcParams(asn1::oid(oid::P384))),
        KeyKind::Rsa2048 => (Mechanism::RsaPkcsKeyPairGen, Attribute::ModulusBits(Ulong::new(2048))),
        KeyKind::Rsa3072 => (Mechanism::RsaPkcsKeyPairGen, Attribute::ModulusBits(Ulong::new(3072))),
        KeyKind::Rsa4096 => (Mechanism::RsaPkcsKeyPairGen, Attribute::ModulusBits(Ulong::new(4096))),
        other => return Err(SignError::Key(format!("{other:?} is no kind of key that is made on tokens here"))),
    };
    let named = [Attribute::Token(true), Attribute::Label(label.into()), Attribute::Id(label.into())];
    let mut public = named.to_vec();
    public.extend([Attribute::Verify(true), size]);
    if matches!(mechanism, Mechanism::RsaPkcsKeyPairGen) {
        public.push(Attribute::PublicExponent(vec![1, 0, 1]));
    }
    let mut private = named.to_vec();
    private.extend([
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
    ]);
    session.generate_key_pair(&mechanism, &public, &private).map_err(|e| fail("the key cannot be made", &e))
}

/// The public key on a token as a SubjectPublicKeyInfo.
fn public_key_info(session: &Session, key: ObjectHandle) -> Result<Vec<u8>, SignError> {
    let wanted =
        [AttributeType::EcParams, AttributeType::EcPoint, AttributeType::Modulus, AttributeType::PublicExponent];
    let (mut curve, mut point, mut modulus, mut exponent) = (None, None, None, None);
    for attribute in session.get_attributes(key, &wanted).map_err(|e| fail("the public key", &e))? {
        match attribute {
            Attribute::EcParams(value) => curve = Some(value),
            Attribute::EcPoint(value) => point = Some(value),
            Attribute::Modulus(value) => modulus = Some(value),
            Attribute::PublicExponent(value) => exponent = Some(value),
            _ => {}
        }
    }
    match (curve, point, modulus, exponent) {
        (Some(curve), Some(point), ..) => {
            // The point is an OCTET STRING (PKCS #11, 2.3.3); some modules give it bare.
            let bare = asn1::Reader::only(&point, asn1::tag::OCTET_STRING, "point").map(|e| e.content.to_vec());
            let algorithm = asn1::sequence([asn1::oid(oid::EC), curve]);
            Ok(asn1::sequence([algorithm, asn1::bit_octets(&bare.unwrap_or(point))]))
        }
        (.., Some(modulus), Some(exponent)) => {
            let numbers = asn1::sequence([asn1::unsigned(&modulus), asn1::unsigned(&exponent)]);
            let algorithm = asn1::sequence([asn1::oid(oid::RSA), asn1::null()]);
            Ok(asn1::sequence([algorithm, asn1::bit_octets(&numbers)]))
        }
        _ => Err(SignError::Key("the token does not give the public key".into())),
    }
}

fn scheme_of(key: &PublicKey) -> Result<Scheme, SignError> {
    match key {
        PublicKey::Rsa { .. } => Ok(Scheme::RsaPss(Hash::Sha256, 32)),
        PublicKey::Ec { curve, .. } if *curve == oid::P256 => Ok(Scheme::Ecdsa(Hash::Sha256)),
        PublicKey::Ec { curve, .. } if *curve == oid::P384 => Ok(Scheme::Ecdsa(Hash::Sha384)),
        other => Err(SignError::Key(format!("{} is no kind of key that is used on tokens here", other.describe()))),
    }
}

/// A key on a token with its certificate.
#[derive(Debug)]
pub struct TokenSigner {
    key: Arc<TokenKey>,
    chain: Vec<Certificate>,
    scheme: Scheme,
}

impl TokenSigner {
    /// Opens the private key of a label on the token of a label; `chain` has the certificate of the key first.
    ///
    /// # Errors
    /// As [`TokenKey::open`].
    pub fn open(
        module: &Path,
        token: &str,
        key_label: &str,
        pin: &str,
        chain: Vec<Certificate>,
    ) -> Result<TokenSigner, SignError> {
        let place = TokenPlace { module: module.to_owned(), token: token.to_owned() };
        // What is wrong with the module is said before what is wrong with the chain.
        slot(module, token)?;
        let certificate = chain.first().ok_or_else(|| SignError::Key("there is no certificate".into()))?;
        let key = TokenKey::open(&place, key_label, pin, certificate.public_key_info())?;
        TokenSigner::new(Arc::new(key), chain)
    }
    /// With a key that is open.
    ///
    /// # Errors
    /// [`SignError::Key`] when the first certificate is not for this key.
    pub fn new(key: Arc<TokenKey>, chain: Vec<Certificate>) -> Result<TokenSigner, SignError> {
        match chain.first() {
            Some(certificate) if certificate.public_key_info() == key.public_key_info => {
                let scheme = key.scheme;
                Ok(TokenSigner { key, chain, scheme })
            }
            _ => Err(SignError::Key("the certificate does not belong to the key on the token".into())),
        }
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

impl Signer for TokenSigner {
    fn chain(&self) -> &[Certificate] {
        &self.chain
    }
    fn scheme(&self) -> Scheme {
        self.scheme
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.key.sign_as(self.scheme, message)
    }
}
