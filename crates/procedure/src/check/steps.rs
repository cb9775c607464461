//! One step: it has an owner, the parts that its kind needs, and what it names exists.

use super::Checker;
use crate::{
    effect,
    model::{FieldKind, Moment, Step, StepKind, text},
    wrong::nearest,
};

impl<'a> Checker<'a> {
    pub(super) fn step(&mut self, step: &'a Step) {
        let key = step.key.as_str();
        let owned = !matches!(step.kind, StepKind::End | StepKind::Ballot | StepKind::Opinion);
        if owned && step.owners.is_empty() {
            self.find(
                key,
                text!("Bước “{key}” không có người thực hiện.", "The step “{key}” has no owner."),
                text!(
                    "Ghi owner = \"chức-vụ@cơ-quan\" vào bước này, chẳng hạn owner = \"expert@vu-tong-hop\".",
                    "Write owner = \"position@body\" in this step, such as owner = \"expert@vu-tong-hop\"."
                ),
            );
        }
        step.owners.iter().chain(&step.escalate).for_each(|owner| self.owner(step, owner));
        self.part_of_kind(step);
        self.way_on(step);
        for document in step.needs.iter().chain(&step.writes).chain(&step.document) {
            self.has_document(key, document);
        }
        for target in step.next.iter().map(|r| &r.to).chain(&step.returns) {
            self.has_step(key, target);
        }
        self.rules(step);
        if let Some(deadline) = &step.deadline {
            match &deadline.from {
                Moment::Left(other) => self.has_step(key, other),
                Moment::Field(field) if !self.is_field(field, |kind| *kind == FieldKind::Date) => self.find_code(
                    key,
                    field,
                    text!(
                        "Thời hạn tính từ “{field}”, nhưng đó không phải trường ngày.",
                        "The deadline counts from “{field}”, which is no field of kind date."
                    ),
                    text!("Ghi mã một trường loại “date”.", "Write the key of a field of kind “date”."),
                ),
                _ => {}
            }
        }
    }

    pub(super) fn has_step(&mut self, key: &str, target: &str) {
        if self.procedure.step(target).is_none() {
            let known = nearest(target, self.procedure.steps.iter().map(|s| s.key.as_str()));
            self.find_code(
                key,
                target,
                text!("Không có bước “{target}”.", "There is no step “{target}”."),
                text!(
                    "Ghi mã một bước của quy trình này, chẳng hạn: {known}.",
                    "Write the key of a step of this procedure, such as {known}."
                ),
            );
        }
    }

    pub(super) fn has_document(&mut self, key: &str, document: &str) {
        if self.procedure.document(document).is_none() {
            self.find_code(
                key,
                document,
                text!("Không có văn bản “{document}”.", "There is no document “{document}”."),
                text!(
                    "Khai báo văn bản đó trong một mục [[documents]], hoặc sửa mã.",
                    "Declare it under [[documents]], or write another key."
                ),
            );
        }
    }

    pub(super) fn has_field(&mut self, key: &str, field: &str) {
        if self.procedure.any_field(field).is_none() {
            self.find_code(
                key,
                field,
                text!("Không có trường “{field}”.", "There is no field “{field}”."),
                text!(
                    "Khai báo trường đó trong một mục [[form]] hoặc [[steps.fields]], hoặc sửa mã.",
                    "Declare it under [[form]] or [[steps.fields]], or write another key."
                ),
            );
        }
    }

    /// Each kind of step has the parts that it needs, and can end its wait.
    fn part_of_kind(&mut self, step: &'a Step) {
        let key = step.key.as_str();
        match step.kind {
            StepKind::Sign | StepKind::Issue | StepKind::Publish if step.document.is_none() => self.find(
                key,
                text!(
                    "Bước “{key}” chưa ghi văn bản được ký, ban hành hoặc công bố.",
                    "The step “{key}” has no document to sign, issue or publish."
                ),
                text!("Ghi document = \"mã văn bản\" vào bước này.", "Write document = \"…\" in this step."),
            ),
            StepKind::Opinion => self.opinion(step),
            StepKind::Ballot | StepKind::Vote => self.ballot(step),
            StepKind::Subcase => self.opens(step),
            _ if step.subcase.is_some() => self.find(
                key,
                text!(
                    "Bước “{key}” có [steps.subcase] nhưng không thuộc loại mở hồ sơ con.",
                    "The step “{key}” has [steps.subcase], but is not of the kind that opens a case."
                ),
                text!("Ghi kind = \"subcase\", hoặc bỏ [steps.subcase].", "Write kind = \"subcase\", or remove it."),
            ),
            _ => {}
        }
    }

