//! Blobs: files addressed by the SHA-256 of their bytes, in a folder.
//!
//! A blob is on disk (file and folder synced) when putting it returns, so an act that refers to it is never recorded
//! before it. Putting the same bytes again is harmless and mends a damaged file.

use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _, pin_mut};
use kernel::{Digest, FieldProblem, Problem};
use object_store::{ObjectStoreExt as _, PutPayload, local::LocalFileSystem, path::Path};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Bytes written at once while a blob arrives in pieces.
const PIECE: usize = 1 << 20;
/// Where blobs lie while their address is not known yet.
const ARRIVING: &str = "arriving";

/// The store of blobs.
#[derive(Clone)]
pub(crate) struct Blobs {
    store: Arc<LocalFileSystem>,
    most: u64,
    arrivals: Arc<AtomicU64>,
}

impl Blobs {
    /// Opens a folder, and makes it when it is not there.
    pub fn open(folder: &std::path::Path, most: u64) -> Result<Blobs, Problem> {
        let unavailable = |why: String| Problem::Unavailable { what: "blob store", why };
        std::fs::create_dir_all(folder).map_err(|why| unavailable(format!("{}: {why}", folder.display())))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|why| unavailable(why.to_string()))?;
        let store = store.with_fsync(true).with_automatic_cleanup(false);
        Ok(Blobs { store: Arc::new(store), most, arrivals: Arc::default() })
    }

    /// Stores bytes.
    pub async fn put(&self, bytes: Bytes) -> Result<Digest, Problem> {
        if bytes.len() as u64 > self.most {
            return Err(too_large(self.most));
        }
        let digest = Digest::of(&[&bytes]);
        self.store.put(&place(&digest), PutPayload::from_bytes(bytes)).await.map_err(unavailable)?;
        Ok(digest)
    }

    /// Stores bytes that arrive in pieces; memory is bounded by the size of a piece.
    pub async fn put_stream<E: std::fmt::Display>(
        &self,
        pieces: impl Stream<Item = Result<Bytes, E>> + Send,
        limit: u64,
    ) -> Result<(Digest, u64), Problem> {
        let limit = limit.min(self.most);
        let number = self.arrivals.fetch_add(1, Ordering::Relaxed);
        let arriving = Path::from(format!("{ARRIVING}/{}-{number}", std::process::id()));
        let mut upload = self.store.put_multipart(&arriving).await.map_err(unavailable)?;
        let outcome = receive(&mut *upload, pieces, limit).await;
        let (digest, length) = match outcome {
            Ok(received) => received,
            Err(problem) => {
                if let Err(why) = upload.abort().await {
                    tracing::warn!(%why, "what had arrived of a refused blob could not be removed");
                }
                return Err(problem);
            }
        };
        upload.complete().await.map_err(unavailable)?;
        self.store.rename(&arriving, &place(&digest)).await.map_err(unavailable)?;
        Ok((digest, length))
    }

    /// The bytes of a blob, checked against their address.
    pub async fn get(&self, digest: &Digest) -> Result<Bytes, Problem> {
        let bytes = match self.store.get(&place(digest)).await {
            Err(object_store::Error::NotFound { .. }) => return Err(Problem::not_found("blob", digest)),
            found => found.map_err(unavailable)?.bytes().await.map_err(unavailable)?,
        };
        if Digest::of(&[&bytes]) != *digest {
            return Err(Problem::fault(format!("blob {digest} was changed on disk: restore it from the backup")));
        }
        Ok(bytes)
    }

    /// The length of a blob in bytes, if it is there.
    pub async fn len(&self, digest: &Digest) -> Result<Option<u64>, Problem> {
        match self.store.head(&place(digest)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(why) => Err(unavailable(why)),
        }
    }

    /// The address that the stored bytes really have; `None` when there is no such blob. Reads in pieces.
    pub async fn measure(&self, digest: &Digest) -> Result<Option<Digest>, Problem> {
        let mut pieces = match self.store.get(&place(digest)).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(unavailable)?.into_stream(),
        };
        let mut hash = Hash::new();
        while let Some(piece) = pieces.try_next().await.map_err(unavailable)? {
            hash.update(&piece);
        }
        Ok(Some(hash.finish()))
    }
}

/// Takes the pieces into the upload, and returns address and length.
async fn receive<E: std::fmt::Display>(
    upload: &mut dyn object_store::MultipartUpload,
    pieces: impl Stream<Item = Result<Bytes, E>> + Send,
    limit: u64,
) -> Result<(Digest, u64), Problem> {
    pin_mut!(pieces);
    let (mut hash, mut length) = (Hash::new(), 0u64);
    let (mut held, mut held_bytes) = (Vec::new(), 0);
    while let Some(piece) = pieces.next().await {
        let broken = |why| Problem::Invalid(vec![FieldProblem::new("file", "file-broken-off").arg("why", why)]);
        let piece = piece.map_err(broken)?;
        length += piece.len() as u64;
        if length > limit {
            return Err(too_large(limit));
        }
        hash.update(&piece);
        held_bytes += piece.len();
        held.push(piece);
        if held_bytes >= PIECE {
            let payload: PutPayload = std::mem::take(&mut held).into_iter().collect();
            upload.put_part(payload).await.map_err(unavailable)?;
            held_bytes = 0;
        }
    }
    if !held.is_empty() || length == 0 {
        upload.put_part(held.into_iter().collect()).await.map_err(unavailable)?;
    }
    Ok((hash.finish(), length))
}

/// SHA-256 in pieces.
struct Hash(aws_lc_rs::digest::Context);

impl Hash {
    fn new() -> Hash {
        Hash(aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256))
    }
    fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }
    fn finish(self) -> Digest {
        let mut out = [0; 32];
        out.copy_from_slice(self.0.finish().as_ref());
        Digest(out)
    }
}

/// `9f/86d081…`: few hundred folders, so that none holds too many files.
fn place(digest: &Digest) -> Path {
    let text = digest.to_string();
    let (folder, file) = text.split_at(2);
    Path::from(format!("{folder}/{file}"))
}

fn too_large(limit: u64) -> Problem {
    Problem::Invalid(vec![FieldProblem::new("file", "file-too-large").arg("limit", limit)])
}

fn unavailable(why: object_store::Error) -> Problem {
    Problem::Unavailable { what: "blob store", why: why.to_string() }
}
