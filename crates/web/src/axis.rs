//! The hub of the National Document Interconnection Axis over HTTP: the calls, the envelope and the words of the protocol.
//!
//! It has a socket of its own: no page, session or form of the site is reached here. Every request is believed by its
//! signature alone ([`exchange::Hub::believe`]); parameters are read from what was signed.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use edxml::axis::{Answer, Signed};
use exchange::{Agency, AgencyRegistered, Delivery, Entry, Hub, MessageType, Progress, System, Unbelieved};
use futures::StreamExt;
use kernel::{Problem, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;

/// Most bytes of the small bodies: all but sent packages.
const MOST_SMALL: usize = 64 << 10;

/// Serves the hub on a bound socket until `stop` ends.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    listener: TcpListener,
    hub: Hub,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(hub)).with_graceful_shutdown(stop).await
}

/// All calls of the protocol.
pub fn router(hub: Hub) -> Router {
    let mut router = Router::new().route("/downloadEdoc", get(download)).route("/sendEdoc", post(send));
    for path in [
        "/getAgenciesList",
        "/getAgenciesListQD20",
        "/getSynchronizeUnit",
        "/registerAgency",
        "/deleteAgency",
        "/getReceivedEdocList",
        "/getSentEdocList",
        "/getEdoc",
        "/updateStatus",
        "/countReceiveEdoc",
        "/countReceiveStatus",
    ] {
        router = router.route(path, post(call));
    }
    router.layer(DefaultBodyLimit::max(MOST_SMALL)).layer(CatchPanicLayer::new()).with_state(hub)
}

/// Headers as text; values of the axis may hold any UTF-8.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &header::HeaderValue| String::from_utf8(value.as_bytes().to_vec()).ok();
    headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?))).collect()
}

async fn call(State(hub): State<Hub>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().trim_start_matches('/').to_owned();
    let (signed, system) = match hub.believe(&path, &texts(&parts.headers)).await {
        Ok(believed) => believed,
        Err(why) => return unbelieved(&why),
    };
    let Ok(body) = axum::body::to_bytes(body, MOST_SMALL).await else {
        return answer(Answer::fail("413", "nội dung yêu cầu quá lớn"));
    };
    answer(carry_out(&hub, &path, &signed, &system, body).await.map_or_else(|problem| failed(&problem), Answer::ok))
}

async fn carry_out(hub: &Hub, path: &str, signed: &Signed, system: &System, body: Bytes) -> Result<Value, Problem> {
    let message = || MessageType::of(signed.get("messagetype").unwrap_or("edoc"));
    let package = || signed.get("docId").ok_or_else(|| Problem::field("docId", "field-required"));
    match path {
        "getAgenciesList" => Ok(hub.agencies(false).await?.iter().map(in_list).collect()),
        "getAgenciesListQD20" => Ok(hub.agencies(false).await?.iter().map(in_new_list).collect()),
        "getSynchronizeUnit" => Ok(hub.agencies(true).await?.iter().map(as_unit).collect()),
        "registerAgency" => {
            let form: Register = serde_json::from_slice(&body).map_err(|_| Problem::field("body", "field-invalid"))?;
            hub.register_agency(form.of(&system.id)).await.map(|()| json!({}))
        }
        "deleteAgency" => {
            let code = signed.get("AgencyCode").ok_or_else(|| Problem::field("AgencyCode", "field-required"))?;
            hub.remove_agency(code, &system.id).await.map(|()| json!({}))
        }
        "getReceivedEdocList" => {
            let message = message()?;
            Ok(hub.inbox(system, message).await?.iter().map(|entry| received(entry, message)).collect())
        }
        "getSentEdocList" => {
            let (message, id) = (message()?, signed.get("docId").filter(|id| !id.is_empty()));
            Ok(hub.sent(system, message, id).await?.iter().map(|delivery| sent(delivery, message)).collect())
        }
        "getEdoc" => Ok(Value::from(STANDARD.encode(hub.package(system, package()?).await?))),
        "updateStatus" => {
            let progress = Progress::of(signed.get("status").unwrap_or_default())?;
            hub.note(system, package()?, progress).await.map(|()| json!({}))
        }
        "countReceiveEdoc" => hub.waiting(system, MessageType::Edoc).await.map(Value::from),
        "countReceiveStatus" => hub.waiting(system, MessageType::Status).await.map(Value::from),
        _ => Err(Problem::not_found("call", path)),
    }
}

async fn download(State(hub): State<Hub>, request: Request) -> Response {
    let (signed, system) = match hub.believe("downloadEdoc", &texts(request.headers())).await {
        Ok(believed) => believed,
        Err(why) => return unbelieved(&why),
    };
    match hub.package(&system, signed.get("docId").unwrap_or_default()).await {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response(),
        Err(problem) => answer(failed(&problem)),
    }
}

