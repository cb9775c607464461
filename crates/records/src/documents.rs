//! Documents while they are written: created, revised, settled, reopened; and reading them with need-to-know.

use crate::{
    Access, Content, Document, FileInfo, Number, Records, State, Unit, UnitChange, Version, VersionBody, acts,
    compare::compare,
    content::{MAX_LINE, line},
    registers::{day, grade},
    upload::{self, Upload},
};
use bytes::Bytes;
use journal::{Change, Expected, Row};
use kernel::{ActDraft, CaseId, Ctx, DocumentId, FieldProblem, Problem, Resource, StreamId};

/// What a new version holds, as it comes from outside.
#[derive(Debug, Clone)]
pub enum NewBody {
    /// A structured text.
    Text(Content),
    /// A file.
    Upload(Upload),
    /// Kept on paper; where.
    Paper(String),
}

/// A document to be begun.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// The key of the procedure's document declaration: `resolution`.
    pub kind: String,
    /// Its title; empty: the subject of the text, or the name of the file.
    pub title: String,
    /// The paper form of a structured text.
    pub form: Option<String>,
    /// The register from which it is to get its number.
    pub register: Option<String>,
    /// Version 1.
    pub body: NewBody,
    /// A remark by the author.
    pub note: String,
}

/// Acts on a document's stream, to be committed in one change with those of its case.
#[derive(Debug, Clone)]
#[must_use = "planned acts do nothing until they are committed"]
pub struct Planned {
    /// The document.
    pub document: DocumentId,
    /// What the stream must be at.
    pub expected: Expected,
    /// The acts.
    pub acts: Vec<ActDraft>,
}

impl Planned {
    /// The change with these acts behind its own.
    pub fn join(self, change: Change) -> Change {
        let change = change.on(stream(&self.document), self.expected);
        self.acts.into_iter().fold(change, Change::act)
    }
}

pub(crate) fn stream(document: &DocumentId) -> StreamId {
    StreamId::new("document", document)
}

/// A document with the need-to-know of its case, already shown to be open to the person.
pub(crate) struct Open {
    pub document: Document,
    pub access: Access,
}

impl Open {
    pub fn resource(&self) -> Resource {
        resource(&self.document.id, &self.access, self.document.state)
    }
    pub fn act<B: kernel::ActBody>(&self, body: &B) -> ActDraft {
        ActDraft::new(self.resource(), body).graded(self.document.grade)
    }
    pub fn planned(&self, acts: Vec<ActDraft>) -> Planned {
        Planned { document: self.document.id.clone(), expected: Expected::At(self.document.version), acts }
    }
    pub fn must_be(&self, states: &[State]) -> Result<(), Problem> {
        if states.contains(&self.document.state) {
            return Ok(());
        }
        Err(Problem::refused("document-wrong-state")
            .arg("title", &self.document.title)
            .arg("state", self.document.state.code()))
    }
}

pub(crate) fn resource(id: &DocumentId, access: &Access, state: State) -> Resource {
    Resource::new("Document", id.as_str(), access.document_attrs(state))
}

impl Records {
    /// The acts that begin a document in a case. `access` is the case's need-to-know **before** the change. Blobs are
    /// stored at once; without the commit nothing refers to them.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for a wrong title, text or file.
    pub async fn plan_create(&self, case: &CaseId, access: &Access, new: NewDocument) -> Result<Planned, Problem> {
        let id = DocumentId::mint(self.journal.clock(), self.journal.entropy());
        self.plan_under(id, case, access, new).await
    }

    /// The acts that enter a finished record, such as a letter of opinion or minutes that the program wrote: begun and
    /// settled at once. `id` makes it the same record when it is entered twice.
    ///
    /// # Errors
    /// As [`Records::plan_create`].
    pub async fn plan_record(
        &self,
        case: &CaseId,
        access: &Access,
        id: Option<DocumentId>,
        new: NewDocument,
    ) -> Result<Planned, Problem> {
        let id = id.unwrap_or_else(|| DocumentId::mint(self.journal.clock(), self.journal.entropy()));
        let mut planned = self.plan_under(id, case, access, new).await?;
        let settled = acts::Finalised { case: case.clone(), number: 1 };
        let resource = resource(&planned.document, access, State::Draft);
        planned.acts.push(ActDraft::new(resource, &settled).graded(access.grade));
        Ok(planned)
    }

