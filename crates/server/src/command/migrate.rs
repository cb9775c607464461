//! `dienhong migrate`: bring the storage to this program's form.

use crate::{config::Config, wire::House};
use std::process::ExitCode;

/// Opens the journal, which brings core tables up to date and rebuilds projections whose form changed.
pub async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let house = House::open(&config).await?;
    println!("The storage has this program's form; the journal holds {} acts.", house.journal.position().await?);
    house.journal.close().await;
    Ok(ExitCode::SUCCESS)
}
