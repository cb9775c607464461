//! The texts of laws that the pages show, read from a folder when the house opens.
//!
//! Which law amends which is read from the texts themselves. These texts are published elsewhere and are no acts of this
//! house; what the house itself issues is in the journal.

use kernel::Day;
use statute::{
    consolidate::{Enactment, enactments},
    model::Law,
    page::{LawPage, law_page},
    source,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The sample laws built into the program. They are written by us and are no law.
#[derive(rust_embed::RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../laws"]
#[exclude = "*.md"]
struct Samples;

/// The laws of a folder.
#[derive(Debug, Default)]
pub struct Laws {
    laws: BTreeMap<String, Law>,
    enactments: Vec<Enactment>,
    sample: bool,
    unreadable: Vec<String>,
}

/// A law in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LawLine {
    /// Its code: the number with dashes, `901-2034-qh18`.
    pub code: String,
    /// `Luật Thư viện hạt giống số 901/2034/QH18`.
    pub name: String,
    /// The day of issue.
    pub issued: Option<Day>,
    /// From which day it holds.
    pub in_force: Option<Day>,
    /// How many laws of the folder amend it.
    pub amended_by: usize,
}

/// Why a folder could not be read at all.
#[derive(Debug, thiserror::Error)]
#[error("the laws in {0} cannot be read")]
pub struct Unreadable(PathBuf, #[source] std::io::Error);

impl Laws {
    /// Reads every file of a folder, or the samples built into the program. A file that is no law text is named in
    /// [`Laws::unreadable`]; the others stand. All texts are held in memory: some ten times the size of the files.
    ///
    /// # Errors
    /// When the folder itself cannot be read.
    pub fn load(folder: Option<&Path>) -> Result<Laws, Unreadable> {
        let mut laws = Laws { sample: folder.is_none(), ..Laws::default() };
        match folder {
            Some(folder) => {
                let wrong = |error| Unreadable(folder.to_owned(), error);
                for entry in std::fs::read_dir(folder).map_err(wrong)? {
                    let path = entry.map_err(wrong)?.path();
                    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    if path.is_file() && !name.starts_with('.') && !name.ends_with(".md") {
                        laws.take(&name, &std::fs::read(&path).map_err(wrong)?);
                    }
                }
            }
            None => {
                for name in Samples::iter() {
                    if let Some(file) = Samples::get(&name) {
                        laws.take(&name, &file.data);
                    }
                }
            }
        }
        let all: Vec<Law> = laws.laws.values().cloned().collect();
        laws.enactments = enactments(&all);
        Ok(laws)
    }

    fn take(&mut self, name: &str, bytes: &[u8]) {
        match source::read(bytes) {
            Ok(document) => match document.parsed.law.meta.number.clone() {
                Some(number) => {
                    self.laws.insert(code_of(&number), document.parsed.law);
                }
                None => self.unreadable.push(format!("{name}: the text names no number (“Luật số: …”)")),
            },
            Err(why) => self.unreadable.push(format!("{name}: {why}")),
        }
    }

    /// Whether these are the samples built into the program.
    pub fn is_sample(&self) -> bool {
        self.sample
    }

    /// Files that could not be taken, each with the reason.
    pub fn unreadable(&self) -> &[String] {
        &self.unreadable
    }

    /// All laws, by code. Laws that only amend others are among them.
    pub fn list(&self) -> Vec<LawLine> {
        let line = |(code, law): (&String, &Law)| LawLine {
            code: code.clone(),
            name: law.meta.name(),
            issued: law.meta.issued,
            in_force: law.meta.in_force,
            amended_by: self.enactments.iter().filter(|e| e.amends(&law.meta)).count(),
        };
        self.laws.iter().map(line).collect()
    }

    /// A law as it stands, stood or will stand on a day; none for a code that is not in the folder.
    pub fn page(&self, code: &str, day: Day) -> Option<LawPage> {
        let law = self.laws.get(code)?;
        let amending: Vec<Enactment> = self.enactments.iter().filter(|e| e.amends(&law.meta)).cloned().collect();
        Some(law_page(law, &amending, day))
    }

    /// The code of a law by its number, when the folder has it.
    pub fn code(&self, number: &str) -> Option<String> {
        let code = code_of(number);
        self.laws.contains_key(&code).then_some(code)
    }
}

/// `901/2034/QH18` as a part of an address.
fn code_of(number: &str) -> String {
    number.to_lowercase().replace('đ', "d").replace(['/', ' '], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(page: &LawPage, unit: &str) -> String {
        let own = page.paragraphs.iter().filter(|p| &*p.unit == unit);
        own.flat_map(|p| p.pieces.iter().map(|piece| piece.text.as_str())).collect()
    }

    #[test]
    fn the_sample_law_is_another_at_each_date() {
        let laws = Laws::load(None).unwrap();
        assert_eq!(laws.unreadable(), [] as [String; 0]);
        assert_eq!(laws.list().iter().map(|l| l.amended_by).collect::<Vec<_>>(), [2, 0, 0]);
        let at = |year| laws.page("901-2034-qh18", Day::new(year, 8, 1).unwrap()).unwrap();
        assert_eq!(at(2035).days.len(), 3);
        assert_eq!(at(2035).flags, [] as [String; 0]);
        assert!(text(&at(2035), "art_5__para_1").contains("20 gam"));
        assert!(text(&at(2038), "art_5__para_2").contains("24 tháng"));
        assert!(text(&at(2040), "art_5__para_1").contains("50 gam"));
        assert!(at(2038).outline.iter().any(|entry| entry.label == "Điều 4a"));
        assert!(!at(2035).outline.iter().any(|entry| entry.label == "Điều 4a"));
        assert!(laws.page("1-2000-qh10", Day::new(2035, 1, 1).unwrap()).is_none());
    }

    #[test]
    fn a_file_that_is_no_law_is_named_and_the_others_stand() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "QUỐC HỘI\nLuật số: 7/2031/QH20\nLUẬT\nAO\nĐiều 1. Một\nA.")
            .unwrap();
        std::fs::write(folder.path().join("b.txt"), [0xff, 0xfe, 0x00]).unwrap();
        std::fs::write(folder.path().join("c.txt"), "Điều 1. Không có số").unwrap();
        let laws = Laws::load(Some(folder.path())).unwrap();
        assert_eq!(laws.code("7/2031/QH20").as_deref(), Some("7-2031-qh20"));
        assert_eq!(laws.unreadable().len(), 2, "{:?}", laws.unreadable());
        assert!(Laws::load(Some(&folder.path().join("none"))).is_err());
    }
}
