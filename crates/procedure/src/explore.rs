//! Soundness by exploring the state space: every place to which a case can come, with all that decides where it goes
//! on from there, is visited once.
//!
//! A place is a step, how far each document has come, and which fields are surely filled in. What only people or time
//! can answer (outcomes, ballots, other cases, deadlines) is tried in every way; what stands in a field, a grade or an
//! opinion is left open, so that a rule about it may hold or not. The exploration says more ways than there are, never
//! fewer: what it finds sound is sound.

use crate::{
    check::Finding,
    effect,
    guard::{Guard, Verdict},
    model::{BodyRef, Outcome, Owner, Procedure, Step, StepKind, Text, text},
    state::DocumentStage,
};
use std::collections::{BTreeSet, HashMap};

/// Most places that are visited; no procedure that people can follow has so many.
const MAX_PLACES: usize = 50_000;

/// Where a case can stand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    step: usize,
    /// By document in the order of declaration; none while it is not there.
    documents: Vec<Option<DocumentStage>>,
    /// By field in the order of [`Explorer::fields`].
    filled: Vec<bool>,
}

/// What a person, a count, another case or the clock has answered at a step.
#[derive(Debug, Clone, Copy, Default)]
struct Answer<'a> {
    outcome: Option<&'a str>,
    verdict: Option<Verdict>,
    subcase: Option<Outcome>,
    overdue: bool,
}

/// Everything unsound; the references and rules must have been checked before.
pub(crate) fn explore(procedure: &Procedure) -> Vec<Finding> {
    let mut explorer = Explorer {
        procedure,
        fields: procedure.form.iter().chain(procedure.steps.iter().flat_map(|s| &s.fields)).map(|f| &*f.key).collect(),
        places: Vec::new(),
        known: HashMap::new(),
        ways: Vec::new(),
        taken: BTreeSet::new(),
        findings: Vec::new(),
    };
    explorer.walk();
    explorer.ends();
    explorer.dead_rules();
    explorer.findings
}

struct Explorer<'a> {
    procedure: &'a Procedure,
    fields: Vec<&'a str>,
    places: Vec<Place>,
    known: HashMap<Place, usize>,
    /// From each place (by number) to others.
    ways: Vec<Vec<usize>>,
    /// Rules that were taken: step and number.
    taken: BTreeSet<(usize, usize)>,
    findings: Vec<Finding>,
}

