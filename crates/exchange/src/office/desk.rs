//! Work at the desk: an arrival is registered, given to a unit, worked on, completed or refused; a withdrawal, update or
//! replacement is agreed to or declined. Each deed tells the sender by statuses, in the same change.

use crate::DeedKind;
use crate::office::acts::{Answered, Assigned, CaseLinked, Completed, Refused, Registered, TakenUp};
use crate::office::model::{ArrivalLine, Tray};
use crate::office::statuses::Telling;
use crate::office::{Office, read};
use edxml::package::StatusCode;
use journal::{Change, Expected};
use kernel::{ActBody, ActDraft, CaseId, Ctx, Day, FieldProblem, Problem, StreamId};
use records::{NewIncoming, model::Number};

/// How often a number is reckoned anew when other servers take it first.
const TRIES: usize = 8;
/// Most characters of a remark or reason: what a status carries.
const MOST_TEXT: usize = 500;

/// What statuses say about an arrival.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub id: String,
    pub transport: String,
    pub sender: String,
    pub to: Vec<String>,
    pub identity: String,
    pub number: String,
    pub date: String,
    pub unit: Option<String>,
}

/// A deed while it is made ready: the arrival as the person saw it.
struct Open {
    line: ArrivalLine,
    subject: Subject,
}

impl Open {
    fn act<B: ActBody>(&self, body: &B) -> ActDraft {
        ActDraft::new(Office::resource(&self.line.id, self.line.unit.as_deref()), body)
    }
    fn change(&self, act: ActDraft) -> Change {
        Change::new().on(StreamId::new("arrival", &self.line.id), Expected::At(self.line.version)).act(act)
    }
}

/// What can be done with an arrival as it stands, whoever does it.
pub(super) fn open_deeds(line: &ArrivalLine) -> Vec<DeedKind> {
    use DeedKind::{Answer, Assign, Complete, OpenCase, Refuse, Register, TakeUp};
    let mut deeds = match (line.tray, line.state.as_str(), line.kind.as_str()) {
        (Tray::New, ..) => vec![Register, Refuse],
        (Tray::Proposal, ..) => vec![Answer],
        (Tray::Work, "registered", _) => vec![Assign, TakeUp, Complete, Refuse],
        (Tray::Work, "assigned", _) => vec![Assign, TakeUp, Complete, Refuse],
        (Tray::Work, ..) => vec![Assign, Complete],
        // What replaces or updates a document is a document itself, and may be registered once it was agreed to.
        (Tray::Done, "agreed", "update" | "replace") => vec![Register],
        (Tray::Done | Tray::Quarantine, ..) => vec![],
    };
    if line.tray == Tray::New && line.duplicate_of.is_some() {
        deeds.retain(|deed| *deed != Register);
    }
    if line.tray == Tray::Work && line.case.is_none() {
        deeds.push(OpenCase);
    }
    deeds
}

/// The act of a deed, as policies know it.
pub(super) fn act_of(deed: DeedKind) -> &'static str {
    match deed {
        DeedKind::Register => Registered::KIND,
        DeedKind::Assign => Assigned::KIND,
        DeedKind::TakeUp => TakenUp::KIND,
        DeedKind::Complete => Completed::KIND,
        DeedKind::Refuse => Refused::KIND,
        DeedKind::Answer => Answered::KIND,
        DeedKind::OpenCase => CaseLinked::KIND,
    }
}

fn line_of(field: &str, text: &str, required: bool) -> Result<String, Problem> {
    let text = kernel::text::nfc(text.trim()).split_whitespace().collect::<Vec<_>>().join(" ");
    let wrong = |code| Problem::Invalid(vec![FieldProblem::new(field, code).arg("max", MOST_TEXT)]);
    match text.chars().count() {
        0 if required => Err(wrong("field-required")),
        count if count > MOST_TEXT => Err(wrong("field-too-long")),
        _ => Ok(text),
    }
}

