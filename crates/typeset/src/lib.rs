//! Data → official paper: PDF/A-2b through Typst, page images for the screen, and the small PDFs that stand in
//! signature and form fields.
//!
//! A **paper** is a pair of files in `papers/`: `<form>.typ`, the form as officials read it, and `<form>.toml`, the
//! data that it takes, with a Vietnamese label for every field. Data always reaches a form as values, never as
//! markup, so `#`, `*`, `_`, `$`, `@`, `<`, `\` print as themselves.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use kernel::Timestamp;
//! let papers = typeset::Papers::load(&typeset::Options::default())?;
//! let data = papers.sample("nghi-quyet-ubtvqh").expect("every form has a sample");
//! let paper = papers.render("nghi-quyet-ubtvqh", &data, Timestamp::from_micros(0))?;
//! let number_box = &paper.anchors["number"]; // where the clerk's form field goes
//! # Ok(()) }
//! ```
//!
//! The same form, data and time give the same bytes.
//!
//! **What this crate never does**: read a file outside `papers/` while typesetting, touch the network, read the clock,
//! use a font of the machine, or print a paper with a letter missing.

mod assets;
mod data;
mod error;
mod frames;
mod papers;
mod schema;
pub mod specimen;
mod world;

pub use error::{DataProblem, TypesetError};
pub use papers::{Anchor, Limits, Options, Papers, Size, Typeset};
pub use schema::{Field, FieldType, Form};
