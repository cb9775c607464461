//! Reading a package: lenient about what senders do differently, firm about what no honest package holds.
//!
//! Elements are found by name, in any order. What has no place is kept, what is odd is listed, and what must be refused is
//! listed apart: even then everything that could be read is returned, so that a person can see it in quarantine. Memory is
//! bounded by [`Limits`], whatever the size of the package: contents go to the shelf while they stream by.

use super::NAMESPACE;
use super::content::{Content, Decoded, Decoder, Shelf, is_file_name, unwrap};
use super::model::{Header, Package, Unknown, bare_id};
use super::record::Notes;
use super::tree::{Element, Node};
use crate::finding::{Finding, What};
use quick_xml::{
    XmlVersion,
    events::{BytesStart, Event},
};
use std::collections::BTreeSet;
use std::io::{self, BufRead};

/// What a package may use of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole package.
    pub package: u64,
    /// Bytes of everything but the contents.
    pub header: u64,
    /// Bytes of one attachment, taken out of its ZIP.
    pub attachment: u64,
    /// Elements outside the contents.
    pub elements: usize,
    /// Levels of elements.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { package: 400 << 20, header: 4 << 20, attachment: 300 << 20, elements: 20_000, depth: 32 }
    }
}

/// A package as read.
#[derive(Debug)]
pub struct Reading<S> {
    /// The package, as far as it could be read.
    pub package: Package,
    /// The contents, one for each of the package's attachments.
    pub contents: Vec<Content<S>>,
    /// What was odd and tolerated.
    pub oddities: Vec<Finding>,
    /// Why the package must be refused; empty when it need not be.
    pub refusals: Vec<Finding>,
    /// Bytes read.
    pub length: u64,
    /// Where a station on the way may add itself.
    pub station: Option<Station>,
}

/// The place in a package's bytes where a `TraceHeader` is to be put in, and the prefix of elements there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Bytes before it.
    pub offset: u64,
    /// `edXML:` or nothing.
    pub prefix: String,
}

/// Reads a package.
///
/// # Errors
/// Only when the input or the shelf fails; what is wrong with the package stands in the reading.
pub fn read<R: BufRead, S: Shelf>(mut input: R, shelf: &mut S, limits: &Limits) -> io::Result<Reading<S::Slot>> {
    let mut found = Found::default();
    let skipped = start(&mut input, &mut found)?;
    let meter = Meter { inner: input, left: limits.header, total: skipped, spent: false };
    let xml = quick_xml::Reader::from_reader(meter);
    let mut parser = Parser {
        xml,
        shelf,
        limits,
        stack: Vec::new(),
        root: None,
        elements: 0,
        found,
        notes: Notes::default(),
        pending: None,
        package: Package::default(),
        contents: Vec::new(),
        station: None,
        skipped,
    };
    parser.run()?;
    Ok(parser.finish())
}

#[derive(Default)]
struct Found {
    oddities: Vec<Finding>,
    refusals: Vec<Finding>,
    prefixes: BTreeSet<String>,
}

impl Found {
    fn odd(&mut self, what: What, at: &str, detail: impl ToString) {
        if self.oddities.len() < 200 {
            self.oddities.push(Finding::new(what, at, detail));
        }
    }
    fn refuse(&mut self, what: What, at: &str, detail: impl ToString) {
        if self.refusals.len() < 200 {
            self.refusals.push(Finding::new(what, at, detail));
        }
    }
}

