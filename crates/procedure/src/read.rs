//! Reading a procedure file: TOML to [`Procedure`], with its base folded in.
//!
//! What is missing after folding is a problem with its line.

mod raw;
pub(crate) mod said;
mod step;

use crate::{
    Wrong, effect,
    model::{BodyRef, DocumentSpec, EffectSpec, Field, FieldKind, Owner, Procedure, Text, Work, text},
    wrong::{line_of_byte, nearest},
};
use std::{collections::BTreeSet, ops::Range};
use toml::Spanned;

pub(crate) use raw::Raw;
use raw::{RawDocument, RawEffect, RawField, RawKind, RawStep};

/// Most bytes of a procedure file.
pub(crate) const MAX_BYTES: usize = 512 * 1024;

/// Longest code of a procedure, step, field or document.
const MAX_KEY: usize = 64;

/// Reads one file as written.
pub(crate) fn parse(text: &str) -> Result<Raw, Wrong> {
    if text.len() > MAX_BYTES {
        return Err(Wrong::new(
            1,
            text!("Toàn văn dài {size} byte.", "The text has {size} bytes.", size = text.len()),
            text!(
                "Một quy trình dài nhất {MAX_BYTES} byte; hãy tách bớt thành hồ sơ con.",
                "A procedure has at most {MAX_BYTES} bytes; split it into sub-cases."
            ),
        ));
    }
    toml::from_str(text).map_err(|error| said::wrong(text, &error))
}

/// The line of an item (by its key, a step's first of all), or the one in it where a code stands; 1 when it is not in
/// this file (but in its base).
pub(crate) fn line_of(text: &str, key: Option<&str>, code: Option<&str>) -> usize {
    let item = key.map_or(1, |key| line_of_key(text, key));
    let Some(code) = code.filter(|_| item > 1) else { return item };
    // The parts of an item have headers with a dot: [steps.subcase].
    let inside = |line: &str| !line.starts_with('[') || line.contains('.');
    let mut lines = text.lines().enumerate().skip(item).take_while(|(_, line)| inside(line));
    lines.find(|(_, line)| names(line, code)).map_or(item, |(at, _)| at + 1)
}

/// Whether a code stands in a line as a word of its own.
fn names(line: &str, code: &str) -> bool {
    let of_code = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    !code.is_empty()
        && line.match_indices(code).any(|(at, _)| {
            let before = line.get(..at).and_then(|rest| rest.chars().next_back());
            let after = line.get(at + code.len()..).and_then(|rest| rest.chars().next());
            !before.is_some_and(of_code) && !after.is_some_and(of_code)
        })
}

/// The line on which an item's key is written; 1 when it is not in this file (but in its base).
fn line_of_key(text: &str, key: &str) -> usize {
    let wanted = format!("key = \"{key}\"");
    let (mut in_steps, mut elsewhere) = (false, None);
    for (at, line) in text.lines().enumerate() {
        if line.starts_with('[') {
            in_steps = line.starts_with("[[steps]]");
        }
        if line.contains(&wanted) {
            if in_steps {
                return at + 1;
            }
            elsewhere = elsewhere.or(Some(at + 1));
        }
    }
    elsewhere.unwrap_or(1)
}

/// A procedure with its base folded in.
pub(crate) struct Resolver<'a> {
    text: &'a str,
    wrong: Vec<Wrong>,
}

/// Folds the base in and makes the procedure, or says everything that is wrong.
pub(crate) fn resolve(file: &str, text: &str, own: Raw, base: Option<&Raw>) -> Result<Procedure, Vec<Wrong>> {
    let mut resolver = Resolver { text, wrong: Vec::new() };
    let procedure = resolver.procedure(file, own, base);
    match procedure {
        Some(procedure) if resolver.wrong.is_empty() => Ok(procedure),
        _ => Err(resolver.wrong),
    }
}

