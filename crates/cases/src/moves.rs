//! Moving a case: every public way to change one.
//!
//! All go through one path. The form token is looked up first: a form that was sent already gives its first result. Then
//! the case is loaded and must be where the person saw it; the engine answers; documents, register and directory are
//! planned beside; one commit. A commit that meets a faster change in the register or the directory is planned again;
//! one in the case itself is the person's to look at, unless both only answer the same ballot or round of opinions.

use crate::{
    Cases, ballots, capacity,
    change::{Moved, token_of},
    effects,
    load::{Loaded, stream},
};
use journal::Change;
use kernel::{BodyId, CaseId, Ctx, Day, Digest, DocumentId, Grade, PersonId, Problem, Resource};
use procedure::{Command, Event, Procedure, World, advance, tasks};
use records::{Access, NewBody, Number, Planned, Turn, VersionBody};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};

/// What a move has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The case.
    pub case: CaseId,
    /// The version of its stream behind the move.
    pub version: i64,
    /// The document that was made or changed.
    pub document: Option<DocumentId>,
    /// The number that was given.
    pub number: Option<String>,
}

/// The opinion of a body.
#[derive(Debug, Clone)]
pub struct Opinion {
    /// For which body.
    pub body: BodyId,
    /// The answer's code.
    pub answer: String,
    /// In words.
    pub text: String,
    /// The document in which it is written, when the procedure wants one.
    pub document: Option<NewBody>,
}

/// What is asked of a case.
pub(crate) enum Asked {
    Plain(Command),
    AddDocument {
        key: String,
        title: String,
        body: NewBody,
        note: String,
    },
    Opinion(Opinion),
    Ballot {
        answer: String,
        text: String,
    },
    /// `beside` is recorded in the same change.
    Sign {
        key: String,
        beside: Change,
    },
    SignedElsewhere(String, records::Prepared, bytes::Bytes),
    Issue(String),
    Publish(String),
}

/// How often a move is planned again after something moved on beneath it.
const MAX_PLANS: u32 = 40;

impl Asked {
    /// Whether the move can be made on the case as it is now, though the person saw it at version `expected`: members
    /// answer a ballot and bodies give opinions side by side, so each other's answers do not stand in their way.
    fn fits(&self, loaded: &Loaded, expected: i64) -> bool {
        let beside = match self {
            Asked::Ballot { .. } => "ballot.cast",
            Asked::Opinion(_) => "opinion.given",
            _ => return loaded.version == expected,
        };
        let since = loaded.acts.iter().filter(|act| act.version > expected);
        expected <= loaded.version && since.into_iter().all(|act| act.kind == beside)
    }
}

impl Cases {
    /// Opens a case under the version of a procedure that is valid today.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for an unknown procedure, [`Problem::Invalid`] for fields, [`Problem::Refused`] and
    /// [`Problem::Forbidden`] when the person may not open it.
    pub async fn open(
        &self,
        ctx: &Ctx,
        procedure: &str,
        title: &str,
        grade: Grade,
        fields: Map<String, Value>,
        token: &str,
    ) -> Result<Done, Problem> {
        let today = self.journal.clock().now().day();
        let procedure = self.newest_catalogue().await?.valid_on(procedure, today).cloned();
        let procedure = procedure.ok_or_else(|| Problem::not_found("procedure", today))?;
        let key = token_of(ctx, token);
        if let Some(done) = self.done_before(key.as_deref()).await? {
            return Ok(done);
        }
        // The same form names the same case, so sending it twice at once cannot open two.
        let id = match &key {
            Some(key) => CaseId::new(format!("case-{}", &key[..26])).map_err(Problem::fault)?,
            None => CaseId::mint(self.journal.clock(), self.journal.entropy()),
        };
        let loaded = Loaded::unborn(id, procedure);
        let command = Command::Open { title: title.to_owned(), grade, fields };
        let events = self.advance(ctx, &loaded, &command).await?;
        let mut moved = Moved { events, ..Moved::default() };
        self.open_subcases(&loaded, &mut moved).await?;
        let (change, _) = self.change(&loaded, moved, key.clone()).await?;
        match self.journal.commit(ctx, change).await {
            Ok(receipt) => Ok(Done {
                version: receipt.version(&stream(&loaded.id)),
                case: loaded.id,
                document: None,
                number: None,
            }),
            Err(Problem::Conflict { .. }) => {
                let done = self.done_before(key.as_deref()).await?;
                done.ok_or_else(|| Problem::fault("a new case was there already"))
            }
            Err(other) => Err(other),
        }
    }

