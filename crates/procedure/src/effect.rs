//! Effects: what an issued document changes outside its case. Declared in the procedure, shown before signing,
//! declared as an act, carried out by the directory.

use crate::{
    Refusal,
    model::{EffectSpec, Procedure, Text},
    state::CaseState,
};
use kernel::Day;
use serde_json::{Map, Value};

/// The kinds of effects with the parameters that each must have.
pub const KINDS: &[(&str, &[&str])] = &[
    ("end-position", &["person", "body", "position", "from"]),
    ("establish-body", &["body", "members"]),
    ("assign-deputy", &["person", "body", "from"]),
    ("end-bodies", &["bodies", "to", "what"]),
    ("declare-indicators", &["targets"]),
];

/// An effect with its parameters bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The key of its declaration.
    pub key: String,
    /// `{"kind": "end-position", "person": …}`.
    pub effect: Value,
    /// In one sentence. People and bodies stand as their codes; the directory's own preview names them.
    pub says: Text,
}

/// The effects that will happen, as far as the case has got: to be shown before signing.
///
/// # Errors
/// `case-effect-unbound` when a field that an effect needs is not filled in.
pub fn bound(procedure: &Procedure, state: &CaseState) -> Result<Vec<Bound>, Refusal> {
    procedure.effects.iter().map(|spec| bind(spec, &state.fields)).collect()
}

/// Binds one effect.
pub(crate) fn bind(spec: &EffectSpec, fields: &Map<String, Value>) -> Result<Bound, Refusal> {
    let unbound = |field: String| Refusal::rule("case-effect-unbound").arg("effect", &spec.key).arg("field", field);
    let mut effect = Map::new();
    effect.insert("kind".to_owned(), Value::String(spec.kind.clone()));
    for (name, template) in &spec.with {
        if let Some(value) = fill(template, fields).map_err(unbound)? {
            effect.insert(name.clone(), value);
        }
    }
    let says = |text: &str| words(text, fields);
    Ok(Bound {
        key: spec.key.clone(),
        effect: Value::Object(effect),
        says: Text { vi: says(&spec.says.vi), en: says(&spec.says.en) },
    })
}

/// A template with its fields filled in; the key of a missing field as the error. `{field?}` may be missing.
pub(crate) fn fill(template: &Value, fields: &Map<String, Value>) -> Result<Option<Value>, String> {
    Ok(Some(match template {
        Value::String(text) => match whole_field(text) {
            Some((key, optional)) => match fields.get(key) {
                Some(value) => value.clone(),
                None if optional => return Ok(None),
                None => return Err(key.to_owned()),
            },
            None => {
                if let Some(key) = places(text).into_iter().find(|key| !fields.contains_key(*key)) {
                    return Err(key.to_owned());
                }
                Value::String(words(text, fields))
            }
        },
        Value::Array(items) => {
            let mut out = Vec::with_capacity(items.len());
            for item in items {
                out.extend(fill(item, fields)?);
            }
            Value::Array(out)
        }
        Value::Object(entries) => {
            let mut out = Map::new();
            for (key, item) in entries {
                if let Some(value) = fill(item, fields)? {
                    out.insert(key.clone(), value);
                }
            }
            Value::Object(out)
        }
        other => other.clone(),
    }))
}

/// `{field}` or `{field?}` and nothing else.
pub(crate) fn whole_field(text: &str) -> Option<(&str, bool)> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let (key, optional) = inner.strip_suffix('?').map_or((inner, false), |key| (key, true));
    (!key.contains(['{', '}'])).then_some((key, optional))
}

/// The keys of the fields named in a text.
pub(crate) fn places(text: &str) -> Vec<&str> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((key, tail)) = after.split_once('}') else { break };
        keys.push(key.trim_end_matches('?'));
        rest = tail;
    }
    keys
}

/// Every field named anywhere in a template, with whether it may be missing.
pub(crate) fn fields_in(template: &Value) -> Vec<(&str, bool)> {
    match template {
        Value::String(text) => match whole_field(text) {
            Some(found) => vec![found],
            None => places(text).into_iter().map(|key| (key, false)).collect(),
        },
        Value::Array(items) => items.iter().flat_map(fields_in).collect(),
        Value::Object(entries) => entries.values().flat_map(fields_in).collect(),
        _ => Vec::new(),
    }
}

/// A text with its fields in words; what is missing stands as `…`.
pub(crate) fn words(text: &str, fields: &Map<String, Value>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((key, tail)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str(&fields.get(key.trim_end_matches('?')).map_or_else(|| "…".to_owned(), word));
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => Day::parse(text).map_or_else(|_| text.clone(), Day::short),
        Value::Array(items) => items.iter().map(word).collect::<Vec<_>>().join(", "),
        Value::Object(entries) => entries.values().map(word).collect::<Vec<_>>().join(" – "),
        other => other.to_string(),
    }
}
