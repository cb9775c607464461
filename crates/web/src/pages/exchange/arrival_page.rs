//! What the page of an arrival shows: typed contexts and their examples.

use crate::{
    pages::{case::Fact, verification::SealedBand},
    render::Page,
    view::{Choice, Link, Told, Wrong},
};
use kernel::Timestamp;
use serde::Serialize;

/// One arrival.
#[derive(Debug, Serialize)]
pub struct ArrivalPage {
    /// Its id.
    pub id: String,
    /// The version of its stream that is shown: what the next act must name as seen.
    pub version: i64,
    /// Its subject.
    pub subject: String,
    /// `new`, `withdraw`, `update`, `replace`.
    pub kind: &'static str,
    /// Where it stands.
    pub state: &'static str,
    /// 0 normal to 4.
    pub urgency: u8,
    /// Number and notation.
    pub number: String,
    /// Its incoming number and day, in words.
    pub registered: String,
    /// Who sent it.
    pub from: String,
    /// The sender's identifier.
    pub from_code: String,
    /// When it came.
    pub at: Timestamp,
    /// The one act that the reader can do now: `register`, `direct`, `complete`, `decide`, `open-case`; empty for none.
    pub act: &'static str,
    /// Whether the reader may refuse it now.
    pub refuses: bool,
    /// Whom it waits for, when not for the reader.
    pub waits: String,
    /// Until when the sender wants an answer: `2026-12-20`.
    pub wanted: Option<String>,
    /// Units that it can be directed to.
    pub units: Vec<Choice>,
    /// Why the sender withdraws, updates or replaces.
    pub reason: String,
    /// What would change by the sender's proposal; none for what is no proposal.
    pub compared: Option<Vec<Compared>>,
    /// The files.
    pub files: Vec<FileRow>,
    /// A signature stands over the envelope.
    pub envelope: bool,
    /// What is odd about the package, in sentences.
    pub odd: Vec<String>,
    /// Related documents.
    pub links: Vec<Related>,
    /// What happened, latest first.
    pub story: Vec<Told>,
    /// Particulars as the sender wrote them.
    pub facts: Vec<Fact>,
    /// Its case.
    pub case: Option<Link>,
    /// Where the package is fetched as it came, for those who may.
    pub raw: Option<String>,
    /// What was typed.
    pub typed: TypedAct,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// What was typed into the form of an act.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TypedAct {
    /// Which form was sent.
    pub act: &'static str,
    /// The unit.
    pub unit: String,
    /// The day.
    pub due: String,
    /// A remark.
    pub note: String,
    /// The reason of a refusal.
    pub reason: String,
    /// The result, or the answer to a proposal.
    pub words: String,
}

/// A particular that a proposal would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Which.
    pub label: String,
    /// As it is kept.
    pub was: String,
    /// As it is proposed.
    pub becomes: String,
}

/// A file that came with it.
#[derive(Debug, Clone, Serialize)]
pub struct FileRow {
    /// Its name.
    pub name: String,
    /// What it is, by its content.
    pub media: String,
    /// Bytes.
    pub size: i64,
    /// Where it is fetched.
    pub href: String,
    /// Whether a browser may show it.
    pub opens: bool,
    /// Whether its signatures were checked now.
    pub checked: bool,
    /// What was found about its signatures on arrival, in words; empty when they are shown.
    pub found: String,
    /// Its signatures.
    pub signatures: Vec<SealedBand>,
}

/// A document that belongs to it.
#[derive(Debug, Clone, Serialize)]
pub struct Related {
    /// `answers`, `duplicate`, `about`, `proposal`.
    pub relation: &'static str,
    /// Its page; empty when it is not known here.
    pub href: String,
    /// What it is called.
    pub words: String,
    /// Where it stands; empty when that says nothing.
    pub state: &'static str,
}

