//! Durable acts per second beside the engine's raw batched insert rate in the same run.
//!
//! `cargo bench -p dienhong-journal [-- --acts 50000] [--writers 256] [--postgres URL] [--only sqlite|postgres]`
//!
//! *raw* inserts rows of the size and with the keys of the acts, 256 rows in a statement and 1024 in a transaction,
//! through the same driver: what the engine can do when nobody asks for policies, hashes or projections. *journal* is
//! the whole write path with the program's own policies: every writer commits one act, waits for the receipt, and
//! commits the next; two tables of projections follow. Without `--postgres` a private server is started that waits
//! for the disk.

use journal::{Change, Column, Expected, Index, Journal, Options, Projection, Rows, Table};
use kernel::{Act, ActBody, ActDraft, Ctx, OsEntropy, Problem, Resource, StreamId, SystemClock, id::RequestId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::Connection as _;
use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use testkit::engines::{postgres, tree_key};

#[derive(Serialize, Deserialize)]
struct Opened {
    title: String,
    procedure: String,
    unit: String,
}
impl ActBody for Opened {
    const KIND: &'static str = "case.opened";
}

#[derive(Serialize, Deserialize)]
struct Entered {
    step: String,
    due: i64,
    note: String,
}
impl ActBody for Entered {
    const KIND: &'static str = "step.entered";
}

const CASES: Table = Table {
    name: "bench_cases",
    columns: &[
        Column::text("id"),
        Column::text("title"),
        Column::text("unit"),
        Column::text("step"),
        Column::int("due").nullable(),
        Column::int("changed"),
    ],
    key: &["id"],
    indexes: &[Index { columns: &["unit", "due"] }],
};
const TIMELINE: Table = Table {
    name: "bench_timeline",
    columns: &[
        Column::text("case_id"),
        Column::int("version"),
        Column::text("kind"),
        Column::text("who"),
        Column::int("at"),
        Column::text("note"),
    ],
    key: &["case_id", "version"],
    indexes: &[],
};

/// Cases with where they stand, and what happened in each.
struct Cases;

impl Projection for Cases {
    fn name(&self) -> &'static str {
        "bench_cases"
    }
    fn tables(&self) -> &'static [Table] {
        const TABLES: &[Table] = &[CASES, TIMELINE];
        TABLES
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        let mut note = String::new();
        if let Some(opened) = act.read::<Opened>().map_err(Problem::fault)? {
            let row = [
                ("id", act.stream.id().into()),
                ("title", opened.title.into()),
                ("unit", opened.unit.into()),
                ("step", "opened".into()),
                ("changed", act.at.into()),
            ];
            rows.put(&CASES, row);
        } else if let Some(entered) = act.read::<Entered>().map_err(Problem::fault)? {
            note = entered.note;
            let columns = [("step", entered.step.into()), ("due", entered.due.into()), ("changed", act.at.into())];
            rows.patch(&CASES, [act.stream.id().into()], columns);
        }
        let row = [
            ("case_id", act.stream.id().into()),
            ("version", act.version.into()),
            ("kind", act.kind.as_str().into()),
            ("who", act.actor.who.as_str().into()),
            ("at", act.at.into()),
            ("note", note.into()),
        ];
        rows.put(&TIMELINE, row);
        Ok(())
    }
}

/// Acts of one case: opened, then four steps.
const ACTS_OF_A_CASE: u64 = 5;

fn change(case: &str, version: i64) -> Change {
    let attrs =
        json!({"grade": 0, "procedure": "nghi-quyet-ubtvqh", "bodies": ["vpqh", "ubtvqh"], "step": "soan-thao"});
    let resource = Resource::new("Case", case, attrs);
    let draft = if version == 0 {
        let title = "Nghị quyết về việc thành lập Ban soạn thảo dự án Luật".to_owned();
        let (procedure, unit) = ("nghi-quyet-ubtvqh".to_owned(), format!("vu-{}", case.len() % 7));
        ActDraft::new(resource, &Opened { title, procedure, unit })
    } else {
        let note = "Chuyển Thường trực Hội đồng Dân tộc cho ý kiến bằng văn bản trước ngày hết hạn".to_owned();
        ActDraft::new(resource, &Entered { step: format!("buoc-{version}"), due: 1_764_000_000_000_000, note })
    };
    Change::new().on(StreamId::new("case", case), Expected::At(version)).act(draft)
}

