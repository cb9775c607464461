//! The ceremony of a root that is kept apart: on a machine without network and without the house's database, two named
//! persons together make the root, sign the issuing authority's certificate and the root's revocation list.
//!
//! Everything stands in one folder: `ceremony.json` (what was done, and the key: sealed under both persons' passphrases, or
//! the PIN of its token sealed so), `root.pem`, `root.crl` and a protocol for each time. Neither person alone opens the key.
//! This module never decides whom to trust and never reads the clock: time and randomness are handed in.

mod folder;
mod protocol;
mod two;

pub use protocol::{Earlier, Fact, Print, Protocol, Step, What, groups};
pub use two::{Person, Persons, UnderTwo};

use crate::{
    error::SignError,
    token::{TokenKey, TokenPlace},
};
use folder::{Issued, Record};
use kernel::{Clock, Entropy, Timestamp};
use pki::{
    Authority, Certificate, Crl, IssuingKey, KeyKind, Name, PrivateKey, Reason, Revocation, Subject,
    request::CertificationRequest,
};
use protocol::Hand;
use serde::{Deserialize, Serialize};
use std::{path::Path, sync::Arc};

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;
const KEY_CONTEXT: &str = "ceremony root key";
const PIN_CONTEXT: &str = "ceremony token pin";

/// What a root is to be.
#[derive(Debug, Clone)]
pub struct NewRoot {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub organization: String,
    /// What kind of key.
    pub kind: KeyKind,
    /// For how many years it counts.
    pub years: i64,
    /// For how many days its first list counts.
    pub list_days: i64,
    /// A token in place of the sealed store.
    pub token: Option<NewToken>,
}

/// A token for the root's key. Its PIN is changed to one that nobody knows, sealed under both passphrases.
#[derive(Clone)]
pub struct NewToken {
    /// Which.
    pub place: TokenPlace,
    /// The label of the key, which is made on the token.
    pub label: String,
    /// The PIN that it has now.
    pub pin: zeroize::Zeroizing<String>,
}

impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewToken({:?}, {:?})", self.place, self.label)
    }
}

/// Where the root's key is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RootKey {
    /// PKCS #8, sealed.
    Sealed(UnderTwo),
    /// On a token, whose PIN is sealed.
    Token { module: std::path::PathBuf, token: String, label: String, pin: UnderTwo },
}

/// A root that is kept apart, in its folder.
#[derive(Debug)]
pub struct Root {
    folder: folder::Folder,
    record: Record,
    certificate: Certificate,
}

/// What an act of the ceremony may use of the outside, and who is there.
#[derive(Clone, Copy)]
pub struct Outside<'a> {
    /// The two persons.
    pub persons: &'a Persons,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Random bytes.
    pub entropy: &'a dyn Entropy,
}

fn request(text: impl Into<String>) -> SignError {
    SignError::Request(text.into())
}

impl Root {
    /// Makes a root in a folder that has none, with its certificate and its first list, which is empty.
    ///
    /// # Errors
    /// [`SignError::Request`] for a folder that has a root, [`SignError::Vault`] for weak passphrases, [`SignError::Key`]
    /// for a token that does not do it.
    pub fn make(folder: &Path, new: &NewRoot, outside: Outside<'_>) -> Result<(Root, Protocol), SignError> {
        let folder = folder::Folder::fresh(folder)?;
        let (mut hand, now) = (Hand::open(What::Root, outside), second(outside.clock.now()));
        let (key, place): (Arc<dyn IssuingKey>, RootKey) = match &new.token {
            None => {
                let key = PrivateKey::generate(new.kind)?;
                let sealed = UnderTwo::seal(KEY_CONTEXT, key.pkcs8(), outside.persons, outside.entropy)?;
                hand.step("key-sealed");
                (Arc::new(key), RootKey::Sealed(sealed))
            }
            Some(token) => {
                let key = TokenKey::make(&token.place, &token.label, &token.pin, new.kind)?;
                hand.step("key-on-token");
                let pin = fresh_pin(outside.entropy);
                let pin = UnderTwo::seal(PIN_CONTEXT, pin.as_bytes(), outside.persons, outside.entropy)?;
                let TokenPlace { module, token: name } = token.place.clone();
                hand.fact("token", &name);
                (Arc::new(key), RootKey::Token { module, token: name, label: token.label.clone(), pin })
            }
        };
        let name = Subject::service(&new.name, &new.organization);
        let root = Authority::root(&name, key, now, now.plus_seconds(new.years * YEAR), outside.entropy)?;
        let certificate = root.certificate().clone();
        hand.step("root-signed");
        hand.certificate("root", &certificate);
        let mut record = Record::new(&certificate, place);
        let list = signed_list(&root, &mut record, now, new.list_days)?;
        hand.step("list-signed");
        hand.list(&list);
        let mut made = Root { folder, record, certificate };
        let protocol = made.close(hand);
        // The sealed PIN is on disk before the token knows it: otherwise a full disk would lose the key.
        made.save(Some(&list))?;
        if let (Some(token), RootKey::Token { pin, .. }) = (&new.token, &made.record.key) {
            let fresh = pin_text(&pin.open(PIN_CONTEXT, outside.persons)?)?;
            if let Err(error) = token.place.change_pin(&token.pin, &fresh) {
                made.folder.forget()?;
                return Err(error);
            }
        }
        Ok((made, protocol))
    }

