//! Drafts of the directory's acts: pure functions that the services, the effects and the seeding put into one change.
//!
//! They check nothing. Whoever commits a change has checked it, or (seeding) has made it whole.

use crate::{
    acts::{
        self, AssignmentEnded, AssignmentStarted, BodyEnded, BodyEstablished, CredentialKind, CredentialSecret,
        CredentialSet, IndicatorDeclared, LoginTaken, PersonRegistered, RegimeKept,
    },
    effects::Target,
    model::{Assignment, Basis, KeptRegime, NewAssignment, NewBody, NewPerson},
};
use journal::{Change, Expected};
use kernel::{ActBody, ActDraft, BodyId, CaseId, Day, PersonId, id::AssignmentId};
use serde_json::json;
use std::collections::BTreeSet;

fn on_person<B: ActBody>(person: &PersonId, bodies: &BTreeSet<String>, body: &B) -> ActDraft {
    ActDraft::new(acts::person_resource(person, bodies), body)
}
fn one(body: &BodyId) -> BTreeSet<String> {
    BTreeSet::from([body.to_string()])
}

/// A person is entered, and takes the name to sign in with. The change stands on the person's stream afterwards, so
/// that the person's first assignments can follow.
pub fn register(change: Change, id: &PersonId, person: &NewPerson) -> Change {
    let nowhere = BTreeSet::new();
    let change = match &person.login {
        Some(login) => change.on(acts::login_stream(login), Expected::New).act(on_person(
            id,
            &nowhere,
            &LoginTaken { login: login.clone(), person: id.clone() },
        )),
        None => change,
    };
    let registered = PersonRegistered {
        person: id.clone(),
        name: person.name.clone(),
        login: person.login.clone(),
        clearance: person.clearance,
    };
    let mut draft = on_person(id, &nowhere, &registered);
    if person.private != Default::default() {
        draft = draft.with_private(json!(person.private));
    }
    change.on(acts::person_stream(id), Expected::New).act(draft)
}

/// A body is set up.
pub fn establish(change: Change, body: &NewBody, basis: &Basis, for_case: Option<&CaseId>) -> Change {
    let established = BodyEstablished {
        body: body.id.clone(),
        name: body.name.clone(),
        name_en: body.name_en.clone(),
        kind: body.kind,
        superior: body.superior.clone(),
        from: body.from,
        order: body.order,
        basis: basis.clone(),
        for_case: for_case.cloned(),
    };
    let draft = ActDraft::new(acts::body_resource(&body.id), &established);
    change.on(acts::body_stream(&body.id), Expected::New).act(draft)
}

/// A body ends.
pub fn end_body(body: &BodyId, until: Day, passed_to: Option<&BodyId>, basis: &Basis) -> ActDraft {
    let ended = BodyEnded { body: body.clone(), until, passed_to: passed_to.cloned(), basis: basis.clone() };
    ActDraft::new(acts::body_resource(body), &ended)
}

/// A person takes up a position; for the person's stream.
pub fn start(id: AssignmentId, new: &NewAssignment) -> ActDraft {
    let started = AssignmentStarted {
        assignment: id,
        person: new.person.clone(),
        body: new.body.clone(),
        position: new.position.clone(),
        from: new.from,
        until: new.until,
        full_time: new.full_time,
        basis: new.basis.clone(),
    };
    on_person(&new.person, &one(&new.body), &started)
}

/// A holding ends; for the person's stream.
pub fn end(assignment: &Assignment, until: Day, basis: &Basis) -> ActDraft {
    let ended = AssignmentEnded {
        assignment: assignment.id.clone(),
        person: assignment.person.clone(),
        body: assignment.body.clone(),
        position: assignment.position.clone(),
        until,
        basis: basis.clone(),
    };
    on_person(&assignment.person, &one(&assignment.body), &ended)
}

/// A regime is kept; for the person's stream.
pub fn keep_regime(person: &PersonId, regime: &KeptRegime, basis: &Basis) -> ActDraft {
    let kept = RegimeKept { person: person.clone(), regime: regime.clone(), basis: basis.clone() };
    on_person(person, &one(&regime.by), &kept)
}

/// A credential is set; for the stream `credential:<person>`.
pub fn set_credential(person: &PersonId, credential: CredentialKind, secret: String) -> ActDraft {
    let set = CredentialSet { person: person.clone(), credential };
    on_person(person, &BTreeSet::new(), &set).with_private(json!(CredentialSecret { secret }))
}

/// A target is declared; for the stream `indicator:<code>`.
pub fn declare(target: &Target, basis: &Basis) -> ActDraft {
    let declared = IndicatorDeclared {
        code: target.code.clone(),
        name: target.name.clone(),
        name_en: target.name_en.clone(),
        measure: target.measure.clone(),
        target: target.target,
        by: target.by,
        basis: basis.clone(),
    };
    ActDraft::new(acts::indicator_resource(&target.code), &declared)
}
