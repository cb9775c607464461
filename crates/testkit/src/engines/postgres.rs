//! A private PostgreSQL server for tests.
//!
//! It runs from the machine's own `initdb` and `pg_ctl`, listens on a Unix socket only, and does not wait for the disk
//! (its data is worthless after the run), unless a bench asks for one that does. Test processes find it by a folder under the temporary directory and hold a
//! shared lock while they need it; a watcher stops it and removes its data a minute after the last lock is gone. Under
//! root the server runs as an unprivileged user, since PostgreSQL refuses to run as root.

use std::{
    fmt,
    fs::{self, File},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Why there is no PostgreSQL to test on, and what to do.
#[derive(Debug)]
pub struct NoServer(String);

impl fmt::Display for NoServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no PostgreSQL to test on: {} (on Debian: apt-get install postgresql)", self.0)
    }
}
impl std::error::Error for NoServer {}

/// Stops the server (`$2/pg_ctl`, as the user `$3`) once nobody has held the lock in `$1` for a minute. Whoever comes
/// at the last moment waits for `start.lock` and then starts it anew.
const WATCHER: &str = r#"
while :; do
    free=0
    while [ "$free" -lt 2 ]; do
        sleep 30
        if flock -n -x "$1/users.lock" true; then free=$((free + 1)); else free=0; fi
    done
    exec 9>>"$1/start.lock"
    flock -x 9
    if flock -n -x "$1/users.lock" true; then break; fi
    exec 9>&-
done
if [ -n "$3" ]; then
    runuser -u "$3" -- "$2/pg_ctl" -D "$1/data" -m immediate stop
else
    "$2/pg_ctl" -D "$1/data" -m immediate stop
fi
rm -rf "$1/data"
"#;

/// A database of its own, dropped with this value.
#[derive(Debug)]
pub struct Database {
    /// Its address.
    pub url: String,
    name: String,
    server: &'static Server,
}

