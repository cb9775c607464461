//! Findings in plain sentences, Vietnamese and English. The sentences are data, in `words/`, in the syntax of Fluent.

use crate::{Finding, What};

/// The messages in Vietnamese.
pub const VIETNAMESE: &str = include_str!("../words/vi.ftl");
/// The messages in English.
pub const ENGLISH: &str = include_str!("../words/en.ftl");

/// A language of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

/// The text of a key; the key itself where there is none, so that a gap is seen.
pub fn say<'k>(language: Language, key: &'k str) -> &'k str
where
    'static: 'k,
{
    let text: &'static str = match language {
        Language::Vi => VIETNAMESE,
        Language::En => ENGLISH,
    };
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = ")).unwrap_or(key)
}

/// A finding as a sentence, with its code and the field by name.
pub fn sentence(finding: &Finding, language: Language) -> String {
    let key = format!("finding-{}", finding.what.name());
    let (detail, limit) = match finding.what {
        What::TooLong => finding.detail.split_once('/').unwrap_or((&finding.detail, "")),
        _ => (finding.detail.as_str(), ""),
    };
    let text = say(language, &key).replace("{ $detail }", detail).replace("{ $limit }", limit);
    format!("{}: {}{text}", finding.code(), place(&finding.at, language))
}

/// The field's name: `Cơ quan nhận, tên cơ quan: `. A place without a name of its own is shown as it is.
fn place(at: &str, language: Language) -> String {
    let named = |part: &str| {
        let key = format!("field-{part}");
        let name = say(language, &key);
        (name != key).then(|| name.to_owned())
    };
    let names: Vec<String> = at.split('.').filter_map(named).collect();
    match (at.is_empty(), names.is_empty()) {
        (true, _) => String::new(),
        (false, true) => format!("{at}: "),
        (false, false) => format!("{}: ", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn both_languages_say_the_same_things_and_every_finding_has_its_sentence() {
        let keys = |text: &str| -> BTreeSet<String> {
            text.lines().filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).collect()
        };
        assert_eq!(keys(VIETNAMESE), keys(ENGLISH));
        use What::*;
        for what in [
            Missing,
            TooLong,
            NotAllowed,
            NotADay,
            NotATime,
            NotANumber,
            InFuture,
            NotAnOrganId,
            Twice,
            ManifestDiffers,
            BadCharacter,
            Unknown,
            UndeclaredPrefix,
            OtherNamespace,
            ContentNotAsNamed,
            Empty,
            ByteOrderMark,
            StrayStart,
            Truncated,
            Malformed,
            NotUtf8,
            EntityTrick,
            TooLarge,
            NotEdxml,
            BadBase64,
            BadName,
            BadZip,
            ZipBomb,
            NoContent,
            Secret,
        ] {
            assert!(keys(VIETNAMESE).contains(&format!("finding-{}", what.name())), "{what:?}");
        }
    }

    #[test]
    fn a_sentence_names_the_field_and_its_limit() {
        let finding = Finding::new(What::TooLong, "MessageHeader.To.OrganName", "201/200");
        let text = sentence(&finding, Language::Vi);
        assert_eq!(
            text,
            "R.MessageHeader.To.OrganName: cơ quan nhận, tên cơ quan: dài 201 ký tự, nhiều nhất là 200; hãy rút gọn"
        );
    }
}
