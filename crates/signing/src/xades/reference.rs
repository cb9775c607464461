//! References: what a signature is over, and its digest. Nothing is ever fetched.

use super::{DS, ENVELOPED, algorithm};
use crate::xml::{Document, Form, NodeId, canonicalize};
use pki::Hash;

/// Most references of one signature and transforms of one reference.
const MAX_REFERENCES: usize = 32;
const MAX_TRANSFORMS: usize = 4;
/// The two usual ways to leave out every signature, word for word: what they select is known without a path language.
const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";
const XPATH_FILTER: &str = "http://www.w3.org/2002/06/xmldsig-filter2";

/// What a reference is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// The document from its root.
    Document,
    /// An element of the document.
    Element(NodeId),
    /// The file beside the signature.
    Beside,
}

/// A reference that was read and whose digest was computed.
#[derive(Debug)]
pub(super) struct Reference {
    pub target: Target,
    /// The digest is the stated one.
    pub intact: bool,
    pub hash: Hash,
    /// It is of the type of signed properties.
    pub is_properties: bool,
}

/// Which elements a reference leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Without {
    Nothing,
    This,
    All,
}

/// Reads all references of a SignedInfo. `beside` is the content of the file beside the signature.
///
/// # Errors
/// What is not in the closed list, stands twice, or is not there.
pub(super) fn read(
    document: &Document,
    signature: NodeId,
    signed_info: NodeId,
    beside: Option<&[u8]>,
) -> Result<Vec<Reference>, String> {
    let list: Vec<NodeId> =
        document.children(signed_info).filter(|(_, e)| e.is(DS, "Reference")).map(|(id, _)| id).collect();
    if list.is_empty() || list.len() > MAX_REFERENCES {
        return Err(format!("a signature has 1 to {MAX_REFERENCES} references, and this one has {}", list.len()));
    }
    let read: Vec<Reference> =
        list.into_iter().map(|id| one(document, signature, id, beside)).collect::<Result<_, _>>()?;
    if read.iter().filter(|r| r.target == Target::Beside).count() > 1 {
        return Err("two references to files beside the signature".into());
    }
    Ok(read)
}

fn one(document: &Document, signature: NodeId, id: NodeId, beside: Option<&[u8]>) -> Result<Reference, String> {
    let uri = document.attribute(id, "URI").ok_or("a reference without URI")?;
    let target = target(document, uri)?;
    let (form, without) = transforms(document, id, target)?;
    let method = document.child(id, DS, "DigestMethod")?;
    let name = document.attribute(method, "Algorithm").unwrap_or_default();
    let hash = algorithm::digest(name).ok_or_else(|| format!("the digest algorithm {name:?} is not accepted"))?;
    let stated = decode(document.text(document.child(id, DS, "DigestValue")?)?)?;
    let mut digest = hash.start();
    match target {
        Target::Beside => digest.update(beside.ok_or_else(|| format!("the signed file {uri:?} is not there"))?),
        Target::Document | Target::Element(_) => {
            let apex = if let Target::Element(apex) = target { Some(apex) } else { None };
            let skip = |node: NodeId| match without {
                Without::Nothing => false,
                Without::This => node == signature,
                Without::All => document.element(node).is_some_and(|e| e.is(DS, "Signature")),
            };
            canonicalize(document, apex, &skip, &form, &mut |part| digest.update(part))?;
        }
    }
    let is_properties = document.attribute(id, "Type") == Some(super::SIGNED_PROPERTIES);
    Ok(Reference { target, intact: digest.finish() == stated, hash, is_properties })
}

fn target(document: &Document, uri: &str) -> Result<Target, String> {
    let Some(fragment) = uri.strip_prefix('#') else {
        return Ok(if uri.is_empty() { Target::Document } else { Target::Beside });
    };
    let mut found = document.elements().filter(|(_, e)| e.ids().any(|own| own == fragment));
    match (found.next(), found.next()) {
        (Some((id, _)), None) => Ok(Target::Element(id)),
        (Some(_), Some(_)) => Err(format!("the id {fragment:?} stands twice: what is signed cannot be told")),
        (None, _) => Err(format!("there is no element with the id {fragment:?}")),
    }
}

