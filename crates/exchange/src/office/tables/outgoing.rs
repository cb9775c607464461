//! Tables of what goes out: dispatches, their receivers and statuses, packages on their way.

use super::{json, kind_text, read, week};
use crate::office::acts;
use edxml::package::StatusCode;
use journal::{Column, Index, Projection, Rows, Table, Value};
use kernel::{Act, Problem, text};

/// What goes out: dispatches, their receivers and statuses, packages on their way.
#[derive(Debug)]
pub(crate) struct Outgoing;

const DISPATCH: Table = Table {
    name: "dispatch",
    columns: &[
        Column::text("dispatch"),
        Column::int("version"),
        Column::text("document"),
        Column::text("case_id"),
        Column::text("kind"),
        Column::text("earlier").nullable(),
        Column::text("identity"),
        Column::text("number"),
        Column::text("date"),
        Column::text("subject"),
        Column::text("search_fold"),
        Column::text("reason"),
        Column::text("sender"),
        Column::text("transport"),
        Column::text("parcel"),
        Column::text("due").nullable(),
        Column::text("state"),
        Column::int("receivers"),
        Column::int("answered"),
        Column::int("finished"),
        Column::text("actor"),
        Column::int("at"),
        Column::int("sent_at").nullable(),
        Column::text("why").nullable(),
    ],
    key: &["dispatch"],
    indexes: &[
        Index { columns: &["at", "dispatch"] },
        Index { columns: &["state", "at", "dispatch"] },
        Index { columns: &["document"] },
        Index { columns: &["identity"] },
    ],
};
const RECIPIENT: Table = Table {
    name: "dispatch_recipient",
    columns: &[
        Column::text("dispatch"),
        Column::text("code"),
        Column::text("name"),
        Column::text("status"),
        Column::int("changed_at"),
        Column::int("silent"),
        Column::text("remind"),
        Column::int("reminded"),
        Column::text("withdrawn").nullable(),
    ],
    key: &["dispatch", "code"],
    indexes: &[Index { columns: &["silent", "remind"] }, Index { columns: &["code", "dispatch"] }],
};
const STATUS: Table = Table {
    name: "dispatch_status",
    columns: &[
        Column::text("dispatch"),
        Column::text("code"),
        Column::int("place"),
        Column::text("status"),
        Column::text("time"),
        Column::int("at"),
        Column::text("description"),
        Column::text("department"),
        Column::text("staff"),
        Column::text("email"),
        Column::text("mobile"),
        Column::text("package"),
    ],
    key: &["dispatch", "code", "place"],
    indexes: &[],
};
const BARRED: Table = Table {
    name: "dispatch_barred",
    columns: &[
        Column::text("dispatch"),
        Column::text("document"),
        Column::text("why"),
        Column::text("transport"),
        Column::text("actor"),
        Column::int("at"),
    ],
    key: &["dispatch"],
    indexes: &[Index { columns: &["at"] }, Index { columns: &["document"] }],
};
const UNRESOLVED: Table = Table {
    name: "dispatch_unresolved",
    columns: &[Column::text("document"), Column::text("name"), Column::text("name_fold"), Column::int("at")],
    key: &["document", "name"],
    indexes: &[Index { columns: &["name_fold"] }],
};
const OUTWARD: Table = Table {
    name: "dispatch_outward",
    columns: &[Column::text("document"), Column::text("dispatch").nullable(), Column::int("at")],
    key: &["document"],
    indexes: &[],
};
const PARCEL: Table = Table {
    name: "parcel",
    columns: &[
        Column::text("parcel"),
        Column::int("version"),
        Column::text("message"),
        Column::text("transport"),
        Column::text("sender"),
        Column::text("receivers"),
        Column::text("identity"),
        Column::text("status").nullable(),
        Column::text("dispatch").nullable(),
        Column::text("arrival").nullable(),
        Column::text("blob"),
        Column::int("length"),
        Column::text("state"),
        Column::int("attempts"),
        Column::int("signed").nullable(),
        Column::int("until"),
        Column::int("unknown"),
        Column::int("due"),
        Column::text("package").nullable(),
        Column::text("trouble").nullable(),
        Column::text("why").nullable(),
        Column::int("at"),
    ],
    key: &["parcel"],
    indexes: &[
        Index { columns: &["state", "at", "parcel"] },
        Index { columns: &["identity", "state", "at"] },
        Index { columns: &["arrival"] },
        Index { columns: &["package"] },
    ],
};
/// Figures: a row for each agency, week and direction.
const WEEK: Table = Table {
    name: "exchange_week_out",
    columns: &[
        Column::text("week"),
        Column::text("code"),
        Column::int("sent"),
        Column::int("arrived"),
        Column::int("refused"),
        Column::int("registered"),
        Column::int("completed"),
    ],
    key: &["week", "code"],
    indexes: &[],
};

