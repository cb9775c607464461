//! What handlers work with: the services, and how the pages are served.

use crate::{
    render::Renderer,
    words::{BadWords, Words},
};
use cases::Cases;
use directory::{Directory, Keys, SignIn};
use journal::Journal;
use kernel::Timestamp;
use records::Records;
use std::sync::Arc;

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
    /// Documents, registers, publication.
    pub records: Records,
    /// Cases and procedures.
    pub cases: Cases,
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
}

impl AppState {
    /// Over the services.
    ///
    /// # Errors
    /// When the words of `locales/` do not read.
    pub fn new(services: Services, settings: Settings) -> Result<AppState, BadWords> {
        let renderer = Renderer::new(Arc::new(Words::load()?));
        Ok(AppState { inner: Arc::new(Inner { services, settings, renderer }) })
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
