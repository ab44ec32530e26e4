//! Specification, the catalogue of parameters and the valuation built on both.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalogue::models::{MODELS, Model};
use crate::catalogue::{Car, Catalogue};

/// Colours that the catalogue of parameters knows.
const COLOURS: [&str; 8] = [
    "Белый",
    "Чёрный",
    "Серый",
    "Серебристый",
    "Синий",
    "Красный",
    "Коричневый",
    "Зелёный",
];
const OWNERS: [&str; 4] = ["1", "2", "3", "4+"];

/// A parameter of the catalogue, in the order in which they open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Brand,
    Model,
    Year,
    Generation,
    BodyType,
    Doors,
    Modification,
    Complectation,
    Owners,
    Colour,
}

impl Field {
    const ALL: [Self; 10] = [
        Self::Brand,
        Self::Model,
        Self::Year,
        Self::Generation,
        Self::BodyType,
        Self::Doors,
        Self::Modification,
        Self::Complectation,
        Self::Owners,
        Self::Colour,
    ];

    fn id(self) -> i64 {
        110_000 + self as i64
    }

    fn label(self) -> &'static str {
        match self {
            Self::Brand => "Марка",
            Self::Model => "Модель",
            Self::Year => "Год выпуска",
            Self::Generation => "Поколение",
            Self::BodyType => "Тип кузова",
            Self::Doors => "Количество дверей",
            Self::Modification => "Модификация",
            Self::Complectation => "Комплектация",
            Self::Owners => "Количество владельцев",
            Self::Colour => "Цвет",
        }
    }

    fn data_type(self) -> &'static str {
        match self {
            Self::Year | Self::Doors => "integer",
            _ => "string",
        }
    }

    /// Whether the field narrows the models down: such a field opens after the one before it.
    fn narrows(self) -> bool {
        !matches!(self, Self::Owners | Self::Colour)
    }

    /// Values of one model.
    fn values_of(self, index: usize, model: &Model) -> Vec<(String, i64)> {
        let first = |same: fn(&Model, &Model) -> bool| {
            MODELS
                .iter()
                .position(|other| same(other, model))
                .unwrap_or(index)
        };
        let one = |label: &str, number: i64| vec![(label.to_owned(), self.value_id(number))];
        match self {
            Self::Brand => one(model.make, first(|a, b| a.make == b.make) as i64),
            Self::Model => one(model.model, index as i64),
            Self::Year => (2010..=2026)
                .map(|year: i64| (year.to_string(), self.value_id(year)))
                .collect(),
            Self::Generation => one(model.generation, index as i64),
            Self::BodyType => one(
                model.body_type,
                first(|a, b| a.body_type == b.body_type) as i64,
            ),
            Self::Doors => one(&model.doors.to_string(), i64::from(model.doors)),
            Self::Modification => one(model.modification, index as i64),
            Self::Complectation => one("Базовая", index as i64),
            Self::Owners => numbered(self, &OWNERS),
            Self::Colour => numbered(self, &COLOURS),
        }
    }

    fn value_id(self, number: i64) -> i64 {
        200_000 + self as i64 * 10_000 + number
    }
}

