//! Work handed over for a time: who may do it, under which names it is recorded, and how it ends.

mod house;

use cases::InboxFilter;
use directory::NewDelegation;
use house::{House, content, furnished, person, submit};
use kernel::{Grade, Problem, StreamId};
use testkit::Db;

fn handing(house: &House, seat: &str, to: &str, kinds: &[&str], days: i64) -> NewDelegation {
    let today = house.journal.clock().now().day();
    NewDelegation {
        seat: seat.into(),
        to: person(to),
        first: today,
        last: today.plus_days(days),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        fields: Default::default(),
        onward: false,
        reason: "Đi công tác".into(),
    }
}

testkit::on_both_engines! {
    async fn whoever_was_handed_work_does_it_under_both_names_until_it_ends(db: Db) {
        let house = furnished(&db).await;
        let opened = house.open_case("ban-1", Grade::Open, "").await;
        let done = house.draft(&opened, content()).await;
        let expert = house.signed_in("person-expert").await;
        let before = house.signed_in("person-other").await;
        let refused = house.cases.command(&before, &opened.case, done.version, submit(), "").await.unwrap_err();
        assert!(matches!(refused, Problem::Refused { code: "case-not-yours", .. }), "{refused}");

        let new = handing(&house, "expert@vu-phap-luat", "person-other", &["work"], 3);
        let id = house.directory.delegate(&expert, new).await.unwrap();
        let other = house.signed_in("person-other").await;
        let inbox = house.cases.inbox(&other, &InboxFilter::default()).await.unwrap().items;
        assert_eq!(inbox.iter().map(|t| t.acting_for.as_deref()).collect::<Vec<_>>(), [Some("Lê Văn C")]);
        let view = house.cases.case(&other, &opened.case).await.unwrap();
        assert!(!view.possible.is_empty() && view.acting_for.is_some());
        let moved = house.cases.command(&other, &opened.case, done.version, submit(), "").await.unwrap();
        let acts = house.journal.acts(&StreamId::new("case", &opened.case), done.version, 50).await.unwrap();
        assert!(!acts.is_empty());
        for act in &acts {
            assert_eq!(act.actor.who, "person:person-other");
            assert_eq!(act.actor.acting_as.as_deref(), Some("expert@vu-phap-luat"));
            assert_eq!(act.actor.acting_for.as_deref(), Some("person:person-expert"));
            assert_eq!(act.actor.delegation.as_deref(), Some(id.as_str()));
        }
        let told = house.cases.timeline(&other, &opened.case).await.unwrap();
        assert!(told.iter().any(|entry| entry.acting_for == "Lê Văn C" && entry.name == "Phạm Thị D"));
        assert!(moved.version > done.version);
        let granted = house.journal.acts(&StreamId::new("delegation", &id), 0, 5).await.unwrap();
        assert!(granted[0].body["basis"].as_str().unwrap().contains("Bộ luật Dân sự"), "{}", granted[0].body);

        // The last day ends it by itself; nobody has to do anything.
        let second = house.open_case("ban-2", Grade::Open, "two").await;
        assert_eq!(house.cases.inbox(&house.signed_in("person-other").await, &InboxFilter::default()).await.unwrap().items.len(), 1);
        db.clock.advance(4 * 86_400);
        let later = house.signed_in("person-other").await;
        assert!(later.person().unwrap().handed.is_empty());
        assert_eq!(house.cases.inbox(&later, &InboxFilter::default()).await.unwrap().items, []);
        assert!(house.cases.case(&later, &second.case).await.unwrap().possible.is_empty());
    }

    async fn ending_it_takes_effect_at_once_and_only_its_two_sides_can(db: Db) {
        let house = furnished(&db).await;
        house.open_case("ban-1", Grade::Open, "").await;
        let expert = house.signed_in("person-expert").await;
        let new = handing(&house, "expert@vu-phap-luat", "person-other", &["work"], 3);
        let id = house.directory.delegate(&expert, new.clone()).await.unwrap();
        let twice = house.directory.delegate(&expert, new).await.unwrap_err();
        assert!(matches!(twice, Problem::Refused { code: "delegation-twice", .. }));
        let stranger = house.signed_in("person-clerk").await;
        assert!(matches!(house.directory.revoke_delegation(&stranger, &id).await, Err(Problem::NotFound { .. })));
        house.directory.revoke_delegation(&expert, &id).await.unwrap();
        house.directory.revoke_delegation(&expert, &id).await.unwrap();
        let other = house.signed_in("person-other").await;
        assert_eq!(house.cases.inbox(&other, &InboxFilter::default()).await.unwrap().items, []);
    }

    async fn neither_the_seat_of_another_nor_a_chain_nor_a_signature_can_be_handed_over(db: Db) {
        let house = furnished(&db).await;
        let expert = house.signed_in("person-expert").await;
        let stolen = handing(&house, "chairperson@ubtvqh", "person-other", &["work"], 3);
        assert!(matches!(house.directory.delegate(&expert, stolen).await, Err(Problem::Forbidden { .. })));
        let signing = handing(&house, "expert@vu-phap-luat", "person-other", &["sign"], 3);
        assert!(matches!(house.directory.delegate(&expert, signing).await, Err(Problem::Invalid(_))));

        let plain = handing(&house, "expert@vu-phap-luat", "person-other", &["work"], 3);
        let id = house.directory.delegate(&expert, plain.clone()).await.unwrap();
        let other = house.signed_in("person-other").await;
        let on = handing(&house, "expert@vu-phap-luat", "person-keeper", &["work"], 2);
        assert!(matches!(house.directory.delegate(&other, on.clone()).await, Err(Problem::Forbidden { .. })));
        house.directory.revoke_delegation(&expert, &id).await.unwrap();
        let id = house.directory.delegate(&expert, NewDelegation { onward: true, ..plain }).await.unwrap();
        let other = house.signed_in("person-other").await;
        let wider = NewDelegation { kinds: ["work".to_owned(), "opinion".to_owned()].into(), ..on.clone() };
        assert!(matches!(house.directory.delegate(&other, wider).await, Err(Problem::Invalid(_))));
        house.directory.delegate(&other, on).await.unwrap();
        let keeper = house.signed_in("person-keeper").await;
        let handed = &keeper.person().unwrap().handed;
        assert_eq!((handed.len(), handed[0].holder.as_str(), handed[0].onward), (1, "person-expert", false));
        // Ending the first ends what was handed on from it.
        house.directory.revoke_delegation(&expert, &id).await.unwrap();
        assert!(house.signed_in("person-keeper").await.person().unwrap().handed.is_empty());
    }

    async fn a_signature_stays_with_the_holder_and_clearance_is_never_lent(db: Db) {
        let house = furnished(&db).await;
        let opened = house.open_case("ban-1", Grade::Open, "").await;
        let done = house.draft(&opened, content()).await;
        let done = house.submit(&opened.case, done.version).await;
        let done = house.agree(&opened.case, done.version).await;
        let version = house.vote(&opened.case, done.version, "for").await;
        let chair = house.signed_in("person-chair").await;
        let new = handing(&house, "chairperson@ubtvqh", "person-member-1", &["work", "opinion", "issue"], 3);
        house.directory.delegate(&chair, new).await.unwrap();
        let member = house.at_work("person-member-1").await;
        let refused = house.cases.sign(&member, &opened.case, version, "nghi-quyet", "").await.unwrap_err();
        assert!(matches!(refused, Problem::Refused { code: "delegation-personal", .. }), "{refused}");
        assert!(house.cases.case(&member, &opened.case).await.unwrap().possible.iter().all(|p| !p.fresh));

        let expert = house.signed_in("person-expert").await;
        let new = handing(&house, "expert@vu-phap-luat", "person-other", &["work"], 3);
        house.directory.delegate(&expert, new).await.unwrap();
        let secret = house.open_case("ban-mat", Grade::Secret, "secret").await;
        let other = house.signed_in("person-other").await;
        assert!(house.cases.inbox(&other, &InboxFilter::default()).await.unwrap().items.iter().all(|t| t.case != secret.case));
        assert!(matches!(house.cases.case(&other, &secret.case).await, Err(Problem::NotFound { .. })));
    }
}
