//! What the TOML parser says of a text, in our own words: which word of the language is not known, which ones are; what
//! is missing; what kind of value stands where another is needed. For the rest its own words stand in brackets.

use crate::{
    Threshold, Wrong,
    model::{Text, text},
    wrong::{line_of_byte, meant},
};
use kernel::{Day, grade::BadGrade};
use std::ops::Range;

/// Most characters of what somebody wrote that a sentence repeats.
const SHOWN: usize = 60;

/// The parser's error, told.
pub(crate) fn wrong(source: &str, error: &toml::de::Error) -> Wrong {
    told(source, error.span(), error.message())
}

fn told(source: &str, span: Option<Range<usize>>, message: &str) -> Wrong {
    let line = span.as_ref().map_or(1, |span| line_of_byte(source, span.start));
    let value = span.and_then(|span| source.get(span)).unwrap_or_default();
    let (what, mend) = known_word(message)
        .or_else(|| value_of_ours(message, value))
        .or_else(|| kind_of_value(message))
        .unwrap_or_else(|| syntax(message));
    Wrong::new(line, what, mend)
}

/// `unknown field`, `unknown variant`, `missing field`, twice the same.
fn known_word(message: &str) -> Option<(Text, Text)> {
    if let Some((written, known)) = unlike(message, "unknown field ") {
        let what = text!("Không có mục “{written}” ở chỗ này.", "There is no word “{written}” in this place.");
        return Some((what, offered(&written, &known)));
    }
    if let Some((written, known)) = unlike(message, "unknown variant ") {
        let what =
            text!("“{written}” không phải là giá trị dùng được ở đây.", "“{written}” is no value for this place.");
        return Some((what, offered(&written, &known)));
    }
    if let Some(name) = message.strip_prefix("missing field ").and_then(quoted) {
        return Some((
            text!("Thiếu mục “{name}”.", "“{name}” is missing."),
            text!("Bổ sung {name} = … ở chỗ này.", "Add {name} = … in this place."),
        ));
    }
    if message.starts_with("duplicate ") {
        return Some((
            text!("Một mục được ghi hai lần.", "The same word is written twice."),
            text!("Chỉ giữ một lần.", "Keep one of them."),
        ));
    }
    if message.contains("exactly 1 e") {
        return Some((
            text!("Mỗi điều kiện phải hỏi đúng một điều.", "A condition must ask exactly one thing."),
            text!(
                "Khi cần nhiều điều kiện cùng lúc, viết all = [ … ] hoặc any = [ … ].",
                "Where several are to hold, write all = [ … ] or any = [ … ]."
            ),
        ));
    }
    None
}

/// What was written, and what is known, of `{prefix}`x`, expected one of `a`, `b``.
fn unlike<'m>(message: &'m str, prefix: &str) -> Option<(String, Vec<&'m str>)> {
    let rest = message.strip_prefix(prefix)?;
    let (written, known) = rest.split_once("`, ").unwrap_or((rest, ""));
    let written = written.trim_matches('`').chars().take(SHOWN).collect();
    // Between every second pair of marks stands a word.
    Some((written, known.split('`').skip(1).step_by(2).collect()))
}

fn offered(written: &str, known: &[&str]) -> Text {
    if known.is_empty() {
        return text!("Bỏ mục này.", "Remove it.");
    }
    let all = known.join(", ");
    match meant(written, known.iter().copied()) {
        Some(first) => text!(
            "Có phải là “{first}”? Ở chỗ này dùng được: {all}.",
            "Was “{first}” meant? Known in this place: {all}."
        ),
        None => text!("Ở chỗ này dùng được: {all}.", "Known in this place: {all}."),
    }
}

/// `` `name` ``
fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('`')?.strip_suffix('`')
}

/// Days, thresholds and secrecy grades are read by their own types: the value is tried again, to know whose message it is.
fn value_of_ours(message: &str, value: &str) -> Option<(Text, Text)> {
    let shown: String = value.chars().take(SHOWN).collect();
    let bare = value.trim_matches(['"', '\'']);
    if Day::parse(bare).is_err_and(|bad| bad.to_string() == message) {
        return Some((
            text!("{shown} không phải là một ngày.", "{shown} is no day."),
            text!(
                "Ghi năm-tháng-ngày trong ngoặc kép, chẳng hạn \"2026-03-01\".",
                "Write year-month-day between quotation marks, such as \"2026-03-01\"."
            ),
        ));
    }
    if Threshold::parse(bare).is_err_and(|bad| bad.to_string() == message) {
        return Some((
            text!("{shown} không phải là một tỷ lệ biểu quyết.", "{shown} is no threshold."),
            text!(
                "Ghi chẳng hạn \"> 1/2 of all\" (quá nửa tổng số), \">= 2/3 of all\" (ít nhất hai phần ba tổng số) hoặc \
                 \"> 1/2 of answered\" (quá nửa số đã trả lời).",
                "Write such as \"> 1/2 of all\", \">= 2/3 of all\" or \"> 1/2 of answered\"."
            ),
        ));
    }
    let level = message.split(' ').next().and_then(|word| word.parse::<u8>().ok())?;
    (BadGrade(level).to_string() == message).then(|| {
        (
            text!("{level} không phải là một độ mật.", "{level} is no secrecy grade."),
            text!(
                "Ghi 0 (thường), 1 (Mật), 2 (Tối mật) hoặc 3 (Tuyệt mật).",
                "Write 0 (thường), 1 (Mật), 2 (Tối mật) or 3 (Tuyệt mật)."
            ),
        )
    })
}

