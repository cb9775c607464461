//! What the hub does in a second beside what the disk does: packages of 100 kB taken for good, and the list of an inbox of
//! a million entries.
//!
//! `cargo bench -p dienhong-exchange [-- --entries 1000000]`

use edxml::axis::{Window, file_hash, headers};
use edxml::package::{
    AttachmentHead, Business, Code, Document, DocumentType, Header, Package, Party, Promulgation, Reference, Signer,
    Trace, Wrap, write,
};
use exchange::{AgencyRegistered, Hub, MessageType, NewSystem, Settings, System};
use journal::Journal;
use kernel::{Clock, Digest, OsEntropy, SystemClock};
use signing::MasterKey;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use testkit::{Db, engines::tree_key};

/// Bodies that one package goes to while the inbox is filled.
const MANY: usize = 1000;
const SENDERS: usize = 16;

fn package(number: u64, to: &[String], length: usize) -> Vec<u8> {
    let party = |id: &str| Party { organ_id: id.into(), name: "Cơ quan".into(), ..Party::default() };
    let document = Document {
        from: party("H01"),
        to: to.iter().map(|code| party(code)).collect(),
        document_id: format!("H01,2026/11/20,{number}/NQ"),
        code: Code { number: (number % 100_000).to_string(), notation: "NQ".into() },
        promulgation: Promulgation { place: "Hà Nội".into(), date: "2026/11/20".into() },
        document_type: DocumentType { name: "Nghị quyết".into(), ..DocumentType::default() },
        subject: "Về việc đo tốc độ".into(),
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
    let mut noise = number | 1;
    let content: Vec<u8> = std::iter::repeat_with(|| {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        noise as u8
    })
    .take(length)
    .collect();
    let mut bytes = Vec::new();
    write(&package, SystemClock.now().day(), Wrap::Zip, |_| Ok(content.as_slice()), &mut bytes)
        .expect("it keeps the rules");
    bytes
}

/// Sends as a client would, without the network between.
async fn send(hub: &Hub, secret: &str, package: &[u8], once: &AtomicU64) {
    let (hash, turn) = (file_hash(&Digest::of(&[package])), once.fetch_add(1, Ordering::Relaxed).to_string());
    let parameters = [("from", "H01"), ("messagetype", "edoc"), ("hash-file", hash.as_str()), ("turn", turn.as_str())];
    let request =
        headers("SYS.A", secret, &parameters, "application/octet-stream", SystemClock.now(), Window::default());
    let (signed, system) = hub.believe("sendEdoc", &request).await.expect("it is signed");
    let mut arriving = hub.arriving();
    arriving.take(package).expect("it fits");
    hub.take(&system, &signed, arriving).await.expect("it is right");
}

/// Files of 100 kB that the disk makes durable in a second, one after the other.
fn disk(folder: &std::path::Path) -> f64 {
    let (bytes, start, mut count) = (vec![7u8; 100_000], Instant::now(), 0u32);
    while start.elapsed() < Duration::from_secs(3) {
        let mut file = std::fs::File::create(folder.join(format!("raw-{count}"))).expect("there is room");
        file.write_all(&bytes).expect("there is room");
        file.sync_all().expect("the disk answers");
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip_while(|word| word != "--entries").skip(1);
    let entries: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let db = Db::sqlite();
    let policies = Arc::new(policy::Policies::load(None).expect("the policies load"));
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let journal =
        Journal::open(db.options(), policies, Hub::projections(), clock, entropy, tree_key()).await.expect("it opens");
    let settings = Settings { organ_id: "G01".into(), window: Window::default(), max_package: 64 << 20 };
    let hub = Hub::new(journal, Arc::new(MasterKey::from_bytes([7; 32])), settings);
    let system = |id: &str| NewSystem { id: id.into(), name: "Hệ thống".into(), quota: 1 << 50 };
    let secret = hub.admit(system("SYS.A")).await.expect("it is admitted");
    hub.admit(system("SYS.B")).await.expect("it is admitted");
    let body = |code: &str, system: &str| AgencyRegistered {
        code: code.into(),
        parent: String::new(),
        name: "Cơ quan".into(),
        mail: String::new(),
        mobile: String::new(),
        fax: String::new(),
        system: system.into(),
    };
    hub.register_agency(body("H01", "SYS.A")).await.expect("it is registered");
    let many: Vec<String> = (0..MANY).map(|n| format!("H02.{}.{}", n / 100, n % 100)).collect();
    for code in &many {
        hub.register_agency(body(code, "SYS.B")).await.expect("it is registered");
    }
    let once = Arc::new(AtomicU64::new(0));

    let packages: Arc<Vec<Vec<u8>>> = Arc::new((0..32).map(|n| package(n + 1, &many[..1], 75_000)).collect());
    let (start, until) = (Instant::now(), Duration::from_secs(10));
    let before = once.load(Ordering::Relaxed);
    let senders = (0..SENDERS).map(|n| {
        let (hub, secret, packages, once) = (hub.clone(), secret.clone(), packages.clone(), once.clone());
        tokio::spawn(async move {
            while start.elapsed() < until {
                send(&hub, &secret, &packages[n], &once).await;
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.expect("a sender ends well");
    }
    let taken = (once.load(Ordering::Relaxed) - before) as f64 / start.elapsed().as_secs_f64();
    let raw = disk(&db.folder());
    println!(
        "packages of {} kB taken: {taken:.0}/s; the disk alone syncs {raw:.0} files of 100 kB/s",
        packages[0].len() / 1000
    );

    for _ in 0..entries.div_ceil(MANY) {
        let package = package(once.load(Ordering::Relaxed) + 100, &many, 100);
        send(&hub, &secret, &package, &once).await;
    }
    let theirs = System { id: "SYS.B".into(), name: String::new(), quota: 0 };
    let waiting = hub.waiting(&theirs, MessageType::Edoc).await.expect("it answers");
    let mut times = Vec::new();
    for n in 0..500 {
        // Something is recorded in between, so that no answer is a kept one.
        if n % 5 == 0 {
            send(&hub, &secret, &packages[0], &once).await;
        }
        let start = Instant::now();
        assert_eq!(hub.inbox(&theirs, MessageType::Edoc).await.expect("it answers").len(), 500);
        times.push(start.elapsed());
    }
    times.sort();
    println!("an inbox of {waiting} entries lists in p50 {:?}, p99 {:?}", times[250], times[495]);
}
