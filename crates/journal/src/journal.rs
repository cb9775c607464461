//! The door: one handle that a program opens once and clones freely.

use crate::{
    Change, ConsistencyProof, Placed, Projection, Proof, Reader, Receipt, Report, SignedTreeHead, Summary, TreeSigner,
    Worker,
    blobs::Blobs,
    engine::{Ear, Engine},
    jobs::{JobRecord, JobState},
    known::{Known, Mark, Tide},
    writer::{self, Submission},
};
use bytes::Bytes;
use futures::Stream;
use kernel::{Act, Clock, Ctx, Digest, Entropy, Problem, StreamId};
use policy::Policies;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{Notify, mpsc, watch};

/// Where the journal stores, and how much it may use.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite:PATH` (made when it is not there) or `postgres://…`.
    pub url: String,
    /// The folder of blobs (made when it is not there).
    pub blobs: PathBuf,
    /// Connections for reading. 8 unless told.
    pub readers: u32,
    /// Largest blob in bytes. 200 MiB unless told.
    pub max_blob: u64,
    /// Builds all projections again from the acts, even those that look unchanged.
    pub rebuild: bool,
    /// A folder for the scratch database of `verify`; the system's temporary folder when `None`.
    pub scratch: Option<PathBuf>,
}

impl Options {
    /// The usual options for a database and a folder of blobs.
    pub fn new(url: impl Into<String>, blobs: impl Into<PathBuf>) -> Options {
        Options { url: url.into(), blobs: blobs.into(), readers: 8, max_blob: 200 << 20, rebuild: false, scratch: None }
    }
}

/// What the journal is opened with and works for: shared by its parts.
pub(crate) struct Inner {
    pub engine: Engine,
    pub blobs: Blobs,
    pub policies: Arc<Policies>,
    pub projections: Vec<Arc<dyn Projection>>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub tree_key: Arc<dyn TreeSigner>,
    pub scratch: Option<PathBuf>,
    /// The hash over all projections' names, versions and tables, which the database must carry too.
    pub shape: String,
    pub submit: mpsc::Sender<Submission>,
    /// The position of the last act known to be recorded.
    pub position: watch::Sender<i64>,
    /// Turned whenever something may have been recorded.
    pub tide: Arc<Tide>,
    /// Other servers' word of their acts.
    ear: Mutex<Option<Ear>>,
    /// Rung when jobs were enqueued.
    pub jobs_bell: Arc<Notify>,
}

/// A handle on the journal. Cloning is cheap; all clones share one writer.
#[derive(Clone)]
pub struct Journal {
    pub(crate) inner: Arc<Inner>,
    reader: Reader,
}

impl Journal {
    /// Opens the journal: connects, brings the core tables to this program's version, and builds the projections
    /// whose tables or version changed (this reads all acts and can take long; progress goes to the log).
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer, is full, or belongs to a newer program;
    /// [`Problem::Fault`] when the projections contradict each other.
    pub async fn open(
        options: Options,
        policies: Arc<Policies>,
        projections: Vec<Arc<dyn Projection>>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        tree_key: Arc<dyn TreeSigner>,
    ) -> Result<Journal, Problem> {
        crate::migrate::check_tables(&projections)?;
        let engine = Engine::connect(&options.url, options.readers).await?;
        let blobs = Blobs::open(&options.blobs, options.max_blob)?;
        crate::migrate::bring_up(&engine, &*clock).await?;
        let shape = crate::rebuild::bring_up(&engine, &projections, options.rebuild).await?;
        let (submit, queue) = mpsc::channel(writer::QUEUE);
        let (position, _) = watch::channel(engine.position().await?);
        let tide = Arc::new(Tide::default());
        let known = Arc::new(Known::new(Arc::clone(&tide)));
        let inner = Arc::new(Inner {
            engine: engine.clone(),
            blobs,
            policies,
            projections,
            clock,
            entropy,
            tree_key,
            scratch: options.scratch,
            shape,
            submit,
            ear: Mutex::new(engine.listen(position.clone())),
            position,
            tide,
            jobs_bell: Arc::new(Notify::new()),
        });
        writer::spawn(&inner, queue);
        Ok(Journal { inner, reader: Reader { engine, known } })
    }

