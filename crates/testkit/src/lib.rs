//! What tests of all rooms share: fresh databases on both engines, a clock turned by hand, repeatable randomness.
//!
//! Only tests and benches depend on it. It must never hold an expectation of a room's behaviour: those stand in the
//! room's own tests.

pub mod clock;
pub mod engines;
pub mod entropy;

pub use clock::ManualClock;
pub use engines::Db;
pub use entropy::SeededEntropy;
