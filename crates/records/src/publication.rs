//! The public list: what was issued and put before everyone, found without marks, read in full.

use crate::{
    Content, Number, Records, State, acts,
    documents::{Planned, stream},
    registers::day,
};
use bytes::Bytes;
use journal::{Change, JobDraft, Row, Value};
use kernel::{ActBody, BodyId, CaseId, Ctx, Day, Digest, DocumentId, Problem, Timestamp, text};
use serde::Serialize;

/// The kind of the job that follows a publication: whoever sends documents on takes it. Its payload names the `document`.
pub const PUBLISHED_JOB: &str = "document-published";

/// The job that follows the publication of a document.
pub fn published_job(document: &DocumentId) -> JobDraft {
    JobDraft::new(PUBLISHED_JOB, document.to_string(), serde_json::json!({"document": document}))
}

/// A published document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    /// Its id.
    pub document: DocumentId,
    /// The case that made it; not shown to the public.
    #[serde(skip)]
    pub case: CaseId,
    /// The key of the procedure's document declaration.
    pub kind: String,
    /// Its number and date.
    pub number: Number,
    /// The issuing body's code.
    pub issuer: String,
    /// The issuing body's name.
    pub issuer_name: String,
    /// The signer's full name and position.
    pub signer: String,
    /// The text.
    pub content: Content,
    /// SHA-256 of the PDF.
    pub pdf: Digest,
    /// Bytes of the PDF.
    pub size: i64,
    /// The version of `document:<id>` that names the file: where the seal was set, or later evidence was added.
    pub sealed_at: i64,
    /// When it was published.
    pub published_at: Timestamp,
    /// Why it was withdrawn, when it was.
    pub withdrawn: Option<String>,
}

/// What is looked for on the public list.
#[derive(Debug, Clone, Default)]
pub struct PublishedFilter {
    /// Words; marks and case do not matter; all must occur.
    pub query: String,
    /// The year of issue.
    pub year: Option<i16>,
    /// The issuing body's code.
    pub issuer: Option<String>,
    /// The page, from 1.
    pub page: u32,
}

/// One page of the public list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedPage {
    /// The documents.
    pub items: Vec<Published>,
    /// How many there are on all pages.
    pub total: i64,
    /// This page, from 1.
    pub page: u32,
    /// How many pages.
    pub pages: u32,
}

/// Documents on one page of the list.
const PER_PAGE: u32 = 20;
/// Most words of a query that are used.
const MAX_WORDS: usize = 12;
/// Most characters of a query that are used.
const MAX_QUERY: usize = 200;

impl Records {
    /// The act that puts an issued document before everyone.
    ///
    /// # Errors
    /// `document-wrong-state` when it is not issued; `document-secret` when it has a grade.
    pub async fn plan_publish(&self, ctx: &Ctx, id: &DocumentId) -> Result<Planned, Problem> {
        let open = self.open(ctx, id).await?;
        open.must_be(&[State::Issued])?;
        let document = &open.document;
        if document.grade != kernel::Grade::Open {
            return Err(Problem::refused("document-secret"));
        }
        let (Some(number), Some(pdf)) = (document.number.clone(), document.pdf) else {
            return Err(Problem::fault(format!("{id} is issued without number or file")));
        };
        let seal = self.last::<acts::Sealed>(id).await?;
        let signed = self.last::<acts::Signed>(id).await?;
        let (Some((sealed_at, seal)), Some((_, signed))) = (seal, signed) else {
            return Err(Problem::fault(format!("{id} is issued without seal or signature")));
        };
        // The file that goes out is the sealed one, with what was added to it since.
        let (sealed_at, size) = match self.last::<acts::Preserved>(id).await? {
            Some((at, preserved)) => (at, preserved.size),
            None => (sealed_at, seal.size),
        };
        let issuer = BodyId::new(seal.body.clone()).map_err(Problem::fault)?;
        let body = acts::Published {
            case: document.case.clone(),
            kind: document.kind.clone(),
            number,
            issuer_name: self.body_name(&issuer).await?,
            issuer: seal.body,
            signer: signed.signer,
            content: self.signed_text(id, signed.number).await?,
            pdf,
            size,
            sealed_at,
        };
        Ok(open.planned(vec![open.act(&body).with_blob(pdf)]))
    }

