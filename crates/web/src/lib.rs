//! Everything about HTTP: routes, forms, pages in Vietnamese and English, the JSON API.
//!
//! A handler extracts, calls one service, answers. This crate must never decide what a person may do (the policies do),
//! never write to storage (the services do), and never read configuration (`server` does).

pub mod assets;
pub mod frame;
pub mod law;
pub mod pages;
pub mod render;
pub mod view;
pub mod words;
