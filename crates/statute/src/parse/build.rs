//! The one pass over the lines that builds the tree.

use super::Parsed;
use super::oddity::{self, Oddity, OddityKind, missing};
use crate::label::{Label, Level};
use crate::marker::{Marker, is_shouted, marker, starts_upper};
use crate::model::{Block, Law, REPEALED, Unit};
use crate::text::{Text, lines, quote_depth};
use std::borrow::Cow;

/// What kind of text is read.
pub(super) enum Mode {
    /// A whole law, with front and closing.
    Law,
    /// The text below the heading of this article.
    Below(Box<Unit>),
    /// Units of any level; no front or closing.
    Fragment,
}

struct Line<'a> {
    number: usize,
    text: Cow<'a, str>,
    /// Empty lines before it.
    gap: usize,
}

/// The units that are open, from the outermost to the innermost, and paragraphs whose place is not yet known.
pub(super) struct Builder {
    law: Law,
    open: Vec<Unit>,
    loose: Vec<Block>,
    oddities: Vec<Oddity>,
    last_article: Option<Label>,
    article_lines: Vec<usize>,
    fragment: bool,
    below: bool,
    whole: bool,
}

impl Builder {
    pub(super) fn new(mode: Mode) -> Builder {
        let (fragment, below) = (matches!(mode, Mode::Fragment), matches!(mode, Mode::Below(_)));
        let mut builder = Builder {
            law: Law::default(),
            open: Vec::new(),
            loose: Vec::new(),
            oddities: Vec::new(),
            last_article: None,
            article_lines: Vec::new(),
            fragment,
            below,
            whole: matches!(mode, Mode::Law),
        };
        if let Mode::Below(article) = mode {
            builder.last_article = Some(article.label.clone());
            builder.open.push(*article);
        }
        builder
    }

    pub(super) fn run(mut self, text: &str) -> Parsed {
        let lines = numbered(text);
        let closing = if self.fragment || self.below { lines.len() } else { closing_start(&lines) };
        let mut i = 0;
        while i < closing {
            i += self.take(&lines[..closing], i);
        }
        self.close_to(0, None);
        self.law.back = lines[closing..].iter().map(|l| Text::from(&*l.text)).collect();
        if self.whole {
            oddity::check_articles(&self.law, &self.article_lines, &mut self.oddities);
        }
        Parsed { law: self.law, oddities: self.oddities }
    }

    /// Takes the line, or the quotation that begins with it; answers how many lines that was.
    fn take(&mut self, lines: &[Line], i: usize) -> usize {
        let line = &lines[i];
        let in_text = self.open.last().is_some_and(|u| !u.level.is_container());
        if let Some(count) = self.quotation(lines, i).filter(|_| in_text) {
            let quoted = lines[i..i + count].iter().map(|l| Text::from(&*l.text)).collect();
            self.loose.push(Block::Quoted(quoted));
            return count;
        }
        if in_text && line.text.starts_with('|') && line.text.ends_with('|') && line.text.len() > 1 {
            self.table_row(&line.text);
            return 1;
        }
        match marker(&line.text) {
            Some(found) if self.fits(&found, line, lines.get(i + 1)) => self.begin(found, line),
            _ => self.paragraph(line, lines.get(i + 1)),
        }
        1
    }

    /// How many lines the quotation has that begins here, when one does: after `:`, an opening mark, and closed at the
    /// end of a line.
    fn quotation(&mut self, lines: &[Line], i: usize) -> Option<usize> {
        let first = &lines[i].text;
        let straight = first.starts_with('"');
        if !(straight || first.starts_with('“')) || !self.last_text().is_some_and(|t| t.ends_with(':')) {
            return None;
        }
        let ends = |t: &str| {
            let t = t.trim_end_matches([' ', '.', ';', ',', ':']);
            if straight { t.ends_with('"') && t.len() > 1 } else { t.ends_with('”') }
        };
        let mut depth = 0;
        for (count, line) in lines[i..].iter().enumerate() {
            depth = quote_depth(&line.text, depth);
            if ends(&line.text) && (straight || depth == 0) {
                return Some(count + 1);
            }
            if depth == 0 && !straight {
                return None;
            }
        }
        let close = lines[i..].iter().position(|l| ends(&l.text));
        if close.is_none() {
            let note = "Dấu ngoặc kép mở đầu đoạn trích dẫn không được đóng.".to_owned();
            self.odd(lines[i].number, OddityKind::OpenQuote, &lines[i].text.chars().take(40).collect::<String>(), note);
        }
        close.map(|c| c + 1)
    }

