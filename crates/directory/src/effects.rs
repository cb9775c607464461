//! Effects of a decision on the directory: what an issued resolution changes about people and bodies.
//!
//! A procedure declares effects by kind and parameters; once the parameters are bound to real people and bodies, this
//! module says in words what will happen ([`Directory::preview`]) and writes the acts that make it happen
//! ([`Directory::enact`]). It commits nothing: the caller commits the change with the act that issues the document.

use crate::{
    Directory, Measure, acts, drafts,
    model::{AssignmentView, Basis, Body, BodyKind, KeptRegime, NewAssignment, NewBody, PersonView, Position},
    people, titles,
};
use journal::{Change, Expected};
use kernel::{ActDraft, BodyId, CaseId, Day, PersonId, Problem, id::AssignmentId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One member of a body that a decision sets up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// Who.
    pub person: PersonId,
    /// As what: `head`, `deputy-head`, `member`.
    pub position: Position,
}

/// One target that a decision declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Code of the indicator, such as `nguoi-co-chu-ky-so`.
    pub code: String,
    /// What is measured.
    pub name: String,
    /// The same in English.
    pub name_en: String,
    /// A code of [`crate::Measure`].
    pub measure: String,
    /// The target in whole per cent.
    pub target: i64,
    /// The day by which it is to be met.
    pub by: Day,
}

/// An effect with its parameters bound. Serialised as `{"kind": "end-position", …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Effect {
    /// A person's position in a body ends.
    EndPosition {
        /// Who.
        person: PersonId,
        /// In which body.
        body: BodyId,
        /// As what.
        position: Position,
        /// The first day on which it is held no more.
        from: Day,
    },
    /// A body is set up with its people.
    EstablishBody {
        /// The body.
        body: NewBody,
        /// Its people.
        members: Vec<Seat>,
    },
    /// A deputy works full-time in a delegation.
    AssignDeputy {
        /// Who.
        person: PersonId,
        /// The delegation.
        body: BodyId,
        /// The first day.
        from: Day,
        /// The first day on which it is held no more (the end of the term), when known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Day>,
    },
    /// Bodies end, their people pass to another body, and a regime is kept.
    EndBodies {
        /// The bodies that end.
        bodies: Vec<EndedBody>,
        /// The body to which the people pass.
        to: BodyId,
        /// What is kept, in words.
        what: String,
    },
    /// Targets become indicators.
    DeclareIndicators {
        /// The targets.
        targets: Vec<Target>,
    },
}

/// A body that a decision ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndedBody {
    /// Which.
    pub body: BodyId,
    /// The first day on which it is no more.
    pub from: Day,
}

/// One line of the preview: what will have changed once the document is issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectLine {
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

impl Directory {
    /// Says what will have changed once the effects have happened, one line for each thing that changes.
    ///
    /// # Errors
    /// The same refusals as [`Directory::enact`], so that nobody is asked to sign what cannot happen.
    pub async fn preview(&self, effects: &[Effect]) -> Result<Vec<EffectLine>, Problem> {
        Ok(self.plan(effects, &Basis::default(), None).await?.lines)
    }

    /// Adds the acts that make the effects happen to a change. The streams are expected as they were read here, so a
    /// commit that comes too late meets [`Problem::Conflict`] and can be tried again.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for a person or body that is not there; [`Problem::Refused`] `effect-not-held`,
    /// `effect-not-a-deputy`, `effect-person-left`, `effect-body-over`, `effect-needs-one-head`,
    /// `effect-unknown-measure`, `assignment-held-already`; [`Problem::Invalid`] for a body's code or name; storage.
    pub async fn enact(
        &self,
        change: Change,
        effects: &[Effect],
        basis: &Basis,
        for_case: Option<&CaseId>,
    ) -> Result<Change, Problem> {
        Ok(self.plan(effects, basis, for_case).await?.into_change(change))
    }

