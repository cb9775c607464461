//! `dienhong sign`, `validate` and `pki check`: what they are stands in `signing::command`.
//!
//! Time stamps are asked for at the address that is named; what a validation lacks is fetched unless `--offline` is given.

use crate::{config::Config, network};
use kernel::{OsEntropy, SystemClock};
use signing::{
    command::{self, Command, Outside},
    online::Cached,
};
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

/// Runs the command; 1 when a signature is not valid, 2 when the arguments or files cannot be used.
pub fn run(command: &Command, config: &Config) -> anyhow::Result<ExitCode> {
    let network = Cached::new(network::Network::of(config)?, Arc::new(SystemClock));
    let (mut out, mut log) = (io::stdout().lock(), io::stderr().lock());
    let mut outside = Outside {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        transport: Some(Arc::new(network)),
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
