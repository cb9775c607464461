//! A person at a browser without JavaScript: opens pages, fills in the forms that stand on them, follows redirects.
//!
//! It knows nothing of the program's insides: a field that the page does not offer cannot be sent, and what a form
//! carries hidden (CSRF and idempotency tokens, versions) is sent back as it came.

use anyhow::{Context, bail, ensure};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use scraper::{ElementRef, Html, Selector};

/// One person's browser, with its own cookies.
pub struct Browser {
    client: Client,
    base: Url,
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
    /// A fresh browser for the program at `base`.
    pub fn new(base: &str) -> anyhow::Result<Browser> {
        let client = Client::builder().cookie_store(true).redirect(redirect::Policy::limited(5)).build()?;
        let base: Url = base.parse().context("the address of the program")?;
        let page = Page { url: base.clone(), status: StatusCode::OK, html: String::new() };
        Ok(Browser { client, base, page })
    }

    /// The page that is open now.
    pub fn page(&self) -> &Page { &self.page }

    /// Opens a path and expects it to be there.
    pub async fn open(&mut self, path: &str) -> anyhow::Result<&Page> {
        let url = self.page.url.join(path).or_else(|_| self.base.join(path))?;
        let answer = self.client.get(url).send().await?;
        self.arrive(answer).await?;
        ensure!(self.page.status.is_success(), "{path} answered {}: {}", self.page.status, self.page.words());
        Ok(&self.page)
    }

    /// Opens a path and takes whatever comes.
    pub async fn try_open(&mut self, path: &str) -> anyhow::Result<&Page> {
        let answer = self.client.get(self.base.join(path)?).send().await?;
        self.arrive(answer).await?;
        Ok(&self.page)
    }

    /// Fetches bytes, such as a PDF, without leaving the page.
    pub async fn fetch(&self, path: &str) -> anyhow::Result<(String, Vec<u8>)> {
        let answer = self.client.get(self.page.url.join(path)?).send().await?;
        ensure!(answer.status().is_success(), "{path} answered {}", answer.status());
        let kind = answer.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        Ok((kind, answer.bytes().await?.to_vec()))
    }

    /// Follows the first link whose text contains `words`.
    pub async fn follow(&mut self, words: &str) -> anyhow::Result<&Page> {
        let href = self.page.link(words)?.with_context(|| format!("no link «{words}» on {}", self.page.url))?;
        self.open(&href).await
    }

    /// Sends a form and takes the page that answers, whatever its status.
    pub async fn send(&mut self, form: Form) -> anyhow::Result<&Page> {
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
        self.arrive(answer).await?;
        Ok(&self.page)
    }

    /// Sends a form and expects success.
    pub async fn submit(&mut self, form: Form) -> anyhow::Result<&Page> {
        let action = form.action.clone();
        self.send(form).await?;
        ensure!(self.page.status.is_success(), "{action} answered {}: {}", self.page.status, self.page.words());
        Ok(&self.page)
    }

    async fn arrive(&mut self, answer: Response) -> anyhow::Result<()> {
        self.page = Page { url: answer.url().clone(), status: answer.status(), html: answer.text().await? };
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

    /// The address of the first link whose text contains `words`.
    pub fn link(&self, words: &str) -> anyhow::Result<Option<String>> {
        let html = Html::parse_document(&self.html);
        let links = selector("a[href]")?;
        Ok(html.select(&links).find(|a| text_of(a).contains(words)).and_then(|a| a.value().attr("href").map(str::to_owned)))
    }

    /// The addresses of all elements that match, in the order of the page.
    pub fn hrefs(&self, css: &str) -> anyhow::Result<Vec<String>> {
        let html = Html::parse_document(&self.html);
        let found = selector(css)?;
        Ok(html.select(&found).filter_map(|a| a.value().attr("href").map(str::to_owned)).collect())
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

    /// Ticks one more of several boxes with the same name.
    pub fn tick(mut self, name: &str, value: impl Into<String>) -> anyhow::Result<Form> {
        ensure!(self.offered.iter().any(|o| o == name), "the form has no box {name}; it has {:?}", self.offered);
        self.fields.push((name.to_owned(), value.into()));
        Ok(self)
    }

    /// Attaches a file.
    pub fn attach(mut self, name: &str, file_name: &str, bytes: Vec<u8>) -> anyhow::Result<Form> {
        ensure!(self.multipart, "the form takes no files");
        ensure!(self.offered.iter().any(|o| o == name), "the form has no file field {name}; it has {:?}", self.offered);
        self.files.push((name.to_owned(), file_name.to_owned(), bytes));
        Ok(self)
    }

    /// Whether the page offers a field.
    pub fn has(&self, name: &str) -> bool { self.offered.iter().any(|o| o == name) }

    /// What a field carries now.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

fn text_of(element: &ElementRef<'_>) -> String {
    let joined: Vec<&str> = element.text().collect();
    joined.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}
