//! Two offices and a hub, over real HTTP.

use crate::axis_wire::HttpWire;
use crate::house;
use edxml::axis::Window;
use exchange::transport::{AxisTransport, Transport};
use exchange::{AgencyRegistered, Casework, Hub, NewSystem, Office, OfficeSettings, Organ, Settings};
use journal::Journal;
use kernel::{Actor, Clock, Ctx, DocumentId, Grade, OsEntropy, Strength, SystemClock, Timestamp, id::RequestId};
use records::{NewRegister, Records, Series};
use signing::MasterKey;
use std::sync::Arc;
use std::time::Duration;
use testkit::Db;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The machine's clock, moved to the day on which the houses work.
pub struct Moved(pub i64);

impl Moved {
    /// Beginning where a database's clock stands.
    pub fn from(db: &Db) -> Moved {
        Moved(db.clock.now().micros() - SystemClock.now().micros() + 60_000_000)
    }
}

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(SystemClock.now().micros() + self.0)
    }
}

/// Issues documents in a furnished house and leaves its journal closed.
pub async fn issued(db: &Db, codes: &[&str]) -> Vec<DocumentId> {
    let house = house::furnished(db).await;
    let register = NewRegister {
        code: "van-ban-den".into(),
        body: "vpqh".into(),
        title: "Sổ đăng ký văn bản đến".into(),
        symbol: "ĐẾN".into(),
        series: Series::Year,
        grade: Grade::Open,
        next: 1,
    };
    house.records.open_register(&house.system("seed"), register).await.unwrap();
    house.seat("person-head", "Đặng Văn H", "head", "vpqh").await;
    let mut documents = Vec::new();
    for code in codes {
        let signed = house.signed(code).await;
        let clerk = house.at_work("person-clerk").await;
        let issued = house.cases.issue(&clerk, &signed.case, signed.version, "nghi-quyet", "").await.unwrap();
        documents.push(issued.document.unwrap());
    }
    house.journal.close().await;
    documents
}

/// Where an office's other end is.
#[derive(Debug, Clone)]
pub struct Way {
    pub base: String,
    pub system: String,
    pub secret: String,
    pub organ: String,
}

/// An office at work on a database that was furnished.
pub struct At {
    pub office: Office,
    pub journal: Journal,
    pub cases: cases::Cases,
    pub casework: Casework,
    pub keys: directory::Keys,
    pub records: Records,
    directory: directory::Directory,
}

pub async fn office(url: &str, blobs: &std::path::Path, ahead: i64, way: &Way) -> At {
    let wire = Arc::new(HttpWire::new(reqwest::Client::builder(), Duration::from_secs(3)).unwrap());
    let (clock, window) = (Arc::new(Moved(ahead)), Window::default());
    let axis = AxisTransport::new(wire, clock, &way.base, &way.system, &way.secret, window);
    office_by(url, blobs, ahead, &way.organ, Arc::new(axis)).await
}

/// The same by any way.
pub async fn office_by(url: &str, blobs: &std::path::Path, ahead: i64, organ: &str, way: Arc<dyn Transport>) -> At {
    let policies = Arc::new(policy::Policies::load(None).unwrap());
    let projections = [
        directory::Directory::projections(),
        Records::projections(),
        cases::Cases::projections(),
        Hub::projections(),
        Office::projections(),
    ]
    .concat();
    let (clock, entropy): (Arc<dyn Clock>, _) = (Arc::new(Moved(ahead)), Arc::new(OsEntropy));
    let options = journal::Options { scratch: blobs.parent().map(Into::into), ..journal::Options::new(url, blobs) };
    let key = testkit::engines::tree_key();
    let journal = Journal::open(options, policies, projections, clock.clone(), entropy.clone(), key).await.unwrap();
    let directory = directory::Directory::new(journal.clone());
    let master = Arc::new(MasterKey::from_bytes([7; 32]));
    let keys = directory::Keys::new(directory.clone(), master, clock, entropy);
    let records = Records::new(journal.clone(), directory.clone(), keys.clone(), house::papers());
    let settings = OfficeSettings {
        organ: Organ { code: organ.into(), name: format!("Cơ quan {organ}") },
        retry_seconds: 1,
        patience_seconds: 3,
        poll_seconds: 1,
        ..OfficeSettings::default()
    };
    let catalogue = Arc::new(procedure::Catalogue::load(None).unwrap());
    let cases = cases::Cases::new(journal.clone(), directory.clone(), records.clone(), catalogue);
    let office = Office::new(journal.clone(), records.clone(), settings, vec![way]);
    let casework = Casework::new(office.clone(), cases.clone(), directory.clone());
    At { office, journal, cases, casework, keys, records, directory }
}

