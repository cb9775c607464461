//! Writes `docs/procedures.md` anew from `procedures/`; lists what could not be read.

use procedure::{Catalogue, table};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let catalogue = Catalogue::load(Some(&root.join("procedures")))?;
    catalogue.problems().iter().for_each(|problem| println!("{problem}"));
    std::fs::create_dir_all(root.join("docs"))?;
    std::fs::write(root.join("docs/procedures.md"), table::markdown(&catalogue))?;
    println!("{} procedures", catalogue.newest().count());
    Ok(())
}
