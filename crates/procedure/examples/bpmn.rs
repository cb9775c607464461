//! Writes every procedure of `procedures/` as BPMN 2.0 into the folder given.

use procedure::{Catalogue, bpmn, draw};
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("give the folder to write to")?);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../procedures");
    let catalogue = Catalogue::load(Some(&root))?;
    std::fs::create_dir_all(&folder)?;
    for procedure in catalogue.newest() {
        let file = |ending: &str| folder.join(format!("{}.{ending}", procedure.id));
        std::fs::write(file("bpmn"), bpmn::export(procedure, catalogue.references()))?;
        std::fs::write(file("svg"), draw::svg(procedure, None, draw::Language::Vietnamese))?;
    }
    Ok(())
}
