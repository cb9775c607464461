//! The tree of a law.
//!
//! The tree keeps every character of the normalised text: [`Law::text`] gives it back. Akoma Ntoso is import and
//! export, never the model. A unit's [`Unit::id`] is given once and stays, whatever becomes of its label or text.

use crate::label::{Label, Level};
use crate::text::Text;
use kernel::time::Day;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a repealed unit keeps beside its number (Pháp lệnh 01/2012/UBTVQH13).
pub const REPEALED: &str = "(được bãi bỏ)";

/// A law, code, ordinance or resolution.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Law {
    /// What the first lines say about it.
    pub meta: Meta,
    /// The lines before the first unit: state name, number, place and date, title, legal bases, enacting words.
    pub front: Vec<Text>,
    /// Phần, Chương or Điều, whichever the law begins with.
    pub units: Vec<Unit>,
    /// The lines after the last unit: adoption formula, signature.
    pub back: Vec<Text>,
}

/// What a document is, as read from its first lines. What could not be read is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// `Luật`, `Bộ luật`, `Pháp lệnh`, `Nghị quyết`, `Hiến pháp`.
    pub kind: Option<String>,
    /// `36/2005/QH11`.
    pub number: Option<String>,
    /// Without the kind: `Thương mại`.
    pub title: Option<String>,
    /// The day of issue.
    pub issued: Option<Day>,
    /// The day from which it is in force, when its effect clause gives one for the whole.
    pub in_force: Option<Day>,
}

impl Meta {
    /// `Luật Thương mại số 36/2005/QH11`, as far as known.
    pub fn name(&self) -> String {
        let kind = self.kind.as_deref().unwrap_or("Luật");
        let mut out = match &self.title {
            Some(title) => format!("{kind} {title}"),
            None => kind.to_owned(),
        };
        if let Some(number) = &self.number {
            out.push_str(" số ");
            out.push_str(number);
        }
        out
    }
}

/// A block of text inside a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// A paragraph. A `\n` inside is a soft break: the publisher broke the line, not the drafter.
    Text(Text),
    /// Text that an amending law quotes, line by line, quotation marks included.
    Quoted(Vec<Text>),
    /// A table: rows of cells. As text, each row is `| a | b |`.
    Table(Vec<Vec<Text>>),
}

impl Block {
    /// A paragraph.
    pub fn text(text: impl Into<Text>) -> Block {
        Block::Text(text.into())
    }
    /// Writes the block as lines, the last without its end.
    pub fn write(&self, out: &mut String) {
        match self {
            Block::Text(t) => out.push_str(t),
            Block::Quoted(lines) => join_lines(lines.iter().map(|l| &**l), out),
            Block::Table(rows) => join_lines(rows.iter().map(|r| row_text(r)), out),
        }
    }
    /// The paragraph, when it is one.
    pub fn as_text(&self) -> Option<&Text> {
        if let Block::Text(t) = self { Some(t) } else { None }
    }
}

pub(crate) fn row_text(cells: &[Text]) -> String {
    format!("| {} |", cells.join(" | "))
}

fn join_lines<S: AsRef<str>>(lines: impl Iterator<Item = S>, out: &mut String) {
    for (i, line) in lines.enumerate() {
        if i > 0 {
            out.push('\n');
        }
        out.push_str(line.as_ref());
    }
}

/// Where the present text of a unit comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The number of the amending document: `44/2019/QH14`.
    pub document: String,
    /// Its name: `Luật Phòng, chống tác hại của rượu, bia số 44/2019/QH14`.
    pub name: String,
    /// The provision that commands it: `điểm a khoản 3 Điều 35`.
    pub provision: String,
    /// From which day; `None` when the document does not say.
    pub in_force: Option<Day>,
    /// What was done, in the words of a footnote ([`crate::command::Action::done`]).
    pub done: String,
}

