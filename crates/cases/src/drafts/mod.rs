//! Drafts of procedures, and the versions that stand.
//!
//! A version of a procedure comes from a file, or is adopted here. Both stand in the journal with their whole text, so
//! that a case runs for ever on what it began with: what a file says is recorded when the program starts, and a file that
//! says otherwise later is a problem that the catalogue tells, not a change of running cases.
//!
//! A draft is changed by those who may draft, checked by somebody who did not write it, and adopted by a third act, which
//! carries the adopter's signature over the SHA-256 of the text. Who may do which is said by the policies.

pub mod acts;
pub mod projection;

use crate::Cases;
use acts::{Adopted, DraftChecked, DraftSaved, DraftWithdrawn, Recorded};
use base64::{Engine, engine::general_purpose::STANDARD};
use journal::{Change, Expected};
use kernel::{Act, ActBody, ActDraft, Ctx, Digest, PersonId, Problem, Resource, StreamId, Timestamp, id::RequestId};
use procedure::{Catalogue, LoadProblem, Procedure, ProcedureRef, Text, catalogue, whole};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};

/// Most bytes of a draft's text: that of any procedure.
pub const MAX_TEXT: usize = 512 * 1024;

/// How far a draft has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftState {
    /// Being written.
    Open,
    /// The present text was checked.
    Checked,
    /// Adopted.
    Adopted,
    /// Taken back.
    Withdrawn,
}

impl DraftState {
    /// The code in tables and words.
    pub fn code(self) -> &'static str {
        match self {
            DraftState::Open => "open",
            DraftState::Checked => "checked",
            DraftState::Adopted => "adopted",
            DraftState::Withdrawn => "withdrawn",
        }
    }
}

/// A draft as it stands.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// The version of its stream.
    pub version: i64,
    /// The procedure's id.
    pub procedure: String,
    /// Its name.
    pub title: String,
    /// The version from which it was made.
    pub from: Option<ProcedureRef>,
    /// The text.
    pub text: String,
    /// SHA-256 of the text.
    pub sha256: Digest,
    /// How far it has come.
    pub state: DraftState,
    /// Everybody who wrote in it.
    pub drafters: BTreeSet<String>,
    /// What happened: who, when, the kind of act, and the note.
    pub story: Vec<(String, Timestamp, String, String)>,
}

/// A draft in a list.
#[derive(Debug, Clone)]
pub struct DraftLine {
    /// Its id.
    pub id: String,
    /// The procedure's id.
    pub procedure: String,
    /// Its name.
    pub title: String,
    /// The code of its state.
    pub state: String,
    /// `person:<id>` of who began it or wrote last.
    pub who: String,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// Where a version that stands was recorded.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The version's number.
    pub number: u32,
    /// Adopted here (or: brought by a file).
    pub adopted: bool,
    /// SHA-256 of its text.
    pub sha256: String,
    /// `person:<id>` or `system:<duty>`.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// The version of its act on the stream `procedure:<id>`.
    pub act: i64,
}

fn draft_stream(id: &str) -> StreamId {
    StreamId::new("procedure-draft", id)
}
fn procedure_stream(id: &str) -> StreamId {
    StreamId::new("procedure", id)
}
fn digest(text: &str) -> Digest {
    Digest::of(&[text.as_bytes()])
}

impl Draft {
    /// The draft as the policies see it.
    pub fn resource(&self) -> Resource {
        resource(&self.procedure, &self.drafters)
    }

    fn fold(id: &str, acts: &[Act]) -> Result<Option<Draft>, Problem> {
        let mut draft: Option<Draft> = None;
        for act in acts {
            let note = |text: &str| (act.actor.who.clone(), act.at, act.kind.clone(), text.to_owned());
            if let Some(saved) = act.read::<DraftSaved>().map_err(Problem::fault)? {
                let person = act.actor.person().map(str::to_owned);
                let mut drafters = draft.as_ref().map(|d| d.drafters.clone()).unwrap_or_default();
                drafters.extend(person);
                let mut story = draft.map(|d| d.story).unwrap_or_default();
                story.push(note(&saved.note));
                draft = Some(Draft {
                    id: id.to_owned(),
                    version: act.version,
                    procedure: saved.procedure,
                    title: saved.title,
                    from: saved.from,
                    text: saved.text,
                    sha256: saved.sha256,
                    state: DraftState::Open,
                    drafters,
                    story,
                });
                continue;
            }
            let Some(draft) = &mut draft else { continue };
            draft.version = act.version;
            if let Some(checked) = act.read::<DraftChecked>().map_err(Problem::fault)? {
                if checked.sha256 == draft.sha256 {
                    draft.state = DraftState::Checked;
                }
                draft.story.push(note(&checked.note));
            } else if let Some(gone) = act.read::<DraftWithdrawn>().map_err(Problem::fault)? {
                draft.state = DraftState::Withdrawn;
                draft.story.push(note(&gone.reason));
            }
        }
        Ok(draft)
    }
}

