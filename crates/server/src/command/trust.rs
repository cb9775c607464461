//! `dienhong trust`: the root certificate under which this house signs, for other people's validators.

use crate::{config::Config, wire::House};
use std::process::ExitCode;

/// Prints the root as PEM.
pub async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let house = House::open(&config).await?;
    print!("{}", house.keys.root().await?.to_pem());
    house.journal.close().await;
    Ok(ExitCode::SUCCESS)
}
