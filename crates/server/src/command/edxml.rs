//! `dienhong edxml`: what it is stands in `edxml::command`.

use edxml::command::{self, Arguments};
use kernel::SystemClock;
use std::io;
use std::process::ExitCode;

/// Runs the command; 1 when a package is refused or breaks the rules.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let good = command::run(arguments, &SystemClock, &mut io::stdout().lock())?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
