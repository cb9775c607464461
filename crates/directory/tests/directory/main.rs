//! The directory over a real journal, on both engines.

mod effects;
mod keys;
mod office;
mod people;
mod signin;
