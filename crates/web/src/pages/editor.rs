//! The structured editor of a resolution. Rows are added, removed and moved by buttons that send the form; the answer is
//! the same page with the rows changed and nothing kept yet.

use super::step::{CaseHead, changes};
use crate::{
    form::Posted,
    render::Page,
    rows, show,
    trouble::Failure,
    view::Wrong,
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use cases::CaseView;
use kernel::{FieldProblem, Problem};
use procedure::{Procedure, StepKind, model::Owner};
use records::{Article, Clause, Content, Document, NewBody, SignatureBlock, content::MAX_ITEMS};
use serde::Serialize;

/// The structured editor. Rows are added, removed and moved by buttons that send the form; the answer is the same page
/// with the rows changed and nothing kept yet.
#[derive(Debug, Default, Serialize)]
pub struct EditorPage {
    /// The case.
    pub case: CaseHead,
    /// What is being written.
    pub kind: String,
    /// Where the form goes.
    pub action: String,
    /// The version that is being changed: of the document, or of the case when it is new.
    pub version: i64,
    /// The text.
    pub text: EditText,
    /// A remark on the version.
    pub note: String,
    /// A further version of what is there: it may carry a remark.
    pub further: bool,
    /// What is wrong.
    pub errors: Vec<Wrong>,
    /// The field that gets the focus after a row was changed.
    pub focus: String,
    /// Images of the paper as it would be, when a look was asked for.
    pub preview: Vec<String>,
}

/// The text in the editor, as typed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EditText {
    /// The subject.
    pub subject: String,
    /// Legal bases.
    pub bases: Vec<String>,
    /// Where it is filed.
    pub archive: String,
    /// Articles.
    pub articles: Vec<EditArticle>,
    /// Recipients.
    pub recipients: Vec<String>,
    /// The authority line.
    pub authority: String,
    /// The signer's position.
    pub title: String,
    /// The signer's name.
    pub name: String,
}

/// An article in the editor.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EditArticle {
    /// Its heading.
    pub heading: String,
    /// Paragraphs without a label.
    pub paragraphs: Vec<String>,
    /// Clauses with their points.
    pub clauses: Vec<EditClause>,
}

/// A clause in the editor.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EditClause {
    /// Its text.
    pub text: String,
    /// Its points.
    pub points: Vec<String>,
}

impl Page for EditorPage {
    const TEMPLATE: &'static str = "editor.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let law = crate::law::Law::sample();
        let articles = law.articles.iter().map(|a| EditArticle {
            heading: a.heading.clone(),
            paragraphs: a.paragraphs.clone(),
            clauses: a
                .clauses
                .iter()
                .map(|c| EditClause { text: c.text.clone(), points: c.points.iter().map(|p| p.1.clone()).collect() })
                .collect(),
        });
        let text = EditText {
            subject: law.subject.clone(),
            bases: law.bases.clone(),
            archive: "VT".into(),
            articles: articles.collect(),
            recipients: law.recipients.clone(),
            authority: law.signature[0].clone(),
            title: law.signature[1].clone(),
            name: String::new(),
        };
        let page = |text: EditText, errors| EditorPage {
            case: CaseHead::sample(),
            kind: "Dự thảo nghị quyết".into(),
            action: "/documents/document-1/edit".into(),
            version: 3,
            text,
            further: true,
            errors,
            ..EditorPage::default()
        };
        vec![
            ("with text", page(text, vec![])),
            ("empty", page(EditText::default(), vec![Wrong::sample("subject", "Không được để trống.")])),
        ]
    }
}

impl EditText {
    /// The text as the editor shows it; a list without rows gets one to write in.
    fn of(content: &Content) -> EditText {
        let some = |list: &[String]| if list.is_empty() { vec![String::new()] } else { list.to_vec() };
        let clause = |c: &Clause| EditClause { text: c.text.clone(), points: c.points.clone() };
        let article = |a: &Article| EditArticle {
            heading: a.heading.clone(),
            paragraphs: a.paragraphs.clone(),
            clauses: a.clauses.iter().map(clause).collect(),
        };
        EditText {
            subject: content.subject.clone(),
            bases: some(&content.bases),
            archive: content.archive.clone(),
            articles: content.articles.iter().map(article).collect(),
            recipients: some(&content.recipients),
            authority: content.signature.authority.clone(),
            title: content.signature.title.clone(),
            name: content.signature.name.clone(),
        }
    }

