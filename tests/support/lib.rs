//! What the tests stand on: a whole stack per test, in a namespace and a folder of its own.

pub mod histories;
pub mod ports;
pub mod staff;
pub mod test_server;
pub mod world;

pub use world::{Options, World};
