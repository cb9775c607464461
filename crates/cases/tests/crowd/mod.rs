//! Generated actors: whoever is asked for is there. Every body that procedures may name, every register, one person for
//! each seat (made when the seat is first needed), and forms filled in by their declaration.
#![allow(dead_code, reason = "each test file uses its part")]

use crate::house::{House, body, day, open, person};
use directory::{Basis, BodyKind, NewAssignment, NewBody, NewPerson, PersonPrivate, Position, acts::Holder};
use kernel::{BodyId, Ctx, Grade};
use procedure::{
    Procedure,
    model::{Field, FieldKind},
};
use records::{NewRegister, Series};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use testkit::Db;

/// Who is there already.
pub struct Crowd {
    pub house: House,
    /// The person in each seat.
    seats: BTreeMap<String, String>,
    /// Holders of certificates, and when they run out.
    certified: BTreeSet<String>,
    made: usize,
}

fn basis() -> Basis {
    Basis::cited("Khởi tạo")
}

impl Crowd {
    /// Bodies, registers and the internal authority; nobody yet.
    pub async fn gathered(db: &Db) -> Crowd {
        let house = open(db, 1).await;
        let seed = house.system("seed");
        let references = house.cases.catalogue().references().clone();
        let codes = references.bodies.keys().filter(|code| !code.ends_with('*')).cloned();
        let mut codes: Vec<String> = codes.chain(["doan-lam-dong".to_owned()]).collect();
        codes.sort_by_key(|code| superior(code).is_some());
        for (order, code) in (0..).zip(codes) {
            establish(&house, &code, order).await;
        }
        for (order, (code, title)) in references.registers.iter().enumerate() {
            let owner = match code.as_str() {
                "luat" | "nq-quoc-hoi" => "quoc-hoi",
                "nq-ubtvqh" | "nq-ubtvqh-qppl" => "ubtvqh",
                "phieu-chuyen-don" => "ub-dan-nguyen-giam-sat",
                _ => "vpqh",
            };
            let register = NewRegister {
                code: code.clone(),
                body: owner.into(),
                title: title.vi.clone(),
                symbol: format!("S{order}-QH15"),
                series: Series::Term,
                grade: Grade::Open,
                next: 1,
            };
            house.records.open_register(&seed, register).await.unwrap();
        }
        house.keys.establish_authority(&house.system("certificates"), &basis()).await.unwrap();
        let mut crowd = Crowd { house, seats: BTreeMap::new(), certified: BTreeSet::new(), made: 0 };
        for code in ["quoc-hoi", "ubtvqh", "vpqh", "ub-dan-nguyen-giam-sat"] {
            crowd.certify(code, Holder::Body(body(code))).await;
        }
        for n in 1..=3 {
            crowd.person_at(&format!("member@ubtvqh#{n}"), "member", "ubtvqh").await;
        }
        crowd
    }

    async fn certify(&mut self, key: &str, holder: Holder) {
        if self.certified.insert(key.to_owned()) {
            let until = self.house.journal.clock().now().plus_seconds(5 * 365 * 86_400);
            let duty = self.house.system("certificates");
            self.house.keys.issue(&duty, &[holder], until, &basis()).await.unwrap();
        }
    }

    /// A new person, in a position.
    pub async fn person_at(&mut self, seat: &str, position: &str, at: &str) -> String {
        self.made += 1;
        let id = format!("person-{}", self.made);
        let seed = self.house.system("seed");
        let new = NewPerson {
            id: Some(person(&id)),
            name: format!("Đại biểu {:03}", self.made),
            login: None,
            clearance: Grade::MostSecret,
            private: PersonPrivate::default(),
        };
        self.house.directory.register_person(&seed, new).await.unwrap();
        let assignment = NewAssignment {
            id: None,
            person: person(&id),
            body: body(at),
            position: Position::new(position).unwrap(),
            from: day("2021-07-20"),
            until: None,
            full_time: true,
            basis: basis(),
        };
        self.house.directory.start_assignment(&seed, &assignment).await.unwrap();
        self.seats.insert(seat.to_owned(), id.clone());
        id
    }

    /// Whoever sits there, at work with a fresh second factor: `position@body` or `person:<id>`.
    pub async fn in_seat(&mut self, seat: &str) -> Ctx {
        let id = match seat.split_once('@') {
            None => seat.trim_start_matches("person:").to_owned(),
            Some((position, at)) => match self.seats.get(seat) {
                Some(id) => id.clone(),
                None => self.person_at(seat, position, at).await,
            },
        };
        self.house.at_work(&id).await
    }

