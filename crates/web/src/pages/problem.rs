//! Pages that say what went wrong, what was kept, and what to do.

use crate::{
    render::Page,
    view::{Link, Told},
};
use serde::Serialize;

/// Something did not work.
#[derive(Debug, Serialize)]
pub struct ProblemPage {
    /// The HTTP status.
    pub status: u16,
    /// What happened, as a heading.
    pub title: String,
    /// What was kept and what to do.
    pub text: String,
    /// Where to go from here.
    pub links: Vec<Link>,
}

impl Page for ProblemPage {
    const TEMPLATE: &'static str = "problem.html";
    fn samples() -> Vec<(&'static str, Self)> {
        vec![(
            "not found",
            ProblemPage {
                status: 404,
                title: "Không có trang này".into(),
                text: "Có thể đường dẫn bị gõ sai, hoặc nội dung không thuộc phạm vi anh/chị được xem.".into(),
                links: vec![Link::new("/", "Về việc cần làm hôm nay")],
            },
        )]
    }
}

/// Somebody else was faster.
#[derive(Debug, Serialize)]
pub struct ConflictPage {
    /// The page to go back to.
    pub back: Link,
    /// What happened since the person read the page.
    pub changes: Vec<Told>,
    /// What the person had typed, so that nothing is lost.
    pub kept: Vec<Kept>,
}

/// A field that was typed.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    /// The field.
    pub name: String,
    /// What was typed.
    pub value: String,
}

impl Page for ConflictPage {
    const TEMPLATE: &'static str = "conflict.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let back = Link::new("/cases/case-1", "Mở lại trang với nội dung mới nhất");
        let kept = vec![Kept { name: "articles.0.heading".into(), value: "Thành lập Ban soạn thảo".into() }];
        vec![
            ("with text", ConflictPage { back: back.clone(), changes: Told::samples(), kept }),
            ("without text", ConflictPage { back, changes: vec![], kept: vec![] }),
        ]
    }
}

/// The session ended while a form was being filled in.
#[derive(Debug, Serialize)]
pub struct LatePage {
    /// Where to sign in again.
    pub sign_in: String,
    /// What the person had typed.
    pub kept: Vec<Kept>,
}

impl Page for LatePage {
    const TEMPLATE: &'static str = "late.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let kept = vec![Kept { name: "reason".into(), value: "Đề nghị bổ sung hồ sơ.".into() }];
        vec![("with text", LatePage { sign_in: "/login".into(), kept })]
    }
}