    fn opinion(&mut self, step: &'a Step) {
        let key = step.key.as_str();
        let Some(spec) = &step.opinion else {
            return self.find(
                key,
                text!("Bước “{key}” không hỏi ý kiến cơ quan nào.", "The step “{key}” asks nobody."),
                text!(
                    "Ghi opinion = {{ from = [\"mã cơ quan\"], positions = [\"head\"] }} vào bước này.",
                    "Write opinion = {{ from = [\"body\"], positions = [\"head\"] }} in this step."
                ),
            );
        };
        if spec.positions.is_empty() {
            self.find(
                key,
                text!("Ở bước “{key}” không ai được cho ý kiến.", "At the step “{key}” nobody may give the opinion."),
                text!("Ghi positions = [\"head\"] trong opinion.", "Write positions = [\"head\"] in opinion."),
            );
        }
        spec.from.iter().for_each(|body| self.body(step, body));
        spec.positions.iter().for_each(|position| self.position(step, position));
        if let Some(document) = &spec.document {
            self.has_document(key, document);
        }
        if step.deadline.is_none() {
            self.find(
                key,
                text!("Ý kiến ở bước “{key}” có thể không bao giờ đến.", "The opinions of “{key}” may never come."),
                text!(
                    "Ghi thời hạn (deadline) để một cơ quan không trả lời không làm hồ sơ dừng lại.",
                    "Write a deadline, so that one silent body does not stop the case."
                ),
            );
        }
    }

    fn ballot(&mut self, step: &'a Step) {
        let key = step.key.as_str();
        let Some(spec) = &step.ballot else {
            return self.find(
                key,
                text!("Bước “{key}” chưa có quy tắc biểu quyết.", "The step “{key}” has no rule for its vote."),
                text!(
                    "Ghi ballot = {{ body = \"…\", positions = [\"member\"], threshold = \"> 1/2 of all\" }} vào bước này.",
                    "Write ballot = {{ body = \"…\", positions = [\"member\"], threshold = \"> 1/2 of all\" }} in this step."
                ),
            );
        };
        self.body(step, &spec.body);
        spec.positions.iter().for_each(|position| self.position(step, position));
        if spec.positions.is_empty() {
            self.find(
                key,
                text!("Ở bước “{key}” không ai được biểu quyết.", "At the step “{key}” nobody may answer."),
                text!("Ghi positions = [\"member\"] trong ballot.", "Write positions = [\"member\"] in ballot."),
            );
        }
        if step.kind == StepKind::Ballot && step.deadline.is_none() {
            self.find(
                key,
                text!(
                    "Việc lấy phiếu ở bước “{key}” có thể không bao giờ khép lại.",
                    "The ballot “{key}” may never close."
                ),
                text!("Ghi thời hạn (deadline) vào bước này.", "Write a deadline in this step."),
            );
        }
    }

    fn opens(&mut self, step: &'a Step) {
        let key = step.key.as_str();
        let Some(spec) = &step.subcase else {
            return self.find(
                key,
                text!("Bước “{key}” không mở hồ sơ nào.", "The step “{key}” opens no case."),
                text!(
                    "Ghi subcase = {{ procedure = \"mã quy trình\" }} vào bước này.",
                    "Write subcase = {{ procedure = \"…\" }} in this step."
                ),
            );
        };
        for place in spec.title.iter().flat_map(|title| effect::places(title)) {
            self.has_field(key, place);
        }
    }

    /// An end ends, and every other step leads on.
    fn way_on(&mut self, step: &'a Step) {
        let key = step.key.as_str();
        match (step.kind, step.outcome, step.next.is_empty()) {
            (StepKind::End, None, _) => self.find(
                key,
                text!("Bước kết thúc “{key}” chưa ghi hồ sơ kết thúc thế nào.", "The end “{key}” has no outcome."),
                text!(
                    "Ghi outcome = \"done\" (hoàn thành), \"refused\" (không được chấp thuận) hoặc \"withdrawn\" (rút).",
                    "Write outcome = \"done\", \"refused\" or \"withdrawn\"."
                ),
            ),
            (StepKind::End, _, false) => self.find(
                key,
                text!("Bước kết thúc “{key}” lại dẫn đi tiếp.", "The end “{key}” leads on."),
                text!("Bỏ next của bước này.", "Remove its next."),
            ),
            (StepKind::End, _, true) => {}
            (_, _, true) => self.find(
                key,
                text!("Bước “{key}” không dẫn đến đâu.", "The step “{key}” leads nowhere."),
                text!("Ghi next = [{{ to = \"mã bước\" }}] vào bước này.", "Write next = [{{ to = \"…\" }}] in this step."),
            ),
            _ => {}
        }
    }
}
