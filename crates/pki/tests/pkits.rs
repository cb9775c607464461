//! The NIST Public Key Interoperability Test Suite: 405 certificates and 173 revocation lists, as cryptography_vectors on
//! PyPI ships them; what is expected of each stands in `pkits.txt`.

use kernel::Timestamp;
use pki::{
    Certificate, Crl, TrustAnchors,
    path::{self, Material, Options, PolicyRules, StatusRule},
};
use std::{path::PathBuf, process::Command};

/// The folder of the suite, found through the Python that DIENHONG_PYTHON names.
#[allow(clippy::disallowed_methods, reason = "a test finds its vectors through the environment")]
fn suite() -> Option<PathBuf> {
    let found = std::env::var("DIENHONG_PYTHON").ok().and_then(|python| {
        let code = "import cryptography_vectors as v; print(v.__path__[0])";
        let out = Command::new(python).args(["-c", code]).output().ok()?;
        let folder = PathBuf::from(String::from_utf8(out.stdout).ok()?.trim()).join("x509/PKITS_data");
        folder.join("certs").is_dir().then_some(folder)
    });
    if found.is_none() {
        eprintln!("skipped: DIENHONG_PYTHON does not name a Python with cryptography_vectors");
    }
    found
}

fn files(folder: PathBuf) -> Vec<(String, Vec<u8>)> {
    let mut out: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    out.sort();
    out
}

#[test]
fn all_246_tests_of_nist_are_judged_as_expected() {
    let Some(suite) = suite() else { return };
    let certificates: Vec<(String, Certificate)> = files(suite.join("certs"))
        .into_iter()
        .map(|(name, der)| {
            let c = Certificate::parse(&der).unwrap_or_else(|e| panic!("{name}: {e}"));
            (name, c)
        })
        .collect();
    let crls: Vec<Crl> = files(suite.join("crls"))
        .into_iter()
        .map(|(name, der)| Crl::parse(&der).unwrap_or_else(|e| panic!("{name}: {e}")))
        .collect();
    let named = |name: &str| certificates.iter().find(|(n, _)| n == name).map(|(_, c)| c.clone()).unwrap();
    let anchors = TrustAnchors::new(vec![named("TrustAnchorRootCertificate")]);
    let pool: Vec<Certificate> = certificates.iter().map(|(_, c)| c.clone()).collect();
    let material = Material { anchors: &anchors, certificates: &pool, crls: &crls, answers: &[] };

    let (mut count, mut wrong) = (0, Vec::new());
    for line in include_str!("pkits.txt").lines().filter(|l| !l.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (name, expected) = (words.next().unwrap(), words.next().unwrap());
        let mut rules = PolicyRules::default();
        for word in words.clone() {
            match word {
                "explicit" => rules.explicit = true,
                "nomapping" => rules.inhibit_mapping = true,
                "noany" => rules.inhibit_any = true,
                numbers => {
                    let policy = |n: &str| pki::oid::Oid::new(&format!("2.16.840.1.101.3.2.1.48.{n}")).unwrap();
                    rules.initial = Some(numbers.split(',').map(policy).collect());
                }
            }
        }
        let options = Options {
            status: StatusRule::Required,
            later_lists: false,
            policies: rules,
            // The suite's DSA certificates are signed with SHA-1.
            accept_sha1: true,
            // 1 July 2015.
            ..Options::at(Timestamp::from_micros(1_435_708_800_000_000))
        };
        let found = path::find(&named(name), material, &options);
        count += 1;
        if found.is_ok() != (expected == "valid") {
            let why = found.err().map(|e| e.to_string());
            wrong.push(format!("{name} {} should be {expected}: {why:?}", words.collect::<Vec<_>>().join(" ")));
        }
    }
    assert_eq!(count, 246);
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
