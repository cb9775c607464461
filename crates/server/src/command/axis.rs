//! `dienhong axis`: who may connect to the hub of the document axis.

use crate::{config::Config, wire::House};
use exchange::NewSystem;
use std::process::ExitCode;

/// What to do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Admit a system to the hub and print its secret, this once; a system that is there gets a new secret.
    Admit {
        /// Its name on the wire.
        system: String,
        /// Whose it is.
        #[arg(long)]
        name: String,
        /// How many packages it may send in a day.
        #[arg(long, default_value_t = 10_000)]
        quota: i64,
    },
    /// List the bodies that are reached through the hub, and through which system.
    Agencies,
}

/// Runs the command. May run beside a serving program.
pub async fn run(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    let house = House::open(&config).await?;
    let hub = house.hub(&config);
    match command {
        Command::Admit { system, name, quota } => {
            println!("{}", hub.admit(NewSystem { id: system, name, quota }).await?)
        }
        Command::Agencies => {
            for agency in hub.agencies(false).await? {
                println!("{}\t{}\t{}", agency.of.code, agency.of.system, agency.of.name);
            }
        }
    }
    house.journal.close().await;
    Ok(ExitCode::SUCCESS)
}
