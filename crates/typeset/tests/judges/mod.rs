//! Programs that we did not write, asked about our PDFs: poppler and qpdf.
#![allow(dead_code, reason = "each test file uses what it needs")]

use std::{io::Write, process::Command};
use typeset::{Options, Papers};

/// The papers of the checkout.
pub fn papers() -> Papers {
    Papers::load(&Options::default()).expect("the checkout's papers load")
}

/// Runs a program over the PDF; `{}` among the arguments is its path. Fails when the program complains.
pub fn ask(program: &str, args: &[&str], pdf: &[u8]) -> String {
    let mut file = tempfile::NamedTempFile::with_suffix(".pdf").unwrap();
    file.write_all(pdf).unwrap();
    let path = file.path().to_str().unwrap();
    let args = args.iter().map(|a| if *a == "{}" { path } else { a });
    let out = Command::new(program)
        .args(args)
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed (Debian: poppler-utils, qpdf): {error}"));
    let (said, complained) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{program}: {said}{complained}");
    said.into_owned()
}

/// The text as poppler reads it, in the order of the content, without white space, NFC.
pub fn extracted(pdf: &[u8]) -> String {
    solid(&ask("pdftotext", &["-raw", "-enc", "UTF-8", "{}", "-"], pdf))
}

/// Text without white space (line ends differ by who breaks lines), NFC.
pub fn solid(text: &str) -> String {
    kernel::text::nfc(text).chars().filter(|c| !c.is_whitespace()).collect()
}

/// What PDF/A-2b asks of a file's structure, as far as it can be seen without a full checker: no packaged one exists.
pub fn looks_like_pdf_a_2b(pdf: &[u8]) {
    ask("qpdf", &["--check", "{}"], pdf);
    let json = ask("qpdf", &["--json", "{}"], pdf);
    assert!(json.contains("/OutputIntents") && json.contains("/GTS_PDFA1"), "an output intent for PDF/A");
    for forbidden in ["/JavaScript", "/Launch", "/EmbeddedFiles", "/Encrypt\""] {
        assert!(!json.contains(forbidden), "{forbidden} is not allowed in PDF/A-2b");
    }
    let xmp = ask("pdfinfo", &["-meta", "{}"], pdf);
    assert!(xmp.contains("<pdfaid:part>2</pdfaid:part>"), "{xmp}");
    assert!(xmp.contains("<pdfaid:conformance>B</pdfaid:conformance>"), "{xmp}");
    for font in ask("pdffonts", &["{}"], pdf).lines().skip(2) {
        let marks: Vec<&str> = font.split_whitespace().rev().take(5).collect();
        assert_eq!(marks[2..], ["yes", "yes", "yes"], "embedded, a subset, with Unicode: {font}");
        assert!(font.contains("Tinos"), "{font}");
    }
}
