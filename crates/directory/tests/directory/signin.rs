//! Signing in: two steps, sessions, limits, and what an attacker learns (nothing).

use crate::office::{Office, origin, person_id};
use directory::{Begun, Opened, Origin, acts, signin::seal_totp, totp};
use journal::{Change, Expected};
use kernel::{Clock, OsEntropy, PersonId, Problem, Strength};
use std::time::Duration;
use testkit::{Db, on_both_engines};

const PASSWORD: &str = "bốn từ chọn ngẫu nhiên";
const SECRET: &[u8] = b"12345678901234567890";

/// A person with a password and a second factor.
async fn enrolled(office: &Office, id: &str) -> PersonId {
    let person = office.person(id).await;
    office.signin.set_password(&office.system(), &person, PASSWORD).await.unwrap();
    let sealed = seal_totp(&office.master, SECRET, &OsEntropy);
    let draft = directory::drafts::set_credential(&person, acts::CredentialKind::Totp, sealed);
    let change = Change::new().on(acts::credential_stream(&person), Expected::Any).act(draft);
    office.directory.journal().commit(&office.system(), change).await.unwrap();
    person
}

fn code(office: &Office) -> String {
    totp::code_at(SECRET, office.clock.now()).unwrap()
}

async fn pending(office: &Office, login: &str, from: &Origin) -> String {
    match office.signin.begin(login, PASSWORD, from).await.unwrap() {
        Begun::SecondFactor(pending) => pending,
        Begun::Opened(_) => panic!("a second factor is enrolled"),
    }
}

async fn sign_in(office: &Office, login: &str, from: &Origin) -> Opened {
    let pending = pending(office, login, from).await;
    office.signin.finish(&pending, &code(office), from).await.unwrap()
}

fn refusal(result: Result<impl Sized, Problem>) -> &'static str {
    match result {
        Err(Problem::Refused { code, .. }) => code,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was allowed"),
    }
}

on_both_engines! {
    async fn password_and_code_open_a_session_on_this_device(db: Db) {
        let office = Office::open(db).await;
        let person = enrolled(&office, "a").await;
        let here = origin("device-1");
        let opened = sign_in(&office, " A ", &here).await;
        let signed_in = office.signin.resolve(&opened.token, &here).await.unwrap().unwrap();
        assert_eq!(signed_in.person().id, person);
        assert_eq!(signed_in.ctx.strength, Strength::TwoFactor);
        assert!(directory::sessions::form_token_fits(&opened.token, &signed_in.form_token));
        assert!(office.signin.resolve(&opened.token, &origin("device-2")).await.unwrap().is_none());
        assert!(office.signin.resolve("x", &here).await.unwrap().is_none());
        // The token itself stands nowhere.
        let stream = acts::session_stream(&signed_in.session.id);
        let act = &office.directory.journal().acts(&stream, 0, 1).await.unwrap()[0];
        assert!(!act.body.to_string().contains(opened.token.as_str()));
        assert_eq!(act.actor.who, "system:sign-in");
        office.assert_verifies().await;
    }
}

on_both_engines! {
    async fn an_unknown_name_a_wrong_password_and_a_person_without_password_look_the_same(db: Db) {
        let office = Office::open(db).await;
        enrolled(&office, "a").await;
        office.person("b").await;
        for (n, (login, password)) in
            [("a", "sai mật khẩu rồi"), ("nobody", PASSWORD), ("b", PASSWORD), ("Ж'\" --", PASSWORD), ("", "")]
                .iter()
                .enumerate()
        {
            let refused = office.signin.begin(login, password, &origin(&format!("d{n}"))).await;
            assert_eq!(refusal(refused), "signin-failed", "{login}");
        }
    }
}

