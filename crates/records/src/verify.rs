//! Verification: is this file what was issued, who signed it, has anything changed since, and where does it stand in
//! the journal?
//!
//! Anyone may ask. Only published documents are ever named in an answer: whoever holds a file of another learns what
//! the file itself proves (its signatures) and nothing about what this house keeps.

use crate::{Published, Records, Upload, documents::stream, upload};
use bytes::Bytes;
use journal::Proof;
use kernel::{Digest, DocumentId, Problem};
use serde::Serialize;
use signing::{Indication, SubIndication, Trust, kind::Kind, online::Transport, validate::Validation};
use std::{collections::BTreeSet, sync::Arc};
use tokio::sync::Semaphore;

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
    /// A signature on it is certainly not valid: forged, or the content was changed after signing.
    Broken,
    /// It carries no signature at all, and is not known here.
    Unsigned,
    /// Nothing about it is known here, and what is known does not decide about its signatures.
    Unknown,
    /// No PDF, CMS or XML that can be read.
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

/// How files of others are checked: whom they may be signed under beside the house, and what may be fetched.
#[derive(Clone)]
pub struct Checking {
    /// Roots that are trusted, and certificates and lists that are known, beside the house's own.
    pub trust: Arc<Trust>,
    /// The network, when what a file lacks may be fetched.
    pub transport: Option<Arc<dyn Transport>>,
    /// Checks under way at once; others wait for their turn.
    turns: Arc<Semaphore>,
}

impl Checking {
    /// With these roots, and with or without the network.
    pub fn new(trust: Trust, transport: Option<Arc<dyn Transport>>) -> Checking {
        Checking { trust: Arc::new(trust), transport, turns: Arc::new(Semaphore::new(CHECKS_AT_ONCE)) }
    }
}

impl Default for Checking {
    fn default() -> Self {
        Checking::new(Trust::default(), None)
    }
}

/// One of several files that were checked together.
#[derive(Debug, Clone)]
pub struct FileVerification {
    /// Its name, cleaned.
    pub name: String,
    /// The file that its detached signature is over, when that was found among the others.
    pub beside: Option<String>,
    /// The answer.
    pub verification: Verification,
}

/// Checks under way at once: they take processor time, and anyone may ask.
const CHECKS_AT_ONCE: usize = 4;
/// Most files that are checked together.
pub const MAX_TOGETHER: usize = 20;

/// A file that a document's acts name.
struct Known {
    document: DocumentId,
    role: String,
}

/// Most revisions of a file whose beginnings are looked up: each revision of a PDF ends in `%%EOF`.
const MAX_REVISIONS: usize = 32;

impl Records {
    /// Verifies a file of any kind that carries signatures. Files above [`upload::MAX_FILE`] are refused.
    ///
    /// # Errors
    /// [`Problem::Invalid`] when the file is empty or too large; never for a bad or foreign file, which is an answer.
    pub async fn verify_file(&self, bytes: impl Into<Bytes>) -> Result<Verification, Problem> {
        let bytes = bytes.into();
        upload::check_size("file", bytes.len())?;
        self.verify_with(bytes, None).await
    }

    /// Verifies several files that were sent together, up to [`MAX_TOGETHER`]. A detached signature finds what it is over
    /// among them: the file whose name it carries (`a.docx` for `a.docx.p7s`), else the only one that is no signature. A
    /// file that is only there to be signed has no answer of its own.
    ///
    /// # Errors
    /// As [`Records::verify_file`]; `upload-too-many`.
    pub async fn verify_files(&self, files: Vec<Upload>) -> Result<Vec<FileVerification>, Problem> {
        if files.len() > MAX_TOGETHER {
            return Err(Problem::field("file", "upload-too-many"));
        }
        let mut together = Vec::with_capacity(files.len());
        for file in files {
            upload::check_size("file", file.bytes.len())?;
            together.push((upload::clean_name(&file.name), Bytes::from(file.bytes)));
        }
        let mut found = Vec::new();
        for (at, (name, bytes)) in together.iter().enumerate() {
            let mut verification = self.verify_with(bytes.clone(), None).await?;
            let beside = lacks_content(&verification.signatures).then(|| content_of(at, &together)).flatten();
            if let Some(beside) = beside {
                verification = self.verify_with(bytes.clone(), Some(together[beside].1.clone())).await?;
            }
            found.push((
                beside,
                FileVerification { name: name.clone(), beside: beside.map(|at| together[at].0.clone()), verification },
            ));
        }
        let used: BTreeSet<usize> = found.iter().filter_map(|(beside, _)| *beside).collect();
        let only_signed = |at: usize| used.contains(&at) && Kind::of_file(&together[at].1) == Kind::Other;
        Ok(found.into_iter().enumerate().filter(|(at, _)| !only_signed(*at)).map(|(_, (_, file))| file).collect())
    }

