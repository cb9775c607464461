//! The ways beside the axis: X-Road and signed letters.

use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// X-Road, as a system of a member.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Xroad {
    /// Our security server: `https://ss.vpqh.local`; without it nothing goes out by X-Road.
    pub server: String,
    /// This system as a client: `VN/GOV/C01/DIENHONG` (instance, class, member, subsystem).
    pub client: String,
    /// The list of members: `identifier;name;service`, a service being `VN/GOV/G12/VANBAN/packages`.
    pub members: PathBuf,
    /// The certificate with which this system shows itself to the security server (PEM), and its key (PKCS #8, PEM).
    pub certificate: Option<PathBuf>,
    /// See `certificate`.
    pub key: Option<PathBuf>,
    /// Where our own service listens for the security server; without it nothing comes in by X-Road.
    pub listen: Option<SocketAddr>,
    /// The addresses and networks of our security servers: nobody else is answered.
    pub callers: Vec<String>,
}

/// Signed letters.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignedMail {
    /// The house's address for packages: `van-thu@vpqh.example`; without it the office exchanges no letters. They go out by
    /// the server of `[mail]`.
    pub address: String,
    /// The Maildir to which a mail server delivers what comes for it.
    pub maildir: PathBuf,
    /// The list of members: `identifier;name;address;certificate`, a certificate being a PEM file beside the list.
    pub members: PathBuf,
    /// The body whose seal signs the letters.
    pub seal: String,
    /// Largest package that mail servers are asked to carry, in bytes.
    pub max_package: u64,
}

impl Default for SignedMail {
    fn default() -> Self {
        Self {
            address: String::new(),
            maildir: "data/maildir".into(),
            members: "data/mail-members.csv".into(),
            seal: "vpqh".into(),
            max_package: 20 << 20,
        }
    }
}

impl Xroad {
    /// A key of the environment, without its beginning; false for none of these.
    pub fn set(&mut self, key: &str, value: &str) -> anyhow::Result<bool> {
        match key {
            "SERVER" => value.clone_into(&mut self.server),
            "CLIENT" => value.clone_into(&mut self.client),
            "MEMBERS" => self.members = value.into(),
            "CERTIFICATE" => self.certificate = Some(value.into()),
            "KEY" => self.key = Some(value.into()),
            "LISTEN" => self.listen = Some(value.parse()?),
            "CALLERS" => self.callers = value.split(',').map(|word| word.trim().to_owned()).collect(),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl SignedMail {
    /// A key of the environment, without its beginning; false for none of these.
    pub fn set(&mut self, key: &str, value: &str) -> anyhow::Result<bool> {
        match key {
            "ADDRESS" => value.clone_into(&mut self.address),
            "MAILDIR" => self.maildir = value.into(),
            "MEMBERS" => self.members = value.into(),
            "SEAL" => value.clone_into(&mut self.seal),
            "MAX_PACKAGE" => self.max_package = value.parse()?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
