//! The expert's part: opening a case by the procedure's form, attaching the proposal, writing the resolution in the
//! structured editor.

use super::{browser::Form, cast::Visitor};
use crate::demo::stories::Story;
use anyhow::{Context, ensure};
use records::{Upload, content::Content};
use serde_json::Value;

/// Opens the case; returns its address, `/cases/case-…`.
///
/// # Errors
/// When a page refuses or lacks what is needed.
pub async fn open_case(expert: &mut Visitor<'_>, story: &Story) -> anyhow::Result<String> {
    let place = format!("/cases/new/{}", story.procedure);
    let choice = expert.browser.open("/cases/new").await?;
    ensure!(choice.hrefs("main a")?.contains(&place), "{place} is not offered");
    expert.browser.open(&place).await?;
    let css = format!("form[action='{place}']");
    for (key, value) in &story.form() {
        if let Value::Array(rows) = value {
            for _ in rows {
                let form = fill(expert, &css, story)?.press("row", &format!("add f.{key}"))?;
                expert.browser.submit(form).await?;
            }
        }
    }
    let form = fill(expert, &css, story)?;
    let page = expert.browser.submit(form).await?;
    let path = page.url.path().to_owned();
    ensure!(path.starts_with("/cases/case-"), "the case was not opened: {}", page.words());
    Ok(path)
}

/// The open page's form with everything filled in that has a place on it by now.
fn fill(expert: &Visitor<'_>, css: &str, story: &Story) -> anyhow::Result<Form> {
    let page = expert.browser.page();
    let mut form = page.form(css)?.set("title", story.title)?;
    let typed = |value: &Value| -> anyhow::Result<String> {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // People and bodies are chosen from the suggestions, where there is one: “name · code”.
        Ok(page.suggestion(&text)?.unwrap_or(text))
    };
    for (key, value) in &story.form() {
        let mut cells = Vec::new();
        match value {
            Value::Array(rows) => {
                for (at, row) in rows.iter().enumerate() {
                    match row {
                        Value::Object(columns) => {
                            cells.extend(columns.iter().map(|(column, v)| (format!("f.{key}.{at}.{column}"), v)));
                        }
                        code => cells.push((format!("f.{key}.{at}.code"), code)),
                    }
                }
            }
            one => cells.push((format!("f.{key}"), one)),
        }
        for (name, value) in cells {
            // Cells of rows that are still to be added have no place yet; every other field must.
            if name.matches('.').count() < 2 || form.has(&name) {
                form = form.set(&name, typed(value)?)?;
            }
        }
    }
    Ok(form)
}

/// Attaches a file to the step's document of this kind.
///
/// # Errors
/// When a page refuses.
pub async fn attach(expert: &mut Visitor<'_>, case: &str, kind: &str, title: &str, file: Upload) -> anyhow::Result<()> {
    let place = format!("{case}/documents/{kind}");
    let step = expert.browser.open(&format!("{case}/step")).await?;
    ensure!(step.hrefs("main a")?.contains(&place), "{place} is not offered");
    let page = expert.browser.open(&place).await?;
    let form = page.form(&format!("form[action='{place}']"))?.set("title", title)?;
    let form = form.attach("file", &file.name, file.bytes.to_vec())?;
    expert.browser.submit(form).await?;
    Ok(())
}

const EDITOR: &str = "form.dh-edit";

/// Writes the resolution in the editor, looks at it as a paper, and saves; returns its address, `/documents/document-…`.
///
/// # Errors
/// When a page refuses.
pub async fn write(expert: &mut Visitor<'_>, case: &str, content: &Content) -> anyhow::Result<String> {
    expert.browser.open(&format!("{case}/documents/nghi-quyet")).await?;
    rows(expert, content).await?;
    let form = text(expert.browser.page().form(EDITOR)?, content)?;
    let page = expert.browser.submit(form.press("act", "preview")?).await?;
    let images = page.sources("#preview img")?;
    ensure!(!images.is_empty(), "the preview shows no page: {}", page.words());
    let (kind, bytes) = expert.browser.fetch(&images[0]).await?;
    ensure!(
        kind.starts_with("image/") && bytes.len() > 5_000,
        "the preview's first page is {kind}, {} bytes",
        bytes.len()
    );
    let form = expert.browser.page().form(EDITOR)?.press("act", "save")?;
    let page = expert.browser.submit(form).await?;
    ensure!(page.url.path().starts_with("/documents/") || page.url.path().starts_with(case), "saved to {}", page.url);
    let case_page = expert.browser.open(case).await?;
    let documents = case_page.hrefs("main a[href^='/documents/']")?;
    for document in documents.into_iter().filter(|href| href.matches('/').count() == 2) {
        let page = expert.browser.open(&document).await?;
        if page.shows(&content.articles[0].paragraphs[0]) {
            return Ok(document);
        }
    }
    anyhow::bail!("the case shows no document with the text of the resolution")
}

