//! Word documents.

use super::html::entities;
use super::{LARGEST, Lines, Unreadable};
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use std::io::{Cursor, Read as _};

/// The text of a Word document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Docx {
    /// The lines.
    pub text: String,
    /// Paragraphs whose number Word makes by itself: the number is not in the text, and a person must write it.
    pub numbered_by_word: usize,
}

/// The text of a DOCX file.
///
/// # Errors
/// [`Unreadable`].
pub fn from_docx(bytes: &[u8]) -> Result<Docx, Unreadable> {
    let xml = document(bytes)?;
    let mut reader = Reader::from_str(&xml);
    let mut lines = Lines::default();
    let mut out = Docx::default();
    let (mut in_text, mut deleted) = (false, 0usize);
    loop {
        let at = reader.buffer_position();
        match reader.read_event().map_err(|_| Unreadable::Xml(at))? {
            Event::Start(e) => match e.local_name().as_ref() {
                "t" => in_text = true,
                "del" | "moveFrom" => deleted += 1,
                "tr" => lines.begin_row(),
                "tc" => lines.begin_cell(),
                "numPr" => out.numbered_by_word += 1,
                _ => {}
            },
            Event::Empty(e) => match e.local_name().as_ref() {
                "br" | "cr" => lines.end_line(),
                "tab" => lines.line.push(' '),
                "noBreakHyphen" => lines.line.push('-'),
                _ => {}
            },
            Event::End(e) => match e.local_name().as_ref() {
                "t" => in_text = false,
                "del" | "moveFrom" => deleted = deleted.saturating_sub(1),
                "p" => lines.end_line(),
                "tr" => lines.end_row(),
                _ => {}
            },
            Event::Text(text) if in_text && deleted == 0 => lines.line.push_str(&text),
            Event::GeneralRef(name) if in_text && deleted == 0 => {
                lines.line.push_str(&entities(&format!("&{};", &*name)));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    lines.end_line();
    out.text = lines.out;
    Ok(out)
}

/// The main part of the document, unpacked, at most [`LARGEST`] bytes of it.
fn document(bytes: &[u8]) -> Result<String, Unreadable> {
    let bad = Unreadable::NotDocx;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| bad("mục lục ZIP hỏng hoặc bị cắt"))?;
    let entry = archive.by_name("word/document.xml").map_err(|_| bad("không có word/document.xml đọc được"))?;
    let mut xml = Vec::new();
    entry.take(LARGEST as u64 + 1).read_to_end(&mut xml).map_err(|_| bad("dữ liệu nén bị hỏng"))?;
    if xml.len() > LARGEST {
        return Err(Unreadable::TooLong);
    }
    String::from_utf8(xml).map_err(|_| bad("word/document.xml không phải UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write as _;

    fn packed(name: &str, document: &[u8]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(document).unwrap();
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn a_word_document_gives_its_paragraphs_without_deleted_text() {
        let xml = "<w:document xmlns:w=\"w\"><w:body><w:p><w:r><w:t>Điều 1. A &amp; </w:t></w:r><w:del><w:r><w:t>cũ</w:t></w:r></w:del><w:r><w:t>B</w:t></w:r></w:p>\
<w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/></w:numPr></w:pPr><w:r><w:t>C</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>y</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>";
        let got = from_docx(&packed("word/document.xml", xml.as_bytes())).unwrap();
        assert_eq!(got, Docx { text: "Điều 1. A & B\nC\n| x | y |\n".into(), numbered_by_word: 1 });
        assert_eq!(from_docx(b"PK"), Err(Unreadable::NotDocx("mục lục ZIP hỏng hoặc bị cắt")));
        let other = packed("xl/workbook.xml", b"<x/>");
        assert_eq!(from_docx(&other), Err(Unreadable::NotDocx("không có word/document.xml đọc được")));
    }

    #[test]
    fn a_document_that_unpacks_beyond_the_limit_is_refused() {
        let bomb = packed("word/document.xml", &vec![b' '; LARGEST + 10]);
        assert!(bomb.len() < 1 << 20);
        assert_eq!(from_docx(&bomb), Err(Unreadable::TooLong));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(mut at in proptest::collection::vec((0usize..400, any::<u8>()), 0..12)) {
            let mut bytes = packed("word/document.xml", b"<w:document><w:body><w:p><w:r><w:t>x</w:t></w:r></w:p></w:body></w:document>");
            for (i, b) in at.drain(..) { let n = bytes.len(); bytes[i % n] = b; }
            let _ = from_docx(&bytes);
        }
        #[test]
        fn no_xml_makes_the_reader_panic(xml in "(</?w:(p|r|t|tr|tc|tbl|del|br)/?>|&[a-z#0-9]{0,4};?|[<a-zđ]){0,40}") {
            let _ = from_docx(&packed("word/document.xml", xml.as_bytes()));
        }
    }
}
