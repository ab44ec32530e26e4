//! The gateway: gRPC and gRPC-web for people, a few HTTP routes for robots, partners and clients. The
//! only crate that knows proto.

pub mod access;
pub mod backup;
pub mod config;
pub mod server;

mod policy;
mod session;
mod staff;
mod template;
mod view;

mod audit;
mod buyout;
mod event;
mod evidence;
mod inspection;
mod notification;
mod ops;
mod report;
mod task;

mod bitrix24;
mod callbacks;
mod codec;
mod files;
mod health;
mod housekeeping;
mod inbox;
mod link;

#[cfg(feature = "fuzz")]
pub mod fuzz;

mod convert;
mod export;
mod portals;
mod process;
mod routes;
mod starts;
mod status;
mod tls;
mod web;
