//! The official consolidated text (văn bản hợp nhất), by Pháp lệnh 01/2012/UBTVQH13: the law as amended, under its title
//! the base and the amending documents, a footnote at each changed unit, the effect and transitional clauses of the
//! amending laws in footnotes at the effect article, numbering kept.
//!
//! The answer is data; [`Official::paper`] gives it to the form `van-ban-hop-nhat`, [`Official::docx`] to Word.

mod paper;

pub use paper::Authentication;

use crate::consolidate::Consolidated;
use crate::label::Level;
use crate::model::{Block, Law, Unit};
use crate::text::{Text, essence, joined};
use kernel::time::Day;
use serde::Serialize;

/// How a line is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// Legal bases and enacting words.
    Preamble,
    /// Number or heading of a part, chapter, section or subsection.
    Container,
    /// Number and heading of an article.
    Article,
    /// Running text.
    Text,
    /// A row of a table; its cells are in [`Line::cells`].
    Row,
    /// What stands after the last unit: adoption formula, signature.
    Closing,
}

/// A line of the consolidated text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The unit that begins here; empty for other lines.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub unit: Text,
    /// How it is set.
    pub style: Style,
    /// The level of the unit that the line belongs to; `None` for preamble and closing.
    pub level: Option<Level>,
    /// The text.
    pub text: String,
    /// The cells of a table's row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<Text>,
    /// Numbers of the footnotes that stand at its end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<usize>,
}

/// A consolidated text, ready for the paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Official {
    /// `LUẬT`.
    pub kind: String,
    /// `CÔNG NGHỆ THÔNG TIN`.
    pub title: String,
    /// Under the title: the base law and its amending documents, each with number, day of issue and day in force.
    pub documents: Vec<String>,
    /// The text.
    pub lines: Vec<Line>,
    /// The footnotes, from 1.
    pub notes: Vec<String>,
}

/// Makes the official form of a consolidated law. `amending` are the amending laws in full: their legal bases stand in
/// a footnote at the preamble, their effect and transitional clauses at the effect article.
pub fn official(consolidated: &Consolidated, amending: &[Law]) -> Official {
    let law = &consolidated.law;
    let [_, title, preamble] = crate::meta::front(law);
    let kind = law.meta.kind.clone().unwrap_or_else(|| "Luật".to_owned()).to_uppercase();
    let printed = title.join(" ");
    let mut out = Official {
        title: printed.strip_prefix(&kind).unwrap_or(&printed).trim().to_owned(),
        kind,
        documents: vec![document(&law.meta.name(), law.meta.kind.as_deref(), law.meta.issued, law.meta.in_force)],
        lines: Vec::new(),
        notes: Vec::new(),
    };
    let mut sources: Vec<&str> = Vec::new();
    for (source, _) in &consolidated.applied {
        if !sources.contains(&source.number.as_str()) {
            sources.push(&source.number);
            let meta = by_number(amending, &source.number).map(|l| &l.meta);
            let (kind, issued) = (meta.and_then(|m| m.kind.as_deref()), meta.and_then(|m| m.issued));
            out.documents.push(document(&source.name, kind, issued, source.in_force));
        }
    }
    let amending: Vec<&Law> = sources.iter().filter_map(|n| by_number(amending, n)).collect();
    let context = Context { effect: effect_article(law), amending: &amending };
    out.preamble(preamble, &amending);
    law.units.iter().for_each(|u| out.unit(u, &context));
    law.back.iter().for_each(|l| out.line("", Style::Closing, None, l, Vec::new()));
    out
}

fn by_number<'a>(laws: &'a [Law], number: &str) -> Option<&'a Law> {
    laws.iter().find(|l| l.meta.number.as_deref() == Some(number))
}

fn document(name: &str, kind: Option<&str>, issued: Option<Day>, in_force: Option<Day>) -> String {
    let mut out = name.to_owned();
    if let Some(day) = issued {
        out.push_str(&format!(" {}", day.words()));
    }
    // Who issues a resolution its kind alone does not tell.
    match kind {
        Some("Luật" | "Bộ luật" | "Hiến pháp") => out.push_str(" của Quốc hội"),
        Some("Pháp lệnh") => out.push_str(" của Ủy ban Thường vụ Quốc hội"),
        _ => {}
    }
    if let Some(day) = in_force {
        out.push_str(&format!(", có hiệu lực kể từ {}", day.words()));
    }
    out
}

