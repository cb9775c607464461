//! What a procedure may name: bodies, positions, papers, registers; with their names for people.

use crate::{Wrong, model::Text, read::said};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Everything that procedures may refer to, by code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// Bodies: `ubtvqh`. A code ending in `-*` stands for all that begin so: `doan-*`.
    #[serde(default)]
    pub bodies: BTreeMap<String, Text>,
    /// Positions: `chairperson`. The name of a position in one body is written `chairperson@ubtvqh`.
    #[serde(default)]
    pub positions: BTreeMap<String, Text>,
    /// Paper forms: the codes of `papers/`.
    #[serde(default)]
    pub papers: BTreeMap<String, Text>,
    /// Number registers.
    #[serde(default)]
    pub registers: BTreeMap<String, Text>,
    /// Duties of the program: `publisher`.
    #[serde(default)]
    pub duties: BTreeMap<String, Text>,
}

impl References {
    /// Reads `procedures/references.toml`.
    ///
    /// # Errors
    /// What is wrong in the text, with its line.
    pub fn parse(text: &str) -> Result<References, Wrong> {
        toml::from_str(text).map_err(|error| said::wrong(text, &error))
    }

    /// The name of a body.
    pub fn body(&self, code: &str) -> Option<&Text> {
        let family =
            || self.bodies.iter().find(|(known, _)| known.strip_suffix('*').is_some_and(|p| code.starts_with(p)));
        self.bodies.get(code).or_else(|| family().map(|(_, name)| name))
    }

    /// The name of a position in a body, or of the position anywhere.
    pub fn position(&self, position: &str, body: &str) -> Option<&Text> {
        self.positions.get(&format!("{position}@{body}")).or_else(|| self.positions.get(position))
    }
}
