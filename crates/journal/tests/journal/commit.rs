use crate::notes::*;
use journal::{Change, Expected};
use kernel::{ActDraft, Digest, Problem, StreamId, Strength};
use serde_json::json;
use testkit::Db;

testkit::on_both_engines! {
    async fn an_act_is_recorded_with_its_evidence_and_shown_by_the_projection(db: Db) {
        let journal = open(&db).await;
        let receipt = journal.commit(&person(Strength::TwoFactor), writing("n1", "Tờ trình")).await.unwrap();
        let act = &receipt.acts[0];
        assert_eq!((act.version, act.policies.as_slice()), (1, &["writing".to_owned()][..]));
        assert_eq!(act.actor.who, "person:person-1");
        assert_eq!(act.prev, Digest::ZERO);
        assert_eq!(act.hash, act.compute_hash().unwrap());
        assert_eq!(journal.acts(&stream("n1"), 0, 10).await.unwrap(), receipt.acts);
        assert_eq!(journal.head(&stream("n1")).await.unwrap(), 1);
        let row = journal.reader().row("SELECT title, words FROM notes WHERE id = $1", &["n1".into()]).await.unwrap();
        let row = row.unwrap();
        assert_eq!((row.text("title").unwrap(), row.int("words").unwrap()), ("Tờ trình", 11));
        let counted = journal.reader().row("SELECT notes FROM boxes WHERE name = 'inbox'", &[]).await.unwrap().unwrap();
        assert_eq!(counted.int("notes").unwrap(), 1);
        assert_clean(&journal).await;
    }

    async fn the_second_writer_at_a_version_is_told_where_the_stream_is_and_nothing_is_kept(db: Db) {
        let journal = open(&db).await;
        journal.commit(&ctx(), writing("n1", "a")).await.unwrap();
        let again = journal.commit(&ctx(), writing("n1", "b")).await;
        assert!(matches!(again, Err(Problem::Conflict { expected: 0, found: 1, .. })), "{again:?}");
        let first = Change::new().on(stream("n1"), Expected::At(1)).act(moved("n1", "inbox", "desk"));
        journal.commit(&ctx(), first.clone()).await.unwrap();
        let second = journal.commit(&ctx(), first).await;
        assert!(matches!(second, Err(Problem::Conflict { expected: 1, found: 2, .. })), "{second:?}");
        let early = Change::new().on(stream("n2"), Expected::At(3)).act(written("n2", "c", "inbox"));
        assert!(matches!(journal.commit(&ctx(), early).await, Err(Problem::Conflict { expected: 3, found: 0, .. })));
        assert_eq!(journal.position().await.unwrap(), 2);
        assert_clean(&journal).await;
    }

    async fn of_many_waiting_changes_only_those_in_conflict_or_refused_are_rejected(db: Db) {
        let journal = open(&db).await;
        journal.commit(&ctx(), writing("shared", "a")).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..200 {
            let journal = journal.clone();
            tasks.spawn(async move {
                let change = match n % 4 {
                    // One of these fifty wins.
                    0 => Change::new().on(stream("shared"), Expected::At(1)).act(moved("shared", "inbox", &format!("box{n}"))),
                    1 => writing(&format!("bad{n}"), "unspeakable"),
                    _ => writing(&format!("n{n}"), "good"),
                };
                (n % 4, journal.commit(&ctx(), change).await)
            });
        }
        let (mut won, mut good) = (0, 0);
        while let Some(done) = tasks.join_next().await {
            match done.unwrap() {
                (0, Ok(_)) => won += 1,
                (0, Err(Problem::Conflict { expected: 1, found: 2, .. })) => {}
                (1, Err(Problem::Refused { code: "note-unspeakable", .. })) => {}
                (2 | 3, Ok(_)) => good += 1,
                (kind, other) => panic!("kind {kind}: {other:?}"),
            }
        }
        assert_eq!((won, good), (1, 100));
        assert_eq!(journal.position().await.unwrap(), 102);
        assert_eq!(assert_clean(&journal).await.acts, 102);
    }

    async fn a_change_over_several_streams_is_recorded_whole_or_not_at_all(db: Db) {
        let journal = open(&db).await;
        journal.commit(&ctx(), writing("n1", "a")).await.unwrap();
        let both = |expected| Change::new()
            .on(stream("n1"), expected)
            .act(moved("n1", "inbox", "desk"))
            .on(stream("n2"), Expected::New)
            .act(written("n2", "b", "desk"))
            .on(stream("n1"), Expected::Any)
            .act(moved("n1", "desk", "shelf"));
        assert!(matches!(journal.commit(&ctx(), both(Expected::At(9))).await, Err(Problem::Conflict { .. })));
        assert_eq!(journal.position().await.unwrap(), 1);
        let receipt = journal.commit(&ctx(), both(Expected::At(1))).await.unwrap();
        assert_eq!((receipt.version(&stream("n1")), receipt.version(&stream("n2"))), (3, 1));
        let count = "SELECT name, notes FROM boxes ORDER BY name";
        let boxes: Vec<(String, i64)> = (journal.reader().rows(count, &[]).await.unwrap().iter())
            .map(|row| (row.text("name").unwrap().to_owned(), row.int("notes").unwrap())).collect();
        assert_eq!(boxes, [("desk".into(), 1), ("inbox".into(), 0), ("shelf".into(), 1)]);
        assert_clean(&journal).await;
    }

    async fn an_expectation_without_acts_guards_what_a_decision_rests_on(db: Db) {
        let journal = open(&db).await;
        journal.commit(&ctx(), writing("rule", "a")).await.unwrap();
        let resting = |version| Change::new()
            .on(stream("rule"), Expected::At(version))
            .on(stream("n1"), Expected::Any)
            .act(written("n1", "b", "inbox"));
        assert!(matches!(journal.commit(&ctx(), resting(2)).await, Err(Problem::Conflict { .. })));
        journal.commit(&ctx(), resting(1)).await.unwrap();
        assert_eq!(journal.head(&stream("rule")).await.unwrap(), 1);
    }

    async fn what_the_policies_do_not_allow_is_not_recorded(db: Db) {
        let journal = open(&db).await;
        let stolen = ActDraft { kind: "note.stolen", ..written("n1", "a", "inbox") };
        let both = Change::new().on(stream("n1"), Expected::New).act(written("n1", "a", "inbox")).act(stolen);
        assert!(matches!(journal.commit(&ctx(), both).await, Err(Problem::Forbidden { .. })));
        let signed = ActDraft { kind: "note.signed", ..written("n1", "a", "inbox") };
        let signing = || Change::new().on(stream("n1"), Expected::New).act(signed.clone());
        let weak = journal.commit(&person(Strength::TwoFactor), signing()).await;
        assert!(matches!(weak, Err(Problem::NeedsSecondFactor { .. })), "{weak:?}");
        assert_eq!(journal.position().await.unwrap(), 0);
        let receipt = journal.commit(&person(Strength::Fresh), signing()).await.unwrap();
        assert_eq!(receipt.acts[0].policies, ["signing"]);
    }

    async fn time_never_goes_back_in_a_stream_even_when_the_clock_does(db: Db) {
        let journal = open(&db).await;
        let first = journal.commit(&ctx(), writing("n1", "a")).await.unwrap().acts[0].at;
        db.clock.advance(-86_400);
        let moving = |at| Change::new().on(stream("n1"), Expected::At(at)).act(moved("n1", "inbox", "inbox"));
        assert_eq!(journal.commit(&ctx(), moving(1)).await.unwrap().acts[0].at, first);
        db.clock.advance(90_000);
        let later = journal.commit(&ctx(), moving(2)).await.unwrap().acts[0].at;
        assert_eq!(later, first.plus_seconds(3_600));
        assert_clean(&journal).await;
    }

    async fn content_that_cannot_be_kept_is_refused_by_name(db: Db) {
        let journal = open(&db).await;
        for (body, field) in [(json!({"title": "a\u{0}b"}), "body"), (json!({"share": 0.5}), "body")] {
            let draft = ActDraft { body, ..written("n1", "a", "inbox") };
            let refused = journal.commit(&ctx(), Change::new().on(stream("n1"), Expected::Any).act(draft)).await;
            let Err(Problem::Invalid(fields)) = refused else { panic!("{refused:?}") };
            assert_eq!(fields[0].field, field);
        }
        let nowhere = Change::new().on(StreamId::from_text("nowhere"), Expected::Any).act(written("n1", "a", "inbox"));
        assert!(matches!(journal.commit(&ctx(), nowhere).await, Err(Problem::Fault(_))));
        let missing = written("n1", "a", "inbox").with_blob(Digest([3; 32]));
        let refused = journal.commit(&ctx(), Change::new().on(stream("n1"), Expected::Any).act(missing)).await;
        assert!(matches!(refused, Err(Problem::Invalid(_))), "{refused:?}");
        assert_eq!(journal.position().await.unwrap(), 0);
    }

    async fn private_content_is_kept_apart_and_erased_where_an_act_orders_it(db: Db) {
        let journal = open(&db).await;
        let secret = written("n1", "a", "inbox").with_private(json!({"secret": "mã số 012"}));
        let receipt = journal.commit(&ctx(), Change::new().on(stream("n1"), Expected::New).act(secret)).await.unwrap();
        assert!(receipt.acts[0].commitment.is_some());
        let read = journal.acts(&stream("n1"), 0, 9).await.unwrap();
        assert_eq!(read[0].private, Some(json!({"secret": "mã số 012"})));
        assert!(!serde_json::to_string(&read[0].envelope()).unwrap().contains("012"));
        assert_clean(&journal).await;

        let erasing = |version| ActDraft::new(note("n1"), &journal::PrivateErased { version, reason: "QĐ 1".into() });
        let unknown = Change::new().on(stream("n1"), Expected::At(1)).act(erasing(5));
        assert!(matches!(journal.commit(&ctx(), unknown).await, Err(Problem::NotFound { .. })));
        journal.commit(&ctx(), Change::new().on(stream("n1"), Expected::At(1)).act(erasing(1))).await.unwrap();
        assert_eq!(journal.act(&stream("n1"), 1).await.unwrap().unwrap().private, None);
        let rows = journal.reader().rows("SELECT secret FROM notes", &[]).await.unwrap();
        assert_eq!(rows[0].opt_text("secret").unwrap(), None);
        assert_clean(&journal).await;
    }

    async fn acts_of_all_streams_are_read_in_the_order_of_recording(db: Db) {
        let journal = open(&db).await;
        let mut watch = journal.watch();
        for n in 0..5 {
            journal.commit(&ctx(), writing(&format!("n{n}"), "a")).await.unwrap();
        }
        assert_eq!(*watch.borrow_and_update(), 5);
        let page = journal.acts_from(2, 2).await.unwrap();
        assert_eq!(page.iter().map(|p| (p.position, p.act.stream.id())).collect::<Vec<_>>(), [(3, "n2"), (4, "n3")]);
    }

    async fn blobs_are_addressed_by_their_content_and_bounded(db: Db) {
        let journal = open(&db).await;
        let digest = journal.put_blob(&b"to trinh"[..]).await.unwrap();
        assert_eq!(digest, Digest::of(&[b"to trinh"]));
        assert_eq!(&journal.get_blob(&digest).await.unwrap()[..], b"to trinh");
        assert_eq!(journal.blob_len(&digest).await.unwrap(), Some(8));
        assert!(matches!(journal.get_blob(&Digest([1; 32])).await, Err(Problem::NotFound { .. })));

        let pieces = |count: usize| futures::stream::iter((0..count).map(|n| Ok::<_, String>(bytes::Bytes::from(vec![n as u8; 300_000]))));
        let (streamed, length) = journal.put_blob_stream(pieces(20), 10_000_000).await.unwrap();
        assert_eq!(length, 6_000_000);
        assert_eq!(Digest::of(&[&journal.get_blob(&streamed).await.unwrap()]), streamed);
        let (empty, _) = journal.put_blob_stream(pieces(0), 10).await.unwrap();
        assert_eq!(empty, Digest::of(&[]));
        let large = journal.put_blob_stream(pieces(20), 5_000_000).await;
        assert!(matches!(large, Err(Problem::Invalid(_))), "{large:?}");
        let broken = futures::stream::iter([Ok(bytes::Bytes::from_static(b"a")), Err("the line was cut")]);
        assert!(matches!(journal.put_blob_stream(broken, 100).await, Err(Problem::Invalid(_))));
        assert_eq!(std::fs::read_dir(db.blobs().join("arriving")).unwrap().count(), 0, "nothing half arrived is left");

        let path = db.blobs().join(&digest.to_string()[..2]).join(&digest.to_string()[2..]);
        std::fs::write(path, b"to trinX").unwrap();
        assert!(matches!(journal.get_blob(&digest).await, Err(Problem::Fault(_))));
    }

    async fn two_servers_on_one_database_record_into_one_order(db: Db) {
        let (one, other) = (open(&db).await, open(&db).await);
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..60 {
            let journal = if n % 2 == 0 { one.clone() } else { other.clone() };
            tasks.spawn(async move {
                // Everybody writes into the same stream, from whichever server.
                let change = Change::new().on(stream("shared"), Expected::Any).act(moved("shared", "inbox", &format!("b{}", n % 7)));
                journal.commit(&ctx(), change).await.unwrap();
                journal.commit(&ctx(), writing(&format!("n{n}"), "a")).await.unwrap();
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        let (a, b) = (one.seal_once(), other.seal_once());
        let (a, b) = tokio::join!(a, b);
        a.unwrap();
        b.unwrap();
        assert_eq!(one.seal_once().await.unwrap().unwrap().head.size, 120);
        assert_eq!(assert_clean(&other).await.acts, 120);
    }
}

#[tokio::test]
async fn a_caller_that_stops_waiting_harms_nobody() {
    let db = Db::sqlite();
    let journal = open(&db).await;
    for n in 0..20 {
        let change = writing(&format!("n{n}"), "a");
        let _ = tokio::time::timeout(std::time::Duration::from_micros(n * 50), journal.commit(&ctx(), change)).await;
    }
    journal.commit(&ctx(), writing("last", "a")).await.unwrap();
    assert_clean(&journal).await;
}

#[tokio::test]
async fn on_postgres_every_server_hears_of_the_others_acts() {
    let db = Db::postgres();
    let (one, other) = (open(&db).await, open(&db).await);
    let mut watch = other.watch();
    // The other's ear needs a moment to open, so acts go on until it hears one.
    let heard = async {
        for n in 0.. {
            one.commit(&ctx(), writing(&format!("n{n}"), "a")).await.unwrap();
            let patience = std::time::Duration::from_millis(100);
            if tokio::time::timeout(patience, watch.changed()).await.is_ok() {
                return *watch.borrow();
            }
        }
        0
    };
    let heard = tokio::time::timeout(std::time::Duration::from_secs(30), heard).await.expect("nothing was heard");
    assert!(heard > 0);
}

#[tokio::test]
async fn on_postgres_an_answer_is_kept_until_any_server_records() {
    let db = Db::postgres();
    let (one, other) = (open(&db).await, open(&db).await);
    let count = async |journal: &journal::Journal| {
        let row = journal.reader().row("SELECT COUNT(*) AS n FROM notes", &[]).await.unwrap().unwrap();
        row.int("n").unwrap()
    };
    one.commit(&ctx(), writing("n0", "a")).await.unwrap();
    let quiet = journal::one_look(one.mark()).await.expect("a request has a mark");
    assert_eq!(one.mark().await, None, "nobody shares the look");
    journal::one_look(async {
        assert_eq!(count(&one).await, 1);
        other.commit(&ctx(), writing("n1", "a")).await.unwrap();
    })
    .await;
    // The commit above ended the look of its own request; another request's stands until it ends.
    assert_ne!(journal::one_look(one.mark()).await, Some(quiet));
    journal::one_look(async {
        assert_eq!(count(&one).await, 2);
        let others = tokio::spawn({
            let other = other.clone();
            async move { other.commit(&ctx(), writing("n2", "a")).await.map(drop) }
        });
        others.await.unwrap().unwrap();
        assert_eq!(count(&one).await, 2, "one request, one view");
        let stale = Change::new().on(stream("n2"), Expected::New).act(moved("n2", "a", "b"));
        assert!(matches!(one.commit(&ctx(), stale).await, Err(Problem::Conflict { .. })));
        assert_eq!(count(&one).await, 3, "a refused change looks again");
    })
    .await;
    assert_eq!(count(&one).await, 3);
}
