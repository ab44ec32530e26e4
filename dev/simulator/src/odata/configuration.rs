//! What a 1C base adds to the standard interface: its schema, its rules, its names.

use serde_json::Value;
use uuid::Uuid;

use super::base::{Base, Row};
use super::error::Fail;
use super::schema::Schema;
use crate::core::{Partner, PartnerState};

/// A base. Its state is the base's contents plus what the configuration itself remembers.
pub trait Configuration: PartnerState {
    const PARTNER: Partner;
    /// Names of operations by entity set, for ledger and faults.
    const NAMES: &'static [Names];

    fn schema() -> &'static Schema;
    fn base(&self) -> &Base;
    fn base_mut(&mut self) -> &mut Base;

    /// Событие «ПередЗаписью» and numbering: the prefix of the number of a new document.
    fn prefix(&self, entity: &str, row: &Row) -> String;

    /// What a new object of ours begins with, beyond empty attributes.
    fn initial(entity: &str) -> Vec<(&'static str, Value)>;

    /// ОбработкаПроведения: refuses with the text that a person would see.
    fn check_posting(&mut self, entity: &str, key: Uuid, row: &Row) -> Result<(), Fail>;

    /// Facts for the ledger that tests read; no personal data.
    fn detail(entity: &str, row: &Row) -> Value;
}

/// How the operations on an entity set are called.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    pub entity: &'static str,
    pub find: &'static str,
    pub read: &'static str,
    pub create: &'static str,
    pub patch: &'static str,
    pub delete: &'static str,
    pub post: &'static str,
    pub unpost: &'static str,
}

/// `names!("Catalog_Контрагенты", "counterparty")`.
macro_rules! names {
    ($entity:literal, $noun:literal) => {
        $crate::odata::Names {
            entity: $entity,
            find: concat!("find_", $noun),
            read: concat!("read_", $noun),
            create: concat!("create_", $noun),
            patch: concat!("patch_", $noun),
            delete: concat!("delete_", $noun),
            post: concat!("post_", $noun),
            unpost: concat!("unpost_", $noun),
        }
    };
}
pub(crate) use names;
