//! Issue: number, date and the body's seal, in one change with the acts of the case.
//!
//! The number comes from the head of the register's stream and the change names that head, so of two clerks who reckon
//! the same number one is refused by the journal, draws again, and gets the next. Within one process clerks wait for
//! their turn instead; across processes the refusal decides.

use crate::{
    Content, Number, Records, State, VersionBody, acts,
    documents::{Open, Planned, stream},
    paper::Places,
    registers::{self, Register, written},
    sign::Fills,
};
use journal::{Change, Expected};
use kernel::{ActDraft, BodyId, Ctx, Digest, DocumentId, Problem};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The turn at a register: while it is held, no other clerk of this process takes a number there.
pub struct Turn {
    register: String,
    _turn: OwnedMutexGuard<()>,
}

/// The acts of an issue, to be committed with those of the case.
#[must_use = "planned acts do nothing until they are committed"]
#[derive(Debug, Clone)]
pub struct IssuePlan {
    /// The number that the document gets when the change is recorded.
    pub number: Number,
    /// The sealed PDF.
    pub pdf: Digest,
    document: Planned,
    register: ActDraft,
    register_version: i64,
}

impl IssuePlan {
    /// The change with these acts behind its own.
    pub fn join(self, change: Change) -> Change {
        let job = match self.document.expected {
            Expected::At(version) => Some(crate::preserve::job(&self.document.document, version)),
            _ => None,
        };
        let change = job.into_iter().fold(self.document.join(change), Change::job);
        change.on(registers::stream(&self.number.register), Expected::At(self.register_version)).act(self.register)
    }
}

impl Turn {
    pub(crate) fn new(register: String, turn: OwnedMutexGuard<()>) -> Turn {
        Turn { register, _turn: turn }
    }
    /// Whether a commit failed only because another process took the number first: then plan again.
    pub fn was_lost(&self, problem: &Problem) -> bool {
        matches!(problem, Problem::Conflict { stream, .. } if *stream == registers::stream(&self.register).to_string())
    }
    /// What to answer when the turn was lost too often.
    pub fn given_up(&self) -> Problem {
        Problem::Unavailable {
            what: "register",
            why: format!("{} is taken by other servers again and again", self.register),
        }
    }
}

impl Records {
    /// Waits for the turn at the register of a document.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; `document-without-register` when it is not to be numbered.
    pub async fn turn(&self, ctx: &Ctx, id: &DocumentId) -> Result<Turn, Problem> {
        let document = self.document(ctx, id).await?;
        let code = document.register.ok_or_else(|| Problem::refused("document-without-register"))?;
        let lock: Arc<Mutex<()>> = self.turns.lock().await.entry(code.clone()).or_default().clone();
        Ok(Turn { register: code, _turn: lock.lock_owned().await })
    }

    /// Reckons the next number, writes number and date into the signed paper, and seals it. Nothing is recorded yet.
    ///
    /// # Errors
    /// `document-wrong-state` when it is not signed; `register-clock-behind`; `register-other-grade`;
    /// [`Problem::NeedsSecondFactor`] and [`Problem::Forbidden`] before the seal is touched; a certificate that may
    /// not seal now.
    pub async fn plan_issue(&self, ctx: &Ctx, id: &DocumentId, turn: &Turn) -> Result<IssuePlan, Problem> {
        let open = self.open(ctx, id).await?;
        open.must_be(&[State::Signed])?;
        let register = self.register_unchecked(&turn.register).await?;
        let register = register.ok_or_else(|| Problem::not_found("register", &turn.register))?;
        if register.grade != open.document.grade {
            return Err(Problem::refused("register-other-grade").arg("register", &register.title));
        }
        self.journal.policies().require(ctx, "document.sealed", &open.resource())?;
        self.journal.policies().require(ctx, "register.number_taken", &register.resource())?;
        let number = register.next_number(self.journal.clock().now().day())?;
        let signed = self.last::<acts::Signed>(id).await?;
        let (_, signed) = signed.ok_or_else(|| Problem::fault(format!("{id} is signed without a signature")))?;
        let sealed = self.seal(&open, &register, &number, &signed).await?;
        let content = self.signed_text(id, signed.number).await?;
        let case = open.document.case.clone();
        let acts = vec![
            open.act(&acts::Numbered { case: case.clone(), number: number.clone() }),
            open.act(&sealed).with_blob(sealed.pdf),
            open.act(&acts::Issued { case: case.clone(), number_text: number.text.clone() }),
        ];
        let taken = acts::NumberTaken {
            number: number.clone(),
            document: id.clone(),
            case,
            subject: content.subject,
            signer: signed.signer,
            recipients: content.recipients,
        };
        Ok(IssuePlan {
            number,
            pdf: sealed.pdf,
            document: open.planned(acts),
            register: ActDraft::new(register.resource(), &taken).graded(register.grade),
            register_version: register.version,
        })
    }

    async fn seal(
        &self,
        open: &Open,
        register: &Register,
        number: &Number,
        signed: &acts::Signed,
    ) -> Result<acts::Sealed, Problem> {
        let body = BodyId::new(register.body.clone()).map_err(Problem::fault)?;
        let before = self.journal.get_blob(&signed.pdf).await?;
        let number_box = written(register.series, number.number, number.year);
        let fills = self.fills(&signed.places, &number_box, number).await?;
        let (pdf, certificate, level) = self.seal_pdf(&body, &self.body_name(&body).await?, before, fills).await?;
        let (pdf, size) = self.store(pdf).await?;
        Ok(acts::Sealed {
            case: open.document.case.clone(),
            body: register.body.clone(),
            pdf,
            size,
            certificate,
            level,
        })
    }

    /// The small PDFs that stand in the fields of number, date and seal.
    async fn fills(&self, places: &Places, number_box: &str, number: &Number) -> Result<Fills, Problem> {
        let (papers, places) = (self.papers.clone(), *places);
        let (number_box, date) = (number_box.to_owned(), number.date);
        let made = tokio::task::spawn_blocking(move || {
            Ok::<_, typeset::TypesetError>(Fills {
                number_pdf: papers.stamp(
                    "stamps/so-van-ban",
                    &json!({ "number": number_box }),
                    places.number.size(),
                )?,
                date_pdf: papers.stamp("stamps/ngay-ban-hanh", &json!({ "date": date }), places.date.size())?,
                number: number_box,
                date: date.words(),
                seal: places.seal,
            })
        });
        Ok(made.await.map_err(Problem::fault)??)
    }

    /// The text that was signed: version `number`.
    pub(crate) async fn signed_text(&self, id: &DocumentId, number: i64) -> Result<Content, Problem> {
        match self.version_unchecked(id, number).await?.body {
            VersionBody::Text(content) => Ok(content),
            VersionBody::File(_) | VersionBody::Paper(_) => {
                Err(Problem::fault(format!("{} {number} was signed but is no text", stream(id))))
            }
        }
    }
}
