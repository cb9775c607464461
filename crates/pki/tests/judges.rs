//! Certificates, lists and time stamps before judges that we did not write: openssl, pkilint, the typed x509-cert library.

use der::Decode;
use kernel::{OsEntropy, Timestamp};
use pki::{Authority, Certificate, KeyKind, PrivateKey, Profile, Reason, Revocation, Subject};
use std::{path::Path, process::Command};

const DAY: i64 = 86_400;

fn now() -> Timestamp {
    Timestamp::from_micros(1_736_043_150_000_000)
}

struct House {
    root: Authority,
    issuing: Authority,
    all: Vec<(&'static str, Certificate)>,
}

fn house(kind: KeyKind) -> House {
    let key = || PrivateKey::generate(kind).unwrap();
    let (from, until) = (now().plus_seconds(-DAY), now().plus_seconds(3650 * DAY));
    let root =
        Authority::root(&Subject::service("CA gốc", "Văn phòng Quốc hội"), key(), from, until, &OsEntropy).unwrap();
    let root = root.with_crl_url("http://ca.example.vn/root.crl");
    let issuing = root.subordinate(&Subject::service("CA cấp", "Văn phòng Quốc hội"), key(), from, until, &OsEntropy);
    let issuing =
        issuing.unwrap().with_crl_url("http://ca.example.vn/issuing.crl").with_ocsp_url("http://ca.example.vn/ocsp");
    let issuing = issuing.with_issuer_url("http://ca.example.vn/issuing.cer");
    let mut all = vec![("root", root.certificate().clone()), ("issuing", issuing.certificate().clone())];
    let person = Subject::person("Nguyễn Văn A", "Đại biểu Quốc hội", "Đoàn đại biểu 001", "person-1");
    let end = now().plus_seconds(1800 * DAY);
    for (name, profile, subject) in [
        ("person", Profile::Person, person),
        ("body", Profile::Body, Subject::body("Ủy ban Thường vụ Quốc hội", "ubtvqh")),
        ("tsa", Profile::TimeStamping, Subject::service("Dấu thời gian", "Văn phòng Quốc hội")),
        ("ocsp", Profile::Ocsp, Subject::service("Trạng thái chứng thư", "Văn phòng Quốc hội")),
    ] {
        let certificate = issuing.issue(profile, &subject, key().public_key_info(), from, end, &OsEntropy).unwrap();
        all.push((name, certificate));
    }
    House { root, issuing, all }
}

fn openssl(arguments: &[&str]) -> Option<(bool, String)> {
    let Ok(out) = Command::new("openssl").args(arguments).output() else {
        eprintln!("skipped: openssl is not installed");
        return None;
    };
    Some((out.status.success(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()))
}

#[test]
fn the_typed_library_reads_every_certificate_and_writes_it_back_the_same() {
    use der::Encode;
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        for (name, certificate) in house(kind).all {
            let typed = x509_cert::Certificate::from_der(certificate.der()).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(typed.to_der().unwrap(), certificate.der(), "{name}");
        }
    }
}

#[test]
fn openssl_verifies_the_paths_and_sees_the_revocation() {
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let house = house(kind);
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let root = file("root.pem", house.all[0].1.to_pem());
        let issuing = file("issuing.pem", house.all[1].1.to_pem());
        let at = now().seconds().to_string();
        for (name, certificate) in &house.all[1..] {
            let one = file("one.pem", certificate.to_pem());
            let arguments =
                ["verify", "-x509_strict", "-attime", &at, "-CAfile", &root, "-untrusted", &issuing, one.as_str()];
            let Some((good, text)) = openssl(&arguments) else { return };
            assert!(good, "{kind:?} {name}: {text}");
        }
        let person = &house.all[2].1;
        let revocation = Revocation { serial: person.serial().to_vec(), at: now(), reason: Reason::KeyCompromise };
        let crl = house.issuing.crl(2, now(), now().plus_seconds(7 * DAY), &[revocation]).unwrap();
        let above = house.root.crl(2, now(), now().plus_seconds(7 * DAY), &[]).unwrap();
        let (one, list) = (file("one.pem", person.to_pem()), file("crl.pem", crl.to_pem() + &above.to_pem()));
        let arguments = [
            "verify",
            "-crl_check_all",
            "-attime",
            &at,
            "-CAfile",
            &root,
            "-untrusted",
            &issuing,
            "-CRLfile",
            &list,
            &one,
        ];
        let Some((good, text)) = openssl(&arguments) else { return };
        assert!(!good && text.contains("revoked"), "{text}");
        let other = file("two.pem", house.all[3].1.to_pem());
        let arguments = [
            "verify",
            "-crl_check_all",
            "-attime",
            &at,
            "-CAfile",
            &root,
            "-untrusted",
            &issuing,
            "-CRLfile",
            &list,
            &other,
        ];
        let Some((good, text)) = openssl(&arguments) else { return };
        assert!(good, "{text}");
    }
}

/// The Python that has pkilint, by DIENHONG_PYTHON.
#[allow(clippy::disallowed_methods, reason = "a test finds its judges in the environment")]
fn pkilint() -> Option<String> {
    let folder = std::env::var("DIENHONG_PYTHON").ok().and_then(|p| Some(Path::new(&p).parent()?.to_str()?.to_owned()));
    if folder.as_deref().is_none_or(|f| !Path::new(f).join("lint_pkix_cert").exists()) {
        eprintln!("skipped: DIENHONG_PYTHON does not name a Python with pkilint");
        return None;
    }
    folder
}

#[test]
fn pkilint_finds_no_error_in_certificates_and_lists() {
    let Some(bin) = pkilint() else { return };
    let house = house(KeyKind::P256);
    let folder = tempfile::tempdir().unwrap();
    let lint = |tool: &str, arguments: &[&str], name: &str, der: &[u8]| {
        let file = folder.path().join(name);
        std::fs::write(&file, der).unwrap();
        let out = Command::new(Path::new(&bin).join(tool)).args(arguments).arg(&file).output().unwrap();
        let text = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        assert!(!text.contains("ERROR") && !text.contains("FATAL") && !text.contains("Traceback"), "{name}: {text}");
    };
    for (name, certificate) in &house.all {
        lint("lint_pkix_cert", &["lint"], name, certificate.der());
    }
    let person = &house.all[2].1;
    let revocation = Revocation { serial: person.serial().to_vec(), at: now(), reason: Reason::KeyCompromise };
    let crl = house.issuing.crl(7, now(), now().plus_seconds(7 * DAY), &[revocation]).unwrap();
    lint("lint_crl", &["lint", "--profile", "PKIX", "--type", "CRL"], "crl", crl.der());
}
