//! The axis over HTTP: its calls as a client makes them.

use super::{Parcel, Pieces, Request, Response, Transport, Trouble, Waiting, Wire, collect};
use crate::MessageType;
use crate::office::Listed;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use edxml::axis::{Answer, Window, file_hash, headers};
use futures::StreamExt;
use kernel::{Clock, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Largest answer of a call but a fetched package.
const MOST_ANSWER: usize = 64 << 20;
/// Seconds of the axis's window that are left as a reserve when the same request is sent again.
const RESERVE: i64 = 60;
const JSON: &str = "application/json";
/// The type of a sent package.
const OCTETS: &str = "application/octet-stream";
/// The clock of the other end was not heard yet.
const UNHEARD: i64 = i64::MIN;

/// A configured axis.
pub struct AxisTransport {
    wire: Arc<dyn Wire>,
    clock: Arc<dyn Clock>,
    base: String,
    system: String,
    secret: String,
    window: Window,
    ahead: AtomicI64,
}

/// A line of the inbox. Names as the axis writes them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InboxLine {
    doc_id: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// A line of what was sent.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SentLine {
    title: String,
    from_code: String,
    to_code: String,
    sender_doc_id: String,
    receiver_doc_id: String,
}

/// A body of any of the three lists.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct AgencyLine {
    code: String,
    pid: Value,
    name: String,
    mail: Value,
    old_code: Value,
    code102: Value,
    deleted: Value,
}

impl AxisTransport {
    /// An axis at an address, for a system and its secret.
    pub fn new(
        wire: Arc<dyn Wire>,
        clock: Arc<dyn Clock>,
        base: &str,
        system: &str,
        secret: &str,
        window: Window,
    ) -> AxisTransport {
        AxisTransport {
            wire,
            clock,
            base: base.trim_end_matches('/').to_owned(),
            system: system.to_owned(),
            secret: secret.to_owned(),
            window,
            ahead: AtomicI64::new(UNHEARD),
        }
    }

    async fn request(
        &self,
        method: &'static str,
        path: &str,
        parameters: &[(&str, &str)],
        body: Bytes,
        signed: Timestamp,
    ) -> Result<Response, Trouble> {
        let content_type = if path == "sendEdoc" { OCTETS } else { JSON };
        let mut all = headers(&self.system, &self.secret, parameters, content_type, signed, self.window);
        all.push(("Content-Type".into(), content_type.into()));
        let request = Request { method, url: format!("{}/{path}", self.base), headers: all, body };
        let response = self.wire.send(request).await?;
        if let Some(theirs) = response.date.as_deref().and_then(http_date) {
            let ahead = theirs - self.clock.now().seconds();
            self.ahead.store(ahead, Ordering::Relaxed);
        }
        Ok(response)
    }

    /// A call whose answer is in the envelope.
    async fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        body: &str,
    ) -> Result<T, Trouble> {
        let now = self.clock.now();
        let response = self.request("POST", path, parameters, Bytes::from(body.to_owned()), now).await?;
        let data = self.data(response).await?;
        serde_json::from_value(data).map_err(|why| busy(format!("câu trả lời của {path} không đọc được: {why}")))
    }

    async fn data(&self, response: Response) -> Result<Value, Trouble> {
        let status = response.status;
        let bytes = collect(response.body, MOST_ANSWER).await?;
        let answer: Answer = match serde_json::from_slice(&bytes) {
            Ok(answer) => answer,
            // A gateway in between answers in its own words.
            Err(_) if status >= 500 => return Err(busy(format!("trạng thái HTTP {status}"))),
            Err(_) => return Err(Trouble::Unknown(format!("câu trả lời không phải của trục (HTTP {status})"))),
        };
        answer.into_data().map_err(|(code, why)| self.trouble(&code, why))
    }

    /// What a refusal of the axis means. Codes are those of our hub; other axes are read by their words.
    fn trouble(&self, code: &str, why: String) -> Trouble {
        let lower = why.to_lowercase();
        if code == "409" || lower.contains("đã được nhận trước đó") || lower.contains("replay") {
            return Trouble::Taken;
        }
        let skew = self.ahead.load(Ordering::Relaxed);
        if lower.contains("đồng hồ") || lower.contains("timestamp") || lower.contains("clock") {
            let told = if skew == UNHEARD {
                String::new()
            } else {
                format!(" (đồng hồ bên kia nhanh hơn {skew} giây)")
            };
            return Trouble::Clock(format!("{why}{told}"));
        }
        match code {
            "429" | "500" | "502" | "503" | "504" => Trouble::Busy { code: code.into(), why },
            // A package that broke off on its way came in pieces, and is not wrong in itself.
            _ if why.contains("file-broken-off") || why.contains("hash-file") => {
                Trouble::Busy { code: code.into(), why }
            }
            _ => Trouble::Refused { code: code.into(), why },
        }
    }
}

