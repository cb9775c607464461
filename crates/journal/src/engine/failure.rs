//! What the engines say when something fails, sorted into what a caller can do about it.

use kernel::Problem;
use sqlx::error::DatabaseError;

/// A failed statement.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Failure(#[from] sqlx::Error);

impl Failure {
    /// The journal was closed.
    pub fn closed() -> Failure {
        Failure(sqlx::Error::PoolClosed)
    }
    /// Whether two writers met, so that trying again can succeed.
    pub fn is_race(&self) -> bool {
        self.0.as_database_error().is_some_and(is_race)
    }
    /// Whether the storage does not answer at all, rather than answering what does not read.
    pub fn is_away(&self) -> bool {
        match &self.0 {
            sqlx::Error::Database(error) => match code(&**error) {
                Code::Sqlite(extended) => !matches!(extended & 0xff, 1 | 11 | 26),
                Code::Postgres(state) => ["08", "53", "57", "58"].iter().any(|class| state.starts_with(class)),
                Code::Unknown => true,
            },
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => false,
            _ => true,
        }
    }
    /// Whether one change of several may be the cause: then each is tried on its own.
    pub fn may_be_one_change(&self) -> bool {
        self.0.as_database_error().is_some_and(|error| is_race(error) || !is_unavailable(error))
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        let unavailable = match &failure.0 {
            sqlx::Error::Database(error) => is_unavailable(&**error),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::Configuration(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => true,
            _ => false,
        };
        let why = match &failure.0 {
            sqlx::Error::PoolClosed => "the journal was closed".to_owned(),
            error => error.to_string(),
        };
        if unavailable {
            Problem::Unavailable { what: "database", why }
        } else {
            Problem::Fault(format!("database: {why}"))
        }
    }
}

/// Two writers met.
pub(crate) fn is_race(error: &(dyn DatabaseError + 'static)) -> bool {
    match code(error) {
        Code::Sqlite(extended) => matches!(extended & 0xff, 5 | 6) || matches!(extended, 1555 | 2067),
        // Unique violation, serialisation failure, deadlock.
        Code::Postgres(state) => matches!(&*state, "23505" | "40001" | "40P01"),
        Code::Unknown => false,
    }
}

/// The storage is full, damaged, away, or not what this program needs: no change of the input helps.
fn is_unavailable(error: &(dyn DatabaseError + 'static)) -> bool {
    match code(error) {
        Code::Sqlite(extended) => match extended & 0xff {
            // PERM BUSY LOCKED NOMEM READONLY IOERR CORRUPT FULL CANTOPEN PROTOCOL SCHEMA NOTADB
            3 | 5 | 6 | 7 | 8 | 10 | 11 | 13 | 14 | 15 | 17 | 26 => true,
            1 => ["no such table", "no such column", "has no column"].iter().any(|sign| error.message().contains(sign)),
            _ => false,
        },
        Code::Postgres(state) => {
            // Connection, invalid authorisation, resources, object state, operator intervention, system, read-only,
            // no such schema or database, no such table or column.
            ["08", "28", "53", "55", "57", "58", "XX"].iter().any(|class| state.starts_with(class))
                || matches!(&*state, "25006" | "3D000" | "3F000" | "42P01" | "42703" | "42501" | "40001" | "40P01")
        }
        Code::Unknown => false,
    }
}

/// The connection cannot be used any more.
pub(super) fn is_lost(error: &(dyn DatabaseError + 'static)) -> bool {
    match code(error) {
        Code::Sqlite(extended) => matches!(extended & 0xff, 10 | 14 | 21),
        Code::Postgres(state) => state.starts_with("08") || state.starts_with("57P") || state.starts_with("25"),
        Code::Unknown => false,
    }
}

enum Code {
    Sqlite(i32),
    Postgres(String),
    Unknown,
}

fn code(error: &(dyn DatabaseError + 'static)) -> Code {
    let Some(code) = error.code() else { return Code::Unknown };
    // A SQLSTATE has five characters; SQLite's extended codes have fewer digits.
    match code.parse() {
        Ok(number) if code.len() < 5 => Code::Sqlite(number),
        _ => Code::Postgres(code.into_owned()),
    }
}
