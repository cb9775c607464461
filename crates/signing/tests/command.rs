//! The command line: files signed and judged through it, its JSON, what it says about damaged files.

mod house;
#[path = "house/tamper.rs"]
mod tamper;

use clap::Parser;
use house::*;
use kernel::OsEntropy;
use pki::{KeyKind, PrivateKey, Profile, Subject};
use serde_json::Value;
use signing::{Signer, command};
use std::{path::PathBuf, sync::Arc};

#[derive(Parser)]
struct Program {
    #[command(subcommand)]
    command: command::Command,
}

/// A folder with a person's key, a time stamp authority's, and papers.
struct Desk {
    house: House,
    folder: tempfile::TempDir,
}

struct Ran {
    good: Result<bool, command::Failure>,
    out: String,
    log: String,
}

impl Desk {
    fn new(kind: KeyKind) -> Desk {
        let desk = Desk { house: House::new(kind), folder: tempfile::tempdir().unwrap() };
        let house = &desk.house;
        let (from, until) = (house.now.plus_seconds(-DAY), house.now.plus_seconds(900 * DAY));
        for (name, profile) in [("person", Profile::Person), ("tsa", Profile::TimeStamping)] {
            let key = PrivateKey::generate(kind).unwrap();
            desk.put(&format!("{name}.key"), pki::pem::encode(key.pkcs8(), "PRIVATE KEY").as_bytes());
            let signer = issue(&house.issuing, profile, &Subject::service(name, "VPQH"), key, from, until);
            let chain: String = signer.chain().iter().map(pki::Certificate::to_pem).collect();
            desk.put(&format!("{name}.pem"), chain.as_bytes());
        }
        std::fs::create_dir(desk.path("trust")).unwrap();
        desk.put("trust/root.pem", house.root.certificate().to_pem().as_bytes());
        desk.put("trust/readme.txt", "Các gốc được tin cậy.".as_bytes());
        let week = house.now.plus_seconds(7 * DAY);
        desk.put("issuing.crl", house.issuing.crl(1, house.now, week, &[]).unwrap().der());
        desk.put("root.crl", house.root.crl(1, house.now, week, &[]).unwrap().to_pem().as_bytes());
        desk.put("paper.pdf", &sample("paper.pdf"));
        desk.put("law.xml", "<law>Nghị quyết</law>".as_bytes());
        desk
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }
    /// Runs a line; `@name` is a file of the folder.
    fn run(&self, line: &str) -> Ran {
        let words = line.split_whitespace().map(|word| match word.strip_prefix('@') {
            Some(name) => self.path(name).to_str().unwrap().to_owned(),
            None => word.to_owned(),
        });
        let program = Program::try_parse_from(["dienhong".to_owned()].into_iter().chain(words)).unwrap();
        let (mut out, mut log) = (Vec::new(), Vec::new());
        let mut outside = command::Outside {
            clock: Arc::new(Fixed(self.house.now)),
            entropy: Arc::new(OsEntropy),
            transport: None,
            out: &mut out,
            log: &mut log,
        };
        let good = command::run(&program.command, &mut outside);
        Ran { good, out: String::from_utf8(out).unwrap(), log: String::from_utf8(log).unwrap() }
    }
    fn judge(&self, more: &str) -> Vec<Value> {
        let ran = self.run(&format!("validate --offline --json --trust @trust {more}"));
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

const KEY: &str = "--key @person.key --chain @person.pem --trust @trust";
const TSA: &str = "--tsa-key @tsa.key --tsa-chain @tsa.pem";

#[test]
fn every_format_is_signed_and_judged_with_exactly_the_stated_json() {
    let desk = Desk::new(KeyKind::P256);
    for (line, file, level, field) in [
        (format!("sign pdf @paper.pdf -o @bb.pdf {KEY}"), "@bb.pdf", "B-B", "ChuKy"),
        (format!("sign pdf @paper.pdf -o @bt.pdf --field Ky {KEY} {TSA}"), "@bt.pdf", "B-T", "Ky"),
        (
            format!("sign pdf @paper.pdf -o @lta.pdf --level B-LTA --known @issuing.crl --known @root.crl {KEY} {TSA}"),
            "@lta.pdf",
            "B-LTA",
            "ChuKy",
        ),
        (format!("sign cades @paper.pdf -o @paper.pdf.p7s {KEY} {TSA}"), "@paper.pdf.p7s", "B-T", ""),
        (format!("sign cades --attached @paper.pdf -o @paper.p7m {KEY}"), "@paper.p7m", "B-B", ""),
        (format!("sign xades @law.xml -o @signed.xml {KEY} {TSA}"), "@signed.xml", "B-T", "s-"),
        (format!("sign xades --detached @paper.pdf -o @paper.pdf.xml {KEY}"), "@paper.pdf.xml", "B-B", "s-"),
    ] {
        let ran = desk.run(&line);
        assert_eq!(ran.good, Ok(true), "{line}: {}", ran.log);
        let found = desk.judge(file);
        let [object] = found.as_slice() else { panic!("{found:?}") };
        let keys: Vec<&String> = object.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["file", "signatures"]);
        let signature = object["signatures"][0].as_object().unwrap_or_else(|| panic!("{line}: {object}"));
        let mut keys: Vec<&str> = signature.keys().map(String::as_str).collect();
        keys.sort_unstable();
        let mut stated = [
            "field",
            "signer",
            "level",
            "signing_time",
            "time_source",
            "indication",
            "sub_indication",
            "integrity",
            "covers_whole_document",
            "changes_after",
        ];
        stated.sort_unstable();
        assert_eq!(keys, stated);
        assert_eq!(signature["indication"], "TOTAL-PASSED", "{line}: {object:#}");
        assert_eq!((&signature["level"], &signature["integrity"]), (&level.into(), &"intact".into()), "{line}");
        assert_eq!(signature["signer"], "person");
        assert!(signature["field"].as_str().unwrap().starts_with(field));
        assert_eq!(signature["sub_indication"], Value::Null);
    }
}

#[test]
fn several_files_are_signed_into_a_folder_and_a_second_run_does_nothing() {
    let desk = Desk::new(KeyKind::P256);
    for i in 1..=3 {
        desk.put(&format!("{i}.pdf"), &sample("paper.pdf"));
    }
    desk.put("4.pdf", b"no paper");
    let line = format!("sign pdf @1.pdf @2.pdf @4.pdf @3.pdf -o @out {KEY}");
    let ran = desk.run(&line);
    assert_eq!(ran.good, Ok(false));
    assert!(ran.log.contains("[3/4]") && ran.log.contains("not signed: the PDF file cannot be signed"), "{}", ran.log);
    let first = std::fs::read(desk.path("out/3.pdf")).unwrap();
    let ran = desk.run(&line);
    assert_eq!(ran.log.matches("is there already").count(), 3, "{}", ran.log);
    assert_eq!(std::fs::read(desk.path("out/3.pdf")).unwrap(), first);
    assert!(!desk.path("out/4.pdf").exists());
}

#[test]
fn the_certificate_is_checked_before_it_signs() {
    let desk = Desk::new(KeyKind::P256);
    let other = House::new(KeyKind::P256);
    desk.put("other.pem", other.root.certificate().to_pem().as_bytes());
    let ran = desk.run("sign pdf @paper.pdf -o @x.pdf --key @person.key --chain @person.pem --trust @other.pem");
    let why = ran.good.unwrap_err().0;
    assert!(why.contains("may not sign: the signature on the certificate of"), "{why}");
    let ran = desk.run(&format!("sign pdf @paper.pdf -o @x.pdf --level B-LT {KEY}"));
    assert!(ran.good.unwrap_err().0.contains("needs a time stamp authority"));
    let ran = desk.run("sign pdf @paper.pdf -o @x.pdf --key @tsa.key --chain @person.pem --trust @trust");
    assert!(ran.good.unwrap_err().0.contains("does not belong to the key"));
    assert!(!desk.path("x.pdf").exists());
}

#[test]
fn damaged_files_of_every_kind_are_judged_without_panic() {
    let desk = Desk::new(KeyKind::P256);
    desk.run(&format!("sign pdf @paper.pdf -o @bt.pdf {KEY} {TSA}"));
    desk.run(&format!("sign cades --attached @paper.pdf -o @paper.p7m {KEY}"));
    desk.run(&format!("sign xades @law.xml -o @signed.xml {KEY}"));
    let mut line = String::new();
    let mut count = 0;
    for (kind, file) in ["bt.pdf", "paper.p7m", "signed.xml"].into_iter().enumerate() {
        let good = std::fs::read(desk.path(file)).unwrap();
        for i in 0..22usize {
            let mut bytes = good.clone();
            let at = (i * 7919 + 311) % bytes.len();
            match i % 4 {
                0 => bytes.truncate(at),
                1 => bytes[at..].iter_mut().take(40).for_each(|b| *b ^= 0x55),
                2 => drop(bytes.drain(at..(at + 300).min(good.len()))),
                _ => bytes.extend_from_slice(&good[at..]),
            }
            let name = format!("damaged-{kind}-{i}");
            desk.put(&name, &bytes);
            line += &format!(" @{name}");
            count += 1;
        }
    }
    desk.put("empty", b"");
    let found = desk.judge(&format!("{line} @empty @missing.pdf"));
    assert_eq!(found.len(), count + 2);
    assert!(count >= 64);
    for object in &found {
        let error = object.get("error").is_some();
        let signatures = object.get("signatures").and_then(Value::as_array);
        assert!(error != signatures.is_some(), "{object}");
        // What was appended behind a signature is the only damage that may leave it as it was.
        for signature in signatures.into_iter().flatten() {
            let whole = signature["covers_whole_document"] == true && signature["indication"] == "TOTAL-PASSED";
            assert!(!whole, "{object}");
        }
    }
}

#[test]
fn sentences_and_the_standard_report_say_the_same() {
    let desk = Desk::new(KeyKind::P256);
    desk.run(&format!("sign pdf @paper.pdf -o @bt.pdf {KEY} {TSA}"));
    let ran = desk.run("validate --trust @trust @bt.pdf");
    assert_eq!(ran.good, Ok(true));
    assert!(
        ran.out.contains("Chữ ký hợp lệ") && ran.out.contains("thời điểm do dấu thời gian xác nhận"),
        "{}",
        ran.out
    );
    let ran = desk.run("validate --language en --at 2030-01-01 @bt.pdf");
    assert_eq!(ran.good, Ok(false));
    assert!(ran.out.contains("The certificate leads to no trusted root"), "{}", ran.out);
    let Some(python) = python() else { return };
    let mut changed = std::fs::read(desk.path("bt.pdf")).unwrap();
    changed[2000] ^= 1;
    desk.put("changed.pdf", &changed);
    for (file, indication) in
        [("bt.pdf", "total-passed"), ("changed.pdf", "total-failed"), ("paper.pdf", "NO_SIGNATURE")]
    {
        let ran = desk.run(&format!("validate --xml --trust @trust @{file}"));
        assert!(ran.out.contains(&format!("mainindication:{indication}")), "{}", ran.out);
        desk.put("report.xml", ran.out.trim().as_bytes());
        let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/report.py");
        let out = std::process::Command::new(&python).arg(script).arg(desk.path("report.xml")).output().unwrap();
        let text = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        assert!(out.status.success() || text.contains("No module named 'xsdata'"), "{text}");
    }
}

#[test]
fn the_limbo_format_is_run_line_by_line() {
    let desk = Desk::new(KeyKind::P256);
    let root = desk.house.root.certificate().to_pem();
    let peer = std::fs::read_to_string(desk.path("person.pem")).unwrap();
    let first = peer.split_inclusive("-----END CERTIFICATE-----\n").collect::<Vec<_>>();
    let case = |id: &str, between: &[&str], expected: &str| {
        serde_json::json!({"id": id, "validation_kind": "CLIENT", "trusted_certs": [root], "untrusted_intermediates": between,
            "peer_certificate": first[0], "validation_time": desk.house.now.iso_local(), "expected_result": expected})
    };
    let suite = serde_json::json!({"testcases": [case("ours::whole", &first[1..2], "SUCCESS"), case("ours::gap", &[], "FAILURE"),
        case("webpki::x", &[], "FAILURE")]});
    desk.put("suite.json", suite.to_string().as_bytes());
    let ran = desk.run("pki check --limbo @suite.json");
    assert_eq!(ran.good, Ok(true), "{} {}", ran.out, ran.log);
    let results: Vec<Value> = ran.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let results: Vec<&str> = results.iter().map(|r| r["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["SUCCESS", "FAILURE", "SKIPPED"]);
}
