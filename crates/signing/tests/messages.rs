//! Signatures beside bytes and time stamps, before openssl.

mod house;

use house::*;
use pki::KeyKind;
use signing::{Indication, Integrity, Level, Signer, SubIndication, TimeSource, cades};
use std::process::Command;

fn openssl(arguments: &[&str]) -> (bool, String) {
    let out = Command::new("openssl").args(arguments).output().unwrap();
    (out.status.success(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
}

#[test]
fn a_ballot_is_signed_and_every_change_is_found() {
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048, KeyKind::Ed25519] {
        let house = House::new(kind);
        let ballot = "phiếu: tán thành".as_bytes();
        let signed = cades::sign_detached(ballot, &house.person, house.now, Some(&house.stamper)).unwrap();
        assert_eq!(signed.level, Level::Bt);
        let report = cades::verify_detached(ballot, &signed.cms, &house.trust(), house.now);
        assert_eq!((report.indication, report.level), (Indication::TotalPassed, Level::Bt), "{kind:?} {report:#?}");
        assert_eq!((report.time_source, report.signing_time), (TimeSource::TimeStamp, Some(house.now)));
        let report = cades::verify_detached("phiếu: không".as_bytes(), &signed.cms, &house.trust(), house.now);
        assert_eq!((report.integrity, report.sub_indication), (Integrity::Broken, Some(SubIndication::HashFailure)));
        let report = cades::verify_detached(ballot, b"rubbish", &house.trust(), house.now);
        assert_eq!(report.sub_indication, Some(SubIndication::FormatFailure));
    }
}

#[test]
fn openssl_accepts_the_detached_signature_and_its_bound_certificate() {
    let Some(_) = tool_openssl() else { return };
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let house = House::new(kind);
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let signed = cades::sign_detached(b"hello", &house.person, house.now, None).unwrap();
        std::fs::write(path("c"), b"hello").unwrap();
        std::fs::write(path("s"), &signed.cms).unwrap();
        std::fs::write(path("r"), house.root.certificate().to_pem()).unwrap();
        let at = house.now.seconds().to_string();
        let (content, message, root, out) = (path("c"), path("s"), path("r"), path("o"));
        let verify = [
            "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", &message, "-content", &content, "-CAfile",
            &root, "-attime", &at, "-purpose", "any", "-out", &out,
        ];
        let (good, text) = openssl(&verify);
        assert!(good, "{kind:?}: {text}");
        std::fs::write(path("c"), b"hellO").unwrap();
        assert!(!openssl(&verify).0);
    }
}

fn tool_openssl() -> Option<()> {
    let there = Command::new("openssl").arg("version").output().is_ok();
    if !there {
        eprintln!("skipped: openssl is not installed");
    }
    there.then_some(())
}

#[test]
fn openssl_asks_for_a_time_stamp_and_accepts_the_answer() {
    let Some(()) = tool_openssl() else { return };
    let house = House::new(KeyKind::P256);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("data"), b"hello").unwrap();
    std::fs::write(path("root"), house.root.certificate().to_pem()).unwrap();
    std::fs::write(path("issuing"), house.issuing.certificate().to_pem()).unwrap();
    let (data, query, answer, root, issuing) = (path("data"), path("q"), path("a"), path("root"), path("issuing"));
    let at = house.now.seconds().to_string();
    for more in [vec!["-cert"], vec!["-cert", "-no_nonce"]] {
        let ask = [vec!["ts", "-query", "-data", data.as_str(), "-sha256", "-out", query.as_str()], more].concat();
        assert!(openssl(&ask).0);
        std::fs::write(&answer, house.stamper.answer(&std::fs::read(&query).unwrap())).unwrap();
        let verify = [
            "ts",
            "-verify",
            "-queryfile",
            &query,
            "-in",
            &answer,
            "-CAfile",
            &root,
            "-untrusted",
            &issuing,
            "-attime",
            &at,
        ];
        let (good, text) = openssl(&verify);
        assert!(good, "{text}");
    }
    // What cannot be answered is rejected, not dropped.
    assert!(openssl(&["ts", "-query", "-data", &data, "-sha1", "-out", &query]).0);
    std::fs::write(&answer, house.stamper.answer(&std::fs::read(&query).unwrap())).unwrap();
    assert!(
        openssl(&["ts", "-reply", "-in", &answer, "-text"]).1.contains("bad algorithm") || {
            openssl(&["ts", "-reply", "-in", &answer, "-text"]).1.contains("unrecognized or unsupported algorithm")
        }
    );
    let rejected = house.stamper.answer(b"rubbish");
    assert!(pki::time_stamp::read_answer(&rejected).is_err());
}

#[test]
fn a_signature_in_ber_with_indefinite_lengths_is_read() {
    let house = House::new(KeyKind::P256);
    let signed = cades::sign_detached(b"hello", &house.person, house.now, None).unwrap();
    let ber = indefinite(&signed.cms, 4);
    assert_ne!(ber, signed.cms);
    let report = cades::verify_detached(b"hello", &ber, &house.trust(), house.now);
    assert_eq!(report.indication, Indication::TotalPassed, "{report:#?}");
    assert!(!house.person.chain().is_empty());
}

