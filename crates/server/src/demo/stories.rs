//! The five cases of the demo: what each resolution says and how far it has got.
//!
//! Subjects and effects follow the report in the shared scenario; every other sentence is our own synthetic wording.

use super::{institution, roster};
use kernel::Day;
use records::content::{Article, Clause, Content, SignatureBlock};
use serde_json::{Map, Value, json};

/// How far a case has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The Council and Committees are asked.
    Opinion,
    /// Members are answering the ballot.
    Ballot,
    /// The Chairperson is to sign.
    Sign,
    /// The clerk is to give the number and seal.
    Issue,
    /// Everybody can read it.
    Published,
}

/// One case of the demo.
pub struct Story {
    /// The procedure.
    pub procedure: &'static str,
    /// The case's title.
    pub title: &'static str,
    /// The unit whose expert drafts.
    pub unit: &'static str,
    /// The bodies that are asked.
    pub consulted: &'static [&'static str],
    /// Fields of the procedure's own form.
    pub fields: Map<String, Value>,
    /// Why, for the proposal.
    pub reason: &'static str,
    /// The articles.
    pub articles: Vec<Article>,
    /// Who gets it.
    pub recipients: &'static [&'static str],
    /// How far it has got.
    pub stage: Stage,
}

impl Story {
    /// The whole opening form.
    pub fn form(&self) -> Map<String, Value> {
        let mut form = self.fields.clone();
        form.insert("unit".into(), json!(self.unit));
        form.insert("subject".into(), json!(self.title));
        form.insert("consulted".into(), json!(self.consulted));
        form
    }
    /// The text of the resolution.
    pub fn content(&self) -> Content {
        Content {
            subject: self.title.into(),
            bases: [
                "Căn cứ Hiến pháp nước Cộng hòa xã hội chủ nghĩa Việt Nam",
                "Căn cứ Luật Tổ chức Quốc hội",
                "Căn cứ Quy chế làm việc của Ủy ban Thường vụ Quốc hội",
            ]
            .map(str::to_owned)
            .to_vec(),
            articles: self.articles.clone(),
            recipients: self.recipients.iter().map(|r| (*r).to_owned()).collect(),
            archive: "HC".into(),
            signature: SignatureBlock {
                authority: "TM. ỦY BAN THƯỜNG VỤ QUỐC HỘI".into(),
                title: "CHỦ TỊCH".into(),
                name: String::new(),
            },
        }
    }
}

fn says(text: impl Into<String>) -> Article {
    Article { paragraphs: vec![text.into()], ..Article::default() }
}
fn clause(text: &str) -> Clause {
    Clause { text: text.into(), ..Clause::default() }
}
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// All five, the one that is furthest first; `today` is the day of seeding.
pub fn all(today: Day) -> [Story; 5] {
    [release(today), programme(), drafting_committee(today), full_time_deputy(today), kept_regime(today)]
}

/// Resolution 1336.
fn release(today: Day) -> Story {
    let who = roster::ca_mau_vice_chair();
    Story {
        procedure: "personnel-approval",
        title: "Phê chuẩn kết quả miễn nhiệm Phó Chủ tịch Hội đồng nhân dân tỉnh Cà Mau nhiệm kỳ 2021-2026",
        unit: "vu-cong-tac-dai-bieu",
        consulted: &["ub-cong-tac-dai-bieu"],
        fields: object(json!({"person": who, "body": institution::PEOPLES_COUNCIL, "position": "vice-chairperson",
            "from": today})),
        reason: "Hội đồng nhân dân tỉnh đã miễn nhiệm theo đúng trình tự; hồ sơ trình đầy đủ, hợp lệ.",
        articles: vec![
            says(
                "Phê chuẩn kết quả miễn nhiệm chức vụ Phó Chủ tịch Hội đồng nhân dân tỉnh Cà Mau nhiệm kỳ 2021-2026 đối \
                 với ông Đại biểu Hội đồng nhân dân 002.",
            ),
            says(
                "Nghị quyết này có hiệu lực kể từ ngày ký. Thường trực Hội đồng nhân dân tỉnh Cà Mau và người có tên \
                 tại Điều 1 chịu trách nhiệm thi hành Nghị quyết này.",
            ),
        ],
        recipients: &["Như Điều 2", "Ủy ban Công tác đại biểu", "Đoàn đại biểu Quốc hội tỉnh Cà Mau"],
        stage: Stage::Published,
    }
}