impl Projection for Outgoing {
    fn name(&self) -> &'static str {
        "exchange_outgoing"
    }
    fn tables(&self) -> &'static [Table] {
        &[DISPATCH, RECIPIENT, STATUS, BARRED, UNRESOLVED, OUTWARD, PARCEL, WEEK]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        match act.stream.kind() {
            "dispatch" => dispatch(act, rows),
            "parcel" => parcel(act, rows),
            "outward" => outward(act, rows),
            _ => Ok(()),
        }
    }
}

fn dispatch(act: &Act, rows: &mut Rows) -> Result<(), Problem> {
    let (id, at) = (act.stream.id(), act.at);
    if let Some(body) = read::<acts::Prepared>(act)? {
        prepared(act, &body, rows);
    } else if let Some(body) = read::<acts::Barred>(act)? {
        rows.put(
            &BARRED,
            [
                ("dispatch", id.into()),
                ("document", (&body.document).into()),
                ("why", body.why.into()),
                ("transport", body.transport.into()),
                ("actor", (&act.actor.who).into()),
                ("at", at.into()),
            ],
        );
    } else if let Some(body) = read::<acts::Cancelled>(act)? {
        let changed = [("state", "cancelled".into()), ("version", act.version.into()), ("why", body.reason.into())];
        rows.patch(&DISPATCH, [id.into()], changed);
        rows.patch(&PARCEL, [body.parcel.into()], [("state", "cancelled".into())]);
        for code in body.codes {
            let changed = [("status", "cancelled".into()), ("changed_at", at.into()), ("silent", 0.into())];
            rows.patch(&RECIPIENT, [id.into(), code.into()], changed);
        }
    } else if let Some(body) = read::<acts::StatusReceived>(act)? {
        status(act, body, rows);
    } else if let Some(body) = read::<acts::Reminded>(act)? {
        rows.patch(&DISPATCH, [id.into()], [("version", act.version.into())]);
        for code in body.codes {
            let changed = [("remind", body.remind.into()), ("reminded", at.into())];
            rows.patch(&RECIPIENT, [id.into(), code.into()], changed);
        }
    }
    Ok(())
}

fn prepared(act: &Act, body: &acts::Prepared, rows: &mut Rows) {
    let id = act.stream.id();
    let names = body.to.iter().map(|organ| format!("{} {}", organ.code, organ.name)).collect::<Vec<_>>().join(" ");
    let count = i64::try_from(body.to.len()).unwrap_or(i64::MAX);
    rows.put(
        &DISPATCH,
        [
            ("dispatch", id.into()),
            ("version", act.version.into()),
            ("document", (&body.document).into()),
            ("case_id", (&body.case).into()),
            ("kind", kind_text(body.kind).into()),
            ("earlier", body.earlier.clone().into()),
            ("identity", (&body.identity).into()),
            ("number", (&body.number).into()),
            ("date", body.date.into()),
            ("subject", (&body.subject).into()),
            ("search_fold", text::fold(&format!("{} {} {names}", body.number, body.subject)).into()),
            ("reason", (&body.reason).into()),
            ("sender", (&body.from.code).into()),
            ("transport", (&body.transport).into()),
            ("parcel", (&body.parcel).into()),
            ("due", body.due.into()),
            ("state", "waiting".into()),
            ("receivers", count.into()),
            ("answered", 0.into()),
            ("finished", 0.into()),
            ("actor", (&act.actor.who).into()),
            ("at", act.at.into()),
        ],
    );
    for organ in &body.to {
        rows.put(
            &RECIPIENT,
            [
                ("dispatch", id.into()),
                ("code", (&organ.code).into()),
                ("name", (&organ.name).into()),
                ("status", "unsent".into()),
                ("changed_at", act.at.into()),
                ("silent", 0.into()),
                ("remind", body.remind.into()),
                ("reminded", 0.into()),
            ],
        );
    }
}

