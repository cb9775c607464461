//! Files of an earlier system: entered with their history, under the same rules, all or none.

mod house;

use cases::{CaseFilter, File, InboxFilter, MOST_FILES};
use house::furnished;
use kernel::Problem;
use procedure::Command;
use serde_json::{Map, Value, json};
use testkit::Db;

fn complete(step: &str, outcome: Option<&str>) -> Command {
    Command::Complete { step: step.into(), fields: Map::new(), outcome: outcome.map(str::to_owned) }
}

fn fields(unit: &str) -> Map<String, Value> {
    let form = json!({ "unit": unit, "subject": "Việc cũ", "due": "2025-12-31" });
    form.as_object().cloned().unwrap()
}

fn file(unit: &str, moves: Vec<Command>) -> File {
    File { title: format!("Nhiệm vụ của {unit}"), fields: fields(unit), moves }
}

testkit::on_both_engines! {
    async fn files_come_with_their_history_and_all_or_none(db: Db) {
        let house = furnished(&db).await;
        db.clock.set(kernel::Day::parse("2025-11-03").unwrap().start());
        house.seat("person-head", "Đỗ Văn H", "head", "vpqh").await;
        let head = house.at_work("person-head").await;
        let done = vec![complete("assign", None), complete("carry-out", Some("report")), complete("assess", None)];
        let files = vec![file("vpqh", done), file("vu-phap-luat", vec![complete("assign", None)])];
        let cases = house.cases.take_over(&head, "assigned-task", files).await.unwrap();
        let one = house.cases.case(&head, &cases[0]).await.unwrap();
        assert_eq!(one.state.outcome, Some(procedure::model::Outcome::Done));
        let entries = house.cases.timeline(&head, &cases[0]).await.unwrap();
        assert!(entries.len() >= 4, "every move is told: {entries:?}");
        let expert = house.at_work("person-expert").await;
        let waiting = house.cases.inbox(&expert, &InboxFilter::default()).await.unwrap();
        assert_eq!(waiting.items.iter().map(|task| &task.case).collect::<Vec<_>>(), [&cases[1]]);
        // Deadlines are waited for only where the file stands now, not at the steps that it has passed.
        let jobs = house.journal.jobs(journal::JobState::Waiting, 100).await.unwrap();
        let of = |case: &kernel::CaseId| jobs.iter().filter(|job| job.key.starts_with(case.as_str())).count();
        assert_eq!((of(&cases[0]), of(&cases[1])), (0, 2), "{jobs:?}");

        // The second file asks for what the first step does not offer: neither is recorded.
        let before = house.cases.list(&head, &CaseFilter::default()).await.unwrap().total;
        let files = vec![file("vpqh", vec![]), file("vpqh", vec![complete("assess", None)])];
        assert!(house.cases.take_over(&head, "assigned-task", files).await.is_err());
        let sign = vec![file("vpqh", vec![Command::Sign { key: "bao-cao".into() }])];
        let refused = house.cases.take_over(&head, "assigned-task", sign).await.unwrap_err();
        assert!(matches!(refused, Problem::Refused { code: "move-not-taken-over", .. }), "{refused}");
        let many = vec![file("vpqh", vec![]); MOST_FILES + 1];
        let refused = house.cases.take_over(&head, "assigned-task", many).await.unwrap_err();
        assert!(matches!(refused, Problem::Refused { code: "too-many-files", .. }), "{refused}");
        // Nobody takes over what they could not have done.
        let foreign = vec![file("vpqh", vec![])];
        assert!(house.cases.take_over(&expert, "assigned-task", foreign).await.is_err());
        assert_eq!(house.cases.list(&head, &CaseFilter::default()).await.unwrap().total, before);
        assert!(house.journal.verify(&mut |_| ()).await.unwrap().clean());
    }
}
