//! People, bodies and what they hold.

use crate::office::{Office, basis, body_id, day, person_id};
use directory::{
    BodyKind, Correction, KeptRegime, NewAssignment, NewBody, NewPerson, PeopleFilter, PersonPrivate, Position,
};
use kernel::{Grade, Problem};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use testkit::{Db, on_both_engines};

fn named(name: &str, login: Option<&str>) -> NewPerson {
    NewPerson {
        id: None,
        name: name.into(),
        login: login.map(str::to_owned),
        clearance: Grade::Open,
        private: PersonPrivate::default(),
    }
}

on_both_engines! {
    async fn people_are_listed_by_given_name_and_found_without_marks(db: Db) {
        let office = Office::open(db).await;
        let (directory, admin) = (&office.directory, office.system());
        for name in ["Trần Văn Đông", "Lê Thị  Ẩn", "Nguyễn Văn A", "Phạm Văn Dũng"] {
            directory.register_person(&admin, named(name, None)).await.unwrap();
        }
        let all = directory.people(&PeopleFilter::default()).await.unwrap();
        let names: Vec<&str> = all.items.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["Nguyễn Văn A", "Lê Thị Ẩn", "Phạm Văn Dũng", "Trần Văn Đông"]);
        let search = |words: &str| PeopleFilter { search: Some(words.into()), ..PeopleFilter::default() };
        for (words, found) in [("dong tran", 1), ("ĐÔNG", 1), ("van", 3), ("an le", 1), ("%", 0), ("' OR 1=1", 0)] {
            assert_eq!(directory.people(&search(words)).await.unwrap().total, found, "{words}");
        }
        let page = PeopleFilter { offset: 1, limit: 2, ..PeopleFilter::default() };
        let page = directory.people(&page).await.unwrap();
        assert_eq!((page.items.len(), page.total, page.items[0].name.as_str()), (2, 4, "Lê Thị Ẩn"));
    }
}

