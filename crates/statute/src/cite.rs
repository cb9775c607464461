//! Finds what a sentence cites: units (`các điểm a, b khoản 2 và khoản 3 Điều 5`) and documents
//! (`Luật Thương mại số 36/2005/QH11 đã được sửa đổi … theo Luật số 05/2017/QH14`).
//!
//! A list is read from its words alone; what only the surroundings tell (`Điều này`, a clause without its article)
//! is left open as [`Part::This`] or a missing step, for [`Cited::resolve`] and its caller to fill or to refuse.

pub(crate) mod document;
pub(crate) mod list;
pub(crate) mod words;

pub use document::{DocRef, read_document};
pub use list::{Cited, Part, Place, read_list};

pub(crate) use words::Words;

#[cfg(test)]
mod tests;
