//! Writing a signature revision: fields, signature dictionary, byte range, message.

use super::{Appended, Place, Revision};
use crate::{
    error::SignError,
    pdf::{Bytes, Data, Dict, File, Id, Object, Stream, Update, hexadecimal, import_page},
    report::Level,
    signer::{Signer, TimeStamper, chain_room, signed_message},
};
use kernel::Timestamp;

/// Print and Locked: a widget must print in PDF/A, and must not be moved by hand.
const WIDGET_FLAGS: i64 = 4 + 128;
/// Wider than any offset, so that the real numbers fit in its place.
const WIDE: i64 = 9_999_999_999;

pub(super) fn sign(
    revision: &Revision,
    bytes: Bytes<'_>,
    signer: &dyn Signer,
    at: Timestamp,
    stamper: Option<&dyn TimeStamper>,
) -> Result<Appended, SignError> {
    let file = open(bytes)?;
    let mut room = chain_room(signer) + stamper.map_or(0, TimeStamper::token_room);
    for _ in 0..3 {
        let prepared = prepare(revision, &file, signer, at, room)?;
        let (message, warning) = prepared.message(bytes, signer, stamper)?;
        if message.len() > room {
            // A signature or token longer than announced: once more with the room that it needs.
            room = message.len() + 1024;
            continue;
        }
        let level = if stamper.is_some() && warning.is_none() { Level::Bt } else { Level::Bb };
        return Ok(Appended { bytes: prepared.finish(&message), level, warnings: warning.into_iter().collect() });
    }
    Err(SignError::Key("the signature is longer than the signer says".into()))
}

