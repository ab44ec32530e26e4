//! A ready report in the partner's words.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use serde_json::{Value, json};

use super::restrictions;
use crate::catalogue::{Car, Mileage, MileageSource, OwnerKind, Source};

/// The whole answer. All dates are Unix seconds.
pub(super) fn ready(id: u64, car: &Car, now: DateTime<Utc>) -> Value {
    let link = format!("https://autoteka.example/report/web/uuid/{id}");
    let report = json!({
        "reportId": id,
        "status": "success",
        "pdfLink": format!("https://autoteka.example/report/pdf/uuid/{id}"),
        "webLink": link,
        "data": data(car, now.timestamp()),
    });
    json!({ "result": { "report": report } })
}

fn data(car: &Car, now: i64) -> Value {
    let accidents = accidents(car, now);
    let owners = registration_actions(car, now);
    json!({
        "head": head(car, now),
        "carImage": { "originalUrl": "", "previewUrl": "" },
        "events": events(car),
        "equipment": equipment(car),
        "ownersHistory": owners["ownersHistory"],
        "registrationActions": owners,
        "restrictions": restrictions::of(car, now),
        "other": [{
            "type": "originalPTS",
            "status": if car.passport.duplicate { "warning" } else { "ok" },
            "text": if car.passport.duplicate {
                "Дубликат ПТС (Обнаружены сведения о выдаче дубликата)"
            } else {
                "Оригинальный ПТС (Не обнаружены сведения о выдаче дубликата)"
            },
        }],
        "avitoItems": [],
        "eventsOthersHistory": services(car),
        "crashesHistory": accidents["crashesHistory"],
        "accidents": accidents,
        "techInspectionHistory": { "events": inspections(car) },
        "customs": null,
        "serviceInfo": service_info(car),
        "diagnostics": null,
        "ptsData": pts(car, now),
        "ptsType": pts_type(car),
        "recalls": [],
        "insurancePayments": insurance_payments(car),
        "salvageCarAuctionRecords": salvage(car),
        "arbitrationCases": { "cases": [] },
        "leasing": leasing(car),
        "avitoAuctions": { "auctions": [] },
        "avitoPriceValuation": null,
        "carsharingData": null,
        "taxiData": taxi(car, now),
        "epts": epts(car),
        "fines": null,
    })
}

fn head(car: &Car, now: i64) -> Value {
    json!({
        "brand": car.make.to_uppercase(),
        "model": car.model,
        "year": car.year,
        "vin": car.identifier(),
        "regNumber": car.plate,
        "vehicleIdentifierType": if car.vin.is_some() { "vin" } else { "frame" },
        "createdAt": now,
    })
}

fn events(car: &Car) -> Value {
    let crashes = car.outcome.crashes.len();
    let pledged = car.outcome.pledge.is_some();
    // The newest record, which the present odometer may be below.
    let last = car.mileages.iter().max_by_key(|m| (m.on, m.km));
    let last_km = last.map_or(car.mileage_km, |m| m.km);
    json!({
        "crashes": {
            "type": if crashes > 0 { "warning" } else { "ok" },
            "value": crashes > 0,
            "description": format!("ДТП: {crashes}"),
        },
        "owners": {
            "type": if car.registrations.len() > 3 { "caution" } else { "ok" },
            "value": car.registrations.len(),
            "description": format!("Владельцев: {}", car.registrations.len()),
        },
        "lastMileageRecord": {
            "type": "ok",
            "value": last_km,
            "description": format!("Пробег {last_km} км"),
        },
        "pledge": {
            "type": if pledged { "caution" } else { "ok" },
            "value": pledged,
            "description": if pledged { "Обнаружен залог" } else { "Залоги не обнаружены" },
        },
        "bodyRepair": { "type": "ok", "value": false, "description": "Нет кузовных ремонтов" },
        "dealerDataAvailable": { "type": "ok", "value": true, "description": "Есть данные от дилера" },
        "avitoOnSale": {
            "type": "ok",
            "value": false,
            "description": "Авто не в продаже",
            "additionalInfo": { "date": 0, "price": 0, "title": "", "url": "" },
        },
        "publicPerson": {
            "type": "ok",
            "value": car.registrations.iter().any(|r| r.owner == OwnerKind::Company),
            "description": "Регистрация на юрлицо",
        },
        "firstSellDate": {
            "type": "ok",
            "value": car.registrations.first().map(|r| r.from.to_string()),
        },
    })
}

