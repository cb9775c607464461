//! Whether a running case can go on under another version of its procedure, and the move itself.
//!
//! A case fits when the engine can show that nothing of it is lost and that it cannot get stuck: its step is there and
//! of the same kind, what is running at it (a round of opinions, a ballot, a sub-case) is asked for in the same way,
//! its documents are declared, everything that a later step needs is there or comes on every way to it, nothing that
//! has happened for good would happen again, and nothing newly declared would be passed by. When in doubt, it does not fit.

use crate::{
    check::reachable_from,
    command::World,
    effect,
    event::{Event, ProcedureChanged},
    form::{self, Strictness},
    model::{BodyRef, Owner, Procedure, Step, StepKind, Text},
    state::{CaseState, DocumentStage, Status},
};
use serde_json::Map;
use std::collections::BTreeSet;

/// One reason why a case does not fit, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit(pub Text);

struct Fitter<'a> {
    old: &'a Procedure,
    new: &'a Procedure,
    state: &'a CaseState,
    /// The step of the case, by its place in the new version.
    here: usize,
    /// Where the case can still come, with where it is; over rules and returns.
    ahead: BTreeSet<usize>,
    misfits: Vec<Misfit>,
}

/// Everything that keeps a case under `old` from going on under `new`; empty when it fits.
pub fn fit(old: &Procedure, new: &Procedure, state: &CaseState) -> Vec<Misfit> {
    let say = |vi: &str, en: &str| vec![Misfit(Text { vi: vi.to_owned(), en: en.to_owned() })];
    if state.status != Status::Open {
        return say("Hồ sơ không còn mở.", "The case is not open.");
    }
    if old.id != new.id || state.procedure.as_ref() != Some(&old.reference()) {
        return say("Hồ sơ theo một quy trình khác.", "The case follows another procedure.");
    }
    if old.version == new.version {
        return say("Hồ sơ đã theo phiên bản này.", "The case follows this version already.");
    }
    let (Some(from), Some(here)) = (old.step(&state.step), new.steps.iter().position(|s| s.key == state.step)) else {
        return vec![Misfit(Text {
            vi: format!("Phiên bản mới không có bước “{}” mà hồ sơ đang ở đó.", title(old, &state.step).vi),
            en: format!("The new version has no step “{}”, at which the case stands.", title(old, &state.step).en),
        })];
    };
    let mut ahead = reachable_from(new, here);
    ahead.insert(here);
    let mut fitter = Fitter { old, new, state, here, ahead, misfits: Vec::new() };
    fitter.present(from);
    fitter.documents();
    fitter.fields();
    fitter.once();
    fitter.misfits
}

fn title(procedure: &Procedure, key: &str) -> Text {
    procedure.step(key).map_or_else(|| Text { vi: key.to_owned(), en: key.to_owned() }, |step| step.title.clone())
}

impl<'a> Fitter<'a> {
    fn misfit(&mut self, vi: String, en: String) {
        let misfit = Misfit(Text { vi, en });
        if !self.misfits.contains(&misfit) {
            self.misfits.push(misfit);
        }
    }

    fn steps_ahead(&self) -> impl Iterator<Item = &'a Step> + use<'a> {
        let (new, ahead) = (self.new, self.ahead.clone());
        ahead.into_iter().filter_map(move |at| new.steps.get(at))
    }

