//! Exchange of documents with other bodies over the National Document Interconnection Axis: the hub that we serve.
//!
//! Systems of other bodies speak the axis's protocol ([`edxml::axis`]) with [`Hub`]; what they send is kept as it came
//! with one more station on its way, and every taking, fetching and finishing is an act of the journal. `web` carries the
//! HTTP. This crate must never change a package otherwise, and never let a system see what is not its own.

mod acts;
mod hub;
mod inbox;
mod projection;
mod systems;
mod take;

pub use acts::{AgencyRegistered, Party};
pub use hub::{Hub, Settings, Unbelieved};
pub use inbox::{Delivery, Entry, MessageType, Progress};
pub use systems::{Agency, NewSystem, System};
pub use take::{Arriving, Spool};
