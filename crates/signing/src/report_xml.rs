//! The validation report of ETSI TS 119 102-2 V1.4.1, as XML.

use crate::{
    report::{Indication, Level, Report, SignatureReport, TimeSource},
    xml::escape,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::Timestamp;
use pki::Certificate;

const NAMESPACE: &str = "http://uri.etsi.org/19102/v1.2.1#";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// The report of one file; `name` is how the file is called, `at` the time of validation.
///
/// What has no place of its own in the standard (the name of the file, the signer's field, changes after signing and
/// reasons) stands as additional report data, whose types begin with `urn:dienhong:`.
pub fn write(name: &str, report: &Report, at: Timestamp) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ValidationReport xmlns=\"{NAMESPACE}\" xmlns:ds=\"{DS}\">"
    );
    let mut certificates: Vec<&Certificate> = Vec::new();
    for signature in &report.signatures {
        let reference = signature.certificate.as_ref().map(|certificate| {
            let known = certificates.iter().position(|c| *c == certificate);
            known.unwrap_or_else(|| {
                certificates.push(certificate);
                certificates.len() - 1
            })
        });
        out.push_str(&one(name, signature, reference, at));
    }
    if report.signatures.is_empty() {
        out.push_str(&empty(name, report, at));
    }
    if !certificates.is_empty() {
        out.push_str("<SignatureValidationObjects>");
        for (i, certificate) in certificates.iter().enumerate() {
            let der = STANDARD.encode(certificate.der());
            out.push_str(&format!(
                "<ValidationObject id=\"certificate-{i}\"><ObjectType>urn:etsi:019102:validationObject:certificate</ObjectType><ValidationObjectRepresentation><base64>{der}</base64></ValidationObjectRepresentation></ValidationObject>"
            ));
        }
        out.push_str("</SignatureValidationObjects>");
    }
    out.push_str("</ValidationReport>");
    out
}

fn one(name: &str, signature: &SignatureReport, certificate: Option<usize>, at: Timestamp) -> String {
    let proven = signature.signing_time.filter(|_| signature.time_source == TimeSource::TimeStamp);
    let claimed = signature.signing_time.filter(|_| signature.time_source == TimeSource::Claimed);
    let attributes = claimed.map(|time| {
        let time = time.iso_local();
        format!(
            "<SignatureAttributes><SigningTime Signed=\"true\"><Time>{time}</Time></SigningTime></SignatureAttributes>"
        )
    });
    let signer = certificate.map(|i| {
        let who = escape(&signature.signer.name, false);
        format!("<SignerInformation><SignerCertificate VOReference=\"certificate-{i}\"></SignerCertificate><Signer>{who}</Signer></SignerInformation>")
    });
    let process = match signature.level {
        Level::Bare | Level::Bb => "Basic",
        Level::Bt | Level::Blt => "LTVM",
        Level::Blta | Level::DocumentTimeStamp => "LTA",
    };
    let indication = indication(signature.indication);
    let sub = signature.sub_indication.map(|sub| {
        let name = serde_json::to_value(sub).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        format!("<SubIndication>urn:etsi:019102:subindication:{name}</SubIndication>")
    });
    let chain = certificate.map(|i| {
        format!("<CertificateChain><SigningCertificate VOReference=\"certificate-{i}\"></SigningCertificate></CertificateChain>")
    });
    let text = |kind: &str, value: &str| data(kind, value);
    let value = |kind: &str, value: &dyn Fn() -> Option<String>| value().map(|v| data(kind, &v)).unwrap_or_default();
    let json = |v: serde_json::Result<serde_json::Value>| v.ok().and_then(|v| v.as_str().map(str::to_owned));
    let mut more = text("file", name);
    more += &text("field", &signature.field);
    more += &value("level", &|| json(serde_json::to_value(signature.level)));
    more += &value("integrity", &|| json(serde_json::to_value(signature.integrity)));
    more += &value("changes-after", &|| json(serde_json::to_value(signature.changes_after)));
    more += &text("covers-whole-document", if signature.covers_whole_document { "true" } else { "false" });
    for reason in &signature.reasons {
        more += &text("reason", reason);
    }
    let (now, best) = (at.iso_local(), proven.unwrap_or(at).iso_local());
    format!(
        "<SignatureValidationReport><SignatureIdentifier><HashOnly>false</HashOnly><DocHashOnly>false</DocHashOnly></SignatureIdentifier><ValidationTimeInfo><ValidationTime>{now}</ValidationTime><BestSignatureTime><POETime>{best}</POETime><TypeOfProof>urn:etsi:019102:poetype:validation</TypeOfProof></BestSignatureTime></ValidationTimeInfo>{}{}<SignatureValidationProcess><SignatureValidationProcessID>urn:etsi:019102:validationprocess:{process}</SignatureValidationProcessID></SignatureValidationProcess><SignatureValidationStatus><MainIndication>{indication}</MainIndication>{}<AssociatedValidationReportData>{}<AdditionalValidationReportData>{more}</AdditionalValidationReportData></AssociatedValidationReportData></SignatureValidationStatus></SignatureValidationReport>",
        attributes.unwrap_or_default(),
        signer.unwrap_or_default(),
        sub.unwrap_or_default(),
        chain.unwrap_or_default(),
    )
}

/// A file without signatures still has a report (TS 119 102-2, 4.2.3).
fn empty(name: &str, report: &Report, at: Timestamp) -> String {
    let now = at.iso_local();
    let mut more = data("file", name);
    if let Some(error) = &report.error {
        more += &data("reason", error);
    }
    format!(
        "<SignatureValidationReport><ValidationTimeInfo><ValidationTime>{now}</ValidationTime><BestSignatureTime><POETime>{now}</POETime><TypeOfProof>urn:etsi:019102:poetype:validation</TypeOfProof></BestSignatureTime></ValidationTimeInfo><SignatureValidationStatus><MainIndication>urn:etsi:019102:mainindication:NO_SIGNATURE_FOUND</MainIndication><AssociatedValidationReportData><AdditionalValidationReportData>{more}</AdditionalValidationReportData></AssociatedValidationReportData></SignatureValidationStatus></SignatureValidationReport>"
    )
}

fn data(kind: &str, value: &str) -> String {
    // Characters that XML cannot carry are replaced: reasons may quote names out of a file.
    let plain: String = value
        .chars()
        .map(|c| if c.is_control() || c > '\u{fffd}' && c < '\u{10000}' { '\u{fffd}' } else { c })
        .collect();
    format!("<ReportData><Type>urn:dienhong:{kind}</Type><Value>{}</Value></ReportData>", escape(&plain, false))
}

fn indication(indication: Indication) -> &'static str {
    match indication {
        Indication::TotalPassed => "urn:etsi:019102:mainindication:total-passed",
        Indication::TotalFailed => "urn:etsi:019102:mainindication:total-failed",
        Indication::Indeterminate => "urn:etsi:019102:mainindication:indeterminate",
    }
}
