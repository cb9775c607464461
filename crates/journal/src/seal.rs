//! The sealer: enters recorded acts into the Merkle log after they were committed, and signs its heads.
//!
//! A leaf's index is its act's position less 1, so acts have their place without gaps and none arrives late. Of the
//! complete subtrees only those of every fourth level are stored (one hash per 15 acts); what lies between is hashed
//! again from at most eight of the level below, so a proof costs some dozens of reads by key however long the log is.
//! One server seals at a time; whoever comes second finds the work done.

use crate::{
    ConsistencyProof, Journal, Proof, SignedTreeHead, Table, TreeHead,
    engine::Engine,
    journal::Inner,
    merkle::{self, Frontier, Run},
    projection::{Column, Value},
    reader::Row,
    sql::{Form, Statements},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::{Digest, Problem, StreamId};
use std::{collections::HashMap, time::Duration};
use tokio::sync::watch;

/// Every which level of complete subtrees is stored.
pub(crate) const BAND: u32 = 4;
/// Acts entered in one transaction.
const AT_ONCE: i64 = 4096;

pub(crate) const NODES: Table = Table {
    name: "tree_nodes",
    columns: &[Column::int("level"), Column::int("place"), Column::text("hash")],
    key: &["level", "place"],
    indexes: &[],
};

const NEWEST: &str = "SELECT size, root, at, key_id, signature FROM tree_heads ORDER BY size DESC LIMIT 1";

/// A head from its row.
pub(crate) fn read_head(row: &Row) -> Result<SignedTreeHead, Problem> {
    let fault = |why: &dyn std::fmt::Display| Problem::fault(format!("tree head: {why}"));
    let size = u64::try_from(row.int("size")?).map_err(|why| fault(&why))?;
    let root = Digest::parse(row.text("root")?).map_err(|why| fault(&why))?;
    let signature = STANDARD.decode(row.text("signature")?).map_err(|why| fault(&why))?;
    let head = TreeHead { size, root, at: row.time("at")? };
    Ok(SignedTreeHead { head, key_id: row.text("key_id")?.to_owned(), signature })
}

/// The newest signed head.
pub(crate) async fn newest_head(engine: &Engine) -> Result<Option<SignedTreeHead>, Problem> {
    engine.read_row(NEWEST, &[]).await?.as_ref().map(read_head).transpose()
}

/// Enters all recorded acts and returns the newest head.
pub(crate) async fn seal_once(inner: &Inner) -> Result<Option<SignedTreeHead>, Problem> {
    let mut newest = newest_head(&inner.engine).await?;
    let target = inner.engine.position().await?;
    loop {
        let sealed = newest.as_ref().map_or(0, |head| head.head.size);
        if signed(sealed) >= target {
            return Ok(newest);
        }
        match seal_page(inner, sealed).await? {
            Some(head) => newest = Some(head),
            // Another server is at it.
            None => return newest_head(&inner.engine).await,
        }
    }
}

/// Enters one page of acts behind `sealed` and signs the head; `None` when another server was faster.
async fn seal_page(inner: &Inner, sealed: u64) -> Result<Option<SignedTreeHead>, Problem> {
    let engine = &inner.engine;
    let edge = hashes_of(engine, (0, sealed)).await?;
    let mut frontier = Frontier::resume(sealed, edge);
    let mut rows = Vec::new();
    let sql = "SELECT position, hash FROM acts WHERE position > $1 ORDER BY position LIMIT $2";
    for row in engine.read_rows(sql, &[signed(sealed).into(), AT_ONCE.into()]).await? {
        let (position, due) = (row.int("position")?, signed(frontier.size()) + 1);
        if position != due {
            return Err(Problem::fault(format!("act {due} is missing from the journal; the next is {position}")));
        }
        let hash = Digest::parse(row.text("hash")?).map_err(Problem::fault)?;
        frontier.push(merkle::leaf(&hash), |level, place, hash| {
            if level > 0 && level.is_multiple_of(BAND) {
                rows.push(vec![Value::from(level), signed(place).into(), hash.into()]);
            }
        });
    }
    let head = TreeHead { size: frontier.size(), root: frontier.root(), at: inner.clock.now() };
    let signature = inner.tree_key.sign(head.signed_text().as_bytes())?;
    let signed_head = SignedTreeHead { head, key_id: inner.tree_key.public_key().id(), signature };
    let stored = store(inner, sealed, rows, &signed_head).await?;
    Ok(stored.then_some(signed_head))
}

/// Writes a page's nodes and head, unless another server leads or has moved on.
async fn store(inner: &Inner, sealed: u64, nodes: Vec<Vec<Value>>, head: &SignedTreeHead) -> Result<bool, Problem> {
    let mut tx = inner.engine.begin().await?;
    let leads = tx.rows(tx.kind().lead(), &[]).await?.first().map_or(Ok(false), |row| row.truth("leader"))?;
    let newest = tx.rows(NEWEST, &[]).await?;
    let moved = newest.first().map_or(Ok(0), |row| row.int("size"))? != signed(sealed);
    if !leads || moved {
        tx.rollback().await;
        return Ok(false);
    }
    Statements::default().run(&mut tx, &NODES, &Form::Insert, nodes).await?;
    let row = [
        signed(head.head.size).into(),
        head.head.root.into(),
        head.head.at.into(),
        head.key_id.as_str().into(),
        STANDARD.encode(&head.signature).into(),
    ];
    let sql = "INSERT INTO tree_heads (size, root, at, key_id, signature) VALUES ($1, $2, $3, $4, $5)";
    tx.execute(sql, &row).await?;
    tx.commit().await?;
    Ok(true)
}

/// Seals until told to stop.
pub(crate) async fn run(journal: &Journal, every: Duration, mut shutdown: watch::Receiver<bool>) {
    let mut recorded = journal.watch();
    loop {
        if let Err(problem) = seal_once(&journal.inner).await {
            tracing::warn!(%problem, "acts could not be sealed; they will be later");
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = stopped(&mut shutdown) => break,
        }
        tokio::select! {
            changed = recorded.changed() => if changed.is_err() { break },
            () = stopped(&mut shutdown) => break,
            // Acts of other servers are met even when no bell rings for them.
            () = tokio::time::sleep(Duration::from_secs(10)) => {}
        }
    }
    if let Err(problem) = seal_once(&journal.inner).await {
        tracing::warn!(%problem, "the last acts could not be sealed; they will be at the next start");
    }
}

/// Ends when the word to stop is given, or nobody is left who could give it.
pub(crate) async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// The proof for one act against the newest head.
pub(crate) async fn proof(engine: &Engine, stream: &StreamId, version: i64) -> Result<Option<Proof>, Problem> {
    let sql = "SELECT position FROM acts WHERE stream = $1 AND version = $2";
    let Some(row) = engine.read_row(sql, &[stream.into(), version.into()]).await? else { return Ok(None) };
    let index = u64::try_from(row.int("position")? - 1).map_err(Problem::fault)?;
    match newest_head(engine).await? {
        Some(head) if index < head.head.size => {
            let path = hashes_of_all(engine, merkle::inclusion(index, head.head.size)).await?;
            Ok(Some(Proof { leaf_index: index, path, head }))
        }
        _ => Ok(None),
    }
}

/// The proof that a log of `old` acts is the beginning of the newest.
pub(crate) async fn consistency(engine: &Engine, old: i64) -> Result<Option<ConsistencyProof>, Problem> {
    let Ok(old_size) = u64::try_from(old) else { return Ok(None) };
    match newest_head(engine).await? {
        Some(head) if old_size <= head.head.size => {
            let path = hashes_of_all(engine, merkle::consistency(old_size, head.head.size)).await?;
            Ok(Some(ConsistencyProof { old_size, path, head }))
        }
        _ => Ok(None),
    }
}

async fn hashes_of_all(engine: &Engine, runs: Vec<Run>) -> Result<Vec<Digest>, Problem> {
    let mut path = Vec::with_capacity(runs.len());
    for run in runs {
        path.push(merkle::join(&hashes_of(engine, run).await?));
    }
    Ok(path)
}

/// The hashes of the complete subtrees of a run of sealed leaves, largest first.
async fn hashes_of(engine: &Engine, run: Run) -> Result<Vec<Digest>, Problem> {
    let mut hashes = Vec::new();
    for (level, place) in merkle::subtrees(run) {
        let stored = level - level % BAND;
        let wide = 1u64 << (level - stored);
        let mut row = stored_hashes(engine, stored, place * wide, wide).await?;
        while row.len() > 1 {
            row = row.chunks(2).map(|pair| merkle::node(&pair[0], &pair[1])).collect();
        }
        hashes.extend(row);
    }
    Ok(hashes)
}

/// `count` hashes of a stored level from a place on; level 0 follows from the acts.
async fn stored_hashes(engine: &Engine, level: u32, from: u64, count: u64) -> Result<Vec<Digest>, Problem> {
    let (first, end) = (signed(from), signed(from + count));
    let rows = if level == 0 {
        let sql =
            "SELECT position - 1 AS place, hash FROM acts WHERE position > $1 AND position <= $2 ORDER BY position";
        engine.read_rows(sql, &[first.into(), end.into()]).await?
    } else {
        let sql = "SELECT place, hash FROM tree_nodes WHERE level = $1 AND place >= $2 AND place < $3 ORDER BY place";
        engine.read_rows(sql, &[level.into(), first.into(), end.into()]).await?
    };
    let mut found = HashMap::new();
    for row in &rows {
        let hash = Digest::parse(row.text("hash")?).map_err(Problem::fault)?;
        found.insert(row.int("place")?, if level == 0 { merkle::leaf(&hash) } else { hash });
    }
    let one = |place: i64| {
        let lost = || Problem::fault(format!("hash {place} of level {level} of the Merkle log is missing: run verify"));
        found.get(&place).copied().ok_or_else(lost)
    };
    (first..end).map(one).collect()
}

/// Sizes are counted without a sign in the log and with one in the tables.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
