//! The parser of objects: tolerant of what readers tolerate, bounded in depth and size.

use super::{
    hexadecimal::digit,
    name::Name,
    object::{Dict, Id, Object},
};
use std::cell::Cell;

/// Deepest nesting of arrays and dictionaries that is followed.
const MAX_DEPTH: usize = 60;

/// A position in the bytes of a file or an object stream.
#[derive(Debug, Clone)]
pub(crate) struct Parser<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
    /// Where the bytes begin in the file.
    pub base: usize,
    /// Something was looked for behind the last byte.
    pub ended: Cell<bool>,
}

pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'a> Parser<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Parser<'a> {
        Parser { bytes, at, base: 0, ended: Cell::new(false) }
    }
    /// The position in the file.
    pub fn position(&self) -> usize {
        self.base + self.at
    }
    pub fn peek(&self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        if byte.is_none() {
            self.ended.set(true);
        }
        byte
    }
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }
    pub fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }
    /// Takes a keyword if it stands here.
    pub fn keyword(&mut self, word: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }
    /// A non-negative whole number.
    pub fn number(&mut self) -> Option<u64> {
        self.skip_space();
        let (mut number, mut digits) = (0u64, 0);
        for byte in self.rest().iter().take_while(|b| b.is_ascii_digit()) {
            digits += 1;
            if digits > 18 {
                return None;
            }
            number = number * 10 + u64::from(byte - b'0');
        }
        self.at += digits;
        (digits > 0).then_some(number)
    }
    /// `12 0 obj`.
    pub fn object_header(&mut self) -> Option<Id> {
        let number = u32::try_from(self.number()?).ok()?;
        let generation = u16::try_from(self.number()?).ok()?;
        self.keyword("obj").then_some(Id { number, generation })
    }
    /// The next object; `None` when there is none that reads.
    pub fn object(&mut self) -> Option<Object> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Option<Object> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_space();
        match self.peek()? {
            b'/' => self.name().map(Object::Name),
            b'(' => self.literal(),
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                loop {
                    self.skip_space();
                    if self.peek()? == b']' {
                        self.at += 1;
                        return Some(Object::Array(items));
                    }
                    items.push(self.nested(depth + 1)?);
                }
            }
            b'<' if self.rest().starts_with(b"<<") => self.dict(depth).map(Object::Dict),
            b'<' => self.hexadecimal(),
            b'+' | b'-' | b'.' | b'0'..=b'9' => self.numeric(),
            _ => self.word(),
        }
    }

    fn dict(&mut self, depth: usize) -> Option<Dict> {
        self.at += 2;
        let mut dict = Dict::new();
        loop {
            self.skip_space();
            match self.peek()? {
                b'>' if self.rest().starts_with(b">>") => {
                    self.at += 2;
                    return Some(dict);
                }
                b'/' => {
                    let key = self.name()?;
                    let value = self.nested(depth + 1)?;
                    dict.0.push((key, value));
                }
                _ => return None,
            }
        }
    }

    fn name(&mut self) -> Option<Name> {
        self.at += 1;
        let length = self.rest().iter().take_while(|b| !is_space(**b) && !is_delimiter(**b)).count();
        let name = &self.rest()[..length];
        self.at += length;
        // At the end of what was read the name may go on.
        self.peek();
        if !name.contains(&b'#') {
            return Some(name.into());
        }
        let (mut out, mut rest) = (Vec::new(), name);
        while let Some((byte, after)) = rest.split_first() {
            let escaped = if *byte == b'#' { after.get(..2) } else { None };
            match escaped.and_then(|two| hex::decode(two).ok()) {
                Some(decoded) => {
                    out.extend(decoded);
                    rest = &after[2..];
                }
                None => {
                    out.push(*byte);
                    rest = after;
                }
            }
        }
        Some(out.as_slice().into())
    }

    fn literal(&mut self) -> Option<Object> {
        self.at += 1;
        let mut depth = 0usize;
        let mut text = Vec::new();
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' if depth == 0 => return Some(Object::Text(text)),
                b')' => depth -= 1,
                b'\\' => {
                    self.escape(&mut text)?;
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Option<()> {
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'\n' => {}
            b'0'..=b'7' => {
                let mut value = u16::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit) = self.peek().filter(|b| (b'0'..=b'7').contains(b)) else { break };
                    value = value * 8 + u16::from(digit - b'0');
                    self.at += 1;
                }
                text.push(value as u8);
            }
            other => text.push(other),
        }
        Some(())
    }

    fn hexadecimal(&mut self) -> Option<Object> {
        let Some(end) = memchr::memchr(b'>', self.rest()) else {
            self.ended.set(true);
            return None;
        };
        let digits = &self.rest()[1..end];
        self.at += end + 1;
        if let Some(text) = super::hexadecimal::read(digits) {
            return Some(Object::Text(text));
        }
        let mut text = Vec::with_capacity(digits.len() / 2 + 1);
        let mut high = None;
        for byte in digits.iter().filter(|b| !is_space(**b)) {
            let value = digit(*byte)?;
            match high.take() {
                None => high = Some(value << 4),
                Some(high) => text.push(high | value),
            }
        }
        // A last digit that stands alone counts as the higher half.
        text.extend(high);
        Some(Object::Text(text))
    }

    /// A number, or a reference when two whole numbers and an `R` follow each other.
    fn numeric(&mut self) -> Option<Object> {
        let start = self.at;
        let length = self.rest().iter().take_while(|b| b.is_ascii_digit() || b"+-.".contains(b)).count();
        let text = std::str::from_utf8(&self.rest()[..length]).ok()?;
        self.at += length;
        if text.bytes().all(|b| b.is_ascii_digit())
            && let Some(id) = self.reference(start)
        {
            return Some(Object::Reference(id));
        }
        let plain = text.trim_start_matches('+');
        if let Ok(value) = plain.parse::<i64>() {
            return Some(Object::Integer(value));
        }
        plain.parse::<f64>().ok().filter(|v| v.is_finite()).map(Object::Real)
    }

    fn reference(&mut self, start: usize) -> Option<Id> {
        let mut ahead = Parser::new(self.bytes, start);
        let found = ahead.referenced();
        if ahead.ended.get() {
            self.ended.set(true);
        }
        if found.is_some() {
            self.at = ahead.at;
        }
        found
    }

    fn referenced(&mut self) -> Option<Id> {
        let number = u32::try_from(self.number()?).ok()?;
        let generation = u16::try_from(self.number()?).ok()?;
        self.skip_space();
        let after = self.rest().get(1).copied();
        if self.peek() != Some(b'R') || after.is_some_and(|b| !is_space(b) && !is_delimiter(b)) {
            return None;
        }
        self.at += 1;
        Some(Id { number, generation })
    }

    fn word(&mut self) -> Option<Object> {
        let length = self.rest().iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let word = &self.rest()[..length];
        self.at += length;
        match word {
            b"true" => Some(Object::Bool(true)),
            b"false" => Some(Object::Bool(false)),
            b"null" => Some(Object::Null),
            _ => None,
        }
    }
}
