//! Recomputing everything that the journal claims.
//!
//! The acts are read once, in the order of their positions, from one consistent view of the database. Everything that
//! must be remembered on the way (heads of streams, rows of projections, blobs met) lies in a scratch SQLite database,
//! so memory stays bounded however large the journal is. Findings name the place and the column, never the content.
//!
//! What no recomputation can show is that the newest acts, not sealed yet, were cut off together with the journal's
//! head: seal often, and keep signed heads elsewhere.

use crate::{
    engine::{Engine, Failure, Snapshot},
    journal::Inner,
    projection::{Column, Table},
    rebuild,
    sql::Statements,
};
use kernel::Problem;
use std::fmt;

mod acts;
mod blobs;
mod log;
mod tables;

/// One thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where: `act case:case-1/7`, `table tasks, key case-1 sign`, `blob 9f86…`, `tree head 120`.
    pub place: String,
    /// What is wrong there, as a sentence.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What a running verification has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// Something is wrong.
    Finding(Finding),
    /// How far a stage is.
    Progress {
        /// `acts`, `log`, `projections`, `blobs`.
        stage: &'static str,
        /// Items done.
        done: u64,
        /// Items in all.
        total: u64,
    },
}

/// What was verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Acts read, hashed and chained.
    pub acts: u64,
    /// Streams met.
    pub streams: u64,
    /// Signed heads checked.
    pub heads: u64,
    /// Rows of projections compared.
    pub rows: u64,
    /// Blobs read.
    pub blobs: u64,
    /// Findings reported.
    pub findings: u64,
}

impl Summary {
    /// Whether nothing was found.
    pub fn clean(&self) -> bool {
        self.findings == 0
    }
}

/// Findings of one kind and table beyond which only their number is told.
const MOST_ALIKE: u64 = 100;

/// The streams met so far, each with its last act.
const HEADS: Table = Table {
    name: "verify_heads",
    columns: &[Column::text("stream"), Column::int("version"), Column::int("at"), Column::text("hash")],
    key: &["stream"],
    indexes: &[],
};
/// Acts whose private content is gone, until the act is met that erased it.
const OWED: Table = Table {
    name: "verify_owed",
    columns: &[Column::text("stream"), Column::int("version")],
    key: &["stream", "version"],
    indexes: &[],
};
/// Blobs met, each with an act that refers to it.
const BLOBS: Table =
    Table { name: "verify_blobs", columns: &[Column::text("blob"), Column::text("act")], key: &["blob"], indexes: &[] };

/// A verification on its way.
struct Check<'a> {
    inner: &'a Inner,
    live: Snapshot,
    scratch: Engine,
    statements: Statements,
    report: &'a mut (dyn FnMut(Report) + Send),
    summary: Summary,
}

/// Runs a verification.
pub(crate) async fn verify(inner: &Inner, report: &mut (dyn FnMut(Report) + Send)) -> Result<Summary, Problem> {
    let unavailable = |why: std::io::Error| Problem::Unavailable { what: "scratch folder", why: why.to_string() };
    let folder = match &inner.scratch {
        Some(folder) => tempfile::Builder::new().prefix("verify-").tempdir_in(folder),
        None => tempfile::Builder::new().prefix("verify-").tempdir(),
    };
    let folder = folder.map_err(unavailable)?;
    let scratch = Engine::scratch(&folder.path().join("scratch.sqlite")).await?;
    let live = inner.engine.snapshot().await?;
    let statements = Statements::default();
    let mut check = Check { inner, live, scratch, statements, report, summary: Summary::default() };
    let outcome = check.all().await;
    let summary = check.summary.clone();
    check.live.close().await;
    check.scratch.close().await;
    outcome.map(|()| summary)
}

impl Check<'_> {
    async fn all(&mut self) -> Result<(), Problem> {
        let mut tx = self.scratch.begin().await?;
        rebuild::create(&mut tx, &[HEADS, OWED, BLOBS]).await?;
        for projection in &self.inner.projections {
            rebuild::create(&mut tx, projection.tables()).await?;
        }
        tx.commit().await?;
        self.storage().await?;
        let head = self.head().await?;
        self.register().await?;
        self.acts(head).await?;
        self.leftovers().await?;
        for projection in self.inner.projections.clone() {
            for table in projection.tables() {
                self.table(table).await?;
            }
        }
        self.blobs().await
    }

    /// What the engine itself can say about its files: indexes that do not fit their tables, damaged pages.
    async fn storage(&mut self) -> Result<(), Problem> {
        let Some(sql) = self.inner.engine.kind().check_files() else { return Ok(()) };
        match self.live.rows(sql, &[]).await {
            Ok(rows) => {
                for row in rows {
                    let said = row.text("integrity_check").unwrap_or("unreadable").to_owned();
                    if said != "ok" {
                        self.finding("database file".to_owned(), said);
                    }
                }
            }
            Err(failure) => self.unread("database file".to_owned(), failure)?,
        }
        Ok(())
    }

    fn finding(&mut self, place: String, what: impl Into<String>) {
        self.summary.findings += 1;
        (self.report)(Report::Finding(Finding { place, what: what.into() }));
    }

    /// Content that does not even read is a finding; storage that does not answer is not.
    fn unread(&mut self, place: String, failure: Failure) -> Result<(), Problem> {
        if failure.is_away() {
            return Err(failure.into());
        }
        self.finding(place, format!("does not read: {failure}"));
        Ok(())
    }

    fn progress(&mut self, stage: &'static str, done: u64, total: u64) {
        (self.report)(Report::Progress { stage, done, total });
    }
}
