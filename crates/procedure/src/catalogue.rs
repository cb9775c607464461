//! The catalogue: every procedure that was read, in every version, with what could not be read beside it.

use crate::{
    Calendar, References, Wrong,
    check::Finding,
    model::{Procedure, ProcedureRef, Text, Work, text},
    read,
    wrong::{line_of_byte, nearest},
};
use kernel::Day;
use std::{
    collections::{BTreeMap, BTreeSet},
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
#[error("{file}:{line}: {} {}\n    {} {}", what.vi, mend.vi, what.en, mend.en)]
pub struct LoadProblem {
    /// The file, relative to the catalogue.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, a sentence.
    pub what: Text,
    /// How to mend it, a sentence.
    pub mend: Text,
}

impl LoadProblem {
    fn in_file(file: &str, wrong: Wrong) -> LoadProblem {
        LoadProblem { file: file.to_owned(), line: wrong.line, what: wrong.what, mend: wrong.mend }
    }
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
    /// The text of each version, whole: its base folded in.
    texts: BTreeMap<ProcedureRef, Arc<str>>,
    /// Versions that were adopted here, not brought by a file.
    adopted: BTreeSet<ProcedureRef>,
}

/// A version as it was recorded: what its cases run on, whatever becomes of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Which.
    pub version: ProcedureRef,
    /// The text, whole.
    pub text: String,
    /// It was adopted here (or: recorded from a file).
    pub adopted: bool,
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
                    catalogue.problem(
                        &file,
                        1,
                        text!("Tệp không ở dạng UTF-8.", "The file is not UTF-8."),
                        text!("Lưu lại tệp dưới dạng UTF-8.", "Save it as UTF-8."),
                    );
                    continue;
                }
            };
            if file == "references.toml" {
                match References::parse(&text) {
                    Ok(references) => catalogue.references = references,
                    Err(wrong) => catalogue.wrong(&file, wrong),
                }
            } else if file.starts_with("calendar/") {
                if let Err(wrong) = catalogue.calendar.add(&text) {
                    catalogue.wrong(&file, wrong);
                }
            } else {
                match read::parse(&text) {
                    Ok(raw) => files.push((file, text, raw)),
                    Err(wrong) => catalogue.wrong(&file, wrong),
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
        let base_texts: BTreeMap<String, String> = files
            .iter()
            .filter(|(_, _, raw)| raw.is_base)
            .map(|(_, text, raw)| (raw.id.get_ref().clone(), text.clone()))
            .collect();
        for (file, text, raw) in files {
            if raw.is_base {
                if raw.base.is_some() {
                    self.problem(
                        &file,
                        1,
                        text!("Mẫu chung này lại dựa trên một mẫu chung khác.", "A base has a base."),
                        text!(
                            "Mẫu chung chỉ có một tầng: ghi đủ các bước.",
                            "Bases are one level deep: write the steps out."
                        ),
                    );
                }
                continue;
            }
            let base = match &raw.base {
                None => None,
                Some(name) => match bases.get(name.get_ref()) {
                    Some(base) => Some(base),
                    None => {
                        let known = nearest(name.get_ref(), bases.keys().map(String::as_str));
                        let line = line_of_byte(&text, name.span().start);
                        self.problem(
                            &file,
                            line,
                            text!("Không có mẫu chung “{name}”.", "There is no base “{name}”.", name = name.get_ref()),
                            text!(
                                "Ghi mã của một tệp có is-base = true: {known}.",
                                "Name a file with is-base = true: {known}."
                            ),
                        );
                        continue;
                    }
                },
            };
            let under = raw.base.as_ref().map(|name| name.get_ref().clone());
            let under = under.and_then(|name| base_texts.get(&name));
            match read::resolve(&file, &text, raw, base) {
                Ok(procedure) => {
                    // Both texts were just read as TOML.
                    let whole = crate::whole::whole(&text, under.map(String::as_str)).unwrap_or_else(|_| text.clone());
                    self.add(procedure, &text, &whole);
                }
                Err(wrongs) => {
                    wrongs.into_iter().for_each(|wrong| self.wrong(&file, wrong));
                }
            }
        }
    }

    fn add(&mut self, procedure: Procedure, text: &str, whole: &str) {
        let file = procedure.file.clone();
        if !file.starts_with(&format!("{}/", procedure.field.code())) {
            self.problem(
                &file,
                1,
                text!("Tệp không nằm trong thư mục của lĩnh vực.", "The file does not lie in the folder of its field."),
                text!(
                    "Chuyển tệp vào {folder}/, hoặc sửa field.",
                    "Move it to {folder}/, or change its field.",
                    folder = procedure.field.code()
                ),
            );
            return;
        }
        let findings = crate::check(&procedure, &self.references);
        if !findings.is_empty() {
            for finding in findings {
                let line = read::line_of(text, finding.key.as_deref(), finding.code.as_deref());
                self.problem(&file, line, finding.what, finding.mend);
            }
            return;
        }
        let versions = self.procedures.entry(procedure.id.clone()).or_default();
        let (id, version) = (procedure.id.clone(), procedure.version);
        if versions.contains_key(&version) {
            let next = versions.keys().next_back().map_or(1, |last| last + 1);
            self.problem(
                &file,
                1,
                text!("Phiên bản {version} của “{id}” đã có.", "Version {version} of “{id}” is there already."),
                text!("Ghi phiên bản tiếp theo: version = {next}.", "Give it the next version: version = {next}."),
            );
            return;
        }
        self.texts.insert(ProcedureRef { id, version }, whole.into());
        versions.insert(version, Arc::new(procedure));
    }

    /// This catalogue with the versions that were recorded. A recorded version is what its cases run on: where a file
    /// says otherwise now, the record stands and the file is a problem. A record that the checker would not take today
    /// (a body that it names is gone, say) still carries its cases.
    #[must_use]
    pub fn with_recorded(&self, recorded: &[Recorded]) -> Catalogue {
        let mut all = self.clone();
        for record in recorded {
            all.record(record);
        }
        all
    }

    fn record(&mut self, record: &Recorded) {
        let name = format!("journal:{}", record.version);
        let raw = read::parse(&record.text);
        let read = raw.map_err(|wrong| vec![wrong]).and_then(|raw| read::resolve(&name, &record.text, raw, None));
        let procedure = match read {
            Ok(procedure) => procedure,
            Err(wrongs) => {
                wrongs.into_iter().for_each(|wrong| self.wrong(&name, wrong));
                return;
            }
        };
        let mut kept = procedure;
        self.name_subcases(&mut kept);
        let versions = self.procedures.entry(record.version.id.clone()).or_default();
        if let Some(of_file) = versions.get(&record.version.version) {
            kept.file.clone_from(&of_file.file);
            if *of_file.as_ref() == kept {
                return;
            }
            let (file, next) = (of_file.file.clone(), record.version.version + 1);
            let what = text!(
                "Tệp khác với {version} đã ghi nhận, mà hồ sơ đã mở theo đó; bản đã ghi nhận giữ nguyên giá trị.",
                "The file differs from {version}, under which cases were opened; the record stands.",
                version = record.version
            );
            let mend = text!(
                "Bỏ thay đổi, hoặc ghi version = {next} vào tệp.",
                "Undo the change, or give the file version = {next}."
            );
            versions.insert(record.version.version, Arc::new(kept));
            self.texts.insert(record.version.clone(), record.text.as_str().into());
            self.problem(&file, 1, what, mend);
        } else {
            versions.insert(record.version.version, Arc::new(kept));
            self.texts.insert(record.version.clone(), record.text.as_str().into());
        }
        if record.adopted {
            self.adopted.insert(record.version.clone());
        }
    }

    /// The text of a version, whole.
    pub fn text(&self, reference: &ProcedureRef) -> Option<&Arc<str>> {
        self.texts.get(reference)
    }
    /// Every version with its text.
    pub fn texts(&self) -> impl Iterator<Item = (&ProcedureRef, &Arc<str>)> {
        self.texts.iter()
    }
    /// Whether a version was adopted here, and not brought by a file.
    pub fn is_adopted(&self, reference: &ProcedureRef) -> bool {
        self.adopted.contains(reference)
    }
    /// The highest version of a procedure; 0 when there is none.
    pub fn highest(&self, id: &str) -> u32 {
        self.procedures.get(id).and_then(|versions| versions.keys().next_back().copied()).unwrap_or(0)
    }

    /// Reads a draft as a file of this catalogue would be, but whole, without a base: the procedure when it can run, or
    /// everything that is wrong.
    ///
    /// # Errors
    /// The problems, in the order of lines; never none.
    pub fn try_text(&self, text: &str) -> Result<Arc<Procedure>, Vec<LoadProblem>> {
        const DRAFT: &str = "draft";
        let raw = read::parse(text).map_err(|wrong| vec![LoadProblem::in_file(DRAFT, wrong)])?;
        let folder = raw.field.map(|field| field.code()).unwrap_or(DRAFT);
        let mut alone = Catalogue { references: self.references.clone(), ..Catalogue::default() };
        alone.resolve(vec![(format!("{folder}/{DRAFT}"), text.to_owned(), raw)]);
        let found = alone.newest().next().filter(|_| alone.problems.is_empty()).map(|p| Procedure::clone(p));
        if let Some(mut found) = found {
            self.name_subcases(&mut found);
            let findings = self.check_subcases(&found);
            if findings.is_empty() {
                return Ok(Arc::new(found));
            }
            alone.problems = findings.into_iter().map(|finding| told(text, finding)).collect();
        }
        let mut problems = alone.problems;
        if problems.is_empty() {
            let what = text!("Toàn văn không khai báo quy trình nào.", "The text declares no procedure.");
            let mend = text!("Bỏ dòng is-base.", "Remove is-base.");
            problems.push(LoadProblem { file: DRAFT.to_owned(), line: 1, what, mend });
        }
        problems.iter_mut().for_each(|problem| problem.file = DRAFT.to_owned());
        problems.sort_by_key(|problem| problem.line);
        problems.dedup();
        Err(problems)
    }

    /// Gives the sub-cases of one procedure the names of theirs.
    fn name_subcases(&self, procedure: &mut Procedure) {
        for spec in procedure.steps.iter_mut().filter_map(|step| step.subcase.as_mut()) {
            if let Some(named) = self.procedures.get(&spec.procedure).and_then(|all| all.values().next_back()) {
                spec.name.clone_from(&named.title);
            }
        }
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
            let line = read::line_of(text, finding.key.as_deref(), finding.code.as_deref());
            self.problem(&file, line, finding.what, finding.mend);
        }
    }

    /// What is wrong between a procedure and those of the catalogue that it opens as sub-cases.
    pub fn check_subcases(&self, procedure: &Procedure) -> Vec<Finding> {
        crate::check::subcases(procedure, |id| self.procedures.get(id)?.values().next_back().cloned())
    }

    fn problem(&mut self, file: &str, line: usize, what: Text, mend: Text) {
        self.wrong(file, Wrong::new(line, what, mend));
    }

    fn wrong(&mut self, file: &str, wrong: Wrong) {
        self.problems.push(LoadProblem::in_file(file, wrong));
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

fn told(text: &str, finding: Finding) -> LoadProblem {
    let line = read::line_of(text, finding.key.as_deref(), finding.code.as_deref());
    LoadProblem { file: String::new(), line, what: finding.what, mend: finding.mend }
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
