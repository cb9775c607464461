//! Wrong declarations: each file of `bad/` is told with its line, what is wrong and how to mend it, all at once, and stops
//! no other. The messages stand in `bad/messages.txt`; `DIENHONG_RENEW=1` writes them anew, to be read before they are
//! committed.

use procedure::Catalogue;
use std::{collections::BTreeMap, fmt::Write, path::Path};

#[test]
fn every_wrong_declaration_says_where_and_what_and_how_to_mend_it_and_stops_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for name in ["references.toml", "bases/standing-committee-resolution.toml", "lawmaking/drafting-committee.toml"] {
        files.insert(name.into(), std::fs::read(root.join("../../procedures").join(name)).unwrap());
    }
    let mut bad = 0;
    for entry in std::fs::read_dir(root.join("tests/bad")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.insert(format!("direction/{name}"), std::fs::read(&path).unwrap());
            bad += 1;
        }
    }
    let catalogue = Catalogue::from_texts(files.clone());
    let told: std::collections::BTreeSet<&str> = catalogue.problems().iter().map(|p| p.file.as_str()).collect();
    assert_eq!(told.len(), bad, "every wrong file is told: {told:?}");
    assert!(catalogue.newest().any(|p| p.id == "drafting-committee"), "the others stand");
    let mut messages = String::new();
    for problem in catalogue.problems() {
        let text = String::from_utf8_lossy(&files[&problem.file]).into_owned();
        let line = text.lines().nth(problem.line - 1).unwrap_or_default();
        writeln!(messages, "{problem}\n    | {line}").unwrap();
    }
    let kept = root.join("tests/bad/messages.txt");
    if std::env::var_os("DIENHONG_RENEW").is_some() {
        std::fs::write(&kept, &messages).unwrap();
    }
    assert_eq!(messages, std::fs::read_to_string(&kept).unwrap_or_default());
}
