//! The whole stack on one machine: Temporal, the simulated partners, worker and gateway. `kite-dev` and
//! the tests bring it up through this crate.

pub mod configuration;
mod parts;
pub mod settings;
pub mod stack;
pub mod temporal;

pub mod budget;
pub mod seed;

pub mod client;
pub mod demo;
pub mod papers;
pub mod people;
pub mod play;
pub mod portal;
pub mod report;
