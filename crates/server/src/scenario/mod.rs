//! `dienhong scenario`: five resolutions from the first proposal to a publication that anyone can verify.
//!
//! Everything is done at the pages, over HTTP, each person at a browser of their own that knows nothing but HTML: forms,
//! cookies, tokens, second factor. The house goes by a clock that the scenario moves on, some weeks behind the machine's,
//! so that deadlines pass and codes change without waiting; at the end it is the machine's clock again.
//!
//! This is for trying and testing on synthetic people. It must never run on an office's storage, and refuses to.

mod album;
mod browser;
mod cast;
mod checking;
mod clock;
mod deciding;
mod drafting;
mod report;

use crate::{
    command::serve,
    config::Config,
    demo::{
        self,
        accounts::Accounts,
        papers::{self, Letterhead},
        stories::{self, Story},
    },
    wire::House,
};
use anyhow::{Context, ensure};
use cast::{Cast, Visitor};
use clock::Walking;
use kernel::{Clock, Digest};
use report::{Report, Resolution};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use typeset::Papers;

/// How long before the present the story begins: long enough for a ballot's deadline and for dates two weeks on.
const BEGINS_DAYS_AGO: i64 = 45;
/// The register of resolutions and the numbers of the five.
const REGISTER: &str = "nq-ubtvqh";
const NUMBERS: [i64; 5] = [1336, 1343, 1344, 1345, 1350];

/// The house, served, and all who take part.
struct Stage<'a> {
    cast: &'a Cast,
    papers: &'a Papers,
    say: &'a mut dyn FnMut(&str),
}

/// Walks the whole scenario on fresh storage; the papers, the pages and the report are left in `out`.
///
/// # Errors
/// When the storage is not fresh, or anything at the pages is not as it should be.
pub async fn run(mut config: Config, data: &Path, out: &Path, say: &mut dyn FnMut(&str)) -> anyhow::Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    std::fs::create_dir_all(data).with_context(|| format!("cannot make the folder {}", data.display()))?;
    let begun = std::time::Instant::now();
    let clock = Arc::new(Walking::days_behind(BEGINS_DAYS_AGO));
    let house = House::open_by(&config, Arc::clone(&clock) as Arc<dyn Clock>).await?;
    ensure!(
        house.journal.position().await? == 0,
        "the scenario needs fresh storage, and this holds acts already: name another folder with --data, or another database"
    );
    let accounts = seed(&house, data, say).await?;
    config.web.listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = serve::listen(&config).await?;
    let base = format!("http://{}", listener.local_addr()?);
    config.web.public_url.clone_from(&base);
    let (papers, journal, storage) = (house.papers.clone(), house.journal.clone(), house.storage());
    std::fs::write(out.join("root.pem"), house.keys.root().await?.to_pem())?;

    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(async move {
        let until = async { drop(stopped.await) };
        serve::serve(house, &config, listener, until).await
    });
    say(&format!("serving at {base}"));
    let cast = Cast::new(accounts, base.parse()?, Arc::clone(&clock));
    let walked = Stage { cast: &cast, papers: &papers, say }.walk(out).await;
    let acts = journal.position().await?;
    // Whether it went well or not, the pages seen so far and a clean end help to see why.
    let pages_kept = cast.album.save(&out.join("pages"))?;
    clock.catch_up();
    drop(stop);
    served.await??;
    let resolutions = walked?;
    let took_ms = begun.elapsed().as_millis();
    let report = Report { storage, took_ms, pages_shown: cast.album.shown(), pages_kept, acts, resolutions };
    report.save(out)
}

async fn seed(house: &House, data: &Path, say: &mut dyn FnMut(&str)) -> anyhow::Result<Accounts> {
    let accounts = demo::institution(&house.directory, &house.master, &house.keys, say).await?;
    demo::cases::registers(house).await?;
    accounts.save(&data.join(demo::ACCOUNTS_FILE))?;
    Ok(accounts)
}

