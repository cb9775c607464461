//! What we write reads back equal: packages made at random, within the rules for sending.

mod house;

use edxml::What;
use edxml::package::{
    AttachmentHead, Business, Code, Document, DocumentType, Header, Hop, Limits, Memory, OtherInfo, Package, Party,
    Promulgation, Receiver, Reference, Replacement, ResponseFor, Signer, Staff, Status, Trace, Unsendable, UpdateInfo,
    Wrap, add_station, check, read, write,
};
use house::*;
use proptest::prelude::*;
use std::io::Read;

/// A text that XML can carry, without white space at its ends.
fn text(most: usize) -> BoxedStrategy<String> {
    let any = prop_oneof![
        "[ -~]{0,20}",
        "[<>&\"'\\]\\[;#\n\t ]{0,12}",
        "[À-ỹĐđ ]{0,20}",
        Just("]]>".to_owned()),
        Just("&#13;\r\nx".to_owned()),
        Just("𠀋😀".to_owned()),
    ];
    any.prop_map(move |text| text.trim().chars().take(most).collect::<String>().trim().to_owned()).boxed()
}
fn some(most: usize) -> BoxedStrategy<String> {
    text(most.saturating_sub(1)).prop_map(|text| format!("x{text}")).boxed()
}
fn organ() -> BoxedStrategy<String> {
    prop_oneof!["[0-9]{3}\\.[0-9]{2}\\.[0-9]{2}\\.[A-Z][0-9]{2}", "[A-Z][0-9]{2}(\\.[0-9]{1,3}){0,3}"].boxed()
}
fn date() -> BoxedStrategy<String> {
    (1990..2026, 1..13, 1..29).prop_map(|(y, m, d)| format!("{y:04}/{m:02}/{d:02}")).boxed()
}
fn time() -> BoxedStrategy<String> {
    (date(), 0..24, 0..60).prop_map(|(date, h, m)| format!("{date} {h:02}:{m:02}:00")).boxed()
}
fn maybe(of: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    (any::<bool>(), of).prop_map(|(there, text)| if there { text } else { String::new() }).boxed()
}

