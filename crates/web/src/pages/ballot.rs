//! The written ballot: read, choose, confirm with the second factor; and its tally.

use super::step::CaseHead;
use crate::{
    render::Page,
    view::{Choice, DocumentRow, Wrong},
};
use kernel::Timestamp;
use serde::Serialize;

/// Read and choose.
#[derive(Debug, Serialize)]
pub struct BallotPage {
    /// The case.
    pub case: CaseHead,
    /// The question.
    pub question: String,
    /// Until when.
    pub closes: Option<Timestamp>,
    /// What to read first.
    pub documents: Vec<DocumentRow>,
    /// The answers.
    pub answers: Vec<Choice>,
    /// The chosen one.
    pub answer: String,
    /// The opinion in words.
    pub text: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// Confirm: exactly what will be signed stands on the page, with the field of the second factor.
#[derive(Debug, Serialize)]
pub struct ConfirmBallotPage {
    /// The case.
    pub case: CaseHead,
    /// The chosen answer.
    pub answer: Choice,
    /// The opinion in words.
    pub text: String,
    /// The statement that the member's key signs, line by line.
    pub statement: Vec<String>,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for BallotPage {
    const TEMPLATE: &'static str = "ballot.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = BallotPage {
            case: CaseHead::sample(),
            question: "Đồng chí có tán thành dự thảo Nghị quyết không?".into(),
            closes: Some(Timestamp::from_micros(1_734_681_600_000_000)),
            documents: DocumentRow::samples(),
            answers: answers(),
            answer: String::new(),
            text: String::new(),
            errors: vec![],
        };
        vec![("to choose", page)]
    }
}

fn answers() -> Vec<Choice> {
    vec![
        Choice::new("tan-thanh", "Tán thành"),
        Choice::new("khong-tan-thanh", "Không tán thành"),
        Choice::new("y-kien-khac", "Ý kiến khác").hint("Ghi rõ ý kiến ở ô bên dưới."),
    ]
}

impl Page for ConfirmBallotPage {
    const TEMPLATE: &'static str = "ballot_confirm.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |errors| ConfirmBallotPage {
            case: CaseHead::sample(),
            answer: answers()[0].clone(),
            text: String::new(),
            statement: vec!["Phiếu lấy ý kiến Ủy viên Ủy ban Thường vụ Quốc hội".into(), "Ý kiến: Tán thành".into()],
            errors,
        };
        vec![("to confirm", page(vec![])), ("wrong code", page(vec![Wrong::sample("code", "Mã xác thực không đúng.")]))]
    }
}

/// The tally, on both bases.
#[derive(Debug, Serialize)]
pub struct TallyPage {
    /// The case.
    pub case: CaseHead,
    /// The question.
    pub question: String,
    /// The rule that decides, in words.
    pub rule: String,
    /// Whether the rule was read in its source.
    pub verified: bool,
    /// When it closes or closed.
    pub closes: Option<Timestamp>,
    /// All members.
    pub members: i64,
    /// How many have answered.
    pub cast: i64,
    /// The answers; empty while the ballot is open and the reader may not see them.
    pub rows: Vec<TallyRow>,
    /// Whether it passed; none while it is open.
    pub passed: Option<bool>,
    /// Who answered what, where the reader may see it.
    pub ballots: Vec<CastRow>,
    /// Who has not answered.
    pub waiting: Vec<String>,
}

/// One answer of a tally.
#[derive(Debug, Serialize)]
pub struct TallyRow {
    /// The answer.
    pub words: String,
    /// How many chose it.
    pub count: i64,
    /// Share of all members, in hundredths of a percent.
    pub of_all: i64,
    /// Share of those who answered, in hundredths of a percent.
    pub of_cast: i64,
}

/// One cast ballot.
#[derive(Debug, Serialize)]
pub struct CastRow {
    /// Who.
    pub who: String,
    /// What.
    pub answer: String,
    /// In words.
    pub text: String,
    /// When.
    pub at: Option<Timestamp>,
}

impl Page for TallyPage {
    const TEMPLATE: &'static str = "tally.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |words: &str, count: i64| TallyRow {
            words: words.into(),
            count,
            of_all: count * 10_000 / 18,
            of_cast: count * 10_000 / 17,
        };
        let page = |rows: Vec<TallyRow>, passed| TallyPage {
            case: CaseHead::sample(),
            question: "Đồng chí có tán thành dự thảo Nghị quyết không?".into(),
            rule: "Thông qua khi có quá nửa tổng số Ủy viên tán thành (từ 10 trên 18).".into(),
            verified: false,
            closes: Some(Timestamp::from_micros(1_734_681_600_000_000)),
            members: 18,
            cast: 17,
            rows,
            passed,
            ballots: vec![CastRow { who: "Đại biểu 004".into(), answer: "Ý kiến khác".into(), text: "Đề nghị làm rõ thời hạn.".into(), at: Some(Timestamp::from_micros(1_734_600_000_000_000)) }],
            waiting: vec!["Đại biểu 018".into()],
        };
        let rows = vec![row("Tán thành", 15), row("Không tán thành", 1), row("Ý kiến khác", 1)];
        vec![("closed", page(rows, Some(true))), ("open", page(vec![], None))]
    }
}
