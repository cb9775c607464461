//! A structured text as its official paper: the data for the form, the PDF, page images, and where things go later.

use crate::{
    Content, Document, Number, Records, State, VersionBody,
    registers::{Register, written},
};
use bytes::Bytes;
use kernel::{Ctx, Digest, DocumentId, Grade, Problem, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use signing::Place;
use typeset::{Anchor, Size, Typeset};

/// Height of A4 in PDF points: official papers are A4 upright (Decree 30/2020, Annex I).
const A4_HEIGHT: f64 = 841.889_763_779_5;
/// What stands for a name that is not known yet.
const BLANK: &str = "…………………";

/// A box on a page, in thousandths of a PDF point from the top left: whole numbers, as acts want them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// The page, from 1.
    pub page: u32,
    /// Left edge.
    pub x: i64,
    /// Top edge, from the top of the page.
    pub y: i64,
    /// Width.
    pub w: i64,
    /// Height.
    pub h: i64,
}

/// Where the clerk's number, date and the body's seal go on a signed paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// The number before the symbol.
    pub number: Area,
    /// The day in words.
    pub date: Area,
    /// The seal, over a third of the signature on its left.
    pub seal: Area,
}

#[allow(clippy::cast_possible_truncation, reason = "a page is some hundred points wide")]
fn thousandths(points: f64) -> i64 {
    (points * 1000.0).round() as i64
}

#[allow(clippy::cast_precision_loss, reason = "a page is some hundred points wide")]
fn points(thousandths: i64) -> f64 {
    thousandths as f64 / 1000.0
}

impl Area {
    pub(crate) fn of(anchor: &Anchor) -> Area {
        Area {
            page: anchor.page,
            x: thousandths(anchor.x),
            y: thousandths(A4_HEIGHT - anchor.y - anchor.h),
            w: thousandths(anchor.w),
            h: thousandths(anchor.h),
        }
    }
    pub(crate) fn place(&self) -> Place {
        Place {
            page: self.page as usize,
            x: points(self.x),
            y: points(self.y),
            width: points(self.w),
            height: points(self.h),
        }
    }
    pub(crate) fn size(&self) -> Size {
        Size { w: points(self.w), h: points(self.h) }
    }
}

/// What a paper says besides its text.
pub(crate) struct Setting<'a> {
    /// The register that will number it, when it has one.
    pub register: Option<&'a Register>,
    /// Number and date, when they are printed and not left to form fields.
    pub number: Option<&'a Number>,
    /// Whether it is marked as a draft.
    pub draft: bool,
    /// The grade to be stamped on it.
    pub grade: Grade,
}

/// The data of the form of a resolution.
pub(crate) fn data(content: &Content, setting: &Setting<'_>) -> Value {
    let articles: Vec<Value> = content
        .articles
        .iter()
        .map(|article| {
            let clauses: Vec<Value> = article
                .clauses
                .iter()
                .map(|clause| {
                    let points: Vec<Value> = clause.points.iter().map(|text| json!({ "text": text })).collect();
                    object([("text", list(&[clause.text.as_str()])), ("points", points.into())])
                })
                .collect();
            object([
                ("heading", article.heading.as_str().into()),
                ("text", list(&article.paragraphs)),
                ("clauses", clauses.into()),
            ])
        })
        .collect();
    let signature = &content.signature;
    let name = if signature.name.is_empty() { BLANK } else { &signature.name };
    let number = setting.number.zip(setting.register);
    object([
        ("symbol", setting.register.map_or(BLANK, |r| &r.symbol).into()),
        ("place", "Hà Nội".into()),
        ("number", number.map_or("".into(), |(n, r)| written(r.series, n.number, n.year)).into()),
        ("date", setting.number.map_or(String::new(), |n| n.date.to_string()).into()),
        ("subject", content.subject.as_str().into()),
        ("bases", list(&content.bases)),
        ("articles", articles.into()),
        ("recipients", list(&content.recipients)),
        ("archive", content.archive.as_str().into()),
        (
            "signer",
            object([
                ("authority", signature.authority.as_str().into()),
                ("title", signature.title.as_str().into()),
                ("name", name.into()),
            ]),
        ),
        ("draft", if setting.draft { "DỰ THẢO" } else { "" }.into()),
        ("secrecy", stamp_of(setting.grade).into()),
    ])
}

fn stamp_of(grade: Grade) -> &'static str {
    match grade {
        Grade::Open => "",
        Grade::Secret => "MẬT",
        Grade::TopSecret => "TỐI MẬT",
        Grade::MostSecret => "TUYỆT MẬT",
    }
}

fn list<T: AsRef<str>>(items: &[T]) -> Value {
    items.iter().map(AsRef::as_ref).filter(|text| !text.is_empty()).collect()
}

