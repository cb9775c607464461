//! Reminders at half, four fifths and all of a deadline's time, and word to the superior: each once, whatever restarts.

mod house;

use cases::{Cases, notices::Letters};
use directory::{Basis, NewAssignment, Position};
use house::{House, content, day, furnished, open, person};
use kernel::{Grade, Problem};
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
