//! Where a case stands: nothing but the fold of its events.

use crate::{
    event::{BallotCast, Event, OpinionGiven, Parent},
    guard::Verdict,
    model::{Outcome, ProcedureRef},
    threshold::Count,
};
use kernel::{BodyId, CaseId, DocumentId, Grade, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The state of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseState {
    /// Whether it is open.
    pub status: Status,
    /// The procedure and version under which it was opened.
    pub procedure: Option<ProcedureRef>,
    /// Its title.
    pub title: String,
    /// Its grade.
    pub grade: Grade,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// Who opened it.
    pub opened_by: Option<PersonId>,
    /// The step at which it stands; at the end, the end step.
    pub step: String,
    /// When it came there.
    pub entered_at: Option<Timestamp>,
    /// When the step is to be done.
    pub due: Option<Timestamp>,
    /// The deadline has passed and was recorded.
    pub overdue: bool,
    /// The seats that own the step: `position@body`, `person:<id>`.
    pub seats: Vec<String>,
    /// The bodies whose opinions are asked at this step.
    pub asked: Vec<BodyId>,
    /// All fields filled in so far.
    pub fields: Map<String, Value>,
    /// The procedure's documents, by key.
    pub documents: BTreeMap<String, CaseDocument>,
    /// Opinions of the latest round, by step and body.
    pub opinions: BTreeMap<String, BTreeMap<BodyId, OpinionGiven>>,
    /// The latest ballot or vote of each step.
    pub ballots: BTreeMap<String, Ballot>,
    /// The case that opened this one.
    #[serde(default)]
    pub parent: Option<Parent>,
    /// Cases opened from this one, in the order of opening.
    pub subcases: Vec<Subcase>,
    /// Every stay at a step, in order; the last one is the present.
    pub visits: Vec<Visit>,
    /// Effects that were declared: the key of the declaration and the effect with its parameters.
    pub effects: Vec<(String, Value)>,
    /// People who have taken part: opened, moved, answered, signed, or are asked to answer.
    pub participants: BTreeSet<PersonId>,
    /// Bodies that have taken part or were asked.
    pub bodies: BTreeSet<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// Whether a case is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Not opened yet: the state before the first event.
    #[default]
    New,
    /// Under way.
    Open,
    /// Over.
    Closed,
}

/// How far a document has come; later is larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentStage {
    /// There, and may still be changed.
    Draft,
    /// Settled.
    Final,
    /// Signed.
    Signed,
    /// Numbered, dated and sealed.
    Issued,
    /// On the public site.
    Published,
}

/// A document of the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseDocument {
    /// Which.
    pub document: DocumentId,
    /// How far it has come.
    pub stage: DocumentStage,
    /// Its number, once issued.
    pub number: Option<String>,
}

/// A written ballot, or a vote taken in a sitting (which has no members of its own here).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballot {
    /// Everyone who may answer.
    pub members: Vec<PersonId>,
    /// The answers so far.
    pub cast: BTreeMap<PersonId, BallotCast>,
    /// The count, once closed.
    pub count: Option<Count>,
    /// Whether it passed, once closed.
    pub passed: Option<bool>,
}

/// A case that was opened from this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subcase {
    /// The step that opened it.
    pub step: String,
    /// Its procedure's id.
    pub procedure: String,
    /// Which; always there in the journal.
    pub case: Option<CaseId>,
    /// How it ended, once its end has arrived here.
    pub outcome: Option<Outcome>,
}

/// One stay at a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The step.
    pub step: String,
    /// When the case came.
    pub entered: Timestamp,
    /// When it went on; none while it is there.
    pub left: Option<Timestamp>,
    /// Who moved it on.
    pub by: Option<PersonId>,
    /// The outcome that was chosen.
    pub outcome: Option<String>,
    /// Why it was returned from here.
    pub returned: Option<String>,
}

impl CaseState {
    /// The state before the first event.
    pub fn new() -> CaseState {
        CaseState::default()
    }

