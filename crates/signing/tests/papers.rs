//! A paper goes from the chairperson's signature to the body's seal, and judges that we did not write agree.

mod house;

use house::*;
use pki::KeyKind;
use signing::{Changes, Indication, Integrity, Level, SubIndication, pades, validate};

const PAPERS: [&str; 2] = ["paper.pdf", "paper-object-streams.pdf"];

#[test]
fn a_signed_and_sealed_paper_passes_and_says_what_was_filled_in() {
    for (paper, kind) in PAPERS.into_iter().zip([KeyKind::P256, KeyKind::Rsa2048]) {
        let house = House::new(kind);
        let first = house.first(&sample(paper)).unwrap();
        assert_eq!((first.level, first.warnings.len()), (Level::Bt, 0));
        let second = house.second(&first.pdf).unwrap();
        assert!(second.pdf.starts_with(&first.pdf), "an update only appends");
        let report = validate::pdf(&second.pdf, &house.trust(), house.now);
        let [person, body] = report.signatures.as_slice() else { panic!("{report:#?}") };
        assert_eq!(person.indication, Indication::TotalPassed, "{paper}: {report:#?}");
        assert_eq!((person.changes_after, person.covers_whole_document), (Changes::FormFill, false));
        assert_eq!(person.signer.name, "Nguyễn Văn A");
        assert_eq!(person.signer.position.as_deref(), Some("Chủ tịch Quốc hội"));
        assert_eq!(body.indication, Indication::TotalPassed, "{paper}: {report:#?}");
        assert_eq!((body.changes_after, body.covers_whole_document), (Changes::None, true));
        assert!(report.is_all_passed());
        let fields = pades::text_fields(&second.pdf).unwrap();
        assert_eq!(fields[1].value.as_deref(), Some("ngày 05 tháng 01 năm 2025"));
        assert!(fields.iter().all(|f| f.read_only));
    }
}

#[test]
fn pyhanko_trusts_both_signatures_and_finds_only_form_filling() {
    let Some(python) = python() else { return };
    for (paper, kind) in PAPERS.into_iter().zip([KeyKind::P256, KeyKind::Rsa2048]) {
        let house = House::new(kind);
        let second = house.second(&house.first(&sample(paper)).unwrap().pdf).unwrap();
        let found = pyhanko(&python, &second.pdf, house.root.certificate(), house.now);
        let signatures = found["signatures"].as_array().unwrap();
        assert_eq!(signatures.len(), 2, "{found:#}");
        for signature in signatures {
            assert_eq!(signature["bottom_line"], true, "{paper}: {found:#}");
            assert_eq!(signature["stamped"], true, "{found:#}");
        }
        assert_eq!(signatures[0]["modification"], "FORM_FILLING");
        assert_eq!(signatures[1]["coverage"], "ENTIRE_FILE");
    }
}

/// certutil answers `--version` with an error, and asks for help.
fn nss(name: &str) -> Option<std::process::Command> {
    let there = std::process::Command::new(name).arg("-H").output().is_ok();
    if !there {
        eprintln!("skipped: {name} is not installed");
    }
    there.then(|| std::process::Command::new(name))
}

/// pdfsig judges at the time of its machine.
#[allow(clippy::disallowed_methods, reason = "the judge reads the machine's clock too")]
fn today() -> kernel::Timestamp {
    kernel::Clock::now(&kernel::SystemClock)
}