    /// Records a change: the only way by which anything changes.
    ///
    /// When it returns, the acts are on disk and the projections show them. When the caller stops waiting, the change
    /// may still be recorded. On [`Problem::Unavailable`] nothing is half done, but whether the whole was recorded may
    /// be unknown when the storage went away while confirming; `Expected::At` makes asking again safe.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] and [`Problem::NeedsSecondFactor`] by the policies, [`Problem::Conflict`] when a stream
    /// is not as expected, [`Problem::Invalid`] for content that has no canonical form or a blob that is not there,
    /// [`Problem::Unavailable`] when the storage does not answer or is full, and what a projection refuses.
    pub async fn commit(&self, ctx: &Ctx, change: Change) -> Result<Receipt, Problem> {
        let recorded = writer::commit(&self.inner, ctx, change).await;
        crate::look::forget();
        recorded
    }

    /// SELECTs on projections.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// A mark that stays the same while nothing is recorded, for a second at most; none where others record too and
    /// nobody shares the look at it ([`crate::one_look`]).
    pub async fn mark(&self) -> Option<Mark> {
        self.reader.mark().await
    }

    /// The acts of a stream behind version `after` (0 for all), oldest first, at most `limit`.
    ///
    /// Nobody is asked whether the reader may see them: the calling service is answerable for that, act by act, since
    /// acts carry secrecy grades.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer; [`Problem::Fault`] when a stored act does not read.
    pub async fn acts(&self, stream: &StreamId, after: i64, limit: i64) -> Result<Vec<Act>, Problem> {
        crate::acts::of_stream(&self.inner.engine, stream, after, limit).await
    }

    /// One act of a stream. See [`Journal::acts`] about who may read it.
    ///
    /// # Errors
    /// As [`Journal::acts`].
    pub async fn act(&self, stream: &StreamId, version: i64) -> Result<Option<Act>, Problem> {
        Ok(self.acts(stream, version - 1, 1).await?.into_iter().find(|act| act.version == version))
    }

