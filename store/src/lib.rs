//! Our own database: what lists and screens read, what arrived from outside, what was done and by whom.
//!
//! [`connect::Store`] is the only handle; every noun adds its queries to it in its own file, with its
//! private tables. Domain types go in and come out. The same code and the same migrations run on
//! SQLite and on PostgreSQL.

#![allow(
    unreachable_pub,
    reason = "sea-orm derives public types, whose private modules hold them back"
)]

pub mod connect;
pub mod error;
pub mod page;

pub mod buyout;
pub mod notification;
pub mod report;
pub mod task;

pub mod car_claim;
pub mod policy;
pub mod staff;
pub mod view;

pub mod change;
pub mod inbox;
pub mod link;
pub mod message;
pub mod partner;
pub mod payment_intent;
pub mod portal;
pub mod unmatched;
pub mod vehicle_report;

pub mod audit;
pub mod document_number;
pub mod file;
pub mod upload_ticket;

mod column;
mod migration;
mod search;
mod stage_visit;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use audit::AuditEntry;
pub use buyout::{Analogue, BuyoutFilter, BuyoutOrder, BuyoutRow, BuyoutSort};
pub use buyout::{Duplicate, DuplicateKind, StageCount};
pub use change::Change;
pub use connect::{Store, StoreConfig};
pub use error::{ChangeError, StoreError};
pub use notification::NotificationRow;
pub use page::{Page, Paged};
pub use report::ReportFilter;
pub use task::{InspectorLoad, TaskCounts, TaskFilter, TaskOrder, TaskRow};
pub use upload_ticket::Ticket;
