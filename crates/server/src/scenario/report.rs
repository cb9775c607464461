//! What the walk left: a report for people and one for programs.

use anyhow::Context;
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// One walk.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The storage engine.
    pub storage: &'static str,
    /// How long it took, in milliseconds.
    pub took_ms: u128,
    /// How many pages were shown.
    pub pages_shown: usize,
    /// How many different ones were kept.
    pub pages_kept: usize,
    /// Acts in the journal at the end.
    pub acts: i64,
    /// Each resolution.
    pub resolutions: Vec<Resolution>,
}

/// One resolution, carried through.
#[derive(Debug, Serialize)]
pub struct Resolution {
    /// The number as written.
    pub number: String,
    /// The subject.
    pub subject: String,
    /// The procedure.
    pub procedure: &'static str,
    /// The case's address.
    pub case: String,
    /// The public address.
    pub address: String,
    /// The file with the paper.
    pub pdf: String,
    /// Its SHA-256.
    pub sha256: String,
    /// The text as drafted, in order: every one of these must be found in the paper.
    pub text: Vec<String>,
    /// What was seen to hold, in words.
    pub seen: Vec<String>,
}

impl Report {
    /// Writes `report.json` and `report.md`.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save(&self, folder: &Path) -> anyhow::Result<()> {
        let write = |name: &str, text: String| {
            std::fs::write(folder.join(name), text)
                .with_context(|| format!("cannot write {name} in {}", folder.display()))
        };
        write("report.json", serde_json::to_string_pretty(self)?)?;
        write("report.md", self.in_words()?)
    }

    fn in_words(&self) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        writeln!(out, "# Năm nghị quyết, từ tờ trình đến công bố\n")?;
        writeln!(
            out,
            "Lưu trữ: {}. {} bút lục, {} trang đã mở, {:.1} giây. Mọi việc làm qua trang web, mỗi người một trình duyệt.\n",
            self.storage,
            self.acts,
            self.pages_shown,
            self.took_ms as f64 / 1000.0
        )?;
        for resolution in &self.resolutions {
            writeln!(out, "## {}\n\n{}\n", resolution.number, resolution.subject)?;
            writeln!(out, "Văn bản: `{}` (SHA-256 `{}`)\n", resolution.pdf, resolution.sha256)?;
            for seen in &resolution.seen {
                writeln!(out, "- {seen}")?;
            }
            writeln!(out)?;
        }
        Ok(out)
    }
}
