//! The header of a package as a small tree, and the pen that writes one. Attachments never come here.

use quick_xml::escape::{escape, partial_escape};

/// An element with its attributes (namespaces among them) as they stood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub nodes: Vec<Node>,
}

/// What stands in an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// The name without its prefix.
    pub fn local(&self) -> &str {
        self.name.rsplit(':').next().unwrap_or_default()
    }
    /// Takes the first child of a name out.
    pub fn take(&mut self, local: &str) -> Option<Element> {
        self.take_if(|child| child.local() == local)
    }
    /// Takes the first child of a name that holds no further element out.
    pub fn take_bare(&mut self, local: &str) -> Option<Element> {
        self.take_if(|child| child.local() == local && !child.nodes.iter().any(|n| matches!(n, Node::Element(_))))
    }
    fn take_if(&mut self, want: impl Fn(&Element) -> bool) -> Option<Element> {
        let at = self.nodes.iter().position(|node| matches!(node, Node::Element(child) if want(child)))?;
        match self.nodes.remove(at) {
            Node::Element(child) => Some(child),
            Node::Text(_) => None,
        }
    }
    /// Whether it has a child of a name.
    pub fn has(&self, local: &str) -> bool {
        self.nodes.iter().any(|node| matches!(node, Node::Element(child) if child.local() == local))
    }
    /// Its own text.
    pub fn text(&self) -> String {
        let own = |node: &Node| match node {
            Node::Text(text) => Some(text.clone()),
            Node::Element(_) => None,
        };
        self.nodes.iter().filter_map(own).collect()
    }
    /// What stands in it, as XML, without white space between elements.
    pub fn rest(&self) -> Vec<String> {
        let xml = |node: &Node| match node {
            Node::Element(child) => Some(child.xml()),
            Node::Text(text) => {
                Some(text.trim()).filter(|text| !text.is_empty()).map(|t| partial_escape(t).into_owned())
            }
        };
        self.nodes.iter().filter_map(xml).collect()
    }
    /// The element as XML.
    pub fn xml(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
    fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            // White space in a value is normalised on reading unless it is written as references.
            let value = escape(value.as_str()).replace('\n', "&#10;").replace('\t', "&#9;").replace('\r', "&#13;");
            out.push_str(&format!(" {name}=\"{value}\""));
        }
        if self.nodes.is_empty() {
            return out.push_str("/>");
        }
        out.push('>');
        for node in &self.nodes {
            match node {
                Node::Element(child) => child.write(out),
                Node::Text(text) => out.push_str(&escaped(text)),
            }
        }
        out.push_str(&format!("</{}>", self.name));
    }
}

/// Text as it stands between tags: a carriage return that is not written as a reference is lost on reading.
fn escaped(text: &str) -> String {
    partial_escape(text).replace('\r', "&#13;")
}

/// Writes elements with the prefix of the envelope, indented.
pub(crate) struct Pen {
    text: String,
    depth: usize,
}

impl Pen {
    /// A pen that begins at a depth.
    pub fn at(depth: usize) -> Pen {
        Pen { text: String::new(), depth }
    }
    /// Opens an element.
    pub fn open(&mut self, name: &str) {
        self.open_with(name, "");
    }
    /// Opens an element with attributes as they are to stand.
    pub fn open_with(&mut self, name: &str, attributes: &str) {
        self.indent();
        self.text.push_str(&format!("<edXML:{name}{attributes}>\n"));
        self.depth += 1;
    }
    /// Closes an element.
    pub fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.indent();
        self.text.push_str(&format!("</edXML:{name}>\n"));
    }
    /// Writes an element with text.
    pub fn leaf(&mut self, name: &str, text: &str) {
        self.indent();
        self.text.push_str(&format!("<edXML:{name}>{}</edXML:{name}>\n", escaped(text)));
    }
    /// Writes XML as it is.
    pub fn raw(&mut self, xml: &str) {
        self.indent();
        self.text.push_str(xml);
        self.text.push('\n');
    }
    /// What was written.
    pub fn finish(self) -> String {
        self.text
    }
    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }
}
