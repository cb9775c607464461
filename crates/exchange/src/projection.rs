//! Tables derived from the acts of the hub. Pure: an act in, row operations out.

use crate::acts::{AgencyRegistered, AgencyRemoved, DeliveryNoted, PackageTaken, SealedSecret, SystemAdmitted};
use journal::{Column, Index, Projection, Rows, Table, Value};
use kernel::{Act, Problem};
use serde::Deserialize;

/// Systems, agencies, packages and inboxes.
#[derive(Debug)]
pub struct Axis;

const SYSTEM: Table = Table {
    name: "axis_system",
    columns: &[Column::text("system"), Column::text("name"), Column::int("quota"), Column::text("secret").nullable()],
    key: &["system"],
    indexes: &[],
};
const AGENCY: Table = Table {
    name: "axis_agency",
    columns: &[
        Column::text("code"),
        Column::text("parent"),
        Column::text("name"),
        Column::text("mail"),
        Column::text("mobile"),
        Column::text("fax"),
        Column::text("system"),
        Column::int("deleted"),
        Column::int("version"),
        Column::int("changed_at"),
    ],
    key: &["code"],
    indexes: &[],
};
const PACKAGE: Table = Table {
    name: "axis_package",
    columns: &[
        Column::text("package"),
        Column::text("message"),
        Column::text("sender"),
        Column::text("sender_system"),
        Column::text("title"),
        Column::text("notation"),
        Column::text("document"),
        Column::text("blob"),
        Column::int("length"),
        Column::int("at"),
    ],
    key: &["package"],
    indexes: &[Index { columns: &["document"] }],
};
const DELIVERY: Table = Table {
    name: "axis_delivery",
    columns: &[
        Column::text("package"),
        Column::text("code"),
        Column::text("system"),
        Column::text("message"),
        Column::text("sender"),
        Column::text("sender_system"),
        Column::text("status"),
        Column::int("waiting"),
        Column::int("created_at"),
        Column::int("updated_at"),
    ],
    key: &["package", "code"],
    indexes: &[
        Index { columns: &["system", "message", "waiting", "created_at"] },
        Index { columns: &["sender_system", "message", "created_at"] },
    ],
};
const USAGE: Table = Table {
    name: "axis_usage",
    columns: &[Column::text("system"), Column::text("day"), Column::int("packages")],
    key: &["system", "day"],
    indexes: &[],
};

impl Projection for Axis {
    fn name(&self) -> &'static str {
        "axis"
    }
    fn tables(&self) -> &'static [Table] {
        &[SYSTEM, AGENCY, PACKAGE, DELIVERY, USAGE]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if !act.kind.starts_with("axis.") {
            return Ok(());
        }
        if let Some(admitted) = act.read::<SystemAdmitted>().map_err(Problem::fault)? {
            let secret = act.private.as_ref().and_then(|private| SealedSecret::deserialize(private).ok());
            rows.put(
                &SYSTEM,
                [
                    ("system", admitted.id.into()),
                    ("name", admitted.name.into()),
                    ("quota", admitted.quota.into()),
                    ("secret", secret.map(|secret| secret.sealed).into()),
                ],
            );
        } else if let Some(agency) = act.read::<AgencyRegistered>().map_err(Problem::fault)? {
            register(act, agency, rows);
        } else if let Some(removed) = act.read::<AgencyRemoved>().map_err(Problem::fault)? {
            let gone = [("deleted", 1.into()), ("version", act.version.into()), ("changed_at", act.at.into())];
            rows.patch(&AGENCY, [removed.code.into()], gone);
        } else if let Some(taken) = act.read::<PackageTaken>().map_err(Problem::fault)? {
            take(act, taken, rows);
        } else if let Some(noted) = act.read::<DeliveryNoted>().map_err(Problem::fault)? {
            let waiting = i64::from(noted.status == "processing");
            for code in noted.codes {
                let key = [Value::from(noted.id.clone()), code.into()];
                let status = Value::from(noted.status.clone());
                rows.patch(
                    &DELIVERY,
                    key,
                    [("status", status), ("waiting", waiting.into()), ("updated_at", act.at.into())],
                );
            }
        }
        Ok(())
    }
}

fn register(act: &Act, agency: AgencyRegistered, rows: &mut Rows) {
    rows.put(
        &AGENCY,
        [
            ("code", agency.code.into()),
            ("parent", agency.parent.into()),
            ("name", agency.name.into()),
            ("mail", agency.mail.into()),
            ("mobile", agency.mobile.into()),
            ("fax", agency.fax.into()),
            ("system", agency.system.into()),
            ("deleted", 0.into()),
            ("version", act.version.into()),
            ("changed_at", act.at.into()),
        ],
    );
}

fn take(act: &Act, taken: PackageTaken, rows: &mut Rows) {
    for party in taken.to {
        rows.put(
            &DELIVERY,
            [
                ("package", taken.id.clone().into()),
                ("code", party.code.into()),
                ("system", party.system.into()),
                ("message", taken.message.clone().into()),
                ("sender", taken.from.code.clone().into()),
                ("sender_system", taken.from.system.clone().into()),
                ("status", "initial".into()),
                ("waiting", 1.into()),
                ("created_at", act.at.into()),
                ("updated_at", act.at.into()),
            ],
        );
    }
    rows.add(&USAGE, [taken.from.system.clone().into(), act.at.day().to_string().into()], "packages", 1);
    rows.put(
        &PACKAGE,
        [
            ("package", taken.id.into()),
            ("message", taken.message.into()),
            ("sender", taken.from.code.into()),
            ("sender_system", taken.from.system.into()),
            ("title", taken.title.into()),
            ("notation", taken.notation.into()),
            ("document", taken.document.into()),
            ("blob", taken.blob.to_string().into()),
            ("length", taken.length.into()),
            ("at", act.at.into()),
        ],
    );
}
