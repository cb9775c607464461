//! The table of roles × acts × situations that people read: `policies/matrix.txt`.
//!
//! A test fails when the committed table is not what the policies give, so a change of the policies shows in review as
//! a change of this table. `cargo run -p dienhong-policy --example matrix` writes it anew.

use crate::Policies;
use kernel::{Actor, Ctx, Grade, Person, PersonId, Resource, Strength, Timestamp, id::RequestId};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Write};

/// The people, duties and the public for whom the table is made: heading and actor.
fn roles() -> Vec<(&'static str, Actor)> {
    let person = |id: &str, positions: &[&str], clearance: Grade| {
        let positions: BTreeSet<String> = positions.iter().map(|p| (*p).to_owned()).collect();
        let mut bodies: BTreeSet<String> =
            positions.iter().filter_map(|p| p.split_once('@')).map(|(_, body)| body.to_owned()).collect();
        if bodies.iter().any(|body| body.starts_with("vu-")) {
            bodies.insert("vpqh".to_owned());
        }
        Actor::Person(Person {
            id: PersonId::new(id).expect("the table's own ids are ids"),
            name: String::new(),
            positions,
            bodies,
            clearance,
            acting_as: None,
            handed: vec![],
            acting_for: None,
        })
    };
    vec![
        ("public", Actor::Public),
        ("deputy", person("deputy", &["deputy@doan-lam-dong"], Grade::Open)),
        ("expert", person("expert", &["expert@vu-phap-luat"], Grade::Open)),
        ("committee", person("committee", &["standing-member@ub-phap-luat-tu-phap"], Grade::TopSecret)),
        ("member", person("member", &["member@ubtvqh"], Grade::MostSecret)),
        ("chair", person("chair", &["chairperson@ubtvqh"], Grade::MostSecret)),
        ("clerk", person("clerk", &["clerk@vu-hanh-chinh"], Grade::Secret)),
        ("auditor", person("auditor", &["auditor@vpqh"], Grade::Secret)),
        ("admin", person("admin", &["admin@vpqh"], Grade::Open)),
        ("~effects", Actor::System("effects")),
        ("~timer", Actor::System("timer")),
        ("~subcases", Actor::System("subcases")),
        ("~publish", Actor::System("publisher")),
        ("~sign-in", Actor::System("sign-in")),
        ("~certs", Actor::System("certificates")),
        ("~seed", Actor::System("seed")),
        ("~axis", Actor::System("axis-hub")),
    ]
}

