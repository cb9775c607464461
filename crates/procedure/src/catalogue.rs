//! The catalogue: every procedure that was read, in every version, with what could not be read beside it.

use crate::{
    Calendar, References,
    check::Finding,
    model::{Procedure, ProcedureRef, Text, Work},
    read,
};
use kernel::Day;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The procedures built into the program.
#[derive(rust_embed::RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../procedures"]
#[include = "*.toml"]
struct Embedded;

/// Something in the catalogue that could not be used. The rest of the catalogue stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}; {mend}")]
pub struct LoadProblem {
    /// The file, relative to the catalogue.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

/// Why a folder could not be read at all.
#[derive(Debug, thiserror::Error)]
#[error("the procedures in {0} cannot be read")]
pub struct Unreadable(PathBuf, #[source] std::io::Error);

impl From<Unreadable> for kernel::Problem {
    fn from(error: Unreadable) -> kernel::Problem {
        kernel::Problem::fault(error)
    }
}

/// The procedures, the holidays and the names that they use.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    procedures: BTreeMap<String, BTreeMap<u32, Arc<Procedure>>>,
    calendar: Calendar,
    references: References,
    problems: Vec<LoadProblem>,
}

impl Catalogue {
    /// Loads a folder laid out as `procedures/`, or the one built into the program. What is wrong in a file is in
    /// [`Catalogue::problems`]; the other files stand.
    ///
    /// # Errors
    /// When the folder itself cannot be read.
    pub fn load(dir: Option<&Path>) -> Result<Catalogue, Unreadable> {
        let mut texts = BTreeMap::new();
        match dir {
            Some(dir) => gather(dir, dir, 0, &mut texts).map_err(|why| Unreadable(dir.to_owned(), why))?,
            None => texts.extend(Embedded::iter().filter_map(|name| {
                let file = Embedded::get(&name)?;
                Some((name.into_owned(), file.data.into_owned()))
            })),
        }
        Ok(Catalogue::from_texts(texts))
    }

    /// The catalogue of these files: path relative to the catalogue, and content.
    pub fn from_texts(texts: BTreeMap<String, Vec<u8>>) -> Catalogue {
        let mut catalogue = Catalogue::default();
        let mut files = Vec::new();
        for (file, bytes) in texts {
            let text = match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(_) => {
                    catalogue.problem(&file, 1, "the file is not UTF-8", "save it as UTF-8");
                    continue;
                }
            };
            if file == "references.toml" {
                match References::parse(&text) {
                    Ok(references) => catalogue.references = references,
                    Err(why) => catalogue.problem(&file, 1, why, "see the sections of the file"),
                }
            } else if file.starts_with("calendar/") {
                if let Err(why) = catalogue.calendar.add(&text) {
                    catalogue.problem(&file, 1, why, "see another year beside it");
                }
            } else {
                match read::parse(&text) {
                    Ok(raw) => files.push((file, text, raw)),
                    Err(wrong) => catalogue.problem(&file, wrong.line, wrong.what, wrong.mend),
                }
            }
        }
        let texts: BTreeMap<String, String> =
            files.iter().map(|(file, text, _)| (file.clone(), text.clone())).collect();
        catalogue.resolve(files);
        catalogue.connect(&texts);
        catalogue
    }

    fn resolve(&mut self, files: Vec<(String, String, read::Raw)>) {
        let bases: BTreeMap<String, read::Raw> = files
            .iter()
            .filter(|(_, _, raw)| raw.is_base)
            .map(|(_, _, raw)| (raw.id.get_ref().clone(), raw.clone()))
            .collect();
        for (file, text, raw) in files {
            if raw.is_base {
                if raw.base.is_some() {
                    self.problem(&file, 1, "a base has a base", "bases are one level deep: write the steps out");
                }
                continue;
            }
            let base = match &raw.base {
                None => None,
                Some(name) => match bases.get(name.get_ref()) {
                    Some(base) => Some(base),
                    None => {
                        let what = format!("there is no base {:?}", name.get_ref());
                        self.problem(&file, 1, what, "name a file with is-base = true");
                        continue;
                    }
                },
            };
            match read::resolve(&file, &text, raw, base) {
                Ok(procedure) => self.add(procedure, &text),
                Err(wrongs) => {
                    wrongs.into_iter().for_each(|wrong| self.problem(&file, wrong.line, wrong.what, wrong.mend));
                }
            }
        }
    }

