//! Every scenario runs on SQLite and on PostgreSQL.

mod buyout;
mod change;
mod claims;
mod connect;
mod document_number;
mod exchange;
mod file;
mod inbox;
mod kin;
mod lists;
mod member;
mod notification;
mod partner;
mod payment_intent;
mod policy;
mod portal;
mod report;
mod session;
mod staff;
mod support;
mod task;
mod unmatched;
mod view;
