//! The issued paper before judges that we did not write: qpdf, pdfsig, pdftotext (Debian: qpdf, poppler-utils).

mod house;

use house::{content, furnished};
use std::{path::Path, process::Command};
use testkit::Db;

/// What a tool prints; `None` when the machine does not have it.
fn run(tool: &str, arguments: &[&str], file: &Path) -> Option<(bool, String)> {
    let output = Command::new(tool).args(arguments).arg(file).args((tool == "pdftotext").then_some("-")).output();
    match output {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            Some((output.status.success(), text))
        }
        Err(why) => {
            println!("skipped: {tool} does not run here ({why})");
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_issued_paper_is_sound_signed_twice_and_says_what_was_written() {
    let db = Db::sqlite();
    let house = furnished(&db).await;
    let signed = house.signed("bst-giay").await;
    let clerk = house.at_work("person-clerk").await;
    let issued = house.cases.issue(&clerk, &signed.case, signed.version, "nghi-quyet", "").await.unwrap();
    let clerk = house.at_work("person-clerk").await;
    let pdf = house.records.paper(&clerk, &issued.document.unwrap(), None).await.unwrap();
    let file = db.folder().join("nghi-quyet.pdf");
    std::fs::write(&file, &pdf).unwrap();
    if let Some((sound, said)) = run("qpdf", &["--check"], &file) {
        assert!(sound, "{said}");
    }
    if let Some((_, said)) = run("pdfsig", &["-nocert"], &file) {
        assert_eq!(said.matches("Signature Validation: Signature is Valid.").count(), 2, "{said}");
        assert!(said.contains("Nguyễn Văn A"), "{said}");
    }
    if let Some((_, said)) = run("pdftotext", &["-layout"], &file) {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = words(&kernel::text::nfc(&said));
        for wanted in ["1336/NQ-UBTVQH15", "ngày 23 tháng 11 năm 2026", "Nguyễn Văn A"] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
        for clause in &content().articles[0].clauses {
            assert!(said.contains(&words(&clause.text)), "{}: {said}", clause.text);
        }
    }
}
