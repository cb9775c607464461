//! The walk over all acts: hashes, chains, commitments, and on the way the log and the projections.

use super::{BLOBS, Check, HEADS, OWED, log::LogCheck};
use crate::{
    PrivateErased,
    acts::{Placed, read},
    engine::Engine,
    net::Net,
    projection::{Rows, Value},
    reader::Row,
    rebuild::PAGE,
    sql::Form,
};
use kernel::{Act, Digest, Problem, StreamId, Timestamp, canon};
use std::collections::BTreeMap;

const SALTED_PAGE_SQL: &str = "SELECT a.position, a.stream, a.version, a.kind, a.at, a.envelope, a.prev, a.hash, p.data, p.salt \
     FROM acts a LEFT JOIN private p ON p.stream = a.stream AND p.version = a.version \
     WHERE a.position > $1 ORDER BY a.position LIMIT $2";

/// The last act of a stream so far.
struct Head {
    version: i64,
    at: Timestamp,
    hash: Digest,
}

/// What a page of acts leaves behind in the scratch database.
#[derive(Default)]
struct Traces {
    heads: BTreeMap<StreamId, Head>,
    owed: Vec<Vec<Value>>,
    settled: Vec<Vec<Value>>,
    blobs: BTreeMap<Digest, String>,
    net: Net,
}