impl Drop for Database {
    fn drop(&mut self) {
        // What a failing drop leaves behind goes with the server.
        let _ = self.server.sql(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// The server, as this process found or started it.
#[derive(Debug)]
struct Server {
    base: PathBuf,
    bin: PathBuf,
    user: Option<String>,
    /// Held for as long as this process lives.
    _in_use: File,
}

/// Whether commits wait for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// They do not: for tests, which lose nothing with the machine.
    None,
    /// They do, with the server's usual settings: for benches.
    Full,
}

/// Makes a fresh database on the private server, and starts the server when nobody has yet.
///
/// # Errors
/// [`NoServer`] says what is missing.
pub fn fresh_database(durability: Durability) -> Result<Database, NoServer> {
    static FAST: OnceLock<Result<Server, String>> = OnceLock::new();
    static DURABLE: OnceLock<Result<Server, String>> = OnceLock::new();
    let server = if durability == Durability::Full { &DURABLE } else { &FAST };
    let server = server.get_or_init(|| Server::find(durability).map_err(|why| why.0));
    server.as_ref().map_err(|why| NoServer(why.clone()))?.create("template0 ENCODING 'UTF8'")
}

impl Database {
    /// A copy of it; nobody may be connected to the original.
    ///
    /// # Errors
    /// [`NoServer`] when the server refuses.
    pub fn copy(&self) -> Result<Database, NoServer> {
        self.server.create(&self.name)
    }
}

impl Server {
    fn find(durability: Durability) -> Result<Server, NoServer> {
        let bin = binaries()?;
        let user = unprivileged()?;
        let what = if durability == Durability::Full { "durable-postgres" } else { "postgres" };
        let base = std::env::temp_dir().join(format!("dienhong-{what}-{}", own_uid()?));
        fs::create_dir_all(&base).map_err(|why| failed(&base, &why))?;
        if let Some(user) = &user {
            run(Command::new("chown").arg(user).arg(&base))?;
        }
        fs::set_permissions(&base, fs::Permissions::from_mode(0o755)).map_err(|why| failed(&base, &why))?;
        let in_use = lock_file(&base.join("users.lock"))?;
        in_use.lock_shared().map_err(|why| failed(&base, &why))?;
        let server = Server { base, bin, user, _in_use: in_use };
        // One process starts it; the others wait here and find it running.
        let starting = lock_file(&server.base.join("start.lock"))?;
        starting.lock().map_err(|why| failed(&server.base, &why))?;
        if server.sql("SELECT 1").is_err() {
            server.start(durability)?;
        }
        Ok(server)
    }

    fn create(&'static self, template: &str) -> Result<Database, NoServer> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        // The server ends a closed connection some moments after its client: until then the template is in use.
        let original = template.split(' ').next().unwrap_or_default();
        let leave = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{original}'");
        self.sql(&leave)?;
        let mut tries = 0;
        while let Err(why) = self.sql(&format!("CREATE DATABASE {name} TEMPLATE {template}")) {
            tries += 1;
            if tries == 40 {
                return Err(why);
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
            self.sql(&leave)?;
        }
        let url = format!("postgres://postgres@localhost/{name}?host={}", self.base.display());
        Ok(Database { url, name, server: self })
    }

    fn start(&self, durability: Durability) -> Result<(), NoServer> {
        let data = self.base.join("data");
        if data.exists() {
            fs::remove_dir_all(&data).map_err(|why| failed(&data, &why))?;
        }
        let data_text = data.display().to_string();
        run(self
            .command("initdb")
            .args(["-D", &data_text, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"])
            .args(["--locale", "C.UTF-8"]))?;
        let careless = match durability {
            Durability::None => {
                "-c fsync=off -c full_page_writes=off -c shared_buffers=64MB -c autovacuum_naptime=10min"
            }
            Durability::Full => "-c shared_buffers=256MB -c max_wal_size=2GB",
        };
        let settings = format!(
            "-k {} -c listen_addresses='' -c max_connections=300 -c logging_collector=off {careless}",
            self.base.display()
        );
        let log = self.base.join("data/server.log").display().to_string();
        run(self.command("pg_ctl").args(["-D", &data_text, "-w", "-t", "60", "-l", &log, "-o", &settings, "start"]))?;
        let watcher = Command::new("setsid")
            .args(["sh", "-c", WATCHER, "watcher"])
            .arg(&self.base)
            .arg(&self.bin)
            .arg(self.user.as_deref().unwrap_or(""))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        watcher.map(drop).map_err(|why| NoServer(format!("setsid: {why}")))
    }

    /// A program of the server, as the user who may run it.
    fn command(&self, program: &str) -> Command {
        let path = self.bin.join(program);
        let mut command = match &self.user {
            None => Command::new(path),
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(path);
                command
            }
        };
        // The user may not be allowed to stand where the test stands.
        command.current_dir(&self.base);
        command
    }

    fn sql(&self, text: &str) -> Result<(), NoServer> {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres", "-c", text])
            .arg("-h")
            .arg(&self.base);
        run(&mut psql)
    }
}

fn run(command: &mut Command) -> Result<(), NoServer> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|why| NoServer(format!("{}: {why}", command.get_program().display())))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(NoServer(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim()))),
    }
}

/// The folder of `initdb`, `pg_ctl` and `psql`: Debian's newest, or that of `pg_config`.
fn binaries() -> Result<PathBuf, NoServer> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort_by_key(|path| version_of(path));
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        versions.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    let whole = |path: &PathBuf| ["initdb", "pg_ctl", "psql"].iter().all(|program| path.join(program).exists());
    versions.into_iter().rev().find(whole).ok_or_else(|| {
        NoServer("initdb, pg_ctl and psql are neither under /usr/lib/postgresql nor where pg_config says".to_owned())
    })
}

fn version_of(path: &Path) -> u32 {
    path.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse().ok()).unwrap_or(0)
}

/// The user under whom the server runs when the tests run as root.
fn unprivileged() -> Result<Option<String>, NoServer> {
    if own_uid()? != 0 {
        return Ok(None);
    }
    let exists = |user: &&str| Command::new("id").args(["-u", user]).output().is_ok_and(|o| o.status.success());
    let user = ["postgres", "nobody"].into_iter().find(|user| exists(user));
    user.map(|user| Some(user.to_owned()))
        .ok_or_else(|| NoServer("there is no user to run it, since root may not".to_owned()))
}

/// Who runs the tests: the owner of this process's own folder in /proc.
fn own_uid() -> Result<u32, NoServer> {
    fs::metadata("/proc/self").map(|meta| meta.uid()).map_err(|why| failed(Path::new("/proc/self"), &why))
}

fn lock_file(path: &Path) -> Result<File, NoServer> {
    File::options().create(true).append(true).open(path).map_err(|why| failed(path, &why))
}

fn failed(path: &Path, why: &std::io::Error) -> NoServer {
    NoServer(format!("{}: {why}", path.display()))
}
