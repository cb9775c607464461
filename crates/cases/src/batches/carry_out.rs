//! Signing what an approval lists, one document after the other.

use super::{AtWork, BatchLine, Head, LineState, draft, stream};
use crate::{
    Cases,
    acts::{BatchLinePassedOver, BatchLineSigned},
    moves::Asked,
};
use journal::{Change, Expected};
use kernel::{Ctx, Problem, Strength};
use std::{collections::BTreeMap, sync::PoisonError};

/// While it lives, the program counts as being at work at the approval.
struct Turn {
    at_work: AtWork,
    batch: String,
}

impl Turn {
    fn take(at_work: &AtWork, batch: &str) -> Option<Turn> {
        let mut all = at_work.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(batch.to_owned()).then(|| Turn { at_work: at_work.clone(), batch: batch.to_owned() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.at_work.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.batch);
    }
}

/// What came of one line when it was tried.
enum Tried {
    Signed,
    PassedOver(String, BTreeMap<String, String>),
}

impl Cases {
    /// Signs what is left of an approval, until nothing is, its time is over, it is stopped, or the session ends.
    ///
    /// `approved` is the context of the request that carried the second factor; `still` tells as whom its session acts
    /// now, and is asked before each document: whoever has signed out, or no longer holds the seat, signs nothing more.
    ///
    /// # Errors
    /// [`Problem::NeedsSecondFactor`] without a fresh second factor; [`Problem::NotFound`]; storage. What stands in the
    /// way of one document is not an error: it is recorded with its line.
    pub async fn carry_out_batch<F>(&self, approved: &Ctx, id: &str, still: impl Fn() -> F) -> Result<(), Problem>
    where
        F: Future<Output = Result<Option<Ctx>, Problem>>,
    {
        if approved.strength != Strength::Fresh {
            return Err(Problem::NeedsSecondFactor { act: "document.signed".into() });
        }
        let Some(_turn) = Turn::take(&self.at_work, id) else { return Ok(()) };
        loop {
            let (head, batch) = self.own_batch(approved, id).await?;
            if head.stopped.is_some() || head.ends <= self.journal.clock().now() {
                return Ok(());
            }
            let next = (0_i64..).zip(&batch.lines).find(|(_, (_, state))| *state == LineState::Open);
            let Some((place, (line, _))) = next else { return Ok(()) };
            let Some(ctx) = self.still_approved(approved, &still).await? else {
                return self.stopped(&without_factor(approved), &head, "session-over").await;
            };
            match self.sign_line(&ctx, &head, place, line).await {
                Ok(Tried::Signed) => {}
                Ok(Tried::PassedOver(code, args)) => {
                    let passed = BatchLinePassedOver { place, code, args };
                    let change = Change::new().on(stream(id), Expected::Any).act(draft(&head, &passed));
                    self.journal.commit(&ctx, change).await?;
                }
                Err(fault) => {
                    // Whether even this can be recorded depends on the fault; the first one is what is told.
                    let _ = self.stopped(&ctx, &head, "fault").await;
                    return Err(fault);
                }
            }
        }
    }

    /// The person of the approval as they stand now, with the factor of the request that approved.
    async fn still_approved<F>(&self, approved: &Ctx, still: &impl Fn() -> F) -> Result<Option<Ctx>, Problem>
    where
        F: Future<Output = Result<Option<Ctx>, Problem>>,
    {
        let now = still().await?;
        let same = |ctx: &Ctx| ctx.person().map(|p| &p.id) == approved.person().map(|p| &p.id);
        Ok(now.filter(same).map(|ctx| Ctx { request: approved.request.clone(), ..ctx.stepped_up() }))
    }

    async fn sign_line(&self, ctx: &Ctx, head: &Head, place: i64, line: &BatchLine) -> Result<Tried, Problem> {
        let passed = |code: &str| Ok(Tried::PassedOver(code.to_owned(), BTreeMap::new()));
        let signed = match self.to_sign(ctx, &line.case).await {
            Ok(now) if now.line == *line => {
                let beside = draft(head, &BatchLineSigned { place });
                let beside = Change::new().on(stream(&head.id), Expected::Any).act(beside);
                let asked = Asked::Sign { key: line.key.clone(), beside };
                let token = format!("{}/{place}", head.id);
                self.run(ctx, &line.case, line.case_version, asked, &token).await
            }
            Ok(_) => return passed("batch-moved-on"),
            Err(problem) => Err(problem),
        };
        match signed {
            Ok(_) => Ok(Tried::Signed),
            Err(Problem::Conflict { .. }) => passed("batch-moved-on"),
            Err(Problem::NotFound { .. } | Problem::Forbidden { .. }) => passed("batch-not-yours"),
            Err(Problem::Refused { code, args }) => Ok(Tried::PassedOver(code.to_owned(), args)),
            Err(Problem::Invalid(fields)) => match fields.into_iter().next() {
                Some(field) => Ok(Tried::PassedOver(field.code.to_owned(), field.args)),
                None => passed("batch-moved-on"),
            },
            Err(Problem::Unavailable { what: "signing", why }) => {
                tracing::warn!(document = %line.document, why, "a document of a list could not be signed");
                passed("batch-key-fails")
            }
            Err(fault) => Err(fault),
        }
    }
}

/// The session of the approval has ended: what is recorded of that is not an act with the second factor.
fn without_factor(approved: &Ctx) -> Ctx {
    Ctx { strength: Strength::TwoFactor, ..approved.clone() }
}
