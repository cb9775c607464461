//! The engine: (procedure, state, command, world) → events, or a refusal that says why.

use crate::{
    command::{Command, Refusal, World},
    effect,
    event::{
        BallotCast, BallotClosed, BallotOpened, Closed, DeadlinePassed, DocumentAttached, DocumentIssued,
        DocumentPublished, DocumentSigned, EffectDeclared, Event, FormFilled, Opened, OpinionGiven, Returned,
        StepEntered, StepLeft, SubcaseClosed, SubcaseRequested, VoteRecorded,
    },
    explain,
    form::{self, Strictness},
    guard::Guard,
    model::{BodyRef, Choice, Outcome, Owner, Procedure, Step, StepKind},
    state::{CaseState, DocumentStage, Status},
    tasks,
    threshold::Count,
};
use kernel::{BodyId, Day, DocumentId, PersonId, Timestamp};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A case that has been at so many steps is going round in circles; a person must look at it.
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
        if let Command::Open { title, grade, fields } = command {
            return self.open(title, *grade, fields);
        }
        let step = self.here()?;
        match command {
            Command::Open { .. } => Err(Refusal::rule("case-already-open")),
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

    fn open(&mut self, title: &str, grade: kernel::Grade, fields: &Map<String, Value>) -> Result<(), Refusal> {
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
        if !owners.iter().any(|seat| self.seats.contains(seat)) {
            return Err(Refusal::rule("case-not-yours").arg("step", &first.key));
        }
        let grade = grade.max(self.procedure.grade);
        let (procedure, by, at) = (self.procedure.reference(), self.by.clone(), self.now);
        self.push(Opened { procedure, title, grade, fields, by, at });
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

    // ------------------------------------------------------------------------------ opinions, ballots and votes

    fn give_opinion(
        &mut self,
        step: &'a Step,
        body: &BodyId,
        answer: &str,
        text: &str,
        document: Option<&DocumentId>,
    ) -> Result<(), Refusal> {
        self.must_be(step, StepKind::Opinion)?;
        let spec = step.opinion.as_ref().ok_or_else(|| other_step(step))?;
        if !self.state.asked.contains(body) {
            return Err(Refusal::rule("case-body-not-asked").arg("body", body));
        }
        if !tasks::opinion_seats(step, body).iter().any(|seat| self.seats.contains(seat)) {
            return Err(Refusal::rule("case-not-yours").arg("step", &step.key));
        }
        if !tasks::unanswered(step, &self.state).any(|missing| missing == body) {
            return Err(Refusal::rule("case-opinion-given").arg("body", body));
        }
        let text = self.answer(&spec.answers, answer, text)?;
        if let (Some(key), None) = (&spec.document, document) {
            return Err(Refusal::rule("case-document-missing").arg("document", key));
        }
        let by = self.person()?;
        let (step_key, body, answer) = (step.key.clone(), body.clone(), answer.to_owned());
        self.push(OpinionGiven { step: step_key, body, by, answer, text, document: document.cloned() });
        if tasks::unanswered(step, &self.state).next().is_none() { self.leave(step, None) } else { Ok(()) }
    }

    fn cast(&mut self, step: &'a Step, answer: &str, text: &str) -> Result<(), Refusal> {
        self.must_be(step, StepKind::Ballot)?;
        let spec = step.ballot.as_ref().ok_or_else(|| other_step(step))?;
        let by = self.person()?;
        let member = self.state.ballots.get(&step.key).is_some_and(|ballot| ballot.members.contains(&by));
        if !member {
            return Err(Refusal::rule("case-not-a-member"));
        }
        if self.state.has_cast(&by) {
            return Err(Refusal::rule("case-ballot-cast"));
        }
        if let Some(due) = self.state.due.filter(|due| self.now > *due) {
            return Err(Refusal::rule("case-ballot-over").arg("due", due.clock_and_day()));
        }
        let text = self.answer(&spec.answers, answer, text)?;
        self.push(BallotCast { step: step.key.clone(), by, answer: answer.to_owned(), text });
        let all_in = self.state.ballots.get(&step.key).is_some_and(|b| b.cast.len() == b.members.len());
        if all_in { self.close_ballot(step) } else { Ok(()) }
    }

    fn close_ballot(&mut self, step: &'a Step) -> Result<(), Refusal> {
        let spec = step.ballot.as_ref().ok_or_else(|| other_step(step))?;
        let ballot = self.state.ballots.get(&step.key).cloned().unwrap_or_default();
        let mut answers: BTreeMap<String, u32> = spec.answers.iter().map(|a| (a.code.clone(), 0)).collect();
        for cast in ballot.cast.values() {
            *answers.entry(cast.answer.clone()).or_default() += 1;
        }
        let count = counted(answers, &spec.answers, number(ballot.members.len()));
        let passed = spec.threshold.passes(&count);
        self.push(BallotClosed { step: step.key.clone(), count, passed });
        self.leave(step, None)
    }

    fn record_vote(&mut self, step: &'a Step, answers: &BTreeMap<String, u32>, all: u32) -> Result<(), Refusal> {
        self.must_be(step, StepKind::Vote)?;
        self.must_own(step)?;
        let spec = step.ballot.as_ref().ok_or_else(|| other_step(step))?;
        if let Some(unknown) = answers.keys().find(|code| spec.answers.iter().all(|a| a.code != **code)) {
            return Err(Refusal::rule("case-answer-unknown").arg("answer", cut(unknown)));
        }
        let sum: u64 = answers.values().map(|n| u64::from(*n)).sum();
        if sum > u64::from(all) || all == 0 {
            return Err(Refusal::rule("case-count-wrong").arg("sum", sum).arg("all", all));
        }
        let mut every: BTreeMap<String, u32> = spec.answers.iter().map(|a| (a.code.clone(), 0)).collect();
        every.extend(answers.clone());
        let count = counted(every, &spec.answers, all);
        let passed = spec.threshold.passes(&count);
        self.push(VoteRecorded { step: step.key.clone(), count, passed });
        self.leave(step, None)
    }

    /// Checks an answer; gives back its words, trimmed and in NFC. "Other" answers must say what they mean.
    fn answer(&self, answers: &[Choice], answer: &str, text: &str) -> Result<String, Refusal> {
        if answers.iter().all(|known| known.code != answer) {
            return Err(Refusal::rule("case-answer-unknown").arg("answer", cut(answer)));
        }
        let text = self.words(text)?;
        if answer == OTHER && text.is_empty() {
            return Err(Refusal::rule("case-text-needed"));
        }
        Ok(text)
    }

    // ---------------------------------------------------------------------------------- other cases and the clock

    fn subcase_closed(&mut self, step: &'a Step, case: &kernel::CaseId, outcome: Outcome) -> Result<(), Refusal> {
        self.must_be(step, StepKind::Subcase)?;
        self.must_own(step)?;
        self.push(SubcaseClosed { step: step.key.clone(), case: case.clone(), outcome });
        self.leave(step, None)
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
        if self.state.visits.len() >= MAX_VISITS {
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

    fn open_ballot(&mut self, step: &Step) -> Result<(), Refusal> {
        let spec = step.ballot.as_ref().ok_or_else(|| other_step(step))?;
        let bodies = self.bind_bodies(step, std::slice::from_ref(&spec.body))?;
        let mut members = BTreeSet::new();
        for body in &bodies {
            for position in &spec.positions {
                members.extend(self.world.roll.holders(position, body.as_str()));
            }
        }
        if members.is_empty() {
            let body = bodies.first().map(ToString::to_string).unwrap_or_default();
            return Err(Refusal::rule("case-ballot-no-members").arg("body", body));
        }
        self.push(BallotOpened { step: step.key.clone(), members: members.into_iter().collect() });
        Ok(())
    }

    fn request_subcase(&mut self, step: &Step) -> Result<(), Refusal> {
        let spec = step.subcase.as_ref().ok_or_else(|| other_step(step))?;
        let unbound = |field: String| Refusal::rule("case-owner-unbound").arg("step", &step.key).arg("field", field);
        let mut fields = Map::new();
        for (key, template) in &spec.fields {
            if let Some(value) = effect::fill(template, &self.state.fields).map_err(unbound)? {
                fields.insert(key.clone(), value);
            }
        }
        self.push(SubcaseRequested { step: step.key.clone(), procedure: spec.procedure.clone(), fields });
        Ok(())
    }

    // ------------------------------------------------------------------------------------------------- binding

    fn bind_owners(&self, step: &Step, fields: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
        let mut seats = Vec::new();
        for owner in &step.owners {
            for seat in self.bind_owner(step, owner, fields)? {
                if !seats.contains(&seat) {
                    seats.push(seat);
                }
            }
        }
        Ok(seats)
    }

    fn bind_owner(&self, step: &Step, owner: &Owner, fields: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
        match owner {
            Owner::System { duty } => Ok(vec![format!("system:{duty}")]),
            Owner::Person { field } => match fields.get(field).and_then(Value::as_str) {
                Some(person) => Ok(vec![format!("person:{person}")]),
                None => Err(unbound(step, field)),
            },
            Owner::Position { position, body } => {
                Ok(codes(step, body, fields)?.into_iter().map(|body| format!("{position}@{body}")).collect())
            }
        }
    }

    fn bind_bodies(&self, step: &Step, bodies: &[BodyRef]) -> Result<Vec<BodyId>, Refusal> {
        let mut out: Vec<BodyId> = Vec::new();
        for body in bodies {
            // A field with no bodies in it asks nobody.
            let codes = match body {
                BodyRef::Field(key) if !self.state.fields.contains_key(key) && self.is_optional(key) => Vec::new(),
                _ => codes(step, body, &self.state.fields)?,
            };
            for code in codes {
                let id = BodyId::new(code.clone()).map_err(|_| unbound(step, &code))?;
                if !out.contains(&id) {
                    out.push(id);
                }
            }
        }
        Ok(out)
    }

    fn is_optional(&self, key: &str) -> bool {
        self.procedure.any_field(key).is_some_and(|field| !field.required)
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

fn unbound(step: &Step, field: &str) -> Refusal {
    Refusal::rule("case-owner-unbound").arg("step", &step.key).arg("field", field)
}

/// The codes of a body reference in this case.
fn codes(step: &Step, body: &BodyRef, fields: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    match body {
        BodyRef::Code(code) => Ok(vec![code.clone()]),
        BodyRef::Field(key) => match fields.get(key) {
            Some(Value::String(code)) => Ok(vec![code.clone()]),
            Some(Value::Array(items)) => Ok(items.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            _ => Err(unbound(step, key)),
        },
    }
}

/// A count whose first answer is "in favour".
fn counted(answers: BTreeMap<String, u32>, order: &[Choice], all: u32) -> Count {
    let in_favour = order.first().and_then(|first| answers.get(&first.code)).copied().unwrap_or(0);
    Count { all, answered: answers.values().sum(), in_favour, answers }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A text from outside, short enough for a message.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
