//! The case of an arrival: opened when a clerk registers the arrival, moved on when the head directs it, and followed
//! until it closes, so that the sender is told 04 and 06 wherever people move the case.
//!
//! Imports `cases` sideways: whoever processes an incoming document does so in a case under
//! `procedures/direction/incoming-document.toml`. Nothing here decides who may: the arrival's deeds and the case's moves are
//! each asked of the policies.

use crate::notify::Notifier;
use crate::office::{ArrivalLine, ArrivalView, Office, Tray};
use async_trait::async_trait;
use cases::{CaseView, Cases};
use directory::Directory;
use journal::{JobError, Worker};
use kernel::{BodyId, CaseId, Ctx, Day, Grade, Problem, id::RequestId};
use procedure::{Command, Status};
use records::{NewBody, Upload, model::Number, upload};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The procedure under which arrivals are processed.
pub const PROCEDURE: &str = "incoming-document";
/// The job that follows each move of such a case (see [`Cases::followed_by`]).
pub const CASE_JOB: &str = "incoming-case-moved";

/// The duty under which the program follows cases.
const DUTY: &str = "casework";
/// The step at which the case waits for its document and its number.
const REGISTER: &str = "register";
/// The step at which the head of the Office chooses the unit.
const DIRECT: &str = "direct";
/// The document of the procedure that is the arrival itself.
const DOCUMENT: &str = "van-ban";
/// Most characters of a case's title and of a text of its form.
const MOST_TEXT: usize = 480;
/// How often an arrival that others move at the same time is looked at anew.
const TRIES: usize = 5;

/// What a head decides about an arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Direction {
    /// The unit's code in the directory.
    pub unit: String,
    /// Until when.
    pub due: Day,
    /// An instruction; may be empty.
    pub note: String,
}

/// The cases of arrivals. Cheap to clone.
#[derive(Clone)]
pub struct Casework {
    pub(crate) office: Office,
    pub(crate) cases: Cases,
    pub(crate) directory: Directory,
}

impl Casework {
    /// Over the services.
    pub fn new(office: Office, cases: Cases, directory: Directory) -> Casework {
        Casework { office, cases, directory }
    }
    /// The workers that the server runs.
    pub fn workers(&self) -> Vec<Arc<dyn Worker>> {
        vec![Arc::new(Follower(self.clone())), Arc::new(Notifier(self.clone()))]
    }

    /// Registers an arrival and opens its case, which then waits for the head of the Office. When only the case cannot be
    /// opened, the number stands, and [`Casework::open`] can be asked again.
    ///
    /// # Errors
    /// As [`Office::register`].
    pub async fn register(&self, ctx: &Ctx, id: &str, version: i64, note: &str) -> Result<Number, Problem> {
        let number = self.office.register(ctx, id, version, note).await?;
        if let Err(problem) = self.open(ctx, id).await {
            tracing::warn!(arrival = id, %problem, "an arrival is registered, and its case could not be opened");
        }
        Ok(number)
    }

    /// Opens the case of a registered arrival, or goes on where that was interrupted: links it, attaches the document and
    /// hands it to the head of the Office. A package without a file that cases take leaves the case with the clerk.
    ///
    /// # Errors
    /// As [`Cases::open`] and [`Office::link_case`].
    pub async fn open(&self, ctx: &Ctx, id: &str) -> Result<CaseId, Problem> {
        let arrival = self.office.arrival(ctx, id).await?;
        let case = match &arrival.line.case {
            Some(case) => case.clone(),
            None => {
                let (title, form) = (title(&arrival.line), form(&arrival));
                let token = format!("arrival {id}");
                let done = self.cases.open(ctx, PROCEDURE, &title, Grade::Open, form, &token).await?;
                self.office.link_case(ctx, id, arrival.line.version, &done.case).await?;
                done.case
            }
        };
        self.hand_on(ctx, &arrival, &case).await?;
        Ok(case)
    }