on_both_engines! {
    async fn no_two_people_share_a_name_to_sign_in_with(db: Db) {
        let office = Office::open(db).await;
        let (directory, admin) = (&office.directory, office.system());
        let a = directory.register_person(&admin, named("Nguyễn Văn A", Some("nva"))).await.unwrap();
        let again = directory.register_person(&admin, named("Nguyễn Văn An", Some("nva"))).await;
        assert!(matches!(again, Err(Problem::Invalid(f)) if f[0].field == "login" && f[0].code == "field-taken"));
        for bad in ["", "NVA", "a b", "nguyễn"] {
            let refused = directory.register_person(&admin, named("Lê Văn B", Some(bad))).await;
            assert!(matches!(refused, Err(Problem::Invalid(_))), "{bad:?}");
        }
        // Two at once: one of them wins, whatever both saw before.
        let (one, two) = tokio::join!(
            directory.register_person(&admin, named("Lê Văn C", Some("lvc"))),
            directory.register_person(&admin, named("Lê Văn D", Some("lvc")))
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        assert_eq!(directory.person_by_login("nva").await.unwrap().unwrap().id, a);
    }
}

on_both_engines! {
    async fn a_correction_made_on_an_old_view_is_a_conflict_and_private_data_stays_apart(db: Db) {
        let office = Office::open(db).await;
        let (directory, admin) = (&office.directory, office.system());
        let private = PersonPrivate { phone: Some("0000".into()), ..PersonPrivate::default() };
        let mut new = named("Nguyễn Văn A", None);
        new.private = private.clone();
        let id = directory.register_person(&admin, new).await.unwrap();
        assert_eq!(directory.personal_data(&id).await.unwrap(), Some(private));
        let correct = |name: &str| Correction { name: Some(name.into()), ..Correction::default() };
        directory.correct_person(&admin, &id, 1, correct("Nguyễn Văn Á"), basis()).await.unwrap();
        let late = directory.correct_person(&admin, &id, 1, correct("Nguyễn Văn Ạ"), basis()).await;
        assert!(matches!(late, Err(Problem::Conflict { expected: 1, found: 2, .. })), "{late:?}");
        let person = directory.person(&id).await.unwrap().unwrap();
        assert_eq!((person.name.as_str(), person.version), ("Nguyễn Văn Á", 2));
        for bad in ["", "  ", "a\u{7}", &"x".repeat(201)] {
            let refused = directory.correct_person(&admin, &id, 2, correct(bad), basis()).await;
            assert!(matches!(refused, Err(Problem::Invalid(_))), "{bad:?}");
        }
    }
}

on_both_engines! {
    async fn who_holds_a_position_is_asked_for_a_day(db: Db) {
        let office = Office::open(db).await;
        let directory = &office.directory;
        office.establish("vpqh", BodyKind::Office, None).await;
        office.establish("vu-phap-luat", BodyKind::Department, Some("vpqh")).await;
        let a = office.person("a").await;
        let held = office.start(&a, "head", "vu-phap-luat", "2024-01-01", Some("2024-07-01")).await;
        let head = Position::known(Position::HEAD);
        let unit = body_id("vu-phap-luat");
        for (on, held) in [("2023-12-31", 0), ("2024-01-01", 1), ("2024-06-30", 1), ("2024-07-01", 0)] {
            assert_eq!(directory.holders(&unit, &head, day(on)).await.unwrap().len(), held, "{on}");
            assert_eq!(directory.positions_of(&a, day(on)).await.unwrap().len(), held, "{on}");
        }
        let facts = directory.ctx_facts(&a, day("2024-03-01").start()).await.unwrap().unwrap();
        assert_eq!(facts.positions.iter().collect::<Vec<_>>(), ["head@vu-phap-luat"]);
        assert_eq!(facts.bodies.iter().collect::<Vec<_>>(), ["vpqh", "vu-phap-luat"]);
        assert_eq!(facts.acting_as.as_deref(), Some("head@vu-phap-luat"));
        directory.end_assignment(&office.system(), &held, day("2024-02-01"), &basis()).await.unwrap();
        assert!(directory.holders(&unit, &head, day("2024-02-01")).await.unwrap().is_empty());
        let again = directory.end_assignment(&office.system(), &held, day("2024-03-01"), &basis()).await;
        assert!(matches!(again, Err(Problem::Refused { code: "assignment-over-already", .. })), "{again:?}");
        let history = directory.history_of(&a).await.unwrap();
        assert_eq!(history[0].assignment.end_basis.as_deref(), Some("Quyết định số 01/QĐ"));
        assert_eq!(history[0].title, "Vụ trưởng");
    }
}

on_both_engines! {
    async fn a_position_is_not_held_twice_at_once_nor_in_a_body_that_does_not_stand(db: Db) {
        let office = Office::open(db).await;
        let (directory, admin) = (&office.directory, office.system());
        office.establish("vpqh", BodyKind::Office, None).await;
        let a = office.person("a").await;
        office.start(&a, "expert", "vpqh", "2024-01-01", Some("2024-07-01")).await;
        let new = |from: &str, until: Option<&str>| NewAssignment {
            id: None,
            person: a.clone(),
            body: body_id("vpqh"),
            position: Position::known(Position::EXPERT),
            from: day(from),
            until: until.map(day),
            full_time: true,
            basis: basis(),
        };
        let refused = directory.start_assignment(&admin, &new("2024-06-30", None)).await;
        assert!(matches!(refused, Err(Problem::Refused { code: "assignment-held-already", .. })), "{refused:?}");
        let refused = directory.start_assignment(&admin, &new("2019-01-01", Some("2019-02-01"))).await;
        assert!(matches!(refused, Err(Problem::Refused { code: "body-not-standing", .. })), "{refused:?}");
        let refused = directory.start_assignment(&admin, &new("2025-01-01", Some("2025-01-01"))).await;
        assert!(matches!(refused, Err(Problem::Invalid(_))), "{refused:?}");
        directory.start_assignment(&admin, &new("2024-07-01", None)).await.unwrap();
    }
}

on_both_engines! {
    async fn bodies_stand_in_a_tree_and_end_only_when_they_are_empty(db: Db) {
        let office = Office::open(db).await;
        let (directory, admin) = (&office.directory, office.system());
        office.establish("quoc-hoi", BodyKind::Assembly, None).await;
        office.establish("vpqh", BodyKind::Office, Some("quoc-hoi")).await;
        office.establish("vu-a", BodyKind::Department, Some("vpqh")).await;
        let a = office.person("a").await;
        let held = office.start(&a, "expert", "vu-a", "2024-01-01", None).await;
        let tree = directory.body_tree(day("2024-05-01")).await.unwrap();
        assert_eq!(tree.len(), 1);
        let unit = &tree[0].below[0].below[0];
        assert_eq!((unit.body.id.as_str(), unit.people), ("vu-a", 1));
        let end = async |body: &str| directory.end_body(&admin, &body_id(body), day("2024-06-01"), None, &basis()).await;
        assert!(matches!(end("vpqh").await, Err(Problem::Refused { code: "body-has-bodies", .. })));
        assert!(matches!(end("vu-a").await, Err(Problem::Refused { code: "body-has-people", .. })));
        directory.end_assignment(&admin, &held, day("2024-06-01"), &basis()).await.unwrap();
        end("vu-a").await.unwrap();
        assert!(matches!(end("vu-a").await, Err(Problem::Refused { code: "body-over-already", .. })));
        let body = directory.body(&body_id("vu-a")).await.unwrap().unwrap();
        assert!(body.stands(day("2024-05-31")) && !body.stands(day("2024-06-01")));
        let mut twice = NewBody {
            id: body_id("vpqh"),
            name: "Văn phòng".into(),
            name_en: "Office".into(),
            kind: BodyKind::Office,
            superior: Some(body_id("nowhere")),
            from: day("2024-01-01"),
            order: 1,
        };
        let refused = directory.establish_body(&admin, twice.clone(), &basis(), None).await;
        assert!(matches!(&refused, Err(Problem::Invalid(f)) if f.len() == 2), "{refused:?}");
        twice.id = body_id("khac");
        twice.superior = None;
        directory.establish_body(&admin, twice, &basis(), None).await.unwrap();
    }
}

on_both_engines! {
    async fn only_those_whom_the_policies_allow_change_the_directory(db: Db) {
        let office = Office::open(db).await;
        office.establish("vu-chuyen-doi-so", BodyKind::Department, None).await;
        let (admin, expert) = (office.person("admin").await, office.person("expert").await);
        office.start(&admin, "admin", "vu-chuyen-doi-so", "2024-01-01", None).await;
        office.start(&expert, "expert", "vu-chuyen-doi-so", "2024-01-01", None).await;
        let (admin_ctx, expert_ctx) = (office.ctx_of(&admin).await, office.ctx_of(&expert).await);
        let directory = &office.directory;
        let refused = directory.register_person(&expert_ctx, named("Nguyễn Văn B", None)).await;
        assert!(matches!(refused, Err(Problem::Forbidden { .. })), "{refused:?}");
        directory.register_person(&admin_ctx, named("Nguyễn Văn B", None)).await.unwrap();
        let own = directory.clear_person(&admin_ctx, &admin, Grade::MostSecret, basis()).await;
        assert!(matches!(own, Err(Problem::Forbidden { .. })), "{own:?}");
        directory.clear_person(&admin_ctx, &expert, Grade::Secret, basis()).await.unwrap();
        assert_eq!(directory.person(&expert).await.unwrap().unwrap().clearance, Grade::Secret);
    }
}

on_both_engines! {
    async fn a_kept_regime_is_noted_with_its_ground(db: Db) {
        let office = Office::open(db).await;
        office.establish("vpqh", BodyKind::Office, None).await;
        let a = office.person("a").await;
        let regime = KeptRegime {
            what: "phụ cấp chức vụ".into(),
            by: body_id("vpqh"),
            from: day("2025-01-15"),
            until: Some(KeptRegime::kept_until(day("2025-03-01"), day("2025-01-15"))),
            amount: Some(KeptRegime::kept_amount(2_106_000, 1_872_000)),
        };
        office.directory.keep_regime(&office.system(), &a, &regime, &basis()).await.unwrap();
        let kept = office.directory.kept_regimes(&a).await.unwrap();
        assert_eq!(kept, [(regime.clone(), basis().text)]);
        // Less than six months of the term remained, so six months are kept.
        assert_eq!((regime.until, regime.amount), (Some(day("2025-07-15")), Some(2_106_000)));
        let nobody = office.directory.keep_regime(&office.system(), &person_id("nobody"), &regime, &basis()).await;
        assert!(matches!(nobody, Err(Problem::NotFound { .. })));
    }
}

/// Holdings of two positions by five people over 200 days, some of them with an end.
fn holdings() -> impl Strategy<Value = Vec<(usize, bool, i64, Option<i64>)>> {
    prop::collection::vec((0usize..5, any::<bool>(), 0i64..200, prop::option::of(1i64..60)), 1..40)
}

on_both_engines! {
    async fn what_the_queries_say_about_any_day_is_what_the_holdings_say(db: Db) {
        let office = Office::open(db).await;
        office.establish("vpqh", BodyKind::Office, None).await;
        let mut people = Vec::new();
        for n in 0..5 {
            people.push(office.person(&format!("p{n}")).await);
        }
        let start = day("2024-01-01");
        let drawn = holdings().new_tree(&mut TestRunner::deterministic()).unwrap().current();
        let mut kept = Vec::new();
        for (who, expert, from, length) in drawn {
            let from = start.plus_days(from);
            let new = NewAssignment {
                id: None,
                person: people[who].clone(),
                body: body_id("vpqh"),
                position: Position::known(if expert { Position::EXPERT } else { Position::CLERK }),
                from,
                until: length.map(|days| from.plus_days(days)),
                full_time: false,
                basis: basis(),
            };
            // Overlapping ones are refused; what was taken must never overlap.
            if office.directory.start_assignment(&office.system(), &new).await.is_ok() {
                kept.push(new);
            }
        }
        assert!(kept.len() > 3);
        for (n, a) in kept.iter().enumerate() {
            for b in &kept[n + 1..] {
                let same = a.person == b.person && a.position == b.position;
                let apart = a.until.is_some_and(|u| u <= b.from) || b.until.is_some_and(|u| u <= a.from);
                assert!(!same || apart, "{a:?} {b:?}");
            }
        }
        for offset in (0..260).step_by(7) {
            let on = start.plus_days(offset);
            let held = |n: &&NewAssignment| directory::model::holds(n.from, n.until, on);
            let members = office.directory.members(&body_id("vpqh"), on).await.unwrap();
            assert_eq!(members.len(), kept.iter().filter(held).count(), "{on}");
            for person in &people {
                let said = office.directory.positions_of(person, on).await.unwrap().len();
                assert_eq!(said, kept.iter().filter(held).filter(|n| n.person == *person).count(), "{on}");
            }
        }
    }
}

on_both_engines! {
    async fn every_table_of_the_directory_can_be_rebuilt_from_the_journal(db: Db) {
        let office = Office::open(db).await;
        office.establish("vpqh", BodyKind::Office, None).await;
        let a = office.person("a").await;
        let held = office.start(&a, "expert", "vpqh", "2024-01-01", None).await;
        office.directory.end_assignment(&office.system(), &held, day("2024-06-01"), &basis()).await.unwrap();
        office.directory.clear_person(&office.system(), &a, Grade::Secret, basis()).await.unwrap();
        office.assert_verifies().await;
    }
}
