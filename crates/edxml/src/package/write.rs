//! Writing a package: the header at once, contents streamed through ZIP and base64.

use super::model::{Header, Hop, Package};
use super::read::Station;
use super::record::{Part, Record};
use super::tree::Pen;
use super::{NAMESPACE, rules};
use crate::finding::Finding;
use base64::{engine::general_purpose::STANDARD, write::EncoderWriter};
use kernel::Day;
use std::io::{self, Read, Write};
use zip::{ZipWriter, write::SimpleFileOptions};

/// How contents stand in a package.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wrap {
    /// Each in a ZIP of one entry, as the software of the axis does.
    #[default]
    Zip,
    /// As they are.
    Raw,
}

/// Why a package was not written.
#[derive(Debug, thiserror::Error)]
pub enum Unsendable {
    /// It breaks rules.
    #[error("the package breaks the rules: {}", .0.iter().map(Finding::code).collect::<Vec<_>>().join(", "))]
    Rules(Vec<Finding>),
    /// A content or the output failed.
    #[error("the package cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// Writes a package that keeps the rules on a day; `content` opens the content of an attachment by its place.
///
/// # Errors
/// [`Unsendable::Rules`] before anything is written; [`Unsendable::Io`] when a content or the output fails.
pub fn write<R: Read>(
    package: &Package,
    today: Day,
    wrap: Wrap,
    mut content: impl FnMut(usize) -> io::Result<R>,
    mut out: impl Write,
) -> Result<(), Unsendable> {
    let faults = rules::check(package, today);
    if !faults.is_empty() {
        return Err(Unsendable::Rules(faults));
    }
    out.write_all(envelope(package).as_bytes())?;
    if !package.attachments.is_empty() {
        out.write_all(b"  <AttachmentEncoded>\n")?;
        for (at, head) in package.attachments.iter().enumerate() {
            let mut pen = Pen::at(3);
            Record::put(head, &mut pen);
            // The elements of attachments stand in the default namespace, the content's with the prefix: as senders do.
            let head = pen.finish().replace("<edXML:", "<").replace("</edXML:", "</");
            out.write_all(
                format!("    <Attachment>\n{head}      <edXML:ContentTransferEncoded xmlns:edXML=\"{NAMESPACE}\">")
                    .as_bytes(),
            )?;
            encode(content(at)?, &package.attachments[at].name, wrap, &mut out)?;
            out.write_all(b"</edXML:ContentTransferEncoded>\n    </Attachment>\n")?;
        }
        out.write_all(b"  </AttachmentEncoded>\n")?;
    }
    out.write_all(b"</edXML>\n")?;
    out.flush()?;
    Ok(())
}

/// The declaration, the root's start and the whole envelope.
fn envelope(package: &Package) -> String {
    let mut pen = Pen::at(1);
    pen.open_with("edXMLEnvelope", &format!(" xmlns:edXML=\"{NAMESPACE}\""));
    pen.open("edXMLHeader");
    match &package.header {
        Header::Document(document) => Part::put(&**document, "MessageHeader", &mut pen),
        Header::Status(status) => Part::put(&**status, "MessageHeader", &mut pen),
    }
    Part::put(&package.trace, "TraceHeaderList", &mut pen);
    if let Some(signature) = &package.signature {
        pen.raw(signature);
    }
    pen.close("edXMLHeader");
    if !package.references.is_empty() {
        pen.open("edXMLBody");
        pen.open_with("edXMLManifest", " version=\"1.0\"");
        package.references.put("Reference", &mut pen);
        pen.close("edXMLManifest");
        pen.close("edXMLBody");
    }
    pen.close("edXMLEnvelope");
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<edXML xmlns=\"{NAMESPACE}\">\n{}", pen.finish())
}

fn encode(mut content: impl Read, name: &str, wrap: Wrap, out: &mut impl Write) -> io::Result<()> {
    let mut base64 = EncoderWriter::new(out, &STANDARD);
    match wrap {
        Wrap::Raw => {
            io::copy(&mut content, &mut base64)?;
        }
        Wrap::Zip => {
            let mut zip = ZipWriter::new_stream(&mut base64);
            zip.start_file(name, SimpleFileOptions::default().large_file(false)).map_err(io::Error::other)?;
            io::copy(&mut content, &mut zip)?;
            zip.finish().map_err(io::Error::other)?;
        }
    }
    base64.finish().map(|_| ())
}

/// Copies a package with one more station on its way; every other byte stays as it was.
///
/// # Errors
/// When reading or writing fails.
pub fn add_station(mut package: impl Read, station: &Station, hop: &Hop, mut out: impl Write) -> io::Result<()> {
    io::copy(&mut package.by_ref().take(station.offset), &mut out)?;
    let mut pen = Pen::at(0);
    pen.open("TraceHeader");
    Record::put(hop, &mut pen);
    pen.close("TraceHeader");
    let prefix = &station.prefix;
    let text = pen.finish().replace("</edXML:", &format!("</{prefix}")).replace("<edXML:", &format!("<{prefix}"));
    out.write_all(text.as_bytes())?;
    io::copy(&mut package, &mut out)?;
    out.flush()
}