    /// Whether the person could open a case under a procedure, with the form filled in so that the first step is theirs.
    pub fn may_open(&self, ctx: &Ctx, procedure: &Procedure) -> bool {
        let access = Access {
            grade: procedure.grade,
            procedure: procedure.id.clone(),
            holders: tasks::opening_seats(procedure, &ctx.actor),
            ..Access::default()
        };
        let case = Resource::new("Case", "new", access.attrs());
        !access.holders.is_empty() && self.journal.policies().decide(ctx, "case.opened", &case).allowed
    }

    /// Carries out a command of the engine: `Fill`, `Complete`, `Return`, `RecordVote`. Commands that sign, number,
    /// publish, vote or bring documents take the ways below, whichever way they come in.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Conflict`] when the case has moved on since version `expected`;
    /// [`Problem::Invalid`] and [`Problem::Refused`] by the rules; the policies' refusal.
    pub async fn command(
        &self,
        ctx: &Ctx,
        id: &CaseId,
        expected: i64,
        command: Command,
        token: &str,
    ) -> Result<Done, Problem> {
        let asked = match command {
            Command::Sign { key } => Asked::Sign { key, beside: Change::new() },
            Command::Issue { key, .. } => Asked::Issue(key),
            Command::Publish { key } => Asked::Publish(key),
            Command::CastBallot { answer, text } => Asked::Ballot { answer, text },
            Command::GiveOpinion { body, answer, text, document: None } => {
                Asked::Opinion(Opinion { body, answer, text, document: None })
            }
            // A document is named only by the move that makes it, so that none of another case can be brought in.
            Command::Open { .. }
            | Command::OpenSubcase { .. }
            | Command::AttachDocument { .. }
            | Command::GiveOpinion { .. } => {
                return Err(Problem::refused("case-document-not-here"));
            }
            plain => Asked::Plain(plain),
        };
        self.run(ctx, id, expected, asked, token).await
    }

    /// Adds a document that the present step writes, or replaces it: a text for its paper form, or a file.
    ///
    /// # Errors
    /// As [`Cases::command`]; [`Problem::Invalid`] for the text or file.
    #[allow(clippy::too_many_arguments, reason = "each is one part of the form, and all are always given")]
    pub async fn add_document(
        &self,
        ctx: &Ctx,
        id: &CaseId,
        expected: i64,
        key: &str,
        title: &str,
        body: NewBody,
        token: &str,
    ) -> Result<Done, Problem> {
        let asked = Asked::AddDocument { key: key.to_owned(), title: title.to_owned(), body, note: String::new() };
        self.run(ctx, id, expected, asked, token).await
    }

    /// Gives the opinion of a body.
    ///
    /// # Errors
    /// As [`Cases::command`].
    pub async fn give_opinion(
        &self,
        ctx: &Ctx,
        id: &CaseId,
        expected: i64,
        opinion: Opinion,
        token: &str,
    ) -> Result<Done, Problem> {
        self.run(ctx, id, expected, Asked::Opinion(opinion), token).await
    }