impl Check<'_> {
    /// The position that the journal's head claims.
    pub(super) async fn head(&mut self) -> Result<i64, Problem> {
        match self.live.row("SELECT position, shape FROM journal_head WHERE id = 1", &[]).await {
            Ok(Some(row)) => {
                if row.text("shape")? != self.inner.shape {
                    self.finding(
                        "table journal_head, column shape".to_owned(),
                        "is not the shape of this program's projections",
                    );
                }
                row.int("position")
            }
            Ok(None) => {
                self.finding("table journal_head".to_owned(), "its row is missing");
                Ok(0)
            }
            Err(failure) => {
                self.unread("table journal_head".to_owned(), failure)?;
                Ok(0)
            }
        }
    }

    /// Walks over all acts.
    pub(super) async fn acts(&mut self, claimed: i64) -> Result<(), Problem> {
        let mut log = LogCheck::begin(self).await?;
        let (mut position, total) = (0, u64::try_from(claimed).unwrap_or(0));
        loop {
            let rows = self.page(position).await?;
            let Some(last) = rows.last() else { break };
            let (first, end) = (position + 1, last.0);
            let mut traces = Traces::default();
            self.known_heads(&rows, &mut traces).await?;
            let mut expected = first;
            for (at, row) in &rows {
                if *at != expected {
                    self.gap(expected, *at - 1);
                    // The log cannot be computed over a gap.
                    log.lost();
                }
                expected = at + 1;
                let hash = match row {
                    Some(row) => self.act(row, &mut traces).await?,
                    None => None,
                };
                log.push(self, hash).await?;
            }
            self.keep(traces).await?;
            log.page(self).await?;
            position = end;
            self.progress(
                "acts",
                u64::try_from(position).unwrap_or(0),
                total.max(u64::try_from(position).unwrap_or(0)),
            );
        }
        if position < claimed {
            self.gap(position + 1, claimed);
        } else if position > claimed {
            self.finding(
                "table journal_head, column position".to_owned(),
                format!("is {claimed}, but there are {position} acts"),
            );
        }
        log.end(self, position).await
    }

    fn gap(&mut self, first: i64, last: i64) {
        let place = if first == last {
            format!("act at position {first}")
        } else {
            format!("acts at positions {first} to {last}")
        };
        self.finding(place, "missing");
    }

    /// The next acts, each with its position; `None` for a row that does not read.
    async fn page(&mut self, after: i64) -> Result<Vec<(i64, Option<Row>)>, Problem> {
        match self.live.rows(SALTED_PAGE_SQL, &[after.into(), Value::Int(PAGE)]).await {
            Ok(rows) => rows.into_iter().map(|row| Ok((row.int("position")?, Some(row)))).collect(),
            Err(failure) if failure.is_away() => Err(failure.into()),
            Err(failure) => {
                let what = failure.to_string();
                self.one_by_one(after, &what).await
            }
        }
    }

    /// The same, row by row, so that the one that does not read can be named.
    async fn one_by_one(&mut self, after: i64, why: &str) -> Result<Vec<(i64, Option<Row>)>, Problem> {
        let sql = "SELECT position FROM acts WHERE position > $1 ORDER BY position LIMIT $2";
        let positions = match self.live.rows(sql, &[after.into(), Value::Int(PAGE)]).await {
            Ok(rows) => rows,
            Err(failure) => {
                self.unread(format!("table acts, behind position {after}"), failure)?;
                return Ok(Vec::new());
            }
        };
        let mut found = Vec::new();
        let mut named = false;
        for row in positions {
            let position = row.int("position")?;
            match self.live.row(SALTED_PAGE_SQL, &[(position - 1).into(), Value::Int(1)]).await {
                Ok(row) => found.push((position, row)),
                Err(failure) => {
                    named = true;
                    self.unread(format!("act at position {position}"), failure)?;
                    found.push((position, None));
                }
            }
        }
        if !named {
            self.finding(
                format!("table acts, behind position {after}"),
                format!("a page of acts does not read: {why}"),
            );
        }
        Ok(found)
    }

    /// Checks one act, and returns its hash when it is the right one.
    async fn act(&mut self, row: &Row, traces: &mut Traces) -> Result<Option<Digest>, Problem> {
        self.summary.acts += 1;
        let name = format!("act {}/{}", row.text("stream")?, row.int("version")?);
        let Placed { act, .. } = match read(row) {
            Ok(placed) => placed,
            Err(why) => {
                let private = row.opt_text("data")?.is_some()
                    && serde_json::from_str::<serde_json::Value>(row.text("data")?).is_err();
                let what = if private {
                    "its private content was changed: it does not read".to_owned()
                } else {
                    format!("was changed: {why}")
                };
                self.finding(name, what);
                return Ok(Digest::parse(row.text("hash")?).ok());
            }
        };
        self.columns(&name, row, &act)?;
        let envelope = row.text("envelope")?;
        let right = Digest::of(&[act.prev.bytes(), envelope.as_bytes()]);
        if right != act.hash {
            self.finding(name.clone(), "its hash is not that of its envelope: envelope, prev or hash was changed");
        } else if canon::to_string(&act.envelope()).ok().as_deref() != Some(envelope) {
            self.finding(name.clone(), "its envelope is not canonical JSON");
        }
        self.chain(&name, &act, traces);
        self.private(&name, row, &act, traces).await?;
        for blob in &act.blobs {
            traces.blobs.entry(*blob).or_insert_with(|| name.clone());
        }
        for projection in &self.inner.projections.clone() {
            let mut rows = Rows::default();
            let applied = projection.apply(&act, &mut rows).and_then(|()| traces.net.add(rows));
            if let Err(why) = applied {
                self.finding(name.clone(), format!("projection {} refuses it: {why}", projection.name()));
            }
        }
        Ok(Some(act.hash))
    }

    /// What stands both in the envelope and in a column of its own.
    fn columns(&mut self, name: &str, row: &Row, act: &Act) -> Result<(), Problem> {
        let pairs: [(&str, Value); 4] = [
            ("stream", (&act.stream).into()),
            ("version", act.version.into()),
            ("kind", act.kind.as_str().into()),
            ("at", act.at.into()),
        ];
        for (column, said) in pairs {
            if *row.value(column)? != said {
                self.finding(name.to_owned(), format!("column {column} differs from the envelope"));
            }
        }
        Ok(())
    }

    /// The act follows the one before it in its stream.
    fn chain(&mut self, name: &str, act: &Act, traces: &mut Traces) {
        let before = traces.heads.get(&act.stream);
        let (version, hash, at) =
            before.map_or((0, Digest::ZERO, None), |head| (head.version, head.hash, Some(head.at)));
        if before.is_none() {
            self.summary.streams += 1;
        }
        if act.version != version + 1 {
            self.finding(
                name.to_owned(),
                format!("follows version {version} of its stream: acts between are missing or out of order"),
            );
        } else if act.prev != hash {
            self.finding(name.to_owned(), "does not carry the hash of the act before it in its stream");
        }
        if at.is_some_and(|at| act.at < at) {
            self.finding(name.to_owned(), "is dated before the act before it in its stream");
        }
        traces.heads.insert(act.stream.clone(), Head { version: act.version, at: act.at, hash: act.hash });
    }

    /// Private content fits its commitment, and is gone only where an act erased it.
    async fn private(&mut self, name: &str, row: &Row, act: &Act, traces: &mut Traces) -> Result<(), Problem> {
        match (act.commitment, row.opt_text("data")?, row.opt_text("salt")?) {
            (Some(commitment), Some(data), Some(salt)) => {
                let salt = hex::decode(salt).unwrap_or_default();
                if Digest::of(&[&salt, data.as_bytes()]) != commitment {
                    self.finding(
                        name.to_owned(),
                        "its private content does not fit the commitment: data or salt was changed",
                    );
                }
            }
            (Some(_), _, _) => traces.owed.push(vec![(&act.stream).into(), act.version.into()]),
            (None, Some(_), _) => self.finding(name.to_owned(), "has private content without a commitment"),
            (None, ..) => {}
        }
        if let Ok(Some(erased)) = act.read::<PrivateErased>() {
            let key = vec![(&act.stream).into(), erased.version.into()];
            let sql = "SELECT version FROM private WHERE stream = $1 AND version = $2";
            if self.live.row(sql, &key).await?.is_some() {
                self.finding(
                    format!("act {}/{}", act.stream, erased.version),
                    "its private content was erased but is there again",
                );
            }
            // What was owed on this very page is settled at once.
            traces.owed.retain(|owed| *owed != key);
            traces.settled.push(key);
        }
        Ok(())
    }

    /// The heads of the page's streams from the pages before.
    async fn known_heads(&mut self, rows: &[(i64, Option<Row>)], traces: &mut Traces) -> Result<(), Problem> {
        let mut streams: Vec<&str> = rows.iter().filter_map(|(_, row)| row.as_ref()?.text("stream").ok()).collect();
        streams.sort_unstable();
        streams.dedup();
        for some in streams.chunks(256) {
            let marks: Vec<String> = (1..=some.len()).map(|n| format!("${n}")).collect();
            let sql =
                format!("SELECT stream, version, at, hash FROM verify_heads WHERE stream IN ({})", marks.join(", "));
            let wanted: Vec<Value> = some.iter().map(|stream| Value::from(*stream)).collect();
            for row in self.scratch.read_rows(&sql, &wanted).await? {
                let hash = Digest::parse(row.text("hash")?).map_err(Problem::fault)?;
                let head = Head { version: row.int("version")?, at: row.time("at")?, hash };
                traces.heads.insert(StreamId::from_text(row.text("stream")?), head);
            }
        }
        Ok(())
    }

    /// Writes a page's traces to the scratch database.
    async fn keep(&mut self, traces: Traces) -> Result<(), Problem> {
        let mut tx = self.scratch.begin().await?;
        let heads = traces
            .heads
            .iter()
            .map(|(stream, head)| vec![stream.into(), head.version.into(), head.at.into(), head.hash.into()]);
        let blobs = traces.blobs.into_iter().map(|(blob, act)| vec![blob.into(), act.into()]);
        let statements = &mut self.statements;
        statements.run(&mut tx, &HEADS, &Form::Upsert, heads.collect()).await?;
        statements.run(&mut tx, &OWED, &Form::InsertMissing, traces.owed).await?;
        statements.run(&mut tx, &OWED, &Form::Delete, traces.settled).await?;
        statements.run(&mut tx, &BLOBS, &Form::InsertMissing, blobs.collect()).await?;
        statements.write(&mut tx, traces.net).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Private content that is gone without an act that erased it, or there without an act.
    pub(super) async fn leftovers(&mut self) -> Result<(), Problem> {
        for row in
            every(&self.scratch, "SELECT stream, version FROM verify_owed ORDER BY stream, version LIMIT 10000").await?
        {
            let name = format!("act {}/{}", row.text("stream")?, row.int("version")?);
            self.finding(name, "its private content is missing and no act erased it");
        }
        let sql = "SELECT p.stream, p.version FROM private p WHERE NOT EXISTS \
                   (SELECT 1 FROM acts a WHERE a.stream = p.stream AND a.version = p.version) \
                   ORDER BY p.stream, p.version LIMIT 10000";
        match self.live.rows(sql, &[]).await {
            Ok(rows) => {
                for row in rows {
                    let place = format!("table private, key {}/{}", row.text("stream")?, row.int("version")?);
                    self.finding(place, "belongs to no act");
                }
                Ok(())
            }
            Err(failure) => self.unread("table private".to_owned(), failure),
        }
    }
}

async fn every(engine: &Engine, sql: &str) -> Result<Vec<Row>, Problem> {
    engine.read_rows(sql, &[]).await
}
