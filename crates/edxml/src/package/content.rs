//! The content of an attachment: out of base64 while it streams by, out of its one-entry ZIP when it has one.

use crate::finding::{Finding, What};
use aws_lc_rs::digest::{Context, SHA256};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use kernel::Digest;
use std::io::{self, Read, Seek, SeekFrom, Write};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where contents are put while a package is read: files, or memory.
pub trait Shelf {
    /// One place.
    type Slot: Read + Write + Seek;
    /// A new empty place.
    ///
    /// # Errors
    /// When there is no room.
    fn slot(&mut self) -> io::Result<Self::Slot>;
}

/// A shelf in memory, for small packages.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory;

impl Shelf for Memory {
    type Slot = io::Cursor<Vec<u8>>;
    fn slot(&mut self) -> io::Result<Self::Slot> {
        Ok(io::Cursor::default())
    }
}

/// The content of an attachment as it was found.
#[derive(Debug)]
pub struct Content<S> {
    /// The bytes, at their beginning; none when they were refused.
    pub slot: Option<S>,
    /// How many.
    pub length: u64,
    /// Their SHA-256.
    pub digest: Digest,
    /// The name of the entry when they came in a one-entry ZIP.
    pub entry: Option<String>,
}

/// What of a content is wrong, with a detail.
pub(super) type Wrong = (What, String);

/// A content out of base64, its first bytes, and what is wrong.
pub(super) type Decoded<S> = (Content<S>, Vec<u8>, Option<Wrong>);

/// Takes base64 in pieces and puts bytes into a slot.
pub(super) struct Decoder<S> {
    slot: S,
    clean: Vec<u8>,
    bytes: Vec<u8>,
    reference: Option<Vec<u8>>,
    taken: u64,
    padded: bool,
    most: u64,
    length: u64,
    head: Vec<u8>,
    hash: Context,
    wrong: Option<Wrong>,
}

impl<S: Read + Write + Seek> Decoder<S> {
    pub fn new(slot: S, most: u64) -> Decoder<S> {
        Decoder {
            slot,
            clean: Vec::new(),
            bytes: Vec::new(),
            reference: None,
            taken: 0,
            padded: false,
            most,
            length: 0,
            head: Vec::new(),
            hash: Context::new(&SHA256),
            wrong: None,
        }
    }

    /// Takes a piece of the text between the tags.
    pub fn take(&mut self, piece: &[u8]) -> io::Result<()> {
        if self.wrong.is_some() {
            return Ok(());
        }
        if self.reference.is_some() || piece.contains(&b'&') {
            self.take_slowly(piece);
        } else {
            self.clean.extend(piece.iter().copied().filter(|b| !is_space(*b)));
        }
        let whole = self.clean.len() / 4 * 4;
        self.decode(whole)
    }

    /// Line ends may be written as references (`&#13;`); nothing else may.
    fn take_slowly(&mut self, piece: &[u8]) {
        for byte in piece {
            match (&mut self.reference, *byte) {
                (None, b'&') => self.reference = Some(Vec::new()),
                (None, byte) if is_space(byte) => {}
                (None, byte) => self.clean.push(byte),
                (Some(name), b';') => {
                    let space = [&b"#13"[..], b"#10", b"#9", b"#32", b"#xD", b"#xA", b"#x9", b"#x20", b"#xd", b"#xa"];
                    if !space.contains(&name.as_slice()) {
                        return self.blame("&");
                    }
                    self.reference = None;
                }
                (Some(name), byte) if name.len() < 6 => name.push(byte),
                (Some(_), _) => return self.blame("&"),
            }
        }
    }

    fn blame(&mut self, why: impl ToString) {
        self.wrong.get_or_insert((What::BadBase64, why.to_string()));
    }

    fn decode(&mut self, count: usize) -> io::Result<()> {
        if count == 0 || self.wrong.is_some() {
            return Ok(());
        }
        if self.padded {
            self.blame(self.taken);
            return Ok(());
        }
        self.bytes.clear();
        if let Err(error) = BASE64.decode_vec(&self.clean[..count], &mut self.bytes) {
            let at = match error {
                base64::DecodeError::InvalidByte(at, _) => at as u64,
                _ => count as u64,
            };
            self.blame(self.taken + at);
            return Ok(());
        }
        self.padded = self.clean[..count].ends_with(b"=");
        self.clean.drain(..count);
        self.taken += count as u64;
        self.length += self.bytes.len() as u64;
        if self.length > self.most {
            self.wrong = Some((What::TooLarge, self.most.to_string()));
            return Ok(());
        }
        let missing = 8usize.saturating_sub(self.head.len()).min(self.bytes.len());
        self.head.extend_from_slice(&self.bytes[..missing]);
        self.hash.update(&self.bytes);
        self.slot.write_all(&self.bytes)
    }