impl Stage<'_> {
    async fn walk(&mut self, out: &Path) -> anyhow::Result<Vec<Resolution>> {
        let mut resolutions = Vec::new();
        for (story, number) in stories::all(self.cast.clock.now().day()).iter().zip(NUMBERS) {
            let told = self.tell(story, number, out).await;
            resolutions.push(told.with_context(|| format!("resolution {number}: {}", story.title))?);
            (self.say)(&format!("{number}/NQ-UBTVQH15: {}", story.title));
        }
        self.later(&mut resolutions).await?;
        Ok(resolutions)
    }

    /// One resolution, from the proposal to the publication.
    async fn tell(&mut self, story: &Story, number: i64, out: &Path) -> anyhow::Result<Resolution> {
        let mut seen = Vec::new();
        let content = story.content();
        let mut expert = self.cast.sign_in(&format!("expert@{}", story.unit)).await?;
        let case = drafting::open_case(&mut expert, story).await?;
        let proposal = papers::proposal(self.papers, self.cast.clock.now(), story)?;
        drafting::attach(&mut expert, &case, "to-trinh", "Tờ trình", proposal).await?;
        let document = drafting::write(&mut expert, &case, &content).await?;
        if number == 1344 {
            self.edit_at_once(&mut expert, &document, &content.articles[0].paragraphs[0]).await?;
            seen.push("Hai người sửa một lúc: người sau thấy điều đã đổi và chữ của mình còn nguyên.".into());
        }
        drafting::hand_on(&mut expert, &case).await?;
        if number == 1343 {
            self.return_and_revise(story, &mut expert, &case, &document, &content.articles[0].paragraphs[0]).await?;
            seen.push("Cơ quan được hỏi trả lại kèm lý do; chuyên viên lưu bản thứ hai, so hai bản, trình lại.".into());
        }
        self.opinions(story, &case).await?;
        seen.push(format!("{} cơ quan cho ý kiến bằng văn bản.", story.consulted.len()));
        seen.push(self.ballot(number, &case).await?);

        let mut chair = self.cast.sign_in(&deciding::chairperson()).await?;
        deciding::sign(&mut chair, &case, number == 1350).await?;
        let mut clerk = self.cast.sign_in(&deciding::clerk()).await?;
        deciding::go_on_at(&mut clerk, REGISTER, number).await?;
        deciding::issue(&mut clerk, &case).await?;
        deciding::publish(&mut clerk, &case).await?;
        seen.push("Chủ tịch ký, văn thư cấp số và đóng dấu một lần dù gửi hai lần, rồi công bố.".into());

        let written = format!("{number}/NQ-UBTVQH15");
        let mut citizen = self.cast.citizen()?;
        let found = checking::find(&mut citizen, &written, story.title).await?;
        checking::verify(&mut citizen, &written, &found.pdf).await?;
        seen.push("Người dân tìm thấy, kiểm bằng số và bằng tệp; tệp bị sửa một byte thì không được nhận.".into());
        let acts = checking::audit(&mut self.cast.sign_in("auditor@vpqh").await?, &case).await?;
        seen.push(format!("Kiểm soát viên đi dọc {acts} bút lục; chuỗi liền mạch."));
        seen.extend(checking::effect(&mut clerk, story.procedure, false).await?.map(str::to_owned));

        let pdf = format!("{number}.pdf");
        std::fs::write(out.join(&pdf), &found.pdf)?;
        Ok(Resolution {
            number: written,
            subject: story.title.to_owned(),
            procedure: story.procedure,
            case,
            address: found.address,
            pdf,
            sha256: Digest::of(&[&found.pdf]).to_string(),
            text: content.articles.iter().flat_map(|a| a.paragraphs.iter().cloned()).collect(),
            seen,
        })
    }

    /// The same draft in two windows: the second to save is told what changed, and nothing that was typed is lost.
    async fn edit_at_once(&self, first: &mut Visitor<'_>, document: &str, words: &str) -> anyhow::Result<()> {
        let mut second = self.cast.sign_in_as(first.account, "expert").await?;
        let typed = format!("{words} Bản của cửa sổ thứ hai.");
        let paragraph = "articles.0.paragraphs.0";
        let late = drafting::revision(&mut second, document, paragraph, &typed, "cửa sổ thứ hai").await?;
        let reviewed = format!("{words} Bản của cửa sổ thứ nhất.");
        drafting::revise(first, document, paragraph, &reviewed, "rà soát câu chữ").await?;
        let page = second.browser.send(late).await?;
        ensure!(page.status == reqwest::StatusCode::CONFLICT, "a late form was answered {}", page.status);
        ensure!(page.html.contains("Bản của cửa sổ thứ hai."), "what was typed is lost: {}", page.words());
        ensure!(
            page.shows("rà soát câu chữ") || page.words_of("main ol, main ul")?.is_some(),
            "what changed is not told"
        );
        drafting::revise(&mut second, document, paragraph, words, "đã xem thay đổi").await
    }

    async fn return_and_revise(
        &self,
        story: &Story,
        expert: &mut Visitor<'_>,
        case: &str,
        document: &str,
        words: &str,
    ) -> anyhow::Result<()> {
        let mut chair = self.cast.sign_in(&deciding::chair_of(story.consulted[0])).await?;
        let reason = "Đề nghị nêu rõ cơ quan công bố kết quả đo các mục tiêu.";
        deciding::send_back(&mut chair, case, reason).await?;
        let page = expert.browser.open(case).await?;
        ensure!(page.shows(reason), "the reason of the return is not shown: {}", page.words());
        let better = format!("{words} Kết quả được công bố hằng quý.");
        drafting::revise(expert, document, "articles.0.paragraphs.0", &better, "theo ý kiến trả lại").await?;
        let page = expert.browser.open(&format!("{document}/compare")).await?;
        ensure!(page.shows("công bố hằng quý"), "the comparison does not show the change: {}", page.words());
        drafting::revise(expert, document, "articles.0.paragraphs.0", words, "ghi ở Điều 4").await?;
        drafting::hand_on(expert, case).await
    }

    async fn opinions(&self, story: &Story, case: &str) -> anyhow::Result<()> {
        for body in story.consulted {
            let mut chair = self.cast.sign_in(&deciding::chair_of(body)).await?;
            let page = chair.browser.open(&format!("/bodies/{body}")).await?;
            let name = page.words_of("h1")?.context("the body's page has no name")?;
            let from = Letterhead { body: (*body).to_owned(), name, signer: chair.account.name.clone() };
            let letter = papers::letter(self.papers, self.cast.clock.now(), story, &from)?;
            deciding::opinion(&mut chair, case, letter).await?;
        }
        Ok(())
    }

    /// The ballot; returns how it went, in words.
    async fn ballot(&self, number: i64, case: &str) -> anyhow::Result<String> {
        let members = deciding::members(self.cast);
        let answers = how_they_answer(number, members.len());
        for (place, account) in members.iter().take(answers.answering).enumerate() {
            let role = if place == 0 { "chairperson" } else { "member" };
            let mut member = self.cast.sign_in_as(account, role).await?;
            if number == 1350 && place == 1 {
                let page = member.browser.open(&format!("{case}/ballot?lang=en")).await?;
                ensure!(page.shows("In favour"), "the ballot is not in English: {}", page.words());
            }
            let (_, answer, words) =
                answers.otherwise.iter().find(|(at, ..)| *at == place).copied().unwrap_or((place, "for", ""));
            let cast = deciding::vote(&mut member, case, answer, words).await;
            cast.with_context(|| format!("the ballot of {}", account.login))?;
        }
        let mut clerk = self.cast.sign_in(&deciding::clerk()).await?;
        let all_answered = answers.answering == members.len();
        if !all_answered {
            let page = clerk.browser.open(case).await?;
            ensure!(page.form(&format!("form[action='{case}/sign']")).is_err(), "the ballot closed too early");
            self.cast.clock.pass(9 * 86_400)?;
            clerk = self.cast.sign_in(&deciding::clerk()).await?;
        }
        let mut chair = self.cast.sign_in(&deciding::chairperson()).await?;
        for _ in 0..200 {
            if chair.browser.try_open(&format!("{case}/sign")).await?.status.is_success() {
                let page = clerk.browser.open(&format!("{case}/tally")).await?;
                ensure!(page.words_of(".dh-notice--good")?.is_some(), "the count is not told: {}", page.words());
                let n = answers.answering - answers.otherwise.len();
                let closed = if all_answered { "mọi thành viên đã trả lời" } else { "hết thời hạn" };
                return Ok(format!("Phiếu: {n}/{} tán thành trên tổng số; đóng vì {closed}.", members.len()));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("the ballot did not close: {}", clerk.browser.open(case).await?.words())
    }

    /// When the dates have come that some resolutions name.
    async fn later(&mut self, resolutions: &mut [Resolution]) -> anyhow::Result<()> {
        self.cast.clock.pass(15 * 86_400)?;
        let mut admin = self.cast.sign_in("admin@vu-chuyen-doi-so").await?;
        for resolution in resolutions {
            resolution.seen.extend(checking::effect(&mut admin, resolution.procedure, true).await?.map(str::to_owned));
        }
        for place in
            ["/", "/cases", "/registers/nq-ubtvqh", "/procedures", "/people", "/bodies", "/indicators", "/account"]
        {
            admin.browser.open(place).await?;
        }
        Ok(())
    }
}

/// Most resolutions are agreed by all; one is not, and one lets the deadline pass.
fn how_they_answer(number: i64, members: usize) -> deciding::Ballot {
    match number {
        1345 => deciding::Ballot {
            answering: members - 3,
            otherwise: &[(4, "against", ""), (5, "other", "Đề nghị nêu rõ thời hạn.")],
        },
        1350 => {
            deciding::Ballot { answering: members, otherwise: &[(7, "other", "Đề nghị rà soát câu chữ.")] }
        }
        _ => deciding::Ballot { answering: members, otherwise: &[] },
    }
}
