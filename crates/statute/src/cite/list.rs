//! Lists of units.

use super::words::Words;
use crate::address::{Address, Paragraph};
use crate::label::{ALPHABET, Label, Level, ordinal_label};

/// One step of a cited unit, as the words give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// `khoản 2`.
    Label(Label),
    /// `khoản này`.
    This,
}

/// One cited unit, as far as the words tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// Steps from the largest level to the smallest.
    pub steps: Vec<(Level, Part)>,
    /// An unnumbered paragraph of it.
    pub paragraph: Option<Paragraph>,
    /// Where the words that name it begin in the text (bytes).
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// Where the label of each step stands; `None` for `này`, and for what a range only spans.
    pub places: Vec<Option<Place>>,
}

/// Begin and end of a label in the text (bytes).
pub type Place = (usize, usize);

impl Cited {
    fn has(&self, level: Level) -> bool {
        self.steps.iter().any(|(l, _)| *l == level)
    }
    fn top(&self) -> Option<Level> {
        self.steps.first().map(|(l, _)| *l)
    }
    /// Fills `này` and missing larger levels from the place where the words stand.
    ///
    /// `None` when `here` does not have what is missing.
    pub fn resolve(&self, here: &Address) -> Option<Address> {
        let top = self.top()?;
        let mut steps = Vec::new();
        let first_is_this = matches!(self.steps.first(), Some((_, Part::This)));
        if top > Level::Article || first_is_this && top >= Level::Article {
            // A clause or point without its article: the one in which the words stand.
            for level in [Level::Article, Level::Clause] {
                if level < top {
                    steps.push((level, here.at(level)?.clone()));
                }
            }
        } else if top.is_container() {
            for (level, label) in &here.steps {
                if *level < top && first_is_this {
                    steps.push((*level, label.clone()));
                }
            }
        }
        for (level, part) in &self.steps {
            let label = match part {
                Part::Label(label) => label.clone(),
                Part::This => here.at(*level)?.clone(),
            };
            steps.push((*level, label));
        }
        Some(Address { steps, paragraph: self.paragraph })
    }
}

/// The units of one `khoản 1, 2 và 3` group.
struct Group {
    level: Level,
    parts: Vec<(Part, Option<Place>)>,
    paragraph: Option<Paragraph>,
    next: usize,
}

/// How an item is tied to the one before it.
#[derive(PartialEq)]
enum Tie {
    Comma,
    And,
}

/// Reads a list of units at word `i`; answers it with the index of the word after it. The largest levels that an item
/// leaves out are taken from the item after it (`điểm a và điểm b khoản 1 Điều 5`), as the language has it.
pub(crate) fn read(words: &Words, i: usize) -> Option<(Vec<Cited>, usize)> {
    let mut items: Vec<Vec<Cited>> = Vec::new();
    let mut ties: Vec<Tie> = Vec::new();
    let mut at = i;
    while let Some((item, next)) = read_item(words, at) {
        items.push(item);
        at = next;
        let (tie, skip) = match words.at(at) {
            "," | ";" if words.any(at + 1, &["và", "hoặc"]).is_some() => (Tie::And, 2),
            "," => (Tie::Comma, 1),
            ";" => (Tie::And, 1),
            "và" | "hoặc" | "hay" => (Tie::And, 1),
            _ => break,
        };
        let skip = skip + usize::from(words.are(at + skip, "tại"));
        if read_item(words, at + skip).is_none() {
            break;
        }
        ties.push(tie);
        at += skip;
    }
    if items.is_empty() {
        return None;
    }
    let ranges = |item: &[Cited]| item.len();
    for k in (0..items.len().saturating_sub(1)).rev() {
        let (left, right) = items.split_at_mut(k + 1);
        let (left, right) = (&mut left[k], &right[0]);
        let Some(donor) = right.first().cloned() else { continue };
        let bare = donor.steps.len() == 1 && donor.has(Level::Article);
        for cited in left.iter_mut() {
            inherit(cited, &donor, bare, &ties[k]);
        }
        // `khoản 1, Điều 5`: the comma parts nothing; the article is not cited by itself.
        if bare
            && ties[k] == Tie::Comma
            && ranges(right) == 1
            && left.iter().all(|c| c.top() == Some(Level::Article) && c.steps.len() > 1 && c.end == donor.end)
        {
            items.remove(k + 1);
            ties.remove(k);
        }
    }
    Some((items.into_iter().flatten().collect(), at))
}

