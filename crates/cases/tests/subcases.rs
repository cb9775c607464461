//! Sub-cases at the services, on both engines: opened in the change that asks for them, linked both ways, ended where the
//! parent waits, and never shown to those who need not know.

mod crowd;
mod house;

use crowd::Crowd;
use house::pdf;
use kernel::{CaseId, Ctx, Grade, Problem};
use procedure::{Command, Status, model::Outcome};
use serde_json::{Map, json};
use testkit::Db;

const OFFICE: &str = "expert@vu-dan-nguyen-giam-sat";

/// A citizen was received and handed in a letter: both cases, and the official.
async fn received(crowd: &mut Crowd, grade: Grade) -> (CaseId, CaseId, Ctx) {
    let expert = crowd.in_seat(OFFICE).await;
    let cases = crowd.house.cases.clone();
    let form = json!({"citizen": "Công dân A", "day": "2026-11-23", "subject": "Cấp giấy chứng nhận"});
    let form = form.as_object().cloned().unwrap();
    let opened = cases.open(&expert, "citizen-reception", "Tiếp công dân", grade, form, "").await.unwrap();
    let case = opened.case;
    let done = cases.add_document(&expert, &case, opened.version, "phieu-tiep", "", pdf(), "").await.unwrap();
    let done = cases.add_document(&expert, &case, done.version, "don", "", pdf(), "").await.unwrap();
    let letter = Command::Complete { step: "receive".into(), fields: Map::new(), outcome: Some("letter".into()) };
    cases.command(&expert, &case, done.version, letter, "").await.unwrap();
    let parent = cases.case(&expert, &case).await.unwrap();
    let child = parent.state.subcases[0].case.clone().expect("the journal names it");
    (case, child, expert)
}

testkit::on_both_engines! {
    async fn a_letter_is_a_case_of_its_own_and_its_end_comes_back(db: Db) {
        let mut crowd = Crowd::gathered(&db).await;
        let (case, child, expert) = received(&mut crowd, Grade::Open).await;
        let cases = crowd.house.cases.clone();
        let view = cases.case(&expert, &child).await.unwrap();
        assert_eq!((view.procedure.id.as_str(), view.state.title.as_str()), ("citizen-letter", "Tiếp công dân"));
        assert_eq!(view.state.fields["sender"], "Công dân A");
        assert_eq!(view.state.opened_by, None, "the program opened it, nobody by hand");
        let (above, below) = cases.related(&expert, &case).await.unwrap();
        assert!(above.is_none() && below.len() == 1 && below[0].case == child);
        let (above, _) = cases.related(&expert, &child).await.unwrap();
        assert_eq!(above.unwrap().case, case);

        // Nobody closes it by hand, and nobody opens a sub-case by hand.
        let by_hand = Command::SubcaseClosed { case: child.clone(), outcome: Outcome::Done };
        let parent = cases.case(&expert, &case).await.unwrap();
        let refused = cases.command(&expert, &case, parent.version, by_hand, "").await.unwrap_err();
        assert!(matches!(&refused, Problem::Refused { code: "case-not-yours", .. }), "{refused:?}");

        let done = cases.add_document(&expert, &child, view.version, "don", "", pdf(), "").await.unwrap();
        let step = |step: &str, outcome: Option<&str>| Command::Complete {
            step: step.into(),
            fields: if step == "classify" { json!({"reason": "Không đủ điều kiện"}).as_object().cloned().unwrap() } else { Map::new() },
            outcome: outcome.map(Into::into),
        };
        let done = cases.command(&expert, &child, done.version, step("receive", None), "").await.unwrap();
        cases.command(&expert, &child, done.version, step("classify", Some("file")), "").await.unwrap();
        assert_eq!(cases.case(&expert, &case).await.unwrap().state.status, Status::Open, "its end travels by a job");
        crowd.house.journal.run_due_jobs(&cases.workers()).await.unwrap();
        let parent = cases.case(&expert, &case).await.unwrap();
        assert_eq!((parent.state.status, parent.state.subcases[0].outcome), (Status::Closed, Some(Outcome::Refused)));
        let told = house::codes(&cases.timeline(&expert, &case).await.unwrap());
        assert_eq!((told["timeline-subcase-requested"], told["timeline-subcase-closed"]), (1, 1));
    }

    async fn a_sub_case_keeps_the_grade_and_is_absent_for_those_who_take_no_part(db: Db) {
        let mut crowd = Crowd::gathered(&db).await;
        let (case, child, expert) = received(&mut crowd, Grade::Secret).await;
        let cases = crowd.house.cases.clone();
        assert_eq!(cases.case(&expert, &child).await.unwrap().state.grade, Grade::Secret);
        let stranger = crowd.in_seat("expert@vu-thong-tin").await;
        for id in [&case, &child] {
            assert!(matches!(cases.case(&stranger, id).await.unwrap_err(), Problem::NotFound { .. }));
            assert!(matches!(cases.related(&stranger, id).await.unwrap_err(), Problem::NotFound { .. }));
        }
    }
}
