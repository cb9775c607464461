//! Canonical XML 1.0 and 1.1, and Exclusive Canonical XML 1.0 (W3C recommendations).
//!
//! All are one walk: an element declares those prefixes that the form asks for and that its parent has not written with
//! the same name already. The exclusive form asks for the prefixes in use and for a given list, the others for all in scope.

use super::tree::{Document, Element, Node, NodeId};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// Which canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Form {
    /// Exclusive: only what is in use.
    pub exclusive: bool,
    /// Version 1.1, which does not inherit `xml:id`.
    pub second: bool,
    /// Comments are kept.
    pub comments: bool,
    /// Prefixes treated as by the inclusive form; empty for the default namespace.
    pub prefixes: Vec<String>,
}

impl Form {
    /// Exclusive, without comments.
    pub fn exclusive() -> Form {
        Form { exclusive: true, second: false, comments: false, prefixes: Vec::new() }
    }
    /// The form that an algorithm names.
    pub fn named(algorithm: &str) -> Option<Form> {
        let (name, comments) = match algorithm.strip_suffix("WithComments") {
            Some(name) => (name, true),
            None => (algorithm, false),
        };
        let (exclusive, second) = match name.trim_end_matches('#') {
            "http://www.w3.org/2001/10/xml-exc-c14n" => (true, false),
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" => (false, false),
            "http://www.w3.org/2006/12/xml-c14n11" => (false, true),
            _ => return None,
        };
        Some(Form { exclusive, second, comments, prefixes: Vec::new() })
    }
}

type Scope = BTreeMap<String, Rc<str>>;

/// Writes the canonical form of an element, or of the whole document when `apex` is `None`, leaving elements out.
///
/// # Errors
/// For what version 1.1 would have to join (`xml:base` above an apex).
pub(crate) fn canonicalize(
    document: &Document,
    apex: Option<NodeId>,
    without: &dyn Fn(NodeId) -> bool,
    form: &Form,
    out: &mut dyn FnMut(&[u8]),
) -> Result<(), String> {
    let mut writer = Writer { document, without, form, out };
    let Some(apex) = apex else {
        for id in &document.before {
            if writer.aside(*id) {
                (writer.out)(b"\n");
            }
        }
        writer.node(document.root, &Scope::new(), &Scope::new(), &[]);
        for id in &document.after {
            if writer.is_written(*id) {
                (writer.out)(b"\n");
                writer.aside(*id);
            }
        }
        return Ok(());
    };
    let mut above: Vec<&Element> = Vec::new();
    let mut parent = document.element(apex).and_then(|e| e.parent);
    while let Some(element) = parent.and_then(|id| document.element(id)) {
        above.push(element);
        parent = element.parent;
    }
    let mut scope = Scope::new();
    let mut inherited: Vec<(String, String)> = Vec::new();
    for element in above.iter().rev() {
        declare(&mut scope, element);
        for attribute in element.attributes.iter().filter(|a| !form.exclusive && a.prefix == "xml") {
            if form.second && attribute.local == "base" {
                return Err("xml:base above what is signed, which Canonical XML 1.1 would have to join".into());
            }
            if !(form.second && attribute.local == "id") {
                inherited.retain(|(name, _)| *name != attribute.local);
                inherited.push((attribute.local.clone(), attribute.value.clone()));
            }
        }
    }
    writer.node(apex, &scope, &Scope::new(), &inherited);
    Ok(())
}

fn declare(scope: &mut Scope, element: &Element) {
    for (prefix, uri) in &element.declared {
        scope.insert(prefix.clone(), uri.clone());
    }
}

struct Writer<'w> {
    document: &'w Document,
    without: &'w dyn Fn(NodeId) -> bool,
    form: &'w Form,
    out: &'w mut dyn FnMut(&[u8]),
}

