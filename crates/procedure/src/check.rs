//! Checking a procedure before anybody works by it.
//!
//! Two parts. The references: every body, position, paper, register, field, document and step that is named exists.
//! The soundness, by exploring the steps: every step can be reached, from every step an end can be reached, no step is
//! without an owner, and nothing waits for ever without somebody who owns the wait or a deadline.

mod documents;
mod owners;
mod rules;
mod steps;
mod subcase;

use crate::{
    explore,
    model::{Field, FieldKind, Procedure, Step, StepKind, Text, text},
    references::References,
};
use std::collections::BTreeSet;

pub use subcase::subcases;

/// Something that must be mended before the procedure can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The key of the step, field, document or effect; none when it is about the whole.
    pub key: Option<String>,
    /// The code within it that is wrong, where one is.
    pub code: Option<String>,
    /// What is wrong, a sentence.
    pub what: Text,
    /// How to mend it, a sentence.
    pub mend: Text,
}

/// Everything that is wrong with a procedure; empty when it can run.
pub fn check(procedure: &Procedure, references: &References) -> Vec<Finding> {
    let mut checker = Checker { procedure, references, findings: Vec::new() };
    checker.keys();
    checker.words();
    procedure.steps.iter().for_each(|step| checker.step(step));
    checker.documents();
    checker.effects();
    // Where a way leads nowhere, what cannot be reached is no news.
    let leads = |step: &Step| step.kind == StepKind::End || !step.next.is_empty();
    let known = |step: &Step| step.next.iter().all(|rule| procedure.step(&rule.to).is_some());
    if procedure.steps.iter().all(|step| leads(step) && known(step)) {
        checker.reach();
    }
    if checker.findings.is_empty() {
        checker.findings = explore::explore(procedure);
    }
    checker.findings
}

/// The steps (by place) that a case at the step with this place can still come to, over all rules and returns.
pub(crate) fn reachable_from(procedure: &Procedure, from: usize) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        let Some(step) = procedure.steps.get(at) else { continue };
        let targets = step.next.iter().map(|rule| &rule.to).chain(&step.returns);
        for to in targets.filter_map(|key| procedure.steps.iter().position(|s| s.key == *key)) {
            if seen.insert(to) {
                open.push(to);
            }
        }
    }
    seen
}

struct Checker<'a> {
    procedure: &'a Procedure,
    references: &'a References,
    findings: Vec<Finding>,
}

impl<'a> Checker<'a> {
    fn find(&mut self, key: &str, what: Text, mend: Text) {
        self.findings.push(Finding { key: Some(key.to_owned()), code: None, what, mend });
    }

    /// The same, about a code that stands within the item.
    fn find_code(&mut self, key: &str, code: &str, what: Text, mend: Text) {
        self.findings.push(Finding { key: Some(key.to_owned()), code: Some(code.to_owned()), what, mend });
    }

    fn keys(&mut self) {
        let procedure = self.procedure;
        let groups: [(&str, &str, Vec<&str>); 4] = [
            ("bước", "steps", procedure.steps.iter().map(|s| s.key.as_str()).collect()),
            ("văn bản", "documents", procedure.documents.iter().map(|d| d.key.as_str()).collect()),
            ("hệ quả", "effects", procedure.effects.iter().map(|e| e.key.as_str()).collect()),
            ("trường", "fields", self.fields().map(|f| f.key.as_str()).collect()),
        ];
        for (vi, en, keys) in groups {
            let mut seen = BTreeSet::new();
            for key in keys {
                if !seen.insert(key) {
                    let what = Text {
                        vi: format!("Có nhiều hơn một {vi} mang mã “{key}”."),
                        en: format!("Several {en} have the key “{key}”."),
                    };
                    self.find(key, what, text!("Đặt cho mỗi mục một mã riêng.", "Give each its own key."));
                }
            }
        }
    }

    fn fields(&self) -> impl Iterator<Item = &'a Field> + use<'a> {
        self.procedure.form.iter().chain(self.procedure.steps.iter().flat_map(|s| &s.fields))
    }

    fn is_field(&self, key: &str, fits: impl Fn(&FieldKind) -> bool) -> bool {
        self.procedure.any_field(key).is_some_and(|field| fits(&field.kind))
    }

    /// Vietnamese is there, in NFC, and both languages are.
    fn words(&mut self) {
        let procedure = self.procedure;
        let mut texts = vec![(None, &procedure.title)];
        texts.extend(procedure.steps.iter().map(|s| (Some(s.key.as_str()), &s.title)));
        texts.extend(procedure.documents.iter().map(|d| (Some(d.key.as_str()), &d.title)));
        texts.extend(self.fields().map(|f| (Some(f.key.as_str()), &f.label)));
        for (key, text) in texts {
            let mut find =
                |what, mend| self.findings.push(Finding { key: key.map(str::to_owned), code: None, what, mend });
            if text.vi.trim().is_empty() || text.en.trim().is_empty() {
                find(
                    text!("Tên gọi thiếu một trong hai ngôn ngữ.", "A name is missing in one of the languages."),
                    text!("Ghi cả vi (tiếng Việt) và en (tiếng Anh).", "Write both vi and en."),
                );
            }
            if kernel::text::nfc(&text.vi) != text.vi {
                find(
                    text!(
                        "Chữ tiếng Việt “{vi}” không ở dạng dựng sẵn (NFC).",
                        "The Vietnamese text “{vi}” is not composed (NFC).",
                        vi = text.vi
                    ),
                    text!(
                        "Gõ lại bằng bộ gõ Unicode dựng sẵn.",
                        "Type it again with a keyboard that composes marks (Unicode dựng sẵn)."
                    ),
                );
            }
        }
        if procedure.basis.is_empty() {
            self.findings.push(Finding {
                key: None,
                code: None,
                what: text!("Quy trình chưa ghi căn cứ pháp lý.", "No legal basis is named."),
                mend: text!("Ghi basis = [\"số hiệu văn bản\"] ở đầu.", "Write basis = [\"…\"] at the top."),
            });
        }
    }

    /// Every step can be reached; from every step an end can be.
    fn reach(&mut self) {
        let procedure = self.procedure;
        let from_start = reachable_from(procedure, 0);
        for (at, step) in procedure.steps.iter().enumerate() {
            let key = step.key.as_str();
            if at > 0 && !from_start.contains(&at) {
                self.find(
                    key,
                    text!("Không có đường nào dẫn đến bước “{key}”.", "No way leads to the step “{key}”."),
                    text!("Cho một bước chuyển đến bước này, hoặc bỏ nó.", "Let a step go there, or remove it."),
                );
            }
            let is_end = |at: &usize| procedure.steps.get(*at).is_some_and(|s| s.kind == StepKind::End);
            if step.kind != StepKind::End && !reachable_from(procedure, at).iter().any(is_end) {
                self.find(
                    key,
                    text!(
                        "Từ bước “{key}” không đến được bước kết thúc nào.",
                        "From the step “{key}” no end can be reached."
                    ),
                    text!("Cho bước này dẫn đến một bước kết thúc.", "Let it lead to an end."),
                );
            }
        }
    }
}
