//! Reads kind, number, title and date from the lines before the first unit, and the effect clause.

use crate::model::{Law, Meta};
use crate::text::joined;
use kernel::time::Day;

const KINDS: [(&str, &str); 8] = [
    ("BỘ LUẬT", "Bộ luật"),
    ("LUẬT", "Luật"),
    ("PHÁP LỆNH", "Pháp lệnh"),
    ("NGHỊ QUYẾT", "Nghị quyết"),
    ("HIẾN PHÁP", "Hiến pháp"),
    ("NGHỊ ĐỊNH", "Nghị định"),
    ("LỆNH", "Lệnh"),
    ("QUYẾT ĐỊNH", "Quyết định"),
];

/// What the lines before the first unit, and the effect clause, say.
pub(crate) fn read(law: &Law) -> Meta {
    let mut meta = Meta::default();
    let lines: Vec<&str> = law.front.iter().map(|l| &**l).collect();
    // A legal basis names the number and day of another document.
    let own = |l: &str| !(l.starts_with("Căn cứ") || l.starts_with("Theo "));
    for (i, line) in lines.iter().enumerate().filter(|(_, l)| own(l)) {
        if meta.number.is_none() {
            // `Số:` may stand alone, its number on the next line.
            let next = lines.get(i + 1).filter(|_| line.to_lowercase().ends_with("số:"));
            meta.number = number_in(&next.map_or_else(|| (*line).to_owned(), |n| format!("{line} {n}")));
        }
        if meta.issued.is_none() {
            meta.issued = day_in(line);
        }
    }
    if meta.issued.is_none() {
        // `Luật này được Quốc hội … thông qua ngày 14 tháng 6 năm 2019.`
        let adopted = law.back.iter().find(|l| l.contains("thông qua ngày") || l.contains("thông qua, ngày"));
        meta.issued = adopted.and_then(|l| day_in(l));
    }
    title(&lines, &mut meta);
    meta.in_force = effect(law);
    meta
}

/// Where the title stands in the lines before the first unit: the lines, the kind and the rest of the first line.
fn title_lines<'a>(lines: &[&'a str]) -> Option<(std::ops::Range<usize>, &'static str, &'a str)> {
    for (i, line) in lines.iter().enumerate() {
        let Some((word, kind)) = KINDS.iter().find(|(word, _)| starts_word(line, word)) else { continue };
        let beside = line[word.len()..].trim();
        let below = lines[i + 1..].iter().take_while(|l| crate::marker::is_shouted(l)).count();
        let numbered = if beside.is_empty() { lines.get(i + 1).copied().unwrap_or("") } else { beside };
        if numbered.starts_with("SỐ ") && lines[i + 1..].iter().any(|l| starts_word(l, word)) {
            continue;
        }
        return Some((i..i + 1 + below, kind, beside));
    }
    None
}

fn title(lines: &[&str], meta: &mut Meta) {
    let Some((range, kind, beside)) = title_lines(lines) else { return };
    meta.kind = Some(kind.to_owned());
    let below = lines[range.start + 1..range.end].iter().copied();
    let parts: Vec<&str> = std::iter::once(beside).filter(|b| !b.is_empty()).chain(below).collect();
    if !parts.is_empty() {
        let printed = parts.join(" ");
        let printed = own_name(&printed);
        meta.title = Some(named_by_itself(lines, kind, printed).unwrap_or_else(|| sentence_case(printed)));
    }
}

/// The name alone of titles that also tell issuer, number and day: `SỐ 18-L/CTN NGÀY … CỦA QUỐC HỘI VỀ DẦU KHÍ`,
/// `QUY HOẠCH ĐÔ THỊ CỦA QUỐC HỘI KHOÁ XII, KỲ HỌP THỨ 5`.
fn own_name(printed: &str) -> &str {
    if printed.starts_with("SỐ ") || printed.starts_with("CỦA QUỐC HỘI") {
        return printed.split_once(" VỀ ").map_or(printed, |(_, name)| name);
    }
    let end = [" CỦA QUỐC HỘI KH", " SỐ "].iter().filter_map(|w| printed.find(w)).find(|&at| {
        let rest = printed[at..].trim_start_matches(" SỐ ");
        rest.starts_with(' ') || rest.starts_with(|c: char| c.is_ascii_digit())
    });
    printed[..end.unwrap_or(printed.len())].trim()
}