    /// What is under way at the step goes on as it was begun.
    fn present(&mut self, from: &Step) {
        let Some(to) = self.new.steps.get(self.here) else { return };
        let name = to.title.clone();
        let same = match (from.kind, to.kind) {
            (old, new) if old != new => {
                return self.misfit(
                    format!("Bước “{}” mà hồ sơ đang ở đã thành loại bước khác.", name.vi),
                    format!("The step “{}”, at which the case stands, has become another kind of step.", name.en),
                );
            }
            (StepKind::Opinion, _) => from.opinion == to.opinion && from.deadline == to.deadline,
            (StepKind::Ballot | StepKind::Vote, _) => {
                let rule = |step: &Step| {
                    step.ballot.as_ref().map(|b| (b.body.clone(), b.positions.clone(), b.answers.clone(), b.threshold))
                };
                rule(from) == rule(to) && from.deadline == to.deadline
            }
            (StepKind::Subcase, _) => {
                let asked = |s: &Step| {
                    s.subcase.as_ref().map(|c| (c.procedure.clone(), c.title.clone(), c.wait, c.fields.clone()))
                };
                asked(from) == asked(to)
            }
            _ => from.document == to.document,
        };
        if !same {
            self.misfit(
                format!(
                    "Việc đang làm ở bước “{}” (hỏi ý kiến, biểu quyết, hồ sơ con hoặc văn bản) đã quy định khác.",
                    name.vi
                ),
                format!(
                    "What is under way at “{}” (opinions, vote, sub-case or document) is ruled otherwise.",
                    name.en
                ),
            );
        }
        if self.new.grade > self.state.grade {
            self.misfit(
                "Phiên bản mới có độ mật cao hơn độ mật của hồ sơ.".to_owned(),
                "The new version has a higher secrecy grade than the case.".to_owned(),
            );
        }
        if self.new.restricted != self.old.restricted {
            self.misfit(
                "Phiên bản mới đổi phạm vi người được xem hồ sơ.".to_owned(),
                "The new version changes who may see the case.".to_owned(),
            );
        }
    }

    fn documents(&mut self) {
        for key in self.state.documents.keys() {
            if self.new.document(key).is_none() {
                let name = self.old.document(key).map(|d| d.title.clone()).unwrap_or_default();
                self.misfit(
                    format!("Hồ sơ có văn bản “{}” mà phiên bản mới không có.", name.vi),
                    format!("The case has the document “{}”, which the new version does not know.", name.en),
                );
            }
        }
        for step in self.steps_ahead() {
            let signs = matches!(step.kind, StepKind::Sign | StepKind::Issue | StepKind::Publish);
            let wanted = step.needs.iter().filter(|key| signs || !step.writes.contains(key));
            for key in wanted.chain(step.document.iter().filter(|_| signs)) {
                let sure = |s: &Step| s.needs.contains(key);
                if !self.state.documents.contains_key(key) && self.comes_without(step, sure) {
                    let name = self.new.document(key).map(|d| d.title.clone()).unwrap_or_default();
                    self.misfit(
                        format!(
                            "Bước “{}” cần “{}”, hồ sơ chưa có và đã qua bước làm văn bản đó.",
                            step.title.vi, name.vi
                        ),
                        format!("“{}” needs “{}”, which the case has not and would not get.", step.title.en, name.en),
                    );
                }
            }
            self.stages(step);
        }
    }

    /// What must be signed before it is issued, and issued before it is published, still comes to that.
    fn stages(&mut self, step: &Step) {
        let (before, stage) = match step.kind {
            StepKind::Issue => (StepKind::Sign, DocumentStage::Signed),
            StepKind::Publish => (StepKind::Issue, DocumentStage::Issued),
            _ => return,
        };
        let Some(key) = &step.document else { return };
        let does = |s: &Step| s.kind == before && s.document.as_ref() == Some(key);
        let has = self.state.documents.get(key).is_some_and(|d| d.stage >= stage);
        // Going back in the order of reading makes signatures void: only a step that stands before makes sure.
        let at = |s: &Step| self.new.steps.iter().position(|other| other.key == s.key);
        let in_time = |s: &Step| does(s) && at(s) < at(step);
        if !has && self.new.steps.iter().any(does) && self.comes_without(step, in_time) {
            let name = self.new.document(key).map(|d| d.title.clone()).unwrap_or_default();
            self.misfit(
                format!("“{}” sẽ đến bước “{}” mà chưa qua bước phải có trước.", name.vi, step.title.vi),
                format!("“{}” would come to “{}” without the step that must come before.", name.en, step.title.en),
            );
        }
    }

