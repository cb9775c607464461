//! A law at a date as a page shows it: outline, paragraphs with their links, the history of each unit.
//!
//! Data for a template; nothing here writes HTML, so that escaping stays the template's.

use crate::consolidate::{Enactment, Version, changes, consolidate};
use crate::label::Level;
use crate::model::{Block, Law, Provenance, Unit};
use crate::refs::{Reference, references};
use crate::text::{Text, joined};
use kernel::time::Day;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A law at a date.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LawPage {
    /// `Luật Công nghệ thông tin số 67/2006/QH11`.
    pub name: String,
    /// Its number.
    pub number: Option<String>,
    /// The day as of which the text stands.
    pub day: Day,
    /// From which day the law itself holds.
    pub in_force: Option<Day>,
    /// Parts, chapters, sections and articles.
    pub outline: Vec<Entry>,
    /// The text: front, units, closing.
    pub paragraphs: Vec<Paragraph>,
    /// Units whose text is not the same at all times, by id, with all their versions.
    pub history: BTreeMap<Text, Vec<Version>>,
    /// The amending documents.
    pub documents: Vec<Amending>,
    /// The days on which the text changes, in order: where a reader may go.
    pub days: Vec<Day>,
    /// What was left to a person, in words.
    pub flags: Vec<String>,
}

/// A line of the outline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The unit's id, the anchor of its paragraph.
    pub unit: Text,
    /// Its level.
    pub level: Level,
    /// How deep it lies, from 0.
    pub depth: usize,
    /// `Điều 5`, `Chương II`.
    pub label: String,
    /// Its heading.
    pub title: String,
    /// Repealed.
    pub repealed: bool,
}

/// A paragraph.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Paragraph {
    /// The unit that it belongs to; empty in front and closing.
    pub unit: Text,
    /// The unit's level.
    pub level: Option<Level>,
    /// The unit begins here: the paragraph has its anchor, marker and provenance.
    pub begins: bool,
    /// Number and heading of a container or article.
    pub heading: bool,
    /// The words, with links.
    pub pieces: Vec<Piece>,
    /// The cells of a table's row, in place of pieces.
    pub cells: Vec<Text>,
    /// Text that an amending law quotes.
    pub quoted: bool,
    /// The unit is repealed.
    pub repealed: bool,
    /// The amendments that made the unit's text, oldest first; where the unit begins.
    pub origin: Vec<Arc<Provenance>>,
    /// The unit has more than one version: see [`LawPage::history`].
    pub versions: usize,
}

/// Words, maybe a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// The words.
    pub text: String,
    /// Where they lead.
    pub link: Option<Link>,
}

/// Where a reference leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "to")]
pub enum Link {
    /// To a unit of this law.
    Unit {
        /// Its id.
        unit: Text,
        /// It is repealed.
        repealed: bool,
    },
    /// To another document.
    Document {
        /// Its number.
        number: String,
        /// The address in it, in words; empty for the whole.
        address: String,
    },
}

/// An amending document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amending {
    /// Its number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// From which day.
    pub in_force: Option<Day>,
    /// How many of its commands made the text of the day.
    pub applied: usize,
    /// How many hold only from a later day.
    pub later: usize,
}

/// The page of a law at a date. Cost: one fold for the text and one for each day on which it changes.
pub fn law_page(base: &Law, enactments: &[Enactment], day: Day) -> LawPage {
    let got = consolidate(base, enactments, Some(day));
    let history = changes(base, enactments);
    let mut days: Vec<Day> = history.values().flatten().filter_map(|v| v.from).collect();
    days.extend(base.meta.in_force);
    days.sort();
    days.dedup();
    let count = |list: &[(crate::apply::Source, crate::command::Command)], number: &str| {
        list.iter().filter(|(source, _)| source.number == number).count()
    };
    let documents = enactments.iter().map(|e| Amending {
        number: e.source.number.clone(),
        name: e.source.name.clone(),
        in_force: e.source.in_force,
        applied: count(&got.applied, &e.source.number),
        later: count(&got.later, &e.source.number),
    });
    let documents = documents.filter(|d| d.applied + d.later > 0).collect();
    let flags = got.flags.iter().map(|(source, flag)| format!("{}: {flag}", source.name)).collect();
    LawPage {
        name: base.meta.name(),
        number: base.meta.number.clone(),
        day,
        in_force: base.meta.in_force,
        outline: outline(&got.law),
        paragraphs: paragraphs(&got.law, &history),
        history,
        documents,
        days,
        flags,
    }
}

