//! The reader: our own documents give the same tree back; foreign ones give what they have of it.

use super::write::tag;
use crate::label::{Label, Level};
use crate::model::{Block, Law, Unit};
use crate::parse::parse;
use crate::text::normalise_line;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// A document that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not well-formed XML.
    #[error("không phải XML hợp lệ tại byte {at}: {why}")]
    Xml {
        /// Where.
        at: u64,
        /// Why.
        why: String,
    },
    /// No Akoma Ntoso document.
    #[error("không phải văn bản Akoma Ntoso: thiếu phần tử akomaNtoso")]
    NotAkn,
    /// Nested deeper than any law.
    #[error("các phần tử lồng nhau quá sâu (hơn 200 mức)")]
    TooDeep,
}

/// A node of the little tree that the reader needs.
enum Node {
    Text(String),
    Element(Element),
}

struct Element {
    name: String,
    id: Option<String>,
    removed: bool,
    class: Option<String>,
    nodes: Vec<Node>,
}

/// Reads an Akoma Ntoso document. Entities other than the five of XML are not expanded.
///
/// # Errors
/// [`Unreadable`].
pub fn read(xml: &str) -> Result<Law, Unreadable> {
    let root = tree(xml)?;
    let akn = find(&root, "akomaNtoso").ok_or(Unreadable::NotAkn)?;
    let mut law = Law::default();
    for part in ["preface", "preamble"] {
        if let Some(found) = find(akn, part) {
            lines(found, &mut law.front);
        }
    }
    if let Some(body) = find(akn, "body").or_else(|| find(akn, "mainBody")) {
        law.units = units(body);
    }
    if let Some(back) = find(akn, "conclusions") {
        lines(back, &mut law.back);
    }
    // The meta data are read from the text, as for any law, so that both always agree.
    law.meta = parse(&law.text()).law.meta;
    law.name_units();
    Ok(law)
}

