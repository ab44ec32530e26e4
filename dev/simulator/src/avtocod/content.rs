//! A report in the partner's words. A block whose source has not answered is null.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use super::registries;
use super::sources::{Board, Stage};
use super::{Report, stamp};
use crate::catalogue::{Car, MileageSource, OwnerKind, Registration, Wheel};

/// One element of `data`.
pub(super) fn report(uid: &str, report: &Report, board: &Board, now: DateTime<Utc>) -> Value {
    let car = report.car.as_deref();
    let domain = report.report_type.split_once('@').map(|(_, domain)| domain);
    json!({
        "uid": uid,
        "domain_uid": domain,
        "report_type_uid": report.report_type,
        "vehicle_id": car.map_or(report.query.as_str(), |car| car.identifier()),
        "query": { "type": report.query_type, "body": report.query },
        "progress_ok": board.count(Stage::Ok),
        "progress_wait": board.count(Stage::Progress),
        "progress_error": board.count(Stage::Error),
        "state": { "sources": board.json() },
        "content": match car {
            Some(car) => content(car, board, now),
            None => nothing(report),
        },
        "created_at": stamp(report.created_at),
        "updated_at": stamp(now),
    })
}

/// Sources answered, but know nothing of the car.
fn nothing(report: &Report) -> Value {
    let vin = (report.query_type == "VIN").then_some(&report.query);
    let body = (report.query_type == "BODY").then_some(&report.query);
    json!({ "identifiers": { "vehicle": { "vin": vin, "body": body, "reg_num": null } } })
}

fn content(car: &Car, board: &Board, now: DateTime<Utc>) -> Value {
    let updated = moment(now);
    let when = |source: &str, block: Value| match board.has(source) {
        true => block,
        false => Value::Null,
    };
    json!({
        "identifiers": identifiers(car),
        "tech_data": when("tech.ext", tech_data(car)),
        "additional_info": additional_info(car, board),
        "ownership": when("gibdd.history", ownership(car, &updated)),
        "registration_actions": when("gibdd.history", registration_actions(car)),
        "accidents": when("gibdd.dtp", registries::accidents(car, &updated)),
        "restrictions": when("gibdd.restrict", registries::restrictions(car, &updated)),
        "stealings": when("gibdd.wanted", registries::stealings(car, &updated)),
        "pledges": when("pledge", registries::pledges(car, &updated)),
        "pledges_online": when("pledge.online", registries::pledges(car, &updated)),
        "pledges_nbki": when("pledge.nbki", json!({
            "items": [], "count": 0, "in_pledge": false, "date": { "update": updated },
        })),
        "taxi": when("av.taxi", registries::taxi(car)),
        "carsharing": when("carsharing.base", json!({
            "items": [], "count": 0, "used_in_carsharing": false, "date": { "update": updated },
        })),
        "leasings": when("leasing.registry", registries::leasings(car, &updated)),
        "executive_procedures": when("fssp.base.executive", registries::executive_procedures(car)),
        "mileages": when("gibdd.eaisto", mileages(car, &updated)),
        "utilizations": when("base", json!({
            "items": [], "count": 0, "was_utilized": false, "date": { "update": updated },
        })),
        "market_prices": when("base.ext", market_prices(car, &updated)),
    })
}

fn identifiers(car: &Car) -> Value {
    let other = car.outcome.registered_as.as_ref();
    json!({ "vehicle": {
        "vin": other.or(car.vin.as_ref()),
        "reg_num": car.plate,
        "pts": car.passport.number,
        "sts": car.certificate.number,
        "body": other.is_none().then_some(&car.body_number),
        "chassis": null,
    } })
}

fn tech_data(car: &Car) -> Value {
    json!({
        "manufacturer": { "name": null },
        "brand": {
            "id": format!("ID_MARK_{}", car.make.to_uppercase()),
            "name": { "original": car.make.to_uppercase(), "normalized": car.make },
        },
        "model": {
            "id": null,
            "name": { "original": car.model.to_uppercase(), "normalized": car.model },
        },
        "type": { "name": car.body_type },
        "body": { "number": car.body_number, "color": { "name": car.colour, "type": car.colour } },
        "year": car.year,
        "chassis": { "number": null },
        "engine": {
            "fuel": { "type": "Бензиновый", "type_id": "ID_ENGINE_TYPE_PETROL" },
            "number": car.engine.number,
            "model": { "name": car.engine.code },
            "volume": f64::from(car.engine.volume_cc),
            "power": {
                "hp": f64::from(car.engine.power_hp),
                "kw": (f64::from(car.engine.power_hp) * 0.7355 * 10.0).round() / 10.0,
            },
        },
        "weight": { "netto": car.net_weight_kg, "max": car.max_weight_kg },
        "transmission": { "type": car.transmission },
        "drive": { "type": car.drive },
        "wheel": { "position": match car.wheel {
            Wheel::Left => "LEFT",
            Wheel::Right => "RIGHT",
        } },
    })
}

