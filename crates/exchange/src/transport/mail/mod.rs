//! Signed e-mail: packages go out as letters that the house's seal signs, and come in from a Maildir to which any mail
//! server delivers.
//!
//! A letter is believed by its signature alone: it must be TOTAL-PASSED under the roots that the office trusts
//! ([`Records::judge_beside`]), and its certificate must be the one that the list of members has for the sender. What the
//! letter says on its outside is not looked at. Everything else in the mailbox is kept in quarantine with its reason.
//!
//! ```text
//! new/    what the mail server delivered
//! cur/    what was looked at: `:2,S` taken, `:2,FS` could not be taken
//! ```
//! A package that comes in two letters comes once: its id follows from its bytes, whoever delivered it how often.

mod smime;

use super::files::{blocking, pieces};
use super::members::{Member, Members};
use super::{Parcel, Pieces, Transport, Trouble, Waiting};
use crate::MessageType;
use crate::office::Listed;
use async_trait::async_trait;
use directory::Keys;
use futures::{FutureExt, StreamExt};
use kernel::{BodyId, Digest};
use records::Records;
use signing::{Indication, Report, cades};
use smime::{Opened, Outside, content, letter, open, to_sign};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Letters that one look opens.
const MOST_LETTERS: usize = 50;
/// Bytes of a letter beside its package.
const AROUND: u64 = 1 << 20;

/// Sends letters, handed in from outside: a transport opens no socket itself.
#[async_trait]
pub trait Postman: Send + Sync {
    /// Gives a letter to the mail server, for all these addresses or none.
    ///
    /// # Errors
    /// [`Trouble::Unreachable`] when no connection came about, [`Trouble::Refused`] when the server refused for good,
    /// [`Trouble::Busy`] when it may take it later, [`Trouble::Unknown`] when it broke off.
    async fn post(&self, from: &str, to: &[String], letter: Vec<u8>) -> Result<(), Trouble>;
}

/// How the house exchanges by letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// The house's address: `van-thu@vpqh.example`.
    pub address: String,
    /// The Maildir.
    pub maildir: PathBuf,
    /// The list of members: their addresses, and the certificates with which they sign.
    pub members: PathBuf,
    /// The body whose seal signs.
    pub seal: BodyId,
    /// Largest package that letters carry, in bytes; a letter is read into memory.
    pub most: u64,
}

/// Signed letters.
pub struct MailTransport {
    settings: MailSettings,
    members: Members,
    postman: Arc<dyn Postman>,
    keys: Keys,
    records: Records,
    /// The file of each package of the last look.
    files: Mutex<HashMap<String, String>>,
}