/// Adds rows until every part of the text has its place.
async fn rows(expert: &mut Visitor<'_>, content: &Content) -> anyhow::Result<()> {
    room(expert, "bases", content.bases.len()).await?;
    room(expert, "recipients", content.recipients.len()).await?;
    for (a, article) in content.articles.iter().enumerate() {
        room(expert, "articles", a + 1).await?;
        room(expert, &format!("articles.{a}.paragraphs"), article.paragraphs.len()).await?;
        for (c, clause) in article.clauses.iter().enumerate() {
            room(expert, &format!("articles.{a}.clauses"), c + 1).await?;
            room(expert, &format!("articles.{a}.clauses.{c}.points"), clause.points.len()).await?;
        }
    }
    Ok(())
}

/// Makes exactly so many rows of a part; rows of a container count when any of their fields is there.
async fn room(expert: &mut Visitor<'_>, path: &str, wanted: usize) -> anyhow::Result<()> {
    loop {
        let form = expert.browser.page().form(EDITOR)?;
        let there = form.rows(path);
        let form = match there.cmp(&wanted) {
            std::cmp::Ordering::Equal => return Ok(()),
            std::cmp::Ordering::Less => form.press("row", &format!("add {path}"))?,
            // A container that will get its own rows later may have more of them.
            std::cmp::Ordering::Greater if matches!(path, "articles") || path.ends_with(".clauses") => return Ok(()),
            std::cmp::Ordering::Greater => form.press("row", &format!("remove {path}.{}", there - 1))?,
        };
        let page = expert.browser.submit(form).await?;
        let now = page.form(EDITOR)?.rows(path);
        ensure!(now != there, "the editor neither added nor removed a row of {path}");
    }
}

fn text(form: Form, content: &Content) -> anyhow::Result<Form> {
    let mut form = form.set("subject", &content.subject)?.set("archive", &content.archive)?;
    for (at, base) in content.bases.iter().enumerate() {
        form = form.set(&format!("bases.{at}"), base)?;
    }
    for (at, recipient) in content.recipients.iter().enumerate() {
        form = form.set(&format!("recipients.{at}"), recipient)?;
    }
    for (a, article) in content.articles.iter().enumerate() {
        form = form.set(&format!("articles.{a}.heading"), &article.heading)?;
        for (p, paragraph) in article.paragraphs.iter().enumerate() {
            form = form.set(&format!("articles.{a}.paragraphs.{p}"), paragraph)?;
        }
        for (c, clause) in article.clauses.iter().enumerate() {
            form = form.set(&format!("articles.{a}.clauses.{c}.text"), &clause.text)?;
            for (p, point) in clause.points.iter().enumerate() {
                form = form.set(&format!("articles.{a}.clauses.{c}.points.{p}"), point)?;
            }
        }
    }
    form.set("signature.authority", &content.signature.authority)?.set("signature.title", &content.signature.title)
}

/// Saves a further version with one paragraph changed; returns the form as it was sent, for whoever sends it late.
///
/// # Errors
/// When the page refuses.
pub async fn revise(
    expert: &mut Visitor<'_>,
    document: &str,
    paragraph: &str,
    words: &str,
    note: &str,
) -> anyhow::Result<()> {
    let form = revision(expert, document, paragraph, words, note).await?;
    expert.browser.submit(form).await?;
    Ok(())
}

/// The editor's form for a further version, filled in and not yet sent.
///
/// # Errors
/// When the page is not there.
pub async fn revision(
    expert: &mut Visitor<'_>,
    document: &str,
    paragraph: &str,
    words: &str,
    note: &str,
) -> anyhow::Result<Form> {
    let page = expert.browser.open(&format!("{document}/edit")).await?;
    page.form(EDITOR)?.set(paragraph, words)?.set("note", note)?.press("act", "save")
}

/// Hands the case on.
///
/// # Errors
/// When the page refuses.
pub async fn hand_on(expert: &mut Visitor<'_>, case: &str) -> anyhow::Result<()> {
    let page = expert.browser.open(&format!("{case}/step")).await?;
    let form = page.form(&format!("form[action='{case}/complete']")).context("the step's form")?;
    let form = form.set("outcome", "submit")?;
    expert.browser.submit(form).await?;
    Ok(())
}