/// An object without its empty fields: a form's optional field is absent or holds something.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let filled = fields.into_iter().filter(|(_, value)| match value {
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    });
    Value::Object(filled.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

/// A text ready to be set.
struct Ready {
    form: String,
    data: Value,
    at: Timestamp,
}

impl Records {
    /// The paper as it stands: the signed or sealed PDF once there is one, else the text set now (marked as a draft while
    /// it is one), else the uploaded PDF. With a `version`, that version's text or file.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; `document-not-a-paper` for a file that is no PDF; [`Problem::Invalid`] when the text does
    /// not fit its form, field by field.
    pub async fn paper(&self, ctx: &Ctx, id: &DocumentId, version: Option<i64>) -> Result<Bytes, Problem> {
        let document = self.document(ctx, id).await?;
        if let (None, Some(pdf)) = (version, &document.pdf) {
            return self.journal.get_blob(pdf).await;
        }
        match self.version_unchecked(id, version.unwrap_or(document.latest)).await?.body {
            VersionBody::File(file) if file.media_type == "application/pdf" => {
                self.journal.get_blob(&file.digest).await
            }
            VersionBody::File(_) | VersionBody::Paper(_) => Err(Problem::refused("document-not-a-paper")),
            VersionBody::Text(content) => {
                let ready = self.ready(&document, &content, document.changed_at).await?;
                Ok(self.set(ready).await?.pdf.into())
            }
        }
    }

    /// The pages of a structured text as PNG images, `scale` pixels per point (2.0 is good for screens).
    ///
    /// # Errors
    /// As [`Records::paper`]; `document-not-a-text` for a file.
    pub async fn paper_pages(
        &self,
        ctx: &Ctx,
        id: &DocumentId,
        version: Option<i64>,
        scale: f32,
    ) -> Result<Vec<Vec<u8>>, Problem> {
        let document = self.document(ctx, id).await?;
        let VersionBody::Text(content) = self.version_unchecked(id, version.unwrap_or(document.latest)).await?.body
        else {
            return Err(Problem::refused("document-not-a-text"));
        };
        let ready = self.ready(&document, &content, document.changed_at).await?;
        let papers = self.papers.clone();
        let pages =
            tokio::task::spawn_blocking(move || papers.preview(&ready.form, &ready.data, scale.clamp(0.5, 4.0)));
        Ok(pages.await.map_err(Problem::fault)??)
    }

    /// The pages of a text that is not kept: the editor's look at what is being typed.
    ///
    /// # Errors
    /// [`Problem::Invalid`] when the text does not fit the form, field by field.
    pub async fn preview(&self, form: &str, register: Option<&str>, content: Content) -> Result<Vec<Vec<u8>>, Problem> {
        let content = content.draft()?;
        let register = match register {
            Some(code) => self.register_unchecked(code).await?,
            None => None,
        };
        let setting = Setting { register: register.as_ref(), number: None, draft: true, grade: Grade::Open };
        let (papers, form, data) = (self.papers.clone(), form.to_owned(), data(&content, &setting));
        let pages = tokio::task::spawn_blocking(move || papers.preview(&form, &data, 2.0));
        Ok(pages.await.map_err(Problem::fault)??)
    }

    async fn ready(&self, document: &Document, content: &Content, at: Timestamp) -> Result<Ready, Problem> {
        let form = document.form.clone().ok_or_else(|| Problem::refused("document-without-form"))?;
        let register = match &document.register {
            Some(code) => self.register_unchecked(code).await?,
            None => None,
        };
        let setting = Setting {
            register: register.as_ref(),
            number: document.number.as_ref(),
            draft: document.state == State::Draft,
            grade: document.grade,
        };
        Ok(Ready { form, data: data(content, &setting), at })
    }

    /// The paper that is signed: without a draft mark, number and date left to form fields.
    pub(crate) async fn set_for_signature(
        &self,
        document: &Document,
        content: &Content,
        at: Timestamp,
    ) -> Result<Typeset, Problem> {
        let settled = Document { state: State::Final, number: None, ..document.clone() };
        self.set(self.ready(&settled, content, at).await?).await
    }

    async fn set(&self, ready: Ready) -> Result<Typeset, Problem> {
        let papers = self.papers.clone();
        let set = tokio::task::spawn_blocking(move || papers.render(&ready.form, &ready.data, ready.at));
        Ok(set.await.map_err(Problem::fault)??)
    }

    /// Stores bytes and says how many.
    pub(crate) async fn store(&self, bytes: Vec<u8>) -> Result<(Digest, i64), Problem> {
        let size = i64::try_from(bytes.len()).map_err(Problem::fault)?;
        Ok((self.journal.put_blob(bytes).await?, size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::tests::sample;

    #[test]
    fn the_form_gets_only_fields_that_hold_something() {
        let setting = Setting { register: None, number: None, draft: true, grade: Grade::Open };
        let data = data(&sample(), &setting);
        assert_eq!(data["draft"], "DỰ THẢO");
        assert!(data.get("number").is_none() && data.get("secrecy").is_none());
        assert_eq!(data["articles"][0]["clauses"][0]["points"][1]["text"], "Các Phó Trưởng ban;");
        assert!(data["articles"][1].get("clauses").is_none());
    }

    #[test]
    fn a_box_is_turned_from_the_bottom_to_the_top_of_the_page() {
        let area = Area::of(&Anchor { page: 1, x: 100.5, y: 741.889_763_779_5, w: 60.0, h: 20.0 });
        assert_eq!(area, Area { page: 1, x: 100_500, y: 80_000, w: 60_000, h: 20_000 });
    }
}
