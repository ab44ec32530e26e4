//! Market value: the car's specification, its way through the catalogue, the price.

use chrono::{TimeDelta, Utc};
use contracts::autoteka::Valuate;
use domain::checks::ReportResult;
use domain::file::FileKind;
use store::vehicle_report::VehicleReport;

use super::dto::{self, Choice, Labelled, Readiness};
use super::interpret;
use super::{AutotekaActivities, PROVIDER};
use crate::error::PartnerError;

/// Under this name the ids of ordered specifications are kept beside those of reports.
const SPECIFICATIONS: &str = "autoteka.specification";
/// A specification of a car does not change; one this old is ordered anew in case the partner's
/// catalogue did.
const SPECIFICATION_LIFE: TimeDelta = TimeDelta::days(30);
/// The catalogue has about ten levels from the make to the number of owners.
const CATALOGUE_STEPS: usize = 20;

/// The car by the catalogue, complete enough to be valued.
struct Car {
    brand: Labelled,
    model: Labelled,
    generation: Labelled,
    modification: Labelled,
    year: Labelled,
    body_type: Option<Labelled>,
    complectation: Option<Labelled>,
    doors_count: Option<Labelled>,
}

impl AutotekaActivities {
    pub(super) async fn value(&self, query: &Valuate) -> Result<ReportResult, PartnerError> {
        let vehicle_id = query.identifier.as_str();
        let Some(normalized) = self.specification(query).await? else {
            let why = "Автотека не знает характеристик этого автомобиля.";
            return Ok(interpret::no_market(why, Utc::now()));
        };
        let Some(car) = car(normalized) else {
            let why = "Автотека не определила модификацию автомобиля, оценить его нельзя.";
            return Ok(interpret::no_market(why, Utc::now()));
        };
        let offered = self.owner_counts(&car).await?;
        let owners = self.owners(vehicle_id).await?;
        let Some(owners_count) = owner_count(&offered, owners) else {
            let why = "В каталоге Автотеки нет числа владельцев, оценить автомобиль нельзя.";
            return Ok(interpret::no_market(why, Utc::now()));
        };
        let year = car.year.label.clone();
        let (valued, raw) = self
            .client
            .valuation(&dto::ValuationQuery {
                vehicle_id,
                mileage: query.mileage_km,
                location: self.client.place(&query.city).map(|place| dto::Location {
                    lat: place.lat,
                    long: place.long,
                }),
                specification: specification(car, owners_count),
            })
            .await?;
        match valued.status {
            Readiness::Success => {}
            Readiness::NotFound => {
                let why = "Автотека не нашла сравнимых автомобилей.";
                return Ok(interpret::no_market(why, Utc::now()));
            }
            Readiness::Processing | Readiness::Unknown => return Err(PartnerError::Pending),
        }
        let Some(valuation) = valued.valuation else {
            return Err(PartnerError::protocol(
                "autoteka valuate: success without a valuation",
            ));
        };
        let raw = self
            .evidence
            .keep(
                &query.buyout,
                FileKind::PartnerAnswer,
                "application/json",
                raw,
            )
            .await?;
        Ok(interpret::market(
            &valuation,
            owners,
            (query.year, &year),
            Utc::now(),
            raw,
        ))
    }

    /// The car in the terms of the catalogue, `None` when the partner does not know it. Ordered once
    /// per car: the id is kept before the first question.
    async fn specification(
        &self,
        query: &Valuate,
    ) -> Result<Option<dto::Normalized>, PartnerError> {
        let identifier = query.identifier.as_str();
        let since = Utc::now() - SPECIFICATION_LIFE;
        let ordered = self
            .store
            .newest_report(SPECIFICATIONS, identifier, since)
            .await
            .map_err(PartnerError::from_store)?;
        let id = match ordered.and_then(|kept| kept.uid.parse().ok()) {
            Some(id) => id,
            None => {
                let id = self.client.order_specification(identifier).await?;
                self.store
                    .put_report(&VehicleReport {
                        provider: SPECIFICATIONS.to_owned(),
                        uid: id.to_string(),
                        identifier: identifier.to_owned(),
                        run: query.buyout.clone(),
                        ordered_at: Utc::now(),
                    })
                    .await
                    .map_err(PartnerError::from_store)?;
                id
            }
        };
        let specification = self.client.specification(id).await?;
        match specification.status {
            Readiness::Success => Ok(specification.normalized_specification),
            Readiness::NotFound => Ok(None),
            Readiness::Processing | Readiness::Unknown => Err(PartnerError::Pending),
        }
    }

