//! `dienhong keys`: how the master key is kept.

use crate::{config::Config, keyfiles};
use std::path::PathBuf;
use std::process::ExitCode;

/// What can be done.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Put a plain master key (64 digits) under the protection that [keys] of the configuration names: its passphrase or
    /// its token. The plain file stays where it is.
    Protect {
        /// The file with the 64 digits.
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
    },
}

/// Does it.
pub fn run(command: &Command, config: &Config) -> anyhow::Result<ExitCode> {
    let Command::Protect { from } = command;
    keyfiles::protect(&config.keys, from, &kernel::OsEntropy)?;
    println!(
        "{} is protected and opens. Keep {} apart from this machine, or destroy it.",
        config.keys.master.display(),
        from.display()
    );
    Ok(ExitCode::SUCCESS)
}