/// The outline of a law down to its articles.
pub fn outline(law: &Law) -> Vec<Entry> {
    fn walk(units: &[Unit], depth: usize, out: &mut Vec<Entry>) {
        for unit in units.iter().filter(|u| u.level <= Level::Article) {
            out.push(Entry {
                unit: unit.id.clone(),
                level: unit.level,
                depth,
                label: format!("{} {}", unit.level.word(), unit.label.shown(unit.level)),
                title: unit.title(),
                repealed: unit.repealed,
            });
            walk(&unit.children, depth + 1, out);
        }
    }
    let mut out = Vec::new();
    walk(&law.units, 0, &mut out);
    out
}

fn paragraphs(law: &Law, history: &BTreeMap<Text, Vec<Version>>) -> Vec<Paragraph> {
    let references = references(law);
    let mut by_text: HashMap<(&str, usize), Vec<&Reference>> = HashMap::new();
    for reference in &references {
        by_text.entry((&reference.from, reference.block)).or_default().push(reference);
    }
    let mut w = Writer { out: Vec::new(), references: by_text, history };
    law.front.iter().for_each(|l| w.plain(l));
    law.units.iter().for_each(|u| w.unit(u));
    law.back.iter().for_each(|l| w.plain(l));
    w.out
}

struct Writer<'a> {
    out: Vec<Paragraph>,
    references: HashMap<(&'a str, usize), Vec<&'a Reference>>,
    history: &'a BTreeMap<Text, Vec<Version>>,
}

fn bare(unit: Text, level: Option<Level>) -> Paragraph {
    Paragraph {
        unit,
        level,
        begins: false,
        heading: false,
        pieces: Vec::new(),
        cells: Vec::new(),
        quoted: false,
        repealed: false,
        origin: Vec::new(),
        versions: 1,
    }
}

impl Writer<'_> {
    fn plain(&mut self, line: &Text) {
        let pieces = vec![Piece { text: line.to_string(), link: None }];
        self.out.push(Paragraph { pieces, ..bare("".into(), None) });
    }

    fn unit(&mut self, unit: &Unit) {
        let mut first = Paragraph {
            begins: true,
            heading: unit.level <= Level::Article,
            pieces: vec![Piece { text: unit.marker.to_string(), link: None }],
            repealed: unit.repealed,
            origin: unit.origin.clone(),
            versions: self.history.get(&unit.id).map_or(1, Vec::len),
            ..bare(unit.id.clone(), Some(unit.level))
        };
        for (block, line) in unit.heading.iter().enumerate() {
            let gap = first.pieces.last().is_some_and(|p| !p.text.ends_with(' '));
            first.pieces.extend(gap.then(|| Piece { text: " ".into(), link: None }));
            first.pieces.extend(self.linked(unit, block, line));
        }
        let shift = unit.heading.len();
        let mut blocks = unit.lead.iter().enumerate().peekable();
        // The first paragraph of a clause or point stands beside its number.
        if unit.level >= Level::Clause
            && let Some((_, Block::Text(text))) = blocks.peek()
        {
            first.pieces.extend(self.linked(unit, shift, text));
            blocks.next();
        }
        self.out.push(first);
        blocks.for_each(|(i, block)| self.block(unit, shift + i, block));
        unit.children.iter().for_each(|c| self.unit(c));
        let shift = shift + unit.lead.len();
        unit.tail.iter().enumerate().for_each(|(i, block)| self.block(unit, shift + i, block));
    }

    fn block(&mut self, unit: &Unit, nth: usize, block: &Block) {
        let own = || bare(unit.id.clone(), Some(unit.level));
        match block {
            Block::Text(text) => {
                let pieces = self.linked(unit, nth, text);
                self.out.push(Paragraph { pieces, ..own() });
            }
            Block::Quoted(lines) => {
                for line in lines {
                    let pieces = vec![Piece { text: line.to_string(), link: None }];
                    self.out.push(Paragraph { pieces, quoted: true, ..own() });
                }
            }
            Block::Table(rows) => {
                rows.iter().for_each(|cells| self.out.push(Paragraph { cells: cells.clone(), ..own() }))
            }
        }
    }

    fn linked(&self, unit: &Unit, block: usize, text: &Text) -> Vec<Piece> {
        let text = joined(text);
        let mut out = Vec::new();
        let mut from = 0;
        let mut push = |text: &str, link: Option<Link>| {
            if !text.is_empty() {
                out.push(Piece { text: text.to_owned(), link });
            }
        };
        for reference in self.references.get(&(&*unit.id, block)).into_iter().flatten() {
            for (start, end, link) in links(reference) {
                if start >= from && text.get(start..end).is_some() {
                    push(&text[from..start], None);
                    push(&text[start..end], Some(link));
                    from = end;
                }
            }
        }
        push(&text[from..], None);
        out
    }
}

