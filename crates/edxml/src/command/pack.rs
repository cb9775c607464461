//! `edxml pack`: a folder as `unpack` leaves it into a package.

use super::unpack::HEADER;
use super::{Failure, at, tell};
use crate::package::{Package, Unsendable, Wrap, is_file_name, write};
use crate::words::Language;
use kernel::Day;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Says what keeps the package from being sent; a file is only left when it is whole.
pub(super) fn run(
    folder: &Path,
    file: &Path,
    raw: bool,
    today: Day,
    language: Language,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let header = folder.join(HEADER);
    let text = fs::read_to_string(&header).map_err(at(&header))?;
    let package: Package =
        serde_json::from_str(&text).map_err(|why| Failure(format!("{}: {why}", header.display())))?;
    let wrap = if raw { Wrap::Raw } else { Wrap::Zip };
    let content = |at: usize| -> io::Result<File> {
        let name = &package.attachments[at].name;
        if !is_file_name(name) {
            return Err(io::Error::other(format!("{name:?} is no file name")));
        }
        let path = folder.join(name);
        File::open(&path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    };
    let place = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut whole = tempfile::NamedTempFile::new_in(place).map_err(at(place))?;
    match write(&package, today, wrap, content, BufWriter::new(&mut whole)) {
        Ok(()) => {
            whole.persist(file).map_err(|error| at(file)(error.error))?;
            writeln!(out, "{}", file.display())?;
            Ok(true)
        }
        Err(Unsendable::Rules(faults)) => {
            tell(faults.iter(), "✗", language, out)?;
            Ok(false)
        }
        Err(Unsendable::Io(error)) => Err(at(file)(error)),
    }
}