/// Resolution 1343.
fn programme() -> Story {
    let target = |code: &str, name: &str, name_en: &str, measure: &str, by: &str| json!({"code": code, "name": name, "name_en": name_en, "measure": measure, "target": 100, "by": by});
    Story {
        procedure: "programme",
        title: "Chương trình chuyển đổi số của Quốc hội giai đoạn đến năm 2026 và giai đoạn 2027-2030",
        unit: "vu-chuyen-doi-so",
        consulted: &["ub-khoa-hoc-cong-nghe-moi-truong", "ub-phap-luat-tu-phap"],
        fields: object(json!({"targets": [
            target("chu-ky-so", "Đại biểu Quốc hội, cán bộ, công chức được trang bị chữ ký số",
                "Deputies, officials and civil servants equipped with digital signatures", "people-with-certificate", "2026-12-31"),
            target("quy-trinh-so", "Quy trình, nghiệp vụ được thực hiện trên môi trường số",
                "Procedures and operations carried out digitally", "procedures-that-run", "2026-12-31"),
            target("ho-so-so", "Hồ sơ, tài liệu không mật được số hóa và cập nhật vào cơ sở dữ liệu",
                "Non-secret records digitised and entered in the database", "records-with-content", "2026-12-31"),
            target("truc-lien-thong", "Kết nối Trục liên thông văn bản quốc gia",
                "Connection to the national document axis", "axis-documents", "2026-12-31"),
            target("bao-mat", "Giám sát liên tục, cảnh báo sớm, báo cáo kịp thời cơ quan chức năng",
                "Continuous monitoring, early warning, timely reports", "security-monitoring", "2030-12-31"),
        ]})),
        reason: "Việc xử lý hồ sơ bằng giấy làm chậm công việc; cần mục tiêu, lộ trình và cách đo chung cho toàn hệ \
                 thống.",
        articles: vec![
            says(
                "Ban hành Chương trình chuyển đổi số của Quốc hội giai đoạn đến năm 2026 và giai đoạn 2027-2030 với các \
                 mục tiêu tại Điều 2.",
            ),
            Article {
                heading: "Mục tiêu".into(),
                paragraphs: vec!["Đến hết năm 2026:".into()],
                clauses: vec![
                    clause("100% đại biểu Quốc hội, cán bộ, công chức được trang bị chữ ký số."),
                    clause("100% quy trình, nghiệp vụ được thực hiện trên môi trường số."),
                    clause("100% hồ sơ, tài liệu không mật được số hóa và cập nhật vào cơ sở dữ liệu."),
                    clause("Hệ thống văn bản của Quốc hội kết nối Trục liên thông văn bản quốc gia."),
                ],
            },
            says(
                "Đến năm 2030, hệ thống thông tin của Quốc hội được bảo vệ nhiều lớp, giám sát liên tục; sự cố được cảnh \
                 báo sớm và báo cáo kịp thời cơ quan chức năng.",
            ),
            says(
                "Nghị quyết này có hiệu lực kể từ ngày ký. Văn phòng Quốc hội chủ trì, phối hợp với các cơ quan của Quốc \
                 hội tổ chức thực hiện và công khai kết quả đo các mục tiêu.",
            ),
        ],
        recipients: &["Hội đồng Dân tộc, các Ủy ban của Quốc hội", "Văn phòng Quốc hội", "Các Đoàn đại biểu Quốc hội"],
        stage: Stage::Issue,
    }
}

/// Resolution 1344.
fn drafting_committee(today: Day) -> Story {
    let seat = |person: &str, position: &str| json!({"person": person, "position": position});
    Story {
        procedure: "drafting-committee",
        title: "Thành lập Ban soạn thảo dự án Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội và các luật \
                liên quan",
        unit: "vu-phap-luat",
        consulted: &["ub-phap-luat-tu-phap"],
        fields: object(json!({
            "bill": "Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội và các luật liên quan",
            "body": "bst-luat-to-chuc-quoc-hoi", "name": "Ban soạn thảo Luật Tổ chức Quốc hội (sửa đổi)",
            "name-en": "Drafting Committee for the Law on Organization of the National Assembly", "from": today,
            "members": [seat("db-002", "head"), seat("db-007", "deputy-head"), seat("db-014", "deputy-head"),
                seat("db-012", "member"), seat("db-056", "member"), seat("cv-001", "member")],
        })),
        reason: "Dự án luật có trong chương trình; cần một Ban soạn thảo có đủ đại diện các cơ quan liên quan.",
        articles: vec![
            says(
                "Thành lập Ban soạn thảo dự án Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội và các luật \
                 liên quan gồm Trưởng Ban, các Phó Trưởng Ban và thành viên theo danh sách kèm theo hồ sơ trình.",
            ),
            Article {
                paragraphs: vec!["Ban soạn thảo có nhiệm vụ:".into()],
                clauses: vec![
                    clause("Tổ chức soạn thảo, lấy ý kiến và hoàn thiện dự án luật."),
                    clause("Bảo đảm chất lượng, tiến độ trình theo chương trình đã quyết định."),
                ],
                ..Article::default()
            },
            says("Nghị quyết này có hiệu lực kể từ ngày ký. Ban soạn thảo tự kết thúc khi luật được công bố."),
        ],
        recipients: &["Các cơ quan có thành viên Ban soạn thảo", "Ủy ban Pháp luật và Tư pháp", "Văn phòng Quốc hội"],
        stage: Stage::Sign,
    }
}