fn numbered(field: Field, labels: &[&str]) -> Vec<(String, i64)> {
    labels
        .iter()
        .zip(1..)
        .map(|(label, number)| ((*label).to_owned(), field.value_id(number)))
        .collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Chosen {
    fields_value_ids: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Choice {
    id: i64,
    value_id: i64,
}

/// Fields that are open after the choice; `None` for a choice that the catalogue does not have.
pub(super) fn open_fields(chosen: &Chosen) -> Option<Vec<Value>> {
    let mut models: Vec<(usize, &Model)> = MODELS.iter().enumerate().collect();
    let mut open = Vec::new();
    let mut narrowed = true;
    for field in Field::ALL {
        if field.narrows() && !narrowed {
            continue;
        }
        let mut values: Vec<(String, i64)> = Vec::new();
        for value in models.iter().flat_map(|(i, m)| field.values_of(*i, m)) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        let choice = chosen
            .fields_value_ids
            .iter()
            .find(|choice| choice.id == field.id());
        if field.narrows() {
            narrowed = choice.is_some();
        }
        if let Some(choice) = choice {
            let has = |(i, m): &(usize, &Model)| {
                let values = field.values_of(*i, m);
                values.iter().any(|(_, id)| *id == choice.value_id)
            };
            models.retain(has);
            if models.is_empty() {
                return None;
            }
        }
        open.push(field_json(field, &values));
    }
    let known = |choice: &Choice| Field::ALL.iter().any(|field| field.id() == choice.id);
    chosen.fields_value_ids.iter().all(known).then_some(open)
}

fn field_json(field: Field, values: &[(String, i64)]) -> Value {
    let values: Vec<Value> = values
        .iter()
        .map(|(label, id)| json!({ "label": label, "valueId": id }))
        .collect();
    json!({
        "id": field.id(),
        "label": field.label(),
        "dataType": field.data_type(),
        "values": values,
    })
}

/// A ready specification: what the papers say, and the same in the catalogue's terms.
pub(super) fn of(id: u64, car: &Car) -> Value {
    let titled = |title: &str, value: Value| json!({ "title": title, "value": value });
    let equipment = json!({
        "brand": titled("Бренд", json!(car.make.to_uppercase())),
        "model": titled("Модель", json!(car.model)),
        "year": titled("Год выпуска", json!(car.year)),
        "color": titled("Цвет", json!(car.colour)),
        "bodyNumber": titled("Номер кузова", json!(car.body_number)),
    });
    json!({
        "specificationId": id,
        "status": "success",
        "vehicleId": car.identifier(),
        "plateNumber": car.plate,
        "equipment": equipment,
        "normalizedSpecification": normalized(car),
    })
}

fn normalized(car: &Car) -> Value {
    let found = MODELS
        .iter()
        .enumerate()
        .find(|(_, model)| model.make == car.make && model.model == car.model);
    let Some((index, model)) = found else {
        return Value::Null;
    };
    let text = |field: Field| {
        let value = field.values_of(index, model).into_iter().next();
        value.map(|(label, id)| json!({ "value": label, "valueId": id }))
    };
    let number =
        |field: Field, number: i64| json!({ "value": number, "valueId": field.value_id(number) });
    json!({
        "brand": text(Field::Brand),
        "model": text(Field::Model),
        "generation": text(Field::Generation),
        "modification": text(Field::Modification),
        "bodyType": text(Field::BodyType),
        "complectation": text(Field::Complectation),
        "year": number(Field::Year, i64::from(car.year)),
        "doorsCount": number(Field::Doors, i64::from(car.doors)),
        "capacity": { "value": car.engine.power_hp },
        "drive": { "value": car.drive, "valueId": 331_251 },
        "engine": { "value": f64::from(car.engine.volume_cc / 100) / 10.0, "valueId": 331_775 },
        "engineType": { "value": "Бензин", "valueId": 331_247 },
        "transmission": { "value": car.transmission, "valueId": 331_254 },
        "wheel": { "value": if car.vin.is_some() { "Левый" } else { "Правый" } },
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Valuation {
    #[serde(default)]
    vehicle_id: Option<String>,
    #[serde(default)]
    mileage: Option<u32>,
    #[serde(default)]
    location: Option<Location>,
    specification: Specification,
}

#[derive(Debug, Deserialize)]
struct Location {
    lat: f64,
    long: f64,
}

/// The six that the document requires; the others narrow nothing here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Specification {
    brand: Labelled,
    model: Labelled,
    year: Labelled,
    generation: Labelled,
    modification: Labelled,
    owners_count: Labelled,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Labelled {
    /// A text, or a number for year and doors.
    label: Value,
    value_id: i64,
}

impl Labelled {
    fn text(&self) -> String {
        match &self.label {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// Average price of the car's like; half a percent less for each thousand kilometres more than the
/// catalogue's car has, as much more for each less, 30 % at most.
pub(super) fn valued(catalogue: &Catalogue, query: &Valuation) -> Value {
    let specification = &query.specification;
    let index = specification.model.value_id - Field::Model.value_id(0);
    let model = usize::try_from(index).ok().and_then(|i| MODELS.get(i));
    let year: Option<u16> = specification.year.text().parse().ok();
    let fits = |car: &Car| {
        model.is_some_and(|model| model.make == car.make && model.model == car.model)
            && Some(car.year) == year
    };
    let named = query
        .vehicle_id
        .as_deref()
        .and_then(|id| catalogue.find(id));
    let car = named
        .filter(|car| fits(car))
        .or_else(|| catalogue.cars().into_iter().find(fits));
    let valuation = car.as_ref().map(|car| {
        let market = &car.market;
        let km = query.mileage.unwrap_or(car.mileage_km);
        let more = (i64::from(km) - i64::from(car.mileage_km)) / 1000;
        let permille = 1000 - (more * 5).clamp(-300, 300);
        let price = |rub: u64| rub as i64 * permille / 1000;
        // Sellers in the capitals ask for more.
        let capital = query
            .location
            .as_ref()
            .is_some_and(|place| place.lat > 55.0 && place.long < 40.0);
        json!({
            "avgPriceWithCondition": price(market.average_rub),
            "avgMarketPrice": price(market.average_rub) * if capital { 103 } else { 101 } / 100,
            "minPrice": price(market.min_rub),
            "maxPrice": price(market.max_rub),
            "marketNormalPriceRange": {
                "min": price(market.average_rub) * 95 / 100,
                "max": price(market.average_rub) * 106 / 100,
            },
            "itemsCount": market.items,
            "avgMileage": car.mileage_km,
            "avgYear": f64::from(car.year),
            "imvUrl": null,
        })
    });
    json!({
        "status": if valuation.is_some() { "success" } else { "notFound" },
        "vehicleId": query.vehicle_id,
        "brand": specification.brand.text(),
        "model": specification.model.text(),
        "year": year,
        "generation": specification.generation.text(),
        "modification": specification.modification.text(),
        "ownersCount": specification.owners_count.text(),
        "mileage": query.mileage,
        "valuation": valuation,
    })
}
