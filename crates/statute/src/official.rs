//! The official consolidated text (văn bản hợp nhất), by Pháp lệnh 01/2012/UBTVQH13: the law as amended, a footnote at
//! each changed unit, under the title the base and the amending documents, numbering kept.
//!
//! The answer is data for the paper; nothing here sets type.

use crate::consolidate::Consolidated;
use crate::label::Level;
use crate::model::{Law, Unit};
use crate::text::Text;
use kernel::time::Day;
use serde::Serialize;

/// A line of the consolidated text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The unit that begins here; empty for other lines.
    pub unit: Text,
    /// The level of the unit that the line belongs to; `None` for front and closing.
    pub level: Option<Level>,
    /// The text.
    pub text: String,
    /// Numbers of the footnotes that stand at its end.
    pub notes: Vec<usize>,
}

/// A consolidated text, ready for the paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Official {
    /// Under the title: the base law and its amending documents, each with number, day of issue and day in force.
    pub documents: Vec<String>,
    /// The text.
    pub lines: Vec<Line>,
    /// The footnotes, from 1.
    pub notes: Vec<String>,
}

/// Makes the official form of a consolidated law. `amending` are the amending laws in full: their effect and
/// transitional clauses stand in a footnote at the effect article.
pub fn official(consolidated: &Consolidated, amending: &[Law]) -> Official {
    let law = &consolidated.law;
    let mut out = Official {
        documents: vec![document(&law.meta.name(), law.meta.issued, law.meta.in_force)],
        lines: Vec::new(),
        notes: Vec::new(),
    };
    let mut seen: Vec<&str> = Vec::new();
    for (source, _) in &consolidated.applied {
        if seen.contains(&source.number.as_str()) {
            continue;
        }
        seen.push(&source.number);
        let issued =
            amending.iter().find(|l| l.meta.number.as_deref() == Some(&source.number)).and_then(|l| l.meta.issued);
        out.documents.push(document(&source.name, issued, source.in_force));
    }
    law.front.iter().for_each(|l| out.line("", None, l, Vec::new()));
    let effect = effect_article(law);
    law.units.iter().for_each(|u| out.unit(u, effect.as_deref(), &seen, amending));
    law.back.iter().for_each(|l| out.line("", None, l, Vec::new()));
    out
}

fn document(name: &str, issued: Option<Day>, in_force: Option<Day>) -> String {
    let mut out = name.to_owned();
    if let Some(day) = issued {
        out.push_str(&format!(" {}", day.words()));
    }
    if let Some(day) = in_force {
        out.push_str(&format!(", có hiệu lực kể từ {}", day.words()));
    }
    out
}

/// The article that says from when the law holds.
fn effect_article(law: &Law) -> Option<Text> {
    let says = |a: &&&Unit| crate::text::essence(&a.title()).to_lowercase().contains("hiệulực");
    law.articles().iter().rev().find(says).map(|a| a.id.clone())
}

impl Official {
    fn line(&mut self, unit: &str, level: Option<Level>, text: &str, notes: Vec<usize>) {
        self.lines.push(Line { unit: unit.into(), level, text: text.to_owned(), notes });
    }

    fn unit(&mut self, unit: &Unit, effect: Option<&str>, sources: &[&str], amending: &[Law]) {
        let mut notes: Vec<usize> = Vec::new();
        for origin in &unit.origin {
            let day = origin.in_force.map_or_else(String::new, |d| format!(", có hiệu lực kể từ {}", d.words()));
            let word = match unit.level {
                Level::Clause | Level::Point => capital(unit.level.word()),
                level => level.word().to_owned(),
            };
            let note =
                format!("{word} này {} theo quy định tại {} của {}{day}.", origin.done, origin.provision, origin.name);
            self.notes.push(note);
            notes.push(self.notes.len());
        }
        if effect == Some(&*unit.id) {
            for law in amending.iter().filter(|l| l.meta.number.as_deref().is_some_and(|n| sources.contains(&n))) {
                if let Some(article) =
                    effect_article(law).and_then(|id| law.articles().into_iter().find(|a| a.id == id).map(Unit::text))
                {
                    self.notes.push(format!("{} quy định như sau: “{article}”.", law.meta.name()));
                    notes.push(self.notes.len());
                }
            }
        }
        let own = Unit { children: Vec::new(), tail: Vec::new(), ..unit.clone() };
        for (i, text) in own.text().lines().enumerate() {
            let notes = if i == 0 { std::mem::take(&mut notes) } else { Vec::new() };
            self.line(if i == 0 { &unit.id } else { "" }, Some(unit.level), text, notes);
        }
        unit.children.iter().for_each(|c| self.unit(c, effect, sources, amending));
        for block in &unit.tail {
            let mut text = String::new();
            block.write(&mut text);
            self.line("", Some(unit.level), &text, Vec::new());
        }
    }

    /// The whole as plain text, footnote numbers in square brackets.
    pub fn text(&self) -> String {
        let mut out = String::new();
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
