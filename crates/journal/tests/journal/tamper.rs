//! Whoever changes a byte behind the journal's back is found, and the place is named.

use crate::notes::*;
use journal::{Change, Expected, Journal};
use kernel::{ActDraft, Digest};
use serde_json::json;
use sqlx::Connection as _;
use testkit::Db;

/// Runs SQL on the database, past the journal.
pub async fn sql(db: &Db, text: &str) {
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(&db.url).await.unwrap();
    let done = sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned())).execute(&mut connection).await;
    let done = done.unwrap_or_else(|why| panic!("{text}: {why}"));
    assert!(
        done.rows_affected() > 0 || ["DROP", "VACUUM", "PRAGMA"].iter().any(|word| text.starts_with(word)),
        "{text} changed nothing"
    );
    connection.close().await.unwrap();
}

/// A journal with a bit of everything: 40 acts in 20 streams, private content, an erasure, blobs, two sealed heads.
async fn filled(db: &Db) -> (Journal, Digest) {
    let journal = open(db).await;
    let blob = journal.put_blob(&b"phu luc"[..]).await.unwrap();
    for n in 0..20 {
        let id = format!("n{n}");
        let mut draft = written(&id, "a", "inbox").with_private(json!({"secret": format!("mã {n}")}));
        if n == 3 {
            draft = draft.with_blob(blob);
        }
        journal.commit(&ctx(), Change::new().on(stream(&id), Expected::New).act(draft)).await.unwrap();
        if n == 10 {
            journal.seal_once().await.unwrap();
        }
    }
    for n in 0..18 {
        let id = format!("n{n}");
        let change = Change::new().on(stream(&id), Expected::At(1)).act(moved(&id, "inbox", "desk"));
        journal.commit(&ctx(), change).await.unwrap();
    }
    let erasing = ActDraft::new(note("n5"), &journal::PrivateErased { version: 1, reason: "QĐ 1".into() });
    journal.commit(&ctx(), Change::new().on(stream("n5"), Expected::At(2)).act(erasing)).await.unwrap();
    journal.seal_once().await.unwrap();
    journal.commit(&ctx(), writing("late", "a")).await.unwrap();
    assert_clean(&journal).await;
    (journal, blob)
}