fn equipment(car: &Car) -> Value {
    let described = |title: &str, value: Value, description: String| json!({ "title": title, "value": value, "description": description });
    let plain = |title: &str, value: Value| json!({ "title": title, "value": value });
    let litres = f64::from(car.engine.volume_cc) / 1000.0;
    json!({
        "brand": plain("Бренд", json!(car.make.to_uppercase())),
        "model": plain("Модель", json!(car.model)),
        "modification": plain("Модификация", json!(car.modification)),
        "equipment": plain("Комплектация", json!("Базовая")),
        "body": described("Кузов", json!(7), car.body_type.clone()),
        "bodyNumber": plain("Номер кузова", json!(car.body_number)),
        "chasisNumber": null,
        "engineNumber": plain("Номер двигателя", json!(car.engine.number)),
        "engineType": plain("Тип двигателя", json!("Бензин")),
        "color": described("Цвет", json!(car.colour), car.colour.clone()),
        "drive": described("Привод", json!(1), car.drive.clone()),
        "horsepower": described("Мощность", json!(car.engine.power_hp), format!("{} л.с.", car.engine.power_hp)),
        "volume": described("Объем двигателя", json!(car.engine.volume_cc), format!("{litres:.1} л")),
        "netWeight": described("Масса без нагрузки", json!(car.net_weight_kg), format!("{} кг", car.net_weight_kg)),
        "maxWeight": described("Разрешенная максимальная масса", json!(car.max_weight_kg), format!("{} кг", car.max_weight_kg)),
        "transmission": described("Трансмиссия", json!(2), car.transmission.clone()),
        "vehicle": described("Тип ТС", json!(1), "Легковой".to_owned()),
        "vehicleCategory": plain("Категория ТС", json!("B")),
        "vehicleType": plain("Категория ТС", json!("Легковой прочий")),
        "year": plain("Год выпуска", json!(car.year)),
    })
}

fn registration_actions(car: &Car, now: i64) -> Value {
    if car.is_silent(Source::Registrations) {
        return json!({ "requestTime": null, "ownersHistory": [] });
    }
    let owners: Vec<Value> = car
        .registrations
        .iter()
        .enumerate()
        .map(|(index, registration)| {
            // In the report 1 is a person and 2 a company.
            let (code, title) = match registration.owner {
                OwnerKind::Person => (1, "Физическое лицо"),
                OwnerKind::Company => (2, "Юридическое лицо"),
            };
            let until = registration
                .to
                .map_or("по настоящее время".to_owned(), month);
            json!({
                "owner": format!("Владелец {}", index + 1),
                "title": title,
                "type": code,
                "organisationName": null,
                "region": registration.region,
                "period": format!("{} - {until}", month(registration.from)),
            })
        })
        .collect();
    json!({ "requestTime": now, "ownersHistory": owners })
}

fn accidents(car: &Car, now: i64) -> Value {
    if car.is_silent(Source::Accidents) {
        return json!({ "requestTime": null, "crashesHistory": [] });
    }
    let crashes: Vec<Value> = car
        .outcome
        .crashes
        .iter()
        .map(|crash| {
            json!({
                "date": unix(crash.on),
                "type": crash.kind,
                "region": crash.region,
                "clearanceType": null,
                "damageMap": [],
                "damageTypes": [{
                    "slug": "front-right",
                    "type": if crash.heavy { "red" } else { "yellow" },
                    "description": crash.damage,
                }],
                "additional": [],
            })
        })
        .collect();
    json!({ "requestTime": now, "crashesHistory": crashes })
}

fn services(car: &Car) -> Vec<Value> {
    records(car, MileageSource::Service)
        .map(|record| {
            json!({
                "date": unix(record.on),
                "type": "service",
                "event": "Плановое техническое обслуживание",
                "mileage": record.km,
                "source": "Дилерский центр",
                "description": "",
            })
        })
        .collect()
}

fn inspections(car: &Car) -> Vec<Value> {
    records(car, MileageSource::Inspection)
        .map(|record| {
            json!({
                "cardNumber": null,
                "startDate": unix(record.on),
                "endDate": unix(record.on) + 365 * 86_400,
                "mileage": record.km,
            })
        })
        .collect()
}

fn records(car: &Car, source: MileageSource) -> impl Iterator<Item = &Mileage> {
    car.mileages.iter().filter(move |m| m.source == source)
}

