//! What both binaries share: configuration, logs, Temporal with its codec, metrics, objects, stopping.
//! No business here.

pub mod codec;
pub mod config;
pub mod keys;
pub mod logging;
pub mod metrics;
pub mod objects;
pub mod priority;
pub mod stop;
pub mod temporal;
