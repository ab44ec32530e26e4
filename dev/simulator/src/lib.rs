//! The partners of Kite over their real protocols: stateful, with scripted faults.
//! README.md tells how to run it, what a person can do there, and which faults it plays.

pub mod core;

pub mod catalogue;

pub mod autoteka;
pub mod avtocod;
pub mod bank;
pub mod bitrix24;
pub mod fssp;
pub mod mail;
pub mod odata;
pub mod onec_alfa;
pub mod onec_treasury;
pub mod sms;
pub mod wazzup;
pub mod yookassa;

pub use core::{Partner, Ports, Settings, Sim, Simulator, start};

#[cfg(test)]
mod bench;
