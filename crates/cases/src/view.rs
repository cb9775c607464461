//! A case as its page needs it.

use crate::{Cases, load::Loaded};
use kernel::{ActDraft, CaseId, Ctx, Handed, Problem};
use procedure::{
    CaseState, Procedure, Progress, Task, open_tasks, progress,
    tasks::{Action, Possible, missing_documents, possible},
};
use records::Document;
use std::sync::Arc;

/// A case as its page needs it.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// Its id.
    pub id: CaseId,
    /// The version of its stream: what the next move must name as seen.
    pub version: i64,
    /// The version of the procedure under which it began.
    pub procedure: Arc<Procedure>,
    /// Where it stands: title, grade, step, due, fields, opinions, ballots, effects. What others answered to a ballot
    /// that still runs is left blank.
    pub state: CaseState,
    /// Every step in the order of reading: done, here, next.
    pub progress: Progress,
    /// Its open tasks: who has it, until when.
    pub tasks: Vec<Task>,
    /// Its documents that the person may read, oldest first.
    pub documents: Vec<Document>,
    /// What the person may do now: by the procedure and by the policies.
    pub possible: Vec<Possible>,
    /// Keys of documents that the present step needs and that are not there.
    pub missing: Vec<String>,
    /// For whom the person can act here, when not for themselves.
    pub acting_for: Option<Handed>,
}

impl Cases {
    /// A case.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when there is none or the person need not know of it.
    pub async fn case(&self, ctx: &Ctx, id: &CaseId) -> Result<CaseView, Problem> {
        let loaded = self.load(ctx, id).await?;
        let documents = self.records.documents_of(ctx, id).await?;
        let (possible, acting_for) = self.allowed(ctx, &loaded);
        let (mut state, procedure) = (loaded.state.clone(), Arc::clone(&loaded.procedure));
        close_running_ballot(ctx, &mut state);
        Ok(CaseView {
            progress: progress(&procedure, &state),
            tasks: open_tasks(&procedure, &state),
            missing: missing_documents(&procedure, &state),
            id: id.clone(),
            version: loaded.version,
            procedure,
            state,
            documents,
            possible,
            acting_for,
        })
    }

    /// What the person may do, for themselves and for those who handed them work; and for whom, when they can do nothing
    /// for themselves.
    fn allowed(&self, ctx: &Ctx, loaded: &Loaded) -> (Vec<Possible>, Option<Handed>) {
        let resource = loaded.resource();
        let (mut all, mut acting_for): (Vec<Possible>, _) = (Vec::new(), None);
        for capacity in Cases::capacities(ctx, loaded) {
            for one in possible(&loaded.procedure, &loaded.state, &capacity.actor) {
                let decision = self.journal.policies().decide(&capacity, act_of(&one.action), &resource);
                if (decision.allowed || decision.needs_fresh) && !all.contains(&one) {
                    if all.is_empty() {
                        acting_for = capacity.person().and_then(|person| person.acting_for.as_deref().cloned());
                    }
                    all.push(one);
                }
            }
        }
        (all, acting_for)
    }

    /// Adds a remark to the timeline. Those who take part may.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Invalid`]; the policies' refusal.
    pub async fn add_note(&self, ctx: &Ctx, id: &CaseId, text: &str) -> Result<(), Problem> {
        let loaded = self.load(ctx, id).await?;
        let text = kernel::text::nfc(text.trim()).into_owned();
        if text.is_empty() {
            return Err(Problem::field("text", "field-required"));
        }
        if text.chars().count() > procedure::form::MAX_LONG_TEXT {
            let wrong = kernel::FieldProblem::new("text", "field-too-long").arg("max", procedure::form::MAX_LONG_TEXT);
            return Err(Problem::Invalid(vec![wrong]));
        }
        let act: ActDraft = loaded.act(&crate::acts::NoteAdded { text });
        let change = journal::Change::new().on(crate::load::stream(id), journal::Expected::At(loaded.version)).act(act);
        self.journal.commit(ctx, change).await.map(drop)
    }
}

/// While a ballot runs, a member sees only their own answer.
fn close_running_ballot(ctx: &Ctx, state: &mut CaseState) {
    let me = ctx.person().map(|person| &person.id);
    if let Some(ballot) = state.ballots.get_mut(&state.step).filter(|ballot| ballot.count.is_none()) {
        for cast in ballot.cast.values_mut().filter(|cast| Some(&cast.by) != me) {
            cast.answer.clear();
            cast.text.clear();
        }
    }
}

/// The act that stands for an action when the policies are asked whether to offer it.
fn act_of(action: &Action) -> &'static str {
    match action {
        Action::Complete => "step.left",
        Action::Attach(_) => "case.document_attached",
        Action::GiveOpinion(_) => "opinion.given",
        Action::CastBallot => "ballot.cast",
        Action::RecordVote => "vote.recorded",
        Action::Sign(_) => "case.document_signed",
        Action::Issue(_) => "case.document_issued",
        Action::Publish(_) => "case.document_published",
        Action::Return(_) => "case.returned",
    }
}
