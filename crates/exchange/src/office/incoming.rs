//! What waits at the other end: fetched, kept, read, recorded once, and only then told to be here.

use crate::MessageType;
use crate::office::acts::{Answers, Enclosure, Organ, Quarantined, Received};
use crate::office::desk::{Subject, telling};
use crate::office::{DUTY, Office};
use crate::take::{Spool, pieces, spooled};
use crate::transport::{Pieces, Transport, Trouble, Waiting};
use edxml::package::{Content, Document, Header, Kind, Limits, Package, Reading, ResponseFor, StatusCode};
use edxml::words::{Language, sentence};
use futures::{FutureExt, StreamExt};
use journal::{Change, Expected};
use kernel::{ActDraft, Digest, Problem, StreamId};
use records::upload::MAX_FILE;
use signing::Indication;
use std::collections::BTreeSet;
use std::io::{BufReader, Read, Seek};
use std::sync::Arc;
use tempfile::SpooledTempFile;

/// Rounds of one look: a client fetches what it got and asks again.
const MOST_ROUNDS: usize = 20;
/// Packages that could not be fetched after which a look ends.
const MOST_TROUBLES: usize = 3;
/// Most oddities and reasons that are kept in words.
const MOST_WORDS: usize = 50;

/// A package as it was fetched.
pub(super) struct Fetched {
    /// `None` when it was refused while it came: its reason.
    too_large: bool,
    blob: Digest,
    length: i64,
    reading: Option<Reading<SpooledTempFile>>,
}

impl Office {
    /// Takes everything that waits, on all ways; gives how many packages were taken.
    ///
    /// # Errors
    /// [`Problem::Unavailable`]. That a way does not answer is no error: it shows in [`Office::health`].
    pub async fn receive(&self) -> Result<usize, Problem> {
        let mut taken = 0;
        for transport in self.transports.iter() {
            let now = self.now();
            if !transport.is_asked() || !self.breakers.lets(transport.name(), now, self.settings.patience_seconds) {
                continue;
            }
            match self.receive_by(transport).boxed().await? {
                Ok(count) => {
                    taken += count;
                    self.breakers.well(transport.name(), self.now());
                }
                Err(trouble) => {
                    tracing::warn!(way = transport.name(), %trouble, "what waits could not be fetched");
                    self.breakers.note(transport.name(), self.now(), &trouble, self.settings.retry_seconds);
                }
            }
        }
        Ok(taken)
    }

    async fn receive_by(&self, transport: &Arc<dyn Transport>) -> Result<Result<usize, Trouble>, Problem> {
        let (mut taken, mut troubles, mut last) = (0, 0, None);
        for message in [MessageType::Edoc, MessageType::Status] {
            for _ in 0..MOST_ROUNDS {
                let waiting = match transport.waiting(message).await {
                    Ok(waiting) => waiting,
                    Err(Trouble::Unsupported) => break,
                    Err(trouble) => return Ok(Err(trouble)),
                };
                if waiting.is_empty() {
                    break;
                }
                // What a sender sent later says more than what it sent before: it waits until that is here.
                let mut held: BTreeSet<&str> = BTreeSet::new();
                for one in &waiting {
                    if held.contains(one.from.as_str()) {
                        continue;
                    }
                    match self.take(transport, one).boxed().await? {
                        Ok(()) => taken += 1,
                        Err(trouble) => {
                            if !one.from.is_empty() {
                                held.insert(&one.from);
                            }
                            troubles += 1;
                            last = Some(trouble);
                        }
                    }
                    if troubles >= MOST_TROUBLES {
                        break;
                    }
                }
                // What could not be taken is listed again: that is for the next look.
                if troubles > 0 {
                    break;
                }
            }
        }
        Ok(last.map_or(Ok(taken), Err))
    }