    fn add(&mut self, procedure: Procedure, text: &str) {
        let file = procedure.file.clone();
        if !file.starts_with(&format!("{}/", procedure.field.code())) {
            let mend = format!("move it to {}/, or change its field", procedure.field.code());
            self.problem(&file, 1, "the file does not lie in the folder of its field", mend);
            return;
        }
        let findings = crate::check(&procedure, &self.references);
        if !findings.is_empty() {
            for finding in findings {
                let line = finding.key.as_deref().map_or(1, |key| read::line_of(text, key));
                self.problem(&file, line, finding.what, finding.mend);
            }
            return;
        }
        let versions = self.procedures.entry(procedure.id.clone()).or_default();
        let (id, version) = (procedure.id.clone(), procedure.version);
        if versions.contains_key(&version) {
            let what = format!("version {version} of {id} is there already");
            self.problem(&file, 1, what, "give it the next version");
            return;
        }
        versions.insert(version, Arc::new(procedure));
    }

    /// Gives the sub-cases the names of their procedures; tells where one cannot be opened. The procedure itself stands:
    /// whoever comes to such a step is told, and can go another way.
    fn connect(&mut self, texts: &BTreeMap<String, String>) {
        let names: BTreeMap<String, Text> = self.newest().map(|p| (p.id.clone(), p.title.clone())).collect();
        for procedure in self.procedures.values_mut().flat_map(BTreeMap::values_mut) {
            if procedure.steps.iter().all(|step| step.subcase.is_none()) {
                continue;
            }
            for spec in Arc::make_mut(procedure).steps.iter_mut().filter_map(|step| step.subcase.as_mut()) {
                if let Some(name) = names.get(&spec.procedure) {
                    spec.name.clone_from(name);
                }
            }
        }
        let found: Vec<(String, Finding)> = self
            .all()
            .flat_map(|procedure| self.check_subcases(procedure).into_iter().map(|f| (procedure.file.clone(), f)))
            .collect();
        for (file, finding) in found {
            let text = texts.get(&file).map_or("", String::as_str);
            let line = finding.key.as_deref().map_or(1, |key| read::line_of(text, key));
            self.problem(&file, line, finding.what, finding.mend);
        }
    }

    /// What is wrong between a procedure and those of the catalogue that it opens as sub-cases.
    pub fn check_subcases(&self, procedure: &Procedure) -> Vec<Finding> {
        crate::check::subcases(procedure, |id| self.procedures.get(id)?.values().next_back().cloned())
    }

    fn problem(&mut self, file: &str, line: usize, what: impl Into<String>, mend: impl Into<String>) {
        self.problems.push(LoadProblem { file: file.to_owned(), line, what: what.into(), mend: mend.into() });
    }

    /// What could not be used, in the order of files.
    pub fn problems(&self) -> &[LoadProblem] {
        &self.problems
    }
    /// Every procedure in its newest version, by field and id.
    pub fn newest(&self) -> impl Iterator<Item = &Arc<Procedure>> {
        let mut all: Vec<&Arc<Procedure>> =
            self.procedures.values().filter_map(|versions| versions.values().next_back()).collect();
        all.sort_by_key(|procedure| (procedure.field, procedure.id.clone()));
        all.into_iter()
    }
    /// The procedures of one field of work in their newest versions.
    pub fn of_field(&self, field: Work) -> impl Iterator<Item = &Arc<Procedure>> {
        self.newest().filter(move |procedure| procedure.field == field)
    }
    /// Every version of every procedure.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Procedure>> {
        self.procedures.values().flat_map(BTreeMap::values)
    }
    /// One version: the one with which a case began.
    pub fn get(&self, reference: &ProcedureRef) -> Option<&Arc<Procedure>> {
        self.procedures.get(&reference.id)?.get(&reference.version)
    }
    /// The version under which a case is opened on that day: the newest that is valid then.
    pub fn valid_on(&self, id: &str, day: Day) -> Option<&Arc<Procedure>> {
        self.procedures.get(id)?.values().rev().find(|procedure| procedure.is_valid_on(day))
    }
    /// The holidays.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }
    /// The names.
    pub fn references(&self) -> &References {
        &self.references
    }
}

fn gather(root: &Path, dir: &Path, depth: u32, texts: &mut BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() && depth < 4 {
            gather(root, &path, depth + 1, texts)?;
        } else if path.extension().is_some_and(|e| e == "toml")
            && let Ok(name) = path.strip_prefix(root)
        {
            let name = name.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
            texts.insert(name, std::fs::read(&path)?);
        }
    }
    Ok(())
}
