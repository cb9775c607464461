//! PEM (RFC 7468): base64 between two lines.

use crate::error::{Result, malformed};
use base64::{Engine, engine::general_purpose::STANDARD};

/// One block with lines of 64 characters.
pub fn encode(der: &[u8], label: &str) -> String {
    let text = STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

/// The content of every block with this label.
///
/// # Errors
/// [`crate::Error::Malformed`] for a block that has no end or is no base64.
pub fn decode(text: &str, label: &str) -> Result<Vec<Vec<u8>>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(&begin) {
        let (body, after) = after.split_once(&end).ok_or_else(|| malformed("PEM text", "a block without end"))?;
        let body: String = body.split_ascii_whitespace().collect();
        blocks.push(STANDARD.decode(body).map_err(|_| malformed("PEM text", "a block that is no base64"))?);
        rest = after;
    }
    Ok(blocks)
}
