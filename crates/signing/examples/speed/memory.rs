//! How much memory a paper of 200 MB takes.

use crate::{
    house::{House, sample},
    large,
};
use signing::{Revision, Source, validate::Validation};

/// Signs and validates such a paper in pieces and prints the memory of the process at its highest. To be called first, while
/// nothing else has taken any.
pub fn print() -> Result<(), Box<dyn std::error::Error>> {
    let house = House::new(pki::KeyKind::P256);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("large.pdf");
    large::write(&path, &sample("paper.pdf"), 200)?;
    let peak =
        || large::peak().map_or("unknown".to_owned(), |kilobytes| format!("{:.0} MB", kilobytes as f64 / 1024.0));
    let before = peak();
    let signed =
        Revision::new("ChuKy").append(&Source::open(&path)?, &house.person, house.now, Some(&house.stamper))?;
    let signing = peak();
    large::append(&path, &signed.bytes)?;
    let trust = house.trust();
    assert!(Validation::new(&trust, house.now).pdf_file(&Source::open(&path)?).is_all_passed());
    println!("memory at its highest, 200 MB paper: {signing} signing it, {} validating it ({before} before)", peak());
    Ok(())
}