/// Comes to the first `<`; what stands before it makes the package invalid, but the rest is read for whoever looks at it.
fn start(input: &mut impl BufRead, found: &mut Found) -> io::Result<u64> {
    let (mut before, mut skipped) = (Vec::new(), 0u64);
    loop {
        let piece = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            piece => piece?,
        };
        let until = piece.iter().position(|byte| *byte == b'<');
        let count = until.unwrap_or(piece.len());
        let over = piece.is_empty();
        before.extend_from_slice(&piece[..count.min(64usize.saturating_sub(before.len()))]);
        input.consume(count);
        skipped += count as u64;
        if until.is_some() || over || skipped > 4096 {
            break;
        }
    }
    let marked = before.strip_prefix(b"\xef\xbb\xbf");
    if before.starts_with(b"\xfe\xff") || before.starts_with(b"\xff\xfe") {
        found.refuse(What::NotUtf8, "", "UTF-16");
    } else if !marked.unwrap_or(&before).iter().all(u8::is_ascii_whitespace) {
        found.refuse(What::StrayStart, "", String::from_utf8_lossy(&before).escape_debug());
    } else if marked.is_some() {
        found.odd(What::ByteOrderMark, "", "");
    }
    Ok(skipped)
}

/// The kind of error with which a meter ends the reading; no file or socket gives it.
const SPENT: io::ErrorKind = io::ErrorKind::QuotaExceeded;

/// Counts what is read, and ends it where it is too much.
struct Meter<R> {
    inner: R,
    left: u64,
    total: u64,
    spent: bool,
}

impl<R: BufRead> io::Read for Meter<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let piece = self.fill_buf()?;
        let count = piece.len().min(out.len());
        out[..count].copy_from_slice(&piece[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Meter<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let piece = self.inner.fill_buf()?;
        if self.left == 0 && !piece.is_empty() {
            self.spent = true;
            return Err(io::Error::from(SPENT));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        Ok(&piece[..piece.len().min(most)])
    }
    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count as u64);
        self.total += count as u64;
        self.inner.consume(count);
    }
}

struct Parser<'a, R, S: Shelf> {
    xml: quick_xml::Reader<Meter<R>>,
    shelf: &'a mut S,
    limits: &'a Limits,
    stack: Vec<Element>,
    root: Option<Element>,
    elements: usize,
    found: Found,
    notes: Notes,
    pending: Option<Decoded<S::Slot>>,
    package: Package,
    contents: Vec<Content<S::Slot>>,
    station: Option<Station>,
    skipped: u64,
}

