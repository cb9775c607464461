//! What the certificate desk does in a second, beside the raw key and `openssl ts` in the same run:
//! `cargo bench -p dienhong-directory --bench certificates [-- --certificates 1000000]`
//!
//! On SQLite as an office runs it: every change waits for the disk. *issued* makes keys, certificates and their acts, 200
//! in a change; the lists are then signed over all of them, with 1,000 revoked. *status* answers in one thread, *time
//! stamps* come from 64 askers at once and are in the journal when they are given.

use directory::{Basis, CrlKind, Directory, Holder, Keys, NewPerson, PersonPrivate};
use journal::Journal;
use kernel::{Clock, Ctx, Grade, OsEntropy, PersonId, SystemClock, id::RequestId};
use pki::{
    Authority, KeyKind, PrivateKey, Profile, Reason, Subject,
    ocsp::Request,
    time_stamp::{TimeStampRequest, read_answer},
};
use signing::MasterKey;
use std::{error::Error, path::Path, process::Command, sync::Arc, time::Instant};
use testkit::{Db, engines::tree_key};

type Done<T> = Result<T, Box<dyn Error>>;

const IN_A_CHANGE: usize = 200;

#[tokio::main]
async fn main() -> Done<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    let count: usize = after("--certificates").map_or(Ok(20_000), |text| text.parse())?;
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let (db, policies) = (Db::sqlite(), Arc::new(policy::Policies::load(None)?));
    let tables = Directory::projections();
    let journal = Journal::open(db.options(), policies, tables, clock.clone(), entropy.clone(), tree_key()).await?;
    let directory = Directory::new(journal);
    let keys = Keys::new(directory.clone(), Arc::new(MasterKey::random(&OsEntropy)), clock, entropy);
    let seed = Ctx::system("seed", SystemClock.now(), RequestId::new("request-bench")?);
    let basis = Basis::cited("Đo tốc độ");
    keys.establish_authority(&seed, &basis).await?;
    let person = NewPerson {
        id: Some(PersonId::new("person-1")?),
        name: "Nguyễn Văn A".into(),
        login: None,
        clearance: Grade::Open,
        private: PersonPrivate::default(),
    };
    let holder = Holder::Person(directory.register_person(&seed, person).await?);

    let raw = raw_signatures()?;
    println!("limit: P-256 signatures, one thread          {raw:>10.0}/s");
    let serials = issue(&keys, &seed, &holder, count, &basis).await?;
    lists(&keys, &seed, &serials, &basis).await?;
    status(&keys, &serials[count - 1], raw).await?;
    stamps(&keys).await
}

fn raw_signatures() -> Done<f64> {
    let key = PrivateKey::generate(KeyKind::P256)?;
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed().as_secs() < 1 {
        key.sign(b"message")?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

async fn issue(keys: &Keys, ctx: &Ctx, holder: &Holder, count: usize, basis: &Basis) -> Done<Vec<String>> {
    let until = SystemClock.now().plus_seconds(1000 * 86_400);
    let (start, mut serials) = (Instant::now(), Vec::with_capacity(count));
    while serials.len() < count {
        let many = IN_A_CHANGE.min(count - serials.len());
        serials.extend(keys.issue(ctx, &vec![holder.clone(); many], until, basis).await?);
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    println!("certificates issued, durable                 {rate:>10.0}/s  ({count})");
    Ok(serials)
}

async fn lists(keys: &Keys, ctx: &Ctx, serials: &[String], basis: &Basis) -> Done<()> {
    for serial in serials.iter().step_by((serials.len() / 1000).max(1)).take(1000) {
        keys.revoke(ctx, serial, Reason::Superseded, basis).await?;
    }
    for (name, kind) in [("full list", CrlKind::Full), ("list of changes", CrlKind::Delta)] {
        let start = Instant::now();
        let list = keys.crl_of(kind).await?;
        let taken = start.elapsed().as_secs_f64() * 1e3;
        println!("{name:<16} over {:>9} certificates    {taken:>8.1} ms  ({} entries)", serials.len(), list.len());
    }
    Ok(())
}

async fn status(keys: &Keys, serial: &str, raw: f64) -> Done<()> {
    let issuer = keys.issuer().await?;
    let certificate = keys.certificate(serial).await?.ok_or("no certificate")?.certificate;
    for (name, nonce) in [("signed before", None), ("with nonce", Some(vec![7; 32]))] {
        let question = Request::about(&certificate, &issuer, nonce)?.to_der();
        let (start, mut count) = (Instant::now(), 0);
        while start.elapsed().as_secs() < 2 {
            keys.status(&question).await?;
            count += 1;
        }
        let rate = f64::from(count) / start.elapsed().as_secs_f64();
        println!("status answers, {name:<28} {rate:>10.0}/s  ({:.2} of the limit)", rate / raw);
    }
    Ok(())
}

async fn stamps(keys: &Keys) -> Done<()> {
    let imprint = pki::Hash::Sha256.of(&[b"van ban"]);
    let request = TimeStampRequest { hash: pki::Hash::Sha256, imprint, policy: None, nonce: None, certificate: true };
    let request = Arc::new(request.to_der());
    let (start, mut askers) = (Instant::now(), tokio::task::JoinSet::new());
    for _ in 0..64 {
        let (keys, request) = (keys.clone(), Arc::clone(&request));
        askers.spawn(async move {
            for _ in 0..40 {
                let answer = keys.stamp(&request).await.expect("the journal is there");
                read_answer(&answer).expect("a token was given");
            }
        });
    }
    askers.join_all().await;
    let ours = 64.0 * 40.0 / start.elapsed().as_secs_f64();
    println!("time stamps, durable, 64 askers              {ours:>10.0}/s");
    match openssl(&request)? {
        Some(theirs) => {
            println!(
                "openssl ts, one process a reply              {theirs:>10.0}/s  (ours: {:.0} times)",
                ours / theirs
            );
        }
        None => println!("openssl is not installed: no peer"),
    }
    Ok(())
}

/// `openssl ts -reply` with the same kind of key, over and over.
fn openssl(request: &[u8]) -> Done<Option<f64>> {
    if Command::new("openssl").arg("version").output().is_err() {
        return Ok(None);
    }
    let folder = tempfile::tempdir()?;
    let now = SystemClock.now();
    let (from, until) = (now.plus_seconds(-3600), now.plus_seconds(86_400 * 100));
    let generate = || PrivateKey::generate(KeyKind::P256);
    let root = Authority::root(&Subject::service("CA", "VPQH"), generate()?, from, until, &OsEntropy)?;
    let (key, name) = (generate()?, Subject::service("TSA", "VPQH"));
    let info = key.public_key_info();
    let certificate = root.issue(Profile::TimeStamping, &name, info, from, until, &OsEntropy)?;
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes);
    write("key.pem", pki::pem::encode(key.pkcs8(), "PRIVATE KEY").as_bytes())?;
    write("tsa.pem", certificate.to_pem().as_bytes())?;
    write("serial", b"01")?;
    write("query", request)?;
    write("conf", CONFIGURATION.as_bytes())?;
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed().as_secs() < 3 {
        reply(folder.path())?;
        count += 1;
    }
    Ok(Some(f64::from(count) / start.elapsed().as_secs_f64()))
}

fn reply(folder: &Path) -> Done<()> {
    let arguments = ["ts", "-reply", "-config", "conf", "-queryfile", "query", "-out", "reply"];
    let done = Command::new("openssl").args(arguments).current_dir(folder).output()?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into()) }
}

const CONFIGURATION: &str = "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\nsigner_cert = tsa.pem\nsigner_key = key.pem\n\
signer_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = sha256\n";
