//! Configuration: one file, then the environment. The only place where either is read.
//!
//! Every key has a safe default, so that an empty configuration runs on SQLite in the folder `data/`. A key of the file
//! may be overridden by `DIENHONG_<SECTION>_<KEY>`: `DIENHONG_STORAGE_URL`, `DIENHONG_WEB_LISTEN`.

mod ways;

use crate::mail::Mail;
use anyhow::{Context, bail};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
pub use ways::{SignedMail, Xroad};

/// Everything that an office may set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the journal and the blobs are kept.
    pub storage: Storage,
    /// How the pages are served.
    pub web: Web,
    /// Where keys are kept.
    pub keys: Keys,
    /// What the internal certification authority publishes.
    pub certificates: Certificates,
    /// Where law texts are kept.
    pub laws: Laws,
    /// What signatures of the house are like, and whom it believes.
    pub signatures: Signatures,
    /// What may be reached from here.
    pub network: Network,
    /// The hub of the document axis that this program serves.
    pub hub: Hub,
    /// The document axis through which the office sends and receives.
    pub axis: Axis,
    /// Where letters go out.
    pub mail: Mail,
    /// How the program logs.
    pub log: Log,
}

/// Where the journal and the blobs are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Storage {
    /// `sqlite:<file>` or `postgres://user:password@host/database`.
    pub url: String,
    /// Folder of the blobs (papers, attachments), addressed by their SHA-256.
    pub blobs: PathBuf,
}

/// How the pages are served.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Web {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// The address that people type; with `https:` the cookies are marked Secure and HSTS is sent.
    pub public_url: String,
    /// Largest request body, in bytes.
    pub max_body: usize,
    /// Reverse proxies in front whose `X-Forwarded-For` is believed; 0 when people connect directly.
    pub trusted_proxies: usize,
}

/// Where keys are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    /// File of the master key, under which all other keys are sealed. Readable by its owner alone.
    pub master: PathBuf,
    /// A file whose first line is the passphrase under which the master key is kept.
    pub passphrase_file: Option<PathBuf>,
    /// A PKCS #11 token under whose key the master key is kept.
    pub token: Option<MasterToken>,
}

/// A PKCS #11 token that keeps the master key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MasterToken {
    /// The module of the token's maker: `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: PathBuf,
    /// The label of the token.
    pub label: String,
    /// The label of the key on it, which is made at the first start.
    pub key: String,
    /// A file whose first line is the user PIN.
    pub pin_file: PathBuf,
}

/// What the internal certification authority publishes. The services are mounted when they have an address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Certificates {
    /// The address of `/pki` as others reach it; `http:` is best, for a certificate must not be needed to check one.
    /// Without it, `web.public_url` with `/pki`. Certificates carry it for their whole life.
    pub address: Option<String>,
    /// In how many parts the revocation list is published; 0: in one.
    pub crl_parts: u8,
    /// The accuracy of this machine's clock that the office vouches for, in seconds; without it, time stamps claim none.
    pub accuracy_seconds: Option<u64>,
    /// How devices and servers enrol by themselves.
    pub acme: Acme,
    /// A token on which the keys of the issuing authority, the status answers and the time stamps are made and kept;
    /// without it, they are sealed under the master key.
    pub token: Option<Token>,
}

/// How devices and servers enrol by themselves (ACME).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Acme {
    /// The networks and addresses in which they stand: `10.20.0.0/16`. Without any, nothing enrols by itself.
    pub networks: Vec<String>,
    /// The port at which they are asked whether they hold a name.
    pub port: u16,
}

/// A token, or a hardware security module, that is reached by PKCS #11.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// The module: a shared library of its maker.
    pub module: PathBuf,
    /// The token's label.
    pub label: String,
    /// A file that holds the PIN in its first line. Readable by its owner alone.
    pub pin_file: PathBuf,
}

/// Where law texts are kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Laws {
    /// Folder of law texts, one file each; without it the samples built into the program are shown.
    pub folder: Option<PathBuf>,
}

/// What signatures of the house are like, and whom it believes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signatures {
    /// The level of what the house issues.
    pub level: HouseLevel,
    /// The address of a time stamp authority (RFC 3161); without it, the house's own stamps.
    pub time_stamps: Option<String>,
    /// Roots that are trusted beside the house's own when files of others are checked: PEM or DER files, or folders of
    /// them.
    pub trust: Vec<PathBuf>,
    /// What the signatures of others lack (issuers, status, lists) is fetched from where their certificates say.
    pub fetch: bool,
}

