//! Tables derived from the acts of documents, registers and cases. Pure: an act in, row operations out.

use crate::{
    acts,
    incoming::IncomingEntered,
    model::{Access, Number, State, VersionBody},
    registers::{Series, series_code},
};
use journal::{Column, Index, Projection, Rows, Table, Value};
use kernel::{Act, ActBody, Problem, text};

/// Documents and their versions.
#[derive(Debug)]
pub struct Documents;
/// Who takes part in which case: what documents follow in their need-to-know.
#[derive(Debug)]
pub struct Dossiers;
/// Registers and their lines.
#[derive(Debug)]
pub struct Registers;
/// What the public site shows, and the files by which a document can be verified.
#[derive(Debug)]
pub struct Publications;

const DOCUMENT: Table = Table {
    name: "document",
    columns: &[
        Column::text("document"),
        Column::text("case_id"),
        Column::text("kind"),
        Column::text("title"),
        Column::int("grade"),
        Column::text("state"),
        Column::int("version"),
        Column::int("latest"),
        Column::text("form").nullable(),
        Column::text("register").nullable(),
        Column::int("number_year").nullable(),
        Column::int("number").nullable(),
        Column::text("number_text").nullable(),
        Column::text("number_date").nullable(),
        Column::text("pdf").nullable(),
        Column::int("digital"),
        Column::text("author"),
        Column::int("created_at"),
        Column::int("changed_at"),
    ],
    key: &["document"],
    indexes: &[Index { columns: &["case_id", "created_at"] }, Index { columns: &["grade", "digital"] }],
};
const VERSION: Table = Table {
    name: "document_version",
    columns: &[
        Column::text("document"),
        Column::int("number"),
        Column::int("at"),
        Column::text("actor"),
        Column::text("note"),
        Column::text("body"),
    ],
    key: &["document", "number"],
    indexes: &[],
};
const DOSSIER: Table = Table {
    name: "dossier",
    columns: &[Column::text("case_id"), Column::int("grade"), Column::text("access")],
    key: &["case_id"],
    indexes: &[],
};
const REGISTER: Table = Table {
    name: "register",
    columns: &[
        Column::text("code"),
        Column::text("body"),
        Column::text("title"),
        Column::text("symbol"),
        Column::text("series"),
        Column::int("grade"),
        Column::int("next_number"),
        Column::int("year"),
        Column::text("last_day").nullable(),
        Column::int("version"),
    ],
    key: &["code"],
    indexes: &[],
};
const ENTRY: Table = Table {
    name: "register_entry",
    columns: &[
        Column::text("register"),
        Column::int("year"),
        Column::int("number"),
        Column::text("number_text"),
        Column::text("date"),
        Column::text("document"),
        Column::text("case_id"),
        Column::text("subject"),
        Column::text("signer"),
        Column::text("recipients"),
        Column::int("at"),
        Column::text("actor"),
    ],
    key: &["register", "year", "number"],
    indexes: &[],
};
const PUBLISHED: Table = Table {
    name: "published",
    columns: &[
        Column::text("document"),
        Column::text("case_id"),
        Column::text("kind"),
        Column::text("register"),
        Column::int("year"),
        Column::int("number"),
        Column::text("number_text"),
        Column::text("number_fold"),
        Column::text("date"),
        Column::text("issuer"),
        Column::text("issuer_name"),
        Column::text("signer"),
        Column::text("subject"),
        Column::text("search_fold"),
        Column::text("content"),
        Column::text("pdf"),
        Column::int("size"),
        Column::int("sealed_at"),
        Column::int("published_at"),
        Column::text("withdrawn").nullable(),
    ],
    key: &["document"],
    indexes: &[Index { columns: &["date", "number"] }, Index { columns: &["number_fold"] }],
};
const KNOWN_FILE: Table = Table {
    name: "known_file",
    columns: &[
        Column::text("digest"),
        Column::text("document"),
        Column::text("role"),
        Column::int("size"),
        Column::int("version"),
    ],
    key: &["digest"],
    indexes: &[Index { columns: &["document"] }],
};

fn read<B: ActBody>(act: &Act) -> Result<Option<B>, Problem> {
    act.read::<B>().map_err(|why| Problem::fault(format!("{} {} does not read: {why}", act.stream, act.version)))
}

fn key(act: &Act) -> [Value; 1] {
    [act.stream.id().into()]
}

