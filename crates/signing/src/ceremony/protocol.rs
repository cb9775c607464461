//! The protocol of one time at which something was done with the root: what happened when, and what is read aloud. Codes
//! only: their words stand in the printed form.

use super::{Outside, Person, name_of};
use kernel::{Digest, Timestamp};
use pki::{Certificate, Crl, Hash, Scheme};
use serde::{Deserialize, Serialize};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The root was made.
    Root,
    /// An issuing authority was certified.
    Issuing,
    /// A revocation list was signed.
    List,
    /// The key was opened to see that it opens.
    Check,
    /// The key was handed to other persons.
    HandOver,
}

/// One step.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// Its code.
    pub what: &'static str,
}

/// Something to know, by a code.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    /// Its code.
    pub what: &'static str,
    /// The value.
    pub value: String,
}

/// A fingerprint in groups to be read aloud.
#[derive(Debug, Clone, Serialize)]
pub struct Print {
    /// Of what: a code.
    pub of: &'static str,
    /// Sixteen groups of four digits.
    pub groups: Vec<String>,
}

/// An earlier time.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// Its number, from 1.
    pub number: u32,
    /// What was done.
    pub what: What,
    /// When it ended.
    pub at: Timestamp,
    /// Who was there.
    pub persons: [Person; 2],
    /// SHA-256 of its printed protocol.
    pub digest: Option<Digest>,
}

/// What is printed and signed by hand.
#[derive(Debug, Clone, Serialize)]
pub struct Protocol {
    /// Its number, from 1.
    pub number: u32,
    /// What was done.
    pub what: What,
    /// Who was there.
    pub persons: [Person; 2],
    /// When it began.
    pub opened: Timestamp,
    /// When it ended.
    pub closed: Timestamp,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Algorithms, validity, numbers.
    pub facts: Vec<Fact>,
    /// Fingerprints.
    pub prints: Vec<Print>,
    /// The times before.
    pub earlier: Vec<Earlier>,
}

impl Protocol {
    pub(super) fn as_earlier(&self) -> Earlier {
        let persons = self.persons.clone();
        Earlier { number: self.number, what: self.what, at: self.closed, persons, digest: None }
    }
}

/// A digest in groups of four digits.
pub fn groups(digest: &Digest) -> Vec<String> {
    let digits: Vec<char> = digest.to_string().to_uppercase().chars().collect();
    digits.chunks(4).map(|group| group.iter().collect()).collect()
}

fn scheme_words(scheme: Scheme) -> String {
    let hash = match scheme.hash() {
        Hash::Sha384 => "SHA-384",
        Hash::Sha512 => "SHA-512",
        _ => "SHA-256",
    };
    match scheme {
        Scheme::Ecdsa(_) => format!("ECDSA, {hash}"),
        Scheme::RsaPss(..) => format!("RSASSA-PSS, {hash}"),
        other => format!("{other:?}"),
    }
}

/// A protocol being written.
pub(super) struct Hand<'a> {
    outside: Outside<'a>,
    what: What,
    opened: Timestamp,
    steps: Vec<Step>,
    facts: Vec<Fact>,
    prints: Vec<Print>,
}

impl<'a> Hand<'a> {
    pub fn open(what: What, outside: Outside<'a>) -> Hand<'a> {
        Hand { outside, what, opened: outside.clock.now(), steps: vec![], facts: vec![], prints: vec![] }
    }
    pub fn step(&mut self, what: &'static str) {
        self.steps.push(Step { at: self.outside.clock.now(), what });
    }
    pub fn fact(&mut self, what: &'static str, value: &str) {
        self.facts.push(Fact { what, value: value.to_owned() });
    }
    pub fn print(&mut self, of: &'static str, digest: &Digest) {
        self.prints.push(Print { of, groups: groups(digest) });
    }
    pub fn certificate(&mut self, of: &'static str, certificate: &Certificate) {
        self.fact("name", &name_of(certificate.subject()));
        self.fact("serial", &certificate.serial_hex());
        self.fact("key", &certificate.public_key().describe());
        if let Ok(scheme) = certificate.scheme() {
            self.fact("signature", &scheme_words(scheme));
        }
        let (from, until) = (certificate.not_before(), certificate.not_after());
        self.fact("validity", &format!("{} – {}", from.clock_and_day(), until.clock_and_day()));
        self.print(of, &certificate.fingerprint());
    }
    pub fn list(&mut self, list: &Crl) {
        let number = list.number().map(hex::encode).unwrap_or_default();
        self.fact("list-number", &number);
        self.fact("list-entries", &list.len().to_string());
        if let Some(next) = list.next_update() {
            self.fact("list-until", &next.clock_and_day());
        }
        self.print("list", &Digest::of(&[list.der()]));
    }
    pub fn close(self, earlier: &[Earlier]) -> Protocol {
        Protocol {
            number: u32::try_from(earlier.len()).unwrap_or(u32::MAX).saturating_add(1),
            what: self.what,
            persons: self.outside.persons.people().clone(),
            opened: self.opened,
            closed: self.outside.clock.now(),
            steps: self.steps,
            facts: self.facts,
            prints: self.prints,
            earlier: earlier.to_vec(),
        }
    }
}
