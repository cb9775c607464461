//! What came into a file after a signature: every changed object must be explained by something harmless, or it counts as
//! the worst.
//!
//! The signed revision and the file as it stands are compared object by object. A list of explanations (evidence, filled
//! fields, new signatures, annotations) claims objects; what no explanation claims is content or hidden. This finds shadow
//! attacks, incremental saving and wrapping alike, because it does not look for attacks but for innocence.

use crate::{
    pdf::{Dict, Entry, File, Id, Object},
    report::Changes,
};
use std::collections::{BTreeSet, HashSet};

/// What was found.
pub(crate) struct Findings {
    /// The worst kind of change.
    pub worst: Changes,
    /// The signature allows all of it.
    pub allowed: bool,
    /// Each change in words.
    pub reasons: Vec<String>,
    /// Names of fields whose value or look has changed.
    pub touched: Vec<String>,
}

/// Whether a file is another one with nothing added but signatures and the evidence for them: every byte of the other
/// stands at its beginning, no field was filled in, no page shows anything else than the look of the signatures.
///
/// It says nothing about the signatures: that is [`crate::validate`]'s.
///
/// # Errors
/// What else was changed, in words; empty when the file does not even begin with the other.
pub fn only_signed(before: &[u8], after: &[u8]) -> Result<(), Vec<String>> {
    if after.len() <= before.len() || !after.starts_with(before) {
        return Err(Vec::new());
    }
    let (Ok(old), Ok(new)) = (File::open(before), File::open(after)) else {
        return Err(vec!["the file does not read".to_owned()]);
    };
    let found = compare(&old, &new, &Dict::new());
    let fields = new.fields();
    let signs = |name: &String| {
        let field = fields.iter().find(|(n, _, _)| n == name);
        field.is_some_and(|(_, _, field)| field.has_name("FT", "Sig") && new.get(field, "V").is_some())
    };
    if found.worst <= Changes::FormFill && found.touched.iter().all(signs) { Ok(()) } else { Err(found.reasons) }
}

/// Most objects that one explanation follows.
const MAX_REACHED: usize = 100_000;

/// Compares the revision that a signature covers with the file as it stands. `signature` is its dictionary.
pub(crate) fn compare(signed: &File<'_>, now: &File<'_>, signature: &Dict) -> Findings {
    let mut comparison = Comparison {
        signed,
        now,
        changed: changed_objects(signed, now),
        worst: Changes::None,
        reasons: Vec::new(),
        touched: Vec::new(),
    };
    comparison.run();
    let limit = match permission(signed) {
        Some(1) => Changes::Evidence,
        Some(3) => Changes::Annotation,
        _ => Changes::FormFill,
    };
    let mut allowed = comparison.worst <= limit;
    let locked: Vec<String> =
        comparison.touched.iter().filter(|name| is_locked(signed, signature, name)).cloned().collect();
    for name in locked {
        allowed = false;
        comparison.reasons.push(format!("the field {name:?} was locked by the signature and has been changed"));
    }
    Findings { worst: comparison.worst, allowed, reasons: comparison.reasons, touched: comparison.touched }
}

/// Numbers of the objects that are new or not where they were.
fn changed_objects(signed: &File<'_>, now: &File<'_>) -> BTreeSet<u32> {
    let (old, new) = (&signed.xref.entries, &now.xref.entries);
    let absent = |entry: Option<&Entry>| matches!(entry, None | Some(Entry::Free));
    let numbers: BTreeSet<u32> = old.iter().chain(new.iter()).map(|(number, _)| *number).collect();
    let differs = |number: &u32| {
        let (before, after) = (old.get(*number), new.get(*number));
        match (before, after) {
            _ if absent(before) && absent(after) => false,
            // In an object stream that was itself replaced, the place is the same and the object is not.
            (Some(Entry::Within(stream, _)), Some(Entry::Within(other, _))) => {
                stream != other || old.get(*stream) != new.get(*stream)
            }
            _ => before != after,
        }
    };
    let candidates = numbers.into_iter().filter(differs);
    let same = |number: &u32| {
        let id = Id { number: *number, generation: 0 };
        let (before, after) = (signed.load(id), now.load(id));
        before.is_some() && before == after && !matches!(before, Some(Object::Stream(_)))
    };
    candidates.filter(|number| !same(number)).collect()
}

