//! The sample of x509-limbo: no wrong success, and every case of RFC 5280 right.

use kernel::Timestamp;
use pki::limbo::{self, Suite};
use std::path::{Path, PathBuf};

/// The shared folder, by DIENHONG_SHARED or beside the checkout.
#[allow(clippy::disallowed_methods, reason = "a test finds shared vectors through the environment")]
fn shared() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    std::env::var("DIENHONG_SHARED").map_or_else(|_| beside(), PathBuf::from)
}

#[test]
fn no_case_of_the_limbo_sample_is_judged_wrong() {
    let Ok(text) = std::fs::read_to_string(shared().join("vectors/limbo-sample.json")) else {
        eprintln!("skipped: there is no shared/vectors/limbo-sample.json");
        return;
    };
    let suite: Suite = serde_json::from_str(&text).unwrap();
    let now = Timestamp::from_micros(1_760_000_000_000_000);
    let mut wrong = Vec::new();
    for case in &suite.testcases {
        let outcome = limbo::run(case, now);
        let web = case.id.starts_with("webpki::") || case.id.starts_with("online::");
        let right = outcome.result == case.expected_result || (web && outcome.result == "SKIPPED");
        if !right {
            wrong.push(format!("{outcome:?} should be {}", case.expected_result));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
