//! The command line of this room alone, to try it and to let other programs judge it:
//! `cargo run -p dienhong-signing --example signing -- validate --trust root.pem paper.pdf`.

use clap::Parser;
use signing::command::{self, Command, Outside};
use std::{process::ExitCode, sync::Arc};

#[derive(Parser)]
#[command(name = "signing")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (mut out, mut log) = (std::io::stdout().lock(), std::io::stderr().lock());
    let mut outside = Outside {
        clock: Arc::new(kernel::SystemClock),
        entropy: Arc::new(kernel::OsEntropy),
        transport: None,
        out: &mut out,
        log: &mut log,
    };
    match command::run(&arguments.command, &mut outside) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            drop(outside);
            eprintln!("{failure}");
            ExitCode::from(2)
        }
    }
}