on_both_engines! {
    async fn a_code_is_taken_once_also_when_two_requests_bring_it_at_once(db: Db) {
        let office = Office::open(db).await;
        enrolled(&office, "a").await;
        let here = origin("device-1");
        let pending = pending(&office, "a", &here).await;
        let code = code(&office);
        let (one, two) =
            tokio::join!(office.signin.finish(&pending, &code, &here), office.signin.finish(&pending, &code, &here));
        let (won, lost) = if one.is_ok() { (one, two) } else { (two, one) };
        won.unwrap();
        assert_eq!(refusal(lost), "second-factor-used");
        assert_eq!(refusal(office.signin.finish(&pending, &code, &here).await), "second-factor-used");
        // The step before is older than the one used, so it is refused too; the next one counts.
        let before = totp::code_at(SECRET, office.clock.now().plus_seconds(-30)).unwrap();
        assert_eq!(refusal(office.signin.finish(&pending, &before, &here).await), "second-factor-used");
        office.clock.advance(30);
        let next = totp::code_at(SECRET, office.clock.now()).unwrap();
        office.signin.finish(&pending, &next, &here).await.unwrap();
    }
}

on_both_engines! {
    async fn the_two_steps_belong_together_in_time_and_on_one_device(db: Db) {
        let office = Office::open(db).await;
        enrolled(&office, "a").await;
        let here = origin("device-1");
        let pending = pending(&office, "a", &here).await;
        let code = code(&office);
        assert_eq!(refusal(office.signin.finish(&pending, &code, &origin("device-2")).await), "signin-over");
        assert_eq!(refusal(office.signin.finish("forged", &code, &here).await), "signin-over");
        assert_eq!(refusal(office.signin.finish(&pending, "000000", &here).await), "second-factor-wrong");
        office.clock.advance(301);
        assert_eq!(refusal(office.signin.finish(&pending, &code, &here).await), "signin-over");
    }
}

on_both_engines! {
    async fn a_session_ends_after_an_idle_hour_and_after_twelve_hours_in_any_case(db: Db) {
        let office = Office::open(db).await;
        enrolled(&office, "a").await;
        let here = origin("device-1");
        let opened = sign_in(&office, "a", &here).await;
        let alive = async || office.signin.resolve(&opened.token, &here).await.unwrap().is_some();
        office.clock.advance(59 * 60);
        assert!(alive().await);
        office.clock.advance(60 * 60 + 1);
        assert!(!alive().await, "idle for more than an hour");
        let opened = sign_in(&office, "a", &here).await;
        for _ in 0..24 {
            office.clock.advance(30 * 60 - 1);
            assert!(office.signin.resolve(&opened.token, &here).await.unwrap().is_some());
        }
        office.clock.advance(60);
        assert!(office.signin.resolve(&opened.token, &here).await.unwrap().is_none(), "twelve hours");
        office.assert_verifies().await;
    }
}

on_both_engines! {
    async fn use_of_a_session_is_known_to_another_server_within_its_record(db: Db) {
        let office = Office::open(db).await;
        enrolled(&office, "a").await;
        let here = origin("device-1");
        let opened = sign_in(&office, "a", &here).await;
        office.clock.advance(45 * 60);
        assert!(office.signin.resolve(&opened.token, &here).await.unwrap().is_some());
        office.clock.advance(45 * 60);
        // A second server has no memory of its own, only the record.
        let other = directory::SignIn::new(office.directory.clone(), office.master.clone()).unwrap();
        assert!(other.resolve(&opened.token, &here).await.unwrap().is_some());
    }
}

