//! A small Assembly for tests: people with positions, a roll, a clock turned by hand.
#![allow(dead_code, missing_docs, reason = "shared by several test programs")]

use kernel::{Actor, BodyId, Day, DocumentId, Grade, Person, PersonId, Timestamp};
use procedure::{CaseState, Catalogue, Command, Event, Procedure, Refusal, World, advance};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, LazyLock},
};

pub static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../procedures");
    Catalogue::load(Some(&dir)).unwrap()
});

/// The opening forms of the five kinds.
pub const FORMS: &[(&str, &str)] = &[
    (
        "personnel-approval",
        r#"{"unit": "vu-cong-tac-dai-bieu", "subject": "Phê chuẩn kết quả miễn nhiệm", "consulted": ["ub-cong-tac-dai-bieu"],
            "person": "hdnd-002", "body": "hdnd-ca-mau", "position": "vice-chairperson", "from": "20/12/2024"}"#,
    ),
    (
        "programme",
        r#"{"unit": "vu-cong-tac-dai-bieu", "subject": "Chương trình chuyển đổi số", "targets": [{"code": "nguoi-co-chu-ky-so",
            "name": "100% có chữ ký số", "name_en": "100% equipped", "measure": "people-with-certificate", "target": "100",
            "by": "2026-12-31"}]}"#,
    ),
    (
        "drafting-committee",
        r#"{"unit": "vu-cong-tac-dai-bieu", "subject": "Thành lập Ban soạn thảo", "consulted": ["ub-phap-luat-tu-phap",
            "ub-cong-tac-dai-bieu"], "bill": "Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội",
            "body": "bst-luat-to-chuc-quoc-hoi", "name": "Ban soạn thảo Luật Tổ chức Quốc hội (sửa đổi)",
            "name-en": "Drafting Committee", "from": "2024-12-20", "members": [{"person": "member-02", "position": "head"},
            {"person": "member-03", "position": "member"}]}"#,
    ),
    (
        "deputy-assignment",
        r#"{"unit": "vu-cong-tac-dai-bieu", "subject": "Phân công đại biểu chuyên trách", "consulted": ["ub-cong-tac-dai-bieu"],
            "person": "member-05", "body": "doan-lam-dong", "from": "2025-01-01"}"#,
    ),
    (
        "staff-regime",
        r#"{"unit": "vu-cong-tac-dai-bieu", "subject": "Chế độ, chính sách", "bodies": [{"body": "vien-nclp", "from": "2025-01-15"},
            {"body": "thqh", "from": "2025-01-15"}], "to": "vpqh", "what": "Lương và các chế độ khác"}"#,
    ),
];

pub fn fields(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap()
}
pub fn day(year: i16, month: i8, day: i8) -> Day {
    Day::new(year, month, day).unwrap()
}
pub fn document(id: &str) -> DocumentId {
    DocumentId::new(id).unwrap()
}

pub struct Hall {
    pub procedure: Arc<Procedure>,
    pub roll: BTreeMap<String, Vec<PersonId>>,
    pub now: Timestamp,
    pub events: Vec<Event>,
    people: BTreeMap<String, Vec<String>>,
}

impl Hall {
    pub fn new(procedure: &str) -> Hall {
        assert_eq!(CATALOGUE.problems(), []);
        let today = day(2024, 12, 2);
        let procedure = CATALOGUE.valid_on(procedure, today).expect("the procedure is in the catalogue").clone();
        let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut roll: BTreeMap<String, Vec<PersonId>> = BTreeMap::new();
        let mut seat = |person: &str, seat: &str| {
            people.entry(person.to_owned()).or_default().push(seat.to_owned());
            roll.entry(seat.to_owned()).or_default().push(PersonId::new(person).unwrap());
        };
        seat("member-01", "chairperson@ubtvqh");
        (2..=5).for_each(|n| seat(&format!("member-{n:02}"), "vice-chairperson@ubtvqh"));
        (6..=18).for_each(|n| seat(&format!("member-{n:02}"), "member@ubtvqh"));
        seat("expert", "expert@vu-cong-tac-dai-bieu");
        seat("law-chair", "chairperson@ub-phap-luat-tu-phap");
        seat("deputies-chair", "vice-chairperson@ub-cong-tac-dai-bieu");
        seat("clerk", "clerk@vu-hanh-chinh");
        seat("stranger", "expert@vu-phap-luat");
        Hall { procedure, roll, now: today.start().plus_seconds(8 * 3600), events: Vec::new(), people }
    }

