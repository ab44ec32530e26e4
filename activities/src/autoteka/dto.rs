//! The partner's JSON, only what is used. Creation and reading wrap everything in `result`.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};

/// The partner sends `null` where a list or a block has nothing.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) access_token: SecretString,
    /// Seconds.
    pub(super) expires_in: u64,
}

#[derive(Deserialize)]
pub(super) struct Wrapped<T> {
    pub(super) result: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VehicleId<'a> {
    pub(super) vehicle_id: &'a str,
}

#[derive(Deserialize)]
pub(super) struct Ordered {
    pub(super) report: OrderedReport,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderedReport {
    pub(super) report_id: u64,
}

/// A line of the history of purchases.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bought {
    pub(super) report_id: u64,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) vin: String,
    /// "2020-09-30 16:51:32.187629"; the zone is not named.
    pub(super) created_at: String,
}

#[derive(Deserialize)]
pub(super) struct Fetched {
    pub(super) report: Report,
}

#[derive(Deserialize)]
pub(super) struct Report {
    pub(super) status: Readiness,
    #[serde(default)]
    pub(super) data: Option<Data>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Readiness {
    Success,
    Processing,
    NotFound,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Data {
    pub(super) head: Head,
    #[serde(default)]
    pub(super) registration_actions: Option<RegistrationActions>,
    #[serde(default)]
    pub(super) restrictions: Option<Restrictions>,
    #[serde(default)]
    pub(super) accidents: Option<Accidents>,
    #[serde(default)]
    pub(super) service_info: Option<ServiceInfo>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) events_others_history: Vec<HistoryEvent>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) tech_inspection_history: Events<TechInspection>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) diagnostics: Events<Diagnostics>,
    #[serde(default)]
    pub(super) events: Option<Summary>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) taxi_data: Events<TaxiPermit>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) carsharing_data: Events<serde::de::IgnoredAny>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) leasing: Leasing,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) salvage_car_auction_records: Vec<serde::de::IgnoredAny>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) insurance_payments: Vec<InsurancePayment>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) other: Vec<OtherFact>,
    #[serde(default)]
    pub(super) epts: Option<Epts>,
}

#[derive(Deserialize)]
pub(super) struct Head {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) vin: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegistrationActions {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) owners_history: Vec<Owner>,
}

/// Names of owners and organisations are not read at all.
#[derive(Deserialize)]
pub(super) struct Owner {
    /// In the report 1 is a person and 2 an organisation; the partner's monitoring has it the other
    /// way round.
    #[serde(rename = "type")]
    pub(super) kind: i64,
}

#[derive(Deserialize)]
pub(super) struct Restrictions {
    pub(super) registration: RestrictionBlock,
    pub(super) stealing: RestrictionBlock,
    pub(super) pledge: RestrictionBlock,
}

#[derive(Deserialize)]
pub(super) struct RestrictionBlock {
    pub(super) status: BlockStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum BlockStatus {
    Ok,
    Warning,
    /// The source did not answer, which is not "clean".
    Incomplete,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accidents {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) crashes_history: Vec<Crash>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Crash {
    /// Unix seconds.
    pub(super) date: i64,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) region: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) damage_types: Vec<Damage>,
}

#[derive(Deserialize)]
pub(super) struct Damage {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceInfo {
    pub(super) report_complete_status: CompleteStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CompleteStatus {
    pub(super) status: BlockStatus,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) unavailable_sources: Vec<UnavailableSource>,
}

/// The specification has an object here, examples have a bare name.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum UnavailableSource {
    Name(String),
    #[serde(rename_all = "camelCase")]
    Described {
        #[serde(default)]
        data_type: Option<String>,
        #[serde(default)]
        source: Option<String>,
    },
}

#[derive(Deserialize)]
pub(super) struct HistoryEvent {
    /// Unix seconds.
    #[serde(default)]
    pub(super) date: Option<i64>,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) mileage: Option<i64>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) source: String,
}

#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(super) struct Events<T> {
    #[serde(default = "Vec::new", deserialize_with = "or_default")]
    pub(super) events: Vec<T>,
}