    async fn verify_with(&self, bytes: Bytes, beside: Option<Bytes>) -> Result<Verification, Problem> {
        let digest = Digest::of(&[&bytes]);
        let signatures = self.validate(bytes.clone(), beside).await?;
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
        answer.verdict = foreign(&answer.signatures);
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
            answers.push(self.verify_file(bytes).await?);
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

    /// Judges a signature beside bytes that are no file: the body of a letter, say. As for files, the house's own roots and
    /// those of the configuration are trusted.
    ///
    /// # Errors
    /// Storage; never for a bad signature, which is an answer.
    pub async fn judge_beside(&self, signature: Bytes, content: Bytes) -> Result<signing::Report, Problem> {
        self.validate(signature, Some(content)).await
    }

    async fn validate(&self, bytes: Bytes, beside: Option<Bytes>) -> Result<signing::Report, Problem> {
        let house = match self.keys.trust().await {
            // Files of others can be checked before the house has an authority of its own.
            Err(Problem::Refused { code: "authority-missing", .. }) => Trust::default(),
            other => other?,
        };
        let trust = house.and(&self.checking.trust);
        let (now, transport) = (self.journal.clock().now(), self.checking.transport.clone());
        let _turn = self.checking.turns.acquire().await;
        let work = tokio::task::spawn_blocking(move || {
            let mut validation = Validation::new(&trust, now);
            if let Some(transport) = transport.as_deref() {
                validation = validation.online(transport);
            }
            validation.file(&bytes, beside.as_deref())
        });
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

/// The verdict on a file that is not known here.
fn foreign(report: &signing::Report) -> Verdict {
    let has = |indication| report.signatures.iter().any(|s| s.indication == indication);
    match report {
        report if report.error.is_some() => Verdict::Unreadable,
        report if report.signatures.is_empty() => Verdict::Unsigned,
        _ if has(Indication::TotalFailed) => Verdict::Broken,
        _ if has(Indication::Indeterminate) => Verdict::Unknown,
        _ => Verdict::SignedElsewhere,
    }
}

/// A signature is over something that lies beside the file.
fn lacks_content(report: &signing::Report) -> bool {
    report.signatures.iter().any(|s| s.sub_indication == Some(SubIndication::SignedDataNotFound))
}

/// Which of the files a detached signature is over.
fn content_of(signature: usize, files: &[(String, Bytes)]) -> Option<usize> {
    let (stem, _) = files[signature].0.rsplit_once('.')?;
    let mut others = files.iter().enumerate().filter(|(at, _)| *at != signature);
    if let Some((at, _)) = others.clone().find(|(_, (name, _))| name == stem) {
        return Some(at);
    }
    let is_content = |bytes: &Bytes| matches!(Kind::of_file(bytes), Kind::Pdf | Kind::Other);
    let (at, _) = others.find(|(_, (_, bytes))| is_content(bytes))?;
    others.all(|(_, (_, bytes))| !is_content(bytes)).then_some(at)
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
    fn a_detached_signature_finds_its_content_by_name_or_because_there_is_no_other() {
        let pdf = Bytes::from_static(b"%PDF-1.7");
        let (text, message) = (Bytes::from_static(b"text"), Bytes::from_static(&[0x30, 3, 2, 1, 1]));
        let of = |files: &[(&str, &Bytes)]| {
            let files: Vec<_> = files.iter().map(|(name, bytes)| ((*name).to_owned(), (*bytes).clone())).collect();
            content_of(0, &files)
        };
        assert_eq!(of(&[("a.pdf.p7s", &message), ("b.pdf", &pdf), ("a.pdf", &pdf)]), Some(2));
        assert_eq!(of(&[("ký.p7s", &message), ("khác.p7s", &message), ("a.txt", &text)]), Some(2));
        assert_eq!(of(&[("ký.p7s", &message), ("b.pdf", &pdf), ("a.txt", &text)]), None);
        assert_eq!(of(&[("ký.p7s", &message)]), None);
    }

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