/// The level of what the house issues (EN 319 142-1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum HouseLevel {
    /// With a time stamp.
    #[default]
    #[serde(rename = "B-T")]
    Bt,
    /// With the evidence for the long term.
    #[serde(rename = "B-LT")]
    Blt,
    /// With an archive time stamp, renewed before it ages.
    #[serde(rename = "B-LTA")]
    Blta,
}

/// What may be reached from here.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// Hosts, addresses and networks that may be asked although they are not public: `tsa.vpqh.local`, `10.1.0.0/16`.
    pub allow: Vec<String>,
    /// How long an answer is waited for, in seconds.
    pub timeout_seconds: u64,
    /// Roots under which servers are believed over `https:` beside the machine's own: PEM files.
    pub roots: Vec<PathBuf>,
}

/// The hub of the document axis that this program serves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hub {
    /// Address to listen on; without it there is no hub.
    pub listen: Option<SocketAddr>,
    /// The identifier with which the hub enters itself as a station. `000.00.00.C01` is seen for the Assembly's Office in
    /// archive software and not confirmed.
    pub organ: String,
    /// Minutes by which the clocks of the systems are ahead of UTC.
    pub clock_ahead: i64,
    /// Seconds by which a system's clock may be wrong.
    pub clock_skew: i64,
    /// Largest package, in bytes.
    pub max_package: u64,
}

impl Default for Acme {
    fn default() -> Self {
        Self { networks: Vec::new(), port: 80 }
    }
}

/// The document axis through which the office sends and receives, and the other ways beside it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Axis {
    /// Its address: `http://10.1.2.3:8345`; without it the office has no axis.
    pub address: String,
    /// The name of this system there.
    pub system: String,
    /// The file that holds the secret of this system, readable by its owner alone.
    pub secret_file: Option<PathBuf>,
    /// The identifier of the house as sender. `000.00.00.C01` is seen for the Assembly's Office and not confirmed.
    pub organ: String,
    /// The name of the house as sender.
    pub name: String,
    /// The place of promulgation.
    pub place: String,
    /// The register that numbers incoming documents.
    pub register: String,
    /// Seconds between two looks for what waits.
    pub poll_seconds: u64,
    /// Seconds until the second attempt; the pause doubles with each further one, and after five a person is asked.
    pub retry_seconds: i64,
    /// Seconds that an attempt may take.
    pub patience_seconds: i64,
    /// Days until a receiver that has told nothing is to be asked about.
    pub remind_days: i64,
    /// Minutes by which the clocks of systems are ahead of UTC on this axis.
    pub clock_ahead: i64,
    /// Seconds by which the axis lets a clock be wrong.
    pub clock_skew: i64,
    /// Largest package, in bytes.
    pub max_package: u64,
    /// A watched folder as a further way (or the only one): packages go to `out`, are taken from `in`.
    pub folder: Option<PathBuf>,
    /// X-Road as a further way.
    pub xroad: Xroad,
    /// Signed letters as a further way.
    pub mail: SignedMail,
}

impl Default for Axis {
    fn default() -> Self {
        let usual = exchange::OfficeSettings::default();
        Self {
            address: String::new(),
            system: String::new(),
            secret_file: None,
            organ: usual.organ.code,
            name: usual.organ.name,
            place: usual.place,
            register: usual.register,
            poll_seconds: usual.poll_seconds,
            retry_seconds: usual.retry_seconds,
            patience_seconds: usual.patience_seconds,
            remind_days: usual.remind_days,
            clock_ahead: 7 * 60,
            clock_skew: 300,
            max_package: usual.max_package,
            folder: None,
            xroad: Xroad::default(),
            mail: SignedMail::default(),
        }
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            listen: None,
            organ: "000.00.00.C01".into(),
            clock_ahead: 7 * 60,
            clock_skew: 300,
            max_package: 64 << 20,
        }
    }
}

/// How the program logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A filter such as `info` or `warn,journal=debug`.
    pub level: String,
    /// `text` for people, `json` for machines.
    pub format: LogFormat,
}

/// The shape of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A readable line.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Storage {
    fn default() -> Self {
        Self { url: "sqlite:data/dienhong.sqlite".into(), blobs: "data/blobs".into() }
    }
}
impl Default for Web {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8343)),
            public_url: String::new(),
            max_body: 32 << 20,
            trusted_proxies: 0,
        }
    }
}
impl Default for Network {
    fn default() -> Self {
        Self { allow: Vec::new(), timeout_seconds: 10, roots: Vec::new() }
    }
}
impl Default for Keys {
    fn default() -> Self {
        Self { master: "data/master.key".into(), passphrase_file: None, token: None }
    }
}
impl Default for MasterToken {
    fn default() -> Self {
        Self { module: PathBuf::new(), label: String::new(), key: "dienhong-master".into(), pin_file: PathBuf::new() }
    }
}
impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Text }
    }
}