    /// The state after these events.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> CaseState {
        let mut state = CaseState::new();
        events.into_iter().for_each(|event| state.apply(event));
        state
    }

    /// Whether the person has answered the ballot at this step.
    pub fn has_cast(&self, person: &PersonId) -> bool {
        self.ballots.get(&self.step).is_some_and(|b| b.cast.contains_key(person))
    }

    /// The case that was last opened from a step.
    pub fn subcase(&self, step: &str) -> Option<&Subcase> {
        self.subcases.iter().rev().find(|subcase| subcase.step == step)
    }

    /// How the ballot or vote of a step ended.
    pub fn verdict(&self, step: &str) -> Option<Verdict> {
        let passed = self.ballots.get(step)?.passed?;
        Some(if passed { Verdict::Passed } else { Verdict::Failed })
    }

    /// Takes in one more event. Total: an event that does not fit (which `advance` never gives) changes what it can.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Opened(e) => {
                self.status = Status::Open;
                self.procedure = Some(e.procedure.clone());
                self.title.clone_from(&e.title);
                self.grade = e.grade;
                self.opened_at = Some(e.at);
                self.opened_by.clone_from(&e.by);
                self.fields = e.fields.clone();
                self.participants.extend(e.by.clone());
                self.parent.clone_from(&e.parent);
            }
            Event::StepEntered(e) => self.enter(e),
            Event::StepLeft(e) => {
                for key in &e.settled {
                    self.stage(key, DocumentStage::Final);
                }
                self.participants.extend(e.by.clone());
                if let Some(visit) = self.visits.last_mut() {
                    visit.left = Some(e.at);
                    visit.by.clone_from(&e.by);
                    visit.outcome.clone_from(&e.outcome);
                }
            }
            Event::FormFilled(e) => self.fields.extend(e.fields.clone()),
            Event::DocumentAttached(e) => {
                let document = CaseDocument { document: e.document.clone(), stage: DocumentStage::Draft, number: None };
                self.documents.insert(e.key.clone(), document);
            }
            Event::DocumentSigned(e) => {
                self.stage(&e.key, DocumentStage::Signed);
                self.participants.insert(e.by.clone());
            }
            Event::DocumentIssued(e) => {
                self.stage(&e.key, DocumentStage::Issued);
                if let Some(document) = self.documents.get_mut(&e.key) {
                    document.number = Some(e.number.clone());
                }
            }
            Event::DocumentPublished(e) => self.stage(&e.key, DocumentStage::Published),
            Event::OpinionGiven(e) => {
                self.opinions.entry(e.step.clone()).or_default().insert(e.body.clone(), e.clone());
                self.participants.insert(e.by.clone());
            }
            Event::BallotOpened(e) => {
                self.participants.extend(e.members.iter().cloned());
                self.ballots.insert(e.step.clone(), Ballot { members: e.members.clone(), ..Ballot::default() });
            }
            Event::BallotCast(e) => {
                self.ballots.entry(e.step.clone()).or_default().cast.insert(e.by.clone(), e.clone());
            }
            Event::BallotClosed(e) => self.count(&e.step, &e.count, e.passed),
            Event::VoteRecorded(e) => self.count(&e.step, &e.count, e.passed),
            Event::DeadlinePassed(_) => self.overdue = true,
            Event::Returned(e) => {
                for key in &e.reopened {
                    if let Some(document) = self.documents.get_mut(key) {
                        document.stage = DocumentStage::Draft;
                    }
                }
                self.participants.extend(e.by.clone());
                if let Some(visit) = self.visits.last_mut() {
                    visit.returned = Some(e.reason.clone());
                }
            }
            Event::SubcaseRequested(e) => self.subcases.push(Subcase {
                step: e.step.clone(),
                procedure: e.procedure.clone(),
                case: e.case.clone(),
                outcome: None,
            }),
            Event::SubcaseClosed(e) => {
                let known = self.subcases.iter_mut().find(|subcase| subcase.case.as_ref() == Some(&e.case));
                if let Some(subcase) = known {
                    subcase.outcome = Some(e.outcome);
                }
            }
            Event::EffectDeclared(e) => self.effects.push((e.key.clone(), e.effect.clone())),
            Event::ProcedureChanged(e) => {
                self.procedure = Some(e.to.clone());
                self.due = e.due;
                self.overdue = self.overdue && e.due.is_some_and(|due| due < e.at);
                self.own(&e.seats);
                self.participants.extend(e.by.clone());
            }
            Event::Closed(e) => {
                self.status = Status::Closed;
                self.outcome = Some(e.outcome);
                if let Some(visit) = self.visits.last_mut() {
                    visit.left = Some(e.at);
                }
            }
        }
    }

    fn enter(&mut self, e: &crate::event::StepEntered) {
        self.step.clone_from(&e.step);
        self.entered_at = Some(e.at);
        self.due = e.due;
        self.overdue = false;
        self.asked.clone_from(&e.bodies);
        self.opinions.remove(&e.step);
        self.ballots.remove(&e.step);
        self.bodies.extend(e.bodies.iter().map(ToString::to_string));
        self.own(&e.seats);
        self.visits.push(Visit {
            step: e.step.clone(),
            entered: e.at,
            left: None,
            by: None,
            outcome: None,
            returned: None,
        });
    }

    /// The step belongs to these seats from now on.
    fn own(&mut self, seats: &[String]) {
        self.seats = seats.to_vec();
        for seat in seats {
            match seat.split_once(':') {
                Some(("person", id)) => self.participants.extend(PersonId::new(id).ok()),
                Some(_) => {}
                None => self.bodies.extend(seat.split_once('@').map(|(_, body)| body.to_owned())),
            }
        }
    }

    fn stage(&mut self, key: &str, stage: DocumentStage) {
        if let Some(document) = self.documents.get_mut(key) {
            document.stage = document.stage.max(stage);
        }
    }

    fn count(&mut self, step: &str, count: &Count, passed: bool) {
        let ballot = self.ballots.entry(step.to_owned()).or_default();
        ballot.count = Some(count.clone());
        ballot.passed = Some(passed);
    }
}
