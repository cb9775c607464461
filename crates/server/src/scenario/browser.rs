//! A person at a browser without JavaScript: opens pages, fills in the forms that stand on them, follows redirects.
//!
//! It knows nothing of the program's insides: a field that the page does not offer cannot be sent, and what a form
//! carries hidden (CSRF and idempotency tokens, versions) is sent back as it came.

use super::album::Album;
use anyhow::{bail, ensure};
use reqwest::{Client, Response, StatusCode, Url, header, redirect};
use scraper::{ElementRef, Html, Selector};
use std::sync::Arc;

/// One person's browser, with its own cookies.
pub struct Browser {
    client: Client,
    base: Url,
    album: Arc<Album>,
    /// What kind of reader sits at it.
    role: String,
    /// The page that is open now.
    page: Page,
}

/// An opened page.
#[derive(Clone)]
pub struct Page {
    /// Where it came from, after redirects.
    pub url: Url,
    /// The status.
    pub status: StatusCode,
    /// The HTML.
    pub html: String,
}

/// A form of the open page, filled in.
#[derive(Clone)]
pub struct Form {
    action: Url,
    post: bool,
    multipart: bool,
    fields: Vec<(String, String)>,
    files: Vec<(String, String, Vec<u8>)>,
    /// Names that the page offers.
    offered: Vec<String>,
}

fn selector(css: &str) -> anyhow::Result<Selector> {
    Selector::parse(css).map_err(|e| anyhow::anyhow!("the selector {css} is not right: {e}"))
}

impl Browser {
    /// A fresh browser for the program at `base`, which shows its pages to an album.
    pub fn new(base: &Url, role: &str, album: Arc<Album>) -> anyhow::Result<Browser> {
        let client = Client::builder().cookie_store(true).redirect(redirect::Policy::limited(5)).build()?;
        let page = Page { url: base.clone(), status: StatusCode::OK, html: String::new() };
        Ok(Browser { client, base: base.clone(), album, role: role.to_owned(), page })
    }

    /// The page that is open now.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// Opens a path and expects it to be there.
    pub async fn open(&mut self, path: &str) -> anyhow::Result<&Page> {
        let url = self.page.url.join(path).or_else(|_| self.base.join(path))?;
        let answer = self.client.get(url).send().await?;
        self.arrive("GET", answer).await?;
        ensure!(self.page.status.is_success(), "{path} answered {}: {}", self.page.status, self.page.words());
        Ok(&self.page)
    }

    /// Opens a path and takes whatever comes.
    pub async fn try_open(&mut self, path: &str) -> anyhow::Result<&Page> {
        let answer = self.client.get(self.base.join(path)?).send().await?;
        self.arrive("GET", answer).await?;
        Ok(&self.page)
    }

    /// Fetches bytes, such as a PDF, without leaving the page.
    pub async fn fetch(&self, path: &str) -> anyhow::Result<(String, Vec<u8>)> {
        let answer = self.client.get(self.page.url.join(path)?).send().await?;
        ensure!(answer.status().is_success(), "{path} answered {}", answer.status());
        let kind = answer.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        Ok((kind, answer.bytes().await?.to_vec()))
    }

    /// Sends a form and takes the page that answers, whatever its status.
    pub async fn send(&mut self, form: Form) -> anyhow::Result<&Page> {
        let sent_to = form.action.path().to_owned();
        let posted = form.post;
        let request = match (form.post, form.multipart) {
            (false, _) => self.client.get(form.action).query(&form.fields),
            (true, false) => self.client.post(form.action).form(&form.fields),
            (true, true) => {
                let mut body = reqwest::multipart::Form::new();
                for (name, value) in form.fields {
                    body = body.text(name, value);
                }
                for (name, file_name, bytes) in form.files {
                    body = body.part(name, reqwest::multipart::Part::bytes(bytes).file_name(file_name));
                }
                self.client.post(form.action).multipart(body)
            }
        };
        let answer = request.send().await?;
        // After a redirect the page is the answer to a GET, whatever the form was sent with.
        let method = if posted && answer.url().path() == sent_to { "POST" } else { "GET" };
        self.arrive(method, answer).await?;
        Ok(&self.page)
    }

    /// Sends a form and expects success.
    pub async fn submit(&mut self, form: Form) -> anyhow::Result<&Page> {
        let action = form.action.clone();
        self.send(form).await?;
        ensure!(self.page.status.is_success(), "{action} answered {}: {}", self.page.status, self.page.words());
        Ok(&self.page)
    }

    async fn arrive(&mut self, method: &'static str, answer: Response) -> anyhow::Result<()> {
        let (url, status) = (answer.url().clone(), answer.status());
        let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        ensure!(kind.starts_with("text/html"), "{url} answered {status} with {kind:?}, which is no page");
        let html = answer.text().await?;
        let path = url.query().map_or_else(|| url.path().to_owned(), |q| format!("{}?{q}", url.path()));
        self.album.show(&self.role, method, &path, status.as_u16(), &html);
        self.page = Page { url, status, html };
        Ok(())
    }
}

impl Page {
    /// The visible words of the main part, for error messages and checks.
    pub fn words(&self) -> String {
        let html = Html::parse_document(&self.html);
        let main = selector("main").ok().and_then(|s| html.select(&s).next().map(|m| text_of(&m)));
        main.unwrap_or_else(|| text_of(&html.root_element())).chars().take(600).collect()
    }

