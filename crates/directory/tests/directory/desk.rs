//! The certificate desk: requests, lists, the life of a certificate, the trust list, status and time.

use crate::office::{Office, basis, body_id, day, person_id};
use directory::{
    BodyKind, Correction, CrlKind, Holder, Services, Source,
    coverage::{Equipment, Next},
    enrolments::NewEnrolment,
};
use kernel::{Clock, Ctx, PersonId, Problem};
use pki::{
    Authority, KeyKind, PrivateKey, Profile, Reason, Subject,
    ocsp::{Request, Response, Status},
    time_stamp::{TimeStampRequest, TimeStampToken, read_answer},
};
use testkit::{Db, on_both_engines};

const DAY: i64 = 86_400;

fn code(result: Result<impl Sized, Problem>) -> String {
    match result {
        Err(Problem::Refused { code, .. }) => code.to_owned(),
        Err(Problem::Invalid(fields)) => fields[0].code.to_owned(),
        Err(Problem::Forbidden { .. }) => "forbidden".into(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was allowed"),
    }
}

/// A department with its head, two administrators and the authority.
async fn desk(db: Db) -> (Office, Ctx, Ctx) {
    let mut office = Office::open(db).await;
    office.establish("vu-phap-luat", BodyKind::Department, None).await;
    office.keys = office.keys.with_services(Services {
        address: Some("http://pki.example.vn/pki".into()),
        crl_parts: 4,
        accuracy_seconds: Some(1),
    });
    for id in ["quan-tri-1", "quan-tri-2"] {
        let person = office.person(id).await;
        office.start(&person, "admin", "vu-phap-luat", "2024-01-01", None).await;
    }
    office.keys.establish_authority(&office.system(), &basis()).await.unwrap();
    let (first, second) = (person_id("quan-tri-1"), person_id("quan-tri-2"));
    let (first, second) = (office.ctx_of(&first).await, office.ctx_of(&second).await);
    (office, first, second)
}

async fn staff(office: &Office, count: usize) -> Vec<PersonId> {
    let mut people = Vec::new();
    for n in 0..count {
        let person = office.person(&format!("nguoi-{n:03}")).await;
        office.start(&person, "staff", "vu-phap-luat", "2024-01-01", None).await;
        people.push(person);
    }
    people
}

fn new_enrolment(office: &Office, people: Vec<directory::acts::EnrolmentLine>) -> NewEnrolment {
    NewEnrolment {
        body: body_id("vu-phap-luat"),
        letter: "Công văn số 12/CV-VPL".into(),
        source: Source::Here,
        until: office.clock.now().plus_seconds(1000 * DAY),
        people,
    }
}

async fn run_jobs(office: &Office) {
    while office.directory.journal().run_due_jobs(&office.keys.workers()).await.unwrap() > 0 {}
}

/// A request for a list, approved and with identities checked.
async fn equip(office: &Office, asks: &Ctx, decides: &Ctx, list: &str) -> String {
    let checked = office.keys.check_list(&body_id("vu-phap-luat"), list).await.unwrap();
    assert!(checked.wrong.is_empty(), "{:?}", checked.wrong);
    let people: Vec<PersonId> = checked.people.iter().map(|l| l.person.clone()).collect();
    let id = office.keys.request(asks, &new_enrolment(office, checked.people)).await.unwrap();
    office.keys.approve(decides, &id).await.unwrap();
    office.keys.check_identity(decides, &id, &people, "Thẻ căn cước").await.unwrap();
    id
}

on_both_engines! {
    async fn a_list_is_checked_line_by_line_and_a_second_run_does_nothing(db: Db) {
        let (office, first, second) = desk(db).await;
        staff(&office, 230).await;
        let stranger = office.person("nguoi-la").await;
        let body = body_id("vu-phap-luat");
        let list = "Mã người,Họ tên\nnguoi-000,Người nguoi-000\nkhong-co,Ai\nnguoi-001,Tên khác\nnguoi-000,\nnguoi-la,\n";
        let checked = office.keys.check_list(&body, list).await.unwrap();
        let wrong: Vec<(i64, &str)> = checked.wrong.iter().map(|w| (w.line, w.code)).collect();
        let expected =
            [(3, "list-unknown-person"), (4, "list-other-name"), (5, "list-person-twice"), (6, "list-other-body")];
        assert_eq!(wrong, expected);
        assert_eq!(checked.people.len(), 1);
        assert_eq!(stranger.as_str(), "nguoi-la");

        let list: String = (0..230).map(|n| format!("nguoi-{n:03}\n")).collect();
        let id = equip(&office, &first, &second, &list).await;
        run_jobs(&office).await;
        let done = office.keys.enrolment(&id).await.unwrap().unwrap();
        assert_eq!((done.people, done.checked, done.equipped), (230, 230, 230));
        // Again: the list names nobody who needs one, and the run finds nothing to do.
        let again = office.keys.check_list(&body, &list).await.unwrap();
        assert_eq!((again.people.len(), again.settled), (0, 230));
        assert_eq!(office.keys.issue_enrolment(&id).await.unwrap(), 0);
        assert_eq!(code(office.keys.request(&first, &new_enrolment(&office, again.people)).await), "list-nobody");
        office.assert_verifies().await;
    }
}

on_both_engines! {
    async fn seven_hundred_are_equipped_in_one_run_and_a_run_that_is_cut_off_goes_on(db: Db) {
        let (office, first, second) = desk(db).await;
        staff(&office, 700).await;
        let list: String = (0..700).map(|n| format!("nguoi-{n:03}\n")).collect();
        let id = equip(&office, &first, &second, &list).await;
        let done = async || office.keys.enrolment(&id).await.unwrap().unwrap().equipped;
        let watched = async {
            while done().await == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        // Dropped in the middle of its work, as by a server that dies.
        tokio::select! {
            _ = office.keys.issue_enrolment(&id) => {}
            () = watched => {}
        }
        let before = done().await;
        assert!(before > 0 && before % 100 == 0, "{before}");
        let (one, two) = tokio::join!(office.keys.issue_enrolment(&id), office.keys.issue_enrolment(&id));
        assert!(one.is_ok() || two.is_ok());
        run_jobs(&office).await;
        assert_eq!(office.keys.issue_enrolment(&id).await.unwrap(), 0);
        let sql = "SELECT COUNT(*) AS n FROM certificate WHERE enrolment = $1";
        let row = office.directory.journal().reader().row(sql, &[id.as_str().into()]).await.unwrap().unwrap();
        assert_eq!((done().await, row.int("n").unwrap()), (700, 700));
    }
}

on_both_engines! {
    async fn a_request_takes_two_persons_and_its_certificate_signs_when_its_holder_took_it_into_use(db: Db) {
        let (office, first, second) = desk(db).await;
        let person = staff(&office, 1).await.remove(0);
        let checked = office.keys.check_list(&body_id("vu-phap-luat"), "nguoi-000").await.unwrap();
        let id = office.keys.request(&first, &new_enrolment(&office, checked.people)).await.unwrap();
        assert_eq!(code(office.keys.approve(&first, &id).await), "forbidden");
        assert_eq!(code(office.keys.check_identity(&second, &id, std::slice::from_ref(&person), "x").await), "enrolment-decided");
        office.keys.approve(&second, &id).await.unwrap();
        assert_eq!(office.keys.issue_enrolment(&id).await.unwrap(), 0);
        office.keys.check_identity(&second, &id, std::slice::from_ref(&person), "Thẻ căn cước").await.unwrap();
        run_jobs(&office).await;
        let serial = office.keys.enrolment_rows(&id).await.unwrap().remove(0).certificate.unwrap();
        assert_eq!(code(office.keys.signer_for(&person).await), "certificate-not-activated");
        office.keys.deliver(&second, &serial, "Trao tay, Thẻ căn cước").await.unwrap();
        assert_eq!(code(office.keys.activate(&second, &serial).await), "forbidden");
        let own = office.ctx_of(&person).await;
        office.keys.activate(&own, &serial).await.unwrap();
        office.keys.signer_for(&person).await.unwrap();
        // The holder suspends it at night, the desk resumes it, the holder gives it up.
        office.keys.suspend(&own, &serial, &basis()).await.unwrap();
        assert_eq!(code(office.keys.signer_for(&person).await), "certificate-suspended");
        assert_eq!(code(office.keys.resume(&own, &serial, &basis()).await), "forbidden");
        office.keys.resume(&first, &serial, &basis()).await.unwrap();
        office.keys.signer_for(&person).await.unwrap();
        office.keys.revoke(&own, &serial, Reason::KeyCompromise, &basis()).await.unwrap();
        assert_eq!(code(office.keys.signer_for(&person).await), "certificate-revoked");
        assert_eq!(code(office.keys.resume(&first, &serial, &basis()).await), "certificate-revoked");
        office.assert_verifies().await;
    }
}

on_both_engines! {
    async fn a_certificate_ends_with_the_position_that_it_names(db: Db) {
        let (office, first, second) = desk(db).await;
        let people = staff(&office, 2).await;
        office.keys.issue(&office.as_system("certificates"), &people.iter().cloned().map(Holder::Person).collect::<Vec<_>>(),
            office.clock.now().plus_seconds(1000 * DAY), &basis()).await.unwrap();
        let held = office.directory.positions_of(&people[0], day("2026-11-23")).await.unwrap().remove(0);
        office.directory.end_assignment(&first, &held.assignment.id, day("2026-11-25"), &basis()).await.unwrap();
        run_jobs(&office).await;
        office.keys.signer_for(&people[0]).await.unwrap();
        office.clock.advance(3 * DAY);
        run_jobs(&office).await;
        assert_eq!(code(office.keys.signer_for(&people[0]).await), "certificate-revoked");
        let view = office.directory.person(&people[1]).await.unwrap().unwrap();
        let leaves = Correction { active: Some(false), ..Correction::default() };
        office.directory.correct_person(&second, &people[1], view.version, leaves, basis()).await.unwrap();
        run_jobs(&office).await;
        let reason = office.keys.of_holder(&Holder::Person(people[1].clone())).await.unwrap().remove(0).reason;
        assert_eq!(reason.as_deref(), Some("cessation_of_operation"));
    }
}

on_both_engines! {
    async fn who_must_act_next_is_told_for_everybody(db: Db) {
        let (office, first, second) = desk(db).await;
        staff(&office, 3).await;
        equip(&office, &first, &second, "nguoi-000\n").await;
        run_jobs(&office).await;
        let checked = office.keys.check_list(&body_id("vu-phap-luat"), "nguoi-001").await.unwrap();
        office.keys.request(&first, &new_enrolment(&office, checked.people)).await.unwrap();
        let people = office.keys.equipment().await.unwrap();
        let of = |id: &str| people.iter().find(|p| p.person.as_str() == id).map(|p| (p.equipment, p.next)).unwrap();
        assert_eq!(of("nguoi-000"), (Equipment::Awaiting, Next::Holder));
        assert_eq!(of("nguoi-001"), (Equipment::Never, Next::DeskDecides));
        assert_eq!(of("nguoi-002"), (Equipment::Never, Next::Body));
        office.clock.advance(930 * DAY);
        let people = office.keys.equipment().await.unwrap();
        let late = people.iter().find(|p| p.person.as_str() == "nguoi-000").unwrap();
        assert_eq!(late.notice(office.clock.now()), Some(90));
    }
}

on_both_engines! {
    async fn status_is_told_at_once_and_lists_agree_with_it(db: Db) {
        let (office, ..) = desk(db).await;
        let people: Vec<Holder> = staff(&office, 8).await.into_iter().map(Holder::Person).collect();
        let until = office.clock.now().plus_seconds(1000 * DAY);
        let serials = office.keys.issue(&office.as_system("certificates"), &people, until, &basis()).await.unwrap();
        let issuer = office.keys.issuer().await.unwrap();
        let certificate = office.keys.certificate(&serials[0]).await.unwrap().unwrap().certificate;
        let question = Request::about(&certificate, &issuer, None).unwrap().to_der();
        let status = async || {
            let answer = office.keys.status(&question).await.unwrap();
            let read = Response::parse(&answer.der).unwrap();
            assert!(read.verify_with(read.certificates()[0].public_key()).is_right());
            (read.answers()[0].status, answer.der)
        };
        let (good, signed_once) = status().await;
        assert_eq!((good, status().await.1), (Status::Good, signed_once));
        let nonce = Request::about(&certificate, &issuer, Some(vec![7; 32])).unwrap().to_der();
        let answer = office.keys.status(&nonce).await.unwrap();
        assert_eq!(Response::parse(&answer.der).unwrap().nonce(), Some(&[7; 32][..]));
        let ctx = office.as_system("certificates");
        office.keys.suspend(&ctx, &serials[0], &basis()).await.unwrap();
        assert!(matches!(status().await.0, Status::Revoked { reason: Reason::CertificateHold, .. }));
        office.keys.resume(&ctx, &serials[0], &basis()).await.unwrap();
        assert_eq!(status().await.0, Status::Good);
        let resumed = office.keys.crl_of(CrlKind::Delta).await.unwrap();
        assert_eq!(resumed.find(&issuer.subject().clone(), certificate.serial()).unwrap().reason, Reason::RemoveFromCrl);
        office.keys.revoke(&ctx, &serials[0], Reason::KeyCompromise, &basis()).await.unwrap();
        assert!(matches!(status().await.0, Status::Revoked { reason: Reason::KeyCompromise, .. }));
        // The part that the certificate itself names lists it, the others do not.
        let part = Authority::part_of(certificate.serial(), 4);
        for n in 0..4 {
            let list = office.keys.crl_of(CrlKind::Part(n, 4)).await.unwrap();
            assert_eq!(list.len(), usize::from(n == part), "{n}");
        }
        let point = certificate.addresses().crls[0].clone();
        assert_eq!(point, format!("http://pki.example.vn/pki/crl/4-{part}.crl"));
        assert!(office.keys.status(b"rubbish").await.unwrap().der.len() < 10);
        office.assert_verifies().await;
    }
}

on_both_engines! {
    async fn every_time_stamp_stands_in_the_journal(db: Db) {
        let (office, ..) = desk(db).await;
        let imprint = pki::Hash::Sha256.of(&[b"van ban"]);
        let request = TimeStampRequest { hash: pki::Hash::Sha256, imprint, policy: None, nonce: None, certificate: true };
        let token = read_answer(&office.keys.stamp(&request.to_der()).await.unwrap()).unwrap();
        let token = TimeStampToken::parse(&token).unwrap();
        assert!(token.covers(&[b"van ban"]) && token.signer(&[]).is_some());
        assert_eq!(token.info.accuracy_seconds, Some(1));
        let stream = directory::acts::time_stamp_stream(office.clock.now());
        let acts = office.directory.journal().acts(&stream, 0, 10).await.unwrap();
        let granted = acts[0].read::<directory::acts::TimeStampGranted>().unwrap().unwrap();
        assert_eq!(granted.serial, hex::encode(&token.info.serial));
        // A request that is rejected leaves nothing behind.
        assert!(read_answer(&office.keys.stamp(b"rubbish").await.unwrap()).is_err());
        assert_eq!(office.directory.journal().head(&stream).await.unwrap(), 1);
    }
}

on_both_engines! {
    async fn a_root_of_others_is_trusted_when_two_persons_compared_it_and_its_certificates_can_be_entered(db: Db) {
        let (office, first, second) = desk(db).await;
        let person = staff(&office, 1).await.remove(0);
        let (first, second) = (first.stepped_up(), second.stepped_up());
        let (from, until) = (office.clock.now().plus_seconds(-DAY), office.clock.now().plus_seconds(900 * DAY));
        let key = || PrivateKey::generate(KeyKind::P256).unwrap();
        let name = Subject::service("CA chuyên dùng công vụ thử nghiệm", "Ban Cơ yếu");
        let root = Authority::root(&name, key(), from, until, &kernel::OsEntropy).unwrap();
        let subject = Subject::person("Người nguoi-000", "Chuyên viên", "Vụ", "x");
        let info = key();
        let theirs = root.issue(Profile::Person, &subject, info.public_key_info(), from, until, &kernel::OsEntropy).unwrap();
        let holder = Holder::Person(person.clone());
        let chain = [theirs, root.certificate().clone()];
        assert_eq!(code(office.keys.import(&second, &holder, &chain, &basis(), None).await), "certificate-not-trusted");

        let certificate = root.certificate();
        let fingerprint = certificate.fingerprint();
        let propose = async |ctx: &Ctx, seen: &str| {
            office.keys.propose_root(ctx, certificate, "Chuyên dùng công vụ", "Chữ ký văn bản", until, seen, &basis()).await
        };
        assert_eq!(code(propose(&first, "0123456789abcdef").await), "fingerprint-differs");
        propose(&first, &fingerprint.to_string()).await.unwrap();
        assert_eq!(code(office.keys.confirm_root(&first, &fingerprint, &fingerprint.to_string()).await), "forbidden");
        assert_eq!(code(office.keys.import(&second, &holder, &chain, &basis(), None).await), "certificate-not-trusted");
        office.keys.confirm_root(&second, &fingerprint, &fingerprint.to_string()).await.unwrap();
        office.keys.import(&second, &holder, &chain, &basis(), None).await.unwrap();
        assert_eq!(code(office.keys.import(&second, &holder, &chain, &basis(), None).await), "certificate-known");
        office.keys.check(&holder).await.unwrap();
        assert_eq!(code(office.keys.signer_for(&person).await), "certificate-key-elsewhere");
        office.keys.withdraw_root(&second, &fingerprint, "Hết thỏa thuận").await.unwrap();
        assert_eq!(code(office.keys.check(&holder).await), "certificate-not-trusted");
        office.assert_verifies().await;
    }
}
