//! The folder of a root that is kept apart. Files are written beside and renamed, on disk before anything goes on.

use super::{Earlier, RootKey, request};
use crate::error::SignError;
use kernel::Timestamp;
use pki::{Certificate, Reason};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

const RECORD: &str = "ceremony.json";
/// Most bytes of the record: thousands of protocols.
const MAX_RECORD: u64 = 4 << 20;

/// What was done, and the sealed key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// The form of this file.
    form: u32,
    /// The root, PEM.
    root: String,
    pub key: RootKey,
    /// The number of the last list.
    pub list: u64,
    pub issued: Vec<Issued>,
    /// Every time something was done, the first first.
    pub held: Vec<Earlier>,
}

/// A certificate that the root gave.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issued {
    pub serial: String,
    pub subject: String,
    pub until: Timestamp,
    pub revoked: Option<(Timestamp, Reason)>,
}

impl Issued {
    pub fn new(certificate: &Certificate) -> Issued {
        Issued {
            serial: certificate.serial_hex(),
            subject: certificate.subject().to_string(),
            until: certificate.not_after(),
            revoked: None,
        }
    }
}

impl Record {
    pub fn new(root: &Certificate, key: RootKey) -> Record {
        Record { form: 1, root: root.to_pem(), key, list: 0, issued: Vec::new(), held: Vec::new() }
    }
    pub fn certificate(&self) -> Result<Certificate, SignError> {
        match Certificate::from_pem(&self.root)?.as_slice() {
            [root] => Ok(root.clone()),
            _ => Err(request(format!("{RECORD} does not hold one root"))),
        }
    }
}

/// Where it lies.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// A folder for a new root; made when it is not there.
    pub fn fresh(path: &Path) -> Result<Folder, SignError> {
        let folder = Folder(path.to_owned());
        fs::create_dir_all(path).map_err(|error| folder.failed(path, &error))?;
        if folder.0.join(RECORD).exists() {
            return Err(request(format!("{} has a root already: take another folder", path.display())));
        }
        Ok(folder)
    }
    /// The folder of a root.
    pub fn known(path: &Path) -> Result<Folder, SignError> {
        if !path.join(RECORD).is_file() {
            return Err(request(format!("{} has no root: there is no {RECORD} in it", path.display())));
        }
        Ok(Folder(path.to_owned()))
    }
    fn failed(&self, path: &Path, error: &std::io::Error) -> SignError {
        request(format!("{}: {error}", path.display()))
    }
    pub fn record(&self) -> Result<Record, SignError> {
        let path = self.0.join(RECORD);
        let size = fs::metadata(&path).map_err(|error| self.failed(&path, &error))?.len();
        if size > MAX_RECORD {
            return Err(request(format!("{} is too large", path.display())));
        }
        let text = fs::read_to_string(&path).map_err(|error| self.failed(&path, &error))?;
        serde_json::from_str(&text).map_err(|error| request(format!("{} does not read: {error}", path.display())))
    }
    pub fn save(&self, record: &Record) -> Result<(), SignError> {
        let text = serde_json::to_string_pretty(record).map_err(|error| request(error.to_string()))?;
        self.put(RECORD, text.as_bytes()).map(drop)
    }
    /// Takes back a root that could not be finished.
    pub fn forget(&self) -> Result<(), SignError> {
        for name in [RECORD, "root.pem", "root.crl"] {
            let path = self.0.join(name);
            fs::remove_file(&path).map_err(|error| self.failed(&path, &error))?;
        }
        Ok(())
    }
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, SignError> {
        let (path, part) = (self.0.join(name), self.0.join(format!("{name}.part")));
        let write = || {
            let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&part, &path)?;
            fs::File::open(&self.0)?.sync_all()
        };
        write().map_err(|error| self.failed(&path, &error))?;
        Ok(path)
    }
}
