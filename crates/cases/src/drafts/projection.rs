//! Tables of the versions that stand and of the drafts. Pure: an act in, rows out.

use super::acts::{Adopted, DraftChecked, DraftSaved, DraftWithdrawn, Recorded};
use journal::{Column, Index, Projection, Rows, Table, Value};
use kernel::{Act, ActBody, Problem};

/// One row for each version of a procedure, with its text.
#[derive(Debug)]
pub struct ProcedureVersions;
/// One row for each draft.
#[derive(Debug)]
pub struct ProcedureDrafts;

const VERSION: Table = Table {
    name: "procedure_version",
    columns: &[
        Column::text("procedure"),
        Column::int("number"),
        Column::int("adopted"),
        Column::text("body"),
        Column::text("sha256"),
        Column::int("act_version"),
        Column::text("who"),
        Column::int("at"),
    ],
    key: &["procedure", "number"],
    indexes: &[],
};
const DRAFT: Table = Table {
    name: "procedure_draft",
    columns: &[
        Column::text("draft_id"),
        Column::text("procedure"),
        Column::text("title"),
        Column::text("state"),
        Column::text("who"),
        Column::int("changed_at"),
    ],
    key: &["draft_id"],
    indexes: &[Index { columns: &["state", "changed_at"] }],
};

fn read<B: ActBody>(act: &Act) -> Result<Option<B>, Problem> {
    act.read::<B>().map_err(|why| Problem::fault(format!("{} {} does not read: {why}", act.stream, act.version)))
}

impl Projection for ProcedureVersions {
    fn name(&self) -> &'static str {
        "procedure-versions"
    }
    fn tables(&self) -> &'static [Table] {
        &[VERSION]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.stream.kind() != "procedure" {
            return Ok(());
        }
        let stands = match read::<Adopted>(act)? {
            Some(e) => Some((e.version, e.text, e.sha256, true)),
            None => read::<Recorded>(act)?.map(|e| (e.version, e.text, e.sha256, false)),
        };
        if let Some((version, text, sha256, adopted)) = stands {
            rows.put(
                &VERSION,
                [
                    ("procedure", version.id.into()),
                    ("number", version.version.into()),
                    ("adopted", adopted.into()),
                    ("body", text.into()),
                    ("sha256", sha256.into()),
                    ("act_version", act.version.into()),
                    ("who", act.actor.who.as_str().into()),
                    ("at", act.at.into()),
                ],
            );
        }
        Ok(())
    }
}

impl Projection for ProcedureDrafts {
    fn name(&self) -> &'static str {
        "procedure-drafts"
    }
    fn tables(&self) -> &'static [Table] {
        &[DRAFT]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        let (key, state) = match act.stream.kind() {
            "procedure-draft" => {
                let state = match act.kind.as_str() {
                    DraftSaved::KIND => "open",
                    DraftChecked::KIND => "checked",
                    DraftWithdrawn::KIND => "withdrawn",
                    _ => return Ok(()),
                };
                (act.stream.id().to_owned(), state)
            }
            "procedure" => match read::<Adopted>(act)? {
                Some(adopted) => (adopted.draft, "adopted"),
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        if let Some(saved) = read::<DraftSaved>(act)? {
            rows.put(
                &DRAFT,
                [
                    ("draft_id", key.into()),
                    ("procedure", saved.procedure.into()),
                    ("title", saved.title.into()),
                    ("state", state.into()),
                    ("who", act.actor.who.as_str().into()),
                    ("changed_at", act.at.into()),
                ],
            );
            return Ok(());
        }
        let patch: Vec<(&'static str, Value)> = vec![("state", state.into()), ("changed_at", act.at.into())];
        rows.patch(&DRAFT, [Value::from(key)], patch);
        Ok(())
    }
}
