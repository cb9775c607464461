//! Setting up and ending bodies.

use crate::{
    Directory, acts, drafts,
    model::{Basis, NewBody},
    people::{checked_name, refuse},
};
use journal::{Change, Expected};
use kernel::{BodyId, CaseId, Ctx, Day, FieldProblem, Problem};

impl Directory {
    /// Sets up a body.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with the fields `name`, `name_en`, `id`, `superior`; [`Problem::Forbidden`]; storage.
    pub async fn establish_body(
        &self,
        ctx: &Ctx,
        mut new: NewBody,
        basis: &Basis,
        for_case: Option<&CaseId>,
    ) -> Result<(), Problem> {
        self.check_new_body(&mut new).await?;
        self.journal().commit(ctx, drafts::establish(Change::new(), &new, basis, for_case)).await.map(drop)
    }

    pub(crate) async fn check_new_body(&self, new: &mut NewBody) -> Result<(), Problem> {
        let mut wrong = Vec::new();
        new.name = checked_name("name", &new.name, &mut wrong);
        new.name_en = checked_name("name_en", &new.name_en, &mut wrong);
        if self.body(&new.id).await?.is_some() {
            wrong.push(FieldProblem::new("id", "field-taken"));
        }
        if let Some(superior) = &new.superior {
            match self.body(superior).await? {
                Some(superior) if superior.stands(new.from) => {}
                _ => wrong.push(FieldProblem::new("superior", "field-unknown-body").arg("body", superior)),
            }
        }
        refuse(wrong)
    }

    /// Ends a body that has no people and no bodies under it any more: `until` is the first day on which it is no more.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `body-over-already`, `body-has-people`, `body-has-bodies`; storage.
    pub async fn end_body(
        &self,
        ctx: &Ctx,
        id: &BodyId,
        until: Day,
        passed_to: Option<&BodyId>,
        basis: &Basis,
    ) -> Result<(), Problem> {
        let body = self.body(id).await?.ok_or_else(|| Problem::not_found("body", id))?;
        if until < body.from {
            return Err(Problem::field("until", "field-ends-before-it-begins"));
        }
        if body.until.is_some() {
            return Err(Problem::refused("body-over-already").arg("body", &body.name));
        }
        let people = self.members(id, until).await?.len();
        if people > 0 {
            return Err(Problem::refused("body-has-people").arg("body", &body.name).arg("count", people));
        }
        let under = self.bodies(until).await?.into_iter().filter(|b| b.superior.as_ref() == Some(id)).count();
        if under > 0 {
            return Err(Problem::refused("body-has-bodies").arg("body", &body.name).arg("count", under));
        }
        let draft = drafts::end_body(id, until, passed_to, basis);
        let change = Change::new().on(acts::body_stream(id), Expected::At(body.version)).act(draft);
        self.journal().commit(ctx, change).await.map(drop)
    }
}
