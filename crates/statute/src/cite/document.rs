//! Names of documents inside sentences.

use super::words::Words;
use serde::{Deserialize, Serialize};

/// A document as a sentence names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DocRef {
    /// `Luật`, `Bộ luật`, `Pháp lệnh`, …
    pub kind: String,
    /// The name after the kind, without number; may be empty (`Luật số 62/2025/QH15`).
    pub name: String,
    /// The number, when given.
    pub number: Option<String>,
    /// `Luật này`, `Bộ luật này`.
    pub this: bool,
}

const KINDS: [(&str, &str); 21] = [
    ("Bộ luật", "Bộ luật"),
    ("Luật", "Luật"),
    ("Pháp lệnh", "Pháp lệnh"),
    ("Nghị quyết", "Nghị quyết"),
    ("Nghị định thư", "Nghị định thư"),
    ("Nghị định", "Nghị định"),
    ("Hiến pháp", "Hiến pháp"),
    ("Thông tư", "Thông tư"),
    ("Quyết định", "Quyết định"),
    ("Lệnh", "Lệnh"),
    ("Sắc lệnh", "Sắc lệnh"),
    ("Công ước", "Công ước"),
    ("Hiệp định", "Hiệp định"),
    ("Hiệp ước", "Hiệp ước"),
    ("Điều lệ", "Điều lệ"),
    ("Quy chế", "Quy chế"),
    ("Nội quy", "Nội quy"),
    ("Phụ lục", "Phụ lục"),
    ("Bộ Quy tắc", "Bộ Quy tắc"),
    ("Hiến chương", "Hiến chương"),
    ("Quy định", "Quy định"),
];

/// The kind of document that the words at `i` begin to name. The first letter must be a capital: `theo quyết định`
/// and `luật khác` name none.
fn kind(words: &Words, i: usize) -> Option<(&'static str, usize)> {
    let first = words.at(i);
    let mut letters = first.chars();
    if !letters.next().is_some_and(char::is_uppercase) || letters.next().is_some_and(char::is_uppercase) {
        return None;
    }
    KINDS.iter().find(|(text, _)| words.are(i, text)).map(|(text, kind)| (*kind, text.split(' ').count()))
}

/// Whether the word is a document number: `36/2005/QH11`, `10-LCT/HĐNN7`, `200/NQ-TVQH`.
fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
        && word.contains(['/', '-'])
        && word.chars().any(char::is_uppercase)
        && word.chars().all(|c| c.is_alphanumeric() || "/-._".contains(c))
}

/// Reads the name of a document at word `i`; answers it with the index of the word after it and after
/// `đã được sửa đổi, bổ sung một số điều theo Luật số …`.
pub(crate) fn read(words: &Words, i: usize) -> Option<(DocRef, usize)> {
    let (kind, taken) = kind(words, i)?;
    let mut at = i + taken;
    if words.are(at, "này") {
        return Some((DocRef { kind: kind.into(), name: String::new(), number: None, this: true }, at + 1));
    }
    let (name_end, number, next) = match numbered(words, at) {
        Some((end, number, next)) => (end, Some(number), next),
        None => {
            let end = name_end(words, at);
            (end, None, end)
        }
    };
    let name =
        if name_end > at { words.text[words.start(at)..words.end(name_end - 1)].to_owned() } else { String::new() };
    if name.is_empty() && number.is_none() && kind != "Hiến pháp" {
        return None;
    }
    at = skip_date(words, next);
    if number.is_some() {
        at = skip_subject(words, at);
    }
    at = skip_amended_by(words, at);
    Some((DocRef { kind: kind.into(), name, number, this: false }, at))
}

/// Looks for `số 36/2005/QH11` after the name: the word where the name ends, the number, the word after it.
fn numbered(words: &Words, from: usize) -> Option<(usize, String, usize)> {
    for k in from..from + 45 {
        let word = words.at(k);
        let ends = matches!(word, "" | ";" | ":" | "." | "“" | "”" | "\"" | "(")
            || words.are(k, "như sau")
            || (k > from && kind(words, k).is_some() && matches!(words.at(k - 1), "," | "và" | "tại"));
        if ends {
            return None;
        }
        if words.are(k, "số") && is_number(words.at(k + 1)) {
            let (number, next) = spaced_number(words, k + 1);
            return Some((k, number, next));
        }
    }
    None
}

/// A number that the publisher broke with a blank: `16/2004/PL- UBTVQH11`.
fn spaced_number(words: &Words, i: usize) -> (String, usize) {
    let first = words.at(i);
    let second = words.at(i + 1);
    let tail = second.chars().next().is_some_and(char::is_uppercase) && second.chars().any(|c| c.is_ascii_digit());
    if first.ends_with(['-', '/']) && tail {
        return (format!("{first}{second}"), i + 2);
    }
    (first.trim_end_matches(['-', '.']).to_owned(), i + 1)
}

