//! The things of the directory: people, bodies, positions, assignments and the grounds on which they change.
//!
//! Times are whole days in Viet Nam. A holding runs from `from` (the first day on which it is held) to `until` (the
//! first day on which it is held no more), so two holdings that follow one another share a day and never overlap.

use kernel::{
    BodyId, CaseId, Day, DocumentId, Grade, PersonId, Timestamp,
    id::{AssignmentId, BadId},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The code of a position (chức vụ), such as `chairperson` or `clerk`; with a body it reads `clerk@vu-hanh-chinh`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Position(String);

impl Position {
    /// Chairs the Assembly, its Council, a Committee or a People's Council.
    pub const CHAIRPERSON: &str = "chairperson";
    /// Second to the chair.
    pub const VICE_CHAIRPERSON: &str = "vice-chairperson";
    /// Sits in the body.
    pub const MEMBER: &str = "member";
    /// Heads an office, department, institute, delegation or drafting committee.
    pub const HEAD: &str = "head";
    /// Second to the head.
    pub const DEPUTY_HEAD: &str = "deputy-head";
    /// Full-time member of the Council or of a Committee.
    pub const STANDING_MEMBER: &str = "standing-member";
    /// Professional official (chuyên viên).
    pub const EXPERT: &str = "expert";
    /// Keeps registers and the seal (văn thư).
    pub const CLERK: &str = "clerk";
    /// Secretary General of the National Assembly.
    pub const SECRETARY_GENERAL: &str = "secretary-general";
    /// Deputy of the National Assembly, in a delegation.
    pub const DEPUTY: &str = "deputy";
    /// Deputy who works full-time in a delegation.
    pub const FULLTIME_DEPUTY: &str = "fulltime-deputy";
    /// Walks the journal.
    pub const AUDITOR: &str = "auditor";
    /// Keeps the directory.
    pub const ADMIN: &str = "admin";
    /// Passed on from a body that ended; waits for the new body to assign work.
    pub const AWAITING: &str = "awaiting-assignment";
    /// Other staff.
    pub const STAFF: &str = "staff";

    /// Every position that has a name of its own here.
    pub const KNOWN: [&str; 15] = [
        Position::CHAIRPERSON,
        Position::VICE_CHAIRPERSON,
        Position::MEMBER,
        Position::HEAD,
        Position::DEPUTY_HEAD,
        Position::STANDING_MEMBER,
        Position::EXPERT,
        Position::CLERK,
        Position::SECRETARY_GENERAL,
        Position::DEPUTY,
        Position::FULLTIME_DEPUTY,
        Position::AUDITOR,
        Position::ADMIN,
        Position::AWAITING,
        Position::STAFF,
    ];

    /// A position code from outside.
    ///
    /// # Errors
    /// [`BadId`] when the shape is wrong. Any well-shaped code is a position: a new one needs no new program.
    pub fn new(code: impl Into<String>) -> Result<Position, BadId> {
        let code = code.into();
        kernel::id::check(&code)?;
        Ok(Position(code))
    }
    /// One of the codes above.
    pub fn known(code: &'static str) -> Position {
        Position(code.to_owned())
    }
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// `position@body`, the form in which policies name a holding.
    pub fn at(&self, body: &BodyId) -> String {
        format!("{}@{body}", self.0)
    }
}
impl TryFrom<String> for Position {
    type Error = BadId;
    fn try_from(code: String) -> Result<Position, BadId> {
        Position::new(code)
    }
}
impl std::str::FromStr for Position {
    type Err = BadId;
    fn from_str(code: &str) -> Result<Position, BadId> {
        Position::new(code)
    }
}
impl From<Position> for String {
    fn from(position: Position) -> String {
        position.0
    }
}
impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What sort of body it is; decides how its positions are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyKind {
    /// The National Assembly (Quốc hội).
    Assembly,
    /// The Standing Committee.
    StandingCommittee,
    /// The Council for Ethnic Affairs.
    Council,
    /// A Committee of the Assembly.
    Committee,
    /// The Office of the National Assembly.
    Office,
    /// A department (vụ).
    Department,
    /// A bureau (cục).
    Bureau,
    /// A delegation of deputies.
    Delegation,
    /// A drafting committee (ban soạn thảo).
    DraftingCommittee,
    /// An institute.
    Institute,
    /// A broadcaster.
    Broadcaster,
    /// A People's Council.
    PeoplesCouncil,
    /// Any other body.
    Other,
}

impl BodyKind {
    /// Every kind.
    pub const ALL: [BodyKind; 13] = [
        BodyKind::Assembly,
        BodyKind::StandingCommittee,
        BodyKind::Council,
        BodyKind::Committee,
        BodyKind::Office,
        BodyKind::Department,
        BodyKind::Bureau,
        BodyKind::Delegation,
        BodyKind::DraftingCommittee,
        BodyKind::Institute,
        BodyKind::Broadcaster,
        BodyKind::PeoplesCouncil,
        BodyKind::Other,
    ];

    /// The code, as in tables and URLs: `standing-committee`.
    pub fn code(self) -> &'static str {
        match self {
            BodyKind::Assembly => "assembly",
            BodyKind::StandingCommittee => "standing-committee",
            BodyKind::Council => "council",
            BodyKind::Committee => "committee",
            BodyKind::Office => "office",
            BodyKind::Department => "department",
            BodyKind::Bureau => "bureau",
            BodyKind::Delegation => "delegation",
            BodyKind::DraftingCommittee => "drafting-committee",
            BodyKind::Institute => "institute",
            BodyKind::Broadcaster => "broadcaster",
            BodyKind::PeoplesCouncil => "peoples-council",
            BodyKind::Other => "other",
        }
    }
    /// The kind of a code.
    pub fn of(code: &str) -> Option<BodyKind> {
        BodyKind::ALL.into_iter().find(|k| k.code() == code)
    }
}

