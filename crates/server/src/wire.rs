//! Wires the rooms: the one place that knows how they fit together.

use crate::{
    config::{Config, HouseLevel},
    correspondence,
    devices::Devices,
    keyfiles,
    mail::Post,
    network::Network,
};
use anyhow::Context;
use cases::Cases;
use directory::{Directory, Keys, SignIn, acme::Acme};
use exchange::{Casework, Hub, Office};
use journal::{Journal, Options, Worker};
use kernel::{Clock, Entropy, OsEntropy, SystemClock};
use policy::Policies;
use procedure::Catalogue;
use records::{Checking, Issuing, Records, laws::Laws};
use signing::{
    Level, MasterKey, TimeStamper, TokenPlace,
    online::{Cached, RemoteTimeStamper, Transport},
};
use std::sync::Arc;
use typeset::Papers;
use web::{AppState, Services, Settings};

/// Every service, opened.
pub struct House {
    /// The journal.
    pub journal: Journal,
    /// People, bodies, positions.
    pub directory: Directory,
    /// Certificates and keys.
    pub keys: Keys,
    /// Signing in.
    pub signin: SignIn,
    /// Documents, registers, publication.
    pub records: Records,
    /// Cases and procedures.
    pub cases: Cases,
    /// The paper forms.
    pub papers: Papers,
    /// Law texts.
    pub laws: Arc<Laws>,
    /// Documents that go out and come in.
    pub office: Office,
    /// The cases of those that came in.
    pub casework: Casework,
    /// The master key.
    pub master: Arc<MasterKey>,
    post: Option<Post>,
    storage: &'static str,
}

impl House {
    /// Opens everything that the configuration names.
    pub async fn open(config: &Config) -> anyhow::Result<House> {
        House::open_by(config, Arc::new(SystemClock)).await
    }

    /// The same by another clock than the machine's.
    pub async fn open_by(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<House> {
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
        let master = Arc::new(keyfiles::master(&config.keys, &*entropy)?);
        let tree_key = Arc::new(keyfiles::tree(&config.keys.master, &master, &*entropy)?);
        let checking = checking(config, &clock)?;
        let issuing = issuing(config, &entropy)?;
        let policies = Arc::new(Policies::load(None).context("the policies do not load")?);
        let catalogue = Arc::new(Catalogue::load(None).context("the procedures do not load")?);
        let papers = Papers::load(&typeset::Options::default()).context("the papers' forms or fonts do not load")?;

        let laws = Laws::load(config.laws.folder.as_deref())?;
        for problem in laws.unreadable() {
            tracing::warn!(%problem, "a law text is left out");
        }

        let own = [Directory::projections(), Records::projections(), Cases::projections()].concat();
        let projections = [own, Hub::projections(), Office::projections()].concat();
        let options = Options::new(&config.storage.url, &config.storage.blobs);
        let journal = Journal::open(options, policies, projections, Arc::clone(&clock), Arc::clone(&entropy), tree_key)
            .await
            .with_context(|| format!("cannot open the journal ({})", storage_name(&config.storage.url)))?;

        let directory = Directory::new(journal.clone());
        let keys = Keys::new(directory.clone(), Arc::clone(&master), Arc::clone(&clock), entropy)
            .with_services(services(config))
            .with_token(token(config)?);
        let signin = SignIn::new(directory.clone(), Arc::clone(&master))?;
        let records = Records::new(journal.clone(), directory.clone(), keys.clone(), papers.clone())
            .with_checking(checking)
            .with_issuing(issuing);
        let cases = Cases::new(journal.clone(), directory.clone(), records.clone(), catalogue)
            .followed_by(&[(exchange::PROCEDURE, exchange::CASE_JOB)]);
        cases.refresh_procedures().await.context("the adopted procedures cannot be read")?;
        for problem in cases.catalogue().problems() {
            let (file, line, what) = (&problem.file, problem.line, &problem.what.en);
            tracing::warn!(file, line, what, "a procedure is left out, or stands as it was recorded");
        }
        let storage = storage_name(&config.storage.url);
        let post = Post::open(&config.mail, config.web.public_url.trim_end_matches('/'), &cases, &directory)?;
        let laws = Arc::new(laws);
        let parts = correspondence::Parts { config, journal: &journal, records: &records, keys: &keys, clock };
        let office = correspondence::office(&parts)?;
        let casework = Casework::new(office.clone(), cases.clone(), directory.clone());
        Ok(House {
            journal,
            directory,
            keys,
            signin,
            records,
            cases,
            papers,
            laws,
            office,
            casework,
            master,
            post,
            storage,
        })
    }

    /// `SQLite` or `PostgreSQL`; never the address, which may hold a password.
    pub fn storage(&self) -> &'static str {
        self.storage
    }

