//! Outgoing documents: dispatched, taken back, started again, asked about.

use crate::office::acts::{Barred, Cancelled, Organ, Prepared, Queued, Reminded, Resumed};
use crate::office::compose::{self, Letter};
use crate::office::model::{DispatchLine, DispatchState, NewDispatch};
use crate::office::sending::job;
use crate::office::{Office, secrecy_mark};
use async_trait::async_trait;
use edxml::package::{Kind, Wrap, day_text};
use journal::{Change, Expected, JobDraft, JobError, Worker};
use kernel::{ActDraft, Ctx, FieldProblem, Grade, Problem, StreamId};
use records::{State, VersionBody};
use serde_json::{Value, json};

/// The kind of the job that asks about silent receivers.
const REMIND_JOB: &str = "exchange-remind";
/// Most receivers of a dispatch.
const MOST_RECEIVERS: usize = 500;

/// A dispatch while it is made ready.
pub(super) struct Ready {
    pub new: NewDispatch,
    pub letter: Letter,
    pub case: kernel::CaseId,
    pub to: Vec<Organ>,
    pub earlier: Option<DispatchLine>,
}

impl Office {
    /// Dispatches an issued document to bodies of the directory and gives the id of the dispatch. It is written and kept
    /// now and sent by a job.
    ///
    /// A withdrawal of what was not sent yet is no package: the earlier dispatch is cancelled and its id is given.
    ///
    /// # Errors
    /// `dispatch-secret` when the document has a grade or a mark of secrecy stands in its title or text (an act keeps that
    /// it was tried); [`Problem::Invalid`] naming each field that breaks a rule of the axis, or a receiver that is unknown
    /// (`exchange-no-agency`) or has it already (`dispatch-already-sent`); `dispatch-not-issued`;
    /// `dispatch-earlier-missing`; `exchange-no-way`; the policies' refusal.
    pub async fn dispatch(&self, ctx: &Ctx, new: NewDispatch) -> Result<String, Problem> {
        let transport = self.transport(&new.transport)?.name();
        let resource = Office::resource("all", None);
        self.journal
            .policies()
            .decide(ctx, "dispatch.prepared", &resource)
            .allowed
            .then_some(())
            .ok_or_else(|| Problem::Forbidden { act: "dispatch.prepared".into(), resource: "Exchange:all".into() })?;
        let (document, text) = self.letter_text(ctx, &new).await?;
        self.let_out(ctx, &new, transport, document.grade, &text).await?;
        let issued = match new.kind {
            Kind::Withdraw => matches!(document.state, State::Issued | State::Published | State::Withdrawn),
            _ => matches!(document.state, State::Issued | State::Published),
        };
        let (true, Some(number), Some(pdf)) = (issued, document.number.clone(), document.pdf) else {
            return Err(Problem::refused("dispatch-not-issued").arg("title", &document.title));
        };
        let earlier = self.earlier(&new).await?;
        if let Some(earlier) = earlier.as_ref().filter(|earlier| new.kind == Kind::Withdraw && never_sent(earlier)) {
            self.cancel(ctx, &earlier.id, earlier.version, &new.reason).await?;
            return Ok(earlier.id.clone());
        }
        let to = self.receivers(&new, transport, earlier.as_ref()).await?;
        let (signer, recipients) = self.signer(ctx, &document, &number).await?;
        let letter =
            Letter { number: number.text, date: number.date, subject: document.title.clone(), signer, recipients, pdf };
        self.prepare(ctx, transport, Ready { new, letter, case: document.case, to, earlier }, |_| Change::new()).await
    }