    /// Answers the written ballot: signs the member's statement with the member's own key. Once confirmed it stands.
    ///
    /// # Errors
    /// As [`Cases::command`]; [`Problem::NeedsSecondFactor`]; the codes of a certificate that may not sign.
    pub async fn cast_ballot(
        &self,
        ctx: &Ctx,
        id: &CaseId,
        expected: i64,
        answer: &str,
        text: &str,
        token: &str,
    ) -> Result<Done, Problem> {
        let asked = Asked::Ballot { answer: answer.to_owned(), text: text.to_owned() };
        self.run(ctx, id, expected, asked, token).await
    }

    /// Signs the document of the present step with the person's own key.
    ///
    /// # Errors
    /// As [`Cases::command`] and [`records::Records::plan_sign`].
    pub async fn sign(&self, ctx: &Ctx, id: &CaseId, expected: i64, key: &str, token: &str) -> Result<Done, Problem> {
        let asked = Asked::Sign { key: key.to_owned(), beside: Change::new() };
        self.run(ctx, id, expected, asked, token).await
    }

    /// Gives the document of the present step its number and date and applies the body's seal; effects that follow
    /// from it happen in the same change.
    ///
    /// # Errors
    /// As [`Cases::command`] and [`records::Records::plan_issue`].
    pub async fn issue(&self, ctx: &Ctx, id: &CaseId, expected: i64, key: &str, token: &str) -> Result<Done, Problem> {
        self.run(ctx, id, expected, Asked::Issue(key.to_owned()), token).await
    }

    /// Puts the document of the present step on the public site.
    ///
    /// # Errors
    /// As [`Cases::command`] and [`records::Records::plan_publish`].
    pub async fn publish(
        &self,
        ctx: &Ctx,
        id: &CaseId,
        expected: i64,
        key: &str,
        token: &str,
    ) -> Result<Done, Problem> {
        self.run(ctx, id, expected, Asked::Publish(key.to_owned()), token).await
    }

    /// Keeps a further version of a draft. Only the document moves, not its case, so several people can work on several
    /// documents of one case; `expected` is the version of the document.
    ///
    /// # Errors
    /// As [`records::Records::revise`]; `case-document-not-here` when the present step does not write it.
    pub async fn revise_document(
        &self,
        ctx: &Ctx,
        id: &DocumentId,
        expected: i64,
        body: NewBody,
        note: &str,
    ) -> Result<i64, Problem> {
        let sent = match &body {
            NewBody::Text(content) => content.clone().draft().ok(),
            NewBody::Upload(_) | NewBody::Paper(_) => None,
        };
        let case = self.records.document(ctx, id).await?.case;
        let loaded = self.load(ctx, &case).await?;
        let version = loaded.resource();
        let may = |ctx: &&Ctx| self.journal.policies().decide(ctx, "form.filled", &version).allowed;
        let capacities = Cases::capacities(ctx, &loaded);
        let ctx = capacities.iter().find(may).unwrap_or(ctx);
        match self.records.revise(ctx, id, expected, body, note).await {
            // The same form sent twice: the person's text is there already.
            Err(conflict @ Problem::Conflict { found, .. }) if found == expected + 1 => {
                let kept = self.records.version(ctx, id, None).await?;
                let same = matches!((&kept.body, &sent), (VersionBody::Text(kept), Some(sent)) if kept == sent);
                let mine = kept.by == kernel::ActorRecord::of(ctx).who;
                if same && mine { Ok(found) } else { Err(conflict) }
            }
            other => other,
        }
    }

