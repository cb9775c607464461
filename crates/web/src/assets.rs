//! Style sheet, browser program and fonts, built by npm into `web/dist` under names that carry a hash of the content,
//! so that browsers may keep them for good.

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;
use std::{collections::BTreeMap, sync::OnceLock};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[exclude = "fonts-print/*"]
#[allow_missing = true]
struct Files;

type Names = BTreeMap<String, String>;

fn read_names() -> Names {
    Files::get("manifest.json").and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default()
}

/// Whether `web/dist` has been built.
pub fn are_built() -> bool {
    !with_names(Names::is_empty)
}

/// The address of a built file.
pub fn href(name: &str) -> String {
    with_names(|names| format!("/static/{}", names.get(name).map_or(name, String::as_str)))
}

/// The hashed names by their plain ones: read once, and anew each time in a debug build, where the files are those on
/// the disk.
fn with_names<T>(look: impl FnOnce(&Names) -> T) -> T {
    static NAMES: OnceLock<Names> = OnceLock::new();
    if cfg!(debug_assertions) { look(&read_names()) } else { look(NAMES.get_or_init(read_names)) }
}

/// `GET /static/{file}`.
pub async fn serve(Path(name): Path<String>) -> Response {
    let Some(file) = Files::get(&name).filter(|_| name != "manifest.json") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = match name.rsplit_once('.').map(|(_, end)| end) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, file.data.into_owned()).into_response()
}