/// What each change must be called by the verification.
const CHANGES: &[(&str, &[&str])] = &[
    // The journal, column by column.
    ("UPDATE acts SET position = 900 WHERE position = 39", &["act at position 39: missing"]),
    ("UPDATE acts SET stream = 'note:zz' WHERE stream = 'note:n3' AND version = 2", &["act note:zz/2: column stream"]),
    ("UPDATE acts SET version = 7 WHERE stream = 'note:n3' AND version = 2", &["act note:n3/7: column version"]),
    ("UPDATE acts SET kind = 'note.burnt' WHERE stream = 'note:n3' AND version = 2", &["act note:n3/2: column kind"]),
    ("UPDATE acts SET at = at + 1 WHERE stream = 'note:n3' AND version = 2", &["act note:n3/2: column at"]),
    (
        "UPDATE acts SET envelope = REPLACE(envelope, '\"desk\"', '\"desl\"') WHERE stream = 'note:n3' AND version = 2",
        &["act note:n3/2: its hash is not that of its envelope", "table notes, key n3: column lies_in"],
    ),
    ("UPDATE acts SET envelope = 'x' WHERE stream = 'note:n3' AND version = 2", &["act note:n3/2: was changed"]),
    (
        "UPDATE acts SET prev = REPLACE(prev, SUBSTR(prev, 1, 8), '00000000') WHERE stream = 'note:n3' AND version = 2",
        &["act note:n3/2: its hash is not that of its envelope"],
    ),
    (
        "UPDATE acts SET hash = REPLACE(hash, SUBSTR(hash, 1, 8), '00000000') WHERE stream = 'note:n3' AND version = 2",
        &["act note:n3/2: its hash", "tree head 39: its root"],
    ),
    (
        "UPDATE acts SET hash = REPLACE(hash, SUBSTR(hash, 1, 8), '00000000') WHERE stream = 'note:late'",
        &["act note:late/1: its hash"],
    ),
    ("DELETE FROM acts WHERE stream = 'note:n3' AND version = 2", &["act at position 24: missing"]),
    ("DELETE FROM acts WHERE stream = 'note:late'", &["act at position 40: missing"]),
    // Two changes at once: an act is forged with a right hash.
    (
        "UPDATE acts SET envelope = (SELECT envelope FROM acts WHERE position = 1), hash = (SELECT hash FROM acts WHERE \
      position = 1), prev = (SELECT prev FROM acts WHERE position = 1) WHERE position = 2",
        &["act note:n1/1: column stream", "tree head 11: its root"],
    ),
    (
        "UPDATE private SET data = REPLACE(data, 'mã', 'ma') WHERE stream = 'note:n3'",
        &["act note:n3/1: its private content does not fit"],
    ),
    (
        "UPDATE private SET salt = REPLACE(salt, SUBSTR(salt, 1, 4), 'ffff') WHERE stream = 'note:n3'",
        &["act note:n3/1: its private content does not fit"],
    ),
    ("UPDATE private SET data = 'x' WHERE stream = 'note:n3'", &["act note:n3/1: its private content was changed"]),
    ("DELETE FROM private WHERE stream = 'note:n3'", &["act note:n3/1: its private content is missing"]),
    ("UPDATE private SET version = 2 WHERE stream = 'note:n3'", &["act note:n3/2: has private content without"]),
    ("UPDATE private SET stream = 'note:zz' WHERE stream = 'note:n3'", &["table private, key note:zz/1"]),
    (
        "INSERT INTO private (stream, version, salt, data) VALUES ('note:n5', 1, '00', '{}')",
        &["act note:n5/1: its private content"],
    ),
    ("UPDATE journal_head SET position = 41", &["act at position 41: missing"]),
    ("UPDATE journal_head SET position = 39", &["table journal_head, column position"]),
    ("UPDATE journal_head SET shape = 'x'", &["table journal_head, column shape"]),
    ("DELETE FROM journal_head", &["table journal_head: its row is missing"]),
    ("UPDATE journal_projections SET shape = 'x'", &["table journal_projections, key notes"]),
    ("UPDATE journal_projections SET tables = 'notes'", &["table journal_projections, key notes"]),
    ("DELETE FROM journal_projections", &["table journal_projections, key notes"]),
    // The Merkle log.
    (
        "UPDATE tree_nodes SET hash = REPLACE(hash, SUBSTR(hash, 1, 8), '00000000') WHERE level = 4 AND place = 1",
        &["table tree_nodes, key 4 1: column hash"],
    ),
    ("UPDATE tree_nodes SET hash = 'x' WHERE level = 4 AND place = 1", &["table tree_nodes, key 4 1: column hash"]),
    (
        "UPDATE tree_nodes SET place = 7 WHERE level = 4 AND place = 1",
        &["table tree_nodes, key 4 1: missing", "table tree_nodes, key 4 7"],
    ),
    ("UPDATE tree_nodes SET level = 5 WHERE level = 4 AND place = 1", &["table tree_nodes, key 5 1"]),
    ("UPDATE tree_heads SET size = 12 WHERE size = 11", &["tree head 12: "]),
    ("UPDATE tree_heads SET size = 99 WHERE size = 39", &["tree head 99: covers 99 acts, but the journal has 40"]),
    ("UPDATE tree_heads SET root = REPLACE(root, SUBSTR(root, 1, 8), '00000000') WHERE size = 11", &["tree head 11: "]),
    ("UPDATE tree_heads SET at = at + 1 WHERE size = 11", &["tree head 11: the signature"]),
    ("UPDATE tree_heads SET key_id = 'x' WHERE size = 11", &["tree head 11: names a key"]),
    ("UPDATE tree_heads SET signature = 'AAAA' WHERE size = 11", &["tree head 11: the signature"]),
    ("UPDATE tree_heads SET signature = '?' WHERE size = 11", &["tree head 11: was changed"]),
    // The projections.
    (
        "UPDATE notes SET id = 'zz' WHERE id = 'n3'",
        &["table notes, key n3: the row is missing", "table notes, key zz: the acts"],
    ),
    ("UPDATE notes SET title = 'b' WHERE id = 'n3'", &["table notes, key n3: column title"]),
    ("UPDATE notes SET words = words + 1 WHERE id = 'n3'", &["table notes, key n3: column words"]),
    ("UPDATE notes SET secret = NULL WHERE id = 'n3'", &["table notes, key n3: column secret"]),
    ("UPDATE notes SET moved = 0 WHERE id = 'n19'", &["table notes, key n19: column moved"]),
    ("DELETE FROM notes WHERE id = 'n3'", &["table notes, key n3: the row is missing"]),
    ("INSERT INTO boxes (name, notes) VALUES ('shelf', 0)", &["table boxes, key shelf: the acts give no such row"]),
    ("UPDATE boxes SET notes = notes + 1 WHERE name = 'desk'", &["table boxes, key desk: column notes"]),
    ("UPDATE boxes SET label = '' WHERE name = 'desk'", &["table boxes, key desk: column label"]),
];

