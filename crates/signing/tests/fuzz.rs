//! A smoke of fuzzing: seeds of every format, changed in many ways, through every parser. No panic, no hang; what fuzzing
//! finds is added to the seeds. `DIENHONG_FUZZ=SECONDS` runs longer than the usual few seconds.

mod house;

use house::*;
use pki::{Certificate, Crl, KeyKind, cms, limbo, ocsp, time_stamp};
use signing::{Revision, Trust, cades, pades, validate::Validation, xades};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// A small random source, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// One seed with one to four changes; another seed may lend a piece.
fn changed(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        let length = 1 + dice.below(40);
        let end = (at + length).min(bytes.len());
        match dice.below(8) {
            0 => bytes.truncate(at),
            1 => bytes[at..end].iter_mut().for_each(|b| *b = 0xff),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => {
                let from = dice.below(other.len());
                let piece = other[from..(from + length * 8).min(other.len())].to_vec();
                bytes.splice(at..end, piece);
            }
            5 => {
                // Numbers are where lengths, offsets and counts are.
                let digits: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
                if let Some(place) = digits.get(dice.below(digits.len())) {
                    bytes[*place] = b'0' + dice.below(10) as u8;
                }
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

/// Every parser takes every input, whatever it was a seed of.
fn parse(bytes: &[u8], house: &House, validation: &Validation<'_>) {
    let _ = Certificate::parse(bytes).map(|c| c.addresses());
    let _ = Crl::parse(bytes);
    let _ = cms::SignedData::parse(bytes);
    let _ = time_stamp::TimeStampToken::parse(bytes);
    let _ = time_stamp::TimeStampRequest::parse(bytes);
    let _ = time_stamp::read_answer(bytes);
    let _ = ocsp::Request::parse(bytes);
    let _ = ocsp::Response::parse(bytes);
    let _ = ocsp::Response::from_basic(bytes);
    let _ = house.stamper.answer(bytes);
    let _ = Certificate::from_pem(&String::from_utf8_lossy(bytes));
    let _ = serde_json::from_slice::<limbo::Suite>(bytes);
    let reports = [
        validation.pdf(bytes),
        validation.cms(bytes, cades::Content::Attached),
        validation.cms(bytes, cades::Content::Bytes(b"x")),
        validation.xml(bytes, Some(b"x")),
    ];
    for report in &reports {
        signing::report_xml::write("x", report, house.now);
        signing::words::report(report, signing::words::Language::Vi);
    }
    let _ = pades::text_fields(bytes);
    let _ = pades::page_count(bytes);
    let _ = Revision::new("X").sign(bytes, &house.body, house.now, None);
    let _ = pades::keep(bytes, &pades::Kept::default());
    let _ = xades::sign_enveloped(bytes, &house.body, house.now, None);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "how long to fuzz is asked of the environment")]
fn changed_seeds_of_every_format_end_without_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut seeds: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    seeds.sort();
    assert!(seeds.len() >= 12);
    let house = House::new(KeyKind::P256);
    let root = seeds.iter().find(|(name, _)| name == "root.pem").unwrap();
    let trust = Trust::new(Certificate::from_pem(std::str::from_utf8(&root.1).unwrap()).unwrap());
    let validation = Validation::new(&trust, house.now);
    // The seeds themselves are what they say.
    let seed = |name: &str| &seeds.iter().find(|(n, _)| n == name).unwrap().1;
    assert!(validation.pdf(seed("archived.pdf")).is_all_passed());
    assert!(validation.xml(seed("law.xml"), None).is_all_passed());
    assert!(validation.cms(seed("around.p7m"), cades::Content::Attached).is_all_passed());
    assert!(validation.cms(seed("beside.p7s"), cades::Content::Bytes(b"x")).is_all_passed());
    assert!(ocsp::Response::parse(seed("answer.ocsp")).is_ok() && Crl::parse(seed("list.crl")).is_ok());

    let seconds = std::env::var("DIENHONG_FUZZ").ok().and_then(|s| s.parse().ok()).unwrap_or(4);
    let (start, mut dice, mut count) = (Instant::now(), Dice(0x9e37_79b9_7f4a_7c15), 0u32);
    while start.elapsed() < Duration::from_secs(seconds) {
        let (name, bytes) = &seeds[dice.below(seeds.len())];
        let (_, other) = &seeds[dice.below(seeds.len())];
        let input = changed(bytes, other, &mut dice);
        let begun = Instant::now();
        parse(&input, &house, &validation);
        // A hang, not a speed: seconds for a few kilobytes.
        assert!(begun.elapsed() < Duration::from_secs(20), "{name} changed takes too long ({count})");
        count += 1;
    }
    eprintln!("{count} inputs");
    assert!(count > 10);
}
