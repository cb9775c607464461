//! Replacing, dropping and adding words inside a unit.

use crate::model::{Block, Unit};
use crate::text::{Text, at_word_bounds, tone_form};

/// What a change of words met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Found {
    /// How many times the phrase stood there.
    pub hits: usize,
    /// The new phrase already stood around the old one.
    pub doubled: bool,
    /// The phrase stands there with the other case of its first letter too: at the start of a sentence, or as a name.
    pub other_case: bool,
}

impl Found {
    /// The change may stand.
    pub(crate) fn is_clear(&self) -> bool {
        self.hits > 0 && !self.doubled && !self.other_case
    }
}

/// Replaces a phrase in the heading and all text of a unit and what is in it; an empty `new` drops it.
pub(crate) fn replace(unit: &mut Unit, old: &str, new: &str) -> Found {
    change(unit, |text| replace_in(text, old, new))
}

/// Puts words beside a phrase.
pub(crate) fn beside(unit: &mut Unit, near: &str, new: &str, after: bool) -> Found {
    let glue = if new.starts_with([',', ';', '.', ':']) && after { "" } else { " " };
    let both = if after { format!("{near}{glue}{new}") } else { format!("{new} {near}") };
    change(unit, |text| replace_in(text, near, &both))
}

/// As [`replace`], but leaves the unit alone when the phrase is missing or would be doubled.
pub(crate) fn replace_checked(unit: &mut Unit, old: &str, new: &str) -> Found {
    checked(unit, |u| replace(u, old, new))
}

/// As [`beside`], but leaves the unit alone when the phrase is missing or would be doubled.
pub(crate) fn beside_checked(unit: &mut Unit, near: &str, new: &str, after: bool) -> Found {
    checked(unit, |u| beside(u, near, new, after))
}

fn checked(unit: &mut Unit, edit: impl Fn(&mut Unit) -> Found) -> Found {
    let mut tried = unit.clone();
    let found = edit(&mut tried);
    if found.is_clear() {
        *unit = tried;
    }
    found
}

fn change(unit: &mut Unit, mut edit: impl FnMut(&str) -> (Option<String>, Found)) -> Found {
    let mut total = Found::default();
    unit.visit_mut(&mut |u| {
        let mut line = |text: &mut Text| {
            let (changed, found) = edit(text);
            total.hits += found.hits;
            total.doubled |= found.doubled;
            total.other_case |= found.other_case;
            if let Some(changed) = changed {
                *text = changed.into();
            }
        };
        u.heading.iter_mut().for_each(&mut line);
        for block in u.lead.iter_mut().chain(u.tail.iter_mut()) {
            match block {
                Block::Text(text) => line(text),
                Block::Quoted(lines) => lines.iter_mut().for_each(&mut line),
                Block::Table(rows) => rows.iter_mut().flatten().for_each(&mut line),
            }
        }
    });
    total
}

/// The places of a phrase in a text: whole words, exactly; where it does not stand exactly, with tone marks in the
/// other orthography or a soft line break inside.
fn places(text: &str, phrase: &str) -> Vec<(usize, usize)> {
    let exact: Vec<_> = text
        .match_indices(phrase)
        .map(|(i, m)| (i, i + m.len()))
        .filter(|&(a, b)| at_word_bounds(text, a, b))
        .collect();
    if !exact.is_empty() {
        return exact;
    }
    let (loose_text, loose_phrase) = (tone_form(text).replace('\n', " "), tone_form(phrase));
    if loose_text.len() != text.len() {
        return Vec::new();
    }
    loose_text
        .match_indices(&*loose_phrase)
        .map(|(i, m)| (i, i + m.len()))
        .filter(|&(a, b)| text.is_char_boundary(a) && text.is_char_boundary(b) && at_word_bounds(text, a, b))
        .collect()
}

/// The phrase with the other case of its first letter.
fn other_case(phrase: &str) -> Option<String> {
    let mut chars = phrase.chars();
    let first = chars.next().filter(|c| c.is_alphabetic())?;
    let flipped: String = match first.is_uppercase() {
        true => first.to_lowercase().collect(),
        false => first.to_uppercase().collect(),
    };
    Some(flipped + chars.as_str())
}

fn replace_in(text: &str, old: &str, new: &str) -> (Option<String>, Found) {
    let places = places(text, old);
    let other_case = other_case(old).is_some_and(|other| !self::places(text, &other).is_empty());
    if places.is_empty() || old.is_empty() {
        return (None, Found { other_case, ..Found::default() });
    }
    let mut found = Found { hits: places.len(), doubled: false, other_case };
    let around = new.find(old);
    let mut out = String::with_capacity(text.len() + new.len());
    let mut from = 0;
    for (start, end) in places {
        if let Some(before) = around
            && start >= before
            && text.get(start - before..start - before + new.len()) == Some(new)
        {
            found.doubled = true;
        }
        out.push_str(&text[from..start]);
        from = end;
        if new.is_empty() {
            from = close_gap(&mut out, text, end, old);
        } else {
            out.push_str(new);
        }
    }
    out.push_str(&text[from..]);
    (Some(out), found)
}

/// Joins the text before and after a dropped phrase: one blank, and no comma that parted only the dropped item of a
/// list (`học phí, lệ phí tuyển sinh là` without `lệ phí tuyển sinh` is `học phí là`). Answers where the rest begins.
fn close_gap(out: &mut String, text: &str, end: usize, old: &str) -> usize {
    let rest = &text[end..];
    let tight = rest.trim_start_matches(' ');
    let own_comma = old.starts_with(',') || old.ends_with([',', ';']);
    if !own_comma && out.trim_end().ends_with(',') {
        out.truncate(out.trim_end().len());
        out.pop();
        return end;
    }
    let at_start = out.is_empty();
    if at_start && !own_comma && tight.starts_with(',') {
        return text.len() - tight[1..].trim_start().len();
    }
    if out.ends_with([' ', '(', '“', '"'])
        || at_start
        || tight.starts_with([',', ';', '.', ':', ')', '”']) && out.ends_with(' ')
    {
        if tight.starts_with([',', ';', '.', ':', ')', '”']) || tight.is_empty() {
            out.truncate(out.trim_end().len());
        }
        return text.len() - tight.len();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn r(text: &str, old: &str, new: &str) -> String {
        replace_in(text, old, new).0.unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn only_whole_words_are_replaced() {
        assert_eq!(r("ao, bao, ao cá", "ao", "hồ"), "hồ, bao, hồ cá");
        assert_eq!(r("hàng hoá tốt", "hàng hóa", "hàng"), "hàng tốt");
    }

    #[test]
    fn a_dropped_item_takes_its_comma_along() {
        assert_eq!(r("mức thu học phí, lệ phí theo quy định", "lệ phí", ""), "mức thu học phí theo quy định");
        assert_eq!(r("a, b, c;", "b", ""), "a, c;");
        assert_eq!(r("a, b;", "b", ""), "a;");
        assert_eq!(r("đối với trường cao đẳng, trường đại học", "trường cao đẳng,", ""), "đối với trường đại học");
        assert_eq!(r("Học phí, lệ phí", "lệ phí", ""), "Học phí");
        assert_eq!(r("theo quy định của luật.", "của luật", ""), "theo quy định.");
    }

    #[test]
    fn a_replacement_that_would_double_words_is_seen() {
        assert!(replace_in("rượu, bia mạnh", "bia", "rượu, bia").1.doubled);
        assert!(!replace_in("bia mạnh", "bia", "rượu, bia").1.doubled);
        assert!(replace_in("Bia nhẹ và bia mạnh", "bia", "rượu").1.other_case);
    }
}
