//! Packages that go out: composed from a document of the house, held to every rule of the axis, and kept before they wait.

use crate::office::acts::Organ;
use crate::office::model::NewDispatch;
use crate::office::statuses::cut;
use crate::office::{DispatchLine, Office};
use bytes::Bytes;
use edxml::package::{
    AttachmentHead, Business, Code, Document, DocumentType, Header, Hop, Kind, OtherInfo, Package, Party, Promulgation,
    Receiver, Reference, Replacement, ResponseFor, Signer, Trace, Unsendable, UpdateInfo, Wrap, day_text, write,
};
use edxml::words::{Language, sentence};
use journal::Journal;
use kernel::{Day, Digest, FieldProblem, Problem, Timestamp};

/// What goes out of a document of the house.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    /// Number as written.
    pub number: String,
    pub date: Day,
    pub subject: String,
    /// On whose behalf, position, name.
    pub signer: (String, String, String),
    /// As printed.
    pub recipients: Vec<String>,
    /// The paper.
    pub pdf: Digest,
}

pub(super) fn party(code: &str, name: &str) -> Party {
    Party { organ_id: code.into(), name: name.into(), ..Party::default() }
}

/// Number and notation: `63/2025/UBTVQH15` is `63` and `2025/UBTVQH15`.
fn code(number: &str) -> Code {
    let (number, notation) = number.split_once('/').unwrap_or((number, ""));
    Code { number: number.into(), notation: notation.into() }
}

/// The type by the notation (Decree 30/2020/NĐ-CP, Annex III): an official letter has none of its own.
fn type_name(notation: &str) -> &'static str {
    match notation.split(['-', '/']).find(|part| !part.chars().all(|c| c.is_ascii_digit())).unwrap_or_default() {
        "NQ" | "UBTVQH15" | "UBTVQH16" => "Nghị quyết",
        "QH15" | "QH16" => "Luật",
        "TB" => "Thông báo",
        "BC" => "Báo cáo",
        "TTr" => "Tờ trình",
        "QĐ" => "Quyết định",
        "KH" => "Kế hoạch",
        "CT" => "Chỉ thị",
        "KL" => "Kết luận",
        "GM" => "Giấy mời",
        _ => "Công văn",
    }
}

impl Office {
    /// The package of a dispatch.
    pub(super) fn compose(
        &self,
        new: &NewDispatch,
        letter: &Letter,
        to: &[Organ],
        identity: &str,
        earlier: Option<&DispatchLine>,
        now: Timestamp,
    ) -> Package {
        let organ = &self.settings.organ;
        let number = code(&letter.number);
        let document = Document {
            from: party(&organ.code, &organ.name),
            to: to.iter().map(|organ| party(&organ.code, &organ.name)).collect(),
            document_id: identity.to_owned(),
            document_type: DocumentType { name: type_name(&number.notation).into(), ..DocumentType::default() },
            code: number,
            promulgation: Promulgation { place: self.settings.place.clone(), date: day_text(letter.date) },
            subject: letter.subject.clone(),
            signer: Signer {
                competence: letter.signer.0.clone(),
                position: letter.signer.1.clone(),
                full_name: letter.signer.2.clone(),
            },
            due_date: new.due.map(day_text).unwrap_or_default(),
            other: OtherInfo { priority: new.priority.to_string(), ..OtherInfo::default() },
            response_for: if new.kind == Kind::Withdraw { vec![response_for(earlier)] } else { Vec::new() },
            steering: "1".into(),
            places: letter.recipients.iter().map(|place| cut(place, 500)).collect(),
            ..Document::default()
        };
        let hop = Hop { organ_id: organ.code.clone(), timestamp: crate::inbox::time_text(now) };
        let trace = Trace { hops: vec![hop], business: business(new, to, earlier) };
        let (references, attachments) = if new.kind == Kind::Withdraw { (vec![], vec![]) } else { paper(letter) };
        Package { header: Header::Document(document.into()), trace, references, attachments, ..Package::default() }
    }
}

fn response_for(earlier: Option<&DispatchLine>) -> ResponseFor {
    let Some(earlier) = earlier else { return ResponseFor::default() };
    ResponseFor {
        organ_id: earlier.sender.clone(),
        code: cut(&earlier.number, 42),
        document_id: earlier.identity.clone(),
        date: Day::parse(&earlier.date).map(day_text).unwrap_or_default(),
    }
}

fn business(new: &NewDispatch, to: &[Organ], earlier: Option<&DispatchLine>) -> Business {
    let mut business = Business { kind: new.kind.code().into(), reason: new.reason.clone(), ..Business::default() };
    let Some(earlier) = earlier else { return business };
    match new.kind {
        Kind::New | Kind::Withdraw => {}
        Kind::Update => {
            business.document_id.clone_from(&earlier.identity);
            let receivers =
                to.iter().map(|organ| Receiver { organ_id: organ.code.clone(), change: "1".into() }).collect();
            business.update = UpdateInfo { document: "1".into(), receiver: "0".into(), receivers };
        }
        Kind::Replace => {
            let organ_ids = to.iter().map(|organ| organ.code.clone()).collect();
            business.replacements = vec![Replacement { document_id: earlier.identity.clone(), organ_ids }];
        }
    }
    business
}

/// The paper as the one attachment, named by the number.
fn paper(letter: &Letter) -> (Vec<Reference>, Vec<AttachmentHead>) {
    let plain: String = letter.number.chars().map(|c| if c == '/' || c.is_control() { '-' } else { c }).collect();
    let (name, kind) = (format!("{}.pdf", cut(&plain, 150)), "application/pdf");
    let id = "cid:1";
    let reference = Reference {
        content_id: id.into(),
        content_type: kind.into(),
        description: cut(&letter.subject, 500),
        name: name.clone(),
    };
    let head = AttachmentHead {
        content_id: id.into(),
        name,
        description: cut(&letter.subject, 500),
        content_type: kind.into(),
    };
    (vec![reference], vec![head])
}

/// Writes a package by every rule and keeps it; gives its address and its bytes.
///
/// # Errors
/// [`Problem::Invalid`] with one problem for each rule that is broken, the field named in its words.
pub(super) async fn keep(
    journal: &Journal,
    package: Package,
    today: Day,
    wrap: Wrap,
    contents: Vec<Bytes>,
) -> Result<(Digest, i64), Problem> {
    let written = tokio::task::spawn_blocking(move || {
        let mut out = Vec::new();
        let content = |at: usize| {
            let content = contents.get(at).cloned();
            content.map(std::io::Cursor::new).ok_or_else(|| std::io::Error::other("an attachment without content"))
        };
        write(&package, today, wrap, content, &mut out).map(|()| out)
    });
    match written.await.map_err(Problem::fault)? {
        Ok(bytes) => {
            let length = i64::try_from(bytes.len()).map_err(Problem::fault)?;
            Ok((journal.put_blob(bytes).await?, length))
        }
        Err(Unsendable::Rules(findings)) => {
            let one = |finding: &edxml::Finding| {
                FieldProblem::new(&finding.at, "package-refused").arg("why", sentence(finding, Language::Vi))
            };
            Err(Problem::Invalid(findings.iter().take(20).map(one).collect()))
        }
        Err(Unsendable::Io(error)) => Err(Problem::Unavailable { what: "package", why: error.to_string() }),
    }
}
