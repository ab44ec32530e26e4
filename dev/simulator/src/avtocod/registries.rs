//! What the state's and the leasing companies' registries have of a car.

use serde_json::{Value, json};

use super::content::midnight;
use crate::catalogue::Car;

pub(super) fn accidents(car: &Car, updated: &str) -> Value {
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

pub(super) fn restrictions(car: &Car, updated: &str) -> Value {
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

pub(super) fn stealings(car: &Car, updated: &str) -> Value {
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

pub(super) fn pledges(car: &Car, updated: &str) -> Value {
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

pub(super) fn taxi(car: &Car) -> Value {
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

pub(super) fn leasings(car: &Car, updated: &str) -> Value {
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
pub(super) fn executive_procedures(car: &Car) -> Value {
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
