//! Tables derived from the acts of the office's correspondence. Pure: an act in, row operations out.

mod correspondents;
mod incoming;
mod outgoing;

pub(crate) use correspondents::Correspondents;
pub(crate) use incoming::Incoming;
pub(crate) use outgoing::Outgoing;

use edxml::package::Kind;
use journal::Value;
use kernel::{Act, ActBody, Day, Problem};

fn read<B: ActBody>(act: &Act) -> Result<Option<B>, Problem> {
    act.read::<B>().map_err(|why| Problem::fault(format!("{} {} does not read: {why}", act.stream, act.version)))
}

fn json<T: serde::Serialize>(value: &T) -> Result<Value, Problem> {
    Value::json(&serde_json::to_value(value).map_err(Problem::fault)?)
}

/// The Monday of a week: `2026-11-23`.
pub(crate) fn week(day: Day) -> Day {
    day.plus_days(-i64::from(day.civil().weekday().to_monday_zero_offset()))
}

/// As stored and shown: `new`, `withdraw`, `update`, `replace`.
pub(crate) fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::New => "new",
        Kind::Withdraw => "withdraw",
        Kind::Update => "update",
        Kind::Replace => "replace",
    }
}
