//! Cross-references: tables, streams, hybrids of both; rebuilt by scanning when they are broken.

use super::{
    entries::{Collected, Entries, Entry},
    filter,
    object::{Data, Dict, Object},
    parse::Parser,
    source::Bytes,
};
use std::collections::{HashMap, HashSet};

/// The kind of the newest cross-reference section; an update must be of the same kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Table,
    Stream,
}

/// The merged cross-references of a file.
#[derive(Debug, Clone)]
pub(crate) struct Xref {
    pub entries: Entries,
    pub trailer: Dict,
    pub kind: Kind,
    /// Offset of the newest section; 0 when it was rebuilt.
    pub start: usize,
    /// It was broken and has been rebuilt by scanning.
    pub rebuilt: bool,
}

/// Most objects that a file may name.
const MAX_OBJECTS: u64 = 8_000_000;

impl Xref {
    pub fn read(bytes: Bytes<'_>) -> Option<Xref> {
        Xref::follow(bytes).or_else(|| Xref::rebuild(bytes))
    }

    /// Follows `startxref` and each `Prev`.
    fn follow(bytes: Bytes<'_>) -> Option<Xref> {
        let tail = bytes.read(bytes.len().saturating_sub(2048)..bytes.len());
        let from = find_last(&tail, b"startxref")?;
        let start = usize::try_from(Parser::new(&tail, from + 9).number()?).ok()?;
        let mut newest: Option<(Kind, Dict)> = None;
        let mut collected = Collected::default();
        let mut seen = HashSet::new();
        let mut next = Some(start);
        while let Some(at) = next {
            if !seen.insert(at) {
                break;
            }
            let (kind, entries, trailer) = section(bytes, at)?;
            let (free, used): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(_, entry)| *entry == Entry::Free);
            collected.add(used);
            // A hybrid file hides objects from old readers in a stream; it comes before the free entries.
            if let Some(hidden) = trailer.get("XRefStm").and_then(Object::as_integer) {
                let (_, hidden, _) = stream_section(bytes, usize::try_from(hidden).ok()?)?;
                collected.add(hidden);
            }
            collected.add(free);
            next = trailer.get("Prev").and_then(Object::as_integer).and_then(|n| usize::try_from(n).ok());
            newest.get_or_insert((kind, trailer));
        }
        let (kind, trailer) = newest?;
        let xref = Xref { entries: collected.finish(), trailer, kind, start, rebuilt: false };
        xref.is_sound(bytes).then_some(xref)
    }

    /// The root is where the cross-reference says.
    fn is_sound(&self, bytes: Bytes<'_>) -> bool {
        let Some(root) = self.trailer.get("Root").and_then(Object::as_reference) else { return false };
        match self.entries.get(root.number) {
            Some(Entry::At(at, _)) => {
                bytes.parse(*at, |parser| parser.object_header()).is_some_and(|id| id.number == root.number)
            }
            Some(Entry::Within(stream, _)) => matches!(self.entries.get(*stream), Some(Entry::At(..))),
            _ => false,
        }
    }

    /// Scans for `n g obj` and `trailer`; of an object that stands twice the last counts.
    fn rebuild(bytes: Bytes<'_>) -> Option<Xref> {
        let mut entries = HashMap::new();
        let mut trailer = Dict::new();
        let mut streams = Vec::new();
        let mut at = 0;
        while let Some(word) = bytes.find(at, b"obj") {
            at = word + 3;
            let Some((id, start)) = header_before(bytes, word) else { continue };
            if entries.len() as u64 >= MAX_OBJECTS {
                return None;
            }
            entries.insert(id, Entry::At(start, 0));
            let head = bytes.read(at..at + 400);
            if find(&head, b"/ObjStm").is_some() {
                streams.push(id);
            }
            if (find(&head, b"/XRef").is_some() || find(&head, b"/Catalog").is_some())
                && let Some(dict) = bytes.parse(at, |parser| parser.object()).and_then(|o| o.into_dict())
            {
                if dict.has_name("Type", "XRef") {
                    merge_trailer(&mut trailer, &dict);
                } else if dict.has_name("Type", "Catalog") && trailer.get("Root").is_none() {
                    let root = super::object::Id { number: id, generation: 0 };
                    trailer.set("Root", Object::Reference(root));
                }
            }
        }
        at = 0;
        while let Some(found) = bytes.find(at, b"trailer") {
            at = found + 7;
            if let Some(Object::Dict(dict)) = bytes.parse(at, |parser| parser.object()) {
                merge_trailer(&mut trailer, &dict);
            }
        }
        for stream in streams {
            let Some(Entry::At(start, _)) = entries.get(&stream).copied() else { continue };
            for (index, number) in contained(bytes, start).into_iter().enumerate() {
                entries.entry(number).or_insert(Entry::Within(stream, index as u32));
            }
        }
        trailer.get("Root")?;
        let entries = entries.into_iter().collect();
        Some(Xref { entries, trailer, kind: Kind::Table, start: 0, rebuilt: true })
    }

    /// The number that the next new object takes.
    pub fn next_number(&self) -> u32 {
        let stated = self.trailer.get("Size").and_then(Object::as_integer).and_then(|n| u32::try_from(n).ok());
        let used = self.entries.last().map_or(1, |n| n.saturating_add(1));
        used.max(stated.filter(|n| u64::from(*n) < MAX_OBJECTS).unwrap_or(1))
    }
}

