//! Reminders at half, four fifths and all of a deadline's time, and word to the superior: each once, whatever restarts.

mod house;

use cases::{
    Cases,
    notices::{About, Letters},
};
use directory::{Basis, Holder, NewAssignment, Position};
use house::{House, content, day, furnished, open, person};
use journal::JobState;
use kernel::{Grade, Problem};
use pki::Reason;
use testkit::Db;

const NONE: [&str; 0] = [];

async fn told(house: &House, who: &str) -> Vec<String> {
    let ctx = house.signed_in(who).await;
    let mut told: Vec<String> = house.cases.notices(&ctx).await.unwrap().into_iter().map(|n| n.what).collect();
    told.sort();
    told
}

async fn run(house: &House) {
    house.journal.run_due_jobs(&Cases::workers(&house.cases)).await.unwrap();
}

testkit::on_both_engines! {
    async fn each_notice_comes_once_to_whoever_has_the_task_and_then_to_the_superior(db: Db) {
        let house = furnished(&db).await;
        let head = NewAssignment {
            id: None,
            person: person("person-keeper"),
            body: kernel::BodyId::new("ub-phap-luat-tu-phap").unwrap(),
            position: Position::new("head").unwrap(),
            from: day("2021-07-20"),
            until: None,
            full_time: true,
            basis: Basis::cited("Khởi tạo"),
        };
        house.directory.start_assignment(&house.system("seed"), &head).await.unwrap();
        let opened = house.open_case("ban-1", Grade::Open, "").await;
        let done = house.draft(&opened, content()).await;
        house.submit(&opened.case, done.version).await;
        let law = house.signed_in("person-law").await;
        let state = house.cases.case(&law, &opened.case).await.unwrap().state;
        let (since, due) = (state.entered_at.unwrap(), state.due.unwrap());
        let share = |percent: i64| since.plus_seconds((due.seconds() - since.seconds()) / 100 * percent + 100);
        run(&house).await;
        assert_eq!(told(&house, "person-law").await, NONE);

        db.clock.set(share(50));
        run(&house).await;
        run(&house).await;
        assert_eq!(told(&house, "person-law").await, ["50"]);
        assert_eq!(house.cases.unread(&house.signed_in("person-law").await).await.unwrap(), 1);
        // Started again over the same storage, it does not say it again.
        house.journal.close().await;
        let house = open(&db, 2).await;
        run(&house).await;
        assert_eq!(told(&house, "person-law").await, ["50"]);
        db.clock.set(share(80));
        run(&house).await;
        run(&house).await;
        assert_eq!(told(&house, "person-law").await, ["50", "80"]);
        assert_eq!(told(&house, "person-keeper").await, NONE);
        db.clock.set(due.plus_seconds(2));
        run(&house).await;
        run(&house).await;
        assert_eq!(told(&house, "person-law").await, ["100", "50", "80"]);
        assert_eq!(told(&house, "person-keeper").await, ["escalated"]);
        assert_eq!(told(&house, "person-expert").await, NONE);

        let law = house.signed_in("person-law").await;
        let own = house.cases.notices(&law).await.unwrap();
        let ids: Vec<String> = own.iter().map(|notice| notice.id.clone()).collect();
        let keeper = house.signed_in("person-keeper").await;
        house.cases.read_notices(&keeper, &ids).await.unwrap();
        assert_eq!(house.cases.unread(&law).await.unwrap(), 3);
        house.cases.read_notices(&law, &ids).await.unwrap();
        assert_eq!(house.cases.unread(&law).await.unwrap(), 0);
    }

    async fn a_task_that_was_done_in_time_reminds_nobody(db: Db) {
        let house = furnished(&db).await;
        let opened = house.open_case("ban-1", Grade::Open, "").await;
        let done = house.draft(&opened, content()).await;
        let done = house.submit(&opened.case, done.version).await;
        house.agree(&opened.case, done.version).await;
        db.clock.advance(40 * 86_400);
        run(&house).await;
        assert_eq!(told(&house, "person-law").await, NONE);
    }

    async fn holders_are_told_90_30_and_7_days_before_a_certificate_ends_each_once(db: Db) {
        let house = furnished(&db).await;
        let chair = Holder::Person(person("person-chair"));
        let stored = house.keys.of_holder(&chair).await.unwrap().remove(0);
        let end = stored.certificate.not_after();
        let left = |days: i64| end.plus_seconds(-days * 86_400 + 60);
        db.clock.set(left(91));
        run(&house).await;
        assert_eq!(told(&house, "person-chair").await, NONE);
        let letters = house.signed_in("person-chair").await;
        house.cases.choose_letters(&letters, Letters::Each, "a@quochoi.example").await.unwrap();
        let mut seen = Vec::new();
        for days in [90, 30, 7] {
            db.clock.set(left(days));
            run(&house).await;
            run(&house).await;
            seen.insert(0, format!("certificate-{days}"));
            seen.sort();
            assert_eq!(told(&house, "person-member-1").await, seen, "{days}: everybody's certificate ends then");
            // The seal is the matter of whoever leads the body.
            let own = house.cases.notices(&house.signed_in("person-chair").await).await.unwrap();
            let about: Vec<_> = own.iter().filter(|n| n.what == format!("certificate-{days}")).collect();
            assert_eq!(about.len(), 2, "the own certificate and the seal's");
            assert!(about.iter().any(|n| n.about == About::Certificate(stored.serial.clone())));
            assert!(about.iter().all(|n| n.due == end && !n.read));
        }
        // Started again over the same storage, and long after the end, it does not say it again.
        house.journal.close().await;
        let house = open(&db, 2).await;
        db.clock.set(end.plus_seconds(86_400));
        run(&house).await;
        assert_eq!(told(&house, "person-member-1").await, seen);
        assert_eq!(told(&house, "person-chair").await.len(), 6);
        let waiting = house.journal.jobs(JobState::Waiting, 1000).await.unwrap();
        let letters = waiting.iter().filter(|job| job.kind == cases::notices::MAIL_JOB).count();
        assert_eq!(letters, 6, "three for the own certificate, three for the seal's");
    }

    async fn nobody_is_told_of_a_certificate_that_was_replaced_revoked_or_whose_holder_has_left(db: Db) {
        let house = furnished(&db).await;
        let holder = |id: &str| Holder::Person(person(id));
        let serial = async |id: &str| house.keys.of_holder(&holder(id)).await.unwrap().remove(0).serial;
        let end = house.keys.of_holder(&holder("person-chair")).await.unwrap()[0].certificate.not_after();
        let (desk, basis) = (house.system("certificates"), Basis::cited("Quyết định"));
        house.keys.revoke(&desk, &serial("person-member-1").await, Reason::Superseded, &basis).await.unwrap();
        house.keys.suspend(&desk, &serial("person-member-2").await, &basis).await.unwrap();
        db.clock.set(end.plus_seconds(-100 * 86_400));
        house.keys.issue(&desk, &[holder("person-member-3")], end.plus_seconds(400 * 86_400), &basis).await.unwrap();
        db.clock.set(end.plus_seconds(-89 * 86_400));
        run(&house).await;
        for id in ["person-member-1", "person-member-2", "person-member-3"] {
            assert_eq!(told(&house, id).await, NONE, "{id}");
        }
        assert_eq!(told(&house, "person-member-4").await, ["certificate-90"]);
        // What was suspended counts again: the next reminder comes. A server that was away says the nearest one only.
        house.keys.resume(&desk, &serial("person-member-2").await, &basis).await.unwrap();
        db.clock.set(end.plus_seconds(-3 * 86_400));
        run(&house).await;
        run(&house).await;
        assert_eq!(told(&house, "person-member-2").await, ["certificate-7"]);
        assert_eq!(told(&house, "person-member-4").await, ["certificate-7", "certificate-90"]);
        assert_eq!(told(&house, "person-member-3").await, NONE);
    }

    async fn people_choose_their_letters(db: Db) {
        let house = furnished(&db).await;
        let law = house.signed_in("person-law").await;
        let id = person("person-law");
        assert_eq!(house.cases.letters_of(&id).await.unwrap(), Letters::None);
        for letters in [Letters::Each, Letters::Daily(7), Letters::None] {
            house.cases.choose_letters(&law, letters, "b@quochoi.example").await.unwrap();
            assert_eq!(house.cases.letters_of(&id).await.unwrap(), letters);
            house.cases.next_digest(&id).await.unwrap();
        }
        assert_eq!(house.cases.letter_address(&id).await.unwrap().as_deref(), Some("b@quochoi.example"));
        for wrong in ["", "b", "b@host", "b c@quochoi.example", "b@quochoi.example\r\nBcc: x@y.z"] {
            let refused = house.cases.choose_letters(&law, Letters::Each, wrong).await;
            assert!(matches!(refused, Err(Problem::Invalid(_))), "{wrong:?}");
        }
        assert!(matches!(house.cases.choose_letters(&law, Letters::Daily(24), "b@quochoi.example").await, Err(Problem::Invalid(_))));
    }
}