async fn send(State(hub): State<Hub>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (signed, system) = match hub.believe("sendEdoc", &texts(&parts.headers)).await {
        Ok(believed) => believed,
        Err(why) => return unbelieved(&why),
    };
    // Also when the connection breaks here, so that the sender may send the same request again.
    let sending = hub.sending("sendEdoc", &signed);
    let arrived = arrive(&hub, &signed, &system, body).await;
    if matches!(arrived, Ok(_) | Err(Problem::Conflict { .. })) {
        sending.taken();
    }
    answer(arrived.map_or_else(|problem| failed(&problem), Answer::ok))
}

async fn arrive(hub: &Hub, signed: &Signed, system: &System, body: Body) -> Result<Value, Problem> {
    let mut arriving = hub.arriving();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        arriving.take(&piece.map_err(|_| Problem::field("package", "file-broken-off"))?)?;
    }
    hub.take(system, signed, arriving).await.map(Value::from)
}

/// The body of `registerAgency`.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Register {
    pcode: String,
    code: String,
    name: String,
    mail: String,
    mobile: String,
    fax: String,
}

impl Register {
    fn of(self, system: &str) -> AgencyRegistered {
        let Register { pcode: parent, code, name, mail, mobile, fax } = self;
        AgencyRegistered { code, parent, name, mail, mobile, fax, system: system.to_owned() }
    }
}

fn in_list(agency: &Agency) -> Value {
    let of = &agency.of;
    json!({"id": of.code, "pid": of.parent, "code": of.code, "name": of.name, "mail": of.mail, "oldCode": ""})
}

fn in_new_list(agency: &Agency) -> Value {
    let of = &agency.of;
    json!({"id": of.code, "code": of.code, "code102": of.code, "name": of.name, "mail": of.mail})
}

fn as_unit(agency: &Agency) -> Value {
    let of = &agency.of;
    json!({"id": of.code, "pid": of.parent, "code": of.code, "name": of.name, "mail": of.mail, "centerCode": of.system,
        "version": agency.version, "deleted": agency.deleted, "modifyDate": time(agency.changed), "isAgency": true})
}

fn received(entry: &Entry, message: MessageType) -> Value {
    json!({"docId": entry.package, "serviceType": "eDoc", "messageType": message.text(), "created_time": time(entry.created),
        "updated_time": time(entry.updated), "from": entry.from, "to": entry.to, "status": entry.status,
        "status_desc": described(&entry.status)})
}

fn sent(delivery: &Delivery, message: MessageType) -> Value {
    let entry = &delivery.entry;
    json!({"serviceType": "eDoc", "messageType": message.text(), "title": delivery.title, "notation": delivery.notation,
        "fromCode": entry.from, "toCode": entry.to, "senderDocId": delivery.document, "receiverDocId": entry.package,
        "sentTime": time(entry.created), "sendStatus": "done", "sendStatusDesc": described("done"),
        "receivedTime": if entry.status == "initial" { String::new() } else { time(entry.updated) },
        "receiveStatus": entry.status, "receiveStatusDesc": described(&entry.status)})
}

fn described(status: &str) -> &'static str {
    match status {
        "initial" => "Chưa lấy về",
        "processing" => "Đang xử lý",
        "done" => "Thành công",
        _ => "Thất bại",
    }
}

/// `2026-11-24 09:30:00`, by the clock in Viet Nam.
fn time(at: Timestamp) -> String {
    at.iso_local().chars().take(19).collect::<String>().replace('T', " ")
}

/// The envelope. Failures of the protocol come with status 200, as clients of the axis expect.
fn answer(answer: Answer) -> Response {
    axum::Json(answer).into_response()
}

fn unbelieved(why: &Unbelieved) -> Response {
    match why {
        Unbelieved::Problem(problem) => answer(failed(problem)),
        refusal => (StatusCode::UNAUTHORIZED, axum::Json(Answer::fail("401", refusal.to_string()))).into_response(),
    }
}

/// What went wrong, in words for the people at the other end; what is ours stays in our log.
fn failed(problem: &Problem) -> Answer {
    match problem {
        Problem::Invalid(fields) => {
            let one = |field: &kernel::FieldProblem| {
                let why = field.args.get("why").cloned();
                why.unwrap_or_else(|| format!("{}: giá trị không hợp lệ ({})", field.field, field.code))
            };
            Answer::fail("400", fields.iter().map(one).collect::<Vec<_>>().join("; "))
        }
        Problem::NotFound { id, .. } => Answer::fail("404", format!("không có {id}")),
        Problem::Forbidden { resource, .. } => Answer::fail("403", format!("không được phép với {resource}")),
        Problem::Conflict { .. } => Answer::fail("409", "yêu cầu này đã được nhận trước đó"),
        Problem::TooMany { seconds } => {
            Answer::fail("429", format!("đã hết hạn mức trong ngày; thử lại sau {seconds} giây"))
        }
        problem => {
            tracing::error!(%problem, "the hub could not answer");
            Answer::fail("500", "trục không phục vụ được lúc này; hãy thử lại sau")
        }
    }
}
