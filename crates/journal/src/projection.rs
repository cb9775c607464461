//! What people read: tables derived from acts.
//!
//! A [`Projection`] is a pure function from an act to row operations. The journal applies it in the transaction that
//! records the act, folds the operations of many acts into few statements, and can throw the tables away and build
//! them again from the acts. A projection must never read the clock, draw randomness, or look at anything but the act.

use kernel::{Act, Day, Digest, Grade, Problem, Timestamp};

/// A pure function from acts to the rows of its own tables.
pub trait Projection: Send + Sync {
    /// A stable name, unique in the program.
    fn name(&self) -> &'static str;
    /// To be raised when `apply` changes its meaning while the tables stay as they are: the tables are then rebuilt.
    fn version(&self) -> i64 {
        1
    }
    /// The tables that it owns. No other projection writes them.
    fn tables(&self) -> &'static [Table];
    /// What the act does to the tables. Acts that mean nothing to the projection change nothing.
    ///
    /// Acts come in one order that is the same for all, live and on rebuilding. `act.private` is `None` on rebuilding
    /// once it was erased, so what is derived from it must be cleared by the act [`crate::PrivateErased`].
    ///
    /// # Errors
    /// An error refuses the whole change; use it for acts whose content does not read.
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem>;
}

/// A table as data. Names are lower-case ASCII words with `_`; they are the same on every engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// The name, unique in the program.
    pub name: &'static str,
    /// All columns.
    pub columns: &'static [Column],
    /// The primary key: columns that are not nullable.
    pub key: &'static [&'static str],
    /// Further indexes, for the reader's queries.
    pub indexes: &'static [Index],
}

/// A column of a [`Table`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name.
    pub name: &'static str,
    /// What it holds.
    pub ty: Type,
    /// Whether it may be without a value.
    pub null: bool,
}

impl Column {
    /// A text that is always there.
    pub const fn text(name: &'static str) -> Column {
        Column { name, ty: Type::Text, null: false }
    }
    /// A whole number that is always there.
    pub const fn int(name: &'static str) -> Column {
        Column { name, ty: Type::Int, null: false }
    }
    /// The same, but it may be without a value.
    #[must_use]
    pub const fn nullable(mut self) -> Column {
        self.null = true;
        self
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Text in byte order (PostgreSQL: `COLLATE "C"`); JSON as canonical text, days as `2025-01-05`.
    Text,
    /// A 64-bit whole number; times in microseconds, truth as 0 and 1.
    Int,
}

/// An index of a [`Table`] over columns in this order. Never unique: what must be unique is a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// The columns.
    pub columns: &'static [&'static str],
}

/// A value of a column, or a parameter of a query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// No value.
    Null,
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
}

impl Value {
    /// JSON as canonical text.
    ///
    /// # Errors
    /// [`Problem::Fault`] when it holds a number that acts may not hold.
    pub fn json(value: &serde_json::Value) -> Result<Value, Problem> {
        kernel::canon::to_string(value).map(Value::Text).map_err(Problem::fault)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}
impl From<&String> for Value {
    fn from(text: &String) -> Value {
        Value::Text(text.clone())
    }
}
macro_rules! value_from_number {
    ($($number:ty),*) => { $(impl From<$number> for Value {
        fn from(number: $number) -> Value { Value::Int(i64::from(number)) }
    })* };
}
value_from_number!(i64, i32, u32, u16, i16, u8, bool);

macro_rules! value_from_display {
    ($($name:ty),*) => { $(
        impl From<$name> for Value { fn from(text: $name) -> Value { Value::Text(text.to_string()) } }
        impl From<&$name> for Value { fn from(text: &$name) -> Value { Value::Text(text.to_string()) } }
    )* };
}
value_from_display!(
    Day,
    Digest,
    kernel::StreamId,
    kernel::PersonId,
    kernel::BodyId,
    kernel::CaseId,
    kernel::DocumentId,
    kernel::id::AssignmentId,
    kernel::id::RequestId
);

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Value {
        Value::Int(at.micros())
    }
}
impl From<Grade> for Value {
    fn from(grade: Grade) -> Value {
        Value::Int(i64::from(grade.level()))
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// One operation on a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Op {
    pub table: Table,
    pub key: Vec<Value>,
    pub what: What,
}

/// What an [`Op`] does to its row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// The whole row, one value per column of the table.
    Put(Vec<Value>),
    /// These columns (by place in the table) of a row that is there.
    Patch(Vec<(usize, Value)>),
    /// Adds to a number; a row that is not there is made first.
    Add(usize, i64),
    /// Removes the row, if it is there.
    Delete,
}

