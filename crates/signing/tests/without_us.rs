//! The page for those who have to validate a paper without this program: every command on it is run as it stands.

mod house;

use house::*;
use pki::KeyKind;
use signing::{Signer, pades};
use std::{path::Path, process::Command};

#[test]
fn the_commands_of_the_page_prove_a_good_paper_and_refuse_a_changed_one() {
    for name in ["pdfsig", "openssl", "bash"] {
        let arguments = if name == "pdfsig" {
            "-v"
        } else if name == "openssl" {
            "version"
        } else {
            "--version"
        };
        if Command::new(name).arg(arguments).output().is_err() {
            eprintln!("skipped: {name} is not installed");
            return;
        }
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/validate-without-us.md");
    let page = std::fs::read_to_string(page).unwrap();
    let blocks: Vec<&str> = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 6);
    let script = blocks.concat();

    let house = House::new(KeyKind::P256);
    let sealed = house.second(&house.first(&sample("paper.pdf")).unwrap().pdf).unwrap().pdf;
    let week = house.now.plus_seconds(7 * DAY);
    let before = house.now.plus_seconds(-60);
    let lists = [house.issuing.crl(1, before, week, &[]).unwrap(), house.root.crl(1, before, week, &[]).unwrap()];
    let certificates = [house.person.chain(), house.body.chain()].concat();
    let kept = pades::add_evidence(&sealed, &certificates, &lists).unwrap();
    let archived = pades::add_archive_stamp(&kept, &house.stamper).unwrap().pdf;
    let run = |pdf: &[u8], signature: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("paper.pdf"), pdf).unwrap();
        std::fs::write(folder.path().join("root.pem"), house.root.certificate().to_pem()).unwrap();
        let out = Command::new("bash")
            .args(["-e", "-c", &script])
            .env("SIGNATURE", signature)
            .env("LC_ALL", "C.UTF-8")
            .current_dir(folder.path())
            .output()
            .unwrap();
        (out.status.success(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
    };
    for signature in ["0", "1"] {
        let (good, text) = run(&archived, signature);
        assert!(good, "{signature}: {text}");
        for words in ["CAdES Verification successful", "signer.pem: OK", "Total document signed"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert_eq!(text.matches("Verification: OK").count(), 2, "{text}");
    }
    let mut changed = archived.clone();
    changed[3000] ^= 1;
    let (good, text) = run(&changed, "0");
    assert!(!good, "{text}");
}