impl Writer<'_> {
    fn is_written(&self, id: NodeId) -> bool {
        !matches!(self.document.nodes[id], Node::Comment(_)) || self.form.comments
    }
    /// A comment or an instruction; true when it was written.
    fn aside(&mut self, id: NodeId) -> bool {
        if !self.is_written(id) {
            return false;
        }
        match &self.document.nodes[id] {
            Node::Comment(text) => {
                self.put(&["<!--", text, "-->"]);
                true
            }
            Node::Instruction { target, data } => {
                let space = if data.is_empty() { "" } else { " " };
                self.put(&["<?", target, space, data, "?>"]);
                true
            }
            _ => false,
        }
    }
    fn put(&mut self, parts: &[&str]) {
        for part in parts {
            (self.out)(part.as_bytes());
        }
    }

    /// `scope` is what is declared above, `written` what has been written above with the same meaning. The depth is bounded
    /// by the parser.
    fn node(&mut self, id: NodeId, scope: &Scope, written: &Scope, inherited: &[(String, String)]) {
        if (self.without)(id) {
            return;
        }
        let document = self.document;
        let element = match &document.nodes[id] {
            Node::Element(element) => element,
            Node::Text(text) => {
                let text = escape(text, false);
                return self.put(&[&text]);
            }
            _ => {
                self.aside(id);
                return;
            }
        };
        let colon = if element.prefix.is_empty() { "" } else { ":" };
        self.put(&["<", &element.prefix, colon, &element.local]);
        // Most elements declare nothing: what is above then holds for them as it is.
        let own = (!element.declared.is_empty()).then(|| {
            let mut own = scope.clone();
            declare(&mut own, element);
            own
        });
        let scope = own.as_ref().unwrap_or(scope);
        let fresh = self.declarations(element, scope, written);
        let now = (!fresh.is_empty()).then(|| {
            let mut now = written.clone();
            now.extend(fresh);
            now
        });
        self.attributes(element, inherited);
        self.put(&[">"]);
        let written = now.as_ref().unwrap_or(written);
        for child in &element.children {
            self.node(*child, scope, written, &[]);
        }
        self.put(&["</", &element.prefix, colon, &element.local, ">"]);
    }

    fn declarations(&mut self, element: &Element, scope: &Scope, written: &Scope) -> Vec<(String, Rc<str>)> {
        let mut wanted: BTreeSet<&str> = BTreeSet::new();
        if self.form.exclusive {
            wanted.insert(&element.prefix);
            let prefixes = element.attributes.iter().map(|a| a.prefix.as_str());
            wanted.extend(prefixes.filter(|p| !p.is_empty()));
            wanted.extend(self.form.prefixes.iter().map(String::as_str).filter(|p| scope.contains_key(*p)));
        } else {
            wanted.extend(scope.keys().map(String::as_str));
            wanted.insert("");
        }
        let empty: Rc<str> = Rc::from("");
        let mut fresh = Vec::new();
        for prefix in wanted.into_iter().filter(|p| *p != "xml") {
            let uri = scope.get(prefix).unwrap_or(&empty);
            if written.get(prefix).unwrap_or(&empty) == uri {
                continue;
            }
            let value = escape(uri, true);
            match prefix {
                "" => self.put(&[" xmlns=\"", &value, "\""]),
                prefix => self.put(&[" xmlns:", prefix, "=\"", &value, "\""]),
            }
            fresh.push((prefix.to_owned(), uri.clone()));
        }
        fresh
    }

    fn attributes(&mut self, element: &Element, inherited: &[(String, String)]) {
        const XML: &str = "http://www.w3.org/XML/1998/namespace";
        let mut all: Vec<(&str, &str, &str, &str)> = element
            .attributes
            .iter()
            .map(|a| (a.namespace.as_deref().unwrap_or(""), a.local.as_str(), a.prefix.as_str(), a.value.as_str()))
            .collect();
        for (local, value) in inherited {
            if !all.iter().any(|(namespace, own, ..)| *namespace == XML && own == local) {
                all.push((XML, local, "xml", value));
            }
        }
        all.sort_unstable();
        for (_, local, prefix, value) in all {
            let colon = if prefix.is_empty() { "" } else { ":" };
            let value = escape(value, true);
            self.put(&[" ", prefix, colon, local, "=\"", &value, "\""]);
        }
    }
}

