//! Tables of people, bodies and assignments.

use super::read;
use crate::acts::{
    AssignmentEnded, AssignmentStarted, BodyEnded, BodyEstablished, PersonCleared, PersonCorrected, PersonRegistered,
    RegimeKept,
};
use journal::{Column, Index, PrivateErased, Projection, Rows, Table, Value};
use kernel::{Act, ActBody, Problem, text};

/// People.
pub const PERSON: Table = Table {
    name: "person",
    columns: &[
        Column::text("id"),
        Column::text("name"),
        Column::text("name_fold"),
        Column::text("name_key"),
        Column::text("login").nullable(),
        Column::int("clearance"),
        Column::int("active"),
        Column::int("registered"),
        Column::int("version"),
    ],
    key: &["id"],
    indexes: &[Index { columns: &["name_key", "id"] }],
};

/// Personal data, by the version of the act that brought it; the newest counts.
pub const PERSON_PRIVATE: Table = Table {
    name: "person_private",
    columns: &[Column::text("person"), Column::int("version"), Column::text("content")],
    key: &["person", "version"],
    indexes: &[],
};

/// Bodies.
pub const BODY: Table = Table {
    name: "body",
    columns: &[
        Column::text("id"),
        Column::text("name"),
        Column::text("name_en"),
        Column::text("name_fold"),
        Column::text("kind"),
        Column::text("superior").nullable(),
        Column::text("from_day"),
        Column::text("until_day").nullable(),
        Column::text("basis"),
        Column::text("end_basis").nullable(),
        Column::text("for_case").nullable(),
        Column::text("passed_to").nullable(),
        Column::int("sort_order"),
        Column::int("version"),
    ],
    key: &["id"],
    indexes: &[],
};

/// Who holds which position in which body, from and until when.
pub const ASSIGNMENT: Table = Table {
    name: "assignment",
    columns: &[
        Column::text("id"),
        Column::text("person"),
        Column::text("body"),
        Column::text("position"),
        Column::text("from_day"),
        Column::text("until_day").nullable(),
        Column::int("full_time"),
        Column::text("basis"),
        Column::text("end_basis").nullable(),
    ],
    key: &["id"],
    indexes: &[Index { columns: &["person"] }, Index { columns: &["body", "position"] }],
};

/// Regimes kept.
pub const KEPT_REGIME: Table = Table {
    name: "kept_regime",
    columns: &[
        Column::text("person"),
        Column::int("version"),
        Column::text("what"),
        Column::text("by_body"),
        Column::text("from_day"),
        Column::text("until_day").nullable(),
        Column::int("amount").nullable(),
        Column::text("basis"),
    ],
    key: &["person", "version"],
    indexes: &[],
};

/// Tables `person`, `person_private`, `body`, `assignment` and `kept_regime`.
pub struct PeopleAndBodies;

impl Projection for PeopleAndBodies {
    fn name(&self) -> &'static str {
        "directory-people"
    }
    fn tables(&self) -> &'static [Table] {
        &[PERSON, PERSON_PRIVATE, BODY, ASSIGNMENT, KEPT_REGIME]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        match act.stream.kind() {
            "person" => person_act(act, rows),
            "body" => body_act(act, rows),
            _ => Ok(()),
        }
    }
}

