//! Signing many documents under one approval: exactly what was listed, each once, and the rest goes on.

mod house;

use cases::{BatchState, LineState, acts::BatchLine, batches::LIFE_SECONDS};
use house::{House, content, furnished, person};
use kernel::{CaseId, Ctx, Grade, Problem, StreamId};
use procedure::Command;
use records::State;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::Db;

const CHAIR: &str = "person-chair";

fn code(problem: &Problem) -> &'static str {
    match problem {
        Problem::Refused { code, .. } => code,
        Problem::Invalid(fields) => fields[0].code,
        other => other.code(),
    }
}

/// A case that waits for the Chairperson's signature.
async fn waiting(house: &House, body: &str) -> CaseId {
    let opened = house.open_case(body, Grade::Open, "").await;
    let done = house.draft(&opened, content()).await;
    let done = house.submit(&opened.case, done.version).await;
    let done = house.agree(&opened.case, done.version).await;
    house.vote(&opened.case, done.version, "for").await;
    opened.case
}

async fn listed(house: &House, chair: &Ctx, bodies: &[&str]) -> Vec<BatchLine> {
    let mut lines = Vec::new();
    for body in bodies {
        let case = waiting(house, body).await;
        lines.push(house.cases.to_sign(chair, &case).await.unwrap().line);
    }
    lines
}

/// Carries out with a session that lives on.
async fn carry_out(house: &House, chair: &Ctx, id: &str) -> Result<(), Problem> {
    house.cases.carry_out_batch(chair, id, || async { Ok(Some(house.signed_in(CHAIR).await)) }).await
}

async fn signatures(house: &House, line: &BatchLine) -> usize {
    let acts = house.journal.acts(&StreamId::new("document", &line.document), 0, 100).await.unwrap();
    acts.iter().filter(|act| act.kind == "document.signed").count()
}

