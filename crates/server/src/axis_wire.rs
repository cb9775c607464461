//! HTTP for the office's transports. The address stands in the office's own configuration, so that it may be any; nothing
//! is followed to elsewhere.

use async_trait::async_trait;
use bytes::Bytes;
use exchange::transport::{Request, Response, Trouble, Wire};
use futures::StreamExt;
use reqwest::{Client, ClientBuilder, Method, header, redirect};
use std::time::Duration;

/// HTTP with a limit on how long it waits.
pub struct HttpWire {
    client: Client,
}

impl HttpWire {
    /// On the runtime of the caller, with what `client` says of TLS. What is fetched may take as long as pieces keep coming
    /// within the patience.
    ///
    /// # Errors
    /// When the machine has no means for it.
    pub fn new(client: ClientBuilder, patience: Duration) -> Result<HttpWire, reqwest::Error> {
        let client = client
            .user_agent(concat!("dienhong/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(patience.min(Duration::from_secs(10)))
            .read_timeout(patience)
            .build()?;
        Ok(HttpWire { client })
    }
}

#[async_trait]
impl Wire for HttpWire {
    async fn send(&self, request: Request) -> Result<Response, Trouble> {
        let method = if request.method == "GET" { Method::GET } else { Method::POST };
        let mut asked = self.client.request(method, &request.url);
        for (name, value) in &request.headers {
            let value = header::HeaderValue::from_bytes(value.as_bytes());
            asked = asked.header(name, value.map_err(|_| Trouble::Unknown(format!("tiêu đề {name} không gửi được")))?);
        }
        if request.method != "GET" {
            asked = asked.body(request.body);
        }
        let answer = asked.send().await.map_err(|error| trouble(&error))?;
        let text = |name: header::HeaderName| {
            let value = answer.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let (date, content_type) = (text(header::DATE), text(header::CONTENT_TYPE));
        let of_road = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
            let wanted = name.as_str().starts_with("x-road-");
            wanted.then(|| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))?
        };
        let headers = answer.headers().iter().filter_map(of_road).collect();
        let (status, length) = (answer.status().as_u16(), answer.content_length());
        let body = futures::stream::unfold(Some(answer), |answer| async move {
            let mut answer = answer?;
            match answer.chunk().await {
                Ok(Some(piece)) => Some((Ok::<Bytes, String>(piece), Some(answer))),
                Ok(None) => None,
                Err(error) => Some((Err(said(&error)), None)),
            }
        });
        Ok(Response { status, date, content_type, length, headers, body: body.boxed() })
    }
}

/// Before a connection stood nothing was sent; afterwards nobody knows.
fn trouble(error: &reqwest::Error) -> Trouble {
    if error.is_connect() || error.is_builder() {
        Trouble::Unreachable(said(error))
    } else {
        Trouble::Unknown(said(error))
    }
}

/// The innermost reason, which is the one that helps.
fn said(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "không trả lời kịp thời gian chờ".into();
    }
    let mut reason: &dyn std::error::Error = error;
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    reason.to_string()
}
