//! A small Assembly for the tests of cases: bodies, people with certificates, a register, and a case taken step by step.
#![allow(dead_code, reason = "each test file uses its part")]

use cases::{Cases, Done, Opinion};
use directory::{
    Basis, BodyKind, Directory, Keys, NewAssignment, NewBody, NewPerson, PersonPrivate, Position, acts::Holder,
};
use journal::{Journal, Projection};
use kernel::{Actor, BodyId, CaseId, Clock, Ctx, Day, Grade, PersonId, Strength, id::RequestId};
use procedure::{Catalogue, Command};
use records::{Article, Clause, Content, NewBody as NewText, NewRegister, Records, Series, SignatureBlock, Upload};
use serde_json::{Map, Value, json};
use signing::MasterKey;
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};
use testkit::{Db, SeededEntropy};
use typeset::Papers;

/// Vice-chairpersons and members of the Standing Committee besides the Chairperson.
pub const MEMBERS: usize = 4;

/// The services over one database.
#[derive(Clone)]
pub struct House {
    pub journal: Journal,
    pub directory: Directory,
    pub keys: Keys,
    pub records: Records,
    pub cases: Cases,
}

pub fn papers() -> Papers {
    static PAPERS: OnceLock<Papers> = OnceLock::new();
    PAPERS.get_or_init(|| Papers::load(&typeset::Options::default()).unwrap()).clone()
}

fn projections() -> Vec<Arc<dyn Projection>> {
    [Directory::projections(), Records::projections(), Cases::projections()].concat()
}

/// The services, as one server would open them; `seed` makes the server's random numbers its own.
pub async fn open(db: &Db, seed: u64) -> House {
    opened(db, seed, false).await
}

/// The same, with the tables made again from the acts.
pub async fn open_rebuilt(db: &Db, seed: u64) -> House {
    opened(db, seed, true).await
}

async fn opened(db: &Db, seed: u64, rebuild: bool) -> House {
    let policies = Arc::new(policy::Policies::load(None).unwrap());
    let entropy = Arc::new(SeededEntropy::new(seed));
    let clock: Arc<dyn Clock> = db.clock.clone();
    let journal = Journal::open(
        journal::Options { rebuild, ..db.options() },
        policies,
        projections(),
        clock.clone(),
        entropy.clone(),
        testkit::engines::tree_key(),
    )
    .await
    .unwrap();
    let directory = Directory::new(journal.clone());
    let master = Arc::new(MasterKey::from_bytes([7; 32]));
    let keys = Keys::new(directory.clone(), master, clock, entropy);
    let records = Records::new(journal.clone(), directory.clone(), keys.clone(), papers());
    let catalogue = Arc::new(Catalogue::load(None).unwrap());
    let cases = Cases::new(journal.clone(), directory.clone(), records.clone(), catalogue);
    House { journal, directory, keys, records, cases }
}

/// The services over a fresh database with people, bodies, certificates and the register at 1336.
pub async fn furnished(db: &Db) -> House {
    let house = open(db, 1).await;
    house.furnish().await;
    house
}

pub fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}
pub fn body(code: &str) -> BodyId {
    BodyId::new(code).unwrap()
}
pub fn person(id: &str) -> PersonId {
    PersonId::new(id).unwrap()
}

impl House {
    /// The same house, with other signatures.
    pub fn issuing(&self, issuing: records::Issuing) -> House {
        let records = self.records.clone().with_issuing(issuing);
        let catalogue = self.cases.catalogue();
        let cases = Cases::new(self.journal.clone(), self.directory.clone(), records.clone(), catalogue);
        House { records, cases, ..self.clone() }
    }

    /// The same house, with other procedures.
    pub fn with_catalogue(&self, catalogue: Arc<Catalogue>) -> House {
        let (journal, directory) = (self.journal.clone(), self.directory.clone());
        House { cases: Cases::new(journal, directory, self.records.clone(), catalogue), ..self.clone() }
    }

    pub fn system(&self, duty: &'static str) -> Ctx {
        let clock = self.journal.clock();
        Ctx::system(duty, clock.now(), RequestId::mint(clock, self.journal.entropy()))
    }

    /// A person at work, the second factor given with this request.
    pub async fn at_work(&self, id: &str) -> Ctx {
        let now = self.journal.clock().now();
        let mut facts = self.directory.ctx_facts(&person(id), now).await.unwrap().unwrap();
        facts.acting_as = facts.positions.iter().next().cloned();
        let request = RequestId::mint(self.journal.clock(), self.journal.entropy());
        Ctx { actor: Actor::Person(facts), strength: Strength::Fresh, at: now, request }
    }