impl Office {
    /// Gives an arrival the next number of the register of incoming documents; the sender is told 03, then 05.
    ///
    /// `version` is the version that the person saw ([`ArrivalLine::version`]).
    ///
    /// # Errors
    /// [`Problem::Conflict`] when somebody was faster; `arrival-not-now` when it is not to be registered; the policies'
    /// refusal.
    pub async fn register(&self, ctx: &Ctx, id: &str, version: i64, note: &str) -> Result<Number, Problem> {
        let open = self.open_for(ctx, id, version, DeedKind::Register).await?;
        let note = line_of("note", note, false)?;
        let turn = self.records.turn_at(&self.settings.register).await;
        for _ in 0..TRIES {
            let new = NewIncoming {
                arrival: id.to_owned(),
                sender: open.line.from.name.clone(),
                theirs: open.line.number.clone(),
                subject: open.line.subject.clone(),
            };
            let plan = self.records.plan_incoming(ctx, &self.settings.register, new).await?;
            let number = plan.number.clone();
            let body = Registered {
                sender: open.line.from.code.clone(),
                register: number.register.clone(),
                year: number.year,
                number: number.number,
                text: number.text.clone(),
                date: number.date,
                note: note.clone(),
            };
            let told = vec![
                telling(StatusCode::Registered, format!("Đã vào sổ văn bản đến số {}", number.text)),
                telling(StatusCode::InProcess, "Văn bản đang được xử lý".to_owned()),
            ];
            let change = self.tell(ctx, &open.subject, told, plan.join(open.change(open.act(&body)))).await?;
            match self.journal.commit(ctx, change).await {
                Ok(_) => return Ok(number),
                Err(problem) if turn.was_lost(&problem) => {}
                Err(problem) => return Err(problem),
            }
        }
        Err(turn.given_up())
    }

    /// Gives a registered arrival to a unit; the sender is told 04. `unit` is a body's code in the directory, `unit_name`
    /// its name.
    ///
    /// # Errors
    /// As [`Office::register`].
    #[expect(clippy::too_many_arguments, reason = "one form's fields")]
    pub async fn assign(
        &self,
        ctx: &Ctx,
        id: &str,
        version: i64,
        unit: &str,
        unit_name: &str,
        due: Option<Day>,
        note: &str,
    ) -> Result<(), Problem> {
        let open = self.open_for(ctx, id, version, DeedKind::Assign).await?;
        if kernel::id::check(unit).is_err() || unit_name.trim().is_empty() {
            return Err(Problem::field("unit", "field-required"));
        }
        let note = line_of("note", note, false)?;
        let said = format!("Đã phân công: {}", unit_name.trim());
        let body = Assigned { unit: unit.into(), unit_name: unit_name.trim().into(), due, note };
        self.do_and_tell(ctx, &open, &body, vec![telling(StatusCode::Assigned, said)]).await
    }

    /// Notes that work on an arrival began; the sender is told 05.
    ///
    /// # Errors
    /// As [`Office::register`].
    pub async fn take_up(&self, ctx: &Ctx, id: &str, version: i64, note: &str) -> Result<(), Problem> {
        let open = self.open_for(ctx, id, version, DeedKind::TakeUp).await?;
        let note = line_of("note", note, false)?;
        let said = if note.is_empty() { "Văn bản đang được xử lý".to_owned() } else { note.clone() };
        self.do_and_tell(ctx, &open, &TakenUp { note }, vec![telling(StatusCode::InProcess, said)]).await
    }

    /// Notes that the work on an arrival is done; the sender is told 06.
    ///
    /// # Errors
    /// As [`Office::register`].
    pub async fn complete(&self, ctx: &Ctx, id: &str, version: i64, note: &str) -> Result<(), Problem> {
        let open = self.open_for(ctx, id, version, DeedKind::Complete).await?;
        let note = line_of("note", note, false)?;
        let said = if note.is_empty() { "Đã hoàn thành xử lý văn bản".to_owned() } else { note.clone() };
        let body = Completed { sender: open.line.from.code.clone(), note };
        self.do_and_tell(ctx, &open, &body, vec![telling(StatusCode::Completed, said)]).await
    }