on_both_engines! {
    async fn a_person_sees_and_ends_own_sessions_and_nobody_elses(db: Db) {
        let office = Office::open(db).await;
        let person = enrolled(&office, "a").await;
        enrolled(&office, "b").await;
        let (here, there) = (origin("device-1"), origin("device-2"));
        let first = sign_in(&office, "a", &here).await;
        office.clock.advance(30);
        let second = sign_in(&office, "a", &there).await;
        let other = sign_in(&office, "b", &origin("device-3")).await;
        let other = office.signin.resolve(&other.token, &origin("device-3")).await.unwrap().unwrap();
        let signed_in = office.signin.resolve(&first.token, &here).await.unwrap().unwrap();
        assert_eq!(office.directory.sessions_of(&person).await.unwrap().len(), 2);
        let refused = office.directory.end_session(&other.ctx, &signed_in.session.id).await;
        assert!(matches!(refused, Err(Problem::NotFound { .. })), "{refused:?}");
        assert_eq!(office.signin.sign_out_elsewhere(&signed_in).await.unwrap(), 1);
        assert!(office.signin.resolve(&second.token, &there).await.unwrap().is_none());
        office.signin.sign_out(&signed_in).await.unwrap();
        office.signin.sign_out(&signed_in).await.unwrap();
        assert!(office.signin.resolve(&first.token, &here).await.unwrap().is_none());
        assert!(office.directory.sessions_of(&person).await.unwrap().is_empty());
    }
}

on_both_engines! {
    async fn stepping_up_takes_a_new_code_and_counts_for_one_request(db: Db) {
        let office = Office::open(db).await;
        enrolled(&office, "a").await;
        let here = origin("device-1");
        let used = code(&office);
        let opened = sign_in(&office, "a", &here).await;
        let signed_in = office.signin.resolve(&opened.token, &here).await.unwrap().unwrap();
        assert_eq!(refusal(office.signin.step_up(&signed_in, &used, &here).await), "second-factor-used");
        assert_eq!(refusal(office.signin.step_up(&signed_in, "12345", &here).await), "second-factor-wrong");
        // A phone whose clock runs ahead, or the next code.
        let next = totp::code_at(SECRET, office.clock.now().plus_seconds(30)).unwrap();
        let fresh = office.signin.step_up(&signed_in, &next, &here).await.unwrap();
        assert_eq!(fresh.strength, Strength::Fresh);
        assert_eq!(refusal(office.signin.step_up(&signed_in, &next, &here).await), "second-factor-used");
        let again = office.signin.resolve(&opened.token, &here).await.unwrap().unwrap();
        assert_eq!(again.ctx.strength, Strength::TwoFactor);
    }
}

on_both_engines! {
    async fn guessing_is_slowed_down_then_shut_out_while_the_owners_own_device_still_gets_in(db: Db) {
        let office = Office::open(db).await;
        let person = enrolled(&office, "a").await;
        let home = origin("home");
        sign_in(&office, "a", &home).await;
        let mut answers = Vec::new();
        for _ in 0..40 {
            office.clock.advance(61);
            answers.push(office.signin.begin("a", "đoán mò thôi mà", &origin("stranger")).await.err().unwrap());
        }
        let failed = answers.iter().filter(|a| matches!(a, Problem::Refused { .. })).count();
        let shut_out = answers.iter().filter(|a| matches!(a, Problem::TooMany { .. })).count();
        assert!(failed >= 10 && shut_out >= 10, "{failed} {shut_out}");
        assert!(matches!(answers[10], Problem::TooMany { seconds: 800..=900 }), "{:?}", answers[10]);
        sign_in(&office, "a", &home).await;
        // Quick guesses meet the limit long before the lock.
        let quick = origin("quick");
        let mut taken = 0;
        for _ in 0..12 {
            match office.signin.begin("nobody", "đoán mò thôi mà", &quick).await.err().unwrap() {
                Problem::Refused { .. } => taken += 1,
                Problem::TooMany { seconds } => assert!(seconds > 0),
                other => panic!("{other}"),
            }
        }
        assert_eq!(taken, 5);
        recorded(&office, &person).await;
    }
}

