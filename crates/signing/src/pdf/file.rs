//! A file that was read: its objects by number, its pages, its form.

use super::{
    entries::Entry,
    filter,
    object::{Data, Dict, Id, Object, Stream},
    parse::Parser,
    source::Bytes,
    xref::{Xref, stream_data},
};
use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

/// Why a file cannot be read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// No header in the first kilobyte.
    #[error("it is no PDF file: there is no %PDF header")]
    NoHeader,
    /// Neither cross-references nor a catalogue.
    #[error("its cross-references are broken and no catalogue was found by scanning")]
    NoCatalog,
    /// Encrypted files hold signatures that cannot be read without the password.
    #[error("it is encrypted: save it without a password first")]
    Encrypted,
}

/// The objects of one object stream, each parsed when it is asked for.
struct ObjectStream {
    data: Vec<u8>,
    /// Number and offset of each object.
    index: Vec<(u32, usize)>,
}

/// A PDF file.
pub(crate) struct File<'a> {
    pub bytes: Bytes<'a>,
    pub xref: Xref,
    catalog: Dict,
    streams: RefCell<HashMap<u32, Option<Rc<ObjectStream>>>>,
    /// Objects that were parsed, each with the bytes that it took: the signature, the catalogue and the form are asked for
    /// over and over.
    parsed: RefCell<HashMap<u32, (Object, usize)>>,
    /// The bytes that all of them took.
    kept: Cell<usize>,
    /// Bytes that were parsed or searched.
    spent: Cell<usize>,
}

/// Bytes that may be parsed of any file, beside sixteen times its size.
const BUDGET: usize = 256 << 20;
/// Bytes of a file whose objects are kept: a few signatures' worth, since an object may take thirty times its bytes.
const MAX_PARSED: usize = 512 << 10;
/// Most pages and fields that are walked.
const MAX_NODES: usize = 200_000;