/// A procedure, or its draft, as the policies see it.
pub fn resource(procedure: &str, drafters: &BTreeSet<String>) -> Resource {
    Resource::new("Procedure", procedure, json!({ "grade": 0, "drafters": drafters }))
}

impl Cases {
    // ---------------------------------------------------------------------------------------- versions that stand

    /// Reads the versions that the journal has recorded, and lays them over those of the files.
    ///
    /// # Errors
    /// Storage.
    pub async fn refresh_procedures(&self) -> Result<(), Problem> {
        let sql = "SELECT procedure, number, adopted, body FROM procedure_version ORDER BY procedure, number";
        let rows = self.journal.reader().rows(sql, &[]).await?;
        let mut recorded = Vec::with_capacity(rows.len());
        for row in &rows {
            let version = u32::try_from(row.int("number")?).map_err(Problem::fault)?;
            recorded.push(catalogue::Recorded {
                version: ProcedureRef { id: row.text("procedure")?.to_owned(), version },
                text: row.text("body")?.to_owned(),
                adopted: row.int("adopted")? != 0,
            });
        }
        let count = i64::try_from(rows.len()).map_err(Problem::fault)?;
        let all = Arc::new(self.files.with_recorded(&recorded));
        let mut now = self.catalogue.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Versions are only ever added: whoever has read more has the newer catalogue.
        if count >= now.0 {
            *now = (count, all);
        }
        Ok(())
    }

    /// The catalogue with every version that is recorded by now, also by another server.
    pub(crate) async fn newest_catalogue(&self) -> Result<Arc<Catalogue>, Problem> {
        let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM procedure_version";
        let recorded = self.journal.reader().row(sql, &[]).await?.map_or(Ok(0), |row| row.int("n"))?;
        let known = self.catalogue.read().unwrap_or_else(std::sync::PoisonError::into_inner).0;
        if recorded != known {
            self.refresh_procedures().await?;
        }
        Ok(self.catalogue())
    }

    /// One version; when it is not known here, it may have been adopted by another server since.
    pub(crate) async fn version_of(&self, reference: &ProcedureRef) -> Result<Option<Arc<Procedure>>, Problem> {
        if let Some(found) = self.catalogue().get(reference) {
            return Ok(Some(found.clone()));
        }
        Ok(self.newest_catalogue().await?.get(reference).cloned())
    }

    /// Records the versions that files bring and that are not recorded yet; the program does it when it starts.
    ///
    /// # Errors
    /// Storage.
    pub async fn record_files(&self) -> Result<usize, Problem> {
        self.refresh_procedures().await?;
        let sql = "SELECT procedure, number FROM procedure_version";
        let mut known = BTreeSet::new();
        for row in &self.journal.reader().rows(sql, &[]).await? {
            known.insert((row.text("procedure")?.to_owned(), row.int("number")?));
        }
        let mut change = Change::new();
        for (version, text) in self.files.texts() {
            if known.contains(&(version.id.clone(), i64::from(version.version))) {
                continue;
            }
            let file = self.files.get(version).map(|procedure| procedure.file.clone()).unwrap_or_default();
            let act = Recorded { version: version.clone(), text: text.to_string(), sha256: digest(text), file };
            let draft = ActDraft::new(resource(&version.id, &BTreeSet::new()), &act);
            change = change.on(procedure_stream(&version.id), Expected::Any).act(draft);
        }
        let count = change.len();
        if count > 0 {
            let (clock, entropy) = (self.journal.clock(), self.journal.entropy());
            let ctx = Ctx::system("procedures", clock.now(), RequestId::mint(clock, entropy));
            self.journal.commit(&ctx, change).await?;
            self.refresh_procedures().await?;
        }
        Ok(count)
    }

