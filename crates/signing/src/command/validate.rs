//! `validate`: the signatures of files, as JSON lines or in plain sentences.

use super::{Failure, Outside, files};
use crate::{
    assess::Trust,
    cades::Content,
    kind::{HEAD, Kind},
    pdf::Source,
    report::{Report, SignatureReport},
    report_xml,
    validate::{NO_SIGNATURE_FILE, Validation},
    words::{self, Language},
};
use kernel::Timestamp;
use pki::TrustAnchors;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Most bytes of a CMS or XML file, which are read into memory; PDF files and what stands beside a signature are read in
/// pieces, whatever their size.
pub const MAX_FILE: u64 = 256 << 20;

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
pub struct ValidateArguments {
    /// Trusted roots: PEM or DER files, or folders of them. May be given several times.
    #[arg(long, value_name = "PEM_OR_DIR")]
    trust: Vec<PathBuf>,
    /// Certificates, revocation lists and OCSP answers that may be used; not trusted by themselves.
    #[arg(long, value_name = "FILE_OR_DIR")]
    known: Vec<PathBuf>,
    /// The time of validation; without it, now.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Fetch nothing.
    #[arg(long)]
    offline: bool,
    /// One JSON object for each file, on its own line.
    #[arg(long, conflicts_with = "xml")]
    json: bool,
    /// The validation report of ETSI TS 119 102-2, one XML document for each file.
    #[arg(long)]
    xml: bool,
    /// The language of plain sentences.
    #[arg(long, value_enum, default_value_t)]
    language: Language,
    /// What a detached signature is over; without it, the signature's file name without .p7s, .sig or .xml.
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
    /// The files: PDF, CAdES (.p7s, .p7m) or XML.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// True when every signature of every file is valid.
pub(super) fn run(arguments: &ValidateArguments, outside: &mut Outside<'_>) -> Result<bool, Failure> {
    let at = arguments.at.as_deref().map_or_else(|| Ok(outside.clock.now()), files::time)?;
    let roots = files::Bag::read(&arguments.trust)?;
    let known = files::Bag::read(&arguments.known)?;
    let trust = Trust {
        anchors: TrustAnchors::new(roots.certificates),
        certificates: known.certificates,
        crls: [roots.crls, known.crls].concat(),
    };
    let answers = [roots.answers, known.answers].concat();
    let transport = outside.transport.clone().filter(|_| !arguments.offline);
    let mut validation = Validation::new(&trust, at).with_answers(&answers);
    if let Some(transport) = transport.as_deref() {
        validation = validation.online(transport);
    }
    let mut good = true;
    for path in &arguments.files {
        let report = file(path, arguments.content.as_deref(), &validation);
        good &= report.is_all_passed();
        let name = path.display().to_string();
        if arguments.json {
            writeln!(outside.out, "{}", line(&name, &report))?;
        } else if arguments.xml {
            writeln!(outside.out, "{}", report_xml::write(&name, &report, at))?;
        } else {
            writeln!(outside.out, "{name}")?;
            for sentence in words::report(&report, arguments.language) {
                writeln!(outside.out, "  {sentence}")?;
            }
        }
    }
    Ok(good)
}

fn file(path: &Path, content: Option<&Path>, validation: &Validation<'_>) -> Report {
    match judge(path, content, validation) {
        Ok(report) => report,
        Err(Failure(why)) => Report::failed(why),
    }
}

fn judge(path: &Path, content: Option<&Path>, validation: &Validation<'_>) -> Result<Report, Failure> {
    let source = Source::open(path).map_err(|error| Failure(error.to_string()))?;
    let kind = Kind::of(&source.head(HEAD));
    if kind == Kind::Pdf {
        return Ok(validation.pdf_file(&source));
    }
    if kind == Kind::Other {
        return Err(Failure(NO_SIGNATURE_FILE.into()));
    }
    let bytes = files::read(path, MAX_FILE)?;
    if Kind::of_file(&bytes) == Kind::Pdf {
        return Ok(validation.pdf_file(&source));
    }
    let beside = || content.map(Path::to_owned).or_else(|| named_beside(path));
    if kind == Kind::Xml {
        let content = beside().map(|path| files::read(&path, MAX_FILE)).transpose()?;
        return Ok(validation.xml(&bytes, content.as_deref()));
    }
    if crate::cades::content(&bytes).is_ok_and(|content| content.is_some()) {
        return Ok(validation.cms(&bytes, Content::Attached));
    }
    let Some(path) = beside() else { return Ok(validation.cms(&bytes, Content::Attached)) };
    let fail = |error: std::io::Error| Failure(format!("{}: {error}", path.display()));
    let content = Source::open(&path).map_err(fail)?;
    let mut hashed = |hash: pki::Hash| {
        let mut digest = hash.start();
        content.each_piece(&mut |part| digest.update(part));
        Ok(digest.finish())
    };
    match content.in_memory() {
        Some(content) => Ok(validation.cms(&bytes, Content::Bytes(content))),
        None => Ok(validation.cms(&bytes, Content::Hashed(&mut hashed))),
    }
}

fn named_beside(path: &Path) -> Option<PathBuf> {
    let known = path.extension().is_some_and(|e| ["p7s", "sig", "xml"].iter().any(|k| e.eq_ignore_ascii_case(k)));
    let stem = path.with_extension("");
    (known && stem.is_file()).then_some(stem)
}

fn line(name: &str, report: &Report) -> Value {
    match &report.error {
        Some(error) => json!({"file": name, "error": error}),
        None => json!({"file": name, "signatures": report.signatures.iter().map(signature).collect::<Vec<_>>()}),
    }
}

fn signature(found: &SignatureReport) -> Value {
    json!({
        "field": found.field,
        "signer": found.signer.name,
        "level": found.level,
        "signing_time": found.signing_time.map(Timestamp::iso_local),
        "time_source": found.time_source,
        "indication": found.indication,
        "sub_indication": found.sub_indication,
        "integrity": found.integrity,
        "covers_whole_document": found.covers_whole_document,
        "changes_after": found.changes_after,
    })
}
