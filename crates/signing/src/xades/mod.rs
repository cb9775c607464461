//! XAdES signatures (EN 319 132-1) in XML documents, or beside files: made at levels B-B and B-T, judged with a closed list
//! of algorithms and transforms.
//!
//! What is signed must be the whole document or all of what a detached file holds: a signature over a part of a document
//! is named as such, never taken for a signature of the document.

mod algorithm;
mod reference;
mod sign;
mod validate;

pub(crate) use algorithm::from_xml as ecdsa_from_raw;
pub use sign::{SignedXml, sign_detached, sign_enveloped};
pub(crate) use validate::judge;

/// XML Signature Syntax and Processing 1.1.
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// XAdES 1.3.2.
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
/// XAdES 1.4.1.
const XADES_141: &str = "http://uri.etsi.org/01903/v1.4.1#";
/// The type of the reference to the signed properties.
const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";
/// Exclusive Canonical XML 1.0.
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The transform that takes the signature out of what it signs.
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
