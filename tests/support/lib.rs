//! What the tests stand on: a whole stack per test, in a namespace and a folder of its own.

pub mod crash;
pub mod effects;
pub mod histories;
pub mod machine;
pub mod markers;
pub mod mutate;
pub mod ports;
pub mod programs;
pub mod staff;
pub mod test_server;
pub mod wait;
pub mod world;

pub use world::{Options, World};