    /// Withdraws an issued document. What was published stays readable and says so.
    ///
    /// # Errors
    /// `document-wrong-state` when it is not issued; [`Problem::Invalid`] without a reason; the policies' refusal.
    pub async fn withdraw(&self, ctx: &Ctx, id: &DocumentId, reason: &str) -> Result<(), Problem> {
        let open = self.open(ctx, id).await?;
        open.must_be(&[State::Issued, State::Published])?;
        let reason = crate::content::line(reason);
        if reason.is_empty() {
            return Err(Problem::field("reason", "field-required"));
        }
        let act = open.act(&acts::Withdrawn { case: open.document.case.clone(), reason });
        self.journal.commit(ctx, open.planned(vec![act]).join(Change::new())).await.map(drop)
    }

    /// The public list, newest first. Anyone may ask.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn published(&self, filter: &PublishedFilter) -> Result<PublishedPage, Problem> {
        let (mut conditions, mut parameters) = (vec!["1 = 1".to_owned()], Vec::<Value>::new());
        let query: String = filter.query.chars().take(MAX_QUERY).collect();
        for word in text::fold(&query).split(' ').filter(|w| !w.is_empty()).take(MAX_WORDS) {
            parameters.push(format!("%{}%", escaped(word)).into());
            conditions.push(format!("search_fold LIKE ${} ESCAPE '!'", parameters.len()));
        }
        if let Some((from, until)) = filter.year.and_then(|y| Day::new(y, 1, 1).zip(Day::new(y, 12, 31))) {
            parameters.extend([from.into(), until.into()]);
            conditions.push(format!("date BETWEEN ${} AND ${}", parameters.len() - 1, parameters.len()));
        }
        if let Some(issuer) = &filter.issuer {
            parameters.push(issuer.into());
            conditions.push(format!("issuer = ${}", parameters.len()));
        }
        let conditions = conditions.join(" AND ");
        let reader = self.journal.reader();
        let sql = format!("SELECT COUNT(*) AS total FROM published WHERE {conditions}");
        let total = reader.row(&sql, &parameters).await?.map_or(Ok(0), |row| row.int("total"))?;
        let pages = u32::try_from(total).unwrap_or(u32::MAX).div_ceil(PER_PAGE).max(1);
        let page = filter.page.clamp(1, pages);
        parameters.extend([PER_PAGE.into(), ((page - 1) * PER_PAGE).into()]);
        let (limit, offset) = (parameters.len() - 1, parameters.len());
        let sql = format!(
            "SELECT * FROM published WHERE {conditions} ORDER BY date DESC, number DESC, document LIMIT ${limit} OFFSET ${offset}"
        );
        let items = reader.rows(&sql, &parameters).await?.iter().map(read_published).collect::<Result<_, _>>()?;
        Ok(PublishedPage { items, total, page, pages })
    }

    /// A published document by its id.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when nothing is published under the id.
    pub async fn publication(&self, id: &DocumentId) -> Result<Published, Problem> {
        self.find_publication(id).await?.ok_or_else(|| Problem::not_found("document", id))
    }

    pub(crate) async fn find_publication(&self, id: &DocumentId) -> Result<Option<Published>, Problem> {
        let row = self.journal.reader().row("SELECT * FROM published WHERE document = $1", &[id.into()]).await?;
        row.as_ref().map(read_published).transpose()
    }

    /// Published documents by number, newest first: as written (`1344/NQ-UBTVQH15`), with "Số:" before it, without
    /// marks or leading zero, or the number alone.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn published_under(&self, number: &str) -> Result<Vec<Published>, Problem> {
        let Some((digits, symbol)) = read_number(number) else { return Ok(Vec::new()) };
        let sql = "SELECT * FROM published WHERE number = $1 ORDER BY date DESC, document LIMIT 20";
        let rows = self.journal.reader().rows(sql, &[digits.into()]).await?;
        let found: Vec<Published> = rows.iter().map(read_published).collect::<Result<_, _>>()?;
        let fits = |p: &Published| symbol.is_empty() || read_number(&p.number.text).is_some_and(|(_, s)| s == symbol);
        Ok(found.into_iter().filter(fits).collect())
    }

    /// The sealed PDF of a published document.
    ///
    /// # Errors
    /// As [`Records::publication`].
    pub async fn publication_pdf(&self, id: &DocumentId) -> Result<Bytes, Problem> {
        let published = self.publication(id).await?;
        self.journal.get_blob(&published.pdf).await
    }

    /// The last act of a kind on a document's stream, with its version.
    pub(crate) async fn last<B: ActBody>(&self, id: &DocumentId) -> Result<Option<(i64, B)>, Problem> {
        let mut last = None;
        let mut after = 0;
        loop {
            let acts = self.journal.acts(&stream(id), after, 500).await?;
            let Some(end) = acts.last().map(|act| act.version) else { return Ok(last) };
            after = end;
            for act in acts {
                if let Some(body) = act.read::<B>().map_err(Problem::fault)? {
                    last = Some((act.version, body));
                }
            }
        }
    }
}

