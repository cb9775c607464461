//! Plain sentences for what a validation found, in Vietnamese and English.
//!
//! The sentences are data, in `words/vi.ftl` and `words/en.ftl`, in the syntax of Fluent: pages load the same files, and
//! the command line prints them. A key is the name of the kind and the name of EN 319 102-1 in lower case:
//! `sub-indication-hash-failure`.

use crate::report::{Indication, Level, Report, SignatureReport, TimeSource};
use serde::Serialize;

/// The messages in Vietnamese, in the syntax of Fluent.
pub const VIETNAMESE: &str = include_str!("../words/vi.ftl");
/// The messages in English, in the syntax of Fluent.
pub const ENGLISH: &str = include_str!("../words/en.ftl");

/// A language of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

/// The sentence of a key; the key itself where there is none, so that a gap is seen.
pub fn say<'k>(language: Language, key: &'k str) -> &'k str
where
    'static: 'k,
{
    let text: &'static str = match language {
        Language::Vi => VIETNAMESE,
        Language::En => ENGLISH,
    };
    let found = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
    found.unwrap_or(key)
}

/// The key of a value of a report: `key("sub-indication", SubIndication::HashFailure)`.
pub fn key(kind: &str, value: impl Serialize) -> String {
    let name = serde_json::to_value(value).ok();
    let name = name.as_ref().and_then(|v| v.as_str()).unwrap_or("none");
    format!("{kind}-{}", name.to_lowercase().replace('_', "-"))
}

/// What a person needs to know about one signature: the answer, the reason, who and when, what changed.
pub fn sentences(signature: &SignatureReport, language: Language) -> Vec<String> {
    let say = |key: &str| say(language, key).to_owned();
    let mut lines = vec![say(&key("indication", signature.indication))];
    if let Some(sub) = signature.sub_indication {
        lines.push(say(&key("sub-indication", sub)));
    }
    if !signature.signer.name.is_empty() {
        let stamp = signature.level == Level::DocumentTimeStamp;
        let who = [Some(signature.signer.name.as_str()), signature.signer.position.as_deref()];
        let who = who.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let at = signature.signing_time.map_or("?".to_owned(), |at| at.iso_local());
        let line = say(if stamp { "report-stamp" } else { "report-signer" });
        let line = line.replace("{ $who }", &who).replace("{ $at }", &at);
        let source = if signature.signing_time.is_some() { signature.time_source } else { TimeSource::None };
        lines.push(line.replace("{ $source }", &say(&key("time-source", source))));
    }
    lines.push(say(&key("level", signature.level)));
    if signature.indication != Indication::TotalFailed {
        lines.push(say(&key("integrity", signature.integrity)));
    }
    if signature.says_of_changes() {
        lines.push(say(&key("changes", signature.changes_after)));
    }
    lines
}

/// The sentences of a whole report, one for each line.
pub fn report(report: &Report, language: Language) -> Vec<String> {
    if let Some(error) = &report.error {
        return vec![format!("{}: {error}", say(language, "report-unreadable"))];
    }
    if report.signatures.is_empty() {
        return vec![say(language, "report-no-signatures").to_owned()];
    }
    let mut lines = Vec::new();
    for (i, signature) in report.signatures.iter().enumerate() {
        let field = if signature.field.is_empty() { String::new() } else { format!(" {}", signature.field) };
        let mut found = sentences(signature, language).into_iter();
        lines.push(format!("{}.{field} {}", i + 1, found.next().unwrap_or_default()));
        lines.extend(found.map(|line| format!("   {line}")));
        lines.extend(signature.reasons.iter().map(|reason| format!("   - {reason}")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Changes, Integrity, SubIndication};

    #[test]
    fn every_value_of_a_report_has_its_sentence_in_both_languages() {
        use SubIndication::*;
        let subs = [
            FormatFailure,
            HashFailure,
            SigCryptoFailure,
            RevokedNoPoe,
            Revoked,
            OutOfBoundsNoPoe,
            OutOfBoundsNotRevoked,
            NotYetValid,
            NoSigningCertificateFound,
            NoCertificateChainFound,
            CertificateChainGeneralFailure,
            SigConstraintsFailure,
            CryptoConstraintsFailure,
            TryLater,
            SignedDataNotFound,
        ];
        let mut keys: Vec<String> = subs.into_iter().map(|s| key("sub-indication", s)).collect();
        let indications = [Indication::TotalPassed, Indication::TotalFailed, Indication::Indeterminate];
        keys.extend(indications.map(|i| key("indication", i)));
        keys.extend([Integrity::Intact, Integrity::Broken, Integrity::Unknown].map(|i| key("integrity", i)));
        use Changes::*;
        keys.extend([None, Evidence, FormFill, Annotation, Content, Hidden].map(|c| key("changes", c)));
        keys.extend([TimeSource::TimeStamp, TimeSource::Claimed, TimeSource::None].map(|s| key("time-source", s)));
        use Level::*;
        keys.extend([Bare, Bb, Bt, Blt, Blta, DocumentTimeStamp].map(|l| key("level", l)));
        for language in [Language::Vi, Language::En] {
            for key in &keys {
                assert_ne!(say(language, key), key, "{language:?}");
            }
        }
        let keys_of = |text: &str| -> Vec<String> {
            text.lines().filter_map(|l| l.split_once(" = ")).map(|(k, _)| k.to_owned()).collect()
        };
        assert_eq!(keys_of(VIETNAMESE), keys_of(ENGLISH));
        assert_eq!(kernel::text::nfc(VIETNAMESE), VIETNAMESE);
    }
}