fn tree(xml: &str) -> Result<Element, Unreadable> {
    let mut reader = Reader::from_str(xml);
    let root = Element { name: String::new(), id: None, removed: false, class: None, nodes: Vec::new() };
    let mut stack = vec![root];
    loop {
        let at = reader.buffer_position();
        let bad = |why: String| Unreadable::Xml { at, why };
        match reader.read_event().map_err(|e| bad(e.to_string()))? {
            Event::Start(start) => {
                if stack.len() > 200 {
                    return Err(Unreadable::TooDeep);
                }
                stack.push(element(&start));
            }
            Event::Empty(start) => push(&mut stack, Node::Element(element(&start))),
            Event::End(_) => {
                if let Some(done) = stack.pop() {
                    if stack.is_empty() {
                        return Err(bad("thẻ đóng thừa".into()));
                    }
                    push(&mut stack, Node::Element(done));
                }
            }
            Event::Text(text) => push(&mut stack, Node::Text((*text).to_owned())),
            Event::CData(text) => push(&mut stack, Node::Text((*text).to_owned())),
            Event::GeneralRef(name) => {
                let raw = format!("&{};", &*name);
                let text = quick_xml::escape::unescape(&raw).map_or_else(|_| raw.clone(), |t| t.into_owned());
                push(&mut stack, Node::Text(text));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if stack.len() != 1 {
        return Err(Unreadable::Xml { at: reader.buffer_position(), why: "thiếu thẻ đóng".into() });
    }
    stack.pop().ok_or(Unreadable::NotAkn)
}

fn push(stack: &mut [Element], node: Node) {
    if let Some(top) = stack.last_mut() {
        top.nodes.push(node);
    }
}

fn element(start: &BytesStart) -> Element {
    let name = start.local_name().as_ref().to_owned();
    let get = |key: &str| {
        start.attributes().flatten().find(|a| a.key.local_name().as_ref() == key).map(|a| a.value.to_string())
    };
    Element {
        name,
        id: get("eId").or_else(|| get("id")),
        removed: get("status").as_deref() == Some("removed"),
        class: get("class"),
        nodes: Vec::new(),
    }
}

fn children(element: &Element) -> impl Iterator<Item = &Element> {
    element.nodes.iter().filter_map(|n| if let Node::Element(e) = n { Some(e) } else { None })
}

/// The first element of the name, depth first.
fn find<'a>(element: &'a Element, name: &str) -> Option<&'a Element> {
    children(element).find_map(|e| if e.name == name { Some(e) } else { find(e, name) })
}

/// All text of an element; `eol` as a line end.
fn text(element: &Element) -> String {
    fn walk(element: &Element, out: &mut String) {
        for node in &element.nodes {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Element(e) if e.name == "eol" || e.name == "br" => out.push('\n'),
                Node::Element(e) => walk(e, out),
            }
        }
    }
    let mut out = String::new();
    walk(element, &mut out);
    out.split('\n').map(|l| normalise_line(l).into_owned()).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The paragraphs in an element, each as a line.
fn lines(element: &Element, out: &mut Vec<crate::text::Text>) {
    for child in children(element) {
        match child.name.as_str() {
            "p" => {
                let text = text(child);
                if !text.is_empty() {
                    out.push(text.into());
                }
            }
            _ => lines(child, out),
        }
    }
}

fn level(name: &str) -> Option<Level> {
    Level::ALL.into_iter().find(|l| tag(*l) == name)
}

/// The units in an element. Elements that the model does not know are passed through to what they hold.
fn units(element: &Element) -> Vec<Unit> {
    let mut out = Vec::new();
    for child in children(element) {
        match level(&child.name) {
            Some(level) => out.push(unit(child, level)),
            None => out.extend(units(child)),
        }
    }
    out
}

fn unit(element: &Element, level: Level) -> Unit {
    let num = children(element).find(|e| e.name == "num").map(text).unwrap_or_default();
    let mut made = Unit::new(level, label_of(&num, level));
    made.id = element.id.clone().unwrap_or_default().into();
    made.repealed = element.removed;
    for child in children(element) {
        match child.name.as_str() {
            "heading" => made.heading = text(child).split('\n').map(Into::into).collect(),
            "intro" | "content" => blocks(child, &mut made.lead),
            "wrapUp" => blocks(child, &mut made.tail),
            name => match self::level(name) {
                Some(level) => made.children.push(unit(child, level)),
                None if name != "num" => made.children.extend(units(child)),
                None => {}
            },
        }
    }
    // An empty paragraph stands beside the number of a clause whose text begins on the next line; elsewhere it is the
    // filling that the schema wants.
    if level <= Level::Article {
        made.lead.retain(|b| b.as_text().is_none_or(|t| !t.is_empty()));
    }
    let class = |name: &str| children(element).find(|e| e.name == name).and_then(|e| e.class.as_deref());
    made.beside = class("heading") != Some("below") && (level >= Level::Article || !made.heading.is_empty());
    made.marker = if class("num") == Some("tight") { num.into() } else { format!("{num} ").into() };
    made
}

fn label_of(num: &str, level: Level) -> Label {
    if let Some(found) = crate::marker::marker(num).filter(|m| m.level == level) {
        return found.label;
    }
    let token = num.split([' ', '.', ')', '(']).rfind(|t| !t.is_empty()).unwrap_or("");
    Label::parse(token, level.is_container()).unwrap_or_else(|| Label::number(0))
}

fn blocks(element: &Element, out: &mut Vec<Block>) {
    for child in children(element) {
        match child.name.as_str() {
            "p" => match find(child, "quotedStructure") {
                Some(quoted) => {
                    let mut inner = Vec::new();
                    lines(quoted, &mut inner);
                    out.push(Block::Quoted(inner));
                }
                None => {
                    out.push(Block::text(text(child)));
                }
            },
            "table" => out.push(Block::Table(
                children(child)
                    .filter(|r| r.name == "tr")
                    .map(|r| children(r).map(|c| text(c).replace('\n', " ").into()).collect())
                    .collect(),
            )),
            _ => blocks(child, out),
        }
    }
}