/// The permission that a certification grants (DocMDP), if the signed revision has one.
fn permission(file: &File<'_>) -> Option<i64> {
    let permissions = file.get_dict(file.catalog(), "Perms")?;
    let signature = file.get_dict(&permissions, "DocMDP")?;
    let references = file.get(&signature, "Reference")?;
    references.as_array()?.iter().find_map(|reference| {
        let reference = file.resolve(reference).into_dict()?;
        let parameters = file.get_dict(&reference, "TransformParams")?;
        let docmdp = reference.has_name("TransformMethod", "DocMDP");
        docmdp.then(|| file.get(&parameters, "P").and_then(|p| p.as_integer()).unwrap_or(2))
    })
}

/// The signature locks the field (FieldMDP).
fn is_locked(file: &File<'_>, signature: &Dict, field: &str) -> bool {
    let Some(Object::Array(references)) = file.get(signature, "Reference") else { return false };
    references.iter().any(|reference| {
        let Some(reference) = file.resolve(reference).into_dict() else { return false };
        let Some(parameters) = file.get_dict(&reference, "TransformParams") else { return false };
        if !reference.has_name("TransformMethod", "FieldMDP") {
            return false;
        }
        let listed = file.get(&parameters, "Fields").and_then(|f| f.as_array().map(<[Object]>::to_vec));
        let listed = listed.unwrap_or_default().iter().any(|name| {
            file.resolve(name).as_text().is_some_and(|n| field == n || field.starts_with(&format!("{n}.")))
        });
        match file.get(&parameters, "Action").as_ref().and_then(Object::as_name) {
            Some(b"All") => true,
            Some(b"Include") => listed,
            Some(b"Exclude") => !listed,
            _ => true,
        }
    })
}

struct Comparison<'c, 'a, 'b> {
    signed: &'c File<'a>,
    now: &'c File<'b>,
    /// Changed objects that are not explained yet.
    changed: BTreeSet<u32>,
    worst: Changes,
    reasons: Vec<String>,
    /// Names of fields whose value or look has changed.
    touched: Vec<String>,
}