impl<R: BufRead, S: Shelf> Parser<'_, R, S> {
    fn run(&mut self) -> io::Result<()> {
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let before = self.xml.buffer_position();
            let event = match self.xml.read_event_into(&mut buffer) {
                Ok(Event::Eof) => {
                    if !self.stack.is_empty() || self.root.is_none() {
                        self.found.refuse(What::Truncated, "", self.xml.get_ref().total);
                    }
                    return Ok(());
                }
                Ok(event) => event,
                Err(error) => return self.broken(error),
            };
            if !self.event(event, before)? {
                return Ok(());
            }
        }
    }

    /// Takes one event; false when reading must end.
    fn event(&mut self, event: Event<'_>, before: u64) -> io::Result<bool> {
        match event {
            Event::Start(start) => {
                let Some(element) = self.element(&start) else { return Ok(false) };
                if element.local() == "Bussiness" {
                    self.note_station(before);
                }
                let content = element.local() == "ContentTransferEncoded" && self.inside("Attachment");
                self.stack.push(element);
                if content {
                    self.content()?;
                }
            }
            Event::Empty(start) => {
                let Some(element) = self.element(&start) else { return Ok(false) };
                if !(element.local() == "ContentTransferEncoded" && self.inside("Attachment")) {
                    self.stack.push(element);
                    return self.close();
                }
            }
            Event::End(_) => {
                if self.inside("TraceHeaderList") {
                    self.note_station(before);
                }
                return self.close();
            }
            Event::Text(text) => return Ok(self.text(&text.xml10_content())),
            Event::CData(text) => return Ok(self.text(&text.xml10_content())),
            Event::GeneralRef(name) => return Ok(self.reference(&name)),
            Event::DocType(text) => {
                self.found.refuse(What::EntityTrick, "", text.chars().take(80).collect::<String>());
                return Ok(false);
            }
            Event::Decl(declaration) => {
                let known =
                    |encoding: &str| ["utf-8", "us-ascii"].iter().any(|name| encoding.eq_ignore_ascii_case(name));
                if let Some(Ok(encoding)) = declaration.encoding().filter(|e| e.as_ref().is_ok_and(|name| !known(name)))
                {
                    self.found.refuse(What::NotUtf8, "", encoding);
                    return Ok(false);
                }
            }
            Event::PI(instruction) => self.found.odd(What::Unknown, "", format!("<?{}?>", &*instruction)),
            Event::Comment(_) | Event::Eof => {}
        }
        Ok(true)
    }

    fn inside(&self, local: &str) -> bool {
        self.stack.last().is_some_and(|element| element.local() == local)
    }

    fn element(&mut self, start: &BytesStart<'_>) -> Option<Element> {
        self.elements += 1;
        if self.root.is_some() {
            self.found.refuse(What::Malformed, "", "a second root");
            return None;
        }
        if self.elements > self.limits.elements || self.stack.len() >= self.limits.depth {
            self.found.refuse(What::TooLarge, "", self.limits.elements);
            return None;
        }
        let mut element = Element { name: start.name().as_ref().to_owned(), ..Element::default() };
        for attribute in start.attributes() {
            let read = attribute.map_err(|why| why.to_string()).and_then(|attribute| {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|why| why.to_string())?;
                Ok((attribute.key.as_ref().to_owned(), value.into_owned()))
            });
            match read {
                Ok(attribute) => element.attributes.push(attribute),
                Err(why) => {
                    self.found.refuse(What::Malformed, &element.name, why);
                    return None;
                }
            }
        }
        self.namespaces(&element);
        Some(element)
    }

    /// Prefixes are followed by their names; what is wrong about them is only listed.
    fn namespaces(&mut self, element: &Element) {
        let declares = |holder: &Element, prefix: &str| {
            holder.attributes.iter().any(|(name, _)| name.strip_prefix("xmlns:") == Some(prefix))
        };
        let names = element.attributes.iter().map(|(name, _)| name).chain([&element.name]);
        for (prefix, _) in names.filter_map(|name| name.split_once(':')) {
            let known = prefix == "xmlns" || prefix == "xml" || declares(element, prefix);
            if !known && !self.stack.iter().any(|holder| declares(holder, prefix)) {
                let at = element.name.clone();
                if self.found.prefixes.insert(prefix.to_owned()) {
                    self.found.odd(What::UndeclaredPrefix, &at, prefix);
                }
            }
        }
        let own = element.attributes.iter().find(|(name, _)| name == "xmlns" && self.stack.is_empty());
        if let Some((_, namespace)) = own.filter(|(_, namespace)| namespace != NAMESPACE) {
            self.found.odd(What::OtherNamespace, &element.name, namespace);
        }
    }

    fn text(&mut self, text: &str) -> bool {
        match self.stack.last_mut() {
            Some(element) => match element.nodes.last_mut() {
                Some(Node::Text(before)) => before.push_str(text),
                _ => element.nodes.push(Node::Text(text.to_owned())),
            },
            None if text.trim().is_empty() => {}
            None => {
                self.found.refuse(What::Malformed, "", format!("{text:.40} outside the root"));
                return false;
            }
        }
        true
    }

    fn reference(&mut self, name: &quick_xml::events::BytesRef<'_>) -> bool {
        let named = match &**name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        };
        match named.or_else(|| name.resolve_char_ref().ok().flatten()).filter(|c| is_xml(*c)) {
            Some(character) => self.text(character.encode_utf8(&mut [0; 4])),
            None => {
                let what = if name.is_char_ref() { What::Malformed } else { What::EntityTrick };
                self.found.refuse(what, "", format!("&{};", &**name));
                false
            }
        }
    }

    /// Streams a content to the shelf, up to the tag that ends it.
    fn content(&mut self) -> io::Result<()> {
        let mut decoder = Decoder::new(self.shelf.slot()?, self.limits.attachment);
        let meter = self.xml.get_mut();
        let header_left = meter.left;
        meter.left = self.limits.package.saturating_sub(meter.total);
        let mut stream = self.xml.stream();
        loop {
            // The error of a meter that is spent is of a kind of its own, and the event that follows tells it.
            let piece = match stream.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == SPENT => break,
                piece => piece?,
            };
            let end = piece.iter().position(|byte| *byte == b'<');
            let count = end.unwrap_or(piece.len());
            decoder.take(&piece[..count])?;
            let over = piece.is_empty();
            stream.consume(count);
            if end.is_some() || over {
                break;
            }
        }
        let meter = self.xml.get_mut();
        if !meter.spent {
            meter.left = header_left;
        }
        let decoded = decoder.finish()?;
        if self.pending.replace(decoded).is_some() {
            self.found.refuse(What::Malformed, "Attachment", "two contents");
        }
        Ok(())
    }

    /// An element ends: it goes to the one that holds it, or is an attachment.
    fn close(&mut self) -> io::Result<bool> {
        let Some(element) = self.stack.pop() else { return Ok(true) };
        if element.local() == "ContentTransferEncoded" && self.inside("Attachment") {
            if element.nodes.iter().any(|node| matches!(node, Node::Element(_)) || !element.text().trim().is_empty()) {
                self.found.refuse(What::BadBase64, "Attachment", "CDATA");
            }
        } else if element.local() == "Attachment" && self.inside("AttachmentEncoded") {
            self.attachment(element)?;
        } else if let Some(holder) = self.stack.last_mut() {
            holder.nodes.push(Node::Element(element));
        } else {
            self.root = Some(element);
        }
        Ok(true)
    }

    fn attachment(&mut self, element: Element) -> io::Result<()> {
        let head: super::model::AttachmentHead = self.notes.read("Attachment", element);
        if !head.name.is_empty() && !is_file_name(&head.name) {
            self.found.refuse(What::BadName, "Attachment.AttachmentName", head.name.escape_debug());
        }
        let pending = self.pending.take();
        let name = if head.name.is_empty() { head.content_id.clone() } else { head.name.clone() };
        let nothing = Content { slot: None, length: 0, digest: kernel::Digest::of(&[]), entry: None };
        let content = match pending {
            None => {
                self.found.refuse(What::NoContent, &name, "");
                nothing
            }
            Some((content, _, Some((what, detail)))) => {
                self.found.refuse(what, &name, detail);
                content
            }
            Some((content, first, None)) => match unwrap(content, &first, &name, self.limits.attachment, self.shelf)? {
                Ok(content) => self.looked_at(content, &name)?,
                Err(refusal) => {
                    self.found.refusals.push(refusal);
                    nothing
                }
            },
        };
        self.contents.push(content);
        self.package.attachments.push(head);
        Ok(())
    }

    fn looked_at(&mut self, mut content: Content<S::Slot>, name: &str) -> io::Result<Content<S::Slot>> {
        use io::{Read, Seek};
        if content.length == 0 {
            self.found.odd(What::Empty, name, "");
        } else if let Some(slot) = content.slot.as_mut().filter(|_| name.to_ascii_lowercase().ends_with(".pdf")) {
            let mut first = Vec::new();
            slot.by_ref().take(5).read_to_end(&mut first)?;
            slot.rewind()?;
            if first != b"%PDF-" {
                self.found.odd(What::ContentNotAsNamed, name, String::from_utf8_lossy(&first).escape_debug());
            }
        }
        Ok(content)
    }

    fn note_station(&mut self, before: u64) {
        let list = self.stack.last().filter(|list| list.local() == "TraceHeaderList");
        if let Some(list) = list.filter(|_| self.station.is_none()) {
            let prefix = list.name.rsplit_once(':').map_or(String::new(), |(prefix, _)| format!("{prefix}:"));
            self.station = Some(Station { offset: self.skipped + before, prefix });
        }
    }

    /// The XML does not go on: tells why.
    fn broken(&mut self, error: quick_xml::Error) -> io::Result<()> {
        let at = self.xml.error_position();
        match error {
            quick_xml::Error::Io(_) if self.xml.get_ref().spent => {
                self.found.refuse(What::TooLarge, "", self.limits.header.max(self.limits.package));
            }
            quick_xml::Error::Io(error) => return Err(io::Error::new(error.kind(), error.to_string())),
            quick_xml::Error::Syntax(_) => self.found.refuse(What::Truncated, "", at),
            quick_xml::Error::Encoding(_) => self.found.refuse(What::NotUtf8, "", at),
            error => self.found.refuse(What::Malformed, "", format!("{at}: {error}")),
        }
        Ok(())
    }

    fn finish(mut self) -> Reading<S::Slot> {
        // Of a package that ends too soon, what was open is read as far as it came.
        while let Some(element) = self.stack.pop() {
            match self.stack.last_mut() {
                Some(holder) => holder.nodes.push(Node::Element(element)),
                None => self.root = Some(element),
            }
        }
        let root = self.root.take().unwrap_or_default();
        if root.local() != "edXML" {
            self.found.refuse(What::NotEdxml, "", &root.name);
        } else {
            self.envelope(root);
        }
        self.manifest();
        for (path, xml) in std::mem::take(&mut self.notes.leftovers) {
            self.found.odd(What::Unknown, &path, &xml);
            self.package.unknown.push(Unknown { path, xml });
        }
        for (path, text) in std::mem::take(&mut self.notes.attributes) {
            self.found.odd(What::Unknown, &path, &text);
        }
        Reading {
            package: self.package,
            contents: self.contents,
            oddities: self.found.oddities,
            refusals: self.found.refusals,
            length: self.xml.get_ref().total,
            station: self.station,
        }
    }

    fn envelope(&mut self, mut root: Element) {
        let Some(mut envelope) = root.take("edXMLEnvelope") else {
            return self.found.refuse(What::NotEdxml, "edXMLEnvelope", "");
        };
        let mut header = envelope.take("edXMLHeader").unwrap_or_default();
        match header.take("MessageHeader") {
            None => self.found.refuse(What::NotEdxml, "MessageHeader", ""),
            Some(message) if message.has("StatusCode") => {
                self.package.header = Header::Status(Box::new(self.notes.read("MessageHeader", message)));
            }
            Some(message) => {
                self.package.header = Header::Document(Box::new(self.notes.read("MessageHeader", message)));
            }
        }
        if let Some(trace) = header.take("TraceHeaderList") {
            self.package.trace = self.notes.read("TraceHeaderList", trace);
        }
        for holder in [&mut header, &mut envelope] {
            let signature = holder.take("Signature").or_else(|| holder.take("DigitalSignature"));
            self.package.signature = self.package.signature.take().or(signature.map(|signature| signature.xml()));
        }
        if let Some(mut body) = envelope.take("edXMLBody") {
            if let Some(mut manifest) = body.take("edXMLManifest") {
                while let Some(reference) = manifest.take("Reference") {
                    let reference = self.notes.read("Reference", reference);
                    self.package.references.push(reference);
                }
                manifest.attributes.retain(|(name, value)| !(name == "version" && value == "1.0"));
                self.notes.keep(manifest);
            }
            self.notes.keep(body);
        }
        if let Some(encoded) = root.take("AttachmentEncoded") {
            self.notes.keep(encoded);
        }
        for rest in [header, envelope, root] {
            self.notes.keep(rest);
        }
    }

    /// The manifest and the attachments name each other by their ids, with or without `cid:`.
    fn manifest(&mut self) {
        let attached: Vec<&str> = self.package.attachments.iter().map(|a| bare_id(&a.content_id)).collect();
        let listed: Vec<&str> = self.package.references.iter().map(|r| bare_id(&r.content_id)).collect();
        for id in listed.iter().filter(|id| !attached.contains(id)) {
            self.found.odd(What::ManifestDiffers, "edXMLManifest.Reference", id);
        }
        for id in attached.iter().filter(|id| !listed.contains(id)) {
            self.found.odd(What::ManifestDiffers, "AttachmentEncoded.Attachment", id);
        }
    }
}

/// The characters that XML 1.0 can carry.
pub(crate) fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