    /// Sends an arrival back with a reason; the sender is told 02.
    ///
    /// # Errors
    /// As [`Office::register`]; [`Problem::Invalid`] without a reason.
    pub async fn refuse(&self, ctx: &Ctx, id: &str, version: i64, reason: &str) -> Result<(), Problem> {
        let open = self.open_for(ctx, id, version, DeedKind::Refuse).await?;
        let reason = line_of("reason", reason, true)?;
        let body = Refused { sender: open.line.from.code.clone(), reason: reason.clone() };
        self.do_and_tell(ctx, &open, &body, vec![telling(StatusCode::Refused, reason)]).await
    }

    /// Agrees to a withdrawal, update or replacement (the sender is told 15) or declines it with a reason (16). The
    /// document that it speaks of stands as it did: what follows from the agreement is done by people.
    ///
    /// # Errors
    /// As [`Office::register`]; [`Problem::Invalid`] when it is declined without a reason.
    pub async fn answer(&self, ctx: &Ctx, id: &str, version: i64, agreed: bool, note: &str) -> Result<(), Problem> {
        let open = self.open_for(ctx, id, version, DeedKind::Answer).await?;
        let note = line_of("note", note, !agreed)?;
        let code = if agreed { StatusCode::Agreed } else { StatusCode::Declined };
        let said = if note.is_empty() { "Đồng ý".to_owned() } else { note.clone() };
        let body = Answered { agreed, note, target: open.line.target.clone() };
        self.do_and_tell(ctx, &open, &body, vec![telling(code, said)]).await
    }

    /// Keeps which case was opened for a registered arrival (under `incoming-document`, say). The case is opened by its
    /// own service before.
    ///
    /// # Errors
    /// As [`Office::register`].
    pub async fn link_case(&self, ctx: &Ctx, id: &str, version: i64, case: &CaseId) -> Result<(), Problem> {
        let open = self.open_for(ctx, id, version, DeedKind::OpenCase).await?;
        self.do_and_tell(ctx, &open, &CaseLinked { case: case.clone() }, Vec::new()).await
    }

    /// The arrival for which a case was opened.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for who may not see it.
    pub async fn arrival_of_case(&self, ctx: &Ctx, case: &CaseId) -> Result<Option<ArrivalLine>, Problem> {
        let row = self.journal.reader().row("SELECT * FROM arrival WHERE case_id = $1", &[case.into()]).await?;
        let line = row.as_ref().map(read::arrival).transpose()?;
        Ok(line.filter(|line| self.look(ctx, "arrival", &line.id, line.unit.as_deref()).is_ok()))
    }

    async fn do_and_tell<B: ActBody>(
        &self,
        ctx: &Ctx,
        open: &Open,
        body: &B,
        tellings: Vec<Telling>,
    ) -> Result<(), Problem> {
        let change = self.tell(ctx, &open.subject, tellings, open.change(open.act(body))).await?;
        self.journal.commit(ctx, change).await.map(drop)
    }

    async fn open_for(&self, ctx: &Ctx, id: &str, version: i64, deed: DeedKind) -> Result<Open, Problem> {
        let row = self.arrival_row(id).await?;
        let line = read::arrival(&row)?;
        self.look(ctx, "arrival", id, line.unit.as_deref())?;
        if line.version != version {
            let stream = StreamId::new("arrival", id).to_string();
            return Err(Problem::Conflict { stream, expected: version, found: line.version });
        }
        if !open_deeds(&line).contains(&deed) {
            return Err(Problem::refused("arrival-not-now").arg("state", &line.state));
        }
        let subject = Subject {
            id: id.to_owned(),
            transport: line.transport.clone(),
            sender: line.from.code.clone(),
            to: read::json(&row, "receivers")?,
            identity: row.text("identity")?.to_owned(),
            number: line.number.clone(),
            date: line.date.clone(),
            unit: line.unit.clone(),
        };
        Ok(Open { line, subject })
    }
}

pub(super) fn telling(code: StatusCode, description: String) -> Telling {
    Telling { code, description }
}
