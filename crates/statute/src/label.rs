//! Levels of a law and the labels of its units.
//!
//! Phần – Chương – Mục – Tiểu mục – Điều (one sequence through the whole law) – Khoản `1.` – Điểm `a)`. Points run
//! a b c d đ e g h i k l m n o p q r s t u v x y: `d` and `đ` are two different points and are never folded into one.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The levels of a law, the largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Phần.
    Part,
    /// Chương.
    Chapter,
    /// Mục.
    Section,
    /// Tiểu mục.
    Subsection,
    /// Điều.
    Article,
    /// Khoản.
    Clause,
    /// Điểm.
    Point,
}

impl Level {
    /// All levels, the largest first.
    pub const ALL: [Level; 7] =
        [Level::Part, Level::Chapter, Level::Section, Level::Subsection, Level::Article, Level::Clause, Level::Point];

    /// The word as it stands inside a sentence of an amending law: `khoản`, `điểm`, but `Điều`, `Chương`.
    pub fn word(self) -> &'static str {
        match self {
            Level::Part => "Phần",
            Level::Chapter => "Chương",
            Level::Section => "Mục",
            Level::Subsection => "Tiểu mục",
            Level::Article => "Điều",
            Level::Clause => "khoản",
            Level::Point => "điểm",
        }
    }
    /// The prefix of Akoma Ntoso ids: `art`, `para`, `point`…
    pub fn eid(self) -> &'static str {
        match self {
            Level::Part => "part",
            Level::Chapter => "chp",
            Level::Section => "sec",
            Level::Subsection => "subsec",
            Level::Article => "art",
            Level::Clause => "para",
            Level::Point => "point",
        }
    }
    /// Phần, Chương, Mục and Tiểu mục: they hold articles and a heading, no text of their own.
    pub fn is_container(self) -> bool {
        self < Level::Article
    }
}

/// The letters of points and of inserted labels, in their order.
pub const ALPHABET: &str = "abcdđeghiklmnopqrstuvxy";

/// The place of a letter: that of [`ALPHABET`] times two, foreign letters (f j w z, ă â ê ô ơ ư) after their neighbour.
fn letter_place(c: char) -> u32 {
    const ALL: &str = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz";
    ALL.chars().position(|l| l == c).map_or(99, |i| i as u32 + 1)
}

/// The label of a unit: `5`, `12a`, `IV` (as 4), `a`, `đ`, `a1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Label {
    number: u32,
    letters: String,
    digits: u32,
}

impl Label {
    /// A plain number.
    pub fn number(number: u32) -> Label {
        Label { number, letters: String::new(), digits: 0 }
    }
    /// A letter of a point.
    pub fn letter(c: char) -> Label {
        Label { number: 0, letters: c.to_string(), digits: 0 }
    }

    /// Reads `12`, `12a`, `12đ`, `IV`, `IIa`, `IV-A`, `a`, `đ1`. Roman numbers only where `roman` says so.
    pub fn parse(text: &str, roman: bool) -> Option<Label> {
        let text = text.trim();
        let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        if digits_end > 0 {
            if digits_end > 5 {
                return None;
            }
            let number = text[..digits_end].parse().ok()?;
            return Label::with_rest(number, &text[digits_end..]);
        }
        if roman && let Some((number, rest)) = roman_number(text) {
            return Label::with_rest(number, rest);
        }
        let mut chars = text.chars();
        let first = chars.next()?.to_lowercase().next()?;
        let rest = chars.as_str();
        if letter_place(first) == 99 || !rest.chars().all(|c| c.is_ascii_digit()) || rest.len() > 3 {
            return None;
        }
        let digits = if rest.is_empty() { 0 } else { rest.parse().ok()? };
        Some(Label { number: 0, letters: first.to_string(), digits })
    }

    fn with_rest(number: u32, rest: &str) -> Option<Label> {
        let rest = rest.trim_start_matches('-');
        let letters_end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let (letters, digits) = rest.split_at(letters_end);
        let letters = letters.to_lowercase();
        if letters.chars().count() > 2 || letters.chars().any(|c| letter_place(c) == 99) || digits.len() > 3 {
            return None;
        }
        if !digits.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        let digits = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        Some(Label { number, letters, digits })
    }