pub(super) fn open(bytes: Bytes<'_>) -> Result<File<'_>, SignError> {
    let file = File::open(bytes).map_err(|error| SignError::Pdf(error.to_string()))?;
    if file.xref.rebuilt {
        return Err(SignError::Pdf("its cross-references are broken: save it anew first".into()));
    }
    Ok(file)
}

/// An update that lacks only the message of the signature.
pub(crate) struct Prepared {
    update: Vec<u8>,
    /// Where `<` of the contents stands in the update.
    contents: usize,
    room: usize,
}

impl Prepared {
    /// Stands in the dictionary until the real numbers are known.
    pub fn range_placeholder() -> Object {
        Object::Array([0, WIDE, WIDE, WIDE].map(Object::Integer).to_vec())
    }
    /// Writes the update and sets the byte range around the contents of the signature dictionary.
    pub fn new(update: Update<'_>, signature: Id, room: usize, seed: &[u8]) -> Result<Prepared, SignError> {
        let base = update.file.bytes.len();
        let written = update.write(seed);
        let mut bytes = written.bytes;
        let lost = || SignError::Pdf("the update was not written as expected".into());
        let from = written.offsets.get(&signature).ok_or_else(lost)? - base;
        let place = |word: &str| {
            let found = memchr::memmem::find(&bytes[from..], word.as_bytes());
            found.map(|at| from + at + word.len()).ok_or_else(lost)
        };
        let contents = place("/Contents ")?;
        let after = contents + room * 2 + 2;
        let range = place("/ByteRange ")?;
        let placeholder = format!("[0 {WIDE} {WIDE} {WIDE}]");
        let numbers = format!("[0 {} {} {}", base + contents, base + after, bytes.len() - after);
        let text = format!("{numbers:<width$}]", width = placeholder.len() - 1);
        bytes[range..range + placeholder.len()].copy_from_slice(text.as_bytes());
        Ok(Prepared { update: bytes, contents, room })
    }
    /// The digest of what the signature covers: the file, and the update around the place of the message.
    pub fn digest(&self, bytes: Bytes<'_>, hash: pki::Hash) -> Vec<u8> {
        let after = self.contents + self.room * 2 + 2;
        let mut digest = hash.start();
        bytes.each_piece(0..bytes.len(), &mut |part| digest.update(part));
        digest.update(&self.update[..self.contents]);
        digest.update(&self.update[after..]);
        digest.finish()
    }
    fn message(
        &self,
        bytes: Bytes<'_>,
        signer: &dyn Signer,
        stamper: Option<&dyn TimeStamper>,
    ) -> Result<(Vec<u8>, Option<String>), SignError> {
        let hash = signer.scheme().hash();
        let digest = self.digest(bytes, hash);
        signed_message(signer, hash, &digest, None, Vec::new(), stamper)
    }
    /// The update with the message in its place.
    pub fn finish(mut self, message: &[u8]) -> Vec<u8> {
        let start = self.contents + 1;
        hexadecimal::write_over(&mut self.update[start..start + self.room * 2], message);
        self.update
    }
}

fn prepare(
    revision: &Revision,
    file: &File<'_>,
    signer: &dyn Signer,
    at: Timestamp,
    room: usize,
) -> Result<Prepared, SignError> {
    let mut update = Update::new(file);
    let mut form = Form::open(file)?;
    let lock = form.place_signature(revision, &mut update)?;
    form.add_empty(revision, &mut update)?;
    for (name, value, image) in &revision.fills {
        form.fill(&mut update, name, value, image)?;
    }
    let name = signer.chain().first().and_then(|c| c.subject().get(pki::oid::COMMON_NAME)).unwrap_or_default();
    let mut signature = Dict::new()
        .with("Type", Object::name("Sig"))
        .with("Filter", Object::name("Adobe.PPKLite"))
        .with("SubFilter", Object::name("ETSI.CAdES.detached"))
        .with("ByteRange", Prepared::range_placeholder())
        .with("Contents", Object::Text(vec![0; room]))
        .with("M", Object::text(&pdf_date(at)))
        .with("Name", Object::text(name));
    for (key, text) in [("Reason", &revision.reason), ("Location", &revision.location)] {
        if let Some(text) = text {
            signature.set(key, Object::text(text));
        }
    }
    let mut references = Vec::new();
    if revision.certify {
        references.push(reference("DocMDP", Dict::new().with("P", Object::Integer(2)), None));
    }
    if lock {
        references.push(reference("FieldMDP", Dict::new().with("Action", Object::name("All")), file.root_id()));
    }
    if !references.is_empty() {
        signature.set("Reference", Object::Array(references));
    }
    let id = form.signature.ok_or_else(|| SignError::Pdf("the signature field was not made".into()))?;
    update.put(id, Object::Dict(signature));
    form.finish(&mut update, revision.certify)?;
    Prepared::new(update, id, room, &at.micros().to_be_bytes())
}

/// The file with the fields of a revision, its own too, all of them empty.
pub(super) fn fields(revision: &Revision, bytes: Bytes<'_>, at: Timestamp) -> Result<Vec<u8>, SignError> {
    let file = open(bytes)?;
    let (mut update, mut form) = (Update::new(&file), Form::open(&file)?);
    let field = Dict::new().with("FT", Object::name("Sig"));
    form.add(&mut update, &revision.field, field, revision.place.as_ref(), None)?;
    form.add_empty(revision, &mut update)?;
    form.finish(&mut update, false)?;
    Ok(update.write(&at.micros().to_be_bytes()).bytes)
}

fn reference(method: &str, parameters: Dict, data: Option<Id>) -> Object {
    let parameters = parameters.with("Type", Object::name("TransformParams")).with("V", Object::name("1.2"));
    let mut reference = Dict::new()
        .with("Type", Object::name("SigRef"))
        .with("TransformMethod", Object::name(method))
        .with("TransformParams", Object::Dict(parameters));
    if let Some(data) = data {
        reference.set("Data", Object::Reference(data));
    }
    Object::Dict(reference)
}

/// `D:20250105091230+07'00'`.
pub(crate) fn pdf_date(at: Timestamp) -> String {
    let local = at.iso_local();
    let digits = local.chars().take(19).filter(char::is_ascii_digit);
    "D:".chars().chain(digits).chain("+07'00'".chars()).collect()
}

/// The form of the file while fields are added and filled.
pub(crate) struct Form<'a> {
    file: &'a File<'a>,
    /// The first page, where most fields go.
    first: (Id, Dict),
    existing: Vec<(String, Id, Dict)>,
    added: Vec<Id>,
    /// The signature dictionary.
    pub signature: Option<Id>,
}

