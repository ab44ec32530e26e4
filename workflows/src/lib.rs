//! The processes. Pure and replayable: no IO, no clock, no randomness of their own; everything that
//! touches the world is an activity, named in `contracts`.

pub mod buyout;
mod hold;
pub mod payout_banks;
pub mod reconcile;
pub mod robot_answer;
pub mod sweep;