    /// The version of a stream's last act; 0 when there is no such stream.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn head(&self, stream: &StreamId) -> Result<i64, Problem> {
        crate::acts::head(&self.inner.engine, stream).await
    }

    /// The acts of all streams behind a position in the order of recording, at most `limit`. See [`Journal::acts`]
    /// about who may read them.
    ///
    /// # Errors
    /// As [`Journal::acts`].
    pub async fn acts_from(&self, position: i64, limit: i64) -> Result<Vec<Placed>, Problem> {
        crate::acts::from_position(&self.inner.engine, position, limit).await
    }

    /// How many acts the journal holds; also the position of the last one.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn position(&self) -> Result<i64, Problem> {
        self.inner.engine.position().await
    }

    /// Wakes whenever acts were recorded by this or (on PostgreSQL) another server; holds the last known position.
    /// For live pages and streams.
    pub fn watch(&self) -> watch::Receiver<i64> {
        self.inner.position.subscribe()
    }

    /// Stores bytes under their SHA-256, on disk when it returns. To be called before the act that refers to them.
    ///
    /// # Errors
    /// [`Problem::Invalid`] when it is larger than allowed; [`Problem::Unavailable`] when the store is not there or full.
    pub async fn put_blob(&self, bytes: impl Into<Bytes>) -> Result<Digest, Problem> {
        self.inner.blobs.put(bytes.into()).await
    }

    /// The same for content that arrives in pieces, in bounded memory. `limit` in bytes, below the journal's own.
    ///
    /// # Errors
    /// As [`Journal::put_blob`]; an error of the stream ends as [`Problem::Invalid`]. Nothing is kept then.
    pub async fn put_blob_stream<E: std::fmt::Display>(
        &self,
        pieces: impl Stream<Item = Result<Bytes, E>> + Send,
        limit: u64,
    ) -> Result<(Digest, u64), Problem> {
        self.inner.blobs.put_stream(pieces, limit).await
    }

    /// The bytes of a blob, checked against their address.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Fault`] when the stored bytes were changed; [`Problem::Unavailable`].
    pub async fn get_blob(&self, digest: &Digest) -> Result<Bytes, Problem> {
        self.inner.blobs.get(digest).await
    }

    /// The length of a blob in bytes, if it is there.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the store does not answer.
    pub async fn blob_len(&self, digest: &Digest) -> Result<Option<u64>, Problem> {
        self.inner.blobs.len(digest).await
    }

    /// The policies that are asked for every act.
    pub fn policies(&self) -> &Policies {
        &self.inner.policies
    }
    /// The clock that the journal reads.
    pub fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }
    /// The source of randomness that the journal draws from.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.inner.entropy
    }

    /// Enters the acts recorded since the last time into the Merkle log and signs its new head. Returns the newest
    /// head; `None` while the journal is empty. When another server is sealing at this moment, its head is returned.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage or the key does not answer.
    pub async fn seal_once(&self) -> Result<Option<SignedTreeHead>, Problem> {
        crate::seal::seal_once(&self.inner).await
    }

    /// Seals whenever acts were recorded, at most once in `every`, until `shutdown` turns true. Failures are logged
    /// and tried again.
    pub async fn run_sealer(&self, every: std::time::Duration, shutdown: watch::Receiver<bool>) {
        crate::seal::run(self, every, shutdown).await;
    }

    /// The newest signed head of the Merkle log.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn tree_head(&self) -> Result<Option<SignedTreeHead>, Problem> {
        crate::seal::newest_head(&self.inner.engine).await
    }

    /// The proof that an act stands in the log, against the newest signed head; `None` when there is no such act or
    /// it is not sealed yet.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn proof(&self, stream: &StreamId, version: i64) -> Result<Option<Proof>, Problem> {
        crate::seal::proof(&self.inner.engine, stream, version).await
    }

    /// The proof that the log of `old` acts is a beginning of the newest sealed log; `None` when no head of at least
    /// that size is signed yet.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn consistency(&self, old: i64) -> Result<Option<ConsistencyProof>, Problem> {
        crate::seal::consistency(&self.inner.engine, old).await
    }

    /// Recomputes everything: every hash and chain, every commitment, the Merkle log and its signed heads, every
    /// blob, and every projection (built again beside the live one and compared row by row). Runs on one consistent
    /// view of the database, beside the work, in bounded memory. What it finds and how far it is goes to `report`.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer. Changed data is no error but a finding.
    pub async fn verify(&self, report: &mut (dyn FnMut(Report) + Send)) -> Result<Summary, Problem> {
        crate::verify::verify(&self.inner, report).await
    }

    /// Runs due jobs until `shutdown` turns true; a job that was begun is ended first. Several servers may run at
    /// once: a job is leased to one of them.
    pub async fn run_jobs(&self, workers: Vec<Arc<dyn Worker>>, shutdown: watch::Receiver<bool>) {
        crate::jobs::run(self, &workers, shutdown).await;
    }

    /// Runs the jobs that are due now, and those that they enqueue, and returns how many ran.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn run_due_jobs(&self, workers: &[Arc<dyn Worker>]) -> Result<u64, Problem> {
        crate::jobs::run_due(&self.inner, workers).await
    }

    /// Jobs in a state, oldest first: for the operator's page.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn jobs(&self, state: JobState, limit: i64) -> Result<Vec<JobRecord>, Problem> {
        crate::jobs::list(&self.inner.engine, state, limit).await
    }

    /// Gives a dead job another round of attempts. Returns whether there was such a job.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] when the storage does not answer.
    pub async fn revive_job(&self, kind: &str, key: &str) -> Result<bool, Problem> {
        crate::jobs::revive(&self.inner, kind, key).await
    }

    /// Waits for the changes in hand and closes all connections. Later calls fail as unavailable.
    pub async fn close(&self) {
        drop(self.inner.ear.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.inner.engine.close().await;
    }
}
