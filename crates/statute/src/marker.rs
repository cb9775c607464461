//! What a line begins with: `Chương II`, `Điều 5.`, `1.`, `a)`. Pure recognition; whether the number fits is the
//! parser's matter.

use crate::label::{Label, Level, ordinal_label};

/// A marker at the start of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marker {
    pub level: Level,
    pub label: Label,
    /// Bytes of the line that belong to the marker, with the blank after it.
    pub len: usize,
    /// A stop, colon or bracket stands after the label.
    pub closed: bool,
    /// Written otherwise than the rule: `Điền 5.`, `a.`, `5 .`.
    pub odd: bool,
}

/// The marker that the line begins with, if any.
pub(crate) fn marker(line: &str) -> Option<Marker> {
    match line.as_bytes().first()? {
        b'0'..=b'9' => clause(line),
        b'P' | b'C' | b'M' | b'T' => container(line),
        0xc4 => article(line).or_else(|| point(line)),
        b'a'..=b'z' => point(line),
        _ => None,
    }
}

fn container(line: &str) -> Option<Marker> {
    const WORDS: [(&str, Level); 9] = [
        ("Phần ", Level::Part),
        ("PHẦN ", Level::Part),
        ("Chương ", Level::Chapter),
        ("CHƯƠNG ", Level::Chapter),
        ("Mục ", Level::Section),
        ("MỤC ", Level::Section),
        ("Tiểu mục ", Level::Subsection),
        ("Tiểu Mục ", Level::Subsection),
        ("TIỂU MỤC ", Level::Subsection),
    ];
    let (word, level) = WORDS.iter().find(|(word, _)| line.starts_with(word))?;
    let rest = &line[word.len()..];
    let (label, rest) = match ordinal_label(rest) {
        Some(found) if *level == Level::Part => found,
        _ => {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '-')).unwrap_or(rest.len());
            (Label::parse(&rest[..end], true).filter(|l| l.value() > 0)?, &rest[end..])
        }
    };
    let (closed, after) = separator(rest, &['.', ':', '-', '–']);
    let fits = after.is_empty() || (closed && starts_upper(after)) || is_shouted(after);
    fits.then(|| Marker { level: *level, label, len: line.len() - after.len(), closed, odd: false })
}

fn article(line: &str) -> Option<Marker> {
    const WORDS: [(&str, bool); 5] =
        [("Điều ", false), ("ĐIỀU ", false), ("Điền ", true), ("Điêu ", true), ("Đièu ", true)];
    let (word, misspelt) = WORDS.iter().find(|(word, _)| line.starts_with(word))?;
    let rest = &line[word.len()..];
    let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    let label = Label::parse(&rest[..end], false).filter(|l| l.value() > 0)?;
    let (closed, after) = separator(&rest[end..], &['.', ':']);
    let spaced = closed && rest[end..].starts_with(' ');
    Some(Marker { level: Level::Article, label, len: line.len() - after.len(), closed, odd: *misspelt || spaced })
}

fn clause(line: &str) -> Option<Marker> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 3 {
        return None;
    }
    let mut rest = &line[digits..];
    let letter = rest.chars().next().filter(|c| c.is_lowercase() && rest[c.len_utf8()..].starts_with(['.', ' ']));
    if let Some(c) = letter {
        rest = &rest[c.len_utf8()..];
    }
    let label = Label::parse(&line[..line.len() - rest.len()], false).filter(|l| l.value() > 0)?;
    let spaced = rest.starts_with(' ');
    let after = rest.trim_start_matches(' ').strip_prefix('.')?;
    if after.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let after = after.trim_start_matches(' ');
    Some(Marker { level: Level::Clause, label, len: line.len() - after.len(), closed: true, odd: spaced })
}

fn point(line: &str) -> Option<Marker> {
    let first = line.chars().next()?;
    let mut rest = &line[first.len_utf8()..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count().min(3);
    rest = &rest[digits..];
    let label = Label::parse(&line[..line.len() - rest.len()], false)?;
    let tight = rest.trim_start_matches(' ');
    let spaced = tight.len() != rest.len();
    if let Some(after) = tight.strip_prefix(')') {
        let after = after.trim_start_matches(' ');
        return Some(Marker { level: Level::Point, label, len: line.len() - after.len(), closed: true, odd: spaced });
    }
    let after = rest.strip_prefix('.')?.strip_prefix(' ')?;
    Some(Marker { level: Level::Point, label, len: line.len() - after.len(), closed: true, odd: true })
}

/// Takes one of the separators, with blanks around it; says whether there was one.
fn separator<'a>(rest: &'a str, marks: &[char]) -> (bool, &'a str) {
    let tight = rest.trim_start_matches(' ');
    match tight.strip_prefix(marks) {
        Some(after) => (true, after.trim_start_matches(' ')),
        None => (false, tight),
    }
}

pub(crate) fn starts_upper(text: &str) -> bool {
    text.chars().find(|c| c.is_alphanumeric()).is_some_and(|c| c.is_uppercase() || c.is_numeric())
}

/// Capitals only, as the headings of containers are set.
pub(crate) fn is_shouted(text: &str) -> bool {
    let mut letters = 0;
    for c in text.chars() {
        if c.is_lowercase() {
            return false;
        }
        letters += usize::from(c.is_uppercase());
    }
    letters > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn m(line: &str) -> Option<(Level, String, &str)> {
        marker(line).map(|m| (m.level, m.label.to_string(), &line[m.len..]))
    }

    #[test]
    fn markers_of_every_level_are_seen() {
        assert_eq!(m("Phần thứ nhất"), Some((Level::Part, "1".into(), "")));
        assert_eq!(m("CHƯƠNG IV NHỮNG QUY ĐỊNH"), Some((Level::Chapter, "4".into(), "NHỮNG QUY ĐỊNH")));
        assert_eq!(m("Mục 2: HÌNH PHẠT"), Some((Level::Section, "2".into(), "HÌNH PHẠT")));
        assert_eq!(m("Điều 12a. Tên"), Some((Level::Article, "12a".into(), "Tên")));
        assert_eq!(m("Điều 5 . Tên"), Some((Level::Article, "5".into(), "Tên")));
        assert_eq!(m("1a. Tên"), Some((Level::Clause, "1a".into(), "Tên")));
        assert_eq!(m("đ) Tên"), Some((Level::Point, "đ".into(), "Tên")));
        assert_eq!(m("a1) Tên"), Some((Level::Point, "a1".into(), "Tên")));
    }

    #[test]
    fn running_text_is_no_marker() {
        for line in ["Phần diện tích vượt", "Chương trình được", "Mục tiêu của", "0,03", "1.000 đồng", "a", "và"]
        {
            assert_eq!(m(line), None, "{line}");
        }
        assert!(!marker("Điều 11 của Luật này.").unwrap().closed);
    }
}