    /// The same, signed in with two factors but without a fresh one.
    pub async fn signed_in(&self, id: &str) -> Ctx {
        Ctx { strength: Strength::TwoFactor, ..self.at_work(id).await }
    }

    async fn furnish(&self) {
        let seed = self.system("seed");
        let basis = Basis::cited("Khởi tạo");
        let bodies = [
            ("ubtvqh", BodyKind::StandingCommittee, None),
            ("ub-phap-luat-tu-phap", BodyKind::Committee, None),
            ("vpqh", BodyKind::Office, None),
            ("vu-phap-luat", BodyKind::Department, Some("vpqh")),
            ("vu-hanh-chinh", BodyKind::Department, Some("vpqh")),
        ];
        for (order, (code, kind, superior)) in (0..).zip(bodies) {
            let new = NewBody {
                id: body(code),
                name: format!("Cơ quan {code}"),
                name_en: format!("Body {code}"),
                kind,
                superior: superior.map(body),
                from: day("2021-07-20"),
                order,
            };
            self.directory.establish_body(&seed, new, &basis, None).await.unwrap();
        }
        self.seat("person-chair", "Nguyễn Văn A", "chairperson", "ubtvqh").await;
        for n in 1..=MEMBERS {
            self.seat(&format!("person-member-{n}"), &format!("Đại biểu 00{n}"), "member", "ubtvqh").await;
        }
        self.seat("person-law", "Trần Thị B", "chairperson", "ub-phap-luat-tu-phap").await;
        self.seat("person-expert", "Lê Văn C", "expert", "vu-phap-luat").await;
        self.seat("person-other", "Phạm Thị D", "expert", "vu-hanh-chinh").await;
        self.seat("person-clerk", "Hoàng Văn E", "clerk", "vu-hanh-chinh").await;
        self.seat("person-keeper", "Vũ Thị G", "clerk", "vu-hanh-chinh").await;
        let certificates = self.system("certificates");
        self.keys.establish_authority(&certificates, &basis).await.unwrap();
        let mut holders = vec![Holder::Person(person("person-chair")), Holder::Body(body("ubtvqh"))];
        holders.extend((1..=MEMBERS).map(|n| Holder::Person(person(&format!("person-member-{n}")))));
        let until = self.journal.clock().now().plus_seconds(2 * 365 * 86_400);
        self.keys.issue(&certificates, &holders, until, &basis).await.unwrap();
        self.register("nq-ubtvqh", Grade::Open).await;
    }

    pub async fn register(&self, code: &str, grade: Grade) {
        let register = NewRegister {
            code: code.into(),
            body: "ubtvqh".into(),
            title: "Sổ đăng ký nghị quyết".into(),
            symbol: "NQ-UBTVQH15".into(),
            series: Series::Term,
            grade,
            next: 1336,
        };
        self.records.open_register(&self.system("seed"), register).await.unwrap();
    }

    pub async fn seat(&self, id: &str, name: &str, position: &str, at: &str) {
        let seed = self.system("seed");
        let new = NewPerson {
            id: Some(person(id)),
            name: name.into(),
            login: None,
            clearance: if ["person-other", "person-clerk"].contains(&id) { Grade::Open } else { Grade::Secret },
            private: PersonPrivate::default(),
        };
        self.directory.register_person(&seed, new).await.unwrap();
        let assignment = NewAssignment {
            id: None,
            person: person(id),
            body: body(at),
            position: Position::new(position).unwrap(),
            from: day("2021-07-20"),
            until: None,
            full_time: true,
            basis: Basis::cited("Khởi tạo"),
        };
        self.directory.start_assignment(&seed, &assignment).await.unwrap();
    }

    /// Opens a case that establishes a drafting committee.
    pub async fn open_case(&self, code: &str, grade: Grade, token: &str) -> Done {
        let expert = self.at_work("person-expert").await;
        let title = "Thành lập Ban soạn thảo dự án Luật";
        self.cases.open(&expert, "drafting-committee", title, grade, form(code), token).await.unwrap()
    }

    /// Attaches the proposal and the resolution's draft.
    pub async fn draft(&self, opened: &Done, content: Content) -> Done {
        let expert = self.at_work("person-expert").await;
        let case = &opened.case;
        let done = self.cases.add_document(&expert, case, opened.version, "to-trinh", "", pdf(), "").await.unwrap();
        let text = NewText::Text(content);
        self.cases.add_document(&expert, case, done.version, "nghi-quyet", "", text, "").await.unwrap()
    }

