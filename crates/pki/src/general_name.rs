//! General names (RFC 5280, 4.2.1.6) and whether one lies in the subtree that another spans (4.2.1.10).

use crate::{
    asn1::{self, Element, Reader, tag},
    error::{Error, Result, malformed},
    name::Name,
    oid::Oid,
};

const WHAT: &str = "general name";

/// A name in one of the forms of X.509.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneralName {
    /// An e-mail address, or in a constraint a host or a domain.
    Email(String),
    /// A DNS name.
    Dns(String),
    /// A distinguished name.
    Directory(Name),
    /// A URI.
    Uri(String),
    /// 4 or 16 octets; in a constraint, address and mask.
    Ip(Vec<u8>),
    /// A registered identifier.
    Registered(Oid),
    /// A form that is not taken apart: its tag and content.
    Other(u8, Vec<u8>),
}

impl GeneralName {
    /// Reads one general name.
    pub(crate) fn parse(element: Element<'_>) -> Result<GeneralName> {
        let ascii = || {
            let text = std::str::from_utf8(element.content).ok().filter(|t| t.is_ascii());
            text.map(str::to_owned).ok_or_else(|| malformed(WHAT, "characters outside ASCII"))
        };
        Ok(match element.tag {
            0x81 => GeneralName::Email(ascii()?),
            0x82 => GeneralName::Dns(ascii()?),
            0xa4 => GeneralName::Directory(Name::parse(Reader::only(element.content, tag::SEQUENCE, WHAT)?.raw)?),
            0x86 => GeneralName::Uri(ascii()?),
            0x87 => GeneralName::Ip(element.content.to_vec()),
            0x88 => GeneralName::Registered(element.oid(WHAT)?),
            0xa0 | 0xa3 | 0xa5 => GeneralName::Other(element.tag, element.content.to_vec()),
            _ => return Err(malformed(WHAT, "a form that does not exist")),
        })
    }
    /// The DER of a name to be certified.
    ///
    /// # Errors
    /// [`crate::Error::Unsupported`] for a form that is not certified here.
    pub(crate) fn to_der(&self) -> Result<Vec<u8>> {
        match self {
            GeneralName::Email(text) => Ok(asn1::tlv(0x81, text.as_bytes())),
            GeneralName::Dns(text) => Ok(asn1::tlv(0x82, text.as_bytes())),
            GeneralName::Uri(text) => Ok(asn1::tlv(0x86, text.as_bytes())),
            GeneralName::Ip(octets) => Ok(asn1::tlv(0x87, octets)),
            _ => Err(Error::Unsupported("an alternative name of this form".into())),
        }
    }
    /// A number for its form: constraints bind names of their own form only.
    pub(crate) fn form(&self) -> u8 {
        match self {
            GeneralName::Email(_) => 1,
            GeneralName::Dns(_) => 2,
            GeneralName::Directory(_) => 4,
            GeneralName::Uri(_) => 6,
            GeneralName::Ip(_) => 7,
            GeneralName::Registered(_) => 8,
            GeneralName::Other(tag, _) => *tag,
        }
    }
    /// This name lies in the subtree of `base`. `None` when that cannot be decided: the form has no rule, or one of the
    /// two is malformed; the caller must then refuse.
    pub(crate) fn is_within(&self, base: &GeneralName) -> Option<bool> {
        match (self, base) {
            (GeneralName::Email(address), GeneralName::Email(base)) => email_within(address, base),
            (GeneralName::Dns(name), GeneralName::Dns(base)) => dns_within(name, base),
            (GeneralName::Directory(name), GeneralName::Directory(base)) => Some(name.is_within(base)),
            (GeneralName::Uri(uri), GeneralName::Uri(base)) => uri_host(uri).map(|host| host_within(host, base)),
            (GeneralName::Ip(address), GeneralName::Ip(base)) => ip_within(address, base),
            _ => None,
        }
    }
}

/// Reads a list of general names; an empty one is an error.
pub(crate) fn general_names(mut reader: Reader<'_>) -> Result<Vec<GeneralName>> {
    let mut names = Vec::new();
    while !reader.is_empty() {
        names.push(GeneralName::parse(reader.any()?)?);
    }
    if names.is_empty() { Err(malformed(WHAT, "an empty list of names")) } else { Ok(names) }
}