    /// The numbers of owners that the catalogue offers for this car. Each level opens the next, so
    /// the car's own values are chosen until the owners appear.
    async fn owner_counts(&self, car: &Car) -> Result<Vec<Labelled>, PartnerError> {
        let own = [
            Some(&car.brand),
            Some(&car.model),
            Some(&car.year),
            Some(&car.generation),
            Some(&car.modification),
            car.body_type.as_ref(),
            car.doors_count.as_ref(),
            car.complectation.as_ref(),
        ];
        let mut chosen: Vec<Choice> = Vec::new();
        for _ in 0..CATALOGUE_STEPS {
            let mut chosen_now = false;
            for field in self.client.catalogue(&chosen).await? {
                if field.label.to_lowercase().contains("владельц") {
                    return Ok(field.values);
                }
                if chosen.iter().any(|choice| choice.id == field.id) {
                    continue;
                }
                let fits = own.iter().flatten().find(|value| {
                    field
                        .values
                        .iter()
                        .any(|offered| offered.value_id == value.value_id)
                });
                if let Some(value) = fits {
                    chosen.push(Choice {
                        id: field.id,
                        value_id: value.value_id,
                    });
                    chosen_now = true;
                }
            }
            if !chosen_now {
                break;
            }
        }
        Ok(Vec::new())
    }

    /// How many owners the bought report counts. The report is bought beside this by the same run;
    /// without one the number is not known.
    async fn owners(&self, identifier: &str) -> Result<Option<usize>, PartnerError> {
        let bought = self
            .store
            .newest_report(PROVIDER, identifier, Utc::now() - SPECIFICATION_LIFE)
            .await
            .map_err(PartnerError::from_store)?;
        let Some(id) = bought.and_then(|kept| kept.uid.parse().ok()) else {
            return Ok(None);
        };
        let (report, _) = match self.client.report(id).await {
            // The history's own step tells people about this; the price does not depend on it.
            Err(PartnerError::Rejected { .. } | PartnerError::Protocol { .. }) => return Ok(None),
            answer => answer?,
        };
        match report.status {
            Readiness::Processing => Err(PartnerError::Pending),
            Readiness::Success | Readiness::NotFound | Readiness::Unknown => Ok(report
                .data
                .and_then(|data| data.registration_actions)
                .map(|actions| actions.owners_history.len())
                .filter(|count| *count > 0)),
        }
    }
}

fn car(normalized: dto::Normalized) -> Option<Car> {
    let dto::Normalized {
        brand,
        model,
        generation,
        modification,
        year,
        body_type,
        complectation,
        doors_count,
    } = normalized;
    Some(Car {
        brand: labelled(brand?),
        model: labelled(model?),
        generation: labelled(generation?),
        modification: labelled(modification?),
        year: labelled(year?),
        body_type: body_type.map(labelled),
        complectation: complectation.map(labelled),
        doors_count: doors_count.map(labelled),
    })
}

/// The specification calls the text "value", the query "label"; numbers are texts there.
fn labelled(value: dto::CatalogueValue) -> Labelled {
    let dto::CatalogueValue { value, value_id } = value;
    Labelled {
        label: match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        },
        value_id,
    }
}

fn specification(car: Car, owners_count: Labelled) -> dto::QueriedSpecification {
    let Car {
        brand,
        model,
        generation,
        modification,
        year,
        body_type,
        complectation,
        doors_count,
    } = car;
    dto::QueriedSpecification {
        brand,
        model,
        generation,
        modification,
        year,
        owners_count,
        body_type,
        complectation,
        doors_count,
    }
}

/// The catalogue's value for a number of owners: "1", "2", "3", "4+". When nobody knows the number,
/// the largest is taken, since it gives the lowest price.
fn owner_count(offered: &[Labelled], owners: Option<usize>) -> Option<Labelled> {
    let from = |value: &Labelled| -> Option<usize> {
        let digits: String = value.label.chars().filter(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    offered
        .iter()
        .filter_map(|value| Some((from(value)?, value)))
        .filter(|(count, _)| owners.is_none_or(|owners| *count <= owners))
        .max_by_key(|(count, _)| *count)
        .map(|(_, value)| value.clone())
}

/// A specification as if these bytes were the partner's, see [`crate::fuzz`].
#[cfg(feature = "fuzz")]
pub(super) fn fuzz(normalized: dto::Normalized) {
    if let Some(car) = car(normalized) {
        let owners = car.year.clone();
        let _ = serde_json::to_value(specification(car, owners));
    }
}

#[cfg(feature = "fuzz")]
pub(super) fn fuzz_owners(offered: &[Labelled]) {
    for owners in [None, Some(0), Some(3)] {
        let _ = owner_count(offered, owners);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_found_in_the_catalogue_by_their_number() {
        let offered: Vec<Labelled> = ["1", "2", "3", "4+"]
            .into_iter()
            .zip(101..)
            .map(|(label, value_id)| Labelled {
                label: label.to_owned(),
                value_id,
            })
            .collect();
        for (owners, label) in [
            (Some(1), "1"),
            (Some(3), "3"),
            (Some(7), "4+"),
            (None, "4+"),
        ] {
            let value = owner_count(&offered, owners).expect("a value");
            assert_eq!(value.label, label, "{owners:?}");
        }
        assert_eq!(owner_count(&[], Some(1)), None);
    }
}
