//! Verification: is this file what was issued, who signed it, has anything changed since, and where does it stand in
//! the journal?
//!
//! Anyone may ask. Only published documents are ever named in an answer: whoever holds a file of another learns what
//! the file itself proves (its signatures) and nothing about what this house keeps.

use crate::{Published, Records, documents::stream, upload};
use journal::Proof;
use kernel::{Digest, DocumentId, Problem};
use serde::Serialize;
use std::collections::BTreeSet;

/// What a verification found, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Bit for bit the document that was issued; its signatures are valid.
    Genuine,
    /// Genuine, but withdrawn since.
    Withdrawn,
    /// It begins with the issued document, and something was appended.
    Appended,
    /// An earlier stage of a document that was issued: signed, but without number and seal.
    Superseded,
    /// It names a document of ours or carries its signatures, but its content was changed.
    Altered,
    /// Signed under certificates that are trusted here, but not a document published here.
    SignedElsewhere,
    /// Nothing about it is known here, and no trusted signature stands on it.
    Unknown,
    /// No PDF that can be read.
    Unreadable,
    /// Bit for bit what was issued, but its signatures do not validate now; the report says why.
    Doubtful,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Verification {
    /// In one word; a page takes the Fluent message `verdict-<word>`.
    pub verdict: Verdict,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
    /// The published document that it is, or claims to be.
    pub document: Option<Published>,
    /// How the file relates to it, said of bytes: what was appended or differs.
    pub difference: Option<Difference>,
    /// The signatures, one by one, or why the file cannot be read.
    pub signatures: signing::Report,
    /// The proof that the sealing act stands in the journal; `None` while it is not sealed into the log yet.
    pub proof: Option<Proof>,
}

/// How a file differs from the issued one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Difference {
    /// Bytes follow the issued file.
    Appended {
        /// How many.
        bytes: u64,
    },
    /// The file is the signed paper before number, date and seal.
    WithoutSeal,
    /// Other bytes of the same length or another.
    Changed {
        /// Bytes of the issued file.
        issued: u64,
        /// The first byte that differs, from 0.
        first: u64,
    },
}

/// A file that a document's acts name.
struct Known {
    document: DocumentId,
    role: String,
}

/// Most revisions of a file whose beginnings are looked up: each revision of a PDF ends in `%%EOF`.
const MAX_REVISIONS: usize = 32;

impl Records {
    /// Verifies a file. Files above [`upload::MAX_FILE`] are refused.
    ///
    /// # Errors
    /// [`Problem::Invalid`] when the file is empty or too large; never for a bad or foreign file, which is an answer.
    pub async fn verify_file(&self, bytes: Vec<u8>) -> Result<Verification, Problem> {
        upload::check_size("file", bytes.len())?;
        let digest = Digest::of(&[&bytes]);
        let (signatures, bytes) = self.validate(bytes).await?;
        let mut answer = Verification {
            verdict: Verdict::Unknown,
            digest,
            size: bytes.len() as u64,
            document: None,
            difference: None,
            signatures,
            proof: None,
        };
        if let Some((known, length)) = self.known_beginning(&bytes).await?
            && let Some(published) = self.find_publication(&known.document).await?
        {
            self.judge_known(&mut answer, published, &known, length).await?;
            return Ok(answer);
        }
        if let Some(published) = self.claimed(&bytes).await? {
            let issued = self.journal.get_blob(&published.pdf).await?;
            let first = issued.iter().zip(&bytes).take_while(|(a, b)| a == b).count();
            answer.difference = Some(Difference::Changed { issued: issued.len() as u64, first: first as u64 });
            answer.verdict = Verdict::Altered;
            answer.document = Some(published);
            return Ok(answer);
        }
        answer.verdict = match &answer.signatures {
            report if report.error.is_some() => Verdict::Unreadable,
            report if trusted(report) => Verdict::SignedElsewhere,
            _ => Verdict::Unknown,
        };
        Ok(answer)
    }