/// A mailbox, all mailboxes on a host, or all in a domain (".example.vn").
fn email_within(address: &str, base: &str) -> Option<bool> {
    let (local, host) = address.rsplit_once('@')?;
    if local.is_empty() || host.is_empty() {
        return None;
    }
    Some(match base.rsplit_once('@') {
        Some((base_local, base_host)) => local == base_local && host.eq_ignore_ascii_case(base_host),
        None => host_within(host, base),
    })
}

/// The host itself, or with a leading period the hosts below it, but not it.
fn host_within(host: &str, base: &str) -> bool {
    if base.is_empty() {
        return true;
    }
    if base.starts_with('.') {
        ends_with(host, base) && host.len() > base.len()
    } else {
        host.eq_ignore_ascii_case(base)
    }
}

/// The name itself and everything below it.
fn dns_within(name: &str, base: &str) -> Option<bool> {
    let valid = |text: &str| text.split('.').all(|label| !label.is_empty() && label.len() <= 63);
    let name = name.strip_prefix("*.").unwrap_or(name);
    if base.is_empty() {
        return Some(true);
    }
    // A leading period is no DNS name; what the writer meant cannot be known.
    if !valid(name) || !valid(base) || name.contains('*') || base.contains('*') {
        return None;
    }
    let below = name.len() > base.len() && name.as_bytes()[name.len() - base.len() - 1] == b'.';
    Some(ends_with(name, base) && (name.len() == base.len() || below))
}

fn ends_with(text: &str, end: &str) -> bool {
    text.len() >= end.len() && text.as_bytes()[text.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
}

/// The host of a URI with an authority; an address in place of a host name cannot be constrained.
fn uri_host(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split(':').next().filter(|h| !h.is_empty() && !h.starts_with('['))?;
    let is_address = host.split('.').all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    (!is_address).then_some(host)
}

/// Address and mask of one family, the mask ones first and then zeros.
pub(crate) fn is_network(octets: &[u8]) -> bool {
    let mask = &octets[octets.len() / 2..];
    let bits = mask.iter().fold(String::new(), |text, b| text + &format!("{b:08b}"));
    matches!(octets.len(), 8 | 32) && !bits.contains("01")
}

fn ip_within(address: &[u8], base: &[u8]) -> Option<bool> {
    if !matches!(address.len(), 4 | 16) || !is_network(base) {
        return None;
    }
    let (network, mask) = base.split_at(base.len() / 2);
    if address.len() != network.len() {
        return Some(false);
    }
    Some(address.iter().zip(network).zip(mask).all(|((a, n), m)| a & m == n & m))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtrees_hold_what_rfc_5280_says() {
        let dns = |n: &str, b: &str| GeneralName::Dns(n.into()).is_within(&GeneralName::Dns(b.into()));
        assert_eq!(dns("www.quochoi.vn", "quochoi.vn"), Some(true));
        assert_eq!(dns("quochoi.vn", "quochoi.vn"), Some(true));
        assert_eq!(dns("xquochoi.vn", "quochoi.vn"), Some(false));
        let email = |n: &str, b: &str| GeneralName::Email(n.into()).is_within(&GeneralName::Email(b.into()));
        assert_eq!(email("a@quochoi.vn", "quochoi.vn"), Some(true));
        assert_eq!(email("a@mail.quochoi.vn", "quochoi.vn"), Some(false));
        assert_eq!(email("a@mail.quochoi.vn", ".quochoi.vn"), Some(true));
        assert_eq!(email("quochoi.vn", "quochoi.vn"), None);
        let uri = |n: &str, b: &str| GeneralName::Uri(n.into()).is_within(&GeneralName::Uri(b.into()));
        assert_eq!(uri("https://user@www.quochoi.vn:8443/x", ".quochoi.vn"), Some(true));
        assert_eq!(uri("https://10.0.0.1/", ".quochoi.vn"), None);
        let ip = |a: &[u8], b: &[u8]| GeneralName::Ip(a.into()).is_within(&GeneralName::Ip(b.into()));
        assert_eq!(ip(&[10, 1, 2, 3], &[10, 1, 0, 0, 255, 255, 0, 0]), Some(true));
        assert_eq!(ip(&[10, 1, 2, 3], &[10, 1, 0, 0, 255, 0, 255, 0]), None);
    }
}
