//! From BER to definite lengths: indefinite lengths and strings in pieces, as about one in ten real signatures has them.
//!
//! Whatever is definite and in shortest form all the way down is copied byte for byte, so that certificates and signed
//! attributes inside keep the bytes over which they were signed.

use super::{Reader, tag, tlv};
use crate::error::{Result, malformed};
use std::borrow::Cow;

/// Deepest nesting that is followed.
const MAX_DEPTH: usize = 64;
const WHAT: &str = "BER message";

/// The first element of `bytes` with definite lengths; zero bytes or anything else after it is left out.
///
/// # Errors
/// When the lengths do not fit, or elements nest deeper than any message does.
pub fn to_definite(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    match definite(bytes, 0) {
        Some(used) => Ok(bytes[..used].into()),
        None => element(bytes, 0).map(|(out, _)| out),
    }
}

/// How many bytes the first element takes, as it stands.
///
/// # Errors
/// As [`to_definite`].
pub fn length_of(bytes: &[u8]) -> Result<usize> {
    definite(bytes, 0).map_or_else(|| element(bytes, 0).map(|(_, used)| used), Ok)
}

struct Header {
    tag: u8,
    length: Option<usize>,
    size: usize,
    shortest: bool,
}

fn header(bytes: &[u8]) -> Result<Header> {
    let early = || malformed(WHAT, "it ends too early");
    let tag = *bytes.first().ok_or_else(early)?;
    if tag & 0x1f == 0x1f {
        return Err(malformed(WHAT, "a tag number above 30"));
    }
    let first = *bytes.get(1).ok_or_else(early)?;
    match first {
        0x80 if tag & 0x20 == 0 => Err(malformed(WHAT, "a primitive element of indefinite length")),
        0x80 => Ok(Header { tag, length: None, size: 2, shortest: false }),
        0..=0x7f => Ok(Header { tag, length: Some(usize::from(first)), size: 2, shortest: true }),
        _ => {
            let octets = usize::from(first & 0x7f);
            let digits = bytes.get(2..2 + octets).ok_or_else(early)?;
            let length = digits.iter().try_fold(0usize, |n, b| n.checked_mul(256)?.checked_add(usize::from(*b)));
            let length = length.ok_or_else(|| malformed(WHAT, "a length above what there is"))?;
            let shortest = digits.first().is_some_and(|b| *b != 0) && length >= 0x80;
            Ok(Header { tag, length: Some(length), size: 2 + octets, shortest })
        }
    }
}

/// How many bytes the first element takes, when it stands as it would be given: definite and in shortest form all the way
/// down, strings in one piece. Nearly every message is like that, and then nothing need be collected.
fn definite(bytes: &[u8], depth: usize) -> Option<usize> {
    let head = header(bytes).ok().filter(|head| depth <= MAX_DEPTH && head.shortest)?;
    let end = head.size.checked_add(head.length?).filter(|end| *end <= bytes.len())?;
    if head.tag & 0x20 != 0 {
        if head.tag == tag::OCTET_STRING | 0x20 {
            return None;
        }
        let mut at = head.size;
        while at < end {
            at += definite(&bytes[at..end], depth + 1)?;
        }
    }
    Some(end)
}

/// One element and how many input bytes it took.
fn element(bytes: &[u8], depth: usize) -> Result<(Cow<'_, [u8]>, usize)> {
    if depth > MAX_DEPTH {
        return Err(malformed(WHAT, "elements nested too deeply"));
    }
    let head = header(bytes)?;
    let (end, total) = match head.length {
        Some(length) => {
            let end = head.size.checked_add(length).filter(|end| *end <= bytes.len());
            let end = end.ok_or_else(|| malformed(WHAT, "an element is longer than what holds it"))?;
            (Some(end), end)
        }
        None => (None, 0),
    };
    if head.tag & 0x20 == 0 {
        let raw = &bytes[..total];
        let out = if head.shortest { raw.into() } else { tlv(head.tag, &raw[head.size..]).into() };
        return Ok((out, total));
    }
    let mut at = head.size;
    let mut parts: Vec<Cow<'_, [u8]>> = Vec::new();
    let used = loop {
        match end {
            Some(end) if at == end => break end,
            Some(end) if at > end => return Err(malformed(WHAT, "an element is longer than what holds it")),
            None if bytes.get(at..at + 2) == Some(&[0, 0]) => break at + 2,
            _ => {}
        }
        let inside = bytes.get(at..end.unwrap_or(bytes.len())).unwrap_or(&[]);
        let (part, taken) = element(inside, depth + 1)?;
        parts.push(part);
        at += taken;
    };
    let string = head.tag == tag::OCTET_STRING | 0x20;
    if head.shortest && !string && parts.iter().all(|p| matches!(p, Cow::Borrowed(_))) {
        return Ok((bytes[..used].into(), used));
    }
    let mut content = Vec::new();
    for part in &parts {
        // The pieces of an octet string become one string; their own headers are dropped.
        let piece = if string { Reader::only(part, tag::OCTET_STRING, WHAT)?.content } else { part };
        content.extend_from_slice(piece);
    }
    Ok((tlv(if string { tag::OCTET_STRING } else { head.tag }, &content).into(), used))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn indefinite_lengths_and_strings_in_pieces_become_definite() {
        let ber = [0x30, 0x80, 0x24, 0x80, 4, 1, 7, 4, 2, 8, 9, 0, 0, 2, 1, 5, 0, 0, 0, 0];
        assert_eq!(to_definite(&ber).unwrap().as_ref(), [0x30, 8, 4, 3, 7, 8, 9, 2, 1, 5]);
    }

    #[test]
    fn definite_bytes_are_borrowed_and_padding_is_left_out() {
        let der = [0x30, 3, 2, 1, 5, 0, 0, 0];
        assert!(matches!(to_definite(&der).unwrap(), Cow::Borrowed([0x30, 3, 2, 1, 5])));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_what_it_gives_reads(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(out) = to_definite(&bytes) {
                prop_assert!(Reader::new(&out, "test").any().is_ok());
            }
            if let Some(used) = definite(&bytes, 0) {
                prop_assert_eq!(element(&bytes, 0).unwrap(), (Cow::Borrowed(&bytes[..used]), used));
            }
        }
    }
}
