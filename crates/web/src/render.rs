//! Pages from typed contexts: templates of `pages/`, words of `locales/`, values as people here write them.
//!
//! A template sees three names: `page` (its own typed context), `frame` (who reads, where, in which language) and
//! `lang`. Everything is escaped; a name that a context lacks is an error, not an empty place.

use crate::{
    assets,
    frame::Frame,
    words::{Arg, Lang, Words},
};
use kernel::{Day, Problem, Timestamp};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, value::Kwargs};
use rust_embed::RustEmbed;
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../pages"]
#[include = "*.html"]
#[include = "*.svg"]
struct Files;

/// The typed context of one template.
pub trait Page: Serialize + Sized {
    /// The template, as a path below `pages/`.
    const TEMPLATE: &'static str;
    /// Named examples, shown by the gallery and rendered in both languages by a test.
    fn samples() -> Vec<(&'static str, Self)>;
}

/// A page with one example rendered ahead to plain data, so that pages of all types stand in one list.
pub struct Sample {
    /// The template.
    pub template: &'static str,
    /// What the example shows.
    pub name: &'static str,
    /// The context.
    pub page: Value,
}

/// The examples of one page.
pub fn samples_of<P: Page>() -> Vec<Sample> {
    P::samples().into_iter().map(|(name, page)| Sample { template: P::TEMPLATE, name, page: to_value(&page) }).collect()
}

/// Templates and words, ready to render.
pub struct Renderer {
    /// One environment a language, so that words and numbers know theirs inside macros too.
    envs: Vec<(Lang, Environment<'static>)>,
    words: Arc<Words>,
}

impl Renderer {
    /// Over the words; templates are read as they are asked for, from the disk in a debug build.
    pub fn new(words: Arc<Words>) -> Renderer {
        Renderer { envs: Lang::ALL.map(|lang| (lang, environment(lang, &words))).into(), words }
    }

    /// The words.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// The page as HTML.
    ///
    /// # Errors
    /// [`Problem::Fault`] when the template is wrong.
    pub fn page<P: Page>(&self, frame: &Frame, page: &P) -> Result<String, Problem> {
        self.value(frame, P::TEMPLATE, to_value(page))
    }

    /// As [`Renderer::page`], for a context that is plain data.
    ///
    /// # Errors
    /// [`Problem::Fault`] when the template is wrong.
    pub fn value(&self, frame: &Frame, template: &str, page: Value) -> Result<String, Problem> {
        let env = self.envs.iter().find(|(lang, _)| *lang == frame.lang).map(|(_, env)| env);
        let env = env.ok_or_else(|| Problem::fault("no environment of this language"))?;
        let fault = |e: Error| Problem::fault(format!("{template}: {e:#}"));
        let context = minijinja::context! { page, frame => to_value(frame), lang => frame.lang.code() };
        env.get_template(template).and_then(|t| t.render(context)).map_err(fault)
    }

    /// All templates that are pages of their own: not layouts, not parts.
    pub fn page_templates() -> Vec<String> {
        Files::iter()
            .map(|f| f.into_owned())
            .filter(|f| f.ends_with(".html") && !f.starts_with("layouts/") && !f.starts_with("parts/"))
            .collect()
    }
}

fn to_value<T: Serialize>(plain: &T) -> Value {
    Value::from(minijinja::value::Serde(plain))
}

fn environment(lang: Lang, words: &Arc<Words>) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::Html);
    if let Ok(syntax) = minijinja::syntax::SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        env.set_syntax(syntax);
    }
    env.set_auto_reload(cfg!(debug_assertions));
    env.set_loader(|name| Ok(Files::get(name).and_then(|f| String::from_utf8(f.data.into_owned()).ok())));
    let t = Arc::clone(words);
    env.add_function("t", move |key: &str, kwargs: Kwargs| say(&t, lang, key, &kwargs));
    let has = Arc::clone(words);
    env.add_function("has_words", move |key: &str| has.find(Lang::Vi, key, &BTreeMap::new()).is_some());
    env.add_function("asset", |name: &str| assets::href(name));
    env.add_filter("day", |v: Value| day(&v).map(Day::short));
    env.add_filter("day_words", move |v: Value| day(&v).map(|d| day_words(lang, d)));
    env.add_filter("when", |v: Value| instant(&v).map(|at| format!("{} · {}", at.clock(), at.day().short())));
    env.add_filter("clock", |v: Value| instant(&v).map(Timestamp::clock));
    env.add_filter("iso", |v: Value| instant(&v).map(Timestamp::iso_local));
    env.add_filter("day_of", |v: Value| instant(&v).map(|at| at.day().short()));
    env.add_filter("num", move |v: i64| grouped(v, lang));
    env.add_filter("percent", move |v: i64| percent(v, lang));
    env.add_filter("bytes", move |v: i64| bytes(v, lang));
    env.add_filter("query", |v: &str| {
        percent_encoding::utf8_percent_encode(v, percent_encoding::NON_ALPHANUMERIC).to_string()
    });
    env
}

