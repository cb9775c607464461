//! The clerk's list of a million arrivals: the first page of a tray, pages behind it, and a search by number, while things
//! are recorded in between.
//!
//! `cargo bench -p dienhong-exchange --bench arrivals [-- --entries 1000000]`

use exchange::{ArrivalFilter, Office, OfficeSettings, Tray};
use journal::{Change, Expected, Journal};
use kernel::{ActDraft, Clock, Ctx, Digest, Grade, OsEntropy, Resource, StreamId, SystemClock, id::RequestId};
use records::Records;
use serde_json::json;
use signing::MasterKey;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::{Db, engines::tree_key};

/// Arrivals recorded in one change.
const TOGETHER: usize = 200;

/// What an act of an arrival holds, as it stands in the journal.
fn arrival(number: usize) -> (StreamId, ActDraft) {
    let id = format!(
        "arrival-{:032x}",
        Digest::of(&[&number.to_be_bytes()]).0.iter().take(12).fold(0u128, |n, b| n << 8 | u128::from(*b))
    );
    let sender = format!("H{:02}.{}", number % 60 + 1, number % 7);
    let body = json!({
        "transport": "axis", "package": format!("p-{number}"), "kind": "new", "to": ["H99"],
        "from": {"code": sender, "name": format!("Ủy ban nhân dân {sender}")},
        "identity": format!("{sender},2026/11/20,{number}/CV"), "number": format!("{number}/CV-UBND"), "date": "2026/11/20",
        "type_name": "Công văn", "subject": format!("Về việc góp ý dự thảo Nghị quyết lần thứ {number}"),
        "signer": "Chủ tịch Nguyễn Văn A", "priority": 0, "due": "", "reason": "", "answers": [], "enclosures": [],
        "envelope": "none", "oddities": [], "blob": Digest::of(&[b"x"]), "length": 100,
    });
    let resource = Resource::new("Exchange", &id, json!({"grade": 0, "bodies": []}));
    let (kind, private, blobs) = ("arrival.received", None, Vec::new());
    let draft = ActDraft { kind, resource, grade: Grade::Open, body, private, blobs };
    (StreamId::new("arrival", &id), draft)
}

async fn record(journal: &Journal, ctx: &Ctx, numbers: std::ops::Range<usize>) {
    let change =
        numbers.map(arrival).fold(Change::new(), |change, (stream, act)| change.on(stream, Expected::New).act(act));
    journal.commit(ctx, change).await.expect("it is recorded");
}

async fn measure(what: &str, office: &Office, journal: &Journal, ctx: &Ctx, from: usize, filter: ArrivalFilter) {
    let mut times: Vec<Duration> = Vec::new();
    let mut filter = filter;
    for n in 0..500 {
        // Something is recorded in between, so that no answer is a kept one.
        if n % 5 == 0 {
            record(journal, ctx, from + n..from + n + 1).await;
        }
        let start = Instant::now();
        let page = office.arrivals(ctx, &filter).await.expect("it answers");
        times.push(start.elapsed());
        assert!(!page.items.is_empty());
        if filter.after.is_some() || n == 0 {
            filter.after = page.next;
        }
    }
    times.sort();
    println!("{what}: p50 {:?}, p99 {:?}", times[250], times[495]);
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip_while(|word| word != "--entries").skip(1);
    let entries: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let db = Db::sqlite();
    let policies = Arc::new(policy::Policies::load(None).expect("the policies load"));
    let (clock, entropy): (Arc<dyn Clock>, Arc<OsEntropy>) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let projections = [directory::Directory::projections(), Records::projections(), Office::projections()].concat();
    let journal = Journal::open(db.options(), policies, projections, clock.clone(), entropy.clone(), tree_key());
    let journal = journal.await.expect("it opens");
    let directory = directory::Directory::new(journal.clone());
    let master = Arc::new(MasterKey::from_bytes([7; 32]));
    let keys = directory::Keys::new(directory.clone(), master, clock, entropy);
    let papers = typeset::Papers::load(&typeset::Options::default()).expect("the forms load");
    let records = Records::new(journal.clone(), directory, keys, papers);
    let office = Office::new(journal.clone(), records, OfficeSettings::default(), Vec::new());
    let request = RequestId::mint(journal.clock(), journal.entropy());
    let ctx = Ctx::system("exchange", journal.clock().now(), request);

    let start = Instant::now();
    for first in (0..entries).step_by(TOGETHER) {
        record(&journal, &ctx, first..(first + TOGETHER).min(entries)).await;
    }
    println!("{entries} arrivals recorded at {:.0}/s", entries as f64 / start.elapsed().as_secs_f64());
    let filter = ArrivalFilter { limit: 50, ..ArrivalFilter::default() };
    let tray = ArrivalFilter { tray: Some(Tray::New), ..filter.clone() };
    measure("the first page of a tray", &office, &journal, &ctx, entries, tray).await;
    let deep = ArrivalFilter { after: Some(format!("{}~zzz", i64::MAX)), ..filter.clone() };
    measure("page behind page", &office, &journal, &ctx, entries + 1000, deep).await;
    let from = ArrivalFilter { from: "H07.3".into(), ..filter };
    measure("what one body sent", &office, &journal, &ctx, entries + 2000, from).await;
}
