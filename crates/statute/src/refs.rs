//! Who cites what: references found in the text, resolved to units (of other laws too, where those are at hand), listed
//! backwards, and kept right when units are renumbered.

mod impact;
mod renumber;

pub use impact::{Citing, Fate, Impact, impact};
pub use renumber::{Clash, Kept, Renumbered, renumber, renumber_where};

use crate::address::{Address, Lost};
use crate::cite::{Cited, DocRef, Words, document, list};
use crate::label::Level;
use crate::model::{Block, Law, Unit};
use crate::text::{Text, joined};
use serde::Serialize;
use std::collections::HashMap;

/// A reference as it stands in a text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reference {
    /// The unit whose text has it.
    pub from: Text,
    /// The words: `các khoản 1, 2 và 3 Điều 8`.
    pub words: String,
    /// Which text of the unit: heading lines first, then lead, then tail blocks.
    pub block: usize,
    /// Where in that text it begins (bytes).
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The document, when it is another one.
    pub document: Option<DocRef>,
    /// The units, one for each that the words name.
    pub units: Vec<Cite>,
}

/// One cited unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cite {
    /// Its address; `None` when the words do not tell (`khoản này` outside a clause).
    pub address: Option<Address>,
    /// The unit's id, when it is in this law and found.
    pub unit: Option<Text>,
    /// The unit is repealed.
    pub repealed: bool,
    /// Where the label of each level stands in the text (bytes), as far as the words give it.
    pub places: Vec<(Level, usize, usize)>,
}

impl Reference {
    /// Whether it stays inside the law.
    pub fn is_internal(&self) -> bool {
        self.document.is_none()
    }
    /// Whether every unit of an internal reference was found.
    pub fn is_resolved(&self) -> bool {
        !self.is_internal() || self.units.iter().all(|c| c.unit.is_some())
    }
}

/// References found in a sentence: where, which units, which document.
pub(crate) struct Found {
    pub start: usize,
    pub end: usize,
    pub list: Vec<Cited>,
    pub document: Option<DocRef>,
}

/// Finds references in a text.
pub(crate) fn find(text: &str) -> Vec<Found> {
    let words = Words::of(text);
    let mut out = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let first = words.at(i).chars().next().unwrap_or(' ');
        if !matches!(first, 'đ' | 'Đ' | 'k' | 'K' | 'c' | 'C' | 'n' | 't' | 'T' | 'm' | 'M' | 'p' | 'P')
            && !first.is_uppercase()
        {
            i += 1;
            continue;
        }
        if let Some((list, next)) = list::read(&words, i) {
            let of = words.any(next, &["của", "thuộc", "tại"]).unwrap_or(0);
            let (document, end) = match document::read(&words, next + of) {
                Some((doc, end)) => (Some(doc), end),
                None => (None, next),
            };
            let document = document.filter(|d| !d.this);
            let stop = if document.is_some() { name_stop(&words, next + of, end) } else { next };
            let list = after_article(list);
            out.push(Found { start: words.start(i), end: words.end(stop - 1), list, document });
            i = end.max(next);
        } else if let Some((doc, next)) = document::read(&words, i) {
            // Without a number only the kinds that are no verb or noun of daily use: `Quyết định việc …` names nothing.
            let by_name = matches!(doc.kind.as_str(), "Luật" | "Bộ luật" | "Pháp lệnh" | "Hiến pháp");
            if !doc.this && (doc.number.is_some() || by_name) {
                let stop = name_stop(&words, i, next);
                out.push(Found {
                    start: words.start(i),
                    end: words.end(stop - 1),
                    list: Vec::new(),
                    document: Some(doc),
                });
            }
            i = next.max(i + 1);
        } else {
            i += 1;
        }
    }
    out
}

/// `Điều 188, các khoản 3 và 4`: clauses after their article, as lists of crimes have them.
fn after_article(mut list: Vec<Cited>) -> Vec<Cited> {
    let mut article = None;
    for cited in &mut list {
        match &cited.steps[..] {
            [one @ (Level::Article, _)] => article = Some((one.clone(), cited.places[0])),
            [(level, _), ..] if *level > Level::Article => {
                if let Some((article, place)) = &article {
                    cited.steps.insert(0, article.clone());
                    cited.places.insert(0, *place);
                }
            }
            _ => article = None,
        }
    }
    list
}

