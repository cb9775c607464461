//! Who cites a unit that an amendment touches, and whether the amendment breaks the citation.

use super::{Reference, across, references};
use crate::address::addresses;
use crate::model::{Law, Unit};
use crate::text::Text;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// What became of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Its text, or that of something in it, reads otherwise.
    Changed,
    /// Repealed.
    Repealed,
    /// No longer there.
    Gone,
}

/// A citation of a touched unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Citing {
    /// Number of the law that cites; `None` for the amended law itself.
    pub law: Option<String>,
    /// The unit that cites.
    pub from: Text,
    /// Its address.
    pub address: String,
    /// The words.
    pub words: String,
    /// The citation leads nowhere, or to a repealed unit, once the amendment holds; it did not before.
    pub broken: bool,
}

/// A unit that an amendment touches, with all who cite it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Impact {
    /// The unit.
    pub unit: Text,
    /// Its address before.
    pub address: String,
    /// What became of it.
    pub fate: Fate,
    /// Who cites it: in the law as amended, and in the other laws.
    pub cited_by: Vec<Citing>,
}

/// The cited units that differ between two states of a law, each with who cites it, in the order of the law before.
/// Units that nobody cites are left out.
pub fn impact(before: &Law, after: &Law, others: &[Law]) -> Vec<Impact> {
    let fates = fates(before, after);
    let mut cited: HashMap<Text, Vec<Citing>> = HashMap::new();
    let standing = units(after);
    let mut note = |law: Option<&Law>, from: &Reference, names: &HashMap<Text, crate::address::Address>| {
        for id in from.units.iter().filter_map(|c| c.unit.as_ref()) {
            let Some(fate) = fates.get(id) else { continue };
            let broken = *fate != Fate::Changed;
            let address = names.get(&from.from).map_or_else(String::new, ToString::to_string);
            let law = law.map(|l| l.meta.number.clone().unwrap_or_default());
            let citing = Citing { law, from: from.from.clone(), address, words: from.words.clone(), broken };
            let list = cited.entry(id.clone()).or_default();
            if !list.contains(&citing) {
                list.push(citing);
            }
        }
    };
    // A citing text counts as it stands after the amendment; where it led before, the law before tells.
    let names = addresses(before);
    let kept: Vec<Reference> = references(after);
    for reference in references(before).iter().filter(|r| r.is_internal()) {
        let stands = standing.get(&reference.from).is_some_and(|u| !u.repealed)
            && kept.iter().any(|k| k.from == reference.from && k.words == reference.words);
        if stands {
            note(None, reference, &names);
        }
    }
    for law in others {
        let mut found = references(law);
        found.retain(|r| r.document.is_some());
        across(&mut found, std::slice::from_ref(before));
        let names = addresses(law);
        found.iter().for_each(|r| note(Some(law), r, &names));
    }
    let mut out = Vec::new();
    before.visit(&mut |unit| {
        if let (Some(fate), Some(cited_by)) = (fates.get(&unit.id), cited.remove(&unit.id)) {
            let address = names.get(&unit.id).map_or_else(String::new, ToString::to_string);
            out.push(Impact { unit: unit.id.clone(), address, fate: *fate, cited_by });
        }
    });
    out
}

fn units(law: &Law) -> HashMap<Text, &Unit> {
    let mut out = HashMap::new();
    law.visit(&mut |u| {
        out.insert(u.id.clone(), u);
    });
    out
}

fn fates(before: &Law, after: &Law) -> BTreeMap<Text, Fate> {
    let later = units(after);
    let mut out = BTreeMap::new();
    before.visit(&mut |unit| {
        let fate = match later.get(&unit.id) {
            None => Some(Fate::Gone),
            Some(now) if now.repealed && !unit.repealed => Some(Fate::Repealed),
            Some(now) if !now.same_text(unit) => Some(Fate::Changed),
            Some(_) => None,
        };
        if let Some(fate) = fate {
            out.insert(unit.id.clone(), fate);
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    #[test]
    fn a_touched_clause_tells_who_cites_it_and_what_breaks() {
        let text = "Luật số: 1/2030/QH20\nLUẬT\nAO\nĐiều 1. Một\n1. Ao.\n2. Cá.\n3. Tôm.\nĐiều 2. Hai\nTheo khoản 1 và khoản 2 Điều 1.";
        let before = parse(text).law;
        let after = parse(
            &text.replace("1. Ao.", "1. Hồ.").replace("2. Cá.", "2. (được bãi bỏ)").replace("3. Tôm.", "3. Cua."),
        )
        .law;
        let other =
            parse("Luật số: 2/2031/QH20\nLUẬT\nHỒ\nĐiều 1. Một\nTheo khoản 2 Điều 1 của Luật Ao số 1/2030/QH20.").law;
        let got = impact(&before, &after, &[other]);
        let shown: Vec<_> = got
            .iter()
            .map(|i| {
                (
                    i.address.as_str(),
                    i.fate,
                    i.cited_by.iter().map(|c| (c.law.as_deref(), c.broken)).collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("khoản 1 Điều 1", Fate::Changed, vec![(None, false)]),
                ("khoản 2 Điều 1", Fate::Repealed, vec![(None, true), (Some("2/2031/QH20"), true)]),
            ]
        );
    }
}
