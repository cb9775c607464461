//! The two engines behind one face: connections, transactions, and the few places where they truly differ.
//!
//! Everything else in this crate writes one SQL text with `$N` parameters for both. The differences are the methods
//! of [`Kind`] and the settings of a connection.

use crate::{projection::Value, reader::Row};
use kernel::Problem;
use sqlx::{
    AnyConnection, AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _,
    any::{AnyArguments, AnyConnectOptions, AnyPoolOptions, AnyRow},
    pool::PoolConnection,
};
use std::{path::Path, str::FromStr, sync::Arc, time::Duration};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

mod failure;
mod kind;
mod listen;
mod rows;

pub(crate) use failure::Failure;
pub(crate) use kind::Kind;
pub(crate) use listen::{Ear, note};
pub(crate) use rows::{bind, whole};

/// How long a request waits for a connection, and a writer for the engine's lock.
const PATIENCE: Duration = Duration::from_secs(15);

/// An open database. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Engine(Arc<Shared>);

struct Shared {
    kind: Kind,
    options: AnyConnectOptions,
    /// Whether commits wait for the disk; only a scratch database may do without.
    durable: bool,
    readers: sqlx::AnyPool,
    writer: Arc<Mutex<Option<AnyConnection>>>,
    closed: std::sync::atomic::AtomicBool,
}

impl Engine {
    /// Connects to `sqlite:PATH` or `postgres://…`.
    pub async fn connect(url: &str, readers: u32) -> Result<Engine, Problem> {
        let (kind, url) = Kind::of_url(url)?;
        Self::open(kind, &url, readers, true).await
    }

    /// A scratch SQLite database that nobody needs after a crash.
    pub async fn scratch(path: &Path) -> Result<Engine, Problem> {
        let (kind, url) = Kind::of_url(&format!("sqlite:{}", path.display()))?;
        Self::open(kind, &url, 1, false).await
    }

    async fn open(kind: Kind, url: &str, readers: u32, durable: bool) -> Result<Engine, Problem> {
        sqlx::any::install_default_drivers();
        let options = AnyConnectOptions::from_str(url)
            .map_err(|why| Problem::Unavailable { what: "database", why: format!("its address does not read: {why}") })?
            .disable_statement_logging();
        let mut writer = options.connect().await.map_err(Failure::from)?;
        for setting in kind.writer_settings(durable).iter().copied() {
            writer.execute(setting).await.map_err(Failure::from)?;
        }
        let readers = AnyPoolOptions::new()
            .max_connections(readers.max(1))
            .acquire_timeout(PATIENCE)
            .test_before_acquire(kind == Kind::Postgres)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    for setting in kind.reader_settings().iter().copied() {
                        connection.execute(setting).await?;
                    }
                    Ok(())
                })
            })
            .connect_lazy_with(options.clone());
        let writer = Arc::new(Mutex::new(Some(writer)));
        Ok(Engine(Arc::new(Shared { kind, options, durable, readers, writer, closed: false.into() })))
    }

    /// Which engine it is.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Whether this process is the only one that writes.
    pub fn is_ours_alone(&self) -> bool {
        self.0.kind == Kind::Sqlite
    }

    /// Begins a writing transaction: the only one of this process, and on SQLite the only one at all.
    pub async fn begin(&self) -> Result<Tx, Failure> {
        let mut slot = self.0.writer.clone().lock_owned().await;
        if self.0.closed.load(std::sync::atomic::Ordering::Acquire) {
            return Err(Failure::closed());
        }
        // A connection that died while idle shows it here, where nothing is lost by connecting again.
        if let Some(connection) = slot.as_mut() {
            match connection.execute(self.0.kind.begin()).await {
                Ok(_) => return Ok(Tx { slot, kind: self.0.kind, open: true }),
                Err(error) if error.as_database_error().is_some_and(|e| !failure::is_lost(e)) => {
                    return Err(error.into());
                }
                Err(_) => *slot = None,
            }
        }
        let mut connection = self.0.options.connect().await?;
        for setting in self.0.kind.writer_settings(self.0.durable).iter().copied() {
            connection.execute(setting).await?;
        }
        connection.execute(self.0.kind.begin()).await?;
        *slot = Some(connection);
        Ok(Tx { slot, kind: self.0.kind, open: true })
    }

    /// Hears of acts that other servers record, for as long as the answer is kept.
    pub fn listen(&self, position: watch::Sender<i64>) -> Option<Ear> {
        listen::listen(self.0.kind, self.0.options.database_url.as_str(), position)
    }

    /// One consistent view of the whole database, beside the writers.
    pub async fn snapshot(&self) -> Result<Snapshot, Failure> {
        let mut connection = self.0.readers.acquire().await?;
        connection.execute(self.0.kind.begin_snapshot()).await?;
        Ok(Snapshot { connection: Some(connection) })
    }

    /// All rows of a SELECT, outside any transaction.
    pub async fn read_rows(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, Problem> {
        let query = sqlx::query_with(AssertSqlSafe(sql), bind(parameters));
        let rows = query.fetch_all(&self.0.readers).await.map_err(Failure::from)?;
        Ok(rows::read_all(rows)?)
    }

    /// The first row of a SELECT, outside any transaction.
    pub async fn read_row(&self, sql: &str, parameters: &[Value]) -> Result<Option<Row>, Problem> {
        let query = sqlx::query_with(AssertSqlSafe(sql), bind(parameters));
        let row = query.fetch_optional(&self.0.readers).await.map_err(Failure::from)?;
        Ok(rows::read_all(row)?.pop())
    }

    /// What PostgreSQL sees of everybody's transactions: the same text as long as nothing is recorded.
    pub async fn view(&self) -> Result<String, Problem> {
        let row = self.read_row("SELECT CAST(pg_current_snapshot() AS TEXT) AS view", &[]).await?;
        Ok(row.ok_or_else(|| Problem::fault("a view has no row"))?.text("view")?.to_owned())
    }

    /// The position of the last act.
    pub async fn position(&self) -> Result<i64, Problem> {
        let row = self.read_row("SELECT position FROM journal_head WHERE id = 1", &[]).await?;
        row.map_or(Ok(0), |row| row.int("position"))
    }

    /// Waits for the transaction in hand and closes all connections.
    pub async fn close(&self) {
        let mut slot = self.0.writer.lock().await;
        self.0.closed.store(true, std::sync::atomic::Ordering::Release);
        if let Some(connection) = slot.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the writing connection did not close cleanly");
        }
        self.0.readers.close().await;
    }
}