    fn table_row(&mut self, line: &str) {
        let inner = line[1..line.len() - 1].trim();
        let cells: Vec<Text> = inner.split(" | ").map(Text::from).collect();
        if crate::model::row_text(&cells) != line {
            self.loose.push(Block::text(line));
        } else if let Some(Block::Table(rows)) = self.loose.last_mut() {
            rows.push(cells);
        } else {
            self.loose.push(Block::Table(vec![cells]));
        }
    }

    /// The text that stands last before the present line.
    fn last_text(&self) -> Option<&str> {
        if let Some(block) = self.loose.last() {
            return block.as_text().map(|t| &**t);
        }
        let unit = self.open.last()?;
        if let Some(child) = unit.children.last().filter(|_| unit.tail.is_empty()) {
            return child.lead.last().and_then(|b| b.as_text()).map(|t| &**t);
        }
        match unit.lead.last() {
            Some(block) => block.as_text().map(|t| &**t),
            None => unit.heading.last().map(|t| &**t),
        }
    }

    /// Whether a marker begins a unit here, or is only how a line of running text begins.
    fn fits(&mut self, found: &Marker, line: &Line, next: Option<&Line>) -> bool {
        let rest = &line.text[found.len..];
        match found.level {
            Level::Article => self.article_fits(found, line, next),
            Level::Clause => {
                let in_article = self.open.iter().any(|u| u.level == Level::Article) || self.fragment;
                in_article && (rest.is_empty() || self.list_fits(found))
            }
            Level::Point => {
                let in_article = self.open.iter().any(|u| u.level >= Level::Article) || self.fragment;
                in_article && self.list_fits(found)
            }
            // Inside loose clauses of a fragment there is no law around them that could have chapters.
            _ => self.open.first().is_none_or(|u| u.level <= Level::Article),
        }
    }

    fn article_fits(&mut self, found: &Marker, line: &Line, next: Option<&Line>) -> bool {
        let rest = &line.text[found.len..];
        let expected = match &self.last_article {
            Some(last) => {
                last.next().as_ref() == Some(&found.label)
                    || (found.label.value() == last.value() && found.label > *last)
            }
            None => found.label.value() == 1 || self.fragment,
        };
        let after_sentence = self.last_text().is_none_or(|t| {
            t.ends_with(['.', ';', ':', '/', ')', '”', '"', '!', '?']) || self.loose.is_empty() && is_shouted(t)
        });
        let fits = match (found.closed, rest.is_empty()) {
            (true, false) => starts_upper(rest) || rest.starts_with('(') || expected,
            (true, true) => expected || after_sentence && next.is_some(),
            (false, true) => (expected || after_sentence) && next.is_some(),
            (false, false) => expected && after_sentence && starts_upper(rest) && !line.text.ends_with([';', ',']),
        };
        if !fits && self.last_article.is_some() {
            let note =
                "Dòng bắt đầu bằng số điều nhưng là phần tiếp theo của câu trước; được giữ là văn bản.".to_owned();
            self.odd(line.number, OddityKind::BrokenLine, line.text[..found.len].trim_end(), note);
        }
        fits
    }

    /// Whether the number continues the list that is open at the level, or can begin one.
    fn list_fits(&self, found: &Marker) -> bool {
        let Some(last) = self.last_sibling(found.level) else {
            let start = found.label.value() <= 1 && (found.level == Level::Clause || found.label == Label::letter('a'));
            return start || self.fragment && self.open.is_empty() || (found.label.value() <= 3 && !found.odd);
        };
        let next = last.next();
        let fragment = self.fragment;
        let near = |n: u32, l: u32| n > l && (fragment || n <= l + 5);
        let next_fits = next.as_ref() == Some(&found.label);
        match found.level {
            Level::Clause => {
                let (n, l) = (found.label.value(), last.value());
                next_fits || near(n, l) || (n == l && found.label.is_inserted()) || n == 1 || n <= l && !found.odd
            }
            _ if found.odd && !found_bracket(found) => next_fits,
            _ => true,
        }
    }

    /// The label of the last unit of the level in the list that a unit of the level would now join.
    fn last_sibling(&self, level: Level) -> Option<&Label> {
        if let Some(open) = self.open.iter().rev().find(|u| u.level == level) {
            return Some(&open.label);
        }
        let parent = self.open.iter().rev().find(|u| u.level < level)?;
        parent.children.iter().rev().find(|u| u.level == level).map(|u| &u.label)
    }