struct Context<'a> {
    /// The article that says from when the law holds.
    effect: Option<Text>,
    amending: &'a [&'a Law],
}

/// The article that says from when the law holds: the last one headed so.
fn effect_article(law: &Law) -> Option<Text> {
    law.articles().iter().rev().find(|a| headed(a, &["hiệulực"])).map(|a| a.id.clone())
}

fn headed(article: &Unit, words: &[&str]) -> bool {
    let title = essence(&article.title()).to_lowercase();
    words.iter().any(|w| title.contains(w))
}

impl Official {
    fn line(&mut self, unit: &str, style: Style, level: Option<Level>, text: &str, notes: Vec<usize>) {
        self.lines.push(Line { unit: unit.into(), style, level, text: text.to_owned(), cells: Vec::new(), notes });
    }

    fn note(&mut self, text: String) -> usize {
        self.notes.push(text);
        self.notes.len()
    }

    /// Legal bases and enacting words; those of the amending laws are told in footnotes at the last basis.
    fn preamble(&mut self, lines: &[Text], amending: &[&Law]) {
        let last = lines.iter().rposition(|l| l.starts_with("Căn cứ ")).or(lines.len().checked_sub(1));
        for (i, text) in lines.iter().enumerate() {
            let mut notes = Vec::new();
            for law in amending.iter().filter(|_| Some(i) == last) {
                let [_, _, theirs] = crate::meta::front(law);
                if !theirs.is_empty() {
                    let words = theirs.join("\n");
                    notes.push(self.note(format!("{} có căn cứ ban hành như sau:\n“{words}”", law.meta.name())));
                }
            }
            self.line("", Style::Preamble, None, text, notes);
        }
    }

    fn unit(&mut self, unit: &Unit, context: &Context) {
        let notes = self.notes_of(unit, context);
        let style = match unit.level {
            Level::Article => Style::Article,
            level if level.is_container() => Style::Container,
            _ => Style::Text,
        };
        let bare = Unit { children: Vec::new(), tail: Vec::new(), lead: Vec::new(), ..unit.clone() };
        let mut head = bare.text();
        let mut blocks = unit.lead.iter();
        if unit.level >= Level::Clause {
            // The first paragraph of a clause or point stands beside its number.
            if let Some(first) = blocks.as_slice().first().and_then(Block::as_text) {
                blocks.next();
                head = format!("{}{first}", unit.marker);
            }
        }
        for (i, text) in head.lines().enumerate() {
            let notes = if i == 0 { notes.clone() } else { Vec::new() };
            self.line(if i == 0 { &unit.id } else { "" }, style, Some(unit.level), text, notes);
        }
        blocks.for_each(|b| self.block(b, unit.level));
        unit.children.iter().for_each(|c| self.unit(c, context));
        unit.tail.iter().for_each(|b| self.block(b, unit.level));
    }

    fn block(&mut self, block: &Block, level: Level) {
        match block {
            Block::Text(text) => self.line("", Style::Text, Some(level), &joined(text), Vec::new()),
            Block::Quoted(lines) => {
                lines.iter().for_each(|l| self.line("", Style::Text, Some(level), l, Vec::new()));
            }
            Block::Table(rows) => {
                for cells in rows {
                    self.line("", Style::Row, Some(level), &crate::model::row_text(cells), Vec::new());
                    if let Some(line) = self.lines.last_mut() {
                        line.cells = cells.clone();
                    }
                }
            }
        }
    }

    /// The footnotes of a unit: who changed it; at the effect article what the amending laws say on their effect.
    fn notes_of(&mut self, unit: &Unit, context: &Context) -> Vec<usize> {
        let mut notes = Vec::new();
        for origin in &unit.origin {
            // What was inserted below has its own footnote.
            if unit.children.iter().any(|c| c.origin.contains(origin)) {
                continue;
            }
            let day = origin.in_force.map_or_else(String::new, |d| format!(", có hiệu lực kể từ {}", d.words()));
            let word = match unit.level {
                Level::Clause | Level::Point => capital(unit.level.word()),
                level => level.word().to_owned(),
            };
            // A change of words says itself what it changed.
            let what = match origin.done.starts_with(char::is_uppercase) {
                true => origin.done.clone(),
                false => format!("{word} này {}", origin.done),
            };
            notes.push(self.note(format!("{what} theo quy định tại {} của {}{day}.", origin.provision, origin.name)));
        }
        if context.effect.as_deref() == Some(&*unit.id) {
            for law in context.amending {
                let clauses: Vec<String> = law
                    .articles()
                    .into_iter()
                    .filter(|a| headed(a, &["hiệulực", "chuyểntiếp", "tổchứcthựchiện", "tráchnhiệmthihành"]))
                    .map(Unit::text)
                    .collect();
                if !clauses.is_empty() {
                    notes.push(self.note(format!("{} quy định như sau:\n“{}”", law.meta.name(), clauses.join("\n"))));
                }
            }
        }
        notes
    }