impl MailTransport {
    /// With a mailbox, whose parts are made when they are not there.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn open(
        settings: MailSettings,
        postman: Arc<dyn Postman>,
        keys: Keys,
        records: Records,
    ) -> io::Result<MailTransport> {
        for part in ["new", "cur", "tmp"] {
            std::fs::create_dir_all(settings.maildir.join(part))?;
        }
        let members = Members::new(&settings.members);
        Ok(MailTransport { settings, members, postman, keys, records, files: Mutex::default() })
    }

    async fn write(&self, parcel: &Parcel, to: &[String], id: &str) -> Result<Vec<u8>, Trouble> {
        // The seal may be renewed or given back while the package waits.
        let sealed = self.keys.body_signer(&self.settings.seal).await;
        let signer = sealed
            .map_err(|why| Trouble::Busy {
                code: "seal".into(), why: format!("con dấu không ký được: {why}")
            })?;
        let (parcel, from, to, id) = (parcel.clone(), self.settings.address.clone(), to.to_vec(), id.to_owned());
        let work = tokio::task::spawn_blocking(move || {
            let what = if parcel.message == MessageType::Status { "Trạng thái" } else { "Văn bản điện tử" };
            let subject = format!("{what} {}", parcel.identity);
            let note =
                format!("{subject}\r\nGói tin edXML đính kèm, ký số bằng con dấu của cơ quan gửi {}.\r\n", parcel.from);
            let outside = Outside { from: &from, to: &to, subject: &subject, note: &note, id: &id, at: parcel.signed };
            let part = content(&outside, &format!("{}.edxml", parcel.id), &parcel.bytes);
            let signed = cades::sign_detached(&to_sign(&part), signer.as_ref(), parcel.signed, None);
            let signed = signed.map_err(|why| why.to_string())?;
            letter(&outside, part, signed.cms, digest_name(signer.scheme().hash()))
        });
        let written = work.await.map_err(|why| Trouble::Unreachable(why.to_string()))?;
        written.map_err(|why| Trouble::Refused { code: "letter".into(), why })
    }

    /// What waits under a file: believed, or kept away with the reason.
    async fn look(&self, name: &str) -> Result<Waiting, Trouble> {
        let raw = self.read(name).await?;
        if raw.len() as u64 > self.most_bytes() {
            return Ok(doubted(&raw, format!("thư lớn hơn {} byte", self.most_bytes())));
        }
        let (raw, opened) = opened(raw).await?;
        let opened = match opened {
            Ok(opened) => opened,
            Err(why) => return Ok(doubted(&raw, why)),
        };
        let package = Digest::of(&[&opened.package]).to_string();
        let judged = self.records.judge_beside(opened.signature.into(), opened.content.into()).boxed().await;
        let report = judged.map_err(|why| Trouble::Unreachable(why.to_string()))?;
        match self.senders(&report) {
            Ok(codes) => Ok(Waiting {
                package,
                message: MessageType::Edoc,
                from: codes.first().cloned().unwrap_or_default(),
                to: Vec::new(),
                doubt: None,
                speaks_for: Some(codes),
            }),
            Err(why) => Ok(doubted(&raw, why)),
        }
    }

    /// The members whose certificate signed; why not, in words.
    fn senders(&self, report: &Report) -> Result<Vec<String>, String> {
        if let Some(why) = &report.error {
            return Err(format!("chữ ký của thư không đọc được: {why}"));
        }
        let [signature] = report.signatures.as_slice() else {
            return Err(format!("thư có {} chữ ký, không phải một", report.signatures.len()));
        };
        if signature.indication != Indication::TotalPassed {
            return Err(format!("chữ ký của thư không được chấp nhận: {}", signature.reasons.join("; ")));
        }
        let all = self.members.all().map_err(|why| format!("danh sách thành viên không đọc được: {why}"))?;
        let signed_by = |member: &Member| {
            let known = self.members.certificate(member).ok();
            known.is_some() && known == signature.certificate
        };
        let codes: Vec<String> = all.into_iter().filter(signed_by).map(|member| member.code).collect();
        match codes.is_empty() {
            true => Err(format!("chứng thư ký thư ({}) không phải của thành viên nào", signature.signer.name)),
            false => Ok(codes),
        }
    }

    /// Base 64 and its line ends make some third more of a package.
    fn most_bytes(&self) -> u64 {
        self.settings.most / 2 * 3 + AROUND
    }

    async fn read(&self, name: &str) -> Result<Vec<u8>, Trouble> {
        let (path, most) = (self.settings.maildir.join("new").join(name), self.most_bytes());
        blocking(move || {
            let mut raw = Vec::new();
            File::open(path)?.take(most + 1).read_to_end(&mut raw)?;
            Ok(raw)
        })
        .await
    }

    fn file(&self, package: &str) -> Option<String> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).get(package).cloned()
    }
}

/// Opens a letter, which takes its time when it is large.
async fn opened(raw: Vec<u8>) -> Result<(Vec<u8>, Result<Opened, String>), Trouble> {
    let work = tokio::task::spawn_blocking(move || {
        let opened = open(&raw);
        (raw, opened)
    });
    work.await.map_err(|why| Trouble::Unreachable(why.to_string()))
}

/// A letter that is not believed is a package of its own, whatever it holds.
fn doubted(raw: &[u8], why: String) -> Waiting {
    let package = format!("letter-{}", Digest::of(&[raw]));
    let why = why.chars().take(1000).collect();
    Waiting {
        package,
        message: MessageType::Edoc,
        from: String::new(),
        to: Vec::new(),
        doubt: Some(why),
        speaks_for: None,
    }
}

