//! The five kinds of Standing Committee resolution, from proposal to publication.

mod hall;

use hall::{Hall, day, fields};
use kernel::Grade;
use procedure::{
    CaseState, Command, DocumentStage, Event, Refusal, Status,
    guard::Verdict,
    model::Outcome,
    tasks::{self, Action, Place},
    threshold::percent,
};
use serde_json::json;

fn code(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Rule { code, .. } => code,
        Refusal::Fields(problems) => problems[0].code,
    }
}

#[test]
fn a_drafting_committee_goes_from_proposal_to_publication() {
    let mut hall = Hall::new("drafting-committee");
    let mut case = hall.open_drafting_committee();
    assert_eq!(case.step, "draft");
    hall.attach(&mut case, "expert", "to-trinh");
    hall.attach(&mut case, "expert", "nghi-quyet");
    hall.complete(&mut case, "expert", Some("submit"));

    assert_eq!(case.step, "opinion");
    assert_eq!(case.asked.len(), 2);
    hall.give_opinion(&mut case, "law-chair", "ub-phap-luat-tu-phap", "agree");
    assert_eq!(case.step, "opinion", "the other body is still asked");
    hall.give_opinion(&mut case, "deputies-chair", "ub-cong-tac-dai-bieu", "agree-with-remarks");

    assert_eq!(case.step, "ballot");
    assert_eq!(tasks::open_tasks(&hall.procedure, &case).len(), 18);
    for n in 1..=18 {
        let answer = if n <= 16 { "for" } else { "against" };
        hall.cast(&mut case, &format!("member-{n:02}"), answer);
    }
    let count = case.ballots["ballot"].count.clone().unwrap();
    assert_eq!((count.all, count.answered, count.in_favour), (18, 18, 16));
    assert_eq!(count.share_of_all().map(percent).unwrap(), "88,89 %");
    assert_eq!(case.verdict("ballot"), Some(Verdict::Passed));

    assert_eq!(case.step, "sign");
    hall.act(&mut case, "member-01", &Command::Sign { key: "nghi-quyet".into() }).unwrap();
    let number = "1344/NQ-UBTVQH15".to_owned();
    let issue = Command::Issue { key: "nghi-quyet".into(), number: number.clone(), day: day(2024, 12, 20) };
    let events = hall.act(&mut case, "clerk", &issue).unwrap();
    let effect = events.iter().find_map(|e| if let Event::EffectDeclared(e) = e { Some(&e.effect) } else { None });
    let effect = effect.expect("the effect is declared when the document is issued");
    assert_eq!(effect["kind"], "establish-body");
    assert_eq!(effect["body"]["id"], "bst-luat-to-chuc-quoc-hoi");
    assert_eq!(effect["members"][0], json!({"person": "member-02", "position": "head"}));

    hall.act(&mut case, "clerk", &Command::Publish { key: "nghi-quyet".into() }).unwrap();
    assert_eq!((case.status, case.outcome), (Status::Closed, Some(Outcome::Done)));
    assert_eq!(case.documents["nghi-quyet"].stage, DocumentStage::Published);
    assert_eq!(case.documents["nghi-quyet"].number.as_deref(), Some(number.as_str()));
    assert!(tasks::open_tasks(&hall.procedure, &case).is_empty());
    assert_eq!(CaseState::fold(&hall.events), case, "the state is the fold of the events");
}

#[test]
fn every_kind_of_resolution_is_in_the_catalogue_and_says_what_will_change() {
    for (id, form) in hall::FORMS {
        let hall = Hall::new(id);
        let mut case = CaseState::new();
        let command = Command::Open { title: "Nghị quyết".into(), grade: Grade::Open, fields: fields(form) };
        let mut hall = hall;
        hall.act(&mut case, "expert", &command).unwrap_or_else(|why| panic!("{id}: {why}"));
        let bound = procedure::effect::bound(&hall.procedure, &case).unwrap();
        assert_eq!(bound.len(), 1, "{id}");
        assert!(!bound[0].says.vi.contains(['{', '…']), "{id}: {}", bound[0].says.vi);
    }
}

