//! What the policies decide, asked as the journal and the pages ask.

use kernel::{Actor, Ctx, Grade, Person, PersonId, Resource, Strength, Timestamp, id::RequestId};
use policy::{LoadError, Policies};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{path::Path, sync::LazyLock};

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::load(Some(&folder())).unwrap());

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}

fn person(id: &str, positions: &[&str], clearance: Grade, strength: Strength) -> Ctx {
    let positions: std::collections::BTreeSet<String> = positions.iter().map(|p| (*p).to_owned()).collect();
    let bodies = positions.iter().filter_map(|p| p.split_once('@')).map(|(_, b)| b.to_owned()).collect();
    let id = PersonId::new(id).unwrap();
    let person = Person {
        id,
        name: "Nguyễn Văn A".into(),
        positions,
        bodies,
        clearance,
        acting_as: None,
        handed: vec![],
        acting_for: None,
    };
    ctx(Actor::Person(person), strength)
}
fn ctx(actor: Actor, strength: Strength) -> Ctx {
    Ctx { actor, strength, at: Timestamp::from_micros(0), request: RequestId::new("request-1").unwrap() }
}
fn case(attrs: Value) -> Resource {
    Resource::new("Case", "case-1", attrs)
}
fn allowed(ctx: &Ctx, action: &str, resource: &Resource) -> bool {
    POLICIES.decide(ctx, action, resource).allowed
}

#[test]
fn the_table_that_people_read_is_what_the_policies_give() {
    let committed = std::fs::read_to_string(folder().join("matrix.txt")).unwrap();
    let now = policy::matrix::text(&POLICIES);
    assert!(
        committed == now,
        "policies/matrix.txt is stale: run `cargo run -p dienhong-policy --example matrix` and read it"
    );
}

#[test]
fn the_built_in_policies_are_those_of_the_folder() {
    let built_in = Policies::load(None).unwrap();
    assert_eq!(policy::matrix::text(&built_in), policy::matrix::text(&POLICIES));
}

#[test]
fn the_holder_of_a_task_moves_the_case_and_others_do_not() {
    let task = case(json!({"grade": 0, "holders": ["expert@vu-phap-luat"]}));
    let expert = person("p-1", &["expert@vu-phap-luat"], Grade::Open, Strength::TwoFactor);
    let decision = POLICIES.decide(&expert, "step.left", &task);
    assert!(decision.allowed);
    assert_eq!(decision.policies, ["holder-moves-case"]);
    let other = person("p-2", &["expert@vu-tong-hop"], Grade::Open, Strength::TwoFactor);
    let decision = POLICIES.decide(&other, "step.left", &task);
    assert!(!decision.allowed && decision.policies.is_empty() && !decision.needs_fresh);
}

#[test]
fn a_ballot_and_a_signature_need_the_second_factor_with_the_request() {
    let task = case(json!({"grade": 0, "holders": ["person:p-1"]}));
    for strength in [Strength::Password, Strength::TwoFactor] {
        let member = person("p-1", &["member@ubtvqh"], Grade::Open, strength);
        let decision = POLICIES.decide(&member, "ballot.cast", &task);
        assert!(!decision.allowed && decision.needs_fresh);
        assert!(decision.policies.contains(&"binding-needs-fresh-second-factor".to_owned()));
        assert!(matches!(
            POLICIES.require(&member, "ballot.cast", &task),
            Err(kernel::Problem::NeedsSecondFactor { .. })
        ));
        assert!(allowed(&member.stepped_up(), "ballot.cast", &task));
    }
}

