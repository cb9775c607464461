//! Packages of 100 kB packed and unpacked, beside what base64 and deflate alone take for the same bytes in the same run.

use base64::{Engine, engine::general_purpose::STANDARD};
use edxml::package::{
    AttachmentHead, Business, Code, Document, DocumentType, Header, Limits, Memory, Package, Party, Promulgation,
    Reference, Signer, Trace, Wrap, read, write,
};
use kernel::Day;
use std::hint::black_box;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

/// Bytes that deflate shrinks about as it does a signed PDF: half noise, half text.
fn content(length: usize) -> Vec<u8> {
    let (mut noise, mut bytes) = (0x9e37_79b9_7f4a_7c15_u64, Vec::with_capacity(length));
    while bytes.len() < length {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        bytes.extend_from_slice(&noise.to_le_bytes());
        bytes.extend_from_slice(b"Quoc hoi");
    }
    bytes.truncate(length);
    bytes
}

fn package() -> Package {
    let party = |id: &str| Party { organ_id: id.into(), name: "Cơ quan A".into(), ..Party::default() };
    let document = Document {
        from: party("000.00.00.C01"),
        to: vec![party("G12.18")],
        document_id: "000.00.00.C01,2026/11/20,05/NQ-A".into(),
        code: Code { number: "05".into(), notation: "NQ-A".into() },
        promulgation: Promulgation { place: "Hà Nội".into(), date: "2026/11/20".into() },
        document_type: DocumentType { name: "Nghị quyết".into(), ..DocumentType::default() },
        subject: "Về việc đo tốc độ".into(),
        signer: Signer { full_name: "Nguyễn Văn A".into(), ..Signer::default() },
        ..Document::default()
    };
    let (id, name, kind) = ("cid:1".to_owned(), "a.pdf".to_owned(), "application/pdf".to_owned());
    let head = AttachmentHead {
        content_id: id.clone(),
        name: name.clone(),
        description: name.clone(),
        content_type: kind.clone(),
    };
    Package {
        header: Header::Document(Box::new(document)),
        trace: Trace { hops: vec![], business: Business { kind: "0".into(), ..Business::default() } },
        references: vec![Reference { content_id: id, content_type: kind, description: name.clone(), name }],
        attachments: vec![head],
        ..Package::default()
    }
}

/// Runs for a while; runs per second.
fn rate(mut run: impl FnMut()) -> f64 {
    run();
    let (start, mut runs) = (Instant::now(), 0u32);
    while start.elapsed() < Duration::from_secs(2) {
        run();
        runs += 1;
    }
    f64::from(runs) / start.elapsed().as_secs_f64()
}

fn main() {
    let bytes = content(100_000);
    let (package, today) = (package(), Day::new(2026, 11, 24).expect("a day"));
    let pack = |out: &mut Vec<u8>| {
        write(&package, today, Wrap::Zip, |_| Ok(bytes.as_slice()), out).expect("it keeps the rules")
    };
    let mut packed = Vec::new();
    pack(&mut packed);
    let deflate = |bytes: &[u8]| {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    };
    let text = STANDARD.encode(deflate(&bytes));

    let ours = rate(|| {
        let mut out = Vec::with_capacity(packed.len());
        pack(&mut out);
        black_box(out);
    });
    let alone = rate(|| drop(black_box(STANDARD.encode(deflate(&bytes)))));
    println!("pack 100 kB:   {ours:8.0}/s; base64 and deflate alone {alone:8.0}/s; {:.0} %", 100.0 * ours / alone);

    let ours = rate(|| {
        let reading = read(packed.as_slice(), &mut Memory, &Limits::default()).expect("memory");
        assert!(reading.refusals.is_empty() && reading.contents[0].length == 100_000);
        black_box(reading);
    });
    let alone = rate(|| {
        let deflated = STANDARD.decode(&text).expect("base64");
        let mut out = Vec::new();
        flate2::read::DeflateDecoder::new(deflated.as_slice()).read_to_end(&mut out).expect("deflate");
        black_box(out);
    });
    println!("unpack 100 kB: {ours:8.0}/s; base64 and inflate alone {alone:8.0}/s; {:.0} %", 100.0 * ours / alone);
}
