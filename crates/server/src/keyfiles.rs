//! The two keys that must be there before the journal opens: the master key, and the key that signs tree heads.
//!
//! The master key is 64 hexadecimal digits in a file that its owner alone may read. The tree key lies beside it, sealed
//! under the master key. Whoever loses the master key loses every sealed key: back the file up apart from the data.

use anyhow::{Context, bail};
use journal::P256TreeKey;
use kernel::Entropy;
use signing::{MasterKey, Sealed};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const TREE_CONTEXT: &str = "journal tree key";

/// Reads the master key; makes one when there is no file yet.
pub fn master(path: &Path, entropy: &dyn Entropy) -> anyhow::Result<MasterKey> {
    if !path.exists() {
        let key = MasterKey::random(entropy);
        write_new(path, key.to_hex().as_bytes())?;
        tracing::info!(file = %path.display(), "made a new master key: keep a copy of it apart from the data");
        return Ok(key);
    }
    check_owner_only(path)?;
    let text = Zeroizing::new(
        fs::read_to_string(path).with_context(|| format!("cannot read the master key {}", path.display()))?,
    );
    MasterKey::from_hex(text.trim()).with_context(|| format!("{} is no master key", path.display()))
}

/// Reads the key that signs tree heads; makes one when there is no file yet.
pub fn tree(master_path: &Path, master: &MasterKey, entropy: &dyn Entropy) -> anyhow::Result<P256TreeKey> {
    let path = tree_path(master_path);
    if !path.exists() {
        let pkcs8 = Zeroizing::new(P256TreeKey::generate()?);
        write_new(&path, master.seal(TREE_CONTEXT, &pkcs8, entropy).as_str().as_bytes())?;
        return Ok(P256TreeKey::from_pkcs8(&pkcs8)?);
    }
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read the tree key {}", path.display()))?;
    let pkcs8 = master
        .open(TREE_CONTEXT, &Sealed::from_text(text.trim()))
        .with_context(|| format!("{} was not sealed under this master key", path.display()))?;
    Ok(P256TreeKey::from_pkcs8(&pkcs8)?)
}

/// Where the tree key lies.
pub fn tree_path(master_path: &Path) -> PathBuf {
    master_path.with_file_name("tree.key")
}

/// Fails when others than the owner may read the file.
pub fn check_owner_only(path: &Path) -> anyhow::Result<()> {
    let mode = fs::metadata(path).with_context(|| format!("cannot look at {}", path.display()))?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!("{} may be read by others (mode {:o}): run chmod 600 on it", path.display(), mode & 0o777);
    }
    Ok(())
}

/// The secret in the first line of a file that its owner alone may read: a PIN, a passphrase.
pub fn secret(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    check_owner_only(path)?;
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = Zeroizing::new(text);
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        bail!("{} is empty", path.display());
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// Writes a secret to a file that did not exist, on disk when it returns.
fn write_new(path: &Path, secret: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(secret)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::OsEntropy;

    #[test]
    fn keys_are_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master.key");
        let first = master(&path, &OsEntropy).unwrap();
        assert_eq!(*master(&path, &OsEntropy).unwrap().to_hex(), *first.to_hex());
        tree(&path, &first, &OsEntropy).unwrap();
        tree(&path, &first, &OsEntropy).unwrap();
        let other = MasterKey::random(&OsEntropy);
        let error = format!("{:#}", tree(&path, &other, &OsEntropy).err().unwrap());
        assert!(error.contains("not sealed under this master key"), "{error}");
    }

    #[test]
    fn a_master_key_that_others_may_read_is_refused_with_the_mend() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        master(&path, &OsEntropy).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = format!("{:#}", master(&path, &OsEntropy).err().unwrap());
        assert!(error.contains("chmod 600"), "{error}");
    }
}
