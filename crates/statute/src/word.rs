//! Writes Word documents (Office Open XML, ECMA-376 Part 1): paragraphs in styles, footnotes, tables.
//!
//! Only what papers of this house need. The same content gives the same bytes: no clock, no random ids.

use quick_xml::escape::escape;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;

/// A document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// Its title, for the file's properties.
    pub title: String,
    /// A4 across.
    pub landscape: bool,
    /// What it holds, in order.
    pub body: Vec<Block>,
    /// Footnotes; a run refers to them by number from 1.
    pub notes: Vec<String>,
}

/// A paragraph or a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Paragraph),
    /// A table.
    Table(Table),
}

/// A paragraph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Paragraph {
    /// How it is set.
    pub style: Style,
    /// Its text.
    pub runs: Vec<Run>,
}

/// How a paragraph is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Justified, first line indented.
    #[default]
    Body,
    /// The document's title: centred, bold.
    Title,
    /// Centred.
    Centre,
    /// A heading of level 1 to 3: parts and chapters, sections, articles. The outline of the document.
    Heading(u8),
    /// In a table: no indent.
    Cell,
}

/// Text of one look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// The text; `\n` breaks the line.
    pub text: String,
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined, as what is added.
    pub underline: bool,
    /// Struck out, as what is removed.
    pub strike: bool,
    /// Footnotes after it.
    pub notes: Vec<usize>,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// Titles of the columns, repeated on every page; without them no such row.
    pub head: Vec<String>,
    /// Widths as shares of the page.
    pub shares: Vec<u32>,
    /// With lines around cells.
    pub lined: bool,
    /// Rows of cells of paragraphs.
    pub rows: Vec<Vec<Vec<Paragraph>>>,
}

impl Run {
    /// Plain text.
    pub fn plain(text: impl Into<String>) -> Run {
        Run { text: text.into(), ..Run::default() }
    }
    /// Bold text.
    pub fn bold(text: impl Into<String>) -> Run {
        Run { text: text.into(), bold: true, ..Run::default() }
    }
    /// Italic text.
    pub fn italic(text: impl Into<String>) -> Run {
        Run { text: text.into(), italic: true, ..Run::default() }
    }
}

impl Paragraph {
    /// A paragraph of one run.
    pub fn of(style: Style, run: Run) -> Paragraph {
        Paragraph { style, runs: vec![run] }
    }
}

const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// Writes the document as a DOCX file.
pub fn write(document: &Document) -> Vec<u8> {
    let parts = [
        ("[Content_Types].xml", content_types()),
        (
            "_rels/.rels",
            relations(&[("officeDocument", "word/document.xml"), ("metadata/core-properties", "docProps/core.xml")]),
        ),
        ("docProps/core.xml", core(document)),
        ("word/document.xml", main(document)),
        (
            "word/_rels/document.xml.rels",
            relations(&[("styles", "styles.xml"), ("footnotes", "footnotes.xml"), ("settings", "settings.xml")]),
        ),
        ("word/styles.xml", styles()),
        ("word/footnotes.xml", footnotes(document)),
        ("word/settings.xml", settings()),
    ];
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    // A file of memory takes every write; the day of all parts is the first that the format knows.
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, text) in parts {
        let _ = zip.start_file(name, options).map(|()| zip.write_all(text.as_bytes()));
    }
    zip.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// Characters that XML 1.0 cannot hold are left out.