/// One unit of the law.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Permanent id, unique in the law: `art_5__para_2__point_dd`; a second one of that name ends in `-2`.
    pub id: Text,
    /// The level.
    pub level: Level,
    /// The label.
    pub label: Label,
    /// The label as printed, with what stands between it and the text: `Điều 5. `, `1. `, `Chương II`.
    pub marker: Text,
    /// The lines of the heading; none for clauses and points.
    pub heading: Vec<Text>,
    /// Whether the heading's first line stands beside the marker; else below it.
    pub beside: bool,
    /// The text before the first child. Of a clause or point, the first block stands beside the marker.
    pub lead: Vec<Block>,
    /// The units in it.
    pub children: Vec<Unit>,
    /// The text after the last child (wrap-up).
    pub tail: Vec<Block>,
    /// Repealed: only the number and `(được bãi bỏ)` stand.
    pub repealed: bool,
    /// The amendments that made the present text, oldest first; empty for original text.
    pub origin: Vec<Arc<Provenance>>,
}

impl Unit {
    /// An empty unit with the marker that its level has in new laws.
    pub fn new(level: Level, label: Label) -> Unit {
        let marker = match level {
            Level::Article => format!("Điều {label}. "),
            Level::Clause => format!("{label}. "),
            Level::Point => format!("{label}) "),
            Level::Section | Level::Subsection => format!("{} {label}. ", level.word()),
            Level::Part | Level::Chapter => format!("{} {}", level.word(), label.shown(level)),
        };
        let beside = !matches!(level, Level::Part | Level::Chapter);
        Unit {
            id: "".into(),
            level,
            label,
            marker: marker.into(),
            heading: Vec::new(),
            beside,
            lead: Vec::new(),
            children: Vec::new(),
            tail: Vec::new(),
            repealed: false,
            origin: Vec::new(),
        }
    }

    /// The heading on one line.
    pub fn title(&self) -> String {
        self.heading.iter().map(|l| crate::text::joined(l)).collect::<Vec<_>>().join(" ")
    }

    /// Writes the unit with all that it holds, without a last line end.
    pub fn write(&self, out: &mut String) {
        out.push_str(&self.marker);
        let mut first = true;
        let mut line = |out: &mut String, beside: bool| {
            if !(std::mem::take(&mut first) && beside) {
                trim_end(out);
                out.push('\n');
            }
        };
        let inline = self.level >= Level::Clause || self.beside;
        for heading in &self.heading {
            line(out, inline);
            out.push_str(heading);
        }
        for block in &self.lead {
            line(out, self.level >= Level::Clause);
            block.write(out);
        }
        for child in &self.children {
            line(out, false);
            child.write(out);
        }
        for block in &self.tail {
            line(out, false);
            block.write(out);
        }
        trim_end(out);
    }

    /// The unit as text, marker included.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// What stands below the marker and heading: the form in which articles are exchanged in rows.
    pub fn body_text(&self) -> String {
        let mut out = String::new();
        for block in &self.lead {
            block.write(&mut out);
            out.push('\n');
        }
        for child in &self.children {
            child.write(&mut out);
            out.push('\n');
        }
        for block in &self.tail {
            block.write(&mut out);
            out.push('\n');
        }
        out.truncate(out.trim_end().len());
        out
    }

    /// Calls `f` on the unit and all in it, in the order of the text.
    pub fn visit<'a>(&'a self, f: &mut impl FnMut(&'a Unit)) {
        f(self);
        for child in &self.children {
            child.visit(f);
        }
    }

    /// Calls `f` on the unit and all in it.
    pub fn visit_mut(&mut self, f: &mut impl FnMut(&mut Unit)) {
        f(self);
        for child in &mut self.children {
            child.visit_mut(f);
        }
    }

    /// The same text, label and structure, whoever made it: ids and provenance apart.
    pub fn same_text(&self, other: &Unit) -> bool {
        self.level == other.level
            && self.label == other.label
            && self.marker.trim_end() == other.marker.trim_end()
            && self.heading == other.heading
            && self.lead == other.lead
            && self.tail == other.tail
            && self.children.len() == other.children.len()
            && self.children.iter().zip(&other.children).all(|(a, b)| a.same_text(b))
    }

