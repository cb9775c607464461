//! A small world to test with: notes that lie in boxes.

use journal::{
    Change, Column, Expected, Index, Journal, PrivateErased, Projection, Report, Rows, Summary, Table, Value,
};
use kernel::{
    Act, ActBody, ActDraft, Actor, Ctx, Grade, Person, PersonId, Problem, Resource, StreamId, Strength, Timestamp,
    id::RequestId,
};
use policy::Policies;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, LazyLock},
};
use testkit::Db;

/// A note was written and put into a box.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Written {
    pub title: String,
    pub into: String,
    pub words: i64,
}
impl ActBody for Written {
    const KIND: &'static str = "note.written";
}

/// A note was moved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Moved {
    pub from: String,
    pub into: String,
}
impl ActBody for Moved {
    const KIND: &'static str = "note.moved";
}

/// A note was burnt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Burnt {
    pub from: String,
}
impl ActBody for Burnt {
    const KIND: &'static str = "note.burnt";
}

pub const NOTES: Table = Table {
    name: "notes",
    columns: &[
        Column::text("id"),
        Column::text("title"),
        Column::text("lies_in"),
        Column::int("words"),
        Column::text("secret").nullable(),
        Column::int("moved").nullable(),
    ],
    key: &["id"],
    indexes: &[Index { columns: &["lies_in", "id"] }],
};

pub const BOXES: Table = Table {
    name: "boxes",
    columns: &[Column::text("name"), Column::int("notes"), Column::text("label").nullable()],
    key: &["name"],
    indexes: &[],
};

/// Notes by id, and how many lie in each box.
pub struct Notes;

impl Projection for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }
    fn tables(&self) -> &'static [Table] {
        const TABLES: &[Table] = &[NOTES, BOXES];
        TABLES
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        let id: Value = act.stream.id().into();
        if let Some(written) = act.read::<Written>().map_err(Problem::fault)? {
            if written.title == "unspeakable" {
                return Err(Problem::refused("note-unspeakable"));
            }
            let secret = act.private.as_ref().and_then(|p| p["secret"].as_str()).map(Value::from);
            rows.put(
                &NOTES,
                [
                    ("id", id.clone()),
                    ("title", written.title.into()),
                    ("lies_in", written.into.clone().into()),
                    ("words", written.words.into()),
                    ("secret", secret.unwrap_or(Value::Null)),
                ],
            );
            rows.add(&BOXES, [written.into.into()], "notes", 1);
        } else if let Some(moved) = act.read::<Moved>().map_err(Problem::fault)? {
            rows.patch(&NOTES, [id], [("lies_in", moved.into.clone().into()), ("moved", act.at.into())]);
            rows.add(&BOXES, [moved.from.into()], "notes", -1);
            rows.add(&BOXES, [moved.into.into()], "notes", 1);
        } else if let Some(burnt) = act.read::<Burnt>().map_err(Problem::fault)? {
            rows.delete(&NOTES, [id]);
            rows.add(&BOXES, [burnt.from.into()], "notes", -1);
        } else if act.kind == PrivateErased::KIND {
            rows.patch(&NOTES, [id], [("secret", Value::Null)]);
        }
        Ok(())
    }
}

pub fn policies() -> Arc<Policies> {
    static POLICIES: LazyLock<Arc<Policies>> = LazyLock::new(|| {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journal/policies");
        Arc::new(Policies::load(Some(&dir)).expect("the tests' policies load"))
    });
    POLICIES.clone()
}

pub async fn open(db: &Db) -> Journal {
    db.journal(policies(), vec![Arc::new(Notes)]).await.expect("the journal opens")
}

pub fn ctx() -> Ctx {
    Ctx::system("tests", Timestamp::from_micros(0), RequestId::new("request-1").unwrap())
}

/// A signed-in person.
pub fn person(strength: Strength) -> Ctx {
    let person = Person {
        id: PersonId::new("person-1").unwrap(),
        name: "Nguyễn Văn A".into(),
        positions: BTreeSet::from(["expert@vpqh".to_owned()]),
        bodies: BTreeSet::from(["vpqh".to_owned()]),
        clearance: Grade::Open,
        acting_as: Some("expert@vpqh".into()),
        handed: vec![],
        acting_for: None,
    };
    Ctx { actor: Actor::Person(person), strength, ..ctx() }
}

pub fn stream(id: &str) -> StreamId {
    StreamId::new("note", id)
}

pub fn note(id: &str) -> Resource {
    Resource::new("Note", id, json!({}))
}

pub fn written(id: &str, title: &str, into: &str) -> ActDraft {
    ActDraft::new(note(id), &Written { title: title.into(), into: into.into(), words: title.len() as i64 })
}

pub fn moved(id: &str, from: &str, into: &str) -> ActDraft {
    ActDraft::new(note(id), &Moved { from: from.into(), into: into.into() })
}

/// A change that writes one note.
pub fn writing(id: &str, title: &str) -> Change {
    Change::new().on(stream(id), Expected::New).act(written(id, title, "inbox"))
}

/// Every finding of a verification, as text.
pub async fn findings(journal: &Journal) -> (Vec<String>, Summary) {
    let mut found = Vec::new();
    let mut report = |report: Report| {
        if let Report::Finding(finding) = report {
            found.push(finding.to_string());
        }
    };
    let summary = journal.verify(&mut report).await.expect("verification runs");
    assert_eq!(summary.findings as usize, found.len());
    (found, summary)
}

pub async fn assert_clean(journal: &Journal) -> Summary {
    let (found, summary) = findings(journal).await;
    assert!(found.is_empty(), "{found:#?}");
    summary
}