#[test]
fn a_case_comes_back_with_a_reason_and_everything_is_asked_again() {
    let mut hall = Hall::new("drafting-committee");
    let mut case = hall.at_opinion();
    let back = |reason: &str| Command::Return { to: "draft".into(), reason: reason.into() };
    assert_eq!(hall.act(&mut case, "law-chair", &back("  ")).map_err(code), Err("case-reason-needed"));
    assert_eq!(hall.act(&mut case, "stranger", &back("Thiếu")).map_err(code), Err("case-not-yours"));
    let events = hall.act(&mut case, "law-chair", &back("Thiếu danh sách thành viên")).unwrap();
    let reopened = events.iter().find_map(|e| if let Event::Returned(e) = e { Some(e.reopened.clone()) } else { None });
    assert_eq!(reopened.unwrap(), ["nghi-quyet", "to-trinh"]);
    assert_eq!(case.step, "draft");
    assert_eq!(case.documents["nghi-quyet"].stage, DocumentStage::Draft);
    hall.complete(&mut case, "expert", Some("submit"));
    assert_eq!(tasks::open_tasks(&hall.procedure, &case).len(), 2, "both bodies are asked again");
}

#[test]
fn the_chairperson_can_return_a_resolution_but_nobody_can_return_an_issued_one() {
    let mut hall = Hall::new("drafting-committee");
    let mut case = hall.at_sign();
    let back = Command::Return { to: "draft".into(), reason: "Sửa Điều 2".into() };
    assert_eq!(hall.act(&mut case, "clerk", &back).map_err(code), Err("case-not-yours"));
    hall.act(&mut case, "member-01", &back).unwrap();
    let mut case = hall.at_sign();
    hall.act(&mut case, "member-01", &Command::Sign { key: "nghi-quyet".into() }).unwrap();
    let issue = Command::Issue { key: "nghi-quyet".into(), number: "1/NQ".into(), day: day(2024, 12, 20) };
    hall.act(&mut case, "clerk", &issue).unwrap();
    assert_eq!(hall.act(&mut case, "clerk", &back).map_err(code), Err("case-cannot-return"));
}

#[test]
fn a_signature_is_void_when_the_case_goes_back_past_it() {
    let mut hall = Hall::new("drafting-committee");
    let mut case = hall.at_sign();
    hall.act(&mut case, "member-01", &Command::Sign { key: "nghi-quyet".into() }).unwrap();
    assert_eq!(case.documents["nghi-quyet"].stage, DocumentStage::Signed);
    hall.act(&mut case, "clerk", &Command::Return { to: "draft".into(), reason: "Sai thể thức".into() }).unwrap();
    assert_eq!(case.documents["nghi-quyet"].stage, DocumentStage::Draft);
}

#[test]
fn half_of_all_members_is_not_enough_and_silence_is_no_consent() {
    let mut hall = Hall::new("drafting-committee");
    let mut case = hall.at_ballot();
    for n in 1..=9 {
        hall.cast(&mut case, &format!("member-{n:02}"), "for");
    }
    assert_eq!(hall.act(&mut case, "nobody", &Command::Tick).unwrap(), [], "nothing is due yet");
    let late = case.due.unwrap().plus_seconds(1);
    hall.now = late;
    let too_late = Command::CastBallot { answer: "for".into(), text: String::new() };
    assert_eq!(hall.act(&mut case, "member-10", &too_late).map_err(code), Err("case-ballot-over"));
    let events = hall.act(&mut case, "nobody", &Command::Tick).unwrap();
    let closed =
        events.iter().find_map(|e| if let Event::BallotClosed(e) = e { Some(e.clone()) } else { None }).unwrap();
    assert!(!closed.passed);
    assert_eq!((closed.count.all, closed.count.answered, closed.count.in_favour), (18, 9, 9));
    assert_eq!(case.step, "draft", "the draft goes back to its author");
    let returned = case.visits.iter().find_map(|v| v.returned.clone()).unwrap();
    assert_eq!(returned, "phiếu lấy ý kiến không đạt quá nửa tổng số thành viên tán thành");
}

