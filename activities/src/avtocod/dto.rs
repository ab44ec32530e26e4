//! The partner's JSON, only what is used. In a report any field may be null.

use serde::{Deserialize, Deserializer, Serialize};

/// The partner sends `null` where a list or a block has nothing.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Make<'a> {
    pub(super) query_type: QueryType,
    pub(super) query: &'a str,
    pub(super) idempotence_key: &'a str,
    pub(super) data: Nothing,
    pub(super) options: Options<'a>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum QueryType {
    Vin,
    Body,
}

#[derive(Serialize)]
pub(super) struct Nothing {}

#[derive(Serialize)]
pub(super) struct Options<'a> {
    /// Sources are asked anew instead of answering from the partner's cache.
    #[serde(rename = "FORCE")]
    pub(super) force: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) webhook: Option<Webhook<'a>>,
}

#[derive(Serialize)]
pub(super) struct Webhook<'a> {
    pub(super) on_complete: &'a str,
}

#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(super) struct Envelope<T> {
    pub(super) state: String,
    #[serde(default = "Vec::new", deserialize_with = "or_default")]
    pub(super) data: Vec<T>,
}

/// A fault: in an envelope with an event, or bare.
#[derive(Deserialize)]
pub(super) struct Fault {
    #[serde(default)]
    pub(super) state: Option<String>,
    #[serde(default)]
    pub(super) event: Option<Event>,
    #[serde(default)]
    pub(super) cls: Option<String>,
    #[serde(rename = "type", default)]
    pub(super) kind: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) cls: String,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub(super) kind: String,
}

#[derive(Deserialize)]
pub(super) struct Made {
    pub(super) uid: String,
}

#[derive(Deserialize)]
pub(super) struct Report {
    pub(super) uid: String,
    /// Sources that have not answered yet; the report is complete at 0.
    #[serde(default)]
    pub(super) progress_wait: Option<u32>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) state: State,
    #[serde(default)]
    pub(super) content: Option<Content>,
}

#[derive(Default, Deserialize)]
pub(super) struct State {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) sources: Vec<Source>,
}

