//! The closed world in which a form is set: the forms, the four fonts, this paper's data; no disk, network or clock.

use crate::{TypesetError, assets::Fonts, schema::line_of};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};
use typst::{
    Library, LibraryExt, World, WorldExt,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Duration},
    syntax::{DiagSpanKind, FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};

/// What all papers share.
pub(crate) struct Shared {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    pub fonts: Fonts,
    templates: HashMap<FileId, Source>,
}

impl Shared {
    /// Parses all templates (`.typ`) among the files.
    pub(crate) fn new(fonts: Fonts, files: &BTreeMap<String, String>) -> Result<Shared, TypesetError> {
        let mut templates = HashMap::new();
        for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".typ")) {
            let id = file_id(name)?;
            let source = Source::new(id, text.clone());
            if let Some(error) = source.root().errors_and_warnings().0.first() {
                let at = match error.span.get() {
                    DiagSpanKind::Number { num, sub_range, .. } => source.range(num, sub_range),
                    DiagSpanKind::Range { range, .. } => Some(range),
                    DiagSpanKind::Detached => None,
                };
                let file = format!("{name}:{}", line_of(text, at.map_or(0, |range| range.start)));
                return Err(TypesetError::BadForm { file, why: error.message.to_string() });
            }
            templates.insert(id, source);
        }
        let book = LazyHash::new(fonts.book.clone());
        Ok(Shared { library: LazyHash::new(Library::default()), book, fonts, templates })
    }
}

/// One paper on the desk.
pub(crate) struct Desk<'a> {
    shared: &'a Shared,
    main: FileId,
    files: HashMap<FileId, Bytes>,
}

impl<'a> Desk<'a> {
    /// `template` such as `nghi-quyet-ubtvqh.typ`; it reads its data by `json("/data.json")`.
    pub(crate) fn new(
        shared: &'a Shared,
        template: &str,
        data: &Value,
        images: BTreeMap<String, Vec<u8>>,
    ) -> Result<Desk<'a>, TypesetError> {
        let mut files = HashMap::new();
        files.insert(file_id("data.json")?, Bytes::from_string(data.to_string()));
        for (name, bytes) in images {
            files.insert(file_id(&name)?, Bytes::new(bytes));
        }
        Ok(Desk { shared, main: file_id(template)?, files })
    }

    /// A typesetter's complaint, with the place in the template.
    pub(crate) fn complaint(&self, diagnostics: &[SourceDiagnostic]) -> TypesetError {
        let Some(first) = diagnostics.first() else {
            return TypesetError::BadForm { file: self.name(self.main), why: "it failed without a reason".to_owned() };
        };
        let id = first.span.id().unwrap_or(self.main);
        let file = match (self.range(first.span), self.source(id)) {
            (Some(range), Ok(source)) => format!("{}:{}", self.name(id), line_of(source.text(), range.start)),
            _ => self.name(id),
        };
        let mut why = first.message.to_string();
        for hint in &first.hints {
            why = format!("{why} ({})", hint.v);
        }
        TypesetError::BadForm { file, why }
    }

    fn name(&self, id: FileId) -> String {
        id.get().vpath().get_without_slash().to_owned()
    }
}

fn file_id(name: &str) -> Result<FileId, TypesetError> {
    let path = VirtualPath::new(name)
        .map_err(|_| TypesetError::BadForm { file: name.to_owned(), why: "the file name is not usable".to_owned() })?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl World for Desk<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.shared.library
    }
    fn book(&self) -> &LazyHash<FontBook> {
        &self.shared.book
    }
    fn main(&self) -> FileId {
        self.main
    }
    fn source(&self, id: FileId) -> FileResult<Source> {
        self.shared.templates.get(&id).cloned().ok_or_else(|| not_found(id))
    }
    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or_else(|| not_found(id))
    }
    fn font(&self, index: usize) -> Option<Font> {
        self.shared.fonts.faces.get(index).cloned()
    }
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn not_found(id: FileId) -> FileError {
    FileError::NotFound(PathBuf::from(id.get().vpath().get_without_slash()))
}