testkit::on_both_engines! {
    async fn one_approval_signs_exactly_what_it_lists_each_in_one_change(db: Db) {
        let house = furnished(&db).await;
        let chair = house.at_work(CHAIR).await;
        let lines = listed(&house, &chair, &["ban-mot", "ban-hai", "ban-ba"]).await;
        let plain = house.signed_in(CHAIR).await;
        let refused = house.cases.approve_batch(&plain, &lines, "form").await.unwrap_err();
        assert!(matches!(refused, Problem::NeedsSecondFactor { .. }), "{refused}");

        let (id, begun) = house.cases.approve_batch(&chair, &lines, "form").await.unwrap();
        assert!(begun);
        // The same form again, whose code is used by now: the same approval, nothing begun.
        assert_eq!(house.cases.approve_batch(&plain, &lines, "form").await.unwrap(), (id.clone(), false));
        let refused = carry_out(&house, &plain, &id).await.unwrap_err();
        assert!(matches!(refused, Problem::NeedsSecondFactor { .. }), "{refused}");

        // Two at once: one works, the other leaves it to the first.
        let both = tokio::join!(carry_out(&house, &chair, &id), carry_out(&house, &chair, &id));
        both.0.unwrap();
        both.1.unwrap();
        let batch = house.cases.batch(&chair, &id).await.unwrap();
        assert_eq!((batch.state.clone(), batch.counts()), (BatchState::Done, (3, 0)), "{batch:?}");
        let acts = house.journal.acts(&StreamId::new("batch", &id), 0, 10).await.unwrap();
        assert_eq!(acts.len(), 4);
        assert!(acts.iter().all(|act| act.request == acts[0].request), "one request did it all");
        for line in &lines {
            assert_eq!(signatures(&house, line).await, 1);
            let document = house.records.document(&chair, &line.document).await.unwrap();
            assert_eq!(document.state, State::Signed);
        }
        assert_eq!(house.cases.batches(&chair).await.unwrap(), [batch]);
        let again = house.cases.continue_batch(&chair, &id).await.unwrap_err();
        assert_eq!(code(&again), "batch-nothing-left");
        // The tables follow from the acts alone.
        let rebuilt = house::open_rebuilt(&db, 2).await;
        assert_eq!(rebuilt.cases.batch(&chair, &id).await.unwrap().counts(), (3, 0));
    }

    async fn what_has_moved_on_is_passed_over_with_its_reason_and_the_rest_goes_on(db: Db) {
        let house = furnished(&db).await;
        let chair = house.at_work(CHAIR).await;
        let lines = listed(&house, &chair, &["ban-mot", "ban-hai", "ban-ba"]).await;
        let (id, _) = house.cases.approve_batch(&chair, &lines, "").await.unwrap();
        let back = Command::Return { to: "draft".into(), reason: "Sửa Điều 1.".into() };
        house.cases.command(&chair, &lines[1].case, lines[1].case_version, back, "").await.unwrap();
        carry_out(&house, &chair, &id).await.unwrap();
        let batch = house.cases.batch(&chair, &id).await.unwrap();
        assert_eq!((batch.state.clone(), batch.counts()), (BatchState::Done, (2, 1)));
        let LineState::PassedOver(why, _) = &batch.lines[1].1 else { panic!("{batch:?}") };
        assert_eq!(why, "batch-nothing-to-sign");
        assert_eq!(signatures(&house, &lines[1]).await, 0);
        assert_eq!(signatures(&house, &lines[2]).await, 1);

        // A list that shows something else than what stands is not approved at all.
        let case = waiting(&house, "ban-bon").await;
        let line = house.cases.to_sign(&chair, &case).await.unwrap().line;
        for wrong in [
            BatchLine { sha256: lines[0].sha256, case_version: line.case_version - 1, ..line.clone() },
            BatchLine { document: lines[0].document.clone(), ..line.clone() },
            BatchLine { number: line.number + 1, ..line.clone() },
        ] {
            let refused = house.cases.approve_batch(&chair, &[wrong], "").await.unwrap_err();
            assert_eq!(code(&refused), "batch-changed");
        }
        for wrong in [vec![], vec![line.clone(), line.clone()]] {
            let refused = house.cases.approve_batch(&chair, &wrong, "").await.unwrap_err();
            assert_eq!(code(&refused), "batch-none-chosen");
        }
    }

    async fn what_was_cut_off_is_gone_on_with_under_a_new_factor_and_nothing_is_signed_twice(db: Db) {
        let house = furnished(&db).await;
        let chair = house.at_work(CHAIR).await;
        let lines = listed(&house, &chair, &["ban-mot", "ban-hai", "ban-ba"]).await;
        let (id, _) = house.cases.approve_batch(&chair, &lines, "").await.unwrap();
        // The session ends behind the first document.
        let asked = AtomicUsize::new(0);
        let still = || async {
            let first = asked.fetch_add(1, Ordering::Relaxed) == 0;
            Ok(if first { Some(house.signed_in(CHAIR).await) } else { None })
        };
        house.cases.carry_out_batch(&chair, &id, still).await.unwrap();
        let batch = house.cases.batch(&chair, &id).await.unwrap();
        assert_eq!((batch.state.clone(), batch.counts()), (BatchState::Stopped("session-over".into()), (1, 0)));
        // Without a new approval nothing goes on.
        carry_out(&house, &chair, &id).await.unwrap();
        assert_eq!(house.cases.batch(&chair, &id).await.unwrap().counts(), (1, 0));
        let plain = house.signed_in(CHAIR).await;
        let refused = house.cases.continue_batch(&plain, &id).await.unwrap_err();
        assert!(matches!(refused, Problem::NeedsSecondFactor { .. }), "{refused}");

        house.cases.continue_batch(&chair, &id).await.unwrap();
        assert_eq!(house.cases.batch(&chair, &id).await.unwrap().state, BatchState::Running);
        // The program ends before it has begun; another one finds nobody at work, and the time goes by.
        db.clock.advance(31);
        assert_eq!(house.cases.batch(&chair, &id).await.unwrap().state, BatchState::CutOff);
        db.clock.advance(LIFE_SECONDS);
        carry_out(&house, &chair, &id).await.unwrap();
        assert_eq!(house.cases.batch(&chair, &id).await.unwrap().counts(), (1, 0), "the approval is over");
        house.cases.continue_batch(&chair, &id).await.unwrap();
        carry_out(&house, &chair, &id).await.unwrap();
        assert_eq!(house.cases.batch(&chair, &id).await.unwrap().counts(), (3, 0));
        for line in &lines {
            assert_eq!(signatures(&house, line).await, 1);
        }
    }

    async fn an_approval_is_its_persons_alone_and_can_be_stopped(db: Db) {
        let house = furnished(&db).await;
        let chair = house.at_work(CHAIR).await;
        let lines = listed(&house, &chair, &["ban-mot", "ban-hai"]).await;
        let (id, _) = house.cases.approve_batch(&chair, &lines, "").await.unwrap();
        let other = house.at_work("person-member-1").await;
        for refused in [
            house.cases.batch(&other, &id).await.map(drop),
            house.cases.continue_batch(&other, &id).await,
            house.cases.stop_batch(&other, &id).await,
            carry_out(&house, &other, &id).await,
        ] {
            assert!(matches!(refused, Err(Problem::NotFound { .. })), "{refused:?}");
        }
        assert_eq!(house.cases.batches(&other).await.unwrap(), []);
        let refused = house.cases.approve_batch(&other, &lines, "").await.unwrap_err();
        assert_eq!(code(&refused), "task-not-yours");
        // The session is another person's by now: nothing is signed in its name.
        house.cases.carry_out_batch(&chair, &id, || async { Ok(Some(house.at_work("person-member-1").await)) }).await.unwrap();
        assert_eq!(house.cases.batch(&chair, &id).await.unwrap().counts(), (0, 0));
        house.cases.continue_batch(&chair, &id).await.unwrap();
        house.cases.stop_batch(&chair, &id).await.unwrap();
        carry_out(&house, &chair, &id).await.unwrap();
        let batch = house.cases.batch(&chair, &id).await.unwrap();
        assert_eq!((batch.state.clone(), batch.counts()), (BatchState::Stopped("asked".into()), (0, 0)));
        // Whoever loses the certificate on the way signs nothing; the reason stands with each document.
        house.cases.continue_batch(&chair, &id).await.unwrap();
        let serial = house.keys.of_holder(&directory::Holder::Person(person(CHAIR))).await.unwrap()[0].serial.clone();
        house.keys.suspend(&chair, &serial, &directory::Basis::cited("Mất thiết bị")).await.unwrap();
        carry_out(&house, &chair, &id).await.unwrap();
        let batch = house.cases.batch(&chair, &id).await.unwrap();
        let suspended = LineState::PassedOver("certificate-suspended".into(), Default::default());
        assert!(batch.lines.iter().all(|(_, state)| *state == suspended), "{batch:?}");
    }
}
