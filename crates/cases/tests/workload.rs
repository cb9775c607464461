//! The figures of a field: what waits where, what is late, how long a step takes, and that nobody learns of a secret case
//! from them.

mod house;

use cases::{File, Workload};
use house::{House, furnished};
use kernel::{Actor, Ctx, Day, Grade};
use procedure::Command;
use serde_json::{Map, Value, json};
use testkit::Db;

const DAY: i64 = 86_400;

fn complete(step: &str, outcome: Option<&str>) -> Command {
    Command::Complete { step: step.into(), fields: Map::new(), outcome: outcome.map(str::to_owned) }
}

fn fields(unit: &str, due: &str) -> Map<String, Value> {
    let form = json!({ "unit": unit, "subject": "Việc đếm", "due": due });
    form.as_object().cloned().unwrap()
}

/// A task that was assigned and is being carried out.
fn assigned(unit: &str, due: &str) -> File {
    File { title: format!("Việc của {unit}"), fields: fields(unit, due), moves: vec![complete("assign", None)] }
}

async fn direction(house: &House, ctx: &Ctx) -> Workload {
    let one = house.cases.workload(ctx, "direction").await.unwrap();
    let all = house.cases.workloads(ctx).await.unwrap();
    let line = all.get("direction").cloned().unwrap_or_default();
    assert_eq!((one.open, one.overdue, one.due_soon), (line.open, line.overdue, line.due_soon));
    one
}

/// Waiting, late and due soon at a step.
fn at(workload: &Workload, step: &str) -> (i64, i64, i64) {
    let step = workload.steps.iter().find(|at| at.step == step);
    step.map_or((0, 0, 0), |at| (at.waiting, at.overdue, at.due_soon))
}

fn of(workload: &Workload, body: &str) -> i64 {
    workload.bodies.iter().find(|at| at.body == body).map_or(0, |at| at.waiting)
}

testkit::on_both_engines! {
    async fn the_figures_follow_the_cases(db: Db) {
        let house = furnished(&db).await;
        // A Monday.
        db.clock.set(Day::parse("2025-11-03").unwrap().start());
        house.seat("person-head", "Đỗ Văn H", "head", "vpqh").await;
        let head = house.at_work("person-head").await;
        assert_eq!(direction(&house, &head).await, Workload::default());

        let files = vec![
            assigned("vu-phap-luat", "2025-11-03"),
            assigned("vu-phap-luat", "2025-11-07"),
            assigned("vpqh", "2025-12-31"),
            File { moves: vec![], ..assigned("vpqh", "2025-12-31") },
        ];
        let cases = house.cases.take_over(&head, "assigned-task", files).await.unwrap();
        let figures = direction(&house, &head).await;
        assert_eq!((figures.open, figures.overdue, figures.due_soon), (4, 0, 2));
        assert_eq!((at(&figures, "assign"), at(&figures, "carry-out")), ((1, 0, 0), (3, 0, 2)));
        assert_eq!((of(&figures, "vu-phap-luat"), of(&figures, "vpqh")), (2, 2));
        let steps: Vec<&str> = figures.steps.iter().map(|at| at.step.as_str()).collect();
        assert_eq!(steps, ["assign", "carry-out"], "in the order of the procedure");

        // The next day the first is late: a deadline ends with its day.
        db.clock.advance(DAY);
        let figures = direction(&house, &head).await;
        assert_eq!((figures.open, figures.overdue, figures.due_soon), (4, 1, 1));
        let late = house.cases.longest_late(&head, "direction", 10).await.unwrap();
        assert_eq!(late.iter().map(|case| &case.id).collect::<Vec<_>>(), [&cases[0]]);

        // It is reported after a day and a half and assessed half a day later; it leaves the figures, its time stays.
        db.clock.advance(DAY / 2);
        let expert = house.at_work("person-expert").await;
        let version = house.cases.case(&head, &cases[0]).await.unwrap().version;
        let reported = house.cases.command(&expert, &cases[0], version, complete("carry-out", Some("report")), "").await;
        let version = reported.unwrap().version;
        let figures = direction(&house, &head).await;
        assert_eq!((at(&figures, "carry-out"), at(&figures, "assess")), ((2, 0, 1), (1, 0, 0)));
        assert_eq!((of(&figures, "vu-phap-luat"), of(&figures, "vpqh")), (1, 3));
        let stayed = figures.steps.iter().find(|at| at.step == "carry-out").unwrap();
        assert_eq!((stayed.times_left, stayed.average), (1, Some(DAY * 3 / 2)));
        db.clock.advance(DAY / 2);
        house.cases.command(&head, &cases[0], version, complete("assess", None), "").await.unwrap();
        let figures = direction(&house, &head).await;
        assert_eq!((figures.open, figures.overdue, at(&figures, "assess")), (3, 0, (0, 0, 0)));
        assert_eq!(figures.steps.iter().find(|at| at.step == "assess").unwrap().average, Some(DAY / 2));
        assert!(house.cases.longest_late(&head, "direction", 10).await.unwrap().is_empty());

        // The figures can be thrown away and made again from the acts.
        let before = direction(&house, &head).await;
        let again = house::open_rebuilt(&db, 2).await;
        assert_eq!(direction(&again, &head).await, before);
    }

    async fn a_secret_case_does_not_stand_in_the_figures(db: Db) {
        let house = furnished(&db).await;
        house.seat("person-head", "Đỗ Văn H", "head", "vpqh").await;
        let head = house.at_work("person-head").await;
        let secret = fields("vu-phap-luat", "2025-01-02");
        let opened = house.cases.open(&head, "assigned-task", "Việc mật", Grade::Secret, secret, "").await.unwrap();
        house.cases.command(&head, &opened.case, opened.version, complete("assign", None), "").await.unwrap();
        assert_eq!(direction(&house, &head).await, Workload::default());
        // Whoever may know of it sees it among what is late; others do not.
        assert_eq!(house.cases.longest_late(&head, "direction", 10).await.unwrap().len(), 1);
        let clerk = house.at_work("person-clerk").await;
        assert!(house.cases.longest_late(&clerk, "direction", 10).await.unwrap().is_empty());
        let nobody = house.cases.workload(&Ctx { actor: Actor::Public, ..head }, "direction").await;
        assert!(matches!(nobody, Err(kernel::Problem::Forbidden { .. })), "{nobody:?}");
    }
}
