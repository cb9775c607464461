//! The data that a form takes, declared in TOML beside the template so that officials can read it.
//!
//! ```toml
//! title   = "Tờ trình"
//! basis   = "Nghị định 30/2020/NĐ-CP, Phụ lục I"
//! anchors = ["number", "date"]
//! [fields]
//! subject  = { is = "text", label = "Trích yếu", max = 500 }
//! date     = { is = "day", label = "Ngày ban hành", optional = true }
//! articles = { is = "list of article", label = "Các điều" }   # `article`: a group of groups.toml or [groups.article]
//! ```

use crate::TypesetError;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// A line or paragraph of text; JSON string. NFC is applied, white space (line breaks too) becomes one space.
    Text,
    /// A calendar day; JSON string `2025-01-05`.
    Day,
    /// An instant; JSON whole number, microseconds since 1970 (as `kernel::Timestamp` is written).
    Time,
    /// A whole number from 0; JSON number.
    Whole,
    /// JSON true or false.
    YesNo,
    /// One of the listed texts.
    Choice(Vec<String>),
    /// A PNG; JSON string, base64.
    Image,
    /// A group of fields; JSON object.
    Group(String),
    /// A list; JSON array.
    List(Box<FieldType>),
}

/// One field of a form or group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The key in the JSON.
    pub name: String,
    /// What officials call it.
    pub label: String,
    /// What it holds.
    pub is: FieldType,
    /// May be absent or null; a list also empty.
    pub optional: bool,
    /// Texts in it may be empty, as cells of a table are.
    pub blank: bool,
    /// The longest text in characters, the most items of a list, or the largest number.
    pub max: u64,
    /// A remark for whoever fills it in.
    pub note: String,
}

/// A paper form as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The code: the name of its files, such as `nghi-quyet-ubtvqh` or `stamps/sao-y`.
    pub code: String,
    /// The Vietnamese title.
    pub title: String,
    /// Where the form is laid down.
    pub basis: String,
    /// The anchors that the paper has: `number`, `date`, `signature`, `seal`, …
    pub anchors: Vec<String>,
    /// Its fields, in order.
    pub fields: Vec<Field>,
    /// The groups that its fields use, by name.
    pub groups: BTreeMap<String, Vec<Field>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawForm {
    title: String,
    basis: String,
    #[serde(default)]
    anchors: Vec<String>,
    fields: RawFields,
    #[serde(default)]
    groups: BTreeMap<String, RawFields>,
}

type RawFields = BTreeMap<String, Spanned<RawField>>;

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawField {
    is: String,
    label: String,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    blank: bool,
    max: Option<u64>,
    #[serde(default)]
    note: String,
    #[serde(default)]
    choices: Vec<String>,
}

/// The groups of `groups.toml`, shared by all forms.
pub(crate) type Groups = BTreeMap<String, Vec<Field>>;

/// Reads `groups.toml`.
pub(crate) fn groups(file: &str, text: &str) -> Result<Groups, TypesetError> {
    let raw: BTreeMap<String, RawFields> = parse(file, text)?;
    raw.into_iter().map(|(name, raw)| Ok((name, fields(file, text, raw)?))).collect()
}

impl Form {
    /// Reads a form's TOML. `shared` are the groups that every form may use.
    pub(crate) fn parse(code: &str, text: &str, shared: &Groups) -> Result<Form, TypesetError> {
        let file = format!("{code}.toml");
        let raw: RawForm = parse(&file, text)?;
        let mut known = shared.clone();
        for (name, raw) in raw.groups {
            known.insert(name, fields(&file, text, raw)?);
        }
        let fields = fields(&file, text, raw.fields)?;
        let mut groups = BTreeMap::new();
        collect(&file, &fields, &known, &mut groups, &mut Vec::new())?;
        Ok(Form { code: code.to_owned(), title: raw.title, basis: raw.basis, anchors: raw.anchors, fields, groups })
    }
}

fn parse<'a, T: Deserialize<'a>>(file: &str, text: &'a str) -> Result<T, TypesetError> {
    let read = toml::de::Deserializer::parse(text).and_then(T::deserialize);
    read.map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        TypesetError::BadForm { file: format!("{file}:{line}"), why: error.message().to_owned() }
    })
}

pub(crate) fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|b| *b == b'\n').count()
}