    /// Where the versions of a procedure were recorded, oldest first.
    ///
    /// # Errors
    /// Storage.
    pub async fn standing(&self, procedure: &str) -> Result<Vec<Standing>, Problem> {
        let sql = "SELECT number, adopted, sha256, who, at, act_version FROM procedure_version \
                   WHERE procedure = $1 ORDER BY number";
        let rows = self.journal.reader().rows(sql, &[procedure.into()]).await?;
        let one = |row: &journal::Row| {
            Ok(Standing {
                number: u32::try_from(row.int("number")?).map_err(Problem::fault)?,
                adopted: row.int("adopted")? != 0,
                sha256: row.text("sha256")?.to_owned(),
                who: row.text("who")?.to_owned(),
                at: Timestamp::from_micros(row.int("at")?),
                act: row.int("act_version")?,
            })
        };
        rows.iter().map(one).collect()
    }

    // ----------------------------------------------------------------------------------------------------- drafts

    /// Begins a draft of the next version of a procedure that stands.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; the policies' refusal.
    pub async fn draft_next(&self, ctx: &Ctx, from: &ProcedureRef, token: &str) -> Result<String, Problem> {
        let catalogue = self.newest_catalogue().await?;
        let (old, text) =
            catalogue.get(from).zip(catalogue.text(from)).ok_or_else(|| Problem::not_found("procedure", from))?;
        let text = whole::renumbered(text, &from.id, catalogue.highest(&from.id) + 1).map_err(Problem::fault)?;
        let title = old.title.vi.clone();
        self.begin(ctx, &from.id, title, Some(from.clone()), text, String::new(), token).await
    }

    /// Begins a draft of a new procedure with this text.
    ///
    /// # Errors
    /// `draft-procedure-there` when its id is taken; the policies' refusal.
    pub async fn draft_new(
        &self,
        ctx: &Ctx,
        id: &str,
        title: &str,
        text: String,
        note: &str,
        token: &str,
    ) -> Result<String, Problem> {
        if kernel::id::check(id).is_err() || id.len() > 64 {
            return Err(Problem::field("id", "field-not-an-id"));
        }
        if self.newest_catalogue().await?.highest(id) > 0 {
            return Err(Problem::refused("draft-procedure-there").arg("procedure", id));
        }
        self.begin(ctx, id, title.to_owned(), None, text, note.to_owned(), token).await
    }

    #[allow(clippy::too_many_arguments)]
    async fn begin(
        &self,
        ctx: &Ctx,
        procedure: &str,
        title: String,
        from: Option<ProcedureRef>,
        text: String,
        note: String,
        token: &str,
    ) -> Result<String, Problem> {
        let key = crate::change::token_of(ctx, token);
        let id = match &key {
            Some(key) => format!("draft-{}", key.get(..26).unwrap_or(key)),
            None => kernel::id::mint("draft", self.journal.clock(), self.journal.entropy()),
        };
        let sha256 = digest(&text);
        let act = DraftSaved { procedure: procedure.to_owned(), title, text, sha256, from, note };
        let draft = ActDraft::new(resource(procedure, &BTreeSet::new()), &act);
        let change = Change::new().on(draft_stream(&id), Expected::New).act(draft);
        match self.journal.commit(ctx, change).await {
            // The same form, sent twice.
            Ok(_) => Ok(id),
            Err(Problem::Conflict { .. }) if key.is_some() => Ok(id),
            Err(other) => Err(other),
        }
    }

    /// A draft, for whoever may read procedures.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; storage.
    pub async fn draft(&self, ctx: &Ctx, id: &str) -> Result<Draft, Problem> {
        let missing = || Problem::not_found("draft", id);
        if kernel::id::check(id).is_err() {
            return Err(missing());
        }
        let mut acts = Vec::new();
        loop {
            let after = acts.last().map_or(0, |act: &Act| act.version);
            let page = self.journal.acts(&draft_stream(id), after, 500).await?;
            let full = page.len() == 500;
            acts.extend(page);
            if !full {
                break;
            }
        }
        let mut draft = Draft::fold(id, &acts)?.ok_or_else(missing)?;
        self.journal.policies().require(ctx, "view.procedures", &draft.resource())?;
        let row =
            self.journal.reader().row("SELECT state FROM procedure_draft WHERE draft_id = $1", &[id.into()]).await?;
        if row.map_or(Ok(false), |row| row.text("state").map(|state| state == "adopted"))? {
            draft.state = DraftState::Adopted;
        }
        Ok(draft)
    }

