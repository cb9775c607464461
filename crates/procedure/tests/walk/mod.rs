//! A case carried through any procedure by generated people: whoever is asked for is there.
#![allow(dead_code, missing_docs, reason = "shared by several test programs")]

use crate::hall::CATALOGUE;
use kernel::{Actor, Day, DocumentId, Grade, Person, PersonId, Timestamp};
use procedure::{
    CaseState, Command, DocumentStage, Event, Procedure, Refusal, Roll, Status, StepKind, World, advance, bpmn,
    model::{Field, FieldKind, Outcome, Owner, Step},
    tasks::{self, TaskKind},
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// Everybody holds every position somewhere: three people per seat.
struct Everybody;
impl Roll for Everybody {
    fn holders(&self, position: &str, body: &str) -> Vec<PersonId> {
        (0..3).map(|n| PersonId::new(format!("{position}.{body}.{n}").replace('@', ".")).unwrap()).collect()
    }
}

fn sample(field: &Field, seed: usize) -> Value {
    match &field.kind {
        FieldKind::Text | FieldKind::LongText => json!("Nội dung"),
        FieldKind::Date => json!("2026-05-04"),
        FieldKind::Person => json!("person-1"),
        FieldKind::Body => json!("ub-phap-luat-tu-phap"),
        FieldKind::Bodies => json!(["ub-phap-luat-tu-phap", "ub-kinh-te-tai-chinh"]),
        FieldKind::Position => json!("member"),
        FieldKind::Choice { options } => json!(options[seed % options.len()].code),
        FieldKind::Number { min, max } => {
            json!(min.or(*max).unwrap_or(1) + if seed % 2 == 1 && max.is_none() { 100_000_000_000 } else { 0 })
        }
        FieldKind::YesNo => json!(seed.is_multiple_of(2)),
        FieldKind::List { columns } => json!([form(columns, seed)]),
    }
}
fn form(fields: &[Field], seed: usize) -> Map<String, Value> {
    fields.iter().map(|field| (field.key.clone(), sample(field, seed))).collect()
}

/// The person in a seat.
pub fn in_seat(seat: &str) -> Actor {
    match seat.split_once(':') {
        Some(("system", duty)) => Actor::System(if duty == "publisher" { "publisher" } else { "timer" }),
        Some((_, id)) => person(id, &[]),
        None => person(&format!("holder.{}", seat.replace('@', ".")), &[seat]),
    }
}
pub fn person(id: &str, positions: &[&str]) -> Actor {
    Actor::Person(Person {
        id: PersonId::new(id).unwrap(),
        name: String::new(),
        positions: positions.iter().map(|p| (*p).to_owned()).collect(),
        bodies: Default::default(),
        clearance: Grade::MostSecret,
        acting_as: None,
        handed: vec![],
        acting_for: None,
    })
}

fn start() -> Timestamp {
    Day::new(2026, 5, 4).unwrap().start().plus_seconds(9 * 3600)
}

pub struct Run {
    pub procedure: Arc<Procedure>,
    pub case: CaseState,
    pub events: Vec<Event>,
    pub now: Timestamp,
    /// Each step that was left, with the variables of its BPMN export as they stood then.
    pub left: Vec<(String, Map<String, Value>)>,
}

impl Run {
    pub fn open(procedure: &Arc<Procedure>, seed: usize) -> Run {
        let mut run = Run {
            procedure: procedure.clone(),
            case: CaseState::new(),
            events: Vec::new(),
            now: start(),
            left: Vec::new(),
        };
        let fields = form(&procedure.form, seed);
        let owner = &procedure.first_step().owners[0];
        let seat = match owner {
            Owner::System { .. } => owner.to_string(),
            Owner::Person { field } => format!("person:{}", fields[field].as_str().unwrap()),
            Owner::Position { position, body } => match body.to_string().strip_prefix('{') {
                Some(field) => {
                    let value = &fields[field.trim_end_matches('}')];
                    let code = value.as_str().or_else(|| value[0].as_str()).unwrap();
                    format!("{position}@{code}")
                }
                None => format!("{position}@{body}"),
            },
        };
        let open = Command::Open { title: "Hồ sơ".into(), grade: Grade::Open, fields };
        run.act(&in_seat(&seat), &open).unwrap_or_else(|why| panic!("{}: {why}", procedure.id));
        run
    }

    pub fn act(&mut self, actor: &Actor, command: &Command) -> Result<Vec<Event>, Refusal> {
        let world = World { actor, now: self.now, calendar: CATALOGUE.calendar(), roll: &Everybody };
        let mut events = advance(&self.procedure, &self.case, command, &world)?;
        for event in &mut events {
            if let Event::SubcaseRequested(asked) = event {
                asked.case = Some(kernel::CaseId::new(format!("case-{}", self.case.subcases.len() + 2)).unwrap());
            }
        }
        let returned = match command {
            Command::Return { to, .. } => Some(to.as_str()),
            _ => None,
        };
        for event in &events {
            if let Event::StepLeft(left) = event {
                let facts = bpmn::facts(&self.procedure, &self.case, left.outcome.as_deref(), returned);
                self.left.push((left.step.clone(), facts));
            }
            self.case.apply(event);
        }
        self.events.extend(events.iter().cloned());
        self.now = self.now.plus_seconds(1);
        Ok(events)
    }

    pub fn step(&self) -> &Step {
        self.procedure.step(&self.case.step).unwrap()
    }

    /// What whoever owns the present tasks would do; `choice` picks among the ways on.
    pub fn work(&mut self, choice: usize) {
        let Some(task) = tasks::open_tasks(&self.procedure, &self.case).into_iter().next() else {
            panic!("{}: open at {} without a task", self.procedure.id, self.case.step);
        };
        if task.kind == TaskKind::Ballot && task.due.is_some_and(|due| self.now > due) {
            let before = self.case.clone();
            self.act(&Actor::System("timer"), &Command::Tick).expect("the clock is always heard");
            return self.sound(&before);
        }
        let step = self.step().clone();
        let actor = match task.kind {
            TaskKind::Subcase => Actor::System(procedure::command::SUBCASES),
            _ => in_seat(&task.seats[choice % task.seats.len()]),
        };
        let document = |key: &str| DocumentId::new(format!("document-{key}")).unwrap();
        let outcome =
            |n: usize| (!step.outcomes.is_empty()).then(|| step.outcomes[n % step.outcomes.len()].code.clone());
        let command = match &task.kind {
            TaskKind::Work => {
                for key in &step.writes {
                    let _ = self.act(&actor, &Command::AttachDocument { key: key.clone(), document: document(key) });
                }
                Command::Complete {
                    step: step.key.clone(),
                    fields: form(&step.fields, choice),
                    outcome: outcome(choice),
                }
            }
            TaskKind::Opinion(body) => {
                let answers = &step.opinion.as_ref().unwrap().answers;
                Command::GiveOpinion {
                    body: body.clone(),
                    answer: answers[choice % answers.len()].code.clone(),
                    text: "Ý kiến".into(),
                    document: Some(document("y-kien")),
                }
            }
            TaskKind::Ballot => {
                let answers = &step.ballot.as_ref().unwrap().answers;
                Command::CastBallot { answer: answers[choice % answers.len()].code.clone(), text: "Ý kiến".into() }
            }
            TaskKind::Vote => {
                let first = step.ballot.as_ref().unwrap().answers[0].code.clone();
                let in_favour = if choice.is_multiple_of(2) { 446 } else { 100 };
                Command::RecordVote { answers: BTreeMap::from([(first, in_favour)]), all: 473 }
            }
            TaskKind::Sign(key) => Command::Sign { key: key.clone() },
            TaskKind::Issue(key) => Command::Issue { key: key.clone(), number: "1/NQ".into(), day: self.now.day() },
            TaskKind::Publish(key) => Command::Publish { key: key.clone() },
            TaskKind::Subcase => Command::SubcaseClosed {
                case: self.case.subcases.last().and_then(|subcase| subcase.case.clone()).expect("it was opened"),
                outcome: if choice.is_multiple_of(2) { Outcome::Done } else { Outcome::Refused },
            },
        };
        let before = self.case.clone();
        let done = self.act(&actor, &command);
        assert!(done.is_ok(), "{} at {}: {:?}", self.procedure.id, before.step, done.err());
        self.sound(&before);
    }

    /// What must hold after everything that happens.
    pub fn sound(&self, before: &CaseState) {
        for (key, document) in &before.documents {
            let now = self.case.documents.get(key).expect("no document is lost");
            if document.stage >= DocumentStage::Issued {
                assert!(now.stage >= document.stage && now.document == document.document, "what was issued stands");
            }
        }
        assert_eq!(CaseState::fold(&self.events), self.case);
        match self.case.status {
            Status::Open => {
                let waits = !tasks::open_tasks(&self.procedure, &self.case).is_empty() || self.case.due.is_some();
                assert!(waits, "{} waits at {} for nobody", self.procedure.id, self.case.step);
            }
            Status::Closed => assert_eq!(self.step().kind, StepKind::End),
            Status::New => {}
        }
    }
}
