//! Signs and validates: PAdES in PDF files, CAdES beside or around any bytes, XAdES in XML; keeps private keys sealed under
//! a master key or reaches them on a token; and says in plain words what was found.
//!
//! A tool without database. Calls are synchronous and take milliseconds: callers on an async runtime use `spawn_blocking`.
//! It never decides who may sign, and it never fetches anything: what it trusts and knows is handed to it.
//!
//! The first signature of a paper, with empty fields for what the clerk adds, and the second, which fills them and seals:
//! ```no_run
//! use signing::{Place, Revision, Signer, TimeStamper, Trust, validate};
//! # fn images() -> [Vec<u8>; 4] { Default::default() }
//! # fn paper(pdf: Vec<u8>, chairperson: &dyn Signer, body: &dyn Signer, stamper: &dyn TimeStamper, root: pki::Certificate, now: kernel::Timestamp) -> Result<(), signing::SignError> {
//! let [signature_image, seal_image, number_image, date_image] = images(); // one-page PDF files
//! let place = |x, y, width, height| Place { page: 1, x, y, width, height };
//! let first = Revision::new("ChuKy")
//!     .visible(place(330.0, 620.0, 150.0, 60.0), signature_image)
//!     .certify()
//!     .add_text_field("So", place(100.0, 96.0, 60.0, 18.0))
//!     .add_text_field("NgayThang", place(320.0, 96.0, 200.0, 18.0))
//!     .add_signature_field("ConDau", place(270.0, 600.0, 100.0, 100.0))
//!     .sign(&pdf, chairperson, now, Some(stamper))?;
//! let second = Revision::new("ConDau")
//!     .appearance(seal_image)
//!     .fill("So", "1344", number_image)
//!     .fill("NgayThang", "ngày 05 tháng 01 năm 2025", date_image)
//!     .sign(&first.pdf, body, now, Some(stamper))?;
//! let report = validate::pdf(&second.pdf, &Trust::new(vec![root]), now);
//! assert!(report.is_all_passed());
//! # Ok(()) }
//! ```

mod assess;
pub mod cades;
pub mod ceremony;
mod changes;
pub mod command;
mod error;
pub mod kind;
pub mod online;
pub mod pades;
mod pdf;
mod report;
pub mod report_xml;
mod signer;
mod token;
pub mod validate;
mod vault;
pub mod words;
mod wrapped;
pub mod xades;
mod xml;

pub use assess::Trust;
pub use changes::only_signed;
pub use error::SignError;
pub use pades::{FieldInfo, Place, Revision, Signed};
pub use pdf::{PdfError, Source};
pub use report::{Changes, Indication, Integrity, Level, Party, Report, SignatureReport, SubIndication, TimeSource};
pub use signer::{LocalTimeStamper, Signer, SoftwareSigner, TimeStamper};
pub use token::{TokenKey, TokenPlace, TokenSigner};
pub use vault::{MasterKey, Sealed, VaultError};
pub use wrapped::{Protection, WrappingKey};
