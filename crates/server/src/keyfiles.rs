//! The two keys that must be there before the journal opens: the master key, and the key that signs tree heads.
//!
//! The master key stands in a file that its owner alone may read: as it is, under a passphrase, or under a key of a
//! PKCS #11 token, as the configuration says. The tree key lies beside it, sealed under the master key. Whoever loses the
//! master key loses every sealed key: keep a copy apart from the data.

use crate::config::Keys;
use anyhow::{Context, bail};
use journal::P256TreeKey;
use kernel::Entropy;
use signing::{MasterKey, Protection, Sealed, WrappingKey};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const TREE_CONTEXT: &str = "journal tree key";

/// Reads the master key; makes one when there is no file yet.
pub fn master(keys: &Keys, entropy: &dyn Entropy) -> anyhow::Result<MasterKey> {
    let path = &keys.master;
    let protection = protection(keys)?;
    if !path.exists() {
        // A new key would open nothing of what is sealed already.
        let tree = tree_path(path);
        if tree.exists() {
            bail!(
                "the master key {} is not there, but what was sealed under it is ({}): put the copy back, or run \
                 `dienhong keys protect` with its digits",
                path.display(),
                tree.display()
            );
        }
        let key = MasterKey::random(entropy);
        keep(path, &key, &protection, entropy)?;
        tracing::info!(file = %path.display(), "made a new master key: keep a copy of it apart from the data");
        return Ok(key);
    }
    check_owner_only(path)?;
    let text = Zeroizing::new(
        fs::read_to_string(path).with_context(|| format!("cannot read the master key {}", path.display()))?,
    );
    protection.unwrap(&text).with_context(|| match Protection::of(&text) == protection.code() {
        true => format!("the master key {} does not open", path.display()),
        false => format!(
            "the master key {} is kept in another way than [keys] says: see `dienhong keys protect`",
            path.display()
        ),
    })
}

/// Puts the master key of a plain file under the protection that the configuration names.
pub fn protect(keys: &Keys, plain: &Path, entropy: &dyn Entropy) -> anyhow::Result<()> {
    check_owner_only(plain)?;
    let text = Zeroizing::new(fs::read_to_string(plain).with_context(|| format!("cannot read {}", plain.display()))?);
    let key = MasterKey::from_hex(&text).with_context(|| format!("{} is no plain master key", plain.display()))?;
    if keys.master.exists() {
        bail!(
            "{} is there already: move it away first, and keep it until the new one is seen to open",
            keys.master.display()
        );
    }
    let tree = tree_path(&keys.master);
    if tree.exists() {
        self::tree(&keys.master, &key, entropy).context("this is the master key of another house")?;
    }
    keep(&keys.master, &key, &protection(keys)?, entropy)
}

/// Writes a master key, and reads it back before anything is sealed under it.
fn keep(path: &Path, key: &MasterKey, protection: &Protection, entropy: &dyn Entropy) -> anyhow::Result<()> {
    let text = protection.wrap(key, entropy).context("the master key cannot be protected as [keys] says")?;
    if *protection.unwrap(&text)?.to_hex() != *key.to_hex() {
        bail!("the protected master key does not come back: nothing was written");
    }
    write_new(path, text.as_bytes())
}

/// Whether the protection that the configuration names can be reached, before there is a master key.
pub fn reachable(keys: &Keys) -> anyhow::Result<()> {
    if let Protection::Token(token) = protection(keys)? {
        token.reach().context("the token of [keys] cannot be used")?;
    }
    Ok(())
}

/// What the configuration says about how the master key is kept.
fn protection(keys: &Keys) -> anyhow::Result<Protection> {
    match (&keys.passphrase_file, &keys.token) {
        (None, None) => Ok(Protection::Plain),
        (Some(file), None) => Ok(Protection::Passphrase(secret(file)?)),
        (None, Some(token)) => Ok(Protection::Token(WrappingKey {
            module: token.module.clone(),
            token: token.label.clone(),
            key: token.key.clone(),
            pin: secret(&token.pin_file)?,
        })),
        (Some(_), Some(_)) => bail!("[keys] names a passphrase and a token: one of them protects the master key"),
    }
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

    fn at(path: PathBuf) -> Keys {
        Keys { master: path, ..Keys::default() }
    }

    fn private(path: &Path, text: &str) -> PathBuf {
        write_new(path, text.as_bytes()).unwrap();
        path.to_owned()
    }

    #[test]
    fn keys_are_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master.key");
        let keys = at(path.clone());
        let first = master(&keys, &OsEntropy).unwrap();
        assert_eq!(*master(&keys, &OsEntropy).unwrap().to_hex(), *first.to_hex());
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
        let keys = at(path.clone());
        master(&keys, &OsEntropy).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = format!("{:#}", master(&keys, &OsEntropy).err().unwrap());
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_plain_master_key_is_put_under_a_passphrase_and_opens_under_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let plain = at(folder.path().join("master.key"));
        let key = master(&plain, &OsEntropy).unwrap();
        tree(&plain.master, &key, &OsEntropy).unwrap();
        let passphrase_file = Some(private(&folder.path().join("passphrase"), "cụm mật khẩu rất dài"));
        let sealed = Keys { passphrase_file, ..plain.clone() };
        let error = format!("{:#}", master(&sealed, &OsEntropy).err().unwrap());
        assert!(error.contains("keys protect"), "{error}");
        let aside = folder.path().join("aside.key");
        fs::rename(&plain.master, &aside).unwrap();
        let error = format!("{:#}", master(&sealed, &OsEntropy).err().unwrap());
        assert!(error.contains("put the copy back") && !sealed.master.exists(), "{error}");
        let stranger = private(&folder.path().join("stranger.key"), &MasterKey::random(&OsEntropy).to_hex());
        let error = format!("{:#}", protect(&sealed, &stranger, &OsEntropy).err().unwrap());
        assert!(error.contains("another house"), "{error}");
        protect(&sealed, &aside, &OsEntropy).unwrap();
        assert!(protect(&sealed, &aside, &OsEntropy).is_err(), "never written over");
        assert_eq!(*master(&sealed, &OsEntropy).unwrap().to_hex(), *key.to_hex());
        assert!(!fs::read_to_string(&sealed.master).unwrap().contains(&*key.to_hex()));
        assert!(master(&plain, &OsEntropy).is_err());
        let wrong = Some(private(&folder.path().join("wrong"), "một cụm mật khẩu khác"));
        let error = format!("{:#}", master(&Keys { passphrase_file: wrong, ..plain }, &OsEntropy).err().unwrap());
        assert!(error.contains("does not open"), "{error}");
    }
}
