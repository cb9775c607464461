//! edXML packages (QCVN 102:2016/BTTTT): documents and what becomes of them, from office to office.

mod content;
mod model;
mod read;
mod record;
mod rules;
mod tree;
mod write;

pub use content::{Content, Memory, Shelf, is_file_name};
pub use model::{
    AttachmentHead, Business, Code, Document, DocumentType, Header, Hop, Kind, OtherInfo, Package, Party, Promulgation,
    Receiver, Reference, Replacement, ResponseFor, Signer, Staff, Status, StatusCode, Trace, Unknown, UpdateInfo,
    bare_id, day, day_text,
};
pub use read::{Limits, Reading, Station, read};
pub use rules::{check, is_organ_id, is_time};
pub use write::{Unsendable, Wrap, add_station, write};

/// The namespace of packages.
pub const NAMESPACE: &str = "http://www.mic.gov.vn/TBT/QCVN_102_2016";
