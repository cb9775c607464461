//! Hostile input: no bytes make a parser panic, and no changed certificate or list verifies.

use kernel::{OsEntropy, Timestamp};
use pki::{Authority, Certificate, Crl, KeyKind, PrivateKey, Reason, Revocation, Subject, cms, time_stamp};
use proptest::prelude::*;
use std::sync::LazyLock;

static ROOT: LazyLock<(Authority, Crl)> = LazyLock::new(|| {
    let now = Timestamp::from_micros(1_736_043_150_000_000);
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    let root = Authority::root(&Subject::service("CA", "VPQH"), key, now, now.plus_seconds(99), &OsEntropy).unwrap();
    let entry = Revocation { serial: vec![5], at: now, reason: Reason::Superseded };
    let crl = root.crl(1, now, now.plus_seconds(9), &[entry]).unwrap();
    (root, crl)
});

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Certificate::parse(&bytes);
        let _ = Crl::parse(&bytes);
        let _ = cms::SignedData::parse(&bytes);
        let _ = time_stamp::TimeStampToken::parse(&bytes);
        let _ = time_stamp::TimeStampRequest::parse(&bytes);
        let _ = time_stamp::read_answer(&bytes);
        let _ = pki::Name::parse(&bytes);
        let _ = pki::Scheme::parse(&bytes);
        let _ = pki::PublicKey::parse(&bytes);
        let _ = PrivateKey::from_pkcs8(&bytes);
        let _ = Certificate::from_pem(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_changed_certificate_does_not_verify(at in any::<prop::sample::Index>(), with in 1u8..) {
        let certificate = ROOT.0.certificate();
        let mut der = certificate.der().to_vec();
        let at = at.index(der.len());
        der[at] ^= with;
        if let Ok(changed) = Certificate::parse(&der) {
            prop_assert!(!changed.verify_with(certificate.public_key()).is_right());
        }
        let mut der = ROOT.1.der().to_vec();
        let at = at % der.len();
        der[at] ^= with;
        if let Ok(changed) = Crl::parse(&der) {
            prop_assert!(!changed.verify_with(certificate.public_key()).is_right());
        }
    }
}