/// As `micalg` names it (RFC 8551, 3.5.3.2).
fn digest_name(hash: pki::Hash) -> &'static str {
    match hash {
        pki::Hash::Sha384 => "sha-384",
        pki::Hash::Sha512 => "sha-512",
        _ => "sha-256",
    }
}

/// The files of new letters, the oldest first: their names begin with the second of their delivery.
fn delivered(maildir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(maildir.join("new"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && entry.file_type()?.is_file() {
            names.push(name);
        }
    }
    names.sort();
    names.truncate(MOST_LETTERS);
    Ok(names)
}

#[async_trait]
impl Transport for MailTransport {
    fn name(&self) -> &'static str {
        "mail"
    }
    fn address(&self) -> String {
        format!("{} ({})", self.settings.address, self.settings.maildir.display())
    }
    async fn agencies(&self) -> Result<Vec<Listed>, Trouble> {
        let all = self.members.all().map_err(|why| Trouble::Unreachable(why.to_string()))?;
        Ok(all.into_iter().map(Member::listed).collect())
    }
    async fn send(&self, parcel: &Parcel) -> Result<String, Trouble> {
        let length = parcel.bytes.len() as u64;
        if length > self.settings.most {
            let why = format!("gói tin có {length} byte, thư mang nhiều nhất {} byte", self.settings.most);
            return Err(Trouble::Refused { code: "size".into(), why });
        }
        let to: Vec<String> = self.members.named(&parcel.to)?.into_iter().map(|member| member.address).collect();
        let host = self.settings.address.rsplit_once('@').map_or("localhost", |(_, host)| host);
        let id = format!("{}@{host}", parcel.id);
        let letter = self.write(parcel, &to, &id).await?;
        self.postman.post(&self.settings.address, &to, letter).await?;
        Ok(id)
    }
    async fn find(&self, _: &Parcel) -> Result<Option<String>, Trouble> {
        // The same letter again has the same id and the same package: it comes once.
        Err(Trouble::Unsupported)
    }
    async fn waiting(&self, message: MessageType) -> Result<Vec<Waiting>, Trouble> {
        // Whether a letter holds a document or a status shows when it is read.
        if message == MessageType::Status {
            return Ok(Vec::new());
        }
        let maildir = self.settings.maildir.clone();
        let names = blocking(move || delivered(&maildir)).await?;
        let (mut waiting, mut files): (Vec<Waiting>, _) = (Vec::new(), HashMap::new());
        for name in names {
            let one = self.look(&name).await?;
            // The same package in a second letter is settled when the first is.
            if !files.contains_key(&one.package) {
                files.insert(one.package.clone(), name);
                waiting.push(one);
            }
        }
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = files;
        Ok(waiting)
    }
    async fn fetch(&self, waiting: &Waiting) -> Result<Pieces, Trouble> {
        let gone = || Trouble::Busy { code: "-".into(), why: "thư không còn trong hộp thư".into() };
        let name = self.file(&waiting.package).ok_or_else(gone)?;
        if waiting.doubt.is_some() {
            return pieces(self.settings.maildir.join("new").join(name)).await;
        }
        let bytes = opened(self.read(&name).await?).await?.1.map_err(|_| gone())?.package;
        if Digest::of(&[&bytes]).to_string() != waiting.package {
            return Err(gone());
        }
        Ok(futures::stream::once(async move { Ok(bytes) }).boxed())
    }
    async fn settle(&self, waiting: &Waiting, kept: bool) -> Result<(), Trouble> {
        let Some(name) = self.file(&waiting.package) else { return Ok(()) };
        let flags = if kept { "S" } else { "FS" };
        let (new, cur) = (self.settings.maildir.join("new").join(&name), self.settings.maildir.join("cur"));
        blocking(move || match std::fs::rename(new, cur.join(format!("{name}:2,{flags}"))) {
            // It was put away before.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        })
        .await
    }
}
