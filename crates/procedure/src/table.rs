//! The catalogue as a table that people read: `docs/procedures.md`.
//!
//! A test fails when the committed table is not what the catalogue gives; `cargo run -p dienhong-procedure --example
//! table` writes it anew.

use crate::{
    Catalogue, explain,
    model::{Procedure, Work},
};
use std::fmt::Write;

const HEAD: &str = "\
# Danh mục quy trình · The catalogue of procedures

Generated from `procedures/` by `cargo run -p dienhong-procedure --example table`; do not edit.

“Chưa kiểm chứng” / “not verified” counts the deadlines and ballot rules that nobody has read in their legal source yet;
pages mark each of them. A procedure whose order of steps was not read is marked with ◇.
";

/// The whole table.
pub fn markdown(catalogue: &Catalogue) -> String {
    let mut out = String::from(HEAD);
    let _ = writeln!(out, "\n{} quy trình · procedures.", catalogue.newest().count());
    for work in Work::ALL {
        let title = work.title();
        let _ = write!(
            out,
            "\n## {} · {}\n\n\
             | Quy trình · Procedure | Bản · Version | Từ ngày · From | Bước · Steps | Chưa kiểm chứng · Not verified | Căn cứ · Basis |\n\
             |---|---|---|---|---|---|\n",
            title.vi, title.en
        );
        for procedure in catalogue.of_field(work) {
            row(&mut out, procedure);
        }
    }
    out
}

fn row(out: &mut String, procedure: &Procedure) {
    let mark = if procedure.verified { "" } else { " ◇" };
    let steps: Vec<&str> = procedure.steps.iter().map(|step| step.title.vi.as_str()).collect();
    let _ = writeln!(
        out,
        "| {}{mark}<br>{}<br>`{}` | {} | {} | {} | {} | {} |",
        cell(&procedure.title.vi),
        cell(&procedure.title.en),
        procedure.id,
        procedure.version,
        procedure.valid_from.short(),
        cell(&steps.join(" → ")),
        cell(&unverified(procedure)),
        cell(&procedure.basis.join("; ")),
    );
}

/// The deadlines and rules that are not verified, in words.
fn unverified(procedure: &Procedure) -> String {
    let mut out = Vec::new();
    for step in &procedure.steps {
        if let Some(deadline) = step.deadline.as_ref().filter(|d| !d.source.verified) {
            out.push(format!("{}: {}", step.title.vi, explain::deadline(procedure, deadline).vi));
        }
        if let Some(ballot) = step.ballot.as_ref().filter(|b| !b.source.verified) {
            out.push(format!("{}: {}", step.title.vi, ballot.threshold.explain().vi));
        }
    }
    match out.len() {
        0 => "–".to_owned(),
        n => format!("{n}: {}", out.join("; ")),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
