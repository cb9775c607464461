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
    check_size(field, upload.bytes.len())?;
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_lowercase()).unwrap_or_default();
    let Some((_, media_type, magic)) = TYPES.iter().find(|(known, ..)| *known == extension) else {
        return refuse(wrong("upload-type").arg("types", TYPES.map(|(e, ..)| e).join(", ")));
    };
    if !upload.bytes.starts_with(magic) {
        return refuse(wrong("upload-mismatch").arg("type", &extension));
    }
    let pages = match *media_type {
        "application/pdf" => match signing::pades::page_count(&upload.bytes) {
            Ok(pages) => Some(i64::try_from(pages).unwrap_or(i64::MAX)),
            Err(signing::PdfError::Encrypted) => return refuse(wrong("upload-pdf-encrypted")),
            Err(_) => return refuse(wrong("upload-pdf-broken")),
        },
        _ => None,
    };
    Ok(Checked { name, media_type, pages })
}

/// Whether a file of this many bytes is taken at all.
pub(crate) fn check_size(field: &str, bytes: usize) -> Result<(), Problem> {
    if bytes == 0 {
        return Err(Problem::field(field, "upload-empty"));
    }
    if bytes > MAX_FILE {
        let wrong = kernel::FieldProblem::new(field, "upload-too-large").arg("max_mb", MAX_FILE / 1_000_000);
        return Err(Problem::Invalid(vec![wrong]));
    }
    Ok(())
}

/// The name without a path and without what a file system or a header would trip over.
pub(crate) fn clean_name(raw: &str) -> String {
    let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    let printable: String = last.chars().filter(|c| !c.is_control()).collect();
    let visible: String =
        line(&printable).chars().filter(|c| !matches!(c, '"' | '<' | '>' | ':' | '|' | '?' | '*')).collect();
    let trimmed = visible.trim_matches(['.', ' ']);
    let mut short: String = trimmed.chars().take(MAX_NAME).collect();
    if let (true, Some((_, extension))) = (short.len() < trimmed.len(), trimmed.rsplit_once('.')) {
        short.push('.');
        short.extend(extension.chars().take(8));
    }
    short
}

/// Longest name that is kept, in characters.
const MAX_NAME: usize = 150;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_loses_its_path_and_what_a_header_would_trip_over() {
        assert_eq!(clean_name("C:\\Users\\a\\tờ  trình\u{0}.pdf"), "tờ trình.pdf");
        assert_eq!(clean_name("../../etc/passwd"), "passwd");
        assert_eq!(clean_name("a\"b<c>.pdf"), "abc.pdf");
        let long = format!("{}.pdf", "x".repeat(400));
        assert!(clean_name(&long).ends_with(".pdf") && clean_name(&long).chars().count() < 170);
    }

    proptest! {
        #[test]
        fn no_file_makes_the_check_panic(
            name in ".{0,300}",
            extension in prop::sample::select(vec!["pdf", "docx", "png", "jpg", "exe", ""]),
            head in prop::sample::select(vec![&b"%PDF-1.7\n"[..], b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b""]),
            tail in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let upload = Upload { name: format!("{name}.{extension}"), bytes: [head, &tail].concat() };
            if let Ok(checked) = check("file", &upload) {
                prop_assert!(!checked.name.contains(['/', '\\', '"']) && !checked.name.chars().any(char::is_control));
            }
        }
    }
}
