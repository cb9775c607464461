//! The hub: who may speak, and the doors to what it keeps.

use crate::{projection::Axis, systems::System};
use edxml::axis::{Refusal, Signed, Window, verify};
use journal::{Journal, Projection};
use kernel::{Ctx, Problem, Resource, Timestamp, id::RequestId};
use serde_json::json;
use signing::MasterKey;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// How the hub is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The identifier with which it enters itself as a station.
    pub organ_id: String,
    /// Whose clocks it believes.
    pub window: Window,
    /// Largest package, in bytes.
    pub max_package: u64,
}

/// Why a request was not believed.
#[derive(Debug, thiserror::Error)]
pub enum Unbelieved {
    /// Its signature, its headers or its clock.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// It came before.
    #[error("yêu cầu này đã được nhận trước đó; hãy ký lại với thời điểm mới")]
    Replay,
    /// The storage does not answer.
    #[error(transparent)]
    Problem(#[from] Problem),
}

/// The hub over the journal. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    pub(crate) journal: Journal,
    pub(crate) master: Arc<MasterKey>,
    pub(crate) settings: Arc<Settings>,
    /// Signatures that were believed, until their time is out of the window.
    seen: Arc<Mutex<HashMap<(String, String), Timestamp>>>,
    /// What was signed before the hub began may have been believed by the hub that ran before.
    since: Timestamp,
}

/// See [`Hub::sending`].
pub struct Sending {
    seen: Arc<Mutex<HashMap<(String, String), Timestamp>>>,
    key: (String, String),
    taken: bool,
}

impl Sending {
    /// The package was taken, now or before.
    pub fn taken(mut self) {
        self.taken = true;
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if !self.taken {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        }
    }
}

impl Hub {
    /// The projections that the journal must be opened with.
    pub fn projections() -> Vec<Arc<dyn Projection>> {
        vec![Arc::new(Axis)]
    }
    /// A hub over an open journal.
    pub fn new(journal: Journal, master: Arc<MasterKey>, settings: Settings) -> Hub {
        let since = journal.clock().now();
        Hub { journal, master, settings: Arc::new(settings), seen: Arc::default(), since }
    }
    /// How it is set up.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Checks a request to a path: signature, headers, clock, and that it did not come before.
    ///
    /// # Errors
    /// [`Unbelieved`].
    pub async fn believe(&self, path: &str, headers: &[(String, String)]) -> Result<(Signed, System), Unbelieved> {
        let header = |name: &str| {
            headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
        };
        let claimed = header("XroadVnpt-systemid").unwrap_or_default();
        let found = self.system(claimed).await?;
        let now = self.journal.clock().now();
        let secret = found.as_ref().map(|(_, secret)| secret.as_str());
        let signed = verify(header, |_| secret, now, self.settings.window)?;
        let Some((system, _)) = found else { return Err(Refusal::BadSignature.into()) };
        self.first_time(path, &signed, now)?;
        Ok((signed, system))
    }

    fn first_time(&self, path: &str, signed: &Signed, now: Timestamp) -> Result<(), Unbelieved> {
        // A clock that is behind ours by less than a second or two still signs requests made after the start.
        if signed.at < self.since.plus_seconds(-2) {
            return Err(Refusal::Clock.into());
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= 4096 && seen.len().is_power_of_two() {
            seen.retain(|_, until| *until >= now);
        }
        let until = signed.at.plus_seconds(self.settings.window.skew + 1);
        match seen.insert((path.to_owned(), signed.signature.clone()), until) {
            None => Ok(()),
            Some(_) => Err(Unbelieved::Replay),
        }
    }

    /// A sending under way. While it lives the same request is refused; when it ends without having been taken (the package
    /// broke off, say) the request may be sent again as it is. That it is taken once is kept by the journal.
    pub fn sending(&self, path: &str, signed: &Signed) -> Sending {
        Sending { seen: Arc::clone(&self.seen), key: (path.to_owned(), signed.signature.clone()), taken: false }
    }

    /// The context in which the program acts as the hub.
    pub(crate) fn ctx(&self) -> Ctx {
        let (clock, entropy) = (self.journal.clock(), self.journal.entropy());
        Ctx::system("axis-hub", clock.now(), RequestId::mint(clock, entropy))
    }
    /// What the policies see.
    pub(crate) fn resource(id: &str) -> Resource {
        Resource::new("Axis", id, json!({"grade": 0}))
    }
}
