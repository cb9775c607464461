use crate::notes::*;
use async_trait::async_trait;
use journal::{Change, Expected, JobDraft, JobError, JobState, Journal, Worker};
use serde_json::{Value, json};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};
use testkit::Db;

/// Notes what it ran; fails as often as it is told to.
struct Bell {
    rung: Mutex<Vec<String>>,
    failures: AtomicI64,
}

impl Bell {
    fn failing(times: i64) -> Arc<Bell> {
        Arc::new(Bell { rung: Mutex::default(), failures: AtomicI64::new(times) })
    }
    fn rung(&self) -> Vec<String> {
        let mut rung = self.rung.lock().unwrap().clone();
        rung.sort();
        rung
    }
}

#[async_trait]
impl Worker for Bell {
    fn kind(&self) -> &'static str {
        "ring"
    }
    fn max_attempts(&self) -> i64 {
        3
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        if payload["break"] == true {
            panic!("the bell broke");
        }
        if payload["hopeless"] == true {
            return Err(JobError::Hopeless("there is no bell".into()));
        }
        if self.failures.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Err(JobError::Retry("the rope is torn".into()));
        }
        self.rung.lock().unwrap().push(payload["tone"].as_str().unwrap_or("?").to_owned());
        Ok(())
    }
}

fn ringing(id: &str, key: &str, payload: Value) -> Change {
    writing(id, "a").job(JobDraft::new("ring", key, payload))
}

async fn run(journal: &Journal, bell: &Arc<Bell>) -> u64 {
    journal.run_due_jobs(&[bell.clone() as Arc<dyn Worker>]).await.unwrap()
}

