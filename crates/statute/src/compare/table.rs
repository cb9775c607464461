//! The comparison table: two, three or four columns as text, page fragment, Word document, data for paper.
//!
//! What is added or removed is never told by colour alone: pages use `ins` and `del` with words for those who listen,
//! papers and Word underline and strike out.

use super::{Cell, Mark, Row, compare};
use crate::label::Level;
use crate::model::Law;
use crate::word::{self, Paragraph, Run};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A row with its explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The unit in all texts.
    #[serde(flatten)]
    pub row: Row,
    /// Why it is changed, in the words of who explains; empty when nothing is said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub explanation: String,
}

/// A comparison table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Titles of the texts: `Luật hiện hành`, `Dự thảo trình`, `Sau thẩm tra`.
    pub titles: Vec<String>,
    /// Whether a last column explains.
    pub explained: bool,
    /// The rows, in the order of the law.
    pub rows: Vec<Line>,
}

const EXPLANATION: &str = "Thuyết minh";
const ABSENT: &str = "(không có)";

impl Table {
    /// Compares texts of a law, the one in force first. Explanations are by unit id or address (`khoản 2 Điều 5`);
    /// with `None` there is no such column. Without `all` only units that differ are rows.
    pub fn of(columns: &[(&str, &Law)], explanations: Option<&BTreeMap<String, String>>, all: bool) -> Table {
        let laws: Vec<&Law> = columns.iter().map(|(_, law)| *law).collect();
        let explain = |row: &Row| {
            let told = explanations.and_then(|e| e.get(&row.id).or_else(|| e.get(&row.place)));
            told.cloned().unwrap_or_default()
        };
        let rows = compare(&laws).into_iter().map(|row| Line { explanation: explain(&row), row });
        Table {
            titles: columns.iter().map(|(title, _)| (*title).to_owned()).collect(),
            explained: explanations.is_some(),
            rows: rows.filter(|l| all || l.row.changed || !l.explanation.is_empty()).collect(),
        }
    }

    /// How many units differ.
    pub fn changed(&self) -> usize {
        self.rows.iter().filter(|l| l.row.changed).count()
    }

    fn heads(&self) -> Vec<String> {
        let mut out = self.titles.clone();
        out.extend(self.explained.then(|| EXPLANATION.to_owned()));
        out
    }