#[test]
fn a_secret_case_exists_only_for_those_who_are_cleared_and_take_part() {
    let secret = case(json!({"grade": 2, "participants": ["p-1"], "bodies": ["ub-phap-luat-tu-phap"], "holders": []}));
    let see = |ctx: &Ctx| allowed(ctx, "view.case", &secret);
    let strength = Strength::TwoFactor;
    assert!(see(&person("p-1", &[], Grade::TopSecret, strength)));
    assert!(!see(&person("p-1", &[], Grade::Secret, strength)), "takes part but is not cleared");
    assert!(!see(&person("p-9", &[], Grade::MostSecret, strength)), "cleared but does not take part");
    assert!(see(&person("p-9", &["chairperson@ub-phap-luat-tu-phap"], Grade::TopSecret, strength)));
    assert!(!see(&person("p-9", &["auditor@vpqh"], Grade::MostSecret, strength)));
}

#[test]
fn belonging_to_the_body_above_is_no_part_in_a_secret_case() {
    let secret = case(json!({"grade": 1, "bodies": ["vpqh"]}));
    let mut expert = person("p-1", &["expert@vu-phap-luat"], Grade::Secret, Strength::TwoFactor);
    if let Actor::Person(person) = &mut expert.actor {
        person.bodies.insert("vpqh".into());
    }
    assert!(!allowed(&expert, "view.case", &secret));
}

#[test]
fn auditors_read_the_journal_up_to_their_clearance_and_write_nothing() {
    let auditor = person("p-1", &["auditor@vpqh"], Grade::Secret, Strength::Fresh);
    let journal = |grade: i64| Resource::new("Journal", "journal", json!({"grade": grade}));
    assert!(allowed(&auditor, "view.journal", &journal(0)));
    assert!(allowed(&auditor, "view.journal", &journal(1)));
    assert!(!allowed(&auditor, "view.journal", &journal(2)));
    assert!(!allowed(&auditor, "step.left", &case(json!({"grade": 0, "holders": ["auditor@vpqh"]}))));
    let expert = person("p-2", &["expert@vu-phap-luat"], Grade::MostSecret, Strength::Fresh);
    assert!(!allowed(&expert, "view.journal", &journal(0)));
}

#[test]
fn the_public_sees_published_documents_only() {
    let public = ctx(Actor::Public, Strength::None);
    let document = |attrs| Resource::new("Document", "document-1", attrs);
    assert!(allowed(&public, "view.document", &document(json!({"grade": 0, "state": "published"}))));
    assert!(!allowed(&public, "view.document", &document(json!({"grade": 0, "state": "issued"}))));
    assert!(!allowed(&public, "view.document", &document(json!({"grade": 1, "state": "published"}))));
    assert!(!allowed(&public, "view.document", &document(json!({"state": "published"}))), "no grade is no open grade");
    assert!(!allowed(&public, "view.case", &case(json!({"grade": 0}))));
}

#[test]
fn the_program_does_only_what_its_duty_names() {
    let person = Resource::new("Person", "p-1", json!({"person": "p-1"}));
    let task = case(json!({"grade": 0, "holders": ["person:p-1"]}));
    for duty in ["effects", "timer", "subcases", "publisher", "sign-in", "certificates", "seed", "unheard-of"] {
        let system = ctx(Actor::System(duty), Strength::None);
        for binding in ["ballot.cast", "document.signed", "opinion.given"] {
            assert!(!allowed(&system, binding, &task), "{duty} {binding}");
        }
        assert_eq!(allowed(&system, "assignment.started", &person), matches!(duty, "effects" | "seed"), "{duty}");
    }
}

#[test]
fn what_an_issued_document_orders_is_entered_by_whoever_issues_it() {
    let clerk = person("p-1", &["clerk@vu-hanh-chinh"], Grade::Open, Strength::TwoFactor);
    let body = |attrs| Resource::new("Body", "ban-soan-thao", attrs);
    assert!(!allowed(&clerk, "body.established", &body(json!({"body": "ban-soan-thao"}))));
    let ordered = json!({"body": "ban-soan-thao", "decided_by": "case-1", "holders": ["clerk@vu-hanh-chinh"]});
    assert!(allowed(&clerk, "body.established", &body(ordered)));
}

