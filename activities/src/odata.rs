//! OData v3 as 1C speaks it: what the accounting base and the treasury base have in common.
//!
//! An object is written under a key of our own: read first, created or changed where it differs, and
//! read back. 1C answers 200 to a text it cut, a field it does not know and a reference to nothing,
//! so only what was read back counts as written.

mod client;
mod draft;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod metadata;
mod problem;
mod record;
mod save;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use self::client::{ODataClient, Settings};
pub(crate) use self::draft::{Draft, Part};
pub(crate) use self::metadata::Needs;
pub(crate) use self::record::Record;
pub(crate) use self::save::Lookup;
pub(crate) use self::value::Field;

use std::path::Path;

use figment::Figment;
use figment::providers::{Format, Toml};
use serde::de::DeserializeOwned;

use crate::http::SetupError;

/// What 1C calls every object's own key, posting and deletion.
pub(crate) const REF_KEY: &str = "Ref_Key";
pub(crate) const POSTED: &str = "Posted";
pub(crate) const DELETED: &str = "DeletionMark";
pub(crate) const NUMBER: &str = "Number";
pub(crate) const DATE: &str = "Date";

/// Reads a mapping: the file of the configuration, or else the embedded one.
pub(crate) fn mapping<T: DeserializeOwned>(
    partner: &'static str,
    file: Option<&Path>,
    embedded: &str,
) -> Result<T, SetupError> {
    let figment = match file {
        None => Figment::from(Toml::string(embedded)),
        Some(path) if path.exists() => Figment::from(Toml::file_exact(path)),
        Some(path) => {
            return Err(SetupError::value(
                partner,
                "mapping",
                format!("{} does not exist", path.display()),
            ));
        }
    };
    figment
        .extract()
        .map_err(|error| SetupError::value(partner, "mapping", error.to_string()))
}
