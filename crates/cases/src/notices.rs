//! Notices (nhắc việc): that half, four fifths or all of a deadline's time has passed, to whoever has the task; and, once
//! it has passed, to the superior of the body that owns it.
//!
//! Each is an act on a stream of its own, which can begin only once: whatever restarts or runs twice, a notice is raised
//! once. The jobs that raise them follow from the acts by which steps begin. Nothing here tells what a case is about: a
//! notice names the case, and only those who may know of it see its title. Certificates that end are told of in the same
//! way ([`crate::endings`]), and so are matters of other rooms ([`crate::matters`]).

use crate::{
    Cases,
    acts::{NoticeRaised, NoticesChosen, NoticesRead},
    load::{Loaded, task_lines},
    timers::case_of,
};
use async_trait::async_trait;
use directory::Position;
use journal::{Change, Expected, JobDraft, JobError, Row, Worker};
use kernel::{ActDraft, BodyId, CaseId, Ctx, Grade, PersonId, Problem, Resource, StreamId, Timestamp};
use procedure::Status;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const JOB: &str = "case-reminder";
/// The duty under which the program raises notices.
pub(crate) const DUTY: &str = "notices";
/// The kind of the jobs that write a letter: the server sends them.
pub const MAIL_JOB: &str = "notice-mail";
/// The kind of the jobs that write the letter of the day.
pub const DIGEST_JOB: &str = "notice-digest";
/// The shares of a deadline's time at which a reminder goes out, in per cent.
const MARKS: [i64; 3] = [50, 80, 100];
/// Most notices that a page tells.
const MOST: i64 = 50;

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A case, with its title.
    Case(CaseId, String),
    /// A certificate that ends.
    Certificate(String),
    /// Something beside cases, by its stream: `dispatch:<id>`, `arrival:<id>`.
    Matter(String),
}

/// A notice as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Which.
    pub id: String,
    /// What it is about.
    pub about: About,
    /// Secrecy grade.
    pub grade: Grade,
    /// `50`, `80`, `100`, `escalated`; `certificate-90`, `certificate-30`, `certificate-7`; `parcel-stopped`,
    /// `recipient-silent`.
    pub what: String,
    /// The deadline, or the end of the certificate; since when another matter waits.
    pub due: Timestamp,
    /// When it was raised.
    pub at: Timestamp,
    /// Whether it was read.
    pub read: bool,
}

/// How a person wants letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Letters {
    /// None: only the page.
    #[default]
    None,
    /// One for each notice.
    Each,
    /// One a day, at this hour (0 to 23).
    Daily(u8),
}

/// The first reminder of a step, enqueued when it begins. The later ones follow from it.
pub(crate) fn first(case: &CaseId, step: &str, since: Timestamp, due: Timestamp) -> JobDraft {
    reminder(case, step, since, due, 0)
}

fn reminder(case: &CaseId, step: &str, since: Timestamp, due: Timestamp, mark: usize) -> JobDraft {
    let whole = due.micros().saturating_sub(since.micros()).max(0);
    let share = MARKS.get(mark).copied().unwrap_or(100);
    // The last one comes with the deadline's own end, one second behind it.
    let at = Timestamp::from_micros(since.micros() + whole / 100 * share).plus_seconds(i64::from(share == 100));
    let key = format!("{case}/{step}/{}/{share}", since.micros());
    let payload = json!({"case": case, "step": step, "since": since, "due": due, "mark": mark});
    JobDraft::new(JOB, key, payload).at(at)
}

/// Raises reminders, and tells superiors.
pub(crate) struct Reminders(pub Cases);

#[async_trait]
impl Worker for Reminders {
    fn kind(&self) -> &'static str {
        JOB
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let time = |name: &str| Timestamp::from_micros(payload.get(name).and_then(Value::as_i64).unwrap_or_default());
        let mark = payload.get("mark").and_then(Value::as_u64).and_then(|mark| usize::try_from(mark).ok());
        let asked = Reminder {
            case: case_of(payload)?,
            step: text("step"),
            since: time("since"),
            due: time("due"),
            mark: mark.unwrap_or_default(),
        };
        match self.0.remind(&asked).await {
            // A case that was erased or whose procedure is gone has nobody to remind.
            Err(Problem::NotFound { .. }) => Ok(()),
            other => Ok(other?),
        }
    }
}