    pub(crate) async fn run(
        &self,
        ctx: &Ctx,
        id: &CaseId,
        expected: i64,
        asked: Asked,
        token: &str,
    ) -> Result<Done, Problem> {
        let key = token_of(ctx, token);
        // Whether the form was sent already is told only to those who may know of the case.
        let first = self.load(ctx, id).await?;
        if let Some(done) = self.done_before(key.as_deref()).await? {
            return Ok(done);
        }
        if !asked.fits(&first, expected) {
            return Err(first.conflict(expected));
        }
        let turn = match &asked {
            Asked::Issue(key) => Some(self.records.turn(ctx, &document_of(&first, key)?).await?),
            _ => None,
        };
        // Who waited for a turn looks again at once; anyone else learns from the commit that the case has moved on.
        let (mut seen, mut last) = (turn.is_none().then_some(first), None);
        for _ in 0..MAX_PLANS {
            let loaded = match seen.take() {
                Some(first) => first,
                None => self.load(ctx, id).await?,
            };
            if !asked.fits(&loaded, expected) {
                let done = self.done_before(key.as_deref()).await?;
                return done.ok_or_else(|| loaded.conflict(expected));
            }
            let (ctx, moved) = self.plan_in_capacity(ctx, &loaded, &asked, turn.as_ref()).await?;
            if moved.events.is_empty() {
                return Ok(Done { case: id.clone(), version: loaded.version, document: None, number: None });
            }
            let (document, number) = (moved.document.clone(), moved.number.clone());
            let (change, _) = self.change(&loaded, moved, key.clone()).await?;
            match self.journal.commit(&ctx, change).await {
                Ok(receipt) => {
                    let version = receipt.version(&stream(id));
                    return Ok(Done { case: id.clone(), version, document, number });
                }
                // The case itself is looked at again above; the rest is planned anew.
                Err(conflict @ Problem::Conflict { .. }) => last = Some(conflict),
                Err(other) => return Err(other),
            }
        }
        Err(match (turn, last) {
            (Some(turn), Some(conflict)) if turn.was_lost(&conflict) => turn.given_up(),
            (_, conflict) => conflict.unwrap_or_else(|| Problem::fault("a move was never planned")),
        })
    }

    /// The plan in the first capacity of the person in which the move can be made.
    async fn plan_in_capacity(
        &self,
        ctx: &Ctx,
        loaded: &Loaded,
        asked: &Asked,
        turn: Option<&Turn>,
    ) -> Result<(Ctx, Moved), Problem> {
        let holds = tasks::seats_of(&ctx.actor).iter().any(|seat| loaded.access.holders.contains(seat));
        let (mut own, mut other) = (None, None);
        for (n, capacity) in Cases::capacities(ctx, loaded).into_iter().enumerate() {
            let planned = match asked.may_be_asked_in(&capacity) {
                Ok(()) => self.plan(&capacity, loaded, asked, turn).await,
                Err(personal) => Err(personal),
            };
            match planned {
                Ok(moved) => return Ok((capacity, moved)),
                Err(why @ (Problem::Refused { .. } | Problem::Forbidden { .. })) if n == 0 => own = Some(why),
                Err(why @ (Problem::Refused { .. } | Problem::Forbidden { .. })) => other = other.or(Some(why)),
                Err(why) => return Err(why),
            }
        }
        Err(capacity::telling(own, other, holds))
    }

