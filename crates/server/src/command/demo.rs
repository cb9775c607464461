//! `dienhong demo`: an Assembly of synthetic people, seeded once and served.

use crate::{
    command::serve,
    config::Config,
    demo::{self, ACCOUNTS_FILE, accounts::Accounts},
    wire::House,
};
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// What to do with the demo.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// Where the demo keeps its data.
    #[arg(long, global = true, default_value = "data/demo")]
    pub data: PathBuf,
    /// Where to listen.
    #[arg(long)]
    listen: Option<std::net::SocketAddr>,
    /// Throw the data away first.
    #[arg(long)]
    reset: bool,
}

#[derive(clap::Subcommand)]
enum What {
    /// Seed the data and end.
    Seed {
        /// The institution and its people only, without any case.
        #[arg(long)]
        bare: bool,
        /// Go on opening cases until the journal holds this many acts: for measuring.
        #[arg(long, default_value_t = 0)]
        acts: i64,
        /// Add so many open tasks of the Office: for measuring.
        #[arg(long, default_value_t = 0)]
        open: usize,
        /// Add so many tasks that were done.
        #[arg(long, default_value_t = 0)]
        closed: usize,
    },
    /// Move so many of the open tasks one step on and print the steps of a second.
    Advance {
        /// How many.
        steps: usize,
        /// How many people do so at once.
        #[arg(long, default_value_t = 256)]
        at_once: usize,
    },
    /// Print who can sign in.
    Accounts {
        /// As JSON, with the secrets of the second factor.
        #[arg(long)]
        json: bool,
    },
    /// Print the codes of the second factor that are right at this moment.
    Codes,
}

/// Seeds where needed, then serves.
pub async fn run(arguments: Arguments, mut config: Config) -> anyhow::Result<ExitCode> {
    let accounts_file = arguments.data.join(ACCOUNTS_FILE);
    match arguments.what {
        Some(What::Accounts { json }) => print_accounts(&Accounts::load(&accounts_file)?, json)?,
        Some(What::Codes) => print_codes(&Accounts::load(&accounts_file)?)?,
        Some(What::Seed { bare, acts, open: tasks, closed }) => {
            let house = open(&config, &arguments.data).await?;
            seed(&house, &config, &accounts_file, bare).await?;
            if acts > 0 {
                demo::bulk::until(&house, acts, &mut |line| eprintln!("  {line}")).await?;
            }
            if tasks + closed > 0 {
                demo::bulk::crowd(&house, tasks, closed, &mut |line| eprintln!("  {line}")).await?;
                // What follows from so many files is done here, so that a program that serves them begins at rest.
                let jobs = house.journal.run_due_jobs(&house.workers()).await?;
                house.journal.seal_once().await?;
                eprintln!("  {jobs} jobs that were due are done, the acts are sealed");
            }
            house.journal.close().await;
        }
        Some(What::Advance { steps, at_once }) => {
            let house = open(&config, &arguments.data).await?;
            println!("{:.0}", demo::bulk::advance(&house, steps, at_once.max(1)).await?);
            house.journal.close().await;
        }
        None => {
            if let Some(listen) = arguments.listen {
                config.web.listen = listen;
                config.web.public_url = format!("http://{listen}");
            }
            let listener = serve::listen(&config).await?;
            if arguments.reset {
                reset(&arguments.data)?;
            }
            let house = open(&config, &arguments.data).await?;
            let accounts = seed(&house, &config, &accounts_file, false).await?;
            welcome(&config, &accounts, &arguments.data);
            serve::serve(house, &config, listener, serve::told_to_stop()).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn open(config: &Config, data: &Path) -> anyhow::Result<House> {
    std::fs::create_dir_all(data).with_context(|| format!("cannot make the folder {}", data.display()))?;
    House::open(config).await
}

/// Removes what a demo made, and only when the folder is one of a demo.
fn reset(data: &Path) -> anyhow::Result<()> {
    if !data.exists() {
        return Ok(());
    }
    let ours = data.join(ACCOUNTS_FILE).exists() || data.join("dienhong.sqlite").exists();
    let empty = data.read_dir()?.next().is_none();
    ensure!(ours || empty, "{} does not look like a demo's data: remove it by hand if you are sure", data.display());
    std::fs::remove_dir_all(data).with_context(|| format!("cannot remove {}", data.display()))
}

/// Seeds what is not there yet; a demo that was begun and interrupted is thrown away by `demo-reset`.
pub async fn seed(house: &House, config: &Config, accounts_file: &Path, bare: bool) -> anyhow::Result<Accounts> {
    if demo::is_seeded(&house.directory).await? {
        return Accounts::load(accounts_file).context(
            "the data was seeded but the file of accounts is missing (was the seeding interrupted?): run make demo-reset",
        );
    }
    let begun = Instant::now();
    eprintln!("Seeding an Assembly of synthetic people:");
    let mut say = |line: &str| eprintln!("  {line}");
    let accounts = demo::institution(&house.directory, &house.master, &house.keys, &mut say).await?;
    demo::cases::registers(house).await?;
    accounts.save(accounts_file)?;
    if !bare {
        demo::cases::five_stages(house, &mut say).await?;
        if let Some(folder) = &config.axis.folder {
            demo::correspondence::seed(house, folder, &mut say).await.context("the demo's correspondence")?;
        }
    }
    eprintln!(
        "  done in {:.1} s; {} acts in the journal",
        begun.elapsed().as_secs_f64(),
        house.journal.position().await?
    );
    Ok(accounts)
}

fn print_accounts(accounts: &Accounts, json: bool) -> anyhow::Result<()> {
    if json {
        let all: Vec<_> = accounts
            .accounts
            .iter()
            .map(|a| {
                serde_json::json!({"login": a.login, "password": accounts.password, "totp": a.totp, "person": a.person,
                    "name": a.name, "part": a.part, "holds": a.holds})
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    println!("password of all: {}", accounts.password);
    for account in &accounts.accounts {
        println!("{:10} {:28} {}", account.login, account.name, account.part);
    }
    Ok(())
}

fn print_codes(accounts: &Accounts) -> anyhow::Result<()> {
    #[allow(clippy::disallowed_methods, reason = "a person's authenticator reads the clock of its own")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    println!("These codes are right for {} more seconds, each for one use:", 30 - now % 30);
    for account in &accounts.accounts {
        println!("{:10} {}  {}", account.login, demo::codes::at(&account.totp, now)?, account.name);
    }
    Ok(())
}

fn welcome(config: &Config, accounts: &Accounts, data: &Path) {
    println!("\nDiên Hồng is at {}\n", config.web.public_url);
    println!("Sign in at {}/login with the password {} and a code;", config.web.public_url, accounts.password);
    println!(
        "the codes of this moment: dienhong demo codes --data {} (or any authenticator app, see\n`dienhong demo accounts --json`).\n",
        data.display()
    );
    for account in accounts.accounts.iter().filter(|a| !a.part.is_empty()) {
        println!("  {:10} {:28} {}", account.login, account.name, account.part);
    }
    println!(
        "\nTry: as an expert, open «Hồ sơ» and hand a draft on; as a member, answer the written ballot; as the Chairperson,"
    );
    println!(
        "sign; as the clerk, give the number and seal; without signing in, find the resolution and verify its PDF."
    );
    println!("Stop with Ctrl-C; the data stays in {}.\n", data.display());
}