#[test]
fn qpdf_finds_nothing_wrong_and_the_text_is_there() {
    let house = House::new(KeyKind::P256);
    for paper in PAPERS {
        let second = house.second(&house.first(&sample(paper)).unwrap().pdf).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.pdf");
        std::fs::write(&file, &second.pdf).unwrap();
        let Some(mut qpdf) = tool("qpdf") else { return };
        let out = qpdf.arg("--check").arg(&file).output().unwrap();
        assert!(
            out.status.success(),
            "{}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
    }
}

#[test]
fn one_changed_byte_is_reported_wherever_it_is() {
    let house = House::new(KeyKind::P256);
    let second = house.second(&house.first(&sample("paper.pdf")).unwrap().pdf).unwrap().pdf;
    let trust = house.trust();
    let before = validate::pdf(&second, &trust, house.now);
    for at in (0..second.len()).step_by(997) {
        let mut changed = second.clone();
        changed[at] ^= 1;
        let report = validate::pdf(&changed, &trust, house.now);
        assert!(
            report != before,
            "byte {at} of {}: {}",
            second.len(),
            String::from_utf8_lossy(&second[at - 60..at + 60])
        );
    }
    let mut changed = second.clone();
    let middle = 3000;
    changed[middle] ^= 1;
    let report = validate::pdf(&changed, &trust, house.now);
    assert_eq!(report.signatures[0].integrity, Integrity::Broken);
    assert_eq!(report.signatures[0].sub_indication, Some(SubIndication::HashFailure));
    assert_eq!(report.signatures[0].indication, Indication::TotalFailed);
}

#[test]
fn a_time_stamper_that_fails_lowers_the_level_and_says_so() {
    struct Broken;
    impl signing::TimeStamper for Broken {
        fn stamp(&self, _: &kernel::Digest) -> Result<Vec<u8>, signing::SignError> {
            Err(signing::SignError::TimeStamp("it does not answer".into()))
        }
    }
    let house = House::new(KeyKind::P256);
    let signed =
        signing::Revision::new("ChuKy").sign(&sample("paper.pdf"), &house.person, house.now, Some(&Broken)).unwrap();
    assert_eq!(signed.level, Level::Bb);
    assert_eq!(signed.warnings, ["no time stamp: it does not answer"]);
    assert!(validate::pdf(&signed.pdf, &house.trust(), house.now).is_all_passed());
}

#[test]
fn requests_that_cannot_be_done_say_why() {
    let house = House::new(KeyKind::P256);
    let first = house.first(&sample("paper.pdf")).unwrap().pdf;
    let sign = |revision: signing::Revision, pdf: &[u8]| {
        revision.sign(pdf, &house.body, house.now, None).map(|_| ()).unwrap_err().to_string()
    };
    assert!(sign(signing::Revision::new("ConDau").certify(), &first).contains("first signature"));
    assert!(sign(signing::Revision::new("ChuKy"), &first).contains("signed already"));
    assert!(
        sign(signing::Revision::new("ConDau").fill("Khong", "x", sample("number.pdf")), &first)
            .contains("no text field")
    );
    assert!(sign(signing::Revision::new("X"), b"hello").contains("no PDF file"));
    let place = signing::Place { page: 9, x: 0.0, y: 0.0, width: 1.0, height: 1.0 };
    assert!(sign(signing::Revision::new("X").visible(place, sample("seal.pdf")), &first).contains("2 pages"));
}

#[test]
fn pdfsig_finds_both_signatures_valid_and_trusted() {
    let (Some(mut certutil), Some(_)) = (nss("certutil"), tool("qpdf")) else { return };
    let house = House::at(KeyKind::P256, today());
    let second = house.second(&house.first(&sample("paper.pdf")).unwrap().pdf).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (file, root) = (folder.path().join("a.pdf"), folder.path().join("root.pem"));
    std::fs::write(&file, &second.pdf).unwrap();
    std::fs::write(&root, house.root.certificate().to_pem()).unwrap();
    let store = folder.path().to_str().unwrap();
    assert!(certutil.args(["-N", "--empty-password", "-d", store]).status().unwrap().success());
    let mut add = std::process::Command::new("certutil");
    add.args(["-A", "-n", "root", "-t", "CT,CT,CT", "-d", store, "-i"]).arg(&root);
    assert!(add.status().unwrap().success());
    let out = std::process::Command::new("pdfsig").args(["-nssdir", store]).arg(&file).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert_eq!(text.matches("Signature is Valid").count(), 2, "{text}");
    assert_eq!(text.matches("Certificate is Trusted").count(), 2, "{text}");
    assert!(text.contains("Total document signed"), "{text}");
}

#[test]
fn evidence_and_an_archive_stamp_carry_a_paper_beyond_its_certificates() {
    use signing::Signer;
    let house = House::new(KeyKind::P256);
    let sealed = house.second(&house.first(&sample("paper.pdf")).unwrap().pdf).unwrap().pdf;
    let week = house.now.plus_seconds(7 * DAY);
    let lists = [house.issuing.crl(1, house.now, week, &[]).unwrap(), house.root.crl(1, house.now, week, &[]).unwrap()];
    let certificates = [house.person.chain(), house.body.chain()].concat();
    let kept = pades::add_evidence(&sealed, &certificates, &lists).unwrap();
    assert_eq!(pades::add_evidence(&kept, &certificates, &lists).unwrap(), kept, "nothing is stored twice");
    let report = validate::pdf(&kept, &house.trust(), house.now);
    assert!(report.signatures.iter().all(|s| s.level == Level::Blt), "{report:#?}");
    assert!(report.signatures.iter().all(|s| s.indication == Indication::TotalPassed), "{report:#?}");
    assert_eq!(report.signatures[1].changes_after, Changes::Evidence);

    let archived = pades::add_archive_stamp(&kept, &house.stamper).unwrap().pdf;
    let report = validate::pdf(&archived, &house.trust(), house.now);
    assert!(report.is_all_passed(), "{report:#?}");
    let levels: Vec<Level> = report.signatures.iter().map(|s| s.level).collect();
    assert_eq!(levels, [Level::Blta, Level::Blta, Level::DocumentTimeStamp]);
    // The certificates of person and body end after 1800 days; a second stamp before that carries on.
    let later = house.now.plus_seconds(1900 * DAY);
    let report = validate::pdf(&archived, &house.trust(), later);
    assert_eq!(
        report.signatures[2].indication,
        Indication::Indeterminate,
        "the stamp's own authority has ended: {report:#?}"
    );

    let Some(python) = python() else { return };
    let found = pyhanko_with(&python, &archived, house.root.certificate(), house.now, &["--lta"]);
    let signatures = found["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 3, "{found:#}");
    assert!(signatures.iter().all(|s| s["bottom_line"] == true), "{found:#}");
}

/// Archive stamps are renewed before their authority ends: each proves that the one before existed in time.
#[test]
fn a_chain_of_archive_stamps_carries_a_paper_over_decades() {
    use pki::{PrivateKey, Profile, Subject};
    use signing::{LocalTimeStamper, Signer};
    use std::sync::Arc;
    let house = House::new(KeyKind::P256);
    let mut pdf = house.second(&house.first(&sample("paper.pdf")).unwrap().pdf).unwrap().pdf;
    let mut chain = [house.person.chain(), house.body.chain()].concat();
    // The authority of the first stamps ends after 1800 days, each following one 1500 days later.
    let (mut first_only, mut renewed) = (None, None);
    for i in 0..3i64 {
        // The lists come a little after the signatures, as in life.
        let at = house.now.plus_seconds(i * 1200 * DAY + 3600);
        let key = PrivateKey::generate(KeyKind::P256).unwrap();
        let name = Subject::service(&format!("Dấu thời gian {i}"), "VPQH");
        let clock = issue(
            &house.issuing,
            Profile::TimeStamping,
            &name,
            key,
            at.plus_seconds(-DAY),
            at.plus_seconds(1500 * DAY),
        );
        chain.extend_from_slice(clock.chain());
        let week = at.plus_seconds(7 * DAY);
        let lists = [
            house.issuing.crl(10 + i as u64, at, week, &[]).unwrap(),
            house.root.crl(10 + i as u64, at, week, &[]).unwrap(),
        ];
        pdf = pades::add_evidence(&pdf, &chain, &lists).unwrap();
        let stamper = LocalTimeStamper::new(Arc::new(clock), Arc::new(Fixed(at)), Arc::new(kernel::OsEntropy));
        pdf = pades::add_archive_stamp(&pdf, &stamper).unwrap().pdf;
        let report = validate::pdf(&pdf, &house.trust(), at);
        assert!(report.is_all_passed(), "stamp {i}: {report:#?}");
        first_only.get_or_insert_with(|| pdf.clone());
        if i == 1 {
            renewed = Some(pdf.clone());
        }
    }
    let first_only = first_only.unwrap();
    let trust = house.trust();
    // Person, body and the first two authorities have ended; the last stamp still stands.
    let late = house.now.plus_seconds(3500 * DAY);
    let report = validate::pdf(&pdf, &trust, late);
    assert!(report.is_all_passed(), "{report:#?}");
    assert_eq!(report.signatures[0].level, signing::Level::Blta);
    assert_eq!(report.signatures[0].signing_time, Some(house.now));
    // Without the renewals the same day is too late.
    assert_eq!(validate::pdf(&first_only, &trust, house.now).signatures.len(), 3);
    assert!(!validate::pdf(&first_only, &trust, late).is_all_passed());

    let Some(python) = python() else { return };
    // pyHanko 0.38 finds no past path once the signer's certificate has ended; up to then it agrees.
    let second = house.now.plus_seconds(1200 * DAY + 7200);
    let found = pyhanko_with(&python, &renewed.unwrap(), house.root.certificate(), second, &["--lta"]);
    let signatures = found["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 4, "{found:#}");
    assert!(signatures.iter().take(2).all(|s| s["bottom_line"] == true), "{found:#}");
}

#[test]
fn a_prepared_paper_that_comes_back_only_signed_is_told_from_every_other() {
    for paper in PAPERS {
        let house = House::new(KeyKind::P256);
        let place = |x, y, width, height| signing::Place { page: 1, x, y, width, height };
        let prepared = signing::Revision::new("ChuKy")
            .at(place(330.0, 320.0, 150.0, 60.0))
            .add_text_field("So", place(150.0, 76.0, 60.0, 18.0))
            .add_text_field("NgayThang", place(320.0, 106.0, 200.0, 18.0))
            .add_signature_field("ConDau", place(270.0, 300.0, 100.0, 100.0))
            .prepare(&sample(paper), house.now)
            .unwrap();
        assert!(prepared.starts_with(&sample(paper)));
        let sign = |revision: signing::Revision, pdf: &[u8]| {
            revision.sign(pdf, &house.person, house.now, Some(&house.stamper)).unwrap().pdf
        };
        let signed = sign(signing::Revision::new("ChuKy").appearance(sample("signature.pdf")), &prepared);
        assert_eq!(signing::only_signed(&prepared, &signed), Ok(()), "{paper}");
        let added = signing::Revision::new("Khac").visible(place(30.0, 320.0, 150.0, 60.0), sample("signature.pdf"));
        let report = validate::pdf(&signed, &house.trust(), house.now);
        assert!(report.is_all_passed() && report.signatures.len() == 1, "{report:#?}");
        assert_eq!(signing::only_signed(&prepared, &sign(added, &prepared)), Ok(()), "a field of one's own");
        // The clerk's revision behind it is allowed, and the seal locks all.
        let sealed = house.second(&signed).unwrap().pdf;
        assert!(validate::pdf(&sealed, &house.trust(), house.now).is_all_passed());
        // What the clerk adds is not the signer's to add.
        assert!(signing::only_signed(&prepared, &house.second(&prepared).unwrap().pdf).is_err());
        let filled = signing::Revision::new("ChuKy").fill("So", "1", sample("number.pdf"));
        assert!(signing::only_signed(&prepared, &sign(filled, &prepared)).is_err());
        let more = signing::Revision::new("ChuKy").add_text_field("Them", place(30.0, 30.0, 20.0, 20.0));
        assert!(signing::only_signed(&prepared, &sign(more, &prepared)).is_err());
        assert!(signing::only_signed(&prepared, &sign(signing::Revision::new("ChuKy").certify(), &prepared)).is_err());
        for other in [prepared.clone(), signed[1..].to_vec(), Vec::new(), sample("seal.pdf")] {
            assert_eq!(signing::only_signed(&prepared, &other), Err(Vec::new()));
        }
        // Whatever is appended, nothing panics.
        for at in (prepared.len()..signed.len()).step_by(97) {
            let mut broken = signed.clone();
            broken[at] ^= 0x15;
            let _ = signing::only_signed(&prepared, &broken);
            let _ = signing::only_signed(&prepared, &signed[..at]);
        }
    }
}