    async fn plan(&self, ctx: &Ctx, loaded: &Loaded, asked: &Asked, turn: Option<&Turn>) -> Result<Moved, Problem> {
        let mut moved = Moved::default();
        let mut made = None;
        match asked {
            Asked::Plain(command) => moved.events = self.advance(ctx, loaded, command).await?,
            Asked::AddDocument { key, title, body, note } => {
                let planned = self.make(loaded, key, title, body, note).await?;
                let document = planned.document.clone();
                let command = Command::AttachDocument { key: key.clone(), document: document.clone() };
                moved.events = self.advance(ctx, loaded, &command).await?;
                moved.beside = planned.join(moved.beside);
                made = Some(document);
            }
            Asked::Opinion(opinion) => made = self.plan_opinion(ctx, loaded, opinion, &mut moved).await?,
            Asked::Ballot { answer, text } => {
                let command = Command::CastBallot { answer: answer.clone(), text: text.clone() };
                moved.events = self.advance(ctx, loaded, &command).await?;
                let cast = moved.events.iter().find_map(ballots::cast_of);
                let cast = cast.ok_or_else(|| Problem::fault("a ballot was answered without an answer"))?;
                moved.proof = Some(self.prove_ballot(ctx, loaded, cast).await?);
            }
            Asked::Sign { key, beside } => {
                moved.events = self.advance(ctx, loaded, &Command::Sign { key: key.clone() }).await?;
                let planned = self.records.plan_sign(ctx, &document_of(loaded, key)?).await?;
                moved.document = Some(planned.document.clone());
                moved.beside = planned.join(moved.beside).and(beside.clone());
            }
            Asked::SignedElsewhere(key, prepared, signed) => {
                moved.events = self.advance(ctx, loaded, &Command::Sign { key: key.clone() }).await?;
                let planned = self.records.plan_signed_elsewhere(ctx, prepared, signed.clone()).await?;
                moved.document = Some(planned.document.clone());
                moved.beside = planned.join(moved.beside);
            }
            Asked::Issue(key) => self.plan_issue(ctx, loaded, key, turn, &mut moved).await?,
            Asked::Publish(key) => {
                moved.events = self.advance(ctx, loaded, &Command::Publish { key: key.clone() }).await?;
                let planned = self.records.plan_publish(ctx, &document_of(loaded, key)?).await?;
                let follows = records::publication::published_job(&planned.document);
                moved.document = Some(planned.document.clone());
                moved.beside = planned.join(moved.beside).job(follows);
            }
        }
        self.open_subcases(loaded, &mut moved).await?;
        if made.is_some() {
            moved.document.clone_from(&made);
        }
        self.settle(ctx, loaded, &mut moved, made.as_ref()).await?;
        effects::declared(&mut moved)?;
        Ok(moved)
    }

    async fn plan_opinion(
        &self,
        ctx: &Ctx,
        loaded: &Loaded,
        opinion: &Opinion,
        moved: &mut Moved,
    ) -> Result<Option<DocumentId>, Problem> {
        let step = loaded.procedure.step(&loaded.state.step);
        let key = step.and_then(|step| step.opinion.as_ref()).and_then(|spec| spec.document.clone());
        let planned = match (&opinion.document, key) {
            (Some(body), Some(key)) => {
                let new = self.declared_document(loaded, &key, String::new(), body.clone(), String::new())?;
                Some(self.records.plan_record(&loaded.id, &loaded.access, None, new).await?)
            }
            (Some(_), None) => return Err(Problem::refused("case-document-not-here").arg("document", "")),
            (None, _) => None,
        };
        let document = planned.as_ref().map(|planned| planned.document.clone());
        let command = Command::GiveOpinion {
            body: opinion.body.clone(),
            answer: opinion.answer.clone(),
            text: opinion.text.clone(),
            document: document.clone(),
        };
        moved.events = self.advance(ctx, loaded, &command).await?;
        if let Some(planned) = planned {
            moved.beside = planned.join(std::mem::take(&mut moved.beside));
        }
        Ok(document)
    }

    async fn plan_issue(
        &self,
        ctx: &Ctx,
        loaded: &Loaded,
        key: &str,
        turn: Option<&Turn>,
        moved: &mut Moved,
    ) -> Result<(), Problem> {
        let document = document_of(loaded, key)?;
        let turn = turn.ok_or_else(|| Problem::fault("a number without a turn at its register"))?;
        // Whether the rules allow it is asked before the seal is set; the number stands in for the one to come.
        let command = |number: &str, day: Day| Command::Issue { key: key.to_owned(), number: number.to_owned(), day };
        let today = self.journal.clock().now().day();
        self.advance(ctx, loaded, &command("", today)).await?;
        let plan = self.records.plan_issue(ctx, &document, turn).await?;
        let Number { text, date, .. } = plan.number.clone();
        moved.events = self.advance(ctx, loaded, &command(&text, date)).await?;
        moved.beside = plan.join(std::mem::take(&mut moved.beside));
        moved.document = Some(document);
        moved.number = Some(text);
        Ok(())
    }

