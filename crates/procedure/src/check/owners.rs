//! Who does a step: the position, body, person or duty exists, and whoever a field names is named in time.

use super::Checker;
use crate::{
    model::{BodyRef, FieldKind, Owner, Step, text},
    wrong::nearest,
};

impl<'a> Checker<'a> {
    pub(super) fn owner(&mut self, step: &'a Step, owner: &'a Owner) {
        match owner {
            Owner::Position { position, body } => {
                self.position(step, position);
                self.body(step, body);
            }
            Owner::Person { field } => {
                if self.is_field(field, |kind| *kind == FieldKind::Person) {
                    self.bound_in_time(step, field);
                } else {
                    self.find_code(
                        &step.key,
                        field,
                        text!("Trường “{field}” không chỉ ra người nào.", "The field “{field}” names no person."),
                        text!(
                            "Khai báo trường loại “person” với mã đó.",
                            "Declare a field of kind “person” with this key."
                        ),
                    );
                }
            }
            Owner::System { duty } => {
                if !self.references.duties.contains_key(duty) {
                    let known = nearest(duty, self.references.duties.keys().map(String::as_str));
                    self.find_code(
                        &step.key,
                        duty,
                        text!("Chương trình không có nhiệm vụ “{duty}”.", "The program has no duty “{duty}”."),
                        text!("Ghi một trong các nhiệm vụ: {known}.", "Write one of: {known}."),
                    );
                }
            }
        }
    }

    pub(super) fn position(&mut self, step: &'a Step, position: &str) {
        let positions = &self.references.positions;
        if !positions.contains_key(position) {
            let known = nearest(position, positions.keys().map(String::as_str).filter(|code| !code.contains('@')));
            self.find_code(
                &step.key,
                position,
                text!("Không có chức vụ “{position}”.", "There is no position “{position}”."),
                text!("Ghi mã một chức vụ, chẳng hạn: {known}.", "Write the code of a position, such as {known}."),
            );
        }
    }

    pub(super) fn body(&mut self, step: &'a Step, body: &'a BodyRef) {
        match body {
            BodyRef::Code(code) => self.body_code(&step.key, code),
            BodyRef::Field(field) => {
                if self.is_field(field, |kind| matches!(kind, FieldKind::Body | FieldKind::Bodies)) {
                    self.bound_in_time(step, field);
                } else {
                    self.find_code(
                        &step.key,
                        field,
                        text!("Trường “{field}” không chỉ ra cơ quan nào.", "The field “{field}” names no body."),
                        text!(
                            "Khai báo trường loại “body” hoặc “bodies” với mã đó.",
                            "Declare a field of kind “body” or “bodies” with this key."
                        ),
                    );
                }
            }
        }
    }

    pub(super) fn body_code(&mut self, key: &str, code: &str) {
        if self.references.body(code).is_none() {
            let bodies = self.references.bodies.keys().map(String::as_str);
            let known = nearest(code, bodies.filter(|code| !code.ends_with('*')));
            self.find_code(
                key,
                code,
                text!("Không có cơ quan, đơn vị “{code}”.", "There is no body “{code}”."),
                text!("Ghi mã một cơ quan, đơn vị, chẳng hạn: {known}.", "Write the code of a body, such as {known}."),
            );
        }
    }

    /// A field that names an owner is required, and filled in before the step that it owns; an optional one may name
    /// bodies that are asked for an opinion (then nobody is asked).
    fn bound_in_time(&mut self, step: &'a Step, field: &str) {
        let procedure = self.procedure;
        let at = |wanted: &str| procedure.steps.iter().position(|s| s.key == wanted);
        let in_form = procedure.form.iter().any(|f| f.key == *field);
        let asks = |s: &Step| s.fields.iter().any(|f| f.key == *field);
        let earlier = procedure.steps.iter().any(|s| asks(s) && at(&s.key) < at(&step.key));
        let key = step.key.as_str();
        if !in_form && !earlier {
            self.find(
                key,
                text!(
                    "Trường “{field}” chưa được điền trước bước “{key}”.",
                    "The field “{field}” is not filled in before the step “{key}”."
                ),
                text!(
                    "Đưa trường đó vào biểu mẫu mở hồ sơ hoặc một bước trước.",
                    "Put the field into the opening form or an earlier step."
                ),
            );
        }
        let required = procedure.any_field(field).is_some_and(|field| field.required);
        let only_asked = step.opinion.as_ref().is_some_and(|o| o.from.contains(&BodyRef::Field(field.to_owned())));
        if !required && !only_asked {
            self.find(
                key,
                text!(
                    "Trường “{field}” có thể để trống, khi đó bước “{key}” không có người thực hiện.",
                    "The field “{field}” may be empty, and then nobody owns the step “{key}”."
                ),
                text!("Ghi required = true cho trường đó.", "Write required = true for the field."),
            );
        }
    }
}
