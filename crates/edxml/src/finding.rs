//! What is wrong or odd in a package, as data; `words/` says it in sentences.

use serde::Serialize;

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub what: What,
    /// Where: a path such as `MessageHeader.To.OrganId`, the name of an attachment, or empty for the whole package.
    pub at: String,
    /// What stood there, or the limit that was passed; short.
    pub detail: String,
}

impl Finding {
    /// A finding; the detail is cut to 200 characters.
    pub fn new(what: What, at: impl Into<String>, detail: impl ToString) -> Finding {
        let detail = detail.to_string();
        let short = detail.char_indices().nth(200).map_or(detail.as_str(), |(end, _)| &detail[..end]).to_owned();
        Finding { what, at: at.into(), detail: short }
    }
    /// The code that systems of the axis know: `N.MessageHeader.To` for what is missing, `R.` for a value out of its range,
    /// `M.` for values that do not fit each other, `T.` for a value of another type.
    pub fn code(&self) -> String {
        if self.at.is_empty() { self.what.letter().to_owned() } else { format!("{}.{}", self.what.letter(), self.at) }
    }
}

/// The kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    // Rules that a package must keep to be sent.
    /// A required value is missing.
    Missing,
    /// A text is longer than the limit; the detail is `length/limit`.
    TooLong,
    /// A value that is not one of those allowed.
    NotAllowed,
    /// No day `yyyy/MM/dd`.
    NotADay,
    /// No time `yyyy/MM/dd HH:mm:ss`.
    NotATime,
    /// No number.
    NotANumber,
    /// A day in the future.
    InFuture,
    /// No identifier of a body.
    NotAnOrganId,
    /// A receiver stands twice.
    Twice,
    /// The manifest and the attachments do not fit each other.
    ManifestDiffers,
    /// A character that XML cannot carry.
    BadCharacter,
    // What a receiver tolerates.
    /// An element, text or attribute without a place; it is kept.
    Unknown,
    /// A prefix that is not declared.
    UndeclaredPrefix,
    /// Another namespace than the package's.
    OtherNamespace,
    /// The content is not what the name says.
    ContentNotAsNamed,
    /// An attachment without content.
    Empty,
    /// A marker for the order of bytes before the text.
    ByteOrderMark,
    // Reasons to refuse a package.
    /// Characters stand before the XML.
    StrayStart,
    /// The package ends before its end.
    Truncated,
    /// The XML is not well formed.
    Malformed,
    /// The text is not UTF-8.
    NotUtf8,
    /// A document type or an entity of its own: never needed, and used to attack readers.
    EntityTrick,
    /// More than the limit; the detail is the limit in bytes, elements or levels.
    TooLarge,
    /// The XML is no edXML package.
    NotEdxml,
    /// A content that is not base64; the detail says where.
    BadBase64,
    /// A file name with a path or control characters.
    BadName,
    /// A ZIP that does not open.
    BadZip,
    /// A ZIP that grows beyond measure.
    ZipBomb,
    /// An attachment whose content does not stand in the package.
    NoContent,
    /// The document is marked as a state secret, which open transports must not carry.
    Secret,
}

impl What {
    /// Required, range, mismatch or type.
    pub fn letter(self) -> &'static str {
        use What::*;
        match self {
            Missing | Empty | NoContent => "N",
            TooLong | NotAllowed | InFuture | TooLarge | ZipBomb | BadName | BadCharacter | Secret => "R",
            Twice | ManifestDiffers | Unknown | ContentNotAsNamed | StrayStart | Truncated => "M",
            _ => "T",
        }
    }
    /// The name, as in `words/`: `too-long`.
    pub fn name(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => name,
            _ => String::new(),
        }
    }
}