    /// Drafts, those changed last first.
    ///
    /// # Errors
    /// Storage; the policies' refusal.
    pub async fn drafts(&self, ctx: &Ctx) -> Result<Vec<DraftLine>, Problem> {
        self.journal.policies().require(ctx, "view.procedures", &resource("drafts", &BTreeSet::new()))?;
        let sql = "SELECT draft_id, procedure, title, state, who, changed_at FROM procedure_draft \
                   ORDER BY changed_at DESC LIMIT 200";
        let one = |row: &journal::Row| {
            Ok(DraftLine {
                id: row.text("draft_id")?.to_owned(),
                procedure: row.text("procedure")?.to_owned(),
                title: row.text("title")?.to_owned(),
                state: row.text("state")?.to_owned(),
                who: row.text("who")?.to_owned(),
                changed_at: Timestamp::from_micros(row.int("changed_at")?),
            })
        };
        self.journal.reader().rows(sql, &[]).await?.iter().map(one).collect()
    }

    /// What is wrong with a draft's text, or the procedure that it declares.
    ///
    /// # Errors
    /// The problems with their lines, never none.
    pub fn read_draft(&self, draft: &Draft) -> Result<Arc<Procedure>, Vec<LoadProblem>> {
        let read = self.catalogue().try_text(&draft.text)?;
        if read.id != draft.procedure {
            let (id, own) = (&read.id, &draft.procedure);
            return Err(vec![LoadProblem {
                file: "draft".to_owned(),
                line: 1,
                what: Text {
                    vi: format!("Toàn văn ghi mã “{id}”, nhưng đây là dự thảo của quy trình “{own}”."),
                    en: format!("The id is “{id}”, but this is a draft of “{own}”."),
                },
                mend: Text {
                    vi: format!("Ghi lại id = \"{own}\"; muốn dùng mã khác thì lập quy trình mới."),
                    en: format!("Write id = \"{own}\" again; begin a new procedure for another id."),
                },
            }]);
        }
        Ok(read)
    }

    /// Saves a draft's text. It may be wrong still: that is what checking is for.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; `draft-over`; [`Problem::Conflict`] when somebody else saved since `expected`.
    pub async fn save_draft(
        &self,
        ctx: &Ctx,
        id: &str,
        expected: i64,
        text: String,
        note: &str,
    ) -> Result<(), Problem> {
        let draft = self.open_draft(ctx, id, expected).await?;
        if text.len() > MAX_TEXT {
            return Err(Problem::Invalid(vec![
                kernel::FieldProblem::new("text", "field-too-long").arg("max", MAX_TEXT),
            ]));
        }
        let text = text.replace("\r\n", "\n");
        if text == draft.text {
            return Ok(());
        }
        let title = self.catalogue().try_text(&text).map_or(draft.title.clone(), |read| read.title.vi.clone());
        let sha256 = digest(&text);
        let (procedure, from, note) = (draft.procedure.clone(), draft.from.clone(), note.trim().to_owned());
        self.on_draft(ctx, &draft, &DraftSaved { procedure, title, text, sha256, from, note }).await
    }

    /// Says that the present text is ready to be adopted; by somebody who did not write it.
    ///
    /// # Errors
    /// As [`Cases::save_draft`]; `draft-wrong` when the checker finds something.
    pub async fn check_draft(&self, ctx: &Ctx, id: &str, expected: i64, note: &str) -> Result<(), Problem> {
        let draft = self.open_draft(ctx, id, expected).await?;
        self.ready(&draft)?;
        self.on_draft(ctx, &draft, &DraftChecked { sha256: draft.sha256, note: note.trim().to_owned() }).await
    }

    /// Takes a draft back.
    ///
    /// # Errors
    /// As [`Cases::save_draft`]; `case-reason-needed`.
    pub async fn withdraw_draft(&self, ctx: &Ctx, id: &str, expected: i64, reason: &str) -> Result<(), Problem> {
        let draft = self.open_draft(ctx, id, expected).await?;
        if reason.trim().is_empty() {
            return Err(Problem::field("reason", "field-required"));
        }
        self.on_draft(ctx, &draft, &DraftWithdrawn { reason: reason.trim().to_owned() }).await
    }

    async fn open_draft(&self, ctx: &Ctx, id: &str, expected: i64) -> Result<Draft, Problem> {
        let draft = self.draft(ctx, id).await?;
        if matches!(draft.state, DraftState::Adopted | DraftState::Withdrawn) {
            return Err(Problem::refused("draft-over"));
        }
        if draft.version != expected {
            let stream = draft_stream(id).to_string();
            return Err(Problem::Conflict { stream, expected, found: draft.version });
        }
        Ok(draft)
    }

    async fn on_draft<B: ActBody>(&self, ctx: &Ctx, draft: &Draft, body: &B) -> Result<(), Problem> {
        let act = ActDraft::new(draft.resource(), body);
        let change = Change::new().on(draft_stream(&draft.id), Expected::At(draft.version)).act(act);
        self.journal.commit(ctx, change).await.map(drop)
    }

