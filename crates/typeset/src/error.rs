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
    /// Data problems become field problems (field = path, code as in [`DataProblem::code`]); the rest are faults.
    fn from(error: TypesetError) -> Problem {
        match error {
            TypesetError::Data { problems, .. } => {
                Problem::Invalid(problems.into_iter().map(|p| FieldProblem::new(p.field, p.code)).collect())
            }
            TypesetError::UnknownForm(form) => Problem::not_found("paper", form),
            TypesetError::TooLarge { .. } => Problem::field("paper", "too_large"),
            other => Problem::fault(other),
        }
    }
}