    fn content(&self) -> Content {
        let clause = |c: &EditClause| Clause { text: c.text.clone(), points: c.points.clone() };
        let article = |a: &EditArticle| Article {
            heading: a.heading.clone(),
            paragraphs: a.paragraphs.clone(),
            clauses: a.clauses.iter().map(clause).collect(),
        };
        Content {
            subject: self.subject.clone(),
            bases: self.bases.clone(),
            archive: self.archive.clone(),
            articles: self.articles.iter().map(article).collect(),
            recipients: self.recipients.clone(),
            signature: SignatureBlock {
                authority: self.authority.clone(),
                title: self.title.clone(),
                name: self.name.clone(),
            },
        }
    }

    /// The text out of a sent form; its fields are named by their place: `articles.0.clauses.1.points.2`.
    fn read(posted: &mut Posted) -> Result<EditText, Problem> {
        let fields = &mut posted.fields;
        let mut text = EditText {
            subject: fields.take("subject"),
            archive: fields.take("archive"),
            authority: fields.take("signature.authority"),
            title: fields.take("signature.title"),
            name: fields.take("signature.name"),
            ..EditText::default()
        };
        for (list, prefix) in [(&mut text.bases, "bases."), (&mut text.recipients, "recipients.")] {
            for (place, value) in fields.below(prefix) {
                *slot(list, &place, prefix)? = value;
            }
        }
        for (place, value) in fields.below("articles.") {
            text.put(&place, value)?;
        }
        Ok(text)
    }

    fn put(&mut self, place: &str, value: String) -> Result<(), Problem> {
        let unknown = || Problem::Invalid(vec![FieldProblem::new(format!("articles.{place}"), "field-unknown")]);
        let parts: Vec<&str> = place.split('.').collect();
        let Some((first, rest)) = parts.split_first() else { return Err(unknown()) };
        let article = slot(&mut self.articles, first, "articles.")?;
        match rest {
            ["heading"] => article.heading = value,
            ["paragraphs", p] => *slot(&mut article.paragraphs, p, "articles.")? = value,
            ["clauses", c, "text"] => slot(&mut article.clauses, c, "articles.")?.text = value,
            ["clauses", c, "points", p] => {
                *slot(&mut slot(&mut article.clauses, c, "articles.")?.points, p, "articles.")? = value;
            }
            _ => return Err(unknown()),
        }
        Ok(())
    }

    /// Does what a row button asks, `add articles.0.clauses` or `up bases.2`; gives the field to go on writing in.
    fn change(&mut self, command: &str) -> String {
        let Some((act, path)) = command.split_once(' ') else { return String::new() };
        let parts: Vec<&str> = path.split('.').collect();
        let (list, row) = match parts.split_last() {
            Some((last, before)) if last.bytes().all(|b| b.is_ascii_digit()) => (before.to_vec(), last.parse().ok()),
            _ => (parts, None),
        };
        let changed = match list.as_slice() {
            ["bases"] => apply(&mut self.bases, act, row),
            ["recipients"] => apply(&mut self.recipients, act, row),
            ["articles"] => apply(&mut self.articles, act, row),
            ["articles", a, rest @ ..] => match a.parse().ok().and_then(|a: usize| self.articles.get_mut(a)) {
                Some(article) => article.change(rest, act, row),
                None => None,
            },
            _ => None,
        };
        let Some(row) = changed else { return String::new() };
        let tail = match list.last() {
            Some(&"articles") => ".heading",
            Some(&"clauses") => ".text",
            _ => "",
        };
        format!("{}.{row}{tail}", list.join("."))
    }
}

impl EditArticle {
    fn change(&mut self, list: &[&str], act: &str, row: Option<usize>) -> Option<usize> {
        match list {
            ["paragraphs"] => apply(&mut self.paragraphs, act, row),
            ["clauses"] => apply(&mut self.clauses, act, row),
            ["clauses", c, "points"] => {
                let clause = self.clauses.get_mut(c.parse::<usize>().ok()?)?;
                apply(&mut clause.points, act, row)
            }
            _ => None,
        }
    }
}

/// Changes a list; gives the row to go on writing in.
fn apply<T: Default>(list: &mut Vec<T>, act: &str, row: Option<usize>) -> Option<usize> {
    if act == "add" && list.len() >= MAX_ITEMS {
        return None;
    }
    rows::change(list, act, row, T::default);
    let last = list.len().checked_sub(1)?;
    Some(match (act, row) {
        ("up", Some(row)) => row.saturating_sub(1).min(last),
        ("down", Some(row)) => (row + 1).min(last),
        ("remove", Some(row)) => row.min(last),
        _ => last,
    })
}

/// The row of a list, made where it is not there yet; a row far beyond the end is refused, not made.
fn slot<'a, T: Default>(list: &'a mut Vec<T>, row: &str, field: &str) -> Result<&'a mut T, Problem> {
    let too_many = || Problem::Invalid(vec![FieldProblem::new(field, "field-too-many").arg("max", MAX_ITEMS)]);
    let row: usize = row.parse().map_err(|_| Problem::field(format!("{field}{row}"), "field-unknown"))?;
    if row > MAX_ITEMS {
        return Err(too_many());
    }
    if list.len() <= row {
        list.resize_with(row + 1, T::default);
    }
    list.get_mut(row).ok_or_else(too_many)
}