impl At {
    /// A person at work.
    pub async fn at_work(&self, id: &str) -> Ctx {
        let now = self.journal.clock().now();
        let mut facts = self.directory.ctx_facts(&house::person(id), now).await.unwrap().unwrap();
        facts.acting_as = facts.positions.iter().next().cloned();
        let request = RequestId::mint(self.journal.clock(), self.journal.entropy());
        Ctx { actor: Actor::Person(facts), strength: Strength::TwoFactor, at: now, request }
    }
    pub async fn clerk(&self) -> Ctx {
        self.at_work("person-clerk").await
    }
    /// Sends, receives and runs jobs until told to stop.
    pub fn run(&self, stopped: watch::Receiver<bool>) -> tokio::task::JoinHandle<()> {
        let (office, journal, workers) = (self.office.clone(), self.journal.clone(), self.office.workers());
        let jobs_stopped = stopped.clone();
        tokio::spawn(async move {
            tokio::join!(office.run(stopped), journal.run_jobs(workers, jobs_stopped));
        })
    }
    /// A person starts again what has stopped.
    pub async fn resume(&self) {
        let clerk = self.clerk().await;
        for parcel in self.office.stopped(&clerk).await.unwrap() {
            self.office.resume(&clerk, &parcel.id).await.unwrap();
        }
    }
    pub async fn count(&self, of: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) AS n FROM {of}");
        self.journal.reader().row(&sql, &[]).await.unwrap().unwrap().int("n").unwrap()
    }
    /// What is wrong with the journal.
    pub async fn findings(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut report = |one: journal::Report| {
            if let journal::Report::Finding(finding) = one {
                found.push(format!("{finding:?}"));
            }
        };
        self.journal.verify(&mut report).await.unwrap();
        found
    }
}

/// The hub in this process, its address, and what it keeps.
pub struct Between {
    pub hub: Hub,
    pub address: String,
    pub journal: Journal,
}

pub async fn hub(db: &Db, ahead: i64, agencies: &[(&str, &str)]) -> (Between, Vec<String>) {
    let policies = Arc::new(policy::Policies::load(None).unwrap());
    let (clock, entropy): (Arc<dyn Clock>, _) = (Arc::new(Moved(ahead)), Arc::new(OsEntropy));
    let key = testkit::engines::tree_key();
    let journal = Journal::open(db.options(), policies, Hub::projections(), clock, entropy, key).await.unwrap();
    let settings = Settings { organ_id: "G01".into(), window: Window::default(), max_package: 32 << 20 };
    let hub = Hub::new(journal.clone(), Arc::new(MasterKey::from_bytes([9; 32])), settings);
    let mut secrets = Vec::new();
    for system in ["SYS.A", "SYS.B"] {
        secrets.push(hub.admit(NewSystem { id: system.into(), name: system.into(), quota: 10_000 }).await.unwrap());
    }
    for (code, system) in agencies {
        let none = String::new;
        let agency = AgencyRegistered {
            code: (*code).into(),
            parent: none(),
            name: format!("Cơ quan {code}"),
            mail: none(),
            mobile: none(),
            fax: none(),
            system: (*system).into(),
        };
        hub.register_agency(agency).await.unwrap();
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(web::axis::serve(listener, hub.clone(), std::future::pending()));
    (Between { hub, address, journal }, secrets)
}

impl Between {
    pub async fn packages(&self, message: &str) -> i64 {
        let sql = "SELECT COUNT(*) AS n FROM axis_package WHERE message = $1";
        self.journal.reader().row(sql, &[message.into()]).await.unwrap().unwrap().int("n").unwrap()
    }
}