    pub fn people(&self) -> Vec<String> {
        self.people.keys().cloned().chain(["nobody".to_owned()]).collect()
    }

    pub fn actor(&self, person: &str) -> Actor {
        if person == "nobody" {
            return Actor::System("timer");
        }
        let positions = self.people.get(person).cloned().unwrap_or_default();
        let bodies = positions.iter().filter_map(|p| p.split_once('@')).map(|(_, b)| b.to_owned()).collect();
        Actor::Person(Person {
            id: PersonId::new(person).unwrap(),
            name: person.to_owned(),
            positions: positions.into_iter().collect(),
            bodies,
            clearance: Grade::Open,
            acting_as: None,
            handed: vec![],
            acting_for: None,
        })
    }

    pub fn act(&mut self, case: &mut CaseState, person: &str, command: &Command) -> Result<Vec<Event>, Refusal> {
        self.now = self.now.plus_seconds(60);
        let actor = self.actor(person);
        let world = World { actor: &actor, now: self.now, calendar: CATALOGUE.calendar(), roll: &self.roll };
        let events = advance(&self.procedure, case, command, &world)?;
        events.iter().for_each(|event| case.apply(event));
        self.events.extend(events.iter().cloned());
        Ok(events)
    }

    pub fn open_drafting_committee(&mut self) -> CaseState {
        let form = FORMS.iter().find(|(id, _)| *id == "drafting-committee").unwrap().1;
        let mut case = CaseState::new();
        self.events.clear();
        let open = Command::Open { title: "Ban soạn thảo".into(), grade: Grade::Open, fields: fields(form) };
        self.act(&mut case, "expert", &open).unwrap();
        case
    }
    pub fn attach(&mut self, case: &mut CaseState, person: &str, key: &str) {
        let command = Command::AttachDocument { key: key.into(), document: document(&format!("document-{key}")) };
        self.act(case, person, &command).unwrap();
    }
    pub fn complete(&mut self, case: &mut CaseState, person: &str, outcome: Option<&str>) {
        let step = case.step.clone();
        self.act(case, person, &Command::Complete { step, fields: Map::new(), outcome: outcome.map(Into::into) })
            .unwrap();
    }
    pub fn give_opinion(&mut self, case: &mut CaseState, person: &str, body: &str, answer: &str) {
        let command = Command::GiveOpinion {
            body: BodyId::new(body).unwrap(),
            answer: answer.into(),
            text: String::new(),
            document: Some(document(&format!("y-kien-{body}"))),
        };
        self.act(case, person, &command).unwrap();
    }
    pub fn cast(&mut self, case: &mut CaseState, person: &str, answer: &str) {
        let text = String::new();
        self.act(case, person, &Command::CastBallot { answer: answer.into(), text }).unwrap();
    }
    pub fn at_opinion(&mut self) -> CaseState {
        let mut case = self.open_drafting_committee();
        self.attach(&mut case, "expert", "to-trinh");
        self.attach(&mut case, "expert", "nghi-quyet");
        self.complete(&mut case, "expert", Some("submit"));
        case
    }
    pub fn at_ballot(&mut self) -> CaseState {
        let mut case = self.at_opinion();
        self.give_opinion(&mut case, "law-chair", "ub-phap-luat-tu-phap", "agree");
        self.give_opinion(&mut case, "deputies-chair", "ub-cong-tac-dai-bieu", "agree");
        case
    }
    pub fn at_sign(&mut self) -> CaseState {
        let mut case = self.at_ballot();
        (1..=18).for_each(|n| self.cast(&mut case, &format!("member-{n:02}"), "for"));
        assert_eq!(case.step, "sign");
        case
    }
}