    /// The whole as plain text, footnote numbers in square brackets.
    pub fn text(&self) -> String {
        let mut out = format!("{}\n{}\n", self.kind, self.title);
        self.documents.iter().for_each(|d| out.push_str(&format!("{d}\n")));
        for line in &self.lines {
            out.push_str(&line.text);
            line.notes.iter().for_each(|n| out.push_str(&format!("[{n}]")));
            out.push('\n');
        }
        for (i, note) in self.notes.iter().enumerate() {
            out.push_str(&format!("[{}] {note}\n", i + 1));
        }
        out
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consolidate::{consolidate, enactments, history};
    use crate::parse::parse;

    const BASE: &str = "Luật số: 1/2030/QH20\nHà Nội, ngày 05 tháng 6 năm 2030\nLUẬT\nAO\nĐiều 1. Một\n1. A ao nhỏ.\n2. B.\nĐiều 2. Hiệu lực thi hành\nLuật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2031.";
    const FIRST: &str = "Luật số: 2/2032/QH20\nHà Nội, ngày 05 tháng 6 năm 2032\nLUẬT\nSỬA ĐỔI\nĐiều 1. Sửa đổi, bổ sung một số điều của Luật Ao số 1/2030/QH20\n1. Sửa đổi, bổ sung khoản 2 Điều 1 như sau:\n“2. BB.”.\n2. Bãi bỏ khoản 1 Điều 1.\nĐiều 2. Hiệu lực thi hành\nLuật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2033.";
    const SECOND: &str = "Luật số: 3/2032/QH20\nHà Nội, ngày 09 tháng 9 năm 2032\nLUẬT\nSỬA ĐỔI LẦN HAI\nĐiều 1. Sửa đổi, bổ sung một số điều của Luật Sửa đổi số 2/2032/QH20\n1. Sửa đổi, bổ sung khoản 2 Điều 1 như sau:\n“2. Thay thế cụm từ “ao nhỏ” bằng cụm từ “hồ” tại khoản 1 Điều 1.”.\nĐiều 2. Hiệu lực thi hành\nLuật này có hiệu lực thi hành từ ngày 01 tháng 12 năm 2032.";

    #[test]
    fn the_law_at_any_date_with_an_amendment_of_the_amendment_and_its_footnotes() {
        let base = parse(BASE).law;
        let laws = [parse(FIRST).law, parse(SECOND).law];
        let enactments = enactments(&laws);
        let before = consolidate(&base, &enactments, Day::new(2032, 12, 31));
        assert_eq!(before.law.text(), base.text());
        assert_eq!(before.later.len(), 2);
        let after = consolidate(&base, &enactments, Day::new(2033, 1, 1));
        assert_eq!(after.flags, []);
        assert_eq!(after.law.text(), BASE.replace("A ao nhỏ.", "A hồ.").replace("2. B.", "2. BB."));
        let paper = official(&after, &laws);
        assert_eq!(paper.documents.len(), 2);
        assert!(paper.text().contains("2. BB.[2]"), "{}", paper.text());
        assert_eq!(
            paper.notes[1],
            "Khoản này được sửa đổi, bổ sung theo quy định tại khoản 1 Điều 1 của Luật Sửa đổi số 2/2032/QH20, có hiệu lực kể từ ngày 01 tháng 01 năm 2033."
        );
        let versions = &history(&base, &enactments)["art_1__para_2"];
        let days: Vec<_> = versions.iter().map(|v| (v.from, v.to, v.text.as_str())).collect();
        let (first, second) = (Day::new(2031, 1, 1), Day::new(2033, 1, 1));
        assert_eq!(days, [(first, second, "2. B."), (second, None, "2. BB.")]);
    }
}