/// What is being written, and where its form goes.
struct Target {
    head: CaseHead,
    kind: String,
    action: String,
    version: i64,
    form: String,
    register: Option<String>,
    further: bool,
}

impl Target {
    /// A document that is not there yet.
    fn new(viewer: &Viewer, case: &CaseView, key: &str) -> Result<Target, Problem> {
        let spec = case.procedure.document(key).ok_or_else(|| Problem::not_found("document", key))?;
        Ok(Target {
            head: show::case_head(case),
            kind: show::pick(viewer, &spec.title),
            action: format!("/cases/{}/documents/{key}", case.id),
            version: case.version,
            form: spec.paper.clone().ok_or_else(|| Problem::refused("document-without-form"))?,
            register: spec.register.clone(),
            further: false,
        })
    }
    /// A draft.
    fn draft(viewer: &Viewer, case: &CaseView, document: &Document) -> Result<Target, Problem> {
        Ok(Target {
            head: show::case_head(case),
            kind: show::kind_of(viewer, &case.procedure, &document.kind),
            action: format!("/documents/{}/edit", document.id),
            version: document.version,
            form: document.form.clone().ok_or_else(|| Problem::refused("document-without-form"))?,
            register: document.register.clone(),
            further: true,
        })
    }
    fn page(&self, text: EditText, note: String, errors: Vec<Wrong>) -> EditorPage {
        EditorPage {
            case: self.head.clone(),
            kind: self.kind.clone(),
            action: self.action.clone(),
            version: self.version,
            text,
            note,
            further: self.further,
            errors,
            ..EditorPage::default()
        }
    }
}

/// The page on which a document begins, with what is known of it already.
///
/// # Errors
/// Storage.
pub async fn begin(viewer: &Viewer, case: &CaseView, key: &str) -> Result<Response, Failure> {
    let target = Target::new(viewer, case, key)?;
    let text = EditText::of(&beginning(&case.procedure, &case.state.title, key));
    viewer.page(&target.page(text, String::new(), vec![])).await
}

/// What stands in a new text: the subject of the case, the formula, an article, who signs.
fn beginning(procedure: &Procedure, title: &str, key: &str) -> Content {
    let spec = procedure.document(key);
    let signs = procedure.steps.iter().find(|s| s.kind == StepKind::Sign && s.document.as_deref() == Some(key));
    let by_chair = signs.is_some_and(|s| {
        s.owners.iter().any(|o| matches!(o, Owner::Position { position, .. } if position == "chairperson"))
    });
    Content {
        subject: title.to_owned(),
        bases: vec!["Căn cứ Hiến pháp nước Cộng hòa xã hội chủ nghĩa Việt Nam".into()],
        archive: "VT".into(),
        articles: vec![Article { paragraphs: vec![String::new()], ..Article::default() }],
        recipients: vec!["Như trên".into()],
        signature: SignatureBlock {
            authority: spec.and_then(|s| s.authority.clone()).unwrap_or_default(),
            title: if by_chair { "CHỦ TỊCH".into() } else { String::new() },
            name: String::new(),
        },
    }
}

/// `POST /cases/{case}/documents/{key}` for a written document: its first version.
///
/// # Errors
/// Storage.
pub async fn first_version(case: CaseView, key: String, mut posted: Posted) -> Result<Response, Failure> {
    let target = Target::new(&posted.viewer, &case, &key)?;
    let sent = Editing::read(&mut posted)?;
    let viewer = &posted.viewer;
    if let Some(page) = sent.without_keeping(viewer, &target).await? {
        return viewer.page(&page).await;
    }
    let (cases, body) = (&viewer.state.services.cases, NewBody::Text(sent.text.content()));
    match cases.add_document(&viewer.ctx, &case.id, posted.version, &key, "", body, &posted.once).await {
        Ok(_) => Ok(done(&format!("/cases/{}/step", case.id), "done-attached")),
        Err(problem) => {
            let told = changes(viewer, &case.id, posted.version).await;
            let page = async |errors| Ok(target.page(sent.text, sent.note, errors));
            posted.again(problem, &format!("/cases/{}/step", case.id), told, page).await
        }
    }
}

