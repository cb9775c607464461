//! What others see afterwards: the citizen finds and verifies the resolution, the auditor walks the journal, officials
//! see that what was decided has happened.

use super::{browser::Browser, cast::Visitor};
use crate::demo::{institution, roster};
use anyhow::{Context, ensure};
use std::time::Duration;

/// A resolution as the public finds it.
pub struct Found {
    /// The public address.
    pub address: String,
    /// The paper.
    pub pdf: Vec<u8>,
}

/// The citizen finds the resolution by its number, reads it, gets the paper and its proof.
///
/// # Errors
/// When it is not there as it should be.
pub async fn find(citizen: &mut Browser, number: &str, subject: &str) -> anyhow::Result<Found> {
    let list = citizen.open("/resolutions").await?;
    ensure!(list.shows(number), "{number} is not on the public list");
    for address in list.hrefs("main a[href^='/resolutions/document-']")? {
        let page = citizen.open(&address).await?;
        if !page.words_of("main")?.unwrap_or_default().contains(number) {
            continue;
        }
        ensure!(page.shows(subject), "the page of {number} does not carry its subject");
        let (kind, pdf) = citizen.fetch(&format!("{address}/paper.pdf")).await?;
        ensure!(kind == "application/pdf" && pdf.starts_with(b"%PDF-"), "the paper of {number} is {kind}");
        let proof = proof(citizen, &format!("{address}/proof.json")).await?;
        serde_json::from_slice::<serde_json::Value>(&proof).context("the proof is no JSON")?;
        return Ok(Found { address, pdf });
    }
    anyhow::bail!("no public page carries {number}")
}

/// A proof of a place in the journal. The newest acts get theirs with the next signed head, a moment later.
async fn proof(browser: &Browser, path: &str) -> anyhow::Result<Vec<u8>> {
    for _ in 0..50 {
        if let Ok((_, proof)) = browser.fetch(path).await {
            return Ok(proof);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("{path} is not there after 5 s")
}

const FORM: &str = "form[action='/verify']";

/// The citizen verifies by number, by file, and with a file in which one byte was changed.
///
/// # Errors
/// When a genuine paper is doubted or a changed one is not.
pub async fn verify(citizen: &mut Browser, number: &str, pdf: &[u8]) -> anyhow::Result<()> {
    let page = citizen.open("/verify").await?;
    let by_number = page.form(FORM)?.set("number", number)?;
    let by_file = page.form(FORM)?.attach("file", "nghi-quyet.pdf", pdf.to_vec())?;
    for form in [by_number, by_file] {
        let page = citizen.submit(form).await?;
        ensure!(page.shows("Văn bản thật, còn nguyên vẹn"), "{number} is not called genuine: {}", page.words());
        ensure!(page.shows(number), "the answer does not name {number}");
    }
    let mut changed = pdf.to_vec();
    let at = changed.len() / 5;
    changed[at] ^= 1;
    let form = citizen.open("/verify").await?.form(FORM)?.attach("file", "nghi-quyet.pdf", changed)?;
    let page = citizen.submit(form).await?;
    ensure!(!page.shows("Văn bản thật, còn nguyên vẹn"), "a changed byte was not noticed");
    Ok(())
}

/// The auditor walks the case's acts, from the first to the last, and has the chain recomputed; returns how many.
///
/// # Errors
/// When the chain does not hold or an act is not to be seen.
pub async fn audit(auditor: &mut Visitor<'_>, case: &str) -> anyhow::Result<usize> {
    let stream = case.replace("/cases/", "case:");
    let page = auditor.browser.open(&format!("/journal/{stream}?check=chain")).await?;
    ensure!(
        page.words_of(".dh-notice--good")?.is_some(),
        "the chain of {stream} is not said to hold: {}",
        page.words()
    );
    let mut place = format!("/journal/{stream}/1");
    let mut acts = 0;
    loop {
        let page = auditor.browser.open(&place).await?;
        acts += 1;
        let next = format!("/journal/{stream}/{}", acts + 1);
        if !page.hrefs("main a")?.contains(&next) {
            break;
        }
        place = next;
    }
    let proof = proof(&auditor.browser, &format!("{place}/proof.json")).await?;
    let proof: serde_json::Value = serde_json::from_slice(&proof).context("the proof of an act is no JSON")?;
    ensure!(proof.is_object(), "the proof of an act is {proof}");
    Ok(acts)
}

/// What each resolution changed, as the pages of people, bodies and indicators show it. `later` is after its dates came.
///
/// # Errors
/// When a page does not show it.
pub async fn effect(reader: &mut Visitor<'_>, procedure: &str, later: bool) -> anyhow::Result<Option<&'static str>> {
    let browser = &mut reader.browser;
    Ok(match (procedure, later) {
        ("personnel-approval", false) => {
            let page = browser.open(&format!("/people/{}", roster::ca_mau_vice_chair())).await?;
            ensure!(page.shows("đã thôi"), "the position in the People's Council has not ended: {}", page.words());
            Some("Chức vụ tại Hội đồng nhân dân tỉnh Cà Mau đã kết thúc trong danh bạ.")
        }
        ("programme", false) => {
            let page = browser.open("/indicators").await?;
            for name in ["được trang bị chữ ký số", "thực hiện trên môi trường số", "được số hóa"]
            {
                ensure!(page.shows(name), "the indicators do not show “{name}”: {}", page.words());
            }
            Some("Các chỉ tiêu hiện trên trang chỉ số, tính trực tiếp từ dữ liệu.")
        }
        ("drafting-committee", false) => {
            let page = browser.open("/bodies/bst-luat-to-chuc-quoc-hoi").await?;
            for person in
                ["Đại biểu 002", "Đại biểu 007", "Đại biểu 014", "Đại biểu 012", "Đại biểu 056", "Chuyên viên 001"]
            {
                ensure!(page.shows(person), "the drafting committee lacks {person}: {}", page.words());
            }
            Some("Ban soạn thảo có trong danh bạ với đủ sáu thành viên.")
        }
        ("deputy-assignment", true) => {
            let page = browser.open(&format!("/people/{}", roster::lam_dong_deputy())).await?;
            ensure!(page.shows("chuyên trách"), "the deputy is not full-time: {}", page.words());
            Some("Đại biểu hoạt động chuyên trách tại Đoàn Lâm Đồng từ ngày đã định.")
        }
        ("staff-regime", true) => {
            for body in [institution::INSTITUTE, institution::BROADCASTER] {
                let page = browser.open(&format!("/bodies/{body}")).await?;
                ensure!(
                    page.hrefs("aside a")?.contains(&format!("/bodies/{}", institution::OFFICE)),
                    "{body} has not passed to the Office"
                );
            }
            let page = browser.open("/people/vc-005").await?;
            ensure!(page.shows("Văn phòng Quốc hội"), "the staff have not passed to the Office: {}", page.words());
            ensure!(page.shows("lương, phụ cấp"), "the regime is not shown: {}", page.words());
            Some("Hai cơ quan đã kết thúc, người làm việc chuyển về Văn phòng Quốc hội và được giữ chế độ.")
        }
        _ => None,
    })
}
