//! The processes. Pure and replayable: no IO, no clock, no randomness of their own; everything that
//! touches the world is an activity, named in `contracts`.

pub mod buyout;
pub mod robot_answer;
