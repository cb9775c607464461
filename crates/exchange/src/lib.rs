//! Exchange of documents with other bodies over the National Document Interconnection Axis: the office that sends and
//! receives, and the hub that we serve.
//!
//! [`Office`] dispatches issued documents of the house and takes what comes in, over any [`transport`]. For the hub it is a
//! system as any other. Systems of other bodies speak the axis's protocol ([`edxml::axis`]) with [`Hub`]; what they send is kept as it came
//! with one more station on its way, and every taking, fetching and finishing is an act of the journal. `web` carries the
//! HTTP. This crate must never change a package otherwise, and never let a system see what is not its own.

mod acts;
mod casework;
mod hub;
mod inbox;
mod notify;
pub mod office;
mod projection;
mod systems;
mod take;
pub mod transport;

pub use acts::{AgencyRegistered, Party};
pub use casework::{CASE_JOB, Casework, Direction, PROCEDURE};
pub use edxml::package::Kind;
pub use hub::{Hub, Sending, Settings, Unbelieved};
pub use inbox::{Delivery, Entry, MessageType, Progress};
pub use office::{
    ArrivalFilter, ArrivalLine, ArrivalView, BarredLine, Brought, Correspondent, Deed, DeedKind, DispatchFilter,
    DispatchHead, DispatchLine, DispatchState, DispatchView, Enclosure, Health, NewDispatch, Office, OfficeSettings,
    Organ, Page, ParcelLine, Preview, Recipient, RecipientName, Standing, StatusLine, Synchronisation, Tray, WeekLine,
};
pub use systems::{Agency, NewSystem, System};
pub use take::{Arriving, Spool};