fn text(text: &str) -> String {
    let plain: String =
        text.chars().filter(|c| matches!(c, '\t' | '\n' | ' '..) && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
    escape(&plain).into_owned()
}

fn content_types() -> String {
    let mut out = format!(
        "{HEAD}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    );
    for (name, kind) in
        [("document", "document.main"), ("styles", "styles"), ("footnotes", "footnotes"), ("settings", "settings")]
    {
        let _ = write!(
            out,
            "<Override PartName=\"/word/{name}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml\"/>"
        );
    }
    out.push_str("<Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/></Types>");
    out
}

fn relations(to: &[(&str, &str)]) -> String {
    let mut out =
        format!("{HEAD}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">");
    for (i, (kind, target)) in to.iter().enumerate() {
        let base = if kind.contains('/') { "package" } else { "officeDocument" };
        let _ = write!(
            out,
            "<Relationship Id=\"rId{}\" Type=\"http://schemas.openxmlformats.org/{base}/2006/relationships/{kind}\" Target=\"{target}\"/>",
            i + 1
        );
    }
    out.push_str("</Relationships>");
    out
}

fn core(document: &Document) -> String {
    format!(
        "{HEAD}<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>{}</dc:title><dc:language>vi-VN</dc:language></cp:coreProperties>",
        text(&document.title)
    )
}

fn settings() -> String {
    format!(
        "{HEAD}<w:settings {W}><w:footnotePr><w:footnote w:id=\"-1\"/><w:footnote w:id=\"0\"/></w:footnotePr><w:compat><w:compatSetting w:name=\"compatibilityMode\" w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat></w:settings>"
    )
}

/// Times New Roman 14 as Decree 30/2020/NĐ-CP has it.
fn styles() -> String {
    let mut out = format!(
        "{HEAD}<w:styles {W}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\" w:cs=\"Times New Roman\" w:eastAsia=\"Times New Roman\"/><w:sz w:val=\"28\"/><w:szCs w:val=\"28\"/><w:lang w:val=\"vi-VN\"/></w:rPr></w:rPrDefault></w:docDefaults>"
    );
    let mut style = |kind: &str, id: &str, name: &str, paragraph: &str, run: &str| {
        let default = if id == "Normal" { " w:default=\"1\"" } else { "" };
        let _ = write!(out, "<w:style w:type=\"{kind}\"{default} w:styleId=\"{id}\"><w:name w:val=\"{name}\"/>");
        if id != "Normal" && kind == "paragraph" {
            out.push_str("<w:basedOn w:val=\"Normal\"/>");
        }
        out.push_str("<w:qFormat/>");
        if !paragraph.is_empty() {
            let _ = write!(out, "<w:pPr>{paragraph}</w:pPr>");
        }
        if !run.is_empty() {
            let _ = write!(out, "<w:rPr>{run}</w:rPr>");
        }
        out.push_str("</w:style>");
    };
    let bold = "<w:b/><w:bCs/>";
    style(
        "paragraph",
        "Normal",
        "Normal",
        "<w:spacing w:before=\"120\" w:after=\"0\"/><w:ind w:firstLine=\"720\"/><w:jc w:val=\"both\"/>",
        "",
    );
    style(
        "paragraph",
        "Title",
        "Title",
        "<w:spacing w:before=\"240\"/><w:ind w:firstLine=\"0\"/><w:jc w:val=\"center\"/>",
        bold,
    );
    style("paragraph", "Centre", "Centre", "<w:ind w:firstLine=\"0\"/><w:jc w:val=\"center\"/>", "");
    style(
        "paragraph",
        "Cell",
        "Cell",
        "<w:spacing w:before=\"40\"/><w:ind w:firstLine=\"0\"/><w:jc w:val=\"left\"/>",
        "<w:sz w:val=\"24\"/><w:szCs w:val=\"24\"/>",
    );
    style(
        "paragraph",
        "Heading1",
        "heading 1",
        "<w:keepNext/><w:ind w:firstLine=\"0\"/><w:jc w:val=\"center\"/><w:outlineLvl w:val=\"0\"/>",
        bold,
    );
    style(
        "paragraph",
        "Heading2",
        "heading 2",
        "<w:keepNext/><w:ind w:firstLine=\"0\"/><w:jc w:val=\"center\"/><w:outlineLvl w:val=\"1\"/>",
        bold,
    );
    style("paragraph", "Heading3", "heading 3", "<w:keepNext/><w:outlineLvl w:val=\"2\"/>", bold);
    style(
        "paragraph",
        "FootnoteText",
        "footnote text",
        "<w:spacing w:before=\"0\"/><w:ind w:firstLine=\"0\"/>",
        "<w:sz w:val=\"20\"/><w:szCs w:val=\"20\"/>",
    );
    style("character", "FootnoteReference", "footnote reference", "", "<w:vertAlign w:val=\"superscript\"/>");
    out.push_str("</w:styles>");
    out
}

fn footnotes(document: &Document) -> String {
    let mut out = format!(
        "{HEAD}<w:footnotes {W}><w:footnote w:type=\"separator\" w:id=\"-1\"><w:p><w:r><w:separator/></w:r></w:p></w:footnote><w:footnote w:type=\"continuationSeparator\" w:id=\"0\"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>"
    );
    for (i, note) in document.notes.iter().enumerate() {
        let _ = write!(out, "<w:footnote w:id=\"{}\">", i + 1);
        for (k, line) in note.split('\n').enumerate() {
            out.push_str("<w:p><w:pPr><w:pStyle w:val=\"FootnoteText\"/></w:pPr>");
            if k == 0 {
                out.push_str("<w:r><w:rPr><w:rStyle w:val=\"FootnoteReference\"/></w:rPr><w:footnoteRef/></w:r>");
            }
            let gap = if k == 0 { " " } else { "" };
            let _ = write!(out, "<w:r><w:t xml:space=\"preserve\">{gap}{}</w:t></w:r></w:p>", text(line));
        }
        out.push_str("</w:footnote>");
    }
    out.push_str("</w:footnotes>");
    out
}

fn main(document: &Document) -> String {
    let mut out = format!("{HEAD}<w:document {W}><w:body>");
    // Text width in twentieths of a point: A4 less the margins of Decree 30/2020/NĐ-CP.
    let (page, width) = match document.landscape {
        true => (
            "<w:pgSz w:w=\"16838\" w:h=\"11906\" w:orient=\"landscape\"/><w:pgMar w:top=\"1418\" w:right=\"1134\" w:bottom=\"851\" w:left=\"1134\" w:header=\"567\" w:footer=\"567\" w:gutter=\"0\"/>",
            14570,
        ),
        false => (
            "<w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1134\" w:right=\"851\" w:bottom=\"1134\" w:left=\"1701\" w:header=\"567\" w:footer=\"567\" w:gutter=\"0\"/>",
            9354,
        ),
    };
    for block in &document.body {
        match block {
            Block::Paragraph(it) => paragraph(it, &mut out),
            Block::Table(it) => {
                table(it, width, &mut out);
                // Word wants a paragraph between two tables and after the last.
                out.push_str("<w:p><w:pPr><w:pStyle w:val=\"Cell\"/></w:pPr></w:p>");
            }
        }
    }
    let _ = write!(out, "<w:sectPr>{page}</w:sectPr></w:body></w:document>");
    out
}

fn paragraph(it: &Paragraph, out: &mut String) {
    let style = match it.style {
        Style::Body => None,
        Style::Title => Some("Title".to_owned()),
        Style::Centre => Some("Centre".to_owned()),
        Style::Heading(level) => Some(format!("Heading{}", level.clamp(1, 3))),
        Style::Cell => Some("Cell".to_owned()),
    };
    out.push_str("<w:p>");
    if let Some(style) = style {
        let _ = write!(out, "<w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>");
    }
    it.runs.iter().for_each(|r| run(r, out));
    out.push_str("</w:p>");
}

fn run(it: &Run, out: &mut String) {
    out.push_str("<w:r>");
    let looks = [
        (it.bold, "<w:b/><w:bCs/>"),
        (it.italic, "<w:i/><w:iCs/>"),
        (it.strike, "<w:strike/>"),
        (it.underline, "<w:u w:val=\"single\"/>"),
    ];
    if looks.iter().any(|(on, _)| *on) {
        let on: String = looks.iter().filter(|(on, _)| *on).map(|(_, tag)| *tag).collect();
        let _ = write!(out, "<w:rPr>{on}</w:rPr>");
    }
    for (i, line) in it.text.split('\n').enumerate() {
        if i > 0 {
            out.push_str("<w:br/>");
        }
        let _ = write!(out, "<w:t xml:space=\"preserve\">{}</w:t>", text(line));
    }
    out.push_str("</w:r>");
    for note in &it.notes {
        let _ = write!(
            out,
            "<w:r><w:rPr><w:rStyle w:val=\"FootnoteReference\"/></w:rPr><w:footnoteReference w:id=\"{note}\"/></w:r>"
        );
    }
}

fn table(it: &Table, width: u32, out: &mut String) {
    let columns = it.rows.iter().map(Vec::len).chain([it.head.len(), it.shares.len()]).max().unwrap_or(0).max(1);
    let shares: Vec<u32> = (0..columns).map(|i| it.shares.get(i).copied().unwrap_or(1).max(1)).collect();
    let total: u32 = shares.iter().sum();
    let widths: Vec<u32> = shares.iter().map(|s| width * s / total).collect();
    let borders = if it.lined {
        ["top", "left", "bottom", "right", "insideH", "insideV"]
            .iter()
            .map(|side| format!("<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"auto\"/>"))
            .collect()
    } else {
        String::new()
    };
    let _ = write!(
        out,
        "<w:tbl><w:tblPr><w:tblW w:w=\"{width}\" w:type=\"dxa\"/><w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type=\"fixed\"/></w:tblPr><w:tblGrid>"
    );
    for w in &widths {
        let _ = write!(out, "<w:gridCol w:w=\"{w}\"/>");
    }
    out.push_str("</w:tblGrid>");
    if !it.head.is_empty() {
        let head = (0..columns)
            .map(|i| vec![Paragraph::of(Style::Cell, Run::bold(it.head.get(i).cloned().unwrap_or_default()))]);
        row(&head.collect::<Vec<_>>(), &widths, "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>", out);
    }
    it.rows.iter().for_each(|cells| row(cells, &widths, "", out));
    out.push_str("</w:tbl>");
}

fn row(cells: &[Vec<Paragraph>], widths: &[u32], properties: &str, out: &mut String) {
    let _ = write!(out, "<w:tr>{properties}");
    for (i, width) in widths.iter().enumerate() {
        let _ = write!(out, "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/></w:tcPr>");
        match cells.get(i).filter(|c| !c.is_empty()) {
            Some(paragraphs) => paragraphs.iter().for_each(|p| paragraph(p, out)),
            None => paragraph(&Paragraph { style: Style::Cell, runs: Vec::new() }, out),
        }
        out.push_str("</w:tc>");
    }
    out.push_str("</w:tr>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(words: &str) -> Document {
        let noted = Run { notes: vec![1], ..Run::plain(words) };
        let cell = |t: &str| vec![Paragraph::of(Style::Cell, Run::plain(t))];
        let table = Table {
            head: vec!["Một".into(), "Hai".into()],
            rows: vec![vec![cell(words), cell("b")]],
            lined: true,
            shares: vec![2, 1],
        };
        let body = vec![Block::Paragraph(Paragraph::of(Style::Body, noted)), Block::Table(table)];
        Document { title: words.into(), body, notes: vec!["Ghi chú".into()], ..Document::default() }
    }

    #[test]
    fn what_is_written_is_read_back_and_is_the_same_every_time() {
        let bytes = write(&sample("Điều 1. <A> & B"));
        assert_eq!(
            crate::source::from_docx(&bytes).unwrap().text,
            "Điều 1. <A> & B\n| Một | Hai |\n| Điều 1. <A> & B | b |\n"
        );
        assert_eq!(bytes, write(&sample("Điều 1. <A> & B")));
    }

    proptest! {
        #[test]
        fn every_text_goes_in_and_comes_out(words in "[^\\p{C}\\p{Zl}\\p{Zp}]{0,40}") {
            let read = crate::source::from_docx(&write(&sample(&words))).unwrap().text;
            let line = crate::text::normalise(&words);
            prop_assert!(line.is_empty() || read.starts_with(&line), "{:?} {:?}", line, read);
        }
    }
}
