//! A document: its paper, its versions and how they differ, its structured editor.

use super::{sign::PaperView, step::CaseHead};
use crate::{
    render::Page,
    view::{Choice, Wrong},
};
use kernel::Timestamp;
use serde::Serialize;

/// A document with its paper and versions.
#[derive(Debug, Serialize)]
pub struct DocumentPage {
    /// The case.
    pub case: CaseHead,
    /// The document.
    pub id: String,
    /// What kind of paper it is.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Its number, once issued.
    pub number: String,
    /// Words of its state.
    pub state: String,
    /// The colour of the tag that says so.
    pub colour: &'static str,
    /// The paper as images and text; none for a file that is no PDF.
    pub paper: Option<PaperView>,
    /// The version that is shown.
    pub shown: i64,
    /// Versions, latest first.
    pub versions: Vec<VersionRow>,
    /// Where it can be edited or replaced by this reader now.
    pub edit: Option<String>,
    /// Where the kept file is fetched.
    pub file: Option<String>,
}

/// A version.
#[derive(Debug, Clone, Serialize)]
pub struct VersionRow {
    /// Its number.
    pub number: i64,
    /// Who wrote it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The author's remark.
    pub note: String,
    /// Whether it is a structured text, which can be compared.
    pub text: bool,
}

impl VersionRow {
    fn samples() -> Vec<VersionRow> {
        let row = |number: i64, note: &str| VersionRow {
            number,
            by: "Trần Thị B".into(),
            at: Timestamp::from_micros(1_734_600_000_000_000 + number * 600_000_000),
            note: note.into(),
            text: true,
        };
        vec![row(3, "Tiếp thu ý kiến thẩm tra"), row(2, ""), row(1, "Bản đầu")]
    }
}

impl Page for DocumentPage {
    const TEMPLATE: &'static str = "document.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = DocumentPage {
            case: CaseHead::sample(),
            id: "document-1".into(),
            kind: "Nghị quyết".into(),
            title: "Thành lập Ban soạn thảo dự án Luật".into(),
            number: "1344/NQ-UBTVQH15".into(),
            state: "Đã ban hành".into(),
            colour: "green",
            paper: Some(PaperView::sample()),
            shown: 3,
            versions: VersionRow::samples(),
            edit: Some("/documents/document-1/edit".into()),
            file: None,
        };
        let file = DocumentPage {
            paper: None,
            file: Some("/documents/document-2/file".into()),
            number: String::new(),
            state: "Đã gửi".into(),
            colour: "blue",
            ..DocumentPage { versions: vec![], ..DocumentPage::samples_base() }
        };
        vec![("resolution", page), ("file", file)]
    }
}

impl DocumentPage {
    fn samples_base() -> DocumentPage {
        DocumentPage {
            case: CaseHead::sample(),
            id: "document-2".into(),
            kind: "Tờ trình".into(),
            title: "Tờ trình".into(),
            number: String::new(),
            state: String::new(),
            colour: "grey",
            paper: None,
            shown: 1,
            versions: VersionRow::samples(),
            edit: None,
            file: None,
        }
    }
}

/// Two versions side by side.
#[derive(Debug, Serialize)]
pub struct ComparePage {
    /// The case.
    pub case: CaseHead,
    /// The document.
    pub id: String,
    /// Its title.
    pub title: String,
    /// All versions.
    pub versions: Vec<Choice>,
    /// The older one.
    pub old: String,
    /// The newer one.
    pub new: String,
    /// Units in reading order.
    pub units: Vec<DiffUnit>,
    /// How many of them differ.
    pub changed: i64,
}

/// A unit of the comparison.
#[derive(Debug, Serialize)]
pub struct DiffUnit {
    /// `Điều 1, khoản 2`, with both labels where it was moved.
    pub label: String,
    /// `kept`, `added`, `removed`, `changed`.
    pub fate: &'static str,
    /// Its words: `(kept | added | removed, text)`.
    pub spans: Vec<(&'static str, String)>,
}

impl Page for ComparePage {
    const TEMPLATE: &'static str = "compare.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let unit = |label: &str, fate, spans: Vec<(&'static str, &str)>| DiffUnit {
            label: label.into(),
            fate,
            spans: spans.into_iter().map(|(f, t)| (f, t.to_owned())).collect(),
        };
        let page = ComparePage {
            case: CaseHead::sample(),
            id: "document-1".into(),
            title: "Thành lập Ban soạn thảo dự án Luật".into(),
            versions: vec![Choice::new("1", "Phiên bản 1"), Choice::new("2", "Phiên bản 2")],
            old: "1".into(),
            new: "2".into(),
            units: vec![
                unit("Điều 1", "kept", vec![("kept", "Thành lập Ban soạn thảo")]),
                unit("Điều 1, khoản 1", "changed", vec![("kept", "Ban soạn thảo gồm "), ("removed", "10"), ("added", "12"), ("kept", " thành viên.")]),
                unit("Điều 2", "added", vec![("added", "Nghị quyết này có hiệu lực kể từ ngày ký.")]),
            ],
            changed: 2,
        };
        vec![("two versions", page)]
    }
}

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
    /// The formula.
    pub formula: String,
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
            formula: law.formula.clone(),
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
            errors,
            ..EditorPage::default()
        };
        vec![
            ("with text", page(text, vec![])),
            ("empty", page(EditText::default(), vec![Wrong::sample("subject", "Không được để trống.")])),
        ]
    }
}