impl Comparison<'_, '_, '_> {
    fn note(&mut self, kind: Changes, reason: impl Into<String>) {
        self.worst = self.worst.max(kind);
        let reason = reason.into();
        if !self.reasons.contains(&reason) && self.reasons.len() < 50 {
            self.reasons.push(reason);
        }
    }

    fn run(&mut self) {
        if self.signed.root_id() != self.now.root_id() {
            self.note(Changes::Hidden, "the file has been given another catalogue");
            return;
        }
        let (old, new) = (self.signed.catalog(), self.now.catalog());
        self.containers();
        self.catalog(old, new);
        self.metadata(old, new);
        self.evidence(old, new);
        let new_widgets = self.form(old, new);
        self.pages(&new_widgets);
        self.rest();
    }

    fn explain(&mut self, id: Id) {
        self.changed.remove(&id.number);
    }

    /// Cross-reference streams and object streams hold other objects and show nothing themselves.
    fn containers(&mut self) {
        let now = self.now;
        let signed = self.signed;
        self.changed.retain(|number| {
            let id = Id { number: *number, generation: 0 };
            let fresh = matches!(signed.xref.entries.get(*number), None | Some(Entry::Free));
            let container = now
                .load(id)
                .and_then(|o| o.into_dict())
                .is_some_and(|dict| dict.has_name("Type", "XRef") || dict.has_name("Type", "ObjStm"));
            !(fresh && container)
        });
    }

    fn catalog(&mut self, old: &Dict, new: &Dict) {
        let mut ours = vec!["AcroForm", "DSS", "Metadata", "Extensions"];
        // Programs that sign raise the version that the file claims; it shows nothing.
        if self.now.get(new, "Version").as_ref().and_then(Object::as_name).is_some_and(is_version) {
            ours.push("Version");
        }
        for key in differing(old, new, &ours) {
            let kind = if key == "Perms" { Changes::Hidden } else { Changes::Content };
            self.note(kind, format!("{key} of the catalogue has been changed"));
        }
        if let Some(root) = self.now.root_id() {
            self.explain(root);
        }
        if let Some(id) = new.get("Extensions").and_then(Object::as_reference) {
            self.explain(id);
        }
    }

    /// Document information and metadata show nothing on any page.
    fn metadata(&mut self, old: &Dict, new: &Dict) {
        let info = self.now.xref.trailer.get("Info").and_then(Object::as_reference);
        let stream = new.get("Metadata").and_then(Object::as_reference);
        let before = [
            self.signed.xref.trailer.get("Info").and_then(Object::as_reference),
            old.get("Metadata").and_then(Object::as_reference),
        ];
        for id in [info, stream].into_iter().flatten() {
            let fresh = self.is_fresh(id) || before.contains(&Some(id));
            let object = self.now.load(id);
            let plain = object
                .as_ref()
                .and_then(Object::as_dict)
                .is_some_and(|d| d.get("Type").is_none() || d.has_name("Type", "Metadata"));
            if fresh && plain && self.changed.remove(&id.number) {
                self.note(Changes::Evidence, "the document information has been changed");
            }
        }
    }

    fn is_fresh(&self, id: Id) -> bool {
        matches!(self.signed.xref.entries.get(id.number), None | Some(Entry::Free))
    }

    /// The store of certificates and revocation lists (DSS).
    fn evidence(&mut self, old: &Dict, new: &Dict) {
        let Some(store) = new.get("DSS") else {
            if old.get("DSS").is_some() {
                self.note(Changes::Hidden, "the store of validation data has been removed");
            }
            return;
        };
        let before = old.get("DSS").map(|o| reach(self.signed, o, &[])).unwrap_or_default();
        let reached = reach(self.now, store, &[]);
        let mut found = false;
        for number in reached {
            let fresh = matches!(self.signed.xref.entries.get(number), None | Some(Entry::Free));
            if (fresh || before.contains(&number)) && self.changed.remove(&number) {
                found = true;
            }
        }
        if found || old.get("DSS") != new.get("DSS") {
            self.note(Changes::Evidence, "data for long-term validation was added");
        }
    }

    /// Form and fields. Gives the widgets of new signature fields.
    fn form(&mut self, old: &Dict, new: &Dict) -> HashSet<Id> {
        let before = self.signed.get_dict(old, "AcroForm").unwrap_or_default();
        let after = self.now.get_dict(new, "AcroForm").unwrap_or_default();
        for key in differing(&before, &after, &["Fields", "SigFlags"]) {
            self.note(Changes::Content, format!("{key} of the form has been changed"));
        }
        for object in [new.get("AcroForm"), after.get("Fields")].into_iter().flatten() {
            if let Some(id) = object.as_reference() {
                self.explain(id);
            }
        }
        let old_fields = self.signed.fields();
        let new_fields = self.now.fields();
        for (name, id, _) in &old_fields {
            if !new_fields.iter().any(|(n, i, _)| n == name && i == id) {
                self.note(Changes::Hidden, format!("the field {name:?} has been removed or replaced"));
            }
        }
        let mut widgets = HashSet::new();
        for (name, id, field) in &new_fields {
            match old_fields.iter().find(|(n, i, _)| n == name && i == id) {
                Some((_, _, before)) => self.field(name, *id, before, field),
                None if field.has_name("FT", "Sig") && self.is_fresh(*id) => {
                    self.explain(*id);
                    widgets.insert(*id);
                    widgets.extend(self.kids(field));
                    self.signature_value(field);
                    self.look(field);
                    let value = self.now.get_dict(field, "V").unwrap_or_default();
                    if value.has_name("Type", "DocTimeStamp") {
                        self.note(Changes::Evidence, format!("the time stamp {name:?} was added"));
                    } else {
                        // A lock of all fields leaves no room for another signer, only for time stamps.
                        self.touched.push(name.clone());
                        self.note(Changes::FormFill, format!("the signature field {name:?} was added"));
                    }
                }
                None => {
                    self.explain(*id);
                    self.look(field);
                    self.note(Changes::Content, format!("the field {name:?} was added"));
                }
            }
        }
        for id in &widgets {
            self.explain(*id);
        }
        widgets
    }

    fn kids(&self, field: &Dict) -> Vec<Id> {
        let kids = self.now.get(field, "Kids").and_then(|k| k.as_array().map(<[Object]>::to_vec));
        kids.unwrap_or_default().iter().filter_map(Object::as_reference).filter(|id| self.is_fresh(*id)).collect()
    }

    /// A field that was there: only its value and its look may change, and a signature may not at all.
    fn field(&mut self, name: &str, id: Id, before: &Dict, after: &Dict) {
        let value_changed = self.signed.get(before, "V") != self.now.get(after, "V");
        let was_signed = before.has_name("FT", "Sig") && self.signed.get(before, "V").is_some();
        let value_object = after.get("V").and_then(Object::as_reference).map(|id| id.number);
        let value_touched = value_object.is_some_and(|number| self.changed.contains(&number));
        if was_signed && (value_changed || value_touched) {
            self.note(Changes::Hidden, format!("the signature in {name:?} has been changed"));
            return;
        }
        let dict_changed = self.changed.contains(&id.number);
        if !dict_changed && !value_touched {
            return;
        }
        for key in differing(before, after, &["V", "AP", "AS", "Ff", "MK", "M"]) {
            let kind = if matches!(key.as_str(), "Rect" | "F" | "P" | "FT" | "T") {
                Changes::Hidden
            } else {
                Changes::Annotation
            };
            self.note(kind, format!("{key} of the field {name:?} has been changed"));
        }
        if was_signed && before.get("AP") != after.get("AP") {
            self.note(Changes::Hidden, format!("the image of the signature {name:?} has been changed"));
        }
        self.explain(id);
        self.touched.push(name.to_owned());
        if after.has_name("FT", "Sig") {
            self.signature_value(after);
            self.note(Changes::FormFill, format!("the signature field {name:?} was signed"));
        } else {
            if let Some(value) = after.get("V").and_then(Object::as_reference).filter(|id| self.is_fresh(*id)) {
                self.explain(value);
            }
            self.note(Changes::FormFill, format!("the field {name:?} was filled in"));
        }
        self.look(after);
    }

    /// New objects of a signature dictionary.
    fn signature_value(&mut self, field: &Dict) {
        if let Some(value) = field.get("V") {
            for number in reach(self.now, value, &["Data"]) {
                if self.is_fresh(Id { number, generation: 0 }) {
                    self.changed.remove(&number);
                }
            }
        }
    }

    /// New objects of an appearance. One that stood in the signed revision and was overwritten stays unexplained.
    fn look(&mut self, widget: &Dict) {
        if let Some(look) = widget.get("AP") {
            for number in reach(self.now, look, &["Parent", "P"]) {
                if self.is_fresh(Id { number, generation: 0 }) {
                    self.changed.remove(&number);
                }
            }
        }
    }

    fn pages(&mut self, new_widgets: &HashSet<Id>) {
        let before: Vec<(Id, Dict)> = self.signed.pages().collect();
        let after: Vec<(Id, Dict)> = self.now.pages().collect();
        if before.iter().map(|p| p.0).ne(after.iter().map(|p| p.0)) {
            self.note(Changes::Content, "pages were added, removed or moved");
        }
        for (i, (id, page)) in after.iter().enumerate() {
            let Some((_, old)) = before.iter().find(|(old_id, _)| old_id == id) else { continue };
            for key in differing(old, page, &["Annots"]) {
                self.note(Changes::Content, format!("{key} of page {} has been changed", i + 1));
            }
            let list = |file: &File<'_>, page: &Dict| -> Vec<Object> {
                file.get(page, "Annots").and_then(|a| a.as_array().map(<[Object]>::to_vec)).unwrap_or_default()
            };
            let (old_list, new_list) = (list(self.signed, old), list(self.now, page));
            if old_list.iter().any(|annotation| !new_list.contains(annotation)) {
                self.note(Changes::Annotation, format!("an annotation of page {} has been removed", i + 1));
            }
            for annotation in new_list.iter().filter(|a| !old_list.contains(a)) {
                let id = annotation.as_reference();
                if !id.is_some_and(|id| new_widgets.contains(&id)) {
                    self.note(Changes::Annotation, format!("an annotation was added to page {}", i + 1));
                    self.annotation(annotation);
                }
            }
            for annotation in old_list.iter().filter_map(Object::as_reference) {
                let plain = self.now.load(annotation).and_then(|o| o.into_dict());
                if self.changed.contains(&annotation.number) && plain.is_some_and(|d| d.get("FT").is_none()) {
                    self.note(Changes::Annotation, format!("an annotation of page {} has been changed", i + 1));
                    self.annotation(&Object::Reference(annotation));
                }
            }
            self.explain(*id);
            if let Some(list) = page.get("Annots").and_then(Object::as_reference) {
                self.explain(list);
            }
        }
    }

    fn annotation(&mut self, annotation: &Object) {
        if let Some(id) = annotation.as_reference() {
            self.explain(id);
        }
        for number in reach(self.now, annotation, &["Parent", "P", "Popup", "IRT", "Dest", "A"]) {
            if self.is_fresh(Id { number, generation: 0 }) {
                self.changed.remove(&number);
            }
        }
    }

    /// What nothing explains.
    fn rest(&mut self) {
        if self.changed.is_empty() {
            return;
        }
        let pages = self.now.catalog().get("Pages").cloned().unwrap_or(Object::Null);
        let shown = reach(self.now, &pages, &["Parent", "P", "Annots"]);
        for number in std::mem::take(&mut self.changed) {
            let fresh = self.is_fresh(Id { number, generation: 0 });
            let empty = self.now.load(Id { number, generation: 0 }).is_none_or(|o| o == Object::Null);
            if shown.contains(&number) {
                self.note(Changes::Content, format!("what a page shows has been changed (object {number})"));
            } else if fresh && empty {
                // A number was listed without an object: nothing can be shown by it.
            } else {
                self.note(Changes::Hidden, format!("object {number} was changed without a visible reason"));
            }
        }
    }
}

