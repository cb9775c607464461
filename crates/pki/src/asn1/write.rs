//! The writer: each function gives the DER bytes of one element.

use super::tag;
use const_oid::ObjectIdentifier;

/// An element with this tag and content.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    let (header, size) = header(tag, content.len());
    out.extend_from_slice(&header[..size]);
    out.extend_from_slice(content);
    out
}

/// The tag and the length of an element, and how many octets that takes.
fn header(tag: u8, length: usize) -> ([u8; 10], usize) {
    let mut header = [0; 10];
    header[0] = tag;
    if length < 0x80 {
        header[1] = length as u8;
        return (header, 2);
    }
    let bytes = length.to_be_bytes();
    let skip = bytes.iter().take_while(|b| **b == 0).count();
    let octets = bytes.len() - skip;
    header[1] = 0x80 | octets as u8;
    header[2..2 + octets].copy_from_slice(&bytes[skip..]);
    (header, 2 + octets)
}

/// A SEQUENCE of elements.
pub fn sequence<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Vec<u8> {
    joined(tag::SEQUENCE, parts)
}

/// A SET OF elements, in the order that DER wants.
pub fn set_of<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Vec<u8> {
    let mut parts: Vec<T> = parts.into_iter().collect();
    parts.sort_by(|a, b| a.as_ref().cmp(b.as_ref()));
    joined(tag::SET, parts)
}

/// `[n]` constructed, holding elements.
pub fn tagged<T: AsRef<[u8]>>(n: u8, parts: impl IntoIterator<Item = T>) -> Vec<u8> {
    joined(tag::context_constructed(n), parts)
}

fn joined<T: AsRef<[u8]>>(tag: u8, parts: impl IntoIterator<Item = T>) -> Vec<u8> {
    let parts: Vec<T> = parts.into_iter().collect();
    let length = parts.iter().map(|part| part.as_ref().len()).sum();
    let (header, size) = header(tag, length);
    let mut out = Vec::with_capacity(size + length);
    out.extend_from_slice(&header[..size]);
    for part in &parts {
        out.extend_from_slice(part.as_ref());
    }
    out
}

/// An object identifier.
pub fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    tlv(tag::OID, oid.as_bytes())
}

/// NULL.
pub fn null() -> Vec<u8> {
    tlv(tag::NULL, &[])
}

/// BOOLEAN.
pub fn boolean(value: bool) -> Vec<u8> {
    tlv(tag::BOOLEAN, &[if value { 0xff } else { 0 }])
}

/// A non-negative INTEGER.
pub fn integer(value: u64) -> Vec<u8> {
    unsigned(&value.to_be_bytes())
}

/// A non-negative INTEGER from its big-endian bytes.
pub fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let skip = bytes.iter().take_while(|b| **b == 0).count().min(bytes.len().saturating_sub(1));
    let mut content = bytes[skip..].to_vec();
    if content.first().is_none_or(|b| b & 0x80 != 0) {
        content.insert(0, 0);
    }
    tlv(tag::INTEGER, &content)
}

/// ENUMERATED.
pub fn enumerated(value: u8) -> Vec<u8> {
    tlv(tag::ENUMERATED, &[value])
}

/// OCTET STRING.
pub fn octets(bytes: &[u8]) -> Vec<u8> {
    tlv(tag::OCTET_STRING, bytes)
}

/// BIT STRING of whole octets.
pub fn bit_octets(bytes: &[u8]) -> Vec<u8> {
    let mut content = vec![0];
    content.extend_from_slice(bytes);
    tlv(tag::BIT_STRING, &content)
}

/// BIT STRING with named bits: bit 0 is the highest of `bits`; trailing zero bits are left out, as DER wants.
pub fn named_bits(bits: u16) -> Vec<u8> {
    let used = 16 - bits.trailing_zeros().min(16);
    let octets = used.div_ceil(8);
    let mut content = vec![(octets * 8 - used) as u8];
    content.extend_from_slice(&bits.to_be_bytes()[..octets as usize]);
    tlv(tag::BIT_STRING, &content)
}

/// UTF8String.
pub fn utf8(text: &str) -> Vec<u8> {
    tlv(tag::UTF8_STRING, text.as_bytes())
}
