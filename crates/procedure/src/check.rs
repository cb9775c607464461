//! Checking a procedure before anybody works by it.
//!
//! Two parts. The references: every body, position, paper, register, field, document and step that is named exists.
//! The soundness, by exploring the steps: every step can be reached, from every step an end can be reached, no step is
//! without an owner, and nothing waits for ever without somebody who owns the wait or a deadline.

mod subcase;

use crate::{
    effect, explore,
    guard::Guard,
    model::{BodyRef, Field, FieldKind, Moment, Owner, Procedure, Step, StepKind},
    references::References,
};
use std::collections::BTreeSet;

pub use subcase::subcases;

/// Something that must be mended before the procedure can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The key of the step, field, document or effect; none when it is about the whole.
    pub key: Option<String>,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

/// Everything that is wrong with a procedure; empty when it can run.
pub fn check(procedure: &Procedure, references: &References) -> Vec<Finding> {
    let mut checker = Checker { procedure, references, findings: Vec::new() };
    checker.keys();
    checker.words();
    procedure.steps.iter().for_each(|step| checker.step(step));
    checker.documents();
    checker.effects();
    checker.reach();
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
    fn find(&mut self, key: Option<&str>, what: impl Into<String>, mend: impl Into<String>) {
        self.findings.push(Finding { key: key.map(str::to_owned), what: what.into(), mend: mend.into() });
    }

    fn keys(&mut self) {
        let procedure = self.procedure;
        let groups: [(&str, Vec<&str>); 4] = [
            ("step", procedure.steps.iter().map(|s| s.key.as_str()).collect()),
            ("document", procedure.documents.iter().map(|d| d.key.as_str()).collect()),
            ("effect", procedure.effects.iter().map(|e| e.key.as_str()).collect()),
            ("field", self.fields().map(|f| f.key.as_str()).collect()),
        ];
        for (what, keys) in groups {
            let mut seen = BTreeSet::new();
            for key in keys {
                if !seen.insert(key) {
                    self.find(Some(key), format!("the {what} {key} is there twice"), "give each its own key");
                }
            }
        }
    }

    fn fields(&self) -> impl Iterator<Item = &'a Field> + use<'a> {
        self.procedure.form.iter().chain(self.procedure.steps.iter().flat_map(|s| &s.fields))
    }

    /// Vietnamese is there, in NFC, and both languages are.
    fn words(&mut self) {
        let procedure = self.procedure;
        let mut texts = vec![(None, &procedure.title)];
        texts.extend(procedure.steps.iter().map(|s| (Some(s.key.as_str()), &s.title)));
        texts.extend(procedure.documents.iter().map(|d| (Some(d.key.as_str()), &d.title)));
        texts.extend(self.fields().map(|f| (Some(f.key.as_str()), &f.label)));
        for (key, text) in texts {
            if text.vi.trim().is_empty() || text.en.trim().is_empty() {
                self.find(key, "a name is missing in one of the languages", "write both vi and en");
            }
            if kernel::text::nfc(&text.vi) != text.vi {
                self.find(key, "the Vietnamese text is not in NFC", "type it with a keyboard that composes marks");
            }
        }
        if procedure.basis.is_empty() {
            self.find(None, "no legal basis is named", "write basis = [\"…\"]");
        }
    }

    fn step(&mut self, step: &'a Step) {
        let key = Some(step.key.as_str());
        let owned = !matches!(step.kind, StepKind::End | StepKind::Ballot | StepKind::Opinion);
        if owned && step.owners.is_empty() {
            self.find(key, format!("the step {} has no owner", step.key), "write owner = \"position@body\"");
        }
        step.owners.iter().chain(&step.escalate).for_each(|owner| self.owner(step, owner));
        self.part_of_kind(step);
        for document in step.needs.iter().chain(&step.writes).chain(&step.document) {
            if self.procedure.document(document).is_none() {
                self.find(key, format!("there is no document {document}"), "declare it under [[documents]]");
            }
        }
        for target in step.next.iter().map(|r| &r.to).chain(&step.returns) {
            if self.procedure.step(target).is_none() {
                self.find(key, format!("there is no step {target}"), "name a step of this procedure");
            }
        }
        self.rules(step);
        if let Some(deadline) = &step.deadline {
            match &deadline.from {
                Moment::Left(other) if self.procedure.step(other).is_none() => {
                    self.find(key, format!("the deadline counts from the unknown step {other}"), "name a step");
                }
                Moment::Field(field) if !self.is_field(field, |kind| *kind == FieldKind::Date) => {
                    let mend = "name a field of kind date";
                    self.find(key, format!("the deadline counts from {field}, which is no date"), mend);
                }
                _ => {}
            }
        }
    }

    /// Each kind of step has the parts that it needs, and can end its wait.
    fn part_of_kind(&mut self, step: &'a Step) {
        let key = Some(step.key.as_str());
        let signs = matches!(step.kind, StepKind::Sign | StepKind::Issue | StepKind::Publish);
        if signs && step.document.is_none() {
            self.find(key, format!("the step {} has no document", step.key), "write document = \"…\"");
        }
        match (step.kind, &step.opinion) {
            (StepKind::Opinion, None) => {
                self.find(key, format!("the step {} asks nobody", step.key), "write opinion = { from = […], … }");
            }
            (StepKind::Opinion, Some(spec)) => {
                if spec.positions.is_empty() {
                    self.find(key, "nobody may give the opinion", "write positions = [\"head\"]");
                }
                spec.from.iter().for_each(|body| self.body(step, body));
                for position in &spec.positions {
                    self.position(step, position);
                }
                if let Some(document) = spec.document.as_ref().filter(|d| self.procedure.document(d).is_none()) {
                    self.find(key, format!("there is no document {document}"), "declare it under [[documents]]");
                }
                if step.deadline.is_none() {
                    let mend = "write a deadline, so that one silent body does not stop the case";
                    self.find(key, format!("the opinions of {} may never come", step.key), mend);
                }
            }
            _ => {}
        }
        match (step.kind, &step.ballot) {
            (StepKind::Ballot | StepKind::Vote, None) => {
                self.find(
                    key,
                    format!("the step {} has no rule", step.key),
                    "write ballot = { body, positions, threshold }",
                );
            }
            (StepKind::Ballot | StepKind::Vote, Some(spec)) => {
                self.body(step, &spec.body);
                spec.positions.iter().for_each(|position| self.position(step, position));
                if spec.positions.is_empty() {
                    self.find(key, "nobody may answer", "write positions = [\"member\"]");
                }
                if step.kind == StepKind::Ballot && step.deadline.is_none() {
                    self.find(key, format!("the ballot {} never closes", step.key), "write a deadline");
                }
            }
            _ => {}
        }
        match (step.kind, &step.subcase) {
            (StepKind::Subcase, None) => {
                self.find(key, format!("the step {} opens no case", step.key), "write subcase = { procedure = \"…\" }");
            }
            (StepKind::Subcase, Some(spec)) => {
                for place in spec.title.iter().flat_map(|title| effect::places(title)) {
                    if self.procedure.any_field(place).is_none() {
                        self.find(key, format!("there is no field {place}"), "declare it in the form");
                    }
                }
            }
            (_, Some(_)) => {
                self.find(key, format!("{} is no step that opens a case", step.key), "write kind = \"subcase\"");
            }
            (_, None) => {}
        }
        match (step.kind, step.outcome, step.next.is_empty()) {
            (StepKind::End, None, _) => {
                self.find(
                    key,
                    format!("the end {} has no outcome", step.key),
                    "write outcome = \"done\" or \"refused\"",
                );
            }
            (StepKind::End, _, false) => self.find(key, format!("the end {} leads on", step.key), "remove its next"),
            (StepKind::End, _, true) => {}
            (_, _, true) => {
                self.find(key, format!("the step {} leads nowhere", step.key), "write next = [{ to = \"…\" }]")
            }
            _ => {}
        }
    }

    /// Rules can be decided: each guard is about something that is there, the last rule takes the rest.
    fn rules(&mut self, step: &'a Step) {
        let key = Some(step.key.as_str());
        if let Some((last, before)) = step.next.split_last() {
            if last.when.is_some() {
                let mend = "let the last rule have no when: it takes all other cases";
                self.find(key, format!("the step {} may have no way on", step.key), mend);
            }
            if before.iter().any(|rule| rule.when.is_none()) {
                self.find(key, format!("a rule of {} is never reached", step.key), "put the rule without when last");
            }
        }
        for rule in &step.next {
            for guard in rule.when.iter().flat_map(Guard::each) {
                self.guard(step, guard);
            }
        }
        let here = self.procedure.steps.iter().position(|s| s.key == step.key);
        for back in &step.returns {
            let at = self.procedure.steps.iter().position(|s| s.key == *back);
            if at >= here {
                self.find(key, format!("{back} is not an earlier step than {}", step.key), "return to an earlier step");
            }
            let issued_between = at.zip(here).is_some_and(|(at, here)| {
                self.procedure.steps.get(at..here).is_some_and(|s| s.iter().any(|s| s.kind == StepKind::Issue))
            });
            if issued_between {
                let mend = "what has been issued stands; issue a correcting document instead";
                self.find(key, format!("{} cannot return past the issue of a document", step.key), mend);
            }
        }
    }

    fn guard(&mut self, step: &'a Step, guard: &'a Guard) {
        let key = Some(step.key.as_str());
        match guard {
            Guard::Outcome(code) if step.outcomes.iter().all(|o| o.code != *code) => {
                self.find(key, format!("{} has no outcome {code}", step.key), "declare it under outcomes");
            }
            Guard::Ballot(_) if step.ballot.is_none() => {
                self.find(key, format!("{} has no ballot to ask about", step.key), "ask at the step of the ballot");
            }
            Guard::Opinions(_) if step.opinion.is_none() => {
                self.find(key, format!("{} has no opinions to ask about", step.key), "ask at the step of the opinions");
            }
            Guard::DeadlinePassed(_) if step.deadline.is_none() => {
                self.find(key, format!("{} has no deadline to ask about", step.key), "write a deadline");
            }
            Guard::Subcase(_) if step.subcase.as_ref().is_none_or(|spec| !spec.wait) => {
                self.find(
                    key,
                    format!("{} waits for no case to ask about", step.key),
                    "ask at the step that waits for it",
                );
            }
            Guard::Document(guard) if self.procedure.document(&guard.key).is_none() => {
                self.find(key, format!("there is no document {}", guard.key), "declare it under [[documents]]");
            }
            Guard::Field(guard) => {
                let Some(field) = self.procedure.any_field(&guard.key) else {
                    self.find(key, format!("there is no field {}", guard.key), "declare it in the form");
                    return;
                };
                let asked = [guard.is.is_some(), guard.at_least.is_some(), guard.filled.is_some()];
                if asked.iter().filter(|asked| **asked).count() != 1 {
                    self.find(
                        key,
                        format!("the question about {} is not one", guard.key),
                        "write is, at-least or filled",
                    );
                }
                if guard.at_least.is_some() && !matches!(field.kind, FieldKind::Number { .. }) {
                    self.find(key, format!("{} is no number", guard.key), "ask at-least of numbers only");
                }
                if let (FieldKind::Choice { options }, Some(is)) = (&field.kind, &guard.is)
                    && options.iter().all(|o| is.as_str() != Some(&o.code))
                {
                    self.find(key, format!("{} has no option {is}", guard.key), "name one of its options");
                }
            }
            Guard::All(guards) | Guard::Any(guards) if guards.is_empty() => {
                self.find(key, "a guard joins nothing", "write at least one guard in it");
            }
            _ => {}
        }
    }

    fn owner(&mut self, step: &'a Step, owner: &'a Owner) {
        match owner {
            Owner::Position { position, body } => {
                self.position(step, position);
                self.body(step, body);
            }
            Owner::Person { field } => {
                if !self.is_field(field, |kind| *kind == FieldKind::Person) {
                    let mend = "declare a field of kind person";
                    self.find(Some(&step.key), format!("{field} names no person"), mend);
                } else {
                    self.bound_in_time(step, field);
                }
            }
            Owner::System { duty } => {
                if !self.references.duties.contains_key(duty) {
                    self.find(Some(&step.key), format!("the program has no duty {duty}"), "see references.toml");
                }
            }
        }
    }

    fn position(&mut self, step: &'a Step, position: &str) {
        if !self.references.positions.contains_key(position) {
            self.find(Some(&step.key), format!("there is no position {position}"), "see references.toml");
        }
    }

    fn body(&mut self, step: &'a Step, body: &'a BodyRef) {
        match body {
            BodyRef::Code(code) => {
                if self.references.body(code).is_none() {
                    self.find(Some(&step.key), format!("there is no body {code}"), "see references.toml");
                }
            }
            BodyRef::Field(field) => {
                if !self.is_field(field, |kind| matches!(kind, FieldKind::Body | FieldKind::Bodies)) {
                    self.find(
                        Some(&step.key),
                        format!("{field} names no body"),
                        "declare a field of kind body or bodies",
                    );
                } else {
                    self.bound_in_time(step, field);
                }
            }
        }
    }

    /// A field that names an owner is required, and filled in before the step that it owns; an optional one may name
    /// bodies that are asked for an opinion (then nobody is asked).
    fn bound_in_time(&mut self, step: &'a Step, key: &str) {
        let procedure = self.procedure;
        let in_form = procedure.form.iter().any(|field| field.key == *key);
        let at = |wanted: &str| procedure.steps.iter().position(|s| s.key == wanted);
        let earlier = procedure
            .steps
            .iter()
            .any(|s| s.fields.iter().any(|field| field.key == *key) && at(&s.key) < at(&step.key));
        if !in_form && !earlier {
            let mend = "put the field into the opening form or an earlier step";
            self.find(Some(&step.key), format!("{key} is not filled in before {}", step.key), mend);
        }
        let required = procedure.any_field(key).is_some_and(|field| field.required);
        let asks = step.opinion.as_ref().is_some_and(|o| o.from.contains(&BodyRef::Field(key.to_owned())));
        if !required && !asks {
            self.find(
                Some(&step.key),
                format!("{key} may be empty, and then nobody owns {}", step.key),
                "make it required",
            );
        }
    }

    fn is_field(&self, key: &str, fits: impl Fn(&FieldKind) -> bool) -> bool {
        self.procedure.any_field(key).is_some_and(|field| fits(&field.kind))
    }

    fn documents(&mut self) {
        let procedure = self.procedure;
        for document in &procedure.documents {
            let key = Some(document.key.as_str());
            if let Some(paper) = document.paper.as_ref().filter(|p| !self.references.papers.contains_key(*p)) {
                self.find(key, format!("there is no paper form {paper}"), "see references.toml");
            }
            if let Some(register) = document.register.as_ref().filter(|r| !self.references.registers.contains_key(*r)) {
                self.find(key, format!("there is no register {register}"), "see references.toml");
            }
            if let Some(issuer) = &document.issuer
                && !issuer.starts_with('{')
                && self.references.body(issuer).is_none()
            {
                self.find(key, format!("there is no body {issuer}"), "see references.toml");
            }
            let used = |s: &Step| {
                s.writes.contains(&document.key)
                    || s.opinion.as_ref().is_some_and(|o| o.document.as_ref() == Some(&document.key))
            };
            if !procedure.steps.iter().any(used) {
                let mend = "name it under writes of the step where it comes";
                self.find(key, format!("nobody writes or attaches {}", document.key), mend);
            }
            let signed =
                procedure.steps.iter().any(|s| s.kind == StepKind::Sign && s.document.as_ref() == Some(&document.key));
            if signed && document.paper.is_none() {
                let mend = "write paper = \"…\": only a text that is written here is signed";
                self.find(key, format!("{} is signed without a paper form", document.key), mend);
            }
            let issued =
                procedure.steps.iter().any(|s| s.kind == StepKind::Issue && s.document.as_ref() == Some(&document.key));
            if issued && (document.register.is_none() || document.issuer.is_none()) {
                let mend = "write register and issuer";
                self.find(key, format!("{} is issued without a register or issuer", document.key), mend);
            }
        }
        self.documents_in_time();
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
            for key in wanted {
                if reaches_without(procedure, &step.key, key) {
                    let mend = format!("let a step on every way to {} need {key}", step.key);
                    self.find(Some(&step.key), format!("{key} may be missing at {}", step.key), mend);
                }
            }
        }
    }

    fn effects(&mut self) {
        let procedure = self.procedure;
        for spec in &procedure.effects {
            let key = Some(spec.key.as_str());
            if procedure.step(&spec.after).is_none() {
                self.find(key, format!("the effect comes after the unknown step {}", spec.after), "name a step");
            }
            let template = serde_json::Value::Object(spec.with.clone());
            for (field, optional) in effect::fields_in(&template) {
                match procedure.any_field(field) {
                    None => self.find(key, format!("there is no field {field}"), "declare it in the form"),
                    Some(declared) if !optional && !declared.required => {
                        let mend = format!("make it required, or write {{{field}?}}");
                        self.find(key, format!("{field} may be empty and the effect needs it"), mend);
                    }
                    Some(_) => {}
                }
            }
            for place in effect::places(&spec.says.vi).into_iter().chain(effect::places(&spec.says.en)) {
                if procedure.any_field(place).is_none() {
                    self.find(key, format!("there is no field {place}"), "declare it in the form");
                }
            }
        }
    }

    /// Every step can be reached; from every step an end can be.
    fn reach(&mut self) {
        let procedure = self.procedure;
        let from_start = reachable_from(procedure, 0);
        for (at, step) in procedure.steps.iter().enumerate() {
            let key = Some(step.key.as_str());
            if at > 0 && !from_start.contains(&at) {
                self.find(key, format!("no way leads to {}", step.key), "let a step go there, or remove it");
            }
            let is_end = |at: &usize| procedure.steps.get(*at).is_some_and(|s| s.kind == StepKind::End);
            if step.kind != StepKind::End && !reachable_from(procedure, at).iter().any(is_end) {
                self.find(key, format!("from {} no end can be reached", step.key), "let a step lead to an end");
            }
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
