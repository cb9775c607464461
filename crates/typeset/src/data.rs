//! Data checked against its form, and put in the shape that templates read.
//!
//! Templates then need no cases: every declared field is there (absent ones as `none`, absent lists as `()`), texts
//! are NFC with single spaces, days carry their printed forms, images are paths of files that exist only in memory.

use crate::{DataProblem, Field, FieldType, Form, Limits, TypesetError};
use base64::Engine as _;
use kernel::{Day, Timestamp, text::nfc};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Checked data: the JSON for the template, and the images that it names.
#[derive(Debug)]
pub(crate) struct Checked {
    pub json: Value,
    /// File name within the typesetting root (`/images/0.png`) → PNG bytes.
    pub images: BTreeMap<String, Vec<u8>>,
}

/// A set of characters that every print font can draw.
pub(crate) trait Covers {
    fn covers(&self, c: char) -> bool;
}

/// So many problems are listed at most: more help nobody, and the list must stay bounded.
const MOST_PROBLEMS: usize = 100;

/// What a value weighs beside its text: an empty table cell costs the typesetter as much as some letters.
const VALUE_WEIGHT: u64 = 32;

struct Check<'a> {
    form: &'a Form,
    limits: &'a Limits,
    fonts: &'a dyn Covers,
    problems: Vec<DataProblem>,
    weight: u64,
    images: BTreeMap<String, Vec<u8>>,
}

/// Checks `data` against `form`.
pub(crate) fn check(form: &Form, data: &Value, limits: &Limits, fonts: &dyn Covers) -> Result<Checked, TypesetError> {
    let mut check = Check { form, limits, fonts, problems: Vec::new(), weight: 0, images: BTreeMap::new() };
    let json = check.object("", &form.title, &form.fields, data);
    if check.weight > limits.weight {
        let what = format!("data of weight {}", check.weight);
        return Err(TypesetError::TooLarge { form: form.code.clone(), what, limit: limits.weight });
    }
    if check.problems.is_empty() {
        Ok(Checked { json, images: check.images })
    } else {
        Err(TypesetError::Data { form: form.code.clone(), problems: check.problems })
    }
}

