//! A car of the catalogue with all that partners know of it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::person::Person;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Car {
    /// "clean" of the first car of a kind, "clean-7" of a fresh one.
    pub id: String,
    pub kind: Kind,
    /// Number among the cars of its kind; 0 is the first.
    pub n: u32,
    /// A car has either a VIN or a frame number.
    pub vin: Option<String>,
    pub frame: Option<String>,
    pub plate: String,
    pub make: String,
    pub model: String,
    pub generation: String,
    pub modification: String,
    pub body_type: String,
    pub doors: u8,
    pub year: u16,
    pub colour: String,
    pub engine: Engine,
    pub transmission: String,
    pub drive: String,
    pub wheel: Wheel,
    pub body_number: String,
    pub net_weight_kg: u32,
    pub max_weight_kg: u32,
    pub passport: VehiclePassport,
    pub certificate: Certificate,
    pub owner: Person,
    /// Oldest first; the last one is the present owner's.
    pub registrations: Vec<Registration>,
    /// What the odometer shows.
    pub mileage_km: u32,
    /// What it showed before, oldest first.
    pub mileages: Vec<Mileage>,
    pub market: Market,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    pub code: String,
    pub number: String,
    pub volume_cc: u32,
    pub power_hp: u32,
    pub fuel: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wheel {
    Left,
    Right,
}

/// ПТС or ЭПТС.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VehiclePassport {
    pub electronic: bool,
    /// "77УК123456", or the fifteen digits of an ЭПТС.
    pub number: String,
    pub issued_on: NaiveDate,
    pub issued_by: String,
    /// Status in СЭП of an ЭПТС: "действующий", "погашенный", "аннулированный".
    pub status: Option<String>,
    pub duplicate: bool,
}

/// СТС.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    pub number: String,
    pub issued_on: NaiveDate,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
    pub owner: OwnerKind,
    pub region: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    Person,
    Company,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mileage {
    pub on: NaiveDate,
    pub km: u32,
    pub source: MileageSource,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MileageSource {
    /// Dealer's workshop.
    Service,
    /// Техосмотр (ЕАИСТО).
    Inspection,
}

/// Whole roubles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Market {
    pub average_rub: u64,
    pub min_rub: u64,
    pub max_rub: u64,
    pub items: u32,
}

/// What the checks find. Each field is empty for a clean car.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// False: no partner has heard of the car.
    pub known: bool,
    #[serde(default)]
    pub ban: Option<Ban>,
    #[serde(default)]
    pub wanted: Option<Wanted>,
    #[serde(default)]
    pub pledge: Option<Pledge>,
    #[serde(default)]
    pub crashes: Vec<Crash>,
    #[serde(default)]
    pub salvage: Option<NaiveDate>,
    #[serde(default)]
    pub taxi: Vec<TaxiPermit>,
    #[serde(default)]
    pub leasing: Option<Leasing>,
    /// Sources that do not answer for this car.
    #[serde(default)]
    pub silent: Vec<Source>,
    /// The number under which the registries know the car, where it is another than the car's own.
    #[serde(default)]
    pub registered_as: Option<String>,
}

/// A ban on registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    pub since: NaiveDate,
    pub initiator: String,
    pub region: String,
    pub document: String,
    /// Of the owner's debt: the number joins both sources.
    pub proceeding: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    pub since: NaiveDate,
    pub region: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pledge {
    pub since: NaiveDate,
    /// "2024-009-123456-001"
    pub number: String,
    pub pledgee: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crash {
    pub on: NaiveDate,
    pub kind: String,
    pub region: String,
    pub damage: String,
    pub heavy: bool,
    /// Paid by an insurer, roubles.
    pub paid_rub: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxiPermit {
    pub number: String,
    pub from: NaiveDate,
    /// None: in force.
    pub to: Option<NaiveDate>,
    pub region: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leasing {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub lessor: String,
}

/// A state source behind the partners' reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Registrations,
    Accidents,
    Restrictions,
    Wanted,
    Pledge,
    Taxi,
    Epts,
}

impl Car {
    /// VIN, or frame number of a car without one.
    pub fn identifier(&self) -> &str {
        self.vin
            .as_deref()
            .or(self.frame.as_deref())
            .unwrap_or_default()
    }

    /// "Kia Rio, 2021"
    pub fn title(&self) -> String {
        format!("{} {}, {}", self.make, self.model, self.year)
    }

    pub fn is_silent(&self, source: Source) -> bool {
        self.outcome.silent.contains(&source)
    }
}
