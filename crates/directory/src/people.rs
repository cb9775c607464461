//! Entering and changing people, and what they hold.

use crate::{
    Directory,
    acts::{self, LoginTaken, PersonCleared, PersonCorrected},
    drafts, follow,
    model::{Basis, KeptRegime, NewAssignment, NewPerson, PersonPrivate, PersonView},
};
use journal::{Change, Expected};
use kernel::{ActDraft, Ctx, Day, FieldProblem, Grade, PersonId, Problem, id, id::AssignmentId, text};
use serde_json::json;
use std::collections::BTreeSet;

/// Longest name of a person or body, in characters.
pub(crate) const NAME_MAX: usize = 200;

/// What is to be corrected in a person's entry; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correction {
    /// The new full name.
    pub name: Option<String>,
    /// A new name to sign in with; the old one stays taken.
    pub login: Option<String>,
    /// Whether the person is still with the Assembly.
    pub active: Option<bool>,
    /// New personal data, as a whole.
    pub private: Option<PersonPrivate>,
}

impl Directory {
    /// Enters a person.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with the fields `name`, `login`, `id`; [`Problem::Forbidden`]; storage.
    pub async fn register_person(&self, ctx: &Ctx, mut new: NewPerson) -> Result<PersonId, Problem> {
        let mut wrong = Vec::new();
        new.name = checked_name("name", &new.name, &mut wrong);
        if let Some(login) = &new.login {
            self.check_login(login, &mut wrong).await?;
        }
        let journal = self.journal();
        let who = new.id.clone().unwrap_or_else(|| PersonId::mint(journal.clock(), journal.entropy()));
        if self.person(&who).await?.is_some() {
            wrong.push(FieldProblem::new("id", "field-taken"));
        }
        refuse(wrong)?;
        journal.commit(ctx, drafts::register(Change::new(), &who, &new)).await?;
        Ok(who)
    }

    /// Corrects a person's entry.
    ///
    /// `version` is that of the [`PersonView`] which the actor saw.
    ///
    /// # Errors
    /// As [`Directory::register_person`]; [`Problem::NotFound`]; [`Problem::Conflict`].
    pub async fn correct_person(
        &self,
        ctx: &Ctx,
        who: &PersonId,
        version: i64,
        mut correction: Correction,
        basis: Basis,
    ) -> Result<(), Problem> {
        let mut wrong = Vec::new();
        self.known_person(who).await?;
        if let Some(name) = &correction.name {
            correction.name = Some(checked_name("name", name, &mut wrong));
        }
        if let Some(login) = &correction.login {
            self.check_login(login, &mut wrong).await?;
        }
        refuse(wrong)?;
        let resource = acts::person_resource(who, &BTreeSet::new());
        let mut change = Change::new();
        if let Some(login) = &correction.login {
            let taken = LoginTaken { login: login.clone(), person: who.clone() };
            change = change.on(acts::login_stream(login), Expected::New).act(ActDraft::new(resource.clone(), &taken));
        }
        let left = correction.active == Some(false);
        let corrected = PersonCorrected {
            person: who.clone(),
            name: correction.name,
            login: correction.login,
            active: correction.active,
            basis,
        };
        let mut draft = ActDraft::new(resource, &corrected);
        if let Some(private) = correction.private {
            draft = draft.with_private(json!(private));
        }
        let mut change = change.on(acts::person_stream(who), Expected::At(version)).act(draft);
        if left {
            change = change.job(follow::job(who, self.today()));
        }
        self.journal().commit(ctx, change).await.map(drop)
    }

    /// Clears a person for secrets up to a grade. Nobody may clear themselves (policy).
    ///
    /// # Errors
    /// [`Problem::NotFound`], [`Problem::Forbidden`], [`Problem::Conflict`], storage.
    pub async fn clear_person(&self, ctx: &Ctx, who: &PersonId, clearance: Grade, basis: Basis) -> Result<(), Problem> {
        let person = self.known_person(who).await?;
        let cleared = PersonCleared { person: who.clone(), clearance, basis };
        let draft = ActDraft::new(acts::person_resource(who, &BTreeSet::new()), &cleared);
        self.on_person(ctx, &person, draft).await
    }