    /// Whether the case can come from where it is to that step without passing one that makes sure.
    fn comes_without(&self, target: &Step, sure: impl Fn(&Step) -> bool) -> bool {
        let steps = &self.new.steps;
        let mut seen = BTreeSet::from([self.here]);
        let mut open = vec![self.here];
        while let Some(at) = open.pop() {
            let Some(step) = steps.get(at) else { continue };
            if step.key == target.key {
                return true;
            }
            // A step that is returned from was not finished: it makes nothing sure.
            let onward = step.next.iter().map(|rule| &rule.to).filter(|_| !sure(step));
            for key in onward.chain(&step.returns) {
                if let Some(to) = steps.iter().position(|s| s.key == *key).filter(|to| seen.insert(*to)) {
                    open.push(to);
                }
            }
        }
        false
    }

    /// Values read under the new declarations, and whoever or whatever is named by a field is named in time.
    fn fields(&mut self) {
        for (key, value) in &self.state.fields {
            let Some(field) = self.new.any_field(key) else { continue };
            let one = Map::from_iter([(key.clone(), value.clone())]);
            if form::check(std::slice::from_ref(field), &one, Strictness::Partial).is_err() {
                self.misfit(
                    format!("Nội dung đã điền ở “{}” không còn đúng loại.", field.label.vi),
                    format!("What was filled in under “{}” is no longer of the right kind.", field.label.en),
                );
            }
        }
        for step in self.steps_ahead() {
            for key in named_by(step) {
                self.named_in_time(step, key, false);
            }
            for spec in self.new.effects.iter().filter(|spec| spec.after == step.key) {
                let template = serde_json::Value::Object(spec.with.clone());
                for (key, _) in effect::fields_in(&template).into_iter().filter(|(_, optional)| !optional) {
                    self.named_in_time(step, key, true);
                }
            }
            let template = step.subcase.as_ref().map(|spec| serde_json::Value::Object(spec.fields.clone()));
            for (key, _) in template.iter().flat_map(effect::fields_in).filter(|(_, optional)| !optional) {
                self.named_in_time(step, key, false);
            }
        }
    }

    /// `at_end`: it is enough that the step itself asks for the field.
    fn named_in_time(&mut self, step: &Step, key: &str, at_end: bool) {
        let asks = |s: &Step| s.fields.iter().any(|field| field.key == key && field.required);
        if self.state.fields.contains_key(key) || (at_end && asks(step)) {
            return;
        }
        let optional = self.new.any_field(key).is_some_and(|field| !field.required);
        let only_asked = step.opinion.as_ref().is_some_and(|o| o.from.contains(&BodyRef::Field(key.to_owned())));
        if optional && only_asked {
            return;
        }
        if self.comes_without(step, asks) {
            let label = self.new.any_field(key).map(|field| field.label.clone()).unwrap_or_default();
            self.misfit(
                format!(
                    "Bước “{}” dựa vào “{}”, hồ sơ chưa điền và sẽ không điền trước bước đó.",
                    step.title.vi, label.vi
                ),
                format!(
                    "“{}” rests on “{}”, which the case has not and would not get before.",
                    step.title.en, label.en
                ),
            );
        }
    }

