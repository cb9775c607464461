//! A simple BPMN 2.0 file read as the draft of a procedure.
//!
//! Understood: one process with one start event, tasks, exclusive gateways, end events, sequence flows; lanes, whose
//! names give owners where they can be matched. Everything else is refused by name, so that no part of a drawing is lost
//! unseen. The draft is TOML like any procedure; what BPMN does not say (legal basis, English names, owners that match no
//! lane) stands in it as words to be replaced, and the checker tells what is still missing.
//!
//! The file comes from outside: no document types, no entities but those of XML, bounded in size, depth and elements.

use crate::{model::Work, references::References};
use kernel::{Day, text};
use quick_xml::{
    events::{BytesStart, Event},
    reader::Reader,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Most bytes of a file.
pub const MAX_BYTES: usize = 2 << 20;
/// Deepest nesting.
pub const MAX_DEPTH: usize = 40;
/// Most flow elements of a process.
pub const MAX_NODES: usize = 300;

/// Why a file is not taken, with the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}; {mend}")]
pub struct NotUnderstood {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Start,
    Task,
    Gateway,
    End,
}

#[derive(Debug)]
struct Node {
    kind: Kind,
    name: String,
    line: usize,
    default: Option<String>,
}

#[derive(Debug)]
struct Flow {
    id: String,
    name: String,
    from: String,
    to: String,
    line: usize,
}

#[derive(Debug, Default)]
struct Drawing {
    name: String,
    order: Vec<String>,
    nodes: BTreeMap<String, Node>,
    flows: Vec<Flow>,
    /// The lane of each element.
    lanes: BTreeMap<String, String>,
    processes: usize,
}

/// Reads a file and writes the draft: TOML with the id, version 1, in this field of work, valid from that day.
///
/// # Errors
/// [`NotUnderstood`]: the first thing that is wrong or not understood.
pub fn import(
    xml: &[u8],
    id: &str,
    field: Work,
    valid_from: Day,
    references: &References,
) -> Result<String, NotUnderstood> {
    let drawing = read(xml)?;
    Draft { drawing: &drawing, references, keys: BTreeMap::new() }.write(id, field, valid_from)
}

fn wrong(line: usize, what: impl Into<String>, mend: impl Into<String>) -> NotUnderstood {
    NotUnderstood { line, what: what.into(), mend: mend.into() }
}

fn read(xml: &[u8]) -> Result<Drawing, NotUnderstood> {
    if xml.len() > MAX_BYTES {
        let what = format!("the file has {} bytes", xml.len());
        return Err(wrong(1, what, format!("a drawing has at most {MAX_BYTES} bytes; split it into sub-cases")));
    }
    let text = std::str::from_utf8(xml).map_err(|_| wrong(1, "the file is not UTF-8", "save it as UTF-8"))?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut scan = Scan { text, drawing: Drawing::default(), open: Vec::new(), lane: None, words: None };
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(0);
        match reader.read_event() {
            Ok(Event::Start(element)) => scan.start(&element, at)?,
            Ok(Event::End(_)) => scan.end(),
            Ok(Event::Text(words)) => scan.words(&words),
            Ok(Event::DocType(_)) => {
                let mend = "remove the DOCTYPE: document types and entities are not read";
                return Err(wrong(line_at(text, at), "the file declares a document type", mend));
            }
            Ok(Event::GeneralRef(entity)) => {
                let name: &str = &entity;
                if !matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") && !name.starts_with('#') {
                    let what = format!("the file uses the entity &{name};");
                    return Err(wrong(line_at(text, at), what, "write the text itself"));
                }
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(why) => {
                let at = usize::try_from(reader.error_position()).unwrap_or(at);
                return Err(wrong(
                    line_at(text, at),
                    format!("the file is not XML: {why}"),
                    "save it again with a BPMN tool",
                ));
            }
        }
    }
    if !scan.open.is_empty() {
        return Err(wrong(line_at(text, text.len()), "the file ends in the middle", "save it again with a BPMN tool"));
    }
    if scan.drawing.processes == 0 {
        return Err(wrong(1, "there is no process in the file", "save the drawing as BPMN 2.0 XML"));
    }
    Ok(scan.drawing)
}