/// What is said of a thing, and its attributes for an actor.
type Situation = (&'static str, fn(&Actor) -> Value);

/// What is acted on, for each kind of thing: what is said of it and how its attributes follow from the actor.
fn situations(kind: &str) -> Vec<Situation> {
    match kind {
        "Case" => vec![
            ("open, not taking part", |_| json!({"grade": 0})),
            ("open, holds the task", |a| json!({"grade": 0, "holders": [seat(a)]})),
            ("open but restricted, not taking part", |_| json!({"grade": 0, "restricted": true})),
            ("Mật, not taking part", |_| json!({"grade": 1})),
            ("Mật, takes part", |a| json!({"grade": 1, "participants": [id(a)]})),
            ("Mật, holds the task", |a| json!({"grade": 1, "holders": [seat(a)]})),
            ("Tuyệt mật, holds the task", |a| json!({"grade": 3, "holders": [seat(a)]})),
        ],
        "Document" => vec![
            ("open draft, not taking part", |_| json!({"grade": 0, "state": "draft"})),
            ("open draft, holds the task", |a| json!({"grade": 0, "state": "draft", "holders": [seat(a)]})),
            ("open, published, holds the task", |a| json!({"grade": 0, "state": "published", "holders": [seat(a)]})),
            ("Mật, takes part", |a| json!({"grade": 1, "state": "draft", "participants": [id(a)]})),
            ("Mật, published by mistake", |_| json!({"grade": 1, "state": "published"})),
        ],
        "Register" => vec![("of the Standing Committee", |_| json!({"body": "ubtvqh"}))],
        "Person" | "Session" | "Certificate" => vec![
            ("one's own", |a| json!({"person": id(a)})),
            ("somebody else's", |_| json!({"person": "somebody"})),
            ("a deputy's, shown to the public", |_| json!({"person": "somebody", "public": true})),
        ],
        "Procedure" => vec![
            ("any, or a draft that others wrote", |_| json!({"drafters": ["somebody"]})),
            ("a draft that one wrote in oneself", |a| json!({"drafters": [id(a)]})),
        ],
        "Enrolment" => vec![
            ("one's own, for one's own body", |a| json!({"body": body(a), "requested_by": id(a)})),
            ("of another body", |_| json!({"body": "another", "requested_by": "somebody"})),
        ],
        "TrustAnchor" => vec![
            ("proposed by oneself", |a| json!({"proposed_by": id(a)})),
            ("proposed by somebody else", |_| json!({"proposed_by": "somebody"})),
        ],
        "Batch" => {
            vec![("one's own", |a| json!({"person": id(a)})), ("somebody else's", |_| json!({"person": "somebody"}))]
        }
        "Body" => vec![("any", |_| json!({"body": "ban-soan-thao"}))],
        "Delegation" => vec![
            ("of one's own seat", |a| json!({"person": id(a), "receiver": "somebody", "seat": seat(a)})),
            ("received by oneself", |a| json!({"person": "somebody", "receiver": id(a), "seat": "head@vpqh"})),
            ("of others", |_| json!({"person": "somebody", "receiver": "other", "seat": "head@vpqh"})),
        ],
        "Journal" => vec![("open acts", |_| json!({})), ("acts of grade Tối mật", |_| json!({"grade": 2}))],
        _ => vec![("any", |_| json!({}))],
    }
}

fn id(actor: &Actor) -> String {
    match actor {
        Actor::Person(person) => person.id.to_string(),
        Actor::Public | Actor::System(_) => "nobody".to_owned(),
    }
}

fn body(actor: &Actor) -> String {
    seat(actor).split_once('@').map_or_else(String::new, |(_, body)| body.to_owned())
}

fn seat(actor: &Actor) -> String {
    match actor {
        Actor::Person(person) => person.positions.first().cloned().unwrap_or_default(),
        Actor::Public | Actor::System(_) => "person:nobody".to_owned(),
    }
}

/// The least strength at which it is allowed, as one sign.
fn cell(policies: &Policies, actor: &Actor, action: &str, resource: &Resource) -> &'static str {
    let steps =
        [(Strength::None, "yes"), (Strength::Password, "1"), (Strength::TwoFactor, "2"), (Strength::Fresh, "3")];
    let reachable = if matches!(actor, Actor::Person(_)) { &steps[1..] } else { &steps[..1] };
    for (strength, sign) in reachable {
        let ctx = Ctx {
            actor: actor.clone(),
            strength: *strength,
            at: Timestamp::from_micros(0),
            request: RequestId::new("matrix").expect("the table's own ids are ids"),
        };
        if policies.decide(&ctx, action, resource).allowed {
            return sign;
        }
    }
    "."
}

const HEAD: &str = "\
Who may do what. Generated from policies/*.cedar; do not edit.
Write it anew with: cargo run -p dienhong-policy --example matrix

The sign says how strongly a person must be authenticated at least:
  .    never        1    password        2    second factor        3    second factor with this very request
  yes  allowed (the public, and the program's own duties, which are marked ~)
In each table the person is the same in every situation; what differs is the thing acted on.
";

/// The whole table.
pub fn text(policies: &Policies) -> String {
    let roles = roles();
    let mut out = String::from(HEAD);
    for kind in policies.kinds().map(str::to_owned).collect::<Vec<_>>() {
        let actions: Vec<&str> = policies.actions().filter(|a| policies.kinds_of(a).any(|k| k == kind)).collect();
        for (situation, attrs) in situations(&kind) {
            let _ = write!(out, "\n{kind}: {situation}\n{:<26}", "");
            for (role, _) in &roles {
                let _ = write!(out, "{role:>10}");
            }
            out.push('\n');
            for action in &actions {
                let mut line = format!("{action:<26}");
                for (_, actor) in &roles {
                    let resource = Resource::new(leaked(&kind), "x", attrs(actor));
                    let _ = write!(line, "{:>10}", cell(policies, actor, action, &resource));
                }
                out.push_str(&line);
                out.push('\n');
            }
        }
    }
    out
}

/// The kinds of the schema as the fixed words that [`Resource`] takes.
fn leaked(kind: &str) -> &'static str {
    const KINDS: [&str; 17] = [
        "Axis",
        "Batch",
        "Body",
        "Case",
        "Certificate",
        "Delegation",
        "Device",
        "Document",
        "Enrolment",
        "Exchange",
        "Indicator",
        "Journal",
        "Person",
        "Procedure",
        "Register",
        "Session",
        "TrustAnchor",
    ];
    KINDS.into_iter().find(|k| *k == kind).unwrap_or("unknown")
}