    /// The root in a folder.
    ///
    /// # Errors
    /// [`SignError::Request`] for a folder that has none, or one that does not read.
    pub fn read(folder: &Path) -> Result<Root, SignError> {
        let folder = folder::Folder::known(folder)?;
        let record = folder.record()?;
        let certificate = record.certificate()?;
        Ok(Root { folder, record, certificate })
    }

    /// Its certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// How often something was done with it: the number of the last protocol.
    pub fn held(&self) -> usize {
        self.record.held.len()
    }

    /// Signs the certificate of an issuing authority for the key of a request. `fingerprint` is that of the request's key,
    /// as the house printed it, typed in by hand: at least 16 digits. `address` is where the house publishes the root.
    ///
    /// # Errors
    /// [`SignError::Request`] for another key than the one that was announced and for the root's own name;
    /// [`SignError::Vault`] when a passphrase does not open.
    pub fn certify(
        &mut self,
        asked: &CertificationRequest,
        fingerprint: &str,
        years: i64,
        address: Option<&str>,
        outside: Outside<'_>,
    ) -> Result<(Certificate, Protocol), SignError> {
        let (mut hand, now) = (Hand::open(What::Issuing, outside), second(outside.clock.now()));
        if !same_fingerprint(&key_fingerprint(&asked.public_key_info), fingerprint) {
            return Err(request("the fingerprint is not that of the request's key: type at least its first 16 digits"));
        }
        let own_name = asked.subject == *self.certificate.subject();
        if own_name || asked.subject.is_empty() || asked.public_key_info == self.certificate.public_key_info() {
            return Err(request("the request has no name, or the name or the key of the root itself"));
        }
        hand.step("request-checked");
        hand.print("request-key", &key_fingerprint(&asked.public_key_info));
        let mut root = self.authority(outside, &mut hand)?;
        if let Some(address) = address {
            let address = address.trim_end_matches('/');
            root = root.with_issuer_url(format!("{address}/root.cer")).with_crl_url(format!("{address}/root.crl"));
        }
        let until = now.plus_seconds(years * YEAR);
        let certificate = root.certify(&asked.subject, &asked.public_key_info, now, until, outside.entropy)?;
        self.record.issued.push(Issued::new(&certificate));
        hand.step("issuing-signed");
        hand.certificate("issuing", &certificate);
        let protocol = self.close(hand);
        self.save(None)?;
        Ok((certificate, protocol))
    }

    /// Signs a new revocation list of the root, which names what is revoked by `revoke` (serial numbers) from now on too.
    ///
    /// # Errors
    /// [`SignError::Request`] for a number that the root did not give; [`SignError::Vault`].
    pub fn list(
        &mut self,
        revoke: &[(String, Reason)],
        days: i64,
        outside: Outside<'_>,
    ) -> Result<(Crl, Protocol), SignError> {
        let (mut hand, now) = (Hand::open(What::List, outside), second(outside.clock.now()));
        for (serial, reason) in revoke {
            let serial = serial.to_ascii_lowercase().replace([':', ' '], "");
            let found = self.record.issued.iter_mut().find(|issued| issued.serial == serial);
            let found = found.ok_or_else(|| request(format!("the root gave no certificate the number {serial}")))?;
            found.revoked.get_or_insert((now, *reason));
            hand.step("issuing-revoked");
            hand.fact("revoked", &serial);
        }
        let root = self.authority(outside, &mut hand)?;
        let list = signed_list(&root, &mut self.record, now, days)?;
        hand.step("list-signed");
        hand.list(&list);
        let protocol = self.close(hand);
        self.save(Some(&list))?;
        Ok((list, protocol))
    }

    /// Opens the key and signs a probe: that both passphrases still open it, once a year.
    ///
    /// # Errors
    /// [`SignError::Vault`], [`SignError::Key`].
    pub fn check(&mut self, outside: Outside<'_>) -> Result<Protocol, SignError> {
        let mut hand = Hand::open(What::Check, outside);
        self.authority(outside, &mut hand)?;
        hand.certificate("root", &self.certificate.clone());
        let protocol = self.close(hand);
        self.save(None)?;
        Ok(protocol)
    }