testkit::on_both_engines! {
    async fn a_job_is_kept_with_the_act_that_asks_for_it_and_runs_once_per_key(db: Db) {
        let journal = open(&db).await;
        let bell = Bell::failing(0);
        journal.commit(&ctx(), ringing("n1", "one", json!({"tone": "c"}))).await.unwrap();
        journal.commit(&ctx(), ringing("n2", "one", json!({"tone": "d"}))).await.unwrap();
        journal.commit(&ctx(), ringing("n1", "two", json!({"tone": "e"}))).await.unwrap_err();
        assert_eq!(run(&journal, &bell).await, 1);
        assert_eq!(run(&journal, &bell).await, 0);
        assert_eq!(bell.rung(), ["c"]);
        let done = journal.jobs(JobState::Done, 10).await.unwrap();
        assert_eq!(done.iter().map(|job| job.key.as_str()).collect::<Vec<_>>(), ["one"]);
    }

    async fn a_job_waits_for_its_time(db: Db) {
        let journal = open(&db).await;
        let bell = Bell::failing(0);
        let later = journal.clock().now().plus_seconds(60);
        journal.commit(&ctx(), Change::new().job(JobDraft::new("ring", "k", json!({"tone": "c"})).at(later))).await.unwrap();
        assert_eq!(run(&journal, &bell).await, 0);
        db.clock.advance(60);
        assert_eq!(run(&journal, &bell).await, 1);
    }

    async fn a_failed_job_is_tried_again_with_growing_pauses_and_dies_with_its_error(db: Db) {
        let journal = open(&db).await;
        let bell = Bell::failing(99);
        journal.commit(&ctx(), ringing("n1", "k", json!({"tone": "c"}))).await.unwrap();
        let mut pauses = Vec::new();
        for _ in 0..2 {
            assert_eq!(run(&journal, &bell).await, 1);
            let waiting = journal.jobs(JobState::Waiting, 10).await.unwrap().remove(0);
            assert_eq!(waiting.error.as_deref(), Some("the rope is torn"));
            let pause = waiting.due.seconds() - journal.clock().now().seconds();
            db.clock.advance(pause - 1);
            assert_eq!(run(&journal, &bell).await, 0);
            db.clock.advance(1);
            pauses.push(pause);
        }
        assert_eq!(pauses, [5, 10]);
        assert_eq!(run(&journal, &bell).await, 1);
        let dead = journal.jobs(JobState::Dead, 10).await.unwrap();
        assert_eq!((dead[0].attempts, dead[0].error.as_deref()), (3, Some("the rope is torn")));
        db.clock.advance(100_000);
        assert_eq!(run(&journal, &bell).await, 0);

        bell.failures.store(0, Ordering::SeqCst);
        assert!(journal.revive_job("ring", "k").await.unwrap());
        assert!(!journal.revive_job("ring", "k").await.unwrap());
        assert_eq!(run(&journal, &bell).await, 1);
        assert_eq!(bell.rung(), ["c"]);
    }

    async fn a_worker_that_breaks_or_gives_up_harms_no_other_job(db: Db) {
        let journal = open(&db).await;
        let bell = Bell::failing(0);
        let jobs = Change::new()
            .job(JobDraft::new("ring", "a", json!({"break": true})))
            .job(JobDraft::new("ring", "b", json!({"hopeless": true})))
            .job(JobDraft::new("ring", "c", json!({"tone": "c"})));
        journal.commit(&ctx(), jobs).await.unwrap();
        assert_eq!(run(&journal, &bell).await, 3);
        assert_eq!(bell.rung(), ["c"]);
        let dead = journal.jobs(JobState::Dead, 10).await.unwrap();
        assert_eq!((dead[0].key.as_str(), dead[0].error.as_deref()), ("b", Some("there is no bell")));
        assert_eq!(journal.jobs(JobState::Waiting, 10).await.unwrap()[0].key, "a");
    }

    async fn two_servers_share_the_jobs_and_none_runs_twice(db: Db) {
        let (one, other) = (open(&db).await, open(&db).await);
        let bell = Bell::failing(0);
        for n in 0..40 {
            let job = JobDraft::new("ring", format!("k{n}"), json!({"tone": format!("{n:02}")}));
            one.commit(&ctx(), Change::new().job(job)).await.unwrap();
        }
        let (a, b) = tokio::join!(run(&one, &bell), run(&other, &bell));
        assert_eq!(a + b, 40);
        assert_eq!(bell.rung(), (0..40).map(|n| format!("{n:02}")).collect::<Vec<_>>());
    }

    async fn a_job_whose_server_died_is_taken_over_when_its_lease_ends(db: Db) {
        let journal = open(&db).await;
        let job = JobDraft::new("ring", "k", json!({"tone": "c"}));
        journal.commit(&ctx(), Change::new().job(job)).await.unwrap();
        // A server that leased the job and was killed: its row says running.
        crate::tamper::sql(&db, &format!("UPDATE jobs SET state = 'running', attempts = 1, due = {}",
            journal.clock().now().plus_seconds(120).micros())).await;
        let bell = Bell::failing(0);
        assert_eq!(run(&journal, &bell).await, 0);
        db.clock.advance(120);
        assert_eq!(run(&journal, &bell).await, 1);
        assert_eq!(journal.jobs(JobState::Done, 1).await.unwrap()[0].attempts, 2);
    }

    async fn running_jobs_starts_at_the_bell_and_ends_when_told(db: Db) {
        let journal = open(&db).await;
        let bell = Bell::failing(0);
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let (runner, workers) = (journal.clone(), vec![bell.clone() as Arc<dyn Worker>]);
        let running = tokio::spawn(async move { runner.run_jobs(workers, stopped).await });
        journal.commit(&ctx(), Change::new().on(stream("n1"), Expected::New).act(written("n1", "a", "b"))
            .job(JobDraft::new("ring", "k", json!({"tone": "c"})))).await.unwrap();
        for _ in 0..500 {
            if !bell.rung().is_empty() { break; }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        stop.send(true).unwrap();
        running.await.unwrap();
        assert_eq!(bell.rung(), ["c"]);
    }
}
