//! The daily desk: inboxes in pages, and tasks handed around among those who share a seat.

mod house;

use cases::{Due, InboxFilter, Order, TaskKey, Whose};
use house::{furnished, person};
use kernel::{Grade, Problem};
use testkit::Db;

fn code(problem: &Problem) -> &'static str {
    match problem {
        Problem::Refused { code, .. } => code,
        other => other.code(),
    }
}

testkit::on_both_engines! {
    async fn every_task_shows_once_on_the_pages_of_an_inbox_in_every_order(db: Db) {
        let house = furnished(&db).await;
        for n in 0..60 {
            house.open_case(&format!("ban-{n}"), Grade::Open, &format!("token-{n}")).await;
        }
        let expert = house.at_work("person-expert").await;
        for order in [Order::Due, Order::Newest, Order::Oldest] {
            let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
            loop {
                let filter = InboxFilter { order, after, ..InboxFilter::default() };
                let page = house.cases.inbox(&expert, &filter).await.unwrap();
                seen.extend(page.items.into_iter().map(|task| (task.since, task.case)));
                pages += 1;
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!((seen.len(), pages), (60, 3), "{order:?}");
            let mut sorted = seen.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!(sorted.len(), 60, "{order:?}");
            match order {
                Order::Newest => assert!(seen.windows(2).all(|pair| pair[0].0 >= pair[1].0)),
                _ => assert!(seen.windows(2).all(|pair| pair[0].0 <= pair[1].0)),
            }
        }
        let counts = house.cases.inbox_counts(&expert).await.unwrap();
        assert_eq!(counts.open, 60);
        assert_eq!(counts.overdue + counts.today + counts.week + counts.later, 60);
        let filter = InboxFilter { query: "ban SOAN thao".into(), work: Some("lawmaking".into()), ..InboxFilter::default() };
        assert_eq!(house.cases.inbox(&expert, &filter).await.unwrap().items.len(), 25);
        let other = InboxFilter { work: Some("petitions".into()), ..InboxFilter::default() };
        assert_eq!(house.cases.inbox(&expert, &other).await.unwrap().items, []);
    }

    async fn a_task_is_taken_on_given_and_noted_by_those_who_share_its_seat_alone(db: Db) {
        let house = furnished(&db).await;
        let signed = house.signed("ban-soan-thao").await;
        let (clerk, keeper) = (house.signed_in("person-clerk").await, house.signed_in("person-keeper").await);
        let all = house.cases.inbox(&clerk, &InboxFilter::default()).await.unwrap().items;
        assert_eq!(all.len(), 1);
        let task = TaskKey { case: all[0].case.clone(), step: all[0].step.clone(), seat: all[0].seat.clone() };
        let version = house.cases.case(&clerk, &signed.case).await.unwrap().version;

        house.cases.assign(&clerk, &task, &person("person-keeper"), "Nhờ chị cấp số.").await.unwrap();
        let mine = InboxFilter { whose: Whose::Mine, ..InboxFilter::default() };
        let free = InboxFilter { whose: Whose::Free, ..InboxFilter::default() };
        assert_eq!(house.cases.inbox(&keeper, &mine).await.unwrap().items.len(), 1);
        assert_eq!(house.cases.inbox(&clerk, &mine).await.unwrap().items.len(), 0);
        assert_eq!(house.cases.inbox(&clerk, &free).await.unwrap().items.len(), 0);
        house.cases.note_seen(&clerk, &task).await.unwrap();
        house.cases.note_seen(&clerk, &task).await.unwrap();
        assert!(house.cases.inbox(&clerk, &InboxFilter::default()).await.unwrap().items[0].seen);
        assert!(!house.cases.inbox(&keeper, &mine).await.unwrap().items[0].seen);
        let desk = house.journal.acts(&kernel::StreamId::new("desk", &task.case), 0, 10).await.unwrap();
        assert_eq!(desk.iter().map(|act| act.kind.as_str()).collect::<Vec<_>>(), ["task.assigned", "task.seen"]);
        // The case itself has not moved: nobody's form comes too late.
        assert_eq!(house.cases.case(&clerk, &signed.case).await.unwrap().version, version);

        let stranger = house.signed_in("person-expert").await;
        let to = person("person-keeper");
        assert_eq!(code(&house.cases.assign(&stranger, &task, &to, "").await.unwrap_err()), "task-not-yours");
        let outside = person("person-expert");
        assert_eq!(code(&house.cases.assign(&clerk, &task, &outside, "").await.unwrap_err()), "task-not-a-colleague");
        let gone = TaskKey { step: "draft".into(), ..task.clone() };
        assert_eq!(code(&house.cases.assign(&clerk, &gone, &to, "").await.unwrap_err()), "task-gone");
    }

    async fn a_graded_task_is_neither_shown_counted_nor_given_to_the_uncleared(db: Db) {
        let house = furnished(&db).await;
        let signed = house.signed_graded("ban-mat", Grade::Secret).await;
        let (clerk, keeper) = (house.signed_in("person-clerk").await, house.signed_in("person-keeper").await);
        assert_eq!(house.cases.inbox(&clerk, &InboxFilter::default()).await.unwrap().items, []);
        assert_eq!(house.cases.inbox_counts(&clerk).await.unwrap(), Default::default());
        for due in Due::ALL {
            let filter = InboxFilter { due: Some(due), ..InboxFilter::default() };
            assert_eq!(house.cases.inbox(&clerk, &filter).await.unwrap().items, []);
        }
        let task = house.cases.inbox(&keeper, &InboxFilter::default()).await.unwrap().items.remove(0);
        let task = TaskKey { case: task.case, step: task.step, seat: task.seat };
        let uncleared = person("person-clerk");
        let refused = house.cases.assign(&keeper, &task, &uncleared, "").await.unwrap_err();
        assert_eq!(code(&refused), "task-colleague-not-cleared");
        let unknown = house.cases.note_seen(&clerk, &task).await.unwrap_err();
        assert!(matches!(unknown, Problem::NotFound { .. }), "{unknown}");
        assert_eq!(signed.case, task.case);
    }
}
