//! Steps of cases per second through `crates/cases` on SQLite, and what a step costs as the store grows.
//!
//!     cargo bench -p dienhong-cases --bench steps [-- CASES]
//!
//! Two figures. Moves: cases opened and moved from step to step by many people at once, each move durable. Cost by size:
//! the time of one move alone at three sizes of the store, which must not grow with them.

#[path = "../tests/crowd/mod.rs"]
mod crowd;
#[path = "../tests/house/mod.rs"]
mod house;

use crowd::Crowd;
use kernel::{CaseId, Ctx, Grade};
use procedure::Command;
use serde_json::{Map, json};
use std::time::{Duration, Instant};
use testkit::Db;

/// Moves under way at once.
const AT_ONCE: usize = 128;
/// Single moves timed at each size.
const ALONE: usize = 200;

fn task() -> Map<String, serde_json::Value> {
    let form = json!({"unit": "vu-phap-luat", "subject": "Việc đo tải", "due": "2027-01-29"});
    form.as_object().cloned().unwrap_or_default()
}

fn step(name: &str) -> Command {
    Command::Complete { step: name.into(), fields: Map::new(), outcome: None }
}

/// Opens one case and moves it one step on; the case and its version.
async fn opened(crowd: &house::House, head: &Ctx) -> (CaseId, i64) {
    let cases = &crowd.cases;
    let opened = cases.open(head, "assigned-task", "Việc đo tải", Grade::Open, task(), "").await;
    let opened = opened.unwrap_or_else(|why| panic!("{why:?}"));
    let done = cases.command(head, &opened.case, opened.version, step("assign"), "").await;
    (opened.case, done.unwrap_or_else(|why| panic!("{why:?}")).version)
}

async fn many(house: &house::House, head: &Ctx, cases: usize) -> Duration {
    let began = Instant::now();
    let mut left = cases;
    while left > 0 {
        let some = left.min(AT_ONCE);
        let mut under_way = tokio::task::JoinSet::new();
        for _ in 0..some {
            let (house, head) = (house.clone(), head.clone());
            under_way.spawn(async move { opened(&house, &head).await });
        }
        while let Some(done) = under_way.join_next().await {
            done.unwrap_or_else(|why| panic!("{why}"));
        }
        left -= some;
    }
    began.elapsed()
}

/// The median time of one move alone.
async fn alone(house: &house::House, head: &Ctx) -> Duration {
    let mut times = Vec::with_capacity(ALONE);
    for _ in 0..ALONE {
        let opened = house.cases.open(head, "assigned-task", "Việc đo tải", Grade::Open, task(), "").await;
        let opened = opened.unwrap_or_else(|why| panic!("{why:?}"));
        let began = Instant::now();
        let done = house.cases.command(head, &opened.case, opened.version, step("assign"), "").await;
        done.unwrap_or_else(|why| panic!("{why:?}"));
        times.push(began.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let most: usize = std::env::args().filter_map(|word| word.parse().ok()).next_back().unwrap_or(20_000);
    let db = Db::sqlite();
    let mut crowd = Crowd::gathered(&db).await;
    let head = crowd.in_seat("head@vpqh").await;
    let house = crowd.house.clone();
    let mut stored = 0;
    for size in [most / 100, most / 10, most] {
        let more = size - stored;
        let took = many(&house, &head, more).await;
        stored = size;
        let position = house.journal.position().await.unwrap_or_default();
        let rate = 2.0 * more as f64 / took.as_secs_f64();
        let single = alone(&house, &head).await;
        println!("{stored:>8} cases {position:>9} acts: {rate:>8.0} moves/s side by side, one alone {single:?}");
    }
}
