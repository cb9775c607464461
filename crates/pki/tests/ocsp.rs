//! Status answers: asked and answered with openssl in both roles, and what a path makes of them.

use kernel::{OsEntropy, Timestamp};
use pki::{
    Authority, Certificate, Hash, IssuingKey, KeyKind, PrivateKey, Profile, Reason, Subject, TrustAnchors,
    ocsp::{self, Answer, CertId, Request, Response, Status},
    path::{self, Material, Options, PathError, StatusRule},
};
use std::process::Command;

const DAY: i64 = 86_400;

fn now() -> Timestamp {
    Timestamp::from_micros(1_736_043_150_000_000)
}

struct House {
    root: Authority,
    issuing: Authority,
    person: Certificate,
    responder: Certificate,
    responder_key: PrivateKey,
}

fn house(kind: KeyKind, now: Timestamp) -> House {
    let key = || PrivateKey::generate(kind).unwrap();
    let (from, until) = (now.plus_seconds(-DAY), now.plus_seconds(3650 * DAY));
    let named = |name| Subject::service(name, "Văn phòng Quốc hội");
    let root = Authority::root(&named("CA gốc"), key(), from, until, &OsEntropy).unwrap();
    let issuing = root.subordinate(&named("CA cấp"), key(), from, until, &OsEntropy).unwrap();
    let issue = |profile, subject: &Subject, key: &PrivateKey| {
        issuing.issue(profile, subject, key.public_key_info(), from, now.plus_seconds(900 * DAY), &OsEntropy).unwrap()
    };
    let person = issue(Profile::Person, &Subject::person("Nguyễn Văn A", "Đại biểu", "Đoàn 001", "p-1"), &key());
    let responder_key = key();
    let responder = issue(Profile::Ocsp, &named("Trạng thái chứng thư"), &responder_key);
    House { root, issuing, person, responder, responder_key }
}

impl House {
    fn answer(&self, status: Status, this: Timestamp, next: Option<Timestamp>) -> Answer {
        let id = CertId::new(self.person.serial(), self.issuing.certificate(), Hash::Sha1).unwrap();
        Answer { id, status, this_update: this, next_update: next }
    }
    fn signed(&self, key: &dyn IssuingKey, by: &Certificate, inside: &[Certificate], answer: Answer) -> Response {
        let draft = ocsp::Draft::new(by, now(), &[answer], None).unwrap();
        let signature = key.sign(draft.to_sign()).unwrap();
        draft.finish(key.scheme(), &signature, inside).unwrap()
    }
    fn delegated(&self, status: Status) -> Response {
        let answer = self.answer(status, now(), Some(now().plus_seconds(DAY)));
        self.signed(&self.responder_key, &self.responder, std::slice::from_ref(&self.responder), answer)
    }
    fn judge(&self, answers: &[Response], at: Timestamp, status: StatusRule) -> Result<(), PathError> {
        let anchors = TrustAnchors::new(vec![self.root.certificate().clone()]);
        let certificates = [self.issuing.certificate().clone()];
        // The issuing authority's own status is known by a list of the root.
        let crls = [self.root.crl(1, now(), now().plus_seconds(30 * DAY), &[]).unwrap()];
        let material = Material { anchors: &anchors, certificates: &certificates, crls: &crls, answers };
        path::find(&self.person, material, &Options { status, ..Options::at(at) }).map(|_| ())
    }
}

