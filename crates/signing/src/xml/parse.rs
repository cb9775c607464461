//! From text to tree, with the rules of XML 1.0 and Namespaces that the event reader leaves to its user.

use super::tree::{Attribute, Document, Element, Namespace, Node, NodeId};
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};
use std::{collections::HashMap, rc::Rc};

/// Deepest nesting of elements.
const MAX_DEPTH: usize = 200;
/// Most nodes of a document.
const MAX_NODES: usize = 2_000_000;
/// Most attributes and declarations of one element.
const MAX_ATTRIBUTES: usize = 256;

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

impl Document {
    /// Reads a document in UTF-8.
    ///
    /// # Errors
    /// What is wrong, and at which byte.
    pub fn parse(bytes: &[u8]) -> Result<Document, String> {
        let text = std::str::from_utf8(bytes).map_err(|e| format!("it is no UTF-8 (byte {})", e.valid_up_to()))?;
        let skipped = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
        let text = &text[skipped..];
        if let Some(at) = text.find(|c: char| !is_allowed(c)) {
            return Err(format!("a character that XML does not allow (byte {at})"));
        }
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_comments = true;
        let mut builder = Builder::new(skipped);
        loop {
            let from = position(&reader);
            let event = reader.read_event().map_err(|e| format!("{e} (byte {})", skipped + from))?;
            let to = position(&reader);
            if matches!(event, Event::Eof) {
                return builder.finish();
            }
            builder.event(event, from, to).map_err(|why| format!("{why} (byte {})", skipped + from))?;
        }
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    reader.buffer_position() as usize
}

/// Char of XML 1.0, 2.2.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    first && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '\u{b7}') || is_mark(c))
}

/// Combining marks may follow in a name.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// Prefix and local name.
fn qualified(name: &str) -> Result<(&str, &str), String> {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    let good = is_name(local) && (!name.contains(':') || is_name(prefix));
    if good { Ok((prefix, local)) } else { Err(format!("{name:?} is no name")) }
}

struct Open {
    id: NodeId,
    /// What the declarations of this element hide, to be put back at its end.
    hidden: Vec<(String, Option<Rc<str>>)>,
}

struct Builder {
    nodes: Vec<Node>,
    open: Vec<Open>,
    scope: HashMap<String, Rc<str>>,
    root: Option<NodeId>,
    before: Vec<NodeId>,
    after: Vec<NodeId>,
    /// Text since the last tag.
    text: String,
    skipped: usize,
    started: bool,
}

impl Builder {
    fn new(skipped: usize) -> Builder {
        let scope = HashMap::from([("xml".to_owned(), Rc::from(XML))]);
        let (nodes, open, before, after) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Builder { nodes, open, scope, root: None, before, after, text: String::new(), skipped, started: false }
    }

