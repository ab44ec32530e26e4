//! The seller, the car and the receipt in the accounting base.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use contracts::onec::{SaveCar, SaveCounterparty, SaveReceipt};
use domain::car::{CarClaim, Client};
use domain::document::PaperFields;
use domain::finding::SeenReceipt;
use domain::vin::CarIdentifier;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::mapping::{ALFA_AUTO, Fields, Mapping};
use crate::error::PartnerError;
use crate::http::SetupError;
use crate::odata::{
    self, DATE, DELETED, Draft, Field, ODataClient, POSTED, Part, REF_KEY, Settings,
};

const PARTNER: &str = "onec_alfa";

/// `[partners.onec_alfa]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The publication's address, `https://1c.example.com/alfa/`; `odata/standard.odata/` is added.
    pub base_url: Url,
    pub user: String,
    pub password: SecretString,
    /// Our legal entities by id: the value by which the base finds each (ИНН in the usual mapping), or
    /// its Ref_Key.
    pub organizations: BTreeMap<String, String>,
    /// Our sites by id: the value by which the base finds each, or its Ref_Key.
    pub sites: BTreeMap<String, String>,
    /// File with the names of objects and fields; absent: those of Альфа-Авто 6.
    #[serde(default)]
    pub mapping: Option<PathBuf>,
    /// By which clock the base keeps its times.
    #[serde(default = "time_zone")]
    pub time_zone: Tz,
    /// A base that slept answers its first question after half a minute.
    #[serde(default = "read_timeout_secs")]
    pub read_timeout_secs: u64,
    #[serde(default = "write_timeout_secs")]
    pub write_timeout_secs: u64,
    /// Each call at once takes a licence of 1C.
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    /// Asks 1C to keep one session for all calls; works only where the publication allows it.
    #[serde(default)]
    pub sessions: bool,
    #[serde(default)]
    pub extra_ca: Option<PathBuf>,
}

fn time_zone() -> Tz {
    chrono_tz::Europe::Moscow
}

fn read_timeout_secs() -> u64 {
    60
}

fn write_timeout_secs() -> u64 {
    180
}

fn concurrency() -> usize {
    2
}

pub struct OnecClient {
    odata: ODataClient,
    mapping: Mapping,
    organizations: BTreeMap<String, String>,
    sites: BTreeMap<String, String>,
}

impl OnecClient {
    pub fn new(config: &Config) -> Result<Self, SetupError> {
        let mapping: Mapping = odata::mapping(PARTNER, config.mapping.as_deref(), ALFA_AUTO)?;
        let odata = ODataClient::new(
            PARTNER,
            &mapping.base,
            &Settings {
                base_url: &config.base_url,
                user: &config.user,
                password: &config.password,
                time_zone: config.time_zone,
                read_timeout: Duration::from_secs(config.read_timeout_secs),
                write_timeout: Duration::from_secs(config.write_timeout_secs),
                concurrency: config.concurrency,
                sessions: config.sessions,
                extra_ca: config.extra_ca.as_deref(),
            },
        )?;
        Ok(Self {
            odata,
            mapping,
            organizations: config.organizations.clone(),
            sites: config.sites.clone(),
        })
    }

    /// Compares the mapping with what the base publishes. The answer is what is missing, an English
    /// sentence each that names base, object and field; while anything is, nothing is written.
    pub async fn check_metadata(&self) -> Result<Vec<String>, PartnerError> {
        self.odata.check(&self.mapping.needs()).await
    }

    /// Ends the session of 1C, if there is one.
    pub async fn close(&self) {
        self.odata.close().await;
    }