/// A writing transaction. Dropped without [`Tx::commit`], its connection is closed, which undoes it.
pub(crate) struct Tx {
    slot: OwnedMutexGuard<Option<AnyConnection>>,
    kind: Kind,
    open: bool,
}

impl Tx {
    /// Which engine it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    fn connection(&mut self) -> Result<&mut AnyConnection, Failure> {
        self.slot.as_mut().ok_or_else(Failure::closed)
    }

    /// Runs a statement that is remembered, with its parameters; returns how many rows it touched.
    pub async fn run(&mut self, sql: Arc<str>, parameters: AnyArguments) -> Result<u64, Failure> {
        let query = sqlx::query_with(AssertSqlSafe(sql), parameters);
        Ok(query.execute(self.connection()?).await?.rows_affected())
    }

    /// The same for a text written in the code.
    pub async fn execute(&mut self, sql: &'static str, parameters: &[Value]) -> Result<u64, Failure> {
        let query = sqlx::query_with(sql, bind(parameters));
        Ok(query.execute(self.connection()?).await?.rows_affected())
    }

    /// Runs statements without parameters that are not worth remembering, such as DDL.
    pub async fn script(&mut self, sql: String) -> Result<(), Failure> {
        self.connection()?.execute(AssertSqlSafe(sql)).await?;
        Ok(())
    }

    /// All rows of a query.
    pub async fn rows(&mut self, sql: impl Into<Arc<str>>, parameters: &[Value]) -> Result<Vec<Row>, Failure> {
        let query = sqlx::query_with(AssertSqlSafe(sql.into()), bind(parameters));
        rows::read_all(query.fetch_all(self.connection()?).await?)
    }

    /// Makes it last.
    pub async fn commit(mut self) -> Result<(), Failure> {
        self.connection()?.execute("COMMIT").await?;
        self.open = false;
        Ok(())
    }

    /// Undoes it and keeps the connection for the next.
    pub async fn rollback(mut self) {
        if let Ok(connection) = self.connection()
            && connection.execute("ROLLBACK").await.is_ok()
        {
            self.open = false;
        }
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if self.open {
            *self.slot = None;
        }
    }
}

/// A consistent view of the database. Ends, and frees its connection, when it is closed or dropped.
pub(crate) struct Snapshot {
    connection: Option<PoolConnection<sqlx::Any>>,
}

impl Snapshot {
    /// All rows of a query.
    pub async fn rows(&mut self, sql: impl Into<Arc<str>>, parameters: &[Value]) -> Result<Vec<Row>, Failure> {
        let connection = self.connection.as_mut().ok_or_else(Failure::closed)?;
        let query = sqlx::query_with(AssertSqlSafe(sql.into()), bind(parameters));
        rows::read_all(query.fetch_all(&mut **connection).await?)
    }

    /// The first row of a query.
    pub async fn row(&mut self, sql: impl Into<Arc<str>>, parameters: &[Value]) -> Result<Option<Row>, Failure> {
        Ok(self.rows(sql, parameters).await?.into_iter().next())
    }

    /// Gives the connection back.
    pub async fn close(mut self) {
        if let Some(mut connection) = self.connection.take() {
            match connection.execute("ROLLBACK").await {
                Ok(_) => drop(connection),
                Err(_) => drop(connection.detach()),
            }
        }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // An open transaction must not go back to the pool.
        if let Some(connection) = self.connection.take() {
            drop(connection.detach());
        }
    }
}

/// Rows as the drivers give them.
type Raw = AnyRow;
