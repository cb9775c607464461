//! How fast papers are signed and validated, beside the raw key and beside pyHanko in the same run, and how much memory a
//! large one takes: `cargo run --release -p dienhong-signing --example speed -- [PYTHON]`.

mod clock;
#[path = "../../tests/house/mod.rs"]
mod house;
#[path = "../../tests/house/large.rs"]
mod large;
mod memory;
mod office;
mod peer;

use clock::rate;
use house::sample;
use office::Office;
use pki::KeyKind;
use signing::{Level, validate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let python = std::env::args().nth(1);
    memory::print()?;
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let office = Office::new(kind)?;
        for paper in [office::page(), sample("paper.pdf")] {
            let ours = Rates::measure(&office, &paper)?;
            let Some(python) = &python else { continue };
            let theirs = peer::measure(python, &office, &paper)?;
            println!("  raw key by OpenSSL     {:>9.0}/s", theirs.key);
            for (name, ours, theirs) in [
                ("B-B sign", ours.bb_sign, theirs.bb_sign),
                ("B-B validate", ours.bb_validate, theirs.bb_validate),
                ("B-LTA sign", ours.lta_sign, theirs.lta_sign),
                ("B-LTA validate", ours.lta_validate, theirs.lta_validate),
            ] {
                println!("  pyHanko {name:<14} {theirs:>9.0}/s  ours is {:.0} times as fast", ours / theirs);
            }
        }
    }
    Ok(())
}

/// How often in a second.
struct Rates {
    bb_sign: f64,
    bb_validate: f64,
    lta_sign: f64,
    lta_validate: f64,
}

impl Rates {
    fn measure(office: &Office, paper: &[u8]) -> Result<Rates, signing::SignError> {
        let (signed, archived) = (office.sign(paper)?, office.archive(paper)?);
        let raw = rate(|| drop(office.key.sign(b"x")));
        println!("{:?}, paper of {:.1} kB, one core", office.kind, paper.len() as f64 / 1024.0);
        println!("  raw key                {raw:>9.0}/s");
        // What cannot be left out: the paper is read and hashed, then the key signs.
        let hash = rate(|| drop(pki::Hash::Sha256.of(&[paper])));
        let ceiling = 1.0 / (1.0 / raw + 1.0 / hash);
        println!("  SHA-256 of the paper   {hash:>9.0}/s  {:.0} MB/s", hash * paper.len() as f64 / 1e6);
        println!("  hash and key together  {ceiling:>9.0}/s  {:.0} % of the raw key", ceiling / raw * 100.0);
        let bb_sign = rate(|| drop(office.sign(paper)));
        println!(
            "  B-B sign               {bb_sign:>9.0}/s  {:.0} % of the raw key, {:.0} % of hash and key together",
            bb_sign / raw * 100.0,
            bb_sign / ceiling * 100.0
        );
        let message = rate(|| drop(signing::cades::sign_detached(b"x", &office.person, office.house.now, None)));
        println!("  CAdES of one byte      {message:>9.0}/s  {:.0} % of the raw key", message / raw * 100.0);
        let judge = |pdf: &[u8]| validate::pdf(pdf, &office.trust, office.house.now);
        assert_eq!(judge(&archived).signatures[0].level, Level::Blta);
        let bb_validate = rate(|| assert!(judge(&signed).is_all_passed()));
        println!("  B-B validate           {bb_validate:>9.0}/s");
        let lta_sign = rate(|| drop(office.archive(paper)));
        println!("  B-LTA sign             {lta_sign:>9.0}/s");
        let lta_validate = rate(|| assert!(judge(&archived).is_all_passed()));
        println!("  B-LTA validate         {lta_validate:>9.0}/s");
        Ok(Rates { bb_sign, bb_validate, lta_sign, lta_validate })
    }
}
