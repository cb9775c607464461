//! The same by pyHanko in the same run, with the same keys, certificates, lists and papers.

use crate::office::Office;
use signing::{Level, Signer, validate};
use std::{path::Path, process::Command};

/// How often in a second of the processor's time.
#[derive(serde::Deserialize)]
pub struct Rates {
    pub key: f64,
    pub bb_sign: f64,
    pub bb_validate: f64,
    pub lta_sign: f64,
    pub lta_validate: f64,
}

/// Hands everything over in a folder, and makes sure that what the peer signs is what ours is: of the same level.
pub fn measure(python: &str, office: &Office, paper: &[u8]) -> Result<Rates, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes);
    put("paper.pdf", paper)?;
    put("bb.pdf", &office.sign(paper)?)?;
    put("lta.pdf", &office.archive(paper)?)?;
    put("person.p8", office.key.pkcs8())?;
    put("person.pem", office.person.chain()[0].to_pem().as_bytes())?;
    put("tsa.p8", office.stamp_key.pkcs8())?;
    put("tsa.pem", office.stamper.certificate().ok_or("the stamper has no certificate")?.to_pem().as_bytes())?;
    put("issuing.pem", office.house.issuing.certificate().to_pem().as_bytes())?;
    put("root.pem", office.house.root.certificate().to_pem().as_bytes())?;
    for (name, crl) in ["crl-issuing.der", "crl-root.der"].iter().zip(&office.crls) {
        put(name, crl.der())?;
    }
    put("now.txt", office.house.now.iso_local().as_bytes())?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/judges/pyhanko_speed.py");
    let out = Command::new(python).arg(script).arg(folder.path()).arg("3").output()?;
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).into());
    }
    for (name, level) in [("peer-bb.pdf", Level::Bb), ("peer-lta.pdf", Level::Blta)] {
        let report = validate::pdf(&std::fs::read(folder.path().join(name))?, &office.trust, office.house.now);
        assert!(report.is_all_passed() && report.signatures[0].level == level, "{name}: {report:#?}");
    }
    Ok(serde_json::from_slice(&out.stdout)?)
}