#[derive(Deserialize)]
pub(super) struct Source {
    #[serde(rename = "_id")]
    pub(super) id: String,
    pub(super) state: SourceState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum SourceState {
    Ok,
    Progress,
    Error,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
pub(super) struct Content {
    #[serde(default)]
    pub(super) identifiers: Option<Identifiers>,
    #[serde(default)]
    pub(super) additional_info: Option<AdditionalInfo>,
    #[serde(default)]
    pub(super) stealings: Option<Stealings>,
    #[serde(default)]
    pub(super) restrictions: Option<Restrictions>,
    #[serde(default)]
    pub(super) accidents: Option<Accidents>,
    #[serde(default)]
    pub(super) ownership: Option<Ownership>,
    #[serde(default)]
    pub(super) utilizations: Option<Utilizations>,
    #[serde(default)]
    pub(super) leasings: Option<Leasings>,
    #[serde(default)]
    pub(super) pledges: Option<Pledges>,
    #[serde(default)]
    pub(super) pledges_online: Option<Pledges>,
    #[serde(default)]
    pub(super) pledges_nbki: Option<Pledges>,
    #[serde(default)]
    pub(super) taxi: Option<Taxi>,
    #[serde(default)]
    pub(super) carsharing: Option<Carsharing>,
}

#[derive(Deserialize)]
pub(super) struct Identifiers {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) vehicle: VehicleIdentifiers,
}

#[derive(Default, Deserialize)]
pub(super) struct VehicleIdentifiers {
    #[serde(default)]
    pub(super) vin: Option<String>,
    #[serde(default)]
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) chassis: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct AdditionalInfo {
    #[serde(default)]
    pub(super) vehicle: Option<VehicleInfo>,
}

#[derive(Deserialize)]
pub(super) struct VehicleInfo {
    #[serde(default)]
    pub(super) passport: Option<Passport>,
    #[serde(default)]
    pub(super) restriction: Option<PassportRestriction>,
    #[serde(default)]
    pub(super) utilization_tax: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Passport {
    #[serde(default)]
    pub(super) has_dublicate: Option<bool>,
    #[serde(rename = "type", default)]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) status: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct PassportRestriction {
    #[serde(default)]
    pub(super) customs: Option<String>,
    #[serde(default)]
    pub(super) other: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Stealings {
    #[serde(default)]
    pub(super) is_wanted: Option<bool>,
    #[serde(default)]
    pub(super) items: Option<Vec<Stealing>>,
}

#[derive(Deserialize)]
pub(super) struct Stealing {
    #[serde(default)]
    pub(super) date: Option<StealingDate>,
    #[serde(default)]
    pub(super) geo: Option<Geo>,
}

#[derive(Deserialize)]
pub(super) struct StealingDate {
    /// "2014-02-06 00:00:00"
    #[serde(default)]
    pub(super) stealing: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Geo {
    #[serde(default)]
    pub(super) region: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Restrictions {
    #[serde(default)]
    pub(super) registration_actions: Option<RegistrationActions>,
}

#[derive(Deserialize)]
pub(super) struct RegistrationActions {
    #[serde(default)]
    pub(super) has_restrictions: Option<bool>,
    #[serde(default)]
    pub(super) items: Option<Vec<Restriction>>,
}

#[derive(Deserialize)]
pub(super) struct Restriction {
    #[serde(default)]
    pub(super) date: Option<Period>,
    #[serde(default)]
    pub(super) initiator: Option<Named>,
    #[serde(default)]
    pub(super) restrict: Option<Restrict>,
}

#[derive(Deserialize)]
pub(super) struct Period {
    #[serde(default)]
    pub(super) start: Option<String>,
    #[serde(default)]
    pub(super) end: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    pub(super) name: Option<String>,
}

/// The reason is not read: it names people.
#[derive(Deserialize)]
pub(super) struct Restrict {
    #[serde(rename = "type", default)]
    pub(super) kind: Option<String>,
    /// "90129308/0060-ИП": the join to ФССП.
    #[serde(default)]
    pub(super) executive_procedure: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Accidents {
    #[serde(default)]
    pub(super) has_accidents: Option<bool>,
    #[serde(default)]
    pub(super) history: Option<AccidentHistory>,
}

#[derive(Deserialize)]
pub(super) struct AccidentHistory {
    #[serde(default)]
    pub(super) items: Option<Vec<Accident>>,
}

#[derive(Deserialize)]
pub(super) struct Accident {
    #[serde(default)]
    pub(super) accident: Option<AccidentDate>,
    #[serde(rename = "type", default)]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) state: Option<String>,
    #[serde(default)]
    pub(super) damage: Option<Damage>,
}

#[derive(Deserialize)]
pub(super) struct AccidentDate {
    #[serde(default)]
    pub(super) date: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Damage {
    #[serde(default)]
    pub(super) raw: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Ownership {
    #[serde(default)]
    pub(super) history: Option<OwnershipHistory>,
}

#[derive(Deserialize)]
pub(super) struct OwnershipHistory {
    #[serde(default)]
    pub(super) items: Option<Vec<OwnershipPeriod>>,
}

/// Names of owners are not read.
#[derive(Deserialize)]
pub(super) struct OwnershipPeriod {
    #[serde(default)]
    pub(super) date: Option<Period>,
}

#[derive(Deserialize)]
pub(super) struct Utilizations {
    #[serde(default)]
    pub(super) was_utilized: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Leasings {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) items: Vec<LeasingItem>,
}

#[derive(Deserialize)]
pub(super) struct LeasingItem {
    #[serde(default)]
    pub(super) in_leasing: Option<bool>,
}

/// One of the three sources of pledges; the flag stands at the top, in the items or at both.
#[derive(Deserialize)]
pub(super) struct Pledges {
    #[serde(default)]
    pub(super) in_pledge: Option<bool>,
    #[serde(default)]
    pub(super) items: Option<Vec<Pledge>>,
}

#[derive(Deserialize)]
pub(super) struct Pledge {
    #[serde(default)]
    pub(super) date: Option<PledgeDate>,
    #[serde(default)]
    pub(super) number: Option<String>,
    #[serde(default)]
    pub(super) in_pledge: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct PledgeDate {
    #[serde(default)]
    pub(super) event: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Taxi {
    #[serde(default)]
    pub(super) used_in_taxi: Option<bool>,
    #[serde(default)]
    pub(super) history: Option<TaxiHistory>,
}

#[derive(Deserialize)]
pub(super) struct TaxiHistory {
    #[serde(default)]
    pub(super) items: Option<Vec<TaxiLicense>>,
}

#[derive(Deserialize)]
pub(super) struct TaxiLicense {
    #[serde(default)]
    pub(super) date: Option<Period>,
    #[serde(default)]
    pub(super) city: Option<Named>,
}

#[derive(Deserialize)]
pub(super) struct Carsharing {
    #[serde(default)]
    pub(super) used_in_carsharing: Option<bool>,
}
