//! Synthetic signature and seal images for demonstrations and tests: nobody's signature, no body's seal.
//!
//! They are drawn by the forms in `papers/specimens/`. Both are PNG with a transparent ground at 300 dots per inch;
//! the same text gives the same image. The seal says `MẪU THỬ NGHIỆM` and has a star in place of the national emblem.

use crate::{Papers, TypesetError};
use serde_json::json;

/// 300 dots per inch, in pixels per point.
const PRINT: f32 = 300.0 / 72.0;

/// A blue, signature-like stroke made from the name's letters, 45 × 20 mm.
///
/// # Errors
/// As [`Papers::preview`]: a name that cannot be printed.
pub fn signature(papers: &Papers, name: &str) -> Result<Vec<u8>, TypesetError> {
    one(papers.preview("specimens/chu-ky", &json!({"name": name}), PRINT)?)
}

/// A round red seal, 38 mm across, with the body's name along its upper edge.
///
/// # Errors
/// As [`Papers::preview`]: a name that cannot be printed or is longer than 60 letters.
pub fn seal(papers: &Papers, body: &str) -> Result<Vec<u8>, TypesetError> {
    one(papers.preview("specimens/con-dau", &json!({"body": body}), PRINT)?)
}

fn one(pages: Vec<Vec<u8>>) -> Result<Vec<u8>, TypesetError> {
    let fault = || TypesetError::Fault { form: "specimens".to_owned(), why: "no page was drawn".to_owned() };
    pages.into_iter().next().ok_or_else(fault)
}
