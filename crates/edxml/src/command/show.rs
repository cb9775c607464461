//! `edxml show`: a package for people, or as the JSON that `pack` takes.

use super::{Failure, open, tell};
use crate::package::{Header, Package};
use crate::words::{Language, say};
use std::io::Write;
use std::path::Path;

pub(super) fn run(file: &Path, json: bool, language: Language, out: &mut dyn Write) -> Result<bool, Failure> {
    let reading = open(file)?;
    if json {
        let text = serde_json::to_string_pretty(&reading.package).map_err(|why| Failure(why.to_string()))?;
        writeln!(out, "{text}")?;
        return Ok(reading.refusals.is_empty());
    }
    header(&reading.package, language, out)?;
    for (head, content) in reading.package.attachments.iter().zip(&reading.contents) {
        let (length, digest) = (content.length, content.digest);
        let zip = content.entry.as_ref().map_or(String::new(), |entry| format!("; ZIP: {entry}"));
        writeln!(out, "{}: {} ({length} byte, SHA-256 {digest}{zip})", say(language, "show-attachment"), head.name)?;
    }
    tell(reading.refusals.iter(), "✗", language, out)?;
    tell(reading.oddities.iter(), "·", language, out)?;
    Ok(reading.refusals.is_empty())
}

fn header(package: &Package, language: Language, out: &mut dyn Write) -> std::io::Result<()> {
    let mut line = |key: &str, value: &str| {
        if value.is_empty() { Ok(()) } else { writeln!(out, "{}: {value}", say(language, key)) }
    };
    match &package.header {
        Header::Document(document) => {
            let kind = package.kind().map_or(String::new(), |kind| {
                let name = serde_json::to_value(kind).ok();
                format!("kind-{}", name.as_ref().and_then(|n| n.as_str()).unwrap_or_default())
            });
            line("show-package", say(language, &kind))?;
            line("field-From", &named(&document.from.organ_id, &document.from.name))?;
            for to in &document.to {
                line("field-To", &named(&to.organ_id, &to.name))?;
            }
            line("field-DocumentId", &document.document_id)?;
            line("field-Code", &document.code_text())?;
            line("field-PromulgationDate", &document.promulgation.date)?;
            line("field-TypeName", &document.document_type.name)?;
            line("field-Subject", &document.subject)?;
            line("field-SignerInfo", &named(&document.signer.position, &document.signer.full_name))?;
            line("field-BussinessDocReason", &package.trace.business.reason)?;
            for answered in &document.response_for {
                line("field-ResponseFor", &answered.document_id)?;
            }
        }
        Header::Status(status) => {
            line("show-status", &named(&status.code, say(language, &format!("status-{}", status.code))))?;
            line("field-From", &named(&status.from.organ_id, &status.from.name))?;
            line("field-ResponseFor", &status.response_for.document_id)?;
            line("field-Description", &status.description)?;
            line("field-Timestamp", &status.timestamp)?;
        }
    }
    for hop in &package.trace.hops {
        line("field-TraceHeader", &named(&hop.organ_id, &hop.timestamp))?;
    }
    Ok(())
}

fn named(id: &str, name: &str) -> String {
    format!("{id} {name}").trim().to_owned()
}