    pub async fn submit(&self, case: &CaseId, version: i64) -> Done {
        let expert = self.at_work("person-expert").await;
        self.cases.command(&expert, case, version, submit(), "").await.unwrap()
    }

    pub async fn agree(&self, case: &CaseId, version: i64) -> Done {
        let law = self.at_work("person-law").await;
        let opinion = Opinion {
            body: body("ub-phap-luat-tu-phap"),
            answer: "agree".into(),
            text: "Nhất trí.".into(),
            document: Some(pdf()),
        };
        self.cases.give_opinion(&law, case, version, opinion, "").await.unwrap()
    }

    /// Every member answers so.
    pub async fn vote(&self, case: &CaseId, mut version: i64, answer: &str) -> i64 {
        for id in members() {
            let member = self.at_work(&id).await;
            version = self.cases.cast_ballot(&member, case, version, answer, "", "").await.unwrap().version;
        }
        version
    }

    /// A case that waits for its number.
    pub async fn signed(&self, code: &str) -> Done {
        self.signed_graded(code, Grade::Open).await
    }

    /// The same, of a grade.
    pub async fn signed_graded(&self, code: &str, grade: Grade) -> Done {
        let opened = self.open_case(code, grade, "").await;
        let done = self.draft(&opened, content()).await;
        let done = self.submit(&opened.case, done.version).await;
        let done = self.agree(&opened.case, done.version).await;
        let version = self.vote(&opened.case, done.version, "for").await;
        let chair = self.at_work("person-chair").await;
        self.cases.sign(&chair, &opened.case, version, "nghi-quyet", "").await.unwrap()
    }
}

pub fn members() -> Vec<String> {
    let members = (1..=MEMBERS).map(|n| format!("person-member-{n}"));
    std::iter::once("person-chair".to_owned()).chain(members).collect()
}

pub fn submit() -> Command {
    Command::Complete { step: "draft".into(), fields: Map::new(), outcome: Some("submit".into()) }
}

pub fn form(code: &str) -> Map<String, Value> {
    let form = json!({
        "unit": "vu-phap-luat", "subject": "Về việc thành lập Ban soạn thảo dự án Luật",
        "consulted": ["ub-phap-luat-tu-phap"], "bill": "Luật Tổ chức Quốc hội", "body": code,
        "name": "Ban soạn thảo", "name-en": "Drafting committee", "from": "2026-12-01",
        "members": [
            {"person": "person-member-1", "position": "head"}, {"person": "person-law", "position": "member"},
        ],
    });
    form.as_object().cloned().unwrap()
}

pub fn content() -> Content {
    Content {
        subject: "Về việc thành lập Ban soạn thảo dự án Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội"
            .into(),
        bases: vec![
            "Căn cứ Hiến pháp nước Cộng hòa xã hội chủ nghĩa Việt Nam".into(),
            "Căn cứ Luật Tổ chức Quốc hội số 57/2014/QH13".into(),
        ],
        articles: vec![
            Article {
                clauses: vec![
                    Clause {
                        text: "Thành lập Ban soạn thảo gồm:".into(),
                        points: vec!["Trưởng ban;".into(), "Các thành viên.".into()],
                    },
                    Clause {
                        text: "Ban soạn thảo có nhiệm vụ soạn thảo dự án Luật.".into(), points: vec![]
                    },
                ],
                ..Article::default()
            },
            Article {
                paragraphs: vec!["Nghị quyết này có hiệu lực kể từ ngày ký.".into()], ..Article::default()
            },
        ],
        recipients: vec!["Ban soạn thảo".into(), "Văn phòng Quốc hội".into()],
        archive: "HC, PL".into(),
        signature: SignatureBlock {
            authority: "TM. ỦY BAN THƯỜNG VỤ QUỐC HỘI".into(),
            title: "CHỦ TỊCH".into(),
            name: String::new(),
        },
    }
}

/// A proposal as a real PDF.
pub fn pdf() -> NewText {
    static PDF: OnceLock<Vec<u8>> = OnceLock::new();
    let bytes = PDF.get_or_init(|| {
        let data = papers().sample("to-trinh").unwrap();
        papers().render("to-trinh", &data, kernel::Timestamp::from_micros(0)).unwrap().pdf
    });
    NewText::Upload(Upload { name: "to-trinh.pdf".into(), bytes: bytes.clone() })
}

/// The timeline as codes and their count.
pub fn codes(entries: &[cases::Entry]) -> BTreeMap<String, usize> {
    let mut codes = BTreeMap::new();
    for entry in entries {
        *codes.entry(entry.code.clone()).or_insert(0) += 1;
    }
    codes
}