    /// Opens a unit.
    fn begin(&mut self, found: Marker, line: &Line) {
        let rest = line.text[found.len..].to_owned();
        let shown = line.text[..found.len].trim_end().to_owned();
        self.report(&found, &shown, line.number);
        let depth = self.open.iter().position(|u| u.level >= found.level).unwrap_or(self.open.len());
        self.close_to(depth, Some(found.level));
        let mut unit = Unit::new(found.level, found.label.clone());
        unit.marker = line.text[..found.len].into();
        unit.beside = !rest.is_empty() || found.level >= Level::Article;
        if !rest.is_empty() {
            unit.repealed = rest == REPEALED;
            match found.level {
                Level::Clause | Level::Point => unit.lead.push(Block::text(rest)),
                _ => unit.heading.push(rest.into()),
            }
        } else if found.level >= Level::Clause {
            unit.lead.push(Block::text(""));
        }
        if found.level == Level::Article {
            self.last_article = Some(found.label);
            self.article_lines.push(line.number);
        }
        if let Some(parent) = self.open.last_mut() {
            // What seemed to close the parent stands before this child, so it belongs to the one before.
            match parent.children.last_mut() {
                Some(before) => before.tail.append(&mut parent.tail),
                None => parent.lead.append(&mut parent.tail),
            }
        }
        self.open.push(unit);
    }

    fn report(&mut self, found: &Marker, shown: &str, line: usize) {
        if found.odd {
            let note = format!("“{shown}” được viết không đúng thể thức.");
            self.odd(line, OddityKind::Marker, shown, note);
        }
        let (last, first) = match found.level {
            Level::Article => (self.last_article.clone(), Label::number(1)),
            Level::Point => (self.last_sibling(Level::Point).cloned(), Label::letter('a')),
            level => (self.last_sibling(level).cloned(), Label::number(1)),
        };
        if last.is_none() && (self.fragment || self.below && found.level == Level::Article) {
            return;
        }
        let word = found.level.word();
        let article = found.level == Level::Article;
        if last.as_ref().is_some_and(|l| found.label <= *l) {
            let kind = if article { OddityKind::ArticleOrder } else { OddityKind::Repeat };
            let note =
                format!("{word} {} lặp lại hoặc không theo thứ tự; có thể thiếu tên điều phía trước.", found.label);
            self.odd(line, kind, shown, note);
            return;
        }
        let missing = missing(last.as_ref(), &found.label, &first);
        if !missing.is_empty() {
            let list = missing.iter().map(Label::to_string).collect::<Vec<_>>().join(", ");
            let kind = match (article, last.is_some()) {
                (true, _) => OddityKind::ArticleGap,
                (false, true) => OddityKind::Gap,
                (false, false) => OddityKind::BadStart,
            };
            self.odd(line, kind, shown, format!("Thiếu {word} {list} trước {word} {}.", found.label));
        }
    }

    /// A line that begins no unit.
    fn paragraph(&mut self, line: &Line, next: Option<&Line>) {
        let text = &*line.text;
        if self.open.is_empty() {
            if !self.law.units.is_empty() {
                self.law.back.push(text.into());
            } else {
                self.law.front.push(text.into());
            }
            return;
        }
        let loose_empty = self.loose.is_empty();
        if let Some(unit) = self.open.last_mut() {
            if unit.level.is_container() {
                unit.heading.push(text.into());
                return;
            }
            let fresh = unit.lead.is_empty() && unit.children.is_empty() && loose_empty;
            if unit.level == Level::Article && fresh && article_heading_goes_on(unit, text, next) {
                unit.heading.push(text.into());
                return;
            }
        }
        if !self.join_broken_line(text) {
            self.loose.push(Block::text(text));
        }
    }

    /// A line that begins in lower case goes on with the sentence before it.
    fn join_broken_line(&mut self, text: &str) -> bool {
        let goes_on = text.chars().next().is_some_and(char::is_lowercase)
            || text.starts_with("Điều ") && marker(text).is_some_and(|m| m.level == Level::Article);
        let ends = |t: &str| t.is_empty() || t.ends_with(['.', ';', ':', '!', '?', '”', '"']);
        if !goes_on {
            return false;
        }
        let block = match self.loose.last_mut() {
            Some(block) => Some(block),
            None => self.open.last_mut().filter(|u| u.children.is_empty()).and_then(|u| u.lead.last_mut()),
        };
        match block {
            Some(Block::Text(before)) if !ends(before) => {
                *before = format!("{before}\n{text}").into();
                true
            }
            _ => false,
        }
    }

    /// Closes the innermost units until `depth` are open. `next` is the level of the unit that follows.
    fn close_to(&mut self, depth: usize, next: Option<Level>) {
        self.settle(next);
        while self.open.len() > depth {
            let Some(unit) = self.open.pop() else { break };
            match self.open.last_mut() {
                Some(parent) => parent.children.push(unit),
                None => self.law.units.push(unit),
            }
        }
    }

