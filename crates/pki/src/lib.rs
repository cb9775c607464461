//! Keys, X.509 certificates, certification authorities, revocation lists, path validation and time stamps.
//!
//! Pure: no files, no sockets, no clock of its own. Times are [`kernel::Timestamp`] parameters, serial numbers are drawn
//! from [`kernel::Entropy`]; only key generation and signing draw from the random source inside aws-lc.
//!
//! The public face, being filled in:
//! ```text
//! PrivateKey::generate(KeyKind::P256)? ; PrivateKey::from_pkcs8(&[u8])? ; key.pkcs8() -> &[u8] ; key.public_key_info() -> &[u8] (SPKI DER)
//! Certificate::parse(der)? ; Certificate::from_pem(text)? -> Vec<Certificate>; cert.der() ; cert.to_pem() ; cert.subject() -> &Name
//!   cert.serial_hex() ; cert.not_before()/not_after() -> Timestamp ; cert.fingerprint() -> kernel::Digest ; serde as base64 DER
//! Subject::person("Nguyễn Văn A", "Chủ tịch Quốc hội", "Ủy ban Thường vụ Quốc hội", "person-…") ; Subject::body("Quốc hội", "qh") ; Subject::service("…", "vpqh")
//! Authority::root(&Subject, PrivateKey, from, until, &entropy)? -> Authority { certificate(), .. }
//! root.subordinate(&Subject, PrivateKey, from, until, &entropy)? -> Authority          (chain() = issuing CA, root)
//! Authority::new(PrivateKey, chain: Vec<Certificate>)?                                  (reopened from store)
//! authority.issue(Profile::{Person, Body, TimeStamping, Ocsp}, &Subject, spki: &[u8], from, until, &entropy)? -> Certificate
//! authority.crl(number: u64, this_update, next_update, &[Revocation { serial, at, reason }])? -> Crl ; Crl::parse(der)? ; crl.der()
//! TrustAnchors::new(vec![cert])
//! check_before_signing(&chain, &anchors, &crls, at) -> Result<(), Unfit>   // Unfit::code() is a Fluent message
//! ```
