//! PAdES signatures in PDF files (EN 319 142-1), each in an incremental update that leaves what stands before untouched.

mod revision;
mod write;

pub use revision::{FieldInfo, Place, Revision, Signed, page_count, text_fields};
