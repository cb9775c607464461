//! Requests as clients of the axis sent them, byte by byte, at the running hub: each is believed by its HMAC at its own
//! time, and by nothing else; a changed header, a stale clock and a replay are refused.

use edxml::axis::Window;
use exchange::{Hub, NewSystem, Settings};
use kernel::Timestamp;
use signing::MasterKey;
use std::path::Path;
use std::sync::Arc;
use testkit::Db;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PREFIX: &str = "XroadVnpt-";

/// A request of a log: its first line, its headers, its body.
struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Reads a log: `=== POST /path`, headers, an empty line, the body, `[n body bytes]`.
fn requests(log: &[u8]) -> Vec<Request> {
    let mut found = Vec::new();
    let mut rest = log;
    while let Some(at) = rest.windows(5).position(|window| window == b"\n=== ") {
        rest = &rest[at + 5..];
        let end = rest.windows(2).position(|window| window == b"\n\n").unwrap();
        let head = std::str::from_utf8(&rest[..end]).unwrap();
        let mut lines = head.lines();
        let line = lines.next().unwrap().to_owned();
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        let headers: Vec<(String, String)> = lines.filter_map(header).collect();
        rest = &rest[end..];
        let length: usize = headers.iter().find(|(name, _)| name == "Content-Length").unwrap().1.parse().unwrap();
        let mark = format!("\n[{length} body bytes]");
        let end = rest.windows(mark.len()).position(|window| window == mark.as_bytes()).unwrap();
        found.push(Request { line, headers, body: rest[end - length..end].to_vec() });
        rest = &rest[end..];
    }
    found
}

/// Sends a request as it stands, but that the connection ends with it; gives the status and the body of the answer.
async fn send(address: &str, request: &Request, headers: &[(String, String)]) -> (u16, String) {
    let mut text = format!("{} HTTP/1.1\r\n", request.line);
    for (name, value) in headers {
        text += &format!("{name}: {}\r\n", if name == "Connection" { "close" } else { value });
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&[text.as_bytes(), b"\r\n", &request.body].concat()).await.unwrap();
    let mut answer = Vec::new();
    // Who is refused before the body is read may be cut off; what was answered is there.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let answer = answer.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn hub(db: &Db, system: &str, secret: &str) -> String {
    let policies = Arc::new(policy::Policies::load(None).unwrap());
    let journal = db.journal(policies, Hub::projections()).await.unwrap();
    let window = Window { offset: 0, ..Window::default() };
    let settings = Settings { organ_id: "G01".into(), window, max_package: 1 << 20 };
    let hub = Hub::new(journal, Arc::new(MasterKey::from_bytes([7; 32])), settings);
    let new = NewSystem { id: system.into(), name: "Hệ thống thử nghiệm".into(), quota: 10 };
    assert!(hub.admit_with(new.clone(), "too short").await.is_err());
    hub.admit_with(new, secret).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(web::axis::serve(listener, hub, std::future::pending()));
    address
}

/// The headers that a request is believed by: what was signed, the signature, the version and the content's type.
fn believed_by(request: &Request) -> Vec<String> {
    let keys = request.headers.iter().find(|(name, _)| name == &format!("{PREFIX}sign-header-key")).unwrap();
    let signed = keys.1.split(';').chain(["sign-header-key", "sign-header", "hash-header", "version"]);
    signed.map(|name| format!("{PREFIX}{name}")).chain(["Content-Type".to_owned()]).collect()
}

/// Every request of a log is believed once, at its time, as it stands; gives how many there were, and the answers.
async fn all_are_believed(db: &Db, log: &[u8], system: &str, secret: &str) -> Vec<String> {
    // 23112026T065626 on the clock of a machine that runs by UTC.
    let time: Timestamp = Timestamp::from_micros(1_795_416_986_000_000);
    db.clock.set(time);
    let address = hub(db, system, secret).await;
    let mut answers = Vec::new();
    for request in requests(log) {
        let mut changed = 0;
        for name in believed_by(&request) {
            let one = |(known, value): &(String, String)| {
                let value = if *known == name { format!("x{value}") } else { value.clone() };
                (known.clone(), value)
            };
            let headers: Vec<(String, String)> = request.headers.iter().map(one).collect();
            changed += usize::from(headers != request.headers);
            assert_eq!(send(&address, &request, &headers).await.0, 401, "{}: {name} changed", request.line);
        }
        assert!(changed >= 8, "{}: {changed}", request.line);
        for minutes in [-10, 10] {
            db.clock.set(time.plus_seconds(minutes * 60));
            let (status, answer) = send(&address, &request, &request.headers).await;
            assert_eq!(status, 401, "{} at another time: {answer}", request.line);
        }
        db.clock.set(time);
        let (status, answer) = send(&address, &request, &request.headers).await;
        assert_eq!(status, 200, "{}: {answer}", request.line);
        assert!(answer.contains("\"ErrorCode\"") && !answer.contains("HMAC"), "{}: {answer}", request.line);
        answers.push(answer);
        let (again, answer) = send(&address, &request, &request.headers).await;
        assert_eq!(again, 401, "{} a second time: {answer}", request.line);
    }
    answers
}

testkit::on_both_engines! {
    async fn every_request_of_our_own_log_is_believed_as_it_stands_once_and_at_its_time(db: Db) {
        let log = include_bytes!("own.log");
        let answers = all_are_believed(&db, log, "THU.NGHIEM.01", "khoa-thu-nghiem-2026").await;
        let codes: Vec<String> = answers
            .iter()
            .map(|answer| {
                let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
                answer["ErrorCode"].as_str().unwrap().to_owned()
            })
            .collect();
        // All is done but what names a package that is not there.
        assert_eq!(codes, ["0", "0", "0", "0", "0", "0", "0", "0", "404", "404", "0"], "{answers:?}");
        assert!(answers[5].contains("\"data\":1"), "the package that was sent waits: {}", answers[5]);
    }

    async fn every_request_of_a_real_clients_log_is_believed_as_it_stands_once_and_at_its_time(db: Db) {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/edxml-samples/vxp-requests.log");
        let Ok(log) = std::fs::read(&place) else {
            eprintln!("skipped: {} is not there", place.display());
            return;
        };
        let answers = all_are_believed(&db, &log, "TEST.SYSTEM.01", "dGVzdC1zZWNyZXQ=").await;
        assert!(answers.len() >= 7, "{answers:?}");
        let done = answers.iter().filter(|answer| answer.contains("\"OK\"")).count();
        // It removes a body that nobody registered; all else is done.
        assert_eq!(done, answers.len() - 1, "{answers:?}");
    }
}