    /// Seals the key anew under the passphrases of other persons, after the present ones opened it.
    ///
    /// # Errors
    /// [`SignError::Vault`].
    pub fn hand_over(&mut self, to: &Persons, outside: Outside<'_>) -> Result<Protocol, SignError> {
        let mut hand = Hand::open(What::HandOver, outside);
        self.authority(outside, &mut hand)?;
        let again = |context: &str, sealed: &UnderTwo| {
            UnderTwo::seal(context, &sealed.open(context, outside.persons)?, to, outside.entropy)
        };
        match &mut self.record.key {
            RootKey::Sealed(sealed) => *sealed = again(KEY_CONTEXT, sealed)?,
            RootKey::Token { pin, .. } => *pin = again(PIN_CONTEXT, pin)?,
        }
        hand.step("handed-over");
        for person in to.people() {
            hand.fact("successor", &format!("{}, {}", person.name, person.title));
        }
        hand.certificate("root", &self.certificate.clone());
        let protocol = self.close(hand);
        self.save(None)?;
        Ok(protocol)
    }

    /// Keeps the printed protocol of the last time beside the root, and its digest in the record: the next protocol names
    /// it, so that none can be taken out unseen. Gives the file's path.
    ///
    /// # Errors
    /// [`SignError::Request`] when the folder cannot be written.
    pub fn keep_protocol(&mut self, pdf: &[u8]) -> Result<std::path::PathBuf, SignError> {
        let path = self.folder.put(&format!("protocol-{}.pdf", self.held()), pdf)?;
        if let Some(held) = self.record.held.last_mut() {
            held.digest = Some(kernel::Digest::of(&[pdf]));
        }
        self.save(None)?;
        Ok(path)
    }

    /// The root with its key, opened by both; the key is proved to be that of the certificate.
    fn authority(&self, outside: Outside<'_>, hand: &mut Hand<'_>) -> Result<Authority, SignError> {
        let key: Arc<dyn IssuingKey> = match &self.record.key {
            RootKey::Sealed(sealed) => Arc::new(PrivateKey::from_pkcs8(&sealed.open(KEY_CONTEXT, outside.persons)?)?),
            RootKey::Token { module, token, label, pin } => {
                let pin = pin_text(&pin.open(PIN_CONTEXT, outside.persons)?)?;
                let place = TokenPlace { module: module.clone(), token: token.clone() };
                Arc::new(TokenKey::open(&place, label, &pin, self.certificate.public_key_info())?)
            }
        };
        hand.step("key-opened");
        Ok(Authority::new(key, vec![self.certificate.clone()])?)
    }

    fn close(&mut self, hand: Hand<'_>) -> Protocol {
        let protocol = hand.close(&self.record.held);
        self.record.held.push(protocol.as_earlier());
        protocol
    }

    fn save(&self, list: Option<&Crl>) -> Result<(), SignError> {
        if let Some(list) = list {
            self.folder.put("root.crl", list.der())?;
        }
        self.folder.put("root.pem", self.certificate.to_pem().as_bytes())?;
        self.folder.save(&self.record)
    }
}

/// Certificates and lists state whole seconds.
fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.seconds() * 1_000_000)
}

/// The list of all that is revoked; its number is the time, and greater than the last one's in any case.
fn signed_list(root: &Authority, record: &mut Record, now: Timestamp, days: i64) -> Result<Crl, SignError> {
    record.list = u64::try_from(now.seconds()).unwrap_or(0).max(record.list + 1);
    let mut revoked = Vec::new();
    for issued in &record.issued {
        if let Some((at, reason)) = issued.revoked {
            let serial = hex::decode(&issued.serial).map_err(|error| request(format!("ceremony.json: {error}")))?;
            revoked.push(Revocation { serial, at, reason });
        }
    }
    revoked.sort_by(|a, b| a.serial.cmp(&b.serial));
    Ok(root.crl(record.list, now, now.plus_seconds(days * DAY), &revoked)?)
}

/// SHA-256 of a public key (SubjectPublicKeyInfo): what the house prints with its request.
pub fn key_fingerprint(public_key_info: &[u8]) -> kernel::Digest {
    kernel::Digest::of(&[public_key_info])
}

/// Whether what was typed is the fingerprint, or at least its first 16 digits; colons and spaces do not count.
pub fn same_fingerprint(fingerprint: &kernel::Digest, typed: &str) -> bool {
    let typed: String = typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    typed.len() >= 16 && fingerprint.to_string().starts_with(&typed)
}

/// The name of a certificate for people: its common name, or the whole.
fn name_of(name: &Name) -> String {
    name.get(pki::oid::COMMON_NAME).map_or_else(|| name.to_string(), str::to_owned)
}

fn fresh_pin(entropy: &dyn Entropy) -> zeroize::Zeroizing<String> {
    let mut bytes = zeroize::Zeroizing::new([0; 8]);
    entropy.fill(bytes.as_mut_slice());
    zeroize::Zeroizing::new(hex::encode(bytes.as_slice()))
}

fn pin_text(bytes: &[u8]) -> Result<zeroize::Zeroizing<String>, SignError> {
    let text = std::str::from_utf8(bytes).map_err(|_| SignError::Key("the sealed PIN does not read".into()))?;
    Ok(zeroize::Zeroizing::new(text.to_owned()))
}