/// On what ground something changes: the decision's words, and the document and case in this house when it has them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// As cited: `Nghị quyết số 1345/NQ-UBTVQH15`.
    pub text: String,
    /// The document, when it is kept here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
    /// The case that made the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
}

impl Basis {
    /// A decision known by its words only.
    pub fn cited(text: impl Into<String>) -> Basis {
        Basis { text: text.into(), document: None, case: None }
    }
}

/// Personal data of a person: kept apart in `private`, erasable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonPrivate {
    /// Day of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<Day>,
    /// Telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// E-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Personal identification number (số định danh cá nhân).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal_number: Option<String>,
}

/// A person to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// The id to take; `None` mints one.
    pub id: Option<PersonId>,
    /// Full name as on papers.
    pub name: String,
    /// The name to sign in with, when the person may sign in. Same shape as an id; unique.
    pub login: Option<String>,
    /// The highest grade that the person is cleared for.
    pub clearance: Grade,
    /// Erasable personal data.
    pub private: PersonPrivate,
}

/// A person as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonView {
    /// Who.
    pub id: PersonId,
    /// Full name.
    pub name: String,
    /// The name to sign in with.
    pub login: Option<String>,
    /// The highest grade that the person is cleared for.
    pub clearance: Grade,
    /// False once the person has left (died, retired, moved away).
    pub active: bool,
    /// When the person was entered.
    pub registered: Timestamp,
    /// The version of the stream `person:<id>` that this shows, for [`journal::Expected::At`].
    pub version: i64,
}

/// A body to be established.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBody {
    /// Its code: `ubtvqh`, `doan-lam-dong`.
    pub id: BodyId,
    /// Vietnamese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// What sort of body.
    pub kind: BodyKind,
    /// The body above it.
    pub superior: Option<BodyId>,
    /// The first day.
    pub from: Day,
    /// The place among its sisters, smaller first.
    pub order: i64,
}

