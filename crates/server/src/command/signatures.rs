//! `dienhong sign`, `validate` and `pki check`: what they are stands in `signing::command`.
//!
//! Nothing is fetched: certificates, lists and time stamps are those in the file, beside it, or named by the caller.

use kernel::{OsEntropy, SystemClock};
use signing::command::{self, Command, Outside};
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

/// Runs the command; 1 when a signature is not valid, 2 when the arguments or files cannot be used.
pub fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let (mut out, mut log) = (io::stdout().lock(), io::stderr().lock());
    let mut outside = Outside {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        transport: None,
        out: &mut out,
        log: &mut log,
    };
    match command::run(command, &mut outside) {
        Ok(true) => Ok(ExitCode::SUCCESS),
        Ok(false) => Ok(ExitCode::FAILURE),
        Err(failure) => {
            drop(outside);
            drop((out, log));
            eprintln!("dienhong: {failure}");
            Ok(ExitCode::from(2))
        }
    }
}
