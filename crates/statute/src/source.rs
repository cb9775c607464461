//! Reads the text out of HTML pages and Word documents (DOCX), line by line, for [`crate::parse`].
//!
//! Only text is taken: paragraphs as lines, tables as rows `| a | b |`. Deleted text of tracked changes is left out.
//! Memory is bounded by [`LARGEST`].

use crate::text::normalise_line;
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use std::io::Read as _;

/// The longest text that is read out of a document, in bytes.
pub const LARGEST: usize = 64 << 20;

/// A document whose text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No DOCX file.
    #[error("không phải tệp DOCX: {0}")]
    NotDocx(&'static str),
    /// Larger than [`LARGEST`].
    #[error("văn bản dài hơn {} MB", LARGEST >> 20)]
    TooLong,
    /// The XML inside is broken.
    #[error("XML trong tệp DOCX hỏng tại byte {0}")]
    Xml(u64),
}

/// The text of a Word document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Docx {
    /// The lines.
    pub text: String,
    /// Paragraphs whose number Word makes by itself: the number is not in the text, and a person must write it.
    pub numbered_by_word: usize,
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

/// The text of an HTML page. Never fails: what is no markup is text.
pub fn from_html(html: &str) -> String {
    let mut lines = Lines::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        lines.line.push_str(&entities(&rest[..at]).replace('\n', " "));
        rest = &rest[at..];
        let Some(end) = tag_end(rest) else {
            if rest.starts_with("<!--") {
                rest = "";
                break;
            }
            lines.line.push('<');
            rest = &rest[1..];
            continue;
        };
        let tag = &rest[1..end];
        let closing = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase();
        rest = &rest[end + 1..];
        match name.as_str() {
            "script" | "style" | "head" | "title" if !closing && !tag.ends_with('/') => {
                let close = format!("</{name}");
                rest = match find_ignoring_case(rest, &close) {
                    Some(at) => &rest[at..],
                    None => "",
                };
            }
            "tr" if closing => lines.end_row(),
            "tr" => lines.begin_row(),
            "td" | "th" if !closing => lines.begin_cell(),
            "p" | "div" | "br" | "li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "ul" | "ol"
            | "blockquote" | "body" | "section" | "hr" => {
                lines.end_line();
            }
            _ => {}
        }
    }
    lines.line.push_str(&entities(rest).replace('\n', " "));
    while !lines.rows.is_empty() {
        lines.end_row();
    }
    lines.end_line();
    lines.out
}

/// Where the tag ends; comments end at `-->`.
fn tag_end(rest: &str) -> Option<usize> {
    if rest.starts_with("<!--") {
        return rest.find("-->").map(|i| i + 2);
    }
    let next = rest[1..].chars().next()?;
    if !(next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')) {
        return None;
    }
    rest.find('>')
}

fn find_ignoring_case(text: &str, what: &str) -> Option<usize> {
    text.as_bytes().windows(what.len()).position(|w| w.eq_ignore_ascii_case(what.as_bytes()))
}

fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest[1..].split(';').next().filter(|n| n.len() <= 8 && n.len() + 1 < rest.len());
        match name.and_then(|n| entity(n).map(|c| (c, n.len()))) {
            Some((c, len)) => {
                out.push(c);
                rest = &rest[len + 2..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ldquo" => '“',
        "rdquo" => '”',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        _ => return latin(name),
    })
}

/// `&aacute;` and the like: a letter and an accent.
fn latin(name: &str) -> Option<char> {
    const ACCENTS: [(&str, char); 5] =
        [("grave", '\u{300}'), ("acute", '\u{301}'), ("circ", '\u{302}'), ("tilde", '\u{303}'), ("uml", '\u{308}')];
    let letter = name.chars().next().filter(char::is_ascii_alphabetic)?;
    let (_, mark) = ACCENTS.iter().find(|(accent, _)| name.get(1..) == Some(accent))?;
    kernel::text::nfc(&format!("{letter}{mark}")).chars().next()
}

