//! ASN.1: a reader that borrows and never copies, a tolerant pass for BER, and a writer of DER.
//!
//! Signatures are checked over the bytes as they came, so every element keeps its raw bytes and nothing that was read is
//! ever encoded again. A library of typed structures was weighed and left out here: it re-encodes what it read, refuses
//! the indefinite lengths that one in ten real signatures uses, and refuses test certificates (negative serial numbers)
//! that a validator must be able to judge.

mod ber;
mod read;
mod time;
mod write;

pub use ber::{length_of, to_definite};
pub use read::{Element, Reader};
pub use time::{generalized_time, read_time, x509_time};
pub use write::*;

/// Identifier octets of the universal types used here.
pub mod tag {
    #![allow(missing_docs, reason = "the names are those of X.680")]
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const NULL: u8 = 0x05;
    pub const OID: u8 = 0x06;
    pub const ENUMERATED: u8 = 0x0a;
    pub const UTF8_STRING: u8 = 0x0c;
    pub const PRINTABLE_STRING: u8 = 0x13;
    pub const TELETEX_STRING: u8 = 0x14;
    pub const IA5_STRING: u8 = 0x16;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const VISIBLE_STRING: u8 = 0x1a;
    pub const UNIVERSAL_STRING: u8 = 0x1c;
    pub const BMP_STRING: u8 = 0x1e;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
    /// `[n]`, primitive.
    pub const fn context(n: u8) -> u8 {
        0x80 | n
    }
    /// `[n]`, constructed.
    pub const fn context_constructed(n: u8) -> u8 {
        0xa0 | n
    }
}