fn status(act: &Act, body: acts::StatusReceived, rows: &mut Rows) {
    let (id, at) = (act.stream.id(), act.at);
    rows.put(
        &STATUS,
        [
            ("dispatch", id.into()),
            ("code", (&body.code).into()),
            ("place", act.version.into()),
            ("status", (&body.status).into()),
            ("time", body.time.into()),
            ("at", at.into()),
            ("description", body.description.into()),
            ("department", body.staff.department.into()),
            ("staff", body.staff.name.into()),
            ("email", body.staff.email.into()),
            ("mobile", body.staff.mobile.into()),
            ("package", body.package.into()),
        ],
    );
    rows.patch(&DISPATCH, [id.into()], [("version", act.version.into())]);
    rows.patch(&RECIPIENT, [id.into(), (&body.code).into()], [("silent", 0.into())]);
    if body.first {
        rows.add(&DISPATCH, [id.into()], "answered", 1);
    }
    let column = match StatusCode::of(&body.status) {
        Some(StatusCode::Arrived) => Some("arrived"),
        Some(StatusCode::Refused) => Some("refused"),
        Some(StatusCode::Registered) => Some("registered"),
        Some(StatusCode::Completed) => Some("completed"),
        _ => None,
    };
    if let Some(column) = column {
        rows.add(&WEEK, [week(at.day()).into(), (&body.code).into()], column, 1);
    }
    if let Some(stands) = &body.stands {
        let moved = [("status", stands.into()), ("changed_at", at.into())];
        rows.patch(&RECIPIENT, [id.into(), (&body.code).into()], moved);
        if matches!(column, Some("refused" | "completed")) {
            rows.add(&DISPATCH, [id.into()], "finished", 1);
        }
    }
    if let Some(withdrawn) = body.withdrawn {
        rows.patch(&RECIPIENT, [withdrawn.into(), body.code.into()], [("withdrawn", id.into())]);
    }
}

fn outward(act: &Act, rows: &mut Rows) -> Result<(), Problem> {
    let Some(body) = read::<acts::Unresolved>(act)? else { return Ok(()) };
    let document = || Value::from(&body.document);
    rows.put(&OUTWARD, [("document", document()), ("dispatch", body.dispatch.clone().into()), ("at", act.at.into())]);
    for name in &body.names {
        let row = [("name", name.into()), ("name_fold", text::fold(name).into()), ("at", act.at.into())];
        rows.put(&UNRESOLVED, [("document", document())].into_iter().chain(row));
    }
    Ok(())
}

fn parcel(act: &Act, rows: &mut Rows) -> Result<(), Problem> {
    let key = || [Value::from(act.stream.id())];
    let version = ("version", Value::from(act.version));
    if let Some(body) = read::<acts::Queued>(act)? {
        rows.put(
            &PARCEL,
            [
                ("parcel", act.stream.id().into()),
                version,
                ("message", body.message.into()),
                ("transport", body.transport.into()),
                ("sender", body.from.into()),
                ("receivers", json(&body.to)?),
                ("identity", body.identity.into()),
                ("status", body.status.map(StatusCode::code).into()),
                ("dispatch", body.dispatch.into()),
                ("arrival", body.arrival.into()),
                ("blob", body.blob.into()),
                ("length", body.length.into()),
                ("state", "waiting".into()),
                ("attempts", 0.into()),
                ("until", 0.into()),
                ("unknown", 0.into()),
                ("due", act.at.into()),
                ("at", act.at.into()),
            ],
        );
    } else if let Some(body) = read::<acts::Attempted>(act)? {
        let tried = [("attempts", body.attempt.into()), ("signed", body.signed.into()), ("until", body.until.into())];
        rows.patch(&PARCEL, key(), tried.into_iter().chain([version, ("unknown", 1.into())]));
    } else if let Some(body) = read::<acts::Sent>(act)? {
        let sent =
            [("state", "sent".into()), ("package", body.package.into()), ("unknown", 0.into()), ("until", 0.into())];
        rows.patch(&PARCEL, key(), sent.into_iter().chain([version, ("why", Value::Null), ("trouble", Value::Null)]));
        let Some(dispatch) = body.dispatch else { return Ok(()) };
        let sent = [("state", "sent".into()), ("sent_at", act.at.into()), ("why", Value::Null)];
        rows.patch(&DISPATCH, [(&dispatch).into()], sent);
        for code in body.codes {
            rows.add(&WEEK, [week(act.at.day()).into(), (&code).into()], "sent", 1);
        }
        for code in body.silent {
            let changed = [("status", "sent".into()), ("changed_at", act.at.into()), ("silent", 1.into())];
            rows.patch(&RECIPIENT, [(&dispatch).into(), code.into()], changed);
        }
    } else if let Some(body) = read::<acts::Failed>(act)? {
        let state = if body.due.is_some() { "waiting" } else { "stopped" };
        let failed = [
            ("state", state.into()),
            ("due", body.due.unwrap_or(0).into()),
            ("until", 0.into()),
            ("unknown", i64::from(!body.known).into()),
            ("trouble", body.trouble.into()),
            ("why", (&body.why).into()),
            version,
        ];
        rows.patch(&PARCEL, key(), failed);
        if let Some(dispatch) = body.dispatch {
            rows.patch(&DISPATCH, [dispatch.into()], [("state", state.into()), ("why", body.why.into())]);
        }
    } else if let Some(body) = read::<acts::Resumed>(act)? {
        let again = [("state", "waiting".into()), ("attempts", 0.into()), ("due", act.at.into()), version];
        rows.patch(&PARCEL, key(), again);
        if let Some(dispatch) = body.dispatch {
            rows.patch(&DISPATCH, [dispatch.into()], [("state", "waiting".into())]);
        }
    }
    Ok(())
}
