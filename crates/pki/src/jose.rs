//! Signed JSON as ACME sends it (RFC 8555, 6.2): messages in the flattened form (RFC 7515), public keys (RFC 7517, 7518,
//! 8037) and their thumbprints (RFC 7638). Read and checked only; nothing is signed here.
//!
//! Strict where the standards leave room: no unprotected header, no critical extension, base64url without padding, keys
//! in one writing only, so that one key has one thumbprint.

use crate::{
    algorithm::{Hash, PublicKey, Scheme},
    asn1, oid,
};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

/// Most bytes of a message.
pub const MAX_MESSAGE: usize = 96 * 1024;

/// Why a message or a key is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It does not read.
    #[error("the message is not well formed: {0}")]
    Malformed(&'static str),
    /// Signed by an algorithm that is not taken here.
    #[error("the algorithm is not one of ES256, ES384, RS256, EdDSA")]
    Algorithm,
    /// A key that is not taken here.
    #[error("the key cannot be used: {0}")]
    Key(&'static str),
    /// The signature is not by the key.
    #[error("the signature is not right")]
    Signature,
}

/// The protected header, as far as ACME uses it.
#[derive(Debug, Clone, Deserialize)]
pub struct Header {
    /// The algorithm of the signature.
    pub alg: String,
    /// The word against replays.
    #[serde(default)]
    pub nonce: Option<String>,
    /// The address to which the message is sent.
    #[serde(default)]
    pub url: Option<String>,
    /// The account that signs.
    #[serde(default)]
    pub kid: Option<String>,
    /// The key that signs, where there is no account yet.
    #[serde(default)]
    pub jwk: Option<Value>,
    #[serde(default)]
    crit: Option<Value>,
    #[serde(default)]
    b64: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flattened {
    protected: String,
    payload: String,
    signature: String,
}

/// A message whose signature is still to be checked.
#[derive(Debug, Clone)]
pub struct Message {
    /// What is protected beside the payload.
    pub header: Header,
    /// What is said.
    pub payload: Vec<u8>,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    /// [`Refused::Malformed`].
    pub fn parse(json: &[u8]) -> Result<Message, Refused> {
        if json.len() > MAX_MESSAGE {
            return Err(Refused::Malformed("it is too long"));
        }
        let flat: Flattened =
            serde_json::from_slice(json).map_err(|_| Refused::Malformed("no flattened JWS of three members"))?;
        Message::read(flat)
    }
    /// Reads a message that stands within another.
    ///
    /// # Errors
    /// [`Refused::Malformed`].
    pub fn of(value: &Value) -> Result<Message, Refused> {
        let flat = Flattened::deserialize(value);
        Message::read(flat.map_err(|_| Refused::Malformed("no flattened JWS of three members"))?)
    }

    fn read(flat: Flattened) -> Result<Message, Refused> {
        let protected = bytes(&flat.protected)?;
        let header: Header =
            serde_json::from_slice(&protected).map_err(|_| Refused::Malformed("the protected header does not read"))?;
        if header.crit.is_some() || header.b64.is_some() {
            return Err(Refused::Malformed("a header extension that is not known here"));
        }
        Ok(Message {
            header,
            payload: bytes(&flat.payload)?,
            signature: bytes(&flat.signature)?,
            signed: [flat.protected.as_bytes(), b".", flat.payload.as_bytes()].concat(),
        })
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`Refused::Algorithm`], [`Refused::Signature`].
    pub fn verify(&self, key: &Jwk) -> Result<(), Refused> {
        let (scheme, width) = match self.header.alg.as_str() {
            "ES256" => (Scheme::Ecdsa(Hash::Sha256), Some((oid::P256, 32))),
            "ES384" => (Scheme::Ecdsa(Hash::Sha384), Some((oid::P384, 48))),
            "RS256" => (Scheme::RsaPkcs1(Hash::Sha256), None),
            "EdDSA" => (Scheme::Ed25519, None),
            _ => return Err(Refused::Algorithm),
        };
        let signature = match (width, &key.public) {
            (Some((curve, width)), PublicKey::Ec { curve: own, .. }) if curve == *own => {
                if self.signature.len() != width * 2 {
                    return Err(Refused::Signature);
                }
                let (r, s) = self.signature.split_at(width);
                asn1::sequence([asn1::unsigned(r), asn1::unsigned(s)])
            }
            (None, PublicKey::Rsa { .. } | PublicKey::Ed25519(_)) => self.signature.clone(),
            _ => return Err(Refused::Signature),
        };
        let right = scheme.verify(&key.public, &self.signed, &signature).is_right();
        if right { Ok(()) } else { Err(Refused::Signature) }
    }

    /// Checks a code made with a shared secret (HS256), as the binding to an admission has.
    ///
    /// # Errors
    /// [`Refused::Algorithm`], [`Refused::Signature`].
    pub fn verify_shared(&self, secret: &[u8]) -> Result<(), Refused> {
        if self.header.alg != "HS256" {
            return Err(Refused::Algorithm);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        hmac::verify(&key, &self.signed, &self.signature).map_err(|_| Refused::Signature)
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    public: PublicKey,
    canonical: String,
}

impl Jwk {
    /// Reads a key.
    ///
    /// # Errors
    /// [`Refused::Key`] for one that is private, weak, of another kind, or in another writing than the one of its kind.
    pub fn parse(value: &Value) -> Result<Jwk, Refused> {
        let members = value.as_object().ok_or(Refused::Key("it is no object"))?;
        if members.contains_key("d") || members.contains_key("k") {
            return Err(Refused::Key("it is no public key"));
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
        let part = |name: &str| bytes(text(name)).map_err(|_| Refused::Key("a part that is no base64url"));
        let again = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        match text("kty") {
            "EC" => {
                let (curve, width) = match text("crv") {
                    "P-256" => (oid::P256, 32),
                    "P-384" => (oid::P384, 48),
                    _ => return Err(Refused::Key("its curve is not P-256 or P-384")),
                };
                let (x, y) = (part("x")?, part("y")?);
                if x.len() != width || y.len() != width {
                    return Err(Refused::Key("a coordinate of another length than the curve's"));
                }
                let canonical =
                    format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, text("crv"), again(&x), again(&y));
                let point = [&[4], x.as_slice(), &y].concat();
                Ok(Jwk { public: PublicKey::Ec { curve, point }, canonical })
            }
            "RSA" => {
                let (n, e) = (part("n")?, part("e")?);
                let plain = |part: &[u8]| part.first().is_some_and(|first| *first != 0);
                let bits = n.len() * 8 - n.first().map_or(0, |b| b.leading_zeros() as usize).min(n.len() * 8);
                if !plain(&n) || !plain(&e) || e.len() > 4 || !(2048..=4096).contains(&bits) {
                    return Err(Refused::Key("an RSA key is to have 2048 to 4096 bits and a small exponent"));
                }
                let canonical = format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, again(&e), again(&n));
                let der = asn1::sequence([asn1::unsigned(&n), asn1::unsigned(&e)]);
                Ok(Jwk { public: PublicKey::Rsa { der, bits }, canonical })
            }
            "OKP" if text("crv") == "Ed25519" => {
                let x = part("x")?;
                if x.len() != 32 {
                    return Err(Refused::Key("an Ed25519 key has 32 bytes"));
                }
                let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, again(&x));
                Ok(Jwk { public: PublicKey::Ed25519(x), canonical })
            }
            _ => Err(Refused::Key("its kind is not EC, RSA or Ed25519")),
        }
    }
    /// Reads the canonical form back.
    ///
    /// # Errors
    /// As [`Jwk::parse`].
    pub fn from_canonical(text: &str) -> Result<Jwk, Refused> {
        let value = serde_json::from_str(text).map_err(|_| Refused::Key("it is no JSON"))?;
        Jwk::parse(&value)
    }
    /// The key.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }
    /// The one writing of the key: its needed members in the order of their names.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
    /// SHA-256 of the canonical form, base64url.
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(Hash::Sha256.of(&[self.canonical.as_bytes()]))
    }
}

/// Base64url without padding.
///
/// # Errors
/// [`Refused::Malformed`].
pub fn bytes(text: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::Malformed("a part that is no base64url"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyKind, PrivateKey, asn1::Reader, asn1::tag};
    use proptest::prelude::*;
    use serde_json::json;

    fn part(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The key as JSON, and a message by it.
    fn signed(key: &PrivateKey, payload: &[u8]) -> (Value, Value) {
        let jwk = match key.public_key().unwrap() {
            PublicKey::Ec { point, .. } => {
                json!({"kty": "EC", "crv": "P-256", "x": part(&point[1..33]), "y": part(&point[33..])})
            }
            PublicKey::Ed25519(x) => json!({"kty": "OKP", "crv": "Ed25519", "x": part(x)}),
            PublicKey::Rsa { der, .. } => {
                let mut reader = Reader::only(&der, tag::SEQUENCE, "key").unwrap().open("key");
                let mut number = || reader.take(tag::INTEGER).unwrap().integer("key").unwrap().to_vec();
                let (n, e) = (number(), number());
                json!({"kty": "RSA", "n": part(n.strip_prefix(&[0]).unwrap_or(&n)), "e": part(e)})
            }
            other => panic!("{other:?}"),
        };
        let alg = match key.scheme() {
            Scheme::Ecdsa(_) => "ES256",
            Scheme::Ed25519 => "EdDSA",
            _ => "RS256",
        };
        let protected = part(json!({"alg": alg, "nonce": "n", "url": "http://x", "jwk": jwk}).to_string());
        let text = format!("{protected}.{}", part(payload));
        let mut signature = key.sign(text.as_bytes()).unwrap();
        if alg == "ES256" {
            let mut reader = Reader::only(&signature, tag::SEQUENCE, "s").unwrap().open("s");
            let mut number = || {
                let raw = reader.take(tag::INTEGER).unwrap().integer("s").unwrap().to_vec();
                let raw = raw.strip_prefix(&[0]).unwrap_or(&raw).to_vec();
                [vec![0; 32 - raw.len()], raw].concat()
            };
            signature = [number(), number()].concat();
        }
        (jwk, json!({"protected": protected, "payload": part(payload), "signature": part(signature)}))
    }

    #[test]
    fn messages_of_each_algorithm_are_right_and_changed_ones_are_not() {
        for kind in [KeyKind::P256, KeyKind::Rsa2048, KeyKind::Ed25519] {
            let key = PrivateKey::generate(kind).unwrap().with_pkcs1();
            let (jwk, message) = signed(&key, b"{}");
            let key = Jwk::parse(&jwk).unwrap();
            let read = Message::parse(message.to_string().as_bytes()).unwrap();
            assert_eq!(read.verify(&key), Ok(()), "{kind:?}");
            assert_eq!(read.header.nonce.as_deref(), Some("n"));
            assert_eq!(Jwk::from_canonical(key.canonical()).unwrap(), key);
            let mut other = message.clone();
            other["payload"] = json!(part(b"{ }"));
            assert_eq!(Message::of(&other).unwrap().verify(&key), Err(Refused::Signature));
            let stranger = Jwk::parse(&signed(&PrivateKey::generate(KeyKind::P256).unwrap(), b"").0).unwrap();
            assert_eq!(read.verify(&stranger), Err(Refused::Signature));
        }
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs\
                 tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO\
                 pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let key = Jwk::parse(&json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"})).unwrap();
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn what_is_not_wanted_is_refused() {
        let key = PrivateKey::generate(KeyKind::P256).unwrap();
        let (jwk, message) = signed(&key, b"{}");
        let mut unprotected = message.clone();
        unprotected["header"] = json!({});
        assert!(Message::of(&unprotected).is_err());
        for header in
            [r#"{"alg":"ES256","crit":["exp"]}"#, r#"{"alg":"ES256","b64":false}"#, r#"{"alg":"a","alg":"b"}"#, "[]"]
        {
            let mut other = message.clone();
            other["protected"] = json!(part(header));
            assert!(Message::of(&other).is_err(), "{header}");
        }
        for alg in ["none", "HS256", "RS384", ""] {
            let mut other = message.clone();
            other["protected"] = json!(part(json!({"alg": alg}).to_string()));
            assert_eq!(Message::of(&other).unwrap().verify(&Jwk::parse(&jwk).unwrap()), Err(Refused::Algorithm));
        }
        let with = |name: &str, value: Value| {
            let mut key = jwk.clone();
            key[name] = value;
            Jwk::parse(&key)
        };
        for (name, value) in [
            ("d", json!("AA")),
            ("crv", json!("P-521")),
            ("kty", json!("oct")),
            ("x", json!("AA==")),
            ("y", json!("AA")),
        ] {
            assert!(with(name, value).is_err(), "{name}");
        }
        let short = json!({"kty": "RSA", "n": part([0x81; 128]), "e": "AQAB"});
        assert!(Jwk::parse(&short).is_err());
        assert!(Jwk::parse(&json!({"kty": "RSA", "n": part([0; 0]), "e": "AQAB"})).is_err());
    }

    #[test]
    fn a_shared_secret_binds_and_another_does_not() {
        let protected = part(r#"{"alg":"HS256","kid":"device-1","url":"u"}"#);
        let text = format!("{protected}.{}", part("key"));
        let code = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"secret"), text.as_bytes());
        let read =
            Message::of(&json!({"protected": protected, "payload": part("key"), "signature": part(code)})).unwrap();
        assert_eq!(read.verify_shared(b"secret"), Ok(()));
        assert_eq!(read.verify_shared(b"Secret"), Err(Refused::Signature));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Message::parse(&bytes);
        }

        #[test]
        fn no_parts_make_the_reader_or_the_check_panic(
            alg in prop::sample::select(vec!["ES256", "ES384", "RS256", "EdDSA", "HS256", "none"]),
            kty in prop::sample::select(vec!["EC", "RSA", "OKP", "oct"]),
            crv in prop::sample::select(vec!["P-256", "P-384", "Ed25519", ""]),
            a in proptest::collection::vec(any::<u8>(), 0..520),
            b in proptest::collection::vec(any::<u8>(), 0..50),
            signature in proptest::collection::vec(any::<u8>(), 0..300),
            whole in any::<bool>(),
        ) {
            let (a, b) = if whole { ([&[0x91], a.as_slice()].concat(), b) } else { (a, b) };
            let jwk = json!({"kty": kty, "crv": crv, "x": part(&a), "y": part(&b), "n": part(&a), "e": part(&b)});
            let message = json!({
                "protected": part(json!({"alg": alg, "jwk": jwk}).to_string()), "payload": part(&b), "signature": part(&signature),
            });
            let message = Message::of(&message).unwrap();
            if let Ok(key) = Jwk::parse(message.header.jwk.as_ref().unwrap()) {
                prop_assert!(message.verify(&key).is_err());
                prop_assert_eq!(Jwk::from_canonical(key.canonical()).unwrap(), key);
            }
            let _ = message.verify_shared(&a);
        }
    }
}
