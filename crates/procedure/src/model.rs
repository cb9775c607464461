//! A procedure as it is shown, checked and carried out: resolved, with nothing left to look up in a base.

use crate::{guard::Guard, threshold::Threshold};
use kernel::{Day, Grade};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Words in both languages of the pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Vietnamese, NFC.
    pub vi: String,
    /// English.
    pub en: String,
}

/// Words in both languages from one list of arguments; an argument that is named must stand in both.
macro_rules! text {
    ($vi:literal, $en:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::model::Text { vi: format!($vi $(, $name = $value)*), en: format!($en $(, $name = $value)*) }
    };
}
pub(crate) use text;

/// Which version of which procedure; a case keeps the one that it began with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProcedureRef {
    /// The procedure's id, such as `drafting-committee`.
    pub id: String,
    /// The version, from 1.
    pub version: u32,
}

impl std::fmt::Display for ProcedureRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.id, self.version)
    }
}

/// One of the eight fields of the Assembly's work; also the folder of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Xây dựng pháp luật.
    Lawmaking,
    /// Giám sát.
    Oversight,
    /// Quyết định các vấn đề quan trọng.
    Decisions,
    /// Đối ngoại.
    ForeignAffairs,
    /// Công tác đại biểu.
    Deputies,
    /// Dân nguyện.
    Petitions,
    /// Chỉ đạo, điều hành.
    Direction,
    /// Quản trị nội bộ.
    Administration,
}

impl Work {
    /// All fields, in the order in which they are listed.
    pub const ALL: [Work; 8] = [
        Work::Lawmaking,
        Work::Oversight,
        Work::Decisions,
        Work::ForeignAffairs,
        Work::Deputies,
        Work::Petitions,
        Work::Direction,
        Work::Administration,
    ];

    /// The folder and the code in URLs.
    pub fn code(self) -> &'static str {
        match self {
            Work::Lawmaking => "lawmaking",
            Work::Oversight => "oversight",
            Work::Decisions => "decisions",
            Work::ForeignAffairs => "foreign-affairs",
            Work::Deputies => "deputies",
            Work::Petitions => "petitions",
            Work::Direction => "direction",
            Work::Administration => "administration",
        }
    }

    /// The name.
    pub fn title(self) -> Text {
        let (vi, en) = match self {
            Work::Lawmaking => ("Xây dựng pháp luật", "Law-making"),
            Work::Oversight => ("Giám sát", "Oversight"),
            Work::Decisions => ("Quyết định vấn đề quan trọng", "Decisions on important national issues"),
            Work::ForeignAffairs => ("Đối ngoại", "Foreign affairs"),
            Work::Deputies => ("Công tác đại biểu", "Deputies' affairs"),
            Work::Petitions => ("Dân nguyện", "Petitions"),
            Work::Direction => ("Chỉ đạo, điều hành", "Direction"),
            Work::Administration => ("Quản trị nội bộ", "Internal administration"),
        };
        Text { vi: vi.to_owned(), en: en.to_owned() }
    }
}

/// Where a rule comes from, and whether somebody has read it there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The legal source, such as `64/2025/QH15, Điều 37`.
    pub basis: Option<String>,
    /// Read in the source. What is not verified stays marked on every page that shows it.
    pub verified: bool,
}

/// A procedure, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Procedure {
    /// The id, such as `drafting-committee`; the same over all versions.
    pub id: String,
    /// The version, from 1.
    pub version: u32,
    /// The name.
    pub title: Text,
    /// What it is for, in one or two sentences.
    pub summary: Text,
    /// The field of work.
    pub field: Work,
    /// The legal sources of the whole.
    pub basis: Vec<String>,
    /// The first day on which a case may be opened under it.
    pub valid_from: Day,
    /// The last day, when a newer version or law has ended it.
    pub valid_until: Option<Day>,
    /// The order of steps was read in the source.
    pub verified: bool,
    /// The grade that a case has unless it is opened with a higher one.
    pub grade: Grade,
    /// Shown only to those who take part, whatever its grade (personnel, denunciations).
    pub restricted: bool,
    /// The form that opens a case.
    pub form: Vec<Field>,
    /// The documents needed and produced.
    pub documents: Vec<DocumentSpec>,
    /// The steps in the order of reading; a case begins at the first.
    pub steps: Vec<Step>,
    /// What happens when a step is left for good; see [`EffectSpec::after`].
    pub effects: Vec<EffectSpec>,
    /// The file it was read from, relative to the catalogue.
    pub file: String,
}