fn say(words: &Words, lang: Lang, key: &str, kwargs: &Kwargs) -> Result<String, Error> {
    let mut args = BTreeMap::new();
    for name in kwargs.args() {
        let value: Value = kwargs.get(name)?;
        let arg = match i64::try_from(value.clone()) {
            Ok(n) if value.is_number() => Arg::Int(n),
            _ => Arg::Text(value.to_string()),
        };
        args.insert(name.to_owned(), arg);
    }
    match words.find(lang, key, &args) {
        Some(text) => Ok(text),
        None if cfg!(debug_assertions) => {
            Err(Error::new(ErrorKind::InvalidOperation, format!("no message {key:?} in locales/{}", lang.code())))
        }
        None => Ok(words.say(lang, key, &args)),
    }
}

fn wrong(v: &Value, what: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("{v} is not {what}"))
}
fn day(v: &Value) -> Result<Day, Error> {
    v.as_str().and_then(|text| Day::parse(text).ok()).ok_or_else(|| wrong(v, "a day"))
}
fn instant(v: &Value) -> Result<Timestamp, Error> {
    i64::try_from(v.clone()).map(Timestamp::from_micros).map_err(|_| wrong(v, "an instant in microseconds"))
}

fn day_words(lang: Lang, day: Day) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    match lang {
        Lang::Vi => day.words(),
        Lang::En => {
            let month = usize::try_from(day.month()).ok().and_then(|m| MONTHS.get(m.saturating_sub(1)));
            format!("{} {} {}", day.day_of_month(), month.unwrap_or(&""), day.year())
        }
    }
}

/// `2.340.000` in Vietnamese, `2,340,000` in English.
fn grouped(value: i64, lang: Lang) -> String {
    let mark = match lang {
        Lang::Vi => '.',
        Lang::En => ',',
    };
    let digits = value.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(c);
    }
    if value < 0 { format!("-{out}") } else { out }
}

/// Hundredths of a percent: 9429 is `94,29 %`.
fn percent(hundredths: i64, lang: Lang) -> String {
    let mark = match lang {
        Lang::Vi => ',',
        Lang::En => '.',
    };
    match hundredths % 100 {
        0 => format!("{} %", hundredths / 100),
        rest => format!("{}{mark}{:02} %", hundredths / 100, rest.abs()),
    }
}

fn bytes(value: i64, lang: Lang) -> String {
    let mark = if lang == Lang::Vi { ',' } else { '.' };
    match value {
        ..1024 => format!("{value} B"),
        1024..1_048_576 => format!("{} kB", value / 1024),
        _ => format!("{}{mark}{} MB", value / 1_048_576, value % 1_048_576 * 10 / 1_048_576),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_here_write_them() {
        assert_eq!(grouped(2_340_000, Lang::Vi), "2.340.000");
        assert_eq!(grouped(-999, Lang::En), "-999");
        assert_eq!(percent(9429, Lang::Vi), "94,29 %");
        assert_eq!(percent(10_000, Lang::Vi), "100 %");
        assert_eq!(bytes(3_500_000, Lang::Vi), "3,3 MB");
    }
}