    /// Writes, keeps and queues the package.
    pub(super) async fn prepare(
        &self,
        ctx: &Ctx,
        transport: &str,
        ready: Ready,
        beside: impl FnOnce(&str) -> Change,
    ) -> Result<String, Problem> {
        let Ready { new, letter, case, to, earlier } = ready;
        let now = self.now();
        let identity = self.identity(new.kind, &letter, &to).await?;
        let package = self.compose(&new, &letter, &to, &identity, earlier.as_ref(), now);
        let contents = match new.kind {
            Kind::Withdraw => Vec::new(),
            _ => vec![self.journal.get_blob(&letter.pdf).await?],
        };
        let (blob, length) = compose::keep(&self.journal, package, now.day(), Wrap::Zip, contents).await?;
        let id = self.mint("dispatch");
        let codes: Vec<String> = to.iter().map(|organ| organ.code.clone()).collect();
        let remind = now.day().plus_days(self.settings.remind_days);
        let queued = Queued {
            message: "edoc".into(),
            transport: transport.into(),
            from: self.settings.organ.code.clone(),
            to: codes,
            identity: identity.clone(),
            status: None,
            dispatch: Some(id.clone()),
            arrival: None,
            blob,
            length,
        };
        let prepared = Prepared {
            document: new.document,
            case,
            kind: new.kind,
            earlier: earlier.map(|earlier| earlier.id),
            identity,
            number: letter.number,
            date: letter.date,
            subject: letter.subject,
            reason: new.reason,
            from: self.settings.organ.clone(),
            to,
            transport: transport.into(),
            parcel: id.clone(),
            due: new.due,
            remind,
        };
        let resource = || Office::resource(&id, None);
        let change = Change::new()
            .on(StreamId::new("dispatch", &id), Expected::New)
            .act(ActDraft::new(resource(), &prepared))
            .on_by_program(super::DUTY, StreamId::new("parcel", &id), Expected::New)
            .act(ActDraft::new(resource(), &queued).with_blob(blob))
            .job(job(&id, 0, None))
            .and(beside(&id));
        self.journal.commit(ctx, change).await?;
        Ok(id)
    }

    /// The identity by which statuses come back: one for each document and receiver. A package that speaks of a document is
    /// none, and has an identity of its own; so has a document that goes to a receiver again.
    pub(super) async fn identity(&self, kind: Kind, letter: &Letter, to: &[Organ]) -> Result<String, Problem> {
        // As the axis forms it (QĐ 28/2018/QĐ-TTg).
        let official = format!("{},{},{}", self.settings.organ.code, day_text(letter.date), letter.number);
        let sql = "SELECT r.code FROM dispatch d JOIN dispatch_recipient r ON r.dispatch = d.dispatch \
                   WHERE d.identity = $1 AND d.state <> 'cancelled' LIMIT 10000";
        let mut again = matches!(kind, Kind::Withdraw | Kind::Update);
        for row in &self.journal.reader().rows(sql, &[(&official).into()]).await? {
            let code = row.text("code")?;
            again |= to.iter().any(|organ| organ.code == code);
        }
        Ok(if again { uuid(self) } else { official })
    }

    /// The document and everything of it in which a mark of secrecy may stand.
    pub(super) async fn letter_text(
        &self,
        ctx: &Ctx,
        new: &NewDispatch,
    ) -> Result<(records::Document, String), Problem> {
        let document = self.records.document(ctx, &new.document).await?;
        let version = self.records.version(ctx, &new.document, None).await?;
        let body = match version.body {
            VersionBody::Text(content) => content.plain_text(),
            VersionBody::File(file) => file.name,
            VersionBody::Paper(place) => place,
        };
        let text = format!("{}\n{}\n{body}", document.title, new.reason);
        Ok((document, text))
    }

    /// Lets nothing secret out, and keeps that it was tried.
    pub(super) async fn let_out(
        &self,
        ctx: &Ctx,
        new: &NewDispatch,
        transport: &str,
        grade: Grade,
        text: &str,
    ) -> Result<(), Problem> {
        let (why, found) = match (grade, secrecy_mark(text)) {
            (Grade::Open, None) => return Ok(()),
            (Grade::Open, Some(mark)) => ("mark", mark.to_owned()),
            (grade, _) => ("grade", grade.level().to_string()),
        };
        let id = self.mint("dispatch");
        tracing::warn!(document = %new.document, why, transport, "a secret document was not let out");
        let body = Barred {
            document: new.document.clone(),
            why: why.into(),
            found: found.clone(),
            transport: transport.into(),
            to: new.to.clone(),
        };
        // The act itself says nothing of what the document is about.
        let act = ActDraft::new(Office::resource(&id, None), &body);
        self.journal.commit(ctx, Change::new().on(StreamId::new("dispatch", &id), Expected::New).act(act)).await?;
        Err(Problem::refused("dispatch-secret").arg("why", why).arg("found", found))
    }

