//! What the tests share: a small certification house, sample papers, and judges that we did not write.
#![allow(dead_code, reason = "each test file uses its own part")]

use kernel::{Clock, OsEntropy, Timestamp};
use pki::{Authority, Certificate, KeyKind, PrivateKey, Profile, Subject};
use signing::{LocalTimeStamper, Place, Revision, SignError, Signed, SoftwareSigner, Trust};
use std::{path::Path, process::Command, sync::Arc};

pub const DAY: i64 = 86_400;

/// A clock that stands still.
pub struct Fixed(pub Timestamp);
impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}

pub fn sample(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(name)).unwrap()
}

pub struct House {
    pub now: Timestamp,
    pub root: Authority,
    pub issuing: Authority,
    pub person: SoftwareSigner,
    pub body: SoftwareSigner,
    pub stamper: LocalTimeStamper,
    pub kind: KeyKind,
}

impl House {
    pub fn new(kind: KeyKind) -> House {
        // 5 January 2025, 09:12:30 in Ha Noi.
        House::at(kind, Timestamp::from_micros(1_736_043_150_000_000))
    }
    pub fn at(kind: KeyKind, now: Timestamp) -> House {
        let key = || PrivateKey::generate(kind).unwrap();
        let (from, until) = (now.plus_seconds(-10 * DAY), now.plus_seconds(3650 * DAY));
        let root = Authority::root(
            &Subject::service("CA gốc thử nghiệm", "Văn phòng Quốc hội"),
            key(),
            from,
            until,
            &OsEntropy,
        );
        let root = root.unwrap();
        let name = Subject::service("CA cấp chứng thư thử nghiệm", "Văn phòng Quốc hội");
        let issuing = root.subordinate(&name, key(), from, until, &OsEntropy).unwrap();
        let signer =
            |profile, subject: &Subject| issue(&issuing, profile, subject, key(), from, now.plus_seconds(1800 * DAY));
        let person = signer(
            Profile::Person,
            &Subject::person("Nguyễn Văn A", "Chủ tịch Quốc hội", "Ủy ban Thường vụ Quốc hội", "person-1"),
        );
        let body = signer(Profile::Body, &Subject::body("Ủy ban Thường vụ Quốc hội", "ubtvqh"));
        let clock = signer(Profile::TimeStamping, &Subject::service("Dấu thời gian thử nghiệm", "Văn phòng Quốc hội"));
        let stamper = LocalTimeStamper::new(Arc::new(clock), Arc::new(Fixed(now)), Arc::new(OsEntropy));
        House { now, root, issuing, person, body, stamper, kind }
    }
    pub fn trust(&self) -> Trust {
        Trust::new(vec![self.root.certificate().clone()])
    }
    /// The chairperson's revision: visible, certifying, with empty fields for the clerk.
    pub fn first(&self, paper: &[u8]) -> Result<Signed, SignError> {
        let place = |x, y, width, height| Place { page: 1, x, y, width, height };
        Revision::new("ChuKy")
            .visible(place(330.0, 320.0, 150.0, 60.0), sample("signature.pdf"))
            .certify()
            .add_text_field("So", place(150.0, 76.0, 60.0, 18.0))
            .add_text_field("NgayThang", place(320.0, 106.0, 200.0, 18.0))
            .add_signature_field("ConDau", place(270.0, 300.0, 100.0, 100.0))
            .reason("Ký ban hành")
            .location("Hà Nội")
            .sign(paper, &self.person, self.now, Some(&self.stamper))
    }
    /// The clerk's revision: number, date and seal.
    pub fn second(&self, first: &[u8]) -> Result<Signed, SignError> {
        Revision::new("ConDau")
            .appearance(sample("seal.pdf"))
            .fill("So", "1344", sample("number.pdf"))
            .fill("NgayThang", "ngày 05 tháng 01 năm 2025", sample("date.pdf"))
            .sign(first, &self.body, self.now, Some(&self.stamper))
    }
}

pub fn issue(
    issuing: &Authority,
    profile: Profile,
    subject: &Subject,
    key: PrivateKey,
    from: Timestamp,
    until: Timestamp,
) -> SoftwareSigner {
    let certificate = issuing.issue(profile, subject, key.public_key_info(), from, until, &OsEntropy).unwrap();
    let chain: Vec<Certificate> = std::iter::once(certificate).chain(issuing.chain().iter().cloned()).collect();
    SoftwareSigner::new(key, chain).unwrap()
}

/// The Python that has pyHanko, by DIENHONG_PYTHON; without it the test says that it is skipped.
#[allow(clippy::disallowed_methods, reason = "a test finds its judges in the environment")]
pub fn python() -> Option<String> {
    let found = std::env::var("DIENHONG_PYTHON").ok();
    if found.is_none() {
        eprintln!("skipped: DIENHONG_PYTHON does not name a Python with pyHanko");
    }
    found
}

/// A tool of the machine; without it the test says that it is skipped.
pub fn tool(name: &str) -> Option<Command> {
    let there = Command::new(name).arg("--version").output().is_ok();
    if !there {
        eprintln!("skipped: {name} is not installed");
    }
    there.then(|| Command::new(name))
}

/// What pyHanko says about a file.
pub fn pyhanko(python: &str, pdf: &[u8], root: &Certificate, at: Timestamp) -> serde_json::Value {
    pyhanko_with(python, pdf, root, at, &[])
}

/// The same with more arguments.
pub fn pyhanko_with(python: &str, pdf: &[u8], root: &Certificate, at: Timestamp, more: &[&str]) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    let (file, roots) = (folder.path().join("a.pdf"), folder.path().join("root.pem"));
    std::fs::write(&file, pdf).unwrap();
    std::fs::write(&roots, root.to_pem()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/judges/pdf_signatures.py");
    let out = Command::new(python)
        .arg(script)
        .arg(&file)
        .arg(&roots)
        .args(["--at", &at.iso_local()])
        .args(more)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}
