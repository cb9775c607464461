//! Where the bytes of a file are: in memory, or on disk and read in pieces, so that a file of hundreds of megabytes takes
//! little memory.

use super::parse::Parser;
use std::{
    borrow::Cow,
    fs::File,
    io::{Read, Seek, SeekFrom},
    ops::Range,
    path::Path,
    sync::{Mutex, PoisonError},
};

/// Files up to this size are read into memory at once.
const SMALL: u64 = 8 << 20;
/// How much is read first for one object, and at most.
const FIRST_WINDOW: usize = 16 << 10;
const LAST_WINDOW: usize = 32 << 20;
/// How much is hashed or searched at a time.
const PIECE: usize = 256 << 10;

/// A file that is signed or judged without being read into memory as a whole.
pub struct Source(Kind);

enum Kind {
    Memory(Vec<u8>),
    Disk(Mutex<File>, usize),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({} bytes)", self.bytes().len())
    }
}

impl Source {
    /// Opens a file. It must not be changed by others while it is open.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &Path) -> std::io::Result<Source> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        if length > SMALL {
            let length = usize::try_from(length).map_err(std::io::Error::other)?;
            return Ok(Source(Kind::Disk(Mutex::new(file), length)));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Source(Kind::Memory(bytes)))
    }
    /// A file that is in memory already.
    pub fn from_bytes(bytes: Vec<u8>) -> Source {
        Source(Kind::Memory(bytes))
    }
    pub(crate) fn bytes(&self) -> Bytes<'_> {
        match &self.0 {
            Kind::Memory(bytes) => Bytes::Memory(bytes),
            Kind::Disk(file, length) => Bytes::Disk(file, *length),
        }
    }
    /// The first bytes, to see what kind of file it is.
    pub fn head(&self, most: usize) -> Vec<u8> {
        self.bytes().read(0..most).into_owned()
    }
    /// All bytes, when the file is small enough to be in memory.
    pub fn in_memory(&self) -> Option<&[u8]> {
        match &self.0 {
            Kind::Memory(bytes) => Some(bytes),
            Kind::Disk(..) => None,
        }
    }
    /// Feeds all bytes to a function, piece by piece.
    pub fn each_piece(&self, to: &mut dyn FnMut(&[u8])) {
        let bytes = self.bytes();
        bytes.each_piece(0..bytes.len(), to);
    }
}

/// The bytes of a file, or of its beginning.
#[derive(Clone, Copy)]
pub(crate) enum Bytes<'a> {
    Memory(&'a [u8]),
    Disk(&'a Mutex<File>, usize),
}

impl<'a> From<&'a [u8]> for Bytes<'a> {
    fn from(bytes: &'a [u8]) -> Bytes<'a> {
        Bytes::Memory(bytes)
    }
}

impl<'a> Bytes<'a> {
    pub fn len(self) -> usize {
        match self {
            Bytes::Memory(bytes) => bytes.len(),
            Bytes::Disk(_, length) => length,
        }
    }
    /// The file up to an offset.
    pub fn first(self, end: usize) -> Bytes<'a> {
        match self {
            Bytes::Memory(bytes) => Bytes::Memory(&bytes[..end.min(bytes.len())]),
            Bytes::Disk(file, length) => Bytes::Disk(file, end.min(length)),
        }
    }
    /// The bytes of a range, as far as the file has them.
    pub fn read(self, range: Range<usize>) -> Cow<'a, [u8]> {
        let range = range.start.min(self.len())..range.end.min(self.len());
        if range.start >= range.end {
            return Cow::Borrowed(&[]);
        }
        match self {
            Bytes::Memory(bytes) => Cow::Borrowed(&bytes[range]),
            Bytes::Disk(file, _) => {
                let mut out = vec![0; range.len()];
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                // A file that shrinks or fails under way reads as shorter, and its signatures then as broken.
                let read = file.seek(SeekFrom::Start(range.start as u64)).and_then(|_| file.read_exact(&mut out));
                if read.is_err() {
                    out.clear();
                }
                Cow::Owned(out)
            }
        }
    }
    /// Parses something at an offset, reading more as long as what was read does not suffice.
    pub fn parse<T>(self, at: usize, parse: impl Fn(&mut Parser<'_>) -> Option<T>) -> Option<T> {
        if let Bytes::Memory(bytes) = self {
            return parse(&mut Parser::new(bytes, at));
        }
        let mut size = FIRST_WINDOW;
        loop {
            let window = self.read(at..at.saturating_add(size));
            let mut parser = Parser::new(&window, 0);
            parser.base = at;
            let found = parse(&mut parser);
            // What ends, or fails, close to the end of the window may go on behind it.
            let short = parser.ended.get() || parser.at + 64 >= window.len();
            let whole = at.saturating_add(size) >= self.len() || !short;
            if whole || size >= LAST_WINDOW {
                return found;
            }
            size *= 8;
        }
    }
    /// The first place of a word from an offset on.
    pub fn find(self, from: usize, word: &[u8]) -> Option<usize> {
        if let Bytes::Memory(bytes) = self {
            return super::xref::find(bytes.get(from..)?, word).map(|found| from + found);
        }
        let mut at = from;
        while at < self.len() {
            let piece = self.read(at..at + PIECE + word.len());
            if let Some(found) = super::xref::find(&piece, word) {
                return Some(at + found);
            }
            at += PIECE;
        }
        None
    }
    /// Feeds a range to a function, piece by piece.
    pub fn each_piece(self, range: Range<usize>, to: &mut dyn FnMut(&[u8])) {
        if let Bytes::Memory(_) = self {
            return to(&self.read(range));
        }
        let mut at = range.start;
        while at < range.end {
            let end = range.end.min(at + PIECE);
            to(&self.read(at..end));
            at = end;
        }
    }
}
