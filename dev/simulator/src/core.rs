//! What every partner is built on: the ledger of effects, scripted faults, an own accept loop that can
//! end a connection without an answer, callbacks, state that survives a restart.

pub mod authority;
pub mod callback;
pub mod calls;
pub mod control;
pub mod faults;
pub mod ledger;
pub mod partner;
pub mod serve;
pub mod settings;
pub mod sim;
pub mod simulator;
pub mod state;

#[cfg(test)]
mod tests;

pub use callback::{Callback, Callbacks};
pub use calls::Calls;
pub use faults::{Fault, Faults, Rule, When};
pub use ledger::{Entry, Ledger};
pub use partner::Partner;
pub use settings::{Ports, Settings};
pub use sim::Sim;
pub use simulator::{Simulator, start};
pub use state::{PartnerState, StateGuard};
