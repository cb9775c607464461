//! What the tests of packages share.
#![allow(dead_code, reason = "each test file uses its part")]

use edxml::package::{
    AttachmentHead, Business, Code, Document, DocumentType, Header, Hop, Limits, Memory, Package, Party, Promulgation,
    Reading, Reference, Signer, Trace, Wrap, read, write,
};
use kernel::Day;
use std::io::Cursor;
use std::path::PathBuf;

pub fn today() -> Day {
    Day::new(2026, 11, 24).unwrap()
}

/// A synthetic document that keeps every rule, with one attachment.
pub fn sample() -> (Package, Vec<u8>) {
    let party = |id: &str, name: &str| Party { organ_id: id.into(), name: name.into(), ..Party::default() };
    let document = Document {
        from: party("000.00.00.C01", "Cơ quan A"),
        to: vec![party("G12.18", "Cơ quan B"), party("000.00.18.H41", "Cơ quan C")],
        document_id: "000.00.00.C01,2026/11/20,05/NQ-A".into(),
        code: Code { number: "05".into(), notation: "NQ-A".into() },
        promulgation: Promulgation { place: "Hà Nội".into(), date: "2026/11/20".into() },
        document_type: DocumentType { group: "1".into(), detail: String::new(), name: "Nghị quyết".into() },
        subject: "Về việc thử nghiệm <liên thông> & trao đổi".into(),
        signer: Signer { full_name: "Nguyễn Văn A".into(), ..Signer::default() },
        ..Document::default()
    };
    let head = AttachmentHead {
        content_id: "cid:1".into(),
        name: "nghi-quyet.pdf".into(),
        description: "Nghị quyết".into(),
        content_type: "application/pdf".into(),
    };
    let reference = Reference {
        content_id: "cid:1".into(),
        content_type: "application/pdf".into(),
        description: "Nghị quyết".into(),
        name: "nghi-quyet.pdf".into(),
    };
    let trace = Trace {
        hops: vec![Hop { organ_id: "000.00.00.C01".into(), timestamp: "2026/11/20 09:00:00".into() }],
        business: Business { kind: "0".into(), ..Business::default() },
    };
    let package = Package {
        header: Header::Document(Box::new(document)),
        trace,
        references: vec![reference],
        attachments: vec![head],
        ..Package::default()
    };
    (package, b"%PDF-1.7 sample".to_vec())
}

/// The sample as bytes.
pub fn sample_bytes(wrap: Wrap) -> Vec<u8> {
    let (package, content) = sample();
    let mut bytes = Vec::new();
    write(&package, today(), wrap, |_| Ok(content.as_slice()), &mut bytes).unwrap();
    bytes
}

pub fn parse(bytes: &[u8]) -> Reading<Cursor<Vec<u8>>> {
    read(bytes, &mut Memory, &Limits::default()).unwrap()
}

/// Samples of real traffic that stand beside the repository; none when they are not there.
#[allow(clippy::disallowed_methods, reason = "tests find what stands beside the repository by the environment")]
pub fn shared(name: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var("DIENHONG_SHARED").map_or(beside, PathBuf::from).join(name);
    if folder.exists() {
        Some(folder)
    } else {
        eprintln!("skipped: {} is not there (DIENHONG_SHARED names the folder of shared samples)", folder.display());
        None
    }
}