    /// Empties the unit and marks it as repealed.
    pub fn repeal(&mut self) {
        self.heading.clear();
        self.lead.clear();
        self.children.clear();
        self.tail.clear();
        self.repealed = true;
        if !self.marker.ends_with(' ') && (self.level >= Level::Clause || self.beside) {
            self.marker = format!("{} ", self.marker).into();
        }
        match self.level {
            Level::Clause | Level::Point => self.lead.push(Block::text(REPEALED)),
            _ => self.heading.push(REPEALED.into()),
        }
    }
}

fn trim_end(out: &mut String) {
    while out.ends_with(' ') {
        out.pop();
    }
}

impl Law {
    /// The whole text, normalised: exactly what was parsed, when nothing was amended.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for line in &self.front {
            out.push_str(line);
            out.push('\n');
        }
        for unit in &self.units {
            unit.write(&mut out);
            out.push('\n');
        }
        for line in &self.back {
            out.push_str(line);
            out.push('\n');
        }
        out.truncate(out.trim_end_matches('\n').len());
        out
    }

    /// Calls `f` on every unit in the order of the text.
    pub fn visit<'a>(&'a self, f: &mut impl FnMut(&'a Unit)) {
        for unit in &self.units {
            unit.visit(f);
        }
    }

    /// Calls `f` on every unit.
    pub fn visit_mut(&mut self, f: &mut impl FnMut(&mut Unit)) {
        for unit in &mut self.units {
            unit.visit_mut(f);
        }
    }

    /// All articles, in order.
    pub fn articles(&self) -> Vec<&Unit> {
        fn walk<'a>(units: &'a [Unit], out: &mut Vec<&'a Unit>) {
            for unit in units {
                if unit.level == Level::Article { out.push(unit) } else { walk(&unit.children, out) }
            }
        }
        let mut out = Vec::new();
        walk(&self.units, &mut out);
        out
    }

    /// The legal bases (`Căn cứ …`) of the preamble.
    pub fn bases(&self) -> Vec<&str> {
        self.front.iter().map(|l| &**l).filter(|l| l.starts_with("Căn cứ ") || l.starts_with("Theo đề nghị")).collect()
    }

    /// The outline: one line per unit down to articles, indented by level.
    pub fn outline(&self) -> String {
        fn walk(units: &[Unit], depth: usize, out: &mut String) {
            for unit in units.iter().filter(|u| u.level <= Level::Article) {
                out.push_str(&"  ".repeat(depth));
                out.push_str(unit.marker.trim_end());
                out.push(' ');
                out.push_str(&unit.title());
                trim_end(out);
                out.push('\n');
                walk(&unit.children, depth + 1, out);
            }
        }
        let mut out = String::new();
        walk(&self.units, 0, &mut out);
        out
    }

    /// Gives an id to every unit that has none; ids that stand are kept. Deterministic.
    pub fn name_units(&mut self) {
        let mut unnamed = false;
        self.visit(&mut |u| unnamed |= u.id.is_empty());
        if !unnamed {
            return;
        }
        let mut taken = std::collections::HashSet::new();
        self.visit(&mut |u| {
            if !u.id.is_empty() {
                taken.insert(u.id.clone());
            }
        });
        fn walk(units: &mut [Unit], parent: &str, taken: &mut std::collections::HashSet<Text>) {
            for unit in units {
                if unit.id.is_empty() {
                    let own = format!("{}_{}", unit.level.eid(), unit.label.eid());
                    let base = match unit.level {
                        Level::Article => own,
                        _ if parent.is_empty() => own,
                        _ => format!("{parent}__{own}"),
                    };
                    let mut id: Text = base.as_str().into();
                    let mut n = 1;
                    while taken.contains(&id) {
                        n += 1;
                        id = format!("{base}-{n}").into();
                    }
                    taken.insert(id.clone());
                    unit.id = id;
                }
                let id = unit.id.clone();
                walk(&mut unit.children, &id, taken);
            }
        }
        walk(&mut self.units, "", &mut taken);
    }
}
