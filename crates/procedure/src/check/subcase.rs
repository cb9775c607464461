//! Sub-cases across procedures: the other procedure is there, its opening form is given what it asks for, and nobody
//! learns by it what they need not know.

use super::Finding;
use crate::{
    effect,
    form::{self, Strictness},
    model::{Field, FieldKind, Procedure, StepKind, SubcaseSpec, Text, text},
};
use serde_json::{Map, Value};
use std::sync::Arc;

/// What is wrong, and how to mend it.
type Found = (Text, Text);

/// What is wrong between a procedure and those that it opens; `find` gives the newest version of one.
pub fn subcases(procedure: &Procedure, find: impl Fn(&str) -> Option<Arc<Procedure>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in &procedure.steps {
        let Some(spec) = &step.subcase else { continue };
        let found = match find(&spec.procedure) {
            Some(other) => between(procedure, spec, &other),
            None => vec![(
                text!(
                    "Bước “{key}” mở hồ sơ theo quy trình “{id}”, nhưng quy trình đó không có hoặc bị loại.",
                    "The step “{key}” opens a case under “{id}”, which is not there or is refused.",
                    key = step.key,
                    id = spec.procedure
                ),
                text!("Ghi mã một quy trình khác đang dùng được.", "Name the id of another procedure."),
            )],
        };
        let key = Some(step.key.clone());
        findings.extend(found.into_iter().map(|(what, mend)| Finding { key: key.clone(), code: None, what, mend }));
    }
    findings
}

fn between(procedure: &Procedure, spec: &SubcaseSpec, other: &Procedure) -> Vec<Found> {
    let mut wrong = Vec::new();
    let id = other.id.as_str();
    if other.grade > procedure.grade {
        wrong.push((
            text!(
                "Hồ sơ theo quy trình “{id}” có độ mật cao hơn, mà kết quả của chúng lại hiện ở đây.",
                "Cases under “{id}” are more secret, and their ends would be told here."
            ),
            text!("Nâng độ mật (grade) của quy trình này.", "Raise the grade of this procedure."),
        ));
    }
    if procedure.restricted && !other.restricted && spec.title.is_none() {
        wrong.push((
            text!(
                "Hồ sơ theo quy trình “{id}” hiện cho mọi người trong cơ quan, mang theo tên của hồ sơ này.",
                "“{id}” shows its cases to everyone in the house, with this case's title."
            ),
            text!(
                "Ghi title = \"…\" trong subcase, không nêu tên người.",
                "Write title = \"…\" under subcase, without names."
            ),
        ));
    }
    if other.first_step().kind == StepKind::Subcase {
        wrong.push((
            text!(
                "Quy trình “{id}” vừa bắt đầu đã mở hồ sơ khác.",
                "The procedure “{id}” begins by opening another case."
            ),
            text!("Cho quy trình đó bắt đầu bằng việc của một người.", "Let it begin with somebody's work."),
        ));
    }
    for field in other.form.iter().filter(|field| field.required && !spec.fields.contains_key(&field.key)) {
        wrong.push((
            text!(
                "Quy trình “{id}” đòi hỏi trường “{key}” khi mở hồ sơ.",
                "The procedure “{id}” asks for the field “{key}” when a case is opened.",
                key = field.key
            ),
            text!("Ghi trường đó trong subcase.fields.", "Give it under subcase.fields."),
        ));
    }
    for (key, template) in &spec.fields {
        match other.form.iter().find(|field| field.key == *key) {
            Some(field) => wrong.extend(given(procedure, field, template)),
            None => wrong.push((
                text!(
                    "Biểu mẫu mở hồ sơ của quy trình “{id}” không có trường “{key}”.",
                    "The procedure “{id}” has no field “{key}” in its opening form."
                ),
                text!("Xem các mục [[form]] của quy trình đó.", "See its [[form]]."),
            )),
        }
    }
    wrong
}

/// A value given to a field of the other procedure.
fn given(procedure: &Procedure, field: &Field, template: &Value) -> Vec<Found> {
    let mut wrong = Vec::new();
    let key = field.key.as_str();
    let places = effect::fields_in(template);
    for (place, optional) in &places {
        match procedure.any_field(place) {
            None => wrong.push((
                text!("Không có trường “{place}”.", "There is no field “{place}”."),
                text!(
                    "Khai báo trường đó trong một mục [[form]] hoặc [[steps.fields]], hoặc sửa mã.",
                    "Declare it under [[form]] or [[steps.fields]], or write another key."
                ),
            )),
            Some(own) if !own.required && !optional => wrong.push((
                text!(
                    "Trường “{place}” có thể để trống mà trường “{key}” lấy từ đó.",
                    "The field “{place}” may be empty, and “{key}” is given it."
                ),
                text!(
                    "Ghi required = true cho trường đó, hoặc ghi {{{place}?}}.",
                    "Write required = true for the field, or write {{{place}?}}."
                ),
            )),
            Some(own) if *optional && field.required => wrong.push((
                text!(
                    "Trường bắt buộc “{key}” có thể không nhận được gì từ “{own}”.",
                    "The required field “{key}” may get nothing from “{own}”.",
                    own = own.key
                ),
                text!("Ghi required = true cho trường “{own}”.", "Write required = true for “{own}”.", own = own.key),
            )),
            Some(_) => {}
        }
    }
    let whole = template.as_str().and_then(effect::whole_field).and_then(|(key, _)| procedure.any_field(key));
    match whole {
        Some(own) if !fits(&own.kind, &field.kind) => wrong.push((
            text!(
                "Trường “{own}” ở đây và trường “{key}” của quy trình kia khác loại.",
                "The field “{own}” here and the field “{key}” there are of different kinds.",
                own = own.key
            ),
            text!("Lấy từ một trường cùng loại.", "Give a field of the same kind."),
        )),
        Some(_) => {}
        None if places.is_empty() => {
            let value = Map::from_iter([(field.key.clone(), template.clone())]);
            if form::check(std::slice::from_ref(field), &value, Strictness::Partial).is_err() {
                wrong.push((
                    text!(
                        "Không thể điền {template} vào trường “{key}”.",
                        "{template} cannot stand in the field “{key}”."
                    ),
                    text!("Ghi một giá trị đúng loại của trường.", "Write a value of the field's kind."),
                ));
            }
        }
        None if template.is_string() && !matches!(field.kind, FieldKind::Text | FieldKind::LongText) => {
            wrong.push((
                text!("Trường “{key}” không phải là chữ tự do.", "The field “{key}” is no text."),
                text!("Chỉ ghi một trường: \"{{mã trường}}\".", "Give one field alone: \"{{field}}\"."),
            ));
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