impl<'a> Form<'a> {
    pub fn open(file: &'a File<'a>) -> Result<Form<'a>, SignError> {
        let first = file.pages().next().ok_or_else(|| SignError::Pdf("it has no pages".into()))?;
        Ok(Form { file, first, existing: file.fields(), added: Vec::new(), signature: None })
    }

    /// Takes or makes the field of the signature. True when the field asks the signature to lock all others.
    fn place_signature(&mut self, revision: &Revision, update: &mut Update<'_>) -> Result<bool, SignError> {
        let signed =
            |(_, _, field): &(String, Id, Dict)| field.has_name("FT", "Sig") && self.file.get(field, "V").is_some();
        if revision.certify && self.existing.iter().any(signed) {
            return Err(SignError::Request("only the first signature of a file can certify it".into()));
        }
        let signature = update.reserve();
        self.signature = Some(signature);
        let Some((_, id, field)) = self.existing.iter().find(|(name, _, _)| *name == revision.field).cloned() else {
            let field = Dict::new().with("FT", Object::name("Sig")).with("V", Object::Reference(signature));
            self.add(update, &revision.field, field, revision.place.as_ref(), revision.image.as_deref())?;
            return Ok(false);
        };
        let refuse = |why: &str| Err(SignError::Request(format!("the field {:?} {why}", revision.field)));
        if !field.has_name("FT", "Sig") {
            return refuse("is no signature field");
        }
        if self.file.get(&field, "V").is_some() {
            return refuse("is signed already");
        }
        if revision.place.is_some() {
            return refuse("has its place already: give its image only");
        }
        let mut own = update.dict(id).unwrap_or_default().with("V", Object::Reference(signature));
        if let Some(image) = &revision.image {
            own.set("AP", appearance(update, image)?);
        }
        let lock = self.file.get_dict(&own, "Lock").is_some_and(|lock| lock.has_name("Action", "All"));
        update.put(id, Object::Dict(own));
        Ok(lock)
    }

    /// Adds the empty fields of a revision, for those who come later.
    fn add_empty(&mut self, revision: &Revision, update: &mut Update<'_>) -> Result<(), SignError> {
        for (name, place) in &revision.text_fields {
            let field = Dict::new().with("FT", Object::name("Tx")).with("DA", Object::text("0 g"));
            self.add(update, name, field, Some(place), None)?;
        }
        for (name, place) in &revision.signature_fields {
            let lock = Dict::new().with("Type", Object::name("SigFieldLock")).with("Action", Object::name("All"));
            let field = Dict::new().with("FT", Object::name("Sig")).with("Lock", Object::Dict(lock));
            self.add(update, name, field, Some(place), None)?;
        }
        Ok(())
    }

    /// Adds a field with its widget.
    pub fn add(
        &mut self,
        update: &mut Update<'_>,
        name: &str,
        field: Dict,
        place: Option<&Place>,
        image: Option<&[u8]>,
    ) -> Result<(), SignError> {
        if name.is_empty() || name.contains('.') || self.existing.iter().any(|(n, _, _)| n == name) {
            return Err(SignError::Request(format!("a field named {name:?} cannot be added")));
        }
        let number = place.map_or(1, |p| p.page);
        let page = match number {
            0 => None,
            1 => Some(self.first.clone()),
            _ => self.file.pages().nth(number - 1),
        };
        let (page_id, page) = page.ok_or_else(|| {
            let pages = self.file.pages().count();
            SignError::Request(format!("the file has {pages} pages, but page {number} was named"))
        })?;
        let media = self.file.inherited(&page, "MediaBox").and_then(|m| self.file.rectangle(&m));
        let media = media.ok_or_else(|| SignError::Pdf("a page has no size".into()))?;
        let rectangle = match place {
            Some(place) => {
                place.check()?;
                place.rectangle(media)
            }
            None => Object::rectangle([0.0; 4]),
        };
        let images = match image {
            Some(image) => appearance(update, image)?,
            None => empty_appearance(update, place.map_or((0.0, 0.0), |p| (p.width, p.height))),
        };
        let field = field
            .with("Type", Object::name("Annot"))
            .with("Subtype", Object::name("Widget"))
            .with("T", Object::text(name))
            .with("F", Object::Integer(WIDGET_FLAGS))
            .with("P", Object::Reference(page_id))
            .with("Rect", rectangle)
            .with("AP", images);
        let id = update.add(Object::Dict(field.clone()));
        self.added.push(id);
        self.existing.push((name.to_owned(), id, field));
        self.annotate(update, page_id, id)
    }

    /// Appends a widget to the annotations of a page.
    fn annotate(&self, update: &mut Update<'_>, page: Id, widget: Id) -> Result<(), SignError> {
        let broken = || SignError::Pdf("a page cannot be read".into());
        let mut dict = update.dict(page).ok_or_else(broken)?;
        let listed = dict.get("Annots").and_then(Object::as_reference);
        let current = match listed {
            Some(id) => update.load(id),
            None => dict.get("Annots").cloned(),
        };
        let mut items = match current {
            Some(Object::Array(items)) => items,
            _ => Vec::new(),
        };
        items.push(Object::Reference(widget));
        match listed {
            Some(id) => update.put(id, Object::Array(items)),
            None => {
                dict.set("Annots", Object::Array(items));
                update.put(page, Object::Dict(dict));
            }
        }
        Ok(())
    }

    fn fill(&self, update: &mut Update<'_>, name: &str, value: &str, image: &[u8]) -> Result<(), SignError> {
        let found = self.existing.iter().find(|(n, _, field)| n == name && field.has_name("FT", "Tx"));
        let (_, id, field) = found.ok_or_else(|| SignError::Request(format!("the file has no text field {name:?}")))?;
        let flags = self.file.get(field, "Ff").and_then(|f| f.as_integer()).unwrap_or(0);
        if flags & 1 == 1 {
            return Err(SignError::Request(format!("the field {name:?} is filled in already and cannot be changed")));
        }
        let images = appearance(update, image)?;
        let own = update.dict(*id).unwrap_or_default();
        let own = own.with("V", Object::text(value)).with("Ff", Object::Integer(flags | 1)).with("AP", images);
        update.put(*id, Object::Dict(own));
        Ok(())
    }

    /// Enters the added fields in the form and the certification in the catalogue; touches neither when nothing changes.
    pub fn finish(self, update: &mut Update<'_>, certify: bool) -> Result<(), SignError> {
        let broken = || SignError::Pdf("its catalogue cannot be read".into());
        let root = self.file.root_id().ok_or_else(broken)?;
        let mut catalog = update.dict(root).ok_or_else(broken)?;
        let mut changed = false;
        if !self.added.is_empty() {
            let form_id = catalog.get("AcroForm").and_then(Object::as_reference);
            let mut form = self.file.get_dict(&catalog, "AcroForm").unwrap_or_default();
            let mut fields = match self.file.get(&form, "Fields") {
                Some(Object::Array(fields)) => fields,
                _ => Vec::new(),
            };
            fields.extend(self.added.into_iter().map(Object::Reference));
            form.set("Fields", Object::Array(fields));
            // Signatures exist, and the file is to be changed by appending only.
            form.set("SigFlags", Object::Integer(3));
            match form_id {
                Some(id) => update.put(id, Object::Dict(form)),
                None => {
                    let id = update.add(Object::Dict(form));
                    catalog.set("AcroForm", Object::Reference(id));
                    changed = true;
                }
            }
        }
        if certify {
            let signature = self.signature.ok_or_else(broken)?;
            let mut permissions = self.file.get_dict(&catalog, "Perms").unwrap_or_default();
            permissions.set("DocMDP", Object::Reference(signature));
            catalog.set("Perms", Object::Dict(permissions));
            changed = true;
        }
        if changed {
            update.put(root, Object::Dict(catalog));
        }
        Ok(())
    }
}

fn appearance(update: &mut Update<'_>, image: &[u8]) -> Result<Object, SignError> {
    let (id, _, _) = import_page(update, image).map_err(SignError::Request)?;
    Ok(Object::Dict(Dict::new().with("N", Object::Reference(id))))
}

fn empty_appearance(update: &mut Update<'_>, (width, height): (f64, f64)) -> Object {
    let form = Dict::new()
        .with("Type", Object::name("XObject"))
        .with("Subtype", Object::name("Form"))
        .with("BBox", Object::rectangle([0.0, 0.0, width, height]))
        .with("Resources", Object::Dict(Dict::new()));
    let id = update.add(Object::Stream(Stream { dict: form, data: Data::Own(Vec::new()) }));
    Object::Dict(Dict::new().with("N", Object::Reference(id)))
}
