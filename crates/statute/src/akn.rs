//! Akoma Ntoso 3.0 (OASIS Standard): export of laws, import of the same and, read-only, of foreign documents.
//!
//! Articles have ids without parents (`art_19`), their numbering being one sequence. FRBR URIs follow the naming
//! convention: `/akn/vn/act/luat/2015-06-19/77-2015-qh13/vie@2016-01-01/!main`.

mod meta;
mod read;
mod uri;
mod write;

pub use read::{Unreadable, read};
pub use uri::Uri;
pub use write::{Kind, Options, write};

#[cfg(test)]
mod tests;
