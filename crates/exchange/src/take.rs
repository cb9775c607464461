//! Taking a package: it arrives in pieces, is read once, gets the hub's station, and is answered for from then on.

use crate::acts::{PackageTaken, Party};
use crate::hub::Hub;
use crate::inbox::MessageType;
use crate::systems::System;
use bytes::Bytes;
use edxml::axis::{Signed, file_hash_fits};
use edxml::package::{Header, Hop, Limits, Reading, Shelf, add_station, read};
use edxml::{Finding, What, words};
use futures::{Stream, stream};
use journal::{Change, Expected};
use kernel::{ActDraft, Digest, FieldProblem, Problem, StreamId, Timestamp};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use tempfile::SpooledTempFile;

/// Bytes of a package or content that are kept in memory; what is more goes to a file.
const IN_MEMORY: usize = 1 << 20;

/// A package while it arrives.
pub struct Arriving {
    spool: SpooledTempFile,
    length: u64,
    most: u64,
}

impl Arriving {
    /// Takes a piece.
    ///
    /// # Errors
    /// [`Problem::Invalid`] when it is too large; [`Problem::Unavailable`] when there is no room.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), Problem> {
        self.length += piece.len() as u64;
        if self.length > self.most + 2 {
            let problem = FieldProblem::new("package", "file-too-large").arg("limit", self.most);
            return Err(Problem::Invalid(vec![problem]));
        }
        self.spool.write_all(piece).map_err(no_room)
    }

    /// Without the line end that clients send behind the package.
    fn end(mut self) -> io::Result<SpooledTempFile> {
        let tail = self.length.min(2);
        self.spool.seek(SeekFrom::Start(self.length - tail))?;
        let mut last = Vec::new();
        self.spool.read_to_end(&mut last)?;
        if last == b"\r\n" {
            self.spool.set_len(self.length - 2)?;
        }
        self.spool.rewind()?;
        Ok(self.spool)
    }
}

/// Contents go here while a package is looked at.
pub struct Spool;

impl Shelf for Spool {
    type Slot = SpooledTempFile;
    fn slot(&mut self) -> io::Result<SpooledTempFile> {
        Ok(SpooledTempFile::new(IN_MEMORY))
    }
}

/// A package that was looked at.
struct Looked {
    reading: Reading<SpooledTempFile>,
    came: Digest,
    spool: SpooledTempFile,
}

impl Hub {
    /// A place for a package to arrive.
    pub fn arriving(&self) -> Arriving {
        Arriving { spool: SpooledTempFile::new(IN_MEMORY), length: 0, most: self.settings.max_package }
    }

    /// Takes a package for delivery and gives its id. When it returns, the package is on disk. The same request taken
    /// twice is refused, also by another server and after a start: the id follows from its signature.
    ///
    /// # Errors
    /// [`Problem::Invalid`] says in words what is wrong with the package; [`Problem::TooMany`] when the day's quota is
    /// reached; [`Problem::Conflict`] when it came before.
    pub async fn take(&self, system: &System, signed: &Signed, arrived: Arriving) -> Result<String, Problem> {
        let now = self.journal.clock().now();
        self.within_quota(system, now).await?;
        let message = MessageType::of(signed.get("messagetype").unwrap_or("edoc"))?;
        let most = self.settings.max_package;
        let looked = tokio::task::spawn_blocking(move || look(arrived, most)).await.map_err(Problem::fault)?;
        let looked = looked.map_err(no_room)?;
        let hash = signed.get("hash-file").unwrap_or_default();
        if !file_hash_fits(hash, &looked.came) {
            return Err(wrong("hash-file: SHA-256 của gói tin không khớp".to_owned()));
        }
        if !looked.reading.refusals.is_empty() {
            return Err(wrong(told(&looked.reading.refusals)));
        }
        let header = looked.reading.package.header.clone();
        let (from, to) = self.parties(system, signed, &header, message).await?;
        let (title, notation, document) = match &header {
            Header::Document(document) => {
                (document.subject.clone(), document.code_text(), document.document_id.clone())
            }
            Header::Status(status) => (
                format!("{} {}", status.code, status.description),
                status.response_for.code.clone(),
                status.response_for.document_id.clone(),
            ),
        };
        let came = looked.came;
        let (blob, length) = self.keep(looked, now).await?;
        let id = package_id(&system.id, &signed.signature);
        let act = PackageTaken {
            id: id.clone(),
            message: message.text().into(),
            from,
            to,
            title,
            notation,
            document,
            blob,
            length,
            came,
        };
        let draft = ActDraft::new(Hub::resource(&id), &act).with_blob(blob);
        self.journal
            .commit(&self.ctx(), Change::new().on(StreamId::new("axis-package", &id), Expected::New).act(draft))
            .await?;
        Ok(id)
    }

