//! A page of another PDF file as a form XObject: how typeset images of signatures, seals and numbers come in.

use super::{
    file::File,
    object::{Data, Dict, Id, Object, Stream},
    update::Update,
};
use std::collections::HashMap;

/// Most objects that an image may bring with it.
const MAX_OBJECTS: usize = 5_000;

/// Copies the first page of `source` into the update. Gives the id of the form and its size in points.
///
/// # Errors
/// A text that says why the page cannot be used.
pub(crate) fn import_page(update: &mut Update<'_>, source: &[u8]) -> Result<(Id, f64, f64), String> {
    let file = File::open(source).map_err(|error| format!("the image: {error}"))?;
    let (_, page) = file.pages().next().ok_or("the image has no page")?;
    let media = file.inherited(&page, "CropBox").or_else(|| file.inherited(&page, "MediaBox"));
    let media = media.and_then(|m| file.rectangle(&m)).ok_or("the image's page has no size")?;
    let mut import = Import { file: &file, update, ids: HashMap::new() };
    let mut form = Dict::new()
        .with("Type", Object::name("XObject"))
        .with("Subtype", Object::name("Form"))
        .with("BBox", Object::rectangle(media));
    let resources = file.inherited(&page, "Resources").unwrap_or(Object::Dict(Dict::new()));
    form.set("Resources", import.copy(&resources, 0)?);
    if let Some(group) = file.get(&page, "Group") {
        form.set("Group", import.copy(&group, 0)?);
    }
    let data = match file.get(&page, "Contents") {
        Some(Object::Stream(stream)) => {
            for key in ["Filter", "DecodeParms"] {
                if let Some(value) = file.get(&stream.dict, key) {
                    form.set(key, value);
                }
            }
            file.raw(&stream).into_owned()
        }
        Some(Object::Array(parts)) => {
            let mut whole = Vec::new();
            for part in &parts {
                let Object::Stream(stream) = file.resolve(part) else { continue };
                whole.extend(file.decoded(&stream).ok_or("the image's content uses a filter that is not known")?);
                whole.push(b'\n');
            }
            whole
        }
        _ => Vec::new(),
    };
    let id = update.add(Object::Stream(Stream { dict: form, data: Data::Own(data) }));
    Ok((id, media[2] - media[0], media[3] - media[1]))
}

struct Import<'s, 'f, 'u, 'a> {
    file: &'s File<'f>,
    update: &'u mut Update<'a>,
    ids: HashMap<Id, Id>,
}

impl Import<'_, '_, '_, '_> {
    fn copy(&mut self, object: &Object, depth: usize) -> Result<Object, String> {
        if depth > 40 {
            return Err("the image's objects are nested too deeply".into());
        }
        Ok(match object {
            Object::Reference(id) => Object::Reference(self.copy_indirect(*id, depth)?),
            Object::Array(items) => {
                Object::Array(items.iter().map(|item| self.copy(item, depth + 1)).collect::<Result<_, _>>()?)
            }
            Object::Dict(dict) => Object::Dict(self.copy_dict(dict, depth)?),
            Object::Stream(stream) => {
                let mut dict = stream.dict.clone();
                dict.remove("Length");
                let dict = self.copy_dict(&dict, depth)?;
                Object::Stream(Stream { dict, data: Data::Own(self.file.raw(stream).into_owned()) })
            }
            plain => plain.clone(),
        })
    }
    fn copy_dict(&mut self, dict: &Dict, depth: usize) -> Result<Dict, String> {
        let mut out = Dict::new();
        // Links back to the page tree and to the structure tree would bring the whole document along.
        for (key, value) in dict.0.iter().filter(|(k, _)| !matches!(&**k, b"Parent" | b"P" | b"StructParent")) {
            out.0.push((key.clone(), self.copy(value, depth + 1)?));
        }
        Ok(out)
    }
    fn copy_indirect(&mut self, id: Id, depth: usize) -> Result<Id, String> {
        if let Some(copied) = self.ids.get(&id) {
            return Ok(*copied);
        }
        if self.ids.len() >= MAX_OBJECTS {
            return Err(format!("the image brings more than {MAX_OBJECTS} objects"));
        }
        let new = self.update.reserve();
        self.ids.insert(id, new);
        let object = self.file.load(id).unwrap_or(Object::Null);
        let copied = self.copy(&object, depth + 1)?;
        self.update.put(new, copied);
        Ok(new)
    }
}