fn state(act: &Act, state: State) -> [(&'static str, Value); 3] {
    [("state", state.code().into()), ("version", act.version.into()), ("changed_at", act.at.into())]
}

fn is_digital(body: &VersionBody) -> Value {
    (!matches!(body, VersionBody::Paper(_))).into()
}

fn put_version(act: &Act, number: i64, note: &str, body: &VersionBody, rows: &mut Rows) -> Result<(), Problem> {
    let body = serde_json::to_value(body).map_err(Problem::fault)?;
    rows.put(
        &VERSION,
        [
            ("document", act.stream.id().into()),
            ("number", number.into()),
            ("at", act.at.into()),
            ("actor", (&act.actor.who).into()),
            ("note", note.into()),
            ("body", Value::json(&body)?),
        ],
    );
    Ok(())
}

fn put_created(act: &Act, body: &acts::Created, rows: &mut Rows) -> Result<(), Problem> {
    rows.put(
        &DOCUMENT,
        [
            ("document", act.stream.id().into()),
            ("case_id", (&body.case).into()),
            ("kind", (&body.kind).into()),
            ("title", (&body.title).into()),
            ("grade", body.grade.into()),
            ("state", State::Draft.code().into()),
            ("version", act.version.into()),
            ("latest", 1.into()),
            ("form", body.form.as_ref().into()),
            ("register", body.register.as_ref().into()),
            ("digital", is_digital(&body.body)),
            ("author", (&act.actor.who).into()),
            ("created_at", act.at.into()),
            ("changed_at", act.at.into()),
        ],
    );
    put_version(act, 1, &body.note, &body.body, rows)
}

fn number_columns(number: &Number) -> [(&'static str, Value); 4] {
    [
        ("number_year", number.year.into()),
        ("number", number.number.into()),
        ("number_text", (&number.text).into()),
        ("number_date", number.date.into()),
    ]
}

impl Projection for Documents {
    fn name(&self) -> &'static str {
        "documents"
    }
    fn tables(&self) -> &'static [Table] {
        &[DOCUMENT, VERSION]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.stream.kind() != "document" {
            return Ok(());
        }
        if let Some(body) = read::<acts::Created>(act)? {
            return put_created(act, &body, rows);
        }
        if let Some(body) = read::<acts::VersionAdded>(act)? {
            let title =
                [("title", (&body.title).into()), ("latest", body.number.into()), ("digital", is_digital(&body.body))];
            rows.patch(&DOCUMENT, key(act), state(act, State::Draft).into_iter().chain(title));
            return put_version(act, body.number, &body.note, &body.body, rows);
        }
        if let Some(body) = read::<acts::Preserved>(act)? {
            let file = [("pdf", body.pdf.into()), ("version", act.version.into()), ("changed_at", act.at.into())];
            rows.patch(&DOCUMENT, key(act), file);
            return Ok(());
        }
        let (next, more): (State, Vec<(&'static str, Value)>) = if act.kind == acts::Finalised::KIND {
            (State::Final, vec![])
        } else if act.kind == acts::Reopened::KIND {
            (State::Draft, vec![("pdf", Value::Null)])
        } else if let Some(body) = read::<acts::Signed>(act)? {
            (State::Signed, vec![("pdf", body.pdf.into())])
        } else if let Some(body) = read::<acts::Numbered>(act)? {
            (State::Signed, number_columns(&body.number).into())
        } else if let Some(body) = read::<acts::Sealed>(act)? {
            (State::Signed, vec![("pdf", body.pdf.into())])
        } else if act.kind == acts::Issued::KIND {
            (State::Issued, vec![])
        } else if act.kind == acts::Published::KIND {
            (State::Published, vec![])
        } else if act.kind == acts::Withdrawn::KIND {
            (State::Withdrawn, vec![])
        } else {
            return Ok(());
        };
        rows.patch(&DOCUMENT, key(act), state(act, next).into_iter().chain(more));
        Ok(())
    }
}

impl Projection for Dossiers {
    fn name(&self) -> &'static str {
        "dossiers"
    }
    fn tables(&self) -> &'static [Table] {
        &[DOSSIER]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        let Some(access) = act.body.pointer("/move/access").filter(|_| act.stream.kind() == "case") else {
            return Ok(());
        };
        let access: Access = serde_json::from_value(access.clone())
            .map_err(|why| Problem::fault(format!("{} {} does not read: {why}", act.stream, act.version)))?;
        let text = serde_json::to_value(&access).map_err(Problem::fault)?;
        rows.put(
            &DOSSIER,
            [("case_id", act.stream.id().into()), ("grade", access.grade.into()), ("access", Value::json(&text)?)],
        );
        Ok(())
    }
}

