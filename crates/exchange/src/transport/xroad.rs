//! X-Road: as a system of a member, over its Message Protocol for REST 1.0 (PR-REST).
//!
//! Our security server is asked at `/r1/{instance}/{class}/{member}/{subsystem}/{service}/packages`; it signs, stamps and
//! brings the package to the security server of the other member, whose service takes it. Nothing is fetched: what others
//! send us comes to our own service (`web::xroad`) and from there to [`crate::Office::brought`].
//!
//! The same package to the same receiver has the same `X-Road-Id`, so that who gets it twice knows it.

use super::members::{Member, Members};
use super::{Parcel, Pieces, Request, Response, Transport, Trouble, Waiting, Wire, collect};
use crate::MessageType;
use crate::office::Listed;
use async_trait::async_trait;
use kernel::Digest;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;

/// Largest answer.
const MOST_ANSWER: usize = 1 << 20;
/// What stands in a part of an identifier as it is (RFC 3986, unreserved).
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The bytes of SHA-512 in base 64.
const HASH_TEXT: usize = 88;

/// X-Road through our security server.
pub struct XroadTransport {
    wire: Arc<dyn Wire>,
    server: String,
    client: String,
    members: Members,
}

/// An identifier: `VN/GOV/C01/DIENHONG`, with its parts encoded for the wire.
fn encoded(identifier: &str) -> String {
    let parts: Vec<String> = identifier.split('/').map(|part| utf8_percent_encode(part, PART).to_string()).collect();
    parts.join("/")
}

/// The same from the wire; none for what is no identifier of a member or subsystem, or of a service with one part more.
fn decoded(wire: &str) -> Option<String> {
    if wire.len() > 1000 {
        return None;
    }
    let part = |part: &str| {
        let text = percent_decode_str(part).decode_utf8().ok()?.into_owned();
        // A slash within a part is allowed and not recommended (PR-REST 4.2); our lists have none.
        let plain = !text.is_empty() && !text.contains(['/', ';']) && !text.chars().any(char::is_control);
        plain.then_some(text)
    };
    let parts: Vec<String> = wire.trim().split('/').map(part).collect::<Option<_>>()?;
    (3..=5).contains(&parts.len()).then(|| parts.join("/"))
}

/// The member or subsystem that provides a service.
fn provider(service: &str) -> &str {
    service.rsplit_once('/').map_or("", |(provider, _)| provider)
}

/// Those for whom a calling system speaks.
#[derive(Debug, Clone)]
pub struct XroadCallers(Members);

impl XroadCallers {
    /// By the list of members.
    pub fn new(members: &Path) -> XroadCallers {
        XroadCallers(Members::new(members))
    }
    /// The bodies for which the system speaks that the header `X-Road-Client` names; none: it is not in the list.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub fn bodies(&self, client: &str) -> std::io::Result<Option<Vec<String>>> {
        let Some(client) = decoded(client) else { return Ok(None) };
        let of = |member: Member| (provider(&member.address) == client).then_some(member.code);
        let bodies: Vec<String> = self.0.all()?.into_iter().filter_map(of).collect();
        Ok(Some(bodies).filter(|bodies| !bodies.is_empty()))
    }
}

/// What an answer must belong to.
struct Asked<'a> {
    client: &'a str,
    service: &'a str,
    id: &'a str,
}

/// An error of a security server, or of the service behind it.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Fault {
    #[serde(rename = "type")]
    kind: String,
    message: String,
}

/// The answer of our own service; others answer as they like.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Taken {
    package: String,
}

impl XroadTransport {
    /// Through a security server, as a client (`VN/GOV/C01/DIENHONG`), to the members of a list. The address of a member is
    /// its service: `VN/GOV/G12/VANBAN/packages-in`.
    pub fn new(wire: Arc<dyn Wire>, server: &str, client: &str, members: &Path) -> XroadTransport {
        let server = server.trim_end_matches('/').to_owned();
        XroadTransport { wire, server, client: client.to_owned(), members: Members::new(members) }
    }

