//! Tables of the directories of axes, and of the names of recipients.

use super::read;
use crate::office::acts;
use journal::{Column, Index, Projection, Rows, Table, Value};
use kernel::{Act, Problem, text};

/// The directories of axes, and the names of recipients.
#[derive(Debug)]
pub(crate) struct Correspondents;

const AGENCY: Table = Table {
    name: "correspondent",
    columns: &[
        Column::text("transport"),
        Column::text("code"),
        Column::text("old_code"),
        Column::text("parent"),
        Column::text("name"),
        Column::text("search_fold"),
        Column::text("name_fold"),
        Column::text("mail"),
        Column::int("gone"),
        Column::int("changed_at"),
    ],
    key: &["transport", "code"],
    indexes: &[Index { columns: &["name_fold"] }, Index { columns: &["code"] }],
};
const SYNCHRONISED: Table = Table {
    name: "correspondent_sync",
    columns: &[Column::text("transport"), Column::int("at"), Column::int("total")],
    key: &["transport"],
    indexes: &[],
};
const NAME: Table = Table {
    name: "recipient_name",
    columns: &[
        Column::text("name_fold"),
        Column::text("name"),
        Column::text("code"),
        Column::text("actor"),
        Column::int("at"),
    ],
    key: &["name_fold"],
    indexes: &[],
};

impl Projection for Correspondents {
    fn name(&self) -> &'static str {
        "exchange_correspondents"
    }
    fn tables(&self) -> &'static [Table] {
        &[AGENCY, SYNCHRONISED, NAME]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.stream.kind() == "agencies"
            && let Some(body) = read::<acts::Synchronised>(act)?
        {
            let transport = || Value::from(act.stream.id());
            for agency in &body.changed {
                let search = format!("{} {} {}", agency.code, agency.old_code, agency.name);
                rows.put(
                    &AGENCY,
                    [
                        ("transport", transport()),
                        ("code", (&agency.code).into()),
                        ("old_code", (&agency.old_code).into()),
                        ("parent", (&agency.parent).into()),
                        ("name", (&agency.name).into()),
                        ("search_fold", text::fold(&search).into()),
                        ("name_fold", text::fold(&agency.name).into()),
                        ("mail", (&agency.mail).into()),
                        ("gone", 0.into()),
                        ("changed_at", act.at.into()),
                    ],
                );
            }
            for code in &body.removed {
                let gone = [("gone", 1.into()), ("changed_at", act.at.into())];
                rows.patch(&AGENCY, [transport(), code.into()], gone);
            }
            let row = [("transport", transport()), ("at", act.at.into()), ("total", body.total.into())];
            rows.put(&SYNCHRONISED, row);
        } else if act.stream.kind() == "recipient"
            && let Some(body) = read::<acts::Mapped>(act)?
        {
            let fold = text::fold(&body.name);
            if body.code.is_empty() {
                rows.delete(&NAME, [fold.into()]);
            } else {
                let row = [("name", body.name.into()), ("code", body.code.into()), ("actor", (&act.actor.who).into())];
                rows.put(&NAME, [("name_fold", fold.into()), ("at", act.at.into())].into_iter().chain(row));
            }
        }
        Ok(())
    }
}
