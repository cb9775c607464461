//! Trying a procedure on a sample case: the same engine, invented people, nothing recorded anywhere.
//!
//! A trial is a list of moves, carried out anew each time; whoever shows it keeps the list. What it tells of each move:
//! what happened, which rules were tried in which order, and why each held or not.

use crate::{
    Calendar,
    advance::advance,
    command::{Command, Refusal, Roll, World},
    event::Event,
    explain,
    model::{BodyRef, Field, FieldKind, Outcome, Owner, Procedure, Step, StepKind, Text},
    state::{CaseState, Status},
    tasks,
};
use kernel::{Actor, BodyId, CaseId, DocumentId, Grade, Person, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Most moves of a trial.
pub const MAX_MOVES: usize = 200;

/// One move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Move {
    /// Open the sample case with this form.
    Open(Map<String, Value>),
    /// Finish the step in this way (see [`ways`]), with this form.
    Finish(String, Map<String, Value>),
    /// Return to this step.
    Return(String),
    /// Let the deadline of the step pass.
    Late,
}

/// A way of finishing the present step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// What [`Move::Finish`] carries.
    pub code: String,
    /// In words.
    pub label: Text,
}

/// A rule that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The rule as a sentence.
    pub rule: Text,
    /// Whether it held.
    pub holds: bool,
    /// Its questions, each with whether it holds.
    pub why: Vec<(Text, bool)>,
}

/// What one move came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The step at which it was made; empty for the opening.
    pub step: Text,
    /// What was done, in words.
    pub did: Text,
    /// The rules that were tried, up to the one that held.
    pub rules: Vec<Tried>,
    /// The step to which the case came; none when it stayed.
    pub to: Option<Text>,
}

/// A trial, carried out.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Where the sample case stands.
    pub state: CaseState,
    /// What happened.
    pub told: Vec<Told>,
    /// Why the last move was refused; it is not among those told.
    pub refused: Option<Refusal>,
    /// The time in the trial.
    pub now: Timestamp,
}

/// Three people hold whatever is asked for.
struct Everybody;
impl Roll for Everybody {
    fn holders(&self, _: &str, _: &str) -> Vec<PersonId> {
        (1..=3).filter_map(|n| PersonId::new(format!("mau-{n}")).ok()).collect()
    }
}

/// A value that a field takes.
pub fn sample(field: &Field) -> Value {
    match &field.kind {
        FieldKind::Text | FieldKind::LongText => json!("Nội dung mẫu"),
        FieldKind::Date => json!("2027-01-04"),
        FieldKind::Person => json!("mau-1"),
        FieldKind::Body => json!("vu-tong-hop"),
        FieldKind::Bodies => json!(["vu-tong-hop", "vu-phap-luat"]),
        FieldKind::Position => json!("member"),
        FieldKind::Choice { options } => json!(options.first().map(|o| o.code.clone()).unwrap_or_default()),
        FieldKind::Number { min, max } => json!(min.or(*max).unwrap_or(1)),
        FieldKind::YesNo => json!(true),
        FieldKind::List { columns } => json!([form(columns)]),
    }
}

/// A form filled in with samples.
pub fn form(fields: &[Field]) -> Map<String, Value> {
    fields.iter().map(|field| (field.key.clone(), sample(field))).collect()
}

/// The ways of finishing the step at which a case stands.
pub fn ways(step: &Step) -> Vec<Way> {
    let way = |code: &str, vi: &str, en: &str| Way {
        code: code.to_owned(),
        label: Text { vi: vi.to_owned(), en: en.to_owned() },
    };
    match step.kind {
        StepKind::Work if step.outcomes.is_empty() => vec![way("done", "Xong bước này", "Finish the step")],
        StepKind::Work => step.outcomes.iter().map(|o| Way { code: o.code.clone(), label: o.label.clone() }).collect(),
        StepKind::Opinion => {
            let answers = step.opinion.iter().flat_map(|spec| &spec.answers);
            let all = |vi: &str, en: &str| (format!("Mọi cơ quan: {vi}"), format!("Every body: {en}"));
            answers
                .map(|a| {
                    let (vi, en) = all(&a.label.vi, &a.label.en);
                    way(&a.code, &vi, &en)
                })
                .collect()
        }
        StepKind::Ballot | StepKind::Vote => vec![
            way("passed", "Mọi người tán thành", "Everybody is in favour"),
            way("failed", "Không ai tán thành", "Nobody is in favour"),
        ],
        StepKind::Sign => vec![way("done", "Ký", "Sign")],
        StepKind::Issue => vec![way("done", "Cấp số, đóng dấu", "Number and seal")],
        StepKind::Publish => vec![way("done", "Công bố", "Publish")],
        StepKind::Subcase => vec![
            way("done", "Hồ sơ con hoàn thành", "The sub-case ends with success"),
            way("refused", "Hồ sơ con không được chấp thuận", "The sub-case is refused"),
        ],
        StepKind::End => Vec::new(),
    }
}

