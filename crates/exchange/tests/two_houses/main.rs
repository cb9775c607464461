//! Two houses, one on SQLite and one on PostgreSQL, exchange documents of all kinds through a hub over real HTTP, with a
//! proxy between that is faulty again and again; and their programs are killed at any point.

#[path = "../../../server/src/axis_wire.rs"]
mod axis_wire;
#[path = "../../../cases/tests/house/mod.rs"]
mod house;
mod notices;
mod proxy;
mod secrets;
mod setup;

use exchange::transport::FolderTransport;
use exchange::{ArrivalFilter, ArrivalLine, DispatchFilter, Hub, Kind, MessageType, NewDispatch, Recipient, Tray};
use kernel::{Ctx, DocumentId, Problem};
use proxy::Proxy;
use setup::{At, Moved, Way, hub, issued, office, office_by};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use testkit::Db;
use tokio::sync::watch;

/// How long the exchanges may take altogether, in looks of a quarter of a second.
const MOST_LOOKS: usize = 1600;
const AGENCIES: [(&str, &str); 3] = [("H01", "SYS.A"), ("H02", "SYS.B"), ("H03", "SYS.B")];

fn new(document: &DocumentId, kind: Kind, earlier: Option<&str>, to: &[&str]) -> NewDispatch {
    NewDispatch {
        document: document.clone(),
        kind,
        earlier: earlier.map(str::to_owned),
        to: to.iter().map(ToString::to_string).collect(),
        transport: String::new(),
        reason: if kind == Kind::New { String::new() } else { "Vì có sai sót trong phụ lục".into() },
        due: None,
        priority: 1,
    }
}

fn way(base: &str, system: &str, secret: &str, organ: &str) -> Way {
    Way { base: base.into(), system: system.into(), secret: secret.into(), organ: organ.into() }
}

