//! Restrictions of a report: registration, search, pledge.

use serde_json::{Value, json};

use super::report::unix;
use crate::catalogue::{Car, Source};

pub(super) fn of(car: &Car, now: i64) -> Value {
    json!({
        "registration": registration_ban(car, now),
        "stealing": stealing(car, now),
        "pledge": pledge(car, now),
    })
}

fn silent_block() -> Value {
    json!({
        "status": "incomplete",
        "text": "Источник данных временно недоступен",
        "requestTime": null,
        "additionalInfo": [],
        "pledgeAdditionalData": [],
        "history": null,
    })
}

fn registration_ban(car: &Car, now: i64) -> Value {
    if car.is_silent(Source::Restrictions) {
        return silent_block();
    }
    let Some(ban) = &car.outcome.ban else {
        return json!({
            "status": "ok",
            "text": "Не обнаружены ограничения на регистрационные действия",
            "requestTime": now,
            "additionalInfo": [],
        });
    };
    json!({
        "status": "warning",
        "text": "Обнаружены ограничения на регистрационные действия",
        "requestTime": now,
        "additionalInfo": [{
            "data": format!("{}, {}", ban.initiator, ban.region),
            "documentType": "Исполнительный лист",
            "eventDate": ban.since.to_string(),
            "organisationName": ban.initiator,
            "reasons": format!("{}, {}", ban.document, ban.proceeding),
            "region": ban.region,
            "restrictionName": "Запрет на регистрационные действия",
            "source": "gibdd",
        }],
    })
}

fn stealing(car: &Car, now: i64) -> Value {
    if car.is_silent(Source::Wanted) {
        return silent_block();
    }
    let (status, text, info) = match &car.outcome.wanted {
        None => (
            "ok",
            "Не обнаружены сведения о нахождении в розыске",
            json!([]),
        ),
        Some(wanted) => (
            "warning",
            "Обнаружены сведения о нахождении в розыске",
            json!([{ "data": format!("{}, {}", wanted.since, wanted.region), "source": "gibdd" }]),
        ),
    };
    json!({ "status": status, "text": text, "requestTime": now, "additionalInfo": info })
}

fn pledge(car: &Car, now: i64) -> Value {
    if car.is_silent(Source::Pledge) {
        return silent_block();
    }
    let Some(pledge) = &car.outcome.pledge else {
        return json!({
            "status": "ok",
            "text": "Не обнаружены сведения о нахождении в залоге",
            "requestTime": now,
            "pledgeAdditionalData": [],
            "history": null,
        });
    };
    let since = unix(pledge.since);
    json!({
        "status": "warning",
        "text": "Обнаружены сведения о нахождении в залоге",
        "requestTime": now,
        "pledgeAdditionalData": [{
            "hasPledge": true,
            "source": "nbki",
            "organizationName": pledge.pledgee,
            "dateFrom": since,
            "updatedAt": now,
            "data": [],
        }],
        "history": { "pledges": [{
            "notificationId": pledge.number,
            "organizationName": pledge.pledgee,
            "contractStart": since,
            "contractEnd": null,
            "closedAt": null,
        }] },
    })
}