    /// Takes one package: fetched, kept, recorded, told. What was recorded before is only told again.
    async fn take(&self, transport: &Arc<dyn Transport>, waiting: &Waiting) -> Result<Result<(), Trouble>, Problem> {
        let id = arrival_id(transport.name(), &waiting.package);
        if let Some(kept) = self.taken_before(&id, &waiting.package).await? {
            return Ok(transport.settle(waiting, kept).await);
        }
        let fetched = match self.fetch(transport, waiting).await? {
            Ok(fetched) => fetched,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let kept = self.record(transport.name(), &id, waiting, fetched).boxed().await?;
        Ok(transport.settle(waiting, kept).await)
    }

    /// Whether a package was recorded before, and then whether it could be taken.
    pub(super) async fn taken_before(&self, id: &str, package: &str) -> Result<Option<bool>, Problem> {
        let reader = self.journal.reader();
        if let Some(row) = reader.row("SELECT tray FROM arrival WHERE arrival = $1", &[id.into()]).await? {
            return Ok(Some(row.text("tray")? != "quarantine"));
        }
        let sql = "SELECT dispatch FROM dispatch_status WHERE package = $1 LIMIT 1";
        Ok(reader.row(sql, &[package.into()]).await?.map(|_| true))
    }

    async fn fetch(
        &self,
        transport: &Arc<dyn Transport>,
        waiting: &Waiting,
    ) -> Result<Result<Fetched, Trouble>, Problem> {
        match transport.fetch(waiting).await {
            Ok(coming) => self.keep_coming(coming, waiting.doubt.is_none()).await,
            Err(trouble) => Ok(Err(trouble)),
        }
    }

    /// Keeps what comes in pieces, and reads it where it is believed to be a package.
    pub(super) async fn keep_coming(
        &self,
        mut coming: Pieces,
        reads: bool,
    ) -> Result<Result<Fetched, Trouble>, Problem> {
        let most = self.settings.max_package;
        let (mut spool, mut length, mut too_large) = (spooled(), 0u64, false);
        while let Some(piece) = coming.next().await {
            match piece {
                Ok(piece) => {
                    length += piece.len() as u64;
                    too_large = length > most;
                    if too_large {
                        break;
                    }
                    std::io::Write::write_all(&mut spool, &piece).map_err(crate::take::no_room)?;
                }
                Err(why) => return Ok(Err(Trouble::Unknown(why))),
            }
        }
        if too_large {
            let blob = self.journal.put_blob(bytes::Bytes::new()).await?;
            return Ok(Ok(Fetched { too_large, blob, length: 0, reading: None }));
        }
        spool.rewind().map_err(crate::take::no_room)?;
        let limits = Limits { package: most, ..Limits::default() };
        let looked = tokio::task::spawn_blocking(move || -> std::io::Result<_> {
            let buffered = BufReader::with_capacity(64 << 10, &mut spool);
            let reading = reads.then(|| edxml::package::read(buffered, &mut Spool, &limits)).transpose()?;
            spool.rewind()?;
            Ok((reading, spool))
        });
        let (reading, spool) = looked.await.map_err(Problem::fault)?.map_err(crate::take::no_room)?;
        let (blob, length) = self.journal.put_blob_stream(pieces(spool), most + 1).await?;
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        Ok(Ok(Fetched { too_large, blob, length, reading }))
    }

    /// Records what was fetched; gives whether it could be taken.
    pub(super) async fn record(
        &self,
        way: &'static str,
        id: &str,
        waiting: &Waiting,
        fetched: Fetched,
    ) -> Result<bool, Problem> {
        let Fetched { too_large, blob, length, reading } = fetched;
        if let Some(doubt) = &waiting.doubt {
            return self.quarantine(way, id, waiting, blob, length, vec![doubt.clone()], None).await;
        }
        let Some(reading) = reading.filter(|_| !too_large) else {
            let why = vec![format!("gói tin lớn hơn {} byte", self.settings.max_package)];
            return self.quarantine(way, id, waiting, blob, length, why, None).await;
        };
        if !reading.refusals.is_empty() {
            let why = said(&reading.refusals);
            return self.quarantine(way, id, waiting, blob, length, why, Some(&reading.package)).await;
        }
        let from = &reading.package.header.from().organ_id;
        if let Some(bodies) = waiting.speaks_for.as_ref().filter(|bodies| !bodies.contains(from)) {
            let why = vec![format!("gói tin ghi bên gửi {from}, bên chuyển đến chỉ thay mặt {}", bodies.join(", "))];
            return self.quarantine(way, id, waiting, blob, length, why, Some(&reading.package)).await;
        }
        match reading.package.header.clone() {
            Header::Document(document) => {
                self.document(way, id, waiting, (blob, length), *document, reading).boxed().await.map(|()| true)
            }
            Header::Status(status) => {
                if StatusCode::of(&status.code) == Some(StatusCode::TakeBack)
                    && self.take_back(way, id, waiting, (blob, length), &status).await?
                {
                    return Ok(true);
                }
                if self.status(waiting, blob, &status).boxed().await? {
                    return Ok(true);
                }
                let about = &status.response_for;
                let why = vec![format!(
                    "trạng thái {} không khớp với văn bản nào đã gửi: {} {}",
                    status.code, about.document_id, about.code
                )];
                self.quarantine(way, id, waiting, blob, length, why, Some(&reading.package)).await
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what is known of a package that does not read")]
    async fn quarantine(
        &self,
        way: &str,
        id: &str,
        waiting: &Waiting,
        blob: Digest,
        length: i64,
        why: Vec<String>,
        package: Option<&Package>,
    ) -> Result<bool, Problem> {
        tracing::warn!(way, package = waiting.package, ?why, "a package is kept in quarantine");
        let subject = package.map(|package| match &package.header {
            Header::Document(document) => document.subject.clone(),
            Header::Status(status) => format!("{} {}", status.code, status.description),
        });
        let from = match package.map(|package| package.header.from()) {
            Some(party) if !party.organ_id.is_empty() => {
                Organ { code: party.organ_id.clone(), name: party.name.clone() }
            }
            _ => Organ { code: waiting.from.clone(), name: String::new() },
        };
        let body = Quarantined {
            transport: way.to_owned(),
            package: waiting.package.clone(),
            from,
            why,
            subject: subject.unwrap_or_default(),
            blob,
            length,
        };
        let draft = ActDraft::new(Office::resource(id, None), &body).with_blob(blob);
        self.once(Change::new().on(StreamId::new("arrival", id), Expected::New).act(draft)).await?;
        Ok(false)
    }

    /// Commits what another server may have recorded at this moment too.
    async fn once(&self, change: Change) -> Result<(), Problem> {
        match self.journal.commit(&self.ctx(), change).await {
            Ok(_) | Err(Problem::Conflict { .. }) => Ok(()),
            Err(problem) => Err(problem),
        }
    }

    async fn document(
        &self,
        way: &'static str,
        id: &str,
        waiting: &Waiting,
        (blob, length): (Digest, i64),
        document: Document,
        reading: Reading<SpooledTempFile>,
    ) -> Result<(), Problem> {
        let mut oddities = said(&reading.oddities);
        let package = reading.package;
        let enclosures = self.enclosures(&package, reading.contents).await?;
        let kind = package.kind().unwrap_or_else(|| {
            oddities.push(format!("loại nghiệp vụ không rõ: {}", package.trace.business.kind));
            Kind::New
        });
        let sender = document.from.organ_id.clone();
        let answers = self.answers(&sender, &document, &package).await?;
        let target = if kind == Kind::New { None } else { target(&sender, kind, &answers) };
        let duplicate_of = match kind {
            Kind::New => self.earlier_arrival(&sender, &document.document_id).await?,
            _ => None,
        };
        let body = Received {
            transport: way.to_owned(),
            package: waiting.package.clone(),
            kind,
            from: Organ { code: sender, name: document.from.name.clone() },
            to: waiting.to.clone(),
            identity: document.document_id.clone(),
            number: document.code_text(),
            date: document.promulgation.date.clone(),
            type_name: document.document_type.name.clone(),
            subject: document.subject.clone(),
            signer: format!("{} {}", document.signer.position, document.signer.full_name).trim().to_owned(),
            priority: document.other.priority.parse().ok().filter(|p| (0..=4).contains(p)).unwrap_or(0),
            due: document.due_date.clone(),
            reason: package.trace.business.reason.clone(),
            answers,
            target,
            duplicate_of,
            enclosures,
            envelope: self.envelope(&package, &blob, length).await?,
            oddities,
            blob,
            length,
        };
        self.arrive(id, body).await
    }

    /// Records an arrival and tells its sender 01 in the same change. A sender that cannot be told by the rules of the
    /// axis is not told, and the arrival says so.
    pub(super) async fn arrive(&self, id: &str, mut body: Received) -> Result<(), Problem> {
        let subject = Subject {
            id: id.to_owned(),
            transport: body.transport.clone(),
            sender: body.from.code.clone(),
            to: body.to.clone(),
            identity: body.identity.clone(),
            number: body.number.clone(),
            date: body.date.clone(),
            unit: None,
        };
        let told = vec![telling(StatusCode::Arrived, "Văn bản đã đến".to_owned())];
        let told = match self.tell(&self.ctx(), &subject, told, Change::new()).await {
            Ok(change) => change,
            Err(Problem::Invalid(fields)) => {
                let why: Vec<String> = fields.iter().filter_map(|field| field.args.get("why").cloned()).collect();
                body.oddities.push(format!("không gửi được trạng thái cho bên gửi: {}", why.join("; ")));
                Change::new()
            }
            Err(problem) => return Err(problem),
        };
        let mut draft = ActDraft::new(Office::resource(id, None), &body).with_blob(body.blob);
        draft.blobs.extend(body.enclosures.iter().map(|file| file.blob));
        let change = Change::new().on_by_program(DUTY, StreamId::new("arrival", id), Expected::New).act(draft);
        self.once(change.and(told)).await
    }

    /// Keeps the files, and looks at their signatures.
    async fn enclosures(
        &self,
        package: &Package,
        contents: Vec<Content<SpooledTempFile>>,
    ) -> Result<Vec<Enclosure>, Problem> {
        let mut kept = Vec::new();
        for (at, (head, content)) in package.attachments.iter().zip(contents).enumerate() {
            let Some(mut slot) = content.slot else { continue };
            slot.rewind().map_err(crate::take::no_room)?;
            let mut first = [0; 16];
            let read = slot.read(&mut first).map_err(crate::take::no_room)?;
            slot.rewind().map_err(crate::take::no_room)?;
            let (blob, length) = self.journal.put_blob_stream(pieces(slot), content.length + 1).await?;
            let named = [content.entry.as_deref().unwrap_or_default(), head.name.as_str()];
            let name = named.into_iter().find(|name| edxml::package::is_file_name(name));
            let name = name.map_or_else(|| format!("tep-{}", at + 1), str::to_owned);
            let media_type = media_type(&first[..read], &name);
            let (signature, signers) = self.signature(&blob, length).await?;
            let length = i64::try_from(length).unwrap_or(i64::MAX);
            kept.push(Enclosure { name, media_type: media_type.into(), length, blob, signature, signers });
        }
        Ok(kept)
    }

    /// What is found about a file's signatures, in one word, and who signed. Nothing here rejects anything.
    async fn signature(&self, blob: &Digest, length: u64) -> Result<(String, Vec<String>), Problem> {
        if length == 0 || length > MAX_FILE as u64 {
            return Ok(("none".into(), Vec::new()));
        }
        let report = self.records.verify_file(self.journal.get_blob(blob).await?).await?.signatures;
        let signers = report.signatures.iter().map(|signature| signature.signer.name.clone()).collect();
        let has = |wanted| report.signatures.iter().any(|signature| signature.indication == wanted);
        let word = if report.signatures.is_empty() {
            "none"
        } else if has(Indication::TotalFailed) {
            "invalid"
        } else if report.is_all_passed() {
            "valid"
        } else {
            "undecided"
        };
        Ok((word.into(), signers))
    }

    /// The signature over the envelope. Stations on the way add to the envelope, so that it rarely holds.
    async fn envelope(&self, package: &Package, blob: &Digest, length: i64) -> Result<String, Problem> {
        match &package.signature {
            Some(signature) if signature.contains("SignatureValue") => {
                let (word, _) = self.signature(blob, u64::try_from(length).unwrap_or(0)).await?;
                Ok(if word == "none" { "undecided".into() } else { word })
            }
            _ => Ok("none".into()),
        }
    }

    /// What a document answers or speaks of, with what is known of it here.
    async fn answers(&self, sender: &str, document: &Document, package: &Package) -> Result<Vec<Answers>, Problem> {
        let business = &package.trace.business;
        let named = |identity: &str| ResponseFor {
            organ_id: sender.to_owned(),
            document_id: identity.to_owned(),
            ..ResponseFor::default()
        };
        let mut about: Vec<ResponseFor> = document.response_for.clone();
        about.extend(Some(&business.document_id).filter(|id| !id.is_empty()).map(|id| named(id)));
        about.extend(business.replacements.iter().map(|replaced| named(&replaced.document_id)));
        about.truncate(100);
        let mut answers = Vec::new();
        for one in about {
            answers.push(Answers {
                dispatch: self.dispatch_of(sender, &one).await?,
                arrival: self.arrival_of(sender, &one).await?,
                organ: one.organ_id,
                number: one.code,
                identity: one.document_id,
            });
        }
        Ok(answers)
    }

    /// Our dispatch to a body, by identity or number.
    pub(super) async fn dispatch_of(&self, receiver: &str, about: &ResponseFor) -> Result<Option<String>, Problem> {
        let by = |column: &str| {
            format!(
                "SELECT d.dispatch FROM dispatch d JOIN dispatch_recipient r ON r.dispatch = d.dispatch \
                 WHERE d.{column} = $1 AND r.code = $2 ORDER BY d.at DESC, d.dispatch DESC LIMIT 1"
            )
        };
        for (sql, value) in [(by("identity"), about.document_id.clone()), (by("number"), about.code.clone())] {
            if value.is_empty() {
                continue;
            }
            let row = self.journal.reader().row(&sql, &[value.into(), receiver.into()]).await?;
            if let Some(row) = row {
                return Ok(Some(row.text("dispatch")?.to_owned()));
            }
        }
        Ok(None)
    }

    /// What a body sent us before, by identity or number.
    pub(super) async fn arrival_of(&self, sender: &str, about: &ResponseFor) -> Result<Option<String>, Problem> {
        if about.organ_id != sender {
            return Ok(None);
        }
        let number = kernel::text::fold(&about.code);
        let by = |column: &str| {
            format!(
                "SELECT arrival FROM arrival WHERE sender = $1 AND {column} = $2 AND kind IN ('new', 'replace') \
                 ORDER BY at, arrival LIMIT 1"
            )
        };
        for (sql, value) in [(by("identity"), about.document_id.clone()), (by("number_fold"), number)] {
            if value.is_empty() {
                continue;
            }
            if let Some(row) = self.journal.reader().row(&sql, &[sender.into(), value.into()]).await? {
                return Ok(Some(row.text("arrival")?.to_owned()));
            }
        }
        Ok(None)
    }

    async fn earlier_arrival(&self, sender: &str, identity: &str) -> Result<Option<String>, Problem> {
        let about =
            ResponseFor { organ_id: sender.to_owned(), document_id: identity.to_owned(), ..ResponseFor::default() };
        if identity.is_empty() { Ok(None) } else { self.arrival_of(sender, &about).await }
    }
}

/// The arrival that a withdrawal, update or replacement speaks of.
fn target(sender: &str, kind: Kind, answers: &[Answers]) -> Option<String> {
    let fits = |answer: &&Answers| answer.organ == sender && (kind == Kind::Withdraw || answer.number.is_empty());
    answers.iter().filter(fits).find_map(|answer| answer.arrival.clone())
}

/// The id of an arrival follows from its package, so that it is recorded once.
pub(super) fn arrival_id(way: &str, package: &str) -> String {
    let hash = Digest::of(&[way.as_bytes(), b"\0", package.as_bytes()]).to_string();
    format!("arrival-{}", &hash[..32])
}

fn said(findings: &[edxml::Finding]) -> Vec<String> {
    findings.iter().take(MOST_WORDS).map(|finding| sentence(finding, Language::Vi)).collect()
}

/// The type of a file by its first bytes, else by its name; what is not known is bytes.
fn media_type(first: &[u8], name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match (first, ending.as_str()) {
        ([b'%', b'P', b'D', b'F', ..], _) => "application/pdf",
        ([b'P', b'K', 3, 4, ..], "docx") => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ([b'P', b'K', 3, 4, ..], "xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ([b'P', b'K', 3, 4, ..], _) => "application/zip",
        ([0xd0, 0xcf, 0x11, 0xe0, ..], "xls") => "application/vnd.ms-excel",
        ([0xd0, 0xcf, 0x11, 0xe0, ..], _) => "application/msword",
        ([0xff, 0xd8, 0xff, ..], _) => "image/jpeg",
        ([0x89, b'P', b'N', b'G', ..], _) => "image/png",
        ([b'<', b'?', b'x', b'm', b'l', ..], _) => "application/xml",
        _ => "application/octet-stream",
    }
}