impl<'a> Explorer<'a> {
    fn find(&mut self, key: &str, what: Text, mend: Text) {
        let finding = Finding { key: Some(key.to_owned()), code: None, what, mend };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn walk(&mut self) {
        let form = self.procedure.form.iter();
        let mut filled: Vec<bool> = form.map(|field| field.required).collect();
        filled.resize(self.fields.len(), false);
        let start = Place { step: 0, documents: vec![None; self.procedure.documents.len()], filled };
        self.place(start);
        let mut at = 0;
        while let Some(place) = self.places.get(at).cloned() {
            if self.places.len() > MAX_PLACES {
                self.findings.push(Finding {
                    key: None,
                    code: None,
                    what: text!(
                        "Hồ sơ có thể ở hơn {MAX_PLACES} tình trạng khác nhau.",
                        "A case can stand in more than {MAX_PLACES} ways."
                    ),
                    mend: text!("Tách bớt thành hồ sơ con.", "Split it into sub-cases."),
                });
                return;
            }
            if let Some(step) = self.procedure.steps.get(place.step) {
                self.from(at, &place, step);
            }
            at += 1;
        }
    }

    /// The number of a place; a new one is visited later.
    fn place(&mut self, place: Place) -> usize {
        if let Some(at) = self.known.get(&place) {
            return *at;
        }
        let at = self.places.len();
        self.known.insert(place.clone(), at);
        self.places.push(place);
        self.ways.push(Vec::new());
        at
    }

    fn from(&mut self, at: usize, place: &Place, step: &'a Step) {
        if step.kind == StepKind::End {
            return;
        }
        for back in &step.returns {
            if let Some(to) = self.number(back) {
                let mut target = place.clone();
                self.reopen(&mut target, place.step, to);
                self.enter(at, place, target, to);
            }
        }
        for answer in answers(step) {
            for done in self.done(place, step, answer) {
                self.leave(at, &done, step, answer);
            }
        }
    }

    /// How a place looks once its step is done with this answer; empty when it cannot be.
    fn done(&mut self, place: &Place, step: &'a Step, answer: Answer<'_>) -> Vec<Place> {
        let (key, name) = (step.key.as_str(), step.document.as_deref().unwrap_or_default());
        let stage = |document: &Option<String>| {
            let at = self.procedure.documents.iter().position(|d| Some(&d.key) == document.as_ref());
            at.and_then(|at| Some((at, place.documents.get(at).copied().flatten()?)))
        };
        let mut done = place.clone();
        let mut set = |at: usize, stage: DocumentStage| {
            if let Some(slot) = done.documents.get_mut(at) {
                *slot = Some(stage);
            }
        };
        match (step.kind, stage(&step.document)) {
            (StepKind::Work, _) => return self.worked(place, step, answer),
            (StepKind::Sign, Some((at, DocumentStage::Draft | DocumentStage::Final))) => set(at, DocumentStage::Signed),
            (StepKind::Sign, found) => {
                let what = match found {
                    Some(_) => text!(
                        "Văn bản “{name}” đã được ký trước khi hồ sơ đến bước “{key}”.",
                        "The document “{name}” was signed already when a case comes to “{key}”."
                    ),
                    None => text!(
                        "Khi hồ sơ đến bước “{key}” có thể chưa có văn bản “{name}”.",
                        "The document “{name}” may be missing when a case comes to “{key}”."
                    ),
                };
                let mend = text!(
                    "Mỗi văn bản chỉ đến bước ký này một lần, sau khi đã soạn.",
                    "Let a case come here once for each text, after it was written."
                );
                self.find(key, what, mend);
                return Vec::new();
            }
            (StepKind::Issue, Some((at, DocumentStage::Signed))) => set(at, DocumentStage::Issued),
            (StepKind::Issue, _) => {
                let what = text!(
                    "Có đường đến bước “{key}” mà văn bản “{name}” chưa ban hành được.",
                    "The document “{name}” cannot be issued on some way to “{key}”."
                );
                let mend = text!(
                    "Cho hồ sơ đến bước này một lần, sau khi văn bản được ký.",
                    "Let a case come here once, behind its signature."
                );
                self.find(key, what, mend);
                return Vec::new();
            }
            (StepKind::Publish, Some((at, DocumentStage::Issued))) => set(at, DocumentStage::Published),
            (StepKind::Publish, _) => {
                let what = text!(
                    "Có đường đến bước “{key}” mà văn bản “{name}” chưa công bố được.",
                    "The document “{name}” cannot be published on some way to “{key}”."
                );
                let mend = text!(
                    "Cho hồ sơ đến bước này một lần, sau khi văn bản được ban hành.",
                    "Let a case come here once, behind the issue of the document."
                );
                self.find(key, what, mend);
                return Vec::new();
            }
            _ => {}
        }
        vec![done]
    }

    /// A step of work: what it needs is there, what it writes may be, its required fields are filled in.
    fn worked(&mut self, place: &Place, step: &'a Step, answer: Answer<'_>) -> Vec<Place> {
        let rules = step
            .next
            .iter()
            .filter(|rule| rule.when.as_ref().is_none_or(|guard| self.holds(guard, place, answer) != Some(false)));
        let first = rules.map(|rule| self.procedure.step(&rule.to)).next().flatten();
        let gives_up = first.is_some_and(|to| matches!(to.outcome, Some(Outcome::Withdrawn | Outcome::Refused)));
        if gives_up && answer.outcome.is_some() {
            return vec![place.clone()];
        }
        let mut done = place.clone();
        for field in step.fields.iter().filter(|field| field.required) {
            if let Some(at) = self.fields.iter().position(|key| *key == field.key)
                && let Some(slot) = done.filled.get_mut(at)
            {
                *slot = true;
            }
        }
        let mut all = vec![done];
        for (at, document) in self.procedure.documents.iter().enumerate() {
            let there = place.documents.get(at).copied().flatten();
            let (needed, written) = (step.needs.contains(&document.key), step.writes.contains(&document.key));
            match (there, needed, written) {
                (None, true, false) => {
                    let what = text!(
                        "Khi đến bước “{key}” có thể chưa có văn bản “{name}”.",
                        "The document “{name}” may be missing at the step “{key}”.",
                        key = step.key,
                        name = document.key
                    );
                    let mend = text!(
                        "Cho bước này soạn (writes) văn bản đó, hoặc cho mọi bước trước cần (needs) nó.",
                        "Let the step write it (writes), or every step before it need it (needs)."
                    );
                    self.find(&step.key, what, mend);
                    return Vec::new();
                }
                (None, needed, true) => {
                    let without = if needed { Vec::new() } else { all.clone() };
                    for place in &mut all {
                        if let Some(slot) = place.documents.get_mut(at) {
                            *slot = Some(DocumentStage::Draft);
                        }
                    }
                    all.extend(without);
                }
                _ => {}
            }
        }
        all
    }

    fn leave(&mut self, at: usize, done: &Place, step: &'a Step, answer: Answer<'_>) {
        for (number, rule) in step.next.iter().enumerate() {
            let holds = rule.when.as_ref().map_or(Some(true), |guard| self.holds(guard, done, answer));
            if holds == Some(false) {
                continue;
            }
            let Some(to) = self.number(&rule.to) else { continue };
            self.taken.insert((done.step, number));
            let mut target = done.clone();
            for (document, slot) in self.procedure.documents.iter().zip(&mut target.documents) {
                if step.writes.contains(&document.key) && *slot == Some(DocumentStage::Draft) {
                    *slot = Some(DocumentStage::Final);
                }
            }
            if to <= done.step {
                self.reopen(&mut target, done.step, to);
            } else {
                self.effects(done, step);
            }
            self.enter(at, done, target, to);
            if holds == Some(true) {
                return;
            }
        }
    }

    /// What the effects behind a step need is filled in.
    fn effects(&mut self, place: &Place, step: &Step) {
        for spec in self.procedure.effects.iter().filter(|spec| spec.after == step.key) {
            let template = serde_json::Value::Object(spec.with.clone());
            for (field, optional) in effect::fields_in(&template) {
                if !optional && !self.is_filled(place, field) {
                    let what = text!(
                        "Trường “{field}” có thể chưa được điền khi hệ quả “{key}” xảy ra.",
                        "The field “{field}” may not be filled in when the effect “{key}” happens.",
                        key = spec.key
                    );
                    let mend = text!(
                        "Trên mọi đường đến đó, cho một bước hỏi trường này.",
                        "Let a step on every way there ask for it."
                    );
                    self.find(&spec.key, what, mend);
                }
            }
        }
    }

    /// As the engine opens documents again when a case goes back.
    fn reopen(&self, place: &mut Place, from: usize, to: usize) {
        for (at, document) in self.procedure.documents.iter().enumerate() {
            let touched = self.procedure.steps.get(to..=from).unwrap_or_default().iter().any(|step| {
                step.writes.contains(&document.key)
                    || (step.kind == StepKind::Sign && step.document.as_ref() == Some(&document.key))
            });
            if let Some(slot) = place.documents.get_mut(at)
                && touched
                && matches!(slot, Some(DocumentStage::Final | DocumentStage::Signed))
            {
                *slot = Some(DocumentStage::Draft);
            }
        }
    }

    fn enter(&mut self, at: usize, from: &Place, mut target: Place, to: usize) {
        target.step = to;
        let Some(step) = self.procedure.steps.get(to) else { return };
        let bodies = step.opinion.iter().flat_map(|o| &o.from).filter(|body| match body {
            BodyRef::Field(key) => self.procedure.any_field(key).is_some_and(|field| field.required),
            BodyRef::Code(_) => false,
        });
        let ballot = step.ballot.iter().map(|b| &b.body).filter(|_| step.kind == StepKind::Ballot);
        let named = bodies.chain(ballot).filter_map(|body| match body {
            BodyRef::Field(key) => Some(key.as_str()),
            BodyRef::Code(_) => None,
        });
        let owners = step.owners.iter().filter_map(|owner| match owner {
            Owner::Position { body: BodyRef::Field(key), .. } | Owner::Person { field: key } => Some(key.as_str()),
            _ => None,
        });
        let given = step.subcase.iter().flat_map(|spec| spec.fields.values()).flat_map(effect::fields_in);
        let given = given.filter(|(_, optional)| !optional).map(|(key, _)| key);
        let missing: Vec<&str> = named.chain(owners).chain(given).filter(|key| !self.is_filled(&target, key)).collect();
        if let Some(key) = missing.first() {
            let before = self.procedure.steps.get(from.step).map_or("", |step| &step.key);
            let what = text!(
                "Trường “{key}” có thể chưa được điền khi hồ sơ đi từ bước “{before}” đến bước “{to}”.",
                "The field “{key}” may not be filled in when a case goes from “{before}” to “{to}”.",
                to = step.key
            );
            let mend = text!(
                "Hỏi trường này trong biểu mẫu mở hồ sơ hoặc ở một bước trên mọi đường đến đó.",
                "Let the opening form, or a step on every way there, ask for it."
            );
            self.find(&step.key, what, mend);
            return;
        }
        let to = self.place(target);
        if let Some(ways) = self.ways.get_mut(at) {
            ways.push(to);
        }
    }

    fn is_filled(&self, place: &Place, key: &str) -> bool {
        let at = self.fields.iter().position(|field| *field == key);
        at.and_then(|at| place.filled.get(at)).copied().unwrap_or(false)
    }

    fn number(&self, key: &str) -> Option<usize> {
        self.procedure.steps.iter().position(|step| step.key == key)
    }

    /// Whether a guard holds here; `None` when that depends on what is not explored.
    fn holds(&self, guard: &Guard, place: &Place, answer: Answer<'_>) -> Option<bool> {
        match guard {
            Guard::Outcome(code) => Some(answer.outcome == Some(code)),
            Guard::Ballot(verdict) => Some(answer.verdict == Some(*verdict)),
            Guard::Subcase(outcome) => Some(answer.subcase == Some(*outcome)),
            Guard::DeadlinePassed(passed) => Some(answer.overdue == *passed),
            Guard::Document(guard) => {
                let at = self.procedure.documents.iter().position(|d| d.key == guard.key)?;
                Some(place.documents.get(at).copied().flatten().is_some_and(|stage| stage >= guard.stage))
            }
            Guard::Opinions(_) | Guard::Field(_) | Guard::GradeAtLeast(_) => None,
            Guard::Not(inner) => self.holds(inner, place, answer).map(|holds| !holds),
            Guard::All(guards) => all(guards.iter().map(|guard| self.holds(guard, place, answer))),
            Guard::Any(guards) => {
                all(guards.iter().map(|guard| self.holds(guard, place, answer).map(|holds| !holds))).map(|none| !none)
            }
        }
    }

    /// From every place an end can be reached.
    fn ends(&mut self) {
        let mut back: Vec<Vec<usize>> = vec![Vec::new(); self.places.len()];
        for (from, ways) in self.ways.iter().enumerate() {
            for to in ways {
                if let Some(list) = back.get_mut(*to) {
                    list.push(from);
                }
            }
        }
        let is_end = |place: &Place| self.procedure.steps.get(place.step).is_some_and(|s| s.kind == StepKind::End);
        let mut open: Vec<usize> =
            (0..self.places.len()).filter(|at| self.places.get(*at).is_some_and(is_end)).collect();
        let mut can_end: BTreeSet<usize> = open.iter().copied().collect();
        while let Some(at) = open.pop() {
            for from in back.get(at).into_iter().flatten() {
                if can_end.insert(*from) {
                    open.push(*from);
                }
            }
        }
        let stuck: BTreeSet<usize> = (0..self.places.len())
            .filter(|at| !can_end.contains(at))
            .filter_map(|at| Some(self.places.get(at)?.step))
            .collect();
        // What blocks a case was said where it was met.
        if self.findings.is_empty() {
            for step in stuck.into_iter().filter_map(|at| self.procedure.steps.get(at)) {
                let what = text!(
                    "Hồ sơ có thể đến bước “{key}” rồi không kết thúc được.",
                    "A case can come to “{key}” and then to no end.",
                    key = step.key
                );
                self.find(&step.key, what, text!("Cho mọi đường dẫn đến kết thúc.", "Let every way lead to an end."));
            }
        }
    }

    fn dead_rules(&mut self) {
        if !self.findings.is_empty() {
            return;
        }
        for (at, step) in self.procedure.steps.iter().enumerate() {
            let dead: Vec<usize> = (0..step.next.len()).filter(|n| !self.taken.contains(&(at, *n))).collect();
            for number in dead {
                let what = text!(
                    "Quy tắc thứ {number} của bước “{key}” không bao giờ được áp dụng.",
                    "Rule {number} of the step “{key}” never applies.",
                    number = number + 1,
                    key = step.key
                );
                let mend = text!(
                    "Bỏ quy tắc đó, hoặc đặt nó trước quy tắc đã nhận hết các trường hợp.",
                    "Remove it, or put it before the rule that takes its cases."
                );
                self.find(&step.key, what, mend);
            }
        }
    }
}

/// Every way in which the step can be answered.
fn answers(step: &Step) -> Vec<Answer<'_>> {
    let verdicts =
        [Verdict::Passed, Verdict::Failed].map(|verdict| Answer { verdict: Some(verdict), ..Answer::default() });
    let ends = [Outcome::Done, Outcome::Refused, Outcome::Withdrawn];
    let mut all: Vec<Answer<'_>> = match (step.kind, &step.subcase) {
        (StepKind::Ballot | StepKind::Vote, _) => verdicts.to_vec(),
        (StepKind::Subcase, Some(spec)) if spec.wait => {
            ends.map(|outcome| Answer { subcase: Some(outcome), ..Answer::default() }).to_vec()
        }
        (StepKind::Work, _) if !step.outcomes.is_empty() => {
            let outcomes = step.outcomes.iter();
            outcomes.map(|choice| Answer { outcome: Some(&choice.code), ..Answer::default() }).collect()
        }
        _ => vec![Answer::default()],
    };
    if step.deadline.is_some() {
        let late = all.clone();
        all.extend(late.into_iter().map(|answer| Answer { overdue: true, ..answer }));
        // The clock alone moves a case where a rule speaks of the deadline.
        if step.next.iter().filter_map(|rule| rule.when.as_ref()).any(Guard::mentions_deadline) {
            all.push(Answer { overdue: true, ..Answer::default() });
        }
    }
    all
}

/// All hold (Kleene): false as soon as one is false, open when one is open.
fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut open = false;
    for answer in answers {
        match answer {
            Some(false) => return Some(false),
            Some(true) => {}
            None => open = true,
        }
    }
    if open { None } else { Some(true) }
}
