//! Projections are what the acts say, whether they were written one by one, together, or built again.

use crate::notes::*;
use journal::{Change, Column, Expected, Journal, Projection, Rows, Table, Value};
use kernel::{Act, Problem};
use proptest::{prelude::*, strategy::ValueTree as _};
use std::sync::Arc;
use testkit::Db;

/// Notes as another version of the program would show them.
struct Otherwise;

const TITLES: Table =
    Table { name: "notes", columns: &[Column::text("id"), Column::text("heading")], key: &["id"], indexes: &[] };

impl Projection for Otherwise {
    fn name(&self) -> &'static str {
        "notes"
    }
    fn tables(&self) -> &'static [Table] {
        const TABLES: &[Table] = &[TITLES];
        TABLES
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if let Some(written) = act.read::<Written>().map_err(Problem::fault)? {
            rows.put(&TITLES, [("id", act.stream.id().into()), ("heading", written.title.to_uppercase().into())]);
        }
        Ok(())
    }
}

/// Makes a mistake that no schema check at opening can see.
struct Mistaken(&'static str);

impl Projection for Mistaken {
    fn name(&self) -> &'static str {
        "mistaken"
    }
    fn tables(&self) -> &'static [Table] {
        const TABLES: &[Table] = &[BOXES];
        TABLES
    }
    fn apply(&self, _: &Act, rows: &mut Rows) -> Result<(), Problem> {
        match self.0 {
            "no such column" => rows.put(&BOXES, [("title", "x".into())]),
            "not given" => rows.put(&BOXES, [("name", "x".into())]),
            "was given a text" => rows.patch(&BOXES, ["x".into()], [("notes", "x".into())]),
            "part of the key" => rows.patch(&BOXES, ["x".into()], [("name", "y".into())]),
            "another number of values" => rows.delete(&BOXES, []),
            _ => {}
        }
        Ok(())
    }
}

testkit::on_both_engines! {
    async fn tables_whose_shape_changed_are_built_again_from_the_acts(db: Db) {
        let journal = open(&db).await;
        for n in 0..30 {
            journal.commit(&ctx(), writing(&format!("n{n:02}"), "tờ trình")).await.unwrap();
        }
        journal.close().await;
        let journal = db.journal(policies(), vec![Arc::new(Otherwise)]).await.unwrap();
        let rows = journal.reader().rows("SELECT id, heading FROM notes ORDER BY id", &[]).await.unwrap();
        assert_eq!((rows.len(), rows[7].text("heading").unwrap()), (30, "TỜ TRÌNH"));
        assert!(journal.reader().rows("SELECT name FROM boxes", &[]).await.is_err(), "the old tables are gone");
        assert_clean(&journal).await;
        journal.close().await;
        let journal = open(&db).await;
        assert_eq!(journal.reader().rows("SELECT id FROM notes", &[]).await.unwrap().len(), 30);
        assert_clean(&journal).await;
    }

    async fn a_mistake_of_a_projection_refuses_the_change_and_names_table_and_column(db: Db) {
        for mistake in ["not given", "was given a text", "part of the key", "another number of values"] {
            let fresh = if db.is_postgres() { Db::postgres() } else { Db::sqlite() };
            let journal = fresh.journal(policies(), vec![Arc::new(Mistaken(mistake))]).await.unwrap();
            let refused = journal.commit(&ctx(), writing("n1", "a")).await;
            let Err(Problem::Fault(why)) = refused else { panic!("{refused:?}") };
            assert!(why.contains("table boxes") && why.contains(mistake), "{why}");
            assert_eq!(journal.position().await.unwrap(), 0);
        }
    }

    async fn tables_that_contradict_each_other_are_refused_at_opening(db: Db) {
        let twice: Vec<Arc<dyn Projection>> = vec![Arc::new(Notes), Arc::new(Mistaken(""))];
        assert!(matches!(db.journal(policies(), twice).await.map(drop), Err(Problem::Fault(_))));
    }

    async fn together_or_one_by_one_the_acts_give_the_same_rows(db: Db) {
        let batched = open(&db).await;
        let single_db = if db.is_postgres() { Db::postgres() } else { Db::sqlite() };
        let single = open(&single_db).await;
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        for round in 0..20 {
            let steps = prop::collection::vec((0usize..6, 0usize..4, 0usize..4), 1..40);
            let steps = steps.new_tree(&mut runner).unwrap().current();
            let changes: Vec<Change> = steps.iter().map(|step| change(round, *step)).collect();
            for change in &changes {
                single.commit(&ctx(), change.clone()).await.unwrap();
            }
            let mut whole = Vec::new();
            for change in changes {
                // Polled in order, so the writer's queue holds them in order.
                let batched = batched.clone();
                whole.push(async move { batched.commit(&ctx(), change).await });
            }
            for done in futures::future::join_all(whole).await {
                done.unwrap();
            }
        }
        for table in ["SELECT * FROM notes ORDER BY id", "SELECT * FROM boxes ORDER BY name"] {
            let (one, other) = (rows(&single, table).await, rows(&batched, table).await);
            assert_eq!(one, other);
            assert!(!one.is_empty());
        }
        assert_clean(&batched).await;
    }
}

async fn rows(journal: &Journal, sql: &str) -> Vec<journal::Row> {
    journal.reader().rows(sql, &[]).await.unwrap()
}

fn change(round: usize, (what, which, place): (usize, usize, usize)) -> Change {
    let id = format!("r{round}n{which}");
    let into = format!("box{place}");
    let draft = match what {
        0 | 1 => written(&id, "a", &into),
        2 | 3 => moved(&id, "box0", &into),
        _ => kernel::ActDraft::new(note(&id), &Burnt { from: into }),
    };
    Change::new().on(stream(&id), Expected::Any).act(draft)
}

#[tokio::test]
async fn a_row_says_which_column_was_asked_for_wrongly() {
    let db = Db::sqlite();
    let journal = open(&db).await;
    journal.commit(&ctx(), writing("n1", "a")).await.unwrap();
    let row = journal.reader().row("SELECT title, words, secret FROM notes", &[]).await.unwrap().unwrap();
    assert!(row.text("words").unwrap_err().to_string().contains("words"));
    assert!(row.int("title").unwrap_err().to_string().contains("title"));
    assert!(row.text("secret").unwrap_err().to_string().contains("no value"));
    assert!(row.text("none").unwrap_err().to_string().contains("none"));
    assert_eq!(row.value("secret").unwrap(), &Value::Null);
    let wrong = journal.reader().rows("SELEC title FROM notes", &[]).await;
    assert!(matches!(wrong, Err(Problem::Fault(_))), "{wrong:?}");
    let write = journal.reader().rows("DELETE FROM notes", &[]).await;
    assert!(write.is_err(), "a reader cannot write");
    assert_eq!(rows(&journal, "SELECT id FROM notes").await.len(), 1);
}
