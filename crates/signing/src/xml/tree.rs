//! The tree of a document.

use std::{ops::Range, rc::Rc};

/// A node by its number.
pub(crate) type NodeId = usize;

/// A namespace name; none is `None`.
pub(crate) type Namespace = Option<Rc<str>>;

/// A node.
#[derive(Debug)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
    Comment(String),
    Instruction { target: String, data: String },
}

/// An element with the names under which it stands in the source.
#[derive(Debug)]
pub(crate) struct Element {
    pub prefix: String,
    pub local: String,
    pub namespace: Namespace,
    /// Namespaces declared here: prefix (empty for the default) and name (empty for none).
    pub declared: Vec<(String, Rc<str>)>,
    pub attributes: Vec<Attribute>,
    pub children: Vec<NodeId>,
    pub parent: Option<NodeId>,
    /// From `<` of the start tag to `>` of the end tag in the source.
    pub span: Range<usize>,
    /// Where `</` of the end tag begins; the end of the span for an empty tag.
    pub inner_end: usize,
}

/// An attribute that declares no namespace.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub prefix: String,
    pub local: String,
    pub namespace: Namespace,
    pub value: String,
}

/// A document that was read.
#[derive(Debug)]
pub(crate) struct Document {
    pub nodes: Vec<Node>,
    pub root: NodeId,
    /// Comments and instructions before the root.
    pub before: Vec<NodeId>,
    /// Comments and instructions after the root.
    pub after: Vec<NodeId>,
}

impl Document {
    /// The element of a node.
    pub fn element(&self, id: NodeId) -> Option<&Element> {
        match self.nodes.get(id) {
            Some(Node::Element(element)) => Some(element),
            _ => None,
        }
    }
    /// The child elements.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = (NodeId, &Element)> {
        let children = self.element(id).map_or(&[][..], |e| e.children.as_slice());
        children.iter().filter_map(|child| self.element(*child).map(|element| (*child, element)))
    }
    /// The only child element of this name; an error names what is missing or stands twice.
    pub fn child(&self, id: NodeId, namespace: &str, local: &str) -> Result<NodeId, String> {
        self.optional(id, namespace, local)?.ok_or_else(|| format!("the element {local} is missing"))
    }
    /// The child element of this name if there is one; twice is an error.
    pub fn optional(&self, id: NodeId, namespace: &str, local: &str) -> Result<Option<NodeId>, String> {
        let mut found = self.children(id).filter(|(_, e)| e.is(namespace, local)).map(|(child, _)| child);
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            _ => Err(format!("the element {local} stands twice")),
        }
    }
    /// The text of an element that holds nothing else, without white space around it.
    pub fn text(&self, id: NodeId) -> Result<&str, String> {
        let element = self.element(id).ok_or("there is no element")?;
        match element.children.as_slice() {
            [] => Ok(""),
            [only] => match &self.nodes[*only] {
                Node::Text(text) => Ok(text.trim()),
                _ => Err(format!("the element {} holds more than text", element.local)),
            },
            _ => Err(format!("the element {} holds more than text", element.local)),
        }
    }
    /// The value of an attribute without namespace.
    pub fn attribute(&self, id: NodeId, name: &str) -> Option<&str> {
        let attributes = &self.element(id)?.attributes;
        attributes.iter().find(|a| a.namespace.is_none() && a.local == name).map(|a| a.value.as_str())
    }
    /// All elements, in document order.
    pub fn elements(&self) -> impl Iterator<Item = (NodeId, &Element)> {
        (0..self.nodes.len()).filter_map(|id| self.element(id).map(|element| (id, element)))
    }
    /// The node is the ancestor or something in it.
    pub fn is_within(&self, id: NodeId, ancestor: NodeId) -> bool {
        let mut at = Some(id);
        while let Some(id) = at {
            if id == ancestor {
                return true;
            }
            at = self.element(id).and_then(|e| e.parent);
        }
        false
    }
}

impl Element {
    /// It has this name.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local == local && self.namespace.as_deref() == Some(namespace)
    }
    /// The values of attributes that are taken as ids, whatever their spelling: a reader may go by any of them.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let is_id = |a: &&Attribute| {
            let plain = a.namespace.is_none() && a.local.eq_ignore_ascii_case("id");
            plain || (a.prefix == "xml" && a.local == "id")
        };
        self.attributes.iter().filter(is_id).map(|a| a.value.as_str())
    }
}
