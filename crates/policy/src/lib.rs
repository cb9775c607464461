//! Who may do what: the policies of `policies/`, asked for every act and every reading.
//!
//! The rules are Cedar policies that officials can read; this crate parses them once, checks them against their schema,
//! and answers one question, [`Policies::decide`]. Nothing is allowed unless a policy permits it and none forbids it.
//! The ids of the deciding policies go into the journal as evidence. This crate holds no rule of its own, and it must
//! never open a database or guess: whatever it cannot read is a refusal.

mod entities;
mod load;
pub mod matrix;

use cedar_policy::{Authorizer, Context, EntityUid, PolicySet, Request, RestrictedExpression};
use kernel::{Actor, Ctx, Problem, Resource, Strength};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

pub use load::LoadError;

/// The answer to "may this actor do this to that?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed now.
    pub allowed: bool,
    /// The ids of the policies that decided, sorted: those that permit, or those that forbid. Empty when nothing
    /// permits it, and when the question could not be read.
    pub policies: Vec<String>,
    /// Not allowed now, but allowed once the second factor is given with the request ([`Strength::Fresh`]).
    pub needs_fresh: bool,
}

impl Decision {
    fn refused() -> Decision {
        Decision { allowed: false, policies: Vec::new(), needs_fresh: false }
    }
}

/// The policies, parsed and checked. Share it in an `Arc`; asking needs no lock.
pub struct Policies {
    authorizer: Authorizer,
    actions: BTreeMap<String, Asked>,
    kinds: BTreeSet<String>,
    says: BTreeMap<String, String>,
    people: entities::People,
}

/// One action of the schema with the policies that can match it, by kind of actor and of thing: the others cannot
/// decide, so leaving them out changes no answer and makes the question cheap.
struct Asked {
    uid: EntityUid,
    entity: cedar_policy::Entity,
    policies: BTreeMap<(&'static str, String), PolicySet>,
}

impl Policies {
    /// Loads the policies of a folder, or those built into the program.
    ///
    /// # Errors
    /// [`LoadError`] when a file does not read, a policy has no id of its own, or one does not fit the schema. The
    /// program must not start without its policies.
    pub fn load(dir: Option<&Path>) -> Result<Policies, LoadError> {
        load::Sources::read(dir)?.build()
    }

    /// Decides whether the actor of `ctx` may do `action` (the kind of an act, or a reading such as `view.case`) to
    /// `resource`.
    ///
    /// The attributes of the resource are those that the schema names. `Case` and `Document` must carry `grade`;
    /// elsewhere it is 0 unless given. Absent sets count as empty. An unknown action or kind of resource, or attributes
    /// that cannot be read, are refused and logged without their content. Costs some ten microseconds, and about twice
    /// that for a person's refusal, which is asked again with the second factor; grows with the number of participants.
    pub fn decide(&self, ctx: &Ctx, action: &str, resource: &Resource) -> Decision {
        self.decide_all(ctx, &[action], resource).pop().unwrap_or_else(Decision::refused)
    }

    /// [`Policies::decide`] for several actions on one thing, answered in their order. Actor and thing are made ready
    /// once, which is most of what a question costs.
    pub fn decide_all(&self, ctx: &Ctx, actions: &[&str], resource: &Resource) -> Vec<Decision> {
        let asked: Vec<_> = actions.iter().map(|action| self.asked(ctx, action, resource)).collect();
        let entities = asked.iter().flatten().map(|(asked, _)| &asked.entity);
        let prepared = match entities::prepare(&self.people, ctx, entities, resource) {
            Ok(prepared) => prepared,
            Err(why) => {
                tracing::warn!(?actions, kind = resource.kind, %why, "refused: the question cannot be read");
                return vec![Decision::refused(); actions.len()];
            }
        };
        let answer = |found: Option<(&Asked, &PolicySet)>| {
            let Some((asked, policies)) = found else { return Decision::refused() };
            let mut decision = self.ask(asked, policies, &prepared, ctx.strength);
            if !decision.allowed && ctx.strength < Strength::Fresh && matches!(ctx.actor, Actor::Person(_)) {
                decision.needs_fresh = self.ask(asked, policies, &prepared, Strength::Fresh).allowed;
            }
            decision
        };
        asked.into_iter().map(answer).collect()
    }

