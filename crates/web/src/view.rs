//! The few shapes that many pages share: choices, errors beside fields, pieces of lists, rows of cases and documents.

use crate::words::{Lang, Words, args_of};
use kernel::{FieldProblem, Timestamp};
use serde::Serialize;

/// One choice of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub words: String,
    /// What it means, where that is not plain.
    pub hint: String,
}

impl Choice {
    /// A choice without a hint.
    pub fn new(value: impl Into<String>, words: impl Into<String>) -> Choice {
        Choice { value: value.into(), words: words.into(), hint: String::new() }
    }
    /// With a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Choice {
        self.hint = hint.into();
        self
    }
}

/// What is wrong with a field, in words; the summary at the top of the page links to the field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// The field; empty when it concerns the whole form.
    pub field: String,
    /// The sentence.
    pub words: String,
}

impl Wrong {
    /// The sentences of field problems.
    pub fn of(words: &Words, lang: Lang, problems: &[FieldProblem]) -> Vec<Wrong> {
        problems
            .iter()
            .map(|p| Wrong { field: p.field.clone(), words: words.say(lang, p.code, &args_of(&p.args)) })
            .collect()
    }
    /// An example.
    pub fn sample(field: &str, words: &str) -> Wrong {
        Wrong { field: field.into(), words: words.into() }
    }
}

/// A piece of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Listed<T> {
    /// The items of this piece.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: i64,
    /// How many come before this piece.
    pub offset: i64,
    /// How many a piece holds.
    pub size: i64,
    /// The address of the list with its filters, ready for `from=`.
    pub base: String,
}

impl<T> Listed<T> {
    /// A whole list in one piece.
    pub fn whole(items: Vec<T>) -> Listed<T> {
        let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
        Listed { items, total, offset: 0, size: 50, base: "?".into() }
    }
}

/// A link with its words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Where to.
    pub href: String,
    /// What it is called.
    pub words: String,
}

impl Link {
    /// A link.
    pub fn new(href: impl Into<String>, words: impl Into<String>) -> Link {
        Link { href: href.into(), words: words.into() }
    }
}

/// A case in a list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CaseRow {
    /// Its page.
    pub href: String,
    /// What it is about.
    pub title: String,
    /// The name of its procedure.
    pub procedure: String,
    /// The step that it is at.
    pub step: String,
    /// Until when the step must be done.
    pub due: Option<Timestamp>,
    /// Whether that time has passed.
    pub late: bool,
    /// Its secrecy grade.
    pub grade: u8,
    /// `open`, `closed` or `refused`: chooses the tag.
    pub state: &'static str,
    /// When something last happened.
    pub changed: Option<Timestamp>,
}

impl CaseRow {
    /// Examples.
    pub fn samples() -> Vec<CaseRow> {
        let row = |n: u8, title: &str, step: &str, late: bool| CaseRow {
            href: format!("/cases/case-{n}"),
            title: title.into(),
            procedure: "Nghị quyết cá biệt của Ủy ban Thường vụ Quốc hội".into(),
            step: step.into(),
            due: Some(Timestamp::from_micros(1_734_681_600_000_000)),
            late,
            grade: u8::from(n == 3),
            state: if n == 4 { "closed" } else { "open" },
            changed: Some(Timestamp::from_micros(1_734_600_000_000_000)),
        };
        vec![
            row(
                1,
                "Thành lập Ban soạn thảo dự án Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội và các luật liên quan",
                "Lấy ý kiến Ủy viên",
                false,
            ),
            row(
                2,
                "Phân công đại biểu Quốc hội hoạt động chuyên trách khóa XV tại Đoàn đại biểu Quốc hội tỉnh Lâm Đồng",
                "Chủ tịch Quốc hội ký",
                true,
            ),
            row(
                3,
                "Phê chuẩn kết quả miễn nhiệm Phó Chủ tịch Hội đồng nhân dân tỉnh Cà Mau nhiệm kỳ 2021-2026",
                "Ủy ban Công tác đại biểu cho ý kiến",
                false,
            ),
            row(
                4,
                "Chương trình chuyển đổi số của Quốc hội giai đoạn đến năm 2026 và giai đoạn 2027-2030",
                "Đã ban hành",
                false,
            ),
        ]
    }
}

/// A document as a case page lists it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DocumentRow {
    /// Its page.
    pub href: String,
    /// What kind of paper: `Tờ trình`.
    pub kind: String,
    /// Its subject.
    pub title: String,
    /// Its latest version.
    pub version: i64,
    /// Words about its state: `Dự thảo`, `Đã ký`.
    pub state: String,
    /// The colour of the tag that says so.
    pub colour: &'static str,
    /// Who wrote the latest version.
    pub by: String,
    /// When.
    pub at: Option<Timestamp>,
    /// Where its file can be fetched.
    pub file: Option<String>,
}

impl DocumentRow {
    /// Examples.
    pub fn samples() -> Vec<DocumentRow> {
        let at = Some(Timestamp::from_micros(1_734_600_000_000_000));
        vec![
            DocumentRow {
                href: "/documents/document-1".into(),
                kind: "Nghị quyết".into(),
                title: "Thành lập Ban soạn thảo dự án Luật".into(),
                version: 3,
                state: "Dự thảo".into(),
                colour: "yellow",
                by: "Trần Thị B".into(),
                at,
                file: None,
            },
            DocumentRow {
                href: "/documents/document-2".into(),
                kind: "Tờ trình".into(),
                title: "Tờ trình về việc thành lập Ban soạn thảo".into(),
                version: 1,
                state: "Đã gửi".into(),
                colour: "blue",
                by: "Trần Thị B".into(),
                at,
                file: Some("/documents/document-2/file".into()),
            },
        ]
    }
}

/// What happened, as one plain sentence.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Told {
    /// When.
    pub at: Option<Timestamp>,
    /// `Nguyễn Văn A, Vụ Pháp luật`.
    pub who: String,
    /// `gửi lấy ý kiến 18 Ủy viên; hạn 20/12/2024`.
    pub what: String,
    /// What the person wrote with it: a reason, an opinion.
    pub quote: String,
    /// A link to what it is about.
    pub link: Option<Link>,
    /// Its entry in the journal, for those who may look.
    pub act: Option<String>,
}

impl Told {
    /// Examples.
    pub fn samples() -> Vec<Told> {
        let at = |n: i64| Some(Timestamp::from_micros(1_734_600_000_000_000 + n * 3_900_000_000));
        vec![
            Told {
                at: at(3),
                who: "Nguyễn Văn A, Vụ Pháp luật".into(),
                what: "gửi lấy ý kiến 18 Ủy viên; hạn 20/12/2024".into(),
                act: Some("/journal/case:case-1/4".into()),
                ..Told::default()
            },
            Told {
                at: at(2),
                who: "Lê Thị C, Ủy ban Công tác đại biểu".into(),
                what: "cho ý kiến thẩm tra".into(),
                quote: "Ủy ban nhất trí với nội dung dự thảo; đề nghị bổ sung thành phần Ban soạn thảo.".into(),
                ..Told::default()
            },
            Told {
                at: at(1),
                who: "Trần Thị B, Vụ Pháp luật".into(),
                what: "lưu dự thảo nghị quyết, phiên bản 3".into(),
                link: Some(Link::new("/documents/document-1", "Dự thảo nghị quyết")),
                ..Told::default()
            },
            Told {
                at: at(0), who: "Trần Thị B, Vụ Pháp luật".into(), what: "mở hồ sơ".into(), ..Told::default()
            },
        ]
    }
}
