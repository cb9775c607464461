//! Files that do not fit in memory: signed and judged in pieces, with the same answers as in memory.

mod house;
#[path = "house/large.rs"]
mod large;

use house::*;
use large::{append, peak};
use pki::KeyKind;
use signing::{Changes, Level, Revision, Source, pades, validate, validate::Validation};
#[test]
fn a_large_file_is_signed_sealed_and_judged_in_pieces_as_in_memory() {
    let house = House::new(KeyKind::P256);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.pdf");
    large::write(&path, &sample("paper.pdf"), 12).unwrap();
    let source = || Source::open(&path).unwrap();
    assert!(source().in_memory().is_none());
    for (field, signer) in [("ChuKy", &house.person), ("ConDau", &house.body)] {
        let signed = Revision::new(field).append(&source(), signer, house.now, Some(&house.stamper)).unwrap();
        append(&path, &signed.bytes).unwrap();
    }
    let week = house.now.plus_seconds(7 * DAY);
    let crls =
        vec![house.issuing.crl(1, house.now, week, &[]).unwrap(), house.root.crl(1, house.now, week, &[]).unwrap()];
    let certificates = [signing::Signer::chain(&house.person), signing::Signer::chain(&house.body)].concat();
    let kept = pades::Kept { certificates, crls, answers: Vec::new() };
    append(&path, &pades::append_evidence(&source(), &kept).unwrap()).unwrap();
    append(&path, &pades::append_archive_stamp(&source(), &house.stamper).unwrap().bytes).unwrap();
    let trust = house.trust();
    let validation = Validation::new(&trust, house.now);
    let report = validation.pdf_file(&source());
    assert!(report.is_all_passed(), "{report:#?}");
    let levels: Vec<Level> = report.signatures.iter().map(|s| s.level).collect();
    assert_eq!(levels, [Level::Blta, Level::Blta, Level::DocumentTimeStamp]);
    assert_eq!(report.signatures[0].changes_after, Changes::FormFill);
    let bytes = std::fs::read(&path).unwrap();
    same(&validate::pdf(&bytes, &trust, house.now), &report);
    if let Some(mut qpdf) = tool("qpdf") {
        assert!(qpdf.arg("--check").arg(&path).output().unwrap().status.success());
    }
    for at in [5_000_000, bytes.len() - 40_000] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        let report = validation.pdf_file(&source());
        assert!(!report.is_all_passed());
        same(&validate::pdf(&changed, &trust, house.now), &report);
    }
    for length in [bytes.len() / 2, 9_000_000] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        same(&validate::pdf(&bytes[..length], &trust, house.now), &validation.pdf_file(&source()));
    }
}

#[test]
fn two_hundred_megabytes_take_less_than_sixty_four_of_memory() {
    if peak().is_none() {
        eprintln!("skipped: this machine does not say how much memory a process takes");
        return;
    }
    let house = House::new(KeyKind::P256);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.pdf");
    large::write(&path, &sample("paper.pdf"), 200).unwrap();
    let signed = {
        let source = Source::open(&path).unwrap();
        Revision::new("ChuKy").append(&source, &house.person, house.now, Some(&house.stamper)).unwrap()
    };
    append(&path, &signed.bytes).unwrap();
    let trust = house.trust();
    assert!(Validation::new(&trust, house.now).pdf_file(&Source::open(&path).unwrap()).is_all_passed());
    let peak = peak().unwrap_or_default();
    eprintln!("200 MB signed and judged at {} MB of memory", peak / 1024);
    assert!(peak < 64 * 1024, "{peak} kB");
}

fn same(memory: &signing::Report, disk: &signing::Report) {
    let text = |report| serde_json::to_string_pretty(report).unwrap();
    assert_eq!(text(memory), text(disk));
}
