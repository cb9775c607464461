//! The demo: an Assembly of synthetic people on any storage, with five resolutions at five stages and a
//! clerk's desk of documents that came and went.
//!
//! Everything is entered through the services, as acts; nothing here writes to storage on its own.

pub mod accounts;
pub mod bulk;
pub mod cases;
pub mod codes;
pub mod correspondence;
mod desk;
mod enter;
pub mod institution;
pub mod papers;
pub mod provinces;
pub mod roster;
pub mod stories;

use accounts::Accounts;
use directory::{Directory, Keys};
use journal::Journal;
use kernel::{Ctx, Entropy, PersonId, id::RequestId};
use roster::Term;
use signing::MasterKey;

/// The name of the file with the accounts, in the data folder.
pub const ACCOUNTS_FILE: &str = "demo-accounts.json";

/// Whether an Assembly was seeded already.
///
/// # Errors
/// When the storage does not answer.
pub async fn is_seeded(directory: &Directory) -> anyhow::Result<bool> {
    let chairperson = PersonId::new("db-001")?;
    Ok(directory.person(&chairperson).await?.is_some())
}

/// Seeds the Assembly: bodies, people with their positions, credentials, certificates. `say` is told how far it is.
///
/// # Errors
/// When the storage does not answer.
pub async fn institution(
    directory: &Directory,
    master: &MasterKey,
    keys: &Keys,
    say: &mut dyn FnMut(&str),
) -> anyhow::Result<Accounts> {
    let journal = directory.journal();
    let now = journal.clock().now();
    let ctx = seeding(journal);
    let term = Term::around(now.day());
    let people = roster::roster();

    let bodies = enter::bodies(directory, &ctx, term).await?;
    say(&format!("{bodies} bodies"));
    enter::people(directory, &ctx, term, &people).await?;
    say(&format!("{} people with their positions", people.len()));
    let password = password(journal.entropy());
    let accounts = enter::credentials(directory, master, &ctx, &people, &password).await?;
    say(&format!("{} people can sign in", accounts.len()));
    let certificates = enter::certificates(keys, &ctx, term, now.day(), &people).await?;
    say(&format!("{certificates} certificates"));
    Ok(Accounts { password, accounts })
}

/// The program itself, as it seeds.
fn seeding(journal: &Journal) -> Ctx {
    Ctx::system("seed", journal.clock().now(), RequestId::mint(journal.clock(), journal.entropy()))
}

/// A password that people can type: five syllables out of 32, 25 random bits. Enough for synthetic people behind limits
/// on tries; an office draws longer ones.
fn password(entropy: &dyn Entropy) -> String {
    const SYLLABLES: [&str; 32] = [
        "an", "ba", "cam", "dong", "giang", "ha", "hoa", "hong", "khoi", "lam", "linh", "long", "mai", "minh", "nam",
        "ngoc", "nhan", "phong", "phu", "quang", "sen", "son", "tam", "thanh", "thu", "tien", "trung", "tu", "van",
        "vinh", "xuan", "yen",
    ];
    let mut random = [0u8; 5];
    entropy.fill(&mut random);
    let words: Vec<&str> = random.iter().map(|b| SYLLABLES[usize::from(b & 31)]).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use directory::{Begun, Origin, SignIn};
    use kernel::{BodyId, Clock, OsEntropy};
    use std::sync::Arc;

    testkit::on_both_engines! {
        async fn the_seeded_assembly_is_whole_and_its_people_can_sign_in(db: testkit::Db) {
            let policies = Arc::new(policy::Policies::load(None).unwrap());
            let journal = db.journal(policies, Directory::projections()).await.unwrap();
            let directory = Directory::new(journal.clone());
            let master = Arc::new(MasterKey::random(&OsEntropy));
            let keys = Keys::new(directory.clone(), master.clone(), db.clock.clone(), Arc::new(OsEntropy));
            assert!(!is_seeded(&directory).await.unwrap());
            let accounts = institution(&directory, &master, &keys, &mut |_| ()).await.unwrap();
            assert!(is_seeded(&directory).await.unwrap());

            let today = db.clock.now().day();
            let committee = BodyId::new(institution::STANDING_COMMITTEE).unwrap();
            assert_eq!(directory.members(&committee, today).await.unwrap().len(), 18);
            let tree = directory.body_tree(today).await.unwrap();
            assert_eq!(tree.len(), 2, "the Assembly, and the People's Council outside it");
            let coverage = keys.coverage().await.unwrap();
            assert_eq!(coverage.people, 721);
            assert!(coverage.equipped > 600 && coverage.equipped < coverage.people, "{coverage:?}");

            let signin = SignIn::new(directory.clone(), master).unwrap();
            let chair = accounts.holding("chairperson@ubtvqh").unwrap();
            let request = RequestId::new("request-test").unwrap();
            let origin = Origin { device: "device".into(), address: "192.0.2.1".into(), request };
            let Begun::SecondFactor(pending) = signin.begin(&chair.login, &accounts.password, &origin).await.unwrap() else {
                panic!("everybody has a second factor")
            };
            let code = codes::at(&chair.totp, u64::try_from(db.clock.now().seconds()).unwrap()).unwrap();
            let opened = signin.finish(&pending, &code, &origin).await.unwrap();
            let signed_in = signin.resolve(&opened.token, &origin).await.unwrap().unwrap();
            assert!(signed_in.person().positions.contains("chairperson@ubtvqh"));
            keys.signer_for(&signed_in.person().id).await.unwrap();
            assert!(journal.verify(&mut |_| ()).await.unwrap().clean());
        }
    }

    #[test]
    fn a_drawn_password_is_long_enough_and_never_the_same() {
        let drawn: Vec<String> = (0..20).map(|_| password(&kernel::OsEntropy)).collect();
        assert!(drawn.iter().all(|p| directory::password::check_new("new", p, "db001").is_ok()), "{drawn:?}");
        assert_ne!(drawn[0], drawn[1]);
    }
}
