//! The worker: processes and effects wired to their task queues.
//!
//! [`run`] is the whole program; `kite-worker` adds a configuration file and signals, the development
//! stack runs it on a thread of its own.

pub mod config;

mod alive;
mod health;
mod hold;
mod observe;
mod partner_calls;
mod partners;
mod run;
mod schedules;
mod search_attributes;
mod wiring;

pub use run::{run, run_with};
