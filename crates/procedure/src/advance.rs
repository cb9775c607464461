//! The engine: (procedure, state, command, world) → events, or a refusal that says why.

mod answers;
mod binding;

use crate::{
    command::{Command, Refusal, SUBCASES, World},
    effect,
    event::{
        Closed, DeadlinePassed, DocumentAttached, DocumentIssued, DocumentPublished, DocumentSigned, EffectDeclared,
        Event, FormFilled, Opened, Parent, Returned, StepEntered, StepLeft, SubcaseClosed, SubcaseRequested,
    },
    explain,
    form::{self, Strictness},
    guard::Guard,
    model::{Outcome, Procedure, Step, StepKind},
    state::{CaseState, DocumentStage, Status},
    tasks,
};
use kernel::{Day, DocumentId, PersonId, Timestamp};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Whoever owns a step can no longer send a case back that has been at so many steps: its other ways are still open, so
/// that it goes round in circles no further and yet is never stuck.
pub const MAX_VISITS: usize = 300;

/// What the command does to the case under its procedure.
///
/// The events are in order and belong into the journal together, or not at all. They have not been applied: fold them
/// with [`CaseState::apply`]. A clock that was set back is read as standing still. `Tick` gives no events when nothing
/// is due.
///
/// # Errors
/// [`Refusal`]; nothing has happened then.
pub fn advance(
    procedure: &Procedure,
    state: &CaseState,
    command: &Command,
    world: &World<'_>,
) -> Result<Vec<Event>, Refusal> {
    let last = state.visits.last().map(|visit| visit.left.unwrap_or(visit.entered));
    let now = last.map_or(world.now, |last| last.max(world.now));
    let seats = tasks::seats_of(world.actor);
    let by = match world.actor {
        kernel::Actor::Person(person) => Some(person.id.clone()),
        kernel::Actor::Public | kernel::Actor::System(_) => None,
    };
    let mut run = Run { procedure, state: state.clone(), events: Vec::new(), world, now, seats, by };
    run.command(command)?;
    Ok(run.events)
}

/// Who owns a step and which bodies it asks, with the fields of the case as it stands.
pub(crate) fn bound(
    procedure: &Procedure,
    state: &CaseState,
    step: &Step,
    world: &World<'_>,
) -> Result<(Vec<String>, Vec<kernel::BodyId>), Refusal> {
    let (seats, now) = (Vec::new(), world.now);
    let run = Run { procedure, state: state.clone(), events: Vec::new(), world, now, seats, by: None };
    let owners = run.bind_owners(step, &state.fields)?;
    let asked = step.opinion.as_ref().map_or_else(|| Ok(Vec::new()), |spec| run.bind_bodies(step, &spec.from))?;
    Ok((owners, asked))
}

/// One command being carried out, on a copy of the state.
struct Run<'a> {
    procedure: &'a Procedure,
    state: CaseState,
    events: Vec<Event>,
    world: &'a World<'a>,
    now: Timestamp,
    seats: Vec<String>,
    by: Option<PersonId>,
}

impl<'a> Run<'a> {
    fn push(&mut self, event: impl Into<Event>) {
        let event = event.into();
        self.state.apply(&event);
        self.events.push(event);
    }

    fn command(&mut self, command: &Command) -> Result<(), Refusal> {
        match command {
            Command::Open { title, grade, fields } => return self.open(title, *grade, fields, None),
            Command::OpenSubcase { title, grade, fields, parent } => {
                return self.open(title, *grade, fields, Some(parent.clone()));
            }
            _ => {}
        }
        let step = self.here()?;
        match command {
            Command::Open { .. } | Command::OpenSubcase { .. } => Err(Refusal::rule("case-already-open")),
            Command::Fill { fields } => self.fill(step, fields, Strictness::Partial),
            Command::Complete { step: seen, fields, outcome } => self.complete(step, seen, fields, outcome.as_deref()),
            Command::AttachDocument { key, document } => self.attach(step, key, document),
            Command::GiveOpinion { body, answer, text, document } => {
                self.give_opinion(step, body, answer, text, document.as_ref())
            }
            Command::Return { to, reason } => self.send_back(step, to, reason),
            Command::CastBallot { answer, text } => self.cast(step, answer, text),
            Command::RecordVote { answers, all } => self.record_vote(step, answers, *all),
            Command::Sign { key } => self.sign(step, key),
            Command::Issue { key, number, day } => self.issue(step, key, number, *day),
            Command::Publish { key } => self.publish(step, key),
            Command::SubcaseClosed { case, outcome } => self.subcase_closed(step, case, *outcome),
            Command::Tick => self.tick(step),
        }
    }

