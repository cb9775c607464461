//! A procedure file as written. Everything is optional here, so that a file that says only what differs from its base
//! reads as one.

use crate::{
    guard::Guard,
    model::{Choice, Outcome, StepKind, Text, Work},
    threshold::Threshold,
};
use kernel::{Day, Grade};
use serde::Deserialize;
use toml::Spanned;

/// A procedure file as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Raw {
    pub(crate) id: Spanned<String>,
    #[serde(default)]
    pub(crate) version: Option<u32>,
    /// Not a procedure itself: only a base for others.
    #[serde(default)]
    pub(crate) is_base: bool,
    #[serde(default)]
    pub(crate) base: Option<Spanned<String>>,
    pub(crate) title: Option<Text>,
    pub(crate) summary: Option<Text>,
    pub(crate) field: Option<Work>,
    #[serde(default)]
    pub(crate) basis: Vec<String>,
    pub(crate) valid_from: Option<Day>,
    pub(crate) valid_until: Option<Day>,
    pub(crate) verified: Option<bool>,
    pub(crate) grade: Option<Grade>,
    pub(crate) restricted: Option<bool>,
    #[serde(default)]
    pub(crate) form: Vec<RawField>,
    #[serde(default)]
    pub(crate) documents: Vec<RawDocument>,
    #[serde(default)]
    pub(crate) steps: Vec<RawStep>,
    #[serde(default)]
    pub(crate) effects: Vec<RawEffect>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawField {
    pub(crate) key: Spanned<String>,
    pub(crate) label: Text,
    pub(crate) hint: Option<Text>,
    pub(crate) kind: RawKind,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) options: Vec<Choice>,
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    #[serde(default)]
    pub(crate) columns: Vec<RawField>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawKind {
    Text,
    LongText,
    Date,
    Person,
    Body,
    Bodies,
    Position,
    Choice,
    Number,
    YesNo,
    List,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawDocument {
    pub(crate) key: Spanned<String>,
    pub(crate) title: Text,
    pub(crate) paper: Option<String>,
    pub(crate) register: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) authority: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawStep {
    pub(crate) key: Spanned<String>,
    pub(crate) kind: Option<StepKind>,
    pub(crate) title: Option<Text>,
    pub(crate) todo: Option<Text>,
    pub(crate) owner: Option<Spanned<String>>,
    pub(crate) owners: Option<Vec<Spanned<String>>>,
    pub(crate) fields: Option<Vec<RawField>>,
    pub(crate) needs: Option<Vec<String>>,
    pub(crate) writes: Option<Vec<String>>,
    pub(crate) document: Option<String>,
    pub(crate) outcomes: Option<Vec<Choice>>,
    pub(crate) deadline: Option<RawDeadline>,
    pub(crate) escalate: Option<Spanned<String>>,
    pub(crate) returns: Option<Vec<String>>,
    pub(crate) next: Option<Vec<RawRule>>,
    pub(crate) opinion: Option<RawOpinion>,
    pub(crate) ballot: Option<RawBallot>,
    pub(crate) subcase: Option<RawSubcase>,
    pub(crate) outcome: Option<Outcome>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawRule {
    pub(crate) when: Option<Guard>,
    pub(crate) to: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawDeadline {
    pub(crate) days: Option<u32>,
    pub(crate) working_days: Option<u32>,
    /// `opened`, `entered`, `left:<step>` or `field:<key>`.
    pub(crate) after: Option<Spanned<String>>,
    pub(crate) before: Option<Spanned<String>>,
    pub(crate) basis: Option<String>,
    #[serde(default)]
    pub(crate) verified: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawOpinion {
    pub(crate) from: Vec<String>,
    pub(crate) positions: Vec<String>,
    #[serde(default)]
    pub(crate) answers: Vec<Choice>,
    pub(crate) document: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawBallot {
    pub(crate) body: String,
    pub(crate) positions: Vec<String>,
    #[serde(default)]
    pub(crate) answers: Vec<Choice>,
    pub(crate) threshold: Threshold,
    pub(crate) basis: Option<String>,
    #[serde(default)]
    pub(crate) verified: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawSubcase {
    pub(crate) procedure: String,
    pub(crate) title: Option<String>,
    pub(crate) wait: Option<bool>,
    #[serde(default)]
    pub(crate) fields: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawEffect {
    pub(crate) key: Spanned<String>,
    pub(crate) kind: String,
    pub(crate) says: Text,
    pub(crate) after: String,
    #[serde(default)]
    pub(crate) with: serde_json::Map<String, serde_json::Value>,
}

impl RawStep {
    /// What the file says of a step of its base; what it does not say stays.
    pub(crate) fn overlay(&mut self, new: RawStep) {
        macro_rules! take { ($($name:ident),*) => { $(if new.$name.is_some() { self.$name = new.$name; })* } }
        if new.owner.is_some() || new.owners.is_some() {
            self.owner = None;
            self.owners = None;
        }
        take!(
            kind, title, todo, owner, owners, fields, needs, writes, document, outcomes, deadline, escalate, returns,
            next, opinion, ballot, subcase, outcome
        );
        self.key = new.key;
    }
}