fn merge_trailer(trailer: &mut Dict, newer: &Dict) {
    for key in ["Root", "Info", "ID", "Encrypt"] {
        if let Some(value) = newer.get(key) {
            trailer.set(key, value.clone());
        }
    }
}

/// The object header that ends where the word `obj` begins.
fn header_before(bytes: Bytes<'_>, word: usize) -> Option<(u32, usize)> {
    let window = bytes.read(word.saturating_sub(24)..word);
    let text: Vec<u8> = window.iter().rev().copied().collect();
    let skip = |at: usize| text[at..].iter().take_while(|b| super::parse::is_space(**b)).count();
    let digits = |at: usize| text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let space = skip(0);
    let generation = digits(space);
    let between = skip(space + generation);
    let number = digits(space + generation + between);
    if generation == 0 || between == 0 || number == 0 {
        return None;
    }
    let start = word - (space + generation + between + number);
    bytes.parse(start, |parser| parser.object_header()).map(|id| (id.number, start))
}

type Section = (Kind, Vec<(u32, Entry)>, Dict);

fn section(bytes: Bytes<'_>, at: usize) -> Option<Section> {
    let is_table = bytes.parse(at, |parser| Some(parser.keyword("xref")))?;
    if is_table { bytes.parse(at, table_section) } else { stream_section(bytes, at) }
}

fn table_section(parser: &mut Parser<'_>) -> Option<Section> {
    parser.keyword("xref");
    let mut entries = Vec::new();
    while !parser.keyword("trailer") {
        let first = parser.number()?;
        let count = parser.number()?;
        if first + count > MAX_OBJECTS {
            return None;
        }
        entries.reserve(count.min(1000) as usize);
        for i in 0..count {
            let offset = usize::try_from(parser.number()?).ok()?;
            let generation = parser.number()?.min(65_535) as u16;
            let number = (first + i) as u32;
            if parser.keyword("n") {
                entries.push((number, Entry::At(offset, generation)));
            } else if parser.keyword("f") {
                entries.push((number, Entry::Free));
            } else {
                return None;
            }
        }
    }
    match parser.object()? {
        Object::Dict(trailer) => Some((Kind::Table, entries, trailer)),
        _ => None,
    }
}

