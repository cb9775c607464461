//! In which capacity somebody acts on a case: for themselves, or for another who has handed them work that is open there.

use crate::{Cases, load::Loaded, moves::Asked};
use kernel::{Ctx, Problem};

impl Cases {
    /// Every capacity of the person on this case; their own is the first.
    pub(crate) fn capacities(ctx: &Ctx, loaded: &Loaded) -> Vec<Ctx> {
        let mut all = vec![ctx.clone()];
        let Some(person) = ctx.person().filter(|person| person.acting_for.is_none()) else { return all };
        let field = loaded.procedure.field.code();
        let fits = |handed: &&kernel::Handed| {
            loaded.access.holders.contains(&handed.seat) && (handed.fields.is_empty() || handed.fields.contains(field))
        };
        all.extend(person.handed.iter().filter(fits).map(|handed| ctx.acting_for(handed)));
        all
    }
}

impl Asked {
    /// What is personal is never asked for another; nothing is even prepared for it.
    pub(crate) fn may_be_asked_in(&self, ctx: &Ctx) -> Result<(), Problem> {
        let acting = ctx.person().is_some_and(|person| person.acting_for.is_some());
        let personal = matches!(self, Asked::Sign { .. } | Asked::SignedElsewhere(..) | Asked::Ballot { .. });
        if acting && personal { Err(Problem::refused("delegation-personal")) } else { Ok(()) }
    }
}

/// Tries each capacity in turn; when none will do, what stood in the way of the person's own is told, or of the one in
/// which they act for another when that is the only one with a task here.
pub(crate) fn telling(own: Option<Problem>, other: Option<Problem>, holds: bool) -> Problem {
    let (first, second) = if holds { (own, other) } else { (other, own) };
    first.or(second).unwrap_or_else(|| Problem::fault("a move was tried in no capacity"))
}
