//! PAdES signatures in PDF files (EN 319 142-1), each in an incremental update that leaves what stands before untouched.

mod archive;
mod revision;
mod vri;
mod write;

pub(crate) use archive::evidence;
pub use archive::{Kept, add_archive_stamp, add_evidence, append_archive_stamp, append_evidence, keep};
pub use revision::{Appended, FieldInfo, Place, Revision, Signed, page_count, text_fields};
