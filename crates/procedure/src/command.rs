//! What people and the clock ask of a case, and why it may be refused.

use crate::{Calendar, event::Parent, model::Outcome};
use kernel::{Actor, BodyId, CaseId, Day, DocumentId, FieldProblem, Grade, PersonId, Problem, Timestamp};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The duty under which the program opens sub-cases and brings their ends to the cases that opened them.
pub const SUBCASES: &str = "subcases";

/// What is asked of a case.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Open the case. Only on [`crate::CaseState::new`].
    Open {
        /// The case's title.
        title: String,
        /// The grade; raised to the procedure's own where lower.
        grade: Grade,
        /// The opening form.
        fields: Map<String, Value>,
    },
    /// Open the case as a sub-case. Only on [`crate::CaseState::new`], and only for the program under [`SUBCASES`]:
    /// the other case's procedure has ordered it, so nobody needs to own its first step.
    OpenSubcase {
        /// The case's title.
        title: String,
        /// The other case's grade; raised to the procedure's own where lower.
        grade: Grade,
        /// The opening form.
        fields: Map<String, Value>,
        /// The case that orders it, and the step.
        parent: Parent,
    },
    /// Fill in fields of the present step without finishing it (save for later).
    Fill {
        /// The fields.
        fields: Map<String, Value>,
    },
    /// Finish the present step, which must be this one.
    Complete {
        /// The step that the person saw.
        step: String,
        /// Fields of the step's form.
        fields: Map<String, Value>,
        /// The outcome, where the step has some to choose from.
        outcome: Option<String>,
    },
    /// A document of the procedure is there now, or was replaced.
    AttachDocument {
        /// The key of its declaration.
        key: String,
        /// The document.
        document: DocumentId,
    },
    /// Give the opinion of a body.
    GiveOpinion {
        /// For which body.
        body: BodyId,
        /// The answer's code.
        answer: String,
        /// In words.
        text: String,
        /// The document in which it is written.
        document: Option<DocumentId>,
    },
    /// Return the case to an earlier step.
    Return {
        /// To which step.
        to: String,
        /// Why; must not be empty.
        reason: String,
    },
    /// Answer the written ballot. Each member answers once.
    CastBallot {
        /// The answer's code.
        answer: String,
        /// In words.
        text: String,
    },
    /// Enter the count of a vote in a sitting.
    RecordVote {
        /// How many chose each answer, by code.
        answers: BTreeMap<String, u32>,
        /// How many members the body has: the base of the count.
        all: u32,
    },
    /// The actor's signature stands on the document of the present step.
    Sign {
        /// The key of its declaration.
        key: String,
    },
    /// Number, date and seal stand on the document of the present step.
    Issue {
        /// The key of its declaration.
        key: String,
        /// The number as written: `1344/NQ-UBTVQH15`.
        number: String,
        /// The date of the document.
        day: Day,
    },
    /// The document of the present step is on the public site.
    Publish {
        /// The key of its declaration.
        key: String,
    },
    /// A case that was opened from this one has closed. Only the program says so, under [`SUBCASES`]; it gives no
    /// events when that is known already.
    SubcaseClosed {
        /// The other case.
        case: CaseId,
        /// How it ended.
        outcome: Outcome,
    },
    /// Time has passed. Anybody may say so; it gives no events when nothing is due.
    Tick,
}

/// What `advance` is told about the world outside the case.
pub struct World<'a> {
    /// Who asks.
    pub actor: &'a Actor,
    /// The time.
    pub now: Timestamp,
    /// Working days and holidays.
    pub calendar: &'a Calendar,
    /// Who holds which position now.
    pub roll: &'a dyn Roll,
}

/// Who holds which position; asked when a written ballot is opened.
pub trait Roll {
    /// The people who hold the position in the body now, each once.
    fn holders(&self, position: &str, body: &str) -> Vec<PersonId>;
}

/// A roll prepared beforehand, by `position@body`; what is not in it has no holders.
impl Roll for BTreeMap<String, Vec<PersonId>> {
    fn holders(&self, position: &str, body: &str) -> Vec<PersonId> {
        self.get(&format!("{position}@{body}")).cloned().unwrap_or_default()
    }
}

/// Why a command was not carried out; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The rules do not allow it now. `code` is a Fluent message, see [`Refusal::CODES`].
    #[error("{code} {args:?}")]
    Rule {
        /// The message.
        code: &'static str,
        /// Its arguments.
        args: BTreeMap<String, String>,
    },
    /// Fields are missing or wrong.
    #[error("the form is not filled in rightly: {}", .0.iter().map(|f| format!("{} ({})", f.field, f.code)).collect::<Vec<_>>().join(", "))]
    Fields(Vec<FieldProblem>),
}

impl Refusal {
    /// Every message that a refusal can carry, for the locales: code and arguments.
    pub const CODES: &'static [(&'static str, &'static [&'static str])] = &[
        ("case-not-yours", &["step"]),
        ("case-already-open", &[]),
        ("case-not-open", &[]),
        ("case-not-valid-on", &["day", "from"]),
        ("case-elsewhere", &["step", "here"]),
        ("case-step-is-other", &["step"]),
        ("case-document-missing", &["document"]),
        ("case-document-unknown", &["document"]),
        ("case-document-not-here", &["document"]),
        ("case-document-not-signed", &["document"]),
        ("case-document-not-issued", &["document"]),
        ("case-outcome-needed", &["step"]),
        ("case-outcome-unknown", &["outcome"]),
        ("case-answer-unknown", &["answer"]),
        ("case-text-needed", &[]),
        ("case-body-not-asked", &["body"]),
        ("case-opinion-given", &["body"]),
        ("case-not-a-member", &[]),
        ("case-ballot-cast", &[]),
        ("case-ballot-over", &["due"]),
        ("case-ballot-no-members", &["body"]),
        ("case-count-wrong", &["sum", "all"]),
        ("case-reason-needed", &[]),
        ("case-cannot-return", &["to"]),
        ("case-no-way-on", &["step"]),
        ("case-owner-unbound", &["step", "field"]),
        ("case-effect-unbound", &["effect", "field"]),
        ("case-subcase-unknown", &["case"]),
        ("case-too-many-visits", &[]),
    ];

    pub(crate) fn rule(code: &'static str) -> Refusal {
        debug_assert!(Self::CODES.iter().any(|(known, _)| *known == code), "{code} is not in Refusal::CODES");
        Refusal::Rule { code, args: BTreeMap::new() }
    }
    pub(crate) fn arg(mut self, name: &str, value: impl ToString) -> Refusal {
        if let Refusal::Rule { args, .. } = &mut self {
            args.insert(name.to_owned(), value.to_string());
        }
        self
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::Rule { code, args } => Problem::Refused { code, args },
            Refusal::Fields(fields) => Problem::Invalid(fields),
        }
    }
}
