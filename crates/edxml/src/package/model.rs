//! What stands in a package, as texts: what a sender wrote is kept as it was written, and typed readings stand beside it.
//!
//! An element that is empty and one that is absent mean the same and read as the empty text. White space around a text is
//! not part of it. The shape is that of QCVN 102:2016/BTTTT (with its first amendment of 2022) as real traffic has it.

use super::record::{Notes, Part, Record, See, Seen, record};
use super::tree::{Element, Pen};
use kernel::Day;
use serde::{Deserialize, Serialize};

record! {
    /// A body as sender or receiver.
    Party {
        /// Its identifier: `G12.18` (QĐ 20/2020/QĐ-TTg) or `000.00.18.G12`.
        organ_id: String = "OrganId",
        /// The body in charge of it.
        in_charge: String = "OrganizationInCharge",
        /// Its name.
        name: String = "OrganName",
        /// Its address.
        address: String = "OrganAdd",
        /// Its electronic address.
        email: String = "Email",
        /// Its telephone.
        telephone: String = "Telephone",
        /// Its fax.
        fax: String = "Fax",
        /// Its site.
        website: String = "Website",
    }

    /// Number and notation of a document: `7816` and `VPCP-TTĐT`.
    Code {
        /// The number.
        number: String = "CodeNumber",
        /// The notation.
        notation: String = "CodeNotation",
    }

    /// Where and when a document was promulgated.
    Promulgation {
        /// The place.
        place: String = "Place",
        /// The day, `yyyy/MM/dd`.
        date: String = "PromulgationDate",
    }

    /// The type of a document.
    DocumentType {
        /// The group: 1 legal instrument, 2 administrative document (by what senders write).
        group: String = "Type",
        /// The type within the group.
        detail: String = "TypeDetail",
        /// Its name: `Công văn`.
        name: String = "TypeName",
    }

    /// Who signed.
    Signer {
        /// On whose behalf: `TL. BỘ TRƯỞNG`.
        competence: String = "Competence",
        /// The position.
        position: String = "Position",
        /// The full name.
        full_name: String = "FullName",
    }

    /// Further particulars of a document.
    OtherInfo {
        /// 0 normal, 1 urgent, 2 very urgent, 3 flash, 4 flash at a time.
        priority: String = "Priority",
        /// How far it may go.
        sphere: String = "SphereOfPromulgation",
        /// The mark of the typist.
        typist: String = "TyperNotation",
        /// How many copies.
        copies: String = "PromulgationAmount",
        /// How many pages.
        pages: String = "PageAmount",
        /// `true` or `false`.
        direction: String = "Direction",
        /// The appendices by name.
        appendices: Vec<String> = "Appendixes/Appendix",
    }

    /// The document that a package answers or speaks of.
    ResponseFor {
        /// The body whose document it is.
        organ_id: String = "OrganId",
        /// Number and notation in one: `7816/VPCP-TTĐT`.
        code: String = "Code",
        /// Its identifier.
        document_id: String = "DocumentId",
        /// The day of its promulgation, `yyyy/MM/dd`.
        date: String = "PromulgationDate",
    }

    /// Who handled a package at the sender.
    Staff {
        /// The unit.
        department: String = "Department",
        /// The person.
        name: String = "Staff",
        /// The electronic address.
        email: String = "Email",
        /// The telephone.
        mobile: String = "Mobile",
    }

    /// The header of a package that carries a document.
    Document {
        /// The sender.
        from: Party = "From",
        /// The receivers.
        to: Vec<Party> = "To",
        /// The identifier: `<OrganId>,<yyyy/MM/dd>,<number>/<notation>`, or a UUID.
        document_id: String = "DocumentId",
        /// Number and notation.
        code: Code = "Code",
        /// Where and when.
        promulgation: Promulgation = "PromulgationInfo",
        /// The type.
        document_type: DocumentType = "DocumentType",
        /// The subject (trích yếu).
        subject: String = "Subject",
        /// The content in short.
        content: String = "Content",
        /// Who signed.
        signer: Signer = "SignerInfo",
        /// Until when an answer is wanted, `yyyy/MM/dd`.
        due_date: String = "DueDate",
        /// Further particulars.
        other: OtherInfo = "OtherInfo",
        /// What it answers.
        response_for: Vec<ResponseFor> = "ResponseFor",
        /// 1 not steering, 2 steering, 3 a report.
        steering: String = "SteeringType",
        /// `Nơi nhận` as printed.
        places: Vec<String> = "ToPlaces/Place",
    }