/// The lines before the first unit in three: what stands before the title (state name, number, place and date), the
/// title, and the preamble (legal bases, enacting words).
pub(crate) fn front(law: &Law) -> [&[crate::text::Text]; 3] {
    let lines: Vec<&str> = law.front.iter().map(|l| &**l).collect();
    let basis = |l: &&str| l.starts_with("Căn cứ ") || l.starts_with("Theo đề nghị ") || l.starts_with("Để ");
    let title = title_lines(&lines).map_or(0..0, |(range, _, _)| range);
    let preamble = lines.iter().position(basis).unwrap_or(title.end).max(title.end);
    [&law.front[..title.start], &law.front[title.start..preamble], &law.front[preamble..]]
}

/// The title with the capitals of names, as the enacting words have it: `Quốc hội ban hành Luật Biển Việt Nam.`
fn named_by_itself(lines: &[&str], kind: &str, printed: &str) -> Option<String> {
    let wanted = printed.to_lowercase();
    lines.iter().filter(|l| !crate::marker::is_shouted(l)).find_map(|line| {
        let at = line.match_indices(kind).map(|(i, k)| i + k.len()).find(|&i| {
            let rest = line[i..].trim_start().to_lowercase();
            let after = rest.strip_prefix(&wanted).map(|r| r.trim_end_matches(['.', ';', ',']));
            after.is_some_and(|r| r.is_empty() || r.starts_with(" số "))
        })?;
        Some(line[at..].trim_start().chars().take(wanted.chars().count()).collect())
    })
}

