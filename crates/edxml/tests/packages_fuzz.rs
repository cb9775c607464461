//! A smoke of fuzzing: packages changed in many ways. No panic, no hang, and what reads is bounded by what came.
//! `DIENHONG_FUZZ=SECONDS` runs longer than the usual few seconds.

mod house;

use edxml::package::{Package, Wrap, check, read};
use edxml::words::{Language, sentence};
use house::*;
use std::time::{Duration, Instant};

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

const PIECES: &[&[u8]] = &[
    b"<!DOCTYPE a [<!ENTITY b \"c\">]>",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"&#x0;",
    b"&#10;",
    b"&a;",
    b"<",
    b">",
    b"</edXML>",
    b"<edXML:To>",
    b"</edXML:To>",
    b"<?x y?>",
    b"PK\x03\x04",
    b"UEsDBBQ",
    b"=",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\0",
    b"xmlns:a=\"b\"",
    b"<ContentTransferEncoded>",
    b"</Attachment>",
    b"<Attachment>",
    b"<StatusCode>02</StatusCode>",
];

fn changed(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        let end = (at + 1 + dice.below(40)).min(bytes.len());
        match dice.below(7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => {
                let from = dice.below(other.len());
                let piece = other[from..(from + 300).min(other.len())].to_vec();
                bytes.splice(at..end, piece);
            }
            4 => {
                let piece = PIECES[dice.below(PIECES.len())].to_vec();
                bytes.splice(at..at, piece);
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

#[test]
#[allow(clippy::disallowed_methods, reason = "the length of the run is the tester's choice")]
fn no_package_makes_the_reader_panic() {
    let seconds = std::env::var("DIENHONG_FUZZ").ok().and_then(|s| s.parse().ok()).unwrap_or(4);
    let mut seeds = vec![sample_bytes(Wrap::Zip), sample_bytes(Wrap::Raw)];
    let mut status = String::from_utf8(sample_bytes(Wrap::Raw)).unwrap();
    status = status.replace("<edXML:Subject>", "<edXML:StatusCode>03</edXML:StatusCode><edXML:Subject>");
    seeds.push(status.into_bytes());
    if let Some(folder) = shared("edxml-samples") {
        let files = std::fs::read_dir(folder).unwrap().filter_map(|entry| std::fs::read(entry.unwrap().path()).ok());
        seeds.extend(files);
    }
    let (mut dice, mut runs) = (Dice(0x9e37_79b9_7f4a_7c15), 0u64);
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        let (seed, other) = (&seeds[dice.below(seeds.len())], &seeds[dice.below(seeds.len())]);
        let bytes = changed(seed, other, &mut dice);
        let reading = parse(&bytes);
        assert!(reading.length <= bytes.len() as u64);
        for finding in check(&reading.package, today()).iter().chain(&reading.oddities).chain(&reading.refusals) {
            assert!(!sentence(finding, Language::Vi).is_empty());
        }
        // What was read once is data like any other: it survives its own form.
        let text = serde_json::to_string(&reading.package).unwrap();
        assert_eq!(serde_json::from_str::<Package>(&text).unwrap(), reading.package);
        // Reading is the same however the bytes come.
        let slow = std::io::BufReader::with_capacity(1 + dice.below(50), bytes.as_slice());
        let again = read(slow, &mut edxml::package::Memory, &Default::default()).unwrap();
        assert_eq!(again.package, reading.package);
        runs += 1;
    }
    eprintln!("{runs} packages");
    assert!(runs > 50);
}