prop_compose! {
    fn party()(organ_id in organ(), in_charge in text(200), name in some(200), address in text(250), email in text(100),
        telephone in text(20), fax in text(20), website in text(100)) -> Party {
        Party { organ_id, in_charge, name, address, email, telephone, fax, website }
    }
}
prop_compose! {
    fn staff()(department in text(200), name in text(50), email in text(100), mobile in text(20)) -> Staff {
        Staff { department, name, email, mobile }
    }
}
prop_compose! {
    fn response()(organ_id in organ(), code in text(40), document_id in some(100), date in maybe(date())) -> ResponseFor {
        ResponseFor { organ_id, code, document_id, date }
    }
}
prop_compose! {
    fn other()(priority in maybe("[0-4]"), sphere in text(100), typist in text(10), copies in maybe("[0-9]{1,5}"),
        pages in maybe("[0-9]{1,5}"), direction in maybe("true|false"), appendices in prop::collection::vec(some(80), 0..3)) -> OtherInfo {
        OtherInfo { priority, sphere, typist, copies, pages, direction, appendices }
    }
}
prop_compose! {
    fn document()(from in party().boxed(), to in prop::collection::btree_map(organ(), party().boxed(), 1..4), document_id in some(90),
        number in some(11), notation in some(30), place in some(50), day in date(), group in maybe("[0-9]{1,3}"), name in some(100),
        subject in some(500), full_name in some(50))
        (other in other().boxed(), response_for in prop::collection::vec(response().boxed(), 0..3), steering in maybe("[1-3]"), due_date in maybe(date()),
        places in prop::collection::vec(some(100), 0..3), position in text(100), content in text(500),
        from in Just(from), to in Just(to), document_id in Just(document_id), number in Just(number), notation in Just(notation),
        place in Just(place), day in Just(day), group in Just(group), name in Just(name), subject in Just(subject), full_name in Just(full_name))
        -> Document {
        let to = to.into_iter().map(|(organ_id, party)| Party { organ_id, ..party }).collect();
        Document {
            from, to, document_id, code: Code { number, notation }, promulgation: Promulgation { place, date: day },
            document_type: DocumentType { group, detail: String::new(), name }, subject, content,
            signer: Signer { competence: String::new(), position, full_name }, due_date, other, response_for, steering, places,
        }
    }
}
prop_compose! {
    fn business()(kind in 0u8..4, reason in some(200), paper in maybe("[01]"), staff in staff().boxed(), document_id in some(90),
        receivers in prop::collection::vec((organ(), "[01]"), 1..3),
        replacements in prop::collection::vec((some(90), prop::collection::vec(organ(), 0..3)), 1..3)) -> Business {
        let receivers = receivers.into_iter().map(|(organ_id, change)| Receiver { organ_id, change }).collect();
        let update = UpdateInfo { document: "1".into(), receiver: "0".into(), receivers };
        let replacements = replacements.into_iter().map(|(document_id, organ_ids)| Replacement { document_id, organ_ids });
        let mut business = Business { kind: kind.to_string(), reason, paper, staff, ..Business::default() };
        match kind {
            2 => { business.document_id = document_id; business.update = update; }
            3 => business.replacements = replacements.collect(),
            _ => {}
        }
        business
    }
}
type Files = Vec<Vec<u8>>;
prop_compose! {
    fn package()(mut document in document().boxed(), hops in prop::collection::vec((organ(), time()), 0..3), business in business().boxed(),
        files in prop::collection::vec((some(40), prop::collection::vec(any::<u8>(), 1..400)), 1..4), answered in response().boxed()) -> (Package, Files) {
        if business.kind == "1" && document.response_for.is_empty() {
            document.response_for.push(answered);
        }
        let hops = hops.into_iter().map(|(organ_id, timestamp)| Hop { organ_id, timestamp }).collect();
        let heads: Vec<AttachmentHead> = files.iter().enumerate().map(|(at, (name, _))| AttachmentHead {
            content_id: format!("cid:{at}"),
            name: name.replace(['/', '\\', ':', '\n', '\t', '\r'], "_") + ".bin",
            description: String::new(),
            content_type: "application/octet-stream".into(),
        }).collect();
        let references = heads.iter().map(|head| Reference {
            content_id: head.content_id.clone(), content_type: head.content_type.clone(), description: "x".into(), name: head.name.clone(),
        }).collect();
        let package = Package {
            header: Header::Document(Box::new(document)), trace: Trace { hops, business }, references, attachments: heads,
            signature: Some("<Signature xmlns=\"urn:x\"><A b=\"&#10;&lt;\"> &amp; </A></Signature>".into()), unknown: vec![],
        };
        (package, files.into_iter().map(|(_, bytes)| bytes).collect())
    }
}
prop_compose! {
    fn status()(from in party().boxed(), response_for in response().boxed(), staff in staff().boxed(), code in "0[1-6]|13|15|16", description in some(500),
        timestamp in time()) -> Package {
        Package { header: Header::Status(Box::new(Status { from, response_for, staff, code, description, timestamp })), ..Package::default() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_we_write_reads_back_equal((package, files) in package().boxed(), raw in any::<bool>()) {
        prop_assert_eq!(check(&package, today()), vec![]);
        let mut bytes = Vec::new();
        let wrap = if raw { Wrap::Raw } else { Wrap::Zip };
        write(&package, today(), wrap, |at| Ok(files[at].as_slice()), &mut bytes).unwrap();
        let reading = read(bytes.as_slice(), &mut Memory, &Limits::default()).unwrap();
        prop_assert_eq!(&reading.refusals, &vec![]);
        prop_assert_eq!(&reading.oddities, &vec![]);
        prop_assert_eq!(&reading.package, &package);
        prop_assert_eq!(reading.length, bytes.len() as u64);
        for ((mut content, file), head) in reading.contents.into_iter().zip(&files).zip(&package.attachments) {
            let mut found = Vec::new();
            content.slot.as_mut().unwrap().read_to_end(&mut found).unwrap();
            prop_assert_eq!(&found, file);
            prop_assert_eq!(content.entry.as_ref(), (!raw).then_some(&head.name));
        }
        // A station on the way adds itself and changes nothing else.
        let hop = Hop { organ_id: "G01".into(), timestamp: "2026/01/02 03:04:05".into() };
        let mut further = Vec::new();
        add_station(bytes.as_slice(), &reading.station.unwrap(), &hop, &mut further).unwrap();
        let again = read(further.as_slice(), &mut Memory, &Limits::default()).unwrap();
        let mut expected = package.clone();
        expected.trace.hops.push(hop);
        prop_assert_eq!(again.package, expected);
    }

    #[test]
    fn a_status_reads_back_equal(package in status().boxed()) {
        prop_assert_eq!(check(&package, today()), vec![]);
        let mut bytes = Vec::new();
        write(&package, today(), Wrap::Zip, |_| Ok(&b""[..]), &mut bytes).unwrap();
        let reading = read(bytes.as_slice(), &mut Memory, &Limits::default()).unwrap();
        prop_assert_eq!((reading.refusals, reading.oddities), (vec![], vec![]));
        prop_assert_eq!(reading.package, package);
    }

    #[test]
    fn the_json_form_of_a_package_reads_back_equal((package, _) in package().boxed()) {
        let text = serde_json::to_string(&package).unwrap();
        prop_assert_eq!(serde_json::from_str::<Package>(&text).unwrap(), package);
    }
}

#[test]
fn every_limit_is_held_when_sending_and_the_field_is_named() {
    let (good, _) = sample();
    assert_eq!(check(&good, today()), vec![]);
    type Change = fn(&mut Document);
    let breaks: &[(&str, What, Change)] = &[
        ("N.MessageHeader.To", What::Missing, |d| d.to.clear()),
        ("M.MessageHeader.To.OrganId", What::Twice, |d| d.to.push(d.to[0].clone())),
        ("N.MessageHeader.From.OrganId", What::Missing, |d| d.from.organ_id.clear()),
        ("T.MessageHeader.From.OrganId", What::NotAnOrganId, |d| d.from.organ_id = "01.02.G22".into()),
        ("R.MessageHeader.From.OrganName", What::TooLong, |d| d.from.name = "á".repeat(201)),
        ("R.MessageHeader.To.OrganAdd", What::TooLong, |d| d.to[0].address = "x".repeat(251)),
        ("R.MessageHeader.To.Email", What::TooLong, |d| d.to[0].email = "x".repeat(101)),
        ("R.MessageHeader.To.Telephone", What::TooLong, |d| d.to[0].telephone = "1".repeat(21)),
        ("R.MessageHeader.Code.CodeNumber", What::TooLong, |d| d.code.number = "1".repeat(12)),
        ("R.MessageHeader.Code.CodeNotation", What::TooLong, |d| d.code.notation = "1".repeat(31)),
        ("R.MessageHeader.PromulgationInfo.Place", What::TooLong, |d| d.promulgation.place = "1".repeat(51)),
        ("R.MessageHeader.PromulgationInfo.PromulgationDate", What::InFuture, |d| {
            d.promulgation.date = "2999/01/01".into()
        }),
        ("T.MessageHeader.PromulgationInfo.PromulgationDate", What::NotADay, |d| {
            d.promulgation.date = "2026/02/30".into()
        }),
        ("R.MessageHeader.DocumentType.TypeName", What::TooLong, |d| d.document_type.name = "1".repeat(101)),
        ("R.MessageHeader.Subject", What::TooLong, |d| d.subject = "1".repeat(501)),
        ("N.MessageHeader.Subject", What::Missing, |d| d.subject.clear()),
        ("R.MessageHeader.Subject", What::BadCharacter, |d| d.subject.push('\u{1}')),
        ("R.MessageHeader.Content", What::TooLong, |d| d.content = "1".repeat(501)),
        ("R.MessageHeader.SignerInfo.Competence", What::TooLong, |d| d.signer.competence = "1".repeat(101)),
        ("R.MessageHeader.SignerInfo.Position", What::TooLong, |d| d.signer.position = "1".repeat(101)),
        ("R.MessageHeader.SignerInfo.FullName", What::TooLong, |d| d.signer.full_name = "1".repeat(51)),
        ("R.MessageHeader.OtherInfo.Priority", What::NotAllowed, |d| d.other.priority = "5".into()),
        ("T.MessageHeader.OtherInfo.PageAmount", What::NotANumber, |d| d.other.pages = "x".into()),
        ("R.MessageHeader.SteeringType", What::NotAllowed, |d| d.steering = "4".into()),
        ("T.MessageHeader.DueDate", What::NotADay, |d| d.due_date = "28/09/2018".into()),
    ];
    for (code, what, change) in breaks {
        let mut package = good.clone();
        if let Header::Document(document) = &mut package.header {
            change(document);
        }
        let faults = check(&package, today());
        assert!(faults.iter().any(|fault| fault.code() == *code && fault.what == *what), "{code}: {faults:?}");
        let mut nothing = Vec::new();
        let refused = write(&package, today(), Wrap::Zip, |_| Ok(&b"x"[..]), &mut nothing);
        assert!(matches!(refused, Err(Unsendable::Rules(_))) && nothing.is_empty());
    }
    let mut package = good.clone();
    package.attachments[0].name = "x".repeat(201);
    assert!(check(&package, today()).iter().any(|fault| fault.code() == "R.Attachment.AttachmentName"));
    package.attachments[0].name = "../../etc/passwd".into();
    assert!(check(&package, today()).iter().any(|fault| fault.what == What::BadName));
}

#[test]
fn a_withdrawal_an_update_and_a_replacement_need_what_they_speak_of() {
    let (mut package, _) = sample();
    for (kind, code) in [
        ("1", "N.MessageHeader.ResponseFor"),
        ("2", "N.TraceHeaderList.Bussiness.DocumentId"),
        ("3", "N.TraceHeaderList.Bussiness.ReplacementInfoList"),
        ("4", "R.TraceHeaderList.Bussiness.BussinessDocType"),
    ] {
        package.trace.business.kind = kind.into();
        let faults = check(&package, today());
        assert!(faults.iter().any(|fault| fault.code() == code), "{code}: {faults:?}");
    }
    let refusal = Status { code: "02".into(), ..Status::default() };
    let refusal = Package { header: Header::Status(Box::new(refusal)), ..Package::default() };
    assert!(check(&refusal, today()).iter().any(|fault| fault.code() == "N.MessageHeader.Description"));
}
