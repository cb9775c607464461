//! Tables derived from the acts of the office's correspondence. Pure: an act in, row operations out.

use crate::office::acts::{self, Received};
use edxml::package::{Kind, StatusCode};
use journal::{Column, Index, Projection, Rows, Table, Value};
use kernel::{Act, ActBody, Day, Problem, text};

/// What goes out: dispatches, their receivers and statuses, packages on their way.
#[derive(Debug)]
pub(crate) struct Outgoing;
/// What comes in: arrivals, their files, what was done with them.
#[derive(Debug)]
pub(crate) struct Incoming;
/// The directories of axes, and the names of recipients.
#[derive(Debug)]
pub(crate) struct Correspondents;

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
const WEEK_IN: Table = Table {
    name: "exchange_week_in",
    columns: &[
        Column::text("week"),
        Column::text("code"),
        Column::int("received"),
        Column::int("refused"),
        Column::int("registered"),
        Column::int("completed"),
        Column::int("quarantined"),
    ],
    key: &["week", "code"],
    indexes: &[],
};
const ARRIVAL: Table = Table {
    name: "arrival",
    columns: &[
        Column::text("arrival"),
        Column::int("version"),
        Column::text("transport"),
        Column::text("package"),
        Column::text("kind"),
        Column::text("sender"),
        Column::text("sender_name"),
        Column::text("receivers"),
        Column::text("identity"),
        Column::text("number"),
        Column::text("number_fold"),
        Column::text("date"),
        Column::text("type_name"),
        Column::text("subject"),
        Column::text("search_fold"),
        Column::text("signer"),
        Column::int("priority"),
        Column::text("due"),
        Column::text("reason"),
        Column::text("answers"),
        Column::text("target").nullable(),
        Column::text("duplicate_of").nullable(),
        Column::int("enclosures"),
        Column::text("signatures"),
        Column::text("envelope"),
        Column::text("oddities"),
        Column::text("blob"),
        Column::int("length"),
        Column::text("tray"),
        Column::text("state"),
        Column::int("at"),
        Column::int("changed_at"),
        Column::text("register").nullable(),
        Column::int("register_year").nullable(),
        Column::int("register_number").nullable(),
        Column::text("register_text").nullable(),
        Column::text("register_date").nullable(),
        Column::text("unit").nullable(),
        Column::text("unit_name").nullable(),
        Column::text("unit_due").nullable(),
        Column::text("case_id").nullable(),
        Column::text("proposal").nullable(),
    ],
    key: &["arrival"],
    indexes: &[
        Index { columns: &["at", "arrival"] },
        Index { columns: &["tray", "at", "arrival"] },
        Index { columns: &["sender", "at", "arrival"] },
        Index { columns: &["unit", "at", "arrival"] },
        Index { columns: &["sender", "identity"] },
        Index { columns: &["sender", "number_fold"] },
        Index { columns: &["register", "register_year", "register_number"] },
        Index { columns: &["target"] },
        Index { columns: &["case_id"] },
        Index { columns: &["package"] },
    ],
};
const ENCLOSURE: Table = Table {
    name: "arrival_enclosure",
    columns: &[
        Column::text("arrival"),
        Column::int("place"),
        Column::text("name"),
        Column::text("media_type"),
        Column::int("length"),
        Column::text("blob"),
        Column::text("signature"),
        Column::text("signers"),
    ],
    key: &["arrival", "place"],
    indexes: &[],
};
/// Which dispatches of ours an arrival answers.
const REPLY: Table = Table {
    name: "arrival_reply",
    columns: &[Column::text("dispatch"), Column::text("arrival"), Column::int("at")],
    key: &["dispatch", "arrival"],
    indexes: &[],
};
const DEED: Table = Table {
    name: "arrival_deed",
    columns: &[
        Column::text("arrival"),
        Column::int("version"),
        Column::text("deed"),
        Column::text("text"),
        Column::text("actor"),
        Column::int("at"),
    ],
    key: &["arrival", "version"],
    indexes: &[],
};
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

