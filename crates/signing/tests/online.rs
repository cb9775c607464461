//! What is fetched, when it may be: issuers, status answers, lists, time stamps; bounded, checked and asked for once.

mod house;

use house::*;
use kernel::{Clock, OsEntropy, Timestamp};
use pki::{
    Hash, KeyKind, PrivateKey, Profile, Reason, Subject,
    ocsp::{self, Status},
};
use signing::{
    Indication, Level, Revision, Signer, SoftwareSigner, SubIndication,
    online::{Cached, RemoteTimeStamper, Transport},
    validate::Validation,
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

type Serve = dyn Fn(&str, Option<&[u8]>) -> Option<Vec<u8>> + Send + Sync;

/// A network of one function; it counts what it is asked.
struct Network {
    serve: Box<Serve>,
    count: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Transport for Network {
    fn send(&self, url: &str, body: Option<(&str, &[u8])>, _most: usize) -> Result<Vec<u8>, String> {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.asked.lock().unwrap().push(url.to_owned());
        (self.serve)(url, body.map(|(_, bytes)| bytes)).ok_or_else(|| "not reachable".to_owned())
    }
}

fn network(serve: impl Fn(&str, Option<&[u8]>) -> Option<Vec<u8>> + Send + Sync + 'static) -> Network {
    Network { serve: Box::new(serve), count: Arc::default(), asked: Arc::default() }
}

/// A clock that is turned by hand.
struct Moving(Mutex<Timestamp>);
impl Clock for Moving {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

#[test]
fn missing_issuers_and_status_are_fetched_only_when_allowed() {
    let mut house = House::new(KeyKind::P256);
    let (root, issuing) = (house.root.certificate().clone(), house.issuing.certificate().clone());
    house.issuing = house
        .issuing
        .with_issuer_url("http://ca.example.vn/issuing.cer")
        .with_ocsp_url("http://ca.example.vn/ocsp")
        .with_crl_url("http://ca.example.vn/issuing.crl");
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    let (from, until) = (house.now.plus_seconds(-DAY), house.now.plus_seconds(900 * DAY));
    let subject = Subject::person("Nguyễn Văn A", "Đại biểu", "Đoàn 001", "p-1");
    let whole =
        issue(&house.issuing, Profile::Person, &subject, PrivateKey::from_pkcs8(key.pkcs8()).unwrap(), from, until);
    // The signature carries the signer's certificate alone.
    let person = SoftwareSigner::new(key, whole.chain()[..1].to_vec()).unwrap();
    let pdf = Revision::new("Ky").sign(&sample("paper.pdf"), &person, house.now, None).unwrap().pdf;
    let trust = house.trust();
    let offline = Validation::new(&trust, house.now);
    assert_eq!(offline.pdf(&pdf).signatures[0].sub_indication, Some(SubIndication::NoCertificateChainFound));

    let responder_key = PrivateKey::generate(KeyKind::P256).unwrap();
    let responder = issue(
        &house.issuing,
        Profile::Ocsp,
        &Subject::service("Trạng thái", "VPQH"),
        PrivateKey::from_pkcs8(responder_key.pkcs8()).unwrap(),
        from,
        until,
    );
    let now = house.now;
    let serve = |status: Option<Status>| {
        let (issuing, responder, key) =
            (issuing.clone(), responder.chain()[0].clone(), PrivateKey::from_pkcs8(responder_key.pkcs8()).unwrap());
        move |url: &str, body: Option<&[u8]>| match url {
            "http://ca.example.vn/issuing.cer" => Some(issuing.der().to_vec()),
            "http://ca.example.vn/ocsp" => {
                let status = status?;
                let inside = [responder.clone()];
                let mut look_up = |_: &ocsp::CertId| Some((status, now, None));
                let mut sign = |bytes: &[u8]| key.sign(bytes);
                Some(ocsp::respond(body?, now, &responder, &inside, key.scheme(), &mut look_up, &mut sign))
            }
            _ => None,
        }
    };
    let cached = Cached::new(network(serve(Some(Status::Good))), Arc::new(Fixed(house.now)));
    let report = offline.online(&cached).pdf(&pdf);
    assert!(report.is_all_passed(), "{report:#?}");
    assert_eq!(report.signatures[0].level, Level::Bb, "what is fetched is not in the file");
    let revoked = Status::Revoked { at: now.plus_seconds(-60), reason: Reason::KeyCompromise };
    let cut = network(serve(Some(revoked)));
    assert_eq!(offline.online(&cut).pdf(&pdf).signatures[0].sub_indication, Some(SubIndication::RevokedNoPoe));
    // No responder: the list is asked for; nothing at all: the answer is as without status.
    let nothing = network(serve(None));
    assert!(offline.online(&nothing).pdf(&pdf).is_all_passed());
    assert!(nothing.asked.lock().unwrap().iter().any(|url| url.ends_with(".crl")));
    // Asked a second time, nothing goes out.
    let inner = network(serve(Some(Status::Good)));
    let count = inner.count.clone();
    let clock = Arc::new(Moving(Mutex::new(house.now)));
    let cached = Cached::new(inner, clock.clone());
    offline.online(&cached).pdf(&pdf);
    let first = count.load(Ordering::Relaxed);
    offline.online(&cached).pdf(&pdf);
    assert_eq!((count.load(Ordering::Relaxed), first), (first, 2));
    // After a while it is asked again: a status may have changed.
    *clock.0.lock().unwrap() = house.now.plus_seconds(3600);
    offline.online(&cached).pdf(&pdf);
    assert_eq!(count.load(Ordering::Relaxed), 4);
    assert!(!root.der().is_empty());
}

#[test]
fn rubbish_and_endless_chains_from_the_network_end() {
    let house = House::new(KeyKind::P256);
    let issuing = house.issuing.with_issuer_url("http://loop.example.vn/a").with_ocsp_url("file:///etc/passwd");
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    let (from, until) = (house.now.plus_seconds(-DAY), house.now.plus_seconds(900 * DAY));
    let name = Subject::service("x", "VPQH");
    let whole = issue(&issuing, Profile::Person, &name, PrivateKey::from_pkcs8(key.pkcs8()).unwrap(), from, until);
    let person = SoftwareSigner::new(key, whole.chain()[..1].to_vec()).unwrap();
    let pdf = Revision::new("Ky").sign(&sample("paper.pdf"), &person, house.now, None).unwrap().pdf;
    let trust = signing::Trust::new(vec![house.root.certificate().clone()]);
    let own = person.chain()[0].clone();
    for rubbish in [Vec::new(), b"<html>".to_vec(), own.der().to_vec(), vec![0x30; 1 << 20]] {
        let network = network(move |_, _| Some(rubbish.clone()));
        let report = Validation::new(&trust, house.now).online(&network).pdf(&pdf);
        assert_eq!(report.signatures[0].indication, Indication::Indeterminate);
        assert!(network.count.load(Ordering::Relaxed) <= 40);
        assert!(network.asked.lock().unwrap().iter().all(|url| url.starts_with("http://")));
    }
}

#[test]
fn a_remote_time_stamp_is_checked_before_it_is_used() {
    let house = House::new(KeyKind::P256);
    let stamper = Arc::new(house.stamper);
    let with = |serve: Box<Serve>| {
        let network = Network { serve, count: Arc::default(), asked: Arc::default() };
        RemoteTimeStamper::new("http://tsa.example.vn", Arc::new(network), Arc::new(OsEntropy))
    };
    let honest = stamper.clone();
    let remote = with(Box::new(move |_, body| Some(honest.answer(body?))));
    let signed = Revision::new("Ky").sign(&sample("paper.pdf"), &house.person, house.now, Some(&remote)).unwrap();
    assert_eq!((signed.level, signed.warnings.len()), (Level::Bt, 0));
    // An old answer, an answer over something else, rubbish, silence: the level is lower and the reason is said.
    let replayed = stamper.answer(
        &pki::time_stamp::TimeStampRequest {
            hash: Hash::Sha256,
            imprint: vec![1; 32],
            policy: None,
            nonce: Some(vec![5]),
            certificate: true,
        }
        .to_der(),
    );
    let bad: [(Box<Serve>, &str); 3] = [
        (Box::new(move |_, _| Some(replayed.clone())), "another request"),
        (Box::new(|_, _| Some(b"rubbish".to_vec())), "time stamp is not well formed"),
        (Box::new(|_, _| None), "not reachable"),
    ];
    for (serve, reason) in bad {
        let signed =
            Revision::new("Ky").sign(&sample("paper.pdf"), &house.person, house.now, Some(&with(serve))).unwrap();
        assert_eq!(signed.level, Level::Bb);
        assert!(signed.warnings[0].contains(reason), "{:?}", signed.warnings);
    }
}