impl Procedure {
    /// Its id and version.
    pub fn reference(&self) -> ProcedureRef {
        ProcedureRef { id: self.id.clone(), version: self.version }
    }
    /// The step at which a case begins.
    ///
    /// # Panics
    /// Never for a procedure from the reader, which refuses one without steps.
    pub fn first_step(&self) -> &Step {
        self.steps.first().expect("a procedure is read with at least one step")
    }
    /// A step by its key.
    pub fn step(&self, key: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.key == key)
    }
    /// A document by its key.
    pub fn document(&self, key: &str) -> Option<&DocumentSpec> {
        self.documents.iter().find(|document| document.key == key)
    }
    /// A field by its key: of the opening form, or of any step.
    pub fn any_field(&self, key: &str) -> Option<&Field> {
        self.form.iter().chain(self.steps.iter().flat_map(|s| &s.fields)).find(|field| field.key == key)
    }
    /// Whether a case may be opened under it on this day.
    pub fn is_valid_on(&self, day: Day) -> bool {
        self.valid_from <= day && self.valid_until.is_none_or(|until| day <= until)
    }
    /// Whether every deadline and rule, and the order of steps, was read in its source.
    pub fn is_verified(&self) -> bool {
        self.verified
            && self.steps.iter().all(|s| {
                s.deadline.as_ref().is_none_or(|d| d.source.verified)
                    && s.ballot.as_ref().is_none_or(|b| b.source.verified)
            })
    }
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The key under which the value is kept.
    pub key: String,
    /// The label.
    pub label: Text,
    /// A hint below the label.
    pub hint: Option<Text>,
    /// What may be filled in.
    pub kind: FieldKind,
    /// Must be filled in.
    pub required: bool,
}

/// What may be filled in, and how the value is kept as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum FieldKind {
    /// One line; a string of at most 500 characters.
    Text,
    /// Paragraphs; a string of at most 20,000 characters.
    LongText,
    /// A calendar day; `"2025-01-05"`.
    Date,
    /// A person; the id.
    Person,
    /// A body; its code.
    Body,
    /// Several bodies; an array of codes.
    Bodies,
    /// A position; its code, such as `deputy-head`.
    Position,
    /// One of the options; its code.
    Choice {
        /// Code and label of each.
        options: Vec<Choice>,
    },
    /// A whole number.
    Number {
        /// At least.
        min: Option<i64>,
        /// At most.
        max: Option<i64>,
    },
    /// Yes or no; `true` or `false`.
    YesNo,
    /// Rows; an array of objects, one key for each column; at most 500 rows.
    List {
        /// The columns; no lists inside lists.
        columns: Vec<Field>,
    },
}

/// One of a closed set of answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The code that is kept.
    pub code: String,
    /// What people read.
    pub label: Text,
}

/// A document that a procedure needs or produces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentSpec {
    /// The key within the procedure: `to-trinh`, `nghi-quyet`.
    pub key: String,
    /// Its name.
    pub title: Text,
    /// The code of the form in `papers/` when it is written here; none when a file is attached.
    pub paper: Option<String>,
    /// The register from which it gets its number.
    pub register: Option<String>,
    /// The body that issues it and whose seal it bears; may name a field: `{co_quan}`.
    pub issuer: Option<String>,
    /// The authority line of the signature, such as `TM. ỦY BAN THƯỜNG VỤ QUỐC HỘI`.
    pub authority: Option<String>,
}

/// Who owns a task: a seat, perhaps with a field of the case in it.
///
/// Written `position@body` (`clerk@vu-hanh-chinh`), `position@{field}` where the field holds a body,
/// `person:{field}` where it holds a person, or `system:publisher`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(into = "String")]
pub enum Owner {
    /// Whoever holds the position in the body.
    Position {
        /// The position's code.
        position: String,
        /// The body.
        body: BodyRef,
    },
    /// The person whom the field names.
    Person {
        /// The field's key.
        field: String,
    },
    /// The program itself, under this duty.
    System {
        /// The duty's name.
        duty: String,
    },
}