    // ---------------------------------------------------------------------------------------------- opening

    fn open(
        &mut self,
        title: &str,
        grade: kernel::Grade,
        fields: &Map<String, Value>,
        parent: Option<Parent>,
    ) -> Result<(), Refusal> {
        if self.state.status != Status::New {
            return Err(Refusal::rule("case-already-open"));
        }
        let today = self.now.day();
        if !self.procedure.is_valid_on(today) {
            return Err(Refusal::rule("case-not-valid-on")
                .arg("day", today.short())
                .arg("from", self.procedure.valid_from.short()));
        }
        let title = kernel::text::nfc(title.trim()).into_owned();
        if title.is_empty() || title.chars().count() > form::MAX_TEXT {
            let code = if title.is_empty() { "field-required" } else { "field-too-long" };
            return Err(Refusal::Fields(vec![kernel::FieldProblem::new("title", code).arg("max", form::MAX_TEXT)]));
        }
        let fields = form::check(&self.procedure.form, fields, Strictness::Whole).map_err(Refusal::Fields)?;
        let first = self.procedure.first_step();
        let owners = self.bind_owners(first, &fields)?;
        let ordered = parent.is_some() && self.is_subcases();
        if !ordered && !owners.iter().any(|seat| self.seats.contains(seat)) {
            return Err(Refusal::rule("case-not-yours").arg("step", &first.key));
        }
        let grade = grade.max(self.procedure.grade);
        let (procedure, by, at) = (self.procedure.reference(), self.by.clone(), self.now);
        self.push(Opened { procedure, title, grade, fields, by, at, parent });
        self.enter(first)
    }

    // -------------------------------------------------------------------------------------- work and documents