impl Projection for Incoming {
    fn name(&self) -> &'static str {
        "exchange_incoming"
    }
    fn tables(&self) -> &'static [Table] {
        &[ARRIVAL, ENCLOSURE, REPLY, DEED, WEEK_IN]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.stream.kind() != "arrival" {
            return Ok(());
        }
        if let Some(body) = read::<Received>(act)? {
            received(act, &body, rows)
        } else if let Some(body) = read::<acts::Quarantined>(act)? {
            quarantined(act, &body, rows)
        } else {
            deed(act, rows)
        }
    }
}

/// The files' signatures in one word: the worst that was found.
fn signatures(enclosures: &[acts::Enclosure]) -> &'static str {
    let has = |word: &str| enclosures.iter().any(|file| file.signature == word);
    ["invalid", "undecided", "valid"].into_iter().find(|word| has(word)).unwrap_or("none")
}

fn received(act: &Act, body: &Received, rows: &mut Rows) -> Result<(), Problem> {
    let search = format!("{} {} {} {}", body.number, body.subject, body.from.name, body.from.code);
    let proposal = body.kind != Kind::New;
    rows.put(
        &ARRIVAL,
        [
            ("arrival", act.stream.id().into()),
            ("version", act.version.into()),
            ("transport", (&body.transport).into()),
            ("package", (&body.package).into()),
            ("kind", kind_text(body.kind).into()),
            ("sender", (&body.from.code).into()),
            ("sender_name", (&body.from.name).into()),
            ("receivers", json(&body.to)?),
            ("identity", (&body.identity).into()),
            ("number", (&body.number).into()),
            ("number_fold", text::fold(&body.number).into()),
            ("date", (&body.date).into()),
            ("type_name", (&body.type_name).into()),
            ("subject", (&body.subject).into()),
            ("search_fold", text::fold(&search).into()),
            ("signer", (&body.signer).into()),
            ("priority", body.priority.into()),
            ("due", (&body.due).into()),
            ("reason", (&body.reason).into()),
            ("answers", json(&body.answers)?),
            ("target", body.target.clone().into()),
            ("duplicate_of", body.duplicate_of.clone().into()),
            ("enclosures", i64::try_from(body.enclosures.len()).unwrap_or(i64::MAX).into()),
            ("signatures", signatures(&body.enclosures).into()),
            ("envelope", (&body.envelope).into()),
            ("oddities", json(&body.oddities)?),
            ("blob", body.blob.into()),
            ("length", body.length.into()),
            ("tray", if proposal { "proposal" } else { "new" }.into()),
            ("state", "arrived".into()),
            ("at", act.at.into()),
            ("changed_at", act.at.into()),
        ],
    );
    for (place, file) in (0i64..).zip(&body.enclosures) {
        rows.put(
            &ENCLOSURE,
            [
                ("arrival", act.stream.id().into()),
                ("place", place.into()),
                ("name", (&file.name).into()),
                ("media_type", (&file.media_type).into()),
                ("length", file.length.into()),
                ("blob", file.blob.into()),
                ("signature", (&file.signature).into()),
                ("signers", json(&file.signers)?),
            ],
        );
    }
    for dispatch in body.answers.iter().filter_map(|answers| answers.dispatch.as_ref()) {
        let row = [("dispatch", dispatch.into()), ("arrival", act.stream.id().into()), ("at", act.at.into())];
        rows.put(&REPLY, row);
    }
    rows.add(&WEEK_IN, [week(act.at.day()).into(), (&body.from.code).into()], "received", 1);
    Ok(())
}

