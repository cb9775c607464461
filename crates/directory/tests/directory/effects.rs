//! The effects of the five resolutions.

use crate::office::{Office, basis, body_id, day};
use directory::{
    BodyKind, Effect, Gauges, Measure, NewBody, Position, Share,
    effects::{EndedBody, Seat, Target},
};
use journal::Change;
use kernel::{CaseId, PersonId, Problem};
use testkit::{Db, on_both_engines};

async fn enact(office: &Office, effects: &[Effect]) -> Result<(), Problem> {
    let change = office.directory.enact(Change::new(), effects, &basis(), None).await?;
    office.directory.journal().commit(&office.as_system("effects"), change).await.map(drop)
}

fn refused(result: Result<impl std::fmt::Debug, Problem>) -> &'static str {
    match result {
        Err(Problem::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

on_both_engines! {
    async fn resolution_1336_ends_a_position(db: Db) {
        let office = Office::open(db).await;
        office.establish("hdnd-ca-mau", BodyKind::PeoplesCouncil, None).await;
        let a = office.person("a").await;
        office.start(&a, "vice-chairperson", "hdnd-ca-mau", "2021-07-01", Some("2026-07-01")).await;
        let effect = [Effect::EndPosition {
            person: a.clone(),
            body: body_id("hdnd-ca-mau"),
            position: Position::known(Position::VICE_CHAIRPERSON),
            from: day("2024-12-20"),
        }];
        let lines = office.directory.preview(&effect).await.unwrap();
        assert_eq!(lines[0].vi, "Người a thôi giữ chức vụ Phó Chủ tịch, Cơ quan hdnd-ca-mau từ ngày 20 tháng 12 năm 2024.");
        assert!(lines[0].en.contains("from 20 December 2024"));
        // Saying it changes nothing.
        assert_eq!(office.directory.positions_of(&a, day("2024-12-20")).await.unwrap().len(), 1);
        enact(&office, &effect).await.unwrap();
        assert!(office.directory.positions_of(&a, day("2024-12-20")).await.unwrap().is_empty());
        assert_eq!(office.directory.positions_of(&a, day("2024-12-19")).await.unwrap().len(), 1);
        assert_eq!(refused(enact(&office, &effect).await), "assignment-over-already");
        let history = office.directory.history_of(&a).await.unwrap();
        assert_eq!(history[0].assignment.end_basis, Some(basis().text));
        office.assert_verifies().await;
    }
}

fn drafting_committee(members: &[(&PersonId, &'static str)]) -> Effect {
    Effect::EstablishBody {
        body: NewBody {
            id: body_id("bst-luat-to-chuc"),
            name: "Ban soạn thảo dự án Luật".into(),
            name_en: "Drafting Committee of the Bill".into(),
            kind: BodyKind::DraftingCommittee,
            superior: None,
            from: day("2025-01-06"),
            order: 0,
        },
        members: members
            .iter()
            .map(|(person, position)| Seat { person: (*person).clone(), position: Position::known(position) })
            .collect(),
    }
}

on_both_engines! {
    async fn resolution_1344_sets_up_a_drafting_committee_tied_to_its_case(db: Db) {
        let office = Office::open(db).await;
        let (a, b, c) = (office.person("a").await, office.person("b").await, office.person("c").await);
        let effect = [drafting_committee(&[(&a, "head"), (&b, "deputy-head"), (&c, "member")])];
        let lines = office.directory.preview(&effect).await.unwrap();
        assert_eq!(lines.len(), 4);
        assert!(lines[0].vi.contains("gồm 3 người"), "{}", lines[0].vi);
        assert_eq!(lines[1].vi, "Người a: Trưởng Ban soạn thảo.");
        let case = CaseId::new("case-1").unwrap();
        let change = office.directory.enact(Change::new(), &effect, &basis(), Some(&case)).await.unwrap();
        office.directory.journal().commit(&office.as_system("effects"), change).await.unwrap();
        let id = body_id("bst-luat-to-chuc");
        let body = office.directory.body(&id).await.unwrap().unwrap();
        assert_eq!((body.case, body.basis), (Some(case), basis().text));
        let members = office.directory.members(&id, day("2025-01-06")).await.unwrap();
        let titles: Vec<&str> = members.iter().map(|m| m.title.as_str()).collect();
        assert_eq!(titles, ["Trưởng Ban soạn thảo", "Phó Trưởng Ban soạn thảo", "Thành viên Ban soạn thảo"]);
        assert!(matches!(enact(&office, &effect).await, Err(Problem::Invalid(_))), "the code is taken");
        office.assert_verifies().await;
    }
}

on_both_engines! {
    async fn a_drafting_committee_needs_one_head_and_nobody_twice(db: Db) {
        let office = Office::open(db).await;
        let (a, b) = (office.person("a").await, office.person("b").await);
        let two = drafting_committee(&[(&a, "head"), (&b, "head")]);
        assert_eq!(refused(office.directory.preview(&[two]).await), "effect-needs-one-head");
        let twice = drafting_committee(&[(&a, "head"), (&b, "member"), (&b, "member")]);
        assert_eq!(refused(office.directory.preview(&[twice]).await), "assignment-held-already");
    }
}

on_both_engines! {
    async fn resolution_1345_makes_a_deputy_full_time_until_the_end_of_the_term(db: Db) {
        let office = Office::open(db).await;
        office.establish("doan-lam-dong", BodyKind::Delegation, None).await;
        let (deputy, other) = (office.person("deputy").await, office.person("other").await);
        office.start(&deputy, "deputy", "doan-lam-dong", "2021-07-20", Some("2026-07-20")).await;
        let effect = |person: &PersonId| {
            [Effect::AssignDeputy {
                person: person.clone(),
                body: body_id("doan-lam-dong"),
                from: day("2025-01-10"),
                until: None,
            }]
        };
        assert_eq!(refused(office.directory.preview(&effect(&other)).await), "effect-not-a-deputy");
        enact(&office, &effect(&deputy)).await.unwrap();
        let position = Position::known(Position::FULLTIME_DEPUTY);
        let held = office.directory.holders(&body_id("doan-lam-dong"), &position, day("2025-01-10")).await.unwrap();
        assert_eq!(held.len(), 1);
        assert!(held[0].assignment.full_time);
        assert_eq!(held[0].assignment.until, Some(day("2026-07-20")));
        assert_eq!(refused(enact(&office, &effect(&deputy)).await), "assignment-held-already");
    }
}

on_both_engines! {
    async fn resolution_1350_ends_two_bodies_and_their_people_pass_to_the_office_with_their_regime(db: Db) {
        let office = Office::open(db).await;
        office.establish("vpqh", BodyKind::Office, None).await;
        office.establish("vien-nclp", BodyKind::Institute, None).await;
        office.establish("phong-a", BodyKind::Department, Some("vien-nclp")).await;
        office.establish("thqh", BodyKind::Broadcaster, None).await;
        let mut people = Vec::new();
        for (n, (position, body)) in
            [("head", "vien-nclp"), ("expert", "phong-a"), ("expert", "thqh")].iter().enumerate()
        {
            let person = office.person(&format!("p{n}")).await;
            office.start(&person, position, body, "2022-01-01", None).await;
            people.push(person);
        }
        // Holds two positions there: passes once.
        office.start(&people[0], "expert", "phong-a", "2022-01-01", None).await;
        let ended = |body: &str, from: &str| EndedBody { body: body_id(body), from: day(from) };
        let effect = [Effect::EndBodies {
            bodies: vec![ended("vien-nclp", "2025-01-15"), ended("thqh", "2025-03-01")],
            to: body_id("vpqh"),
            what: "lương và chế độ, chính sách khác".into(),
        }];
        let lines = office.directory.preview(&effect).await.unwrap();
        assert!(lines[0].vi.contains("2 người chuyển về Cơ quan vpqh"), "{}", lines[0].vi);
        enact(&office, &effect).await.unwrap();
        for (body, last) in [("vien-nclp", "2025-01-14"), ("phong-a", "2025-01-14"), ("thqh", "2025-02-28")] {
            let body = office.directory.body(&body_id(body)).await.unwrap().unwrap();
            assert!(body.stands(day(last)) && !body.stands(day(last).plus_days(1)), "{}", body.id);
            assert_eq!(body.passed_to, Some(body_id("vpqh")));
        }
        for person in &people {
            let held = office.directory.positions_of(person, day("2025-03-01")).await.unwrap();
            assert_eq!(held.len(), 1);
            assert_eq!(held[0].assignment.position.at(&held[0].assignment.body), "awaiting-assignment@vpqh");
            let kept = office.directory.kept_regimes(person).await.unwrap();
            assert_eq!((kept.len(), kept[0].0.until, kept[0].1.clone()), (1, None, basis().text));
        }
        assert_eq!(refused(enact(&office, &effect).await), "effect-body-over");
        office.assert_verifies().await;
    }
}

struct Fixed;

#[async_trait::async_trait]
impl Gauges for Fixed {
    async fn read(&self, measure: Measure) -> Result<Option<Share>, Problem> {
        Ok((measure == Measure::ProceduresThatRun).then_some(Share { part: 5, whole: 5 }))
    }
}

on_both_engines! {
    async fn resolution_1343_declares_targets_that_are_computed_or_said_to_be_unmeasured(db: Db) {
        let office = Office::open(db).await;
        let target = |code: &str, measure: Measure| Target {
            code: code.into(),
            name: format!("Chỉ tiêu {code}"),
            name_en: format!("Target {code}"),
            measure: measure.code().into(),
            target: 100,
            by: day("2026-12-31"),
        };
        let effect = [Effect::DeclareIndicators {
            targets: vec![
                target("a", Measure::PeopleWithCertificate),
                target("b", Measure::ProceduresThatRun),
                target("c", Measure::AxisDocuments),
            ],
        }];
        assert_eq!(office.directory.preview(&effect).await.unwrap().len(), 3);
        enact(&office, &effect).await.unwrap();
        office.person("a").await;
        let readings = office.directory.indicator_readings(&office.keys, &Fixed).await.unwrap();
        let said: Vec<_> = readings.iter().map(|r| (r.indicator.code.as_str(), r.value, r.met())).collect();
        assert_eq!(said[0], ("a", Some(Share { part: 0, whole: 1 }), Some(false)));
        assert_eq!(said[1], ("b", Some(Share { part: 5, whole: 5 }), Some(true)));
        assert_eq!(said[2], ("c", None, None));
        let mut unknown = target("d", Measure::AxisDocuments);
        unknown.measure = "happiness".into();
        let effect = [Effect::DeclareIndicators { targets: vec![unknown] }];
        assert_eq!(refused(office.directory.preview(&effect).await), "effect-unknown-measure");
        office.assert_verifies().await;
    }
}

on_both_engines! {
    async fn an_effect_that_was_read_too_early_is_a_conflict_and_nothing_is_half_done(db: Db) {
        let office = Office::open(db).await;
        let (a, b) = (office.person("a").await, office.person("b").await);
        let effect = [drafting_committee(&[(&a, "head"), (&b, "member")])];
        let change = office.directory.enact(Change::new(), &effect, &basis(), None).await.unwrap();
        office.directory.clear_person(&office.system(), &b, kernel::Grade::Secret, basis()).await.unwrap();
        let late = office.directory.journal().commit(&office.as_system("effects"), change).await;
        assert!(matches!(late, Err(Problem::Conflict { .. })), "{late:?}");
        assert!(office.directory.body(&body_id("bst-luat-to-chuc")).await.unwrap().is_none());
        enact(&office, &effect).await.unwrap();
    }
}

#[test]
fn an_effect_is_read_from_what_a_procedure_binds() {
    let bound = serde_json::json!({"kind": "end-position", "person": "person-1", "body": "hdnd-ca-mau",
        "position": "vice-chairperson", "from": "2024-12-20"});
    let effect: Effect = serde_json::from_value(bound.clone()).unwrap();
    assert_eq!(serde_json::to_value(&effect).unwrap(), bound);
    let assigned = serde_json::json!({"kind": "assign-deputy", "person": "person-1", "body": "doan-lam-dong",
        "from": "2025-01-10"});
    assert!(matches!(serde_json::from_value(assigned).unwrap(), Effect::AssignDeputy { until: None, .. }));
}