    /// The number before any letter; 0 for points.
    pub fn value(&self) -> u32 {
        self.number
    }
    /// Inserted later: `12a`, `a1`.
    pub fn is_inserted(&self) -> bool {
        if self.number > 0 { !self.letters.is_empty() } else { self.digits > 0 }
    }
    /// The label that comes next in a list that nobody has inserted into: 6 after 5, `đ` after `d`.
    pub fn next(&self) -> Option<Label> {
        if self.number > 0 {
            return Some(Label::number(self.number + 1));
        }
        let c = self.letters.chars().next()?;
        let at = ALPHABET.chars().position(|l| l == c)?;
        ALPHABET.chars().nth(at + 1).map(Label::letter)
    }
    /// The `nth` label (from 1) that may be inserted after this one without renumbering: `5a`, `5b`; `a1`, `a2`.
    pub fn inserted(&self, nth: usize) -> Option<Label> {
        if self.number > 0 {
            let start = self.letters.chars().next().and_then(|c| ALPHABET.chars().position(|l| l == c));
            let at = start.map_or(nth - 1, |s| s + nth);
            let letter = ALPHABET.chars().nth(at)?;
            return Some(Label { number: self.number, letters: letter.to_string(), digits: 0 });
        }
        Some(Label { number: 0, letters: self.letters.clone(), digits: self.digits + u32::try_from(nth).ok()? })
    }
    /// The label in ids: ASCII, `đ` as `dd` and the other marked letters as the Telex keyboard writes them.
    pub fn eid(&self) -> String {
        let mut out = String::new();
        if self.number > 0 || self.letters.is_empty() {
            out.push_str(&self.number.to_string());
        }
        for c in self.letters.chars() {
            match c {
                'đ' => out.push_str("dd"),
                'ă' => out.push_str("aw"),
                'â' => out.push_str("aa"),
                'ê' => out.push_str("ee"),
                'ô' => out.push_str("oo"),
                'ơ' => out.push_str("ow"),
                'ư' => out.push_str("uw"),
                c => out.push(c),
            }
        }
        if self.digits > 0 {
            out.push_str(&self.digits.to_string());
        }
        out
    }
    /// The label as a unit of the level shows it: Roman for chapters, words for parts.
    pub fn shown(&self, level: Level) -> String {
        match level {
            Level::Part if self.letters.is_empty() => ordinal(self.number),
            Level::Part | Level::Chapter => format!("{}{}", roman_text(self.number), self.letters),
            _ => self.to_string(),
        }
    }
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.number > 0 || self.letters.is_empty() {
            write!(f, "{}", self.number)?;
        }
        f.write_str(&self.letters)?;
        if self.digits > 0 { write!(f, "{}", self.digits) } else { Ok(()) }
    }
}

impl Ord for Label {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |l: &Label| (l.number, l.letters.chars().map(letter_place).collect::<Vec<_>>(), l.digits);
        key(self).cmp(&key(other)).then_with(|| self.letters.cmp(&other.letters))
    }
}
impl PartialOrd for Label {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl From<Label> for String {
    fn from(label: Label) -> String {
        label.to_string()
    }
}
impl TryFrom<String> for Label {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Label::parse(&text, true).ok_or_else(|| format!("{text:?} is no label of a unit: write 5, 12a, IV, a or đ1"))
    }
}

/// Reads a Roman number at the start (capitals), with what follows it.
fn roman_number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c| !matches!(c, 'I' | 'V' | 'X' | 'L' | 'C')).unwrap_or(text.len());
    let (roman, rest) = text.split_at(end);
    let value = |c| match c {
        'I' => 1,
        'V' => 5,
        'X' => 10,
        'L' => 50,
        _ => 100,
    };
    if roman.is_empty() || roman.len() > 9 {
        return None;
    }
    let digits: Vec<u32> = roman.chars().map(value).collect();
    let mut total = 0;
    for (i, d) in digits.iter().enumerate() {
        if digits.get(i + 1).is_some_and(|next| next > d) { total -= *d as i64 } else { total += *d as i64 }
    }
    let total = u32::try_from(total).ok()?;
    (roman_text(total) == roman).then_some((total, rest))
}

