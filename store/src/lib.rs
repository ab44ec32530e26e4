//! Our own database: what lists and screens read, what arrived from outside, what was done and by whom.
//!
//! [`connect::Store`] is the only handle; every noun adds its queries to it in its own file, with its
//! private tables. Domain types go in and come out. The same code and the same migrations run on
//! SQLite and on PostgreSQL.

#![allow(unreachable_pub, reason = "sea-orm derives public types")]

pub mod audit;
pub mod bank;
pub mod buyout;
pub mod car_claim;
pub mod change;
pub mod city;
pub mod connect;
pub mod copy;
pub mod crash_point;
pub mod document_number;
pub mod error;
pub mod file;
pub mod finding;
pub mod hold;
pub mod inbox;
pub mod kept_update;
pub mod link;
pub mod message;
pub mod notification;
pub mod ops_note;
pub mod page;
pub mod partner;
pub mod payment_intent;
pub mod policy;
pub mod portal;
pub mod report;
pub mod staff;
pub mod task;
pub mod unmatched;
pub mod upload_ticket;
pub mod vehicle_report;
pub mod view;

mod column;
mod migration;
mod search;
mod stage_visit;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use audit::{AuditEntry, AuditFilter, Owner};
pub use buyout::{Analogue, BuyoutFilter, BuyoutOrder, BuyoutRow, BuyoutSort, StageCount};
pub use buyout::{Duplicate, DuplicateKind};
pub use change::Change;
pub use connect::{Store, StoreConfig};
pub use error::{ChangeError, StoreError};
pub use page::{Page, Paged};
pub use task::{InspectorLoad, TaskCounts, TaskFilter, TaskOrder, TaskRow};
pub use upload_ticket::Ticket;
