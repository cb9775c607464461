//! `dienhong law`: law texts at the command line. What the commands are stands in `statute::cli`.

use statute::cli::{self, Desk, Ending};
use std::io::{self, BufRead, BufReader, BufWriter};
use std::path::Path;
use std::process::ExitCode;

/// Opens files for the command and writes its answers; a reader that closes the pipe early is no error.
pub fn run(arguments: &cli::Arguments) -> anyhow::Result<ExitCode> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut notes = io::stderr().lock();
    match cli::run(arguments, &mut Desk { open: &open, out: &mut out, notes: &mut notes }) {
        Ok(Ending::Done) => Ok(ExitCode::SUCCESS),
        Ok(Ending::Failed) => Ok(ExitCode::FAILURE),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.into()),
    }
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    Ok(Box::new(BufReader::new(std::fs::File::open(path)?)))
}