    /// As [`Crowd::in_seat`], with a certificate to sign with.
    pub async fn signing(&mut self, seat: &str) -> Ctx {
        let ctx = self.in_seat(seat).await;
        let id = ctx.person().unwrap().id.clone();
        self.certify(id.as_str(), Holder::Person(id.clone())).await;
        ctx
    }

    /// The opening form of a procedure; `turn` picks among options, so that other turns take other ways.
    pub async fn opening(&mut self, procedure: &Procedure, turn: usize) -> Map<String, Value> {
        let mut fields = self.fill(&procedure.form, turn).await;
        let ends = procedure.effects.iter().any(|effect| effect.kind == "end-position");
        if ends {
            let who = self.person_at("whoever is released", "member", "doan-lam-dong").await;
            fields.insert("person".into(), who.into());
            fields.insert("body".into(), "doan-lam-dong".into());
        }
        if procedure.effects.iter().any(|effect| effect.kind == "establish-body") {
            self.made += 1;
            fields.insert("body".into(), format!("bst-so-{}", self.made).into());
        }
        fields
    }

    /// A form filled in by its declaration.
    pub async fn fill(&mut self, fields: &[Field], turn: usize) -> Map<String, Value> {
        let mut filled = Map::new();
        for field in fields {
            let value = match &field.kind {
                FieldKind::List { columns } => {
                    let mut row = Map::new();
                    for column in columns {
                        row.insert(column.key.clone(), self.sample(column, 0).await);
                    }
                    json!([row])
                }
                _ => self.sample(field, turn).await,
            };
            filled.insert(field.key.clone(), value);
        }
        filled
    }

    async fn sample(&mut self, field: &Field, turn: usize) -> Value {
        let tomorrow = self.house.journal.clock().now().day().plus_days(1);
        match &field.kind {
            FieldKind::Text | FieldKind::LongText => {
                self.made += 1;
                json!(if field.key == "code" {
                    format!("muc-{}", self.made)
                } else {
                    format!("Nội dung {}", self.made)
                })
            }
            FieldKind::Date => json!(tomorrow),
            FieldKind::Person => {
                self.made += 1;
                let seat = format!("named {}", self.made);
                json!(self.person_at(&seat, "deputy", "doan-lam-dong").await)
            }
            // A body that ends must be one that nothing else needs; a new one has a code of its own.
            FieldKind::Body if field.key == "body" => {
                self.made += 1;
                let code = format!("vu-so-{}", self.made);
                establish(&self.house, &code, 900).await;
                json!(code)
            }
            FieldKind::Body if field.key == "committee-code" => {
                self.made += 1;
                json!(format!("bst-so-{}", self.made))
            }
            FieldKind::Body => json!("vu-phap-luat"),
            FieldKind::Bodies => json!(["ub-phap-luat-tu-phap", "ub-kinh-te-tai-chinh"]),
            FieldKind::Position => json!("member"),
            FieldKind::Choice { options } => json!(options[turn % options.len()].code),
            FieldKind::Number { min, max } => {
                let large = turn % 2 == 1 && max.is_none();
                json!(min.or(*max).unwrap_or(1) + if large { 100_000_000_000 } else { 0 })
            }
            FieldKind::YesNo => json!(turn % 2 == 1),
            FieldKind::List { .. } => json!([]),
        }
    }
}

/// Departments and bureaus belong to the Office.
fn superior(code: &str) -> Option<BodyId> {
    (code.starts_with("vu-") || code.starts_with("cuc-")).then(|| body("vpqh"))
}

async fn establish(house: &House, code: &str, order: i64) {
    let kind = match code {
        "quoc-hoi" => BodyKind::Assembly,
        "ubtvqh" => BodyKind::StandingCommittee,
        "vpqh" => BodyKind::Office,
        _ if code.starts_with("ub-") => BodyKind::Committee,
        _ if code.starts_with("doan-") => BodyKind::Delegation,
        _ => BodyKind::Department,
    };
    let new = NewBody {
        id: BodyId::new(code).unwrap(),
        name: format!("Cơ quan {code}"),
        name_en: format!("Body {code}"),
        kind,
        superior: superior(code),
        from: day("2021-07-20"),
        order,
    };
    house.directory.establish_body(&house.system("seed"), new, &basis(), None).await.unwrap();
}
