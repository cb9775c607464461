//! Files from outside: what is taken, how large, and what they truly are.
//!
//! The type follows from the bytes, never from the name or from what the browser claims; a file whose bytes and name
//! disagree is refused.

use crate::content::line;
use kernel::Problem;

/// Most bytes of one uploaded file: 50 MB.
pub const MAX_FILE: usize = 50_000_000;

/// A file as it came.
#[derive(Clone)]
pub struct Upload {
    /// The name that the browser gave; a path in it is dropped.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({:?}, {} bytes)", self.name, self.bytes.len())
    }
}

/// A file that has been looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The clean name.
    pub name: String,
    /// The media type.
    pub media_type: &'static str,
    /// Pages, for a PDF.
    pub pages: Option<i64>,
}

/// Extensions, their media types, and the bytes that such files begin with.
const TYPES: [(&str, &str, &[u8]); 7] = [
    ("pdf", "application/pdf", b"%PDF-"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    ("odt", "application/vnd.oasis.opendocument.text", b"PK\x03\x04"),
    ("png", "image/png", b"\x89PNG\r\n\x1a\n"),
    ("jpg", "image/jpeg", b"\xff\xd8\xff"),
    ("jpeg", "image/jpeg", b"\xff\xd8\xff"),
];

/// Looks at a file. `field` names the form field in the errors.
///
/// # Errors
/// [`Problem::Invalid`] with `upload-empty`, `upload-too-large`, `upload-type`, `upload-mismatch` (name and content
/// disagree), `upload-pdf-broken` or `upload-pdf-encrypted`.
pub fn check(field: &str, upload: &Upload) -> Result<Checked, Problem> {
    let wrong = |code| kernel::FieldProblem::new(field, code);
    let name = clean_name(&upload.name);
    let refuse = |problem: kernel::FieldProblem| Err(Problem::Invalid(vec![problem.arg("name", &name)]));
    if upload.bytes.is_empty() {
        return refuse(wrong("upload-empty"));
    }
    if upload.bytes.len() > MAX_FILE {
        return refuse(wrong("upload-too-large").arg("max_mb", MAX_FILE / 1_000_000));
    }
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_lowercase()).unwrap_or_default();
    let Some((_, media_type, magic)) = TYPES.iter().find(|(known, ..)| *known == extension) else {
        return refuse(wrong("upload-type").arg("types", TYPES.map(|(e, ..)| e).join(", ")));
    };
    if !upload.bytes.starts_with(magic) {
        return refuse(wrong("upload-mismatch").arg("type", &extension));
    }
    let pages = match *media_type {
        "application/pdf" => Some(pdf_pages(&upload.bytes).or_else(|code| refuse(wrong(code)).map(|()| 0))?),
        _ => None,
    };
    Ok(Checked { name, media_type, pages })
}
