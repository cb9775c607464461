//! What handlers work with: the services, and how the pages are served.

use crate::{
    acme::Nonces,
    papers::PaperCache,
    render::Renderer,
    reports::ReportCache,
    words::{BadWords, Words},
};
use cases::Cases;
use directory::{Directory, Keys, SignIn, acme::Acme};
use exchange::{Casework, Office};
use journal::Journal;
use kernel::Timestamp;
use records::{Records, laws::Laws};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};
use tokio::sync::OwnedMutexGuard;

/// The services, as `server` wires them.
#[derive(Clone)]
pub struct Services {
    /// The journal beneath them all; pages only read it.
    pub journal: Journal,
    /// People, bodies, positions.
    pub directory: Directory,
    /// Signing in.
    pub signin: SignIn,
    /// Certificates and keys.
    pub keys: Keys,
    /// Enrolment of devices, where the configuration names their networks.
    pub acme: Option<Acme>,
    /// Documents, registers, publication.
    pub records: Records,
    /// Cases and procedures.
    pub cases: Cases,
    /// Law texts.
    pub laws: Arc<Laws>,
    /// Documents that come and go over the interconnection axis.
    pub office: Office,
    /// The cases of those that came.
    pub casework: Casework,
}

/// How the pages are served.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address that people type, without a slash at the end: `https://quochoi.example`. With `https:` cookies are
    /// Secure and carry the `__Host-` prefix, and browsers are told to stay on https.
    pub public_url: String,
    /// Reverse proxies in front whose `X-Forwarded-For` is believed; 0 when people connect directly.
    pub trusted_proxies: usize,
    /// Largest body of a form with files, in bytes.
    pub max_body: usize,
}

impl Settings {
    /// Whether people come by https.
    pub fn secure(&self) -> bool {
        self.public_url.starts_with("https:")
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings { public_url: "http://127.0.0.1:8343".into(), trusted_proxies: 0, max_body: 64 << 20 }
    }
}

/// The state of all routes. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    inner: Arc<Inner>,
}

/// See [`AppState`].
pub struct Inner {
    /// The services.
    pub services: Services,
    /// How the pages are served.
    pub settings: Settings,
    /// Templates and words.
    pub renderer: Renderer,
    /// Page images, for a moment.
    pub papers: PaperCache,
    /// Reports of checks, for a moment.
    pub reports: ReportCache,
    /// Forms that are being carried out.
    pub turns: Turns,
    /// Words against replays of the messages of devices.
    pub nonces: Nonces,
}

/// Forms that are being carried out, by their own token: the same form sent twice at once waits for its first answer.
#[derive(Default)]
pub struct Turns {
    running: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

impl Turns {
    /// Waits until no other request carries the same form; the turn lasts as long as what is given back.
    pub async fn take(&self, token: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.retain(|_, turn| turn.strong_count() > 0);
            let known = running.get(token).and_then(Weak::upgrade);
            let turn = known.unwrap_or_default();
            running.insert(token.to_owned(), Arc::downgrade(&turn));
            turn
        };
        turn.lock_owned().await
    }
}

impl AppState {
    /// Over the services.
    ///
    /// # Errors
    /// When the words of `locales/` do not read.
    pub fn new(services: Services, settings: Settings) -> Result<AppState, BadWords> {
        let renderer = Renderer::new(Arc::new(Words::load()?));
        let nonces = Nonces::new(services.journal.entropy());
        Ok(AppState {
            inner: Arc::new(Inner {
                services,
                settings,
                renderer,
                papers: PaperCache::default(),
                reports: ReportCache::default(),
                turns: Turns::default(),
                nonces,
            }),
        })
    }
    /// The present instant, by the journal's clock.
    pub fn now(&self) -> Timestamp {
        self.services.journal.clock().now()
    }
}

impl std::ops::Deref for AppState {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.inner
    }
}