impl<'a> File<'a> {
    /// Reads the cross-references of a file.
    pub fn open(bytes: impl Into<Bytes<'a>>) -> Result<File<'a>, PdfError> {
        let bytes = bytes.into();
        if super::xref::find(&bytes.read(0..1024), b"%PDF-").is_none() {
            return Err(PdfError::NoHeader);
        }
        let xref = Xref::read(bytes).ok_or(PdfError::NoCatalog)?;
        if xref.trailer.get("Encrypt").is_some_and(|e| *e != Object::Null) {
            return Err(PdfError::Encrypted);
        }
        let mut file = File {
            bytes,
            xref,
            catalog: Dict::new(),
            streams: RefCell::default(),
            parsed: RefCell::default(),
            kept: Cell::new(0),
            spent: Cell::new(0),
        };
        let root = file.root_id().and_then(|id| file.load(id)).and_then(Object::into_dict);
        file.catalog = root.ok_or(PdfError::NoCatalog)?;
        Ok(file)
    }
    pub fn root_id(&self) -> Option<Id> {
        self.xref.trailer.get("Root").and_then(Object::as_reference)
    }
    pub fn catalog(&self) -> &Dict {
        &self.catalog
    }
    /// An indirect object; `None` when there is none.
    pub fn load(&self, id: Id) -> Option<Object> {
        match self.xref.entries.get(id.number)? {
            Entry::At(at, _) => self.read_at(*at, id.number),
            Entry::Within(stream, index) => self.read_within(*stream, *index, id.number),
            Entry::Free => None,
        }
    }
    /// The object itself, or what it refers to.
    pub fn resolve(&self, object: &Object) -> Object {
        let mut object = object.clone();
        for _ in 0..16 {
            match object {
                Object::Reference(id) => object = self.load(id).unwrap_or(Object::Null),
                other => return other,
            }
        }
        Object::Null
    }
    /// The value of a key, references followed; `None` when it is absent or null.
    pub fn get(&self, dict: &Dict, key: &str) -> Option<Object> {
        dict.get(key).map(|o| self.resolve(o)).filter(|o| *o != Object::Null)
    }
    /// The dictionary under a key.
    pub fn get_dict(&self, dict: &Dict, key: &str) -> Option<Dict> {
        self.get(dict, key)?.into_dict()
    }
    /// The raw bytes of a stream.
    pub fn raw<'s>(&'s self, stream: &'s Stream) -> Cow<'s, [u8]> {
        match &stream.data {
            Data::InFile(range) => self.bytes.read(range.clone()),
            Data::Own(bytes) => Cow::Borrowed(bytes),
        }
    }
    /// The decoded bytes of a stream; `None` for filters that are not known.
    pub fn decoded(&self, stream: &Stream) -> Option<Vec<u8>> {
        let mut dict = stream.dict.clone();
        for key in ["Filter", "DecodeParms"] {
            if let Some(value) = self.get(&stream.dict, key) {
                dict.set(key, value);
            }
        }
        if let Data::InFile(range) = &stream.data
            && range.len() > filter::MAX_DECODED
        {
            return None;
        }
        filter::decode(&dict, &self.raw(stream))
    }

    /// A file made to be read over and over, such as one with a million objects that never end, stops being read when that
    /// has cost much more than its size; what is copied from what is kept costs as much.
    fn read_at(&self, at: usize, number: u32) -> Option<Object> {
        let before = self.spent.get();
        if before > BUDGET + 16 * self.bytes.len() {
            return None;
        }
        if let Some((object, cost)) = self.parsed.borrow().get(&number) {
            self.spent.set(before + cost);
            return Some(object.clone());
        }
        let spend = |count: usize| self.spent.set(self.spent.get() + count);
        let object = self.bytes.parse(at, |parser| {
            let begin = parser.at;
            let found = self.object_at(parser, number, &spend);
            spend(parser.at - begin);
            found
        })?;
        let cost = self.spent.get() - before;
        if self.kept.get() + cost <= MAX_PARSED {
            self.kept.set(self.kept.get() + cost);
            self.parsed.borrow_mut().insert(number, (object.clone(), cost));
        }
        Some(object)
    }

    fn object_at(&self, parser: &mut Parser<'_>, number: u32, spend: &dyn Fn(usize)) -> Option<Object> {
        if parser.object_header()?.number != number {
            return None;
        }
        let object = parser.object()?;
        let Object::Dict(dict) = object else { return Some(object) };
        parser.skip_space();
        if !parser.rest().starts_with(b"stream") {
            return Some(Object::Dict(dict));
        }
        let length = match dict.get("Length") {
            // The length of a stream may stand in another object, but not in a stream, so that this cannot loop.
            Some(Object::Reference(id)) => match self.xref.entries.get(id.number) {
                Some(Entry::At(at, _)) => {
                    let number = |parser: &mut Parser<'_>| parser.object_header().and_then(|_| parser.object());
                    self.bytes.parse(*at, number).and_then(|o| o.as_integer())
                }
                _ => self.load(*id).and_then(|o| o.as_integer()),
            },
            other => other.and_then(Object::as_integer),
        };
        let (data, searched) = stream_data(self.bytes, parser, length);
        spend(searched);
        Some(Object::Stream(Stream { dict, data: data? }))
    }

    fn read_within(&self, stream: u32, index: u32, number: u32) -> Option<Object> {
        let cached = self.streams.borrow().get(&stream).cloned();
        let container = match cached {
            Some(container) => container,
            None => {
                // Put down first, so that a stream that names itself ends here.
                self.streams.borrow_mut().insert(stream, None);
                let container = self.read_object_stream(stream).map(Rc::new);
                self.streams.borrow_mut().insert(stream, container.clone());
                container
            }
        }?;
        let at_index = container.index.get(index as usize).filter(|(n, _)| *n == number);
        let (_, at) = at_index.or_else(|| container.index.iter().find(|(n, _)| *n == number))?;
        Parser::new(&container.data, *at).object()
    }

    fn read_object_stream(&self, number: u32) -> Option<ObjectStream> {
        let Some(Entry::At(at, _)) = self.xref.entries.get(number) else { return None };
        let Object::Stream(stream) = self.read_at(*at, number)? else { return None };
        let data = self.decoded(&stream)?;
        let first = self.get(&stream.dict, "First")?.as_integer().and_then(|n| usize::try_from(n).ok())?;
        let count = self.get(&stream.dict, "N")?.as_integer()?.clamp(0, 100_000);
        let mut parser = Parser::new(&data, 0);
        let mut index = Vec::new();
        for _ in 0..count {
            let number = u32::try_from(parser.number()?).ok()?;
            let offset = usize::try_from(parser.number()?).ok()?;
            index.push((number, first.checked_add(offset)?));
        }
        Some(ObjectStream { data, index })
    }

    /// The pages in order, each with its id and its dictionary.
    pub fn pages(&self) -> impl Iterator<Item = (Id, Dict)> {
        let mut seen = std::collections::HashSet::new();
        let root = self.catalog.get("Pages").and_then(Object::as_reference);
        let mut stack: Vec<Id> = root.into_iter().collect();
        std::iter::from_fn(move || {
            while let Some(id) = stack.pop() {
                if !seen.insert(id) || seen.len() > MAX_NODES {
                    continue;
                }
                let Some(Object::Dict(node)) = self.load(id) else { continue };
                match self.get(&node, "Kids") {
                    Some(Object::Array(kids)) => stack.extend(kids.iter().rev().filter_map(Object::as_reference)),
                    _ => return Some((id, node)),
                }
            }
            None
        })
    }
    /// A value that a page may inherit from the nodes above it.
    pub fn inherited(&self, page: &Dict, key: &str) -> Option<Object> {
        let mut above: Option<Dict> = None;
        for _ in 0..64 {
            let node = above.as_ref().unwrap_or(page);
            if let Some(value) = self.get(node, key) {
                return Some(value);
            }
            above = Some(self.get_dict(node, "Parent")?);
        }
        None
    }
    /// The four numbers of a rectangle, lower left corner first.
    pub fn rectangle(&self, object: &Object) -> Option<[f64; 4]> {
        let items = object.as_array()?;
        let mut n = [0.0; 4];
        for (i, slot) in n.iter_mut().enumerate() {
            *slot = self.resolve(items.get(i)?).as_number()?;
        }
        Some([n[0].min(n[2]), n[1].min(n[3]), n[0].max(n[2]), n[1].max(n[3])])
    }
    /// The end fields of the form: full name, id, dictionary with what it inherits of type, value and flags.
    pub fn fields(&self) -> Vec<(String, Id, Dict)> {
        let form = self.get_dict(&self.catalog, "AcroForm");
        let Some(Object::Array(roots)) = form.and_then(|f| self.get(&f, "Fields")) else { return Vec::new() };
        let mut out = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut stack: Vec<(Id, String, Dict)> =
            roots.iter().rev().filter_map(Object::as_reference).map(|id| (id, String::new(), Dict::new())).collect();
        while let Some((id, above, inherited)) = stack.pop() {
            if !seen.insert(id) || seen.len() > MAX_NODES {
                continue;
            }
            let Some(Object::Dict(mut field)) = self.load(id) else { continue };
            let own = self.get(&field, "T").and_then(|t| t.as_text());
            let name = match (&own, above.is_empty()) {
                (Some(own), true) => own.clone(),
                (Some(own), false) => format!("{above}.{own}"),
                (None, _) => above.clone(),
            };
            for key in ["FT", "V", "Ff", "DA"] {
                if field.get(key).is_none()
                    && let Some(value) = inherited.get(key)
                {
                    field.set(key, value.clone());
                }
            }
            let kids = self.get(&field, "Kids").and_then(|k| k.as_array().map(<[Object]>::to_vec)).unwrap_or_default();
            let with_name = |o: &Object| self.resolve(o).as_dict().is_some_and(|d| d.get("T").is_some());
            if kids.iter().any(with_name) {
                let down = kids.iter().rev().filter_map(Object::as_reference);
                stack.extend(down.map(|kid| (kid, name.clone(), field.clone())));
            } else {
                out.push((name, id, field));
            }
        }
        out
    }
}