struct Reminder {
    case: CaseId,
    step: String,
    since: Timestamp,
    due: Timestamp,
    mark: usize,
}

impl Cases {
    async fn remind(&self, asked: &Reminder) -> Result<(), Problem> {
        let ctx = self.program(DUTY);
        let loaded = self.load(&ctx, &asked.case).await?;
        let state = &loaded.state;
        let gone = state.status != Status::Open || state.step != asked.step || state.entered_at != Some(asked.since);
        if gone {
            return Ok(());
        }
        let share = MARKS.get(asked.mark).copied().unwrap_or(100);
        let seats: Vec<String> = task_lines(&loaded.procedure, state).into_iter().map(|line| line.seat).collect();
        let owners = self.people_of(&seats).await?;
        let mut change = self.raise(&loaded, asked, &share.to_string(), &owners).await?;
        if share == 100 {
            let superiors = self.superiors_of(&seats, &owners).await?;
            change = change.and(self.raise(&loaded, asked, "escalated", &superiors).await?);
        } else {
            change = change.job(reminder(&asked.case, &asked.step, asked.since, asked.due, asked.mark + 1));
        }
        match self.journal.commit(&ctx, change).await {
            // Raised before: the job ran twice.
            Err(Problem::Conflict { .. }) => Ok(()),
            other => other.map(drop),
        }
    }

    /// One notice to some people, those who are not cleared left out; with the letters that they want.
    async fn raise(
        &self,
        loaded: &Loaded,
        asked: &Reminder,
        what: &str,
        people: &BTreeSet<PersonId>,
    ) -> Result<Change, Problem> {
        let mut to = Vec::new();
        for person in people {
            let cleared = self.directory.person(person).await?;
            if cleared.is_some_and(|p| p.active && p.clearance >= loaded.state.grade) {
                to.push(person.clone());
            }
        }
        if to.is_empty() {
            return Ok(Change::new());
        }
        let id = format!("{}/{}/{}/{what}", asked.case, asked.step, asked.since.micros());
        let letters = self.letters_about(&id, what, &to).await?;
        let raised = NoticeRaised {
            case: asked.case.clone(),
            step: asked.step.clone(),
            what: what.to_owned(),
            due: asked.due,
            to,
        };
        let change = Change::new().on(StreamId::new("notice", &id), Expected::New).act(loaded.act(&raised));
        Ok(letters.into_iter().fold(change, Change::job))
    }

    /// The letters of a notice, to those who want one for each.
    pub(crate) async fn letters_about(&self, id: &str, what: &str, to: &[PersonId]) -> Result<Vec<JobDraft>, Problem> {
        let mut letters = Vec::new();
        for person in to {
            if self.letters_of(person).await? == Letters::Each {
                let payload = json!({"person": person, "notice": id, "what": what});
                letters.push(JobDraft::new(MAIL_JOB, format!("{id}/{person}"), payload));
            }
        }
        Ok(letters)
    }

    /// Who holds any of the seats (`clerk@vu-hanh-chinh`) today, and to whom their work is handed.
    ///
    /// # Errors
    /// Storage.
    pub async fn people_of(&self, seats: &[String]) -> Result<BTreeSet<PersonId>, Problem> {
        let today = self.journal.clock().now().day();
        let mut people = BTreeSet::new();
        for seat in seats {
            if let Some(id) = seat.strip_prefix("person:") {
                people.extend(PersonId::new(id).ok());
                continue;
            }
            let Some((position, body)) = named(seat) else { continue };
            let held = self.directory.holders(&body, &position, today).await?;
            people.extend(held.into_iter().map(|held| held.assignment.person));
            people.extend(self.directory.receivers_of(seat, today).await?);
        }
        Ok(people)
    }

