//! What is secret goes out on no way: neither by its grade nor by a mark in its text, and an act keeps that it was tried.

use crate::setup::{At, Moved, Way, office};
use crate::{house, new};
use async_trait::async_trait;
use edxml::axis::Window;
use exchange::transport::{
    AxisTransport, FolderTransport, MailSettings, MailTransport, Postman, Request, Response, Transport, Trouble, Wire,
    XroadTransport,
};
use exchange::{Kind, Office};
use kernel::{Actor, BodyId, DocumentId, Grade, Problem};
use std::sync::Arc;
use testkit::Db;

/// A wire and a postman by which nothing may go.
struct Nothing;

#[async_trait]
impl Wire for Nothing {
    async fn send(&self, request: Request) -> Result<Response, Trouble> {
        panic!("{} was asked", request.url)
    }
}

#[async_trait]
impl Postman for Nothing {
    async fn post(&self, _: &str, to: &[String], _: Vec<u8>) -> Result<(), Trouble> {
        panic!("a letter was written to {to:?}")
    }
}

/// The same house with every way that there is.
fn every_way(at: &At, db: &Db) -> Office {
    let (nothing, clock, folder) = (Arc::new(Nothing), Arc::new(Moved::from(db)), db.folder().join("ways"));
    let members = folder.join("members.csv");
    let settings = MailSettings {
        address: "van-thu@a.example".into(),
        maildir: folder.join("maildir"),
        members: members.clone(),
        seal: BodyId::new("ubtvqh").unwrap(),
        most: 1 << 20,
    };
    let letters = MailTransport::open(settings, nothing.clone(), at.keys.clone(), at.records.clone()).unwrap();
    let ways: Vec<Arc<dyn Transport>> = vec![
        Arc::new(AxisTransport::new(nothing.clone(), clock, "http://127.0.0.1:9", "SYS.A", "x", Window::default())),
        Arc::new(XroadTransport::new(nothing, "http://127.0.0.1:9", "VN/GOV/A/B", &members)),
        Arc::new(letters),
        Arc::new(FolderTransport::open(&folder).unwrap()),
    ];
    std::fs::write(&members, "H02;Cơ quan H02;VN/GOV/H02/B/in\n").unwrap();
    Office::new(at.journal.clone(), at.records.clone(), at.office.settings().clone(), ways)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_graded_and_a_marked_document_go_out_on_no_way() {
    let db = Db::sqlite();
    let (graded, open): (DocumentId, DocumentId) = {
        let house = house::furnished(&db).await;
        house.register("nq-ubtvqh-mat", Grade::Secret).await;
        let graded = house.signed_graded("bst-mot", Grade::Secret).await.document.unwrap();
        let signed = house.signed("bst-hai").await;
        let clerk = house.at_work("person-clerk").await;
        let issued = house.cases.issue(&clerk, &signed.case, signed.version, "nghi-quyet", "").await.unwrap();
        house.journal.close().await;
        (graded, issued.document.unwrap())
    };
    let none = |text: &str| text.to_owned();
    let way = Way { base: none("http://127.0.0.1:9"), system: none("SYS.A"), secret: none("x"), organ: none("H01") };
    let at = office(&db.url, &db.blobs(), Moved::from(&db).0, &way).await;
    let every = every_way(&at, &db);
    let clerk = at.clerk().await;
    let mut cleared = clerk.clone();
    if let Actor::Person(facts) = &mut cleared.actor {
        facts.clearance = Grade::Secret;
    }
    let ways = every.ways();
    assert_eq!(ways, ["axis", "xroad", "mail", "folder"]);
    for (tried, way) in (1..).zip(&ways) {
        let of = |document| exchange::NewDispatch {
            transport: (*way).to_owned(),
            ..new(document, Kind::New, None, &["H02"])
        };
        // Who may not know of it is not told that it is secret.
        let refused = every.dispatch(&clerk, of(&graded)).await.unwrap_err();
        assert!(matches!(refused, Problem::NotFound { .. }), "{way}: {refused}");
        let refused = every.dispatch(&cleared, of(&graded)).await.unwrap_err();
        assert!(matches!(refused, Problem::Refused { code: "dispatch-secret", .. }), "{way}: {refused}");
        let marked = exchange::NewDispatch { reason: "Kèm phụ lục TỐI MẬT".into(), ..of(&open) };
        let refused = every.dispatch(&clerk, marked).await.unwrap_err();
        assert!(matches!(refused, Problem::Refused { code: "dispatch-secret", .. }), "{way}: {refused}");
        assert_eq!((at.count("parcel").await, at.count("dispatch_barred").await), (0, 2 * tried), "{way}");
    }
    let barred = every.barred(&cleared).await.unwrap();
    assert_eq!(barred.iter().filter(|line| line.transport == "xroad").count(), 2);
    assert_eq!(barred.iter().filter(|line| line.transport == "mail").count(), 2);
}
