//! An empty directory to test in, on each engine, with a clock that is turned by hand.

use directory::{
    Basis, BodyKind, Directory, Keys, NewAssignment, NewBody, NewPerson, Origin, PersonPrivate, Position, SignIn,
};
use journal::Report;
use kernel::{Actor, BodyId, Clock, Ctx, Day, Grade, OsEntropy, PersonId, Strength, id::AssignmentId, id::RequestId};
use signing::MasterKey;
use std::sync::Arc;
use testkit::{Db, ManualClock};

pub struct Office {
    pub directory: Directory,
    pub signin: SignIn,
    pub keys: Keys,
    pub clock: Arc<ManualClock>,
    pub master: Arc<MasterKey>,
    _db: Db,
}

impl Office {
    pub async fn open(db: Db) -> Office {
        let policies = Arc::new(policy::Policies::load(None).unwrap());
        let journal = db.journal(policies, Directory::projections()).await.unwrap();
        let directory = Directory::new(journal);
        let clock = db.clock.clone();
        let master = Arc::new(MasterKey::random(&OsEntropy));
        let signin = SignIn::new(directory.clone(), master.clone()).unwrap();
        let keys = Keys::new(directory.clone(), master.clone(), clock.clone(), Arc::new(OsEntropy));
        Office { directory, signin, keys, clock, master, _db: db }
    }
    pub fn as_system(&self, name: &'static str) -> Ctx {
        Ctx::system(name, self.clock.now(), request())
    }
    pub fn system(&self) -> Ctx {
        self.as_system("seed")
    }
    pub async fn ctx_of(&self, person: &PersonId) -> Ctx {
        let facts = self.directory.ctx_facts(person, self.clock.now()).await.unwrap().unwrap();
        Ctx { actor: Actor::Person(facts), strength: Strength::TwoFactor, at: self.clock.now(), request: request() }
    }
    pub async fn establish(&self, id: &str, kind: BodyKind, superior: Option<&str>) {
        let body = NewBody {
            id: body_id(id),
            name: format!("Cơ quan {id}"),
            name_en: format!("Body {id}"),
            kind,
            superior: superior.map(body_id),
            from: day("2020-01-01"),
            order: 0,
        };
        self.directory.establish_body(&self.system(), body, &basis(), None).await.unwrap();
    }
    /// A person with this id and name to sign in with, called `Người <id>`.
    pub async fn person(&self, id: &str) -> PersonId {
        let new = NewPerson {
            id: Some(person_id(id)),
            name: format!("Người {id}"),
            login: Some(id.to_owned()),
            clearance: Grade::Open,
            private: PersonPrivate::default(),
        };
        self.directory.register_person(&self.system(), new).await.unwrap()
    }
    pub async fn start(
        &self,
        person: &PersonId,
        position: &str,
        body: &str,
        from: &str,
        until: Option<&str>,
    ) -> AssignmentId {
        let new = NewAssignment {
            id: None,
            person: person.clone(),
            body: body_id(body),
            position: Position::new(position).unwrap(),
            from: day(from),
            until: until.map(day),
            full_time: false,
            basis: basis(),
        };
        self.directory.start_assignment(&self.system(), &new).await.unwrap()
    }
    /// Hashes, chains and every projection agree with the journal.
    pub async fn assert_verifies(&self) {
        let mut found = Vec::new();
        let mut note = |report: Report| {
            if let Report::Finding(finding) = report {
                found.push(finding.to_string());
            }
        };
        let summary = self.directory.journal().verify(&mut note).await.unwrap();
        assert!(summary.clean() && summary.rows > 0, "{found:?}");
    }
}

pub fn request() -> RequestId {
    RequestId::new("request-test").unwrap()
}
pub fn origin(device: &str) -> Origin {
    Origin { device: device.into(), address: "192.0.2.7".into(), request: request() }
}
pub fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}
pub fn body_id(text: &str) -> BodyId {
    BodyId::new(text).unwrap()
}
pub fn person_id(text: &str) -> PersonId {
    PersonId::new(text).unwrap()
}
pub fn basis() -> Basis {
    Basis::cited("Quyết định số 01/QĐ")
}