    async fn plan_under(
        &self,
        id: DocumentId,
        case: &CaseId,
        access: &Access,
        new: NewDocument,
    ) -> Result<Planned, Problem> {
        let body = self.keep(new.body).await?;
        let title = title(&new.title, &body)?;
        let (blob, form) = match &body {
            VersionBody::File(file) => (Some(file.digest), None),
            VersionBody::Text(_) => (None, new.form),
            VersionBody::Paper(_) => (None, None),
        };
        let created = acts::Created {
            case: case.clone(),
            kind: new.kind,
            title,
            grade: access.grade,
            form,
            register: new.register,
            body,
            note: note(&new.note)?,
        };
        let mut act = ActDraft::new(resource(&id, access, State::Draft), &created).graded(access.grade);
        act.blobs.extend(blob);
        Ok(Planned { document: id, expected: Expected::New, acts: vec![act] })
    }

    /// The act that keeps a further version of a draft.
    ///
    /// # Errors
    /// [`Problem::Conflict`] when the document has moved on since version `expected` of its stream;
    /// `document-wrong-state` when it is no draft; [`Problem::Invalid`] for wrong content.
    pub async fn plan_revise(
        &self,
        ctx: &Ctx,
        id: &DocumentId,
        expected: i64,
        body: NewBody,
        remark: &str,
    ) -> Result<Planned, Problem> {
        let open = self.open(ctx, id).await?;
        let found = open.document.version;
        if found != expected {
            return Err(Problem::Conflict { stream: stream(id).to_string(), expected, found });
        }
        open.must_be(&[State::Draft])?;
        let body = self.keep(body).await?;
        let (given, blob) = match &body {
            VersionBody::File(file) => (open.document.title.as_str(), Some(file.digest)),
            VersionBody::Text(_) => ("", None),
            VersionBody::Paper(_) => (open.document.title.as_str(), None),
        };
        let added = acts::VersionAdded {
            case: open.document.case.clone(),
            number: open.document.latest + 1,
            title: title(given, &body)?,
            body,
            note: note(remark)?,
        };
        let mut act = open.act(&added);
        act.blobs.extend(blob);
        Ok(open.planned(vec![act]))
    }

    /// Keeps a further version of a draft.
    ///
    /// # Errors
    /// As [`Records::plan_revise`], and the policies' refusal.
    pub async fn revise(
        &self,
        ctx: &Ctx,
        id: &DocumentId,
        expected: i64,
        body: NewBody,
        remark: &str,
    ) -> Result<i64, Problem> {
        let planned = self.plan_revise(ctx, id, expected, body, remark).await?;
        let receipt = self.journal.commit(ctx, planned.join(Change::new())).await?;
        Ok(receipt.version(&stream(id)))
    }

    /// The act that settles the text: complete, and fit for its paper.
    ///
    /// # Errors
    /// [`Problem::Invalid`] naming what the text lacks; `document-wrong-state` when it is no draft.
    pub async fn plan_finalise(&self, ctx: &Ctx, id: &DocumentId) -> Result<Planned, Problem> {
        let open = self.open(ctx, id).await?;
        open.must_be(&[State::Draft])?;
        let version = self.version_unchecked(id, open.document.latest).await?;
        if let VersionBody::Text(content) = version.body {
            content.complete()?;
        }
        let body = acts::Finalised { case: open.document.case.clone(), number: open.document.latest };
        Ok(open.planned(vec![open.act(&body)]))
    }

    /// The act that turns a settled or signed text back into a draft, because its case goes back.
    ///
    /// # Errors
    /// `document-wrong-state` when it is neither.
    pub async fn plan_reopen(&self, ctx: &Ctx, id: &DocumentId, reason: &str) -> Result<Planned, Problem> {
        let open = self.open(ctx, id).await?;
        open.must_be(&[State::Final, State::Signed])?;
        let body = acts::Reopened { case: open.document.case.clone(), reason: line(reason) };
        Ok(open.planned(vec![open.act(&body)]))
    }

    /// A document.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when there is none or the person may not know of it.
    pub async fn document(&self, ctx: &Ctx, id: &DocumentId) -> Result<Document, Problem> {
        Ok(self.open(ctx, id).await?.document)
    }

