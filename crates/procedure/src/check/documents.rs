//! Documents and effects: what is signed, issued and carried out is declared, and there in time.

use super::Checker;
use crate::{
    effect,
    model::{DocumentSpec, Procedure, Step, StepKind, text},
    wrong::nearest,
};
use std::collections::BTreeSet;

impl<'a> Checker<'a> {
    pub(super) fn documents(&mut self) {
        let procedure = self.procedure;
        for document in &procedure.documents {
            self.named(document);
            self.used(document);
        }
        self.documents_in_time();
    }

    /// What a document names exists.
    fn named(&mut self, document: &'a DocumentSpec) {
        let (key, references) = (document.key.as_str(), self.references);
        if let Some(paper) = document.paper.as_ref().filter(|p| !references.papers.contains_key(*p)) {
            let known = nearest(paper, references.papers.keys().map(String::as_str));
            self.find_code(
                key,
                paper,
                text!("Không có mẫu văn bản “{paper}”.", "There is no paper form “{paper}”."),
                text!("Ghi một trong các mẫu, chẳng hạn: {known}.", "Write the code of a form, such as {known}."),
            );
        }
        if let Some(register) = document.register.as_ref().filter(|r| !references.registers.contains_key(*r)) {
            let known = nearest(register, references.registers.keys().map(String::as_str));
            self.find_code(
                key,
                register,
                text!("Không có sổ đăng ký số “{register}”.", "There is no number register “{register}”."),
                text!("Ghi mã một sổ, chẳng hạn: {known}.", "Write the code of a register, such as {known}."),
            );
        }
        if let Some(issuer) = document.issuer.as_ref().filter(|issuer| !issuer.starts_with('{')) {
            self.body_code(key, issuer);
        }
    }

    /// A document comes from somewhere, and has what signing and issuing it need.
    fn used(&mut self, document: &'a DocumentSpec) {
        let (key, steps) = (document.key.as_str(), &self.procedure.steps);
        let comes = |s: &Step| {
            s.writes.contains(&document.key)
                || s.opinion.as_ref().is_some_and(|o| o.document.as_ref() == Some(&document.key))
        };
        let at = |kind: StepKind| steps.iter().any(|s| s.kind == kind && s.document.as_ref() == Some(&document.key));
        if !steps.iter().any(comes) {
            self.find(
                key,
                text!(
                    "Không ai soạn hoặc đính kèm văn bản “{key}”.",
                    "Nobody writes or attaches the document “{key}”."
                ),
                text!(
                    "Ghi mã văn bản vào writes của bước làm ra nó.",
                    "Name it under writes of the step where it comes."
                ),
            );
        }
        if at(StepKind::Sign) && document.paper.is_none() {
            self.find(
                key,
                text!(
                    "Văn bản “{key}” được ký nhưng không có mẫu văn bản.",
                    "The document “{key}” is signed without a paper form."
                ),
                text!(
                    "Ghi paper = \"mã mẫu\": chỉ ký văn bản được soạn tại đây.",
                    "Write paper = \"…\": only a text that is written here is signed."
                ),
            );
        }
        if at(StepKind::Issue) && (document.register.is_none() || document.issuer.is_none()) {
            self.find(
                key,
                text!(
                    "Văn bản “{key}” được ban hành nhưng thiếu sổ đăng ký số hoặc cơ quan ban hành.",
                    "The document “{key}” is issued without a register or issuer."
                ),
                text!("Ghi cả register và issuer cho văn bản đó.", "Write both register and issuer."),
            );
        }
    }

    /// What a step needs, signs, issues or publishes was written on every way to it.
    fn documents_in_time(&mut self) {
        let procedure = self.procedure;
        for step in &procedure.steps {
            let wanted: BTreeSet<&String> = match step.kind {
                StepKind::Sign | StepKind::Issue | StepKind::Publish => {
                    step.needs.iter().chain(&step.document).collect()
                }
                _ => step.needs.iter().filter(|key| !step.writes.contains(key)).collect(),
            };
            for document in wanted.into_iter().filter(|document| reaches_without(procedure, &step.key, document)) {
                let key = step.key.as_str();
                self.find(
                    key,
                    text!(
                        "Khi đến bước “{key}” có thể chưa có văn bản “{document}”.",
                        "The document “{document}” may be missing at the step “{key}”."
                    ),
                    text!(
                        "Trên mọi đường đến bước “{key}”, cho một bước cần (needs) văn bản “{document}”.",
                        "Let a step on every way to “{key}” need (needs) “{document}”."
                    ),
                );
            }
        }
    }

    pub(super) fn effects(&mut self) {
        let procedure = self.procedure;
        for spec in &procedure.effects {
            let key = spec.key.as_str();
            self.has_step(key, &spec.after);
            let template = serde_json::Value::Object(spec.with.clone());
            for (field, optional) in effect::fields_in(&template) {
                match procedure.any_field(field) {
                    None => self.has_field(key, field),
                    Some(declared) if !optional && !declared.required => self.find(
                        key,
                        text!(
                            "Trường “{field}” có thể để trống mà hệ quả “{key}” cần nó.",
                            "The field “{field}” may be empty, and the effect “{key}” needs it."
                        ),
                        text!(
                            "Ghi required = true cho trường đó, hoặc ghi {{{field}?}}.",
                            "Write required = true for the field, or write {{{field}?}}."
                        ),
                    ),
                    Some(_) => {}
                }
            }
            let places: BTreeSet<&str> =
                effect::places(&spec.says.vi).into_iter().chain(effect::places(&spec.says.en)).collect();
            places.into_iter().for_each(|place| self.has_field(key, place));
        }
    }
}

/// Whether a case can come to `target` without a step that makes sure of the document (needs it) on its way.
fn reaches_without(procedure: &Procedure, target: &str, document: &str) -> bool {
    let sure = |step: &Step| step.needs.iter().any(|key| key == document);
    let mut seen = BTreeSet::from([0]);
    let mut open = vec![0];
    while let Some(at) = open.pop() {
        let Some(step) = procedure.steps.get(at) else { continue };
        if step.key == target {
            return true;
        }
        if sure(step) {
            continue;
        }
        for rule in &step.next {
            if let Some(to) = procedure.steps.iter().position(|s| s.key == rule.to)
                && seen.insert(to)
            {
                open.push(to);
            }
        }
    }
    false
}
