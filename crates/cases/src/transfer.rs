//! Moving running cases to another version of their procedure, where the engine shows that they fit.

use crate::{Cases, change::Moved, load::Loaded, moves::Done};
use kernel::{CaseId, Ctx, Problem, Resource};
use procedure::{Procedure, ProcedureRef, Text, World};
use std::{collections::BTreeMap, sync::Arc};

/// Most cases that are looked at for one page.
const MOST: i64 = 200;

/// A case under another version, and whether it fits.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The case.
    pub case: CaseId,
    /// Its title.
    pub title: String,
    /// The step at which it stands.
    pub step: Text,
    /// Its version now.
    pub from: ProcedureRef,
    /// The version of its stream.
    pub version: i64,
    /// Why it does not fit; empty when it does.
    pub misfits: Vec<Text>,
    /// Whether this person may move it.
    pub allowed: bool,
}

impl Cases {
    /// Open cases under other versions of a procedure that this person may know of, oldest first, and whether each fits.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; storage.
    pub async fn candidates(&self, ctx: &Ctx, to: &ProcedureRef) -> Result<Vec<Candidate>, Problem> {
        let new = self.version_of(to).await?.ok_or_else(|| Problem::not_found("procedure", to))?;
        let sql = "SELECT case_id FROM case_file WHERE procedure = $1 AND status = 'open' AND procedure_version <> $2 \
                   ORDER BY opened_at, case_id LIMIT $3";
        let parameters = [to.id.as_str().into(), to.version.into(), MOST.into()];
        let mut found = Vec::new();
        for row in &self.journal.reader().rows(sql, &parameters).await? {
            let id = CaseId::new(row.text("case_id")?).map_err(Problem::fault)?;
            match self.load(ctx, &id).await {
                Ok(loaded) => found.push(self.candidate(ctx, &loaded, &new)),
                Err(Problem::NotFound { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(found)
    }

    /// One case and whether it fits.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; storage.
    pub async fn candidate_of(&self, ctx: &Ctx, case: &CaseId, to: &ProcedureRef) -> Result<Candidate, Problem> {
        let new = self.version_of(to).await?.ok_or_else(|| Problem::not_found("procedure", to))?;
        Ok(self.candidate(ctx, &*self.load(ctx, case).await?, &new))
    }

    fn candidate(&self, ctx: &Ctx, loaded: &Loaded, new: &Arc<Procedure>) -> Candidate {
        let misfits = self.event_of(ctx, loaded, new, "").err().unwrap_or_default();
        let step = loaded.procedure.step(&loaded.state.step).map(|step| step.title.clone()).unwrap_or_default();
        let allowed = |resource: &Resource| {
            let kind = <procedure::event::ProcedureChanged as kernel::ActBody>::KIND;
            self.journal.policies().decide(ctx, kind, resource).allowed
        };
        Candidate {
            case: loaded.id.clone(),
            title: loaded.state.title.clone(),
            step,
            from: loaded.procedure.reference(),
            version: loaded.version,
            misfits,
            allowed: allowed(&loaded.resource()),
        }
    }

    fn event_of(
        &self,
        ctx: &Ctx,
        loaded: &Loaded,
        new: &Procedure,
        reason: &str,
    ) -> Result<procedure::Event, Vec<Text>> {
        let catalogue = self.catalogue();
        let nobody: BTreeMap<String, Vec<kernel::PersonId>> = BTreeMap::new();
        let now = self.journal.clock().now();
        let world = World { actor: &ctx.actor, now, calendar: catalogue.calendar(), roll: &nobody };
        let event = procedure::fit::transfer(&loaded.procedure, new, &loaded.state, reason, &world);
        event.map_err(|misfits| misfits.into_iter().map(|misfit| misfit.0).collect())
    }

    /// Moves a case to another version, with a reason.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; `case-does-not-fit` with the first reason; `case-reason-needed`; the policies' refusal;
    /// [`Problem::Conflict`] when the case has moved on since version `expected`.
    pub async fn change_procedure(
        &self,
        ctx: &Ctx,
        case: &CaseId,
        to: &ProcedureRef,
        expected: i64,
        reason: &str,
        token: &str,
    ) -> Result<Done, Problem> {
        let reason = kernel::text::nfc(reason.trim()).into_owned();
        if reason.is_empty() || reason.chars().count() > procedure::form::MAX_TEXT {
            let code = if reason.is_empty() { "field-required" } else { "field-too-long" };
            let problem = kernel::FieldProblem::new("reason", code).arg("max", procedure::form::MAX_TEXT);
            return Err(Problem::Invalid(vec![problem]));
        }
        let new = self.version_of(to).await?.ok_or_else(|| Problem::not_found("procedure", to))?;
        let loaded = self.load(ctx, case).await?;
        if loaded.procedure.reference() == *to {
            // The same form, sent twice.
            return Ok(Done { case: case.clone(), version: loaded.version, document: None, number: None });
        }
        if loaded.version != expected {
            return Err(loaded.conflict(expected));
        }
        let event = self.event_of(ctx, &loaded, &new, &reason).map_err(|misfits| {
            Problem::refused("case-does-not-fit").arg("why", misfits.first().map_or("", |text| text.vi.as_str()))
        })?;
        let moved = Moved { events: vec![event], procedure: Some(new), ..Moved::default() };
        let (change, _) = self.change(&loaded, moved, crate::change::token_of(ctx, token)).await?;
        let receipt = self.journal.commit(ctx, change).await?;
        let version = receipt.version(&crate::load::stream(case));
        Ok(Done { case: case.clone(), version, document: None, number: None })
    }
}
