//! XML documents, as much as signatures need: a bounded tree and its canonical forms.
//!
//! Reading is strict, because two readers that see different trees are how signatures are wrapped: no document type, no
//! entities but the five of XML itself, no namespace tricks, one root.

mod canonical;
mod parse;
mod tree;

pub(crate) use canonical::{Form, canonicalize, escape};
pub(crate) use tree::{Document, NodeId};
