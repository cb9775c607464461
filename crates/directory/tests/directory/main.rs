//! The directory over a real journal, on both engines.

mod desk;
mod effects;
mod keys;
mod office;
mod people;
mod signin;
