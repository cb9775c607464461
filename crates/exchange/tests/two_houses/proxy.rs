//! A proxy that is faulty at seeded random points, a bounded number of times: it drops, delays, doubles and cuts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection is closed before anything went on.
    Drop,
    /// It takes a while.
    Delay,
    /// The request goes on in part.
    CutRequest,
    /// The request goes on, and nothing of the answer comes back.
    Swallow,
    /// The answer comes back in part.
    CutAnswer,
    /// The request goes on twice; the second answer comes back.
    Double,
}

const FAULTS: [Fault; 6] =
    [Fault::Drop, Fault::Delay, Fault::CutRequest, Fault::Swallow, Fault::CutAnswer, Fault::Double];

/// See the module.
pub struct Proxy {
    left: AtomicI64,
    random: AtomicU64,
    pub seen: Mutex<BTreeMap<Fault, usize>>,
}

impl Proxy {
    /// Listens before `upstream`; at most `faults` exchanges go wrong. Gives its address.
    pub async fn start(upstream: String, seed: u64, faults: i64) -> (Arc<Proxy>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Mutex::new(BTreeMap::new());
        let proxy = Arc::new(Proxy { left: AtomicI64::new(faults), random: AtomicU64::new(seed), seen });
        let serving = Arc::clone(&proxy);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (proxy, upstream) = (Arc::clone(&serving), upstream.clone());
                tokio::spawn(async move { drop(proxy.serve(client, &upstream).await) });
            }
        });
        (proxy, address)
    }

    /// How many exchanges may still go wrong.
    pub fn left(&self) -> i64 {
        self.left.load(Ordering::SeqCst).max(0)
    }

    /// SplitMix64.
    fn draw(&self) -> u64 {
        let mut z = self.random.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn fault(&self) -> Option<Fault> {
        let draw = self.draw();
        if draw % 5 < 3 || self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return None;
        }
        let fault = FAULTS[(draw >> 32) as usize % FAULTS.len()];
        *self.seen.lock().unwrap().entry(fault).or_default() += 1;
        Some(fault)
    }

    async fn serve(&self, mut client: TcpStream, upstream: &str) -> std::io::Result<()> {
        loop {
            let Some(request) = message(&mut client).await? else { return Ok(()) };
            let at = |length: usize| (self.draw() as usize) % length.max(1);
            match self.fault() {
                None => client.write_all(&forward(upstream, &request).await?).await?,
                Some(Fault::Drop) => return Ok(()),
                Some(Fault::Delay) => {
                    tokio::time::sleep(Duration::from_millis(200 + self.draw() % 1500)).await;
                    client.write_all(&forward(upstream, &request).await?).await?;
                }
                Some(Fault::CutRequest) => {
                    let mut beyond = TcpStream::connect(upstream).await?;
                    beyond.write_all(&request[..at(request.len())]).await?;
                    return Ok(());
                }
                Some(Fault::Swallow) => return forward(upstream, &request).await.map(drop),
                Some(Fault::CutAnswer) => {
                    let answer = forward(upstream, &request).await?;
                    client.write_all(&answer[..at(answer.len())]).await?;
                    return Ok(());
                }
                Some(Fault::Double) => {
                    forward(upstream, &request).await?;
                    client.write_all(&forward(upstream, &request).await?).await?;
                }
            }
        }
    }
}

async fn forward(upstream: &str, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut beyond = TcpStream::connect(upstream).await?;
    beyond.write_all(request).await?;
    message(&mut beyond).await?.ok_or_else(|| std::io::Error::other("no answer"))
}

/// One message of HTTP: its head, and as much body as the head names.
async fn message(from: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0usize) {
                return Ok(Some(bytes));
            }
        }
        match from.read(&mut piece).await? {
            0 => return Ok(None),
            count => bytes.extend_from_slice(&piece[..count]),
        }
    }
}
