//! Tables of devices that enrol by themselves, and of their orders.

use super::{private_text, read};
use crate::acts::{
    AcmeNameProven, AcmeNameRefused, AcmeOrderFilled, AcmeOrderPlaced, DeviceAccountClosed, DeviceAccountOpened,
    DeviceAdmitted, DeviceEnded, DeviceKeyChanged,
};
use journal::{Column, Index, Projection, Rows, Table, Value};
use kernel::{Act, ActBody, Problem};
use serde_json::json;

/// Devices and servers that were admitted, each with its account.
pub const DEVICE: Table = Table {
    name: "device",
    columns: &[
        Column::text("id"),
        Column::text("name"),
        Column::text("body"),
        // The DNS names, one a line.
        Column::text("names"),
        Column::text("address").nullable(),
        Column::text("profile"),
        Column::int("until"),
        Column::text("basis"),
        Column::text("admitted_by").nullable(),
        Column::int("admitted"),
        Column::text("secret").nullable(),
        Column::text("account_key").nullable(),
        Column::text("thumbprint").nullable(),
        Column::int("opened").nullable(),
        Column::int("closed").nullable(),
        Column::int("ended").nullable(),
        Column::text("reason").nullable(),
        Column::int("version"),
    ],
    key: &["id"],
    indexes: &[Index { columns: &["thumbprint"] }, Index { columns: &["admitted"] }],
};

/// Orders of certificates.
pub const ACME_ORDER: Table = Table {
    name: "acme_order",
    columns: &[
        Column::text("id"),
        Column::text("device"),
        Column::int("placed"),
        Column::int("until"),
        Column::int("refused").nullable(),
        Column::text("certificate").nullable(),
        Column::int("version"),
    ],
    key: &["id"],
    indexes: &[Index { columns: &["device", "placed"] }],
};

/// The names of orders.
pub const ACME_NAME: Table = Table {
    name: "acme_name",
    columns: &[
        Column::text("order_id"),
        Column::int("place"),
        Column::text("name"),
        Column::text("token"),
        Column::int("proven").nullable(),
        Column::text("refused_kind").nullable(),
        Column::text("refused_why").nullable(),
        Column::int("answered").nullable(),
    ],
    key: &["order_id", "place"],
    indexes: &[],
};

/// Tables `device`, `acme_order` and `acme_name`.
pub struct Devices;

impl Projection for Devices {
    fn name(&self) -> &'static str {
        "directory-devices"
    }
    fn tables(&self) -> &'static [Table] {
        &[DEVICE, ACME_ORDER, ACME_NAME]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        match act.stream.kind() {
            "device" => of_device(act, rows),
            "acme-order" => of_order(act, rows),
            _ => Ok(()),
        }
    }
}

fn of_device(act: &Act, rows: &mut Rows) -> Result<(), Problem> {
    let key = [Value::from(act.stream.id())];
    let version = ("version", Value::Int(act.version));
    match act.kind.as_str() {
        DeviceAdmitted::KIND => {
            let admitted: DeviceAdmitted = read(act)?;
            let profile = json!(admitted.profile).as_str().unwrap_or_default().to_owned();
            rows.put(
                &DEVICE,
                [
                    ("id", admitted.device.into()),
                    ("name", admitted.name.into()),
                    ("body", admitted.body.into()),
                    ("names", admitted.names.join("\n").into()),
                    ("address", admitted.address.into()),
                    ("profile", profile.into()),
                    ("until", admitted.until.into()),
                    ("basis", admitted.basis.text.into()),
                    ("admitted_by", act.actor.person().map(str::to_owned).into()),
                    ("admitted", act.at.into()),
                    ("secret", private_text(act, "sealed_key").into()),
                    version,
                ],
            );
        }
        DeviceEnded::KIND => {
            let ended: DeviceEnded = read(act)?;
            // The secret opens nothing any more.
            let change = [("ended", act.at.into()), ("reason", ended.reason.into()), ("secret", Value::Null), version];
            rows.patch(&DEVICE, key, change);
        }
        DeviceAccountOpened::KIND => {
            let opened: DeviceAccountOpened = read(act)?;
            let change = [
                ("account_key", opened.key.into()),
                ("thumbprint", opened.thumbprint.into()),
                ("opened", act.at.into()),
                version,
            ];
            rows.patch(&DEVICE, key, change);
        }
        DeviceKeyChanged::KIND => {
            let changed: DeviceKeyChanged = read(act)?;
            let change = [("account_key", changed.key.into()), ("thumbprint", changed.thumbprint.into()), version];
            rows.patch(&DEVICE, key, change);
        }
        DeviceAccountClosed::KIND => rows.patch(&DEVICE, key, [("closed", act.at.into()), version]),
        _ => {}
    }
    Ok(())
}

fn of_order(act: &Act, rows: &mut Rows) -> Result<(), Problem> {
    let key = [Value::from(act.stream.id())];
    let version = ("version", Value::Int(act.version));
    match act.kind.as_str() {
        AcmeOrderPlaced::KIND => {
            let placed: AcmeOrderPlaced = read(act)?;
            for (place, ordered) in placed.names.into_iter().enumerate() {
                let name = [
                    ("order_id", placed.order.as_str().into()),
                    ("place", Value::Int(i64::try_from(place).unwrap_or(i64::MAX))),
                    ("name", ordered.name.into()),
                    ("token", ordered.token.into()),
                ];
                rows.put(&ACME_NAME, name);
            }
            let order = [
                ("id", placed.order.into()),
                ("device", placed.device.into()),
                ("placed", act.at.into()),
                ("until", placed.until.into()),
                version,
            ];
            rows.put(&ACME_ORDER, order);
        }
        AcmeNameProven::KIND => {
            let proven: AcmeNameProven = read(act)?;
            let name = [proven.order.into(), Value::Int(proven.place)];
            rows.patch(&ACME_NAME, name, [("proven", act.at.into()), ("answered", act.at.into())]);
            rows.patch(&ACME_ORDER, key, [version]);
        }
        AcmeNameRefused::KIND => {
            let refused: AcmeNameRefused = read(act)?;
            let name = [refused.order.into(), Value::Int(refused.place)];
            let change = [
                ("refused_kind", refused.kind.into()),
                ("refused_why", refused.why.into()),
                ("answered", act.at.into()),
            ];
            rows.patch(&ACME_NAME, name, change);
            rows.patch(&ACME_ORDER, key, [("refused", act.at.into()), version]);
        }
        AcmeOrderFilled::KIND => {
            let filled: AcmeOrderFilled = read(act)?;
            rows.patch(&ACME_ORDER, key, [("certificate", filled.serial.into()), version]);
        }
        _ => {}
    }
    Ok(())
}