#[test]
fn an_answer_counts_by_its_responder_its_time_and_its_certificate() {
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let house = house(kind, now());
        let required = |answers: &[Response]| house.judge(answers, now(), StatusRule::Required);
        let unknown = |result: Result<(), PathError>| matches!(result, Err(PathError::StatusUnknown(_)));
        assert!(unknown(required(&[])));
        assert_eq!(required(&[house.delegated(Status::Good)]), Ok(()));
        // By the issuing authority itself.
        let good = || house.answer(Status::Good, now(), Some(now().plus_seconds(DAY)));
        let own = house.signed(house.issuing.key(), house.issuing.certificate(), &[], good());
        assert_eq!(required(&[own]), Ok(()));
        // A certificate of the same authority that is for something else.
        let other = PrivateKey::generate(kind).unwrap();
        let body = Subject::body("Ủy ban", "ub");
        let until = now().plus_seconds(9 * DAY);
        let other_certificate = house
            .issuing
            .issue(Profile::Body, &body, other.public_key_info(), now().plus_seconds(-DAY), until, &OsEntropy)
            .unwrap();
        let forged = house.signed(&other, &other_certificate, std::slice::from_ref(&other_certificate), good());
        assert!(unknown(required(&[forged])));
        // A responder of another authority.
        let elsewhere = self::house(kind, now());
        let foreign = house.signed(
            &elsewhere.responder_key,
            &elsewhere.responder,
            std::slice::from_ref(&elsewhere.responder),
            good(),
        );
        assert!(unknown(required(&[foreign])));
        // Named as the responder, signed by another key.
        let false_key = house.signed(&other, &house.responder, std::slice::from_ref(&house.responder), good());
        assert!(unknown(required(&[false_key])));
        // Another issuer's certificate with the same serial number.
        let id = CertId::new(house.person.serial(), house.root.certificate(), Hash::Sha1).unwrap();
        let wrong = house.signed(
            &house.responder_key,
            &house.responder,
            std::slice::from_ref(&house.responder),
            Answer { id, ..good() },
        );
        assert!(unknown(required(&[wrong])));
        // In time, too late, and without a next one.
        let current = [house.delegated(Status::Good)];
        assert_eq!(house.judge(&current, now().plus_seconds(DAY), StatusRule::Required), Ok(()));
        assert!(unknown(house.judge(&current, now().plus_seconds(DAY + 1), StatusRule::Required)));
        let open = house.answer(Status::Good, now(), None);
        let open = [house.signed(&house.responder_key, &house.responder, std::slice::from_ref(&house.responder), open)];
        assert_eq!(house.judge(&open, now().plus_seconds(3600), StatusRule::Required), Ok(()));
        assert!(unknown(house.judge(&open, now().plus_seconds(2 * DAY), StatusRule::Required)));
        // A stranger to its own issuer is not accepted, even where the status need not be known.
        assert!(unknown(house.judge(&[house.delegated(Status::Unknown)], now(), StatusRule::WhenKnown)));
        assert_eq!(house.judge(&[], now(), StatusRule::WhenKnown), Ok(()));
        // Revoked counts beside good, and for good.
        let revoked = Status::Revoked { at: now(), reason: Reason::KeyCompromise };
        let both = [house.delegated(Status::Good), house.delegated(revoked)];
        assert!(matches!(required(&both), Err(PathError::Revoked { reason: Reason::KeyCompromise, .. })));
        let late = house.judge(&both, now().plus_seconds(300 * DAY), StatusRule::WhenKnown);
        assert!(matches!(late, Err(PathError::Revoked { .. })));
        assert_eq!(house.judge(&both, now().plus_seconds(-1), StatusRule::WhenKnown), Ok(()), "before it was revoked");
    }
}

#[test]
fn requests_are_answered_or_refused() {
    let house = house(KeyKind::P256, now());
    let mut look_up = |id: &CertId| {
        let ours = id.is_under(house.issuing.certificate());
        ours.then(|| (if id.serial == house.person.serial() { Status::Good } else { Status::Unknown }, now(), None))
    };
    let mut respond = |request: &[u8]| {
        let inside = [house.responder.clone()];
        let scheme = house.responder_key.scheme();
        let mut sign = |bytes: &[u8]| house.responder_key.sign(bytes);
        ocsp::respond(request, now(), &house.responder, &inside, scheme, &mut look_up, &mut sign)
    };
    let about = |nonce| Request::about(&house.person, house.issuing.certificate(), nonce).unwrap();
    let response = Response::parse(&respond(&about(Some(vec![7; 32])).to_der())).unwrap();
    assert_eq!((response.nonce(), response.answers()[0].status), (Some([7; 32].as_slice()), Status::Good));
    let stranger = CertId::new(&[9], house.issuing.certificate(), Hash::Sha256).unwrap();
    let response = Response::parse(&respond(&Request { ids: vec![stranger], nonce: None }.to_der())).unwrap();
    assert_eq!(response.answers()[0].status, Status::Unknown);
    let refused = |why: ocsp::Refusal| ocsp::refused(why);
    assert_eq!(respond(b"rubbish"), refused(ocsp::Refusal::MalformedRequest));
    assert_eq!(respond(&about(Some(vec![7; 200])).to_der()), refused(ocsp::Refusal::MalformedRequest));
    let elsewhere = CertId::new(&[9], house.root.certificate(), Hash::Sha1).unwrap();
    let request = Request { ids: vec![elsewhere.clone()], nonce: None }.to_der();
    assert_eq!(respond(&request), refused(ocsp::Refusal::Unauthorized));
    let many = Request { ids: vec![elsewhere; 300], nonce: None }.to_der();
    assert_eq!(respond(&many), refused(ocsp::Refusal::Unauthorized));
    let text = Response::parse(&refused(ocsp::Refusal::TryLater)).unwrap_err().to_string();
    assert!(text.contains("status 3"), "{text}");
}