    async fn within_quota(&self, system: &System, now: Timestamp) -> Result<(), Problem> {
        let sql = "SELECT packages FROM axis_usage WHERE system = $1 AND day = $2";
        let used = self.journal.reader().row(sql, &[system.id.as_str().into(), now.day().to_string().into()]).await?;
        let used = used.map_or(Ok(0), |row| row.int("packages"))?;
        if used < system.quota {
            return Ok(());
        }
        let left = now.day().end().seconds() - now.seconds();
        Err(Problem::TooMany { seconds: u64::try_from(left).unwrap_or(0) + 1 })
    }

    /// The sender is a body of the system, every receiver one that the hub reaches.
    async fn parties(
        &self,
        system: &System,
        signed: &Signed,
        header: &Header,
        message: MessageType,
    ) -> Result<(Party, Vec<Party>), Problem> {
        if matches!(header, Header::Status(_)) != (message == MessageType::Status) {
            return Err(wrong(format!("messagetype: gói tin không phải loại {}", message.text())));
        }
        let from = header.from().organ_id.clone();
        let named = signed.get("from").unwrap_or(&from);
        if named != from {
            return Err(wrong(format!("from: {named} khác với MessageHeader.From.OrganId {from}")));
        }
        match self.agency(&from).await? {
            Some(agency) if agency.of.system == system.id => {}
            _ => return Err(wrong(format!("MessageHeader.From.OrganId: {from} không thuộc hệ thống {}", system.id))),
        }
        let mut to: Vec<Party> = Vec::new();
        for code in header.receivers() {
            let Some(agency) = self.agency(code).await? else {
                return Err(wrong(format!("MessageHeader.To.OrganId: trục không có cơ quan nhận {code}")));
            };
            if !to.iter().any(|party| party.code == code) {
                to.push(Party { code: code.to_owned(), system: agency.of.system });
            }
        }
        if to.is_empty() {
            return Err(wrong(words::sentence(
                &Finding::new(What::Missing, "MessageHeader.To", ""),
                words::Language::Vi,
            )));
        }
        Ok((Party { code: from, system: system.id.clone() }, to))
    }

    /// Stores the package with the hub's station.
    async fn keep(&self, looked: Looked, now: Timestamp) -> Result<(Digest, i64), Problem> {
        let hop = Hop { organ_id: self.settings.organ_id.clone(), timestamp: crate::inbox::time_text(now) };
        let Looked { reading, mut spool, .. } = looked;
        let stamped = tokio::task::spawn_blocking(move || -> io::Result<SpooledTempFile> {
            spool.rewind()?;
            let Some(station) = reading.station else { return Ok(spool) };
            let mut out = SpooledTempFile::new(IN_MEMORY);
            add_station(spool, &station, &hop, &mut out)?;
            out.rewind()?;
            Ok(out)
        });
        let stamped = stamped.await.map_err(Problem::fault)?.map_err(no_room)?;
        let (blob, length) = self.journal.put_blob_stream(pieces(stamped), self.settings.max_package + 4096).await?;
        Ok((blob, i64::try_from(length).unwrap_or(i64::MAX)))
    }
}

/// A place for a package or a content: in memory while it is small.
pub(crate) fn spooled() -> SpooledTempFile {
    SpooledTempFile::new(IN_MEMORY)
}

/// What is in it, from where it stands, in pieces.
pub(crate) fn pieces(spool: SpooledTempFile) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::unfold(Some(spool), |spool| async move {
        let mut spool = spool?;
        let mut piece = vec![0; 256 << 10];
        match spool.read(&mut piece) {
            Ok(0) => None,
            Ok(count) => {
                piece.truncate(count);
                Some((Ok(Bytes::from(piece)), Some(spool)))
            }
            Err(error) => Some((Err(error), None)),
        }
    })
}

fn look(arrived: Arriving, most: u64) -> io::Result<Looked> {
    let mut spool = arrived.end()?;
    let came = digest(&mut spool)?;
    spool.rewind()?;
    let limits = Limits { package: most + 2, ..Limits::default() };
    let reading = read(BufReader::with_capacity(64 << 10, &mut spool), &mut Spool, &limits)?;
    Ok(Looked { reading, came, spool })
}

fn digest(from: &mut impl Read) -> io::Result<Digest> {
    let mut hash = edxml::package::Hash::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        match from.read(&mut piece)? {
            0 => return Ok(hash.finish()),
            count => hash.update(&piece[..count]),
        }
    }
}

/// In the shape of a UUID, as systems of the axis expect.
fn package_id(system: &str, signature: &str) -> String {
    let hash = Digest::of(&[system.as_bytes(), b"\0", signature.as_bytes()]).to_string();
    format!("{}-{}-{}-{}-{}", &hash[..8], &hash[8..12], &hash[12..16], &hash[16..20], &hash[20..32])
}

fn told(findings: &[Finding]) -> String {
    findings.iter().take(5).map(|finding| words::sentence(finding, words::Language::Vi)).collect::<Vec<_>>().join("; ")
}

/// The package is wrong; the words go to its sender.
fn wrong(why: String) -> Problem {
    Problem::Invalid(vec![FieldProblem::new("package", "package-refused").arg("why", why)])
}

pub(crate) fn no_room(error: io::Error) -> Problem {
    Problem::Unavailable { what: "temporary files", why: error.to_string() }
}