/// A body as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Body {
    /// Its code.
    pub id: BodyId,
    /// Vietnamese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// What sort of body.
    pub kind: BodyKind,
    /// The body above it.
    pub superior: Option<BodyId>,
    /// The first day.
    pub from: Day,
    /// The first day on which it is no more; `None` while it stands.
    pub until: Option<Day>,
    /// On what ground it was set up.
    pub basis: String,
    /// On what ground it ended.
    pub end_basis: Option<String>,
    /// The body to which its people and duties passed.
    pub passed_to: Option<BodyId>,
    /// The case to which it belongs, as a drafting committee belongs to its bill.
    pub case: Option<CaseId>,
    /// The place among its sisters.
    pub order: i64,
    /// The version of the stream `body:<id>`.
    pub version: i64,
}

impl Body {
    /// Whether it stands on a day.
    pub fn stands(&self, on: Day) -> bool {
        holds(self.from, self.until, on)
    }
    /// The name in a language (`en`, else Vietnamese).
    pub fn name_in(&self, lang: &str) -> &str {
        if lang == "en" { &self.name_en } else { &self.name }
    }
}

/// Whether a time that runs from `from` up to, not including, `until` holds a day.
pub fn holds(from: Day, until: Option<Day>, on: Day) -> bool {
    from <= on && until.is_none_or(|until| on < until)
}

/// A body with the bodies under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BodyNode {
    /// The body.
    pub body: Body,
    /// How many people hold a position in it on the day asked for.
    pub people: i64,
    /// The bodies under it, in their order.
    pub below: Vec<BodyNode>,
}

/// An assignment to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAssignment {
    /// The id to take; `None` mints one.
    pub id: Option<AssignmentId>,
    /// Who.
    pub person: PersonId,
    /// In which body.
    pub body: BodyId,
    /// As what.
    pub position: Position,
    /// The first day.
    pub from: Day,
    /// The first day on which it is held no more, when that is known ahead (the end of a term).
    pub until: Option<Day>,
    /// Whether the person works there full-time.
    pub full_time: bool,
    /// On what ground.
    pub basis: Basis,
}

/// One person's holding of a position in a body for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assignment {
    /// Which.
    pub id: AssignmentId,
    /// Who.
    pub person: PersonId,
    /// In which body.
    pub body: BodyId,
    /// As what.
    pub position: Position,
    /// The first day.
    pub from: Day,
    /// The first day on which it is held no more.
    pub until: Option<Day>,
    /// Whether the person works there full-time.
    pub full_time: bool,
    /// On what ground it began.
    pub basis: String,
    /// On what ground it ended, when it was ended by a decision.
    pub end_basis: Option<String>,
}

/// An assignment with the names that a page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssignmentView {
    /// The assignment.
    pub assignment: Assignment,
    /// The person's full name.
    pub person_name: String,
    /// The body's Vietnamese name.
    pub body_name: String,
    /// The body's English name.
    pub body_name_en: String,
    /// What sort of body.
    pub body_kind: BodyKind,
    /// How the position is called there: `Chủ tịch Quốc hội`, `Vụ trưởng`.
    pub title: String,
    /// The same in English.
    pub title_en: String,
}

/// A regime that is kept after a position or a body ended (Resolution 1350; Decree 178/2024 art. 11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRegime {
    /// What is kept, in words: `lương, phụ cấp và chế độ, chính sách khác`.
    pub what: String,
    /// The body that pays and manages from now on.
    pub by: BodyId,
    /// The first day.
    pub from: Day,
    /// The first day on which it is kept no more; `None`: until the competent authority decides anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Monthly amount in đồng, when it is a sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
}

impl KeptRegime {
    /// Until when position pay is kept: to the end of the term, but for at least six months.
    /// Decree 178/2024 art. 11 as amended by Decree 67/2025.
    pub fn kept_until(term_end: Day, from: Day) -> Day {
        term_end.max(from.plus_months(6))
    }
    /// Which amount is paid: the larger of the old and the new, in đồng. Same source.
    pub fn kept_amount(old: i64, new: i64) -> i64 {
        old.max(new)
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: i64,
    /// How many were left out before this page.
    pub offset: i64,
}

/// Names by person id, for timelines.
pub type Names = BTreeMap<PersonId, String>;
