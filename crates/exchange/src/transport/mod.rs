//! Ways in and out: what a transport can do, and what can go wrong on it.
//!
//! All transports are open: nothing secret goes by any of them, and none is asked about that. A transport opens no socket
//! itself: HTTP and mail are handed in ([`Wire`], [`Postman`]).

mod axis;
mod files;
mod folder;
mod mail;
mod members;
mod xroad;

pub use axis::AxisTransport;
pub use folder::FolderTransport;
pub use mail::{MailSettings, MailTransport, Postman};
pub use xroad::{XroadCallers, XroadTransport};

use crate::{MessageType, office::Listed};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream::BoxStream};
use kernel::{Digest, Timestamp};

/// What went wrong on the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Nothing was sent: the other end was not reached.
    #[error("không kết nối được: {0}")]
    Unreachable(String),
    /// Something was sent and no answer came: whether it was taken is not known.
    #[error("không rõ bên kia đã nhận hay chưa: {0}")]
    Unknown(String),
    /// This very request was taken before.
    #[error("bên kia báo đã nhận yêu cầu này trước đó")]
    Taken,
    /// The other end refused, and would refuse again.
    #[error("bên kia từ chối ({code}): {why}")]
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        why: String,
    },
    /// The other end cannot serve now.
    #[error("bên kia tạm thời không phục vụ ({code}): {why}")]
    Busy {
        /// Its code.
        code: String,
        /// Its words.
        why: String,
    },
    /// The clocks are too far apart.
    #[error("đồng hồ lệch nhau: {0}")]
    Clock(String),
    /// This transport has no such thing.
    #[error("phương thức này không có chức năng đó")]
    Unsupported,
}

impl Trouble {
    /// In one word: `unreachable`, `unknown`, `refused`, `busy`, `clock`.
    pub fn word(&self) -> &'static str {
        match self {
            Trouble::Unreachable(_) => "unreachable",
            Trouble::Unknown(_) | Trouble::Taken => "unknown",
            Trouble::Refused { .. } | Trouble::Unsupported => "refused",
            Trouble::Busy { .. } => "busy",
            Trouble::Clock(_) => "clock",
        }
    }
    /// Whether it says that the other end is not well, rather than that it dislikes what it got.
    pub fn of_the_way(&self) -> bool {
        matches!(self, Trouble::Unreachable(_) | Trouble::Unknown(_) | Trouble::Busy { .. })
    }
}

/// A package to be sent.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Our id of it.
    pub id: String,
    /// A document or a status.
    pub message: MessageType,
    /// The sender.
    pub from: String,
    /// The receivers.
    pub to: Vec<String>,
    /// The identity that it speaks of.
    pub identity: String,
    /// The status of a status package.
    pub status: Option<String>,
    /// The package.
    pub bytes: Bytes,
    /// Its SHA-256.
    pub digest: Digest,
    /// The instant that is signed: the same instant gives the same request.
    pub signed: Timestamp,
    /// Ids at the other end of packages of the same identity that are known to be there: none of them is this one.
    pub known: Vec<String>,
}

/// A package that waits for us at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its id there.
    pub package: String,
    /// A document or a status.
    pub message: MessageType,
    /// The sender, as the other end names it.
    pub from: String,
    /// Which of our bodies it is for.
    pub to: Vec<String>,
    /// Why it is not believed to come from anybody known, in words: it goes to quarantine as it came.
    pub doubt: Option<String>,
    /// The bodies for which whoever brought it may speak; none: the other end has seen to that. A package that names
    /// another sender goes to quarantine.
    pub speaks_for: Option<Vec<String>>,
}

/// A package that is fetched, in pieces.
pub type Pieces = BoxStream<'static, Result<Bytes, String>>;

/// A way in and out.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Its name: `axis`, `folder`, `xroad`, `mail`.
    fn name(&self) -> &'static str;
    /// Where it leads, for people; no secrets.
    fn address(&self) -> String;
    /// Whether it is asked for what waits: not, where the other end brings it ([`crate::Office::brought`]).
    fn is_asked(&self) -> bool {
        true
    }
    /// For how many seconds the same request may be sent again: as long as the other end believes its signature. 0 where
    /// sending again is harmless.
    fn same_request_for(&self) -> i64 {
        0
    }
    /// Seconds by which the other end's clock is ahead of ours, when it told.
    fn clock_ahead(&self) -> Option<i64> {
        None
    }
    /// All bodies that are reached by it.
    async fn agencies(&self) -> Result<Vec<Listed>, Trouble>;
    /// Sends a package; gives its id at the other end, or an empty text when that does not tell.
    async fn send(&self, parcel: &Parcel) -> Result<String, Trouble>;
    /// Looks whether a package is at the other end already, after an attempt whose outcome is not known; gives its id.
    async fn find(&self, parcel: &Parcel) -> Result<Option<String>, Trouble>;
    /// What waits for us, oldest first.
    async fn waiting(&self, message: MessageType) -> Result<Vec<Waiting>, Trouble>;
    /// Fetches a package.
    async fn fetch(&self, waiting: &Waiting) -> Result<Pieces, Trouble>;
    /// Tells that a package is kept here (`true`) or cannot be taken (`false`); it waits no more then.
    async fn settle(&self, waiting: &Waiting, kept: bool) -> Result<(), Trouble>;
}

/// A request over HTTP.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The address.
    pub url: String,
    /// Headers; values may be any UTF-8.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// The beginning of an answer, and its body in pieces.
pub struct Response {
    /// The status.
    pub status: u16,
    /// The header `Date`, as it stands.
    pub date: Option<String>,
    /// The header `Content-Type`, as it stands.
    pub content_type: Option<String>,
    /// The header `Content-Length`.
    pub length: Option<u64>,
    /// The headers of X-Road, as they stand.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Pieces,
}

/// HTTP, handed in from outside: a transport opens no socket itself.
#[async_trait]
pub trait Wire: Send + Sync {
    /// Sends a request and waits for the beginning of the answer.
    ///
    /// # Errors
    /// [`Trouble::Unreachable`] when no connection came about, [`Trouble::Unknown`] when it broke afterwards.
    async fn send(&self, request: Request) -> Result<Response, Trouble>;
}

/// A whole answer of bounded length.
async fn collect(mut pieces: Pieces, most: usize) -> Result<Bytes, Trouble> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(Trouble::Unknown)?;
        if bytes.len() + piece.len() > most {
            let why = format!("câu trả lời dài hơn {most} byte");
            return Err(Trouble::Busy { code: "-".into(), why });
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}
