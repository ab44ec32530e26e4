//! The car as the client describes it and the client themselves, read from the deal.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::phone::Phone;
use crate::place::GeoPoint;
use crate::plate::Plate;
use crate::vin::CarIdentifier;

/// What the deal says of the car before anyone has seen it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CarClaim {
    pub identifier: CarIdentifier,
    pub plate: Option<Plate>,
    pub make: String,
    pub model: String,
    /// Year of manufacture.
    pub year: u16,
}

impl CarClaim {
    /// "Chery Tiggo 7 Pro, 2021": no personal data, good for titles and logs.
    pub fn title(&self) -> String {
        format!("{} {}, {}", self.make, self.model, self.year)
    }
}

/// The seller as the CRM knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    pub contact_id: u64,
    pub last_name: String,
    pub first_name: String,
    #[serde(default)]
    pub middle_name: Option<String>,
    #[serde(default)]
    pub birthdate: Option<NaiveDate>,
    #[serde(default)]
    pub phone: Option<Phone>,
    #[serde(default)]
    pub email: Option<String>,
}

impl Client {
    /// "Иванов Иван Иванович"
    pub fn full_name(&self) -> String {
        let mut name = format!("{} {}", self.last_name, self.first_name);
        if let Some(middle) = self.middle_name.as_deref().filter(|m| !m.is_empty()) {
            name.push(' ');
            name.push_str(middle);
        }
        name
    }
}

/// Same person's name, whatever the case, spacing and ё/е.
pub fn same_name(a: &str, b: &str) -> bool {
    fn folded(name: &str) -> Vec<String> {
        name.split_whitespace()
            .map(|part| part.to_lowercase().replace('ё', "е"))
            .collect()
    }
    folded(a) == folded(b)
}

/// Where and when the inspector meets the car.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub city: String,
    pub address: String,
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
    /// Where the address is, when the portal knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<GeoPoint>,
}

/// A deal of the CRM as far as a buyout needs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deal {
    pub deal_id: u64,
    pub title: String,
    pub stage: String,
    pub car: CarClaim,
    pub client: Client,
    pub visit: Visit,
    /// The client agreed to the processing of personal data (152-ФЗ); without it nothing is requested.
    pub consent: bool,
    /// Employee responsible for the deal on the portal.
    #[serde(default)]
    pub responsible: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_people_read_them() {
        assert!(same_name("Семёнов  Пётр Ильич", "СЕМЕНОВ Петр Ильич"));
        assert!(!same_name("Семенов Петр Ильич", "Семенов Петр"));
    }
}