#[test]
fn a_ballot_is_cast_once_by_members_only_and_other_opinions_say_what_they_are() {
    let mut hall = Hall::new("drafting-committee");
    let mut case = hall.at_ballot();
    let cast = |answer: &str, text: &str| Command::CastBallot { answer: answer.into(), text: text.into() };
    assert_eq!(hall.act(&mut case, "expert", &cast("for", "")).map_err(code), Err("case-not-a-member"));
    assert_eq!(hall.act(&mut case, "member-02", &cast("maybe", "")).map_err(code), Err("case-answer-unknown"));
    assert_eq!(hall.act(&mut case, "member-02", &cast("other", " ")).map_err(code), Err("case-text-needed"));
    hall.act(&mut case, "member-02", &cast("other", "Đề nghị bổ sung thành viên")).unwrap();
    assert_eq!(hall.act(&mut case, "member-02", &cast("for", "")).map_err(code), Err("case-ballot-cast"));
}

#[test]
fn opinions_that_do_not_come_do_not_stop_the_case() {
    let mut hall = Hall::new("drafting-committee");
    let mut case = hall.at_opinion();
    hall.give_opinion(&mut case, "law-chair", "ub-phap-luat-tu-phap", "disagree");
    hall.now = case.due.unwrap().plus_seconds(1);
    let events = hall.act(&mut case, "nobody", &Command::Tick).unwrap();
    let told = events.iter().find_map(|e| if let Event::DeadlinePassed(e) = e { e.escalate.clone() } else { None });
    assert_eq!(told.as_deref(), Some("secretary-general@vpqh"));
    assert_eq!(case.step, "ballot");
}

#[test]
fn where_no_opinion_is_asked_the_case_goes_straight_to_the_ballot() {
    let mut hall = Hall::new("deputy-assignment");
    let mut case = CaseState::new();
    let form = hall::FORMS.iter().find(|(id, _)| *id == "deputy-assignment").unwrap().1;
    let mut form = fields(form);
    form.remove("consulted");
    let open = Command::Open { title: "Phân công".into(), grade: Grade::Open, fields: form };
    hall.act(&mut case, "expert", &open).unwrap();
    hall.attach(&mut case, "expert", "to-trinh");
    hall.attach(&mut case, "expert", "nghi-quyet");
    hall.complete(&mut case, "expert", Some("submit"));
    assert_eq!(case.step, "ballot");
    assert_eq!(case.visits.iter().filter(|v| v.step == "opinion").count(), 1, "and the timeline says so");
}

#[test]
fn withdrawing_asks_for_no_papers_but_submitting_does() {
    let mut hall = Hall::new("drafting-committee");
    let mut case = hall.open_drafting_committee();
    let complete = |outcome: Option<&str>| Command::Complete {
        step: "draft".into(),
        fields: fields("{}"),
        outcome: outcome.map(Into::into),
    };
    assert_eq!(hall.act(&mut case, "expert", &complete(Some("submit"))).map_err(code), Err("case-document-missing"));
    assert_eq!(hall.act(&mut case, "expert", &complete(None)).map_err(code), Err("case-outcome-needed"));
    assert_eq!(hall.act(&mut case, "clerk", &complete(Some("withdraw"))).map_err(code), Err("case-not-yours"));
    hall.act(&mut case, "expert", &complete(Some("withdraw"))).unwrap();
    assert_eq!(case.outcome, Some(Outcome::Withdrawn));
    assert_eq!(hall.act(&mut case, "expert", &complete(Some("submit"))).map_err(code), Err("case-not-open"));
}

#[test]
fn a_stale_page_is_told_where_the_case_is_now() {
    let mut hall = Hall::new("drafting-committee");
    let mut case = hall.at_opinion();
    let stale = Command::Complete { step: "draft".into(), fields: fields("{}"), outcome: Some("submit".into()) };
    assert_eq!(hall.act(&mut case, "expert", &stale).map_err(code), Err("case-elsewhere"));
}

