//! Rows of single articles as JSON lines: one answer for each row, in order, written as soon as it is known.
//!
//! A row that cannot be read is answered with an object of the same shape that says why, and the batch goes on. Memory
//! holds one row at a time, of at most [`LONGEST`] bytes.

use super::{Desk, Ending, Stop};
use crate::batch::{Outcome, Proposed, Row, Status, consolidate_row_in, propose_row};
use crate::model::Law;
use serde_json::{Value, json};
use std::io::{BufRead, Read as _};
use std::path::Path;

/// The longest row, in bytes.
pub(super) const LONGEST: u64 = 16 << 20;

/// What is wrong with a row, and what of it could be read.
struct Bad {
    why: String,
    law: String,
    art: String,
}

/// Answers all rows of a file.
pub(super) fn run(desk: &mut Desk, file: &Path, answer: impl Fn(&Line) -> (Value, bool)) -> Result<Ending, Stop> {
    let mut rows = (desk.open)(file).map_err(|e| Stop::Told(format!("{}: {e}", file.display())))?;
    let (mut number, mut bad) = (0, 0);
    loop {
        let mut bytes = Vec::new();
        let taken = (&mut rows).take(LONGEST).read_until(b'\n', &mut bytes);
        if taken.map_err(|e| Stop::Told(format!("{}:{}: {e}", file.display(), number + 1)))? == 0 {
            break;
        }
        number += 1;
        let whole = bytes.ends_with(b"\n") || (bytes.len() as u64) < LONGEST;
        if !whole {
            skip_line(&mut rows)?;
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let (value, good) = answer(&Line { number, bytes: &bytes, whole });
        writeln!(desk.out, "{value}")?;
        if !good {
            bad += 1;
            writeln!(desk.notes, "{}:{number}: {}", file.display(), value["error"].as_str().unwrap_or_default())?;
        }
    }
    Ok(if bad == 0 { Ending::Done } else { Ending::Failed })
}

fn skip_line(rows: &mut dyn BufRead) -> Result<(), Stop> {
    loop {
        let (taken, done) = match rows.fill_buf()? {
            [] => return Ok(()),
            bytes => bytes.iter().position(|b| *b == b'\n').map_or((bytes.len(), false), |i| (i + 1, true)),
        };
        rows.consume(taken);
        if done {
            return Ok(());
        }
    }
}

/// One line of the batch.
pub(super) struct Line<'a> {
    number: usize,
    bytes: &'a [u8],
    /// Not cut off at [`LONGEST`].
    whole: bool,
}

impl Line<'_> {
    fn row(&self) -> Result<Row, Bad> {
        let bad = |why: String| Bad { why, law: String::new(), art: String::new() };
        if !self.whole {
            return Err(bad(format!("the row is longer than {} MB", LONGEST >> 20)));
        }
        let value: Value =
            serde_json::from_slice(self.bytes).map_err(|e| bad(format!("not JSON: {e}; write one object per line")))?;
        let text = |name: &str| match &value[name] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let (law, art) = (text("law"), text("art"));
        let bad = |why: String| Bad { why, law: law.clone(), art: art.clone() };
        let row = serde_json::from_value::<Row>(value.clone()).map_err(|e| bad(format!("not a row: {e}")))?;
        match row.label() {
            Some(_) => Ok(row),
            None => Err(bad(format!("art {:?} is no number of an article: write 5 or 12a", row.art))),
        }
    }
}

/// `{law, art, status, title, text, reasons}`; and whether the row could be read.
pub(super) fn consolidated(line: &Line, laws: &[Law]) -> (Value, bool) {
    match line.row() {
        Ok(row) => (json!(consolidate_row_in(&row, laws)), true),
        Err(bad) => {
            let reasons = vec![bad.why.clone()];
            let (title, text) = (String::new(), String::new());
            let answer = Outcome { law: bad.law, art: bad.art, status: Status::Flagged, title, text, reasons };
            (with_error(json!(answer), line.number, &bad.why), false)
        }
    }
}

/// `{law, art, amending_text, roundtrip, text}`; and whether the row could be read.
pub(super) fn proposed(line: &Line) -> (Value, bool) {
    match line.row() {
        Ok(row) => (json!(propose_row(&row)), true),
        Err(bad) => {
            let (amending_text, text) = (String::new(), String::new());
            let answer = Proposed { law: bad.law, art: bad.art, amending_text, roundtrip: false, text };
            (with_error(json!(answer), line.number, &bad.why), false)
        }
    }
}

fn with_error(mut answer: Value, line: usize, why: &str) -> Value {
    answer["line"] = json!(line);
    answer["error"] = json!(why);
    answer
}