struct Settings {
    acts: u64,
    writers: u64,
    postgres: Option<String>,
    only: Option<String>,
}

impl Settings {
    fn read() -> Settings {
        let mut settings = Settings { acts: 50_000, writers: 256, postgres: None, only: None };
        let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
        while let Some(word) = words.next() {
            let value = words.next().unwrap_or_else(|| panic!("{word} needs a value"));
            let number = || value.parse().unwrap_or_else(|_| panic!("{word} {value}: a number is needed"));
            match word.as_str() {
                "--acts" => settings.acts = number(),
                "--writers" => settings.writers = number(),
                "--postgres" => settings.postgres = Some(value),
                "--only" => settings.only = Some(value),
                _ => panic!("{word} is no option: --acts, --writers, --postgres, --only"),
            }
        }
        settings
    }
}

fn main() {
    let settings = Settings::read();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    let syncs = syncs_per_second();
    println!("The disk syncs {syncs:.0} times a second; every journal commit below waits for it.\n");
    println!("{:<10} {:<34} {:>12} {:>10}  note", "engine", "what", "per second", "of raw");
    runtime.block_on(async {
        if settings.only.as_deref() != Some("postgres") {
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
            engine("SQLite", &settings, &url("raw.sqlite"), &url("journal.sqlite")).await;
        }
        if settings.only.as_deref() != Some("sqlite") {
            match &settings.postgres {
                Some(url) => engine("PostgreSQL", &settings, url, url).await,
                None => {
                    let database = || postgres::fresh_database(postgres::Durability::Full);
                    match (database(), database()) {
                        (Ok(raw), Ok(journal)) => engine("PostgreSQL", &settings, &raw.url, &journal.url).await,
                        (Err(why), _) | (_, Err(why)) => println!("PostgreSQL skipped: {why}"),
                    }
                }
            }
        }
    });
}

async fn engine(name: &str, settings: &Settings, raw_url: &str, journal_url: &str) {
    let raw = raw(raw_url, settings.acts).await;
    println!(
        "{name:<10} {:<34} {raw:>12.0} {:>10}  one connection, 1024 rows per transaction",
        "raw batched insert, rows", ""
    );
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let options = Options::new(journal_url, folder.path().join("blobs"));
    let policies = Arc::new(policy::Policies::load(None).expect("the program's policies load"));
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let projections: Vec<Arc<dyn Projection>> = vec![Arc::new(Cases)];
    let journal = Journal::open(options, policies, projections, clock, entropy, tree_key()).await.expect("it opens");
    let line = |what: &str, rate: f64, note: &str| {
        println!("{name:<10} {what:<34} {rate:>12.0} {:>9.0}%  {note}", 100.0 * rate / raw);
    };
    let (rate, slowest) = commits(&journal, settings).await;
    line(
        "journal, acts",
        rate,
        &format!("{} writers, one act each time; slowest answer {slowest:.0} ms", settings.writers),
    );
    let sealed = timed(settings.acts, journal.seal_once()).await;
    line("sealed into the Merkle log, acts", sealed, "after the fact, beside the work");
    let mut quiet = |_| ();
    let verified = timed(settings.acts, journal.verify(&mut quiet)).await;
    line("verified, acts", verified, "all hashes, the log, all projections built again and compared");
    journal.close().await;
}

async fn timed<T>(count: u64, work: impl Future<Output = Result<T, Problem>>) -> f64 {
    let start = Instant::now();
    work.await.expect("the work is done");
    count as f64 / start.elapsed().as_secs_f64()
}

