//! The command line of this room: `sign`, `validate`, `pki check`, as clap structures and functions on paths.
//!
//! Nothing here reads the clock, the environment or the network: the program hands them in as [`Outside`].

mod files;
mod pki_check;
mod sign;
mod validate;

pub use pki_check::PkiArguments;
pub use sign::SignArguments;
pub use validate::ValidateArguments;

use crate::{assess::Trust, online::Transport};
use kernel::{Clock, Entropy};
use std::{io::Write, path::PathBuf, sync::Arc};

/// What a command may use of the outside.
pub struct Outside<'a> {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// The network; without it nothing is fetched and no remote time stamp is asked for.
    pub transport: Option<Arc<dyn Transport>>,
    /// Where results go.
    pub out: &'a mut dyn Write,
    /// Where progress and warnings go.
    pub log: &'a mut dyn Write,
}

/// The commands, to be flattened into a program's own.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Sign files: PAdES in PDF, CAdES beside or around any file, XAdES in or beside XML.
    Sign(Box<SignArguments>),
    /// Judge the signatures of files (EN 319 102-1).
    Validate(ValidateArguments),
    /// Check this program's path validation.
    Pki(PkiArguments),
}

/// Why a command could not do its work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure(format!("the result cannot be written: {error}"))
    }
}
impl From<crate::SignError> for Failure {
    fn from(error: crate::SignError) -> Failure {
        Failure(error.to_string())
    }
}

/// What files and folders hold as a trust list: every certificate is a root, every list is known.
///
/// # Errors
/// [`Failure`] names the file that cannot be read.
pub fn trust(paths: &[PathBuf]) -> Result<Trust, Failure> {
    let bag = files::Bag::read(paths)?;
    Ok(Trust::new(bag.certificates).with_crls(bag.crls))
}

/// Runs a command. True when all went well: every file signed, every signature valid.
///
/// # Errors
/// [`Failure`] for arguments and files that cannot be used; what concerns one file of several is reported with it instead.
pub fn run(command: &Command, outside: &mut Outside<'_>) -> Result<bool, Failure> {
    match command {
        Command::Sign(arguments) => sign::run(arguments, outside),
        Command::Validate(arguments) => validate::run(arguments, outside),
        Command::Pki(arguments) => pki_check::run(arguments, outside),
    }
}
