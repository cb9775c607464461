//! What the pages of a draft show: one typed context for each page, with its examples.

use super::case::Fact;
use crate::{
    render::Page,
    show,
    view::{Choice, Link, Wrong},
    viewer::Viewer,
};
use cases::drafts::{Draft, DraftState};
use kernel::Timestamp;
use procedure::LoadProblem;
use serde::Serialize;
use std::collections::BTreeMap;

/// The fields of the form for a procedure's head.
pub(super) const HEAD: [&str; 7] =
    ["title-vi", "title-en", "summary-vi", "summary-en", "basis", "valid-from", "valid-until"];
/// The fields of the form for a step.
pub(super) const STEP: [&str; 13] = [
    "title-vi",
    "title-en",
    "todo-vi",
    "todo-en",
    "owners",
    "escalate",
    "days",
    "unit",
    "event",
    "before",
    "deadline-basis",
    "threshold",
    "threshold-basis",
];

/// The drafts.
#[derive(Debug, Serialize)]
pub struct DraftsPage {
    /// Each, those changed last first.
    pub drafts: Vec<DraftRow>,
    /// Whether the reader may draft.
    pub may_draft: bool,
    /// The fields of work.
    pub fields: Vec<Choice>,
    /// What was typed for a new procedure: id, name, field.
    pub id: String,
    /// The name.
    pub title: String,
    /// The field.
    pub field: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A draft in the list.
#[derive(Debug, Clone, Serialize)]
pub struct DraftRow {
    /// Its address and name.
    pub link: Link,
    /// The procedure's id.
    pub procedure: String,
    /// The code of its state.
    pub state: String,
    /// Who.
    pub who: String,
    /// When it last changed.
    pub at: Timestamp,
}

/// What all pages of a draft show.
#[derive(Debug, Clone, Serialize)]
pub struct DraftHead {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// The procedure's id.
    pub procedure: String,
    /// The version of its stream.
    pub version: i64,
    /// The code of its state.
    pub state: String,
    /// Whether it can still be changed.
    pub open: bool,
}

impl DraftHead {
    pub(crate) fn of(draft: &Draft) -> DraftHead {
        DraftHead {
            id: draft.id.clone(),
            title: draft.title.clone(),
            procedure: draft.procedure.clone(),
            version: draft.version,
            state: draft.state.code().into(),
            open: matches!(draft.state, DraftState::Open | DraftState::Checked),
        }
    }
    pub(crate) fn sample() -> DraftHead {
        DraftHead {
            id: "draft-1".into(),
            title: "Nghỉ phép".into(),
            procedure: "leave".into(),
            version: 3,
            state: "open".into(),
            open: true,
        }
    }
}

/// Something that the checker found.
#[derive(Debug, Clone, Serialize)]
pub struct Found {
    /// The line, from 1.
    pub line: i64,
    /// The text of that line.
    pub text: String,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

impl Found {
    pub(super) fn all(viewer: &Viewer, text: &str, problems: &[LoadProblem]) -> Vec<Found> {
        let line = |n: usize| text.lines().nth(n.saturating_sub(1)).unwrap_or_default().chars().take(120).collect();
        let one = |p: &LoadProblem| Found {
            line: i64::try_from(p.line).unwrap_or(0),
            text: line(p.line),
            what: show::pick(viewer, &p.what),
            mend: show::pick(viewer, &p.mend),
        };
        problems.iter().map(one).collect()
    }
    fn sample() -> Found {
        Found {
            line: 12,
            text: "to = \"nowhere\"".into(),
            what: "Không có bước “nowhere”.".into(),
            mend: "Ghi mã một bước của quy trình này, chẳng hạn: approve, done.".into(),
        }
    }
}

/// A draft.
#[derive(Debug, Serialize)]
pub struct DraftPage {
    /// Which.
    pub draft: DraftHead,
    /// The version from which it was made.
    pub from: Option<Link>,
    /// The number and first day of the version that it would be; none while something is wrong.
    pub becomes: Option<(i64, String)>,
    /// What the checker found.
    pub found: Vec<Found>,
    /// What changes, in sentences.
    pub changes: Vec<String>,
    /// Steps that can be changed by a form.
    pub steps: Vec<Link>,
    /// SHA-256 of the text.
    pub sha256: String,
    /// What happened: who, when, what, in which words.
    pub story: Vec<(String, Timestamp, String, String)>,
    /// What the reader may do: `save`, `check`, `adopt`.
    pub may: Vec<&'static str>,
    /// The reader wrote in it, and so neither checks nor adopts.
    pub mine: bool,
    /// What is wrong with a form.
    pub errors: Vec<Wrong>,
}

/// The whole text.
#[derive(Debug, Serialize)]
pub struct DraftTextPage {
    /// Which.
    pub draft: DraftHead,
    /// The text.
    pub text: String,
    /// What was changed, in words.
    pub note: String,
    /// What the checker finds.
    pub found: Vec<Found>,
    /// What is wrong with the form.
    pub errors: Vec<Wrong>,
}

/// The head of the procedure as a form.
#[derive(Debug, Serialize)]
pub struct DraftHeadPage {
    /// Which.
    pub draft: DraftHead,
    /// The values, by name.
    pub values: BTreeMap<&'static str, String>,
    /// Whether the order of steps is verified.
    pub verified: bool,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A step as a form.
#[derive(Debug, Serialize)]
pub struct DraftStepPage {
    /// Which.
    pub draft: DraftHead,
    /// The step's key.
    pub step: String,
    /// Its name.
    pub name: String,
    /// The values, by name.
    pub values: BTreeMap<&'static str, String>,
    /// Marks that are set: `deadline-verified`, `threshold-verified`.
    pub marks: Vec<&'static str>,
    /// Whether it has owners of its own.
    pub owned: bool,
    /// Whether it has a ballot or vote.
    pub votes: bool,
    /// Its owners in words.
    pub owners: Vec<String>,
    /// Events from which the deadline may count.
    pub events: Vec<Choice>,
    /// Kinds of days.
    pub units: Vec<Choice>,
    /// Thresholds that can be chosen.
    pub thresholds: Vec<Choice>,
    /// Seats that can be named, with their names.
    pub seats: Vec<Choice>,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// The confirmation of adopting.
#[derive(Debug, Serialize)]
pub struct AdoptPage {
    /// Which.
    pub draft: DraftHead,
    /// What will be recorded, field by field.
    pub says: Vec<Fact>,
    /// What changes, in sentences.
    pub changes: Vec<String>,
    /// The statement that is signed.
    pub statement: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

fn at() -> Timestamp {
    Timestamp::from_micros(1_734_600_000_000_000)
}

impl Page for DraftsPage {
    const TEMPLATE: &'static str = "procedure_drafts.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = DraftRow {
            link: Link::new("/procedure-drafts/draft-1", "Nghỉ phép"),
            procedure: "leave".into(),
            state: "open".into(),
            who: "Chuyên viên 001".into(),
            at: at(),
        };
        let page = |drafts, may_draft| DraftsPage {
            drafts,
            may_draft,
            fields: vec![Choice::new("lawmaking", "Xây dựng pháp luật")],
            id: String::new(),
            title: String::new(),
            field: String::new(),
            errors: vec![],
        };
        vec![("one", page(vec![row], true)), ("none", page(vec![], false))]
    }
}
impl Page for DraftPage {
    const TEMPLATE: &'static str = "procedure_draft.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |found: Vec<Found>, changes| DraftPage {
            draft: DraftHead::sample(),
            from: Some(Link::new("/procedures/leave?version=1", "Phiên bản 1")),
            becomes: found.is_empty().then(|| (2, "2026-12-01".into())),
            found,
            changes,
            steps: vec![Link::new("/procedure-drafts/draft-1/steps/approve", "Xét duyệt")],
            sha256: "0".repeat(64),
            story: vec![("Chuyên viên 001".into(), at(), "Lưu dự thảo".into(), "Rút ngắn hạn".into())],
            may: vec!["save", "check", "adopt"],
            mine: false,
            errors: vec![],
        };
        vec![
            ("right", page(vec![], vec!["Bước “Xét duyệt”: hạn: 2 ngày → 3 ngày.".into()])),
            ("wrong", page(vec![Found::sample()], vec![])),
        ]
    }
}
impl Page for DraftTextPage {
    const TEMPLATE: &'static str = "procedure_draft_text.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = DraftTextPage {
            draft: DraftHead::sample(),
            text: "id = \"leave\"\n".into(),
            note: String::new(),
            found: vec![Found::sample()],
            errors: vec![],
        };
        vec![("wrong", page)]
    }
}
impl Page for DraftHeadPage {
    const TEMPLATE: &'static str = "procedure_draft_head.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let values = HEAD.map(|name| (name, String::new())).into_iter().collect();
        vec![("empty", DraftHeadPage { draft: DraftHead::sample(), values, verified: false, errors: vec![] })]
    }
}
impl Page for DraftStepPage {
    const TEMPLATE: &'static str = "procedure_draft_step.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = DraftStepPage {
            draft: DraftHead::sample(),
            step: "approve".into(),
            name: "Xét duyệt".into(),
            values: STEP.map(|name| (name, String::new())).into_iter().collect(),
            marks: vec!["deadline-verified"],
            owned: true,
            votes: true,
            owners: vec!["Văn thư, Vụ Hành chính".into()],
            events: vec![Choice::new("entered", "khi đến bước này")],
            units: vec![Choice::new("days", "ngày")],
            thresholds: vec![Choice::new("> 1/2 of all", "quá nửa tổng số thành viên tán thành")],
            seats: vec![Choice::new("clerk@vu-hanh-chinh", "Văn thư, Vụ Hành chính")],
            errors: vec![],
        };
        vec![("with a vote", page)]
    }
}
impl Page for AdoptPage {
    const TEMPLATE: &'static str = "procedure_adopt.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = AdoptPage {
            draft: DraftHead::sample(),
            says: vec![Fact::new("Quy trình", "Nghỉ phép")],
            changes: vec!["Bước “Xét duyệt”: hạn: 2 ngày → 3 ngày.".into()],
            statement: "{}".into(),
            errors: vec![],
        };
        vec![("one", page)]
    }
}
