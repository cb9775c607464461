//! Where in a law: `điểm a khoản 2 Điều 5`, `đoạn 2 khoản 1 Điều 270`, `Chương V`.

use crate::label::{Label, Level};
use crate::model::{Law, Unit};
use serde::{Deserialize, Serialize};

/// An address inside one law: steps from the largest level to the smallest, and maybe a paragraph of the last unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The steps, the largest level first. Articles need nothing above them: their numbering is one sequence.
    pub steps: Vec<(Level, Label)>,
    /// An unnumbered paragraph of the unit.
    pub paragraph: Option<Paragraph>,
}

/// An unnumbered paragraph of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Paragraph {
    /// `đoạn 2`, counted from 1.
    Nth(usize),
    /// `đoạn mở đầu`, `đoạn đầu`: what stands before the first clause or point.
    Opening,
    /// `đoạn cuối`.
    Last,
}

/// Why an address leads to no single unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// No such unit.
    #[error("{0} does not exist in the law")]
    Missing(Address),
    /// Two units answer to it (a number printed twice).
    #[error("{0} exists {1} times in the law")]
    Ambiguous(Address, usize),
}

impl Address {
    /// The address of an article.
    pub fn article(label: Label) -> Address {
        Address { steps: vec![(Level::Article, label)], paragraph: None }
    }
    /// With one more step below.
    #[must_use]
    pub fn child(&self, level: Level, label: Label) -> Address {
        let mut steps = self.steps.clone();
        steps.push((level, label));
        Address { steps, paragraph: None }
    }
    /// The label at a level.
    pub fn at(&self, level: Level) -> Option<&Label> {
        self.steps.iter().find(|(l, _)| *l == level).map(|(_, label)| label)
    }
    /// The smallest level that it names.
    pub fn level(&self) -> Option<Level> {
        self.steps.last().map(|(level, _)| *level)
    }
    /// The address of the unit above.
    pub fn parent(&self) -> Address {
        let mut steps = self.steps.clone();
        steps.pop();
        Address { steps, paragraph: None }
    }
    /// Whether the other address is this one or inside it.
    pub fn covers(&self, other: &Address) -> bool {
        self.steps.iter().all(|(level, label)| other.at(*level) == Some(label))
    }

    /// The one unit at the address.
    ///
    /// # Errors
    /// [`Lost`] when there is none, or more than one.
    pub fn find<'a>(&self, law: &'a Law) -> Result<&'a Unit, Lost> {
        let path = self.path(law)?;
        let mut unit = &law.units[path[0]];
        for &i in &path[1..] {
            unit = &unit.children[i];
        }
        Ok(unit)
    }

    /// The one unit at the address, to change it.
    ///
    /// # Errors
    /// As [`Address::find`].
    pub fn find_mut<'a>(&self, law: &'a mut Law) -> Result<&'a mut Unit, Lost> {
        let path = self.path(law)?;
        let mut unit = &mut law.units[path[0]];
        for &i in &path[1..] {
            unit = &mut unit.children[i];
        }
        Ok(unit)
    }

    /// Indexes from the law's units down to the unit.
    ///
    /// # Errors
    /// As [`Address::find`].
    pub fn path(&self, law: &Law) -> Result<Vec<usize>, Lost> {
        let mut found = Vec::new();
        if !self.steps.is_empty() {
            search(&law.units, &self.steps, &mut Vec::new(), &mut found);
        }
        match found.len() {
            0 => Err(Lost::Missing(self.clone())),
            1 => Ok(found.swap_remove(0)),
            n => Err(Lost::Ambiguous(self.clone(), n)),
        }
    }
}

/// Finds units that match the steps; levels that the steps leave out are searched through.
fn search(units: &[Unit], steps: &[(Level, Label)], path: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
    let Some(((level, label), rest)) = steps.split_first() else { return };
    for (i, unit) in units.iter().enumerate() {
        path.push(i);
        if unit.level == *level {
            if unit.label == *label {
                if rest.is_empty() { found.push(path.clone()) } else { search(&unit.children, rest, path, found) }
            }
        } else if unit.level < *level && unit.level.is_container() {
            search(&unit.children, steps, path, found);
        }
        path.pop();
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.paragraph {
            Some(Paragraph::Nth(n)) => write!(f, "đoạn {n} ")?,
            Some(Paragraph::Opening) => write!(f, "đoạn mở đầu ")?,
            Some(Paragraph::Last) => write!(f, "đoạn cuối ")?,
            None => {}
        }
        for (i, (level, label)) in self.steps.iter().rev().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{} {}", level.word(), label.shown(*level))?;
        }
        Ok(())
    }
}

/// The address of every unit by its id.
pub fn addresses(law: &Law) -> std::collections::HashMap<crate::text::Text, Address> {
    fn walk(units: &[Unit], above: &Address, out: &mut std::collections::HashMap<crate::text::Text, Address>) {
        for unit in units {
            let here = match unit.level {
                Level::Article => Address::article(unit.label.clone()),
                level => above.child(level, unit.label.clone()),
            };
            out.insert(unit.id.clone(), here.clone());
            walk(&unit.children, &here, out);
        }
    }
    let mut out = std::collections::HashMap::new();
    walk(&law.units, &Address::default(), &mut out);
    out
}