fn stream_section(bytes: Bytes<'_>, at: usize) -> Option<Section> {
    let stream = read_stream(bytes, at)?;
    let (dict, data) = stream;
    if !dict.has_name("Type", "XRef") {
        return None;
    }
    let widths: Vec<usize> = numbers(dict.get("W")?)?.into_iter().map(|n| n as usize).collect();
    let [kind, second, third] = widths.as_slice() else { return None };
    let row = kind + second + third;
    if row == 0 || [kind, second, third].iter().any(|w| **w > 8) {
        return None;
    }
    let size = dict.get("Size").and_then(Object::as_integer).and_then(|n| u64::try_from(n).ok())?;
    let index = match dict.get("Index") {
        Some(index) => numbers(index)?,
        None => vec![0, size],
    };
    let field = |bytes: &[u8]| bytes.iter().fold(0u64, |n, b| (n << 8) | u64::from(*b));
    let mut rows = data.chunks_exact(row);
    let mut entries = Vec::new();
    for pair in index.chunks_exact(2) {
        if pair[0] + pair[1] > MAX_OBJECTS {
            return None;
        }
        for i in 0..pair[1] {
            let Some(row) = rows.next() else { break };
            let (a, rest) = row.split_at(*kind);
            let (b, c) = rest.split_at(*second);
            let entry = match if *kind == 0 { 1 } else { field(a) } {
                0 => Entry::Free,
                1 => Entry::At(usize::try_from(field(b)).ok()?, field(c).min(65_535) as u16),
                2 => Entry::Within(u32::try_from(field(b)).ok()?, field(c).min(u64::from(u32::MAX)) as u32),
                _ => continue,
            };
            entries.push(((pair[0] + i) as u32, entry));
        }
    }
    Some((Kind::Stream, entries, dict))
}

fn numbers(object: &Object) -> Option<Vec<u64>> {
    object.as_array()?.iter().map(|o| o.as_integer().and_then(|n| u64::try_from(n).ok())).collect()
}

/// A stream whose length is written directly or found by its end, decoded.
pub(crate) fn read_stream(bytes: Bytes<'_>, at: usize) -> Option<(Dict, Vec<u8>)> {
    let (dict, data) = bytes.parse(at, |parser| {
        parser.object_header()?;
        let Object::Dict(dict) = parser.object()? else { return None };
        let (data, _) = stream_data(bytes, parser, dict.get("Length").and_then(Object::as_integer));
        Some((dict, data?))
    })?;
    let Data::InFile(range) = data else { return None };
    if range.len() > filter::MAX_DECODED {
        return None;
    }
    let data = filter::decode(&dict, &bytes.read(range))?;
    Some((dict, data))
}

/// The bytes after the word `stream`: as long as stated when `endstream` follows there, else up to the next `endstream`.
/// The second value is how many bytes had to be searched.
pub(crate) fn stream_data(bytes: Bytes<'_>, parser: &mut Parser<'_>, length: Option<i64>) -> (Option<Data>, usize) {
    if !parser.keyword("stream") {
        return (None, 0);
    }
    if parser.peek() == Some(b'\r') {
        parser.at += 1;
    }
    if parser.peek() == Some(b'\n') {
        parser.at += 1;
    }
    let start = parser.position();
    let stated = length.and_then(|n| usize::try_from(n).ok()).and_then(|n| start.checked_add(n));
    if let Some(end) = stated.filter(|end| *end <= bytes.len())
        && bytes.parse(end, |parser| parser.keyword("endstream").then_some(())).is_some()
    {
        return (Some(Data::InFile(start..end)), 0);
    }
    let Some(found) = bytes.find(start, b"endstream") else { return (None, bytes.len().saturating_sub(start)) };
    let tail = bytes.read(found.saturating_sub(2).max(start)..found);
    let ended = tail.strip_suffix(b"\n").unwrap_or(&tail);
    let ended = ended.strip_suffix(b"\r").unwrap_or(ended);
    (Some(Data::InFile(start..found - (tail.len() - ended.len()))), found - start)
}

/// The numbers of the objects in an object stream, in order.
fn contained(bytes: Bytes<'_>, at: usize) -> Vec<u32> {
    let Some((dict, data)) = read_stream(bytes, at) else { return Vec::new() };
    let count = dict.get("N").and_then(Object::as_integer).unwrap_or(0).clamp(0, 100_000);
    let mut parser = Parser::new(&data, 0);
    let mut out = Vec::new();
    for _ in 0..count {
        match (parser.number(), parser.number()) {
            (Some(number), Some(_)) if number < MAX_OBJECTS => out.push(number as u32),
            _ => break,
        }
    }
    out
}

pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

pub(crate) fn find_last(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::rfind(haystack, needle)
}
