//! The command line `dienhong law …`: law texts at a shell.
//!
//! The program hands over what it may touch as a [`Desk`]: how to open a file, where to write. What a command cannot do
//! for one file or row it says with the file, the line and what to do, and goes on with the others; it then ends as
//! [`Ending::Failed`].

mod batch;
mod show;

use crate::consolidate::{Consolidated, Enactment, consolidate, enactments};
use crate::model::Law;
use crate::source::{Document, LARGEST};
use kernel::time::Day;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

/// Law texts: parse, check, compare, consolidate, propose.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    job: Job,
}

#[derive(Debug, clap::Subcommand)]
enum Job {
    /// Read laws (.txt, .html, .docx, Akoma Ntoso, told apart by content) and write their structure.
    Parse {
        /// The laws; `-` is standard input.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// What to write: JSON is one line per law.
        #[arg(long, value_enum, default_value = "outline")]
        to: Form,
    },
    /// What is odd in laws: numbering, definitions, references to nowhere or to repealed units. Ends with failure when
    /// anything is found.
    Check {
        /// The laws.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// One JSON object per finding.
        #[arg(long)]
        json: bool,
        /// The law as it stood before: also tell which references and terms the change breaks.
        #[arg(long, value_name = "FILE")]
        before: Option<PathBuf>,
    },
    /// References, resolved to units; between the given laws too.
    Refs {
        /// The laws.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// One JSON object per reference.
        #[arg(long)]
        json: bool,
        /// Only references to this unit of the first law or what is in it: `khoản 2 Điều 5`.
        #[arg(long, value_name = "UNIT")]
        cited: Option<String>,
    },
    /// Compare two to four texts of a law: in force, submitted, after verification, …
    Diff {
        /// The texts, the one in force first.
        #[arg(required = true, num_args = 2..=4)]
        files: Vec<PathBuf>,
        /// As JSON.
        #[arg(long, conflicts_with = "to")]
        json: bool,
        /// What to write.
        #[arg(long, value_enum, default_value = "text")]
        to: Sheet,
        /// Units that are alike too.
        #[arg(long)]
        all: bool,
        /// Titles of the columns, in their order; else the names of the files.
        #[arg(long, value_name = "TITLE")]
        column: Vec<String>,
        /// Explanations for a last column: lines `unit<TAB>words`, the unit as `khoản 2 Điều 5` or its id.
        #[arg(long, value_name = "FILE")]
        explain: Option<PathBuf>,
    },
    /// The law as it stands, stood or will stand on a day.
    At {
        /// The day, as 2026-01-31.
        #[arg(long, value_parser = day)]
        date: Day,
        /// The law as first issued.
        base: PathBuf,
        /// The laws that amend it, in any order.
        amending: Vec<PathBuf>,
        /// What to write; `json` is the page: outline, paragraphs with links, history of units.
        #[arg(long, value_enum, default_value = "text")]
        to: Form,
    },
    /// The official consolidated text (Ordinance 01/2012/UBTVQH13), or single articles given as JSON lines.
    Consolidate {
        /// Rows {law, art, base_title, base, amending_texts}; answers {law, art, status, title, text, reasons}.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["date", "to"])]
        batch: Option<PathBuf>,
        /// Without --batch the law and its amending laws; with it whole laws that help to read the rows.
        #[arg(required_unless_present = "batch")]
        files: Vec<PathBuf>,
        /// Amendments in force on this day; without it all.
        #[arg(long, value_parser = day)]
        date: Option<Day>,
        /// What to write.
        #[arg(long, value_enum, default_value = "text")]
        to: Edition,
    },
    /// The amending law that makes the target of the base, or single articles given as JSON lines.
    Propose {
        /// Rows {law, art, base_title, base, title, consolidated}; answers {law, art, amending_text, roundtrip, text}.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["in_force", "renumber"])]
        batch: Option<PathBuf>,
        /// The law in force, and the law as it should read.
        #[arg(required_unless_present = "batch", num_args = 2)]
        files: Vec<PathBuf>,
        /// From which day it shall hold.
        #[arg(long, value_parser = day)]
        in_force: Option<Day>,
        /// Number new units as inserted ones (2a, Điều 12a) where the target numbers through.
        #[arg(long)]
        renumber: bool,
    },
}

/// In which form a law is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// Akoma Ntoso 3.0.
    Akn,
    /// The tree as JSON.
    Json,
    /// Parts, chapters and articles, one line each.
    Outline,
    /// The normalised text.
    Text,
    /// What an amending law commands, and what of it is left to a person: one JSON object each.
    Commands,
}

/// In which form a comparison is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Sheet {
    /// `[-old-]` and `{+new+}`.
    Text,
    /// A table as a fragment of a page.
    Html,
    /// A Word document.
    Docx,
    /// Data for the form `bang-so-sanh`.
    Paper,
    /// Rows as JSON.
    Json,
}

/// In which form a consolidated text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Edition {
    /// With footnotes at the end.
    Text,
    /// Lines and footnotes as JSON.
    Json,
    /// A Word document.
    Docx,
    /// Data for the form `van-ban-hop-nhat`.
    Paper,
    /// Akoma Ntoso 3.0 with its modifications.
    Akn,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).map_err(|e| e.to_string())
}

/// What a command may touch.
pub struct Desk<'a> {
    /// Opens a file for reading.
    pub open: &'a dyn Fn(&Path) -> io::Result<Box<dyn BufRead>>,
    /// Where answers go.
    pub out: &'a mut dyn Write,
    /// Where errors and remarks go.
    pub notes: &'a mut dyn Write,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All done, nothing found.
    Done,
    /// A file could not be read, a check found something, or something was left to a person; said in the notes.
    Failed,
}