impl Check<'_> {
    fn problem(&mut self, field: &str, label: &str, code: &'static str, detail: impl Into<String>) -> Value {
        if self.problems.len() < MOST_PROBLEMS {
            let (field, label) = (field.to_owned(), label.to_owned());
            self.problems.push(DataProblem { field, label, code, detail: detail.into() });
        }
        Value::Null
    }

    /// Nothing more needs looking at: the answer is an error, and time on huge input must stay bounded.
    fn enough(&self) -> bool {
        self.problems.len() >= MOST_PROBLEMS || self.weight > self.limits.weight
    }

    fn object(&mut self, path: &str, label: &str, fields: &[Field], data: &Value) -> Value {
        let Value::Object(given) = data else {
            return self.problem(path, label, "wrong_type", format!("an object is needed, not {}", kind(data)));
        };
        for name in given.keys().filter(|name| !fields.iter().any(|f| f.name == **name)) {
            let name: String = name.chars().take(60).collect();
            let known: Vec<&str> = fields.iter().map(|f| f.name.as_str()).collect();
            let detail = format!("the form has no such field; it has {}", known.join(", "));
            self.problem(&join(path, &name), "", "unknown", detail);
        }
        let mut out = Map::with_capacity(fields.len());
        for field in fields {
            let at = join(path, &field.name);
            let value = match given.get(&field.name) {
                None | Some(Value::Null) if field.optional => match field.is {
                    FieldType::List(_) => json!([]),
                    FieldType::YesNo => json!(false),
                    _ => Value::Null,
                },
                None | Some(Value::Null) => self.problem(&at, &field.label, "missing", "it must be filled in"),
                Some(value) => self.value(&at, field, &field.is, value),
            };
            out.insert(field.name.clone(), value);
        }
        Value::Object(out)
    }

    fn value(&mut self, at: &str, field: &Field, is: &FieldType, value: &Value) -> Value {
        let label = &field.label;
        self.weight = self.weight.saturating_add(VALUE_WEIGHT);
        match (is, value) {
            (FieldType::Text, Value::String(text)) => self.text(at, field, text),
            (FieldType::Day, Value::String(text)) => match Day::parse(text) {
                Ok(day) => json!({
                    "year": day.year(), "month": day.month(), "day": day.day_of_month(),
                    "words": day.words(), "short": day.short(),
                }),
                Err(error) => self.problem(at, label, "not_a_day", error.to_string()),
            },
            (FieldType::Time, Value::Number(n)) => match n.as_i64() {
                Some(micros) => {
                    let time = Timestamp::from_micros(micros);
                    json!({"iso": time.iso_local(), "clock": time.clock(), "day": time.day().short()})
                }
                None => self.problem(at, label, "not_a_time", "whole microseconds since 1970 are needed"),
            },
            (FieldType::Whole, Value::Number(n)) => match n.as_u64() {
                Some(n) if n <= field.max => json!(n),
                _ => self.problem(at, label, "too_large", format!("a whole number from 0 to {} is needed", field.max)),
            },
            (FieldType::YesNo, Value::Bool(yes)) => json!(yes),
            (FieldType::Choice(choices), Value::String(text)) => {
                let text = nfc(text);
                match choices.iter().any(|c| **c == *text) {
                    true => json!(text),
                    false => self.problem(at, label, "not_a_choice", format!("one of: {}", choices.join(", "))),
                }
            }
            (FieldType::Image, Value::String(text)) => self.image(at, label, text),
            (FieldType::Group(name), value) => {
                let form = self.form;
                let fields = form.groups.get(name).map_or(&[][..], Vec::as_slice);
                self.object(at, label, fields, value)
            }
            (FieldType::List(item), Value::Array(values)) => self.list(at, field, item, values),
            (is, value) => {
                self.problem(at, label, "wrong_type", format!("{} is needed, not {}", wanted(is), kind(value)))
            }
        }
    }

    fn list(&mut self, at: &str, field: &Field, item: &FieldType, values: &[Value]) -> Value {
        if values.is_empty() && !field.optional {
            return self.problem(at, &field.label, "empty", "at least one is needed");
        }
        if values.len() as u64 > field.max {
            let detail = format!("{} items; the most is {}", values.len(), field.max);
            return self.problem(at, &field.label, "too_many", detail);
        }
        // The list's own limit counts its items; a text within it has the general limit of texts.
        let of = Field { max: 20_000, optional: false, ..field.clone() };
        let mut out = Vec::with_capacity(values.len());
        for (i, value) in values.iter().enumerate() {
            if self.enough() {
                break;
            }
            out.push(self.value(&format!("{at}[{i}]"), &of, item, value));
        }
        Value::Array(out)
    }

    fn text(&mut self, at: &str, field: &Field, given: &str) -> Value {
        self.weight = self.weight.saturating_add(given.len() as u64);
        if self.enough() {
            return Value::Null;
        }
        let text = nfc(given).split_whitespace().collect::<Vec<_>>().join(" ");
        let label = &field.label;
        let length = text.chars().count() as u64;
        if text.is_empty() && field.blank {
            return Value::String(text);
        }
        if text.is_empty() && !field.optional {
            return self.problem(at, label, "empty", "it must be filled in");
        }
        if length > field.max {
            return self.problem(at, label, "too_long", format!("{length} characters; the most is {}", field.max));
        }
        for (place, c) in text.chars().enumerate() {
            let (code, what) = match c {
                c if is_invisible(c) => ("control_character", "cannot be printed"),
                c if !self.fonts.covers(c) => ("missing_glyph", "is in no print font"),
                _ => continue,
            };
            let shown = if is_invisible(c) { String::new() } else { format!("{c} ") };
            let detail = format!("the character {shown}U+{:04X}, number {} of the text, {what}", c as u32, place + 1);
            return self.problem(at, label, code, detail);
        }
        match text.is_empty() {
            true => Value::Null,
            false => Value::String(text),
        }
    }

    fn image(&mut self, at: &str, label: &str, text: &str) -> Value {
        if text.len() as u64 / 4 * 3 > self.limits.image_bytes {
            let detail = format!("an image may have {} bytes", self.limits.image_bytes);
            return self.problem(at, label, "too_large", detail);
        }
        let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(text) else {
            return self.problem(at, label, "not_an_image", "base64 is needed");
        };
        if let Err(why) = readable_png(&bytes, self.limits.image_pixels) {
            return self.problem(at, label, "not_an_image", why);
        }
        let name = format!("/images/{}.png", self.images.len());
        self.images.insert(name.clone(), bytes);
        Value::String(name)
    }
}

/// Whether the bytes are a PNG that can be decoded whole and is not too large.
pub(crate) fn readable_png(bytes: &[u8], most_pixels: u64) -> Result<(), String> {
    let limits = png::Limits { bytes: usize::try_from(most_pixels.saturating_mul(16)).unwrap_or(usize::MAX) };
    let decoder = png::Decoder::new_with_limits(std::io::Cursor::new(bytes), limits);
    let mut reader = decoder.read_info().map_err(|error| format!("a PNG is needed: {error}"))?;
    let (w, h) = reader.info().size();
    if u64::from(w) * u64::from(h) > most_pixels {
        return Err(format!("{w} × {h} pixels; the most is {most_pixels} in all"));
    }
    let size = reader.output_buffer_size().ok_or("the image is too large")?;
    reader.next_frame(&mut vec![0; size]).map_err(|error| format!("the PNG is broken: {error}"))?;
    Ok(())
}

/// Characters without a picture: controls, and the format characters that can hide or reorder what is read.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{fff0}'..='\u{ffff}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn wanted(is: &FieldType) -> &'static str {
    match is {
        FieldType::Text | FieldType::Choice(_) => "a text",
        FieldType::Day => "a day such as \"2025-01-05\"",
        FieldType::Time => "a number of microseconds",
        FieldType::Whole => "a whole number",
        FieldType::YesNo => "true or false",
        FieldType::Image => "a PNG as base64 text",
        FieldType::Group(_) => "an object",
        FieldType::List(_) => "a list",
    }
}
