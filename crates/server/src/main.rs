//! The one binary `dienhong`: reads configuration, wires the rooms, runs one of its roles.
//!
//! This is the only crate that reads the environment, the clock and the random source of the machine. It holds no rule
//! of the Assembly's work: those stand in the rooms below and in the data under `procedures/` and `policies/`.

mod axis_wire;
mod command;
mod config;
mod correspondence;
mod demo;
mod devices;
mod keyfiles;
mod mail;
mod network;
mod scenario;
mod wire;

use clap::{Parser, Subcommand};
use config::{Config, LogFormat};
use std::path::PathBuf;
use std::process::ExitCode;

/// Memory comes from mimalloc: a move or a page makes thousands of small pieces on one thread and drops them on another,
/// which costs the C library's allocator a sixth of all time.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Diên Hồng: a parliament's whole digital work in one program.
#[derive(Parser)]
#[command(name = "dienhong", version, about)]
struct Arguments {
    /// Configuration file; without it `dienhong.toml` is read when it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Seed an Assembly of synthetic people and serve it.
    Demo(command::demo::Arguments),
    /// Serve the pages and the API, and run the jobs.
    Serve,
    /// Bring the storage to this program's form; also rebuilds projections that changed.
    Migrate,
    /// Say what is wrong with the configuration and the machine, and how to mend it.
    Doctor,
    /// Recompute every hash and rebuild every projection beside the live one.
    Verify(command::verify::Arguments),
    /// Print the root certificate under which this house signs.
    Trust,
    /// Carry five resolutions through the pages, on fresh storage, as the different people.
    Scenario(command::scenario::Arguments),
    /// Law texts: parse, check, compare, consolidate, propose.
    Law(statute::cli::Arguments),
    #[command(flatten)]
    Signatures(signing::command::Command),
    /// Packages of the National Document Interconnection Axis: check, show, unpack, pack.
    Edxml(edxml::command::Arguments),
    /// The document axis: what goes out and comes in, and the systems that may connect to the hub.
    #[command(subcommand)]
    Axis(command::axis::Command),
    /// The internal certification authority: make, ask for, enter, renew, show.
    #[command(subcommand)]
    Authority(command::authority::Command),
    /// The root of the authority, on a machine apart, by two persons.
    #[command(subcommand)]
    Ceremony(Box<command::ceremony::Command>),
    /// Print a paper from its data.
    Paper(command::paper::Arguments),
    /// The master key: put it under a passphrase or a token.
    #[command(subcommand)]
    Keys(command::keys::Command),
    /// Check the declared procedures.
    Procedures(command::procedures::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let environment: Vec<(String, String)> = environment();
    let done = configuration(&arguments, &environment).and_then(|config| {
        start_log(&config);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(run(arguments.role, config))
    });
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("dienhong: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn configuration(arguments: &Arguments, environment: &[(String, String)]) -> anyhow::Result<Config> {
    match (&arguments.config, &arguments.role) {
        (None, Role::Demo(demo)) => Config::in_folder(&demo.data, environment),
        (None, Role::Scenario(scenario)) => Config::in_folder(&scenario.data, environment),
        (file, _) => Config::load(file.as_deref(), environment),
    }
}

async fn run(role: Role, config: Config) -> anyhow::Result<ExitCode> {
    match role {
        Role::Demo(arguments) => command::demo::run(arguments, config).await,
        Role::Serve => command::serve::run(config).await,
        Role::Migrate => command::migrate::run(config).await,
        Role::Doctor => command::doctor::run(config).await,
        Role::Verify(arguments) => command::verify::run(arguments, config).await,
        Role::Trust => command::trust::run(config).await,
        Role::Scenario(arguments) => command::scenario::run(arguments, config).await,
        Role::Law(arguments) => command::law::run(&arguments),
        Role::Signatures(command) => command::signatures::run(&command, &config),
        Role::Edxml(arguments) => command::edxml::run(&arguments),
        Role::Axis(arguments) => command::axis::run(arguments, config).await,
        Role::Authority(command) => command::authority::run(command, config).await,
        Role::Ceremony(command) => command::ceremony::run(&command),
        Role::Paper(arguments) => command::paper::run(&arguments),
        Role::Keys(arguments) => command::keys::run(&arguments, &config),
        Role::Procedures(arguments) => command::procedures::run(&arguments),
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place where the environment is read")]
fn environment() -> Vec<(String, String)> {
    std::env::vars().filter(|(name, _)| name.starts_with("DIENHONG_")).collect()
}

fn start_log(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log.level).unwrap_or_else(|_| "info".into());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log.format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