impl Config {
    /// Reads the file (when given, it must exist; else `dienhong.toml` if there is one), then the environment.
    pub fn load(file: Option<&Path>, environment: &[(String, String)]) -> anyhow::Result<Config> {
        let config = match file {
            Some(path) => Config::read(path)?,
            None if Path::new("dienhong.toml").exists() => Config::read(Path::new("dienhong.toml"))?,
            None => Config::default(),
        };
        config.finish(environment)
    }

    /// The configuration of a folder that holds everything, then the environment: for `demo`.
    pub fn in_folder(data: &Path, environment: &[(String, String)]) -> anyhow::Result<Config> {
        let mut config = Config::default();
        config.storage.url = format!("sqlite:{}", data.join("dienhong.sqlite").display());
        config.storage.blobs = data.join("blobs");
        config.keys.master = data.join("master.key");
        config.axis.folder = Some(data.join("axis"));
        config.log.level = "warn".into();
        config.finish(environment)
    }

    fn finish(mut self, environment: &[(String, String)]) -> anyhow::Result<Config> {
        self.overlay(environment)?;
        if self.web.public_url.is_empty() {
            self.web.public_url = format!("http://{}", self.web.listen);
        }
        Ok(self)
    }

    fn token(&mut self) -> &mut MasterToken {
        self.keys.token.get_or_insert_with(MasterToken::default)
    }

