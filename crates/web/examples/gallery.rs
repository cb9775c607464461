//! Shows every page with its examples, for those who design them: `cargo run -p dienhong-web --example gallery`,
//! then open the address that it prints. Templates, words and styles are read from the disk at each request.

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, header},
    response::Html,
    routing::get,
};
use std::{collections::HashMap, fmt::Write as _, sync::Arc};
use web::{
    frame::Frame,
    render::Renderer,
    words::{Lang, Words},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let renderer = Arc::new(Renderer::new(Arc::new(Words::load()?)));
    let app = Router::new()
        .route("/", get(index))
        .route("/static/{file}", get(web::assets::serve))
        .route("/sample", get(sample))
        .with_state(renderer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8399").await?;
    println!("The gallery is at http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

async fn index() -> Html<String> {
    let mut list = String::from("<!doctype html><meta charset=utf-8><title>Gallery</title><ul>");
    for (i, sample) in web::pages::samples().iter().enumerate() {
        for lang in Lang::ALL {
            let code = lang.code();
            let _ = write!(
                list,
                "<li><a href=\"/sample?n={i}&lang={code}\">{} · {} · {code}</a>",
                sample.template, sample.name
            );
        }
    }
    Html(list)
}

async fn sample(
    State(renderer): State<Arc<Renderer>>,
    Query(query): Query<HashMap<String, String>>,
) -> (HeaderMap, Html<String>) {
    let lang = query.get("lang").and_then(|l| Lang::of(l)).unwrap_or_default();
    let n: usize = query.get("n").and_then(|n| n.parse().ok()).unwrap_or(0);
    let html = match web::pages::samples().get(n) {
        Some(sample) => renderer.value(&Frame::sample(lang), sample.template, sample.page.clone()),
        None => Ok("no such sample".to_owned()),
    };
    let mut headers = HeaderMap::new();
    if let Ok(policy) =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'"
            .parse()
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    (headers, Html(html.unwrap_or_else(|problem| format!("<pre>{problem}</pre>"))))
}
