//! Sub-cases across procedures: the other procedure is there, its opening form is given what it asks for, and nobody
//! learns by it what they need not know.

use super::Finding;
use crate::{
    effect,
    form::{self, Strictness},
    model::{Field, FieldKind, Procedure, StepKind, SubcaseSpec},
};
use serde_json::{Map, Value};
use std::sync::Arc;

/// What is wrong between a procedure and those that it opens; `find` gives the newest version of one.
pub fn subcases(procedure: &Procedure, find: impl Fn(&str) -> Option<Arc<Procedure>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in &procedure.steps {
        let Some(spec) = &step.subcase else { continue };
        let mut tell = |what: String, mend: &str| {
            findings.push(Finding { key: Some(step.key.clone()), what, mend: mend.to_owned() });
        };
        let Some(other) = find(&spec.procedure) else {
            let what = format!("{} opens a case under {}, which is not there or is refused", step.key, spec.procedure);
            tell(what, "name the id of another procedure");
            continue;
        };
        for (what, mend) in between(procedure, spec, &other) {
            tell(format!("{}: {what}", step.key), mend);
        }
    }
    findings
}

fn between(procedure: &Procedure, spec: &SubcaseSpec, other: &Procedure) -> Vec<(String, &'static str)> {
    let mut wrong = Vec::new();
    if other.grade > procedure.grade {
        let what = format!("cases under {} are more secret, and their ends would be told here", other.id);
        wrong.push((what, "raise the grade of this procedure"));
    }
    if procedure.restricted && !other.restricted && spec.title.is_none() {
        let what = format!("{} shows its cases to everyone in the house, with this case's title", other.id);
        wrong.push((what, "write title = \"…\" under subcase, without names"));
    }
    if other.first_step().kind == StepKind::Subcase {
        wrong.push((format!("{} begins by opening another case", other.id), "let it begin with somebody's work"));
    }
    for field in other.form.iter().filter(|field| field.required && !spec.fields.contains_key(&field.key)) {
        let what = format!("{} asks for {} when a case is opened", other.id, field.key);
        wrong.push((what, "give it under subcase.fields"));
    }
    for (key, template) in &spec.fields {
        match other.form.iter().find(|field| field.key == *key) {
            None => wrong.push((format!("{} has no field {key} in its opening form", other.id), "see its [[form]]")),
            Some(field) => wrong.extend(given(procedure, field, template)),
        }
    }
    wrong
}

/// A value given to a field of the other procedure.
fn given(procedure: &Procedure, field: &Field, template: &Value) -> Vec<(String, &'static str)> {
    let mut wrong = Vec::new();
    let places = effect::fields_in(template);
    for (place, optional) in &places {
        match procedure.any_field(place) {
            None => wrong.push((format!("there is no field {place}"), "declare it in the form")),
            Some(own) if !own.required && !optional => {
                wrong.push((
                    format!("{place} may be empty, and {} is given it", field.key),
                    "make it required, or write {field?}",
                ));
            }
            Some(own) if *optional && field.required => {
                wrong.push((format!("{} may get nothing from {}", field.key, own.key), "make it required"));
            }
            Some(_) => {}
        }
    }
    let whole = template.as_str().and_then(effect::whole_field).and_then(|(key, _)| procedure.any_field(key));
    match whole {
        Some(own) if !fits(&own.kind, &field.kind) => {
            wrong.push((format!("{} is of another kind than {}", own.key, field.key), "give a field of the same kind"));
        }
        Some(_) => {}
        None if places.is_empty() => {
            let value = Map::from_iter([(field.key.clone(), template.clone())]);
            if form::check(std::slice::from_ref(field), &value, Strictness::Partial).is_err() {
                wrong.push((format!("{template} cannot stand in {}", field.key), "write a value of the field's kind"));
            }
        }
        None if template.is_string() && !matches!(field.kind, FieldKind::Text | FieldKind::LongText) => {
            wrong.push((format!("{} is no text", field.key), "give one field alone: \"{field}\""));
        }
        None => {}
    }
    wrong
}

fn fits(own: &FieldKind, other: &FieldKind) -> bool {
    match (own, other) {
        (FieldKind::Text, FieldKind::LongText) => true,
        (FieldKind::Number { .. }, FieldKind::Number { .. }) => true,
        (FieldKind::Choice { options: own }, FieldKind::Choice { options: other }) => {
            own.iter().all(|option| other.iter().any(|o| o.code == option.code))
        }
        (FieldKind::List { columns: own }, FieldKind::List { columns: other }) => {
            own.len() == other.len() && own.iter().zip(other).all(|(a, b)| a.key == b.key && fits(&a.kind, &b.kind))
        }
        (own, other) => own == other,
    }
}
