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
    if let Some(body) = find(akn, "body").or_else(|| find(akn, "mainBody")).or_else(|| find(akn, "debateBody")) {
        units(body, &mut law);
    }
    for part in ["conclusions", "attachments", "components"] {
        children(document(akn)).chain(children(akn)).filter(|e| e.name == part).for_each(|e| lines(e, &mut law.back));
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
                Node::Element(e) => {
                    let apart = !is_inline(&e.name) || matches!(e.name.as_str(), "td" | "th" | "tr" | "li" | "item");
                    let apart = apart || level(&e.name).is_some();
                    out.push_str(if apart { "\n" } else { "" });
                    walk(e, out);
                    out.push_str(if apart { "\n" } else { "" });
                }
            }
        }
    }
    let mut out = String::new();
    walk(element, &mut out);
    out.split('\n').map(|l| normalise_line(l).into_owned()).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The document element (`act`, `bill`, `doc`, …).
fn document(akn: &Element) -> &Element {
    children(akn).find(|e| !matches!(e.name.as_str(), "components" | "meta")).unwrap_or(akn)
}

/// Elements that stand inside a line.
fn is_inline(name: &str) -> bool {
    const BLOCKS: [&str; 6] = ["p", "block", "heading", "subheading", "num", "crossHeading"];
    !BLOCKS.contains(&name)
}

/// The element has words of its own, or only elements that stand inside a line.
fn is_line(element: &Element) -> bool {
    let words = |n: &Node| matches!(n, Node::Text(t) if !t.trim().is_empty());
    !is_inline(&element.name) || element.nodes.iter().any(words)
}

/// The paragraphs in an element, each as a line. Meta data are no text.
fn lines(element: &Element, out: &mut Vec<crate::text::Text>) {
    for child in children(element).filter(|e| e.name != "meta") {
        match is_line(child) {
            true => {
                let text = text(child);
                if !text.is_empty() {
                    out.push(text.into());
                }
            }
            false => lines(child, out),
        }
    }
}

fn level(name: &str) -> Option<Level> {
    Level::ALL.into_iter().find(|l| tag(*l) == name)
}

/// Whether units stand in the element; what a line says or quotes is none of this document's.
fn holds_units(element: &Element) -> bool {
    !is_line(element) && children(element).any(|e| level(&e.name).is_some() || holds_units(e))
}

/// The units in an element. Elements that the model does not know are passed through to what they hold; words outside
/// units stand before the first unit, or close the one before them.
fn units(element: &Element, law: &mut Law) {
    for child in children(element) {
        match level(&child.name) {
            Some(level) => law.units.push(unit(child, level)),
            None if holds_units(child) => units(child, law),
            None => {
                let mut loose = Vec::new();
                block(child, &mut loose);
                match law.units.last_mut() {
                    Some(last) => last.tail.extend(loose),
                    None => {
                        let mut text = String::new();
                        for block in loose {
                            block.write(&mut text);
                            text.push('\n');
                        }
                        law.front.extend(text.lines().filter(|l| !l.is_empty()).map(crate::text::Text::from));
                    }
                }
            }
        }
    }
}

fn unit(element: &Element, level: Level) -> Unit {
    let num = children(element).find(|e| e.name == "num").map(text).unwrap_or_default().replace('\n', " ");
    let mut made = Unit::new(level, label_of(&num, level));
    made.id = element.id.clone().unwrap_or_default().into();
    made.repealed = element.removed;
    let class = |name: &str| children(element).find(|e| e.name == name).and_then(|e| e.class.as_deref());
    let below = class("heading") == Some("below");
    made.marker = if class("num") == Some("tight") || num.is_empty() { num.into() } else { format!("{num} ").into() };
    fill(element, &mut made, true);
    // An empty paragraph stands beside the number of a clause whose text begins on the next line; elsewhere it is the
    // filling that the schema wants.
    if level <= Level::Article {
        made.lead.retain(|b| b.as_text().is_none_or(|t| !t.is_empty()));
    }
    if level >= Level::Clause && !made.heading.is_empty() {
        // Ours have no heading here; a foreign one is the first words.
        let heading = std::mem::take(&mut made.heading).into_iter().map(Block::Text);
        made.lead.splice(0..0, heading);
    }
    made.beside = !below && (level >= Level::Article || !made.heading.is_empty());
    made
}

/// What an element holds, into the unit; `own` when it is the unit's own element.
fn fill(element: &Element, made: &mut Unit, own: bool) {
    let mut numbered = !own;
    for child in children(element) {
        let loose = if made.children.is_empty() { &mut made.lead } else { &mut made.tail };
        match child.name.as_str() {
            "num" if !std::mem::replace(&mut numbered, true) => {}
            "heading" if own => {
                let lines = text(child);
                made.heading.extend(lines.split('\n').filter(|l| !l.is_empty()).map(crate::text::Text::from));
            }
            "intro" | "content" => blocks(child, loose),
            "wrapUp" => blocks(child, &mut made.tail),
            name => match self::level(name) {
                Some(level) => {
                    // What seemed to close the unit stands before this one, so it belongs to the one before.
                    let before = std::mem::take(&mut made.tail);
                    match made.children.last_mut() {
                        Some(last) => last.tail.extend(before),
                        None => made.lead.extend(before),
                    }
                    made.children.push(unit(child, level));
                }
                None if holds_units(child) => fill(child, made, false),
                None => block(child, loose),
            },
        }
    }
}

fn label_of(num: &str, level: Level) -> Label {
    if let Some(found) = crate::marker::marker(num).filter(|m| m.level == level) {
        return found.label;
    }
    let token = num.split([' ', '.', ')', '(']).rfind(|t| !t.is_empty()).unwrap_or("");
    Label::parse(token, level.is_container()).unwrap_or_else(|| Label::number(0))
}

fn blocks(element: &Element, out: &mut Vec<Block>) {
    let words = element.nodes.iter().any(|n| matches!(n, Node::Text(t) if !t.trim().is_empty()));
    match words {
        true => out.push(Block::text(text(element))),
        false => children(element).for_each(|child| block(child, out)),
    }
}

fn block(element: &Element, out: &mut Vec<Block>) {
    match element.name.as_str() {
        "table" => {
            let row = |r: &Element| children(r).map(|c| text(c).replace('\n', " ").into()).collect();
            let mut rows = Vec::new();
            rows_of(element, &mut |r| rows.push(row(r)));
            let captions = children(element).filter(|e| e.name == "caption").map(|e| Block::text(text(e)));
            out.extend(captions);
            out.push(Block::Table(rows));
        }
        _ => match find(element, "quotedStructure") {
            Some(quoted) if element.name == "p" => {
                let mut inner = Vec::new();
                lines(quoted, &mut inner);
                let around = text_around(element);
                out.extend((!around.is_empty()).then(|| Block::text(around)));
                out.push(Block::Quoted(inner));
            }
            _ if is_line(element) => out.push(Block::text(text(element))),
            _ => blocks(element, out),
        },
    }
}

fn rows_of<'a>(table: &'a Element, row: &mut impl FnMut(&'a Element)) {
    for child in children(table) {
        match child.name.as_str() {
            "tr" => row(child),
            _ => rows_of(child, row),
        }
    }
}

/// The text of an element without what it quotes.
fn text_around(element: &Element) -> String {
    fn walk(element: &Element, out: &mut String) {
        for node in &element.nodes {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Element(e) if e.name == "quotedStructure" => {}
                Node::Element(e) => walk(e, out),
            }
        }
    }
    let mut out = String::new();
    walk(element, &mut out);
    normalise_line(&out).into_owned()
}
