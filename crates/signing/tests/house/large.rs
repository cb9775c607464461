//! A paper too large for memory, and how much memory the process has taken.

use std::{
    io::{Seek, SeekFrom, Write},
    path::Path,
};

/// Writes a paper with a large stream appended in an update of its own, as a scan would be.
pub fn write(path: &Path, paper: &[u8], megabytes: usize) -> std::io::Result<()> {
    let text = String::from_utf8_lossy(paper);
    let after = |word: &str| -> String {
        text[text.rfind(word).unwrap() + word.len()..].trim_start().chars().take_while(char::is_ascii_digit).collect()
    };
    let (root, size): (String, usize) = (after("/Root "), after("/Size ").parse().unwrap());
    let previous = after("startxref");
    let mut out = std::fs::File::create(path)?;
    out.write_all(paper)?;
    let length = megabytes << 20;
    let header = format!("\n{size} 0 obj\n<</Length {length}>>\nstream\n");
    out.write_all(header.as_bytes())?;
    // Zeros, which take no room on disk.
    out.seek(SeekFrom::Current(length as i64))?;
    let end = "\nendstream\nendobj\n";
    let start = paper.len() + header.len() + length + end.len();
    let offset = paper.len() + 1;
    let next = size + 1;
    let tail = format!(
        "{end}xref\n{size} 1\n{offset:010} 00000 n\r\ntrailer\n<</Size {next}/Root {root} 0 R/Prev {previous}>>\nstartxref\n{start}\n%%EOF\n"
    );
    out.write_all(tail.as_bytes())
}

/// Appends bytes to a file.
pub fn append(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::OpenOptions::new().append(true).open(path)?.write_all(bytes)
}

/// The memory of this process at its highest, in kB; `None` where the system does not say.
pub fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}
