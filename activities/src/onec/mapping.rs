//! Names of the accounting base's objects and fields, see `mapping.alfa_auto.toml`.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::odata::{DATE, DELETED, Field, Lookup, NUMBER, Needs, POSTED, REF_KEY};

pub(super) const ALFA_AUTO: &str = include_str!("mapping.alfa_auto.toml");

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    /// The base's name for people.
    pub(super) base: String,
    pub(super) organization: Lookup,
    pub(super) site: Lookup,
    pub(super) counterparty: Counterparty,
    pub(super) car: Car,
    pub(super) receipt: Receipt,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counterparty {
    pub(super) object: String,
    pub(super) description: String,
    pub(super) full_name: Option<String>,
    pub(super) birthdate: Option<String>,
    pub(super) identity_document: Option<String>,
    pub(super) address: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) email: Option<String>,
    #[serde(default)]
    pub(super) constants: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Car {
    pub(super) object: String,
    pub(super) description: String,
    pub(super) vin: String,
    pub(super) body: String,
    pub(super) make: Option<String>,
    pub(super) model: Option<String>,
    pub(super) year: Option<String>,
    pub(super) plate: Option<String>,
    pub(super) mileage: Option<String>,
    pub(super) color: Option<String>,
    pub(super) engine: Option<String>,
    pub(super) chassis: Option<String>,
    pub(super) power_hp: Option<String>,
    pub(super) passport: Option<String>,
    pub(super) passport_issued_on: Option<String>,
    pub(super) certificate: Option<String>,
    #[serde(default)]
    pub(super) constants: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Receipt {
    pub(super) object: String,
    pub(super) organization: String,
    pub(super) site: Option<String>,
    pub(super) counterparty: String,
    pub(super) contract_number: Option<String>,
    pub(super) total: String,
    pub(super) comment: String,
    pub(super) cars: Cars,
    #[serde(default)]
    pub(super) constants: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cars {
    pub(super) part: String,
    pub(super) car: String,
    pub(super) price: Option<String>,
    pub(super) amount: String,
    #[serde(default)]
    pub(super) constants: Map<String, Value>,
}

impl Mapping {
    /// Everything that the base must have.
    pub(super) fn needs(&self) -> Vec<Needs<'_>> {
        let Self {
            base: _,
            organization,
            site,
            counterparty,
            car,
            receipt,
        } = self;
        vec![
            Needs::new(&organization.object, [REF_KEY, &organization.find_by]),
            Needs::new(&site.object, [REF_KEY, &site.find_by]),
            counterparty.needs(),
            car.needs(),
            receipt.needs(),
        ]
    }
}

impl Counterparty {
    fn needs(&self) -> Needs<'_> {
        let Self {
            object,
            description,
            full_name,
            birthdate,
            identity_document,
            address,
            phone,
            email,
            constants,
        } = self;
        let optional = [
            full_name,
            birthdate,
            identity_document,
            address,
            phone,
            email,
        ];
        needs(object, [REF_KEY, DELETED, description], optional, constants)
    }
}

impl Car {
    fn needs(&self) -> Needs<'_> {
        let Self {
            object,
            description,
            vin,
            body,
            make,
            model,
            year,
            plate,
            mileage,
            color,
            engine,
            chassis,
            power_hp,
            passport,
            passport_issued_on,
            certificate,
            constants,
        } = self;
        let optional = [
            make,
            model,
            year,
            plate,
            mileage,
            color,
            engine,
            chassis,
            power_hp,
            passport,
            passport_issued_on,
            certificate,
        ];
        needs(
            object,
            [REF_KEY, DELETED, description, vin, body],
            optional,
            constants,
        )
    }
}

impl Receipt {
    fn needs(&self) -> Needs<'_> {
        let Self {
            object,
            organization,
            site,
            counterparty,
            contract_number,
            total,
            comment,
            cars,
            constants,
        } = self;
        let Cars {
            part,
            car,
            price,
            amount,
            constants: row_constants,
        } = cars;
        let own = [
            REF_KEY,
            DELETED,
            POSTED,
            NUMBER,
            DATE,
            organization,
            counterparty,
            total,
            comment,
        ];
        let mut needs = needs(object, own, [site, contract_number], constants);
        let row = [car, amount].into_iter().chain(price).map(String::as_str);
        let row = row.chain(row_constants.keys().map(String::as_str));
        needs.parts = vec![(part, row.collect())];
        needs
    }
}

fn needs<'a>(
    object: &'a str,
    own: impl IntoIterator<Item = &'a str>,
    optional: impl IntoIterator<Item = &'a Option<String>>,
    constants: &'a Map<String, Value>,
) -> Needs<'a> {
    let optional = optional.into_iter().flatten().map(String::as_str);
    let constants = constants.keys().map(String::as_str);
    Needs::new(object, own.into_iter().chain(optional).chain(constants))
}

/// Fields of a draft: only those that the base has.
#[derive(Default)]
pub(super) struct Fields(Vec<(String, Field)>);

impl Fields {
    pub(super) fn set(mut self, name: &str, value: Field) -> Self {
        self.0.push((name.to_owned(), value));
        self
    }

    /// Nothing is written where the base has no field or we know nothing.
    pub(super) fn may(self, name: &Option<String>, value: Option<Field>) -> Self {
        match (name, value) {
            (Some(name), Some(value)) => self.set(name, value),
            (None, _) | (_, None) => self,
        }
    }

    pub(super) fn constants(mut self, constants: &Map<String, Value>) -> Vec<(String, Field)> {
        self.0.extend(
            constants
                .iter()
                .map(|(name, value)| (name.clone(), Field::Constant(value.clone()))),
        );
        self.0
    }
}