/// The end of a document's own name, before `đã được sửa đổi, bổ sung …`.
fn name_stop(words: &Words, from: usize, end: usize) -> usize {
    (from + 1..end)
        .find(|&k| words.any(k, &["đã được sửa đổi", "được sửa đổi", "đã dược sửa đổi"]).is_some())
        .unwrap_or(end)
}

/// All references of a law, in the order of the text. Text that the law only quotes is left out.
pub fn references(law: &Law) -> Vec<Reference> {
    let index = Index::of(law);
    let mut out = Vec::new();
    for unit in &law.units {
        walk(unit, &Address::default(), None, law, &index, &mut out);
    }
    out
}

/// Unit ids by address (articles without what is above them).
struct Index(HashMap<Address, Vec<(Text, bool)>>);

impl Index {
    fn of(law: &Law) -> Index {
        let addresses = crate::address::addresses(law);
        let mut map: HashMap<Address, Vec<(Text, bool)>> = HashMap::new();
        law.visit(&mut |u| {
            if let Some(address) = addresses.get(&u.id) {
                map.entry(address.clone()).or_default().push((u.id.clone(), u.repealed));
            }
        });
        Index(map)
    }
    fn get(&self, address: &Address, here: &Address, law: &Law) -> Option<(Text, bool)> {
        let from = address.steps.iter().position(|(level, _)| *level == Level::Article).unwrap_or(0);
        let key = Address { steps: address.steps[from..].to_vec(), paragraph: None };
        if let Some(found) = self.0.get(&key) {
            return found.first().cloned();
        }
        if key.level().is_some_and(Level::is_container) {
            // A section named without its chapter is one of the chapter where the words stand.
            let found = match key.find(law) {
                Err(Lost::Ambiguous(..)) => {
                    let top = key.steps.first()?.0;
                    let mut steps: Vec<_> = here.steps.iter().filter(|(level, _)| *level < top).cloned().collect();
                    steps.extend(key.steps);
                    Address { steps, paragraph: None }.find(law).ok()
                }
                found => found.ok(),
            };
            return found.map(|u| (u.id.clone(), u.repealed));
        }
        None
    }
}

fn walk(unit: &Unit, above: &Address, amends: Option<&DocRef>, law: &Law, index: &Index, out: &mut Vec<Reference>) {
    let here = above.child(unit.level, unit.label.clone());
    // Below `Sửa đổi, bổ sung một số điều của Luật X` units are those of Luật X.
    let first = unit.heading.first().into_iter().chain(unit.lead.first().and_then(Block::as_text));
    let opened = first.filter(|t| t.starts_with(['S', 'B', 'T'])).find_map(|t| crate::amend::opened(&joined(t)));
    let amends = opened.as_ref().or(amends);
    let texts = unit.heading.iter().map(Some).chain(unit.lead.iter().chain(&unit.tail).map(Block::as_text));
    for (block, text) in texts.enumerate() {
        let Some(text) = text else { continue };
        for found in find(&joined(text)) {
            let this_unit = |c: &Cited| c.steps.iter().any(|(_, part)| *part == crate::cite::Part::This);
            let document = found.document.or_else(|| amends.filter(|_| !found.list.iter().any(this_unit)).cloned());
            let internal = document.is_none();
            let cite = |cited: &Cited| {
                let address = cited.resolve(&here);
                let unit = address.as_ref().filter(|_| internal).and_then(|a| index.get(a, &here, law));
                let repealed = unit.as_ref().is_some_and(|(_, repealed)| *repealed);
                let places = cited.steps.iter().zip(&cited.places);
                let places = places.filter_map(|((level, _), place)| place.map(|(a, b)| (*level, a, b))).collect();
                Cite { address, unit: unit.map(|(id, _)| id), repealed, places }
            };
            out.push(Reference {
                from: unit.id.clone(),
                words: joined(text)[found.start..found.end].to_owned(),
                block,
                start: found.start,
                end: found.end,
                units: found.list.iter().map(cite).collect(),
                document,
            });
        }
    }
    for child in &unit.children {
        walk(child, &here, amends, law, index, out);
    }
}

