//! What waits for a system, what it sent, and how far its receivers are.

use crate::acts::DeliveryNoted;
use crate::hub::Hub;
use crate::systems::System;
use bytes::Bytes;
use journal::{Change, Expected, Row};
use kernel::{ActDraft, Digest, FieldProblem, Problem, StreamId, Timestamp};

/// Entries that are answered at once; a client fetches what it got and asks again.
const MOST_ENTRIES: i64 = 500;

/// What a package is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageType {
    /// A document.
    Edoc,
    /// A status.
    Status,
}

impl MessageType {
    /// On the wire.
    pub fn text(self) -> &'static str {
        match self {
            MessageType::Edoc => "edoc",
            MessageType::Status => "status",
        }
    }
    /// From the wire.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for another word.
    pub fn of(text: &str) -> Result<MessageType, Problem> {
        match text {
            "edoc" => Ok(MessageType::Edoc),
            "status" => Ok(MessageType::Status),
            _ => Err(Problem::field("messagetype", "field-invalid")),
        }
    }
}

/// How far a receiver is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// At work on it; it stays in the inbox.
    Processing,
    /// Has it.
    Done,
    /// Cannot take it.
    Fail,
}

impl Progress {
    /// From the wire.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for another word.
    pub fn of(text: &str) -> Result<Progress, Problem> {
        match text {
            "processing" => Ok(Progress::Processing),
            "done" => Ok(Progress::Done),
            "fail" => Ok(Progress::Fail),
            _ => Err(Problem::Invalid(vec![FieldProblem::new("status", "field-invalid")])),
        }
    }
    fn text(self) -> &'static str {
        match self {
            Progress::Processing => "processing",
            Progress::Done => "done",
            Progress::Fail => "fail",
        }
    }
}

/// A line of an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The hub's id of the package.
    pub package: String,
    /// When it came.
    pub created: Timestamp,
    /// When something was noted last.
    pub updated: Timestamp,
    /// The sender.
    pub from: String,
    /// The receiver.
    pub to: String,
    /// `initial`, `processing`, `done`, `fail`.
    pub status: String,
}

/// A line of what was sent, for one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The line as the receiver sees it.
    pub entry: Entry,
    /// The subject.
    pub title: String,
    /// Number and notation.
    pub notation: String,
    /// The sender's identifier of the document.
    pub document: String,
}

impl Hub {
    /// What waits for a system, oldest first, 500 lines at most. The cost does not grow with what was fetched before.
    ///
    /// # Errors
    /// [`Problem::Unavailable`].
    pub async fn inbox(&self, system: &System, message: MessageType) -> Result<Vec<Entry>, Problem> {
        let sql = "SELECT package, code, sender, status, created_at, updated_at FROM axis_delivery \
                   WHERE system = $1 AND message = $2 AND waiting = 1 ORDER BY created_at, package, code LIMIT $3";
        let parameters = [system.id.as_str().into(), message.text().into(), MOST_ENTRIES.into()];
        self.journal.reader().rows(sql, &parameters).await?.iter().map(entry).collect()
    }

    /// How much waits for a system.
    ///
    /// # Errors
    /// [`Problem::Unavailable`].
    pub async fn waiting(&self, system: &System, message: MessageType) -> Result<i64, Problem> {
        let sql = "SELECT COUNT(*) AS waiting FROM axis_delivery WHERE system = $1 AND message = $2 AND waiting = 1";
        let row = self.journal.reader().row(sql, &[system.id.as_str().into(), message.text().into()]).await?;
        row.map_or(Ok(0), |row| row.int("waiting"))
    }

    /// What a system sent, newest first, or what is behind one identifier: a package by its id, or all packages about one
    /// document by the sender's own identifier of it.
    ///
    /// # Errors
    /// [`Problem::Unavailable`].
    pub async fn sent(
        &self,
        system: &System,
        message: MessageType,
        package: Option<&str>,
    ) -> Result<Vec<Delivery>, Problem> {
        let columns = "SELECT d.package, d.code, d.sender, d.status, d.created_at, d.updated_at, p.title, p.notation, \
                       p.document FROM axis_delivery d JOIN axis_package p ON p.package = d.package \
                       WHERE d.sender_system = $1 AND d.message = $2";
        let mut parameters = vec![system.id.as_str().into(), message.text().into()];
        let rest = match package {
            None => " ORDER BY d.created_at DESC, d.package, d.code LIMIT 500",
            Some(package) => {
                parameters.push(package.into());
                " AND (d.package = $3 OR d.package IN (SELECT q.package FROM axis_package q WHERE q.document = $3)) \
                 ORDER BY d.created_at, d.package, d.code LIMIT 5000"
            }
        };
        let rows = self.journal.reader().rows(&format!("{columns}{rest}"), &parameters).await?;
        let one = |row: &Row| {
            let text = |name: &str| row.text(name).map(str::to_owned);
            Ok(Delivery {
                entry: entry(row)?,
                title: text("title")?,
                notation: text("notation")?,
                document: text("document")?,
            })
        };
        rows.iter().map(one).collect()
    }

    /// A package, for its sender and its receivers; for anybody else there is none.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn package(&self, system: &System, package: &str) -> Result<Bytes, Problem> {
        let sql = "SELECT p.blob FROM axis_package p WHERE p.package = $1 AND (p.sender_system = $2 OR EXISTS \
                   (SELECT 1 FROM axis_delivery d WHERE d.package = p.package AND d.system = $2))";
        let row = self.journal.reader().row(sql, &[package.into(), system.id.as_str().into()]).await?;
        let row = row.ok_or_else(|| Problem::not_found("package", package))?;
        self.journal.get_blob(&Digest::parse(row.text("blob")?).map_err(Problem::fault)?).await
    }

    /// Notes how far a receiver's system is. What is finished stays so; the same said twice changes nothing.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for a package that is not the system's.
    pub async fn note(&self, system: &System, package: &str, progress: Progress) -> Result<(), Problem> {
        let sql = "SELECT code, status FROM axis_delivery WHERE package = $1 AND system = $2 ORDER BY code";
        let rows = self.journal.reader().rows(sql, &[package.into(), system.id.as_str().into()]).await?;
        if rows.is_empty() {
            return Err(Problem::not_found("package", package));
        }
        let mut codes = Vec::new();
        for row in &rows {
            let status = row.text("status")?;
            if status != progress.text() && !matches!(status, "done" | "fail") {
                codes.push(row.text("code")?.to_owned());
            }
        }
        if codes.is_empty() {
            return Ok(());
        }
        let act =
            DeliveryNoted { id: package.to_owned(), system: system.id.clone(), codes, status: progress.text().into() };
        let draft = ActDraft::new(Hub::resource(package), &act);
        let change = Change::new().on(StreamId::new("axis-package", package), Expected::Any).act(draft);
        self.journal.commit(&self.ctx(), change).await.map(drop)
    }
}

fn entry(row: &Row) -> Result<Entry, Problem> {
    Ok(Entry {
        package: row.text("package")?.to_owned(),
        created: row.time("created_at")?,
        updated: row.time("updated_at")?,
        from: row.text("sender")?.to_owned(),
        to: row.text("code")?.to_owned(),
        status: row.text("status")?.to_owned(),
    })
}

/// A time as packages write it, by the clock in Viet Nam.
pub(crate) fn time_text(at: Timestamp) -> String {
    let local = at.iso_local();
    format!("{} {}", edxml::package::day_text(at.day()), local.get(11..19).unwrap_or("00:00:00"))
}
