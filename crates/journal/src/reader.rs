//! Reading projections: plain SELECTs with bound parameters, the same text on both engines.

use crate::{
    engine::Engine,
    known::{Known, Mark, Moment, Question},
    look,
    projection::Value,
};
use kernel::{Problem, Timestamp};
use std::{sync::Arc, time::Instant};

/// Runs SELECTs on projection tables over a pool of read-only connections. Cheap to clone.
///
/// One SQL text must serve SQLite and PostgreSQL: `$1, $2 …` for parameters, `CAST(SUM(x) AS BIGINT)` for sums, text
/// compared byte by byte, Vietnamese folded in Rust into `*_fold` columns. Never splice input into the text.
#[derive(Clone)]
pub struct Reader {
    pub(crate) engine: Engine,
    /// Answers that are still true.
    pub(crate) known: Arc<Known>,
}

impl Reader {
    /// All rows of a query. The caller bounds them with `LIMIT`.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer, [`Problem::Fault`] when the query is wrong.
    pub async fn rows(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, Problem> {
        self.ask(false, sql, parameters).await.map(|rows| rows.to_vec())
    }
    /// The first row of a query, if there is one.
    ///
    /// # Errors
    /// As [`Reader::rows`].
    pub async fn row(&self, sql: &str, parameters: &[Value]) -> Result<Option<Row>, Problem> {
        Ok(self.ask(true, sql, parameters).await?.first().cloned())
    }

    /// Asks what is not known: for the first row only, or for all.
    async fn ask(&self, first: bool, sql: &str, parameters: &[Value]) -> Result<Arc<Vec<Row>>, Problem> {
        let Some(moment) = self.moment().await else {
            return self.engine_rows(first, sql, parameters).await.map(Arc::new);
        };
        let question = Question { first, sql: sql.to_owned(), parameters: parameters.to_vec() };
        if let Some(rows) = self.known.answer(&moment, &question) {
            return Ok(rows);
        }
        let rows = Arc::new(self.engine_rows(first, sql, parameters).await?);
        self.known.keep(moment, question, &rows);
        Ok(rows)
    }

    /// See [`crate::Journal::mark`].
    pub(crate) async fn mark(&self) -> Option<Mark> {
        self.moment().await.map(|moment| self.known.mark(moment))
    }

    /// What has been recorded by now; none where finding out would cost as much as the question.
    async fn moment(&self) -> Option<Moment> {
        let tide = self.known.tide();
        if self.engine.is_ours_alone() {
            return Some(Moment { tide, view: None });
        }
        if !look::is_shared() {
            return None;
        }
        if let Some(view) = look::seen(tide) {
            return Some(Moment { tide, view: Some(view) });
        }
        let at = Instant::now();
        // A database that does not answer is reported by the question itself.
        let view: Arc<str> = self.engine.view().await.ok()?.into();
        look::saw(tide, at, &view);
        Some(Moment { tide, view: Some(view) })
    }

    async fn engine_rows(&self, first: bool, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, Problem> {
        match first {
            true => Ok(self.engine.read_row(sql, parameters).await?.into_iter().collect()),
            false => self.engine.read_rows(sql, parameters).await,
        }
    }
}

/// One row of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub(crate) names: Arc<[String]>,
    pub(crate) values: Vec<Value>,
}

impl Row {
    /// The value of a column.
    ///
    /// # Errors
    /// [`Problem::Fault`] when the answer has no such column.
    pub fn value(&self, column: &str) -> Result<&Value, Problem> {
        let at = self.names.iter().position(|name| name == column);
        at.and_then(|at| self.values.get(at)).ok_or_else(|| Problem::fault(format!("no column {column} in the answer")))
    }
    /// The text of a column.
    ///
    /// # Errors
    /// [`Problem::Fault`] when there is no such column, no value, or a number.
    pub fn text(&self, column: &str) -> Result<&str, Problem> {
        self.opt_text(column)?.ok_or_else(|| Problem::fault(format!("column {column} has no value")))
    }
    /// The number of a column.
    ///
    /// # Errors
    /// [`Problem::Fault`] when there is no such column, no value, or a text.
    pub fn int(&self, column: &str) -> Result<i64, Problem> {
        self.opt_int(column)?.ok_or_else(|| Problem::fault(format!("column {column} has no value")))
    }
    /// The text of a column, if it has a value.
    ///
    /// # Errors
    /// [`Problem::Fault`] when there is no such column or it holds a number.
    pub fn opt_text(&self, column: &str) -> Result<Option<&str>, Problem> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            Value::Int(_) => Err(Problem::fault(format!("column {column} holds a number, not a text"))),
        }
    }
    /// The number of a column, if it has a value.
    ///
    /// # Errors
    /// [`Problem::Fault`] when there is no such column or it holds a text.
    pub fn opt_int(&self, column: &str) -> Result<Option<i64>, Problem> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Int(number) => Ok(Some(*number)),
            Value::Text(_) => Err(Problem::fault(format!("column {column} holds a text, not a number"))),
        }
    }
    /// Whether the number of a column is other than 0.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn truth(&self, column: &str) -> Result<bool, Problem> {
        Ok(self.int(column)? != 0)
    }
    /// The instant of a column that holds microseconds.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn time(&self, column: &str) -> Result<Timestamp, Problem> {
        self.int(column).map(Timestamp::from_micros)
    }
    /// The instant of a column that holds microseconds, if it has a value.
    ///
    /// # Errors
    /// As [`Row::opt_int`].
    pub fn opt_time(&self, column: &str) -> Result<Option<Timestamp>, Problem> {
        Ok(self.opt_int(column)?.map(Timestamp::from_micros))
    }
}