#[test]
fn nobody_clears_or_appoints_oneself() {
    let admin = person("p-1", &["admin@vpqh"], Grade::Open, Strength::TwoFactor);
    let record = |id: &str| Resource::new("Person", id, json!({"person": id}));
    assert!(allowed(&admin, "person.cleared", &record("p-2")));
    assert!(!allowed(&admin, "person.cleared", &record("p-1")));
    assert!(!allowed(&admin, "assignment.started", &record("p-1")));
}

#[test]
fn strange_questions_are_refused_and_never_panic() {
    let ctx = person("p-1", &["expert@vu-phap-luat"], Grade::MostSecret, Strength::Fresh);
    let holders = json!(["expert@vu-phap-luat"]);
    for attrs in [
        json!([]),
        json!("text"),
        json!({}),
        json!({"grade": "0", "holders": holders}),
        json!({"grade": 0.5, "holders": holders}),
        json!({"grade": null, "holders": holders}),
        json!({"grade": 0, "holders": "expert@vu-phap-luat"}),
        json!({"grade": 0, "holders": {"a": 1}}),
        json!({"grade": 0, "holders": [["expert@vu-phap-luat"]]}),
        json!({"grade": {"__entity": {"type": "Person", "id": "x"}}}),
    ] {
        let decision = POLICIES.decide(&ctx, "step.left", &case(attrs.clone()));
        assert!(!decision.allowed, "{attrs}");
    }
    assert!(!allowed(&ctx, "no.such_act", &case(json!({"grade": 0}))));
    assert!(!allowed(&ctx, "step.left", &Resource::new("Spaceship", "x", json!({"grade": 0}))));
    assert!(!allowed(&ctx, "class:writing", &case(json!({"grade": 0, "holders": holders}))));
}

#[test]
fn a_policy_folder_that_is_wrong_says_what_is_wrong() {
    let schema = std::fs::read_to_string(folder().join("schema.cedarschema")).unwrap();
    let load = |name: &str, text: &str| {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("schema.cedarschema"), &schema).unwrap();
        std::fs::write(dir.path().join(name), text).unwrap();
        Policies::load(Some(dir.path())).map(|_| ()).unwrap_err()
    };
    let without_id = "permit (principal, action, resource);";
    assert!(matches!(load("a.cedar", without_id), LoadError::NoId { .. }));
    let twice = "@id(\"a\") forbid (principal, action, resource); @id(\"a\") forbid (principal, action, resource);";
    assert!(matches!(load("a.cedar", twice), LoadError::SameId { .. }));
    assert!(matches!(load("a.cedar", "permit (who, what"), LoadError::Syntax { .. }));
    let unknown = "@id(\"a\") permit (principal, action == Action::\"no.such_act\", resource);";
    assert!(matches!(load("a.cedar", unknown), LoadError::Unfit(_)));
    let mistyped = "@id(\"a\") permit (principal, action, resource) when { resource.grade == \"Mật\" };";
    assert!(matches!(load("a.cedar", mistyped), LoadError::Unfit(_)));
    assert!(matches!(Policies::load(Some(tempfile::tempdir().unwrap().path())), Err(LoadError::NoSchema)));
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z:@-]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(12, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z_]{1,8}|grade|holders|participants|bodies|state|restricted", inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    /// Whatever stands in the attributes: no panic, and nobody without clearance gets at a graded thing.
    #[test]
    fn no_attributes_open_a_secret(value in json_value(), grade in 1i64..4, n in 0usize..100) {
        let actions: Vec<&str> = POLICIES.actions().collect();
        let action = actions[n % actions.len()];
        let ctx = person("p-1", &["expert@vu-phap-luat", "clerk@vu-phap-luat"], Grade::Open, Strength::Fresh);
        let _ = POLICIES.decide(&ctx, action, &case(value.clone()));
        let mut attrs = value.as_object().cloned().unwrap_or_default();
        attrs.insert("grade".into(), grade.into());
        for kind in ["Case", "Document", "Journal", "Register", "Person"] {
            prop_assert!(!allowed(&ctx, action, &Resource::new(kind, "x", Value::Object(attrs.clone()))));
        }
    }
}