    /// Gives a person a position in a body.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for the person or body; [`Problem::Refused`] `person-left`, `body-not-standing`,
    /// `assignment-held-already`; [`Problem::Invalid`] for an end before the beginning; storage.
    pub async fn start_assignment(&self, ctx: &Ctx, new: &NewAssignment) -> Result<AssignmentId, Problem> {
        let person = self.known_person(&new.person).await?;
        if !person.active {
            return Err(Problem::refused("person-left").arg("name", &person.name));
        }
        if new.until.is_some_and(|until| until <= new.from) {
            return Err(Problem::field("until", "field-ends-before-it-begins"));
        }
        let body = self.body(&new.body).await?.ok_or_else(|| Problem::not_found("body", &new.body))?;
        if !body.stands(new.from) {
            return Err(Problem::refused("body-not-standing").arg("body", &body.name).arg("day", new.from.short()));
        }
        self.not_held_already(new).await?;
        let journal = self.journal();
        let id = new.id.clone().unwrap_or_else(|| AssignmentId::mint(journal.clock(), journal.entropy()));
        let change = self.change_of(&person, drafts::start(id.clone(), new));
        let change = new.until.iter().fold(change, |change, until| change.job(follow::job(&person.id, *until)));
        journal.commit(ctx, change).await?;
        Ok(id)
    }

    /// Nobody holds the same position in the same body twice at once.
    pub(crate) async fn not_held_already(&self, new: &NewAssignment) -> Result<(), Problem> {
        for held in self.history_of(&new.person).await? {
            let old = &held.assignment;
            let same = old.body == new.body && old.position == new.position;
            let before = new.until.is_none_or(|until| old.from < until);
            let after = old.until.is_none_or(|until| new.from < until);
            if same && before && after {
                return Err(Problem::refused("assignment-held-already")
                    .arg("name", &held.person_name)
                    .arg("title", &held.title)
                    .arg("body", &held.body_name)
                    .arg("from", old.from.short()));
            }
        }
        Ok(())
    }

    /// Ends a holding: `until` is the first day on which it is held no more.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `assignment-over-already`; [`Problem::Invalid`] when `until` lies
    /// before the beginning; storage.
    pub async fn end_assignment(&self, ctx: &Ctx, id: &AssignmentId, until: Day, basis: &Basis) -> Result<(), Problem> {
        let held = self.assignment(id).await?.ok_or_else(|| Problem::not_found("assignment", id))?.assignment;
        check_end(&held, until)?;
        let person = self.known_person(&held.person).await?;
        let change = self.change_of(&person, drafts::end(&held, until, basis));
        self.journal().commit(ctx, change.job(follow::job(&person.id, until))).await.map(drop)
    }

    /// Notes that a person keeps a regime.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Invalid`] for an empty text; storage.
    pub async fn keep_regime(
        &self,
        ctx: &Ctx,
        who: &PersonId,
        regime: &KeptRegime,
        basis: &Basis,
    ) -> Result<(), Problem> {
        let person = self.known_person(who).await?;
        if regime.what.trim().is_empty() {
            return Err(Problem::field("what", "field-required"));
        }
        self.on_person(ctx, &person, drafts::keep_regime(who, regime, basis)).await
    }

    pub(crate) async fn known_person(&self, who: &PersonId) -> Result<PersonView, Problem> {
        self.person(who).await?.ok_or_else(|| Problem::not_found("person", who))
    }

    async fn on_person(&self, ctx: &Ctx, person: &PersonView, draft: ActDraft) -> Result<(), Problem> {
        self.journal().commit(ctx, self.change_of(person, draft)).await.map(drop)
    }

    fn change_of(&self, person: &PersonView, draft: ActDraft) -> Change {
        Change::new().on(acts::person_stream(&person.id), Expected::At(person.version)).act(draft)
    }

    async fn check_login(&self, login: &str, wrong: &mut Vec<FieldProblem>) -> Result<(), Problem> {
        if id::check(login).is_err() {
            wrong.push(FieldProblem::new("login", "field-login-shape"));
        } else if self.person_by_login(login).await?.is_some() {
            wrong.push(FieldProblem::new("login", "field-taken"));
        }
        Ok(())
    }
}

/// A holding can be ended on a day that lies within it.
pub(crate) fn check_end(held: &crate::Assignment, until: Day) -> Result<(), Problem> {
    if until < held.from {
        return Err(Problem::field("until", "field-ends-before-it-begins"));
    }
    if held.end_basis.is_some() && held.until.is_some_and(|old| old <= until) {
        let old = held.until.map(Day::short).unwrap_or_default();
        return Err(Problem::refused("assignment-over-already").arg("until", old));
    }
    Ok(())
}

/// The name in NFC with single spaces, or a note of what is wrong with it.
pub(crate) fn checked_name(field: &'static str, name: &str, wrong: &mut Vec<FieldProblem>) -> String {
    let name = text::nfc(name).split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        wrong.push(FieldProblem::new(field, "field-required"));
    } else if name.chars().count() > NAME_MAX {
        wrong.push(FieldProblem::new(field, "field-too-long").arg("max", NAME_MAX));
    } else if name.chars().any(char::is_control) {
        wrong.push(FieldProblem::new(field, "field-control-character"));
    }
    name
}

pub(crate) fn refuse(wrong: Vec<FieldProblem>) -> Result<(), Problem> {
    if wrong.is_empty() { Ok(()) } else { Err(Problem::Invalid(wrong)) }
}
