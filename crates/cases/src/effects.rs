//! What an issued document changes about people and bodies: shown before it is signed, carried out in the very change
//! that issues it, by the program under its duty `effects`.

use crate::{
    Cases,
    acts::{EffectsApplied, Move},
    change::Moved,
    load::{Loaded, stream},
};
use directory::{Basis, Effect, EffectLine};
use journal::{Change, Expected};
use kernel::{ActDraft, CaseId, Ctx, Problem, Resource};
use procedure::{CaseState, Event, effect};
use serde_json::Value;

/// The duty under which the program carries effects out.
const DUTY: &str = "effects";

impl Cases {
    /// What will have changed about people and bodies once the case's document is issued: one line each, in the order
    /// of the procedure. Empty for a procedure without effects.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; what the directory refuses, so that nobody signs what cannot happen;
    /// `case-effect-unbound` when a field is not filled in yet.
    pub async fn preview_effects(&self, ctx: &Ctx, id: &CaseId) -> Result<Vec<EffectLine>, Problem> {
        let loaded = self.load(ctx, id).await?;
        if let Some(applied) = applied(&loaded)? {
            return Ok(applied.lines);
        }
        let bound = effect::bound(&loaded.procedure, &loaded.state)?;
        let effects = bound.iter().map(|bound| read(&bound.effect)).collect::<Result<Vec<_>, _>>()?;
        self.directory.preview(&effects).await
    }

    /// The change that carries the effects out; its last act on the case carries `last`.
    pub(crate) async fn effects(
        &self,
        loaded: &Loaded,
        state: &CaseState,
        resource: &Resource,
        declared: &[(String, Effect)],
        last: Value,
    ) -> Result<Change, Problem> {
        let effects: Vec<Effect> = declared.iter().map(|(_, effect)| effect.clone()).collect();
        let lines = self.directory.preview(&effects).await?;
        let basis = basis(loaded, state);
        let change = self.directory.enact(Change::new(), &effects, &basis, Some(&loaded.id)).await?;
        let keys = declared.iter().map(|(key, _)| key.clone()).collect();
        let mut applied = ActDraft::new(resource.clone(), &EffectsApplied { keys, lines }).graded(state.grade);
        applied.body[Move::KEY] = last;
        Ok(change.on(stream(&loaded.id), Expected::Any).act(applied).by_program(DUTY))
    }
}

/// The effects among the events, read.
pub(crate) fn declared(moved: &mut Moved) -> Result<(), Problem> {
    for event in &moved.events {
        if let Event::EffectDeclared(declared) = event {
            moved.effects.push((declared.key.clone(), read(&declared.effect)?));
        }
    }
    Ok(())
}

fn read(effect: &Value) -> Result<Effect, Problem> {
    serde_json::from_value(effect.clone()).map_err(|why| {
        let kind = effect.get("kind").and_then(Value::as_str).unwrap_or_default();
        Problem::refused("effect-not-readable").arg("kind", kind).arg("why", why)
    })
}

fn applied(loaded: &Loaded) -> Result<Option<EffectsApplied>, Problem> {
    for act in loaded.acts.iter().rev() {
        if let Some(applied) = act.read::<EffectsApplied>().map_err(Problem::fault)? {
            return Ok(Some(applied));
        }
    }
    Ok(None)
}

/// The decision on which the effects rest: the case's issued document.
fn basis(loaded: &Loaded, state: &CaseState) -> Basis {
    let issued = state.documents.iter().find_map(|(key, document)| Some((key, document, document.number.clone()?)));
    match issued {
        Some((key, document, number)) => {
            let title = loaded.procedure.document(key).map_or("", |spec| spec.title.vi.as_str());
            Basis {
                text: format!("{title} số {number}"),
                document: Some(document.document.clone()),
                case: Some(loaded.id.clone()),
            }
        }
        None => Basis { text: state.title.clone(), document: None, case: Some(loaded.id.clone()) },
    }
}
