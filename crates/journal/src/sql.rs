//! Statements over many rows: few texts, remembered, so that the engine prepares each once.

use crate::{
    engine::{Failure, Kind, Tx, whole},
    net::{Net, Present, Set},
    projection::{Table, Type, Value, place},
};
use sqlx::any::AnyArguments;
use std::{collections::HashMap, fmt::Write as _, sync::Arc};

/// Most rows of one statement: beyond this nothing is gained, and the texts stay few.
const MOST_ROWS: usize = 256;

/// The texts of statements by table, form and number of rows.
#[derive(Default)]
pub(crate) struct Statements(HashMap<(&'static str, Form, usize), Arc<str>>);

/// What a statement does with its rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// Adds rows; a row that is there already is an error.
    Insert,
    /// Adds rows; one that is there already stays as it is.
    InsertMissing,
    /// Writes whole rows.
    Upsert,
    /// Changes columns of rows that are there; `true` adds to the column.
    Update(Vec<(usize, bool)>),
    /// Removes rows.
    Delete,
}

impl Statements {
    /// Runs a statement over rows of values, in pieces that engine and memory bear. The values of a row are in the
    /// order of [`columns`].
    pub async fn run(&mut self, tx: &mut Tx, table: &Table, form: &Form, rows: Vec<Vec<Value>>) -> Result<(), Failure> {
        let kinds = columns(table, form);
        let most = (tx.kind().most_parameters() / kinds.len().max(1)).min(MOST_ROWS);
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            // Powers of four: five texts serve every number of rows, so that the engine's cache holds them all.
            let count = 1 << (rows.len().min(most).ilog2() & !1);
            let mut arguments = AnyArguments::default();
            for row in rows.by_ref().take(count) {
                for (value, ty) in row.into_iter().zip(&kinds) {
                    whole(&mut arguments, value, *ty);
                }
            }
            let text = self.text(tx.kind(), table, form, count);
            tx.run(text, arguments).await?;
        }
        Ok(())
    }

    fn text(&mut self, kind: Kind, table: &Table, form: &Form, count: usize) -> Arc<str> {
        let key = (table.name, form.clone(), count);
        self.0.entry(key).or_insert_with(|| text(kind, table, form, count).into()).clone()
    }

    /// Writes folded effects: per table deletions, whole rows, changes, and rows made by adding.
    pub async fn write(&mut self, tx: &mut Tx, net: Net) -> Result<(), Failure> {
        for (_, (table, effects)) in net.tables {
            let mut forms: Vec<(Form, Vec<Vec<Value>>)> = Vec::new();
            let mut made = Vec::new();
            for (key, effect) in effects {
                let (form, row) = match (effect.present, effect.missing) {
                    (Present::Gone, _) => (Form::Delete, key),
                    (Present::Row(row), _) => (Form::Upsert, row),
                    (Present::Patch(patch), missing) => {
                        made.extend(missing);
                        if patch.is_empty() {
                            continue;
                        }
                        update(&table, key, patch)
                    }
                };
                match forms.iter_mut().find(|(other, _)| *other == form) {
                    Some((_, rows)) => rows.push(row),
                    None => forms.push((form, vec![row])),
                }
            }
            for (form, rows) in forms {
                self.run(tx, &table, &form, rows).await?;
            }
            // After the changes, so that a row made now is not changed once more.
            self.run(tx, &table, &Form::InsertMissing, made).await?;
        }
        Ok(())
    }
}

/// The form and values of a change of some columns.
fn update(table: &Table, key: Vec<Value>, patch: std::collections::BTreeMap<usize, Set>) -> (Form, Vec<Value>) {
    debug_assert_eq!(key.len(), table.key.len(), "the key of table {} is whole", table.name);
    let mut row = key;
    let mut sets = Vec::with_capacity(patch.len());
    for (at, set) in patch {
        let (value, plus) = match set {
            Set::To(value) => (value, false),
            Set::Plus(delta) => (Value::Int(delta), true),
        };
        sets.push((at, plus));
        row.push(value);
    }
    (Form::Update(sets), row)
}

/// The types of the values of one row of a statement.
fn columns(table: &Table, form: &Form) -> Vec<Type> {
    let of_key = || table.key.iter().filter_map(|name| place(table, name)).map(|at| table.columns[at].ty);
    match form {
        Form::Insert | Form::InsertMissing | Form::Upsert => table.columns.iter().map(|c| c.ty).collect(),
        Form::Update(sets) => of_key().chain(sets.iter().map(|(at, _)| table.columns[*at].ty)).collect(),
        Form::Delete => of_key().collect(),
    }
}

