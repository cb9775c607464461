//! Names of subjects and issuers: read, compared as RFC 5280 (7.1) wants, shown, and made.

use crate::{
    asn1::{self, Element, Reader, tag},
    error::{Error, Result, malformed},
    oid::{self, Oid},
};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

const WHAT: &str = "name";

/// One attribute of a name, such as the common name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Which attribute.
    pub kind: Oid,
    /// Its text; `None` when it is no string.
    pub text: Option<String>,
}

/// A distinguished name. Two names are equal when their attributes are, without regard to case, string type and runs of
/// white space.
#[derive(Clone)]
pub struct Name {
    der: Vec<u8>,
    parts: Vec<Vec<Attribute>>,
    /// One comparison key per relative distinguished name.
    keys: Vec<Vec<u8>>,
}

impl Name {
    /// Reads the DER bytes of a name.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(der: &[u8]) -> Result<Name> {
        let mut rdns = Reader::only(der, tag::SEQUENCE, WHAT)?.open(WHAT);
        let (mut parts, mut keys) = (Vec::new(), Vec::new());
        while !rdns.is_empty() {
            let (attributes, key) = relative(rdns.take(tag::SET)?)?;
            parts.push(attributes);
            keys.push(key);
        }
        Ok(Name { der: der.to_vec(), parts, keys })
    }
    /// Reads a relative name (distribution points have them) appended to a base.
    pub(crate) fn with_relative(&self, relative_content: &[u8]) -> Result<Name> {
        let set = asn1::tlv(tag::SET, relative_content);
        let base = Reader::only(&self.der, tag::SEQUENCE, WHAT)?.content;
        Name::parse(&asn1::sequence([base, set.as_slice()]))
    }
    /// The DER bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
    /// No attributes at all.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
    /// All attributes in order.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.parts.iter().flatten()
    }
    /// The text of the first attribute of a kind.
    pub fn get(&self, kind: Oid) -> Option<&str> {
        self.attributes().find(|a| a.kind == kind).and_then(|a| a.text.as_deref())
    }
    /// The name, or a name that begins so (name constraints).
    pub(crate) fn is_within(&self, base: &Name) -> bool {
        self.keys.len() >= base.keys.len() && self.keys[..base.keys.len()] == base.keys[..]
    }
    /// The comparison key: equal for equal names.
    pub fn key(&self) -> &[Vec<u8>] {
        &self.keys
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.keys == other.keys
    }
}
impl Eq for Name {}
impl std::hash::Hash for Name {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.keys.hash(state);
    }
}

fn relative(set: Element<'_>) -> Result<(Vec<Attribute>, Vec<u8>)> {
    let mut reader = set.open(WHAT);
    let (mut attributes, mut keys) = (Vec::new(), Vec::new());
    while !reader.is_empty() {
        let mut pair = reader.sequence()?;
        let kind = pair.oid()?;
        let value = pair.any()?;
        pair.finish()?;
        let text = value.text();
        let mut key = asn1::oid(kind);
        match &text {
            Some(text) => key.extend_from_slice(&asn1::utf8(&comparable(text))),
            None => key.extend_from_slice(value.raw),
        }
        keys.push(key);
        attributes.push(Attribute { kind, text });
    }
    if attributes.is_empty() {
        return Err(malformed(WHAT, "a relative name without attributes"));
    }
    keys.sort();
    Ok((attributes, keys.concat()))
}

/// Compatibility form, lower case, white space trimmed and compressed: LDAP string preparation, as far as names need it.
fn comparable(text: &str) -> String {
    if text.bytes().all(|b| b.is_ascii_graphic()) {
        return text.to_ascii_lowercase();
    }
    // Nearly every name is in that form as it came.
    let lower: String = match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => text.chars().flat_map(char::to_lowercase).collect(),
        _ => text.nfkc().flat_map(char::to_lowercase).collect(),
    };
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl std::fmt::Display for Name {
    /// `CN=…, O=…, C=…`: the most specific part first, as RFC 4514 orders it; for people, not for parsing.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, attribute) in self.parts.iter().rev().flatten().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            match label(attribute.kind) {
                Some(label) => write!(f, "{label}=")?,
                None => write!(f, "{}=", attribute.kind)?,
            }
            for c in attribute.text.as_deref().unwrap_or("?").chars() {
                if matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=') || c.is_control() {
                    write!(f, "\\{:02x}", u32::from(c))?;
                } else {
                    write!(f, "{c}")?;
                }
            }
        }
        Ok(())
    }
}
impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Name({self})")
    }
}

