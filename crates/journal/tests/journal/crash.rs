//! A server is killed at any moment, many times: nothing that was acknowledged is lost and nothing needs repair.

use crate::notes::*;
use journal::{Change, Expected};
use kernel::{Digest, StreamId};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use testkit::{Db, SeededEntropy};

const URL: &str = "DIENHONG_CRASH_URL";
const FOLDER: &str = "DIENHONG_CRASH_FOLDER";
const ROUND: &str = "DIENHONG_CRASH_ROUND";

#[allow(clippy::disallowed_methods, reason = "how the parent of this test speaks to its child, and who counts kills")]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// How many kills: few in the suite, a hundred with `DIENHONG_KILLS=100`.
fn kills() -> u32 {
    told("DIENHONG_KILLS").and_then(|text| text.parse().ok()).unwrap_or(10)
}

testkit::on_both_engines! {
    async fn a_server_killed_under_load_loses_no_acknowledged_act(db: Db) {
        let mut acknowledged: Vec<(StreamId, i64, Digest)> = Vec::new();
        let mut random = 7u64;
        for round in 0..kills() {
            let mut child = start(&db, round);
            let lines = BufReader::new(child.stdout.take().unwrap());
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let patience = Duration::from_millis(20 + (random >> 33) % 180);
            let reading = std::thread::spawn(move || lines.lines().map_while(Result::ok).filter_map(|line| acked(&line)).collect::<Vec<_>>());
            wait_for_work(&db, round).await;
            tokio::time::sleep(patience).await;
            child.kill().unwrap();
            child.wait().unwrap();
            acknowledged.extend(reading.join().unwrap());

            let journal = open(&db).await;
            for (stream, version, hash) in &acknowledged {
                let act = journal.act(stream, *version).await.unwrap();
                assert_eq!(act.map(|act| act.hash), Some(*hash), "round {round}: {stream}/{version} was acknowledged");
            }
            assert_clean(&journal).await;
            journal.close().await;
        }
        assert!(acknowledged.len() > 10 * kills() as usize, "only {} acts were acknowledged", acknowledged.len());
    }
}

/// Starts this very test program as the server to be killed.
fn start(db: &Db, round: u32) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::the_server_that_is_killed", "--nocapture", "--ignored"])
        .envs([(URL, db.url.clone()), (FOLDER, db.folder().display().to_string()), (ROUND, round.to_string())])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until the child has begun to write, however slow the machine is.
async fn wait_for_work(db: &Db, round: u32) {
    let sign = db.folder().join(format!("working-{round}"));
    for _ in 0..3000 {
        if sign.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the server to be killed did not start working");
}

fn acked(line: &str) -> Option<(StreamId, i64, Digest)> {
    let mut words = line.strip_prefix("acked ")?.split(' ');
    let (stream, version, hash) = (words.next()?, words.next()?, words.next()?);
    // The last line may be cut off by the kill.
    Some((StreamId::from_text(stream), version.parse().ok()?, Digest::parse(hash).ok()?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the test above as a process of its own"]
async fn the_server_that_is_killed() {
    let (Some(url), Some(folder), Some(round)) = (told(URL), told(FOLDER), told(ROUND)) else { return };
    let folder = std::path::PathBuf::from(folder);
    let clock = Arc::new(testkit::ManualClock::morning(2026, 11, 23));
    let options = journal::Options::new(url, folder.join("blobs"));
    let entropy = Arc::new(SeededEntropy::new(round.parse().unwrap()));
    let key = testkit::engines::tree_key();
    let journal =
        journal::Journal::open(options, policies(), vec![Arc::new(Notes)], clock, entropy, key).await.unwrap();
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let sealer = journal.clone();
    tokio::spawn(async move { sealer.run_sealer(Duration::from_millis(10), stopped).await });
    for writer in 0..8 {
        let (journal, round, folder) = (journal.clone(), round.clone(), folder.clone());
        tokio::spawn(async move {
            for n in 0.. {
                let id = format!("r{round}w{writer}n{n}");
                let blob = journal.put_blob(id.clone().into_bytes()).await.unwrap();
                let draft = written(&id, "a", "inbox").with_blob(blob).with_private(serde_json::json!({"secret": id}));
                let change = Change::new()
                    .on(stream(&id), Expected::New)
                    .act(draft)
                    .act(moved(&id, "inbox", &format!("box{writer}")))
                    .on(stream("log"), Expected::Any)
                    .act(moved("log", "a", "b"));
                let acts = journal.commit(&ctx(), change).await.unwrap().acts;
                let mut out = std::io::stdout().lock();
                for act in acts {
                    writeln!(out, "acked {} {} {}", act.stream, act.version, act.hash).unwrap();
                }
                drop(out);
                if n == 0 {
                    std::fs::write(folder.join(format!("working-{round}")), "").unwrap();
                }
            }
        });
    }
    std::future::pending::<()>().await;
}