    async fn carry(&self, parcel: &Parcel, to: &Member) -> Result<String, Trouble> {
        let id = message_id(&parcel.id, &to.code);
        let (client, service) = (encoded(&self.client), encoded(&to.address));
        let headers = [
            ("X-Road-Client", client.as_str()),
            ("X-Road-Id", id.as_str()),
            ("Content-Type", "application/xml"),
            ("Accept", "application/json"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let url = format!("{}/r1/{service}/packages", self.server);
        let response = self.wire.send(Request { method: "POST", url, headers, body: parcel.bytes.clone() }).await?;
        let Response { status, headers, body, .. } = response;
        let body = collect(body, MOST_ANSWER).await?;
        answered(status, &headers, &body, &Asked { client: &self.client, service: &to.address, id: &id })
    }
}

/// In the shape of a UUID, the same for the same package and receiver.
fn message_id(parcel: &str, to: &str) -> String {
    let hex = Digest::of(&[parcel.as_bytes(), b"\0", to.as_bytes()]).to_string();
    format!("{}-{}-8{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

/// What an answer says.
fn answered(status: u16, headers: &[(String, String)], body: &[u8], asked: &Asked<'_>) -> Result<String, Trouble> {
    let header = |name: &str| {
        headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    };
    if let Some(kind) = header("X-Road-Error") {
        return Err(on_the_road(kind, serde_json::from_slice(body).unwrap_or_default()));
    }
    // From here on the provider's own system has answered, through two security servers.
    belongs(&header, asked).map_err(Trouble::Unknown)?;
    if (200..300).contains(&status) {
        let taken: Taken = serde_json::from_slice(body).unwrap_or_default();
        return Ok(Some(taken.package).filter(|id| !id.is_empty()).unwrap_or_else(|| asked.id.to_owned()));
    }
    let fault: Fault = serde_json::from_slice(body).unwrap_or_default();
    let (code, why) = (status.to_string(), said(&fault, status));
    match status {
        408 | 429 | 500.. => Err(Trouble::Busy { code, why }),
        _ => Err(Trouble::Refused { code, why }),
    }
}

fn said(fault: &Fault, status: u16) -> String {
    match (fault.kind.as_str(), fault.message.as_str()) {
        ("", "") => format!("trạng thái HTTP {status}"),
        ("", message) => message.to_owned(),
        (kind, message) => format!("{kind}: {message}"),
    }
}

/// An error on the way, by the beginning of its type (PR-REST 4.6): ours, our server's, the provider's server's.
fn on_the_road(kind: &str, fault: Fault) -> Trouble {
    let (code, why) = (kind.to_owned(), if fault.message.is_empty() { kind.to_owned() } else { fault.message });
    let ends = |ending: &str| kind.ends_with(ending);
    // The provider's server may have reached the service before the connection broke.
    if kind.starts_with("Server.ServerProxy")
        && ["NetworkError", "IOError", "ServiceFailed.NetworkError"].iter().any(|e| ends(e))
    {
        return Trouble::Unknown(format!("{code}: {why}"));
    }
    let for_good = ["AccessDenied", "UnknownMember", "UnknownService", "ServiceDisabled", "InvalidClientIdentifier"];
    if kind.starts_with("Client") || for_good.iter().any(|ending| ends(ending)) {
        return Trouble::Refused { code, why };
    }
    Trouble::Busy { code, why }
}

/// The headers that security servers put on an answer speak of this request, where they are given. The hash over the
/// request as the servers saw it is checked by our server (PR-REST 4.3); here only that it is one.
fn belongs<'h>(header: &impl Fn(&str) -> Option<&'h str>, asked: &Asked<'_>) -> Result<(), String> {
    let other = |name: &str, found: &str| Err(format!("câu trả lời không thuộc yêu cầu này: {name} là {found}"));
    for (name, wanted) in [("X-Road-Client", asked.client), ("X-Road-Service", asked.service)] {
        match header(name) {
            Some(found) if decoded(found).as_deref() != Some(wanted) => return other(name, found),
            _ => {}
        }
    }
    if let Some(found) = header("X-Road-Id").filter(|found| *found != asked.id) {
        return other("X-Road-Id", found);
    }
    let hash = |text: &str| {
        let letters = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
        text.len() == HASH_TEXT && letters && text.ends_with("==")
    };
    match header("X-Road-Request-Hash") {
        Some(found) if !hash(found) => other("X-Road-Request-Hash", found),
        _ => Ok(()),
    }
}

#[async_trait]
impl Transport for XroadTransport {
    fn name(&self) -> &'static str {
        "xroad"
    }
    fn address(&self) -> String {
        format!("{} ({})", self.server, self.client)
    }
    fn is_asked(&self) -> bool {
        false
    }
    async fn agencies(&self) -> Result<Vec<Listed>, Trouble> {
        let all = self.members.all().map_err(|why| Trouble::Unreachable(why.to_string()))?;
        Ok(all.into_iter().map(Member::listed).collect())
    }
    async fn send(&self, parcel: &Parcel) -> Result<String, Trouble> {
        let (mut ids, mut trouble) = (Vec::new(), None);
        for member in self.members.named(&parcel.to)? {
            match self.carry(parcel, &member).await {
                Ok(id) => ids.push(id),
                Err(found) => trouble = Some((member.code, found)),
            }
        }
        match trouble {
            None => Ok(ids.into_iter().next().unwrap_or_default()),
            Some((_, found)) if ids.is_empty() => Err(found),
            // Some have it: it is not unsent any more, and those get it again under the same id.
            Some((code, found)) => Err(Trouble::Unknown(format!("{code}: {found}"))),
        }
    }
    async fn find(&self, _: &Parcel) -> Result<Option<String>, Trouble> {
        Err(Trouble::Unsupported)
    }
    async fn waiting(&self, _: MessageType) -> Result<Vec<Waiting>, Trouble> {
        Err(Trouble::Unsupported)
    }
    async fn fetch(&self, _: &Waiting) -> Result<Pieces, Trouble> {
        Err(Trouble::Unsupported)
    }
    async fn settle(&self, _: &Waiting, _: bool) -> Result<(), Trouble> {
        Err(Trouble::Unsupported)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ASKED: Asked<'static> = Asked { client: "VN/GOV/C01/NHÀ", service: "VN/GOV/G12/VB/in", id: "a-b" };

    fn headers(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn identifiers_are_encoded_part_by_part_and_read_back() {
        assert_eq!(encoded("VN/GOV/C 01/NHÀ"), "VN/GOV/C%2001/NH%C3%80");
        assert_eq!(decoded("VN/GOV/C%2001/NH%C3%80").as_deref(), Some("VN/GOV/C 01/NHÀ"));
        for wire in ["", "VN", "VN/GOV", "VN//C01", "VN/GOV/a%2Fb", "VN/GOV/%ff", "a/b/c/d/e/f"] {
            assert_eq!(decoded(wire), None, "{wire}");
        }
    }

    #[test]
    fn an_answer_says_what_became_of_the_package() {
        let hash = format!("{}==", "A".repeat(86));
        let good = [
            ("x-road-client", "VN/GOV/C01/NH%C3%80"),
            ("x-road-service", "VN/GOV/G12/VB/in"),
            ("x-road-id", "a-b"),
            ("x-road-request-hash", hash.as_str()),
        ];
        let ask = |status, of: &[(&str, &str)], body: &[u8]| answered(status, &headers(of), body, &ASKED);
        assert_eq!(ask(200, &good, br#"{"package":"p-1"}"#).unwrap(), "p-1");
        assert_eq!(ask(204, &[], b"").unwrap(), "a-b", "others answer as they like");
        for at in 0..good.len() {
            let mut other = good;
            other[at].1 = "VN/GOV/X/Y";
            assert!(matches!(ask(200, &other, b"{}"), Err(Trouble::Unknown(_))), "{}", good[at].0);
        }
        let word = |status, of: &[(&str, &str)], body: &str| ask(status, of, body.as_bytes()).unwrap_err();
        let fault = r#"{"type":"Client.PackageRefused","message":"thiếu người nhận","detail":"1"}"#;
        let refused = word(422, &[], fault);
        assert!(matches!(&refused, Trouble::Refused { why, .. } if why.contains("thiếu người nhận")), "{refused}");
        assert_eq!(word(503, &[], "").word(), "busy");
        let road = |kind: &'static str| word(500, &[("X-Road-Error", kind)], r#"{"message":"x"}"#).word();
        assert_eq!(road("Client.BadRequest"), "refused");
        assert_eq!(road("Server.ServerProxy.AccessDenied"), "refused");
        assert_eq!(road("Server.ClientProxy.NetworkError"), "busy");
        assert_eq!(road("Server.ServerProxy.NetworkError"), "unknown");
    }

    #[test]
    fn a_system_speaks_for_the_bodies_whose_service_is_its_own() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("members.csv");
        std::fs::write(
            &file,
            "G12.18;Bộ A;VN/GOV/G12/VB/in\nG12.19;Bộ B;VN/GOV/G12/VB/in2\nH01;Tỉnh;VN/GOV/H01/VB/in\n",
        )
        .unwrap();
        let callers = XroadCallers::new(&file);
        assert_eq!(callers.bodies("VN/GOV/G12/VB").unwrap().unwrap(), ["G12.18", "G12.19"]);
        assert_eq!(callers.bodies("VN/GOV/G12").unwrap(), None);
        assert_eq!(callers.bodies("VN/GOV/G12/VB/in").unwrap(), None);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(status: u16, name in "X-Road-[A-Za-z-]{0,12}", value in ".*", body: Vec<u8>) {
            let of = headers(&[(name.as_str(), value.as_str()), ("X-Road-Id", value.as_str())]);
            let _ = answered(status, &of, &body, &ASKED);
        }
        #[test]
        fn every_identifier_comes_back_from_the_wire(parts in prop::collection::vec("[^/;\\x00-\\x1f\\x7f-\\x9f]{1,15}", 3..6)) {
            let plain = parts.join("/");
            prop_assert_eq!(decoded(&encoded(&plain)), Some(plain));
        }
    }
}
