//! `dienhong verify`: recompute every hash and rebuild every projection beside the live one.

use crate::{config::Config, wire::House};
use journal::{Report, Summary};
use std::process::ExitCode;

/// How to report.
#[derive(clap::Args)]
pub struct Arguments {
    /// Print one JSON object per finding, and the summary as the last one.
    #[arg(long)]
    json: bool,
    /// Do not show progress.
    #[arg(long)]
    quiet: bool,
}

/// Ends with failure when anything was found. May run beside a serving program.
pub async fn run(arguments: Arguments, config: Config) -> anyhow::Result<ExitCode> {
    let house = House::open(&config).await?;
    let mut show = |report: Report| match report {
        Report::Finding(finding) if arguments.json => {
            println!("{}", serde_json::json!({"place": finding.place, "what": finding.what}));
        }
        Report::Finding(finding) => println!("FOUND  {finding}"),
        Report::Progress { stage, done, total } if !arguments.quiet => eprintln!("{stage}: {done} of {total}"),
        Report::Progress { .. } => {}
    };
    let summary = house.journal.verify(&mut show).await?;
    tell(&arguments, &summary);
    house.journal.close().await;
    Ok(if summary.clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(arguments: &Arguments, s: &Summary) {
    if arguments.json {
        println!(
            "{}",
            serde_json::json!({"acts": s.acts, "streams": s.streams, "heads": s.heads, "rows": s.rows, "blobs": s.blobs,
                "findings": s.findings})
        );
        return;
    }
    println!(
        "{} acts in {} streams, {} signed tree heads, {} rows of projections, {} blobs: {}",
        s.acts,
        s.streams,
        s.heads,
        s.rows,
        s.blobs,
        if s.clean() { "everything is as it was recorded".to_owned() } else { format!("{} findings", s.findings) }
    );
}