    /// The header of a status package.
    Status {
        /// Who reports.
        from: Party = "From",
        /// Of which document.
        response_for: ResponseFor = "ResponseFor",
        /// Who handled it.
        staff: Staff = "StaffInfo",
        /// The status: two digits.
        code: String = "StatusCode",
        /// In words, with the reason of a refusal.
        description: String = "Description",
        /// When, `yyyy/MM/dd HH:mm:ss`.
        timestamp: String = "Timestamp",
    }

    /// One station of the way.
    Hop {
        /// Which.
        organ_id: String = "OrganId",
        /// When, `yyyy/MM/dd HH:mm:ss`.
        timestamp: String = "Timestamp",
    }

    /// A receiver that an update adds or removes.
    Receiver {
        /// Which body.
        organ_id: String = "OrganId",
        /// 0 removed, 1 added.
        change: String = "ReceiverType",
    }

    /// What an update changes.
    UpdateInfo {
        /// Whether the document's particulars change: 0 or 1.
        document: String = "DocumentInfo",
        /// Whether its receivers change: 0 or 1.
        receiver: String = "DocumentReceiver",
        /// The receivers that change.
        receivers: Vec<Receiver> = "ReceiverList/Receiver",
    }

    /// A document that is replaced.
    Replacement {
        /// Its identifier.
        document_id: String = "DocumentId",
        /// At which bodies.
        organ_ids: Vec<String> = "OrganIdList/OrganId",
    }

    /// What the package wants done.
    Business {
        /// The document that an update concerns.
        document_id: String = "DocumentId",
        /// 0 new, 1 withdraw, 2 update, 3 replace.
        kind: String = "BussinessDocType",
        /// Why.
        reason: String = "BussinessDocReason",
        /// Whether paper follows: 0 or 1.
        paper: String = "Paper",
        /// What an update changes.
        update: UpdateInfo = "BussinessDocumentInfo",
        /// What a replacement replaces.
        replacements: Vec<Replacement> = "ReplacementInfoList/ReplacementInfo",
        /// Who handled it.
        staff: Staff = "StaffInfo",
    }

    /// The way of a package, and what it wants done.
    Trace {
        /// The stations, first to last.
        hops: Vec<Hop> = "TraceHeader",
        /// What it wants done.
        business: Business = "Bussiness",
    }

    /// The manifest's line of an attachment.
    Reference {
        /// Which attachment, with or without `cid:`.
        content_id: String = "ContentId",
        /// Its type.
        content_type: String = "ContentType",
        /// Its description.
        description: String = "Description",
        /// Its file name.
        name: String = "AttachmentName",
    }

    /// What stands beside the content of an attachment.
    AttachmentHead {
        /// Its id, with or without `cid:`.
        content_id: String = "ContentId",
        /// Its file name.
        name: String = "AttachmentName",
        /// Its description.
        description: String = "Description",
        /// Its type.
        content_type: String = "ContentType",
    }
}

/// The header of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Header {
    /// A document goes out, or is withdrawn, updated or replaced.
    Document(Box<Document>),
    /// What became of a document.
    Status(Box<Status>),
}

impl Default for Header {
    fn default() -> Header {
        Header::Document(Box::default())
    }
}

impl Header {
    /// The sender.
    pub fn from(&self) -> &Party {
        match self {
            Header::Document(document) => &document.from,
            Header::Status(status) => &status.from,
        }
    }
    /// The bodies that it goes to: the receivers of a document, the body whose document a status speaks of.
    pub fn receivers(&self) -> Vec<&str> {
        match self {
            Header::Document(document) => document.to.iter().map(|party| party.organ_id.as_str()).collect(),
            Header::Status(status) => vec![status.response_for.organ_id.as_str()],
        }
    }
}

/// Something that has no place in the structure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// The element that holds it: `MessageHeader.To`.
    pub path: String,
    /// As it stood.
    pub xml: String,
}

/// A package without the content of its attachments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Package {
    /// The header.
    pub header: Header,
    /// The way that it took, and what it wants done.
    pub trace: Trace,
    /// The signature over the envelope, as XML. Stations on the way add to the envelope, so it rarely holds on arrival.
    pub signature: Option<String>,
    /// The manifest.
    pub references: Vec<Reference>,
    /// The attachments, in the order of their contents.
    pub attachments: Vec<AttachmentHead>,
    /// What has no place in the structure.
    pub unknown: Vec<Unknown>,
}