    /// Gives the loose paragraphs their place, now that it is known what follows them.
    fn settle(&mut self, next: Option<Level>) {
        if self.loose.is_empty() {
            return;
        }
        let mut loose = std::mem::take(&mut self.loose);
        let Some(innermost) = self.open.last_mut() else { return };
        let level = innermost.level;
        if level <= Level::Article || next.is_some_and(|n| n >= level) {
            innermost.lead.append(&mut loose);
            return;
        }
        // A quotation belongs to the command that it follows.
        let quoted = loose.iter().take_while(|b| matches!(b, Block::Quoted(_))).count();
        innermost.lead.extend(loose.drain(..quoted));
        // The article ends: what speaks of “Điều này” closes the article, not its last clause.
        let article_ends = next.is_none_or(|n| n <= Level::Article);
        let at = match article_ends {
            true => loose.iter().position(speaks_for_article).unwrap_or(loose.len()),
            false => loose.len(),
        };
        let of_article = loose.split_off(at);
        if let Some(article) = self.open.iter_mut().rev().find(|u| u.level == Level::Article) {
            article.tail.extend(of_article);
        } else {
            loose.extend(of_article);
        }
        if loose.is_empty() {
            return;
        }
        let clause = self.open.len() - 1;
        let owner = if level == Level::Point { clause.checked_sub(1) } else { Some(clause) };
        match owner.and_then(|i| self.open.get_mut(i)) {
            Some(unit) if level == Level::Point => unit.tail.splice(0..0, loose).for_each(drop),
            Some(unit) => unit.lead.extend(loose),
            None => self.open[clause].lead.extend(loose),
        }
    }

    fn odd(&mut self, line: usize, kind: OddityKind, unit: &str, note: String) {
        self.oddities.push(Oddity { line, kind, unit: unit.into(), note });
    }
}

fn found_bracket(found: &Marker) -> bool {
    // An odd point is either `a )` or `a.`; the second is as long as letter, stop and blank.
    found.len > found.label.to_string().len() + 2
}

fn speaks_for_article(block: &Block) -> bool {
    block.as_text().is_some_and(|t| {
        let of_article = ["Điều này", "điều này"].iter().any(|w| t.contains(w));
        of_article && !t.contains("khoản này")
    })
}

/// Whether the line is (more of) the heading of an article that has no text yet.
fn article_heading_goes_on(unit: &mut Unit, text: &str, next: Option<&Line>) -> bool {
    let ends_sentence = text.ends_with(['.', ';', ':', ',', '”', '"']);
    if unit.heading.is_empty() {
        // `Điều 5.` alone: a short line without stop, with text below it, is the heading.
        let text_below = next.is_some_and(|n| marker(&n.text).is_none_or(|m| m.level >= Level::Clause));
        let heading =
            !ends_sentence && text.chars().count() <= 150 && starts_upper(text) && text_below && !text.starts_with('-');
        if heading {
            unit.beside = false;
        }
        return heading;
    }
    let command = text.ends_with("như sau:");
    let goes_on = text.chars().next().is_some_and(char::is_lowercase)
        || text.starts_with("Điều ") && marker(text).is_some_and(|m| !m.closed);
    goes_on && (command || !ends_sentence) && unit.heading.last().is_some_and(|h| !h.ends_with(['.', ':', ';']))
}

fn numbered(text: &str) -> Vec<Line<'_>> {
    let mut gap = 0;
    let mut out = Vec::new();
    for (i, text) in lines(text).enumerate() {
        if text.is_empty() {
            gap += 1;
        } else {
            out.push(Line { number: i + 1, text, gap: std::mem::take(&mut gap) });
        }
    }
    out
}

/// Where the closing begins: the adoption formula, or the signature block after empty lines.
fn closing_start(lines: &[Line]) -> usize {
    let tail = lines.len().saturating_sub(40);
    for (i, line) in lines.iter().enumerate().skip(tail) {
        let t = &line.text;
        let adopted = t.contains("thông qua ngày") || t.contains("thông qua, ngày");
        let names_itself = ["này đã được", "này được", "này đã", "được Quốc hội"].iter().any(|w| t.contains(w));
        if adopted && names_itself && marker(t).is_none() {
            return i;
        }
        let short = lines[i..].iter().all(|l| l.text.chars().count() <= 60 && marker(&l.text).is_none());
        let signature = line.gap > 0 && short && lines.len() - i <= 8 && !t.ends_with([';', ':', ',', '.']);
        if i > 0 && (signature || (is_shouted(t) && short && t.contains("CHỦ TỊCH"))) {
            return i;
        }
    }
    lines.len()
}
