//! Numbers: gap-free and never double, whoever asks and however many at once.

mod house;

use house::{furnished, open};
use kernel::{CaseId, Grade, Problem};
use std::collections::BTreeSet;
use testkit::Db;

/// Clerks that issue at once.
const CLERKS: usize = 50;

/// Signed cases, made one after the other.
async fn waiting(house: &house::House, count: usize) -> Vec<(CaseId, i64)> {
    let mut cases = Vec::new();
    for n in 0..count {
        let done = house.signed(&format!("bst-{n}")).await;
        cases.push((done.case, done.version));
    }
    cases
}

testkit::on_both_engines! {
    async fn fifty_clerks_at_once_on_two_servers_get_fifty_numbers_without_gap_or_double(db: Db) {
        let house = furnished(&db).await;
        let cases = waiting(&house, CLERKS).await;
        // A second server on the same PostgreSQL; SQLite has one writer, which all tasks share.
        let other = if db.is_postgres() { open(&db, 2).await } else { house.clone() };
        let mut clerks = Vec::new();
        for (n, (case, version)) in cases.into_iter().enumerate() {
            let house = if n % 2 == 0 { house.clone() } else { other.clone() };
            clerks.push(tokio::spawn(async move {
                let clerk = house.at_work("person-clerk").await;
                house.cases.issue(&clerk, &case, version, "nghi-quyet", "").await.unwrap().number.unwrap()
            }));
        }
        let mut numbers = BTreeSet::new();
        for clerk in clerks {
            assert!(numbers.insert(clerk.await.unwrap()), "a number was given twice");
        }
        let wanted: BTreeSet<String> = (1336..1336 + CLERKS).map(|n| format!("{n}/NQ-UBTVQH15")).collect();
        assert_eq!(numbers, wanted);
        let clerk = house.at_work("person-clerk").await;
        let entries = house.records.entries(&clerk, "nq-ubtvqh", 0, None, 100).await.unwrap();
        assert_eq!(entries.len(), CLERKS);
        assert!(entries.windows(2).all(|pair| pair[0].number.number == pair[1].number.number + 1));
    }

    async fn a_clock_set_back_before_the_last_number_gives_a_clear_refusal_and_nothing_is_half_done(db: Db) {
        let house = furnished(&db).await;
        let cases = waiting(&house, 2).await;
        let clerk = house.at_work("person-clerk").await;
        house.cases.issue(&clerk, &cases[0].0, cases[0].1, "nghi-quyet", "").await.unwrap();
        db.clock.advance(-2 * 86_400);
        let clerk = house.at_work("person-clerk").await;
        let refused = house.cases.issue(&clerk, &cases[1].0, cases[1].1, "nghi-quyet", "").await.unwrap_err();
        assert!(matches!(refused, Problem::Refused { code: "register-clock-behind", .. }), "{refused}");
        db.clock.advance(2 * 86_400);
        let clerk = house.at_work("person-clerk").await;
        let issued = house.cases.issue(&clerk, &cases[1].0, cases[1].1, "nghi-quyet", "").await.unwrap();
        assert_eq!(issued.number.as_deref(), Some("1337/NQ-UBTVQH15"));
    }

    async fn a_secret_document_is_numbered_in_a_register_that_others_do_not_know_of(db: Db) {
        let house = furnished(&db).await;
        house.register("nq-ubtvqh-mat", Grade::Secret).await;
        let signed = house.signed_graded("bst-kin", Grade::Secret).await;
        let clerk = house.at_work("person-clerk").await;
        let hidden = house.cases.issue(&clerk, &signed.case, signed.version, "nghi-quyet", "").await.unwrap_err();
        assert!(matches!(hidden, Problem::NotFound { .. }), "{hidden}");
        let keeper = house.at_work("person-keeper").await;
        let issued = house.cases.issue(&keeper, &signed.case, signed.version, "nghi-quyet", "").await.unwrap();
        let codes = |registers: Vec<records::Register>| registers.into_iter().map(|r| (r.code, r.next)).collect::<Vec<_>>();
        let seen = codes(house.records.registers(&clerk).await.unwrap());
        assert_eq!(seen, [("nq-ubtvqh".to_owned(), 1336)]);
        assert_eq!(codes(house.records.registers(&keeper).await.unwrap())[1], ("nq-ubtvqh-mat".to_owned(), 1337));
        let absent = house.records.entries(&clerk, "nq-ubtvqh-mat", 0, None, 10).await.unwrap_err();
        assert!(matches!(absent, Problem::NotFound { .. }), "{absent}");
        let public = house.cases.publish(&keeper, &signed.case, issued.version, "nghi-quyet", "").await.unwrap_err();
        assert!(matches!(public, Problem::Refused { code: "document-secret", .. }), "{public}");
        let pdf = house.records.paper(&keeper, &issued.document.unwrap(), None).await.unwrap();
        let answer = house.records.verify_file(pdf.to_vec()).await.unwrap();
        assert!(answer.document.is_none(), "a stranger with the file learns nothing that is kept here");
    }

    async fn a_register_goes_on_where_the_book_on_paper_ended(db: Db) {
        let house = furnished(&db).await;
        let cases = waiting(&house, 1).await;
        let clerk = house.at_work("person-clerk").await;
        let why = "Số 1336 đến 1342 cấp trong sổ giấy";
        let back = house.records.continue_register(&clerk, "nq-ubtvqh", 1336, None, why).await.unwrap_err();
        assert!(matches!(back, Problem::Invalid(_)), "{back}");
        house.records.continue_register(&clerk, "nq-ubtvqh", 1343, None, why).await.unwrap();
        let issued = house.cases.issue(&clerk, &cases[0].0, cases[0].1, "nghi-quyet", "").await.unwrap();
        assert_eq!(issued.number.as_deref(), Some("1343/NQ-UBTVQH15"));
        let expert = house.at_work("person-expert").await;
        let not_theirs = house.records.continue_register(&expert, "nq-ubtvqh", 1400, None, why).await.unwrap_err();
        assert!(matches!(not_theirs, Problem::Forbidden { .. }), "{not_theirs}");
    }
}
