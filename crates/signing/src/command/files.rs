//! Reading what arguments name: certificates, lists, keys, times. Every file has a cap.

use super::Failure;
use kernel::Timestamp;
use pki::{Certificate, Crl, PrivateKey, ocsp, pem};
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Most bytes of a file with certificates, lists or keys.
const MAX_SMALL: u64 = 64 << 20;

/// Reads a file up to a cap.
pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let fail = |error: std::io::Error| Failure(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    File::open(path).map_err(fail)?.take(most + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > most {
        return Err(Failure(format!("{}: it has more than {most} bytes", path.display())));
    }
    Ok(bytes)
}

/// Certificates, lists and answers from files and folders.
#[derive(Debug, Default)]
pub(super) struct Bag {
    pub certificates: Vec<Certificate>,
    pub crls: Vec<Crl>,
    pub answers: Vec<ocsp::Response>,
}

impl Bag {
    /// Reads files and, one level deep, folders. In a folder what is neither is passed over; a file that is named must be
    /// one of them.
    pub fn read(paths: &[PathBuf]) -> Result<Bag, Failure> {
        let mut bag = Bag::default();
        for path in paths {
            if path.is_dir() {
                let fail = |error: std::io::Error| Failure(format!("{}: {error}", path.display()));
                let entries = std::fs::read_dir(path).map_err(fail)?;
                let mut files: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
                files.sort();
                for file in files.iter().filter(|f| f.is_file()) {
                    if let Ok(bytes) = read(file, MAX_SMALL) {
                        bag.add(&bytes);
                    }
                }
            } else if !bag.add(&read(path, MAX_SMALL)?) {
                let what = "there is no certificate, revocation list or OCSP answer in it (PEM or DER)";
                return Err(Failure(format!("{}: {what}", path.display())));
            }
        }
        Ok(bag)
    }

    fn add(&mut self, bytes: &[u8]) -> bool {
        let before = (self.certificates.len(), self.crls.len(), self.answers.len());
        if let Ok(text) = std::str::from_utf8(bytes) {
            self.certificates.extend(Certificate::from_pem(text).unwrap_or_default());
            self.crls.extend(Crl::from_pem(text).unwrap_or_default());
        }
        self.certificates.extend(Certificate::parse(bytes));
        self.crls.extend(Crl::parse(bytes));
        self.answers.extend(ocsp::Response::parse(bytes));
        before != (self.certificates.len(), self.crls.len(), self.answers.len())
    }
}

/// A private key: PKCS #8 in PEM or DER, without encryption.
pub(super) fn key(path: &Path) -> Result<PrivateKey, Failure> {
    let bytes = Zeroizing::new(read(path, 1 << 20)?);
    let fail = |why: &str| Failure(format!("{}: {why}", path.display()));
    let pem = std::str::from_utf8(&bytes).ok().filter(|text| text.contains("-----BEGIN "));
    let der = match pem {
        Some(text) if text.contains("BEGIN ENCRYPTED PRIVATE KEY") => {
            return Err(fail("the key is encrypted: use a sealed key or a PKCS #11 token instead"));
        }
        Some(text) => {
            let blocks = pem::decode(text, "PRIVATE KEY").map_err(|e| fail(&e.to_string()))?;
            let first = blocks.into_iter().next();
            Zeroizing::new(first.ok_or_else(|| fail("it holds no PRIVATE KEY block (PKCS #8)"))?)
        }
        None => bytes,
    };
    PrivateKey::from_pkcs8(&der).map_err(|error| fail(&error.to_string()))
}

/// A time: ISO 8601 with offset, or a day, which stands for its first instant in Viet Nam.
pub(super) fn time(text: &str) -> Result<Timestamp, Failure> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(Timestamp::from_micros(at.as_microsecond()));
    }
    let bad = |_| Failure(format!("{text:?} is no time: write 2025-01-05T09:12:30+07:00 or 2025-01-05"));
    kernel::Day::parse(text).map(kernel::Day::start).map_err(bad)
}
