//! The journal from outside, on SQLite and on PostgreSQL.

mod commit;
mod crash;
mod jobs;
mod notes;
mod projections;
mod seal;
mod storage;
mod tamper;