    /// The documents of a case that the person may read, oldest first.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn documents_of(&self, ctx: &Ctx, case: &CaseId) -> Result<Vec<Document>, Problem> {
        let Some(access) = self.access(case).await? else { return Ok(Vec::new()) };
        let sql = "SELECT * FROM document WHERE case_id = $1 ORDER BY created_at, document LIMIT 1000";
        let mut documents = Vec::new();
        for row in &self.journal.reader().rows(sql, &[case.into()]).await? {
            let document = read_document(row)?;
            if self.may_read(ctx, &document, &access) {
                documents.push(document);
            }
        }
        Ok(documents)
    }

    /// All versions of a document, oldest first.
    ///
    /// # Errors
    /// As [`Records::document`].
    pub async fn versions(&self, ctx: &Ctx, id: &DocumentId) -> Result<Vec<Version>, Problem> {
        self.open(ctx, id).await?;
        let sql = "SELECT * FROM document_version WHERE document = $1 ORDER BY number LIMIT 1000";
        self.journal.reader().rows(sql, &[id.into()]).await?.iter().map(read_version).collect()
    }

    /// One version of a document, from 1; the latest when `number` is `None`.
    ///
    /// # Errors
    /// As [`Records::document`].
    pub async fn version(&self, ctx: &Ctx, id: &DocumentId, number: Option<i64>) -> Result<Version, Problem> {
        let open = self.open(ctx, id).await?;
        self.version_unchecked(id, number.unwrap_or(open.document.latest)).await
    }

    /// The structured text of a version (the latest when `None`).
    ///
    /// # Errors
    /// As [`Records::document`]; `document-not-a-text` when it is a file.
    pub async fn content(&self, ctx: &Ctx, id: &DocumentId, number: Option<i64>) -> Result<Content, Problem> {
        match self.version(ctx, id, number).await?.body {
            VersionBody::Text(content) => Ok(content),
            VersionBody::File(_) | VersionBody::Paper(_) => Err(Problem::refused("document-not-a-text")),
        }
    }

    /// Two versions of a text, compared by structural unit, words inside.
    ///
    /// # Errors
    /// As [`Records::content`].
    pub async fn compare_versions(
        &self,
        ctx: &Ctx,
        id: &DocumentId,
        older: i64,
        newer: i64,
    ) -> Result<Vec<UnitChange>, Problem> {
        let old = self.content(ctx, id, Some(older)).await?;
        let new = self.content(ctx, id, Some(newer)).await?;
        tokio::task::spawn_blocking(move || compare(&old, &new)).await.map_err(Problem::fault)
    }

    /// The labelled units of the latest text: for links and outlines.
    ///
    /// # Errors
    /// As [`Records::content`].
    pub async fn units(&self, ctx: &Ctx, id: &DocumentId) -> Result<Vec<Unit>, Problem> {
        Ok(self.content(ctx, id, None).await?.units())
    }

    /// An uploaded file with its bytes; the latest version when `number` is `None`.
    ///
    /// # Errors
    /// As [`Records::document`]; `document-not-a-file` for a text or paper.
    pub async fn file(&self, ctx: &Ctx, id: &DocumentId, number: Option<i64>) -> Result<(FileInfo, Bytes), Problem> {
        match self.version(ctx, id, number).await?.body {
            VersionBody::File(file) => {
                let bytes = self.journal.get_blob(&file.digest).await?;
                Ok((file, bytes))
            }
            VersionBody::Text(_) | VersionBody::Paper(_) => Err(Problem::refused("document-not-a-file")),
        }
    }

    /// Who takes part in a case. For services: nobody is asked whether the reader may know.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn access(&self, case: &CaseId) -> Result<Option<Access>, Problem> {
        let row = self.journal.reader().row("SELECT access FROM dossier WHERE case_id = $1", &[case.into()]).await?;
        row.map(|row| serde_json::from_str(row.text("access")?).map_err(Problem::fault)).transpose()
    }

    /// How many non-secret documents there are, and how many of them have digital content:
    /// `(with content, all)`.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn digital_share(&self) -> Result<(i64, i64), Problem> {
        let sql = "SELECT COUNT(*) AS total, CAST(COALESCE(SUM(digital), 0) AS BIGINT) AS digital \
                   FROM document WHERE grade = 0";
        let row = self.journal.reader().row(sql, &[]).await?;
        let row = row.ok_or_else(|| Problem::fault("a count without an answer"))?;
        Ok((row.int("digital")?, row.int("total")?))
    }

    pub(crate) async fn open(&self, ctx: &Ctx, id: &DocumentId) -> Result<Open, Problem> {
        let missing = || Problem::not_found("document", id);
        let row = self.journal.reader().row("SELECT * FROM document WHERE document = $1", &[id.into()]).await?;
        let document = read_document(&row.ok_or_else(missing)?)?;
        let access = self.access(&document.case).await?.ok_or_else(missing)?;
        if self.may_read(ctx, &document, &access) { Ok(Open { document, access }) } else { Err(missing()) }
    }

    fn may_read(&self, ctx: &Ctx, document: &Document, access: &Access) -> bool {
        let resource = resource(&document.id, access, document.state);
        self.journal.policies().decide(ctx, "view.document", &resource).allowed
    }

    pub(crate) async fn version_unchecked(&self, id: &DocumentId, number: i64) -> Result<Version, Problem> {
        let sql = "SELECT * FROM document_version WHERE document = $1 AND number = $2";
        let row = self.journal.reader().row(sql, &[id.into(), number.into()]).await?;
        read_version(&row.ok_or_else(|| Problem::not_found("version", format!("{id}/{number}")))?)
    }

    /// Checks what came and stores its bytes.
    async fn keep(&self, body: NewBody) -> Result<VersionBody, Problem> {
        match body {
            NewBody::Text(content) => Ok(VersionBody::Text(content.draft()?)),
            NewBody::Paper(place) => match line(&place) {
                place if place.is_empty() => Err(Problem::field("place", "field-required")),
                place if place.chars().count() > MAX_LINE => Err(Problem::field("place", "field-too-long")),
                place => Ok(VersionBody::Paper(place)),
            },
            NewBody::Upload(file) => {
                let (checked, bytes) = tokio::task::spawn_blocking(move || {
                    upload::check("file", &file).map(|checked| (checked, file.bytes))
                })
                .await
                .map_err(Problem::fault)??;
                let size = i64::try_from(bytes.len()).map_err(Problem::fault)?;
                let digest = self.journal.put_blob(bytes).await?;
                let media_type = checked.media_type.to_owned();
                Ok(VersionBody::File(FileInfo { name: checked.name, media_type, size, pages: checked.pages, digest }))
            }
        }
    }
}

