//! The one normal form of law texts, and the looser forms in which they are compared.
//!
//! # The normalisation
//! [`normalise`] is all that happens to a text between the file and the tree; what the tree writes is what this
//! function gives, to the character:
//! - Unicode NFC; `Ð` (U+00D0) and `Ɖ` (U+0189), which old fonts put for `Đ`, become `Đ`, and `ð` becomes `đ`;
//! - every kind of blank (no-break, thin, tab…) becomes a space, runs of spaces one space, lines are trimmed;
//! - zero-width and direction marks, soft hyphens, byte-order marks and control characters go;
//! - line ends become `\n`, empty lines go.

use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A piece of text that many versions of a law share.
pub type Text = std::sync::Arc<str>;

/// What one character becomes.
enum Char {
    Keep(char),
    Blank,
    Gone,
}

fn clean(c: char) -> Char {
    match c {
        'Ð' | 'Ɖ' => Char::Keep('Đ'),
        'ð' => Char::Keep('đ'),
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => {
            Char::Gone
        }
        c if c.is_whitespace() => Char::Blank,
        c if c.is_control() => Char::Gone,
        c => Char::Keep(c),
    }
}

/// One line in normal form, without its line end.
pub fn normalise_line(line: &str) -> Cow<'_, str> {
    if is_plain(line) {
        return Cow::Borrowed(line);
    }
    let composed = compose(line);
    let mut out = String::with_capacity(composed.len());
    let mut gap = false;
    for c in composed.chars() {
        match clean(c) {
            Char::Keep(c) => {
                if std::mem::take(&mut gap) && !out.is_empty() {
                    out.push(' ');
                }
                out.push(c);
            }
            Char::Blank => gap = true,
            Char::Gone => {}
        }
    }
    Cow::Owned(compose(&out).into_owned())
}

fn compose(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    }
}

/// Nothing to do: the common case, decided in one pass over the bytes where the line is composed Vietnamese.
fn is_plain(line: &str) -> bool {
    let bytes = line.as_bytes();
    if bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ') {
        return false;
    }
    let mut before = 0;
    for &b in bytes {
        if (b < 0x20) || b == 0x7f || (b == b' ' && before == b' ') {
            return false;
        }
        before = b;
    }
    line.chars().all(|c| {
        matches!(c, ' '..='~' | '“' | '”' | '‘' | '’' | '–' | '—' | '…' | '\u{1ea0}'..='\u{1ef9}')
            || (matches!(c, '\u{c0}'..='\u{1b0}') && !matches!(c, 'Ð' | 'ð' | 'Ɖ'))
    })
}

/// A whole text in normal form, as the module says; lines end in `\n`, the last one without.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in lines(text) {
        if !line.is_empty() {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&line);
        }
    }
    out
}

/// The lines of a text, each in normal form, the empty ones too (they mark where the closing begins).
pub fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split(['\n', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}', '\u{85}'])
        .flat_map(|l| l.split('\r'))
        .map(normalise_line)
}

/// The form in which official texts are compared: no white space at all, quotes and dashes of one kind, the tone
/// mark on the same letter (`hoá` as `hóa`). Never for ids.
pub fn essence(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in normalise(text).split_whitespace() {
        out.push_str(&tone_form(word));
    }
    out.replace(['“', '”'], "\"").replace(['–', '—'], "-")
}

/// The text with tone marks where the newer orthography puts them: `hoá` → `hóa`, `thuỷ` → `thủy`.
///
/// Only the open syllables `oa`, `oe`, `uy` differ between the two ways; a syllable with an end consonant does not.
pub fn tone_form(text: &str) -> Cow<'_, str> {
    const OLD: [(&str, &str); 15] = [
        ("oà", "òa"),
        ("oá", "óa"),
        ("oả", "ỏa"),
        ("oã", "õa"),
        ("oạ", "ọa"),
        ("oè", "òe"),
        ("oé", "óe"),
        ("oẻ", "ỏe"),
        ("oẽ", "õe"),
        ("oẹ", "ọe"),
        ("uỳ", "ùy"),
        ("uý", "úy"),
        ("uỷ", "ủy"),
        ("uỹ", "ũy"),
        ("uỵ", "ụy"),
    ];
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
    let chars: Vec<char> = text.chars().collect();
    let mut out: Option<Vec<char>> = None;
    for i in 1..chars.len() {
        let open = chars.get(i + 1).is_none_or(|c| !c.is_alphabetic());
        let after_q = i >= 2 && lower(chars[i - 2]) == 'q';
        if !open || after_q {
            continue;
        }
        let pair: String = [lower(chars[i - 1]), lower(chars[i])].iter().collect();
        if let Some((_, new)) = OLD.iter().find(|(old, _)| *old == pair) {
            let out = out.get_or_insert_with(|| chars.clone());
            for (k, c) in new.chars().enumerate() {
                let at = i - 1 + k;
                out[at] = if chars[at].is_uppercase() { c.to_uppercase().next().unwrap_or(c) } else { c };
            }
        }
    }
    out.map_or(Cow::Borrowed(text), |chars| Cow::Owned(chars.into_iter().collect()))
}

/// The text with soft line breaks (a paragraph that the publisher broke over lines) as spaces.
pub fn joined(text: &str) -> Cow<'_, str> {
    if text.contains('\n') { Cow::Owned(text.replace('\n', " ")) } else { Cow::Borrowed(text) }
}

/// How many “ are open after the text, given how many were before; never below zero.
pub fn quote_depth(text: &str, before: usize) -> usize {
    text.chars().fold(before, |depth, c| match c {
        '“' => depth + 1,
        '”' => depth.saturating_sub(1),
        _ => depth,
    })
}

/// Whether the character before a phrase and the one after it let it be a phrase of whole words.
pub fn at_word_bounds(text: &str, start: usize, end: usize) -> bool {
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let inner_first = word(text[start..end].chars().next());
    let inner_last = word(text[start..end].chars().next_back());
    let cut_before = inner_first && word(text[..start].chars().next_back());
    let cut_after = inner_last && word(text[end..].chars().next());
    !cut_before && !cut_after
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blanks_old_letters_and_marks_are_put_right() {
        assert_eq!(normalise("  Ðiều\u{a0} 5 .\u{200b}\r\n\r\n a)\tHoa\u{300} "), "Điều 5 .\na) Hoà");
    }

    #[test]
    fn the_place_of_a_tone_mark_does_not_matter_in_comparison() {
        assert_eq!(tone_form("hàng hoá, uỷ ban, Hoà Bình, thuỷ lợi"), "hàng hóa, ủy ban, Hòa Bình, thủy lợi");
        assert_eq!(tone_form("quý, hoàn, khoản, loài, toàn"), "quý, hoàn, khoản, loài, toàn");
        assert_eq!(essence("khoản 1,2 và  3"), essence("khoản 1, 2 và 3"));
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(text in "(?s).{0,80}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }
        #[test]
        fn a_plain_line_is_one_that_the_slow_way_keeps(line in "[ -~àáđĐÐẠệươ“”\u{a0}\u{300}\u{200b}]{0,30}") {
            if is_plain(&line) {
                let slow: String = compose(&line).into_owned();
                prop_assert_eq!(normalise(&slow), line.trim());
            }
        }
    }
}