/// Collects the row operations of an act.
///
/// A column that the table does not have, a missing key or a value of the wrong type refuses the change with a
/// [`Problem::Fault`] that names table and column.
#[derive(Debug, Default)]
pub struct Rows {
    pub(crate) ops: Vec<Op>,
    pub(crate) mistake: Option<String>,
}

impl Rows {
    /// Writes the whole row, whether it was there or not. Every column that is not nullable must be given; a nullable
    /// one that is not given is left without a value.
    pub fn put(&mut self, table: &Table, columns: impl IntoIterator<Item = (&'static str, Value)>) {
        let mut row = vec![None; table.columns.len()];
        for (name, value) in columns {
            let Some(at) = self.column(table, name, &value) else { return };
            row[at] = Some(value);
        }
        let mut full = Vec::with_capacity(row.len());
        for (column, value) in table.columns.iter().zip(row) {
            match value {
                Some(value) => full.push(value),
                None if column.null => full.push(Value::Null),
                None => return self.blame(table, column.name, "is not given"),
            }
        }
        let key = table.key.iter().filter_map(|name| place(table, name)).map(|at| full[at].clone()).collect();
        self.ops.push(Op { table: *table, key, what: What::Put(full) });
    }

    /// Changes some columns of the row with this key. A row that is not there stays away.
    pub fn patch(
        &mut self,
        table: &Table,
        key: impl IntoIterator<Item = Value>,
        columns: impl IntoIterator<Item = (&'static str, Value)>,
    ) {
        let Some(key) = self.key(table, key) else { return };
        let mut patch = Vec::new();
        for (name, value) in columns {
            let Some(at) = self.column(table, name, &value) else { return };
            if table.key.contains(&name) {
                return self.blame(table, name, "is part of the key and cannot be patched");
            }
            patch.push((at, value));
        }
        if !patch.is_empty() {
            self.ops.push(Op { table: *table, key, what: What::Patch(patch) });
        }
    }

    /// Adds to a number of the row with this key. A row that is not there is made first: other columns empty (no value
    /// where that is allowed, else 0 or the empty text).
    pub fn add(&mut self, table: &Table, key: impl IntoIterator<Item = Value>, column: &'static str, delta: i64) {
        let Some(key) = self.key(table, key) else { return };
        let Some(at) = self.column(table, column, &Value::Int(delta)) else { return };
        if table.key.contains(&column) {
            return self.blame(table, column, "is part of the key and cannot be added to");
        }
        self.ops.push(Op { table: *table, key, what: What::Add(at, delta) });
    }

    /// Removes the row with this key, if it is there.
    pub fn delete(&mut self, table: &Table, key: impl IntoIterator<Item = Value>) {
        let Some(key) = self.key(table, key) else { return };
        self.ops.push(Op { table: *table, key, what: What::Delete });
    }

    fn key(&mut self, table: &Table, key: impl IntoIterator<Item = Value>) -> Option<Vec<Value>> {
        let key: Vec<Value> = key.into_iter().collect();
        if key.len() != table.key.len() {
            self.blame(table, &table.key.join(", "), "is the key, but another number of values was given");
            return None;
        }
        for (name, value) in table.key.iter().zip(&key) {
            self.column(table, name, value)?;
        }
        Some(key)
    }

    fn column(&mut self, table: &Table, name: &str, value: &Value) -> Option<usize> {
        let Some(at) = place(table, name) else {
            self.blame(table, name, "is no column of the table");
            return None;
        };
        let column = table.columns[at];
        let wrong = match (value, column.ty) {
            (Value::Null, _) if column.null => None,
            (Value::Null, _) => Some("must have a value"),
            (Value::Int(_), Type::Int) => None,
            (Value::Text(text), Type::Text) => text.contains('\0').then_some("holds the character U+0000"),
            (Value::Int(_), Type::Text) => Some("is a text but was given a number"),
            (Value::Text(_), Type::Int) => Some("is a number but was given a text"),
        };
        match wrong {
            None => Some(at),
            Some(why) => {
                self.blame(table, name, why);
                None
            }
        }
    }

    fn blame(&mut self, table: &Table, column: &str, why: &str) {
        if self.mistake.is_none() {
            self.mistake = Some(format!("projection table {}: column {column} {why}", table.name));
        }
    }
}

/// The place of a column in its table.
pub(crate) fn place(table: &Table, column: &str) -> Option<usize> {
    table.columns.iter().position(|c| c.name == column)
}
