//! The core tables and the steps by which they evolve.
//!
//! Steps are numbered, run once each in their own transaction, and never edited after a release. A step only expands
//! (new tables, new nullable columns) so that a server of the version before keeps working beside it; a later step
//! contracts, once no such server is left.

use crate::{
    engine::{Engine, Failure},
    projection::{Projection, place},
};
use kernel::{Clock, Problem};
use std::{collections::BTreeSet, sync::Arc};

struct Step {
    number: i64,
    name: &'static str,
    ddl: &'static str,
}

/// All steps, in order. See [`crate::engine::Kind::ddl`] for the words in braces.
const STEPS: &[Step] = &[
    Step { number: 1, name: "acts, log, jobs", ddl: include_str!("migrate/0001.sql") },
    Step { number: 2, name: "jobs by kind", ddl: include_str!("migrate/0002.sql") },
];

const STEPS_TABLE: &str = "CREATE TABLE IF NOT EXISTS journal_steps \
    (number {int} NOT NULL PRIMARY KEY, name {text} NOT NULL, at {int} NOT NULL){strict}";

/// Names that projections may not take.
const CORE: &[&str] = &["acts", "private", "jobs", "tree_nodes", "tree_heads"];

/// Brings the core tables to this program's version.
pub(crate) async fn bring_up(engine: &Engine, clock: &dyn Clock) -> Result<(), Problem> {
    let known = STEPS.last().map_or(0, |step| step.number);
    let mut done = run(engine, clock, None).await?;
    while done < known {
        let next = STEPS.iter().find(|step| step.number > done);
        done = run(engine, clock, next).await?;
    }
    if done > known {
        let why = format!(
            "its tables are at step {done}, this program knows {known}: start the newer program that wrote them"
        );
        return Err(Problem::Unavailable { what: "database", why });
    }
    Ok(())
}

/// Runs a step unless another server just did, and returns the step at which the tables are.
async fn run(engine: &Engine, clock: &dyn Clock, step: Option<&Step>) -> Result<i64, Problem> {
    let mut tx = engine.begin().await?;
    let kind = tx.kind();
    let outcome: Result<i64, Failure> = async {
        if let Some(lock) = kind.lock_schema() {
            tx.script(lock).await?;
        }
        tx.script(kind.ddl(STEPS_TABLE)).await?;
        let row = tx.rows("SELECT CAST(COALESCE(MAX(number), 0) AS BIGINT) AS done FROM journal_steps", &[]).await?;
        let done = row.first().and_then(|row| row.int("done").ok()).unwrap_or(0);
        let Some(step) = step.filter(|step| step.number > done) else { return Ok(done) };
        tx.script(kind.ddl(step.ddl)).await?;
        let record = [step.number.into(), step.name.into(), clock.now().into()];
        tx.execute("INSERT INTO journal_steps (number, name, at) VALUES ($1, $2, $3)", &record).await?;
        tracing::info!(number = step.number, name = step.name, "the journal's tables were brought one step further");
        Ok(step.number)
    }
    .await;
    match outcome {
        Ok(done) => {
            tx.commit().await?;
            Ok(done)
        }
        Err(failure) => {
            tx.rollback().await;
            Err(failure.into())
        }
    }
}

/// Checks that the projections' tables are sound and do not get in each other's way.
pub(crate) fn check_tables(projections: &[Arc<dyn Projection>]) -> Result<(), Problem> {
    let (mut names, mut tables) = (BTreeSet::new(), BTreeSet::new());
    for projection in projections {
        let name = projection.name();
        if !names.insert(name) {
            return Err(Problem::fault(format!("two projections are called {name}")));
        }
        for table in projection.tables() {
            let blame = |why: String| Err(Problem::fault(format!("projection {name}, table {}: {why}", table.name)));
            if CORE.contains(&table.name) || table.name.starts_with("journal_") {
                return blame("the name belongs to the journal itself".to_owned());
            }
            if !tables.insert(table.name) {
                return blame("another projection has a table of this name".to_owned());
            }
            let indexed = table.indexes.iter().flat_map(|index| index.columns);
            for column in table.key.iter().chain(indexed) {
                if place(table, column).is_none() {
                    return blame(format!("there is no column {column}"));
                }
            }
            let words = table.columns.iter().map(|c| c.name).chain([table.name]);
            if let Some(word) = words.into_iter().find(|word| !is_word(word)) {
                return blame(format!("{word:?} is no name: use a-z, 0-9 and _, beginning with a letter"));
            }
            let distinct: BTreeSet<&str> = table.columns.iter().map(|c| c.name).collect();
            if distinct.len() != table.columns.len() {
                return blame("two columns have the same name".to_owned());
            }
            if table.key.is_empty() || table.columns.iter().any(|c| c.null && table.key.contains(&c.name)) {
                return blame("it needs a key of columns that are not nullable".to_owned());
            }
        }
    }
    Ok(())
}

fn is_word(text: &str) -> bool {
    text.len() <= 48
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
