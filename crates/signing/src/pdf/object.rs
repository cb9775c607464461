//! The kinds of objects (ISO 32000-1, 7.3) and how they are written.

use super::{hexadecimal, name::Name};
use std::ops::Range;

/// Number and generation of an indirect object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    pub number: u32,
    pub generation: u16,
}

/// An object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Object {
    Null,
    Bool(bool),
    Integer(i64),
    Real(f64),
    Text(Vec<u8>),
    Name(Name),
    Array(Vec<Object>),
    Dict(Dict),
    Stream(Stream),
    Reference(Id),
}

/// A dictionary that keeps its order; of a key that stands twice the last value counts, as in most readers.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Dict(pub Vec<(Name, Object)>);

/// A stream: its dictionary and its bytes as stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stream {
    pub dict: Dict,
    pub data: Data,
}

/// Where the bytes of a stream are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data {
    /// In the file that was read.
    InFile(Range<usize>),
    /// In memory.
    Own(Vec<u8>),
}

impl Object {
    pub fn name(text: &str) -> Object {
        Object::Name(text.as_bytes().into())
    }
    /// A text for people: ASCII as it is, anything else in UTF-16 with its mark (ISO 32000-1, 7.9.2.2).
    pub fn text(text: &str) -> Object {
        if text.is_ascii() {
            return Object::Text(text.as_bytes().to_vec());
        }
        let units = text.encode_utf16().flat_map(u16::to_be_bytes);
        Object::Text([0xfe, 0xff].into_iter().chain(units).collect())
    }
    pub fn integer(value: usize) -> Object {
        Object::Integer(value as i64)
    }
    pub fn rectangle(corners: [f64; 4]) -> Object {
        Object::Array(corners.into_iter().map(Object::Real).collect())
    }
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Object::Integer(value) => Some(*value),
            Object::Real(value) if value.fract() == 0.0 && value.abs() < 1e15 => Some(*value as i64),
            _ => None,
        }
    }
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Object::Integer(value) => Some(*value as f64),
            Object::Real(value) => Some(*value),
            _ => None,
        }
    }
    pub fn as_name(&self) -> Option<&[u8]> {
        if let Object::Name(name) = self { Some(name) } else { None }
    }
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Object::Text(text) = self { Some(text) } else { None }
    }
    pub fn as_array(&self) -> Option<&[Object]> {
        if let Object::Array(items) = self { Some(items) } else { None }
    }
    pub fn as_reference(&self) -> Option<Id> {
        if let Object::Reference(id) = self { Some(*id) } else { None }
    }
    /// The dictionary, also that of a stream.
    pub fn as_dict(&self) -> Option<&Dict> {
        match self {
            Object::Dict(dict) => Some(dict),
            Object::Stream(stream) => Some(&stream.dict),
            _ => None,
        }
    }
    /// The same, taken out.
    pub fn into_dict(self) -> Option<Dict> {
        match self {
            Object::Dict(dict) => Some(dict),
            Object::Stream(stream) => Some(stream.dict),
            _ => None,
        }
    }
    /// The text of a string object, decoded for people.
    pub fn as_text(&self) -> Option<String> {
        let bytes = self.as_bytes()?;
        Some(match bytes {
            [0xfe, 0xff, rest @ ..] => {
                let units: Vec<u16> = rest.chunks_exact(2).map(|c| u16::from_be_bytes([c[0], c[1]])).collect();
                String::from_utf16_lossy(&units)
            }
            [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
            _ => bytes.iter().map(|b| char::from(*b)).collect(),
        })
    }

    /// Appends the object as PDF syntax. Streams cannot stand inside other objects and are written by the update.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Object::Null | Object::Stream(_) => out.extend_from_slice(b"null"),
            Object::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Object::Integer(value) => integer(*value, out),
            Object::Real(value) => real(*value, out),
            Object::Text(bytes) => {
                out.push(b'<');
                hexadecimal::write(bytes, out);
                out.push(b'>');
            }
            Object::Name(name) => name.write(out),
            Object::Array(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b' ');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Object::Dict(dict) => dict.write(out),
            Object::Reference(id) => {
                id.write(out);
                out.extend_from_slice(b" R");
            }
        }
    }
}

impl Id {
    /// Appends the number and the generation.
    pub fn write(self, out: &mut Vec<u8>) {
        integer(self.number.into(), out);
        out.push(b' ');
        integer(self.generation.into(), out);
    }
}

/// Appends a whole number.
pub(crate) fn integer(value: i64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let (mut at, mut rest) = (digits.len(), value.unsigned_abs());
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

fn real(value: f64, out: &mut Vec<u8>) {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return integer(value as i64, out);
    }
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    out.extend_from_slice(if text.is_empty() || text == "-0" { "0" } else { text }.as_bytes());
}

impl Dict {
    pub fn new() -> Dict {
        Dict::default()
    }
    pub fn get(&self, key: &str) -> Option<&Object> {
        self.0.iter().rev().find(|(k, _)| **k == *key.as_bytes()).map(|(_, value)| value)
    }
    pub fn has_name(&self, key: &str, name: &str) -> bool {
        self.get(key).and_then(Object::as_name) == Some(name.as_bytes())
    }
    pub fn set(&mut self, key: &str, value: Object) {
        self.remove(key);
        self.0.push((key.as_bytes().into(), value));
    }
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(k, _)| **k != *key.as_bytes());
    }
    /// The dictionary with one more entry.
    pub fn with(mut self, key: &str, value: Object) -> Dict {
        self.set(key, value);
        self
    }
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<<");
        for (key, value) in &self.0 {
            key.write(out);
            out.push(b' ');
            value.write(out);
        }
        out.extend_from_slice(b">>");
    }
}