    fn fill(&mut self, step: &Step, fields: &Map<String, Value>, strictness: Strictness) -> Result<(), Refusal> {
        self.must_own(step)?;
        // What was saved before counts as filled in.
        let known = |key: &String| step.fields.iter().any(|field| field.key == *key);
        let mut whole: Map<String, Value> =
            self.state.fields.iter().filter(|(key, _)| known(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
        whole.extend(fields.clone());
        let checked = form::check(&step.fields, &whole, strictness).map_err(Refusal::Fields)?;
        let changed: Map<String, Value> =
            checked.into_iter().filter(|(key, value)| self.state.fields.get(key) != Some(value)).collect();
        if !changed.is_empty() {
            self.push(FormFilled { step: step.key.clone(), fields: changed });
        }
        Ok(())
    }

    fn complete(
        &mut self,
        step: &'a Step,
        seen: &str,
        fields: &Map<String, Value>,
        outcome: Option<&str>,
    ) -> Result<(), Refusal> {
        if seen != step.key {
            return Err(Refusal::rule("case-elsewhere").arg("step", cut(seen)).arg("here", &step.key));
        }
        self.must_be(step, StepKind::Work)?;
        match outcome {
            None if !step.outcomes.is_empty() => {
                return Err(Refusal::rule("case-outcome-needed").arg("step", &step.key));
            }
            Some(code) if step.outcomes.iter().all(|known| known.code != code) => {
                return Err(Refusal::rule("case-outcome-unknown").arg("outcome", cut(code)));
            }
            _ => {}
        }
        // Who takes a case back, or refuses it, need not complete its papers first.
        if self.ends_without_result(step, outcome) {
            self.fill(step, fields, Strictness::Partial)?;
            return self.leave(step, outcome);
        }
        self.fill(step, fields, Strictness::Whole)?;
        if let Some(missing) = tasks::missing_documents(self.procedure, &self.state).first() {
            return Err(Refusal::rule("case-document-missing").arg("document", missing));
        }
        self.leave(step, outcome)
    }

    /// Whether the chosen outcome leads straight to an end at which nothing was done.
    fn ends_without_result(&self, step: &Step, outcome: Option<&str>) -> bool {
        let rule = step.next.iter().find(|r| r.when.as_ref().is_none_or(|g| g.holds(step, &self.state, outcome)));
        let to = rule.and_then(|rule| self.procedure.step(&rule.to));
        outcome.is_some() && to.is_some_and(|to| matches!(to.outcome, Some(Outcome::Withdrawn | Outcome::Refused)))
    }

    fn attach(&mut self, step: &Step, key: &str, document: &DocumentId) -> Result<(), Refusal> {
        if self.procedure.document(key).is_none() {
            return Err(Refusal::rule("case-document-unknown").arg("document", cut(key)));
        }
        self.must_own(step)?;
        if !tasks::may_write(self.procedure, &self.state, key) {
            return Err(Refusal::rule("case-document-not-here").arg("document", key));
        }
        self.push(DocumentAttached { key: key.to_owned(), document: document.clone(), step: step.key.clone() });
        Ok(())
    }

    fn sign(&mut self, step: &'a Step, key: &str) -> Result<(), Refusal> {
        self.must_be(step, StepKind::Sign)?;
        let seat = self.must_own(step)?;
        self.must_be_here(step, key)?;
        let by = self.person()?;
        self.push(DocumentSigned { key: key.to_owned(), by, seat });
        self.leave(step, None)
    }

    fn issue(&mut self, step: &'a Step, key: &str, number: &str, day: Day) -> Result<(), Refusal> {
        self.must_be(step, StepKind::Issue)?;
        self.must_own(step)?;
        self.must_be_here(step, key)?;
        let stage = self.state.documents.get(key).map(|document| document.stage);
        let signed_first =
            self.procedure.steps.iter().any(|s| s.kind == StepKind::Sign && s.document.as_deref() == Some(key));
        if signed_first && stage.is_none_or(|stage| stage < DocumentStage::Signed) {
            return Err(Refusal::rule("case-document-not-signed").arg("document", key));
        }
        self.push(DocumentIssued { key: key.to_owned(), number: number.to_owned(), day });
        self.leave(step, None)
    }

    fn publish(&mut self, step: &'a Step, key: &str) -> Result<(), Refusal> {
        self.must_be(step, StepKind::Publish)?;
        self.must_own(step)?;
        self.must_be_here(step, key)?;
        let issued_first =
            self.procedure.steps.iter().any(|s| s.kind == StepKind::Issue && s.document.as_deref() == Some(key));
        let stage = self.state.documents.get(key).map(|document| document.stage);
        if issued_first && stage.is_none_or(|stage| stage < DocumentStage::Issued) {
            return Err(Refusal::rule("case-document-not-issued").arg("document", key));
        }
        self.push(DocumentPublished { key: key.to_owned() });
        self.leave(step, None)
    }

    // ---------------------------------------------------------------------------------- other cases and the clock

    fn subcase_closed(&mut self, step: &'a Step, case: &kernel::CaseId, outcome: Outcome) -> Result<(), Refusal> {
        if !self.is_subcases() {
            return Err(Refusal::rule("case-not-yours").arg("step", &step.key));
        }
        let known = self.state.subcases.iter().rposition(|subcase| subcase.case.as_ref() == Some(case));
        let at = known.ok_or_else(|| Refusal::rule("case-subcase-unknown").arg("case", case))?;
        let Some(subcase) = self.state.subcases.get(at).filter(|subcase| subcase.outcome.is_none()) else {
            return Ok(());
        };
        let latest = self.state.subcases.iter().rposition(|other| other.step == step.key) == Some(at);
        self.push(SubcaseClosed { step: subcase.step.clone(), case: case.clone(), outcome });
        // Where the case has gone on without it, the end is only noted.
        let waited_for = step.subcase.as_ref().is_some_and(|spec| spec.wait) && latest;
        if waited_for { self.leave(step, None) } else { Ok(()) }
    }

    /// Whether the program is here for sub-cases.
    fn is_subcases(&self) -> bool {
        matches!(self.world.actor, kernel::Actor::System(SUBCASES))
    }

    fn tick(&mut self, step: &'a Step) -> Result<(), Refusal> {
        let Some(due) = self.state.due.filter(|due| self.now > *due && !self.state.overdue) else { return Ok(()) };
        let escalate = match &step.escalate {
            Some(owner) => self.bind_owner(step, owner, &self.state.fields)?.into_iter().next(),
            None => None,
        };
        self.push(DeadlinePassed { step: step.key.clone(), due, escalate });
        self.by = None;
        match step.kind {
            StepKind::Ballot => self.close_ballot(step),
            StepKind::Opinion => self.leave(step, None),
            _ if self.moves_by_deadline(step) => self.leave(step, None),
            _ => Ok(()),
        }
    }

    /// Whether a rule that speaks of the deadline holds now.
    fn moves_by_deadline(&self, step: &Step) -> bool {
        let speaks = |guard: &Guard| guard.mentions_deadline() && guard.holds(step, &self.state, None);
        step.next.iter().any(|rule| rule.when.as_ref().is_some_and(speaks))
    }

    // -------------------------------------------------------------------------------------------- moving on

    /// The step is finished: settles its documents, declares its effects, and goes where its rules say.
    fn leave(&mut self, step: &'a Step, outcome: Option<&str>) -> Result<(), Refusal> {
        let rule = step.next.iter().find(|r| r.when.as_ref().is_none_or(|g| g.holds(step, &self.state, outcome)));
        let rule = rule.ok_or_else(|| Refusal::rule("case-no-way-on").arg("step", &step.key))?;
        let to = self.procedure.step(&rule.to).ok_or_else(|| Refusal::rule("case-no-way-on").arg("step", &step.key))?;
        let is_draft = |key: &&String| self.state.documents.get(*key).is_some_and(|d| d.stage == DocumentStage::Draft);
        let settled: Vec<String> = step.writes.iter().filter(is_draft).cloned().collect();
        let back = self.is_back(step, to);
        self.push(StepLeft {
            step: step.key.clone(),
            at: self.now,
            by: self.by.clone(),
            outcome: outcome.map(str::to_owned),
            settled,
        });
        if back {
            let verdict = self.state.verdict(&step.key).map(Guard::Ballot);
            let why = rule.when.as_ref().or(verdict.as_ref());
            let reason = why.map(|guard| explain::guard(self.procedure, step, guard).vi).unwrap_or_default();
            self.returned(step, to, reason);
        } else {
            for spec in self.procedure.effects.iter().filter(|spec| spec.after == step.key) {
                let effect = effect::bind(spec, &self.state.fields)?.effect;
                self.push(EffectDeclared { key: spec.key.clone(), effect });
            }
        }
        self.enter(to)
    }

    fn send_back(&mut self, step: &'a Step, to: &str, reason: &str) -> Result<(), Refusal> {
        let target = step.returns.iter().find(|key| *key == to).and_then(|key| self.procedure.step(key));
        let target = target.ok_or_else(|| Refusal::rule("case-cannot-return").arg("to", cut(to)))?;
        self.must_hold_task(step)?;
        if self.state.visits.len() >= MAX_VISITS {
            return Err(Refusal::rule("case-too-many-visits"));
        }
        let reason = self.words(reason)?;
        if reason.is_empty() {
            return Err(Refusal::rule("case-reason-needed"));
        }
        self.push(StepLeft {
            step: step.key.clone(),
            at: self.now,
            by: self.by.clone(),
            outcome: None,
            settled: Vec::new(),
        });
        self.returned(step, target, reason);
        self.enter(target)
    }

    fn returned(&mut self, from: &Step, to: &Step, reason: String) {
        let reopened = self.reopened_by(from, to);
        let (from, to, by) = (from.key.clone(), to.key.clone(), self.by.clone());
        self.push(Returned { from, to, reason, by, reopened });
    }

    /// Whether `to` does not come after `step` in the order of reading.
    fn is_back(&self, step: &Step, to: &Step) -> bool {
        let at = |key: &str| self.procedure.steps.iter().position(|s| s.key == key);
        at(&to.key) <= at(&step.key)
    }

    /// Documents that can be changed again, or whose signature is void, when the case goes from one step back to
    /// another: those that are written or signed at a step from there on. Issued ones stand.
    fn reopened_by(&self, from: &Step, to: &Step) -> Vec<String> {
        let mut touched: BTreeSet<&str> = BTreeSet::new();
        let mut inside = false;
        for step in &self.procedure.steps {
            inside |= step.key == to.key;
            if inside {
                touched.extend(step.writes.iter().map(String::as_str));
                touched.extend(step.document.as_deref().filter(|_| step.kind == StepKind::Sign));
            }
            inside &= step.key != from.key;
        }
        let open_again = |key: &str| {
            let stage = self.state.documents.get(key).map(|document| document.stage);
            matches!(stage, Some(DocumentStage::Final | DocumentStage::Signed))
        };
        touched.into_iter().filter(|key| open_again(key)).map(str::to_owned).collect()
    }

    fn enter(&mut self, step: &'a Step) -> Result<(), Refusal> {
        // One command passes by steps that nobody works at; a declaration that leads in a circle over such alone is refused.
        let passed = self.events.iter().filter(|event| matches!(event, Event::StepEntered(_))).count();
        if passed > 2 * self.procedure.steps.len() {
            return Err(Refusal::rule("case-too-many-visits"));
        }
        let seats = self.bind_owners(step, &self.state.fields)?;
        let bodies = match &step.opinion {
            Some(spec) => self.bind_bodies(step, &spec.from)?,
            None => Vec::new(),
        };
        let due = step.deadline.as_ref().and_then(|deadline| {
            deadline.event(&self.state, self.now).map(|day| self.world.calendar.due(deadline, day))
        });
        self.push(StepEntered { step: step.key.clone(), at: self.now, due, seats, bodies });
        match step.kind {
            StepKind::Ballot => self.open_ballot(step),
            StepKind::Opinion if self.state.asked.is_empty() => self.leave(step, None),
            StepKind::Subcase => self.request_subcase(step),
            StepKind::End => {
                let outcome = step.outcome.unwrap_or(Outcome::Done);
                self.push(Closed { step: step.key.clone(), outcome, at: self.now });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn request_subcase(&mut self, step: &'a Step) -> Result<(), Refusal> {
        let spec = step.subcase.as_ref().ok_or_else(|| other_step(step))?;
        let unbound = |field: String| Refusal::rule("case-owner-unbound").arg("step", &step.key).arg("field", field);
        let mut fields = Map::new();
        for (key, template) in &spec.fields {
            if let Some(value) = effect::fill(template, &self.state.fields).map_err(unbound)? {
                fields.insert(key.clone(), value);
            }
        }
        let title =
            spec.title.as_ref().map_or_else(|| self.state.title.clone(), |t| effect::words(t, &self.state.fields));
        let (step_key, procedure) = (step.key.clone(), spec.procedure.clone());
        let title = title.chars().take(form::MAX_TEXT).collect();
        self.push(SubcaseRequested { step: step_key, procedure, fields, title, case: None });
        if spec.wait { Ok(()) } else { self.leave(step, None) }
    }

    // ------------------------------------------------------------------------------------------------ conditions

    fn here(&self) -> Result<&'a Step, Refusal> {
        match self.state.status {
            Status::Open => {
                let step = self.procedure.step(&self.state.step);
                step.ok_or_else(|| Refusal::rule("case-no-way-on").arg("step", &self.state.step))
            }
            Status::New | Status::Closed => Err(Refusal::rule("case-not-open")),
        }
    }

    fn must_be(&self, step: &Step, kind: StepKind) -> Result<(), Refusal> {
        if step.kind == kind { Ok(()) } else { Err(other_step(step)) }
    }

    /// The seat in which the actor owns the step.
    fn must_own(&self, step: &Step) -> Result<String, Refusal> {
        let seat = self.state.seats.iter().find(|seat| self.seats.contains(seat));
        seat.cloned().ok_or_else(|| Refusal::rule("case-not-yours").arg("step", &step.key))
    }

    /// The actor owns the step, or one of the opinions asked at it.
    fn must_hold_task(&self, step: &Step) -> Result<(), Refusal> {
        let asked = tasks::unanswered(step, &self.state).flat_map(|body| tasks::opinion_seats(step, body));
        if self.state.seats.iter().cloned().chain(asked).any(|seat| self.seats.contains(&seat)) {
            Ok(())
        } else {
            Err(Refusal::rule("case-not-yours").arg("step", &step.key))
        }
    }

    fn must_be_here(&self, step: &Step, key: &str) -> Result<(), Refusal> {
        if step.document.as_deref() != Some(key) {
            return Err(Refusal::rule("case-document-not-here").arg("document", cut(key)));
        }
        if !self.state.documents.contains_key(key) {
            return Err(Refusal::rule("case-document-missing").arg("document", key));
        }
        Ok(())
    }

    fn person(&self) -> Result<PersonId, Refusal> {
        self.by.clone().ok_or_else(|| Refusal::rule("case-not-yours").arg("step", &self.state.step))
    }

    fn words(&self, text: &str) -> Result<String, Refusal> {
        let text = kernel::text::nfc(text.trim()).into_owned();
        if text.chars().count() > form::MAX_LONG_TEXT {
            let problem = kernel::FieldProblem::new("text", "field-too-long").arg("max", form::MAX_LONG_TEXT);
            return Err(Refusal::Fields(vec![problem]));
        }
        Ok(text)
    }
}

/// The answer that must say what it means (ý kiến khác).
pub const OTHER: &str = "other";

fn other_step(step: &Step) -> Refusal {
    Refusal::rule("case-step-is-other").arg("step", &step.key)
}

/// A text from outside, short enough for a message.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