/// Where the name of a document without number ends.
fn name_end(words: &Words, from: usize) -> usize {
    const STOPS: [&str; 30] = [
        "hết", "như", "tại", "bằng", "thì", "được", "có", "và", "đã", "trong", "hoặc", "để", "khi", "nếu", "phải",
        "từ", "quy", "theo", "không", "mà", "do", "là", "kể", "này", "ngày", "số", "cho", "trừ", "bị", "đối",
    ];
    let mut at = from;
    while at < words.len() && at < from + 25 {
        let word = words.at(at);
        let mark = matches!(word, "," | ";" | "." | ":" | "(" | ")" | "“" | "”" | "\"");
        // The stop words that are part of common titles, at their start: `Luật Quy hoạch`, `Luật Theo dõi`.
        let stop = STOPS.contains(&word) && !(at == from && word.starts_with(char::is_uppercase));
        if mark || stop || (at > from && kind(words, at).is_some()) {
            break;
        }
        at += 1;
    }
    at
}

fn skip_date(words: &Words, i: usize) -> usize {
    if !words.are(i, "ngày") {
        return i;
    }
    let mut at = i + 1;
    let of_date = |w: &str| matches!(w, "tháng" | "năm") || w.starts_with(|c: char| c.is_ascii_digit());
    while at < i + 8 && of_date(words.at(at)) {
        at += 1;
    }
    if words.are(at, "của") {
        let end = name_end(words, at + 1);
        return end;
    }
    at
}

/// Skips what an amending law is about, told after its number: `Luật số 37/2009/QH12 sửa đổi, bổ sung một số điều của
/// Bộ luật hình sự`.
fn skip_subject(words: &Words, i: usize) -> usize {
    const SUBJECTS: [&str; 3] = ["sửa đổi , bổ sung một số điều của", "sửa đổi một số điều của", "sửa đổi , bổ sung"];
    let Some(n) = words.any(i, &SUBJECTS) else { return i };
    let after_unit = match super::list::read(words, i + n) {
        Some((_, next)) => next + usize::from(words.are(next, "của")),
        None => i + n,
    };
    read(words, after_unit).map_or(i, |(_, next)| next)
}

/// Skips `đã được sửa đổi, bổ sung một số điều theo Luật số A, Luật số B và Luật số C`.
fn skip_amended_by(words: &Words, i: usize) -> usize {
    let start = match words
        .any(i, &["đã được sửa đổi", "đã dược sửa đổi", "được sửa đổi", "đã sửa đổi", ", đã được sửa đổi"])
    {
        Some(n) => i + n,
        None => return i,
    };
    let Some(by) = (start..start + 14).find(|&k| words.are(k, "theo") || words.are(k, "bởi") || words.are(k, "bằng"))
    else {
        return i;
    };
    if (start..by).any(|k| words.are(k, "như sau") || matches!(words.at(k), ";" | ":" | ".")) {
        return i;
    }
    let mut at = by + 1;
    loop {
        // `theo Điều 2 Luật số …` names a unit first.
        if let Some((_, next)) = super::list::read(words, at) {
            at = next + usize::from(words.are(next, "của"));
        }
        let Some((_, taken)) = kind(words, at) else { return at.max(start) };
        at = match numbered(words, at + taken) {
            Some((_, _, next)) => skip_date(words, next),
            None => name_end(words, at + taken),
        };
        let glue = match words.at(at) {
            "," if words.are(at + 1, "và") => 2,
            "," | "và" => 1,
            _ => return at,
        };
        let follows = kind(words, at + glue).is_some();
        // A unit list after the comma belongs to the sentence, not to the amending documents.
        if !follows || words.are(at + glue, "Luật này") {
            return at;
        }
        let by_number = words.are(at + glue + 1, "số") || words.are(at + glue + 2, "số");
        if !by_number {
            return at;
        }
        at += glue;
    }
}

/// Reads the name of a document at the start of the text; answers it with the place (bytes) after it.
pub fn read_document(text: &str) -> Option<(DocRef, usize)> {
    let words = Words::of(text);
    read(&words, 0).map(|(doc, next)| (doc, words.end(next - 1)))
}

impl DocRef {
    /// Whether the name can be that of the document with the number and title. `None` when it cannot be told.
    pub fn matches(&self, number: Option<&str>, title: Option<&str>) -> Option<bool> {
        if self.this {
            return Some(false);
        }
        let flat = |s: &str| crate::text::essence(s).to_lowercase();
        if let (Some(a), Some(b)) = (&self.number, number) {
            return Some(flat(a) == flat(b));
        }
        match title {
            Some(title) if !self.name.is_empty() => Some(flat(&self.name) == flat(title)),
            _ => None,
        }
    }
}

impl std::fmt::Display for DocRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.kind)?;
        if self.this {
            return f.write_str(" này");
        }
        if !self.name.is_empty() {
            write!(f, " {}", self.name)?;
        }
        match &self.number {
            Some(number) => write!(f, " số {number}"),
            None => Ok(()),
        }
    }
}
