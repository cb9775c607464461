//! The live projections against those built again from the acts, row by row.

use super::{Check, MOST_ALIKE};
use crate::{
    projection::{Table, Value, place},
    reader::Row,
    rebuild,
};
use kernel::Problem;
use std::{cmp::Ordering, collections::BTreeMap};

/// Rows compared at once.
const ROWS: i64 = 1000;

/// What may be wrong in one table, with the number of times that it was told.
struct Told<'a> {
    table: &'a Table,
    times: u64,
}

impl Check<'_> {
    /// Compares the register of projections.
    pub(super) async fn register(&mut self) -> Result<(), Problem> {
        let rows = match self.live.rows("SELECT name, shape, tables FROM journal_projections ORDER BY name", &[]).await
        {
            Ok(rows) => rows,
            Err(failure) => return self.unread("table journal_projections".to_owned(), failure),
        };
        let mut wanted: BTreeMap<&str, [String; 2]> = (self.inner.projections.iter())
            .map(|p| (p.name(), [rebuild::shape_of(&**p), rebuild::tables_of(&**p)]))
            .collect();
        for row in &rows {
            let name = row.text("name")?;
            let right = wanted.remove(name).is_some_and(|[shape, tables]| {
                row.text("shape").is_ok_and(|found| found == shape)
                    && row.text("tables").is_ok_and(|found| found == tables)
            });
            if !right {
                self.finding(format!("table journal_projections, key {name}"), "is not what this program registered");
            }
        }
        for name in wanted.into_keys() {
            self.finding(format!("table journal_projections, key {name}"), "the row is missing");
        }
        Ok(())
    }

    /// Compares one table.
    pub(super) async fn table(&mut self, table: &Table) -> Result<(), Problem> {
        let mut told = Told { table, times: 0 };
        let mut after: Option<Vec<Value>> = None;
        let mut compared = 0;
        loop {
            let (sql, parameters) = page_sql(table, after.as_deref());
            let right = self.scratch.read_rows(&sql, &parameters).await?;
            let live = match self.live.rows(sql, &parameters).await {
                Ok(rows) => rows,
                Err(failure) if failure.is_away() => return Err(failure.into()),
                Err(failure) => {
                    let why = failure.to_string();
                    self.row_by_row(&mut told, &right, &why).await?
                }
            };
            let end = boundary(table, &right, &live);
            self.compare(&mut told, &upto(table, right, end.as_ref()), &upto(table, live, end.as_ref()), &mut compared);
            self.progress("projections", compared, compared);
            match end {
                Some(key) => after = Some(key),
                None => break,
            }
        }
        if told.times > MOST_ALIKE {
            let more = told.times - MOST_ALIKE;
            (self.report)(super::Report::Finding(super::Finding {
                place: format!("table {}", table.name),
                what: format!("{more} more rows are not as they must be"),
            }));
        }
        Ok(())
    }

    /// The live rows of a page that does not read as a whole, asked for one by one.
    async fn row_by_row(&mut self, told: &mut Told<'_>, right: &[Row], why: &str) -> Result<Vec<Row>, Problem> {
        let table = told.table;
        let mut found = Vec::new();
        let before = told.times;
        for row in right {
            let key = key_of(table, row);
            let (sql, parameters) = one_sql(table, &key);
            match self.live.row(sql, &parameters).await {
                Ok(row) => found.extend(row),
                Err(failure) if failure.is_away() => return Err(failure.into()),
                Err(failure) => {
                    self.tell(told, &key, &format!("does not read: {failure}"));
                    // Told already; for the comparison it is as it must be.
                    found.push(row.clone());
                }
            }
        }
        if told.times == before {
            self.finding(
                format!("table {}", table.name),
                format!("a row that the acts do not give does not read: {why}"),
            );
        }
        Ok(found)
    }

    /// Merges two pages that end at the same key.
    fn compare(&mut self, told: &mut Told<'_>, right: &[Row], live: &[Row], compared: &mut u64) {
        let (mut right, mut live) = (right.iter().peekable(), live.iter().peekable());
        loop {
            let order = match (right.peek(), live.peek()) {
                (None, None) => return,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(right), Some(live)) => key_of(told.table, right).cmp(&key_of(told.table, live)),
            };
            *compared += 1;
            self.summary.rows += 1;
            match order {
                Ordering::Less => {
                    let Some(row) = right.next() else { return };
                    self.tell(told, &key_of(told.table, row), "the row is missing");
                }
                Ordering::Greater => {
                    let Some(row) = live.next() else { return };
                    self.tell(told, &key_of(told.table, row), "the acts give no such row");
                }
                Ordering::Equal => {
                    let (Some(right), Some(live)) = (right.next(), live.next()) else { return };
                    let wrong: Vec<&str> = (told.table.columns.iter().zip(right.values.iter().zip(&live.values)))
                        .filter(|(_, (right, live))| right != live)
                        .map(|(column, _)| column.name)
                        .collect();
                    if !wrong.is_empty() {
                        let what = format!("column {} is not what the acts give", wrong.join(", "));
                        self.tell(told, &key_of(told.table, right), &what);
                    }
                }
            }
        }
    }

    fn tell(&mut self, told: &mut Told<'_>, key: &[Value], what: &str) {
        told.times += 1;
        if told.times <= MOST_ALIKE {
            let key: Vec<String> = key.iter().map(show).collect();
            self.finding(format!("table {}, key {}", told.table.name, key.join(" ")), what);
        } else {
            self.summary.findings += 1;
        }
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    }
}

fn key_of(table: &Table, row: &Row) -> Vec<Value> {
    let at = table.key.iter().filter_map(|name| place(table, name));
    at.filter_map(|at| row.values.get(at).cloned()).collect()
}

/// The key up to which both pages are complete; `None` when both are the last.
fn boundary(table: &Table, right: &[Row], live: &[Row]) -> Option<Vec<Value>> {
    let full = |rows: &[Row]| {
        let full = i64::try_from(rows.len()).unwrap_or(ROWS) >= ROWS;
        rows.last().filter(|_| full).map(|row| key_of(table, row))
    };
    match (full(right), full(live)) {
        (Some(right), Some(live)) => Some(right.min(live)),
        (one, other) => one.or(other),
    }
}

fn upto(table: &Table, rows: Vec<Row>, end: Option<&Vec<Value>>) -> Vec<Row> {
    match end {
        None => rows,
        Some(end) => rows.into_iter().filter(|row| key_of(table, row) <= *end).collect(),
    }
}

fn columns(table: &Table) -> String {
    table.columns.iter().map(|c| c.name).collect::<Vec<_>>().join(", ")
}

fn page_sql(table: &Table, after: Option<&[Value]>) -> (String, Vec<Value>) {
    let key = table.key.join(", ");
    let parameters = after.map(<[Value]>::to_vec).unwrap_or_default();
    let behind = match parameters.len() {
        0 => String::new(),
        many => {
            let marks: Vec<String> = (1..=many).map(|n| format!("${n}")).collect();
            format!("WHERE ({key}) > ({}) ", marks.join(", "))
        }
    };
    (format!("SELECT {} FROM {} {behind}ORDER BY {key} LIMIT {ROWS}", columns(table), table.name), parameters)
}

fn one_sql(table: &Table, key: &[Value]) -> (String, Vec<Value>) {
    let same: Vec<String> = table.key.iter().enumerate().map(|(n, name)| format!("{name} = ${}", n + 1)).collect();
    (format!("SELECT {} FROM {} WHERE {}", columns(table), table.name, same.join(" AND ")), key.to_vec())
}