    /// What happens once happens once: numbers are not given twice, effects neither twice nor never.
    fn once(&mut self) {
        let old_ahead = self.old.steps.iter().position(|s| s.key == self.state.step).map(|at| {
            let mut ahead = reachable_from(self.old, at);
            ahead.insert(at);
            ahead
        });
        let old_ahead: BTreeSet<&str> =
            old_ahead.iter().flatten().filter_map(|at| self.old.steps.get(*at)).map(|s| s.key.as_str()).collect();
        for step in self.steps_ahead().filter(|step| step.kind == StepKind::Issue) {
            let issued = |key: &String| self.state.documents.get(key).is_some_and(|d| d.stage >= DocumentStage::Issued);
            if step.document.as_ref().is_some_and(issued) && !old_ahead.contains(step.key.as_str()) {
                self.misfit(
                    format!("Văn bản đã ban hành sẽ đến bước “{}” lần nữa.", step.title.vi),
                    format!("What was issued would come to “{}” again.", step.title.en),
                );
            }
        }
        let ahead: BTreeSet<&str> = self.steps_ahead().map(|step| step.key.as_str()).collect();
        for spec in &self.new.effects {
            let happened = self.state.effects.iter().any(|(key, _)| *key == spec.key);
            let comes = ahead.contains(spec.after.as_str());
            let known = self.old.effects.iter().any(|old| old.key == spec.key);
            let came = self.old.effects.iter().any(|e| e.key == spec.key && old_ahead.contains(e.after.as_str()));
            if happened && comes && !came {
                self.misfit(
                    format!("Hệ quả đã thực hiện sẽ xảy ra lần nữa: {}", spec.says.vi),
                    format!("An effect that has happened would happen again: {}", spec.says.en),
                );
            }
            if !happened && !comes && (!known || came) {
                self.misfit(
                    format!("Hồ sơ đã qua bước mà phiên bản mới gắn hệ quả: {}", spec.says.vi),
                    format!("The case is past the step to which the new version ties an effect: {}", spec.says.en),
                );
            }
        }
    }
}

/// The fields on which a step rests: its owners, and the bodies that it asks.
fn named_by(step: &Step) -> Vec<&str> {
    let owners = step.owners.iter().chain(&step.escalate).filter_map(|owner| match owner {
        Owner::Person { field } | Owner::Position { body: BodyRef::Field(field), .. } => Some(field.as_str()),
        _ => None,
    });
    let asked = step.opinion.iter().flat_map(|o| &o.from).chain(step.ballot.iter().map(|b| &b.body));
    owners
        .chain(asked.filter_map(|body| match body {
            BodyRef::Field(field) => Some(field.as_str()),
            BodyRef::Code(_) => None,
        }))
        .collect()
}

/// Moves a case that fits to the other version: the event, with owners and deadline as the new version has them.
///
/// # Errors
/// Why it does not fit.
pub fn transfer(
    old: &Procedure,
    new: &Procedure,
    state: &CaseState,
    reason: &str,
    world: &World<'_>,
) -> Result<Event, Vec<Misfit>> {
    let mut misfits = fit(old, new, state);
    let step = new.step(&state.step);
    let bound = step.map(|step| crate::advance::bound(new, state, step, world));
    let (Some(step), Some(Ok((seats, asked)))) = (step, bound) else {
        misfits.push(Misfit(Text {
            vi: "Người thực hiện của bước hiện tại chưa xác định được theo phiên bản mới.".to_owned(),
            en: "The new version does not tell who owns the present step.".to_owned(),
        }));
        return Err(misfits);
    };
    if asked != state.asked {
        misfits.push(Misfit(Text {
            vi: "Các cơ quan được hỏi ý kiến sẽ khác.".to_owned(),
            en: "Other bodies would be asked.".to_owned(),
        }));
    }
    if !misfits.is_empty() {
        return Err(misfits);
    }
    let entered = state.entered_at.unwrap_or(world.now);
    let due = step.deadline.as_ref().and_then(|d| d.event(state, entered).map(|day| world.calendar.due(d, day)));
    let by = match world.actor {
        kernel::Actor::Person(person) => Some(person.id.clone()),
        kernel::Actor::Public | kernel::Actor::System(_) => None,
    };
    Ok(Event::ProcedureChanged(ProcedureChanged {
        from: old.reference(),
        to: new.reference(),
        step: step.key.clone(),
        reason: reason.to_owned(),
        by,
        at: world.now,
        due,
        seats,
    }))
}