/// The outer levels with indefinite lengths, as some signing programs write them.
fn indefinite(der: &[u8], levels: usize) -> Vec<u8> {
    use pki::asn1::Reader;
    let mut reader = Reader::new(der, "test");
    let mut out = Vec::new();
    while !reader.is_empty() {
        let element = reader.any().unwrap();
        if levels == 0 || element.tag & 0x20 == 0 {
            out.extend_from_slice(element.raw);
            continue;
        }
        out.extend_from_slice(&[element.tag, 0x80]);
        // Only the first child goes deeper, so that certificates and signed attributes keep their bytes.
        let mut inside = Reader::new(element.content, "test");
        let first = inside.any().unwrap();
        let deeper = if first.tag == 0x06 { inside.rest() } else { element.content };
        if first.tag == 0x06 {
            out.extend_from_slice(first.raw);
            out.extend(indefinite(deeper, levels - 1));
        } else {
            out.extend_from_slice(element.content);
        }
        out.extend_from_slice(&[0, 0]);
    }
    out
}

#[test]
fn openssl_reads_what_is_attached_and_what_it_signs_is_valid_here() {
    use signing::{Signer, cades::Content, validate::Validation};
    let Some(()) = tool_openssl() else { return };
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let house = House::new(kind);
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let content = "phiếu: tán thành\r\n".as_bytes();
        std::fs::write(path("content"), content).unwrap();
        std::fs::write(path("root"), house.root.certificate().to_pem()).unwrap();
        std::fs::write(path("issuing"), house.issuing.certificate().to_pem()).unwrap();
        let at = house.now.seconds().to_string();
        let (message, root, out) = (path("m"), path("root"), path("out"));
        let verify = [
            "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", &message, "-CAfile", &root, "-attime", &at,
            "-purpose", "any", "-out", &out,
        ];
        let signed = signing::cades::sign_attached(content, &house.person, house.now, Some(&house.stamper)).unwrap();
        std::fs::write(&message, &signed.cms).unwrap();
        let (good, text) = openssl(&verify);
        assert!(good, "{kind:?}: {text}");
        assert_eq!(std::fs::read(&out).unwrap(), content);
        assert_eq!(signing::cades::content(&signed.cms).unwrap().as_deref(), Some(content));

        let key = pki::PrivateKey::generate(kind).unwrap();
        std::fs::write(path("key"), pki::pem::encode(key.pkcs8(), "PRIVATE KEY")).unwrap();
        let (from, until) = (house.now.plus_seconds(-DAY), house.now.plus_seconds(900 * DAY));
        let subject = pki::Subject::service("theirs", "VPQH");
        let signer = issue(&house.issuing, pki::Profile::Person, &subject, key, from, until);
        std::fs::write(path("certificate"), signer.chain()[0].to_pem()).unwrap();
        let trust = house.trust();
        let validation = Validation::new(&trust, house.now);
        let (key, certificate, issuing, source) = (path("key"), path("certificate"), path("issuing"), path("content"));
        for (more, level) in [
            (vec!["-cades", "-outform", "DER"], Level::Bb),
            (vec!["-cades", "-outform", "DER", "-nodetach"], Level::Bb),
            (vec!["-cades", "-outform", "PEM", "-nodetach"], Level::Bb),
            (vec!["-outform", "DER", "-nodetach", "-stream"], Level::Bare),
            (vec!["-outform", "DER", "-nodetach", "-noattr"], Level::Bare),
            (vec!["-outform", "DER", "-noattr"], Level::Bare),
            (vec!["-cades", "-outform", "DER", "-keyid", "-md", "sha384"], Level::Bb),
        ] {
            let sign = [
                vec!["cms", "-sign", "-binary", "-in", &source, "-signer", &certificate, "-inkey", &key],
                vec!["-certfile", &issuing, "-out", &message],
                more.clone(),
            ]
            .concat();
            let (good, text) = openssl(&sign);
            assert!(good, "{more:?}: {text}");
            let theirs = std::fs::read(&message).unwrap();
            let attached = more.contains(&"-nodetach");
            let content_of = || if attached { Content::Attached } else { Content::Bytes(content) };
            let report = validation.cms(&theirs, content_of());
            assert!(report.is_all_passed(), "{kind:?} {more:?}: {report:#?}");
            assert_eq!((report.signatures[0].level, report.signatures[0].integrity), (level, Integrity::Intact));
            if attached {
                assert!(validation.cms(&theirs, Content::Bytes(content)).error.unwrap().contains("its own content"));
            } else {
                let report = validation.cms(&theirs, Content::Bytes(b"other"));
                assert_eq!(report.signatures[0].integrity, Integrity::Broken);
                let mut hashed = |hash: pki::Hash| Ok(hash.of(&[content]));
                let report = validation.cms(&theirs, Content::Hashed(&mut hashed));
                assert_eq!(report.is_all_passed(), !more.contains(&"-noattr"), "{more:?}: {report:#?}");
                assert!(validation.cms(&theirs, Content::Attached).error.unwrap().contains("not in the message"));
            }
        }
    }
}
