//! The standard OData interface (v3) of a 1C base, as far as an integration uses it: what both 1C
//! partners are made of. Behaviour: contract document of 1C, part B1; the README of each base says what
//! is assumed beyond it.

pub mod base;
pub mod configuration;
pub mod error;
pub mod filter;
pub mod http;
pub mod metadata;
pub mod path;
pub mod query;
pub mod render;
pub mod schema;
pub mod session;
pub mod value;
pub mod write;

#[cfg(test)]
mod tests;

pub use base::{Base, Row};
pub use configuration::{Configuration, Names};
pub use error::Fail;
pub use schema::Schema;