impl Resolver<'_> {
    fn wrong(&mut self, span: Option<Range<usize>>, what: Text, mend: Text) {
        let line = span.map_or(1, |span| line_of_byte(self.text, span.start));
        self.wrong.push(Wrong::new(line, what, mend));
    }

    /// A value of the head that must be there; `write` is how it is written.
    fn need<T>(&mut self, value: Option<T>, name: &str, write: &str) -> Option<T> {
        if value.is_none() {
            self.wrong(
                None,
                text!("Quy trình chưa ghi {name}.", "The procedure has no {name}."),
                text!("Ghi {write} ở đầu toàn văn.", "Write {write} at the top."),
            );
        }
        value
    }

    /// In one file each item has its own key; only what stands in a base is changed by the same key.
    fn twice<'t>(&mut self, keys: impl Iterator<Item = &'t Spanned<String>>) {
        let mut seen = BTreeSet::new();
        for key in keys {
            if !seen.insert(key.get_ref()) {
                self.wrong(
                    Some(key.span()),
                    text!("Mã “{key}” được dùng hai lần.", "The key “{key}” is used twice.", key = key.get_ref()),
                    text!("Đặt cho mỗi mục một mã riêng.", "Give each its own key."),
                );
            }
        }
    }

    /// A key that can stand in addresses and file names.
    fn key(&mut self, span: Range<usize>, key: &str) {
        if kernel::id::check(key).is_err() || key.len() > MAX_KEY {
            let shown: String = key.chars().take(MAX_KEY).collect();
            self.wrong(
                Some(span),
                text!("“{shown}” không dùng làm mã được.", "“{shown}” cannot be a code."),
                text!(
                    "Chỉ dùng chữ thường a–z, số và dấu gạch nối, dài nhất {MAX_KEY} ký tự.",
                    "Use a to z, digits and hyphens only, at most {MAX_KEY} letters."
                ),
            );
        }
    }

    fn procedure(&mut self, file: &str, own: Raw, base: Option<&Raw>) -> Option<Procedure> {
        let version = self.need(own.version, "version", "version = 1");
        if version == Some(0) {
            self.wrong(
                None,
                text!("Phiên bản ghi là 0.", "The version is 0."),
                text!("Phiên bản được đếm từ 1.", "Versions are counted from 1."),
            );
        }
        let title = self.need(own.title, "title", "title = { vi = \"…\", en = \"…\" }");
        let summary = own.summary.or_else(|| base?.summary.clone());
        let fields = Work::ALL.map(|work| format!("\"{}\"", work.code())).join(", ");
        let field = self.need(own.field.or_else(|| base?.field), "field", &format!("field = … ({fields})"));
        let valid_from = own.valid_from.or_else(|| base?.valid_from);
        let valid_from = self.need(valid_from, "valid-from", "valid-from = \"2026-03-01\"");
        let id_span = own.id.span();
        let id = own.id.into_inner();
        self.key(id_span, &id);
        self.twice(own.form.iter().map(|f| &f.key));
        self.twice(own.documents.iter().map(|d| &d.key));
        self.twice(own.steps.iter().map(|s| &s.key));
        self.twice(own.effects.iter().map(|e| &e.key));
        let (mut form, mut documents, mut steps, mut effects) = match base {
            Some(base) => (base.form.clone(), base.documents.clone(), base.steps.clone(), base.effects.clone()),
            None => Default::default(),
        };
        fold(&mut form, own.form, |f| f.key.get_ref(), |old, new| *old = new);
        fold(&mut documents, own.documents, |d| d.key.get_ref(), |old, new| *old = new);
        fold(&mut effects, own.effects, |e| e.key.get_ref(), |old, new| *old = new);
        fold(&mut steps, own.steps, |s| s.key.get_ref(), RawStep::overlay);
        if steps.is_empty() {
            self.wrong(
                None,
                text!("Quy trình chưa có bước nào.", "There is no step."),
                text!(
                    "Ghi ít nhất một mục [[steps]], và một mục có kind = \"end\" (bước kết thúc).",
                    "Write at least one [[steps]], and one with kind = \"end\"."
                ),
            );
            return None;
        }
        let mut basis = own.basis;
        if basis.is_empty() {
            basis = base.map(|base| base.basis.clone()).unwrap_or_default();
        }
        let (Some(version), Some(title), Some(field), Some(valid_from)) = (version, title, field, valid_from) else {
            return None;
        };
        Some(Procedure {
            id,
            version,
            title,
            summary: summary.unwrap_or_default(),
            field,
            basis,
            valid_from,
            valid_until: own.valid_until.or_else(|| base?.valid_until),
            verified: own.verified.or_else(|| base?.verified).unwrap_or(false),
            grade: own.grade.or_else(|| base?.grade).unwrap_or_default(),
            restricted: own.restricted.or_else(|| base?.restricted).unwrap_or(false),
            form: form.into_iter().filter_map(|f| self.field(f)).collect(),
            documents: documents.into_iter().map(document).collect(),
            steps: steps.into_iter().filter_map(|s| self.step(s)).collect(),
            effects: effects.into_iter().filter_map(|e| self.effect(e)).collect(),
            file: file.to_owned(),
        })
    }

    fn field(&mut self, raw: RawField) -> Option<Field> {
        let span = raw.key.span();
        let key = raw.key.into_inner();
        self.key(span.clone(), &key);
        if raw.kind != RawKind::Choice && !raw.options.is_empty() {
            self.wrong(
                Some(span.clone()),
                text!("Trường “{key}” có options nhưng không phải loại chọn.", "“{key}” has options but is no choice."),
                text!("Ghi kind = \"choice\", hoặc bỏ options.", "Write kind = \"choice\", or remove the options."),
            );
        }
        if raw.kind != RawKind::List && !raw.columns.is_empty() {
            self.wrong(
                Some(span.clone()),
                text!("Trường “{key}” có columns nhưng không phải danh sách.", "“{key}” has columns but is no list."),
                text!("Ghi kind = \"list\", hoặc bỏ columns.", "Write kind = \"list\", or remove the columns."),
            );
        }
        let kind = match raw.kind {
            RawKind::Text => FieldKind::Text,
            RawKind::LongText => FieldKind::LongText,
            RawKind::Date => FieldKind::Date,
            RawKind::Person => FieldKind::Person,
            RawKind::Body => FieldKind::Body,
            RawKind::Bodies => FieldKind::Bodies,
            RawKind::Position => FieldKind::Position,
            RawKind::Number => FieldKind::Number { min: raw.min, max: raw.max },
            RawKind::YesNo => FieldKind::YesNo,
            RawKind::Choice => {
                if raw.options.is_empty() {
                    self.wrong(
                        Some(span),
                        text!("Trường “{key}” không có gì để chọn.", "The choice “{key}” has no options."),
                        text!(
                            "Ghi options = [{{ code = \"…\", label = {{ vi = \"…\", en = \"…\" }} }}] cho trường đó.",
                            "Write options = [{{ code = \"…\", label = {{ vi = \"…\", en = \"…\" }} }}] for it."
                        ),
                    );
                    return None;
                }
                FieldKind::Choice { options: raw.options }
            }
            RawKind::List => {
                if raw.columns.is_empty() || raw.columns.iter().any(|c| c.kind == RawKind::List) {
                    self.wrong(
                        Some(span),
                        text!(
                            "Danh sách “{key}” phải có cột, và cột không được là danh sách.",
                            "The list “{key}” needs columns, none of them a list."
                        ),
                        text!(
                            "Ghi columns = [{{ key = \"…\", kind = \"text\", label = {{ vi = \"…\", en = \"…\" }} }}].",
                            "Write columns = [{{ key = \"…\", kind = \"text\", label = {{ vi = \"…\", en = \"…\" }} }}]."
                        ),
                    );
                    return None;
                }
                FieldKind::List { columns: raw.columns.into_iter().filter_map(|c| self.field(c)).collect() }
            }
        };
        Some(Field { key, label: raw.label, hint: raw.hint, kind, required: raw.required })
    }

    fn effect(&mut self, raw: RawEffect) -> Option<EffectSpec> {
        let span = raw.key.span();
        let (key, kind) = (raw.key.into_inner(), raw.kind);
        let Some((_, needed)) = effect::KINDS.iter().find(|(known, _)| *known == kind) else {
            let known = nearest(&kind, effect::KINDS.iter().map(|(kind, _)| *kind));
            let shown: String = kind.chars().take(MAX_KEY).collect();
            self.wrong(
                Some(span),
                text!("“{shown}” không phải là một loại hệ quả.", "“{shown}” is no kind of effect."),
                text!("Ghi một trong các loại: {known}.", "Write one of: {known}."),
            );
            return None;
        };
        for name in needed.iter().filter(|name| !raw.with.contains_key(**name)) {
            self.wrong(
                Some(span.clone()),
                text!("Hệ quả “{key}” thiếu {name}.", "The effect “{key}” has no {name}."),
                text!(
                    "Ghi {name} trong with của hệ quả, chẳng hạn with = {{ {name} = \"{{mã trường}}\" }}.",
                    "Write {name} under its with, such as with = {{ {name} = \"{{field}}\" }}."
                ),
            );
        }
        Some(EffectSpec { key, kind, says: raw.says, after: raw.after, with: raw.with })
    }
}