fn text(kind: Kind, table: &Table, form: &Form, count: usize) -> String {
    let name = table.name;
    let key = table.key.join(", ");
    let values = tuples(kind, columns(table, form).len(), count);
    let all = table.columns.iter().map(|c| c.name).collect::<Vec<_>>().join(", ");
    match form {
        Form::Insert => format!("INSERT INTO {name} ({all}) VALUES {values}"),
        Form::InsertMissing => format!("INSERT INTO {name} ({all}) VALUES {values} ON CONFLICT ({key}) DO NOTHING"),
        Form::Upsert => {
            let sets: Vec<String> = (table.columns.iter())
                .filter(|c| !table.key.contains(&c.name))
                .map(|c| format!("{0} = excluded.{0}", c.name))
                .collect();
            let action = if sets.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {}", sets.join(", ")) };
            format!("INSERT INTO {name} ({all}) VALUES {values} ON CONFLICT ({key}) DO {action}")
        }
        Form::Update(sets) => {
            let sets: Vec<String> = (sets.iter().enumerate())
                .map(|(i, (at, plus))| {
                    let (column, new) = (table.columns[*at].name, table.key.len() + i + 1);
                    let old = if *plus { format!("COALESCE({name}.{column}, 0) + ") } else { String::new() };
                    format!("{column} = {old}v.column{new}")
                })
                .collect();
            let same: Vec<String> =
                (table.key.iter().enumerate()).map(|(i, key)| format!("{name}.{key} = v.column{}", i + 1)).collect();
            format!("UPDATE {name} SET {} FROM (VALUES {values}) AS v WHERE {}", sets.join(", "), same.join(" AND "))
        }
        Form::Delete if table.key.len() == 1 => {
            let marks: Vec<String> = (1..=count).map(|n| kind.mark(n)).collect();
            format!("DELETE FROM {name} WHERE {key} IN ({})", marks.join(", "))
        }
        Form::Delete => format!("DELETE FROM {name} WHERE ({key}) IN (VALUES {values})"),
    }
}

/// `($1, $2), ($3, $4)` or `(?, ?), (?, ?)`: tuples of `width` parameters.
fn tuples(kind: Kind, width: usize, count: usize) -> String {
    let mut out = String::with_capacity(count * (width * 6 + 4));
    for row in 0..count {
        out.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            let comma = if column == 0 { "" } else { ", " };
            let _ = write!(out, "{comma}{}", kind.mark(row * width + column + 1));
        }
        out.push(')');
    }
    out
}

/// The DDL of a table with its indexes.
pub(crate) fn create(kind: Kind, table: &Table) -> String {
    let columns: Vec<String> = (table.columns.iter())
        .map(|c| {
            let ty = if c.ty == Type::Text { "{text}" } else { "{int}" };
            format!("{} {ty}{}", c.name, if c.null { "" } else { " NOT NULL" })
        })
        .collect();
    let mut ddl = format!(
        "CREATE TABLE {} ({}, PRIMARY KEY ({})){{rowless}};\n",
        table.name,
        columns.join(", "),
        table.key.join(", ")
    );
    for (n, index) in table.indexes.iter().enumerate() {
        let _ = writeln!(ddl, "CREATE INDEX {0}_by_{1} ON {0} ({2});", table.name, n + 1, index.columns.join(", "));
    }
    kind.ddl(&ddl)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, Index};

    const TASKS: Table = Table {
        name: "tasks",
        columns: &[Column::text("case_id"), Column::text("step"), Column::int("due").nullable(), Column::int("seen")],
        key: &["case_id", "step"],
        indexes: &[Index { columns: &["due", "step"] }],
    };

    #[test]
    fn statements_are_one_text_for_both_engines() {
        assert_eq!(
            text(Kind::Postgres, &TASKS, &Form::Upsert, 2),
            "INSERT INTO tasks (case_id, step, due, seen) VALUES ($1, $2, $3, $4), ($5, $6, $7, $8) \
             ON CONFLICT (case_id, step) DO UPDATE SET due = excluded.due, seen = excluded.seen"
        );
        assert_eq!(
            text(Kind::Postgres, &TASKS, &Form::Update(vec![(2, false), (3, true)]), 1),
            "UPDATE tasks SET due = v.column3, seen = COALESCE(tasks.seen, 0) + v.column4 \
             FROM (VALUES ($1, $2, $3, $4)) AS v WHERE tasks.case_id = v.column1 AND tasks.step = v.column2"
        );
        assert_eq!(
            text(Kind::Postgres, &TASKS, &Form::Delete, 2),
            "DELETE FROM tasks WHERE (case_id, step) IN (VALUES ($1, $2), ($3, $4))"
        );
        assert_eq!(
            text(Kind::Sqlite, &TASKS, &Form::Delete, 2),
            "DELETE FROM tasks WHERE (case_id, step) IN (VALUES (?, ?), (?, ?))"
        );
    }

    #[test]
    fn a_table_is_made_for_each_engine_in_its_own_types() {
        assert_eq!(
            create(Kind::Sqlite, &TASKS),
            "CREATE TABLE tasks (case_id TEXT NOT NULL, step TEXT NOT NULL, due INTEGER, seen INTEGER NOT NULL, \
             PRIMARY KEY (case_id, step)) STRICT, WITHOUT ROWID;\nCREATE INDEX tasks_by_1 ON tasks (due, step);\n"
        );
        assert!(create(Kind::Postgres, &TASKS).starts_with("CREATE TABLE tasks (case_id TEXT COLLATE \"C\" NOT NULL"));
    }
}