    /// The hub of the document axis.
    pub fn hub(&self, config: &Config) -> Hub {
        let hub = &config.hub;
        let window = edxml::axis::Window { offset: hub.clock_ahead * 60, skew: hub.clock_skew };
        let settings = exchange::Settings { organ_id: hub.organ.clone(), window, max_package: hub.max_package };
        Hub::new(self.journal.clone(), Arc::clone(&self.master), settings)
    }

    /// Enrolment of devices, where the configuration names their networks.
    fn acme(&self, config: &Config) -> anyhow::Result<Option<Acme>> {
        let devices = Devices::of(&config.certificates.acme)?;
        Ok(devices.map(|devices| Acme::new(self.keys.clone(), Arc::new(devices))))
    }

    /// Everything that runs behind the work.
    pub fn workers(&self) -> Vec<Arc<dyn Worker>> {
        let own = [self.cases.workers(), self.keys.workers(), self.records.workers(), self.office.workers()].concat();
        [own, self.casework.workers(), Post::workers(self.post.clone())].concat()
    }

    /// What the pages work with.
    pub fn app_state(&self, config: &Config) -> anyhow::Result<AppState> {
        let services = Services {
            journal: self.journal.clone(),
            directory: self.directory.clone(),
            signin: self.signin.clone(),
            keys: self.keys.clone(),
            acme: self.acme(config)?,
            records: self.records.clone(),
            cases: self.cases.clone(),
            laws: Arc::clone(&self.laws),
            office: self.office.clone(),
            casework: self.casework.clone(),
        };
        let settings = Settings {
            public_url: config.web.public_url.trim_end_matches('/').to_owned(),
            trusted_proxies: config.web.trusted_proxies,
            max_body: config.web.max_body,
        };
        Ok(AppState::new(services, settings)?)
    }
}

/// What the internal authority publishes, and where.
fn services(config: &Config) -> directory::Services {
    let public = config.web.public_url.trim_end_matches('/');
    let derived = (!public.is_empty()).then(|| format!("{public}/pki"));
    directory::Services {
        address: config.certificates.address.as_ref().map(|a| a.trim_end_matches('/').to_owned()).or(derived),
        crl_parts: config.certificates.crl_parts,
        accuracy_seconds: config.certificates.accuracy_seconds,
    }
}

/// The token of the authority's services.
fn token(config: &Config) -> anyhow::Result<Option<directory::Token>> {
    let Some(token) = &config.certificates.token else { return Ok(None) };
    let pin = keyfiles::secret(&token.pin_file).context("[certificates.token] pin_file cannot be used")?;
    let place = TokenPlace { module: token.module.clone(), token: token.label.clone() };
    Ok(Some(directory::Token::new(place, pin)))
}

/// How files of others are checked.
fn checking(config: &Config, clock: &Arc<dyn Clock>) -> anyhow::Result<Checking> {
    let trust = signing::command::trust(&config.signatures.trust).context("[signatures] trust cannot be used")?;
    let transport: Option<Arc<dyn Transport>> = match config.signatures.fetch {
        true => Some(Arc::new(Cached::new(Network::of(config)?, Arc::clone(clock)))),
        false => None,
    };
    Ok(Checking::new(trust, transport))
}

/// What the house's own signatures are like.
fn issuing(config: &Config, entropy: &Arc<dyn Entropy>) -> anyhow::Result<Issuing> {
    let level = match config.signatures.level {
        HouseLevel::Bt => Level::Bt,
        HouseLevel::Blt => Level::Blt,
        HouseLevel::Blta => Level::Blta,
    };
    let stamper: Option<Arc<dyn TimeStamper>> = match &config.signatures.time_stamps {
        Some(url) => Some(Arc::new(RemoteTimeStamper::new(url, Arc::new(Network::of(config)?), Arc::clone(entropy)))),
        None => None,
    };
    Ok(Issuing { level, stamper })
}

/// The engine's name, for people and logs.
pub fn storage_name(url: &str) -> &'static str {
    match url.split(':').next() {
        Some("postgres" | "postgresql") => "PostgreSQL",
        _ => "SQLite",
    }
}