/// What a package wants done (`BussinessDocType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A new document.
    New,
    /// A document is withdrawn.
    Withdraw,
    /// A document is updated.
    Update,
    /// Documents are replaced.
    Replace,
}

impl Kind {
    /// All kinds in the order of their codes.
    pub const ALL: [Kind; 4] = [Kind::New, Kind::Withdraw, Kind::Update, Kind::Replace];
    /// The code on the wire.
    pub fn code(self) -> &'static str {
        ["0", "1", "2", "3"][self as usize]
    }
    /// The kind of a code.
    pub fn of(code: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What became of a document (QĐ 28/2018/QĐ-TTg).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusCode {
    /// 01: arrived.
    Arrived,
    /// 02: refused, with the reason.
    Refused,
    /// 03: registered.
    Registered,
    /// 04: assigned.
    Assigned,
    /// 05: in process.
    InProcess,
    /// 06: completed.
    Completed,
    /// 13: the sender asks for it back.
    TakeBack,
    /// 15: an update or a taking back is agreed to.
    Agreed,
    /// 16: an update or a taking back is refused.
    Declined,
}

impl StatusCode {
    /// All codes, in their order.
    pub const ALL: [StatusCode; 9] = [
        StatusCode::Arrived,
        StatusCode::Refused,
        StatusCode::Registered,
        StatusCode::Assigned,
        StatusCode::InProcess,
        StatusCode::Completed,
        StatusCode::TakeBack,
        StatusCode::Agreed,
        StatusCode::Declined,
    ];
    /// The code on the wire.
    pub fn code(self) -> &'static str {
        ["01", "02", "03", "04", "05", "06", "13", "15", "16"][self as usize]
    }
    /// The status of a code.
    pub fn of(code: &str) -> Option<StatusCode> {
        StatusCode::ALL.into_iter().find(|status| status.code() == code)
    }
}

impl Package {
    /// Every text that stands in it with its path, such as `MessageHeader.To.OrganId`, in the order of the structure.
    pub fn values(&self) -> Vec<(String, String)> {
        let mut values = Vec::new();
        let mut see = |path: &str, seen: Seen<'_>| {
            if let Seen::Text(text) = seen {
                values.push((path.to_owned(), text.to_owned()));
            }
        };
        match &self.header {
            Header::Document(document) => Record::walk(&**document, "MessageHeader", &mut see),
            Header::Status(status) => Record::walk(&**status, "MessageHeader", &mut see),
        }
        Record::walk(&self.trace, "TraceHeaderList", &mut see);
        self.references.iter().for_each(|reference| Record::walk(reference, "Reference", &mut see));
        self.attachments.iter().for_each(|head| Record::walk(head, "Attachment", &mut see));
        values.retain(|(_, text)| !text.is_empty());
        values
    }
    /// What it wants done; a document without a word about it is new.
    pub fn kind(&self) -> Option<Kind> {
        let code = &self.trace.business.kind;
        if code.is_empty() { Some(Kind::New) } else { Kind::of(code) }
    }
}

impl Document {
    /// Number and notation as people write them: `7816/VPCP-TTĐT`.
    pub fn code_text(&self) -> String {
        format!("{}/{}", self.code.number, self.code.notation)
    }
    /// The day of promulgation, where it reads as one.
    pub fn promulgated(&self) -> Option<Day> {
        day(&self.promulgation.date)
    }
}

/// The id without the `cid:` that some senders write.
pub fn bare_id(content_id: &str) -> &str {
    content_id.strip_prefix("cid:").unwrap_or(content_id)
}

/// A day as packages write it, `yyyy/MM/dd`.
pub fn day(text: &str) -> Option<Day> {
    let part = |range: std::ops::Range<usize>| {
        text.get(range).filter(|part| part.bytes().all(|b| b.is_ascii_digit()))?.parse::<i16>().ok()
    };
    if text.len() != 10 || text.as_bytes()[4] != b'/' || text.as_bytes()[7] != b'/' {
        return None;
    }
    Day::new(part(0..4)?, i8::try_from(part(5..7)?).ok()?, i8::try_from(part(8..10)?).ok()?)
}

/// A day as packages write it.
pub fn day_text(day: Day) -> String {
    format!("{:04}/{:02}/{:02}", day.year(), day.month(), day.day_of_month())
}
