//! The partner's JSON, only what is used. The shape is told by its keys.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Reply {
    Error {
        error: String,
    },
    Status {
        status: String,
    },
    /// By the person's name, which is not read.
    People(BTreeMap<String, Person>),
}

#[derive(Deserialize)]
pub(super) struct Person {
    /// Required: an object without it says nothing, least of all "clean".
    pub(super) ip: Vec<Proceeding>,
}

/// Names of bailiffs are not read.
#[derive(Debug, Deserialize)]
pub(super) struct Proceeding {
    /// "12345/22/74033-ИП"
    pub(super) nomer: String,
    /// "15.03.2022"
    #[serde(default)]
    pub(super) ddd: Option<String>,
    #[serde(default)]
    pub(super) predmet: Option<String>,
    #[serde(default)]
    pub(super) summa: Option<Amount>,
    /// What is still owed.
    #[serde(default)]
    pub(super) ostatok: Option<Amount>,
}

/// "150000.00", "1 234,56" or a number.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Amount {
    Text(String),
    Number(f64),
}
