//! PDF files, as much as signatures need: objects, cross-references of every kind, incremental updates.
//!
//! Reading is tolerant and bounded: a broken cross-reference is rebuilt by scanning, loops end, nesting and sizes have
//! caps. Nothing here ever rewrites what a file already holds; updates are appended (ISO 32000-1, 7.5.6).

mod entries;
mod file;
mod filter;
pub(crate) mod hexadecimal;
mod import;
mod name;
mod object;
mod parse;
mod source;
mod update;
mod xref;

pub(crate) use entries::Entry;
pub(crate) use file::File;
pub use file::PdfError;
pub(crate) use import::import_page;
pub(crate) use object::{Data, Dict, Id, Object, Stream};
pub(crate) use source::Bytes;
pub use source::Source;
pub(crate) use update::Update;