/// Looks until it is so; people start again what has stopped meanwhile.
async fn until<T, F: Future<Output = Option<T>>>(what: &str, houses: &[&At], mut look: impl FnMut() -> F) -> T {
    for round in 0..MOST_LOOKS {
        if let Some(found) = look().await {
            return found;
        }
        if round % 8 == 7 {
            for house in houses {
                house.resume().await;
            }
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("{what}: it did not come about");
}

async fn arrivals(at: &At, tray: Option<Tray>) -> Vec<ArrivalLine> {
    let filter = ArrivalFilter { tray, limit: 100, ..ArrivalFilter::default() };
    at.office.arrivals(&at.clerk().await, &filter).await.unwrap().items
}

async fn recipients(at: &At, dispatch: &str) -> Vec<Recipient> {
    at.office.dispatch_view(&at.clerk().await, dispatch).await.unwrap().recipients
}

async fn stands(at: &At, dispatch: &str, wanted: &str) -> Option<()> {
    recipients(at, dispatch).await.iter().all(|recipient| recipient.status == wanted).then_some(())
}

/// Deeds name the version that the person saw; the page is looked at anew for each.
async fn version(at: &At, id: &str) -> i64 {
    at.office.arrival(&at.clerk().await, id).await.unwrap().line.version
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn all_kinds_come_once_with_the_right_last_status_through_a_faulty_proxy() {
    let (a_db, b_db, hub_db) = (Db::sqlite(), Db::postgres(), Db::sqlite());
    let a_documents = issued(&a_db, &["bst-mot", "bst-hai", "bst-ba", "bst-bon"]).await;
    let b_documents = issued(&b_db, &["bst-mot"]).await;
    let ahead = Moved::from(&a_db).0;
    let (between, secrets) = hub(&hub_db, ahead, &AGENCIES).await;
    let (proxy, base) = Proxy::start(between.address.clone(), 20_261_123, 100).await;
    let a = office(&a_db.url, &a_db.blobs(), ahead, &way(&base, "SYS.A", &secrets[0], "H01")).await;
    let b = office(&b_db.url, &b_db.blobs(), ahead, &way(&base, "SYS.B", &secrets[1], "H02")).await;
    let both = [&a, &b];
    let (stop, stopped) = watch::channel(false);
    let running = [a.run(stopped.clone()), b.run(stopped)];
    until("the directories", &both, || async {
        let known = [a.office.synchronisations().await.unwrap(), b.office.synchronisations().await.unwrap()];
        known.iter().all(|known| !known.is_empty()).then_some(())
    })
    .await;

    // Three new documents, one of them to two bodies.
    let clerk = a.clerk().await;
    let send = |new| a.office.dispatch(&clerk, new);
    let first = send(new(&a_documents[0], Kind::New, None, &["H02", "H03"])).await.unwrap();
    let second = send(new(&a_documents[1], Kind::New, None, &["H02"])).await.unwrap();
    let third = send(new(&a_documents[2], Kind::New, None, &["H03"])).await.unwrap();
    let twice = send(new(&a_documents[2], Kind::New, None, &["H03"])).await.unwrap_err();
    assert!(twice.to_string().contains("dispatch-already-sent"), "{twice}");
    until("three arrivals", &both, || async { (arrivals(&b, Some(Tray::New)).await.len() == 3).then_some(()) }).await;
    for dispatch in [&first, &second, &third] {
        until("01 of each", &both, || stands(&a, dispatch, "01")).await;
    }

    // The desk of the other house: one goes the whole way, one is sent back.
    let b_clerk = b.clerk().await;
    let of = |number: &str, lines: &[ArrivalLine]| {
        lines.iter().find(|line| line.number == number && line.kind == "new").map(|line| line.id.clone()).unwrap()
    };
    let lines = arrivals(&b, Some(Tray::New)).await;
    let [one, two, three] = ["1336/NQ-UBTVQH15", "1337/NQ-UBTVQH15", "1338/NQ-UBTVQH15"].map(|n| of(n, &lines));
    let number = b.office.register(&b_clerk, &one, version(&b, &one).await, "").await.unwrap();
    assert_eq!(number.text, "01");
    let stale = b.office.register(&b_clerk, &one, 1, "").await.unwrap_err();
    assert!(matches!(stale, Problem::Conflict { .. }), "{stale}");
    let at = version(&b, &one).await;
    let assign =
        async |ctx: &Ctx| b.office.assign(ctx, &one, at, "vu-phap-luat", "Vụ Pháp luật", None, "Nghiên cứu").await;
    let refused = assign(&b_clerk).await.unwrap_err();
    assert!(matches!(refused, Problem::Forbidden { .. }), "a clerk registers, the head directs: {refused}");
    assign(&b.at_work("person-head").await).await.unwrap();
    // Its unit does the work.
    let unit = b.at_work("person-expert").await;
    let at = b.office.arrival(&unit, &one).await.unwrap().line.version;
    b.office.take_up(&unit, &one, at, "").await.unwrap();
    let stranger = b.at_work("person-other").await;
    assert!(matches!(b.office.arrival(&stranger, &one).await, Err(Problem::NotFound { .. })));
    let at = b.office.arrival(&unit, &one).await.unwrap().line.version;
    b.office.complete(&unit, &one, at, "Đã có văn bản trả lời").await.unwrap();
    let at = version(&b, &two).await;
    let silent = b.office.refuse(&b_clerk, &two, at, " ").await.unwrap_err();
    assert!(matches!(silent, Problem::Invalid(_)), "{silent}");
    b.office.refuse(&b_clerk, &two, at, "Gửi nhầm cơ quan").await.unwrap();
    settled(&both).await;
    until("all statuses", &both, || async { (a.count("dispatch_status").await == 15).then_some(()) }).await;
    until("06", &both, || stands(&a, &first, "06")).await;
    until("02", &both, || stands(&a, &second, "02")).await;
    let told: Vec<String> = recipients(&a, &first).await[0].statuses.iter().map(|told| told.status.clone()).collect();
    assert_eq!(
        told,
        ["01", "03", "05", "04", "05", "06"],
        "each change is a line of its own, in the order of the deeds"
    );

    // Withdrawal, update, replacement, with their dialogue; the other house's own document back.
    let withdrawal = send(new(&a_documents[2], Kind::Withdraw, Some(&third), &[])).await.unwrap();
    let update = send(new(&a_documents[0], Kind::Update, Some(&first), &["H02"])).await.unwrap();
    let replacement = send(new(&a_documents[3], Kind::Replace, Some(&first), &[])).await.unwrap();
    let back = b.office.dispatch(&b_clerk, new(&b_documents[0], Kind::New, None, &["H01"])).await.unwrap();
    until("proposals", &both, || async { (arrivals(&b, Some(Tray::Proposal)).await.len() == 3).then_some(()) }).await;
    for line in arrivals(&b, Some(Tray::Proposal)).await {
        let target = if line.kind == "withdraw" { &three } else { &one };
        assert_eq!(line.target.as_ref(), Some(target), "{} speaks of what came before", line.kind);
        let before = b.office.arrival(&b_clerk, target).await.unwrap().line;
        let agreed = line.kind != "update";
        b.office.answer(&b_clerk, &line.id, line.version, agreed, "Theo ý kiến lãnh đạo").await.unwrap();
        let after = b.office.arrival(&b_clerk, target).await.unwrap().line;
        assert_eq!((before.state, before.tray, before.subject), (after.state, after.tray, after.subject));
    }
    until("15 of the withdrawal", &both, || stands(&a, &withdrawal, "15")).await;
    until("16 of the update", &both, || stands(&a, &update, "16")).await;
    until("15 of the replacement", &both, || stands(&a, &replacement, "15")).await;
    assert_eq!(recipients(&a, &third).await[0].withdrawn.as_ref(), Some(&withdrawal));
    until("the answer", &both, || async { arrivals(&a, Some(Tray::New)).await.pop() }).await;
    let came = arrivals(&a, Some(Tray::New)).await.remove(0);
    a.office.register(&clerk, &came.id, came.version, "").await.unwrap();
    until("05 at the other house", &both, || stands(&b, &back, "05")).await;

    // Faults went on to the end, each kind of them; and yet everything is there once.
    until("the faults are used up", &both, || async { (proxy.left() == 0).then_some(()) }).await;
    settled(&both).await;
    assert_eq!(proxy.seen.lock().unwrap().len(), 6, "{:?}", proxy.seen.lock().unwrap());
    let told = async || a.count("dispatch_status").await + b.count("dispatch_status").await;
    let sent =
        async || a.count("parcel WHERE message = 'status'").await + b.count("parcel WHERE message = 'status'").await;
    until("all statuses", &both, || async { (told().await == sent().await).then_some(()) }).await;
    assert_eq!((b.count("arrival").await, a.count("arrival").await), (6, 1));
    assert_eq!(between.packages("edoc").await, 7, "nothing was sent twice");
    assert_eq!(between.packages("status").await, sent().await, "no status was sent twice, and none got lost");
    stop.send_replace(true);
    for one in running {
        one.await.unwrap();
    }
    for house in both {
        assert_eq!(house.findings().await, Vec::<String>::new());
        let filter = DispatchFilter { query: "nghi quyet bo thu nghiem".into(), ..DispatchFilter::default() };
        assert!(house.office.dispatches(&house.clerk().await, &filter).await.unwrap().items.is_empty());
    }
    let filter = DispatchFilter { query: "ban soan thao h03".into(), ..DispatchFilter::default() };
    assert_eq!(a.office.dispatches(&clerk, &filter).await.unwrap().items.len(), 4, "found without marks, by receiver");
    let page = a.office.dispatches(&clerk, &DispatchFilter::default()).await.unwrap().items;
    let heads = a.office.heads(&clerk, &page).await.unwrap();
    assert_eq!((heads[&first].names.len(), heads[&first].refused, heads[&first].silent), (2, 0, 0));
    assert_eq!((heads[&second].names.len(), heads[&second].refused), (1, 1));
    let figures = a.office.figures(&clerk, house::day("2026-11-01"), house::day("2026-12-31")).await.unwrap();
    let h02 = figures.iter().find(|line| line.code == "H02").unwrap();
    assert_eq!((h02.sent, h02.refused, h02.completed, h02.received), (4, 1, 1, 1));
    secrets_stay(&a, &clerk, &a_db, &a_documents[0]).await;
    between.journal.close().await;
}

/// Nothing is on its way any more.
async fn settled(houses: &[&At]) {
    until("nothing is on its way", houses, || async {
        let mut left = 0;
        for house in houses {
            left += house.count("parcel WHERE state <> 'sent'").await;
        }
        (left == 0).then_some(())
    })
    .await;
}

/// A document with a mark of secrecy is not let out, and an act keeps that it was tried.
async fn secrets_stay(at: &At, clerk: &Ctx, _db: &Db, document: &DocumentId) {
    let parcels = at.count("parcel").await;
    let mut marked = new(document, Kind::Update, None, &["H02"]);
    marked.earlier = at.office.dispatches_of(clerk, document).await.unwrap().first().map(|line| line.id.clone());
    marked.reason = "Bổ sung phụ lục TỐI MẬT".into();
    let refused = at.office.dispatch(clerk, marked).await.unwrap_err();
    assert!(matches!(&refused, Problem::Refused { code: "dispatch-secret", .. }), "{refused}");
    assert_eq!((at.count("parcel").await, at.count("dispatch_barred").await), (parcels, 1));
    assert_eq!(at.office.barred(clerk).await.unwrap()[0].why, "mark");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_published_goes_out_to_the_recipients_that_it_names_and_names_those_it_does_not_know() {
    let (db, other) = (Db::sqlite(), Db::sqlite());
    let house = house::furnished(&db).await;
    let signed = house.signed("bst-mot").await;
    let clerk = house.at_work("person-clerk").await;
    let issued = house.cases.issue(&clerk, &signed.case, signed.version, "nghi-quyet", "").await.unwrap();
    let published = house.cases.publish(&clerk, &issued.case, issued.version, "nghi-quyet", "").await.unwrap();
    let document = published.document.unwrap();
    house.journal.close().await;

    let (here, there) = (db.folder().join("exchange"), other.folder().join("exchange"));
    let folder = Arc::new(FolderTransport::open(&here).unwrap());
    std::fs::write(here.join("agencies.csv"), "H02;Văn phòng Quốc hội\n").unwrap();
    let at = office_by(&db.url, &db.blobs(), Moved::from(&db).0, "H01", folder).await;
    let clerk = at.clerk().await;
    assert_eq!(at.office.synchronise(&clerk).await.unwrap(), 1);
    let files = |folder: &std::path::Path| std::fs::read_dir(folder).unwrap().count();
    for _ in 0..2 {
        at.journal.run_due_jobs(&at.office.workers()).await.unwrap();
        assert_eq!(files(&here.join("out")), 1, "it goes out once");
    }
    let sent = at.office.dispatches_of(&clerk, &document).await.unwrap();
    let view = at.office.dispatch_view(&clerk, &sent[0].id).await.unwrap();
    assert_eq!(
        (sent.len(), sent[0].actor.as_str(), view.recipients[0].status.as_str()),
        (1, "system:exchange", "sent")
    );
    assert_eq!(view.unresolved, ["Ban soạn thảo"], "who is not known is named");

    // The other house finds it in its folder and answers there; the answer finds the dispatch.
    let folder = Arc::new(FolderTransport::open(&there).unwrap());
    let theirs = office_by(&other.url, &other.blobs(), Moved::from(&db).0, "H02", folder).await;
    let carry = |from: &std::path::Path, to: &std::path::Path| {
        for file in std::fs::read_dir(from).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    };
    for _ in 0..2 {
        carry(&here.join("out"), &there.join("in"));
        assert_eq!(theirs.office.receive().await.unwrap(), 1);
        assert_eq!((theirs.count("arrival").await, files(&there.join("in"))), (1, 0), "put there twice, it comes once");
        theirs.office.send_due().await.unwrap();
    }
    carry(&there.join("out"), &here.join("in"));
    assert_eq!(at.office.receive().await.unwrap(), 1);
    assert_eq!(recipients(&at, &sent[0].id).await[0].status, "01");
    std::fs::write(here.join("in/zz.edxml"), b"no package at all").unwrap();
    at.office.receive().await.unwrap();
    let kept = arrivals(&at, Some(Tray::Quarantine)).await.remove(0);
    let view = at.office.arrival(&clerk, &kept.id).await.unwrap();
    assert!(!view.oddities.is_empty(), "the reason is kept");
    assert_eq!(&at.office.arrival_package(&clerk, &kept.id).await.unwrap()[..], b"no package at all");
}

/// One program of a house, in a process of its own that is killed at any point.
fn program(db: &Db, ahead: i64, way: &Way) -> Child {
    let told =
        [db.url.as_str(), &db.blobs().to_string_lossy(), &ahead.to_string(), &way.base, &way.system, &way.secret]
            .map(str::to_owned)
            .into_iter()
            .chain([way.organ.clone()])
            .collect::<Vec<_>>()
            .join("\n");
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "one_program_of_a_house", "--nocapture"])
        .env("EXCHANGE_TEST_PROGRAM", told)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Does nothing unless another test starts it as a program of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_program_of_a_house() {
    #[expect(clippy::disallowed_methods, reason = "a test tells its own process what to do")]
    let Ok(told) = std::env::var("EXCHANGE_TEST_PROGRAM") else { return };
    let told: Vec<&str> = told.split('\n').collect();
    let [url, blobs, ahead, base, system, secret, organ] = told.as_slice() else { panic!("{told:?}") };
    let at = office(url, blobs.as_ref(), ahead.parse().unwrap(), &way(base, system, secret, organ)).await;
    let (_stop, stopped) = watch::channel(false);
    at.run(stopped).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_killed_at_any_point_send_nothing_twice_and_lose_nothing() {
    let (a_db, b_db, hub_db) = (Db::sqlite(), Db::postgres(), Db::sqlite());
    let a_documents = issued(&a_db, &["bst-mot", "bst-hai", "bst-ba"]).await;
    issued(&b_db, &[]).await;
    let ahead = Moved::from(&a_db).0;
    let (between, secrets) = hub(&hub_db, ahead, &AGENCIES).await;
    // Answers are slow and some get lost, so that kills meet packages whose fate is not known.
    let (_proxy, base) = Proxy::start(between.address.clone(), 7, 40).await;
    let a_way = way(&base, "SYS.A", &secrets[0], "H01");
    let b_way = way(&base, "SYS.B", &secrets[1], "H02");
    let a = office(&a_db.url, &a_db.blobs(), ahead, &a_way).await;
    let clerk = a.clerk().await;
    let seen = until("the directory", &[], || async { a.office.synchronise(&clerk).await.ok() }).await;
    assert!(seen > 0);
    for document in &a_documents {
        a.office.dispatch(&clerk, new(document, Kind::New, None, &["H02", "H03"])).await.unwrap();
    }
    a.journal.close().await;
    for round in 0..8u64 {
        let (mut one, mut other) = (program(&a_db, ahead, &a_way), program(&b_db, ahead, &b_way));
        tokio::time::sleep(Duration::from_millis(1500 + round * 430)).await;
        for child in [&mut one, &mut other] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
    let a = office(&a_db.url, &a_db.blobs(), ahead, &a_way).await;
    let b = office(&b_db.url, &b_db.blobs(), ahead, &b_way).await;
    let (stop, stopped) = watch::channel(false);
    let running = [a.run(stopped.clone()), b.run(stopped)];
    let both = [&a, &b];
    until("three arrivals", &both, || async { (b.count("arrival").await == 3).then_some(()) }).await;
    settled(&both).await;
    until("01 of each receiver", &both, || async { (a.count("dispatch_status").await == 6).then_some(()) }).await;
    assert_eq!((between.packages("edoc").await, between.packages("status").await), (3, 6), "nothing was sent twice");
    stop.send_replace(true);
    for one in running {
        one.await.unwrap();
    }
    for house in both {
        assert_eq!(house.findings().await, Vec::<String>::new());
    }
    assert_waits_for_nobody(&between.hub).await;
}

/// Every package was fetched and settled.
async fn assert_waits_for_nobody(hub: &Hub) {
    for system in ["SYS.A", "SYS.B"] {
        let system = exchange::System { id: system.into(), name: String::new(), quota: 0 };
        for message in [MessageType::Edoc, MessageType::Status] {
            assert_eq!(hub.waiting(&system, message).await.unwrap(), 0);
        }
    }
}
