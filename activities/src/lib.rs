//! Effects: everything that leaves the process, one folder per partner.
//!
//! An activity method is a few lines over a plain client; the client speaks the partner's protocol
//! over private JSON and answers in domain types. Failures are [`error::PartnerError`], which says
//! what the caller can do; the retry layer is Temporal's alone.

pub mod error;
pub mod evidence;
pub mod http;

#[cfg(feature = "fuzz")]
pub mod fuzz;
#[cfg(test)]
mod testing;

pub mod autoteka;
pub mod avtocod;
pub mod fssp;

pub mod bank;
mod intent;
pub mod yookassa;

pub mod messages;

pub mod bitrix24;

mod odata;
pub mod onec;
pub mod treasury;

pub mod documents;
pub mod hold;
pub mod records;
pub mod sweep;
