//! Vietnamese text: one normal form, search without marks, and the order of people's names.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark, is_nfc};

/// The text in NFC, borrowed where it is so already.
pub fn nfc(text: &str) -> std::borrow::Cow<'_, str> {
    if is_nfc(text) { text.into() } else { text.nfc().collect::<String>().into() }
}

/// The text as it is searched: lower case, marks removed, `đ` as `d`, runs of white space as one space.
///
/// `fold("Đề  nghị") == "de nghi"`. For `*_fold` columns and queries only; never for ids, where `d` and `đ` differ.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for c in text.nfd().filter(|c| !is_combining_mark(*c)) {
        if c.is_whitespace() {
            space = !out.is_empty();
            continue;
        }
        if std::mem::take(&mut space) {
            out.push(' ');
        }
        match c {
            'đ' | 'Đ' | 'Ð' | 'ð' => out.push('d'),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// The key by which people are listed: given name (the last word) first, then the words before it.
///
/// Letters compare by the Vietnamese alphabet (a ă â … d đ e ê …), then by tone (ngang huyền hỏi ngã sắc nặng).
pub fn name_key(full_name: &str) -> String {
    let words: Vec<&str> = full_name.split_whitespace().collect();
    let Some((given, before)) = words.split_last() else { return String::new() };
    let mut key = alphabet_key(given);
    for word in before {
        key.push('\u{1}');
        key.push_str(&alphabet_key(word));
    }
    key
}

/// A key whose byte order is the Vietnamese dictionary order: letters first, tones after the whole word.
fn alphabet_key(word: &str) -> String {
    const LETTERS: &str = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz";
    let mut letters = String::new();
    let mut tones = String::new();
    for c in word.nfc().flat_map(char::to_lowercase) {
        let (mut base, mut tone) = (String::new(), '0');
        for part in std::iter::once(c).nfd() {
            match part {
                '\u{300}' => tone = '1',
                '\u{309}' => tone = '2',
                '\u{303}' => tone = '3',
                '\u{301}' => tone = '4',
                '\u{323}' => tone = '5',
                other => base.push(other),
            }
        }
        let letter = base.nfc().next().unwrap_or(c);
        match LETTERS.chars().position(|l| l == letter) {
            Some(at) => letters.push(char::from(b'A' + u8::try_from(at).unwrap_or(0))),
            None => letters.push(letter),
        }
        tones.push(tone);
    }
    format!("{letters}\u{2}{tones}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn search_forgives_missing_marks() {
        assert_eq!(fold("  Đề   nghị\u{a0}Ủy ban "), "de nghi uy ban");
        assert_eq!(fold("NGƯỜI"), "nguoi");
    }

    #[test]
    fn people_are_listed_by_given_name_in_the_vietnamese_alphabet() {
        let mut people =
            vec!["Trần Văn Đông", "Lê Thị An", "Nguyễn Văn Ân", "Phạm Văn Dũng", "Lê Văn Ẩn", "Nguyễn Văn A"];
        people.sort_by_key(|n| name_key(n));
        assert_eq!(
            people,
            ["Nguyễn Văn A", "Lê Thị An", "Nguyễn Văn Ân", "Lê Văn Ẩn", "Phạm Văn Dũng", "Trần Văn Đông"]
        );
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in ".*") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