    /// Who leads the bodies of the seats; where that is the owner's own seat, who leads the body above.
    async fn superiors_of(&self, seats: &[String], owners: &BTreeSet<PersonId>) -> Result<BTreeSet<PersonId>, Problem> {
        let mut found = BTreeSet::new();
        for seat in seats {
            let Some((_, body)) = named(seat) else { continue };
            let mut here = Some(body);
            // Bounded: no body lies deeper than this.
            for _ in 0..8 {
                let Some(body) = here else { break };
                let leaders = [Position::HEAD, Position::CHAIRPERSON].map(|position| format!("{position}@{body}"));
                let leaders = self.people_of(&leaders).await?;
                let fresh: Vec<PersonId> = leaders.difference(owners).cloned().collect();
                if !fresh.is_empty() {
                    found.extend(fresh);
                    break;
                }
                here = self.directory.body(&body).await?.and_then(|body| body.superior);
            }
        }
        Ok(found)
    }

    /// The person's notices, the newest first, at most fifty. Cases above the person's clearance are left out.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for those who have not signed in; storage.
    pub async fn notices(&self, ctx: &Ctx) -> Result<Vec<Notice>, Problem> {
        let me = me(ctx)?;
        let sql = format!(
            "SELECT n.id, n.case_id, n.certificate, n.matter, n.what, n.due, n.at, n.unread, c.title, c.grade \
             FROM notice n LEFT JOIN case_file c ON c.case_id = n.case_id WHERE n.person = $1 AND n.grade <= $2 \
             AND (c.case_id IS NOT NULL OR n.certificate IS NOT NULL OR n.matter IS NOT NULL) ORDER BY n.at DESC, n.id LIMIT {MOST}"
        );
        let rows = self.journal.reader().rows(&sql, &[(&me.id).into(), me.clearance.into()]).await?;
        rows.iter().map(notice).collect()
    }

    /// How many notices the person has not read, at most 100.
    ///
    /// # Errors
    /// As [`Cases::notices`].
    pub async fn unread(&self, ctx: &Ctx) -> Result<i64, Problem> {
        let me = me(ctx)?;
        let sql = "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM notice WHERE person = $1 AND unread = 1 \
             AND grade <= $2 LIMIT 100) x";
        let row = self.journal.reader().row(sql, &[(&me.id).into(), me.clearance.into()]).await?;
        row.map_or(Ok(0), |row| row.int("n"))
    }

