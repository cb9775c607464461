//! What stands in quotation marks.

use crate::cite::Words;
use crate::model::Unit;
use crate::parse::parse_fragment;
use crate::text::Text;

/// The lines of a quotation without its marks and the stop after them.
pub(super) fn inner(lines: &[Text]) -> String {
    let text = lines.join("\n");
    let text = text.strip_prefix(['“', '"']).unwrap_or(&text);
    let tight = text.trim_end_matches([' ', '.', ';', ',', ':']);
    tight.strip_suffix(['”', '"']).unwrap_or(text).trim().to_owned()
}

/// The quoted units, and the quoted lines that belong to none.
pub(super) fn units(quoted: &[&[Text]]) -> (Vec<Unit>, Vec<Text>) {
    let (mut units, mut loose) = (Vec::new(), Vec::new());
    for lines in quoted {
        let parsed = parse_fragment(&inner(lines)).law;
        units.extend(parsed.units);
        loose.extend(parsed.front);
        loose.extend(parsed.back);
    }
    (units, loose)
}

/// Phrases in quotation marks at word `i` (`“A”, “B” và “C”`), with the index of the word after them.
pub(super) fn phrases(words: &Words, i: usize) -> Option<(Vec<Text>, usize)> {
    let mut out = Vec::new();
    let mut at = i;
    while let Some((phrase, next)) = phrase(words, at) {
        out.push(phrase);
        at = next;
        let skip = match words.at(at) {
            "," if words.are(at + 1, "và") || words.are(at + 1, "hoặc") => 2,
            "," | "và" | "hoặc" => 1,
            _ => break,
        };
        let skip = skip + words.any(at + skip, &["cụm từ", "các cụm từ", "từ"]).unwrap_or(0);
        if phrase_at(words, at + skip).is_none() {
            break;
        }
        at += skip;
    }
    (!out.is_empty()).then_some((out, at))
}

fn phrase_at(words: &Words, i: usize) -> Option<()> {
    matches!(words.at(i), "“" | "\"").then_some(())
}

fn phrase(words: &Words, i: usize) -> Option<(Text, usize)> {
    phrase_at(words, i)?;
    let curly = words.at(i) == "“";
    let mut depth = 1;
    for k in i + 1..words.len() {
        match words.at(k) {
            "“" if curly => depth += 1,
            "”" if curly => depth -= 1,
            "\"" if !curly => depth = 0,
            _ => {}
        }
        if depth == 0 {
            let text = words.text[words.end(i)..words.start(k)].trim();
            return (!text.is_empty()).then(|| (text.into(), k + 1));
        }
    }
    None
}

/// The sentence with what is quoted in it blanked out, for looking at its own words.
pub(super) fn without_quotes(text: &str) -> String {
    let (mut depth, mut straight) = (0usize, false);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '“' => depth += 1,
            '”' => depth = depth.saturating_sub(1),
            '"' => straight = !straight,
            _ if depth == 0 && !straight => out.push(c),
            _ => {}
        }
    }
    out
}