impl ArrivalPage {
    fn sample() -> ArrivalPage {
        let file = FileRow {
            name: "cong-van-17.pdf".into(),
            media: "application/pdf".into(),
            size: 182_000,
            href: "/incoming/a/files/0".into(),
            opens: true,
            checked: true,
            found: String::new(),
            signatures: SealedBand::samples(),
        };
        let table = FileRow {
            name: "phu-luc.xlsx".into(),
            media: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".into(),
            opens: false,
            checked: false,
            found: "Không có chữ ký số".into(),
            signatures: vec![],
            ..file.clone()
        };
        ArrivalPage {
            id: "a".into(),
            version: 1,
            subject: "Về việc cho ý kiến đối với dự thảo Luật sửa đổi, bổ sung một số điều của các luật".into(),
            kind: "new",
            state: "arrived",
            urgency: 2,
            number: "17/BTP-PLHSHC".into(),
            registered: String::new(),
            from: "Bộ Tư pháp".into(),
            from_code: "G15".into(),
            at: Timestamp::from_micros(1_734_600_000_000_000),
            act: "register",
            refuses: true,
            waits: String::new(),
            wanted: Some("2024-12-30".into()),
            units: vec![Choice::new("vu-phap-luat", "Vụ Pháp luật")],
            reason: String::new(),
            compared: None,
            files: vec![file, table],
            envelope: true,
            odd: vec!["Phần tử không có trong quy chuẩn được giữ lại: MessageHeader.Extra".into()],
            links: vec![Related {
                relation: "answers",
                href: "/outgoing/b".into(),
                words: "15/VPQH-TH".into(),
                state: "completed",
            }],
            story: Told::samples(),
            facts: vec![Fact::new("Loại văn bản", "Công văn"), Fact::new("Ngày văn bản", "18/12/2024")],
            case: None,
            raw: Some("/incoming/a/package".into()),
            typed: TypedAct::default(),
            errors: vec![],
        }
    }
}

impl Page for ArrivalPage {
    const TEMPLATE: &'static str = "arrival.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let case = Some(Link::new("/cases/case-1", "Cho ý kiến dự thảo Luật"));
        let refused = ArrivalPage {
            typed: TypedAct { act: "refuse", ..TypedAct::default() },
            errors: vec![Wrong::sample("reason", "Không được để trống.")],
            ..ArrivalPage::sample()
        };
        let directed = ArrivalPage {
            act: "direct",
            state: "registered",
            registered: "Số đến 15, ngày 20/12/2024".into(),
            refuses: false,
            ..ArrivalPage::sample()
        };
        let caseless = ArrivalPage { act: "open-case", state: "registered", refuses: false, ..ArrivalPage::sample() };
        let working =
            ArrivalPage { act: "complete", state: "in-process", case, refuses: false, ..ArrivalPage::sample() };
        let proposal = ArrivalPage {
            act: "decide",
            kind: "update",
            state: "proposed",
            reason: "Ghi sai số, ký hiệu".into(),
            compared: Some(vec![Compared {
                label: "Số, ký hiệu".into(),
                was: "17/BTP".into(),
                becomes: "17/BTP-PLHSHC".into(),
            }]),
            files: vec![],
            odd: vec![],
            refuses: false,
            ..ArrivalPage::sample()
        };
        let waiting = ArrivalPage {
            act: "",
            waits: "Chờ lãnh đạo Văn phòng phân xử lý.".into(),
            kind: "withdraw",
            compared: Some(vec![]),
            links: vec![Related { relation: "about", href: String::new(), words: "16/BTP".into(), state: "" }],
            raw: None,
            refuses: false,
            ..ArrivalPage::sample()
        };
        vec![
            ("to register", ArrivalPage::sample()),
            ("refusal without a reason", refused),
            ("to direct", directed),
            ("registered, without its case", caseless),
            ("in process", working),
            ("a proposal", proposal),
            ("waits for others", waiting),
        ]
    }
}