fn openssl(arguments: &[&str]) -> Option<(bool, String)> {
    let Ok(out) = Command::new("openssl").args(arguments).output() else {
        eprintln!("skipped: openssl is not installed");
        return None;
    };
    Some((out.status.success(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()))
}

/// openssl judges times by its machine's clock.
#[allow(clippy::disallowed_methods, reason = "the judge reads the machine's clock too")]
fn today() -> Timestamp {
    Timestamp::from_micros(kernel::Clock::now(&kernel::SystemClock).micros() / 1_000_000 * 1_000_000)
}

#[test]
fn openssl_asks_and_accepts_and_its_own_answers_count_here() {
    let now = today();
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let house = house(kind, now);
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        put("root.pem", house.root.certificate().to_pem().as_bytes());
        put("issuing.pem", house.issuing.certificate().to_pem().as_bytes());
        put("person.pem", house.person.to_pem().as_bytes());
        put("responder.pem", house.responder.to_pem().as_bytes());
        put("responder.key", pki::pem::encode(house.responder_key.pkcs8(), "PRIVATE KEY").as_bytes());
        let (issuing, person, query, answer, root) =
            (path("issuing.pem"), path("person.pem"), path("q"), path("a"), path("root.pem"));
        for (status, word) in [
            (Status::Good, "good"),
            (Status::Revoked { at: now.plus_seconds(-60), reason: Reason::Superseded }, "revoked"),
            (Status::Unknown, "unknown"),
        ] {
            let ask = ["ocsp", "-issuer", &issuing, "-cert", &person, "-reqout", &query];
            let Some((good, text)) = openssl(&ask) else { return };
            assert!(good, "{text}");
            let request = std::fs::read(&query).unwrap();
            assert!(Request::parse(&request).unwrap().nonce.is_some());
            let inside = [house.responder.clone()];
            let next = Some(now.plus_seconds(3600));
            let response = ocsp::respond(
                &request,
                now,
                &house.responder,
                &inside,
                house.responder_key.scheme(),
                &mut |_| Some((status, now, next)),
                &mut |bytes| house.responder_key.sign(bytes),
            );
            put("a", &response);
            let check = [
                "ocsp",
                "-issuer",
                &issuing,
                "-cert",
                &person,
                "-reqin",
                &query,
                "-no_nonce",
                "-respin",
                &answer,
                "-CAfile",
                &root,
                "-verify_other",
                &issuing,
            ];
            let Some((good, text)) = openssl(&check) else { return };
            assert!(good && text.contains("Response verify OK") && text.contains(word), "{kind:?} {word}: {text}");
        }
        // The other way round: our request, its answer.
        let mine = Request::about(&house.person, house.issuing.certificate(), Some(vec![5; 16])).unwrap();
        put("q", &mine.to_der());
        let serial = house.person.serial_hex().to_uppercase();
        put("index", format!("V\t350101000000Z\t\t{serial}\tunknown\t/CN=x\n").as_bytes());
        let index = path("index");
        let (certificate, key) = (path("responder.pem"), path("responder.key"));
        let serve = [
            "ocsp",
            "-index",
            &index,
            "-CA",
            &issuing,
            "-rsigner",
            &certificate,
            "-rkey",
            &key,
            "-reqin",
            &query,
            "-respout",
            &answer,
            "-ndays",
            "1",
        ];
        let Some((good, text)) = openssl(&serve) else { return };
        assert!(good, "{text}");
        let response = Response::parse(&std::fs::read(&answer).unwrap()).unwrap();
        assert_eq!(response.nonce(), Some([5; 16].as_slice()));
        assert_eq!(response.answers()[0].status, Status::Good);
        let anchors = TrustAnchors::new(vec![house.root.certificate().clone()]);
        let certificates = [house.issuing.certificate().clone()];
        let crls = [house.root.crl(1, now, now.plus_seconds(DAY), &[]).unwrap()];
        let material = Material { anchors: &anchors, certificates: &certificates, crls: &crls, answers: &[response] };
        let options = Options { status: StatusRule::Required, ..Options::at(now.plus_seconds(60)) };
        assert!(path::find(&house.person, material, &options).is_ok());
    }
}