    /// Whether the page shows these words (white space folded).
    pub fn shows(&self, words: &str) -> bool {
        let html = Html::parse_document(&self.html);
        text_of(&html.root_element()).contains(words)
    }

    /// The addresses of all elements that match, in the order of the page.
    pub fn hrefs(&self, css: &str) -> anyhow::Result<Vec<String>> {
        let html = Html::parse_document(&self.html);
        let found = selector(css)?;
        Ok(html.select(&found).filter_map(|a| a.value().attr("href").map(str::to_owned)).collect())
    }

    /// The sources of all elements that match, such as images.
    pub fn sources(&self, css: &str) -> anyhow::Result<Vec<String>> {
        let html = Html::parse_document(&self.html);
        let found = selector(css)?;
        Ok(html.select(&found).filter_map(|a| a.value().attr("src").map(str::to_owned)).collect())
    }

    /// The words of the first element that matches.
    pub fn words_of(&self, css: &str) -> anyhow::Result<Option<String>> {
        let html = Html::parse_document(&self.html);
        let found = selector(css)?;
        Ok(html.select(&found).next().map(|e| text_of(&e)))
    }

    /// What the page suggests for a person or a body with this code: “name · code”.
    pub fn suggestion(&self, code: &str) -> anyhow::Result<Option<String>> {
        let html = Html::parse_document(&self.html);
        let options = selector("datalist option")?;
        let ends = format!(" · {code}");
        Ok(html
            .select(&options)
            .filter_map(|o| o.value().attr("value"))
            .find(|v| v.ends_with(&ends))
            .map(str::to_owned))
    }

    /// The form that matches `css`, with what it carries already: hidden fields, texts, chosen options.
    pub fn form(&self, css: &str) -> anyhow::Result<Form> {
        let html = Html::parse_document(&self.html);
        let wanted = selector(css)?;
        let Some(form) = html.select(&wanted).next() else {
            bail!("no form {css} on {} ({}): {}", self.url, self.status, self.words());
        };
        let attr = |name: &str| form.value().attr(name).unwrap_or_default().to_owned();
        let action = match attr("action") {
            a if a.is_empty() => self.url.clone(),
            a => self.url.join(&a)?,
        };
        let mut out = Form {
            action,
            post: attr("method").eq_ignore_ascii_case("post"),
            multipart: attr("enctype").eq_ignore_ascii_case("multipart/form-data"),
            fields: Vec::new(),
            files: Vec::new(),
            offered: Vec::new(),
        };
        let controls = selector("input[name], textarea[name], select[name], button[name]")?;
        for control in form.select(&controls) {
            out.take(&control)?;
        }
        Ok(out)
    }
}

impl Form {
    fn take(&mut self, control: &ElementRef<'_>) -> anyhow::Result<()> {
        let element = control.value();
        let name = element.attr("name").unwrap_or_default().to_owned();
        let value = element.attr("value").unwrap_or_default().to_owned();
        self.offered.push(name.clone());
        match (element.name(), element.attr("type").unwrap_or("text")) {
            ("button", _) | ("input", "submit" | "file") => {}
            ("input", "radio" | "checkbox") => {
                if element.attr("checked").is_some() {
                    self.fields.push((name, value));
                }
            }
            ("textarea", _) => self.fields.push((name, control.text().collect())),
            ("select", _) => {
                let options = selector("option")?;
                let all: Vec<_> = control.select(&options).collect();
                let chosen = all.iter().find(|o| o.value().attr("selected").is_some()).or(all.first());
                if let Some(option) = chosen {
                    let text: String = option.text().collect();
                    self.fields.push((name, option.value().attr("value").map_or(text, str::to_owned)));
                }
            }
            _ => self.fields.push((name, value)),
        }
        Ok(())
    }

    /// Fills in one field that the page offers; replaces what was there.
    pub fn set(mut self, name: &str, value: impl Into<String>) -> anyhow::Result<Form> {
        ensure!(self.offered.iter().any(|o| o == name), "the form has no field {name}; it has {:?}", self.offered);
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.into()));
        Ok(self)
    }

    /// Presses one of its buttons.
    pub fn press(self, name: &str, value: &str) -> anyhow::Result<Form> {
        self.set(name, value)
    }

    /// Attaches a file.
    pub fn attach(mut self, name: &str, file_name: &str, bytes: Vec<u8>) -> anyhow::Result<Form> {
        ensure!(self.multipart, "the form takes no files");
        ensure!(self.offered.iter().any(|o| o == name), "the form has no file field {name}; it has {:?}", self.offered);
        self.files.push((name.to_owned(), file_name.to_owned(), bytes));
        Ok(self)
    }

    /// How many rows of a part the page offers: the fields `path.0…`, `path.1…`.
    pub fn rows(&self, path: &str) -> usize {
        let row = |name: &String| name.strip_prefix(path)?.strip_prefix('.')?.split('.').next()?.parse::<usize>().ok();
        self.offered.iter().filter_map(row).map(|at| at + 1).max().unwrap_or(0)
    }

    /// Whether the page offers a field.
    pub fn has(&self, name: &str) -> bool {
        self.offered.iter().any(|o| o == name)
    }
}

fn text_of(element: &ElementRef<'_>) -> String {
    let joined: Vec<&str> = element.text().collect();
    joined.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}
