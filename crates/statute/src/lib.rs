//! Law texts that know themselves: parse, amend, consolidate at a date, propose an amending law, compare, exchange.
//!
//! A drafter edits the law as it should read; [`propose`](mod@propose) writes the amending law in the legal formulas;
//! [`amend`] reads amending laws back as commands; [`consolidate`] folds them into the law at any date. The property
//! that holds it together: `apply(base, propose(base, target)) == target`.
//!
//! The crate is pure: text and days in, values out. It never reads a file, a clock or a random source, and it never
//! guesses: what a formula does not say is a [`command::Flag`] with the reason, for a person.

pub mod address;
pub mod akn;
pub mod amend;
pub mod apply;
pub mod batch;
pub mod check;
pub mod cite;
pub mod cli;
pub mod command;
pub mod compare;
pub mod consolidate;
pub mod label;
mod marker;
mod meta;
pub mod model;
pub mod official;
pub mod page;
pub mod parse;
mod phrase;
pub mod propose;
pub mod refs;
pub mod source;
pub mod text;
pub mod word;
