//! Lists as CSV (RFC 4180) that spreadsheets open rightly: UTF-8 with a mark, and no cell that could run as a formula.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

/// The list as a file to download.
pub fn answer(name: &str, head: &[String], rows: impl Iterator<Item = Vec<String>>) -> Response {
    let mut text = String::from("\u{feff}");
    line(&mut text, head);
    for row in rows {
        line(&mut text, &row);
    }
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, disposition)], text)
        .into_response()
}

fn line(out: &mut String, cells: &[String]) {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push('"');
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            out.push('\'');
        }
        out.push_str(&cell.replace('"', "\"\""));
        out.push('"');
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let mut out = String::new();
        super::line(&mut out, &["a\"b".into(), "=1+1".into(), "Đề nghị".into()]);
        assert_eq!(out, "\"a\"\"b\",\"'=1+1\",\"Đề nghị\"\r\n");
    }
}