/// `1.7`, `2.0`: a version of the format.
fn is_version(name: &[u8]) -> bool {
    matches!(name, [major @ b'1'..=b'2', b'.', minor] if minor.is_ascii_digit() && (*major == b'1' || *minor == b'0'))
}

/// Keys whose values are not the same, apart from some.
fn differing(before: &Dict, after: &Dict, apart: &[&str]) -> Vec<String> {
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for (key, _) in before.0.iter().chain(&after.0) {
        keys.insert(String::from_utf8_lossy(key).into_owned());
    }
    keys.into_iter().filter(|key| !apart.contains(&key.as_str()) && before.get(key) != after.get(key)).collect()
}

/// The numbers of all objects that can be reached, without following some keys.
fn reach(file: &File<'_>, from: &Object, without: &[&str]) -> HashSet<u32> {
    let mut reached = HashSet::new();
    let mut stack = vec![from.clone()];
    while let Some(object) = stack.pop() {
        if reached.len() > MAX_REACHED {
            break;
        }
        match object {
            Object::Reference(id) if reached.insert(id.number) => {
                stack.extend(file.load(id));
            }
            Object::Array(items) => stack.extend(items),
            Object::Dict(dict) => push_values(&mut stack, dict, without),
            Object::Stream(stream) => push_values(&mut stack, stream.dict, without),
            _ => {}
        }
    }
    reached
}

fn push_values(stack: &mut Vec<Object>, dict: Dict, without: &[&str]) {
    let followed = dict.0.into_iter().filter(|(key, _)| !without.iter().any(|w| *w.as_bytes() == **key));
    stack.extend(followed.map(|(_, value)| value));
}