/// How many acts per second many writers record, and the slowest answer in milliseconds.
async fn commits(journal: &Journal, settings: &Settings) -> (f64, f64) {
    let cases = settings.acts / ACTS_OF_A_CASE;
    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..settings.writers {
        let (journal, next) = (journal.clone(), next.clone());
        writers.spawn(async move {
            let request = RequestId::new("request-bench").expect("an id");
            let ctx = Ctx::system("timer", journal.clock().now(), request);
            let mut slowest = Duration::ZERO;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= cases {
                    return slowest;
                }
                // Ids spread over the key space, as minted ids of many writers do.
                let case = format!("case-{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                for version in 0..ACTS_OF_A_CASE as i64 {
                    let asked = Instant::now();
                    journal.commit(&ctx, change(&case, version)).await.expect("the act is recorded");
                    slowest = slowest.max(asked.elapsed());
                }
            }
        });
    }
    let mut slowest = Duration::ZERO;
    while let Some(one) = writers.join_next().await {
        slowest = slowest.max(one.expect("the writer ends"));
    }
    ((cases * ACTS_OF_A_CASE) as f64 / start.elapsed().as_secs_f64(), slowest.as_secs_f64() * 1000.0)
}

/// Rows per second of the engine alone.
async fn raw(url: &str, rows: u64) -> f64 {
    sqlx::any::install_default_drivers();
    let sqlite = url.starts_with("sqlite:");
    let url = if sqlite { format!("{url}?mode=rwc") } else { url.to_owned() };
    let mut connection = sqlx::AnyConnection::connect(&url).await.expect("the engine answers");
    let (setup, keys): (&[&'static str], _) = if sqlite {
        let setup = &["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA wal_autocheckpoint = 4000"];
        (setup, ("TEXT", "INTEGER", "PRIMARY KEY (position), UNIQUE (stream, version)) STRICT"))
    } else {
        (
            &["SET synchronous_commit = on"],
            (
                "TEXT COLLATE \"C\"",
                "BIGINT",
                "PRIMARY KEY (stream, version)); CREATE INDEX raw_by_position ON raw_acts (position)",
            ),
        )
    };
    for sql in setup {
        sqlx::query(*sql).execute(&mut connection).await.expect("the engine takes its settings");
    }
    let (text, int, end) = keys;
    let ddl = format!(
        "CREATE TABLE raw_acts (position {int} NOT NULL, stream {text} NOT NULL, version {int} NOT NULL, \
         kind {text} NOT NULL, at {int} NOT NULL, envelope {text} NOT NULL, prev {text} NOT NULL, \
         hash {text} NOT NULL, {end}"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(ddl)).execute(&mut connection).await.expect("the table is made");
    let marks: Vec<String> = (0..256)
        .map(|row| format!("({})", (1..=8).map(|n| format!("${}", row * 8 + n)).collect::<Vec<_>>().join(", ")))
        .collect();
    let sql: Arc<str> = format!(
        "INSERT INTO raw_acts (position, stream, version, kind, at, envelope, prev, hash) VALUES {}",
        marks.join(", ")
    )
    .into();
    let (envelope, hash) = ("x".repeat(640), "0".repeat(64));
    let start = Instant::now();
    let mut written = 0u64;
    while written < rows {
        sqlx::query("BEGIN").execute(&mut connection).await.expect("a transaction begins");
        for _ in 0..4 {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql.clone()));
            for _ in 0..256 {
                let (case, version) = (written / ACTS_OF_A_CASE, (written % ACTS_OF_A_CASE) as i64);
                let stream = format!("case:case-{:016x}", case.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                query = query
                    .bind(written as i64)
                    .bind(stream)
                    .bind(version)
                    .bind("step.entered")
                    .bind(1_764_000_000_000_000i64);
                query = query.bind(envelope.clone()).bind(hash.clone()).bind(hash.clone());
                written += 1;
            }
            query.execute(&mut connection).await.expect("the rows are written");
        }
        sqlx::query("COMMIT").execute(&mut connection).await.expect("the transaction ends");
    }
    let rate = written as f64 / start.elapsed().as_secs_f64();
    sqlx::query("DROP TABLE raw_acts").execute(&mut connection).await.expect("the table goes");
    rate
}

/// How often a second a page is written and synced: the machine's own limit for commits one by one.
fn syncs_per_second() -> f64 {
    let mut file = tempfile::tempfile().expect("a temporary file can be made");
    let (start, mut syncs) = (Instant::now(), 0u32);
    while start.elapsed() < Duration::from_secs(1) {
        file.write_all(&[7; 4096]).and_then(|()| file.sync_data()).expect("the disk takes a page");
        syncs += 1;
    }
    f64::from(syncs) / start.elapsed().as_secs_f64()
}
