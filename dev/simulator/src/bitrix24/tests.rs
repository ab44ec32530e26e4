//! The portal at its sockets.

mod calls;
mod crm;
mod installed;
mod robots;
mod tokens;
