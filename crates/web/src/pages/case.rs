//! The page of a case: where it stands in its procedure, who has it, until when, its documents and its story.

use crate::{
    render::Page,
    view::{DocumentRow, Link, Told},
};
use kernel::Timestamp;
use serde::Serialize;

/// The page of a case.
#[derive(Debug, Serialize)]
pub struct CasePage {
    /// The case.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// Its procedure.
    pub procedure: Link,
    /// Its field of work.
    pub field: String,
    /// Its secrecy grade.
    pub grade: u8,
    /// `open`, `closed`, `refused`.
    pub state: &'static str,
    /// The line of steps.
    pub steps: Vec<StepMark>,
    /// The step that it is at, in words, and what happens next.
    pub now: Now,
    /// Facts given when it was opened.
    pub facts: Vec<Fact>,
    /// Its documents.
    pub documents: Vec<DocumentRow>,
    /// The ballot, once there is one.
    pub ballot: Option<Link>,
    /// What happened, latest first.
    pub story: Vec<Told>,
    /// Who has it.
    pub holders: Vec<String>,
    /// Who takes part.
    pub participants: Vec<Link>,
    /// When it was opened.
    pub opened: Timestamp,
    /// Its stream in the journal, for those who may look.
    pub journal: Option<String>,
}

/// A step on the line.
#[derive(Debug, Serialize)]
pub struct StepMark {
    /// Its name.
    pub name: String,
    /// `done`, `here`, `next`, `skip`.
    pub state: &'static str,
}

/// A named value.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    /// What.
    pub label: String,
    /// The value in words.
    pub value: String,
}

impl Fact {
    /// A named value.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Fact {
        Fact { label: label.into(), value: value.into() }
    }
}

/// What is to be done now, and by whom.
#[derive(Debug, Default, Serialize)]
pub struct Now {
    /// The step.
    pub step: String,
    /// What the step is for, one sentence.
    pub about: String,
    /// What this person can do now; the first is the one primary action.
    pub actions: Vec<Link>,
    /// What happens after the primary action.
    pub after: String,
    /// Why nothing can be done by this person: who has it.
    pub waits_for: String,
    /// Until when.
    pub due: Option<Timestamp>,
    /// Whether that time has passed.
    pub late: bool,
    /// What is still missing, one sentence each, from the rules of the procedure.
    pub missing: Vec<String>,
}

impl Page for CasePage {
    const TEMPLATE: &'static str = "case.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let names = ["Soạn thảo", "Thẩm tra", "Lấy ý kiến Ủy viên", "Chủ tịch Quốc hội ký", "Cấp số, đóng dấu", "Công bố"];
        let steps = |here: usize| {
            let state = |i: usize| if i < here { "done" } else if i == here { "here" } else { "next" };
            names.iter().enumerate().map(|(i, n)| StepMark { name: (*n).into(), state: state(i) }).collect()
        };
        let due = Some(Timestamp::from_micros(1_734_681_600_000_000));
        let page = |now: Now, here: usize, state| CasePage {
            id: "case-1".into(),
            title: "Thành lập Ban soạn thảo dự án Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội và các luật liên quan".into(),
            procedure: Link::new("/procedures/ubtvqh-resolution", "Nghị quyết cá biệt của Ủy ban Thường vụ Quốc hội"),
            field: "lawmaking".into(),
            grade: 0,
            state,
            steps: steps(here),
            now,
            facts: vec![Fact::new("Cơ quan trình", "Ủy ban Pháp luật và Tư pháp"), Fact::new("Ngày dự kiến ban hành", "20/12/2024")],
            documents: DocumentRow::samples(),
            ballot: (here > 2).then(|| Link::new("/cases/case-1/tally", "18/18 phiếu · 17 tán thành")),
            story: Told::samples(),
            holders: vec!["Ủy ban Thường vụ Quốc hội".into()],
            participants: vec![Link::new("/people/person-2", "Trần Thị B"), Link::new("/people/person-3", "Lê Thị C")],
            opened: Timestamp::from_micros(1_734_500_000_000_000),
            journal: Some("/journal/case:case-1".into()),
        };
        let mine = Now {
            step: "Lấy ý kiến Ủy viên".into(),
            about: "Mỗi Ủy viên đọc dự thảo và chọn ý kiến của mình; kết quả tính trên tổng số Ủy viên.".into(),
            actions: vec![Link::new("/cases/case-1/ballot", "Cho ý kiến bằng phiếu"), Link::new("/documents/document-1/paper", "Xem dự thảo")],
            after: "Sau khi đủ phiếu hoặc hết hạn, kết quả được kiểm và chuyển Chủ tịch Quốc hội.".into(),
            due,
            ..Now::default()
        };
        let theirs = Now {
            step: "Soạn thảo".into(),
            about: "Chuyên viên soạn dự thảo nghị quyết và tờ trình.".into(),
            waits_for: "Trần Thị B, Vụ Pháp luật".into(),
            missing: vec!["Tờ trình chưa được đính kèm.".into()],
            due,
            late: true,
            ..Now::default()
        };
        vec![
            ("mine to do", page(mine, 2, "open")),
            ("with somebody else, late", page(theirs, 0, "open")),
            ("closed", page(Now { step: "Công bố".into(), ..Now::default() }, 6, "closed")),
        ]
    }
}