/// Resolution 1345.
fn full_time_deputy(today: Day) -> Story {
    let who = roster::lam_dong_deputy();
    Story {
        procedure: "deputy-assignment",
        title: "Phân công đại biểu Quốc hội hoạt động chuyên trách khóa XV tại Đoàn đại biểu Quốc hội tỉnh Lâm Đồng",
        unit: "vu-cong-tac-dai-bieu",
        consulted: &["ub-cong-tac-dai-bieu"],
        fields: object(json!({"person": who, "body": "doan-lam-dong", "from": today.plus_days(10)})),
        reason: "Đoàn đại biểu Quốc hội tỉnh cần thêm đại biểu hoạt động chuyên trách; đại biểu đủ tiêu chuẩn, điều kiện.",
        articles: vec![
            says(format!(
                "Phân công đại biểu Quốc hội khóa XV (mã đại biểu {who}) hoạt động chuyên trách tại Đoàn đại biểu Quốc \
                 hội tỉnh Lâm Đồng kể từ {}.",
                today.plus_days(10).words()
            )),
            says(
                "Nghị quyết này có hiệu lực kể từ ngày ký. Đoàn đại biểu Quốc hội tỉnh Lâm Đồng, Văn phòng Quốc hội và \
                 đại biểu được phân công chịu trách nhiệm thi hành Nghị quyết này.",
            ),
        ],
        recipients: &["Như Điều 2", "Ủy ban Công tác đại biểu"],
        stage: Stage::Ballot,
    }
}

/// Resolution 1350.
fn kept_regime(today: Day) -> Story {
    let from = today.plus_days(14);
    let what = "lương, phụ cấp và chế độ, chính sách khác theo quy định";
    Story {
        procedure: "staff-regime",
        title: "Công tác quản lý và bảo đảm chế độ, chính sách đối với cán bộ, công chức, viên chức, lao động hợp đồng \
                của Viện Nghiên cứu lập pháp và Truyền hình Quốc hội Việt Nam sau khi kết thúc hoạt động",
        unit: "vu-to-chuc-can-bo",
        consulted: &["ub-cong-tac-dai-bieu", "ub-kinh-te-tai-chinh"],
        fields: object(json!({"bodies": [{"body": institution::INSTITUTE, "from": from},
            {"body": institution::BROADCASTER, "from": from}], "to": institution::OFFICE, "what": what})),
        reason: "Hai cơ quan kết thúc hoạt động; người làm việc cần được quản lý và bảo đảm chế độ không gián đoạn.",
        articles: vec![
            says(
                "Văn phòng Quốc hội tiếp nhận, quản lý và bố trí công tác đối với cán bộ, công chức, viên chức và lao \
                 động hợp đồng của Viện Nghiên cứu lập pháp và Truyền hình Quốc hội Việt Nam kể từ ngày hai cơ quan kết \
                 thúc hoạt động.",
            ),
            says(
                "Người được tiếp nhận tiếp tục hưởng lương, phụ cấp và chế độ, chính sách khác cho đến khi cơ quan có \
                 thẩm quyền có quyết định mới.",
            ),
            says(
                "Nghị quyết này có hiệu lực kể từ ngày ký. Văn phòng Quốc hội chịu trách nhiệm thi hành Nghị quyết này.",
            ),
        ],
        recipients: &["Văn phòng Quốc hội", "Ủy ban Công tác đại biểu", "Ủy ban Kinh tế và Tài chính"],
        stage: Stage::Opinion,
    }
}
