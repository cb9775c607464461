//! What certificates are for: the profiles, whose shapes are data that officials read (`certificates/profiles.toml`).

use crate::{
    error::{Error, Result},
    extension::KeyUsage,
    oid::{self, Oid},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// A person's signature: content commitment only (EN 319 412-2, type A).
    Person,
    /// A body's seal: content commitment only (EN 319 412-3).
    Body,
    /// Time stamps: the one extended use, critical (RFC 3161, 2.3).
    TimeStamping,
    /// Answers about the status of certificates (RFC 6960, 4.2.2.2).
    Ocsp,
    /// A server that is reached by TLS.
    Tls,
    /// A device that authenticates itself.
    Device,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Profile; 6] =
        [Profile::Person, Profile::Body, Profile::TimeStamping, Profile::Ocsp, Profile::Tls, Profile::Device];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Use {
    DigitalSignature,
    ContentCommitment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Extended {
    TimeStamping,
    OcspSigning,
    ServerAuth,
    ClientAuth,
}

impl Extended {
    fn oid(self) -> Oid {
        match self {
            Extended::TimeStamping => oid::TIME_STAMPING,
            Extended::OcspSigning => oid::OCSP_SIGNING,
            Extended::ServerAuth => oid::SERVER_AUTH,
            Extended::ClientAuth => oid::CLIENT_AUTH,
        }
    }
}

/// The shape of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// What it is for, in Vietnamese.
    pub name: String,
    /// The same in English.
    pub name_en: String,
    key_usage: Vec<Use>,
    #[serde(default)]
    extended: Vec<Extended>,
    /// Whether a validator must know the extended uses.
    #[serde(default)]
    pub extended_critical: bool,
    /// Whether its own status is not to be asked (RFC 6960, 4.2.2.2.1).
    #[serde(default)]
    pub no_check: bool,
    /// The longest term in days.
    pub days: i64,
    #[serde(default)]
    policies: Vec<String>,
}

impl Shape {
    pub(crate) fn key_usage(&self) -> u16 {
        let bit = |u: &Use| match u {
            Use::DigitalSignature => KeyUsage::DIGITAL_SIGNATURE,
            Use::ContentCommitment => KeyUsage::CONTENT_COMMITMENT,
        };
        self.key_usage.iter().map(bit).fold(0, |all, one| all | one)
    }
    pub(crate) fn extended(&self) -> impl Iterator<Item = Oid> {
        self.extended.iter().map(|e| e.oid())
    }
    pub(crate) fn policies(&self) -> impl Iterator<Item = Oid> {
        self.policies.iter().filter_map(|text| Oid::new(text).ok())
    }
    fn check(&self, profile: Profile) -> Result<()> {
        let wrong = |why: &str| Err(Error::Unsupported(format!("the profile {profile:?}, which {why},")));
        let only = |one| self.extended == [one];
        if self.key_usage.is_empty() || self.days < 1 {
            return wrong("has no use of the key or no term");
        }
        if self.policies.iter().any(|text| Oid::new(text).is_err()) {
            return wrong("names a policy that is no object identifier");
        }
        match profile {
            Profile::Person | Profile::Body if self.key_usage != [Use::ContentCommitment] => {
                wrong("signs documents and must have the key usage content_commitment alone")
            }
            Profile::TimeStamping if !only(Extended::TimeStamping) || !self.extended_critical => {
                wrong("must have time_stamping as its one extended use, critical (RFC 3161, 2.3)")
            }
            Profile::Ocsp if !only(Extended::OcspSigning) => wrong("must have ocsp_signing as its one extended use"),
            Profile::Tls if !self.extended.contains(&Extended::ServerAuth) => wrong("must have server_auth"),
            _ => Ok(()),
        }
    }
}

/// The shapes of all profiles. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Profiles(Arc<BTreeMap<Profile, Shape>>);

impl Profiles {
    /// Reads a text in the form of `certificates/profiles.toml`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] says which profile is missing or contradicts its purpose.
    pub fn parse(text: &str) -> Result<Profiles> {
        let shapes: BTreeMap<Profile, Shape> =
            toml::from_str(text).map_err(|error| Error::Unsupported(format!("the file of profiles ({error})")))?;
        for profile in Profile::ALL {
            match shapes.get(&profile) {
                Some(shape) => shape.check(profile)?,
                None => return Err(Error::Unsupported(format!("a file of profiles without {profile:?}"))),
            }
        }
        Ok(Profiles(Arc::new(shapes)))
    }
    /// The shape of a profile.
    ///
    /// # Panics
    /// Never: every profile was there when the file was read.
    pub fn of(&self, profile: Profile) -> &Shape {
        self.0.get(&profile).expect("every profile was there when the file was read")
    }
}

impl Default for Profiles {
    /// The profiles built into the program.
    fn default() -> Profiles {
        static BUILT_IN: OnceLock<Profiles> = OnceLock::new();
        let read = || {
            Profiles::parse(include_str!("../../../certificates/profiles.toml"))
                .expect("a test reads the profiles that are built in")
        };
        BUILT_IN.get_or_init(read).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../../certificates/profiles.toml");

    #[test]
    fn the_profiles_that_are_built_in_read() {
        assert_eq!(Profiles::parse(TEXT).unwrap().of(Profile::Ocsp).days, 90);
    }

    #[test]
    fn a_profile_that_contradicts_its_purpose_is_refused_by_name() {
        let signs = TEXT.replacen("content_commitment\"]", "digital_signature\"]", 1);
        assert!(Profiles::parse(&signs).unwrap_err().to_string().contains("Person"));
        let stamps = TEXT.replace("extended_critical = true", "");
        assert!(Profiles::parse(&stamps).unwrap_err().to_string().contains("TimeStamping"));
        let missing = TEXT.replace("[device]", "[gadget]");
        assert!(Profiles::parse(&missing).is_err());
    }
}