/// The characters that stand for themselves in no canonical form.
pub(crate) fn escape(text: &str, attribute: bool) -> std::borrow::Cow<'_, str> {
    let special = |c: char| match c {
        '&' | '<' | '\r' => true,
        '>' => !attribute,
        '"' | '\t' | '\n' => attribute,
        _ => false,
    };
    if !text.contains(special) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' if !attribute => out.push_str("&gt;"),
            '"' if attribute => out.push_str("&quot;"),
            '\t' if attribute => out.push_str("&#x9;"),
            '\n' if attribute => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(c),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str, apex: Option<&str>, form: &Form) -> String {
        let document = Document::parse(text.as_bytes()).unwrap();
        let apex = apex.map(|name| document.elements().find(|(_, e)| e.local == name).unwrap().0);
        let mut out = Vec::new();
        canonicalize(&document, apex, &|_| false, form, &mut |part| out.extend_from_slice(part)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_examples_of_the_recommendations_come_out_as_they_say() {
        let inclusive = Form::named("http://www.w3.org/TR/2001/REC-xml-c14n-20010315").unwrap();
        // Canonical XML 1.0, 3.1 and 3.3, without their document types.
        let text = "<?xml version=\"1.0\"?>\n\n<?xml-stylesheet   href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\n<doc>Hello, world!<!-- Comment 1 --></doc>\n\n<?pi-without-data     ?>\n\n<!-- Comment 2 -->\n\n<!-- Comment 3 -->\n";
        let expected = "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!</doc>\n<?pi-without-data?>";
        assert_eq!(canonical(text, None, &inclusive), expected);
        let text = "<doc>\n   <e3   name = \"elem3\"   id=\"elem3\"   />\n   <e5 a:attr=\"out\" b:attr=\"sorted\" attr2=\"all\" attr=\"I'm\"\n      xmlns:b=\"http://www.ietf.org\"\n      xmlns:a=\"http://www.w3.org\"\n      xmlns=\"http://example.org\"/>\n   <e6 xmlns=\"\" xmlns:a=\"http://www.w3.org\"><e7 xmlns=\"http://www.ietf.org\"><e8 xmlns=\"\" xmlns:a=\"http://www.w3.org\"/></e7></e6>\n</doc>";
        let expected = "<doc>\n   <e3 id=\"elem3\" name=\"elem3\"></e3>\n   <e5 xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\" xmlns:b=\"http://www.ietf.org\" attr=\"I'm\" attr2=\"all\" b:attr=\"sorted\" a:attr=\"out\"></e5>\n   <e6 xmlns:a=\"http://www.w3.org\"><e7 xmlns=\"http://www.ietf.org\"><e8 xmlns=\"\"></e8></e7></e6>\n</doc>";
        assert_eq!(canonical(text, None, &inclusive), expected);
        // 3.4: characters and references.
        let text = "<doc>\r\n<text>First line&#x0d;&#10;Second line</text><value>&#x32;</value><compute><![CDATA[value>\"0\" && value<\"10\" ?\"valid\":\"error\"]]></compute><norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/></doc>";
        let expected = "<doc>\n<text>First line&#xD;\nSecond line</text><value>2</value><compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"</compute><norm attr=\" '    &#xD;&#xA;&#x9;   ' \"></norm></doc>";
        assert_eq!(canonical(text, None, &inclusive), expected);
        // Exclusive Canonical XML, 2.2: what is around does not come along.
        let text = "<n0:pdu xmlns:n0=\"http://a.example\"><n1:elem2 xmlns:n0=\"http://b.example\" xmlns:n1=\"http://example.net\" xml:lang=\"en\"><n3:stuff xmlns:n3=\"ftp://example.org\"/></n1:elem2></n0:pdu>";
        let expected = "<n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\"><n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>";
        assert_eq!(canonical(text, Some("elem2"), &Form::exclusive()), expected);
        let listed = Form { prefixes: vec!["n0".into()], ..Form::exclusive() };
        assert!(
            canonical(text, Some("elem2"), &listed).starts_with("<n1:elem2 xmlns:n0=\"http://b.example\" xmlns:n1=")
        );
        let text = "<a xmlns:x=\"u\" xml:lang=\"vi\"><b/></a>";
        assert_eq!(canonical(text, Some("b"), &inclusive), "<b xmlns:x=\"u\" xml:lang=\"vi\"></b>");
    }

    #[test]
    fn what_two_readers_could_see_differently_is_refused() {
        for text in [
            "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
            "<a>&nbsp;</a>",
            "<a b=\"1\" b=\"2\"/>",
            "<a xmlns:p=\"u\" xmlns:q=\"u\" p:b=\"1\" q:b=\"2\"/>",
            "<p:a/>",
            "<a/><b/>",
            "<a/>text",
            "<a b=\"<\"/>",
            "<a>]]></a>",
            "<a>\u{1}</a>",
            "<a>&#1;</a>",
            "<a xmlns:xml=\"u\"/>",
            "<a xmlns:p=\"\"/>",
            "<a:b:c xmlns:a=\"u\"/>",
            "<a><b></a></b>",
            "<a",
            "",
            "<?xml version=\"1.0\" encoding=\"utf-16\"?><a/>",
            " <?xml version=\"1.0\"?><a/>",
        ] {
            assert!(Document::parse(text.as_bytes()).is_err(), "{text}");
        }
        let deep = "<a>".repeat(100_000);
        assert!(Document::parse(deep.as_bytes()).unwrap_err().contains("nested"));
    }
}
