//! The words of pages, in Vietnamese first and English second, from `locales/`. No text that people read stands in code.

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use rust_embed::RustEmbed;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../locales"]
#[include = "*.ftl"]
struct Files;

/// A language of the pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Vietnamese, the language of record.
    #[default]
    Vi,
    /// English.
    En,
}

impl Lang {
    /// All languages.
    pub const ALL: [Lang; 2] = [Lang::Vi, Lang::En];

    /// `vi` or `en`.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Vi => "vi",
            Lang::En => "en",
        }
    }
    /// The language of a code.
    pub fn of(code: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|l| l.code() == code)
    }
    /// The other one.
    pub fn other(self) -> Lang {
        match self {
            Lang::Vi => Lang::En,
            Lang::En => Lang::Vi,
        }
    }
    /// The text of this language out of two.
    pub fn pick<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::En if !en.is_empty() => en,
            _ => vi,
        }
    }
}
impl Serialize for Lang {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

/// Why the words cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("locales/{file} cannot be read: {why}")]
pub struct BadWords {
    file: String,
    why: String,
}

/// All messages in all languages.
pub struct Words {
    bundles: BTreeMap<&'static str, FluentBundle<FluentResource>>,
}

impl Words {
    /// Reads the messages.
    ///
    /// # Errors
    /// [`BadWords`] names the file that does not read.
    pub fn load() -> Result<Words, BadWords> {
        let mut bundles = BTreeMap::new();
        for lang in Lang::ALL {
            let id: unic_langid::LanguageIdentifier = lang.code().parse().unwrap_or_default();
            let mut bundle = FluentBundle::new_concurrent(vec![id]);
            bundle.set_use_isolating(false);
            for (file, text) in Words::files(lang) {
                let resource = FluentResource::try_new(text)
                    .map_err(|(_, e)| BadWords { file: file.clone(), why: format!("{e:?}") })?;
                bundle.add_resource(resource).map_err(|e| BadWords { file: file.clone(), why: format!("{e:?}") })?;
            }
            bundles.insert(lang.code(), bundle);
        }
        Ok(Words { bundles })
    }

    /// The files of a language with their text; those of validations stand with the room that makes them.
    pub fn files(lang: Lang) -> Vec<(String, String)> {
        let folder = format!("{}/", lang.code());
        let validations = match lang {
            Lang::Vi => signing::words::VIETNAMESE,
            Lang::En => signing::words::ENGLISH,
        };
        let own = [("signing.ftl".to_owned(), validations.to_owned())];
        let files = Files::iter().filter(|name| name.starts_with(&folder)).filter_map(|name| {
            let text = String::from_utf8(Files::get(&name)?.data.into_owned()).ok()?;
            Some((name.into_owned(), text))
        });
        files.chain(own).collect()
    }

    /// Whether the language has the message.
    pub fn has(&self, lang: Lang, key: &str) -> bool {
        self.bundles.get(lang.code()).is_some_and(|bundle| bundle.has_message(key))
    }

    /// The message, when the language has it.
    pub fn find(&self, lang: Lang, key: &str, args: &BTreeMap<String, Arg>) -> Option<String> {
        let bundle = self.bundles.get(lang.code())?;
        let pattern = bundle.get_message(key)?.value()?;
        let mut fluent = FluentArgs::new();
        for (name, value) in args {
            let value = match value {
                Arg::Int(n) => FluentValue::from(*n),
                Arg::Text(text) => FluentValue::from(text.as_str()),
            };
            fluent.set(name.as_str(), value);
        }
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&fluent), &mut errors).into_owned();
        if let Some(error) = errors.first() {
            tracing::warn!(key, %error, "a message lacks an argument");
        }
        Some(text)
    }

    /// The message; in Vietnamese where the language lacks it, the key itself where both do.
    pub fn say(&self, lang: Lang, key: &str, args: &BTreeMap<String, Arg>) -> String {
        self.find(lang, key, args).or_else(|| self.find(Lang::Vi, key, args)).unwrap_or_else(|| {
            tracing::error!(key, "no such message in locales/");
            key.to_owned()
        })
    }
}

