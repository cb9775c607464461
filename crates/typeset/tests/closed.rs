//! A form can read nothing but `papers/` and its data, and a wrong form is named with its line.

use serde_json::json;
use std::{fs, path::Path};
use typeset::{Options, Papers, TypesetError};

fn load(folder: &Path, template: &str, toml: &str) -> Result<Papers, TypesetError> {
    fs::create_dir_all(folder.join("samples")).unwrap();
    fs::write(folder.join("thu.typ"), template).unwrap();
    fs::write(folder.join("thu.toml"), toml).unwrap();
    fs::write(folder.join("samples/thu.json"), "{\"a\":\"b\"}").unwrap();
    Papers::load(&Options { papers: Some(folder.to_owned()), ..Options::default() })
}

const FIELDS: &str = "title = \"Thử\"\nbasis = \"\"\n[fields]\na = { is = \"text\", label = \"A\" }\n";

fn outcome(template: &str, toml: &str) -> TypesetError {
    let folder = tempfile::tempdir().unwrap();
    let papers = match load(folder.path(), template, toml) {
        Ok(papers) => papers,
        Err(error) => return error,
    };
    papers.render("thu", &json!({"a": "b"}), kernel::Timestamp::from_micros(0)).unwrap_err()
}

#[test]
fn a_form_cannot_read_the_disk_the_network_or_the_clock() {
    for template in [
        "\n#read(\"/etc/passwd\")",
        "\n#read(\"../../etc/passwd\")",
        "\n#image(\"/proc/self/environ\")",
        "\n#import \"@preview/cetz:0.3.1\"",
        "\n#import \"https://example.org/x.typ\": *",
        "\n#datetime.today()",
    ] {
        match outcome(template, FIELDS) {
            TypesetError::BadForm { file, .. } => assert_eq!(file, "thu.typ:2", "{template}"),
            other => panic!("{template}: {other}"),
        }
    }
}

#[test]
fn a_wrong_form_is_named_with_its_line() {
    let named = |template: &str, toml: &str| match outcome(template, toml) {
        TypesetError::BadForm { file, why } => (file, why),
        other => panic!("{other}"),
    };
    assert_eq!(named("ok\n\n#let x = (", FIELDS).0, "thu.typ:3");
    assert_eq!(named("#json(\"/data.json\").b", FIELDS).0, "thu.typ:1");
    let unknown = FIELDS.replace("text", "picture");
    assert_eq!(named("", &unknown).0, "thu.toml");
    assert!(named("", &unknown).1.contains("there is no group picture"));
    assert_eq!(named("", &FIELDS.replace("label", "lable")).0, "thu.toml:4");
    let endless = format!(
        "{FIELDS}b = {{ is = \"g\", label = \"B\" }}\n[groups.g]\nh = {{ is = \"list of g\", label = \"H\" }}\n"
    );
    assert!(named("", &endless).1.contains("holds itself"));
    assert!(named("#set text(font: \"Tinos\", fallback: false)\n漢", FIELDS).1.contains("no print font"));
    let loops = "#let f(n) = f(n + 1)\n#f(0)";
    assert!(named(loops, FIELDS).1.contains("maximum"), "{:?}", named(loops, FIELDS));
}

#[test]
fn missing_fonts_are_said_with_the_command_that_brings_them() {
    let empty = tempfile::tempdir().unwrap();
    let error = Papers::load(&Options { fonts: Some(empty.path().to_owned()), ..Options::default() }).unwrap_err();
    assert!(error.to_string().contains("make web"), "{error}");
}
