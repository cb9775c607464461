//! Random hands on every procedure of the catalogue: whatever anybody tries in whatever order, nothing panics, nothing
//! happens without authority, no document is lost, and a case is never stuck.

mod hall;

use hall::CATALOGUE;
use kernel::{Actor, BodyId, Day, DocumentId, Grade, Person, PersonId, Timestamp};
use procedure::{
    CaseState, Command, DocumentStage, Event, Procedure, Refusal, Roll, Status, StepKind, World, advance,
    model::{Field, FieldKind, Outcome, Owner, Step},
    tasks::{self, TaskKind},
};
use proptest::prelude::*;
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
fn in_seat(seat: &str) -> Actor {
    match seat.split_once(':') {
        Some(("system", duty)) => Actor::System(if duty == "publisher" { "publisher" } else { "timer" }),
        Some((_, id)) => person(id, &[]),
        None => person(&format!("holder.{}", seat.replace('@', ".")), &[seat]),
    }
}
fn person(id: &str, positions: &[&str]) -> Actor {
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

struct Run {
    procedure: Arc<Procedure>,
    case: CaseState,
    events: Vec<Event>,
    now: Timestamp,
}

impl Run {
    fn open(procedure: &Arc<Procedure>, seed: usize) -> Run {
        let mut run = Run { procedure: procedure.clone(), case: CaseState::new(), events: Vec::new(), now: start() };
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

    fn act(&mut self, actor: &Actor, command: &Command) -> Result<Vec<Event>, Refusal> {
        let world = World { actor, now: self.now, calendar: CATALOGUE.calendar(), roll: &Everybody };
        let mut events = advance(&self.procedure, &self.case, command, &world)?;
        for event in &mut events {
            if let Event::SubcaseRequested(asked) = event {
                asked.case = Some(kernel::CaseId::new(format!("case-{}", self.case.subcases.len() + 2)).unwrap());
            }
        }
        events.iter().for_each(|event| self.case.apply(event));
        self.events.extend(events.iter().cloned());
        self.now = self.now.plus_seconds(1);
        Ok(events)
    }

    fn step(&self) -> &Step {
        self.procedure.step(&self.case.step).unwrap()
    }

    /// What whoever owns the present tasks would do; `choice` picks among the ways on.
    fn work(&mut self, choice: usize) {
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
    fn sound(&self, before: &CaseState) {
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

#[test]
fn every_procedure_takes_each_of_its_steps_and_ends_in_generated_runs() {
    for procedure in CATALOGUE.newest() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..160usize {
            let mut run = Run::open(procedure, seed / 2);
            let mut turn = seed;
            // Forward with the seed's choices, then straight on, so that every run comes to an end.
            for round in 0..200 {
                if run.case.status != Status::Open {
                    break;
                }
                seen.insert(run.case.step.clone());
                let returns = run.step().returns.clone();
                if round < 12 && turn % 7 == 3 && !returns.is_empty() {
                    let seat = tasks::holders(&run.procedure, &run.case).into_iter().next().unwrap();
                    let back =
                        Command::Return { to: returns[turn % returns.len()].clone(), reason: "Bổ sung".into() };
                    let before = run.case.clone();
                    if run.step().kind != StepKind::Ballot {
                        run.act(&in_seat(&seat), &back).unwrap();
                        run.sound(&before);
                    }
                } else if round < 12 && turn % 5 == 4 && run.case.due.is_some() {
                    run.now = run.now.max(run.case.due.unwrap()).plus_seconds(1);
                    let before = run.case.clone();
                    run.act(&Actor::System("timer"), &Command::Tick).unwrap();
                    run.sound(&before);
                } else {
                    run.work(if round < 60 { turn } else { round });
                }
                turn = (turn.wrapping_mul(1_103_515_245).wrapping_add(12_345 + seed) >> 8) % 1_000_003;
            }
            assert_eq!(run.case.status, Status::Closed, "{} stays at {}", procedure.id, run.case.step);
            seen.extend(run.case.visits.iter().map(|visit| visit.step.clone()));
        }
        let missed: Vec<&str> =
            procedure.steps.iter().map(|s| s.key.as_str()).filter(|key| !seen.contains(*key)).collect();
        assert!(missed.is_empty(), "{} never comes to {missed:?}", procedure.id);
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    let key = || prop_oneof![Just("nghi-quyet".to_owned()), Just("to-trinh".to_owned()), "[a-z-]{0,12}"];
    let text = || prop_oneof![Just(String::new()), Just("Lý do".to_owned()), ".{0,30}"];
    let code = || prop_oneof![Just("for".to_owned()), Just("other".to_owned()), Just("agree".to_owned()), "[a-z]{0,8}"];
    let step = || prop_oneof![Just("draft".to_owned()), Just("opinion".to_owned()), "[a-z-]{0,10}"];
    let fields = prop::collection::btree_map("[a-z-]{1,10}", "[a-z0-9/-]{0,12}", 0..3)
        .prop_map(|map| map.into_iter().map(|(key, value)| (key, Value::from(value))).collect::<Map<_, _>>());
    let document = DocumentId::new("document-9").unwrap();
    let attached = document.clone();
    prop_oneof![
        (text(), fields.clone()).prop_map(|(title, fields)| Command::Open { title, grade: Grade::Open, fields }),
        fields.clone().prop_map(|fields| Command::Fill { fields }),
        (step(), fields, prop::option::of(prop_oneof![Just("submit".to_owned()), "[a-z]{0,8}"]))
            .prop_map(|(step, fields, outcome)| Command::Complete { step, fields, outcome }),
        key().prop_map(move |key| Command::AttachDocument { key, document: document.clone() }),
        (code(), text(), any::<bool>()).prop_map(move |(answer, text, with)| Command::GiveOpinion {
            body: BodyId::new("ub-phap-luat-tu-phap").unwrap(),
            answer,
            text,
            document: with.then(|| attached.clone()),
        }),
        (step(), text()).prop_map(|(to, reason)| Command::Return { to, reason }),
        (code(), text()).prop_map(|(answer, text)| Command::CastBallot { answer, text }),
        (prop::collection::btree_map(code(), any::<u32>(), 0..3), any::<u32>())
            .prop_map(|(answers, all)| Command::RecordVote { answers, all }),
        key().prop_map(|key| Command::Sign { key }),
        (key(), text()).prop_map(|(key, number)| Command::Issue { key, number, day: Day::new(2026, 5, 4).unwrap() }),
        key().prop_map(|key| Command::Publish { key }),
        Just(Command::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn no_sequence_of_commands_breaks_a_case(
        which in any::<prop::sample::Index>(),
        seed in 0usize..100,
        hands in prop::collection::vec((0u8..4, any_command(), any::<prop::sample::Index>(), 0i64..400_000), 0..40),
    ) {
        let procedures: Vec<_> = CATALOGUE.newest().collect();
        let mut run = Run::open(procedures[which.index(procedures.len())], seed);
        for (hand, command, pick, seconds) in hands {
            run.now = run.now.plus_seconds(seconds);
            if run.case.status != Status::Open {
                break;
            }
            if hand == 0 {
                run.work(pick.index(64));
                continue;
            }
            let owners = tasks::holders(&run.procedure, &run.case);
            let actor = match hand {
                1 if !owners.is_empty() => in_seat(&owners[pick.index(owners.len())]),
                2 => person("person-without-office", &["deputy@doan-lam-dong"]),
                _ => Actor::Public,
            };
            let before = run.case.clone();
            let done = run.act(&actor, &command);
            run.sound(&before);
            let without_authority = hand >= 2 && command != Command::Tick;
            if let (true, Ok(events)) = (without_authority, &done) {
                prop_assert!(events.is_empty(), "{command:?} gave {events:?}");
            }
            if done.is_err() {
                prop_assert_eq!(&run.case, &before);
            }
        }
    }
}