impl<T> Default for Events<T> {
    fn default() -> Self {
        Self { events: Vec::new() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TechInspection {
    #[serde(default)]
    pub(super) mileage: Option<i64>,
    /// Unix seconds.
    #[serde(default)]
    pub(super) start_date: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Diagnostics {
    #[serde(default)]
    pub(super) mileage: Option<i64>,
    /// Unix seconds.
    #[serde(default)]
    pub(super) created_at: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    #[serde(default)]
    pub(super) last_mileage_record: Option<LastMileage>,
}

#[derive(Deserialize)]
pub(super) struct LastMileage {
    #[serde(default)]
    pub(super) value: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaxiPermit {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) region_name: String,
    /// Unix seconds.
    #[serde(default)]
    pub(super) date_from: Option<i64>,
    #[serde(default)]
    pub(super) date_to: Option<i64>,
    #[serde(default)]
    pub(super) is_actual: bool,
}

#[derive(Default, Deserialize)]
pub(super) struct Leasing {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) contracts: Vec<LeasingContract>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LeasingContract {
    /// Unix seconds.
    #[serde(default)]
    pub(super) end_date: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InsurancePayment {
    /// Roubles, kopecks after the point.
    pub(super) payment_amount: f64,
    #[serde(default)]
    pub(super) year: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct OtherFact {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub(super) kind: String,
    pub(super) status: BlockStatus,
}

#[derive(Deserialize)]
pub(super) struct Epts {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) status: String,
}

#[derive(Deserialize)]
pub(super) struct SpecificationOrdered {
    pub(super) specification: SpecificationId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SpecificationId {
    pub(super) specification_id: u64,
}

#[derive(Deserialize)]
pub(super) struct SpecificationFetched {
    pub(super) specification: Specification,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Specification {
    pub(super) status: Readiness,
    #[serde(default)]
    pub(super) normalized_specification: Option<Normalized>,
}

/// The car in the terms of the catalogue; whatever the partner did not find out is `null`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Normalized {
    #[serde(default)]
    pub(super) brand: Option<CatalogueValue>,
    #[serde(default)]
    pub(super) model: Option<CatalogueValue>,
    #[serde(default)]
    pub(super) generation: Option<CatalogueValue>,
    #[serde(default)]
    pub(super) modification: Option<CatalogueValue>,
    #[serde(default)]
    pub(super) year: Option<CatalogueValue>,
    #[serde(default)]
    pub(super) body_type: Option<CatalogueValue>,
    #[serde(default)]
    pub(super) complectation: Option<CatalogueValue>,
    #[serde(default)]
    pub(super) doors_count: Option<CatalogueValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CatalogueValue {
    /// A text or a number.
    pub(super) value: serde_json::Value,
    pub(super) value_id: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Choices<'a> {
    pub(super) fields_value_ids: &'a [Choice],
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Choice {
    pub(super) id: i64,
    pub(super) value_id: i64,
}

#[derive(Deserialize)]
pub(super) struct Catalogue {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) fields: Vec<CatalogueField>,
}

#[derive(Deserialize)]
pub(super) struct CatalogueField {
    pub(super) id: i64,
    pub(super) label: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) values: Vec<Labelled>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Labelled {
    pub(super) label: String,
    pub(super) value_id: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ValuationQuery<'a> {
    pub(super) vehicle_id: &'a str,
    /// Kilometres.
    pub(super) mileage: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<Location>,
    pub(super) specification: QueriedSpecification,
}

#[derive(Serialize)]
pub(super) struct Location {
    pub(super) lat: f64,
    pub(super) long: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueriedSpecification {
    pub(super) brand: Labelled,
    pub(super) model: Labelled,
    pub(super) generation: Labelled,
    pub(super) modification: Labelled,
    pub(super) year: Labelled,
    pub(super) owners_count: Labelled,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body_type: Option<Labelled>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) complectation: Option<Labelled>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) doors_count: Option<Labelled>,
}

#[derive(Deserialize)]
pub(super) struct Valuated {
    pub(super) status: Readiness,
    #[serde(default)]
    pub(super) valuation: Option<Valuation>,
}

/// Prices in whole roubles.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Valuation {
    /// By closed deals, with the cars' condition.
    pub(super) avg_price_with_condition: i64,
    #[serde(default)]
    pub(super) min_price: Option<i64>,
    #[serde(default)]
    pub(super) max_price: Option<i64>,
    #[serde(default)]
    pub(super) market_normal_price_range: Option<PriceRange>,
    #[serde(default)]
    pub(super) items_count: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct PriceRange {
    pub(super) min: i64,
    pub(super) max: i64,
}
