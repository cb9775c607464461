//! Where SQLite and PostgreSQL truly differ.

use kernel::Problem;
use std::path::{Path, PathBuf};

/// The advisory locks of the one sealer and of the one who changes tables, on PostgreSQL: any numbers that nobody
/// else uses in the database.
const LEADER_LOCK: i64 = 0x6469_656e_686f_6e67;
const SCHEMA_LOCK: i64 = LEADER_LOCK + 1;

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    /// The engine of an address, and the address as the driver reads it.
    pub fn of_url(url: &str) -> Result<(Kind, String), Problem> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            // Every table has a handful of statement texts; with fewer places they would push each other out.
            let places = "statement-cache-capacity=1000";
            let joint = if url.contains('?') { '&' } else { '?' };
            let given = url.contains("statement-cache-capacity=");
            return Ok((Kind::Postgres, if given { url.to_owned() } else { format!("{url}{joint}{places}") }));
        }
        let Some(path) = url.strip_prefix("sqlite:") else {
            let why = "its address must begin with sqlite: or postgres://".to_owned();
            return Err(Problem::Unavailable { what: "database", why });
        };
        let path = path.strip_prefix("//").unwrap_or(path);
        let path = absolute(path).map_err(|why| Problem::Unavailable { what: "database", why })?;
        // What has a meaning in a URL is escaped, so that any path will do.
        let escaped: String = path.bytes().fold(String::new(), |mut out, byte| {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
            out
        });
        Ok((Kind::Sqlite, format!("sqlite://{escaped}?mode=rwc")))
    }

    /// Begins a writing transaction. SQLite takes its one write lock at once, so that it never fails half way.
    pub fn begin(self) -> &'static str {
        match self {
            Kind::Sqlite => "BEGIN IMMEDIATE",
            Kind::Postgres => "BEGIN",
        }
    }

    /// Begins one consistent view.
    pub fn begin_snapshot(self) -> &'static str {
        match self {
            Kind::Sqlite => "BEGIN",
            Kind::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Reads and locks the head of the journal, so that writers of all servers come one after the other. SQLite's
    /// write lock has done that already.
    pub fn lock_head(self) -> &'static str {
        match self {
            Kind::Sqlite => "SELECT position, shape FROM journal_head WHERE id = 1",
            Kind::Postgres => "SELECT position, shape FROM journal_head WHERE id = 1 FOR UPDATE",
        }
    }

    /// Lets one server at a time change tables. SQLite's write lock has done that already.
    pub fn lock_schema(self) -> Option<String> {
        match self {
            Kind::Sqlite => None,
            Kind::Postgres => Some(format!("SELECT pg_advisory_xact_lock({SCHEMA_LOCK})")),
        }
    }

    /// Asks to be the one who seals in this transaction; the answer's column is `leader`. On SQLite the write lock
    /// says yes.
    pub fn lead(self) -> String {
        match self {
            Kind::Sqlite => "SELECT 1 AS leader".to_owned(),
            Kind::Postgres => format!("SELECT CAST(pg_try_advisory_xact_lock({LEADER_LOCK}) AS INTEGER) AS leader"),
        }
    }

    /// Lets the engine check its own files; the answers are in the column `integrity_check`. PostgreSQL has no such
    /// statement without an extension: its operators use page checksums and pg_amcheck.
    pub fn check_files(self) -> Option<&'static str> {
        match self {
            Kind::Sqlite => Some("PRAGMA integrity_check(100)"),
            Kind::Postgres => None,
        }
    }

    /// Writes the new position, and tells the other servers when the transaction is committed.
    pub fn move_head(self) -> &'static str {
        match self {
            Kind::Sqlite => "UPDATE journal_head SET position = $1 WHERE id = 1",
            Kind::Postgres => {
                "UPDATE journal_head SET position = $1 WHERE id = 1 \
                 RETURNING CAST(pg_notify('dienhong_acts', CAST($1 AS TEXT)) AS TEXT) AS told"
            }
        }
    }

    /// Picks due jobs that no other server is picking at this moment.
    pub fn skip_locked(self) -> &'static str {
        match self {
            Kind::Sqlite => "",
            Kind::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// Column types, table options and keys: the words in braces that this crate's DDL uses.
    ///
    /// SQLite keeps the acts in the order of their positions with a second index on stream and version; PostgreSQL
    /// the other way round, so that the table can be distributed by stream.
    pub fn ddl(self, text: &str) -> String {
        let words = match self {
            Kind::Sqlite => [
                ("{text}", "TEXT"),
                ("{int}", "INTEGER"),
                ("{acts_key}", "PRIMARY KEY (position), UNIQUE (stream, version)"),
                ("{acts_index}", ""),
                ("{rowless}", " STRICT, WITHOUT ROWID"),
                ("{strict}", " STRICT"),
            ],
            Kind::Postgres => [
                ("{text}", "TEXT COLLATE \"C\""),
                ("{int}", "BIGINT"),
                ("{acts_key}", "PRIMARY KEY (stream, version)"),
                ("{acts_index}", "CREATE INDEX acts_by_position ON acts (position);"),
                ("{rowless}", ""),
                ("{strict}", ""),
            ],
        };
        words.iter().fold(text.to_owned(), |text, (word, meaning)| text.replace(word, meaning))
    }

    /// The mark of the n-th parameter in statements that are built here. For SQLite `$1` would be a name, which it looks
    /// for in a list each time one is bound: the square of two thousand in a statement over many rows.
    pub fn mark(self, n: usize) -> String {
        match self {
            Kind::Sqlite => "?".to_owned(),
            Kind::Postgres => format!("${n}"),
        }
    }

    /// How many parameters one statement may have.
    pub fn most_parameters(self) -> usize {
        match self {
            Kind::Sqlite => 32_766,
            Kind::Postgres => 65_535,
        }
    }

    /// Settings of the writing connection.
    pub fn writer_settings(self, durable: bool) -> &'static [&'static str] {
        match (self, durable) {
            (Kind::Sqlite, true) => &[
                "PRAGMA busy_timeout = 15000",
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                // Sixty-four megabytes between checkpoints: a page that is written often goes to the file once, and the log
                // stays small enough to recover fast. A log that a long reader let grow is cut back to twice that.
                "PRAGMA wal_autocheckpoint = 16000",
                "PRAGMA journal_size_limit = 134217728",
                "PRAGMA cache_size = -65536",
                "PRAGMA temp_store = MEMORY",
                // What is erased is overwritten, not only forgotten.
                "PRAGMA secure_delete = ON",
            ],
            (Kind::Sqlite, false) => &[
                "PRAGMA journal_mode = OFF",
                "PRAGMA synchronous = OFF",
                "PRAGMA cache_size = -65536",
                "PRAGMA locking_mode = NORMAL",
            ],
            (Kind::Postgres, _) => &[
                "SET synchronous_commit = on",
                "SET lock_timeout = '15s'",
                "SET idle_in_transaction_session_timeout = '30s'",
                "SET standard_conforming_strings = on",
            ],
        }
    }

    /// Settings of a reading connection.
    pub fn reader_settings(self) -> &'static [&'static str] {
        match self {
            Kind::Sqlite => &[
                "PRAGMA busy_timeout = 15000",
                "PRAGMA query_only = ON",
                "PRAGMA cache_size = -16384",
                // Pages are read where the system holds them, once for all readers, instead of being copied by each: as
                // much of the file as SQLite allows.
                "PRAGMA mmap_size = 2147418112",
            ],
            Kind::Postgres => &["SET default_transaction_read_only = on"],
        }
    }
}

fn absolute(path: &str) -> Result<String, String> {
    if path.is_empty() || path.contains(":memory:") {
        return Err("name a file after sqlite: (what is only in memory cannot be a journal)".to_owned());
    }
    let path: PathBuf = std::path::absolute(Path::new(path)).map_err(|why| format!("{path}: {why}"))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    }
    path.into_os_string().into_string().map_err(|_| "its path is not UTF-8".to_owned())
}