/// `invalid type: string "x", expected u32`, and values that are too large.
fn kind_of_value(message: &str) -> Option<(Text, Text)> {
    let rest = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "))?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    let (found, expected) = (found_kind(found)?, expected_kind(expected)?);
    Some((
        Text {
            vi: format!("Giá trị sai loại: ở đây là {}, phải là {}.", found.vi, expected.vi),
            en: format!("The value is of the wrong kind: here is {}, needed is {}.", found.en, expected.en),
        },
        text!("Sửa lại giá trị.", "Write the value anew."),
    ))
}

fn found_kind(words: &str) -> Option<Text> {
    let shown = |rest: &str| rest.trim_matches(['"', '`', ' ']).chars().take(SHOWN).collect::<String>();
    if let Some(rest) = words.strip_prefix("string ") {
        let value = shown(rest);
        return Some(text!("chữ “{value}”", "the text “{value}”"));
    }
    for number in ["integer ", "floating point "] {
        if let Some(rest) = words.strip_prefix(number) {
            let value = shown(rest);
            return Some(text!("số {value}", "the number {value}"));
        }
    }
    if let Some(rest) = words.strip_prefix("boolean ") {
        let value = shown(rest);
        return Some(text!("{value} (có/không)", "{value} (yes or no)"));
    }
    match words {
        "sequence" => Some(text!("danh sách [ … ]", "a list [ … ]")),
        "map" => Some(text!("bảng {{ … }}", "a table {{ … }}")),
        _ => None,
    }
}

fn expected_kind(words: &str) -> Option<Text> {
    Some(match words {
        "u8" | "u16" | "u32" | "u64" | "i8" | "i16" | "i32" | "i64" => {
            text!("số nguyên (không đặt trong ngoặc kép)", "a whole number (without quotation marks)")
        }
        "a string" | "string" => text!("chữ trong ngoặc kép \"…\"", "a text in quotation marks \"…\""),
        "a boolean" => text!("true (có) hoặc false (không)", "true or false"),
        "a sequence" => text!("danh sách [ … ]", "a list [ … ]"),
        "struct Text" => text!("{{ vi = \"…\", en = \"…\" }}", "{{ vi = \"…\", en = \"…\" }}"),
        other if other.starts_with("struct ") || matches!(other, "a map" | "map") => {
            text!("bảng {{ … }}", "a table {{ … }}")
        }
        _ => return None,
    })
}

fn syntax(message: &str) -> (Text, Text) {
    (
        text!(
            "Dòng này viết không đúng quy cách TOML (bộ đọc báo: {message}).",
            "This line is not well-formed TOML (the reader says: {message})."
        ),
        text!(
            "Xem lại dấu ngoặc vuông, ngoặc kép, dấu bằng và dấu phẩy ở dòng này và dòng trước.",
            "Look at brackets, quotation marks, equals signs and commas in this line and the one before."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_message_of_the_parser_about_our_words_is_told_in_ours() {
        let what = |text: &str| crate::read::parse(text).unwrap_err().what;
        let head = "id = \"x\"\n";
        for (text, part) in [
            ("", "“id” is missing"),
            ("id = 1", "the number 1, needed is a text"),
            ("id = \"x\"\nversion = \"1\"", "the text “1”, needed is a whole number"),
            ("id = \"x\"\nversion = -1", "the number -1"),
            ("id = \"x\"\nversion = 1.5", "the number 1.5"),
            ("id = \"x\"\nverified = 1", "needed is true or false"),
            ("id = \"x\"\nid = \"y\"", "twice"),
            ("id = \"x\"\nbasis = \"y\"", "needed is a list"),
            ("id = \"x\"\ntitle = 7", "needed is { vi"),
            ("id = \"x\"\ntitle = { vi = \"y\" }", "“en” is missing"),
            ("id = \"x\"\nvalid-from = \"31/02/2025\"", "is no day"),
            ("id = \"x\"\ngrade = 9", "9 is no secrecy grade"),
            ("id = \"x\"\nfield = \"law\"", "“law” is no value"),
            ("id = \"x\"\nsteps = 3", "needed is a list"),
            ("id = ", "not well-formed TOML"),
        ] {
            assert!(what(text).en.contains(part), "{text}: {}", what(text).en);
        }
        let step = |rest: &str| what(&format!("{head}[[steps]]\nkey = \"a\"\n{rest}"));
        assert!(step("ballot = { body = \"b\", positions = [], threshold = \"most\" }").en.contains("is no threshold"));
        assert!(
            step("next = [{ when = { outcome = \"a\", ballot = \"passed\" }, to = \"b\" }]").en.contains("exactly one")
        );
        assert!(step("next = [{ when = { }, to = \"b\" }]").en.contains("exactly one"));
    }

    proptest! {
        #[test]
        fn whatever_a_parser_says_is_told(message in "(unknown field |unknown variant |missing field |invalid type: )?.{0,80}", from in 0usize..40, len in 0usize..40) {
            let source = "id = \"đổi\"\nversion = 1\n";
            let said = told(source, Some(from..from + len), &message);
            prop_assert!(said.line >= 1 && !said.what.vi.is_empty() && !said.mend.en.is_empty());
        }
    }
}
