//! Records of an edXML header as data: a field, its type, its element. One declaration serves reading, writing and the
//! walk over all values that the rules are held against.

use super::tree::{Element, Pen};

/// What reading meets besides the fields: where it is, and what it could not place.
#[derive(Default)]
pub(crate) struct Notes {
    path: Vec<&'static str>,
    /// What no field took, with the path of the element that holds it.
    pub leftovers: Vec<(String, String)>,
    /// The prefixes with their namespaces that leftovers may use.
    pub attributes: Vec<(String, String)>,
}

impl Notes {
    /// Reads a record from an element and keeps what it left.
    pub fn read<R: Record>(&mut self, name: &'static str, mut from: Element) -> R {
        self.path.push(name);
        let record = R::take(&mut from, self);
        self.keep(from);
        self.path.pop();
        record
    }
    /// Keeps what is left of an element: its attributes other than namespaces, elements and loose text.
    pub fn keep(&mut self, element: Element) {
        let path = self.path.join(".");
        for (name, value) in &element.attributes {
            if name != "xmlns" && !name.starts_with("xmlns:") {
                self.attributes.push((path.clone(), format!("{name}={value}")));
            }
        }
        for text in element.rest() {
            self.leftovers.push((path.clone(), text));
        }
    }
    fn list(&mut self, wrapper: &'static str) {
        self.path.push(wrapper);
    }
    fn listed(&mut self, wrapper: Element) {
        self.keep(wrapper);
        self.path.pop();
    }
}

/// A value met on a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen<'a> {
    /// A text; empty when the element is absent.
    Text(&'a str),
    /// A record; whether anything stands in it.
    Record(bool),
    /// A list; how many items it has.
    List(usize),
}

/// Takes the values of a walk: the path from `MessageHeader` on, without indices, and the value.
pub(crate) type See<'s> = dyn FnMut(&str, Seen<'_>) + 's;

