//! The reader: definite lengths in their shortest form, low tag numbers; anything else is an error.

use super::tag;
use crate::error::{Result, malformed};
use const_oid::ObjectIdentifier;

/// One element: its identifier octet, its content, and all its bytes as they stand in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// The content octets.
    pub content: &'a [u8],
    /// Identifier, length and content as they came.
    pub raw: &'a [u8],
}

/// Reads elements one after the other. `what` names the structure in errors.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// A reader over bytes.
    pub fn new(bytes: &'a [u8], what: &'static str) -> Reader<'a> {
        Reader { rest: bytes, what }
    }
    /// Exactly one element with this tag, and nothing after it.
    pub fn only(bytes: &'a [u8], tag: u8, what: &'static str) -> Result<Element<'a>> {
        let mut reader = Reader::new(bytes, what);
        let element = reader.take(tag)?;
        reader.finish()?;
        Ok(element)
    }
    /// Nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
    /// The tag of the next element.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }
    /// The next element, whatever it is.
    pub fn any(&mut self) -> Result<Element<'a>> {
        let fail = |why| malformed(self.what, why);
        let tag = *self.rest.first().ok_or_else(|| fail("it ends too early"))?;
        if tag & 0x1f == 0x1f {
            return Err(fail("a tag number above 30"));
        }
        let first = *self.rest.get(1).ok_or_else(|| fail("it ends too early"))?;
        let (header, length) = match first {
            0..=0x7f => (2, usize::from(first)),
            0x81..=0x84 => {
                let octets = usize::from(first & 0x7f);
                let bytes = self.rest.get(2..2 + octets).ok_or_else(|| fail("it ends too early"))?;
                let length = bytes.iter().fold(0usize, |n, b| (n << 8) | usize::from(*b));
                if bytes[0] == 0 || length < 0x80 {
                    return Err(fail("a length that is not in its shortest form"));
                }
                (2 + octets, length)
            }
            0x80 => return Err(fail("an indefinite length")),
            _ => return Err(fail("a length above 4 GB")),
        };
        let end = header.checked_add(length).filter(|end| *end <= self.rest.len());
        let end = end.ok_or_else(|| fail("an element is longer than what holds it"))?;
        let (raw, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(Element { tag, content: &raw[header..], raw })
    }
    /// The next element, which must have this tag.
    pub fn take(&mut self, tag: u8) -> Result<Element<'a>> {
        match self.peek() {
            Some(found) if found == tag => self.any(),
            Some(_) => Err(malformed(self.what, "an element of another type than expected")),
            None => Err(malformed(self.what, "it ends too early")),
        }
    }
    /// The next element if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>> {
        if self.peek() == Some(tag) { self.any().map(Some) } else { Ok(None) }
    }
    /// A SEQUENCE, opened.
    pub fn sequence(&mut self) -> Result<Reader<'a>> {
        let what = self.what;
        self.take(tag::SEQUENCE).map(|e| Reader::new(e.content, what))
    }
    /// An object identifier.
    pub fn oid(&mut self) -> Result<ObjectIdentifier> {
        let what = self.what;
        self.take(tag::OID)?.oid(what)
    }
    /// An error when something is left.
    pub fn finish(self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(malformed(self.what, "bytes after the end")) }
    }
}

impl<'a> Element<'a> {
    /// A reader over the content.
    pub fn open(&self, what: &'static str) -> Reader<'a> {
        Reader::new(self.content, what)
    }
    /// The content as an object identifier.
    pub fn oid(&self, what: &'static str) -> Result<ObjectIdentifier> {
        ObjectIdentifier::from_bytes(self.content)
            .map_err(|_| malformed(what, "an object identifier that does not read"))
    }
    /// The content of an INTEGER, in two's complement, which must be in its shortest form.
    pub fn integer(&self, what: &'static str) -> Result<&'a [u8]> {
        match self.content {
            [] => Err(malformed(what, "an empty number")),
            [0, next, ..] if next & 0x80 == 0 => Err(malformed(what, "a number that is not in its shortest form")),
            [0xff, next, ..] if next & 0x80 != 0 => Err(malformed(what, "a number that is not in its shortest form")),
            content => Ok(content),
        }
    }
    /// A small non-negative INTEGER.
    pub fn small_integer(&self, what: &'static str) -> Result<u64> {
        let bytes = self.integer(what)?;
        if bytes[0] & 0x80 != 0 || bytes.len() > 8 {
            return Err(malformed(what, "a number out of range"));
        }
        Ok(bytes.iter().fold(0, |n, b| (n << 8) | u64::from(*b)))
    }
    /// A BOOLEAN, as DER writes it.
    pub fn boolean(&self, what: &'static str) -> Result<bool> {
        match self.content {
            [0] => Ok(false),
            [0xff] => Ok(true),
            _ => Err(malformed(what, "a truth value that is neither 0 nor 255")),
        }
    }
    /// The bytes of a BIT STRING that is a whole number of octets.
    pub fn bit_octets(&self, what: &'static str) -> Result<&'a [u8]> {
        match self.content.split_first() {
            Some((0, bytes)) => Ok(bytes),
            _ => Err(malformed(what, "a bit string that is not whole octets")),
        }
    }
    /// The first 16 bits of a BIT STRING with named bits: bit 0 is the highest.
    pub fn named_bits(&self, what: &'static str) -> Result<u16> {
        let fail = || malformed(what, "a bit string that does not read");
        let (unused, bytes) = self.content.split_first().ok_or_else(fail)?;
        if *unused > 7 || (bytes.is_empty() && *unused != 0) {
            return Err(fail());
        }
        let at = |i: usize| u16::from(bytes.get(i).copied().unwrap_or(0));
        Ok((at(0) << 8) | at(1))
    }
    /// The text of a string type; `None` when the type is no string or the bytes are no text of that type.
    pub fn text(&self) -> Option<String> {
        match self.tag & 0x1f {
            0x0c => std::str::from_utf8(self.content).ok().map(str::to_owned),
            0x13 | 0x16 | 0x1a | 0x12 => self.content.is_ascii().then(|| latin1(self.content)),
            0x14 => Some(latin1(self.content)),
            0x1e => utf16(self.content),
            0x1c => utf32(self.content),
            _ => None,
        }
    }
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let units: Vec<u16> =
        bytes.chunks(2).map(|c| Some(u16::from_be_bytes(c.try_into().ok()?))).collect::<Option<_>>()?;
    String::from_utf16(&units).ok()
}

fn utf32(bytes: &[u8]) -> Option<String> {
    bytes.chunks(4).map(|c| char::from_u32(u32::from_be_bytes(c.try_into().ok()?))).collect()
}
