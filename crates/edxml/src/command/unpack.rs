//! `edxml unpack`: a package into a folder of its own.

use super::{Failure, at, open, tell};
use crate::package::is_file_name;
use crate::words::Language;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// The header's file in an unpacked folder.
pub(super) const HEADER: &str = "package.json";

/// Writes only what need not be refused; a refused package leaves no folder.
pub(super) fn run(file: &Path, folder: &Path, language: Language, out: &mut dyn Write) -> Result<bool, Failure> {
    let reading = open(file)?;
    tell(reading.refusals.iter(), "✗", language, out)?;
    tell(reading.oddities.iter(), "·", language, out)?;
    if !reading.refusals.is_empty() {
        return Ok(false);
    }
    fs::create_dir(folder).map_err(at(folder))?;
    let (mut package, mut used) = (reading.package, BTreeSet::from([HEADER.to_owned()]));
    for (number, (head, content)) in package.attachments.iter_mut().zip(reading.contents).enumerate() {
        let mut name = head.name.clone();
        if !is_file_name(&name) || !used.insert(name.to_lowercase()) {
            name = format!("{}-{name}", number + 1);
            if !is_file_name(&name) {
                name = format!("attachment-{}", number + 1);
            }
            used.insert(name.to_lowercase());
            head.name.clone_from(&name);
            let same = |reference: &&mut crate::package::Reference| {
                crate::package::bare_id(&reference.content_id) == crate::package::bare_id(&head.content_id)
            };
            if let Some(reference) = package.references.iter_mut().find(same) {
                reference.name.clone_from(&name);
            }
        }
        let path = folder.join(&name);
        let mut to = fs::File::create_new(&path).map_err(at(&path))?;
        if let Some(mut slot) = content.slot {
            io::copy(&mut slot, &mut to).map_err(at(&path))?;
        }
        writeln!(out, "{}", path.display())?;
    }
    let path = folder.join(HEADER);
    let text = serde_json::to_string_pretty(&package).map_err(|why| Failure(why.to_string()))?;
    fs::write(&path, text + "\n").map_err(at(&path))?;
    writeln!(out, "{}", path.display())?;
    Ok(true)
}