    async fn hand_on(&self, ctx: &Ctx, arrival: &ArrivalView, case: &CaseId) -> Result<(), Problem> {
        let now = self.cases.case(ctx, case).await?;
        if now.state.step != REGISTER {
            return Ok(());
        }
        let (id, mut version) = (&arrival.line.id, now.version);
        if now.missing.iter().any(|key| key == DOCUMENT) {
            let Some(paper) = self.paper(ctx, arrival).await? else { return Ok(()) };
            let (title, token) = (title(&arrival.line), format!("arrival {id} document"));
            let body = NewBody::Upload(paper);
            version = self.cases.add_document(ctx, case, version, DOCUMENT, &title, body, &token).await?.version;
        }
        let command = Command::Complete { step: REGISTER.into(), fields: Map::new(), outcome: None };
        self.cases.command(ctx, case, version, command, &format!("arrival {id} registered")).await.map(drop)
    }

    /// The first file that a case takes, PDF before others.
    async fn paper(&self, ctx: &Ctx, arrival: &ArrivalView) -> Result<Option<Upload>, Problem> {
        let mut places: Vec<(i64, bool)> =
            (0..).zip(&arrival.enclosures).map(|(at, file)| (at, file.media_type == "application/pdf")).collect();
        places.retain(|(at, _)| {
            usize::try_from(*at)
                .ok()
                .and_then(|at| arrival.enclosures.get(at))
                .is_some_and(|file| usize::try_from(file.length).is_ok_and(|length| length <= upload::MAX_FILE))
        });
        places.sort_by_key(|(at, pdf)| (!pdf, *at));
        for (at, _) in places {
            let (name, _, bytes) = self.office.enclosure(ctx, &arrival.line.id, at).await?;
            let paper = Upload { name, bytes: bytes.into() };
            if upload::check("file", &paper).is_ok() {
                return Ok(Some(paper));
            }
        }
        Ok(None)
    }

    /// Gives an arrival to a unit: its case moves to the unit, and the sender is told 04.
    ///
    /// # Errors
    /// `arrival-case-not-ready` while the case waits for its document; as [`Office::assign`] and [`Cases::command`].
    pub async fn direct(&self, ctx: &Ctx, id: &str, version: i64, direction: &Direction) -> Result<(), Problem> {
        let arrival = self.office.arrival(ctx, id).await?.line;
        if arrival.version != version {
            let stream = format!("arrival:{id}");
            return Err(Problem::Conflict { stream, expected: version, found: arrival.version });
        }
        let name = self.unit_name(&direction.unit).await?;
        if let Some(case) = &arrival.case {
            self.direct_case(ctx, case, id, direction).await?;
        }
        let Direction { unit, due, note } = direction;
        match self.office.assign(ctx, id, version, unit, &name, Some(*due), note).await {
            // The job that follows the case may have been faster.
            Err(Problem::Conflict { stream, expected, found }) => {
                let now = self.office.arrival(ctx, id).await?.line;
                let same = now.state == "assigned" && now.unit.as_ref() == Some(unit);
                if same { Ok(()) } else { Err(Problem::Conflict { stream, expected, found }) }
            }
            other => other,
        }
    }

    async fn direct_case(&self, ctx: &Ctx, case: &CaseId, id: &str, direction: &Direction) -> Result<(), Problem> {
        let now = self.cases.case(ctx, case).await?;
        match now.state.step.as_str() {
            REGISTER => return Err(Problem::refused("arrival-case-not-ready")),
            DIRECT => {}
            // It was directed at the case; only the arrival is behind.
            _ => return Ok(()),
        }
        let mut fields = Map::new();
        fields.insert("unit".into(), json!(direction.unit));
        fields.insert("due".into(), json!(direction.due));
        let command = Command::Complete { step: DIRECT.into(), fields, outcome: None };
        self.cases.command(ctx, case, now.version, command, &format!("arrival {id} {} directed", now.version)).await?;
        if !direction.note.trim().is_empty() {
            self.cases.add_note(ctx, case, &direction.note).await?;
        }
        Ok(())
    }

