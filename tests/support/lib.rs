//! What the tests stand on: a whole stack per test, in a namespace and a folder of its own.

pub mod staff;
pub mod world;

pub use world::{Options, World};