    /// Verifies the kept file of a published document by its number: newest first.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn verify_number(&self, number: &str) -> Result<Vec<Verification>, Problem> {
        let mut answers = Vec::new();
        for published in self.published_under(number).await? {
            let bytes = self.journal.get_blob(&published.pdf).await?;
            answers.push(self.verify_file(bytes.into()).await?);
        }
        Ok(answers)
    }

    async fn judge_known(
        &self,
        answer: &mut Verification,
        published: Published,
        known: &Known,
        length: u64,
    ) -> Result<(), Problem> {
        let valid = answer.signatures.is_all_passed();
        let appended = answer.size - length;
        (answer.verdict, answer.difference) = if known.role == "signed" {
            (Verdict::Superseded, Some(Difference::WithoutSeal))
        } else if appended > 0 {
            (Verdict::Appended, Some(Difference::Appended { bytes: appended }))
        } else if !valid {
            (Verdict::Doubtful, None)
        } else if published.withdrawn.is_some() {
            (Verdict::Withdrawn, None)
        } else {
            (Verdict::Genuine, None)
        };
        answer.proof = self.journal.proof(&stream(&published.document), published.sealed_at).await?;
        answer.document = Some(published);
        Ok(())
    }

    async fn validate(&self, bytes: Vec<u8>) -> Result<(signing::Report, Vec<u8>), Problem> {
        let trust = self.keys.trust().await?;
        let now = self.journal.clock().now();
        let work = tokio::task::spawn_blocking(move || (signing::validate::pdf(&bytes, &trust, now), bytes));
        work.await.map_err(Problem::fault)
    }

    /// The longest beginning of the file that is one of our files, with its length. Reads the file once.
    async fn known_beginning(&self, bytes: &[u8]) -> Result<Option<(Known, u64)>, Problem> {
        let digests = beginnings(bytes);
        let places: Vec<String> = (1..=digests.len()).map(|n| format!("${n}")).collect();
        let sql = format!(
            "SELECT document, role, size FROM known_file WHERE digest IN ({}) ORDER BY size DESC LIMIT 1",
            places.join(", ")
        );
        let parameters: Vec<journal::Value> = digests.into_iter().map(Into::into).collect();
        let Some(row) = self.journal.reader().row(&sql, &parameters).await? else { return Ok(None) };
        let document = DocumentId::new(row.text("document")?).map_err(Problem::fault)?;
        let size = u64::try_from(row.int("size")?).map_err(Problem::fault)?;
        Ok(Some((Known { document, role: row.text("role")?.to_owned() }, size)))
    }

    /// The published document whose number stands in the file's number field.
    async fn claimed(&self, bytes: &[u8]) -> Result<Option<Published>, Problem> {
        let Some(number) = crate::sign::number_in(bytes) else { return Ok(None) };
        Ok(self.published_under(&number).await?.into_iter().next())
    }
}

/// Whether there is a signature, and every one passed.
fn trusted(report: &signing::Report) -> bool {
    !report.signatures.is_empty() && report.signatures.iter().all(|s| s.indication == signing::Indication::TotalPassed)
}

/// The SHA-256 of the file and of its beginnings up to the end of each revision.
fn beginnings(bytes: &[u8]) -> Vec<Digest> {
    let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let (mut digests, mut done) = (Vec::new(), 0);
    for end in revision_ends(bytes) {
        hash.update(&bytes[done..end]);
        done = end;
        let mut digest = [0; 32];
        digest.copy_from_slice(hash.clone().finish().as_ref());
        digests.push(Digest(digest));
    }
    digests
}

/// Where revisions of a PDF end, shortest first: behind the last `%%EOF` marks, with and without their line ends, and
/// the whole file.
fn revision_ends(bytes: &[u8]) -> BTreeSet<usize> {
    const MARK: &[u8] = b"%%EOF";
    let mut ends = BTreeSet::from([bytes.len()]);
    let mut at = bytes.len();
    for _ in 0..MAX_REVISIONS {
        let Some(found) = bytes[..at].windows(MARK.len()).rposition(|window| window == MARK) else { break };
        let end = found + MARK.len();
        let tails = [b"\r\n".as_slice(), b"\n", b"\r", b""];
        ends.extend(tails.iter().filter(|tail| bytes[end..].starts_with(tail)).map(|tail| end + tail.len()));
        at = found;
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_end_of_a_revision_is_tried() {
        let file = b"%PDF-1.7 one %%EOF\nmore %%EOF\r\nrest";
        assert_eq!(Vec::from_iter(revision_ends(file)), [18, 19, 29, 30, 31, 35]);
        assert_eq!(beginnings(file)[5], Digest::of(&[file]));
    }

    proptest! {
        #[test]
        fn ends_lie_within_the_file(bytes in prop::collection::vec(prop::sample::select(b"%EOF\r\n".to_vec()), 0..200)) {
            prop_assert!(revision_ends(&bytes).iter().all(|end| *end <= bytes.len()));
        }
    }
}