fn label(kind: Oid) -> Option<&'static str> {
    Some(match kind {
        oid::COMMON_NAME => "CN",
        oid::SURNAME => "SN",
        oid::SERIAL_NUMBER => "serialNumber",
        oid::COUNTRY => "C",
        oid::LOCALITY => "L",
        oid::STATE => "ST",
        oid::ORGANIZATION => "O",
        oid::ORGANIZATIONAL_UNIT => "OU",
        oid::TITLE => "title",
        oid::GIVEN_NAME => "GN",
        oid::ORGANIZATION_IDENTIFIER => "organizationIdentifier",
        oid::DOMAIN_COMPONENT => "DC",
        oid::USER_ID => "UID",
        oid::EMAIL_ADDRESS => "emailAddress",
        _ => return None,
    })
}

/// Who a certificate is for. Every text is put in NFC and may have at most 64 characters (RFC 5280, appendix A.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    attributes: Vec<(Oid, String)>,
}

impl Subject {
    /// A person: full name, position, body, and the internal id, which keeps two people of one name apart.
    pub fn person(full_name: &str, position: &str, body: &str, internal_id: &str) -> Subject {
        Subject::service(full_name, body).with(oid::SERIAL_NUMBER, internal_id).with(oid::TITLE, position)
    }
    /// A body that seals: its name and its code.
    pub fn body(name: &str, code: &str) -> Subject {
        Subject::service(name, name).with(oid::SERIAL_NUMBER, code)
    }
    /// An authority or a service (time stamps, status answers) run by an organisation.
    pub fn service(name: &str, organization: &str) -> Subject {
        let subject = Subject { attributes: vec![(oid::COUNTRY, "VN".to_owned())] };
        subject.with(oid::ORGANIZATION, organization).with(oid::COMMON_NAME, name)
    }
    /// With one more attribute; an empty text is left out.
    #[must_use]
    pub fn with(mut self, kind: Oid, text: &str) -> Subject {
        let text = kernel::text::nfc(text.trim()).into_owned();
        if !text.is_empty() {
            self.attributes.push((kind, text));
        }
        self
    }
    /// The name as it stands in the certificate.
    ///
    /// # Errors
    /// When a text is longer than the standard allows, or an id has characters outside PrintableString.
    pub fn name(&self) -> Result<Name> {
        let mut rdns = Vec::new();
        for (kind, text) in &self.attributes {
            if text.chars().count() > 64 {
                return Err(Error::Unsupported(format!("a name of more than 64 characters ({text:?})")));
            }
            let printable = matches!(*kind, oid::COUNTRY | oid::SERIAL_NUMBER);
            if printable && !text.bytes().all(|b| b.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&b)) {
                return Err(Error::Unsupported(format!("{text:?} as a country or serial number of a name")));
            }
            let value = asn1::tlv(if printable { tag::PRINTABLE_STRING } else { tag::UTF8_STRING }, text.as_bytes());
            rdns.push(asn1::set_of([asn1::sequence([asn1::oid(*kind), value])]));
        }
        Name::parse(&asn1::sequence(rdns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_equal_without_regard_to_case_string_type_and_spaces() {
        let make = |tag, text: &str| {
            let value = asn1::tlv(tag, text.as_bytes());
            let rdn = asn1::set_of([asn1::sequence([asn1::oid(oid::COMMON_NAME), value])]);
            Name::parse(&asn1::sequence([rdn])).unwrap()
        };
        assert_eq!(make(tag::UTF8_STRING, "  Quoc   HOI "), make(tag::PRINTABLE_STRING, "quoc hoi"));
        assert_ne!(make(tag::UTF8_STRING, "Quốc hội"), make(tag::UTF8_STRING, "Quoc hoi"));
        // Composed, in pieces, and in full width.
        assert_eq!(make(tag::UTF8_STRING, "Qu\u{1ed1}c"), make(tag::UTF8_STRING, "ＱUo\u{302}\u{301}c"));
    }

    #[test]
    fn a_person_is_shown_most_specific_first() {
        let name = Subject::person("Nguyễn Văn A", "Đại biểu", "Đoàn 001", "person-1").name().unwrap();
        assert_eq!(name.to_string(), "title=Đại biểu, serialNumber=person-1, CN=Nguyễn Văn A, O=Đoàn 001, C=VN");
        assert!(Subject::body(&"x".repeat(65), "x").name().is_err());
    }
}