    fn read(path: &Path) -> anyhow::Result<Config> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration file {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("the configuration file {} is not right", path.display()))
    }

    fn overlay(&mut self, environment: &[(String, String)]) -> anyhow::Result<()> {
        for (name, value) in environment {
            let Some(key) = name.strip_prefix("DIENHONG_") else { continue };
            let wrong = || format!("the environment variable {name} has a value that does not fit");
            match key {
                "STORAGE_URL" => self.storage.url.clone_from(value),
                "STORAGE_BLOBS" => self.storage.blobs = value.into(),
                "WEB_LISTEN" => self.web.listen = value.parse().with_context(wrong)?,
                "WEB_PUBLIC_URL" => self.web.public_url.clone_from(value),
                "WEB_MAX_BODY" => self.web.max_body = value.parse().with_context(wrong)?,
                "WEB_TRUSTED_PROXIES" => self.web.trusted_proxies = value.parse().with_context(wrong)?,
                "KEYS_MASTER" => self.keys.master = value.into(),
                "KEYS_PASSPHRASE_FILE" => self.keys.passphrase_file = Some(value.into()),
                "KEYS_TOKEN_MODULE" => self.token().module = value.into(),
                "KEYS_TOKEN_LABEL" => self.token().label.clone_from(value),
                "KEYS_TOKEN_KEY" => self.token().key.clone_from(value),
                "KEYS_TOKEN_PIN_FILE" => self.token().pin_file = value.into(),
                "CERTIFICATES_ADDRESS" => self.certificates.address = Some(value.clone()),
                "CERTIFICATES_CRL_PARTS" => self.certificates.crl_parts = value.parse().with_context(wrong)?,
                "CERTIFICATES_ACCURACY_SECONDS" => {
                    self.certificates.accuracy_seconds = Some(value.parse().with_context(wrong)?);
                }
                "CERTIFICATES_ACME_NETWORKS" => {
                    self.certificates.acme.networks = value.split(',').map(|w| w.trim().to_owned()).collect();
                }
                "CERTIFICATES_ACME_PORT" => self.certificates.acme.port = value.parse().with_context(wrong)?,
                "CERTIFICATES_TOKEN" => {
                    let parts: Vec<&str> = value.split('|').collect();
                    let [module, label, pin_file] = parts.as_slice() else {
                        bail!("{name} is not right: write module|label|pin file");
                    };
                    self.certificates.token =
                        Some(Token { module: module.into(), label: (*label).to_owned(), pin_file: pin_file.into() });
                }
                "LAWS_FOLDER" => self.laws.folder = Some(value.into()),
                "SIGNATURES_LEVEL" => {
                    self.signatures.level = match value.as_str() {
                        "B-T" => HouseLevel::Bt,
                        "B-LT" => HouseLevel::Blt,
                        "B-LTA" => HouseLevel::Blta,
                        _ => bail!("{name} is {value:?}: use B-T, B-LT or B-LTA"),
                    }
                }
                "SIGNATURES_TIME_STAMPS" => self.signatures.time_stamps = Some(value.clone()),
                "SIGNATURES_TRUST" => self.signatures.trust = value.split(',').map(PathBuf::from).collect(),
                "SIGNATURES_FETCH" => self.signatures.fetch = value.parse().with_context(wrong)?,
                "NETWORK_ALLOW" => self.network.allow = value.split(',').map(|w| w.trim().to_owned()).collect(),
                "NETWORK_ROOTS" => self.network.roots = value.split(',').map(PathBuf::from).collect(),
                "NETWORK_TIMEOUT_SECONDS" => self.network.timeout_seconds = value.parse().with_context(wrong)?,
                "HUB_LISTEN" => self.hub.listen = Some(value.parse().with_context(wrong)?),
                "HUB_ORGAN" => self.hub.organ.clone_from(value),
                "HUB_CLOCK_AHEAD" => self.hub.clock_ahead = value.parse().with_context(wrong)?,
                "HUB_CLOCK_SKEW" => self.hub.clock_skew = value.parse().with_context(wrong)?,
                "HUB_MAX_PACKAGE" => self.hub.max_package = value.parse().with_context(wrong)?,
                "AXIS_ADDRESS" => self.axis.address.clone_from(value),
                "AXIS_SYSTEM" => self.axis.system.clone_from(value),
                "AXIS_SECRET_FILE" => self.axis.secret_file = Some(value.into()),
                "AXIS_ORGAN" => self.axis.organ.clone_from(value),
                "AXIS_NAME" => self.axis.name.clone_from(value),
                "AXIS_PLACE" => self.axis.place.clone_from(value),
                "AXIS_REGISTER" => self.axis.register.clone_from(value),
                "AXIS_POLL_SECONDS" => self.axis.poll_seconds = value.parse().with_context(wrong)?,
                "AXIS_RETRY_SECONDS" => self.axis.retry_seconds = value.parse().with_context(wrong)?,
                "AXIS_PATIENCE_SECONDS" => self.axis.patience_seconds = value.parse().with_context(wrong)?,
                "AXIS_REMIND_DAYS" => self.axis.remind_days = value.parse().with_context(wrong)?,
                "AXIS_CLOCK_AHEAD" => self.axis.clock_ahead = value.parse().with_context(wrong)?,
                "AXIS_CLOCK_SKEW" => self.axis.clock_skew = value.parse().with_context(wrong)?,
                "AXIS_MAX_PACKAGE" => self.axis.max_package = value.parse().with_context(wrong)?,
                "AXIS_FOLDER" => self.axis.folder = Some(value.into()),
                "MAIL_SERVER" => self.mail.server.clone_from(value),
                "MAIL_FROM" => self.mail.from.clone_from(value),
                "MAIL_USER" => self.mail.user.clone_from(value),
                "MAIL_PASSWORD_FILE" => self.mail.password_file = Some(value.into()),
                "LOG_LEVEL" => self.log.level.clone_from(value),
                "LOG_FORMAT" => {
                    self.log.format = match value.as_str() {
                        "text" => LogFormat::Text,
                        "json" => LogFormat::Json,
                        _ => bail!("{name} is {value:?}: use text or json"),
                    }
                }
                // Not ours to read: the tests' own switches (DIENHONG_BIN, DIENHONG_PYTHON, …).
                other => {
                    if let Some(key) = other.strip_prefix("AXIS_XROAD_") {
                        self.axis.xroad.set(key, value).with_context(wrong)?;
                    } else if let Some(key) = other.strip_prefix("AXIS_MAIL_") {
                        self.axis.mail.set(key, value).with_context(wrong)?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dienhong.toml");
        std::fs::write(&file, "[web]\nlisten = \"127.0.0.1:1\"\nport = 3\n").unwrap();
        let error = format!("{:#}", Config::load(Some(&file), &[]).unwrap_err());
        assert!(error.contains("dienhong.toml") && error.contains("port") && error.contains("line 3"), "{error}");
    }

    #[test]
    fn the_environment_overrides_the_file_and_wrong_values_are_named() {
        let set = |k: &str, v: &str| Config::load(None, &[(k.to_owned(), v.to_owned())]);
        assert_eq!(set("DIENHONG_WEB_LISTEN", "0.0.0.0:80").unwrap().web.listen.port(), 80);
        assert!(format!("{:#}", set("DIENHONG_WEB_LISTEN", "eighty").unwrap_err()).contains("DIENHONG_WEB_LISTEN"));
        assert!(set("DIENHONG_LOG_FORMAT", "xml").is_err());
    }
}
