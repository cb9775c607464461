//! The table of work handed over for a time.

use super::read;
use crate::acts::{DelegationGranted, DelegationRevoked};
use journal::{Column, Index, Projection, Rows, Table};
use kernel::{Act, ActBody, Problem};

/// Delegations, also those that ended.
pub const DELEGATION: Table = Table {
    name: "delegation",
    columns: &[
        Column::text("id"),
        Column::text("giver"),
        Column::text("holder"),
        Column::text("receiver"),
        Column::text("seat"),
        Column::text("position"),
        Column::text("body"),
        Column::text("kinds"),
        Column::text("fields"),
        Column::text("first_day"),
        Column::text("last_day"),
        Column::int("onward"),
        Column::text("under").nullable(),
        Column::text("reason"),
        Column::text("basis"),
        Column::int("revoked").nullable(),
    ],
    key: &["id"],
    indexes: &[Index { columns: &["receiver"] }, Index { columns: &["giver"] }, Index { columns: &["seat"] }],
};

/// Table `delegation`.
pub struct Delegations;

impl Projection for Delegations {
    fn name(&self) -> &'static str {
        "directory-delegations"
    }
    fn tables(&self) -> &'static [Table] {
        &[DELEGATION]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        let words = |set: std::collections::BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(" ");
        match act.kind.as_str() {
            DelegationGranted::KIND => {
                let granted: DelegationGranted = read(act)?;
                let (position, body) = granted.seat.split_once('@').unwrap_or_default();
                let row = [
                    ("id", granted.delegation.into()),
                    ("giver", granted.giver.into()),
                    ("holder", granted.holder.into()),
                    ("receiver", granted.to.into()),
                    ("position", position.into()),
                    ("body", body.into()),
                    ("seat", granted.seat.as_str().into()),
                    ("kinds", words(granted.kinds).into()),
                    ("fields", words(granted.fields).into()),
                    ("first_day", granted.first.into()),
                    ("last_day", granted.last.into()),
                    ("onward", granted.onward.into()),
                    ("under", granted.under.into()),
                    ("reason", granted.reason.into()),
                    ("basis", granted.basis.into()),
                ];
                rows.put(&DELEGATION, row);
            }
            DelegationRevoked::KIND => {
                let revoked: DelegationRevoked = read(act)?;
                rows.patch(&DELEGATION, [revoked.delegation.into()], [("revoked", act.at.into())]);
            }
            _ => {}
        }
        Ok(())
    }
}