/// Carries the moves out from the beginning.
pub fn run(procedure: &Procedure, calendar: &Calendar, start: Timestamp, moves: &[Move]) -> Trial {
    let from = start.max(procedure.valid_from.start().plus_seconds(9 * 3600));
    let mut trial =
        Runner { procedure, calendar, state: CaseState::new(), now: from, events: Vec::new(), told: Vec::new() };
    let mut refused = None;
    for step in moves.iter().take(MAX_MOVES) {
        let before = trial.state.clone();
        if let Err(why) = trial.make(step) {
            trial.state = before;
            refused = Some(why);
            break;
        }
    }
    Trial { state: trial.state, told: trial.told, refused, now: trial.now }
}

struct Runner<'a> {
    procedure: &'a Procedure,
    calendar: &'a Calendar,
    state: CaseState,
    now: Timestamp,
    events: Vec<Event>,
    told: Vec<Told>,
}

impl Runner<'_> {
    fn make(&mut self, asked: &Move) -> Result<(), Refusal> {
        self.events.clear();
        let before = self.state.clone();
        let at = self.procedure.step(&before.step).map(|step| step.title.clone()).unwrap_or_default();
        let did = match asked {
            Move::Open(fields) => {
                self.open(fields)?;
                Text { vi: "Mở hồ sơ mẫu.".to_owned(), en: "The sample case is opened.".to_owned() }
            }
            Move::Finish(code, fields) => self.finish(code, fields)?,
            Move::Return(to) => {
                self.act_first(&Command::Return { to: to.clone(), reason: "Thử trả lại".to_owned() })?;
                Text { vi: "Trả lại, có nêu lý do.".to_owned(), en: "Returned with a reason.".to_owned() }
            }
            Move::Late => self.late()?,
        };
        let moved = before.visits.len() != self.state.visits.len();
        let to = self.procedure.step(&self.state.step).map(|step| step.title.clone()).filter(|_| moved);
        let rules = self.rules_tried(before, matches!(asked, Move::Return(_)));
        self.told.push(Told { step: at, did, rules, to });
        self.now = self.now.plus_seconds(60);
        Ok(())
    }

    fn act(&mut self, actor: &Actor, command: &Command) -> Result<(), Refusal> {
        let world = World { actor, now: self.now, calendar: self.calendar, roll: &Everybody };
        let mut events = advance(self.procedure, &self.state, command, &world)?;
        for event in &mut events {
            // The sub-cases of a sample case are invented too.
            if let Event::SubcaseRequested(asked) = event {
                asked.case = CaseId::new(format!("case-mau-{}", self.state.subcases.len() + 1)).ok();
            }
            self.state.apply(event);
        }
        self.events.extend(events);
        Ok(())
    }

    /// As whoever owns the first open task.
    fn act_first(&mut self, command: &Command) -> Result<(), Refusal> {
        let task = tasks::open_tasks(self.procedure, &self.state).into_iter().next();
        let seat = self.state.seats.first().cloned().or_else(|| task?.seats.into_iter().next());
        self.act(&in_seat(&seat.unwrap_or_default()), command)
    }

    fn open(&mut self, fields: &Map<String, Value>) -> Result<(), Refusal> {
        let seat = match self.procedure.first_step().owners.first() {
            Some(Owner::Person { field }) => {
                format!("person:{}", fields.get(field).and_then(Value::as_str).unwrap_or("mau-1"))
            }
            Some(Owner::Position { position, body: BodyRef::Field(field) }) => {
                let value = fields.get(field);
                let code = value.and_then(|v| v.as_str().or_else(|| v.get(0).and_then(Value::as_str)));
                format!("{position}@{}", code.unwrap_or("vu-tong-hop"))
            }
            Some(owner) => owner.to_string(),
            None => String::new(),
        };
        let command = Command::Open { title: "Hồ sơ mẫu".to_owned(), grade: Grade::Open, fields: fields.clone() };
        self.act(&in_seat(&seat), &command)
    }

    fn finish(&mut self, code: &str, fields: &Map<String, Value>) -> Result<Text, Refusal> {
        let procedure = self.procedure;
        let Some(step) = procedure.step(&self.state.step).filter(|_| self.state.status == Status::Open) else {
            return Err(Refusal::rule("case-not-open"));
        };
        let label = ways(step).into_iter().find(|way| way.code == code).map(|way| way.label).unwrap_or_default();
        let document =
            |key: &str| DocumentId::new(format!("document-{key}")).map_err(|_| Refusal::rule("case-not-open"));
        let key = step.document.clone().unwrap_or_default();
        match step.kind {
            StepKind::Work => {
                let written: Vec<&String> =
                    step.writes.iter().filter(|key| tasks::may_write(procedure, &self.state, key)).collect();
                for key in written {
                    let document = document(key)?;
                    self.act_first(&Command::AttachDocument { key: key.clone(), document })?;
                }
                let outcome = (!step.outcomes.is_empty()).then(|| code.to_owned());
                self.act_first(&Command::Complete { step: step.key.clone(), fields: fields.clone(), outcome })?;
            }
            StepKind::Opinion => {
                let paper = step.opinion.as_ref().and_then(|spec| spec.document.as_deref());
                let bodies: Vec<BodyId> = tasks::unanswered(step, &self.state).cloned().collect();
                for body in bodies {
                    let seat = tasks::opinion_seats(step, &body).into_iter().next().unwrap_or_default();
                    let (answer, text) = (code.to_owned(), "Ý kiến mẫu".to_owned());
                    let document = paper.map(document).transpose()?;
                    self.act(&in_seat(&seat), &Command::GiveOpinion { body, answer, text, document })?;
                }
            }
            StepKind::Ballot | StepKind::Vote => self.vote(step, code == "passed")?,
            StepKind::Sign => self.act_first(&Command::Sign { key })?,
            StepKind::Issue => {
                let (number, day) = ("01/MẪU".to_owned(), self.now.day());
                self.act_first(&Command::Issue { key, number, day })?;
            }
            StepKind::Publish => self.act_first(&Command::Publish { key })?,
            StepKind::Subcase => {
                let opened = self.state.subcases.iter().rev().find_map(|subcase| subcase.case.clone());
                let case = opened.ok_or_else(|| Refusal::rule("case-not-open"))?;
                let outcome = if code == "done" { Outcome::Done } else { Outcome::Refused };
                self.act(&Actor::System(crate::command::SUBCASES), &Command::SubcaseClosed { case, outcome })?;
            }
            StepKind::End => return Err(Refusal::rule("case-not-open")),
        }
        Ok(Text { vi: format!("{}.", label.vi), en: format!("{}.", label.en) })
    }

    fn vote(&mut self, step: &Step, passes: bool) -> Result<(), Refusal> {
        let answers = step.ballot.as_ref().map(|b| b.answers.as_slice()).unwrap_or_default();
        let chosen = if passes { answers.first() } else { answers.get(1) };
        let answer = chosen.map(|a| a.code.clone()).unwrap_or_default();
        if step.kind == StepKind::Vote {
            return self.act_first(&Command::RecordVote { answers: BTreeMap::from([(answer, 100)]), all: 100 });
        }
        let members = self.state.ballots.get(&step.key).map(|b| b.members.clone()).unwrap_or_default();
        for member in members.iter().filter(|m| !self.state.has_cast(m)).cloned().collect::<Vec<_>>() {
            if self.state.step != step.key {
                break;
            }
            let command = Command::CastBallot { answer: answer.clone(), text: "Ý kiến mẫu".to_owned() };
            self.act(&in_seat(&format!("person:{member}")), &command)?;
        }
        Ok(())
    }

    fn late(&mut self) -> Result<Text, Refusal> {
        let Some(due) = self.state.due.filter(|_| self.state.status == Status::Open && !self.state.overdue) else {
            return Err(Refusal::rule("case-not-open"));
        };
        self.now = self.now.max(due.plus_seconds(1));
        self.act(&Actor::System("timer"), &Command::Tick)?;
        let day = due.day().short();
        Ok(Text { vi: format!("Hết hạn ngày {day}."), en: format!("The deadline of {day} passes.") })
    }

    /// The rules of the step that was left, as they stood when it was left.
    fn rules_tried(&self, mut state: CaseState, returned: bool) -> Vec<Tried> {
        for event in &self.events {
            if let Event::StepLeft(left) = event
                && !returned
            {
                let Some(step) = self.procedure.step(&left.step) else { return Vec::new() };
                let outcome = left.outcome.as_deref();
                let mut tried = Vec::new();
                for rule in &step.next {
                    let holds = rule.when.as_ref().is_none_or(|guard| guard.holds(step, &state, outcome));
                    let why = rule.when.as_ref().map(|g| explain::why(self.procedure, step, g, &state, outcome));
                    let rule = explain::rule(self.procedure, step, rule);
                    tried.push(Tried { rule, holds, why: why.unwrap_or_default() });
                    if holds {
                        break;
                    }
                }
                return tried;
            }
            state.apply(event);
        }
        Vec::new()
    }
}

/// The invented person in a seat.
fn in_seat(seat: &str) -> Actor {
    let person = |id: &str, positions: &[&str]| {
        let id = PersonId::new(id).or_else(|_| PersonId::new("mau-1")).ok();
        id.map_or(Actor::Public, |id| {
            Actor::Person(Person {
                id,
                name: String::new(),
                positions: positions.iter().map(|p| (*p).to_owned()).collect(),
                bodies: Default::default(),
                clearance: Grade::MostSecret,
                acting_as: None,
                handed: Vec::new(),
                acting_for: None,
            })
        })
    };
    match seat.split_once(':') {
        Some(("system", "publisher")) => Actor::System("publisher"),
        Some(("system", "subcases")) => Actor::System("subcases"),
        Some(("system", _)) => Actor::System("timer"),
        Some((_, id)) => person(id, &[]),
        None => person(&format!("mau.{}", seat.replace('@', ".")), &[seat]),
    }
}
