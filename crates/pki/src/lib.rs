//! Keys, X.509 certificates, certification authorities, revocation lists, status answers (OCSP), path
//! validation and time stamps.
//!
//! Pure: no files, no sockets, no clock of its own. Times are [`kernel::Timestamp`] parameters, serial numbers are drawn
//! from [`kernel::Entropy`]; only key generation and signing draw from the random source inside aws-lc.
//!
//! ```
//! use kernel::{OsEntropy, Timestamp};
//! use pki::{Authority, KeyKind, PrivateKey, Profile, Subject, TrustAnchors, check_before_signing};
//!
//! let now = Timestamp::from_micros(1_760_000_000_000_000);
//! let later = now.plus_seconds(5 * 365 * 86_400);
//! let root = Authority::root(
//!     &Subject::service("CA gốc", "Văn phòng Quốc hội"),
//!     PrivateKey::generate(KeyKind::P256)?, now, later, &OsEntropy,
//! )?;
//! let issuing = root.subordinate(
//!     &Subject::service("CA cấp chứng thư", "Văn phòng Quốc hội"),
//!     PrivateKey::generate(KeyKind::P256)?, now, later, &OsEntropy,
//! )?;
//! let key = PrivateKey::generate(KeyKind::P256)?;
//! let person = Subject::person("Nguyễn Văn A", "Đại biểu", "Đoàn đại biểu 001", "person-1");
//! let certificate = issuing.issue(Profile::Person, &person, key.public_key_info(), now, later, &OsEntropy)?;
//!
//! let anchors = TrustAnchors::new(vec![root.certificate().clone()]);
//! let chain = [vec![certificate], issuing.chain().to_vec()].concat();
//! let crl = issuing.crl(1, now, now.plus_seconds(7 * 86_400), &[])?;
//! assert!(check_before_signing(&chain, &anchors, &[crl], now).is_ok());
//! # Ok::<(), pki::Error>(())
//! ```

mod algorithm;
pub mod asn1;
mod authority;
mod bignum;
mod certificate;
pub mod cms;
mod crl;
mod dsa;
mod error;
mod extension;
mod fitness;
mod general_name;
pub mod jose;
mod key;
pub mod limbo;
mod name;
pub mod ocsp;
pub mod oid;
pub mod path;
pub mod pem;
mod policy;
mod profile;
pub mod request;
mod shape;
mod status;
pub mod time_stamp;

pub use algorithm::{Digester, Hash, PublicKey, Scheme, Verdict};
pub use authority::{Authority, CrlPlan, IssuingKey};
pub use certificate::{Addresses, Certificate};
pub use crl::{Crl, Reason, Revocation};
pub use error::{Error, Result};
pub use extension::{
    AuthorityKeyId, BasicConstraints, DistributionPoint, Extension, Extensions, KeyUsage, NameConstraints,
    PolicyConstraints,
};
pub use fitness::{Unfit, check_before_signing, check_with};
pub use general_name::GeneralName;
pub use key::{KeyKind, PrivateKey};
pub use name::{Attribute, Name, Subject};
pub use path::TrustAnchors;
pub use shape::{Profile, Profiles, Shape};
