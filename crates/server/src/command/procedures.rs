//! `dienhong procedures check`: read and check declared procedures.

use anyhow::Context;
use procedure::Catalogue;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do with the procedures.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Check every procedure: that it reads, ends, and has an owner and a deadline wherever it waits. What is wrong is
    /// said in Vietnamese, then in English.
    Check {
        /// A folder in place of the procedures that the program carries.
        folder: Option<PathBuf>,
    },
    /// List them: field, code, version, title.
    List,
}

/// Ends with failure when a procedure is wrong.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.what {
        What::Check { folder } => {
            let catalogue = Catalogue::load(folder.as_deref()).context("the procedures do not load")?;
            for problem in catalogue.problems() {
                println!("{problem}");
            }
            let (read, wrong) = (catalogue.newest().count(), catalogue.problems().len());
            println!(
                "Đọc được {read} quy trình, {wrong} điều phải sửa.\n    {read} procedures read, {wrong} problems."
            );
            Ok(if catalogue.problems().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        What::List => {
            for p in Catalogue::load(None)?.newest() {
                println!("{}\t{}\t{}\t{}", p.field.code(), p.id, p.version, p.title.vi);
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}