fn person_act(act: &Act, rows: &mut Rows) -> Result<(), Problem> {
    let mut changed: Vec<(&'static str, Value)> = Vec::new();
    match act.kind.as_str() {
        PersonRegistered::KIND => return registered(act, rows),
        PersonCorrected::KIND => {
            let corrected: PersonCorrected = read(act)?;
            if let Some(name) = corrected.name {
                changed.push(("name_fold", text::fold(&name).into()));
                changed.push(("name_key", text::name_key(&name).into()));
                changed.push(("name", name.into()));
            }
            if let Some(login) = corrected.login {
                changed.push(("login", login.into()));
            }
            if let Some(active) = corrected.active {
                changed.push(("active", active.into()));
            }
            private(act, rows);
        }
        PersonCleared::KIND => changed.push(("clearance", read::<PersonCleared>(act)?.clearance.into())),
        AssignmentStarted::KIND => started(read(act)?, rows),
        AssignmentEnded::KIND => {
            let ended: AssignmentEnded = read(act)?;
            let change = [("until_day", ended.until.into()), ("end_basis", ended.basis.text.into())];
            rows.patch(&ASSIGNMENT, [ended.assignment.into()], change);
        }
        RegimeKept::KIND => kept(act, read(act)?, rows),
        PrivateErased::KIND => {
            let erased: PrivateErased = read(act)?;
            rows.delete(&PERSON_PRIVATE, [act.stream.id().into(), erased.version.into()]);
        }
        _ => {}
    }
    changed.push(("version", act.version.into()));
    rows.patch(&PERSON, [act.stream.id().into()], changed);
    Ok(())
}

fn registered(act: &Act, rows: &mut Rows) -> Result<(), Problem> {
    let person: PersonRegistered = read(act)?;
    rows.put(
        &PERSON,
        [
            ("id", (&person.person).into()),
            ("name_fold", text::fold(&person.name).into()),
            ("name_key", text::name_key(&person.name).into()),
            ("name", person.name.into()),
            ("login", person.login.into()),
            ("clearance", person.clearance.into()),
            ("active", true.into()),
            ("registered", act.at.into()),
            ("version", act.version.into()),
        ],
    );
    private(act, rows);
    Ok(())
}

fn private(act: &Act, rows: &mut Rows) {
    if let Some(content) = &act.private {
        let row = [
            ("person", act.stream.id().into()),
            ("version", act.version.into()),
            ("content", content.to_string().into()),
        ];
        rows.put(&PERSON_PRIVATE, row);
    }
}

fn started(started: AssignmentStarted, rows: &mut Rows) {
    rows.put(
        &ASSIGNMENT,
        [
            ("id", started.assignment.into()),
            ("person", started.person.into()),
            ("body", started.body.into()),
            ("position", started.position.as_str().into()),
            ("from_day", started.from.into()),
            ("until_day", started.until.into()),
            ("full_time", started.full_time.into()),
            ("basis", started.basis.text.into()),
        ],
    );
}

fn kept(act: &Act, kept: RegimeKept, rows: &mut Rows) {
    rows.put(
        &KEPT_REGIME,
        [
            ("person", kept.person.into()),
            ("version", act.version.into()),
            ("what", kept.regime.what.into()),
            ("by_body", kept.regime.by.into()),
            ("from_day", kept.regime.from.into()),
            ("until_day", kept.regime.until.into()),
            ("amount", kept.regime.amount.into()),
            ("basis", kept.basis.text.into()),
        ],
    );
}

fn body_act(act: &Act, rows: &mut Rows) -> Result<(), Problem> {
    match act.kind.as_str() {
        BodyEstablished::KIND => {
            let body: BodyEstablished = read(act)?;
            rows.put(
                &BODY,
                [
                    ("id", body.body.into()),
                    ("name_fold", text::fold(&body.name).into()),
                    ("name", body.name.into()),
                    ("name_en", body.name_en.into()),
                    ("kind", body.kind.code().into()),
                    ("superior", body.superior.into()),
                    ("from_day", body.from.into()),
                    ("basis", body.basis.text.into()),
                    ("for_case", body.for_case.into()),
                    ("sort_order", body.order.into()),
                    ("version", act.version.into()),
                ],
            );
        }
        BodyEnded::KIND => {
            let ended: BodyEnded = read(act)?;
            rows.patch(
                &BODY,
                [ended.body.into()],
                [
                    ("until_day", ended.until.into()),
                    ("end_basis", ended.basis.text.into()),
                    ("passed_to", ended.passed_to.into()),
                    ("version", act.version.into()),
                ],
            );
        }
        _ => {}
    }
    Ok(())
}
