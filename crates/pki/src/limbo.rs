//! Runs cases in the format of x509-limbo (C2SP), so that anyone can hold this path validation against a public suite.
//!
//! The suite judges clients of the web. Host names of the expected peer are compared in the simplest form; the rules that
//! browsers add (`webpki::`, `online::`) are not those of signatures, and such cases are skipped with that reason.

use crate::{
    certificate::Certificate,
    crl::Crl,
    general_name::GeneralName,
    oid::{self, Oid},
    path::{self, Material, Options, TrustAnchors},
};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// A file of cases.
#[derive(Debug, Deserialize)]
pub struct Suite {
    /// The cases.
    pub testcases: Vec<Case>,
}

/// One case; what is not used here is left out.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// Its name, `group::name`.
    pub id: String,
    /// What the suite expects: `SUCCESS` or `FAILURE`.
    #[serde(default)]
    pub expected_result: String,
    validation_kind: String,
    #[serde(default)]
    trusted_certs: Vec<String>,
    #[serde(default)]
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    validation_time: Option<String>,
    #[serde(default)]
    extended_key_usage: Vec<String>,
    expected_peer_name: Option<PeerName>,
    max_chain_depth: Option<usize>,
    #[serde(default)]
    crls: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct PeerName {
    kind: String,
    value: String,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The case.
    pub id: String,
    /// `SUCCESS`, `FAILURE` or `SKIPPED`.
    pub result: &'static str,
    /// Why, when it is not a success.
    pub reason: Option<String>,
}

/// Runs one case. `now` counts where the case has no time of its own.
pub fn run(case: &Case, now: Timestamp) -> Outcome {
    let outcome = |result, reason| Outcome { id: case.id.clone(), result, reason };
    if ["webpki::", "online::", "bettertls::"].iter().any(|group| case.id.starts_with(group)) {
        return outcome("SKIPPED", Some("rules of web browsers, which do not apply to signatures".into()));
    }
    match judge(case, now) {
        Ok(()) => outcome("SUCCESS", None),
        Err(reason) => outcome("FAILURE", Some(reason)),
    }
}

fn judge(case: &Case, now: Timestamp) -> Result<(), String> {
    let read = |pem: &String| -> Result<Certificate, String> {
        let mut all = Certificate::from_pem(pem).map_err(|e| e.to_string())?;
        all.pop().ok_or_else(|| "a PEM text without certificate".to_owned())
    };
    let peer = read(&case.peer_certificate)?;
    let anchors = case.trusted_certs.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    // One that does not read cannot be part of a path.
    let between: Vec<Certificate> = case.untrusted_intermediates.iter().filter_map(|pem| read(pem).ok()).collect();
    let mut crls = Vec::new();
    for pem in &case.crls {
        crls.extend(Crl::from_pem(pem).map_err(|e| e.to_string())?);
    }
    let at = match &case.validation_time {
        Some(text) => {
            let time: jiff::Timestamp = text.parse().map_err(|e| format!("{text:?} is no time: {e}"))?;
            Timestamp::from_micros(time.as_microsecond())
        }
        None => now,
    };
    let options =
        Options { strict: true, later_lists: false, max_intermediates: case.max_chain_depth, ..Options::at(at) };
    let anchors = TrustAnchors::new(anchors);
    let material = Material { anchors: &anchors, certificates: &between, crls: &crls, answers: &[] };
    path::find(&peer, material, &options).map_err(|e| e.to_string())?;
    usage(case, &peer)?;
    peer_name(case, &peer)
}

fn usage(case: &Case, peer: &Certificate) -> Result<(), String> {
    let Some(stated) = &peer.extensions().extended_key_usage else { return Ok(()) };
    let named = |name: &str| -> Option<Oid> {
        Some(match name {
            "serverAuth" => oid::SERVER_AUTH,
            "clientAuth" => oid::CLIENT_AUTH,
            "timeStamping" => oid::TIME_STAMPING,
            "OCSPSigning" => oid::OCSP_SIGNING,
            "anyExtendedKeyUsage" => oid::ANY_EXTENDED_KEY_USAGE,
            _ => return None,
        })
    };
    let mut wanted: Vec<Option<Oid>> = case.extended_key_usage.iter().map(|name| named(name)).collect();
    if wanted.is_empty() {
        wanted.push(Some(if case.validation_kind == "CLIENT" { oid::CLIENT_AUTH } else { oid::SERVER_AUTH }));
    }
    let any = stated.contains(&oid::ANY_EXTENDED_KEY_USAGE);
    let met = |w: &Option<Oid>| w.is_some_and(|w| stated.contains(&w) || any);
    if wanted.iter().all(met) { Ok(()) } else { Err("the certificate is not for this use".into()) }
}

fn peer_name(case: &Case, peer: &Certificate) -> Result<(), String> {
    let Some(name) = &case.expected_peer_name else { return Ok(()) };
    let names = peer.extensions().subject_alt_names.as_deref().unwrap_or(&[]);
    let found = names.iter().any(|stated| match (name.kind.as_str(), stated) {
        ("DNS", GeneralName::Dns(dns)) => host_matches(dns, &name.value),
        ("IP", GeneralName::Ip(octets)) => name.value.parse().is_ok_and(|ip| match ip {
            std::net::IpAddr::V4(ip) => ip.octets() == octets.as_slice(),
            std::net::IpAddr::V6(ip) => ip.octets() == octets.as_slice(),
        }),
        ("RFC822", GeneralName::Email(address)) => *address == name.value,
        _ => false,
    });
    if found { Ok(()) } else { Err(format!("the certificate does not name {}", name.value)) }
}

/// Equal, or a wildcard for exactly the first label.
fn host_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(rest) => {
            host.split_once('.').is_some_and(|(label, tail)| !label.is_empty() && tail.eq_ignore_ascii_case(rest))
        }
        None => pattern.eq_ignore_ascii_case(host),
    }
}