    pub(super) async fn save_counterparty(
        &self,
        card: &SaveCounterparty,
    ) -> Result<(), PartnerError> {
        let SaveCounterparty {
            ref_key,
            client,
            fields,
        } = card;
        let Client {
            contact_id: _,
            last_name: _,
            first_name: _,
            middle_name: _,
            birthdate: _,
            phone,
            email,
        } = client;
        let names = &self.mapping.counterparty;
        let document = format!(
            "Паспорт гражданина РФ, серия {} № {}, выдан {} {}",
            fields.passport_series,
            fields.passport_number,
            fields.passport_issued_on.format("%d.%m.%Y"),
            fields.passport_issued_by
        );
        // The passport's name and not the portal's: the contract is made out to it.
        let name = Field::text(&fields.seller_full_name);
        let draft = Fields::default()
            .set(&names.description, name.clone())
            .may(&names.full_name, Some(name))
            .may(&names.birthdate, Some(Field::day(fields.seller_birthdate)))
            .may(&names.identity_document, Some(Field::text(document)))
            .may(&names.address, Some(Field::text(&fields.seller_address)))
            .may(
                &names.phone,
                phone.as_ref().map(|phone| Field::text(phone.e164())),
            )
            .may(&names.email, email.as_ref().map(Field::text))
            .constants(&names.constants);
        self.odata
            .save(&catalogue(&names.object, *ref_key, draft), &[])
            .await
            .map(drop)
    }

    /// The card under our own key; else the card that the base has of this car; else a new one.
    pub(super) async fn save_car(&self, card: &SaveCar) -> Result<Uuid, PartnerError> {
        let SaveCar {
            ref_key,
            car,
            fields,
            mileage_km,
        } = card;
        let names = &self.mapping.car;
        let own = self
            .odata
            .get(&names.object, *ref_key, &[REF_KEY.to_owned()])
            .await?;
        if own.is_none() {
            let by = match &car.identifier {
                CarIdentifier::Vin(_) => &names.vin,
                CarIdentifier::Frame(_) => &names.body,
            };
            let found = self
                .odata
                .find(&names.object, by, car.identifier.as_str())
                .await?;
            match found[..] {
                [] => {}
                // Bought before: the card is the base's own, with its history, and stays as it is.
                [known] => return Ok(known),
                [_, ..] => {
                    return Err(PartnerError::rejected(
                        "double",
                        format!(
                            "В базе «{}» несколько карточек этого автомобиля ({by}). Оставьте одну, остальные пометьте на удаление.",
                            self.mapping.base
                        ),
                    ));
                }
            }
        }
        let draft = self.car_fields(car, fields, *mileage_km);
        self.odata
            .save(&catalogue(&names.object, *ref_key, draft), &[])
            .await?;
        Ok(*ref_key)
    }

    fn car_fields(
        &self,
        car: &CarClaim,
        fields: &PaperFields,
        mileage_km: u32,
    ) -> Vec<(String, Field)> {
        let names = &self.mapping.car;
        let CarClaim {
            identifier,
            plate,
            make,
            model,
            year,
        } = car;
        let (vin, body) = match identifier {
            CarIdentifier::Vin(vin) => (Some(vin.as_str()), fields.body_number.as_deref()),
            CarIdentifier::Frame(frame) => (None, Some(frame.as_str())),
        };
        let text = |value: &Option<String>| value.as_ref().map(Field::text);
        Fields::default()
            .set(&names.description, Field::text(car.title()))
            .may(&Some(names.vin.clone()), vin.map(Field::text))
            .may(&Some(names.body.clone()), body.map(Field::text))
            .may(&names.make, Some(Field::text(make)))
            .may(&names.model, Some(Field::text(model)))
            .may(&names.year, Some(Field::Number((*year).into())))
            .may(
                &names.plate,
                plate.as_ref().map(|plate| Field::text(plate.as_str())),
            )
            .may(&names.mileage, Some(Field::Number(mileage_km.into())))
            .may(&names.color, Some(Field::text(&fields.color)))
            .may(&names.engine, text(&fields.engine_number))
            .may(&names.chassis, text(&fields.chassis_number))
            .may(
                &names.power_hp,
                fields.power_hp.map(|power| Field::Number(power.into())),
            )
            .may(
                &names.passport,
                Some(Field::text(&fields.vehicle_passport_number)),
            )
            .may(
                &names.passport_issued_on,
                Some(Field::day(fields.vehicle_passport_issued_on)),
            )
            .may(
                &names.certificate,
                Some(Field::text(&fields.registration_certificate_number)),
            )
            .constants(&names.constants)
    }