    /// As plain text: each unit with its columns, `[-removed-]` and `{+added+}`.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for line in &self.rows {
            out.push_str(&format!("@ {}\n", line.row.place));
            for (title, cell) in self.titles.iter().zip(&line.row.cells) {
                out.push_str(&format!("  {title}: {}\n", cell_text(cell)));
            }
            if !line.explanation.is_empty() {
                out.push_str(&format!("  {EXPLANATION}: {}\n", line.explanation));
            }
        }
        out
    }

    /// As a fragment of a page: one `table`. All text is escaped; `caption` too.
    pub fn html(&self, caption: &str) -> String {
        let mut out = format!(
            "<table class=\"comparison\">\n<caption>{}</caption>\n<thead><tr><th scope=\"col\">Điều, khoản, điểm</th>",
            escape(caption)
        );
        self.heads().iter().for_each(|h| out.push_str(&format!("<th scope=\"col\">{}</th>", escape(h))));
        out.push_str("</tr></thead>\n<tbody>\n");
        for line in &self.rows {
            let class = if line.row.changed { " class=\"changed\"" } else { "" };
            out.push_str(&format!("<tr{class}><th scope=\"row\">{}</th>", escape(&line.row.place)));
            line.row.cells.iter().for_each(|cell| out.push_str(&format!("<td>{}</td>", cell_html(cell))));
            if self.explained {
                out.push_str(&format!("<td>{}</td>", escape(&line.explanation)));
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table>\n");
        out
    }

    /// As a Word document across the page.
    pub fn docx(&self, title: &str) -> Vec<u8> {
        let bold = |level: Level| level <= Level::Article;
        let row = |line: &Line| {
            let mut cells: Vec<Vec<Paragraph>> =
                line.row.cells.iter().map(|cell| vec![cell_word(cell, bold(line.row.level))]).collect();
            if self.explained {
                cells.push(vec![Paragraph::of(word::Style::Cell, Run::plain(&line.explanation))]);
            }
            cells
        };
        let table = word::Table {
            head: self.heads(),
            shares: vec![1; self.heads().len()],
            lined: true,
            rows: self.rows.iter().map(row).collect(),
        };
        let heading = Paragraph::of(word::Style::Title, Run::bold(title));
        let body = vec![word::Block::Paragraph(heading), word::Block::Table(table)];
        word::write(&word::Document { title: title.to_owned(), landscape: true, body, notes: Vec::new() })
    }

    /// The data of the form `bang-so-sanh`.
    pub fn paper(&self, title: &str) -> Value {
        let row = |line: &Line| {
            let mut cells: Vec<Value> = line.row.cells.iter().map(|c| cell_paper(&c.pieces)).collect();
            if self.explained {
                let piece = super::Piece { mark: Mark::Same, text: line.explanation.clone() };
                cells.push(cell_paper(&[piece]));
            }
            json!({ "strong": line.row.level <= Level::Article, "cells": cells })
        };
        json!({ "title": title, "columns": self.heads(), "rows": self.rows.iter().map(row).collect::<Vec<_>>() })
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn cell_text(cell: &Cell) -> String {
    if cell.pieces.is_empty() {
        return ABSENT.to_owned();
    }
    let piece = |p: &super::Piece| match p.mark {
        Mark::Same => p.text.clone(),
        Mark::Added => format!("{{+{}+}}", p.text),
        Mark::Removed => format!("[-{}-]", p.text),
    };
    cell.pieces.iter().map(piece).collect::<String>().replace('\n', "\n    ")
}

fn cell_html(cell: &Cell) -> String {
    if cell.pieces.is_empty() {
        return ABSENT.to_owned();
    }
    let hidden = |words: &str| format!("<span class=\"govuk-visually-hidden\">{words}</span>");
    let piece = |p: &super::Piece| {
        let text = escape(&p.text).replace('\n', "<br>");
        match p.mark {
            Mark::Same => text,
            Mark::Added => format!("<ins>{}{text}{}</ins>", hidden("[thêm: "), hidden("]")),
            Mark::Removed => format!("<del>{}{text}{}</del>", hidden("[bỏ: "), hidden("]")),
        }
    };
    cell.pieces.iter().map(piece).collect()
}

/// Pieces for paper, where blanks at the ends of a text and line ends are told apart from it.
fn cell_paper(pieces: &[super::Piece]) -> Value {
    let (mut out, mut gap, mut line) = (Vec::new(), false, false);
    for piece in pieces {
        for (i, text) in piece.text.split('\n').enumerate() {
            line |= i > 0;
            gap |= text.starts_with(' ');
            if text.trim().is_empty() {
                gap |= !text.is_empty();
                continue;
            }
            let mut made = json!({ "text": text.trim() });
            let first = out.is_empty();
            for (name, on) in [
                ("added", piece.mark == Mark::Added),
                ("removed", piece.mark == Mark::Removed),
                ("gap", gap && !line && !first),
                ("line", line && !first),
            ] {
                if on {
                    made[name] = json!(true);
                }
            }
            out.push(made);
            (gap, line) = (text.ends_with(' '), false);
        }
    }
    json!({ "pieces": out })
}

fn cell_word(cell: &Cell, bold: bool) -> Paragraph {
    let run = |p: &super::Piece| Run {
        bold,
        underline: p.mark == Mark::Added,
        strike: p.mark == Mark::Removed,
        ..Run::plain(&p.text)
    };
    match cell.pieces.is_empty() {
        true => Paragraph::of(word::Style::Cell, Run::italic(ABSENT)),
        false => Paragraph { style: word::Style::Cell, runs: cell.pieces.iter().map(run).collect() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    fn table(explained: bool) -> Table {
        let a = parse("Điều 1. Một\n1. Cá to.\n2. Tôm.").law;
        let b = parse("Điều 1. Một\n1. Cá <nhỏ>.\n1a. Cua.\n2. Tôm.").law;
        let why = BTreeMap::from([("khoản 1 Điều 1".to_owned(), "Vì \"cá\"".to_owned())]);
        Table::of(&[("Hiện hành", &a), ("Dự thảo", &b)], explained.then_some(&why), false)
    }

    #[test]
    fn a_page_tells_what_is_added_and_removed_in_words_and_escapes_all() {
        let html = table(true).html("So sánh <1>");
        assert!(html.contains("<caption>So sánh &lt;1&gt;</caption>"), "{html}");
        assert!(html.contains("<th scope=\"row\">khoản 1 Điều 1</th><td>1. Cá to.</td>"), "{html}");
        assert!(html.contains("<del><span class=\"govuk-visually-hidden\">[bỏ: </span>to<"), "{html}");
        assert!(html.contains("&lt;nhỏ&gt;") && !html.contains("<nhỏ>"));
        assert!(html.contains("<td>Vì &quot;cá&quot;</td>"));
        assert!(html.contains("<td>(không có)</td><td><ins>"), "{html}");
    }

    #[test]
    fn all_forms_have_the_same_columns_and_rows() {
        for explained in [false, true] {
            let table = table(explained);
            let columns = 2 + usize::from(explained);
            assert_eq!(table.rows.len(), 2);
            let paper = table.paper("So sánh");
            assert_eq!(paper["columns"].as_array().unwrap().len(), columns);
            assert!(paper["rows"].as_array().unwrap().iter().all(|r| r["cells"].as_array().unwrap().len() == columns));
            let first = &paper["rows"][0]["cells"][1]["pieces"];
            assert_eq!((first[1]["text"].as_str(), first[1]["gap"].as_bool()), (Some("to"), Some(true)), "{first}");
            let docx = crate::source::from_docx(&table.docx("So sánh")).unwrap().text;
            let rows: Vec<_> = docx.lines().skip(1).collect();
            assert_eq!(rows.len(), 3, "{docx}");
            assert_eq!(table.text().lines().filter(|l| l.starts_with("@ ")).count(), 2);
        }
    }
}