    pub(super) async fn earlier(&self, new: &NewDispatch) -> Result<Option<DispatchLine>, Problem> {
        let Some(id) = &new.earlier else {
            return match new.kind {
                Kind::New => Ok(None),
                _ => Err(Problem::Invalid(vec![FieldProblem::new("earlier", "field-required")])),
            };
        };
        if new.kind == Kind::New {
            return Err(Problem::field("earlier", "field-invalid"));
        }
        if new.reason.trim().is_empty() {
            return Err(Problem::field("reason", "field-required"));
        }
        let earlier = self.dispatch_line(id).await?;
        let same = earlier.document == new.document || new.kind == Kind::Replace;
        if !same || matches!(earlier.state, DispatchState::Cancelled) || earlier.kind == "withdraw" {
            return Err(Problem::refused("dispatch-earlier-missing"));
        }
        Ok(Some(earlier))
    }

    /// The receivers: bodies of the way's directory, each once, and none that has the document already.
    pub(super) async fn receivers(
        &self,
        new: &NewDispatch,
        transport: &str,
        earlier: Option<&DispatchLine>,
    ) -> Result<Vec<Organ>, Problem> {
        let mut codes = new.to.clone();
        if let Some(earlier) = earlier {
            let known: Vec<String> = self.recipients(&earlier.id).await?.into_iter().map(|r| r.code).collect();
            if codes.is_empty() {
                codes = known;
            } else if new.kind != Kind::Replace
                && let Some(stranger) = codes.iter().find(|code| !known.contains(code))
            {
                return Err(wrong_receiver("exchange-not-a-receiver", stranger));
            }
        }
        codes.sort();
        codes.dedup();
        if codes.is_empty() || codes.len() > MOST_RECEIVERS {
            let code = if codes.is_empty() { "field-required" } else { "field-too-large" };
            return Err(Problem::Invalid(vec![FieldProblem::new("to", code).arg("max", MOST_RECEIVERS)]));
        }
        let mut to = Vec::with_capacity(codes.len());
        for code in &codes {
            let organ = self.correspondent(transport, code).await?;
            to.push(organ.ok_or_else(|| wrong_receiver("exchange-no-agency", code))?);
        }
        if new.kind == Kind::New {
            let sql = "SELECT r.code FROM dispatch d JOIN dispatch_recipient r ON r.dispatch = d.dispatch \
                       WHERE d.document = $1 AND d.kind IN ('new', 'replace') AND d.state <> 'cancelled' LIMIT 10000";
            for row in &self.journal.reader().rows(sql, &[(&new.document).into()]).await? {
                let code = row.text("code")?;
                if codes.iter().any(|known| known == code) {
                    return Err(wrong_receiver("dispatch-already-sent", code));
                }
            }
        }
        Ok(to)
    }

    /// Who signed, and the recipients as printed.
    pub(super) async fn signer(
        &self,
        ctx: &Ctx,
        document: &records::Document,
        number: &records::Number,
    ) -> Result<((String, String, String), Vec<String>), Problem> {
        if let VersionBody::Text(content) = self.records.version(ctx, &document.id, None).await?.body {
            let block = content.signature;
            return Ok(((cut(&block.authority), cut(&block.title), block.name), content.recipients));
        }
        let entries = self.records.entries(ctx, &number.register, number.year, Some(number.number + 1), 1).await?;
        let entry = entries.into_iter().find(|entry| entry.document == document.id);
        let entry =
            entry.ok_or_else(|| Problem::fault(format!("{} has a number and no register line", document.id)))?;
        let (name, position) = entry.signer.split_once(',').unwrap_or((&entry.signer, ""));
        Ok(((String::new(), cut(position.trim()), name.trim().to_owned()), entry.recipients))
    }

