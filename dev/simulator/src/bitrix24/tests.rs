//! The portal at its sockets.

mod calls;
mod card;
mod crm;
mod installed;
mod robots;
mod tokens;