testkit::on_both_engines! {
    async fn every_change_behind_the_journals_back_is_found_and_named(db: Db) {
        let (journal, _) = filled(&db).await;
        journal.close().await;
        for (change, expected) in CHANGES {
            let copy = copy_of(&db).await;
            sql(&copy, change).await;
            // Opening may already refuse it: the head row and the projections' register are read then.
            let journal = match copy.journal(policies(), vec![std::sync::Arc::new(Notes)]).await {
                Ok(journal) => journal,
                Err(problem) => {
                    assert!(change.contains("journal_head"), "{change}: {problem}");
                    assert!(matches!(problem, kernel::Problem::Unavailable { .. }), "{change}: {problem}");
                    continue;
                }
            };
            let (found, _) = findings(&journal).await;
            for expected in *expected {
                let healed = found.is_empty() && (change.contains("journal_projections") || change.contains("shape"));
                assert!(healed || found.iter().any(|f| f.starts_with(expected)), "{change}: {expected:?} is not in {found:#?}");
            }
            journal.close().await;
        }
    }

    async fn a_change_while_the_journal_is_open_is_found_too(db: Db) {
        let (journal, _) = filled(&db).await;
        for table in ["journal_projections", "journal_head"] {
            sql(&db, &format!("UPDATE {table} SET shape = 'x'")).await;
            let (found, _) = findings(&journal).await;
            assert!(found.iter().any(|f| f.starts_with(&format!("table {table}"))), "{found:#?}");
        }
        sql(&db, "UPDATE boxes SET notes = notes + 1 WHERE name = 'desk'").await;
        let (found, _) = findings(&journal).await;
        assert!(found.iter().any(|f| f.starts_with("table boxes, key desk: column notes")), "{found:#?}");
    }

    async fn a_blob_with_one_changed_bit_and_a_missing_one_are_found(db: Db) {
        let (journal, blob) = filled(&db).await;
        let text = blob.to_string();
        let path = db.blobs().join(&text[..2]).join(&text[2..]);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[3] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let (found, _) = findings(&journal).await;
        assert_eq!(found, [format!("blob {text}: its content was changed; act note:n3/1 refers to it")]);
        std::fs::remove_file(&path).unwrap();
        let (found, _) = findings(&journal).await;
        assert_eq!(found, [format!("blob {text}: missing, though act note:n3/1 refers to it")]);
        // Putting the same bytes again mends it.
        journal.put_blob(&b"phu luc"[..]).await.unwrap();
        assert_clean(&journal).await;
    }

    async fn many_wrong_rows_are_counted_without_flooding_the_report(db: Db) {
        let journal = open(&db).await;
        let mut change = Change::new();
        for n in 0..250 {
            change = change.on(stream(&format!("n{n:03}")), Expected::New).act(written("n", "a", "inbox"));
        }
        journal.commit(&ctx(), change).await.unwrap();
        sql(&db, "UPDATE notes SET title = 'b'").await;
        let mut told = Vec::new();
        let summary = journal.verify(&mut |report| if let journal::Report::Finding(f) = report { told.push(f.to_string()) }).await.unwrap();
        assert_eq!(summary.findings, 250);
        assert_eq!(told.len(), 101);
        assert_eq!(told[100], "table notes: 150 more rows are not as they must be");
    }
}

/// A copy of a closed database, with its blobs.
async fn copy_of(db: &Db) -> Db {
    if db.is_postgres() { Db::postgres_copy(db) } else { Db::sqlite_copy(db) }
}

#[tokio::test]
async fn text_that_is_no_utf8_any_more_is_named_row_by_row() {
    let db = Db::sqlite();
    let (journal, _) = filled(&db).await;
    for (change, expected) in [
        ("UPDATE acts SET envelope = CAST(x'ff7b7d' AS TEXT) WHERE position = 24", "act at position 24: does not read"),
        ("UPDATE notes SET title = CAST(x'ff' AS TEXT) WHERE id = 'n3'", "table notes, key n3: does not read"),
        ("UPDATE private SET data = CAST(x'ff' AS TEXT) WHERE stream = 'note:n7'", "act at position 8: does not read"),
    ] {
        sql(&db, change).await;
        let (found, _) = findings(&journal).await;
        assert!(found.iter().any(|f| f.starts_with(expected)), "{change}: {found:#?}");
    }
}