fn line_at(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1
}

struct Scan<'a> {
    text: &'a str,
    drawing: Drawing,
    /// Local names of the open elements; whether their insides are read.
    open: Vec<(String, bool)>,
    lane: Option<String>,
    /// The text of a `flowNodeRef`.
    words: Option<String>,
}

/// Parts of BPMN that say nothing about the order of work: read over with all that is in them.
const BESIDE: [&str; 14] = [
    "BPMNDiagram",
    "documentation",
    "extensionElements",
    "incoming",
    "outgoing",
    "conditionExpression",
    "collaboration",
    "textAnnotation",
    "association",
    "ioSpecification",
    "property",
    "laneSetExtension",
    "import",
    "group",
];

impl Scan<'_> {
    fn start(&mut self, element: &BytesStart<'_>, at: usize) -> Result<(), NotUnderstood> {
        let local = element.local_name().as_ref().to_owned();
        let line = line_at(self.text, at + 1);
        if self.open.len() >= MAX_DEPTH {
            return Err(wrong(line, format!("elements stand deeper than {MAX_DEPTH} levels"), "draw it flat"));
        }
        let reads = self.open.last().is_none_or(|(_, reads)| *reads) && !BESIDE.contains(&local.as_str());
        if reads {
            self.element(&local, element, line)?;
        }
        self.open.push((local, reads));
        Ok(())
    }

    fn element(&mut self, local: &str, element: &BytesStart<'_>, line: usize) -> Result<(), NotUnderstood> {
        let get = |name: &str| attribute(element, name, line);
        let kind = match local {
            "definitions" | "laneSet" => return Ok(()),
            "process" => {
                self.drawing.processes += 1;
                if self.drawing.processes > 1 {
                    return Err(wrong(line, "there are several processes", "import one process at a time"));
                }
                self.drawing.name = get("name")?.unwrap_or_default();
                return Ok(());
            }
            "lane" => {
                self.lane = Some(get("name")?.unwrap_or_default());
                return Ok(());
            }
            "flowNodeRef" => {
                self.words = Some(String::new());
                return Ok(());
            }
            "sequenceFlow" => {
                let need = |name: &str| {
                    get(name)?.ok_or_else(|| wrong(line, format!("a flow has no {name}"), "draw it again"))
                };
                let flow = Flow {
                    id: get("id")?.unwrap_or_default(),
                    name: get("name")?.unwrap_or_default(),
                    from: need("sourceRef")?,
                    to: need("targetRef")?,
                    line,
                };
                if self.drawing.flows.len() >= MAX_NODES * 4 {
                    return Err(wrong(line, "there are too many flows", "split the drawing into sub-cases"));
                }
                self.drawing.flows.push(flow);
                return Ok(());
            }
            "startEvent" => Kind::Start,
            "endEvent" => Kind::End,
            "exclusiveGateway" => Kind::Gateway,
            "userTask" | "task" | "manualTask" => Kind::Task,
            other => {
                let mend =
                    "use a start, tasks, exclusive gateways, ends and flows; declare the rest in the text of the draft";
                return Err(wrong(line, format!("{other:?} is not understood"), mend));
            }
        };
        if self.drawing.order.len() >= MAX_NODES {
            return Err(wrong(
                line,
                format!("there are more than {MAX_NODES} elements"),
                "split the drawing into sub-cases",
            ));
        }
        let id = get("id")?.ok_or_else(|| wrong(line, format!("a {local} has no id"), "draw it again"))?;
        let node = Node { kind, name: get("name")?.unwrap_or_default(), line, default: get("default")? };
        if self.drawing.nodes.insert(id.clone(), node).is_some() {
            return Err(wrong(line, format!("the id {id:?} is there twice"), "give each element its own id"));
        }
        self.drawing.order.push(id);
        Ok(())
    }

    fn words(&mut self, text: &str) {
        if let Some(words) = &mut self.words {
            words.push_str(text);
        }
    }

    fn end(&mut self) {
        match self.open.pop().as_ref().map(|(name, _)| name.as_str()) {
            Some("flowNodeRef") => {
                if let (Some(id), Some(lane)) = (self.words.take(), &self.lane) {
                    self.drawing.lanes.insert(id.trim().to_owned(), lane.clone());
                }
            }
            Some("lane") => self.lane = None,
            _ => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str, line: usize) -> Result<Option<String>, NotUnderstood> {
    for found in element.attributes() {
        let found = found.map_err(|why| wrong(line, format!("an attribute is broken: {why}"), "save it again"))?;
        if found.key.as_ref() == name {
            let raw: &str = &found.value;
            let value = quick_xml::escape::unescape(raw)
                .map_err(|_| wrong(line, format!("{name} uses an unknown entity"), "write the text itself"))?;
            let value: String = value.split_whitespace().collect::<Vec<_>>().join(" ");
            return Ok(Some(text::nfc(&value).chars().take(300).collect()));
        }
    }
    Ok(None)
}

/// From the drawing to TOML.
struct Draft<'a> {
    drawing: &'a Drawing,
    references: &'a References,
    keys: BTreeMap<&'a str, String>,
}

