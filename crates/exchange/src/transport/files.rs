//! Files of a way, off the runtime's own threads.

use super::{Pieces, Trouble};
use bytes::Bytes;
use futures::StreamExt;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// Work with files.
///
/// # Errors
/// [`Trouble::Unreachable`] with what the machine says.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Trouble> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|why| Trouble::Unreachable(why.to_string()))?;
    done.map_err(|why| Trouble::Unreachable(why.to_string()))
}

/// A file in pieces.
///
/// # Errors
/// As [`blocking`].
pub(super) async fn pieces(path: PathBuf) -> Result<Pieces, Trouble> {
    let file = blocking(move || File::open(path)).await?;
    let pieces = futures::stream::unfold(Some(file), |file| async move {
        let mut file = file?;
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; PIECE];
            file.read(&mut piece).map(|count| {
                piece.truncate(count);
                (Bytes::from(piece), file)
            })
        });
        match read.await.map_err(|why| why.to_string()).and_then(|read| read.map_err(|why| why.to_string())) {
            Ok((piece, _)) if piece.is_empty() => None,
            Ok((piece, file)) => Some((Ok(piece), Some(file))),
            Err(why) => Some((Err(why), None)),
        }
    });
    Ok(pieces.boxed())
}