    /// The bytes as they came, with their first eight, or why not.
    pub fn finish(mut self) -> io::Result<Decoded<S>> {
        let rest = self.clean.len();
        self.decode(rest)?;
        if self.reference.is_some() {
            self.blame("&");
        }
        self.slot.flush()?;
        self.slot.seek(SeekFrom::Start(0))?;
        let digest = digest(self.hash);
        let slot = self.wrong.is_none().then_some(self.slot);
        Ok((Content { slot, length: self.length, digest, entry: None }, self.head, self.wrong))
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn digest(hash: Context) -> Digest {
    let mut out = [0; 32];
    out.copy_from_slice(hash.finish().as_ref());
    Digest(out)
}

/// Bytes that a ZIP may hold before its growth is looked at, and the growth that no honest document has.
const HARMLESS: u64 = 16 << 20;
const MOST_GROWTH: u64 = 200;

/// Takes the file out of its one-entry ZIP: most senders wrap each attachment so, whatever its type says. An attachment
/// that is itself called `.zip` is left as it is unless the entry is called so too. What is no such ZIP stays as it is.
pub(super) fn unwrap<H: Shelf>(
    content: Content<H::Slot>,
    head: &[u8],
    name: &str,
    most: u64,
    shelf: &mut H,
) -> io::Result<Result<Content<H::Slot>, Finding>> {
    let Content { slot: Some(mut slot), length, digest: outer, entry: _ } = content else { return Ok(Ok(content)) };
    let refuse = |what, detail: String| Ok(Err(Finding::new(what, name, detail)));
    if !head.starts_with(b"PK\x03\x04") {
        return Ok(Ok(Content { slot: Some(slot), length, digest: outer, entry: None }));
    }
    let entries = entries(&mut slot)?;
    slot.seek(SeekFrom::Start(0))?;
    let Some(entries) = entries else { return refuse(What::BadZip, "no end".to_owned()) };
    if entries != 1 {
        return Ok(Ok(Content { slot: Some(slot), length, digest: outer, entry: None }));
    }
    let mut archive = match zip::ZipArchive::new(&mut slot) {
        Ok(archive) => archive,
        Err(error) => return refuse(What::BadZip, error.to_string()),
    };
    let mut file = match archive.by_index(0) {
        Ok(file) => file,
        Err(error) => return refuse(What::BadZip, error.to_string()),
    };
    let entry = String::from_utf8_lossy(file.name_raw()).into_owned();
    if is_zip(name) && !is_zip(&entry) {
        drop(file);
        slot.seek(SeekFrom::Start(0))?;
        return Ok(Ok(Content { slot: Some(slot), length, digest: outer, entry: None }));
    }
    if !is_file_name(&entry) {
        return refuse(What::BadName, entry);
    }
    let mut inner = shelf.slot()?;
    let copied = copy(&mut file, &mut inner, most, length)?;
    let content = |(length, digest)| Content { slot: Some(inner), length, digest, entry: Some(entry) };
    Ok(copied.map(content).map_err(|(what, detail)| Finding::new(what, name, detail)))
}

/// Copies an entry within its limits. Errors of the ZIP are the sender's, errors of the slot are ours.
fn copy(
    from: &mut impl Read,
    to: &mut (impl Write + Seek),
    most: u64,
    packed: u64,
) -> io::Result<Result<(u64, Digest), Wrong>> {
    let mut hash = Context::new(&SHA256);
    let (mut piece, mut length) = (vec![0; 64 << 10], 0u64);
    loop {
        let count = match from.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Ok(Err((What::BadZip, error.to_string()))),
        };
        length += count as u64;
        if length > most {
            return Ok(Err((What::ZipBomb, most.to_string())));
        }
        if length > HARMLESS && length / packed.max(1) > MOST_GROWTH {
            return Ok(Err((What::ZipBomb, format!("×{MOST_GROWTH}"))));
        }
        hash.update(&piece[..count]);
        to.write_all(&piece[..count])?;
    }
    to.flush()?;
    to.seek(SeekFrom::Start(0))?;
    Ok(Ok((length, digest(hash))))
}

/// How many entries a ZIP says that it has, by the record at its end; read before anything is built for each of them.
fn entries(slot: &mut (impl Read + Seek)) -> io::Result<Option<u16>> {
    const END: usize = 22;
    let length = slot.seek(SeekFrom::End(0))?;
    let tail_length = length.min((END + usize::from(u16::MAX)) as u64);
    slot.seek(SeekFrom::Start(length - tail_length))?;
    let mut tail = Vec::new();
    slot.take(tail_length).read_to_end(&mut tail)?;
    let place = tail.windows(END).rposition(|end| end.starts_with(b"PK\x05\x06"));
    Ok(place.map(|at| u16::from_le_bytes([tail[at + 10], tail[at + 11]])))
}

fn is_zip(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".zip")
}

/// Whether a text can be the name of a file by itself: no path, no drive, no control characters.
pub fn is_file_name(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    !name.is_empty()
        && name.len() <= 1024
        && name.trim() != "."
        && name.trim() != ".."
        && !drive
        && !name.chars().any(|c| {
            matches!(c, '/' | '\\') || c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
}
