//! Tables of the internal authority: its requests to a root that is kept apart, and that root's lists.

use super::{private_text, read};
use crate::acts::{AuthorityRequested, RootListEntered};
use journal::{Column, PrivateErased, Projection, Rows, Table, Value};
use kernel::{Act, ActBody, Problem};

/// Requests, with the sealed key where it is kept here.
pub const AUTHORITY_REQUEST: Table = Table {
    name: "authority_request",
    columns: &[
        Column::text("key"),
        Column::text("request"),
        Column::text("token").nullable(),
        Column::text("sealed_key").nullable(),
        Column::int("at"),
    ],
    key: &["key"],
    indexes: &[],
};

/// Lists of the root, by their place on their stream.
pub const AUTHORITY_LIST: Table = Table {
    name: "authority_list",
    columns: &[
        Column::int("place"),
        Column::text("number"),
        Column::text("list"),
        Column::int("until"),
        Column::int("at"),
    ],
    key: &["place"],
    indexes: &[],
};

/// Tables `authority_request` and `authority_list`.
pub struct Authorities;

impl Projection for Authorities {
    fn name(&self) -> &'static str {
        "directory-authority"
    }
    fn tables(&self) -> &'static [Table] {
        &[AUTHORITY_REQUEST, AUTHORITY_LIST]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.stream.kind() != "authority" {
            return Ok(());
        }
        match act.kind.as_str() {
            AuthorityRequested::KIND => {
                let asked: AuthorityRequested = read(act)?;
                rows.put(
                    &AUTHORITY_REQUEST,
                    [
                        ("key", asked.key.into()),
                        ("request", asked.request.into()),
                        ("token", asked.token.into()),
                        ("sealed_key", private_text(act, "sealed_key").into()),
                        ("at", act.at.into()),
                    ],
                );
            }
            RootListEntered::KIND => {
                let entered: RootListEntered = read(act)?;
                rows.put(
                    &AUTHORITY_LIST,
                    [
                        ("place", act.version.into()),
                        ("number", entered.number.into()),
                        ("list", entered.list.into()),
                        ("until", entered.until.into()),
                        ("at", act.at.into()),
                    ],
                );
            }
            // Only a request has private content: the sealed key.
            PrivateErased::KIND => {
                rows.patch(&AUTHORITY_REQUEST, [act.stream.id().into()], [("sealed_key", Value::Null)]);
            }
            _ => {}
        }
        Ok(())
    }
}
