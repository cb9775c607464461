//! `dienhong scenario`: five resolutions through the pages, on fresh storage.

use crate::{config::Config, scenario};
use std::path::PathBuf;
use std::process::ExitCode;

/// Where the scenario works and what it leaves.
#[derive(clap::Args)]
pub struct Arguments {
    /// Where the storage and the keys are kept; must be fresh. The storage may be elsewhere by DIENHONG_STORAGE_URL.
    #[arg(long, default_value = "data/scenario")]
    pub data: PathBuf,
    /// Where the papers, the pages and the report are left.
    #[arg(long, default_value = "data/scenario/out")]
    out: PathBuf,
}

/// Walks the scenario.
pub async fn run(arguments: Arguments, config: Config) -> anyhow::Result<ExitCode> {
    let mut say = |line: &str| eprintln!("  {line}");
    scenario::run(config, &arguments.data, &arguments.out, &mut say).await?;
    println!("done; the papers, the pages and the report are in {}", arguments.out.display());
    Ok(ExitCode::SUCCESS)
}
