//! A package that stops and a receiver that is silent are told to people, once.

use crate::setup::{At, Moved, issued, office_by};
use crate::{new, recipients};
use exchange::transport::FolderTransport;
use exchange::{DispatchFilter, DispatchState, Kind};
use std::sync::Arc;
use std::time::Duration;
use testkit::Db;

/// What a person was told, and of which matter.
async fn told(at: &At, person: &str) -> Vec<(String, cases::notices::About)> {
    let notices = at.cases.notices(&at.at_work(person).await).await.unwrap();
    notices.into_iter().map(|notice| (notice.what, notice.about)).collect()
}

async fn run_jobs(at: &At) {
    let workers = [at.office.workers(), at.casework.workers()].concat();
    at.journal.run_due_jobs(&workers).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_that_stops_and_a_receiver_that_is_silent_are_told_to_the_clerks_once() {
    let db = Db::sqlite();
    let documents = issued(&db, &["bst-mot"]).await;
    let (ahead, place) = (Moved::from(&db).0, db.folder().join("exchange"));
    let folder = || Arc::new(FolderTransport::open(&place).unwrap());
    let at = office_by(&db.url, &db.blobs(), ahead, "H01", folder()).await;
    let clerk = at.clerk().await;
    std::fs::write(place.join("agencies.csv"), "H02;Cơ quan H02\n").unwrap();
    at.office.synchronise(&clerk).await.unwrap();
    // There is no place any more where packages could be written.
    std::fs::remove_dir(place.join("out")).unwrap();
    let dispatch = at.office.dispatch(&clerk, new(&documents[0], Kind::New, None, &["H02"])).await.unwrap();
    for _ in 0..240 {
        run_jobs(&at).await;
        at.office.send_due().await.unwrap();
        let line = at.office.dispatch_view(&clerk, &dispatch).await.unwrap().line;
        if line.state == DispatchState::Stopped {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    for _ in 0..2 {
        run_jobs(&at).await;
        let matter = cases::notices::About::Matter(format!("dispatch:{dispatch}"));
        let once = vec![("parcel-stopped".to_owned(), matter)];
        for person in ["person-clerk", "person-keeper"] {
            assert_eq!(told(&at, person).await, once, "{person}: who sent it, and who holds the desk with them");
        }
        for person in ["person-head", "person-expert", "person-law"] {
            assert_eq!(told(&at, person).await, [], "{person} cannot start it again");
        }
    }

    // Started again it goes out, and nobody answers for longer than a week.
    std::fs::create_dir(place.join("out")).unwrap();
    at.resume().await;
    // The way is left alone for some seconds after so many failures.
    let mut sent = 0;
    for _ in 0..120 {
        sent += at.office.send_due().await.unwrap();
        if sent > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert_eq!(sent, 1);
    run_jobs(&at).await;
    at.journal.close().await;
    let late = ahead + 8 * 86_400 * 1_000_000;
    let at = office_by(&db.url, &db.blobs(), late, "H01", folder()).await;
    for _ in 0..3 {
        run_jobs(&at).await;
    }
    let clerk = at.clerk().await;
    let what: Vec<String> = told(&at, "person-clerk").await.into_iter().map(|(what, _)| what).collect();
    assert_eq!(what, ["recipient-silent", "parcel-stopped"], "the newest first");
    assert_eq!(told(&at, "person-keeper").await.len(), 2);
    // It shows in the list until it answers.
    let silent = DispatchFilter { silent: true, ..DispatchFilter::default() };
    let lines = at.office.dispatches(&clerk, &silent).await.unwrap().items;
    assert_eq!(lines.iter().map(|line| &line.id).collect::<Vec<_>>(), [&dispatch]);
    assert_eq!(at.office.heads(&clerk, &lines).await.unwrap()[&dispatch].silent, 1);
    assert_eq!(at.office.standing(&clerk).await.unwrap().silent, 1);
    at.journal.close().await;

    // A week later it is noted again, and nobody gets a second notice.
    let at = office_by(&db.url, &db.blobs(), late + 7 * 86_400 * 1_000_000, "H01", folder()).await;
    for _ in 0..3 {
        run_jobs(&at).await;
    }
    assert_eq!(told(&at, "person-clerk").await.len(), 2);
    assert!(recipients(&at, &dispatch).await[0].overdue);
}