    /// The procedure that a draft would bring into force, when nothing is wrong with it.
    fn ready(&self, draft: &Draft) -> Result<Arc<Procedure>, Problem> {
        let read = self.read_draft(draft).map_err(|problems| {
            Problem::refused("draft-wrong").arg("n", problems.len()).arg("line", problems.first().map_or(1, |p| p.line))
        })?;
        let next = self.catalogue().highest(&draft.procedure) + 1;
        if read.version != next {
            return Err(Problem::refused("draft-version").arg("version", read.version).arg("next", next));
        }
        Ok(read)
    }

    /// What the adopter's key will sign, as it will be recorded: shown before the second factor is given.
    ///
    /// # Errors
    /// As [`Cases::adopt_draft`].
    pub fn adoption_statement(&self, ctx: &Ctx, draft: &Draft) -> Result<String, Problem> {
        let read = self.ready(draft)?;
        let person = ctx.person().ok_or_else(|| Problem::not_found("draft", &draft.id))?;
        let statement = json!({
            "what": "Thông qua quy trình", "procedure": read.reference().to_string(), "title": read.title.vi,
            "sha256": draft.sha256, "valid_from": read.valid_from, "draft": draft.id,
            "adopter": person.id, "name": person.name,
        });
        kernel::canon::to_string(&statement).map_err(Problem::fault)
    }

    /// Adopts a checked draft: the person's own signed act over the text. Cases opened from its first day on run on it;
    /// it is in the catalogue at once.
    ///
    /// # Errors
    /// `draft-not-checked`, `draft-wrong`, `draft-version`, `draft-in-the-past`; the policies' refusal, also for whoever
    /// wrote in the draft; [`Problem::Unavailable`] when the person's key cannot sign.
    pub async fn adopt_draft(&self, ctx: &Ctx, id: &str, expected: i64) -> Result<ProcedureRef, Problem> {
        self.newest_catalogue().await?;
        let draft = self.draft(ctx, id).await?;
        if draft.state == DraftState::Adopted {
            // The same form, sent twice.
            let read = self.read_draft(&draft).map_err(|_| Problem::refused("draft-over"))?;
            return Ok(read.reference());
        }
        let draft = self.open_draft(ctx, id, expected).await?;
        self.journal.policies().require(ctx, Adopted::KIND, &draft.resource())?;
        if draft.state != DraftState::Checked {
            return Err(Problem::refused("draft-not-checked"));
        }
        let read = self.ready(&draft)?;
        let at = self.journal.clock().now();
        if read.valid_from < at.day() {
            return Err(Problem::refused("draft-in-the-past").arg("day", read.valid_from.short()));
        }
        let statement = self.adoption_statement(ctx, &draft)?;
        let person = ctx.person().map(|person| person.id.clone()).ok_or_else(|| Problem::not_found("draft", id))?;
        let (cms, level) = self.signature_over(&person, &statement, at).await?;
        let head = self.journal.head(&procedure_stream(&draft.procedure)).await?;
        let version = read.reference();
        let adopted = Adopted {
            version: version.clone(),
            text: draft.text.clone(),
            sha256: draft.sha256,
            valid_from: read.valid_from,
            draft: draft.id.clone(),
            statement,
            cms,
            level,
        };
        let change = Change::new()
            .on(procedure_stream(&draft.procedure), Expected::At(head))
            .act(ActDraft::new(draft.resource(), &adopted))
            .on(draft_stream(&draft.id), Expected::At(draft.version));
        self.journal.commit(ctx, change).await?;
        self.refresh_procedures().await?;
        Ok(version)
    }

    /// The person's detached signature over a statement, in base64, and the level reached.
    async fn signature_over(
        &self,
        person: &PersonId,
        statement: &str,
        at: Timestamp,
    ) -> Result<(String, String), Problem> {
        let signer = self.records.keys().signer_for(person).await?;
        let stamper = self.records.keys().time_stamper().await?;
        let bytes = statement.as_bytes().to_vec();
        let made =
            tokio::task::spawn_blocking(move || signing::cades::sign_detached(&bytes, &*signer, at, Some(&*stamper)));
        let signed = made.await.map_err(Problem::fault)?;
        let signed = signed.map_err(|why| Problem::Unavailable { what: "signing", why: why.to_string() })?;
        let level = serde_json::to_value(signed.level).map_err(Problem::fault)?;
        Ok((STANDARD.encode(signed.cms), level.as_str().unwrap_or_default().to_owned()))
    }
}
