//! What the program carries: the forms of `papers/` and the print fonts. A debug build reads them from the checkout.

use crate::{TypesetError, data::Covers};
use rust_embed::RustEmbed;
use std::{borrow::Cow, collections::BTreeMap, path::Path};
use typst::{
    foundations::Bytes,
    text::{Font, FontBook, FontStyle, FontWeight},
};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../papers"]
#[include = "*.typ"]
#[include = "*.toml"]
#[include = "*.json"]
struct EmbeddedPapers;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist/fonts-print"]
#[include = "*.ttf"]
#[allow_missing = true]
struct EmbeddedFonts;

/// The files of `papers/`: path with `/` → text.
pub(crate) fn papers(folder: Option<&Path>) -> Result<BTreeMap<String, String>, TypesetError> {
    let mut files = BTreeMap::new();
    for (name, bytes) in read(folder, EmbeddedPapers::iter, EmbeddedPapers::get) {
        if ![".typ", ".toml", ".json"].iter().any(|end| name.ends_with(end)) {
            continue;
        }
        let text = String::from_utf8(bytes.into_owned())
            .map_err(|_| TypesetError::BadForm { file: name.clone(), why: "the file is not UTF-8".to_owned() })?;
        files.insert(name, text);
    }
    Ok(files)
}

/// The four faces of the print family, and the characters that all of them have.
#[derive(Debug)]
pub(crate) struct Fonts {
    pub faces: Vec<Font>,
    pub book: FontBook,
}

/// The one family of official papers: metric twin of Times New Roman, with all Vietnamese letters.
pub(crate) const FAMILY: &str = "Tinos";

impl Fonts {
    pub(crate) fn load(folder: Option<&Path>) -> Result<Fonts, TypesetError> {
        let place = folder.map_or_else(|| "web/dist/fonts-print".to_owned(), |f| f.display().to_string());
        let missing = |why: String| TypesetError::Fonts { place: place.clone(), why };
        let mut faces: Vec<Font> = Vec::new();
        for (name, bytes) in read(folder, EmbeddedFonts::iter, EmbeddedFonts::get) {
            if !name.to_ascii_lowercase().ends_with(".ttf") {
                continue;
            }
            let bytes = match bytes {
                Cow::Borrowed(bytes) => Bytes::new(bytes),
                Cow::Owned(bytes) => Bytes::new(bytes),
            };
            let face = Font::new(bytes, 0).ok_or_else(|| missing(format!("{name} is not a readable font")))?;
            if face.info().family == FAMILY {
                faces.push(face);
            }
        }
        for (weight, style, name) in [
            (FontWeight::REGULAR, FontStyle::Normal, "regular"),
            (FontWeight::REGULAR, FontStyle::Italic, "italic"),
            (FontWeight::BOLD, FontStyle::Normal, "bold"),
            (FontWeight::BOLD, FontStyle::Italic, "bold italic"),
        ] {
            let has = |f: &Font| f.info().variant.weight == weight && f.info().variant.style == style;
            if !faces.iter().any(has) {
                return Err(missing(format!("{FAMILY} {name} is not there")));
            }
        }
        Ok(Fonts { book: FontBook::from_fonts(&faces), faces })
    }
}

impl Covers for Fonts {
    fn covers(&self, c: char) -> bool {
        self.faces.iter().all(|face| face.info().coverage.contains(c as u32))
    }
}

type Files = Vec<(String, Cow<'static, [u8]>)>;

/// All files of a folder (two levels), or of the embedded one; in name order.
fn read<I: Iterator<Item = Cow<'static, str>>>(
    folder: Option<&Path>,
    names: impl Fn() -> I,
    get: impl Fn(&str) -> Option<rust_embed::EmbeddedFile>,
) -> Files {
    let mut files: Files = match folder {
        None => names().filter_map(|name| get(&name).map(|file| (name.into_owned(), file.data))).collect(),
        Some(folder) => {
            let mut files = Files::new();
            read_folder(folder, "", 2, &mut files);
            files
        }
    };
    files.sort();
    files
}

fn read_folder(folder: &Path, prefix: &str, depth: u32, files: &mut Files) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        if path.is_dir() && depth > 1 {
            read_folder(&path, &format!("{prefix}{name}/"), depth - 1, files);
        } else if let Ok(bytes) = std::fs::read(&path) {
            files.push((format!("{prefix}{name}"), bytes.into()));
        }
    }
}
