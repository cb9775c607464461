//! Storage that is full, away, damaged or not ours: a clear answer, and nothing half done.

use crate::{notes::*, tamper::sql};
use journal::{Change, Expected, Options};
use kernel::Problem;
use std::{process::Command, sync::Arc};
use testkit::Db;

fn unavailable<T: std::fmt::Debug>(outcome: Result<T, Problem>) -> String {
    match outcome {
        Err(Problem::Unavailable { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

testkit::on_both_engines! {
    async fn a_database_of_a_newer_program_is_left_alone(db: Db) {
        open(&db).await.close().await;
        sql(&db, "INSERT INTO journal_steps (number, name, at) VALUES (99, 'to come', 0)").await;
        let why = unavailable(db.journal(policies(), vec![Arc::new(Notes)]).await.map(drop));
        assert!(why.contains("step 99") && why.contains("newer program"), "{why}");
    }

    async fn a_missing_table_is_named_at_opening_and_can_be_built_again(db: Db) {
        let journal = open(&db).await;
        journal.commit(&ctx(), writing("n1", "a")).await.unwrap();
        journal.close().await;
        sql(&db, "DROP TABLE notes").await;
        let why = unavailable(db.journal(policies(), vec![Arc::new(Notes)]).await.map(drop));
        assert!(why.contains("table notes"), "{why}");
        let again = Options { rebuild: true, ..db.options() };
        let (clock, entropy) = (db.clock.clone(), Arc::new(testkit::SeededEntropy::new(1)));
        let key = testkit::engines::tree_key();
        let journal = journal::Journal::open(again, policies(), vec![Arc::new(Notes)], clock, entropy, key).await.unwrap();
        assert_clean(&journal).await;
        assert_eq!(journal.reader().rows("SELECT id FROM notes", &[]).await.unwrap().len(), 1);
    }

    async fn a_table_that_goes_while_the_journal_is_open_makes_it_unavailable_and_changes_nothing(db: Db) {
        let journal = open(&db).await;
        journal.commit(&ctx(), writing("n1", "a")).await.unwrap();
        sql(&db, "DROP TABLE boxes").await;
        let why = unavailable(journal.commit(&ctx(), writing("n2", "a")).await);
        assert!(why.contains("boxes"), "{why}");
        assert_eq!((journal.position().await.unwrap(), journal.head(&stream("n2")).await.unwrap()), (1, 0));
    }

    async fn a_closed_journal_answers_that_it_is_closed(db: Db) {
        let journal = open(&db).await;
        journal.close().await;
        let why = unavailable(journal.commit(&ctx(), writing("n1", "a")).await);
        assert!(why.contains("closed"), "{why}");
        unavailable(journal.head(&stream("n1")).await);
    }

    async fn a_server_of_another_shape_does_not_write_into_rebuilt_projections(db: Db) {
        let old = open(&db).await;
        old.commit(&ctx(), writing("n1", "a")).await.unwrap();
        sql(&db, "UPDATE journal_head SET shape = 'that of another program'").await;
        let why = unavailable(old.commit(&ctx(), writing("n2", "a")).await);
        assert!(why.contains("another version"), "{why}");
        assert_eq!(old.position().await.unwrap(), 1);
    }
}

#[tokio::test]
async fn addresses_that_cannot_be_are_refused_with_the_reason() {
    let db = Db::sqlite();
    for url in ["mysql://x", "sqlite:", "sqlite::memory:", "postgres://localhost:1/none", "sqlite:/dev/null/x.sqlite"] {
        let options = Options { url: url.into(), ..db.options() };
        let (clock, entropy) = (db.clock.clone(), Arc::new(testkit::SeededEntropy::new(1)));
        let key = testkit::engines::tree_key();
        let opened = journal::Journal::open(options, policies(), vec![Arc::new(Notes)], clock, entropy, key).await;
        unavailable(opened.map(drop));
    }
    let text = db.folder().join("text.sqlite");
    std::fs::write(&text, "this is no database at all, but long enough to look at".repeat(40)).unwrap();
    let options = Options { url: format!("sqlite:{}", text.display()), ..db.options() };
    let (clock, entropy) = (db.clock.clone(), Arc::new(testkit::SeededEntropy::new(1)));
    let key = testkit::engines::tree_key();
    unavailable(journal::Journal::open(options, policies(), vec![], clock, entropy, key).await.map(drop));
}

#[tokio::test]
async fn a_path_with_any_characters_will_do() {
    let db = Db::sqlite();
    let odd = db.folder().join("Quốc hội #1 100%?&=").join("nhật ký.sqlite");
    let options = Options { url: format!("sqlite:{}", odd.display()), ..db.options() };
    let (clock, entropy) = (db.clock.clone(), Arc::new(testkit::SeededEntropy::new(1)));
    let key = testkit::engines::tree_key();
    let journal =
        journal::Journal::open(options, policies(), vec![Arc::new(Notes)], clock, entropy, key).await.unwrap();
    journal.commit(&ctx(), writing("n1", "a")).await.unwrap();
    assert!(odd.exists());
}

/// A disk that is really full: a small one in memory, which only root can make.
#[tokio::test]
async fn a_full_disk_is_unavailable_and_goes_on_when_there_is_room_again() {
    let db = Db::sqlite();
    let disk = db.folder().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "none"]).arg(&disk).status();
    if !mounted.is_ok_and(|status| status.success()) {
        println!("skipped: a small disk can only be mounted by root");
        return;
    }
    let outcome = tokio::spawn(on_small_disk(disk.clone())).await;
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    outcome.unwrap();
}

async fn on_small_disk(disk: std::path::PathBuf) {
    let clock = Arc::new(testkit::ManualClock::morning(2026, 11, 23));
    let open = || async {
        let options = Options::new(format!("sqlite:{}", disk.join("journal.sqlite").display()), disk.join("blobs"));
        let (clock, entropy) = (clock.clone(), Arc::new(testkit::SeededEntropy::new(1)));
        let key = testkit::engines::tree_key();
        journal::Journal::open(options, policies(), vec![Arc::new(Notes)], clock, entropy, key).await.unwrap()
    };
    let journal = open().await;
    let recorded = until_full(&journal).await;
    let large = journal.put_blob(vec![7u8; 3 << 20]).await;
    unavailable(large);
    assert_eq!(journal.position().await.unwrap(), recorded);
    let remount = Command::new("mount").args(["-o", "remount,size=64m"]).arg(&disk).status().unwrap();
    assert!(remount.success());
    journal.commit(&ctx(), writing("after", "a")).await.unwrap();
    assert_eq!(assert_clean(&journal).await.acts as i64, recorded + 1);
    journal.close().await;
    let journal = open().await;
    assert_eq!(assert_clean(&journal).await.acts as i64, recorded + 1);
    journal.close().await;
}

/// Commits until the storage refuses; returns how many acts were acknowledged.
async fn until_full(journal: &journal::Journal) -> i64 {
    for n in 0..10_000 {
        let change =
            Change::new().on(stream(&format!("n{n}")), Expected::New).act(written("n", &"x".repeat(2000), "inbox"));
        match journal.commit(&ctx(), change).await {
            Ok(_) => {}
            Err(Problem::Unavailable { why, .. }) => {
                assert!(why.contains("full") || why.contains("disk"), "{why}");
                let acts = journal.position().await.unwrap();
                assert_eq!(acts, n, "what was acknowledged is there, and nothing else");
                return acts;
            }
            Err(other) => panic!("{other}"),
        }
    }
    panic!("the storage never became full");
}
