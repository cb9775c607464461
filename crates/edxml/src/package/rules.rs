//! The rules that a package keeps when we send it. Receivers are lenient; senders must not need them to be.
//!
//! Limits are those seen in the software of the axis; which values are required is stricter than what traffic shows, so
//! that no receiver has to guess.

use super::content::is_file_name;
use super::model::{Header, Kind, Package, StatusCode, bare_id, day, day_text};
use super::read::is_xml;
use super::record::{Record, Seen};
use crate::finding::{Finding, What};
use kernel::Day;

/// Whether a value must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Must,
    May,
}
use Need::{May, Must};

/// What a value must look like.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    OrganId,
    Day,
    /// A day that is not in the future.
    Past,
    Time,
    Number,
    OneOf(&'static [&'static str]),
}
use Shape::{Number, OneOf, OrganId, Past, Text, Time};

/// Path, whether required, most characters, shape.
type Rule = (&'static str, Need, usize, Shape);

const PARTY: &[Rule] = &[
    ("OrganId", Must, 35, OrganId),
    ("OrganizationInCharge", May, 200, Text),
    ("OrganName", Must, 200, Text),
    ("OrganAdd", May, 250, Text),
    ("Email", May, 100, Text),
    ("Telephone", May, 20, Text),
    ("Fax", May, 20, Text),
    ("Website", May, 100, Text),
];

const STAFF: &[Rule] =
    &[("Department", May, 200, Text), ("Staff", May, 50, Text), ("Email", May, 100, Text), ("Mobile", May, 20, Text)];

const RESPONSE_FOR: &[Rule] = &[
    ("OrganId", Must, 35, OrganId),
    ("Code", May, 42, Text),
    ("DocumentId", Must, 100, Text),
    ("PromulgationDate", May, 10, Shape::Day),
];

const DOCUMENT: &[Rule] = &[
    ("DocumentId", Must, 100, Text),
    ("Code", Must, 0, Text),
    ("Code.CodeNumber", Must, 11, Text),
    ("Code.CodeNotation", Must, 30, Text),
    ("PromulgationInfo", Must, 0, Text),
    ("PromulgationInfo.Place", Must, 50, Text),
    ("PromulgationInfo.PromulgationDate", Must, 10, Past),
    ("DocumentType", Must, 0, Text),
    ("DocumentType.Type", May, 3, Number),
    ("DocumentType.TypeDetail", May, 3, Number),
    ("DocumentType.TypeName", Must, 100, Text),
    ("Subject", Must, 500, Text),
    ("Content", May, 500, Text),
    ("SignerInfo", Must, 0, Text),
    ("SignerInfo.Competence", May, 100, Text),
    ("SignerInfo.Position", May, 100, Text),
    ("SignerInfo.FullName", Must, 50, Text),
    ("DueDate", May, 10, Shape::Day),
    ("OtherInfo.Priority", May, 1, OneOf(&["0", "1", "2", "3", "4"])),
    ("OtherInfo.SphereOfPromulgation", May, 100, Text),
    ("OtherInfo.TyperNotation", May, 10, Text),
    ("OtherInfo.PromulgationAmount", May, 9, Number),
    ("OtherInfo.PageAmount", May, 9, Number),
    ("OtherInfo.Direction", May, 5, OneOf(&["true", "false"])),
    ("OtherInfo.Appendixes.Appendix", May, 500, Text),
    ("SteeringType", May, 1, OneOf(&["1", "2", "3"])),
    ("ToPlaces.Place", May, 500, Text),
];

const STATUS: &[Rule] = &[
    ("ResponseFor", Must, 0, Text),
    ("StatusCode", Must, 2, OneOf(&["01", "02", "03", "04", "05", "06", "13", "15", "16"])),
    ("Description", May, 500, Text),
    ("Timestamp", Must, 19, Time),
];

const TRACE: &[Rule] = &[
    ("TraceHeader.OrganId", Must, 35, OrganId),
    ("TraceHeader.Timestamp", Must, 19, Time),
    ("Bussiness.DocumentId", May, 100, Text),
    ("Bussiness.BussinessDocType", Must, 1, OneOf(&["0", "1", "2", "3"])),
    ("Bussiness.BussinessDocReason", May, 500, Text),
    ("Bussiness.Paper", May, 1, OneOf(&["0", "1"])),
    ("Bussiness.BussinessDocumentInfo.DocumentInfo", May, 1, OneOf(&["0", "1"])),
    ("Bussiness.BussinessDocumentInfo.DocumentReceiver", May, 1, OneOf(&["0", "1"])),
    ("Bussiness.BussinessDocumentInfo.ReceiverList.Receiver.OrganId", Must, 35, OrganId),
    ("Bussiness.BussinessDocumentInfo.ReceiverList.Receiver.ReceiverType", Must, 1, OneOf(&["0", "1"])),
    ("Bussiness.ReplacementInfoList.ReplacementInfo.DocumentId", Must, 100, Text),
    ("Bussiness.ReplacementInfoList.ReplacementInfo.OrganIdList.OrganId", May, 35, OrganId),
];

const ATTACHMENT: &[Rule] = &[
    ("ContentId", Must, 200, Text),
    ("AttachmentName", Must, 200, Text),
    ("Description", May, 500, Text),
    ("ContentType", Must, 100, Text),
];

/// What keeps a package from being sent on a day; nothing when all is well.
pub fn check(package: &Package, today: Day) -> Vec<Finding> {
    let mut faults = Vec::new();
    match &package.header {
        Header::Document(document) => {
            hold(
                &**document,
                "MessageHeader",
                &[("From", PARTY), ("To", PARTY), ("ResponseFor", RESPONSE_FOR), ("", DOCUMENT)],
                today,
                &mut faults,
            );
            required(document.from == Default::default(), "MessageHeader.From", &mut faults);
            required(document.to.is_empty(), "MessageHeader.To", &mut faults);
            hold(&package.trace, "TraceHeaderList", &[("Bussiness.StaffInfo", STAFF), ("", TRACE)], today, &mut faults);
            receivers(package, &mut faults);
            business(package, &mut faults);
            attachments(package, today, &mut faults);
        }
        Header::Status(status) => {
            hold(
                &**status,
                "MessageHeader",
                &[("From", PARTY), ("ResponseFor", RESPONSE_FOR), ("StaffInfo", STAFF), ("", STATUS)],
                today,
                &mut faults,
            );
            required(status.from == Default::default(), "MessageHeader.From", &mut faults);
            let refused = StatusCode::of(&status.code) == Some(StatusCode::Refused);
            required(refused && status.description.is_empty(), "MessageHeader.Description", &mut faults);
            if let Some(attached) = package.attachments.first() {
                faults.push(Finding::new(What::ManifestDiffers, "AttachmentEncoded.Attachment", &attached.name));
            }
        }
    }
    faults.extend(package.unknown.iter().map(|unknown| Finding::new(What::Unknown, &unknown.path, &unknown.xml)));
    faults
}

fn required(missing: bool, at: &str, faults: &mut Vec<Finding>) {
    if missing {
        faults.push(Finding::new(What::Missing, at, ""));
    }
}

/// Holds the rules against every value of a record; a rule set is found by the longest path that leads to it.
fn hold(record: &impl Record, base: &str, sets: &[(&str, &[Rule])], today: Day, faults: &mut Vec<Finding>) {
    record.walk(base, &mut |path, seen| {
        let inner = &path[base.len() + 1..];
        let rule = sets.iter().find_map(|(prefix, rules)| {
            let rest = if prefix.is_empty() { inner } else { inner.strip_prefix(prefix)?.strip_prefix('.')? };
            rules.iter().find(|(name, ..)| *name == rest)
        });
        let Some((_, need, most, shape)) = rule else { return };
        match seen {
            Seen::Text("") | Seen::Record(false) => required(*need == Must, path, faults),
            Seen::Text(text) => text_keeps(text, *most, *shape, path, today, faults),
            Seen::Record(true) | Seen::List(_) => {}
        }
    });
}

fn text_keeps(text: &str, most: usize, shape: Shape, path: &str, today: Day, faults: &mut Vec<Finding>) {
    let length = text.chars().count();
    if most > 0 && length > most {
        faults.push(Finding::new(What::TooLong, path, format!("{length}/{most}")));
    }
    if let Some(bad) = text.chars().find(|c| !is_xml(*c)) {
        faults.push(Finding::new(What::BadCharacter, path, format!("U+{:04X}", u32::from(bad))));
    }
    let wrong = match shape {
        Text => None,
        OrganId => (!is_organ_id(text)).then_some(What::NotAnOrganId),
        Shape::Day => day(text).is_none().then_some(What::NotADay),
        Past => match day(text) {
            None => Some(What::NotADay),
            Some(day) => (day > today).then_some(What::InFuture),
        },
        Time => (!is_time(text)).then_some(What::NotATime),
        Number => (!text.bytes().all(|b| b.is_ascii_digit())).then_some(What::NotANumber),
        OneOf(allowed) => (!allowed.contains(&text)).then_some(What::NotAllowed),
    };
    let detail = |what| match (what, shape) {
        (What::NotAllowed, OneOf(allowed)) => format!("{text}: {}", allowed.join(", ")),
        (What::InFuture, _) => format!("{text} > {}", day_text(today)),
        _ => text.to_owned(),
    };
    faults.extend(wrong.map(|what| Finding::new(what, path, detail(what))));
}

fn receivers(package: &Package, faults: &mut Vec<Finding>) {
    let receivers = package.header.receivers();
    for (at, id) in receivers.iter().enumerate() {
        if receivers[..at].contains(id) {
            faults.push(Finding::new(What::Twice, "MessageHeader.To.OrganId", id));
        }
    }
}

/// Each kind of package needs what it speaks of.
fn business(package: &Package, faults: &mut Vec<Finding>) {
    let (business, list) = (&package.trace.business, "TraceHeaderList.Bussiness");
    let Header::Document(document) = &package.header else { return };
    let Some(kind) = Kind::of(&business.kind) else {
        return required(business.kind.is_empty() && *business == Default::default(), list, faults);
    };
    required(kind != Kind::New && business.reason.is_empty(), &format!("{list}.BussinessDocReason"), faults);
    match kind {
        Kind::New => {}
        Kind::Withdraw => required(document.response_for.is_empty(), "MessageHeader.ResponseFor", faults),
        Kind::Update => {
            required(business.document_id.is_empty(), &format!("{list}.DocumentId"), faults);
            required(business.update == Default::default(), &format!("{list}.BussinessDocumentInfo"), faults);
        }
        Kind::Replace => {
            required(business.replacements.is_empty(), &format!("{list}.ReplacementInfoList"), faults);
        }
    }
}

/// The manifest names every attachment once, with an id of its own.
fn attachments(package: &Package, today: Day, faults: &mut Vec<Finding>) {
    let carries = !matches!(package.kind(), Some(Kind::Withdraw));
    required(carries && package.attachments.is_empty(), "AttachmentEncoded.Attachment", faults);
    for (at, head) in package.attachments.iter().enumerate() {
        hold(head, "Attachment", &[("", ATTACHMENT)], today, faults);
        if !head.name.is_empty() && !is_file_name(&head.name) {
            faults.push(Finding::new(What::BadName, "Attachment.AttachmentName", head.name.escape_debug()));
        }
        let same = |other: &str| bare_id(other) == bare_id(&head.content_id);
        if package.attachments[..at].iter().any(|other| same(&other.content_id)) {
            faults.push(Finding::new(What::Twice, "Attachment.ContentId", &head.content_id));
        }
        if package.references.iter().filter(|reference| same(&reference.content_id)).count() != 1 {
            faults.push(Finding::new(What::ManifestDiffers, "AttachmentEncoded.Attachment", &head.content_id));
        }
    }
    for reference in &package.references {
        hold(reference, "Reference", &[("", ATTACHMENT)], today, faults);
        if !package.attachments.iter().any(|head| bare_id(&head.content_id) == bare_id(&reference.content_id)) {
            faults.push(Finding::new(What::ManifestDiffers, "edXMLManifest.Reference", &reference.content_id));
        }
    }
}

/// Whether a text is an identifier of a body: `000.00.18.G12`, or reversed and dotted, `G12.18` (QĐ 20/2020/QĐ-TTg).
pub fn is_organ_id(text: &str) -> bool {
    let digits = |part: &str, counts: std::ops::RangeInclusive<usize>| {
        counts.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let root = |part: &str| part.len() == 3 && part.as_bytes()[0].is_ascii_uppercase() && digits(&part[1..], 2..=2);
    let parts: Vec<&str> = text.split('.').collect();
    let old = match parts.as_slice() {
        [four, three, two, one] => digits(four, 3..=3) && digits(three, 2..=2) && digits(two, 2..=2) && root(one),
        _ => false,
    };
    let new = parts.split_first().is_some_and(|(one, below)| root(one) && below.iter().all(|part| digits(part, 1..=3)));
    text.len() <= 35 && (old || new)
}

/// Whether a text is a time as packages write it, `yyyy/MM/dd HH:mm:ss`.
pub fn is_time(text: &str) -> bool {
    let clock = |text: &str| {
        let parts: Vec<&str> = text.split(':').collect();
        let below = |part: &str, most: u8| part.len() == 2 && part.parse::<u8>().is_ok_and(|n| n <= most);
        matches!(parts.as_slice(), [h, m, s] if below(h, 23) && below(m, 59) && below(s, 59))
    };
    text.split_once(' ').is_some_and(|(date, time)| day(date).is_some() && clock(time))
}
