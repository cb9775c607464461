//! Forms: what people filled in, checked against what the procedure declares.

use crate::model::{Field, FieldKind};
use kernel::{Day, FieldProblem, id};
use serde_json::{Map, Value};

/// Longest one-line text, in characters.
pub const MAX_TEXT: usize = 500;
/// Longest text with paragraphs, in characters.
pub const MAX_LONG_TEXT: usize = 20_000;
/// Most rows of a list, and most bodies in a field.
pub const MAX_ROWS: usize = 500;

/// How much must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Required fields must be filled in.
    Whole,
    /// Saved for later: what is there must be right, the rest may be missing.
    Partial,
}

/// Checks the values against the fields and gives back what is to be kept: texts trimmed and in NFC, empty ones left
/// out.
///
/// # Errors
/// One problem for each wrong field: `field-required`, `field-unknown`, `field-too-long`, `field-not-text`,
/// `field-not-a-day`, `field-not-an-id`, `field-not-a-number`, `field-too-small`, `field-too-large`,
/// `field-not-an-option`, `field-not-yes-no`, `field-not-rows`, `field-too-many`. Fields inside lists are named
/// `members[2].person`.
pub fn check(
    fields: &[Field],
    values: &Map<String, Value>,
    strictness: Strictness,
) -> Result<Map<String, Value>, Vec<FieldProblem>> {
    let mut problems = Vec::new();
    let kept = read(fields, values, strictness, "", &mut problems);
    if problems.is_empty() { Ok(kept) } else { Err(problems) }
}

fn read(
    fields: &[Field],
    values: &Map<String, Value>,
    strictness: Strictness,
    prefix: &str,
    problems: &mut Vec<FieldProblem>,
) -> Map<String, Value> {
    for key in values.keys().filter(|key| fields.iter().all(|field| field.key != **key)) {
        let shown: String = key.chars().take(80).collect();
        problems.push(FieldProblem::new(format!("{prefix}{shown}"), "field-unknown"));
    }
    let mut kept = Map::new();
    for field in fields {
        let name = format!("{prefix}{}", field.key);
        match values.get(&field.key).map(|value| one(&field.kind, value, &name, strictness, problems)) {
            Some(Some(value)) => {
                kept.insert(field.key.clone(), value);
            }
            Some(None) | None => {
                let told = problems.iter().any(|p| p.field == name);
                if field.required && strictness == Strictness::Whole && !told {
                    problems.push(FieldProblem::new(name, "field-required"));
                }
            }
        }
    }
    kept
}

/// One value; `None` when it is empty or wrong (then a problem was added).
fn one(
    kind: &FieldKind,
    value: &Value,
    name: &str,
    strictness: Strictness,
    problems: &mut Vec<FieldProblem>,
) -> Option<Value> {
    let mut wrong = |problem: FieldProblem| {
        problems.push(problem);
        None
    };
    let bad = |code| FieldProblem::new(name, code);
    match value {
        Value::Null => return None,
        Value::String(text) if text.trim().is_empty() => return None,
        Value::Array(items) if items.is_empty() => return None,
        _ => {}
    }
    match kind {
        FieldKind::Text => text(value, MAX_TEXT, name, problems),
        FieldKind::LongText => text(value, MAX_LONG_TEXT, name, problems),
        FieldKind::Date => match value.as_str().and_then(|text| Day::parse(text).ok()) {
            Some(day) => Some(Value::String(day.to_string())),
            None => wrong(bad("field-not-a-day")),
        },
        FieldKind::Person | FieldKind::Body | FieldKind::Position => match value.as_str().map(str::trim) {
            Some(code) if id::check(code).is_ok() => Some(Value::String(code.to_owned())),
            _ => wrong(bad("field-not-an-id")),
        },
        FieldKind::Bodies => {
            let Some(items) = value.as_array() else { return wrong(bad("field-not-rows")) };
            if items.len() > MAX_ROWS {
                return wrong(bad("field-too-many").arg("max", MAX_ROWS));
            }
            let mut codes: Vec<&str> = Vec::with_capacity(items.len());
            for item in items {
                match item.as_str() {
                    Some(code) if id::check(code).is_ok() => {
                        if !codes.contains(&code) {
                            codes.push(code);
                        }
                    }
                    _ => return wrong(bad("field-not-an-id")),
                }
            }
            Some(codes.into())
        }
        FieldKind::Choice { options } => match value.as_str() {
            Some(code) if options.iter().any(|option| option.code == code) => Some(value.clone()),
            _ => wrong(bad("field-not-an-option")),
        },
        FieldKind::Number { min, max } => {
            let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
            match number {
                None => wrong(bad("field-not-a-number")),
                Some(n) if min.is_some_and(|min| n < min) => wrong(bad("field-too-small").arg("min", min.unwrap_or(0))),
                Some(n) if max.is_some_and(|max| n > max) => wrong(bad("field-too-large").arg("max", max.unwrap_or(0))),
                Some(n) if n.unsigned_abs() >= 1 << 53 => wrong(bad("field-too-large").arg("max", (1i64 << 53) - 1)),
                Some(n) => Some(n.into()),
            }
        }
        FieldKind::YesNo => match (value.as_bool(), value.as_str()) {
            (Some(yes), _) => Some(yes.into()),
            (_, Some("true" | "yes" | "on")) => Some(true.into()),
            (_, Some("false" | "no")) => Some(false.into()),
            _ => wrong(bad("field-not-yes-no")),
        },
        FieldKind::List { columns } => rows(columns, value, name, strictness, problems),
    }
}

fn text(value: &Value, max: usize, name: &str, problems: &mut Vec<FieldProblem>) -> Option<Value> {
    let Some(text) = value.as_str() else {
        problems.push(FieldProblem::new(name, "field-not-text"));
        return None;
    };
    let text = kernel::text::nfc(text.trim());
    if text.chars().count() > max {
        problems.push(FieldProblem::new(name, "field-too-long").arg("max", max));
        return None;
    }
    Some(Value::String(text.into_owned()))
}

fn rows(
    columns: &[Field],
    value: &Value,
    name: &str,
    strictness: Strictness,
    problems: &mut Vec<FieldProblem>,
) -> Option<Value> {
    let Some(items) = value.as_array() else {
        problems.push(FieldProblem::new(name, "field-not-rows"));
        return None;
    };
    if items.len() > MAX_ROWS {
        problems.push(FieldProblem::new(name, "field-too-many").arg("max", MAX_ROWS));
        return None;
    }
    let mut kept = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        match item.as_object() {
            Some(row) => {
                kept.push(Value::Object(read(columns, row, strictness, &format!("{name}[{at}]."), problems)));
            }
            None => problems.push(FieldProblem::new(format!("{name}[{at}]"), "field-not-rows")),
        }
    }
    Some(Value::Array(kept))
}