impl Projection for Registers {
    fn name(&self) -> &'static str {
        "registers"
    }
    fn tables(&self) -> &'static [Table] {
        &[REGISTER, ENTRY]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.stream.kind() != "register" {
            return Ok(());
        }
        let version = ("version", act.version.into());
        if let Some(body) = read::<acts::RegisterOpened>(act)? {
            rows.put(
                &REGISTER,
                [
                    ("code", act.stream.id().into()),
                    ("body", body.body.into()),
                    ("title", body.title.into()),
                    ("symbol", body.symbol.into()),
                    ("series", series_code(body.series).into()),
                    ("grade", body.grade.into()),
                    ("next_number", body.next.into()),
                    // The year of the first number is not known yet; it counts as the same year.
                    ("year", if body.series == Series::Term { 0 } else { i64::from(act.at.day().year()) }.into()),
                    version,
                ],
            );
        } else if let Some(body) = read::<acts::NumberTaken>(act)? {
            let number = &body.number;
            rows.patch(
                &REGISTER,
                key(act),
                [
                    ("next_number", (number.number + 1).into()),
                    ("year", number.year.into()),
                    ("last_day", number.date.into()),
                    version,
                ],
            );
            put_entry(act, &body, rows)?;
        } else if let Some(body) = read::<IncomingEntered>(act)? {
            let number = &body.number;
            let next = [("next_number", (number.number + 1).into()), ("year", number.year.into())];
            rows.patch(&REGISTER, key(act), next.into_iter().chain([("last_day", number.date.into()), version]));
        } else if let Some(body) = read::<acts::Continued>(act)? {
            let last_day = body.last_day.map(|day| ("last_day", day.into()));
            rows.patch(&REGISTER, key(act), [("next_number", body.next.into()), version].into_iter().chain(last_day));
        }
        Ok(())
    }
}

fn put_entry(act: &Act, body: &acts::NumberTaken, rows: &mut Rows) -> Result<(), Problem> {
    let recipients = serde_json::to_value(&body.recipients).map_err(Problem::fault)?;
    rows.put(
        &ENTRY,
        [
            ("register", act.stream.id().into()),
            ("year", body.number.year.into()),
            ("number", body.number.number.into()),
            ("number_text", (&body.number.text).into()),
            ("date", body.number.date.into()),
            ("document", (&body.document).into()),
            ("case_id", (&body.case).into()),
            ("subject", (&body.subject).into()),
            ("signer", (&body.signer).into()),
            ("recipients", Value::json(&recipients)?),
            ("at", act.at.into()),
            ("actor", (&act.actor.who).into()),
        ],
    );
    Ok(())
}

impl Projection for Publications {
    fn name(&self) -> &'static str {
        "publications"
    }
    fn tables(&self) -> &'static [Table] {
        &[PUBLISHED, KNOWN_FILE]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.stream.kind() != "document" {
            return Ok(());
        }
        if let Some(body) = read::<acts::Signed>(act)? {
            put_file(act, "signed", body.pdf.into(), body.size, rows);
        } else if let Some(body) = read::<acts::Sealed>(act)? {
            put_file(act, "sealed", body.pdf.into(), body.size, rows);
        } else if let Some(body) = read::<acts::Preserved>(act)? {
            put_file(act, "sealed", body.pdf.into(), body.size, rows);
            let file = [("pdf", body.pdf.into()), ("size", body.size.into()), ("sealed_at", act.version.into())];
            rows.patch(&PUBLISHED, key(act), file);
        } else if let Some(body) = read::<acts::Published>(act)? {
            put_published(act, &body, rows)?;
        } else if let Some(body) = read::<acts::Withdrawn>(act)? {
            rows.patch(&PUBLISHED, key(act), [("withdrawn", body.reason.into())]);
        }
        Ok(())
    }
}

fn put_file(act: &Act, role: &str, digest: Value, size: i64, rows: &mut Rows) {
    rows.put(
        &KNOWN_FILE,
        [
            ("digest", digest),
            ("document", act.stream.id().into()),
            ("role", role.into()),
            ("size", size.into()),
            ("version", act.version.into()),
        ],
    );
}

fn put_published(act: &Act, body: &acts::Published, rows: &mut Rows) -> Result<(), Problem> {
    let content = serde_json::to_value(&body.content).map_err(Problem::fault)?;
    let search = format!("{} {} {}", body.number.text, body.number.date.short(), body.content.plain_text());
    rows.put(
        &PUBLISHED,
        [
            ("document", act.stream.id().into()),
            ("case_id", (&body.case).into()),
            ("kind", (&body.kind).into()),
            ("register", (&body.number.register).into()),
            ("year", body.number.year.into()),
            ("number", body.number.number.into()),
            ("number_text", (&body.number.text).into()),
            ("number_fold", text::fold(&body.number.text).into()),
            ("date", body.number.date.into()),
            ("issuer", (&body.issuer).into()),
            ("issuer_name", (&body.issuer_name).into()),
            ("signer", (&body.signer).into()),
            ("subject", (&body.content.subject).into()),
            ("search_fold", text::fold(&search).into()),
            ("content", Value::json(&content)?),
            ("pdf", body.pdf.into()),
            ("size", body.size.into()),
            ("sealed_at", body.sealed_at.into()),
            ("published_at", act.at.into()),
        ],
    );
    Ok(())
}