/// An argument of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// A number, by which Fluent may choose a plural.
    Int(i64),
    /// A text.
    Text(String),
}

/// Arguments from texts.
pub fn args_of(texts: &BTreeMap<String, String>) -> BTreeMap<String, Arg> {
    texts.iter().map(|(k, v)| (k.clone(), v.parse().map_or_else(|_| Arg::Text(v.clone()), Arg::Int))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluent_syntax::ast::Entry;
    use std::collections::BTreeSet;
    use unicode_normalization::is_nfc;

    fn keys(lang: Lang) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        for (file, text) in Words::files(lang) {
            let resource = fluent_syntax::parser::parse(text.as_str()).unwrap_or_else(|(_, e)| panic!("{file}: {e:?}"));
            for entry in resource.body {
                if let Entry::Message(message) = entry {
                    let key = message.id.name.to_owned();
                    assert!(keys.insert(key.clone()), "{file}: {key} stands twice");
                }
            }
        }
        keys
    }

    #[test]
    fn both_languages_have_the_same_messages() {
        let (vi, en) = (keys(Lang::Vi), keys(Lang::En));
        assert_eq!(vi.difference(&en).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in English");
        assert_eq!(en.difference(&vi).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in Vietnamese");
        assert!(vi.len() > 50);
    }

    #[test]
    fn all_words_are_in_the_one_normal_form() {
        for lang in Lang::ALL {
            for (file, text) in Words::files(lang) {
                assert!(is_nfc(&text), "{file} is not NFC");
            }
        }
    }

    /// The text of every Rust file of the services, whose problems pages put into words.
    fn sources() -> String {
        fn gather(dir: &std::path::Path, out: &mut String) {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    gather(&path, out);
                } else if path.extension().is_some_and(|e| e == "rs") {
                    out.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
                }
            }
        }
        let mut out = String::new();
        for room in ["cases", "exchange", "records", "directory", "journal", "procedure", "typeset", "web"] {
            let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(room).join("src");
            gather(&src, &mut out);
        }
        out
    }

    /// The codes that stand as a text right behind a call: `refused("code"`, `field("name", "code"`.
    fn codes(source: &str, call: &str, argument: usize) -> BTreeSet<String> {
        let mut codes = BTreeSet::new();
        for (at, _) in source.match_indices(call) {
            let rest: String = source[at + call.len()..].chars().take(200).collect();
            let Some(part) = rest.split(',').nth(argument) else { continue };
            let Some(code) = part.trim_start().strip_prefix('"').and_then(|p| p.split('"').next()) else { continue };
            if !code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
                codes.insert(code.to_owned());
            }
        }
        codes
    }

    #[test]
    fn every_problem_of_the_services_has_its_words() {
        let source = sources();
        let mut wanted = codes(&source, "Problem::refused(", 0);
        wanted.extend(codes(&source, "Problem::field(", 1));
        wanted.extend(codes(&source, "FieldProblem::new(", 1));
        wanted.extend(procedure::Refusal::CODES.iter().map(|(code, _)| (*code).to_owned()));
        let kinds = procedure::Event::KINDS.iter().filter(|kind| **kind != "effect.declared");
        wanted.extend(kinds.map(|kind| format!("timeline-{}", kind.replace(['.', '_'], "-"))));
        // What papers say of their data stands in one table there.
        wanted.extend(
            source
                .split('"')
                .filter(|t| t.starts_with("paper-") && t.len() < 40)
                .filter(|t| {
                    t.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && source.contains(&format!("=> \"{t}\""))
                })
                .map(str::to_owned),
        );
        let known = keys(Lang::Vi);
        let missing: Vec<_> = wanted.iter().filter(|code| !known.contains(*code)).collect();
        assert_eq!(missing, Vec::<&String>::new(), "without words in locales/");
        assert!(wanted.len() > 80, "the sources were not found");
    }
}
