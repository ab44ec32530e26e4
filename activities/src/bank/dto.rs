//! The partner's JSON, only what is used.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A draft: without `digestSignatures` nothing moves until a person signs in the bank.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewOrder<'a> {
    pub(super) external_id: Uuid,
    pub(super) date: NaiveDate,
    /// Roubles; the bank's type is a number with two decimal places.
    pub(super) amount: f64,
    /// 01: payment order.
    pub(super) operation_code: &'static str,
    /// Очерёдность платежа.
    pub(super) priority: &'static str,
    pub(super) purpose: &'a str,
    pub(super) payer_name: &'a str,
    pub(super) payer_inn: &'a str,
    pub(super) payer_kpp: &'a str,
    pub(super) payer_account: &'a str,
    pub(super) payer_bank_bic: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payer_bank_corr_account: Option<&'a str>,
    pub(super) payee_name: &'a str,
    pub(super) payee_inn: &'a str,
    pub(super) payee_account: &'a str,
    pub(super) payee_bank_bic: &'a str,
    pub(super) payee_bank_corr_account: &'a str,
    pub(super) vat: Vat,
}

#[derive(Serialize)]
pub(super) struct Vat {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Created {
    pub(super) external_id: Uuid,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    pub(super) bank_status: Status,
    /// Why, in the bank's words.
    #[serde(default)]
    pub(super) bank_comment: Option<String>,
}

/// Only the final ones are told apart: everything else is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Status {
    #[serde(rename = "IMPLEMENTED")]
    Implemented,
    #[serde(rename = "DELETED")]
    Deleted,
    #[serde(rename = "RECALL")]
    Recall,
    #[serde(rename = "INVALIDEDS")]
    InvalidSignature,
    #[serde(rename = "REQUISITEERROR", alias = "REQUISITE_ERROR")]
    RequisiteError,
    #[serde(rename = "REFUSEDBYBANK")]
    RefusedByBank,
    #[serde(rename = "REFUSEDBYABS")]
    RefusedByAbs,
    #[serde(rename = "REFUSED_BY_RZK")]
    RefusedByRzk,
    #[serde(rename = "FRAUDDENY")]
    FraudDeny,
    /// CREATED, SIGNED, PARTSIGNED, DELIVERED, ACCEPTED, DELAYED, FRAUDREVIEW and whatever comes.
    #[serde(other)]
    OnItsWay,
}

/// Body of a failure. Texts of the bank name fields and rules.
#[derive(Deserialize)]
pub(super) struct Failure {
    pub(super) cause: String,
    #[serde(default)]
    pub(super) message: Option<String>,
    #[serde(default)]
    pub(super) checks: Option<Vec<Check>>,
}

#[derive(Deserialize)]
pub(super) struct Check {
    #[serde(default)]
    pub(super) message: Option<String>,
}
