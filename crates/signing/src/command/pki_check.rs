//! `pki check --limbo FILE`: path validation against a suite in the format of x509-limbo.

use super::{Failure, Outside, files};
use pki::limbo::{self, Suite};
use std::path::PathBuf;

/// Most bytes of a suite.
const MAX_SUITE: u64 = 1 << 30;

/// Arguments of `pki`.
#[derive(Debug, clap::Args)]
pub struct PkiArguments {
    #[command(subcommand)]
    command: PkiCommand,
}

#[derive(Debug, clap::Subcommand)]
enum PkiCommand {
    /// Run a file in x509-limbo's format; prints one JSON object for each case.
    Check {
        /// The suite.
        #[arg(long, value_name = "FILE")]
        limbo: PathBuf,
    },
}

/// True when every case that was run comes out as the suite expects.
pub(super) fn run(arguments: &PkiArguments, outside: &mut Outside<'_>) -> Result<bool, Failure> {
    let PkiCommand::Check { limbo } = &arguments.command;
    let bytes = files::read(limbo, MAX_SUITE)?;
    let suite: Suite =
        serde_json::from_slice(&bytes).map_err(|error| Failure(format!("{}: {error}", limbo.display())))?;
    let (now, mut counts, mut wrong) = (outside.clock.now(), [0usize; 3], 0usize);
    for case in &suite.testcases {
        let outcome = limbo::run(case, now);
        let line = serde_json::to_string(&outcome).map_err(|error| Failure(error.to_string()))?;
        writeln!(outside.out, "{line}")?;
        counts[["SUCCESS", "FAILURE"].iter().position(|r| *r == outcome.result).unwrap_or(2)] += 1;
        let expected = case.expected_result.as_str();
        wrong += usize::from(!matches!(expected, "") && outcome.result != "SKIPPED" && outcome.result != expected);
    }
    let [success, failure, skipped] = counts;
    writeln!(outside.log, "{success} SUCCESS, {failure} FAILURE, {skipped} SKIPPED, {wrong} not as expected")?;
    Ok(wrong == 0)
}
