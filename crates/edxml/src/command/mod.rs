//! The command line over files: `edxml check`, `show`, `unpack`, `pack`.

mod pack;
mod show;
mod unpack;

use crate::finding::Finding;
use crate::package::{Limits, Reading, Shelf, check, read};
use crate::words::{Language, say, sentence};
use kernel::{Clock, Day};
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

/// Packages of the National Document Interconnection Axis.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// The language of sentences.
    #[arg(long, global = true, value_enum, default_value_t)]
    language: Language,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say whether packages can be received, and what in them differs from the standard.
    Check {
        /// One JSON object for each file, on its own line.
        #[arg(long)]
        json: bool,
        /// Hold them to the rules for sending too.
        #[arg(long)]
        strict: bool,
        /// The packages.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Show what stands in a package; with --json, in the form that `pack` takes.
    Show {
        /// The package as JSON.
        #[arg(long)]
        json: bool,
        /// The package.
        file: PathBuf,
    },
    /// Write a package's header and attachments into a new folder.
    Unpack {
        /// The package.
        file: PathBuf,
        /// The folder to make; it must not be there yet.
        folder: PathBuf,
    },
    /// Make a package of a folder as `unpack` leaves it: package.json and the attachments by their names.
    Pack {
        /// The folder.
        folder: PathBuf,
        /// The file to write.
        file: PathBuf,
        /// Put the attachments in as they are, not each in a ZIP.
        #[arg(long)]
        raw: bool,
    },
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure(format!("không ghi được kết quả: {error}"))
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> Failure + '_ {
    move |error| Failure(format!("{}: {error}", path.display()))
}

/// Runs a command. True when every package is good.
///
/// # Errors
/// [`Failure`] for files that cannot be read or written.
pub fn run(arguments: &Arguments, clock: &dyn Clock, out: &mut dyn Write) -> Result<bool, Failure> {
    let (language, today) = (arguments.language, clock.now().day());
    match &arguments.command {
        Command::Check { json, strict, files } => {
            let mut good = true;
            for file in files {
                good &= check_one(file, *json, strict.then_some(today), language, out)?;
            }
            Ok(good)
        }
        Command::Show { json, file } => show::run(file, *json, language, out),
        Command::Unpack { file, folder } => unpack::run(file, folder, language, out),
        Command::Pack { folder, file, raw } => pack::run(folder, file, *raw, today, language, out),
    }
}

/// A shelf of temporary files, which are gone when they are closed.
struct Files;

impl Shelf for Files {
    type Slot = File;
    fn slot(&mut self) -> io::Result<File> {
        tempfile::tempfile()
    }
}

fn open(file: &Path) -> Result<Reading<File>, Failure> {
    let input = BufReader::with_capacity(64 << 10, File::open(file).map_err(at(file))?);
    read(input, &mut Files, &Limits::default()).map_err(at(file))
}

fn check_one(
    file: &Path,
    json: bool,
    strict: Option<Day>,
    language: Language,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let reading = open(file)?;
    let faults = strict.map_or_else(Vec::new, |today| check(&reading.package, today));
    let good = reading.refusals.is_empty() && faults.is_empty();
    if json {
        let line = serde_json::json!({
            "file": file.display().to_string(), "good": good, "bytes": reading.length, "refusals": told(&reading.refusals, language),
            "faults": told(&faults, language), "oddities": told(&reading.oddities, language),
        });
        writeln!(out, "{line}")?;
        return Ok(good);
    }
    let verdict = match (reading.refusals.is_empty(), faults.is_empty(), reading.oddities.is_empty()) {
        (false, ..) => "check-refused",
        (true, false, _) => "check-faults",
        (true, true, false) => "check-odd",
        (true, true, true) => "check-good",
    };
    writeln!(out, "{}: {}", file.display(), say(language, verdict))?;
    tell(reading.refusals.iter().chain(&faults), "  ✗", language, out)?;
    tell(reading.oddities.iter(), "  ·", language, out)?;
    Ok(good)
}

fn told(findings: &[Finding], language: Language) -> Vec<serde_json::Value> {
    let one = |finding: &Finding| {
        serde_json::json!({
            "code": finding.code(), "what": finding.what, "at": finding.at, "detail": finding.detail,
            "sentence": sentence(finding, language),
        })
    };
    findings.iter().map(one).collect()
}

fn tell<'f>(
    findings: impl Iterator<Item = &'f Finding>,
    mark: &str,
    language: Language,
    out: &mut dyn Write,
) -> io::Result<()> {
    for finding in findings {
        writeln!(out, "{mark} {}", sentence(finding, language))?;
    }
    Ok(())
}
