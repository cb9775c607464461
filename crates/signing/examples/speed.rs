//! How fast papers are signed and validated, beside the raw key and beside pyHanko in the same run:
//! `cargo run --release -p dienhong-signing --example speed -- [PYTHON]`.

#[path = "../tests/house/mod.rs"]
mod house;

use pki::{KeyKind, PrivateKey, Profile, Subject};
use signing::{Revision, Signer, pades, validate};
use std::time::{Duration, Instant};

const TIME: Duration = Duration::from_secs(2);

/// How often in a second of the processor's time, so that other programs on the machine do not change the figure. Where the
/// system does not tell that time, seconds are those of the clock.
fn rate(mut work: impl FnMut()) -> f64 {
    work();
    let (start, busy, mut count) = (Instant::now(), processor(), 0u32);
    while start.elapsed() < TIME {
        work();
        count += 1;
    }
    let taken = match (busy, processor()) {
        (Some(before), Some(after)) if after > before => after - before,
        _ => start.elapsed().as_secs_f64(),
    };
    f64::from(count) / taken
}

/// Seconds that this thread has been on a processor.
fn processor() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let python = std::env::args().nth(1);
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let house = house::House::new(kind);
        let key = PrivateKey::generate(kind)?;
        let pkcs8 = key.pkcs8().to_vec();
        let (from, until) = (house.now.plus_seconds(-house::DAY), house.now.plus_seconds(900 * house::DAY));
        let subject = Subject::service("person", "VPQH");
        let raw = rate(|| drop(key.sign(b"x")));
        let person = house::issue(&house.issuing, Profile::Person, &subject, key, from, until);
        let paper = house::sample("paper.pdf");
        // As the program validates: with its own issuing authority known, whose signature is then checked once.
        let trust = signing::Trust { certificates: house.issuing.chain().to_vec(), ..house.trust() };
        let sign = |stamped: bool| {
            let stamper = stamped.then_some(&house.stamper as &dyn signing::TimeStamper);
            Revision::new("ChuKy").sign(&paper, &person, house.now, stamper).map(|s| s.pdf)
        };
        let signed = sign(false)?;
        let week = house.now.plus_seconds(7 * house::DAY);
        let lists = [house.issuing.crl(1, house.now, week, &[])?, house.root.crl(1, house.now, week, &[])?];
        let archive = || -> Result<Vec<u8>, signing::SignError> {
            let kept = pades::add_evidence(&sign(true)?, person.chain(), &lists)?;
            Ok(pades::add_archive_stamp(&kept, &house.stamper)?.pdf)
        };
        let archived = archive()?;
        let bb = rate(|| drop(sign(false)));
        let bb_validate = rate(|| assert!(validate::pdf(&signed, &trust, house.now).is_all_passed()));
        let lta = rate(|| drop(archive()));
        let lta_validate = rate(|| assert!(validate::pdf(&archived, &trust, house.now).is_all_passed()));
        println!("{kind:?}, 2-page paper of {} kB, one core", paper.len() / 1024);
        println!("  raw key                {raw:>9.0}/s");
        // What cannot be left out: the paper is read and hashed, then the key signs.
        let hash = rate(|| drop(pki::Hash::Sha256.of(&[&signed])));
        let least = 1.0 / (1.0 / raw + 1.0 / hash);
        println!("  SHA-256 of the paper   {hash:>9.0}/s  {:.0} MB/s", hash * signed.len() as f64 / 1e6);
        println!(
            "  B-B sign               {bb:>9.0}/s  {:.0} % of the raw key, {:.0} % of hash and key together",
            bb / raw * 100.0,
            bb / least * 100.0
        );
        let message = rate(|| drop(signing::cades::sign_detached(b"x", &person, house.now, None)));
        println!("  CAdES of one byte      {message:>9.0}/s  {:.0} % of the raw key", message / raw * 100.0);
        println!("  B-B validate           {bb_validate:>9.0}/s");
        println!("  B-LTA sign             {lta:>9.0}/s");
        println!("  B-LTA validate         {lta_validate:>9.0}/s");
        let Some(python) = &python else { continue };
        let folder = tempfile::tempdir()?;
        let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes);
        put("paper.pdf", &paper)?;
        put("person.p8", &pkcs8)?;
        put("person.pem", person.chain()[0].to_pem().as_bytes())?;
        put("issuing.pem", house.issuing.certificate().to_pem().as_bytes())?;
        put("root.pem", house.root.certificate().to_pem().as_bytes())?;
        put("now.txt", house.now.iso_local().as_bytes())?;
        let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/judges/pyhanko_speed.py");
        let out = std::process::Command::new(python).arg(script).arg(folder.path()).arg("3").output()?;
        let peer: serde_json::Value = serde_json::from_slice(&out.stdout)?;
        for (name, ours) in [("sign", bb), ("validate", bb_validate)] {
            let theirs = peer[name].as_f64().unwrap_or(f64::NAN);
            println!("  pyHanko B-B {name:<10} {theirs:>9.0}/s  ours is {:.0} times as fast", ours / theirs);
        }
    }
    Ok(())
}