/// A record of named fields.
pub(crate) trait Record: Sized + Default {
    /// Takes the fields out of an element.
    fn take(from: &mut Element, notes: &mut Notes) -> Self;
    /// Writes the fields that hold something.
    fn put(&self, out: &mut Pen);
    /// Shows every field.
    fn walk(&self, path: &str, see: &mut See<'_>);
    /// Whether no field holds anything.
    fn is_empty(&self) -> bool;
}

/// What can be a field.
pub(crate) trait Part: Sized {
    /// Takes it out of the element that holds it.
    fn take(name: &'static str, from: &mut Element, notes: &mut Notes) -> Self;
    /// Writes it unless it is empty.
    fn put(&self, name: &'static str, out: &mut Pen);
    /// Shows it.
    fn walk(&self, name: &'static str, path: &str, see: &mut See<'_>);
    /// Whether it holds nothing.
    fn is_empty(&self) -> bool;
}

impl Part for String {
    fn take(name: &'static str, from: &mut Element, notes: &mut Notes) -> String {
        from.take_bare(name).map_or_else(String::new, |element| text_of(name, element, notes))
    }
    fn put(&self, name: &'static str, out: &mut Pen) {
        if !self.is_empty() {
            out.leaf(name, self);
        }
    }
    fn walk(&self, name: &'static str, path: &str, see: &mut See<'_>) {
        see(&format!("{path}.{name}"), Seen::Text(self));
    }
    fn is_empty(&self) -> bool {
        String::is_empty(self)
    }
}

impl<R: Record> Part for R {
    fn take(name: &'static str, from: &mut Element, notes: &mut Notes) -> R {
        from.take(name).map_or_else(R::default, |element| notes.read(name, element))
    }
    fn put(&self, name: &'static str, out: &mut Pen) {
        if !Record::is_empty(self) {
            out.open(name);
            Record::put(self, out);
            out.close(name);
        }
    }
    fn walk(&self, name: &'static str, path: &str, see: &mut See<'_>) {
        let path = format!("{path}.{name}");
        let full = !Record::is_empty(self);
        see(&path, Seen::Record(full));
        if full {
            Record::walk(self, &path, see);
        }
    }
    fn is_empty(&self) -> bool {
        Record::is_empty(self)
    }
}

/// Lists are named `Item` where the items stand by themselves and `Wrapper/Item` where an element holds them.
fn take_list<T>(
    name: &'static str,
    from: &mut Element,
    notes: &mut Notes,
    mut next: impl FnMut(&'static str, &mut Element, &mut Notes) -> Option<T>,
) -> Vec<T> {
    let mut items = Vec::new();
    let mut all = |item, from: &mut Element, notes: &mut Notes| {
        while let Some(value) = next(item, from, notes) {
            items.push(value);
        }
    };
    match name.split_once('/') {
        None => all(name, from, notes),
        Some((wrapper, item)) => {
            if let Some(mut holder) = from.take(wrapper) {
                notes.list(wrapper);
                all(item, &mut holder, notes);
                notes.listed(holder);
            }
        }
    }
    items
}

fn put_list<T>(name: &'static str, items: &[T], out: &mut Pen, mut one: impl FnMut(&'static str, &T, &mut Pen)) {
    let (wrapper, item) = match name.split_once('/') {
        None => (None, name),
        Some((wrapper, item)) => (Some(wrapper), item),
    };
    if items.is_empty() {
        return;
    }
    if let Some(wrapper) = wrapper {
        out.open(wrapper);
    }
    items.iter().for_each(|value| one(item, value, out));
    if let Some(wrapper) = wrapper {
        out.close(wrapper);
    }
}

impl Part for Vec<String> {
    fn take(name: &'static str, from: &mut Element, notes: &mut Notes) -> Vec<String> {
        let one = |item, from: &mut Element, notes: &mut Notes| Some(text_of(item, from.take_bare(item)?, notes));
        let mut texts = take_list(name, from, notes, one);
        texts.retain(|text| !text.is_empty());
        texts
    }
    fn put(&self, name: &'static str, out: &mut Pen) {
        put_list(name, self, out, |item, text, out| out.leaf(item, text));
    }
    fn walk(&self, name: &'static str, path: &str, see: &mut See<'_>) {
        let path = format!("{path}.{}", name.replace('/', "."));
        see(&path, Seen::List(self.len()));
        self.iter().for_each(|text| see(&path, Seen::Text(text)));
    }
    fn is_empty(&self) -> bool {
        Vec::is_empty(self)
    }
}

impl<R: Record> Part for Vec<R> {
    fn take(name: &'static str, from: &mut Element, notes: &mut Notes) -> Vec<R> {
        let one = |item, from: &mut Element, notes: &mut Notes| Some(notes.read(item, from.take(item)?));
        let mut records: Vec<R> = take_list(name, from, notes, one);
        records.retain(|record| !Record::is_empty(record));
        records
    }
    fn put(&self, name: &'static str, out: &mut Pen) {
        put_list(name, self, out, |item, record, out| Part::put(record, item, out));
    }
    fn walk(&self, name: &'static str, path: &str, see: &mut See<'_>) {
        let path = format!("{path}.{}", name.replace('/', "."));
        see(&path, Seen::List(self.len()));
        self.iter().for_each(|record| record.walk(&path, see));
    }
    fn is_empty(&self) -> bool {
        Vec::is_empty(self)
    }
}

fn text_of(name: &'static str, element: Element, notes: &mut Notes) -> String {
    for (attribute, value) in &element.attributes {
        if attribute != "xmlns" && !attribute.starts_with("xmlns:") {
            let path = [&notes.path[..], &[name]].concat().join(".");
            notes.attributes.push((path, format!("{attribute}={value}")));
        }
    }
    element.text().trim().to_owned()
}

/// Declares records: `field: Type = "Element"`.
macro_rules! record {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty = $xml:literal,)* })*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $($(#[$field_doc])* pub $field: $ty,)* }

        impl Record for $name {
            fn take(from: &mut Element, notes: &mut Notes) -> Self {
                Self { $($field: Part::take($xml, from, notes),)* }
            }
            fn put(&self, out: &mut Pen) {
                $(Part::put(&self.$field, $xml, out);)*
            }
            fn walk(&self, path: &str, see: &mut See<'_>) {
                $(Part::walk(&self.$field, $xml, path, see);)*
            }
            fn is_empty(&self) -> bool {
                $(Part::is_empty(&self.$field))&&*
            }
        }
    )* };
}
pub(crate) use record;