fn transforms(document: &Document, reference: NodeId, target: Target) -> Result<(Form, Without), String> {
    // Without a canonical form of its own, a node set is written in the inclusive one (XMLDSig, 4.4.3.2).
    let mut form = Form { exclusive: false, second: false, comments: false, prefixes: Vec::new() };
    let mut without = Without::Nothing;
    let Some(list) = document.optional(reference, DS, "Transforms")? else { return Ok((form, without)) };
    let all: Vec<NodeId> = document.children(list).map(|(id, _)| id).collect();
    if all.len() > MAX_TRANSFORMS {
        return Err(format!("more than {MAX_TRANSFORMS} transforms"));
    }
    if target == Target::Beside && !all.is_empty() {
        return Err("a transform of a file beside the signature is not accepted".into());
    }
    let mut written = false;
    for id in all {
        let name = document.attribute(id, "Algorithm").unwrap_or_default();
        if written {
            return Err("a transform after the canonical form is not accepted".into());
        }
        if name == ENVELOPED {
            without = if without == Without::All { Without::All } else { Without::This };
        } else if is_all_signatures(document, id, name) {
            without = Without::All;
        } else {
            form = canonical_form(document, id)?;
            // References into the document never see comments (XMLDSig, 4.4.3.3).
            form.comments = false;
            written = true;
        }
    }
    Ok((form, without))
}

fn is_all_signatures(document: &Document, transform: NodeId, name: &str) -> bool {
    let own = |child: NodeId| document.text(child).ok().map(|t| t.split_whitespace().collect::<String>());
    // The prefix in the expression must mean the namespace of signatures.
    let bound = |child: NodeId, expression: &str| {
        let prefix = expression.split("::").last().and_then(|t| t.split_once(':')).map_or("", |(p, _)| p);
        let mut at = Some(child);
        while let Some(element) = at.and_then(|id| document.element(id)) {
            if let Some((_, uri)) = element.declared.iter().find(|(p, _)| p == prefix) {
                return &**uri == DS;
            }
            at = element.parent;
        }
        false
    };
    let mut children = document.children(transform);
    let (Some((child, element)), None) = (children.next(), children.next()) else { return false };
    let Some(expression) = own(child) else { return false };
    let plain = |prefix: &str| expression.replacen(prefix, "", 1);
    match name {
        XPATH => {
            let shape = plain("not(ancestor-or-self::");
            element.is(DS, "XPath")
                && shape.ends_with(":Signature)")
                && shape.matches(':').count() == 1
                && expression.starts_with("not(ancestor-or-self::")
                && bound(child, &expression)
        }
        XPATH_FILTER => {
            let shape = plain("/descendant::");
            element.is(XPATH_FILTER, "XPath")
                && document.attribute(child, "Filter") == Some("subtract")
                && expression.starts_with("/descendant::")
                && shape.ends_with(":Signature")
                && shape.matches(':').count() == 1
                && bound(child, &expression)
        }
        _ => false,
    }
}

/// The canonical form that an element names, with its list of prefixes.
pub(super) fn canonical_form(document: &Document, id: NodeId) -> Result<Form, String> {
    let name = document.attribute(id, "Algorithm").unwrap_or_default();
    let mut form = Form::named(name).ok_or_else(|| format!("the transform {name:?} is not accepted"))?;
    if let Some(list) = document.optional(id, super::EXCLUSIVE, "InclusiveNamespaces")?
        && form.exclusive
    {
        let prefixes = document.attribute(list, "PrefixList").unwrap_or_default();
        let word = |p: &str| if p == "#default" { String::new() } else { p.to_owned() };
        form.prefixes = prefixes.split_whitespace().map(word).collect();
    }
    Ok(form)
}

/// Base64 with white space anywhere.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, String> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let digits: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(digits).map_err(|_| "a value that is no base64".to_owned())
}
