//! Tables of what comes in: arrivals, their files, what was done with them.

use super::{json, kind_text, read, week};
use crate::office::acts::{self, Received};
use edxml::package::Kind;
use journal::{Column, Index, Projection, Rows, Table, Value};
use kernel::{Act, Problem, text};

/// What comes in: arrivals, their files, what was done with them.
#[derive(Debug)]
pub(crate) struct Incoming;

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