/// Puts raw fields in the order of the file and reads their types.
fn fields(file: &str, text: &str, raw: RawFields) -> Result<Vec<Field>, TypesetError> {
    let mut raw: Vec<_> = raw.into_iter().collect();
    raw.sort_by_key(|(_, field)| field.span().start);
    raw.into_iter()
        .map(|(name, spanned)| {
            let line = line_of(text, spanned.span().start);
            let field = spanned.into_inner();
            let is = field_type(&field.is, &field.choices).map_err(|why| TypesetError::BadForm {
                file: format!("{file}:{line}"),
                why: format!("field {name}: {why}"),
            })?;
            let max = field.max.unwrap_or(match &is {
                FieldType::Text => 20_000,
                FieldType::List(_) => 1_000,
                _ => (1 << 53) - 1,
            });
            Ok(Field {
                name,
                label: field.label,
                is,
                optional: field.optional,
                blank: field.blank,
                max,
                note: field.note,
            })
        })
        .collect()
}

fn field_type(text: &str, choices: &[String]) -> Result<FieldType, String> {
    if (text == "choice") == choices.is_empty() {
        return Err("`choices` belongs to is = \"choice\" and only there".to_owned());
    }
    if let Some(item) = text.strip_prefix("list of ") {
        return Ok(FieldType::List(Box::new(field_type(item, &[])?)));
    }
    Ok(match text {
        "text" => FieldType::Text,
        "day" => FieldType::Day,
        "time" => FieldType::Time,
        "whole" => FieldType::Whole,
        "yes-no" => FieldType::YesNo,
        "choice" => FieldType::Choice(choices.to_vec()),
        "image" => FieldType::Image,
        group if !group.is_empty() && group.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') => {
            FieldType::Group(group.to_owned())
        }
        other => {
            return Err(format!(
                "{other:?} is no type: write text, day, time, whole, yes-no, choice, image, a group, or \"list of …\""
            ));
        }
    })
}

/// Collects the groups that `fields` reach; a group may not hold itself.
fn collect(
    file: &str,
    fields: &[Field],
    known: &Groups,
    found: &mut Groups,
    path: &mut Vec<String>,
) -> Result<(), TypesetError> {
    for field in fields {
        let mut is = &field.is;
        while let FieldType::List(item) = is {
            is = item;
        }
        let FieldType::Group(name) = is else { continue };
        let bad = |why: String| TypesetError::BadForm { file: file.to_owned(), why };
        let group = known.get(name).ok_or_else(|| {
            bad(format!(
                "field {}: there is no group {name}: declare [groups.{name}] or add it to groups.toml",
                field.name
            ))
        })?;
        if path.contains(name) {
            return Err(bad(format!("the group {name} holds itself: {}", path.join(" → "))));
        }
        path.push(name.clone());
        collect(file, group, known, found, path)?;
        path.pop();
        found.insert(name.clone(), group.clone());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_keep_the_order_of_the_file_and_lists_nest() {
        let text = "title = \"T\"\nbasis = \"B\"\n[fields]\nz = { is = \"text\", label = \"Z\" }\n\
                    a = { is = \"list of list of whole\", label = \"A\", max = 3 }\n";
        let form = Form::parse("t", text, &Groups::new()).unwrap();
        assert_eq!(form.fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["z", "a"]);
        let whole = FieldType::List(Box::new(FieldType::Whole));
        assert_eq!((&form.fields[1].is, form.fields[1].max), (&FieldType::List(Box::new(whole)), 3));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(head in "(title = \"T\"\nbasis = \"B\"\n\\[fields\\]\n)?", text in "(?s).{0,200}") {
            let _ = Form::parse("t", &format!("{head}{text}"), &Groups::new());
            let _ = groups("groups.toml", &text);
        }
        #[test]
        fn no_type_makes_the_reader_panic(is in "(list of ){0,3}[a-z -]{0,12}") {
            let text = format!("title = \"T\"\nbasis = \"B\"\n[fields]\na = {{ is = {is:?}, label = \"A\" }}\n");
            let named = match Form::parse("t", &text, &Groups::new()) {
                Err(TypesetError::BadForm { file, .. }) => file.starts_with("t.toml"),
                Err(_) => false,
                Ok(_) => true,
            };
            prop_assert!(named, "{}", is);
        }
    }
}