fn roman_text(mut n: u32) -> String {
    const STEPS: [(u32, &str); 9] =
        [(100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")];
    let mut out = String::new();
    for (value, text) in STEPS {
        while n >= value {
            n -= value;
            out.push_str(text);
            if out.len() > 20 {
                return out;
            }
        }
    }
    out
}

const ORDINALS: [&str; 12] =
    ["nhất", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười", "mười một", "mười hai"];

fn ordinal(n: u32) -> String {
    match ORDINALS.get((n as usize).wrapping_sub(1)) {
        Some(word) => format!("thứ {word}"),
        None => roman_text(n),
    }
}

/// Reads `thứ nhất`, `thứ hai`… (any case) at the start of a text, with what follows it.
pub(crate) fn ordinal_label(text: &str) -> Option<(Label, &str)> {
    let lower = text.to_lowercase();
    let tail = lower.strip_prefix("thứ ")?;
    let mut best: Option<(u32, usize)> = None;
    for (i, word) in ORDINALS.iter().enumerate() {
        let whole = tail.strip_prefix(word).is_some_and(|r| r.chars().next().is_none_or(|c| !c.is_alphanumeric()));
        if whole && best.is_none_or(|(_, len)| word.len() > len) {
            best = Some((i as u32 + 1, word.len()));
        }
    }
    let (number, len) = best?;
    let chars = "thứ ".chars().count() + tail[..len].chars().count();
    let at = text.char_indices().nth(chars).map_or(text.len(), |(i, _)| i);
    Some((Label::number(number), &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn l(text: &str) -> Label {
        Label::parse(text, true).unwrap()
    }

    #[test]
    fn d_and_đ_are_two_points_that_follow_each_other() {
        assert_ne!(l("d"), l("đ"));
        assert_eq!(l("d").next(), Some(l("đ")));
        assert_eq!(l("e").next(), Some(l("g")), "there is no point f");
        assert_eq!((l("d").eid(), l("đ").eid()), ("d".into(), "dd".into()));
    }

    #[test]
    fn inserted_labels_stand_after_the_unit_that_they_follow() {
        assert_eq!(l("12").inserted(1), Some(l("12a")));
        assert_eq!(l("12").inserted(5), Some(l("12đ")));
        assert_eq!(l("12a").inserted(1), Some(l("12b")));
        assert_eq!(l("đ").inserted(2), Some(l("đ2")));
        let mut order = vec![l("13"), l("12b"), l("12"), l("12a"), l("12đ"), l("12d")];
        order.sort();
        assert_eq!(order, [l("12"), l("12a"), l("12b"), l("12d"), l("12đ"), l("13")]);
    }

    #[test]
    fn chapters_count_in_roman_or_arabic_and_parts_in_words() {
        assert_eq!(l("IV"), l("4"));
        assert_eq!(l("IV-A").to_string(), "4a");
        assert_eq!(Label::parse("IIII", true), None);
        assert_eq!(Label::number(14).shown(Level::Chapter), "XIV");
        assert_eq!(ordinal_label("THỨ HAI CÁC").map(|(l, r)| (l.value(), r)), Some((2, " CÁC")));
        assert_eq!(ordinal_label("thứ mười một").map(|(l, _)| l.value()), Some(11));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_label_reader_panic(text in ".{0,12}") {
            if let Some(label) = Label::parse(&text, true) {
                let _ = (label.next(), label.inserted(1), label.eid(), label.shown(Level::Part));
            }
        }
        #[test]
        fn a_written_label_reads_back(n in 0u32..500, letter in "[abcdđ]?", point in "[a-eđg-i]", k in 0u32..4) {
            let article = Label::parse(&format!("{n}{letter}"), false).unwrap();
            prop_assert_eq!(Label::parse(&article.to_string(), false), Some(article));
            let text = if k == 0 { point } else { format!("{point}{k}") };
            prop_assert_eq!(Label::parse(&text, false).unwrap().to_string(), text);
        }
    }
}