/// `GET /documents/{document}/edit`
pub async fn edit(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = super::document::document_id(&id)?;
    let records = &viewer.state.services.records;
    let document = records.document(&viewer.ctx, &id).await?;
    let case = viewer.state.services.cases.case(&viewer.ctx, &document.case).await?;
    let content = records.content(&viewer.ctx, &id, None).await?;
    let target = Target::draft(&viewer, &case, &document)?;
    viewer.page(&target.page(EditText::of(&content), String::new(), vec![])).await
}

/// `POST /documents/{document}/edit`: a further version, unless nothing changed.
pub async fn keep(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let id = super::document::document_id(&id)?;
    let sent = Editing::read(&mut posted)?;
    let viewer = &posted.viewer;
    let services = &viewer.state.services;
    let document = services.records.document(&viewer.ctx, &id).await?;
    let case = services.cases.case(&viewer.ctx, &document.case).await?;
    let target = Target { version: posted.version, ..Target::draft(viewer, &case, &document)? };
    if let Some(page) = sent.without_keeping(viewer, &target).await? {
        return viewer.page(&page).await;
    }
    // The same text again is no new version: this also answers a form that was sent twice.
    let latest = services.records.content(&viewer.ctx, &id, None).await?;
    if sent.text.content().draft().is_ok_and(|new| new == latest) {
        return Ok(done(&format!("/documents/{id}"), "done-saved"));
    }
    let body = NewBody::Text(sent.text.content());
    match services.cases.revise_document(&viewer.ctx, &id, posted.version, body, &sent.note).await {
        Ok(_) => Ok(done(&format!("/documents/{id}"), "done-version")),
        Err(problem) => {
            let told = changes(viewer, &case.id, case.version - 1).await;
            let page = async |errors| Ok(target.page(sent.text, sent.note, errors));
            posted.again(problem, &format!("/documents/{id}/edit"), told, page).await
        }
    }
}

/// What the editor sent.
struct Editing {
    text: EditText,
    note: String,
    row: Option<String>,
    preview: bool,
}

impl Editing {
    fn read(posted: &mut Posted) -> Result<Editing, Problem> {
        let (note, row) = (posted.fields.take("note"), posted.fields.opt("row"));
        let preview = posted.fields.take("act") == "preview";
        let text = EditText::read(posted)?;
        posted.fields.finish()?;
        Ok(Editing { text, note, row, preview })
    }

    /// The page when nothing is to be kept: a row button was pressed, or a look at the paper was asked for.
    async fn without_keeping(&self, viewer: &Viewer, target: &Target) -> Result<Option<EditorPage>, Problem> {
        let mut page = target.page(self.text.clone(), self.note.clone(), vec![]);
        if let Some(row) = &self.row {
            page.focus = page.text.change(row);
            return Ok(Some(page));
        }
        if !self.preview {
            return Ok(None);
        }
        let made = viewer.state.papers.preview(viewer, &target.form, target.register.as_deref(), self.text.content());
        match made.await {
            Ok(pages) => page.preview = pages,
            Err(problem) => page.errors = viewer.wrong(problem)?,
        }
        Ok(Some(page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_every_depth_are_added_moved_and_removed() {
        let mut text = EditText::default();
        assert_eq!(text.change("add articles"), "articles.0.heading");
        assert_eq!(text.change("add articles.0.clauses"), "articles.0.clauses.0.text");
        assert_eq!(text.change("add articles.0.clauses.0.points"), "articles.0.clauses.0.points.0");
        text.put("0.clauses.0.points.1", "hai".into()).unwrap();
        assert_eq!(text.change("up articles.0.clauses.0.points.1"), "articles.0.clauses.0.points.0");
        assert_eq!(text.articles[0].clauses[0].points, ["hai", ""]);
        assert_eq!(text.change("remove articles.0.clauses.0.points.1"), "articles.0.clauses.0.points.0");
        assert_eq!(text.change("remove articles.7"), "articles.0.heading");
        for nonsense in ["", "add", "add x.y", "up articles.x", "remove articles.0.clauses.9.points.1"] {
            assert_eq!(text.change(nonsense), "", "{nonsense:?}");
        }
    }

    #[test]
    fn a_row_far_away_is_refused_and_takes_no_memory() {
        let mut text = EditText::default();
        assert!(text.put("99999999.heading", String::new()).is_err());
        assert!(text.put("0.nonsense", String::new()).is_err());
        assert!(text.articles.len() <= 1);
    }

    #[test]
    fn a_text_comes_back_from_the_editor_as_it_was() {
        let content = Content { subject: "Thử".into(), ..beginning_sample() };
        assert_eq!(EditText::of(&content).content(), content);
    }

    fn beginning_sample() -> Content {
        Content {
            bases: vec!["a".into()],
            articles: vec![Article { paragraphs: vec!["b".into()], ..Article::default() }],
            recipients: vec!["c".into()],
            ..Content::default()
        }
    }
}
