//! Opens the five cases and takes each to its stage, person by person, through the services.

use super::{
    desk::Desk,
    institution,
    stories::{self, Stage, Story},
};
use crate::wire::House;
use anyhow::Context;
use cases::Opinion;
use directory::Position;
use kernel::{BodyId, CaseId, Ctx, Grade};
use procedure::Command;
use records::{NewBody, NewRegister, Series, Upload};
use serde_json::json;

/// The register of the Standing Committee's individual resolutions.
const REGISTER: &str = "nq-ubtvqh";
/// The numbers of the five resolutions: between the first two others were given outside the sample.
const FIRST_NUMBER: i64 = 1336;
const SECOND_NUMBER: i64 = 1343;
/// How many of the 18 members have answered where the ballot still runs.
const ANSWERED: usize = 7;

/// Opens the register of resolutions.
///
/// # Errors
/// When it cannot be opened.
pub async fn registers(house: &House) -> anyhow::Result<()> {
    let register = NewRegister {
        code: REGISTER.into(),
        body: institution::STANDING_COMMITTEE.into(),
        title: "Sổ đăng ký nghị quyết cá biệt của Ủy ban Thường vụ Quốc hội".into(),
        symbol: "NQ-UBTVQH15".into(),
        series: Series::Term,
        grade: Grade::Open,
        next: FIRST_NUMBER,
    };
    house.records.open_register(&super::seeding(&house.journal), register).await.context("the register of resolutions")
}

/// Opens the five cases and takes each to its stage.
///
/// # Errors
/// When a service refuses what the demo's people do.
pub async fn five_stages(house: &House, say: &mut dyn FnMut(&str)) -> anyhow::Result<()> {
    let desk = Desk::new(house);
    for story in stories::all(house.journal.clock().now().day()) {
        tell(&desk, &story).await.with_context(|| format!("the case “{}”", story.title))?;
        say(&format!("case: {}", story.title));
        if story.stage == Stage::Published {
            let clerk = desk.holder(Position::CLERK, institution::REGISTRY).await?;
            let why = "Các số 1337 đến 1342 đã cấp cho văn bản ngoài dữ liệu mẫu";
            let today = house.journal.clock().now().day();
            house.records.continue_register(&clerk, REGISTER, SECOND_NUMBER, Some(today), why).await?;
        }
    }
    Ok(())
}

async fn tell(desk: &Desk<'_>, story: &Story) -> anyhow::Result<()> {
    let expert = desk.holder(Position::EXPERT, story.unit).await?;
    let cases = &desk.house.cases;
    let opened = cases.open(&expert, story.procedure, story.title, Grade::Open, story.form(), "").await?;
    let case = opened.case;
    let proposal = NewBody::Upload(proposal(desk, story)?);
    let done = cases.add_document(&expert, &case, opened.version, "to-trinh", "Tờ trình", proposal, "").await?;
    let text = NewBody::Text(story.content());
    let done = cases.add_document(&expert, &case, done.version, "nghi-quyet", "", text, "").await?;
    let submit = Command::Complete { step: "draft".into(), fields: Default::default(), outcome: Some("submit".into()) };
    let mut version = cases.command(&expert, &case, done.version, submit, "").await?.version;
    if story.stage > Stage::Opinion {
        version = opinions(desk, story, &case, version).await?;
        version = ballots(desk, story, &case, version).await?;
    }
    if story.stage > Stage::Sign {
        let chair = desk.holder(Position::CHAIRPERSON, institution::STANDING_COMMITTEE).await?;
        version = cases.sign(&chair, &case, version, "nghi-quyet", "").await?.version;
    }
    if story.stage > Stage::Issue {
        let clerk = desk.holder(Position::CLERK, institution::REGISTRY).await?;
        let issued = cases.issue(&clerk, &case, version, "nghi-quyet", "").await?;
        cases.publish(&clerk, &case, issued.version, "nghi-quyet", "").await?;
    }
    Ok(())
}

async fn opinions(desk: &Desk<'_>, story: &Story, case: &CaseId, mut version: i64) -> anyhow::Result<i64> {
    for body in story.consulted {
        let chair = desk.holder(Position::CHAIRPERSON, body).await?;
        let opinion = Opinion {
            body: BodyId::new(*body)?,
            answer: "agree".into(),
            text: "Nhất trí với sự cần thiết, thẩm quyền và nội dung dự thảo nghị quyết.".into(),
            document: Some(NewBody::Upload(letter(desk, story, body, &chair).await?)),
        };
        version = desk.house.cases.give_opinion(&chair, case, version, opinion, "").await?.version;
    }
    Ok(version)
}

