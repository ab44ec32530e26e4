//! What workflows and activities agree on: names, queues, ids, payload types. No bodies.
//!
//! Every name here is on the wire and in histories that live for months: it never changes, and a
//! payload type changes only by addition with `#[serde(default)]`. `tests/it/names.txt` holds the
//! committed list.

#![allow(
    clippy::unimplemented,
    reason = "activity definitions have no other body; the macro replaces it"
)]

pub mod autoteka;
pub mod avtocod;
pub mod bank;
pub mod bitrix24;
pub mod buyout;
pub mod documents;
pub mod fssp;
pub mod hold;
pub mod messages;
pub mod onec;
pub mod queues;
pub mod records;
pub mod search_attributes;
pub mod sweep;
pub mod treasury;
pub mod yookassa;
