//! The core at real sockets: each fault does what it says, effects are kept.

mod callbacks;
mod faults;
mod kept;