fn starts_word(line: &str, word: &str) -> bool {
    line.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// `THUẾ TIÊU THỤ` → `Thuế tiêu thụ`: capitals carry no meaning in printed titles.
fn sentence_case(text: &str) -> String {
    const NAMES: [&str; 9] = [
        "Việt Nam",
        "Quốc hội",
        "Chính phủ",
        "Hội đồng nhân dân",
        "Ủy ban nhân dân",
        "Tòa án nhân dân",
        "Viện kiểm sát nhân dân",
        "Mặt trận Tổ quốc",
        "Ủy ban thường vụ",
    ];
    let mut lower = text.to_lowercase();
    for name in NAMES {
        lower = lower.replace(&name.to_lowercase(), name);
    }
    let mut chars = lower.chars();
    chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}

/// A document number in a heading line: `Luật số: 12/2012/QH13`, `Số: 18-L/CTN`, `Số 101-SL/L.003`.
fn number_in(line: &str) -> Option<String> {
    let lower = line.to_lowercase();
    let at = lower.find("số")?;
    let chars = lower[..at].chars().count() + 2;
    let rest: String = line.chars().skip(chars).collect();
    let mut words = rest.trim_start_matches([':', ' ', '.']).split_whitespace();
    let mut token = words.next()?.trim_end_matches([',', ';', ':']).to_owned();
    // `Luật số: 73/2006/QH 11`: a blank slipped into the number.
    if token.ends_with(char::is_alphabetic)
        && let Some(term) = words.next().filter(|w| w.len() <= 2 && w.bytes().all(|b| b.is_ascii_digit()))
    {
        token.push_str(term);
    }
    (chars <= 20 && token.contains('/') && token.starts_with(|c: char| c.is_ascii_digit())).then_some(token)
}

/// The first `ngày D tháng M năm Y` or `ngày D/M/Y` of a text.
pub(crate) fn day_in(text: &str) -> Option<Day> {
    let lower = text.to_lowercase();
    for (at, _) in lower.match_indices("ngày") {
        let words: Vec<&str> =
            lower[at..].split([' ', ',', ';', ':']).filter(|w| !w.is_empty()).skip(1).take(5).collect();
        let day = match words.as_slice() {
            [d, "tháng", m, "năm", y, ..] => numbers(d, m, y),
            [date, ..] if date.contains(['/', '-']) => {
                let mut parts = date.split(['/', '-']);
                match (parts.next(), parts.next(), parts.next()) {
                    (Some(d), Some(m), Some(y)) => numbers(d, m, y),
                    _ => None,
                }
            }
            _ => None,
        };
        if day.is_some() {
            return day;
        }
    }
    None
}

fn numbers(d: &str, m: &str, y: &str) -> Option<Day> {
    let y = y.trim_end_matches(|c: char| !c.is_ascii_digit());
    Day::new(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?)
}

/// The day of `Luật này có hiệu lực (thi hành) (kể) từ ngày …` in one of the last articles.
fn effect(law: &Law) -> Option<Day> {
    let articles = law.articles();
    for article in articles.iter().rev().take(6) {
        let mut found = None;
        article.visit(&mut |unit| {
            for text in unit.lead.iter().filter_map(|b| b.as_text()) {
                found = found.or_else(|| effect_day(&joined(text)));
            }
        });
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The day that an effect sentence gives for the whole document.
pub(crate) fn effect_day(sentence: &str) -> Option<Day> {
    let at =
        ["Luật này có hiệu lực", "Pháp lệnh này có hiệu lực", "Nghị quyết này có hiệu lực", "luật này có hiệu lực"]
            .iter()
            .find_map(|w| sentence.find(w))?;
    let rest = &sentence[at..];
    let end = rest.find("từ ngày").map_or(0, |i| i);
    (end > 0 && end < 90).then(|| day_in(rest)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_days_are_read_as_printed() {
        assert_eq!(number_in("Luật số: 12/2012/QH13").as_deref(), Some("12/2012/QH13"));
        assert_eq!(number_in("SỐ 101-SL/L.003 NGÀY 20-5-1957").as_deref(), Some("101-SL/L.003"));
        assert_eq!(day_in("SỐ 101-SL/L.003 NGÀY 20-5-1957 QUY ĐỊNH"), Day::new(1957, 5, 20));
        assert_eq!(day_in("Hà Nội, ngày 06 tháng 7 năm 1993"), Day::new(1993, 7, 6));
        assert_eq!(day_in("ngày 31 tháng 2 năm 2000"), None);
    }

    #[test]
    fn the_effect_sentence_gives_the_day() {
        let day = effect_day("1. Luật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2018.");
        assert_eq!(day, Day::new(2018, 1, 1));
        assert_eq!(effect_day("kể từ ngày Luật này có hiệu lực thi hành"), None);
    }

    #[test]
    fn a_title_is_the_name_alone_with_the_capitals_that_the_law_gives_itself() {
        let meta = |front: &str| {
            let meta = crate::parse::parse(&format!(
                "{front}\nĐiều 1. Một\nA.\nĐiều 2. Hai\nB.\nLuật này được Quốc hội thông qua ngày 14 tháng 6 năm 2019."
            ))
            .law
            .meta;
            (meta.title.unwrap_or_default(), meta.number.unwrap_or_default(), meta.issued)
        };
        let day = Day::new(2019, 6, 14);
        assert_eq!(
            meta("Số:\n1/2030/QH20\nLUẬT\nBIỂN VIỆT NAM\nQuốc hội ban hành Luật Biển Việt Nam."),
            ("Biển Việt Nam".into(), "1/2030/QH20".into(), day)
        );
        assert_eq!(meta("LUẬT\nAO HỒ CỦA QUỐC HỘI KHOÁ XII, KỲ HỌP THỨ 5").0, "Ao hồ");
        assert_eq!(
            meta("LUẬT\nSỐ 18-L/CTN NGÀY 06/07/1993 CỦA QUỐC HỘI VỀ DẦU MỎ"),
            ("Dầu mỏ".into(), "18-L/CTN".into(), Day::new(1993, 7, 6))
        );
    }
}
