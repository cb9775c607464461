//! From the opinions to the publication: each person reads and answers at the pages that are theirs.

use super::cast::{Cast, Visitor};
use crate::demo::{
    accounts::Account,
    institution::{COMMITTEES, REGISTRY, STANDING_COMMITTEE},
};
use anyhow::{Context, ensure};
use records::Upload;

/// How the members answer the ballot.
pub struct Ballot {
    /// How many of those who can vote answer at all; the others let the deadline pass.
    pub answering: usize,
    /// Which of them answers otherwise than “for”: place, answer, words.
    pub otherwise: &'static [(usize, &'static str, &'static str)],
}

/// A committee gives its opinion with its letter.
///
/// # Errors
/// When a page refuses.
pub async fn opinion(chair: &mut Visitor<'_>, case: &str, letter: Upload) -> anyhow::Result<()> {
    let page = chair.browser.open("/").await?;
    ensure!(page.hrefs("main a")?.iter().any(|h| h.starts_with(case)), "the home page does not name {case}");
    let page = chair.browser.open(&format!("{case}/opinion")).await?;
    let form = page.form(&format!("form[action='{case}/opinion']"))?.set("answer", "agree")?;
    let form = form.set("text", "Nhất trí với sự cần thiết, thẩm quyền và nội dung dự thảo nghị quyết.")?;
    let form = form.attach("file", &letter.name, letter.bytes)?;
    chair.browser.submit(form).await?;
    Ok(())
}

/// A committee sends the case back with a reason.
///
/// # Errors
/// When a page refuses.
pub async fn send_back(chair: &mut Visitor<'_>, case: &str, reason: &str) -> anyhow::Result<()> {
    let page = chair.browser.open(&format!("{case}/opinion")).await?;
    let form = page.form(&format!("form[action='{case}/return']"))?.set("reason", reason)?;
    chair.browser.submit(form).await?;
    Ok(())
}

/// The members of the Standing Committee, the Chairperson first.
pub fn members(cast: &Cast) -> Vec<&Account> {
    let positions = ["chairperson", "vice-chairperson", "member"];
    positions.iter().flat_map(|position| cast.holders(&format!("{position}@{STANDING_COMMITTEE}"))).collect()
}

/// One member answers: chooses, reads what will be recorded, confirms with the second factor.
///
/// # Errors
/// When a page refuses.
pub async fn vote(member: &mut Visitor<'_>, case: &str, answer: &str, words: &str) -> anyhow::Result<()> {
    let page = member.browser.open(&format!("{case}/ballot")).await?;
    let form = page.form(&format!("form[action='{case}/ballot']"))?.set("answer", answer)?.set("text", words)?;
    let confirm = member.browser.submit(form).await?;
    let form = confirm.form(&format!("form[action='{case}/ballot/confirm']"))?;
    let code = member.code()?;
    member.browser.submit(form.set("code", code)?).await?;
    // A ballot is given once.
    let again = member.browser.try_open(&format!("{case}/ballot")).await?;
    ensure!(again.form(&format!("form[action='{case}/ballot']")).is_err(), "a second ballot is offered");
    Ok(())
}

/// Signs as the Chairperson; `stumble` first sends a wrong code, which must be refused with nothing done.
///
/// # Errors
/// When a page refuses, or the wrong code is taken.
pub async fn sign(chair: &mut Visitor<'_>, case: &str, stumble: bool) -> anyhow::Result<()> {
    let page = chair.browser.open("/").await?;
    ensure!(
        page.hrefs("main a")?.iter().any(|h| h.starts_with(case)),
        "the Chairperson's home page does not name {case}"
    );
    let css = format!("form[action='{case}/sign']");
    let mut page = chair.browser.open(&format!("{case}/sign")).await?.clone();
    if stumble {
        let form = page.form(&css)?.set("code", "000000")?;
        page = chair.browser.send(form).await?.clone();
        ensure!(page.status.is_client_error(), "a wrong code was answered {}", page.status);
        ensure!(page.words_of(".govuk-error-summary")?.is_some(), "a wrong code is not told: {}", page.words());
    }
    let form = page.form(&css)?;
    let code = chair.code()?;
    chair.browser.submit(form.set("code", code)?).await?;
    Ok(())
}

/// Gives number and date and applies the seal. The form is sent twice, as by a hasty hand: one number is given.
///
/// # Errors
/// When a page refuses.
pub async fn issue(clerk: &mut Visitor<'_>, case: &str) -> anyhow::Result<()> {
    let page = clerk.browser.open(&format!("{case}/issue")).await?;
    let form = page.form(&format!("form[action='{case}/issue']"))?;
    let form = form.set("code", clerk.code()?)?;
    clerk.browser.submit(form.clone()).await?;
    clerk.browser.submit(form).await.context("the same form sent again")?;
    Ok(())
}

/// Publishes.
///
/// # Errors
/// When a page refuses.
pub async fn publish(clerk: &mut Visitor<'_>, case: &str) -> anyhow::Result<()> {
    let page = clerk.browser.open(&format!("{case}/publish")).await?;
    let form = page.form(&format!("form[action='{case}/publish']"))?;
    let form = form.set("code", clerk.code()?)?;
    clerk.browser.submit(form).await?;
    Ok(())
}

/// Lets the register go on at a number, when numbers between were given elsewhere.
///
/// # Errors
/// When a page refuses.
pub async fn go_on_at(clerk: &mut Visitor<'_>, register: &str, number: i64) -> anyhow::Result<()> {
    let place = format!("/registers/{register}/continue");
    let page = clerk.browser.open(&format!("/registers/{register}")).await?;
    if page.shows(&format!("số kế tiếp {number}/")) {
        return Ok(());
    }
    ensure!(page.hrefs("main a")?.contains(&place), "{place} is not offered");
    let page = clerk.browser.open(&place).await?;
    let form = page.form(&format!("form[action='{place}']"))?.set("next", number.to_string())?;
    let form = form.set("reason", "Các số ở giữa đã cấp cho văn bản ngoài dữ liệu mẫu")?;
    let form = form.set("code", clerk.code()?)?;
    clerk.browser.submit(form).await?;
    Ok(())
}

/// The seat of a committee's chair, and of the registry's clerk.
pub fn chair_of(committee: &str) -> String {
    debug_assert!(COMMITTEES.iter().any(|(code, _)| *code == committee));
    format!("chairperson@{committee}")
}

/// The seat of the clerk.
pub fn clerk() -> String {
    format!("clerk@{REGISTRY}")
}

/// The seat of the Chairperson.
pub fn chairperson() -> String {
    format!("chairperson@{STANDING_COMMITTEE}")
}