    async fn plan(&self, effects: &[Effect], basis: &Basis, for_case: Option<&CaseId>) -> Result<Plan, Problem> {
        let mut plan = Plan { basis: basis.clone(), for_case: for_case.cloned(), ..Plan::default() };
        for effect in effects {
            match effect {
                Effect::EndPosition { person, body, position, from } => {
                    self.plan_end(&mut plan, person, body, position, *from).await?;
                }
                Effect::EstablishBody { body, members } => self.plan_body(&mut plan, body, members).await?,
                Effect::AssignDeputy { person, body, from, until } => {
                    self.plan_deputy(&mut plan, person, body, *from, *until).await?;
                }
                Effect::EndBodies { bodies, to, what } => {
                    for ended in bodies {
                        self.plan_end_body(&mut plan, ended, to, what).await?;
                    }
                }
                Effect::DeclareIndicators { targets } => {
                    for target in targets {
                        self.plan_indicator(&mut plan, target).await?;
                    }
                }
            }
        }
        Ok(plan)
    }

    async fn plan_end(
        &self,
        plan: &mut Plan,
        who: &PersonId,
        body: &BodyId,
        position: &Position,
        from: Day,
    ) -> Result<(), Problem> {
        let person = self.known_person(who).await?;
        let body = self.standing(body, from).await?;
        let (title, title_en) = titles::title(body.kind, position);
        // Held until the day before: a decision may take effect on the very day on which the term ends.
        let held = self.holders(&body.id, position, from.plus_days(-1)).await?;
        let Some(held) = held.into_iter().find(|h| h.assignment.person == *who) else {
            let refusal = Problem::refused("effect-not-held").arg("name", &person.name).arg("title", title);
            return Err(refusal.arg("body", &body.name).arg("day", from.short()));
        };
        people::check_end(&held.assignment, from)?;
        let act = drafts::end(&held.assignment, from, &plan.basis);
        plan.on_person(&person, act);
        plan.follows.insert((person.id.clone(), from));
        plan.say(
            format!("{} thôi giữ chức vụ {title}, {} từ {}.", person.name, body.name, from.words()),
            format!("{} ceases to be {title_en}, {}, from {}.", person.name, body.name_en, english(from)),
        );
        Ok(())
    }

    async fn plan_body(&self, plan: &mut Plan, body: &NewBody, members: &[Seat]) -> Result<(), Problem> {
        let mut body = body.clone();
        self.check_new_body(&mut body).await?;
        let heads = members.iter().filter(|m| m.position.as_str() == Position::HEAD).count();
        if body.kind == BodyKind::DraftingCommittee && heads != 1 {
            return Err(Problem::refused("effect-needs-one-head").arg("body", &body.name).arg("count", heads));
        }
        plan.say(
            format!("{} được thành lập từ {}, gồm {} người.", body.name, body.from.words(), members.len()),
            format!("{} is set up from {} with {} people.", body.name_en, english(body.from), members.len()),
        );
        for seat in members {
            let person = self.active_person(&seat.person).await?;
            let (title, title_en) = titles::title(body.kind, &seat.position);
            let new = self.holding(plan, &seat.person, &body.id, &seat.position, (body.from, None), false);
            plan.start(&person, self.mint_assignment(), &new)?;
            plan.say(format!("{}: {title}.", person.name), format!("{}: {title_en}.", person.name));
        }
        plan.bodies.push(body);
        Ok(())
    }

