//! Reading acts back from storage.

use crate::{engine::Engine, projection::Value, reader::Row};
use kernel::{Act, ActorRecord, Digest, Grade, Problem, StreamId, Timestamp, id::RequestId};
use serde::Deserialize;

/// An act with its place among all acts.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The place in the order of recording, from 1, without gaps; the act's leaf in the Merkle log is this less 1.
    pub position: i64,
    /// The act.
    pub act: Act,
}

/// A page of acts behind position `$1`, at most `$2`.
pub(crate) const PAGE_SQL: &str = "SELECT a.position, a.stream, a.version, a.kind, a.at, a.envelope, a.prev, a.hash, p.data FROM acts a \
     LEFT JOIN private p ON p.stream = a.stream AND p.version = a.version \
     WHERE a.position > $1 ORDER BY a.position LIMIT $2";

const STREAM_SQL: &str = "SELECT a.position, a.stream, a.version, a.kind, a.at, a.envelope, a.prev, a.hash, p.data FROM acts a \
     LEFT JOIN private p ON p.stream = a.stream AND p.version = a.version \
     WHERE a.stream = $1 AND a.version > $2 ORDER BY a.version LIMIT $3";

/// What the hash covers, as [`Act::envelope`] writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    stream: StreamId,
    version: i64,
    kind: String,
    at: Timestamp,
    actor: ActorRecord,
    resource: String,
    grade: Grade,
    body: serde_json::Value,
    commitment: Option<Digest>,
    blobs: Vec<Digest>,
    policies: Vec<String>,
    request: RequestId,
}

/// An act from its row, with its private content when the row carries `data`.
///
/// # Errors
/// [`Problem::Fault`] when the row is not what this program writes; the text says why.
pub(crate) fn read(row: &Row) -> Result<Placed, Problem> {
    let place = || format!("act {}/{}", row.text("stream").unwrap_or("?"), row.int("version").unwrap_or(0));
    let envelope: Envelope = serde_json::from_str(row.text("envelope")?)
        .map_err(|why| Problem::fault(format!("{}: its envelope does not read: {why}", place())))?;
    let digest = |column| {
        Digest::parse(row.text(column)?).map_err(|why| Problem::fault(format!("{}: column {column}: {why}", place())))
    };
    let private = match row.opt_text("data")? {
        None => None,
        Some(data) => Some(
            serde_json::from_str(data)
                .map_err(|why| Problem::fault(format!("{}: its private content does not read: {why}", place())))?,
        ),
    };
    let act = Act {
        stream: envelope.stream,
        version: envelope.version,
        kind: envelope.kind,
        at: envelope.at,
        actor: envelope.actor,
        resource: envelope.resource,
        grade: envelope.grade,
        body: envelope.body,
        commitment: envelope.commitment,
        private,
        blobs: envelope.blobs,
        policies: envelope.policies,
        request: envelope.request,
        prev: digest("prev")?,
        hash: digest("hash")?,
    };
    Ok(Placed { position: row.int("position")?, act })
}

/// The acts of a stream behind a version.
pub(crate) async fn of_stream(engine: &Engine, stream: &StreamId, after: i64, limit: i64) -> Result<Vec<Act>, Problem> {
    let rows = engine.read_rows(STREAM_SQL, &[stream.into(), after.into(), Value::Int(limit.max(0))]).await?;
    rows.iter().map(|row| read(row).map(|placed| placed.act)).collect()
}

/// The acts of all streams behind a position.
pub(crate) async fn from_position(engine: &Engine, position: i64, limit: i64) -> Result<Vec<Placed>, Problem> {
    let rows = engine.read_rows(PAGE_SQL, &[position.into(), Value::Int(limit.max(0))]).await?;
    rows.iter().map(read).collect()
}

/// The version of a stream's last act.
pub(crate) async fn head(engine: &Engine, stream: &StreamId) -> Result<i64, Problem> {
    let sql = "SELECT version FROM acts WHERE stream = $1 ORDER BY version DESC LIMIT 1";
    engine.read_row(sql, &[stream.into()]).await?.map_or(Ok(0), |row| row.int("version"))
}
