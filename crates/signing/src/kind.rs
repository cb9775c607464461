//! What a file is: found by its first bytes, never by its name.

/// Bytes of the beginning that are looked at.
pub const HEAD: usize = 1024;

/// What a file is, as far as signatures are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A PDF file.
    Pdf,
    /// An XML document.
    Xml,
    /// A CMS message, in DER, BER or PEM.
    Message,
    /// A CMS message that holds a PDF file, or a PDF file behind other bytes: only reading tells.
    MessageOrPdf,
    /// Something else, which can only lie beside a signature.
    Other,
}

impl Kind {
    /// The kind of a file that begins so; [`HEAD`] bytes are enough.
    pub fn of(head: &[u8]) -> Kind {
        let head = &head[..head.len().min(HEAD)];
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        let is_pdf = head.windows(5).any(|w| w == b"%PDF-");
        match head.first() {
            Some(0x30) if is_pdf => Kind::MessageOrPdf,
            _ if is_pdf => Kind::Pdf,
            Some(0x30) => Kind::Message,
            _ if text.starts_with(b"-----BEGIN ") => Kind::Message,
            _ if text.starts_with(b"<") => Kind::Xml,
            _ => Kind::Other,
        }
    }
    /// The kind of a whole file.
    pub fn of_file(bytes: &[u8]) -> Kind {
        match Kind::of(bytes) {
            Kind::MessageOrPdf if crate::cades::content(bytes).is_ok() => Kind::Message,
            Kind::MessageOrPdf => Kind::Pdf,
            kind => kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_first_bytes() {
        let known: [(&[u8], Kind); 7] = [
            (b"%PDF-1.7", Kind::Pdf),
            (b"\xef\xbb\xbf\n<?xml version='1.0'?>", Kind::Xml),
            (b"-----BEGIN CMS-----", Kind::Message),
            (&[0x30, 0x82, 1, 1], Kind::Message),
            (b"0 %PDF-1.4", Kind::Pdf),
            (b"PK\x03\x04", Kind::Other),
            (b"", Kind::Other),
        ];
        for (bytes, kind) in known {
            assert_eq!(Kind::of_file(bytes), kind, "{bytes:?}");
        }
    }
}