    /// The unposted receipt; answers its number.
    pub(super) async fn save_receipt(&self, receipt: &SaveReceipt) -> Result<String, PartnerError> {
        let SaveReceipt {
            ref_key,
            car,
            counterparty,
            legal_entity,
            site,
            price,
            contract_number,
            at,
            comment,
        } = receipt;
        let names = &self.mapping.receipt;
        let value = self.configured("organizations", &self.organizations, legal_entity)?;
        let organization = self
            .odata
            .resolve(&self.mapping.organization, value)
            .await?;
        let site = match &names.site {
            None => None,
            Some(_) => {
                let value = self.configured("sites", &self.sites, site)?;
                Some(self.odata.resolve(&self.mapping.site, value).await?)
            }
        };
        let cars = &names.cars;
        let row = Fields::default()
            .set(&cars.car, Field::Key(*car))
            .may(&cars.price, Some(Field::Amount(*price)))
            .set(&cars.amount, Field::Amount(*price))
            .constants(&cars.constants);
        let fields = Fields::default()
            .set(&names.organization, Field::Key(organization))
            .may(&names.site, site.map(Field::Key))
            .set(&names.counterparty, Field::Key(*counterparty))
            .may(&names.contract_number, Some(Field::text(contract_number)))
            .set(&names.total, Field::Amount(*price))
            .set(&names.comment, Field::text(comment))
            .constants(&names.constants);
        let draft = Draft {
            object: names.object.clone(),
            key: *ref_key,
            fields,
            at_creation: vec![(DATE.to_owned(), Field::moment(*at, self.odata.time_zone()))],
            parts: vec![Part {
                name: cars.part.clone(),
                rows: vec![row],
            }],
        };
        self.odata.save_numbered(&draft).await
    }

    /// Receipts as they are; one that is not there is left out.
    pub(super) async fn receipts(
        &self,
        ref_keys: &[Uuid],
    ) -> Result<Vec<SeenReceipt>, PartnerError> {
        let names = &self.mapping.receipt;
        let select = [REF_KEY, POSTED, DELETED, names.total.as_str()].map(str::to_owned);
        let mut seen = Vec::new();
        for ref_key in ref_keys {
            let Some(receipt) = self.odata.get(&names.object, *ref_key, &select).await? else {
                continue;
            };
            seen.push(SeenReceipt {
                ref_key: *ref_key,
                posted: receipt.flag(POSTED),
                deleted: receipt.flag(DELETED),
                total: receipt.amount(&names.total),
            });
        }
        Ok(seen)
    }

    /// Posts the receipt, unless it is posted.
    pub(super) async fn post_receipt(&self, ref_key: Uuid) -> Result<(), PartnerError> {
        self.odata.post(&self.mapping.receipt.object, ref_key).await
    }

    fn configured<'a>(
        &self,
        key: &str,
        values: &'a BTreeMap<String, String>,
        id: &str,
    ) -> Result<&'a str, PartnerError> {
        values.get(id).map(String::as_str).ok_or_else(|| {
            PartnerError::rejected(
                "not_configured",
                format!("В настройках partners.{PARTNER}.{key} нет «{id}». Ничего не записано."),
            )
        })
    }
}

fn catalogue(object: &str, key: Uuid, fields: Vec<(String, Field)>) -> Draft {
    Draft {
        object: object.to_owned(),
        key,
        fields,
        at_creation: Vec::new(),
        parts: Vec::new(),
    }
}
