//! The ceremony of a root that is kept apart, in a folder, by a clock that is turned by hand.

use kernel::{Clock, Digest, OsEntropy, Timestamp};
use pki::{KeyKind, PrivateKey, Reason, Subject, request::CertificationRequest};
use proptest::prelude::*;
use signing::{
    SignError, VaultError,
    ceremony::{NewRoot, Outside, Person, Persons, Root, UnderTwo, groups, key_fingerprint, same_fingerprint},
};
use std::{fs, path::Path};
use zeroize::Zeroizing;

struct At(i64);
impl Clock for At {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_760_000_000_123_456).plus_seconds(self.0)
    }
}

fn persons(first: &str, second: &str) -> Persons {
    let person = |text: &str, phrase: &str| (Person::parse(text).unwrap(), Zeroizing::new(phrase.to_owned()));
    Persons::new(person("Nguyễn Văn A, Vụ trưởng", first), person("Trần Thị B, Chánh Văn phòng", second)).unwrap()
}

fn made(folder: &Path, persons: &Persons) -> Root {
    let new = NewRoot {
        name: "CA gốc".into(),
        organization: "VPQH".into(),
        kind: KeyKind::P256,
        years: 20,
        list_days: 365,
        token: None,
    };
    Root::make(folder, &new, outside(persons, &At(0))).unwrap().0
}

fn outside<'a>(persons: &'a Persons, clock: &'a dyn Clock) -> Outside<'a> {
    Outside { persons, clock, entropy: &OsEntropy }
}

fn asked() -> CertificationRequest {
    let name = Subject::service("CA cấp", "VPQH").name().unwrap();
    CertificationRequest::make(&name, &PrivateKey::generate(KeyKind::P256).unwrap()).unwrap()
}

#[test]
fn each_time_has_its_protocol_and_lists_grow_also_within_one_second() {
    let folder = tempfile::tempdir().unwrap();
    let both = persons("mật khẩu thứ nhất", "mật khẩu thứ hai");
    let mut root = made(folder.path(), &both);
    root.keep_protocol(b"%PDF first").unwrap();
    let request = asked();
    let fingerprint = groups(&key_fingerprint(&request.public_key_info)).join(" ");
    let at = At(60);
    let (issuing, protocol) = root.certify(&request, &fingerprint, 10, None, outside(&both, &at)).unwrap();
    assert_eq!(protocol.earlier[0].digest, Some(Digest::of(&[b"%PDF first"])));
    let (first, _) = root.list(&[], 100, outside(&both, &at)).unwrap();
    let revoke = [(issuing.serial_hex().to_uppercase(), Reason::AuthorityCompromise)];
    let (second, protocol) = root.list(&revoke, 100, outside(&both, &at)).unwrap();
    assert!(second.number() > first.number() && first.is_empty() && second.len() == 1);
    assert_eq!((protocol.number, protocol.earlier.len()), (4, 3));
    // What is in the folder is what was handed out; a new program goes on from there.
    assert_eq!(fs::read(folder.path().join("root.crl")).unwrap(), second.der());
    let mut again = Root::read(folder.path()).unwrap();
    assert_eq!(again.certificate(), root.certificate());
    let (third, _) = again.list(&[], 100, outside(&both, &at)).unwrap();
    assert!(third.len() == 1 && third.number() > second.number(), "a revocation stays");
}

#[test]
fn another_key_the_roots_own_and_a_short_fingerprint_are_refused_before_anything_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let both = persons("mật khẩu thứ nhất", "mật khẩu thứ hai");
    let mut root = made(folder.path(), &both);
    let (request, clock) = (asked(), At(60));
    let right = key_fingerprint(&request.public_key_info).to_string();
    let mut refused = |request: &CertificationRequest, typed: &str| {
        matches!(root.certify(request, typed, 10, None, outside(&both, &clock)), Err(SignError::Request(_)))
    };
    assert!(refused(&request, &right[..15]));
    assert!(refused(&request, &key_fingerprint(b"another").to_string()));
    let own = Subject::service("CA gốc", "VPQH").name().unwrap();
    let own = CertificationRequest::make(&own, &PrivateKey::generate(KeyKind::P256).unwrap()).unwrap();
    assert!(refused(&own, &key_fingerprint(&own.public_key_info).to_string()));
    assert_eq!(Root::read(folder.path()).unwrap().held(), 1, "nothing was noted");
}

#[test]
fn a_secret_under_two_says_whose_passphrase_is_wrong_and_opens_in_its_context_only() {
    let both = persons("mật khẩu thứ nhất", "mật khẩu thứ hai");
    let sealed = UnderTwo::seal("khóa", b"secret", &both, &OsEntropy).unwrap();
    assert_eq!(sealed.open("khóa", &both).unwrap().as_slice(), b"secret");
    let open = |first: &str, second: &str| sealed.open("khóa", &persons(first, second)).map(|_| ());
    assert_eq!(open("mật khẩu khác hẳn", "mật khẩu thứ hai"), Err(VaultError::OnePassphrase("first")));
    assert_eq!(open("mật khẩu thứ nhất", "mật khẩu khác hẳn"), Err(VaultError::OnePassphrase("second")));
    assert!(sealed.open("chìa", &both).is_err());
    let weak = persons("ngắn", "mật khẩu thứ hai");
    assert!(matches!(UnderTwo::seal("khóa", b"x", &weak, &OsEntropy), Err(VaultError::BadMasterKey(_))));
    assert!(!format!("{both:?}").contains("mật khẩu"));
}

#[test]
fn a_folder_that_was_damaged_is_an_error_in_words() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Root::read(folder.path()).is_err());
    made(folder.path(), &persons("mật khẩu thứ nhất", "mật khẩu thứ hai"));
    let path = folder.path().join("ceremony.json");
    let whole = fs::read(&path).unwrap();
    for cut in (0..whole.len()).step_by(37) {
        fs::write(&path, &whole[..cut]).unwrap();
        assert!(matches!(Root::read(folder.path()), Err(SignError::Request(_))), "{cut}");
    }
}

proptest! {
    #[test]
    fn no_text_is_taken_for_a_fingerprint_that_is_not_its_beginning(typed in "\\PC{0,80}") {
        let digest = Digest::of(&[b"key"]);
        let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        prop_assert_eq!(same_fingerprint(&digest, &typed), plain.len() >= 16 && digest.to_string().starts_with(&plain));
        let _ = Person::parse(&typed);
    }
}
