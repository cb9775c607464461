//! The documents of a case as it moves: a document is a draft exactly where the step writes it.

use crate::{Cases, change::Moved, load::Loaded};
use kernel::{Ctx, DocumentId, FieldProblem, Grade, Problem};
use procedure::{CaseState, Event, state::Status};
use records::{NewBody, NewDocument, State};

impl Cases {
    /// Adds to a move what it does to the documents: those that can be written no more are settled (and must be
    /// complete), those that can be written again become drafts. `made` was made by this very move.
    pub(crate) async fn settle(
        &self,
        ctx: &Ctx,
        loaded: &Loaded,
        moved: &mut Moved,
        made: Option<&DocumentId>,
    ) -> Result<(), Problem> {
        let mut state = loaded.state.clone();
        moved.events.iter().for_each(|event| state.apply(event));
        if state.step == loaded.state.step && state.visits.len() == loaded.state.visits.len() {
            return Ok(());
        }
        let returned = moved.events.iter().find_map(|event| match event {
            Event::Returned(returned) => Some(returned),
            _ => None,
        });
        for (key, document) in &state.documents {
            if made == Some(&document.document) {
                continue;
            }
            let record = self.records.document(ctx, &document.document).await?;
            let writable = writable(loaded, &state, key);
            let planned = match record.state {
                State::Draft if !writable && returned.is_none() && state.status == Status::Open => {
                    Some(self.records.plan_finalise(ctx, &record.id).await.map_err(|problem| under(key, problem))?)
                }
                State::Final if writable => Some(self.records.plan_reopen(ctx, &record.id, &state.step).await?),
                State::Final | State::Signed => match returned.filter(|r| r.reopened.contains(key)) {
                    Some(returned) => Some(self.records.plan_reopen(ctx, &record.id, &returned.reason).await?),
                    None => None,
                },
                _ => None,
            };
            if let Some(planned) = planned {
                moved.beside = planned.join(std::mem::take(&mut moved.beside));
            }
        }
        Ok(())
    }

    /// A document as the procedure declares it: form and register come from there, never from outside. Secret documents
    /// are numbered in a register of their own, the code with `-mat` behind it (Law 29/2018/QH14).
    pub(crate) fn declared_document(
        &self,
        loaded: &Loaded,
        key: &str,
        title: String,
        body: NewBody,
        note: String,
    ) -> Result<NewDocument, Problem> {
        let spec = loaded.procedure.document(key);
        let spec = spec.ok_or_else(|| Problem::refused("case-document-unknown").arg("document", key))?;
        let secret = loaded.state.grade != Grade::Open;
        let register = spec.register.as_ref().map(|code| if secret { format!("{code}-mat") } else { code.clone() });
        let (NewBody::Text(_), None) = (&body, &spec.paper) else {
            return Ok(NewDocument { kind: key.to_owned(), title, form: spec.paper.clone(), register, body, note });
        };
        Err(Problem::refused("case-document-needs-file").arg("document", key))
    }
}

fn writable(loaded: &Loaded, state: &CaseState, key: &str) -> bool {
    let step = loaded.procedure.step(&state.step);
    state.status == Status::Open && step.is_some_and(|step| step.writes.iter().any(|written| written == key))
}

/// Field problems of a document, named under its key: `nghi-quyet.articles.0`.
fn under(key: &str, problem: Problem) -> Problem {
    match problem {
        Problem::Invalid(fields) => Problem::Invalid(
            fields.into_iter().map(|field| FieldProblem { field: format!("{key}.{}", field.field), ..field }).collect(),
        ),
        other => other,
    }
}
