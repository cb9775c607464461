//! Incremental updates: new and changed objects after the file as it stands, with a cross-reference of its last kind.

use super::{
    file::File,
    object::{Data, Dict, Id, Object, integer},
    xref::Kind,
};
use std::collections::BTreeMap;

/// An update being collected.
pub(crate) struct Update<'a> {
    pub file: &'a File<'a>,
    objects: BTreeMap<Id, Object>,
    next: u32,
}

/// The bytes of an update and where its objects begin, counted from the start of the file.
pub(crate) struct Written {
    /// What is to be appended to the file.
    pub bytes: Vec<u8>,
    /// Offset of each object.
    pub offsets: BTreeMap<Id, usize>,
}

impl<'a> Update<'a> {
    pub fn new(file: &'a File<'a>) -> Update<'a> {
        Update { file, objects: BTreeMap::new(), next: file.xref.next_number() }
    }
    /// An id for an object that is put later.
    pub fn reserve(&mut self) -> Id {
        let id = Id { number: self.next, generation: 0 };
        self.next += 1;
        id
    }
    /// A new object.
    pub fn add(&mut self, object: Object) -> Id {
        let id = self.reserve();
        self.put(id, object);
        id
    }
    /// A new value for an object.
    pub fn put(&mut self, id: Id, object: Object) {
        self.objects.insert(id, object);
    }
    /// An object as it stands after the update so far.
    pub fn load(&self, id: Id) -> Option<Object> {
        self.objects.get(&id).cloned().or_else(|| self.file.load(id))
    }
    /// The dictionary of an object as it stands after the update so far.
    pub fn dict(&self, id: Id) -> Option<Dict> {
        self.load(id)?.into_dict()
    }

    /// Writes the update. `seed` makes the second half of the file identifier differ from that of other updates.
    pub fn write(&self, seed: &[u8]) -> Written {
        let base = self.file.bytes.len();
        // Most updates are a signature with its place, and fit.
        let mut out = Vec::with_capacity(32 << 10);
        if self.file.bytes.read(base.saturating_sub(1)..base).last() != Some(&b'\n') {
            out.push(b'\n');
        }
        let mut offsets = BTreeMap::new();
        for (id, object) in &self.objects {
            offsets.insert(*id, base + out.len());
            write_indirect(*id, object, self.file, &mut out);
        }
        let start = base + out.len();
        let trailer = self.trailer(seed);
        match self.file.xref.kind {
            Kind::Table => write_table(&offsets, trailer.with("Size", Object::Integer(i64::from(self.next))), &mut out),
            Kind::Stream => write_stream(&offsets, trailer, self.next, start, &mut out),
        }
        out.extend_from_slice(format!("startxref\n{start}\n%%EOF\n").as_bytes());
        Written { bytes: out, offsets }
    }

    fn trailer(&self, seed: &[u8]) -> Dict {
        let old = &self.file.xref.trailer;
        let mut trailer = Dict::new();
        for key in ["Root", "Info"] {
            if let Some(value) = old.get(key) {
                trailer.set(key, value.clone());
            }
        }
        trailer.set("Prev", Object::integer(self.file.xref.start));
        let first = self.file.get(old, "ID").and_then(|ids| ids.as_array().and_then(|a| a.first().cloned()));
        // Its end says how long the file is, and where what was written last begins.
        let length = self.file.bytes.len();
        let end = self.file.bytes.read(length.saturating_sub(64)..length);
        let new = kernel::Digest::of(&[&length.to_be_bytes(), &end, seed]).bytes()[..16].to_vec();
        let first = first.filter(|id| id.as_bytes().is_some()).unwrap_or(Object::Text(new.clone()));
        trailer.set("ID", Object::Array(vec![first, Object::Text(new)]));
        trailer
    }
}

fn write_indirect(id: Id, object: &Object, file: &File<'_>, out: &mut Vec<u8>) {
    id.write(out);
    out.extend_from_slice(b" obj\n");
    match object {
        Object::Stream(stream) => {
            let data = match &stream.data {
                Data::Own(bytes) => std::borrow::Cow::Borrowed(bytes.as_slice()),
                Data::InFile(_) => file.raw(stream),
            };
            stream.dict.clone().with("Length", Object::integer(data.len())).write(out);
            out.extend_from_slice(b"\nstream\n");
            out.extend_from_slice(&data);
            out.extend_from_slice(b"\nendstream");
        }
        other => other.write(out),
    }
    out.extend_from_slice(b"\nendobj\n");
}

/// Runs of consecutive numbers.
fn runs(offsets: &BTreeMap<Id, usize>) -> Vec<Vec<(Id, usize)>> {
    let mut runs: Vec<Vec<(Id, usize)>> = Vec::new();
    for (id, offset) in offsets {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|(last, _)| last.number + 1 == id.number) => run.push((*id, *offset)),
            _ => runs.push(vec![(*id, *offset)]),
        }
    }
    runs
}

fn write_table(offsets: &BTreeMap<Id, usize>, trailer: Dict, out: &mut Vec<u8>) {
    out.extend_from_slice(b"xref\n");
    for run in runs(offsets) {
        integer(run[0].0.number.into(), out);
        out.push(b' ');
        integer(run.len() as i64, out);
        out.push(b'\n');
        for (id, offset) in run {
            padded(offset as u64, 10, out);
            out.push(b' ');
            padded(id.generation.into(), 5, out);
            out.extend_from_slice(b" n\r\n");
        }
    }
    out.extend_from_slice(b"trailer\n");
    trailer.write(out);
    out.push(b'\n');
}

/// Appends a number with zeros before it.
fn padded(mut number: u64, width: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + width, b'0');
    for digit in out[start..].iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn write_stream(offsets: &BTreeMap<Id, usize>, trailer: Dict, number: u32, start: usize, out: &mut Vec<u8>) {
    let mut offsets = offsets.clone();
    let own = Id { number, generation: 0 };
    offsets.insert(own, start);
    let (mut index, mut rows) = (Vec::new(), Vec::new());
    for run in runs(&offsets) {
        index.push(Object::Integer(i64::from(run[0].0.number)));
        index.push(Object::integer(run.len()));
        for (id, offset) in run {
            rows.push(1);
            rows.extend_from_slice(&(offset as u64).to_be_bytes());
            rows.extend_from_slice(&id.generation.to_be_bytes());
        }
    }
    let widths = [1, 8, 2].map(Object::Integer).to_vec();
    let dict = trailer
        .with("Type", Object::name("XRef"))
        .with("Size", Object::Integer(i64::from(number) + 1))
        .with("W", Object::Array(widths))
        .with("Index", Object::Array(index))
        .with("Length", Object::integer(rows.len()));
    out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
    dict.write(out);
    out.extend_from_slice(b"\nstream\n");
    out.extend_from_slice(&rows);
    out.extend_from_slice(b"\nendstream\nendobj\n");
}