/// The references of a law by the unit that they cite: who cites this clause?
pub fn cited_by(references: &[Reference]) -> HashMap<Text, Vec<&Reference>> {
    let mut out: HashMap<Text, Vec<&Reference>> = HashMap::new();
    for reference in references {
        for id in reference.units.iter().filter_map(|c| c.unit.clone()) {
            out.entry(id).or_default().push(reference);
        }
    }
    out
}

/// Resolves references to other laws that are at hand: the unit's id is then that in the other law. A document is known
/// by its number, or by its whole name.
pub fn across(references: &mut [Reference], laws: &[Law]) {
    let indexes: Vec<Index> = laws.iter().map(Index::of).collect();
    for reference in references {
        let Some(document) = &reference.document else { continue };
        let known = |law: &Law| document.matches(law.meta.number.as_deref(), law.meta.title.as_deref()) == Some(true);
        let mut found = laws.iter().zip(&indexes).filter(|(law, _)| known(law));
        // Two laws of one name (an older and a newer) leave it open which is meant.
        let (Some((law, index)), None) = (found.next(), found.next()) else { continue };
        for cite in &mut reference.units {
            let unit = cite.address.as_ref().and_then(|a| index.get(a, &Address::default(), law));
            cite.repealed = unit.as_ref().is_some_and(|(_, repealed)| *repealed);
            cite.unit = unit.map(|(id, _)| id);
        }
    }
}

/// References that an amendment breaks: in the law after it they lead to a repealed unit or to none, and did not
/// before.
pub fn broken(before: &Law, after: &Law) -> Vec<Reference> {
    let lame = |r: &Reference| r.is_internal() && r.units.iter().any(|c| c.unit.is_none() || c.repealed);
    let old: Vec<Reference> = references(before).into_iter().filter(lame).collect();
    references(after)
        .into_iter()
        .filter(lame)
        .filter(|r| !old.iter().any(|o| o.from == r.from && o.words == r.words))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    const LAW: &str = "Chương I\nCHUNG\nĐiều 1. Một\n1. Theo quy định tại khoản 2 Điều này và Điều 2 của Luật này.\n2. Theo Điều 5 của Luật Ao số 2/2030/QH20, Luật Hồ và các điểm a, b khoản này.\na) x;\nb) Trừ điểm a khoản này.\nĐiều 2. Hai\nQuy định tại Chương này và Điều 9.";

    #[test]
    fn references_are_found_and_resolved_and_listed_backwards() {
        let law = parse(LAW).law;
        let found = references(&law);
        let shown: Vec<String> = found
            .iter()
            .map(|r| {
                let to: Vec<String> = r.units.iter().map(|c| c.unit.as_deref().unwrap_or("?").to_owned()).collect();
                format!(
                    "{} > {} [{}]",
                    r.words,
                    to.join(" "),
                    r.document.as_ref().map(ToString::to_string).unwrap_or_default()
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "khoản 2 Điều này và Điều 2 > art_1__para_2 art_2 []",
                "Điều 5 của Luật Ao số 2/2030/QH20 > ? [Luật Ao số 2/2030/QH20]",
                "Luật Hồ >  [Luật Hồ]",
                "các điểm a, b khoản này > art_1__para_2__point_a art_1__para_2__point_b []",
                "điểm a khoản này > art_1__para_2__point_a []",
                "Chương này và Điều 9 > chp_1 ? []",
            ]
        );
        assert_eq!(cited_by(&found)["art_1__para_2__point_a"].len(), 2);
    }

    #[test]
    fn an_amendment_that_takes_away_what_is_cited_breaks_the_reference() {
        let before = parse(LAW).law;
        let after = parse(&LAW.replace("a) x;", "a) (được bãi bỏ)")).law;
        let words: Vec<String> = broken(&before, &after).into_iter().map(|r| r.words).collect();
        assert_eq!(words, ["các điểm a, b khoản này", "điểm a khoản này"]);
    }
}