/// Failures are recorded, in few acts, without the password, with at least one lock.
async fn recorded(office: &Office, person: &PersonId) {
    let stream = acts::signin_stream(Some(person));
    for _ in 0..100 {
        let acts = office.directory.journal().acts(&stream, 0, 200).await.unwrap();
        let refused = acts.iter().filter(|a| a.kind == "session.refused").count();
        if acts.iter().any(|a| a.kind == "credential.locked") {
            assert!((1..=12).contains(&refused), "{refused}");
            assert!(acts.iter().all(|a| !a.body.to_string().contains("đoán mò")));
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no lock was recorded");
}

on_both_engines! {
    async fn names_without_end_do_not_make_the_journal_grow(db: Db) {
        let office = Office::open(db).await;
        enrolled(&office, "a").await;
        let before = office.directory.journal().position().await.unwrap();
        for n in 0..60 {
            let from = Origin { address: format!("192.0.2.{n}"), ..origin(&format!("d{n}")) };
            let _ = office.signin.begin(&format!("ten-{n}"), "x", &from).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        let grown = office.directory.journal().position().await.unwrap() - before;
        assert!((1..=3).contains(&grown), "{grown}");
    }
}

on_both_engines! {
    async fn a_new_password_counts_at_once_and_ends_other_sessions(db: Db) {
        let office = Office::open(db).await;
        enrolled(&office, "a").await;
        let (here, there) = (origin("device-1"), origin("device-2"));
        let other = sign_in(&office, "a", &there).await;
        office.clock.advance(30);
        let opened = sign_in(&office, "a", &here).await;
        let signed_in = office.signin.resolve(&opened.token, &here).await.unwrap().unwrap();
        let change = async |old: &str, new: &str| office.signin.change_password(&signed_in, old, new, &here).await;
        assert!(matches!(change(PASSWORD, "ngắn").await, Err(Problem::Invalid(f)) if f[0].field == "new"));
        assert!(matches!(change("sai", "mật khẩu mới đủ dài").await, Err(Problem::Invalid(f)) if f[0].field == "old"));
        change(PASSWORD, "mật khẩu mới đủ dài").await.unwrap();
        assert!(office.signin.resolve(&opened.token, &here).await.unwrap().is_some());
        assert!(office.signin.resolve(&other.token, &there).await.unwrap().is_none());
        assert_eq!(refusal(office.signin.begin("a", PASSWORD, &here).await), "signin-failed");
        office.signin.begin("a", "mật khẩu mới đủ dài", &here).await.unwrap();
        office.assert_verifies().await;
    }
}

on_both_engines! {
    async fn the_first_second_factor_is_enrolled_with_a_code_and_replacing_it_needs_the_old_one(db: Db) {
        let office = Office::open(db).await;
        let person = office.person("a").await;
        office.signin.set_password(&office.system(), &person, PASSWORD).await.unwrap();
        let here = origin("device-1");
        let Begun::Opened(opened) = office.signin.begin("a", PASSWORD, &here).await.unwrap() else {
            panic!("there is no second factor yet")
        };
        let signed_in = office.signin.resolve(&opened.token, &here).await.unwrap().unwrap();
        assert_eq!(signed_in.ctx.strength, Strength::Password);
        let offer = office.signin.offer_totp(&signed_in).await.unwrap();
        assert!(offer.address.contains(offer.base32.as_str()));
        let confirm = async |sealed: &str, code: &str| {
            office.signin.confirm_totp(&signed_in.ctx, sealed, code, &here).await
        };
        assert_eq!(refusal(confirm(&offer.sealed, "000000").await), "second-factor-wrong");
        assert_eq!(refusal(confirm("forged", "000000").await), "signin-over");
        let secret = secret_of(&offer.base32);
        let code = totp::code_at(&secret, office.clock.now()).unwrap();
        confirm(&offer.sealed, &code).await.unwrap();
        let again = confirm(&offer.sealed, &code).await;
        assert!(matches!(again, Err(Problem::NeedsSecondFactor { .. })), "{again:?}");
        assert!(matches!(office.signin.begin("a", PASSWORD, &here).await.unwrap(), Begun::SecondFactor(_)));
        assert_eq!(person, person_id("a"));
        office.assert_verifies().await;
    }
}

fn secret_of(base32: &str) -> Vec<u8> {
    totp::from_base32(base32).unwrap().to_vec()
}
