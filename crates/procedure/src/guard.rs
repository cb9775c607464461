//! Guards: the closed set of questions that decide where a case goes.

use crate::{
    model::{Outcome, Step},
    state::{CaseState, DocumentStage},
};
use kernel::Grade;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A question about a case, written in TOML as a table with one key: `{ ballot = "passed" }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Guard {
    /// The owner finished the step with this outcome.
    Outcome(String),
    /// The ballot or vote of this step ended so.
    Ballot(Verdict),
    /// What the asked bodies answered.
    Opinions(Answers),
    /// The step's deadline has passed (or not).
    DeadlinePassed(bool),
    /// A document has come at least so far.
    Document(DocumentGuard),
    /// A field holds something.
    Field(FieldGuard),
    /// The case's secrecy grade is at least this one (0 to 3).
    GradeAtLeast(Grade),
    /// The case opened from this step ended so.
    Subcase(Outcome),
    /// All of these.
    All(Vec<Guard>),
    /// At least one of these.
    Any(Vec<Guard>),
    /// Not this one.
    Not(Box<Guard>),
}

/// How a ballot or vote ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It reached the threshold.
    Passed,
    /// It did not.
    Failed,
}

/// What several bodies answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    /// Every asked body has answered.
    AllGiven,
    /// Every asked body has answered with the first answer (agreement).
    AllAgree,
    /// At least one has answered with the last answer (disagreement).
    AnyDisagrees,
    /// More than half of the asked bodies agree.
    MostAgree,
}

/// A question about a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentGuard {
    /// The key of its declaration.
    pub key: String,
    /// How far it must have come.
    pub stage: DocumentStage,
}

/// A question about a field: exactly one of the three.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FieldGuard {
    /// The field's key.
    pub key: String,
    /// It holds exactly this text, code or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Value>,
    /// It holds a number of at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// It is filled in (or not).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<bool>,
}

impl Guard {
    /// Whether it holds at this step now. `outcome` is the one that the owner has just chosen.
    pub(crate) fn holds(&self, step: &Step, state: &CaseState, outcome: Option<&str>) -> bool {
        match self {
            Guard::Outcome(code) => outcome == Some(code),
            Guard::Ballot(verdict) => state.verdict(&step.key) == Some(*verdict),
            Guard::Opinions(answers) => answers.hold(step, state),
            Guard::DeadlinePassed(passed) => state.overdue == *passed,
            Guard::Document(guard) => state.documents.get(&guard.key).is_some_and(|d| d.stage >= guard.stage),
            Guard::Field(guard) => guard.holds(state.fields.get(&guard.key)),
            Guard::GradeAtLeast(grade) => state.grade >= *grade,
            Guard::Subcase(outcome) => state.subcase(&step.key).is_some_and(|s| s.outcome == Some(*outcome)),
            Guard::All(guards) => guards.iter().all(|g| g.holds(step, state, outcome)),
            Guard::Any(guards) => guards.iter().any(|g| g.holds(step, state, outcome)),
            Guard::Not(guard) => !guard.holds(step, state, outcome),
        }
    }

    /// Whether the deadline has a say in it: such a rule may move the case by itself.
    pub fn mentions_deadline(&self) -> bool {
        match self {
            Guard::DeadlinePassed(passed) => *passed,
            Guard::All(guards) | Guard::Any(guards) => guards.iter().any(Guard::mentions_deadline),
            Guard::Not(guard) => guard.mentions_deadline(),
            _ => false,
        }
    }

    /// The guard and all guards inside it.
    pub fn each(&self) -> Vec<&Guard> {
        let mut all = vec![self];
        match self {
            Guard::All(guards) | Guard::Any(guards) => all.extend(guards.iter().flat_map(Guard::each)),
            Guard::Not(guard) => all.extend(guard.each()),
            _ => {}
        }
        all
    }
}

impl Answers {
    fn hold(self, step: &Step, state: &CaseState) -> bool {
        let Some(spec) = &step.opinion else { return false };
        let given = state.opinions.get(&step.key);
        let answer = |body| given.and_then(|given| given.get(body)).map(|opinion| opinion.answer.as_str());
        let agrees = |body| answer(body).is_some() && answer(body) == spec.answers.first().map(|a| a.code.as_str());
        let asked = &state.asked;
        match self {
            Answers::AllGiven => asked.iter().all(|body| answer(body).is_some()),
            Answers::AllAgree => asked.iter().all(agrees),
            Answers::AnyDisagrees => asked
                .iter()
                .any(|body| answer(body).is_some() && answer(body) == spec.answers.last().map(|a| a.code.as_str())),
            Answers::MostAgree => 2 * asked.iter().filter(|body| agrees(body)).count() > asked.len(),
        }
    }
}

impl FieldGuard {
    fn holds(&self, value: Option<&Value>) -> bool {
        let filled = value.is_some_and(|value| match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => true,
        });
        self.filled.is_none_or(|wanted| wanted == filled)
            && self.is.as_ref().is_none_or(|wanted| value == Some(wanted))
            && self.at_least.is_none_or(|least| value.and_then(Value::as_i64).is_some_and(|n| n >= least))
    }
}
