//! What can go wrong, said so that the person who filled the form can mend it.

use kernel::{FieldProblem, Problem};

/// One thing wrong with the data of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataProblem {
    /// Where: `articles[2].clauses[0].text`, counted from 0 as in the JSON.
    pub field: String,
    /// The field's Vietnamese label from the form's TOML; empty for an unknown field.
    pub label: String,
    /// What: `missing`, `unknown`, `wrong_type`, `empty`, `too_long`, `too_many`, `too_large`, `not_a_day`,
    /// `not_a_time`, `not_a_choice`, `not_an_image`, `control_character`, `missing_glyph`.
    pub code: &'static str,
    /// More, in English for the log: the limit, the character, the choices.
    pub detail: String,
}

impl DataProblem {
    fn field_problem(self) -> FieldProblem {
        let message = match self.code {
            "missing" => "paper-missing",
            "unknown" => "paper-unknown",
            "wrong_type" => "paper-wrong-type",
            "empty" => "paper-empty",
            "too_long" => "paper-too-long",
            "too_many" => "paper-too-many",
            "too_large" => "paper-too-large",
            "not_a_day" => "paper-not-a-day",
            "not_a_time" => "paper-not-a-time",
            "not_a_choice" => "paper-not-a-choice",
            "not_an_image" => "paper-not-an-image",
            "missing_glyph" => "paper-missing-glyph",
            _ => "paper-control-character",
        };
        FieldProblem::new(self.field, message).arg("label", self.label).arg("detail", self.detail)
    }
}

impl std::fmt::Display for DataProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}): {}", self.field, self.code, self.detail)
    }
}

/// Why a paper was not made.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum TypesetError {
    /// There is no such form in `papers/`.
    #[error("there is no paper form {0:?}: papers/{0}.typ and papers/{0}.toml are needed")]
    UnknownForm(String),
    /// The data does not fit the form. All problems are listed, not only the first.
    #[error("the data does not fit the paper {form}: {}", list(.problems))]
    Data {
        /// The form.
        form: String,
        /// What is wrong, in the order of the form.
        problems: Vec<DataProblem>,
    },
    /// The paper would be larger than [`crate::Limits`] allow.
    #[error("the paper {form} is too large: {what} (limit {limit})")]
    TooLarge {
        /// The form.
        form: String,
        /// What is too large, with its size.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// Something leaves the paper: a word too long for its line, or a block too high for its page.
    #[error("on the paper {form} this does not fit between the margins: {text:?}; break it with spaces or shorten it")]
    Outside {
        /// The form.
        form: String,
        /// The beginning of what does not fit.
        text: String,
    },
    /// The fonts are not there.
    #[error("no print fonts in {place}: {why}. Run `make web`, which fetches them and puts them there")]
    Fonts {
        /// Where they were looked for.
        place: String,
        /// What is missing.
        why: String,
    },
    /// A form in `papers/` is wrong: a template or its TOML.
    #[error("papers/{file}: {why}")]
    BadForm {
        /// The file, with a line number where known: `nghi-quyet-ubtvqh.typ:41`.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// The size of a stamp is not one that can be drawn.
    #[error("a stamp is 1 to 2000 points wide and high, not {0} by {1}")]
    StampSize(String, String),
    /// The typesetter itself failed: never the fault of the data.
    #[error("typesetting {form} failed: {why}")]
    Fault {
        /// The form.
        form: String,
        /// What it said.
        why: String,
    },
}

fn list(problems: &[DataProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl From<TypesetError> for Problem {
    /// Data problems become field problems: the path, and the message `paper-` and [`DataProblem::code`] with hyphens
    /// (`paper-too-long`), with the arguments `label` and `detail`. What is no fault of the data is a fault.
    fn from(error: TypesetError) -> Problem {
        match error {
            TypesetError::Data { problems, .. } => {
                Problem::Invalid(problems.into_iter().map(DataProblem::field_problem).collect())
            }
            TypesetError::UnknownForm(form) => Problem::not_found("paper", form),
            TypesetError::Outside { text, .. } => {
                Problem::Invalid(vec![FieldProblem::new("paper", "paper-outside").arg("text", text)])
            }
            TypesetError::TooLarge { .. } => Problem::field("paper", "paper-too-large"),
            other => Problem::fault(other),
        }
    }
}
