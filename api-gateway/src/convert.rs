//! Between the API's messages and the domain: the only place that knows both. Every conversion takes
//! its source apart field by field, so a new field does not compile until it is mapped.

pub(crate) mod buyout;
pub(crate) mod common;
pub(crate) mod inspection;
pub(crate) mod ops;
mod papers;
pub(crate) mod policy;
pub(crate) mod staff;
pub(crate) mod summary;
pub(crate) mod task;