/// Overlays items by key: those with a known key change the old one, the others are added.
fn fold<T>(old: &mut Vec<T>, new: Vec<T>, key: impl Fn(&T) -> &str, change: impl Fn(&mut T, T)) {
    for item in new {
        match old.iter().position(|o| key(o) == key(&item)) {
            Some(at) => change(&mut old[at], item),
            None => old.push(item),
        }
    }
}

fn document(raw: RawDocument) -> DocumentSpec {
    DocumentSpec {
        key: raw.key.into_inner(),
        title: raw.title,
        paper: raw.paper,
        register: raw.register,
        issuer: raw.issuer,
        authority: raw.authority,
    }
}

impl BodyRef {
    pub(crate) fn parse(text: &str) -> BodyRef {
        match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(field) => BodyRef::Field(field.to_owned()),
            None => BodyRef::Code(text.to_owned()),
        }
    }
}

impl Owner {
    /// Reads the written form; see [`Owner`].
    pub fn parse(text: &str) -> Option<Owner> {
        let named = |code: &str| (kernel::id::check(code).is_ok()).then(|| code.to_owned());
        if let Some(rest) = text.strip_prefix("person:") {
            return Some(Owner::Person { field: named(rest.strip_prefix('{')?.strip_suffix('}')?)? });
        }
        if let Some(duty) = text.strip_prefix("system:") {
            return Some(Owner::System { duty: named(duty)? });
        }
        let (position, body) = text.split_once('@')?;
        let body = BodyRef::parse(body);
        let (BodyRef::Code(code) | BodyRef::Field(code)) = &body;
        named(code)?;
        Some(Owner::Position { position: named(position)?, body })
    }
}

impl std::fmt::Display for BodyRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BodyRef::Code(code) => f.write_str(code),
            BodyRef::Field(field) => write!(f, "{{{field}}}"),
        }
    }
}
impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Owner::Position { position, body } => write!(f, "{position}@{body}"),
            Owner::Person { field } => write!(f, "person:{{{field}}}"),
            Owner::System { duty } => write!(f, "system:{duty}"),
        }
    }
}
impl From<Owner> for String {
    fn from(owner: Owner) -> String {
        owner.to_string()
    }
}
impl serde::Serialize for BodyRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