fn service_info(car: &Car) -> Value {
    let unavailable: Vec<Value> = car
        .outcome
        .silent
        .iter()
        .map(|source| match source {
            Source::Registrations => "ownersHistory",
            Source::Accidents => "crashesHistory",
            Source::Restrictions => "restrictions",
            Source::Wanted => "stealing",
            Source::Pledge => "pledge",
            Source::Taxi => "taxi",
            Source::Epts => "epts",
        })
        .map(|name| json!({ "dataType": name, "source": name }))
        .collect();
    let status = if unavailable.is_empty() {
        "ok"
    } else {
        "incomplete"
    };
    json!({ "reportCompleteStatus": { "status": status, "unavailableSources": unavailable } })
}

fn pts(car: &Car, now: i64) -> Value {
    json!({
        "pts": {
            "ptsNumber": car.passport.number,
            "organization": car.passport.issued_by,
            "createdAt": unix(car.passport.issued_on),
            "requestTime": now,
        },
        "sts": {
            "stsNumber": car.certificate.number,
            "createdAt": unix(car.certificate.issued_on),
            "requestTime": now,
        },
    })
}

fn pts_type(car: &Car) -> &'static str {
    match (car.passport.electronic, car.passport.duplicate) {
        (true, _) => "Электронный",
        (false, true) => "Бумажный дубликат",
        (false, false) => "Бумажный оригинал",
    }
}

fn insurance_payments(car: &Car) -> Vec<Value> {
    car.outcome
        .crashes
        .iter()
        .filter_map(|crash| {
            Some(json!({
                "companyName": "ВЫМЫШЛЕННОЕ СТРАХОВАНИЕ",
                "isForVictim": true,
                "isCourtPayment": false,
                "paymentAmount": crash.paid_rub? as f64 + 0.5,
                "year": crash.on.year(),
                "month": crash.on.month(),
            }))
        })
        .collect()
}

fn salvage(car: &Car) -> Vec<Value> {
    car.outcome
        .salvage
        .iter()
        .map(|on| {
            json!({
                "auction": "AUTOonline (Audatex)",
                "date": format!("{on} 10:05:19"),
                "description": "Повреждения<br/>Общее: Капот",
                "images": [],
                "mileage": null,
                "region": "Московская область",
            })
        })
        .collect()
}

fn leasing(car: &Car) -> Value {
    let contracts: Vec<Value> = car
        .outcome
        .leasing
        .iter()
        .map(|leasing| {
            json!({
                "contractDate": unix(leasing.from),
                "startDate": unix(leasing.from),
                "endDate": unix(leasing.to),
                "lessorName": leasing.lessor,
                "lesseeName": null,
            })
        })
        .collect();
    json!({ "contracts": contracts })
}

fn taxi(car: &Car, now: i64) -> Value {
    if car.is_silent(Source::Taxi) {
        return Value::Null;
    }
    let permits: Vec<Value> = car
        .outcome
        .taxi
        .iter()
        .map(|permit| {
            json!({
                "regionName": permit.region,
                "permitNumber": permit.number,
                "dateFrom": unix(permit.from),
                "dateTo": permit.to.map(unix),
                "isActual": permit.to.is_none(),
            })
        })
        .collect();
    json!({ "recaps": [], "events": permits, "requestTime": now })
}

fn epts(car: &Car) -> Value {
    let Some(status) = car.passport.status.as_deref() else {
        return Value::Null;
    };
    if car.is_silent(Source::Epts) {
        return Value::Null;
    }
    json!({
        "status": status,
        "type": "Электронный паспорт транспортного средства",
        "recyclingFee": "РФ уплачен",
        "customsClearance": "Отсутствуют",
        "customsRestrictions": "Отсутствуют",
        "otherRestrictions": "ОТСУТСТВУЮТ",
        "lastAction": format!(
            "РФ - Постановка на регистрационный учет ({})",
            car.passport.issued_on.format("%d.%m.%Y")
        ),
    })
}

pub(super) fn unix(day: NaiveDate) -> i64 {
    day.and_time(NaiveTime::MIN).and_utc().timestamp()
}

/// "Октябрь 2011"
fn month(day: NaiveDate) -> String {
    const MONTHS: [&str; 12] = [
        "Январь",
        "Февраль",
        "Март",
        "Апрель",
        "Май",
        "Июнь",
        "Июль",
        "Август",
        "Сентябрь",
        "Октябрь",
        "Ноябрь",
        "Декабрь",
    ];
    format!("{} {}", MONTHS[day.month0() as usize], day.year())
}