/// All answer, or only some where the ballot still runs; one of them says something.
async fn ballots(desk: &Desk<'_>, story: &Story, case: &CaseId, mut version: i64) -> anyhow::Result<i64> {
    let today = desk.house.journal.clock().now().day();
    let body = BodyId::new(institution::STANDING_COMMITTEE)?;
    let members = desk.house.directory.members(&body, today).await?;
    let answering = if story.stage == Stage::Ballot { ANSWERED } else { members.len() };
    for (place, member) in members.iter().take(answering).enumerate() {
        let ctx = desk.ctx(&member.assignment.person, &member.assignment.position.at(&body)).await?;
        let text = if place == 3 {
            "Tán thành; đề nghị rà soát kỹ thuật văn bản trước khi ký."
        } else {
            ""
        };
        version = desk.house.cases.cast_ballot(&ctx, case, version, "for", text, "").await?.version;
    }
    Ok(version)
}

/// The proposal as a paper.
fn proposal(desk: &Desk<'_>, story: &Story) -> anyhow::Result<Upload> {
    let now = desk.house.journal.clock().now();
    let data = json!({
        "issuer": {"superior": "QUỐC HỘI", "lines": ["VĂN PHÒNG QUỐC HỘI"]},
        "symbol": "TTr-VPQH", "place": "Hà Nội", "date": now.day(),
        "subject": format!("Về việc {}", lower_first(story.title)),
        "to": ["Ủy ban Thường vụ Quốc hội"],
        "text": ["Kính trình Ủy ban Thường vụ Quốc hội xem xét dự thảo Nghị quyết với nội dung sau:"],
        "sections": [
            {"heading": "SỰ CẦN THIẾT", "text": [story.reason]},
            {"heading": "NỘI DUNG", "text": [format!("Dự thảo Nghị quyết gồm {} điều, gửi kèm Tờ trình này.", story.articles.len())]},
        ],
        "closing": ["Kính trình Ủy ban Thường vụ Quốc hội xem xét, quyết định./."],
        "enclosed": ["Dự thảo Nghị quyết"],
        "recipients": ["Như trên"], "archive": "HC",
        "signer": {"title": "CHỦ NHIỆM", "name": "Đại biểu 014"},
    });
    let pdf = desk.house.papers.render("to-trinh", &data, now).context("the proposal")?.pdf;
    Ok(Upload { name: "to-trinh.pdf".into(), bytes: pdf })
}

/// A body's letter of opinion as a paper.
async fn letter(desk: &Desk<'_>, story: &Story, body: &str, chair: &Ctx) -> anyhow::Result<Upload> {
    let now = desk.house.journal.clock().now();
    let id = BodyId::new(body)?;
    let name = desk.house.directory.body(&id).await?.with_context(|| format!("there is no {body}"))?.name;
    let signer = chair.person().map_or("", |person| person.name.as_str());
    let title = if body == "hddt" { "CHỦ TỊCH" } else { "CHỦ NHIỆM" };
    let data = json!({
        "issuer": {"superior": "QUỐC HỘI KHÓA XV", "lines": lines(&name.to_uppercase())},
        "symbol": "CV", "place": "Hà Nội", "date": now.day(),
        "subject": format!("V/v cho ý kiến về dự thảo Nghị quyết: {}", lower_first(story.title)),
        "to": ["Văn phòng Quốc hội"],
        "text": [format!("Sau khi nghiên cứu hồ sơ, {name} có ý kiến như sau:")],
        "clauses": [
            {"text": ["Nhất trí với sự cần thiết và thẩm quyền ban hành Nghị quyết."]},
            {"text": ["Nhất trí với nội dung dự thảo; đề nghị rà soát kỹ thuật văn bản."]},
        ],
        "recipients": ["Như trên"], "archive": "HC",
        "signer": {"title": title, "name": signer},
    });
    let pdf = desk.house.papers.render("y-kien-uy-ban", &data, now).context("the letter of opinion")?.pdf;
    Ok(Upload { name: format!("y-kien-{body}.pdf"), bytes: pdf })
}

/// A body's name on one line, or on two that part no word of it: after a comma, before "VÀ", or after "ỦY BAN".
fn lines(name: &str) -> Vec<&str> {
    const ONE_LINE: usize = 22;
    if name.chars().count() <= ONE_LINE {
        return vec![name];
    }
    let parted = name.find(", ").map(|at| at + 1);
    let parted = parted.or_else(|| name.find(" VÀ ")).or_else(|| name.starts_with("ỦY BAN ").then_some("ỦY BAN".len()));
    parted.map_or(vec![name], |at| vec![&name[..at], name[at..].trim_start()])
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_stands_on_two_lines_and_no_word_is_parted() {
        assert_eq!(lines("HỘI ĐỒNG DÂN TỘC"), ["HỘI ĐỒNG DÂN TỘC"]);
        assert_eq!(lines("ỦY BAN PHÁP LUẬT VÀ TƯ PHÁP"), ["ỦY BAN PHÁP LUẬT", "VÀ TƯ PHÁP"]);
        assert_eq!(lines("ỦY BAN CÔNG TÁC ĐẠI BIỂU"), ["ỦY BAN", "CÔNG TÁC ĐẠI BIỂU"]);
        let science = "ỦY BAN KHOA HỌC, CÔNG NGHỆ VÀ MÔI TRƯỜNG";
        assert_eq!(lines(science), ["ỦY BAN KHOA HỌC,", "CÔNG NGHỆ VÀ MÔI TRƯỜNG"]);
    }
}
