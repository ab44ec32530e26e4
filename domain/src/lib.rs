//! The rules of the business, pure: no IO, no clock, no randomness, no Temporal.
//!
//! Everything here is a value or a function of values, so a rule is tested without a server and a
//! workflow that calls it replays. One module per noun; the same noun names its file in every crate.

pub mod appraisal;
pub mod audit;
pub mod buyout;
pub mod calendar;
pub mod car;
pub mod chat;
pub mod checks;
pub mod dispatch;
pub mod document;
pub mod file;
pub mod finding;
pub mod hold;
pub mod inspection;
pub mod money;
pub mod notification;
pub mod offer;
pub mod partner;
pub mod payment;
pub mod phone;
pub mod place;
pub mod plate;
pub mod policy;
pub mod refusal;
pub mod report;
pub mod signed_link;
pub mod signing;
pub mod staff;
pub mod task;
pub mod view;
pub mod vin;
