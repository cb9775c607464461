//! The service that other members of X-Road call: it takes packages of documents and statuses (PR-REST; the description is
//! `docs/api/xroad.json`).
//!
//! It has a socket of its own, at which only our security servers are answered: they have checked the other member's
//! signature and right, and say who it is in `X-Road-Client`. Whoever else could reach the socket could say so too, so that
//! addresses that are not named are turned away. Headers of X-Road are not set here: the security server sets them.

use axum::{
    Json, Router,
    body::Body,
    extract::{ConnectInfo, DefaultBodyLimit, Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use exchange::transport::XroadCallers;
use exchange::{Brought, Office};
use futures::StreamExt;
use kernel::Problem;
use serde::Serialize;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::{OpenApi, ToSchema};

/// Longest `X-Road-Id`.
const MOST_ID: usize = 200;

/// Who may call, and where packages go.
#[derive(Clone)]
pub struct Door {
    /// The office.
    pub office: Office,
    /// For whom calling systems speak.
    pub callers: XroadCallers,
    /// Whether an address is one of our security servers.
    pub lets: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Diên Hồng: exchange of documents over X-Road",
        description = "Called through security servers: /r1/{instance}/{class}/{member}/{subsystem}/{service}/packages. \
                       A package is edXML (QCVN 102:2016/BTTTT).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        version = "1.0.0"
    ),
    paths(take),
    tags((name = "packages", description = "Documents and statuses."))
)]
struct Api;

/// The description of the service, for the security server.
pub fn description() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// Serves on a bound socket until `stop` ends.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    listener: TcpListener,
    door: Door,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = router(door).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

/// All that is served.
pub fn router(door: Door) -> Router {
    Router::new()
        .route("/xroad/openapi.json", get(describe))
        .route("/xroad/packages", post(take))
        // Packages are measured while they come.
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::new())
        .with_state(door)
}

/// A package that is here.
#[derive(Debug, Serialize, ToSchema)]
struct Taken {
    /// Its id here.
    package: String,
}

/// What went wrong, in the form of X-Road (PR-REST 4.6).
#[derive(Debug, Serialize, ToSchema)]
struct Fault {
    /// Whose fault it is, and which.
    #[serde(rename = "type")]
    kind: &'static str,
    /// In words.
    message: String,
    /// The `X-Road-Id` of the request.
    detail: String,
}

fn fault(status: StatusCode, kind: &'static str, message: impl Into<String>, detail: &str) -> Response {
    (status, Json(Fault { kind, message: message.into(), detail: detail.to_owned() })).into_response()
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim()
}

async fn describe(State(door): State<Door>, ConnectInfo(from): ConnectInfo<SocketAddr>) -> Response {
    match (door.lets)(from.ip().to_canonical()) {
        true => Json(description()).into_response(),
        false => stranger(),
    }
}

fn stranger() -> Response {
    fault(
        StatusCode::FORBIDDEN,
        "Client.NotASecurityServer",
        "chỉ máy chủ bảo mật của cơ quan được gọi dịch vụ này",
        "",
    )
}

/// Takes a package.
///
/// The same package sent again under the same `X-Road-Id` is taken once. A package whose sender is none of the bodies of
/// the calling system, or that does not read, is kept aside and answered with 422.
#[utoipa::path(
    post,
    path = "/xroad/packages",
    tag = "packages",
    params(
        ("X-Road-Client" = String, Header, description = "The calling system, set by the security server"),
        ("X-Road-Id" = String, Header, description = "The id of the message, set by the security server where the caller has none"),
    ),
    request_body(content = Vec<u8>, content_type = "application/xml", description = "The edXML package"),
    responses(
        (status = 200, description = "The package is here", body = Taken),
        (status = 400, description = "A header is missing, or the package broke off", body = Fault),
        (status = 403, description = "The caller is not known here", body = Fault),
        (status = 422, description = "The package cannot be taken; it is kept aside", body = Fault),
        (status = 503, description = "Not now; try again", body = Fault),
    )
)]
async fn take(State(door): State<Door>, ConnectInfo(from): ConnectInfo<SocketAddr>, request: Request) -> Response {
    if !(door.lets)(from.ip().to_canonical()) {
        tracing::warn!(from = %from.ip(), "a machine that is no security server of ours called the service of X-Road");
        return stranger();
    }
    let (parts, body) = request.into_parts();
    let (client, id) = (header(&parts.headers, "x-road-client"), header(&parts.headers, "x-road-id"));
    if client.is_empty() || id.is_empty() || id.len() > MOST_ID {
        let why = "thiếu tiêu đề X-Road-Client hoặc X-Road-Id";
        return fault(StatusCode::BAD_REQUEST, "Client.BadRequest", why, id);
    }
    let bodies = match door.callers.bodies(client) {
        Ok(Some(bodies)) => bodies,
        Ok(None) => {
            let why = format!("hệ thống {client} không có trong danh sách thành viên");
            return fault(StatusCode::FORBIDDEN, "Client.NotAMember", why, id);
        }
        Err(error) => return unavailable(&error.to_string(), id),
    };
    answer(bring(&door.office, client, id, bodies, body).await, id)
}

async fn bring(office: &Office, client: &str, id: &str, bodies: Vec<String>, body: Body) -> Result<Brought, Problem> {
    let pieces = body.into_data_stream().map(|piece| piece.map_err(|_| "gói tin bị đứt giữa chừng".to_owned()));
    office.brought("xroad", &format!("{client}#{id}"), bodies, pieces.boxed()).await
}

fn answer(brought: Result<Brought, Problem>, id: &str) -> Response {
    match brought {
        Ok(Brought::Here(package)) => Json(Taken { package }).into_response(),
        Ok(Brought::Aside(why)) => {
            let why = format!("gói tin không nhận được và đã giữ lại để kiểm tra: {}", why.join("; "));
            fault(StatusCode::UNPROCESSABLE_ENTITY, "Client.PackageRefused", why, id)
        }
        Ok(Brought::Broken(why)) => fault(StatusCode::BAD_REQUEST, "Client.BadRequest", why, id),
        Err(problem) => unavailable(&problem.to_string(), id),
    }
}

/// What is ours stays in our log.
fn unavailable(why: &str, id: &str) -> Response {
    tracing::error!(why, "a package that came over X-Road could not be taken");
    fault(StatusCode::SERVICE_UNAVAILABLE, "Server.Unavailable", "chưa nhận được lúc này; hãy thử lại sau", id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_description_of_the_xroad_service_is_the_one_that_is_served() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/xroad.json");
        let now = format!("{}\n", description().to_pretty_json().unwrap());
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        if kept != now {
            let fresh = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/xroad.json.new");
            let _ = std::fs::write(fresh, &now);
            panic!("docs/api/xroad.json is not what is served: look at docs/api/xroad.json.new and move it there");
        }
    }
}
