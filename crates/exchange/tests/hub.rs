//! The hub at the journal's door, on both engines: one sending is taken once, whichever server takes it.

use edxml::axis::{Window, file_hash, headers};
use edxml::package::{
    AttachmentHead, Business, Code, Document, DocumentType, Header, Package, Party, Promulgation, Reference, Signer,
    Trace, Wrap, write,
};
use exchange::{AgencyRegistered, Hub, MessageType, NewSystem, Progress, Settings, Unbelieved};
use kernel::{Clock, Digest, Problem};
use signing::MasterKey;
use std::sync::Arc;
use testkit::Db;

async fn hub(db: &Db) -> Hub {
    let policies = Arc::new(policy::Policies::load(None).unwrap());
    let journal = db.journal(policies, Hub::projections()).await.unwrap();
    let settings = Settings { organ_id: "G01".into(), window: Window::default(), max_package: 1 << 20 };
    Hub::new(journal, Arc::new(MasterKey::from_bytes([7; 32])), settings)
}

fn agency(code: &str, system: &str) -> AgencyRegistered {
    let none = String::new;
    AgencyRegistered {
        code: code.into(),
        parent: none(),
        name: format!("Cơ quan {code}"),
        mail: none(),
        mobile: none(),
        fax: none(),
        system: system.into(),
    }
}

fn package(db: &Db) -> Vec<u8> {
    let party = |id: &str| Party { organ_id: id.into(), name: "Cơ quan".into(), ..Party::default() };
    let document = Document {
        from: party("H01"),
        to: vec![party("H02"), party("H03")],
        document_id: "H01,2026/11/20,05/NQ".into(),
        code: Code { number: "05".into(), notation: "NQ".into() },
        promulgation: Promulgation { place: "Hà Nội".into(), date: "2026/11/20".into() },
        document_type: DocumentType { name: "Nghị quyết".into(), ..DocumentType::default() },
        subject: "Về việc thử nghiệm".into(),
        signer: Signer { full_name: "Nguyễn Văn A".into(), ..Signer::default() },
        ..Document::default()
    };
    let (id, name, kind) = ("cid:1".to_owned(), "a.pdf".to_owned(), "application/pdf".to_owned());
    let reference =
        Reference { content_id: id.clone(), content_type: kind.clone(), name: name.clone(), description: name.clone() };
    let head = AttachmentHead { content_id: id, content_type: kind, description: name.clone(), name };
    let package = Package {
        header: Header::Document(Box::new(document)),
        trace: Trace { hops: vec![], business: Business { kind: "0".into(), ..Business::default() } },
        references: vec![reference],
        attachments: vec![head],
        ..Package::default()
    };
    let mut bytes = Vec::new();
    write(&package, db.clock.now().day(), Wrap::Zip, |_| Ok(&b"%PDF-1.7"[..]), &mut bytes).unwrap();
    bytes
}

fn request(db: &Db, secret: &str, package: &[u8]) -> Vec<(String, String)> {
    let hash = file_hash(&Digest::of(&[package]));
    let parameters = [("from", "H01"), ("servicetype", "eDoc"), ("messagetype", "edoc"), ("hash-file", hash.as_str())];
    headers("SYS.A", secret, &parameters, "application/octet-stream", db.clock.now(), Window::default())
}

async fn send(hub: &Hub, request: &[(String, String)], package: &[u8]) -> Result<String, Problem> {
    let (signed, system) = hub.believe("sendEdoc", request).await.unwrap();
    let mut arriving = hub.arriving();
    arriving.take(package)?;
    arriving.take(b"\r\n")?;
    hub.take(&system, &signed, arriving).await
}

testkit::on_both_engines! {
    async fn one_sending_is_taken_once_by_whichever_server(db: Db) {
        let first = hub(&db).await;
        let second = hub(&db).await;
        let secret = first.admit(NewSystem { id: "SYS.A".into(), name: "Hệ thống A".into(), quota: 2 }).await.unwrap();
        first.admit(NewSystem { id: "SYS.B".into(), name: "Hệ thống B".into(), quota: 2 }).await.unwrap();
        for (code, system) in [("H01", "SYS.A"), ("H02", "SYS.B"), ("H03", "SYS.B")] {
            first.register_agency(agency(code, system)).await.unwrap();
        }
        let stolen = first.register_agency(agency("H02", "SYS.A")).await;
        assert!(matches!(stolen, Err(Problem::Forbidden { .. })), "{stolen:?}");

        let package = package(&db);
        let sent = request(&db, &secret, &package);
        let id = send(&first, &sent, &package).await.unwrap();
        assert!(matches!(first.believe("sendEdoc", &sent).await, Err(Unbelieved::Replay)));
        let again = send(&second, &sent, &package).await;
        assert!(matches!(again, Err(Problem::Conflict { .. })), "another server refuses it by the journal: {again:?}");

        let theirs = exchange::System { id: "SYS.B".into(), name: String::new(), quota: 0 };
        let waiting = first.inbox(&theirs, MessageType::Edoc).await.unwrap();
        assert_eq!(waiting.iter().map(|entry| entry.to.as_str()).collect::<Vec<_>>(), ["H02", "H03"]);
        assert!(waiting.iter().all(|entry| entry.package == id && entry.status == "initial"));
        first.note(&theirs, &id, Progress::Done).await.unwrap();
        first.note(&theirs, &id, Progress::Fail).await.unwrap();
        assert!(first.inbox(&theirs, MessageType::Edoc).await.unwrap().is_empty());
        let ours = exchange::System { id: "SYS.A".into(), name: String::new(), quota: 0 };
        let delivered = first.sent(&ours, MessageType::Edoc, Some(&id)).await.unwrap();
        assert!(delivered.iter().all(|line| line.entry.status == "done"), "what is finished stays so: {delivered:?}");

        db.clock.advance(1);
        send(&first, &request(&db, &secret, &package), &package).await.unwrap();
        db.clock.advance(1);
        let third = send(&first, &request(&db, &secret, &package), &package).await;
        assert!(matches!(third, Err(Problem::TooMany { .. })), "{third:?}");
    }
}
