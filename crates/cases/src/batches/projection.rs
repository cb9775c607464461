//! The tables of approvals. Pure: an act in, rows out.

use crate::acts::{BatchApproved, BatchContinued, BatchLinePassedOver, BatchLineSigned, BatchStopped};
use journal::{Column, Index, Projection, Rows, Table, Value};
use kernel::{Act, ActBody, Problem};
use serde_json::json;

/// One row for each approval, one for each of its documents.
#[derive(Debug)]
pub struct Batches;

const BATCH: Table = Table {
    name: "batch",
    columns: &[
        Column::text("batch_id"),
        Column::text("person"),
        Column::int("grade"),
        Column::int("at"),
        Column::int("ends"),
        Column::int("moved_at"),
        Column::text("stopped").nullable(),
    ],
    key: &["batch_id"],
    indexes: &[Index { columns: &["person", "at"] }],
};
const LINE: Table = Table {
    name: "batch_line",
    columns: &[
        Column::text("batch_id"),
        Column::int("place"),
        Column::text("case_id"),
        Column::int("case_version"),
        Column::text("doc_key"),
        Column::text("document"),
        Column::int("document_version"),
        Column::int("number"),
        Column::text("sha256"),
        Column::text("state"),
        Column::text("code").nullable(),
        Column::text("args").nullable(),
    ],
    key: &["batch_id", "place"],
    indexes: &[],
};

fn read<B: ActBody>(act: &Act) -> Result<Option<B>, Problem> {
    act.read::<B>().map_err(|why| Problem::fault(format!("{} {} does not read: {why}", act.stream, act.version)))
}

impl Projection for Batches {
    fn name(&self) -> &'static str {
        "batches"
    }
    fn tables(&self) -> &'static [Table] {
        &[BATCH, LINE]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.stream.kind() != "batch" {
            return Ok(());
        }
        let id = act.stream.id();
        if let Some(approved) = read::<BatchApproved>(act)? {
            put(id, act, approved, rows);
            return Ok(());
        }
        let mut patch = vec![("moved_at", act.at.into())];
        if let Some(continued) = read::<BatchContinued>(act)? {
            patch.extend([("ends", continued.ends.into()), ("stopped", Value::Null)]);
        }
        if let Some(stopped) = read::<BatchStopped>(act)? {
            patch.push(("stopped", stopped.why.into()));
        }
        rows.patch(&BATCH, [id.into()], patch);
        if let Some(signed) = read::<BatchLineSigned>(act)? {
            rows.patch(&LINE, [id.into(), signed.place.into()], [("state", "signed".into())]);
        }
        if let Some(passed) = read::<BatchLinePassedOver>(act)? {
            let args = Value::json(&json!(passed.args))?;
            let patch = [("state", "passed".into()), ("code", passed.code.into()), ("args", args)];
            rows.patch(&LINE, [id.into(), passed.place.into()], patch);
        }
        Ok(())
    }
}

fn put(id: &str, act: &Act, approved: BatchApproved, rows: &mut Rows) {
    rows.put(
        &BATCH,
        [
            ("batch_id", id.into()),
            ("person", (&approved.person).into()),
            ("grade", act.grade.into()),
            ("at", act.at.into()),
            ("ends", approved.ends.into()),
            ("moved_at", act.at.into()),
        ],
    );
    for (place, line) in (0_i64..).zip(approved.lines) {
        rows.put(
            &LINE,
            [
                ("batch_id", id.into()),
                ("place", place.into()),
                ("case_id", (&line.case).into()),
                ("case_version", line.case_version.into()),
                ("doc_key", line.key.into()),
                ("document", (&line.document).into()),
                ("document_version", line.document_version.into()),
                ("number", line.number.into()),
                ("sha256", line.sha256.into()),
                ("state", "open".into()),
            ],
        );
    }
}