    async fn make(
        &self,
        loaded: &Loaded,
        key: &str,
        title: &str,
        body: &NewBody,
        note: &str,
    ) -> Result<Planned, Problem> {
        let new = self.declared_document(loaded, key, title.to_owned(), body.clone(), note.to_owned())?;
        self.records.plan_create(&loaded.id, &loaded.access, new).await
    }

    /// Asks the engine.
    pub(crate) async fn advance(&self, ctx: &Ctx, loaded: &Loaded, command: &Command) -> Result<Vec<Event>, Problem> {
        let now = self.journal.clock().now();
        let roll = self.roll(&loaded.procedure, loaded, command, now.day()).await?;
        let catalogue = self.catalogue();
        let world = World { actor: &ctx.actor, now, calendar: catalogue.calendar(), roll: &roll };
        Ok(advance(&loaded.procedure, &loaded.state, command, &world)?)
    }

    /// Who may answer the ballots of a procedure today.
    async fn roll(
        &self,
        procedure: &Arc<Procedure>,
        loaded: &Loaded,
        command: &Command,
        today: Day,
    ) -> Result<BTreeMap<String, Vec<PersonId>>, Problem> {
        let mut roll = BTreeMap::new();
        for spec in procedure.steps.iter().filter_map(|step| step.ballot.as_ref()) {
            for body in bodies_of(&spec.body, loaded, command) {
                for position in &spec.positions {
                    let code = directory::Position::new(position.clone()).map_err(Problem::fault)?;
                    let held = self.directory.holders(&body, &code, today).await?;
                    let people = held.into_iter().map(|held| held.assignment.person).collect();
                    roll.insert(format!("{position}@{body}"), people);
                }
            }
        }
        Ok(roll)
    }

    /// The result of a form that was sent already.
    async fn done_before(&self, token: Option<&str>) -> Result<Option<Done>, Problem> {
        let Some(token) = token else { return Ok(None) };
        let row = self.journal.reader().row("SELECT * FROM submission WHERE token = $1", &[token.into()]).await?;
        let Some(row) = row else { return Ok(None) };
        let document = row.opt_text("document")?.map(DocumentId::new).transpose().map_err(Problem::fault)?;
        Ok(Some(Done {
            case: CaseId::new(row.text("case_id")?).map_err(Problem::fault)?,
            version: row.int("version")?,
            document,
            number: row.opt_text("number")?.map(str::to_owned),
        }))
    }
}

/// The bodies that a reference means, in the case's fields or those just sent.
fn bodies_of(body: &procedure::model::BodyRef, loaded: &Loaded, command: &Command) -> Vec<BodyId> {
    let codes: Vec<String> = match body {
        procedure::model::BodyRef::Code(code) => vec![code.clone()],
        procedure::model::BodyRef::Field(key) => {
            let sent = match command {
                Command::Open { fields, .. }
                | Command::OpenSubcase { fields, .. }
                | Command::Complete { fields, .. } => fields.get(key),
                _ => None,
            };
            match sent.or_else(|| loaded.state.fields.get(key)) {
                Some(Value::String(code)) => vec![code.clone()],
                Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                _ => Vec::new(),
            }
        }
    };
    codes.into_iter().filter_map(|code| BodyId::new(code).ok()).collect()
}

pub(crate) fn document_of(loaded: &Loaded, key: &str) -> Result<DocumentId, Problem> {
    let document = loaded.state.documents.get(key).map(|document| document.document.clone());
    document.ok_or_else(|| Problem::refused("case-document-missing").arg("document", key))
}

/// SHA-256 over a text's canonical form: what a ballot binds to.
pub(crate) fn digest_of(value: &Value) -> Result<Digest, Problem> {
    Ok(Digest::of(&[&kernel::canon::to_vec(value).map_err(Problem::fault)?]))
}
