//! A consolidated text for the form `papers/van-ban-hop-nhat` and for Word.

use super::{Line, Official, Style};
use crate::label::Level;
use crate::word::{self, Block, Paragraph, Run};
use kernel::time::Day;
use serde_json::{Value, json};

/// Who authenticates the text, and under which number: the head of the body that consolidates (for laws the Office of
/// the National Assembly), within five working days after promulgation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// The number; `None` leaves room for it.
    pub number: Option<String>,
    /// `VBHN-VPQH`.
    pub symbol: String,
    /// `Hà Nội`.
    pub place: String,
    /// The day; `None` leaves room for it.
    pub date: Option<Day>,
    /// `CHỦ NHIỆM`.
    pub position: String,
    /// Who signs; `None` leaves the line empty.
    pub name: Option<String>,
}

impl Default for Authentication {
    fn default() -> Authentication {
        Authentication {
            number: None,
            symbol: "VBHN-VPQH".into(),
            place: "Hà Nội".into(),
            date: None,
            position: "CHỦ NHIỆM".into(),
            name: None,
        }
    }
}

impl Official {
    /// The data of the form `van-ban-hop-nhat`. Absent values are left out.
    pub fn paper(&self, by: &Authentication) -> Value {
        let line = |l: &Line| {
            let mut out = json!({ "text": if l.cells.is_empty() { &l.text } else { "" } });
            let mut set = |name: &str, on: bool| {
                if on {
                    out[name] = json!(true);
                }
            };
            set("centred", l.style == Style::Container);
            set("strong", matches!(l.style, Style::Container | Style::Article));
            set("slanted", matches!(l.style, Style::Preamble | Style::Closing));
            if !l.cells.is_empty() {
                out["cells"] = json!(l.cells);
            }
            if !l.notes.is_empty() {
                out["notes"] = json!(l.notes);
            }
            out
        };
        let note = |n: &String| json!({ "text": n.lines().collect::<Vec<_>>() });
        let mut out = json!({
            "symbol": by.symbol, "place": by.place, "kind": self.kind, "title": self.title,
            "documents": self.documents, "lines": self.lines.iter().map(line).collect::<Vec<_>>(),
            "notes": self.notes.iter().map(note).collect::<Vec<_>>(), "position": by.position,
        });
        let known =
            [("number", by.number.clone()), ("date", by.date.map(|d| d.to_string())), ("name", by.name.clone())];
        for (name, value) in known {
            if let Some(value) = value {
                out[name] = json!(value);
            }
        }
        out
    }

    /// The text as a Word document, footnotes as footnotes, parts and articles in its outline.
    pub fn docx(&self, by: &Authentication) -> Vec<u8> {
        let mut body = vec![letterhead(by)];
        body.push(centred(word::Style::Title, Run::bold(&self.kind)));
        body.push(centred(word::Style::Title, Run::bold(&self.title)));
        for (i, document) in self.documents.iter().enumerate() {
            let amended = i == 0 && self.documents.len() > 1;
            let end = if amended { ", được sửa đổi, bổ sung bởi:" } else { "." };
            body.push(plain(Run::italic(format!("{document}{end}"))));
        }
        let mut lines = &self.lines[..];
        while let Some(first) = lines.first() {
            let rows = lines.iter().take_while(|l| l.style == Style::Row).count();
            if rows > 0 {
                body.push(table(&lines[..rows]));
                lines = &lines[rows..];
                continue;
            }
            body.push(line(first));
            lines = &lines[1..];
        }
        body.push(signature(by));
        let title = format!("{} {}", self.kind, self.title);
        word::write(&word::Document { title, landscape: false, body, notes: self.notes.clone() })
    }
}

fn plain(run: Run) -> Block {
    Block::Paragraph(Paragraph::of(word::Style::Body, run))
}

fn centred(style: word::Style, run: Run) -> Block {
    Block::Paragraph(Paragraph::of(style, run))
}

fn line(line: &Line) -> Block {
    let style = match (line.style, line.level) {
        (Style::Container, Some(Level::Part | Level::Chapter)) => word::Style::Heading(1),
        (Style::Container, _) => word::Style::Heading(2),
        (Style::Article, _) => word::Style::Heading(3),
        _ => word::Style::Body,
    };
    let italic = matches!(line.style, Style::Preamble | Style::Closing);
    let run = Run { italic, notes: line.notes.clone(), ..Run::plain(&line.text) };
    Block::Paragraph(Paragraph::of(style, run))
}

fn table(rows: &[Line]) -> Block {
    let cell = |text: &crate::text::Text| vec![Paragraph::of(word::Style::Cell, Run::plain(text.to_string()))];
    let rows = rows.iter().map(|l| l.cells.iter().map(cell).collect()).collect();
    Block::Table(word::Table { lined: true, rows, ..word::Table::default() })
}

fn two_columns(left: Vec<Run>, right: Vec<Run>) -> Block {
    let cell = |runs: Vec<Run>| runs.into_iter().map(|r| Paragraph::of(word::Style::Centre, r)).collect();
    Block::Table(word::Table {
        shares: vec![2, 3],
        rows: vec![vec![cell(left), cell(right)]],
        ..word::Table::default()
    })
}

fn letterhead(by: &Authentication) -> Block {
    let number = by.number.as_deref().unwrap_or("……");
    let date = by.date.map_or_else(|| "ngày …… tháng …… năm ………".to_owned(), Day::words);
    two_columns(
        vec![Run::bold("VĂN PHÒNG QUỐC HỘI"), Run::plain(format!("Số: {number}/{}", by.symbol))],
        vec![
            Run::bold("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
            Run { underline: true, ..Run::bold("Độc lập - Tự do - Hạnh phúc") },
            Run::italic(format!("{}, {date}", by.place)),
        ],
    )
}

fn signature(by: &Authentication) -> Block {
    let name = by.name.clone().unwrap_or_default();
    two_columns(
        Vec::new(),
        vec![Run::bold("XÁC THỰC VĂN BẢN HỢP NHẤT"), Run::bold(&by.position), Run::plain("\n\n\n"), Run::bold(name)],
    )
}