fn busy(why: String) -> Trouble {
    Trouble::Busy { code: "-".into(), why }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` in seconds.
fn http_date(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(text).ok().map(|at| at.timestamp().as_second())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

#[async_trait]
impl Transport for AxisTransport {
    fn name(&self) -> &'static str {
        "axis"
    }
    fn address(&self) -> String {
        self.base.clone()
    }
    fn same_request_for(&self) -> i64 {
        (self.window.skew - RESERVE).max(0)
    }
    fn clock_ahead(&self) -> Option<i64> {
        Some(self.ahead.load(Ordering::Relaxed)).filter(|ahead| *ahead != UNHEARD)
    }

    async fn agencies(&self) -> Result<Vec<Listed>, Trouble> {
        let mut listed: Vec<Listed> = Vec::new();
        // The units carry what was removed; the lists are older and carry the old identifiers.
        let lines: Vec<AgencyLine> = self.call("getSynchronizeUnit", &[], "").await?;
        let older: Vec<AgencyLine> = match lines.is_empty() {
            true => self.call("getAgenciesList", &[], "").await?,
            false => Vec::new(),
        };
        for line in lines.into_iter().chain(older) {
            let gone =
                matches!(&line.deleted, Value::Bool(true)) || matches!(text(&line.deleted).as_str(), "1" | "true");
            if gone || line.code.is_empty() || listed.iter().any(|known| known.code == line.code) {
                continue;
            }
            let old = [text(&line.old_code), text(&line.code102)].into_iter().find(|code| !code.is_empty());
            listed.push(Listed {
                old_code: old.filter(|old| *old != line.code).unwrap_or_default(),
                parent: text(&line.pid),
                name: line.name,
                mail: text(&line.mail),
                code: line.code,
            });
        }
        Ok(listed)
    }

    async fn send(&self, parcel: &Parcel) -> Result<String, Trouble> {
        let hash = file_hash(&parcel.digest);
        let parameters = [
            ("from", parcel.from.as_str()),
            ("servicetype", "eDoc"),
            ("messagetype", parcel.message.text()),
            ("hash-file", hash.as_str()),
        ];
        let mut body = BytesMut::with_capacity(parcel.bytes.len() + 2);
        body.extend_from_slice(&parcel.bytes);
        body.extend_from_slice(b"\r\n");
        let response = self.request("POST", "sendEdoc", &parameters, body.freeze(), parcel.signed).await?;
        Ok(text(&self.data(response).await?))
    }

    async fn find(&self, parcel: &Parcel) -> Result<Option<String>, Trouble> {
        for id in [parcel.identity.as_str(), ""] {
            let parameters = [("servicetype", "eDoc"), ("messagetype", parcel.message.text()), ("docId", id)];
            let lines: Vec<SentLine> = match self.call("getSentEdocList", &parameters, "").await {
                Ok(lines) => lines,
                Err(Trouble::Refused { .. }) => continue,
                Err(trouble) => return Err(trouble),
            };
            // A body may tell the same status of a document twice: what is known to be another package is none of this.
            let ours = |line: &&SentLine| {
                line.sender_doc_id == parcel.identity
                    && line.from_code == parcel.from
                    && parcel.to.contains(&line.to_code)
                    && parcel.status.as_ref().is_none_or(|code| line.title.starts_with(code.as_str()))
                    && !parcel.known.contains(&line.receiver_doc_id)
            };
            if let Some(line) = lines.iter().find(ours) {
                return Ok(Some(line.receiver_doc_id.clone()));
            }
        }
        Ok(None)
    }

    async fn waiting(&self, message: MessageType) -> Result<Vec<Waiting>, Trouble> {
        let parameters = [("servicetype", "eDoc"), ("messagetype", message.text())];
        let lines: Vec<InboxLine> = self.call("getReceivedEdocList", &parameters, "").await?;
        let mut waiting: Vec<Waiting> = Vec::new();
        for line in lines {
            match waiting.iter_mut().find(|known| known.package == line.doc_id) {
                Some(known) => known.to.push(line.to),
                None => waiting.push(Waiting {
                    package: line.doc_id,
                    message,
                    from: line.from,
                    to: vec![line.to],
                    doubt: None,
                    speaks_for: None,
                }),
            }
        }
        Ok(waiting)
    }

    async fn fetch(&self, waiting: &Waiting) -> Result<Pieces, Trouble> {
        let parameters = [("docId", waiting.package.as_str()), ("filePath", waiting.package.as_str())];
        let response = self.request("GET", "downloadEdoc", &parameters, Bytes::new(), self.clock.now()).await?;
        let json = response.content_type.as_deref().is_some_and(|kind| kind.starts_with(JSON));
        if json || response.status != 200 {
            self.data(response).await?;
            return Err(busy("trục trả lời mà không có gói tin".into()));
        }
        let (wanted, mut got) = (response.length, 0u64);
        let mut body = response.body;
        // What breaks off is no package; what ends early without a word is told apart by its length.
        Ok(futures::stream::poll_fn(move |context| {
            let piece = body.poll_next_unpin(context);
            match &piece {
                std::task::Poll::Ready(Some(Ok(bytes))) => got += bytes.len() as u64,
                std::task::Poll::Ready(None) if wanted.is_some_and(|wanted| got < wanted) => {
                    got = u64::MAX;
                    return std::task::Poll::Ready(Some(Err("gói tin bị đứt giữa chừng".to_owned())));
                }
                _ => {}
            }
            piece
        })
        .boxed())
    }

    async fn settle(&self, waiting: &Waiting, kept: bool) -> Result<(), Trouble> {
        let status = if kept { "done" } else { "fail" };
        let parameters = [("docId", waiting.package.as_str()), ("status", status)];
        self.call::<Value>("updateStatus", &parameters, "{}").await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_date_of_http_is_read() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(http_date("gestern"), None);
    }

    proptest! {
        #[test]
        fn no_date_makes_the_reader_panic(text in ".*") { let _ = http_date(&text); }
    }
}
