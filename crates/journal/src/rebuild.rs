//! Building projections from the acts: at opening when their tables or version changed, and beside the live ones when
//! they are verified.

use crate::{
    acts,
    engine::{Engine, Failure, Tx},
    net::Net,
    projection::{Projection, Rows, Table, Value},
    sql::{self, Statements},
};
use kernel::{Act, Digest, Problem};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Acts read and folded at once.
pub(crate) const PAGE: i64 = 1000;

/// What identifies a projection's tables and meaning.
pub(crate) fn shape_of(projection: &dyn Projection) -> String {
    let text = format!("{} {} {:?}", projection.name(), projection.version(), projection.tables());
    Digest::of(&[text.as_bytes()]).to_string()
}

/// The names of its tables, as registered.
pub(crate) fn tables_of(projection: &dyn Projection) -> String {
    projection.tables().iter().map(|table| table.name).collect::<Vec<_>>().join(" ")
}

/// What an act does to all projections.
///
/// # Errors
/// What a projection refuses, and [`Problem::Fault`] for its mistakes.
pub(crate) fn apply(projections: &[Arc<dyn Projection>], act: &Act, net: &mut Net) -> Result<(), Problem> {
    for projection in projections {
        let mut rows = Rows::default();
        projection.apply(act, &mut rows)?;
        net.add(rows)?;
    }
    Ok(())
}

/// Brings the projections' tables to this program's shape and returns it. Returns at once when nothing changed.
pub(crate) async fn bring_up(
    engine: &Engine,
    projections: &[Arc<dyn Projection>],
    all: bool,
) -> Result<String, Problem> {
    let mut wanted = BTreeMap::new();
    for projection in projections {
        wanted.insert(projection.name(), shape_of(&**projection));
    }
    let shape = Digest::of(&[format!("{wanted:?}").as_bytes()]).to_string();
    let mut tx = engine.begin().await?;
    let outcome = build(&mut tx, projections, &wanted, &shape, all).await;
    match outcome {
        Ok(()) => tx.commit().await?,
        Err(problem) => {
            tx.rollback().await;
            return Err(problem);
        }
    }
    check_there(engine, projections).await?;
    Ok(shape)
}

async fn build(
    tx: &mut Tx,
    projections: &[Arc<dyn Projection>],
    wanted: &BTreeMap<&'static str, String>,
    shape: &str,
    all: bool,
) -> Result<(), Problem> {
    if let Some(lock) = tx.kind().lock_schema() {
        tx.script(lock).await?;
    }
    let head = tx.rows(tx.kind().lock_head(), &[]).await?.pop();
    let head = head.ok_or_else(|| missing("the row of journal_head"))?;
    if head.text("shape")? == shape && !all {
        return Ok(());
    }
    let kept = tx.rows("SELECT name, shape, tables FROM journal_projections", &[]).await?;
    let mut current = BTreeSet::new();
    for row in &kept {
        let name = row.text("name")?;
        if !all && wanted.get(name).is_some_and(|shape| row.text("shape").is_ok_and(|kept| kept == shape)) {
            current.insert(name.to_owned());
            continue;
        }
        for table in row.text("tables")?.split_whitespace() {
            tx.script(format!("DROP TABLE IF EXISTS {table}")).await?;
        }
        tx.execute("DELETE FROM journal_projections WHERE name = $1", &[name.into()]).await?;
    }
    let changed: Vec<_> = projections.iter().filter(|p| !current.contains(p.name())).cloned().collect();
    for projection in &changed {
        create(tx, projection.tables()).await?;
        let name = projection.name();
        let record = [name.into(), wanted[name].clone().into(), tables_of(&**projection).into()];
        tx.execute("INSERT INTO journal_projections (name, shape, tables) VALUES ($1, $2, $3)", &record).await?;
    }
    fill(tx, &changed, head.int("position")?).await?;
    tx.execute("UPDATE journal_head SET shape = $1 WHERE id = 1", &[shape.into()]).await?;
    Ok(())
}

/// Makes empty tables.
pub(crate) async fn create(tx: &mut Tx, tables: &[Table]) -> Result<(), Failure> {
    for table in tables {
        tx.script(sql::create(tx.kind(), table)).await?;
    }
    Ok(())
}

/// Folds all acts into the tables of some projections.
async fn fill(tx: &mut Tx, projections: &[Arc<dyn Projection>], acts_in_all: i64) -> Result<(), Problem> {
    if projections.is_empty() || acts_in_all == 0 {
        return Ok(());
    }
    let names: Vec<&str> = projections.iter().map(|p| p.name()).collect();
    tracing::info!(projections = ?names, acts = acts_in_all, "building projections from the acts");
    let mut statements = Statements::default();
    let mut position = 0;
    while position < acts_in_all {
        let rows = tx.rows(acts::PAGE_SQL, &[position.into(), Value::Int(PAGE)]).await?;
        let mut net = Net::default();
        for row in &rows {
            let placed = acts::read(row)?;
            position = placed.position;
            apply(projections, &placed.act, &mut net)?;
        }
        statements.write(tx, net).await?;
        if rows.is_empty() {
            return Err(missing(&format!("act {} of {acts_in_all}", position + 1)));
        }
        if position % (100 * PAGE) == 0 {
            tracing::info!(acts = position, of = acts_in_all, "building projections from the acts");
        }
    }
    Ok(())
}

/// Meets a missing table at opening rather than in the middle of the work.
async fn check_there(engine: &Engine, projections: &[Arc<dyn Projection>]) -> Result<(), Problem> {
    for table in projections.iter().flat_map(|p| p.tables()) {
        let columns: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
        let probe = format!("SELECT {} FROM {} LIMIT 1", columns.join(", "), table.name);
        if let Err(problem) = engine.read_row(&probe, &[]).await {
            let why = format!("table {}: {problem}; open the journal with `rebuild` to make it again", table.name);
            return Err(Problem::Unavailable { what: "database", why });
        }
    }
    Ok(())
}

fn missing(what: &str) -> Problem {
    Problem::Unavailable { what: "database", why: format!("{what} is missing: restore it from the backup") }
}
