//! `dienhong paper`: print a paper (PDF/A) from its data, such as `dienhong law … --to paper` writes.

use anyhow::Context;
use kernel::{Clock, SystemClock};
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;
use typeset::{Options, Papers};

/// Which form, from what, to where.
#[derive(clap::Args)]
pub struct Arguments {
    /// The form: `van-ban-hop-nhat`, `bang-so-sanh`, …; the forms stand in `papers/`.
    form: String,
    /// The data as JSON; `-` is standard input.
    #[arg(default_value = "-")]
    data: PathBuf,
    /// The PDF to write.
    #[arg(long, short)]
    out: PathBuf,
}

/// Prints it.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut text = String::new();
    if arguments.data.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
    } else {
        text = std::fs::read_to_string(&arguments.data)
            .with_context(|| format!("cannot read {}", arguments.data.display()))?;
    }
    let data = serde_json::from_str(&text).context("the data is no JSON")?;
    let papers = Papers::load(&Options::default()).context("the papers' forms or fonts do not load")?;
    let paper = papers.render(&arguments.form, &data, SystemClock.now())?;
    std::fs::write(&arguments.out, &paper.pdf).with_context(|| format!("cannot write {}", arguments.out.display()))?;
    eprintln!("{}: {} pages", arguments.out.display(), paper.pages);
    Ok(ExitCode::SUCCESS)
}
