//! Files that others have signed or written, and files of odd shapes.

mod house;
#[path = "house/tamper.rs"]
mod tamper;

use house::*;
use pki::{KeyKind, PrivateKey, Profile, Subject};
use signing::{Changes, Level, Signer, validate};
use std::{path::Path, process::Command};

#[test]
fn what_pyhanko_signs_at_every_level_is_valid_here() {
    let Some(python) = python() else { return };
    for (paper, kind) in [("paper.pdf", KeyKind::P256), ("paper-object-streams.pdf", KeyKind::Rsa2048)] {
        let house = House::new(kind);
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        let (from, until) = (house.now.plus_seconds(-DAY), house.now.plus_seconds(900 * DAY));
        for (name, profile) in [("person", Profile::Person), ("tsa", Profile::TimeStamping)] {
            // pyHanko's own time stamp authority for tests signs with RSA only.
            let kind = if profile == Profile::TimeStamping { KeyKind::Rsa2048 } else { kind };
            let key = PrivateKey::generate(kind).unwrap();
            put(&format!("{name}.p8"), key.pkcs8());
            let key = key.with_pkcs1();
            let signer = issue(&house.issuing, profile, &Subject::service(name, "VPQH"), key, from, until);
            put(&format!("{name}.pem"), signer.chain()[0].to_pem().as_bytes());
        }
        put("paper.pdf", &sample(paper));
        put("root.pem", house.root.certificate().to_pem().as_bytes());
        put("issuing.pem", house.issuing.certificate().to_pem().as_bytes());
        put("now.txt", house.now.iso_local().as_bytes());
        let week = house.now.plus_seconds(7 * DAY);
        put("crl-1.der", house.issuing.crl(1, house.now.plus_seconds(-60), week, &[]).unwrap().der());
        put("crl-2.der", house.root.crl(1, house.now.plus_seconds(-60), week, &[]).unwrap().der());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/judges/pyhanko_signs.py");
        let out = Command::new(&python).arg(script).arg(folder.path()).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        for (file, levels) in [
            ("bb.pdf", vec![Level::Bb]),
            ("bt.pdf", vec![Level::Bt]),
            ("visible.pdf", vec![Level::Bb]),
            ("certified.pdf", vec![Level::Bb]),
            ("twice.pdf", vec![Level::Bb, Level::Bb]),
            ("thrice.pdf", vec![Level::Bb, Level::Bb, Level::Bt]),
            ("lt.pdf", vec![Level::Blt]),
            ("lta.pdf", vec![Level::Blta, Level::DocumentTimeStamp]),
        ] {
            let pdf = std::fs::read(folder.path().join(file)).unwrap();
            let report = validate::pdf(&pdf, &house.trust(), house.now);
            let found: Vec<Level> = report.signatures.iter().map(|s| s.level).collect();
            assert_eq!(found, levels, "{paper} {file}: {report:#?}");
            let passed = report.signatures.iter().all(|s| s.indication == signing::Indication::TotalPassed);
            assert!(passed, "{paper} {file}: {report:#?}");
        }
    }
}

/// A hybrid file: a table for old readers, and beside it a stream that lists an object hidden from them.
fn hybrid(paper: &[u8]) -> Vec<u8> {
    let mut out = paper.to_vec();
    let number = tamper::size(paper);
    let hidden = out.len();
    out.extend(format!("{number} 0 obj\n<</Hidden true>>\nendobj\n").bytes());
    let stream = out.len();
    let mut row = vec![1u8];
    row.extend((hidden as u32).to_be_bytes());
    row.push(0);
    let size = number + 2;
    out.extend(
        format!("{} 0 obj\n<</Type/XRef/Size {size}/W[1 4 1]/Index[{number} 1]/Length 6>>\nstream\n", number + 1)
            .bytes(),
    );
    out.extend(row);
    out.extend(b"\nendstream\nendobj\n");
    let text = tamper::text(paper);
    let previous = text[text.rfind("startxref").unwrap() + 9..].split_whitespace().next().unwrap().to_owned();
    let start = out.len();
    let root = tamper::root(paper);
    out.extend(
        format!("xref\n0 1\n0000000000 65535 f\r\ntrailer\n<</Size {size}/Root {root} 0 R/Prev {previous}/XRefStm {stream}>>\nstartxref\n{start}\n%%EOF\n")
            .bytes(),
    );
    out
}

