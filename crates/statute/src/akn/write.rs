//! The writer.

use super::meta::History;
use super::uri::Uri;
use crate::address::Address;
use crate::consolidate::Consolidated;
use crate::label::Level;
use crate::model::{Block, Law, Unit};
use crate::refs::{Reference, references};
use crate::text::Text;
use kernel::time::Day;
use std::collections::HashMap;
use std::fmt::Write as _;

/// What stage a document is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Passed.
    #[default]
    Act,
    /// A draft before the Assembly.
    Bill,
}

/// What the writer is told beside the law.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Act or bill.
    pub kind: Kind,
    /// The day as of which the text stands; of the law's issue when not given.
    pub as_of: Option<Day>,
    /// What was amended, for the passive modifications and the life cycle.
    pub consolidated: Option<&'a Consolidated>,
}

/// Writes the law as an Akoma Ntoso document.
pub fn write(law: &Law, options: &Options) -> String {
    let references = references(law);
    let mut by_text: HashMap<(Text, usize), Vec<&Reference>> = HashMap::new();
    for reference in &references {
        by_text.entry((reference.from.clone(), reference.block)).or_default().push(reference);
    }
    let history = History::of(law, options);
    let mut w = Writer {
        out: String::with_capacity(law.text().len() * 2),
        uri: Uri::of(&law.meta),
        refs: by_text,
        mods: 0,
        periods: history.periods(law),
    };
    w.document(law, options, &history);
    w.out
}

struct Writer<'a> {
    out: String,
    uri: Uri,
    refs: HashMap<(Text, usize), Vec<&'a Reference>>,
    mods: usize,
    /// The time in which a unit's text holds, by unit id; a unit without one has that of the unit around it.
    periods: HashMap<Text, String>,
}