/// The links of a reference: one over all its words when it names one unit, else one at each unit's own number.
fn links(reference: &Reference) -> Vec<(usize, usize, Link)> {
    let link = |cite: Option<&crate::refs::Cite>| match &reference.document {
        Some(document) => Some(Link::Document {
            number: document.number.clone()?,
            address: cite.and_then(|c| c.address.as_ref()).map_or_else(String::new, ToString::to_string),
        }),
        None => cite.and_then(|c| Some(Link::Unit { unit: c.unit.clone()?, repealed: c.repealed })),
    };
    if reference.units.len() <= 1 || reference.document.is_some() {
        let whole = link(reference.units.first());
        return whole.map(|l| (reference.start, reference.end, l)).into_iter().collect();
    }
    let mut out: Vec<_> = reference
        .units
        .iter()
        .filter_map(|cite| {
            let level = cite.address.as_ref()?.level()?;
            let (_, start, end) = cite.places.iter().find(|(l, ..)| *l == level)?;
            Some((*start, *end, link(Some(cite))?))
        })
        .collect();
    out.sort_by_key(|(start, ..)| *start);
    out.dedup_by_key(|(start, ..)| *start);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    const BASE: &str = "Luật số: 1/2030/QH20\nLUẬT\nAO\nChương I\nCHUNG\nĐiều 1. Một\n1. Ao theo các khoản 2, 3 Điều này.\n2. Cá.\n3. Tôm theo Điều 5 của Luật Hồ số 2/2029/QH20.\nĐiều 2. Hiệu lực thi hành\nLuật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2031.";
    const CHANGE: &str = "Luật số: 3/2032/QH20\nLUẬT\nSỬA\nĐiều 1. Sửa đổi, bổ sung một số điều của Luật Ao số 1/2030/QH20\n1. Sửa đổi, bổ sung khoản 2 Điều 1 như sau:\n“2. Cá to.”.\nĐiều 2. Hiệu lực thi hành\nLuật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2033.";

    #[test]
    fn a_page_has_the_text_of_the_day_its_links_and_what_was_before_and_comes_after() {
        let base = parse(BASE).law;
        let enactments = [Enactment::of(&parse(CHANGE).law)];
        let before = law_page(&base, &enactments, Day::new(2032, 6, 1).unwrap());
        let text = |page: &LawPage| {
            let line = |p: &Paragraph| p.pieces.iter().map(|x| x.text.as_str()).collect::<String>();
            page.paragraphs.iter().map(line).collect::<Vec<_>>().join("\n")
        };
        // Container headings stand beside their number here.
        assert_eq!(text(&before), BASE.replace("Chương I\n", "Chương I "));
        assert_eq!((before.documents[0].applied, before.documents[0].later), (0, 1));
        let after = law_page(&base, &enactments, Day::new(2033, 1, 1).unwrap());
        assert!(text(&after).contains("2. Cá to."));
        assert_eq!(
            after.outline.iter().map(|e| (e.depth, e.label.as_str())).collect::<Vec<_>>(),
            [(0, "Chương I"), (1, "Điều 1"), (1, "Điều 2")]
        );
        assert_eq!(after.history["art_1__para_2"].len(), 2);
        assert_eq!(after.days, [Day::new(2031, 1, 1).unwrap(), Day::new(2033, 1, 1).unwrap()]);
        let links: Vec<_> = after
            .paragraphs
            .iter()
            .flat_map(|p| &p.pieces)
            .filter_map(|p| Some((p.text.as_str(), p.link.clone()?)))
            .collect();
        let unit = |id: &str| Link::Unit { unit: id.into(), repealed: false };
        assert_eq!(
            links,
            [
                ("2", unit("art_1__para_2")),
                ("3", unit("art_1__para_3")),
                (
                    "Điều 5 của Luật Hồ số 2/2029/QH20",
                    Link::Document { number: "2/2029/QH20".into(), address: "Điều 5".into() }
                ),
            ]
        );
        let changed = after.paragraphs.iter().find(|p| &*p.unit == "art_1__para_2").unwrap();
        assert_eq!((changed.versions, changed.origin.len()), (2, 1));
    }
}