    /// Marks notices of the person as read; what is none of theirs changes nothing.
    ///
    /// # Errors
    /// As [`Cases::notices`].
    pub async fn read_notices(&self, ctx: &Ctx, ids: &[String]) -> Result<(), Problem> {
        let own = self.notices(ctx).await?;
        let ids: Vec<String> =
            own.into_iter().filter(|own| !own.read && ids.contains(&own.id)).map(|own| own.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let read = own_act(&me(ctx)?.id, &NoticesRead { ids });
        self.on_notices(ctx, read, Change::new()).await
    }

    /// Chooses how the person wants letters.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for the hour and the address; as [`Cases::notices`].
    pub async fn choose_letters(&self, ctx: &Ctx, letters: Letters, address: &str) -> Result<(), Problem> {
        let me = me(ctx)?.id.clone();
        let (mail, hour) = match letters {
            Letters::None => ("none", 0),
            Letters::Each => ("each", 0),
            Letters::Daily(hour) if hour < 24 => ("daily", hour),
            Letters::Daily(_) => return Err(Problem::field("hour", "field-unknown")),
        };
        let address = address.trim();
        let fits = address.len() <= 254
            && address.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty()
                    && host.contains('.')
                    && !address.contains(|c: char| c.is_whitespace() || c.is_control())
            });
        if !(fits || address.is_empty() && letters == Letters::None) {
            return Err(Problem::field("address", "letters-address-wrong"));
        }
        let jobs = match letters {
            Letters::Daily(hour) => Change::new().job(self.digest_after(&me, hour, self.journal.clock().now())),
            Letters::None | Letters::Each => Change::new(),
        };
        let chosen = own_act(&me, &NoticesChosen { mail: mail.to_owned(), hour });
        let chosen = chosen.with_private(json!({"address": address}));
        self.on_notices(ctx, chosen, jobs).await
    }

    /// Where a person wants letters to go; none when they gave no address or it was erased.
    ///
    /// # Errors
    /// Storage.
    pub async fn letter_address(&self, person: &PersonId) -> Result<Option<String>, Problem> {
        let sql = "SELECT address FROM notice_choice WHERE person = $1";
        let Some(row) = self.journal.reader().row(sql, &[person.into()]).await? else { return Ok(None) };
        Ok(row.opt_text("address")?.filter(|address| !address.is_empty()).map(str::to_owned))
    }

    /// How a person wants letters.
    ///
    /// # Errors
    /// Storage.
    pub async fn letters_of(&self, person: &PersonId) -> Result<Letters, Problem> {
        let sql = "SELECT mail, hour FROM notice_choice WHERE person = $1";
        let Some(row) = self.journal.reader().row(sql, &[person.into()]).await? else { return Ok(Letters::None) };
        Ok(match row.text("mail")? {
            "each" => Letters::Each,
            "daily" => Letters::Daily(u8::try_from(row.int("hour")?).unwrap_or(7)),
            _ => Letters::None,
        })
    }

    /// The letter of the next day, once that of this day was dealt with; nothing when the person wants none any more.
    ///
    /// # Errors
    /// Storage.
    pub async fn next_digest(&self, person: &PersonId) -> Result<(), Problem> {
        let Letters::Daily(hour) = self.letters_of(person).await? else { return Ok(()) };
        let job = self.digest_after(person, hour, self.journal.clock().now());
        self.journal.commit(&self.program(DUTY), Change::new().job(job)).await.map(drop)
    }

    /// The letter at the first such hour after an instant.
    fn digest_after(&self, person: &PersonId, hour: u8, now: Timestamp) -> JobDraft {
        let today = now.day().start().plus_seconds(i64::from(hour) * 3600);
        let at = if today > now { today } else { now.day().plus_days(1).start().plus_seconds(i64::from(hour) * 3600) };
        JobDraft::new(DIGEST_JOB, format!("{person}/{}/{hour}", at.day()), json!({"person": person, "hour": hour}))
            .at(at)
    }

    async fn on_notices(&self, ctx: &Ctx, act: ActDraft, with: Change) -> Result<(), Problem> {
        let me = me(ctx)?.id.clone();
        let change = Change::new().on(StreamId::new("notices", &me), Expected::Any).act(act);
        self.journal.commit(ctx, change.and(with)).await.map(drop)
    }
}

/// An act of a person on what is their own.
fn own_act<B: kernel::ActBody>(me: &PersonId, body: &B) -> ActDraft {
    ActDraft::new(Resource::new("Person", me.as_str(), json!({"grade": 0, "person": me})), body)
}

fn me(ctx: &Ctx) -> Result<&kernel::Person, Problem> {
    ctx.person().ok_or_else(|| Problem::Forbidden { act: "view.case".into(), resource: "Case".into() })
}

fn named(seat: &str) -> Option<(Position, BodyId)> {
    let (position, body) = seat.split_once('@')?;
    Some((Position::new(position).ok()?, BodyId::new(body).ok()?))
}

fn notice(row: &Row) -> Result<Notice, Problem> {
    let (about, grade) = match (row.opt_text("certificate")?, row.opt_text("matter")?) {
        (Some(certificate), _) => (About::Certificate(certificate.to_owned()), Grade::Open),
        (None, Some(matter)) => (About::Matter(matter.to_owned()), Grade::Open),
        (None, None) => {
            let case = CaseId::new(row.text("case_id")?).map_err(Problem::fault)?;
            (About::Case(case, row.text("title")?.to_owned()), crate::lists::grade(row)?)
        }
    };
    Ok(Notice {
        id: row.text("id")?.to_owned(),
        about,
        grade,
        what: row.text("what")?.to_owned(),
        due: row.time("due")?,
        at: row.time("at")?,
        read: !row.truth("unread")?,
    })
}
