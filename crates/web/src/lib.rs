//! Everything about HTTP: routes, forms, pages in Vietnamese and English, the JSON API.
//!
//! A handler extracts, calls one service, answers. This crate must never decide what a person may do (the policies do),
//! never write to storage (the services do), and never read configuration (`server` does).
//!
//! [`serve`] runs the router on a bound socket; whoever serves [`router`] otherwise must hand down the peer's address
//! (`into_make_service_with_connect_info::<SocketAddr>()`), so that guesses can be counted by network address.

mod acme;
mod api;
pub mod assets;
pub mod axis;
mod certification;
mod csv;
mod declared;
mod form;
pub mod frame;
mod ical;
pub mod law;
pub mod pages;
mod papers;
pub mod render;
mod reports;
mod routes;
mod rows;
mod show;
mod state;
mod trouble;
pub mod view;
mod viewer;
mod visit;
pub mod words;
pub mod xroad;

pub use api::description as api_description;
pub use routes::{router, serve};
pub use state::{AppState, Services, Settings};