    /// The action, and the policies that can match it when such an actor does it to such a thing.
    fn asked(&self, ctx: &Ctx, action: &str, resource: &Resource) -> Option<(&Asked, &PolicySet)> {
        let Some(asked) = self.actions.get(action) else {
            tracing::warn!(action, "refused: the policy schema has no such action");
            return None;
        };
        let kind = resource.kind;
        let policies = asked.policies.get(&(entities::actor_kind(&ctx.actor), kind.to_owned()));
        if policies.is_none() {
            tracing::warn!(
                action,
                kind,
                "refused: the policy schema has no such action by such an actor on such a thing"
            );
        }
        policies.map(|policies| (asked, policies))
    }

    /// [`Policies::decide`] as a result.
    ///
    /// # Errors
    /// [`Problem::NeedsSecondFactor`] or [`Problem::Forbidden`].
    pub fn require(&self, ctx: &Ctx, action: &str, resource: &Resource) -> Result<Decision, Problem> {
        Ok(self.require_all(ctx, &[action], resource)?.pop().unwrap_or_else(Decision::refused))
    }

    /// [`Policies::decide_all`] as a result: every action is allowed, or the first that is not is told.
    ///
    /// # Errors
    /// As [`Policies::require`].
    pub fn require_all(&self, ctx: &Ctx, actions: &[&str], resource: &Resource) -> Result<Vec<Decision>, Problem> {
        let decisions = self.decide_all(ctx, actions, resource);
        match actions.iter().zip(&decisions).find(|(_, decision)| !decision.allowed) {
            None => Ok(decisions),
            Some((action, Decision { needs_fresh: true, .. })) => {
                Err(Problem::NeedsSecondFactor { act: (*action).to_owned() })
            }
            Some((action, _)) => Err(Problem::Forbidden {
                act: (*action).to_owned(),
                resource: format!("{}:{}", resource.kind, resource.id),
            }),
        }
    }

    /// Every action that can be asked for, sorted: the kinds of acts and the readings.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.actions.keys().map(String::as_str)
    }

    /// Whether the schema has the action.
    pub fn has_action(&self, action: &str) -> bool {
        self.actions.contains_key(action)
    }

    /// The kinds of things on which the action can be asked for, sorted.
    pub fn kinds_of(&self, action: &str) -> impl Iterator<Item = &str> {
        let kinds = self.actions.get(action).into_iter().flat_map(|asked| asked.policies.keys());
        kinds.map(|(_, kind)| kind.as_str()).collect::<BTreeSet<_>>().into_iter()
    }

    /// Every kind of thing that the schema knows, sorted.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(String::as_str)
    }

    /// What a policy says, in one Vietnamese sentence.
    pub fn says(&self, policy: &str) -> Option<&str> {
        self.says.get(policy).map(String::as_str)
    }

    fn ask(&self, asked: &Asked, policies: &PolicySet, prepared: &entities::Prepared, strength: Strength) -> Decision {
        let strength = RestrictedExpression::new_long(strength as i64);
        let unmade = || {
            tracing::warn!("refused: the policy request cannot be made");
            Decision::refused()
        };
        let Ok(context) = Context::from_pairs([("strength".to_owned(), strength)]) else { return unmade() };
        let uids = (prepared.principal.clone(), asked.uid.clone(), prepared.resource.clone());
        let Ok(request) = Request::new(uids.0, uids.1, uids.2, context, None) else { return unmade() };
        let response = self.authorizer.is_authorized(&request, policies, &prepared.entities);
        if let Some(error) = response.diagnostics().errors().next() {
            // A policy that fails counts as absent for Cedar; an absent forbid must not open a door.
            tracing::warn!(policy = %failed(error), "refused: a policy met attributes that it cannot read");
            return Decision::refused();
        }
        let mut policies: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
        policies.sort_unstable();
        Decision { allowed: response.decision() == cedar_policy::Decision::Allow, policies, needs_fresh: false }
    }
}

/// The id of the policy that failed; the error's own text may quote attributes.
fn failed(error: &cedar_policy::AuthorizationError) -> &cedar_policy::PolicyId {
    match error {
        cedar_policy::AuthorizationError::PolicyEvaluationError(error) => error.policy_id(),
    }
}