    async fn plan_deputy(
        &self,
        plan: &mut Plan,
        who: &PersonId,
        delegation: &BodyId,
        from: Day,
        until: Option<Day>,
    ) -> Result<(), Problem> {
        let person = self.active_person(who).await?;
        let delegation = self.standing(delegation, from).await?;
        let held = self.positions_of(who, from).await?;
        let Some(deputy) = held.iter().find(|h| h.assignment.position.as_str() == Position::DEPUTY) else {
            return Err(Problem::refused("effect-not-a-deputy").arg("name", &person.name).arg("day", from.short()));
        };
        let until = until.or(deputy.assignment.until);
        let position = Position::known(Position::FULLTIME_DEPUTY);
        let new = self.holding(plan, who, &delegation.id, &position, (from, until), true);
        self.not_held_already(&new).await?;
        plan.start(&person, self.mint_assignment(), &new)?;
        plan.say(
            format!("{} hoạt động chuyên trách tại {} từ {}.", person.name, delegation.name, from.words()),
            format!("{} works full-time in the {} from {}.", person.name, delegation.name_en, english(from)),
        );
        Ok(())
    }

    /// Ends a body and the bodies under it; each of their people passes to `to` and keeps the regime.
    async fn plan_end_body(&self, plan: &mut Plan, ended: &EndedBody, to: &BodyId, what: &str) -> Result<(), Problem> {
        let from = ended.from;
        let body = self.standing(&ended.body, from).await?;
        let to = self.standing(to, from).await?;
        let all = self.bodies(from).await?;
        let mut ending = vec![body.clone()];
        let mut next = 0;
        while let Some(superior) = ending.get(next).map(|b| b.id.clone()) {
            let under = all.iter().filter(|b| b.superior.as_ref() == Some(&superior) && !ending.contains(b));
            let under: Vec<Body> = under.cloned().collect();
            ending.extend(under);
            next += 1;
        }
        let mut passed = BTreeSet::new();
        for body in &ending {
            for held in self.members(&body.id, from).await? {
                let person = self.known_person(&held.assignment.person).await?;
                let act = drafts::end(&held.assignment, from, &plan.basis);
                plan.on_person(&person, act);
                plan.follows.insert((person.id.clone(), from));
                if passed.insert(person.id.clone()) {
                    self.pass_on(plan, &person, &held, &to.id, (from, what))?;
                }
            }
            plan.ended.push((body.clone(), from, to.id.clone()));
        }
        plan.say(
            format!(
                "{} kết thúc hoạt động từ {}; {} người chuyển về {} quản lý, bố trí công tác và được giữ {what} cho đến \
                 khi có quyết định mới của cơ quan có thẩm quyền.",
                body.name,
                from.words(),
                passed.len(),
                to.name
            ),
            format!(
                "{} ends on {}; {} people pass to {}, which manages and assigns them, and keep their pay and other \
                 regime until the competent authority decides anew.",
                body.name_en,
                english(from),
                passed.len(),
                to.name_en
            ),
        );
        Ok(())
    }

    fn pass_on(
        &self,
        plan: &mut Plan,
        person: &PersonView,
        held: &AssignmentView,
        to: &BodyId,
        (from, what): (Day, &str),
    ) -> Result<(), Problem> {
        let position = Position::known(Position::AWAITING);
        let full_time = held.assignment.full_time;
        let new = self.holding(plan, &person.id, to, &position, (from, None), full_time);
        plan.start(person, self.mint_assignment(), &new)?;
        let regime = KeptRegime { what: what.to_owned(), by: to.clone(), from, until: None, amount: None };
        let act = drafts::keep_regime(&person.id, &regime, &plan.basis);
        plan.on_person(person, act);
        Ok(())
    }

    async fn plan_indicator(&self, plan: &mut Plan, target: &Target) -> Result<(), Problem> {
        if Measure::of(&target.measure).is_none() {
            return Err(Problem::refused("effect-unknown-measure").arg("measure", &target.measure));
        }
        if kernel::id::check(&target.code).is_err() || !(0..=100).contains(&target.target) {
            return Err(Problem::field("target", "field-indicator"));
        }
        let version = self.indicator_version(&target.code).await?;
        let act = drafts::declare(target, &plan.basis);
        plan.indicators.push((target.code.clone(), version, act));
        plan.say(
            format!("Chỉ tiêu được theo dõi: {} – {} % đến {}.", target.name, target.target, target.by.words()),
            format!("Followed as an indicator: {} – {} % by {}.", target.name_en, target.target, english(target.by)),
        );
        Ok(())
    }