fn title(given: &str, body: &VersionBody) -> Result<String, Problem> {
    let given = line(given);
    if given.chars().count() > crate::content::MAX_SUBJECT {
        let wrong = FieldProblem::new("title", "field-too-long").arg("max", crate::content::MAX_SUBJECT);
        return Err(Problem::Invalid(vec![wrong]));
    }
    Ok(match body {
        _ if !given.is_empty() => given,
        VersionBody::Text(content) => content.subject.clone(),
        VersionBody::File(file) => file.name.clone(),
        VersionBody::Paper(place) => place.clone(),
    })
}

fn note(remark: &str) -> Result<String, Problem> {
    let remark = line(remark);
    if remark.chars().count() > MAX_LINE {
        return Err(Problem::Invalid(vec![FieldProblem::new("note", "field-too-long").arg("max", MAX_LINE)]));
    }
    Ok(remark)
}

pub(crate) fn read_document(row: &Row) -> Result<Document, Problem> {
    let number = match row.opt_text("number_text")? {
        None => None,
        Some(text) => Some(Number {
            register: row.text("register")?.to_owned(),
            year: row.int("number_year")?,
            number: row.int("number")?,
            text: text.to_owned(),
            date: day(row.text("number_date")?)?,
        }),
    };
    Ok(Document {
        id: DocumentId::new(row.text("document")?).map_err(Problem::fault)?,
        case: CaseId::new(row.text("case_id")?).map_err(Problem::fault)?,
        kind: row.text("kind")?.to_owned(),
        title: row.text("title")?.to_owned(),
        grade: grade(row.int("grade")?)?,
        state: State::parse(row.text("state")?).ok_or_else(|| Problem::fault("a document without a state"))?,
        version: row.int("version")?,
        latest: row.int("latest")?,
        form: row.opt_text("form")?.map(str::to_owned),
        register: row.opt_text("register")?.map(str::to_owned),
        number,
        pdf: row.opt_text("pdf")?.map(kernel::Digest::parse).transpose().map_err(Problem::fault)?,
        author: row.text("author")?.to_owned(),
        created_at: row.time("created_at")?,
        changed_at: row.time("changed_at")?,
    })
}

fn read_version(row: &Row) -> Result<Version, Problem> {
    Ok(Version {
        number: row.int("number")?,
        at: row.time("at")?,
        by: row.text("actor")?.to_owned(),
        body: serde_json::from_str(row.text("body")?).map_err(Problem::fault)?,
        note: row.text("note")?.to_owned(),
    })
}
