//! Opens the five cases and takes each to its stage, person by person, through the services.

use super::{
    desk::Desk,
    institution, papers,
    stories::{self, Stage, Story},
};
use crate::wire::House;
use anyhow::Context;
use cases::Opinion;
use directory::Position;
use kernel::{BodyId, CaseId, Ctx, Grade};
use procedure::Command;
use records::{NewBody, NewRegister, Series};

/// The register of the Standing Committee's individual resolutions.
const REGISTER: &str = "nq-ubtvqh";
/// The numbers of the five resolutions: between the first two others were given outside the sample.
const FIRST_NUMBER: i64 = 1336;
const SECOND_NUMBER: i64 = 1343;
/// How many of the 18 members have answered where the ballot still runs.
const ANSWERED: usize = 7;

/// The register of incoming documents.
const INCOMING_REGISTER: &str = "van-ban-den";
/// The other registers that procedures number their documents in: code, body, symbol, how it counts.
const OTHER_REGISTERS: [(&str, &str, &str, Series); 7] = [
    ("nq-ubtvqh-qppl", institution::STANDING_COMMITTEE, "UBTVQH15", Series::YearInNumber),
    ("luat", institution::ASSEMBLY, "QH15", Series::YearInNumber),
    ("nq-quoc-hoi", institution::ASSEMBLY, "QH15", Series::YearInNumber),
    ("cv-vpqh", institution::OFFICE, "VPQH-TH", Series::Year),
    ("qd-vpqh", institution::OFFICE, "QĐ-VPQH", Series::Year),
    ("tb-vpqh", institution::OFFICE, "TB-VPQH", Series::Year),
    ("phieu-chuyen-don", "ub-dan-nguyen-giam-sat", "PC-UBDNGS15", Series::Year),
];

/// Opens the registers that the procedures name; that of resolutions goes on at the first of the five.
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
    let seed = super::seeding(&house.journal);
    house.records.open_register(&seed, register).await.context("the register of resolutions")?;
    let incoming = NewRegister {
        code: INCOMING_REGISTER.into(),
        body: institution::OFFICE.into(),
        title: "Sổ đăng ký văn bản đến".into(),
        symbol: "ĐẾN".into(),
        series: Series::Year,
        grade: Grade::Open,
        next: 1,
    };
    house.records.open_register(&seed, incoming).await.context("the register of incoming documents")?;
    for (code, body, symbol, series) in OTHER_REGISTERS {
        let title = house.cases.catalogue().references().registers.get(code).map(|name| name.vi.clone());
        let title = title.with_context(|| format!("no procedure may name the register {code}"))?;
        let register = NewRegister {
            code: code.into(),
            body: body.into(),
            title,
            symbol: symbol.into(),
            series,
            grade: Grade::Open,
            next: 1,
        };
        house.records.open_register(&seed, register).await.with_context(|| format!("the register {code}"))?;
    }
    Ok(())
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
    let now = desk.house.journal.clock().now();
    let proposal = NewBody::Upload(papers::proposal(&desk.house.papers, now, story)?);
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
    let now = desk.house.journal.clock().now();
    for body in story.consulted {
        let chair = desk.holder(Position::CHAIRPERSON, body).await?;
        let opinion = Opinion {
            body: BodyId::new(*body)?,
            answer: "agree".into(),
            text: "Nhất trí với sự cần thiết, thẩm quyền và nội dung dự thảo nghị quyết.".into(),
            document: Some(NewBody::Upload(papers::letter(
                &desk.house.papers,
                now,
                story,
                &letterhead(desk, body, &chair).await?,
            )?)),
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

/// Who writes a letter of opinion.
async fn letterhead(desk: &Desk<'_>, body: &str, chair: &Ctx) -> anyhow::Result<papers::Letterhead> {
    let id = BodyId::new(body)?;
    let name = desk.house.directory.body(&id).await?.with_context(|| format!("there is no {body}"))?.name;
    let signer = chair.person().map_or_else(String::new, |person| person.name.clone());
    Ok(papers::Letterhead { body: body.to_owned(), name, signer })
}