    async fn unit_name(&self, unit: &str) -> Result<String, Problem> {
        let id = BodyId::new(unit).map_err(|_| Problem::field("unit", "field-required"))?;
        let body = self.directory.body(&id).await?;
        body.map(|body| body.name_in("vi").to_owned()).ok_or_else(|| Problem::field("unit", "field-unknown-body"))
    }

    /// The context in which the program follows cases.
    fn program(&self) -> Ctx {
        let journal = &self.office.journal;
        Ctx::system(DUTY, journal.clock().now(), RequestId::mint(journal.clock(), journal.entropy()))
    }

    /// Brings the arrival of a case to where the case stands: directed to a unit, or done.
    ///
    /// # Errors
    /// [`Problem::Unavailable`]; what the deeds refuse.
    pub async fn follow(&self, case: &CaseId) -> Result<(), Problem> {
        let ctx = self.program();
        for _ in 0..TRIES {
            let Some(arrival) = self.office.arrival_of_case(&ctx, case).await? else { return Ok(()) };
            if arrival.tray != Tray::Work {
                return Ok(());
            }
            let view = self.cases.case(&ctx, case).await?;
            let followed = match next(&arrival, &view) {
                Next::Nothing => return Ok(()),
                Next::Assign { unit, due } => {
                    let name = self.unit_name(&unit).await?;
                    self.office.assign(&ctx, &arrival.id, arrival.version, &unit, &name, due, "").await
                }
                Next::Complete(result) => self.office.complete(&ctx, &arrival.id, arrival.version, &result).await,
            };
            match followed {
                Err(Problem::Conflict { .. }) => {}
                Err(other) => return Err(other),
                // A case that is closed at once leaves two things to tell.
                Ok(()) => {}
            }
        }
        Err(Problem::Unavailable { what: "arrival", why: format!("the arrival of {case} moved {TRIES} times") })
    }
}

/// What an arrival lacks to stand where its case stands.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Nothing,
    Assign { unit: String, due: Option<Day> },
    Complete(String),
}

fn next(arrival: &ArrivalLine, case: &CaseView) -> Next {
    let field = |key: &str| case.state.fields.get(key).and_then(Value::as_str).unwrap_or_default();
    let directed = !matches!(case.state.step.as_str(), REGISTER | DIRECT);
    let unit = field("unit");
    if directed && !unit.is_empty() && arrival.unit.as_deref() != Some(unit) {
        return Next::Assign { unit: unit.to_owned(), due: Day::parse(field("due")).ok() };
    }
    if case.state.status == Status::Closed {
        return Next::Complete(cut(field("result"), 500));
    }
    Next::Nothing
}

fn title(line: &ArrivalLine) -> String {
    let subject = if line.subject.trim().is_empty() { &line.number } else { &line.subject };
    cut(subject, MOST_TEXT)
}

/// The opening form of the procedure, from what the sender wrote.
fn form(arrival: &ArrivalView) -> Map<String, Value> {
    let line = &arrival.line;
    let or = |text: &str, other: &str| cut(if text.trim().is_empty() { other } else { text }, MOST_TEXT);
    let received = line.register_date.clone().unwrap_or_else(|| line.at.day().to_string());
    let fields = [
        ("sender", or(&line.from.name, &line.from.code)),
        ("number", or(&line.number, &arrival.identity)),
        ("subject", title(line)),
        ("received", received),
    ];
    fields.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect()
}

/// One line of bounded length.
fn cut(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(most).collect::<String>().trim_end().to_owned()
}

/// Runs [`Casework::follow`].
struct Follower(Casework);

#[async_trait]
impl Worker for Follower {
    fn kind(&self) -> &'static str {
        CASE_JOB
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        let case = payload.get("case").and_then(Value::as_str).and_then(|case| CaseId::new(case).ok());
        let case = case.ok_or_else(|| JobError::Hopeless("the job names no case".into()))?;
        Ok(self.0.follow(&case).await?)
    }
}
