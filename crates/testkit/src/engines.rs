//! Fresh databases on both engines, one for each test, gone when the test ends.
//!
//! SQLite databases are temporary files. For PostgreSQL a private server is started from the machine's own binaries
//! the first time that a test asks for one, shared by all test processes of the run, and ends by itself a minute after
//! the last of them (see [`postgres`]).

use crate::{ManualClock, SeededEntropy};
use journal::{Journal, Options, P256TreeKey, Projection};
use kernel::Problem;
use postgres::Durability;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;

pub mod postgres;

/// A PKCS#8 key of the Merkle log, the same in all tests. It protects nothing.
const TREE_KEY: &str = "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420\
c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721a1440342000460fed4ba255a9d31c961eb74c6356d68c049b892\
3b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";

/// A fresh database with a folder for blobs.
pub struct Db {
    /// Its address, as `Journal::open` and `libpq` take it.
    pub url: String,
    /// The clock of the journals opened on it: 09:00 on 23 November 2026 until it is turned.
    pub clock: Arc<ManualClock>,
    folder: TempDir,
    server: Option<postgres::Database>,
}

impl Db {
    /// A fresh SQLite database.
    ///
    /// # Panics
    /// When the machine has no room for a temporary folder.
    pub fn sqlite() -> Db {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let url = format!("sqlite:{}", folder.path().join("journal.sqlite").display());
        Db::new(url, folder, None)
    }

    /// A fresh database on the private PostgreSQL server.
    ///
    /// # Panics
    /// When there is no PostgreSQL on the machine; the text says what to install.
    pub fn postgres() -> Db {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let server = postgres::fresh_database(Durability::None).unwrap_or_else(|why| panic!("{why}"));
        Db::new(server.url.clone(), folder, Some(server))
    }

    /// A copy of a SQLite database that nobody has open, with its blobs.
    ///
    /// # Panics
    /// When the files cannot be copied.
    pub fn sqlite_copy(other: &Db) -> Db {
        let copy = Db::sqlite();
        for file in ["journal.sqlite", "journal.sqlite-wal"] {
            let from = other.folder().join(file);
            if from.exists() {
                std::fs::copy(from, copy.folder().join(file)).expect("the database can be copied");
            }
        }
        copy.take_over(other);
        copy
    }

    /// A copy of a PostgreSQL database that nobody has open, with its blobs.
    ///
    /// # Panics
    /// When the server cannot copy it.
    pub fn postgres_copy(other: &Db) -> Db {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let original = other.server.as_ref().expect("the original is on PostgreSQL");
        let server = original.copy().unwrap_or_else(|why| panic!("{why}"));
        let copy = Db::new(server.url.clone(), folder, Some(server));
        copy.take_over(other);
        copy
    }

    /// Takes over blobs and time of another.
    fn take_over(&self, other: &Db) {
        self.clock.set(kernel::Clock::now(&*other.clock));
        copy_folder(&other.blobs(), &self.blobs()).expect("the blobs can be copied");
    }

    fn new(url: String, folder: TempDir, server: Option<postgres::Database>) -> Db {
        Db { url, clock: Arc::new(ManualClock::morning(2026, 11, 23)), folder, server }
    }

    /// Whether it is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.server.is_some()
    }

    /// A folder of the test's own.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The folder of blobs.
    pub fn blobs(&self) -> PathBuf {
        self.folder.path().join("blobs")
    }

    /// The options with which a journal is opened on it.
    pub fn options(&self) -> Options {
        Options { scratch: Some(self.folder()), ..Options::new(&self.url, self.blobs()) }
    }

    /// Opens a journal on it, with the database's clock, repeatable randomness and the tests' key. May be called more
    /// than once: as if several servers, or the same one started again.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub async fn journal(
        &self,
        policies: Arc<policy::Policies>,
        projections: Vec<Arc<dyn Projection>>,
    ) -> Result<Journal, Problem> {
        let entropy = Arc::new(SeededEntropy::new(1));
        Journal::open(self.options(), policies, projections, self.clock.clone(), entropy, tree_key()).await
    }
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() { copy_folder(&path, &target)? } else { std::fs::copy(path, target).map(drop)? }
    }
    Ok(())
}

/// The key with which journals opened for tests sign the heads of their logs.
///
/// # Panics
/// Never: the key is a constant.
pub fn tree_key() -> Arc<P256TreeKey> {
    let key: Vec<u8> = (0..TREE_KEY.len() / 2)
        .map(|at| u8::from_str_radix(&TREE_KEY[2 * at..2 * at + 2], 16).expect("hexadecimal"))
        .collect();
    Arc::new(P256TreeKey::from_pkcs8(&key).expect("the tests' key is a P-256 key"))
}

/// Writes a test once and runs it on both engines.
///
/// ```ignore
/// testkit::on_both_engines! {
///     async fn a_second_writer_is_told_of_the_first(db: testkit::Db) { … }
/// }
/// ```
/// makes the tests `a_second_writer_is_told_of_the_first::sqlite` and `…::postgres`.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: $kind:ty) $body:block)*) => { $(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn body($db: $kind) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body($crate::Db::sqlite()).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                body($crate::Db::postgres()).await;
            }
        }
    )* };
}
