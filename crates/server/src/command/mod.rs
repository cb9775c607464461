//! The program's roles, one file each. A role opens the house, does its one thing and ends.

pub mod authority;
pub mod axis;
pub mod ceremony;
pub mod demo;
pub mod doctor;
pub mod edxml;
pub mod keys;
pub mod law;
pub mod migrate;
pub mod paper;
pub mod procedures;
pub mod scenario;
pub mod serve;
pub mod signatures;
pub mod trust;
pub mod verify;