fn quarantined(act: &Act, body: &acts::Quarantined, rows: &mut Rows) -> Result<(), Problem> {
    let search = format!("{} {} {}", body.subject, body.from.name, body.from.code);
    let nothing = || Value::from("");
    rows.put(
        &ARRIVAL,
        [
            ("arrival", act.stream.id().into()),
            ("version", act.version.into()),
            ("transport", (&body.transport).into()),
            ("package", (&body.package).into()),
            ("kind", "new".into()),
            ("sender", (&body.from.code).into()),
            ("sender_name", (&body.from.name).into()),
            ("receivers", "[]".into()),
            ("identity", nothing()),
            ("number", nothing()),
            ("number_fold", nothing()),
            ("date", nothing()),
            ("type_name", nothing()),
            ("subject", (&body.subject).into()),
            ("search_fold", text::fold(&search).into()),
            ("signer", nothing()),
            ("priority", 0.into()),
            ("due", nothing()),
            ("reason", nothing()),
            ("answers", "[]".into()),
            ("enclosures", 0.into()),
            ("signatures", "none".into()),
            ("envelope", "none".into()),
            ("oddities", json(&body.why)?),
            ("blob", body.blob.into()),
            ("length", body.length.into()),
            ("tray", "quarantine".into()),
            ("state", "quarantined".into()),
            ("at", act.at.into()),
            ("changed_at", act.at.into()),
        ],
    );
    rows.add(&WEEK_IN, [week(act.at.day()).into(), (&body.from.code).into()], "quarantined", 1);
    Ok(())
}

/// What is done with an arrival: its tray and state, one line of its story, and a figure.
fn deed(act: &Act, rows: &mut Rows) -> Result<(), Problem> {
    let mut changed: Vec<(&'static str, Value)> = vec![("version", act.version.into()), ("changed_at", act.at.into())];
    let mut stand = |place: &str, state: &str| changed.extend([("tray", place.into()), ("state", state.into())]);
    let (line, figure) = if let Some(body) = read::<acts::Registered>(act)? {
        stand("work", "registered");
        changed.extend([
            ("register", body.register.into()),
            ("register_year", body.year.into()),
            ("register_number", body.number.into()),
            ("register_text", (&body.text).into()),
            ("register_date", body.date.into()),
        ]);
        (format!("{} {}", body.text, body.note).trim().to_owned(), Some((body.sender, "registered")))
    } else if let Some(body) = read::<acts::Assigned>(act)? {
        stand("work", "assigned");
        changed.extend([
            ("unit", body.unit.into()),
            ("unit_name", (&body.unit_name).into()),
            ("unit_due", body.due.into()),
        ]);
        (format!("{}. {}", body.unit_name, body.note).trim_end_matches([' ', '.']).to_owned(), None)
    } else if let Some(body) = read::<acts::TakenUp>(act)? {
        stand("work", "in_process");
        (body.note, None)
    } else if let Some(body) = read::<acts::Completed>(act)? {
        stand("done", "completed");
        (body.note, Some((body.sender, "completed")))
    } else if let Some(body) = read::<acts::Refused>(act)? {
        stand("done", "refused");
        (body.reason, Some((body.sender, "refused")))
    } else if let Some(body) = read::<acts::Answered>(act)? {
        let answer = if body.agreed { "agreed" } else { "declined" };
        stand("done", answer);
        if let Some(target) = body.target {
            rows.patch(&ARRIVAL, [target.into()], [("proposal", format!("{answer}:{}", act.stream.id()).into())]);
        }
        (body.note, None)
    } else if let Some(body) = read::<acts::CaseLinked>(act)? {
        changed.push(("case_id", (&body.case).into()));
        (body.case.to_string(), None)
    } else {
        return Ok(());
    };
    rows.patch(&ARRIVAL, [act.stream.id().into()], changed);
    rows.put(
        &DEED,
        [
            ("arrival", act.stream.id().into()),
            ("version", act.version.into()),
            ("deed", act.kind.trim_start_matches("arrival.").into()),
            ("text", line.into()),
            ("actor", (&act.actor.who).into()),
            ("at", act.at.into()),
        ],
    );
    if let Some((sender, figure)) = figure {
        rows.add(&WEEK_IN, [week(act.at.day()).into(), sender.into()], figure, 1);
    }
    Ok(())
}

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