/// The text of a DOCX file.
///
/// # Errors
/// [`Unreadable`].
pub fn from_docx(bytes: &[u8]) -> Result<Docx, Unreadable> {
    let xml = zip_entry(bytes, b"word/document.xml")?;
    let xml = String::from_utf8(xml).map_err(|_| Unreadable::NotDocx("word/document.xml không phải UTF-8"))?;
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

/// One entry of a ZIP archive, unpacked.
fn zip_entry(bytes: &[u8], wanted: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let bad = Unreadable::NotDocx;
    let u16_at = |at: usize| bytes.get(at..at + 2).map(|b| usize::from(u16::from_le_bytes([b[0], b[1]])));
    let u32_at = |at: usize| bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let end = bytes.windows(4).rposition(|w| w == b"PK\x05\x06").ok_or(bad("thiếu mục lục ZIP"))?;
    let count = u16_at(end + 10).ok_or(bad("mục lục ZIP bị cắt"))?;
    let mut at = u32_at(end + 16).ok_or(bad("mục lục ZIP bị cắt"))?;
    for _ in 0..count {
        let cut = || bad("mục lục ZIP bị cắt");
        if bytes.get(at..at.saturating_add(4)) != Some(b"PK\x01\x02") {
            return Err(cut());
        }
        let (method, packed) = (u16_at(at + 10).ok_or_else(cut)?, u32_at(at + 20).ok_or_else(cut)?);
        let (name, extra, comment) =
            (u16_at(at + 28).ok_or_else(cut)?, u16_at(at + 30).ok_or_else(cut)?, u16_at(at + 32).ok_or_else(cut)?);
        let local = u32_at(at + 42).ok_or_else(cut)?;
        if bytes.get(at + 46..at + 46 + name) == Some(wanted) {
            let names = u16_at(local + 26).zip(u16_at(local + 28)).ok_or_else(cut)?;
            let start = local + 30 + names.0 + names.1;
            let data = bytes.get(start..start.saturating_add(packed)).ok_or_else(cut)?;
            return unpack(data, method);
        }
        at += 46 + name + extra + comment;
    }
    Err(bad("không có word/document.xml"))
}

fn unpack(data: &[u8], method: usize) -> Result<Vec<u8>, Unreadable> {
    match method {
        0 if data.len() <= LARGEST => Ok(data.to_vec()),
        0 => Err(Unreadable::TooLong),
        8 => {
            let mut out = Vec::new();
            let mut unpacker = flate2::read::DeflateDecoder::new(data).take(LARGEST as u64 + 1);
            unpacker.read_to_end(&mut out).map_err(|_| Unreadable::NotDocx("dữ liệu nén bị hỏng"))?;
            if out.len() > LARGEST { Err(Unreadable::TooLong) } else { Ok(out) }
        }
        _ => Err(Unreadable::NotDocx("kiểu nén không được hỗ trợ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_gives_its_paragraphs_and_tables() {
        let html = "<html><head><title>x</title></head><body><p>&Ð;i&#7873;u 1. <b>M&aacute;y</b>&nbsp;b&#x1A1;m</p><!-- <p>no</p> --><script>if (a < b) {}</script>\
<table><tr><td>a</td><td>b &amp; c</td></tr></table>1 < 2</body>";
        assert_eq!(from_html(html), "&Đ;iều 1. Máy bơm\n| a | b & c |\n1 < 2\n");
    }

    fn docx(document: &str) -> Vec<u8> {
        let name = b"word/document.xml";
        let n = |v: usize| (v as u32).to_le_bytes();
        let mut out = Vec::new();
        out.extend(
            [
                b"PK\x03\x04".as_slice(),
                &[20, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                &n(0),
                &n(document.len()),
                &n(document.len()),
                &[17, 0, 0, 0],
                name,
                document.as_bytes(),
            ]
            .concat(),
        );
        let directory = out.len();
        out.extend(
            [
                b"PK\x01\x02".as_slice(),
                &[20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                &n(0),
                &n(document.len()),
                &n(document.len()),
                &[17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                &n(0),
                name,
            ]
            .concat(),
        );
        let size = out.len() - directory;
        out.extend([b"PK\x05\x06".as_slice(), &[0, 0, 0, 0, 1, 0, 1, 0], &n(size), &n(directory), &[0, 0]].concat());
        out
    }

    #[test]
    fn a_word_document_gives_its_paragraphs_without_deleted_text() {
        let xml = "<w:document xmlns:w=\"w\"><w:body><w:p><w:r><w:t>Điều 1. A &amp; </w:t></w:r><w:del><w:r><w:t>cũ</w:t></w:r></w:del><w:r><w:t>B</w:t></w:r></w:p>\
<w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/></w:numPr></w:pPr><w:r><w:t>C</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>y</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>";
        let got = from_docx(&docx(xml)).unwrap();
        assert_eq!(got, Docx { text: "Điều 1. A & B\nC\n| x | y |\n".into(), numbered_by_word: 1 });
        assert_eq!(from_docx(b"PK"), Err(Unreadable::NotDocx("thiếu mục lục ZIP")));
    }

    proptest! {
        #[test]
        fn no_page_makes_the_reader_panic(html in "(</?(p|tr|td|table|script|br)>?|<!--|-->|&(#x?[0-9a-f]{1,6}|[a-z]{1,6});?|[<&a-zđ ]){0,40}") {
            let _ = from_html(&html);
        }
        #[test]
        fn no_bytes_make_the_reader_panic(mut at in proptest::collection::vec((0usize..400, any::<u8>()), 0..12)) {
            let mut bytes = docx("<w:document><w:body><w:p><w:r><w:t>x</w:t></w:r></w:p></w:body></w:document>");
            for (i, b) in at.drain(..) { let n = bytes.len(); bytes[i % n] = b; }
            let _ = from_docx(&bytes);
        }
    }
}