#[test]
fn locks_and_hybrid_files_of_pyhanko_are_judged_as_pyhanko_judges_them() {
    let Some(python) = python() else { return };
    let house = House::new(KeyKind::P256);
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let (from, until) = (house.now.plus_seconds(-DAY), house.now.plus_seconds(900 * DAY));
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    put("person.p8", key.pkcs8());
    let signer = issue(&house.issuing, Profile::Person, &Subject::service("person", "VPQH"), key, from, until);
    put("person.pem", signer.chain()[0].to_pem().as_bytes());
    put("paper.pdf", &sample("paper.pdf"));
    put("hybrid.pdf", &hybrid(&sample("paper.pdf")));
    put("root.pem", house.root.certificate().to_pem().as_bytes());
    put("issuing.pem", house.issuing.certificate().to_pem().as_bytes());
    put("now.txt", house.now.iso_local().as_bytes());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/pyhanko_locks.py");
    let out = Command::new(&python).arg(script).arg(folder.path()).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let verdicts: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(verdicts.as_object().unwrap().len(), 9, "{verdicts:#}");
    for (file, theirs) in verdicts.as_object().unwrap() {
        let pdf = std::fs::read(folder.path().join(file)).unwrap();
        let report = validate::pdf(&pdf, &house.trust(), house.now);
        let ours: Vec<bool> =
            report.signatures.iter().map(|s| s.indication == signing::Indication::TotalPassed).collect();
        assert_eq!(serde_json::json!(ours), *theirs, "{file}: {report:#?}");
    }
}

#[test]
fn a_hybrid_file_is_signed_and_stays_sound() {
    let house = House::new(KeyKind::P256);
    let sealed = house.second(&house.first(&hybrid(&sample("paper.pdf"))).unwrap().pdf).unwrap().pdf;
    let report = validate::pdf(&sealed, &house.trust(), house.now);
    assert!(report.is_all_passed(), "{report:#?}");
    assert_eq!(report.signatures[0].changes_after, Changes::FormFill);
    let last = tamper::text(&sealed);
    assert!(!last[last.rfind("trailer").unwrap()..].contains("XRefStm"));
    if let Some(mut qpdf) = tool("qpdf") {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.pdf");
        std::fs::write(&file, &sealed).unwrap();
        let out = qpdf.arg("--check").arg(&file).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
    }
}

#[test]
fn a_file_with_broken_cross_references_is_judged_but_not_signed() {
    let house = House::new(KeyKind::P256);
    let paper = sample("paper.pdf");
    let broken = tamper::patched(&paper, "startxref", "startxxxx");
    let refused = house.first(&broken).unwrap_err().to_string();
    assert!(refused.contains("cross-references are broken"), "{refused}");
    let sealed = house.second(&house.first(&paper).unwrap().pdf).unwrap().pdf;
    let damaged = tamper::patched(&sealed, "startxref", "startxxxx");
    let report = validate::pdf(&damaged, &house.trust(), house.now);
    assert_eq!(report.signatures.len(), 2, "{report:#?}");
    assert!(!report.is_all_passed());
}

#[test]
fn an_encrypted_file_is_named_as_such() {
    let Some(mut qpdf) = tool("qpdf") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("e.pdf");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/paper.pdf");
    let made = qpdf.args(["--encrypt", "a", "b", "256", "--"]).arg(&source).arg(&file).status().unwrap();
    assert!(made.success());
    let house = House::new(KeyKind::P256);
    let report = validate::pdf(&std::fs::read(&file).unwrap(), &house.trust(), house.now);
    assert!(report.error.unwrap().contains("encrypted"));
}
