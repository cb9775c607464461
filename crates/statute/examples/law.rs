//! `dienhong law …` without the rest of the program: `cargo run -p dienhong-statute --example law -- parse FILE`.

use clap::Parser;
use statute::cli::{Arguments, Desk, Ending, run};
use std::io::{BufRead, BufReader, BufWriter};
use std::path::Path;
use std::process::ExitCode;

/// Law texts at the command line.
#[derive(Parser)]
#[command(name = "law")]
struct Program {
    #[command(flatten)]
    arguments: Arguments,
}

fn open(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    Ok(Box::new(BufReader::new(std::fs::File::open(path)?)))
}

fn main() -> ExitCode {
    let program = Program::parse();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut notes = std::io::stderr().lock();
    match run(&program.arguments, &mut Desk { open: &open, out: &mut out, notes: &mut notes }) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::FAILURE,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("law: {error}");
            ExitCode::FAILURE
        }
    }
}
