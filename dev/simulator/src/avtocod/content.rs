//! A report in the partner's words. A block whose source has not answered is null.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use super::sources::{Board, Progress};
use super::{Report, SilentSources, stamp};
use crate::catalogue::{Car, MileageSource, OwnerKind, Registration, Wheel};

/// One element of `data`.
pub(super) fn report(
    uid: &str,
    report: &Report,
    car: Option<&Car>,
    silent: SilentSources,
    now: DateTime<Utc>,
) -> Value {
    let board = Board::of(report, car, silent, now);
    let domain = report.report_type.split_once('@').map(|(_, domain)| domain);
    json!({
        "uid": uid,
        "domain_uid": domain,
        "report_type_uid": report.report_type,
        "vehicle_id": car.map_or(report.query.as_str(), |car| car.identifier()),
        "query": { "type": report.query_type, "body": report.query },
        "progress_ok": board.count(Progress::Ok),
        "progress_wait": board.count(Progress::Progress),
        "progress_error": board.count(Progress::Error),
        "state": { "sources": board.json() },
        "content": match car {
            Some(car) => content(car, &board, now),
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
        "accidents": when("gibdd.dtp", accidents(car, &updated)),
        "restrictions": when("gibdd.restrict", restrictions(car, &updated)),
        "stealings": when("gibdd.wanted", stealings(car, &updated)),
        "pledges": when("pledge", pledges(car, &updated)),
        "pledges_online": when("pledge.online", pledges(car, &updated)),
        "pledges_nbki": when("pledge.nbki", json!({
            "items": [], "count": 0, "in_pledge": false, "date": { "update": updated },
        })),
        "taxi": when("av.taxi", taxi(car)),
        "carsharing": when("carsharing.base", json!({
            "items": [], "count": 0, "used_in_carsharing": false, "date": { "update": updated },
        })),
        "leasings": when("leasing.registry", leasings(car, &updated)),
        "executive_procedures": when("fssp.base.executive", executive_procedures(car)),
        "mileages": when("gibdd.eaisto", mileages(car, &updated)),
        "utilizations": when("base", json!({
            "items": [], "count": 0, "was_utilized": false, "date": { "update": updated },
        })),
        "market_prices": when("base.ext", market_prices(car, &updated)),
    })
}

fn identifiers(car: &Car) -> Value {
    json!({ "vehicle": {
        "vin": car.vin,
        "reg_num": car.plate,
        "pts": car.passport.number,
        "sts": car.certificate.number,
        "body": car.body_number,
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

fn accidents(car: &Car, updated: &str) -> Value {
    let items: Vec<Value> = car
        .outcome
        .crashes
        .iter()
        .enumerate()
        .map(|(index, crash)| {
            json!({
                "number": format!("{:09}", 450_000_000 + index),
                "accident": { "date": format!("{} 15:50:00", crash.on) },
                "participants": { "total": 2 },
                "actuality": { "date": updated },
                "type": crash.kind,
                "state": "Повреждено",
                "org": { "name": null },
                "damage": { "raw": crash.damage, "points": [110], "codes": ["110"] },
                "vehicle": {
                    "brand": { "name": car.make },
                    "model": { "name": car.model },
                    "year": car.year,
                },
                "geo": { "region": crash.region, "city": null },
            })
        })
        .collect();
    json!({
        "history": { "items": items, "count": items.len(), "date": { "update": updated } },
        "has_accidents": !items.is_empty(),
    })
}

fn restrictions(car: &Car, updated: &str) -> Value {
    let items: Vec<Value> = car
        .outcome
        .ban
        .iter()
        .map(|ban| {
            json!({
                "date": {
                    "added": midnight(ban.since),
                    "start": midnight(ban.since),
                    "end": null,
                },
                "vehicle": { "year": car.year, "model": { "name": car.title() } },
                "initiator": { "name": ban.initiator, "region": { "name": ban.region } },
                "restrict": {
                    "type": "Запрет на регистрационные действия",
                    "reason": format!("{}, СПИ: Выдуманный, ИП: {}", ban.document, ban.proceeding),
                    "number": ban.document,
                    "executive_procedure": ban.proceeding,
                    "contact": null,
                },
                "actuality": { "date": updated },
            })
        })
        .collect();
    let archive = json!({
        "items": [], "count": 0, "has_restrictions": false, "date": { "update": updated },
    });
    json!({
        "registration_actions": {
            "items": items,
            "count": items.len(),
            "has_restrictions": !items.is_empty(),
            "date": { "update": updated },
        },
        "registration_actions_archive": archive,
    })
}

fn stealings(car: &Car, updated: &str) -> Value {
    let items: Vec<Value> = car
        .outcome
        .wanted
        .iter()
        .map(|wanted| {
            json!({
                "actuality": { "date": updated },
                "entry": 1,
                "vehicle": {
                    "brand": { "name": car.title() },
                    "vin": car.vin,
                    "body": car.body_number,
                    "year": car.year,
                },
                "date": { "stealing": midnight(wanted.since) },
                "geo": { "country": null, "region": wanted.region, "city": null },
            })
        })
        .collect();
    json!({
        "items": items,
        "count": items.len(),
        "is_wanted": !items.is_empty(),
        "date": { "update": updated },
    })
}

fn pledges(car: &Car, updated: &str) -> Value {
    let items: Vec<Value> = car
        .outcome
        .pledge
        .iter()
        .map(|pledge| {
            json!({
                "date": { "event": midnight(pledge.since) },
                "number": pledge.number,
                "pledgors": [{ "name": null, "type": "PERSON", "dob": null, "tin": null }],
                "pledgees": [{ "name": pledge.pledgee, "type": "LEGAL", "dob": null, "tin": null }],
                "type": "Возникновение",
                "in_pledge": true,
                "data": null,
            })
        })
        .collect();
    json!({
        "items": items,
        "count": items.len(),
        "in_pledge": !items.is_empty(),
        "date": { "update": updated },
    })
}

fn taxi(car: &Car) -> Value {
    let items: Vec<Value> = car
        .outcome
        .taxi
        .iter()
        .map(|permit| {
            json!({
                "date": {
                    "start": midnight(permit.from),
                    "end": permit.to.map(midnight),
                    "cancel": null,
                },
                "license": {
                    "number": permit.number,
                    "issued": midnight(permit.from),
                    "status": if permit.to.is_none() { "ACTIVE" } else { "ANNULLED" },
                },
                "company": { "name": "ООО «Вымышленное такси»" },
                "number_plate": { "is_yellow": false },
                "vehicle": {
                    "brand": { "name": car.make, "normalized": car.make },
                    "model": { "name": car.model, "normalized": car.model },
                    "color": car.colour,
                    "reg_num": car.plate,
                    "year": car.year,
                },
                "region": { "code": "77" },
                "city": { "name": permit.region },
                "permit": { "number": permit.number },
            })
        })
        .collect();
    json!({
        "history": { "items": items, "count": items.len() },
        "used_in_taxi": !items.is_empty(),
    })
}

fn leasings(car: &Car, updated: &str) -> Value {
    let items: Vec<Value> = car
        .outcome
        .leasing
        .iter()
        .map(|leasing| {
            json!({
                "date": { "event": midnight(leasing.from) },
                "lessor": { "company": { "name": leasing.lessor } },
                "contract_info": {
                    "number": "ВЛ0000001",
                    "date": {
                        "event": midnight(leasing.from),
                        "start": midnight(leasing.from),
                        "end": midnight(leasing.to),
                    },
                },
                "in_leasing": true,
            })
        })
        .collect();
    json!({
        "items": items,
        "count": items.len(),
        "used_in_leasing": !items.is_empty(),
        "date": { "update": updated },
    })
}

/// Those behind a ban on this car.
fn executive_procedures(car: &Car) -> Value {
    let ban = car.outcome.ban.as_ref().map(|ban| &ban.proceeding);
    let items: Vec<Value> = car
        .owner
        .debts
        .iter()
        .filter(|debt| Some(&debt.number) == ban)
        .map(|debt| {
            json!({
                "number": debt.number,
                "description": debt.subject,
                "debt": { "amount": { "value": debt.rest_kopecks as f64 / 100.0 } },
                "bailiff": {
                    "name": debt.bailiff,
                    "phone": debt.bailiff_phone,
                    "department": { "name": debt.department, "address": null },
                },
                "date": { "create": midnight(debt.opened_on) },
            })
        })
        .collect();
    json!({ "items": items, "count": items.len() })
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
fn midnight(day: NaiveDate) -> String {
    format!("{day} 00:00:00")
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}
