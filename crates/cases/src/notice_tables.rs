//! Tables of notices, and of how people want letters. Pure: an act in, rows out.

use crate::acts::{CertificateEnding, MatterRaised, NoticeRaised, NoticesChosen, NoticesRead};
use journal::{Column, Index, PrivateErased, Projection, Rows, Table, Value};
use kernel::{Act, ActBody, Problem};

/// One row for each notice and person, and one for each person's choice.
#[derive(Debug)]
pub struct Notices;

const NOTICE: Table = Table {
    name: "notice",
    columns: &[
        Column::text("person"),
        Column::text("id"),
        // What it is about: a case, a certificate that ends, or another matter by its stream.
        Column::text("case_id").nullable(),
        Column::text("certificate").nullable(),
        Column::text("matter").nullable(),
        Column::text("what"),
        Column::int("due"),
        Column::int("at"),
        Column::int("grade"),
        Column::int("unread"),
    ],
    key: &["person", "id"],
    indexes: &[Index { columns: &["person", "at"] }, Index { columns: &["person", "unread"] }],
};
const CHOICE: Table = Table {
    name: "notice_choice",
    columns: &[Column::text("person"), Column::text("mail"), Column::int("hour"), Column::text("address").nullable()],
    key: &["person"],
    indexes: &[],
};

impl Projection for Notices {
    fn name(&self) -> &'static str {
        "notices"
    }
    fn tables(&self) -> &'static [Table] {
        &[NOTICE, CHOICE]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        match (act.stream.kind(), act.kind.as_str()) {
            ("notice", NoticeRaised::KIND) => {
                let Some(raised) = act.read::<NoticeRaised>().map_err(Problem::fault)? else { return Ok(()) };
                for person in raised.to {
                    rows.put(
                        &NOTICE,
                        [
                            ("person", person.into()),
                            ("id", act.stream.id().into()),
                            ("case_id", (&raised.case).into()),
                            ("what", raised.what.as_str().into()),
                            ("due", raised.due.into()),
                            ("at", act.at.into()),
                            ("grade", act.grade.into()),
                            ("unread", true.into()),
                        ],
                    );
                }
            }
            ("notice", CertificateEnding::KIND) => {
                let Some(ending) = act.read::<CertificateEnding>().map_err(Problem::fault)? else { return Ok(()) };
                for person in ending.to {
                    rows.put(
                        &NOTICE,
                        [
                            ("person", person.into()),
                            ("id", act.stream.id().into()),
                            ("certificate", ending.certificate.as_str().into()),
                            ("what", format!("certificate-{}", ending.days).into()),
                            ("due", ending.until.into()),
                            ("at", act.at.into()),
                            ("grade", act.grade.into()),
                            ("unread", true.into()),
                        ],
                    );
                }
            }
            ("notice", MatterRaised::KIND) => {
                let Some(raised) = act.read::<MatterRaised>().map_err(Problem::fault)? else { return Ok(()) };
                for person in raised.to {
                    rows.put(
                        &NOTICE,
                        [
                            ("person", person.into()),
                            ("id", act.stream.id().into()),
                            ("matter", raised.matter.as_str().into()),
                            ("what", raised.what.as_str().into()),
                            ("due", raised.since.into()),
                            ("at", act.at.into()),
                            ("grade", act.grade.into()),
                            ("unread", true.into()),
                        ],
                    );
                }
            }
            ("notices", NoticesRead::KIND) => {
                let Some(read) = act.read::<NoticesRead>().map_err(Problem::fault)? else { return Ok(()) };
                for id in read.ids {
                    rows.patch(&NOTICE, [act.stream.id().into(), id.into()], [("unread", false.into())]);
                }
            }
            ("notices", NoticesChosen::KIND) => {
                let Some(chosen) = act.read::<NoticesChosen>().map_err(Problem::fault)? else { return Ok(()) };
                let address = act.private.as_ref().and_then(|private| private.get("address")?.as_str());
                let row = [
                    ("person", act.stream.id().into()),
                    ("mail", chosen.mail.into()),
                    ("hour", chosen.hour.into()),
                    ("address", address.into()),
                ];
                rows.put(&CHOICE, row);
            }
            ("notices", PrivateErased::KIND) => {
                rows.patch(&CHOICE, [act.stream.id().into()], [("address", Value::Null)]);
            }
            _ => {}
        }
        Ok(())
    }
}