    /// Takes back a dispatch that was not sent. `version` is the version that the person saw.
    ///
    /// # Errors
    /// `dispatch-sent-already` when an attempt has begun (a withdrawal is sent then); [`Problem::Conflict`];
    /// [`Problem::Invalid`] without a reason.
    pub async fn cancel(&self, ctx: &Ctx, id: &str, version: i64, reason: &str) -> Result<(), Problem> {
        let line = self.dispatch_line(id).await?;
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > 500 {
            return Err(Problem::field("reason", "field-required"));
        }
        let sql = "SELECT version, state, unknown, until FROM parcel WHERE parcel = $1";
        let parcel = self.journal.reader().row(sql, &[id.into()]).await?;
        let parcel = parcel.ok_or_else(|| Problem::not_found("parcel", id))?;
        let gone = parcel.truth("unknown")? || parcel.int("until")? > self.now().micros();
        if gone || !matches!(line.state, DispatchState::Waiting | DispatchState::Stopped) {
            return Err(Problem::refused("dispatch-sent-already"));
        }
        let codes = self.recipients(id).await?.into_iter().map(|recipient| recipient.code).collect();
        let body = Cancelled { parcel: id.to_owned(), codes, reason: reason.to_owned() };
        // The package's stream must not have moved on: an attempt that begins now wins.
        let change = Change::new()
            .on(StreamId::new("dispatch", id), Expected::At(version))
            .act(ActDraft::new(Office::resource(id, None), &body))
            .on(StreamId::new("parcel", id), Expected::At(parcel.int("version")?));
        self.journal.commit(ctx, change).await.map(drop)
    }

    /// Starts a stopped package again, of a dispatch or of a status.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; `parcel-not-stopped`; the policies' refusal.
    pub async fn resume(&self, ctx: &Ctx, parcel: &str) -> Result<(), Problem> {
        let row = self.journal.reader().row("SELECT * FROM parcel WHERE parcel = $1", &[parcel.into()]).await?;
        let row = row.ok_or_else(|| Problem::not_found("parcel", parcel))?;
        if row.text("state")? != "stopped" {
            return Err(Problem::refused("parcel-not-stopped"));
        }
        let version = row.int("version")?;
        let body = Resumed { dispatch: row.opt_text("dispatch")?.map(str::to_owned) };
        let change = Change::new()
            .on(StreamId::new("parcel", parcel), Expected::At(version))
            .act(ActDraft::new(Office::resource(parcel, None), &body))
            .job(job(parcel, version + 1, None));
        self.journal.commit(ctx, change).await.map(drop)
    }
}

fn never_sent(line: &DispatchLine) -> bool {
    matches!(line.state, DispatchState::Waiting | DispatchState::Stopped) && line.sent_at.is_none()
}

fn wrong_receiver(problem: &'static str, code: &str) -> Problem {
    Problem::Invalid(vec![FieldProblem::new("to", problem).arg("code", code)])
}

/// What the axis takes of a position.
fn cut(text: &str) -> String {
    crate::office::statuses::cut(text, 100)
}

/// A random identity in the shape of a UUID.
fn uuid(office: &Office) -> String {
    let mut random = [0; 32];
    office.journal.entropy().fill(&mut random);
    let hex = kernel::Digest(random).to_string();
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

pub(super) fn reminder(dispatch: &str, day: kernel::Day) -> JobDraft {
    let payload = json!({"dispatch": dispatch});
    JobDraft::new(REMIND_JOB, format!("{dispatch}/{day}"), payload).at(day.start())
}

/// Asks about receivers that were silent until their day.
pub(super) struct Reminder(pub Office);

#[async_trait]
impl Worker for Reminder {
    fn kind(&self) -> &'static str {
        REMIND_JOB
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        let id = payload.get("dispatch").and_then(Value::as_str).unwrap_or_default();
        let office = &self.0;
        let line = office.dispatch_line(id).await?;
        let today = office.now().day();
        let due = office.recipients(id).await?.into_iter().filter(|one| one.silent && one.remind <= today);
        let codes: Vec<String> = due.map(|recipient| recipient.code).collect();
        if codes.is_empty() {
            return Ok(());
        }
        let remind = today.plus_days(office.settings.remind_days.max(1));
        let body = Reminded { codes, remind };
        let change = Change::new()
            .on(StreamId::new("dispatch", id), Expected::At(line.version))
            .act(ActDraft::new(Office::resource(id, None), &body))
            .job(crate::notify::silent(id, today))
            .job(reminder(id, remind));
        Ok(office.journal.commit(&office.ctx(), change).await.map(drop)?)
    }
}
