//! How many decisions a second, on one core: the question that the journal asks for every act.

use kernel::{Actor, Ctx, Grade, Person, PersonId, Resource, Strength, Timestamp, id::RequestId};
use serde_json::json;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policies = policy::Policies::load(None)?;
    let positions = ["expert@vu-phap-luat", "deputy@doan-lam-dong", "member@ub-phap-luat-tu-phap", "staff@vpqh"];
    let person = Person {
        id: PersonId::new("person-1")?,
        name: String::new(),
        positions: positions.map(str::to_owned).into(),
        bodies: ["vu-phap-luat", "doan-lam-dong", "ub-phap-luat-tu-phap", "vpqh", "quoc-hoi"].map(str::to_owned).into(),
        clearance: Grade::Secret,
        acting_as: None,
        handed: vec![],
        acting_for: None,
    };
    let at = Timestamp::from_micros(0);
    let ctx = Ctx { actor: Actor::Person(person), strength: Strength::TwoFactor, at, request: RequestId::new("r")? };
    let participants: Vec<String> = (0..20).map(|n| format!("person-{n}")).collect();
    let attrs = json!({"grade": 1, "participants": participants, "bodies": ["ubtvqh", "vu-phap-luat"],
        "holders": ["expert@vu-phap-luat"], "procedure": "drafting-committee", "step": "draft"});
    let resource = Resource::new("Case", "case-1", attrs);
    for (what, action) in [("allowed act", "step.left"), ("refused act", "effect.applied"), ("reading", "view.case")] {
        let (rounds, begun) = (20_000u32, Instant::now());
        let allowed = (0..rounds).filter(|_| policies.decide(&ctx, action, &resource).allowed).count();
        let each = begun.elapsed() / rounds;
        println!(
            "{what:12} {action:16} {allowed:6} of {rounds} allowed  {each:?} each  {:.0}/s",
            1.0 / each.as_secs_f64()
        );
    }
    Ok(())
}