/// Why a command stopped.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("{0}")]
    Told(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Does what the arguments say.
///
/// # Errors
/// Only when the answer or the notes cannot be written; everything else is an [`Ending`].
pub fn run(arguments: &Arguments, desk: &mut Desk) -> io::Result<Ending> {
    let ending = match job(&arguments.job, desk) {
        Ok(ending) => ending,
        Err(Stop::Io(error)) => return Err(error),
        Err(Stop::Told(message)) => {
            writeln!(desk.notes, "{message}")?;
            Ending::Failed
        }
    };
    desk.out.flush()?;
    Ok(ending)
}

fn job(job: &Job, desk: &mut Desk) -> Result<Ending, Stop> {
    match job {
        Job::Parse { files, to } => each(desk, files, |desk, file, read| show::parsed(desk, file, read, *to)),
        Job::Check { files, json, before } => {
            let before = before.as_deref().map(|file| law(desk, file)).transpose()?;
            each(desk, files, |desk, file, read| show::checked(desk, file, read, before.as_ref(), *json))
        }
        Job::Refs { files, json, cited } => {
            let laws = laws(desk, files)?;
            show::references_to(desk, files, &laws, cited.as_deref(), *json)
        }
        Job::Diff { files, json, to, all, column, explain } => {
            if files.len() == 4 && explain.is_some() {
                return Err(Stop::Told("diff writes four columns at most: three texts and their explanation".into()));
            }
            let laws = laws(desk, files)?;
            let explained = explain.as_deref().map(|file| text(desk, file)).transpose()?;
            let titles: Vec<String> = files
                .iter()
                .enumerate()
                .map(|(i, f)| column.get(i).cloned().unwrap_or_else(|| f.display().to_string()))
                .collect();
            let to = if *json { Sheet::Json } else { *to };
            show::difference(desk, &titles, &laws, explained.as_deref(), to, *all)
        }
        Job::At { date, base, amending, to } => {
            let (base, amending) = (law(desk, base)?, laws(desk, amending)?);
            let (enactments, got) = folded(&base, &amending, Some(*date));
            show::at(desk, &base, &enactments, &got, *date, *to)
        }
        Job::Consolidate { batch: Some(rows), files, .. } => {
            let laws = laws(desk, files)?;
            batch::run(desk, rows, |line| batch::consolidated(line, &laws))
        }
        Job::Consolidate { batch: None, files, date, to } => {
            let all = laws(desk, files)?;
            let Some((base, amending)) = all.split_first() else { return Ok(Ending::Failed) };
            let (_, got) = folded(base, amending, *date);
            show::official(desk, &got, amending, *date, *to)
        }
        Job::Propose { batch: Some(rows), .. } => batch::run(desk, rows, batch::proposed),
        Job::Propose { batch: None, files, in_force, renumber } => {
            let laws = laws(desk, files)?;
            let [base, target] = &laws[..] else {
                return Err(Stop::Told(
                    "propose needs two files: the law in force and the law as it should read".into(),
                ));
            };
            show::proposal(desk, base, target.clone(), *in_force, *renumber)
        }
    }
}

fn folded(base: &Law, amending: &[Law], day: Option<Day>) -> (Vec<Enactment>, Consolidated) {
    let enactments = enactments(amending);
    let got = consolidate(base, &enactments, day);
    (enactments, got)
}

/// Does the work for every file that can be read; the others are told.
fn each(
    desk: &mut Desk,
    files: &[PathBuf],
    mut work: impl FnMut(&mut Desk, &Path, Document) -> Result<Ending, Stop>,
) -> Result<Ending, Stop> {
    let mut ending = Ending::Done;
    for file in files {
        let done = match document(desk, file) {
            Ok(read) => work(desk, file, read)?,
            Err(message) => {
                writeln!(desk.notes, "{message}")?;
                Ending::Failed
            }
        };
        ending = if done == Ending::Failed { done } else { ending };
    }
    Ok(ending)
}

/// A file's bytes, at most [`LARGEST`] and one.
fn bytes(desk: &Desk, file: &Path) -> Result<Vec<u8>, String> {
    use io::Read as _;
    let told = |e: io::Error| format!("{}: {e}", file.display());
    let mut out = Vec::new();
    (desk.open)(file).and_then(|from| from.take(LARGEST as u64 + 1).read_to_end(&mut out)).map_err(told)?;
    Ok(out)
}

fn document(desk: &Desk, file: &Path) -> Result<Document, String> {
    let told = |e: crate::source::Unreadable| format!("{}: {e}", file.display());
    crate::source::read(&bytes(desk, file)?).map_err(told)
}

fn law(desk: &Desk, file: &Path) -> Result<Law, Stop> {
    document(desk, file).map(|d| d.parsed.law).map_err(Stop::Told)
}

fn laws(desk: &Desk, files: &[PathBuf]) -> Result<Vec<Law>, Stop> {
    files.iter().map(|file| law(desk, file)).collect()
}

fn text(desk: &Desk, file: &Path) -> Result<String, Stop> {
    let told = |_| Stop::Told(format!("{}: no UTF-8 text: save it as UTF-8", file.display()));
    String::from_utf8(bytes(desk, file).map_err(Stop::Told)?).map_err(told)
}

#[cfg(test)]
mod tests;