fn read_published(row: &Row) -> Result<Published, Problem> {
    Ok(Published {
        document: DocumentId::new(row.text("document")?).map_err(Problem::fault)?,
        case: CaseId::new(row.text("case_id")?).map_err(Problem::fault)?,
        kind: row.text("kind")?.to_owned(),
        number: Number {
            register: row.text("register")?.to_owned(),
            year: row.int("year")?,
            number: row.int("number")?,
            text: row.text("number_text")?.to_owned(),
            date: day(row.text("date")?)?,
        },
        issuer: row.text("issuer")?.to_owned(),
        issuer_name: row.text("issuer_name")?.to_owned(),
        signer: row.text("signer")?.to_owned(),
        content: serde_json::from_str(row.text("content")?).map_err(Problem::fault)?,
        pdf: Digest::parse(row.text("pdf")?).map_err(Problem::fault)?,
        size: row.int("size")?,
        sealed_at: row.int("sealed_at")?,
        published_at: row.time("published_at")?,
        withdrawn: row.opt_text("withdrawn")?.map(str::to_owned),
    })
}

/// `%`, `_` and the escape character itself stand for themselves.
fn escaped(word: &str) -> String {
    word.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// The number and its folded symbol: `"Số: 5/NQ-UBTVQH15"` is `(5, "nq-ubtvqh15")`.
fn read_number(raw: &str) -> Option<(i64, String)> {
    let folded: String = text::fold(&raw.chars().take(MAX_QUERY).collect::<String>());
    let folded: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
    let rest = folded.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let number = rest[..end].parse().ok()?;
    Some((number, rest[end..].trim_start_matches('/').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_read_however_people_write_it() {
        let wanted = Some((5, "nq-ubtvqh15".to_owned()));
        for written in ["05/NQ-UBTVQH15", "Số: 5/NQ-UBTVQH15", " 05 / nq-ubtvqh15 ", "nghị quyết số 5/NQ-UBTVQH15"]
        {
            assert_eq!(read_number(written), wanted, "{written}");
        }
        assert_eq!(read_number("1344"), Some((1344, String::new())));
        assert_eq!(read_number("63/2025/UBTVQH15"), Some((63, "2025/ubtvqh15".into())));
        assert_eq!(read_number("không số"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_number_reader_panic(text in ".*") { let _ = read_number(&text); }
    }
}
