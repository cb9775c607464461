//! Reads the text out of what drafters hand in: plain text, HTML pages, Word documents (DOCX), Akoma Ntoso; told apart
//! by what is in the file, not by its name.
//!
//! Only text is taken: paragraphs as lines, tables as rows `| a | b |`. Deleted text of tracked changes is left out.
//! Memory is bounded by [`LARGEST`].

mod docx;
mod html;

pub use docx::{Docx, from_docx};
pub use html::from_html;

use crate::parse::{Parsed, parse};
use crate::text::normalise_line;

/// The longest text that is read out of a document, in bytes.
pub const LARGEST: usize = 64 << 20;

/// A document whose text cannot be read. Each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No DOCX file.
    #[error("không phải tệp DOCX: {0}; hãy mở bằng Word và lưu lại dạng .docx")]
    NotDocx(&'static str),
    /// Larger than [`LARGEST`].
    #[error("văn bản dài hơn {} MB", LARGEST >> 20)]
    TooLong,
    /// The XML inside is broken.
    #[error("XML trong tệp DOCX hỏng tại byte {0}; hãy mở bằng Word và lưu lại")]
    Xml(u64),
    /// Akoma Ntoso that cannot be read.
    #[error(transparent)]
    Akn(#[from] crate::akn::Unreadable),
    /// A format that holds no text for us.
    #[error("tệp {0} không được hỗ trợ; hãy lưu lại dạng .txt (UTF-8), .html hoặc .docx")]
    Format(&'static str),
    /// Text in another encoding.
    #[error("dòng {line}: không phải văn bản UTF-8; hãy lưu lại với bảng mã UTF-8")]
    NotUtf8 {
        /// The line, from 1.
        line: usize,
    },
    /// Nothing in it.
    #[error("tệp không có chữ nào")]
    Empty,
}

/// What a file was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Plain text, UTF-8 or UTF-16 with its mark.
    Text,
    /// HTML.
    Html,
    /// Word.
    Docx,
    /// Akoma Ntoso; read-only: its tree is taken as it stands there.
    Akn,
}

/// A law read from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What the file was.
    pub format: Format,
    /// The law and what was odd.
    pub parsed: Parsed,
    /// Paragraphs of a Word document whose number Word makes by itself and the text lacks.
    pub numbered_by_word: usize,
}

/// Reads a law from a file's bytes.
///
/// # Errors
/// [`Unreadable`].
pub fn read(bytes: &[u8]) -> Result<Document, Unreadable> {
    let (format, text, numbered_by_word) = text_of(bytes)?;
    let parsed = match format {
        Format::Akn => {
            let law = crate::akn::read(&text)?;
            let oddities = crate::parse::oddities(&law);
            Parsed { law, oddities }
        }
        _ => parse(&text),
    };
    Ok(Document { format, parsed, numbered_by_word })
}

/// The text in a file's bytes; of Akoma Ntoso the XML.
fn text_of(bytes: &[u8]) -> Result<(Format, String, usize), Unreadable> {
    if bytes.len() > LARGEST {
        return Err(Unreadable::TooLong);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let docx = from_docx(bytes)?;
        return filled(Format::Docx, docx.text).map(|(format, text)| (format, text, docx.numbered_by_word));
    }
    const OTHERS: [(&[u8], &str); 4] =
        [(b"%PDF", "PDF"), (b"{\\rtf", "RTF"), (b"\xd0\xcf\x11\xe0", ".doc (Word 97-2003)"), (b"\x1f\x8b", "nén GZIP")];
    if let Some((_, name)) = OTHERS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(Unreadable::Format(name));
    }
    let text = decoded(bytes)?;
    let head: String = text.chars().take(2000).collect::<String>().to_lowercase();
    let (format, text) = if head.contains("<akomantoso") || head.contains(":akomantoso") {
        filled(Format::Akn, text)?
    } else if ["<!doctype html", "<html", "<body", "<p>", "<p ", "<div", "<br"].iter().any(|tag| head.contains(tag)) {
        filled(Format::Html, from_html(&text))?
    } else {
        filled(Format::Text, text)?
    };
    Ok((format, text, 0))
}

fn filled(format: Format, text: String) -> Result<(Format, String), Unreadable> {
    if text.chars().any(char::is_alphanumeric) { Ok((format, text)) } else { Err(Unreadable::Empty) }
}

fn decoded(bytes: &[u8]) -> Result<String, Unreadable> {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks(2).map(|c| unit([c[0], c.get(1).copied().unwrap_or(0)]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, ..] => return Ok(wide(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => return Ok(wide(u16::from_be_bytes)),
        _ => {}
    }
    if bytes.iter().take(4096).any(|b| *b == 0) {
        return Err(Unreadable::Format("nhị phân"));
    }
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| Unreadable::NotUtf8 {
        line: 1 + bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count(),
    })
}

/// Collects lines and table rows.
#[derive(Default)]
struct Lines {
    out: String,
    line: String,
    /// Cells of the rows of the tables that are open.
    rows: Vec<Vec<String>>,
}

impl Lines {
    fn end_line(&mut self) {
        let line = normalise_line(&self.line).into_owned();
        self.line.clear();
        if line.is_empty() {
            return;
        }
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            if !cell.is_empty() {
                cell.push(' ');
            }
            cell.push_str(&line);
        } else {
            self.out.push_str(&line);
            self.out.push('\n');
        }
    }
    fn begin_row(&mut self) {
        self.end_line();
        self.rows.push(Vec::new());
    }
    fn begin_cell(&mut self) {
        self.end_line();
        if let Some(row) = self.rows.last_mut() {
            row.push(String::new());
        }
    }
    fn end_row(&mut self) {
        self.end_line();
        let Some(row) = self.rows.pop() else { return };
        let filled = row.iter().filter(|c| !c.is_empty()).count();
        match (self.rows.last_mut().and_then(|r| r.last_mut()), filled) {
            (_, 0) => {}
            (Some(outer), _) => outer.push_str(&row.join(" ")),
            // One cell is a frame around text, as the heads of old documents have it.
            (None, 1) => self.out.push_str(&format!("{}\n", row.concat())),
            (None, _) => self.out.push_str(&format!("| {} |\n", row.join(" | "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_file_is_known_by_what_is_in_it() {
        let formats = |bytes: &[u8]| read(bytes).map(|d| (d.format, d.parsed.law.articles().len()));
        assert_eq!(formats("Điều 1. Một\nA.".as_bytes()), Ok((Format::Text, 1)));
        let wide: Vec<u8> = "\u{feff}Điều 1. Một\nA.".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(formats(&wide), Ok((Format::Text, 1)));
        assert_eq!(formats("<html><p>Điều 1. Một</p><p>A.</p>".as_bytes()), Ok((Format::Html, 1)));
        let law = parse("Điều 1. Một\nA.").law;
        let xml = crate::akn::write(&law, &crate::akn::Options::default());
        assert_eq!(formats(xml.as_bytes()), Ok((Format::Akn, 1)));
        assert_eq!(formats(b"%PDF-1.7"), Err(Unreadable::Format("PDF")));
        assert_eq!(formats(b"a\nb\xe0\xe1"), Err(Unreadable::NotUtf8 { line: 2 }));
        assert_eq!(formats(b" \n"), Err(Unreadable::Empty));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(head in prop_oneof![Just(&b""[..]), Just(&b"PK\x03\x04"[..]), Just(&b"\xff\xfe"[..]), Just(&b"\xfe\xff"[..]), Just(&b"<html>"[..]), Just(&b"<akomaNtoso>"[..])],
                bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&[head, &bytes].concat());
        }
    }
}