#[test]
fn only_the_proposing_units_experts_open_a_case_and_only_with_a_whole_form() {
    let mut hall = Hall::new("drafting-committee");
    let mut case = CaseState::new();
    let form = hall::FORMS.iter().find(|(id, _)| *id == "drafting-committee").unwrap().1;
    let open = |form| Command::Open { title: "Ban soạn thảo".into(), grade: Grade::Open, fields: form };
    assert_eq!(hall.act(&mut case, "clerk", &open(fields(form))).map_err(code), Err("case-not-yours"));
    assert_eq!(hall.act(&mut case, "expert", &open(fields("{}"))).map_err(code), Err("field-required"));
    let mut unknown = fields(form);
    unknown.insert("admin".into(), json!(true));
    assert_eq!(hall.act(&mut case, "expert", &open(unknown)).map_err(code), Err("field-unknown"));
    let mut bad_row = fields(form);
    bad_row["members"][0]["position"] = json!("king");
    assert_eq!(hall.act(&mut case, "expert", &open(bad_row)).map_err(code), Err("field-not-an-option"));
    assert_eq!(case, CaseState::new());
}

#[test]
fn the_page_sees_what_is_done_here_and_next_and_what_this_person_may_do() {
    let mut hall = Hall::new("drafting-committee");
    let case = hall.at_ballot();
    let places: Vec<(String, Place)> =
        procedure::progress(&hall.procedure, &case).into_iter().map(|w| (w.step, w.place)).collect();
    let expected = [
        ("draft", Place::Done),
        ("opinion", Place::Done),
        ("ballot", Place::Here),
        ("sign", Place::Next),
        ("issue", Place::Next),
        ("publish", Place::Next),
        ("done", Place::Next),
        ("withdrawn", Place::Next),
    ];
    assert_eq!(places, expected.map(|(key, place)| (key.to_owned(), place)));
    let mine = tasks::possible(&hall.procedure, &case, &hall.actor("member-03"));
    assert_eq!(mine.iter().map(|p| (p.action.clone(), p.fresh)).collect::<Vec<_>>(), [(Action::CastBallot, true)]);
    assert!(tasks::possible(&hall.procedure, &case, &hall.actor("expert")).is_empty());
    assert_eq!(tasks::holders(&hall.procedure, &case).len(), 18);
}

#[test]
fn a_clock_that_was_set_back_stands_still() {
    let mut hall = Hall::new("drafting-committee");
    let mut case = hall.at_opinion();
    let entered = case.entered_at.unwrap();
    hall.now = entered.plus_seconds(-86_400);
    hall.give_opinion(&mut case, "law-chair", "ub-phap-luat-tu-phap", "agree");
    hall.give_opinion(&mut case, "deputies-chair", "ub-cong-tac-dai-bieu", "agree");
    assert!(case.entered_at.unwrap() >= entered);
}

#[test]
fn a_ballot_in_a_body_without_members_is_refused() {
    let mut hall = Hall::new("drafting-committee");
    hall.roll.clear();
    let mut case = hall.at_opinion();
    hall.give_opinion(&mut case, "law-chair", "ub-phap-luat-tu-phap", "agree");
    let last = Command::GiveOpinion {
        body: kernel::BodyId::new("ub-cong-tac-dai-bieu").unwrap(),
        answer: "agree".into(),
        text: String::new(),
        document: Some(hall::document("y-kien-2")),
    };
    assert_eq!(hall.act(&mut case, "deputies-chair", &last).map_err(code), Err("case-ballot-no-members"));
}

#[test]
fn events_read_back_from_the_journal_as_they_were_written() {
    let mut hall = Hall::new("drafting-committee");
    hall.at_sign();
    for event in &hall.events {
        assert!(Event::KINDS.contains(&event.kind()));
        assert_eq!(Event::read(event.kind(), &event.body()).unwrap().as_ref(), Some(event));
        kernel::canon::to_vec(&event.body()).unwrap();
    }
    assert_eq!(Event::read("something.else", &json!({})).unwrap(), None);
}

#[test]
fn a_case_can_be_opened_by_whoever_may_own_its_first_step_once_the_form_names_their_body() {
    let hall = Hall::new("drafting-committee");
    let seats = |person: &str| tasks::opening_seats(&hall.procedure, &hall.actor(person));
    assert_eq!(seats("expert"), ["expert@vu-cong-tac-dai-bieu"]);
    assert_eq!(seats("stranger"), ["expert@vu-phap-luat"], "an expert of another unit opens for that unit");
    for other in ["clerk", "member-01", "law-chair", "nobody"] {
        assert!(seats(other).is_empty(), "{other}");
    }
}