fn inherit(cited: &mut Cited, donor: &Cited, bare: bool, tie: &Tie) {
    let Some(top) = cited.top() else { return };
    if top <= Level::Article || cited.steps.iter().any(|(_, part)| *part == Part::This) {
        return;
    }
    let missing_article = !cited.has(Level::Article);
    if !missing_article || !donor.has(Level::Article) || (bare && *tie == Tie::And) {
        return;
    }
    let above = donor.steps.iter().take_while(|(level, _)| *level < top).count();
    if bare {
        cited.end = donor.end;
    }
    cited.steps.splice(0..0, donor.steps[..above].iter().cloned());
    cited.places.splice(0..0, donor.places[..above].iter().copied());
}

/// One item: groups side by side, from the smallest level to the largest (`các điểm a, b khoản 2 Điều 5`).
fn read_item(words: &Words, i: usize) -> Option<(Vec<Cited>, usize)> {
    let first = read_group(words, i)?;
    let start = words.start(i);
    let mut groups = vec![first];
    let mut at = groups[0].next;
    while let Some(group) = read_group(words, at) {
        if group.level >= groups[groups.len() - 1].level {
            break;
        }
        at = group.next;
        groups.push(group);
    }
    let paragraph = groups[0].paragraph;
    let mut out: Vec<Vec<(Level, Part, Option<Place>)>> = vec![Vec::new()];
    for group in groups.iter().rev() {
        out = out
            .iter()
            .flat_map(|steps| {
                group.parts.iter().map(move |(part, place)| {
                    let mut steps = steps.clone();
                    steps.push((group.level, part.clone(), *place));
                    steps
                })
            })
            .take(400)
            .collect();
    }
    let end = words.end(at - 1);
    let cited = |steps: Vec<(Level, Part, Option<Place>)>| {
        let places = steps.iter().map(|(_, _, place)| *place).collect();
        let steps = steps.into_iter().map(|(level, part, _)| (level, part)).collect();
        Cited { steps, paragraph, start, end, places }
    };
    Some((out.into_iter().map(cited).collect(), at))
}

fn level_word(words: &Words, i: usize) -> Option<(Level, usize)> {
    let level = match words.at(i) {
        "điểm" | "Điểm" | "các điểm" => Level::Point,
        "khoản" | "Khoản" => Level::Clause,
        "Điều" | "điều" | "ĐIỀU" => Level::Article,
        "Mục" | "mục" | "MỤC" => Level::Section,
        "Tiểu" | "tiểu" if words.are(i + 1, "mục") => return Some((Level::Subsection, 2)),
        "Chương" | "chương" | "CHƯƠNG" => Level::Chapter,
        "Phần" | "phần" | "PHẦN" => Level::Part,
        _ => return None,
    };
    Some((level, 1))
}

fn read_group(words: &Words, i: usize) -> Option<Group> {
    let mut at = i;
    let (paragraph, taken) = read_paragraph(words, at);
    at += taken;
    let plural = words.any(at, &["các", "những", "tại các"]).unwrap_or(0);
    at += plural;
    let from = usize::from(words.are(at, "từ"));
    at += from;
    let (level, taken) = level_word(words, at)?;
    at += taken;
    let mut range = from > 0;
    if words.are(at, "từ") {
        range = true;
        at += 1;
    }
    if words.any(at, &["này"]).is_some() {
        // `phần này của hợp đồng`: only `Phần này`, `Chương này` speak of the law.
        if level.is_container() && !words.at(at - 1).starts_with(char::is_uppercase) && level != Level::Subsection {
            return None;
        }
        return Some(Group { level, parts: vec![(Part::This, None)], paragraph, next: at + 1 });
    }
    let first = label(words, at, level)?;
    let begin = words.start(at);
    at += 1 + usize::from(level == Level::Part && words.are(at, "thứ"));
    let place = |next: usize| Some((words.start(next - 1), words.end(next - 1)));
    let mut labels = vec![(first, Some((begin, words.end(at - 1))))];
    if let Some((until, next)) = range_end(words, at, level, range) {
        expand(&mut labels, &until, place(next));
        at = next;
    }
    while let Some((more, next)) = more_labels(words, at, level, plural > 0) {
        labels.push((more, place(next)));
        at = next;
        if let Some((until, next)) = range_end(words, at, level, false) {
            expand(&mut labels, &until, place(next));
            at = next;
        }
    }
    let parts = labels.into_iter().map(|(label, place)| (Part::Label(label), place)).collect();
    Some(Group { level, parts, paragraph, next: at })
}