/// The vehicle passport comes from СЭП when it is electronic, from ГИБДД when it is not.
fn additional_info(car: &Car, board: &Board) -> Value {
    let elpts = board.has("elpts.online");
    let electronic = car.passport.electronic.then_some(elpts);
    let seen = electronic.unwrap_or_else(|| board.has("gibdd.history"));
    let passport = seen.then(|| {
        json!({
            "number": car.passport.number,
            "type": match car.passport.electronic {
                true => "Электронный паспорт транспортного средства",
                false => "Паспорт транспортного средства",
            },
            "status": car.passport.status,
            "has_dublicate": car.passport.duplicate,
            "date": { "receive": midnight(car.passport.issued_on) },
            "org": { "name": car.passport.issued_by },
        })
    });
    let sep = (car.passport.electronic && elpts).then(
        || json!({ "customs": "Отсутствуют", "other": "СВЕДЕНИЯ ОБ ОГРАНИЧЕНИЯХ ОТСУТСТВУЮТ" }),
    );
    let owner = car.registrations.last().map(|last| owner(last));
    json!({ "vehicle": {
        "category": { "code": "B", "description": "Легковые автомобили" },
        "owner": { "type": owner },
        "passport": passport,
        "sts": { "number": car.certificate.number, "date": { "receive": midnight(car.certificate.issued_on) } },
        "modifications": { "was_modificated": false },
        "utilization_tax": sep.is_some().then_some("РФ уплачен"),
        "customs_registration": sep.is_some().then_some("Отсутствуют"),
        "restriction": sep,
    } })
}

fn owner(registration: &Registration) -> &'static str {
    match registration.owner {
        OwnerKind::Person => "PERSON",
        OwnerKind::Company => "LEGAL",
    }
}

fn ownership(car: &Car, updated: &str) -> Value {
    let items: Vec<Value> = car
        .registrations
        .iter()
        .enumerate()
        .map(|(index, registration)| {
            let (code, description) = match index {
                0 => ("11", "Первичная регистрация"),
                _ => (
                    "03",
                    "Изменение собственника (владельца) в результате совершения сделки",
                ),
            };
            json!({
                "date": {
                    "start": midnight(registration.from),
                    "end": registration.to.map(midnight),
                },
                "owner": { "type": owner(registration), "company": null },
                "last_operation": { "code": code, "description": description },
            })
        })
        .collect();
    json!({ "history": { "items": items, "count": items.len(), "date": { "update": updated } } })
}

fn registration_actions(car: &Car) -> Value {
    let items: Vec<Value> = car
        .registrations
        .iter()
        .map(|registration| {
            json!({
                "date": {
                    "start": midnight(registration.from),
                    "end": registration.to.map(midnight),
                },
                "reg_num": car.plate,
                "identifiers": { "pts": car.passport.number, "sts": car.certificate.number },
                "owner": { "type": owner(registration), "org": {} },
                "geo": { "region": registration.region, "city": null },
            })
        })
        .collect();
    json!({ "items": items, "count": items.len(), "has_annulment": false })
}

fn mileages(car: &Car, updated: &str) -> Value {
    let items: Vec<Value> = car
        .mileages
        .iter()
        .filter(|record| record.source == MileageSource::Inspection)
        .map(|record| {
            json!({
                "date": { "event": midnight(record.on) },
                "mileage": record.km,
                "filled_by": { "source": "gibdd.eaisto" },
                "actuality": { "date": updated },
            })
        })
        .collect();
    json!({ "items": items, "count": items.len() })
}

fn market_prices(car: &Car, updated: &str) -> Value {
    json!({ "appraisal": {
        "amount": {
            "min": car.market.min_rub,
            "max": car.market.max_rub,
            "optimal": car.market.average_rub,
        },
        "date": { "update": updated },
    } })
}

/// "2014-02-06 00:00:00"
pub(super) fn midnight(day: NaiveDate) -> String {
    format!("{day} 00:00:00")
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}
