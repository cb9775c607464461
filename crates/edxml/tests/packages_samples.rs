//! Samples of real traffic, with names and signatures taken out, which may stand beside the repository: every one is read,
//! and every value in it is found in the package under its path. The other parser is a plain walk over the XML.

mod house;

use edxml::What;
use edxml::package::{Header, Kind, StatusCode, check};
use house::*;
use quick_xml::events::Event;
use std::collections::BTreeMap;
use std::fs;

/// All leaves of the XML with their paths from the records on.
fn leaves(text: &str) -> Vec<(String, String)> {
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut path, mut leaves, mut own) = (Vec::<String>::new(), Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                path.push(start.local_name().as_ref().to_owned());
                own.clear();
            }
            Event::Text(text) => own.push_str(&text),
            Event::GeneralRef(name) => own.push_str(&format!("&{};", &*name)),
            Event::End(_) => {
                let from = path.iter().position(|name| {
                    matches!(name.as_str(), "MessageHeader" | "TraceHeaderList" | "Reference" | "Attachment")
                });
                let signature = path.iter().any(|name| name == "Signature");
                let content = path.last().is_some_and(|name| name == "ContentTransferEncoded");
                if let Some(from) = from.filter(|_| !signature && !content && !own.trim().is_empty()) {
                    leaves.push((path[from..].join("."), own.trim().to_owned()));
                }
                path.pop();
                own.clear();
            }
            Event::Eof => return leaves,
            _ => {}
        }
    }
}

#[test]
fn every_value_of_every_sample_is_found_under_its_path() {
    let Some(folder) = shared("edxml-samples") else { return };
    let mut seen = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "edxml") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(&path).unwrap();
        let reading = parse(&bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (mut found, mut wanted) = (reading.package.values(), leaves(&text[text.find('<').unwrap()..]));
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{name}");
        assert!(found.len() >= 10 && reading.package.unknown.is_empty(), "{name}: {:?}", reading.package.unknown);
        seen.insert(name, reading);
    }
    let refusals = |name: &str| seen[name].refusals.iter().map(|refusal| refusal.what).collect::<Vec<_>>();
    for (name, reading) in &seen {
        let expected = match name.as_str() {
            "edoc_new" => vec![What::StrayStart],
            "edoc" => vec![What::BadBase64],
            _ => vec![],
        };
        assert_eq!(refusals(name), expected, "{name}");
        let kind = match name.as_str() {
            "edoc_revocation" => Kind::Withdraw,
            "edoc_update" => Kind::Update,
            "edoc_replacement" => Kind::Replace,
            _ => Kind::New,
        };
        assert_eq!(reading.package.kind(), Some(kind), "{name}");
        match &reading.package.header {
            Header::Status(status) => {
                let code = name.rsplit('_').next().filter(|code| code.len() == 2).unwrap_or("01");
                assert_eq!(status.code, code, "{name}");
                assert!(StatusCode::of(&status.code).is_some());
            }
            Header::Document(_) => {
                assert!(!name.starts_with("status"), "{name}");
                assert!(reading.package.signature.is_some() && reading.package.attachments.len() == 1);
            }
        }
    }
    assert_eq!(seen.len(), 16);
    let unpacked = &seen["edoc_update"].contents[0];
    assert_eq!((unpacked.entry.as_deref(), unpacked.length), (Some("sample.txt"), 39));
    let oddities = &seen["edoc"].oddities;
    assert!(
        oddities.iter().any(|oddity| oddity.what == What::UndeclaredPrefix && oddity.detail == "xlink"),
        "{oddities:?}"
    );
    let faults = check(&seen["edoc_new"].package, today());
    assert!(faults.iter().any(|fault| fault.code() == "T.MessageHeader.To.OrganId"), "we send better: {faults:?}");
}

#[test]
fn each_request_of_the_log_carries_a_signature_that_fits() {
    use edxml::axis::{Refusal, Window, stamp, verify};
    let Some(log) = shared("edxml-samples/vxp-requests.log") else { return };
    let text = fs::read_to_string(log).unwrap();
    let mut requests = 0;
    for request in text.split("\n=== ").skip(1) {
        let head = request.split("\n\n").next().unwrap();
        let headers: Vec<(&str, &str)> = head.lines().skip(1).filter_map(|line| line.split_once(": ")).collect();
        let find = |headers: &[(&str, String)], name: &str| {
            headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        };
        let owned: Vec<(&str, String)> = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let at = stamp(&find(&owned, "XroadVnpt-timestamp").unwrap(), 0).unwrap();
        let window = Window { offset: 0, skew: 60 };
        let check = |headers: &[(&str, String)], now| {
            let held: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let header = |name: &str| held.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
            verify(header, |id| (id == "TEST.SYSTEM.01").then_some("dGVzdC1zZWNyZXQ="), now, window)
        };
        assert_eq!(check(&owned, at).unwrap().system_id, "TEST.SYSTEM.01");
        assert_eq!(check(&owned, at.plus_seconds(3600)), Err(Refusal::Clock));
        let ours = ["User-Agent", "Content-Length", "Host", "Connection", "Accept-Encoding", "Expect"];
        for at_header in (0..owned.len()).filter(|i| !ours.contains(&owned[*i].0)) {
            let mut changed = owned.clone();
            changed[at_header].1 = format!("x{}", changed[at_header].1);
            assert!(check(&changed, at).is_err(), "{} changed", owned[at_header].0);
        }
        requests += 1;
    }
    assert!(requests >= 7, "{requests}");
}
