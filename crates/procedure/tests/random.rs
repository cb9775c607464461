//! Random hands on every procedure of the catalogue: whatever anybody tries in whatever order, nothing panics, nothing
//! happens without authority, no document is lost, and a case is never stuck.

mod hall;
mod walk;

use hall::CATALOGUE;
use kernel::{Actor, BodyId, Day, DocumentId, Grade};
use procedure::{Command, Status, StepKind, tasks};
use proptest::prelude::*;
use serde_json::{Map, Value};
use walk::{Run, in_seat, person};

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

#[test]
fn a_case_that_went_round_too_often_is_sent_back_no_more_and_still_ends() {
    let procedure = CATALOGUE.newest().find(|p| p.id == "leave").unwrap();
    let mut run = Run::open(procedure, 0);
    let refused = loop {
        run.work(0);
        let seat = tasks::holders(&run.procedure, &run.case).into_iter().next().unwrap();
        let back = Command::Return { to: "request".into(), reason: "Bổ sung".into() };
        if let Err(why) = run.act(&in_seat(&seat), &back) {
            break why;
        }
    };
    assert!(matches!(refused, procedure::Refusal::Rule { code: "case-too-many-visits", .. }), "{refused}");
    for _ in 0..5 {
        if run.case.status == Status::Open {
            run.work(0);
        }
    }
    assert_eq!(run.case.status, Status::Closed);
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

/// The command about what stands in this case, so that not every one is refused for a name that is not there.
fn aimed(command: Command, run: &Run, pick: usize) -> Command {
    fn one<'a>(known: impl Iterator<Item = &'a String>, pick: usize, given: String) -> String {
        let known: Vec<&String> = known.collect();
        if known.is_empty() { given } else { known[pick % known.len()].clone() }
    }
    let step = run.step();
    let document = |given| one(run.procedure.documents.iter().map(|d| &d.key), pick, given);
    let answers = step.ballot.iter().flat_map(|b| &b.answers).chain(step.opinion.iter().flat_map(|o| &o.answers));
    let answer = |given| one(answers.map(|a| &a.code), pick, given);
    match command {
        Command::Complete { fields, .. } => Command::Complete {
            step: step.key.clone(),
            fields,
            outcome: step.outcomes.get(pick % (step.outcomes.len() + 1)).map(|o| o.code.clone()),
        },
        Command::AttachDocument { key, document: id } => Command::AttachDocument { key: document(key), document: id },
        Command::Return { to, .. } => {
            Command::Return { to: one(step.returns.iter(), pick, to), reason: "Bổ sung".into() }
        }
        Command::GiveOpinion { answer: given, text, document, body } => {
            let asked = run.case.asked.get(pick % run.case.asked.len().max(1)).cloned();
            Command::GiveOpinion { body: asked.unwrap_or(body), answer: answer(given), text, document }
        }
        Command::CastBallot { answer: given, text } => Command::CastBallot { answer: answer(given), text },
        Command::Sign { key } => Command::Sign { key: step.document.clone().unwrap_or(key) },
        Command::Issue { key, day, .. } => {
            Command::Issue { key: step.document.clone().unwrap_or(key), number: "1/NQ".into(), day }
        }
        Command::Publish { key } => Command::Publish { key: step.document.clone().unwrap_or(key) },
        other => other,
    }
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
            let command = if seconds % 4 == 0 { command } else { aimed(command, &run, pick.index(64)) };
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
        // Whatever was done, whoever has the tasks can still bring the case to an end.
        let mut turn = seed;
        for _ in 0..500 {
            if run.case.status != Status::Open {
                break;
            }
            run.work(turn);
            turn = (turn.wrapping_mul(1_103_515_245).wrapping_add(12_345) >> 8) % 1_000_003;
        }
        prop_assert_eq!(run.case.status, Status::Closed, "{} is stuck at {}", run.procedure.id, run.case.step);
    }
}
