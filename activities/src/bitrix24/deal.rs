//! The deal with its contact as a buyout needs them, and the values that a buyout brings it to.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use contracts::bitrix24::{ReadDeal, UpdateDeal};
use domain::buyout::start::BuyoutId;
use domain::car::{CarClaim, Client, Deal, Visit};
use domain::money::Money;
use domain::phone::Phone;
use domain::place::GeoPoint;
use domain::plate::Plate;
use domain::vin::CarIdentifier;
use serde_json::{Map, Value, json};

use super::client::Command;
use super::config::DealFields;
use super::{Bitrix24Activities, dto};
use crate::error::PartnerError;

/// A deal's number among the types of the CRM.
const DEAL: u32 = 2;

type Fields = BTreeMap<String, Value>;

impl Bitrix24Activities {
    /// Deal and contact in one batch.
    pub(super) async fn read(&self, query: &ReadDeal) -> Result<Deal, PartnerError> {
        let commands = [
            Command {
                key: "deal".to_owned(),
                method: "crm.item.get",
                params: vec![
                    ("entityTypeId", DEAL.to_string()),
                    ("id", query.deal_id.to_string()),
                    ("useOriginalUfNames", "Y".to_owned()),
                ],
            },
            Command {
                // After "deal" in the order of keys: it uses the deal's result.
                key: "deal_contact".to_owned(),
                method: "crm.contact.get",
                params: vec![("id", "$result[deal][item][contactId]".to_owned())],
            },
        ];
        let mut batch = self.client.batch(&query.portal, &commands).await?;
        if let Some(error) = batch.errors.remove("deal") {
            return Err(error);
        }
        let fields = batch.results.remove("deal").map(item).transpose()?;
        let fields = fields.ok_or_else(|| shape("a batch without the deal"))?;
        let Some(contact_id) = fields.get("contactId").and_then(dto::as_number) else {
            return Err(missing("Контакт", "contactId"));
        };
        if let Some(error) = batch.errors.remove("deal_contact") {
            return Err(error);
        }
        let contact = batch.results.remove("deal_contact");
        let contact = contact.ok_or_else(|| shape("a batch without the contact"))?;
        let contact: dto::Contact =
            serde_json::from_value(contact).map_err(|_| shape("a contact of another shape"))?;
        deal(
            query.deal_id,
            &fields,
            self.client.fields(),
            client(contact_id, contact)?,
        )
    }

    /// Writes what differs, in one call.
    pub(super) async fn bring(&self, update: &UpdateDeal) -> Result<(), PartnerError> {
        let UpdateDeal {
            portal,
            deal_id,
            stage,
            price,
            result,
            files,
        } = update;
        let names = self.client.fields();
        let query = json!({ "entityTypeId": DEAL, "id": deal_id, "useOriginalUfNames": "Y" });
        let reply = self
            .client
            .call::<dto::Item>(portal, "crm.item.get", query)
            .await?;
        let now = reply.result.item;
        let mut fields = Map::new();
        if let Some(stage) = stage
            && text(&now, "stageId").as_ref() != Some(stage)
        {
            fields.insert("stageId".to_owned(), json!(stage));
        }
        if let Some(price) = price
            && amount(&now, &names.price) != Some(*price)
        {
            fields.insert(names.price.clone(), json!(price.to_partner()));
        }
        if let Some(result) = result
            && text(&now, &names.result).as_deref() != Some(result.trim())
        {
            fields.insert(names.result.clone(), json!(result));
        }
        // All of it is one write of the portal: with the other fields as they should be and as many
        // files as there should be, the files are ours.
        let there = match now.get(&names.files) {
            Some(Value::Array(files)) => files.len(),
            Some(_) | None => 0,
        };
        if !files.is_empty() && (there != files.len() || !fields.is_empty()) {
            let run = BuyoutId::new(portal, *deal_id);
            let encoded = self.encoded(&run, files).await?;
            fields.insert(names.files.clone(), json!(encoded));
        }
        if fields.is_empty() {
            return Ok(());
        }
        let written: Vec<String> = fields.keys().cloned().collect();
        let change = json!({
            "entityTypeId": DEAL,
            "id": deal_id,
            "useOriginalUfNames": "Y",
            "fields": fields,
        });
        let reply = self
            .client
            .call::<dto::Item>(portal, "crm.item.update", change)
            .await?;
        // The portal takes fields that it does not have without a word.
        let lost = written
            .iter()
            .find(|name| reply.result.item.get(*name).is_none_or(Value::is_null));
        match lost {
            None => Ok(()),
            Some(name) => Err(PartnerError::rejected(
                "deal_field",
                format!(
                    "Битрикс24 не сохранил поле сделки {name}: такого поля нет или оно отключено. Добавьте поле на портале и повторите."
                ),
            )),
        }
    }
}

pub(super) fn item(value: Value) -> Result<Fields, PartnerError> {
    let item: dto::Item =
        serde_json::from_value(value).map_err(|_| shape("a deal of another shape"))?;
    Ok(item.item)
}

