//! The office's side of the exchange: documents that go out and come in, over any [`Transport`].
//!
//! A dispatch is written, checked and kept before it waits; it is sent by a job and looked for when the outcome of an
//! attempt is not known, so that nothing goes out twice. What comes in is kept before the other end is told so. Incoming
//! withdrawals, updates and replacements are proposals: nothing here changes a registered document by itself.
//!
//! Imports `records` sideways: what goes out is an issued document of the house, and what comes in gets its number from a
//! register of the house.

mod acts;
mod agencies;
mod brought;
mod compose;
mod desk;
mod figures;
mod incoming;
mod lists;
mod marks;
mod model;
mod outgoing;
mod outward;
mod preview;
mod read;
mod sending;
mod statuses;
mod tables;
mod told;

pub use acts::{Answers, Enclosure, Listed, Organ, StaffLine};
pub use brought::Brought;
pub use lists::DispatchHead;
pub use marks::secrecy_mark;
pub use model::{
    ArrivalFilter, ArrivalLine, ArrivalView, BarredLine, Correspondent, Deed, DeedKind, DispatchFilter, DispatchLine,
    DispatchState, DispatchView, Health, NewDispatch, Page, ParcelLine, Recipient, RecipientName, Standing, StatusLine,
    Synchronisation, Tray, WeekLine,
};
pub use outward::OUTWARD_JOB;
pub use preview::Preview;
pub use sending::SEND_JOB;

use crate::transport::Transport;
use journal::{Journal, Projection, Worker};
use kernel::{Ctx, Problem, Resource, Timestamp, id::RequestId};
use records::Records;
use sending::Breakers;
use serde_json::json;
use std::sync::Arc;

/// How the office exchanges documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeSettings {
    /// The house as sender: identifier and name.
    pub organ: Organ,
    /// The place of promulgation: `Hà Nội`.
    pub place: String,
    /// The register of incoming documents.
    pub register: String,
    /// Days until a silent receiver is to be asked about.
    pub remind_days: i64,
    /// The pause after the first failed attempt, in seconds; it doubles with each further one.
    pub retry_seconds: i64,
    /// How long an attempt may take, in seconds.
    pub patience_seconds: i64,
    /// Pause between two looks for what waits, in seconds.
    pub poll_seconds: u64,
    /// Largest package, in bytes.
    pub max_package: u64,
}

impl Default for OfficeSettings {
    fn default() -> OfficeSettings {
        OfficeSettings {
            organ: Organ { code: "000.00.00.C01".into(), name: "Văn phòng Quốc hội".into() },
            place: "Hà Nội".into(),
            register: "van-ban-den".into(),
            remind_days: 7,
            retry_seconds: 30,
            patience_seconds: 60,
            poll_seconds: 20,
            max_package: 200 << 20,
        }
    }
}

/// The office's correspondence over the journal. Cheap to clone.
#[derive(Clone)]
pub struct Office {
    pub(crate) journal: Journal,
    pub(crate) records: Records,
    pub(crate) settings: Arc<OfficeSettings>,
    pub(crate) transports: Arc<Vec<Arc<dyn Transport>>>,
    pub(crate) breakers: Arc<Breakers>,
}

impl Office {
    /// The projections that the journal must be opened with.
    pub fn projections() -> Vec<Arc<dyn Projection>> {
        vec![Arc::new(tables::Outgoing), Arc::new(tables::Incoming), Arc::new(tables::Correspondents)]
    }
    /// An office with its ways in and out, the usual one first. Without any it still shows what came and went.
    pub fn new(
        journal: Journal,
        records: Records,
        settings: OfficeSettings,
        transports: Vec<Arc<dyn Transport>>,
    ) -> Office {
        let breakers = Arc::new(Breakers::new());
        Office { journal, records, settings: Arc::new(settings), transports: Arc::new(transports), breakers }
    }
    /// How it is set up.
    pub fn settings(&self) -> &OfficeSettings {
        &self.settings
    }
    /// Its ways, the usual one first.
    pub fn transports(&self) -> &[Arc<dyn Transport>] {
        &self.transports
    }
    /// The names of its ways, the usual one first.
    pub fn ways(&self) -> Vec<&'static str> {
        self.transports.iter().map(|transport| transport.name()).collect()
    }
    /// The workers that the server runs.
    pub fn workers(&self) -> Vec<Arc<dyn Worker>> {
        vec![
            Arc::new(sending::Sender(self.clone())),
            Arc::new(outward::Outward(self.clone())),
            Arc::new(outgoing::Reminder(self.clone())),
        ]
    }

    pub(crate) fn transport(&self, name: &str) -> Result<&Arc<dyn Transport>, Problem> {
        let found = match name {
            "" => self.transports.first(),
            name => self.transports.iter().find(|transport| transport.name() == name),
        };
        found.ok_or_else(|| Problem::refused("exchange-no-way").arg("way", name))
    }
    pub(crate) fn now(&self) -> Timestamp {
        self.journal.clock().now()
    }
    pub(crate) fn mint(&self, prefix: &str) -> String {
        kernel::id::mint(prefix, self.journal.clock(), self.journal.entropy())
    }
    /// The context in which the program itself exchanges.
    pub(crate) fn ctx(&self) -> Ctx {
        let (clock, entropy) = (self.journal.clock(), self.journal.entropy());
        Ctx::system(DUTY, clock.now(), RequestId::mint(clock, entropy))
    }
    /// What the policies see: the unit that an arrival was given to takes part in it.
    pub(crate) fn resource(id: &str, unit: Option<&str>) -> Resource {
        let bodies: Vec<&str> = unit.into_iter().collect();
        Resource::new("Exchange", id, json!({"grade": 0, "bodies": bodies}))
    }
    pub(crate) fn may(&self, ctx: &Ctx, act: &str, resource: &Resource) -> bool {
        self.journal.policies().decide(ctx, act, resource).allowed
    }
    /// Whether the person may see the office's correspondence at all: for menus.
    pub fn may_view(&self, ctx: &Ctx) -> bool {
        self.may(ctx, "view.exchange", &Office::resource("all", None))
    }
    /// Whether the person may dispatch documents: for menus and buttons.
    pub fn may_dispatch(&self, ctx: &Ctx) -> bool {
        self.may(ctx, "dispatch.prepared", &Office::resource("all", None))
    }
    /// Those who may not look are told that there is nothing.
    pub(crate) fn look(&self, ctx: &Ctx, what: &'static str, id: &str, unit: Option<&str>) -> Result<(), Problem> {
        match self.may(ctx, "view.exchange", &Office::resource(id, unit)) {
            true => Ok(()),
            false => Err(Problem::not_found(what, id)),
        }
    }
}

/// The duty under which the program exchanges.
pub(crate) const DUTY: &str = "exchange";
