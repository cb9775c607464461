//! Where a case goes from a step: its rules can be decided, and its ways back lead back.

use super::Checker;
use crate::{
    guard::{FieldGuard, Guard},
    model::{FieldKind, Step, StepKind, text},
    wrong::nearest,
};

impl<'a> Checker<'a> {
    /// Rules can be decided: each guard is about something that is there, the last rule takes the rest.
    pub(super) fn rules(&mut self, step: &'a Step) {
        let key = step.key.as_str();
        if let Some((last, before)) = step.next.split_last() {
            if last.when.is_some() {
                self.find(
                    key,
                    text!("Có trường hợp bước “{key}” không có đường đi tiếp.", "The step “{key}” may have no way on."),
                    text!(
                        "Bỏ when ở quy tắc cuối cùng: quy tắc đó dành cho mọi trường hợp còn lại.",
                        "Let the last rule have no when: it takes all other cases."
                    ),
                );
            }
            if before.iter().any(|rule| rule.when.is_none()) {
                self.find(
                    key,
                    text!(
                        "Ở bước “{key}” có quy tắc không bao giờ được xét đến.",
                        "At the step “{key}” there is a rule that is never reached."
                    ),
                    text!("Đặt quy tắc không có when ở cuối.", "Put the rule without when last."),
                );
            }
        }
        for guard in step.next.iter().flat_map(|rule| &rule.when).flat_map(Guard::each) {
            self.guard(step, guard);
        }
        step.returns.iter().for_each(|back| self.way_back(step, back));
    }

    fn way_back(&mut self, step: &'a Step, back: &str) {
        let key = step.key.as_str();
        let here = self.procedure.steps.iter().position(|s| s.key == step.key);
        let at = self.procedure.steps.iter().position(|s| s.key == back);
        if at >= here {
            self.find_code(
                key,
                back,
                text!(
                    "“{back}” không phải là bước trước bước “{key}”.",
                    "“{back}” is not an earlier step than “{key}”."
                ),
                text!("Chỉ trả lại một bước đứng trước.", "Return to an earlier step only."),
            );
        }
        let issued_between = at.zip(here).is_some_and(|(at, here)| {
            self.procedure.steps.get(at..here).is_some_and(|s| s.iter().any(|s| s.kind == StepKind::Issue))
        });
        if issued_between {
            self.find(
                key,
                text!(
                    "Bước “{key}” không thể trả lại về trước khi văn bản được ban hành.",
                    "The step “{key}” cannot return past the issue of a document."
                ),
                text!(
                    "Văn bản đã ban hành giữ nguyên giá trị; hãy ban hành văn bản đính chính, sửa đổi.",
                    "What has been issued stands; issue a correcting document instead."
                ),
            );
        }
    }

    fn guard(&mut self, step: &'a Step, guard: &'a Guard) {
        let key = step.key.as_str();
        match guard {
            Guard::Outcome(code) if step.outcomes.iter().all(|o| o.code != *code) => {
                let mend = if step.outcomes.is_empty() {
                    text!("Khai báo kết quả đó trong outcomes của bước.", "Declare it under the step's outcomes.")
                } else {
                    let known = nearest(code, step.outcomes.iter().map(|o| o.code.as_str()));
                    text!(
                        "Khai báo trong outcomes của bước, hoặc ghi một mã đã có: {known}.",
                        "Declare it under outcomes, or write one that is there: {known}."
                    )
                };
                let what = text!(
                    "Bước “{key}” không có kết quả “{code}” để chọn.",
                    "The step “{key}” has no outcome “{code}”."
                );
                self.find_code(key, code, what, mend);
            }
            Guard::Ballot(_) if step.ballot.is_none() => self.find(
                key,
                text!("Bước “{key}” không có biểu quyết để xét.", "The step “{key}” has no ballot to ask about."),
                text!("Đặt điều kiện này ở bước biểu quyết.", "Ask at the step of the ballot."),
            ),
            Guard::Opinions(_) if step.opinion.is_none() => self.find(
                key,
                text!("Bước “{key}” không có ý kiến để xét.", "The step “{key}” has no opinions to ask about."),
                text!("Đặt điều kiện này ở bước lấy ý kiến.", "Ask at the step of the opinions."),
            ),
            Guard::DeadlinePassed(_) if step.deadline.is_none() => self.find(
                key,
                text!("Bước “{key}” không có thời hạn để xét.", "The step “{key}” has no deadline to ask about."),
                text!("Ghi thời hạn (deadline) vào bước này.", "Write a deadline in this step."),
            ),
            Guard::Subcase(_) if step.subcase.as_ref().is_none_or(|spec| !spec.wait) => self.find(
                key,
                text!(
                    "Bước “{key}” không chờ hồ sơ con nào để xét.",
                    "The step “{key}” waits for no case to ask about."
                ),
                text!("Đặt điều kiện này ở bước chờ hồ sơ con.", "Ask at the step that waits for it."),
            ),
            Guard::Document(guard) => self.has_document(key, &guard.key),
            Guard::Field(guard) => self.field_guard(step, guard),
            Guard::All(guards) | Guard::Any(guards) if guards.is_empty() => self.find(
                key,
                text!("Một điều kiện all hoặc any không gồm gì cả.", "A condition all or any joins nothing."),
                text!("Ghi ít nhất một điều kiện vào trong đó.", "Write at least one condition in it."),
            ),
            _ => {}
        }
    }

    fn field_guard(&mut self, step: &'a Step, guard: &'a FieldGuard) {
        let (key, asked) = (step.key.as_str(), guard.key.as_str());
        let Some(field) = self.procedure.any_field(asked) else { return self.has_field(key, asked) };
        let questions = [guard.is.is_some(), guard.at_least.is_some(), guard.filled.is_some()];
        if questions.iter().filter(|asked| **asked).count() != 1 {
            self.find_code(
                key,
                asked,
                text!(
                    "Điều kiện về trường “{asked}” phải hỏi đúng một điều.",
                    "The condition about the field “{asked}” must ask exactly one thing."
                ),
                text!("Ghi một trong ba: is, at-least hoặc filled.", "Write one of is, at-least and filled."),
            );
        }
        if guard.at_least.is_some() && !matches!(field.kind, FieldKind::Number { .. }) {
            self.find_code(
                key,
                asked,
                text!("Trường “{asked}” không phải là số.", "The field “{asked}” is no number."),
                text!("Chỉ dùng at-least cho trường loại “number”.", "Ask at-least of fields of kind “number” only."),
            );
        }
        if let (FieldKind::Choice { options }, Some(is)) = (&field.kind, &guard.is)
            && options.iter().all(|o| is.as_str() != Some(&o.code))
        {
            let known = nearest(is.as_str().unwrap_or_default(), options.iter().map(|o| o.code.as_str()));
            self.find_code(
                key,
                asked,
                text!("Trường “{asked}” không có lựa chọn {is}.", "The field “{asked}” has no option {is}."),
                text!("Ghi một trong các lựa chọn: {known}.", "Write one of its options: {known}."),
            );
        }
    }
}