pub(super) fn deal(
    deal_id: u64,
    fields: &Fields,
    names: &DealFields,
    client: Client,
) -> Result<Deal, PartnerError> {
    let required = |title: &str, name: &str| text(fields, name).ok_or_else(|| missing(title, name));
    let vin = required("VIN", &names.vin)?;
    let identifier =
        CarIdentifier::parse(&vin).map_err(|error| wrong("VIN", &names.vin, &error.sentence()))?;
    let plate = text(fields, &names.plate)
        .map(|plate| Plate::parse(&plate))
        .transpose()
        .map_err(|error| wrong("Госномер", &names.plate, &error.sentence()))?;
    let year = required("Год выпуска", &names.year)?;
    let year = year
        .parse::<u16>()
        .ok()
        .filter(|year| (1900..=2100).contains(year))
        .ok_or_else(|| {
            wrong(
                "Год выпуска",
                &names.year,
                "Укажите год цифрами, например 2021.",
            )
        })?;
    let at = text(fields, &names.visit_at)
        .map(|at| DateTime::parse_from_rfc3339(&at))
        .transpose()
        .map_err(|_| wrong("Время осмотра", &names.visit_at, "Укажите дату и время."))?
        .map(|at| at.with_timezone(&Utc));
    let (address, place) = located(&required("Адрес осмотра", &names.address)?);
    Ok(Deal {
        deal_id,
        title: text(fields, "title").unwrap_or_default(),
        stage: required("Стадия", "stageId")?,
        car: CarClaim {
            identifier,
            plate,
            make: required("Марка", &names.make)?,
            model: required("Модель", &names.model)?,
            year,
        },
        client,
        visit: Visit {
            city: required("Город", &names.city)?,
            address,
            at,
            place,
        },
        consent: fields.get(&names.consent).is_some_and(yes),
        responsible: fields.get("assignedById").and_then(dto::as_number),
    })
}

/// A field of the type "address" holds "text|latitude;longitude|number", one of the type "string" the text.
fn located(value: &str) -> (String, Option<GeoPoint>) {
    let mut parts = value.split('|');
    let address = parts.next().unwrap_or_default().trim().to_owned();
    let place = parts
        .next()
        .and_then(|point| point.split_once(';'))
        .and_then(|(lat, lon)| GeoPoint::parse(lat, lon));
    (address, place)
}

pub(super) fn client(contact_id: u64, contact: dto::Contact) -> Result<Client, PartnerError> {
    let dto::Contact {
        last_name,
        name,
        second_name,
        birthdate,
        phone,
        email,
    } = contact;
    let required = |title: &str, name: &str, value: &Value| {
        dto::as_text(value).ok_or_else(|| missing(title, name))
    };
    let phones: Vec<_> = dto::multifield(&phone)
        .iter()
        .map(|p| Phone::parse(p))
        .collect();
    // Of several numbers one that can be called is enough; one that cannot be read is a mistake to mend.
    let phone = match phones.iter().find_map(|phone| phone.as_ref().ok()) {
        Some(phone) => Some(phone.clone()),
        None => match phones.into_iter().find_map(Result::err) {
            Some(error) => return Err(wrong("Телефон контакта", "PHONE", error.sentence())),
            None => None,
        },
    };
    let birthdate = dto::as_text(&birthdate)
        .map(|date| day(&date))
        .map(|day| day.ok_or_else(|| wrong("Дата рождения", "BIRTHDATE", "Укажите дату.")))
        .transpose()?;
    Ok(Client {
        contact_id,
        last_name: required("Фамилия контакта", "LAST_NAME", &last_name)?,
        first_name: required("Имя контакта", "NAME", &name)?,
        middle_name: dto::as_text(&second_name),
        birthdate,
        phone,
        email: dto::multifield(&email).into_iter().next(),
    })
}

fn text(fields: &Fields, name: &str) -> Option<String> {
    dto::as_text(fields.get(name)?)
}

/// A field of type number or "money": `1529000`, `1529000.00`, `1529000|RUB`.
pub(super) fn amount(fields: &Fields, name: &str) -> Option<Money> {
    let text = text(fields, name)?;
    let number = text.split('|').next().unwrap_or_default();
    Money::parse_partner(number).ok()
}

/// Yes/no fields are read as `true`, `1` or `Y`, whatever the method's age.
fn yes(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_u64() == Some(1),
        Value::String(text) => matches!(text.trim(), "Y" | "1" | "true"),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

/// The day of "1985-03-12T03:00:00+03:00": the offset is the portal's and says nothing.
fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()
}

fn missing(title: &str, name: &str) -> PartnerError {
    PartnerError::rejected(
        "deal_field",
        format!(
            "В сделке не заполнено поле «{title}» ({name}). Заполните его в Битрикс24 и повторите."
        ),
    )
}

fn wrong(title: &str, name: &str, sentence: &str) -> PartnerError {
    PartnerError::rejected(
        "deal_field",
        format!("Поле сделки «{title}» ({name}) заполнено неверно. {sentence}"),
    )
}

fn shape(what: &str) -> PartnerError {
    PartnerError::protocol(format!("bitrix24 batch: {what}"))
}