    fn event(&mut self, event: Event<'_>, from: usize, to: usize) -> Result<(), String> {
        let first = !std::mem::replace(&mut self.started, true);
        match event {
            Event::Start(tag) => self.start(&tag, from, to),
            Event::Empty(tag) => {
                self.start(&tag, from, to)?;
                self.end(to, to);
                Ok(())
            }
            Event::End(_) => {
                self.flush()?;
                self.end(from, to);
                Ok(())
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                if text.contains("]]>") {
                    return Err("]]> in a text".into());
                }
                self.text.push_str(&text);
                self.outside()
            }
            Event::CData(text) if !self.open.is_empty() => {
                self.text.push_str(&text.xml10_content());
                Ok(())
            }
            Event::CData(_) => Err("text outside the root".into()),
            Event::GeneralRef(reference) => {
                let known = match reference.resolve_char_ref().map_err(|e| e.to_string())? {
                    Some(c) if is_allowed(c) => c,
                    Some(_) => return Err("a reference to a character that XML does not allow".into()),
                    None => match &*reference {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "apos" => '\'',
                        "quot" => '"',
                        name => return Err(format!("the entity {name:?} is not known, and none may be declared")),
                    },
                };
                if self.open.is_empty() {
                    return Err("text outside the root".into());
                }
                self.text.push(known);
                Ok(())
            }
            Event::Comment(text) => {
                let text = text.xml10_content().into_owned();
                self.add_aside(Node::Comment(text))
            }
            Event::PI(instruction) => {
                let (target, data) = (instruction.target().to_owned(), instruction.content());
                if target.eq_ignore_ascii_case("xml") || !is_name(&target) {
                    return Err(format!("{target:?} as a processing instruction"));
                }
                let data = data.trim_start_matches([' ', '\t', '\r', '\n']);
                let data = data.replace("\r\n", "\n").replace('\r', "\n");
                self.add_aside(Node::Instruction { target, data })
            }
            Event::Decl(declaration) => {
                if !first {
                    return Err("an XML declaration that is not at the beginning".into());
                }
                if declaration.version().map_err(|e| e.to_string())? != "1.0" {
                    return Err("another version of XML than 1.0".into());
                }
                match declaration.encoding() {
                    Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii") => {
                        Ok(())
                    }
                    None => Ok(()),
                    _ => Err("another encoding than UTF-8".into()),
                }
            }
            Event::DocType(_) => Err("a document type: it may declare entities, and is refused".into()),
            Event::Eof => Ok(()),
        }
    }

    /// Outside the root only white space may stand.
    fn outside(&mut self) -> Result<(), String> {
        if self.open.is_empty() {
            if !self.text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')) {
                return Err("text outside the root".into());
            }
            self.text.clear();
        }
        Ok(())
    }

    fn add(&mut self, node: Node) -> Result<NodeId, String> {
        if self.nodes.len() >= MAX_NODES {
            return Err(format!("more than {MAX_NODES} nodes"));
        }
        self.nodes.push(node);
        Ok(self.nodes.len() - 1)
    }

    fn flush(&mut self) -> Result<(), String> {
        if self.text.is_empty() {
            return Ok(());
        }
        let node = Node::Text(std::mem::take(&mut self.text));
        let id = self.add(node)?;
        self.append(id);
        Ok(())
    }

    fn append(&mut self, id: NodeId) {
        if let Some(Open { id: parent, .. }) = self.open.last()
            && let Some(Node::Element(parent)) = self.nodes.get_mut(*parent)
        {
            parent.children.push(id);
        }
    }

    /// A comment or an instruction.
    fn add_aside(&mut self, node: Node) -> Result<(), String> {
        self.flush()?;
        let id = self.add(node)?;
        match (self.open.is_empty(), self.root.is_some()) {
            (true, false) => self.before.push(id),
            (true, true) => self.after.push(id),
            _ => self.append(id),
        }
        Ok(())
    }

    fn start(&mut self, tag: &BytesStart<'_>, from: usize, to: usize) -> Result<(), String> {
        self.flush()?;
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("elements nested deeper than {MAX_DEPTH}"));
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err("a second root".into());
        }
        let name = tag.name();
        let (prefix, local) = qualified(name.as_ref())?;
        let (declared, plain) = attributes(tag)?;
        let mut hidden = Vec::new();
        for (prefix, uri) in &declared {
            let old = self.scope.insert(prefix.clone(), uri.clone());
            hidden.push((prefix.clone(), old));
        }
        let namespace = self.namespace(prefix, true)?;
        let mut attributes: Vec<Attribute> = Vec::new();
        for (name, value) in plain {
            let (prefix, local) = qualified(&name)?;
            let namespace = self.namespace(prefix, false)?;
            if attributes.iter().any(|a| a.local == local && a.namespace == namespace) {
                return Err(format!("the attribute {local} stands twice"));
            }
            attributes.push(Attribute { prefix: prefix.into(), local: local.into(), namespace, value });
        }
        let parent = self.open.last().map(|open| open.id);
        let at = self.skipped;
        let element = Element {
            prefix: prefix.into(),
            local: local.into(),
            namespace,
            declared,
            attributes,
            children: Vec::new(),
            parent,
            span: at + from..at + to,
            inner_end: at + to,
        };
        let id = self.add(Node::Element(element))?;
        self.append(id);
        if self.open.is_empty() {
            self.root = Some(id);
        }
        self.open.push(Open { id, hidden });
        Ok(())
    }

    fn end(&mut self, from: usize, to: usize) {
        let Some(Open { id, hidden }) = self.open.pop() else { return };
        if let Some(Node::Element(element)) = self.nodes.get_mut(id) {
            element.inner_end = self.skipped + from;
            element.span.end = self.skipped + to;
        }
        for (prefix, old) in hidden.into_iter().rev() {
            match old {
                Some(old) => self.scope.insert(prefix, old),
                None => self.scope.remove(&prefix),
            };
        }
    }

    fn namespace(&self, prefix: &str, default: bool) -> Result<Namespace, String> {
        if prefix.is_empty() && !default {
            return Ok(None);
        }
        match self.scope.get(prefix) {
            Some(uri) if uri.is_empty() => Ok(None),
            Some(uri) => Ok(Some(uri.clone())),
            None if prefix.is_empty() => Ok(None),
            None => Err(format!("the prefix {prefix:?} is not declared")),
        }
    }

    fn finish(self) -> Result<Document, String> {
        if !self.open.is_empty() {
            return Err("it ends before its root does".into());
        }
        let root = self.root.ok_or("there is no root")?;
        Ok(Document { nodes: self.nodes, root, before: self.before, after: self.after })
    }
}

type Attributes = (Vec<(String, Rc<str>)>, Vec<(String, String)>);

/// Declarations of namespaces, and the other attributes.
fn attributes(tag: &BytesStart<'_>) -> Result<Attributes, String> {
    let (mut declared, mut plain) = (Vec::new(), Vec::new());
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|e| e.to_string())?;
        if attribute.value.contains('<') {
            return Err("a < in the value of an attribute".into());
        }
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|e| e.to_string())?.into_owned();
        if !value.chars().all(is_allowed) {
            return Err("a reference to a character that XML does not allow".into());
        }
        let name: &str = attribute.key.as_ref();
        let prefix = if name == "xmlns" { Some("") } else { name.strip_prefix("xmlns:") };
        match prefix {
            Some(prefix) => {
                let reserved = prefix == "xmlns" || value == XMLNS || (prefix == "xml") != (value == XML);
                if reserved || (value.is_empty() && !prefix.is_empty()) || (!prefix.is_empty() && !is_name(prefix)) {
                    return Err(format!("the prefix {prefix:?} cannot be declared so"));
                }
                if prefix != "xml" {
                    declared.push((prefix.to_owned(), Rc::from(value)));
                }
            }
            None => plain.push((name.to_owned(), value)),
        }
        if declared.len() + plain.len() > MAX_ATTRIBUTES {
            return Err(format!("an element with more than {MAX_ATTRIBUTES} attributes"));
        }
    }
    Ok((declared, plain))
}