fn read_paragraph(words: &Words, i: usize) -> (Option<Paragraph>, usize) {
    if !words.are(i, "đoạn") {
        return (None, 0);
    }
    for (phrase, paragraph) in [
        ("mở đầu", Paragraph::Opening),
        ("đầu", Paragraph::Opening),
        ("cuối", Paragraph::Last),
        ("thứ nhất", Paragraph::Nth(1)),
        ("thứ hai", Paragraph::Nth(2)),
        ("thứ ba", Paragraph::Nth(3)),
        ("thứ tư", Paragraph::Nth(4)),
    ] {
        if words.are(i + 1, phrase) {
            let of = usize::from(words.any(i + 1 + phrase.split(' ').count(), &["của"]).is_some());
            return (Some(paragraph), 1 + phrase.split(' ').count() + of);
        }
    }
    match words.at(i + 1).parse::<usize>() {
        Ok(n) if (1..100).contains(&n) => {
            (Some(Paragraph::Nth(n)), 2 + usize::from(words.any(i + 2, &["của"]).is_some()))
        }
        _ => (None, 0),
    }
}

/// The label at the word, when it can be one of the level.
fn label(words: &Words, i: usize, level: Level) -> Option<Label> {
    let text = words.at(i);
    if level == Level::Part && words.are(i, "thứ") {
        return ordinal_label(&words.text[words.start(i)..]).map(|(label, _)| label);
    }
    let label = Label::parse(text, level.is_container())?;
    let is_letter = label.value() == 0;
    match level {
        Level::Point => (is_letter && text.chars().all(|c| !c.is_uppercase())).then_some(label),
        Level::Article | Level::Clause => (!is_letter).then_some(label),
        _ => (!is_letter).then_some(label),
    }
}

fn range_end(words: &Words, i: usize, level: Level, begun: bool) -> Option<(Label, usize)> {
    if !words.are(i, "đến") {
        return None;
    }
    let mut at = i + 1 + usize::from(words.are(i + 1, "hết"));
    match level_word(words, at) {
        Some((l, n)) if l == level => at += n,
        Some(_) => return None,
        None if !begun => return None,
        None => {}
    }
    label(words, at, level).map(|label| (label, at + 1))
}

/// Fills the labels between the last one and `until`, which ends the range.
fn expand(labels: &mut Vec<(Label, Option<Place>)>, until: &Label, place: Option<Place>) {
    let Some((mut last, _)) = labels.last().cloned() else { return };
    for _ in 0..300 {
        match last.next() {
            Some(next) if next < *until => {
                labels.push((next.clone(), None));
                last = next;
            }
            _ => break,
        }
    }
    labels.push((until.clone(), place));
}

/// `, 2` or `và 3` after a label. Without `các` before the list, what follows must show that it is one.
fn more_labels(words: &Words, i: usize, level: Level, plural: bool) -> Option<(Label, usize)> {
    let mut at = match words.at(i) {
        "," if words.any(i + 1, &["và", "hoặc"]).is_some() => i + 2,
        "," | "và" | "hoặc" => i + 1,
        _ => return None,
    };
    let found = label(words, at, level)?;
    if level == Level::Point && words.at(at).chars().count() > 3 {
        return None;
    }
    at += 1;
    let after = words.at(at);
    let list_goes_on =
        matches!(after, "," | ";" | "." | "và" | "hoặc" | "của" | "" | ")" | "như" | "tại" | ":" | "Luật")
            || level_word(words, at).is_some();
    let letter = ALPHABET.contains(words.at(at - 1)) && level == Level::Point;
    (plural || list_goes_on || letter).then_some((found, at))
}

/// Reads a list of units at the start of the text; answers it with the place (bytes) after it.
pub fn read_list(text: &str) -> Option<(Vec<Cited>, usize)> {
    let words = Words::of(text);
    read(&words, 0).map(|(list, next)| (list, words.end(next - 1)))
}