pub(super) fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn document(&mut self, law: &Law, options: &Options, history: &History) {
        let tag = if options.kind == Kind::Bill { "bill" } else { "act" };
        let amended = options.consolidated.is_some_and(|c| !c.applied.is_empty());
        let contains = if amended { "singleVersion" } else { "originalVersion" };
        self.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        self.line("<akomaNtoso xmlns=\"http://docs.oasis-open.org/legaldocml/ns/akn/3.0\">");
        let name = if options.kind == Kind::Bill { "du-thao" } else { "luat" };
        self.line(&format!("<{tag} name=\"{name}\" contains=\"{contains}\">"));
        super::meta::write(&mut self.out, law, options, history, &self.uri);
        self.front(law);
        self.line("<body>");
        match law.units.is_empty() {
            true => self.line("<hcontainer eId=\"hcontainer_1\" name=\"empty\"><content><p/></content></hcontainer>"),
            false => law.units.iter().for_each(|u| self.unit(u, &u.id.clone())),
        }
        self.line("</body>");
        if !law.back.is_empty() {
            self.line("<conclusions>");
            law.back.iter().for_each(|l| self.paragraph(l));
            self.line("</conclusions>");
        }
        self.line(&format!("</{tag}>"));
        self.line("</akomaNtoso>");
    }

    /// Lines before the first unit: the legal bases and enacting words are the preamble, the rest is the preface.
    fn front(&mut self, law: &Law) {
        let basis = |l: &Text| l.starts_with("Căn cứ ") || l.starts_with("Theo đề nghị ") || l.starts_with("Để ");
        let start = law.front.iter().position(basis).unwrap_or(law.front.len());
        let (preface, preamble) = law.front.split_at(start);
        if !preface.is_empty() {
            self.line("<preface>");
            preface.iter().for_each(|l| self.paragraph(l));
            self.line("</preface>");
        }
        if preamble.is_empty() {
            return;
        }
        self.line("<preamble>");
        let bases = preamble.iter().take_while(|l| basis(l)).count();
        self.line("<citations>");
        for (i, line) in preamble[..bases].iter().enumerate() {
            let _ = write!(self.out, "<citation eId=\"cit_{}\">", i + 1);
            self.paragraph(line);
            self.line("</citation>");
        }
        self.line("</citations>");
        preamble[bases..].iter().for_each(|l| self.paragraph(l));
        self.line("</preamble>");
    }

    fn paragraph(&mut self, text: &str) {
        self.out.push_str("<p>");
        self.inline(text);
        self.line("</p>");
    }

    fn inline(&mut self, text: &str) {
        for (i, part) in text.split('\n').enumerate() {
            if i > 0 {
                self.out.push_str("<eol/>");
            }
            self.out.push_str(&escape(part));
        }
    }

    fn unit(&mut self, unit: &Unit, id: &str) {
        let tag = tag(unit.level);
        let _ = write!(self.out, "<{tag} eId=\"{id}\"");
        if unit.repealed {
            self.out.push_str(" status=\"removed\"");
        }
        if let Some(period) = self.periods.get(&unit.id) {
            let _ = write!(self.out, " period=\"#{period}\"");
        }
        self.out.push('>');
        // How the publisher set the line: a blank after the number or none, the heading beside it or below.
        let class = if unit.marker.ends_with(' ') { "" } else { " class=\"tight\"" };
        let _ = write!(self.out, "<num{class}>{}</num>", escape(unit.marker.trim_end()));
        if !unit.heading.is_empty() {
            self.out.push_str(if unit.beside { "<heading>" } else { "<heading class=\"below\">" });
            for (i, line) in unit.heading.iter().enumerate() {
                if i > 0 {
                    self.out.push_str("<eol/>");
                }
                self.linked(line, &(unit.id.clone(), i));
            }
            self.out.push_str("</heading>");
        }
        self.out.push('\n');
        let shift = unit.heading.len();
        if unit.children.is_empty() {
            self.out.push_str("<content>");
            let blocks = unit.lead.iter().chain(&unit.tail);
            let mut any = false;
            for (i, block) in blocks.enumerate() {
                any = true;
                self.block(block, &unit.id, shift + i, id);
            }
            if !any {
                self.out.push_str("<p/>");
            }
            self.line("</content>");
        } else {
            self.wrapped("intro", &unit.lead, unit, shift, id);
            for child in &unit.children {
                let child_id = match id == &*unit.id {
                    true => child.id.to_string(),
                    false => format!("{id}__{}", own_id(child)),
                };
                self.unit(child, &child_id);
            }
            self.wrapped("wrapUp", &unit.tail, unit, shift + unit.lead.len(), id);
        }
        self.line(&format!("</{tag}>"));
    }

    fn wrapped(&mut self, tag: &str, blocks: &[Block], unit: &Unit, first: usize, id: &str) {
        if blocks.is_empty() {
            return;
        }
        let _ = write!(self.out, "<{tag}>");
        for (i, block) in blocks.iter().enumerate() {
            self.block(block, &unit.id, first + i, id);
        }
        self.line(&format!("</{tag}>"));
    }

    fn block(&mut self, block: &Block, unit: &Text, nth: usize, id: &str) {
        match block {
            Block::Text(text) => {
                self.out.push_str("<p>");
                self.linked(text, &(unit.clone(), nth));
                self.line("</p>");
            }
            Block::Quoted(lines) => self.quoted(lines, id),
            Block::Table(rows) => {
                self.out.push_str("<table>");
                for row in rows {
                    self.out.push_str("<tr>");
                    for cell in row {
                        let _ = write!(self.out, "<td><p>{}</p></td>", escape(cell));
                    }
                    self.out.push_str("</tr>");
                }
                self.line("</table>");
            }
        }
    }

    /// Quoted text of an amending law, line by line, inside the modification that it belongs to.
    fn quoted(&mut self, lines: &[Text], id: &str) {
        self.mods += 1;
        let mod_id = mod_id(id, self.mods);
        let _ = write!(self.out, "<p><mod eId=\"{mod_id}\"><quotedStructure eId=\"{mod_id}__qstr_1\">");
        lines.iter().for_each(|l| self.paragraph(l));
        self.line("</quotedStructure></mod></p>");
    }

    /// A text with its references as links.
    fn linked(&mut self, text: &Text, key: &(Text, usize)) {
        let Some(found) = self.refs.get(key).cloned() else { return self.inline(text) };
        let mut from = 0;
        for reference in found {
            let Some(href) = self.href(reference) else { continue };
            if reference.start < from {
                continue;
            }
            self.inline(&text[from..reference.start]);
            let _ = write!(self.out, "<ref href=\"{}\">", escape(&href));
            self.inline(&text[reference.start..reference.end]);
            self.out.push_str("</ref>");
            from = reference.end;
        }
        self.inline(&text[from..]);
    }

    fn href(&self, reference: &Reference) -> Option<String> {
        let address: Option<&Address> = reference.units.first().and_then(|c| c.address.as_ref());
        match &reference.document {
            Some(document) => {
                let uri = Uri::of_cited(document)?;
                Some(address.map_or_else(|| uri.work(), |a| uri.unit(a)))
            }
            None => reference.units.first()?.unit.as_ref().map(|id| format!("{}/!main~{id}", self.uri.work())),
        }
    }
}

/// The id of the `nth` modification of the document, which stands in the unit.
pub(super) fn mod_id(unit: &str, nth: usize) -> String {
    format!("{unit}__mod_{nth}")
}

fn own_id(unit: &Unit) -> String {
    format!("{}_{}", unit.level.eid(), unit.label.eid())
}

pub(super) fn tag(level: Level) -> &'static str {
    match level {
        Level::Part => "part",
        Level::Chapter => "chapter",
        Level::Section => "section",
        Level::Subsection => "subsection",
        Level::Article => "article",
        Level::Clause => "paragraph",
        Level::Point => "point",
    }
}