/// A way on from a task: over gateways to the next task or end, with the names of the flows on it.
struct Onward<'a> {
    to: &'a str,
    name: String,
    default: bool,
}

impl<'a> Draft<'a> {
    fn write(mut self, id: &str, field: Work, valid_from: Day) -> Result<String, NotUnderstood> {
        let first = self.first()?;
        let order = self.reading_order(first)?;
        self.name_keys(&order);
        let title = if self.drawing.name.is_empty() { "Quy trình mới" } else { &self.drawing.name };
        let mut out = String::new();
        let _ = writeln!(
            out,
            "# Đọc từ tệp BPMN. Cần bổ sung: căn cứ pháp lý, tên tiếng Anh, người thực hiện, thời hạn.\n\
             id = {}\nversion = 1\nfield = {}\ntitle = {}\nsummary = {}\nbasis = [\"Chưa ghi căn cứ\"]\nvalid-from = \"{valid_from}\"\nverified = false",
            quoted(id),
            quoted(field.code()),
            both(title),
            both(title)
        );
        for node in order {
            self.step(&mut out, node)?;
        }
        Ok(out)
    }

    fn node(&self, id: &str) -> Option<&'a Node> {
        self.drawing.nodes.get(id)
    }

    /// The task at which the start leads.
    fn first(&self) -> Result<&'a str, NotUnderstood> {
        let starts: Vec<_> = self.drawing.nodes.iter().filter(|(_, node)| node.kind == Kind::Start).collect();
        let [(start, node)] = starts.as_slice() else {
            let line = starts.get(1).map_or(1, |(_, node)| node.line);
            return Err(wrong(line, format!("there are {} start events", starts.len()), "draw exactly one start"));
        };
        let ways = self.onward(start, node.line)?;
        match ways.as_slice() {
            [only] if self.node(only.to).is_some_and(|n| n.kind == Kind::Task) => Ok(only.to),
            [_] => Err(wrong(node.line, "the start leads to no task", "let the start lead to the first task")),
            _ => Err(wrong(
                node.line,
                "the start does not lead to one task",
                "let one flow lead from it to the first task",
            )),
        }
    }

    /// The ways on from an element, gateways passed through.
    fn onward(&self, from: &str, line: usize) -> Result<Vec<Onward<'a>>, NotUnderstood> {
        let mut out = Vec::new();
        self.follow(from, String::new(), true, &mut BTreeSet::new(), &mut out, line)?;
        Ok(out)
    }

    fn follow(
        &self,
        from: &str,
        name: String,
        default: bool,
        passed: &mut BTreeSet<String>,
        out: &mut Vec<Onward<'a>>,
        line: usize,
    ) -> Result<(), NotUnderstood> {
        let node = self.node(from);
        let flows: Vec<&'a Flow> = self.drawing.flows.iter().filter(|flow| flow.from == from).collect();
        if flows.is_empty() {
            return Err(wrong(line, format!("{from:?} leads nowhere"), "draw a flow from it to a task or an end"));
        }
        if flows.len() > 1 && node.is_some_and(|node| node.kind != Kind::Gateway) {
            let mend = "put an exclusive gateway behind it: flows that leave a task together would run side by side";
            return Err(wrong(line, format!("several flows leave {from:?}"), mend));
        }
        let last = flows.len() - 1;
        for (at, flow) in flows.iter().enumerate() {
            let Some(to) = self.node(&flow.to) else {
                return Err(wrong(
                    flow.line,
                    format!("a flow leads to {:?}, which is not there", flow.to),
                    "draw it again",
                ));
            };
            let chosen = node.and_then(|node| node.default.as_deref());
            let is_default = default && chosen.map_or(at == last, |id| flow.id == id);
            let joined = [name.as_str(), flow.name.as_str()]
                .iter()
                .filter(|n| !n.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(" – ");
            match to.kind {
                Kind::Start => return Err(wrong(flow.line, "a flow leads back to the start", "let it lead to a task")),
                Kind::Gateway => {
                    if !passed.insert(flow.to.clone()) || out.len() > MAX_NODES {
                        return Err(wrong(flow.line, "gateways lead in a circle", "put a task between them"));
                    }
                    self.follow(&flow.to, joined, is_default, passed, out, to.line)?;
                    passed.remove(&flow.to);
                }
                Kind::Task | Kind::End => out.push(Onward { to: &flow.to, name: joined, default: is_default }),
            }
        }
        Ok(())
    }

    /// Tasks as they are reached from the first, then the ends.
    fn reading_order(&self, first: &'a str) -> Result<Vec<&'a str>, NotUnderstood> {
        let mut seen = BTreeSet::from([first]);
        let mut reached = vec![first];
        let mut at = 0;
        while let Some(id) = reached.get(at).copied() {
            at += 1;
            let Some(node) = self.node(id).filter(|node| node.kind == Kind::Task) else { continue };
            for way in self.onward(id, node.line)? {
                if seen.insert(way.to) {
                    reached.push(way.to);
                }
            }
        }
        for id in &self.drawing.order {
            let node =
                self.node(id).filter(|n| matches!(n.kind, Kind::Task | Kind::End) && !seen.contains(id.as_str()));
            if let Some(node) = node {
                return Err(wrong(
                    node.line,
                    format!("no flow leads to {:?}", label(id, node)),
                    "connect it, or remove it",
                ));
            }
        }
        // As drawn, so that a file written by us reads in its own order; ends last.
        let rank = |id: &&str| {
            let end = self.node(id).is_some_and(|n| n.kind == Kind::End);
            (end, **id != *first, self.drawing.order.iter().position(|o| o == *id))
        };
        reached.sort_by_key(rank);
        Ok(reached)
    }

    fn name_keys(&mut self, order: &[&'a str]) {
        let mut used = BTreeSet::new();
        for id in order {
            let Some(node) = self.node(id) else { continue };
            let own = id.strip_prefix("step_").map(|rest| rest.replace('_', "-"));
            let base = own.filter(|key| kernel::id::check(key).is_ok()).unwrap_or_else(|| slug(&label(id, node)));
            let mut key = base.clone();
            let mut n = 2;
            while !used.insert(key.clone()) {
                key = format!("{base}-{n}");
                n += 1;
            }
            self.keys.insert(id, key);
        }
    }

    fn key(&self, id: &str) -> &str {
        self.keys.get(id).map_or("", String::as_str)
    }

    fn step(&self, out: &mut String, id: &'a str) -> Result<(), NotUnderstood> {
        let Some(node) = self.node(id) else { return Ok(()) };
        let name = label(id, node);
        let _ = write!(out, "\n[[steps]]\nkey = {}\n", quoted(self.key(id)));
        if node.kind == Kind::End {
            let outcome = outcome_of(&name, self.key(id));
            let _ = writeln!(out, "kind = \"end\"\ntitle = {}\noutcome = {}", both(&name), quoted(outcome));
            return Ok(());
        }
        let _ = writeln!(out, "kind = \"work\"\ntitle = {}\ntodo = {}", both(&name), both(&name));
        match self.drawing.lanes.get(id).and_then(|lane| self.owner(lane)) {
            Some(owner) => {
                let _ = writeln!(out, "owner = {}", quoted(&owner));
            }
            None => {
                let lane = self.drawing.lanes.get(id).map(String::as_str).unwrap_or_default();
                let _ = writeln!(out, "# Chưa xác định được người thực hiện: {}", lane.replace('\n', " "));
            }
        }
        let mut ways = self.onward(id, node.line)?;
        ways.sort_by_key(|way| way.default);
        if ways.len() > 1 {
            let _ = writeln!(out, "outcomes = [");
            let codes = way_codes(&ways);
            for (code, way) in codes.iter().zip(&ways) {
                let words = if way.name.is_empty() {
                    self.node(way.to).map(|n| label(way.to, n)).unwrap_or_default()
                } else {
                    way.name.clone()
                };
                let _ = writeln!(out, "  {{ code = {}, label = {} }},", quoted(code), both(&words));
            }
            let _ = writeln!(out, "]\nnext = [");
            let last = ways.len() - 1;
            for (at, (code, way)) in codes.iter().zip(&ways).enumerate() {
                let when =
                    if at == last { String::new() } else { format!("when = {{ outcome = {} }}, ", quoted(code)) };
                let _ = writeln!(out, "  {{ {when}to = {} }},", quoted(self.key(way.to)));
            }
            let _ = writeln!(out, "]");
        } else if let Some(way) = ways.first() {
            let _ = writeln!(out, "next = [{{ to = {} }}]", quoted(self.key(way.to)));
        }
        Ok(())
    }

    /// The owner that a lane names: in the written form, as `position, body`, or as a position that is in one body only.
    fn owner(&self, lane: &str) -> Option<String> {
        if let Some(owner) = crate::model::Owner::parse(lane.trim()) {
            return Some(owner.to_string());
        }
        let wanted = text::fold(lane);
        let same = |name: &str| text::fold(name) == wanted;
        let positions = &self.references.positions;
        if let Some((seat, _)) = positions.iter().find(|(seat, t)| seat.contains('@') && (same(&t.vi) || same(&t.en))) {
            return Some(seat.clone());
        }
        for (body, body_name) in self.references.bodies.iter().filter(|(code, _)| !code.ends_with('*')) {
            for (position, name) in positions.iter().filter(|(p, _)| !p.contains('@')) {
                let joined = |a: &str, b: &str| same(&format!("{a}, {b}")) || same(&format!("{a} {b}"));
                if joined(&name.vi, &body_name.vi) || joined(&name.en, &body_name.en) {
                    return Some(format!("{position}@{body}"));
                }
            }
            if same(&body_name.vi) || same(&body_name.en) {
                return Some(format!("head@{body}"));
            }
        }
        None
    }
}

/// How an end ends, by its name: `từ chối`, `rút`; anything else is done.
fn outcome_of(name: &str, key: &str) -> &'static str {
    let folded = format!("{} {key}", text::fold(name));
    let has = |words: &[&str]| words.iter().any(|word| folded.contains(word));
    match () {
        () if has(&["rut", "withdraw"]) => "withdrawn",
        () if has(&["tu choi", "khong duoc", "khong thong qua", "bac", "refus", "reject"]) => "refused",
        () => "done",
    }
}

fn way_codes(ways: &[Onward<'_>]) -> Vec<String> {
    let mut used = BTreeSet::new();
    let code = |(at, way): (usize, &Onward<'_>)| {
        let base = if way.name.is_empty() { format!("way-{}", at + 1) } else { slug(&way.name) };
        let code = if used.contains(&base) { format!("{base}-{}", at + 1) } else { base };
        used.insert(code.clone());
        code
    };
    ways.iter().enumerate().map(code).collect()
}

fn label(id: &str, node: &Node) -> String {
    if node.name.is_empty() { id.to_owned() } else { node.name.clone() }
}

/// A key from a name: without marks, words joined by dashes.
fn slug(name: &str) -> String {
    let folded = text::fold(name).replace('đ', "d");
    let letters: String =
        folded.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    let joined = letters.split_whitespace().take(8).collect::<Vec<_>>().join("-");
    let cut: String = joined.chars().take(48).collect();
    let cut = cut.trim_matches('-').to_owned();
    if kernel::id::check(&cut).is_ok() { cut } else { "buoc".to_owned() }
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

fn both(words: &str) -> String {
    format!("{{ vi = {0}, en = {0} }}", quoted(words))
}