    async fn standing(&self, id: &BodyId, on: Day) -> Result<Body, Problem> {
        let body = self.body(id).await?.ok_or_else(|| Problem::not_found("body", id))?;
        if body.until.is_some_and(|until| until <= on) {
            return Err(Problem::refused("effect-body-over").arg("body", &body.name).arg("day", on.short()));
        }
        Ok(body)
    }

    async fn active_person(&self, who: &PersonId) -> Result<PersonView, Problem> {
        let person = self.known_person(who).await?;
        if person.active { Ok(person) } else { Err(Problem::refused("effect-person-left").arg("name", person.name)) }
    }

    fn mint_assignment(&self) -> AssignmentId {
        AssignmentId::mint(self.journal().clock(), self.journal().entropy())
    }

    fn holding(
        &self,
        plan: &Plan,
        person: &PersonId,
        body: &BodyId,
        position: &Position,
        (from, until): (Day, Option<Day>),
        full_time: bool,
    ) -> NewAssignment {
        NewAssignment {
            id: None,
            person: person.clone(),
            body: body.clone(),
            position: position.clone(),
            from,
            until,
            full_time,
            basis: plan.basis.clone(),
        }
    }
}

/// What several effects do together: one part for each stream, however many effects touch it.
#[derive(Default)]
struct Plan {
    basis: Basis,
    for_case: Option<CaseId>,
    bodies: Vec<NewBody>,
    ended: Vec<(Body, Day, BodyId)>,
    people: BTreeMap<PersonId, (i64, Vec<ActDraft>)>,
    seats: BTreeSet<(PersonId, BodyId, Position)>,
    indicators: Vec<(String, i64, ActDraft)>,
    /// Whose certificates are to be looked at, and on which day.
    follows: BTreeSet<(PersonId, Day)>,
    lines: Vec<EffectLine>,
}

impl Plan {
    fn say(&mut self, vi: String, en: String) {
        self.lines.push(EffectLine { vi, en });
    }
    fn on_person(&mut self, person: &PersonView, act: ActDraft) {
        self.people.entry(person.id.clone()).or_insert((person.version, Vec::new())).1.push(act);
    }
    fn start(&mut self, person: &PersonView, id: AssignmentId, new: &NewAssignment) -> Result<(), Problem> {
        if !self.seats.insert((new.person.clone(), new.body.clone(), new.position.clone())) {
            let refusal = Problem::refused("assignment-held-already").arg("name", &person.name);
            return Err(refusal.arg("title", &new.position).arg("body", &new.body).arg("from", new.from.short()));
        }
        self.on_person(person, drafts::start(id, new));
        self.follows.extend(new.until.map(|until| (new.person.clone(), until)));
        Ok(())
    }
    fn into_change(self, mut change: Change) -> Change {
        for body in &self.bodies {
            change = drafts::establish(change, body, &self.basis, self.for_case.as_ref());
        }
        for (person, (version, acts)) in self.people {
            change = change.on(acts::person_stream(&person), Expected::At(version));
            change = acts.into_iter().fold(change, Change::act);
        }
        for (body, from, to) in &self.ended {
            let draft = drafts::end_body(&body.id, *from, Some(to), &self.basis);
            change = change.on(acts::body_stream(&body.id), Expected::At(body.version)).act(draft);
        }
        for (person, on) in &self.follows {
            change = change.job(crate::follow::job(person, *on));
        }
        for (code, version, act) in self.indicators {
            change = change.on(acts::indicator_stream(&code), Expected::At(version)).act(act);
        }
        change
    }
}

/// `5 January 2025`.
fn english(day: Day) -> String {
    day.civil().strftime("%-d %B %Y").to_string()
}
