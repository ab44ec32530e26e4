//! The remote buyout: what it is at any moment, what people decide, how it ends.

pub mod action;
pub mod decision;
pub mod explain;
pub mod outcome;
pub mod projection;
pub mod rules;
pub mod signing;
pub mod stage;
pub mod start;
pub mod state;
pub mod tasks;
pub mod undo;
