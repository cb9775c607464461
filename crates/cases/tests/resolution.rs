//! One resolution from the proposal to the public site, at the services, on both engines.

mod house;

use base64::{Engine, engine::general_purpose::STANDARD};
use cases::{InboxFilter, acts::BallotProof};
use house::{codes, content, furnished, members, submit};
use kernel::{Digest, Grade, Problem, StreamId};
use procedure::Command;
use records::{Issuing, NewBody, PublishedFilter, State, Verdict};
use serde::Deserialize;
use signing::{Level, SignError, TimeStamper, Trust};
use std::sync::Arc;
use testkit::Db;

/// A time stamp authority that is away.
struct Away;
impl TimeStamper for Away {
    fn stamp(&self, _: &Digest) -> Result<Vec<u8>, SignError> {
        Err(SignError::TimeStamp("nobody answers".into()))
    }
}

fn levels(house: &house::House, pdf: &[u8], root: &pki::Certificate) -> Vec<Level> {
    let report = signing::validate::pdf(pdf, &Trust::new(vec![root.clone()]), house.journal.clock().now());
    assert!(report.is_all_passed(), "{report:#?}");
    report.signatures.iter().map(|s| s.level).collect()
}

testkit::on_both_engines! {
    async fn a_paper_that_went_out_without_time_stamps_is_lifted_and_its_archive_stamps_are_renewed(db: Db) {
        let house = furnished(&db).await;
        let root = house.keys.root().await.unwrap();
        let away = house.issuing(Issuing { level: Level::Blta, stamper: Some(Arc::new(Away)) });
        let signed = away.signed("bst-mot").await;
        let clerk = away.at_work("person-clerk").await;
        let issued = away.cases.issue(&clerk, &signed.case, signed.version, "nghi-quyet", "").await.unwrap();
        let document = issued.document.clone().unwrap();
        assert!(away.records.preserve(&document).await.unwrap_err().to_string().contains("nobody answers"));
        away.journal.run_due_jobs(&away.records.workers()).await.unwrap();
        away.cases.publish(&clerk, &issued.case, issued.version, "nghi-quyet", "").await.unwrap();
        let bare = away.records.publication_pdf(&document).await.unwrap();
        assert_eq!(levels(&house, &bare, &root), [Level::Bb, Level::Bb], "a failing authority lowers the level only");

        // The authority is back: the job that has waited does it.
        let back = house.issuing(Issuing { level: Level::Blta, stamper: None });
        db.clock.advance(7200);
        back.journal.run_due_jobs(&back.records.workers()).await.unwrap();
        let lifted = back.records.publication_pdf(&document).await.unwrap();
        assert!(lifted.starts_with(&bare), "every byte that was signed stands");
        let stamp = Level::DocumentTimeStamp;
        assert_eq!(levels(&house, &lifted, &root), [Level::Blta, Level::Blta, stamp, stamp]);
        for pdf in [&bare, &lifted] {
            assert_eq!(back.records.verify_file(pdf.clone()).await.unwrap().verdict, Verdict::Genuine);
        }
        let version = back.records.document(&clerk, &document).await.unwrap().version;
        back.records.preserve(&document).await.unwrap();
        assert_eq!(back.records.document(&clerk, &document).await.unwrap().version, version, "nothing lacks");

        // The authority's certificate lasts five years; half a year before its end the job renews the stamp.
        db.clock.advance(4 * 365 * 86_400);
        back.journal.run_due_jobs(&back.records.workers()).await.unwrap();
        assert_eq!(back.records.publication_pdf(&document).await.unwrap(), lifted);
        db.clock.advance(200 * 86_400);
        back.journal.run_due_jobs(&back.records.workers()).await.unwrap();
        let renewed = back.records.publication_pdf(&document).await.unwrap();
        assert_eq!(levels(&house, &renewed, &root), [Level::Blta, Level::Blta, stamp, stamp, stamp]);
        back.journal.seal_once().await.unwrap();
        let answer = back.records.verify_file(renewed).await.unwrap();
        assert!(answer.verdict == Verdict::Genuine && answer.proof.is_some(), "{answer:?}");
    }


    async fn a_resolution_goes_from_the_proposal_to_the_public_site(db: Db) {
        let house = furnished(&db).await;
        let opened = house.open_case("bst-mot", Grade::Open, "").await;
        let case = opened.case.clone();
        let done = house.draft(&opened, content()).await;
        let done = house.submit(&case, done.version).await;
        let law = house.at_work("person-law").await;
        assert_eq!(house.cases.inbox(&law, &InboxFilter::default()).await.unwrap().items[0].kind, "opinion");
        let done = house.agree(&case, done.version).await;
        assert_eq!(house.cases.inbox_counts(&law).await.unwrap().open, 0);
        let version = house.vote(&case, done.version, "for").await;

        let chair = house.at_work("person-chair").await;
        let lines = house.cases.preview_effects(&chair, &case).await.unwrap();
        assert!(lines[0].vi.contains("được thành lập"), "{lines:?}");
        let signed = house.cases.sign(&chair, &case, version, "nghi-quyet", "").await.unwrap();
        let clerk = house.at_work("person-clerk").await;
        let issued = house.cases.issue(&clerk, &case, signed.version, "nghi-quyet", "").await.unwrap();
        assert_eq!(issued.number.as_deref(), Some("1336/NQ-UBTVQH15"));
        let seats = house.directory.members(&house::body("bst-mot"), house::day("2026-12-01")).await.unwrap();
        assert_eq!(seats.len(), 2, "the drafting committee is there with the change that issues the resolution");
        assert!(house.records.published_under("1336").await.unwrap().is_empty());

        let clerk = house.at_work("person-clerk").await;
        let published = house.cases.publish(&clerk, &case, issued.version, "nghi-quyet", "").await.unwrap();
        let document = published.document.unwrap();
        let filter = PublishedFilter { query: "ban soan thao".into(), ..PublishedFilter::default() };
        let found = house.records.published(&filter).await.unwrap();
        assert_eq!((found.total, found.items[0].number.text.as_str()), (1, "1336/NQ-UBTVQH15"));
        assert_eq!(found.items[0].content.signature.name, "Nguyễn Văn A");
        assert_eq!(house.records.document(&clerk, &document).await.unwrap().state, State::Published);

        let pdf = house.records.publication_pdf(&document).await.unwrap().to_vec();
        house.journal.seal_once().await.unwrap();
        let genuine = house.records.verify_file(pdf.clone()).await.unwrap();
        assert_eq!(genuine.verdict, Verdict::Genuine, "{:?}", genuine.signatures);
        assert_eq!(genuine.signatures.signatures.len(), 2);
        assert!(genuine.proof.is_some());
        assert_eq!(house.records.verify_number("số 1336/NQ-UBTVQH15").await.unwrap()[0].verdict, Verdict::Genuine);
        let mut changed = pdf.clone();
        let middle = changed.len() / 3;
        changed[middle] ^= 1;
        assert_eq!(house.records.verify_file(changed).await.unwrap().verdict, Verdict::Altered);
        let longer = [pdf.as_slice(), b"\n% more"].concat();
        assert_eq!(house.records.verify_file(longer).await.unwrap().verdict, Verdict::Appended);

        house.records.withdraw(&clerk, &document, "Ban hành nhầm").await.unwrap();
        assert_eq!(house.records.verify_file(pdf).await.unwrap().verdict, Verdict::Withdrawn);

        let view = house.cases.case(&clerk, &case).await.unwrap();
        assert!(view.tasks.is_empty() && view.possible.is_empty());
        let told = codes(&house.cases.timeline(&clerk, &case).await.unwrap());
        for code in ["timeline-case-opened", "timeline-case-document-signed", "timeline-effect-applied", "timeline-case-closed"] {
            assert_eq!(told.get(code), Some(&1), "{code}: {told:?}");
        }
        assert_eq!(told["timeline-ballot-cast"], members().len());
        let mut findings = Vec::new();
        house.journal.verify(&mut |report| if let journal::Report::Finding(finding) = report { findings.push(finding) }).await.unwrap();
        assert!(findings.is_empty(), "{findings:?}");
    }

    async fn each_ballot_is_the_members_own_signed_statement_and_the_count_is_on_all(db: Db) {
        let house = furnished(&db).await;
        let opened = house.open_case("bst-hai", Grade::Open, "").await;
        let case = opened.case.clone();
        let done = house.draft(&opened, content()).await;
        let done = house.submit(&case, done.version).await;
        let mut version = house.agree(&case, done.version).await.version;

        let member = house.at_work("person-member-1").await;
        let shown = house.cases.ballot_statement(&member, &case, "for", " Nhất trí ").await.unwrap();
        let weak = house.signed_in("person-member-1").await;
        let refused = house.cases.cast_ballot(&weak, &case, version, "for", "Nhất trí", "").await.unwrap_err();
        assert!(matches!(refused, Problem::NeedsSecondFactor { .. }), "{refused}");
        let outsider = house.at_work("person-other").await;
        assert!(house.cases.cast_ballot(&outsider, &case, version, "for", "", "").await.is_err());
        version = house.cases.cast_ballot(&member, &case, version, "for", "Nhất trí", "").await.unwrap().version;
        let act = house.journal.act(&StreamId::new("case", &case), version).await.unwrap().unwrap();
        let proof = BallotProof::deserialize(&act.body["proof"]).unwrap();
        assert_eq!(proof.statement, shown);
        let trust = house.keys.trust().await.unwrap();
        let now = house.journal.clock().now();
        let cms = STANDARD.decode(&proof.cms).unwrap();
        let report = signing::cades::verify_detached(proof.statement.as_bytes(), &cms, &trust, now);
        assert_eq!(report.indication, signing::Indication::TotalPassed, "{report:?}");
        assert_eq!(report.signer.name, "Đại biểu 001");
        let twice = house.cases.cast_ballot(&member, &case, version, "against", "", "").await.unwrap_err();
        assert!(matches!(twice, Problem::Refused { .. } | Problem::Forbidden { .. }), "{twice}");

        let running = house.cases.ballot(&outsider, &case).await.unwrap().unwrap();
        assert!(running.running && running.members.iter().all(|m| m.answer.is_none()), "answers stay closed while it runs");
        assert_eq!((running.needed, running.answered), (3, 1));

        // Two of five in favour are not more than half of all, though they are all who answered.
        let other = house.at_work("person-member-2").await;
        house.cases.cast_ballot(&other, &case, version, "for", "", "").await.unwrap();
        db.clock.advance(30 * 86_400);
        assert!(house.journal.run_due_jobs(&house.cases.workers()).await.unwrap() >= 2);
        let closed = house.cases.ballot(&outsider, &case).await.unwrap().unwrap();
        let count = closed.count.unwrap();
        assert_eq!((count.all, count.answered, count.in_favour, closed.passed), (5, 2, 2, Some(false)));
        let view = house.cases.case(&outsider, &case).await.unwrap();
        assert_eq!(view.state.step, "draft", "a ballot that does not pass goes back to its drafter");
        let minutes = view.documents.iter().find(|d| d.kind == "bien-ban-kiem-phieu").expect("the minutes are there");
        assert!(house.records.paper(&outsider, &minutes.id, None).await.unwrap().starts_with(b"%PDF-"));
        let resolution = view.documents.iter().find(|d| d.kind == "nghi-quyet").unwrap();
        assert_eq!(resolution.state, State::Draft, "and its text can be changed again");
    }

    async fn members_who_answer_at_the_same_moment_do_not_stand_in_each_others_way(db: Db) {
        let house = furnished(&db).await;
        let opened = house.open_case("bst-cung-luc", Grade::Open, "").await;
        let case = opened.case.clone();
        let done = house.draft(&opened, content()).await;
        let done = house.submit(&case, done.version).await;
        let seen = house.agree(&case, done.version).await.version;
        let mut answering = Vec::new();
        for id in members() {
            let (house, case) = (house.clone(), case.clone());
            answering.push(tokio::spawn(async move {
                let member = house.at_work(&id).await;
                house.cases.cast_ballot(&member, &case, seen, "for", "", "").await.unwrap()
            }));
        }
        for answer in answering {
            answer.await.unwrap();
        }
        let expert = house.at_work("person-expert").await;
        let ballot = house.cases.ballot(&expert, &case).await.unwrap().unwrap();
        assert_eq!((ballot.answered, ballot.passed), (5, Some(true)));
        assert_eq!(house.cases.case(&expert, &case).await.unwrap().state.step, "sign");
    }

    async fn a_committee_may_return_a_case_and_the_new_version_can_be_compared(db: Db) {
        let house = furnished(&db).await;
        let opened = house.open_case("bst-ba", Grade::Open, "").await;
        let case = opened.case.clone();
        let done = house.draft(&opened, content()).await;
        let resolution = done.document.clone().unwrap();
        let done = house.submit(&case, done.version).await;
        let law = house.at_work("person-law").await;
        let back = Command::Return { to: "draft".into(), reason: "Bổ sung căn cứ pháp lý".into() };
        let done = house.cases.command(&law, &case, done.version, back, "").await.unwrap();

        let expert = house.at_work("person-expert").await;
        let document = house.records.document(&expert, &resolution).await.unwrap();
        assert_eq!(document.state, State::Draft);
        let mut better = content();
        better.bases.push("Căn cứ Nghị quyết số 29/2022/UBTVQH15".into());
        let text = NewBody::Text(better);
        house.cases.revise_document(&expert, &resolution, document.version, text.clone(), "Theo ý kiến").await.unwrap();
        let twice = house.cases.revise_document(&expert, &resolution, document.version, text, "Theo ý kiến").await.unwrap();
        assert_eq!(twice, document.version + 1, "the same form sent twice is one version");
        let other = NewBody::Text(content());
        let late = house.cases.revise_document(&expert, &resolution, document.version, other, "").await.unwrap_err();
        assert!(matches!(late, Problem::Conflict { .. }), "{late}");
        let changes = house.records.compare_versions(&expert, &resolution, 1, 2).await.unwrap();
        let changed: Vec<_> = changes.iter().filter(|c| c.fate != records::Fate::Kept).collect();
        assert_eq!((changed.len(), changed[0].path.as_str()), (1, "bases.2"));
        let pages = house.records.paper_pages(&expert, &resolution, None, 1.0).await.unwrap();
        assert!(pages[0].starts_with(b"\x89PNG"));
        house.cases.command(&expert, &case, done.version, submit(), "").await.unwrap();
        assert_eq!(house.records.document(&expert, &resolution).await.unwrap().state, State::Final);
        let told = house.cases.changes_since(&expert, &case, done.version).await.unwrap();
        assert!(told.iter().all(|entry| entry.version > done.version) && !told.is_empty());
    }
}