/// A body: named by its code, or by a field of the case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BodyRef {
    /// By its code.
    Code(String),
    /// By the field that holds the code.
    Field(String),
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The key within the procedure.
    pub key: String,
    /// The name: `Soạn thảo`.
    pub title: Text,
    /// What the owner is to do, in one sentence.
    pub todo: Text,
    /// What kind of step.
    pub kind: StepKind,
    /// Whoever may do it; any one of them. Empty for ballots (the members do it) and for ends.
    pub owners: Vec<Owner>,
    /// The form filled in here.
    pub fields: Vec<Field>,
    /// Keys of documents that must be there before the step can be finished.
    pub needs: Vec<String>,
    /// Keys of documents that are written or attached here; those in `needs` too.
    pub writes: Vec<String>,
    /// The document that is signed, issued, published or voted on here.
    pub document: Option<String>,
    /// Answers among which the owner chooses when finishing; empty when there is nothing to choose.
    pub outcomes: Vec<Choice>,
    /// When it is to be done.
    pub deadline: Option<Deadline>,
    /// Who is told when the deadline has passed.
    pub escalate: Option<Owner>,
    /// Earlier steps to which the owner may return the case with a reason.
    pub returns: Vec<String>,
    /// Where the case goes from here; tried in order.
    pub next: Vec<Rule>,
    /// The bodies that give an opinion, for [`StepKind::Opinion`].
    pub opinion: Option<OpinionSpec>,
    /// The rules of the ballot or vote, for [`StepKind::Ballot`] and [`StepKind::Vote`].
    pub ballot: Option<BallotSpec>,
    /// The procedure that is opened, for [`StepKind::Subcase`].
    pub subcase: Option<SubcaseSpec>,
    /// How the case ends, for [`StepKind::End`].
    pub outcome: Option<Outcome>,
}

/// The kinds of steps: a closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// The owner fills in a form, writes or attaches documents, and finishes with an outcome.
    Work,
    /// One or several bodies give their opinions side by side; done when all have, or when the deadline has passed.
    Opinion,
    /// The members of a body answer by written ballot, each for themselves.
    Ballot,
    /// The owner enters the count of a vote taken in a sitting.
    Vote,
    /// The owner signs the document.
    Sign,
    /// The clerk gives number and date and applies the body's seal.
    Issue,
    /// The document is put on the public site.
    Publish,
    /// Another case is opened; done when it has closed.
    Subcase,
    /// The case is over.
    End,
}

/// Whose opinions are asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpinionSpec {
    /// The bodies, by code or by a field that holds one or several.
    pub from: Vec<BodyRef>,
    /// The positions of each body whose holders may give it; any one of them.
    pub positions: Vec<String>,
    /// The answers; the first means agreement.
    pub answers: Vec<Choice>,
    /// The key of the document in which an opinion is written; bodies attach one each.
    pub document: Option<String>,
}

/// The rules of a ballot or vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BallotSpec {
    /// The body whose members answer.
    pub body: BodyRef,
    /// The positions that count as members.
    pub positions: Vec<String>,
    /// The answers; the first is "in favour" (tán thành).
    pub answers: Vec<Choice>,
    /// What passes.
    pub threshold: Threshold,
    /// Where the rule comes from.
    pub source: Source,
}

/// A case that is opened from this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubcaseSpec {
    /// The procedure's id.
    pub procedure: String,
    /// The procedure's name; its id until the catalogue has filled it in.
    pub name: Text,
    /// The other case's title, with `{field}` places; none: the title of this one.
    pub title: Option<String>,
    /// This case waits at the step until the other has ended; otherwise it goes on at once.
    pub wait: bool,
    /// Fields of its opening form, as templates over the fields of this case.
    pub fields: serde_json::Map<String, Value>,
}

/// How a case ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// What was asked for is done.
    Done,
    /// Refused or not adopted.
    Refused,
    /// Taken back by those who asked, or without object.
    Withdrawn,
}

/// Where a case goes when a step is finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The guard; none means "otherwise".
    pub when: Option<Guard>,
    /// The key of the step.
    pub to: String,
}

/// When something is to be done: a number of days after, or before, an event.
///
/// The day of the event is not counted; the deadline ends with the last second of its last day, and when that is no
/// working day, of the next working day (Civil Code 91/2015/QH13, art. 147 and 148).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// How many.
    pub days: u32,
    /// Working days (or calendar days).
    pub working: bool,
    /// From which event.
    pub from: Moment,
    /// Counted backwards from the event: at least so many days before it.
    pub before: bool,
    /// Where the rule comes from.
    pub source: Source,
}

/// An event from which days are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// The case was opened.
    Opened,
    /// The step was entered.
    Entered,
    /// The step with this key was last left.
    Left(String),
    /// The day in this field.
    Field(String),
}

/// What an issued document changes outside its case. The parameters are a template: a text `"{field}"` stands for the
/// field's value, `{field}` inside a longer text for its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EffectSpec {
    /// The key within the procedure.
    pub key: String,
    /// `end-position`, `establish-body`, `assign-deputy`, `end-bodies`, `declare-indicators`: see [`crate::effect`].
    pub kind: String,
    /// The effect in one sentence, with `{field}` places.
    pub says: Text,
    /// The step after which it happens.
    pub after: String,
    /// The parameters.
    pub with: serde_json::Map<String, Value>,
}
