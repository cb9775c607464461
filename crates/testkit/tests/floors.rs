//! Imports go down the floors of the house, and only down.

use std::collections::BTreeMap;
use std::process::Command;

/// Each room and the rooms that it may import. A new line here needs a reason in ARCHITECTURE.md.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("statute", &["kernel"]),
    ("procedure", &["kernel"]),
    ("edxml", &["kernel"]),
    ("pki", &["kernel"]),
    ("signing", &["kernel", "pki"]),
    ("typeset", &["kernel", "statute"]),
    ("policy", &["kernel"]),
    ("journal", &["kernel", "policy"]),
    ("directory", &["kernel", "policy", "journal", "procedure", "pki", "signing"]),
    ("records", &["kernel", "policy", "journal", "pki", "signing", "typeset", "statute", "directory"]),
    (
        "exchange",
        &["kernel", "policy", "journal", "pki", "signing", "edxml", "procedure", "directory", "records", "cases"],
    ),
    ("cases", &["kernel", "policy", "journal", "procedure", "pki", "signing", "typeset", "directory", "records"]),
    (
        "web",
        &[
            "kernel",
            "policy",
            "journal",
            "procedure",
            "pki",
            "signing",
            "typeset",
            "statute",
            "directory",
            "records",
            "cases",
            "edxml",
            "exchange",
        ],
    ),
];

#[test]
fn imports_go_down_the_floors_of_the_house() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut seen = 0;
    for package in metadata["packages"].as_array().expect("packages") {
        let name = room(package["name"].as_str().expect("name"));
        // `server` wires everything and `testkit` serves every room's tests.
        let Some(may) = allowed.get(name) else {
            assert!(
                matches!(name, "server" | "testkit" | "benches"),
                "the room {name} has no floor: add it to MAY_IMPORT"
            );
            continue;
        };
        seen += 1;
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let target = dependency["name"].as_str().expect("name");
            let ours = dependency["path"].is_string();
            if ours && dependency["kind"].is_null() {
                assert!(may.contains(&room(target)), "{name} imports {target}: imports go down only");
            }
            if dependency["kind"].is_null() {
                no_foreign_engine(name, target);
            }
        }
    }
    assert_eq!(seen, MAY_IMPORT.len(), "every room of MAY_IMPORT exists");
}

fn room(package: &str) -> &str {
    package.strip_prefix("dienhong-").unwrap_or(package)
}

/// The pure floor knows no runtime, database or HTTP; only the journal knows SQL; only `web` and `server` know HTTP.
fn no_foreign_engine(name: &str, dependency: &str) {
    if matches!(name, "kernel" | "statute" | "procedure" | "pki" | "edxml") {
        assert!(!matches!(dependency, "tokio" | "sqlx" | "axum" | "reqwest"), "{name} is pure: no {dependency}");
    }
    if name != "journal" {
        assert_ne!(dependency, "sqlx", "only the journal speaks SQL to an engine");
    }
    if name != "web" {
        assert_ne!(dependency, "axum", "only web knows HTTP");
    }
}
