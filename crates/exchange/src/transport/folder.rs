//! A watched folder: packages lie as files where another program, a share or a courier's medium takes them.
//!
//! ```text
//! agencies.csv    the bodies that are reached: identifier;name;address   (UTF-8)
//! out/            what goes out: <parcel>.edoc.edxml, <parcel>.status.edxml; complete when it has that name
//! in/             what comes in: *.edxml; put there by renaming, so that it is complete when it is seen
//! done/ bad/      what was taken out of in/, and what could not be taken
//! ```
//! Whoever fills `in/` is believed as far as the folder's rights go. A file that was written once is not written again: its
//! name follows from the package.

use super::files::{blocking, pieces};
use super::members::{Member, Members};
use super::{Parcel, Pieces, Transport, Trouble, Waiting};
use crate::MessageType;
use crate::office::Listed;
use async_trait::async_trait;
use kernel::Digest;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Files that one look finds.
const MOST_FILES: usize = 500;
/// Bytes of a file by which a document is told from a status.
const HEAD: usize = 64 << 10;

/// A watched folder.
pub struct FolderTransport {
    folder: PathBuf,
}

impl FolderTransport {
    /// In a folder, whose parts are made when they are not there.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn open(folder: &Path) -> io::Result<FolderTransport> {
        for part in ["out", "in", "done", "bad"] {
            std::fs::create_dir_all(folder.join(part))?;
        }
        Ok(FolderTransport { folder: folder.to_owned() })
    }

    fn place(&self, parcel: &Parcel) -> PathBuf {
        self.folder.join("out").join(format!("{}.{}.edxml", parcel.id, parcel.message.text()))
    }

    fn list(&self) -> io::Result<Vec<Listed>> {
        let all = Members::new(&self.folder.join("agencies.csv")).all()?;
        Ok(all.into_iter().map(Member::listed).collect())
    }

    fn look(&self, message: MessageType) -> io::Result<Vec<Waiting>> {
        let mut names: Vec<String> = Vec::new();
        for entry in std::fs::read_dir(self.folder.join("in"))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".edxml") && edxml::package::is_file_name(&name) {
                names.push(name);
            }
        }
        names.sort();
        let mut waiting = Vec::new();
        for name in names.into_iter().take(MOST_FILES) {
            let path = self.folder.join("in").join(&name);
            if kind(&path)? == message {
                // The same file put there twice is the same package, another under its name is another.
                let package = format!("{}/{name}", &digest(&path)?.to_string()[..16]);
                waiting.push(Waiting {
                    package,
                    message,
                    from: String::new(),
                    to: Vec::new(),
                    doubt: None,
                    speaks_for: None,
                });
            }
        }
        Ok(waiting)
    }

    fn put_away(&self, waiting: &Waiting, kept: bool) -> io::Result<()> {
        let Some((hash, name)) = waiting.package.split_once('/') else { return Ok(()) };
        let to = self.folder.join(if kept { "done" } else { "bad" }).join(format!("{hash}-{name}"));
        match std::fs::rename(self.folder.join("in").join(name), to) {
            // It was put away before.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}

/// A status has its code in the header, which comes first.
fn kind(path: &Path) -> io::Result<MessageType> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    let status = head.windows(11).any(|window| window == b"StatusCode>");
    Ok(if status { MessageType::Status } else { MessageType::Edoc })
}

fn digest(path: &Path) -> io::Result<Digest> {
    let (mut file, mut hash, mut piece) = (File::open(path)?, edxml::package::Hash::new(), vec![0; 64 << 10]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.finish()),
            count => hash.update(&piece[..count]),
        }
    }
}

/// Written beside and renamed, so that it is complete when it is seen, and on disk when this returns.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("part");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

impl FolderTransport {
    fn again(&self) -> FolderTransport {
        FolderTransport { folder: self.folder.clone() }
    }
}

#[async_trait]
impl Transport for FolderTransport {
    fn name(&self) -> &'static str {
        "folder"
    }
    fn address(&self) -> String {
        self.folder.display().to_string()
    }
    async fn agencies(&self) -> Result<Vec<Listed>, Trouble> {
        let folder = self.again();
        blocking(move || match folder.list() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            listed => listed,
        })
        .await
    }
    async fn send(&self, parcel: &Parcel) -> Result<String, Trouble> {
        let (path, bytes) = (self.place(parcel), parcel.bytes.clone());
        blocking(move || write(&path, &bytes)).await?;
        Ok(parcel.id.clone())
    }
    async fn find(&self, parcel: &Parcel) -> Result<Option<String>, Trouble> {
        // Who takes packages away may have taken it: writing it again gives the same name and the same bytes, and
        // receivers know it by its identity.
        let (path, id) = (self.place(parcel), parcel.id.clone());
        blocking(move || Ok(path.try_exists()?.then_some(id))).await
    }
    async fn waiting(&self, message: MessageType) -> Result<Vec<Waiting>, Trouble> {
        let folder = self.again();
        blocking(move || folder.look(message)).await
    }
    async fn fetch(&self, waiting: &Waiting) -> Result<Pieces, Trouble> {
        let name = waiting.package.split_once('/').map(|(_, name)| name.to_owned()).unwrap_or_default();
        let path = self.folder.join("in").join(name);
        pieces(path).await
    }
    async fn settle(&self, waiting: &Waiting, kept: bool) -> Result<(), Trouble> {
        let (folder, waiting) = (self.again(), waiting.clone());
        blocking(move || folder.put_away(&waiting, kept)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;

    #[test]
    fn what_lies_in_the_folder_is_found_once_fetched_whole_and_put_away() {
        let place = tempfile::tempdir().unwrap();
        let folder = FolderTransport::open(place.path()).unwrap();
        std::fs::write(place.path().join("agencies.csv"), "\u{feff}G12.18;Bộ Thử nghiệm;a@example.vn\nx\n;;\n")
            .unwrap();
        let document = vec![b'x'; 600_000];
        std::fs::write(place.path().join("in/a.edxml"), &document).unwrap();
        std::fs::write(place.path().join("in/b.edxml"), b"<StatusCode>01</StatusCode>").unwrap();
        std::fs::write(place.path().join("in/c.part"), b"half").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            assert_eq!(folder.agencies().await.unwrap().len(), 1);
            let documents = folder.waiting(MessageType::Edoc).await.unwrap();
            assert_eq!((documents.len(), folder.waiting(MessageType::Status).await.unwrap().len()), (1, 1));
            let pieces: Vec<_> = folder.fetch(&documents[0]).await.unwrap().collect().await;
            let whole: Vec<u8> = pieces.into_iter().flat_map(Result::unwrap).collect();
            assert_eq!(whole, document);
            folder.settle(&documents[0], true).await.unwrap();
            folder.settle(&documents[0], true).await.unwrap();
            assert!(folder.waiting(MessageType::Edoc).await.unwrap().is_empty());
            assert_eq!(std::fs::read_dir(place.path().join("done")).unwrap().count(), 1);
        });
    }
}
