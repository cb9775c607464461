//! The internal authority and people's certificates.

use crate::office::{Office, basis, body_id, person_id};
use directory::{BodyKind, Coverage, Holder};
use kernel::{Clock, PersonId, Problem};
use pki::Reason;
use testkit::{Db, on_both_engines};

const YEAR: i64 = 365 * 86_400;

async fn with_authority(office: &Office) {
    office.keys.establish_authority(&office.system(), &basis()).await.unwrap();
}

async fn issue(office: &Office, holders: &[Holder]) -> Vec<String> {
    let until = office.clock.now().plus_seconds(3 * YEAR);
    office.keys.issue(&office.as_system("certificates"), holders, until, &basis()).await.unwrap()
}

fn person(id: &PersonId) -> Holder {
    Holder::Person(id.clone())
}

fn code(result: Result<impl Sized, Problem>) -> &'static str {
    match result {
        Err(Problem::Refused { code, .. }) => code,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was allowed"),
    }
}

on_both_engines! {
    async fn a_person_with_a_certificate_signs_and_one_without_is_told_so(db: Db) {
        let office = Office::open(db).await;
        office.establish("vu-phap-luat", BodyKind::Department, None).await;
        let (a, b) = (office.person("a").await, office.person("b").await);
        office.start(&a, "head", "vu-phap-luat", "2024-01-01", None).await;
        assert_eq!(code(office.keys.signer_for(&a).await), "authority-missing");
        with_authority(&office).await;
        issue(&office, &[person(&a), Holder::Body(body_id("vu-phap-luat"))]).await;
        assert_eq!(code(office.keys.signer_for(&b).await), "certificate-missing");
        let signer = office.keys.signer_for(&a).await.unwrap();
        assert!(signer.chain().len() >= 2);
        let data = "nội dung".as_bytes();
        let signed = signing::cades::sign_detached(data, &*signer, office.clock.now(), None).unwrap();
        let trust = office.keys.trust().await.unwrap();
        let report = signing::cades::verify_detached(data, &signed.cms, &trust, office.clock.now());
        assert_eq!(report.signer.name, "Người a", "{report:?}");
        office.keys.body_signer(&body_id("vu-phap-luat")).await.unwrap();
        office.keys.time_stamper().await.unwrap();
        assert_eq!(office.keys.coverage().await.unwrap(), Coverage { people: 2, equipped: 1 });
        assert_eq!(code(office.keys.establish_authority(&office.system(), &basis()).await), "authority-there-already");
        office.assert_verifies().await;
    }
}

on_both_engines! {
    async fn a_revoked_or_expired_certificate_signs_no_more_and_a_new_one_does(db: Db) {
        let office = Office::open(db).await;
        let a = office.person("a").await;
        with_authority(&office).await;
        let serial = issue(&office, &[person(&a)]).await.remove(0);
        office.keys.signer_for(&a).await.unwrap();
        let holder = office.ctx_of(&a).await;
        office.clock.advance(60);
        office.keys.revoke(&holder, &serial, Reason::KeyCompromise, &basis()).await.unwrap();
        office.clock.advance(1);
        assert_eq!(code(office.keys.signer_for(&a).await), "certificate-revoked");
        assert_eq!(code(office.keys.revoke(&holder, &serial, Reason::KeyCompromise, &basis()).await), "certificate-revoked");
        assert_eq!(office.keys.coverage().await.unwrap().equipped, 0);
        assert_eq!(office.keys.crl().await.unwrap().len(), 1);
        issue(&office, &[person(&a)]).await;
        office.keys.signer_for(&a).await.unwrap();
        office.clock.advance(3 * YEAR + 60);
        assert_eq!(code(office.keys.signer_for(&a).await), "certificate-expired");
        office.assert_verifies().await;
    }
}

on_both_engines! {
    async fn nobody_revokes_another_persons_certificate(db: Db) {
        let office = Office::open(db).await;
        let (a, b) = (office.person("a").await, office.person("b").await);
        with_authority(&office).await;
        let serial = issue(&office, &[person(&a)]).await.remove(0);
        let other = office.ctx_of(&b).await;
        let refused = office.keys.revoke(&other, &serial, Reason::KeyCompromise, &basis()).await;
        assert!(matches!(refused, Err(Problem::Forbidden { .. })), "{refused:?}");
        let until = office.clock.now().plus_seconds(YEAR);
        let refused = office.keys.issue(&other, &[person(&b)], until, &basis()).await;
        assert!(matches!(refused, Err(Problem::Forbidden { .. })), "{refused:?}");
        let unknown = office.keys.revoke(&other, "00", Reason::KeyCompromise, &basis()).await;
        assert!(matches!(unknown, Err(Problem::NotFound { .. })), "{unknown:?}");
    }
}

on_both_engines! {
    async fn keys_open_under_their_own_master_key_only_and_never_stand_open_in_the_journal(db: Db) {
        let office = Office::open(db).await;
        let a = office.person("a").await;
        with_authority(&office).await;
        let serial = issue(&office, &[person(&a)]).await.remove(0);
        let stored = office.keys.of_holder(&person(&a)).await.unwrap();
        assert!(stored[0].has_key() && stored[0].is_valid(office.clock.now()));
        let acts = office.directory.journal().acts(&directory::acts::certificate_stream(&serial), 0, 10).await.unwrap();
        assert!(acts[0].body.to_string().find("sealed_key").is_none());
        assert!(acts[0].private.as_ref().unwrap()["sealed_key"].is_string());
        let other = std::sync::Arc::new(signing::MasterKey::random(&kernel::OsEntropy));
        let keys =
            directory::Keys::new(office.directory.clone(), other, office.clock.clone(), std::sync::Arc::new(kernel::OsEntropy));
        assert!(keys.signer_for(&a).await.is_err());
        assert!(office.keys.issue(&office.system(), &[person(&person_id("nobody"))], office.clock.now(), &basis()).await.is_err());
    }
}
